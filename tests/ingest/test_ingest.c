/* Ingest by what an operator sees of it: files come, change, break and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>

#include <cmocka.h>

#include "ingest/lab.h"

#define DAY   INT64_C(86400)
#define BEGIN (INT64_C(1790000000) / DAY * DAY) /* a day long over */

static int make(void **state)
{
    struct lab *l = malloc(sizeof(*l));

    assert_non_null(l);
    lab_make(l);
    *state = l;
    return 0;
}

static int unmake(void **state)
{
    lab_free(*state);
    free(*state);
    return 0;
}

static void path_of(
    const struct lab *l, const char *below, int64_t seconds, char *path, size_t n)
{
    char name[64];

    lab_name(seconds, "ft", name, sizeof(name));
    snprintf(path, n, "%s/%s%s", l->flows, below, name);
}

/* As flow-capture does it: written under a temporary name, renamed when whole. */
static void add_file(
    struct lab *l, uint32_t seed, uint32_t n, int64_t seconds, struct sums *sums)
{
    char path[256], temporary[300];

    path_of(l, "", seconds, path, sizeof(path));
    snprintf(temporary, sizeof(temporary), "%s/tmp-%u", l->flows, (unsigned)seed);
    lab_write(temporary, seed, n, seconds, sums);
    assert_int_equal(rename(temporary, path), 0);
}

static uint64_t stored_flows(struct lab *l)
{
    struct snapshot *s = catalog_snapshot(l->catalog);
    uint64_t flows = 0;

    for (size_t i = 0; i < s->segment_count; i++)
        flows += s->segments[i]->summary.flows;
    snapshot_release(s);
    return flows;
}

static size_t segments(struct lab *l)
{
    struct snapshot *s = catalog_snapshot(l->catalog);
    size_t n = s->segment_count;

    snapshot_release(s);
    return n;
}

static size_t files_in(struct lab *l, enum file_state state)
{
    struct snapshot *s = catalog_snapshot(l->catalog);
    size_t n = 0;

    for (size_t i = 0; i < s->file_count; i++)
        n += s->files[i]->state == state;
    snapshot_release(s);
    return n;
}

static size_t gone_files(struct lab *l)
{
    struct snapshot *s = catalog_snapshot(l->catalog);
    size_t n = 0;

    for (size_t i = 0; i < s->file_count; i++)
        n += s->files[i]->gone;
    snapshot_release(s);
    return n;
}

static uint64_t files_done(struct lab *l)
{
    struct ingest_status s;

    ingest_status(l->ingest, &s);
    return s.files_done;
}

static void rescan(struct lab *l)
{
    ingest_rescan(l->ingest);
    LAB_WAIT(lab_idle(l));
}

/* ---- files that come ------------------------------------------------------------------------ */

static void come_and_go(struct lab *l)
{
    struct sums sums = {0};
    char path[256];

    add_file(l, 1, 1000, BEGIN, &sums);
    lab_start(l);
    LAB_WAIT(lab_idle(l));
    lab_need_sums(l, &sums);
    add_file(l, 2, 70000, BEGIN + 300, &sums); /* more than a block */
    LAB_WAIT(stored_flows(l) == 71000);
    LAB_WAIT(lab_idle(l));
    lab_need_sums(l, &sums);
    path_of(l, "", BEGIN, path, sizeof(path)); /* flow-expire: the flows stay */
    assert_int_equal(unlink(path), 0);
    LAB_WAIT(gone_files(l) == 1);
    lab_need_sums(l, &sums);
}

static void test_come_and_go(void **state)
{
    come_and_go(*state);
}

static void test_polling(void **state)
{
    struct lab *l = *state;
    struct ingest_status s;

    l->options.poll = true;
    come_and_go(l);
    ingest_status(l->ingest, &s);
    assert_string_equal(s.watcher, "polling");
}

static void test_ledger_row(void **state)
{
    struct lab *l = *state;
    struct snapshot *s;

    add_file(l, 1, 1000, BEGIN, NULL);
    lab_start(l);
    LAB_WAIT(files_in(l, FILE_STORED) == 1);
    s = catalog_snapshot(l->catalog);
    assert_int_equal(s->files[0]->start, BEGIN * 1000);
    assert_int_equal(s->files[0]->end, (BEGIN + 300) * 1000);
    assert_int_equal(s->files[0]->flows, 1000);
    assert_int_equal(s->files[0]->flows_lost, 3);
    assert_string_equal(s->files[0]->root, l->flows);
    assert_int_equal(s->segments[0]->day, BEGIN / DAY);
    assert_int_equal(s->segments[0]->summary.min_start, BEGIN * 1000);
    snapshot_release(s);
}

