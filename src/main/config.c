#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "main/config.h"
#include "main/config_line.h"
#include "main/config_value.h"

#define FILE_BYTES (1024 * 1024)

struct directive {
    const char *name; /* one or two words */
    void (*parse)(struct config *c, struct config_line *l, const struct directive *d);
    const char *standard; /* default; NULL: none */
    bool reloads;         /* SIGHUP changes it */
    bool repeats;         /* may be given more than once */
    size_t offset;        /* of its value in struct config */
    uint64_t min, max;
    const char *expected;
};

/* ---- values of the usual kinds -------------------------------------------------- */

/* The directive's one value, unless it is "auto" or missing. */
static const char *single_value(struct config_line *l, const struct directive *d)
{
    const char *s;

    if (d->standard != NULL && strcmp(d->standard, "auto") == 0 &&
        line_optional(l, "auto")) {
        line_end(l);
        return NULL;
    }
    s = line_take(l, d->expected);
    return s != NULL && line_end(l) ? s : NULL;
}

static void refuse(struct config_line *l, const char *value, const char *expected)
{
    line_problem(l, "\"%s\" is wrong: expected %s", value, expected);
}

static void parse_int(struct config *c, struct config_line *l, const struct directive *d)
{
    const char *s = single_value(l, d);
    uint64_t value = 0;

    if (s != NULL && (!str_u64(s, d->max, &value) || value < d->min)) {
        refuse(l, s, d->expected);
        return;
    }
    *(int *)((char *)c + d->offset) = (int)value;
}

static void parse_size(struct config *c, struct config_line *l, const struct directive *d)
{
    const char *s = single_value(l, d);
    uint64_t value = 0;

    if (s != NULL && (!value_size(s, &value) || value < d->min || value > d->max)) {
        refuse(l, s, d->expected);
        return;
    }
    *(uint64_t *)((char *)c + d->offset) = value;
}

static void parse_duration(
    struct config *c, struct config_line *l, const struct directive *d)
{
    const char *s = single_value(l, d);
    int64_t value = 0;

    if (s != NULL && (!value_duration(s, &value) || value < (int64_t)d->min ||
                         value > (int64_t)d->max)) {
        refuse(l, s, d->expected);
        return;
    }
    *(int64_t *)((char *)c + d->offset) = value;
}

static void parse_yes(struct config *c, struct config_line *l, const struct directive *d)
{
    const char *s = single_value(l, d);

    if (s == NULL)
        return;
    if (strcmp(s, "yes") != 0 && strcmp(s, "no") != 0)
        refuse(l, s, d->expected);
    *(bool *)((char *)c + d->offset) = strcmp(s, "yes") == 0;
}

/* An absolute path, without the slashes at its end. */
static void take_path(struct config_line *l, char *to, size_t size)
{
    const char *s = line_take(l, "a directory");
    size_t n;

    if (s == NULL)
        return;
    if (*s != '/') {
        refuse(l, s, "an absolute path, such as \"/var/netflow/router_1\"");
        return;
    }
    if (!str_copy(to, size, s))
        line_problem(l, "the path is longer than %zu bytes", size - 1);
    for (n = strlen(to); n > 1 && to[n - 1] == '/'; n--)
        to[n - 1] = '\0';
}

/* ---- directives of their own kind ----------------------------------------------- */

static bool numeric_address(const char *s)
{
    unsigned char bytes[16];

    return inet_pton(AF_INET, s, bytes) == 1 || inet_pton(AF_INET6, s, bytes) == 1;
}

static void parse_listen(struct config *c, struct config_line *l, const struct directive *d)
{
    const char *address, *port;
    uint64_t number;

    (void)d;
    if (!line_keyword(l, "on") || (address = line_take(l, "an address")) == NULL)
        return;
    if (!numeric_address(address) ||
        !str_copy(c->http.address, sizeof(c->http.address), address))
        refuse(l, address, "a numeric address, such as 127.0.0.1 or ::1");
    if (!line_keyword(l, "port") || (port = line_take(l, "a port")) == NULL)
        return;
    if (!isdigit((unsigned char)*port) || !str_u64(port, 65535, &number))
        refuse(l, port, "a port, 0 to 65535 (0 picks a free one)");
    else
        c->http.port = (uint16_t)number;
    line_end(l);
}

