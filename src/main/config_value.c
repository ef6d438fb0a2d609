#include <ctype.h>
#include <string.h>

#include "main/config_value.h"

#define NAME_MAX_LENGTH 40 /* of names that are compared */

/* Digits, then one of the units (or none, where the first unit is a NUL). */
static bool scaled(
    const char *s, const char *units, size_t n, const uint64_t *scale, uint64_t *out)
{
    char digits[24];
    size_t length = strspn(s, "0123456789");
    uint64_t value;

    if (length == 0 || length >= sizeof(digits))
        return false;
    memcpy(digits, s, length);
    digits[length] = '\0';
    if (!str_u64(digits, INT64_MAX, &value))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (s[length] != units[i] || (s[length] != '\0' && s[length + 1] != '\0'))
            continue;
        if (value > (uint64_t)INT64_MAX / scale[i])
            return false;
        *out = value * scale[i];
        return true;
    }
    return false;
}

bool value_size(const char *s, uint64_t *bytes)
{
    static const char units[] = {'\0', 'K', 'M', 'G', 'T'};
    static const uint64_t scale[] = {1, 1 << 10, 1 << 20, 1 << 30, UINT64_C(1) << 40};

    return scaled(s, units, NITEMS(units), scale, bytes);
}

bool value_duration(const char *s, int64_t *ms)
{
    static const char units[] = {'s', 'm', 'h', 'd', 'w'};
    static const uint64_t scale[] = {1000, 60000, 3600000, 86400000, 604800000};
    uint64_t value;

    if (!scaled(s, units, NITEMS(units), scale, &value))
        return false;
    *ms = (int64_t)value;
    return true;
}

bool value_name(const char *s, size_t size)
{
    if (*s == '\0' || *s == '.' || *s == '-' || strlen(s) >= size)
        return false;
    for (; *s != '\0'; s++)
        if (!isalnum((unsigned char)*s) && strchr("_-.", *s) == NULL)
            return false;
    return true;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Letters to insert, delete or change to make b of a. Both at most NAME_MAX_LENGTH. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_LENGTH + 1], columns = strlen(b);

    for (size_t j = 0; j <= columns; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            size_t above = row[j];

            row[j] = least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[columns];
}

const char *value_nearest(const char *s, const char *(*list)(size_t i))
{
    const char *name, *best = NULL;
    size_t length = strlen(s), smallest = length / 3 + 2;

    if (length > NAME_MAX_LENGTH)
        return NULL;
    for (size_t i = 0; (name = list(i)) != NULL; i++) {
        size_t d = distance(s, name);

        if (d < smallest) {
            smallest = d;
            best = name;
        }
    }
    return best;
}
