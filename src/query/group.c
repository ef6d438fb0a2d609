#include <stdlib.h>
#include <string.h>

#include "query/engine.h"

/*
 * Group by keys: totals when there are none; else one of two ways, block by block.
 *   dense  The codes of all keys together have at most 16 bits: add into an array indexed
 * by code, then hand on one entry for each code that occurred. rows   Look each flow's
 * values up and hand on an entry a flow.
 */

#define DENSE_BITS 16

/* Where a key's value lies in the words of an entry. */
struct part {
    int field[2]; /* by end: a key of "either end" counts a flow under both */
    int mask[2];  /* prefix keys: field with the prefix length; else -1 */
    int word;
    unsigned shift, bits;
};

struct group {
    struct groups_shape shape;
    struct part part[QUERY_KEYS_MAX];
    int ends; /* 1, or 2 when some key is "either end" */
    bool duration;
    struct keep keep; /* rows of all workers, at the end */
};

struct group_worker {
    struct group *group;
    struct groups *groups;
    struct cell *cells; /* the reader's */
    uint64_t *durations;
    uint32_t *codes;   /* CHUNK: codes of all keys together */
    uint64_t *entries; /* CHUNK entries */
    uint32_t stride;
    uint64_t totals[MEASURES];
    struct keep keep; /* the best rows of the partitions that this worker joined */
    uint64_t rows_total;
};

/* ---- plan ----------------------------------------------------------------------- */

static unsigned field_bits(uint32_t max)
{
    unsigned bits = 0;

    for (; max != 0; max >>= 1)
        bits++;
    return bits;
}

static void key_fields(int key, struct part *p)
{
    p->mask[0] = p->mask[1] = -1;
    switch (key) {
    case KEY_ADDRESS:
        p->field[0] = F_SOURCE_ADDRESS;
        p->field[1] = F_DEST_ADDRESS;
        break;
    case KEY_PORT:
        p->field[0] = F_SOURCE_PORT;
        p->field[1] = F_DEST_PORT;
        break;
    case KEY_SOURCE_PREFIX:
    case KEY_DEST_PREFIX:
        p->field[0] = p->field[1] =
            key == KEY_SOURCE_PREFIX ? F_SOURCE_ADDRESS : F_DEST_ADDRESS;
        p->mask[0] = p->mask[1] = key == KEY_SOURCE_PREFIX ? F_SOURCE_MASK : F_DEST_MASK;
        break;
    default:
        p->field[0] = p->field[1] = key;
    }
}

/* Words are filled from their top in key order, so that comparing words compares keys. */
static void place_keys(struct group *g, const struct query_request *r)
{
    unsigned left = 0;

    g->ends = 1;
    g->shape.words = 0;
    for (int i = 0; i < r->key_count; i++) {
        struct part *p = &g->part[i];
        key_fields(r->keys[i], p);
        p->bits = field_bits(flow_fields[p->field[0]].max) + (p->mask[0] >= 0 ? 8 : 0);
        if (p->bits > left) {
            g->shape.words++;
            left = 64;
        }
        left -= p->bits;
        p->word = g->shape.words - 1;
        p->shift = left;
        if (r->keys[i] == KEY_ADDRESS || r->keys[i] == KEY_PORT)
            g->ends = 2;
    }
    if (g->shape.words == 0)
        g->shape.words = 1;
}

static uint64_t key_value(const struct part *p, const uint64_t *words)
{
    uint64_t v = words[p->word] >> p->shift;
    return p->bits >= 64 ? v : v & ((UINT64_C(1) << p->bits) - 1);
}

/* ---- order of rows -------------------------------------------------------------- */

