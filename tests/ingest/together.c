/*
 * Ingest, replacing, joining, and trimming go on while several threads ask questions: each answer
 * is of whole files, never of half a change. Made for ThreadSanitizer, and true without it.
 */
#include <pthread.h>

#include "flowviewer/query.h"
#include "ingest/lab.h"

#define FILES  60
#define FLOWS  500 /* in each file: so every total is a multiple of it */
#define ROUNDS 40
#define ASKERS 3
#define DAY    INT64_C(86400)
#define BEGIN  (INT64_C(1790000000) / DAY * DAY)

struct asker {
    pthread_t thread;
    struct query_engine *engine;
    const atomic_bool *stop;
    unsigned seed;
    unsigned long answers;
};

static void write_flows(struct lab *l, uint32_t i, uint32_t seed)
{
    int64_t seconds = BEGIN + i * 300;
    char name[64], path[256], temporary[256];

    lab_name(seconds, "ft", name, sizeof(name));
    snprintf(path, sizeof(path), "%s/%s", l->flows, name);
    snprintf(temporary, sizeof(temporary), "%s/tmp-%s", l->flows, name + 3);
    lab_write(temporary, seed, FLOWS, seconds, NULL);
    NEED(rename(temporary, path) == 0);
}

static void make_question(struct asker *a, struct query_request *r)
{
    *r = (struct query_request){.start = INT64_MIN,
        .end = INT64_MAX,
        .select = SELECT_ANY,
        .order = -1 - MEASURE_OCTETS,
        .limit = 10,
        .after_start = INT64_MIN};
    switch (a->seed++ % 3) {
    case 0:
        r->shape = QUERY_GROUP;
        r->key_count = 1;
        r->keys[0] = F_SOURCE_ADDRESS;
        break;
    case 1:
        r->shape = QUERY_SUMMARY;
        break;
    default:
        r->shape = QUERY_LIST;
    }
}

static void check_answer(const struct query_request *r, const struct query_result *result)
{
    NEED(result->stats.segments_failed == 0);
    NEED(result->stats.flows_matched % FLOWS == 0);
    NEED(result->stats.flows_matched <= (uint64_t)FILES * FLOWS);
    if (r->shape == QUERY_SUMMARY)
        NEED(result->summary.flows == result->stats.flows_matched);
}

static void *ask(void *argument)
{
    struct asker *a = argument;

    while (!atomic_load(a->stop)) {
        struct query_request r;
        const struct query_result *result;
        struct query *q;
        struct err e = {0};
        make_question(a, &r);
        NEED_OK(query_submit(a->engine, &r, &q, &e), e);
        NEED(query_wait(q, -1));
        NEED_OK(query_finish(q, &result, &e), e);
        if (r.shape != QUERY_LIST) /* a list stops when it has enough */
            check_answer(&r, result);
        query_release(q);
        a->answers++;
    }
    return NULL;
}

static void go_on(struct lab *l)
{
    struct ingest_status status;
    struct ingest_device_status device;
    struct err e = {0};

    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t k = 0; k < 4; k++)
            write_flows(l, (round * 7 + k * 13) % FILES, 1000 + round * 4 + k);
        NEED_OK(catalog_trim(l->catalog, round % 3, &e), e);
        ingest_status(l->ingest, &status);
        NEED(ingest_devices(l->ingest, &device, 1) == 1);
        if (round % 8 == 0)
            NEED_OK(ingest_reload(l->ingest, &l->options, &e), e);
        LAB_WAIT(lab_idle(l));
    }
}

int main(void)
{
    struct query_engine_options options = {.threads = 2};
    struct asker askers[ASKERS];
    atomic_bool stop = false;
    struct sums sums;
    struct lab l;
    struct err e = {0};

    log_init(true, 0, "together");
    lab_make(&l);
    l.options.compact = true;
    l.options.keep_every_ms = 10;
    for (uint32_t i = 0; i < FILES; i++)
        write_flows(&l, i, i);
    lab_start(&l);
    for (int i = 0; i < ASKERS; i++)
        askers[i] = (struct asker){.stop = &stop, .seed = (unsigned)i};
    NEED_OK(query_engine_start(&askers[0].engine, l.catalog, &options, &e), e);
    for (int i = 0; i < ASKERS; i++) {
        askers[i].engine = askers[0].engine;
        NEED(pthread_create(&askers[i].thread, NULL, ask, &askers[i]) == 0);
    }
    go_on(&l);
    atomic_store(&stop, true);
    for (int i = 0; i < ASKERS; i++) {
        NEED(pthread_join(askers[i].thread, NULL) == 0);
        NEED(askers[i].answers > 0);
    }
    query_engine_stop(askers[0].engine);
    lab_sums(l.catalog, &sums);
    NEED(sums.flows == (uint64_t)FILES * FLOWS && sums.files == FILES);
    printf("%lu answers while %d files were replaced\n",
        askers[0].answers + askers[1].answers + askers[2].answers, ROUNDS * 4);
    lab_free(&l);
    return 0;
}
