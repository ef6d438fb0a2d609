#include <stdlib.h>
#include <string.h>

#include "http/totals.h"

void totals_init(struct totals_cache *c)
{
    c->kept = NULL;
    lock_init(&c->lock, "http totals", RANK_LEAF);
}

void totals_destroy(struct totals_cache *c)
{
    free(c->kept);
    c->kept = NULL;
    lock_destroy(&c->lock);
}

static size_t totals_size(size_t count)
{
    return sizeof(struct totals) + count * sizeof(struct device_total);
}

static struct totals *totals_copy(const struct totals *t)
{
    struct totals *copy = malloc(totals_size(t->count));

    if (copy != NULL)
        memcpy(copy, t, totals_size(t->count));
    return copy;
}

static struct device_total *totals_find(struct totals *t, int64_t id)
{
    size_t i;

    for (i = 0; i < t->count; i++) {
        if (t->device[i].id == id)
            return &t->device[i];
    }
    return NULL;
}

static void add_segment(struct device_total *d, const struct segment_summary *s)
{
    d->segments++;
    d->bytes += s->bytes;
    if (s->flows == 0)
        return;
    d->records += s->flows;
    d->flows += s->flow_count;
    d->octets += s->octets;
    d->packets += s->packets;
    if (s->min_start < d->first)
        d->first = s->min_start;
    if (s->max_end > d->last)
        d->last = s->max_end;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(
        ((const struct device_total *)a)->name, ((const struct device_total *)b)->name);
}

static struct totals *totals_count(const struct snapshot *s)
{
    struct totals *t = calloc(1, totals_size(s->device_count));
    struct device_total *d = NULL;
    size_t i;

    if (t == NULL)
        return NULL;
    t->generation = s->generation;
    t->count = s->device_count;
    for (i = 0; i < s->device_count; i++) {
        d = &t->device[i];
        d->id = s->devices[i].id;
        str_copy(d->name, sizeof(d->name), s->devices[i].name);
        d->exporters = s->devices[i].exporters;
        d->configured = s->devices[i].configured;
        d->first = INT64_MAX;
        d->last = INT64_MIN;
    }
    /* Both lists are ordered by device, so the search is rare. */
    for (i = 0; i < s->segment_count; i++) {
        if (d == NULL || d->id != s->segments[i]->device)
            d = totals_find(t, s->segments[i]->device);
        if (d != NULL)
            add_segment(d, &s->segments[i]->summary);
    }
    for (i = 0; i < s->file_count; i++) {
        if (d == NULL || d->id != s->files[i]->device)
            d = totals_find(t, s->files[i]->device);
        if (d != NULL)
            d->lost += s->files[i]->flows_lost;
    }
    if (t->count > 1)
        qsort(t->device, t->count, sizeof(t->device[0]), by_name);
    return t;
}

struct totals *totals_get(struct totals_cache *c, struct catalog *catalog)
{
    struct snapshot *s = catalog_snapshot(catalog);
    struct totals *t = NULL;

    lock_take(&c->lock);
    if (c->kept != NULL && c->kept->generation == s->generation)
        t = totals_copy(c->kept);
    lock_release(&c->lock);
    if (t == NULL) {
        t = totals_count(s);
        if (t != NULL) {
            struct totals *keep = totals_copy(t);
            lock_take(&c->lock);
            if (keep != NULL) {
                free(c->kept);
                c->kept = keep;
            }
            lock_release(&c->lock);
        }
    }
    snapshot_release(s);
    return t;
}
