#include <stdlib.h>
#include <string.h>

#include "flowviewer/base.h"

bool str_copy(char *dst, size_t size, const char *src)
{
    size_t n = strlen(src), kept = n < size ? n : size - 1;

    if (size == 0)
        return false;
    memmove(dst, src, kept);
    dst[kept] = '\0';
    return kept == n;
}

char *str_dup(const char *s)
{
    size_t n = s == NULL ? 0 : strlen(s) + 1;
    char *copy = s == NULL ? NULL : malloc(n);

    if (copy != NULL)
        memcpy(copy, s, n);
    return copy;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

bool str_u64(const char *s, uint64_t max, uint64_t *out)
{
    unsigned base = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') ? 16 : 10;
    uint64_t v = 0;

    if (base == 16)
        s += 2;
    if (*s == '\0')
        return false;
    for (; *s != '\0'; s++) {
        unsigned digit = (unsigned)digit_of(*s);
        if (digit >= base || v > (UINT64_MAX - digit) / base)
            return false;
        v = v * base + digit;
    }
    if (v > max)
        return false;
    *out = v;
    return true;
}

bool str_ipv4(const char *s, uint32_t *out)
{
    uint32_t addr = 0;

    for (int octet = 0; octet < 4; octet++) {
        unsigned v = 0, digits = 0;
        for (; *s >= '0' && *s <= '9' && digits < 4; s++, digits++)
            v = v * 10 + (unsigned)(*s - '0');
        if (digits == 0 || digits > 3 || v > 255 || *s != (octet < 3 ? '.' : '\0'))
            return false;
        if (octet < 3)
            s++;
        addr = addr << 8 | v;
    }
    *out = addr;
    return true;
}

char *str_trim(char *s)
{
    size_t n;

    while (*s == ' ' || *s == '\t' || *s == '\r' || *s == '\n')
        s++;
    n = strlen(s);
    while (n > 0 && strchr(" \t\r\n", s[n - 1]) != NULL)
        s[--n] = '\0';
    return s;
}

char *str_item(char **cursor, char sep)
{
    char *item = *cursor, *end;

    if (item == NULL)
        return NULL;
    end = strchr(item, sep);
    *cursor = end == NULL ? NULL : end + 1;
    if (end != NULL)
        *end = '\0';
    return str_trim(item);
}

void *mem_array(size_t n, size_t size)
{
    if (size != 0 && n > SIZE_MAX / size)
        return NULL;
    return calloc(n == 0 ? 1 : n, size == 0 ? 1 : size);
}

void *mem_grow(void *p, size_t *cap, size_t need, size_t size)
{
    size_t n = *cap == 0 ? 8 : *cap;
    void *grown;

    if (need <= *cap && p != NULL)
        return p;
    while (n < need) {
        if (n > SIZE_MAX / 2)
            return NULL;
        n *= 2;
    }
    if (n > SIZE_MAX / size || (grown = realloc(p, n * size)) == NULL)
        return NULL;
    *cap = n;
    return grown;
}
