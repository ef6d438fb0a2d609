/*
 * request: what a client asked, decoded and checked, and what it is going to be answered.
 *
 * Made on an HTTP thread from the raw request target; from then on it belongs to one thread
 * at a time: the HTTP thread, a request thread while the connection is suspended, the HTTP
 * thread again. Only 'cancelled' is touched from elsewhere.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdatomic.h>

#include "flowviewer/base.h"
#include "flowviewer/filter.h"
#include "http/content.h"

#define PARAMS_MAX 128   /* of one request */
#define BODY_MAX   65536 /* bytes of a request's body */
#define ID_MAX     64    /* of a query, with its NUL */

struct http;
struct route;
struct connection;

enum param_type {
    PARAM_TEXT,
    PARAM_COUNT,  /* whole number, min..max */
    PARAM_NUMBER, /* min..max */
    PARAM_FLAG,   /* true, false, 1, 0 */
    PARAM_TIME,
    PARAM_CHOICE, /* one of choices */
    PARAM_ID,     /* letters, digits, . _ - */
    PARAM_FILTER  /* checked by the filter room */
};

/* One parameter of a route; lists end with a NULL name. */
struct param {
    const char *name;
    enum param_type type;
    const char *choices; /* "json|csv" */
    double min, max;
    const char *initial; /* when not given; NULL: nothing */
    const char *example;
    const char *description;
};

/* One parameter as it came. */
struct given {
    char *name, *value;
    const struct param *param; /* NULL: the route does not know it */
};

/* What came in the header lines, as far as it matters. */
struct headers {
    char host[256], origin[256], site[32], accept[256], none_match[512];
    unsigned hosts, lengths, transfers; /* how often the line came */
    uint64_t length;
    bool gzip;
};

struct reply {
    int status;
    const char *type; /* content type; a constant */
    struct content *body;
    char etag[40], allow[32], filename[64];
    const char *location, *cache;
    int retry_after;
    bool gzip_ready; /* the body is squeezed already */
};

enum request_state { REQUEST_NEW, REQUEST_BODY, REQUEST_WORKING, REQUEST_ANSWERED };

/* Why its query should stop. */
enum stop_reason { STOP_NONE, STOP_GONE, STOP_TIMEOUT, STOP_ASKED, STOP_SHUTDOWN };

struct request {
    struct http *http;
    struct connection *connection;
    void *mhd; /* struct MHD_Connection: for the server only */
    int fd;    /* only to ask whether the client is gone */
    enum request_state state;
    int64_t now;        /* ms; all relative times start here */
    int64_t started_ns; /* monotonic */
    uint64_t body_bytes;

    char *target; /* raw: path?query; cut into pieces below */
    char *text;   /* memory of path and parameters */
    char *path;   /* decoded */
    const char *method;
    bool head;       /* HEAD: a GET without its body */
    char id[ID_MAX]; /* what {id} of the route's path stands for */
    struct given given[PARAMS_MAX];
    size_t given_count;
    struct headers headers;

    const struct route *route;
    struct filter_problems problems;
    struct reply reply;

    _Atomic int cancelled; /* enum stop_reason */
    struct request *next;  /* in the pool's queue or list of running ones */
    int64_t queued;        /* monotonic ms */
};

/* raw may be NULL (then there is nothing to answer). NULL when out of memory. */
struct request *request_new(struct http *h, const char *raw);
void request_free(struct request *r);

/* Decode path and parameters. -1: r->problems says what is wrong. */
int request_parse(struct request *r);

/* ---- parameters (params.c) ------------------------------------------------------ */

/* Hold all given parameters against the route's lists; mistakes go to r->problems. */
void params_check(struct request *r);
/* Empty counts as not given. Initial values apply. NULL: nothing. */
const char *param_text(const struct request *r, const char *name);
/* As given, without the initial value. */
const char *param_given(const struct request *r, const char *name);
uint64_t param_count(const struct request *r, const char *name);
double param_number(const struct request *r, const char *name);
bool param_flag(const struct request *r, const char *name);
/* False: not given. */
bool param_time(const struct request *r, const char *name, int64_t *ms, bool *relative);

/* ---- replies (reply.c) ---------------------------------------------------------- */

enum format { FORMAT_JSON, FORMAT_CSV, FORMAT_NDJSON, FORMAT_TEXT };

/* By the format parameter, else by Accept. */
enum format request_format(const struct request *r);
const char *format_type(enum format f);

/* Each sets the whole reply (and drops an earlier one). The bytes of b are taken. */
void reply_buf(struct request *r, int status, const char *type, struct buf *b);
void reply_body(struct request *r, int status, const char *type, struct content *b);
void reply_json(struct request *r, struct buf *b);
void reply_empty(struct request *r, int status);
/* RFC 9457 problem document, with r->problems as its errors. */
void reply_problem(struct request *r, int status, const char *fmt, ...) FV_PRINTF(3, 4);
/* From an error of the rooms below. */
void reply_error(struct request *r, const struct err *e);
/* True (and a 400 is set) if there are problems. */
bool request_refused(struct request *r);
const char *status_phrase(int status);
/* Is etag in an If-None-Match line? Compared weakly. */
bool etag_known(const char *none_match, const char *etag);

#endif
