/*
 * Who we are on the network: the listening socket, and the names that requests may call us
 * by.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/server.h"

#define BACKLOG 511

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage a;
    socklen_t n = sizeof(a);

    memset(&a, 0, sizeof(a));
    if (getsockname(fd, (struct sockaddr *)&a, &n) != 0)
        return 0;
    if (a.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&a)->sin6_port);
    return ntohs(((struct sockaddr_in *)&a)->sin_port);
}

static int listener_bind(int fd, const struct addrinfo *to)
{
    int on = 1;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
        return -1;
    if (to->ai_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)
        return -1;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        return -1;
    return bind(fd, to->ai_addr, to->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0 ? -1 : 0;
}

int listener_open(struct http *h, struct err *e)
{
    const struct http_options *o = &h->options;
    struct addrinfo hints, *to = NULL;
    char port[8];
    struct buf text = {0};
    int fd = -1, result = -1;

    memset(&hints, 0, sizeof(hints));
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    buf_u64(&text, o->port);
    str_copy(port, sizeof(port), text.data != NULL ? text.data : "0");
    buf_free(&text);
    if (getaddrinfo(o->address, port, &hints, &to) != 0)
        return err_set(
            e, ERR_INPUT, "cannot listen on '%s': not a numeric address", o->address);
    fd = socket(to->ai_family, SOCK_STREAM, 0);
    if (fd < 0 || listener_bind(fd, to) != 0) {
        err_sys(e, "cannot listen on %s port %u", o->address, (unsigned)o->port);
        goto out;
    }
    h->listener = fd;
    h->port = bound_port(fd);
    h->any_address = strcmp(o->address, "0.0.0.0") == 0 || strcmp(o->address, "::") == 0;
    fd = -1;
    result = 0;
out:
    if (fd >= 0)
        close(fd);
    freeaddrinfo(to);
    return result;
}

/* "name:port", "[v6]:port" or either without port: the name alone. */
static bool host_name(const char *host, char *out, size_t size)
{
    const char *end;
    size_t n;

    if (*host == '[') {
        host++;
        end = strchr(host, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return false;
    } else {
        end = host + strcspn(host, ":");
    }
    n = (size_t)(end - host);
    if (n == 0 || n >= size)
        return false;
    memcpy(out, host, n);
    out[n] = '\0';
    if (n > 1 && out[n - 1] == '.')
        out[n - 1] = '\0';
    if (*end == ']')
        end++;
    return *end == '\0' ||
           (end[1] != '\0' && end[1 + strspn(end + 1, "0123456789")] == '\0');
}

static bool is_numeric(const char *name)
{
    unsigned char bytes[16];

    return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

bool host_accepted(const struct http *h, const char *host)
{
    static const char *const always[] = {"localhost", "127.0.0.1", "::1"};
    char name[256];
    size_t i;
    int k;

    if (!host_name(host, name, sizeof(name)))
        return false;
    for (i = 0; i < NITEMS(always); i++) {
        if (strcasecmp(name, always[i]) == 0)
            return true;
    }
    for (k = 0; k < h->options.server_name_count; k++) {
        if (strcasecmp(name, h->options.server_names[k]) == 0)
            return true;
    }
    /* A foreign page can make a name of its own resolve to us, but never a number. */
    return strcasecmp(name, h->options.address) == 0 ||
           (h->any_address && is_numeric(name));
}

bool origin_matches(const char *origin, const char *host)
{
    const char *name = strstr(origin, "://");

    return name != NULL && strcasecmp(name + 3, host) == 0;
}
