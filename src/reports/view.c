#include "reports/view.h"

#include <string.h>

#include "reports/keys.h"

static const struct {
    enum column_kind kind;
    const char *key, *label, *unit, *type;
    int order; /* what it is sorted by; 0: the engine cannot */
} column_table[] = {
    {COLUMN_FLOWS, "flows", "Flows", "flows", "number", -1 - MEASURE_FLOWS},
    {COLUMN_OCTETS, "octets", "Octets", "octets", "number", -1 - MEASURE_OCTETS},
    {COLUMN_PACKETS, "packets", "Packets", "packets", "number", -1 - MEASURE_PACKETS},
    {COLUMN_RATE, "bps", "Average rate", "bits/s", "rate", -1 - MEASURE_OCTETS},
    {COLUMN_OCTETS_PER_FLOW, "octets_per_flow", "Octets per flow", "octets", "number", 0},
    {COLUMN_PACKETS_PER_FLOW, "packets_per_flow", "Packets per flow", "packets", "number",
        0},
    {COLUMN_TIME, "duration", "Duration", "ms", "number", -1 - MEASURE_DURATION},
};

static bool is_shown(
    enum column_kind kind, const struct report *r, bool analysis, bool duration)
{
    switch (kind) {
    case COLUMN_RATE:
        return r->rate;
    case COLUMN_OCTETS_PER_FLOW:
    case COLUMN_PACKETS_PER_FLOW:
        return analysis;
    case COLUMN_TIME:
        return duration;
    default:
        return true;
    }
}

void report_view_init(
    struct report_view *v, const struct report *r, bool analysis, bool duration)
{
    memset(v, 0, sizeof(*v));
    v->report = *r;
    v->multiplier = 1;
    for (int i = 0; i < r->key_count; i++) {
        struct key_info k = key_info(r->keys[i]);
        v->columns[v->column_count++] =
            (struct report_column){k.name, k.label, "", k.type, COLUMN_KEY, i};
    }
    for (size_t i = 0; i < NITEMS(column_table); i++) {
        if (is_shown(column_table[i].kind, r, analysis, duration))
            v->columns[v->column_count++] =
                (struct report_column){column_table[i].key, column_table[i].label,
                    column_table[i].unit, column_table[i].type, column_table[i].kind, -1};
    }
}

/* ---- the question --------------------------------------------------------------- */

int view_order(const struct report_view *v, const char *sort, int *order, bool *ascending,
    struct err *e)
{
    const char *name = sort != NULL && sort[0] != '\0' ? sort : "octets";

    *ascending = name[0] == '-';
    name += *ascending;
    for (int i = 0; i < v->report.key_count; i++) {
        if (strcmp(key_info(v->report.keys[i]).name, name) == 0) {
            *order = i;
            return 0;
        }
    }
    for (size_t i = 0; i < NITEMS(column_table); i++) {
        if (column_table[i].order != 0 && strcmp(column_table[i].key, name) == 0) {
            *order = column_table[i].order;
            return 0;
        }
    }
    return err_set(e, ERR_INPUT,
        "cannot sort by this; use octets, flows, packets, duration or a key of the report, "
        "with - "
        "in front for ascending order");
}

/*
 * flow-stat's port reports count UDP and TCP only, whatever else has ports: "no other protocol".
 * Said that way, flows whose export version has neither protocol nor ports pass, and are
 * counted as left out for want of the report's key.
 */
static struct filter *no_other_protocol(void)
{
    struct filter *no = filter_new(FILTER_NOT), *others = filter_leaf(F_PROTOCOL);

    if (no == NULL || others == NULL || value_set_add(&others->set, 6, 6) != 0 ||
        value_set_add(&others->set, 17, 17) != 0 ||
        value_set_complement(&others->set, flow_fields[F_PROTOCOL].max) != 0) {
        filter_free(no);
        filter_free(others);
        return NULL;
    }
    if (filter_add_child(no, others) == 0)
        return no;
    filter_free(no);
    return NULL;
}

/* The query's filter becomes: no other protocol, and itself. It stays the query's also on failure.
 */
