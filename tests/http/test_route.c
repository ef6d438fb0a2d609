/* The route table, its dispatch, and who may ask. */
#include "http_test.h"

static struct request *routed(const char *method, const char *path)
{
    struct request *r = ask(NULL, method, path);

    assert_int_equal(request_parse(r), 0);
    route_find(r);
    return r;
}

static void test_found(void **state)
{
    struct request *r = routed("GET", "/api/v1/queries/abc.1");

    (void)state;
    assert_non_null(r->route);
    assert_string_equal(r->route->path, "/api/v1/queries/{id}");
    assert_string_equal(r->id, "abc.1");
    request_free(r);
}

static void test_not_found(void **state)
{
    static const char *const paths[] = {"/api", "/api/", "/api/v1", "/api/v1/",
        "/api/v1/statu", "/api/v1/status/", "/api/v1/queries/", "/api/v1/queries/a/b",
        "/api/v2/status", "/api/v1//status", "/api/v1/STATUS", "/api/v1/queries/{id}/x"};
    size_t i;

    (void)state;
    for (i = 0; i < NITEMS(paths); i++) {
        struct request *r = routed("GET", paths[i]);

        if (r->reply.status != 404)
            fail_msg("%s: %d", paths[i], r->reply.status);
        assert_null(r->route);
        request_free(r);
    }
}

static void test_wrong_method(void **state)
{
    static const struct {
        const char *method, *path, *allow;
    } cases[] = {
        {"POST", "/api/v1/status", "GET, HEAD"},
        {"GET", "/api/v1/ingest/rescan", "POST"},
        {"PATCH", "/api/v1/queries/x", "GET, HEAD, DELETE"},
        {"OPTIONS", "/api/v1/report", "GET, HEAD"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < NITEMS(cases); i++) {
        struct request *r = routed(cases[i].method, cases[i].path);

        assert_int_equal(r->reply.status, 405);
        assert_string_equal(r->reply.allow, cases[i].allow);
        request_free(r);
    }
}

/* A route that is not documented, or has two parameters of one name, is a mistake in the
 * table. */
static void test_table(void **state)
{
    size_t i;
    int a, b;
    const struct param *p, *q;

    (void)state;
    for (i = 0; i < route_count; i++) {
        assert_non_null(routes[i].handler);
        assert_non_null(routes[i].summary);
        assert_int_equal(strncmp(routes[i].path, API_BASE "/", 8), 0);
        for (a = 0; a < ROUTE_PARAM_LISTS && routes[i].params[a] != NULL; a++) {
            for (p = routes[i].params[a]; p->name != NULL; p++) {
                int seen = 0;

                assert_non_null(p->description);
                assert_true(p->type != PARAM_CHOICE || p->choices != NULL);
                for (b = 0; b < ROUTE_PARAM_LISTS && routes[i].params[b] != NULL; b++) {
                    for (q = routes[i].params[b]; q->name != NULL; q++)
                        seen += strcmp(p->name, q->name) == 0;
                }
                assert_int_equal(seen, 1);
            }
        }
    }
}

/* The filter room and the table must know the same fields. */
static void test_filter_fields(void **state)
{
    const struct param *p;

    (void)state;
    for (p = params_filter; p->name != NULL; p++) {
        if (!filter_is_field(p->name))
            fail_msg("%s is not a field of the filter", p->name);
    }
    assert_false(filter_is_field("device"));
    assert_false(filter_is_field("start"));
}

static void test_hosts(void **state)
{
    struct http h = {.options = {.address = "192.0.2.5",
                         .server_names = {"flows.example"},
                         .server_name_count = 1}};
    static const char *const good[] = {"192.0.2.5", "192.0.2.5:8080", "localhost",
        "LOCALHOST:80", "127.0.0.1:1", "[::1]:8080", "[::1]", "flows.example",
        "Flows.Example:443", "flows.example."};
    static const char *const bad[] = {"", "evil.example", "evil.example:8080", "192.0.2.6",
        "localhost.evil.example", "flows.example.evil", "[::1", "[::1]x",
        "localhost:", "localhost:80x", "localhost:80:80", ":80", "[2001:db8::1]"};
    size_t i;

    (void)state;
    for (i = 0; i < NITEMS(good); i++) {
        if (!host_accepted(&h, good[i]))
            fail_msg("%s refused", good[i]);
    }
    for (i = 0; i < NITEMS(bad); i++) {
        if (host_accepted(&h, bad[i]))
            fail_msg("%s accepted", bad[i]);
    }
    h.any_address = true;
    assert_true(host_accepted(&h, "192.0.2.6:80"));
    assert_true(host_accepted(&h, "[2001:db8::1]"));
    assert_false(host_accepted(&h, "evil.example"));
}

static void test_origins(void **state)
{
    (void)state;
    assert_true(origin_matches("http://localhost:8080", "localhost:8080"));
    assert_true(origin_matches("https://flows.example", "flows.example"));
    assert_false(origin_matches("http://localhost:8081", "localhost:8080"));
    assert_false(origin_matches("null", "localhost"));
    assert_false(origin_matches("http://evil.example", "localhost"));
}

static void test_openapi(void **state)
{
    struct buf b = {0};
    size_t i;

    (void)state;
    assert_int_equal(openapi_build(&b, "1.0"), 0);
    for (i = 0; i < route_count; i++)
        assert_non_null(strstr(b.data, routes[i].path));
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found),
        cmocka_unit_test(test_not_found),
        cmocka_unit_test(test_wrong_method),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_filter_fields),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_openapi),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