static void parse_data_directory(
    struct config *c, struct config_line *l, const struct directive *d)
{
    (void)d;
    take_path(l, c->data_directory, sizeof(c->data_directory));
    line_end(l);
}

static void parse_time_zone(
    struct config *c, struct config_line *l, const struct directive *d)
{
    const char *s = single_value(l, d);

    if (s == NULL)
        return;
    if (*s == '\0' || !str_copy(c->time_zone, sizeof(c->time_zone), s))
        refuse(l, s, d->expected);
    c->time_zone_line = l->number;
}

static void parse_user(struct config *c, struct config_line *l, const struct directive *d)
{
    const char *s = single_value(l, d);

    if (s != NULL &&
        (!value_name(s, sizeof(c->user)) || !str_copy(c->user, sizeof(c->user), s)))
        refuse(l, s, d->expected);
}

static void parse_clock(struct config *c, struct config_line *l, const struct directive *d)
{
    const char *s = single_value(l, d);

    if (s == NULL)
        return;
    if (strcmp(s, "corrected") == 0)
        c->ingest.clock = FT_CLOCK_CORRECTED;
    else if (strcmp(s, "flow-tools") == 0)
        c->ingest.clock = FT_CLOCK_FLOWTOOLS;
    else
        refuse(l, s, d->expected);
}

static void parse_server_name(
    struct config *c, struct config_line *l, const struct directive *d)
{
    const char *s = single_value(l, d);
    char *to;

    if (s == NULL)
        return;
    if (c->http.server_name_count == (int)NITEMS(c->http.server_names)) {
        line_problem(l, "more than %zu names", NITEMS(c->http.server_names));
        return;
    }
    to = c->http.server_names[c->http.server_name_count];
    if (!value_name(s, sizeof(c->http.server_names[0])) ||
        !str_copy(to, sizeof(c->http.server_names[0]), s))
        refuse(l, s, d->expected);
    else
        c->http.server_name_count++;
}

/* ---- devices -------------------------------------------------------------------- */

static struct ingest_device *new_device(struct config *c, struct config_line *l)
{
    struct ingest_device *grown = mem_grow(
        c->ingest.devices, &c->device_room, c->ingest.device_count + 1, sizeof(*grown));

    if (grown == NULL) {
        line_problem(l, "out of memory");
        return NULL;
    }
    c->ingest.devices = grown;
    grown += c->ingest.device_count++;
    *grown = (struct ingest_device){0};
    return grown;
}

static void device_name(const struct config *c, struct ingest_device *device,
    struct config_line *l, const char *s)
{
    if (!value_name(s, sizeof(device->name))) {
        refuse(l, s, "a name of letters, digits, \"_\", \"-\" and \".\", 63 at most");
        return;
    }
    for (size_t i = 0; i + 1 < c->ingest.device_count; i++)
        if (strcmp(c->ingest.devices[i].name, s) == 0)
            line_problem(l, "there is another device \"%s\"", s);
    str_copy(device->name, sizeof(device->name), s);
}

static void device_age(struct ingest_device *device, struct config_line *l)
{
    static const char expected[] = "a duration, such as 90d, 12h, 5m or 30s";
    const char *s = line_take(l, expected);

    if (s != NULL && (!value_duration(s, &device->max_age_ms) || device->max_age_ms == 0))
        refuse(l, s, expected);
}

static void device_size(struct ingest_device *device, struct config_line *l)
{
    static const char expected[] = "a size, such as 512M or 10G";
    const char *s = line_take(l, expected);

    if (s != NULL && (!value_size(s, &device->max_bytes) || device->max_bytes == 0))
        refuse(l, s, expected);
}

static void parse_device(struct config *c, struct config_line *l, const struct directive *d)
{
    const char *name = line_take(l, "a name");
    struct ingest_device *device;

    (void)d;
    if (name == NULL || (device = new_device(c, l)) == NULL)
        return;
    device_name(c, device, l, name);
    device->exporters = line_optional(l, "exporters");
    if (!line_keyword(l, "directory"))
        return;
    take_path(l, device->directory, sizeof(device->directory));
    for (bool more = true; more;) {
        if (line_optional(l, "max-age"))
            device_age(device, l);
        else if (line_optional(l, "max-size"))
            device_size(device, l);
        else
            more = false;
    }
    if (l->next < l->count)
        line_problem(l, "expected \"max-age\", \"max-size\" or nothing instead of \"%s\"",
            l->word[l->next]);
}

