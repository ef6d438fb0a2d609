#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>

#include "flowviewer/base.h"
#include "flowviewer/flow.h"

/* ---- JSON ----------------------------------------------------------------------- */

static void json_puts_the_commas(void **state)
{
    struct buf b = {0};
    struct json j;

    (void)state;
    json_begin(&j, &b);
    json_object(&j, NULL);
    json_str(&j, "a", "x\"y");
    json_str(&j, "none", NULL);
    json_array(&j, "list");
    json_u64(&j, NULL, UINT64_MAX);
    json_i64(&j, NULL, -1);
    json_object(&j, NULL);
    json_end_object(&j);
    json_array(&j, NULL);
    json_end_array(&j);
    json_end_array(&j);
    json_bool(&j, "yes", true);
    json_ipv4(&j, "ip", 0x7f000001);
    json_null(&j, "n");
    json_key(&j, "raw");
    buf_str(&b, "1");
    json_bool(&j, "no", false);
    json_end_object(&j);
    assert_string_equal(b.data,
        "{\"a\":\"x\\\"y\",\"none\":null,\"list\":[18446744073709551615,-1,{},[]],"
        "\"yes\":true,\"ip\":\"127.0.0.1\",\"n\":null,\"raw\":1,\"no\":false}");
    buf_free(&b);
}

static void json_seconds_keep_their_milliseconds(void **state)
{
    static const struct {
        int64_t ms;
        double seconds;
    } list[] = {{0, 0}, {1500, 1.5}, {-1, -0.001}, {-1500, -1.5}, {-1000, -1}, {7, 0.007},
        {INT64_C(1795341600123), 1795341600.123}};
    struct buf b = {0};
    struct json j;

    (void)state;
    for (size_t i = 0; i < NITEMS(list); i++) {
        char *end;
        buf_reset(&b);
        json_begin(&j, &b);
        json_seconds(&j, NULL, list[i].ms);
        assert_true(strtod(b.data, &end) == list[i].seconds);
        assert_int_equal(*end, '\0');
    }
    buf_free(&b);
}

static void json_doubles_are_numbers_or_null(void **state)
{
    static const double list[] = {0, -1.5, 1e300, 1.5e308, DBL_MIN, 0.1};
    struct buf b = {0};
    struct json j;

    (void)state;
    for (size_t i = 0; i < NITEMS(list); i++) {
        char *end;
        buf_reset(&b);
        json_begin(&j, &b);
        json_double(&j, NULL, list[i]);
        assert_true(fabs(strtod(b.data, &end) - list[i]) <= fabs(list[i]) * 1e-9);
        assert_int_equal(*end, '\0');
    }
    buf_reset(&b);
    json_begin(&j, &b);
    json_array(&j, NULL);
    json_double(&j, NULL, NAN);
    json_double(&j, NULL, INFINITY);
    json_end_array(&j);
    assert_string_equal(b.data, "[null,null]");
    buf_free(&b);
}

/* ---- errors and log ------------------------------------------------------------- */

static void errors_say_what_and_why(void **state)
{
    struct err e = {0};

    (void)state;
    errno = ENOSPC;
    assert_int_equal(err_sys(&e, "write %s", "/x"), -1);
    assert_int_equal(e.code, ERR_FULL);
    assert_int_equal(e.sys, ENOSPC);
    assert_non_null(strstr(e.msg, "write /x: "));
    errno = EACCES;
    err_sys(&e, "open %s", "/y");
    assert_int_equal(e.code, ERR_SYSTEM);
    assert_int_equal(err_set(&e, ERR_INPUT, "%0999d", 1), -1); /* cut, not overrun */
    assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
    assert_int_equal(e.sys, 0);
    assert_int_equal(err_set(NULL, ERR_INPUT, "nobody asks"), -1);
    assert_int_equal(err_nomem(NULL, "x"), -1);
}

