#include "flowviewer/filter.h"

#include <stdio.h>
#include <stdlib.h>

/* More than anybody reads; keeps the answer to a hostile request small. */
#define PROBLEMS_MAX 200

void filter_problems_add(struct filter_problems *p, const char *parameter,
    const char *value, const char *fmt, ...)
{
    struct filter_problem *made;
    void *grown;
    va_list ap;

    if (p->count >= PROBLEMS_MAX)
        return;
    grown = mem_grow(p->list, &p->capacity, p->count + 1, sizeof(*p->list));
    if (grown == NULL)
        return;
    p->list = grown;
    made = &p->list[p->count++];
    str_copy(made->parameter, sizeof(made->parameter), parameter != NULL ? parameter : "");
    str_copy(made->value, sizeof(made->value), value != NULL ? value : "");
    va_start(ap, fmt);
    vsnprintf(made->detail, sizeof(made->detail), fmt, ap);
    va_end(ap);
}

void filter_problems_free(struct filter_problems *p)
{
    free(p->list);
    *p = (struct filter_problems){0};
}
