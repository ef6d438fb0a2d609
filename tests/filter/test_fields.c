/* FlowViewer's filter fields: what each item means, and what is said of mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flowviewer/filter.h"

static struct names *names;

static struct filter *parse(
    const char *parameter, const char *value, struct filter_problems *p)
{
    struct filter_param param = {parameter, value};
    struct err e = {0};

    return filter_from_fields(&param, 1, names, p, &e);
}

static int field_of(const char *parameter)
{
    static const struct {
        const char *name;
        int field;
    } fields[] = {{"exporter", F_EXPORTER}, {"source_address", F_SOURCE_ADDRESS},
        {"dest_address", F_DEST_ADDRESS}, {"nexthop_ip", F_NEXTHOP},
        {"source_port", F_SOURCE_PORT}, {"dest_port", F_DEST_PORT},
        {"source_as", F_SOURCE_AS}, {"dest_as", F_DEST_AS}, {"source_if", F_SOURCE_IF},
        {"dest_if", F_DEST_IF}, {"protocols", F_PROTOCOL}, {"tos_fields", F_TOS},
        {"tcp_flags", F_TCP_FLAGS}};

    for (size_t i = 0; i < NITEMS(fields); i++) {
        if (strcmp(fields[i].name, parameter) == 0)
            return fields[i].field;
    }
    fail_msg("no field of %s", parameter);
    return -1;
}

static bool matches(const struct filter *f, int field, uint32_t value)
{
    struct flow flow = {.present = FLOW_BIT(field)};

    flow.key[field] = value;
    return filter_match(f, &flow);
}

/* ---- what matches --------------------------------------------------------------- */

