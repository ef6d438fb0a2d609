/*
 * view: numbers as an answer shows them.
 */
#ifndef REPORTS_VIEW_H
#define REPORTS_VIEW_H

#include "flowviewer/reports.h"

/* v times the sampling multiplier, rounded; as large as it gets when that does not fit. */
uint64_t multiplied(uint64_t v, double multiplier);
/* What sort= means: an enum as in query_request.order. */
int view_order(const struct report_view *v, const char *sort, int *order, bool *ascending,
    struct err *e);
/* Number of a column that is not a key. False: it is unknown. */
bool view_number(
    const struct report_view *v, const struct query_row *row, int column, uint64_t *out);

#endif
