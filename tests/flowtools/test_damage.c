/* Files that are cut, bent, endless or larger than allowed. */
#include <fcntl.h>

#include "flowtools/samples.h"

static struct flow_block *block;

static int set_up(void **state)
{
    (void)state;
    block = flow_block_new();
    return block == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    flow_block_free(block);
    return 0;
}

/* ---- cut and bent ----------------------------------------------------------------------- */

/* Flows that are true must be delivered, in their order. */
static void check_flows(uint64_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(KEY(block, F_SOURCE_ADDRESS, i), 0x0A000000 + i);
        assert_int_equal(NUMBER(block, F_OCTETS, i), 120 + i);
        assert_int_equal(NUMBER(block, F_EXPORT, i), 1700000010 + i);
    }
}

static void cut_everywhere(bool big, bool compressed)
{
    struct bytes file = {0};
    size_t whole, header;
    uint64_t before = 0;

    make_v5(&file, big, compressed, 40);
    whole = file.n;
    header = get_number(file.p + 4, 4, big);
    for (file.n = 0; file.n < whole; file.n++) {
        struct ft_status s = read_bytes(&file, FT_CLOCK_CORRECTED, block);

        assert_int_equal(s.state, file.n < header ? FT_UNREADABLE : FT_DAMAGED);
        assert_true(s.records >= before);
        if (file.n >= header) {
            assert_true(s.offset >= header && s.offset <= file.n);
            if (!compressed)
                assert_int_equal(s.records, (file.n - header) / 64);
            check_flows(s.records);
        }
        before = s.records;
        read_bytes(&file, FT_CLOCK_FLOWTOOLS, block);
    }
    file.n = whole;
    assert_int_equal(read_bytes(&file, FT_CLOCK_CORRECTED, block).state, FT_OK);
    assert_int_equal(block->count, 40);
    free(file.p);
}

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    for (int how = 0; how < 4; how++)
        cut_everywhere(how & 1, how & 2);
}

/* Whatever a byte is changed to, nothing crashes and no more flows come than were there. */
static void test_every_byte_flipped(void **state)
{
    (void)state;
    for (int how = 0; how < 4; how++) {
        struct bytes file = {0};

        make_v5(&file, how & 1, how & 2, 12);
        for (size_t at = 0; at < file.n; at++) {
            for (unsigned mask = 1; mask < 256; mask = mask < 128 ? mask * 2 : mask + 127) {
                file.p[at] ^= (uint8_t)mask;
                assert_true(read_bytes(&file, FT_CLOCK_CORRECTED, block).records < 2000);
                assert_true(read_bytes(&file, FT_CLOCK_FLOWTOOLS, block).records < 2000);
                file.p[at] ^= (uint8_t)mask;
            }
        }
        assert_int_equal(read_bytes(&file, FT_CLOCK_CORRECTED, block).state, FT_OK);
        free(file.p);
    }
}

/* The same through every real file of the corpus that is small, when it is there. */
static void test_corpus_cut_and_flipped(void **state)
{
    static const char *const names[] = {"bad/alltlv.be", "bad/s1.d5.be.z6",
        "bad/s1.d1.le.z0", "real/variants/flowgen.v8m11.be.z6",
        "real/spark-netflow/ftv8.2016-01-17.compress.7.bigend.sample"};
    uint8_t bytes[8192];

    (void)state;
    if (access(FV_CORPUS "/MANIFEST.tsv", R_OK) < 0)
        skip();
    for (size_t i = 0; i < NITEMS(names); i++) {
        char path[512];
        struct bytes file = {.p = bytes};
        FILE *f;
        size_t whole;

        snprintf(path, sizeof(path), "%s/%s", FV_CORPUS, names[i]);
        f = fopen(path, "rb");
        assert_non_null(f);
        whole = fread(bytes, 1, sizeof(bytes), f);
        fclose(f);
        for (file.n = 0; file.n < whole; file.n++)
            assert_true(read_bytes(&file, FT_CLOCK_CORRECTED, block).records <= 300);
        for (size_t at = 0; at < whole; at++) {
            bytes[at] ^= 0x55;
            read_bytes(&file, FT_CLOCK_CORRECTED, block);
            read_bytes(&file, FT_CLOCK_FLOWTOOLS, block);
            bytes[at] ^= 0x55;
        }
    }
}

/* ---- zeros ------------------------------------------------------------------------------ */

