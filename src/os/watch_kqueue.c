#include <sys/types.h>
#include <sys/event.h>
#include <sys/time.h>

#include <fcntl.h>
#include <unistd.h>

#include "os/watch.h"

/*
 * kqueue tells that the entries of an open directory changed, not which. Files are not
 * watched: one descriptor for each would soon be too many.
 */
#define NOTES (NOTE_WRITE | NOTE_DELETE | NOTE_RENAME)

static int kqueue_open(struct watch *w, struct err *e)
{
    struct kevent change;

    if ((w->fd = kqueue()) == -1)
        return err_sys(e, "start kqueue");
    if (fcntl(w->fd, F_SETFD, FD_CLOEXEC) == -1)
        return err_sys(e, "set up kqueue");
    EV_SET(&change, w->wake[0], EVFILT_READ, EV_ADD, 0, 0, NULL);
    if (kevent(w->fd, &change, 1, NULL, 0, NULL) == -1)
        return err_sys(e, "set up kqueue");
    return 0;
}

/* Closing a file takes it out of the kqueue. */
static void kqueue_remove(struct watch *w, struct watch_entry *entry)
{
    (void)w;
    if (entry->id != -1)
        close(entry->id);
    entry->id = -1;
}

static int kqueue_add(struct watch *w, struct watch_entry *entry, struct err *e)
{
    struct kevent change;

    kqueue_remove(w, entry);
    entry->id = open(entry->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (entry->id == -1)
        return err_sys(e, "watch %s", entry->path);
    EV_SET(&change, entry->id, EVFILT_VNODE, EV_ADD | EV_CLEAR, NOTES, 0, NULL);
    if (kevent(w->fd, &change, 1, NULL, 0, NULL) == -1) {
        err_sys(e, "watch %s", entry->path);
        kqueue_remove(w, entry);
        return -1;
    }
    return 0;
}

static void mark(struct watch *w, const struct kevent *event)
{
    for (size_t i = 0; i < w->count; i++) {
        struct watch_entry *entry = &w->entries[i];
        if (entry->id == -1 || (uintptr_t)entry->id != (uintptr_t)event->ident)
            continue;
        entry->changed = true;
        if (event->fflags & (NOTE_DELETE | NOTE_RENAME)) /* gone, or elsewhere */
            kqueue_remove(w, entry);
    }
}

static void kqueue_wait(struct watch *w, int timeout_ms)
{
    struct timespec limit = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    struct kevent events[64];
    int n = kevent(w->fd, NULL, 0, events, NITEMS(events), timeout_ms < 0 ? NULL : &limit);

    for (int i = 0; i < n; i++)
        if (events[i].filter == EVFILT_VNODE)
            mark(w, &events[i]);
        else
            watch_drain(w);
}

const struct watch_ops watch_kqueue = {
    .name = "kqueue",
    .open = kqueue_open,
    .add = kqueue_add,
    .remove = kqueue_remove,
    .wait = kqueue_wait,
};
