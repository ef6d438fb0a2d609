#include <stdlib.h>
#include <string.h>

#include "flowviewer/os.h"
#include "query/engine.h"

#define SLICE_NS       INT64_C(3000000) /* a worker looks for other queries after that */
#define KEEP_MEMORY_MS 10000

struct start {
    struct query_engine *engine;
    int slot;
};

/* ---- one worker inside one query ------------------------------------------------ */

static void worker_free(struct worker *w)
{
    if (w == NULL)
        return;
    if (w->shape != NULL)
        w->query->shape->worker_free(w->shape);
    binding_free(w->binding);
    free(w);
}

static struct worker *worker_new(struct query *q)
{
    struct worker *w = calloc(1, sizeof(*w));

    if (w == NULL)
        return NULL;
    w->query = q;
    w->data_start = INT64_MAX;
    w->data_end = INT64_MIN;
    w->binding = binding_new(q->predicate);
    w->shape = q->shape->worker_new(q);
    if (w->binding == NULL || w->shape == NULL) {
        worker_free(w);
        return NULL;
    }
    return w;
}

uint32_t worker_rows(struct worker *w, enum verdict v, const uint16_t **rows)
{
    uint32_t n = w->reader->rows;

    *rows = NULL;
    if (v == MATCH_ALL)
        return n;
    uint32_t count = predicate_select(w->binding, w->reader, w->rows);
    if (count < n)
        *rows = w->rows;
    return count;
}

/* A segment that cannot be read makes the answer incomplete, not impossible: it is counted.
 */
static void note_bad_segment(
    struct worker *w, struct segment_ref *ref, const struct err *why)
{
    atomic_store(&ref->suspect, true); /* the keeper checks it and has it read again */
    if (w->stats.segments_failed == 0)
        str_copy(w->stats.segment_error, sizeof(w->stats.segment_error), why->msg);
    w->stats.segments_failed++;
    log_warnx("query: %s (segment %lld)", why->msg, (long long)ref->id);
}

int worker_block(struct worker *w, size_t task, struct err *e)
{
    struct query *q = w->query;
    struct task t = q->plan.tasks[task];
    struct segment_ref *ref = q->plan.segments[t.segment];
    const struct segment *segment;
    struct block b;
    struct err why;
    enum verdict v;

    if (segment_ref_open(ref, &segment, &why) == -1) {
        note_bad_segment(w, ref, &why);
        return 0;
    }
    if (segment_block(segment, t.block, &b) == -1)
        return 0; /* the catalog counts more blocks than the file has: checked when opened
                   */
    atomic_fetch_add_explicit(&q->scanned, b.count, memory_order_relaxed);
    reader_block(w->reader, &b);
    v = predicate_bind(w->binding, w->reader);
    if (!w->reader->failed && v != MATCH_NONE) {
        w->stats.flows_scanned +=
            q->pass == 0 ? b.count : 0; /* later passes read them again */
        if (w->last_segment != ref) {
            w->stats.segments_read++;
            w->last_segment = ref;
        }
        if (q->shape->block(w, task, v, e) == -1)
            return -1;
    }
    if (w->reader->failed) {
        if (w->reader->err.code == ERR_MEMORY) {
            *e = w->reader->err;
            return -1;
        }
        note_bad_segment(w, ref, &w->reader->err);
    }
    return 0;
}

/* ---- phases --------------------------------------------------------------------- */

static void fail(struct query *q, const struct err *why)
{
    struct query_engine *en = q->engine;

    lock_take(&en->lock);
    if (!atomic_load(&q->failed)) {
        q->err = *why;
        atomic_store(&q->failed, true);
    }
    lock_release(&en->lock);
}

static bool stopping(const struct query *q)
{
    return atomic_load_explicit(&q->cancel, memory_order_relaxed) ||
           atomic_load_explicit(&q->failed, memory_order_relaxed);
}

static int run_task(struct query *q, struct worker *w, size_t task, struct err *e)
{
    switch (q->phase) {
    case PHASE_SCAN:
        return worker_block(w, task, e);
    case PHASE_FLUSH:
        return q->worker[task] != NULL ? q->shape->flush(q->worker[task]->shape, e) : 0;
    default:
        return q->shape->merge(w, task, e);
    }
}

static void work_until(struct query *q, struct worker *w, int64_t until)
{
    struct err e = {0};

    do {
        size_t task = atomic_fetch_add(&q->next_task, 1);
        if (task >= q->task_count)
            return;
        if (run_task(q, w, task, &e) == -1) {
            fail(q, &e);
            return;
        }
    } while (!stopping(q) && time_mono_ns() < until);
}

