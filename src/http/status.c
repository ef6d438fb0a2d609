/*
 * GET /status, /devices, /healthz: how the daemon and its devices are. Cheap: sums that are
 * kept, counters, and ingest's own account of itself.
 */
#include <stdlib.h>
#include <string.h>

#include "http/route.h"
#include "http/server.h"

#define WATCHER_LATE_MS 300000 /* its rounds are a minute apart */
#define QUEUE_LATE_MS   60000

/* ---- devices -------------------------------------------------------------------- */

/* What ingest says of all devices; NULL when out of memory. */
static struct ingest_device_status *ingest_list(struct ingest *in, size_t *count)
{
    struct ingest_device_status *list = NULL;
    size_t room = 16, n;

    /* Devices may come while we look (SIGHUP). */
    for (;;) {
        free(list);
        list = mem_array(room, sizeof(*list));
        if (list == NULL)
            return NULL;
        n = ingest_devices(in, list, room);
        if (n <= room)
            break;
        room = n + 16;
    }
    *count = n;
    return list;
}

static const struct ingest_device_status *ingest_find(
    const struct ingest_device_status *list, size_t n, const char *name)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    }
    return NULL;
}

static void device_stored(struct json *j, const struct device_total *d, int64_t now)
{
    json_u64(j, "flows", d->flows);
    json_u64(j, "records", d->records);
    json_u64(j, "octets", d->octets);
    json_u64(j, "packets", d->packets);
    json_u64(j, "flows_lost", d->lost);
    json_u64(j, "segments", d->segments);
    json_u64(j, "store_bytes", d->bytes);
    if (d->first > d->last) {
        json_null(j, "first");
        json_null(j, "last");
        json_null(j, "lag_seconds");
        return;
    }
    json_seconds(j, "first", d->first);
    json_seconds(j, "last", d->last);
    json_double(j, "lag_seconds", (double)(now - d->last) / 1000);
}

static void device_source(struct json *j, const struct ingest_device_status *s)
{
    static const struct ingest_device_status none = {.readable = true};

    if (s == NULL)
        s = &none;
    json_str(j, "directory", s->directory[0] != '\0' ? s->directory : NULL);
    json_bool(j, "readable", s->readable);
    json_str(j, "error", s->error[0] != '\0' ? s->error : NULL);
    json_u64(j, "source_files", s->source_files);
    json_u64(j, "source_bytes", s->source_bytes);
    json_u64(j, "queued_files", s->queued_files);
    json_u64(j, "stored_files", s->stored_files);
    json_u64(j, "damaged_files", s->damaged_files);
    json_u64(j, "failed_files", s->failed_files);
}

/* Member "devices". False: out of memory. */
static bool devices_json(struct request *r, struct json *j)
{
    struct totals *all = totals_get(&r->http->totals, r->http->context.catalog);
    size_t n = 0, i;
    struct ingest_device_status *list = ingest_list(r->http->context.ingest, &n);
    bool complete = all != NULL && list != NULL;

    json_array(j, "devices");
    for (i = 0; complete && i < all->count; i++) {
        const struct device_total *d = &all->device[i];

        json_object(j, NULL);
        json_str(j, "name", d->name);
        json_bool(j, "configured", d->configured);
        json_bool(j, "exporters", d->exporters);
        device_stored(j, d, r->now);
        device_source(j, ingest_find(list, n, d->name));
        json_end_object(j);
    }
    json_end_array(j);
    free(list);
    free(all);
    return complete;
}

static void finish(struct request *r, bool complete, struct buf *b)
{
    b->failed = b->failed || !complete;
    reply_json(r, b);
}

void handle_devices(struct request *r)
{
    struct buf b = {0};
    struct json j;
    bool complete;

    json_begin(&j, &b);
    json_object(&j, NULL);
    complete = devices_json(r, &j);
    json_end_object(&j);
    finish(r, complete, &b);
}

/* ---- status --------------------------------------------------------------------- */

static const char *pause_name(enum ingest_pause p)
{
    static const char *const names[] = {[INGEST_RUNNING] = "running",
        [INGEST_DISK_FULL] = "disk-full",
        [INGEST_ERROR] = "error"};

    return (size_t)p < NITEMS(names) ? names[p] : "error";
}

