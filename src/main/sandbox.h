/*
 * sandbox: which files the daemon can still reach once it runs.
 */
#ifndef MAIN_SANDBOX_H
#define MAIN_SANDBOX_H

#include "main/config.h"

/* c->path is absolute. Names the paths to the kernel and closes the list; then promises what system calls will
 * be used. Before threads start: on Linux a thread passes its limits on to those it starts,
 * and to no others. web_directory may be NULL. */
int sandbox_enter(const struct config *c, const char *web_directory, struct err *e);
/* Whether a daemon that began with that config can read a directory (after a reload). */
bool sandbox_reaches(const struct config *began, const char *directory);

#endif
