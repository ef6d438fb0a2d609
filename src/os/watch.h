/*
 * Private to os: what watch.c and the kernel interfaces behind it share.
 */
#ifndef FV_OS_WATCH_H
#define FV_OS_WATCH_H

#include "flowviewer/os.h"

/* A watched directory. */
struct watch_entry {
    char *path;
    void *cookie;
    bool changed;       /* to be told at the next watch_wait() */
    int id;             /* the interface's own: watch descriptor or file; -1 = lost */
    uint64_t signature; /* polling: what the directory looked like */
    bool fresh;         /* polling: changed so lately that its time may not tell again */
};

struct watch {
    const struct watch_ops *ops;
    int wake[2]; /* self-pipe: read end, write end */
    int fd;      /* the interface's file, or -1 */
    bool overflow;
    struct watch_entry *entries;
    size_t count, cap;
};

/* One kernel interface. */
struct watch_ops {
    const char *name;
    int (*open)(struct watch *w, struct err *e);
    /* Start (or start again) to watch entry->path. */
    int (*add)(struct watch *w, struct watch_entry *entry, struct err *e);
    void (*remove)(struct watch *w, struct watch_entry *entry);
    /* Wait, at most timeout_ms (negative: for ever); mark what changed. */
    void (*wait)(struct watch *w, int timeout_ms);
};

extern const struct watch_ops watch_inotify, watch_kqueue, watch_poll;

/* Wait for the wake pipe, and for w->fd if there is one. 0 when the time passed. */
enum { SLEEP_WOKEN = 1, SLEEP_READABLE = 2 };
int watch_sleep(struct watch *w, int timeout_ms);
/* Empty the wake pipe. */
void watch_drain(struct watch *w);

#endif
