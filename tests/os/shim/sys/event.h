/*
 * Enough of kqueue's declarations, after kqueue(2), to compile watch_kqueue.c on a system
 * that has none. Nothing here can run.
 */
#ifndef SHIM_SYS_EVENT_H
#define SHIM_SYS_EVENT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define EVFILT_READ  (-1)
#define EVFILT_VNODE (-4)
#define EV_ADD       0x0001
#define EV_CLEAR     0x0020
#define NOTE_DELETE  0x0001
#define NOTE_WRITE   0x0002
#define NOTE_RENAME  0x0020

struct kevent {
    uintptr_t ident;
    short filter;
    unsigned short flags;
    unsigned int fflags;
    int64_t data;
    void *udata;
};

#define EV_SET(k, i, fi, fl, ff, d, u)                                                     \
    (*(k) = (struct kevent){(uintptr_t)(i), (fi), (fl), (ff), (d), (u)})

int kqueue(void);
int kevent(int kq, const struct kevent *changes, int nchanges, struct kevent *events,
    int nevents, const struct timespec *timeout);

#endif
