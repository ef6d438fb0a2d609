#include "store/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "flowviewer/store.h"
#include "store/dict.h"
#include "store/pack.h"

#define FILTER_KEYS_PER_WORD 8
#define FEW_VALUES           1024 /* a number column with no more gets a dictionary */

struct segment_writer {
    char *path;
    int fd;
    uint64_t offset; /* bytes written */
    struct footer_head head;
    struct footer_source *sources;
    size_t source_capacity;
    struct footer_block *blocks;
    size_t block_capacity;
    struct footer_column *columns; /* blocks x columns */
    size_t column_capacity;
    struct flow_block *pending; /* gathers small blocks; NULL until needed */
    struct dict_builder *builder;
    uint32_t *values, *codes;
    int64_t *numbers, *wide;
    struct buf out; /* one encoded block */
};

static int write_all(struct segment_writer *w, const void *bytes, size_t n, struct err *e)
{
    const char *p = bytes;

    while (n > 0) {
        ssize_t done = write(w->fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_sys(e, "write %s", w->path);
        p += done;
        n -= (size_t)done;
        w->offset += (uint64_t)done;
    }
    return 0;
}

int segment_writer_open(struct segment_writer **out, const char *path, struct err *e)
{
    struct segment_header header = {
        .byte_order = SEGMENT_ORDER, .version = SEGMENT_VERSION};
    struct segment_writer *w = calloc(1, sizeof(*w));

    if (w == NULL)
        return err_nomem(e, "segment writer");
    w->fd = -1;
    w->path = str_dup(path);
    w->builder = dict_builder_new();
    w->values = mem_array(FLOW_BLOCK_MAX, sizeof(*w->values));
    w->codes = mem_array(FLOW_BLOCK_MAX + CHUNK, sizeof(*w->codes));
    w->numbers = mem_array(FLOW_BLOCK_MAX, sizeof(*w->numbers));
    w->wide = mem_array(FLOW_BLOCK_MAX, sizeof(*w->wide));
    if (w->path == NULL || w->builder == NULL || w->values == NULL || w->codes == NULL ||
        w->numbers == NULL || w->wide == NULL) {
        err_nomem(e, "segment writer");
        goto fail;
    }
    w->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (w->fd == -1) {
        err_sys(e, "create %s", path);
        goto fail;
    }
    memcpy(header.magic, SEGMENT_MAGIC, sizeof(header.magic));
    if (write_all(w, &header, sizeof(header), e) == -1)
        goto fail;
    w->head.min_start = INT64_MAX;
    w->head.max_end = INT64_MIN;
    *out = w;
    return 0;
fail:
    segment_writer_abort(w);
    return -1;
}

static void writer_free(struct segment_writer *w)
{
    if (w->fd != -1)
        close(w->fd);
    flow_block_free(w->pending);
    dict_builder_free(w->builder);
    free(w->values);
    free(w->codes);
    free(w->numbers);
    free(w->wide);
    free(w->sources);
    free(w->blocks);
    free(w->columns);
    buf_free(&w->out);
    free(w->path);
    free(w);
}

void segment_writer_abort(struct segment_writer *w)
{
    if (w == NULL)
        return;
    if (w->fd != -1)
        unlink(w->path);
    writer_free(w);
}

/* ---- one column ----------------------------------------------------------------- */

static void align(struct buf *out)
{
    static const char zeros[8];
    if (out->len % 8 != 0)
        buf_add(out, zeros, 8 - out->len % 8);
}

/* Values into w->numbers as differences, then packed: sorted distinct values become small.
 */
static void put_deltas(struct segment_writer *w, const int64_t *values, uint32_t distinct)
{
    int64_t last = values[0];

    for (uint32_t i = 0; i < distinct; i++) {
        int64_t v = values[i];
        w->numbers[i] = (int64_t)((uint64_t)v - (uint64_t)last);
        last = v;
    }
    pack_vector(w->numbers, distinct, &w->out);
}

static void put_codes(struct segment_writer *w, uint32_t n, unsigned width)
{
    for (uint32_t first = 0; first < n; first += CHUNK) {
        uint32_t m = n - first < CHUNK ? n - first : CHUNK;
        size_t size = bitpack_size(m, width);
        if (m < CHUNK)
            memset(w->codes + first + m, 0, (CHUNK - m) * sizeof(*w->codes));
        if (!buf_reserve(&w->out, size))
            return;
        bitpack(w->codes + first, m, width, w->out.data + w->out.len);
        w->out.len += size;
    }
}

/* The sorted values, then the codes that dict_build left in w->codes. */
static void put_dictionary(struct segment_writer *w, struct footer_column *c,
    const int64_t *values, uint32_t distinct, uint32_t n)
{
    size_t start = w->out.len;

    c->coding = COLUMN_DICTIONARY;
    c->distinct = distinct;
    c->width = (uint8_t)bit_width(distinct - 1);
    put_deltas(w, values, distinct);
    c->dictionary_length = (uint32_t)(w->out.len - start);
    put_codes(w, n, c->width);
}

static int put_key(struct segment_writer *w, struct footer_column *c,
    const uint32_t *column, uint32_t n, struct err *e)
{
    uint32_t distinct = dict_build(w->builder, column, n, w->values, w->codes);

    if (distinct == 0)
        return err_nomem(e, "dictionary of a column");
    c->min = w->values[0];
    c->max = w->values[distinct - 1];
    if (distinct == 1) {
        c->coding = COLUMN_CONSTANT;
        c->distinct = 1;
        return 0;
    }
    for (uint32_t i = 0; i < distinct; i++)
        w->wide[i] = w->values[i];
    put_dictionary(w, c, w->wide, distinct, n);
    return 0;
}

static void put_number(
    struct segment_writer *w, struct footer_column *c, const int64_t *column, uint32_t n)
{
    c->min = c->max = column[0];
    for (uint32_t i = 1; i < n; i++) {
        c->min = column[i] < c->min ? column[i] : c->min;
        c->max = column[i] > c->max ? column[i] : c->max;
    }
    if (c->min == c->max) {
        c->coding = COLUMN_CONSTANT;
        c->distinct = 1;
        return;
    }
    c->coding = COLUMN_PACKED;
    pack_vector(column, n, &w->out);
}

/* Export and boot times repeat: a dictionary if there are few, else packed. */
static void put_repeating(
    struct segment_writer *w, struct footer_column *c, const int64_t *column, uint32_t n)
{
    int64_t few[FEW_VALUES];
    uint32_t distinct = dict_build_few(column, n, FEW_VALUES, few, w->codes);

    if (distinct < 2) {
        put_number(w, c, column, n);
        return;
    }
    c->min = few[0];
    c->max = few[distinct - 1];
    put_dictionary(w, c, few, distinct, n);
}

static int put_column(struct segment_writer *w, const struct flow_block *b, int field,
    struct footer_column *c, struct err *e)
{
    const int64_t *numbers = field >= FLOW_KEYS ? b->number[field - FLOW_KEYS] : NULL;
    size_t start;

    align(&w->out);
    start = w->out.len;
    c->offset = w->offset + start;
    if (field < FLOW_KEYS) {
        if (put_key(w, c, b->key[field], b->count, e) == -1)
            return -1;
    } else if (field == F_BOOT) {
        put_repeating(w, c, numbers, b->count);
    } else if (field == F_START) {
        const int64_t *end = b->number[F_END - FLOW_KEYS];
        for (uint32_t i = 0; i < b->count; i++)
            w->numbers[i] = (int64_t)((uint64_t)end[i] - (uint64_t)numbers[i]);
        put_number(w, c, w->numbers, b->count);
    } else {
        put_number(w, c, numbers, b->count);
    }
    if (w->out.failed)
        return err_nomem(e, "block of a segment");
    if (w->out.len - start > UINT32_MAX)
        return err_set(e, ERR_INTERNAL, "%s: a column grew over 4 GiB", w->path);
    c->length = (uint32_t)(w->out.len - start);
    /* A constant has no bytes, and the first of them no buffer either. */
    c->hash = XXH3_64bits(c->length == 0 ? "" : w->out.data + start, c->length);
    return 0;
}

/* ---- one block ------------------------------------------------------------------ */

static void add_to_filter(
    uint64_t *words, uint32_t n, const struct flow_block *b, int field)
{
    const uint32_t *column = b->key[field];

    for (uint32_t i = 0; i < b->count; i++) {
        uint64_t bits, word = filter_word(column[i], n, &bits);
        words[word] |= bits;
    }
}

/* distinct: of source and of destination addresses. */
static int put_filter(struct segment_writer *w, const struct flow_block *b,
    struct footer_block *block, uint64_t distinct, struct err *e)
{
    uint32_t words = (uint32_t)(distinct / FILTER_KEYS_PER_WORD + 1);
    size_t size = words * sizeof(uint64_t);

    align(&w->out);
    if (!buf_reserve(&w->out, size))
        return err_nomem(e, "membership filter");
    block->filter_offset = w->offset + w->out.len;
    block->filter_words = words;
    uint64_t *bits = (uint64_t *)(void *)(w->out.data + w->out.len);
    memset(bits, 0, size);
    if (b->present & FLOW_BIT(F_SOURCE_ADDRESS))
        add_to_filter(bits, words, b, F_SOURCE_ADDRESS);
    if (b->present & FLOW_BIT(F_DEST_ADDRESS))
        add_to_filter(bits, words, b, F_DEST_ADDRESS);
    block->filter_hash = XXH3_64bits(bits, size);
    w->out.len += size;
    return 0;
}

static void sum_block(const struct flow_block *b, struct footer_block *block)
{
    const int64_t *octets = b->number[F_OCTETS - FLOW_KEYS],
                  *packets = b->number[F_PACKETS - FLOW_KEYS];
    const int64_t *start = b->number[F_START - FLOW_KEYS],
                  *end = b->number[F_END - FLOW_KEYS];

    block->min_start = block->min_end = INT64_MAX;
    block->max_start = block->max_end = INT64_MIN;
    for (uint32_t i = 0; i < b->count; i++) {
        block->octets += (uint64_t)octets[i];
        block->packets += (uint64_t)packets[i];
        block->min_start = start[i] < block->min_start ? start[i] : block->min_start;
        block->max_start = start[i] > block->max_start ? start[i] : block->max_start;
        block->min_end = end[i] < block->min_end ? end[i] : block->min_end;
        block->max_end = end[i] > block->max_end ? end[i] : block->max_end;
    }
    block->flow_count = b->count;
    if (b->present & FLOW_BIT(F_FLOWS)) {
        block->flow_count = 0;
        for (uint32_t i = 0; i < b->count; i++)
            block->flow_count += (uint64_t)b->number[F_FLOWS - FLOW_KEYS][i];
    }
}

/* Which fields have a descriptor: decided by the first block. */
static int choose_columns(
    struct segment_writer *w, const struct flow_block *b, struct err *e)
{
    const uint32_t always =
        FLOW_BIT(F_OCTETS) | FLOW_BIT(F_PACKETS) | FLOW_BIT(F_START) | FLOW_BIT(F_END);

    if (w->head.blocks > 0) {
        if (b->present != w->head.present)
            return err_set(e, ERR_INTERNAL, "%s: blocks with different fields", w->path);
        return 0;
    }
    if ((b->present & always) != always)
        return err_set(
            e, ERR_INTERNAL, "%s: a block lacks octets, packets or times", w->path);
    w->head.present = b->present;
    for (int field = 0; field < FLOW_FIELDS; field++)
        if (b->present & FLOW_BIT(field))
            w->head.column_field[w->head.columns++] = (uint8_t)field;
    return 0;
}

static void add_totals(struct footer_head *head, const struct footer_block *block)
{
    head->flows += block->count;
    head->octets += block->octets;
    head->packets += block->packets;
    head->flow_count += block->flow_count;
    head->min_start =
        block->min_start < head->min_start ? block->min_start : head->min_start;
    head->max_end = block->max_end > head->max_end ? block->max_end : head->max_end;
    head->blocks++;
}

static int encode(struct segment_writer *w, const struct flow_block *b, struct err *e)
{
    struct footer_block block = {.first = w->head.flows, .count = b->count};
    struct footer_column *columns;
    uint64_t addresses = 0;
    void *grown;

    if (choose_columns(w, b, e) == -1)
        return -1;
    grown = mem_grow(w->blocks, &w->block_capacity, w->head.blocks + 1, sizeof(*w->blocks));
    if (grown == NULL)
        return err_nomem(e, "segment footer");
    w->blocks = grown;
    grown = mem_grow(w->columns, &w->column_capacity,
        (size_t)(w->head.blocks + 1) * w->head.columns, sizeof(*w->columns));
    if (grown == NULL)
        return err_nomem(e, "segment footer");
    w->columns = grown;
    columns = w->columns + (size_t)w->head.blocks * w->head.columns;
    memset(columns, 0, w->head.columns * sizeof(*columns));
    buf_reset(&w->out);
    for (uint32_t i = 0; i < w->head.columns; i++) {
        int field = w->head.column_field[i];
        if (put_column(w, b, field, &columns[i], e) == -1)
            return -1;
        if (field == F_SOURCE_ADDRESS || field == F_DEST_ADDRESS)
            addresses += columns[i].distinct;
    }
    sum_block(b, &block);
    if (addresses != 0 && put_filter(w, b, &block, addresses, e) == -1)
        return -1;
    align(&w->out);
    if (w->out.failed)
        return err_nomem(e, "block of a segment");
    if (write_all(w, w->out.data, w->out.len, e) == -1)
        return -1;
    w->blocks[w->head.blocks] = block;
    add_totals(&w->head, &block);
    return 0;
}

/* ---- gathering ------------------------------------------------------------------ */

static void copy_rows(
    struct flow_block *to, const struct flow_block *from, uint32_t first, uint32_t n)
{
    for (int k = 0; k < FLOW_KEYS; k++)
        if (from->present & FLOW_BIT(k))
            memcpy(to->key[k] + to->count, from->key[k] + first, n * sizeof(*to->key[k]));
    for (int k = 0; k < FLOW_NUMBERS; k++)
        if (from->present & FLOW_BIT(FLOW_KEYS + k))
            memcpy(to->number[k] + to->count, from->number[k] + first,
                n * sizeof(*to->number[k]));
    to->count += n;
}

static int flush_pending(struct segment_writer *w, struct err *e)
{
    if (w->pending == NULL || w->pending->count == 0)
        return 0;
    if (encode(w, w->pending, e) == -1)
        return -1;
    w->pending->count = 0;
    return 0;
}

int segment_writer_add(struct segment_writer *w, const struct flow_block *b, struct err *e)
{
    if (b->count == FLOW_BLOCK_MAX && (w->pending == NULL || w->pending->count == 0))
        return encode(w, b, e);
    if (b->count == 0)
        return 0;
    if (w->pending == NULL && (w->pending = flow_block_new()) == NULL)
        return err_nomem(e, "block of flows");
    if (w->pending->count > 0 && w->pending->present != b->present)
        return err_set(e, ERR_INTERNAL, "%s: blocks with different fields", w->path);
    w->pending->present = b->present;
    for (uint32_t first = 0; first < b->count;) {
        uint32_t n = FLOW_BLOCK_MAX - w->pending->count;
        if (n > b->count - first)
            n = b->count - first;
        copy_rows(w->pending, b, first, n);
        first += n;
        if (w->pending->count == FLOW_BLOCK_MAX && flush_pending(w, e) == -1)
            return -1;
    }
    return 0;
}

int segment_writer_source(struct segment_writer *w, int64_t file, struct err *e)
{
    uint64_t flows = w->head.flows + (w->pending != NULL ? w->pending->count : 0);
    struct footer_source *s;
    void *grown =
        mem_grow(w->sources, &w->source_capacity, w->head.sources + 1, sizeof(*w->sources));

    if (grown == NULL)
        return err_nomem(e, "segment sources");
    w->sources = grown;
    s = &w->sources[w->head.sources];
    s->file = file;
    s->first = w->head.sources == 0 ? 0 : s[-1].first + s[-1].count;
    s->count = flows - s->first;
    w->head.sources++;
    return 0;
}

/* ---- the end -------------------------------------------------------------------- */

static int put_footer(struct segment_writer *w, struct err *e)
{
    struct segment_trailer trailer = {.footer_offset = w->offset};

    buf_reset(&w->out);
    buf_add(&w->out, &w->head, sizeof(w->head));
    buf_add(&w->out, w->sources, w->head.sources * sizeof(*w->sources));
    buf_add(&w->out, w->blocks, w->head.blocks * sizeof(*w->blocks));
    buf_add(&w->out, w->columns,
        (size_t)w->head.blocks * w->head.columns * sizeof(*w->columns));
    trailer.footer_length = w->out.len;
    if (!w->out.failed)
        trailer.footer_hash = XXH3_64bits(w->out.data, w->out.len);
    memcpy(trailer.magic, SEGMENT_MAGIC, sizeof(trailer.magic));
    buf_add(&w->out, &trailer, sizeof(trailer));
    if (w->out.failed)
        return err_nomem(e, "segment footer");
    return write_all(w, w->out.data, w->out.len, e);
}

static void summarise(const struct segment_writer *w, struct segment_summary *out)
{
    *out = (struct segment_summary){.flows = w->head.flows,
        .octets = w->head.octets,
        .packets = w->head.packets,
        .flow_count = w->head.flow_count,
        .min_start = w->head.min_start,
        .max_end = w->head.max_end,
        .present = w->head.present,
        .bytes = w->offset,
        .blocks = w->head.blocks};
}

int segment_writer_finish(
    struct segment_writer *w, bool sync, struct segment_summary *out, struct err *e)
{
    if (flush_pending(w, e) == -1 || put_footer(w, e) == -1)
        goto fail;
    if (sync && fsync(w->fd) == -1) {
        err_sys(e, "fsync %s", w->path);
        goto fail;
    }
    summarise(w, out);
    if (close(w->fd) == -1) {
        err_sys(e, "close %s", w->path);
        unlink(w->path);
        w->fd = -1;
        goto fail;
    }
    w->fd = -1;
    writer_free(w);
    return 0;
fail:
    segment_writer_abort(w);
    return -1;
}
