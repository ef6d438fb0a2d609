/* The layouts of flow-stat and flow-print. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flowviewer/reports.h"

/* ---- tables --------------------------------------------------------------------- */

static void check_text(const char *report, double multiplier, const struct query_row *row,
    const char *sort, const char *expected)
{
    struct query_result result = {.rows = (struct query_row *)row, .row_count = 1};
    struct report_view v;
    struct buf out = {0};

    report_view_init(&v, report_find(report), false, false);
    v.multiplier = multiplier;
    report_text(&v, &result, sort, &out);
    assert_string_equal(out.data, expected);
    buf_free(&out);
}

static void test_table(void **unused)
{
    const struct query_row row = {
        .key = {0x0a000001, 0xc0000201}, .measure = {1, 10262, 7, 0}};

    (void)unused;
    check_text("10", 1, &row, NULL,
        "#  --- ---- ---- Report Information --- --- ---\n"
        "#\n"
        "# Fields:    Total\n"
        "# Symbols:   Disabled\n"
        "# Sorting:   Descending Field 3\n"
        "# Name:      Source/Destination IP\n"
        "#\n"
        "# Args:      flow-stat -f10 -S3 \n"
        "#\n"
        "#\n"
        "# src IPaddr     dst IPaddr       flows                 octets                "
        "packets\n"
        "#\n"
        "10.0.0.1         192.0.2.1        1                     10262                 "
        "7\n");
}

static void test_sorted_and_multiplied_table(void **unused)
{
    const struct query_row row = {.key = {443}, .measure = {2, 3, 4, 0}};

    (void)unused;
    check_text("dest-port", 10, &row, "-dest_port",
        "#  --- ---- ---- Report Information --- --- ---\n"
        "#\n"
        "# Fields:    Total\n"
        "# Symbols:   Disabled\n"
        "# Sorting:   Ascending Field 0\n"
        "# Name:      UDP/TCP destination port\n"
        "#\n"
        "# Args:      flow-stat -f5 -s0 \n"
        "# Sampling:  flows, octets and packets are multiplied by 10 (*)\n"
        "#\n"
        "#\n"
        "# port      flows*                octets*               packets*\n"
        "#\n"
        "443         20                    30                    40\n");
}

/* flow-stat leaves zero octets at the end of a prefix out. */
static void test_prefixes(void **unused)
{
    static const struct {
        uint32_t address, length;
        const char *text;
    } cases[] = {{0x0a010000, 16, "10.1/16"}, {0, 0, "0/0"}, {0x0a000100, 24, "10.0.1/24"},
        {0x0a000001, 32, "10.0.0.1/32"}, {0xac100000, 12, "172.16/12"},
        {0x0a000000, 99, "10/0"}};

    (void)unused;
    for (size_t i = 0; i < NITEMS(cases); i++) {
        struct query_row row = {.key = {(uint64_t)cases[i].address << 8 | cases[i].length}};
        struct query_result result = {.rows = &row, .row_count = 1};
        struct report_view v;
        struct buf out = {0};
        char line[64];
        report_view_init(&v, report_find("24"), false, false);
        report_text(&v, &result, NULL, &out);
        snprintf(line, sizeof(line), "\n%-20s0 ", cases[i].text);
        if (strstr(out.data, line) == NULL)
            fail_msg("no '%s' in %s", line + 1, out.data);
        buf_free(&out);
    }
}

/* ---- summary: flow-stat's own output says all numbers --------------------------- */

static char *read_file(const char *name)
{
    char path[512];
    size_t n;
    char *text = calloc(1, 65536);
    FILE *f;

    snprintf(path, sizeof(path), "%s/golden/%s", FV_CORPUS, name);
    f = fopen(path, "r");
    if (f == NULL || text == NULL) {
        printf("skipped: %s is not there\n", path);
        free(text);
        return NULL;
    }
    n = fread(text, 1, 65535, f);
    fclose(f);
    assert_true(n > 0);
    return text;
}

static uint64_t number_after(const char *text, const char *label)
{
    const char *at = strstr(text, label);

    assert_non_null(at);
    return strtoull(strchr(at, ':') + 1, NULL, 10);
}

/* Shares of few flows tell how many they were: 26 numbers after the title, in two lines. */
static void buckets_after(
    const char *text, const char *title, uint64_t flows, uint64_t *buckets)
{
    const char *at = strstr(text, title);

    assert_non_null(at);
    for (int i = 0; i < 26; i++) {
        do
            at++;
        while (at[0] != ' ' || at[1] != '.');
        buckets[i] = (uint64_t)(strtod(at, NULL) * (double)flows + 0.5);
        if (strncmp(at + 1, ".000", 4) == 0 && flows < 2)
            buckets[i] = 0;
    }
}

