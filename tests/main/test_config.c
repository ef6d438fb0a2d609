/* The config file: every directive, every mistake, and the sample file against the defaults. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "main/config.h"

static struct config *good(const char *text)
{
    struct buf problems = {0};
    struct config *c;

    if (config_parse(&c, "f", text, strlen(text), &problems) < 0)
        fail_msg("refused: %s", problems.data);
    assert_null(problems.data);
    return c;
}

/* Parses text, which must be refused with exactly these lines. */
static void bad(const char *text, const char *expected)
{
    struct buf problems = {0};
    struct config *c;

    assert_int_equal(config_parse(&c, "f", text, strlen(text), &problems), -1);
    assert_null(c);
    assert_string_equal(problems.data, expected);
    buf_free(&problems);
}

/* ---- what is right -------------------------------------------------------------- */

static void defaults_hold_for_an_empty_file(void **state)
{
    struct config *c = good("");

    (void)state;
    assert_string_equal(c->http.address, "127.0.0.1");
    assert_int_equal(c->http.port, 8080);
    assert_string_equal(c->data_directory, "/var/db/flowviewer");
    assert_string_equal(c->time_zone, "");
    assert_string_equal(c->user, "");
    assert_int_equal(c->ingest.device_count, 0);
    assert_int_equal(c->ingest.clock, FT_CLOCK_CORRECTED);
    assert_int_equal(c->ingest.threads, 0);
    assert_int_equal(c->ingest.reserve_bytes, 0);
    assert_int_equal(c->ingest.rescan_ms, 60000);
    assert_false(c->ingest.poll);
    assert_true(c->ingest.compact);
    assert_int_equal(c->query.threads, 0);
    assert_int_equal(c->query.memory, 512 << 20);
    assert_int_equal(c->http.query_timeout_ms, 300000);
    assert_int_equal(c->http.request_threads, 8);
    assert_int_equal(c->http.queue, 64);
    assert_int_equal(c->http.connections, 512);
    assert_int_equal(c->http.server_name_count, 0);
    config_free(c);
}

static void every_directive_is_taken(void **state)
{
    struct config *c = good("listen on ::1 port 0\n"
                            "data-directory \"/srv/flow store/\"\n"
                            "time-zone \"Europe/Prague\"\n"
                            "user _flowviewer\n"
                            "clock flow-tools\n"
                            "ingest threads 3\n"
                            "ingest reserve 10G\n"
                            "ingest rescan 5m\n"
                            "ingest poll yes\n"
                            "ingest compact no\n"
                            "query threads 2\n"
                            "query memory 1T\n"
                            "query timeout 90s\n"
                            "http request-threads 4\n"
                            "http queue 10\n"
                            "http connections 100\n"
                            "http server-name flows.example.net\n"
                            "http server-name \"flows\"\n");

    (void)state;
    assert_string_equal(c->http.address, "::1");
    assert_int_equal(c->http.port, 0);
    assert_string_equal(c->data_directory, "/srv/flow store");
    assert_string_equal(c->time_zone, "Europe/Prague");
    assert_int_equal(c->time_zone_line, 3);
    assert_string_equal(c->user, "_flowviewer");
    assert_int_equal(c->ingest.clock, FT_CLOCK_FLOWTOOLS);
    assert_int_equal(c->ingest.threads, 3);
    assert_true(c->ingest.reserve_bytes == UINT64_C(10) << 30);
    assert_int_equal(c->ingest.rescan_ms, 300000);
    assert_true(c->ingest.poll);
    assert_false(c->ingest.compact);
    assert_int_equal(c->query.threads, 2);
    assert_true(c->query.memory == UINT64_C(1) << 40);
    assert_int_equal(c->http.query_timeout_ms, 90000);
    assert_int_equal(c->http.request_threads, 4);
    assert_int_equal(c->http.queue, 10);
    assert_int_equal(c->http.connections, 100);
    assert_int_equal(c->http.server_name_count, 2);
    assert_string_equal(c->http.server_names[0], "flows.example.net");
    assert_string_equal(c->http.server_names[1], "flows");
    config_free(c);
}

