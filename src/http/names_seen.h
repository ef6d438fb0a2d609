/*
 * names_seen: which ports and protocols the rows of an answer showed, for its map of names.
 */
#ifndef HTTP_NAMES_SEEN_H
#define HTTP_NAMES_SEEN_H

#include "flowviewer/names.h"
#include "flowviewer/reports.h"

struct names_seen {
    uint32_t ports[65536 / 32];
    uint32_t protocols[256 / 32];
};

void names_seen_row(
    struct names_seen *s, const struct report_view *v, const struct query_row *row);
/* Member "names": {"port 443": "https", "protocol 6": "tcp"}: the column's type and the
 * value, since a port and a protocol may have the same number; only what has a name. */
void names_seen_json(const struct names_seen *s, const struct names *n, struct json *j);

#endif
