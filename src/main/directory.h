/*
 * directory: the data directory is there, is ours alone, and can be written.
 */
#ifndef MAIN_DIRECTORY_H
#define MAIN_DIRECTORY_H

#include "flowviewer/base.h"

/* Before privileges are dropped: make it (0750) if it is missing, owned by user ("": who we
 * are). Its parent must be there. */
int directory_prepare(const char *path, const char *user, struct err *e);
/* After: check that it can be written, and take its lock (for the life of the process; the
 * descriptor). -1: another daemon has it, or it is not writable. */
int directory_lock(const char *path, struct err *e);

#endif
