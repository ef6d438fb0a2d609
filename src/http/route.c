/*
 * From a decoded request to its handler, and all that may go wrong on the way.
 */
#include <string.h>
#include <strings.h>

#include "http/route.h"
#include "http/server.h"

/* The part that stands for {id}, or NULL if path is not this route's. */
static const char *route_match(const struct route *route, const char *path)
{
    const char *brace = strchr(route->path, '{');
    size_t n;

    if (brace == NULL)
        return strcmp(route->path, path) == 0 ? "" : NULL;
    n = (size_t)(brace - route->path);
    if (strncmp(route->path, path, n) != 0 || path[n] == '\0' ||
        strchr(path + n, '/') != NULL)
        return NULL;
    return path + n;
}

static void allow_add(struct request *r, const char *method)
{
    struct reply *reply = &r->reply;
    size_t n = strlen(reply->allow);
    const char *both = strcmp(method, "GET") == 0 ? "GET, HEAD" : method;

    if (n > 0 && n + 2 < sizeof(reply->allow)) {
        memcpy(reply->allow + n, ", ", 3);
        n += 2;
    }
    str_copy(reply->allow + n, sizeof(reply->allow) - n, both);
}

int route_find(struct request *r)
{
    size_t i;
    const char *id;

    for (i = 0; i < route_count; i++) {
        id = route_match(&routes[i], r->path);
        if (id == NULL)
            continue;
        if (strcmp(routes[i].method, r->method) == 0) {
            r->route = &routes[i];
            r->reply.allow[0] = '\0';
            if (!str_copy(r->id, sizeof(r->id), id)) {
                reply_problem(r, 404, "There is nothing with so long an id.");
                return -1;
            }
            return 0;
        }
        allow_add(r, routes[i].method);
    }
    if (r->reply.allow[0] != '\0')
        reply_problem(r, 405, "%s is not possible here; %s is.", r->method, r->reply.allow);
    else
        reply_problem(
            r, 404, "There is no such path; " API_BASE "/openapi.json lists all.");
    return -1;
}

/* A page of somebody else may make a browser send us a request, but not without a trace. */
static bool foreign_refused(struct request *r)
{
    const struct headers *h = &r->headers;
    bool foreign = h->origin[0] != '\0' && !origin_matches(h->origin, h->host);

    if (strcmp(r->method, "GET") == 0)
        return false;
    if (h->site[0] != '\0' && strcasecmp(h->site, "same-origin") != 0 &&
        strcasecmp(h->site, "none") != 0)
        foreign = true;
    if (foreign)
        reply_problem(r, 403, "Changes may only be asked for by our own pages.");
    return foreign;
}

static bool host_refused(struct request *r)
{
    /* Without the line (HTTP/1.0) it was no browser, so nobody was lured here. */
    if (r->headers.hosts == 0 || host_accepted(r->http, r->headers.host))
        return false;
    reply_problem(r, 421,
        "The server does not answer to this name (Host); see server-name in its "
        "configuration.");
    return true;
}

bool request_route(struct request *r)
{
    int parsed = request_parse(r);

    if (host_refused(r))
        return false;
    if (parsed != 0) {
        request_refused(r);
        return false;
    }
    if (strncmp(r->path, "/api/", 5) != 0 && strcmp(r->path, "/api") != 0) {
        asset_answer(r);
        return false;
    }
    if (route_find(r) != 0 || foreign_refused(r))
        return false;
    params_check(r);
    if (r->route->cost == WORK)
        return true; /* its handler reads on, and answers with all mistakes at once */
    if (!request_refused(r))
        r->route->handler(r);
    return false;
}
