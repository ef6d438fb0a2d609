/*
 * Fuzz target: a request's target (path and query) as a client sends it, through decoding, the
 * route table, the checks of every parameter, cursors and the problem document. The first byte
 * chooses the method.
 */
#include <stdlib.h>
#include <string.h>

#include "http/cursor.h"
#include "http/route.h"
#include "http/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_values(struct request *r)
{
    struct cursor c;
    const char *text = param_given(r, "cursor");
    int64_t ms;
    bool relative;

    param_count(r, "lines");
    param_number(r, "sampling_multiplier");
    param_flag(r, "resolve");
    param_time(r, "start", &ms, &relative);
    request_format(r);
    cursor_question(r);
    if (text != NULL && cursor_read(text, &c)) {
        char again[CURSOR_TEXT];

        cursor_write(&c, again);
        if (strcmp(again, text) != 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const methods[] = {"GET", "POST", "DELETE", "OPTIONS"};
    struct http h = {.port = 1, .options = {.address = "127.0.0.1"}};
    struct request *r;
    char *target;

    if (size < 1)
        return 0;
    target = calloc(1, size);
    if (target == NULL)
        return 0;
    memcpy(target, data + 1, size - 1);
    host_accepted(&h, target);
    etag_known(target, "\"1\"");
    r = request_new(&h, target);
    free(target);
    if (r == NULL)
        return 0;
    r->method = methods[data[0] % NITEMS(methods)];
    str_copy(r->headers.accept, sizeof(r->headers.accept), r->target);
    if (request_parse(r) == 0 && route_find(r) == 0) {
        params_check(r);
        read_values(r);
    } else if (r->problems.count == 0 && r->reply.status == 404) {
        asset_answer(r);
    }
    request_refused(r);
    request_free(r);
    return 0;
}
