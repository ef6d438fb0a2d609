#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "os/sandbox.h"

/* A veil cannot be lifted: each test has a child of its own, whose exit status is the number
 * of the check that failed, 0 if none did. */
#define CHECK(x)                                                                           \
    do {                                                                                   \
        if (!(x))                                                                          \
            _exit(__LINE__ & 0xff ? __LINE__ & 0xff : 1);                                  \
    } while (0)

static int run(void (*child)(const char *dir))
{
    char dir[] = "/tmp/fv-sandbox-XXXXXX", command[64];
    int status;
    pid_t pid;

    assert_non_null(mkdtemp(dir));
    assert_int_not_equal(pid = fork(), -1);
    if (pid == 0) {
        child(dir);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    assert_int_equal(system(command), 0);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool can_write(const char *dir, const char *name)
{
    char path[128];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    if ((fd = open(path, O_RDWR | O_CREAT, 0600)) == -1)
        return false;
    close(fd);
    return true;
}

static void make_places(const char *dir)
{
    char path[128];

    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/%c", dir, "abc"[i]);
        CHECK(mkdir(path, 0700) == 0);
    }
    CHECK(can_write(dir, "a/old") && can_write(dir, "b/old") && can_write(dir, "c/old"));
}

static void veil(const char *dir, const char *name, const char *permissions)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    CHECK(os_unveil(path, permissions, NULL) == 0);
}

static bool can_read(const char *dir, const char *name)
{
    char path[128];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    if ((fd = open(path, O_RDONLY)) == -1)
        return false;
    close(fd);
    return true;
}

/* a: all; b: to read; c: not named. */
static void deny(const char *dir)
{
    make_places(dir);
    veil(dir, "a", "rwc");
    veil(dir, "b", "r");
    CHECK(os_unveil(NULL, NULL, NULL) == 0);
    CHECK(os_pledge("stdio rpath wpath cpath flock inet", NULL) == 0);
    CHECK(can_write(dir, "a/new"));
    CHECK(can_read(dir, "a/old"));
    CHECK(can_read(dir, "b/old"));
    CHECK(!can_write(dir, "b/new"));
    CHECK(!can_write(dir, "b/old"));
    CHECK(!can_read(dir, "c/old"));
    CHECK(!can_write(dir, "c/new"));
}

static void veil_denies_what_was_not_named(void **state)
{
    (void)state;
    if (!sandbox_enforced()) {
        print_message("this kernel enforces nothing\n");
        skip();
    }
    assert_int_equal(run(deny), 0);
}

static void *write_in_thread(void *dir)
{
    return can_write(dir, "a/by-thread") && !can_read(dir, "c/old") ? dir : NULL;
}

/* What the daemon does later must go on: files, renames, threads, sockets, own figures. */
static void work(const char *dir)
{
    char from[128], to[128], copy[64];
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    unsigned char random[16];
    pthread_t t;
    void *result;
    int fd;

    make_places(dir);
    veil(dir, "a", "rwc");
    veil(dir, "b", "rwc");
    veil(dir, "missing", "r");
    CHECK(os_unveil(NULL, NULL, NULL) == 0);
    CHECK(os_pledge("stdio rpath wpath cpath flock inet", NULL) == 0);
    snprintf(from, sizeof(from), "%s/a/old", dir);
    snprintf(to, sizeof(to), "%s/b/moved", dir);
    CHECK(rename(from, to) == 0);
    CHECK(truncate(to, 5) == 0);
    CHECK(unlink(to) == 0);
    snprintf(to, sizeof(to), "%s/b/sub", dir);
    CHECK(mkdir(to, 0700) == 0 && os_fsync_directory(to, NULL) == 0 && rmdir(to) == 0);
    snprintf(copy, sizeof(copy), "%s", dir);
    CHECK(pthread_create(&t, NULL, write_in_thread, copy) == 0);
    CHECK(pthread_join(t, &result) == 0);
    CHECK(result != NULL || !sandbox_enforced());
    CHECK((fd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
    CHECK(bind(fd, (struct sockaddr *)&in, sizeof(in)) == 0 && listen(fd, 1) == 0);
    CHECK(os_resident_bytes() > 0 && os_processors() > 0);
    CHECK(os_random(random, sizeof(random)) == 0);
}

static void veil_leaves_the_daemon_its_work(void **state)
{
    (void)state;
    assert_int_equal(run(work), 0);
}

static void close_list(const char *dir)
{
    struct err e = {0};

    CHECK(os_unveil(dir, "rwc", &e) == 0);
    CHECK(os_unveil(NULL, NULL, &e) == 0);
    CHECK(os_unveil(dir, "r", &e) == -1);
    CHECK(e.sys == EPERM && strstr(e.msg, dir) != NULL);
}

static void closed_list_takes_no_more(void **state)
{
    (void)state;
    assert_int_equal(run(close_list), 0);
}

static void bad_letter(const char *dir)
{
    CHECK(os_unveil(dir, "rq", NULL) == -1);
}

static void unknown_permission_is_refused(void **state)
{
    (void)state;
    assert_int_equal(run(bad_letter), 0);
}

static void pledge_alone(const char *dir)
{
    CHECK(os_pledge("stdio rpath wpath cpath", NULL) == 0);
    CHECK(can_write(dir, "x"));
}

static void without_a_list_all_files_stay_open(void **state)
{
    (void)state;
    assert_int_equal(run(pledge_alone), 0);
}

static void become_nobody(const char *dir)
{
    (void)dir;
    CHECK(os_drop_privileges("nobody", NULL) == 0);
    CHECK(getuid() != 0 && geteuid() != 0 && getgid() != 0);
    CHECK(setuid(0) == -1);
    CHECK(os_drop_privileges("root", NULL) == 0 && getuid() != 0); /* no longer a matter */
}

static void privileges_are_dropped_for_good(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("needs root\n");
        skip();
    }
    assert_int_equal(run(become_nobody), 0);
}

static void unknown_user_is_named(void **state)
{
    struct err e = {0};

    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(os_drop_privileges("no-such-user-here", &e), -1);
    assert_non_null(strstr(e.msg, "no-such-user-here"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(veil_denies_what_was_not_named),
        cmocka_unit_test(veil_leaves_the_daemon_its_work),
        cmocka_unit_test(closed_list_takes_no_more),
        cmocka_unit_test(unknown_permission_is_refused),
        cmocka_unit_test(without_a_list_all_files_stay_open),
        cmocka_unit_test(privileges_are_dropped_for_good),
        cmocka_unit_test(unknown_user_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
