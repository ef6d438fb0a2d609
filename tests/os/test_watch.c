#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

#include "flowviewer/os.h"

#define LONG_MS 20000 /* an event that does not come in this time never comes */

struct place {
    char dir[64];
    struct watch *w;
    enum watch_kind kind;
};

static int a_cookie, b_cookie;

static void path_of(const struct place *p, const char *name, char *out, size_t size)
{
    assert_true((size_t)snprintf(out, size, "%s/%s", p->dir, name) < size);
}

static void put_file(const struct place *p, const char *name)
{
    char path[128];
    int fd;

    path_of(p, name, path, sizeof(path));
    assert_int_not_equal(fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), -1);
    assert_int_equal(write(fd, name, strlen(name)), strlen(name));
    close(fd);
}

static int set_up(void **state, enum watch_kind kind)
{
    struct place *p = calloc(1, sizeof(*p));
    struct err e;

    snprintf(p->dir, sizeof(p->dir), "/tmp/fv-watch-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    p->kind = kind;
    assert_int_equal(watch_new(&p->w, kind, &e), 0);
    *state = p;
    return 0;
}

static int set_up_best(void **state)
{
    return set_up(state, WATCH_BEST);
}

static int set_up_poll(void **state)
{
    return set_up(state, WATCH_POLL);
}

static int tear_down(void **state)
{
    struct place *p = *state;
    char command[128];

    watch_free(p->w);
    snprintf(command, sizeof(command), "rm -rf %s", p->dir);
    assert_int_equal(system(command), 0);
    free(p);
    return 0;
}

static void kind_is_as_asked(void **state)
{
    struct place *p = *state;

    if (p->kind == WATCH_POLL)
        assert_string_equal(watch_name(p->w), "polling");
    else
        assert_string_not_equal(watch_name(p->w), "polling");
}

/* Waits until the cookie comes; events come in any number of pieces. */
static void expect_cookie(struct place *p, void *cookie)
{
    void *cookies[4];
    int64_t end = time_mono_ms() + LONG_MS;

    while (time_mono_ms() < end) {
        int n = watch_wait(p->w, LONG_MS, cookies, 4);
        for (int i = 0; i < n; i++)
            if (cookies[i] == cookie)
                return;
    }
    fail_msg("no event in %d ms", LONG_MS);
}

static void sees_a_new_file(void **state)
{
    struct place *p = *state;

    assert_int_equal(watch_add(p->w, p->dir, &a_cookie, NULL), 0);
    put_file(p, "ft-v05.new");
    expect_cookie(p, &a_cookie);
}

static void sees_a_rename_into_it(void **state)
{
    struct place *p = *state;
    char from[128], to[128], sub[128];

    path_of(p, "sub", sub, sizeof(sub));
    path_of(p, "tmp-v05", from, sizeof(from));
    path_of(p, "sub/ft-v05", to, sizeof(to));
    assert_int_equal(mkdir(sub, 0700), 0);
    put_file(p, "tmp-v05");
    assert_int_equal(watch_add(p->w, sub, &b_cookie, NULL), 0);
    assert_int_equal(rename(from, to), 0);
    expect_cookie(p, &b_cookie);
}

static void tells_of_a_removed_directory_and_takes_it_again(void **state)
{
    struct place *p = *state;
    char sub[128];

    path_of(p, "day", sub, sizeof(sub));
    assert_int_equal(mkdir(sub, 0700), 0);
    assert_int_equal(watch_add(p->w, sub, &a_cookie, NULL), 0);
    assert_int_equal(rmdir(sub), 0);
    expect_cookie(p, &a_cookie);
    assert_int_equal(mkdir(sub, 0700), 0);
    assert_int_equal(watch_add(p->w, sub, &b_cookie, NULL), 0);
    put_file(p, "day/ft-v05");
    expect_cookie(p, &b_cookie);
}

/* The old directory's end may not be mistaken for the new one's. */
static void follows_the_path_not_the_directory(void **state)
{
    struct place *p = *state;
    char sub[128], away[128];

    path_of(p, "day", sub, sizeof(sub));
    path_of(p, "away", away, sizeof(away));
    assert_int_equal(mkdir(sub, 0700), 0);
    assert_int_equal(watch_add(p->w, sub, &a_cookie, NULL), 0);
    assert_int_equal(rename(sub, away), 0);
    assert_int_equal(mkdir(sub, 0700), 0);
    assert_int_equal(watch_add(p->w, sub, &b_cookie, NULL), 0);
    put_file(p, "day/ft-v05");
    expect_cookie(p, &b_cookie);
}

static void one_cookie_for_many_directories_comes_once(void **state)
{
    struct place *p = *state;
    char one[128], two[128];
    void *cookies[4];

    path_of(p, "one", one, sizeof(one));
    path_of(p, "two", two, sizeof(two));
    assert_int_equal(mkdir(one, 0700), 0);
    assert_int_equal(mkdir(two, 0700), 0);
    assert_int_equal(watch_add(p->w, one, &a_cookie, NULL), 0);
    assert_int_equal(watch_add(p->w, two, &a_cookie, NULL), 0);
    put_file(p, "one/x");
    put_file(p, "two/x");
    assert_int_equal(watch_wait(p->w, LONG_MS, cookies, 4), 1);
    assert_ptr_equal(cookies[0], &a_cookie);
}

static void what_does_not_fit_comes_next_time(void **state)
{
    struct place *p = *state;
    char one[128], two[128];
    void *first[1], *second[1];

    path_of(p, "one", one, sizeof(one));
    path_of(p, "two", two, sizeof(two));
    assert_int_equal(mkdir(one, 0700), 0);
    assert_int_equal(mkdir(two, 0700), 0);
    assert_int_equal(watch_add(p->w, one, &a_cookie, NULL), 0);
    assert_int_equal(watch_add(p->w, two, &b_cookie, NULL), 0);
    put_file(p, "one/x");
    put_file(p, "two/x");
    assert_int_equal(watch_wait(p->w, LONG_MS, first, 1), 1);
    assert_int_equal(watch_wait(p->w, LONG_MS, second, 1), 1);
    assert_ptr_not_equal(first[0], second[0]);
}

static void is_silent_after_remove(void **state)
{
    struct place *p = *state;
    void *cookies[1];

    assert_int_equal(watch_add(p->w, p->dir, &a_cookie, NULL), 0);
    watch_remove(p->w, p->dir);
    watch_remove(p->w, "/never/added");
    put_file(p, "x");
    assert_int_equal(watch_wait(p->w, 50, cookies, 1), 0);
}

static void the_time_passes(void **state)
{
    struct place *p = *state;
    void *cookies[1];

    assert_int_equal(watch_wait(p->w, 10, cookies, 1), 0);
    assert_int_equal(watch_wait(p->w, 0, cookies, 1), 0);
}

static void *wake_it(void *w)
{
    watch_wake(w);
    return NULL;
}

/* Waiting for ever ends: without the wake the test hangs until ctest stops it. */
static void a_wake_from_a_thread_ends_the_wait(void **state)
{
    struct place *p = *state;
    void *cookies[1];
    pthread_t t;

    assert_int_equal(pthread_create(&t, NULL, wake_it, p->w), 0);
    assert_int_equal(watch_wait(p->w, -1, cookies, 1), 0);
    assert_int_equal(pthread_join(t, NULL), 0);
}

static void wakes_before_the_wait_count_and_never_block(void **state)
{
    struct place *p = *state;
    void *cookies[1];

    for (int i = 0; i < 200000; i++) /* more than a pipe holds */
        watch_wake(p->w);
    assert_int_equal(watch_wait(p->w, -1, cookies, 1), 0);
}

static void a_missing_directory_is_an_error_with_its_name(void **state)
{
    struct place *p = *state;
    struct err e = {0};
    void *cookies[1];

    assert_int_equal(watch_add(p->w, "/nowhere/at/all", &a_cookie, &e), -1);
    assert_non_null(strstr(e.msg, "/nowhere/at/all"));
    assert_int_equal(watch_wait(p->w, 0, cookies, 1), 0);
}

#define BOTH(f)                                                                            \
    cmocka_unit_test_setup_teardown(f, set_up_best, tear_down),                            \
    {                                                                                      \
        "polling: " #f, f, set_up_poll, tear_down, NULL                                    \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(kind_is_as_asked),
        BOTH(sees_a_new_file),
        BOTH(sees_a_rename_into_it),
        BOTH(tells_of_a_removed_directory_and_takes_it_again),
        BOTH(follows_the_path_not_the_directory),
        BOTH(one_cookie_for_many_directories_comes_once),
        BOTH(what_does_not_fit_comes_next_time),
        BOTH(is_silent_after_remove),
        BOTH(the_time_passes),
        BOTH(a_wake_from_a_thread_ends_the_wait),
        BOTH(wakes_before_the_wait_count_and_never_block),
        BOTH(a_missing_directory_is_an_error_with_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
