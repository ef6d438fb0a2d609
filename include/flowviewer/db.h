/*
 * db: SQLite, the daemon's memory of what it knows (never of flows: those are in segments).
 *
 * Floor 1; uses base only. Opens the database, keeps its schema up to date, runs statements with
 * errors that name them. SQL text lives with the code that knows what it means (the catalog).
 *
 * Threads: a struct db is used under its owner's lock.
 */
#ifndef FLOWVIEWER_DB_H
#define FLOWVIEWER_DB_H

#include "flowviewer/base.h"

struct db;
struct db_row; /* the current row of a query */

/* Creates the file (0640) if need be: WAL, synchronous=FULL. Brings the schema up to date, and
 * refuses a damaged database or one of a newer daemon. */
int db_open(struct db **out, const char *path, struct err *e);
void db_close(struct db *d);

int db_begin(struct db *d, struct err *e); /* takes the write lock */
int db_commit(struct db *d, struct err *e);
void db_rollback(struct db *d);

/* Run one statement. types has a letter for each '?': i = int64_t, s = const char * (NULL = NULL).
 * sql must be a string literal: prepared statements are kept by its address. */
int db_run(struct db *d, struct err *e, const char *sql, const char *types, ...);
/* The same, with a call for each row; a call that returns -1 ends it. */
typedef int db_row_fn(void *context, const struct db_row *row, struct err *e);
int db_each(struct db *d, db_row_fn *fn, void *context, struct err *e, const char *sql,
    const char *types, ...);

int64_t db_int(const struct db_row *row, int column);
const char *db_text(
    const struct db_row *row, int column); /* "" for NULL; valid during the call */
int64_t db_last_id(const struct db *d);

#endif
