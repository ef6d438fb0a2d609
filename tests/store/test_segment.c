/* Segments: every field of every flow comes back; damage is found, named and never fatal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "flowviewer/store.h"

static char directory[] = "/tmp/fv-segment-XXXXXX";
static char path[64];

static uint32_t mix(uint64_t v)
{
    v = (v + 1) * UINT64_C(0x9e3779b97f4a7c15);
    v ^= v >> 31;
    v *= UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(v >> 32);
}

/* Value of a key field of flow number i: some constant, some narrow, some wide. */
static uint32_t key_of(int field, uint64_t i)
{
    switch (field) {
    case F_SOURCE_ADDRESS:
        return mix(mix(i) % 3000);
    case F_DEST_ADDRESS:
        return mix(i);
    case F_SOURCE_PORT:
        return mix(i + 7) & 0xffff;
    case F_EXPORTER:
        return 0xc0000201;
    case F_SOURCE_AS:
        return mix(i / 3) % 5000 + 4200000000u;
    default:
        return mix(i * 31 + (uint64_t)field) % (field + 2);
    }
}

static int64_t number_of(int field, uint64_t i)
{
    switch (field) {
    case F_OCTETS:
        return mix(i) % 100 == 0 ? (int64_t)mix(i) << 20 : mix(i) % 1500;
    case F_PACKETS:
        return 1 + mix(i) % 9;
    case F_START:
        return number_of(F_END, i) - (int64_t)(mix(i + 3) % 60000);
    case F_END:
        return INT64_C(1700000000000) + (int64_t)i * 3 -
               (i % 1000 == 0 ? INT64_C(900000000000000) : 0);
    case F_BOOT:
        return INT64_C(1690000000000) + (int64_t)(i % 3);
    default:
        return (int64_t)(mix(i) % 3);
    }
}

static void fill(struct flow_block *b, uint64_t first, uint32_t n, uint32_t present)
{
    b->count = n;
    b->present = present;
    for (uint32_t i = 0; i < n; i++) {
        for (int f = 0; f < FLOW_KEYS; f++)
            if (present & FLOW_BIT(f))
                b->key[f][i] = key_of(f, first + i);
        for (int f = FLOW_KEYS; f < FLOW_FIELDS; f++)
            if (present & FLOW_BIT(f))
                b->number[f - FLOW_KEYS][i] = number_of(f, first + i);
    }
}

static uint32_t all_fields(void)
{
    uint32_t present = 0;
    for (int f = 0; f < FLOW_FIELDS; f++)
        present |= FLOW_BIT(f);
    return present;
}

/* Blocks of the given sizes, one source each. */
static void write_segment(
    const uint32_t *sizes, size_t count, uint32_t present, struct segment_summary *out)
{
    struct flow_block *b = flow_block_new();
    struct segment_writer *w;
    struct err e;
    uint64_t first = 0;

    assert_non_null(b);
    unlink(path);
    assert_int_equal(segment_writer_open(&w, path, &e), 0);
    for (size_t i = 0; i < count; i++) {
        fill(b, first, sizes[i], present);
        assert_int_equal(segment_writer_add(w, b, &e), 0);
        assert_int_equal(segment_writer_source(w, 100 + (int64_t)i, &e), 0);
        first += sizes[i];
    }
    assert_int_equal(segment_writer_finish(w, true, out, &e), 0);
    flow_block_free(b);
}

static void check_flow(const struct flow *f, uint64_t i, uint32_t present)
{
    assert_int_equal(f->present, present);
    for (int k = 0; k < FLOW_FIELDS; k++) {
        if (!(present & FLOW_BIT(k)))
            continue;
        if (k < FLOW_KEYS)
            assert_int_equal(f->key[k], key_of(k, i));
        else
            assert_true(f->number[k - FLOW_KEYS] == number_of(k, i));
    }
}

