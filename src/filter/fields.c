#include "flowviewer/filter.h"

#include <string.h>

#include "filter/item.h"

/* Each may take seconds when a name server does not answer. */
#define LOOKUPS_MAX 16

static const struct list_field list_fields[] = {
    {"exporter", F_EXPORTER, item_address, "address", "", NULL},
    {"source_address", F_SOURCE_ADDRESS, item_address, "address", "", NULL},
    {"dest_address", F_DEST_ADDRESS, item_address, "address", "", NULL},
    {"nexthop_ip", F_NEXTHOP, item_address, "address", "", NULL},
    {"source_port", F_SOURCE_PORT, item_number, "port", " or a service name such as https",
        names_service_port},
    {"dest_port", F_DEST_PORT, item_number, "port", " or a service name such as https",
        names_service_port},
    {"source_as", F_SOURCE_AS, item_number, "AS number", "", NULL},
    {"dest_as", F_DEST_AS, item_number, "AS number", "", NULL},
    {"source_if", F_SOURCE_IF, item_number, "interface index", "", NULL},
    {"dest_if", F_DEST_IF, item_number, "interface index", "", NULL},
    {"protocols", F_PROTOCOL, item_number, "protocol", " or a name such as tcp",
        names_protocol_number},
    {"tos_fields", F_TOS, item_bits, "ToS", "", NULL},
    {"tcp_flags", F_TCP_FLAGS, item_bits, "TCP flags", "", NULL},
};

static const struct list_field *find_field(const char *name)
{
    for (size_t i = 0; i < NITEMS(list_fields); i++) {
        if (strcmp(list_fields[i].name, name) == 0)
            return &list_fields[i];
    }
    return NULL;
}

bool filter_is_field(const char *name)
{
    return find_field(name) != NULL;
}

/* Not given, or given as blanks only (an empty box of a form). */
static bool is_given(const char *value)
{
    return value != NULL && value[strspn(value, " \t\r\n")] != '\0';
}

static bool given_before(const struct filter_param *params, size_t i)
{
    for (size_t other = 0; other < i; other++) {
        if (is_given(params[other].value) &&
            strcmp(params[other].name, params[i].name) == 0)
            return true;
    }
    return false;
}

/* Values that no item names match only a list of nothing but excludes. */
static int add_leaf(struct filter *all, struct list *l)
{
    struct filter *leaf = filter_leaf(l->field->field);

    if (leaf == NULL)
        return -1;
    if (claims_decide(&l->claims, list_max(l), !l->includes, &leaf->set) != 0) {
        filter_free(leaf);
        return -1;
    }
    return filter_add_child(all, leaf);
}

struct reading {
    struct filter *all; /* the AND to which leaves are added */
    const struct names *names;
    struct filter_problems *problems;
    int lookups; /* host names that may still be looked up */
    bool wrong;  /* something has a mistake */
};

/* Reads one parameter; its leaf is added unless it has mistakes. -1: out of memory. */
static int read_param(struct reading *r, const struct list_field *field, const char *value)
{
    struct list l = {
        .field = field, .names = r->names, .problems = r->problems, .lookups = r->lookups};
    int status = 0;

    list_read(&l, value);
    r->lookups = l.lookups;
    r->wrong |= l.wrong;
    if (l.failed || (!l.wrong && add_leaf(r->all, &l) != 0))
        status = -1;
    claims_free(&l.claims);
    return status;
}

static int read_params(struct reading *r, const struct filter_param *params, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct list_field *field = find_field(params[i].name);

        if (field == NULL || !is_given(params[i].value))
            continue;
        if (given_before(params, i)) {
            filter_problems_add(r->problems, params[i].name, params[i].value,
                "given twice; put all items into one list, separated by commas");
            r->wrong = true;
        } else if (read_param(r, field, params[i].value) != 0) {
            return -1;
        }
    }
    return 0;
}

struct filter *filter_from_fields(const struct filter_param *params, size_t n,
    const struct names *names, struct filter_problems *problems, struct err *e)
{
    struct reading r = {.all = filter_new(FILTER_AND),
        .names = names,
        .problems = problems,
        .lookups = LOOKUPS_MAX};
    bool out_of_memory = r.all == NULL || read_params(&r, params, n) != 0;

    if (!out_of_memory && !r.wrong)
        return r.all;
    filter_free(r.all);
    if (out_of_memory || problems->count == 0)
        err_nomem(e, "filter");
    return NULL;
}
