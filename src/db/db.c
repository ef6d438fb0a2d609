#include "flowviewer/db.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "db/schema.h"

#define STATEMENTS_MAX 64

struct statement {
    const char *sql; /* by address */
    sqlite3_stmt *stmt;
};

struct db {
    sqlite3 *sqlite;
    struct statement statements[STATEMENTS_MAX];
    int statement_count;
};

static int failed(const struct db *d, struct err *e, const char *what)
{
    int code = sqlite3_errcode(d->sqlite) & 0xff;

    err_set(e,
        code == SQLITE_FULL    ? ERR_FULL
        : code == SQLITE_NOMEM ? ERR_MEMORY
                               : ERR_SYSTEM,
        "database: %s: %s", what, sqlite3_errmsg(d->sqlite));
    return -1;
}

static int plain(struct db *d, const char *sql, struct err *e)
{
    if (sqlite3_exec(d->sqlite, sql, NULL, NULL, NULL) != SQLITE_OK)
        return failed(d, e, sql);
    return 0;
}

int db_begin(struct db *d, struct err *e)
{
    return plain(d, "BEGIN IMMEDIATE", e);
}

int db_commit(struct db *d, struct err *e)
{
    return plain(d, "COMMIT", e);
}

void db_rollback(struct db *d)
{
    sqlite3_exec(d->sqlite, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- statements ------------------------------------------------------------------- */

static sqlite3_stmt *prepare(struct db *d, const char *sql, struct err *e)
{
    sqlite3_stmt *stmt;

    for (int i = 0; i < d->statement_count; i++)
        if (d->statements[i].sql == sql) {
            sqlite3_reset(d->statements[i].stmt);
            return d->statements[i].stmt;
        }
    if (d->statement_count == STATEMENTS_MAX) {
        err_set(e, ERR_INTERNAL, "database: more than %d statements", STATEMENTS_MAX);
        return NULL;
    }
    if (sqlite3_prepare_v3(d->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) !=
        SQLITE_OK) {
        failed(d, e, sql);
        return NULL;
    }
    d->statements[d->statement_count++] = (struct statement){sql, stmt};
    return stmt;
}

static int bind(
    struct db *d, sqlite3_stmt *stmt, const char *types, va_list args, struct err *e)
{
    int result = SQLITE_OK;

    for (int i = 1; *types != '\0' && result == SQLITE_OK; types++, i++) {
        if (*types == 'i') {
            result = sqlite3_bind_int64(stmt, i, va_arg(args, int64_t));
        } else {
            const char *s = va_arg(args, const char *);
            result = s == NULL ? sqlite3_bind_null(stmt, i)
                               : sqlite3_bind_text(stmt, i, s, -1, SQLITE_TRANSIENT);
        }
    }
    return result == SQLITE_OK ? 0 : failed(d, e, "bind");
}

static int step_all(
    struct db *d, sqlite3_stmt *stmt, db_row_fn *fn, void *context, struct err *e)
{
    int state, result = 0;

    while ((state = sqlite3_step(stmt)) == SQLITE_ROW && result == 0)
        if (fn != NULL)
            result = fn(context, (const struct db_row *)stmt, e);
    if (result == 0 && state != SQLITE_DONE)
        result = failed(d, e, sqlite3_sql(stmt));
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return result;
}

int db_run(struct db *d, struct err *e, const char *sql, const char *types, ...)
{
    sqlite3_stmt *stmt = prepare(d, sql, e);
    va_list args;
    int result;

    if (stmt == NULL)
        return -1;
    va_start(args, types);
    result = bind(d, stmt, types, args, e);
    va_end(args);
    return result == -1 ? -1 : step_all(d, stmt, NULL, NULL, e);
}

int db_each(struct db *d, db_row_fn *fn, void *context, struct err *e, const char *sql,
    const char *types, ...)
{
    sqlite3_stmt *stmt = prepare(d, sql, e);
    va_list args;
    int result;

    if (stmt == NULL)
        return -1;
    va_start(args, types);
    result = bind(d, stmt, types, args, e);
    va_end(args);
    return result == -1 ? -1 : step_all(d, stmt, fn, context, e);
}

int64_t db_int(const struct db_row *row, int column)
{
    return sqlite3_column_int64((sqlite3_stmt *)(uintptr_t)row, column);
}

const char *db_text(const struct db_row *row, int column)
{
    const unsigned char *s = sqlite3_column_text((sqlite3_stmt *)(uintptr_t)row, column);
    return s == NULL ? "" : (const char *)s;
}

int64_t db_last_id(const struct db *d)
{
    return sqlite3_last_insert_rowid(d->sqlite);
}

/* ---- opening ------------------------------------------------------------------------ */

static int take_int(void *context, const struct db_row *row, struct err *e)
{
    (void)e;
    *(int64_t *)context = db_int(row, 0);
    return 0;
}

static int check_whole(void *context, const struct db_row *row, struct err *e)
{
    (void)context;
    if (strcmp(db_text(row, 0), "ok") == 0)
        return 0;
    return err_set(e, ERR_FORMAT,
        "database is damaged (%s): move it away and start again, flow files will be read "
        "anew",
        db_text(row, 0));
}

static int migrate(struct db *d, struct err *e)
{
    int64_t version = 0;

    if (db_each(d, take_int, &version, e, "PRAGMA user_version", "") == -1)
        return -1;
    if (version > db_schema_count)
        return err_set(e, ERR_INPUT,
            "database is of a newer daemon (schema %lld, this one knows %d)",
            (long long)version, db_schema_count);
    for (; version < db_schema_count; version++) {
        if (db_begin(d, e) == -1)
            return -1;
        if (plain(d, db_schema[version], e) == -1 || db_commit(d, e) == -1) {
            db_rollback(d);
            return -1;
        }
    }
    return 0;
}

/* SQLite would make the file with the umask's rights. */
static int make_file(const char *path, struct err *e)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);

    if (fd == -1)
        return err_sys(e, "open %s", path);
    close(fd);
    return 0;
}

int db_open(struct db **out, const char *path, struct err *e)
{
    struct db *d = calloc(1, sizeof(*d));

    if (d == NULL)
        return err_nomem(e, "database");
    if (make_file(path, e) == -1) {
        free(d);
        return -1;
    }
    if (sqlite3_open_v2(path, &d->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
            NULL) != SQLITE_OK) {
        failed(d, e, path);
        goto fail;
    }
    sqlite3_extended_result_codes(d->sqlite, 1);
    sqlite3_busy_timeout(d->sqlite, 5000);
    if (plain(d, "PRAGMA journal_mode=WAL", e) == -1 ||
        plain(d, "PRAGMA synchronous=FULL", e) == -1 ||
        plain(d, "PRAGMA foreign_keys=ON", e) == -1 ||
        plain(d, "PRAGMA temp_store=MEMORY", e) == -1 || /* no file outside the sandbox */
        plain(d, "PRAGMA trusted_schema=OFF", e) == -1 ||
        db_each(d, check_whole, NULL, e, "PRAGMA quick_check(1)", "") == -1 ||
        migrate(d, e) == -1)
        goto fail;
    *out = d;
    return 0;
fail:
    db_close(d);
    return -1;
}

void db_close(struct db *d)
{
    if (d == NULL)
        return;
    for (int i = 0; i < d->statement_count; i++)
        sqlite3_finalize(d->statements[i].stmt);
    sqlite3_close(d->sqlite);
    free(d);
}
