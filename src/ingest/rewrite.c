#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ingest/ingest_private.h"

/* Segments out of segments: for joining, and for giving up the flows of one file. */

/* ---- files ---------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

void file_set_sort(struct file_set *s)
{
    qsort(s->ids, s->count, sizeof(*s->ids), by_id);
}

bool file_set_has(const struct file_set *s, int64_t file)
{
    return s->count > 0 && bsearch(&file, s->ids, s->count, sizeof(file), by_id) != NULL;
}

/* ---- flows ----------------------------------------------------------------------------- */

/* Flows first..first+count-1 of a segment into w; block is scratch. */
static int copy_range(struct ingest *in, const struct segment *s, uint64_t first,
    uint64_t count, struct flow_block *block, struct segment_writer *w, struct err *e)
{
    struct block b;

    for (uint32_t i = 0; segment_block(s, i, &b) == 0 && count > 0; i++) {
        uint64_t end = b.first + b.count;
        if (end <= first)
            continue;
        if (atomic_load(&in->stop))
            return err_set(e, ERR_CANCELLED, "stopping");
        uint32_t skip = (uint32_t)(first - b.first);
        uint32_t n = (uint32_t)(end - first < count ? end - first : count);
        if (block_read(&b, block, e) == -1)
            return -1;
        flow_block_keep(block, skip, n);
        if (segment_writer_add(w, block, e) == -1)
            return -1;
        first += n;
        count -= n;
    }
    return 0;
}

/* All of a segment's sources but those of some files. */
static int copy_sources(struct ingest *in, const struct segment *s,
    const struct file_set *without, struct flow_block *block, struct segment_writer *w,
    struct err *e)
{
    const struct segment_source *sources;
    uint32_t n = segment_sources(s, &sources);

    for (uint32_t i = 0; i < n; i++) {
        if (without != NULL && file_set_has(without, sources[i].file))
            continue;
        if (copy_range(in, s, sources[i].first, sources[i].count, block, w, e) == -1 ||
            segment_writer_source(w, sources[i].file, e) == -1)
            return -1;
    }
    return 0;
}

/* One new segment out of n, at a temporary path. */
int rewrite_segments(struct ingest *in, struct segment_ref *const *refs, size_t n,
    const struct file_set *without, struct new_segment *out, struct err *e)
{
    struct flow_block *block = flow_block_new();
    struct segment_writer *w = NULL;
    int result = -1;

    *out = (struct new_segment){.device = refs[0]->device, .day = refs[0]->day};
    if (block == NULL) {
        err_nomem(e, "block of flows");
        goto out;
    }
    if (catalog_temporary(in->catalog, out->device, out->day, out->temporary,
            sizeof(out->temporary), e) == -1 ||
        segment_writer_open(&w, out->temporary, e) == -1)
        goto out;
    for (size_t i = 0; i < n; i++) {
        const struct segment *s;
        if (segment_ref_open(refs[i], &s, e) == -1 ||
            copy_sources(in, s, without, block, w, e) == -1) {
            if (e->code == ERR_FORMAT)
                atomic_store(&refs[i]->suspect, true);
            goto out;
        }
    }
    result = segment_writer_finish(w, false, &out->summary, e);
    w = NULL;
out:
    segment_writer_abort(w);
    flow_block_free(block);
    return result;
}

/* ---- ledger rows ------------------------------------------------------------------------- */

static const struct flow_file *row_by_id(const struct snapshot *s, int64_t id)
{
    for (size_t i = 0; i < s->file_count; i++)
        if (s->files[i]->id == id)
            return s->files[i];
    return NULL;
}

int add_segment_rows(struct ingest *in, const struct snapshot *s, int64_t segment, int to,
    struct row_list *rows, struct err *e)
{
    int64_t *files = NULL;
    size_t n = 0;
    int result = catalog_segment_files(in->catalog, segment, &files, &n, e);

    for (size_t i = 0; i < n && result == 0; i++) {
        const struct flow_file *row = row_by_id(s, files[i]);
        void *grown =
            mem_grow(rows->list, &rows->capacity, rows->count + 1, sizeof(*rows->list));
        if (grown == NULL) {
            result = err_nomem(e, "ledger");
            break;
        }
        rows->list = grown;
        if (row != NULL)
            rows->list[rows->count++] = (struct file_change){.file = *row, .segment = to};
    }
    free(files);
    return result;
}
