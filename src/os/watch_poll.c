#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/watch.h"

#define INTERVAL_MS 1000
#define COARSE_S    3 /* file systems may keep times to 2 s only */

static int poll_open(struct watch *w, struct err *e)
{
    (void)w;
    (void)e;
    return 0;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

static uint64_t mix_time(uint64_t h, const struct stat *st)
{
    return mix(mix(h, (uint64_t)st->st_mtim.tv_sec), (uint64_t)st->st_mtim.tv_nsec);
}

/* Order-free, because readdir has no order. */
static uint64_t entry_signature(int dir, const char *name)
{
    uint64_t h = 1;
    struct stat st;

    for (const char *c = name; *c != '\0'; c++)
        h = mix(h, (unsigned char)*c);
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        h = mix(mix_time(mix(h, (uint64_t)st.st_ino), &st), (uint64_t)st.st_size);
    return h;
}

static uint64_t entries_signature(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *entry;
    uint64_t sum = 0;

    if (d == NULL)
        return 0;
    while ((entry = readdir(d)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            sum += entry_signature(dirfd(d), entry->d_name);
    closedir(d);
    return sum;
}

/* 0 when there is no directory. Its entries count only as long as its own time is so young
 * that a further change might not show there. */
static uint64_t signature(const char *path, bool *fresh)
{
    struct stat st;
    int64_t age;
    uint64_t h;

    *fresh = false;
    if (stat(path, &st) == -1 || !S_ISDIR(st.st_mode))
        return 0;
    age = time_now_ms() / 1000 - (int64_t)st.st_mtim.tv_sec;
    *fresh = age < COARSE_S && age > -COARSE_S;
    h = mix(mix_time(mix(2, (uint64_t)st.st_dev), &st), (uint64_t)st.st_ino);
    if (*fresh)
        h += entries_signature(path);
    return h == 0 ? 1 : h;
}

static int poll_add(struct watch *w, struct watch_entry *entry, struct err *e)
{
    (void)w;
    entry->signature = signature(entry->path, &entry->fresh);
    entry->id = entry->signature == 0 ? -1 : 0;
    if (entry->id == -1)
        return err_set(e, ERR_NOT_FOUND, "watch %s: no such directory", entry->path);
    return 0;
}

static void poll_remove(struct watch *w, struct watch_entry *entry)
{
    (void)w;
    entry->id = -1;
}

/* A directory that ceases to be fresh changes its signature though nothing happened: one
 * scan too many, and in return what came in its last moment is found. */
static bool look_round(struct watch *w)
{
    bool found = false;

    for (size_t i = 0; i < w->count; i++) {
        struct watch_entry *entry = &w->entries[i];
        uint64_t now;
        if (entry->id == -1)
            continue;
        now = signature(entry->path, &entry->fresh);
        if (now == entry->signature)
            continue;
        entry->signature = now;
        entry->changed = found = true;
        if (now == 0) /* gone */
            entry->id = -1;
    }
    return found;
}

/* In steps of INTERVAL_MS, but also at once and at the end. */
static void poll_wait(struct watch *w, int timeout_ms)
{
    int64_t end = time_mono_ms() + timeout_ms;

    while (!look_round(w)) {
        int64_t left = timeout_ms < 0 ? INTERVAL_MS : end - time_mono_ms();
        if (left < 0 || (left == 0 && timeout_ms != 0))
            return;
        if (watch_sleep(w, left > INTERVAL_MS ? INTERVAL_MS : (int)left) != 0 ||
            timeout_ms == 0)
            return;
    }
}

const struct watch_ops watch_poll = {
    .name = "polling",
    .open = poll_open,
    .add = poll_add,
    .remove = poll_remove,
    .wait = poll_wait,
};
