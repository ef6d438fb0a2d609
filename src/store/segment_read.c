#include "store/layout.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "flowviewer/store.h"
#include "store/pack.h"

struct segment {
    char *path;
    const uint8_t *map;
    size_t size;
    struct segment_summary summary;
    const struct footer_head *head;
    const struct footer_source *sources;
    const struct footer_block *blocks;
    const struct footer_column *columns;
    int8_t descriptor[FLOW_FIELDS + 1]; /* of a field, or -1 */
    atomic_uchar *checked;              /* per block: its filter, then its columns */
};

/* ---- opening -------------------------------------------------------------------- */

static int bad(const struct segment *s, struct err *e, const char *what, uint64_t offset)
{
    return err_set(e, ERR_FORMAT, "segment %s: %s at offset %llu", s->path, what,
        (unsigned long long)offset);
}

static int map_file(struct segment *s, struct err *e)
{
    struct stat st;
    int fd = open(s->path, O_RDONLY | O_CLOEXEC);

    if (fd == -1)
        return err_sys(e, "open %s", s->path);
    if (fstat(fd, &st) == -1) {
        err_sys(e, "stat %s", s->path);
        close(fd);
        return -1;
    }
    s->size = (size_t)st.st_size;
    if (s->size < sizeof(struct segment_header) + sizeof(struct segment_trailer)) {
        close(fd);
        return bad(s, e, "too short for a segment, ends", s->size);
    }
    void *map = mmap(NULL, s->size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        err_sys(e, "map %s", s->path);
        close(fd);
        return -1;
    }
    close(fd);
    s->map = map;
    return 0;
}

/* The trailer's footer, if all its parts lie inside the file. */
static int find_footer(struct segment *s, struct err *e)
{
    const struct segment_header *header = (const struct segment_header *)s->map;
    size_t end = s->size - sizeof(struct segment_trailer);
    struct segment_trailer trailer;
    const struct footer_head *head;
    uint64_t need;

    memcpy(&trailer, s->map + end, sizeof(trailer));
    if (memcmp(header->magic, SEGMENT_MAGIC, sizeof(header->magic)) != 0)
        return bad(s, e, "not a segment file: wrong magic", 0);
    if (header->byte_order != SEGMENT_ORDER)
        return bad(s, e, "written on a machine of the other byte order", 8);
    if (header->version != SEGMENT_VERSION)
        return bad(s, e, "unknown version", 12);
    if (memcmp(trailer.magic, SEGMENT_MAGIC, sizeof(trailer.magic)) != 0)
        return bad(s, e, "no trailer: incomplete file, ends", s->size);
    if (trailer.footer_offset % 8 != 0 || trailer.footer_offset > end ||
        trailer.footer_length != end - trailer.footer_offset ||
        trailer.footer_length < sizeof(struct footer_head))
        return bad(s, e, "footer out of place", end);
    if (XXH3_64bits(s->map + trailer.footer_offset, trailer.footer_length) !=
        trailer.footer_hash)
        return bad(s, e, "footer checksum is wrong", trailer.footer_offset);
    head = s->head = (const struct footer_head *)(s->map + trailer.footer_offset);
    if (head->columns > FLOW_FIELDS || head->blocks > UINT32_MAX / (FLOW_FIELDS + 1))
        return bad(s, e, "footer counts are wrong", trailer.footer_offset);
    need = sizeof(*head) + (uint64_t)head->sources * sizeof(struct footer_source) +
           (uint64_t)head->blocks *
               (sizeof(struct footer_block) + head->columns * sizeof(struct footer_column));
    if (need != trailer.footer_length)
        return bad(s, e, "footer length is wrong", trailer.footer_offset);
    s->sources = (const struct footer_source *)(head + 1);
    s->blocks = (const struct footer_block *)(s->sources + head->sources);
    s->columns = (const struct footer_column *)(s->blocks + head->blocks);
    return 0;
}

static bool inside(const struct segment *s, uint64_t offset, uint64_t length)
{
    return offset % 8 == 0 && offset <= s->size && length <= s->size - offset;
}

static bool column_sane(
    const struct segment *s, const struct footer_column *c, uint32_t count)
{
    if (!inside(s, c->offset, c->length) || c->dictionary_length > c->length)
        return false;
    switch (c->coding) {
    case COLUMN_CONSTANT:
        return true;
    case COLUMN_DICTIONARY: {
        uint32_t full = count / CHUNK, rest = count % CHUNK;
        if (c->distinct == 0 || c->distinct > FLOW_BLOCK_MAX || c->width > 16 ||
            c->distinct > (uint32_t)1 << c->width || c->dictionary_length % 4 != 0)
            return false;
        return c->length - c->dictionary_length ==
               full * bitpack_size(CHUNK, c->width) +
                   (rest != 0 ? bitpack_size(rest, c->width) : 0);
    }
    case COLUMN_PACKED:
        return c->dictionary_length == 0;
    default:
        return false;
    }
}

