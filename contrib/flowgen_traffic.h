/*
 * The traffic of one exporter, invented: who talks to whom, how much, and when the exporter
 * reports it. The same seed gives the same traffic, whichever part of it is asked for.
 */
#ifndef FLOWGEN_TRAFFIC_H
#define FLOWGEN_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flowviewer/flow.h"

struct traffic_options {
    uint64_t seed;
    unsigned device;       /* 0, 1, ...: its number sets addresses and habits */
    double flows_per_day;  /* on average */
    uint32_t hosts;        /* outside */
    uint32_t slot_seconds; /* traffic is made in slots of this length: those of the files */
};

/* What somebody who looks at the flows should find. */
enum event_kind { EVENT_SCAN, EVENT_SWEEP, EVENT_FLOOD, EVENTS };

struct event {
    const char *name;
    int64_t from, to; /* Unix seconds */
    uint32_t source;  /* 0: many */
    uint32_t dest;    /* 0: many */
    uint16_t port;    /* 0: many */
    uint32_t probes;  /* flows of it, replies not counted */
};

struct traffic;

struct traffic *traffic_new(const struct traffic_options *o); /* NULL when out of memory */
void traffic_free(struct traffic *t);
/* Make the flows that the exporter sends in a slot (number: Unix seconds / slot_seconds),
 * in order of sending. Returns how many, or -1 when out of memory. Slots in rising order
 * are cheap; a jump costs an hour of traffic. */
int64_t traffic_slot(struct traffic *t, int64_t slot);
/* The flow number i of that slot, in full. */
void traffic_fill(const struct traffic *t, size_t i, struct flow *f);
/* The event of that kind on the day (number: Unix seconds / 86400). */
struct event traffic_event(const struct traffic *t, enum event_kind kind, int64_t day);
/* Flows that the exporter lost in the slot: mostly 0. */
uint32_t traffic_lost(const struct traffic *t, int64_t slot);

#endif
