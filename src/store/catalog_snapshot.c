#include "store/catalog_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- ledger rows ------------------------------------------------------------------ */

struct file_row *file_row_new(const struct flow_file *f)
{
    size_t reason = strlen(f->reason) + 1, path = strlen(f->path) + 1,
           root = strlen(f->root) + 1;
    struct file_row *row = malloc(sizeof(*row) + reason + path + root);
    char *text;

    if (row == NULL)
        return NULL;
    row->file = *f;
    atomic_init(&row->references, 1);
    text = row->texts;
    row->file.reason = memcpy(text, f->reason, reason);
    row->file.path = memcpy(text + reason, f->path, path);
    row->file.root = memcpy(text + reason + path, f->root, root);
    return row;
}

static struct file_row *row_of(const struct flow_file *f)
{
    return (struct file_row *)(uintptr_t)f;
}

void file_row_release(const struct flow_file *f)
{
    if (atomic_fetch_sub(&row_of(f)->references, 1) == 1)
        free(row_of(f));
}

/* ---- segments --------------------------------------------------------------------- */

struct segment_ref *segment_ref_new(const char *directory, const char *device, int64_t id,
    int64_t device_id, int64_t day, const struct segment_summary *s)
{
    struct segment_ref *ref = calloc(1, sizeof(*ref));

    if (ref == NULL)
        return NULL;
    ref->id = id;
    ref->device = device_id;
    ref->day = day;
    ref->summary = *s;
    catalog_segment_path(directory, device, day, id, ref->path, sizeof(ref->path));
    atomic_init(&ref->references, 1);
    return ref;
}

void segment_ref_release(struct segment_ref *ref)
{
    if (atomic_fetch_sub(&ref->references, 1) != 1)
        return;
    segment_close(atomic_load(&ref->open));
    if (atomic_load(&ref->unlink) && unlink(ref->path) == -1)
        log_warn("remove %s", ref->path);
    free(ref);
}

/* Two threads may open it at once; one's mapping wins, the other's is closed. */
int segment_ref_open(struct segment_ref *ref, const struct segment **out, struct err *e)
{
    struct segment *s = atomic_load(&ref->open), *mine;

    atomic_store(&ref->used, time_mono_ms());
    if (s == NULL) {
        if (segment_open(&mine, ref->path, e) == -1) {
            atomic_store(&ref->suspect, true);
            return -1;
        }
        if (segment_summary(mine)->flows != ref->summary.flows ||
            segment_summary(mine)->blocks != ref->summary.blocks) {
            segment_close(mine);
            atomic_store(&ref->suspect, true);
            return err_set(
                e, ERR_FORMAT, "segment %s is not the one in the catalog", ref->path);
        }
        if (atomic_compare_exchange_strong(&ref->open, &s, mine))
            s = mine;
        else
            segment_close(mine);
    }
    *out = s;
    return 0;
}

/* ---- drafts ----------------------------------------------------------------------- */

int draft_add_device(struct snapshot_draft *d, const struct device *device, struct err *e)
{
    void *grown =
        mem_grow(d->devices, &d->device_capacity, d->device_count + 1, sizeof(*d->devices));

    if (grown == NULL)
        return err_nomem(e, "catalog");
    d->devices = grown;
    d->devices[d->device_count++] = *device;
    return 0;
}

int draft_add_segment(struct snapshot_draft *d, struct segment_ref *ref, struct err *e)
{
    void *grown = mem_grow(d->segments, &d->segment_capacity, d->segment_count + 1,
        sizeof(struct segment_ref *));

    if (grown == NULL) {
        segment_ref_release(ref);
        return err_nomem(e, "catalog");
    }
    d->segments = grown;
    d->segments[d->segment_count++] = ref;
    return 0;
}

int draft_add_file(struct snapshot_draft *d, struct file_row *row, struct err *e)
{
    void *grown = mem_grow(
        d->files, &d->file_capacity, d->file_count + 1, sizeof(const struct flow_file *));

    if (grown == NULL) {
        file_row_release(&row->file);
        return err_nomem(e, "catalog");
    }
    d->files = grown;
    d->files[d->file_count++] = &row->file;
    return 0;
}

void draft_free(struct snapshot_draft *d)
{
    for (size_t i = 0; i < d->segment_count; i++)
        segment_ref_release(d->segments[i]);
    for (size_t i = 0; i < d->file_count; i++)
        file_row_release(d->files[i]);
    free(d->devices);
    free(d->segments);
    free(d->files);
    free(d->shell);
    *d = (struct snapshot_draft){0};
}

