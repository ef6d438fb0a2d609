#include <stdio.h>
#include <string.h>

#include "http/names_seen.h"

static void mark(uint32_t *bits, uint64_t limit, uint64_t value)
{
    if (value < limit)
        bits[value / 32] |= (uint32_t)1 << value % 32;
}

void names_seen_row(
    struct names_seen *s, const struct report_view *v, const struct query_row *row)
{
    int i;

    for (i = 0; i < v->column_count; i++) {
        const struct report_column *c = &v->columns[i];

        if (c->kind != COLUMN_KEY)
            continue;
        if (strcmp(c->type, "port") == 0)
            mark(s->ports, 65536, row->key[c->index]);
        else if (strcmp(c->type, "protocol") == 0)
            mark(s->protocols, 256, row->key[c->index]);
    }
}

static void write_names(const uint32_t *bits, uint32_t limit, const char *type,
    const struct names *n, const char *(*name_of)(const struct names *, uint32_t),
    struct json *j)
{
    uint32_t i;
    char key[32];

    for (i = 0; i < limit; i++) {
        const char *name = bits[i / 32] >> i % 32 & 1 ? name_of(n, i) : NULL;

        if (name == NULL)
            continue;
        snprintf(key, sizeof(key), "%s %u", type, i);
        json_str(j, key, name);
    }
}

void names_seen_json(const struct names_seen *s, const struct names *n, struct json *j)
{
    json_object(j, "names");
    write_names(s->ports, 65536, "port", n, names_service, j);
    write_names(s->protocols, 256, "protocol", n, names_protocol, j);
    json_end_object(j);
}
