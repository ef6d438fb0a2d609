/*
 * Records to columns.
 *
 * A field at a time over a batch of records that fits the first-level cache: each copier is
 * a loop of one load and one store, made for one width and byte order, so that no decision
 * is taken per flow. Times need five stamps together and have loops of their own.
 */
#include <string.h>

#include "flowtools/bytes.h"
#include "flowtools/decode.h"

#define BATCH 128 /* records: 8 KB of version 5 */

/* A stamp may be this much later than the exporter's clock at export before it is taken for
 * one from before the uptime counter's last wrap. Exporters round, and stamp packets early.
 */
#define SLACK_MS (10 * 60 * 1000)

#define WRAP_MS ((int64_t)1 << 32) /* the uptime counter's range: 49.7 days */

#define COPIER(name, type, get)                                                            \
    static void name(void *column, const uint8_t *p, size_t stride, size_t n)              \
    {                                                                                      \
        type *restrict to = column;                                                        \
        for (size_t i = 0; i < n; i++, p += stride)                                        \
            to[i] = get;                                                                   \
    }

COPIER(key_zero, uint32_t, 0)
COPIER(key_1, uint32_t, p[0])
COPIER(key_2_le, uint32_t, le16(p))
COPIER(key_2_be, uint32_t, be16(p))
COPIER(key_4_le, uint32_t, le32(p))
COPIER(key_4_be, uint32_t, be32(p))
COPIER(count_le, int64_t, le32(p))
COPIER(count_be, int64_t, be32(p))

static const ft_copier key_copiers[][2] = {
    /* little, big endian file */
    [W_ZERO] = {key_zero, key_zero},
    [W_1] = {key_1, key_1},
    [W_2] = {key_2_le, key_2_be},
    [W_4] = {key_4_le, key_4_be},
};

/* Big endian files as flow-tools reads them on a little endian machine: KEPT is not swapped
 * at all, HALVED has its first two bytes swapped and loses the others. */
static const ft_copier key_bugs[] = {
    [W_2_KEPT] = key_2_le,
    [W_4_KEPT] = key_4_le,
    [W_4_HALVED] = key_2_be,
};

static ft_copier copier(const struct ft_field *f, bool big, enum ft_clock clock)
{
    if (f->field >= FLOW_KEYS)
        return big ? count_be : count_le;
    if (f->width <= W_4)
        return key_copiers[f->width][big];
    if (big && clock == FT_CLOCK_FLOWTOOLS && !host_is_big())
        return key_bugs[f->width];
    return key_copiers[f->width == W_2_KEPT ? W_2 : W_4][big];
}

/* ---- times ---------------------------------------------------------------------- */

enum rule {
    RULE_CORRECTED,
    RULE_FLOWTOOLS,
    RULE_OLD_CORRECTED, /* stream version 1: the file gives the time of uptime 0 itself */
    RULE_OLD_FLOWTOOLS
};

/*
 * flow-tools computes in unsigned 64 bits and keeps the low 32 bits of the seconds: its
 * times are the sum modulo 2^32 * 1000 ms. Since 2^32 divides that and 2^64, end - start
 * modulo 2^32 is still Last - First, flow-tools' duration.
 */
static inline int64_t flowtools_time(int64_t boot, uint32_t stamp)
{
    return (int64_t)(((uint64_t)boot + stamp) % ((uint64_t)1000 << 32));
}

/*
 * The latest time that the stamp can mean without being more than SLACK_MS after the
 * export: stamps and uptime count modulo 2^32, so this undoes a wrap between the two in
 * either direction.
 */
static inline int64_t corrected_time(int64_t export_ms, uint32_t uptime, uint32_t stamp)
{
    return export_ms + SLACK_MS - (uint32_t)(uptime + SLACK_MS - stamp);
}

/* Stream version 1 has no uptime to hold against: only a wrap between the two can be seen.
 */
static inline int64_t old_end(int64_t start, uint32_t first, uint32_t last)
{
    uint32_t duration = last - first;

    return duration < WRAP_MS / 2 ? start + duration : start;
}

