/* What is written is read again; and file names. */
#include "flowtools/samples.h"

/* Key fields of version 5, and what fits into them. */
static const struct {
    unsigned field;
    uint32_t max;
} fields[] = {{F_SOURCE_ADDRESS, 0xFFFFFFFF}, {F_DEST_ADDRESS, 0xFFFFFFFF},
    {F_NEXTHOP, 0xFFFFFFFF}, {F_EXPORTER, 0xFFFFFFFF}, {F_SOURCE_PORT, 0xFFFF},
    {F_DEST_PORT, 0xFFFF}, {F_SOURCE_IF, 0xFFFF}, {F_DEST_IF, 0xFFFF},
    {F_SOURCE_AS, 0xFFFF}, {F_DEST_AS, 0xFFFF}, {F_SOURCE_MASK, 0xFF}, {F_DEST_MASK, 0xFF},
    {F_PROTOCOL, 0xFF}, {F_TOS, 0xFF}, {F_TCP_FLAGS, 0xFF}, {F_ENGINE_TYPE, 0xFF},
    {F_ENGINE_ID, 0xFF}};

static struct flow make_flow(uint32_t i)
{
    struct flow f = {0};

    for (size_t k = 0; k < NITEMS(fields); k++)
        f.key[fields[k].field] = (uint32_t)(i * 2654435761u + k * 40503u) & fields[k].max;
    f.number[F_OCTETS - FLOW_KEYS] = 40 + i;
    f.number[F_PACKETS - FLOW_KEYS] = 1 + i;
    f.number[F_EXPORT - FLOW_KEYS] = 1700000000 + i / 30;
    f.number[F_BOOT - FLOW_KEYS] = INT64_C(1699000000123);
    f.number[F_START - FLOW_KEYS] = INT64_C(1699999900000) + i;
    f.number[F_END - FLOW_KEYS] = INT64_C(1699999960000) + 2 * i;
    return f;
}

static void write_file(const char *path, const struct ft_writer_options *o, uint32_t n)
{
    struct ft_writer *w;
    struct err e = {0};

    assert_int_equal(ft_writer_open(&w, path, o, &e), 0);
    for (uint32_t i = 0; i < n; i++) {
        struct flow f = make_flow(i);
        assert_int_equal(ft_writer_add(w, &f, &e), 0);
    }
    assert_int_equal(ft_writer_close(w, &e), 0);
}

static void check_header(
    const struct ft_header *h, const struct ft_writer_options *o, uint32_t n)
{
    assert_int_equal(h->version, 5);
    assert_int_equal(h->big_endian, o->big_endian);
    assert_int_equal(h->flags, FT_FLAG_DONE | (o->level > 0 ? FT_FLAG_COMPRESS : 0));
    assert_int_equal(h->cap_start, o->cap_start);
    assert_int_equal(h->cap_end, o->cap_end);
    assert_int_equal(h->flow_count, n);
    assert_int_equal(h->flow_lost, o->flow_lost);
    assert_string_equal(h->hostname, o->hostname);
}

static void check_flows(const struct flow_block *b, uint32_t from)
{
    for (uint32_t i = 0; i < b->count; i++) {
        struct flow want = make_flow(from + i);

        for (size_t k = 0; k < NITEMS(fields); k++)
            assert_int_equal(KEY(b, fields[k].field, i), want.key[fields[k].field]);
        for (unsigned field = FLOW_KEYS; field < FLOW_FIELDS; field++)
            if (b->present & FLOW_BIT(field))
                assert_int_equal(NUMBER(b, field, i), want.number[field - FLOW_KEYS]);
    }
}

static void test_round_trip(void **state)
{
    static const uint32_t sizes[] = {0, 1, 1023, 1024, 1025, 70000};
    char path[64];
    struct flow_block *b = flow_block_new();

    (void)state;
    snprintf(path, sizeof(path), "/tmp/fv-writer-%ld", (long)getpid());
    for (size_t i = 0; i < NITEMS(sizes) * 4; i++) {
        struct ft_writer_options o = {.big_endian = i & 1,
            .level = i & 2 ? 6 : 0,
            .cap_start = 1700000000,
            .cap_end = 1700000300,
            .flow_lost = 17,
            .hostname = "router"};
        uint32_t n = sizes[i / 4], seen = 0;
        struct ft_reader *r;

        write_file(path, &o, n);
        assert_int_equal(ft_open(&r, path, NULL, NULL), 0);
        check_header(ft_header(r), &o, n);
        for (;;) {
            b->count = 0;
            if (ft_read(r, b) == 0)
                break;
            check_flows(b, seen);
            seen += b->count;
        }
        assert_int_equal(seen, n);
        assert_int_equal(ft_status(r)->state, FT_OK);
        ft_close(r);
    }
    unlink(path);
    flow_block_free(b);
}

