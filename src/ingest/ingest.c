#include <stdlib.h>
#include <string.h>

#include "ingest/ingest_private.h"

#define RANK_QUEUE   (RANK_INGEST + 5)
#define WORKERS_AUTO 4

/* ---- devices -------------------------------------------------------------------------- */

struct source *ingest_sources(struct ingest *in)
{
    struct source *first;

    lock_take(&in->lock);
    first = in->sources;
    lock_release(&in->lock);
    return first;
}

static struct source *source_like(struct ingest *in, const struct ingest_device *d)
{
    for (struct source *s = ingest_sources(in); s != NULL; s = s->next)
        if (strcmp(s->device.name, d->name) == 0 &&
            strcmp(s->device.directory, d->directory) == 0 &&
            s->device.exporters == d->exporters && s->device.max_bytes == d->max_bytes &&
            s->device.max_age_ms == d->max_age_ms)
            return s;
    return NULL;
}

/* One that is configured like that already, or a new one, not yet in the list. */
static struct source *make_source(
    struct ingest *in, const struct ingest_device *d, struct err *e)
{
    struct source *s = source_like(in, d);
    int64_t id;

    if (catalog_device(in->catalog, d->name, d->exporters, &id, e) == -1 || s != NULL)
        return s;
    if ((s = calloc(1, sizeof(*s))) == NULL) {
        err_nomem(e, "device");
        return NULL;
    }
    s->device = *d;
    s->id = id;
    return s;
}

/* Nothing can fail any more: retire those that are not wanted, add those that are new. */
static void switch_sources(struct ingest *in, struct source **wanted, size_t n)
{
    lock_take(&in->lock);
    for (struct source *s = in->sources; s != NULL; s = s->next)
        atomic_store(&s->active, false);
    for (size_t i = 0; i < n; i++) {
        bool listed = false;
        for (struct source *s = in->sources; s != NULL; s = s->next)
            listed |= s == wanted[i];
        atomic_store(&wanted[i]->active, true);
        if (listed)
            continue;
        wanted[i]->next = in->sources;
        in->sources = wanted[i];
    }
    lock_release(&in->lock);
}

static bool is_listed(struct ingest *in, const struct source *wanted)
{
    const struct source *s = ingest_sources(in);

    while (s != NULL && s != wanted)
        s = s->next;
    return s != NULL;
}

static int take_devices(struct ingest *in, const struct ingest_options *o, struct err *e)
{
    int64_t *ids = mem_array(o->device_count + 1, sizeof(*ids));
    struct source **wanted = mem_array(o->device_count + 1, sizeof(struct source *));
    size_t n = 0;
    int result = ids == NULL || wanted == NULL ? err_nomem(e, "devices") : 0;

    for (; n < o->device_count && result == 0; n++) {
        if ((wanted[n] = make_source(in, &o->devices[n], e)) == NULL) {
            result = -1;
            break;
        }
        ids[n] = wanted[n]->id;
    }
    if (result == 0)
        result = catalog_devices_configured(in->catalog, ids, n, e);
    if (result == 0)
        switch_sources(in, wanted, n);
    for (size_t i = 0; i < n && result == -1; i++)
        if (!is_listed(in, wanted[i]))
            free(wanted[i]);
    free(ids);
    free(wanted);
    return result;
}

int ingest_reload(struct ingest *in, const struct ingest_options *o, struct err *e)
{
    if (take_devices(in, o, e) == -1)
        return -1;
    ingest_look(in);
    return 0;
}

void ingest_look(struct ingest *in)
{
    atomic_store(&in->reloaded, true);
    watch_wake(in->watch);
}

void ingest_rescan(struct ingest *in)
{
    atomic_store(&in->rescan, true);
    watch_wake(in->watch);
}

/* ---- life --------------------------------------------------------------------------------- */

static int start_threads(struct ingest *in, struct err *e)
{
    int wanted = in->options.threads > 0 ? in->options.threads : os_processors();

    if (in->options.threads <= 0 && wanted > WORKERS_AUTO)
        wanted = WORKERS_AUTO;
    if (wanted > WORKERS_MAX)
        wanted = WORKERS_MAX;
    in->publisher_runs = pthread_create(&in->publisher, NULL, publisher_main, in) == 0;
    in->keeper_runs = pthread_create(&in->keeper, NULL, keeper_main, in) == 0;
    while (in->worker_count < wanted &&
           pthread_create(&in->workers[in->worker_count], NULL, worker_main, in) == 0)
        in->worker_count++;
    in->watcher_runs = pthread_create(&in->watcher, NULL, watcher_main, in) == 0;
    if (!in->publisher_runs || !in->keeper_runs || !in->watcher_runs ||
        in->worker_count < wanted)
        return err_set(e, ERR_SYSTEM, "cannot start the threads of ingest");
    return 0;
}

int ingest_start(
    struct ingest **out, struct catalog *c, const struct ingest_options *o, struct err *e)
{
    struct ingest *in = calloc(1, sizeof(*in));