static void check_segment(uint64_t flows, uint32_t present)
{
    struct segment *s;
    struct err e;
    struct flow *rows = calloc(FLOW_BLOCK_MAX, sizeof(*rows));
    struct flow_block *whole = flow_block_new();
    uint64_t seen = 0;

    assert_int_equal(segment_open(&s, path, &e), 0);
    assert_int_equal(segment_verify(s, &e), 0);
    assert_int_equal(segment_summary(s)->flows, flows);
    for (uint32_t n = 0; n < segment_summary(s)->blocks; n++) {
        struct block b;
        assert_int_equal(segment_block(s, n, &b), 0);
        assert_int_equal(b.first, seen);
        assert_int_equal(block_flows(&b, 0, b.count, rows, &e), 0);
        for (uint32_t i = 0; i < b.count; i++)
            check_flow(&rows[i], seen + i, present);
        assert_int_equal(block_read(&b, whole, &e), 0);
        assert_int_equal(whole->count, b.count);
        for (uint32_t i = 0; i < b.count; i += 13)
            assert_int_equal(
                whole->key[F_DEST_ADDRESS][i], key_of(F_DEST_ADDRESS, seen + i));
        for (uint32_t i = 0; i < b.count; i += 101)
            assert_true(block_may_have_address(&b, key_of(F_SOURCE_ADDRESS, seen + i)));
        seen += b.count;
    }
    assert_int_equal(seen, flows);
    segment_close(s);
    flow_block_free(whole);
    free(rows);
}

static void test_round_trip(void **state)
{
    static const uint32_t one[] = {1}, small[] = {100, 1, 1023},
                          large[] = {65536, 65536, 500},
                          gathered[] = {40000, 40000, 65536, 3};
    struct segment_summary s;
    uint32_t all = all_fields();
    uint32_t few = FLOW_BIT(F_SOURCE_ADDRESS) | FLOW_BIT(F_DEST_ADDRESS) |
                   FLOW_BIT(F_OCTETS) | FLOW_BIT(F_PACKETS) | FLOW_BIT(F_START) |
                   FLOW_BIT(F_END);

    (void)state;
    write_segment(one, 1, all, &s);
    check_segment(1, all);
    write_segment(small, 3, all, &s);
    assert_int_equal(s.blocks, 1);
    check_segment(1124, all);
    write_segment(large, 3, all, &s);
    assert_int_equal(s.blocks, 3);
    check_segment(131572, all);
    write_segment(gathered, 4, few, &s);
    assert_int_equal(s.blocks, 3);
    check_segment(145539, few);
}

static void test_sums_and_sources(void **state)
{
    static const uint32_t sizes[] = {70, 65536, 5};
    const struct segment_source *sources;
    struct segment_summary s;
    struct segment *segment;
    struct err e;
    uint64_t octets = 0, packets = 0, flows = 0;
    int64_t start = INT64_MAX, end = INT64_MIN;

    (void)state;
    for (uint64_t i = 0; i < 65611; i++) {
        octets += (uint64_t)number_of(F_OCTETS, i);
        packets += (uint64_t)number_of(F_PACKETS, i);
        flows += (uint64_t)number_of(F_FLOWS, i);
        start = number_of(F_START, i) < start ? number_of(F_START, i) : start;
        end = number_of(F_END, i) > end ? number_of(F_END, i) : end;
    }
    write_segment(sizes, 3, all_fields(), &s);
    assert_true(s.octets == octets && s.packets == packets && s.flow_count == flows);
    assert_true(s.min_start == start && s.max_end == end);
    assert_int_equal(segment_open(&segment, path, &e), 0);
    assert_int_equal(segment_summary(segment)->bytes, s.bytes);
    assert_int_equal(segment_summary(segment)->octets, s.octets);
    assert_true(segment_summary(segment)->min_start == s.min_start);
    assert_true(segment_summary(segment)->max_end == s.max_end);
    assert_int_equal(segment_sources(segment, &sources), 3);
    assert_true(
        sources[1].file == 101 && sources[1].first == 70 && sources[1].count == 65536);
    assert_true(sources[2].first == 65606 && sources[2].count == 5);
    segment_close(segment);
}

