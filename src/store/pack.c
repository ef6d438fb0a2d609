#include "store/pack.h"

#include <string.h>

unsigned bit_width(uint64_t v)
{
#if defined(__GNUC__)
    return v == 0 ? 0 : 64 - (unsigned)__builtin_clzll(v);
#else
    unsigned w = 0;
    for (; v != 0; v >>= 1)
        w++;
    return w;
#endif
}

static uint32_t rows_of(uint32_t n)
{
    return (n + PACK_LANES - 1) / PACK_LANES;
}

size_t bitpack_size(uint32_t n, unsigned width)
{
    return (size_t)(rows_of(n) * width + 31) / 32 * PACK_LANES * 4;
}

void bitpack(const uint32_t *in, uint32_t n, unsigned width, void *bytes)
{
    uint32_t *out = bytes;
    uint32_t rows = rows_of(n);

    memset(out, 0, bitpack_size(n, width));
    if (width == 0)
        return;
    for (uint32_t row = 0; row < rows; row++, in += PACK_LANES) {
        unsigned bit = row * width, shift = bit % 32;
        uint32_t *low = out + (size_t)(bit / 32) * PACK_LANES;

        for (int lane = 0; lane < PACK_LANES; lane++)
            low[lane] |= in[lane] << shift;
        if (shift + width > 32) {
            uint32_t *high = low + PACK_LANES;
            for (int lane = 0; lane < PACK_LANES; lane++)
                high[lane] = in[lane] >> (32 - shift);
        }
    }
}

void bitunpack(const void *bytes, uint32_t n, unsigned width, uint32_t *restrict out)
{
    const uint32_t *in = bytes;
    uint32_t rows = rows_of(n);
    uint32_t mask = width >= 32 ? UINT32_MAX : ((uint32_t)1 << width) - 1;

    if (width == 0) {
        memset(out, 0, (size_t)rows * PACK_LANES * sizeof(*out));
        return;
    }
    for (uint32_t row = 0; row < rows; row++, out += PACK_LANES) {
        unsigned bit = row * width, shift = bit % 32;
        const uint32_t *restrict low = in + (size_t)(bit / 32) * PACK_LANES;

        if (shift + width <= 32) {
            for (int lane = 0; lane < PACK_LANES; lane++)
                out[lane] = low[lane] >> shift & mask;
        } else {
            const uint32_t *restrict high = low + PACK_LANES;
            unsigned left = 32 - shift;
            for (int lane = 0; lane < PACK_LANES; lane++)
                out[lane] = (low[lane] >> shift | high[lane] << left) & mask;
        }
    }
}

/* ---- packed vectors ------------------------------------------------------------- */

#define EXCEPTION_COST 6 /* bytes: position and a high part of 32 bits */

/* The width that takes the least bytes, from how many offsets need each width. */
static unsigned best_width(const uint32_t *need, uint32_t n)
{
    unsigned best = 64;
    size_t best_cost = SIZE_MAX;
    uint32_t over = 0;

    for (unsigned w = 64;; w--) {
        size_t planes =
            w <= 32 ? bitpack_size(n, w) : bitpack_size(n, 32) + bitpack_size(n, w - 32);
        size_t cost = planes + (size_t)over * EXCEPTION_COST;
        if (cost <= best_cost) {
            best_cost = cost;
            best = w;
        }
        if (w == 0)
            return best;
        over += need[w];
    }
}

static void pack_planes(
    const uint64_t *offsets, uint32_t n, unsigned width, struct buf *out)
{
    uint32_t plane[CHUNK];
    unsigned low = width < 32 ? width : 32;
    uint32_t mask = low == 32 ? UINT32_MAX : ((uint32_t)1 << low) - 1;
    uint32_t padded = rows_of(n) * PACK_LANES;

    for (int part = 0; part < (width > 32 ? 2 : 1); part++) {
        unsigned bits = part == 0 ? low : width - 32;
        size_t size = bitpack_size(n, bits);
        if (!buf_reserve(out, size))
            return;
        for (uint32_t i = 0; i < n; i++)
            plane[i] =
                part == 0 ? (uint32_t)offsets[i] & mask : (uint32_t)(offsets[i] >> 32);
        if (part == 1 && bits < 32)
            for (uint32_t i = 0; i < n; i++)
                plane[i] &= ((uint32_t)1 << bits) - 1;
        memset(plane + n, 0, (padded - n) * sizeof(*plane));
        bitpack(plane, n, bits, out->data + out->len);
        out->len += size;
    }
}

