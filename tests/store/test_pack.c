/* The integer codecs: what goes in comes out, whatever the widths, lengths and outliers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/dict.h"
#include "store/pack.h"

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void test_bitpack(void **state)
{
    static const uint32_t lengths[] = {1, 2, 31, 32, 33, 64, 100, 1000, 1023, 1024};
    uint32_t in[CHUNK], out[CHUNK];
    unsigned char packed[CHUNK * 4 + 128];
    uint64_t seed = 88172645463325252u;

    (void)state;
    for (unsigned width = 0; width <= 32; width++)
        for (size_t l = 0; l < NITEMS(lengths); l++) {
            uint32_t n = lengths[l];
            size_t size = bitpack_size(n, width);
            memset(in, 0, sizeof(in));
            for (uint32_t i = 0; i < n; i++)
                in[i] = width == 0 ? 0 : (uint32_t)(next_random(&seed) >> (64 - width));
            assert_true(size <= sizeof(packed) - 8);
            memset(packed, 0xa5, sizeof(packed));
            bitpack(in, n, width, packed);
            assert_int_equal(packed[size], 0xa5); /* not a byte further */
            bitunpack(packed, n, width, out);
            assert_memory_equal(in, out, n * sizeof(*in));
        }
}

static void round_trip(const int64_t *values, uint32_t n)
{
    struct buf b = {0};
    int64_t out[CHUNK];

    pack_vector(values, n, &b);
    assert_false(b.failed);
    assert_true(pack_valid((uint8_t *)b.data, b.len, n));
    for (uint32_t first = 0; first < n; first += CHUNK) {
        uint32_t m = n - first < CHUNK ? n - first : CHUNK;
        pack_read((uint8_t *)b.data, first / CHUNK, m, out);
        assert_memory_equal(values + first, out, m * sizeof(*out));
    }
    buf_free(&b);
}

static void test_vector(void **state)
{
    static const uint32_t lengths[] = {1, 5, 32, 1024, 1025, 5000};
    int64_t *v = malloc(5000 * sizeof(*v));
    uint64_t seed = 42;

    (void)state;
    for (size_t l = 0; l < NITEMS(lengths); l++) {
        uint32_t n = lengths[l];
        for (unsigned width = 0; width <= 64; width++) {
            for (uint32_t i = 0; i < n; i++)
                v[i] =
                    width == 0 ? -7 : (int64_t)(next_random(&seed) >> (64 - width)) - 1000;
            round_trip(v, n);
            for (uint32_t i = 0; i < n; i += 97) /* outliers */
                v[i] = (int64_t)next_random(&seed);
            round_trip(v, n);
        }
        for (uint32_t i = 0; i < n; i++)
            v[i] = i % 2 ? INT64_MAX : INT64_MIN;
        round_trip(v, n);
    }
    free(v);
}

static void test_outliers_are_cheap(void **state)
{
    int64_t v[CHUNK];
    struct buf plain = {0}, outliers = {0};

    (void)state;
    for (int i = 0; i < CHUNK; i++)
        v[i] = i % 100;
    pack_vector(v, CHUNK, &plain);
    for (int i = 0; i < CHUNK; i += 200)
        v[i] = INT64_C(1) << 40;
    pack_vector(v, CHUNK, &outliers);
    assert_true(outliers.len < plain.len + 200);
    buf_free(&plain);
    buf_free(&outliers);
}

/* Any damage to the description of a vector is refused before it is read. */
static void test_validation(void **state)
{
    int64_t v[2000], out[CHUNK];
    struct buf b = {0};
    uint64_t seed = 7;

    (void)state;
    for (int i = 0; i < 2000; i++)
        v[i] = i % 50 == 0 ? (int64_t)next_random(&seed) : i;
    pack_vector(v, 2000, &b);
    assert_false(pack_valid((uint8_t *)b.data, 8, 2000));
    for (size_t cut = 1; cut < b.len; cut += 37) {
        uint8_t *copy = malloc(b.len - cut);
        memcpy(copy, b.data, b.len - cut);
        if (pack_valid(copy, b.len - cut, 2000))
            for (uint32_t c = 0; c < 2; c++)
                pack_read(copy, c, c == 0 ? CHUNK : 2000 - CHUNK, out);
        free(copy);
    }
    for (size_t at = 0; at < 32; at++)
        for (int bit = 0; bit < 8; bit++) {
            uint8_t *copy = malloc(b.len);
            memcpy(copy, b.data, b.len);
            copy[at] ^= (uint8_t)(1 << bit);
            if (pack_valid(copy, b.len, 2000))
                for (uint32_t c = 0; c < 2; c++)
                    pack_read(copy, c, c == 0 ? CHUNK : 2000 - CHUNK, out);
            free(copy);
        }
    buf_free(&b);
}

static void check_dictionary(struct dict_builder *d, const uint32_t *column, uint32_t n)
{
    uint32_t *values = malloc(FLOW_BLOCK_MAX * sizeof(*values));
    uint32_t *codes = calloc(FLOW_BLOCK_MAX, sizeof(*codes));
    uint32_t distinct = dict_build(d, column, n, values, codes);

    assert_true(distinct >= 1);
    for (uint32_t i = 1; i < distinct; i++)
        assert_true(values[i - 1] < values[i]);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(values[distinct == 1 ? 0 : codes[i]], column[i]);
    free(values);
    free(codes);
}

static void test_dictionary(void **state)
{
    static const uint32_t ranges[] = {1, 2, 256, 65536, 100000, 1 << 20, UINT32_MAX};
    struct dict_builder *d = dict_builder_new();
    uint32_t *column = malloc(FLOW_BLOCK_MAX * sizeof(*column));
    uint64_t seed = 99;

    (void)state;
    for (size_t r = 0; r < NITEMS(ranges); r++)
        for (uint32_t n = 1; n <= FLOW_BLOCK_MAX; n *= 16) {
            for (uint32_t i = 0; i < n; i++)
                column[i] = (uint32_t)(next_random(&seed) % ranges[r]) +
                            (r % 2 ? UINT32_MAX - ranges[r] : 0);
            check_dictionary(d, column, n);
        }
    for (uint32_t i = 0; i < FLOW_BLOCK_MAX; i++) /* all distinct, far apart */
        column[i] = i * 65537u;
    check_dictionary(d, column, FLOW_BLOCK_MAX);
    free(column);
    dict_builder_free(d);
}

static void test_few(void **state)
{
    int64_t column[1000], values[8];
    uint32_t codes[1000];

    (void)state;
    for (int i = 0; i < 1000; i++)
        column[i] = (i / 10 % 7) * 1000 - 3000;
    assert_int_equal(dict_build_few(column, 1000, 8, values, codes), 7);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(values[codes[i]], column[i]);
    assert_int_equal(dict_build_few(column, 1000, 6, values, codes), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bitpack),
        cmocka_unit_test(test_vector),
        cmocka_unit_test(test_outliers_are_cheap),
        cmocka_unit_test(test_validation),
        cmocka_unit_test(test_dictionary),
        cmocka_unit_test(test_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
