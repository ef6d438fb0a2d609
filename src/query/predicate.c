#include "query/predicate.h"

#include <stdlib.h>
#include <string.h>

enum node_kind {
    NODE_FIXED,
    NODE_AND,
    NODE_OR,
    NODE_NOT,
    NODE_KEY,
    NODE_NUMBER,
    NODE_TIME
};

/* The tree as an array: a node's children follow each other through 'next'. */
struct node {
    enum node_kind kind;
    bool fixed;           /* NODE_FIXED */
    int field;            /* column that a leaf reads */
    bool seconds;         /* NODE_NUMBER: value is floor(ms / 1000), not below 0 */
    bool duration;        /* NODE_NUMBER: value is its low 32 bits */
    struct value_set set; /* NODE_KEY, NODE_NUMBER: borrowed from the filter */
    int64_t low, high;    /* NODE_TIME: inclusive */
    int child, next;      /* -1: none */
};

struct predicate {
    struct node *nodes;
    size_t count, capacity;
};

/* A leaf bound to a block: the codes low..low+span, or those with map[code] != 0. */
struct bound {
    enum verdict verdict;
    bool mapped;
    uint32_t low, span;
    uint8_t *map;
};

struct binding {
    const struct predicate *predicate;
    struct bound *bound;
    uint8_t *mask; /* CHUNK bytes for each node */
};

/* ---- compiling ------------------------------------------------------------------ */

static int add_node(struct predicate *p, enum node_kind kind)
{
    void *grown = mem_grow(p->nodes, &p->capacity, p->count + 1, sizeof(*p->nodes));

    if (grown == NULL)
        return -1;
    p->nodes = grown;
    p->nodes[p->count] = (struct node){.kind = kind, .child = -1, .next = -1};
    return (int)p->count++;
}

static int add_leaf(struct predicate *p, const struct filter *f)
{
    int n = add_node(p, f->field < FLOW_KEYS ? NODE_KEY : NODE_NUMBER);

    if (n == -1)
        return -1;
    struct node *node = &p->nodes[n];
    node->set = f->set;
    node->field = f->field;
    if (f->field == FILTER_DURATION) {
        node->field = COLUMN_DURATION;
        node->duration = true;
    } else if (f->field == FILTER_START_SECOND || f->field == FILTER_END_SECOND) {
        node->field = f->field == FILTER_START_SECOND ? F_START : F_END;
        node->seconds = true;
    }
    return n;
}

/* Returns the node's index, -1 when out of memory. Depth is bounded by the parsers. */
static int compile(struct predicate *p, const struct filter *f)
{
    static const enum node_kind kinds[] = {
        [FILTER_AND] = NODE_AND, [FILTER_OR] = NODE_OR, [FILTER_NOT] = NODE_NOT};
    int n, last = -1;

    if (f->op == FILTER_IN)
        return add_leaf(p, f);
    if (f->op == FILTER_TRUE || f->op == FILTER_FALSE) {
        if ((n = add_node(p, NODE_FIXED)) != -1)
            p->nodes[n].fixed = f->op == FILTER_TRUE;
        return n;
    }
    if ((n = add_node(p, kinds[f->op])) == -1)
        return -1;
    for (size_t i = 0; i < f->children; i++) {
        int child = compile(p, f->child[i]);
        if (child == -1)
            return -1;
        if (last == -1)
            p->nodes[n].child = child;
        else
            p->nodes[last].next = child;
        last = child;
    }
    return n;
}

static bool add_time(
    struct predicate *p, int *last, int field, int64_t from, int64_t before)
{
    int n;

    if (from == INT64_MIN && before == INT64_MAX)
        return true;
    if ((n = add_node(p, NODE_TIME)) == -1)
        return false;
    p->nodes[n].field = field;
    p->nodes[n].low = from;
    p->nodes[n].high = before == INT64_MAX ? INT64_MAX : before - 1;
    if (*last == -1)
        p->nodes[0].child = n;
    else
        p->nodes[*last].next = n;
    *last = n;
    return true;
}

/* Node 0 is the AND of the period and the filter. Times come first: their verdict is free.
 */
struct predicate *predicate_new(const struct filter *f, const struct period *period)
{
    struct predicate *p = calloc(1, sizeof(*p));
    int last = -1;

    if (p == NULL || add_node(p, NODE_AND) == -1 ||
        !add_time(p, &last, F_START, period->start_from, period->start_before) ||
        !add_time(p, &last, F_END, period->end_from, period->end_before)) {
        predicate_free(p);
        return NULL;
    }
    if (f != NULL) {
        int n = compile(p, f);
        if (n == -1) {
            predicate_free(p);
            return NULL;
        }
        if (last == -1)
            p->nodes[0].child = n;
        else
            p->nodes[last].next = n;
    }
    return p;
}

void predicate_free(struct predicate *p)
{
    if (p == NULL)
        return;
    free(p->nodes);
    free(p);
}

struct binding *binding_new(const struct predicate *p)
{
    struct binding *b = calloc(1, sizeof(*b));

