#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ingest/ingest_private.h"

#define RETRY_FIRST_MS INT64_C(1000)
#define RETRY_LAST_MS  INT64_C(30000)
#define DAY_MS         INT64_C(86400000)
#define RESULTS_MAX    64 /* finished files that may wait for the publisher */

/* ---- one file ----------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* The period that the file covers: its header's capture times, else its name, else its flows. */
static void set_period(struct result *out, const struct ft_header *h, const char *path,
    int64_t first_export, int64_t last_export)
{
    int64_t named;

    if (h->cap_start != 0)
        out->row.start = (int64_t)h->cap_start * 1000;
    else if (ft_name_time(base_name(path), &named))
        out->row.start = named * 1000;
    else
        out->row.start = first_export * 1000;
    if (h->cap_end > h->cap_start)
        out->row.end = (int64_t)h->cap_end * 1000;
    else
        out->row.end = (last_export + 1) * 1000;
    if (out->row.end <= out->row.start)
        out->row.end = out->row.start + 1000;
}

static int64_t day_of(int64_t ms)
{
    return ms / DAY_MS - (ms % DAY_MS < 0);
}

static void export_span(const struct flow_block *b, int64_t *first, int64_t *last)
{
    const int64_t *exported = b->number[F_EXPORT - FLOW_KEYS];

    if (!(b->present & FLOW_BIT(F_EXPORT)))
        exported = NULL;
    for (uint32_t i = 0; i < b->count; i++) {
        int64_t at =
            exported != NULL ? exported[i] : ms_to_seconds(b->number[F_END - FLOW_KEYS][i]);
        *first = at < *first ? at : *first;
        *last = at > *last ? at : *last;
    }
}

/* The day that the segment is filed under must be known before its file is made. */
static int open_segment(struct ingest *in, struct job *j, const struct ft_header *h,
    struct segment_writer **w, struct result *out, struct err *e)
{
    int64_t named, start = (int64_t)h->cap_start * 1000;

    if (start == 0)
        start = ft_name_time(base_name(j->path), &named) ? named * 1000 : j->time;
    out->segment.device = j->source->id;
    out->segment.day = day_of(start);
    if (catalog_temporary(in->catalog, j->source->id, out->segment.day,
            out->segment.temporary, sizeof(out->segment.temporary), e) == -1)
        return -1;
    return segment_writer_open(w, out->segment.temporary, e);
}

/* All flows of the reader into a segment. */
static int copy_flows(struct ingest *in, struct job *j, struct ft_reader *r,
    struct flow_block *block, struct result *out, struct err *e)
{
    struct segment_writer *w = NULL;
    int64_t first = INT64_MAX, last = INT64_MIN;

    for (;;) {
        block->count = 0;
        if (atomic_load(&in->stop)) {
            err_set(e, ERR_CANCELLED, "stopping");
            goto fail;
        }
        if (ft_read(r, block) == 0)
            break;
        if (w == NULL && open_segment(in, j, ft_header(r), &w, out, e) == -1)
            goto fail;
        export_span(block, &first, &last);
        if (segment_writer_add(w, block, e) == -1)
            goto fail;
    }
    if (first > last)
        first = last = ms_to_seconds(j->time);
    set_period(out, ft_header(r), j->path, first, last);
    if (w == NULL)
        return 0;
    if (segment_writer_source(w, j->file, e) == -1)
        goto fail;
    out->has_segment = true;
    if (segment_writer_finish(w, false, &out->segment.summary, e) == -1) {
        out->has_segment = false;
        return -1;
    }
    return 0;
fail:
    segment_writer_abort(w);
    return -1;
}

static void fill_row(const struct job *j, struct result *out)
{
    out->job = (struct job *)(uintptr_t)j;
    out->row = (struct flow_file){.id = j->file,
        .device = j->source->id,
        .state = FILE_STORED,
        .size = j->size,
        .mtime_ns = j->mtime_ns,
        .inode = j->inode,
        .start = j->time,
        .end = j->time + 1000,
        .seen = time_now_ms(),
        .reason = out->reason,
        .path = j->path,
        .root = j->source->device.directory};
}

int read_flow_file(struct ingest *in, struct job *j, struct flow_block *block,
    struct result *out, struct err *e)
{
    struct ft_options options = {.clock = in->options.clock};
    struct ft_reader *r;
    const struct ft_status *status;
    char path[PATH_SIZE];
    struct err why;
    int result;

    fill_row(j, out);
    snprintf(path, sizeof(path), "%s/%s", j->source->device.directory, j->path);
    if (ft_open(&r, path, &options, &why) == -1) {
        if (why.code == ERR_MEMORY || why.sys == EMFILE || why.sys == ENFILE) {
            *e = why;
            return -1;
        }
        out->vanished = why.sys == ENOENT;
        out->row.state = FILE_FAILED;
        str_copy(out->reason, sizeof(out->reason), why.msg);
        return 0;
    }
    result = copy_flows(in, j, r, block, out, e);
    status = ft_status(r);
    out->flows = out->row.flows = status->records;
    out->bytes = status->bytes;
    out->row.flows_lost = ft_header(r)->flow_lost;
    if (status->state != FT_OK) {
        out->row.state = status->records > 0 ? FILE_DAMAGED : FILE_FAILED;
        str_copy(out->reason, sizeof(out->reason), status->reason);
    }
    ft_close(r);
    return result;
}

