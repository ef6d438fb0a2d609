#include "flowviewer/reports.h"

#include <stdio.h>

/* flow-print's format 5: one line a flow, times local and without a year. */

void report_flows_text_header(struct buf *out)
{
    buf_str(out, "Start             End               Sif   SrcIPaddress    SrcP  DIf   "
                 "DstIPaddress    "
                 "DstP    P Fl Pkts       Octets\n\n");
}

static uint32_t key_of(const struct flow *f, int field)
{
    return f->present & FLOW_BIT(field) ? f->key[field] : 0;
}

/* MMDD.HH:MM:SS.mmm */
static void write_time(int64_t ms, struct buf *out)
{
    int64_t thousandths = ms % 1000;
    struct tm tm;

    if (thousandths < 0)
        thousandths += 1000;
    time_local(ms, &tm);
    buf_printf(out, "%02d%02d.%02d:%02d:%02d.%03d ", tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
        tm.tm_min, tm.tm_sec, (int)thousandths);
}

static void write_address(uint32_t address, struct buf *out)
{
    char text[16];

    snprintf(text, sizeof(text), "%u.%u.%u.%u", address >> 24, address >> 16 & 0xff,
        address >> 8 & 0xff, address & 0xff);
    buf_printf(out, "%-15s ", text);
}

void report_flow_text(const struct flow *f, struct buf *out)
{
    const int64_t *number = f->number;

    write_time(number[F_START - FLOW_KEYS], out);
    write_time(number[F_END - FLOW_KEYS], out);
    buf_printf(out, "%-5u ", key_of(f, F_SOURCE_IF));
    write_address(key_of(f, F_SOURCE_ADDRESS), out);
    buf_printf(out, "%-5u %-5u ", key_of(f, F_SOURCE_PORT), key_of(f, F_DEST_IF));
    write_address(key_of(f, F_DEST_ADDRESS), out);
    buf_printf(out, "%-5u %-3u %-2u ", key_of(f, F_DEST_PORT), key_of(f, F_PROTOCOL),
        key_of(f, F_TCP_FLAGS) & 7);
    buf_printf(out, "%-10llu %-10llu\n", (unsigned long long)number[F_PACKETS - FLOW_KEYS],
        (unsigned long long)number[F_OCTETS - FLOW_KEYS]);
}