/* Standard error of a child that runs f, and its end. */
static int child_says(void (*f)(void), char *text, size_t size)
{
    int p[2], status;
    size_t n = 0;
    ssize_t got;
    pid_t pid;

    assert_int_equal(pipe(p), 0);
    assert_int_not_equal(pid = fork(), -1);
    if (pid == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(p[1], 2);
        close(p[0]);
        close(p[1]);
        f();
        _exit(0);
    }
    close(p[1]);
    while ((got = read(p[0], text + n, size - 1 - n)) > 0)
        if (n + (size_t)got < size / 2) /* the rest is read, so that the child can end */
            n += (size_t)got;
    text[n] = '\0';
    close(p[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void log_hostile_line(void)
{
    log_init(true, 0, "test");
    log_debug("not shown");
    log_info("name \x1b[31m\nforged line\t%s", "x");
}

static void a_log_line_is_one_line(void **state)
{
    char text[512];

    (void)state;
    assert_int_equal(child_says(log_hostile_line, text, sizeof(text)), 0);
    assert_null(strstr(text, "not shown"));
    assert_null(strchr(text, '\x1b'));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    assert_non_null(strstr(text, "forged line"));
}

static void die(void)
{
    errno = ENOENT;
    fatal("open %s", "/x");
}

static void fatal_ends_with_the_reason(void **state)
{
    char text[512];
    int status = child_says(die, text, sizeof(text));

    (void)state;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_non_null(strstr(text, "open /x: "));
}

/* ---- locks ---------------------------------------------------------------------- */

static void falling_ranks(void)
{
    struct lock low, high;

    lock_init(&low, "low", RANK_INGEST);
    lock_init(&high, "high", RANK_CATALOG);
    lock_take(&high);
    lock_take(&low);
}

static void equal_ranks(void)
{
    struct lock one, two;

    lock_init(&one, "one", RANK_LEAF);
    lock_init(&two, "two", RANK_LEAF);
    lock_take(&one);
    lock_take(&two);
}

static void release_unheld(void)
{
    struct lock l;

    lock_init(&l, "lonely", RANK_LEAF);
    lock_release(&l);
}

static void a_breach_of_rank_aborts_with_both_names(void **state)
{
    (void)state;
#ifdef NDEBUG
    (void)falling_ranks;
    (void)equal_ranks;
    (void)release_unheld;
    (void)child_says;
    print_message("ranks are checked in Debug builds only\n");
    skip();
#else
    char text[512];
    int status = child_says(falling_ranks, text, sizeof(text));

    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(text, "low"));
    assert_non_null(strstr(text, "high"));
    status = child_says(equal_ranks, text, sizeof(text));
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    status = child_says(release_unheld, text, sizeof(text));
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
#endif
}

static void rising_ranks_in_any_order_of_release(void **state)
{
    struct lock low, high;

    (void)state;
    lock_init(&low, "low", RANK_INGEST);
    lock_init(&high, "high", RANK_CATALOG);
    for (int i = 0; i < 2; i++) {
        lock_take(&low);
        lock_take(&high);
        lock_release(i == 0 ? &low : &high);
        lock_release(i == 0 ? &high : &low);
    }
    lock_destroy(&low);
    lock_destroy(&high);
}

struct signalled {
    struct lock lock;
    pthread_cond_t cond;
    bool ready;
};

static void *signal_it(void *arg)
{
    struct signalled *s = arg;

    lock_take(&s->lock);
    s->ready = true;
    pthread_cond_signal(&s->cond);
    lock_release(&s->lock);
    return NULL;
}

static void waits_end_by_signal_or_time(void **state)
{
    struct signalled s = {.ready = false};
    pthread_t t;

    (void)state;
    lock_init(&s.lock, "s", RANK_LEAF);
    cond_init(&s.cond);
    lock_take(&s.lock);
    while (lock_wait_ms(&s.lock, &s.cond, 5)) /* spurious wake-ups are allowed */
        assert_false(s.ready);
    assert_false(lock_wait_ms(&s.lock, &s.cond, -1));
    assert_int_equal(pthread_create(&t, NULL, signal_it, &s), 0);
    while (!s.ready)
        lock_wait(&s.lock, &s.cond);
    lock_release(&s.lock);
    assert_int_equal(pthread_join(t, NULL), 0);
    pthread_cond_destroy(&s.cond);
    lock_destroy(&s.lock);
}

/* ---- flows ---------------------------------------------------------------------- */

static void every_field_has_its_own_name(void **state)
{
    (void)state;
    for (int f = 0; f < FLOW_FIELDS; f++) {
        assert_non_null(flow_fields[f].name);
        assert_true(flow_fields[f].label != NULL && flow_fields[f].label[0] != '\0');
        assert_int_equal(flow_field_by_name(flow_fields[f].name), f);
        if (f < FLOW_KEYS)
            assert_true(flow_fields[f].max > 0);
    }
    assert_int_equal(flow_field_by_name("source_addres"), -1);
    assert_int_equal(flow_field_by_name("source_address "), -1);
    assert_int_equal(flow_field_by_name(""), -1);
    assert_int_equal(flow_fields[F_SOURCE_PORT].max, 65535);
    assert_true(flow_fields[F_SOURCE_AS].max == UINT32_MAX);
    assert_int_equal(flow_fields[F_TOS].max, 255);
}

/* Written from end to end, no column overlaps another (the sanitizer watches the ends). */
static void a_block_has_room_for_every_column(void **state)
{
    struct flow_block *b = flow_block_new();

    (void)state;
    assert_non_null(b);
    assert_int_equal(b->count, 0);
    for (int f = 0; f < FLOW_KEYS; f++)
        for (uint32_t i = 0; i < FLOW_BLOCK_MAX; i++)
            b->key[f][i] = (uint32_t)f + i;
    for (int f = 0; f < FLOW_NUMBERS; f++)
        for (uint32_t i = 0; i < FLOW_BLOCK_MAX; i++)
            b->number[f][i] = -(int64_t)f - i;
    for (int f = 0; f < FLOW_KEYS; f++) {
        assert_int_equal((uintptr_t)b->key[f] % 64, 0);
        assert_int_equal(b->key[f][0], f);
        assert_int_equal(b->key[f][FLOW_BLOCK_MAX - 1], f + FLOW_BLOCK_MAX - 1);
    }
    for (int f = 0; f < FLOW_NUMBERS; f++) {
        assert_true(b->number[f][0] == -f);
        assert_true(b->number[f][FLOW_BLOCK_MAX - 1] == -f - (FLOW_BLOCK_MAX - 1));
    }
    flow_block_free(b);
    flow_block_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_puts_the_commas),
        cmocka_unit_test(json_seconds_keep_their_milliseconds),
        cmocka_unit_test(json_doubles_are_numbers_or_null),
        cmocka_unit_test(errors_say_what_and_why),
        cmocka_unit_test(a_log_line_is_one_line),
        cmocka_unit_test(fatal_ends_with_the_reason),
        cmocka_unit_test(a_breach_of_rank_aborts_with_both_names),
        cmocka_unit_test(rising_ranks_in_any_order_of_release),
        cmocka_unit_test(waits_end_by_signal_or_time),
        cmocka_unit_test(every_field_has_its_own_name),
        cmocka_unit_test(a_block_has_room_for_every_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
