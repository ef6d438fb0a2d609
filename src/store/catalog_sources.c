#include "store/catalog_private.h"

#include <stdlib.h>

/* Which segments came from which flow files. */

struct id_list {
    int64_t *ids;
    size_t count, capacity;
};

static int take_id(void *context, const struct db_row *row, struct err *e)
{
    struct id_list *l = context;
    void *grown = mem_grow(l->ids, &l->capacity, l->count + 1, sizeof(*l->ids));

    if (grown == NULL)
        return err_nomem(e, "catalog");
    l->ids = grown;
    l->ids[l->count++] = db_int(row, 0);
    return 0;
}

static int finish(struct id_list *l, int result, int64_t **ids, size_t *n)
{
    if (result == -1) {
        free(l->ids);
        *l = (struct id_list){0};
    }
    *ids = l->ids;
    *n = l->count;
    return result;
}

int catalog_file_segments(
    struct catalog *c, int64_t file, int64_t **ids, size_t *n, struct err *e)
{
    struct id_list l = {0};
    int result;

    lock_take(&c->publish);
    result = db_each(c->db, take_id, &l, e,
        "SELECT segment FROM segment_files WHERE file = ?", "i", file);
    lock_release(&c->publish);
    return finish(&l, result, ids, n);
}

int catalog_segment_files_locked(
    struct catalog *c, int64_t segment, int64_t **ids, size_t *n, struct err *e)
{
    struct id_list l = {0};
    int result = db_each(c->db, take_id, &l, e,
        "SELECT file FROM segment_files WHERE segment = ?", "i", segment);

    return finish(&l, result, ids, n);
}

int catalog_segment_files(
    struct catalog *c, int64_t segment, int64_t **ids, size_t *n, struct err *e)
{
    int result;

    lock_take(&c->publish);
    result = catalog_segment_files_locked(c, segment, ids, n, e);
    lock_release(&c->publish);
    return result;
}
