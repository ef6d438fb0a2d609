#include "query/groups.h"

#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES    8192
#define AGGREGATE_FROM 4096 /* entries in a partition before it is worth aggregating */

/* Entries of a partition lie in a list of pieces. */
struct piece {
    struct piece *next;
    uint64_t entries[];
};

struct partition {
    struct piece *first; /* the one being filled; the rest are full */
    uint32_t used;       /* entries in first */
    uint32_t entries;    /* in all */
    uint32_t aggregate_at;
};

struct groups {
    struct groups_shape *shape;
    uint64_t bytes;     /* that this worker holds */
    uint32_t stride;    /* words of an entry */
    uint32_t per_piece; /* entries */
    struct partition partition[PARTITIONS];
    struct piece *spare;
    uint64_t *gathered, *unique; /* scratch of aggregation */
    size_t gathered_capacity, unique_capacity;
    uint32_t *table;
    size_t table_capacity;
};

/* ---- memory
 * ------------------------------------------------------------------------------- */

static void account(struct groups *g, int64_t bytes)
{
    struct groups_shape *s = g->shape;
    uint64_t now = atomic_fetch_add(&s->memory, (uint64_t)bytes) + (uint64_t)bytes;
    unsigned long long peak = atomic_load(&s->memory_peak);

    g->bytes += (uint64_t)bytes;
    while (now > peak && !atomic_compare_exchange_weak(&s->memory_peak, &peak, now))
        ;
}

struct groups *groups_new(struct groups_shape *shape)
{
    struct groups *g = calloc(1, sizeof(*g));

    if (g == NULL)
        return NULL;
    g->shape = shape;
    g->stride = (uint32_t)(shape->words + shape->measures);
    g->per_piece = (PIECE_BYTES - (uint32_t)sizeof(struct piece)) / (g->stride * 8);
    for (int p = 0; p < PARTITIONS; p++)
        g->partition[p].aggregate_at = AGGREGATE_FROM;
    atomic_fetch_add(&shape->workers, 1);
    return g;
}

static struct piece *take_piece(struct groups *g)
{
    struct piece *p = g->spare;

    if (p != NULL) {
        g->spare = p->next;
        return p;
    }
    if ((p = malloc(PIECE_BYTES)) != NULL)
        account(g, PIECE_BYTES);
    return p;
}

static void give_pieces(struct groups *g, struct partition *p)
{
    while (p->first != NULL) {
        struct piece *next = p->first->next;
        p->first->next = g->spare;
        g->spare = p->first;
        p->first = next;
    }
    p->used = p->entries = 0;
}

static void free_spare(struct groups *g)
{
    while (g->spare != NULL) {
        struct piece *next = g->spare->next;
        free(g->spare);
        g->spare = next;
        account(g, -PIECE_BYTES);
    }
}

void groups_free(struct groups *g)
{
    if (g == NULL)
        return;
    for (int p = 0; p < PARTITIONS; p++)
        give_pieces(g, &g->partition[p]);
    free_spare(g);
    account(g, -(int64_t)(g->gathered_capacity * 8 + g->unique_capacity * 8 +
                          g->table_capacity * 4));
    free(g->gathered);
    free(g->unique);
    free(g->table);
    free(g);
}

/* Make *array hold need items of size bytes; its contents may be lost. */
static bool scratch(
    struct groups *g, void *array, size_t *capacity, size_t need, size_t size)
{
    void **slot = array;
    void *p;

    if (*capacity >= need)
        return true;
    if (*capacity * 2 > need)
        need = *capacity * 2;
    if ((p = mem_array(need, size)) == NULL)
        return false;
    free(*slot);
    *slot = p;
    account(g, (int64_t)((need - *capacity) * size));
    *capacity = need;
    return true;
}

/* ---- hashing
 * --------------------------------------------------------------------------------- */

static inline uint64_t hash_key(const uint64_t *key, int words)
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

