#include <stdlib.h>
#include <string.h>

#include "query/run.h"

static unsigned char *item(const struct keep *k, size_t i)
{
    return k->items + i * k->size;
}

static void swap(struct keep *k, size_t a, size_t b)
{
    memcpy(k->spare, item(k, a), k->size);
    memcpy(item(k, a), item(k, b), k->size);
    memcpy(item(k, b), k->spare, k->size);
}

/* Parents come after their children in order. */
static void sift_down(struct keep *k, size_t i, size_t count)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= count)
            return;
        if (child + 1 < count && k->before(k->context, item(k, child), item(k, child + 1)))
            child++;
        if (!k->before(k->context, item(k, i), item(k, child)))
            return;
        swap(k, i, child);
        i = child;
    }
}

static void sift_up(struct keep *k, size_t i)
{
    while (i > 0 && k->before(k->context, item(k, (i - 1) / 2), item(k, i))) {
        swap(k, i, (i - 1) / 2);
        i = (i - 1) / 2;
    }
}

int keep_offer(struct keep *k, const void *new_item, struct err *e)
{
    void *grown;

    if (k->limit != 0 && k->count == k->limit) {
        if (k->before(k->context, new_item, k->items)) {
            memcpy(k->items, new_item, k->size);
            sift_down(k, 0, k->count);
        }
        return 0;
    }
    if (k->bytes_max != 0 && (k->count + 1) * k->size > k->bytes_max)
        return err_set(e, ERR_MEMORY,
            "more than %zu rows do not fit the query's memory: limit the number of lines",
            k->count);
    if (k->spare == NULL && (k->spare = malloc(k->size)) == NULL)
        return err_nomem(e, "rows of a query");
    if ((grown = mem_grow(k->items, &k->capacity, k->count + 1, k->size)) == NULL)
        return err_nomem(e, "rows of a query");
    k->items = grown;
    memcpy(item(k, k->count), new_item, k->size);
    if (k->limit != 0)
        sift_up(k, k->count);
    k->count++;
    return 0;
}

int keep_sort(struct keep *k, struct err *e)
{
    if (k->count < 2)
        return 0;
    if (k->spare == NULL && (k->spare = malloc(k->size)) == NULL)
        return err_nomem(e, "rows of a query");
    for (size_t i = k->count / 2; i-- > 0;)
        sift_down(k, i, k->count);
    for (size_t n = k->count - 1; n > 0; n--) {
        swap(k, 0, n);
        sift_down(k, 0, n);
    }
    return 0;
}

void keep_free(struct keep *k)
{
    free(k->items);
    free(k->spare);
    k->items = k->spare = NULL;
    k->count = k->capacity = 0;
}
