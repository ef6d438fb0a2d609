#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flowviewer/base.h"

void buf_free(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    if (b->data != NULL)
        b->data[0] = '\0';
}

bool buf_reserve(struct buf *b, size_t more)
{
    size_t cap = b->cap == 0 ? 256 : b->cap;
    char *grown;

    if (b->failed)
        return false;
    if (more >= SIZE_MAX / 2 - b->len) {
        b->failed = true;
        return false;
    }
    if (b->len + more + 1 <= b->cap)
        return true;
    while (cap < b->len + more + 1)
        cap *= 2;
    if ((grown = realloc(b->data, cap)) == NULL) {
        b->failed = true;
        return false;
    }
    b->data = grown;
    b->cap = cap;
    return true;
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
    if (!buf_reserve(b, n))
        return;
    if (n != 0)
        memcpy(b->data + b->len, bytes, n);
    b->len += n;
    b->data[b->len] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
    if (b->failed || (b->len + 2 > b->cap && !buf_reserve(b, 1)))
        return;
    b->data[b->len++] = c;
    b->data[b->len] = '\0';
}

void buf_u64(struct buf *b, uint64_t v)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    buf_add(b, digits + at, sizeof(digits) - at);
}

void buf_i64(struct buf *b, int64_t v)
{
    if (v < 0)
        buf_char(b, '-');
    buf_u64(b, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0) {
        b->failed = true;
        return;
    }
    if (!buf_reserve(b, (size_t)n))
        return;
    va_start(args, fmt);
    vsnprintf(b->data + b->len, (size_t)n + 1, fmt, args);
    va_end(args);
    b->len += (size_t)n;
}

/* Answers hold millions of addresses: made in one piece, added once. */
void buf_ipv4(struct buf *b, uint32_t addr)
{
    char text[16], *p = text;

    for (int shift = 24; shift >= 0; shift -= 8) {
        unsigned octet = addr >> shift & 0xff;
        if (octet >= 100)
            *p++ = (char)('0' + octet / 100);
        if (octet >= 10)
            *p++ = (char)('0' + octet / 10 % 10);
        *p++ = (char)('0' + octet % 10);
        *p++ = '.';
    }
    buf_add(b, text, (size_t)(p - text) - 1); /* without the last dot */
}

/* ---- JSON and CSV --------------------------------------------------------------- */

/* Length of the valid UTF-8 sequence at s, 0 if there is none (RFC 3629: no overlong forms,
 * no surrogates, nothing above U+10FFFF). */
static size_t utf8_length(const unsigned char *s)
{
    size_t n = s[0] < 0x80                   ? 1
               : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
               : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
               : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                             : 0;

    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90))
        return 0;
    return n;
}

static void json_byte(struct buf *b, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char unicode[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

    switch (c) {
    case '"':
        buf_str(b, "\\\"");
        break;
    case '\\':
        buf_str(b, "\\\\");
        break;
    case '\n':
        buf_str(b, "\\n");
        break;
    case '\t':
        buf_str(b, "\\t");
        break;
    case '\r':
        buf_str(b, "\\r");
        break;
    default:
        if (c < 0x20 || c == 0x7f || c == '<' || c == '>' || c == '&')
            buf_add(b, unicode, sizeof(unicode));
        else
            buf_char(b, (char)c);
    }
}

void buf_json_str(struct buf *b, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;

    buf_char(b, '"');
    while (*s != '\0') {
        size_t n = utf8_length(s);
        if (n == 1)
            json_byte(b, *s);
        else if (n == 0)
            buf_str(b, "\\ufffd");
        else if (n == 3 && s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0xa8 || s[2] == 0xa9))
            buf_str(b, s[2] == 0xa8 ? "\\u2028" : "\\u2029"); /* line ends to JavaScript */
        else
            buf_add(b, s, n);
        s += n == 0 ? 1 : n;
    }
    buf_char(b, '"');
}

static bool plain_number(const char *s)
{
    bool digits = false;
    int dots = 0;

    if (*s == '-' || *s == '+')
        s++;
    for (; (*s >= '0' && *s <= '9') || *s == '.'; s++) {
        dots += *s == '.';
        digits = digits || *s != '.';
    }
    return digits && dots <= 1 && *s == '\0';
}

void buf_csv_cell(struct buf *b, const char *s)
{
    bool formula = *s != '\0' && strchr("=+-@\t\r", *s) != NULL && !plain_number(s);
    bool quote = strpbrk(s, ",\"\r\n") != NULL;

    if (!quote) {
        if (formula)
            buf_char(b, '\'');
        buf_str(b, s);
        return;
    }
    buf_char(b, '"');
    if (formula)
        buf_char(b, '\'');
    for (; *s != '\0'; s++) {
        if (*s == '"')
            buf_char(b, '"');
        buf_char(b, *s);
    }
    buf_char(b, '"');
}
