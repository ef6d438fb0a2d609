/*
 * GET /exporters and GET /interfaces: what the stored flows themselves name, device by
 * device.
 */
#include <stdlib.h>
#include <string.h>

#include "http/question.h"
#include "http/route.h"
#include "http/server.h"

#define EXPORTERS_TIMED                                                                    \
    32 /* of a device: first and last are looked up for so many, by a query each */

/* One inventory in the making. */
struct ends {
    struct request *request;
    struct question question;
    struct query_stats stats; /* of all its queries */
    const struct device_total *device;
    struct buf out;
    struct json json;
};

static void add_stats(struct query_stats *sum, const struct query_stats *s)
{
    sum->flows_scanned += s->flows_scanned;
    sum->flows_matched += s->flows_matched;
    sum->flows_without_field += s->flows_without_field;
    sum->bytes_read += s->bytes_read;
    sum->segments_read += s->segments_read;
    sum->segments_skipped += s->segments_skipped;
    sum->segments_failed += s->segments_failed;
    sum->elapsed_us += s->elapsed_us;
    sum->passes += s->passes;
    if (s->memory_peak > sum->memory_peak)
        sum->memory_peak = s->memory_peak;
    if (s->segment_error[0] != '\0')
        memcpy(sum->segment_error, s->segment_error, sizeof(sum->segment_error));
}

/* *f and field == value, in place of *f. */
static int narrow(struct filter **f, int field, uint64_t value)
{
    struct filter *both = filter_new(FILTER_AND), *leaf = filter_leaf(field);
    struct filter *old = *f;

    *f = both;
    if (both == NULL || leaf == NULL || value_set_add(&leaf->set, value, value) != 0) {
        filter_free(leaf);
        filter_free(old);
        return -1;
    }
    if (old != NULL && filter_add_child(both, old) != 0) {
        filter_free(leaf);
        return -1;
    }
    return filter_add_child(both, leaf);
}

/* Group the current device's flows by keys; those of one exporter only if it is not NULL.
 */
static int ends_ask(struct ends *e, const int keys[2], int key_count,
    const uint64_t *exporter, struct query **query, const struct query_result **result)
{
    struct query_request to;
    int64_t device = e->device->id;
    int i;

    memset(&to, 0, sizeof(to));
    if (question_fill(e->request, &e->question, &to) != 0)
        return -1;
    to.id[0] = '\0'; /* several queries: none of them can have the client's name */
    to.devices = &device;
    to.device_count = 1;
    to.shape = key_count > 0 ? QUERY_GROUP : QUERY_SUMMARY;
    to.order = -1 - MEASURE_OCTETS;
    to.key_count = key_count;
    for (i = 0; i < key_count; i++)
        to.keys[i] = keys[i];
    if (exporter != NULL && narrow(&to.filter, F_EXPORTER, *exporter) != 0) {
        filter_free(to.filter);
        reply_problem(e->request, 500, "Out of memory.");
        return -1;
    }
    if (question_ask(e->request, &to, query, result) != 0)
        return -1;
    add_stats(&e->stats, &(*result)->stats);
    return 0;
}

/* Begin the answer, then 'rows' for each device that was asked for, then the end. */
static void ends_answer(struct request *r, const char *key, int (*rows)(struct ends *e))
{
    struct ends e = {.request = r};
    struct totals *all = totals_get(&r->http->totals, r->http->context.catalog);
    bool complete = false;
    size_t i, k;

    if (all == NULL || question_read(r, &e.question) != 0) {
        reply_problem(r, 500, "Out of memory.");
        goto out;
    }
    if (request_refused(r))
        goto out;
    json_begin(&e.json, &e.out);
    json_object(&e.json, NULL);
    json_array(&e.json, key);
    for (i = 0; i < all->count; i++) {
        e.device = &all->device[i];
        for (k = 0; k < e.question.device_count; k++) {
            if (e.question.devices[k] == e.device->id)
                break;
        }
        if (e.question.device_count > 0 && k == e.question.device_count)
            continue;
        if (rows(&e) != 0)
            goto out;
    }
    complete = true;
out:
    if (complete) {
        json_end_array(&e.json);
        question_json_period(&e.json, &e.question, NULL);
        question_json_stats(&e.json, &e.stats);
        json_end_object(&e.json);
        reply_json(r, &e.out);
    }
    buf_free(&e.out);
    question_free(&e.question);
    free(all);
}

/* ---- exporters ------------------------------------------------------------------ */

static void exporter_json(
    struct ends *e, const struct query_row *row, int64_t first, int64_t last)
{
    struct json *j = &e->json;

    json_object(j, NULL);
    json_str(j, "device", e->device->name);
    json_ipv4(j, "exporter", (uint32_t)row->key[0]);
    json_u64(j, "flows", question_multiplied(&e->question, row->measure[MEASURE_FLOWS]));
    json_u64(j, "octets", question_multiplied(&e->question, row->measure[MEASURE_OCTETS]));
    json_u64(
        j, "packets", question_multiplied(&e->question, row->measure[MEASURE_PACKETS]));
    if (first <= last) {
        json_seconds(j, "first", first);
        json_seconds(j, "last", last);
    } else {
        json_null(j, "first");
        json_null(j, "last");
    }
    json_end_object(j);
}