static void devices_keep_their_order(void **state)
{
    struct config *c = good("device router_1 directory \"/var/netflow/router_1\"\n"
                            "device all exporters directory \"/var/netflow/all/\" # many\n"
                            "device Edge-2.x directory /e max-size 10G max-age 90d\n"
                            "device h directory /h max-age 12h\n");
    const struct ingest_device *d = c->ingest.devices;

    (void)state;
    assert_int_equal(c->ingest.device_count, 4);
    assert_string_equal(d[0].name, "router_1");
    assert_string_equal(d[0].directory, "/var/netflow/router_1");
    assert_false(d[0].exporters);
    assert_int_equal(d[0].max_bytes, 0);
    assert_int_equal(d[0].max_age_ms, 0);
    assert_true(d[1].exporters);
    assert_string_equal(d[1].directory, "/var/netflow/all");
    assert_string_equal(d[2].name, "Edge-2.x");
    assert_true(d[2].max_bytes == UINT64_C(10) << 30);
    assert_true(d[2].max_age_ms == INT64_C(90) * 86400 * 1000);
    assert_true(d[3].max_age_ms == 12 * 3600 * 1000);
    config_free(c);
}

static void many_devices_fit(void **state)
{
    struct buf text = {0};
    struct config *c;

    (void)state;
    for (int i = 0; i < 1000; i++)
        buf_printf(&text, "device d%d directory \"/n/%d\"\n", i, i);
    c = good(text.data);
    assert_int_equal(c->ingest.device_count, 1000);
    assert_string_equal(c->ingest.devices[999].directory, "/n/999");
    config_free(c);
    buf_free(&text);
}

static void blanks_comments_and_quotes(void **state)
{
    struct config *c = good("# a comment\n\n   \t\n"
                            "\tquery\tthreads  7   # seven\r\n"
                            "data-directory \"/a # \\\"b\\\" \\\\c\"#end\n"
                            "user x");

    (void)state;
    assert_int_equal(c->query.threads, 7);
    assert_string_equal(c->data_directory, "/a # \"b\" \\c");
    assert_string_equal(c->user, "x");
    config_free(c);
}

/* ---- what is wrong -------------------------------------------------------------- */

static void all_mistakes_are_reported(void **state)
{
    (void)state;
    bad("listen on 127.0.0.1 port 70000\n"
        "query thread 2\n"
        "# fine\n"
        "device r!1 directory \"relative\" max-age 5\n"
        "ingest poll maybe\n",
        "f:1: listen: \"70000\" is wrong: expected a port, 0 to 65535 (0 picks a free "
        "one)\n"
        "f:2: unknown directive \"query thread\": expected perhaps \"query threads\"\n"
        "f:4: device: \"r!1\" is wrong: expected a name of letters, digits, \"_\", \"-\" "
        "and "
        "\".\", 63 at most\n"
        "f:4: device: \"relative\" is wrong: expected an absolute path, such as "
        "\"/var/netflow/router_1\"\n"
        "f:4: device: \"5\" is wrong: expected a duration, such as 90d, 12h, 5m or 30s\n"
        "f:5: ingest poll: \"maybe\" is wrong: expected yes or no\n");
}

