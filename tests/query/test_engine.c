/*
 * The query engine against the plain evaluation of its definition, flow by flow, on random
 * questions - with one thread and several, with much memory and with so little that it must read
 * the blocks again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "made_flows.h"

static struct {
    char directory[32];
    struct catalog *catalog;
    struct query_engine *engine;
    struct made made;
} world;

/* ---- the plain evaluator -------------------------------------------------------------------- */

static int64_t seconds(int64_t ms)
{
    return ms_to_seconds(ms) * 1000;
}

static bool in_period(const struct query_request *r, const struct flow *f)
{
    int64_t s = seconds(f->number[F_START - FLOW_KEYS]),
            e = seconds(f->number[F_END - FLOW_KEYS]);

    switch (r->select) {
    case SELECT_END:
        return e >= r->start && e < r->end;
    case SELECT_START:
        return s >= r->start && s < r->end;
    case SELECT_ENTIRE:
        return s >= r->start && e < r->end;
    default:
        return e >= r->start && s < r->end;
    }
}

static bool matches(const struct query_request *r, const struct filter *filter, size_t i)
{
    const struct flow *f = &world.made.flows[i];
    bool device = r->device_count == 0;

    for (size_t d = 0; d < r->device_count; d++)
        device |= r->devices[d] == world.made.device[i];
    return device && in_period(r, f) && (filter == NULL || filter_match(filter, f));
}

static bool key_of(const struct flow *f, int key, int end, uint64_t *value)
{
    int field = key, mask = -1;

    if (key == KEY_ADDRESS)
        field = end == 0 ? F_SOURCE_ADDRESS : F_DEST_ADDRESS;
    if (key == KEY_PORT)
        field = end == 0 ? F_SOURCE_PORT : F_DEST_PORT;
    if (key == KEY_SOURCE_PREFIX || key == KEY_DEST_PREFIX) {
        field = key == KEY_SOURCE_PREFIX ? F_SOURCE_ADDRESS : F_DEST_ADDRESS;
        mask = key == KEY_SOURCE_PREFIX ? F_SOURCE_MASK : F_DEST_MASK;
    }
    if (!(f->present & FLOW_BIT(field)) || (mask >= 0 && !(f->present & FLOW_BIT(mask))))
        return false;
    *value = f->key[field];
    if (mask >= 0) {
        uint32_t length = f->key[mask];
        uint64_t bits = UINT64_C(0xffffffff);
        if (length > 0) /* length 0: the exporter knows no prefix */
            bits = bits << (32 - length) & bits;
        *value = (*value & bits) << 8 | length;
    }
    return true;
}

static int by_keys(const void *a, const void *b)
{
    return memcmp(((const struct query_row *)a)->key, ((const struct query_row *)b)->key,
        sizeof(((const struct query_row *)a)->key));
}

static void add(struct query_row *row, const struct flow *f, bool duration)
{
    row->measure[MEASURE_FLOWS] += (uint64_t)f->number[F_FLOWS - FLOW_KEYS];
    row->measure[MEASURE_OCTETS] += (uint64_t)f->number[F_OCTETS - FLOW_KEYS];
    row->measure[MEASURE_PACKETS] += (uint64_t)f->number[F_PACKETS - FLOW_KEYS];
    if (duration)
        row->measure[MEASURE_DURATION] +=
            (uint32_t)(f->number[F_END - FLOW_KEYS] - f->number[F_START - FLOW_KEYS]);
}

static bool either(const struct query_request *r)
{
    for (int k = 0; k < r->key_count; k++)
        if (r->keys[k] == KEY_ADDRESS || r->keys[k] == KEY_PORT)
            return true;
    return false;
}