int draft_copy(struct snapshot_draft *d, const struct snapshot *s,
    bool (*keep_segment)(void *, int64_t), bool (*keep_file)(void *, int64_t),
    void *context, struct err *e)
{
    for (size_t i = 0; i < s->device_count; i++)
        if (draft_add_device(d, &s->devices[i], e) == -1)
            return -1;
    for (size_t i = 0; i < s->segment_count; i++) {
        if (!keep_segment(context, s->segments[i]->id))
            continue;
        atomic_fetch_add(&s->segments[i]->references, 1);
        if (draft_add_segment(d, s->segments[i], e) == -1)
            return -1;
    }
    for (size_t i = 0; i < s->file_count; i++) {
        if (!keep_file(context, s->files[i]->id))
            continue;
        atomic_fetch_add(&row_of(s->files[i])->references, 1);
        if (draft_add_file(d, row_of(s->files[i]), e) == -1)
            return -1;
    }
    return 0;
}

static int by_device_and_start(const void *a, const void *b)
{
    const struct segment_ref *x = *(struct segment_ref *const *)a,
                             *y = *(struct segment_ref *const *)b;

    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    if (x->summary.min_start != y->summary.min_start)
        return x->summary.min_start < y->summary.min_start ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static int file_by_device_and_start(const void *a, const void *b)
{
    const struct flow_file *x = *(const struct flow_file *const *)a,
                           *y = *(const struct flow_file *const *)b;

    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

int draft_finish(struct snapshot_draft *d, struct err *e)
{
    if ((d->shell = calloc(1, sizeof(*d->shell))) == NULL)
        return err_nomem(e, "catalog");
    if (d->segment_count > 0)
        qsort(d->segments, d->segment_count, sizeof(struct segment_ref *),
            by_device_and_start);
    if (d->file_count > 0)
        qsort(d->files, d->file_count, sizeof(const struct flow_file *),
            file_by_device_and_start);
    return 0;
}

void draft_install(struct snapshot_draft *d, struct catalog *c)
{
    struct snapshot *s = d->shell, *old;

    atomic_init(&s->references, 1);
    s->devices = d->devices;
    s->device_count = d->device_count;
    s->segments = d->segments;
    s->segment_count = d->segment_count;
    s->files = d->files;
    s->file_count = d->file_count;
    *d = (struct snapshot_draft){0};
    lock_take(&c->current_lock);
    old = c->current;
    s->generation = old == NULL ? 1 : old->generation + 1;
    c->current = s;
    lock_release(&c->current_lock);
    if (old != NULL)
        snapshot_release(old);
}

/* ---- snapshots ---------------------------------------------------------------------- */

struct snapshot *catalog_snapshot(struct catalog *c)
{
    struct snapshot *s;

    lock_take(&c->current_lock);
    s = c->current;
    atomic_fetch_add(&s->references, 1);
    lock_release(&c->current_lock);
    return s;
}

void snapshot_release(struct snapshot *s)
{
    if (s == NULL || atomic_fetch_sub(&s->references, 1) != 1)
        return;
    for (size_t i = 0; i < s->segment_count; i++)
        segment_ref_release(s->segments[i]);
    for (size_t i = 0; i < s->file_count; i++)
        file_row_release(s->files[i]);
    free((void *)(uintptr_t)s->devices);
    free(s->segments);
    free(s->files);
    free(s);
}

const struct device *snapshot_device(const struct snapshot *s, int64_t id)
{
    for (size_t i = 0; i < s->device_count; i++)
        if (s->devices[i].id == id)
            return &s->devices[i];
    return NULL;
}

const struct device *snapshot_device_by_name(const struct snapshot *s, const char *name)
{
    for (size_t i = 0; i < s->device_count; i++)
        if (strcmp(s->devices[i].name, name) == 0)
            return &s->devices[i];
    return NULL;
}

const char *file_state_name(enum file_state s)
{
    static const char *const names[] = {[FILE_QUEUED] = "queued",
        [FILE_STORED] = "stored",
        [FILE_DAMAGED] = "damaged",
        [FILE_FAILED] = "failed",
        [FILE_EXPIRED] = "expired"};

    return (size_t)s < NITEMS(names) ? names[s] : "unknown";
}
