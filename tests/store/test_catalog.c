/* The catalog: changes are all or nothing, snapshots keep what they hold, coverage is honest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "flowviewer/catalog.h"
#include "store/place.h"

#define MINUTE INT64_C(60000)
#define BEGIN  INT64_C(1790035200000)

static struct {
    char data[64];
    struct catalog *catalog;
} lab;
static int64_t device;

static int make(void **state)
{
    struct err e = {0};

    (void)state;
    str_copy(lab.data, sizeof(lab.data), "/tmp/fv-catalog-XXXXXX");
    assert_non_null(mkdtemp(lab.data));
    NEED_OK(catalog_open(&lab.catalog, lab.data, &e), e);
    NEED_OK(catalog_device(lab.catalog, "one", false, &device, &e), e);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    catalog_close(lab.catalog);
    lab.catalog = NULL;
    lab_remove(lab.data);
    return 0;
}

static void reopen(void)
{
    struct err e = {0};

    catalog_close(lab.catalog);
    NEED_OK(catalog_open(&lab.catalog, lab.data, &e), e);
}

/* A segment of n flows at a temporary path. */
static void write_segment(uint32_t n, int64_t file, struct new_segment *out)
{
    struct flow_block *b = flow_block_new();
    struct segment_writer *w;
    struct err e = {0};

    assert_non_null(b);
    b->count = n;
    b->present = FLOW_BIT(F_OCTETS) | FLOW_BIT(F_PACKETS) | FLOW_BIT(F_START) |
                 FLOW_BIT(F_END) | FLOW_BIT(F_SOURCE_ADDRESS);
    for (uint32_t i = 0; i < n; i++) {
        b->key[F_SOURCE_ADDRESS][i] = i;
        b->number[F_OCTETS - FLOW_KEYS][i] = i;
        b->number[F_PACKETS - FLOW_KEYS][i] = 1;
        b->number[F_START - FLOW_KEYS][i] = BEGIN;
        b->number[F_END - FLOW_KEYS][i] = BEGIN + i;
    }
    *out = (struct new_segment){.device = device, .day = BEGIN / 86400000};
    NEED_OK(catalog_temporary(
                lab.catalog, device, out->day, out->temporary, sizeof(out->temporary), &e),
        e);
    NEED_OK(segment_writer_open(&w, out->temporary, &e), e);
    NEED_OK(segment_writer_add(w, b, &e), e);
    NEED_OK(segment_writer_source(w, file, &e), e);
    NEED_OK(segment_writer_finish(w, false, &out->summary, &e), e);
    flow_block_free(b);
}

static struct flow_file make_file(
    const char *path, enum file_state state, int64_t minute, int64_t minutes)
{
    struct flow_file f = {.device = device,
        .state = state,
        .size = 100,
        .mtime_ns = 5,
        .inode = 7,
        .flows = 10,
        .flows_lost = 2,
        .start = BEGIN + minute * MINUTE,
        .end = BEGIN + (minute + minutes) * MINUTE,
        .seen = BEGIN,
        .reason = "",
        .path = path,
        .root = "/flows"};

    NEED(catalog_reserve_file_id(lab.catalog, &f.id, NULL) == 0);
    return f;
}

/* One segment of one file; returns the segment's id. */
static int64_t publish_one(const char *path, uint32_t n, int64_t *file)
{
    struct new_segment segment;
    struct file_change change = {.file = make_file(path, FILE_STORED, 0, 5), .segment = 0};
    struct publication p = {
        .added = &segment, .added_count = 1, .files = &change, .file_count = 1};
    struct err e = {0};

    change.file.flows = n;
    write_segment(n, change.file.id, &segment);
    NEED_OK(catalog_publish(lab.catalog, &p, &e), e);
    *file = change.file.id;
    return segment.id;
}

static void test_publish(void **state)
{
    int64_t file, segment, *ids;
    struct snapshot *s;
    struct err e = {0};
    size_t n;

    (void)state;
    segment = publish_one("ft-1", 500, &file);
    for (int again = 0; again < 2; again++) { /* and the same after a restart */
        s = catalog_snapshot(lab.catalog);
        assert_int_equal(s->segment_count, 1);
        assert_int_equal(s->segments[0]->id, segment);
        assert_int_equal(s->segments[0]->summary.flows, 500);
        assert_int_equal(s->segments[0]->summary.max_end, BEGIN + 499);
        assert_int_equal(s->file_count, 1);
        assert_string_equal(s->files[0]->path, "ft-1");
        assert_int_equal(s->files[0]->id, file);
        assert_int_equal(s->files[0]->state, FILE_STORED);
        assert_string_equal(snapshot_device(s, device)->name, "one");
        assert_ptr_equal(snapshot_device_by_name(s, "one"), snapshot_device(s, device));
        snapshot_release(s);
        NEED_OK(catalog_file_segments(lab.catalog, file, &ids, &n, &e), e);
        assert_true(n == 1 && ids[0] == segment);
        free(ids);
        reopen();
    }
}

