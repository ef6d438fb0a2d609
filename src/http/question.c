#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "http/question.h"
#include "http/route.h"
#include "http/server.h"

#define WAIT_MS 100
#define STABLE_MS                                                                          \
    3600000 /* a period that ended this long ago gets no new flows, as a rule */

/* ---- reading -------------------------------------------------------------------- */

static void read_period(struct request *r, struct question *q)
{
    bool start_relative = false, end_relative = false;

    q->start = INT64_MIN;
    q->end = INT64_MAX;
    param_time(r, "start", &q->start, &start_relative);
    param_time(r, "end", &q->end, &end_relative);
    q->relative = start_relative || end_relative;
    if (q->start >= q->end)
        filter_problems_add(&r->problems, "end", param_given(r, "end"),
            "the period must end after it starts");
}

static enum flow_select read_select(const struct request *r)
{
    static const char *const names[] = {"any", "end", "start", "entire"};
    const char *text = param_text(r, "flow_select");
    size_t i;

    for (i = 0; text != NULL && i < NITEMS(names); i++) {
        if (strcmp(text, names[i]) == 0 || (text[0] == (char)('1' + i) && text[1] == '\0'))
            return (enum flow_select)(i + 1);
    }
    return SELECT_ANY;
}

static bool has_device(const struct question *q, int64_t id)
{
    size_t i;

    for (i = 0; i < q->device_count; i++) {
        if (q->devices[i] == id)
            return true;
    }
    return false;
}

static int read_devices(struct request *r, struct question *q)
{
    const char *given = param_given(r, "device");
    char *copy, *cursor, *name;

    if (given == NULL)
        return 0;
    copy = cursor = str_dup(given);
    q->devices = mem_array(strlen(given) + 1, sizeof(*q->devices));
    if (copy == NULL || q->devices == NULL) {
        free(copy);
        reply_problem(r, 500, "Out of memory.");
        return -1;
    }
    while ((name = str_item(&cursor, ',')) != NULL) {
        const struct device *d =
            *name != '\0' ? snapshot_device_by_name(q->snapshot, name) : NULL;

        if (d == NULL)
            filter_problems_add(
                &r->problems, "device", name, "there is no device of this name");
        else if (!has_device(q, d->id))
            q->devices[q->device_count++] = d->id;
    }
    free(copy);
    return 0;
}

static int read_filter(struct request *r, struct question *q)
{
    struct filter_param fields[PARAMS_MAX];
    struct err e = {0};
    size_t before = r->problems.count, n = 0, i;

    for (i = 0; i < r->given_count; i++) {
        if (!filter_is_field(r->given[i].name))
            continue;
        fields[n].name = r->given[i].name;
        fields[n++].value = r->given[i].value;
    }
    q->filter = filter_from_fields(fields, n, r->http->context.names, &r->problems, &e);
    if (q->filter == NULL && r->problems.count == before) {
        reply_problem(r, 500, "%s", e.msg);
        return -1;
    }
    return 0;
}

int question_read(struct request *r, struct question *q)
{
    memset(q, 0, sizeof(*q));
    q->snapshot = catalog_snapshot(r->http->context.catalog);
    read_period(r, q);
    q->select = read_select(r);
    q->multiplier = param_number(r, "sampling_multiplier");
    if (q->multiplier < 1)
        q->multiplier = 1;
    if (read_devices(r, q) != 0 || read_filter(r, q) != 0)
        return -1;
    if (r->problems.count == 0)
        snapshot_coverage(
            q->snapshot, q->devices, q->device_count, q->start, q->end, &q->coverage);
    return 0;
}

void question_free(struct question *q)
{
    free(q->devices);
    filter_free(q->filter);
    if (q->snapshot != NULL)
        snapshot_release(q->snapshot);
    memset(q, 0, sizeof(*q));
}

/* ---- asking --------------------------------------------------------------------- */

int question_fill(struct request *r, const struct question *q, struct query_request *to)
{
    const char *id = param_given(r, "query_id");

    if (id != NULL)
        str_copy(to->id, sizeof(to->id), id);
    str_copy(to->description, sizeof(to->description),
        strncmp(r->target, API_BASE "/", sizeof(API_BASE)) == 0
            ? r->target + sizeof(API_BASE)
            : r->target);
    to->start = q->start;
    to->end = q->end;
    to->select = q->select;
    to->devices = q->devices;
    to->device_count = q->device_count;
    if (q->filter == NULL)
        return 0;
    to->filter = filter_copy(q->filter);
    if (to->filter == NULL) {
        reply_problem(r, 500, "Out of memory.");
        return -1;
    }
    return 0;
}

