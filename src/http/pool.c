#include <stdlib.h>
#include <string.h>

#include "flowviewer/os.h"
#include "http/pool.h"
#include "http/route.h"
#include "http/server.h"

static struct request *pool_next(struct pool *p)
{
    struct request *r;

    while (p->first == NULL && !p->stopping)
        lock_wait(&p->lock, &p->wake);
    r = p->first;
    if (r == NULL)
        return NULL;
    p->first = r->next;
    if (p->first == NULL)
        p->last = NULL;
    p->waiting--;
    r->next = p->running;
    p->running = r;
    p->busy++;
    return r;
}

static void pool_forget(struct pool *p, struct request *r)
{
    struct request **link = &p->running;

    while (*link != r)
        link = &(*link)->next;
    *link = r->next;
    r->next = NULL;
    p->busy--;
}

static void reply_stopped(struct request *r, enum stop_reason reason)
{
    if (reason == STOP_ASKED)
        reply_problem(r, 409, "The query was cancelled.");
    else if (reason == STOP_SHUTDOWN)
        reply_problem(r, 503, "The daemon is stopping.");
    else
        reply_problem(r, 503, "The query was abandoned.");
}

static void work(struct request *r)
{
    enum stop_reason reason = request_stop_reason(r);

    if (reason != STOP_NONE)
        reply_stopped(r, reason);
    else
        r->route->handler(r);
}

static void *pool_thread(void *cls)
{
    struct pool *p = cls;
    struct request *r;

    lock_take(&p->lock);
    while ((r = pool_next(p)) != NULL) {
        lock_release(&p->lock);
        work(r);
        lock_take(&p->lock);
        pool_forget(p, r);
        lock_release(&p->lock);
        p->done(r);
        lock_take(&p->lock);
    }
    lock_release(&p->lock);
    return NULL;
}

int pool_start(
    struct pool *p, int threads, int limit, void (*done)(struct request *r), struct err *e)
{
    memset(p, 0, sizeof(*p));
    p->limit = limit;
    p->done = done;
    lock_init(&p->lock, "http requests", RANK_HTTP);
    cond_init(&p->wake);
    p->threads = mem_array((size_t)threads, sizeof(*p->threads));
    if (p->threads == NULL) {
        pool_stop(p);
        return err_nomem(e, "request threads");
    }
    for (; p->thread_count < threads; p->thread_count++) {
        if (pthread_create(&p->threads[p->thread_count], NULL, pool_thread, p) != 0) {
            pool_stop(p);
            return err_set(e, ERR_SYSTEM, "cannot start %d request threads", threads);
        }
    }
    return 0;
}

void pool_stop(struct pool *p)
{
    struct request *r;
    int i;

    if (p->done == NULL)
        return;
    lock_take(&p->lock);
    p->stopping = true;
    for (r = p->first; r != NULL; r = r->next)
        atomic_store(&r->cancelled, STOP_SHUTDOWN);
    for (r = p->running; r != NULL; r = r->next)
        atomic_store(&r->cancelled, STOP_SHUTDOWN);
    pthread_cond_broadcast(&p->wake);
    lock_release(&p->lock);
    for (i = 0; i < p->thread_count; i++)
        pthread_join(p->threads[i], NULL);
    p->thread_count = 0;
}

void pool_destroy(struct pool *p)
{
    if (p->done == NULL)
        return;
    free(p->threads);
    pthread_cond_destroy(&p->wake);
    lock_destroy(&p->lock);
    memset(p, 0, sizeof(*p));
}

bool pool_add(struct pool *p, struct request *r, void (*suspend)(struct request *r))
{
    bool room;

    lock_take(&p->lock);
    room = !p->stopping && p->waiting < p->limit;
    if (room) {
        suspend(r);
        r->queued = time_mono_ms();
        r->next = NULL;
        if (p->last != NULL)
            p->last->next = r;
        else
            p->first = r;
        p->last = r;
        p->waiting++;
        pthread_cond_signal(&p->wake);
    }
    lock_release(&p->lock);
    return room;
}

static bool cancel_in(struct request *list, const char *id)
{
    bool found = false;

    for (; list != NULL; list = list->next) {
        const char *own = param_given(list, "query_id");

        if (own != NULL && strcmp(own, id) == 0) {
            atomic_store(&list->cancelled, STOP_ASKED);
            found = true;
        }
    }
    return found;
}

bool pool_cancel(struct pool *p, const char *query_id)
{
    bool found;

    lock_take(&p->lock);
    found = cancel_in(p->first, query_id);
    found = cancel_in(p->running, query_id) || found;
    lock_release(&p->lock);
    return found;
}

void pool_waiting(
    struct pool *p, void (*visit)(const struct request *r, void *cls), void *cls)
{
    const struct request *r;

    lock_take(&p->lock);
    for (r = p->first; r != NULL; r = r->next)
        visit(r, cls);
    lock_release(&p->lock);
}

void pool_load(struct pool *p, int *waiting, int *busy, int64_t *oldest_ms)
{
    lock_take(&p->lock);
    *waiting = p->waiting;
    *busy = p->busy;
    *oldest_ms = p->first != NULL ? time_mono_ms() - p->first->queued : 0;
    lock_release(&p->lock);
}

enum stop_reason request_stop_reason(struct request *r)
{
    int asked = atomic_load(&r->cancelled);

    if (asked != STOP_NONE)
        return (enum stop_reason)asked;
    if (os_peer_gone(r->fd))
        return STOP_GONE;
    if (time_mono_ms() - r->queued > r->http->options.query_timeout_ms)
        return STOP_TIMEOUT;
    return STOP_NONE;
}