static bool entry_before(const void *context, const void *a, const void *b)
{
    const struct query *q = context;
    const struct group *g = q->shape_data;
    const uint64_t *x = a, *y = b;
    int order = q->request.order;
    uint64_t u, v;

    if (order >= 0) {
        u = key_value(&g->part[order], x);
        v = key_value(&g->part[order], y);
    } else {
        u = x[g->shape.words - 1 - order];
        v = y[g->shape.words - 1 - order];
    }
    if (u != v)
        return q->request.ascending ? u < v : u > v;
    for (int w = 0; w < g->shape.words; w++)
        if (x[w] != y[w])
            return x[w] < y[w];
    return false;
}

static void keep_init(struct keep *k, const struct query *q)
{
    const struct group *g = q->shape_data;

    k->size = (size_t)(g->shape.words + g->shape.measures) * sizeof(uint64_t);
    k->limit = q->request.limit;
    k->bytes_max = q->request.memory;
    k->before = entry_before;
    k->context = q;
}

static int group_prepare(struct query *q, struct err *e)
{
    struct group *g = calloc(1, sizeof(*g));

    if (g == NULL)
        return err_nomem(e, "query");
    q->shape_data = g;
    g->duration = q->request.duration;
    g->shape.measures = g->duration ? 4 : 3;
    place_keys(g, &q->request);
    g->shape.budget = q->request.memory;
    g->shape.pool = &q->engine->slabs;
    atomic_store(&g->shape.high, PARTITIONS);
    keep_init(&g->keep, q);
    return 0;
}

static void group_release(struct query *q)
{
    struct group *g = q->shape_data;

    keep_free(&g->keep);
    free(g);
}

static void group_worker_free(void *shape)
{
    struct group_worker *w = shape;

    if (w == NULL)
        return;
    groups_free(w->groups);
    keep_free(&w->keep);
    free(w->codes);
    free(w->entries);
    free(w);
}

static void *group_worker_new(struct query *q)
{
    struct group *g = q->shape_data;
    struct group_worker *w = calloc(1, sizeof(*w));

    if (w == NULL)
        return NULL;
    w->group = g;
    keep_init(&w->keep, q);
    w->stride = (uint32_t)(g->shape.words + g->shape.measures);
    w->groups = groups_new(&g->shape);
    w->codes = mem_array(CHUNK, sizeof(*w->codes));
    w->entries = mem_array(CHUNK, w->stride * sizeof(*w->entries));
    if (w->groups == NULL || w->codes == NULL || w->entries == NULL) {
        group_worker_free(w);
        return NULL;
    }
    return w;
}

/* ---- totals --------------------------------------------------------------------- */

static void add_totals(
    struct group_worker *g, struct reader *r, const uint16_t *rows, uint32_t n)
{
    const int64_t *octets = reader_values(r, F_OCTETS),
                  *packets = reader_values(r, F_PACKETS);
    const int64_t *flows = reader_has(r, F_FLOWS) ? reader_values(r, F_FLOWS) : NULL;
    const int64_t *durations =
        g->group->duration ? reader_values(r, COLUMN_DURATION) : NULL;
    uint64_t sum[MEASURES] = {flows == NULL ? n : 0};

    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = rows != NULL ? rows[i] : i;
        sum[MEASURE_OCTETS] += (uint64_t)octets[row];
        sum[MEASURE_PACKETS] += (uint64_t)packets[row];
        if (flows != NULL)
            sum[MEASURE_FLOWS] += (uint64_t)flows[row];
        if (durations != NULL)
            sum[MEASURE_DURATION] += (uint32_t)durations[row];
    }
    for (int m = 0; m < MEASURES; m++)
        g->totals[m] += sum[m];
}

static void add_block_totals(struct group_worker *g, const struct block *b)
{
    g->totals[MEASURE_FLOWS] += b->flow_count;
    g->totals[MEASURE_OCTETS] += b->octets;
    g->totals[MEASURE_PACKETS] += b->packets;
}

/* ---- dense ---------------------------------------------------------------------- */

