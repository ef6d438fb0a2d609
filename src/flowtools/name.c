/*
 * Names of flow files: ft-vVV.YYYY-MM-DD.HHMMSS+ZZZZ, ft-vVVmMM.... for aggregates. The
 * time is local time with its distance from UTC, so the name alone tells the moment.
 */
#include <string.h>

#include "flowviewer/flowtools.h"

bool ft_name_is_finished(const char *basename)
{
    return strncmp(basename, "ft-", 3) == 0;
}

bool ft_name_is_temporary(const char *basename)
{
    return strncmp(basename, "tmp-", 4) == 0;
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static int two(const char *p)
{
    return (p[0] - '0') * 10 + (p[1] - '0');
}

/* p matches the pattern: 'd' a digit, '+' a sign, else the character itself. */
static bool matches(const char *p, const char *pattern)
{
    for (; *pattern != '\0'; p++, pattern++) {
        if (*pattern == 'd'   ? !digit(*p)
            : *pattern == '+' ? *p != '+' && *p != '-'
                              : *p != *pattern)
            return false;
    }
    return true;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return 365 * y + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

static bool in_range(const char *p)
{
    int month = two(p + 5), day = two(p + 8);

    return month >= 1 && month <= 12 && day >= 1 && day <= 31 && two(p + 11) < 24 &&
           two(p + 13) < 60 && two(p + 15) <= 60 && two(p + 20) < 60;
}

bool ft_name_time(const char *basename, int64_t *seconds)
{
    const char *p = strchr(basename, '.');
    int64_t zone, local;

    if (!ft_name_is_finished(basename) && !ft_name_is_temporary(basename))
        return false;
    if (p == NULL || !matches(++p, "dddd-dd-dd.dddddd+dddd") || p[22] != '\0' ||
        !in_range(p))
        return false;
    local = days_of(two(p) * 100 + two(p + 2), two(p + 5), two(p + 8)) * 86400;
    local += two(p + 11) * 3600 + two(p + 13) * 60 + two(p + 15);
    zone = two(p + 18) * 3600 + two(p + 20) * 60;
    *seconds = p[17] == '-' ? local + zone : local - zone;
    return true;
}
