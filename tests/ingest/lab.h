/*
 * A place to try ingest in: a temporary directory with flow files and a data directory, and sums
 * over what the store holds. Included by the tests of this folder.
 */
#ifndef FLOWVIEWER_TESTS_INGEST_LAB_H
#define FLOWVIEWER_TESTS_INGEST_LAB_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flowviewer/flowtools.h"
#include "flowviewer/ingest.h"
#include "flowviewer/os.h"
#include "store/place.h"

#define PATIENCE_MS 120000 /* for what must happen at some time */

struct sums {
    uint64_t flows, octets, packets, files, segments;
};

/* ---- flow files --------------------------------------------------------------------------- */

static inline struct flow lab_flow(uint32_t seed, uint32_t i, int64_t seconds)
{
    struct flow f = {0};
    uint32_t mixed = (seed * 2654435761u) ^ (i * 40503u);

    f.key[F_SOURCE_ADDRESS] = 0x0a000000 | (mixed & 0xffff);
    f.key[F_DEST_ADDRESS] = 0xc0a80000 | (mixed >> 16);
    f.key[F_EXPORTER] = 0xc0000201;
    f.key[F_PROTOCOL] = 6;
    f.key[F_SOURCE_PORT] = 1024 + (mixed & 0xff);
    f.key[F_DEST_PORT] = 443;
    f.number[F_OCTETS - FLOW_KEYS] = 40 + mixed % 1460;
    f.number[F_PACKETS - FLOW_KEYS] = 1 + mixed % 7;
    f.number[F_EXPORT - FLOW_KEYS] = seconds + 1;
    f.number[F_BOOT - FLOW_KEYS] = (seconds - 86400) * 1000;
    f.number[F_START - FLOW_KEYS] = seconds * 1000 + i % 900;
    f.number[F_END - FLOW_KEYS] = seconds * 1000 + 900 + i % 50;
    return f;
}

/* A flow file of n flows (made of seed) that begins then, and what is in it. */
static inline void lab_write(
    const char *path, uint32_t seed, uint32_t n, int64_t seconds, struct sums *sums)
{
    struct ft_writer_options o = {.level = 1,
        .cap_start = (uint32_t)seconds,
        .cap_end = (uint32_t)seconds + 300,
        .flow_lost = 3,
        .hostname = "lab"};
    struct ft_writer *w;
    struct err e = {0};

    NEED_OK(ft_writer_open(&w, path, &o, &e), e);
    for (uint32_t i = 0; i < n; i++) {
        struct flow f = lab_flow(seed, i, seconds);
        NEED_OK(ft_writer_add(w, &f, &e), e);
        if (sums != NULL) {
            sums->flows++;
            sums->octets += (uint64_t)f.number[F_OCTETS - FLOW_KEYS];
            sums->packets += (uint64_t)f.number[F_PACKETS - FLOW_KEYS];
        }
    }
    NEED_OK(ft_writer_close(w, &e), e);
    if (sums != NULL)
        sums->files++;
}

/* ft-v05.YYYY-MM-DD.HHMMSS+0000 */
static inline void lab_name(int64_t seconds, const char *prefix, char *out, size_t size)
{
    time_t t = (time_t)seconds;
    struct tm tm;

    gmtime_r(&t, &tm);
    snprintf(out, size, "%s-v05.%04d-%02d-%02d.%02d%02d%02d+0000", prefix,
        (tm.tm_year + 1900) % 10000, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
        tm.tm_sec);
}

/* ---- the place ------------------------------------------------------------------------------ */

struct lab {
    char top[64], data[96], flows[96];
    struct catalog *catalog;
    struct ingest *ingest;
    struct ingest_device device;
    struct ingest_options options;
};

static inline void lab_make(struct lab *l)
{
    memset(l, 0, sizeof(*l));
    str_copy(l->top, sizeof(l->top), "/tmp/fv-ingest-XXXXXX");
    NEED(mkdtemp(l->top) != NULL);
    snprintf(l->data, sizeof(l->data), "%s/data", l->top);
    snprintf(l->flows, sizeof(l->flows), "%s/flows", l->top);
    NEED(mkdir(l->data, 0750) == 0 && mkdir(l->flows, 0750) == 0);
    str_copy(l->device.name, sizeof(l->device.name), "router 1");
    str_copy(l->device.directory, sizeof(l->device.directory), l->flows);
    l->options = (struct ingest_options){.devices = &l->device,
        .device_count = 1,
        .threads = 2,
        .reserve_bytes = 1,
        .keep_every_ms = 50};
}