/* Bits of all keys' codes together; more than DENSE_BITS: not dense. */
static unsigned dense_bits(
    const struct group *g, const struct query *q, struct reader *r, int end)
{
    unsigned bits = 0;

    if (r->block.packets > UINT32_MAX || r->block.flow_count > UINT32_MAX)
        return DENSE_BITS + 1; /* cells would overflow */
    for (int i = 0; i < q->request.key_count; i++) {
        if (g->part[i].mask[0] >= 0)
            return DENSE_BITS + 1;
        bits += reader_column(r, g->part[i].field[end])->width;
    }
    return bits;
}

static const uint32_t *dense_codes(
    struct group_worker *g, const struct query *q, struct reader *r, int end)
{
    const uint32_t *codes;

    if (q->request.key_count == 1)
        return reader_codes(r, g->group->part[0].field[end]);
    memset(g->codes, 0, CHUNK * sizeof(*g->codes));
    for (int i = 0; i < q->request.key_count; i++) {
        int field = g->group->part[i].field[end];
        unsigned width = reader_column(r, field)->width;
        codes = reader_codes(r, field);
        for (uint32_t row = 0; row < r->rows; row++)
            g->codes[row] = g->codes[row] << width | codes[row];
    }
    return g->codes;
}

static void dense_add(struct group_worker *g, struct reader *r, const uint32_t *codes,
    const uint16_t *rows, uint32_t n)
{
    const int64_t *octets = reader_values(r, F_OCTETS),
                  *packets = reader_values(r, F_PACKETS);
    struct cell *cells = g->cells;

    if (rows == NULL) {
        for (uint32_t i = 0; i < n; i++) {
            struct cell *c = &cells[codes[i]];
            c->octets += (uint64_t)octets[i];
            c->packets += (uint32_t)packets[i];
            c->flows++;
        }
    } else {
        for (uint32_t i = 0; i < n; i++) {
            struct cell *c = &cells[codes[rows[i]]];
            c->octets += (uint64_t)octets[rows[i]];
            c->packets += (uint32_t)packets[rows[i]];
            c->flows++;
        }
    }
    if (reader_has(r, F_FLOWS)) { /* aggregates: the record stands for so many flows */
        const int64_t *flows = reader_values(r, F_FLOWS);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t row = rows != NULL ? rows[i] : i;
            cells[codes[row]].flows += (uint32_t)flows[row] - 1;
        }
    }
    if (g->group->duration) {
        const int64_t *durations = reader_values(r, COLUMN_DURATION);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t row = rows != NULL ? rows[i] : i;
            g->durations[codes[row]] += (uint32_t)durations[row];
        }
    }
}

/* How to take a code of all keys apart, from the last key to the first. */
struct code_part {
    const uint32_t *dictionary;
    unsigned width, shift;
    int word;
};

static void code_parts(const struct group *g, const struct query *q, struct reader *r,
    int end, struct code_part *parts)
{
    for (int i = 0; i < q->request.key_count; i++) {
        const struct part *p = &g->part[i];
        parts[i] = (struct code_part){reader_dictionary(r, p->field[end]),
            reader_column(r, p->field[end])->width, p->shift, p->word};
    }
}

/* One entry out of a cell. */
static void cell_entry(const struct group_worker *g, const struct code_part *parts,
    int keys, uint32_t code, uint64_t *entry)
{
    const struct cell *c = &g->cells[code];
    int words = g->group->shape.words;
    uint64_t *measure = entry + words;
    uint32_t rest = code;

    for (int w = 0; w < words; w++)
        entry[w] = 0;
    for (int i = keys - 1; i >= 0; i--) {
        const struct code_part *p = &parts[i];
        uint32_t own = rest & (((uint32_t)1 << p->width) - 1);
        entry[p->word] |= (uint64_t)p->dictionary[own] << p->shift;
        rest >>= p->width;
    }
    measure[MEASURE_FLOWS] = c->flows;
    measure[MEASURE_OCTETS] = c->octets;
    measure[MEASURE_PACKETS] = c->packets;
    if (g->group->duration)
        measure[MEASURE_DURATION] = g->durations[code];
}

