/*
 * bench: times the parts of flowviewerd on given data, one figure a run.
 *
 *   bench inflate DIR                     bare zlib over the bodies of all flow files below DIR
 *   bench ingest DIR STORE THREADS        the daemon's own ingest of DIR into STORE
 *   bench query STORE NAME THREADS RUNS   one question, RUNS times in one process (first: as found)
 *   bench cold STORE                      drop the store's pages from the page cache
 *   bench names                           the questions
 *
 * contrib/bench.sh runs them all on generated flows and prints the table of docs/performance.md.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "flowviewer/ingest.h"
#include "flowviewer/query.h"

static double peak_mib(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_maxrss / 1024;
}

static double cpu_seconds(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* ---- inflate ------------------------------------------------------------------------------- */

/* nftw has no argument for its caller's state. */
static struct {
    uint64_t files, in, out;
} inflated;

static void inflate_body(const unsigned char *bytes, size_t n)
{
    static unsigned char out[65536];
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)bytes, .avail_in = (unsigned)n};
    int state = inflateInit(&z);

    while (state == Z_OK) {
        z.next_out = out;
        z.avail_out = sizeof(out);
        state = inflate(&z, Z_NO_FLUSH);
        inflated.out += sizeof(out) - z.avail_out;
    }
    inflateEnd(&z);
}

static int inflate_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    unsigned char *bytes;
    uint32_t header;
    int fd;

    (void)ftw;
    if (type != FTW_F || st->st_size < 8 || (fd = open(path, O_RDONLY)) == -1)
        return 0;
    bytes = malloc((size_t)st->st_size);
    if (bytes != NULL && read(fd, bytes, (size_t)st->st_size) == st->st_size) {
        memcpy(&header, bytes + 4, 4); /* samples are written in this machine's order */
        if (header < (uint64_t)st->st_size)
            inflate_body(bytes + header, (size_t)st->st_size - header);
        inflated.files++;
        inflated.in += (uint64_t)st->st_size;
    }
    free(bytes);
    close(fd);
    return 0;
}

static int run_inflate(char **arg)
{
    double start = cpu_seconds(), seconds;

    if (nftw(arg[0], inflate_file, 32, FTW_PHYS) == -1 || inflated.files == 0) {
        fprintf(stderr, "bench: no flow files below %s\n", arg[0]);
        return 1;
    }
    seconds = cpu_seconds() - start;
    printf("inflate\tflows %.0f\tsource_bytes %llu\tmflows_per_s %.3f\tmb_per_s %.1f\n",
        (double)inflated.out / 64, (unsigned long long)inflated.in,
        (double)inflated.out / 64 / seconds / 1e6, (double)inflated.out / seconds / 1e6);
    return 0;
}

/* ---- ingest ----------------------------------------------------------------------------------- */

static uint64_t stored(struct catalog *c, uint64_t *bytes)
{
    struct snapshot *s = catalog_snapshot(c);
    uint64_t flows = 0;

    *bytes = 0;
    for (size_t i = 0; i < s->segment_count; i++) {
        flows += s->segments[i]->summary.flows;
        *bytes += s->segments[i]->summary.bytes;
    }
    snapshot_release(s);
    return flows;
}

static void wait_idle(struct ingest *in)
{
    struct timespec pause = {0, 20000000};
    struct ingest_status s;

    do {
        nanosleep(&pause, NULL);
        ingest_status(in, &s);
    } while (!s.idle || s.queue > 0);
}

