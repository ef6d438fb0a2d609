/* Real and damaged files against what flow-tools says of them, and against the corrected
 * reading's own table. */
#include "flowtools/samples.h"

static struct flow_block *block;

static int set_up(void **state)
{
    (void)state;
    block = flow_block_new();
    return block == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    flow_block_free(block);
    return 0;
}

static FILE *open_table(const char *name)
{
    char path[512], line[4096];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", FV_CORPUS, name);
    f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof(line), f)); /* titles */
    return f;
}

/* NULL when it cannot be opened; why is in *e. */
static struct ft_reader *open_path(const char *name, enum ft_clock clock, struct err *e)
{
    char path[512];
    struct ft_options o = {.clock = clock};
    struct ft_reader *r;

    snprintf(path, sizeof(path), "%s/%.200s", FV_CORPUS, name);
    if (ft_open(&r, path, &o, e) < 0)
        assert_null(r);
    return r;
}

/* ---- MANIFEST.tsv: number of flows, first start and last end ---------------------------- */

struct span {
    uint64_t flows;
    int64_t first, last; /* without flow-tools' cut to 32 bits of seconds */
};

static void widen(struct span *s)
{
    for (uint32_t i = 0; i < block->count; i++) {
        int64_t boot = NUMBER(block, F_BOOT, i);
        int64_t start = boot + (uint32_t)(NUMBER(block, F_START, i) - boot);
        int64_t end = boot + (uint32_t)(NUMBER(block, F_END, i) - boot);

        s->first = start < s->first ? start : s->first;
        s->last = end > s->last ? end : s->last;
    }
    s->flows += block->count;
}

static struct span span_of(const char *name)
{
    struct span s = {0, INT64_MAX, INT64_MIN};
    struct ft_reader *r = open_path(name, FT_CLOCK_FLOWTOOLS, NULL);

    assert_non_null(r);
    do {
        block->count = 0;
        ft_read(r, block);
        widen(&s);
    } while (block->count > 0);
    ft_close(r);
    return s;
}

static void check_moment(const char *name, int64_t ms, const char *want, bool any)
{
    char text[64];
    struct tm tm;
    time_t t = any ? (time_t)ms_to_seconds(ms) : 0;

    if (strncmp(want, "ms:", 3) == 0)
        snprintf(text, sizeof(text), "ms:%lld", (long long)ms);
    else if (!any)
        snprintf(text, sizeof(text), "-");
    else
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", gmtime_r(&t, &tm));
    if (strcmp(text, want) != 0)
        fail_msg("%s: %s instead of %s", name, text, want);
}

static void test_manifest(void **state)
{
    FILE *f = open_table("MANIFEST.tsv");
    char line[4096];
    unsigned files = 0;

    (void)state;
    while (fgets(line, sizeof(line), f) != NULL) {
        char *cursor = line, *column[13];
        struct span s;

        for (unsigned i = 0; i < NITEMS(column); i++) {
            column[i] = next_column(&cursor, '\t');
            assert_non_null(column[i]);
        }
        s = span_of(column[0]);
        if (s.flows != strtoull(column[8], NULL, 10))
            fail_msg(
                "%s: %ju flows instead of %s", column[0], (uintmax_t)s.flows, column[8]);
        check_moment(column[0], s.first, column[11], s.flows > 0);
        check_moment(column[0], s.last, column[12], s.flows > 0);
        files++;
    }
    fclose(f);
    assert_true(files > 100);
}

/* ---- bad/ ------------------------------------------------------------------------------- */

static struct ft_status read_bad(const char *name, enum ft_clock clock)
{
    char path[256];
    struct ft_reader *r;
    struct ft_status s = {.state = FT_UNREADABLE};
    struct err e = {0};

    snprintf(path, sizeof(path), "bad/%.200s", name);
    r = open_path(path, clock, &e);
    snprintf(s.reason, sizeof(s.reason), "%.199s", e.msg);
    if (r == NULL)
        return s;
    s = read_all(r, block);
    ft_close(r);
    return s;
}