static int check_footer(struct segment *s, struct err *e)
{
    const struct footer_head *head = s->head;
    uint64_t first = 0;

    memset(s->descriptor, -1, sizeof(s->descriptor));
    for (uint32_t i = 0; i < head->columns; i++) {
        uint8_t field = head->column_field[i];
        if (field >= FLOW_FIELDS || s->descriptor[field] != -1 ||
            !(head->present & FLOW_BIT(field)))
            return bad(s, e, "footer names wrong columns", 0);
        s->descriptor[field] = (int8_t)i;
    }
    for (uint32_t b = 0; b < head->blocks; b++) {
        const struct footer_block *block = &s->blocks[b];
        if (block->count == 0 || block->count > FLOW_BLOCK_MAX || block->first != first ||
            !inside(s, block->filter_offset, (uint64_t)block->filter_words * 8))
            return bad(s, e, "footer describes an impossible block", (uint64_t)b);
        first += block->count;
        for (uint32_t i = 0; i < head->columns; i++)
            if (!column_sane(s, &s->columns[(size_t)b * head->columns + i], block->count))
                return bad(s, e, "footer describes an impossible column", (uint64_t)b);
    }
    if (first != head->flows ||
        (head->blocks > 0 && (s->descriptor[F_START] < 0 || s->descriptor[F_END] < 0)))
        return bad(s, e, "footer counts are wrong", 0);
    return 0;
}

int segment_open(struct segment **out, const char *path, struct err *e)
{
    struct segment *s = calloc(1, sizeof(*s));

    if (s == NULL || (s->path = str_dup(path)) == NULL) {
        free(s);
        return err_nomem(e, "segment");
    }
    if (map_file(s, e) == -1 || find_footer(s, e) == -1 || check_footer(s, e) == -1)
        goto fail;
    s->checked =
        calloc((size_t)s->head->blocks * (s->head->columns + 1) + 1, sizeof(*s->checked));
    if (s->checked == NULL) {
        err_nomem(e, "segment");
        goto fail;
    }
    s->summary = (struct segment_summary){.flows = s->head->flows,
        .octets = s->head->octets,
        .packets = s->head->packets,
        .flow_count = s->head->flow_count,
        .min_start = s->head->min_start,
        .max_end = s->head->max_end,
        .present = s->head->present,
        .bytes = s->size,
        .blocks = s->head->blocks};
    *out = s;
    return 0;
fail:
    segment_close(s);
    return -1;
}

void segment_close(struct segment *s)
{
    if (s == NULL)
        return;
    if (s->map != NULL)
        munmap((void *)(uintptr_t)s->map, s->size);
    free(s->checked);
    free(s->path);
    free(s);
}

const struct segment_summary *segment_summary(const struct segment *s)
{
    return &s->summary;
}

uint32_t segment_sources(const struct segment *s, const struct segment_source **list)
{
    /* the same shape on disk and in memory */
    *list = (const struct segment_source *)(const void *)s->sources;
    return s->head->sources;
}

/* ---- blocks and columns --------------------------------------------------------- */

int segment_block(const struct segment *s, uint32_t index, struct block *b)
{
    const struct footer_block *f;

    if (index >= s->head->blocks)
        return -1;
    f = &s->blocks[index];
    *b = (struct block){.segment = s,
        .index = index,
        .count = f->count,
        .first = f->first,
        .octets = f->octets,
        .packets = f->packets,
        .flow_count = f->flow_count,
        .min_start = f->min_start,
        .max_start = f->max_start,
        .min_end = f->min_end,
        .max_end = f->max_end};
    return 0;
}

static bool contents_valid(
    const struct segment *s, const struct footer_column *c, uint32_t count)
{
    const uint8_t *bytes = s->map + c->offset;

    if (XXH3_64bits(bytes, c->length) != c->hash)
        return false;
    if (c->coding == COLUMN_DICTIONARY)
        return pack_valid(bytes, c->dictionary_length, c->distinct);
    if (c->coding == COLUMN_PACKED)
        return pack_valid(bytes, c->length, count);
    return true;
}

/* The descriptor of a field, its bytes checked once. NULL: absent, or bad (e set). */
static const struct footer_column *checked_column(
    const struct block *b, int field, bool *failed, struct err *e)
{
    const struct segment *s = b->segment;
    int i = s->descriptor[field];
    size_t slot;

    *failed = false;
    if (i < 0)
        return NULL;
    const struct footer_column *c =
        &s->columns[(size_t)b->index * s->head->columns + (size_t)i];
    slot = (size_t)b->index * (s->head->columns + 1) + (size_t)i + 1;
    if (c->length == 0 ||
        atomic_load_explicit(&s->checked[slot], memory_order_relaxed) != 0)
        return c;
    if (!contents_valid(s, c, b->count)) {
        err_set(e, ERR_FORMAT,
            "segment %s: block %u, column %s: checksum is wrong (offset %llu)", s->path,
            b->index, flow_fields[field].name, (unsigned long long)c->offset);
        *failed = true;
        return NULL;
    }
    atomic_store_explicit(&s->checked[slot], 1, memory_order_relaxed);
    return c;
}

