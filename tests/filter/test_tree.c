/* The meaning of a tree, one flow at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "flowviewer/filter.h"

static struct filter *leaf(int field, uint64_t low, uint64_t high)
{
    struct filter *f = filter_leaf(field);

    assert_non_null(f);
    assert_int_equal(value_set_add(&f->set, low, high), 0);
    return f;
}

static struct filter *node(enum filter_op op, struct filter *a, struct filter *b)
{
    struct filter *f = filter_new(op);

    assert_non_null(f);
    if (a != NULL)
        assert_int_equal(filter_add_child(f, a), 0);
    if (b != NULL)
        assert_int_equal(filter_add_child(f, b), 0);
    return f;
}

static bool answer(struct filter *f, const struct flow *flow)
{
    struct filter *copy = filter_copy(f);
    bool matched = filter_match(f, flow);

    assert_non_null(copy);
    filter_free(f); /* the copy must not need it */
    assert_int_equal(filter_match(copy, flow), matched);
    filter_free(copy);
    return matched;
}

static const struct flow web = {
    .key = {[F_PROTOCOL] = 6, [F_DEST_PORT] = 80, [F_SOURCE_AS] = 7},
    .number = {[F_OCTETS - FLOW_KEYS] = 1000,
        [F_START - FLOW_KEYS] = 10900,
        [F_END - FLOW_KEYS] = 12000},
    .present = FLOW_BIT(F_PROTOCOL) | FLOW_BIT(F_DEST_PORT) | FLOW_BIT(F_OCTETS) |
               FLOW_BIT(F_START) | FLOW_BIT(F_END),
};

static void test_operators(void **unused)
{
    (void)unused;
    assert_true(answer(filter_new(FILTER_TRUE), &web));
    assert_false(answer(filter_new(FILTER_FALSE), &web));
    assert_true(answer(filter_new(FILTER_AND), &web));
    assert_false(answer(filter_new(FILTER_OR), &web));
    assert_true(answer(leaf(F_DEST_PORT, 80, 80), &web));
    assert_false(answer(filter_leaf(F_DEST_PORT), &web));
    assert_true(
        answer(node(FILTER_AND, leaf(F_DEST_PORT, 0, 80), leaf(F_PROTOCOL, 6, 6)), &web));
    assert_false(
        answer(node(FILTER_AND, leaf(F_DEST_PORT, 0, 79), leaf(F_PROTOCOL, 6, 6)), &web));
    assert_true(
        answer(node(FILTER_OR, leaf(F_DEST_PORT, 0, 79), leaf(F_PROTOCOL, 6, 6)), &web));
    assert_false(answer(node(FILTER_NOT, leaf(F_PROTOCOL, 6, 6), NULL), &web));
    assert_true(answer(node(FILTER_NOT, leaf(F_PROTOCOL, 17, 17), NULL), &web));
}

static void test_absent_field_never_matches(void **unused)
{
    (void)unused;
    assert_false(answer(leaf(F_SOURCE_AS, 0, UINT32_MAX), &web));
    assert_true(answer(node(FILTER_NOT, leaf(F_SOURCE_AS, 0, UINT32_MAX), NULL), &web));
}

static void test_computed_fields(void **unused)
{
    struct flow odd = web;

    (void)unused;
    assert_true(answer(leaf(F_OCTETS, 1000, 1000), &web));
    assert_true(answer(leaf(FILTER_DURATION, 1100, 1100), &web));
    assert_true(answer(leaf(FILTER_START_SECOND, 10, 10), &web));
    assert_false(answer(leaf(FILTER_START_SECOND, 11, 11), &web));
    assert_true(answer(leaf(FILTER_END_SECOND, 12, 12), &web));
    odd.number[F_START - FLOW_KEYS] = -1;
    odd.number[F_END - FLOW_KEYS] = -11;
    assert_true(answer(leaf(FILTER_START_SECOND, 0, 0), &odd));
    assert_true(answer(leaf(FILTER_DURATION, 4294967286U, 4294967286U), &odd));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operators),
        cmocka_unit_test(test_absent_field_never_matches),
        cmocka_unit_test(test_computed_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