/* Work at the query's phase for a while. */
static void run_slice(struct query *q, int slot)
{
    int64_t until = time_mono_ns() + SLICE_NS;
    struct worker *w = atomic_load(&q->worker[slot]);
    struct reader *r = q->engine->reader[slot];
    uint64_t bytes = r->bytes;
    struct err e;

    if (w == NULL) {
        if ((w = worker_new(q)) == NULL) {
            err_nomem(&e, "worker of a query");
            fail(q, &e);
            return;
        }
        w->reader = r;
        atomic_store(&q->worker[slot], w);
    }
    work_until(q, w, until);
    w->bytes_read += r->bytes - bytes;
}

static void gather_stats(struct query *q)
{
    struct query_stats *s = &q->result.stats;

    for (int i = 0; i < ENGINE_THREADS_MAX; i++) {
        const struct worker *w = q->worker[i];
        if (w == NULL)
            continue;
        s->flows_scanned += w->stats.flows_scanned;
        s->flows_matched += w->stats.flows_matched;
        s->flows_without_field += w->stats.flows_without_field;
        s->bytes_read += w->bytes_read;
        s->segments_read += w->stats.segments_read;
        s->segments_failed += w->stats.segments_failed;
        if (s->segment_error[0] == '\0')
            str_copy(s->segment_error, sizeof(s->segment_error), w->stats.segment_error);
        if (w->data_start < q->result.data_start)
            q->result.data_start = w->data_start;
        if (w->data_end > q->result.data_end)
            q->result.data_end = w->data_end;
    }
    /* two workers may both have read from a segment */
    if (s->segments_read > q->plan.segment_count)
        s->segments_read = (uint32_t)q->plan.segment_count;
    s->segments_skipped =
        q->plan.segments_skipped + (uint32_t)q->plan.segment_count - s->segments_read;
    s->passes = (uint32_t)q->pass;
}

static void enter(struct query *q, enum phase phase, size_t tasks)
{
    q->phase = phase;
    q->task_count = tasks;
    atomic_store(&q->next_task, 0);
}

/* Nobody is inside: go to the next phase. Returns true when the query is over. */
static bool advance(struct query *q)
{
    struct err e = {0};
    int more = 0;

    if (stopping(q))
        return true;
    if (q->phase == PHASE_SCAN) {
        q->pass++;
        if (q->shape->merge_tasks(q) > 0) {
            enter(q, PHASE_FLUSH, ENGINE_THREADS_MAX);
            return false;
        }
    } else if (q->phase == PHASE_FLUSH) {
        enter(q, PHASE_MERGE, q->shape->merge_tasks(q));
        return false;
    }
    more = q->shape->finish(q, &e);
    if (more == -1)
        fail(q, &e);
    if (more != 1)
        return true;
    atomic_store(&q->scanned, 0);
    enter(q, PHASE_SCAN, q->plan.task_count);
    return false;
}

/* ---- the end -------------------------------------------------------------------- */

void query_fill_info(const struct query *q, struct query_info *out)
{
    uint64_t scanned = atomic_load(&q->scanned);
    double share = q->plan.flows == 0 ? 0 : (double)scanned / (double)q->plan.flows;

    str_copy(out->id, sizeof(out->id), q->request.id);
    str_copy(out->description, sizeof(out->description), q->request.description);
    out->state = q->state;
    if (q->state == QUERY_DONE)
        out->progress = 1;
    else /* a later pass starts where nothing can be promised: never show the end before it
          */
        out->progress = share < 1 ? share * 0.99 : 0.99;
    out->flows_scanned = scanned;
    out->flows_total = q->plan.flows;
    out->started = q->started_ms;
    out->elapsed_ms = q->state == QUERY_RUNNING ? (time_mono_ns() - q->started_ns) / 1000000
                                                : q->elapsed_us / 1000;
}

void query_free(struct query *q)
{
    for (int i = 0; i < ENGINE_THREADS_MAX; i++)
        worker_free(q->worker[i]);
    if (q->shape != NULL && q->shape_data != NULL)
        q->shape->release(q);
    plan_free(&q->plan);
    predicate_free(q->predicate);
    filter_free(q->request.filter);
    free(q->request.devices);
    if (q->snapshot != NULL)
        snapshot_release(q->snapshot);
    free(q->result.rows);
    free(q->result.flows);
    pthread_cond_destroy(&q->over);
    free(q);
}

/* Under the engine's lock; the caller drops its own reference afterwards. */
static void unlink_query(struct query_engine *en, struct query *q)
{
    struct query **p = &en->running;

    while (*p != NULL && *p != q)
        p = &(*p)->next;
    if (*p == q)
        *p = q->next;
}

static void conclude(struct query_engine *en, struct query *q)
{
    gather_stats(q);
    q->elapsed_us = (time_mono_ns() - q->started_ns) / 1000;
    q->result.stats.elapsed_us = q->elapsed_us;
    lock_take(&en->lock);
    if (atomic_load(&q->failed))
        q->state = QUERY_FAILED;
    else if (atomic_load(&q->cancel))
        q->state = QUERY_CANCELLED;
    else
        q->state = QUERY_DONE;
    q->phase = PHASE_OVER;
    unlink_query(en, q);
    query_fill_info(q, &en->recent[en->finished++ % RECENT]);
    pthread_cond_broadcast(&q->over);
    pthread_cond_broadcast(&en->work);
    lock_release(&en->lock);
}

