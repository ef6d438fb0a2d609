/*
 * flowgen - makes flow files as flow-capture would, of invented traffic.
 *
 * For the demo, the benchmark and tests. Files are written under a tmp- name and renamed.
 * A file that is there already is left alone, so an interrupted run, or --follow started
 * again, goes on where files are missing.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "flowgen_traffic.h"
#include "flowviewer/base.h"
#include "flowviewer/flowtools.h"

#define DEVICES_MAX 64
#define FILES_MAX   64

struct device {
    char name[64];
    struct traffic *traffic;
};

struct generator {
    const char *out, *truth;
    uint64_t seed, flows, days, file_seconds, level, nesting, hosts;
    int64_t end;
    bool follow, big_endian;
    struct device device[DEVICES_MAX];
    unsigned devices;
    int64_t one[FILES_MAX]; /* --one-file: only these */
    unsigned ones;
    uint64_t written; /* flows */
};

static const char usage[] =
    "usage: flowgen --out DIR [options]\n"
    "  --seed N          the same seed makes the same flows (1)\n"
    "  --flows N         of each device, about, over all days (100000)\n"
    "  --days D          (1)\n"
    "  --end TIME        Unix seconds or now; the last file ends there or before (now)\n"
    "  --devices A,B     one directory each (edge1)\n"
    "  --file-seconds S  length of a file; divides a day (300)\n"
    "  --level L         zlib level, 0 is plain (6)\n"
    "  --big-endian      byte order of the files\n"
    "  --nesting N       directories by date, as flow-capture -N: -2 to 3 (3)\n"
    "  --hosts N         hosts outside (400000)\n"
    "  --truth FILE      write the scans and floods that are in the files, as a table\n"
    "  --one-file TIME   only the file of that time; may be given again\n"
    "  --follow          then write each next file when its time has come, until killed\n";

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "flowgen: %s: %s\n", what, why);
    exit(1);
}

/* ---- file names ----------------------------------------------------------------- */

/* Directory of a file under its device's, by flow-capture's -N; with a slash at the end. */
static const char *nesting_format(int64_t nesting)
{
    switch (nesting) {
    case 0:
        return "";
    case 1:
        return "%Y/";
    case 2:
        return "%Y/%Y-%m/";
    case -1:
        return "%Y-%m-%d/";
    case -2:
        return "%Y-%m/%Y-%m-%d/";
    default:
        return "%Y/%Y-%m/%Y-%m-%d/";
    }
}

static void make_directories(char *path)
{
    for (char *p = path + 1; *p != '\0'; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
            die(path, strerror(errno));
        *p = '/';
    }
}

/* Final and temporary name of the file that begins at that time. */
static void file_names(const struct generator *g, const struct device *d, int64_t from,
    char *final, char *temporary, size_t size)
{
    time_t t = (time_t)from;
    struct tm tm;
    char directory[64], name[64];

    localtime_r(&t, &tm);
    directory[0] = '\0';
    if (g->nesting != 0)
        strftime(directory, sizeof(directory), nesting_format((int64_t)g->nesting), &tm);
    strftime(name, sizeof(name), "v05.%Y-%m-%d.%H%M%S%z", &tm);
    if ((size_t)snprintf(final, size, "%s/%s/%sft-%s", g->out, d->name, directory, name) >=
        size)
        die(g->out, "name too long");
    snprintf(temporary, size, "%s/%s/%stmp-%s", g->out, d->name, directory, name);
}

/* ---- writing -------------------------------------------------------------------- */

static void write_flows(
    struct generator *g, struct device *d, struct ft_writer *w, int64_t n, struct err *e)
{
    struct flow f = {0};

    for (int64_t i = 0; i < n; i++) {
        traffic_fill(d->traffic, (size_t)i, &f);
        if (ft_writer_add(w, &f, e) < 0)
            die(d->name, e->msg);
    }
    g->written += (uint64_t)n;
}