static void words_that_do_not_fit(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"listen 127.0.0.1 port 80", "listen: expected \"on\" instead of \"127.0.0.1\""},
        {"listen", "listen: expected \"on\" at the end of the line"},
        {"listen on", "listen: expected an address at the end of the line"},
        {"listen on localhost port 80", "listen: \"localhost\" is wrong: expected a "
                                        "numeric address, such as 127.0.0.1 or "
                                        "::1"},
        {"listen on 127.0.0.1", "listen: expected \"port\" at the end of the line"},
        {"listen on 127.0.0.1 port", "listen: expected a port at the end of the line"},
        {"listen on 127.0.0.1 port -1",
            "listen: \"-1\" is wrong: expected a port, 0 to 65535 (0 picks a free one)"},
        {"listen on 127.0.0.1 port 80 81", "listen: expected nothing more, found \"81\""},
        {"data-directory", "data-directory: expected a directory at the end of the line"},
        {"data-directory var",
            "data-directory: \"var\" is wrong: expected an absolute path, such as "
            "\"/var/netflow/router_1\""},
        {"data-directory \"\"",
            "data-directory: \"\" is wrong: expected an absolute path, such as "
            "\"/var/netflow/router_1\""},
        {"device", "device: expected a name at the end of the line"},
        {"device a", "device: expected \"directory\" at the end of the line"},
        {"device a directory", "device: expected a directory at the end of the line"},
        {"device a directory /a max-age", "device: expected a duration, such as 90d, 12h, "
                                          "5m or 30s at the end of the line"},
        {"device a directory /a max-size 10X",
            "device: \"10X\" is wrong: expected a size, such as 512M or 10G"},
        {"device a directory /a max-size 0",
            "device: \"0\" is wrong: expected a size, such as 512M or 10G"},
        {"device a directory /a max-old 3d",
            "device: expected \"max-age\", \"max-size\" or nothing instead of \"max-old\""},
        {"time-zone \"\"",
            "time-zone: \"\" is wrong: expected a zone, such as \"Europe/Prague\""},
        {"user \"a b\"", "user: \"a b\" is wrong: expected the name of a user"},
        {"clock right", "clock: \"right\" is wrong: expected corrected or flow-tools"},
        {"ingest threads 0",
            "ingest threads: \"0\" is wrong: expected auto or a number, 1 to 16"},
        {"ingest threads auto 1", "ingest threads: expected nothing more, found \"1\""},
        {"ingest reserve much", "ingest reserve: \"much\" is wrong: expected auto or a "
                                "size, such as 512M or 10G"},
        {"ingest rescan 60",
            "ingest rescan: \"60\" is wrong: expected a duration from 1s to 1d"},
        {"ingest rescan 2d",
            "ingest rescan: \"2d\" is wrong: expected a duration from 1s to 1d"},
        {"ingest compact 1", "ingest compact: \"1\" is wrong: expected yes or no"},
        {"query threads 65",
            "query threads: \"65\" is wrong: expected auto or a number, 1 to 64"},
        {"query memory 15M",
            "query memory: \"15M\" is wrong: expected a size from 16M to 1T"},
        {"query memory 99999999999999999999G",
            "query memory: \"99999999999999999999G\" is wrong: expected a size from 16M to "
            "1T"},
        {"query memory 16777216T",
            "query memory: \"16777216T\" is wrong: expected a size from 16M to 1T"},
        {"query timeout",
            "query timeout: expected a duration from 1s to 1d at the end of the "
            "line"},
        {"http queue auto", "http queue: \"auto\" is wrong: expected a number, 1 to 10000"},
        {"http connections 3",
            "http connections: \"3\" is wrong: expected a number, 4 to 10000"},
        {"http request-threads eight",
            "http request-threads: \"eight\" is wrong: expected a number, 1 to 256"},
        {"http server-name a/b",
            "http server-name: \"a/b\" is wrong: expected the name of a host"},
        {"http", "unknown directive \"http\": see flowviewerd.conf(5)"},
        {"devise a directory /a",
            "unknown directive \"devise\": expected perhaps \"device\""},
        {"http server_name x", "unknown directive \"http server_name\": expected perhaps "
                               "\"http server-name\""},
        {"nonsense", "unknown directive \"nonsense\": see flowviewerd.conf(5)"},
        {"user \"open", "the quoted text is not closed: expected a second \""},
    };
    char expected[512];

    (void)state;
    for (size_t i = 0; i < NITEMS(cases); i++) {
        snprintf(expected, sizeof(expected), "f:1: %s\n", cases[i].expected);
        bad(cases[i].text, expected);
    }
}

static void twice_is_a_mistake(void **state)
{
    (void)state;
    bad("user a\nuser b\n", "f:2: user: given already in line 1\n");
    bad("device a directory /a\ndevice a directory /b\n",
        "f:2: device: there is another device \"a\"\n");
}

static void too_many_server_names(void **state)
{
    struct buf text = {0};

    (void)state;
    for (int i = 0; i < 9; i++)
        buf_printf(&text, "http server-name n%d\n", i);
    bad(text.data, "f:9: http server-name: more than 8 names\n");
    buf_free(&text);
}