static void test_temporary_waits(void **state)
{
    struct lab *l = *state;
    struct sums sums = {0};
    char temporary[256], hidden[256], path[256];

    snprintf(temporary, sizeof(temporary), "%s/tmp-v05.2026-09-21.000000+0000", l->flows);
    snprintf(hidden, sizeof(hidden), "%s/.ft-v05.2026-09-21.000500+0000.Xy1z", l->flows);
    path_of(l, "", BEGIN, path, sizeof(path));
    lab_write(temporary, 1, 500, BEGIN, &sums);
    lab_write(hidden, 2, 500, BEGIN, NULL); /* rsync's */
    lab_start(l);
    LAB_WAIT(lab_idle(l));
    rescan(l);
    assert_int_equal(files_done(l), 0);
    assert_int_equal(rename(temporary, path), 0);
    LAB_WAIT(stored_flows(l) == 500);
    lab_need_sums(l, &sums);
}

/* Any -N of flow-capture, and directories that appear while the daemon runs. */
static void test_nested(void **state)
{
    static const char *const levels[] = {
        "2026/", "2026/2026-09/", "2026/2026-09/2026-09-21/"};
    struct lab *l = *state;
    struct sums sums = {0};
    char path[256];

    lab_start(l);
    LAB_WAIT(lab_idle(l));
    for (size_t i = 0; i < NITEMS(levels); i++) {
        snprintf(path, sizeof(path), "%s/%s", l->flows, levels[i]);
        assert_int_equal(mkdir(path, 0750), 0);
        path_of(l, levels[i], BEGIN + (int64_t)i * 300, path, sizeof(path));
        lab_write(path, (uint32_t)i, 300, BEGIN + (int64_t)i * 300, &sums);
        LAB_WAIT(stored_flows(l) == sums.flows);
    }
    LAB_WAIT(lab_idle(l));
    lab_need_sums(l, &sums);

    assert_int_equal(
        unlink(path), 0); /* flow-expire removes a day; a new one has its name */
    snprintf(path, sizeof(path), "%s/%s", l->flows, levels[2]);
    assert_int_equal(rmdir(path), 0);
    LAB_WAIT(gone_files(l) == 1);
    assert_int_equal(mkdir(path, 0750), 0);
    path_of(l, levels[2], BEGIN + 3000, path, sizeof(path));
    lab_write(path, 77, 300, BEGIN + 3000, &sums);
    LAB_WAIT(stored_flows(l) == sums.flows);
    LAB_WAIT(lab_idle(l));
    lab_need_sums(l, &sums);
}

/* Other names are taken when nobody writes to them any more; links to directories are not
 * followed, they could lead round in circles. */
static void test_names(void **state)
{
    struct lab *l = *state;
    struct sums sums = {0};
    char path[256];
    struct timespec old[2] = {{.tv_sec = BEGIN}, {.tv_sec = BEGIN}};

    snprintf(path, sizeof(path), "%s/multi.v5", l->flows);
    lab_write(path, 1, 500, BEGIN, &sums);
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    snprintf(path, sizeof(path), "%s/cf05.2026-09-21", l->flows);
    lab_write(path, 2, 500, BEGIN + 300, &sums); /* fresh: waits two seconds */
    snprintf(path, sizeof(path), "%s/loop", l->flows);
    assert_int_equal(symlink(l->flows, path), 0);
    lab_start(l);
    LAB_WAIT(stored_flows(l) == 1000);
    LAB_WAIT(lab_idle(l));
    lab_need_sums(l, &sums);
}

/* ---- files that change ------------------------------------------------------------------------ */

static void test_changed(void **state)
{
    struct lab *l = *state;
    struct sums kept = {0}, sums;

    add_file(l, 1, 1000, BEGIN, &kept);
    add_file(l, 2, 1000, BEGIN + 300, NULL);
    lab_start(l);
    LAB_WAIT(stored_flows(l) == 2000);
    sums = kept;
    add_file(l, 3, 1700, BEGIN + 300, &sums);
    LAB_WAIT(stored_flows(l) == 2700);
    LAB_WAIT(lab_idle(l));
    lab_need_sums(l, &sums);
    add_file(l, 4, 0, BEGIN + 300, NULL); /* now without flows: no segment */
    LAB_WAIT(segments(l) == 1);
    LAB_WAIT(lab_idle(l));
    kept.files = 2;
    lab_need_sums(l, &kept);
}