/* One row a flow (and end), then equal keys joined by sorting. */
static struct query_row *plain_groups(const struct query_request *r,
    const struct filter *filter, size_t *count, struct query_row *totals)
{
    struct query_row *rows = calloc(world.made.count * 2 + 1, sizeof(*rows));
    size_t n = 0, joined = 0;

    memset(totals, 0, sizeof(*totals));
    for (size_t i = 0; i < world.made.count; i++) {
        const struct flow *f = &world.made.flows[i];
        if (!matches(r, filter, i))
            continue;
        add(totals, f, r->duration);
        for (int end = 0; end < (either(r) ? 2 : 1); end++) {
            bool all = true;
            for (int k = 0; k < r->key_count; k++)
                all &= key_of(f, r->keys[k], end, &rows[n].key[k]);
            if (all)
                add(&rows[n++], f, r->duration);
            else
                memset(&rows[n], 0, sizeof(rows[n]));
        }
    }
    if (r->key_count == 0) { /* always one row: the totals */
        rows[0] = *totals;
        *count = 1;
        return rows;
    }
    qsort(rows, n, sizeof(*rows), by_keys);
    for (size_t i = 0; i < n; i++) {
        if (joined > 0 && by_keys(&rows[joined - 1], &rows[i]) == 0) {
            for (int m = 0; m < MEASURES; m++)
                rows[joined - 1].measure[m] += rows[i].measure[m];
        } else {
            rows[joined++] = rows[i];
        }
    }
    *count = joined;
    return rows;
}

static const struct query_request *sorting;

static int in_order(const void *a, const void *b)
{
    const struct query_row *x = a, *y = b;
    int order = sorting->order;
    uint64_t u = order >= 0 ? x->key[order] : x->measure[-1 - order];
    uint64_t v = order >= 0 ? y->key[order] : y->measure[-1 - order];

    if (u != v)
        return (u < v) == sorting->ascending ? -1 : 1;
    for (int k = 0; k < sorting->key_count; k++)
        if (x->key[k] != y->key[k])
            return x->key[k] < y->key[k] ? -1 : 1;
    return 0;
}

/* ---- asking ------------------------------------------------------------------------------------ */

static const struct query_result *ask(
    struct query_request *r, const struct filter *filter, struct query **q)
{
    const struct query_result *result;
    struct err e;

    r->filter = filter == NULL ? NULL : filter_copy(filter);
    if (query_submit(world.engine, r, q, &e) == -1)
        fail_msg("%s", e.msg);
    assert_true(query_wait(*q, -1));
    if (query_finish(*q, &result, &e) == -1)
        fail_msg("%s", e.msg);
    return result;
}

static void check_groups(struct query_request *r, const struct filter *filter)
{
    struct query_row totals, *rows;
    struct query *q;
    const struct query_result *result;
    size_t count, shown;

    rows = plain_groups(r, filter, &count, &totals);
    sorting = r;
    qsort(rows, count, sizeof(*rows), in_order);
    result = ask(r, filter, &q);
    shown = r->limit != 0 && r->limit < count ? (size_t)r->limit : count;
    assert_memory_equal(result->totals, totals.measure, sizeof(totals.measure));
    assert_int_equal(result->rows_total, count);
    for (size_t i = 0; i < shown; i++)
        if (rows[i].measure[MEASURE_OCTETS] < r->cutoff_octets)
            shown = i;
    assert_int_equal(result->row_count, shown);
    if (shown > 0)
        assert_memory_equal(result->rows, rows, shown * sizeof(*rows));
    query_release(q);
    free(rows);
}

static uint64_t roll(uint64_t n)
{
    return made_random(&world.made) % n;
}

/* ---- random questions ------------------------------------------------------------------------------ */

static struct filter *random_leaf(void)
{
    static const int fields[] = {F_SOURCE_ADDRESS, F_DEST_ADDRESS, F_SOURCE_PORT,
        F_DEST_PORT, F_PROTOCOL, F_SOURCE_IF, F_DEST_AS, F_TOS, F_OCTETS, F_PACKETS,
        FILTER_DURATION, FILTER_START_SECOND, F_NEXTHOP};
    int field = fields[roll(NITEMS(fields))];
    struct filter *f = filter_leaf(field);
    const struct flow *some = &world.made.flows[roll(world.made.count)];
    int ranges = (int)roll(30) + 1;

