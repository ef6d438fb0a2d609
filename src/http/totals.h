/*
 * totals: sums over all segments of each device, kept until the catalog changes, so that
 * /status does not count thousands of segments for every request.
 */
#ifndef HTTP_TOTALS_H
#define HTTP_TOTALS_H

#include "flowviewer/base.h"
#include "flowviewer/catalog.h"

struct device_total {
    int64_t id;
    char name[64];
    bool exporters, configured;
    uint64_t records, flows, octets, packets;
    uint64_t bytes, segments;
    int64_t first, last; /* ms; first > last: nothing stored */
    uint64_t lost;       /* flows, by the files' headers */
};

struct totals {
    uint64_t generation;
    size_t count;
    struct device_total device[];
};

struct totals_cache {
    struct lock lock; /* RANK_LEAF */
    struct totals *kept;
};

void totals_init(struct totals_cache *c);
void totals_destroy(struct totals_cache *c);
/* A copy for the caller to free(); NULL when out of memory. Sorted by name. */
struct totals *totals_get(struct totals_cache *c, struct catalog *catalog);

#endif