    if (b == NULL)
        return NULL;
    b->predicate = p;
    b->bound = mem_array(p->count, sizeof(*b->bound));
    b->mask = mem_array(p->count, CHUNK);
    if (b->bound == NULL || b->mask == NULL) {
        binding_free(b);
        return NULL;
    }
    return b;
}

void binding_free(struct binding *b)
{
    if (b == NULL)
        return;
    if (b->bound != NULL)
        for (size_t i = 0; i < b->predicate->count; i++)
            free(b->bound[i].map);
    free(b->bound);
    free(b->mask);
    free(b);
}

/* ---- binding to a block --------------------------------------------------------- */

/* First range that ends at or after v. */
static size_t range_at(const struct value_set *s, uint64_t v)
{
    size_t low = 0, high = s->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->ranges[middle].high < v)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool set_has(const struct value_set *s, uint64_t v)
{
    size_t i = range_at(s, v);
    return i < s->count && s->ranges[i].low <= v;
}

/* What the smallest and largest value of a column already tell. */
static enum verdict bind_zone(const struct value_set *s, uint64_t min, uint64_t max)
{
    size_t i = range_at(s, min);

    if (i == s->count || s->ranges[i].low > max)
        return MATCH_NONE;
    if (s->ranges[i].low <= min && s->ranges[i].high >= max)
        return MATCH_ALL;
    return MATCH_SOME;
}

#define FEW_ADDRESSES 16

/* A set of a few single addresses may be ruled out by the block's membership filter. */
static bool addresses_ruled_out(const struct node *n, const struct block *b)
{
    if ((n->field != F_SOURCE_ADDRESS && n->field != F_DEST_ADDRESS) ||
        n->set.count > FEW_ADDRESSES)
        return false;
    for (size_t i = 0; i < n->set.count; i++)
        if (n->set.ranges[i].low != n->set.ranges[i].high ||
            block_may_have_address(b, (uint32_t)n->set.ranges[i].low))
            return false;
    return true;
}

/* First code whose value is >= v. */
static uint32_t code_at(const uint32_t *values, uint32_t from, uint32_t count, uint64_t v)
{
    uint32_t low = from, high = count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (values[middle] < v)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool need_map(struct bound *b, uint32_t distinct)
{
    if (b->map == NULL && (b->map = malloc(FLOW_BLOCK_MAX)) == NULL)
        return false;
    memset(b->map, 0, distinct);
    return true;
}

/* Merge the sorted ranges with the sorted dictionary: as few runs of codes as there are. */
static enum verdict bind_codes(const struct node *n, struct bound *b,
    const uint32_t *values, uint32_t distinct, bool *failed)
{
    const struct value_set *s = &n->set;
    uint32_t code = 0, runs = 0, matched = 0;

    b->mapped = false;
    for (size_t i = range_at(s, values[0]); i < s->count && code < distinct; i++) {
        uint32_t first = code_at(values, code, distinct, s->ranges[i].low);
        uint32_t after = code_at(values, first, distinct, s->ranges[i].high + 1);
        if (s->ranges[i].high == UINT64_MAX)
            after = distinct;
        code = after;
        if (first == after)
            continue;
        if (runs > 0 && !b->mapped) { /* a second run: write the first one into the map */
            if (!need_map(b, distinct)) {
                *failed = true;
                return MATCH_NONE;
            }
            memset(b->map + b->low, 1, (size_t)b->span + 1);
            b->mapped = true;
        }
        if (b->mapped)
            memset(b->map + first, 1, after - first);
        b->low = first;
        b->span = after - first - 1;
        matched += after - first;
        runs++;
    }
    return matched == 0 ? MATCH_NONE : matched == distinct ? MATCH_ALL : MATCH_SOME;
}

static enum verdict bind_key(const struct node *n, struct bound *b, struct reader *r)
{
    const struct column *c = reader_column(r, n->field);
    enum verdict v;
    bool failed = false;

    if (c->coding == COLUMN_ABSENT)
        return MATCH_NONE;
    v = bind_zone(&n->set, (uint64_t)c->min, (uint64_t)c->max);
    if (v != MATCH_SOME || c->coding == COLUMN_CONSTANT)
        return v;
    if (addresses_ruled_out(n, &r->block))
        return MATCH_NONE;
    v = bind_codes(n, b, reader_dictionary(r, n->field), c->distinct, &failed);
    if (failed) {
        r->failed = true;
        err_nomem(&r->err, "filter");
    }
    return v;
}

static enum verdict bind_number(const struct node *n, struct reader *r)
{
    const struct column *c = reader_column(r, n->field);

    if (c->coding == COLUMN_ABSENT)
        return MATCH_NONE;
    if (n->seconds || n->duration || c->min < 0)
        return MATCH_SOME;
    return bind_zone(&n->set, (uint64_t)c->min, (uint64_t)c->max);
}

/* A block on the edge of the period needs the column: have it checked before any flow is
 * read. */
static enum verdict bind_time(const struct node *n, struct reader *r)
{
    const struct block *b = &r->block;
    int64_t min = n->field == F_START ? b->min_start : b->min_end;
    int64_t max = n->field == F_START ? b->max_start : b->max_end;

    if (max < n->low || min > n->high)
        return MATCH_NONE;
    if (min >= n->low && max <= n->high)
        return MATCH_ALL;
    reader_column(r, n->field);
    return MATCH_SOME;
}

static enum verdict bind_node(struct binding *b, struct reader *r, int index)
{
    const struct node *n = &b->predicate->nodes[index];
    enum verdict v;

    switch (n->kind) {
    case NODE_FIXED:
        v = n->fixed ? MATCH_ALL : MATCH_NONE;
        break;
    case NODE_KEY:
        v = bind_key(n, &b->bound[index], r);
        break;
    case NODE_NUMBER:
        v = bind_number(n, r);
        break;
    case NODE_TIME:
        v = bind_time(n, r);
        break;
    case NODE_NOT:
        v = (enum verdict)(MATCH_ALL - bind_node(b, r, n->child));
        break;
    default: /* AND: the least of its children; OR: the greatest */
        v = n->kind == NODE_AND ? MATCH_ALL : MATCH_NONE;
        for (int child = n->child; child != -1; child = b->predicate->nodes[child].next) {
            enum verdict c = bind_node(b, r, child);
            if (n->kind == NODE_AND ? c < v : c > v)
                v = c;
            if (v == (n->kind == NODE_AND ? MATCH_NONE : MATCH_ALL))
                break;
        }
    }
    b->bound[index].verdict = v;
    return v;
}

enum verdict predicate_bind(struct binding *b, struct reader *r)
{
    return bind_node(b, r, 0);
}

/* ---- selecting flows ------------------------------------------------------------ */

static void select_key(
    const struct bound *b, const uint32_t *codes, uint32_t n, uint8_t *mask)
{
    uint32_t low = b->low, span = b->span;

    if (b->mapped) {
        const uint8_t *map = b->map;
        for (uint32_t i = 0; i < n; i++)
            mask[i] = map[codes[i] % FLOW_BLOCK_MAX];
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        mask[i] = codes[i] - low <= span;
}

static void select_number(
    const struct node *n, const int64_t *values, uint32_t count, uint8_t *mask)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t v = (uint64_t)values[i];
        if (n->duration)
            v = (uint32_t)v;
        else if (n->seconds)
            v = values[i] < 0 ? 0 : v / 1000;
        mask[i] = set_has(&n->set, v);
    }
}

