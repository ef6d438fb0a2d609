/*
 * A look at directories: what scan.c finds, places.c watches and compare.c holds against the
 * ledger. All of it belongs to the watcher thread.
 */
#ifndef FLOWVIEWER_INGEST_SCAN_H
#define FLOWVIEWER_INGEST_SCAN_H

#include "ingest/ingest_private.h"

#define PLACE_BUCKETS 4096

/* A watched directory: cookie of its events. */
struct place {
    struct place *next; /* in its bucket */
    struct source *source;
    bool watched; /* and nothing has happened there since */
    bool dirty;   /* an event came */
    bool again;   /* has a file that was not to be judged yet */
    char path[];  /* below the device's directory, "" = itself */
};

struct watcher {
    struct ingest *in;
    struct place *places[PLACE_BUCKETS];
    int64_t next_full;
    int64_t rest_until; /* gather events until then: a scan must not eat the processor */
    bool everything, soon;
};

/* A file in a device's directory. */
struct found {
    uint64_t size, inode;
    int64_t mtime_ns;
    bool unsettled; /* perhaps still being written */
    char *path;     /* below the device's directory */
};

struct scan {
    struct watcher *watcher;
    struct ingest *in;
    struct source *source;
    struct found *found;
    size_t count, capacity;
    bool listed; /* the directory itself could be */
    bool blind;  /* a part could not be listed: what is not seen there is not gone */
    bool failed;
    struct err err;
};

/* The directory path of a device, as a file name. */
void full_path(const struct source *s, const char *path, char *out, size_t size);

/* ---- places.c ---- */
/* Watch that directory of a device, if it is not watched already. */
void place_watch(struct watcher *w, struct source *source, const char *path);
/* Look at the directory of that file again in a second. */
void place_look_again(struct watcher *w, struct source *source, const char *file);
void places_retire(
    struct watcher *w);              /* those of devices that are not configured any more */
void places_lost(struct watcher *w); /* events were lost: watch all anew */
void places_wake(struct watcher *w); /* what was to be looked at again is now */
/* Call fn for each place that is dirty, and clean it first. */
void places_each_dirty(struct watcher *w, void (*fn)(struct watcher *w, struct place *p));
void places_clean(struct watcher *w);
void places_free(struct watcher *w);

/* ---- compare.c ---- */
/* Bring the ledger up to date with what a scan of 'directory' found, and queue what is to be read.
 * On failure s->failed and s->err say so. retry: failed files too. */
void compare_with_ledger(struct scan *s, const char *directory, bool retry);

#endif