static bool dense_flush(struct group_worker *g, const struct query *q, struct reader *r,
    int end, uint32_t codes)
{
    struct code_part parts[QUERY_KEYS_MAX];
    uint32_t n = 0;

    code_parts(g->group, q, r, end, parts);
    for (uint32_t code = 0; code < codes; code++) {
        struct cell *c = &g->cells[code];
        if ((c->flows | c->packets | c->octets) == 0)
            continue;
        cell_entry(
            g, parts, q->request.key_count, code, g->entries + (size_t)n * g->stride);
        *c = (struct cell){0};
        if (g->group->duration)
            g->durations[code] = 0;
        if (++n == CHUNK) {
            if (!groups_add(g->groups, g->entries, n))
                return false;
            n = 0;
        }
    }
    return groups_add(g->groups, g->entries, n);
}

/* ---- rows ----------------------------------------------------------------------- */

/* The values of one key for the chosen rows, or'ed into the entries. */
static void put_key(struct group_worker *g, struct reader *r, const struct part *p, int end,
    const uint16_t *rows, uint32_t n)
{
    const uint32_t *dictionary = reader_dictionary(r, p->field[end]);
    const uint32_t *codes = reader_codes(r, p->field[end]);
    uint64_t *to = g->entries + p->word;

    if (p->mask[end] < 0) {
        for (uint32_t i = 0; i < n; i++, to += g->stride)
            *to |= (uint64_t)dictionary[codes[rows != NULL ? rows[i] : i]] << p->shift;
        return;
    }
    const uint32_t *lengths = reader_dictionary(r, p->mask[end]);
    const uint32_t *length_codes = reader_codes(r, p->mask[end]);
    for (uint32_t i = 0; i < n; i++, to += g->stride) {
        uint32_t row = rows != NULL ? rows[i] : i;
        uint64_t address = dictionary[codes[row]];
        uint32_t length = lengths[length_codes[row]];
        /* Length 0 is what exporters send that know no prefix: the address stays whole, as
         * flow-stat has it. */
        bool whole = length == 0 || length >= 32;
        uint64_t network = whole ? address : address >> (32 - length) << (32 - length);
        *to |= (network << 8 | (length & 0xff)) << p->shift;
    }
}

static bool rows_add(struct group_worker *g, const struct query *q, struct reader *r,
    int end, const uint16_t *rows, uint32_t n)
{
    int words = g->group->shape.words;
    const int64_t *octets = reader_values(r, F_OCTETS),
                  *packets = reader_values(r, F_PACKETS);
    const int64_t *flows = reader_values(r, F_FLOWS);
    const int64_t *durations =
        g->group->duration ? reader_values(r, COLUMN_DURATION) : NULL;
    uint64_t *to = g->entries;

    for (uint32_t i = 0; i < n; i++, to += g->stride) {
        uint32_t row = rows != NULL ? rows[i] : i;
        for (int w = 0; w < words; w++)
            to[w] = 0;
        to[words + MEASURE_FLOWS] = (uint64_t)flows[row];
        to[words + MEASURE_OCTETS] = (uint64_t)octets[row];
        to[words + MEASURE_PACKETS] = (uint64_t)packets[row];
        if (durations != NULL)
            to[words + MEASURE_DURATION] = (uint32_t)durations[row];
    }
    for (int i = 0; i < q->request.key_count; i++)
        put_key(g, r, &g->group->part[i], end, rows, n);
    return groups_add(g->groups, g->entries, n);
}

/* ---- a block -------------------------------------------------------------------- */

/* Have every column that will be read checked now, so that nothing fails half way. False:
 * the block lacks a key (or a column is bad). */