static inline uint64_t times(const struct ft_times_out *out, const struct ft_stamps *s,
    const uint8_t *p, size_t stride, size_t n, bool big, enum rule rule)
{
    bool old = rule == RULE_OLD_CORRECTED || rule == RULE_OLD_FLOWTOOLS;
    uint64_t corrected = 0;

    for (size_t i = 0; i < n; i++, p += stride) {
        uint32_t seconds = get32(p + s->seconds, big), part = get32(p + s->fraction, big);
        uint32_t first = get32(p + s->first, big), last = get32(p + s->last, big);
        uint32_t uptime = old ? 0 : get32(p + s->uptime, big);
        int64_t export_ms = (int64_t)seconds * 1000 + (old ? part : part / 1000000);
        int64_t boot = export_ms - uptime, start = boot + first, end = boot + last;

        out->export[i] = seconds;
        out->boot[i] = boot;
        if (rule == RULE_FLOWTOOLS || rule == RULE_OLD_FLOWTOOLS) {
            out->start[i] = flowtools_time(boot, first);
            out->end[i] = flowtools_time(boot, last);
            continue;
        }
        if (rule == RULE_CORRECTED) {
            out->start[i] = corrected_time(export_ms, uptime, first);
            out->end[i] = corrected_time(export_ms, uptime, last);
            /* An end before the start is an exporter's mistake (some set Last from a slower
             * clock); the start is kept, because reports choose flows by it. */
            if (out->end[i] < out->start[i])
                out->end[i] = out->start[i];
        } else {
            out->start[i] = start;
            out->end[i] = old_end(start, first, last);
        }
        corrected += out->start[i] != start || out->end[i] != end;
    }
    return corrected;
}

#define TIMER(name, big, rule)                                                             \
    static uint64_t name(const struct ft_times_out *out, const struct ft_stamps *s,        \
        const uint8_t *p, size_t stride, size_t n)                                         \
    {                                                                                      \
        return times(out, s, p, stride, n, big, rule);                                     \
    }

TIMER(corrected_le, false, RULE_CORRECTED)
TIMER(corrected_be, true, RULE_CORRECTED)
TIMER(flowtools_le, false, RULE_FLOWTOOLS)
TIMER(flowtools_be, true, RULE_FLOWTOOLS)
TIMER(old_corrected_le, false, RULE_OLD_CORRECTED)
TIMER(old_corrected_be, true, RULE_OLD_CORRECTED)
TIMER(old_flowtools_le, false, RULE_OLD_FLOWTOOLS)
TIMER(old_flowtools_be, true, RULE_OLD_FLOWTOOLS)

static const ft_timer timers[2][2][2] = {
    /* [old][clock][big] */
    {{corrected_le, corrected_be}, {flowtools_le, flowtools_be}},
    {{old_corrected_le, old_corrected_be}, {old_flowtools_le, old_flowtools_be}},
};

/* ---- plan ----------------------------------------------------------------------- */

void ft_plan_make(
    struct ft_plan *plan, const struct ft_layout *l, bool big, enum ft_clock clock)
{
    plan->stride = l->size;
    plan->count = l->count;
    plan->present = ft_layout_present(l);
    if (clock == FT_CLOCK_FLOWTOOLS && l->version == 8 && l->method == 10)
        plan->present &= ~(FLOW_BIT(F_SOURCE_IF) | FLOW_BIT(F_DEST_IF));
    plan->stamps = l->stamps;
    plan->times = timers[l->stream == 1][clock == FT_CLOCK_FLOWTOOLS][big];
    for (unsigned i = 0; i < l->count; i++) {
        plan->step[i].copy = copier(&l->fields[i], big, clock);
        plan->step[i].field = l->fields[i].field;
        plan->step[i].offset = l->fields[i].offset;
    }
}

static void *column(const struct flow_block *b, unsigned field)
{
    if (field < FLOW_KEYS)
        return b->key[field] + b->count;
    return b->number[field - FLOW_KEYS] + b->count;
}

static uint64_t decode_batch(
    const struct ft_plan *plan, struct flow_block *b, const uint8_t *p, size_t n)
{
    struct ft_times_out out = {
        column(b, F_START), column(b, F_END), column(b, F_EXPORT), column(b, F_BOOT)};

    for (unsigned i = 0; i < plan->count; i++)
        plan->step[i].copy(
            column(b, plan->step[i].field), p + plan->step[i].offset, plan->stride, n);
    return plan->times(&out, &plan->stamps, p, plan->stride, n);
}

uint64_t ft_decode(
    const struct ft_plan *plan, struct flow_block *b, const uint8_t *p, size_t n)
{
    uint64_t corrected = 0;

    while (n > 0) {
        size_t batch = n < BATCH ? n : BATCH;

        corrected += decode_batch(plan, b, p, batch);
        b->count += (uint32_t)batch;
        p += batch * plan->stride;
        n -= batch;
    }
    return corrected;
}