static void write_file(struct generator *g, struct device *d, int64_t from)
{
    char final[1024], temporary[1024];
    int64_t slot = from / (int64_t)g->file_seconds, n;
    struct ft_writer_options o = {.big_endian = g->big_endian,
        .level = (int)g->level,
        .cap_start = (uint32_t)from,
        .cap_end = (uint32_t)(from + (int64_t)g->file_seconds),
        .flow_lost = traffic_lost(d->traffic, slot),
        .hostname = "collector"};
    struct ft_writer *w;
    struct err e = {0};

    file_names(g, d, from, final, temporary, sizeof(final));
    if (access(final, F_OK) == 0)
        return;
    make_directories(temporary);
    n = traffic_slot(d->traffic, slot);
    if (n < 0)
        die(d->name, "out of memory");
    if (ft_writer_open(&w, temporary, &o, &e) < 0)
        die(temporary, e.msg);
    write_flows(g, d, w, n, &e);
    if (ft_writer_close(w, &e) < 0)
        die(temporary, e.msg);
    if (rename(temporary, final) < 0)
        die(final, strerror(errno));
}

static void write_span(struct generator *g, int64_t from, int64_t to)
{
    int64_t step = (int64_t)g->file_seconds;

    for (unsigned i = 0; i < g->devices; i++)
        for (int64_t at = from; at < to; at += step)
            write_file(g, &g->device[i], at);
}

static void write_truth(const struct generator *g, int64_t from, int64_t to)
{
    FILE *f = fopen(g->truth, "w");
    struct buf line = {0};

    if (f == NULL)
        die(g->truth, strerror(errno));
    fputs("what\tdevice\tfrom\tto\tsource\tdest\tport\tflows\n", f);
    for (unsigned i = 0; i < g->devices; i++) {
        for (int64_t day = from / 86400 - 1; day <= to / 86400; day++) {
            for (int kind = 0; kind < EVENTS; kind++) {
                struct event e =
                    traffic_event(g->device[i].traffic, (enum event_kind)kind, day);

                if (e.to <= from || e.from >= to)
                    continue;
                buf_reset(&line);
                buf_printf(&line, "%s\t%s\t%lld\t%lld\t", e.name, g->device[i].name,
                    (long long)e.from, (long long)e.to);
                e.source != 0 ? buf_ipv4(&line, e.source) : buf_str(&line, "many");
                buf_char(&line, '\t');
                e.dest != 0 ? buf_ipv4(&line, e.dest) : buf_str(&line, "many");
                buf_printf(&line, "\t%u\t%u\n", e.port, e.probes);
                fputs(line.data, f);
            }
        }
    }
    buf_free(&line);
    if (fclose(f) != 0)
        die(g->truth, strerror(errno));
}

/* Each file when its time is over; nothing is missed if the machine sleeps for a while. */
static _Noreturn void follow(struct generator *g, int64_t next)
{
    int64_t step = (int64_t)g->file_seconds;

    for (;;) {
        int64_t now = time_now_ms() / 1000;

        if (now >= next + step) {
            write_span(g, next, next + step);
            next += step;
        } else {
            struct timespec pause = {next + step - now < 60 ? next + step - now : 60, 0};
            nanosleep(&pause, NULL);
        }
    }
}

/* ---- options -------------------------------------------------------------------- */

static void set_devices(struct generator *g, const char *list)
{
    char *copy = str_dup(list), *cursor = copy, *name;

    g->devices = 0;
    while (copy != NULL && (name = str_item(&cursor, ',')) != NULL) {
        if (*name == '\0' || strchr(name, '/') != NULL || g->devices == DEVICES_MAX)
            die(list, "not a list of device names");
        str_copy(g->device[g->devices++].name, sizeof(g->device[0].name), name);
    }
    free(copy);
}

static int64_t set_time(const char *value)
{
    uint64_t t;

    if (strcmp(value, "now") == 0)
        return time_now_ms() / 1000;
    if (!str_u64(value, UINT32_MAX, &t) || t < 10 * 86400)
        die(value, "not a time (Unix seconds, or now)");
    return (int64_t)t;
}

