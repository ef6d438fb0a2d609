#include <stdio.h>
#include <stdlib.h>

#include "flowviewer/base.h"

/* With NDEBUG unset each thread knows the locks it holds: taking one of a rank that is not
 * above all of them could deadlock, so it stops the program with both names. */
#ifndef NDEBUG
#define HELD_MAX 16
static _Thread_local const struct lock *held[HELD_MAX];
static _Thread_local int held_count;

static void note_taken(const struct lock *l)
{
    for (int i = 0; i < held_count; i++)
        if (held[i]->rank >= l->rank) {
            fprintf(stderr, "lock order: %s (rank %d) taken while holding %s (rank %d)\n",
                l->name, l->rank, held[i]->name, held[i]->rank);
            abort();
        }
    if (held_count < HELD_MAX)
        held[held_count++] = l;
}

static void note_released(const struct lock *l)
{
    for (int i = held_count - 1; i >= 0; i--)
        if (held[i] == l) {
            held[i] = held[--held_count];
            return;
        }
    fprintf(stderr, "lock order: %s released but not held\n", l->name);
    abort();
}
#else
#define note_taken(l)    ((void)(l))
#define note_released(l) ((void)(l))
#endif

void lock_init(struct lock *l, const char *name, int rank)
{
    l->name = name;
    l->rank = rank;
    if (pthread_mutex_init(&l->mutex, NULL) != 0)
        fatalx("cannot make lock %s", name);
}

void lock_destroy(struct lock *l)
{
    pthread_mutex_destroy(&l->mutex);
}

void lock_take(struct lock *l)
{
    note_taken(l);
    pthread_mutex_lock(&l->mutex);
}

void lock_release(struct lock *l)
{
    note_released(l);
    pthread_mutex_unlock(&l->mutex);
}

void lock_wait(struct lock *l, pthread_cond_t *c)
{
    note_released(l);
    pthread_cond_wait(c, &l->mutex);
    note_taken(l);
}

bool lock_wait_ms(struct lock *l, pthread_cond_t *c, int64_t ms)
{
    struct timespec until;
    int result;

    clock_gettime(CLOCK_MONOTONIC, &until);
    if (ms < 0)
        ms = 0;
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    note_released(l);
    result = pthread_cond_timedwait(c, &l->mutex, &until);
    note_taken(l);
    return result == 0;
}

void cond_init(pthread_cond_t *c)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (pthread_cond_init(c, &attributes) != 0)
        fatalx("cannot make a condition variable");
    pthread_condattr_destroy(&attributes);
}
