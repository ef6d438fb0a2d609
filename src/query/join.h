/*
 * join: a table that adds up entries with equal keys. Private to the query room.
 *
 * An entry is 'words' of key and then measures, all uint64_t. Entries lie in one array in the
 * order they first came; a slot of the hash table holds the number of an entry and, in the bits
 * that are left, a part of its hash. Entries are added in batches whose slots and entries are
 * fetched ahead, so that a table larger than the cache costs little more than a small one.
 */
#ifndef FLOWVIEWER_QUERY_JOIN_H
#define FLOWVIEWER_QUERY_JOIN_H

#include "flowviewer/base.h"

struct join {
    int words;
    uint32_t stride; /* words of an entry */
    uint32_t *slots;
    uint32_t slot_count; /* a power of two */
    uint32_t slot_capacity;
    unsigned index_bits;
    uint64_t *entries;
    uint32_t count, capacity;
};

uint64_t join_hash(const uint64_t *key, int words);

void join_init(struct join *j, int words, uint32_t stride);
void join_free(struct join *j);
/* Make room for that many different keys and forget what it held. */
bool join_reset(struct join *j, uint32_t keys);
/* False when there is no room for all of them (join_reset was told of fewer keys). */
bool join_add(struct join *j, const uint64_t *entries, uint32_t n);
size_t join_bytes(const struct join *j);

#endif