static int narrow_to_ports(struct query_request *q, struct err *e)
{
    struct filter *all = filter_new(FILTER_AND), *ports = no_other_protocol();

    if (all == NULL || ports == NULL || filter_add_child(all, ports) != 0) {
        if (all == NULL)
            filter_free(ports);
        filter_free(all);
        return err_nomem(e, "filter");
    }
    if (q->filter != NULL && filter_add_child(all, q->filter) != 0) {
        q->filter = NULL; /* add_child took it */
        filter_free(all);
        return err_nomem(e, "filter");
    }
    q->filter = all;
    return 0;
}

static bool has_duration(const struct report_view *v)
{
    return strcmp(v->columns[v->column_count - 1].key, "duration") == 0;
}

int report_request(
    const struct report_view *v, const char *sort, struct query_request *q, struct err *e)
{
    if (view_order(v, sort, &q->order, &q->ascending, e) != 0)
        return -1;
    q->shape = v->report.summary ? QUERY_SUMMARY : QUERY_GROUP;
    q->key_count = v->report.key_count;
    memcpy(q->keys, v->report.keys, sizeof(q->keys));
    q->duration = has_duration(v) || q->order == -1 - MEASURE_DURATION;
    return v->report.ports_only ? narrow_to_ports(q, e) : 0;
}

/* ---- cells ---------------------------------------------------------------------- */

uint64_t multiplied(uint64_t v, double multiplier)
{
    double product;

    if (multiplier == 1)
        return v;
    product = (double)v * multiplier + 0.5;
    return product >= 18446744073709549568.0 ? UINT64_MAX : (uint64_t)product;
}

/* int(octets * 8 / seconds) without running over. */
static uint64_t rate(uint64_t octets, uint64_t seconds)
{
    uint64_t whole = octets / seconds;

    if (whole > UINT64_MAX / 8 - 1)
        return UINT64_MAX;
    return whole * 8 + (octets % seconds) * 8 / seconds;
}

static uint64_t per_flow(const struct query_row *row, enum query_measure m)
{
    uint64_t flows = row->measure[MEASURE_FLOWS];
    return flows == 0 ? 0 : row->measure[m] / flows;
}

bool view_number(
    const struct report_view *v, const struct query_row *row, int column, uint64_t *out)
{
    switch (v->columns[column].kind) {
    case COLUMN_KEY:
        *out = row->key[v->columns[column].index];
        return true;
    case COLUMN_FLOWS:
        *out = multiplied(row->measure[MEASURE_FLOWS], v->multiplier);
        return true;
    case COLUMN_OCTETS:
        *out = multiplied(row->measure[MEASURE_OCTETS], v->multiplier);
        return true;
    case COLUMN_PACKETS:
        *out = multiplied(row->measure[MEASURE_PACKETS], v->multiplier);
        return true;
    case COLUMN_TIME:
        *out = row->measure[MEASURE_DURATION];
        return true;
    case COLUMN_RATE:
        if (v->seconds <= 0)
            return false;
        *out = multiplied(
            rate(row->measure[MEASURE_OCTETS], (uint64_t)v->seconds), v->multiplier);
        return true;
    case COLUMN_OCTETS_PER_FLOW:
        *out = per_flow(row, MEASURE_OCTETS);
        return true;
    case COLUMN_PACKETS_PER_FLOW:
        *out = per_flow(row, MEASURE_PACKETS);
        return true;
    }
    return false;
}

void report_cell_json(
    const struct report_view *v, const struct query_row *row, int column, struct json *j)
{
    const struct report_column *c = &v->columns[column];
    char text[KEY_TEXT_MAX];
    uint64_t number;

    if (c->kind == COLUMN_KEY && key_is_text(v->report.keys[c->index])) {
        key_text(v->report.keys[c->index], row->key[c->index], text);
        json_str(j, NULL, text);
    } else if (view_number(v, row, column, &number)) {
        json_u64(j, NULL, number);
    } else {
        json_null(j, NULL);
    }
}

void report_cell_text(
    const struct report_view *v, const struct query_row *row, int column, struct buf *out)
{
    const struct report_column *c = &v->columns[column];
    char text[KEY_TEXT_MAX];
    uint64_t number;

    if (c->kind == COLUMN_KEY) {
        key_text(v->report.keys[c->index], row->key[c->index], text);
        buf_str(out, text);
    } else if (view_number(v, row, column, &number)) {
        buf_u64(out, number);
    }
}
