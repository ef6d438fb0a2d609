#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "os/watch.h"

/* New names and finished writes; not each single write, of which there are too many. */
#define EVENTS                                                                             \
    (IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |                \
        IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

static int inotify_open(struct watch *w, struct err *e)
{
    w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (w->fd == -1)
        return err_sys(e, "start inotify (see fs.inotify.max_user_instances)");
    return 0;
}

/* Two paths to one directory share a descriptor. */
static bool shared(const struct watch *w, const struct watch_entry *entry)
{
    for (size_t i = 0; i < w->count; i++)
        if (&w->entries[i] != entry && w->entries[i].id == entry->id)
            return true;
    return false;
}

static void inotify_remove(struct watch *w, struct watch_entry *entry)
{
    if (entry->id != -1 && !shared(w, entry))
        inotify_rm_watch(w->fd, entry->id);
    entry->id = -1;
}

static int inotify_add(struct watch *w, struct watch_entry *entry, struct err *e)
{
    int id = inotify_add_watch(w->fd, entry->path, EVENTS);

    if (id == -1 && errno == ENOSPC) /* not the disk, whatever the name of the error says */
        err_set(e, ERR_SYSTEM,
            "watch %s: the limit of watches is reached; raise fs.inotify.max_user_watches",
            entry->path);
    else if (id == -1)
        err_sys(e, "watch %s", entry->path);
    if (id != entry->id)
        inotify_remove(w, entry);
    entry->id = id;
    return id == -1 ? -1 : 0;
}

/* A directory that went away or elsewhere is watched no longer; its cookie comes once more. */
static void mark(struct watch *w, int id, uint32_t mask)
{
    bool moved = (mask & IN_MOVE_SELF) != 0, lost = moved || (mask & IN_IGNORED) != 0;

    for (size_t i = 0; i < w->count; i++)
        if (w->entries[i].id == id) {
            w->entries[i].changed = true;
            if (lost)
                w->entries[i].id = -1;
        }
    if (moved)
        inotify_rm_watch(w->fd, id);
}

static void read_events(struct watch *w)
{
    char bytes[16384];
    struct inotify_event event;
    ssize_t n;

    while ((n = read(w->fd, bytes, sizeof(bytes))) > 0)
        for (size_t at = 0; at + sizeof(event) <= (size_t)n;
             at += sizeof(event) + event.len) {
            memcpy(&event, bytes + at, sizeof(event));
            if (event.mask & IN_Q_OVERFLOW)
                w->overflow = true;
            else
                mark(w, event.wd, event.mask);
        }
}

static void inotify_wait(struct watch *w, int timeout_ms)
{
    if (watch_sleep(w, timeout_ms) & SLEEP_READABLE)
        read_events(w);
}

const struct watch_ops watch_inotify = {
    .name = "inotify",
    .open = inotify_open,
    .add = inotify_add,
    .remove = inotify_remove,
    .wait = inotify_wait,
};
