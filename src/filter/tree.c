#include "flowviewer/filter.h"

#include <stdlib.h>
#include <string.h>

struct filter *filter_new(enum filter_op op)
{
    struct filter *f = calloc(1, sizeof(*f));

    if (f != NULL)
        f->op = op;
    return f;
}

struct filter *filter_leaf(int field)
{
    struct filter *f = filter_new(FILTER_IN);

    if (f != NULL)
        f->field = field;
    return f;
}

int filter_add_child(struct filter *parent, struct filter *child)
{
    struct filter **grown;

    if (child == NULL)
        return -1;
    grown = parent->children < SIZE_MAX / sizeof(*grown) - 1
                ? realloc(parent->child, (parent->children + 1) * sizeof(*grown))
                : NULL;
    if (grown == NULL) {
        filter_free(child);
        return -1;
    }
    parent->child = grown;
    parent->child[parent->children++] = child;
    return 0;
}

static int copy_set(struct value_set *to, const struct value_set *from)
{
    if (from->count == 0)
        return 0;
    to->ranges = mem_array(from->count, sizeof(*to->ranges));
    if (to->ranges == NULL)
        return -1;
    memcpy(to->ranges, from->ranges, from->count * sizeof(*to->ranges));
    to->count = to->capacity = from->count;
    return 0;
}

struct filter *filter_copy(const struct filter *f)
{
    struct filter *made = filter_new(f->op);

    if (made == NULL)
        return NULL;
    made->field = f->field;
    if (copy_set(&made->set, &f->set) != 0)
        goto fail;
    for (size_t i = 0; i < f->children; i++) {
        if (filter_add_child(made, filter_copy(f->child[i])) != 0)
            goto fail;
    }
    return made;
fail:
    filter_free(made);
    return NULL;
}

void filter_free(struct filter *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->children; i++)
        filter_free(f->child[i]);
    free(f->child);
    value_set_free(&f->set);
    free(f);
}

/* ---- meaning -------------------------------------------------------------------- */

static uint64_t second_of(int64_t ms)
{
    return ms < 0 ? 0 : (uint64_t)ms / 1000;
}

static bool match_leaf(const struct filter *f, const struct flow *flow)
{
    const int64_t *number = flow->number;
    int64_t start = number[F_START - FLOW_KEYS], end = number[F_END - FLOW_KEYS];

    switch (f->field) {
    case FILTER_DURATION:
        return value_set_has(&f->set, (uint32_t)((uint64_t)end - (uint64_t)start));
    case FILTER_START_SECOND:
        return value_set_has(&f->set, second_of(start));
    case FILTER_END_SECOND:
        return value_set_has(&f->set, second_of(end));
    default:
        break;
    }
    if (f->field < 0 || f->field >= FLOW_FIELDS || !(flow->present & FLOW_BIT(f->field)))
        return false;
    if (f->field < FLOW_KEYS)
        return value_set_has(&f->set, flow->key[f->field]);
    return value_set_has(&f->set, (uint64_t)number[f->field - FLOW_KEYS]);
}

bool filter_match(const struct filter *f, const struct flow *flow)
{
    switch (f->op) {
    case FILTER_TRUE:
        return true;
    case FILTER_FALSE:
        return false;
    case FILTER_IN:
        return match_leaf(f, flow);
    case FILTER_NOT:
        return f->children > 0 && !filter_match(f->child[0], flow);
    case FILTER_AND:
        for (size_t i = 0; i < f->children; i++) {
            if (!filter_match(f->child[i], flow))
                return false;
        }
        return true;
    case FILTER_OR:
        for (size_t i = 0; i < f->children; i++) {
            if (filter_match(f->child[i], flow))
                return true;
        }
        return false;
    }
    return false;
}
