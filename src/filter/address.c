#include "filter/item.h"

#include <stdlib.h>
#include <string.h>

#define HOST_ADDRESSES 64
#define HOST_MAX       253

/* Longest prefix decides; of equal ones the first. */
static void claim_prefix(struct list *l, uint32_t address, unsigned length, bool include)
{
    uint32_t host = length == 0 ? UINT32_MAX : length == 32 ? 0 : UINT32_MAX >> length;
    uint64_t rank = (uint64_t)length << 32 | (UINT32_MAX - (uint32_t)l->claims.count);

    list_claim(l, address & ~host, address | host, rank, include);
}

static bool digits_only(const char *s)
{
    return s[0] != '\0' && s[strspn(s, "0123456789")] == '\0';
}

/* One part of a dotted quad: 0..255, at most three digits. */
static bool read_octet(const char *s, uint32_t *out)
{
    if (!digits_only(s) || strlen(s) > 3)
        return false;
    *out = (uint32_t)strtoul(s, NULL, 10);
    return *out <= 255;
}

/* a.b.c.d, or a problem. */
static bool read_quad(struct list *l, char *text, uint32_t *address)
{
    char *cursor = text, *part;
    uint32_t octet;
    int parts = 0;

    *address = 0;
    while ((part = str_item(&cursor, '.')) != NULL) {
        if (++parts > 4)
            break;
        if (!read_octet(part, &octet)) {
            list_problem(l, "each of the four octets must be 0..255");
            return false;
        }
        *address = *address << 8 | octet;
    }
    if (parts != 4) {
        list_problem(l, "an address has four octets, such as 192.0.2.1");
        return false;
    }
    return true;
}

static bool read_length(struct list *l, const char *text, unsigned *length)
{
    if (!digits_only(text) || strlen(text) > 3 || strtoul(text, NULL, 10) > 32) {
        list_problem(l, "prefix length must be 0..32");
        return false;
    }
    *length = (unsigned)strtoul(text, NULL, 10);
    return true;
}

static void read_prefix(struct list *l, char *text, char *length_text, bool include)
{
    uint32_t address;
    unsigned length = 32;

    if (!read_quad(l, text, &address))
        return;
    if (length_text == NULL && (address & 0xff) == 0) {
        list_problem(l,
            "missing prefix: an address that ends in .0 needs a length, such as /24 (or "
            "/32 for that one address)");
        return;
    }
    if (length_text != NULL && !read_length(l, length_text, &length))
        return;
    claim_prefix(l, address, length, include);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool has_letter(const char *s)
{
    for (; *s != '\0'; s++) {
        if (is_letter(*s))
            return true;
    }
    return false;
}

/* Labels of 1..63 letters, digits, '-', '_'; nothing a resolver could misread. */
static bool is_host(const char *s)
{
    size_t label = 0;

    if (strlen(s) > HOST_MAX)
        return false;
    for (; *s != '\0'; s++) {
        if (*s == '.') {
            if (label == 0)
                return false;
            label = 0;
        } else if (is_letter(*s) || (*s >= '0' && *s <= '9') || *s == '-' || *s == '_') {
            if (++label > 63)
                return false;
        } else {
            return false;
        }
    }
    return true;
}

static void read_host(struct list *l, const char *host, bool include)
{
    uint32_t found[HOST_ADDRESSES];
    struct err e = {0};
    int n;

    if (!is_host(host)) {
        list_problem(
            l, "neither an address (192.0.2.1), a prefix (10.0.0.0/8) nor a host name");
        return;
    }
    if (l->lookups == 0) {
        list_problem(l, "too many host names in one filter; write their addresses");
        return;
    }
    l->lookups--;
    n = names_host_addresses(host, found, HOST_ADDRESSES, &e);
    if (n == 0)
        list_problem(l, "no IPv4 address is known for this host name");
    else if (n < 0)
        list_problem(l, "host name could not be looked up: %.100s", e.msg);
    for (int i = 0; i < n; i++)
        claim_prefix(l, found[i], 32, include);
}

void item_address(struct list *l, char *text, bool include)
{
    char *slash = strchr(text, '/');

    if (strchr(text, ':') != NULL) {
        list_problem(l,
            "write an IPv4 address or a prefix such as 10.0.0.0/8; ranges with ':' and "
            "IPv6 are not supported");
        return;
    }
    if (slash != NULL)
        *slash++ = '\0';
    if (!has_letter(text))
        read_prefix(l, text, slash, include);
    else if (slash != NULL)
        list_problem(l, "a host name takes no prefix length");
    else
        read_host(l, text, include);
}
