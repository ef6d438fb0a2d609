#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/watch.h"

/* Best first. */
static const struct watch_ops *const interfaces[] = {
#if defined(__linux__)
    &watch_inotify,
#elif defined(__OpenBSD__) || defined(__FreeBSD__) || defined(__NetBSD__)
    &watch_kqueue,
#endif
    &watch_poll,
};

static int make_pipe(int fds[2], struct err *e)
{
    if (pipe(fds) == -1) {
        fds[0] = fds[1] = -1;
        return err_sys(e, "make a pipe for the directory watcher");
    }
    for (int i = 0; i < 2; i++)
        if (fcntl(fds[i], F_SETFL, O_NONBLOCK) == -1 ||
            fcntl(fds[i], F_SETFD, FD_CLOEXEC) == -1)
            return err_sys(e, "set up the pipe of the directory watcher");
    return 0;
}

int watch_new(struct watch **out, enum watch_kind kind, struct err *e)
{
    struct watch *w = calloc(1, sizeof(*w));
    struct err why = {0};

    *out = NULL;
    if (w == NULL)
        return err_nomem(e, "directory watcher");
    w->fd = w->wake[0] = w->wake[1] = -1;
    if (make_pipe(w->wake, e) == -1) {
        watch_free(w);
        return -1;
    }
    for (size_t i = 0; i < NITEMS(interfaces); i++) {
        if (kind == WATCH_POLL && interfaces[i] != &watch_poll)
            continue;
        if (interfaces[i]->open(w, &why) == 0) {
            w->ops = interfaces[i];
            break;
        }
        log_warnx("watch directories by %s: %s", interfaces[i]->name, why.msg);
        if (w->fd != -1)
            close(w->fd);
        w->fd = -1;
    }
    if (w->ops == NULL) {
        watch_free(w);
        return err_set(e, why.code, "%s", why.msg);
    }
    *out = w;
    return 0;
}

void watch_free(struct watch *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; i < w->count; i++) {
        w->ops->remove(w, &w->entries[i]);
        free(w->entries[i].path);
    }
    free(w->entries);
    for (int i = 0; i < 2; i++)
        if (w->wake[i] != -1)
            close(w->wake[i]);
    if (w->fd != -1)
        close(w->fd);
    free(w);
}

static struct watch_entry *find(struct watch *w, const char *path)
{
    for (size_t i = 0; i < w->count; i++)
        if (strcmp(w->entries[i].path, path) == 0)
            return &w->entries[i];
    return NULL;
}

static struct watch_entry *append(struct watch *w, const char *path)
{
    struct watch_entry *grown =
        mem_grow(w->entries, &w->cap, w->count + 1, sizeof(*w->entries));
    char *copy;

    if (grown == NULL)
        return NULL;
    w->entries = grown;
    if ((copy = str_dup(path)) == NULL)
        return NULL;
    w->entries[w->count] = (struct watch_entry){.path = copy, .id = -1};
    return &w->entries[w->count++];
}

static void forget(struct watch *w, struct watch_entry *entry)
{
    free(entry->path);
    *entry = w->entries[--w->count];
}

/* Of a known path the interface is asked again: the directory may be a new one by now. */
int watch_add(struct watch *w, const char *path, void *cookie, struct err *e)
{
    struct watch_entry *entry = find(w, path);

    if (entry == NULL && (entry = append(w, path)) == NULL)
        return err_nomem(e, "list of watched directories");
    entry->cookie = cookie;
    if (w->ops->add(w, entry, e) == -1) {
        forget(w, entry);
        return -1;
    }
    return 0;
}

void watch_remove(struct watch *w, const char *path)
{
    struct watch_entry *entry = find(w, path);

    if (entry == NULL)
        return;
    w->ops->remove(w, entry);
    forget(w, entry);
}

static bool told(void *const *cookies, int n, const void *cookie)
{
    for (int i = 0; i < n; i++)
        if (cookies[i] == cookie)
            return true;
    return false;
}

/* What does not fit stays marked for the next call. */
static int collect(struct watch *w, void **cookies, int max)
{
    int n = 0;

    if (w->overflow && n < max) {
        cookies[n++] = WATCH_OVERFLOW;
        w->overflow = false;
    }
    for (size_t i = 0; i < w->count; i++) {
        struct watch_entry *entry = &w->entries[i];
        if (!entry->changed)
            continue;
        if (!told(cookies, n, entry->cookie)) {
            if (n == max)
                continue;
            cookies[n++] = entry->cookie;
        }
        entry->changed = false;
    }
    return n;
}

static bool pending(const struct watch *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->entries[i].changed)
            return true;
    return w->overflow;
}

int watch_wait(struct watch *w, int timeout_ms, void **cookies, int max)
{
    w->ops->wait(w, pending(w) ? 0 : timeout_ms);
    return collect(w, cookies, max);
}

/* Only write(2), so that signal handlers may call it. A full pipe wakes all the same. */
void watch_wake(struct watch *w)
{
    int saved = errno;
    ssize_t n = write(w->wake[1], "", 1);

    (void)n;
    errno = saved;
}

const char *watch_name(const struct watch *w)
{
    return w->ops->name;
}

void watch_drain(struct watch *w)
{
    char bytes[64];

    while (read(w->wake[0], bytes, sizeof(bytes)) > 0)
        ;
}

int watch_sleep(struct watch *w, int timeout_ms)
{
    struct pollfd fds[2] = {
        {.fd = w->wake[0], .events = POLLIN}, {.fd = w->fd, .events = POLLIN}};
    int n = poll(fds, 2, timeout_ms), why = 0;

    if (n == 0)
        return 0;
    if (n == -1) /* a signal: let the caller look round */
        return SLEEP_WOKEN;
    if (fds[0].revents != 0) {
        watch_drain(w);
        why |= SLEEP_WOKEN;
    }
    if (fds[1].revents != 0)
        why |= SLEEP_READABLE;
    return why;
}