/* When did the exporter's flows begin and end? */
static int exporter_times(struct ends *e, uint64_t exporter, int64_t *first, int64_t *last)
{
    struct query *query;
    const struct query_result *result;
    int no_keys[2] = {0, 0};

    if (ends_ask(e, no_keys, 0, &exporter, &query, &result) != 0)
        return -1;
    *first = result->data_start;
    *last = result->data_end;
    query_release(query);
    return 0;
}

static int exporter_rows(struct ends *e)
{
    static const int keys[2] = {F_EXPORTER, 0};
    struct query *query;
    const struct query_result *result;
    int64_t first, last;
    size_t i;
    int done = ends_ask(e, keys, 1, NULL, &query, &result);

    for (i = 0; done == 0 && i < result->row_count; i++) {
        first = 1;
        last = 0;
        if (i < EXPORTERS_TIMED)
            done = exporter_times(e, result->rows[i].key[0], &first, &last);
        if (done == 0)
            exporter_json(e, &result->rows[i], first, last);
        else
            query_release(query);
    }
    if (done == 0)
        query_release(query);
    return done;
}

void handle_exporters(struct request *r)
{
    ends_answer(r, "exporters", exporter_rows);
}

/* ---- interfaces ----------------------------------------------------------------- */

struct interface {
    uint64_t exporter, number;
    uint64_t in[MEASURES], out[MEASURES];
};

static int by_interface(const void *a, const void *b)
{
    const struct interface *x = a, *y = b;

    if (x->exporter != y->exporter)
        return x->exporter < y->exporter ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* Join the lines of the same interface (sorted). */
static size_t merge(struct interface *list, size_t n)
{
    size_t kept = 0, i;
    int m;

    for (i = 0; i < n; i++) {
        if (kept == 0 || by_interface(&list[kept - 1], &list[i]) != 0) {
            list[kept++] = list[i];
            continue;
        }
        for (m = 0; m < MEASURES; m++) {
            list[kept - 1].in[m] += list[i].in[m];
            list[kept - 1].out[m] += list[i].out[m];
        }
    }
    return kept;
}

static void interface_json(struct ends *e, const struct interface *one)
{
    struct json *j = &e->json;

    json_object(j, NULL);
    json_str(j, "device", e->device->name);
    json_ipv4(j, "exporter", (uint32_t)one->exporter);
    json_u64(j, "interface", one->number);
    json_u64(j, "flows_in", question_multiplied(&e->question, one->in[MEASURE_FLOWS]));
    json_u64(j, "octets_in", question_multiplied(&e->question, one->in[MEASURE_OCTETS]));
    json_u64(j, "packets_in", question_multiplied(&e->question, one->in[MEASURE_PACKETS]));
    json_u64(j, "flows_out", question_multiplied(&e->question, one->out[MEASURE_FLOWS]));
    json_u64(j, "octets_out", question_multiplied(&e->question, one->out[MEASURE_OCTETS]));
    json_u64(
        j, "packets_out", question_multiplied(&e->question, one->out[MEASURE_PACKETS]));
    json_end_object(j);
}

/* One direction's lines after those in *list. */
static int interface_direction(
    struct ends *e, int field, struct interface **list, size_t *count)
{
    int keys[2] = {F_EXPORTER, field};
    struct query *query;
    const struct query_result *result;
    struct interface *grown;
    size_t i;

    if (ends_ask(e, keys, 2, NULL, &query, &result) != 0)
        return -1;
    grown = mem_array(*count + result->row_count + 1, sizeof(*grown));
    if (grown == NULL) {
        query_release(query);
        reply_problem(e->request, 500, "Out of memory.");
        return -1;
    }
    if (*count > 0)
        memcpy(grown, *list, *count * sizeof(*grown));
    for (i = 0; i < result->row_count; i++) {
        struct interface *one = &grown[(*count)++];

        one->exporter = result->rows[i].key[0];
        one->number = result->rows[i].key[1];
        memcpy(field == F_SOURCE_IF ? one->in : one->out, result->rows[i].measure,
            sizeof(one->in));
    }
    free(*list);
    *list = grown;
    query_release(query);
    return 0;
}

static int interface_rows(struct ends *e)
{
    struct interface *list = NULL;
    size_t count = 0, i;
    int done = -1;

    if (interface_direction(e, F_SOURCE_IF, &list, &count) == 0 &&
        interface_direction(e, F_DEST_IF, &list, &count) == 0) {
        qsort(list, count, sizeof(*list), by_interface);
        count = merge(list, count);
        for (i = 0; i < count; i++)
            interface_json(e, &list[i]);
        done = 0;
    }
    free(list);
    return done;
}

void handle_interfaces(struct request *r)
{
    ends_answer(r, "interfaces", interface_rows);
}
