/*
 * filter: from what a user types to a tree that the query engine compiles.
 *
 * Floor 2. Knows FlowViewer's filter fields (spec: comma-separated lists, '-' excludes,
 * longest prefix decides); the expression language of a later issue builds the same tree.
 * Knows nothing of blocks, segments or HTTP. Callers: http (parses), query (compiles),
 * trackings.
 *
 * Every leaf says "the value of FIELD is in SET", where SET is a sorted list of ranges: a
 * prefix is a range, a port is a range, value/mask over a byte is a few ranges. So a
 * hundred thousand networks cost one merge with a block's sorted dictionary.
 *
 * Ownership: a tree owns its children and sets; filter_free frees all.
 */
#ifndef FLOWVIEWER_FILTER_H
#define FLOWVIEWER_FILTER_H

#include "flowviewer/base.h"
#include "flowviewer/flow.h"
#include "flowviewer/names.h"

/* Sorted, disjoint, not adjacent, inclusive ranges. Empty: nothing matches. */
struct value_range {
    uint64_t low, high;
};

struct value_set {
    struct value_range *ranges;
    size_t count, capacity;
};

/* Set operations; -1 only when out of memory. Domain is 0..max for complement. */
int value_set_add(
    struct value_set *s, uint64_t low, uint64_t high); /* any order, may overlap */
/* Many at once, in any order, also overlapping: sorts them once, where adding one by one
 * moves the list for each that does not come last. */
int value_set_add_all(struct value_set *s, const struct value_range *list, size_t n);
int value_set_subtract(struct value_set *s, uint64_t low, uint64_t high);
int value_set_complement(struct value_set *s, uint64_t max);
bool value_set_has(const struct value_set *s, uint64_t v);
void value_set_free(struct value_set *s);

enum filter_op { FILTER_TRUE, FILTER_FALSE, FILTER_AND, FILTER_OR, FILTER_NOT, FILTER_IN };

/* Leaf fields beyond enum flow_field: computed from a flow's numbers. Append only: rates of
 * an expression (bits, packets per second) are more of these, so that a comparison is a
 * leaf whose set is a range, "host" an OR of two leaves, "not" a FILTER_NOT. Parsers bound
 * the depth. */
enum filter_field {
    FILTER_DURATION = FLOW_FIELDS, /* milliseconds, flow-tools': (end - start) mod 2^32 */
    FILTER_START_SECOND, /* floor(start / 1000), as flow-nfilter compares; 0 if before 1970
                          */
    FILTER_END_SECOND,
    FILTER_FIELDS
};

struct filter {
    enum filter_op op;
    int field;            /* FILTER_IN: enum flow_field or enum filter_field */
    struct value_set set; /* FILTER_IN */
    struct filter **child;
    size_t children;
};

struct filter *filter_new(enum filter_op op);
struct filter *filter_leaf(int field); /* empty set, for the caller to fill */
int filter_add_child(
    struct filter *parent, struct filter *child); /* takes child, also on failure */
struct filter *filter_copy(const struct filter *f);
void filter_free(struct filter *f);
/* The plain meaning, one flow at a time: the reference that tests hold the engine against.
 * A flow that lacks the field (its export version has none) never satisfies a leaf. */
bool filter_match(const struct filter *f, const struct flow *flow);

/* ---- FlowViewer's fields -------------------------------------------------------- */

/* One bad value. A list holds at most 200; a value is cut to what fits. */
struct filter_problem {
    char parameter[32], value[64];
    char detail[160];
};

struct filter_problems {
    struct filter_problem *list;
    size_t count, capacity;
};

void filter_problems_add(struct filter_problems *p, const char *parameter,
    const char *value, const char *fmt, ...) FV_PRINTF(4, 5);
void filter_problems_free(struct filter_problems *p);

struct filter_param {
    const char *name;  /* "source_address" ... */
    const char *value; /* as typed; NULL or "" = not given */
};

/* Is it one of the filter's list parameters (source_address ... nexthop_ip, exporter)? */
bool filter_is_field(const char *name);

/* Parse all parameters (names that filter_is_field() does not know are skipped) into one
 * tree: the AND of the fields. All mistakes go to problems, each with its parameter and
 * why; then the result is NULL. May look host names up, so it may block for seconds. NULL
 * without problems: out of memory (e says so). */
struct filter *filter_from_fields(const struct filter_param *params, size_t n,
    const struct names *names, struct filter_problems *problems, struct err *e);

#endif
