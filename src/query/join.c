#include "query/join.h"

#include <string.h>

#include "flowviewer/os.h"

#define BATCH 64

#if defined(__GNUC__)
#define FETCH(p)      __builtin_prefetch(p)
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#else
#define FETCH(p)      ((void)(p))
#define ALWAYS_INLINE static inline
#endif

ALWAYS_INLINE uint64_t hash(const uint64_t *key, int words)
{
    uint64_t h = key[0] * UINT64_C(0x9e3779b97f4a7c15);

    h ^= h >> 32;
    for (int i = 1; i < words; i++) {
        h = (h ^ key[i]) * UINT64_C(0xff51afd7ed558ccd);
        h ^= h >> 29;
    }
    h *= UINT64_C(0xc4ceb9fe1a85ec53);
    return h ^ h >> 31;
}

uint64_t join_hash(const uint64_t *key, int words)
{
    return hash(key, words);
}

void join_init(struct join *j, int words, uint32_t stride)
{
    memset(j, 0, sizeof(*j));
    j->words = words;
    j->stride = stride;
}

static size_t entry_bytes(const struct join *j, uint32_t entries)
{
    return (size_t)entries * j->stride * sizeof(*j->entries);
}

void join_free(struct join *j)
{
    os_memory_free(j->slots, j->slot_capacity * sizeof(*j->slots));
    os_memory_free(j->entries, entry_bytes(j, j->capacity));
    join_init(j, j->words, j->stride);
}

size_t join_bytes(const struct join *j)
{
    return j->slot_capacity * sizeof(*j->slots) + entry_bytes(j, j->capacity);
}

/* Arrays are given up before larger ones are made: their contents are not wanted any more. */
static bool make_entries(struct join *j, uint32_t keys)
{
    if (keys <= j->capacity)
        return true;
    os_memory_free(j->entries, entry_bytes(j, j->capacity));
    j->capacity = 0;
    if ((j->entries = os_memory(entry_bytes(j, keys))) == NULL)
        return false;
    j->capacity = keys;
    return true;
}

static bool make_slots(struct join *j, uint32_t slots)
{
    j->slot_count = slots;
    if (slots <= j->slot_capacity)
        return true;
    os_memory_free(j->slots, j->slot_capacity * sizeof(*j->slots));
    j->slot_capacity = 0;
    if ((j->slots = os_memory(slots * sizeof(*j->slots))) == NULL)
        return false;
    j->slot_capacity = slots;
    return true;
}

bool join_reset(struct join *j, uint32_t keys)
{
    uint32_t slots = 64;

    if (keys > UINT32_MAX / 4)
        return false;
    while (slots < keys + keys / 2)
        slots *= 2;
    if (!make_entries(j, keys + 1) || !make_slots(j, slots))
        return false;
    j->index_bits = 1;
    while ((uint32_t)1 << j->index_bits <= j->capacity)
        j->index_bits++;
    memset(j->slots, 0, (size_t)slots * sizeof(*j->slots));
    j->count = 0;
    return true;
}

ALWAYS_INLINE bool same_key(const uint64_t *a, const uint64_t *b, int words)
{
    for (int i = 0; i < words; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

/* Where the entry's sums are; a new key is appended with sums of 0. */
ALWAYS_INLINE uint64_t *find(
    struct join *j, const uint64_t *in, uint64_t h, int words, uint32_t stride)
{
    uint32_t index_mask = ((uint32_t)1 << j->index_bits) - 1;
    uint32_t tag = (uint32_t)(h >> 24) & ~index_mask;
    uint32_t at = (uint32_t)h & (j->slot_count - 1);
    uint32_t slot;

    while ((slot = j->slots[at]) != 0) {
        uint64_t *entry = j->entries + (size_t)((slot & index_mask) - 1) * stride;
        if ((slot & ~index_mask) == tag && same_key(entry, in, words))
            return entry;
        at = (at + 1) & (j->slot_count - 1);
    }
    if (j->count == j->capacity ||
        j->count == j->slot_count - 1) /* a free slot ends searches */
        return NULL;
    uint64_t *entry = j->entries + (size_t)j->count * stride;
    j->slots[at] = tag | ++j->count;
    for (int i = 0; i < words; i++)
        entry[i] = in[i];
    for (uint32_t i = (uint32_t)words; i < stride; i++)
        entry[i] = 0;
    return entry;
}

ALWAYS_INLINE bool add_batch(
    struct join *j, const uint64_t *in, uint32_t n, int words, uint32_t stride)
{
    uint64_t hashes[BATCH];
    uint32_t index_mask = ((uint32_t)1 << j->index_bits) - 1;

    for (uint32_t i = 0; i < n; i++) {
        hashes[i] = hash(in + (size_t)i * stride, words);
        FETCH(&j->slots[(uint32_t)hashes[i] & (j->slot_count - 1)]);
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t slot = j->slots[(uint32_t)hashes[i] & (j->slot_count - 1)];
        if (slot != 0)
            FETCH(j->entries + (size_t)((slot & index_mask) - 1) * stride);
    }
    for (uint32_t i = 0; i < n; i++, in += stride) {
        uint64_t *entry = find(j, in, hashes[i], words, stride);
        if (entry == NULL)
            return false;
        for (uint32_t m = (uint32_t)words; m < stride; m++)
            entry[m] += in[m];
    }
    return true;
}

ALWAYS_INLINE bool add_all(
    struct join *j, const uint64_t *in, uint32_t n, int words, uint32_t stride)
{
    for (uint32_t done = 0; done < n; done += BATCH)
        if (!add_batch(j, in + (size_t)done * stride, n - done < BATCH ? n - done : BATCH,
                words, stride))
            return false;
    return true;
}

/* The common shapes are compiled with constant sizes, so that the loops over words vanish. */
bool join_add(struct join *j, const uint64_t *entries, uint32_t n)
{
    if (j->words == 1 && j->stride == 4)
        return add_all(j, entries, n, 1, 4);
    if (j->words == 2 && j->stride == 5)
        return add_all(j, entries, n, 2, 5);
    return add_all(j, entries, n, j->words, j->stride);
}