void query_drop_reference(struct query *q)
{
    struct query_engine *en = q->engine;
    bool last;

    lock_take(&en->lock);
    last = --q->references == 0;
    lock_release(&en->lock);
    if (last)
        query_free(q);
}

/* ---- the workers ---------------------------------------------------------------- */

static bool has_work(const struct query *q, int threads)
{
    int most = q->request.threads > 0 && q->request.threads < threads ? q->request.threads
                                                                      : threads;

    if (q->advancing || q->active >= most)
        return false;
    return q->active == 0 || (!stopping(q) && atomic_load(&q->next_task) < q->task_count);
}

/* The next query with work; it moves to the end of the list. Under the lock. */
static struct query *pick(struct query_engine *en)
{
    struct query **p = &en->running, *q;

    while (*p != NULL && !has_work(*p, en->threads))
        p = &(*p)->next;
    if ((q = *p) == NULL)
        return NULL;
    *p = q->next;
    q->next = NULL;
    for (p = &en->running; *p != NULL; p = &(*p)->next)
        ;
    *p = q;
    return q;
}

static bool phase_over(const struct query *q)
{
    return q->active == 0 && !q->advancing &&
           (stopping(q) || atomic_load(&q->next_task) >= q->task_count);
}

static void serve(struct query_engine *en, struct query *q, int slot)
{
    bool move, over;

    q->active++;
    lock_release(&en->lock);
    if (!stopping(q))
        run_slice(q, slot);
    lock_take(&en->lock);
    q->active--;
    if (!(move = phase_over(q)))
        return;
    q->advancing = true;
    lock_release(&en->lock);
    over = advance(q);
    if (over)
        conclude(en, q);
    lock_take(&en->lock);
    q->advancing = false;
    if (over) {
        lock_release(&en->lock);
        query_drop_reference(q);
        lock_take(&en->lock);
    } else {
        pthread_cond_broadcast(&en->work);
    }
}

/* Memory is kept for the next question, but not for long. */
static void wait_for_work(struct query_engine *en)
{
    if (!lock_wait_ms(&en->lock, &en->work, KEEP_MEMORY_MS) && en->running == NULL)
        slab_pool_trim(&en->slabs);
}

static void *worker_main(void *argument)
{
    struct start *start = argument;
    struct query_engine *en = start->engine;
    int slot = start->slot;
    struct query *q;

    free(start);
    lock_take(&en->lock);
    while (!en->stop || en->running != NULL) {
        if ((q = pick(en)) != NULL)
            serve(en, q, slot);
        else
            wait_for_work(en);
    }
    lock_release(&en->lock);
    return NULL;
}

static int start_worker(struct query_engine *en, int slot)
{
    struct start *start = malloc(sizeof(*start));

    if (start == NULL || (en->reader[slot] = reader_new()) == NULL)
        goto fail;
    *start = (struct start){en, slot};
    if (pthread_create(&en->thread[slot], NULL, worker_main, start) != 0)
        goto fail;
    lock_take(&en->lock);
    en->threads++;
    lock_release(&en->lock);
    return 0;
fail:
    free(start);
    return -1;
}

int query_engine_start(struct query_engine **out, struct catalog *c,
    const struct query_engine_options *o, struct err *e)
{
    struct query_engine *en = calloc(1, sizeof(*en));
    int wanted = o->threads > 0 ? o->threads : os_processors();

    if (en == NULL)
        return err_nomem(e, "query engine");
    en->catalog = c;
    en->memory = o->memory != 0 ? o->memory : DEFAULT_MEMORY;
    slab_pool_init(&en->slabs);
    lock_init(&en->lock, "query engine", RANK_QUERY);
    cond_init(&en->work);
    if (wanted > ENGINE_THREADS_MAX)
        wanted = ENGINE_THREADS_MAX;
    for (int i = 0; i < wanted; i++)
        if (start_worker(en, i) == -1) {
            query_engine_stop(en);
            return err_set(e, ERR_SYSTEM, "cannot start query worker %d", i);
        }
    *out = en;
    return 0;
}

void query_engine_stop(struct query_engine *en)
{
    if (en == NULL)
        return;
    lock_take(&en->lock);
    en->stop = true;
    for (struct query *q = en->running; q != NULL; q = q->next)
        atomic_store(&q->cancel, true);
    pthread_cond_broadcast(&en->work);
    lock_release(&en->lock);
    for (int i = 0; i < en->threads; i++)
        pthread_join(en->thread[i], NULL);
    for (int i = 0; i < ENGINE_THREADS_MAX; i++)
        reader_free(en->reader[i]);
    slab_pool_destroy(&en->slabs);
    pthread_cond_destroy(&en->work);
    lock_destroy(&en->lock);
    free(en);
}
