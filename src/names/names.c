#include <stdlib.h>

#include "names/table.h"

struct names {
    struct name_table services, protocols;
};

static int fill(struct names *n, const char *services, const char *protocols)
{
    if (parse_services(&n->services, services) == -1 ||
        table_add_all(&n->services, builtin_services, builtin_services_count) == -1 ||
        table_sort(&n->services) == -1)
        return -1;
    if (parse_protocols(&n->protocols, protocols) == -1 ||
        table_add_all(&n->protocols, builtin_protocols, builtin_protocols_count) == -1 ||
        table_sort(&n->protocols) == -1)
        return -1;
    return 0;
}

int names_open_files(
    struct names **out, const char *services, const char *protocols, struct err *e)
{
    struct names *n = calloc(1, sizeof(*n));

    *out = NULL;
    if (n == NULL || fill(n, services, protocols) == -1) {
        names_close(n);
        return err_nomem(e, "names of services and protocols");
    }
    *out = n;
    return 0;
}

int names_open(struct names **out, struct err *e)
{
    return names_open_files(out, "/etc/services", "/etc/protocols", e);
}

void names_close(struct names *n)
{
    if (n == NULL)
        return;
    table_free(&n->services);
    table_free(&n->protocols);
    free(n);
}

bool names_protocol_number(const struct names *n, const char *name, uint32_t *number)
{
    return table_number(&n->protocols, name, number);
}

bool names_service_port(const struct names *n, const char *name, uint32_t *port)
{
    return table_number(&n->services, name, port);
}

const char *names_protocol(const struct names *n, uint32_t number)
{
    return table_name(&n->protocols, number);
}

const char *names_service(const struct names *n, uint32_t port)
{
    return table_name(&n->services, port);
}
