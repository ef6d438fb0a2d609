#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "names/table.h"

static bool listed(const uint32_t *addresses, int n, uint32_t address)
{
    for (int i = 0; i < n; i++)
        if (addresses[i] == address)
            return true;
    return false;
}

/* Failures that say nothing of the name; with all others the name is unknown. */
static int resolver_error(const char *host, int code, struct err *e)
{
    if (code == EAI_SYSTEM)
        return err_sys(e, "look up %s", host);
    if (code == EAI_MEMORY)
        return err_nomem(e, "name lookup");
    if (code == EAI_AGAIN || code == EAI_FAIL)
        return err_set(e, ERR_BUSY, "look up %s: %s", host, gai_strerror(code));
    return 0;
}

int names_host_addresses(const char *host, uint32_t *addresses, int max, struct err *e)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *list;
    int code, n = 0;

    if (host[0] == '\0')
        return 0;
    if ((code = getaddrinfo(host, NULL, &hints, &list)) != 0)
        return resolver_error(host, code, e);
    for (const struct addrinfo *a = list; a != NULL && n < max; a = a->ai_next) {
        struct sockaddr_in in;
        if (a->ai_family != AF_INET || a->ai_addrlen < sizeof(in))
            continue;
        memcpy(&in, a->ai_addr, sizeof(in));
        if (!listed(addresses, n, ntohl(in.sin_addr.s_addr)))
            addresses[n++] = ntohl(in.sin_addr.s_addr);
    }
    freeaddrinfo(list);
    return n;
}
