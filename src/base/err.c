#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "flowviewer/base.h"

static void format(struct err *e, const char *fmt, va_list args)
{
    vsnprintf(e->msg, sizeof(e->msg), fmt, args);
}

int err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
    va_list args;

    if (e == NULL)
        return -1;
    e->code = code;
    e->sys = 0;
    va_start(args, fmt);
    format(e, fmt, args);
    va_end(args);
    return -1;
}

int err_sys(struct err *e, const char *fmt, ...)
{
    int saved = errno;
    char why[128];
    va_list args;
    size_t n;

    if (e == NULL)
        return -1;
    e->code = saved == ENOSPC || saved == EDQUOT ? ERR_FULL : ERR_SYSTEM;
    e->sys = saved;
    va_start(args, fmt);
    format(e, fmt, args);
    va_end(args);
    if (strerror_r(saved, why, sizeof(why)) != 0)
        snprintf(why, sizeof(why), "error %d", saved);
    n = strlen(e->msg);
    snprintf(e->msg + n, sizeof(e->msg) - n, ": %s", why);
    return -1;
}

int err_nomem(struct err *e, const char *what)
{
    return err_set(e, ERR_MEMORY, "out of memory: %s", what);
}
