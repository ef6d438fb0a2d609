/*
 * groups: sums by key, in hash partitions. Private to the query room.
 *
 * An entry is key words and measures, all 64-bit. A worker appends entries to partitions by
 * the top bits of the key's hash; when a partition has grown it is aggregated in a small
 * table (equal keys become one entry), so that tables stay in cache however many keys there
 * are. At the end, partition by partition, the workers' entries are joined. Partitions
 * never share a key, so a query that is short of memory can drop some and come back for
 * them.
 */
#ifndef FLOWVIEWER_QUERY_GROUPS_H
#define FLOWVIEWER_QUERY_GROUPS_H

#include "flowviewer/base.h"
#include <stdatomic.h>

#define PARTITIONS    256
#define KEY_WORDS_MAX 8

/* One query's shape of entries and its memory account, shared by its workers. */
struct groups_shape {
    int words;             /* of the key, at least 1 */
    int measures;          /* flows, octets, packets[, duration] */
    atomic_uint low, high; /* partitions of this pass: [low, high) */
    uint64_t budget;       /* of all workers together */
    atomic_int workers;
    atomic_ullong memory, memory_peak;
};

struct groups; /* one worker's */

struct groups *groups_new(struct groups_shape *shape);
void groups_free(struct groups *g);

/* Append n entries (n x (words + measures), not aggregated). Keys of partitions outside the
 * pass are passed over. False: out of memory (the allocator's, not the budget's). */
bool groups_add(struct groups *g, const uint64_t *entries, uint32_t n);
/* Call between blocks: gives up partitions that other workers dropped from the pass, and
 * when this worker is over its share of the budget aggregates, then halves the pass. False:
 * a single partition does not fit. */
bool groups_keep_within_budget(struct groups *g);

/* All entries of a partition over several workers, aggregated: a contiguous array that
 * belongs to 'into' until its next use. Takes the partition's entries away. NULL when out
 * of memory; *n = 0 with a non-NULL result when there are none. */
const uint64_t *groups_join(struct groups *into, struct groups *const *workers, int count,
    unsigned partition, uint32_t *n);

#endif
