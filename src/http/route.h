/*
 * route: the table of all that the API can do. Dispatch, checks of parameters, the Allow
 * header and the OpenAPI document are made from it; a new endpoint is a row and a handler.
 */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "http/request.h"

#define API_BASE          "/api/v1"
#define ROUTE_PARAM_LISTS 4

enum cost {
    CHEAP, /* answered at once, on the HTTP thread: must not wait for anything */
    WORK   /* on a request thread, with the connection suspended */
};

struct route {
    const char *method; /* GET also answers HEAD */
    const char *path;   /* with at most one {id}, as its last part */
    const char *summary, *description;
    const struct param *params[ROUTE_PARAM_LISTS];
    void (*handler)(struct request *r);
    enum cost cost;
    const char *schema; /* of the answer, in schemas.c; NULL: not JSON */
    const char
        *formats; /* of the answer beside JSON: "csv ndjson text", a media type, or NULL */
};

extern const struct route routes[];
extern const size_t route_count;

extern const struct param params_filter[], params_period[];

/* Sets r->route and r->id, or answers 404 or 405 and returns -1. */
int route_find(struct request *r);

/* The handlers, by file. */
void handle_status(struct request *r); /* status.c */
void handle_devices(struct request *r);
void handle_healthz(struct request *r);
void handle_report(struct request *r);    /* report.c */
void handle_flows(struct request *r);     /* flows.c */
void handle_exporters(struct request *r); /* ends.c */
void handle_interfaces(struct request *r);
void handle_files(struct request *r); /* files.c */
void handle_rescan(struct request *r);
void handle_queries(struct request *r); /* queries.c */
void handle_query(struct request *r);
void handle_query_cancel(struct request *r);
void handle_metrics(struct request *r); /* metrics.c */
void handle_openapi(struct request *r); /* openapi.c */

#endif
