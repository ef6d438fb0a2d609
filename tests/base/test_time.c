#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "flowviewer/base.h"

#define NOW INT64_C(1763805600123)

struct sample {
    const char *text;
    int64_t ms;
    bool relative;
};

static void expect_all(const struct sample *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t ms = 0;
        bool relative = !list[i].relative;
        if (!time_parse(list[i].text, NOW, &ms, &relative))
            fail_msg("\"%s\" was refused", list[i].text);
        if (ms != list[i].ms || relative != list[i].relative)
            fail_msg("\"%s\" gave %lld", list[i].text, (long long)ms);
    }
}

static void forms_of_the_api(void **state)
{
    static const struct sample list[] = {
        {"now", NOW, true},
        {"-90m", NOW - 90 * 60000, true},
        {"-24h", NOW - 24 * 3600000, true},
        {"-7d", NOW - 7 * INT64_C(86400000), true},
        {"-2w", NOW - 14 * INT64_C(86400000), true},
        {"-30s", NOW - 30000, true},
        {"2026-11-22T10:00:00Z", INT64_C(1795341600000), false},
        {"2026-11-22T12:00:00+02:00", INT64_C(1795341600000), false},
        {"2026-11-22T12:00:00 02:00", INT64_C(1795341600000), false}, /* '+' of a URL */
        {"2026-11-22T05:30:00-0430", INT64_C(1795341600000), false},
        {"2026-11-22t10:00:00.5z", INT64_C(1795341600500), false},
        {"2026-11-22T10:00:00.0019Z", INT64_C(1795341600001), false},
        {"1795341600", INT64_C(1795341600000), false},
        {"1795341600.25", INT64_C(1795341600250), false},
        {"-5400", -5400000, false},
        {"-0.001", -1, false},
        {"0", 0, false},
        {"1969-12-31T23:59:59.999Z", -1, false},
        {"0000-01-01T00:00:00Z", INT64_C(-62167219200000), false},
        {"2024-02-29T00:00:00Z", INT64_C(1709164800000), false},
    };

    (void)state;
    assert_int_equal(zone_set("UTC", NULL), 0);
    expect_all(list, NITEMS(list));
}

static void local_forms(void **state)
{
    static const struct sample list[] = {
        {"2026-11-22T11:00:00", INT64_C(1795341600000), false},
        {"2026-11-22 11:00", INT64_C(1795341600000), false},
        {"2026-11-22", INT64_C(1795302000000), false},
        {"2026-07-01T12:00:00", INT64_C(1782900000000), false}, /* 10:00 UTC */
    };

    (void)state;
    assert_int_equal(zone_set("Europe/Berlin", NULL), 0);
    expect_all(list, NITEMS(list));
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const bad[] = {"", "yesterday", "-", "-h", "-1y", "- 1h", "-1h ",
        "90m", "2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-11-22T24:00",
        "2026-11-22T10:60", "2026-11-22T10", "2026-11-22T10:00:00+25:00",
        "2026-11-22T10:00:00Zx", "2026-11-22T10:00:00.Z", "26-11-22", "1.", ".5", "1e9",
        "99999999999999999999", "-99999999999999999999d", "2026-11-22T10:00:00+1:00",
        "nowish", "0x10", "--5"};

    (void)state;
    assert_int_equal(zone_set("UTC", NULL), 0);
    for (size_t i = 0; i < NITEMS(bad); i++) {
        int64_t ms;
        bool relative;
        if (time_parse(bad[i], NOW, &ms, &relative))
            fail_msg("\"%s\" was taken for a time", bad[i]);
    }
}

/* Berlin, 2026-10-25: 03:00 summer time becomes 02:00; 02:30 comes twice, the first counts. */
static void autumn_hour_comes_twice(void **state)
{
    static const struct sample list[] = {
        {"2026-10-25T01:59:59", INT64_C(1792886399000), false},
        {"2026-10-25T02:00:00", INT64_C(1792886400000), false}, /* 00:00 UTC */
        {"2026-10-25T02:30:00", INT64_C(1792888200000), false}, /* 00:30 UTC */
        {"2026-10-25T03:00:00", INT64_C(1792893600000), false}, /* 02:00 UTC */
        {"2026-10-25", INT64_C(1792879200000), false},
        {"2026-10-26", INT64_C(1792879200000) + 25 * 3600000, false},
    };
    char text[40];

    (void)state;
    assert_int_equal(zone_set("Europe/Berlin", NULL), 0);
    expect_all(list, NITEMS(list));
    time_rfc3339(INT64_C(1792888200000), text, sizeof(text));
    assert_string_equal(text, "2026-10-25T02:30:00+02:00");
    time_rfc3339(INT64_C(1792891800000), text, sizeof(text));
    assert_string_equal(text, "2026-10-25T02:30:00+01:00");
}