static void test_membership(void **state)
{
    static const uint32_t sizes[] = {20000};
    struct segment_summary s;
    struct segment *segment;
    struct block b;
    struct err e;
    int wrong = 0;

    (void)state;
    write_segment(sizes, 1, all_fields(), &s);
    assert_int_equal(segment_open(&segment, path, &e), 0);
    assert_int_equal(segment_block(segment, 0, &b), 0);
    for (uint32_t i = 0; i < 10000; i++)
        wrong += block_may_have_address(&b, mix(i + 10000000));
    assert_true(wrong < 1000); /* a filter of use: at most 10 % false alarms */
    segment_close(segment);
}

static void test_no_flows(void **state)
{
    struct segment_writer *w, *second;
    struct segment_summary s;
    struct segment *segment;
    struct err e;

    (void)state;
    unlink(path);
    assert_int_equal(segment_writer_open(&w, path, &e), 0);
    assert_int_equal(segment_writer_open(&second, path, &e), -1); /* exists already */
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(segment_writer_finish(w, false, &s, &e), 0);
    assert_int_equal(s.flows, 0);
    assert_int_equal(segment_open(&segment, path, &e), 0);
    assert_int_equal(segment_summary(segment)->blocks, 0);
    segment_close(segment);
}

static void test_abort_removes(void **state)
{
    struct segment_writer *w;
    struct err e;

    (void)state;
    unlink(path);
    assert_int_equal(segment_writer_open(&w, path, &e), 0);
    segment_writer_abort(w);
    assert_int_equal(access(path, F_OK), -1);
}

/* Read all there is, whatever state it is in. */
static int read_everything(void)
{
    struct segment *s;
    struct err e = {0};
    struct flow *rows;
    int failures = 0;

    if (segment_open(&s, path, &e) == -1) {
        assert_true(strlen(e.msg) > 0);
        return 1;
    }
    rows = calloc(FLOW_BLOCK_MAX, sizeof(*rows));
    for (uint32_t n = 0; n < segment_summary(s)->blocks; n++) {
        struct block b;
        assert_int_equal(segment_block(s, n, &b), 0);
        if (block_flows(&b, 0, b.count, rows, &e) == -1) {
            assert_non_null(strstr(e.msg, "checksum"));
            failures++;
        }
        block_may_have_address(&b, 1);
    }
    free(rows);
    segment_close(s);
    return failures;
}

static void write_bytes(const char *bytes, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd != -1);
    assert_int_equal(write(fd, bytes, n), (ssize_t)n);
    close(fd);
}

static void test_damage(void **state)
{
    static const uint32_t sizes[] = {700};
    struct segment_summary s;
    struct stat st;
    char *bytes;
    int fd, unnoticed = 0, tried = 0;

    (void)state;
    write_segment(sizes, 1, all_fields(), &s);
    fd = open(path, O_RDONLY);
    assert_int_equal(fstat(fd, &st), 0);
    bytes = malloc((size_t)st.st_size);
    assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
    close(fd);
    for (size_t cut = 1; cut < (size_t)st.st_size; cut += 211) {
        write_bytes(bytes, (size_t)st.st_size - cut);
        assert_true(read_everything() > 0);
    }
    for (size_t at = 0; at < (size_t)st.st_size; at += 17) {
        bytes[at] ^= 0x41;
        write_bytes(bytes, (size_t)st.st_size);
        unnoticed += read_everything() == 0;
        tried++;
        bytes[at] ^= 0x41;
    }
    /* what may go unnoticed: reserved and padding bytes, and the membership filter, which is
     * passed over when its checksum is wrong */
    assert_true(unnoticed * 10 < tried);
    free(bytes);
}

static int make_directory(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/a.seg", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_sums_and_sources),
        cmocka_unit_test(test_membership),
        cmocka_unit_test(test_no_flows),
        cmocka_unit_test(test_abort_removes),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
