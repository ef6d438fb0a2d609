#include "store/dict.h"

#include <stdlib.h>
#include <string.h>

#define TABLE_RANGE 65536 /* values this near each other are counted by a table */
#define SLOTS_MIN   (1 << 14)
#define SLOTS_MAX   (1 << 18)
#define DIGIT_BITS  11
#define DIGITS      (1 << DIGIT_BITS)

/* A slot holds value << 32 | number + 1; 0 is empty. */
struct dict_builder {
    uint64_t *slots;
    uint32_t slot_count;
    uint32_t *rank;    /* of a table index, or of a number in order of appearance */
    uint64_t *sort[2]; /* value << 32 | number */
};

struct dict_builder *dict_builder_new(void)
{
    struct dict_builder *d = calloc(1, sizeof(*d));
    if (d == NULL)
        return NULL;
    d->slot_count = SLOTS_MIN;
    d->slots = mem_array(SLOTS_MIN, sizeof(*d->slots));
    d->rank = mem_array(TABLE_RANGE, sizeof(*d->rank));
    d->sort[0] = mem_array(FLOW_BLOCK_MAX, sizeof(*d->sort[0]));
    d->sort[1] = mem_array(FLOW_BLOCK_MAX, sizeof(*d->sort[1]));
    if (d->slots == NULL || d->rank == NULL || d->sort[0] == NULL || d->sort[1] == NULL) {
        dict_builder_free(d);
        return NULL;
    }
    return d;
}

void dict_builder_free(struct dict_builder *d)
{
    if (d == NULL)
        return;
    free(d->slots);
    free(d->rank);
    free(d->sort[0]);
    free(d->sort[1]);
    free(d);
}

/* ---- values near each other ----------------------------------------------------- */

static uint32_t build_by_table(struct dict_builder *d, const uint32_t *column, uint32_t n,
    uint32_t low, uint32_t range, uint32_t *values, uint32_t *codes)
{
    uint32_t distinct = 0;

    memset(d->rank, 0, ((size_t)range + 1) * sizeof(*d->rank));
    for (uint32_t i = 0; i < n; i++)
        d->rank[column[i] - low] = 1;
    for (uint32_t v = 0; v <= range; v++)
        if (d->rank[v] != 0) {
            d->rank[v] = distinct;
            values[distinct++] = low + v;
        }
    for (uint32_t i = 0; i < n; i++)
        codes[i] = d->rank[column[i] - low];
    return distinct;
}

/* ---- values far apart ----------------------------------------------------------- */

static uint32_t slot_of(uint32_t value, uint32_t slot_count)
{
    uint64_t h = (uint64_t)value * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(h >> 40) & (slot_count - 1);
}

static bool grow_slots(struct dict_builder *d, const uint64_t *seen, uint32_t distinct)
{
    uint32_t count = d->slot_count * 2;
    uint64_t *slots = mem_array(count, sizeof(*slots));

    if (slots == NULL)
        return false;
    for (uint32_t i = 0; i < distinct; i++) {
        uint32_t s = slot_of((uint32_t)(seen[i] >> 32), count);
        while (slots[s] != 0)
            s = (s + 1) & (count - 1);
        slots[s] = seen[i] + 1;
    }
    free(d->slots);
    d->slots = slots;
    d->slot_count = count;
    return true;
}

/* Number the values as they come: seen[number] = value << 32 | number, codes[i] = number.
 */
