#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "flowviewer/base.h"

/* Set once by log_init(), before threads start; read-only after. */
static struct {
    bool foreground;
    int verbose;
} settings = {.foreground = true};

void log_init(bool foreground, int verbose, const char *name)
{
    settings.foreground = foreground;
    settings.verbose = verbose;
    if (!foreground)
        openlog(name, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

/* File names, host names and requests reach the log: no control character may. */
static void make_visible(char *line)
{
    for (char *p = line; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
}

static void put(int priority, int error, const char *fmt, va_list args)
{
    char line[1024], why[128] = "";
    size_t n;

    vsnprintf(line, sizeof(line), fmt, args);
    if (error != 0) {
        if (strerror_r(error, why, sizeof(why)) != 0)
            snprintf(why, sizeof(why), "error %d", error);
        n = strlen(line);
        snprintf(line + n, sizeof(line) - n, ": %s", why);
    }
    make_visible(line);
    if (settings.foreground)
        fprintf(stderr, "%s\n", line);
    else
        syslog(priority, "%s", line);
}

void log_warn(const char *fmt, ...)
{
    int error = errno;
    va_list args;

    va_start(args, fmt);
    put(LOG_WARNING, error, fmt, args);
    va_end(args);
}

void log_warnx(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    put(LOG_WARNING, 0, fmt, args);
    va_end(args);
}

void log_info(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    put(LOG_INFO, 0, fmt, args);
    va_end(args);
}

void log_debug(const char *fmt, ...)
{
    va_list args;

    if (settings.verbose == 0)
        return;
    va_start(args, fmt);
    put(LOG_DEBUG, 0, fmt, args);
    va_end(args);
}

void fatal(const char *fmt, ...)
{
    int error = errno;
    va_list args;

    va_start(args, fmt);
    put(LOG_CRIT, error, fmt, args);
    va_end(args);
    exit(1);
}

void fatalx(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    put(LOG_CRIT, 0, fmt, args);
    va_end(args);
    exit(1);
}
