/* From the raw request target to checked parameters. */
#include <stdio.h>

#include "http_test.h"

static const struct param test_params[] = {
    {"text", PARAM_TEXT, NULL, 0, 0, "initial", NULL, ""},
    {"count", PARAM_COUNT, NULL, 1, 1000, "100", NULL, ""},
    {"number", PARAM_NUMBER, NULL, 1, 1e6, "1", NULL, ""},
    {"flag", PARAM_FLAG, NULL, 0, 0, "false", NULL, ""},
    {"time", PARAM_TIME, NULL, 0, 0, NULL, NULL, ""},
    {"choice", PARAM_CHOICE, "json|csv|text", 0, 0, NULL, NULL, ""},
    {"id", PARAM_ID, NULL, 0, 0, NULL, NULL, ""},
    {NULL, PARAM_TEXT, NULL, 0, 0, NULL, NULL, NULL},
};

static const struct route test_route = {
    "GET", "/test", "", NULL, {test_params}, NULL, CHEAP, NULL, NULL};

static struct request *checked(const char *target)
{
    struct request *r = ask(NULL, "GET", target);

    assert_int_equal(request_parse(r), 0);
    r->route = &test_route;
    params_check(r);
    return r;
}

static void test_decoding(void **state)
{
    struct request *r = checked("/a%20b/c?text=10.0.0.0%2F8%2C+x&count=7&flag=true&flag2");

    (void)state;
    assert_string_equal(r->path, "/a b/c");
    assert_string_equal(param_text(r, "text"), "10.0.0.0/8, x");
    assert_int_equal(param_count(r, "count"), 7);
    assert_true(param_flag(r, "flag"));
    assert_int_equal(r->problems.count, 1);
    assert_true(has_problem(r, "flag2", "unknown"));
    request_free(r);
}

static void test_initial_values(void **state)
{
    struct request *r = checked("/test?text=&count=");
    int64_t ms;
    bool relative;

    (void)state;
    assert_int_equal(r->problems.count, 0);
    assert_string_equal(param_text(r, "text"), "initial");
    assert_null(param_given(r, "text"));
    assert_int_equal(param_count(r, "count"), 100);
    assert_true(param_number(r, "number") == 1);
    assert_false(param_flag(r, "flag"));
    assert_false(param_time(r, "time", &ms, &relative));
    assert_null(param_text(r, "nothing"));
    request_free(r);
}

static void test_bad_encoding(void **state)
{
    static const char *const bad[] = {"/x?text=%", "/x?text=%4", "/x?text=%zz",
        "/x?text=%00", "/x?%00=1", "/%00", "/%", "/x?text=%ff", "/x?text=%c3",
        "/x?text=%c0%80", "/x?text=%ed%a0%80", "/x?text=%f5%80%80%80", "/x?text=%e2%82",
        "/x?text=\xff", "x", ""};
    size_t i;

    (void)state;
    for (i = 0; i < NITEMS(bad); i++) {
        struct request *r = ask(NULL, "GET", bad[i]);

        assert_int_equal(request_parse(r), -1);
        assert_int_equal(r->problems.count, 1);
        request_free(r);
    }
}

static void test_utf8(void **state)
{
    struct request *r = checked("/x?text=%C4%8D%E2%82%AC%F0%9F%98%80");

    (void)state;
    assert_string_equal(param_text(r, "text"), "\xC4\x8D\xE2\x82\xAC\xF0\x9F\x98\x80");
    request_free(r);
}

static void test_all_mistakes_at_once(void **state)
{
    struct request *r = checked("/x?count=1001&number=nan&flag=maybe&time=yesterday&choice="
                                "xml&id=a/b&nope=1&text=a&text=b");

    (void)state;
    assert_int_equal(r->problems.count, 8);
    assert_true(has_problem(r, "count", "1 to 1000"));
    assert_true(has_problem(r, "number", "number"));
    assert_true(has_problem(r, "flag", "true or false"));
    assert_true(has_problem(r, "time", "time"));
    assert_true(has_problem(r, "choice", "json|csv|text"));
    assert_true(has_problem(r, "id", "letters"));
    assert_true(has_problem(r, "nope", "unknown"));
    assert_true(has_problem(r, "text", "more than once"));
    request_free(r);
}

