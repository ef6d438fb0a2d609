#include <stdlib.h>
#include <string.h>

#include "ingest/ingest_private.h"

/*
 * The keeper: gives up old segments, has bad ones taken out of service, joins small ones (join.c),
 * and closes those that nobody asks for.
 */

#define ROUND_MS      INT64_C(10000)
#define DAY_MS        INT64_C(86400000)
#define CLOCK_JUMP_MS DAY_MS
#define CLOCK_HOLD_MS DAY_MS          /* no expiry by age for so long after a jump */
#define CLOCK_NOTE_MS INT64_C(600000) /* how often the catalog is told the time */
#define FORGET_MS     (30 * DAY_MS)   /* rows of files that are expired and gone */
#define OPEN_MOST     2048            /* segments that stay mapped */

/* ---- the clock ------------------------------------------------------------------------------ */

static void hold_expiry(struct ingest *in, int64_t by)
{
    in->clock.hold_until = time_mono_ms() + CLOCK_HOLD_MS;
    log_warnx(
        "the clock was set by %lld s since the last look: nothing is expired by age for "
        "a day",
        (long long)(by / 1000));
}

/* What the catalog knows of the clock when the last daemon ran. A pause of more than a day looks
 * like a jump: expiry waits then, too, and no harm is done. */
static void note_clock(struct ingest *in, int64_t wall, int64_t mono)
{
    int64_t before;
    struct err e;

    if (in->clock.noted != 0 && mono - in->clock.noted < CLOCK_NOTE_MS)
        return;
    if (catalog_clock(in->catalog, wall, &before, &e) == -1)
        return; /* a full disk; ingest says so */
    if (in->clock.noted == 0 && before != 0 &&
        (wall - before > CLOCK_JUMP_MS || before - wall > CLOCK_JUMP_MS))
        hold_expiry(in, wall - before);
    in->clock.noted = mono;
}

/* Wall and monotonic clock go on together, or a clock was set and ages mean nothing. */
static bool clock_is_sound(struct ingest *in)
{
    int64_t wall = time_now_ms(), mono = time_mono_ms();
    int64_t drift =
        in->clock.wall == 0 ? 0 : (wall - in->clock.wall) - (mono - in->clock.mono);

    in->clock.wall = wall;
    in->clock.mono = mono;
    if (drift > CLOCK_JUMP_MS || drift < -CLOCK_JUMP_MS)
        hold_expiry(in, drift);
    note_clock(in, wall, mono);
    return in->clock.noted != 0 && mono >= in->clock.hold_until;
}

/* ---- expiry --------------------------------------------------------------------------------- */

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
    struct publication p = {
        .removed = mem_array(n + 1, sizeof(int64_t)), .generation = s->generation};
    struct row_list rows = {0};
    int result = p.removed == NULL ? err_nomem(e, "expiry") : 0;

    for (size_t i = 0; i < n && result == 0; i++) {
        p.removed[p.removed_count++] = list[i]->id;
        result = add_segment_rows(in, s, list[i]->id, FILE_HAS_NO_SEGMENT, &rows, e);
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
    const struct ingest_device *d, bool by_age, struct segment_ref *const *list, size_t n)
{
    int64_t oldest =
        by_age && d->max_age_ms > 0 ? time_now_ms() - d->max_age_ms : INT64_MIN;
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

static void expire_source(struct ingest *in, const struct source *source, bool by_age)
{
    struct snapshot *s;
    struct segment_ref **list;
    struct err e;
    size_t n, old;

    if (source->device.max_age_ms <= 0 && source->device.max_bytes == 0)
        return;
    lock_take(&in->changes);
    s = catalog_snapshot(in->catalog);
    if ((list = segments_of(s, source->id, &n)) != NULL) {
        qsort(list, n, sizeof(struct segment_ref *), by_latest);
        old = count_expired(&source->device, by_age, list, n);
        if (old > 0 && give_up(in, s, list, old, &e) == -1)
            log_warnx("device %s: expiry: %s", source->device.name, e.msg);
        else if (old > 0)
            log_info("device %s: %zu segments expired", source->device.name, old);
    }
    snapshot_release(s);
    lock_release(&in->changes);
    free(list);
}

/* Rows of files that were given up long ago and are not in the directory any more. */
static void forget_rows(struct ingest *in)
{
    struct publication p = {0};
    struct snapshot *s;
    int64_t before = time_now_ms() - FORGET_MS;
    struct err e;

    lock_take(&in->changes);
    s = catalog_snapshot(in->catalog);
    p.generation = s->generation;
    p.forget = mem_array(s->file_count + 1, sizeof(*p.forget));
    for (size_t i = 0; p.forget != NULL && i < s->file_count; i++) {
        const struct flow_file *f = s->files[i];
        if (f->state == FILE_EXPIRED && f->gone && f->seen < before)
            p.forget[p.forget_count++] = f->id;
    }
    if (p.forget_count > 0 && catalog_publish(in->catalog, &p, &e) == -1 &&
        e.code != ERR_BUSY)
        log_warnx("ledger: %s", e.msg);
    snapshot_release(s);
    lock_release(&in->changes);
    free(p.forget);
}

void keep_expire(struct ingest *in)
{
    bool sound = clock_is_sound(in);

    for (struct source *s = ingest_sources(in); s != NULL; s = s->next)
        if (atomic_load(&s->active))
            expire_source(in, s, sound);
    if (sound)
        forget_rows(in);
}

/* ---- the thread ------------------------------------------------------------------------------------ */

static bool quiet(struct ingest *in)
{
    bool result = true;

    lock_take(&in->lock);
    result = in->queue.count == 0 && in->busy == 0 && in->result_count == 0 &&
             in->pause == INGEST_RUNNING;
    for (const struct source *s = in->sources; s != NULL; s = s->next)
        result &= !atomic_load(&s->active) || s->scanned;
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

static void keep_round(struct ingest *in)
{
    struct err e;

    keep_expire(in);
    if (catalog_check_suspects(in->catalog) > 0)
        ingest_look(in); /* their flow files are queued again */
    while (in->options.compact && !atomic_load(&in->stop) && quiet(in) && keep_compact(in))
        ;
    if (catalog_trim(in->catalog, OPEN_MOST, &e) == -1)
        log_warnx("%s", e.msg);
}

void *keeper_main(void *argument)
{
    struct ingest *in = argument;
    int64_t round = in->options.keep_every_ms > 0 ? in->options.keep_every_ms : ROUND_MS;

    while (!atomic_load(&in->stop)) {
        keep_round(in);
        wait_round(in, time_mono_ms() + round);
    }
    return NULL;
}
