/*
 * GET /queries, GET and DELETE /queries/{id}: what is being computed, how far it is, and
 * its end on demand. A request that still waits for a request thread is listed too.
 */
#include <stdlib.h>
#include <string.h>

#include "http/route.h"
#include "http/server.h"

#define LIST_MAX 128

static const char *state_name(enum query_state s)
{
    static const char *const names[] = {[QUERY_RUNNING] = "running",
        [QUERY_DONE] = "done",
        [QUERY_FAILED] = "failed",
        [QUERY_CANCELLED] = "cancelled"};

    return (size_t)s < NITEMS(names) ? names[s] : "failed";
}

static void info_members(struct json *j, const struct query_info *q)
{
    json_str(j, "id", q->id);
    json_str(j, "description", q->description);
    json_str(j, "state", state_name(q->state));
    json_double(j, "progress", q->progress);
    json_u64(j, "flows_scanned", q->flows_scanned);
    json_u64(j, "flows_total", q->flows_total);
    json_seconds(j, "started", q->started);
    json_i64(j, "elapsed_ms", q->elapsed_ms);
}

static void waiting_members(
    struct json *j, const char *id, const char *description, int64_t arrived)
{
    json_str(j, "id", id);
    json_str(j, "description", description);
    json_str(j, "state", "waiting");
    json_double(j, "progress", 0);
    json_u64(j, "flows_scanned", 0);
    json_u64(j, "flows_total", 0);
    json_seconds(j, "started", arrived);
    json_i64(j, "elapsed_ms", 0);
}

static void add_waiting(const struct request *r, void *cls)
{
    struct json *j = cls;
    const char *id = param_given(r, "query_id");

    if (strcmp(r->route->path, API_BASE "/ingest/files") == 0)
        return;
    json_object(j, NULL);
    waiting_members(j, id, r->target + sizeof(API_BASE), r->now);
    json_end_object(j);
}

void handle_queries(struct request *r)
{
    struct query_info *list = mem_array(LIST_MAX, sizeof(*list));
    struct buf b = {0};
    struct json j;
    size_t n, i;

    if (list == NULL) {
        reply_problem(r, 500, "Out of memory.");
        return;
    }
    n = query_list(r->http->context.engine, list, LIST_MAX);
    json_begin(&j, &b);
    json_object(&j, NULL);
    json_array(&j, "queries");
    pool_waiting(&r->http->pool, add_waiting, &j);
    for (i = 0; i < n; i++) {
        json_object(&j, NULL);
        info_members(&j, &list[i]);
        json_end_object(&j);
    }
    json_end_array(&j);
    json_end_object(&j);
    free(list);
    reply_json(r, &b);
}

struct waiting_search {
    const char *id;
    struct json *json;
    bool found;
};

static void find_waiting(const struct request *r, void *cls)
{
    struct waiting_search *s = cls;
    const char *id = param_given(r, "query_id");

    if (s->found || id == NULL || strcmp(id, s->id) != 0)
        return;
    s->found = true;
    waiting_members(s->json, id, r->target + sizeof(API_BASE), r->now);
}

/* Answer with the query of r->id, wherever it is. */
static void answer_query(struct request *r)
{
    struct buf b = {0};
    struct json j;
    struct waiting_search search = {r->id, &j, false};
    struct query_info info;

    json_begin(&j, &b);
    json_object(&j, NULL);
    pool_waiting(&r->http->pool, find_waiting, &search);
    if (!search.found && !query_lookup(r->http->context.engine, r->id, &info)) {
        buf_free(&b);
        reply_problem(r, 404, "There is no running or lately finished query of this id.");
        return;
    }
    if (!search.found)
        info_members(&j, &info);
    json_end_object(&j);
    reply_json(r, &b);
}

void handle_query(struct request *r)
{
    answer_query(r);
}

/* Asking again does no harm: the answer says how the query is. */
void handle_query_cancel(struct request *r)
{
    pool_cancel(&r->http->pool, r->id);
    query_cancel_id(r->http->context.engine, r->id);
    answer_query(r);
}