static void pack_exceptions(
    const uint64_t *offsets, uint32_t n, struct pack_chunk *chunk, struct buf *out)
{
    unsigned width = chunk->width;
    uint16_t positions[CHUNK + 1];
    uint32_t count = 0;

    if (width >= 64)
        return;
    for (uint32_t i = 0; i < n; i++)
        if (offsets[i] >> width != 0) {
            positions[count++] = (uint16_t)i;
            if (offsets[i] >> width > UINT32_MAX)
                chunk->wide = 1;
        }
    chunk->exceptions = (uint16_t)count;
    if (count == 0)
        return;
    positions[count] = 0;
    buf_add(out, positions, (count + 1) / 2 * 4);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t high = offsets[positions[i]] >> width;
        uint32_t high32 = (uint32_t)high;
        if (chunk->wide)
            buf_add(out, &high, sizeof(high));
        else
            buf_add(out, &high32, sizeof(high32));
    }
}

static void pad(struct buf *out, size_t start, size_t to)
{
    static const char zeros[8];
    size_t over = (out->len - start) % to;
    if (over != 0)
        buf_add(out, zeros, to - over);
}

void pack_vector(const int64_t *values, uint32_t n, struct buf *out)
{
    size_t start = out->len;
    uint32_t chunks = (n + CHUNK - 1) / CHUNK;

    if (!buf_reserve(out, chunks * sizeof(struct pack_chunk)))
        return;
    memset(out->data + out->len, 0, chunks * sizeof(struct pack_chunk));
    out->len += chunks * sizeof(struct pack_chunk);
    for (uint32_t c = 0; c < chunks; c++) {
        const int64_t *v = values + (size_t)c * CHUNK;
        uint32_t m = n - c * CHUNK < CHUNK ? n - c * CHUNK : CHUNK;
        struct pack_chunk chunk = {.base = v[0], .offset = (uint32_t)(out->len - start)};
        uint64_t offsets[CHUNK];
        uint32_t need[65] = {0};

        for (uint32_t i = 1; i < m; i++)
            chunk.base = v[i] < chunk.base ? v[i] : chunk.base;
        for (uint32_t i = 0; i < m; i++) {
            offsets[i] = (uint64_t)v[i] - (uint64_t)chunk.base;
            need[bit_width(offsets[i])]++;
        }
        chunk.width = (uint8_t)best_width(need, m);
        pack_planes(offsets, m, chunk.width, out);
        pack_exceptions(offsets, m, &chunk, out);
        pad(out, start, 8);
        if (out->failed)
            return;
        memcpy(out->data + start + c * sizeof(chunk), &chunk, sizeof(chunk));
    }
}

static void patch(const struct pack_chunk *chunk, const uint8_t *bytes, int64_t *values)
{
    const uint16_t *positions = (const uint16_t *)bytes;
    const uint8_t *high = bytes + (chunk->exceptions + 1u) / 2 * 4;

    for (uint32_t i = 0; i < chunk->exceptions; i++) {
        uint64_t part;
        uint32_t part32;
        if (chunk->wide) {
            memcpy(&part, high + (size_t)i * 8, 8);
        } else {
            memcpy(&part32, high + (size_t)i * 4, 4);
            part = part32;
        }
        uint64_t *v = (uint64_t *)&values[positions[i] % CHUNK];
        *v += part << chunk->width;
    }
}

void pack_read(const uint8_t *vector, uint32_t index, uint32_t n, int64_t *restrict values)
{
    const struct pack_chunk *chunk = (const struct pack_chunk *)vector + index;
    const uint8_t *bytes = vector + chunk->offset;
    unsigned width = chunk->width;
    uint64_t base = (uint64_t)chunk->base;
    uint32_t low[CHUNK], high[CHUNK];

    bitunpack(bytes, n, width < 32 ? width : 32, low);
    bytes += bitpack_size(n, width < 32 ? width : 32);
    if (width <= 32) {
        for (uint32_t i = 0; i < n; i++)
            values[i] = (int64_t)(base + low[i]);
    } else {
        bitunpack(bytes, n, width - 32, high);
        bytes += bitpack_size(n, width - 32);
        for (uint32_t i = 0; i < n; i++)
            values[i] = (int64_t)(base + (low[i] | (uint64_t)high[i] << 32));
    }
    if (chunk->exceptions != 0)
        patch(chunk, bytes, values);
}

bool pack_valid(const uint8_t *vector, size_t length, uint32_t n)
{
    uint32_t chunks = (n + CHUNK - 1) / CHUNK;

    if (length / sizeof(struct pack_chunk) < chunks)
        return false;
    for (uint32_t c = 0; c < chunks; c++) {
        const struct pack_chunk *chunk = (const struct pack_chunk *)vector + c;
        uint32_t m = n - c * CHUNK < CHUNK ? n - c * CHUNK : CHUNK;
        unsigned w = chunk->width;
        if (w > 64 || chunk->exceptions > m || (w == 64 && chunk->exceptions != 0) ||
            chunk->offset % 4 != 0)
            return false;
        size_t size =
            w <= 32 ? bitpack_size(m, w) : bitpack_size(m, 32) + bitpack_size(m, w - 32);
        size += (chunk->exceptions + 1u) / 2 * 4 +
                (size_t)chunk->exceptions * (chunk->wide ? 8 : 4);
        if (chunk->offset > length || size > length - chunk->offset)
            return false;
    }
    return true;
}
