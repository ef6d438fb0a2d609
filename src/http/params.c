#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "http/request.h"
#include "http/route.h"

static const struct param *route_param(const struct route *route, const char *name)
{
    int list;
    const struct param *p;

    for (list = 0; list < ROUTE_PARAM_LISTS && route->params[list] != NULL; list++) {
        for (p = route->params[list]; p->name != NULL; p++) {
            if (strcmp(p->name, name) == 0)
                return p;
        }
    }
    return NULL;
}

static void complain(struct request *r, const struct given *g, const char *detail)
{
    filter_problems_add(&r->problems, g->name, g->value, "%s", detail);
}

static void check_count(struct request *r, const struct given *g)
{
    uint64_t v;

    if (!str_u64(g->value, UINT64_MAX, &v) || (double)v < g->param->min ||
        (double)v > g->param->max)
        filter_problems_add(&r->problems, g->name, g->value,
            "must be a whole number from %.0f to %.0f", g->param->min, g->param->max);
}

/* Decimal only: strtod() would take "inf", "nan" and hexadecimal. */
static bool parse_number(const char *s, double *out)
{
    char *end;

    if (*s == '\0' || s[strspn(s, "0123456789.eE+-")] != '\0')
        return false;
    errno = 0;
    *out = strtod(s, &end);
    return errno == 0 && *end == '\0' && isfinite(*out);
}

static void check_number(struct request *r, const struct given *g)
{
    double v;

    if (!parse_number(g->value, &v) || v < g->param->min || v > g->param->max)
        filter_problems_add(&r->problems, g->name, g->value,
            "must be a number from %g to %g", g->param->min, g->param->max);
}

static bool parse_flag(const char *s, bool *out)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"true", true}, {"1", true}, {"false", false}, {"0", false}};
    size_t i;

    for (i = 0; i < NITEMS(words); i++) {
        if (strcmp(s, words[i].word) == 0) {
            *out = words[i].value;
            return true;
        }
    }
    return false;
}

static void check_flag(struct request *r, const struct given *g)
{
    bool v;

    if (!parse_flag(g->value, &v))
        complain(r, g, "must be true or false");
}

static void check_time(struct request *r, const struct given *g)
{
    int64_t ms;
    bool relative;

    if (!time_parse(g->value, r->now, &ms, &relative))
        complain(r, g,
            "must be a time: 2026-11-22T10:00:00Z, 2026-11-22 10:00, Unix seconds, now, "
            "-90m, -24h or -7d");
}

static bool is_choice(const char *choices, const char *value)
{
    size_t n = strlen(value);
    const char *p = choices;

    while (n > 0 && (p = strstr(p, value)) != NULL) {
        if ((p == choices || p[-1] == '|') && (p[n] == '|' || p[n] == '\0'))
            return true;
        p += n;
    }
    return false;
}

static void check_choice(struct request *r, const struct given *g)
{
    if (strchr(g->value, '|') != NULL || !is_choice(g->param->choices, g->value))
        filter_problems_add(
            &r->problems, g->name, g->value, "must be one of %s", g->param->choices);
}

static void check_id(struct request *r, const struct given *g)
{
    size_t n = strspn(
        g->value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    if (g->value[n] != '\0' || n >= ID_MAX)
        filter_problems_add(&r->problems, g->name, g->value,
            "must be at most %d letters, digits, '.', '_' or '-'", ID_MAX - 1);
}

static void check_given(struct request *r, size_t i)
{
    static void (*const checks[])(struct request *, const struct given *) = {
        [PARAM_COUNT] = check_count,
        [PARAM_NUMBER] = check_number,
        [PARAM_FLAG] = check_flag,
        [PARAM_TIME] = check_time,
        [PARAM_CHOICE] = check_choice,
        [PARAM_ID] = check_id,
        [PARAM_FILTER] = NULL,
    };
    struct given *g = &r->given[i];
    size_t k;

    g->param = route_param(r->route, g->name);
    if (g->param == NULL) {
        complain(r, g, "unknown parameter");
        return;
    }
    for (k = 0; k < i; k++) {
        if (strcmp(r->given[k].name, g->name) == 0) {
            complain(r, g, "given more than once");
            return;
        }
    }
    if (g->value[0] != '\0' && checks[g->param->type] != NULL)
        checks[g->param->type](r, g);
}

void params_check(struct request *r)
{
    size_t i;

    for (i = 0; i < r->given_count; i++)
        check_given(r, i);
}

const char *param_given(const struct request *r, const char *name)
{
    size_t i;

    for (i = 0; i < r->given_count; i++) {
        if (strcmp(r->given[i].name, name) == 0 && r->given[i].value[0] != '\0')
            return r->given[i].value;
    }
    return NULL;
}

const char *param_text(const struct request *r, const char *name)
{
    const char *given = param_given(r, name);
    const struct param *p;

    if (given != NULL)
        return given;
    p = route_param(r->route, name);
    return p != NULL ? p->initial : NULL;
}

/* A value that params_check() refused reads as 0: its problem answers the request anyway.
 */
uint64_t param_count(const struct request *r, const char *name)
{
    const char *text = param_text(r, name);
    uint64_t v;

    return text != NULL && str_u64(text, UINT64_MAX, &v) ? v : 0;
}

double param_number(const struct request *r, const char *name)
{
    const char *text = param_text(r, name);
    double v;

    return text != NULL && parse_number(text, &v) ? v : 0;
}

bool param_flag(const struct request *r, const char *name)
{
    const char *text = param_text(r, name);
    bool v;

    return text != NULL && parse_flag(text, &v) && v;
}

bool param_time(const struct request *r, const char *name, int64_t *ms, bool *relative)
{
    const char *text = param_text(r, name);

    return text != NULL && time_parse(text, r->now, ms, relative);
}
