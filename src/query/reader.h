/*
 * reader: one worker's view of the block it is working on. Columns, dictionaries and
 * decoded chunks are fetched when first asked for and kept until the next block or chunk,
 * so that the filter and the grouping share them. Private to the query room; one thread.
 */
#ifndef FLOWVIEWER_QUERY_READER_H
#define FLOWVIEWER_QUERY_READER_H

#include "flowviewer/store.h"

#define READER_FIELDS (FLOW_FIELDS + 1) /* with COLUMN_DURATION */

/* Sums by code, see group.c. */
#define CELLS 65536
struct cell {
    uint64_t octets;
    uint32_t packets, flows;
};

struct reader {
    struct block block;
    uint32_t chunk, rows; /* current chunk and its flows */
    uint64_t block_stamp, chunk_stamp;
    struct column column[READER_FIELDS];
    uint64_t column_stamp[READER_FIELDS];
    uint32_t *dictionary[FLOW_KEYS];
    uint64_t dictionary_stamp[FLOW_KEYS];
    uint32_t *codes[FLOW_KEYS];
    uint64_t codes_stamp[FLOW_KEYS];
    int64_t *values[READER_FIELDS];
    uint64_t values_stamp[READER_FIELDS];
    struct cell *cells;  /* CELLS, all 0 between blocks */
    uint64_t *durations; /* the same */
    bool cells_used;     /* left in the middle: clear them before the next block */
    uint64_t bytes;      /* of columns touched, ever */
    bool failed; /* a column is bad or memory ran out: err says; the block must be left */
    struct err err;
};

struct reader *reader_new(void);
void reader_free(struct reader *r);

void reader_block(struct reader *r, const struct block *b);
/* False past the last chunk. */
bool reader_chunk(struct reader *r, uint32_t chunk);

/* On failure these set r->failed and return something harmless to read (never NULL). */
const struct column *reader_column(struct reader *r, int field);
const uint32_t *reader_dictionary(struct reader *r, int key); /* of the block */
const uint32_t *reader_codes(struct reader *r, int key);      /* of the chunk */
const int64_t *reader_values(struct reader *r, int field); /* of the chunk; numbers only */
static inline bool reader_has(struct reader *r, int field)
{
    return reader_column(r, field)->coding != COLUMN_ABSENT;
}

#endif
