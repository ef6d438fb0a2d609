#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query/engine.h"

#define ID_PREFIX "q" /* of ids that we make up */

/* ---- submitting ----------------------------------------------------------------- */

static int check_request(const struct query_request *r, struct err *e)
{
    if (r->start >= r->end)
        return err_set(e, ERR_INPUT, "the end of the period must be after its start");
    if (r->select < SELECT_ANY || r->select > SELECT_ENTIRE)
        return err_set(e, ERR_INPUT, "no such selection of flows: %d", (int)r->select);
    if (r->key_count < 0 || r->key_count > QUERY_KEYS_MAX)
        return err_set(e, ERR_INPUT, "at most %d keys", QUERY_KEYS_MAX);
    for (int i = 0; i < r->key_count; i++)
        if (r->keys[i] < 0 || r->keys[i] >= KEY_END ||
            (r->keys[i] >= FLOW_KEYS && r->keys[i] < FLOW_FIELDS))
            return err_set(e, ERR_INPUT, "field %d cannot be a key", r->keys[i]);
    if (r->shape == QUERY_GROUP && (r->order >= r->key_count || r->order < -MEASURES))
        return err_set(e, ERR_INPUT, "cannot order by that column");
    if (r->shape == QUERY_LIST && r->limit == 0)
        return err_set(e, ERR_INPUT, "a listing needs a limit");
    return 0;
}

static int copy_request(struct query *q, const struct query_request *r, struct err *e)
{
    q->request.devices = NULL;
    if (r->device_count == 0)
        return 0;
    q->request.devices = mem_array(r->device_count, sizeof(*r->devices));
    if (q->request.devices == NULL)
        return err_nomem(e, "query");
    memcpy(q->request.devices, r->devices, r->device_count * sizeof(*r->devices));
    return 0;
}

static int prepare(struct query *q, struct err *e)
{
    struct period period;
    static const struct shape *const shapes[] = {[QUERY_GROUP] = &shape_group,
        [QUERY_SUMMARY] = &shape_summary,
        [QUERY_LIST] = &shape_list};

    plan_period(&q->request, &period);
    q->snapshot = catalog_snapshot(q->engine->catalog);
    if ((q->predicate = predicate_new(q->request.filter, &period)) == NULL)
        return err_nomem(e, "filter of a query");
    if (plan_make(&q->plan, q->snapshot, &q->request, e) == -1)
        return -1;
    q->shape = shapes[q->request.shape];
    q->task_count = q->plan.task_count;
    q->result.data_start = INT64_MAX;
    q->result.data_end = INT64_MIN;
    return q->shape->prepare(q, e);
}

static bool id_in_use(const struct query_engine *en, const char *id)
{
    for (const struct query *q = en->running; q != NULL; q = q->next)
        if (strcmp(q->request.id, id) == 0)
            return true;
    return false;
}

/* Name it and let the workers see it. */
static int enqueue(struct query_engine *en, struct query *q, struct err *e)
{
    struct query **p;
    int result = -1;

    lock_take(&en->lock);
    if (en->stop) {
        err_set(e, ERR_BUSY, "the daemon is stopping");
    } else if (q->request.id[0] != '\0' && id_in_use(en, q->request.id)) {
        err_set(e, ERR_BUSY, "a query with the id %s is running", q->request.id);
    } else {
        if (q->request.id[0] == '\0')
            snprintf(q->request.id, sizeof(q->request.id), ID_PREFIX "%llu",
                (unsigned long long)++en->next_id);
        for (p = &en->running; *p != NULL; p = &(*p)->next)
            ;
        *p = q;
        q->references = 2; /* the caller's and the engine's */
        pthread_cond_broadcast(&en->work);
        result = 0;
    }
    lock_release(&en->lock);
    return result;
}

int query_submit(
    struct query_engine *en, struct query_request *r, struct query **out, struct err *e)
{
    struct query *q = calloc(1, sizeof(*q));

    if (q == NULL) {
        filter_free(r->filter);
        r->filter = NULL;
        return err_nomem(e, "query");
    }
    q->engine = en;
    q->request = *r;
    r->filter = NULL;
    q->state = QUERY_RUNNING;
    q->started_ms = time_now_ms();
    q->started_ns = time_mono_ns();
    cond_init(&q->over);
    if (q->request.memory == 0)
        q->request.memory = en->memory;
    if (copy_request(q, r, e) == -1 || check_request(&q->request, e) == -1 ||
        prepare(q, e) == -1 || enqueue(en, q, e) == -1) {
        query_free(q);
        return -1;
    }
    *out = q;
    return 0;
}

/* ---- watching ------------------------------------------------------------------- */

bool query_wait(struct query *q, int64_t ms)
{
    struct query_engine *en = q->engine;
    int64_t until = time_mono_ms() + ms;
    bool over;

    lock_take(&en->lock);
    while (q->state == QUERY_RUNNING) {
        int64_t left = until - time_mono_ms();
        if (ms < 0)
            lock_wait(&en->lock, &q->over);
        else if (left <= 0 || !lock_wait_ms(&en->lock, &q->over, left))
            break;
    }
    over = q->state != QUERY_RUNNING;
    lock_release(&en->lock);
    return over;
}

int query_finish(struct query *q, const struct query_result **out, struct err *e)
{
    switch (q->state) {
    case QUERY_DONE:
        *out = &q->result;
        return 0;
    case QUERY_CANCELLED:
        return err_set(e, ERR_CANCELLED, "the query was cancelled");
    case QUERY_FAILED:
        if (e != NULL)
            *e = q->err;
        return -1;
    default:
        return err_set(e, ERR_INTERNAL, "the query is not over");
    }
}

void query_info(struct query *q, struct query_info *out)
{
    lock_take(&q->engine->lock);
    query_fill_info(q, out);
    lock_release(&q->engine->lock);
}

void query_cancel(struct query *q)
{
    struct query_engine *en = q->engine;

    lock_take(&en->lock);
    atomic_store(&q->cancel, true);
    pthread_cond_broadcast(&en->work);
    lock_release(&en->lock);
}

void query_release(struct query *q)
{
    if (q == NULL)
        return;
    query_cancel(q);
    query_drop_reference(q);
}

size_t query_list(struct query_engine *en, struct query_info *out, size_t max)
{
    size_t n = 0, kept;

    lock_take(&en->lock);
    for (const struct query *q = en->running; q != NULL && n < max; q = q->next)
        query_fill_info(q, &out[n++]);
    kept = en->finished < RECENT ? en->finished : RECENT;
    for (size_t i = 0; i < kept && n < max; i++)
        out[n++] = en->recent[(en->finished - 1 - i) % RECENT];
    lock_release(&en->lock);
    return n;
}

bool query_lookup(struct query_engine *en, const char *id, struct query_info *out)
{
    struct query_info list[RECENT + ENGINE_THREADS_MAX];
    size_t n = query_list(en, list, NITEMS(list));

    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].id, id) == 0) {
            *out = list[i];
            return true;
        }
    return false;
}

bool query_cancel_id(struct query_engine *en, const char *id)
{
    bool found = false;

    lock_take(&en->lock);
    for (struct query *q = en->running; q != NULL; q = q->next)
        if (strcmp(q->request.id, id) == 0) {
            atomic_store(&q->cancel, true);
            found = true;
        }
    pthread_cond_broadcast(&en->work);
    lock_release(&en->lock);
    return found;
}
