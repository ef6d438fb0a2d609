#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flowviewer/base.h"

#define ZONES "/usr/share/zoneinfo/"

int64_t time_now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t time_mono_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t time_mono_ms(void)
{
    return time_mono_ns() / 1000000;
}

int64_t ms_to_seconds(int64_t ms)
{
    return ms / 1000 - (ms % 1000 < 0);
}

/* A name of the zone database, never a path; the file must be one of zones (tzfile(5)), for
 * with anything else the C library silently falls back to UTC. */
static bool zone_known(const char *name)
{
    char path[256], magic[4] = "";
    bool known;
    FILE *f;

    if (name[0] == '/' || strstr(name, "..") != NULL || strlen(name) > 100)
        return false;
    snprintf(path, sizeof(path), ZONES "%s", name);
    if ((f = fopen(path, "r")) == NULL)
        return false;
    known = fread(magic, 1, sizeof(magic), f) == sizeof(magic) &&
            memcmp(magic, "TZif", sizeof(magic)) == 0;
    fclose(f);
    return known;
}

/* Of POSIX's names: three letters or more, or digits and signs as well, in <>. */
static size_t zone_name_length(const char *s)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789+-";
    size_t n;

    if (*s == '<') {
        n = strspn(s + 1, letters);
        return n >= 3 && s[n + 1] == '>' ? n + 2 : 0;
    }
    n = strcspn(s, "0123456789+-,/");
    return n >= 3 && strspn(s, letters) >= n ? n : 0;
}

/* "CET-1CEST,M3.5.0,M10.5.0/3" or "<+0330>-3:30" of POSIX. */
static bool zone_posix(const char *name)
{
    size_t n = zone_name_length(name);
    const char *offset = name + n;

    if (n == 0 || strlen(name) > 100)
        return false;
    if (*offset == '-' || *offset == '+')
        offset++;
    return *offset >= '0' && *offset <= '9';
}

int zone_set(const char *name, struct err *e)
{
    if (name != NULL && name[0] != '\0') {
        if (strcmp(name, "UTC") != 0 && !zone_known(name) && !zone_posix(name))
            return err_set(e, ERR_INPUT,
                "unknown time zone \"%s\": expected a name such as Europe/Prague", name);
        if (setenv("TZ", name, 1) == -1)
            return err_sys(e, "set the time zone %s", name);
    }
    tzset();
    return 0;
}

void time_local(int64_t ms, struct tm *tm)
{
    time_t seconds = (time_t)ms_to_seconds(ms);

    if (localtime_r(&seconds, tm) == NULL)
        *tm = (struct tm){.tm_mday = 1, .tm_year = 70};
}

/* Of an hour that the clock shows twice, the first; an hour that it skips moves on by the
 * gap. */
int64_t time_from_local(struct tm *tm)
{
    struct tm summer = *tm, winter = *tm, shown;
    time_t first, second;

    summer.tm_isdst = 1;
    winter.tm_isdst = -1;
    first = mktime(&summer);
    second = mktime(&winter);
    if (first < second && localtime_r(&first, &shown) != NULL &&
        shown.tm_hour == tm->tm_hour && shown.tm_min == tm->tm_min &&
        shown.tm_mday == tm->tm_mday)
        return (int64_t)first * 1000;
    return (int64_t)second * 1000;
}

