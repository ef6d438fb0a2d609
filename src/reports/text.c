#include <string.h>

#include "reports/keys.h"
#include "reports/view.h"

/* flow-stat's layout: every column padded to its width, then the next. */

static const struct {
    int key;
    const char *alone, *together; /* heading as the only key, and beside another */
    size_t width;
} key_heads[] = {
    {F_SOURCE_ADDRESS, "IPaddr", "src IPaddr", 17},
    {F_DEST_ADDRESS, "IPaddr", "dst IPaddr", 17},
    {KEY_ADDRESS, "IPaddr", "IPaddr", 17},
    {F_NEXTHOP, "IPaddr", "next hop", 17},
    {F_EXPORTER, "IPaddr", "exporter", 17},
    {F_SOURCE_PORT, "port", "src port", 12},
    {F_DEST_PORT, "port", "dst port", 12},
    {KEY_PORT, "port", "port", 12},
    {F_SOURCE_IF, "interface", "in", 12},
    {F_DEST_IF, "interface", "out", 12},
    {F_SOURCE_AS, "src AS", "src AS", 12},
    {F_DEST_AS, "dst AS", "dst AS", 12},
    {F_PROTOCOL, "protocol", "protocol", 12},
    {F_TOS, "ToS", "ToS", 12},
    {KEY_SOURCE_PREFIX, "Source Prefix", "Source Prefix", 20},
    {KEY_DEST_PREFIX, "Destination Prefix", "Destination Prefix", 20},
    {F_ENGINE_ID, "engine_id", "engine_id", 12},
    {F_ENGINE_TYPE, "engine_typ", "engine_typ", 12},
    {F_SOURCE_TAG, "Src Tag", "Src Tag", 12},
    {F_DEST_TAG, "Dst Tag", "Dst Tag", 12},
};

#define NUMBER_WIDTH 22

static size_t column_width(const struct report_view *v, const struct report_column *c)
{
    if (c->kind != COLUMN_KEY)
        return NUMBER_WIDTH;
    for (size_t i = 0; i < NITEMS(key_heads); i++) {
        if (key_heads[i].key == v->report.keys[c->index])
            return key_heads[i].width;
    }
    return 17; /* an address, or less */
}

static const char *column_head(const struct report_view *v, const struct report_column *c)
{
    if (c->kind != COLUMN_KEY)
        return c->key;
    for (size_t i = 0; i < NITEMS(key_heads); i++) {
        if (key_heads[i].key == v->report.keys[c->index])
            return v->report.key_count > 1 ? key_heads[i].together : key_heads[i].alone;
    }
    return c->key;
}

/* Fill up what was written since 'begin' to width, with at least one blank. */
static void pad(struct buf *out, size_t begin, size_t width)
{
    do
        buf_char(out, ' ');
    while (!out->failed && out->len - begin < width);
}

/* 10.1/16: without the zero octets at the end; a length that cannot be is shown as 0. */
static void short_prefix(uint64_t value, struct buf *out)
{
    uint32_t address = (uint32_t)(value >> 8);
    unsigned length = (unsigned)(value & 0xff);

    buf_u64(out, address >> 24);
    for (uint32_t rest = address << 8; rest != 0; rest <<= 8) {
        buf_char(out, '.');
        buf_u64(out, rest >> 24);
    }
    buf_char(out, '/');
    buf_u64(out, length > 32 ? 0 : length);
}

static void write_cell(
    const struct report_view *v, const struct query_row *row, int column, struct buf *out)
{
    const struct report_column *c = &v->columns[column];

    if (strcmp(c->type, "prefix") == 0)
        short_prefix(row->key[c->index], out);
    else
        report_cell_text(v, row, column, out);
}

/* The rate is left out: flow-stat has none, and scripts count its columns. */
static int next_column(const struct report_view *v, int after)
{
    do
        after++;
    while (after < v->column_count && v->columns[after].kind == COLUMN_RATE);
    return after;
}

static bool is_multiplied(enum column_kind kind)
{
    return kind == COLUMN_FLOWS || kind == COLUMN_OCTETS || kind == COLUMN_PACKETS;
}

static void write_heads(const struct report_view *v, struct buf *out)
{
    size_t begin = out->len;

    buf_str(out, "# ");
    for (int i = next_column(v, -1); i < v->column_count; i = next_column(v, i)) {
        buf_str(out, column_head(v, &v->columns[i]));
        if (v->multiplier != 1 && is_multiplied(v->columns[i].kind))
            buf_char(out, '*');
        if (next_column(v, i) < v->column_count)
            pad(out, begin, column_width(v, &v->columns[i]));
        begin = out->len;
    }
    buf_char(out, '\n');
}

static void write_row(
    const struct report_view *v, const struct query_row *row, struct buf *out)
{
    for (int i = next_column(v, -1); i < v->column_count; i = next_column(v, i)) {
        size_t begin = out->len;
        write_cell(v, row, i, out);
        if (next_column(v, i) < v->column_count)
            pad(out, begin, column_width(v, &v->columns[i]));
    }
    buf_char(out, '\n');
}

/* flow-stat counts its columns from 0: keys, flows, octets, packets, duration. */
static int stat_column(const struct report_view *v, int order)
{
    return order >= 0 ? order : v->report.key_count + (-1 - order);
}

static void write_title(const struct report_view *v, const char *sort, struct buf *out)
{
    int order = -1 - MEASURE_OCTETS, column;
    bool ascending = false;

    view_order(v, sort, &order, &ascending, NULL);
    column = stat_column(v, order);
    buf_str(out, "#  --- ---- ---- Report Information --- --- ---\n#\n# Fields:    Total\n"
                 "# Symbols:   Disabled\n");
    buf_printf(out, "# Sorting:   %s Field %d\n# Name:      %s\n#\n# Args:      ",
        ascending ? "Ascending" : "Descending", column, v->report.stat_name);
    if (v->report.format >= 0) {
        buf_printf(
            out, "flow-stat -f%d -%c%d ", v->report.format, ascending ? 's' : 'S', column);
    } else {
        for (int i = 0; i < v->report.key_count; i++)
            buf_printf(
                out, "%s%s", i == 0 ? "keys=" : ",", key_info(v->report.keys[i]).name);
    }
    if (v->multiplier != 1)
        buf_printf(out, "\n# Sampling:  flows, octets and packets are multiplied by %g (*)",
            v->multiplier);
    buf_str(out, "\n#\n#\n");
}

void report_text(const struct report_view *v, const struct query_result *r,
    const char *sort, struct buf *out)
{
    write_title(v, sort, out);
    write_heads(v, out);
    buf_str(out, "#\n");
    for (size_t i = 0; i < r->row_count && !out->failed; i++)
        write_row(v, &r->rows[i], out);
}