static void cut_file(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size / 2), 0);
}

static void test_damaged_and_failed(void **state)
{
    struct lab *l = *state;
    struct snapshot *s;
    char path[256];
    struct sums sums = {0};
    FILE *f;

    path_of(l, "", BEGIN, path, sizeof(path));
    lab_write(path, 1, 30000, BEGIN, NULL);
    cut_file(path);
    path_of(l, "", BEGIN + 300, path, sizeof(path));
    assert_non_null(f = fopen(path, "w"));
    fputs("not a flow file", f);
    fclose(f);
    lab_start(l);
    LAB_WAIT(files_in(l, FILE_DAMAGED) == 1 && files_in(l, FILE_FAILED) == 1);
    LAB_WAIT(lab_idle(l));
    s = catalog_snapshot(l->catalog);
    for (size_t i = 0; i < s->file_count; i++)
        assert_string_not_equal(s->files[i]->reason, "");
    assert_true(s->files[0]->flows > 0 && s->files[0]->flows < 30000);
    snapshot_release(s);
    assert_int_equal(files_done(l), 2);
    rescan(l); /* a failed one is tried again when somebody asks */
    LAB_WAIT(files_done(l) == 3);
    add_file(l, 1, 30000, BEGIN, &sums); /* both become good */
    add_file(l, 2, 100, BEGIN + 300, &sums);
    LAB_WAIT(files_in(l, FILE_STORED) == 2);
    LAB_WAIT(lab_idle(l));
    lab_need_sums(l, &sums);
}

/* ---- restart and reload --------------------------------------------------------------------------- */

static void test_restart(void **state)
{
    struct lab *l = *state;
    struct sums sums = {0};

    for (uint32_t i = 0; i < 20; i++)
        add_file(l, i, 500, BEGIN + i * 300, &sums);
    lab_start(l);
    LAB_WAIT(files_in(l, FILE_STORED) == 20);
    LAB_WAIT(lab_idle(l));
    lab_stop(l);
    lab_start(l);
    LAB_WAIT(lab_idle(l));
    assert_int_equal(files_done(l), 0);
    lab_need_sums(l, &sums);
}

static void test_lost_segment(void **state)
{
    struct lab *l = *state;
    struct sums sums = {0};
    char path[600];

    add_file(l, 1, 500, BEGIN, &sums);
    add_file(l, 2, 500, BEGIN + 300, &sums);
    lab_start(l);
    LAB_WAIT(files_in(l, FILE_STORED) == 2);
    LAB_WAIT(lab_idle(l));
    lab_stop(l);
    snprintf(path, sizeof(path), "%s/segments/router 1/2026-09-21/1.seg", l->data);
    assert_int_equal(unlink(path), 0);
    lab_start(l);
    LAB_WAIT(files_in(l, FILE_STORED) == 2);
    LAB_WAIT(lab_idle(l));
    lab_need_sums(l, &sums);
}

static void test_reload(void **state)
{
    struct lab *l = *state;
    struct ingest_device devices[2] = {l->device, l->device};
    struct ingest_options o = l->options;
    struct ingest_device_status status[4];
    struct sums sums = {0};
    struct err e = {0};
    char path[300];

    add_file(l, 1, 500, BEGIN, &sums);
    lab_start(l);
    LAB_WAIT(stored_flows(l) == 500);
    str_copy(devices[1].name, sizeof(devices[1].name), "../second"); /* a hostile name */
    snprintf(devices[1].directory, sizeof(devices[1].directory), "%s/second", l->top);
    assert_int_equal(mkdir(devices[1].directory, 0750), 0);
    snprintf(path, sizeof(path), "%s/ft-v05.2026-09-21.000000+0000", devices[1].directory);
    lab_write(path, 2, 700, BEGIN, &sums);
    o.devices = devices;
    o.device_count = 2;
    NEED_OK(ingest_reload(l->ingest, &o, &e), e);
    LAB_WAIT(stored_flows(l) == 1200);
    LAB_WAIT(lab_idle(l));
    lab_need_sums(l, &sums);
    assert_int_equal(ingest_devices(l->ingest, status, 4), 2);

    o.devices = devices + 1; /* the first one goes: its flows stay */
    o.device_count = 1;
    NEED_OK(ingest_reload(l->ingest, &o, &e), e);
    LAB_WAIT(lab_idle(l));
    add_file(l, 3, 500, BEGIN + 300, NULL);
    rescan(l);
    assert_int_equal(ingest_devices(l->ingest, status, 4), 1);
    assert_string_equal(status[0].name, "../second");
    assert_true(status[0].readable);
    assert_int_equal(status[0].stored_files, 1);
    lab_need_sums(l, &sums);

    snprintf(devices[1].directory, sizeof(devices[1].directory), "%s/nowhere", l->top);
    NEED_OK(ingest_reload(l->ingest, &o, &e), e);
    LAB_WAIT(lab_idle(l));
    assert_int_equal(ingest_devices(l->ingest, status, 4), 1);
    assert_false(status[0].readable);
    assert_string_not_equal(status[0].error, "");
    lab_need_sums(l, &sums); /* a directory that is away is not a reason to lose anything */
}

