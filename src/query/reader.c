#include "query/reader.h"

#include <stdlib.h>
#include <string.h>

#include "flowviewer/os.h"

#define DICTIONARY_BYTES (FLOW_BLOCK_MAX * sizeof(uint32_t))

struct reader *reader_new(void)
{
    struct reader *r = calloc(1, sizeof(*r));
    bool whole = r != NULL;

    for (int f = 0; whole && f < READER_FIELDS; f++) {
        if (f < FLOW_KEYS) {
            r->dictionary[f] = os_memory(DICTIONARY_BYTES);
            r->codes[f] = mem_array(CHUNK, sizeof(uint32_t));
            whole = r->dictionary[f] != NULL && r->codes[f] != NULL;
        } else {
            r->values[f] = mem_array(CHUNK, sizeof(int64_t));
            whole = r->values[f] != NULL;
        }
    }
    if (whole) {
        r->cells = os_memory(CELLS * sizeof(*r->cells));
        r->durations = os_memory(CELLS * sizeof(*r->durations));
        whole = r->cells != NULL && r->durations != NULL;
    }
    if (!whole) {
        reader_free(r);
        return NULL;
    }
    return r;
}

void reader_free(struct reader *r)
{
    if (r == NULL)
        return;
    for (int f = 0; f < READER_FIELDS; f++) {
        if (f < FLOW_KEYS) {
            os_memory_free(r->dictionary[f], DICTIONARY_BYTES);
            free(r->codes[f]);
        } else {
            free(r->values[f]);
        }
    }
    os_memory_free(r->cells, CELLS * sizeof(*r->cells));
    os_memory_free(r->durations, CELLS * sizeof(*r->durations));
    free(r);
}

void reader_block(struct reader *r, const struct block *b)
{
    r->block = *b;
    r->block_stamp++;
    r->failed = false;
    if (r->cells_used) {
        memset(r->cells, 0, CELLS * sizeof(*r->cells));
        memset(r->durations, 0, CELLS * sizeof(*r->durations));
        r->cells_used = false;
    }
}

bool reader_chunk(struct reader *r, uint32_t chunk)
{
    uint32_t first = chunk * CHUNK;

    if (first >= r->block.count)
        return false;
    r->chunk = chunk;
    r->rows = r->block.count - first < CHUNK ? r->block.count - first : CHUNK;
    r->chunk_stamp++;
    return true;
}

const struct column *reader_column(struct reader *r, int field)
{
    struct column *c = &r->column[field];

    if (r->column_stamp[field] == r->block_stamp)
        return c;
    if (block_column(&r->block, field, c, &r->err) == -1) {
        memset(c, 0, sizeof(*c)); /* absent: nobody decodes it */
        r->failed = true;
    }
    r->bytes += c->length;
    r->column_stamp[field] = r->block_stamp;
    return c;
}

const uint32_t *reader_dictionary(struct reader *r, int key)
{
    if (r->dictionary_stamp[key] != r->block_stamp) {
        const struct column *c = reader_column(r, key);
        if (c->coding == COLUMN_ABSENT)
            r->dictionary[key][0] = 0;
        else
            column_dictionary32(c, r->dictionary[key]);
        r->dictionary_stamp[key] = r->block_stamp;
    }
    return r->dictionary[key];
}

const uint32_t *reader_codes(struct reader *r, int key)
{
    if (r->codes_stamp[key] != r->chunk_stamp) {
        column_codes(reader_column(r, key), r->chunk, r->rows, r->codes[key]);
        r->codes_stamp[key] = r->chunk_stamp;
    }
    return r->codes[key];
}

/* F_BOOT is the one number that may have a dictionary. */
static void dictionary_values(struct reader *r, const struct column *c, int64_t *values)
{
    uint32_t codes[CHUNK];
    int64_t *dictionary = mem_array(c->distinct, sizeof(*dictionary));

    if (dictionary == NULL) {
        r->failed = true;
        err_nomem(&r->err, "dictionary of a block");
        return;
    }
    column_dictionary(c, dictionary);
    column_codes(c, r->chunk, r->rows, codes);
    for (uint32_t i = 0; i < r->rows; i++)
        values[i] = codes[i] < c->distinct ? dictionary[codes[i]] : 0;
    free(dictionary);
}

const int64_t *reader_values(struct reader *r, int field)
{
    int64_t *values = r->values[field];

    if (r->values_stamp[field] != r->chunk_stamp) {
        const struct column *c = reader_column(r, field);
        if (c->coding == COLUMN_DICTIONARY)
            dictionary_values(r, c, values);
        else if (c->coding == COLUMN_ABSENT)
            for (uint32_t i = 0; i < r->rows; i++)
                values[i] = field == F_FLOWS ? 1 : 0;
        else
            column_values(c, r->chunk, r->rows, values);
        r->values_stamp[field] = r->chunk_stamp;
    }
    return values;
}
