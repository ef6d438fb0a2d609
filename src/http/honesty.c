/*
 * What goes with every answer, so that an operator knows how far to trust it: the period in
 * absolute times, how much of it the stored files cover, what is missing, and the query's
 * cost.
 */
#include <stdio.h>

#include "http/question.h"

/* The period's ends; where the question left them open, the matching flows' own. */
void question_json_period(
    struct json *j, const struct question *q, const struct query_result *r)
{
    bool none = r == NULL || r->data_start > r->data_end;

    if (q->start != INT64_MIN)
        json_seconds(j, "start", q->start);
    else if (none)
        json_null(j, "start");
    else
        json_seconds(j, "start", r->data_start);
    if (q->end != INT64_MAX)
        json_seconds(j, "end", q->end);
    else if (none)
        json_null(j, "end");
    else
        json_seconds(j, "end", r->data_end);
}

static void note(struct json *j, const char *fmt, ...) FV_PRINTF(2, 3);
static void note(struct json *j, const char *fmt, ...)
{
    char text[400];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    json_str(j, NULL, text);
}

/* "1 file of the period is damaged", "3 files of the period are damaged". */
static void note_files(struct json *j, uint32_t n, const char *what)
{
    if (n > 0)
        note(j, "%u %s of the period %s %s.", n, n == 1 ? "file" : "files",
            n == 1 ? "is" : "are", what);
}

static void note_end(struct json *j, const struct question *q)
{
    char when[64];

    if (q->coverage.last >= q->end || q->end == INT64_MAX)
        return;
    time_rfc3339(q->coverage.last, when, sizeof(when));
    note(j, "The newest stored flow ended at %s.", when);
}

static void notes(struct json *j, const struct question *q, const struct query_result *r)
{
    const struct coverage *c = &q->coverage;

    json_array(j, "notes");
    if (c->first > c->last) {
        note(j, "No flows are stored yet.");
    } else if (c->files == 0) {
        note(j, "No flow file of this period is stored.");
        note_end(j, q);
    } else if (c->share < 0.9995) {
        /* 99.96 % must not read "100.0 %". */
        note(j, "Stored files cover %.1f %% of the period.",
            c->share > 0.999 ? 99.9 : c->share * 100);
        note_end(j, q);
    }
    note_files(j, c->files_missing, "missing");
    note_files(j, c->files_damaged, "damaged: the flows up to the fault are counted");
    note_files(j, c->files_failed, "unreadable: see /api/v1/ingest/files?state=failed");
    note_files(j, c->files_queued, "still waiting to be read");
    if (c->flows_lost > 0)
        note(j, "%llu flows were lost on their way from the exporters (sequence numbers).",
            (unsigned long long)c->flows_lost);
    if (r != NULL && r->stats.flows_without_field > 0)
        note(j,
            "%llu flows are left out: their export version lacks a field that was asked "
            "for.",
            (unsigned long long)r->stats.flows_without_field);
    if (r != NULL && r->stats.segments_failed > 0)
        note(j, "%u segments of the store could not be read: %s.", r->stats.segments_failed,
            r->stats.segment_error);
    if (q->multiplier != 1)
        note(j, "Counts are multiplied by %g (sampling).", q->multiplier);
    json_end_array(j);
}

void question_json_coverage(
    struct json *j, const struct question *q, const struct query_result *r)
{
    const struct coverage *c = &q->coverage;

    json_object(j, "coverage");
    json_double(j, "share", c->share);
    json_u64(j, "files", c->files);
    json_u64(j, "files_missing", c->files_missing);
    json_u64(j, "files_damaged", c->files_damaged);
    json_u64(j, "files_failed", c->files_failed);
    json_u64(j, "files_queued", c->files_queued);
    json_u64(j, "flows_lost", c->flows_lost);
    json_u64(j, "flows_without_field", r != NULL ? r->stats.flows_without_field : 0);
    json_double(j, "sampling_multiplier", q->multiplier);
    notes(j, q, r);
    json_end_object(j);
}

void question_json_stats(struct json *j, const struct query_stats *s)
{
    json_object(j, "stats");
    json_u64(j, "flows_scanned", s->flows_scanned);
    json_u64(j, "flows_matched", s->flows_matched);
    json_u64(j, "bytes_read", s->bytes_read);
    json_u64(j, "segments_read", s->segments_read);
    json_u64(j, "segments_skipped", s->segments_skipped);
    json_u64(j, "segments_failed", s->segments_failed);
    json_double(j, "elapsed_ms", (double)s->elapsed_us / 1000);
    json_u64(j, "passes", s->passes);
    json_u64(j, "memory_peak", s->memory_peak);
    json_end_object(j);
}
