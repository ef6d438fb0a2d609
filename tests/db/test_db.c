/* The database: opened, brought up to date, refused when it is damaged or of a newer daemon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "flowviewer/db.h"

static char directory[64], path[96];

static int make(void **state)
{
    (void)state;
    str_copy(directory, sizeof(directory), "/tmp/fv-db-XXXXXX");
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/test.sqlite", directory);
    return 0;
}

static int unmake(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[128];

    (void)state;
    for (size_t i = 0; i < NITEMS(ends); i++) {
        snprintf(name, sizeof(name), "%s%s", path, ends[i]);
        unlink(name);
    }
    return rmdir(directory);
}

static struct db *open_db(void)
{
    struct db *d = NULL;
    struct err e = {0};

    if (db_open(&d, path, &e) == -1)
        fail_msg("%s", e.msg);
    return d;
}

struct seen {
    int rows;
    int64_t sum;
    char text[32];
};

static int see(void *context, const struct db_row *row, struct err *e)
{
    struct seen *s = context;

    (void)e;
    s->rows++;
    s->sum += db_int(row, 0);
    str_copy(s->text, sizeof(s->text), db_text(row, 1));
    return 0;
}

static struct seen look(struct db *d)
{
    struct seen s = {0};
    struct err e = {0};

    assert_int_equal(
        db_each(d, see, &s, &e, "SELECT length(key), value FROM meta ORDER BY key", ""), 0);
    return s;
}

static void put(struct db *d, const char *key, const char *value)
{
    struct err e = {0};

    assert_int_equal(
        db_run(d, &e, "INSERT INTO meta(key, value) VALUES(?, ?)", "ss", key, value), 0);
}

static void test_rows(void **state)
{
    struct db *d = open_db();
    struct stat st;

    (void)state;
    put(d, "a", "one");
    put(d, "bb", "it's; DROP TABLE meta");
    assert_int_equal(look(d).rows, 2);
    assert_int_equal(look(d).sum, 3);
    assert_string_equal(look(d).text, "it's; DROP TABLE meta");
    db_close(d);
    d = open_db(); /* all is there again */
    assert_int_equal(look(d).rows, 2);
    db_close(d);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0007, 0); /* none of other people's business */
}

static void test_transaction(void **state)
{
    struct db *d = open_db();
    struct err e = {0};

    (void)state;
    assert_int_equal(db_begin(d, &e), 0);
    put(d, "a", "one");
    db_rollback(d);
    assert_int_equal(look(d).rows, 0);
    assert_int_equal(db_begin(d, &e), 0);
    put(d, "a", "one");
    assert_int_equal(db_commit(d, &e), 0);
    assert_int_equal(look(d).rows, 1);
    db_close(d);
}

static void test_errors(void **state)
{
    struct db *d = open_db();
    struct err e = {0};

    (void)state;
    put(d, "a", "one");
    assert_int_equal(
        db_run(d, &e, "INSERT INTO meta(key, value) VALUES(?, ?)", "ss", "a", "two"), -1);
    assert_non_null(strstr(e.msg, "UNIQUE"));
    assert_int_equal(db_run(d, &e, "SELECT nothing FROM nowhere", ""), -1);
    assert_non_null(strstr(e.msg, "nowhere"));
    /* foreign keys are looked after */
    assert_int_equal(
        db_run(d, &e, "INSERT INTO segment_files(segment, file) VALUES(1, 1)", ""), -1);
    put(d, "b", "three"); /* an error does not spoil the next statement */
    assert_int_equal(look(d).rows, 2);
    db_close(d);
}

static int refuse(void *context, const struct db_row *row, struct err *e)
{
    (void)row;
    ++*(int *)context;
    return err_set(e, ERR_INPUT, "enough");
}

static void test_callback_ends(void **state)
{
    struct db *d = open_db();
    struct err e = {0};
    int calls = 0;

    (void)state;
    put(d, "a", "one");
    put(d, "b", "two");
    assert_int_equal(db_each(d, refuse, &calls, &e, "SELECT key FROM meta", ""), -1);
    assert_int_equal(calls, 1);
    assert_string_equal(e.msg, "enough");
    db_close(d);
}

static void test_newer(void **state)
{
    struct db *d = open_db();
    struct err e = {0};

    (void)state;
    assert_int_equal(db_run(d, &e, "PRAGMA user_version=99", ""), 0);
    db_close(d);
    assert_int_equal(db_open(&d, path, &e), -1);
    assert_non_null(strstr(e.msg, "newer"));
}

static void test_damaged(void **state)
{
    struct db *d = open_db();
    struct err e = {0};
    char zeros[6000] = {0};
    int fd;

    (void)state;
    put(d, "a", "one");
    db_close(d);
    fd = open(path, O_RDWR);
    assert_int_not_equal(fd, -1);
    assert_int_equal(pwrite(fd, zeros, sizeof(zeros), 4096), (ssize_t)sizeof(zeros));
    close(fd);
    assert_int_equal(db_open(&d, path, &e), -1);
    assert_string_not_equal(e.msg, "");
    fd = open(path, O_RDWR | O_TRUNC);
    assert_int_equal(write(fd, "this is no database at all, it is a letter", 42), 42);
    close(fd);
    assert_int_equal(db_open(&d, path, &e), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, make, unmake),
        cmocka_unit_test_setup_teardown(test_transaction, make, unmake),
        cmocka_unit_test_setup_teardown(test_errors, make, unmake),
        cmocka_unit_test_setup_teardown(test_callback_ends, make, unmake),
        cmocka_unit_test_setup_teardown(test_newer, make, unmake),
        cmocka_unit_test_setup_teardown(test_damaged, make, unmake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