static void answer_stopped(struct request *r, enum stop_reason reason, const struct err *e)
{
    atomic_fetch_add(&r->http->counters.queries_cancelled, 1);
    switch (reason) {
    case STOP_TIMEOUT:
        reply_problem(r, 503,
            "The query took longer than %lld s and was stopped; ask for less.",
            (long long)(r->http->options.query_timeout_ms / 1000));
        break;
    case STOP_SHUTDOWN:
        reply_problem(r, 503, "The daemon is stopping.");
        break;
    case STOP_GONE: /* nobody is there to read it */
    case STOP_ASKED:
    case STOP_NONE:
        reply_problem(
            r, 409, "%s", e->msg[0] != '\0' ? e->msg : "The query was cancelled.");
        break;
    }
}

static enum stop_reason wait_for(struct request *r, struct query *query)
{
    enum stop_reason reason = STOP_NONE;

    while (!query_wait(query, WAIT_MS)) {
        if (reason != STOP_NONE)
            continue;
        reason = request_stop_reason(r);
        if (reason != STOP_NONE)
            query_cancel(query);
    }
    return reason;
}

static void count_result(struct http *h, const struct query_result *result)
{
    atomic_fetch_add(&h->counters.flows_scanned, result->stats.flows_scanned);
    atomic_fetch_add(&h->counters.flows_matched, result->stats.flows_matched);
}

int question_ask(struct request *r, struct query_request *to, struct query **query,
    const struct query_result **result)
{
    struct http *h = r->http;
    struct err e = {0};
    enum stop_reason reason = request_stop_reason(r);

    if (reason != STOP_NONE) {
        filter_free(to->filter);
        to->filter = NULL;
        answer_stopped(r, reason, &e);
        return -1;
    }
    atomic_fetch_add(&h->counters.queries, 1);
    if (query_submit(h->context.engine, to, query, &e) != 0) {
        reply_error(r, &e);
        return -1;
    }
    reason = wait_for(r, *query);
    if (query_finish(*query, result, &e) == 0) {
        count_result(h, *result);
        return 0;
    }
    if (e.code == ERR_CANCELLED) {
        answer_stopped(r, reason, &e);
    } else {
        atomic_fetch_add(&h->counters.queries_failed, 1);
        reply_error(r, &e);
    }
    query_release(*query);
    *query = NULL;
    return -1;
}

/* ---- unchanged? ----------------------------------------------------------------- */

static int by_given(const void *a, const void *b)
{
    const struct given *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

/* The same question, however it is spelled. */
static void add_parameters(XXH64_state_t *state, const struct request *r)
{
    const struct given *sorted[PARAMS_MAX];
    size_t i;

    for (i = 0; i < r->given_count; i++)
        sorted[i] = &r->given[i];
    qsort(sorted, r->given_count, sizeof(sorted[0]), by_given);
    XXH64_update(state, r->path, strlen(r->path) + 1);
    for (i = 0; i < r->given_count; i++) {
        if (strcmp(sorted[i]->name, "query_id") == 0 || sorted[i]->value[0] == '\0')
            continue;
        XXH64_update(state, sorted[i]->name, strlen(sorted[i]->name) + 1);
        XXH64_update(state, sorted[i]->value, strlen(sorted[i]->value) + 1);
    }
}

static void add_segments(XXH64_state_t *state, const struct question *q)
{
    size_t i;

    for (i = 0; i < q->snapshot->segment_count; i++) {
        const struct segment_ref *s = q->snapshot->segments[i];

        if (s->summary.flows == 0 || s->summary.max_end < q->start - 1000 ||
            s->summary.min_start > q->end)
            continue;
        if (q->device_count == 0 || has_device(q, s->device))
            XXH64_update(state, &s->id, sizeof(s->id));
    }
}

static void add_coverage(XXH64_state_t *state, const struct coverage *c)
{
    uint64_t numbers[] = {c->files, c->files_missing, c->files_damaged, c->files_failed,
        c->files_queued, c->flows_lost, (uint64_t)(c->share * 1e9)};

    XXH64_update(state, numbers, sizeof(numbers));
}

bool question_unchanged(struct request *r, const struct question *q)
{
    XXH64_state_t *state;
    enum format format = request_format(r);

    if (q->relative || q->start == INT64_MIN || q->end >= r->now - STABLE_MS)
        return false;
    state = XXH64_createState();
    if (state == NULL)
        return false;
    XXH64_reset(state, 0);
    add_parameters(state, r);
    XXH64_update(state, &format, sizeof(format));
    XXH64_update(state, r->http->context.version, strlen(r->http->context.version));
    add_segments(state, q);
    add_coverage(state, &q->coverage);
    /* Weak: the time that the query took differs from answer to answer. */
    snprintf(r->reply.etag, sizeof(r->reply.etag), "W/\"%016llx\"",
        (unsigned long long)XXH64_digest(state));
    XXH64_freeState(state);
    r->reply.cache = "no-cache";
    if (!etag_known(r->headers.none_match, r->reply.etag))
        return false;
    reply_empty(r, 304);
    return true;
}

uint64_t question_multiplied(const struct question *q, uint64_t v)
{
    double product;

    if (q->multiplier == 1)
        return v;
    product = (double)v * q->multiplier + 0.5;
    return product >= 18446744073709549568.0 ? UINT64_MAX : (uint64_t)product;
}
