#include "query/groups.h"

#include <stdlib.h>
#include <string.h>

#include "flowviewer/os.h"

#define PIECE_BYTES 8192
#define SLAB_BYTES  (UINT32_C(4) << 20)

#define FRONT_KEYS_MIN (1u << 12)  /* the front table grows from here, */
#define FRONT_BYTES    (32u << 20) /* to that, or to a part of the budget */
#define FRONT_SHARE    8

/* Entries of a partition lie in a list of pieces, cut from slabs. */
struct piece {
    struct piece *next;
    uint64_t entries[];
};

struct slab {
    struct slab *next;
    uint32_t used;
};

struct partition {
    struct piece *first; /* the one being filled; the rest are full */
    uint32_t used;       /* entries in first */
    uint32_t entries;    /* in all */
};

struct groups {
    struct groups_shape *shape;
    uint32_t stride;    /* words of an entry */
    uint32_t per_piece; /* entries */
    struct partition partition[PARTITIONS];
    struct slab *slabs;
    struct piece *spare;
    atomic_uint_fast64_t
        pieces;         /* in partitions: other workers take them away when joining */
    uint64_t accounted; /* bytes told to the shape */
    struct join front, table;
    uint32_t front_max;   /* keys the front table may grow to */
    uint64_t front_added; /* entries since it was emptied */
    bool front_off;       /* most keys come once: adding them up early is in vain */
};

/* ---- slabs ---------------------------------------------------------------------- */

void slab_pool_init(struct slab_pool *p)
{
    lock_init(&p->lock, "slabs", RANK_LEAF);
    p->free = NULL;
}

void slab_pool_trim(struct slab_pool *p)
{
    struct slab *list, *next;

    lock_take(&p->lock);
    list = p->free;
    p->free = NULL;
    lock_release(&p->lock);
    for (; list != NULL; list = next) {
        next = list->next;
        os_memory_free(list, SLAB_BYTES);
    }
}

void slab_pool_destroy(struct slab_pool *p)
{
    slab_pool_trim(p);
    lock_destroy(&p->lock);
}

static struct slab *take_slab(struct slab_pool *p)
{
    struct slab *s;

    lock_take(&p->lock);
    if ((s = p->free) != NULL)
        p->free = s->next;
    lock_release(&p->lock);
    return s != NULL ? s : os_memory(SLAB_BYTES);
}

static void give_slabs(struct slab_pool *p, struct slab *list)
{
    lock_take(&p->lock);
    while (list != NULL) {
        struct slab *next = list->next;
        list->next = p->free;
        p->free = list;
        list = next;
    }
    lock_release(&p->lock);
}

/* ---- memory --------------------------------------------------------------------- */

static uint64_t in_use(const struct groups *g)
{
    return atomic_load_explicit(&g->pieces, memory_order_relaxed) * PIECE_BYTES +
           join_bytes(&g->front) + join_bytes(&g->table);
}

static void account(struct groups *g)
{
    struct groups_shape *s = g->shape;
    uint64_t bytes = in_use(g), more = bytes - g->accounted;
    uint64_t now = atomic_fetch_add(&s->memory, more) + more;
    unsigned long long peak = atomic_load(&s->memory_peak);

    g->accounted = bytes;
    while (now > peak && !atomic_compare_exchange_weak(&s->memory_peak, &peak, now))
        ;
}

struct groups *groups_new(struct groups_shape *shape)
{
    struct groups *g = calloc(1, sizeof(*g));
    uint64_t front = shape->budget / FRONT_SHARE;

    if (g == NULL)
        return NULL;
    g->shape = shape;
    g->stride = (uint32_t)(shape->words + shape->measures);
    g->per_piece = (PIECE_BYTES - (uint32_t)sizeof(struct piece)) / (g->stride * 8);
    g->front_max =
        (uint32_t)((front < FRONT_BYTES ? front : FRONT_BYTES) / (g->stride * 8));
    join_init(&g->front, shape->words, g->stride);
    join_init(&g->table, shape->words, g->stride);
    if (!join_reset(
            &g->front, g->front_max < FRONT_KEYS_MIN ? g->front_max : FRONT_KEYS_MIN)) {
        free(g);
        return NULL;
    }
    atomic_fetch_add(&shape->workers, 1);
    return g;
}

