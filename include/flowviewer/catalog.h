/*
 * catalog: which devices, flow files and segments there are (second door of the store
 * room).
 *
 * Truth is in SQLite (through db); readers use a snapshot: immutable, reference-counted,
 * taken without waiting for writers. A query keeps the segments it started with until it
 * lets its snapshot go; a segment file that was replaced is unlinked when nobody holds it
 * any more.
 *
 * The ledger (one row per flow file ever seen) makes ingest exact: a file's flows are in
 * the store if and only if its row says so, since both change in one transaction.
 */
#ifndef FLOWVIEWER_CATALOG_H
#define FLOWVIEWER_CATALOG_H

#include <stdatomic.h>

#include "flowviewer/store.h"

struct catalog;

/* A device: a directory of flow files. ids are stable for ever. */
struct device {
    int64_t id;
    char name[64];
    bool exporters;  /* one directory of many exporters */
    bool configured; /* false: only stored flows are left of it */
};

enum file_state {
    FILE_QUEUED,  /* seen, waiting to be read */
    FILE_STORED,  /* all its flows are in the store */
    FILE_DAMAGED, /* its whole records up to a fault are in the store; reason says more */
    FILE_FAILED,  /* nothing of it could be read; reason says why */
    FILE_EXPIRED, /* was stored; its flows were given up by age or size */
};

const char *file_state_name(enum file_state s); /* "queued" ... */

/* One flow file, an immutable row. path is relative to its device's directory. Texts belong to the
 * row: as long as a snapshot, or as long as the caller of catalog_publish keeps them. */
struct flow_file {
    int64_t id, device;
    enum file_state state;
    uint64_t size;
    int64_t mtime_ns; /* with size and inode: is it still the same file? */
    uint64_t inode;
    uint64_t flows, flows_lost; /* flows_lost: header's FLOW_LOST */
    int64_t start, end; /* period it covers (ms): capture times of its header, else name */
    int64_t seen;       /* when this state was reached (ms) */
    bool gone;          /* no longer in the directory (flow-expire) */
    const char *reason; /* "" if there is none */
    const char *path;
    const char *root; /* directory of the device it was found in */
};

/* One segment. Counted; open on demand. */
struct segment_ref {
    int64_t id, device;
    int64_t day; /* days since 1970 (UTC) it is filed under */
    struct segment_summary summary;
    char path[512];
    atomic_int references;
    atomic_bool unlink; /* remove the file when the last reference goes */
    _Atomic(struct segment *) open;
    atomic_llong used;   /* when it was last asked for (monotonic ms) */
    atomic_bool suspect; /* somebody found bad bytes in it: catalog_check_suspects() */
};

struct snapshot {
    atomic_int references;
    uint64_t generation; /* grows with every publication */
    const struct device *devices;
    size_t device_count;
    struct segment_ref **segments; /* by device, then min_start */
    size_t segment_count;
    const struct flow_file **files; /* by device, then start */
    size_t file_count;
};

/* data_directory must exist; creates segments/ and the database there. Removes left-over
 * temporary files and segments that no row names. */
int catalog_open(struct catalog **out, const char *data_directory, struct err *e);
void catalog_close(struct catalog *c);
/* Where the segments are. */
const char *catalog_directory(const struct catalog *c);

struct snapshot *catalog_snapshot(struct catalog *c); /* never NULL; give it back: */
void snapshot_release(struct snapshot *s);
const struct device *snapshot_device(const struct snapshot *s, int64_t id);
const struct device *snapshot_device_by_name(const struct snapshot *s, const char *name);

/* The opened segment; stays open while ref is referenced. */
int segment_ref_open(struct segment_ref *ref, const struct segment **out, struct err *e);

/* Make a device known (or configured again). */
int catalog_device(
    struct catalog *c, const char *name, bool exporters, int64_t *id, struct err *e);
int catalog_devices_configured(
    struct catalog *c, const int64_t *ids, size_t n, struct err *e);

/* Where to write the next segment of that device and day: a fresh temporary path
 * (directories are made). */
int catalog_temporary(
    struct catalog *c, int64_t device, int64_t day, char *path, size_t size, struct err *e);

#define FILE_KEEPS_SEGMENTS (-1) /* its flows stay where they are */
#define FILE_HAS_NO_SEGMENT (-2) /* it has no flows in the store (any more) */

/* One change of the catalog; all parts in one transaction, then one new snapshot. */
struct publication {
    /* Segments written to temporary paths (closed, not necessarily synced): they are
     * synced, renamed and their directory synced first. */
    struct new_segment {
        char temporary[512];
        int64_t device, day;
        struct segment_summary summary;
        int64_t id; /* out */
    } * added;
    size_t added_count;
    int64_t *removed; /* segment ids */
    size_t removed_count;
    /* Ledger rows to insert or replace (id 0: new; out). segment: index into added (the file's flows
     * are in it), or one of the two below. */
    struct file_change {
        struct flow_file file;
        int segment;
    } * files;
    size_t file_count;
    int64_t *forget; /* ledger rows to delete */
    size_t forget_count;
    /* Generation of the snapshot that this was decided on; 0: on none. ERR_BUSY when a segment was
     * quarantined since: decide again. */
    uint64_t generation;
};

/* On -1 nothing has changed; temporary files may be gone. */
int catalog_publish(struct catalog *c, struct publication *p, struct err *e);
/* Take a segment whose bytes are bad out of service: the file is kept as *.bad, its flow files are
 * queued again where they still exist, else their reason says what was lost. Nothing happens when
 * the segment is not in the catalog any more. */
int catalog_quarantine(
    struct catalog *c, int64_t segment, const char *reason, struct err *e);
/* Check the segments in which somebody found bad bytes, and quarantine those that have some.
 * Returns how many. */
size_t catalog_check_suspects(struct catalog *c);
/* Let go of the mappings that were not used for longest, so that 'most' are kept. Snapshots that
 * were taken before keep theirs. */
int catalog_trim(struct catalog *c, size_t most, struct err *e);
/* Note the wall clock, for the next start to compare with; *before: as noted last (0: never). */
int catalog_clock(struct catalog *c, int64_t now, int64_t *before, struct err *e);
/* Segment ids that hold flows of that file (free the list). */
int catalog_file_segments(
    struct catalog *c, int64_t file, int64_t **ids, size_t *n, struct err *e);
/* The other way round: ledger ids of the files whose flows are in a segment. */
int catalog_segment_files(
    struct catalog *c, int64_t segment, int64_t **ids, size_t *n, struct err *e);
/* Ledger row ids for the files to be named in segments before they are published. */
int catalog_reserve_file_id(struct catalog *c, int64_t *id, struct err *e);

/* ---- honesty -------------------------------------------------------------------- */
struct coverage {
    double share;           /* of the period that stored files cover, 0..1 */
    uint32_t files;         /* stored or damaged files in the period */
    uint32_t files_missing; /* gaps, in files of the usual length */
    uint32_t files_damaged, files_failed, files_queued;
    uint64_t flows_lost; /* by the headers' sequence numbers */
    int64_t first, last; /* stored data of these devices at all (ms); first > last: none */
};

/* devices: ids, n 0 = all. start and end in ms; INT64_MIN/MAX: open. A gap is time between
 * two files of a device that exceeds half of the usual file length. */
void snapshot_coverage(const struct snapshot *s, const int64_t *devices, size_t n,
    int64_t start, int64_t end, struct coverage *out);

#endif
