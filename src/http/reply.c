#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/request.h"

static const struct {
    int status;
    const char *phrase;
} phrases[] = {
    {200, "OK"},
    {202, "Accepted"},
    {302, "Found"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
};

const char *status_phrase(int status)
{
    size_t i;

    for (i = 0; i < NITEMS(phrases); i++) {
        if (phrases[i].status == status)
            return phrases[i].phrase;
    }
    return "Error";
}

static const struct {
    const char *name, *type, *media;
} formats[] = {
    [FORMAT_JSON] = {"json", "application/json; charset=utf-8", "application/json"},
    [FORMAT_CSV] = {"csv", "text/csv; charset=utf-8; header=present", "text/csv"},
    [FORMAT_NDJSON] = {"ndjson", "application/x-ndjson; charset=utf-8",
        "application/x-ndjson"},
    [FORMAT_TEXT] = {"text", "text/plain; charset=utf-8", "text/plain"},
};

const char *format_type(enum format f)
{
    return formats[f].type;
}

static double item_quality(const char *parameters)
{
    const char *q = parameters != NULL ? strstr(parameters, "q=") : NULL;

    return q != NULL ? atof(q + 2) : 1.0;
}

/* The best of Accept's media types that we have; the first of equals. */
static enum format accepted_format(const char *accept)
{
    char copy[256], *cursor = copy, *item;
    enum format best = FORMAT_JSON;
    double best_quality = 0;
    size_t i;

    str_copy(copy, sizeof(copy), accept);
    while ((item = str_item(&cursor, ',')) != NULL) {
        char *parameters = strchr(item, ';');
        double quality = item_quality(parameters);

        if (parameters != NULL)
            *parameters = '\0';
        str_trim(item);
        for (i = 0; i < NITEMS(formats); i++) {
            if (strcasecmp(item, formats[i].media) == 0 && quality > best_quality) {
                best = (enum format)i;
                best_quality = quality;
            }
        }
    }
    return best;
}

enum format request_format(const struct request *r)
{
    const char *name = param_given(r, "format");
    size_t i;

    if (name == NULL)
        return accepted_format(r->headers.accept);
    for (i = 0; i < NITEMS(formats); i++) {
        if (strcmp(name, formats[i].name) == 0)
            return (enum format)i;
    }
    return FORMAT_JSON;
}

void reply_body(struct request *r, int status, const char *type, struct content *b)
{
    content_free(r->reply.body);
    r->reply.body = b;
    r->reply.status = b != NULL ? status : 500;
    r->reply.type = type;
}

void reply_buf(struct request *r, int status, const char *type, struct buf *b)
{
    if (b->failed) {
        buf_free(b);
        reply_problem(r, 500, "Out of memory.");
        return;
    }
    reply_body(r, status, type, content_of_buf(b));
}

void reply_json(struct request *r, struct buf *b)
{
    buf_char(b, '\n');
    reply_buf(r, 200, formats[FORMAT_JSON].type, b);
}

void reply_empty(struct request *r, int status)
{
    struct buf b = {0};

    reply_buf(r, status, NULL, &b);
}

static void add_errors(struct json *j, const struct filter_problems *p)
{
    size_t i;

    if (p->count == 0)
        return;
    json_array(j, "errors");
    for (i = 0; i < p->count; i++) {
        json_object(j, NULL);
        json_str(j, "parameter", p->list[i].parameter);
        json_str(j, "value", p->list[i].value);
        json_str(j, "detail", p->list[i].detail);
        json_end_object(j);
    }
    json_end_array(j);
}

void reply_problem(struct request *r, int status, const char *fmt, ...)
{
    struct buf b = {0};
    struct json j;
    char detail[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(detail, sizeof(detail), fmt, ap);
    va_end(ap);
    json_begin(&j, &b);
    json_object(&j, NULL);
    json_str(&j, "type", "about:blank");
    json_str(&j, "title", status_phrase(status));
    json_i64(&j, "status", status);
    json_str(&j, "detail", detail);
    add_errors(&j, &r->problems);
    json_end_object(&j);
    buf_char(&b, '\n');
    if (b.failed) {
        buf_free(&b);
        reply_body(r, 500, NULL, NULL);
        return;
    }
    r->reply.etag[0] = r->reply.filename[0] = '\0';
    reply_body(r, status, "application/problem+json; charset=utf-8", content_of_buf(&b));
}

void reply_error(struct request *r, const struct err *e)
{
    static const struct {
        enum err_code code;
        int status;
    } table[] = {
        {ERR_INPUT, 400},
        {ERR_NOT_FOUND, 404},
        {ERR_BUSY, 409},
        {ERR_CANCELLED, 409},
        {ERR_MEMORY, 422},
        {ERR_FULL, 503},
    };
    size_t i;

    for (i = 0; i < NITEMS(table); i++) {
        if (table[i].code == e->code) {
            reply_problem(r, table[i].status, "%s", e->msg);
            return;
        }
    }
    reply_problem(r, 500, "%s", e->msg);
}

bool request_refused(struct request *r)
{
    size_t n = r->problems.count;

    if (n == 0)
        return false;
    reply_problem(
        r, 400, n == 1 ? "A parameter is wrong." : "%zu parameters are wrong.", n);
    return true;
}

static const char *opaque_tag(const char *etag)
{
    return strncmp(etag, "W/", 2) == 0 ? etag + 2 : etag;
}

bool etag_known(const char *none_match, const char *etag)
{
    char copy[512], *cursor = copy, *item;

    if (none_match[0] == '\0' || !str_copy(copy, sizeof(copy), none_match))
        return false;
    while ((item = str_item(&cursor, ',')) != NULL) {
        if (strcmp(item, "*") == 0 || strcmp(opaque_tag(item), opaque_tag(etag)) == 0)
            return true;
    }
    return false;
}