static int run_ingest(char **arg)
{
    struct ingest_device device = {.name = "bench"};
    struct ingest_options o = {
        .devices = &device, .device_count = 1, .threads = atoi(arg[2])};
    struct catalog *c;
    struct ingest *in;
    struct err e;
    uint64_t bytes, flows;
    int64_t start;
    double wall;

    str_copy(device.directory, sizeof(device.directory), arg[0]);
    if (mkdir(arg[1], 0750) == -1 && errno != EEXIST) {
        fprintf(stderr, "bench: cannot make %s\n", arg[1]);
        return 1;
    }
    if (catalog_open(&c, arg[1], &e) == -1) {
        fprintf(stderr, "bench: %s\n", e.msg);
        return 1;
    }
    start = time_mono_ns();
    if (ingest_start(&in, c, &o, &e) == -1) {
        fprintf(stderr, "bench: %s\n", e.msg);
        catalog_close(c);
        return 1;
    }
    wait_idle(in);
    wall = (double)(time_mono_ns() - start) / 1e9;
    flows = stored(c, &bytes);
    printf("ingest\tthreads %s\tflows %llu\tstore_bytes %llu\tbytes_per_flow "
           "%.2f\tmflows_per_s %.3f\t"
           "cpu_mflows_per_s %.3f\tpeak_mib %.0f\n",
        arg[2], (unsigned long long)flows, (unsigned long long)bytes,
        (double)bytes / (double)flows, (double)flows / wall / 1e6,
        (double)flows / cpu_seconds() / 1e6, peak_mib());
    ingest_stop(in);
    catalog_close(c);
    return 0;
}

/* ---- queries ------------------------------------------------------------------------------------ */

struct question {
    const char *name;
    int keys[3], key_count;
    int field; /* of a filter; -1: none */
    uint64_t low, high;
};

static const struct question questions[] = {
    {"total", {0}, 0, -1, 0, 0},
    {"sources", {F_SOURCE_ADDRESS}, 1, -1, 0, 0},
    {"pairs", {F_SOURCE_ADDRESS, F_DEST_ADDRESS}, 2, -1, 0, 0},
    {"3-tuple", {F_SOURCE_ADDRESS, F_DEST_ADDRESS, F_DEST_PORT}, 3, -1, 0, 0},
    {"rare-host", {F_DEST_ADDRESS}, 1, F_SOURCE_ADDRESS, 0,
        0}, /* the rarest found: see below */
    {"slash-16", {F_DEST_ADDRESS}, 1, F_SOURCE_ADDRESS, 0x0a010000, 0x0a01ffff},
    {"port-443", {F_DEST_ADDRESS}, 1, F_DEST_PORT, 443, 443},
    {"protocols", {F_PROTOCOL}, 1, -1, 0, 0},
};

static int ask(
    struct query_engine *en, struct query_request *r, double *seconds, struct query **out)
{
    const struct query_result *result;
    struct err e;
    int64_t start = time_mono_ns();

    if (query_submit(en, r, out, &e) == -1) {
        fprintf(stderr, "bench: %s\n", e.msg);
        return -1;
    }
    query_wait(*out, -1);
    *seconds = (double)(time_mono_ns() - start) / 1e9;
    if (query_finish(*out, &result, &e) == -1) {
        fprintf(stderr, "bench: %s\n", e.msg);
        return -1;
    }
    return 0;
}

static void set_request(struct query_request *r, const struct question *q, int threads)
{
    *r = (struct query_request){.shape = QUERY_GROUP,
        .start = INT64_MIN,
        .end = INT64_MAX,
        .select = SELECT_ANY,
        .key_count = q->key_count,
        .order = -1 - MEASURE_OCTETS,
        .limit = 100,
        .threads = threads};
    memcpy(r->keys, q->keys, sizeof(q->keys));
    if (q->field >= 0) {
        r->filter = filter_leaf(q->field);
        value_set_add(&r->filter->set, q->low, q->high);
    }
}

