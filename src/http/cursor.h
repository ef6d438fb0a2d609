/*
 * cursor: where a listing of flows goes on. Opaque to clients; it also holds the absolute
 * period (so that "-1h" means the same on every page) and a check that it is used with the
 * question it came from.
 */
#ifndef HTTP_CURSOR_H
#define HTTP_CURSOR_H

#include "http/request.h"

#define CURSOR_TEXT (5 * 16 + 1)

struct cursor {
    int64_t after_start;
    uint64_t after_skip;
    int64_t start, end; /* of the period */
    uint64_t question;  /* cursor_question() */
};

void cursor_write(const struct cursor *c, char out[CURSOR_TEXT]);
bool cursor_read(const char *text, struct cursor *c);
/* A hash of all parameters but those that differ from page to page. */
uint64_t cursor_question(const struct request *r);

#endif
