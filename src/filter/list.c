#include "filter/item.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a person types and far more; bounds the work of one request. */
#define VALUE_MAX 65536

void list_problem(struct list *l, const char *fmt, ...)
{
    char detail[160];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(detail, sizeof(detail), fmt, ap);
    va_end(ap);
    filter_problems_add(l->problems, l->field->name, l->item, "%s", detail);
    l->wrong = true;
}

void list_claim(struct list *l, uint64_t low, uint64_t high, uint64_t rank, bool include)
{
    struct claim c = {.low = low, .high = high, .rank = rank, .include = include};

    if (claims_add(&l->claims, &c) != 0)
        l->failed = true;
}

uint64_t list_max(const struct list *l)
{
    return flow_fields[l->field->field].max;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Blanks are ignored, but for those that look like a forgotten comma ("80 443", "80 -443"):
 * guessing there would answer another question than was meant. */
static bool drop_blanks(char *s)
{
    char *to = s;

    for (const char *from = s; *from != '\0'; from++) {
        bool gap = to > s && is_blank(from[0]);
        while (is_blank(*from))
            from++;
        if (*from == '\0')
            break;
        if (gap && to[-1] != '-' && to[-1] != ':' && to[-1] != '/') {
            if (*from != ':' && *from != '/' && !(*from == '-' && is_blank(from[1])))
                return false;
        }
        *to++ = *from;
    }
    *to = '\0';
    return true;
}

static void read_item(struct list *l, char *typed)
{
    char *text = str_dup(typed);
    bool include = true;

    if (text == NULL) {
        l->failed = true;
        return;
    }
    l->item = typed;
    if (!drop_blanks(text)) {
        list_problem(l, "blank inside an item; separate items with commas");
    } else if (text[0] == '\0') {
        list_problem(l, "empty item; remove the extra comma");
    } else {
        include = text[0] != '-';
        if (!include && text[1] == '\0') {
            list_problem(l, "nothing follows the minus sign");
        } else {
            l->field->read(l, include ? text : text + 1, include);
            l->includes |= include;
            l->items++;
        }
    }
    free(text);
}

void list_read(struct list *l, const char *value)
{
    char *copy, *cursor, *item;

    if (strlen(value) > VALUE_MAX) {
        l->item = value;
        list_problem(l, "list is longer than %d characters", VALUE_MAX);
        return;
    }
    copy = cursor = str_dup(value);
    if (copy == NULL) {
        l->failed = true;
        return;
    }
    while (!l->failed && (item = str_item(&cursor, ',')) != NULL)
        read_item(l, item);
    free(copy);
}
