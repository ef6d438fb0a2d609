/*
 * connections: all open connections and their deadlines.
 *
 * libmicrohttpd's timeout is of inactivity: a client that sends a byte now and then could
 * hold a connection for ever. The reaper shuts down what passes its deadline; libmicrohttpd
 * then sees the end of the stream and cleans up.
 */
#ifndef HTTP_CONNECTIONS_H
#define HTTP_CONNECTIONS_H

#include <stdatomic.h>

#include "flowviewer/base.h"

#define HEADER_MS          10000 /* from connect, or from the first answer, to a whole header */
#define IDLE_MS            15000 /* kept alive between two requests, the next header included */
#define WRITE_MS           60000 /* to read an answer; more for large ones: */
#define WRITE_BYTES_PER_MS 4
#define NO_DEADLINE        INT64_MAX

struct connection {
    int fd;
    _Atomic int64_t deadline; /* monotonic ms */
    int64_t answered;         /* when the running answer began */
    uint64_t sent;            /* of it */
    struct connection *next, *previous;
};

struct connections {
    struct lock lock; /* of the list; RANK_LEAF */
    pthread_cond_t wake;
    struct connection *first;
    atomic_uint_fast64_t count, total, reaped;
    pthread_t reaper;
    bool running, stopping;
};

int connections_start(struct connections *c, struct err *e);
void connections_stop(struct connections *c); /* all connections are closed by now */

struct connection *connection_open(struct connections *c, int fd); /* NULL: out of memory */
void connection_close(struct connections *c, struct connection *one);
void connection_deadline(struct connection *one, int64_t ms_from_now); /* or NO_DEADLINE */
/* An answer begins; n more bytes of it went out. */
void connection_answer(struct connection *one);
void connection_sent(struct connection *one, size_t n);

#endif