/* Days since 1970 of a civil date (proleptic Gregorian). */
static int64_t days_of(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t seconds_of(const struct tm *tm)
{
    return days_of((int64_t)tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday) * 86400 +
           tm->tm_hour * 3600 + tm->tm_min * 60 + tm->tm_sec;
}

void time_rfc3339(int64_t ms, char *out, size_t size)
{
    struct tm tm;
    int64_t seconds = ms_to_seconds(ms), offset;
    int fraction = (int)(ms - seconds * 1000), n;

    time_local(ms, &tm);
    offset = (seconds_of(&tm) - seconds) / 60;
    n = snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900,
        tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    if (fraction != 0 && n > 0 && (size_t)n < size)
        n += snprintf(out + n, size - (size_t)n, ".%03d", fraction);
    if (n > 0 && (size_t)n < size)
        snprintf(out + n, size - (size_t)n, "%c%02d:%02d", offset < 0 ? '-' : '+',
            (int)(offset < 0 ? -offset : offset) / 60,
            (int)(offset < 0 ? -offset : offset) % 60);
}

/* ---- reading times -------------------------------------------------------------- */

static bool digits(const char **s, int n, int low, int high, int *out)
{
    int v = 0;

    for (int i = 0; i < n; i++, (*s)++) {
        if (**s < '0' || **s > '9')
            return false;
        v = v * 10 + (**s - '0');
    }
    *out = v;
    return v >= low && v <= high;
}

/* Up to milliseconds; further digits are dropped. */
static bool fraction_ms(const char **s, int *ms)
{
    int scale = 100;

    *ms = 0;
    if (**s != '.')
        return true;
    (*s)++;
    if (**s < '0' || **s > '9')
        return false;
    for (; **s >= '0' && **s <= '9'; (*s)++, scale /= 10)
        *ms += (**s - '0') * scale;
    return true;
}

static bool parse_number(const char *s, int64_t *out)
{
    bool negative = *s == '-';
    int64_t v = 0;
    int ms = 0;

    if (negative)
        s++;
    if (*s < '0' || *s > '9')
        return false;
    for (; *s >= '0' && *s <= '9'; s++) {
        if (v > INT64_C(100000000000000))
            return false;
        v = v * 10 + (*s - '0');
    }
    if (!fraction_ms(&s, &ms) || *s != '\0')
        return false;
    *out = (v * 1000 + ms) * (negative ? -1 : 1);
    return true;
}

static bool parse_relative(const char *s, int64_t now, int64_t *out)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000},
        {'w', INT64_C(604800000)}};
    int64_t n = 0;
    int sign = *s == '-' ? -1 : 1;

    if (strcmp(s, "now") == 0) {
        *out = now;
        return true;
    }
    if (*s != '-' && *s != '+')
        return false;
    s++;
    if (*s < '0' || *s > '9')
        return false;
    for (; *s >= '0' && *s <= '9'; s++) {
        if (n > 100000000)
            return false;
        n = n * 10 + (*s - '0');
    }
    for (size_t i = 0; i < NITEMS(units); i++)
        if (s[0] == units[i].unit && s[1] == '\0') {
            *out = now + sign * n * units[i].ms;
            return true;
        }
    return false;
}

static bool days_fit(const struct tm *tm)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = tm->tm_year + 1900;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return tm->tm_mday <= days[tm->tm_mon] + (leap && tm->tm_mon == 1);
}

/* The offset after a date-time: minutes, or none. */
static bool parse_offset(const char *s, bool *local, int *minutes)
{
    int hour, minute, sign = *s == '-' ? -1 : 1;

    *local = *s == '\0';
    *minutes = 0;
    if (*local || strcmp(s, "Z") == 0 || strcmp(s, "z") == 0)
        return true;
    if (*s != '+' && *s != '-' &&
        *s != ' ') /* a '+' that was not escaped in a URL is a blank */
        return false;
    s++;
    if (!digits(&s, 2, 0, 23, &hour))
        return false;
    if (*s == ':')
        s++;
    if (!digits(&s, 2, 0, 59, &minute) || *s != '\0')
        return false;
    *minutes = sign * (hour * 60 + minute);
    return true;
}

static bool parse_date(const char *s, int64_t *out)
{
    struct tm tm = {0};
    int year, month, ms = 0, minutes;
    bool local;

    if (!digits(&s, 4, 0, 9999, &year) || *s++ != '-' || !digits(&s, 2, 1, 12, &month) ||
        *s++ != '-' || !digits(&s, 2, 1, 31, &tm.tm_mday))
        return false;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    if (!days_fit(&tm))
        return false;
    if (*s == 'T' || *s == 't' || *s == ' ') {
        s++;
        if (!digits(&s, 2, 0, 23, &tm.tm_hour) || *s++ != ':' ||
            !digits(&s, 2, 0, 59, &tm.tm_min))
            return false;
        if (*s == ':') {
            s++;
            if (!digits(&s, 2, 0, 60, &tm.tm_sec) || !fraction_ms(&s, &ms))
                return false;
        }
    }
    if (!parse_offset(s, &local, &minutes))
        return false;
    *out = (local ? time_from_local(&tm) : (seconds_of(&tm) - minutes * 60) * 1000) + ms;
    return true;
}

bool time_parse(const char *s, int64_t now_ms, int64_t *out, bool *relative)
{
    *relative = parse_relative(s, now_ms, out);
    return *relative || parse_date(s, out) || parse_number(s, out);
}
