/*
 * query: plans and runs questions over stored flows.
 *
 * Floor 4; uses store and filter. The one room that loops over flows. One engine, three
 * shapes: group (keys, order, limit), summary (totals and distributions), list (single
 * flows). Request and result know nothing of blocks, so that another engine can stand
 * behind this door.
 *
 * Work is cut into blocks; workers take blocks from the running queries in turn, aggregate
 * privately and merge at the end, so an answer never depends on the number of threads. A
 * group query that outgrows its memory budget drops half of its hash partitions and reads
 * the blocks again for them: more passes, never death.
 *
 * Threads: any thread may submit. query_wait blocks: never call it on an HTTP thread.
 * Ownership: the request is copied except 'filter', which the query takes; results belong
 * to the query and live until query_release.
 */
#ifndef FLOWVIEWER_QUERY_H
#define FLOWVIEWER_QUERY_H

#include "flowviewer/base.h"
#include "flowviewer/catalog.h"
#include "flowviewer/filter.h"
#include "flowviewer/flow.h"

#define QUERY_KEYS_MAX 8

/* Keys: any key field of enum flow_field, or one of these. */
enum query_key {
    KEY_ADDRESS = FLOW_FIELDS, /* either end: a flow counts under both */
    KEY_PORT,
    /* Address masked by the flow's own prefix length; value: addr<<8 | length. Length 0 means
     * that the exporter knows none: the address stays whole, as flow-stat has it. */
    KEY_SOURCE_PREFIX,
    KEY_DEST_PREFIX,
    KEY_END
};

enum query_shape { QUERY_GROUP, QUERY_SUMMARY, QUERY_LIST };

/* Which flows belong to the period [start, end), at flow-nfilter's whole seconds. */
enum flow_select { SELECT_ANY = 1, SELECT_END, SELECT_START, SELECT_ENTIRE };

enum query_measure {
    MEASURE_FLOWS,
    MEASURE_OCTETS,
    MEASURE_PACKETS,
    MEASURE_DURATION,
    MEASURES
};

struct query_request {
    enum query_shape shape;
    char id[64];           /* chosen by the client; "" = made up */
    char description[160]; /* shown in the list of queries */
    int64_t start, end;    /* ms; INT64_MIN / INT64_MAX = open */
    enum flow_select select;
    int64_t *devices; /* ids; device_count 0 = all */
    size_t device_count;
    struct filter *filter; /* NULL = all; taken over by query_submit, also on failure */

    /* group: */
    int keys[QUERY_KEYS_MAX]; /* key field or enum query_key; 0 keys = one row of totals */
    int key_count;
    bool duration; /* sum durations too (a fourth column to read) */
    int order;     /* >= 0: index of a key; -1 - enum query_measure otherwise */
    bool ascending;
    uint64_t limit;         /* rows; 0 = all (within the budget) */
    uint64_t cutoff_octets; /* the list ends before the first row below it */

    /* list: time order, 'limit' flows after the cursor */
    int64_t after_start; /* skip flows that start before; INT64_MIN = from the beginning */
    uint64_t after_skip; /* and that many of those that start exactly then */

    uint64_t memory; /* budget in bytes; 0 = the engine's default */
    int threads;     /* 0 = all workers */
};

struct query_row {
    uint64_t key[QUERY_KEYS_MAX];
    uint64_t measure[MEASURES];
};

#define SUMMARY_SIZE_BUCKETS   27 /* flow-stat's 26, and what it leaves out: above 4608 */
#define SUMMARY_PACKET_BUCKETS 26
#define SUMMARY_OCTET_BUCKETS  26
#define SUMMARY_TIME_BUCKETS   26

/* flow-stat format 0. Bucket i counts flows <= its bound (bounds: query_summary_bounds). */
struct query_summary {
    uint64_t flows, octets, packets, duration_ms; /* sums; flows sums F_FLOWS */
    uint64_t records;                             /* flow records */
    int64_t min_export, max_export;               /* seconds */
    uint32_t min_first, max_last; /* raw uptimes, as flow-stat compares them */
    uint64_t packet_size[SUMMARY_SIZE_BUCKETS], packets_per_flow[SUMMARY_PACKET_BUCKETS];
    uint64_t octets_per_flow[SUMMARY_OCTET_BUCKETS], flow_time[SUMMARY_TIME_BUCKETS];
};

struct query_stats {
    uint64_t flows_scanned; /* in blocks that had to be looked at */
    uint64_t flows_matched;
    uint64_t flows_without_field; /* left out: their export version lacks a key field */
    uint64_t bytes_read;          /* column bytes decoded */
    uint32_t segments_read, segments_skipped, segments_failed;
    uint32_t passes;
    uint64_t memory_peak; /* of the query's own memory */
    int64_t elapsed_us;
    char segment_error[200]; /* the first failed segment's */
};

struct query_result {
    struct query_row *rows; /* group */
    size_t row_count;
    uint64_t rows_total;
    uint64_t totals[MEASURES]; /* of all matched flows (duration only if asked for) */
    struct query_summary summary;
    struct flow *flows; /* list */
    size_t flow_count;
    bool more; /* list: there are flows after these */
    int64_t next_start;
    uint64_t next_skip;
    /* ms; start > end: none. A summary: earliest start and latest end of the matched flows. A group
     * query: of the blocks that hold them, so a little more when a filter chose some flows. */
    int64_t data_start, data_end;
    struct query_stats stats;
};

enum query_state { QUERY_RUNNING, QUERY_DONE, QUERY_FAILED, QUERY_CANCELLED };

struct query_info {
    char id[64], description[160];
    enum query_state state;
    double progress; /* 0..1 */
    uint64_t flows_scanned, flows_total;
    int64_t started; /* ms */
    int64_t elapsed_ms;
};

struct query_engine;
struct query;

struct query_engine_options {
    int threads;     /* 0 = one per processor */
    uint64_t memory; /* default budget of a query; 0 = 512 MiB */
};

int query_engine_start(struct query_engine **out, struct catalog *c,
    const struct query_engine_options *o, struct err *e);
void query_engine_stop(struct query_engine *q); /* cancels all, joins the workers */

/* Starts running at once. Fails with ERR_INPUT for a request that makes no sense, ERR_BUSY
 * for an id in use. */
int query_submit(
    struct query_engine *q, struct query_request *r, struct query **out, struct err *e);
/* Wait up to ms (-1 = for ever): true when it is over. */
bool query_wait(struct query *q, int64_t ms);
/* When over: 0 and the result, or -1 and why (ERR_CANCELLED, ERR_MEMORY, ...). */
int query_finish(struct query *q, const struct query_result **out, struct err *e);
void query_info(struct query *q, struct query_info *out);
void query_cancel(struct query *q);
/* Cancels if still running, and gives all its memory back when it has stopped. */
void query_release(struct query *q);

/* Running and just finished queries (the last 32), newest first. */
size_t query_list(struct query_engine *q, struct query_info *out, size_t max);
bool query_lookup(struct query_engine *q, const char *id, struct query_info *out);
bool query_cancel_id(struct query_engine *q, const char *id);

/* Upper bounds of the summary's buckets (the last is open: UINT64_MAX). */
extern const uint64_t query_bounds_packet_size[SUMMARY_SIZE_BUCKETS];
extern const uint64_t query_bounds_packets[SUMMARY_PACKET_BUCKETS];
extern const uint64_t query_bounds_octets[SUMMARY_OCTET_BUCKETS];
extern const uint64_t query_bounds_time[SUMMARY_TIME_BUCKETS];

#endif
