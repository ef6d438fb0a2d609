#include <stdlib.h>
#include <string.h>

#include "query/run.h"

/*
 * Single flows in time order, a page at a time. Each worker keeps the first 'limit'
 * candidates after the cursor (start time and place only); whole flows are read at the end,
 * for the page. Flows that start in the same millisecond come in the order of segments,
 * blocks and rows.
 */

struct candidate {
    int64_t start;
    uint32_t task, row;
};

struct list {
    struct keep keep;
};

static bool candidate_before(const void *context, const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    (void)context;
    if (x->start != y->start)
        return x->start < y->start;
    if (x->task != y->task)
        return x->task < y->task;
    return x->row < y->row;
}

static void keep_init(struct keep *k, const struct query *q)
{
    k->size = sizeof(struct candidate);
    /* one more than the page tells whether there are flows after it */
    k->limit = q->request.limit + q->request.after_skip + 1;
    k->bytes_max = q->request.memory;
    k->before = candidate_before;
}

static int list_prepare(struct query *q, struct err *e)
{
    struct list *l = calloc(1, sizeof(*l));

    if (l == NULL)
        return err_nomem(e, "query");
    q->shape_data = l;
    keep_init(&l->keep, q);
    return 0;
}

static void list_release(struct query *q)
{
    struct list *l = q->shape_data;

    keep_free(&l->keep);
    free(l);
}

static void *list_worker_new(struct query *q)
{
    struct keep *k = calloc(1, sizeof(*k));

    if (k != NULL)
        keep_init(k, q);
    return k;
}

static void list_worker_free(void *shape)
{
    keep_free(shape);
    free(shape);
}

static bool full_before(const struct keep *k, int64_t start)
{
    const struct candidate *last = (const struct candidate *)(const void *)k->items;
    return k->count == k->limit && last->start < start;
}

static int list_block(struct worker *w, size_t task, enum verdict v, struct err *e)
{
    struct keep *k = w->shape;
    const struct query_request *request = &w->query->request;
    struct reader *r = w->reader;

    if (r->block.max_start < request->after_start || full_before(k, r->block.min_start))
        return 0;
    reader_column(r, F_START);
    for (uint32_t chunk = 0; !r->failed && reader_chunk(r, chunk); chunk++) {
        const uint16_t *rows;
        uint32_t n = worker_rows(w, v, &rows);
        const int64_t *start = reader_values(r, F_START);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t row = rows != NULL ? rows[i] : i;
            struct candidate c = {start[row], (uint32_t)task, chunk * CHUNK + row};
            if (c.start < request->after_start)
                continue;
            if (keep_offer(k, &c, e) == -1)
                return -1;
        }
        w->stats.flows_matched += n;
    }
    return 0;
}

static size_t list_merge_tasks(struct query *q)
{
    (void)q;
    return 0;
}

static int list_merge(struct worker *w, size_t task, struct err *e)
{
    (void)w;
    (void)task;
    return err_set(e, ERR_INTERNAL, "a listing has nothing to merge");
}

/* ---- reading the page ----------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const struct candidate *x = *(const struct candidate *const *)a,
                           *y = *(const struct candidate *const *)b;

    if (x->task != y->task)
        return x->task < y->task ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static int open_block(struct query *q, uint32_t task, struct block *b, struct err *e)
{
    struct task t = q->plan.tasks[task];
    const struct segment *segment;

    if (segment_ref_open(q->plan.segments[t.segment], &segment, e) == -1)
        return -1;
    if (segment_block(segment, t.block, b) == -1)
        return err_set(e, ERR_INTERNAL, "a block of a segment is gone");
    return 0;
}

static void pick_flow(const struct flow_block *b, uint32_t row, struct flow *out)
{
    memset(out, 0, sizeof(*out));
    out->present = b->present;
    out->number[F_FLOWS - FLOW_KEYS] = 1;
    for (int k = 0; k < FLOW_KEYS; k++)
        if (b->present & FLOW_BIT(k))
            out->key[k] = b->key[k][row];
    for (int k = 0; k < FLOW_NUMBERS; k++)
        if (b->present & FLOW_BIT(FLOW_KEYS + k))
            out->number[k] = b->number[k][row];
}

/* Whole flows of the candidates, each block decoded once; result order is the candidates'.
 */
static int read_flows(
    struct query *q, const struct candidate *page, size_t n, struct err *e)
{
    const struct candidate **order = mem_array(n + 1, sizeof(const struct candidate *));
    struct flow_block *block = flow_block_new();
    struct block b;
    int result = -1;

    q->result.flows = mem_array(n + 1, sizeof(*q->result.flows));
    if (order == NULL || block == NULL || q->result.flows == NULL) {
        err_nomem(e, "flows of a listing");
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        order[i] = &page[i];
    qsort(order, n, sizeof(const struct candidate *), by_place);
    for (size_t i = 0; i < n; i++) {
        if ((i == 0 || order[i]->task != order[i - 1]->task) &&
            (open_block(q, order[i]->task, &b, e) == -1 || block_read(&b, block, e) == -1))
            goto out;
        pick_flow(block, order[i]->row, &q->result.flows[order[i] - page]);
    }
    q->result.flow_count = n;
    result = 0;
out:
    free(order);
    flow_block_free(block);
    return result;
}

/* Where the next page begins: at the last flow's start, after those already given. */
static void set_cursor(struct query *q, const struct candidate *page, size_t n)
{
    const struct query_request *r = &q->request;
    size_t same = 0;

    if (n == 0)
        return;
    q->result.next_start = page[n - 1].start;
    while (same < n && page[n - 1 - same].start == q->result.next_start)
        same++;
    q->result.next_skip =
        same + (same == n && q->result.next_start == r->after_start ? r->after_skip : 0);
}

static int list_finish(struct query *q, struct err *e)
{
    struct list *l = q->shape_data;
    const struct candidate *found;
    size_t skip, n;

    for (int i = 0; i < ENGINE_THREADS_MAX; i++) {
        const struct keep *k = q->worker[i] != NULL ? q->worker[i]->shape : NULL;
        for (size_t c = 0; k != NULL && c < k->count; c++)
            if (keep_offer(&l->keep, k->items + c * k->size, e) == -1)
                return -1;
    }
    if (keep_sort(&l->keep, e) == -1)
        return -1;
    found = (const struct candidate *)(const void *)l->keep.items;
    skip = 0;
    while (skip < l->keep.count && skip < q->request.after_skip &&
           found[skip].start == q->request.after_start)
        skip++;
    n = l->keep.count - skip;
    q->result.more = n > q->request.limit;
    if (q->result.more)
        n = q->request.limit;
    if (skip > 0) /* nothing found: a null pointer, to which even 0 cannot be added */
        found += skip;
    set_cursor(q, found, n);
    return read_flows(q, found, n, e);
}

const struct shape shape_list = {
    .prepare = list_prepare,
    .release = list_release,
    .worker_new = list_worker_new,
    .worker_free = list_worker_free,
    .block = list_block,
    .merge_tasks = list_merge_tasks,
    .merge = list_merge,
    .finish = list_finish,
};
