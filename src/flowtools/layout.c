/*
 * The record formats of flow-tools, one row per export version.
 *
 * To add a version: one list of fields, one row. Everything else follows from the table.
 */
#include "flowtools/layout.h"

/* Versions 1, 5, 6, 7 and 1005 begin alike. */
#define COMMON                                                                             \
    {F_SOURCE_ADDRESS, 16, W_4}, {F_DEST_ADDRESS, 20, W_4}, {F_NEXTHOP, 24, W_4},          \
        {F_SOURCE_IF, 28, W_2}, {F_DEST_IF, 30, W_2}, {F_PACKETS, 32, W_4},                \
        {F_OCTETS, 36, W_4}, {F_SOURCE_PORT, 48, W_2}, {F_DEST_PORT, 50, W_2},             \
        {F_PROTOCOL, 52, W_1}, {F_TOS, 53, W_1},                                           \
    {                                                                                      \
        F_TCP_FLAGS, 54, W_1                                                               \
    }
#define ENGINE_TO_AS                                                                       \
    {F_ENGINE_TYPE, 56, W_1}, {F_ENGINE_ID, 57, W_1}, {F_SOURCE_MASK, 58, W_1},            \
        {F_DEST_MASK, 59, W_1}, {F_SOURCE_AS, 60, W_2},                                    \
    {                                                                                      \
        F_DEST_AS, 62, W_2                                                                 \
    }
#define EXPORTER                                                                           \
    {                                                                                      \
        F_EXPORTER, 12, W_4                                                                \
    }

static const struct ft_field v1[] = {EXPORTER, COMMON};
static const struct ft_field v5[] = {EXPORTER, COMMON, ENGINE_TO_AS};
static const struct ft_field v6[] = {EXPORTER, COMMON, ENGINE_TO_AS, {F_IN_ENCAPS, 64, W_1},
    {F_OUT_ENCAPS, 65, W_1}, {F_PEER_NEXTHOP, 68, W_4}};
static const struct ft_field v7[] = {
    EXPORTER, COMMON, ENGINE_TO_AS, {F_ROUTER_SC, 64, W_4}};
static const struct ft_field v1005[] = {{F_EXPORTER, 12, W_4_KEPT}, COMMON, ENGINE_TO_AS,
    {F_SOURCE_TAG, 64, W_4_HALVED}, {F_DEST_TAG, 68, W_4_HALVED}};

/* Version 8: routers' aggregates. */
#define COUNTS                                                                             \
    {F_FLOWS, 16, W_4}, {F_PACKETS, 20, W_4},                                              \
    {                                                                                      \
        F_OCTETS, 24, W_4                                                                  \
    }
#define AGGREGATE         EXPORTER, COUNTS
#define AGGREGATE_SWAPPED {F_EXPORTER, 8, W_4}, COUNTS
#define CATALYST                                                                           \
    EXPORTER, {F_PACKETS, 16, W_4},                                                        \
    {                                                                                      \
        F_OCTETS, 20, W_4                                                                  \
    }
#define ENGINE(at)                                                                         \
    {F_ENGINE_TYPE, at, W_1},                                                              \
    {                                                                                      \
        F_ENGINE_ID, (at) + 1, W_1                                                         \
    }

static const struct ft_field as[] = {AGGREGATE, {F_SOURCE_AS, 36, W_2},
    {F_DEST_AS, 38, W_2}, {F_SOURCE_IF, 40, W_2}, {F_DEST_IF, 42, W_2}, ENGINE(44)};
static const struct ft_field proto_port[] = {AGGREGATE, {F_PROTOCOL, 36, W_1},
    {F_SOURCE_PORT, 40, W_2}, {F_DEST_PORT, 42, W_2}, ENGINE(44)};
static const struct ft_field source_prefix[] = {AGGREGATE_SWAPPED,
    {F_SOURCE_ADDRESS, 36, W_4}, {F_SOURCE_MASK, 40, W_1}, {F_SOURCE_AS, 42, W_2},
    {F_SOURCE_IF, 44, W_2}, ENGINE(46)};
static const struct ft_field dest_prefix[] = {AGGREGATE, {F_DEST_ADDRESS, 36, W_4},
    {F_DEST_MASK, 40, W_1}, ENGINE(42), {F_DEST_AS, 44, W_2}, {F_DEST_IF, 46, W_2}};
