#include "store/catalog_private.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flowviewer/os.h"

/*
 * One change, all or nothing: files are synced and renamed into place first (a crash leaves
 * orphans, which the next start removes), then one transaction says that they count, then the
 * new snapshot is shown.
 */

/* ---- files into place ------------------------------------------------------------------ */

static int sync_file(const char *path, struct err *e)
{
    int fd = open(path, O_RDWR | O_CLOEXEC), result = 0;

    if (fd == -1)
        return err_sys(e, "open %s", path);
    if (fsync(fd) == -1)
        result = err_sys(e, "sync %s", path);
    close(fd);
    return result;
}

static void directory_of(const char *path, char *out, size_t size)
{
    char *slash;

    str_copy(out, size, path);
    if ((slash = strrchr(out, '/')) != NULL)
        *slash = '\0';
}

static int place_segment(struct catalog *c, const struct snapshot *s, struct new_segment *n,
    struct segment_ref **ref, struct err *e)
{
    const struct device *d = snapshot_device(s, n->device);

    if (d == NULL)
        return err_set(e, ERR_NOT_FOUND, "no device %lld", (long long)n->device);
    n->id = c->next_segment++;
    *ref = segment_ref_new(c->directory, d->name, n->id, n->device, n->day, &n->summary);
    if (*ref == NULL)
        return err_nomem(e, "catalog");
    if (sync_file(n->temporary, e) == -1)
        return -1;
    if (rename(n->temporary, (*ref)->path) == -1)
        return err_sys(e, "rename %s", n->temporary);
    atomic_store(&(*ref)->unlink, true); /* until the commit */
    return 0;
}

/* Each directory once: publications of a day go to one or two. */
static int sync_directories(struct segment_ref *const *refs, size_t n, struct err *e)
{
    char last[512] = "", now[512];

    for (size_t i = 0; i < n; i++) {
        directory_of(refs[i]->path, now, sizeof(now));
        if (strcmp(now, last) == 0)
            continue;
        if (os_fsync_directory(now, e) == -1)
            return -1;
        str_copy(last, sizeof(last), now);
    }
    return 0;
}

/* ---- rows --------------------------------------------------------------------------------- */

static int insert_segment(struct db *db, const struct new_segment *n, struct err *e)
{
    const struct segment_summary *s = &n->summary;

    return db_run(db, e,
        "INSERT INTO segments(id, device, day, flows, octets, packets, flow_count, "
        "min_start,"
        " max_end, present, bytes, blocks) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "iiiiiiiiiiii", n->id, n->device, n->day, (int64_t)s->flows, (int64_t)s->octets,
        (int64_t)s->packets, (int64_t)s->flow_count, s->min_start, s->max_end,
        (int64_t)s->present, (int64_t)s->bytes, (int64_t)s->blocks);
}

static int upsert_file(struct db *db, const struct flow_file *f, struct err *e)
{
    return db_run(db, e,
        "INSERT INTO files(id, device, path, root, state, size, mtime_ns, inode, flows, "
        "flows_lost,"
        " start, end, seen, gone, reason) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?)"
        " ON CONFLICT(id) DO UPDATE SET path = excluded.path, root = excluded.root,"
        " state = excluded.state, size = excluded.size, mtime_ns = excluded.mtime_ns,"
        " inode = excluded.inode, flows = excluded.flows, flows_lost = excluded.flows_lost,"
        " start = excluded.start, end = excluded.end, seen = excluded.seen, gone = "
        "excluded.gone,"
        " reason = excluded.reason",
        "iissiiiiiiiiiis", f->id, f->device, f->path, f->root, (int64_t)f->state,
        (int64_t)f->size, f->mtime_ns, (int64_t)f->inode, (int64_t)f->flows,
        (int64_t)f->flows_lost, f->start, f->end, f->seen, (int64_t)f->gone, f->reason);
}

static int write_file(struct db *db, const struct publication *p,
    const struct file_change *change, struct err *e)
{
    if (upsert_file(db, &change->file, e) == -1)
        return -1;
    if (change->segment == FILE_KEEPS_SEGMENTS)
        return 0;
    if (change->segment == FILE_HAS_NO_SEGMENT)
        return db_run(
            db, e, "DELETE FROM segment_files WHERE file = ?", "i", change->file.id);
    return db_run(db, e, "INSERT OR REPLACE INTO segment_files(segment, file) VALUES(?, ?)",
        "ii", p->added[change->segment].id, change->file.id);
}

static int write_rows(struct db *db, const struct publication *p, struct err *e)
{
    for (size_t i = 0; i < p->removed_count; i++)
        if (db_run(db, e, "DELETE FROM segments WHERE id = ?", "i", p->removed[i]) == -1)
            return -1;
    for (size_t i = 0; i < p->added_count; i++)
        if (insert_segment(db, &p->added[i], e) == -1)
            return -1;
    for (size_t i = 0; i < p->file_count; i++)
        if (write_file(db, p, &p->files[i], e) == -1)
            return -1;
    for (size_t i = 0; i < p->forget_count; i++)
        if (db_run(db, e, "DELETE FROM files WHERE id = ?", "i", p->forget[i]) == -1)
            return -1;
    return 0;
}

/* ---- the new snapshot ------------------------------------------------------------------------ */

