#include "store/catalog_private.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * From the database to the first snapshot, and back to order after a crash: a segment file that
 * no row names was never published (or was replaced) and goes; a row whose file is missing is
 * dropped and its flow files are queued again.
 */

struct load {
    struct catalog *catalog;
    struct snapshot_draft draft;
    int64_t *missing; /* segment ids */
    size_t missing_count, missing_capacity;
};

static int load_device(void *context, const struct db_row *row, struct err *e)
{
    struct load *l = context;
    struct device d = {.id = db_int(row, 0),
        .exporters = db_int(row, 2) != 0,
        .configured = db_int(row, 3) != 0};

    str_copy(d.name, sizeof(d.name), db_text(row, 1));
    return draft_add_device(&l->draft, &d, e);
}

static const char *device_name(const struct load *l, int64_t id)
{
    for (size_t i = 0; i < l->draft.device_count; i++)
        if (l->draft.devices[i].id == id)
            return l->draft.devices[i].name;
    return "unknown";
}

static int note_missing(struct load *l, int64_t id, struct err *e)
{
    void *grown = mem_grow(
        l->missing, &l->missing_capacity, l->missing_count + 1, sizeof(*l->missing));

    if (grown == NULL)
        return err_nomem(e, "catalog");
    l->missing = grown;
    l->missing[l->missing_count++] = id;
    return 0;
}

static int load_segment(void *context, const struct db_row *row, struct err *e)
{
    struct load *l = context;
    int64_t id = db_int(row, 0), device = db_int(row, 1);
    struct segment_summary s = {.flows = (uint64_t)db_int(row, 3),
        .octets = (uint64_t)db_int(row, 4),
        .packets = (uint64_t)db_int(row, 5),
        .flow_count = (uint64_t)db_int(row, 6),
        .min_start = db_int(row, 7),
        .max_end = db_int(row, 8),
        .present = (uint32_t)db_int(row, 9),
        .bytes = (uint64_t)db_int(row, 10),
        .blocks = (uint32_t)db_int(row, 11)};
    struct segment_ref *ref = segment_ref_new(
        l->catalog->directory, device_name(l, device), id, device, db_int(row, 2), &s);
    struct stat st;

    if (id >= l->catalog->next_segment)
        l->catalog->next_segment = id + 1;
    if (ref == NULL)
        return err_nomem(e, "catalog");
    if (stat(ref->path, &st) == -1 || (uint64_t)st.st_size != s.bytes) {
        log_warnx("segment %s is missing or cut: its flow files are read again, if they "
                  "still exist",
            ref->path);
        segment_ref_release(ref);
        return note_missing(l, id, e);
    }
    return draft_add_segment(&l->draft, ref, e);
}

static int load_file(void *context, const struct db_row *row, struct err *e)
{
    struct load *l = context;
    struct flow_file f = {.id = db_int(row, 0),
        .device = db_int(row, 1),
        .path = db_text(row, 2),
        .root = db_text(row, 3),
        .state = (enum file_state)db_int(row, 4),
        .size = (uint64_t)db_int(row, 5),
        .mtime_ns = db_int(row, 6),
        .inode = (uint64_t)db_int(row, 7),
        .flows = (uint64_t)db_int(row, 8),
        .flows_lost = (uint64_t)db_int(row, 9),
        .start = db_int(row, 10),
        .end = db_int(row, 11),
        .seen = db_int(row, 12),
        .gone = db_int(row, 13) != 0,
        .reason = db_text(row, 14)};
    struct file_row *copy = file_row_new(&f);

    if (f.id >= l->catalog->next_file)
        l->catalog->next_file = f.id + 1;
    return copy == NULL ? err_nomem(e, "catalog") : draft_add_file(&l->draft, copy, e);
}

/* ---- sweeping ----------------------------------------------------------------------- */

static int by_path(const void *a, const void *b)
{
    return strcmp(
        (*(struct segment_ref *const *)a)->path, (*(struct segment_ref *const *)b)->path);
}

/* The draft's segments are sorted by path. */
static bool named(const struct load *l, const char *path)
{
    size_t low = 0, high = l->draft.segment_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(l->draft.segments[middle]->path, path);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n >= m && strcmp(name + n - m, end) == 0;
}

/* depth 0: segments/, 1: a device, 2: a day. */
static void sweep(struct load *l, const char *directory, int depth)
{
    DIR *dir = opendir(directory);
    struct dirent *entry;
    char path[512];

    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.' || (size_t)snprintf(path, sizeof(path), "%s/%s",
                                           directory, entry->d_name) >= sizeof(path))
            continue;
        if (depth < 2) {
            sweep(l, path, depth + 1);
        } else if (ends_with(path, ".tmp") ||
                   (ends_with(path, ".seg") && !named(l, path))) {
            log_info("removing %s, which was never published", path);
            unlink(path);
        }
    }
    closedir(dir);
    if (depth > 0)
        rmdir(directory); /* if it is empty */
}

/* ---- missing segments ----------------------------------------------------------------- */

static int drop_missing(struct load *l, struct err *e)
{
    struct db *db = l->catalog->db;

    if (l->missing_count == 0)
        return 0;
    if (db_begin(db, e) == -1)
        return -1;
    for (size_t i = 0; i < l->missing_count; i++)
        if (db_run(db, e,
                "UPDATE files SET state = CASE gone WHEN 0 THEN ? ELSE ? END, reason ="
                " CASE gone WHEN 0 THEN 'its segment was lost: it is read again'"
                " ELSE 'its segment was lost, and the flow file is gone' END WHERE id IN"
                " (SELECT file FROM segment_files WHERE segment = ?)",
                "iii", (int64_t)FILE_QUEUED, (int64_t)FILE_FAILED, l->missing[i]) == -1 ||
            db_run(db, e, "DELETE FROM segments WHERE id = ?", "i", l->missing[i]) == -1) {
            db_rollback(db);
            return -1;
        }
    return db_commit(db, e);
}

int catalog_load(struct catalog *c, struct err *e)
{
    struct load l = {.catalog = c};
    int result = -1;

    c->next_file = c->next_segment = 1;
    if (db_each(c->db, load_device, &l, e,
            "SELECT id, name, exporters, configured FROM devices", "") == -1 ||
        db_each(c->db, load_segment, &l, e,
            "SELECT id, device, day, flows, octets, packets, flow_count, min_start, "
            "max_end, present,"
            " bytes, blocks FROM segments",
            "") == -1 ||
        drop_missing(&l, e) == -1 ||
        db_each(c->db, load_file, &l, e,
            "SELECT id, device, path, root, state, size, mtime_ns, inode, flows, "
            "flows_lost, start,"
            " end, seen, gone, reason FROM files",
            "") == -1)
        goto out;
    if (l.draft.segment_count > 0)
        qsort(
            l.draft.segments, l.draft.segment_count, sizeof(struct segment_ref *), by_path);
    sweep(&l, c->directory, 0);
    if (draft_finish(&l.draft, e) == -1)
        goto out;
    draft_install(&l.draft, c);
    result = 0;
out:
    draft_free(&l.draft);
    free(l.missing);
    return result;
}