static void test_snapshot_keeps(void **state)
{
    int64_t file, id = publish_one("ft-1", 500, &file);
    struct publication p = {.removed = &id, .removed_count = 1};
    struct snapshot *s = catalog_snapshot(lab.catalog), *now;
    const struct segment *open;
    struct err e = {0};

    (void)state;
    NEED_OK(catalog_publish(lab.catalog, &p, &e), e);
    now = catalog_snapshot(lab.catalog);
    assert_int_equal(now->segment_count, 0);
    assert_true(now->generation > s->generation);
    snapshot_release(now);
    NEED_OK(segment_ref_open(s->segments[0], &open, &e), e); /* not opened before */
    NEED_OK(segment_verify(open, &e), e);
    assert_int_equal(lab_count_files(lab.data, ".seg"), 1);
    snapshot_release(s);
    assert_int_equal(lab_count_files(lab.data, ".seg"), 0);
}

static void test_failure_changes_nothing(void **state)
{
    int64_t file, id = publish_one("ft-1", 500, &file);
    struct new_segment added[2];
    struct file_change changes[2] = {
        {.file = make_file("ft-2", FILE_STORED, 5, 5), .segment = 0},
        {.file = make_file("ft-3", FILE_STORED, 10, 5), .segment = 1}};
    struct publication p = {.added = added,
        .added_count = 2,
        .files = changes,
        .file_count = 2,
        .removed = &id,
        .removed_count = 1};
    struct snapshot *s;
    struct err e = {0};

    (void)state;
    write_segment(10, changes[0].file.id, &added[0]);
    write_segment(10, changes[1].file.id, &added[1]);
    assert_int_equal(unlink(added[1].temporary), 0);
    assert_int_equal(catalog_publish(lab.catalog, &p, &e), -1);
    assert_int_equal(e.code, ERR_SYSTEM);
    for (int again = 0; again < 2; again++) {
        s = catalog_snapshot(lab.catalog);
        assert_int_equal(s->segment_count, 1);
        assert_int_equal(s->file_count, 1);
        snapshot_release(s);
        assert_int_equal(lab_count_files(lab.data, ".seg"), 1);
        reopen();
    }
}

static void test_orphans(void **state)
{
    int64_t file;
    struct new_segment never;
    char orphan[600];

    (void)state;
    publish_one("ft-1", 500, &file);
    write_segment(
        10, file, &never); /* the daemon dies before it is published, or after it */
    write_segment(10, file, &never); /* was renamed */
    str_copy(orphan, sizeof(orphan), never.temporary);
    str_copy(strrchr(orphan, '/') + 1, 16, "777.seg");
    assert_int_equal(rename(never.temporary, orphan), 0);
    reopen();
    assert_int_equal(lab_count_files(lab.data, ".tmp"), 0);
    assert_int_equal(lab_count_files(lab.data, ".seg"), 1);
    str_copy(strrchr(orphan, '/') + 1, 16, "1.seg"); /* a restored backup lacks one */
    assert_int_equal(unlink(orphan), 0);
    reopen();
    struct snapshot *s = catalog_snapshot(lab.catalog);
    assert_int_equal(s->segment_count, 0);
    assert_int_equal(s->files[0]->state, FILE_QUEUED);
    snapshot_release(s);
}

static void test_quarantine(void **state)
{
    int64_t file, id = publish_one("ft-1", 500, &file);
    struct snapshot *before = catalog_snapshot(lab.catalog), *s;
    struct publication late = {.generation = before->generation};
    struct err e = {0};

    (void)state;
    NEED_OK(catalog_quarantine(lab.catalog, id, "bad bytes", &e), e);
    NEED_OK(catalog_quarantine(lab.catalog, id, "bad bytes", &e), e); /* twice is no harm */
    s = catalog_snapshot(lab.catalog);
    assert_int_equal(s->segment_count, 0);
    assert_int_equal(s->files[0]->state, FILE_QUEUED);
    assert_string_equal(s->files[0]->reason, "bad bytes");
    snapshot_release(s);
    snapshot_release(before);
    assert_int_equal(lab_count_files(lab.data, ".bad"), 1);
    assert_int_equal(lab_count_files(lab.data, ".seg"), 0);
    assert_int_equal(catalog_publish(lab.catalog, &late, &e), -1);
    assert_int_equal(e.code, ERR_BUSY); /* it was decided on what is no longer so */
}

static size_t open_segments(void)
{
    struct snapshot *s = catalog_snapshot(lab.catalog);
    size_t n = 0;

    for (size_t i = 0; i < s->segment_count; i++)
        n += atomic_load(&s->segments[i]->open) != NULL;
    snapshot_release(s);
    return n;
}

