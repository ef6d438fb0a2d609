#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ingest/ingest_private.h"

/*
 * The watcher: what lies in the devices' directories against what the ledger knows. Events only
 * say where to look; a whole look comes at the start, every rescan_ms, and when events were lost.
 */

#define DEPTH_MAX   8
#define SETTLE_MS   2000 /* a file younger than this may still be copied */
#define RESCAN_MS   60000
#define COOKIES     256
#define SOON_MS     1000
#define ALIVE_MS    5000
#define REST_MAX_MS 2000

struct found {
    uint64_t size, inode;
    int64_t mtime_ns;
    char *path; /* below the device's directory */
};

struct scan {
    struct watcher *watcher;
    struct ingest *in;
    struct source *source;
    struct found *found;
    size_t count, capacity;
    bool listed; /* the directory itself could be */
    bool blind;  /* a part could not be listed: what is not seen there is not gone */
    bool failed;
    struct err err;
};

/* A watched directory: cookie of its events. */
struct place {
    struct place *next;
    struct source *source;
    bool dirty; /* an event came */
    bool again; /* has a file that was not to be judged yet */
    bool retired;
    char path[]; /* below the device's directory, "" = itself */
};

struct watcher {
    struct ingest *in;
    struct place *places;
    int64_t next_full;
    int64_t rest_until; /* gather events until then: a scan must not eat the processor */
    bool everything, soon;
};

/* ---- looking ------------------------------------------------------------------------------- */

static void scan_fail(struct scan *s, const char *what)
{
    s->failed = true;
    err_nomem(&s->err, what);
}

static struct place *find_place(
    struct watcher *w, const struct source *source, const char *path, size_t length)
{
    struct place *p = w->places;

    while (p != NULL && (p->source != source || strncmp(p->path, path, length) != 0 ||
                            p->path[length] != '\0'))
        p = p->next;
    return p;
}

/* Look at the directory of that file again in a second. */
static void look_again(struct scan *s, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct place *p =
        find_place(s->watcher, s->source, path, slash == NULL ? 0 : (size_t)(slash - path));

    s->watcher->soon = true;
    if (p != NULL)
        p->again = true;
    else
        s->watcher->everything = true;
}

static void note_file(struct scan *s, const char *path, const struct stat *st)
{
    int64_t mtime = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    void *grown;

    /* flow-capture renames a file when it is whole; others may be in the middle of a copy */
    if (!ft_name_is_finished(name) && time_now_ms() - mtime / 1000000 < SETTLE_MS &&
        time_now_ms() >= mtime / 1000000) {
        look_again(s, path);
        return;
    }
    if ((grown = mem_grow(s->found, &s->capacity, s->count + 1, sizeof(*s->found))) ==
        NULL) {
        scan_fail(s, "list of flow files");
        return;
    }
    s->found = grown;
    s->found[s->count] = (struct found){.size = (uint64_t)st->st_size,
        .inode = (uint64_t)st->st_ino,
        .mtime_ns = mtime,
        .path = str_dup(path)};
    if (s->found[s->count].path == NULL)
        scan_fail(s, "list of flow files");
    else
        s->count++;
}

static struct place *watch_place(struct watcher *w, struct source *source, const char *path)
{
    char full[PATH_SIZE];
    struct place *p = find_place(w, source, path, strlen(path));
    struct err e;

    if (p == NULL) {
        if ((p = calloc(1, sizeof(*p) + strlen(path) + 1)) == NULL)
            return NULL;
        p->source = source;
        memcpy(p->path, path, strlen(path) + 1);
        p->next = w->places;
        w->places = p;
    }
    snprintf(full, sizeof(full), "%s%s%s", source->device.directory,
        *path != '\0' ? "/" : "", path);
    if (watch_add(w->in->watch, full, p, &e) == -1)
        log_debug("cannot watch %s: %s", full,
            e.msg); /* the next full scan sees it all the same */
    return p;
}

static void scan_directory(struct watcher *w, struct scan *s, const char *path, int depth);

static void scan_entry(
    struct watcher *w, struct scan *s, const char *path, const char *name, int depth)
{
    char below[PATH_SIZE], full[PATH_SIZE];
    struct stat st;

    if (name[0] == '.' || ft_name_is_temporary(name))
        return;
    if ((size_t)snprintf(below, sizeof(below), "%s%s%s", path, *path != '\0' ? "/" : "",
            name) >= sizeof(below) ||
        (size_t)snprintf(full, sizeof(full), "%s/%s", s->source->device.directory, below) >=
            sizeof(full)) {
        log_warnx("ingest: path too long below %s: %s", s->source->device.directory, name);
        return;
    }
    if (lstat(full, &st) == -1)
        return; /* gone again */
    if (S_ISLNK(st.st_mode) && (stat(full, &st) == -1 || !S_ISREG(st.st_mode)))
        return; /* links to files are fine; to directories they could go round in circles */
    if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
        scan_directory(w, s, below, depth + 1);
    else if (S_ISREG(st.st_mode))
        note_file(s, below, &st);
}

