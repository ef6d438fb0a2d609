#include <stdlib.h>
#include <string.h>

#include "http/request.h"

struct request *request_new(struct http *h, const char *raw)
{
    struct request *r = calloc(1, sizeof(*r));

    if (r == NULL)
        return NULL;
    r->http = h;
    r->fd = -1;
    r->method = "";
    r->now = time_now_ms();
    r->started_ns = time_mono_ns();
    r->target = str_dup(raw != NULL ? raw : "");
    if (r->target == NULL) {
        free(r);
        return NULL;
    }
    return r;
}

void request_free(struct request *r)
{
    if (r == NULL)
        return;
    content_free(r->reply.body);
    filter_problems_free(&r->problems);
    free(r->text);
    free(r->target);
    free(r);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* How many bytes follow a first byte of UTF-8, and the smallest code point of that length.
 */
static int utf8_tail(unsigned char c, uint32_t *code, uint32_t *least)
{
    static const struct {
        unsigned char mask, lead, tail;
        uint32_t least;
    } shapes[] = {{0x80, 0x00, 0, 0}, {0xE0, 0xC0, 1, 0x80}, {0xF0, 0xE0, 2, 0x800},
        {0xF8, 0xF0, 3, 0x10000}};
    size_t i;

    for (i = 0; i < NITEMS(shapes); i++) {
        if ((c & shapes[i].mask) == shapes[i].lead) {
            *code = c & (unsigned char)~shapes[i].mask;
            *least = shapes[i].least;
            return shapes[i].tail;
        }
    }
    return -1;
}

static bool utf8_valid(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;

    while (*p != '\0') {
        uint32_t code = 0, least = 0;
        int tail = utf8_tail(*p++, &code, &least);

        if (tail < 0)
            return false;
        for (; tail > 0; tail--, p++) {
            if ((*p & 0xC0) != 0x80)
                return false;
            code = code << 6 | (*p & 0x3F);
        }
        if (code < least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
            return false;
    }
    return true;
}

/* In place. NULL, or what is wrong with it. */
static const char *percent_decode(char *s, bool plus)
{
    char *from = s, *to = s;

    while (*from != '\0') {
        if (*from == '%') {
            int high = hex_digit(from[1]);
            int low = high < 0 ? -1 : hex_digit(from[2]);

            if (low < 0)
                return "a '%' must be followed by two hexadecimal digits";
            if (high == 0 && low == 0)
                return "NUL bytes are not allowed";
            *to++ = (char)(high << 4 | low);
            from += 3;
        } else {
            *to++ = plus && *from == '+' ? ' ' : *from;
            from++;
        }
    }
    *to = '\0';
    return utf8_valid(s) ? NULL : "not valid UTF-8";
}

static void parse_parameter(struct request *r, char *item)
{
    char *value = strchr(item, '=');
    const char *bad_name, *bad_value = NULL;
    struct given *g;

    if (*item == '\0')
        return;
    if (value != NULL)
        *value++ = '\0';
    else
        value = item + strlen(item);
    bad_name = percent_decode(item, true);
    if (*value != '\0')
        bad_value = percent_decode(value, true);
    if (bad_name != NULL || bad_value != NULL) {
        filter_problems_add(
            &r->problems, item, value, "%s", bad_name != NULL ? bad_name : bad_value);
        return;
    }
    if (r->given_count == PARAMS_MAX) {
        filter_problems_add(
            &r->problems, item, value, "more than %d parameters", PARAMS_MAX);
        return;
    }
    g = &r->given[r->given_count++];
    g->name = item;
    g->value = value;
}

int request_parse(struct request *r)
{
    char *query, *cursor, *item;
    const char *bad;

    r->text = str_dup(r->target);
    if (r->text == NULL) {
        filter_problems_add(&r->problems, "", "", "out of memory");
        return -1;
    }
    r->path = r->text;
    query = strchr(r->text, '?');
    if (query != NULL)
        *query++ = '\0';
    bad = r->path[0] != '/' ? "must begin with '/'" : percent_decode(r->path, false);
    if (bad != NULL)
        filter_problems_add(&r->problems, "path", r->target, "%s", bad);
    /* After the first few mistakes the rest of a hostile query is not worth reading. */
    for (cursor = query; cursor != NULL && r->problems.count < PARAMS_MAX;) {
        item = cursor;
        cursor = strchr(item, '&');
        if (cursor != NULL)
            *cursor++ = '\0';
        parse_parameter(r, item);
    }
    return r->problems.count == 0 ? 0 : -1;
}
