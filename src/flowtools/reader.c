/*
 * Reads flow files: header, then records straight into the columns of a flow block.
 *
 * Memory is two windows of fixed size, whatever the file says. Besides decoding, the reader
 * looks at the first bytes of each record for two things that are no flows: records of zero
 * bytes (what a crash leaves at the end of a file) and the header of a second file (two
 * files catted together). When flow-tools' own reading is asked for, both are taken as
 * flows.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flowtools/body.h"
#include "flowtools/decode.h"
#include "flowtools/header.h"
#include "flowtools/status.h"

#define DEFAULT_RECORDS UINT64_C(100000000)
#define DEFAULT_BYTES   (UINT64_C(8) << 30)
#define JOINED_MAX      1000 /* files in one; an endless row of headers ends there */
#define ZEROS_MAX                                                                          \
    (1 << 20) /* records of zero bytes in a row before reading is given up                 \
               */

struct ft_reader {
    struct ft_options options;
    struct ft_status status;
    struct input in;
    struct body body;
    struct ft_parsed head;
    struct ft_plan plan;
    uint64_t first_zero; /* offset of the first record left out because it is zero bytes */
    uint64_t zeros;      /* of those, how many */
    uint32_t joined;     /* files that followed the first in the same bytes */
    uint32_t zeros_row;  /* and how many since the last flow */
    uint64_t expected;   /* flows that the header promises; 0: nothing promised */
    bool ended;
};

/* ---- opening -------------------------------------------------------------------- */

static struct ft_reader *reader_new(const struct ft_options *o, struct err *e)
{
    struct ft_reader *r = calloc(1, sizeof(*r));

    if (r == NULL) {
        err_nomem(e, "a reader of flow files");
        return NULL;
    }
    r->in.fd = -1;
    if (o != NULL)
        r->options = *o;
    if (r->options.max_records == 0)
        r->options.max_records = DEFAULT_RECORDS;
    if (r->options.max_bytes == 0)
        r->options.max_bytes = DEFAULT_BYTES;
    return r;
}

/* Only a header that was rewritten when its file was closed knows how many flows there are.
 */
static uint64_t promised(const struct ft_header *h)
{
    if (!(h->flags & FT_FLAG_DONE) || (h->flags & FT_FLAG_STREAMING))
        return 0;
    return h->flow_count;
}

static int read_head(struct ft_reader *r, const char *name, struct err *e)
{
    bool as_flowtools = r->options.clock == FT_CLOCK_FLOWTOOLS;
    struct err why = {0};

    if (ft_header_read(&r->head, &r->in, as_flowtools, &why) < 0)
        return err_set(e, why.code, "%s: %s", name, why.msg);
    if (r->head.oddity[0] != '\0')
        ft_note(&r->status, r->head.oddity_at, "%s", r->head.oddity);
    r->expected = promised(&r->head.header);
    ft_plan_make(&r->plan, r->head.layout, r->head.header.big_endian, r->options.clock);
    if (body_open(&r->body, &r->in, &r->head, as_flowtools, &r->status) < 0)
        return err_nomem(e, "reading flows");
    return 0;
}

int ft_open(
    struct ft_reader **out, const char *path, const struct ft_options *o, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    *out = NULL;
    if (fd < 0)
        return err_sys(e, "cannot open %s", path);
    return ft_open_fd(out, fd, path, o, e);
}

int ft_open_fd(struct ft_reader **out, int fd, const char *name, const struct ft_options *o,
    struct err *e)
{
    struct ft_reader *r = reader_new(o, e);

    *out = NULL;
    if (r == NULL) {
        close(fd);
        return -1;
    }
    if (input_open(&r->in, fd) < 0) {
        ft_close(r);
        return err_nomem(e, "reading flows");
    }
    if (read_head(r, name, e) < 0) {
        ft_close(r);
        return -1;
    }
    *out = r;
    return 0;
}

int ft_open_memory(struct ft_reader **out, const void *bytes, size_t n,
    const struct ft_options *o, struct err *e)
{
    struct ft_reader *r = reader_new(o, e);

    *out = NULL;
    if (r == NULL)
        return -1;
    input_memory(&r->in, bytes, n);
    if (read_head(r, "memory", e) < 0) {
        ft_close(r);
        return -1;
    }
    *out = r;
    return 0;
}

void ft_close(struct ft_reader *r)
{
    if (r == NULL)
        return;
    body_close(&r->body);
    input_close(&r->in);
    free(r);
}

const struct ft_header *ft_header(const struct ft_reader *r)
{
    return &r->head.header;
}

uint32_t ft_present(const struct ft_reader *r)
{
    return r->plan.present;
}

const struct ft_status *ft_status(const struct ft_reader *r)
{
    return &r->status;
}

/* ---- records that are no flows -------------------------------------------------- */

static bool all_zero(const uint8_t *p, size_t n)
{
    while (n > 0 && *p == 0)
        p++, n--;
    return n == 0;
}

/* A second file may follow where the first ends, if its flows have the same form. True when
 * its header was read and its body begun. */
