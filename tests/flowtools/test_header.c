/* What the header says, every TLV, and headers that lie. */
#include "flowtools/samples.h"

static struct ft_reader *open_bytes(const struct bytes *b, struct err *e)
{
    struct ft_reader *r;

    ft_open_memory(&r, b->p, b->n, NULL, e);
    return r;
}

static void put_text(struct bytes *b, unsigned type, const char *text, size_t n)
{
    put_number(b, type, 2);
    put_number(b, (uint32_t)n, 2);
    put_raw(b, text, n);
}

static void put_every_tlv(struct bytes *b, bool big)
{
    static const struct {
        unsigned type, width;
        uint32_t value;
    } numbers[] = {{0x01, 1, 1}, {0x02, 2, 8}, {0x03, 1, 2}, {0x04, 1, 14},
        {0x05, 4, 0xC0000207}, {0x06, 4, 1700000001}, {0x07, 4, 1700000301}, {0x08, 4, 0x1},
        {0x09, 4, 96}, {0x0A, 4, 0}, {0x0B, 4, 7}, {0x0C, 4, 6}, {0x0D, 4, 5}, {0x0E, 4, 4},
        {0x13, 1, 1}};

    begin_header(b, big);
    put_text(b, 0x00, "nothing", 3);
    for (size_t i = 0; i < NITEMS(numbers); i++)
        put_tlv(b, numbers[i].type, numbers[i].width, numbers[i].value);
    put_text(b, 0x0F, "collector.example", 18);
    put_text(b, 0x10, "no end here", 8); /* without its terminator */
    put_text(b, 0x11, "\1\2\3\4\0\1eth0", 11);
    put_text(b, 0x12, "\1\2\3\4\0\1\0\1up", 11);
    put_text(b, 0x7777, "unknown", 7);
    end_header(b);
}

static void test_every_tlv(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        struct bytes b = {0};
        struct err e = {0};
        struct ft_reader *r;
        const struct ft_header *h;

        put_every_tlv(&b, big);
        r = open_bytes(&b, &e);
        assert_non_null(r);
        h = ft_header(r);
        assert_int_equal(h->stream_version, 3);
        assert_int_equal(h->big_endian, big);
        assert_int_equal(h->version, 8);
        assert_int_equal(h->agg_version, 2);
        assert_int_equal(h->agg_method, 14);
        assert_int_equal(h->header_length, b.n);
        assert_int_equal(h->exporter, 0xC0000207);
        assert_int_equal(h->cap_start, 1700000001);
        assert_int_equal(h->cap_end, 1700000301);
        assert_int_equal(h->flags, FT_FLAG_DONE);
        assert_int_equal(h->flow_lost, 7);
        assert_int_equal(h->flow_misordered, 6);
        assert_int_equal(h->packet_corrupt, 5);
        assert_int_equal(h->sequence_reset, 4);
        assert_string_equal(h->hostname, "collector.example");
        assert_string_equal(h->comments, "no end h");
        assert_int_equal(h->has, 0xFFFFF); /* 0 to 0x13 */
        ft_close(r);
        free(b.p);
    }
}

static void test_texts_are_cut(void **state)
{
    struct bytes b = {0};
    struct ft_reader *r;
    char text[2000];

    (void)state;
    memset(text, 'x', sizeof(text));
    begin_header(&b, false);
    put_tlv(&b, 2, 2, 5);
    put_text(&b, 0x0F, text, sizeof(text));
    put_text(&b, 0x10, text, sizeof(text));
    end_header(&b);
    r = open_bytes(&b, NULL);
    assert_non_null(r);
    assert_int_equal(strlen(ft_header(r)->hostname), sizeof(ft_header(r)->hostname) - 1);
    assert_int_equal(strlen(ft_header(r)->comments), sizeof(ft_header(r)->comments) - 1);
    ft_close(r);
    free(b.p);
}

/* A header that cannot be read: the message holds this, and an offset. */
static void refuse(const struct bytes *b, size_t n, const char *because)
{
    struct ft_reader *r;
    struct err e = {0};

    assert_int_equal(ft_open_memory(&r, b->p, n, NULL, &e), -1);
    assert_null(r);
    assert_int_equal(e.code, ERR_FORMAT);
    if (strstr(e.msg, because) == NULL || strstr(e.msg, "offset") == NULL)
        fail_msg("\"%s\" does not name \"%s\" and an offset", e.msg, because);
}

