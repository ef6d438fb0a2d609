/*
 * The inside of ingest, shared by its files:
 *   ingest.c     start, stop, reload, status
 *   scan.c       directory trees against the ledger: what is new, changed, gone (watcher thread)
 *   queue.c      flow files waiting to be read, newest first
 *   worker.c     one flow file to one segment (worker threads)
 *   publisher.c  finished files into the catalog, many at once (publisher thread)
 *   keeper.c     expiry, and joining the small segments of finished days (keeper thread)
 *
 * Locks: in->changes (RANK_INGEST) is held while somebody decides which segments to replace and
 * publishes that; in->lock (RANK_INGEST + 5) guards queue, results and counters.
 */
#ifndef FLOWVIEWER_INGEST_PRIVATE_H
#define FLOWVIEWER_INGEST_PRIVATE_H

#include <stdatomic.h>

#include "flowviewer/ingest.h"
#include "flowviewer/os.h"

#define WORKERS_MAX  16
#define PATH_SIZE    1024
#define RATE_SECONDS 10

/* A device's state; never freed before ingest_stop, so that jobs may point to it. */
struct source {
    struct source *next;
    struct ingest_device device;
    int64_t id;
    bool active;  /* configured now */
    bool scanned; /* its first full scan is over */
    bool readable;
    char error[200];
    uint64_t files, bytes; /* found by the last full scan */
};

/* One flow file to read. */
struct job {
    struct job *next;
    struct source *source;
    int64_t file; /* ledger id */
    int64_t time; /* newest first by this (ms) */
    uint64_t size;
    int64_t mtime_ns;
    uint64_t inode;
    bool again; /* it was stored before: its segments are replaced */
    int attempts;
    char path[]; /* below the source's directory */
};

/* What became of a job. */
struct result {
    struct result *next;
    struct job *job;
    bool has_segment, vanished;
    struct new_segment segment;
    struct flow_file row; /* texts: reason below; path and root of the job */
    char reason[256];
    uint64_t flows, bytes;
};

struct queue {
    struct job **heap; /* newest at the root */
    size_t count, capacity;
    int64_t *ids; /* hash set of files that wait or are being worked on; 0: empty */
    size_t id_count, id_capacity;
};

bool queue_has(const struct queue *q, int64_t file);
int queue_push(struct queue *q, struct job *j, struct err *e); /* also a job taken before */
struct job *queue_pop(struct queue *q);                        /* its id stays known */
void queue_forget(struct queue *q, int64_t file);
void queue_free(struct queue *q);

struct ingest {
    struct catalog *catalog;
    struct ingest_options options; /* devices are in sources */
    struct lock changes, lock;
    pthread_cond_t work, ready, room, tick;
    struct source *sources;
    struct queue queue;
    size_t busy; /* jobs that workers hold */
    struct result *results, **results_end;
    size_t result_count; /* waiting for the publisher, or with it */
    enum ingest_pause pause;
    char pause_reason[200];
    int pause_step;       /* how often it was in vain */
    int64_t paused_until; /* monotonic ms */
    uint64_t files_done, flows_done, bytes_done;
    uint64_t rate[RATE_SECONDS]; /* flows of each second */
    int64_t rate_second[RATE_SECONDS];
    int64_t wall_seen, mono_seen; /* keeper only: clocks at its last round */
    atomic_bool stop, rescan, reloaded;
    atomic_llong alive;
    struct watch *watch;
    pthread_t watcher, publisher, keeper, workers[WORKERS_MAX];
    int worker_count;
    bool watcher_runs, publisher_runs, keeper_runs;
};

void *watcher_main(void *ingest);
void *worker_main(void *ingest);
void *publisher_main(void *ingest);
void *keeper_main(void *ingest);

/* Under in->lock. */
void ingest_pause_now(struct ingest *in, enum ingest_pause why, const char *reason);
void ingest_resume(struct ingest *in);

/* One file into a segment at a temporary path. -1 when the file cannot be judged now (disk full,
 * no memory, stopping): try again later. */
int read_flow_file(struct ingest *in, struct job *j, struct flow_block *block,
    struct result *out, struct err *e);
void result_free(struct result *r);

/* A segment again, without the flows of one file, at a temporary path. *rest false: nothing was
 * left. */
int rewrite_without(struct ingest *in, struct segment_ref *ref, int64_t file,
    struct new_segment *out, bool *rest, struct err *e);
/* One round of expiry and of joining; true: something was done. */
bool keep_expire(struct ingest *in);
bool keep_compact(struct ingest *in);

#endif
