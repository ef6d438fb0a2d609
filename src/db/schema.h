/* schema: the steps that bring a database from nothing to today's tables; private to db. */
#ifndef FLOWVIEWER_DB_SCHEMA_H
#define FLOWVIEWER_DB_SCHEMA_H

/* Step i makes schema i + 1 out of i. Never change a step that was released: add one. */
extern const char *const db_schema[];
extern const int db_schema_count;

#endif
