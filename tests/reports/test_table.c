/* The table of reports, and groupings made of keys=. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "flowviewer/reports.h"

/* What FlowViewer's menu calls by number, and what they group by. */
static const struct {
    int number;
    const char *name;
    int keys[2], key_count;
    bool ports_only, rate;
} expected[] = {
    {99, "summary", {0}, 0, false, false},
    {5, "dest-port", {F_DEST_PORT}, 1, true, false},
    {6, "source-port", {F_SOURCE_PORT}, 1, true, false},
    {7, "port", {KEY_PORT}, 1, true, false},
    {8, "dest-ip", {F_DEST_ADDRESS}, 1, false, false},
    {9, "source-ip", {F_SOURCE_ADDRESS}, 1, false, false},
    {10, "source-dest-ip", {F_SOURCE_ADDRESS, F_DEST_ADDRESS}, 2, false, true},
    {11, "ip", {KEY_ADDRESS}, 1, false, false},
    {12, "protocol", {F_PROTOCOL}, 1, false, false},
    {17, "input-interface", {F_SOURCE_IF}, 1, false, false},
    {18, "output-interface", {F_DEST_IF}, 1, false, false},
    {23, "input-output-interface", {F_SOURCE_IF, F_DEST_IF}, 2, false, true},
    {19, "source-as", {F_SOURCE_AS}, 1, false, false},
    {20, "dest-as", {F_DEST_AS}, 1, false, false},
    {21, "source-dest-as", {F_SOURCE_AS, F_DEST_AS}, 2, false, true},
    {22, "tos", {F_TOS}, 1, false, false},
    {24, "source-prefix", {KEY_SOURCE_PREFIX}, 1, false, false},
    {25, "dest-prefix", {KEY_DEST_PREFIX}, 1, false, false},
    {26, "source-dest-prefix", {KEY_SOURCE_PREFIX, KEY_DEST_PREFIX}, 2, false, true},
    {27, "exporter", {F_EXPORTER}, 1, false, false},
    {16, "next-hop", {F_NEXTHOP}, 1, false, false},
    {28, "engine-id", {F_ENGINE_ID}, 1, false, false},
    {29, "engine-type", {F_ENGINE_TYPE}, 1, false, false},
    {0, "source-tag", {F_SOURCE_TAG}, 1, false, false},
    {0, "dest-tag", {F_DEST_TAG}, 1, false, false},
    {0, "source-dest-tag", {F_SOURCE_TAG, F_DEST_TAG}, 2, false, true},
};

static void test_each_report(void **unused)
{
    (void)unused;
    assert_int_equal(report_count, NITEMS(expected));
    for (size_t i = 0; i < NITEMS(expected); i++) {
        const struct report *r = report_find(expected[i].name);
        char number[16];
        if (r == NULL)
            fail_msg("no report %s", expected[i].name);
        assert_int_equal(r->number, expected[i].number);
        assert_int_equal(r->key_count, expected[i].key_count);
        for (int k = 0; k < r->key_count; k++)
            assert_int_equal(r->keys[k], expected[i].keys[k]);
        assert_int_equal(r->ports_only, expected[i].ports_only);
        assert_int_equal(r->rate, expected[i].rate);
        assert_int_equal(r->summary, r->number == 99);
        assert_true(r->title[0] != '\0' && r->stat_name[0] != '\0');
        snprintf(number, sizeof(number), "%d", r->number);
        assert_ptr_equal(report_find(number), r->number != 0 ? r : NULL);
    }
}

static void test_unknown_reports(void **unused)
{
    static const char *const unknown[] = {
        "0", "30", "31", "1", "100", "", "Source-IP", "10x"};

    (void)unused;
    for (size_t i = 0; i < NITEMS(unknown); i++) {
        if (report_find(unknown[i]) != NULL)
            fail_msg("found report '%s'", unknown[i]);
    }
}

static void test_keys(void **unused)
{
    struct report r;
    struct err e = {0};

    (void)unused;
    assert_int_equal(report_from_keys("source_address, dest_port ,protocol", &r, &e), 0);
    assert_int_equal(r.key_count, 3);
    assert_int_equal(r.keys[0], F_SOURCE_ADDRESS);
    assert_int_equal(r.keys[1], F_DEST_PORT);
    assert_int_equal(r.keys[2], F_PROTOCOL);
    assert_int_equal(r.number, 0);
    assert_false(r.ports_only || r.summary);
    assert_int_equal(report_from_keys("address", &r, &e), 0);
    assert_int_equal(r.keys[0], KEY_ADDRESS);
    assert_false(r.rate);
    assert_int_equal(report_from_keys("dest_prefix,source_mask", &r, &e), 0);
    assert_int_equal(r.keys[0], KEY_DEST_PREFIX);
}

static void test_bad_keys(void **unused)
{
    static const struct {
        const char *keys, *says;
    } bad[] = {
        {"source_address,colour", "colour"},
        {"octets", "octets"},
        {"start", "start"},
        {"tos,tos", "twice"},
        {"tos,,protocol", "comma"},
        {"", "empty"},
        {"tos,protocol,source_port,dest_port,source_if,dest_if,source_as,dest_as,nexthop",
            "more than 8"},
    };

    (void)unused;
    for (size_t i = 0; i < NITEMS(bad); i++) {
        struct report r;
        struct err e = {0};
        assert_int_equal(report_from_keys(bad[i].keys, &r, &e), -1);
        assert_int_equal(e.code, ERR_INPUT);
        if (strstr(e.msg, bad[i].says) == NULL)
            fail_msg("keys=%s: %s", bad[i].keys, e.msg);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_report),
        cmocka_unit_test(test_unknown_reports),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_bad_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
