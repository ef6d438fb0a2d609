#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/scan.h"

/* Watched directories, by device and path. */

static struct place **bucket_of(
    struct watcher *w, const struct source *source, const char *path, size_t length)
{
    uint64_t hash = (uint64_t)source->id * UINT64_C(0x9e3779b97f4a7c15);

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)path[i]) * UINT64_C(0x100000001b3);
    return &w->places[(hash ^ hash >> 32) % PLACE_BUCKETS];
}

static struct place *find_place(
    struct watcher *w, const struct source *source, const char *path, size_t length)
{
    struct place *p = *bucket_of(w, source, path, length);

    while (p != NULL && (p->source != source || strncmp(p->path, path, length) != 0 ||
                            p->path[length] != '\0'))
        p = p->next;
    return p;
}

static struct place *add_place(struct watcher *w, struct source *source, const char *path)
{
    size_t length = strlen(path);
    struct place **bucket = bucket_of(w, source, path, length);
    struct place *p = calloc(1, sizeof(*p) + length + 1);

    if (p == NULL)
        return NULL;
    p->source = source;
    memcpy(p->path, path, length + 1);
    p->next = *bucket;
    *bucket = p;
    return p;
}

/* What cannot be watched is seen by the next full scan all the same. */
void place_watch(struct watcher *w, struct source *source, const char *path)
{
    struct place *p = find_place(w, source, path, strlen(path));
    char full[PATH_SIZE];
    struct err e;

    if ((p == NULL && (p = add_place(w, source, path)) == NULL) || p->watched)
        return;
    full_path(source, path, full, sizeof(full));
    p->watched = watch_add(w->in->watch, full, p, &e) == 0;
    if (!p->watched)
        log_debug("cannot watch %s: %s", full, e.msg);
}

void place_look_again(struct watcher *w, struct source *source, const char *file)
{
    const char *slash = strrchr(file, '/');
    struct place *p =
        find_place(w, source, file, slash == NULL ? 0 : (size_t)(slash - file));

    w->soon = true;
    if (p != NULL)
        p->again = true;
    else
        w->everything = true;
}

/* The places stay: an event that is under way may still name them. */
void places_retire(struct watcher *w)
{
    char full[PATH_SIZE];

    for (size_t i = 0; i < PLACE_BUCKETS; i++)
        for (struct place *p = w->places[i]; p != NULL; p = p->next) {
            if (!p->watched || atomic_load(&p->source->active))
                continue;
            full_path(p->source, p->path, full, sizeof(full));
            watch_remove(w->in->watch, full);
            p->watched = false;
        }
}

void places_lost(struct watcher *w)
{
    for (size_t i = 0; i < PLACE_BUCKETS; i++)
        for (struct place *p = w->places[i]; p != NULL; p = p->next)
            p->watched = false;
    w->everything = true;
}

void places_wake(struct watcher *w)
{
    if (!w->soon)
        return;
    for (size_t i = 0; i < PLACE_BUCKETS; i++)
        for (struct place *p = w->places[i]; p != NULL; p = p->next) {
            p->dirty |= p->again;
            p->again = false;
        }
    w->soon = false;
}

void places_each_dirty(struct watcher *w, void (*fn)(struct watcher *w, struct place *p))
{
    for (size_t i = 0; i < PLACE_BUCKETS; i++)
        for (struct place *p = w->places[i]; p != NULL; p = p->next)
            if (p->dirty) {
                p->dirty = false;
                fn(w, p);
            }
}

void places_clean(struct watcher *w)
{
    for (size_t i = 0; i < PLACE_BUCKETS; i++)
        for (struct place *p = w->places[i]; p != NULL; p = p->next)
            p->dirty = false;
}

void places_free(struct watcher *w)
{
    for (size_t i = 0; i < PLACE_BUCKETS; i++)
        while (w->places[i] != NULL) {
            struct place *next = w->places[i]->next;
            free(w->places[i]);
            w->places[i] = next;
        }
}
