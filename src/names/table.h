/*
 * Private to names: the tables and how they are filled.
 */
#ifndef FV_NAMES_TABLE_H
#define FV_NAMES_TABLE_H

#include "flowviewer/names.h"

#define NAME_LENGTH 63

/* Where a name comes from. Of several claims the lowest wins: the operator's own file first,
 * and in it TCP before UDP. */
enum name_source {
    FROM_FILE_TCP,
    FROM_FILE_UDP,
    FROM_FILE_OTHER,
    FROM_BUILTIN,
    FROM_COUNT
};

struct name_entry {
    char name[NAME_LENGTH + 1];
    uint32_t number;
    enum name_source source;
    bool alias;   /* leads to its number, but a number is not called so */
    size_t order; /* place among all that were added */
};

struct name_table {
    struct name_entry *entries;
    size_t count, cap;
    uint32_t *by_name, *by_number; /* indexes of entries, sorted; the best claim first */
};

struct name_number {
    const char *name;
    uint32_t number;
};

extern const struct name_number builtin_services[], builtin_protocols[];
extern const size_t builtin_services_count, builtin_protocols_count;

/* All return -1 only when out of memory. A name that is no proper one is passed over. */
int table_add(struct name_table *t, const char *name, size_t length, uint32_t number,
    enum name_source source, bool alias);
int table_add_all(struct name_table *t, const struct name_number *list, size_t n);
int table_sort(struct name_table *t); /* after the last addition, before questions */
void table_free(struct name_table *t);
bool table_number(const struct name_table *t, const char *name, uint32_t *number);
const char *table_name(const struct name_table *t, uint32_t number);

/* Read a file in the form of services(5) or protocols(5). A missing file is an empty one;
 * lines that make no sense are passed over. */
int parse_services(struct name_table *t, const char *path);
int parse_protocols(struct name_table *t, const char *path);

/* names_open() with other files. */
int names_open_files(
    struct names **out, const char *services, const char *protocols, struct err *e);

#endif
