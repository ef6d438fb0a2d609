/* Bodies made piece by piece: the same bytes however they are read, plain and by gzip. */
#include <stdio.h>
#include <zlib.h>

#include "http_test.h"

struct lines {
    unsigned next, count, piece;
    bool fail;
    int released;
};

static bool more_lines(void *cls, struct buf *out)
{
    struct lines *l = cls;
    unsigned until = l->next + l->piece;

    for (; l->next < l->count && l->next < until; l->next++)
        buf_printf(out, "line %u of a body\n", l->next);
    if (l->fail && l->next > l->count / 2)
        out->failed = true;
    return l->next < l->count;
}

static void release_lines(void *cls)
{
    ((struct lines *)cls)->released++;
}

static struct content *lines_body(struct lines *l)
{
    struct producer p = {more_lines, release_lines, l};
    struct content *b = content_new(&p);

    assert_non_null(b);
    return b;
}

static void expected_lines(unsigned count, struct buf *out)
{
    struct lines l = {.count = count, .piece = count + 1};

    more_lines(&l, out);
}

/* Read all of b, 'step' bytes at a time. */
static void drain(struct content *b, size_t step, struct buf *out)
{
    char piece[4096];
    ssize_t n;

    assert_true(step <= sizeof(piece));
    while ((n = content_read(b, piece, step)) > 0)
        buf_add(out, piece, (size_t)n);
    assert_int_equal(n, 0);
    assert_int_equal(content_read(b, piece, step), 0);
}

static void same(const struct buf *a, const struct buf *b)
{
    assert_int_equal(a->len, b->len);
    if (a->len > 0)
        assert_memory_equal(a->data, b->data, a->len);
}

static void inflate_all(const struct buf *from, struct buf *to)
{
    z_stream z;
    int code;

    memset(&z, 0, sizeof(z));
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    z.next_in = (Bytef *)from->data;
    z.avail_in = (uInt)from->len;
    do {
        assert_true(buf_reserve(to, 4096));
        z.next_out = (Bytef *)to->data + to->len;
        z.avail_out = 4096;
        code = inflate(&z, Z_NO_FLUSH);
        to->len += 4096 - z.avail_out;
    } while (code == Z_OK);
    assert_int_equal(code, Z_STREAM_END);
    assert_int_equal(z.avail_in, 0);
    inflateEnd(&z);
}

static void test_pieces(void **state)
{
    static const size_t steps[] = {1, 7, 100, 4096};
    static const unsigned pieces[] = {1, 3, 1000, 100000};
    size_t i, k;

    (void)state;
    for (i = 0; i < NITEMS(steps); i++) {
        for (k = 0; k < NITEMS(pieces); k++) {
            struct lines l = {.count = 2500, .piece = pieces[k]};
            struct content *b = lines_body(&l);
            struct buf got = {0}, want = {0};

            expected_lines(2500, &want);
            drain(b, steps[i], &got);
            same(&got, &want);
            content_free(b);
            assert_int_equal(l.released, 1);
            buf_free(&got);
            buf_free(&want);
        }
    }
}

static void test_gzip_pieces(void **state)
{
    static const size_t steps[] = {1, 1000, 4096};
    size_t i;

    (void)state;
    for (i = 0; i < NITEMS(steps); i++) {
        struct lines l = {.count = 20000, .piece = 999};
        struct content *b = lines_body(&l);
        struct buf got = {0}, want = {0}, plain = {0};

        expected_lines(20000, &want);
        assert_true(content_gzip(b));
        drain(b, steps[i], &got);
        assert_true(got.len < want.len / 2);
        inflate_all(&got, &plain);
        same(&plain, &want);
        content_free(b);
        buf_free(&got);
        buf_free(&want);
        buf_free(&plain);
    }
}

/* A long body is not made before it is read. */
static void test_settle(void **state)
{
    struct lines l = {.count = 100000, .piece = 100};
    struct content *b = lines_body(&l);
    struct buf got = {0}, want = {0};

    (void)state;
    assert_false(content_settle(b, 10000));
    assert_true(l.next < 2000);
    expected_lines(100000, &want);
    drain(b, 4096, &got);
    same(&got, &want);
    content_free(b);
    buf_free(&got);
    buf_free(&want);
}

static void test_whole(void **state)
{
    struct lines l = {.count = 10, .piece = 3};
    struct content *b = lines_body(&l);
    struct buf want = {0};
    size_t size;
    char *bytes;

    (void)state;
    expected_lines(10, &want);
    assert_true(content_settle(b, 100000));
    bytes = content_take(b, &size);
    assert_int_equal(size, want.len);
    assert_memory_equal(bytes, want.data, size);
    free(bytes);
    content_free(b);
    buf_free(&want);
}

static void test_of_buf(void **state)
{
    struct buf small = {0}, large = {0}, none = {0}, got = {0}, plain = {0}, want = {0};
    struct content *b;

    (void)state;
    buf_str(&small, "short");
    b = content_of_buf(&small);
    assert_null(small.data);
    assert_false(content_gzip(b)); /* not worth it */
    drain(b, 2, &got);
    assert_string_equal(got.data, "short");
    content_free(b);

    expected_lines(1000, &large);
    expected_lines(1000, &want);
    b = content_of_buf(&large);
    assert_true(content_gzip(b));
    buf_reset(&got);
    drain(b, 100, &got);
    inflate_all(&got, &plain);
    same(&plain, &want);
    content_free(b);

    b = content_of_buf(&none);
    buf_reset(&got);
    drain(b, 100, &got);
    assert_int_equal(got.len, 0);
    content_free(b);
    buf_free(&got);
    buf_free(&plain);
    buf_free(&want);
}

/* Memory that runs out in the middle must not look like the end. */
static void test_failure(void **state)
{
    struct lines l = {.count = 1000, .piece = 10, .fail = true};
    struct content *b = lines_body(&l);
    char piece[100];
    ssize_t n;

    (void)state;
    while ((n = content_read(b, piece, sizeof(piece))) > 0)
        ;
    assert_int_equal(n, -1);
    content_free(b);
    assert_int_equal(l.released, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_gzip_pieces),
        cmocka_unit_test(test_settle),
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_of_buf),
        cmocka_unit_test(test_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
