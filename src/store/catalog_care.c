#include "store/catalog_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Care for segments in service: bad ones are taken out, so that their flow files are read again,
 * and mappings that nobody needs are given back to the kernel.
 */

/* ---- quarantine ----------------------------------------------------------------------------- */

static const struct flow_file *file_by_id(const struct snapshot *s, int64_t id)
{
    for (size_t i = 0; i < s->file_count; i++)
        if (s->files[i]->id == id)
            return s->files[i];
    return NULL;
}

static struct segment_ref *segment_by_id(const struct snapshot *s, int64_t id)
{
    for (size_t i = 0; i < s->segment_count; i++)
        if (s->segments[i]->id == id)
            return s->segments[i];
    return NULL;
}

/* A second name, before the first one goes. */
static void keep_bad_file(const struct segment_ref *ref)
{
    char bad[sizeof(ref->path) + 8];

    snprintf(bad, sizeof(bad), "%s.bad", ref->path);
    unlink(bad); /* of an earlier segment of that number */
    if (link(ref->path, bad) == -1)
        log_warn("keep %s", bad);
}

static int queue_files(struct catalog *c, const struct snapshot *s, int64_t segment,
    const char *reason, struct publication *p, struct err *e)
{
    int64_t *files = NULL;
    size_t n = 0;
    int result = catalog_segment_files_locked(c, segment, &files, &n, e);

    if (result == 0 && (p->files = mem_array(n + 1, sizeof(*p->files))) == NULL)
        result = err_nomem(e, "quarantine");
    for (size_t i = 0; result == 0 && i < n; i++) {
        const struct flow_file *f = file_by_id(s, files[i]);
        if (f == NULL)
            continue;
        struct file_change *change = &p->files[p->file_count++];
        change->file = *f;
        change->segment = FILE_HAS_NO_SEGMENT;
        change->file.state = f->gone ? FILE_FAILED : FILE_QUEUED;
        change->file.reason = reason;
        if (f->gone)
            log_warnx("%s/%s: %llu flows are lost: %s, and the flow file is gone", f->root,
                f->path, (unsigned long long)f->flows, reason);
    }
    free(files);
    return result;
}

int catalog_quarantine(
    struct catalog *c, int64_t segment, const char *reason, struct err *e)
{
    struct publication p = {.removed = &segment, .removed_count = 1};
    struct snapshot *s;
    const struct segment_ref *ref;
    int result = 0;

    lock_take(&c->publish);
    s = catalog_snapshot(c);
    if ((ref = segment_by_id(s, segment)) != NULL) {
        log_warnx("segment %s is taken out of service: %s", ref->path, reason);
        result = queue_files(c, s, segment, reason, &p, e);
        if (result == 0) {
            keep_bad_file(ref);
            result = catalog_publish_locked(c, &p, e);
        }
        if (result == 0)
            c->quarantined = s->generation + 1;
    }
    snapshot_release(s);
    lock_release(&c->publish);
    free(p.files);
    return result;
}

/* True if it was bad, and is out of service now. */
static bool check_suspect(struct catalog *c, struct segment_ref *ref)
{
    struct segment *s;
    char reason[200];
    struct err e = {0};
    int result;

    if ((result = segment_open(&s, ref->path, &e)) == 0) {
        result = segment_verify(s, &e);
        if (result == 0 && segment_summary(s)->flows != ref->summary.flows)
            result = err_set(&e, ERR_FORMAT, "not the segment of the catalog");
        segment_close(s);
    }
    if (result == 0 || (e.code != ERR_FORMAT && e.sys != ENOENT))
        return false; /* no memory, no descriptor: that says nothing of the segment */
    snprintf(reason, sizeof(reason), "stored flows were damaged (%.150s)", e.msg);
    if (catalog_quarantine(c, ref->id, reason, &e) == 0)
        return true;
    log_warnx("segment %s cannot be taken out of service: %s", ref->path, e.msg);
    atomic_store(&ref->suspect, true);
    return false;
}

size_t catalog_check_suspects(struct catalog *c)
{
    struct snapshot *s = catalog_snapshot(c);
    size_t bad = 0;

    for (size_t i = 0; i < s->segment_count; i++)
        if (atomic_exchange(&s->segments[i]->suspect, false))
            bad += check_suspect(c, s->segments[i]);
    snapshot_release(s);
    return bad;
}

/* ---- mappings --------------------------------------------------------------------------------- */

static int by_use(const void *a, const void *b)
{
    long long x = *(const long long *)a, y = *(const long long *)b;
    return x < y ? -1 : x > y;
}

/* Segments not used since then are to be closed, so that 'most' stay; unchanged: none. */
static int find_limit(
    const struct snapshot *s, size_t most, long long *limit, struct err *e)
{
    long long *used = mem_array(s->segment_count + 1, sizeof(*used));
    size_t n = 0;

    if (used == NULL)
        return err_nomem(e, "catalog");
    for (size_t i = 0; i < s->segment_count; i++)
        if (atomic_load(&s->segments[i]->open) != NULL)
            used[n++] = atomic_load(&s->segments[i]->used);
    if (n > most) {
        qsort(used, n, sizeof(*used), by_use);
        *limit = used[n - most - 1];
    }
    free(used);
    return 0;
}

/* The same segment, not opened. Whoever has the old one keeps it open until he lets it go. */
static struct segment_ref *closed_twin(const struct segment_ref *ref)
{
    struct segment_ref *twin = calloc(1, sizeof(*twin));

    if (twin == NULL)
        return NULL;
    twin->id = ref->id;
    twin->device = ref->device;
    twin->day = ref->day;
    twin->summary = ref->summary;
    str_copy(twin->path, sizeof(twin->path), ref->path);
    atomic_init(&twin->references, 1);
    atomic_init(&twin->suspect, atomic_load(&ref->suspect));
    return twin;
}

static bool keep_all(void *context, int64_t id)
{
    (void)context;
    (void)id;
    return true;
}

static int close_idle(struct snapshot_draft *d, long long limit, struct err *e)
{
    for (size_t i = 0; i < d->segment_count; i++) {
        struct segment_ref *ref = d->segments[i], *twin;
        if (atomic_load(&ref->open) == NULL || atomic_load(&ref->used) > limit)
            continue;
        if ((twin = closed_twin(ref)) == NULL)
            return err_nomem(e, "catalog");
        d->segments[i] = twin;
        segment_ref_release(ref);
    }
    return 0;
}

int catalog_trim(struct catalog *c, size_t most, struct err *e)
{
    struct snapshot_draft d = {0};
    struct snapshot *s;
    long long limit = -1;
    int result;

    lock_take(&c->publish);
    s = catalog_snapshot(c);
    result = find_limit(s, most, &limit, e);
    if (result == 0 && limit >= 0) {
        result = draft_copy(&d, s, keep_all, keep_all, NULL, e);
        if (result == 0)
            result = close_idle(&d, limit, e);
        if (result == 0)
            result = draft_finish(&d, e);
        if (result == 0)
            draft_install(&d, c);
        draft_free(&d);
    }
    snapshot_release(s);
    lock_release(&c->publish);
    return result;
}
