/* Every field of every flow against what flow-export printed (golden/INDEX.tsv, export-f2). */
#include <dirent.h>
#include <sys/stat.h>

#include "flowtools/samples.h"

#define COLUMNS_MAX 40

static struct flow_block *block;

/* flow-export's column titles. The times need several columns and are checked apart. */
static const struct {
    const char *name;
    int field;
} titles[] = {
    {"srcaddr", F_SOURCE_ADDRESS},
    {"dstaddr", F_DEST_ADDRESS},
    {"nexthop", F_NEXTHOP},
    {"exaddr", F_EXPORTER},
    {"srcport", F_SOURCE_PORT},
    {"dstport", F_DEST_PORT},
    {"input", F_SOURCE_IF},
    {"output", F_DEST_IF},
    {"src_as", F_SOURCE_AS},
    {"dst_as", F_DEST_AS},
    {"src_mask", F_SOURCE_MASK},
    {"dst_mask", F_DEST_MASK},
    {"prot", F_PROTOCOL},
    {"tos", F_TOS},
    {"tcp_flags", F_TCP_FLAGS},
    {"engine_type", F_ENGINE_TYPE},
    {"engine_id", F_ENGINE_ID},
    {"src_tag", F_SOURCE_TAG},
    {"dst_tag", F_DEST_TAG},
    {"router_sc", F_ROUTER_SC},
    {"in_encaps", F_IN_ENCAPS},
    {"out_encaps", F_OUT_ENCAPS},
    {"doctets", F_OCTETS},
    {"dpkts", F_PACKETS},
    {"dflows", F_FLOWS},
    /* flow-export prints these two under each other's title; flow-print has them right. */
    {"marked_tos", F_EXTRA_PACKETS},
    {"extra_pkts", F_MARKED_TOS},
};

enum stamp { SECONDS = 100, NANOSECONDS, UPTIME, FIRST, LAST };
static const char *const stamps[] = {
    "unix_secs", "unix_nsecs", "sysuptime", "first", "last"};

/* ---- the golden text -------------------------------------------------------------------- */

struct golden {
    char name[128];
    gzFile file; /* reads plain text as well */
    int column[COLUMNS_MAX];
    unsigned columns;
    uint64_t line;
};

static int meaning(const char *title, bool seen_nexthop)
{
    if (seen_nexthop && strcmp(title, "nexthop") == 0)
        return F_PEER_NEXTHOP;
    for (size_t i = 0; i < NITEMS(titles); i++)
        if (strcmp(titles[i].name, title) == 0)
            return titles[i].field;
    for (size_t i = 0; i < NITEMS(stamps); i++)
        if (strcmp(stamps[i], title) == 0)
            return SECONDS + (int)i;
    fail_msg("flow-export's column %s is unknown", title);
    return -1;
}

static void open_golden(struct golden *g, const char *name)
{
    char path[512], line[1024], *cursor = line, *title;
    bool seen_nexthop = false;

    memset(g, 0, sizeof(*g));
    snprintf(g->name, sizeof(g->name), "%.127s", name);
    snprintf(path, sizeof(path), "%s/golden/%.200s", FV_CORPUS, name);
    if (access(path, R_OK) < 0)
        snprintf(path, sizeof(path), "%s/golden/%.200s.gz", FV_CORPUS, name);
    g->file = gzopen(path, "r");
    assert_non_null(g->file);
    assert_non_null(gzgets(g->file, line, sizeof(line)));
    assert_memory_equal(line, "#:", 2);
    cursor += 2;
    while ((title = next_column(&cursor, ',')) != NULL) {
        assert_true(g->columns < COLUMNS_MAX);
        g->column[g->columns] = meaning(title, seen_nexthop);
        seen_nexthop = seen_nexthop || g->column[g->columns] == F_NEXTHOP;
        g->columns++;
    }
}

static uint32_t value(const char *text)
{
    uint32_t address;

    if (str_ipv4(text, &address))
        return address;
    return (uint32_t)strtoul(text, NULL, 10);
}

static void check_field(const struct golden *g, uint32_t i, unsigned field, uint32_t want)
{
    int64_t got =
        field < FLOW_KEYS ? (int64_t)KEY(block, field, i) : NUMBER(block, field, i);

    if (!(block->present & FLOW_BIT(field)))
        fail_msg("%s: %s is missing", g->name, flow_fields[field].name);
    if (got != want)
        fail_msg("%s line %ju: %s is %jd, not %u", g->name, (uintmax_t)g->line + 1,
            flow_fields[field].name, (intmax_t)got, want);
}