void groups_free(struct groups *g)
{
    if (g == NULL)
        return;
    give_slabs(g->shape->pool, g->slabs);
    join_free(&g->front);
    join_free(&g->table);
    free(g);
}

static bool new_slab(struct groups *g)
{
    struct slab *s = take_slab(g->shape->pool);

    if (s == NULL)
        return false;
    s->next = g->slabs;
    s->used = PIECE_BYTES; /* the first piece's place is the slab's own */
    g->slabs = s;
    return true;
}

static struct piece *take_piece(struct groups *g)
{
    struct piece *p = g->spare;

    if (p != NULL) {
        g->spare = p->next;
        atomic_fetch_add_explicit(&g->pieces, 1, memory_order_relaxed);
        return p;
    }
    if ((g->slabs == NULL || g->slabs->used == SLAB_BYTES) && !new_slab(g))
        return NULL;
    p = (struct piece *)(void *)((char *)g->slabs + g->slabs->used);
    g->slabs->used += PIECE_BYTES;
    atomic_fetch_add_explicit(&g->pieces, 1, memory_order_relaxed);
    return p;
}

/* Give the pieces of a partition of 'from' to 'to', which may be another worker. */
static void give_pieces(struct groups *to, struct groups *from, struct partition *p)
{
    while (p->first != NULL) {
        struct piece *next = p->first->next;
        p->first->next = to->spare;
        to->spare = p->first;
        atomic_fetch_sub_explicit(&from->pieces, 1, memory_order_relaxed);
        p->first = next;
    }
    p->used = p->entries = 0;
}

/* ---- partitions ----------------------------------------------------------------- */

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

#if defined(__GNUC__)
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#else
#define ALWAYS_INLINE static inline
#endif

ALWAYS_INLINE bool scatter_entries(
    struct groups *g, const uint64_t *entries, uint32_t n, int words, uint32_t stride)
{
    unsigned low = atomic_load_explicit(&g->shape->low, memory_order_relaxed);
    unsigned high = atomic_load_explicit(&g->shape->high, memory_order_relaxed);

    for (uint32_t i = 0; i < n; i++, entries += stride) {
        unsigned index = (unsigned)(join_hash(entries, words) >> 56);
        struct partition *p = &g->partition[index];
        if (index < low || index >= high)
            continue;
        if ((p->first == NULL || p->used == g->per_piece) && !new_piece(g, p))
            return false;
        uint64_t *to = p->first->entries + (size_t)p->used * stride;
        for (uint32_t m = 0; m < stride; m++)
            to[m] = entries[m];
        p->used++;
        p->entries++;
    }
    return true;
}

static bool scatter(struct groups *g, const uint64_t *entries, uint32_t n)
{
    if (g->stride == 4 && g->shape->words == 1)
        return scatter_entries(g, entries, n, 1, 4);
    if (g->stride == 5 && g->shape->words == 2)
        return scatter_entries(g, entries, n, 2, 5);
    return scatter_entries(g, entries, n, g->shape->words, g->stride);
}

static bool join_pieces(struct join *table, const struct partition *p, uint32_t per_piece)
{
    uint32_t held = p->used;

    for (const struct piece *piece = p->first; piece != NULL; piece = piece->next) {
        if (!join_add(table, piece->entries, held))
            return false;
        held = per_piece;
    }
    return true;
}

/* Add up the entries of one partition in place: its keys become distinct. */
static bool compact(struct groups *g, struct partition *p)
{
    if (p->entries == 0)
        return true;
    if (!join_reset(&g->table, p->entries) || !join_pieces(&g->table, p, g->per_piece))
        return false;
    give_pieces(g, g, p);
    return scatter(g, g->table.entries, g->table.count);
}

