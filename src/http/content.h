/*
 * content: the bytes of an answer, made piece by piece so that a large one is never whole in
 * memory, and squeezed by gzip on the way out when the client likes it.
 *
 * A producer is called on a request thread first (content_settle) and, for what did not fit
 * there, on an HTTP thread while the client reads. So it must never wait.
 */
#ifndef HTTP_CONTENT_H
#define HTTP_CONTENT_H

#include <sys/types.h>

#include "flowviewer/base.h"

#define CONTENT_PIECE 65536 /* bytes that a producer makes at a time, roughly */

struct producer {
    /* Append a piece to out. False: that was the last one. */
    bool (*more)(void *cls, struct buf *out);
    void (*release)(void *cls);
    void *cls;
};

struct content;

/* Takes p's cls: released at the end, also when NULL comes back (out of memory). */
struct content *content_new(const struct producer *p);
/* The bytes of b, which is emptied. */
struct content *content_of_buf(struct buf *b);
void content_free(struct content *b);

/* Before reading: squeeze. Not worth it for a small settled body: then nothing happens. */
bool content_gzip(struct content *b);
/* Make bytes until the body is whole or holds 'enough'. True: it is whole. */
bool content_settle(struct content *b, size_t enough);
/* A whole body's bytes, given away: free() them. NULL when out of memory. */
char *content_take(struct content *b, size_t *size);
/* The next up to max bytes; 0 = end, -1 = out of memory. */
ssize_t content_read(struct content *b, char *out, size_t max);

#endif
