/*
 * Headers of flow files.
 *
 * Nothing in a header is believed without need: lengths are held against the bytes that are
 * there, texts may lack their terminator, counts are only reported. The export version
 * alone is indispensable, because it gives the size of a record.
 */
#include <stdio.h>
#include <string.h>

#include "flowtools/bytes.h"
#include "flowtools/header.h"

#define OLD_HEADER 360 /* of stream version 1 */

/* Numbers that TLVs carry: type, size, and where they go. */
static const struct number_tlv {
    uint8_t type, size, at;
} number_tlvs[] = {
    {TLV_EX_VER, 2, offsetof(struct ft_header, version)},
    {TLV_AGG_VER, 1, offsetof(struct ft_header, agg_version)},
    {TLV_AGG_METHOD, 1, offsetof(struct ft_header, agg_method)},
    {TLV_EXPORTER_IP, 4, offsetof(struct ft_header, exporter)},
    {TLV_CAP_START, 4, offsetof(struct ft_header, cap_start)},
    {TLV_CAP_END, 4, offsetof(struct ft_header, cap_end)},
    {TLV_FLAGS, 4, offsetof(struct ft_header, flags)},
    {TLV_FLOW_COUNT, 4, offsetof(struct ft_header, flow_count)},
    {TLV_FLOW_LOST, 4, offsetof(struct ft_header, flow_lost)},
    {TLV_FLOW_MISORDERED, 4, offsetof(struct ft_header, flow_misordered)},
    {TLV_PKT_CORRUPT, 4, offsetof(struct ft_header, packet_corrupt)},
    {TLV_SEQ_RESET, 4, offsetof(struct ft_header, sequence_reset)},
};

/* Where the same stand in the fixed header of stream version 1. */
static const struct number_tlv old_numbers[] = {
    {TLV_CAP_START, 8, offsetof(struct ft_header, cap_start)},
    {TLV_CAP_END, 12, offsetof(struct ft_header, cap_end)},
    {TLV_FLAGS, 16, offsetof(struct ft_header, flags)},
    {TLV_FLOW_COUNT, 24, offsetof(struct ft_header, flow_count)},
    {TLV_FLOW_LOST, 28, offsetof(struct ft_header, flow_lost)},
    {TLV_FLOW_MISORDERED, 32, offsetof(struct ft_header, flow_misordered)},
};

static void copy_text(char *dst, size_t size, const uint8_t *p, size_t n)
{
    const uint8_t *end = memchr(p, 0, n);

    if (end != NULL)
        n = (size_t)(end - p);
    if (n >= size)
        n = size - 1;
    memcpy(dst, p, n);
    dst[n] = '\0';
}

static void take_number(struct ft_header *h, const struct number_tlv *t, const uint8_t *p)
{
    uint8_t *to = (uint8_t *)h + t->at;

    if (t->size == 1) {
        *to = *p;
    } else if (t->size == 2) {
        uint16_t v = (uint16_t)get16(p, h->big_endian);
        memcpy(to, &v, sizeof(v));
    } else {
        uint32_t v = get32(p, h->big_endian);
        memcpy(to, &v, sizeof(v));
    }
    h->has |= (uint32_t)1 << t->type;
}

static void take_tlv(struct ft_header *h, unsigned type, const uint8_t *p, size_t n)
{
    if (type == TLV_HOSTNAME)
        copy_text(h->hostname, sizeof(h->hostname), p, n);
    else if (type == TLV_COMMENTS)
        copy_text(h->comments, sizeof(h->comments), p, n);
    else if (type < 32) {
        for (size_t i = 0; i < NITEMS(number_tlvs); i++) {
            if (number_tlvs[i].type != type)
                continue;
            if (n >= number_tlvs[i].size)
                take_number(h, &number_tlvs[i], p);
            return;
        }
    }
    if (type < 32)
        h->has |= (uint32_t)1 << type;
}

static void parse_tlvs(struct ft_parsed *parsed, const uint8_t *p, uint64_t base)
{
    struct ft_header *h = &parsed->header;
    size_t at = 8, end = h->header_length;

    while (end - at >= 4) {
        unsigned type = get16(p + at, h->big_endian);
        size_t n = get16(p + at + 2, h->big_endian);

        if (n > end - at - 4) {
            snprintf(parsed->oddity, sizeof(parsed->oddity),
                "header item %u of %zu bytes at offset %ju runs past the header's end",
                type, n, (uintmax_t)(base + at));
            parsed->oddity_at = base + at;
            return;
        }
        take_tlv(h, type, p + at + 4, n);
        at += 4 + n;
    }
}

/* Stream version 1: everything has its place. */
static void parse_old(struct ft_header *h, const uint8_t *p)
{
    h->version = (uint16_t)get16(p + 4, h->big_endian);
    if (h->version == 0xFFFF)
        h->version = 1;
    h->has = 1u << TLV_EX_VER | 1u << TLV_HOSTNAME | 1u << TLV_COMMENTS;
    for (size_t i = 0; i < NITEMS(old_numbers); i++) {
        struct number_tlv t = {old_numbers[i].type, 4, old_numbers[i].at};
        take_number(h, &t, p + old_numbers[i].size);
    }
    copy_text(h->hostname, sizeof(h->hostname), p + 36, 68);
    copy_text(h->comments, sizeof(h->comments), p + 104, 256);
}

static bool plausible_length(uint32_t n)
{
    return n >= 8 && n <= FT_HEADER_MAX;
}

