/* Random numbers for the sample generator: small, fast, the same everywhere. */
#ifndef FLOWGEN_RANDOM_H
#define FLOWGEN_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

/* splitmix64 */
static inline uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static inline uint64_t random_next(struct random *r)
{
    return mix(r->state += UINT64_C(0x9e3779b97f4a7c15));
}

/* Below n (n > 0). */
static inline uint32_t random_below(struct random *r, uint32_t n)
{
    return (uint32_t)((random_next(r) >> 32) * n >> 32);
}

/* Within 0 (exclusive) and 1. */
static inline double random_unit(struct random *r)
{
    return (double)((random_next(r) >> 11) + 1) * 0x1p-53;
}

static inline uint64_t hash3(uint64_t a, uint64_t b, uint64_t c)
{
    return mix(mix(mix(a + UINT64_C(0x9e3779b97f4a7c15)) + b) + c);
}

/* Numbers 0..n-1 with chances proportional to 1/(rank+1)^s, in constant time (alias
 * method). */
struct zipf {
    uint32_t n;
    struct zipf_cell {
        uint32_t keep; /* of 2^32: take the cell's own number, else the other */
        uint32_t other;
    } * cell;
};

int zipf_init(struct zipf *z, uint32_t n, double s); /* -1 when out of memory */
void zipf_free(struct zipf *z);

static inline uint32_t zipf_next(const struct zipf *z, struct random *r)
{
    uint64_t x = random_next(r);
    uint32_t i = (uint32_t)((x >> 32) * z->n >> 32);

    return (uint32_t)x < z->cell[i].keep ? i : z->cell[i].other;
}

#endif
