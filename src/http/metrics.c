/*
 * GET /metrics: counters in Prometheus's text format.
 */
#include <stdlib.h>
#include <string.h>

#include "flowviewer/os.h"
#include "http/route.h"
#include "http/server.h"

const double latency_bounds[LATENCY_BOUNDS] = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10};

void request_count(struct http *h, const struct request *r)
{
    int64_t ns = time_mono_ns() - r->started_ns;
    int hundreds = r->reply.status / 100, i = 0;

    atomic_fetch_add(&h->counters.status[hundreds >= 0 && hundreds < 6 ? hundreds : 0], 1);
    atomic_fetch_add(&h->counters.latency_us, (uint64_t)(ns / 1000));
    while (i < LATENCY_BOUNDS && (double)ns / 1e9 > latency_bounds[i])
        i++;
    atomic_fetch_add(&h->counters.latency[i], 1);
}

uint64_t resident_bytes(struct http *h)
{
    int64_t now = time_mono_ms(), asked = atomic_load(&h->memory_asked);

    if ((asked == 0 || now - asked >= 1000) &&
        atomic_compare_exchange_strong(&h->memory_asked, &asked, now))
        atomic_store(&h->memory_bytes, os_resident_bytes());
    return atomic_load(&h->memory_bytes);
}

static void head(struct buf *b, const char *name, const char *type, const char *help)
{
    buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(
    struct buf *b, const char *name, const char *type, const char *help, double value)
{
    head(b, name, type, help);
    if (value == (double)(int64_t)value)
        buf_printf(b, "%s %lld\n", name, (long long)value);
    else
        buf_printf(b, "%s %.6f\n", name, value);
}

static void counter(struct buf *b, const char *name, const char *help, uint64_t value)
{
    head(b, name, "counter", help);
    buf_printf(b, "%s %llu\n", name, (unsigned long long)value);
}

static void gauge(struct buf *b, const char *name, const char *help, double value)
{
    one(b, name, "gauge", help, value);
}

/* A label's value: backslash, quote and newline are escaped. */
static void label(struct buf *b, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value == '\n') {
            buf_str(b, "\\n");
            continue;
        }
        if (*value == '\\' || *value == '"')
            buf_char(b, '\\');
        buf_char(b, *value);
    }
}

static void http_requests(struct buf *b, struct counters *c)
{
    uint64_t sum = 0;
    int i;

    head(b, "flowviewer_http_requests_total", "counter",
        "Requests answered, by class of status code.");
    for (i = 1; i < 6; i++)
        buf_printf(b, "flowviewer_http_requests_total{code=\"%dxx\"} %llu\n", i,
            (unsigned long long)atomic_load(&c->status[i]));
    head(b, "flowviewer_http_request_duration_seconds", "histogram",
        "Time from a request's first line to the last byte of its answer.");
    for (i = 0; i <= LATENCY_BOUNDS; i++) {
        sum += atomic_load(&c->latency[i]);
        if (i < LATENCY_BOUNDS)
            buf_printf(b,
                "flowviewer_http_request_duration_seconds_bucket{le=\"%g\"} %llu\n",
                latency_bounds[i], (unsigned long long)sum);
    }
    buf_printf(b, "flowviewer_http_request_duration_seconds_bucket{le=\"+Inf\"} %llu\n",
        (unsigned long long)sum);
    buf_printf(b, "flowviewer_http_request_duration_seconds_sum %.6f\n",
        (double)atomic_load(&c->latency_us) / 1e6);
    buf_printf(b, "flowviewer_http_request_duration_seconds_count %llu\n",
        (unsigned long long)sum);
}

static void http_metrics(struct buf *b, struct http *h)
{
    int waiting, busy;
    int64_t oldest;

    pool_load(&h->pool, &waiting, &busy, &oldest);
    http_requests(b, &h->counters);
    gauge(b, "flowviewer_http_connections", "Open connections.",
        (double)atomic_load(&h->connections.count));
    counter(b, "flowviewer_http_connections_total", "Connections accepted.",
        atomic_load(&h->connections.total));
    counter(b, "flowviewer_http_connections_reaped_total",
        "Connections closed because they were too slow.",
        atomic_load(&h->connections.reaped));
    counter(b, "flowviewer_http_response_bytes_total",
        "Bytes of answers, as sent (gzip or not).", atomic_load(&h->counters.bytes));
    counter(b, "flowviewer_http_rejected_total",
        "Requests refused with 503 because the queue was full.",
        atomic_load(&h->counters.rejected));
    gauge(b, "flowviewer_http_requests_waiting", "Requests that wait for a request thread.",
        waiting);
    gauge(b, "flowviewer_http_requests_working", "Request threads at work.", busy);
}