/* Byte order of a header that does not say it in a known way. */
static bool guess_big(const uint8_t *p, bool as_flowtools)
{
    if (as_flowtools)
        return host_is_big();
    if (p[3] == 1)
        return p[4] == 0; /* low byte of the export version, which is never 0 there */
    if (plausible_length(le32(p + 4)) != plausible_length(be32(p + 4)))
        return plausible_length(be32(p + 4));
    return host_is_big();
}

static void set_order(
    struct ft_parsed *parsed, const uint8_t *p, uint64_t at, bool as_flowtools)
{
    if (p[2] == 1 || p[2] == 2) {
        parsed->header.big_endian = p[2] == 2;
        return;
    }
    parsed->header.big_endian = guess_big(p, as_flowtools);
    snprintf(parsed->oddity, sizeof(parsed->oddity),
        "byte order %u at offset %ju is unknown, read as %s endian", p[2],
        (uintmax_t)(at + 2), parsed->header.big_endian ? "big" : "little");
    parsed->oddity_at = at + 2;
}

static const char *known_stranger(const uint8_t *p)
{
    if (p[0] == 0x1f && p[1] == 0x8b)
        return " (it is a gzip file: gunzip it)";
    if (p[0] == 'B' && p[1] == 'Z')
        return " (it is a bzip2 file)";
    if ((p[0] == 0x0c && p[1] == 0xa5) || (p[0] == 0xa5 && p[1] == 0x0c))
        return " (it is a file of nfdump)";
    return "";
}

static int check_begin(const uint8_t *p, size_t n, uint64_t at, struct err *e)
{
    if (n == 0)
        return err_set(e, ERR_FORMAT, "the file is empty (offset %ju)", (uintmax_t)at);
    if (n >= 2 && (p[0] != FT_MAGIC1 || p[1] != FT_MAGIC2))
        return err_set(e, ERR_FORMAT,
            "not a flow-tools file: begins with %02x %02x, not cf 10, at offset %ju%s",
            p[0], p[1], (uintmax_t)at, known_stranger(p));
    if (n < 8)
        return err_set(e, ERR_FORMAT, "header cut short: the file ends at offset %ju",
            (uintmax_t)(at + n));
    if (p[3] != 1 && p[3] != 3)
        return err_set(e, ERR_FORMAT, "stream version %u at offset %ju is neither 1 nor 3",
            p[3], (uintmax_t)(at + 3));
    return 0;
}

static int check_length(const struct ft_header *h, struct input *in, struct err *e)
{
    if (!plausible_length(h->header_length))
        return err_set(e, ERR_FORMAT,
            "header length %u at offset %ju is not within 8 and %u", h->header_length,
            (uintmax_t)(in->offset + 4), FT_HEADER_MAX);
    if (input_fill(in, h->header_length) < h->header_length)
        return err_set(e, ERR_FORMAT,
            "header cut short: it says %u bytes, but the file ends at offset %ju",
            h->header_length, (uintmax_t)(in->offset + in->left));
    return 0;
}

static int find_layout(struct ft_parsed *parsed, uint64_t at, struct err *e)
{
    const struct ft_header *h = &parsed->header;
    unsigned method = h->version == 8 ? h->agg_method : 0;

    if (h->has & 1u << TLV_EX_VER && (h->version != 8 || h->agg_version == 2))
        parsed->layout = ft_layout_find(h->stream_version, h->version, method);
    if (parsed->layout != NULL)
        return 0;
    if (!(h->has & 1u << TLV_EX_VER))
        return err_set(e, ERR_FORMAT,
            "the header at offset %ju names no export version%s%s", (uintmax_t)at,
            parsed->oddity[0] != '\0' ? ": " : "", parsed->oddity);
    if (h->version == 8)
        return err_set(e, ERR_FORMAT,
            "export version 8 with aggregation %u version %u, in the header at offset %ju, "
            "is unknown",
            h->agg_method, h->agg_version, (uintmax_t)at);
    return err_set(e, ERR_FORMAT,
        "export version %u, in the header at offset %ju, is unknown", h->version,
        (uintmax_t)at);
}

bool ft_header_begins(const uint8_t *p, size_t n)
{
    return n >= 4 && p[0] == FT_MAGIC1 && p[1] == FT_MAGIC2 && (p[2] == 1 || p[2] == 2) &&
           (p[3] == 1 || p[3] == 3);
}

int ft_header_read(
    struct ft_parsed *parsed, struct input *in, bool as_flowtools, struct err *e)
{
    struct ft_header *h = &parsed->header;
    size_t n = input_fill(in, 8);

    memset(parsed, 0, sizeof(*parsed));
    if (in->error != 0)
        return err_set(e, ERR_SYSTEM, "cannot read at offset %ju: %s",
            (uintmax_t)in->offset, strerror(in->error));
    if (check_begin(in->at, n, in->offset, e) < 0)
        return -1;
    set_order(parsed, in->at, in->offset, as_flowtools);
    h->stream_version = in->at[3];
    h->header_length =
        h->stream_version == 1 ? OLD_HEADER : get32(in->at + 4, h->big_endian);
    if (check_length(h, in, e) < 0)
        return -1;
    if (h->stream_version == 1)
        parse_old(h, in->at);
    else
        parse_tlvs(parsed, in->at, in->offset);
    if (find_layout(parsed, in->offset, e) < 0)
        return -1;
    input_skip(in, h->header_length);
    return 0;
}