/* ---- keeping ------------------------------------------------------------------------------------------ */

static void test_expire_by_age(void **state)
{
    struct lab *l = *state;
    int64_t now = time_now_ms() / 1000;

    add_file(l, 1, 500, now - 3 * DAY, NULL);
    add_file(l, 2, 700, now - DAY, NULL);
    l->device.max_age_ms = 2 * DAY * 1000;
    lab_start(l);
    LAB_WAIT(files_in(l, FILE_EXPIRED) == 1);
    LAB_WAIT(lab_idle(l));
    assert_int_equal(stored_flows(l), 700);
    rescan(l); /* it is still there, and is not read again */
    assert_int_equal(files_done(l), 2);
    assert_int_equal(lab_count_files(l->data, ".seg"), 1);
}

static void test_clock_jump(void **state)
{
    struct lab *l = *state;
    int64_t now = time_now_ms(), before;
    struct err e = {0};

    add_file(l, 1, 500, now / 1000 - 3 * DAY, NULL);
    NEED_OK(catalog_open(&l->catalog, l->data, &e), e);
    NEED_OK(catalog_clock(l->catalog, now - 400 * DAY * 1000, &before, &e), e);
    assert_int_equal(before, 0);
    catalog_close(l->catalog);
    l->device.max_age_ms = 2 * DAY * 1000;
    lab_start(l);
    LAB_WAIT(files_in(l, FILE_STORED) == 1);
    LAB_WAIT(lab_idle(l));
    for (int i = 0; i < 50; i++) /* ten rounds of the keeper */
        lab_nap();
    assert_int_equal(stored_flows(l), 500);
    NEED_OK(catalog_clock(l->catalog, now, &before, &e), e);
    assert_true(before >= now); /* the keeper has noted the clock, so it has looked */
}

static void test_expire_by_size(void **state)
{
    struct lab *l = *state;
    struct ingest_options o = l->options;
    struct ingest_device smaller = l->device;
    struct snapshot *s;
    struct err e = {0};
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < 10; i++)
        add_file(l, i, 1000, BEGIN + i * 300, NULL);
    lab_start(l);
    LAB_WAIT(files_in(l, FILE_STORED) == 10);
    LAB_WAIT(lab_idle(l));
    s = catalog_snapshot(l->catalog);
    for (size_t i = 0; i < s->segment_count; i++)
        bytes += s->segments[i]->summary.bytes;
    smaller.max_bytes = bytes / 2;
    o.devices = &smaller;
    NEED_OK(ingest_reload(l->ingest, &o, &e), e);
    LAB_WAIT(files_in(l, FILE_EXPIRED) >= 5);
    LAB_WAIT(lab_idle(l));
    snapshot_release(s);
    s = catalog_snapshot(l->catalog);
    bytes = 0;
    for (size_t i = 0; i < s->file_count; i++) /* by start: the oldest went */
        assert_int_equal(
            s->files[i]->state, i < files_in(l, FILE_EXPIRED) ? FILE_EXPIRED : FILE_STORED);
    for (size_t i = 0; i < s->segment_count; i++)
        bytes += s->segments[i]->summary.bytes;
    assert_true(bytes > 0 && bytes <= smaller.max_bytes);
    snapshot_release(s);
}

