#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ingest/ingest_private.h"

/*
 * The keeper: gives up old segments, and joins the many small ones of a finished day into few
 * large ones. It works when nothing waits to be read.
 */

#define ROUND_MS      INT64_C(10000)
#define DAY_MS        INT64_C(86400000)
#define DAY_SETTLED   INT64_C(3600000)   /* a day is finished that long after its end */
#define JOIN_AT_LEAST 8                  /* small segments of a day */
#define JOIN_FLOWS    UINT64_C(20000000) /* of a joined segment, about */
#define SMALL_BLOCKS  (JOIN_FLOWS / FLOW_BLOCK_MAX / 2)
#define CLOCK_JUMP_MS DAY_MS

/* ---- segments again ------------------------------------------------------------------- */

/* Flows first..first+count-1 of a segment into w; block is scratch. */
static int copy_range(const struct segment *s, uint64_t first, uint64_t count,
    struct flow_block *block, struct segment_writer *w, struct err *e)
{
    struct block b;

    for (uint32_t i = 0; segment_block(s, i, &b) == 0 && count > 0; i++) {
        uint64_t end = b.first + b.count;
        if (end <= first)
            continue;
        uint32_t skip = (uint32_t)(first - b.first);
        uint32_t n = (uint32_t)(end - first < count ? end - first : count);
        if (block_read(&b, block, e) == -1)
            return -1;
        flow_block_keep(block, skip, n);
        if (segment_writer_add(w, block, e) == -1)
            return -1;
        first += n;
        count -= n;
    }
    return 0;
}

/* All of a segment's sources but one file's (0: none left out). */
static int copy_sources(struct ingest *in, const struct segment *s, int64_t without,
    struct flow_block *block, struct segment_writer *w, struct err *e)
{
    const struct segment_source *sources;
    uint32_t n = segment_sources(s, &sources);

    for (uint32_t i = 0; i < n; i++) {
        if (sources[i].file == without)
            continue;
        if (atomic_load(&in->stop))
            return err_set(e, ERR_CANCELLED, "stopping");
        if (copy_range(s, sources[i].first, sources[i].count, block, w, e) == -1 ||
            segment_writer_source(w, sources[i].file, e) == -1)
            return -1;
    }
    return 0;
}

/* One new segment out of n, at a temporary path. */
static int rewrite(struct ingest *in, struct segment_ref *const *refs, size_t n,
    int64_t without, struct new_segment *out, struct err *e)
{
    struct flow_block *block = flow_block_new();
    struct segment_writer *w = NULL;
    int result = -1;

    *out = (struct new_segment){.device = refs[0]->device, .day = refs[0]->day};
    if (block == NULL) {
        err_nomem(e, "block of flows");
        goto out;
    }
    if (catalog_temporary(in->catalog, out->device, out->day, out->temporary,
            sizeof(out->temporary), e) == -1 ||
        segment_writer_open(&w, out->temporary, e) == -1)
        goto out;
    for (size_t i = 0; i < n; i++) {
        const struct segment *s;
        if (segment_ref_open(refs[i], &s, e) == -1 ||
            copy_sources(in, s, without, block, w, e) == -1)
            goto out;
    }
    result = segment_writer_finish(w, false, &out->summary, e);
    w = NULL;
out:
    segment_writer_abort(w);
    flow_block_free(block);
    return result;
}

int rewrite_without(struct ingest *in, struct segment_ref *ref, int64_t file,
    struct new_segment *out, bool *rest, struct err *e)
{
    if (rewrite(in, &ref, 1, file, out, e) == -1)
        return -1;
    *rest = out->summary.flows > 0;
    if (!*rest)
        unlink(out->temporary);
    return 0;
}

/* ---- ledger rows of segments ------------------------------------------------------------- */

struct rows {
    struct file_change *list;
    size_t count, capacity;
};

static const struct flow_file *row_by_id(const struct snapshot *s, int64_t id)
{
    for (size_t i = 0; i < s->file_count; i++)
        if (s->files[i]->id == id)
            return s->files[i];
    return NULL;
}

static int add_rows(struct ingest *in, const struct snapshot *s, int64_t segment, int to,
    struct rows *rows, struct err *e)
{
    int64_t *files = NULL;
    size_t n = 0;
    int result = catalog_segment_files(in->catalog, segment, &files, &n, e);

