#include <stdlib.h>
#include <string.h>

#include "ingest/ingest_private.h"

#define RANK_QUEUE   (RANK_INGEST + 5)
#define WORKERS_AUTO 4

/* ---- devices -------------------------------------------------------------------------- */

static struct source *source_by_name(struct ingest *in, const char *name)
{
    struct source *s = in->sources;

    while (s != NULL && strcmp(s->device.name, name) != 0)
        s = s->next;
    return s;
}

/* Known by name; one whose directory moved is looked at anew. */
static int take_device(struct ingest *in, const struct ingest_device *d, struct err *e)
{
    struct source *s = source_by_name(in, d->name);
    int64_t id;

    if (catalog_device(in->catalog, d->name, d->exporters, &id, e) == -1)
        return -1;
    if (s == NULL && (s = calloc(1, sizeof(*s))) == NULL)
        return err_nomem(e, "device");
    lock_take(&in->lock);
    if (s->id == 0) {
        s->next = in->sources;
        in->sources = s;
    } else if (strcmp(s->device.directory, d->directory) != 0) {
        s->scanned = false;
    }
    s->id = id;
    s->device = *d;
    s->active = true;
    lock_release(&in->lock);
    return 0;
}

static int take_devices(struct ingest *in, const struct ingest_options *o, struct err *e)
{
    int64_t *ids = mem_array(o->device_count + 1, sizeof(*ids));
    size_t n = 0;
    int result = 0;

    if (ids == NULL)
        return err_nomem(e, "devices");
    lock_take(&in->lock);
    for (struct source *s = in->sources; s != NULL; s = s->next)
        s->active = false;
    lock_release(&in->lock);
    for (size_t i = 0; i < o->device_count && result == 0; i++) {
        result = take_device(in, &o->devices[i], e);
        if (result == 0)
            ids[n++] = source_by_name(in, o->devices[i].name)->id;
    }
    if (result == 0)
        result = catalog_devices_configured(in->catalog, ids, n, e);
    free(ids);
    return result;
}

int ingest_reload(struct ingest *in, const struct ingest_options *o, struct err *e)
{
    if (take_devices(in, o, e) == -1)
        return -1;
    atomic_store(&in->reloaded, true);
    watch_wake(in->watch);
    return 0;
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
        scanned &= !s->active || s->scanned;
    out->pause = in->pause;
    str_copy(out->pause_reason, sizeof(out->pause_reason), in->pause_reason);
    out->watcher = watch_name(in->watch);
    out->queue = in->queue.id_count; /* waiting, being read, being published */
    out->idle = scanned && out->queue == 0 && !atomic_load(&in->rescan);
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

static void count_rows(
    const struct snapshot *s, int64_t device, struct ingest_device_status *out)
{
    out->newest = INT64_MIN;
    for (size_t i = 0; i < s->file_count; i++) {
        const struct flow_file *f = s->files[i];
        if (f->device != device)
            continue;
        out->queued_files += f->state == FILE_QUEUED;
        out->stored_files += f->state == FILE_STORED;
        out->damaged_files += f->state == FILE_DAMAGED;
        out->failed_files += f->state == FILE_FAILED;
        if ((f->state == FILE_STORED || f->state == FILE_DAMAGED) && f->end > out->newest)
            out->newest = f->end;
    }
}

size_t ingest_devices(struct ingest *in, struct ingest_device_status *out, size_t max)
{
    struct snapshot *snapshot = catalog_snapshot(in->catalog);
    size_t n = 0;

    lock_take(&in->lock);
    for (const struct source *s = in->sources; s != NULL; s = s->next) {
        if (!s->active)
            continue;
        if (n < max) {
            memset(&out[n], 0, sizeof(out[n]));
            str_copy(out[n].name, sizeof(out[n].name), s->device.name);
            str_copy(out[n].directory, sizeof(out[n].directory), s->device.directory);
            out[n].readable = s->readable;
            str_copy(out[n].error, sizeof(out[n].error), s->error);
            out[n].source_files = s->files;
            out[n].source_bytes = s->bytes;
            count_rows(snapshot, s->id, &out[n]);
        }
        n++;
    }
    lock_release(&in->lock);
    snapshot_release(snapshot);
    return n;
}