    if (in == NULL)
        return err_nomem(e, "ingest");
    in->catalog = c;
    in->options = *o;
    in->options.devices = NULL;
    in->results_end = &in->results;
    lock_init(&in->changes, "ingest changes", RANK_INGEST);
    lock_init(&in->lock, "ingest queue", RANK_QUEUE);
    cond_init(&in->work);
    cond_init(&in->ready);
    cond_init(&in->room);
    cond_init(&in->tick);
    atomic_store(&in->alive, time_mono_ms());
    if (watch_new(&in->watch, o->poll ? WATCH_POLL : WATCH_BEST, e) == -1 ||
        take_devices(in, o, e) == -1 || start_threads(in, e) == -1) {
        ingest_stop(in);
        return -1;
    }
    *out = in;
    return 0;
}

static void wake_all(struct ingest *in)
{
    lock_take(&in->lock);
    atomic_store(&in->stop, true);
    pthread_cond_broadcast(&in->work);
    pthread_cond_broadcast(&in->ready);
    pthread_cond_broadcast(&in->room);
    pthread_cond_broadcast(&in->tick);
    lock_release(&in->lock);
    if (in->watch != NULL)
        watch_wake(in->watch);
}

static void free_all(struct ingest *in)
{
    while (
        in->results != NULL) { /* read but not published: the next start reads them again */
        struct result *next = in->results->next;
        result_free(in->results);
        in->results = next;
    }
    while (in->sources != NULL) {
        struct source *next = in->sources->next;
        free(in->sources);
        in->sources = next;
    }
    queue_free(&in->queue);
    if (in->watch != NULL)
        watch_free(in->watch);
    pthread_cond_destroy(&in->work);
    pthread_cond_destroy(&in->ready);
    pthread_cond_destroy(&in->room);
    pthread_cond_destroy(&in->tick);
    lock_destroy(&in->changes);
    lock_destroy(&in->lock);
    free(in);
}

void ingest_stop(struct ingest *in)
{
    if (in == NULL)
        return;
    wake_all(in);
    if (in->watcher_runs)
        pthread_join(in->watcher, NULL);
    for (int i = 0; i < in->worker_count; i++)
        pthread_join(in->workers[i], NULL);
    if (in->publisher_runs)
        pthread_join(in->publisher, NULL);
    if (in->keeper_runs)
        pthread_join(in->keeper, NULL);
    free_all(in);
}

/* ---- status ----------------------------------------------------------------------------------- */

static double rate_now(const struct ingest *in)
{
    int64_t now = time_mono_ms() / 1000;
    uint64_t flows = 0;

    for (int i = 0; i < RATE_SECONDS; i++)
        if (now - in->rate_second[i] < RATE_SECONDS)
            flows += in->rate[i];
    return (double)flows / RATE_SECONDS;
}

void ingest_status(struct ingest *in, struct ingest_status *out)
{
    bool scanned = true;

    memset(out, 0, sizeof(*out));
    lock_take(&in->lock);
    for (const struct source *s = in->sources; s != NULL; s = s->next)
        scanned &= !atomic_load(&s->active) || s->scanned;
    out->pause = in->pause;
    str_copy(out->pause_reason, sizeof(out->pause_reason), in->pause_reason);
    out->watcher = watch_name(in->watch);
    out->queue = in->queue.id_count; /* waiting, being read, being published */
    out->idle = scanned && out->queue == 0 && !atomic_load(&in->rescan) &&
                !atomic_load(&in->reloaded) && !atomic_load(&in->looking);
    out->files_done = in->files_done;
    out->flows_done = in->flows_done;
    out->bytes_done = in->bytes_done;
    out->flows_per_second = rate_now(in);
    out->progress = in->files_done + out->queue == 0
                        ? (scanned ? 1 : 0)
                        : (double)in->files_done / (double)(in->files_done + out->queue);
    out->alive = atomic_load(&in->alive);
    lock_release(&in->lock);
}

/* A device's rows stand together. */
static void count_rows(
    const struct snapshot *s, int64_t device, struct ingest_device_status *out)
{
    size_t low = 0, high = s->file_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->files[middle]->device < device)
            low = middle + 1;
        else
            high = middle;
    }
    out->newest = INT64_MIN;
    for (; low < s->file_count && s->files[low]->device == device; low++) {
        const struct flow_file *f = s->files[low];
        out->queued_files += f->state == FILE_QUEUED;
        out->stored_files += f->state == FILE_STORED;
        out->damaged_files += f->state == FILE_DAMAGED;
        out->failed_files += f->state == FILE_FAILED;
        if ((f->state == FILE_STORED || f->state == FILE_DAMAGED) && f->end > out->newest)
            out->newest = f->end;
    }
}

static void tell_source(
    struct ingest *in, const struct source *s, struct ingest_device_status *out)
{
    memset(out, 0, sizeof(*out));
    str_copy(out->name, sizeof(out->name), s->device.name);
    str_copy(out->directory, sizeof(out->directory), s->device.directory);
    lock_take(&in->lock);
    out->readable = s->readable;
    str_copy(out->error, sizeof(out->error), s->error);
    out->source_files = s->files;
    out->source_bytes = s->bytes;
    lock_release(&in->lock);
}

size_t ingest_devices(struct ingest *in, struct ingest_device_status *out, size_t max)
{
    struct snapshot *snapshot = catalog_snapshot(in->catalog);
    size_t n = 0;

    for (const struct source *s = ingest_sources(in); s != NULL; s = s->next) {
        if (!atomic_load(&s->active))
            continue;
        if (n < max) {
            tell_source(in, s, &out[n]);
            count_rows(snapshot, s->id, &out[n]);
        }
        n++;
    }
    snapshot_release(snapshot);
    return n;
}
