/*
 * predicate: a filter compiled for blocks. Binding it to a block decides, for each leaf
 * once per distinct value, which dictionary codes satisfy it - so most blocks are found to
 * match wholly or not at all before a single flow is read. Private to the query room.
 *
 * The compiled form (struct predicate) is shared by all workers; each has a struct binding.
 */
#ifndef FLOWVIEWER_QUERY_PREDICATE_H
#define FLOWVIEWER_QUERY_PREDICATE_H

#include "flowviewer/filter.h"
#include "query/reader.h"

struct predicate;
struct binding;

enum verdict { MATCH_NONE, MATCH_SOME, MATCH_ALL };

/* The AND of the filter (borrowed, may be NULL) and the period: start < start_before and
 * end >= end_from, each in ms, and so on; use INT64_MIN / INT64_MAX for "no bound". */
struct period {
    int64_t start_from, start_before, end_from, end_before;
};

struct predicate *predicate_new(const struct filter *f, const struct period *p);
void predicate_free(struct predicate *p);

struct binding *binding_new(const struct predicate *p);
void binding_free(struct binding *b);

/* What can be said of the reader's block. On r->failed the answer means nothing. */
enum verdict predicate_bind(struct binding *b, struct reader *r);
/* Rows of the reader's chunk that match, ascending (after a bind that said SOME); how many.
 */
uint32_t predicate_select(struct binding *b, struct reader *r, uint16_t *rows);

#endif