static void test_joining(void **state)
{
    struct lab *l = *state;
    struct sums sums = {0};
    struct snapshot *before;
    const struct segment *segment;
    struct err e = {0};

    for (uint32_t i = 0; i < 20; i++)
        add_file(l, i, 500, BEGIN + i * 300, i == 3 || i == 4 ? NULL : &sums);
    lab_start(l);
    LAB_WAIT(files_in(l, FILE_STORED) == 20);
    LAB_WAIT(lab_idle(l));
    before = catalog_snapshot(l->catalog);
    assert_int_equal(before->segment_count, 20);
    ingest_stop(l->ingest);
    l->options.compact = true;
    NEED_OK(ingest_start(&l->ingest, l->catalog, &l->options, &e), e);
    LAB_WAIT(segments(l) == 1);
    assert_int_equal(stored_flows(l), 10000);
    for (size_t i = 0; i < before->segment_count;
         i++) /* a query that began before goes on */
        NEED_OK(segment_ref_open(before->segments[i], &segment, &e), e);
    assert_int_equal(lab_count_files(l->data, ".seg"), 21);
    snapshot_release(before);
    assert_int_equal(lab_count_files(l->data, ".seg"), 1);

    lab_stop(l); /* two files of the joined segment change at once */
    add_file(l, 103, 600, BEGIN + 3 * 300, &sums);
    add_file(l, 104, 700, BEGIN + 4 * 300, &sums);
    lab_start(l);
    LAB_WAIT(stored_flows(l) == 10300);
    LAB_WAIT(lab_idle(l));
    lab_need_sums(l, &sums);
}

/* A segment with a broken byte is taken out and its file read again; when the file is gone, that
 * is said. */
static void break_segment(struct lab *l, size_t index)
{
    struct snapshot *s = catalog_snapshot(l->catalog);
    int fd = open(s->segments[index]->path, O_RDWR);
    unsigned char byte;
    off_t middle = (off_t)s->segments[index]->summary.bytes / 3;

    assert_int_not_equal(fd, -1);
    assert_int_equal(pread(fd, &byte, 1, middle), 1);
    byte ^= 0x5a;
    assert_int_equal(pwrite(fd, &byte, 1, middle), 1);
    close(fd);
    atomic_store(&s->segments[index]->suspect, true);
    snapshot_release(s);
}

static void test_bad_segment(void **state)
{
    struct lab *l = *state;
    struct sums sums = {0}, rest = {0};
    char path[256];

    add_file(l, 1, 5000, BEGIN, &sums);
    rest = sums;
    add_file(l, 2, 5000, BEGIN + 300, &sums);
    lab_start(l);
    LAB_WAIT(files_in(l, FILE_STORED) == 2);
    LAB_WAIT(lab_idle(l));
    break_segment(l, 0);
    LAB_WAIT(files_done(l) == 3);
    LAB_WAIT(lab_idle(l));
    lab_need_sums(l, &sums);
    assert_int_equal(lab_count_files(l->data, ".bad"), 1);

    path_of(l, "", BEGIN + 300, path, sizeof(path));
    assert_int_equal(unlink(path), 0);
    LAB_WAIT(gone_files(l) == 1);
    break_segment(l, 1);
    LAB_WAIT(files_in(l, FILE_FAILED) == 1);
    LAB_WAIT(lab_idle(l));
    lab_need_sums(l, &rest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_come_and_go, make, unmake),
        cmocka_unit_test_setup_teardown(test_polling, make, unmake),
        cmocka_unit_test_setup_teardown(test_ledger_row, make, unmake),
        cmocka_unit_test_setup_teardown(test_temporary_waits, make, unmake),
        cmocka_unit_test_setup_teardown(test_nested, make, unmake),
        cmocka_unit_test_setup_teardown(test_names, make, unmake),
        cmocka_unit_test_setup_teardown(test_changed, make, unmake),
        cmocka_unit_test_setup_teardown(test_damaged_and_failed, make, unmake),
        cmocka_unit_test_setup_teardown(test_restart, make, unmake),
        cmocka_unit_test_setup_teardown(test_lost_segment, make, unmake),
        cmocka_unit_test_setup_teardown(test_reload, make, unmake),
        cmocka_unit_test_setup_teardown(test_expire_by_age, make, unmake),
        cmocka_unit_test_setup_teardown(test_clock_jump, make, unmake),
        cmocka_unit_test_setup_teardown(test_expire_by_size, make, unmake),
        cmocka_unit_test_setup_teardown(test_joining, make, unmake),
        cmocka_unit_test_setup_teardown(test_bad_segment, make, unmake),
    };

    log_init(true, 0, "ingest");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