    for (int i = 0; i < ranges; i++) {
        uint64_t low = roll(2) ? roll(70000) : roll(UINT32_MAX);
        if (field < FLOW_KEYS && roll(2))
            low = world.made.flows[roll(world.made.count)].key[field];
        if (field == FILTER_START_SECOND)
            low = (uint64_t)some->number[F_START - FLOW_KEYS] / 1000 + roll(60);
        value_set_add(&f->set, low, low + (roll(3) ? 0 : roll(5000)));
    }
    return f;
}

static struct filter *random_filter(int depth)
{
    uint64_t kind = depth == 0 ? 0 : roll(6);
    struct filter *f;

    if (kind < 2)
        return random_leaf();
    if (kind == 2) {
        f = filter_new(FILTER_NOT);
        filter_add_child(f, random_filter(depth - 1));
        return f;
    }
    f = filter_new(kind == 3 ? FILTER_OR : FILTER_AND);
    for (uint64_t i = roll(3) + 1; i > 0; i--)
        filter_add_child(f, roll(20) == 0 ? filter_new(roll(2) ? FILTER_TRUE : FILTER_FALSE)
                                          : random_filter(depth - 1));
    return f;
}

static void random_request(struct query_request *r, int64_t *devices)
{
    static const int keys[] = {F_SOURCE_ADDRESS, F_DEST_ADDRESS, F_SOURCE_PORT, F_DEST_PORT,
        F_PROTOCOL, F_SOURCE_IF, F_DEST_IF, F_SOURCE_AS, F_TOS, KEY_ADDRESS, KEY_PORT,
        KEY_SOURCE_PREFIX, KEY_DEST_PREFIX};

    *r = (struct query_request){
        .shape = QUERY_GROUP, .start = INT64_MIN, .end = INT64_MAX, .select = SELECT_ANY};
    r->key_count = (int)roll(5);
    for (int k = 0; k < r->key_count; k++)
        r->keys[k] = keys[roll(NITEMS(keys))];
    r->duration = roll(2);
    r->order = r->key_count > 0 && roll(4) == 0 ? (int)roll((uint64_t)r->key_count)
                                                : -1 - (int)roll(r->duration ? 4 : 3);
    r->ascending = roll(3) == 0;
    r->limit = roll(3) == 0 ? 0 : roll(200) + 1;
    r->cutoff_octets = r->key_count > 0 && roll(4) == 0 ? roll(1000000) : 0;
    r->threads = (int)roll(4);
    if (roll(2)) {
        r->start = MADE_BASE + (int64_t)roll(900) * 1000;
        r->end = r->start + 1000 + (int64_t)roll(600) * 1000;
        r->select = (enum flow_select)(roll(4) + 1);
    }
    if (roll(3) == 0) {
        r->devices = devices;
        r->device_count = roll(2) + 1;
    }
}

static void test_random_groups(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        struct query_request r;
        int64_t devices[2] = {world.made.devices[roll(3)], world.made.devices[roll(3)]};
        struct filter *f = roll(4) == 0 ? NULL : random_filter(3);
        random_request(&r, devices);
        check_groups(&r, f);
        filter_free(f);
    }
}

/* A budget too small for all groups at once: more passes, the same answer. */
static void test_little_memory(void **state)
{
    struct query_request r = {.shape = QUERY_GROUP,
        .start = INT64_MIN,
        .end = INT64_MAX,
        .select = SELECT_ANY,
        .keys = {F_SOURCE_ADDRESS, F_DEST_ADDRESS, F_SOURCE_PORT},
        .key_count = 3,
        .order = -1 - MEASURE_OCTETS,
        .limit = 500,
        .memory = UINT64_C(3) << 20};
    struct query *q;
    const struct query_result *result;

    (void)state;
    check_groups(&r, NULL);
    r.threads = 1;
    check_groups(&r, NULL);
    result = ask(&r, NULL, &q);
    assert_true(result->stats.passes > 1);
    assert_true(result->stats.memory_peak < UINT64_C(24) << 20);
    assert_int_equal(result->stats.flows_matched, world.made.count); /* counted once */
    query_release(q);
}

