/*
 * options: the daemon's command line.
 */
#ifndef MAIN_OPTIONS_H
#define MAIN_OPTIONS_H

#include "flowviewer/base.h"

#define DEFAULT_CONFIG "/etc/flowviewerd.conf"

struct options {
    const char *config;        /* path, points into argv */
    const char *web_directory; /* NULL: the built-in pages */
    bool foreground, check, version, help;
    int verbose;
};

extern const char options_usage[];

/* 0, or -1 and what is wrong with the arguments. */
int options_parse(struct options *o, int argc, char **argv, struct err *e);

#endif