static inline void lab_start(struct lab *l)
{
    struct err e = {0};

    NEED_OK(catalog_open(&l->catalog, l->data, &e), e);
    NEED_OK(ingest_start(&l->ingest, l->catalog, &l->options, &e), e);
}

static inline void lab_stop(struct lab *l)
{
    ingest_stop(l->ingest);
    catalog_close(l->catalog);
    l->ingest = NULL;
    l->catalog = NULL;
}

static inline void lab_free(struct lab *l)
{
    if (l->ingest != NULL)
        lab_stop(l);
    lab_remove(l->top);
}

static inline void lab_nap(void)
{
    struct timespec ms = {.tv_nsec = 10000000};
    nanosleep(&ms, NULL);
}

/* Wait for something that must become true. */
#define LAB_WAIT(condition)                                                                \
    do {                                                                                   \
        int64_t until = time_mono_ms() + PATIENCE_MS;                                      \
        while (!(condition)) {                                                             \
            if (time_mono_ms() > until) {                                                  \
                fprintf(stderr, "%s:%d: never: %s\n", __FILE__, __LINE__, #condition);     \
                exit(1);                                                                   \
            }                                                                              \
            lab_nap();                                                                     \
        }                                                                                  \
    } while (0)

static inline bool lab_idle(struct lab *l)
{
    struct ingest_status s;

    ingest_status(l->ingest, &s);
    return s.idle;
}

/* ---- what is stored ---------------------------------------------------------------------------- */

/* Sums over the flows themselves, and each stored file exactly as often as the ledger says. */
static inline void lab_add_segment(struct segment_ref *ref, struct sums *out)
{
    const struct segment *s;
    struct block b;
    struct err e = {0};
    uint64_t flows = 0;

    NEED_OK(segment_ref_open(ref, &s, &e), e);
    NEED_OK(segment_verify(s, &e), e);
    for (uint32_t i = 0; segment_block(s, i, &b) == 0; i++) {
        flows += b.count;
        out->octets += b.octets;
        out->packets += b.packets;
    }
    NEED(flows == ref->summary.flows);
    out->flows += flows;
    out->segments++;
}

static inline uint64_t lab_flows_of_file(const struct snapshot *snapshot, int64_t file)
{
    uint64_t flows = 0;

    for (size_t i = 0; i < snapshot->segment_count; i++) {
        const struct segment *s;
        const struct segment_source *list;
        struct err e = {0};
        NEED_OK(segment_ref_open(snapshot->segments[i], &s, &e), e);
        uint32_t n = segment_sources(s, &list);
        for (uint32_t k = 0; k < n; k++)
            if (list[k].file == file)
                flows += list[k].count;
    }
    return flows;
}

static inline void lab_need_file(
    const struct snapshot *s, const struct flow_file *f, uint64_t expected)
{
    uint64_t flows = lab_flows_of_file(s, f->id);

    if (flows == expected)
        return;
    fprintf(stderr, "file %lld %s (%s) has %llu flows, not %llu\n", (long long)f->id,
        f->path, file_state_name(f->state), (unsigned long long)flows,
        (unsigned long long)expected);
    exit(1);
}

static inline void lab_sums(struct catalog *c, struct sums *out)
{
    struct snapshot *s = catalog_snapshot(c);

    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < s->segment_count; i++)
        lab_add_segment(s->segments[i], out);
    for (size_t i = 0; i < s->file_count; i++) {
        bool stored =
            s->files[i]->state == FILE_STORED || s->files[i]->state == FILE_DAMAGED;
        out->files += stored;
        lab_need_file(s, s->files[i], stored ? s->files[i]->flows : 0);
    }
    snapshot_release(s);
}

static inline bool lab_same(const struct sums *a, const struct sums *b)
{
    if (a->flows == b->flows && a->octets == b->octets && a->packets == b->packets &&
        a->files == b->files)
        return true;
    fprintf(stderr,
        "flows %llu %llu, octets %llu %llu, packets %llu %llu, files %llu %llu\n",
        (unsigned long long)a->flows, (unsigned long long)b->flows,
        (unsigned long long)a->octets, (unsigned long long)b->octets,
        (unsigned long long)a->packets, (unsigned long long)b->packets,
        (unsigned long long)a->files, (unsigned long long)b->files);
    return false;
}

static inline void lab_need_sums(struct lab *l, const struct sums *expected)
{
    struct sums got;

    lab_sums(l->catalog, &got);
    NEED(lab_same(&got, expected));
}

#endif