/* Watch first, then look: what comes in between is seen by one of the two. */
static void scan_directory(struct watcher *w, struct scan *s, const char *path, int depth)
{
    char full[PATH_SIZE];
    struct dirent *entry;
    DIR *dir;

    watch_place(w, s->source, path);
    snprintf(full, sizeof(full), "%s%s%s", s->source->device.directory,
        *path != '\0' ? "/" : "", path);
    if ((dir = opendir(full)) == NULL) {
        if (depth == 0) {
            s->failed = true;
            err_sys(&s->err, "open directory %s", full);
        } else if (errno != ENOENT && errno != ENOTDIR) {
            log_warn("device %s: %s", s->source->device.name, full);
            s->blind = true;
        }
        return;
    }
    while (!s->failed && !atomic_load(&s->in->stop) && (entry = readdir(dir)) != NULL)
        scan_entry(w, s, path, entry->d_name, depth);
    closedir(dir);
}

static void scan_free(struct scan *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->found[i].path);
    free(s->found);
}

/* ---- comparing ------------------------------------------------------------------------------- */

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

static struct file_change *add_change(struct findings *f, const struct flow_file *row)
{
    void *grown =
        mem_grow(f->p.files, &f->file_capacity, f->p.file_count + 1, sizeof(*f->p.files));

