/* The pages in the binary, and those of a directory. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "http/assets.h"
#include "http_test.h"

static struct request *get(struct http *h, const char *path)
{
    struct request *r = ask(h, "GET", path);

    assert_int_equal(request_parse(r), 0);
    asset_answer(r);
    return r;
}

static void test_table(void **state)
{
    size_t i;

    (void)state;
    assert_null(assets[asset_count].path);
    for (i = 0; i < asset_count; i++) {
        assert_true(i == 0 || strcmp(assets[i - 1].path, assets[i].path) < 0);
        assert_int_equal(assets[i].path[0], '/');
        assert_int_equal(assets[i].etag[0], '"');
        assert_int_equal(assets[i].gzip[0], 0x1f);
        assert_int_equal(assets[i].gzip[1], 0x8b);
    }
}

/* Each file, with and without gzip, is the file of web/. */
static void test_content(void **state)
{
    struct http h = {.port = 1};
    size_t i, size;

    (void)state;
    for (i = 0; i < asset_count; i++) {
        struct request *r = get(&h, assets[i].path);
        char name[512], *text;
        unsigned char *want = calloc(1, assets[i].plain_size + 1);
        FILE *in;

        assert_int_equal(r->reply.status, 200);
        assert_true(content_settle(r->reply.body, SIZE_MAX));
        text = content_take(r->reply.body, &size);
        assert_int_equal(size, assets[i].plain_size);
        snprintf(name, sizeof(name), FV_SOURCE_DIR "/web%s", assets[i].path);
        in = fopen(name, "rb");
        assert_non_null(in);
        assert_non_null(want);
        assert_int_equal(
            fread(want, 1, assets[i].plain_size + 1, in), assets[i].plain_size);
        fclose(in);
        assert_memory_equal(text, want, size);
        free(text);
        free(want);
        request_free(r);

        r = ask(&h, "GET", assets[i].path);
        r->headers.gzip = true;
        assert_int_equal(request_parse(r), 0);
        asset_answer(r);
        assert_true(r->reply.gzip_ready);
        text = content_take(r->reply.body, &size);
        assert_int_equal(size, assets[i].gzip_size);
        assert_memory_equal(text, assets[i].gzip, size);
        free(text);
        request_free(r);
    }
}

static void test_unchanged(void **state)
{
    struct http h = {.port = 1};
    struct request *r;

    (void)state;
    if (asset_count == 0)
        return;
    r = ask(&h, "GET", assets[0].path);
    snprintf(r->headers.none_match, sizeof(r->headers.none_match), "W/%s", assets[0].etag);
    assert_int_equal(request_parse(r), 0);
    asset_answer(r);
    assert_int_equal(r->reply.status, 304);
    request_free(r);
}

static void test_root(void **state)
{
    struct http h = {.port = 1};
    struct request *r = get(&h, "/");

    (void)state;
    assert_int_equal(r->reply.status, 302);
    assert_string_equal(r->reply.location, "/viewer");
    request_free(r);
}

static const char *const hostile[] = {"/../etc/passwd.html", "/..%2f..%2fetc%2fpasswd.html",
    "/js/../../secret.html", "/.hidden.html", "/js//api.js", "/%2e%2e/secret.html", "/js",
    "/js/", "/nothing.html", "/web.conf", "/link.html", "/dir.html", "/js%5cx.js",
    "/x.html%20", "//viewer.html", "/js/linkdir/page.html"};

static void test_hostile(void **state)
{
    struct http h = {.port = 1};
    size_t i;

    (void)state;
    for (i = 0; i < NITEMS(hostile); i++) {
        struct request *r = get(&h, hostile[i]);

        if (r->reply.status != 404)
            fail_msg("%s: %d", hostile[i], r->reply.status);
        request_free(r);
    }
}

static void write_file(const char *directory, const char *name, const char *content)
{
    struct buf path = {0};
    FILE *out;

    buf_printf(&path, "%s/%s", directory, name);
    assert_false(path.failed);
    out = fopen(path.data, "w");
    assert_non_null(out);
    fputs(content, out);
    fclose(out);
    buf_free(&path);
}

static void test_directory(void **state)
{
    char top[] = "/tmp/fv-pages-XXXXXX", path[600], other[600];
    struct http h = {.port = 1};
    struct request *r;
    char *text;
    size_t i;

    (void)state;
    assert_non_null(mkdtemp(top));
    snprintf(h.options.web_directory, sizeof(h.options.web_directory), "%s/web", top);
    assert_int_equal(mkdir(h.options.web_directory, 0700), 0);
    write_file(top, "secret.html", "secret");
    write_file(h.options.web_directory, "viewer.html", "<p>viewer</p>");
    write_file(h.options.web_directory, "web.conf", "secret");
    write_file(h.options.web_directory, ".hidden.html", "secret");
    snprintf(path, sizeof(path), "%s/js", h.options.web_directory);
    assert_int_equal(mkdir(path, 0700), 0);
    write_file(path, "api.js", "let a;");
    snprintf(path, sizeof(path), "%s/dir.html", h.options.web_directory);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/link.html", h.options.web_directory);
    assert_int_equal(symlink("../secret.html", path), 0);
    snprintf(path, sizeof(path), "%s/js/linkdir", h.options.web_directory);
    assert_int_equal(symlink(top, path), 0);

    r = get(&h, "/viewer");
    assert_int_equal(r->reply.status, 200);
    text = reply_text(r);
    assert_string_equal(text, "<p>viewer</p>");
    free(text);
    request_free(r);
    r = get(&h, "/js/api.js");
    assert_int_equal(r->reply.status, 200);
    assert_string_equal(r->reply.type, "text/javascript; charset=utf-8");
    request_free(r);
    for (i = 0; i < NITEMS(hostile); i++) {
        r = get(&h, hostile[i]);
        if (r->reply.status != 404)
            fail_msg("%s: %d", hostile[i], r->reply.status);
        request_free(r);
    }

    snprintf(other, sizeof(other), "rm -r %s", top);
    assert_int_equal(system(other), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_content),
        cmocka_unit_test(test_unchanged),
        cmocka_unit_test(test_root),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_directory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