static inline unsigned partition_of(uint64_t hash)
{
    return (unsigned)(hash >> 56);
}

/* Inlined with constant words and stride, the loops over them vanish. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Join equal keys of n entries into unique; table has a power of two of slots. */
ALWAYS_INLINE uint32_t aggregate_entries(const uint64_t *in, uint32_t n, uint64_t *unique,
    uint32_t *table, uint32_t slots, int words, uint32_t stride)
{
    uint32_t count = 0;

    memset(table, 0, slots * sizeof(*table));
    for (uint32_t i = 0; i < n; i++, in += stride) {
        uint32_t slot = (uint32_t)hash_key(in, words) & (slots - 1);
        uint64_t *found = NULL;
        while (table[slot] != 0) {
            uint64_t *u = unique + (size_t)(table[slot] - 1) * stride;
            int w = 0;
            while (w < words && u[w] == in[w])
                w++;
            if (w == words) {
                found = u;
                break;
            }
            slot = (slot + 1) & (slots - 1);
        }
        if (found != NULL) {
            for (uint32_t m = (uint32_t)words; m < stride; m++)
                found[m] += in[m];
        } else {
            uint64_t *u = unique + (size_t)count * stride;
            for (uint32_t m = 0; m < stride; m++)
                u[m] = in[m];
            table[slot] = ++count;
        }
    }
    return count;
}

/* n entries of g->gathered into g->unique. */
static bool aggregate(struct groups *g, uint32_t n, uint32_t *count)
{
    uint32_t slots = 64;

    while (slots < n + n / 2)
        slots *= 2;
    if (!scratch(g, &g->table, &g->table_capacity, slots, sizeof(*g->table)) ||
        !scratch(
            g, &g->unique, &g->unique_capacity, (size_t)n * g->stride, sizeof(*g->unique)))
        return false;
    if (g->stride == 4 && g->shape->words == 1)
        *count = aggregate_entries(g->gathered, n, g->unique, g->table, slots, 1, 4);
    else if (g->stride == 5 && g->shape->words == 2)
        *count = aggregate_entries(g->gathered, n, g->unique, g->table, slots, 2, 5);
    else
        *count = aggregate_entries(
            g->gathered, n, g->unique, g->table, slots, g->shape->words, g->stride);
    return true;
}

/* ---- adding
 * ------------------------------------------------------------------------------------ */

static uint64_t *gather(const struct groups *g, const struct partition *p, uint64_t *to)
{
    uint32_t held = p->used;

    for (const struct piece *piece = p->first; piece != NULL; piece = piece->next) {
        memcpy(to, piece->entries, (size_t)held * g->stride * 8);
        to += (size_t)held * g->stride;
        held = g->per_piece;
    }
    return to;
}

static bool new_piece(struct groups *g, struct partition *p)
{
    struct piece *piece = take_piece(g);

    if (piece == NULL)
        return false;
    piece->next = p->first;
    p->first = piece;
    p->used = 0;
    return true;
}

static bool put_back(
    struct groups *g, struct partition *p, const uint64_t *entries, uint32_t n)
{
    while (n > 0) {
        uint32_t m = n < g->per_piece ? n : g->per_piece;
        if (!new_piece(g, p))
            return false;
        memcpy(p->first->entries, entries, (size_t)m * g->stride * 8);
        p->used = m;
        p->entries += m;
        entries += (size_t)m * g->stride;
        n -= m;
        if (m < g->per_piece)
            break;
    }
    return true;
}

/* A short piece may only be the first of the list: full pieces go in before it. */
static bool aggregate_partition(struct groups *g, struct partition *p)
{
    uint32_t count, before = p->entries;

    if (p->entries == 0)
        return true;
    if (!scratch(g, &g->gathered, &g->gathered_capacity, (size_t)p->entries * g->stride,
            sizeof(*g->gathered)))
        return false;
    gather(g, p, g->gathered);
    if (!aggregate(g, p->entries, &count))
        return false;
    give_pieces(g, p);
    if (!put_back(g, p, g->unique, count))
        return false;
    /* mostly distinct keys: aggregating again soon would be in vain */
    p->aggregate_at = count * (count > before - before / 4 ? 8 : 2);
    if (p->aggregate_at < AGGREGATE_FROM)
        p->aggregate_at = AGGREGATE_FROM;
    return true;
}