static const struct ft_field prefix[] = {AGGREGATE, {F_SOURCE_ADDRESS, 36, W_4},
    {F_DEST_ADDRESS, 40, W_4}, {F_DEST_MASK, 44, W_1}, {F_SOURCE_MASK, 45, W_1}, ENGINE(46),
    {F_SOURCE_AS, 48, W_2}, {F_DEST_AS, 50, W_2}, {F_SOURCE_IF, 52, W_2},
    {F_DEST_IF, 54, W_2}};
static const struct ft_field destination[] = {CATALYST, {F_DEST_ADDRESS, 32, W_4},
    {F_EXTRA_PACKETS, 36, W_4}, {F_ROUTER_SC, 40, W_4}, {F_DEST_IF, 44, W_2},
    {F_TOS, 48, W_1}, {F_MARKED_TOS, 49, W_1}, ENGINE(50)};
static const struct ft_field source_dest[] = {CATALYST, {F_DEST_ADDRESS, 32, W_4},
    {F_SOURCE_ADDRESS, 36, W_4}, {F_EXTRA_PACKETS, 40, W_4}, {F_ROUTER_SC, 44, W_4},
    {F_DEST_IF, 48, W_2}, {F_SOURCE_IF, 50, W_2}, {F_TOS, 52, W_1}, {F_MARKED_TOS, 53, W_1},
    ENGINE(54)};
static const struct ft_field full_flow[] = {CATALYST, {F_DEST_ADDRESS, 32, W_4},
    {F_SOURCE_ADDRESS, 36, W_4}, {F_EXTRA_PACKETS, 40, W_4}, {F_ROUTER_SC, 44, W_4},
    {F_DEST_PORT, 48, W_2}, {F_SOURCE_PORT, 50, W_2}, {F_DEST_IF, 52, W_2},
    {F_SOURCE_IF, 54, W_2}, {F_TOS, 56, W_1}, {F_MARKED_TOS, 57, W_1}, ENGINE(58),
    {F_PROTOCOL, 60, W_1}};
static const struct ft_field tos_as[] = {AGGREGATE, {F_SOURCE_AS, 36, W_2},
    {F_DEST_AS, 38, W_2}, {F_SOURCE_IF, 40, W_2}, {F_DEST_IF, 42, W_2}, ENGINE(44),
    {F_TOS, 46, W_1}};
/* The records of method 10 have the interfaces, but flow-tools does not report them. */
static const struct ft_field tos_proto_port[] = {AGGREGATE, {F_SOURCE_PORT, 36, W_2},
    {F_DEST_PORT, 38, W_2}, {F_SOURCE_IF, 40, W_2}, {F_DEST_IF, 42, W_2}, ENGINE(44),
    {F_PROTOCOL, 46, W_1}, {F_TOS, 47, W_1}};
static const struct ft_field tos_source_prefix[] = {AGGREGATE_SWAPPED,
    {F_SOURCE_ADDRESS, 36, W_4}, {F_SOURCE_MASK, 40, W_1}, {F_TOS, 41, W_1},
    {F_SOURCE_AS, 42, W_2}, {F_SOURCE_IF, 44, W_2}, ENGINE(46)};
static const struct ft_field tos_dest_prefix[] = {AGGREGATE_SWAPPED,
    {F_DEST_ADDRESS, 36, W_4}, {F_DEST_IF, 40, W_2}, {F_DEST_AS, 42, W_2_KEPT},
    {F_DEST_MASK, 44, W_1}, {F_TOS, 45, W_1}, ENGINE(46)};
#define TOS_PREFIX                                                                         \
    AGGREGATE, {F_SOURCE_ADDRESS, 36, W_4},                                                \
    {                                                                                      \
        F_DEST_ADDRESS, 40, W_4                                                            \
    }
#define TOS_PREFIX_TAIL                                                                    \
    {F_SOURCE_IF, 48, W_2}, {F_DEST_IF, 50, W_2}, {F_DEST_MASK, 52, W_1},                  \
        {F_SOURCE_MASK, 53, W_1}, ENGINE(54),                                              \
    {                                                                                      \
        F_TOS, 56, W_1                                                                     \
    }
static const struct ft_field tos_prefix[] = {
    TOS_PREFIX, {F_SOURCE_AS, 44, W_2}, {F_DEST_AS, 46, W_2}, TOS_PREFIX_TAIL};
static const struct ft_field tos_prefix_port[] = {TOS_PREFIX, {F_SOURCE_PORT, 44, W_2},
    {F_DEST_PORT, 46, W_2}, TOS_PREFIX_TAIL, {F_PROTOCOL, 57, W_1}};