/* ---- the table ------------------------------------------------------------------ */

#define IN(field) offsetof(struct config, field)
#define MiB       (UINT64_C(1) << 20)
#define TiB       (UINT64_C(1) << 40)
#define HOUR      UINT64_C(3600000)

static const struct directive table[CONFIG_DIRECTIVES] = {
    {"listen", parse_listen, "on 127.0.0.1 port 8080", .repeats = false},
    {"data-directory", parse_data_directory, "\"/var/db/flowviewer\"", .repeats = false},
    {"device", parse_device, NULL, .reloads = true, .repeats = true},
    {"time-zone", parse_time_zone, NULL, .expected = "a zone, such as \"Europe/Prague\""},
    {"user", parse_user, NULL, .expected = "the name of a user"},
    {"clock", parse_clock, "corrected", .expected = "corrected or flow-tools"},
    {"ingest threads", parse_int, "auto", .offset = IN(ingest.threads), .min = 1, .max = 16,
        .expected = "auto or a number, 1 to 16"},
    {"ingest reserve", parse_size, "auto", .offset = IN(ingest.reserve_bytes), .min = 1,
        .max = 1024 * TiB, .expected = "auto or a size, such as 512M or 10G"},
    {"ingest rescan", parse_duration, "60s", .offset = IN(ingest.rescan_ms), .min = 1000,
        .max = 24 * HOUR, .expected = "a duration from 1s to 1d"},
    {"ingest poll", parse_yes, "no", .offset = IN(ingest.poll), .expected = "yes or no"},
    {"ingest compact", parse_yes, "yes", .offset = IN(ingest.compact),
        .expected = "yes or no"},
    {"query threads", parse_int, "auto", .offset = IN(query.threads), .min = 1, .max = 64,
        .expected = "auto or a number, 1 to 64"},
    {"query memory", parse_size, "512M", .offset = IN(query.memory), .min = 16 * MiB,
        .max = TiB, .expected = "a size from 16M to 1T"},
    {"query timeout", parse_duration, "5m", .offset = IN(http.query_timeout_ms),
        .min = 1000, .max = 24 * HOUR, .expected = "a duration from 1s to 1d"},
    {"http request-threads", parse_int, "8", .offset = IN(http.request_threads), .min = 1,
        .max = 256, .expected = "a number, 1 to 256"},
    {"http queue", parse_int, "64", .offset = IN(http.queue), .min = 1, .max = 10000,
        .expected = "a number, 1 to 10000"},
    {"http connections", parse_int, "512", .offset = IN(http.connections), .min = 4,
        .max = 10000, .expected = "a number, 4 to 10000"},
    {"http server-name", parse_server_name, NULL, .repeats = true,
        .expected = "the name of a host"},
};

const char *config_directive(size_t i)
{
    return i < NITEMS(table) ? table[i].name : NULL;
}

const char *config_default(size_t i)
{
    return table[i].standard;
}

bool config_reloads(size_t i)
{
    return table[i].reloads;
}

/* ---- lines ---------------------------------------------------------------------- */

/* The directive that the line's first word, or first two words, name; takes them. */
static const struct directive *find_directive(struct config_line *l)
{
    char two[64];

    snprintf(two, sizeof(two), "%s %s", l->word[0], l->count > 1 ? l->word[1] : "");
    for (size_t i = 0; i < NITEMS(table); i++) {
        bool pair = strchr(table[i].name, ' ') != NULL;

        if (strcmp(table[i].name, pair ? two : l->word[0]) != 0)
            continue;
        l->next = pair ? 2 : 1;
        return &table[i];
    }
    return NULL;
}

