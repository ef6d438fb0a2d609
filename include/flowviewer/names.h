/*
 * names: what numbers are called - services (ports), protocols, hosts.
 *
 * Floor 1. Tables of the system (/etc/services, /etc/protocols) with built-in ones for what
 * they lack. Read once at start, then read-only, so that any thread may ask.
 */
#ifndef FLOWVIEWER_NAMES_H
#define FLOWVIEWER_NAMES_H

#include "flowviewer/base.h"

struct names;

int names_open(struct names **out, struct err *e);
void names_close(struct names *n);

/* By name, case-insensitively; false if unknown. */
bool names_protocol_number(const struct names *n, const char *name, uint32_t *number);
bool names_service_port(const struct names *n, const char *name, uint32_t *port);
/* By number; NULL if unnamed. TCP's name of a port wins over UDP's. */
const char *names_protocol(const struct names *n, uint32_t number);
const char *names_service(const struct names *n, uint32_t port);
/* IPv4 addresses of a host (forward lookup; blocks: never on an HTTP thread). Returns how
 * many were written, 0 if the name is unknown, -1 on a resolver failure. */
int names_host_addresses(const char *host, uint32_t *addresses, int max, struct err *e);

#endif