/* Berlin, 2026-03-29: 02:00 becomes 03:00; 02:30 does not exist and is moved by the gap. */
static void spring_hour_is_missing(void **state)
{
    static const struct sample list[] = {
        {"2026-03-29T01:59:59", INT64_C(1774745999000), false},
        {"2026-03-29T02:30:00", INT64_C(1774747800000), false}, /* shown as 03:30 */
        {"2026-03-29T03:00:00", INT64_C(1774746000000), false}, /* 01:00 UTC */
        {"2026-03-29", INT64_C(1774738800000), false},
        {"2026-03-30", INT64_C(1774738800000) + 23 * 3600000, false},
    };
    char text[40];

    (void)state;
    assert_int_equal(zone_set("Europe/Berlin", NULL), 0);
    expect_all(list, NITEMS(list));
    time_rfc3339(INT64_C(1774745999000), text, sizeof(text));
    assert_string_equal(text, "2026-03-29T01:59:59+01:00");
    time_rfc3339(INT64_C(1774746000000), text, sizeof(text));
    assert_string_equal(text, "2026-03-29T03:00:00+02:00");
}

/* Each local quarter of an hour of both days is found again from its own text. */
static void texts_lead_back(void **state)
{
    static const int64_t days[] = {INT64_C(1774738800000), INT64_C(1792879200000)};

    (void)state;
    assert_int_equal(zone_set("Europe/Berlin", NULL), 0);
    for (size_t day = 0; day < NITEMS(days); day++)
        for (int64_t ms = days[day]; ms < days[day] + 90000000; ms += 900001) {
            char text[40];
            int64_t back;
            bool relative;
            time_rfc3339(ms, text, sizeof(text));
            assert_true(time_parse(text, NOW, &back, &relative));
            assert_true(back == ms);
        }
}

static void negative_times_round_down(void **state)
{
    char text[40];

    (void)state;
    assert_true(ms_to_seconds(-1) == -1);
    assert_true(ms_to_seconds(-1000) == -1);
    assert_true(ms_to_seconds(-1001) == -2);
    assert_true(ms_to_seconds(999) == 0);
    assert_int_equal(zone_set("UTC", NULL), 0);
    time_rfc3339(-1, text, sizeof(text));
    assert_string_equal(text, "1969-12-31T23:59:59.999+00:00");
    time_rfc3339(0, text, sizeof(text));
    assert_string_equal(text, "1970-01-01T00:00:00+00:00");
}

static void odd_offsets_are_printed(void **state)
{
    char text[40];

    (void)state;
    assert_int_equal(zone_set("Asia/Kolkata", NULL), 0);
    time_rfc3339(0, text, sizeof(text));
    assert_string_equal(text, "1970-01-01T05:30:00+05:30");
    assert_int_equal(zone_set("America/St_Johns", NULL), 0);
    time_rfc3339(0, text, sizeof(text));
    assert_string_equal(text, "1969-12-31T20:30:00-03:30");
}

static void zones_are_names_not_paths(void **state)
{
    static const char *const bad[] = {"Europe/Nowhere", "../../etc/passwd",
        "/etc/localtime", ":/etc/localtime", "Europe", "Europe/../../../../etc/passwd", " ",
        "zone.tab", "Berlin time", "CET-banana", "X1", "\n"};
    struct err e = {0};
    char text[40];

    (void)state;
    for (size_t i = 0; i < NITEMS(bad); i++)
        if (zone_set(bad[i], &e) != -1)
            fail_msg("\"%s\" was taken for a zone", bad[i]);
    assert_int_equal(e.code, ERR_INPUT);
    assert_int_equal(zone_set("CET-1CEST,M3.5.0,M10.5.0/3", &e), 0);
    time_rfc3339(INT64_C(1774746000000), text, sizeof(text));
    assert_string_equal(text, "2026-03-29T03:00:00+02:00");
    assert_int_equal(zone_set("<+0330>-3:30", &e), 0);
    time_rfc3339(0, text, sizeof(text));
    assert_string_equal(text, "1970-01-01T03:30:00+03:30");
}

static void small_buffers_are_not_overrun(void **state)
{
    char text[8];

    (void)state;
    assert_int_equal(zone_set("UTC", NULL), 0);
    memset(text, 'x', sizeof(text));
    time_rfc3339(1, text, 5);
    assert_int_equal(text[4], '\0');
    assert_int_equal(text[5], 'x');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_of_the_api),
        cmocka_unit_test(local_forms),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(autumn_hour_comes_twice),
        cmocka_unit_test(spring_hour_is_missing),
        cmocka_unit_test(texts_lead_back),
        cmocka_unit_test(negative_times_round_down),
        cmocka_unit_test(odd_offsets_are_printed),
        cmocka_unit_test(zones_are_names_not_paths),
        cmocka_unit_test(small_buffers_are_not_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
