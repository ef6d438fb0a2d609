/* Random lists of includes and excludes against an evaluator that walks the items. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flowviewer/filter.h"

#define ITEMS_MAX 12

struct item {
    uint32_t low, high; /* numbers; for addresses the network's ends */
    unsigned length;
    uint32_t value, mask; /* bits */
    bool include;
};

static uint64_t state = 424242424242U;

static uint32_t pick(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16) % n;
}

static struct filter *parse(const char *parameter, const char *value)
{
    struct filter_param param = {parameter, value};
    struct filter_problems problems = {0};
    struct err e = {0};
    struct filter *f = filter_from_fields(&param, 1, NULL, &problems, &e);

    if (f == NULL)
        fail_msg("%s=%s refused", parameter, value);
    return f;
}

static bool matches(const struct filter *f, int field, uint32_t value)
{
    struct flow flow = {.present = FLOW_BIT(field)};

    flow.key[field] = value;
    return filter_match(f, &flow);
}

static bool any_include(const struct item *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (items[i].include)
            return true;
    }
    return false;
}

/* ---- numbers: the last item that names the value -------------------------------- */

static bool naive_number(const struct item *items, size_t n, uint32_t v)
{
    for (size_t i = n; i-- > 0;) {
        if (items[i].low <= v && v <= items[i].high)
            return items[i].include;
    }
    return !any_include(items, n);
}

static void test_numbers(void **unused)
{
    (void)unused;
    for (int round = 0; round < 3000; round++) {
        struct item items[ITEMS_MAX];
        size_t n = 1 + pick(ITEMS_MAX), at = 0;
        char text[1024];
        for (size_t i = 0; i < n; i++) {
            items[i].low = pick(60);
            items[i].high = items[i].low + (pick(2) ? pick(20) : 0);
            items[i].include = pick(2);
            at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s%u%c%u", i ? "," : "",
                items[i].include ? "" : "-", items[i].low, pick(2) ? ':' : '-',
                items[i].high);
        }
        struct filter *f = parse("dest_port", text);
        for (uint32_t v = 0; v < 100; v++) {
            if (matches(f, F_DEST_PORT, v) != naive_number(items, n, v))
                fail_msg("dest_port=%s on %u", text, v);
        }
        assert_int_equal(matches(f, F_DEST_PORT, 65535), !any_include(items, n));
        filter_free(f);
    }
}

/* ---- addresses: the longest prefix, of equal ones the first --------------------- */

static bool naive_address(const struct item *items, size_t n, uint32_t v)
{
    const struct item *best = NULL;

    for (size_t i = 0; i < n; i++) {
        if (items[i].low <= v && v <= items[i].high &&
            (best == NULL || items[i].length > best->length))
            best = &items[i];
    }
    return best != NULL ? best->include : !any_include(items, n);
}

static void test_addresses(void **unused)
{
    const uint32_t base = (uint32_t)10 << 24 | 1 << 16 | 2 << 8;

    (void)unused;
    for (int round = 0; round < 3000; round++) {
        struct item items[ITEMS_MAX];
        size_t n = 1 + pick(ITEMS_MAX), at = 0;
        char text[1024];
        for (size_t i = 0; i < n; i++) {
            uint32_t address = base + pick(64), host;
            items[i].length = 24 + pick(9);
            host = items[i].length == 32 ? 0 : UINT32_MAX >> items[i].length;
            items[i].low = address & ~host;
            items[i].high = address | host;
            items[i].include = pick(2);
            at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s10.1.2.%u/%u",
                i ? "," : "", items[i].include ? "" : "-", address & 255, items[i].length);
        }
        struct filter *f = parse("source_address", text);
        for (uint32_t v = base - 2; v < base + 70; v++) {
            if (matches(f, F_SOURCE_ADDRESS, v) != naive_address(items, n, v))
                fail_msg("source_address=%s on 10.1.2.%d", text, (int)(v - base));
        }
        assert_int_equal(matches(f, F_SOURCE_ADDRESS, 0), !any_include(items, n));
        assert_int_equal(matches(f, F_SOURCE_ADDRESS, UINT32_MAX), !any_include(items, n));
        filter_free(f);
    }
}

/* ---- value/mask: the last item that names the value ----------------------------- */

static bool naive_bits(const struct item *items, size_t n, uint32_t v)
{
    for (size_t i = n; i-- > 0;) {
        if ((v & items[i].mask) == items[i].value)
            return items[i].include;
    }
    return !any_include(items, n);
}

static void test_bits(void **unused)
{
    (void)unused;
    for (int round = 0; round < 2000; round++) {
        struct item items[ITEMS_MAX];
        size_t n = 1 + pick(ITEMS_MAX), at = 0;
        char text[1024];
        for (size_t i = 0; i < n; i++) {
            items[i].mask = pick(4) ? pick(256) : 255;
            items[i].value = pick(256) & items[i].mask;
            items[i].include = pick(2);
            at += (size_t)snprintf(text + at, sizeof(text) - at,
                items[i].mask != 255 ? "%s%s0x%x/0x%x" : "%s%s0x%x", i ? "," : "",
                items[i].include ? "" : "-", items[i].value, items[i].mask);
        }
        struct filter *f = parse("tcp_flags", text);
        for (uint32_t v = 0; v < 256; v++) {
            if (matches(f, F_TCP_FLAGS, v) != naive_bits(items, n, v))
                fail_msg("tcp_flags=%s on %u", text, v);
        }
        filter_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
