/* Every record form, in both byte orders, plain and compressed, against the spec's own words. */
#include "flowtools/samples.h"

#define PREFIX                                                                             \
    "unix_secs 0/4, unix_nsecs 4/4, sysUpTime 8/4, exaddr 12/4, srcaddr 16/4, dstaddr "    \
    "20/4, "                                                                               \
    "nexthop 24/4, input 28/2, output 30/2, dPkts 32/4, dOctets 36/4, First 40/4, Last "   \
    "44/4, "                                                                               \
    "srcport 48/2, dstport 50/2, prot 52/1, tos 53/1, tcp_flags 54/1"
#define V5_REST                                                                            \
    ", engine_type 56/1, engine_id 57/1, src_mask 58/1, dst_mask 59/1, src_as 60/2, "      \
    "dst_as 62/2"
#define A                                                                                  \
    "unix_secs 0/4, unix_nsecs 4/4, sysUpTime 8/4, exaddr 12/4, dFlows 16/4, dPkts 20/4, " \
    "dOctets 24/4, First 28/4, Last 32/4, "
#define A2                                                                                 \
    "unix_secs 0/4, unix_nsecs 4/4, exaddr 8/4, sysUpTime 12/4, dFlows 16/4, dPkts 20/4, " \
    "dOctets 24/4, First 28/4, Last 32/4, "
#define B                                                                                  \
    "unix_secs 0/4, unix_nsecs 4/4, sysUpTime 8/4, exaddr 12/4, dPkts 16/4, dOctets "      \
    "20/4, "                                                                               \
    "First 24/4, Last 28/4, "

static const struct form {
    unsigned version, method, size;
    const char *fields;
} forms[] = {
    {1, 0, 60, PREFIX},
    {5, 0, 64, PREFIX V5_REST},
    {6, 0, 72, PREFIX V5_REST ", in_encaps 64/1, out_encaps 65/1, peer_nexthop 68/4"},
    {7, 0, 68, PREFIX V5_REST ", router_sc 64/4"},
    {1005, 0, 72, PREFIX V5_REST ", src_tag 64/4, dst_tag 68/4"},
    {8, 1, 48,
        A "src_as 36/2, dst_as 38/2, input 40/2, output 42/2, engine_type 44/1, "
          "engine_id 45/1"},
    {8, 2, 48, A "prot 36/1, srcport 40/2, dstport 42/2, engine_type 44/1, engine_id 45/1"},
    {8, 3, 48,
        A2 "srcaddr 36/4, src_mask 40/1, src_as 42/2, input 44/2, engine_type 46/1, "
           "engine_id 47/1"},
    {8, 4, 48,
        A "dstaddr 36/4, dst_mask 40/1, engine_type 42/1, engine_id 43/1, dst_as 44/2, "
          "output 46/2"},
    {8, 5, 56,
        A "srcaddr 36/4, dstaddr 40/4, dst_mask 44/1, src_mask 45/1, engine_type 46/1, "
          "engine_id 47/1, src_as 48/2, dst_as 50/2, input 52/2, output 54/2"},
    {8, 6, 52,
        B "dstaddr 32/4, extra_pkts 36/4, router_sc 40/4, output 44/2, tos 48/1, "
          "marked_tos 49/1, engine_type 50/1, engine_id 51/1"},
    {8, 7, 56,
        B "dstaddr 32/4, srcaddr 36/4, extra_pkts 40/4, router_sc 44/4, output 48/2, "
          "input 50/2, tos 52/1, marked_tos 53/1, engine_type 54/1, engine_id 55/1"},
    {8, 8, 64,
        B "dstaddr 32/4, srcaddr 36/4, extra_pkts 40/4, router_sc 44/4, dstport 48/2, "
          "srcport 50/2, output 52/2, input 54/2, tos 56/1, marked_tos 57/1, engine_type "
          "58/1, "
          "engine_id 59/1, prot 60/1"},
    {8, 9, 48,
        A "src_as 36/2, dst_as 38/2, input 40/2, output 42/2, engine_type 44/1, "
          "engine_id 45/1, tos 46/1"},
    {8, 10, 48,
        A "srcport 36/2, dstport 38/2, input 40/2, output 42/2, engine_type 44/1, "
          "engine_id 45/1, prot 46/1, tos 47/1"},
    {8, 11, 48,
        A2 "srcaddr 36/4, src_mask 40/1, tos 41/1, src_as 42/2, input 44/2, "
           "engine_type 46/1, engine_id 47/1"},
    {8, 12, 48,
        A2 "dstaddr 36/4, output 40/2, dst_as 42/2, dst_mask 44/1, tos 45/1, "
           "engine_type 46/1, engine_id 47/1"},
    {8, 13, 60,
        A "srcaddr 36/4, dstaddr 40/4, src_as 44/2, dst_as 46/2, input 48/2, "
          "output 50/2, dst_mask 52/1, src_mask 53/1, engine_type 54/1, engine_id 55/1, "
          "tos 56/1"},
    {8, 14, 60,
        A "srcaddr 36/4, dstaddr 40/4, srcport 44/2, dstport 46/2, input 48/2, "
          "output 50/2, dst_mask 52/1, src_mask 53/1, engine_type 54/1, engine_id 55/1, "
          "tos 56/1, "
          "prot 57/1"},
};