static int by_id(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* Ids that leave the snapshot, sorted: removed, and ledger rows that are replaced or forgotten. */
struct leaving {
    int64_t *segments, *files;
    size_t segment_count, file_count;
};

static bool keep_segment(void *context, int64_t id)
{
    const struct leaving *l = context;
    return l->segment_count == 0 ||
           bsearch(&id, l->segments, l->segment_count, sizeof(id), by_id) == NULL;
}

static bool keep_file(void *context, int64_t id)
{
    const struct leaving *l = context;
    return l->file_count == 0 ||
           bsearch(&id, l->files, l->file_count, sizeof(id), by_id) == NULL;
}

static int leaving_make(struct leaving *l, const struct publication *p, struct err *e)
{
    *l = (struct leaving){0};
    l->segments = mem_array(p->removed_count + 1, sizeof(*l->segments));
    l->files = mem_array(p->file_count + p->forget_count + 1, sizeof(*l->files));
    if (l->segments == NULL || l->files == NULL)
        return err_nomem(e, "catalog");
    for (size_t i = 0; i < p->removed_count; i++)
        l->segments[l->segment_count++] = p->removed[i];
    for (size_t i = 0; i < p->file_count; i++)
        l->files[l->file_count++] = p->files[i].file.id;
    for (size_t i = 0; i < p->forget_count; i++)
        l->files[l->file_count++] = p->forget[i];
    qsort(l->segments, l->segment_count, sizeof(*l->segments), by_id);
    qsort(l->files, l->file_count, sizeof(*l->files), by_id);
    return 0;
}

/* A file may be named twice (it went into two segments): its last row counts. */
static int add_changed_files(
    struct snapshot_draft *d, const struct publication *p, struct err *e)
{
    for (size_t i = 0; i < p->file_count; i++) {
        bool later = false;
        for (size_t k = i + 1; k < p->file_count && k < i + 64; k++)
            later |= p->files[k].file.id == p->files[i].file.id;
        if (later)
            continue;
        struct file_row *row = file_row_new(&p->files[i].file);
        if (row == NULL)
            return err_nomem(e, "catalog");
        if (draft_add_file(d, row, e) == -1)
            return -1;
    }
    return 0;
}

/* Everything that the new snapshot holds is made before the commit: after it nothing may fail. */
static int make_draft(struct snapshot_draft *d, const struct snapshot *s,
    const struct publication *p, struct leaving *l, struct segment_ref **refs,
    struct err *e)
{
    if (draft_copy(d, s, keep_segment, keep_file, l, e) == -1 ||
        add_changed_files(d, p, e) == -1)
        return -1;
    for (size_t i = 0; i < p->added_count; i++) {
        atomic_fetch_add(&refs[i]->references, 1);
        if (draft_add_segment(d, refs[i], e) == -1)
            return -1;
    }
    return draft_finish(d, e);
}

static void unlink_removed(const struct snapshot *s, const struct leaving *l)
{
    for (size_t i = 0; i < s->segment_count; i++)
        if (l->segment_count > 0 && bsearch(&s->segments[i]->id, l->segments,
                                        l->segment_count, sizeof(int64_t), by_id) != NULL)
            atomic_store(&s->segments[i]->unlink, true);
}

static int commit(struct catalog *c, const struct publication *p, struct err *e)
{
    if (db_begin(c->db, e) == -1)
        return -1;
    if (write_rows(c->db, p, e) == -1 || db_commit(c->db, e) == -1) {
        db_rollback(c->db);
        return -1;
    }
    return 0;
}

/* From here on the change counts. */
static void show(struct catalog *c, const struct snapshot *s, struct snapshot_draft *draft,
    const struct leaving *leaving, struct segment_ref *const *refs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        atomic_store(&refs[i]->unlink, false);
    unlink_removed(s, leaving);
    draft_install(draft, c);
}

int catalog_publish_locked(struct catalog *c, struct publication *p, struct err *e)
{
    struct segment_ref **refs = mem_array(p->added_count + 1, sizeof(struct segment_ref *));
    struct snapshot_draft draft = {0};
    struct leaving leaving = {0};
    struct snapshot *s;
    int result = -1;

    if (refs == NULL)
        return err_nomem(e, "catalog");
    s = catalog_snapshot(c);
    for (size_t i = 0; i < p->file_count; i++)
        if (p->files[i].file.id == 0)
            p->files[i].file.id = c->next_file++;
    for (size_t i = 0; i < p->added_count; i++)
        if (place_segment(c, s, &p->added[i], &refs[i], e) == -1)
            goto out;
    if (sync_directories(refs, p->added_count, e) == -1 ||
        leaving_make(&leaving, p, e) == -1 ||
        make_draft(&draft, s, p, &leaving, refs, e) == -1 || commit(c, p, e) == -1)
        goto out;
    show(c, s, &draft, &leaving, refs, p->added_count);
    result = 0;
out:
    for (size_t i = 0; i < p->added_count; i++)
        if (refs[i] != NULL)
            segment_ref_release(refs[i]);
    draft_free(&draft);
    snapshot_release(s);
    free(leaving.segments);
    free(leaving.files);
    free(refs);
    return result;
}

int catalog_publish(struct catalog *c, struct publication *p, struct err *e)
{
    int result;

    lock_take(&c->publish);
    if (p->generation != 0 && p->generation < c->quarantined)
        result = err_set(e, ERR_BUSY, "a segment was taken out of service meanwhile");
    else
        result = catalog_publish_locked(c, p, e);
    lock_release(&c->publish);
    return result;
}
