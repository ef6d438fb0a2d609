#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ingest/scan.h"

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

/* ---- looking ------------------------------------------------------------------------------- */

void full_path(const struct source *s, const char *path, char *out, size_t size)
{
    snprintf(out, size, "%s%s%s", s->device.directory, *path != '\0' ? "/" : "", path);
}

static void scan_fail(struct scan *s, const char *what)
{
    s->failed = true;
    err_nomem(&s->err, what);
}

/* flow-capture renames a file when it is whole; others may be in the middle of a copy. */
static bool is_settled(const char *path, int64_t mtime_ns)
{
    const char *slash = strrchr(path, '/');
    int64_t age = time_now_ms() - mtime_ns / 1000000;

    return ft_name_is_finished(slash == NULL ? path : slash + 1) || age < 0 ||
           age >= SETTLE_MS;
}

static void note_file(struct scan *s, const char *path, const struct stat *st)
{
    int64_t mtime = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
    bool settled = is_settled(path, mtime);
    void *grown;

    if (!settled)
        place_look_again(s->watcher, s->source, path);
    if ((grown = mem_grow(s->found, &s->capacity, s->count + 1, sizeof(*s->found))) ==
        NULL) {
        scan_fail(s, "list of flow files");
        return;
    }
    s->found = grown;
    s->found[s->count] = (struct found){.size = (uint64_t)st->st_size,
        .inode = (uint64_t)st->st_ino,
        .mtime_ns = mtime,
        .unsettled = !settled,
        .path = str_dup(path)};
    if (s->found[s->count].path == NULL)
        scan_fail(s, "list of flow files");
    else
        s->count++;
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

    place_watch(w, s->source, path);
    full_path(s->source, path, full, sizeof(full));
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

/* ---- one device ---------------------------------------------------------------------------- */

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

    scan_directory(w, &s, directory, *directory == '\0' ? 0 : 1);
    s.listed = !s.failed;
    if (s.listed && !atomic_load(&w->in->stop))
        compare_with_ledger(&s, directory, retry);
    tell_source(w->in, source, &s, *directory == '\0');
    scan_free(&s);
}

/* ---- the thread ---------------------------------------------------------------------------- */

static void scan_all(struct watcher *w, bool retry)
{
    int64_t every = w->in->options.rescan_ms > 0 ? w->in->options.rescan_ms : RESCAN_MS;

    places_clean(w);
    for (struct source *s = ingest_sources(w->in); s != NULL && !atomic_load(&w->in->stop);
         s = s->next)
        if (atomic_load(&s->active))
            scan_source(w, s, "", retry);
    w->next_full = time_mono_ms() + every;
}

static void scan_place(struct watcher *w, struct place *p)
{
    if (atomic_load(&p->source->active) && !atomic_load(&w->in->stop))
        scan_source(w, p->source, p->path, false);
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
        struct place *p = cookies[i];
        if (cookies[i] == WATCH_OVERFLOW) {
            places_lost(w);
        } else if (p != NULL) {
            p->dirty = true;
            p->watched = false; /* perhaps the directory was replaced by another */
        }
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
    places_wake(w);
}

static void look_round(struct watcher *w)
{
    struct ingest *in = w->in;
    bool asked, reloaded;

    atomic_store(&in->looking, true);
    asked = atomic_exchange(&in->rescan, false);
    reloaded = atomic_exchange(&in->reloaded, false);

    if (reloaded)
        places_retire(w);
    if (asked || reloaded || w->everything || time_mono_ms() >= w->next_full) {
        w->everything = false;
        scan_all(w, asked);
    } else {
        atomic_store(&in->looking, false); /* nobody waits for this one */
        places_each_dirty(w, scan_place);
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
    places_free(&w);
    return NULL;
}
