/*
 * item: one field's list while it is read - from typed text to claims.
 */
#ifndef FILTER_ITEM_H
#define FILTER_ITEM_H

#include "filter/claims.h"

struct list;

/* A filter parameter: the column it speaks of, and how its items are read. */
struct list_field {
    const char *name; /* of the parameter */
    int field;        /* enum flow_field */
    void (*read)(struct list *l, char *text, bool include);
    const char *noun; /* for messages: "port" */
    const char *such; /* what else is allowed: " or a service name such as https"; or "" */
    bool (*by_name)(
        const struct names *n, const char *name, uint32_t *number); /* or NULL */
};

struct list {
    const struct list_field *field;
    const struct names *names;
    struct filter_problems *problems;
    const char *item; /* as typed, for messages */
    int lookups;      /* host names that may still be looked up */
    struct claims claims;
    size_t items;
    bool includes; /* at least one item includes */
    bool wrong;    /* at least one item has a mistake */
    bool failed;   /* out of memory */
};

/* A mistake in the item that is being read. */
void list_problem(struct list *l, const char *fmt, ...) FV_PRINTF(2, 3);
/* rank: the claim of the higher one decides. */
void list_claim(struct list *l, uint64_t low, uint64_t high, uint64_t rank, bool include);
uint64_t list_max(const struct list *l); /* largest value of the field */

/* The three sorts of items. text is without sign and blanks, not empty, and may be changed.
 */
void item_address(
    struct list *l, char *text, bool include);              /* a.b.c.d[/m] or a host name */
void item_number(struct list *l, char *text, bool include); /* n, a:b, a-b, or a name */
void item_bits(struct list *l, char *text, bool include);   /* value[/mask] */

/* Read a list ("80,443,-8080") into l. Keeps going after a mistake to find them all. */
void list_read(struct list *l, const char *value);

#endif
