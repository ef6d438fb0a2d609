/*
 * GET /openapi.json: the route table as an OpenAPI 3.1 document. Made once, at start.
 */
#include <string.h>

#include "flowviewer/flow.h"
#include "http/route.h"
#include "http/schemas.h"
#include "http/server.h"

/* ---- types ---------------------------------------------------------------------- */

static const struct {
    const char *name, *type, *format;
} plain_types[] = {
    {"string", "string", NULL},
    {"integer", "integer", "int64"},
    {"number", "number", NULL},
    {"boolean", "boolean", NULL},
    {"time", "number", "unix-seconds"},
    {"object", "object", NULL},
    {"value", NULL, NULL},
};

static void reference(struct json *j, const char *schema)
{
    char path[80];

    str_copy(path, sizeof(path), "#/components/schemas/");
    str_copy(path + strlen(path), sizeof(path) - strlen(path), schema);
    json_str(j, "$ref", path);
}

static void plain_type(struct json *j, size_t i, bool nullable)
{
    if (plain_types[i].type != NULL && nullable) {
        json_array(j, "type");
        json_str(j, NULL, plain_types[i].type);
        json_str(j, NULL, "null");
        json_end_array(j);
    } else if (plain_types[i].type != NULL) {
        json_str(j, "type", plain_types[i].type);
    }
    if (plain_types[i].format != NULL)
        json_str(j, "format", plain_types[i].format);
}

/* Members of the current object that describe a schemas.h type. */
static void write_type(struct json *j, const char *type)
{
    bool nullable = *type == '?';
    size_t i;
    int arrays = 0, k;

    type += nullable;
    for (; strncmp(type, "[]", 2) == 0; type += 2, arrays++) {
        json_str(j, "type", "array");
        json_object(j, "items");
    }
    for (i = 0; i < NITEMS(plain_types); i++) {
        if (strcmp(type, plain_types[i].name) == 0)
            break;
    }
    if (i < NITEMS(plain_types))
        plain_type(j, i, nullable);
    else
        reference(j, type);
    for (k = 0; k < arrays; k++)
        json_end_object(j);
}

/* ---- parameters ----------------------------------------------------------------- */

static void param_choices(struct json *j, const struct param *p)
{
    const char *from = p->choices;
    char word[32];
    size_t n;

    json_str(j, "type", "string");
    json_array(j, "enum");
    while (*from != '\0') {
        n = strcspn(from, "|");
        str_copy(word, n + 1 < sizeof(word) ? n + 1 : sizeof(word), from);
        json_str(j, NULL, word);
        from += n + (from[n] == '|');
    }
    json_end_array(j);
}

static void param_schema(struct json *j, const struct param *p)
{
    static const char *const types[] = {[PARAM_TEXT] = "string",
        [PARAM_COUNT] = "integer",
        [PARAM_NUMBER] = "number",
        [PARAM_FLAG] = "boolean",
        [PARAM_TIME] = "string",
        [PARAM_ID] = "string",
        [PARAM_FILTER] = "string"};

    json_object(j, "schema");
    if (p->type == PARAM_CHOICE)
        param_choices(j, p);
    else
        json_str(j, "type", types[p->type]);
    if (p->type == PARAM_COUNT || p->type == PARAM_NUMBER) {
        json_double(j, "minimum", p->min);
        json_double(j, "maximum", p->max);
    }
    if (p->type == PARAM_ID) {
        json_str(j, "pattern", "^[A-Za-z0-9._-]+$");
        json_i64(j, "maxLength", ID_MAX - 1);
    }
    if (p->initial != NULL &&
        (p->type == PARAM_COUNT || p->type == PARAM_NUMBER || p->type == PARAM_FLAG)) {
        json_key(j, "default");
        buf_str(j->out, p->initial);
    } else if (p->initial != NULL) {
        json_str(j, "default", p->initial);
    }
    json_end_object(j);
}

static void write_param(struct json *j, const struct param *p)
{
    json_object(j, NULL);
    json_str(j, "name", p->name);
    json_str(j, "in", "query");
    json_str(j, "description", p->description);
    param_schema(j, p);
    if (p->example != NULL)
        json_str(j, "example", p->example);
    json_end_object(j);
}

static void write_params(struct json *j, const struct route *route)
{
    const struct param *p;
    int list;

    json_array(j, "parameters");
    if (strchr(route->path, '{') != NULL) {
        json_object(j, NULL);
        json_str(j, "name", "id");
        json_str(j, "in", "path");
        json_bool(j, "required", true);
        json_str(j, "description", "The query's id.");
        json_object(j, "schema");
        json_str(j, "type", "string");
        json_end_object(j);
        json_end_object(j);
    }
    for (list = 0; list < ROUTE_PARAM_LISTS && route->params[list] != NULL; list++) {
        for (p = route->params[list]; p->name != NULL; p++)
            write_param(j, p);
    }
    json_end_array(j);
}