/* Names the nearest directive to the first word, or to the first two words. */
static void unknown_directive(struct config_line *l)
{
    char two[64];
    const char *near, *word = l->word[0];

    snprintf(two, sizeof(two), "%s %s", l->word[0], l->count > 1 ? l->word[1] : "");
    near = value_nearest(two, config_directive);
    if (near == NULL)
        near = value_nearest(l->word[0], config_directive);
    else if (strchr(near, ' ') != NULL)
        word = two;
    if (near != NULL)
        line_problem(l, "unknown directive \"%s\": expected perhaps \"%s\"", word, near);
    else
        line_problem(l, "unknown directive \"%s\": see flowviewerd.conf(5)", word);
}

static void note_given(struct config *c, const struct config_line *l, size_t i)
{
    for (size_t word = l->next; word < l->count; word++) {
        if (c->given[i].len > 0)
            buf_char(&c->given[i], ' ');
        buf_str(&c->given[i], l->word[word]);
    }
}

static void parse_line(struct config *c, struct config_line *l)
{
    const struct directive *d = find_directive(l);
    size_t i;

    if (d == NULL) {
        unknown_directive(l);
        return;
    }
    i = (size_t)(d - table);
    l->directive = d->name;
    if (!d->repeats && l->number > 0) {
        if (c->line[i] > 0) {
            line_problem(l, "given already in line %d", c->line[i]);
            return;
        }
        buf_reset(&c->given[i]);
    }
    c->line[i] = l->number;
    note_given(c, l, i);
    d->parse(c, l, d);
}

/* Each default goes through its parser as if it stood in the file, as line 0. */
static void set_defaults(struct config *c, struct config_line *l)
{
    char text[128];

    for (size_t i = 0; i < NITEMS(table); i++) {
        if (table[i].standard == NULL)
            continue;
        snprintf(text, sizeof(text), "%s %s", table[i].name, table[i].standard);
        l->directive = NULL;
        if (line_split(l, text, strlen(text)))
            parse_line(c, l);
    }
}

static void parse_text(struct config *c, struct config_line *l, const char *text, size_t n)
{
    const char *end = text + n, *stop;

    for (; text < end; text = stop + 1) {
        stop = memchr(text, '\n', (size_t)(end - text));
        if (stop == NULL)
            stop = end;
        l->number++;
        l->directive = NULL;
        if (memchr(text, '\0', (size_t)(stop - text)) != NULL)
            line_problem(l, "the line holds a NUL byte: expected text");
        else if (line_split(l, text, (size_t)(stop - text)) && l->count > 0)
            parse_line(c, l);
    }
}

int config_parse(
    struct config **out, const char *path, const char *text, size_t n, struct buf *problems)
{
    struct config *c = calloc(1, sizeof(*c));
    struct config_line l = {.file = path, .problems = problems};
    size_t before = problems->len;

    *out = NULL;
    if (c == NULL) {
        buf_printf(problems, "%s: out of memory\n", path);
        return -1;
    }
    str_copy(c->path, sizeof(c->path), path);
    set_defaults(c, &l);
    parse_text(c, &l, text, n);
    if (problems->len > before || problems->failed) {
        config_free(c);
        return -1;
    }
    *out = c;
    return 0;
}

static int read_file(const char *path, struct buf *text, struct buf *problems)
{
    FILE *f = fopen(path, "r");
    char piece[4096];
    size_t n;

    if (f == NULL) {
        buf_printf(problems, "open %s: %s\n", path, strerror(errno));
        return -1;
    }
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0 && text->len <= FILE_BYTES)
        buf_add(text, piece, n);
    if (ferror(f))
        buf_printf(problems, "read %s: %s\n", path, strerror(errno));
    else if (text->len > FILE_BYTES)
        buf_printf(problems, "%s: expected a file of at most 1 MiB\n", path);
    fclose(f);
    return problems->len > 0 || text->failed ? -1 : 0;
}

int config_read(struct config **out, const char *path, struct buf *problems)
{
    struct buf text = {0};
    int r = -1;

    *out = NULL;
    if (read_file(path, &text, problems) == 0)
        r = config_parse(out, path, text.data == NULL ? "" : text.data, text.len, problems);
    buf_free(&text);
    return r;
}

void config_free(struct config *c)
{
    if (c == NULL)
        return;
    free(c->ingest.devices);
    for (size_t i = 0; i < CONFIG_DIRECTIVES; i++)
        buf_free(&c->given[i]);
    free(c);
}
