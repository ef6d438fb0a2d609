#include <stdlib.h>
#include <string.h>

#include "ingest/scan.h"

/* What lies in a device's directory against what the ledger says. */

static int by_path(const void *a, const void *b)
{
    return strcmp((*(const struct flow_file *const *)a)->path,
        (*(const struct flow_file *const *)b)->path);
}

/* The ledger's rows of a device, by path. */
static const struct flow_file **known_files(
    const struct snapshot *s, int64_t device, size_t *n)
{
    const struct flow_file **rows =
        mem_array(s->file_count + 1, sizeof(const struct flow_file *));

    *n = 0;
    if (rows == NULL)
        return NULL;
    for (size_t i = 0; i < s->file_count; i++)
        if (s->files[i]->device == device)
            rows[(*n)++] = s->files[i];
    qsort(rows, *n, sizeof(const struct flow_file *), by_path);
    return rows;
}

static size_t find_known(const struct flow_file **rows, size_t n, const char *path)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(rows[middle]->path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && strcmp(rows[low]->path, path) == 0 ? low : SIZE_MAX;
}

/* When the file begins, as far as can be told without reading it. */
static int64_t guess_time(const struct found *f)
{
    const char *slash = strrchr(f->path, '/'), *name = slash == NULL ? f->path : slash + 1;
    int64_t seconds;

    return ft_name_time(name, &seconds) ? seconds * 1000 : f->mtime_ns / 1000000;
}

static struct job *make_job(struct source *source, const struct found *f, int64_t file)
{
    struct job *j = calloc(1, sizeof(*j) + strlen(f->path) + 1);

    if (j == NULL)
        return NULL;
    j->source = source;
    j->file = file;
    j->time = guess_time(f);
    j->size = f->size;
    j->mtime_ns = f->mtime_ns;
    j->inode = f->inode;
    memcpy(j->path, f->path, strlen(f->path) + 1);
    return j;
}

/* Changes of the ledger that a scan asks for, and the jobs that follow once they are made. */
struct findings {
    struct scan *scan;
    struct publication p;
    size_t file_capacity, forget_capacity;
    struct job **jobs;
    size_t job_count, job_capacity;
};

static void no_memory(struct scan *s, const char *what)
{
    s->failed = true;
    err_nomem(&s->err, what);
}

static struct file_change *add_change(struct findings *f, const struct flow_file *row)
{
    void *grown =
        mem_grow(f->p.files, &f->file_capacity, f->p.file_count + 1, sizeof(*f->p.files));

    if (grown == NULL) {
        no_memory(f->scan, "ledger");
        return NULL;
    }
    f->p.files = grown;
    f->p.files[f->p.file_count] =
        (struct file_change){.file = *row, .segment = FILE_KEEPS_SEGMENTS};
    return &f->p.files[f->p.file_count++];
}

static void add_job(struct findings *f, struct job *j)
{
    void *grown;

    if (j == NULL) {
        no_memory(f->scan, "queue of flow files");
        return;
    }
    grown = mem_grow(f->jobs, &f->job_capacity, f->job_count + 1, sizeof(struct job *));
    if (grown == NULL) {
        free(j);
        no_memory(f->scan, "queue of flow files");
        return;
    }
    f->jobs = grown;
    f->jobs[f->job_count++] = j;
}

static void take_new(struct findings *f, const struct found *found)
{
    struct flow_file row = {.device = f->scan->source->id,
        .state = FILE_QUEUED,
        .size = found->size,
        .mtime_ns = found->mtime_ns,
        .inode = found->inode,
        .start = guess_time(found),
        .seen = time_now_ms(),
        .reason = "",
        .path = found->path,
        .root = f->scan->source->device.directory};

    row.end = row.start + 1;
    if (catalog_reserve_file_id(f->scan->in->catalog, &row.id, &f->scan->err) == -1)
        f->scan->failed = true;
    else if (add_change(f, &row) != NULL)
        add_job(f, make_job(f->scan->source, found, row.id));
}

static bool same_file(const struct flow_file *row, const struct found *f)
{
    return row->size == f->size && row->mtime_ns == f->mtime_ns && row->inode == f->inode;
}

/* Waiting, being read or being published. */
static bool is_busy(struct ingest *in, int64_t file)
{
    bool busy;

    lock_take(&in->lock);
    busy = queue_has(&in->queue, file);
    lock_release(&in->lock);
    return busy;
}

static void take_known(
    struct findings *f, const struct flow_file *row, const struct found *found, bool retry)
{
    const char *directory = f->scan->source->device.directory;
    struct file_change *change;

