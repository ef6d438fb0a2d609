/*
 * The body of a flow file.
 *
 * flow-tools inflates record by record, and when the stream breaks, the record in work is
 * lost even if all its bytes were there: inflate() looks past its last byte for what
 * follows. To read as flow-tools does, one record is held back until the stream has gone on
 * after it.
 */
#include <stdlib.h>
#include <string.h>

#include "flowtools/bytes.h"
#include "flowtools/body.h"
#include "flowtools/status.h"

/* Compressed input may exceed its output by an eighth and this before it is given up:
 * deflate never grows data by more than a thousandth, so only endless empty blocks get
 * here. */
#define EMPTY_MAX (1 << 20)
#define ZERO_TAIL                                                                          \
    16 /* that many zero bytes at a compressed file's end are not compressed flows */

static bool like_zlib(const uint8_t *p, size_t n)
{
    return n >= 2 && (p[0] & 0x0f) == Z_DEFLATED && p[0] >> 4 <= 7 && be16(p) % 31 == 0;
}

static bool like_gzip(const uint8_t *p, size_t n)
{
    return n >= 3 && p[0] == 0x1f && p[1] == 0x8b && p[2] == Z_DEFLATED;
}

static int start_inflate(struct body *b, int window_bits)
{
    memset(&b->z, 0, sizeof(b->z));
    if (inflateInit2(&b->z, window_bits) != Z_OK)
        return -1;
    b->inflating = true;
    return 0;
}

static void stop_inflate(struct body *b)
{
    if (b->inflating)
        inflateEnd(&b->z);
    b->inflating = false;
}

/* One call of inflate() from the input's position into the window; nothing is taken yet. */
static int inflate_some(struct body *b)
{
    size_t in = b->in->left < INPUT_WINDOW ? b->in->left : INPUT_WINDOW;

    b->z.next_in = b->in->at;
    b->z.avail_in = (uInt)in;
    b->z.next_out = b->window + b->at + b->left;
    b->z.avail_out = (uInt)(BODY_WINDOW - b->at - b->left);
    return inflate(&b->z, Z_NO_FLUSH);
}

/* The body begins like a zlib stream and inflates to at least a record without an error. */
static bool inflates(struct body *b)
{
    int rc;
    size_t made;

    if (!like_zlib(b->in->at, input_fill(b->in, 4096)) || start_inflate(b, MAX_WBITS) < 0)
        return false;
    rc = inflate_some(b);
    made = (size_t)(b->z.next_out - b->window);
    stop_inflate(b);
    return (rc == Z_OK || rc == Z_STREAM_END) && made >= b->size;
}

/* Not zlib, and exactly as long as the flows that the finished header counts. */
static bool plain_after_all(const struct body *b, const struct ft_header *h)
{
    return (h->flags & FT_FLAG_DONE) && h->flow_count > 0 && b->in->size != UINT64_MAX &&
           b->in->size - b->start == (uint64_t)h->flow_count * b->size;
}

/* The header's flag against what the body looks like. */
static void doubt_flag(struct body *b, const struct ft_header *h, struct ft_status *s)
{
    size_t n = input_fill(b->in, 4);

    if (!b->compressed && inflates(b)) {
        ft_note(s, b->start,
            "the header says plain, but the body at offset %ju is compressed",
            (uintmax_t)b->start);
        b->compressed = true;
    } else if (b->compressed && n >= 2 && !like_zlib(b->in->at, n) &&
               !like_gzip(b->in->at, n) && plain_after_all(b, h)) {
        ft_note(s, b->start,
            "the header says compressed, but the body at offset %ju is plain",
            (uintmax_t)b->start);
        b->compressed = false;
    }
}

static int begin(struct body *b)
{
    size_t n = input_fill(b->in, 4);
    bool gzip = !b->as_flowtools && like_gzip(b->in->at, n);

    if (!b->compressed)
        return 0;
    return start_inflate(b, gzip ? MAX_WBITS + 16 : MAX_WBITS);
}

int body_open(struct body *b, struct input *in, const struct ft_parsed *head,
    bool as_flowtools, struct ft_status *s)
{
    *b = (struct body){.in = in, .size = head->layout->size, .as_flowtools = as_flowtools};
    b->compressed = (head->header.flags & FT_FLAG_COMPRESS) != 0;
    b->start = in->offset;
    b->window = malloc(BODY_WINDOW);
    if (b->window == NULL)
        return -1;
    if (!as_flowtools) {
        doubt_flag(b, &head->header, s);
        if (b->compressed)
            b->zeros = input_cut_zero_tail(in, ZERO_TAIL);
        if (b->compressed && like_gzip(in->at, input_fill(in, 4)))
            ft_note(s, b->start,
                "the body at offset %ju is gzip, not zlib: flow-tools reads "
                "nothing of it",
                (uintmax_t)b->start);
    }
    return begin(b);
}