static void check_summary(const char *name)
{
    char *golden = read_file(name);
    struct query_summary s = {0};
    struct buf out = {0};

    if (golden == NULL)
        skip();
    s.flows = s.records = number_after(golden, "Total Flows");
    s.octets = number_after(golden, "Total Octets");
    s.packets = number_after(golden, "Total Packets");
    s.duration_ms = number_after(golden, "Total Time");
    s.min_export = 1000;
    s.max_export = 1000 + (int64_t)number_after(golden, "Duration of data  (realtime)");
    s.min_first = 5;
    s.max_last = 5 + (uint32_t)number_after(golden, "Duration of data (1/1000");
    buckets_after(golden, "IP packet size", s.flows, s.packet_size);
    buckets_after(golden, "Packets per flow", s.flows, s.packets_per_flow);
    buckets_after(golden, "Octets per flow", s.flows, s.octets_per_flow);
    buckets_after(golden, "Flow time", s.flows, s.flow_time);
    report_summary_text(&s, 1, &out);
    assert_string_equal(out.data, golden);
    buf_free(&out);
    free(golden);
}

static void test_summaries(void **unused)
{
    (void)unused;
    check_summary("multi/stat-f0");
    check_summary("other/exports-logstash-netflow5_test_microtik.v5/stat-f0");
}

static void test_empty_summary(void **unused)
{
    struct query_summary s = {0};
    struct buf out = {0};
    struct json j;

    (void)unused;
    report_summary_text(&s, 1, &out);
    assert_null(strstr(out.data, "Total Flows"));
    buf_reset(&out);
    json_begin(&j, &out);
    json_object(&j, NULL);
    report_summary_json(&s, 1, &j);
    json_end_object(&j);
    assert_non_null(strstr(out.data, "\"flows\":0,"));
    assert_null(strstr(out.data, "nan"));
    buf_free(&out);
}

static void test_multiplied_summary(void **unused)
{
    struct query_summary s = {.records = 1,
        .flows = 1,
        .octets = 1500,
        .packets = 3,
        .duration_ms = 2000,
        .max_last = 2000,
        .max_export = 4};
    struct buf out = {0};

    (void)unused;
    report_summary_text(&s, 10, &out);
    assert_non_null(strstr(out.data, "Total Flows                    *: 10\n"));
    assert_non_null(strstr(out.data, "Total Octets                   *: 15000\n"));
    assert_non_null(strstr(out.data, "Average packet size (octets)    : 500.0000\n"));
    assert_non_null(strstr(out.data, "Average flows / second (flow)  *: 5.0000\n"));
    assert_non_null(strstr(out.data, "Average Kbits / second (real)  *: 30.0000\n"));
    buf_free(&out);
}

/* ---- flows ---------------------------------------------------------------------- */

static void test_flow_line(void **unused)
{
    struct flow f = {.present = UINT32_MAX};
    struct buf out = {0};

    (void)unused;
    f.number[F_START - FLOW_KEYS] = 1649076264000; /* 4 April 2022, 12:44:24 UTC */
    f.number[F_END - FLOW_KEYS] = 1649076264123;
    f.key[F_SOURCE_IF] = 117;
    f.key[F_DEST_IF] = 86;
    f.key[F_SOURCE_ADDRESS] = 161U << 24 | 202 << 16 | 212 << 8 | 212;
    f.key[F_DEST_ADDRESS] = 202U << 24 | 152 << 16 | 70 << 8 | 24;
    f.key[F_SOURCE_PORT] = 30104;
    f.key[F_DEST_PORT] = 11963;
    f.key[F_PROTOCOL] = 6;
    f.key[F_TCP_FLAGS] = 0x1b;
    f.number[F_PACKETS - FLOW_KEYS] = 1;
    f.number[F_OCTETS - FLOW_KEYS] = 133;
    report_flow_text(&f, &out);
    assert_string_equal(out.data, "0404.12:44:24.000 0404.12:44:24.123 117   "
                                  "161.202.212.212 30104 86    202.152.70.24   "
                                  "11963 6   3  1          133       \n");
    buf_reset(&out);
    f.present &= ~(FLOW_BIT(F_SOURCE_PORT) | FLOW_BIT(F_SOURCE_ADDRESS));
    report_flow_text(&f, &out);
    assert_non_null(strstr(out.data, " 117   0.0.0.0         0     86    202.152.70.24 "));
    buf_reset(&out);
    f.number[F_START - FLOW_KEYS] = -1;
    report_flow_text(&f, &out);
    assert_memory_equal(out.data, "1231.23:59:59.999 ", 18);
    buf_reset(&out);
    report_flows_text_header(&out);
    assert_string_equal(out.data, "Start             End               Sif   SrcIPaddress  "
                                  "  SrcP  DIf   DstIPaddress    "
                                  "DstP    P Fl Pkts       Octets\n\n");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_sorted_and_multiplied_table),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_summaries),
        cmocka_unit_test(test_empty_summary),
        cmocka_unit_test(test_multiplied_summary),
        cmocka_unit_test(test_flow_line),
    };
    struct err e = {0};

    if (zone_set("UTC", &e) != 0) {
        fprintf(stderr, "%s\n", e.msg);
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
