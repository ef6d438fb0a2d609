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
#include <sys/socket.h>
#include <sys/un.h>

#include "flowviewer/os.h"

static void peer_gone_only_after_it_went(void **state)
{
    int s[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    assert_false(os_peer_gone(s[0]));
    assert_int_equal(write(s[1], "GET", 3), 3);
    assert_false(os_peer_gone(s[0]));
    close(s[1]);
#ifdef __linux__ /* elsewhere unread bytes hide the end */
    assert_true(os_peer_gone(s[0]));
#endif
    char bytes[8];
    assert_int_equal(read(s[0], bytes, sizeof(bytes)), 3);
    assert_true(os_peer_gone(s[0]));
    close(s[0]);
}

static void notify_sends_one_datagram(void **state)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char dir[] = "/tmp/fv-notify-XXXXXX", got[64];
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    ssize_t n;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(at.sun_path, sizeof(at.sun_path), "%s/s", dir);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    setenv("NOTIFY_SOCKET", at.sun_path, 1);
    os_notify("READY=1");
    n = recv(fd, got, sizeof(got), 0);
    assert_int_equal(n, 7);
    assert_memory_equal(got, "READY=1", 7);
    unsetenv("NOTIFY_SOCKET");
    os_notify("READY=1"); /* nobody listens: nothing happens */
    assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), -1);
    close(fd);
    unlink(at.sun_path);
    rmdir(dir);
}

static void disk_free_is_below_the_total(void **state)
{
    uint64_t available, total;
    struct err e = {0};

    (void)state;
    assert_int_equal(os_disk_free("/tmp", &available, &total, &e), 0);
    assert_true(total > 0 && available <= total);
    assert_int_equal(os_disk_free("/nowhere/at/all", &available, &total, &e), -1);
    assert_non_null(strstr(e.msg, "/nowhere/at/all"));
}

static void fsync_of_a_directory(void **state)
{
    struct err e = {0};

    (void)state;
    assert_int_equal(os_fsync_directory("/tmp", &e), 0);
    assert_int_equal(os_fsync_directory("/nowhere/at/all", &e), -1);
    assert_int_equal(e.code, ERR_SYSTEM);
}

static void resident_bytes_grow_with_touched_memory(void **state)
{
    size_t size = (size_t)64 << 20;
    uint64_t before = os_resident_bytes();
    char *p = os_memory(size);

    (void)state;
    assert_non_null(p);
    assert_int_equal(p[size - 1], 0);
    memset(p, 1, size);
    assert_true(os_resident_bytes() >= before + size / 2);
    os_memory_free(p, size);
    os_memory_free(NULL, 0);
}

static void random_bytes_differ(void **state)
{
    unsigned char a[4096] = {0}, b[4096] = {0};

    (void)state;
    assert_int_equal(os_random(a, sizeof(a)), 0);
    assert_int_equal(os_random(b, sizeof(b)), 0);
    assert_memory_not_equal(a, b, sizeof(a));
    assert_memory_not_equal(a + 2048, b, 2048); /* to the end, not only the first piece */
    assert_int_equal(os_random(NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peer_gone_only_after_it_went),
        cmocka_unit_test(notify_sends_one_datagram),
        cmocka_unit_test(disk_free_is_below_the_total),
        cmocka_unit_test(fsync_of_a_directory),
        cmocka_unit_test(resident_bytes_grow_with_touched_memory),
        cmocka_unit_test(random_bytes_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
