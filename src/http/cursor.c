#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "http/cursor.h"

static void write_word(char *out, uint64_t v)
{
    static const char digits[] = "0123456789abcdef";
    int i;

    for (i = 15; i >= 0; i--, v >>= 4)
        out[i] = digits[v & 15];
}

static bool read_word(const char *text, uint64_t *out)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t v = 0;
    int i;

    for (i = 0; i < 16; i++) {
        const char *at = memchr(digits, text[i], 16);

        if (at == NULL)
            return false;
        v = v << 4 | (uint64_t)(at - digits);
    }
    *out = v;
    return true;
}

void cursor_write(const struct cursor *c, char out[CURSOR_TEXT])
{
    uint64_t words[5] = {(uint64_t)c->after_start, c->after_skip, (uint64_t)c->start,
        (uint64_t)c->end, c->question};
    int i;

    for (i = 0; i < 5; i++)
        write_word(out + i * 16, words[i]);
    out[CURSOR_TEXT - 1] = '\0';
}

bool cursor_read(const char *text, struct cursor *c)
{
    uint64_t words[5];
    int i;

    if (strlen(text) != CURSOR_TEXT - 1)
        return false;
    for (i = 0; i < 5; i++) {
        if (!read_word(text + i * 16, &words[i]))
            return false;
    }
    c->after_start = (int64_t)words[0];
    c->after_skip = words[1];
    c->start = (int64_t)words[2];
    c->end = (int64_t)words[3];
    c->question = words[4];
    return c->start < c->end;
}

static bool of_a_page(const char *name)
{
    static const char *const names[] = {"cursor", "limit", "format", "query_id"};
    size_t i;

    for (i = 0; i < NITEMS(names); i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

uint64_t cursor_question(const struct request *r)
{
    uint64_t sum = 0;
    size_t i;

    /* A sum, so that the order of parameters does not matter. */
    for (i = 0; i < r->given_count; i++) {
        const struct given *g = &r->given[i];

        if (g->value[0] != '\0' && !of_a_page(g->name))
            sum += XXH64(g->value, strlen(g->value), XXH64(g->name, strlen(g->name), 1));
    }
    return sum;
}
