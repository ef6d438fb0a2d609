/*
 * The vocabulary of flows, shared by all rooms (part of the base room).
 *
 * A flow is what a NetFlow exporter reports: one direction of a conversation. Its fields
 * come in two sorts. Key fields are small unsigned numbers that one filters and groups by;
 * numeric fields are counters and times. The order of the enum is the order of columns on
 * disk and must not change (append only); names are those of the JSON API.
 */
#ifndef FLOWVIEWER_FLOW_H
#define FLOWVIEWER_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum flow_field {
    /* key fields: 32-bit values, IPv4 addresses in host order */
    F_SOURCE_ADDRESS,
    F_DEST_ADDRESS,
    F_NEXTHOP,
    F_EXPORTER,
    F_SOURCE_PORT,
    F_DEST_PORT,
    F_SOURCE_IF, /* input interface */
    F_DEST_IF,   /* output interface */
    F_SOURCE_AS,
    F_DEST_AS,
    F_SOURCE_MASK, /* prefix length */
    F_DEST_MASK,
    F_PROTOCOL,
    F_TOS,
    F_TCP_FLAGS,
    F_ENGINE_TYPE,
    F_ENGINE_ID,
    F_SOURCE_TAG, /* version 1005 */
    F_DEST_TAG,
    F_ROUTER_SC, /* versions 7, 8.6-8.8: address of the router that the switch bypassed */
    F_PEER_NEXTHOP, /* version 6 */
    F_IN_ENCAPS,
    F_OUT_ENCAPS,
    F_MARKED_TOS, /* 8.6-8.8 */
    FLOW_KEYS,

    /* numeric fields: 64-bit values */
    F_OCTETS = FLOW_KEYS,
    F_PACKETS,
    F_FLOWS, /* 1, but dFlows in version 8 aggregates */
    F_EXTRA_PACKETS,
    F_START,  /* UTC milliseconds, signed */
    F_END,    /* UTC milliseconds, signed */
    F_EXPORT, /* when the exporter sent it: UTC seconds (unix_secs of its header) */
    F_BOOT,   /* UTC ms at which the exporter's sysUpTime was 0, signed */
    FLOW_FIELDS
};

#define FLOW_NUMBERS   (FLOW_FIELDS - FLOW_KEYS)
#define FLOW_BIT(f)    ((uint32_t)1 << (f))
#define FLOW_BLOCK_MAX 65536

enum flow_type {
    TYPE_ADDRESS,
    TYPE_PORT,
    TYPE_INTERFACE,
    TYPE_AS,
    TYPE_LENGTH, /* prefix length */
    TYPE_PROTOCOL,
    TYPE_BYTE, /* ToS, TCP flags, engine, encapsulation */
    TYPE_TAG,
    TYPE_COUNT,
    TYPE_TIME
};

struct flow_field_info {
    const char *name;  /* API name: "source_address" */
    const char *label; /* for people: "Source address" */
    enum flow_type type;
    uint32_t max; /* largest value of a key field */
};

extern const struct flow_field_info flow_fields[FLOW_FIELDS];

/* The field of that API name, or -1. */
int flow_field_by_name(const char *name);

/* One flow, all fields: for listings, not for loops over millions. */
struct flow {
    uint32_t key[FLOW_KEYS];
    int64_t number[FLOW_NUMBERS]; /* index: field - FLOW_KEYS */
    uint32_t present;             /* FLOW_BIT of each field that its export version has */
};

/*
 * Up to FLOW_BLOCK_MAX flows as columns: what the reader of flow files fills and the store
 * takes. Column arrays are of FLOW_BLOCK_MAX items. Columns of fields that are not in
 * 'present' hold nothing of meaning. Always present: F_OCTETS, F_PACKETS, F_START, F_END.
 */
struct flow_block {
    uint32_t count;
    uint32_t present;
    uint32_t *key[FLOW_KEYS];
    int64_t *number[FLOW_NUMBERS];
};

struct flow_block *flow_block_new(void); /* NULL when out of memory */
void flow_block_free(struct flow_block *b);
/* Keep only n flows from number first on. */
void flow_block_keep(struct flow_block *b, uint32_t first, uint32_t n);

#endif
