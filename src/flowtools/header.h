/* The header of a flow file: magic, byte order, and what its TLVs say. */
#ifndef FLOWTOOLS_HEADER_H
#define FLOWTOOLS_HEADER_H

#include "flowviewer/flowtools.h"
#include "flowtools/input.h"
#include "flowtools/layout.h"

#define FT_MAGIC1 0xCF
#define FT_MAGIC2 0x10
/* Longest header that is believed; writers stop at 16384. */
#define FT_HEADER_MAX 65536

enum ft_tlv {
    TLV_EX_VER = 0x02,
    TLV_AGG_VER = 0x03,
    TLV_AGG_METHOD = 0x04,
    TLV_EXPORTER_IP = 0x05,
    TLV_CAP_START = 0x06,
    TLV_CAP_END = 0x07,
    TLV_FLAGS = 0x08,
    TLV_FLOW_COUNT = 0x0A,
    TLV_FLOW_LOST = 0x0B,
    TLV_FLOW_MISORDERED = 0x0C,
    TLV_PKT_CORRUPT = 0x0D,
    TLV_SEQ_RESET = 0x0E,
    TLV_HOSTNAME = 0x0F,
    TLV_COMMENTS = 0x10
};

struct ft_parsed {
    struct ft_header header;
    const struct ft_layout *layout;
    /* What is odd but can be lived with: why ("" if nothing), and the offset of it. */
    char oddity[120];
    uint64_t oddity_at;
};

/* Read a header at the input's position and skip it. On -1 nothing is skipped.
 * as_flowtools: take an unknown byte order for the host's, as flow-tools does. */
int ft_header_read(struct ft_parsed *p, struct input *in, bool as_flowtools, struct err *e);
/* These bytes could be the beginning of a header. */
bool ft_header_begins(const uint8_t *p, size_t n);

#endif