int block_column(const struct block *b, int field, struct column *c, struct err *e)
{
    const uint8_t *map = b->segment->map;
    bool failed, duration = field == COLUMN_DURATION;
    const struct footer_column *f =
        checked_column(b, duration ? F_START : field, &failed, e);

    memset(c, 0, sizeof(*c));
    c->count = b->count;
    if (f == NULL)
        return failed ? -1 : 0;
    c->coding = (enum column_coding)f->coding;
    c->width = f->width;
    c->distinct = f->distinct;
    c->min = f->min;
    c->max = f->max;
    c->dictionary = map + f->offset;
    c->bytes = c->dictionary + f->dictionary_length;
    c->length = f->length;
    if (field != F_START)
        return 0;
    const struct footer_column *end = checked_column(b, F_END, &failed, e);
    if (end == NULL)
        return failed ? -1
                      : err_set(
                            e, ERR_FORMAT, "segment %s has no end times", b->segment->path);
    c->from_end = true;
    c->end_coding = (enum column_coding)end->coding;
    c->end_constant = end->min;
    c->end_bytes = map + end->offset;
    c->length += end->length;
    return 0;
}

bool block_may_have_address(const struct block *b, uint32_t address)
{
    const struct segment *s = b->segment;
    const struct footer_block *f = &s->blocks[b->index];
    const uint64_t *words = (const uint64_t *)(const void *)(s->map + f->filter_offset);
    size_t slot = (size_t)b->index * (s->head->columns + 1);
    uint64_t bits, word;
    unsigned char state;

    if (f->filter_words == 0)
        return s->descriptor[F_SOURCE_ADDRESS] >= 0 || s->descriptor[F_DEST_ADDRESS] >= 0;
    state = atomic_load_explicit(&s->checked[slot], memory_order_relaxed);
    if (state == 0) { /* a filter that lies would lose flows: without it, look */
        state = XXH3_64bits(words, (size_t)f->filter_words * 8) == f->filter_hash ? 1 : 2;
        atomic_store_explicit(&s->checked[slot], state, memory_order_relaxed);
    }
    word = filter_word(address, f->filter_words, &bits);
    return state == 2 || (words[word] & bits) == bits;
}

/* ---- values --------------------------------------------------------------------- */

void column_dictionary(const struct column *c, int64_t *values)
{
    uint64_t v = (uint64_t)c->min;

    if (c->coding == COLUMN_CONSTANT) {
        values[0] = c->min;
        return;
    }
    for (uint32_t first = 0; first < c->distinct; first += CHUNK) {
        uint32_t n = c->distinct - first < CHUNK ? c->distinct - first : CHUNK;
        int64_t deltas[CHUNK];
        pack_read(c->dictionary, first / CHUNK, n, deltas);
        for (uint32_t i = 0; i < n; i++) {
            v += (uint64_t)deltas[i];
            values[first + i] = (int64_t)v;
        }
    }
}

void column_dictionary32(const struct column *c, uint32_t *values)
{
    uint32_t v = (uint32_t)c->min;

    if (c->coding == COLUMN_CONSTANT) {
        values[0] = (uint32_t)c->min;
        return;
    }
    for (uint32_t first = 0; first < c->distinct; first += CHUNK) {
        uint32_t n = c->distinct - first < CHUNK ? c->distinct - first : CHUNK;
        int64_t deltas[CHUNK];
        pack_read(c->dictionary, first / CHUNK, n, deltas);
        for (uint32_t i = 0; i < n; i++) {
            v += (uint32_t)deltas[i];
            values[first + i] = v;
        }
    }
}

void column_codes(const struct column *c, uint32_t chunk, uint32_t n, uint32_t *codes)
{
    if (c->coding != COLUMN_DICTIONARY) {
        memset(codes, 0, n * sizeof(*codes));
        return;
    }
    bitunpack(c->bytes + (size_t)chunk * bitpack_size(CHUNK, c->width), n, c->width, codes);
}

static void read_values(enum column_coding coding, int64_t constant, const uint8_t *bytes,
    uint32_t chunk, uint32_t n, int64_t *values)
{
    if (coding == COLUMN_PACKED) {
        pack_read(bytes, chunk, n, values);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        values[i] = constant;
}

void column_values(const struct column *c, uint32_t chunk, uint32_t n, int64_t *values)
{
    read_values(c->coding, c->min, c->bytes, chunk, n, values);
    if (c->from_end) {
        int64_t end[CHUNK];
        read_values(c->end_coding, c->end_constant, c->end_bytes, chunk, n, end);
        for (uint32_t i = 0; i < n; i++)
            values[i] = (int64_t)((uint64_t)end[i] - (uint64_t)values[i]);
    }
}

int segment_verify(const struct segment *s, struct err *e)
{
    for (uint32_t i = 0; i < s->head->blocks; i++) {
        struct block b;
        segment_block(s, i, &b);
        for (int field = 0; field < FLOW_FIELDS; field++) {
            bool failed;
            if (checked_column(&b, field, &failed, e) == NULL && failed)
                return -1;
        }
    }
    return 0;
}
