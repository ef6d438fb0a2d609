/*
 * reports: FlowViewer's statistics reports as rows of one table.
 *
 * Floor 5; uses query, filter, names. A report is keys, columns, a title and flow-stat's
 * number; any other grouping is made of keys= the same way. Turns the parameters of a
 * request into a query request, and a query result into the columns and lines of an answer.
 * Caller: http.
 */
#ifndef FLOWVIEWER_REPORTS_H
#define FLOWVIEWER_REPORTS_H

#include "flowviewer/base.h"
#include "flowviewer/names.h"
#include "flowviewer/query.h"

struct report {
    int number;        /* FlowViewer's and flow-stat's; 99 = summary; 0 = made from keys= */
    const char *name;  /* "source-ip" */
    const char *title; /* "Source IP" */
    int keys[QUERY_KEYS_MAX];
    int key_count;
    bool ports_only;       /* flow-stat counts TCP and UDP flows only */
    bool rate;             /* pair report: has the average rate column */
    bool summary;          /* format 0 */
    int format;            /* flow-stat's -f of it; -1: it has none */
    const char *stat_name; /* what flow-stat calls it */
};

extern const struct report report_table[];
extern const size_t report_count;

/* By name or number; NULL if there is none. */
const struct report *report_find(const char *name_or_number);
/* keys=source_address,dest_port. On -1 e names the bad key. */
int report_from_keys(const char *keys, struct report *out, struct err *e);

enum column_kind {
    COLUMN_KEY,
    COLUMN_FLOWS,
    COLUMN_OCTETS,
    COLUMN_PACKETS,
    COLUMN_TIME, /* sum of the flows' durations */
    COLUMN_RATE,
    COLUMN_OCTETS_PER_FLOW,
    COLUMN_PACKETS_PER_FLOW
};

struct report_column {
    const char *key;   /* API name: "source_address", "octets", "bps" */
    const char *label; /* "Source address" */
    const char *unit;  /* "" | "octets" | "bits/s" ... */
    /* "address" "port" "prefix" "interface" "as" "protocol" "length" "number" "rate" */
    const char *type;
    enum column_kind kind;
    int index; /* of the key */
};

#define REPORT_COLUMNS_MAX (QUERY_KEYS_MAX + 8)

struct report_view {
    struct report report;
    struct report_column columns[REPORT_COLUMNS_MAX];
    int column_count;
    double multiplier; /* sampling; 1 = none */
    int64_t
        seconds; /* of the report period, for the rate column; 0 = unknown (rate is null) */
    const struct names *names;
};

/* Columns of a report: keys, flows, octets, packets, then rate for pair reports; analysis
 * adds octets and packets per flow (integer division); duration adds the sum of flow
 * durations. */
void report_view_init(
    struct report_view *v, const struct report *r, bool analysis, bool duration);
/* Fill keys, order, implicit filter of q. sort is "octets" | "flows" | "packets" | a column
 * key, with "-" for ascending; NULL = octets. Ties are broken by the keys, ascending. */
int report_request(
    const struct report_view *v, const char *sort, struct query_request *q, struct err *e);

/* One cell, multiplied where the sampling multiplier applies. */
void report_cell_json(
    const struct report_view *v, const struct query_row *row, int column, struct json *j);
void report_cell_text(
    const struct report_view *v, const struct query_row *row, int column, struct buf *out);

/* Whole answers in flow-stat's layout ("# --- ---- ---- Report Information --- --- ---"
 * ...), without the rate column, which flow-stat has not. Prefixes are written its
 * way: 10.1/16. */
void report_text(const struct report_view *v, const struct query_result *r,
    const char *sort, struct buf *out);
/* Format 0 as flow-stat prints it, and as members of a JSON object. */
void report_summary_text(const struct query_summary *s, double multiplier, struct buf *out);
void report_summary_json(const struct query_summary *s, double multiplier, struct json *j);

/* Single flows in flow-print's layout (format 5, "132 columns"; times in the daemon's
 * zone). */
void report_flows_text_header(struct buf *out);
void report_flow_text(const struct flow *f, struct buf *out);

#endif