static void test_zero_records(void **state)
{
    static const uint8_t zeros[640];
    struct bytes file = {0};
    struct ft_status s;

    (void)state;
    make_v5(&file, false, false, 5);
    put_raw(&file, zeros, sizeof(zeros));
    s = read_bytes(&file, FT_CLOCK_CORRECTED, block);
    assert_int_equal(s.records, 5);
    assert_int_equal(s.state, FT_DAMAGED);
    assert_int_equal(s.offset, file.n - sizeof(zeros));
    assert_non_null(strstr(s.reason, "10 records of zero bytes"));
    s = read_bytes(&file, FT_CLOCK_FLOWTOOLS, block);
    assert_int_equal(s.records, 15);
    free(file.p);
}

/* In the middle too, and flows after them come still. */
static void test_zero_record_in_the_middle(void **state)
{
    struct bytes file = {0};
    struct ft_status s;

    (void)state;
    make_v5(&file, true, false, 5);
    memset(file.p + get_number(file.p + 4, 4, true) + 2 * 64, 0, 64);
    s = read_bytes(&file, FT_CLOCK_CORRECTED, block);
    assert_int_equal(s.records, 4);
    assert_int_equal(s.state, FT_DAMAGED);
    assert_int_equal(KEY(block, F_SOURCE_ADDRESS, 2), 0x0A000003);
    free(file.p);
}

/* ---- several files in one --------------------------------------------------------------- */

static void test_joined_files(void **state)
{
    (void)state;
    for (int how = 0; how < 16; how++) {
        struct bytes file = {0}, second = {0};
        struct ft_status s;
        size_t first;

        make_v5(&file, how & 1, how & 2, 5);
        make_v5(&second, how & 4, how & 8, 7);
        first = file.n;
        put_raw(&file, second.p, second.n);
        s = read_bytes(&file, FT_CLOCK_CORRECTED, block);
        assert_int_equal(s.records, 12);
        assert_int_equal(s.state, FT_DAMAGED);
        assert_int_equal(s.offset, first);
        for (uint32_t i = 0; i < 12; i++)
            assert_int_equal(
                KEY(block, F_SOURCE_ADDRESS, i), 0x0A000000 + (i < 5 ? i : i - 5));
        free(file.p);
        free(second.p);
    }
}

static void test_joined_with_another_version(void **state)
{
    struct bytes file = {0}, second = {0};
    struct ft_status s;

    (void)state;
    make_v5(&file, false, true, 5);
    put_header(&second, false, 7, 0, 1, 0);
    put_raw(&file, second.p, second.n);
    s = read_bytes(&file, FT_CLOCK_CORRECTED, block);
    assert_int_equal(s.records, 5);
    assert_non_null(strstr(s.reason, "another version"));
    free(file.p);
    free(second.p);
}

/* A row of headers as if without end: the flow behind them is not reached. */
static void test_row_of_headers(void **state)
{
    struct bytes file = {0}, header = {0};
    struct ft_reader *r;
    struct ft_status s;

    (void)state;
    put_header(&header, false, 5, 0, 1, 0);
    for (int i = 0; i < 100000; i++)
        put_raw(&file, header.p, header.n);
    put_v5(&file, 0);
    assert_int_equal(ft_open_memory(&r, file.p, file.n, NULL, NULL), 0);
    s = read_all(r, block);
    assert_int_equal(s.records, 0);
    assert_int_equal(s.state, FT_DAMAGED);
    ft_close(r);
    free(file.p);
    free(header.p);
}

/* ---- limits ----------------------------------------------------------------------------- */

static struct ft_status read_limited(const struct bytes *file, struct ft_options o)
{
    struct ft_reader *r;
    struct ft_status s;

    assert_int_equal(ft_open_memory(&r, file->p, file->n, &o, NULL), 0);
    s = read_all(r, block);
    ft_close(r);
    return s;
}

static void test_limits(void **state)
{
    (void)state;
    for (int compressed = 0; compressed < 2; compressed++) {
        struct bytes file = {0};
        struct ft_status s;

        make_v5(&file, false, compressed, 100);
        s = read_limited(&file, (struct ft_options){.max_records = 100, .max_bytes = 6400});
        assert_int_equal(s.state, FT_OK);
        assert_int_equal(s.records, 100);
        s = read_limited(&file, (struct ft_options){.max_records = 99});
        assert_int_equal(s.state, FT_DAMAGED);
        assert_int_equal(s.records, 99);
        assert_non_null(strstr(s.reason, "more than 99 flows"));
        s = read_limited(&file, (struct ft_options){.max_bytes = 6399});
        assert_int_equal(s.state, FT_DAMAGED);
        assert_int_equal(s.records, 99);
        check_flows(99);
        free(file.p);
    }
}

