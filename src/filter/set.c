#include "flowviewer/filter.h"

#include <stdlib.h>
#include <string.h>

/* First range that ends at or after v; count if there is none. */
static size_t range_at(const struct value_set *s, uint64_t v)
{
    size_t low = 0, high = s->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->ranges[middle].high < v)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int reserve(struct value_set *s, size_t more)
{
    void *grown;

    if (more > SIZE_MAX - s->count)
        return -1;
    grown = mem_grow(s->ranges, &s->capacity, s->count + more, sizeof(*s->ranges));
    if (grown == NULL)
        return -1;
    s->ranges = grown;
    return 0;
}

/* Put n ranges in the place of 'removed' ones from position 'at'. Memory is there already.
 */
static void splice(
    struct value_set *s, size_t at, size_t removed, const struct value_range *put, size_t n)
{
    memmove(s->ranges + at + n, s->ranges + at + removed,
        (s->count - at - removed) * sizeof(*s->ranges));
    if (n > 0)
        memcpy(s->ranges + at, put, n * sizeof(*put));
    s->count = s->count - removed + n;
}

int value_set_add(struct value_set *s, uint64_t low, uint64_t high)
{
    struct value_range r = {low, high};
    size_t first, after;

    if (low > high)
        return 0;
    if (reserve(s, 1) != 0)
        return -1;
    /* All ranges from first to before 'after' touch the new one and become part of it. */
    first = range_at(s, low == 0 ? 0 : low - 1);
    after = first;
    while (after < s->count && (high == UINT64_MAX || s->ranges[after].low <= high + 1)) {
        if (s->ranges[after].low < r.low)
            r.low = s->ranges[after].low;
        if (s->ranges[after].high > r.high)
            r.high = s->ranges[after].high;
        after++;
    }
    splice(s, first, after - first, &r, 1);
    return 0;
}

static int by_low(const void *a, const void *b)
{
    const struct value_range *x = a, *y = b;
    return x->low < y->low ? -1 : x->low > y->low;
}

/* Join overlapping and adjacent neighbours of a list sorted by 'low'. */
static void join(struct value_set *s)
{
    size_t kept = 0;

    for (size_t i = 1; i < s->count; i++) {
        struct value_range *last = &s->ranges[kept], next = s->ranges[i];
        if (last->high == UINT64_MAX || next.low <= last->high + 1) {
            if (next.high > last->high)
                last->high = next.high;
        } else {
            s->ranges[++kept] = next;
        }
    }
    if (s->count > 0)
        s->count = kept + 1;
}

int value_set_add_all(struct value_set *s, const struct value_range *list, size_t n)
{
    if (reserve(s, n) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (list[i].low <= list[i].high)
            s->ranges[s->count++] = list[i];
    }
    if (s->count > 1)
        qsort(s->ranges, s->count, sizeof(*s->ranges), by_low);
    join(s);
    return 0;
}

int value_set_subtract(struct value_set *s, uint64_t low, uint64_t high)
{
    struct value_range rest[2];
    size_t first, after, n = 0;

    if (low > high)
        return 0;
    if (reserve(s, 1) != 0)
        return -1;
    first = range_at(s, low);
    after = first;
    while (after < s->count && s->ranges[after].low <= high)
        after++;
    if (first == after)
        return 0;
    if (s->ranges[first].low < low)
        rest[n++] = (struct value_range){s->ranges[first].low, low - 1};
    if (s->ranges[after - 1].high > high)
        rest[n++] = (struct value_range){high + 1, s->ranges[after - 1].high};
    splice(s, first, after - first, rest, n);
    return 0;
}

int value_set_complement(struct value_set *s, uint64_t max)
{
    struct value_set out = {0};
    uint64_t next = 0; /* the smallest value not yet dealt with */
    bool all = false;  /* dealt with up to max */

    if (reserve(&out, s->count + 1) != 0)
        return -1;
    for (size_t i = 0; i < s->count && s->ranges[i].low <= max; i++) {
        if (s->ranges[i].low > next)
            out.ranges[out.count++] = (struct value_range){next, s->ranges[i].low - 1};
        if (s->ranges[i].high >= max) {
            all = true;
            break;
        }
        next = s->ranges[i].high + 1;
    }
    if (!all)
        out.ranges[out.count++] = (struct value_range){next, max};
    free(s->ranges);
    *s = out;
    return 0;
}

bool value_set_has(const struct value_set *s, uint64_t v)
{
    size_t i = range_at(s, v);
    return i < s->count && s->ranges[i].low <= v;
}

void value_set_free(struct value_set *s)
{
    free(s->ranges);
    *s = (struct value_set){0};
}
