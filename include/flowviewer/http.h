/*
 * http: the daemon's face - JSON API, CSV and text, and the pages of web/.
 *
 * Floor 6; uses all rooms below. The only room that knows HTTP and libmicrohttpd. Routes
 * are a table (method, path, parameters, handler, cost); the OpenAPI document is made from
 * it. Cheap handlers run on an HTTP thread; those that may block (queries, name lookups)
 * run on a bounded pool of request threads while the connection is suspended, so that an
 * HTTP thread never waits. Caller: main.
 */
#ifndef FLOWVIEWER_HTTP_H
#define FLOWVIEWER_HTTP_H

#include "flowviewer/base.h"
#include "flowviewer/catalog.h"
#include "flowviewer/ingest.h"
#include "flowviewer/names.h"
#include "flowviewer/query.h"

struct http;

struct http_options {
    char address[64];          /* numeric; "127.0.0.1", "::1", "0.0.0.0" */
    uint16_t port;             /* 0 = any free one */
    char web_directory[256];   /* serve assets from there instead of the built-in ones; "" =
                                  built-in */
    int request_threads;       /* 0 = 8 */
    int queue;                 /* requests that may wait for one; beyond: 503. 0 = 64 */
    int connections;           /* 0 = 512 */
    int64_t query_timeout_ms;  /* 0 = 300 s */
    char server_names[8][128]; /* Host values accepted beside the address, localhost */
    int server_name_count;
};

/* What the handlers may use; borrowed, must outlive http_stop(). */
struct http_context {
    struct catalog *catalog;
    struct ingest *ingest;
    struct query_engine *engine;
    const struct names *names;
    const char *version;
    int64_t started;       /* ms */
    const char *time_zone; /* configured name, or "" */
};

int http_start(struct http **out, const struct http_options *o,
    const struct http_context *c, struct err *e);
uint16_t http_port(const struct http *h);
/* Accept no more, cancel queries, answer what waits with 503, stop. At most 3 s. */
void http_stop(struct http *h);

#endif