static uint32_t number_values(struct dict_builder *d, const uint32_t *column, uint32_t n,
    uint64_t *seen, uint32_t *codes)
{
    uint32_t distinct = 0;

    memset(d->slots, 0, d->slot_count * sizeof(*d->slots));
    for (uint32_t i = 0; i < n; i++) {
        uint32_t value = column[i];
        uint32_t s = slot_of(value, d->slot_count);
        uint64_t slot;
        while ((slot = d->slots[s]) != 0 && slot >> 32 != value)
            s = (s + 1) & (d->slot_count - 1);
        if (slot == 0) {
            seen[distinct] = (uint64_t)value << 32 | distinct;
            slot = d->slots[s] = seen[distinct] + 1;
            distinct++;
            if (distinct * 2 > d->slot_count && d->slot_count < SLOTS_MAX &&
                !grow_slots(d, seen, distinct))
                return 0;
        }
        codes[i] = (uint32_t)slot - 1;
    }
    return distinct;
}

/* Sort by the value (upper half), three digits of 11 bits; *in and *out change places. */
static void radix_sort(uint64_t **in, uint64_t **out, uint32_t n)
{
    for (unsigned shift = 32; shift < 64; shift += DIGIT_BITS) {
        uint32_t start[DIGITS] = {0};
        uint32_t sum = 0;
        uint64_t *from = *in, *to = *out;

        for (uint32_t i = 0; i < n; i++)
            start[from[i] >> shift & (DIGITS - 1)]++;
        for (uint32_t digit = 0; digit < DIGITS; digit++) {
            uint32_t count = start[digit];
            start[digit] = sum;
            sum += count;
        }
        for (uint32_t i = 0; i < n; i++)
            to[start[from[i] >> shift & (DIGITS - 1)]++] = from[i];
        *in = to;
        *out = from;
    }
}

static uint32_t build_by_hash(struct dict_builder *d, const uint32_t *column, uint32_t n,
    uint32_t *values, uint32_t *codes)
{
    uint64_t *sorted = d->sort[0], *spare = d->sort[1];
    uint32_t distinct = number_values(d, column, n, sorted, codes);

    radix_sort(&sorted, &spare, distinct);
    for (uint32_t i = 0; i < distinct; i++) {
        values[i] = (uint32_t)(sorted[i] >> 32);
        d->rank[(uint32_t)sorted[i]] = i;
    }
    for (uint32_t i = 0; i < n; i++)
        codes[i] = d->rank[codes[i]];
    return distinct;
}

uint32_t dict_build(struct dict_builder *d, const uint32_t *column, uint32_t n,
    uint32_t *values, uint32_t *codes)
{
    uint32_t low = column[0], high = column[0];

    for (uint32_t i = 1; i < n; i++) {
        low = column[i] < low ? column[i] : low;
        high = column[i] > high ? column[i] : high;
    }
    if (low == high) {
        values[0] = low;
        return 1; /* a constant: nobody reads the codes */
    }
    if (high - low < TABLE_RANGE && (high - low < n || high - low < 4096))
        return build_by_table(d, column, n, low, high - low, values, codes);
    return build_by_hash(d, column, n, values, codes);
}

uint32_t dict_build_few(
    const int64_t *column, uint32_t n, uint32_t max, int64_t *values, uint32_t *codes)
{
    uint32_t distinct = 0, last = 0;

    for (uint32_t i = 0; i < n;
         i++) { /* insertion into a sorted array; runs are the rule */
        uint32_t low = 0, high = distinct;
        if (distinct != 0 && values[last] == column[i])
            continue;
        while (low < high) {
            uint32_t middle = (low + high) / 2;
            if (values[middle] < column[i])
                low = middle + 1;
            else
                high = middle;
        }
        last = low;
        if (low < distinct && values[low] == column[i])
            continue;
        if (distinct == max)
            return 0;
        memmove(values + low + 1, values + low, (distinct - low) * sizeof(*values));
        values[low] = column[i];
        distinct++;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t low = 0, high = distinct - 1;
        if (i > 0 && column[i] == column[i - 1]) {
            codes[i] = codes[i - 1];
            continue;
        }
        while (low < high) {
            uint32_t middle = (low + high) / 2;
            if (values[middle] < column[i])
                low = middle + 1;
            else
                high = middle;
        }
        codes[i] = low;
    }
    return distinct;
}
