#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "flowviewer/base.h"

struct pair {
    const char *in, *out;
};

static void check(
    void (*write)(struct buf *, const char *), const struct pair *list, size_t n)
{
    struct buf b = {0};

    for (size_t i = 0; i < n; i++) {
        buf_reset(&b);
        write(&b, list[i].in);
        assert_false(b.failed);
        assert_string_equal(b.data, list[i].out);
        assert_int_equal(strlen(b.data), b.len);
    }
    buf_free(&b);
}

static void json_strings_are_harmless(void **state)
{
    static const struct pair list[] = {
        {"", "\"\""},
        {"plain", "\"plain\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"\n\r\t\x01\x1f\x7f", "\"\\n\\r\\t\\u0001\\u001f\\u007f\""},
        {"</script>&", "\"\\u003c/script\\u003e\\u0026\""},
        {"\xe2\x80\xa8\xe2\x80\xa9", "\"\\u2028\\u2029\""},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
            "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
    };

    (void)state;
    check(buf_json_str, list, NITEMS(list));
}

/* Each byte that begins nothing valid becomes one U+FFFD; what follows it is kept. */
static void bytes_that_are_no_utf8_are_replaced(void **state)
{
    static const struct pair list[] = {
        {"\x80", "\"\\ufffd\""},
        {"\xff"
         "a",
            "\"\\ufffda\""},
        {"\xc3", "\"\\ufffd\""},                                  /* cut off */
        {"\xe2\x82", "\"\\ufffd\\ufffd\""},                       /* cut off */
        {"\xc3(", "\"\\ufffd(\""},                                /* no continuation */
        {"\xc0\xaf", "\"\\ufffd\\ufffd\""},                       /* overlong '/' */
        {"\xe0\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\""},            /* overlong */
        {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},            /* surrogate */
        {"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""}, /* above U+10FFFF */
        {"\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\""},             /* the last there is */
        {"\xed\x9f\xbf", "\"\xed\x9f\xbf\""}, /* before the surrogates */
    };

    (void)state;
    check(buf_json_str, list, NITEMS(list));
}

static void csv_cells(void **state)
{
    static const struct pair list[] = {
        {"", ""},
        {"plain", "plain"},
        {"a,b", "\"a,b\""},
        {"say \"hi\"", "\"say \"\"hi\"\"\""},
        {"two\nlines", "\"two\nlines\""},
        {"=1+1", "'=1+1"},
        {"+cmd", "'+cmd"},
        {"-cmd", "'-cmd"},
        {"@SUM(A1)", "'@SUM(A1)"},
        {"\t=1", "'\t=1"},
        {"\r=1", "\"'\r=1\""},
        {"=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\""},
        {"-5", "-5"},
        {"+5.25", "+5.25"},
        {"-5+1", "'-5+1"},
        {"-", "'-"},
        {"-.", "'-."},
        {"-1.2.3", "'-1.2.3"},
        {"10.0.0.1", "10.0.0.1"},
        {"-1.5e3", "'-1.5e3"},
    };

    (void)state;
    check(buf_csv_cell, list, NITEMS(list));
}

static void numbers_and_addresses(void **state)
{
    struct buf b = {0};

    (void)state;
    buf_u64(&b, 0);
    buf_char(&b, ' ');
    buf_u64(&b, UINT64_MAX);
    buf_char(&b, ' ');
    buf_i64(&b, INT64_MIN);
    buf_char(&b, ' ');
    buf_i64(&b, INT64_MAX);
    buf_char(&b, ' ');
    buf_ipv4(&b, 0);
    buf_char(&b, ' ');
    buf_ipv4(&b, UINT32_MAX);
    buf_char(&b, ' ');
    buf_ipv4(&b, 0x0a006409);
    buf_printf(&b, " %s=%d", "x", 7);
    assert_string_equal(b.data,
        "0 18446744073709551615 -9223372036854775808 "
        "9223372036854775807 0.0.0.0 255.255.255.255 10.0.100.9 x=7");
    buf_free(&b);
}

static void every_octet_is_written_right(void **state)
{
    struct buf b = {0};
    uint32_t back;

    (void)state;
    for (uint32_t octet = 0; octet < 256; octet++) {
        uint32_t address = octet * 0x01010101;
        buf_reset(&b);
        buf_ipv4(&b, address);
        assert_true(str_ipv4(b.data, &back));
        assert_int_equal(back, address);
    }
    buf_free(&b);
}

static void an_impossible_size_is_remembered(void **state)
{
    struct buf b = {0};

    (void)state;
    buf_str(&b, "kept");
    assert_false(buf_reserve(&b, SIZE_MAX - 2));
    assert_true(b.failed);
    buf_str(&b, "not added");
    assert_string_equal(b.data, "kept");
    buf_free(&b);
}

static void a_buffer_grows_from_its_own_end(void **state)
{
    struct buf b = {0};

    (void)state;
    for (int i = 0; i < 100000; i++)
        buf_char(&b, (char)('a' + i % 26));
    assert_int_equal(b.len, 100000);
    assert_int_equal(b.data[99999], 'a' + 99999 % 26);
    assert_int_equal(b.data[100000], '\0');
    buf_free(&b);
}

static void strings_as_numbers(void **state)
{
    static const struct {
        const char *text;
        uint64_t max, value;
        bool ok;
    } list[] = {
        {"0", 10, 0, true},
        {"10", 10, 10, true},
        {"11", 10, 0, false},
        {"0x1F", 255, 31, true},
        {"18446744073709551615", UINT64_MAX, UINT64_MAX, true},
        {"18446744073709551616", UINT64_MAX, 0, false},
        {"0xffffffffffffffff", UINT64_MAX, UINT64_MAX, true},
        {"0x10000000000000000", UINT64_MAX, 0, false},
        {"", 10, 0, false},
        {"0x", 10, 0, false},
        {"-1", UINT64_MAX, 0, false},
        {"+1", 10, 0, false},
        {" 1", 10, 0, false},
        {"1 ", 10, 0, false},
        {"1e3", 10000, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < NITEMS(list); i++) {
        uint64_t v = 0;
        if (str_u64(list[i].text, list[i].max, &v) != list[i].ok)
            fail_msg("\"%s\"", list[i].text);
        if (list[i].ok)
            assert_true(v == list[i].value);
    }
}

static void addresses_are_whole(void **state)
{
    static const char *const bad[] = {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ",
        " 1.2.3.4", "1..2.3", "1.2.3.", "a.b.c.d", "-1.2.3.4", "1.2.3.4/8", "0x1.2.3.4",
        "1.2.3.1000", "+1.2.3.4"};
    uint32_t address;

    (void)state;
    assert_true(str_ipv4("192.0.2.255", &address));
    assert_int_equal(address, 0xc00002ff);
    for (size_t i = 0; i < NITEMS(bad); i++)
        if (str_ipv4(bad[i], &address))
            fail_msg("\"%s\" was taken for an address", bad[i]);
}

static void lists_give_each_item(void **state)
{
    char text[] = " a , b,, c ", none[] = "";
    char *cursor = text;

    (void)state;
    assert_string_equal(str_item(&cursor, ','), "a");
    assert_string_equal(str_item(&cursor, ','), "b");
    assert_string_equal(str_item(&cursor, ','), "");
    assert_string_equal(str_item(&cursor, ','), "c");
    assert_null(str_item(&cursor, ','));
    assert_null(str_item(&cursor, ','));
    cursor = none;
    assert_string_equal(str_item(&cursor, ','), "");
    assert_null(str_item(&cursor, ','));
}

static void copies_are_cut_and_terminated(void **state)
{
    char out[4];

    (void)state;
    assert_true(str_copy(out, sizeof(out), "abc"));
    assert_string_equal(out, "abc");
    assert_false(str_copy(out, sizeof(out), "abcd"));
    assert_string_equal(out, "abc");
    assert_null(str_dup(NULL));
}

static void arrays_check_their_size(void **state)
{
    size_t cap = 0;
    uint32_t *p = mem_grow(NULL, &cap, 3, sizeof(*p)), *q;

    (void)state;
    assert_non_null(p);
    assert_true(cap >= 3);
    p[2] = 7;
    assert_null(mem_grow(p, &cap, SIZE_MAX / 2, sizeof(*p)));
    assert_int_equal(p[2], 7); /* still ours */
    q = mem_grow(p, &cap, 1000, sizeof(*p));
    assert_non_null(q);
    assert_int_equal(q[2], 7);
    free(q);
    assert_null(mem_array(SIZE_MAX / 2, 16));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_strings_are_harmless),
        cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
        cmocka_unit_test(csv_cells),
        cmocka_unit_test(numbers_and_addresses),
        cmocka_unit_test(every_octet_is_written_right),
        cmocka_unit_test(an_impossible_size_is_remembered),
        cmocka_unit_test(a_buffer_grows_from_its_own_end),
        cmocka_unit_test(strings_as_numbers),
        cmocka_unit_test(addresses_are_whole),
        cmocka_unit_test(lists_give_each_item),
        cmocka_unit_test(copies_are_cut_and_terminated),
        cmocka_unit_test(arrays_check_their_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
