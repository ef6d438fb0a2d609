/* Where each field stands in the records of each export version. */
#ifndef FLOWTOOLS_LAYOUT_H
#define FLOWTOOLS_LAYOUT_H

#include "flowviewer/flowtools.h"

/* How a field lies in the record. The last three reproduce bugs of flow-tools on little
 * endian machines with big endian files, and matter only when its reading is asked for. */
enum ft_width {
    W_ZERO, /* not in the file; flow-tools' own conversion reports it as 0 */
    W_1,
    W_2,
    W_4,
    W_2_KEPT,  /* flow-tools forgets to swap it */
    W_4_KEPT,  /* the same, 4 bytes */
    W_4_HALVED /* flow-tools swaps it as if it had 2 bytes */
};

struct ft_field {
    uint8_t field; /* enum flow_field; not the times */
    uint8_t offset;
    uint8_t width; /* enum ft_width */
};

/* Offsets of the five stamps from which a flow's times are computed. */
struct ft_stamps {
    uint8_t seconds, fraction, uptime, first, last;
};

#define FT_FIELDS_MAX 24
#define FT_RECORD_MAX 72

struct ft_layout {
    uint8_t stream;   /* 1 or 3 */
    uint16_t version; /* export version */
    uint8_t method;   /* aggregation, version 8 only */
    uint8_t size;     /* of a record */
    struct ft_stamps stamps;
    uint8_t count;
    const struct ft_field *fields;
};

/* NULL when flow-tools has no such records. */
const struct ft_layout *ft_layout_find(unsigned stream, unsigned version, unsigned method);
/* FLOW_BIT of every field that these records give. */
uint32_t ft_layout_present(const struct ft_layout *l);

#endif
