/*
 * os: the one small room for differences between operating systems (OpenBSD, Linux).
 *
 * Floor 0. The only room with #ifdef of an operating system or feature-test macros for
 * extensions. Directory watching has one file for each kernel interface behind one table
 * (watch_inotify.c, watch_kqueue.c, watch_poll.c; polling builds everywhere).
 */
#ifndef FLOWVIEWER_OS_H
#define FLOWVIEWER_OS_H

#include "flowviewer/base.h"

/* ---- directory watching -----------------------------------------------------------------
 * Events are hints, never truth: a caller rescans the directory it is told of. One thread.
 * Not recursive: add each directory (then scan it: what came in between is found by the
 * scan). A directory that was removed or renamed gives its cookie once more and is silent
 * then, until it is added again.
 */
struct watch;

enum watch_kind {
    WATCH_BEST,
    WATCH_POLL
}; /* BEST: inotify or kqueue, polling if neither works */

#define WATCH_OVERFLOW ((void *)-1) /* cookie: events were lost, rescan everything */

int watch_new(struct watch **out, enum watch_kind kind, struct err *e);
void watch_free(struct watch *w);
/* Watch directory path; cookie comes back with its events. Adding it again changes the
 * cookie. */
int watch_add(struct watch *w, const char *path, void *cookie, struct err *e);
void watch_remove(struct watch *w, const char *path);
/* Wait until a watched directory changed, watch_wake() was called (from any thread or a
 * signal handler), a signal came, or timeout_ms passed (negative: for ever). Fills cookies
 * (each at most once); returns how many. */
int watch_wait(struct watch *w, int timeout_ms, void **cookies, int max);
void watch_wake(struct watch *w);
const char *watch_name(const struct watch *w); /* "inotify", "kqueue", "polling" */

/* ---- privileges -------------------------------------------------------------------------
 * Called unconditionally, at start-up, before any other thread starts: Linux restricts only
 * the calling thread and those it makes later. There os_unveil collects paths and os_pledge
 * applies them with Landlock where the kernel has it (5.19 and later), plus no_new_privs;
 * what the C library reads for itself (/etc, libraries, zones, /proc) is added. A kernel
 * without it is no error; log_debug tells. permissions as in unveil(2): "r", "rwc".
 * os_unveil(NULL, NULL) closes the list. A path must exist when it is applied. SQLite wants a
 * temporary directory of its own ("rwc"), unless temp_store is memory.
 */
int os_unveil(const char *path, const char *permissions, struct err *e);
int os_pledge(const char *promises, struct err *e);
/* Become user (and its groups) for good; nothing to do when not root. */
int os_drop_privileges(const char *user, struct err *e);
int os_daemonize(struct err *e); /* background, keeps no terminal; stdio to /dev/null */

/* ---- files ---------------------------------------------------------------------- */
int os_fsync_directory(const char *path, struct err *e);
/* Bytes that we may still write on the file system of path, and its size. */
int os_disk_free(const char *path, uint64_t *available, uint64_t *total, struct err *e);
uint64_t os_resident_bytes(void); /* of this process; 0 if unknown */
int os_processors(void);

/* ---- memory --------------------------------------------------------------------------------
 * Large working memory straight from the kernel, in huge pages where it offers them; zeroed.
 * NULL when there is none. Free it with the size it was asked with. */
void *os_memory(size_t bytes);
void os_memory_free(void *p, size_t bytes); /* NULL is fine */

/* ---- service manager -------------------------------------------------------------------- */
/* sd_notify(3)'s datagram to $NOTIFY_SOCKET, if set ("READY=1"); does nothing elsewhere. */
void os_notify(const char *state);
/* True when the other end of a connected socket is gone. Never blocks. */
bool os_peer_gone(int fd);
int os_random(void *bytes, size_t n);

#endif
