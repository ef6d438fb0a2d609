/*
 * groups: sums by key, in hash partitions. Private to the query room.
 *
 * An entry is key words and measures, all 64-bit. A worker's entries go first into one table of
 * bounded size that adds up equal keys; what does not fit there goes to partitions, by the top
 * bits of the key's hash. At the end the workers' partitions are joined one by one, in tables
 * that are small however many keys there are. Partitions never share a key, so a query that is
 * short of memory can drop some and come back for them.
 */
#ifndef FLOWVIEWER_QUERY_GROUPS_H
#define FLOWVIEWER_QUERY_GROUPS_H

#include <stdatomic.h>

#include "flowviewer/base.h"
#include "query/join.h"

#define PARTITIONS 256

/* Slabs that finished queries left for the next: memory fresh from the kernel has to be cleared,
 * which costs more than filling it. Trimmed when nobody has asked for a while. */
struct slab;
struct slab_pool {
    struct lock lock;
    struct slab *free;
};

void slab_pool_init(struct slab_pool *p);
void slab_pool_trim(struct slab_pool *p);
void slab_pool_destroy(struct slab_pool *p);

/* One query's shape of entries and its memory account, shared by its workers. */
struct groups_shape {
    int words;             /* of the key, at least 1 */
    int measures;          /* flows, octets, packets[, duration] */
    atomic_uint low, high; /* partitions of this pass: [low, high) */
    uint64_t budget;       /* of all workers together */
    atomic_int workers;
    struct slab_pool *pool; /* the engine's */
    atomic_ullong memory, memory_peak;
};

struct groups; /* one worker's */

struct groups *groups_new(struct groups_shape *shape);
void groups_free(struct groups *g);

/* Add n entries (n x (words + measures)). Keys of partitions outside the pass may be passed over.
 * False: out of memory (the allocator's, not the budget's). */
bool groups_add(struct groups *g, const uint64_t *entries, uint32_t n);
/* Call between blocks: gives up partitions that other workers dropped from the pass, and when
 * this worker is over its share of the budget aggregates, then halves the pass. False: a single
 * partition does not fit. */
bool groups_keep_within_budget(struct groups *g);
/* After the last add: everything into the partitions. */
bool groups_flush(struct groups *g);

/* All entries of a partition over several workers, added up: an array that belongs to 'into'
 * until its next use. Takes the partition's entries away. NULL when out of memory. Different
 * partitions may be joined at the same time into different groups. */
const uint64_t *groups_join(struct groups *into, struct groups *const *workers, int count,
    unsigned partition, uint32_t *n);

#endif
