/*
 * pack: the two integer codecs of a segment (docs/format.md has the bytes).
 *
 * Bit packing is vertical: a chunk of up to 1,024 values is written as rows of 32 lanes,
 * value i in lane i % 32 of row i / 32, so that unpacking a row is one loop over 32
 * independent words with the same shift - which compilers vectorise - and comes out in
 * order.
 *
 * A packed vector is chunks of base + offset: most offsets fit a width chosen for the least
 * bytes, the rest are exceptions patched in after.
 */
#ifndef FLOWVIEWER_STORE_PACK_H
#define FLOWVIEWER_STORE_PACK_H

#include "flowviewer/base.h"
#include "flowviewer/store.h"

#define PACK_LANES 32

/* Bytes of n (<= CHUNK) values of width bits. */
size_t bitpack_size(uint32_t n, unsigned width);
/* in has CHUNK items; those from n up to the end of its row must be readable (any value).
 * width is 0..32. */
void bitpack(const uint32_t *in, uint32_t n, unsigned width, void *out);
/* Writes whole rows: out has CHUNK items. */
void bitunpack(const void *in, uint32_t n, unsigned width, uint32_t *out);
/* Bits that hold v. */
unsigned bit_width(uint64_t v);

/* One chunk of a packed vector, as on disk. */
struct pack_chunk {
    int64_t base;
    uint32_t offset;     /* of its bits, from the start of the vector */
    uint16_t exceptions; /* how many: positions (u16 each), padding to 4, high parts */
    uint8_t width;       /* 0..64 */
    uint8_t wide;        /* 1: high parts are u64, else u32 */
};

/* Append the packed vector of n values to out (8-byte aligned within it). */
void pack_vector(const int64_t *values, uint32_t n, struct buf *out);
/* n values of chunk number 'chunk'; values has CHUNK items. */
void pack_read(const uint8_t *vector, uint32_t chunk, uint32_t n, int64_t *values);
/* Is it safe to read a vector of n values from these bytes? */
bool pack_valid(const uint8_t *vector, size_t length, uint32_t n);

#endif