    if (grown == NULL) {
        scan_fail(f->scan, "ledger");
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
        scan_fail(f->scan, "queue of flow files");
        return;
    }
    grown = mem_grow(f->jobs, &f->job_capacity, f->job_count + 1, sizeof(struct job *));
    if (grown == NULL) {
        free(j);
        scan_fail(f->scan, "queue of flow files");
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
            look_again(f->scan, found->path);
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
        scan_fail(f->scan, "ledger");
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

/* Nobody else may change rows between reading and publishing them: in->changes is held. */
static void compare(struct findings *f, const char *directory, bool retry)
{
    struct snapshot *s = catalog_snapshot(f->scan->in->catalog);
    size_t n = 0;
    const struct flow_file **rows = known_files(s, f->scan->source->id, &n);
    bool *seen = mem_array(n + 1, sizeof(*seen));

    f->p.generation = s->generation;
    if (rows == NULL || seen == NULL) {
        scan_fail(f->scan, "ledger");
    } else {
        for (size_t i = 0; i < f->scan->count && !f->scan->failed; i++) {
            size_t row = find_known(rows, n, f->scan->found[i].path);
            if (row == SIZE_MAX) {
                take_new(f, &f->scan->found[i]);
            } else {
                seen[row] = true;
                take_known(f, rows[row], &f->scan->found[i], retry);
            }
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

/* ---- one device ---------------------------------------------------------------------------------- */

static void tell_source(
    struct ingest *in, struct source *source, const struct scan *s, bool full)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < s->count; i++)
        bytes += s->found[i].size;
    lock_take(&in->lock);
    if (s->failed && strcmp(source->error, s->err.msg) != 0)
        log_warnx("device %s: %s", source->device.name, s->err.msg);
    source->readable = s->listed;
    str_copy(source->error, sizeof(source->error), s->failed ? s->err.msg : "");
    if (full) {
        source->scanned |= !s->failed || !s->listed;
        if (s->listed) {
            source->files = s->count;
            source->bytes = bytes;
        }
    }
    lock_release(&in->lock);
}

/* Look at a directory of a device ("" = all of it). */
static void scan_source(
    struct watcher *w, struct source *source, const char *directory, bool retry)
{
    struct scan s = {.watcher = w, .in = w->in, .source = source};
    struct findings f = {.scan = &s};

    scan_directory(w, &s, directory, *directory == '\0' ? 0 : 1);
    s.listed = !s.failed;
    if (s.listed && !atomic_load(&w->in->stop)) {
        lock_take(&w->in->changes);
        do {
            drop_findings(&f);
            s.failed = false;
            compare(&f, directory, retry);
        } while (s.failed && s.err.code == ERR_BUSY);
        lock_release(&w->in->changes);
        if (s.failed)
            pause_scan(&s);
        else
            queue_jobs(&f);
    }
    drop_findings(&f);
    tell_source(w->in, source, &s, *directory == '\0');
    scan_free(&s);
}

/* ---- the thread ----------------------------------------------------------------------------------- */

static void scan_all(struct watcher *w, bool retry)
{
    int64_t every = w->in->options.rescan_ms > 0 ? w->in->options.rescan_ms : RESCAN_MS;

    for (struct place *p = w->places; p != NULL; p = p->next)
        p->dirty = false;
    for (struct source *s = ingest_sources(w->in); s != NULL && !atomic_load(&w->in->stop);
         s = s->next)
        if (atomic_load(&s->active))
            scan_source(w, s, "", retry);
    w->next_full = time_mono_ms() + every;
}

static void scan_dirty(struct watcher *w)
{
    for (struct place *p = w->places; p != NULL; p = p->next)
        if (p->dirty) {
            p->dirty = false;
            if (atomic_load(&p->source->active))
                scan_source(w, p->source, p->path, false);
        }
}

/* Directories of devices that are no longer configured need no watching. */
static void retire_places(struct watcher *w)
{
    char full[PATH_SIZE];

    for (struct place *p = w->places; p != NULL; p = p->next) {
        if (p->retired || atomic_load(&p->source->active))
            continue;
        snprintf(full, sizeof(full), "%s%s%s", p->source->device.directory,
            *p->path != '\0' ? "/" : "", p->path);
        watch_remove(w->in->watch, full);
        p->retired = true;
    }
}

/* Nothing waits and the scans went well: whatever ingest stood still for is over. */
static void resume_if_done(struct watcher *w)
{
    lock_take(&w->in->lock);
    if (!w->everything && w->in->pause != INGEST_RUNNING && w->in->queue.id_count == 0)
        ingest_resume(w->in);
    pthread_cond_broadcast(&w->in->tick);
    lock_release(&w->in->lock);
}

static int64_t time_to_wait(struct watcher *w)
{
    int64_t now = time_mono_ms(), left = w->next_full - now, paused;

    lock_take(&w->in->lock);
    paused = w->in->paused_until - now;
    lock_release(&w->in->lock);
    if (w->everything) /* a scan was in vain */
        left = paused > SOON_MS ? paused : SOON_MS;
    else if (w->soon && left > SOON_MS)
        left = SOON_MS;
    if (left > ALIVE_MS) /* show at least that often that this thread is alive */
        left = ALIVE_MS;
    return left < 0 ? 0 : left;
}

static void take_events(struct watcher *w, int64_t wait)
{
    void *cookies[COOKIES];
    int n = watch_wait(w->in->watch, (int)wait, cookies, COOKIES);

    for (int i = 0; i < n; i++) {
        if (cookies[i] == WATCH_OVERFLOW)
            w->everything = true;
        else if (cookies[i] != NULL)
            ((struct place *)cookies[i])->dirty = true;
    }
    if (n >= COOKIES)
        w->everything = true;
}

static bool called(const struct ingest *in)
{
    return atomic_load(&in->stop) || atomic_load(&in->rescan) || atomic_load(&in->reloaded);
}

static void wait_for_events(struct watcher *w)
{
    take_events(w, time_to_wait(w));
    for (;;) {
        int64_t rest = w->rest_until - time_mono_ms();
        if (rest <= 0 || called(w->in))
            break;
        take_events(w, rest);
    }
    if (w->soon)
        for (struct place *p = w->places; p != NULL; p = p->next) {
            p->dirty |= p->again;
            p->again = false;
        }
    w->soon = false;
}

static void look_round(struct watcher *w)
{
    struct ingest *in = w->in;
    bool asked, reloaded;

    atomic_store(&in->looking, true);
    asked = atomic_exchange(&in->rescan, false);
    reloaded = atomic_exchange(&in->reloaded, false);

    if (reloaded)
        retire_places(w);
    if (asked || reloaded || w->everything || time_mono_ms() >= w->next_full) {
        w->everything = false;
        scan_all(w, asked);
    } else {
        atomic_store(&in->looking, false); /* nobody waits for this one */
        scan_dirty(w);
    }
    atomic_store(&in->looking, false);
}

void *watcher_main(void *argument)
{
    struct watcher w = {.in = argument, .everything = true};

    while (!atomic_load(&w.in->stop)) {
        int64_t begun = time_mono_ms(), took;
        atomic_store(&w.in->alive, begun);
        look_round(&w);
        resume_if_done(&w);
        took = time_mono_ms() - begun;
        w.rest_until = begun + took + (took < REST_MAX_MS ? took : REST_MAX_MS);
        if (!called(w.in))
            wait_for_events(&w);
    }
    while (w.places != NULL) {
        struct place *next = w.places->next;
        free(w.places);
        w.places = next;
    }
    return NULL;
}
