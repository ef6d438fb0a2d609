/*
 * GET /flows: single flows in time order, all their fields, page by page.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flowviewer/reports.h"
#include "http/cursor.h"
#include "http/question.h"
#include "http/route.h"
#include "http/server.h"

struct flows_answer {
    struct question question;
    uint64_t cursor_question;
    struct query *query;
    const struct query_result *result;
    size_t next;
    enum format format;
    struct json json;
};

static void flows_free(void *cls)
{
    struct flows_answer *a = cls;

    if (a->query != NULL)
        query_release(a->query);
    question_free(&a->question);
    free(a);
}

/* ---- one field ------------------------------------------------------------------ */

static bool has_field(const struct flow *f, int field)
{
    return (f->present & FLOW_BIT(field)) != 0;
}

static bool is_multiplied(int field)
{
    return field == F_OCTETS || field == F_PACKETS || field == F_FLOWS ||
           field == F_EXTRA_PACKETS;
}

static uint64_t count_of(const struct flows_answer *a, const struct flow *f, int field)
{
    uint64_t v = (uint64_t)f->number[field - FLOW_KEYS];

    return is_multiplied(field) ? question_multiplied(&a->question, v) : v;
}

static void field_json(
    const struct flows_answer *a, const struct flow *f, int field, struct json *j)
{
    const char *name = flow_fields[field].name;

    if (field < FLOW_KEYS && flow_fields[field].type == TYPE_ADDRESS)
        json_ipv4(j, name, f->key[field]);
    else if (field < FLOW_KEYS)
        json_u64(j, name, f->key[field]);
    else if (field == F_EXPORT)
        json_i64(j, name, f->number[field - FLOW_KEYS]);
    else if (flow_fields[field].type == TYPE_TIME)
        json_seconds(j, name, f->number[field - FLOW_KEYS]);
    else
        json_u64(j, name, count_of(a, f, field));
}

static void flow_json(const struct flows_answer *a, const struct flow *f, struct json *j)
{
    int field;

    json_object(j, NULL);
    for (field = 0; field < FLOW_FIELDS; field++) {
        if (has_field(f, field))
            field_json(a, f, field, j);
    }
    json_end_object(j);
}

/* Numbers and addresses only: nothing here needs quotes, or could be a formula. */
static void field_csv(
    const struct flows_answer *a, const struct flow *f, int field, struct buf *out)
{
    struct json j;

    if (field < FLOW_KEYS && flow_fields[field].type == TYPE_ADDRESS) {
        buf_ipv4(out, f->key[field]);
        return;
    }
    json_begin(&j, out);
    if (field < FLOW_KEYS)
        json_u64(&j, NULL, f->key[field]);
    else if (field == F_EXPORT)
        json_i64(&j, NULL, f->number[field - FLOW_KEYS]);
    else if (flow_fields[field].type == TYPE_TIME)
        json_seconds(&j, NULL, f->number[field - FLOW_KEYS]);
    else
        json_u64(&j, NULL, count_of(a, f, field));
}

/* ---- formats -------------------------------------------------------------------- */

static void flows_json_head(struct flows_answer *a, struct buf *out)
{
    struct json *j = &a->json;
    struct cursor c = {a->result->next_start, a->result->next_skip, a->question.start,
        a->question.end, a->cursor_question};
    char text[CURSOR_TEXT];

    json_begin(j, out);
    json_object(j, NULL);
    question_json_period(j, &a->question, a->result);
    cursor_write(&c, text);
    json_str(j, "next_cursor", a->result->more ? text : NULL);
    question_json_coverage(j, &a->question, a->result);
    question_json_stats(j, &a->result->stats);
    json_array(j, "flows");
}

static void flows_json_row(struct flows_answer *a, const struct flow *f, struct buf *out)
{
    a->json.out = out;
    flow_json(a, f, &a->json);
}

static void flows_json_tail(struct flows_answer *a, struct buf *out)
{
    a->json.out = out;
    json_end_array(&a->json);
    json_end_object(&a->json);
    buf_char(out, '\n');
}

static void flows_csv_head(struct flows_answer *a, struct buf *out)
{
    int field;

    (void)a;
    for (field = 0; field < FLOW_FIELDS; field++) {
        if (field > 0)
            buf_char(out, ',');
        buf_csv_cell(out, flow_fields[field].name);
    }
    buf_str(out, "\r\n");
}