static bool set_number(struct generator *g, const char *name, const char *value)
{
    const struct {
        const char *name;
        uint64_t *to, max;
    } numbers[] = {
        {"--seed", &g->seed, UINT64_MAX},
        {"--flows", &g->flows, UINT64_C(100000000000)},
        {"--days", &g->days, 36500},
        {"--file-seconds", &g->file_seconds, 86400},
        {"--level", &g->level, 9},
        {"--hosts", &g->hosts, 10000000},
    };

    for (size_t i = 0; i < NITEMS(numbers); i++) {
        if (strcmp(name, numbers[i].name) != 0)
            continue;
        if (!str_u64(value, numbers[i].max, numbers[i].to))
            die(name, "not a number, or too large");
        return true;
    }
    return false;
}

static void set_nesting(struct generator *g, const char *value)
{
    char *end;
    long n = strtol(value, &end, 10);

    if (*value == '\0' || *end != '\0' || n < -3 || n > 3)
        die(value, "nesting is -3 to 3");
    g->nesting = (uint64_t)(int64_t)n;
}

static bool set_flag(struct generator *g, const char *name)
{
    if (strcmp(name, "--follow") == 0)
        g->follow = true;
    else if (strcmp(name, "--big-endian") == 0)
        g->big_endian = true;
    else
        return false;
    return true;
}

static void set_option(struct generator *g, const char *name, const char *value)
{
    if (value == NULL)
        die(name, "needs a value, or is no option; see flowgen --help");
    if (set_number(g, name, value))
        return;
    if (strcmp(name, "--out") == 0)
        g->out = value;
    else if (strcmp(name, "--truth") == 0)
        g->truth = value;
    else if (strcmp(name, "--end") == 0)
        g->end = set_time(value);
    else if (strcmp(name, "--devices") == 0)
        set_devices(g, value);
    else if (strcmp(name, "--nesting") == 0)
        set_nesting(g, value);
    else if (strcmp(name, "--one-file") == 0 && g->ones < FILES_MAX)
        g->one[g->ones++] = set_time(value);
    else
        die(name, "no such option; see flowgen --help");
}

static void parse_options(struct generator *g, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            exit(0);
        }
        if (!set_flag(g, argv[i])) {
            set_option(g, argv[i], argv[i + 1]);
            i++;
        }
    }
    if (g->out == NULL || g->devices == 0) {
        fputs(usage, stderr);
        exit(1);
    }
    if (g->days == 0 || g->hosts == 0 || g->file_seconds < 10 ||
        86400 % g->file_seconds != 0)
        die("options",
            "days and hosts are at least 1; a file's length divides a day, 10 s or more");
}

int main(int argc, char **argv)
{
    struct generator g = {.seed = 1,
        .flows = 100000,
        .days = 1,
        .file_seconds = 300,
        .level = 6,
        .nesting = 3,
        .hosts = 400000,
        .devices = 1,
        .device = {{.name = "edge1"}}};
    int64_t from, to, step;

    tzset();
    g.end = time_now_ms() / 1000;
    parse_options(&g, argc, argv);
    step = (int64_t)g.file_seconds;
    to = g.end / step * step;
    from = to - (int64_t)g.days * 86400;
    for (unsigned i = 0; i < g.devices; i++) {
        struct traffic_options o = {.seed = g.seed,
            .device = i,
            .flows_per_day = (double)g.flows / (double)g.days,
            .hosts = (uint32_t)g.hosts,
            .slot_seconds = (uint32_t)g.file_seconds};

        g.device[i].traffic = traffic_new(&o);
        if (g.device[i].traffic == NULL)
            die(g.device[i].name, "out of memory");
    }
    if (g.truth != NULL)
        write_truth(&g, from, to);
    for (unsigned i = 0; i < g.ones; i++)
        write_span(&g, g.one[i] / step * step, g.one[i] / step * step + step);
    if (g.ones == 0)
        write_span(&g, from, to);
    printf("flowgen: %llu flows written\n", (unsigned long long)g.written);
    fflush(stdout);
    if (g.follow)
        follow(&g, to);
    for (unsigned i = 0; i < g.devices; i++)
        traffic_free(g.device[i].traffic);
    return 0;
}
