#include "store/catalog_private.h"

#include <stdlib.h>

/* How much of a period the stored files cover: a walk over the ledger rows near it. */

#define USUAL_FILES 64
#define LONGEST_FILE_MS                                                                    \
    INT64_C(172800000) /* a row that starts earlier cannot reach the period */

static bool stored(const struct flow_file *f)
{
    return f->state == FILE_STORED || f->state == FILE_DAMAGED;
}

/* First row of the device that starts at or after 'start' (rows are by device, then start). */
static size_t first_row(const struct snapshot *s, int64_t device, int64_t start)
{
    size_t low = 0, high = s->file_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct flow_file *f = s->files[middle];
        if (f->device < device || (f->device == device && f->start < start))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int by_length(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* The median length of some of the device's files near the period; 5 minutes if there are none. */
static int64_t usual_length(const struct snapshot *s, int64_t device, size_t row)
{
    int64_t lengths[USUAL_FILES];
    size_t n = 0;

    for (; row < s->file_count && s->files[row]->device == device && n < USUAL_FILES; row++)
        if (stored(s->files[row]) && s->files[row]->end > s->files[row]->start)
            lengths[n++] = s->files[row]->end - s->files[row]->start;
    if (n == 0)
        return 300000;
    qsort(lengths, n, sizeof(*lengths), by_length);
    return lengths[n / 2];
}

struct walk {
    int64_t start, end; /* the period, both finite */
    bool open;          /* it begins with whatever the device has first */
    int64_t usual;
    int64_t reached; /* covered without a gap up to here */
    int64_t covered;
    struct coverage *out;
};

/* Small gaps are rounding of the capture times: files follow each other. */
static void take_gap(struct walk *w, int64_t until)
{
    int64_t gap = until - w->reached;

    if (gap > w->usual / 2)
        w->out->files_missing += (uint32_t)((gap + w->usual / 2) / w->usual);
    else
        w->covered += gap;
}

static void take_file(struct walk *w, const struct flow_file *f)
{
    int64_t from = f->start > w->start ? f->start : w->start;
    int64_t to = f->end < w->end ? f->end : w->end;

    if (f->start >= w->end || f->end <= w->start)
        return;
    switch (f->state) {
    case FILE_QUEUED:
        w->out->files_queued++;
        return;
    case FILE_FAILED:
        w->out->files_failed++;
        return;
    case FILE_DAMAGED:
        w->out->files_damaged++;
        break;
    case FILE_STORED:
        break;
    default:
        return;
    }
    w->out->files++;
    w->out->flows_lost += f->flows_lost;
    if (from > w->reached) {
        take_gap(w, from);
        w->reached = from;
    }
    if (to > w->reached) {
        w->covered += to - w->reached;
        w->reached = to;
    }
}

/* Share of the period for one device; negative when it has no row at all. */
static double cover_device(const struct snapshot *s, int64_t device, struct walk *w)
{
    size_t row = first_row(s, device, w->start - LONGEST_FILE_MS);

    if (first_row(s, device, INT64_MIN) == first_row(s, device + 1, INT64_MIN))
        return -1;
    w->usual = usual_length(s, device, row);
    if (w->open) /* flows that began before their file was opened are not a gap */
        while (row < s->file_count && s->files[row]->device == device &&
               !stored(s->files[row]))
            row++;
    if (w->open && row < s->file_count && s->files[row]->device == device)
        w->start = s->files[row]->start;
    if (w->start >= w->end)
        return -1;
    w->reached = w->start;
    w->covered = 0;
    for (; row < s->file_count && s->files[row]->device == device &&
           s->files[row]->start < w->end;
         row++)
        take_file(w, s->files[row]);
    /* the newest file is always still being written: not more than that is not a gap */
    if (w->end > w->reached &&
        (w->end < time_now_ms() - 2 * w->usual || w->reached == w->start))
        take_gap(w, w->end);
    return (double)w->covered / (double)(w->end - w->start);
}

static bool wanted(const int64_t *devices, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++)
        if (devices[i] == id)
            return true;
    return n == 0;
}

static void find_span(
    const struct snapshot *s, const int64_t *devices, size_t n, struct coverage *out)
{
    out->first = INT64_MAX;
    out->last = INT64_MIN;
    for (size_t i = 0; i < s->segment_count; i++) {
        const struct segment_ref *ref = s->segments[i];
        if (!wanted(devices, n, ref->device) || ref->summary.flows == 0)
            continue;
        out->first =
            ref->summary.min_start < out->first ? ref->summary.min_start : out->first;
        out->last = ref->summary.max_end > out->last ? ref->summary.max_end : out->last;
    }
}

void snapshot_coverage(const struct snapshot *s, const int64_t *devices, size_t n,
    int64_t start, int64_t end, struct coverage *out)
{
    struct walk w = {.out = out};
    int64_t begin;
    double shares = 0;
    int counted = 0;

    *out = (struct coverage){0};
    find_span(s, devices, n, out);
    w.open = start == INT64_MIN;
    w.start = begin = w.open ? out->first : start;
    w.end = end == INT64_MAX ? out->last : end;
    if (w.end > time_now_ms() && time_now_ms() > w.start)
        w.end = time_now_ms();
    if (w.start >= w.end)
        return;
    for (size_t i = 0; i < s->device_count; i++, w.start = begin) {
        double share = wanted(devices, n, s->devices[i].id)
                           ? cover_device(s, s->devices[i].id, &w)
                           : -1;
        if (share >= 0) {
            shares += share;
            counted++;
        }
    }
    out->share = counted == 0 ? 0 : shares / counted;
}