/* Stream version 1: before the exporter and the uptime were kept. */
#define OLD                                                                                \
    {F_EXPORTER, 0, W_ZERO}, {F_SOURCE_ADDRESS, 8, W_4}, {F_DEST_ADDRESS, 12, W_4},        \
        {F_NEXTHOP, 16, W_4}, {F_SOURCE_IF, 20, W_2}, {F_DEST_IF, 22, W_2},                \
        {F_PACKETS, 24, W_4}, {F_OCTETS, 28, W_4}, {F_SOURCE_PORT, 40, W_2},               \
        {F_DEST_PORT, 42, W_2}, {F_PROTOCOL, 46, W_1}, {F_TOS, 47, W_1},                   \
    {                                                                                      \
        F_TCP_FLAGS, 48, W_1                                                               \
    }
static const struct ft_field old_v1[] = {OLD};
static const struct ft_field old_v5[] = {OLD, {F_ENGINE_TYPE, 0, W_ZERO},
    {F_ENGINE_ID, 0, W_ZERO}, {F_SOURCE_AS, 52, W_2}, {F_DEST_AS, 54, W_2},
    {F_SOURCE_MASK, 56, W_1}, {F_DEST_MASK, 57, W_1}};

/* seconds, fraction, uptime, first, last; the uptime of stream version 1 is not in the file
 */
#define STAMPS                                                                             \
    {                                                                                      \
        0, 4, 8, 40, 44                                                                    \
    }
#define STAMPS_8                                                                           \
    {                                                                                      \
        0, 4, 8, 28, 32                                                                    \
    }
#define STAMPS_8_SWAPPED                                                                   \
    {                                                                                      \
        0, 4, 12, 28, 32                                                                   \
    }
#define STAMPS_8_CATALYST                                                                  \
    {                                                                                      \
        0, 4, 8, 24, 28                                                                    \
    }
#define STAMPS_OLD                                                                         \
    {                                                                                      \
        0, 4, 0, 32, 36                                                                    \
    }
#define FIELDS(list) NITEMS(list), list

static const struct ft_layout layouts[] = {
    {3, 1, 0, 60, STAMPS, FIELDS(v1)},
    {3, 5, 0, 64, STAMPS, FIELDS(v5)},
    {3, 6, 0, 72, STAMPS, FIELDS(v6)},
    {3, 7, 0, 68, STAMPS, FIELDS(v7)},
    {3, 1005, 0, 72, STAMPS, FIELDS(v1005)},
    {3, 8, 1, 48, STAMPS_8, FIELDS(as)},
    {3, 8, 2, 48, STAMPS_8, FIELDS(proto_port)},
    {3, 8, 3, 48, STAMPS_8_SWAPPED, FIELDS(source_prefix)},
    {3, 8, 4, 48, STAMPS_8, FIELDS(dest_prefix)},
    {3, 8, 5, 56, STAMPS_8, FIELDS(prefix)},
    {3, 8, 6, 52, STAMPS_8_CATALYST, FIELDS(destination)},
    {3, 8, 7, 56, STAMPS_8_CATALYST, FIELDS(source_dest)},
    {3, 8, 8, 64, STAMPS_8_CATALYST, FIELDS(full_flow)},
    {3, 8, 9, 48, STAMPS_8, FIELDS(tos_as)},
    {3, 8, 10, 48, STAMPS_8, FIELDS(tos_proto_port)},
    {3, 8, 11, 48, STAMPS_8_SWAPPED, FIELDS(tos_source_prefix)},
    {3, 8, 12, 48, STAMPS_8_SWAPPED, FIELDS(tos_dest_prefix)},
    {3, 8, 13, 60, STAMPS_8, FIELDS(tos_prefix)},
    {3, 8, 14, 60, STAMPS_8, FIELDS(tos_prefix_port)},
    {1, 1, 0, 60, STAMPS_OLD, FIELDS(old_v1)},
    {1, 5, 0, 60, STAMPS_OLD, FIELDS(old_v5)},
};

const struct ft_layout *ft_layout_find(unsigned stream, unsigned version, unsigned method)
{
    for (size_t i = 0; i < NITEMS(layouts); i++) {
        const struct ft_layout *l = &layouts[i];

        if (l->stream == stream && l->version == version && l->method == method)
            return l;
    }
    return NULL;
}

uint32_t ft_layout_present(const struct ft_layout *l)
{
    uint32_t present =
        FLOW_BIT(F_START) | FLOW_BIT(F_END) | FLOW_BIT(F_EXPORT) | FLOW_BIT(F_BOOT);

    for (unsigned i = 0; i < l->count; i++)
        present |= FLOW_BIT(l->fields[i].field);
    return present;
}