void result_free(struct result *r)
{
    if (r->has_segment)
        unlink(r->segment.temporary);
    free(r->job);
    free(r);
}

/* ---- pausing -------------------------------------------------------------------------- */

void ingest_pause_now(struct ingest *in, enum ingest_pause why, const char *reason)
{
    int64_t wait = RETRY_FIRST_MS << (in->pause_step < 5 ? in->pause_step : 5);

    if (in->pause != why || strcmp(in->pause_reason, reason) != 0)
        log_warnx("ingest pauses: %s", reason);
    in->pause = why;
    str_copy(in->pause_reason, sizeof(in->pause_reason), reason);
    in->paused_until = time_mono_ms() + (wait < RETRY_LAST_MS ? wait : RETRY_LAST_MS);
    in->pause_step++;
}

void ingest_resume(struct ingest *in)
{
    if (in->pause != INGEST_RUNNING)
        log_info("ingest goes on");
    in->pause = INGEST_RUNNING;
    in->pause_reason[0] = '\0';
    in->pause_step = 0;
    in->paused_until = 0;
}

/* Less than the reserve is left: pause before the disk is full. */
static bool disk_too_full(struct ingest *in)
{
    uint64_t free_bytes, total, reserve = in->options.reserve_bytes;
    char reason[200];
    struct err e;

    if (os_disk_free(catalog_directory(in->catalog), &free_bytes, &total, &e) == -1)
        return false;
    if (reserve == 0)
        reserve = total / 20 < UINT64_C(512) << 20 ? total / 20 : UINT64_C(512) << 20;
    if (free_bytes >= reserve)
        return false;
    snprintf(reason, sizeof(reason),
        "disk full: %llu MiB free on %s, %llu MiB are kept in reserve",
        (unsigned long long)(free_bytes >> 20), catalog_directory(in->catalog),
        (unsigned long long)(reserve >> 20));
    lock_take(&in->lock);
    ingest_pause_now(in, INGEST_DISK_FULL, reason);
    lock_release(&in->lock);
    return true;
}

/* ---- the threads -------------------------------------------------------------------------- */

/* The next job, or NULL when stopping. */
static struct job *take_job(struct ingest *in)
{
    struct job *j = NULL;

    lock_take(&in->lock);
    while (!atomic_load(&in->stop)) {
        int64_t wait = in->paused_until - time_mono_ms();
        if (in->queue.count == 0)
            lock_wait(&in->lock, &in->work);
        else if (wait > 0)
            lock_wait_ms(&in->lock, &in->work, wait);
        else if (in->result_count >= RESULTS_MAX)
            lock_wait(&in->lock, &in->room);
        else {
            j = queue_pop(&in->queue);
            in->busy++;
            break;
        }
    }
    lock_release(&in->lock);
    return j;
}

static void give_back(struct ingest *in, struct job *j, const struct err *why)
{
    struct err e;

    lock_take(&in->lock);
    in->busy--;
    if (why != NULL)
        ingest_pause_now(
            in, why->code == ERR_FULL ? INGEST_DISK_FULL : INGEST_ERROR, why->msg);
    if (queue_push(&in->queue, j, &e) == -1) {
        queue_forget(&in->queue, j->file); /* the next scan finds it again */
        free(j);
    }
    lock_release(&in->lock);
}

static void hand_over(struct ingest *in, struct result *r)
{
    lock_take(&in->lock);
    in->busy--;
    *in->results_end = r;
    in->results_end = &r->next;
    in->result_count++;
    pthread_cond_signal(&in->ready);
    lock_release(&in->lock);
}

static void drop_job(struct ingest *in, struct job *j)
{
    lock_take(&in->lock);
    in->busy--;
    queue_forget(&in->queue, j->file);
    lock_release(&in->lock);
    free(j);
    ingest_look(in);
}

static void work_on(struct ingest *in, struct job *j, struct flow_block *block)
{
    struct result *r = calloc(1, sizeof(*r));
    struct err e = {0};

    if (r == NULL) {
        err_nomem(&e, "flow file");
        give_back(in, j, &e);
        return;
    }
    if (read_flow_file(in, j, block, r, &e) == -1) {
        r->job = NULL;
        result_free(r);
        give_back(in, j, e.code == ERR_CANCELLED ? NULL : &e);
        return;
    }
    hand_over(in, r);
}

void *worker_main(void *argument)
{
    struct ingest *in = argument;
    struct flow_block *block = flow_block_new();
    struct job *j;

    if (block == NULL) {
        log_warnx("ingest: a worker has no memory for its block of flows and ends");
        return NULL;
    }
    while ((j = take_job(in)) != NULL) {
        if (!atomic_load(&j->source->active))
            drop_job(in, j); /* its device is gone, or has a new source that scans again */
        else if (disk_too_full(in))
            give_back(in, j, NULL);
        else
            work_on(in, j, block);
    }
    flow_block_free(block);
    return NULL;
}
