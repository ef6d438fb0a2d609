/*
 * run: a query while it runs - its plan, its phases, its workers' private states. Private
 * to the query room: engine.c moves queries through their phases, group.c summary.c list.c
 * each are a shape of question.
 *
 *   SCAN   tasks are blocks     each worker aggregates privately
 *   FLUSH  tasks are workers    each one's results are made ready to be joined
 *   MERGE  tasks are the shape's own (partitions of a group query)
 *   then finish, or SCAN again for partitions that did not fit the memory budget
 */
#ifndef FLOWVIEWER_QUERY_RUN_H
#define FLOWVIEWER_QUERY_RUN_H

#include <stdatomic.h>

#include "flowviewer/query.h"
#include "query/predicate.h"
#include "query/reader.h"

#define ENGINE_THREADS_MAX 64
#define DEFAULT_MEMORY     (UINT64_C(512) << 20)

/* A block to look at. */
struct task {
    uint32_t segment; /* index into the plan's segments */
    uint32_t block;
};

struct plan {
    struct segment_ref *
        *segments; /* borrowed from the snapshot; by min_start, device, id */
    size_t segment_count;
    struct task *tasks;
    size_t task_count;
    uint64_t flows;
    uint32_t segments_skipped;
};

/* What one worker has of one query. */
struct worker {
    struct query *query;
    struct reader *reader; /* the thread's, while it works on a task */
    uint64_t bytes_read;
    struct binding *binding;
    uint16_t rows[CHUNK];
    void *shape; /* the shape's private part */
    struct query_stats stats;
    int64_t data_start, data_end;
    const struct segment_ref *last_segment;
};

struct shape {
    /* Called once, before any worker. */
    int (*prepare)(struct query *q, struct err *e);
    void (*release)(struct query *q);
    void *(*worker_new)(struct query *q);
    void (*worker_free)(void *shape);
    /* One block that is not ruled out; w->reader is on it. */
    int (*block)(struct worker *w, size_t task, enum verdict v, struct err *e);
    /* Make one worker's results ready; any thread may do it. NULL: nothing to do. */
    int (*flush)(void *shape, struct err *e);
    /* Tasks of the merge phase (0: none) and one of them. */
    size_t (*merge_tasks)(struct query *q);
    int (*merge)(struct worker *w, size_t task, struct err *e);
    /* Single-threaded: 1 = scan again, 0 = the result is complete. */
    int (*finish)(struct query *q, struct err *e);
};

extern const struct shape shape_group, shape_summary, shape_list;

enum phase { PHASE_SCAN, PHASE_FLUSH, PHASE_MERGE, PHASE_OVER };

struct query {
    struct query_engine *engine;
    struct query *next; /* in the engine's list */
    struct query_request request;
    struct snapshot *snapshot;
    struct predicate *predicate;
    const struct shape *shape;
    struct plan plan;
    void *shape_data;

    atomic_size_t next_task;
    size_t task_count; /* of this phase */
    enum phase phase;
    int active;     /* workers inside, under the engine's lock */
    bool advancing; /* somebody moves it to the next phase */
    int references;
    int pass;
    /* Made by their own threads in any phase, looked at by others: one that is still being made
     * holds nothing yet. */
    _Atomic(struct worker *) worker[ENGINE_THREADS_MAX];

    atomic_bool cancel, failed;
    struct err err; /* of the first failure, under the engine's lock */
    enum query_state state;
    pthread_cond_t over;
    atomic_ullong scanned;
    int64_t started_ms, started_ns, elapsed_us;
    struct query_result result;
};

int plan_make(
    struct plan *p, const struct snapshot *s, const struct query_request *r, struct err *e);
void plan_free(struct plan *p);
/* The period's bounds on start and end, rounded to whole seconds as flow-nfilter compares.
 */
void plan_period(const struct query_request *r, struct period *out);

int worker_block(struct worker *w, size_t task, struct err *e);
/* Rows of the chunk that match: *rows is NULL when all do. */
uint32_t worker_rows(struct worker *w, enum verdict v, const uint16_t **rows);

/* A heap of fixed-size items whose root is the last in order: keeps the first 'limit' of
 * all that are offered. before(context, a, b): a comes before b. */
struct keep {
    unsigned char *items, *spare;
    size_t size, count, capacity, limit; /* limit 0: all */
    size_t bytes_max;
    bool (*before)(const void *context, const void *a, const void *b);
    const void *context;
};

int keep_offer(struct keep *k, const void *item, struct err *e);
/* Sorts items into order; the heap is then only good for reading. */
int keep_sort(struct keep *k, struct err *e);
void keep_free(struct keep *k);

#endif