static void ingest_json(struct json *j, const struct ingest_status *s)
{
    json_object(j, "ingest");
    json_u64(j, "queue", s->queue);
    json_bool(j, "idle", s->idle);
    json_str(j, "state", pause_name(s->pause));
    json_str(j, "reason", s->pause_reason[0] != '\0' ? s->pause_reason : NULL);
    json_str(j, "watcher", s->watcher);
    json_double(j, "progress", s->progress);
    json_double(j, "rate_flows_per_second", s->flows_per_second);
    json_u64(j, "files_done", s->files_done);
    json_u64(j, "flows_done", s->flows_done);
    json_u64(j, "bytes_done", s->bytes_done);
    json_end_object(j);
}

static void queries_json(struct json *j, struct query_engine *engine)
{
    struct query_info list[64];
    size_t n = query_list(engine, list, NITEMS(list)), i, running = 0;

    for (i = 0; i < n; i++)
        running += list[i].state == QUERY_RUNNING;
    json_object(j, "queries");
    json_u64(j, "running", running);
    json_end_object(j);
}

static void http_json(struct json *j, struct http *h)
{
    int waiting, busy;
    int64_t oldest;

    pool_load(&h->pool, &waiting, &busy, &oldest);
    json_object(j, "http");
    json_u64(j, "connections", atomic_load(&h->connections.count));
    json_u64(j, "connections_limit", (uint64_t)h->options.connections);
    json_i64(j, "requests_waiting", waiting);
    json_i64(j, "requests_working", busy);
    json_i64(j, "request_threads", h->options.request_threads);
    json_i64(j, "queue_limit", h->options.queue);
    json_end_object(j);
}

/* Nothing is tracked yet: the names are promised to scripts. */
static void trackings_json(struct json *j)
{
    json_object(j, "trackings");
    json_u64(j, "count", 0);
    json_null(j, "last_run");
    json_null(j, "last_run_ms");
    json_end_object(j);
}

void handle_status(struct request *r)
{
    const struct http_context *c = &r->http->context;
    struct ingest_status ingest;
    struct buf b = {0};
    struct json j;
    bool complete;

    ingest_status(c->ingest, &ingest);
    json_begin(&j, &b);
    json_object(&j, NULL);
    json_str(&j, "version", c->version);
    json_seconds(&j, "time", r->now);
    json_str(&j, "time_zone",
        c->time_zone != NULL && c->time_zone[0] != '\0' ? c->time_zone : NULL);
    json_double(&j, "uptime", (double)(r->now - c->started) / 1000);
    json_u64(&j, "memory_bytes", resident_bytes(r->http));
    json_i64(&j, "processors", r->http->processors);
    complete = devices_json(r, &j);
    ingest_json(&j, &ingest);
    queries_json(&j, c->engine);
    http_json(&j, r->http);
    trackings_json(&j);
    json_end_object(&j);
    finish(r, complete, &b);
}

/* ---- health --------------------------------------------------------------------- */

/* NULL: all is well. */
static const char *ill(struct http *h, const struct ingest_status *s)
{
    int waiting, busy;
    int64_t oldest;

    pool_load(&h->pool, &waiting, &busy, &oldest);
    if (s->pause == INGEST_DISK_FULL)
        return "The disk of the store is full.";
    if (s->pause == INGEST_ERROR)
        return "The store cannot be written.";
    if (time_mono_ms() - s->alive > WATCHER_LATE_MS)
        return "The watcher of the flow directories has not made its round for minutes.";
    if (oldest > QUEUE_LATE_MS)
        return "Requests have been waiting for more than a minute.";
    return NULL;
}

void handle_healthz(struct request *r)
{
    struct ingest_status s;
    struct buf b = {0};
    struct json j;
    const char *why;

    ingest_status(r->http->context.ingest, &s);
    why = ill(r->http, &s);
    if (why != NULL) {
        reply_problem(
            r, 503, "%s%s%s", why, s.pause_reason[0] != '\0' ? " " : "", s.pause_reason);
        r->reply.retry_after = 10;
        return;
    }
    json_begin(&j, &b);
    json_object(&j, NULL);
    json_bool(&j, "ok", true);
    json_end_object(&j);
    reply_json(r, &b);
}
