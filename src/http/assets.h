/*
 * The files of web/ inside the binary (assets.c is made by contrib/embed.c at build time).
 */
#ifndef HTTP_ASSETS_H
#define HTTP_ASSETS_H

#include <stddef.h>

struct asset {
    const char *path; /* as in a URL: "/js/api.js" */
    const char *type; /* content type */
    const char *etag; /* hash of the plain content, quoted */
    const unsigned char *gzip;
    size_t gzip_size, plain_size;
};

/* Sorted by path; the last entry has path NULL and is not counted. */
extern const struct asset assets[];
extern const size_t asset_count;

#endif
