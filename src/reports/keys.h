/*
 * keys: what one may group by, with the names people and scripts use.
 */
#ifndef REPORTS_KEYS_H
#define REPORTS_KEYS_H

#include "flowviewer/reports.h"

struct key_info {
    const char *name, *label, *type;
};

struct key_info key_info(int key);
/* enum flow_field or enum query_key of that API name, or -1. */
int key_by_name(const char *name);
#define KEY_TEXT_MAX 32

/* Its value as people write it: an address, a prefix, a number. */
void key_text(int key, uint64_t value, char out[KEY_TEXT_MAX]);
bool key_is_text(int key); /* a string in JSON; else a number */

#endif
