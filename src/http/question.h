/*
 * question: what reports, flow listings and inventories have in common - period, devices,
 * filter, sampling factor - from parameters to a running query, and from its result to the
 * honesty that goes with every answer.
 */
#ifndef HTTP_QUESTION_H
#define HTTP_QUESTION_H

#include "flowviewer/catalog.h"
#include "flowviewer/query.h"
#include "http/request.h"

struct question {
    int64_t start, end; /* ms; INT64_MIN / INT64_MAX: open */
    bool relative;      /* a time was relative to now */
    enum flow_select select;
    int64_t *devices; /* ids; none: all */
    size_t device_count;
    struct filter *filter;
    double multiplier; /* sampling */
    struct snapshot *snapshot;
    struct coverage coverage;
};

/* Read them all; mistakes go to r->problems. -1: r is answered already (no memory). Free in
 * either case. */
int question_read(struct request *r, struct question *q);
void question_free(struct question *q);

/* Period, devices, selection, name and a copy of the filter into a query request. -1: r is
 * answered (no memory). */
int question_fill(struct request *r, const struct question *q, struct query_request *to);

/* Submit (to->filter is taken) and wait until it is over, the client is gone, or time is
 * up. 0: the result, to be freed by query_release(*query). -1: r is answered. */
int question_ask(struct request *r, struct query_request *to, struct query **query,
    const struct query_result **result);

/* An answer over a past, absolute period cannot change as long as the same segments and
 * files make it up: then sets r's ETag. True: the client has it already, and r is answered
 * with 304. */
bool question_unchanged(struct request *r, const struct question *q);

/* v times the sampling multiplier. */
uint64_t question_multiplied(const struct question *q, uint64_t v);

/* Members "start", "end" (of the data where the period is open), "coverage", "stats". */
void question_json_period(
    struct json *j, const struct question *q, const struct query_result *r);
void question_json_coverage(
    struct json *j, const struct question *q, const struct query_result *r);
void question_json_stats(struct json *j, const struct query_stats *s);

#endif
