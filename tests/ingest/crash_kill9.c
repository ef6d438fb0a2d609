/*
 * 50 times kill -9 at random moments while 100 flow files are ingested, some of them replaced by
 * others meanwhile and days joined: after each the store opens and holds each file's flows once or
 * not at all, and in the end its totals are those of the files.
 *
 * The moments come from a seed, printed; give another one as argument.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "ingest/lab.h"

#define FILES   100
#define KILLS   50
#define CHANGES 12 /* files that are replaced before each run */
#define DAYS    3

static uint32_t random_state;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % n;
}

static struct sums file_sums[FILES];
static uint32_t changes;

static void write_flows(const struct lab *l, uint32_t i)
{
    int64_t seconds =
        INT64_C(1790000000) / 86400 * 86400 + i % DAYS * 86400 + i / DAYS * 300;
    char name[64], path[256], temporary[256];

    lab_name(seconds, "ft", name, sizeof(name));
    snprintf(path, sizeof(path), "%s/%s", l->flows, name);
    snprintf(temporary, sizeof(temporary), "%s/tmp-%s", l->flows, name + 3);
    file_sums[i] = (struct sums){0};
    lab_write(
        temporary, i + FILES * changes++, 500 + random_below(3000), seconds, &file_sums[i]);
    NEED(rename(temporary, path) == 0);
}

static void expected_sums(struct sums *out)
{
    *out = (struct sums){0};
    for (uint32_t i = 0; i < FILES; i++) {
        out->flows += file_sums[i].flows;
        out->octets += file_sums[i].octets;
        out->packets += file_sums[i].packets;
        out->files++;
    }
}

static bool all_joined(struct lab *l)
{
    struct snapshot *s = catalog_snapshot(l->catalog);
    bool result = s->segment_count <= DAYS * 8;

    snapshot_release(s);
    return result;
}

/* Ingest until all is done, then go on until killed, if that is wanted. */
static pid_t start_child(struct lab *l, bool whole)
{
    pid_t child = fork();

    NEED(child != -1);
    if (child != 0)
        return child;
    l->options.compact = true;
    l->options.keep_every_ms = 5;
    lab_start(l);
    LAB_WAIT(lab_idle(l) && all_joined(l));
    if (whole)
        lab_stop(l);
    else
        pause();
    exit(0);
}

static int64_t run_whole(struct lab *l)
{
    int64_t begun = time_mono_ms();
    pid_t child = start_child(l, true);
    int state;

    NEED(waitpid(child, &state, 0) == child && WIFEXITED(state) && WEXITSTATUS(state) == 0);
    return time_mono_ms() - begun;
}

/* What is there now is consistent, whatever was going on; nothing is left lying about. */
static void check_store(struct lab *l, struct sums *out)
{
    char segments[128];
    struct err e = {0};

    NEED_OK(catalog_open(&l->catalog, l->data, &e), e);
    lab_sums(l->catalog, out);
    catalog_close(l->catalog);
    l->catalog = NULL;
    snprintf(segments, sizeof(segments), "%s/segments", l->data);
    NEED(lab_count_files(segments, ".tmp") == 0);
    NEED(lab_count_files(segments, ".seg") == out->segments);
}

static void kill_after(struct lab *l, uint32_t us)
{
    struct timespec wait = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};
    pid_t child = start_child(l, false);
    int state;

    nanosleep(&wait, NULL);
    kill(child, SIGKILL);
    NEED(waitpid(child, &state, 0) == child && WIFSIGNALED(state));
}

int main(int argc, char **argv)
{
    struct sums now, expected;
    struct lab l;
    uint32_t longest, midway = 0;

    random_state = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 20261123;
    printf("seed %lu\n", (unsigned long)random_state);
    fflush(stdout); /* children must not say it again */
    log_init(true, 0, "kill9");
    lab_make(&l);
    for (uint32_t i = 0; i < FILES; i++)
        write_flows(&l, i);
    longest = (uint32_t)run_whole(&l) * 1000;
    check_store(&l, &now);
    expected_sums(&expected);
    NEED(lab_same(&now, &expected));
    for (int i = 0; i < KILLS; i++) {
        if (i % 5 == 0) { /* from nothing */
            lab_remove(l.data);
            NEED(mkdir(l.data, 0750) == 0);
        }
        for (int k = 0; k < CHANGES; k++)
            write_flows(&l, random_below(FILES));
        kill_after(&l, random_below(longest + 1000));
        check_store(&l, &now);
        midway += now.files > 0 && now.files < FILES;
    }
    run_whole(&l);
    check_store(&l, &now);
    expected_sums(&expected);
    NEED(lab_same(&now, &expected));
    printf("%d kills, %u of them with part of the files stored; %llu flows in the end\n",
        KILLS, midway, (unsigned long long)now.flows);
    NEED(midway > 0); /* else nothing was tried */
    lab_free(&l);
    return 0;
}
