/*
 * The catalog's inside, shared by its files: catalog.c (open, close, devices), catalog_load.c
 * (rows to a snapshot), catalog_publish.c (changes), catalog_snapshot.c (references),
 * catalog_sources.c (files of segments), catalog_care.c (bad segments, idle mappings),
 * catalog_coverage.c.
 *
 * Lock order: c->publish (RANK_CATALOG) before c->current_lock (RANK_SNAPSHOT).
 */
#ifndef FLOWVIEWER_STORE_CATALOG_PRIVATE_H
#define FLOWVIEWER_STORE_CATALOG_PRIVATE_H

#include "flowviewer/catalog.h"
#include "flowviewer/db.h"

struct catalog {
    char directory[256]; /* DATA/segments */
    struct db *db;
    struct lock publish; /* one change at a time; guards db, next ids */
    int64_t next_file, next_segment;
    uint64_t quarantined; /* generation that the last quarantine made */
    atomic_ullong temporaries;
    struct lock current_lock;
    struct snapshot *current; /* holds one reference */
};

/* A ledger row as snapshots share it: its texts follow it in one allocation. */
struct file_row {
    struct flow_file file; /* first: a snapshot's files point here */
    atomic_int references;
    char texts[];
};

struct file_row *file_row_new(const struct flow_file *f);
void file_row_release(const struct flow_file *f);

struct segment_ref *segment_ref_new(const char *directory, const char *device, int64_t id,
    int64_t device_id, int64_t day, const struct segment_summary *s);
void segment_ref_release(struct segment_ref *ref);

/* A snapshot under construction owns a reference to everything it names. */
struct snapshot_draft {
    struct device *devices;
    size_t device_count, device_capacity;
    struct segment_ref **segments;
    size_t segment_count, segment_capacity;
    const struct flow_file **files;
    size_t file_count, file_capacity;
    struct snapshot *shell; /* draft_finish() made it */
};

int draft_add_device(struct snapshot_draft *d, const struct device *device, struct err *e);
int draft_add_segment(
    struct snapshot_draft *d, struct segment_ref *ref, struct err *e); /* takes it */
int draft_add_file(
    struct snapshot_draft *d, struct file_row *row, struct err *e); /* takes it */
void draft_free(struct snapshot_draft *d);
/* Sort, and get all memory that draft_install() needs: that cannot fail. */
int draft_finish(struct snapshot_draft *d, struct err *e);
/* Make a finished draft the catalog's current snapshot. Empties the draft. */
void draft_install(struct snapshot_draft *d, struct catalog *c);
/* All that 's' has, but the segments and files that the callbacks refuse. */
int draft_copy(struct snapshot_draft *d, const struct snapshot *s,
    bool (*keep_segment)(void *, int64_t), bool (*keep_file)(void *, int64_t),
    void *context, struct err *e);

int catalog_load(struct catalog *c, struct err *e);
/* Under c->publish. */
int catalog_publish_locked(struct catalog *c, struct publication *p, struct err *e);
int catalog_segment_files_locked(
    struct catalog *c, int64_t segment, int64_t **ids, size_t *n, struct err *e);
void catalog_segment_path(const char *directory, const char *device, int64_t day,
    int64_t id, char *out, size_t size);
/* A device's name as a file name: what could be a path is replaced. */
void catalog_device_directory(const char *name, char *out, size_t size);
void catalog_day_name(int64_t day, char *out, size_t size); /* YYYY-MM-DD */

#endif
