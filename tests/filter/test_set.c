/* Value sets against a bitmap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "flowviewer/filter.h"

#define DOMAIN 512 /* values 0..DOMAIN-1 */

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void check_order(const struct value_set *s)
{
    for (size_t i = 0; i < s->count; i++) {
        assert_true(s->ranges[i].low <= s->ranges[i].high);
        if (i > 0) /* disjoint and not adjacent */
            assert_true(s->ranges[i].low > s->ranges[i - 1].high + 1);
    }
}

static void check_equal(const struct value_set *s, const bool *model)
{
    check_order(s);
    for (uint64_t v = 0; v < DOMAIN; v++)
        assert_int_equal(value_set_has(s, v), model[v]);
}

static void random_step(struct value_set *s, bool *model, uint64_t *state)
{
    uint64_t low = random_next(state) % DOMAIN, high = low + random_next(state) % 40;
    uint64_t what = random_next(state) % 16;

    if (high >= DOMAIN)
        high = DOMAIN - 1;
    if (what == 0) {
        assert_int_equal(value_set_complement(s, DOMAIN - 1), 0);
        for (size_t v = 0; v < DOMAIN; v++)
            model[v] = !model[v];
        return;
    }
    assert_int_equal(
        what < 10 ? value_set_add(s, low, high) : value_set_subtract(s, low, high), 0);
    for (uint64_t v = low; v <= high; v++)
        model[v] = what < 10;
}

static void test_random_steps(void **unused)
{
    uint64_t state = 88172645463325252U;

    (void)unused;
    for (int round = 0; round < 200; round++) {
        struct value_set s = {0};
        bool model[DOMAIN] = {false};
        for (int step = 0; step < 60; step++) {
            random_step(&s, model, &state);
            check_equal(&s, model);
        }
        value_set_free(&s);
    }
}

static void test_add_all(void **unused)
{
    uint64_t state = 1234567;

    (void)unused;
    for (int round = 0; round < 200; round++) {
        struct value_set together = {0};
        struct value_range list[50];
        bool model[DOMAIN] = {false};
        assert_int_equal(value_set_add(&together, 100, 120), 0);
        memset(model + 100, true, 21);
        for (size_t i = 0; i < NITEMS(list); i++) {
            list[i].low = random_next(&state) % DOMAIN;
            list[i].high = list[i].low + random_next(&state) % 8;
            if (list[i].high >= DOMAIN)
                list[i].high = DOMAIN - 1;
            memset(model + list[i].low, true, list[i].high - list[i].low + 1);
        }
        assert_int_equal(value_set_add_all(&together, list, NITEMS(list)), 0);
        check_equal(&together, model);
        value_set_free(&together);
    }
}

static void test_ends_of_the_domain(void **unused)
{
    struct value_set s = {0};

    (void)unused;
    assert_int_equal(value_set_add(&s, 0, 0), 0);
    assert_int_equal(value_set_add(&s, UINT64_MAX, UINT64_MAX), 0);
    assert_int_equal(value_set_add(&s, 1, 1), 0);
    assert_int_equal(value_set_add(&s, UINT64_MAX - 1, UINT64_MAX - 1), 0);
    assert_int_equal(s.count, 2);
    assert_true(
        value_set_has(&s, 1) && value_set_has(&s, UINT64_MAX) && !value_set_has(&s, 2));
    assert_int_equal(value_set_complement(&s, UINT64_MAX), 0);
    assert_int_equal(s.count, 1);
    assert_true(s.ranges[0].low == 2 && s.ranges[0].high == UINT64_MAX - 2);
    assert_int_equal(value_set_subtract(&s, 0, UINT64_MAX), 0);
    assert_int_equal(s.count, 0);
    assert_int_equal(value_set_complement(&s, UINT64_MAX), 0);
    assert_true(s.count == 1 && s.ranges[0].low == 0 && s.ranges[0].high == UINT64_MAX);
    assert_int_equal(value_set_complement(&s, UINT64_MAX), 0);
    assert_int_equal(s.count, 0);
    assert_int_equal(value_set_add(&s, 9, 8), 0); /* backwards: nothing */
    assert_int_equal(s.count, 0);
    value_set_free(&s);
}

/* A hundred thousand networks in falling order, each apart from the next. */
static void test_many(void **unused)
{
    enum { MANY = 100000 };
    struct value_range *list = malloc(MANY * sizeof(*list));
    struct value_set s = {0};

    (void)unused;
    assert_non_null(list);
    for (uint64_t i = 0; i < MANY; i++)
        list[i] = (struct value_range){(MANY - i) * 512, (MANY - i) * 512 + 255};
    assert_int_equal(value_set_add_all(&s, list, MANY), 0);
    assert_int_equal(s.count, MANY);
    check_order(&s);
    assert_true(
        value_set_has(&s, 512) && value_set_has(&s, 767) && !value_set_has(&s, 768));
    value_set_free(&s);
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_steps),
        cmocka_unit_test(test_add_all),
        cmocka_unit_test(test_ends_of_the_domain),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
