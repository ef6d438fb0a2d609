/*
 * GET /report: a ranking of flows grouped by keys, as JSON, CSV, NDJSON or flow-stat's
 * text. The rows of the result become bytes while the client reads them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flowviewer/reports.h"
#include "http/names_seen.h"
#include "http/question.h"
#include "http/route.h"
#include "http/server.h"

#define LINES_MAX      10000000 /* lines=0: "all" */
#define TEXT_LINES_MAX 1000000  /* the text layout is made as a whole */

/* A report on its way out; owns the query's result until the last byte. */
struct report_answer {
    struct question question;
    struct report_view view;
    struct query *query;
    const struct query_result *result;
    struct query_row summary_row; /* the one row of a summary */
    const struct query_row *rows;
    size_t row_count, next;
    enum format format;
    struct json json;
    struct names_seen *seen; /* NULL: names are not wanted */
    char sort[48];
    uint64_t lines;
};

static void report_free(void *cls)
{
    struct report_answer *a = cls;

    if (a->query != NULL)
        query_release(a->query);
    question_free(&a->question);
    free(a->seen);
    free(a);
}

/* ---- JSON ----------------------------------------------------------------------- */

static void json_columns(struct json *j, const struct report_view *v)
{
    int i;

    json_array(j, "columns");
    for (i = 0; i < v->column_count; i++) {
        json_object(j, NULL);
        json_str(j, "key", v->columns[i].key);
        json_str(j, "label", v->columns[i].label);
        json_str(j, "unit", v->columns[i].unit);
        json_str(j, "type", v->columns[i].type);
        json_end_object(j);
    }
    json_end_array(j);
}

static void json_totals(struct json *j, const struct report_answer *a)
{
    const struct query_result *r = a->result;
    bool summary = a->view.report.summary;

    json_object(j, "totals");
    json_u64(j, "flows",
        question_multiplied(
            &a->question, summary ? r->summary.flows : r->totals[MEASURE_FLOWS]));
    json_u64(j, "octets",
        question_multiplied(
            &a->question, summary ? r->summary.octets : r->totals[MEASURE_OCTETS]));
    json_u64(j, "packets",
        question_multiplied(
            &a->question, summary ? r->summary.packets : r->totals[MEASURE_PACKETS]));
    json_end_object(j);
}

static void report_json_head(struct report_answer *a, struct buf *out)
{
    struct json *j = &a->json;
    const struct report_view *v = &a->view;

    json_begin(j, out);
    json_object(j, NULL);
    json_str(j, "report", v->report.name);
    json_i64(j, "number", v->report.number);
    json_str(j, "title", v->report.title);
    question_json_period(j, &a->question, a->result);
    json_str(j, "sort", a->sort);
    json_u64(j, "lines", a->lines);
    json_columns(j, v);
    json_totals(j, a);
    json_u64(j, "rows_total", v->report.summary ? 1 : a->result->rows_total);
    question_json_coverage(j, &a->question, a->result);
    question_json_stats(j, &a->result->stats);
    if (v->report.summary) {
        json_object(j, "summary");
        report_summary_json(&a->result->summary, v->multiplier, j);
        json_end_object(j);
    }
    json_array(j, "rows");
}

static void report_json_row(
    struct report_answer *a, const struct query_row *row, struct buf *out)
{
    struct json *j = &a->json;
    int i;

    j->out = out;
    json_array(j, NULL);
    for (i = 0; i < a->view.column_count; i++)
        report_cell_json(&a->view, row, i, j);
    json_end_array(j);
    if (a->seen != NULL)
        names_seen_row(a->seen, &a->view, row);
}

static void report_json_tail(struct report_answer *a, struct buf *out)
{
    struct json *j = &a->json;

    j->out = out;
    json_end_array(j);
    if (a->seen != NULL)
        names_seen_json(a->seen, a->view.names, j);
    json_end_object(j);
    buf_char(out, '\n');
}

/* ---- CSV and NDJSON ------------------------------------------------------------- */

static void report_csv_head(struct report_answer *a, struct buf *out)
{
    int i;

    for (i = 0; i < a->view.column_count; i++) {
        if (i > 0)
            buf_char(out, ',');
        buf_csv_cell(out, a->view.columns[i].key);
    }
    buf_str(out, "\r\n");
}

static void report_csv_row(
    struct report_answer *a, const struct query_row *row, struct buf *out)
{
    struct buf cell = {0};
    int i;

    for (i = 0; i < a->view.column_count; i++) {
        buf_reset(&cell);
        report_cell_text(&a->view, row, i, &cell);
        if (i > 0)
            buf_char(out, ',');
        buf_csv_cell(out, cell.data != NULL ? cell.data : "");
        out->failed = out->failed || cell.failed;
    }
    buf_free(&cell);
    buf_str(out, "\r\n");
}

static void report_ndjson_row(
    struct report_answer *a, const struct query_row *row, struct buf *out)
{
    struct json cell;
    int i;

    buf_char(out, '{');
    for (i = 0; i < a->view.column_count; i++) {
        if (i > 0)
            buf_char(out, ',');
        buf_json_str(out, a->view.columns[i].key);
        buf_char(out, ':');
        json_begin(&cell, out);
        report_cell_json(&a->view, row, i, &cell);
    }
    buf_str(out, "}\n");
}

static void no_head(struct report_answer *a, struct buf *out)
{
    (void)a;
    (void)out;
}

/* ---- production ----------------------------------------------------------------- */