static struct flow_block *shared; /* making one costs more than a test */

static const char *const names[FLOW_FIELDS] = {
    [F_SOURCE_ADDRESS] = "srcaddr",
    [F_DEST_ADDRESS] = "dstaddr",
    [F_NEXTHOP] = "nexthop",
    [F_EXPORTER] = "exaddr",
    [F_SOURCE_PORT] = "srcport",
    [F_DEST_PORT] = "dstport",
    [F_SOURCE_IF] = "input",
    [F_DEST_IF] = "output",
    [F_SOURCE_AS] = "src_as",
    [F_DEST_AS] = "dst_as",
    [F_SOURCE_MASK] = "src_mask",
    [F_DEST_MASK] = "dst_mask",
    [F_PROTOCOL] = "prot",
    [F_TOS] = "tos",
    [F_TCP_FLAGS] = "tcp_flags",
    [F_ENGINE_TYPE] = "engine_type",
    [F_ENGINE_ID] = "engine_id",
    [F_SOURCE_TAG] = "src_tag",
    [F_DEST_TAG] = "dst_tag",
    [F_ROUTER_SC] = "router_sc",
    [F_PEER_NEXTHOP] = "peer_nexthop",
    [F_IN_ENCAPS] = "in_encaps",
    [F_OUT_ENCAPS] = "out_encaps",
    [F_MARKED_TOS] = "marked_tos",
    [F_OCTETS] = "dOctets",
    [F_PACKETS] = "dPkts",
    [F_FLOWS] = "dFlows",
    [F_EXTRA_PACKETS] = "extra_pkts",
};

/* The value of a field in a record, by the words; false when the form has no such field. */
static bool value_of(const struct form *f, const char *name, const uint8_t *record,
    bool big, uint32_t *value)
{
    const char *p = f->fields;
    char found[32];
    unsigned offset, width;

    while (sscanf(p, "%31s %u/%u", found, &offset, &width) == 3) {
        if (strcmp(found, name) == 0) {
            *value = get_number(record + offset, width, big);
            return true;
        }
        p = strchr(p, ',');
        if (p == NULL)
            break;
        p++;
    }
    return false;
}

static uint32_t stamp(
    const struct form *f, const char *name, const uint8_t *record, bool big)
{
    uint32_t v;

    assert_true(value_of(f, name, record, big, &v));
    return v;
}

static void check_times(const struct form *f, const struct flow_block *b, uint32_t i,
    const uint8_t *record, bool big)
{
    int64_t boot = (int64_t)stamp(f, "unix_secs", record, big) * 1000 +
                   stamp(f, "unix_nsecs", record, big) / 1000000 -
                   stamp(f, "sysUpTime", record, big);

    assert_int_equal(NUMBER(b, F_EXPORT, i), stamp(f, "unix_secs", record, big));
    assert_int_equal(NUMBER(b, F_BOOT, i), boot);
    assert_int_equal(NUMBER(b, F_START, i), boot + stamp(f, "First", record, big));
    assert_int_equal(NUMBER(b, F_END, i), boot + stamp(f, "Last", record, big));
}

static void check_record(const struct form *f, const struct flow_block *b, uint32_t i,
    const uint8_t *record, bool big)
{
    uint32_t present =
        FLOW_BIT(F_START) | FLOW_BIT(F_END) | FLOW_BIT(F_EXPORT) | FLOW_BIT(F_BOOT);

    for (unsigned field = 0; field < FLOW_FIELDS; field++) {
        uint32_t want;

        if (names[field] == NULL || !value_of(f, names[field], record, big, &want))
            continue;
        present |= FLOW_BIT(field);
        if (field < FLOW_KEYS)
            assert_int_equal(KEY(b, field, i), want);
        else
            assert_int_equal(NUMBER(b, field, i), want);
    }
    assert_int_equal(b->present, present);
    check_times(f, b, i, record, big);
}

/* Where a stamp stands, from the words. */
static size_t offset_of(const struct form *f, const char *name)
{
    char pattern[32];
    const char *p;
    unsigned at;

    snprintf(pattern, sizeof(pattern), "%s ", name);
    p = strstr(f->fields, pattern);
    assert_non_null(p);
    assert_int_equal(sscanf(p + strlen(pattern), "%u", &at), 1);
    return at;
}

/* A record of bytes that all differ, with stamps that need no correction. */
static void put_record(const struct form *f, struct bytes *b, uint32_t i)
{
    size_t at = b->n;

    for (unsigned k = 0; k < f->size; k++) {
        uint8_t c = (uint8_t)(k * 7 + i * 31 + 3);
        put_raw(b, &c, 1);
    }
    set_number(b, at + offset_of(f, "unix_secs"), 1700000000 + i, 4);
    set_number(b, at + offset_of(f, "unix_nsecs"), 123456789, 4);
    set_number(b, at + offset_of(f, "sysUpTime"), 3000000000u, 4);
    set_number(b, at + offset_of(f, "First"), 2999000000u + i, 4);
    set_number(b, at + offset_of(f, "Last"), 2999500000u, 4);
}

