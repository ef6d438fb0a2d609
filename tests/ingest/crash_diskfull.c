/*
 * The data directory (argument; a small file system of its own) fills up while flow files are
 * ingested: ingest says so and stands still, what is stored can be read, and when there is room
 * again it goes on by itself and nothing is missing. Once with a reserve kept free, once without.
 */
#include <fcntl.h>

#include "ingest/lab.h"

#define FILES 60
#define FLOWS 6000

static struct sums expected;

static void write_flows(struct lab *l)
{
    expected = (struct sums){0};
    for (uint32_t i = 0; i < FILES; i++) {
        int64_t seconds = 1790000000 + i * 300;
        char name[64], path[256];
        lab_name(seconds, "ft", name, sizeof(name));
        snprintf(path, sizeof(path), "%s/%s", l->flows, name);
        lab_write(path, i, FLOWS, seconds, &expected);
    }
}

/* Leave only that many bytes free. */
static void fill_up(const char *path, const char *data, uint64_t leave)
{
    static const char zeros[4096];
    uint64_t left, total;
    struct err e = {0};
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    NEED(fd != -1);
    for (;;) {
        NEED_OK(os_disk_free(data, &left, &total, &e), e);
        if (left <= leave)
            break;
        NEED(write(fd, zeros, sizeof(zeros)) == (ssize_t)sizeof(zeros));
    }
    close(fd);
}

static bool paused(struct lab *l)
{
    struct ingest_status s;

    ingest_status(l->ingest, &s);
    return s.pause == INGEST_DISK_FULL && s.pause_reason[0] != '\0';
}

static void try_full(struct lab *l, uint64_t reserve, uint64_t leave)
{
    char ballast[128], segments[128];
    struct ingest_status status;
    struct sums part;
    struct err e = {0};

    snprintf(ballast, sizeof(ballast), "%s/ballast", l->data);
    snprintf(segments, sizeof(segments), "%s/segments", l->data);
    l->options.reserve_bytes = reserve;
    NEED_OK(catalog_open(&l->catalog, l->data, &e), e);
    fill_up(ballast, l->data, leave);
    NEED_OK(ingest_start(&l->ingest, l->catalog, &l->options, &e), e);
    LAB_WAIT(paused(l));
    lab_sums(l->catalog, &part);
    NEED(part.files < FILES);
    NEED(!lab_idle(l));
    unlink(ballast);
    LAB_WAIT(lab_idle(l));
    ingest_status(l->ingest, &status);
    NEED(status.pause == INGEST_RUNNING);
    lab_need_sums(l, &expected);
    NEED(lab_count_files(segments, ".tmp") == 0);
    printf("reserve %llu: %llu files stored when the disk was full, %llu afterwards\n",
        (unsigned long long)reserve, (unsigned long long)part.files,
        (unsigned long long)expected.files);
    lab_stop(l);
    lab_start(l); /* and so it is after a restart */
    LAB_WAIT(lab_idle(l));
    lab_need_sums(l, &expected);
    lab_stop(l);
}

static void empty_data(const struct lab *l)
{
    DIR *dir = opendir(l->data);
    struct dirent *entry;
    char path[512];

    NEED(dir != NULL);
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", l->data, entry->d_name);
        lab_remove(path);
    }
    closedir(dir);
}

int main(int argc, char **argv)
{
    struct lab l;

    NEED(argc == 2);
    log_init(true, 0, "diskfull");
    lab_make(&l);
    str_copy(l.data, sizeof(l.data), argv[1]);
    write_flows(&l);
    for (uint64_t leave = 300; leave <= 3000; leave += 900) { /* at different moments */
        empty_data(&l);
        try_full(&l, 1, leave << 10);
    }
    empty_data(&l);
    try_full(&l, UINT64_C(2) << 20, UINT64_C(3) << 20);
    lab_free(&l);
    return 0;
}
