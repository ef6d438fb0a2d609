/*
 * Writes flow files of export version 5, as flow-capture does: header with counts of 0
 * first, records, and at the end the header again, complete and marked as such.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#include <zlib.h>

#include "flowtools/bytes.h"
#include "flowtools/header.h"

#define RECORD  64
#define RECORDS 1024 /* collected before they are compressed or written */
#define NANO_MS 1000000

struct ft_writer {
    int fd;
    char *path;
    char hostname[256];
    bool big, compressed;
    struct ft_writer_options options;
    uint32_t flows;
    size_t used; /* of records */
    z_stream z;
    uint8_t records[RECORD * RECORDS];
    uint8_t out[RECORD * RECORDS];
};

static int write_all(struct ft_writer *w, const uint8_t *p, size_t n, struct err *e)
{
    while (n > 0) {
        ssize_t done = write(w->fd, p, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_sys(e, "cannot write %s", w->path);
        p += done;
        n -= (size_t)done;
    }
    return 0;
}

/* ---- header --------------------------------------------------------------------- */

static size_t put_tlv(uint8_t *p, unsigned type, size_t size, uint32_t value, bool big)
{
    put16(p, type, big);
    put16(p + 2, (uint32_t)size, big);
    if (size == 2)
        put16(p + 4, value, big);
    else
        put32(p + 4, value, big);
    return 4 + size;
}

static size_t put_hostname(uint8_t *p, const char *name, bool big)
{
    size_t n = strlen(name) + 1;

    put16(p, TLV_HOSTNAME, big);
    put16(p + 2, (uint32_t)n, big);
    memcpy(p + 4, name, n);
    return 4 + n;
}

/* The header is always of the same length, so that it can be rewritten in place. */
static int write_header(struct ft_writer *w, bool done, struct err *e)
{
    const struct ft_writer_options *o = &w->options;
    uint8_t p[512] = {FT_MAGIC1, FT_MAGIC2, w->big ? 2 : 1, 3};
    size_t n = 8;
    uint32_t flags = (done ? FT_FLAG_DONE : 0) | (w->compressed ? FT_FLAG_COMPRESS : 0);

    n += put_tlv(p + n, TLV_EX_VER, 2, 5, w->big);
    n += put_tlv(p + n, TLV_CAP_START, 4, o->cap_start, w->big);
    n += put_tlv(p + n, TLV_CAP_END, 4, done ? o->cap_end : 0, w->big);
    n += put_tlv(p + n, TLV_FLAGS, 4, flags, w->big);
    n += put_tlv(p + n, TLV_FLOW_COUNT, 4, done ? w->flows : 0, w->big);
    n += put_tlv(p + n, TLV_FLOW_LOST, 4, done ? o->flow_lost : 0, w->big);
    n += put_tlv(p + n, TLV_PKT_CORRUPT, 4, 0, w->big);
    n += put_tlv(p + n, TLV_SEQ_RESET, 4, 0, w->big);
    n += put_hostname(p + n, w->hostname, w->big);
    n = (n + 3) & ~(size_t)3;
    put32(p + 4, (uint32_t)n, w->big);
    return write_all(w, p, n, e);
}

/* ---- body ----------------------------------------------------------------------- */

static int flush_records(struct ft_writer *w, int how, struct err *e)
{
    size_t n = w->used;
    int rc;

    w->used = 0;
    if (!w->compressed)
        return write_all(w, w->records, n, e);
    w->z.next_in = w->records;
    w->z.avail_in = (uInt)n;
    do {
        w->z.next_out = w->out;
        w->z.avail_out = sizeof(w->out);
        rc = deflate(&w->z, how);
        if (rc == Z_STREAM_ERROR)
            return err_set(e, ERR_INTERNAL, "cannot compress flows for %s", w->path);
        if (write_all(w, w->out, sizeof(w->out) - w->z.avail_out, e) < 0)
            return -1;
    } while (w->z.avail_out == 0);
    return 0;
}

static int64_t number(const struct flow *f, unsigned field)
{
    return f->number[field - FLOW_KEYS];
}

/* The stamps of version 5: all times are ms since the exporter's boot, and its clock at
 * export is given in both. A boot within the second of the export needs the fraction of a
 * second. */
static int put_times(uint8_t *p, const struct flow *f, bool big, struct err *e)
{
    int64_t export_s = number(f, F_EXPORT), boot = number(f, F_BOOT);
    int64_t start = number(f, F_START), end = number(f, F_END);
    uint32_t fraction = 0;

    if (export_s < 0 || export_s > UINT32_MAX || start < boot || end < boot ||
        boot > export_s * 1000 + 999)
        return err_set(
            e, ERR_INPUT, "a flow begins, ends or is sent before its exporter's boot");
    if (boot > export_s * 1000)
        fraction = 999;
    put32(p, (uint32_t)export_s, big);
    put32(p + 4, fraction * NANO_MS, big);
    put32(p + 8, (uint32_t)(export_s * 1000 + fraction - boot), big);
    put32(p + 40, (uint32_t)(start - boot), big);
    put32(p + 44, (uint32_t)(end - boot), big);
    return 0;
}

static void put_fields(uint8_t *p, const struct flow *f, bool big)
{
    const struct ft_layout *l = ft_layout_find(3, 5, 0);

    for (unsigned i = 0; i < l->count; i++) {
        const struct ft_field *x = &l->fields[i];
        uint32_t v =
            x->field < FLOW_KEYS ? f->key[x->field] : (uint32_t)number(f, x->field);

        if (x->width == W_1)
            p[x->offset] = (uint8_t)v;
        else if (x->width == W_2)
            put16(p + x->offset, v, big);
        else
            put32(p + x->offset, v, big);
    }
}

int ft_writer_add(struct ft_writer *w, const struct flow *f, struct err *e)
{
    uint8_t *p = w->records + w->used;

    if (w->flows == UINT32_MAX)
        return err_set(e, ERR_INPUT, "%s has too many flows", w->path);
    p[55] = 0;
    if (put_times(p, f, w->big, e) < 0)
        return -1;
    put_fields(p, f, w->big);
    w->used += RECORD;
    w->flows++;
    return w->used == sizeof(w->records) ? flush_records(w, Z_NO_FLUSH, e) : 0;
}

/* ---- opening and closing -------------------------------------------------------- */

static void writer_free(struct ft_writer *w)
{
    if (w->fd >= 0)
        close(w->fd);
    if (w->compressed)
        deflateEnd(&w->z);
    free(w->path);
    free(w);
}

int ft_writer_open(struct ft_writer **out, const char *path,
    const struct ft_writer_options *o, struct err *e)
{
    struct ft_writer *w = calloc(1, sizeof(*w));

    *out = NULL;
    if (w == NULL)
        return err_nomem(e, "a writer of flow files");
    w->fd = -1;
    w->options = *o;
    w->big = o->big_endian;
    w->path = str_dup(path);
    str_copy(w->hostname, sizeof(w->hostname), o->hostname != NULL ? o->hostname : "");
    if (w->path == NULL) {
        err_nomem(e, "a writer of flow files");
        goto fail;
    }
    if (o->level > 0) {
        if (deflateInit(&w->z, o->level > 9 ? 9 : o->level) != Z_OK) {
            err_nomem(e, "compressing flows");
            goto fail;
        }
        w->compressed = true;
    }
    w->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (w->fd < 0) {
        err_sys(e, "cannot write %s", path);
        goto fail;
    }
    if (write_header(w, false, e) < 0)
        goto fail;
    *out = w;
    return 0;
fail:
    writer_free(w);
    return -1;
}

int ft_writer_close(struct ft_writer *w, struct err *e)
{
    int result = flush_records(w, Z_FINISH, e);

    if (result == 0 && lseek(w->fd, 0, SEEK_SET) < 0)
        result = err_sys(e, "cannot rewrite the header of %s", w->path);
    if (result == 0)
        result = write_header(w, true, e);
    if (close(w->fd) < 0 && result == 0)
        result = err_sys(e, "cannot close %s", w->path);
    w->fd = -1;
    writer_free(w);
    return result;
}
