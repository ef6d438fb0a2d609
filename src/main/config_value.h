/*
 * config_value: sizes, durations and names as operators write them, as numbers.
 */
#ifndef MAIN_CONFIG_VALUE_H
#define MAIN_CONFIG_VALUE_H

#include "flowviewer/base.h"

/* "512M": bytes, or with K M G T in units of 1024. False: not a size, or too large. */
bool value_size(const char *s, uint64_t *bytes);
/* "90d": with one of s m h d w. False without a unit. */
bool value_duration(const char *s, int64_t *ms);
/* Letters, digits, "_", "-" and "."; no "." or "-" first; shorter than size. */
bool value_name(const char *s, size_t size);
/* The name of the list (NULL ends it) that is the most like s; NULL if none is near. */
const char *value_nearest(const char *s, const char *(*list)(size_t i));

#endif
