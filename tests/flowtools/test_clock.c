/* From uptime stamps to times: wraps, bad exporters, and flow-tools' own arithmetic. */
#include "flowtools/samples.h"

#define SECONDS INT64_C(1700000000)
#define WRAP    INT64_C(4294967296)

static struct flow_block *block;

/* One flow of version 5 with these stamps, read in both ways. */
struct result {
    int64_t start, end, boot;
    uint64_t corrected;
};

static struct result read_stamps(uint32_t seconds, uint32_t nanos, uint32_t uptime,
    uint32_t first, uint32_t last, enum ft_clock clock)
{
    struct bytes file = {0};
    struct ft_status s;
    struct result r;
    size_t at;

    make_v5(&file, false, false, 1);
    at = file.n - 64;
    set_number(&file, at, seconds, 4);
    set_number(&file, at + 4, nanos, 4);
    set_number(&file, at + 8, uptime, 4);
    set_number(&file, at + 40, first, 4);
    set_number(&file, at + 44, last, 4);
    s = read_bytes(&file, clock, block);
    assert_int_equal(s.records, 1);
    r = (struct result){NUMBER(block, F_START, 0), NUMBER(block, F_END, 0),
        NUMBER(block, F_BOOT, 0), s.wrapped};
    free(file.p);
    return r;
}

static void expect(uint32_t uptime, uint32_t first, uint32_t last, int64_t start,
    int64_t end, uint64_t corrected)
{
    struct result r = read_stamps(SECONDS, 0, uptime, first, last, FT_CLOCK_CORRECTED);

    assert_int_equal(r.start - SECONDS * 1000, start);
    assert_int_equal(r.end - SECONDS * 1000, end);
    assert_int_equal(r.boot, SECONDS * 1000 - uptime);
    assert_int_equal(r.corrected, corrected);
}

static void test_corrected(void **state)
{
    (void)state;
    expect(100000, 40000, 90000, -60000, -10000, 0);
    /* The uptime wrapped between First and Last, and between Last and the export. */
    expect(5000, 0xFFFFFFFF, 3000, -5001, -2000, 1);
    expect(5000, 0xFFFFFFFE, 0xFFFFFFFF, -5002, -5001, 1);
    /* Stamped just after the wrap, sent with the uptime of just before it. */
    expect(0xFFFFFFFF, 0xFFFFFFF0, 4, -15, 5, 1);
    /* A clock ahead of the export, but not by more than ten minutes. */
    expect(1000000, 1300000, 1600000, 300000, 600000, 0);
    expect(1000000, 1300000, 1600001, 300000, 300000, 1);
    expect(1000000, 1600001, 1600001, 600001 - WRAP, 600001 - WRAP, 1);
    /* Last before First. */
    expect(1000000, 900000, 899000, -100000, -100000, 1);
    /* As long as a flow can be. */
    expect(0xF0000000, 0, 0xF0000000, -(int64_t)0xF0000000, 0, 0);
}

static void test_times_stay_in_64_bits(void **state)
{
    struct result r =
        read_stamps(10, 0, 0xFFFFFFFF, 700000, 0xFFFFFFFF, FT_CLOCK_CORRECTED);

    (void)state;
    assert_int_equal(r.boot, 10000 - (WRAP - 1));
    assert_int_equal(r.start, 10000 - (WRAP - 1) + 700000);
    assert_int_equal(r.end, 10000);
    r = read_stamps(0xFFFFFFFF, 0xFFFFFFFF, 0, 0, 0, FT_CLOCK_CORRECTED);
    assert_int_equal(r.start, INT64_C(0xFFFFFFFF) * 1000 + 4294);
}

/* secs and ms as flow-tools prints them, and its duration, from what the reader gives. */
static void flowtools_says(
    uint32_t seconds, uint32_t nanos, uint32_t uptime, uint32_t first, uint32_t last)
{
    uint64_t ms = (uint64_t)seconds * 1000 + nanos / 1000000 - uptime + first;
    struct result r = read_stamps(seconds, nanos, uptime, first, last, FT_CLOCK_FLOWTOOLS);

    assert_int_equal((uint32_t)(r.start / 1000), (uint32_t)(ms / 1000));
    assert_int_equal(r.start % 1000, ms % 1000);
    assert_int_equal((uint32_t)(r.end - r.start), (uint32_t)(last - first));
    assert_int_equal(r.corrected, 0);
}

static void test_flowtools(void **state)
{
    static const uint32_t odd[] = {
        0, 1, 999, 1000, 86400000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};

    (void)state;
    for (size_t i = 0; i < NITEMS(odd) * NITEMS(odd) * NITEMS(odd); i++) {
        uint32_t a = odd[i % 8], b = odd[i / 8 % 8], c = odd[i / 64];

        flowtools_says(1700000000, 999999999, a, b, c);
        flowtools_says(a, 4294967295u, b, c, 12345);
        flowtools_says(a, 0, 4000000000u, b, c);
    }
}

/* A big endian file of version 1005: flow-tools on a little endian machine leaves the exporter
 * unswapped and halves the tags. */
static void test_version_1005_both_ways(void **state)
{
    struct bytes file = {0};
    size_t at;

    (void)state;
    put_header(&file, true, 1005, 0, 1, 1);
    at = file.n;
    put_v5(&file, 0);
    put_number(&file, 0x00010203, 4);
    put_number(&file, 0x0A0B0C0D, 4);
    set_number(&file, at + 12, 0xC0000232, 4);
    read_bytes(&file, FT_CLOCK_CORRECTED, block);
    assert_int_equal(KEY(block, F_EXPORTER, 0), 0xC0000232);
    assert_int_equal(KEY(block, F_SOURCE_TAG, 0), 0x00010203);
    assert_int_equal(KEY(block, F_DEST_TAG, 0), 0x0A0B0C0D);
    if (*(const uint8_t *)&(const uint16_t){1} == 1) {
        read_bytes(&file, FT_CLOCK_FLOWTOOLS, block);
        assert_int_equal(KEY(block, F_EXPORTER, 0), 0x320200C0);
        assert_int_equal(KEY(block, F_SOURCE_TAG, 0), 0x0001);
    }
    free(file.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corrected),
        cmocka_unit_test(test_times_stay_in_64_bits),
        cmocka_unit_test(test_flowtools),
        cmocka_unit_test(test_version_1005_both_ways),
    };

    int result;

    block = flow_block_new();
    if (block == NULL)
        return 1;
    result = cmocka_run_group_tests(tests, NULL, NULL);
    flow_block_free(block);
    return result;
}