static bool next_file(struct ft_reader *r)
{
    struct ft_parsed next;
    uint64_t at = r->in.offset;

    if (!ft_header_begins(r->in.at, input_fill(&r->in, 4)) ||
        ft_header_read(&next, &r->in, false, NULL) < 0)
        return false;
    ft_note(&r->status, at, "a second flow file begins at offset %ju%s", (uintmax_t)at,
        next.layout == r->head.layout ? "; its flows are taken too"
                                      : ", of another version");
    if (next.layout != r->head.layout || ++r->joined == JOINED_MAX) {
        r->ended = true;
        return true;
    }
    ft_plan_make(&r->plan, next.layout, next.header.big_endian, r->options.clock);
    r->expected = r->expected > 0 && promised(&next.header) > 0
                      ? r->expected + promised(&next.header)
                      : 0;
    if (body_reopen(&r->body, (next.header.flags & FT_FLAG_COMPRESS) != 0) < 0)
        r->ended = true;
    return true;
}

enum oddity { ODD_NOT, ODD_ZERO, ODD_HEADER };

static enum oddity odd_record(const struct ft_reader *r, const uint8_t *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof(word));
    if (word == 0)
        return all_zero(p, r->body.size) ? ODD_ZERO : ODD_NOT;
    /* Within a compressed stream there are no headers; the stream ends before. */
    if (p[0] == FT_MAGIC1 && !r->body.compressed && ft_header_begins(p, 4))
        return ODD_HEADER;
    return ODD_NOT;
}

/* Records from p on that are flows; *odd says what the next one is, if it is none. */
static size_t flows_until(
    const struct ft_reader *r, const uint8_t *p, size_t n, enum oddity *odd)
{
    *odd = ODD_NOT;
    if (r->options.clock == FT_CLOCK_FLOWTOOLS)
        return n;
    for (size_t i = 0; i < n; i++, p += r->body.size) {
        *odd = odd_record(r, p);
        if (*odd != ODD_NOT)
            return i;
    }
    return n;
}

static void skip_zero_record(struct ft_reader *r)
{
    if (r->zeros++ == 0)
        r->first_zero = r->in.offset;
    body_take(&r->body, 1);
    r->status.bytes += r->body.size;
    if (++r->zeros_row == ZEROS_MAX) {
        ft_note(&r->status, r->in.offset,
            "more than %d records of zero bytes in a row before offset %ju; the rest is "
            "not read",
            ZEROS_MAX, (uintmax_t)r->in.offset);
        r->ended = true;
    }
}

/* ---- reading -------------------------------------------------------------------- */

static size_t least(size_t a, uint64_t b)
{
    return a < b ? a : (size_t)b;
}

static void finish(struct ft_reader *r)
{
    struct ft_status *s = &r->status;

    r->ended = true;
    body_explain(&r->body, &r->head.header, s);
    if (r->zeros > 0)
        ft_note(s, r->first_zero,
            "%ju records of zero bytes left out, the first at offset %ju",
            (uintmax_t)r->zeros, (uintmax_t)r->first_zero);
    if (s->records < r->expected)
        ft_note(s, r->in.offset,
            "the header promises %ju flows, the file ends after %ju at offset %ju",
            (uintmax_t)r->expected, (uintmax_t)s->records, (uintmax_t)r->in.offset);
}

static bool over_limits(struct ft_reader *r)
{
    struct ft_status *s = &r->status;

    if (s->records >= r->options.max_records)
        ft_note(s, r->in.offset,
            "more than %" PRIu64 " flows: the rest, near offset %ju, is left out",
            r->options.max_records, (uintmax_t)r->in.offset);
    else if (s->bytes + r->body.size > r->options.max_bytes)
        ft_note(s, r->in.offset,
            "more than %" PRIu64 " bytes of flows: the rest, near offset %ju, is "
            "left out",
            r->options.max_bytes, (uintmax_t)r->in.offset);
    else
        return false;
    r->ended = true;
    return true;
}

/* Decode what is there, up to the room in b and the limits. */
static void read_some(struct ft_reader *r, struct flow_block *b)
{
    const uint8_t *p;
    enum oddity odd;
    size_t n = body_records(&r->body, &p);

    if (n == 0) {
        bool maybe_more =
            r->body.compressed && r->body.end == BODY_WHOLE && r->body.left == 0;

        if (!maybe_more || r->options.clock == FT_CLOCK_FLOWTOOLS || !next_file(r))
            finish(r);
        return;
    }
    if (over_limits(r))
        return;
    n = least(n, FLOW_BLOCK_MAX - b->count);
    n = least(n, r->options.max_records - r->status.records);
    n = least(n, (r->options.max_bytes - r->status.bytes) / r->body.size);
    n = flows_until(r, p, n, &odd);
    if (n == 0 && odd == ODD_ZERO) {
        skip_zero_record(r);
        return;
    }
    if (n == 0 && odd == ODD_HEADER) {
        if (next_file(r))
            return;
        /* It only looked like a header; looking may have moved the window. */
        (void)body_records(&r->body, &p);
        n = 1;
    }
    r->status.wrapped += ft_decode(&r->plan, b, p, n);
    body_take(&r->body, n);
    r->zeros_row = 0;
    r->status.records += n;
    r->status.bytes += (uint64_t)n * r->body.size;
}

uint32_t ft_read(struct ft_reader *r, struct flow_block *b)
{
    uint32_t before = b->count;

    b->present = r->plan.present;
    while (!r->ended && b->count < FLOW_BLOCK_MAX)
        read_some(r, b);
    return b->count - before;
}
