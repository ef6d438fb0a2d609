/* Flows made up for tests of the query engine: in memory for the plain evaluator, and in a store. */
#ifndef TESTS_QUERY_MADE_FLOWS_H
#define TESTS_QUERY_MADE_FLOWS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flowviewer/query.h"

struct made {
    struct flow *flows;
    int64_t *device; /* of each flow */
    size_t count, capacity;
    int64_t devices[3];
    uint64_t seed;
};

static inline uint64_t made_random(struct made *m)
{
    m->seed ^= m->seed << 13;
    m->seed ^= m->seed >> 7;
    m->seed ^= m->seed << 17;
    return m->seed;
}

#define MADE_PRESENT                                                                       \
    (FLOW_BIT(F_SOURCE_ADDRESS) | FLOW_BIT(F_DEST_ADDRESS) | FLOW_BIT(F_SOURCE_PORT) |     \
        FLOW_BIT(F_DEST_PORT) | FLOW_BIT(F_PROTOCOL) | FLOW_BIT(F_SOURCE_IF) |             \
        FLOW_BIT(F_DEST_IF) | FLOW_BIT(F_SOURCE_MASK) | FLOW_BIT(F_DEST_MASK) |            \
        FLOW_BIT(F_TOS) | FLOW_BIT(F_OCTETS) | FLOW_BIT(F_PACKETS) | FLOW_BIT(F_START) |   \
        FLOW_BIT(F_END) | FLOW_BIT(F_EXPORT) | FLOW_BIT(F_BOOT))
/* as an AS aggregate has it: no addresses, a count of flows */
#define MADE_AGGREGATE                                                                     \
    (FLOW_BIT(F_SOURCE_AS) | FLOW_BIT(F_DEST_AS) | FLOW_BIT(F_SOURCE_IF) |                 \
        FLOW_BIT(F_DEST_IF) | FLOW_BIT(F_FLOWS) | FLOW_BIT(F_OCTETS) |                     \
        FLOW_BIT(F_PACKETS) | FLOW_BIT(F_START) | FLOW_BIT(F_END) | FLOW_BIT(F_EXPORT) |   \
        FLOW_BIT(F_BOOT))

#define MADE_BASE INT64_C(1700000000000)

/* Few hosts talk much, many little. */
static inline uint32_t made_host(struct made *m, uint32_t spread)
{
    uint64_t r = made_random(m);
    return (r & 3) == 0 ? 0x0a000000 + (uint32_t)(r >> 8) % 20
                        : (uint32_t)(r >> 8) % spread * 2654435761u;
}

static inline void made_flow(
    struct made *m, struct flow *f, uint32_t present, int64_t base, uint32_t spread)
{
    static const uint32_t ports[] = {53, 80, 443, 22, 0};
    int64_t end = base + (int64_t)(made_random(m) % 300000);

    memset(f, 0, sizeof(*f));
    f->present = present;
    f->key[F_SOURCE_ADDRESS] = made_host(m, spread);
    f->key[F_DEST_ADDRESS] = made_host(m, spread);
    f->key[F_SOURCE_PORT] = (uint32_t)made_random(m) & 0xffff;
    f->key[F_DEST_PORT] = ports[made_random(m) % 5];
    f->key[F_PROTOCOL] = made_random(m) % 4 == 0 ? 17 : 6;
    f->key[F_SOURCE_IF] = (uint32_t)(made_random(m) % 5);
    f->key[F_DEST_IF] = (uint32_t)(made_random(m) % 70000);
    f->key[F_SOURCE_AS] = (uint32_t)(made_random(m) % 100) + 4200000000u;
    f->key[F_DEST_AS] = (uint32_t)(made_random(m) % 100);
    f->key[F_SOURCE_MASK] = (uint32_t)(made_random(m) % 33);
    f->key[F_DEST_MASK] = 24;
    f->key[F_TOS] = made_random(m) % 8 == 0 ? 0xb8 : 0;
    f->number[F_PACKETS - FLOW_KEYS] = (int64_t)(made_random(m) % 50) + 1;
    f->number[F_OCTETS - FLOW_KEYS] = made_random(m) % 1000 == 0
                                          ? (int64_t)(made_random(m) >> 24)
                                          : (int64_t)(made_random(m) % 60000);
    f->number[F_FLOWS - FLOW_KEYS] =
        present & FLOW_BIT(F_FLOWS) ? (int64_t)(made_random(m) % 9) + 1 : 1;
    f->number[F_END - FLOW_KEYS] = end;
    f->number[F_START - FLOW_KEYS] = end - (int64_t)(made_random(m) % 90000);
    f->number[F_EXPORT - FLOW_KEYS] = end / 1000 + 1;
    f->number[F_BOOT - FLOW_KEYS] = MADE_BASE - INT64_C(100000000);
    for (int k = 0; k < FLOW_KEYS; k++)
        if (!(present & FLOW_BIT(k)))
            f->key[k] = 0;
}

static inline void made_put(struct flow_block *b, const struct flow *f)
{
    for (int k = 0; k < FLOW_KEYS; k++)
        b->key[k][b->count] = f->key[k];
    for (int k = 0; k < FLOW_NUMBERS; k++)
        b->number[k][b->count] = f->number[k];
    b->count++;
}

/* One segment of n flows; also appended to m. 0 or -1. */
static inline int made_segment(struct made *m, struct catalog *c, int device, uint32_t n,
    uint32_t present, int64_t base, uint32_t spread)
{
    struct new_segment added = {.device = m->devices[device], .day = base / 86400000};
    struct file_change file = {.file = {.device = m->devices[device],
                                   .state = FILE_STORED,
                                   .start = base,
                                   .end = base + 300000,
                                   .reason = "",
                                   .path = NULL,
                                   .root = "/made"}};
    struct publication p = {
        .added = &added, .added_count = 1, .files = &file, .file_count = 1};
    struct flow_block *b = flow_block_new();
    struct segment_writer *w;
    struct err e;
    char path[64];

    snprintf(path, sizeof(path), "f%zu", m->count);
    file.file.path = path;
    m->flows = realloc(m->flows, (m->count + n) * sizeof(*m->flows));
    m->device = realloc(m->device, (m->count + n) * sizeof(*m->device));
    if (b == NULL || m->flows == NULL || m->device == NULL ||
        catalog_temporary(c, added.device, added.day, added.temporary,
            sizeof(added.temporary), &e) == -1 ||
        segment_writer_open(&w, added.temporary, &e) == -1)
        return -1;
    b->present = present;
    for (uint32_t i = 0; i < n; i++) {
        made_flow(m, &m->flows[m->count], present, base, spread);
        made_put(b, &m->flows[m->count]);
        m->device[m->count++] = added.device;
        if (b->count == 50000 || i + 1 == n) {
            if (segment_writer_add(w, b, &e) == -1)
                return -1;
            b->count = 0;
        }
    }
    flow_block_free(b);
    if (segment_writer_finish(w, false, &added.summary, &e) == -1)
        return -1;
    return catalog_publish(c, &p, &e);
}

static inline void made_free(struct made *m)
{
    free(m->flows);
    free(m->device);
}

#endif
