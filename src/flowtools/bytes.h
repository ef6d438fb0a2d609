/* Numbers in little or big endian order, from bytes at any alignment. */
#ifndef FLOWTOOLS_BYTES_H
#define FLOWTOOLS_BYTES_H

#include <stdbool.h>
#include <stdint.h>

static inline uint32_t le16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t be16(const uint8_t *p)
{
    return (uint32_t)p[1] | (uint32_t)p[0] << 8;
}

static inline uint32_t le32(const uint8_t *p)
{
    return le16(p) | le16(p + 2) << 16;
}

static inline uint32_t be32(const uint8_t *p)
{
    return be16(p + 2) | be16(p) << 16;
}

static inline uint32_t get16(const uint8_t *p, bool big)
{
    return big ? be16(p) : le16(p);
}

static inline uint32_t get32(const uint8_t *p, bool big)
{
    return big ? be32(p) : le32(p);
}

static inline void put16(uint8_t *p, uint32_t v, bool big)
{
    p[big ? 0 : 1] = (uint8_t)(v >> 8);
    p[big ? 1 : 0] = (uint8_t)v;
}

static inline void put32(uint8_t *p, uint32_t v, bool big)
{
    put16(p + (big ? 0 : 2), v >> 16, big);
    put16(p + (big ? 2 : 0), v, big);
}

/* True on a machine that keeps the high byte first. */
static inline bool host_is_big(void)
{
    const union {
        uint16_t number;
        uint8_t bytes[2];
    } probe = {1};

    return probe.bytes[0] == 0;
}

#endif