    for (size_t i = 0; i < n && result == 0; i++) {
        const struct flow_file *row = row_by_id(s, files[i]);
        void *grown =
            mem_grow(rows->list, &rows->capacity, rows->count + 1, sizeof(*rows->list));
        if (grown == NULL) {
            result = err_nomem(e, "ledger");
            break;
        }
        rows->list = grown;
        if (row != NULL)
            rows->list[rows->count++] = (struct file_change){.file = *row, .segment = to};
    }
    free(files);
    return result;
}

/* ---- expiry --------------------------------------------------------------------------------- */

/* Wall and monotonic clock go on together, or a clock was set and ages mean nothing. */
static bool clock_jumped(struct ingest *in)
{
    int64_t wall = time_now_ms(), mono = time_mono_ms();
    int64_t drift =
        in->wall_seen == 0 ? 0 : (wall - in->wall_seen) - (mono - in->mono_seen);

    in->wall_seen = wall;
    in->mono_seen = mono;
    if (drift > -CLOCK_JUMP_MS && drift < CLOCK_JUMP_MS)
        return false;
    log_warnx(
        "the clock jumped by %lld s: nothing is expired now", (long long)(drift / 1000));
    return true;
}

static int by_latest(const void *a, const void *b)
{
    const struct segment_ref *x = *(struct segment_ref *const *)a,
                             *y = *(struct segment_ref *const *)b;

    if (x->summary.max_end != y->summary.max_end)
        return x->summary.max_end < y->summary.max_end ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static struct segment_ref **segments_of(const struct snapshot *s, int64_t device, size_t *n)
{
    struct segment_ref **list =
        mem_array(s->segment_count + 1, sizeof(struct segment_ref *));

    *n = 0;
    for (size_t i = 0; list != NULL && i < s->segment_count; i++)
        if (s->segments[i]->device == device)
            list[(*n)++] = s->segments[i];
    return list;
}

static int give_up(struct ingest *in, const struct snapshot *s,
    struct segment_ref *const *list, size_t n, struct err *e)
{
    struct publication p = {.removed = mem_array(n + 1, sizeof(int64_t))};
    struct rows rows = {0};
    int result = p.removed == NULL ? err_nomem(e, "expiry") : 0;

    for (size_t i = 0; i < n && result == 0; i++) {
        p.removed[p.removed_count++] = list[i]->id;
        result = add_rows(in, s, list[i]->id, FILE_HAS_NO_SEGMENT, &rows, e);
    }
    for (size_t i = 0; i < rows.count; i++) {
        rows.list[i].file.state = FILE_EXPIRED;
        rows.list[i].file.seen = time_now_ms();
    }
    p.files = rows.list;
    p.file_count = rows.count;
    if (result == 0)
        result = catalog_publish(in->catalog, &p, e);
    free(p.removed);
    free(rows.list);
    return result;
}

/* How many of the segments, oldest first, are over age or size. */
static size_t count_expired(
    const struct ingest_device *d, struct segment_ref *const *list, size_t n)
{
    int64_t oldest = d->max_age_ms > 0 ? time_now_ms() - d->max_age_ms : INT64_MIN;
    uint64_t bytes = 0;
    size_t i = 0;

    for (size_t k = 0; k < n; k++)
        bytes += list[k]->summary.bytes;
    for (; i < n; i++) {
        bool too_old = list[i]->summary.max_end < oldest;
        bool too_many = d->max_bytes > 0 && bytes > d->max_bytes;
        if (!too_old && !too_many)
            break;
        bytes -= list[i]->summary.bytes;
    }
    return i;
}

static bool expire_source(struct ingest *in, const struct source *source)
{
    struct snapshot *s;
    struct segment_ref **list;
    struct err e;
    size_t n, old;
    bool done = false;

    if (source->device.max_age_ms <= 0 && source->device.max_bytes == 0)
        return false;
    lock_take(&in->changes);
    s = catalog_snapshot(in->catalog);
    if ((list = segments_of(s, source->id, &n)) != NULL) {
        qsort(list, n, sizeof(struct segment_ref *), by_latest);
        old = count_expired(&source->device, list, n);
        if (old > 0 && give_up(in, s, list, old, &e) == -1)
            log_warnx("device %s: expiry: %s", source->device.name, e.msg);
        else if (old > 0)
            log_info("device %s: %zu segments expired", source->device.name, old);
        done = old > 0;
    }
    snapshot_release(s);
    lock_release(&in->changes);
    free(list);
    return done;
}

bool keep_expire(struct ingest *in)
{
    bool done = false;

    if (clock_jumped(in))
        return false;
    for (struct source *s = in->sources; s != NULL; s = s->next)
        if (s->active)
            done |= expire_source(in, s);
    return done;
}

/* ---- joining ------------------------------------------------------------------------------------ */

static bool joinable(const struct segment_ref *a, const struct segment_ref *b)
{
    return a->device == b->device && a->day == b->day &&
           a->summary.present == b->summary.present && b->summary.blocks <= SMALL_BLOCKS;
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

/* The first run of at least JOIN_AT_LEAST small segments of a finished day. */
static size_t find_run(struct segment_ref *const *list, size_t n, size_t *first)
{
    int64_t now = time_now_ms();

    for (size_t i = 0; i < n;) {
        uint64_t flows = list[i]->summary.flows;
        size_t end = i + 1;
        while (end < n && joinable(list[i], list[end]) &&
               flows + list[end]->summary.flows <= JOIN_FLOWS)
            flows += list[end++]->summary.flows;
        if (end - i >= JOIN_AT_LEAST && list[i]->summary.blocks <= SMALL_BLOCKS &&
            (list[i]->day + 1) * DAY_MS + DAY_SETTLED < now) {
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
            found += s->segments[i] == refs[k];
    return found == n;
}

/* The joined segment replaces its parts, if nobody has changed them in the meantime. */
static int publish_joined(struct ingest *in, struct segment_ref *const *refs, size_t n,
    struct new_segment *joined, struct err *e)
{
    struct publication p = {
        .added = joined, .added_count = 1, .removed = mem_array(n, sizeof(int64_t))};
    struct rows rows = {0};
    struct snapshot *s;
    int result = 0;

    if (p.removed == NULL)
        return err_nomem(e, "joining segments");
    lock_take(&in->changes);
    s = catalog_snapshot(in->catalog);
    if (!still_there(s, refs, n))
        result = err_set(e, ERR_CANCELLED, "segments changed while they were joined");
    for (size_t i = 0; i < n && result == 0; i++) {
        p.removed[p.removed_count++] = refs[i]->id;
        result = add_rows(in, s, refs[i]->id, 0, &rows, e);
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

    if (rewrite(in, refs, n, 0, &joined, &e) == -1)
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
    if (e.code != ERR_CANCELLED)
        log_warnx("joining segments: %s", e.msg);
    return false;
}

bool keep_compact(struct ingest *in)
{
    struct snapshot *s = catalog_snapshot(in->catalog);
    struct segment_ref **list =
        mem_array(s->segment_count + 1, sizeof(struct segment_ref *));
    size_t first = 0, n = 0;
    bool done = false;

    if (list != NULL && s->segment_count > 0) {
        memcpy(list, s->segments, s->segment_count * sizeof(struct segment_ref *));
        qsort(list, s->segment_count, sizeof(struct segment_ref *), by_day);
        n = find_run(list, s->segment_count, &first);
        if (n > 0)
            done = join_run(in, list + first, n);
    }
    free(list);
    snapshot_release(s);
    return done;
}

/* ---- the thread ------------------------------------------------------------------------------------ */

static bool quiet(struct ingest *in)
{
    bool result = true;

    lock_take(&in->lock);
    result = in->queue.count == 0 && in->busy == 0 && in->result_count == 0 &&
             in->pause == INGEST_RUNNING;
    for (const struct source *s = in->sources; s != NULL; s = s->next)
        result &= !s->active || s->scanned;
    lock_release(&in->lock);
    return result;
}

static void wait_round(struct ingest *in, int64_t until)
{
    lock_take(&in->lock);
    while (!atomic_load(&in->stop) && time_mono_ms() < until)
        lock_wait_ms(&in->lock, &in->tick, until - time_mono_ms());
    lock_release(&in->lock);
}

void *keeper_main(void *argument)
{
    struct ingest *in = argument;
    int64_t round = in->options.keep_every_ms > 0 ? in->options.keep_every_ms : ROUND_MS;

    while (!atomic_load(&in->stop)) {
        keep_expire(in);
        while (
            in->options.compact && quiet(in) && !atomic_load(&in->stop) && keep_compact(in))
            ;
        wait_round(in, time_mono_ms() + round);
    }
    return NULL;
}
