/* Cursors: what goes in comes out, and nothing else gets in. */
#include "http/cursor.h"
#include "http_test.h"

static void test_round_trip(void **state)
{
    static const struct cursor cases[] = {
        {1700000000123, 0, 1699999999000, 1700000001000, 42},
        {INT64_MIN, UINT64_MAX, INT64_MIN, INT64_MAX, UINT64_MAX},
        {-5, 7, -1000, 1000, 0},
    };
    size_t i;

    (void)state;
    for (i = 0; i < NITEMS(cases); i++) {
        char text[CURSOR_TEXT];
        struct cursor back;

        cursor_write(&cases[i], text);
        assert_int_equal(strlen(text), CURSOR_TEXT - 1);
        assert_true(cursor_read(text, &back));
        assert_int_equal(back.after_start, cases[i].after_start);
        assert_int_equal(back.after_skip, cases[i].after_skip);
        assert_int_equal(back.start, cases[i].start);
        assert_int_equal(back.end, cases[i].end);
        assert_int_equal(back.question, cases[i].question);
    }
}

static void test_refused(void **state)
{
    struct cursor c = {1, 2, 3, 4, 5}, back;
    char text[CURSOR_TEXT + 1];
    size_t i;

    (void)state;
    cursor_write(&c, text);
    for (i = 0; i < CURSOR_TEXT - 1; i++) {
        char kept = text[i];

        text[i] = 'g';
        assert_false(cursor_read(text, &back));
        text[i] = '\0';
        assert_false(cursor_read(text, &back));
        text[i] = kept;
    }
    assert_true(cursor_read(text, &back));
    text[CURSOR_TEXT - 1] = '0';
    text[CURSOR_TEXT] = '\0';
    assert_false(cursor_read(text, &back));
    c.end = c.start;
    cursor_write(&c, text);
    assert_false(cursor_read(text, &back));
}

static uint64_t question_of(const char *target)
{
    struct request *r = ask(NULL, "GET", target);
    uint64_t q;

    assert_int_equal(request_parse(r), 0);
    q = cursor_question(r);
    request_free(r);
    return q;
}

static void test_question(void **state)
{
    uint64_t q = question_of("/api/v1/flows?device=a&start=-1h");

    (void)state;
    assert_int_equal(
        q, question_of(
               "/api/v1/flows?start=-1h&device=a&limit=7&cursor=x&format=csv&query_id=z"));
    assert_int_equal(q, question_of("/api/v1/flows?start=-1h&device=a&end="));
    assert_int_not_equal(q, question_of("/api/v1/flows?device=a&start=-2h"));
    assert_int_not_equal(q, question_of("/api/v1/flows?device=a"));
    assert_int_not_equal(q, question_of("/api/v1/flows?device=-1h&start=a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_question),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