static void test_bad_as_flowtools(void **state)
{
    FILE *f = open_table("bad/BEHAVIOUR.tsv");
    char line[4096];
    unsigned files = 0;

    (void)state;
    while (fgets(line, sizeof(line), f) != NULL) {
        char *cursor = line, *column[5];
        struct ft_status s;

        for (unsigned i = 0; i < NITEMS(column); i++)
            column[i] = next_column(&cursor, '\t');
        if (strcmp(column[2], "mmap") != 0)
            continue;
        s = read_bad(column[0], FT_CLOCK_FLOWTOOLS);
        if (s.records != strtoull(column[4], NULL, 10))
            fail_msg(
                "%s: %ju flows instead of %s", column[0], (uintmax_t)s.records, column[4]);
        /* Exit code 1: flow-tools could not read it at all. */
        if ((s.state == FT_UNREADABLE) != (column[3][0] == '1'))
            fail_msg("%s: readable or not is not as flow-tools sees it: %s", column[0],
                s.reason);
        files++;
    }
    fclose(f);
    assert_true(files > 50);
}

#define UNREADABLE                                                                         \
    {                                                                                      \
        FT_UNREADABLE, 0, 0, "offset"                                                      \
    }
static const struct expected {
    const char *name;
    struct {
        enum ft_state state;
        uint64_t records, offset;
        const char *reason; /* a part of it */
    } is;
} expected[] = {
    {"empty", UNREADABLE},
    {"magic-only", UNREADABLE},
    {"short-header", UNREADABLE},
    {"bad-magic", UNREADABLE},
    {"bad-sversion", UNREADABLE},
    {"bad-dversion", UNREADABLE},
    {"no-dversion", UNREADABLE},
    {"hdrlen-huge", UNREADABLE},
    {"hdrlen-small", UNREADABLE},
    {"tlv-overrun", UNREADABLE},
    {"spark-ftv5.2016-01-13.compress.9.sample-01", UNREADABLE},
    {"header-only.z0", {FT_DAMAGED, 0, 64, "promises 11402 flows"}},
    {"header-only.z6", {FT_DAMAGED, 0, 64, "cut short"}},
    {"bad-byteorder", {FT_DAMAGED, 11402, 2, "byte order 7"}},
    {"hdrlen-short", {FT_DAMAGED, 11402, 729784, "8 bytes, less than a record"}},
    {"trunc-midrecord.z0", {FT_DAMAGED, 100, 6464, "17 bytes, less than a record"}},
    {"trunc-boundary.z0", {FT_DAMAGED, 100, 6464, "promises 11402 flows"}},
    {"trunc-10.z6", {FT_DAMAGED, 1405, 14177, "cut short"}},
    {"trunc-50.z6", {FT_DAMAGED, 5428, 70633, "cut short"}},
    {"trunc-90.z6", {FT_DAMAGED, 10516, 127089, "cut short"}},
    {"trunc-99.z6", {FT_DAMAGED, 11329, 139791, "cut short"}},
    {"trunc-noadler.z6", {FT_DAMAGED, 11402, 141199, "cut short"}},
    {"trunc-1byte.z6", {FT_DAMAGED, 11402, 141202, "cut short"}},
    {"bad-adler.z6", {FT_DAMAGED, 11402, 141203, "checksum"}}, /* flow-tools: 11401 */
    {"bitrot-mid.z6", {FT_DAMAGED, 11401, 141203, "checksum"}},
    {"not-zlib.z6", {FT_DAMAGED, 0, 64, "zero"}},
    {"gzip-body.z6", {FT_DAMAGED, 0, 64, "gzip"}},
    {"flag-lies-compressed", {FT_DAMAGED, 11402, 64, "is plain"}}, /* flow-tools: 0 */
    {"flag-lies-plain",
        {FT_DAMAGED, 11402, 64, "is compressed"}}, /* flow-tools: 2205 wrong */
    {"trailing-garbage.z6", {FT_DAMAGED, 11402, 141203, "no flows follow"}},
    {"trailing-garbage.z0", {FT_DAMAGED, 11402, 729792, "7 bytes, less than a record"}},
    {"concat.z6", {FT_DAMAGED, 22804, 141203, "second flow file"}}, /* flow-tools: 11402 */
    {"concat.z0", {FT_DAMAGED, 22804, 729792, "second flow file"}}, /* flow-tools: 22805 */
    {"zerofill-tail.z0", {FT_DAMAGED, 50, 3264, "10 records of zero bytes"}},
    {"zerofill-tail.z6", {FT_DAMAGED, 275, 4160, "last 4096 bytes"}},
    {"incomplete-flag.z0", {FT_OK, 11402, 0, ""}},
    {"syncflush.z6", {FT_DAMAGED, 3000, 35449, "promises 11402 flows"}},
    {"syncflush-unfinished.z6", {FT_DAMAGED, 3000, 35443, "cut short"}},
    {"spark-ftv5.2016-01-13.compress.9.sample-00", {FT_DAMAGED, 553, 10240, "not closed"}},
    {"alltlv.le", {FT_OK, 10, 0, ""}},
    {"alltlv.be", {FT_OK, 10, 0, ""}},
    {"s1.d1.le.z0", {FT_OK, 50, 0, ""}},
    {"s1.d1.le.z6", {FT_OK, 50, 0, ""}},
    {"s1.d1.be.z0", {FT_OK, 50, 0, ""}},
    {"s1.d1.be.z6", {FT_OK, 50, 0, ""}},
    {"s1.d5.le.z0", {FT_OK, 50, 0, ""}},
    {"s1.d5.le.z6", {FT_OK, 50, 0, ""}},
    {"s1.d5.be.z0", {FT_OK, 50, 0, ""}},
    {"s1.d5.be.z6", {FT_OK, 50, 0, ""}},
    {"s1.d65535.le.z0", {FT_OK, 50, 0, ""}},
    {"s1.d65535.le.z6", {FT_OK, 50, 0, ""}},
    {"s1.d65535.be.z0", {FT_OK, 50, 0, ""}},
    {"s1.d65535.be.z6", {FT_OK, 50, 0, ""}},
};