static void change(
    struct bytes *b, size_t at, uint32_t value, unsigned width, const char *because)
{
    uint32_t before = get_number(b->p + at, width, b->big);

    set_number(b, at, value, width);
    refuse(b, b->n, because);
    set_number(b, at, before, width);
}

static void test_refused(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        struct bytes b = {0};

        make_v5(&b, big, false, 3);
        refuse(&b, 0, "empty");
        for (size_t n = 2; n < 8; n++)
            refuse(&b, n, "cut short");
        for (size_t n = 8; n < get_number(b.p + 4, 4, big); n++)
            refuse(&b, n, "cut short");
        change(&b, 0, 0x1f8b, 2, big ? "gunzip" : "not a flow-tools file");
        change(&b, 3, 2, 1, "stream version 2");
        change(&b, 4, 7, 4, "header length 7");
        change(&b, 4, 65537, 4, "header length 65537");
        change(&b, 4, 0xFFFFFFFF, 4, "header length");
        change(&b, 10, 0xFFF0, 2, "no export version");
        change(&b, 8, 0, 2, "no export version");
        change(&b, 12, 9, 2, "version 9");
        change(&b, 12, 0xFFFF, 2, "version 65535");
        free(b.p);
    }
}

static void test_aggregations_refused(void **state)
{
    struct bytes b = {0};

    (void)state;
    put_header(&b, false, 8, 15, 1, 0);
    refuse(&b, b.n, "aggregation 15");
    put_header(&b, false, 8, 0, 1, 0);
    refuse(&b, b.n, "aggregation 0");
    put_header(&b, false, 8, 1, 1, 0);
    set_number(&b, 18, 1, 1); /* aggregation version */
    refuse(&b, b.n, "version 1");
    free(b.p);
}

/* A TLV past the header's end, after the version: the rest of the header is left, the flows
 * are read, and it is said. */
static void test_tlv_overrun_is_survived(void **state)
{
    struct bytes b = {0};
    struct flow_block *block = flow_block_new();
    struct ft_status s;

    (void)state;
    make_v5(&b, false, false, 3);
    set_number(&b, 16, 0xFFF0, 2); /* length of CAP_START */
    s = read_bytes(&b, FT_CLOCK_CORRECTED, block);
    assert_int_equal(s.records, 3);
    assert_int_equal(s.state, FT_DAMAGED);
    assert_int_equal(s.offset, 14);
    free(b.p);
    flow_block_free(block);
}

/* Without a byte order the header's length tells it; flow-tools takes the machine's. */
static void test_unknown_byte_order(void **state)
{
    struct flow_block *block = flow_block_new();

    (void)state;
    for (int big = 0; big < 2; big++) {
        struct bytes b = {0};
        struct ft_status s;

        make_v5(&b, big, false, 3);
        b.p[2] = 7;
        s = read_bytes(&b, FT_CLOCK_CORRECTED, block);
        assert_int_equal(s.state, FT_DAMAGED);
        assert_int_equal(s.offset, 2);
        assert_int_equal(s.records, 3);
        assert_int_equal(KEY(block, F_SOURCE_ADDRESS, 1), 0x0A000001);
        free(b.p);
    }
    flow_block_free(block);
}

static void test_missing_file(void **state)
{
    struct ft_reader *r;
    struct err e = {0};

    (void)state;
    assert_int_equal(ft_open(&r, "/nonexistent/ft-v05", NULL, &e), -1);
    assert_null(r);
    assert_int_equal(e.code, ERR_SYSTEM);
    assert_non_null(strstr(e.msg, "/nonexistent/ft-v05"));
    assert_int_equal(ft_open(&r, "/", NULL, &e), -1);
    assert_null(r);
    ft_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_tlv),
        cmocka_unit_test(test_texts_are_cut),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_aggregations_refused),
        cmocka_unit_test(test_tlv_overrun_is_survived),
        cmocka_unit_test(test_unknown_byte_order),
        cmocka_unit_test(test_missing_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
