#include "filter/item.h"

#include <string.h>

static bool digits_only(const char *s)
{
    return s[0] != '\0' && s[strspn(s, "0123456789")] == '\0';
}

/* Decimal digits as a number; UINT64_MAX stands for everything too large. */
static uint64_t to_number(const char *s)
{
    uint64_t v = 0;

    for (; *s != '\0'; s++) {
        if (v > UINT64_MAX / 10 - 1)
            return UINT64_MAX;
        v = v * 10 + (uint64_t)(*s - '0');
    }
    return v;
}

/* Of claims that overlap the last one decides. */
static void claim_range(struct list *l, uint64_t low, uint64_t high, bool include)
{
    if (low > list_max(l) || high > list_max(l))
        list_problem(
            l, "%s must be 0..%llu", l->field->noun, (unsigned long long)list_max(l));
    else if (low > high)
        list_problem(l, "the range runs backwards: its first %s must not be above its last",
            l->field->noun);
    else
        list_claim(l, low, high, l->claims.count, include);
}

static void claim_name(struct list *l, const char *name, bool include)
{
    uint32_t number;

    if (l->field->by_name != NULL && l->names != NULL &&
        l->field->by_name(l->names, name, &number) && number <= list_max(l))
        list_claim(l, number, number, l->claims.count, include);
    else
        list_problem(l, "%s must be 0..%llu, a range such as 1:20%s", l->field->noun,
            (unsigned long long)list_max(l), l->field->such);
}

/* The end of the first number of a:b or a-b; NULL if the text does not begin like a range.
 */
static char *range_separator(char *text)
{
    char *after = text + strspn(text, "0123456789");

    if (after == text || (*after != ':' && *after != '-'))
        return NULL;
    /* Services may be called like "3com-tsmux", so what follows must look like a number. */
    return *after == ':' || after[1] == '\0' || strchr("0123456789", after[1]) ? after
                                                                               : NULL;
}

void item_number(struct list *l, char *text, bool include)
{
    char *separator;

    if (digits_only(text)) {
        claim_range(l, to_number(text), to_number(text), include);
        return;
    }
    separator = range_separator(text);
    if (separator == NULL) {
        claim_name(l, text, include);
        return;
    }
    *separator = '\0';
    if (!digits_only(separator + 1))
        list_problem(l, "a range is two numbers, such as 1:20");
    else
        claim_range(l, to_number(text), to_number(separator + 1), include);
}
