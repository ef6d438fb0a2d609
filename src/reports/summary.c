#include "reports/view.h"

#include <stdio.h>

/*
 * flow-stat's format 0. Its averages are computed in single precision; "(flow)" rates
 * divide by the whole seconds between the first start and the last end of the exporters'
 * clocks, "(real)" ones by the seconds between the first and the last export.
 */
struct summary_numbers {
    uint64_t flows, octets, packets, duration_ms; /* multiplied */
    uint64_t real_seconds;
    uint32_t data_ms;
    float flow_time, packet_size, flow_size, flow_packets;
    float flows_per_second, real_flows_per_second;
    float kbits_per_second, real_kbits_per_second;
};

/* 0 for nothing by nothing; a division by 0 is infinite only if there is something. */
static float ratio(float a, float b)
{
    return a == 0 ? 0 : a / b;
}

static struct summary_numbers summary_numbers(
    const struct query_summary *s, double multiplier)
{
    struct summary_numbers n = {
        .flows = multiplied(s->flows, multiplier),
        .octets = multiplied(s->octets, multiplier),
        .packets = multiplied(s->packets, multiplier),
        .duration_ms = multiplied(s->duration_ms, multiplier),
    };
    float data_seconds, real_seconds;

    if (s->records > 0) {
        n.real_seconds = (uint64_t)(s->max_export - s->min_export);
        n.data_ms = s->max_last - s->min_first;
    }
    data_seconds = (float)(n.data_ms / 1000);
    real_seconds = (float)n.real_seconds;
    n.flow_time = ratio((float)s->duration_ms, (float)s->flows);
    n.packet_size = ratio((float)s->octets, (float)s->packets);
    n.flow_size = ratio((float)s->octets, (float)s->flows);
    n.flow_packets = ratio((float)s->packets, (float)s->flows);
    n.flows_per_second = ratio((float)n.flows, data_seconds);
    n.kbits_per_second = ratio((float)n.octets * 8.0F / 1000.0F, data_seconds);
    if (n.real_seconds > 0) {
        n.real_flows_per_second = ratio((float)n.flows, real_seconds);
        n.real_kbits_per_second = ratio((float)n.octets * 8.0F / 1000.0F, real_seconds);
    }
    return n;
}

/* ---- text ----------------------------------------------------------------------- */

/* Each '@' is the place of a bucket's share. There is none for packets above 4608 octets:
 * flow-stat leaves them out. */
static const char packet_size_layout[] =
    "IP packet size distribution:\n"
    "   1-32   64   96  128  160  192  224  256  288  320  352  384  416  448  480\n"
    "   @ @ @ @ @ @ @ @ @ @ @ @ @ @ @ \n"
    "\n"
    "    512  544  576 1024 1536 2048 2560 3072 3584 4096 4608\n"
    "   @ @ @ @ @ @ @ @ @ @ @ \n";
static const char packets_layout[] =
    "Packets per flow distribution:\n"
    "      1    2    4    8   12   16   20   24   28   32   36   40   44   48   52\n"
    "   @ @ @ @ @ @ @ @ @ @ @ @ @ @ @ \n"
    "\n"
    "     60  100  200  300  400  500  600  700  800  900 >900\n"
    "   @ @ @ @ @ @ @ @ @ @ @ \n";
static const char octets_layout[] =
    "Octets per flow distribution:\n"
    "     32   64  128  256  512 1280 2048 2816 3584 4352 5120 5888 6656 7424 8192\n"
    "   @ @ @ @ @ @ @ @ @ @ @ @ @ @ @ \n"
    "\n"
    "   8960 9728 10496 11264 12032 12800 13568 14336 15104 15872 >15872\n"
    "   @ @  @  @  @  @  @  @  @  @  @  \n";
static const char time_layout[] =
    "Flow time distribution:\n"
    "    10    50  100  200  500 1000 2000 3000 4000 5000 6000 7000 8000 9000 10000\n"
    "   @ @ @ @ @ @ @ @ @ @ @ @ @ @  @  \n"
    "\n"
    "  12000 14000 16000 18000 20000 22000 24000 26000 28000 30000 >30000\n"
    "   @  @  @  @  @  @  @  @  @  @  @  \n";

/* flow-stat prints "%.3f" without its first character: .351, and .000 for all of them. */
static void write_share(uint64_t count, uint64_t flows, struct buf *out)
{
    char text[32];

    snprintf(text, sizeof(text), "%.3f", flows == 0 ? 0.0 : (double)count / (double)flows);
    buf_str(out, text + 1);
}

static void write_distribution(
    const char *layout, const uint64_t *buckets, uint64_t flows, struct buf *out)
{
    for (; *layout != '\0'; layout++) {
        if (*layout == '@')
            write_share(*buckets++, flows, out);
        else
            buf_char(out, *layout);
    }
    buf_char(out, '\n');
}

static void write_whole(
    struct buf *out, const char *label, const char *star, uint64_t value)
{
    buf_printf(out, "%s%s: %llu\n", label, star, (unsigned long long)value);
}