static bool touch_columns(
    const struct group *g, const struct query *q, struct reader *r, int end)
{
    bool present = true;

    for (int i = 0; i < q->request.key_count; i++) {
        present &= reader_has(r, g->part[i].field[end]);
        if (g->part[i].mask[end] >= 0)
            present &= reader_has(r, g->part[i].mask[end]);
    }
    reader_column(r, F_OCTETS);
    reader_column(r, F_PACKETS);
    reader_column(r, F_FLOWS);
    if (g->duration)
        reader_column(r, COLUMN_DURATION);
    return present && !r->failed;
}

/* One end of the flows of a block. counted: matched flows and totals are taken now. */
static bool block_end(struct worker *w, enum verdict v, int end, bool keys, bool counted)
{
    struct group_worker *g = w->shape;
    const struct query *q = w->query;
    struct reader *r = w->reader;
    unsigned bits = keys ? dense_bits(g->group, q, r, end) : 0;
    bool dense = bits <= DENSE_BITS, whole = v == MATCH_ALL && !g->group->duration;
    uint64_t matched = 0;

    g->cells = r->cells;
    g->durations = r->durations;
    r->cells_used = keys && dense;
    if (whole && counted)
        add_block_totals(g, &r->block);
    for (uint32_t chunk = 0; (keys || !whole) && reader_chunk(r, chunk); chunk++) {
        const uint16_t *rows;
        uint32_t n = worker_rows(w, v, &rows);
        matched += n;
        if (n == 0)
            continue;
        if (counted && !whole)
            add_totals(g, r, rows, n);
        if (!keys)
            continue;
        if (dense)
            dense_add(g, r, dense_codes(g, q, r, end), rows, n);
        else if (!rows_add(g, q, r, end, rows, n))
            return false;
    }
    if (counted) {
        matched = whole ? r->block.count : matched;
        w->stats.flows_matched += matched;
        if (!keys && q->request.key_count > 0)
            w->stats.flows_without_field += matched;
        if (matched > 0) {
            w->data_start =
                r->block.min_start < w->data_start ? r->block.min_start : w->data_start;
            w->data_end = r->block.max_end > w->data_end ? r->block.max_end : w->data_end;
        }
    }
    if (keys && dense) {
        if (!dense_flush(g, q, r, end, (uint32_t)1 << bits))
            return false;
        r->cells_used = false;
    }
    return true;
}

static int group_block(struct worker *w, size_t task, enum verdict v, struct err *e)
{
    struct group_worker *g = w->shape;
    bool counted = w->query->pass == 0; /* later passes see the same flows again */
    bool some_end = false;

    (void)task;
    for (int end = 0; end < g->group->ends; end++) {
        bool keys = touch_columns(g->group, w->query, w->reader, end) &&
                    w->query->request.key_count > 0;
        if (w->reader->failed)
            return 0;
        some_end |= keys;
        if (!keys && (end + 1 < g->group->ends || some_end))
            continue; /* the other end may have the fields */
        if (!block_end(w, v, end, keys, counted))
            return err_nomem(e, "groups of a query");
        counted = false;
    }
    if (!groups_keep_within_budget(g->groups))
        return err_set(e, ERR_MEMORY,
            "too many groups: not even one of %d partitions fits the memory budget of %llu "
            "MiB",
            PARTITIONS, (unsigned long long)(g->group->shape.budget >> 20));
    return 0;
}

/* ---- merging -------------------------------------------------------------------- */

static int group_flush(void *shape, struct err *e)
{
    struct group_worker *g = shape;
    return groups_flush(g->groups) ? 0 : err_nomem(e, "groups of a query");
}

static size_t group_merge_tasks(struct query *q)
{
    struct group *g = q->shape_data;
    return q->request.key_count == 0
               ? 0
               : atomic_load(&g->shape.high) - atomic_load(&g->shape.low);
}

