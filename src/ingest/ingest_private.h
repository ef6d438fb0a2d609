/*
 * The inside of ingest, shared by its files:
 *   ingest.c     start, stop, reload, status
 *   scan.c       what lies in the devices' directories (watcher thread)
 *   compare.c    that against the ledger: what is new, changed, gone
 *   places.c     watched directories
 *   queue.c      flow files waiting to be read, newest first
 *   worker.c     one flow file to one segment (worker threads)
 *   publisher.c  finished files into the catalog, many at once (publisher thread)
 *   keeper.c     expiry and other care, when there is time (keeper thread)
 *   join.c       the small segments of a finished day into few large ones
 *   rewrite.c    segments out of segments
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

/* A device as configured: settings never change, a reload that changes them makes a new source
 * and retires this one. Never freed before ingest_stop, so that jobs may point to it. */
struct source {
    struct source *next;
    struct ingest_device device;
    int64_t id;
    atomic_bool active; /* configured now */
    /* under in->lock: */
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
    struct keeper_clock {   /* keeper only */
        int64_t wall, mono; /* clocks at its last round; 0: none yet */
        int64_t noted;      /* monotonic: when the catalog was told */
        int64_t hold_until; /* monotonic: no expiry by age before */
    } clock;
    atomic_bool stop, rescan, reloaded, looking;
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

/* The list of sources as it is now; what follows the first one never changes. */
struct source *ingest_sources(struct ingest *in);
/* Make the watcher look at everything now. */
void ingest_look(struct ingest *in);
/* Under in->lock. */
void ingest_pause_now(struct ingest *in, enum ingest_pause why, const char *reason);
void ingest_resume(struct ingest *in);

/* One file into a segment at a temporary path. -1 when the file cannot be judged now (disk full,
 * no memory, stopping): try again later. */
int read_flow_file(struct ingest *in, struct job *j, struct flow_block *block,
    struct result *out, struct err *e);
void result_free(struct result *r);

/* A set of ledger ids. */
struct file_set {
    int64_t *ids; /* sorted */
    size_t count;
};
void file_set_sort(struct file_set *s);
bool file_set_has(const struct file_set *s, int64_t file);

/* One new segment at a temporary path out of n, in their order, without the flows of some files
 * (NULL: of none). */
int rewrite_segments(struct ingest *in, struct segment_ref *const *refs, size_t n,
    const struct file_set *without, struct new_segment *out, struct err *e);
/* Changes of the rows of all files of a segment, as they are in s, appended to a list. */
struct row_list {
    struct file_change *list;
    size_t count, capacity;
};
int add_segment_rows(struct ingest *in, const struct snapshot *s, int64_t segment, int to,
    struct row_list *rows, struct err *e);
void keep_expire(struct ingest *in);
/* Join one run of segments; true: there may be more. */
bool keep_compact(struct ingest *in);

#endif
