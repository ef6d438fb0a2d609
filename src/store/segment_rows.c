#include <stdlib.h>
#include <string.h>

#include "flowviewer/store.h"

/* Whole flows out of columns: for listings and for compaction, which need every field. */

struct row_reader {
    int64_t *dictionary; /* FLOW_BLOCK_MAX */
    int64_t values[CHUNK];
};

/* The values of one chunk of any column, through its dictionary where it has one. The
 * dictionary was decoded into r->dictionary. */
static void chunk_values(
    struct row_reader *r, const struct column *c, uint32_t chunk, uint32_t n)
{
    uint32_t codes[CHUNK];

    if (c->coding != COLUMN_DICTIONARY) {
        column_values(c, chunk, n, r->values);
        return;
    }
    column_codes(c, chunk, n, codes);
    for (uint32_t i = 0; i < n; i++)
        r->values[i] = r->dictionary[codes[i] % FLOW_BLOCK_MAX];
}

static void copy_field(
    const struct row_reader *r, int field, uint32_t from, uint32_t n, struct flow *out)
{
    for (uint32_t i = 0; i < n; i++) {
        if (field < FLOW_KEYS)
            out[i].key[field] = (uint32_t)r->values[from + i];
        else
            out[i].number[field - FLOW_KEYS] = r->values[from + i];
        out[i].present |= FLOW_BIT(field);
    }
}

int block_flows(
    const struct block *b, uint32_t first, uint32_t n, struct flow *out, struct err *e)
{
    struct row_reader r = {.dictionary = mem_array(FLOW_BLOCK_MAX, sizeof(int64_t))};
    int result = -1;

    if (r.dictionary == NULL)
        return err_nomem(e, "rows of a block");
    memset(out, 0, n * sizeof(*out));
    for (uint32_t i = 0; i < n; i++)
        out[i].number[F_FLOWS - FLOW_KEYS] = 1;
    for (int field = 0; field < FLOW_FIELDS; field++) {
        struct column c;
        if (block_column(b, field, &c, e) == -1)
            goto out;
        if (c.coding == COLUMN_ABSENT)
            continue;
        if (c.coding == COLUMN_DICTIONARY)
            column_dictionary(&c, r.dictionary);
        for (uint32_t row = first; row < first + n;) {
            uint32_t chunk = row / CHUNK, from = row % CHUNK;
            uint32_t held =
                b->count - chunk * CHUNK < CHUNK ? b->count - chunk * CHUNK : CHUNK;
            uint32_t take = held - from < first + n - row ? held - from : first + n - row;
            chunk_values(&r, &c, chunk, held);
            copy_field(&r, field, from, take, out + (row - first));
            row += take;
        }
    }
    result = 0;
out:
    free(r.dictionary);
    return result;
}

static void copy_chunk(
    const struct row_reader *r, int field, uint32_t row, uint32_t n, struct flow_block *out)
{
    if (field >= FLOW_KEYS) {
        memcpy(out->number[field - FLOW_KEYS] + row, r->values, n * sizeof(*r->values));
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        out->key[field][row + i] = (uint32_t)r->values[i];
}

int block_read(const struct block *b, struct flow_block *out, struct err *e)
{
    struct row_reader r = {.dictionary = mem_array(FLOW_BLOCK_MAX, sizeof(int64_t))};
    int result = -1;

    if (r.dictionary == NULL)
        return err_nomem(e, "rows of a block");
    out->count = b->count;
    out->present = segment_summary(b->segment)->present;
    for (int field = 0; field < FLOW_FIELDS; field++) {
        struct column c;
        if (block_column(b, field, &c, e) == -1)
            goto out;
        if (c.coding == COLUMN_ABSENT)
            continue;
        if (c.coding == COLUMN_DICTIONARY)
            column_dictionary(&c, r.dictionary);
        for (uint32_t row = 0; row < b->count; row += CHUNK) {
            uint32_t n = b->count - row < CHUNK ? b->count - row : CHUNK;
            chunk_values(&r, &c, row / CHUNK, n);
            copy_chunk(&r, field, row, n, out);
        }
    }
    result = 0;
out:
    free(r.dictionary);
    return result;
}
