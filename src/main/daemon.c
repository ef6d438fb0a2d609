#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "flowviewer/os.h"
#include "main/daemon.h"
#include "main/directory.h"
#include "main/sandbox.h"

/* A watcher that is silent for that long beyond its rescans hangs (a dead file server). */
#define SILENCE_MS 120000

static int start_http(struct daemon *d, struct err *e)
{
    struct http_options o = d->config->http;
    struct http_context context = {.catalog = d->catalog,
        .ingest = d->ingest,
        .engine = d->engine,
        .names = d->names,
        .version = FV_VERSION,
        .started = d->started,
        .time_zone = d->config->time_zone};

    if (d->web_directory != NULL &&
        !str_copy(o.web_directory, sizeof(o.web_directory), d->web_directory))
        return err_set(e, ERR_INPUT, "--web-dir: the path is too long");
    return http_start(&d->http, &o, &context, e);
}

int daemon_start(struct daemon *d, struct err *e)
{
    const struct config *c = d->config;

    d->started = time_now_ms();
    d->lock = directory_lock(c->data_directory, e);
    if (d->lock < 0 || names_open(&d->names, e) < 0 ||
        catalog_open(&d->catalog, c->data_directory, e) < 0 ||
        sandbox_enter(c, d->web_directory, e) < 0 ||
        query_engine_start(&d->engine, d->catalog, &c->query, e) < 0 ||
        ingest_start(&d->ingest, d->catalog, &c->ingest, e) < 0 || start_http(d, e) < 0) {
        daemon_stop(d);
        return -1;
    }
    return 0;
}

void daemon_stop(struct daemon *d)
{
    if (d->http != NULL)
        http_stop(d->http);
    if (d->ingest != NULL)
        ingest_stop(d->ingest);
    if (d->engine != NULL)
        query_engine_stop(d->engine);
    if (d->catalog != NULL)
        catalog_close(d->catalog);
    if (d->names != NULL)
        names_close(d->names);
    if (d->lock >= 0)
        close(d->lock);
    config_free(d->config);
    *d = (struct daemon){.lock = -1};
}

void daemon_url(const struct daemon *d, char *to, size_t size)
{
    const char *address = d->config->http.address;
    bool six = strchr(address, ':') != NULL;

    snprintf(to, size, "http://%s%s%s:%u/", six ? "[" : "", address, six ? "]" : "",
        (unsigned)http_port(d->http));
}

bool daemon_alive(const struct daemon *d)
{
    struct ingest_status s;

    ingest_status(d->ingest, &s);
    return time_mono_ms() - s.alive < SILENCE_MS + d->config->ingest.rescan_ms;
}

/* ---- devices -------------------------------------------------------------------- */

/* The directory is the other one, or lies in it. */
static bool lies_in(const char *path, const char *other)
{
    size_t n = strlen(other);

    return strncmp(path, other, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static void check_overlap(const struct config *c, size_t i)
{
    const struct ingest_device *d = c->ingest.devices;

    for (size_t j = 0; j < c->ingest.device_count; j++)
        if (j != i && lies_in(d[i].directory, d[j].directory) &&
            (i > j || strcmp(d[i].directory, d[j].directory) != 0))
            log_warnx("device %s: its directory is inside that of device %s: flows will be "
                      "counted under both",
                d[i].name, d[j].name);
}

void daemon_check_devices(const struct config *c)
{
    if (c->ingest.device_count == 0)
        log_warnx("%s: no device is configured: there is nothing to read", c->path);
    for (size_t i = 0; i < c->ingest.device_count; i++)
        check_overlap(c, i);
}

/* ---- reload --------------------------------------------------------------------- */

/* One log line for each line of text. */
static void log_lines(char *text)
{
    char *cursor = text, *line;

    while (text != NULL && (line = str_item(&cursor, '\n')) != NULL)
        if (*line != '\0')
            log_warnx("%s", line);
}

static bool same_text(const struct buf *a, const struct buf *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static void warn_of_unchanged(const struct config *began, const struct config *now)
{
    for (size_t i = 0; i < CONFIG_DIRECTIVES; i++)
        if (!config_reloads(i) && !same_text(&began->given[i], &now->given[i]))
            log_warnx("%s: %s: a restart is needed for this change", now->path,
                config_directive(i));
    for (size_t i = 0; i < now->ingest.device_count; i++)
        if (!sandbox_reaches(began, now->ingest.devices[i].directory))
            log_warnx(
                "%s: device %s: \"%s\" is out of the running daemon's reach: a restart "
                "is needed",
                now->path, now->ingest.devices[i].name, now->ingest.devices[i].directory);
}

void daemon_reload(struct daemon *d)
{
    struct buf problems = {0};
    struct config *now;
    struct err e = {0};

    if (config_read(&now, d->config->path, &problems) < 0) {
        log_lines(problems.data);
        log_warnx("%s: not taken over, the old configuration stays", d->config->path);
        buf_free(&problems);
        return;
    }
    buf_free(&problems);
    warn_of_unchanged(d->config, now);
    daemon_check_devices(now);
    if (ingest_reload(d->ingest, &now->ingest, &e) < 0)
        log_warnx("%s: not taken over: %s", now->path, e.msg);
    else
        log_info("%s: read again", now->path);
    config_free(now);
}