static void check_form(const struct form *f, bool big, bool compressed)
{
    struct bytes file = {0}, body = {.big = big};
    struct flow_block *b = shared;
    struct ft_status s;

    for (uint32_t i = 0; i < 40; i++)
        put_record(f, &body, i);
    put_header(&file, big, f->version, f->method, compressed ? 3 : 1, 40);
    if (compressed)
        put_compressed(&file, body.p, body.n);
    else
        put_raw(&file, body.p, body.n);
    s = read_bytes(&file, FT_CLOCK_CORRECTED, b);
    assert_string_equal(s.reason, "");
    assert_int_equal(s.state, FT_OK);
    assert_int_equal(s.records, 40);
    assert_int_equal(s.bytes, 40 * f->size);
    assert_int_equal(s.wrapped, 0);
    for (uint32_t i = 0; i < 40; i++)
        check_record(f, b, i, body.p + i * f->size, big);
    free(body.p);
    free(file.p);
}

static void test_every_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < NITEMS(forms); i++)
        for (int how = 0; how < 4; how++)
            check_form(&forms[i], how & 1, how & 2);
}

/* Stream version 1 has another header, and records without exporter and uptime. */
static void check_old(unsigned version, bool big, bool compressed)
{
    static const struct form old = {1, 0, 60,
        "srcaddr 8/4, dstaddr 12/4, nexthop 16/4, input 20/2, output 22/2, dPkts 24/4, "
        "dOctets 28/4, srcport 40/2, dstport 42/2, prot 46/1, tos 47/1, tcp_flags 48/1, "
        "src_as 52/2, dst_as 54/2, src_mask 56/1, dst_mask 57/1"};
    struct bytes file = {.big = big}, body = {.big = big};
    struct flow_block *b = shared;
    uint32_t common = FLOW_BIT(F_SOURCE_AS) | FLOW_BIT(F_DEST_AS) |
                      FLOW_BIT(F_SOURCE_MASK) | FLOW_BIT(F_DEST_MASK);

    put_raw(&file, (uint8_t[]){0xCF, 0x10, big ? 2 : 1, 1}, 4);
    put_number(&file, version, 4);
    while (file.n < 360)
        put_raw(&file, "", 1);
    set_number(&file, 4, version, 2);
    set_number(&file, 6, 0, 2);
    set_number(&file, 8, 1700000000, 4);
    set_number(&file, 16, compressed ? 3 : 1, 4);
    set_number(&file, 24, 2, 4);
    for (unsigned k = 0; k < 120; k++)
        put_raw(&body, (uint8_t[]){(uint8_t)(k * 5 + 1)}, 1);
    for (unsigned i = 0; i < 2; i++) {
        set_number(&body, i * 60, 1650492999, 4);
        set_number(&body, i * 60 + 4, 458, 4);
        set_number(&body, i * 60 + 32, 5000, 4);
        set_number(&body, i * 60 + 36, i == 0 ? 6000 : 4000, 4);
    }
    if (compressed)
        put_compressed(&file, body.p, body.n);
    else
        put_raw(&file, body.p, body.n);
    assert_int_equal(read_bytes(&file, FT_CLOCK_CORRECTED, b).records, 2);
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned field = 0; field < F_FLOWS; field++) {
            uint32_t want;

            if (!(b->present & FLOW_BIT(field)))
                continue;
            if (!value_of(&old, names[field], body.p + i * 60, big, &want))
                want = 0; /* exporter and engine: flow-tools says 0 */
            assert_int_equal(
                field < FLOW_KEYS ? KEY(b, field, i) : NUMBER(b, field, i), want);
        }
        assert_int_equal(NUMBER(b, F_START, i), INT64_C(1650493004458));
    }
    assert_int_equal(b->present & common, version == 5 ? common : 0);
    assert_int_equal(NUMBER(b, F_BOOT, 0), INT64_C(1650492999458));
    assert_int_equal(NUMBER(b, F_END, 0), INT64_C(1650493005458));
    assert_int_equal(
        NUMBER(b, F_END, 1), INT64_C(1650493004458)); /* never before its start */
    free(body.p);
    free(file.p);
}

static void test_stream_version_1(void **state)
{
    static const unsigned versions[] = {1, 5, 65535};

    (void)state;
    for (size_t i = 0; i < NITEMS(versions); i++)
        for (int how = 0; how < 4; how++)
            check_old(versions[i], how & 1, how & 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form),
        cmocka_unit_test(test_stream_version_1),
    };

    int result;

    shared = flow_block_new();
    if (shared == NULL)
        return 1;
    result = cmocka_run_group_tests(tests, NULL, NULL);
    flow_block_free(shared);
    return result;
}
