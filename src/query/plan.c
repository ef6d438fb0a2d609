#include <stdlib.h>
#include <string.h>

#include "query/run.h"

/* Smallest whole second at or after ms: comparing ms with it is comparing floor(seconds).
 */
static int64_t whole_second(int64_t ms)
{
    int64_t s = ms_to_seconds(ms);

    if (ms == INT64_MIN || ms == INT64_MAX)
        return ms;
    return s * 1000 == ms ? ms : (s + 1) * 1000;
}

void plan_period(const struct query_request *r, struct period *out)
{
    int64_t from = whole_second(r->start), before = whole_second(r->end);

    *out = (struct period){INT64_MIN, INT64_MAX, INT64_MIN, INT64_MAX};
    switch (r->select) {
    case SELECT_END:
        out->end_from = from;
        out->end_before = before;
        break;
    case SELECT_START:
        out->start_from = from;
        out->start_before = before;
        break;
    case SELECT_ENTIRE:
        out->start_from = from;
        out->end_before = before;
        break;
    default:
        out->end_from = from;
        out->start_before = before;
    }
}

static bool device_wanted(const struct query_request *r, int64_t device)
{
    if (r->device_count == 0)
        return true;
    for (size_t i = 0; i < r->device_count; i++)
        if (r->devices[i] == device)
            return true;
    return false;
}

/* Whatever the selection, a flow of the period ends at or after 'start' and starts before
 * 'end'. */
static bool in_period(const struct segment_ref *s, const struct period *p)
{
    return s->summary.flows > 0 && s->summary.min_start < p->start_before &&
           s->summary.max_end >= p->end_from && s->summary.max_end >= p->start_from &&
           s->summary.min_start < p->end_before;
}

static int by_time(const void *a, const void *b)
{
    const struct segment_ref *x = *(struct segment_ref *const *)a,
                             *y = *(struct segment_ref *const *)b;

    if (x->summary.min_start != y->summary.min_start)
        return x->summary.min_start < y->summary.min_start ? -1 : 1;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

int plan_make(
    struct plan *p, const struct snapshot *s, const struct query_request *r, struct err *e)
{
    struct period period;
    size_t blocks = 0, n = 0;

    plan_period(r, &period);
    p->segments = mem_array(s->segment_count + 1, sizeof(struct segment_ref *));
    if (p->segments == NULL)
        return err_nomem(e, "plan of a query");
    for (size_t i = 0; i < s->segment_count; i++) {
        struct segment_ref *ref = s->segments[i];
        if (!device_wanted(r, ref->device))
            continue;
        if (!in_period(ref, &period)) {
            p->segments_skipped++;
            continue;
        }
        p->segments[p->segment_count++] = ref;
        blocks += ref->summary.blocks;
        p->flows += ref->summary.flows;
    }
    qsort(p->segments, p->segment_count, sizeof(struct segment_ref *), by_time);
    p->tasks = mem_array(blocks + 1, sizeof(*p->tasks));
    if (p->tasks == NULL)
        return err_nomem(e, "plan of a query");
    for (size_t i = 0; i < p->segment_count; i++)
        for (uint32_t b = 0; b < p->segments[i]->summary.blocks; b++)
            p->tasks[n++] = (struct task){(uint32_t)i, b};
    p->task_count = n;
    return 0;
}

void plan_free(struct plan *p)
{
    free(p->segments);
    free(p->tasks);
}