static void long_things(void **state)
{
    struct buf text = {0};

    (void)state;
    buf_str(&text, "data-directory /");
    for (int i = 0; i < 300; i++)
        buf_char(&text, 'x');
    bad(text.data, "f:1: data-directory: the path is longer than 255 bytes\n");
    for (int i = 0; i < 1000; i++)
        buf_char(&text, 'x');
    bad(text.data, "f:1: the line is longer than 1007 bytes\n");
    buf_free(&text);
    bad("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "f:1: more than 16 words\n");
}

static void bytes_that_are_no_text(void **state)
{
    struct buf problems = {0};
    struct config *c;

    (void)state;
    assert_int_equal(config_parse(&c, "f", "user a\n\0user b\n", 15, &problems), -1);
    assert_string_equal(problems.data, "f:2: the line holds a NUL byte: expected text\n");
    buf_free(&problems);
}

static void a_file_that_is_not_there(void **state)
{
    struct buf problems = {0};
    struct config *c;

    (void)state;
    assert_int_equal(config_read(&c, "/nonexistent/x.conf", &problems), -1);
    assert_null(c);
    assert_string_equal(
        problems.data, "open /nonexistent/x.conf: No such file or directory\n");
    buf_free(&problems);
    assert_int_equal(config_read(&c, "/", &problems), -1);
    assert_non_null(strstr(problems.data, "directory"));
    buf_free(&problems);
}

/* ---- the sample file ------------------------------------------------------------ */

static void expect_text(const char *path, const char *expected)
{
    FILE *f = fopen(path, "r");
    char line[512];
    bool found = false;

    assert_non_null(f);
    while (!found && fgets(line, sizeof(line), f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        found = strcmp(line, expected) == 0;
    }
    fclose(f);
    if (!found)
        fail_msg("%s has no line \"%s\"", path, expected);
}

static void sample_shows_every_default(void **state)
{
    const char *name, *path = FV_SOURCE_DIR "/etc/flowviewerd.conf";
    char line[256];

    (void)state;
    for (size_t i = 0; (name = config_directive(i)) != NULL; i++) {
        if (config_default(i) == NULL)
            continue;
        snprintf(line, sizeof(line), "#%s %s", name, config_default(i));
        expect_text(path, line);
    }
}

/* Every line of the sample whose comment sign can be removed is accepted: "#word" is a
 * default, "# word ..." an example if word is a directive. */
static void sample_is_accepted_uncommented(void **state)
{
    FILE *f = fopen(FV_SOURCE_DIR "/etc/flowviewerd.conf", "r");
    struct buf text = {0};
    struct config *c;
    char line[512];
    int examples = 0;

    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof(line), f) != NULL) {
        if (line[0] == '#' && islower((unsigned char)line[1]))
            buf_str(&text, line + 1);
        else if (strncmp(line, "# device ", 9) == 0 ||
                 strncmp(line, "# time-zone ", 12) == 0 ||
                 strncmp(line, "# user ", 7) == 0 ||
                 strncmp(line, "# http server", 13) == 0) {
            buf_str(&text, line + 2);
            examples++;
        }
    }
    fclose(f);
    assert_int_equal(examples, 6);
    c = good(text.data);
    assert_int_equal(c->ingest.device_count, 3);
    config_free(c);
    buf_free(&text);
}

static void manual_names_every_directive(void **state)
{
    FILE *f = fopen(FV_SOURCE_DIR "/docs/flowviewerd.conf.5", "r");
    char text[32768], wanted[64];
    const char *name;
    size_t n;

    (void)state;
    assert_non_null(f);
    n = fread(text, 1, sizeof(text) - 1, f);
    text[n] = '\0';
    fclose(f);
    for (size_t i = 0; (name = config_directive(i)) != NULL; i++) {
        snprintf(wanted, sizeof(wanted), ".It Ic %s ", name);
        if (strstr(text, wanted) == NULL)
            fail_msg("flowviewerd.conf(5) lacks %s", name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_hold_for_an_empty_file),
        cmocka_unit_test(every_directive_is_taken),
        cmocka_unit_test(devices_keep_their_order),
        cmocka_unit_test(many_devices_fit),
        cmocka_unit_test(blanks_comments_and_quotes),
        cmocka_unit_test(all_mistakes_are_reported),
        cmocka_unit_test(words_that_do_not_fit),
        cmocka_unit_test(twice_is_a_mistake),
        cmocka_unit_test(too_many_server_names),
        cmocka_unit_test(long_things),
        cmocka_unit_test(bytes_that_are_no_text),
        cmocka_unit_test(a_file_that_is_not_there),
        cmocka_unit_test(sample_shows_every_default),
        cmocka_unit_test(sample_is_accepted_uncommented),
        cmocka_unit_test(manual_names_every_directive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
