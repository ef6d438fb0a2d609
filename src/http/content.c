#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "http/content.h"

#define GZIP_WINDOW (15 + 16) /* 16: gzip wrapper instead of zlib's */
#define GZIP_LEVEL  1         /* made while others wait */
#define GZIP_LEAST  1024      /* smaller answers fit one packet anyway */

struct content {
    struct producer producer;
    bool produced; /* the producer has said its last */
    bool squeezing, squeezed;
    z_stream z;
    struct buf plain; /* from the producer, on the way to z (or the body itself) */
    struct buf out;   /* squeezed */
    size_t taken;     /* of the buffer that is read from */
};

struct content *content_new(const struct producer *p)
{
    struct content *b = calloc(1, sizeof(*b));

    if (b == NULL) {
        if (p->release != NULL)
            p->release(p->cls);
        return NULL;
    }
    b->producer = *p;
    b->produced = p->more == NULL;
    return b;
}

struct content *content_of_buf(struct buf *bytes)
{
    static const struct producer none = {NULL, NULL, NULL};
    struct content *b = content_new(&none);

    if (b == NULL) {
        buf_free(bytes);
        return NULL;
    }
    b->plain = *bytes;
    memset(bytes, 0, sizeof(*bytes));
    return b;
}

void content_free(struct content *b)
{
    if (b == NULL)
        return;
    if (b->producer.release != NULL)
        b->producer.release(b->producer.cls);
    if (b->squeezing)
        deflateEnd(&b->z);
    buf_free(&b->plain);
    buf_free(&b->out);
    free(b);
}

bool content_gzip(struct content *b)
{
    if (b->squeezing || (b->produced && b->plain.len < GZIP_LEAST))
        return false;
    if (deflateInit2(&b->z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return false;
    b->squeezing = true;
    return true;
}

static struct buf *readable(struct content *b)
{
    return b->squeezing ? &b->out : &b->plain;
}

static bool over(const struct content *b)
{
    return b->produced && (!b->squeezing || b->squeezed);
}

static bool failed(const struct content *b)
{
    return b->plain.failed || b->out.failed;
}

/* Drop what has been read, so that a buffer stays as small as a piece. */
static void forget_read(struct content *b)
{
    struct buf *from = readable(b);

    if (b->taken == 0)
        return;
    memmove(from->data, from->data + b->taken, from->len - b->taken);
    from->len -= b->taken;
    b->taken = 0;
}

/* All of plain through z into out. */
static void squeeze(struct content *b)
{
    int code = Z_OK;

    b->z.next_in = (Bytef *)b->plain.data;
    b->z.avail_in = (uInt)b->plain.len;
    while (!failed(b) && code != Z_STREAM_END && code != Z_BUF_ERROR) {
        if (!buf_reserve(&b->out, 16384))
            return;
        b->z.next_out = (Bytef *)b->out.data + b->out.len;
        b->z.avail_out = 16384;
        code = deflate(&b->z, b->produced ? Z_FINISH : Z_NO_FLUSH);
        b->out.len += 16384 - b->z.avail_out;
        if (!b->produced && b->z.avail_in == 0 && b->z.avail_out != 0)
            break;
    }
    b->squeezed = code == Z_STREAM_END;
    buf_reset(&b->plain);
}

/* One more piece into the readable buffer. */
static void advance(struct content *b)
{
    forget_read(b);
    if (!b->produced)
        b->produced = !b->producer.more(b->producer.cls, &b->plain);
    if (b->squeezing && !failed(b))
        squeeze(b);
}

bool content_settle(struct content *b, size_t enough)
{
    while (!over(b) && !failed(b) && readable(b)->len < enough)
        advance(b);
    return over(b) && !failed(b);
}

char *content_take(struct content *b, size_t *size)
{
    struct buf *from = readable(b);
    char *bytes;

    forget_read(b);
    *size = from->len;
    bytes = from->data != NULL ? from->data : calloc(1, 1);
    memset(from, 0, sizeof(*from));
    return bytes;
}

ssize_t content_read(struct content *b, char *out, size_t max)
{
    struct buf *from = readable(b);
    size_t n;

    while (from->len == b->taken && !over(b) && !failed(b))
        advance(b);
    if (failed(b))
        return -1;
    n = from->len - b->taken;
    if (n > max)
        n = max;
    if (n > 0)
        memcpy(out, from->data + b->taken, n);
    b->taken += n;
    return (ssize_t)n;
}