    if (is_busy(f->scan->in, row->id)) {
        if (!same_file(row, found)) /* perhaps it was changed after it was read */
            place_look_again(f->scan->watcher, f->scan->source, found->path);
        return;
    }
    if ((row->gone || strcmp(row->root, directory) != 0) && /* it came back, or moved */
        (change = add_change(f, row)) != NULL) {
        change->file.gone = false;
        change->file.root = directory;
    }
    if (row->state == FILE_QUEUED || !same_file(row, found) ||
        (retry && row->state == FILE_FAILED))
        add_job(f, make_job(f->scan->source, found, row->id));
}

/* A file that is no longer there: its flows stay; one that never gave any is forgotten. One that
 * waits to be read again because its segment was lost stays in the list, as a loss. */
static void take_gone(struct findings *f, const struct flow_file *row)
{
    struct file_change *change;
    void *grown;

    if (row->gone)
        return;
    if ((row->state != FILE_QUEUED && row->state != FILE_FAILED) || row->flows > 0) {
        if ((change = add_change(f, row)) == NULL)
            return;
        change->file.gone = true;
        if (row->state == FILE_QUEUED) {
            change->file.state = FILE_FAILED;
            change->file.reason = "its segment was lost, and the flow file is gone";
        }
        return;
    }
    grown = mem_grow(
        f->p.forget, &f->forget_capacity, f->p.forget_count + 1, sizeof(*f->p.forget));
    if (grown == NULL) {
        no_memory(f->scan, "ledger");
        return;
    }
    f->p.forget = grown;
    f->p.forget[f->p.forget_count++] = row->id;
}

static bool below(const char *path, const char *directory)
{
    size_t n = strlen(directory);
    return n == 0 || (strncmp(path, directory, n) == 0 && path[n] == '/');
}

static void drop_findings(struct findings *f)
{
    for (size_t i = 0; i < f->job_count; i++)
        free(f->jobs[i]);
    free(f->jobs);
    free(f->p.files);
    free(f->p.forget);
    *f = (struct findings){.scan = f->scan};
}

/* in->changes is held. */
static void compare(struct findings *f, const char *directory, bool retry)
{
    struct snapshot *s = catalog_snapshot(f->scan->in->catalog);
    size_t n = 0;
    const struct flow_file **rows = known_files(s, f->scan->source->id, &n);
    bool *seen = mem_array(n + 1, sizeof(*seen));

    f->p.generation = s->generation;
    if (rows == NULL || seen == NULL) {
        no_memory(f->scan, "ledger");
    } else {
        for (size_t i = 0; i < f->scan->count && !f->scan->failed; i++) {
            size_t row = find_known(rows, n, f->scan->found[i].path);
            if (row != SIZE_MAX)
                seen[row] = true;
            if (f->scan->found[i].unsettled)
                continue;
            if (row == SIZE_MAX)
                take_new(f, &f->scan->found[i]);
            else
                take_known(f, rows[row], &f->scan->found[i], retry);
        }
        for (size_t i = 0; i < n && !f->scan->failed; i++)
            if (!seen[i] && !f->scan->blind && below(rows[i]->path, directory) &&
                !is_busy(f->scan->in, rows[i]->id))
                take_gone(f, rows[i]);
    }
    /* rows' texts are used until the publication is made: it copies them before s is given up */
    if (!f->scan->failed && (f->p.file_count > 0 || f->p.forget_count > 0))
        f->scan->failed = catalog_publish(f->scan->in->catalog, &f->p, &f->scan->err) == -1;
    free(rows);
    free(seen);
    snapshot_release(s);
}

/* The ledger could not be written: nothing is queued, a later scan finds it all again. */
static void pause_scan(struct scan *s)
{
    lock_take(&s->in->lock);
    ingest_pause_now(
        s->in, s->err.code == ERR_FULL ? INGEST_DISK_FULL : INGEST_ERROR, s->err.msg);
    lock_release(&s->in->lock);
    s->watcher->everything = true;
}

static void queue_jobs(struct findings *f)
{
    struct ingest *in = f->scan->in;
    struct err e;

    lock_take(&in->lock);
    for (size_t i = 0; i < f->job_count; i++)
        if (queue_push(&in->queue, f->jobs[i], &e) == -1)
            free(f->jobs[i]);
    f->job_count = 0;
    pthread_cond_broadcast(&in->work);
    lock_release(&in->lock);
}

/* Nobody else may change rows between reading and publishing them. */
void compare_with_ledger(struct scan *s, const char *directory, bool retry)
{
    struct findings f = {.scan = s};

    lock_take(&s->in->changes);
    do {
        drop_findings(&f);
        s->failed = false;
        compare(&f, directory, retry);
    } while (s->failed && s->err.code == ERR_BUSY);
    lock_release(&s->in->changes);
    if (s->failed)
        pause_scan(s);
    else
        queue_jobs(&f);
    drop_findings(&f);
}