static void test_budget_of_rows(void **state)
{
    struct query_request r = {.shape = QUERY_GROUP,
        .start = INT64_MIN,
        .end = INT64_MAX,
        .select = SELECT_ANY,
        .keys = {F_SOURCE_ADDRESS, F_DEST_ADDRESS, F_SOURCE_PORT},
        .key_count = 3,
        .order = -1 - MEASURE_OCTETS,
        .memory = UINT64_C(2) << 20}; /* and no limit */
    const struct query_result *result;
    struct query *q;
    struct err e;

    (void)state;
    assert_int_equal(query_submit(world.engine, &r, &q, &e), 0);
    query_wait(q, -1);
    assert_int_equal(query_finish(q, &result, &e), -1);
    assert_int_equal(e.code, ERR_MEMORY);
    query_release(q);
}

/* ---- summary and listing ------------------------------------------------------------------------------ */

static size_t bucket(const uint64_t *bounds, uint64_t v)
{
    size_t i = 0;
    while (v > bounds[i])
        i++;
    return i;
}

static void test_summary(void **state)
{
    struct query_request r = {.shape = QUERY_SUMMARY,
        .start = MADE_BASE + 100000,
        .end = MADE_BASE + 700000,
        .select = SELECT_ANY};
    struct filter *f = filter_leaf(F_PROTOCOL);
    struct query_summary want = {0};
    struct query *q;

    (void)state;
    value_set_add(&f->set, 6, 6);
    for (size_t i = 0; i < world.made.count; i++) {
        const struct flow *flow = &world.made.flows[i];
        if (!matches(&r, f, i))
            continue;
        want.flows += (uint64_t)flow->number[F_FLOWS - FLOW_KEYS];
        want.octets += (uint64_t)flow->number[F_OCTETS - FLOW_KEYS];
        want.packets_per_flow[bucket(
            query_bounds_packets, (uint64_t)flow->number[F_PACKETS - FLOW_KEYS])]++;
        want.octets_per_flow[bucket(
            query_bounds_octets, (uint64_t)flow->number[F_OCTETS - FLOW_KEYS])]++;
    }
    const struct query_summary *got = &ask(&r, f, &q)->summary;
    assert_int_equal(got->flows, want.flows);
    assert_int_equal(got->octets, want.octets);
    assert_memory_equal(
        got->packets_per_flow, want.packets_per_flow, sizeof(want.packets_per_flow));
    assert_memory_equal(
        got->octets_per_flow, want.octets_per_flow, sizeof(want.octets_per_flow));
    query_release(q);
    filter_free(f);
}

static int by_content(const void *a, const void *b)
{
    const struct flow *x = a, *y = b;
    int64_t s = x->number[F_START - FLOW_KEYS], t = y->number[F_START - FLOW_KEYS];

    return s != t ? (s < t ? -1 : 1) : memcmp(x, y, sizeof(*x));
}

/* Pages of a listing, put together, are all matching flows in time order. */
static void test_list(void **state)
{
    struct query_request r = {.shape = QUERY_LIST,
        .start = INT64_MIN,
        .end = INT64_MAX,
        .select = SELECT_ANY,
        .limit = 701,
        .after_start = INT64_MIN};
    struct filter *f = filter_leaf(F_SOURCE_ADDRESS);
    struct flow *want = calloc(world.made.count, sizeof(*want)),
                *got = calloc(world.made.count, sizeof(*got));
    size_t wanted = 0, n = 0;
    bool more = true;

    (void)state;
    value_set_add(&f->set, 0x0a000000, 0x0a000005);
    for (size_t i = 0; i < world.made.count; i++)
        if (matches(&r, f, i))
            want[wanted++] = world.made.flows[i];
    while (more) {
        struct query *q;
        const struct query_result *result = ask(&r, f, &q);
        assert_true(n + result->flow_count <= wanted);
        if (result->flow_count > 0)
            memcpy(got + n, result->flows, result->flow_count * sizeof(*got));
        n += result->flow_count;
        more = result->more;
        r.after_start = result->next_start;
        r.after_skip = result->next_skip;
        query_release(q);
    }
    assert_int_equal(n, wanted);
    for (size_t i = 1; i < n; i++)
        assert_true(
            got[i - 1].number[F_START - FLOW_KEYS] <= got[i].number[F_START - FLOW_KEYS]);
    qsort(want, wanted, sizeof(*want), by_content);
    qsort(got, n, sizeof(*got), by_content);
    assert_memory_equal(want, got, n * sizeof(*want));
    free(want);
    free(got);
    filter_free(f);
}