static void flows_csv_row(struct flows_answer *a, const struct flow *f, struct buf *out)
{
    int field;

    for (field = 0; field < FLOW_FIELDS; field++) {
        if (field > 0)
            buf_char(out, ',');
        if (has_field(f, field))
            field_csv(a, f, field, out);
    }
    buf_str(out, "\r\n");
}

static void flows_ndjson_row(struct flows_answer *a, const struct flow *f, struct buf *out)
{
    struct json j;

    json_begin(&j, out);
    flow_json(a, f, &j);
    buf_char(out, '\n');
}

static void flows_text_head(struct flows_answer *a, struct buf *out)
{
    (void)a;
    report_flows_text_header(out);
}

static void flows_text_row(struct flows_answer *a, const struct flow *f, struct buf *out)
{
    struct flow counted = *f;

    counted.number[F_OCTETS - FLOW_KEYS] = (int64_t)count_of(a, f, F_OCTETS);
    counted.number[F_PACKETS - FLOW_KEYS] = (int64_t)count_of(a, f, F_PACKETS);
    report_flow_text(&counted, out);
}

static void nothing(struct flows_answer *a, struct buf *out)
{
    (void)a;
    (void)out;
}

static const struct {
    void (*head)(struct flows_answer *, struct buf *);
    void (*row)(struct flows_answer *, const struct flow *, struct buf *);
    void (*tail)(struct flows_answer *, struct buf *);
} writers[] = {
    [FORMAT_JSON] = {flows_json_head, flows_json_row, flows_json_tail},
    [FORMAT_CSV] = {flows_csv_head, flows_csv_row, nothing},
    [FORMAT_NDJSON] = {nothing, flows_ndjson_row, nothing},
    [FORMAT_TEXT] = {flows_text_head, flows_text_row, nothing},
};

static bool flows_more(void *cls, struct buf *out)
{
    struct flows_answer *a = cls;
    size_t until = out->len + CONTENT_PIECE;

    if (a->next == 0)
        writers[a->format].head(a, out);
    while (a->next < a->result->flow_count && out->len < until && !out->failed)
        writers[a->format].row(a, &a->result->flows[a->next++], out);
    if (a->next < a->result->flow_count)
        return true;
    writers[a->format].tail(a, out);
    return false;
}

/* ---- the request ---------------------------------------------------------------- */

static void read_cursor(struct request *r, struct flows_answer *a, struct query_request *to)
{
    const char *text = param_given(r, "cursor");
    struct cursor c;

    to->after_start = INT64_MIN;
    a->cursor_question = cursor_question(r);
    if (text == NULL)
        return;
    if (!cursor_read(text, &c)) {
        filter_problems_add(
            &r->problems, "cursor", text, "not a cursor of an earlier answer");
    } else if (c.question != a->cursor_question) {
        filter_problems_add(
            &r->problems, "cursor", text, "the cursor belongs to a different question");
    } else {
        to->after_start = c.after_start;
        to->after_skip = c.after_skip;
        to->start = a->question.start = c.start;
        to->end = a->question.end = c.end;
    }
}

static int read_request(struct request *r, struct flows_answer *a, struct query_request *to)
{
    a->format = request_format(r);
    if (question_read(r, &a->question) != 0 || question_fill(r, &a->question, to) != 0)
        return -1;
    to->shape = QUERY_LIST;
    to->order = -1 - MEASURE_OCTETS; /* time order anyway */
    to->limit = param_count(r, "limit");
    read_cursor(r, a, to);
    if (request_refused(r) || question_unchanged(r, &a->question)) {
        filter_free(to->filter);
        return -1;
    }
    return 0;
}

void handle_flows(struct request *r)
{
    struct flows_answer *a = calloc(1, sizeof(*a));
    struct producer p = {flows_more, flows_free, a};
    struct query_request to;

    if (a == NULL) {
        reply_problem(r, 500, "Out of memory.");
        return;
    }
    memset(&to, 0, sizeof(to));
    if (read_request(r, a, &to) != 0 || question_ask(r, &to, &a->query, &a->result) != 0) {
        flows_free(a);
        return;
    }
    if (a->format == FORMAT_CSV)
        str_copy(r->reply.filename, sizeof(r->reply.filename),
            "attachment; filename=\"flows.csv\"");
    reply_body(r, 200, format_type(a->format), content_new(&p));
}