ALWAYS_INLINE bool add_entries(
    struct groups *g, const uint64_t *entries, uint32_t n, int words, uint32_t stride)
{
    unsigned low = atomic_load_explicit(&g->shape->low, memory_order_relaxed);
    unsigned high = atomic_load_explicit(&g->shape->high, memory_order_relaxed);

    for (uint32_t i = 0; i < n; i++, entries += stride) {
        unsigned index = partition_of(hash_key(entries, words));
        struct partition *p = &g->partition[index];
        if (index < low || index >= high)
            continue;
        if (p->first == NULL || p->used == g->per_piece) {
            if (p->entries >= p->aggregate_at && !aggregate_partition(g, p))
                return false;
            if ((p->first == NULL || p->used == g->per_piece) && !new_piece(g, p))
                return false;
        }
        uint64_t *to = p->first->entries + (size_t)p->used * stride;
        for (uint32_t m = 0; m < stride; m++)
            to[m] = entries[m];
        p->used++;
        p->entries++;
    }
    return true;
}

bool groups_add(struct groups *g, const uint64_t *entries, uint32_t n)
{
    if (g->stride == 4 && g->shape->words == 1)
        return add_entries(g, entries, n, 1, 4);
    if (g->stride == 5 && g->shape->words == 2)
        return add_entries(g, entries, n, 2, 5);
    return add_entries(g, entries, n, g->shape->words, g->stride);
}

static void drop_outside_pass(struct groups *g)
{
    unsigned low = atomic_load(&g->shape->low), high = atomic_load(&g->shape->high);

    for (unsigned i = 0; i < PARTITIONS; i++)
        if ((i < low || i >= high) && g->partition[i].entries != 0)
            give_pieces(g, &g->partition[i]);
}

bool groups_keep_within_budget(struct groups *g)
{
    struct groups_shape *s = g->shape;
    uint64_t share = s->budget / (uint64_t)atomic_load(&s->workers);
    unsigned low, high;

    drop_outside_pass(g);
    if (g->bytes <= share)
        return true;
    for (unsigned i = 0; i < PARTITIONS; i++)
        if (!aggregate_partition(g, &g->partition[i]))
            return false;
    free_spare(g);
    if (g->bytes <= share / 4 * 3)
        return true;
    low = atomic_load(&s->low);
    high = atomic_load(&s->high);
    if (high - low <= 1)
        return g->bytes <= share;
    atomic_compare_exchange_strong(&s->high, &high, low + (high - low) / 2);
    drop_outside_pass(g);
    free_spare(g);
    return true;
}

const uint64_t *groups_join(struct groups *into, struct groups *const *workers, int count,
    unsigned partition, uint32_t *n)
{
    uint64_t entries = 0, *to;

    for (int i = 0; i < count; i++)
        if (workers[i] != NULL)
            entries += workers[i]->partition[partition].entries;
    if (entries > UINT32_MAX / 2 ||
        !scratch(into, &into->gathered, &into->gathered_capacity,
            (size_t)entries * into->stride + 1, sizeof(*into->gathered)))
        return NULL;
    to = into->gathered;
    for (int i = 0; i < count; i++)
        if (workers[i] != NULL)
            to = gather(workers[i], &workers[i]->partition[partition], to);
    if (!aggregate(into, (uint32_t)entries, n))
        return NULL;
    for (int i = 0; i < count; i++)
        if (workers[i] != NULL)
            give_pieces(into, &workers[i]->partition[partition]);
    return into->unique;
}
