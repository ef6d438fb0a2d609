/*
 * store: flows as immutable segment files of columns, and the catalog of all segments.
 *
 * Floor 2; uses base, flow, os, db. Only this room knows the bytes of a segment
 * (docs/format.md). Callers: ingest writes segments and publishes them; query maps and
 * scans them. This header is the segments; catalog.h, the room's other door, is the list of
 * them.
 *
 * A segment is written once (temporary name, fsync, rename, fsync of the directory), mapped
 * read-only, and never changed. Blocks of up to 65,536 flows; each column of a block is
 *   constant       one value
 *   dictionary     sorted distinct values and a bit-packed code per flow
 *   packed         chunks of 1,024 values: base, bit width, exceptions
 * so that a predicate is evaluated once per distinct value, a group-by adds into a dense
 * array indexed by code, and decoding is a branch-free loop that compilers vectorise.
 *
 * Threads: a struct segment is read-only after segment_open and may be shared.
 */
#ifndef FLOWVIEWER_STORE_H
#define FLOWVIEWER_STORE_H

#include "flowviewer/base.h"
#include "flowviewer/flow.h"

#define CHUNK 1024 /* flows that are decoded at once */

/* ---- writing -------------------------------------------------------------------- */

/* Where a run of flows came from, kept in the segment. */
struct segment_source {
    int64_t file;          /* id in the catalog's ledger */
    uint64_t first, count; /* flows of the segment */
};

/* What the catalog keeps of a segment. */
struct segment_summary {
    uint64_t flows;                       /* flows stored (records) */
    uint64_t octets, packets, flow_count; /* sums; flow_count sums F_FLOWS */
    int64_t min_start, max_end;           /* ms; meaningless when flows is 0 */
    uint32_t present;                     /* FLOW_BIT mask */
    uint64_t bytes;                       /* of the file */
    uint32_t blocks;
};

struct segment_writer;

/* Creates path (must not exist). One writer serves one thread; several may run at once. */
int segment_writer_open(struct segment_writer **out, const char *path, struct err *e);
/* Append all flows of b. present must be the same for all blocks of a segment. Small blocks
 * are gathered to full ones. */
int segment_writer_add(struct segment_writer *w, const struct flow_block *b, struct err *e);
/* Note that the flows added since the last call came from that file. */
int segment_writer_source(struct segment_writer *w, int64_t file, struct err *e);
/* Write the rest and the footer, close. Frees w, also on failure (then the file is
 * removed). sync: fsync before closing. */
int segment_writer_finish(
    struct segment_writer *w, bool sync, struct segment_summary *out, struct err *e);
void segment_writer_abort(struct segment_writer *w); /* removes the file, frees w */

/* ---- reading -------------------------------------------------------------------- */

struct segment;

enum column_coding { COLUMN_ABSENT, COLUMN_CONSTANT, COLUMN_DICTIONARY, COLUMN_PACKED };

/* A column of one block, ready to decode. min and max are of its values. The bytes of a
 * start time hold how long before its end the flow began, so its column needs both; its min
 * and max are of that difference (struct block has those of the times). */
struct column {
    enum column_coding coding;
    uint8_t width;     /* bits of a code (dictionary) */
    uint32_t distinct; /* dictionary size; 1 for a constant */
    uint32_t count;    /* flows */
    int64_t min, max;
    const uint8_t *dictionary,
        *bytes;      /* packed deltas of the values; codes or packed values */
    uint32_t length; /* bytes on disk */
    bool from_end;   /* F_START: bytes hold end - start; these describe the end: */
    enum column_coding end_coding;
    int64_t end_constant;
    const uint8_t *end_bytes;
};

/* Beside enum flow_field, block_column() takes this: end - start in ms as stored.
 * flow-tools' duration is its low 32 bits. */
#define COLUMN_DURATION FLOW_FIELDS

struct block {
    const struct segment *segment;
    uint32_t index, count;                /* flows */
    uint64_t first;                       /* number of its first flow in the segment */
    uint64_t octets, packets, flow_count; /* sums over the block */
    int64_t min_start, max_start, min_end, max_end;
};

/* Maps path and checks header and footer. */
int segment_open(struct segment **out, const char *path, struct err *e);
void segment_close(struct segment *s);
const struct segment_summary *segment_summary(const struct segment *s);
uint32_t segment_sources(const struct segment *s, const struct segment_source **list);

int segment_block(const struct segment *s, uint32_t index, struct block *b);
/* Describe a column; its bytes are checked against their checksum when first touched. */
int block_column(const struct block *b, int field, struct column *c, struct err *e);
/* False: no flow of the block has this source or destination address (membership filter).
 */
bool block_may_have_address(const struct block *b, uint32_t address);

/* Sorted distinct values of a dictionary column into values[distinct] (constant: one
 * value). */
void column_dictionary(const struct column *c, int64_t *values);
void column_dictionary32(const struct column *c, uint32_t *values);
/* Codes of flows chunk*CHUNK .. of a dictionary column (all 0 for a constant); values of a
 * packed or constant one. n is the number of flows in that chunk. Output arrays are of
 * CHUNK items. */
void column_codes(const struct column *c, uint32_t chunk, uint32_t n, uint32_t *codes);
void column_values(const struct column *c, uint32_t chunk, uint32_t n, int64_t *values);
/* All columns of flows first..first+n-1 of the block. For listings. */
int block_flows(
    const struct block *b, uint32_t first, uint32_t n, struct flow *out, struct err *e);

/* Check every checksum. On -1 e names the block and column. */
int segment_verify(const struct segment *s, struct err *e);
/* All flows of a block, e.g. to write them elsewhere (compaction). */
int block_read(const struct block *b, struct flow_block *out, struct err *e);

#endif