#define A(a, b, c, d)                                                                      \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static const struct {
    const char *parameter, *value;
    uint32_t number;
    bool matched;
} cases[] = {
    /* only includes, only excludes, both */
    {"source_port", "80", 80, true},
    {"source_port", "80", 81, false},
    {"source_port", "80,443", 443, true},
    {"source_port", "-80", 80, false},
    {"source_port", "-80", 81, true},
    {"source_port", "-80,-443", 65535, true},
    {"source_port", "80,-443", 443, false},
    {"source_port", "80,-443", 22, false},
    {"source_port", "80,-443", 80, true},
    /* an item's own sign decides for its values; of two for one value the last */
    {"source_port", "1:100,-80", 80, false},
    {"source_port", "1:100,-80", 79, true},
    {"source_port", "-80,1:100", 80, true},
    {"source_port", "-1:100,80", 80, true},
    {"source_port", "-1:100,80", 79, false},
    {"source_port", "-1:100,80", 200, false},
    /* forms of items */
    {"dest_port", "0", 0, true},
    {"dest_port", "65535", 65535, true},
    {"dest_port", "1024:2048", 1024, true},
    {"dest_port", "1024:2048", 2048, true},
    {"dest_port", "1024:2048", 2049, false},
    {"dest_port", "1024-2048", 2000, true},
    {"dest_port", "-1024-2048", 2000, false},
    {"dest_port", "-1024-2048", 2049, true},
    {"dest_port", "-1024:2048", 1023, true},
    {"dest_port", "7:7", 7, true},
    {"dest_port", "0080", 80, true},
    {"dest_port", "https", 443, true},
    {"dest_port", "HTTPS", 443, true},
    {"dest_port", "-https", 443, false},
    {"dest_port", " 80 , 443 ", 443, true},
    {"dest_port", "80, - 80", 80, false},
    {"dest_port", " 1024 : 2048 ", 1500, true},
    {"dest_port", " 1024 - 2048 ", 1500, true},
    {"dest_port", "\t80\r\n", 80, true},
    /* addresses */
    {"source_address", "192.0.2.1", A(192, 0, 2, 1), true},
    {"source_address", "192.0.2.1", A(192, 0, 2, 2), false},
    {"source_address", "-192.0.2.1", A(192, 0, 2, 2), true},
    {"source_address", "10.0.0.0/8", A(10, 255, 255, 255), true},
    {"source_address", "10.0.0.0/8", A(11, 0, 0, 0), false},
    {"source_address", "10.1.0.49/24", A(10, 1, 0, 7), true},
    {"source_address", "10.1.0.49/24", A(10, 1, 1, 49), false},
    {"source_address", "0.0.0.0/0", A(255, 255, 255, 255), true},
    {"source_address", "-0.0.0.0/0", A(1, 2, 3, 4), false},
    {"source_address", "255.255.255.255/32", UINT32_MAX, true},
    {"source_address", "10.0.0.0/32", A(10, 0, 0, 0), true},
    {"source_address", "10.0.0.0/32", A(10, 0, 0, 1), false},
    {"source_address", "010.001.000.007", A(10, 1, 0, 7), true},
    /* the longest prefix decides, whatever the order */
    {"dest_address", "10.0.0.0/8,-10.1.0.0/16", A(10, 1, 2, 3), false},
    {"dest_address", "-10.1.0.0/16,10.0.0.0/8", A(10, 1, 2, 3), false},
    {"dest_address", "10.0.0.0/8,-10.1.0.0/16", A(10, 2, 2, 3), true},
    {"dest_address", "-10.0.0.0/8,10.1.0.0/16", A(10, 1, 2, 3), true},
    {"dest_address", "-10.0.0.0/8,10.1.0.0/16", A(10, 2, 2, 3), false},
    {"dest_address", "-10.0.0.0/8,10.1.0.0/16", A(11, 2, 2, 3), false},
    {"dest_address", "10.0.0.0/8,-10.1.0.0/16,10.1.2.0/24", A(10, 1, 2, 3), true},
    {"dest_address", "10.0.0.0/8,-10.1.0.0/16,10.1.2.0/24", A(10, 1, 3, 3), false},
    /* of equal prefixes the first */
    {"dest_address", "10.0.0.0/8,-10.0.0.0/8", A(10, 1, 2, 3), true},
    {"dest_address", "-10.0.0.0/8,10.0.0.0/8", A(10, 1, 2, 3), false},
    {"dest_address", "-10.9.9.9/8,10.0.0.0/8", A(10, 1, 2, 3), false},
    {"exporter", "192.0.2.1,-192.0.2.9", A(192, 0, 2, 1), true},
    {"exporter", "192.0.2.1,-192.0.2.9", A(192, 0, 2, 2), false},
    {"nexthop_ip", "192.0.2.254", A(192, 0, 2, 254), true},
    {"source_address", "localhost", A(127, 0, 0, 1), true},
    {"source_address", "-localhost", A(127, 0, 0, 1), false},
    /* AS numbers, interfaces, protocols */
    {"source_as", "64500,-64501", 64500, true},
    {"source_as", "4200000000:4294967295", 4294967295U, true},
    {"dest_as", "-0", 0, false},
    {"dest_as", "-0", 1, true},
    {"source_if", "1,-2", 1, true},
    {"dest_if", "-0", 0, false},
    {"dest_if", "10:20", 15, true},
    {"protocols", "6,udp,-icmp", 17, true},
    {"protocols", "6,udp,-icmp", 1, false},
    {"protocols", "6,udp,-icmp", 50, false},
    {"protocols", "TCP", 6, true},
    {"protocols", "255", 255, true},
    /* value[/mask] */
    {"tos_fields", "0xb8", 0xb8, true},
    {"tos_fields", "184", 0xb8, true},
    {"tos_fields", "0xb8", 0xb9, false},
    {"tos_fields", "0x20/0xe0", 0x3f, true},
    {"tos_fields", "0x20/0xe0", 0x40, false},
    {"tos_fields", "-0x20/0xe0", 0x3f, false},
    {"tos_fields", "-0x20/0xe0", 0x40, true},
    {"tos_fields", "0/0", 0x77, true},
    {"tos_fields", "0", 0, true},
    {"tos_fields", "0", 1, false},
    {"tos_fields", "0/1,-4/4", 0, true},
    {"tos_fields", "0/1,-4/4", 4, false},
    {"tos_fields", "0/1,-4/4", 1, false},
    {"tcp_flags", "0x02/0x12", 0x02, true},
    {"tcp_flags", "0x02/0x12", 0xe3, true},
    {"tcp_flags", "0x02/0x12", 0x12, false},
    {"tcp_flags", "2/18", 0x02, true},
    {"tcp_flags", "S/SA", 0x02, true},
    {"tcp_flags", "s/sa", 0x22, true},
    {"tcp_flags", "S/SA", 0x12, false},
    {"tcp_flags", "S", 0x02, true},
    {"tcp_flags", "S", 0x12, false},
    {"tcp_flags", "SA", 0x12, true},
    {"tcp_flags", "FSRPAUEC", 0xff, true},
    {"tcp_flags", "C/C", 0x80, true},
    {"tcp_flags", "E/0x40", 0x41, true},
    {"tcp_flags", "-S/SA", 0x02, false},
    {"tcp_flags", "-S/SA", 0x12, true},
};

static void test_meaning(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < NITEMS(cases); i++) {
        struct filter_problems problems = {0};
        struct filter *f = parse(cases[i].parameter, cases[i].value, &problems);
        if (f == NULL)
            fail_msg("%s=%s refused: %s", cases[i].parameter, cases[i].value,
                problems.count > 0 ? problems.list[0].detail : "?");
        if (matches(f, field_of(cases[i].parameter), cases[i].number) != cases[i].matched)
            fail_msg("%s=%s on %u is not %d", cases[i].parameter, cases[i].value,
                cases[i].number, cases[i].matched);
        filter_free(f);
        filter_problems_free(&problems);
    }
}

