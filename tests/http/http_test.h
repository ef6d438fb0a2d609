/*
 * What the tests of the http room share: cmocka, and a request without a connection.
 */
#ifndef HTTP_TEST_H
#define HTTP_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/route.h"
#include "http/server.h"

static inline struct request *ask(struct http *h, const char *method, const char *target)
{
    struct request *r = request_new(h, target);

    assert_non_null(r);
    r->method = method;
    return r;
}

static inline bool has_problem(
    const struct request *r, const char *parameter, const char *detail)
{
    size_t i;

    for (i = 0; i < r->problems.count; i++) {
        if (strcmp(r->problems.list[i].parameter, parameter) == 0 &&
            strstr(r->problems.list[i].detail, detail) != NULL)
            return true;
    }
    return false;
}

/* The reply's whole body as a string, to be freed. */
static inline char *reply_text(struct request *r)
{
    size_t size;
    char *bytes, *text;

    assert_non_null(r->reply.body);
    assert_true(content_settle(r->reply.body, SIZE_MAX));
    bytes = content_take(r->reply.body, &size);
    text = calloc(1, size + 1);
    assert_non_null(text);
    memcpy(text, bytes, size);
    free(bytes);
    return text;
}

#endif