static int group_merge(struct worker *w, size_t task, struct err *e)
{
    struct group_worker *own = w->shape;
    struct group *g = own->group;
    struct groups *all[ENGINE_THREADS_MAX] = {0};
    const uint64_t *entries;
    uint32_t n;

    for (int i = 0; i < ENGINE_THREADS_MAX; i++)
        if (w->query->worker[i] != NULL)
            all[i] = ((struct group_worker *)w->query->worker[i]->shape)->groups;
    entries = groups_join(own->groups, all, ENGINE_THREADS_MAX,
        atomic_load(&g->shape.low) + (unsigned)task, &n);
    if (entries == NULL)
        return err_nomem(e, "groups of a query");
    own->rows_total += n;
    for (uint32_t i = 0; i < n; i++)
        if (keep_offer(&own->keep, entries + (size_t)i * own->stride, e) == -1)
            return -1;
    return 0;
}

/* Rows of all workers together. */
static int join_rows(struct query *q, struct err *e)
{
    struct group *g = q->shape_data;

    for (int i = 0; i < ENGINE_THREADS_MAX; i++) {
        struct group_worker *w = q->worker[i] != NULL ? q->worker[i]->shape : NULL;
        if (w == NULL)
            continue;
        q->result.rows_total += w->rows_total;
        for (size_t n = 0; n < w->keep.count; n++)
            if (keep_offer(&g->keep, w->keep.items + n * w->keep.size, e) == -1)
                return -1;
        keep_free(&w->keep);
    }
    return 0;
}

static int make_rows(struct query *q, struct err *e)
{
    struct group *g = q->shape_data;
    const uint64_t *entry;

    if (join_rows(q, e) == -1 || keep_sort(&g->keep, e) == -1)
        return -1;
    q->result.rows = mem_array(g->keep.count + 1, sizeof(*q->result.rows));
    if (q->result.rows == NULL)
        return err_nomem(e, "rows of a query");
    for (size_t i = 0; i < g->keep.count; i++) {
        struct query_row *row = &q->result.rows[i];
        entry = (const uint64_t *)(const void *)(g->keep.items + i * g->keep.size);
        for (int k = 0; k < q->request.key_count; k++)
            row->key[k] = key_value(&g->part[k], entry);
        for (int m = 0; m < g->shape.measures; m++)
            row->measure[m] = entry[g->shape.words + m];
        if (row->measure[MEASURE_OCTETS] < q->request.cutoff_octets)
            break;
        q->result.row_count++;
    }
    keep_free(&g->keep);
    return 0;
}

static void sum_totals(struct query *q)
{
    for (int i = 0; i < ENGINE_THREADS_MAX; i++)
        if (q->worker[i] != NULL)
            for (int m = 0; m < MEASURES; m++)
                q->result.totals[m] +=
                    ((struct group_worker *)q->worker[i]->shape)->totals[m];
}

static int group_finish(struct query *q, struct err *e)
{
    struct group *g = q->shape_data;
    unsigned high = atomic_load(&g->shape.high);

    q->result.stats.memory_peak = atomic_load(&g->shape.memory_peak);
    if (high < PARTITIONS && q->request.key_count > 0) {
        atomic_store(&g->shape.low, high);
        atomic_store(&g->shape.high, PARTITIONS);
        return 1;
    }
    sum_totals(q);
    if (q->request.key_count > 0)
        return make_rows(q, e);
    if ((q->result.rows = mem_array(1, sizeof(*q->result.rows))) == NULL)
        return err_nomem(e, "rows of a query");
    memcpy(q->result.rows[0].measure, q->result.totals, sizeof(q->result.totals));
    q->result.row_count = q->result.rows_total = 1;
    return 0;
}

const struct shape shape_group = {
    .prepare = group_prepare,
    .release = group_release,
    .worker_new = group_worker_new,
    .worker_free = group_worker_free,
    .block = group_block,
    .flush = group_flush,
    .merge_tasks = group_merge_tasks,
    .merge = group_merge,
    .finish = group_finish,
};
