/*
 * config: the file that says what the daemon does (flowviewerd.conf(5)).
 *
 * Directives are a table; its defaults are texts that go through the same parsers as the
 * file, so that what the manual shows and what the daemon does cannot differ.
 */
#ifndef MAIN_CONFIG_H
#define MAIN_CONFIG_H

#include "flowviewer/base.h"
#include "flowviewer/http.h"
#include "flowviewer/ingest.h"
#include "flowviewer/query.h"

#define CONFIG_DIRECTIVES 18

/* Plain data; the devices in 'ingest' belong to it. */
struct config {
    char path[256]; /* of the file */
    char data_directory[256], time_zone[64], user[64];
    int time_zone_line; /* 0: not given */
    struct http_options http;
    struct query_engine_options query;
    struct ingest_options ingest;
    size_t device_room;                  /* of ingest.devices */
    struct buf given[CONFIG_DIRECTIVES]; /* each directive's arguments in effect */
    int line[CONFIG_DIRECTIVES];         /* where it was given; 0: default */
};

/* Reads the file at path. On -1 there is no config, and problems holds a line for every
 * mistake: "file:line: what is wrong, and what was expected". */
int config_read(struct config **out, const char *path, struct buf *problems);
/* The same from text of n bytes; path is for messages. */
int config_parse(struct config **out, const char *path, const char *text, size_t n,
    struct buf *problems);
void config_free(struct config *c);

/* A directive by its place in the table: its name (NULL behind the last), its default
 * (NULL: it has none), and whether a reload can change it. */
const char *config_directive(size_t i);
const char *config_default(size_t i);
bool config_reloads(size_t i);

#endif