static const struct expected *expectation(const char *name)
{
    for (size_t i = 0; i < NITEMS(expected); i++)
        if (strcmp(expected[i].name, name) == 0)
            return &expected[i];
    fail_msg("no expectation for bad/%s", name);
    return NULL;
}

static void test_bad_corrected(void **state)
{
    FILE *f = open_table("bad/BEHAVIOUR.tsv");
    char line[4096], last[256] = "";

    (void)state;
    while (fgets(line, sizeof(line), f) != NULL) {
        char *cursor = line, *name = next_column(&cursor, '\t');
        const struct expected *x = expectation(name);
        struct ft_status s;

        if (strcmp(name, last) == 0)
            continue;
        snprintf(last, sizeof(last), "%.255s", name);
        s = read_bad(name, FT_CLOCK_CORRECTED);
        if (s.state != x->is.state || s.records != x->is.records ||
            s.offset != x->is.offset || strstr(s.reason, x->is.reason) == NULL ||
            (s.state == FT_OK) != (*s.reason == '\0'))
            fail_msg("%s: state %d, %ju flows, offset %ju, \"%s\"", name, s.state,
                (uintmax_t)s.records, (uintmax_t)s.offset, s.reason);
    }
    fclose(f);
}

/* What is delivered of a file cut short is what its beginning holds. */
static void test_beginnings_are_true(void **state)
{
    static const char *const cut[] = {"trunc-10.z6", "trunc-99.z6", "trunc-noadler.z6",
        "zerofill-tail.z6", "bad-adler.z6", "flag-lies-plain", "flag-lies-compressed"};
    struct flow_block *whole = flow_block_new();
    struct ft_reader *r;

    (void)state;
    assert_non_null(whole);
    r = open_path("real/variants/ndpi.v5.le.z6", FT_CLOCK_CORRECTED, NULL);
    assert_non_null(r);
    read_all(r, whole);
    ft_close(r);
    for (size_t i = 0; i < NITEMS(cut); i++) {
        assert_true(read_bad(cut[i], FT_CLOCK_CORRECTED).records > 200);
        assert_int_equal(block->present, whole->present);
        for (unsigned field = 0; field < FLOW_FIELDS; field++) {
            if (!(block->present & FLOW_BIT(field)))
                continue;
            if (field < FLOW_KEYS)
                assert_memory_equal(block->key[field], whole->key[field], block->count * 4);
            else
                assert_memory_equal(block->number[field - FLOW_KEYS],
                    whole->number[field - FLOW_KEYS], block->count * 8);
        }
    }
    flow_block_free(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_manifest),
        cmocka_unit_test(test_bad_as_flowtools),
        cmocka_unit_test(test_bad_corrected),
        cmocka_unit_test(test_beginnings_are_true),
    };

    need_corpus();
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