/* ---- life of a query -------------------------------------------------------------------------------------- */

static void test_life(void **state)
{
    struct query_request r = {.shape = QUERY_GROUP,
        .id = "mine",
        .start = INT64_MIN,
        .end = INT64_MAX,
        .select = SELECT_ANY,
        .keys = {F_SOURCE_ADDRESS, F_DEST_ADDRESS, F_SOURCE_PORT},
        .key_count = 3,
        .order = -1 - MEASURE_OCTETS,
        .limit = 1};
    struct query_request bad = {
        .shape = QUERY_GROUP, .start = 5, .end = 5, .select = SELECT_ANY};
    const struct query_result *result;
    struct query_info info;
    struct query *q;
    struct err e;

    (void)state;
    assert_int_equal(query_submit(world.engine, &bad, &q, &e), -1);
    assert_int_equal(e.code, ERR_INPUT);
    assert_int_equal(query_submit(world.engine, &r, &q, &e), 0);
    query_cancel(q);
    assert_true(query_wait(q, 10000));
    if (query_finish(q, &result, &e) == -1)
        assert_int_equal(e.code, ERR_CANCELLED);
    query_release(q);
    assert_true(query_lookup(world.engine, "mine", &info));
    assert_int_not_equal(info.state, QUERY_RUNNING);
    assert_false(query_lookup(world.engine, "nobody", &info));
    assert_false(query_cancel_id(world.engine, "nobody"));
    assert_int_equal(query_submit(world.engine, &r, &q, &e), 0);
    query_release(q); /* given up at once: the engine cleans up */
}

/* ---- the world ------------------------------------------------------------------------------------------------ */

static int make_world(void **state)
{
    static const char *const names[] = {"one", "two", "three"};
    struct query_engine_options o = {.threads = 3};
    struct err e;

    (void)state;
    str_copy(world.directory, sizeof(world.directory), "/tmp/fv-engine-XXXXXX");
    world.made.seed = 88172645463325252u;
    if (mkdtemp(world.directory) == NULL ||
        catalog_open(&world.catalog, world.directory, &e) == -1)
        return -1;
    for (int d = 0; d < 3; d++)
        if (catalog_device(world.catalog, names[d], false, &world.made.devices[d], &e) ==
            -1)
            return -1;
    if (made_segment(
            &world.made, world.catalog, 0, 70000, MADE_PRESENT, MADE_BASE, 100000) == -1 ||
        made_segment(&world.made, world.catalog, 0, 40, MADE_PRESENT, MADE_BASE + 300000,
            10) == -1 ||
        made_segment(&world.made, world.catalog, 1, 3000, MADE_PRESENT, MADE_BASE + 300000,
            300) == -1 ||
        made_segment(&world.made, world.catalog, 1, 1, MADE_PRESENT, MADE_BASE + 600000,
            300) == -1 ||
        made_segment(&world.made, world.catalog, 2, 2500, MADE_AGGREGATE,
            MADE_BASE + 600000, 300) == -1)
        return -1;
    return query_engine_start(&world.engine, world.catalog, &o, &e);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int remove_world(void **state)
{
    (void)state;
    query_engine_stop(world.engine);
    catalog_close(world.catalog);
    made_free(&world.made);
    return nftw(world.directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_groups),
        cmocka_unit_test(test_little_memory),
        cmocka_unit_test(test_budget_of_rows),
        cmocka_unit_test(test_summary),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_life),
    };
    return cmocka_run_group_tests(tests, make_world, remove_world);
}
