#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http/connections.h"

static void reap(struct connections *c)
{
    struct connection *one;
    int64_t now = time_mono_ms();

    for (one = c->first; one != NULL; one = one->next) {
        if (atomic_load(&one->deadline) > now)
            continue;
        /* The descriptor is open: libmicrohttpd tells us (connection_close) before closing.
         */
        shutdown(one->fd, SHUT_RDWR);
        atomic_store(&one->deadline, NO_DEADLINE);
        atomic_fetch_add(&c->reaped, 1);
    }
}

static void *reaper(void *cls)
{
    struct connections *c = cls;

    lock_take(&c->lock);
    while (!c->stopping) {
        lock_wait_ms(&c->lock, &c->wake, 1000);
        reap(c);
    }
    lock_release(&c->lock);
    return NULL;
}

int connections_start(struct connections *c, struct err *e)
{
    memset(c, 0, sizeof(*c));
    lock_init(&c->lock, "http connections", RANK_LEAF);
    cond_init(&c->wake);
    if (pthread_create(&c->reaper, NULL, reaper, c) != 0) {
        pthread_cond_destroy(&c->wake);
        lock_destroy(&c->lock);
        return err_set(
            e, ERR_SYSTEM, "cannot start the thread that closes slow connections");
    }
    c->running = true;
    return 0;
}

void connections_stop(struct connections *c)
{
    if (!c->running)
        return;
    lock_take(&c->lock);
    c->stopping = true;
    pthread_cond_signal(&c->wake);
    lock_release(&c->lock);
    pthread_join(c->reaper, NULL);
    pthread_cond_destroy(&c->wake);
    lock_destroy(&c->lock);
    c->running = false;
}

struct connection *connection_open(struct connections *c, int fd)
{
    struct connection *one = calloc(1, sizeof(*one));

    if (one == NULL)
        return NULL;
    one->fd = fd;
    connection_deadline(one, HEADER_MS);
    lock_take(&c->lock);
    one->next = c->first;
    if (c->first != NULL)
        c->first->previous = one;
    c->first = one;
    lock_release(&c->lock);
    atomic_fetch_add(&c->count, 1);
    atomic_fetch_add(&c->total, 1);
    return one;
}

void connection_close(struct connections *c, struct connection *one)
{
    if (one == NULL)
        return;
    lock_take(&c->lock);
    if (one->previous != NULL)
        one->previous->next = one->next;
    else
        c->first = one->next;
    if (one->next != NULL)
        one->next->previous = one->previous;
    lock_release(&c->lock);
    atomic_fetch_sub(&c->count, 1);
    free(one);
}

void connection_deadline(struct connection *one, int64_t ms_from_now)
{
    if (one != NULL)
        atomic_store(&one->deadline,
            ms_from_now == NO_DEADLINE ? NO_DEADLINE : time_mono_ms() + ms_from_now);
}

void connection_answer(struct connection *one)
{
    if (one == NULL)
        return;
    one->answered = time_mono_ms();
    one->sent = 0;
    atomic_store(&one->deadline, one->answered + WRITE_MS);
}

void connection_sent(struct connection *one, size_t n)
{
    if (one == NULL)
        return;
    one->sent += n;
    atomic_store(&one->deadline,
        one->answered + WRITE_MS + (int64_t)(one->sent / WRITE_BYTES_PER_MS));
}
