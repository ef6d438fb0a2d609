#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ingest/ingest_private.h"

/* Joining the many small segments of a finished day into few large ones. */

#define DAY_MS        INT64_C(86400000)
#define DAY_SETTLED   INT64_C(3600000)   /* a day is finished that long after its end */
#define JOIN_AT_LEAST 8                  /* small segments of a day */
#define JOIN_FLOWS    UINT64_C(20000000) /* of a joined segment, about */
#define SMALL_BLOCKS  (JOIN_FLOWS / FLOW_BLOCK_MAX / 2)

static bool joinable(const struct segment_ref *a, const struct segment_ref *b)
{
    return a->device == b->device && a->day == b->day &&
           a->summary.present == b->summary.present;
}

static int by_day(const void *a, const void *b)
{
    const struct segment_ref *x = *(struct segment_ref *const *)a,
                             *y = *(struct segment_ref *const *)b;

    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    if (x->summary.present != y->summary.present)
        return x->summary.present < y->summary.present ? -1 : 1;
    if (x->summary.min_start != y->summary.min_start)
        return x->summary.min_start < y->summary.min_start ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static bool is_small(const struct segment_ref *ref)
{
    return ref->summary.blocks < SMALL_BLOCKS;
}

static bool day_is_over(int64_t day)
{
    return (day + 1) * DAY_MS + DAY_SETTLED < time_now_ms();
}

/* The first run of at least JOIN_AT_LEAST small segments of a finished day. */
static size_t find_run(struct segment_ref *const *list, size_t n, size_t *first)
{
    for (size_t i = 0; i < n;) {
        uint64_t flows = list[i]->summary.flows;
        size_t end = i + 1;
        while (end < n && joinable(list[i], list[end]) &&
               flows + list[end]->summary.flows <= JOIN_FLOWS)
            flows += list[end++]->summary.flows;
        if (end - i >= JOIN_AT_LEAST && day_is_over(list[i]->day)) {
            *first = i;
            return end - i;
        }
        i = end;
    }
    return 0;
}

static bool still_there(const struct snapshot *s, struct segment_ref *const *refs, size_t n)
{
    size_t found = 0;

    for (size_t i = 0; i < s->segment_count; i++)
        for (size_t k = 0; k < n; k++)
            found += s->segments[i]->id == refs[k]->id;
    return found == n;
}

/* The joined segment replaces its parts, if nobody has changed them in the meantime. */
static int publish_joined(struct ingest *in, struct segment_ref *const *refs, size_t n,
    struct new_segment *joined, struct err *e)
{
    struct publication p = {
        .added = joined, .added_count = 1, .removed = mem_array(n, sizeof(int64_t))};
    struct row_list rows = {0};
    struct snapshot *s;
    int result = 0;

    if (p.removed == NULL)
        return err_nomem(e, "joining segments");
    lock_take(&in->changes);
    s = catalog_snapshot(in->catalog);
    p.generation = s->generation;
    if (!still_there(s, refs, n))
        result = err_set(e, ERR_CANCELLED, "segments changed while they were joined");
    for (size_t i = 0; i < n && result == 0; i++) {
        p.removed[p.removed_count++] = refs[i]->id;
        result = add_segment_rows(in, s, refs[i]->id, 0, &rows, e);
    }
    p.files = rows.list;
    p.file_count = rows.count;
    if (result == 0)
        result = catalog_publish(in->catalog, &p, e);
    snapshot_release(s);
    lock_release(&in->changes);
    free(rows.list);
    free(p.removed);
    return result;
}

static uint64_t flows_of(struct segment_ref *const *refs, size_t n)
{
    uint64_t flows = 0;

    for (size_t i = 0; i < n; i++)
        flows += refs[i]->summary.flows;
    return flows;
}

static bool join_run(struct ingest *in, struct segment_ref *const *refs, size_t n)
{
    struct new_segment joined = {0};
    struct err e = {0};

    if (rewrite_segments(in, refs, n, NULL, &joined, &e) == -1)
        goto fail;
    if (joined.summary.flows != flows_of(refs, n)) {
        err_set(&e, ERR_INTERNAL, "joined segments hold %llu flows, not %llu",
            (unsigned long long)joined.summary.flows,
            (unsigned long long)flows_of(refs, n));
        unlink(joined.temporary);
        goto fail;
    }
    if (publish_joined(in, refs, n, &joined, &e) == -1) {
        unlink(joined.temporary);
        goto fail;
    }
    log_debug("joined %zu segments of day %lld", n, (long long)refs[0]->day);
    return true;
fail:
    if (e.code != ERR_CANCELLED && e.code != ERR_BUSY)
        log_warnx("joining segments: %s", e.msg);
    return false;
}

bool keep_compact(struct ingest *in)
{
    struct snapshot *s = catalog_snapshot(in->catalog);
    struct segment_ref **list =
        mem_array(s->segment_count + 1, sizeof(struct segment_ref *));
    size_t first = 0, n = 0, small = 0;
    bool done = false;

    if (list != NULL && s->segment_count > 0) {
        for (size_t i = 0; i < s->segment_count; i++)
            if (is_small(s->segments[i]))
                list[small++] = s->segments[i];
        qsort(list, small, sizeof(struct segment_ref *), by_day);
        n = find_run(list, small, &first);
        if (n > 0)
            done = join_run(in, list + first, n);
    }
    free(list);
    snapshot_release(s);
    return done;
}
