#include <stdlib.h>
#include <string.h>

#include "query/run.h"

/* flow-stat's format 0: totals and four distributions over all matched flows. */

const uint64_t query_bounds_packet_size[SUMMARY_SIZE_BUCKETS] = {32, 64, 96, 128, 160, 192,
    224, 256, 288, 320, 352, 384, 416, 448, 480, 512, 544, 576, 1024, 1536, 2048, 2560,
    3072, 3584, 4096, 4608, UINT64_MAX};
const uint64_t query_bounds_packets[SUMMARY_PACKET_BUCKETS] = {1, 2, 4, 8, 12, 16, 20, 24,
    28, 32, 36, 40, 44, 48, 52, 60, 100, 200, 300, 400, 500, 600, 700, 800, 900,
    UINT64_MAX};
const uint64_t query_bounds_octets[SUMMARY_OCTET_BUCKETS] = {32, 64, 128, 256, 512, 1280,
    2048, 2816, 3584, 4352, 5120, 5888, 6656, 7424, 8192, 8960, 9728, 10496, 11264, 12032,
    12800, 13568, 14336, 15104, 15872, UINT64_MAX};
const uint64_t query_bounds_time[SUMMARY_TIME_BUCKETS] = {10, 50, 100, 200, 500, 1000, 2000,
    3000, 4000, 5000, 6000, 7000, 8000, 9000, 10000, 12000, 14000, 16000, 18000, 20000,
    22000, 24000, 26000, 28000, 30000, UINT64_MAX};

static void start_summary(struct query_summary *s)
{
    memset(s, 0, sizeof(*s));
    s->min_export = INT64_MAX;
    s->max_export = INT64_MIN;
    s->min_first = UINT32_MAX;
}

static int summary_prepare(struct query *q, struct err *e)
{
    (void)e;
    start_summary(&q->result.summary);
    return 0;
}

static void summary_release(struct query *q)
{
    (void)q;
}

static void *summary_worker_new(struct query *q)
{
    struct query_summary *s = malloc(sizeof(*s));

    (void)q;
    if (s != NULL)
        start_summary(s);
    return s;
}

static void summary_worker_free(void *shape)
{
    free(shape);
}

static void count(const uint64_t *bounds, uint64_t value, uint64_t *buckets)
{
    int i = 0;

    while (value > bounds[i])
        i++;
    buckets[i]++;
}

static void add_sums(struct query_summary *s, const int64_t *octets, const int64_t *packets,
    const int64_t *flows, uint32_t row)
{
    s->records++;
    s->flows += (uint64_t)flows[row];
    s->octets += (uint64_t)octets[row];
    s->packets += (uint64_t)packets[row];
    if (packets[row] != 0)
        count(query_bounds_packet_size, (uint64_t)octets[row] / (uint64_t)packets[row],
            s->packet_size);
    count(query_bounds_packets, (uint64_t)packets[row], s->packets_per_flow);
    count(query_bounds_octets, (uint64_t)octets[row], s->octets_per_flow);
}

/* First and Last as the exporter sent them: uptimes, of 32 bits. */
static void add_times(
    struct query_summary *s, int64_t start, int64_t end, int64_t boot, uint32_t duration)
{
    uint32_t first = (uint32_t)((uint64_t)start - (uint64_t)boot);
    uint32_t last = (uint32_t)((uint64_t)end - (uint64_t)boot);

    s->duration_ms += duration;
    count(query_bounds_time, duration, s->flow_time);
    if (first < s->min_first)
        s->min_first = first;
    if (last > s->max_last)
        s->max_last = last;
}

static int summary_block(struct worker *w, size_t task, enum verdict v, struct err *e)
{
    static const int fields[] = {
        F_OCTETS, F_PACKETS, F_FLOWS, F_START, F_END, F_BOOT, F_EXPORT, COLUMN_DURATION};
    struct query_summary *s = w->shape;
    struct reader *r = w->reader;
    uint64_t matched = 0;

    (void)task;
    (void)e;
    for (size_t i = 0; i < NITEMS(fields); i++)
        reader_column(r, fields[i]);
    for (uint32_t chunk = 0; !r->failed && reader_chunk(r, chunk); chunk++) {
        const uint16_t *rows;
        uint32_t n = worker_rows(w, v, &rows);
        const int64_t *octets = reader_values(r, F_OCTETS),
                      *packets = reader_values(r, F_PACKETS);
        const int64_t *flows = reader_values(r, F_FLOWS),
                      *exported = reader_values(r, F_EXPORT);
        const int64_t *start = reader_values(r, F_START), *end = reader_values(r, F_END);
        const int64_t *boot = reader_values(r, F_BOOT),
                      *duration = reader_values(r, COLUMN_DURATION);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t row = rows != NULL ? rows[i] : i;
            add_sums(s, octets, packets, flows, row);
            add_times(s, start[row], end[row], boot[row], (uint32_t)duration[row]);
            s->min_export = exported[row] < s->min_export ? exported[row] : s->min_export;
            s->max_export = exported[row] > s->max_export ? exported[row] : s->max_export;
            w->data_start = start[row] < w->data_start ? start[row] : w->data_start;
            w->data_end = end[row] > w->data_end ? end[row] : w->data_end;
        }
        matched += n;
    }
    w->stats.flows_matched += matched;
    return 0;
}

static size_t summary_merge_tasks(struct query *q)
{
    (void)q;
    return 0;
}

static int summary_merge(struct worker *w, size_t task, struct err *e)
{
    (void)w;
    (void)task;
    return err_set(e, ERR_INTERNAL, "a summary has nothing to merge");
}

static void add_buckets(uint64_t *to, const uint64_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] += from[i];
}

static void add_summary(struct query_summary *to, const struct query_summary *from)
{
    to->flows += from->flows;
    to->octets += from->octets;
    to->packets += from->packets;
    to->duration_ms += from->duration_ms;
    to->records += from->records;
    to->min_export = from->min_export < to->min_export ? from->min_export : to->min_export;
    to->max_export = from->max_export > to->max_export ? from->max_export : to->max_export;
    to->min_first = from->min_first < to->min_first ? from->min_first : to->min_first;
    to->max_last = from->max_last > to->max_last ? from->max_last : to->max_last;
    add_buckets(to->packet_size, from->packet_size, SUMMARY_SIZE_BUCKETS);
    add_buckets(to->packets_per_flow, from->packets_per_flow, SUMMARY_PACKET_BUCKETS);
    add_buckets(to->octets_per_flow, from->octets_per_flow, SUMMARY_OCTET_BUCKETS);
    add_buckets(to->flow_time, from->flow_time, SUMMARY_TIME_BUCKETS);
}

static int summary_finish(struct query *q, struct err *e)
{
    struct query_summary *s = &q->result.summary;

    (void)e;
    for (int i = 0; i < ENGINE_THREADS_MAX; i++)
        if (q->worker[i] != NULL)
            add_summary(s, q->worker[i]->shape);
    q->result.totals[MEASURE_FLOWS] = s->flows;
    q->result.totals[MEASURE_OCTETS] = s->octets;
    q->result.totals[MEASURE_PACKETS] = s->packets;
    q->result.totals[MEASURE_DURATION] = s->duration_ms;
    return 0;
}

const struct shape shape_summary = {
    .prepare = summary_prepare,
    .release = summary_release,
    .worker_new = summary_worker_new,
    .worker_free = summary_worker_free,
    .block = summary_block,
    .merge_tasks = summary_merge_tasks,
    .merge = summary_merge,
    .finish = summary_finish,
};