static void test_trim(void **state)
{
    struct snapshot *s;
    const struct segment *open[6];
    struct err e = {0};
    char name[16];
    int64_t file;

    (void)state;
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof(name), "ft-%d", i);
        publish_one(name, 10 + (uint32_t)i, &file);
    }
    s = catalog_snapshot(lab.catalog);
    for (int i = 0; i < 6; i++) {
        NEED_OK(segment_ref_open(s->segments[i], &open[i], &e), e);
        atomic_store(&s->segments[i]->used, 1000 + i);
    }
    NEED_OK(catalog_trim(lab.catalog, 6, &e), e);
    assert_int_equal(open_segments(), 6);
    NEED_OK(catalog_trim(lab.catalog, 2, &e), e);
    assert_int_equal(open_segments(), 2);
    for (int i = 0; i < 6; i++) /* who has them keeps them */
        NEED_OK(segment_verify(open[i], &e), e);
    snapshot_release(s);
    s = catalog_snapshot(lab.catalog);
    assert_int_equal(s->segment_count, 6);
    for (int i = 0; i < 6; i++) /* and they open again */
        NEED_OK(segment_ref_open(s->segments[i], &open[i], &e), e);
    snapshot_release(s);
    assert_int_equal(lab_count_files(lab.data, ".seg"), 6);
}

static void test_hostile_device(void **state)
{
    static const char *const names[] = {"../../etc", "..", "a/b", ".", "x\ny"};
    struct err e = {0};
    char path[512];
    int64_t id;

    (void)state;
    for (size_t i = 0; i < NITEMS(names); i++) {
        NEED_OK(catalog_device(lab.catalog, names[i], false, &id, &e), e);
        NEED_OK(catalog_temporary(lab.catalog, id, 20000, path, sizeof(path), &e), e);
        assert_int_equal(strncmp(path, lab.data, strlen(lab.data)), 0);
        assert_null(strstr(path, "/../"));
        assert_null(strstr(path, "/./"));
        assert_null(strchr(path, '\n'));
    }
}

/* ---- coverage ------------------------------------------------------------------------------------- */

static void add_row(
    const char *path, enum file_state state, int64_t minute, int64_t minutes)
{
    struct file_change change = {
        .file = make_file(path, state, minute, minutes), .segment = FILE_HAS_NO_SEGMENT};
    struct publication p = {.files = &change, .file_count = 1};
    struct err e = {0};

    NEED_OK(catalog_publish(lab.catalog, &p, &e), e);
}

static struct coverage covered(int64_t from, int64_t to)
{
    struct snapshot *s = catalog_snapshot(lab.catalog);
    struct coverage c;

    snapshot_coverage(s, &device, 1, BEGIN + from * MINUTE, BEGIN + to * MINUTE, &c);
    snapshot_release(s);
    return c;
}

static void test_coverage(void **state)
{
    struct coverage c;

    (void)state;
    add_row("ft-1", FILE_STORED, 0, 5);
    add_row("ft-2", FILE_DAMAGED, 5, 5);
    add_row("ft-3", FILE_STORED, 10, 5);
    add_row("ft-6", FILE_STORED, 25, 5); /* two are missing */
    add_row("ft-7", FILE_QUEUED, 30, 5);
    add_row("ft-8", FILE_FAILED, 35, 5);
    c = covered(0, 15);
    assert_true(c.share > 0.999 && c.share < 1.001);
    assert_int_equal(c.files, 3);
    assert_int_equal(c.files_damaged, 1);
    assert_int_equal(c.files_missing, 0);
    assert_int_equal(c.flows_lost, 6);
    c = covered(0, 30);
    assert_int_equal(c.files_missing, 2);
    assert_true(c.share > 0.666 && c.share < 0.667);
    c = covered(0, 40);
    assert_int_equal(c.files_queued, 1);
    assert_int_equal(c.files_failed, 1);
    assert_true(c.share > 0.499 && c.share < 0.501);
    c = covered(100, 200);
    assert_int_equal(c.files, 0);
    assert_true(c.share < 0.001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_publish, make, unmake),
        cmocka_unit_test_setup_teardown(test_snapshot_keeps, make, unmake),
        cmocka_unit_test_setup_teardown(test_failure_changes_nothing, make, unmake),
        cmocka_unit_test_setup_teardown(test_orphans, make, unmake),
        cmocka_unit_test_setup_teardown(test_quarantine, make, unmake),
        cmocka_unit_test_setup_teardown(test_trim, make, unmake),
        cmocka_unit_test_setup_teardown(test_hostile_device, make, unmake),
        cmocka_unit_test_setup_teardown(test_coverage, make, unmake),
    };

    log_init(true, 0, "catalog");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
