#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "names/table.h"

/* Names reach pages and terminals: printable, and not too long. */
static bool proper(const char *name, size_t length)
{
    if (length == 0 || length > NAME_LENGTH)
        return false;
    for (size_t i = 0; i < length; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return false;
    return true;
}

int table_add(struct name_table *t, const char *name, size_t length, uint32_t number,
    enum name_source source, bool alias)
{
    struct name_entry *grown, *entry;

    if (!proper(name, length))
        return 0;
    grown = mem_grow(t->entries, &t->cap, t->count + 1, sizeof(*t->entries));
    if (grown == NULL)
        return -1;
    t->entries = grown;
    entry = &t->entries[t->count];
    *entry = (struct name_entry){
        .number = number, .source = source, .alias = alias, .order = t->count};
    memcpy(entry->name, name, length);
    t->count++;
    return 0;
}

int table_add_all(struct name_table *t, const struct name_number *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (table_add(t, list[i].name, strlen(list[i].name), list[i].number, FROM_BUILTIN,
                false) == -1)
            return -1;
    return 0;
}

static int by_claim(const struct name_entry *a, const struct name_entry *b)
{
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (a->alias != b->alias)
        return a->alias ? 1 : -1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static int by_name(const void *x, const void *y)
{
    const struct name_entry *a = *(struct name_entry *const *)x;
    const struct name_entry *b = *(struct name_entry *const *)y;
    int order = strcasecmp(a->name, b->name);

    return order != 0 ? order : by_claim(a, b);
}

static int by_number(const void *x, const void *y)
{
    const struct name_entry *a = *(struct name_entry *const *)x;
    const struct name_entry *b = *(struct name_entry *const *)y;

    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    if (a->alias != b->alias)
        return a->alias ? 1 : -1;
    return by_claim(a, b);
}

static uint32_t *sorted(
    const struct name_table *t, int (*compare)(const void *, const void *))
{
    struct name_entry **order = mem_array(t->count, sizeof(struct name_entry *));
    uint32_t *indexes = mem_array(t->count, sizeof(*indexes));

    if (order == NULL || indexes == NULL) {
        free(order);
        free(indexes);
        return NULL;
    }
    for (size_t i = 0; i < t->count; i++)
        order[i] = &t->entries[i];
    qsort(order, t->count, sizeof(struct name_entry *), compare);
    for (size_t i = 0; i < t->count; i++)
        indexes[i] = (uint32_t)order[i]->order;
    free(order);
    return indexes;
}

int table_sort(struct name_table *t)
{
    t->by_name = sorted(t, by_name);
    t->by_number = sorted(t, by_number);
    return t->by_name == NULL || t->by_number == NULL ? -1 : 0;
}

void table_free(struct name_table *t)
{
    free(t->entries);
    free(t->by_name);
    free(t->by_number);
    *t = (struct name_table){0};
}

bool table_number(const struct name_table *t, const char *name, uint32_t *number)
{
    size_t low = 0, high = t->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcasecmp(t->entries[t->by_name[middle]].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == t->count || strcasecmp(t->entries[t->by_name[low]].name, name) != 0)
        return false;
    *number = t->entries[t->by_name[low]].number;
    return true;
}

const char *table_name(const struct name_table *t, uint32_t number)
{
    const struct name_entry *entry;
    size_t low = 0, high = t->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->entries[t->by_number[middle]].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == t->count)
        return NULL;
    entry = &t->entries[t->by_number[low]];
    return entry->number == number && !entry->alias ? entry->name : NULL;
}
