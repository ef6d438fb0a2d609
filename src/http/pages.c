/*
 * The pages of web/: from inside the binary, or from a directory while they are being made.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zlib.h>

#include "http/assets.h"
#include "http/server.h"

#define FILE_MAX  (16 * 1024 * 1024)
#define PATH_SIZE 256

static const struct {
    const char *suffix, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".ico", "image/x-icon"},
    {".png", "image/png"},
};

static const char *type_of(const char *path)
{
    size_t length = strlen(path), i;

    for (i = 0; i < NITEMS(types); i++) {
        size_t n = strlen(types[i].suffix);

        if (length > n && strcmp(path + length - n, types[i].suffix) == 0)
            return types[i].type;
    }
    return NULL;
}

/* The file of a path: /viewer is viewer.html. False: it cannot be one of ours. */
static bool file_of(const char *path, char out[PATH_SIZE])
{
    const char *base = strrchr(path, '/');
    size_t n = strlen(path);

    if (path[0] != '/' || n < 2 || n + sizeof(".html") > PATH_SIZE ||
        strstr(path, "/.") != NULL || strstr(path, "//") != NULL)
        return false;
    if (path[strspn(path,
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/")] != '\0')
        return false;
    str_copy(out, PATH_SIZE, path);
    if (strchr(base, '.') == NULL)
        str_copy(out + n, PATH_SIZE - n, ".html");
    return type_of(out) != NULL;
}

/* Sets the ETag. True: the client has this one, and is told so. */
static bool unchanged(struct request *r, const char *etag)
{
    snprintf(r->reply.etag, sizeof(r->reply.etag), "W/%s", etag);
    r->reply.cache = "no-cache";
    if (!etag_known(r->headers.none_match, r->reply.etag))
        return false;
    reply_empty(r, 304);
    return true;
}

/* ---- inside the binary ---------------------------------------------------------- */

static int by_path(const void *key, const void *item)
{
    return strcmp(key, ((const struct asset *)item)->path);
}

/* For the rare client that does not take gzip. */
static bool unsqueeze(const struct asset *a, struct buf *out)
{
    z_stream z;
    int code;

    memset(&z, 0, sizeof(z));
    if (!buf_reserve(out, a->plain_size + 1) || inflateInit2(&z, 15 + 16) != Z_OK)
        return false;
    z.next_in = (Bytef *)a->gzip;
    z.avail_in = (uInt)a->gzip_size;
    z.next_out = (Bytef *)out->data;
    z.avail_out = (uInt)a->plain_size + 1;
    code = inflate(&z, Z_FINISH);
    out->len = (size_t)z.total_out;
    inflateEnd(&z);
    return code == Z_STREAM_END;
}

static void answer_built_in(struct request *r, const char *file)
{
    const struct asset *a =
        asset_count > 0 ? bsearch(file, assets, asset_count, sizeof(*a), by_path) : NULL;
    struct buf b = {0};

    if (a == NULL) {
        reply_problem(r, 404, "There is no such page.");
        return;
    }
    if (unchanged(r, a->etag))
        return;
    if (r->headers.gzip)
        buf_add(&b, a->gzip, a->gzip_size);
    else if (!unsqueeze(a, &b))
        b.failed = true;
    r->reply.gzip_ready = r->headers.gzip;
    reply_buf(r, 200, a->type, &b);
}

/* ---- from a directory ----------------------------------------------------------- */

/* Open the file below directory fd, one step at a time, following no links. Closes fd. */
static int open_below(int fd, char *path)
{
    char *step = path + 1, *slash;
    int next;

    while (fd >= 0 && (slash = strchr(step, '/')) != NULL) {
        *slash = '\0';
        next = openat(fd, step, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close(fd);
        fd = next;
        step = slash + 1;
    }
    if (fd < 0)
        return -1;
    next = openat(fd, step, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    close(fd);
    return next;
}

static bool read_whole(int fd, struct buf *out)
{
    struct stat st;
    ssize_t n;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
        return false;
    while (out->len <= FILE_MAX && buf_reserve(out, 65536)) {
        n = read(fd, out->data + out->len, 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        out->len += (size_t)n;
    }
    return false;
}

static void answer_from_disk(struct request *r, const char *file)
{
    char path[PATH_SIZE], etag[24];
    struct buf b = {0};
    int fd;

    str_copy(path, sizeof(path), file);
    fd = open_below(
        open(r->http->options.web_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), path);
    if (fd < 0 || !read_whole(fd, &b)) {
        reply_problem(r, 404, "There is no such page.");
    } else {
        snprintf(
            etag, sizeof(etag), "\"%016llx\"", (unsigned long long)XXH64(b.data, b.len, 0));
        if (!unchanged(r, etag))
            reply_buf(r, 200, type_of(file), &b);
    }
    if (fd >= 0)
        close(fd);
    buf_free(&b);
}

void asset_answer(struct request *r)
{
    char file[PATH_SIZE];

    if (strcmp(r->method, "GET") != 0) {
        str_copy(r->reply.allow, sizeof(r->reply.allow), "GET, HEAD");
        reply_problem(r, 405, "Pages can only be read.");
    } else if (strcmp(r->path, "/") == 0) {
        reply_empty(r, 302);
        r->reply.location = "/viewer";
    } else if (!file_of(r->path, file)) {
        reply_problem(r, 404, "There is no such page.");
    } else if (r->http->options.web_directory[0] != '\0') {
        answer_from_disk(r, file);
    } else {
        answer_built_in(r, file);
    }
}