/* A zlib stream of zeros that would inflate to gigabytes. */
static void test_bomb(void **state)
{
    struct bytes file = {0};
    size_t n = 128 << 20;
    uint8_t *zeros = calloc(n, 1);
    struct ft_status s;

    (void)state;
    assert_non_null(zeros);
    put_header(&file, false, 5, 0, 3, 1);
    put_compressed(&file, zeros, n);
    s = read_bytes(&file, FT_CLOCK_CORRECTED, block);
    assert_int_equal(s.records, 0);
    assert_int_equal(s.state, FT_DAMAGED);
    assert_non_null(strstr(s.reason, "zero bytes in a row"));
    assert_true(s.bytes <= n / 2 + 64);
    free(zeros);
    free(file.p);
}

/* A zlib stream of empty blocks: it goes on for ever and gives nothing. */
static void test_stream_of_nothing(void **state)
{
    struct bytes file = {0};
    struct ft_status s;

    (void)state;
    put_header(&file, false, 5, 0, 3, 1);
    put_raw(&file, "\x78\x01", 2);
    for (int i = 0; i < 1000000; i++)
        put_raw(&file, "\0\0\0\xff\xff", 5); /* stored block of length 0, not the last */
    s = read_bytes(&file, FT_CLOCK_CORRECTED, block);
    assert_int_equal(s.records, 0);
    assert_int_equal(s.state, FT_DAMAGED);
    assert_true(s.offset < 2 << 20);
    free(file.p);
}

/* An endless file: reading stops at the limit, whatever comes from the descriptor. */
static void test_endless(void **state)
{
    struct ft_options o = {.max_records = 200000};
    struct bytes file = {0};
    struct ft_reader *r;
    int ends[2];
    pid_t child;

    (void)state;
    make_v5(&file, false, false, 50);
    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        size_t header = get_number(file.p + 4, 4, false);
        close(ends[0]);
        if (write(ends[1], file.p, header) > 0)
            while (write(ends[1], file.p + header, file.n - header) > 0)
                ;
        _exit(0);
    }
    close(ends[1]);
    assert_int_equal(ft_open_fd(&r, ends[0], "pipe", &o, NULL), 0);
    assert_int_equal(read_all(r, block).records, 200000);
    assert_int_equal(ft_status(r)->state, FT_DAMAGED);
    ft_close(r); /* closes the pipe; the writer gets SIGPIPE */
    free(file.p);
}

/* ---- counts ----------------------------------------------------------------------------- */

static void test_count_of_the_header(void **state)
{
    struct bytes file = {0};
    size_t flags, count;

    (void)state;
    make_v5(&file, false, false, 10);
    flags = 8 + 6 + 8 + 8 + 4;
    count = flags + 8;
    assert_int_equal(get_number(file.p + flags, 4, false), 1);
    assert_int_equal(get_number(file.p + count, 4, false), 10);
    set_number(&file, count, 11, 4);
    assert_int_equal(read_bytes(&file, FT_CLOCK_CORRECTED, block).state, FT_DAMAGED);
    set_number(&file, count, 9, 4);
    assert_int_equal(read_bytes(&file, FT_CLOCK_CORRECTED, block).state, FT_OK);
    set_number(&file, count, 11, 4);
    set_number(&file, flags, 0, 4); /* not closed: the count means nothing */
    assert_int_equal(read_bytes(&file, FT_CLOCK_CORRECTED, block).state, FT_OK);
    set_number(&file, flags, 9, 4); /* from a pipe: neither */
    assert_int_equal(read_bytes(&file, FT_CLOCK_CORRECTED, block).state, FT_OK);
    free(file.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_every_byte_flipped),
        cmocka_unit_test(test_corpus_cut_and_flipped),
        cmocka_unit_test(test_zero_records),
        cmocka_unit_test(test_zero_record_in_the_middle),
        cmocka_unit_test(test_joined_files),
        cmocka_unit_test(test_joined_with_another_version),
        cmocka_unit_test(test_row_of_headers),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_bomb),
        cmocka_unit_test(test_stream_of_nothing),
        cmocka_unit_test(test_endless),
        cmocka_unit_test(test_count_of_the_header),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