static const struct {
    void (*head)(struct report_answer *, struct buf *);
    void (*row)(struct report_answer *, const struct query_row *, struct buf *);
    void (*tail)(struct report_answer *, struct buf *);
} writers[] = {
    [FORMAT_JSON] = {report_json_head, report_json_row, report_json_tail},
    [FORMAT_CSV] = {report_csv_head, report_csv_row, no_head},
    [FORMAT_NDJSON] = {no_head, report_ndjson_row, no_head},
};

static bool report_more(void *cls, struct buf *out)
{
    struct report_answer *a = cls;
    size_t until = out->len + CONTENT_PIECE;

    if (a->next == 0)
        writers[a->format].head(a, out);
    while (a->next < a->row_count && out->len < until && !out->failed)
        writers[a->format].row(a, &a->rows[a->next++], out);
    if (a->next < a->row_count)
        return true;
    writers[a->format].tail(a, out);
    return false;
}

static void report_answer_text(struct request *r, struct report_answer *a)
{
    struct buf b = {0};

    if (a->view.report.summary)
        report_summary_text(&a->result->summary, a->view.multiplier, &b);
    else
        report_text(&a->view, a->result, a->sort, &b);
    report_free(a);
    reply_buf(r, 200, format_type(FORMAT_TEXT), &b);
}

static void report_answer_stream(struct request *r, struct report_answer *a)
{
    struct producer p = {report_more, report_free, a};

    if (a->format == FORMAT_CSV)
        snprintf(r->reply.filename, sizeof(r->reply.filename),
            "attachment; filename=\"%.32s.csv\"", a->view.report.name);
    reply_body(r, 200, format_type(a->format), content_new(&p));
}

/* ---- the request ---------------------------------------------------------------- */

static void read_report(struct request *r, struct report *out)
{
    const char *name = param_given(r, "report"), *keys = param_given(r, "keys");
    const struct report *known;
    struct err e = {0};

    *out = *report_find("10");
    if (keys != NULL && name != NULL) {
        filter_problems_add(&r->problems, "keys", keys, "give either report or keys");
    } else if (keys != NULL) {
        if (report_from_keys(keys, out, &e) != 0)
            filter_problems_add(&r->problems, "keys", keys, "%s", e.msg);
    } else if (name != NULL) {
        known = report_find(name);
        if (known != NULL)
            *out = *known;
        else
            filter_problems_add(
                &r->problems, "report", name, "there is no report of this name or number");
    }
}

static void read_lines(struct request *r, struct report_answer *a)
{
    uint64_t most = a->format == FORMAT_TEXT ? TEXT_LINES_MAX : LINES_MAX;

    a->lines = param_count(r, "lines");
    if (a->lines == 0 || a->lines > most)
        a->lines = most;
}

/* All parameters into a's view and the query. -1: r is answered. */
static int read_request(
    struct request *r, struct report_answer *a, struct query_request *to)
{
    struct report report;
    struct err e = {0};

    a->format = request_format(r);
    read_report(r, &report);
    read_lines(r, a);
    report_view_init(
        &a->view, &report, param_flag(r, "analysis"), param_flag(r, "duration"));
    if (question_read(r, &a->question) != 0)
        return -1;
    str_copy(a->sort, sizeof(a->sort), param_text(r, "sort"));
    if (question_fill(r, &a->question, to) != 0)
        return -1;
    if (report_request(&a->view, a->sort, to, &e) != 0)
        filter_problems_add(&r->problems, "sort", a->sort, "%s", e.msg);
    to->limit = a->lines;
    to->cutoff_octets = param_count(r, "cutoff_octets");
    to->shape = report.summary ? QUERY_SUMMARY : QUERY_GROUP;
    if (request_refused(r) || question_unchanged(r, &a->question)) {
        filter_free(to->filter);
        return -1;
    }
    return 0;
}

/* The period's length for rates: as asked, else of the data. */
static int64_t period_seconds(const struct question *q, const struct query_result *r)
{
    int64_t start = q->start != INT64_MIN ? q->start : r->data_start;
    int64_t end = q->end != INT64_MAX ? q->end : r->data_end;

    return start < end ? ms_to_seconds(end) - ms_to_seconds(start) : 0;
}

static void use_result(struct request *r, struct report_answer *a)
{
    const struct query_result *result = a->result;

    a->view.multiplier = a->question.multiplier;
    a->view.names = r->http->context.names;
    a->view.seconds = period_seconds(&a->question, result);
    a->rows = result->rows;
    a->row_count = result->row_count;
    if (a->view.report.summary) {
        a->summary_row.measure[MEASURE_FLOWS] = result->summary.flows;
        a->summary_row.measure[MEASURE_OCTETS] = result->summary.octets;
        a->summary_row.measure[MEASURE_PACKETS] = result->summary.packets;
        a->summary_row.measure[MEASURE_DURATION] = result->summary.duration_ms;
        a->rows = &a->summary_row;
        a->row_count = 1;
    }
    if (param_flag(r, "resolve"))
        a->seen = calloc(1, sizeof(*a->seen));
}

void handle_report(struct request *r)
{
    struct report_answer *a = calloc(1, sizeof(*a));
    struct query_request to;

    if (a == NULL) {
        reply_problem(r, 500, "Out of memory.");
        return;
    }
    memset(&to, 0, sizeof(to));
    if (read_request(r, a, &to) != 0 || question_ask(r, &to, &a->query, &a->result) != 0) {
        report_free(a);
        return;
    }
    use_result(r, a);
    if (a->format == FORMAT_TEXT)
        report_answer_text(r, a);
    else
        report_answer_stream(r, a);
}