/* A flow whose export version lacks the field, under excludes only. */
static void test_absent_field(void **unused)
{
    struct filter_problems problems = {0};
    struct flow flow = {.present = FLOW_BIT(F_PROTOCOL)};
    struct filter *f = parse("source_as", "-64500", &problems);

    (void)unused;
    assert_non_null(f);
    assert_false(filter_match(f, &flow));
    filter_free(f);
}

static void test_fields_are_anded(void **unused)
{
    const struct filter_param params[] = {{"source_port", "80"}, {"no_field", "x"},
        {"protocols", "tcp"}, {"tcp_flags", ""}, {"dest_port", NULL}, {"dest_if", "  "}};
    struct filter_problems problems = {0};
    struct flow flow = {.present = FLOW_BIT(F_SOURCE_PORT) | FLOW_BIT(F_PROTOCOL)};
    struct err e = {0};
    struct filter *f = filter_from_fields(params, NITEMS(params), names, &problems, &e);

    (void)unused;
    assert_non_null(f);
    assert_int_equal(f->op, FILTER_AND);
    assert_int_equal(f->children, 2);
    flow.key[F_SOURCE_PORT] = 80;
    flow.key[F_PROTOCOL] = 6;
    assert_true(filter_match(f, &flow));
    flow.key[F_PROTOCOL] = 17;
    assert_false(filter_match(f, &flow));
    filter_free(f);
    f = filter_from_fields(NULL, 0, names, &problems, &e);
    assert_non_null(f);
    assert_true(filter_match(f, &flow));
    filter_free(f);
}

/* ---- mistakes ------------------------------------------------------------------- */

static const struct {
    const char *parameter, *value, *item, *detail;
} mistakes[] = {
    {"source_port", "70000", "70000", "port must be 0..65535"},
    {"source_port", "80,65536", "65536", "port must be 0..65535"},
    {"source_port", "1:70000", "1:70000", "port must be 0..65535"},
    {"source_port", "99999999999999999999999", "99999999999999999999999", "0..65535"},
    {"source_port", "-70000", "-70000", "port must be 0..65535"},
    {"source_port", "20:10", "20:10", "backwards"},
    {"source_port", "20:", "20:", "two numbers"},
    {"source_port", "20-", "20-", "two numbers"},
    {"source_port", "1:2:3", "1:2:3", "two numbers"},
    {"source_port", ":20", ":20", "service name"},
    {"source_port", "no-such-service-x", "no-such-service-x", "service name"},
    {"source_port", "0x50", "0x50", "port must be"},
    {"source_port", "80,,443", "", "extra comma"},
    {"source_port", "-", "-", "minus"},
    {"source_port", "80 443", "80 443", "commas"},
    {"source_port", "80 -443", "80 -443", "commas"},
    {"source_port", "--80", "--80", "port must be"},
    {"source_as", "4294967296", "4294967296", "0..4294967295"},
    {"source_as", "level3", "level3", "AS number must be"},
    {"dest_if", "eth0", "eth0", "interface index must be"},
    {"protocols", "256", "256", "protocol must be 0..255"},
    {"protocols", "nosuch", "nosuch", "name such as tcp"},
    {"tos_fields", "256", "256", "0x00..0xff"},
    {"tos_fields", "0x100", "0x100", "0x00..0xff"},
    {"tos_fields", "1/", "1/", "mask"},
    {"tos_fields", "/1", "/1", "0x00..0xff"},
    {"tos_fields", "2/1", "2/1", "never true"},
    {"tos_fields", "S", "S", "0x00..0xff"},
    {"tos_fields", "-1/0x100", "-1/0x100", "mask"},
    {"tcp_flags", "X", "X", "FSRPAUEC"},
    {"tcp_flags", "SA/S", "SA/S", "never true"},
    {"tcp_flags", "S/SA/F", "S/SA/F", "mask"},
    {"source_address", "10.0.0.0", "10.0.0.0", "missing prefix"},
    {"source_address", "-10.0.0.0", "-10.0.0.0", "missing prefix"},
    {"source_address", "10.0.0.0/33", "10.0.0.0/33", "0..32"},
    {"source_address", "10.0.0.0/", "10.0.0.0/", "0..32"},
    {"source_address", "10.0.0.0/x", "10.0.0.0/x", "0..32"},
    {"source_address", "10.0.0.0/255.0.0.0", "10.0.0.0/255.0.0.0", "0..32"},
    {"source_address", "256.1.1.1", "256.1.1.1", "0..255"},
    {"source_address", "1.2.3", "1.2.3", "four octets"},
    {"source_address", "1.2.3.4.5", "1.2.3.4.5", "four octets"},
    {"source_address", "1..2.3", "1..2.3", "0..255"},
    {"source_address", "1.2.3.-4", "1.2.3.-4", "0..255"},
    {"source_address", "10.0.0.1:10.0.0.9", "10.0.0.1:10.0.0.9", "prefix such as"},
    {"source_address", "2001:db8::1", "2001:db8::1", "IPv6"},
    {"source_address", "localhost/8", "localhost/8", "no prefix length"},
    {"source_address", "bad_host!", "bad_host!", "host name"},
    {"source_address", "a..b", "a..b", "host name"},
    {"source_address", "10.0.0.1,,10.0.0.2", "", "extra comma"},
};

