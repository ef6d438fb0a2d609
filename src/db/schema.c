#include "db/schema.h"

#define STEP_1                                                                                                          \
    "CREATE TABLE devices("                                                                                             \
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"                                                               \
    " exporters INTEGER NOT NULL, configured INTEGER NOT NULL);" /* one row for each flow file ever seen: the ledger */ \
    "CREATE TABLE files("                                                                                               \
    " id INTEGER PRIMARY KEY, device INTEGER NOT NULL REFERENCES devices(id),"                                          \
    " path TEXT NOT NULL, root TEXT NOT NULL, state INTEGER NOT NULL, size INTEGER NOT "                                \
    "NULL,"                                                                                                             \
    " mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL, flows INTEGER NOT NULL,"                                       \
    " flows_lost INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,"                                       \
    " seen INTEGER NOT NULL, gone INTEGER NOT NULL, reason TEXT NOT NULL,"                                              \
    " UNIQUE(device, path));"                                                                                           \
    "CREATE TABLE segments("                                                                                            \
    " id INTEGER PRIMARY KEY, device INTEGER NOT NULL REFERENCES devices(id),"                                          \
    " day INTEGER NOT NULL, flows INTEGER NOT NULL, octets INTEGER NOT NULL,"                                           \
    " packets INTEGER NOT NULL, flow_count INTEGER NOT NULL, min_start INTEGER NOT NULL,"                               \
    " max_end INTEGER NOT NULL, present INTEGER NOT NULL, bytes INTEGER NOT NULL,"                                      \
    " blocks INTEGER NOT NULL);" /* which files a segment's flows came from */                                          \
    "CREATE TABLE segment_files("                                                                                       \
    " segment INTEGER NOT NULL REFERENCES segments(id) ON DELETE CASCADE,"                                              \
    " file INTEGER NOT NULL REFERENCES files(id) ON DELETE CASCADE,"                                                    \
    " PRIMARY KEY(segment, file)) WITHOUT ROWID;"                                                                       \
    "CREATE INDEX segment_files_file ON segment_files(file);"                                                           \
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"                                       \
    "PRAGMA user_version=1;"

const char *const db_schema[] = {STEP_1};
const int db_schema_count = (int)(sizeof(db_schema) / sizeof(db_schema[0]));