int body_reopen(struct body *b, bool compressed)
{
    stop_inflate(b);
    b->compressed = compressed;
    b->start = b->in->offset;
    b->at = b->left = 0;
    b->taken = b->made = 0;
    b->end = BODY_GOING;
    return begin(b);
}

void body_close(struct body *b)
{
    stop_inflate(b);
    free(b->window);
    b->window = NULL;
}

static void inflate_once(struct body *b)
{
    int rc = inflate_some(b);
    size_t taken = (size_t)(b->z.next_in - b->in->at);
    size_t made = (size_t)(b->z.next_out - (b->window + b->at + b->left));

    input_skip(b->in, taken);
    b->taken += taken;
    b->left += made;
    b->made += made;
    if (rc == Z_STREAM_END)
        b->end = BODY_WHOLE;
    else if (rc != Z_OK || (taken == 0 && made == 0) ||
             b->taken > b->made + b->made / 8 + EMPTY_MAX)
        b->end = BODY_BROKEN;
}

static void inflate_window(struct body *b)
{
    memmove(b->window, b->window + b->at, b->left);
    b->at = 0;
    while (b->end == BODY_GOING && b->left < BODY_WINDOW) {
        if (input_fill(b->in, 1) == 0)
            b->end = BODY_CUT;
        else
            inflate_once(b);
    }
}

/* Whole records in the window that may be given out. */
static size_t in_window(const struct body *b)
{
    bool hold = b->as_flowtools && (b->end == BODY_GOING || b->end == BODY_BROKEN);

    return hold && b->left > 0 ? (b->left - 1) / b->size : b->left / b->size;
}

size_t body_records(struct body *b, const uint8_t **p)
{
    if (!b->compressed) {
        size_t left = input_fill(b->in, b->size);

        *p = b->in->at;
        if (left < b->size)
            b->end = BODY_WHOLE;
        return left / b->size;
    }
    if (in_window(b) == 0 && b->end == BODY_GOING)
        inflate_window(b);
    *p = b->window + b->at;
    return in_window(b);
}

void body_take(struct body *b, size_t records)
{
    size_t n = records * b->size;

    if (!b->compressed) {
        input_skip(b->in, n);
        return;
    }
    b->at += n;
    b->left -= n;
}

static void explain_cut(
    const struct body *b, const struct ft_header *h, struct ft_status *s)
{
    uintmax_t at = b->in->offset;

    if (b->in->error != 0)
        return;
    if (b->zeros > 0)
        ft_note(s, at, "the last %ju bytes, from offset %ju, are zero: lost in a crash?",
            (uintmax_t)b->zeros, at);
    else if (!(h->flags & FT_FLAG_DONE))
        ft_note(
            s, at, "compressed flows end early at offset %ju: the file was not closed", at);
    else
        ft_note(s, at, "compressed flows are cut short at offset %ju", at);
}

static void explain_broken(const struct body *b, struct ft_status *s)
{
    uintmax_t at = b->in->offset;

    if (b->made == 0 && b->taken <= 2)
        ft_note(s, b->start, "the body at offset %ju is not a zlib stream",
            (uintmax_t)b->start);
    else if (b->z.msg != NULL && strcmp(b->z.msg, "incorrect data check") == 0)
        ft_note(s, at,
            "checksum of the compressed flows, before offset %ju, is wrong: some "
            "flows may be",
            at);
    else if (b->z.msg == NULL)
        ft_note(s, at, "compressed flows expand to nothing at offset %ju", at);
    else
        ft_note(s, at, "compressed flows are damaged at offset %ju (%s)", at, b->z.msg);
}

void body_explain(struct body *b, const struct ft_header *h, struct ft_status *s)
{
    size_t rest = b->compressed ? b->left % b->size : b->in->left;

    if (b->in->error != 0)
        ft_note(s, b->in->offset, "cannot read on at offset %ju: %s",
            (uintmax_t)b->in->offset, strerror(b->in->error));
    if (b->end == BODY_CUT)
        explain_cut(b, h, s);
    else if (b->end == BODY_BROKEN)
        explain_broken(b, s);
    else if (rest > 0)
        ft_note(s, b->in->offset,
            "%zu bytes, less than a record, are left over at offset %ju", rest,
            (uintmax_t)b->in->offset);
    else if (b->compressed && b->zeros > 0)
        ft_note(s, b->in->offset, "%ju zero bytes follow the flows at offset %ju",
            (uintmax_t)b->zeros, (uintmax_t)b->in->offset);
    else if (b->compressed && input_fill(b->in, 1) > 0)
        ft_note(s, b->in->offset, "bytes that are no flows follow at offset %ju",
            (uintmax_t)b->in->offset);
}