static void test_values(void **state)
{
    static const struct {
        const char *target;
        bool good;
    } cases[] = {
        {"/x?count=1", true},
        {"/x?count=1000", true},
        {"/x?count=0", false},
        {"/x?count=-1", false},
        {"/x?count=1.5", false},
        {"/x?count=99999999999999999999", false},
        {"/x?count=1x", false},
        {"/x?number=1.5", true},
        {"/x?number=1e3", true},
        {"/x?number=0.5", false},
        {"/x?number=inf", false},
        {"/x?number=0x10", false},
        {"/x?number=1e999", false},
        {"/x?number=--1", false},
        {"/x?choice=json", true},
        {"/x?choice=text", true},
        {"/x?choice=js", false},
        {"/x?choice=son", false},
        {"/x?choice=json%7Ccsv", false},
        {"/x?choice=%7C", false},
        {"/x?flag=1", true},
        {"/x?flag=0", true},
        {"/x?flag=TRUE", false},
        {"/x?time=-90m", true},
        {"/x?time=now", true},
        {"/x?time=1700000000", true},
        {"/x?time=2026-11-22T10:00:00Z", true},
        {"/x?time=2026-13-22T10:00:00Z", false},
        {"/x?id=a.b-C_9", true},
        {"/x?id=a%20b", false},
    };
    size_t i;

    (void)state;
    for (i = 0; i < NITEMS(cases); i++) {
        struct request *r = checked(cases[i].target);

        if ((r->problems.count == 0) != cases[i].good)
            fail_msg("%s", cases[i].target);
        request_free(r);
    }
}

static void test_long_id(void **state)
{
    char target[200] = "/x?id=";
    struct request *r;

    (void)state;
    memset(target + 6, 'a', 63);
    r = checked(target);
    assert_int_equal(r->problems.count, 0);
    request_free(r);
    target[6 + 63] = 'a';
    r = checked(target);
    assert_true(has_problem(r, "id", "at most 63"));
    request_free(r);
}

static void test_many_parameters(void **state)
{
    struct buf target = {0};
    struct request *r;
    int i;

    (void)state;
    buf_str(&target, "/x?");
    for (i = 0; i < 5000; i++)
        buf_printf(&target, "p%d=%d&", i, i);
    r = ask(NULL, "GET", target.data);
    assert_int_equal(request_parse(r), -1);
    assert_true(r->given_count <= PARAMS_MAX);
    assert_true(r->problems.count <= PARAMS_MAX);
    request_free(r);
    buf_free(&target);
}

static void test_problem_document(void **state)
{
    struct request *r = checked("/x?count=0&nope=%3Cscript%3E");
    char *text;

    (void)state;
    assert_true(request_refused(r));
    assert_int_equal(r->reply.status, 400);
    text = reply_text(r);
    assert_non_null(strstr(text, "\"status\":400"));
    assert_non_null(strstr(text, "\"parameter\":\"count\""));
    assert_non_null(strstr(text, "\"parameter\":\"nope\""));
    assert_null(strstr(text, "<script>"));
    free(text);
    request_free(r);
}

static void test_formats(void **state)
{
    static const struct {
        const char *target, *accept;
        enum format format;
    } cases[] = {
        {"/x", "", FORMAT_JSON},
        {"/x", "text/csv", FORMAT_CSV},
        {"/x", "*/*", FORMAT_JSON},
        {"/x", "text/html, application/xhtml+xml, */*;q=0.8", FORMAT_JSON},
        {"/x", "text/plain;q=0.5, text/csv;q=0.9", FORMAT_CSV},
        {"/x", "application/x-ndjson", FORMAT_NDJSON},
        {"/x", "text/csv;q=0", FORMAT_JSON},
        {"/x?format=text", "text/csv", FORMAT_TEXT},
        {"/x?format=", "text/csv", FORMAT_CSV},
    };
    size_t i;

    (void)state;
    for (i = 0; i < NITEMS(cases); i++) {
        struct request *r = ask(NULL, "GET", cases[i].target);

        assert_int_equal(request_parse(r), 0);
        str_copy(r->headers.accept, sizeof(r->headers.accept), cases[i].accept);
        assert_int_equal(request_format(r), cases[i].format);
        request_free(r);
    }
}

static void test_etags(void **state)
{
    (void)state;
    assert_true(etag_known("W/\"1\"", "W/\"1\""));
    assert_true(etag_known("\"1\"", "W/\"1\""));
    assert_true(etag_known("\"0\", W/\"1\"", "W/\"1\""));
    assert_true(etag_known("*", "W/\"1\""));
    assert_false(etag_known("", "W/\"1\""));
    assert_false(etag_known("\"11\"", "W/\"1\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decoding),
        cmocka_unit_test(test_initial_values),
        cmocka_unit_test(test_bad_encoding),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_all_mistakes_at_once),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_long_id),
        cmocka_unit_test(test_many_parameters),
        cmocka_unit_test(test_problem_document),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_etags),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
