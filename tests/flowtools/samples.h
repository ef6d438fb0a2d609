/* Flow files made byte by byte, and the corpus, for the tests of the flowtools room. */
#ifndef TESTS_FLOWTOOLS_SAMPLES_H
#define TESTS_FLOWTOOLS_SAMPLES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "flowviewer/flowtools.h"

#define KEY(b, f, i)    ((b)->key[f][i])
#define NUMBER(b, f, i) ((b)->number[(f)-FLOW_KEYS][i])

struct bytes {
    uint8_t *p;
    size_t n, room;
    bool big;
};

static inline void put_raw(struct bytes *b, const void *p, size_t n)
{
    if (b->n + n > b->room) {
        b->room = (b->n + n) * 2;
        b->p = realloc(b->p, b->room);
        assert_non_null(b->p);
    }
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

static inline void put_number(struct bytes *b, uint32_t v, unsigned width)
{
    for (unsigned i = 0; i < width; i++) {
        uint8_t c = (uint8_t)(v >> 8 * (b->big ? width - 1 - i : i));
        put_raw(b, &c, 1);
    }
}

static inline uint32_t get_number(const uint8_t *p, unsigned width, bool big)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < width; i++)
        v |= (uint32_t)p[i] << 8 * (big ? width - 1 - i : i);
    return v;
}

static inline void set_number(struct bytes *b, size_t at, uint32_t v, unsigned width)
{
    size_t end = b->n;

    b->n = at;
    put_number(b, v, width);
    b->n = end;
}

static inline void put_tlv(struct bytes *b, unsigned type, unsigned width, uint32_t v)
{
    put_number(b, type, 2);
    put_number(b, width, 2);
    put_number(b, v, width);
}

/* Bytes 0-7; the length is set by end_header(). */
static inline void begin_header(struct bytes *b, bool big)
{
    uint8_t magic[4] = {0xCF, 0x10, big ? 2 : 1, 3};

    b->big = big;
    b->n = 0;
    put_raw(b, magic, 4);
    put_number(b, 0, 4);
}

static inline void end_header(struct bytes *b)
{
    while (b->n % 4 != 0)
        put_raw(b, "", 1);
    set_number(b, 4, (uint32_t)b->n, 4);
}

/* A header as of flow-capture, closed, of so many flows. */
static inline void put_header(struct bytes *b, bool big, unsigned version, unsigned method,
    uint32_t flags, uint32_t count)
{
    begin_header(b, big);
    put_tlv(b, 2, 2, version);
    if (version == 8) {
        put_tlv(b, 3, 1, 2);
        put_tlv(b, 4, 1, method);
    }
    put_tlv(b, 6, 4, 1700000000);
    put_tlv(b, 7, 4, 1700000300);
    put_tlv(b, 8, 4, flags);
    put_tlv(b, 10, 4, count);
    end_header(b);
}

/* A record of version 5 with plausible content; i makes it differ from others. */
static inline void put_v5(struct bytes *b, uint32_t i)
{
    uint32_t up = 1000000 + i * 100;
    const uint32_t first[12] = {1700000010 + i, 5000000, up, 0xC6336401, 0x0A000000 + i,
        0xC0000200 + i % 7, 0xC0000201, 1 << 16 | 2, 3 + i, 120 + i, up - 900, up - 100};

    for (unsigned w = 0; w < 12; w++) {
        if (w == 7) {
            put_number(b, 11, 2);
            put_number(b, 12, 2);
        } else {
            put_number(b, first[w], 4);
        }
    }
    put_number(b, 40000 + i % 1000, 2);
    put_number(b, 443, 2);
    put_raw(b, "\6\0\33\0\0\0\30\20", 8);
    put_number(b, 64500, 2);
    put_number(b, 64501, 2);
}

static inline void put_compressed(struct bytes *b, const uint8_t *p, size_t n)
{
    uLongf size = compressBound(n);
    uint8_t *z = malloc(size);

    assert_non_null(z);
    assert_int_equal(compress2(z, &size, p, n, 6), Z_OK);
    put_raw(b, z, size);
    free(z);
}

/* A closed file of n such records. */
static inline void make_v5(struct bytes *b, bool big, bool compressed, uint32_t n)
{
    struct bytes body = {.big = big};

    put_header(b, big, 5, 0, compressed ? 3 : 1, n);
    for (uint32_t i = 0; i < n; i++)
        put_v5(&body, i);
    if (compressed)
        put_compressed(b, body.p, body.n);
    else if (n > 0)
        put_raw(b, body.p, body.n);
    free(body.p);
}

/* Read all of it, 65536 flows at a time; b holds the last block. */
static inline struct ft_status read_all(struct ft_reader *r, struct flow_block *b)
{
    uint64_t n = 0;

    for (;;) {
        uint32_t got;

        b->count = 0;
        got = ft_read(r, b);
        assert_int_equal(got, b->count);
        n += got;
        if (got < FLOW_BLOCK_MAX)
            break;
    }
    assert_int_equal(ft_status(r)->records, n);
    return *ft_status(r);
}

/* Open bytes and read them; FT_UNREADABLE with the reason when they cannot be opened. */
static inline struct ft_status read_bytes(
    const struct bytes *in, enum ft_clock clock, struct flow_block *b)
{
    struct ft_options o = {.clock = clock};
    struct ft_status s = {.state = FT_UNREADABLE};
    struct ft_reader *r;
    struct err e = {0};

    if (ft_open_memory(&r, in->p, in->n, &o, &e) < 0) {
        assert_null(r);
        assert_true(e.code != ERR_NONE);
        snprintf(s.reason, sizeof(s.reason), "%.199s", e.msg);
        return s;
    }
    s = read_all(r, b);
    ft_close(r);
    return s;
}

/* The corpus may not be there: the whole program is skipped then (exit code 77). */
static inline void need_corpus(void)
{
    if (access(FV_CORPUS "/MANIFEST.tsv", R_OK) < 0) {
        fputs("no corpus at " FV_CORPUS ": skipped\n", stderr);
        exit(77);
    }
}

/* Next column of a line of a table; NULL at the end. Empty columns are "". */
static inline char *next_column(char **line, char separator)
{
    char *column = *line, *end;

    if (column == NULL)
        return NULL;
    end = column + strcspn(column, (char[]){separator, '\n', '\0'});
    *line = *end == separator ? end + 1 : NULL;
    *end = '\0';
    return column;
}

#endif
