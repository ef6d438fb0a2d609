/*
 * libmicrohttpd at work: connections come in, requests are decoded and answered or handed
 * to the pool. The only file that touches a connection; another thread may do no more with
 * one than resume it.
 */
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flowviewer/os.h"
#include "http/route.h"
#include "http/server.h"

#define HTTP_THREADS      2
#define CONNECTION_MEMORY (32 * 1024)
#define PER_ADDRESS                                                                        \
    64 /* connections of one client; not on loopback: a proxy is one client */
#define WHOLE_BODY (256 * 1024)
#define LOG_LINES  5 /* of libmicrohttpd, a second */
#define STOP_MS    1000

/* ---- header lines --------------------------------------------------------------- */

static bool accepts_gzip(const char *value)
{
    char copy[256], *cursor = copy, *item;
    bool any = false;

    str_copy(copy, sizeof(copy), value);
    while ((item = str_item(&cursor, ',')) != NULL) {
        char *quality = strstr(item, "q=");
        bool wanted = quality == NULL || atof(quality + 2) > 0;

        item[strcspn(item, "; \t")] = '\0';
        if (strcasecmp(item, "gzip") == 0)
            return wanted;
        if (strcmp(item, "*") == 0)
            any = wanted;
    }
    return any;
}

static void header_length(struct headers *to, const char *value)
{
    if (value[strspn(value, "0123456789")] != '\0' ||
        !str_u64(value, UINT64_MAX, &to->length))
        to->lengths++; /* as bad as two of them */
    to->lengths++;
}

static enum MHD_Result on_header(
    void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
    struct headers *to = cls;

    (void)kind;
    if (value == NULL)
        value = "";
    if (strcasecmp(key, "Host") == 0) {
        to->hosts++;
        if (!str_copy(to->host, sizeof(to->host), value))
            to->host[0] = '\0';
    } else if (strcasecmp(key, "Origin") == 0)
        str_copy(to->origin, sizeof(to->origin), value);
    else if (strcasecmp(key, "Sec-Fetch-Site") == 0)
        str_copy(to->site, sizeof(to->site), value);
    else if (strcasecmp(key, "Accept") == 0)
        str_copy(to->accept, sizeof(to->accept), value);
    else if (strcasecmp(key, "If-None-Match") == 0)
        str_copy(to->none_match, sizeof(to->none_match), value);
    else if (strcasecmp(key, "Accept-Encoding") == 0)
        to->gzip = accepts_gzip(value);
    else if (strcasecmp(key, "Content-Length") == 0)
        header_length(to, value);
    else if (strcasecmp(key, "Transfer-Encoding") == 0)
        to->transfers++;
    return MHD_YES;
}

/* A request whose length can be understood in two ways could hide another one behind it. */
static bool framing_refused(struct request *r)
{
    const struct headers *h = &r->headers;

    if (h->hosts > 1 || h->lengths > 1 || h->transfers > 1 ||
        (h->lengths > 0 && h->transfers > 0)) {
        reply_problem(r, 400, "Host, Content-Length or Transfer-Encoding is ambiguous.");
        return true;
    }
    if (h->length > BODY_MAX) {
        reply_problem(r, 413, "The body of a request may have at most %d bytes.", BODY_MAX);
        return true;
    }
    return false;
}

/* ---- answers -------------------------------------------------------------------- */

static const struct {
    const char *name, *value;
} fixed_headers[] = {
    {"Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Vary", "Accept, Accept-Encoding"},
};

/* A streamed answer: the body, and whose patience it uses. */
struct stream {
    struct content *body;
    struct connection *connection;
    struct http *http;
};

