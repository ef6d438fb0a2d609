#include "filter/claims.h"

#include <stdlib.h>

int claims_add(struct claims *c, const struct claim *claim)
{
    void *grown = mem_grow(c->list, &c->capacity, c->count + 1, sizeof(*c->list));

    if (grown == NULL)
        return -1;
    c->list = grown;
    c->list[c->count++] = *claim;
    return 0;
}

void claims_free(struct claims *c)
{
    free(c->list);
    *c = (struct claims){0};
}

/* ---- the claims that cover the sweep's position, highest rank on top (a binary heap)  */

struct open_claims {
    const struct claim **heap;
    size_t count;
};

static void heap_swap(const struct claim **a, const struct claim **b)
{
    const struct claim *kept = *a;
    *a = *b;
    *b = kept;
}

static void heap_push(struct open_claims *o, const struct claim *c)
{
    size_t i = o->count++;

    o->heap[i] = c;
    while (i > 0 && o->heap[(i - 1) / 2]->rank < o->heap[i]->rank) {
        heap_swap(&o->heap[(i - 1) / 2], &o->heap[i]);
        i = (i - 1) / 2;
    }
}

static void heap_pop(struct open_claims *o)
{
    size_t i = 0, child;

    o->heap[0] = o->heap[--o->count];
    while ((child = 2 * i + 1) < o->count) {
        if (child + 1 < o->count && o->heap[child + 1]->rank > o->heap[child]->rank)
            child++;
        if (o->heap[i]->rank >= o->heap[child]->rank)
            break;
        heap_swap(&o->heap[i], &o->heap[child]);
        i = child;
    }
}

/* ---- the sweep ------------------------------------------------------------------ */

static int by_low(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    return x->low < y->low ? -1 : x->low > y->low;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Where the answer may change: 0, the begin of each claim, and the value after its end. */
static size_t make_edges(const struct claims *c, uint64_t max, uint64_t *edges)
{
    size_t n = 0, kept = 1;

    edges[n++] = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (c->list[i].low <= max)
            edges[n++] = c->list[i].low;
        if (c->list[i].high < max)
            edges[n++] = c->list[i].high + 1;
    }
    qsort(edges, n, sizeof(*edges), by_value);
    for (size_t i = 1; i < n; i++) {
        if (edges[i] != edges[kept - 1])
            edges[kept++] = edges[i];
    }
    return kept;
}

static int sweep(const struct claims *c, const uint64_t *edges, size_t n, uint64_t max,
    bool otherwise, struct open_claims *open, struct value_set *out)
{
    size_t next = 0;

    for (size_t i = 0; i < n; i++) {
        while (next < c->count && c->list[next].low <= edges[i])
            heap_push(open, &c->list[next++]);
        while (open->count > 0 && open->heap[0]->high < edges[i])
            heap_pop(open);
        if (open->count > 0 ? !open->heap[0]->include : !otherwise)
            continue;
        if (value_set_add(out, edges[i], i + 1 < n ? edges[i + 1] - 1 : max) != 0)
            return -1;
    }
    return 0;
}

int claims_decide(struct claims *c, uint64_t max, bool otherwise, struct value_set *out)
{
    struct open_claims open = {0};
    uint64_t *edges = NULL;
    int status = -1;

    if (c->count > SIZE_MAX / 4)
        return -1;
    edges = mem_array(2 * c->count + 1, sizeof(*edges));
    open.heap = mem_array(c->count + 1, sizeof(const struct claim *));
    if (edges == NULL || open.heap == NULL)
        goto out;
    if (c->count > 1)
        qsort(c->list, c->count, sizeof(*c->list), by_low);
    status = sweep(c, edges, make_edges(c, max, edges), max, otherwise, &open, out);
out:
    free(edges);
    free(open.heap);
    return status;
}