static void test_mistakes(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < NITEMS(mistakes); i++) {
        struct filter_problems problems = {0};
        struct filter *f = parse(mistakes[i].parameter, mistakes[i].value, &problems);
        if (f != NULL || problems.count != 1)
            fail_msg("%s=%s: %zu problems", mistakes[i].parameter, mistakes[i].value,
                problems.count);
        assert_string_equal(problems.list[0].parameter, mistakes[i].parameter);
        assert_string_equal(problems.list[0].value, mistakes[i].item);
        if (strstr(problems.list[0].detail, mistakes[i].detail) == NULL)
            fail_msg("%s=%s: \"%s\" does not say \"%s\"", mistakes[i].parameter,
                mistakes[i].value, problems.list[0].detail, mistakes[i].detail);
        filter_problems_free(&problems);
    }
}

static void test_all_mistakes_at_once(void **unused)
{
    const struct filter_param params[] = {{"source_port", "70000,80,20:10"},
        {"source_address", "10.0.0.0"}, {"protocols", "6"}, {"tos_fields", "0x1ff"},
        {"protocols", "17"}};
    static const char *const expected[] = {
        "source_port", "source_port", "source_address", "tos_fields", "protocols"};
    struct filter_problems problems = {0};
    struct err e = {0};

    (void)unused;
    assert_null(filter_from_fields(params, NITEMS(params), names, &problems, &e));
    assert_int_equal(problems.count, NITEMS(expected));
    for (size_t i = 0; i < NITEMS(expected); i++)
        assert_string_equal(problems.list[i].parameter, expected[i]);
    assert_non_null(strstr(problems.list[4].detail, "given twice"));
    filter_problems_free(&problems);
}

static char *repeated(const char *text, size_t times)
{
    char *out = malloc(strlen(text) * times + 1), *at = out;

    assert_non_null(out);
    for (size_t i = 0; i < times; i++)
        at = stpcpy(at, text);
    *at = '\0';
    return out;
}

static void test_bounds(void **unused)
{
    struct filter_problems problems = {0};
    char *commas = repeated(",", 60000), *large = repeated("80,", 30000),
         *bits = repeated("1/1,", 2000), *ports = repeated("1:9,-5,", 9000);
    struct filter *f;

    (void)unused;
    assert_null(parse("source_port", commas, &problems));
    assert_in_range(problems.count, 1, 200);
    filter_problems_free(&problems);
    assert_null(parse("source_port", large, &problems));
    assert_int_equal(problems.count, 1);
    assert_non_null(strstr(problems.list[0].detail, "longer than 65536"));
    filter_problems_free(&problems);
    bits[strlen(bits) - 1] = '\0';
    assert_null(parse("tos_fields", bits, &problems));
    filter_problems_free(&problems);
    ports[strlen(ports) - 1] = '\0';
    f = parse("source_port", ports, &problems);
    assert_non_null(f);
    assert_true(matches(f, F_SOURCE_PORT, 4) && !matches(f, F_SOURCE_PORT, 5));
    filter_free(f);
    free(commas);
    free(large);
    free(bits);
    free(ports);
}

static void test_names_of_fields(void **unused)
{
    (void)unused;
    assert_true(filter_is_field("source_address"));
    assert_true(filter_is_field("exporter"));
    assert_false(filter_is_field("device"));
    assert_false(filter_is_field("start"));
    assert_false(filter_is_field(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_meaning),
        cmocka_unit_test(test_absent_field),
        cmocka_unit_test(test_fields_are_anded),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_all_mistakes_at_once),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_names_of_fields),
    };
    struct err e = {0};
    int status;

    if (names_open(&names, &e) != 0) {
        fprintf(stderr, "%s\n", e.msg);
        return 1;
    }
    status = cmocka_run_group_tests(tests, NULL, NULL);
    names_close(names);
    return status;
}