/* The source with the fewest flows of all. */
static int find_rare(struct query_engine *en, struct question *q)
{
    struct query_request r;
    const struct query_result *result;
    struct query *query;
    double seconds;
    struct err e;

    set_request(&r, &questions[1], 0);
    r.order = -1 - MEASURE_FLOWS;
    r.ascending = true;
    r.limit = 1;
    if (ask(en, &r, &seconds, &query) == -1 || query_finish(query, &result, &e) == -1 ||
        result->row_count == 0)
        return -1;
    q->low = q->high = result->rows[0].key[0];
    query_release(query);
    return 0;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static int time_question(
    struct query_engine *en, const struct question *q, uint64_t flows, char **arg)
{
    int runs = atoi(arg[3]);
    double *seconds = mem_array((size_t)runs + 1, sizeof(*seconds));
    const struct query_result *result = NULL;
    struct query_stats stats = {0};
    uint64_t rows = 0;
    struct err e;

    for (int i = 0; seconds != NULL && i < runs; i++) {
        struct query_request r;
        struct query *query;
        set_request(&r, q, atoi(arg[2]));
        if (ask(en, &r, &seconds[i], &query) == -1 ||
            query_finish(query, &result, &e) == -1)
            return 1;
        stats = result->stats;
        rows = result->rows_total;
        query_release(query);
    }
    if (seconds == NULL || runs < 1)
        return 1;
    printf("query\t%s\tthreads %s\tfirst_mflows_per_s %.1f", q->name, arg[2],
        (double)flows / seconds[0] / 1e6);
    qsort(seconds, (size_t)runs, sizeof(*seconds), by_value);
    printf("\tmedian_mflows_per_s %.1f\tmedian_ms %.2f\trows %llu\tpasses %u\tquery_mib "
           "%.0f\tpeak_mib %.0f\n",
        (double)flows / seconds[runs / 2] / 1e6, seconds[runs / 2] * 1e3,
        (unsigned long long)rows, stats.passes, (double)stats.memory_peak / 1048576,
        peak_mib());
    free(seconds);
    return 0;
}

static int run_query(char **arg)
{
    struct query_engine_options o = {0};
    struct query_engine *en;
    struct catalog *c;
    struct question q;
    struct err e;
    uint64_t bytes, flows;
    size_t i = 0;
    int result;

    while (i < NITEMS(questions) && strcmp(questions[i].name, arg[1]) != 0)
        i++;
    if (i == NITEMS(questions)) {
        fprintf(stderr, "bench: no question %s\n", arg[1]);
        return 1;
    }
    q = questions[i];
    if (catalog_open(&c, arg[0], &e) == -1 || query_engine_start(&en, c, &o, &e) == -1) {
        fprintf(stderr, "bench: %s\n", e.msg);
        return 1;
    }
    flows = stored(c, &bytes);
    if (strcmp(q.name, "rare-host") == 0 && find_rare(en, &q) == -1)
        return 1;
    result = time_question(en, &q, flows, arg);
    query_engine_stop(en);
    catalog_close(c);
    return result;
}

/* ---- cold ------------------------------------------------------------------------------------------ */

static int drop_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    int fd;

    (void)st;
    (void)ftw;
    if (type == FTW_F && (fd = open(path, O_RDONLY)) != -1) {
        fsync(fd);
        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        close(fd);
    }
    return 0;
}

static int run_cold(char **arg)
{
    return nftw(arg[0], drop_file, 32, FTW_PHYS) == -1;
}

static int run_names(char **arg)
{
    (void)arg;
    for (size_t i = 0; i < NITEMS(questions); i++)
        puts(questions[i].name);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int arguments;
        int (*run)(char **arg);
    } commands[] = {{"inflate", 1, run_inflate}, {"ingest", 3, run_ingest},
        {"query", 4, run_query}, {"cold", 1, run_cold}, {"names", 0, run_names}};

    log_init(true, 0, "bench");
    for (size_t i = 0; i < NITEMS(commands); i++)
        if (argc == commands[i].arguments + 2 && strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argv + 2);
    fprintf(stderr, "usage: bench inflate DIR | ingest DIR STORE THREADS | query STORE "
                    "NAME THREADS RUNS | "
                    "cold STORE | names\n");
    return 2;
}
