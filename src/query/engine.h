/*
 * engine: the threads that run queries. Private to the query room: engine.c has the workers and
 * moves queries through their phases, submit.c is what callers of the room see of a query.
 *
 * Lock: en->lock (RANK_QUERY) guards the list of running queries, their states, and the recent.
 */
#ifndef FLOWVIEWER_QUERY_ENGINE_H
#define FLOWVIEWER_QUERY_ENGINE_H

#include "query/groups.h"
#include "query/run.h"

#define RECENT 32 /* finished queries that can still be looked up */

struct query_engine {
    struct catalog *catalog;
    uint64_t memory;
    int threads;
    pthread_t thread[ENGINE_THREADS_MAX];
    struct reader *reader[ENGINE_THREADS_MAX];
    struct slab_pool slabs;
    struct lock lock;
    pthread_cond_t work;
    bool stop;
    struct query *running; /* round robin: the first is served next */
    struct query_info recent[RECENT];
    size_t finished; /* ever */
    uint64_t next_id;
};

/* Under the lock. */
void query_fill_info(const struct query *q, struct query_info *out);
/* Not under the lock: the last reference frees the query. */
void query_drop_reference(struct query *q);
void query_free(struct query *q);

#endif