static ssize_t on_read(void *cls, uint64_t position, char *out, size_t max)
{
    struct stream *s = cls;
    ssize_t n = content_read(s->body, out, max);

    (void)position;
    if (n < 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (n == 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    connection_sent(s->connection, (size_t)n);
    atomic_fetch_add(&s->http->counters.bytes, (uint64_t)n);
    return n;
}

static void on_read_over(void *cls)
{
    struct stream *s = cls;

    content_free(s->body);
    free(s);
}

static struct MHD_Response *response_stream(struct request *r)
{
    struct stream *s = calloc(1, sizeof(*s));
    struct MHD_Response *response;

    if (s == NULL)
        return NULL;
    s->body = r->reply.body;
    s->connection = r->connection;
    s->http = r->http;
    response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, CONTENT_PIECE, on_read, s, on_read_over);
    if (response == NULL)
        free(s);
    else
        r->reply.body = NULL;
    return response;
}

static struct MHD_Response *response_whole(struct request *r)
{
    size_t size;
    char *bytes = content_take(r->reply.body, &size);
    struct MHD_Response *response;

    if (bytes == NULL)
        return NULL;
    response = MHD_create_response_from_buffer(size, bytes, MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        free(bytes);
    connection_sent(r->connection, size);
    atomic_fetch_add(&r->http->counters.bytes, size);
    return response;
}

/* On whichever thread: make the first bytes, and learn whether they are all. */
static void reply_prepare(struct request *r)
{
    struct reply *reply = &r->reply;

    if (reply->body == NULL)
        reply_problem(r, 500, "Out of memory.");
    if (reply->body != NULL && r->headers.gzip && !reply->gzip_ready && reply->type != NULL)
        reply->gzip_ready = content_gzip(reply->body);
    if (reply->body != NULL)
        content_settle(reply->body, WHOLE_BODY);
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0')
        MHD_add_response_header(response, name, value);
}

static void add_headers(struct MHD_Response *response, const struct reply *reply)
{
    char retry[16];
    size_t i;

    for (i = 0; i < NITEMS(fixed_headers); i++)
        add_header(response, fixed_headers[i].name, fixed_headers[i].value);
    add_header(response, "Content-Type", reply->type);
    add_header(response, "Location", reply->location);
    add_header(response, "Allow", reply->allow);
    add_header(response, "ETag", reply->etag);
    add_header(response, "Content-Disposition", reply->filename);
    add_header(response, "Cache-Control", reply->cache != NULL ? reply->cache : "no-store");
    if (reply->gzip_ready)
        add_header(response, "Content-Encoding", "gzip");
    if (reply->retry_after > 0) {
        snprintf(retry, sizeof(retry), "%d", reply->retry_after);
        add_header(response, "Retry-After", retry);
    }
}

static enum MHD_Result request_send(struct MHD_Connection *c, struct request *r)
{
    struct MHD_Response *response;
    enum MHD_Result result;

    if (r->reply.body == NULL)
        return MHD_NO;
    connection_answer(r->connection);
    response = content_settle(r->reply.body, 0) ? response_whole(r) : response_stream(r);
    if (response == NULL)
        return MHD_NO;
    add_headers(response, &r->reply);
    result = MHD_queue_response(c, (unsigned)r->reply.status, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- requests ------------------------------------------------------------------- */

static void *on_target(void *cls, const char *target, struct MHD_Connection *c)
{
    struct http *h = cls;
    const union MHD_ConnectionInfo *info;
    struct request *r = request_new(h, target);

    if (r == NULL)
        return NULL;
    r->mhd = c;
    info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    r->connection = info != NULL ? info->socket_context : NULL;
    info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    r->fd = info != NULL ? info->connect_fd : -1;
    atomic_fetch_add(&h->counters.in_flight, 1);
    return r;
}

static enum MHD_Result request_begin(
    struct MHD_Connection *c, struct request *r, const char *method)
{
    r->state = REQUEST_BODY;
    r->head = strcmp(method, "HEAD") == 0;
    /* The method's text is libmicrohttpd's and lives as long as the request. */
    r->method = r->head ? "GET" : method;
    MHD_get_connection_values(c, MHD_HEADER_KIND, on_header, &r->headers);
    connection_deadline(r->connection, HEADER_MS);
    if (!framing_refused(r))
        return MHD_YES;
    r->state = REQUEST_ANSWERED;
    reply_prepare(r);
    return request_send(c, r);
}

static void on_suspend(struct request *r)
{
    r->state = REQUEST_WORKING;
    connection_deadline(r->connection, NO_DEADLINE);
    MHD_suspend_connection(r->mhd);
}

/* On a request thread. After resuming, the request is the HTTP thread's. */
static void on_done(struct request *r)
{
    reply_prepare(r);
    r->state = REQUEST_ANSWERED;
    MHD_resume_connection(r->mhd);
}

static enum MHD_Result request_dispatch(struct MHD_Connection *c, struct request *r)
{
    struct http *h = r->http;

    if (request_route(r)) {
        if (pool_add(&h->pool, r, on_suspend))
            return MHD_YES;
        atomic_fetch_add(&h->counters.rejected, 1);
        reply_problem(r, 503, "Too many requests are waiting; try again in a moment.");
        r->reply.retry_after = 2;
    }
    r->state = REQUEST_ANSWERED;
    reply_prepare(r);
    return request_send(c, r);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_size,
    void **request)
{
    struct request *r = *request;

    (void)cls;
    (void)url;
    (void)version;
    (void)upload;
    if (r == NULL)
        return MHD_NO;
    switch (r->state) {
    case REQUEST_NEW:
        return request_begin(c, r, method);
    case REQUEST_BODY:
        if (*upload_size == 0)
            return request_dispatch(c, r);
        /* No route takes a body yet: it is read and forgotten. */
        r->body_bytes += *upload_size;
        *upload_size = 0;
        return r->body_bytes <= BODY_MAX ? MHD_YES : MHD_NO;
    case REQUEST_WORKING:
        return MHD_YES;
    case REQUEST_ANSWERED:
        return request_send(c, r);
    }
    return MHD_NO;
}

static void on_completed(void *cls, struct MHD_Connection *c, void **request,
    enum MHD_RequestTerminationCode why)
{
    struct http *h = cls;
    struct request *r = *request;

    (void)c;
    (void)why;
    if (r == NULL)
        return;
    *request = NULL;
    request_count(h, r);
    connection_deadline(r->connection, IDLE_MS);
    atomic_fetch_sub(&h->counters.in_flight, 1);
    request_free(r);
}

static void on_connection(void *cls, struct MHD_Connection *c, void **context,
    enum MHD_ConnectionNotificationCode what)
{
    struct http *h = cls;
    const union MHD_ConnectionInfo *info;

    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        connection_close(&h->connections, *context);
        *context = NULL;
        return;
    }
    info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    *context = info != NULL ? connection_open(&h->connections, info->connect_fd) : NULL;
}

/* A scan of ports makes libmicrohttpd talk a lot: a few lines a second are enough. */
static void on_log(void *cls, const char *fmt, va_list ap)
{
    struct log_rate *rate = &((struct http *)cls)->log_rate;
    int64_t second = time_mono_ms() / 1000, before = atomic_exchange(&rate->second, second);
    char line[512];
    unsigned suppressed;

    if (before != second) {
        atomic_store(&rate->lines, 0);
        suppressed = atomic_exchange(&rate->suppressed, 0);
        if (suppressed > 0)
            log_warnx("http: %u more messages like these", suppressed);
    }
    if (atomic_fetch_add(&rate->lines, 1) >= LOG_LINES) {
        atomic_fetch_add(&rate->suppressed, 1);
        return;
    }
    vsnprintf(line, sizeof(line), fmt, ap);
    line[strcspn(line, "\r\n")] = '\0';
    log_debug("http: %s", line);
}

/* ---- life ----------------------------------------------------------------------- */

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static int server_listen(struct http *h, struct err *e)
{
    const struct http_options *o = &h->options;

    h->mhd = MHD_start_daemon(
        MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG,
        h->port, NULL, NULL, on_request, h, MHD_OPTION_EXTERNAL_LOGGER, on_log, h,
        MHD_OPTION_LISTEN_SOCKET, (MHD_socket)h->listener, MHD_OPTION_THREAD_POOL_SIZE,
        (unsigned)HTTP_THREADS, MHD_OPTION_CONNECTION_LIMIT, (unsigned)o->connections,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(WRITE_MS / 1000),
        MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        is_loopback(o->address) ? 0U : (unsigned)PER_ADDRESS, MHD_OPTION_STRICT_FOR_CLIENT,
        1, MHD_OPTION_URI_LOG_CALLBACK, on_target, h, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, h, MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_END);
    if (h->mhd == NULL)
        return err_set(e, ERR_SYSTEM, "cannot start the HTTP server on %s port %u",
            o->address, (unsigned)h->port);
    return 0;
}

static void default_options(struct http_options *o)
{
    if (o->request_threads <= 0)
        o->request_threads = 8;
    if (o->queue <= 0)
        o->queue = 64;
    if (o->connections <= 0)
        o->connections = 512;
    if (o->query_timeout_ms <= 0)
        o->query_timeout_ms = 300000;
}

/* Answers that are on their way get a moment to arrive. */
static void drain(struct http *h)
{
    struct timespec nap = {0, 10000000};
    int64_t end = time_mono_ms() + STOP_MS;

    while (atomic_load(&h->counters.in_flight) > 0 && time_mono_ms() < end)
        nanosleep(&nap, NULL);
}

void http_stop(struct http *h)
{
    if (h == NULL)
        return;
    if (h->mhd != NULL) {
        MHD_quiesce_daemon(h->mhd); /* the listening socket is ours to close */
        pool_stop(&h->pool);
        drain(h);
        MHD_stop_daemon(h->mhd);
    }
    pool_stop(&h->pool);
    pool_destroy(&h->pool);
    connections_stop(&h->connections);
    if (h->listener >= 0)
        close(h->listener);
    if (h->started)
        totals_destroy(&h->totals);
    buf_free(&h->openapi);
    free(h);
}

int http_start(struct http **out, const struct http_options *o,
    const struct http_context *c, struct err *e)
{
    struct http *h = calloc(1, sizeof(*h));

    if (h == NULL)
        return err_nomem(e, "the HTTP server");
    h->options = *o;
    h->context = *c;
    h->listener = -1;
    h->processors = os_processors();
    default_options(&h->options);
    totals_init(&h->totals);
    h->started = true;
    if (openapi_build(&h->openapi, c->version) != 0) {
        http_stop(h);
        return err_nomem(e, "the API's description");
    }
    if (listener_open(h, e) != 0 || connections_start(&h->connections, e) != 0 ||
        pool_start(&h->pool, h->options.request_threads, h->options.queue, on_done, e) !=
            0 ||
        server_listen(h, e) != 0) {
        http_stop(h);
        return -1;
    }
    *out = h;
    return 0;
}

uint16_t http_port(const struct http *h)
{
    return h->port;
}
