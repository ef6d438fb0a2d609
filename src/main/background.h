/*
 * background: leave the terminal, but let whoever started the daemon know how it went.
 *
 * The first process waits until the daemon serves or has failed: its exit code and message
 * are true, so that "rcctl start flowviewerd" can be believed.
 */
#ifndef MAIN_BACKGROUND_H
#define MAIN_BACKGROUND_H

#include "flowviewer/base.h"

struct background {
    int fd; /* to the waiting process; -1: none */
};

/* Returns in the daemon only. Before threads start. */
int background_begin(struct background *b, struct err *e);
/* Let the waiting process go: message NULL is success. Nothing to do in the foreground. */
void background_tell(struct background *b, const char *message);

#endif
