/*
 * layout: the bytes of a segment file (docs/format.md says the same in words).
 *
 *   header | column data of block 0, 1, ... | footer | trailer
 *
 * Numbers are in the byte order of the machine that wrote the file; the header tells which.
 * Every part starts at a multiple of 8.
 */
#ifndef FLOWVIEWER_STORE_LAYOUT_H
#define FLOWVIEWER_STORE_LAYOUT_H

#include "flowviewer/base.h"
#include "flowviewer/flow.h"

#define SEGMENT_MAGIC   "FVSEGMNT"
#define SEGMENT_VERSION 1
#define SEGMENT_ORDER   UINT32_C(0x01020304)

struct segment_header {
    char magic[8];
    uint32_t byte_order, version;
    uint8_t reserved[48];
};

struct segment_trailer {
    uint64_t footer_offset, footer_length;
    uint64_t footer_hash; /* XXH3-64 */
    char magic[8];
};

/* The footer: this, then sources, then blocks, then 'columns' descriptors of each block. */
struct footer_head {
    uint32_t blocks, columns, sources, present;
    uint64_t flows, octets, packets, flow_count;
    int64_t min_start, max_end;
    uint8_t column_field[FLOW_FIELDS + 1]; /* field of the n-th descriptor of every block */
    uint8_t reserved[7];
};

struct footer_source {
    int64_t file;
    uint64_t first, count;
};

struct footer_block {
    uint64_t first;
    uint64_t octets, packets, flow_count;
    int64_t min_start, max_start, min_end, max_end;
    uint64_t filter_offset; /* address membership filter: words of 64 bits; 0 words: none */
    uint64_t filter_hash;
    uint32_t filter_words;
    uint32_t count;
};

struct footer_column {
    uint64_t offset; /* of the dictionary's deltas, then the codes or the packed values */
    uint64_t hash;   /* XXH3-64 of the 'length' bytes there */
    int64_t min, max;
    uint32_t length;
    uint32_t dictionary_length; /* bytes of the deltas, in front */
    uint32_t distinct;
    uint8_t coding, width;
    uint8_t reserved[2];
};

/* The word of a membership filter of n words that an address uses, and its bits in it. */
static inline uint64_t filter_word(uint32_t address, uint32_t n, uint64_t *bits)
{
    uint64_t h = (address ^ UINT64_C(0x51ed270b)) * UINT64_C(0x9e3779b97f4a7c15);
    h ^= h >> 29;
    h *= UINT64_C(0xbf58476d1ce4e5b9);
    *bits = UINT64_C(1) << (h & 63) | UINT64_C(1) << (h >> 6 & 63) |
            UINT64_C(1) << (h >> 12 & 63) | UINT64_C(1) << (h >> 18 & 63);
    return (h >> 32) * n >> 32;
}

#endif