/* ---- the front table ------------------------------------------------------------ */

/* Four times the room, its entries kept. */
static bool grow_front(struct groups *g)
{
    struct join larger;
    uint32_t keys = g->front.count < g->front_max / 4 ? g->front.count * 4 : g->front_max;

    join_init(&larger, g->shape->words, g->stride);
    if (!join_reset(&larger, keys) ||
        !join_add(&larger, g->front.entries, g->front.count)) {
        join_free(&larger);
        return false;
    }
    join_free(&g->front);
    g->front = larger;
    return true;
}

static bool empty_front(struct groups *g)
{
    /* fewer than two entries a key: let later ones pass it by */
    g->front_off = g->front_added < (uint64_t)g->front.count * 2;
    g->front_added = 0;
    if (!scatter(g, g->front.entries, g->front.count))
        return false;
    if (g->front_off) {
        join_free(&g->front);
        return true;
    }
    return join_reset(&g->front, g->front_max);
}

bool groups_add(struct groups *g, const uint64_t *entries, uint32_t n)
{
    if (g->front_off || n == 0)
        return scatter(g, entries, n);
    while (g->front.count + n >= g->front.capacity) {
        if (g->front.capacity < g->front_max && g->front.count > 0) {
            if (!grow_front(g))
                return false;
        } else {
            if (!empty_front(g))
                return false;
            if (g->front_off || n >= g->front.capacity)
                return scatter(g, entries, n);
        }
    }
    g->front_added += n;
    return join_add(&g->front, entries, n);
}

/* ---- budget --------------------------------------------------------------------- */

static void drop_outside_pass(struct groups *g)
{
    unsigned low = atomic_load(&g->shape->low), high = atomic_load(&g->shape->high);

    for (unsigned i = 0; i < PARTITIONS; i++)
        if ((i < low || i >= high) && g->partition[i].entries != 0)
            give_pieces(g, g, &g->partition[i]);
}

bool groups_keep_within_budget(struct groups *g)
{
    struct groups_shape *s = g->shape;
    uint64_t share = s->budget / (uint64_t)atomic_load(&s->workers);
    unsigned low, high;

    account(g);
    if (atomic_load(&s->high) - atomic_load(&s->low) < PARTITIONS)
        drop_outside_pass(g);
    if (in_use(g) <= share)
        return true;
    for (unsigned i = 0; i < PARTITIONS; i++)
        if (!compact(g, &g->partition[i]))
            return false;
    if (in_use(g) <= share / 4 * 3)
        return true;
    low = atomic_load(&s->low);
    high = atomic_load(&s->high);
    if (high - low <= 1)
        return in_use(g) <= share;
    atomic_compare_exchange_strong(&s->high, &high, low + (high - low) / 2);
    drop_outside_pass(g);
    return true;
}

/* Also what a worker that was done early still holds of partitions that others dropped since: the
 * next pass will find those flows again. */
bool groups_flush(struct groups *g)
{
    uint32_t keys = g->front.count;

    drop_outside_pass(g);
    g->front.count = 0;
    g->front_added = 0;
    if (keys == 0)
        return true;
    if (!scatter(g, g->front.entries, keys))
        return false;
    return join_reset(&g->front, g->front.capacity - 1); /* as large as it is */
}

const uint64_t *groups_join(struct groups *into, struct groups *const *workers, int count,
    unsigned partition, uint32_t *n)
{
    uint64_t entries = 0;

    for (int i = 0; i < count; i++)
        if (workers[i] != NULL)
            entries += workers[i]->partition[partition].entries;
    if (entries > UINT32_MAX / 8 || !join_reset(&into->table, (uint32_t)entries))
        return NULL;
    for (int i = 0; i < count; i++)
        if (workers[i] != NULL) {
            struct partition *p = &workers[i]->partition[partition];
            if (!join_pieces(&into->table, p, into->per_piece))
                return NULL;
            give_pieces(into, workers[i], p);
        }
    *n = into->table.count;
    return into->table.entries;
}
