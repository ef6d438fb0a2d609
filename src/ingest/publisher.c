#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ingest/ingest_private.h"

/*
 * Finished files go into the catalog many at once: one transaction and one sync of each directory
 * for all that have come together while the last one was made.
 */

#define GROUP_MAX 64
#define LINGER_MS 50 /* wait that long for more, while there is a queue */

static struct result *take_results(struct ingest *in, size_t *n)
{
    struct result *first, **end;

    lock_take(&in->lock);
    while (in->results == NULL && !atomic_load(&in->stop))
        lock_wait(&in->lock, &in->ready);
    if (in->results != NULL && in->result_count < GROUP_MAX && in->queue.count > 0 &&
        !atomic_load(&in->stop))
        lock_wait_ms(&in->lock, &in->ready, LINGER_MS);
    first = in->results;
    end = &first;
    for (*n = 0; *end != NULL && *n < GROUP_MAX; (*n)++)
        end = &(*end)->next;
    in->results = *end;
    if (in->results == NULL)
        in->results_end = &in->results;
    *end = NULL;
    lock_release(&in->lock);
    return first;
}

/* ---- files that were stored before --------------------------------------------------------- */

static struct segment_ref *segment_by_id(const struct snapshot *s, int64_t id)
{
    for (size_t i = 0; i < s->segment_count; i++)
        if (s->segments[i]->id == id)
            return s->segments[i];
    return NULL;
}

struct group {
    struct ingest *in;
    struct publication p;
    size_t added_capacity, removed_capacity, file_capacity;
    struct snapshot *snapshot;
    struct file_set replaced; /* files of this group */
};

static struct new_segment *add_segment(
    struct group *g, const struct new_segment *n, struct err *e)
{
    void *grown =
        mem_grow(g->p.added, &g->added_capacity, g->p.added_count + 1, sizeof(*g->p.added));

    if (grown == NULL) {
        err_nomem(e, "publication");
        return NULL;
    }
    g->p.added = grown;
    g->p.added[g->p.added_count] = *n;
    return &g->p.added[g->p.added_count++];
}

static int add_removed(struct group *g, int64_t id, struct err *e)
{
    void *grown = mem_grow(
        g->p.removed, &g->removed_capacity, g->p.removed_count + 1, sizeof(*g->p.removed));

    if (grown == NULL)
        return err_nomem(e, "publication");
    g->p.removed = grown;
    g->p.removed[g->p.removed_count++] = id;
    return 0;
}

static int add_row(struct group *g, const struct flow_file *row, int segment, struct err *e)
{
    void *grown =
        mem_grow(g->p.files, &g->file_capacity, g->p.file_count + 1, sizeof(*g->p.files));

    if (grown == NULL)
        return err_nomem(e, "publication");
    g->p.files = grown;
    g->p.files[g->p.file_count++] = (struct file_change){.file = *row, .segment = segment};
    return 0;
}

static const struct flow_file *row_by_id(const struct snapshot *s, int64_t id)
{
    for (size_t i = 0; i < s->file_count; i++)
        if (s->files[i]->id == id)
            return s->files[i];
    return NULL;
}

static bool in_group(const struct group *g, int64_t file)
{
    return file_set_has(&g->replaced, file);
}

/* A segment that holds flows of files of this group goes; what else is in it goes into a new
 * one. */
static int replace_segment(struct group *g, struct segment_ref *ref, struct err *e)
{
    struct new_segment rest = {0};
    int64_t *files = NULL;
    size_t n = 0, others = 0;
    int index = (int)g->p.added_count;
    int result = catalog_segment_files(g->in->catalog, ref->id, &files, &n, e);

    for (size_t i = 0; i < n; i++)
        others += !in_group(g, files[i]);
    if (result == 0 && others > 0) {
        result = rewrite_segments(g->in, &ref, 1, &g->replaced, &rest, e);
        if (result == 0 && add_segment(g, &rest, e) == NULL) {
            unlink(rest.temporary);
            result = -1;
        }
    }
    for (size_t i = 0; i < n && result == 0; i++) {
        const struct flow_file *row = row_by_id(g->snapshot, files[i]);
        if (!in_group(g, files[i]) && row != NULL)
            result = add_row(g, row, index, e);
    }
    free(files);
    return result == -1 ? -1 : add_removed(g, ref->id, e);
}

static bool removed_already(const struct group *g, int64_t id)
{
    for (size_t i = 0; i < g->p.removed_count; i++)
        if (g->p.removed[i] == id)
            return true;
    return false;
}

/* Take the old segments of a file out. */
static int replace_segments(struct group *g, int64_t file, struct err *e)
{
    int64_t *segments = NULL;
    size_t n = 0;
    int result = catalog_file_segments(g->in->catalog, file, &segments, &n, e);

    for (size_t i = 0; i < n && result == 0; i++) {
        struct segment_ref *ref = segment_by_id(g->snapshot, segments[i]);
        if (ref != NULL && !removed_already(g, segments[i]))
            result = replace_segment(g, ref, e);
    }
    free(segments);
    return result;
}

/* ---- a group ---------------------------------------------------------------------------------- */

/* Which files are read anew, all of them before the first segment is rewritten: two of them may
 * stand in the same one. */
