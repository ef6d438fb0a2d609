/*
 * The table of the API: every endpoint, every parameter, in the words of its documentation.
 */
#include "http/route.h"

#define END                                                                                \
    {                                                                                      \
        NULL, PARAM_TEXT, NULL, 0, 0, NULL, NULL, NULL                                     \
    }
#define TEXT(name, initial, example, description)                                          \
    {                                                                                      \
        name, PARAM_TEXT, NULL, 0, 0, initial, example, description                        \
    }
#define FILTER(name, example, description)                                                 \
    {                                                                                      \
        name, PARAM_FILTER, NULL, 0, 0, NULL, example, description                         \
    }
#define FLAG(name, description)                                                            \
    {                                                                                      \
        name, PARAM_FLAG, NULL, 0, 0, "false", NULL, description                           \
    }
#define TIME(name, example, description)                                                   \
    {                                                                                      \
        name, PARAM_TIME, NULL, 0, 0, NULL, example, description                           \
    }
#define COUNT(name, min, max, initial, description)                                        \
    {                                                                                      \
        name, PARAM_COUNT, NULL, min, max, initial, NULL, description                      \
    }
#define CHOICE(name, choices, initial, description)                                        \
    {                                                                                      \
        name, PARAM_CHOICE, choices, 0, 0, initial, NULL, description                      \
    }

#define LIST " Several, separated by commas; a leading '-' excludes."

const struct param params_filter[] = {
    FILTER("exporter", "192.0.2.1,-192.0.2.9", "Addresses or prefixes of exporters." LIST),
    FILTER("source_address", "10.0.0.0/8,-10.1.0.0/16",
        "Source addresses, prefixes or host names." LIST
        " The longest matching prefix decides."),
    FILTER("dest_address", "192.0.2.7", "Destination addresses, as source_address."),
    FILTER("source_port", "80,443,-8080,1024:2048,https",
        "Source ports, ranges, service names." LIST),
    FILTER("dest_port", "53,domain", "Destination ports, as source_port."),
    FILTER("source_as", "64500,-64501", "Source AS numbers and ranges." LIST),
    FILTER("dest_as", "64500", "Destination AS numbers, as source_as."),
    FILTER("source_if", "1,-2", "Input interfaces." LIST),
    FILTER("dest_if", "2", "Output interfaces." LIST),
    FILTER("protocols", "6,udp,-icmp", "IP protocols, by number or name." LIST),
    FILTER("tos_fields", "0xb8,0x20/0xe0", "Types of service: value, or value/mask." LIST),
    FILTER("tcp_flags", "0x02/0x12,S/SA",
        "TCP flags: value, or value/mask; letters FSRPAUEC too." LIST),
    FILTER("nexthop_ip", "192.0.2.254", "Next hops, as source_address."),
    END,
};

const struct param params_period[] = {
    TEXT("device", NULL, "router_1,router_2",
        "Names of devices, separated by commas; none: all."),
    TIME("start", "-1h",
        "Begin of the period: RFC 3339, a local date and time, Unix seconds, now, or "
        "relative to now "
        "(-90m, -24h, -7d). Without it the period is open: all that is stored."),
    TIME("end", "now", "End of the period, not included. Without it the period is open."),
    CHOICE("flow_select", "any|end|start|entire|1|2|3|4", "any",
        "Which flows belong to the period: any part of them, their end, their start, or "
        "the entire flow in it."),
    {"sampling_multiplier", PARAM_NUMBER, NULL, 1, 1e6, "1", "100",
        "Multiplies flows, octets, packets and rates: for routers that sample one packet "
        "of so many."},
    {"query_id", PARAM_ID, NULL, 0, 0, NULL, "my-query-1",
        "A name for this query, to watch it and to cancel it under /queries."},
    END,
};

