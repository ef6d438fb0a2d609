/* Records to columns. */
#ifndef FLOWTOOLS_DECODE_H
#define FLOWTOOLS_DECODE_H

#include "flowtools/layout.h"

/* Copies one field of n records, 'stride' bytes apart, into its column. */
typedef void (*ft_copier)(void *column, const uint8_t *p, size_t stride, size_t n);

struct ft_times_out {
    int64_t *start, *end, *export, *boot;
};

/* Computes the times of n records; returns how many were corrected. */
typedef uint64_t (*ft_timer)(const struct ft_times_out *out, const struct ft_stamps *s,
    const uint8_t *p, size_t stride, size_t n);

/* How to decode the records of one file: made once from its layout. */
struct ft_plan {
    unsigned stride, count;
    uint32_t present;
    struct {
        ft_copier copy;
        uint8_t field, offset;
    } step[FT_FIELDS_MAX];
    ft_timer times;
    struct ft_stamps stamps;
};

void ft_plan_make(
    struct ft_plan *plan, const struct ft_layout *l, bool big, enum ft_clock clock);
/* Append n records to b, which has room for them. Returns how many clocks were corrected.
 */
uint64_t ft_decode(
    const struct ft_plan *plan, struct flow_block *b, const uint8_t *p, size_t n);

#endif