static int list_files(struct group *g, const struct result *first, size_t n, struct err *e)
{
    if ((g->replaced.ids = mem_array(n + 1, sizeof(*g->replaced.ids))) == NULL)
        return err_nomem(e, "publication");
    for (const struct result *r = first; r != NULL; r = r->next)
        if (!r->vanished)
            g->replaced.ids[g->replaced.count++] = r->row.id;
    file_set_sort(&g->replaced);
    return 0;
}

static int add_result(struct group *g, const struct result *r, struct err *e)
{
    int segment = FILE_HAS_NO_SEGMENT;

    if (replace_segments(g, r->row.id, e) == -1)
        return -1;
    if (r->has_segment) {
        segment = (int)g->p.added_count;
        if (add_segment(g, &r->segment, e) == NULL)
            return -1;
    }
    return add_row(g, &r->row, segment, e);
}

static void group_free(struct group *g)
{
    free(g->replaced.ids);
    free(g->p.added);
    free(g->p.removed);
    free(g->p.files);
    if (g->snapshot != NULL)
        snapshot_release(g->snapshot);
}

static bool from_result(const struct result *first, const struct new_segment *n)
{
    for (const struct result *r = first; r != NULL; r = r->next)
        if (r->has_segment && strcmp(r->segment.temporary, n->temporary) == 0)
            return true;
    return false;
}

/* Temporary segments that the group made itself go when it fails; ERR_BUSY: decide again. */
static int publish_group(struct ingest *in, struct result *first, size_t n, struct err *e)
{
    struct group g = {.in = in};
    int result;

    lock_take(&in->changes);
    g.snapshot = catalog_snapshot(in->catalog);
    g.p.generation = g.snapshot->generation;
    result = list_files(&g, first, n, e);
    for (struct result *r = first; r != NULL && result == 0; r = r->next)
        if (!r->vanished)
            result = add_result(&g, r, e);
    if (result == 0 && (g.p.file_count > 0 || g.p.removed_count > 0))
        result = catalog_publish(in->catalog, &g.p, e);
    lock_release(&in->changes);
    for (size_t i = 0; result == -1 && i < g.p.added_count; i++)
        if (!from_result(first, &g.p.added[i]))
            unlink(g.p.added[i].temporary);
    group_free(&g);
    return result;
}

static void count_result(struct ingest *in, const struct result *r)
{
    int64_t second = time_mono_ms() / 1000;
    size_t slot = (size_t)(second % RATE_SECONDS);

    in->files_done++;
    in->flows_done += r->flows;
    in->bytes_done += r->bytes;
    if (in->rate_second[slot] != second) {
        in->rate_second[slot] = second;
        in->rate[slot] = 0;
    }
    in->rate[slot] += r->flows;
}

static void log_result(const struct result *r)
{
    const char *device = r->job->source->device.name;

    if (r->row.state == FILE_FAILED && !r->vanished)
        log_warnx("device %s: %s cannot be read: %s", device, r->job->path, r->reason);
    else if (r->row.state == FILE_DAMAGED)
        log_warnx("device %s: %s is damaged: %s", device, r->job->path, r->reason);
    else
        log_debug("device %s: %s: %llu flows", device, r->job->path,
            (unsigned long long)r->flows);
}

static void conclude(struct ingest *in, struct result *first, size_t n)
{
    bool vanished = false;

    lock_take(&in->lock);
    if (in->pause != INGEST_RUNNING)
        ingest_resume(in);
    in->result_count -= n;
    for (struct result *r = first; r != NULL; r = r->next) {
        queue_forget(&in->queue, r->job->file);
        vanished |= r->vanished;
        if (!r->vanished)
            count_result(in, r);
    }
    pthread_cond_broadcast(&in->room);
    pthread_cond_broadcast(&in->tick);
    lock_release(&in->lock);
    if (vanished) /* its row is still queued */
        ingest_look(in);
    while (first != NULL) {
        struct result *next = first->next;
        log_result(first);
        first->has_segment = false; /* it is the catalog's now */
        result_free(first);
        first = next;
    }
}

/* Not published: everything is read again later. */
static void put_back(
    struct ingest *in, struct result *first, size_t n, const struct err *why)
{
    struct err e;

    lock_take(&in->lock);
    ingest_pause_now(in, why->code == ERR_FULL ? INGEST_DISK_FULL : INGEST_ERROR, why->msg);
    in->result_count -= n;
    while (first != NULL) {
        struct result *next = first->next;
        if (queue_push(&in->queue, first->job, &e) == -1)
            queue_forget(&in->queue, first->job->file);
        else
            first->job = NULL;
        result_free(first);
        first = next;
    }
    pthread_cond_broadcast(&in->room);
    pthread_cond_broadcast(&in->work);
    lock_release(&in->lock);
}

void *publisher_main(void *argument)
{
    struct ingest *in = argument;

    while (!atomic_load(&in->stop)) {
        struct err e = {0};
        size_t n;
        struct result *first = take_results(in, &n);
        int result;
        if (first == NULL)
            continue;
        while ((result = publish_group(in, first, n, &e)) == -1 && e.code == ERR_BUSY)
            ;
        if (result == -1)
            put_back(in, first, n, &e);
        else
            conclude(in, first, n);
    }
    return NULL;
}