static const struct param params_report[] = {
    TEXT("report", "10", "source-ip", "A report by its name or FlowViewer's number."),
    TEXT("keys", NULL, "source_address,dest_port",
        "Group by these fields, instead of a report."),
    TEXT("sort", "octets", "-flows", "A column; largest first, with '-' smallest first."),
    COUNT("lines", 0, 10000000, "100", "Rows at most; 0: all."),
    COUNT("cutoff_octets", 0, 1e15, NULL,
        "The list ends before the first row with fewer octets."),
    FLAG("analysis", "Adds octets and packets per flow."),
    FLAG("duration", "Adds the sum of the flows' durations."),
    FLAG("resolve",
        "Adds a map of names: {\"port 443\": \"https\", \"protocol 6\": \"tcp\"}."),
    CHOICE("format", "json|csv|ndjson|text", NULL,
        "The form of the answer; without it Accept decides, then json."),
    END,
};

static const struct param params_flows[] = {
    COUNT("limit", 1, 100000, "100", "Flows of one page."),
    TEXT("cursor", NULL, NULL, "next_cursor of the page before."),
    CHOICE("format", "json|csv|ndjson|text", NULL,
        "The form of the answer; without it Accept decides, then json."),
    END,
};

static const struct param params_files[] = {
    CHOICE("state", "queued|stored|damaged|failed", NULL, "Only files in this state."),
    TEXT("device", NULL, "router_1", "Only files of this device."),
    COUNT("limit", 1, 10000, "100", "Files of one page."),
    COUNT("offset", 0, 1e9, "0", "Skip so many."),
    END,
};

const struct route routes[] = {
    {"GET", API_BASE "/status", "State of the daemon, its devices and its ingest",
        "Ingest is complete when ingest.queue is 0 and ingest.idle is true.", {NULL},
        handle_status, CHEAP, "Status", NULL},
    {"GET", API_BASE "/devices", "Devices, what is stored of them, and their flow files",
        NULL, {NULL}, handle_devices, CHEAP, "Devices", NULL},
    {"GET", API_BASE "/exporters", "Exporters that the stored flows name, by device",
        "Sums of each exporter over a period; first and last flow of the 32 largest of a "
        "device.",
        {params_period, params_filter}, handle_exporters, WORK, "Exporters", NULL},
    {"GET", API_BASE "/interfaces",
        "Interfaces that the stored flows name, by device and exporter",
        "Sums of what came in and went out over a period.", {params_period, params_filter},
        handle_interfaces, WORK, "Interfaces", NULL},
    {"GET", API_BASE "/report", "A ranked report",
        "Groups the flows of a period and ranks the groups. Rows hold raw values in the "
        "order of columns; "
        "totals are of all matched flows, not of the rows shown. coverage says how far the "
        "answer can be "
        "trusted.",
        {params_report, params_period, params_filter}, handle_report, WORK, "Report",
        "csv ndjson text"},
    {"GET", API_BASE "/flows", "Single flows in time order",
        "Page by page: the next page is asked for with next_cursor and otherwise the same "
        "parameters. A flow "
        "has the fields that its export version has.",
        {params_flows, params_period, params_filter}, handle_flows, WORK, "Flows",
        "csv ndjson text"},
    {"GET", API_BASE "/ingest/files",
        "Flow files that the daemon knows, with their state and its reason",
        "Newest first.", {params_files}, handle_files, WORK, "Files", NULL},
    {"POST", API_BASE "/ingest/rescan", "Look at the directories of flow files now", NULL,
        {NULL}, handle_rescan, CHEAP, "Ok", NULL},
    {"GET", API_BASE "/queries", "Waiting, running and lately finished queries", NULL,
        {NULL}, handle_queries, CHEAP, "Queries", NULL},
    {"GET", API_BASE "/queries/{id}", "One query and its progress", NULL, {NULL},
        handle_query, CHEAP, "Query", NULL},
    {"DELETE", API_BASE "/queries/{id}", "Cancel a query",
        "The request that asked for it is answered with 409. Cancelling a finished query "
        "does nothing.",
        {NULL}, handle_query_cancel, CHEAP, "Query", NULL},
    {"GET", API_BASE "/healthz", "200 while everything works, else 503 with the reason",
        NULL, {NULL}, handle_healthz, CHEAP, "Ok", NULL},
    {"GET", API_BASE "/metrics", "Counters in Prometheus's text format", NULL, {NULL},
        handle_metrics, CHEAP, NULL, "text/plain"},
    {"GET", API_BASE "/openapi.json", "This description", NULL, {NULL}, handle_openapi,
        CHEAP, NULL, "application/json"},
};

const size_t route_count = NITEMS(routes);
