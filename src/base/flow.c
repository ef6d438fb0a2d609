#include "flowviewer/flow.h"

#include <stdlib.h>
#include <string.h>

const struct flow_field_info flow_fields[FLOW_FIELDS] = {
    [F_SOURCE_ADDRESS] = {"source_address", "Source address", TYPE_ADDRESS, UINT32_MAX},
    [F_DEST_ADDRESS] = {"dest_address", "Destination address", TYPE_ADDRESS, UINT32_MAX},
    [F_NEXTHOP] = {"nexthop", "Next hop", TYPE_ADDRESS, UINT32_MAX},
    [F_EXPORTER] = {"exporter", "Exporter", TYPE_ADDRESS, UINT32_MAX},
    [F_SOURCE_PORT] = {"source_port", "Source port", TYPE_PORT, 65535},
    [F_DEST_PORT] = {"dest_port", "Destination port", TYPE_PORT, 65535},
    [F_SOURCE_IF] = {"source_if", "Input interface", TYPE_INTERFACE, UINT32_MAX},
    [F_DEST_IF] = {"dest_if", "Output interface", TYPE_INTERFACE, UINT32_MAX},
    [F_SOURCE_AS] = {"source_as", "Source AS", TYPE_AS, UINT32_MAX},
    [F_DEST_AS] = {"dest_as", "Destination AS", TYPE_AS, UINT32_MAX},
    [F_SOURCE_MASK] = {"source_mask", "Source prefix length", TYPE_LENGTH, 255},
    [F_DEST_MASK] = {"dest_mask", "Destination prefix length", TYPE_LENGTH, 255},
    [F_PROTOCOL] = {"protocol", "Protocol", TYPE_PROTOCOL, 255},
    [F_TOS] = {"tos", "ToS", TYPE_BYTE, 255},
    [F_TCP_FLAGS] = {"tcp_flags", "TCP flags", TYPE_BYTE, 255},
    [F_ENGINE_TYPE] = {"engine_type", "Engine type", TYPE_BYTE, 255},
    [F_ENGINE_ID] = {"engine_id", "Engine id", TYPE_BYTE, 255},
    [F_SOURCE_TAG] = {"source_tag", "Source tag", TYPE_TAG, UINT32_MAX},
    [F_DEST_TAG] = {"dest_tag", "Destination tag", TYPE_TAG, UINT32_MAX},
    [F_ROUTER_SC] = {"router_sc", "Router", TYPE_ADDRESS, UINT32_MAX},
    [F_PEER_NEXTHOP] = {"peer_nexthop", "Peer next hop", TYPE_ADDRESS, UINT32_MAX},
    [F_IN_ENCAPS] = {"in_encaps", "Input encapsulation", TYPE_BYTE, 255},
    [F_OUT_ENCAPS] = {"out_encaps", "Output encapsulation", TYPE_BYTE, 255},
    [F_MARKED_TOS] = {"marked_tos", "Marked ToS", TYPE_BYTE, 255},
    [F_OCTETS] = {"octets", "Octets", TYPE_COUNT, 0},
    [F_PACKETS] = {"packets", "Packets", TYPE_COUNT, 0},
    [F_FLOWS] = {"flows", "Flows", TYPE_COUNT, 0},
    [F_EXTRA_PACKETS] = {"extra_packets", "Extra packets", TYPE_COUNT, 0},
    [F_START] = {"start", "Start", TYPE_TIME, 0},
    [F_END] = {"end", "End", TYPE_TIME, 0},
    [F_EXPORT] = {"export", "Exported", TYPE_TIME, 0},
    [F_BOOT] = {"boot", "Exporter started", TYPE_TIME, 0},
};

int flow_field_by_name(const char *name)
{
    for (int f = 0; f < FLOW_FIELDS; f++)
        if (strcmp(flow_fields[f].name, name) == 0)
            return f;
    return -1;
}

/* One allocation holds all columns: the block itself first, then the wider ones. */
struct flow_block *flow_block_new(void)
{
    const size_t head = (sizeof(struct flow_block) + 63) / 64 * 64;
    const size_t number = FLOW_BLOCK_MAX * sizeof(int64_t),
                 key = FLOW_BLOCK_MAX * sizeof(uint32_t);
    struct flow_block *b;
    void *area;
    char *memory;

    if (posix_memalign(&area, 64, head + FLOW_NUMBERS * number + FLOW_KEYS * key) != 0)
        return NULL;
    b = area;
    memory = area;
    memset(b, 0, sizeof(*b));
    memory += head;
    for (int i = 0; i < FLOW_NUMBERS; i++, memory += number)
        b->number[i] = (int64_t *)(void *)memory;
    for (int i = 0; i < FLOW_KEYS; i++, memory += key)
        b->key[i] = (uint32_t *)(void *)memory;
    return b;
}

void flow_block_free(struct flow_block *b)
{
    free(b);
}

void flow_block_keep(struct flow_block *b, uint32_t first, uint32_t n)
{
    if (first > 0) {
        for (int i = 0; i < FLOW_KEYS; i++)
            if (b->present & FLOW_BIT(i))
                memmove(b->key[i], b->key[i] + first, n * sizeof(*b->key[i]));
        for (int i = 0; i < FLOW_NUMBERS; i++)
            if (b->present & FLOW_BIT(FLOW_KEYS + i))
                memmove(b->number[i], b->number[i] + first, n * sizeof(*b->number[i]));
    }
    b->count = n;
}