/* ---- answers -------------------------------------------------------------------- */

static void content(struct json *j, const char *media, const char *schema)
{
    json_object(j, media);
    json_object(j, "schema");
    if (schema != NULL)
        write_type(j, schema);
    json_end_object(j);
    json_end_object(j);
}

static void write_responses(struct json *j, const struct route *route)
{
    static const struct {
        const char *word, *media;
    } medias[] = {{"csv", "text/csv"}, {"ndjson", "application/x-ndjson"},
        {"text", "text/plain"}, {"application/json", "application/json"}};
    size_t i;

    json_object(j, "responses");
    json_object(j, strcmp(route->method, "POST") == 0 ? "202" : "200");
    json_str(j, "description", route->summary);
    json_object(j, "content");
    if (route->schema != NULL)
        content(j, "application/json", route->schema);
    for (i = 0; route->formats != NULL && i < NITEMS(medias); i++) {
        if (strstr(route->formats, medias[i].word) != NULL)
            content(j, medias[i].media, i < 3 ? "string" : "object");
    }
    json_end_object(j);
    json_end_object(j);
    json_object(j, "default");
    json_str(j, "description", "What went wrong (RFC 9457)");
    json_object(j, "content");
    content(j, "application/problem+json", "Problem");
    json_end_object(j);
    json_end_object(j);
    json_end_object(j);
}

/* ---- document ------------------------------------------------------------------- */

static const char *lower_method(const char *method)
{
    static const char *const names[][2] = {
        {"GET", "get"}, {"POST", "post"}, {"DELETE", "delete"}};
    size_t i;

    for (i = 0; i < NITEMS(names); i++) {
        if (strcmp(names[i][0], method) == 0)
            return names[i][1];
    }
    return "trace";
}

static void write_operation(struct json *j, const struct route *route)
{
    json_object(j, lower_method(route->method));
    json_str(j, "summary", route->summary);
    if (route->description != NULL)
        json_str(j, "description", route->description);
    write_params(j, route);
    write_responses(j, route);
    json_end_object(j);
}

static void write_paths(struct json *j)
{
    size_t i, k;

    json_object(j, "paths");
    for (i = 0; i < route_count; i = k) {
        json_object(j, routes[i].path);
        /* Routes of one path stand together. */
        for (k = i; k < route_count && strcmp(routes[k].path, routes[i].path) == 0; k++)
            write_operation(j, &routes[k]);
        json_end_object(j);
    }
    json_end_object(j);
}

static const char *flow_member_type(int field)
{
    if (field < FLOW_KEYS && flow_fields[field].type == TYPE_ADDRESS)
        return "string";
    return flow_fields[field].type == TYPE_TIME ? "time" : "integer";
}

static void write_flow_schema(struct json *j)
{
    int field;

    json_object(j, "Flow");
    json_str(j, "type", "object");
    json_object(j, "properties");
    for (field = 0; field < FLOW_FIELDS; field++) {
        json_object(j, flow_fields[field].name);
        write_type(j, flow_member_type(field));
        json_str(j, "description", flow_fields[field].label);
        json_end_object(j);
    }
    json_end_object(j);
    json_end_object(j);
}

static void write_schemas(struct json *j)
{
    const struct schema_member *m = schema_members, *end = m + schema_member_count, *first;

    json_object(j, "components");
    json_object(j, "schemas");
    while (m < end) {
        json_object(j, m->schema);
        json_str(j, "type", "object");
        json_object(j, "properties");
        for (first = m; m < end && strcmp(m->schema, first->schema) == 0; m++) {
            json_object(j, m->name);
            write_type(j, m->type);
            json_str(j, "description", m->description);
            json_end_object(j);
        }
        json_end_object(j);
        json_end_object(j);
    }
    write_flow_schema(j);
    json_end_object(j);
    json_end_object(j);
}

int openapi_build(struct buf *out, const char *version)
{
    struct json j;

    json_begin(&j, out);
    json_object(&j, NULL);
    json_str(&j, "openapi", "3.1.0");
    json_object(&j, "info");
    json_str(&j, "title", "flowviewerd");
    json_str(&j, "version", version);
    json_str(&j, "description",
        "Questions about stored flows. Unknown or repeated parameters are errors; an empty "
        "value counts as not "
        "given. Times come out as Unix seconds with a fraction.");
    json_end_object(&j);
    write_paths(&j);
    write_schemas(&j);
    json_end_object(&j);
    buf_char(out, '\n');
    return out->failed ? -1 : 0;
}

void handle_openapi(struct request *r)
{
    struct buf b = {0};

    buf_add(&b, r->http->openapi.data, r->http->openapi.len);
    reply_buf(r, 200, format_type(FORMAT_JSON), &b);
    r->reply.cache = "no-cache";
}
