/*
 * ingest: flow files in, segments out.
 *
 * Floor 3; uses flowtools, store (catalog), os, base. Watches each device's directory tree,
 * reads finished flow files newest first, publishes a segment a file, keeps the ledger
 * true, expires old segments, joins small ones of a finished day. Source files are never
 * touched.
 *
 * Threads of its own: one watcher (scans, plans), N workers (read and encode), one publisher
 * (groups finished files into one transaction), one keeper (expires, joins, has bad segments read
 * again). Callers: main starts and stops it; http asks for its status and lists, and for a rescan.
 */
#ifndef FLOWVIEWER_INGEST_H
#define FLOWVIEWER_INGEST_H

#include "flowviewer/base.h"
#include "flowviewer/catalog.h"
#include "flowviewer/flowtools.h"

struct ingest;

struct ingest_device {
    char name[64];
    char directory[256];
    bool exporters;     /* one directory of many exporters */
    uint64_t max_bytes; /* store bytes kept; 0 = no limit */
    int64_t max_age_ms; /* by the segment's latest flow end; 0 = no limit */
};

struct ingest_options {
    struct ingest_device *devices; /* copied */
    size_t device_count;
    int threads; /* workers; 0 = one per processor, at most 4 */
    enum ft_clock clock;
    uint64_t reserve_bytes; /* pause when less is free; 0 = 512 MiB or 5 %, the smaller */
    int64_t rescan_ms;      /* full rescan at least this often; 0 = 60 s */
    bool poll;              /* polling instead of inotify or kqueue */
    bool compact;           /* join small segments of finished days */
    int64_t keep_every_ms;  /* expiry and joining; 0 = 10 s */
};

/* Why ingest stands still, if it does. */
enum ingest_pause { INGEST_RUNNING, INGEST_DISK_FULL, INGEST_ERROR };

struct ingest_device_status {
    char name[64], directory[256];
    bool readable; /* the directory can be listed */
    char error[200];
    uint64_t source_files, source_bytes; /* in the directory now */
    uint64_t queued_files, stored_files, damaged_files, failed_files;
    int64_t newest; /* end of the newest stored file (ms); INT64_MIN: none */
};

struct ingest_status {
    enum ingest_pause pause;
    char pause_reason[200];
    const char *watcher; /* "inotify" ... */
    bool idle;           /* nothing queued or being read, and the first scan is over */
    uint64_t queue;      /* files waiting or being read */
    uint64_t files_done, flows_done, bytes_done; /* since start */
    double flows_per_second;                     /* over the last 10 s of work */
    double progress;                             /* of the files known now, 0..1 */
    int64_t alive; /* monotonic ms when the watcher last made its round */
};

int ingest_start(
    struct ingest **out, struct catalog *c, const struct ingest_options *o, struct err *e);
/* Stops within a second or so; a file being read is abandoned (it is read again next time).
 */
void ingest_stop(struct ingest *in);
/* Take over new options (SIGHUP): devices may come, go, or move. */
int ingest_reload(struct ingest *in, const struct ingest_options *o, struct err *e);
void ingest_rescan(struct ingest *in);
void ingest_status(struct ingest *in, struct ingest_status *out);
/* Fills up to max; returns how many devices there are. */
size_t ingest_devices(struct ingest *in, struct ingest_device_status *out, size_t max);

#endif