static void query_metrics(struct buf *b, struct http *h)
{
    struct counters *c = &h->counters;

    counter(b, "flowviewer_queries_total", "Queries started.", atomic_load(&c->queries));
    counter(b, "flowviewer_queries_failed_total", "Queries that failed.",
        atomic_load(&c->queries_failed));
    counter(b, "flowviewer_queries_cancelled_total", "Queries stopped before their end.",
        atomic_load(&c->queries_cancelled));
    counter(b, "flowviewer_query_flows_scanned_total", "Flows looked at by queries.",
        atomic_load(&c->flows_scanned));
    counter(b, "flowviewer_query_flows_matched_total", "Flows that matched a query.",
        atomic_load(&c->flows_matched));
}

static void ingest_metrics(struct buf *b, struct http *h)
{
    struct ingest_status s;

    ingest_status(h->context.ingest, &s);
    gauge(b, "flowviewer_ingest_queue_files", "Flow files that wait or are being read.",
        (double)s.queue);
    gauge(b, "flowviewer_ingest_idle", "1 when all known files have been read.", s.idle);
    gauge(b, "flowviewer_ingest_paused", "1 while ingest stands still (disk full, error).",
        s.pause != INGEST_RUNNING);
    gauge(b, "flowviewer_ingest_flows_per_second", "Flows read a second, lately.",
        s.flows_per_second);
    counter(
        b, "flowviewer_ingest_files_total", "Flow files read since start.", s.files_done);
    counter(b, "flowviewer_ingest_flows_total", "Flows read since start.", s.flows_done);
    counter(b, "flowviewer_ingest_bytes_total", "Bytes of flow files read since start.",
        s.bytes_done);
}

static const struct {
    const char *name, *help;
    size_t offset;
} store_gauges[] = {
    {"flowviewer_store_flows", "Flows stored.", offsetof(struct device_total, flows)},
    {"flowviewer_store_bytes", "Bytes of segments.", offsetof(struct device_total, bytes)},
    {"flowviewer_store_segments", "Segments.", offsetof(struct device_total, segments)},
    {"flowviewer_flows_lost", "Flows lost before capture, by the files' headers.",
        offsetof(struct device_total, lost)},
};

static void store_metrics(struct buf *b, const struct totals *t)
{
    size_t i, k;
    uint64_t value;

    for (i = 0; i < NITEMS(store_gauges); i++) {
        head(b, store_gauges[i].name, "gauge", store_gauges[i].help);
        for (k = 0; k < t->count; k++) {
            memcpy(&value, (const char *)&t->device[k] + store_gauges[i].offset,
                sizeof(value));
            buf_printf(b, "%s{device=\"", store_gauges[i].name);
            label(b, t->device[k].name);
            buf_printf(b, "\"} %llu\n", (unsigned long long)value);
        }
    }
    head(b, "flowviewer_last_flow_timestamp_seconds", "gauge",
        "End of the newest stored flow.");
    for (k = 0; k < t->count; k++) {
        if (t->device[k].first > t->device[k].last)
            continue;
        buf_str(b, "flowviewer_last_flow_timestamp_seconds{device=\"");
        label(b, t->device[k].name);
        buf_printf(b, "\"} %.3f\n", (double)t->device[k].last / 1000);
    }
}

static void process_metrics(struct buf *b, struct http *h)
{
    head(b, "flowviewer_build_info", "gauge", "The daemon's version, as a label.");
    buf_str(b, "flowviewer_build_info{version=\"");
    label(b, h->context.version);
    buf_str(b, "\"} 1\n");
    gauge(b, "process_start_time_seconds", "When the daemon started, Unix seconds.",
        (double)h->context.started / 1000);
    gauge(
        b, "process_resident_memory_bytes", "Resident memory.", (double)resident_bytes(h));
}

void handle_metrics(struct request *r)
{
    struct http *h = r->http;
    struct totals *t = totals_get(&h->totals, h->context.catalog);
    struct buf b = {0};

    if (t == NULL) {
        reply_problem(r, 500, "Out of memory.");
        return;
    }
    process_metrics(&b, h);
    ingest_metrics(&b, h);
    store_metrics(&b, t);
    query_metrics(&b, h);
    http_metrics(&b, h);
    free(t);
    reply_buf(r, 200, "text/plain; version=0.0.4; charset=utf-8", &b);
}
