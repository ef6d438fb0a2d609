/*
 * claims: which item of a list decides for a value.
 *
 * Every item of a list claims a range of values, to include or to exclude them. Where
 * claims overlap the one of the highest rank decides: for addresses the longest prefix, for
 * other fields the item that stands last. So one sweep over sorted ranges answers for all
 * of them.
 */
#ifndef FILTER_CLAIMS_H
#define FILTER_CLAIMS_H

#include "flowviewer/filter.h"

struct claim {
    uint64_t low, high; /* inclusive */
    uint64_t rank;      /* no two claims share one */
    bool include;
};

struct claims {
    struct claim *list;
    size_t count, capacity;
};

int claims_add(struct claims *c, const struct claim *claim);
/* Values of 0..max that are included; those that nobody claims are if 'otherwise' says so.
 * Sorts the list. -1 only when out of memory. */
int claims_decide(struct claims *c, uint64_t max, bool otherwise, struct value_set *out);
void claims_free(struct claims *c);

#endif