static void select_time(
    const struct node *n, const int64_t *values, uint32_t count, uint8_t *mask)
{
    int64_t low = n->low, high = n->high;

    for (uint32_t i = 0; i < count; i++)
        mask[i] = (values[i] >= low) & (values[i] <= high);
}

static void select_node(struct binding *b, struct reader *r, int index);

/* AND and OR: children that say SOME are computed into their own masks and joined. */
static void select_children(
    struct binding *b, struct reader *r, const struct node *n, uint8_t *mask)
{
    bool all = n->kind == NODE_AND;

    memset(mask, all, r->rows);
    for (int child = n->child; child != -1; child = b->predicate->nodes[child].next) {
        const uint8_t *other = b->mask + (size_t)child * CHUNK;
        uint32_t rows = r->rows;

        if (b->bound[child].verdict != MATCH_SOME)
            continue; /* ALL in an AND, NONE in an OR: changes nothing */
        select_node(b, r, child);
        if (all)
            for (uint32_t i = 0; i < rows; i++)
                mask[i] &= other[i];
        else
            for (uint32_t i = 0; i < rows; i++)
                mask[i] |= other[i];
        if (all && memchr(mask, 1, rows) == NULL)
            return;
    }
}

static void select_node(struct binding *b, struct reader *r, int index)
{
    const struct node *n = &b->predicate->nodes[index];
    uint8_t *mask = b->mask + (size_t)index * CHUNK;

    switch (n->kind) {
    case NODE_FIXED:
        memset(mask, n->fixed, r->rows);
        break;
    case NODE_KEY:
        select_key(&b->bound[index], reader_codes(r, n->field), r->rows, mask);
        break;
    case NODE_NUMBER:
        select_number(n, reader_values(r, n->field), r->rows, mask);
        break;
    case NODE_TIME:
        select_time(n, reader_values(r, n->field), r->rows, mask);
        break;
    case NODE_NOT: {
        const uint8_t *other = b->mask + (size_t)n->child * CHUNK;
        select_node(b, r, n->child);
        for (uint32_t i = 0; i < r->rows; i++)
            mask[i] = !other[i];
        break;
    }
    default:
        select_children(b, r, n, mask);
    }
}

uint32_t predicate_select(struct binding *b, struct reader *r, uint16_t *rows)
{
    uint32_t count = 0;

    select_node(b, r, 0);
    for (uint32_t i = 0; i < r->rows; i++) {
        rows[count] = (uint16_t)i;
        count += b->mask[i];
    }
    return count;
}