static void write_average(struct buf *out, const char *label, const char *star, float value)
{
    buf_printf(out, "%s%s: %.4f\n", label, star, (double)value);
}

static void write_numbers(
    const struct summary_numbers *n, const char *star, struct buf *out)
{
    write_whole(out, "Total Flows                    ", star, n->flows);
    write_whole(out, "Total Octets                   ", star, n->octets);
    write_whole(out, "Total Packets                  ", star, n->packets);
    write_whole(out, "Total Time (1/1000 secs) (flows)", star[0] == '*' ? star : "",
        n->duration_ms);
    write_whole(out, "Duration of data  (realtime)   ", " ", n->real_seconds);
    write_whole(out, "Duration of data (1/1000 secs) ", " ", n->data_ms);
    write_average(out, "Average flow time (1/1000 secs)", " ", n->flow_time);
    write_average(out, "Average packet size (octets)   ", " ", n->packet_size);
    write_average(out, "Average flow size (octets)     ", " ", n->flow_size);
    write_average(out, "Average packets per flow       ", " ", n->flow_packets);
    write_average(out, "Average flows / second (flow)  ", star, n->flows_per_second);
    write_average(out, "Average flows / second (real)  ", star, n->real_flows_per_second);
    write_average(out, "Average Kbits / second (flow)  ", star, n->kbits_per_second);
    write_average(out, "Average Kbits / second (real)  ", star, n->real_kbits_per_second);
}

void report_summary_text(const struct query_summary *s, double multiplier, struct buf *out)
{
    struct summary_numbers n = summary_numbers(s, multiplier);

    buf_str(out,
        "#  --- ---- ---- Report Information --- --- ---\n#\n# Fields:    Total\n"
        "# Symbols:   Disabled\n# Sorting:   None\n# Name:      Overall Summary\n#\n"
        "# Args:      flow-stat -f0 \n#\n");
    if (s->records == 0)
        return;
    write_numbers(&n, multiplier != 1 ? "*" : " ", out);
    buf_str(out, "\n\n");
    write_distribution(packet_size_layout, s->packet_size, s->flows, out);
    write_distribution(packets_layout, s->packets_per_flow, s->flows, out);
    write_distribution(octets_layout, s->octets_per_flow, s->flows, out);
    write_distribution(time_layout, s->flow_time, s->flows, out);
}

/* ---- JSON ----------------------------------------------------------------------- */

/* [{"to": 32, "records": 7, "share": 0.35}, ...]; the last bucket has no upper bound. Buckets
 * count records, which in aggregated exports (version 8) stand for several flows each. */
static void json_distribution(struct json *j, const char *key, const uint64_t *bounds,
    const uint64_t *buckets, size_t n, uint64_t flows)
{
    json_array(j, key);
    for (size_t i = 0; i < n; i++) {
        json_object(j, NULL);
        if (bounds[i] == UINT64_MAX)
            json_null(j, "to");
        else
            json_u64(j, "to", bounds[i]);
        json_u64(j, "records", buckets[i]);
        json_double(j, "share", flows == 0 ? 0 : (double)buckets[i] / (double)flows);
        json_end_object(j);
    }
    json_end_array(j);
}

void report_summary_json(const struct query_summary *s, double multiplier, struct json *j)
{
    struct summary_numbers n = summary_numbers(s, multiplier);

    json_u64(j, "records", s->records);
    json_u64(j, "flows", n.flows);
    json_u64(j, "octets", n.octets);
    json_u64(j, "packets", n.packets);
    json_u64(j, "duration", n.duration_ms);
    json_u64(j, "real_seconds", n.real_seconds);
    json_u64(j, "data_milliseconds", n.data_ms);
    json_double(j, "average_flow_milliseconds", (double)n.flow_time);
    json_double(j, "average_packet_octets", (double)n.packet_size);
    json_double(j, "average_flow_octets", (double)n.flow_size);
    json_double(j, "average_flow_packets", (double)n.flow_packets);
    json_double(j, "flows_per_second", (double)n.flows_per_second);
    json_double(j, "real_flows_per_second", (double)n.real_flows_per_second);
    json_double(j, "kbits_per_second", (double)n.kbits_per_second);
    json_double(j, "real_kbits_per_second", (double)n.real_kbits_per_second);
    json_distribution(j, "packet_octets", query_bounds_packet_size, s->packet_size,
        SUMMARY_SIZE_BUCKETS, s->flows);
    json_distribution(j, "flow_packets", query_bounds_packets, s->packets_per_flow,
        SUMMARY_PACKET_BUCKETS, s->flows);
    json_distribution(j, "flow_octets", query_bounds_octets, s->octets_per_flow,
        SUMMARY_OCTET_BUCKETS, s->flows);
    json_distribution(j, "flow_milliseconds", query_bounds_time, s->flow_time,
        SUMMARY_TIME_BUCKETS, s->flows);
}
