/*
 * server: the HTTP server as a whole - what its parts share.
 *
 * Threads: HTTP threads (libmicrohttpd's, two), request threads (pool.c), and the reaper
 * (connections.c). Each part has its own lock; counters are atomic.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdatomic.h>

#include "flowviewer/base.h"
#include "flowviewer/http.h"
#include "http/connections.h"
#include "http/pool.h"
#include "http/totals.h"

#define LATENCY_BOUNDS 12

/* For /metrics; added to from all threads. */
struct counters {
    atomic_uint_fast64_t status[6];                   /* by hundreds */
    atomic_uint_fast64_t latency[LATENCY_BOUNDS + 1]; /* not cumulative; the last is open */
    atomic_uint_fast64_t latency_us;
    atomic_uint_fast64_t rejected; /* 503: the queue was full */
    atomic_uint_fast64_t bytes;    /* of bodies */
    atomic_uint_fast64_t in_flight;
    atomic_uint_fast64_t queries, queries_failed, queries_cancelled, flows_scanned,
        flows_matched;
};

/* Lines that libmicrohttpd logged in this second. */
struct log_rate {
    _Atomic int64_t second;
    atomic_uint lines, suppressed;
};

struct http {
    struct http_options options;
    struct http_context context;
    void *mhd; /* struct MHD_Daemon */
    int listener;
    uint16_t port;
    bool any_address; /* listening on all: any numeric Host is ours */
    bool started;     /* the parts below are */
    int processors;
    _Atomic int64_t memory_asked; /* monotonic ms */
    atomic_uint_fast64_t memory_bytes;
    struct connections connections;
    struct pool pool;
    struct totals_cache totals;
    struct counters counters;
    struct log_rate log_rate;
    struct buf openapi;
};

extern const double latency_bounds[LATENCY_BOUNDS]; /* seconds */

/* A bound, listening, non-blocking socket; sets h->port and h->any_address. */
int listener_open(struct http *h, struct err *e);
/* May a request with this Host be answered? Keeps pages of others from reaching us by a
 * name of theirs that resolves to our address. */
bool host_accepted(const struct http *h, const char *host);
/* Is origin ("http://host:port") the host that the request was sent to? */
bool origin_matches(const char *origin, const char *host);

/* On the HTTP thread: checks and routes the request; either r->reply is set and false comes
 * back, or the request is for the pool: true. */
bool request_route(struct request *r);
/* Count an answer that is over. */
void request_count(struct http *h, const struct request *r);

/* Resident memory, looked up once a second at most: it means reading files of the system. */
uint64_t resident_bytes(struct http *h);

/* A page or file of web/. */
void asset_answer(struct request *r);

int openapi_build(struct buf *out, const char *version);

#endif
