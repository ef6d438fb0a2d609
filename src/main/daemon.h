/*
 * daemon: the parts of flowviewerd, started from the ground up and stopped from the top down.
 */
#ifndef MAIN_DAEMON_H
#define MAIN_DAEMON_H

#include "main/config.h"

struct daemon {
    struct config *config; /* as of the start: what a reload cannot change stays */
    const char *web_directory;
    int lock; /* of the data directory; -1: not taken */
    struct catalog *catalog;
    struct names *names;
    struct query_engine *engine;
    struct ingest *ingest;
    struct http *http;
    int64_t started;
};

/* The data directory is prepared and privileges are dropped before this. On -1 whatever was
 * started is stopped again. */
int daemon_start(struct daemon *d, struct err *e);
/* In the other order; parts that were not started are fine. */
void daemon_stop(struct daemon *d);
/* "http://127.0.0.1:8080/" */
void daemon_url(const struct daemon *d, char *to, size_t size);
/* Read the config file again. A bad one changes nothing: the reasons are logged. */
void daemon_reload(struct daemon *d);
/* True while the watcher makes its rounds. */
bool daemon_alive(const struct daemon *d);

/* Warnings for directories that would be read twice (ingest warns of missing ones). */
void daemon_check_devices(const struct config *c);

#endif