/* Before it is closed the file says so, as flow-capture's do. */
static void test_unfinished(void **state)
{
    struct ft_writer_options o = {
        .level = 0, .cap_start = 1700000000, .hostname = "router"};
    char path[64];
    struct ft_writer *w;
    struct ft_reader *r;

    (void)state;
    snprintf(path, sizeof(path), "/tmp/fv-writer-%ld", (long)getpid());
    assert_int_equal(ft_writer_open(&w, path, &o, NULL), 0);
    assert_int_equal(ft_open(&r, path, NULL, NULL), 0);
    assert_int_equal(ft_header(r)->flags, 0);
    assert_int_equal(ft_header(r)->flow_count, 0);
    ft_close(r);
    assert_int_equal(ft_writer_close(w, NULL), 0);
    unlink(path);
}

static void test_impossible_times(void **state)
{
    struct ft_writer_options o = {0};
    char path[64];
    struct ft_writer *w;
    struct flow f;
    struct err e = {0};

    (void)state;
    snprintf(path, sizeof(path), "/tmp/fv-writer-%ld", (long)getpid());
    assert_int_equal(ft_writer_open(&w, path, &o, &e), 0);
    f = make_flow(0);
    f.number[F_START - FLOW_KEYS] = f.number[F_BOOT - FLOW_KEYS] - 1;
    assert_int_equal(ft_writer_add(w, &f, &e), -1);
    assert_int_equal(e.code, ERR_INPUT);
    f = make_flow(0);
    f.number[F_EXPORT - FLOW_KEYS] = -1;
    assert_int_equal(ft_writer_add(w, &f, &e), -1);
    assert_int_equal(ft_writer_close(w, &e), 0);
    unlink(path);
    assert_int_equal(ft_writer_open(&w, "/nonexistent/file", &o, &e), -1);
    assert_null(w);
    assert_non_null(strstr(e.msg, "/nonexistent/file"));
}

static void test_disk_full(void **state)
{
    struct ft_writer_options o = {0};
    struct ft_writer *w;
    struct err e = {0};

    (void)state;
    if (access("/dev/full", W_OK) < 0)
        skip();
    assert_int_equal(ft_writer_open(&w, "/dev/full", &o, &e), -1);
    assert_int_equal(e.code, ERR_FULL);
}

static void test_names(void **state)
{
    static const struct {
        const char *name;
        bool finished, temporary;
        int64_t time; /* 0: none */
    } names[] = {
        {"ft-v05.2026-11-23.040700+0100", true, false, 1795403220},
        {"ft-v05.2026-11-23.040700-0130", true, false, 1795412220},
        {"tmp-v05.2026-11-23.040700+0000", false, true, 1795406820},
        {"ft-v08m05.1970-01-01.000000+0000", true, false, 0},
        {"ft-v1005.2000-02-29.235959+0000", true, false, 951868799},
        {"ft-v05.2026-13-23.040700+0100", true, false, 0},
        {"ft-v05.2026-11-23.040700", true, false, 0},
        {"ft-v05.2026-11-23.040700+01000", true, false, 0},
        {"ft-v05.2026-11-23.240700+0100", true, false, 0},
        {"ft-v05", true, false, 0},
        {"ft-", true, false, 0},
        {"cf05.2026-11-23.040700+0100", false, false, 0},
        {"xft-v05.2026-11-23.040700+0100", false, false, 0},
        {"", false, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < NITEMS(names); i++) {
        int64_t t = 0;

        assert_int_equal(ft_name_is_finished(names[i].name), names[i].finished);
        assert_int_equal(ft_name_is_temporary(names[i].name), names[i].temporary);
        assert_int_equal(ft_name_time(names[i].name, &t), names[i].time != 0 || i == 3);
        assert_int_equal(t, names[i].time);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_unfinished),
        cmocka_unit_test(test_impossible_times),
        cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
