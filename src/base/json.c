#include <math.h>
#include <stdio.h>

#include "flowviewer/base.h"

void json_begin(struct json *j, struct buf *out)
{
    *j = (struct json){.out = out};
}

void json_key(struct json *j, const char *key)
{
    uint32_t level = (uint32_t)1 << (j->depth & 31);

    if (j->comma & level)
        buf_char(j->out, ',');
    j->comma |= level;
    if (key != NULL) {
        buf_json_str(j->out, key);
        buf_char(j->out, ':');
    }
}

static void open_level(struct json *j, const char *key, char bracket)
{
    json_key(j, key);
    buf_char(j->out, bracket);
    j->depth++;
    j->comma &= ~((uint32_t)1 << (j->depth & 31));
}

void json_object(struct json *j, const char *key)
{
    open_level(j, key, '{');
}

void json_array(struct json *j, const char *key)
{
    open_level(j, key, '[');
}

void json_end_object(struct json *j)
{
    j->depth--;
    buf_char(j->out, '}');
}

void json_end_array(struct json *j)
{
    j->depth--;
    buf_char(j->out, ']');
}

void json_str(struct json *j, const char *key, const char *value)
{
    json_key(j, key);
    if (value == NULL)
        buf_str(j->out, "null");
    else
        buf_json_str(j->out, value);
}

void json_u64(struct json *j, const char *key, uint64_t value)
{
    json_key(j, key);
    buf_u64(j->out, value);
}

void json_i64(struct json *j, const char *key, int64_t value)
{
    json_key(j, key);
    buf_i64(j->out, value);
}

void json_double(struct json *j, const char *key, double value)
{
    json_key(j, key);
    if (!isfinite(value))
        buf_str(j->out, "null");
    else
        buf_printf(j->out, "%.15g", value);
}

void json_bool(struct json *j, const char *key, bool value)
{
    json_key(j, key);
    buf_str(j->out, value ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
    json_key(j, key);
    buf_str(j->out, "null");
}

void json_seconds(struct json *j, const char *key, int64_t ms)
{
    uint64_t positive = ms < 0 ? -(uint64_t)ms : (uint64_t)ms;
    unsigned fraction = (unsigned)(positive % 1000);

    json_key(j, key);
    if (ms < 0)
        buf_char(j->out, '-');
    buf_u64(j->out, positive / 1000);
    if (fraction != 0) {
        char digits[4] = {'.', (char)('0' + fraction / 100),
            (char)('0' + fraction / 10 % 10), (char)('0' + fraction % 10)};
        buf_add(j->out, digits, sizeof(digits));
    }
}

void json_ipv4(struct json *j, const char *key, uint32_t addr)
{
    json_key(j, key);
    buf_char(j->out, '"');
    buf_ipv4(j->out, addr);
    buf_char(j->out, '"');
}
