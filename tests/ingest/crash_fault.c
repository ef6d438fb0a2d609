/*
 * Every call that changes files goes wrong once: the process ends there (as at a power cut), or
 * the call fails with an I/O error or a full disk. crash_fault SHIM: the store is whole each time,
 * and afterwards the flows are there exactly once.
 */
#include <fcntl.h>
#include <sys/wait.h>

#include "ingest/lab.h"

#define FILES   9
#define REFUSED 3 /* status of a child that could not even start */

static struct sums expected;
static const char *shim, *program;

static void write_flows(const struct lab *l)
{
    expected = (struct sums){0};
    for (uint32_t i = 0; i < FILES; i++) {
        int64_t seconds = 1790000000 / 86400 * 86400 + i * 300;
        char name[64], path[256];
        lab_name(seconds, "ft", name, sizeof(name));
        snprintf(path, sizeof(path), "%s/%s", l->flows, name);
        lab_write(path, i, 40, seconds, &expected);
    }
}

static bool joined(struct lab *l)
{
    struct snapshot *s = catalog_snapshot(l->catalog);
    bool result = s->segment_count == 1;

    snapshot_release(s);
    return result;
}

/* The child: ingest all, join all. */
static int ingest_all(const char *data, const char *flows)
{
    struct lab l = {.options = {.device_count = 1,
                        .threads = 1,
                        .reserve_bytes = 1,
                        .keep_every_ms = 5,
                        .rescan_ms = 1000,
                        .compact = true}};
    struct err e = {0};

    log_init(true, 0, "fault");
    str_copy(l.data, sizeof(l.data), data);
    str_copy(l.device.name, sizeof(l.device.name), "router");
    str_copy(l.device.directory, sizeof(l.device.directory), flows);
    l.options.devices = &l.device;
    if (catalog_open(&l.catalog, l.data, &e) == -1)
        return REFUSED;
    if (ingest_start(&l.ingest, l.catalog, &l.options, &e) == -1)
        return REFUSED;
    LAB_WAIT(lab_idle(&l) && joined(&l));
    lab_stop(&l);
    return 0;
}

/* Status of the child; *struck: the fault came. */
static int run(const struct lab *l, long at, int error, bool *struck)
{
    char mark[128], number[32], code[32], log[128];
    pid_t child;
    int state;

    snprintf(mark, sizeof(mark), "%s/struck", l->top);
    snprintf(log, sizeof(log), "%s/log", l->top);
    snprintf(number, sizeof(number), "%ld", at);
    snprintf(code, sizeof(code), "%d", error);
    unlink(mark);
    NEED((child = fork()) != -1);
    if (child == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(fd, 2);
        if (at > 0) {
            setenv("LD_PRELOAD", shim, 1);
            setenv("FAULT_AT", number, 1);
            setenv("FAULT_REPORT", mark, 1);
        }
        if (error != 0)
            setenv("FAULT_ERRNO", code, 1);
        execl(program, program, "child", l->data, l->flows, (char *)NULL);
        _exit(127);
    }
    NEED(waitpid(child, &state, 0) == child && WIFEXITED(state));
    *struck = access(mark, F_OK) == 0;
    return WEXITSTATUS(state);
}

/* Whatever happened, what is there is consistent; all: it is everything. */
static void check_store(struct lab *l, bool all)
{
    char segments[128];
    struct sums now;
    struct err e = {0};

    NEED_OK(catalog_open(&l->catalog, l->data, &e), e);
    lab_sums(l->catalog, &now);
    catalog_close(l->catalog);
    l->catalog = NULL;
    snprintf(segments, sizeof(segments), "%s/segments", l->data);
    NEED(lab_count_files(segments, ".tmp") == 0);
    NEED(lab_count_files(segments, ".seg") == now.segments);
    NEED(!all || lab_same(&now, &expected));
}

/* One call goes wrong. False: there are not so many. */
static bool try_fault(struct lab *l, long at, int error)
{
    bool struck, again;
    int status;

    lab_remove(l->data);
    NEED(mkdir(l->data, 0750) == 0);
    status = run(l, at, error, &struck);
    NEED(status == 0 || (struck && status == (error == 0 ? 9 : REFUSED)));
    check_store(l, status == 0);
    if (status != 0) {
        NEED(run(l, 0, 0, &again) == 0);
        check_store(l, true);
    }
    return struck;
}

static long try_all(struct lab *l, int error, long step)
{
    long at = 1;

    while (try_fault(l, at, error))
        at += step;
    return at;
}

int main(int argc, char **argv)
{
    struct lab l;
    long calls;

    if (argc == 4 && strcmp(argv[1], "child") == 0)
        return ingest_all(argv[2], argv[3]);
    NEED(argc == 2);
    program = argv[0];
    shim = argv[1];
    log_init(true, 0, "fault");
    lab_make(&l);
    write_flows(&l);
    calls = try_all(&l, 0, 1);
    printf("the process ended at each of %ld calls\n", calls);
    NEED(calls > 50);
    printf("I/O error at each 7th of %ld calls\n", try_all(&l, EIO, 7));
    printf("full disk at each 7th of %ld calls\n", try_all(&l, ENOSPC, 7));
    lab_free(&l);
    return 0;
}
