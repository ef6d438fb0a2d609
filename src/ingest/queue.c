#include <stdlib.h>

#include "ingest/ingest_private.h"

static size_t slot_of(const struct queue *q, int64_t file)
{
    return (size_t)((uint64_t)file * UINT64_C(0x9e3779b97f4a7c15) >> 20) &
           (q->id_capacity - 1);
}

bool queue_has(const struct queue *q, int64_t file)
{
    if (q->id_capacity == 0)
        return false;
    for (size_t s = slot_of(q, file); q->ids[s] != 0; s = (s + 1) & (q->id_capacity - 1))
        if (q->ids[s] == file)
            return true;
    return false;
}

static bool grow_ids(struct queue *q)
{
    struct queue larger = {.id_capacity = q->id_capacity == 0 ? 64 : q->id_capacity * 2};

    if ((larger.ids = mem_array(larger.id_capacity, sizeof(*larger.ids))) == NULL)
        return false;
    for (size_t i = 0; i < q->id_capacity; i++) {
        if (q->ids[i] == 0)
            continue;
        size_t s = slot_of(&larger, q->ids[i]);
        while (larger.ids[s] != 0)
            s = (s + 1) & (larger.id_capacity - 1);
        larger.ids[s] = q->ids[i];
    }
    free(q->ids);
    q->ids = larger.ids;
    q->id_capacity = larger.id_capacity;
    return true;
}

static bool remember(struct queue *q, int64_t file)
{
    size_t s;

    if (queue_has(q, file))
        return true;
    if ((q->id_count + 1) * 2 > q->id_capacity && !grow_ids(q))
        return false;
    for (s = slot_of(q, file); q->ids[s] != 0; s = (s + 1) & (q->id_capacity - 1))
        ;
    q->ids[s] = file;
    q->id_count++;
    return true;
}

/* Close the gap, so that probing still finds what came after. */
void queue_forget(struct queue *q, int64_t file)
{
    size_t mask = q->id_capacity - 1, hole, s;

    if (!queue_has(q, file))
        return;
    for (hole = slot_of(q, file); q->ids[hole] != file; hole = (hole + 1) & mask)
        ;
    q->ids[hole] = 0;
    q->id_count--;
    for (s = (hole + 1) & mask; q->ids[s] != 0; s = (s + 1) & mask) {
        size_t home = slot_of(q, q->ids[s]);
        if (((s - home) & mask) < ((s - hole) & mask))
            continue;
        q->ids[hole] = q->ids[s];
        q->ids[s] = 0;
        hole = s;
    }
}

static bool newer(const struct job *a, const struct job *b)
{
    return a->time != b->time ? a->time > b->time : a->file > b->file;
}

static void swap(struct queue *q, size_t a, size_t b)
{
    struct job *j = q->heap[a];

    q->heap[a] = q->heap[b];
    q->heap[b] = j;
}

int queue_push(struct queue *q, struct job *j, struct err *e)
{
    void *grown = mem_grow(q->heap, &q->capacity, q->count + 1, sizeof(struct job *));

    if (grown == NULL)
        return err_nomem(e, "queue of flow files");
    q->heap = grown;
    if (!remember(q, j->file))
        return err_nomem(e, "queue of flow files");
    q->heap[q->count] = j;
    for (size_t i = q->count++; i > 0 && newer(q->heap[i], q->heap[(i - 1) / 2]);
         i = (i - 1) / 2)
        swap(q, i, (i - 1) / 2);
    return 0;
}

struct job *queue_pop(struct queue *q)
{
    struct job *first;

    if (q->count == 0)
        return NULL;
    first = q->heap[0];
    q->heap[0] = q->heap[--q->count];
    for (size_t i = 0;;) {
        size_t child = 2 * i + 1;
        if (child >= q->count)
            break;
        if (child + 1 < q->count && newer(q->heap[child + 1], q->heap[child]))
            child++;
        if (!newer(q->heap[child], q->heap[i]))
            break;
        swap(q, i, child);
        i = child;
    }
    return first;
}

void queue_free(struct queue *q)
{
    for (size_t i = 0; i < q->count; i++)
        free(q->heap[i]);
    free(q->heap);
    free(q->ids);
    *q = (struct queue){0};
}
