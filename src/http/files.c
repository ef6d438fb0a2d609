/*
 * GET /ingest/files: the ledger of flow files, with the reason of what went wrong;
 * POST /ingest/rescan: look at the directories now.
 */
#include <stdlib.h>
#include <string.h>

#include "http/question.h"
#include "http/route.h"
#include "http/server.h"

static int newest_first(const void *a, const void *b)
{
    const struct flow_file *const *px = a, *const *py = b;
    const struct flow_file *x = *px, *y = *py;

    if (x->start != y->start)
        return x->start > y->start ? -1 : 1;
    return x->id > y->id ? -1 : x->id < y->id;
}

struct file_choice {
    const char *state;
    const struct device *device;
};

static bool chosen(const struct file_choice *c, const struct flow_file *f)
{
    if (c->device != NULL && c->device->id != f->device)
        return false;
    return c->state == NULL || strcmp(c->state, file_state_name(f->state)) == 0;
}

/* The chosen files, newest first. NULL when out of memory. */
static const struct flow_file **choose(
    const struct snapshot *s, const struct file_choice *c, size_t *count)
{
    const struct flow_file **list =
        mem_array(s->file_count + 1, sizeof(const struct flow_file *));
    size_t i, n = 0;

    if (list == NULL)
        return NULL;
    for (i = 0; i < s->file_count; i++) {
        if (chosen(c, s->files[i]))
            list[n++] = s->files[i];
    }
    if (n > 1)
        qsort(list, n, sizeof(*list), newest_first);
    *count = n;
    return list;
}

static void file_json(struct json *j, const struct snapshot *s, const struct flow_file *f)
{
    const struct device *d = snapshot_device(s, f->device);

    json_object(j, NULL);
    json_i64(j, "id", f->id);
    json_str(j, "device", d != NULL ? d->name : NULL);
    json_str(j, "directory", f->root);
    json_str(j, "path", f->path);
    json_str(j, "state", file_state_name(f->state));
    json_str(j, "reason", f->reason[0] != '\0' ? f->reason : NULL);
    json_u64(j, "bytes", f->size);
    json_u64(j, "flows", f->flows);
    json_u64(j, "flows_lost", f->flows_lost);
    json_seconds(j, "start", f->start);
    json_seconds(j, "end", f->end);
    json_seconds(j, "modified", f->mtime_ns / 1000000);
    json_seconds(j, "seen", f->seen);
    json_bool(j, "gone", f->gone);
    json_end_object(j);
}

static void answer_files(
    struct request *r, const struct snapshot *s, const struct file_choice *c)
{
    uint64_t limit = param_count(r, "limit"), offset = param_count(r, "offset"), i;
    struct buf b = {0};
    struct json j;
    size_t count;
    const struct flow_file **list = choose(s, c, &count);

    if (list == NULL) {
        reply_problem(r, 500, "Out of memory.");
        return;
    }
    json_begin(&j, &b);
    json_object(&j, NULL);
    json_u64(&j, "total", count);
    json_u64(&j, "offset", offset);
    json_u64(&j, "limit", limit);
    json_array(&j, "files");
    for (i = offset; i < count && i - offset < limit; i++)
        file_json(&j, s, list[i]);
    json_end_array(&j);
    json_end_object(&j);
    free(list);
    reply_json(r, &b);
}

void handle_files(struct request *r)
{
    struct snapshot *s = catalog_snapshot(r->http->context.catalog);
    const char *device = param_given(r, "device");
    struct file_choice c = {param_given(r, "state"), NULL};

    if (device != NULL) {
        c.device = snapshot_device_by_name(s, device);
        if (c.device == NULL)
            filter_problems_add(
                &r->problems, "device", device, "there is no device of this name");
    }
    if (!request_refused(r))
        answer_files(r, s, &c);
    snapshot_release(s);
}

void handle_rescan(struct request *r)
{
    struct buf b = {0};
    struct json j;

    ingest_rescan(r->http->context.ingest);
    json_begin(&j, &b);
    json_object(&j, NULL);
    json_bool(&j, "ok", true);
    json_end_object(&j);
    reply_json(r, &b);
    r->reply.status = r->reply.status == 200 ? 202 : r->reply.status;
}
