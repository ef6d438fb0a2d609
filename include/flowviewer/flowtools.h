/*
 * flowtools: reads and writes files of flow-tools (flow-capture's ft-* files).
 *
 * Floor 1; uses base only. The one room that knows byte layouts of flow files: stream
 * versions 1 and 3, both byte orders, zlib or plain, export versions 1, 5, 6, 7, 8.1-8.14
 * and 1005. Callers: ingest, tests, the sample generator.
 *
 * Every byte is hostile. Memory is constant whatever the file says; whole records up to a
 * fault are delivered; ft_status says what was wrong and at which offset.
 */
#ifndef FLOWVIEWER_FLOWTOOLS_H
#define FLOWVIEWER_FLOWTOOLS_H

#include "flowviewer/base.h"
#include "flowviewer/flow.h"

/* How a flow's uptime stamps become times (flow-tools: ftltime). */
enum ft_clock {
    FT_CLOCK_CORRECTED, /* sysUpTime wrap (49.7 days) undone, end never before start */
    FT_CLOCK_FLOWTOOLS  /* exactly as flow-tools computes, wrong years included */
};

struct ft_options {
    enum ft_clock clock;
    uint64_t max_records; /* a file with more is cut there and marked; 0: 100 million */
    uint64_t max_bytes;   /* of record bytes after inflate; 0: 8 GiB */
};

/* What the file's header says. Fields whose TLV is absent are 0 and their bit in 'has'
 * unset. */
struct ft_header {
    uint8_t stream_version; /* 1 or 3 */
    bool big_endian;
    uint16_t version; /* export version 1 5 6 7 8 1005 */
    uint8_t agg_version, agg_method;
    uint32_t header_length;
    uint32_t flags; /* FT_FLAG_* */
    uint32_t has;   /* 1 << TLV type */
    uint32_t exporter;
    uint32_t cap_start, cap_end; /* Unix seconds; trust only with FT_FLAG_DONE */
    uint32_t flow_count, flow_lost, flow_misordered, packet_corrupt, sequence_reset;
    char hostname[256], comments[1024]; /* hostile text, control bytes kept, terminated */
};

#define FT_FLAG_DONE      0x01
#define FT_FLAG_COMPRESS  0x02
#define FT_FLAG_STREAMING 0x08
#define FT_FLAG_PRELOADED 0x20

enum ft_state { FT_OK, FT_DAMAGED, FT_UNREADABLE };

struct ft_status {
    enum ft_state state;
    uint64_t records; /* delivered so far */
    uint64_t bytes;   /* record bytes so far, inflated */
    uint64_t offset;  /* of the fault in the file (0: none) */
    uint64_t wrapped; /* flows whose clock was corrected */
    char reason[200]; /* "" when FT_OK */
};

struct ft_reader;

/* Open and read the header. On -1 the file is unreadable and e says why, with the offset.
 * ft_open_fd takes the descriptor over (closes it, also on failure); name is for messages.
 */
int ft_open(
    struct ft_reader **out, const char *path, const struct ft_options *o, struct err *e);
int ft_open_fd(struct ft_reader **out, int fd, const char *name, const struct ft_options *o,
    struct err *e);
/* The same from memory (fuzzing); the bytes are borrowed until ft_close. */
int ft_open_memory(struct ft_reader **out, const void *bytes, size_t n,
    const struct ft_options *o, struct err *e);
void ft_close(struct ft_reader *r);

const struct ft_header *ft_header(const struct ft_reader *r);
/* Fields that every record of this file has (FLOW_BIT mask). */
uint32_t ft_present(const struct ft_reader *r);
/* Append flows to b until b is full or the input ends; b->present is set. Returns how many
 * were appended; 0 = end (for a reason other than the end of the file see ft_status). */
uint32_t ft_read(struct ft_reader *r, struct flow_block *b);
const struct ft_status *ft_status(const struct ft_reader *r);

/* The time in a name like ft-v05.2026-11-23.040700+0100, Unix seconds; false if there is
 * none. */
bool ft_name_time(const char *basename, int64_t *seconds);
/* ft-* of flow-capture (finished files), and tmp-* (being written). */
bool ft_name_is_finished(const char *basename);
bool ft_name_is_temporary(const char *basename);

/* ---- writing version 5 (tests and samples) -------------------------------------- */
struct ft_writer;

struct ft_writer_options {
    bool big_endian;
    int level; /* zlib level 0..9; 0 = plain body */
    uint32_t cap_start, cap_end, flow_lost;
    const char *hostname;
};

int ft_writer_open(struct ft_writer **out, const char *path,
    const struct ft_writer_options *o, struct err *e);
/* Needs f->number[F_BOOT] <= start, end; export time is F_EXPORT. */
int ft_writer_add(struct ft_writer *w, const struct flow *f, struct err *e);
/* Rewrites the header with the counts, closes; frees w also on failure. */
int ft_writer_close(struct ft_writer *w, struct err *e);

#endif