/* flow-tools' formula, in its own unsigned arithmetic. */
static uint64_t flowtools_ms(const uint32_t *s, uint32_t stamp)
{
    uint64_t ms = (uint64_t)s[0] * 1000 + s[1] / 1000000 - s[2] + stamp;

    return (uint64_t)(uint32_t)(ms / 1000) * 1000 + ms % 1000;
}

static void check_times(const struct golden *g, uint32_t i, const uint32_t *s)
{
    int64_t boot = (int64_t)s[0] * 1000 + s[1] / 1000000 - s[2];

    if (NUMBER(block, F_EXPORT, i) != s[0] || NUMBER(block, F_BOOT, i) != boot ||
        NUMBER(block, F_START, i) != (int64_t)flowtools_ms(s, s[3]) ||
        NUMBER(block, F_END, i) != (int64_t)flowtools_ms(s, s[4]) ||
        (uint32_t)(NUMBER(block, F_END, i) - NUMBER(block, F_START, i)) != s[4] - s[3])
        fail_msg("%s line %ju: times differ", g->name, (uintmax_t)g->line + 1);
}

static void check_flow(struct golden *g, uint32_t i)
{
    char line[1024], *cursor = line, *text;
    uint32_t s[5] = {0};

    if (gzgets(g->file, line, sizeof(line)) == NULL)
        fail_msg("%s: more flows than flow-export has", g->name);
    g->line++;
    for (unsigned c = 0; c < g->columns; c++) {
        text = next_column(&cursor, ',');
        assert_non_null(text);
        if (g->column[c] >= SECONDS)
            s[g->column[c] - SECONDS] = value(text);
        else
            check_field(g, i, (unsigned)g->column[c], value(text));
    }
    check_times(g, i, s);
}

/* ---- the flow files --------------------------------------------------------------------- */

static void check_file(struct golden *g, const char *path)
{
    struct ft_options o = {.clock = FT_CLOCK_FLOWTOOLS};
    struct ft_reader *r;
    struct err e = {0};

    if (ft_open(&r, path, &o, &e) < 0)
        fail_msg("%s", e.msg);
    for (;;) {
        block->count = 0;
        if (ft_read(r, block) == 0)
            break;
        for (uint32_t i = 0; i < block->count; i++)
            check_flow(g, i);
    }
    ft_close(r);
}

static int visible(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

static void check_path(struct golden *g, const char *path)
{
    struct dirent **entry;
    struct stat st;
    int n;

    assert_int_equal(stat(path, &st), 0);
    if (!S_ISDIR(st.st_mode)) {
        check_file(g, path);
        return;
    }
    n = scandir(path, &entry, visible, alphasort);
    assert_true(n >= 0);
    for (int i = 0; i < n; i++) {
        char below[1024];

        snprintf(below, sizeof(below), "%s/%.200s", path, entry[i]->d_name);
        check_path(g, below);
        free(entry[i]);
    }
    free(entry);
}

/* The input of "flow-cat [-p] PATH | flow-export -f2 ...", "cat PATH | ..." or
 * "flow-export -f2 < PATH ...". */
static bool input_of(const char *command, char *path, size_t size)
{
    char words[4][256];
    const char *name;
    int n =
        sscanf(command, "%255s %255s %255s %255s", words[0], words[1], words[2], words[3]);

    if (n < 4)
        return false;
    name = strcmp(words[2], "<") == 0 ? words[3] : words[1][0] == '-' ? words[2] : words[1];
    snprintf(path, size, "%s/%s", FV_CORPUS, name);
    return true;
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);

    return n >= k && strcmp(s + n - k, end) == 0;
}

static void test_every_export(void **state)
{
    FILE *f = fopen(FV_CORPUS "/golden/INDEX.tsv", "r");
    char line[4096];
    unsigned files = 0;

    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof(line), f) != NULL) {
        char *cursor = line, *name = next_column(&cursor, '\t'), *command = NULL;
        char path[512], extra[8];
        struct golden g;

        for (int i = 0; i < 4 && cursor != NULL; i++)
            command = next_column(&cursor, '\t');
        if (!ends_with(name, "/export-f2") || command == NULL ||
            !input_of(command, path, sizeof(path)))
            continue;
        open_golden(&g, name);
        check_path(&g, path);
        if (gzgets(g.file, extra, sizeof(extra)) != NULL)
            fail_msg("%s: flow-export has more flows", name);
        gzclose(g.file);
        files++;
    }
    fclose(f);
    assert_true(files > 90);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_export)};
    int result;

    need_corpus();
    block = flow_block_new();
    if (block == NULL)
        return 1;
    result = cmocka_run_group_tests(tests, NULL, NULL);
    flow_block_free(block);
    return result;
}
