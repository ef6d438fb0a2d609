/*
 * pool: the request threads, and the bounded queue of requests that wait for one.
 */
#ifndef HTTP_POOL_H
#define HTTP_POOL_H

#include "flowviewer/base.h"
#include "http/request.h"

struct pool {
    struct lock lock; /* RANK_HTTP */
    pthread_cond_t wake;
    struct request *first, *last; /* waiting */
    struct request *running;      /* being worked on */
    int waiting, busy, limit;
    pthread_t *threads;
    int thread_count;
    bool stopping;
    void (*done)(struct request *r); /* the reply is set: hand the request back */
};

int pool_start(
    struct pool *p, int threads, int limit, void (*done)(struct request *r), struct err *e);
/* Ends the queries of running requests, answers the waiting ones with 503, joins the
 * threads. */
void pool_stop(struct pool *p);
/* After pool_stop, when no HTTP thread can ask any more. */
void pool_destroy(struct pool *p);

/* Take r in; suspend(r) is called first, under the lock, so that r cannot be done before
 * it. False: full, or stopping. */
bool pool_add(struct pool *p, struct request *r, void (*suspend)(struct request *r));

/* A waiting or running request of that query_id is told to stop. False: there is none. */
bool pool_cancel(struct pool *p, const char *query_id);
/* Visit those that wait. */
void pool_waiting(
    struct pool *p, void (*visit)(const struct request *r, void *cls), void *cls);
void pool_load(struct pool *p, int *waiting, int *busy, int64_t *oldest_ms);

/* Why the work on r should stop: the client went, was it told to, is it too late? */
enum stop_reason request_stop_reason(struct request *r);

#endif
