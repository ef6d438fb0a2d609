#include "filter/item.h"

#include <string.h>

/* More than there are values; an item is up to 128 claims. */
#define BITS_ITEMS_MAX 1024

/* TCP's flags in the order of their bits. */
static const char flag_letters[] = "FSRPAUEC";

static bool read_letters(const char *s, uint64_t *out)
{
    *out = 0;
    for (; *s != '\0'; s++) {
        char upper = (char)(*s >= 'a' && *s <= 'z' ? *s - 'a' + 'A' : *s);
        const char *at = strchr(flag_letters, upper);
        if (at == NULL)
            return false;
        *out |= (uint64_t)1 << (at - flag_letters);
    }
    return true;
}

/* A byte: decimal, 0x hexadecimal, or letters where the field has them. */
static bool read_byte(struct list *l, const char *what, const char *s, uint64_t *out)
{
    bool flags = l->field->field == F_TCP_FLAGS;

    if (str_u64(s, list_max(l), out) || (flags && s[0] != '\0' && read_letters(s, out)))
        return true;
    list_problem(l, "%s%s must be 0..255 or 0x00..0xff%s", l->field->noun, what,
        flags ? ", or letters of FSRPAUEC" : "");
    return false;
}

/* Of overlapping claims the last one decides. The values v with (v & mask) == value come in
 * runs of as many as the mask's lowest bit is worth. */
static void claim_masked(struct list *l, uint64_t value, uint64_t mask, bool include)
{
    uint64_t max = list_max(l), run = mask == 0 ? max + 1 : mask & (~mask + 1);

    for (uint64_t v = 0; v <= max; v += run) {
        if ((v & mask) == value)
            list_claim(l, v, v + run - 1, l->claims.count, include);
    }
}

void item_bits(struct list *l, char *text, bool include)
{
    char *slash = strchr(text, '/');
    uint64_t value, mask = list_max(l);

    if (l->items >= BITS_ITEMS_MAX) {
        list_problem(l, "more than %d items", BITS_ITEMS_MAX);
        return;
    }
    if (slash != NULL)
        *slash++ = '\0';
    if (!read_byte(l, "", text, &value))
        return;
    if (slash != NULL && !read_byte(l, " mask", slash, &mask))
        return;
    if ((value & ~mask) != 0)
        list_problem(l,
            "never true: the value has bits that its mask leaves out (0x%02x of 0x%02x)",
            (unsigned)(value & ~mask), (unsigned)value);
    else
        claim_masked(l, value, mask, include);
}
