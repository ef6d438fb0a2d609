#include "store/catalog_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "flowviewer/os.h"

/* ---- names of files ------------------------------------------------------------------ */

void catalog_device_directory(const char *name, char *out, size_t size)
{
    str_copy(out, size, name);
    for (char *p = out; *p != '\0'; p++)
        if (*p == '/' || (unsigned char)*p < 0x20 || (p == out && *p == '.'))
            *p = '_';
}

void catalog_day_name(int64_t day, char *out, size_t size)
{
    time_t seconds = (time_t)(day * 86400);
    struct tm tm = {.tm_mday = 1, .tm_year = 70};

    gmtime_r(&seconds, &tm);
    snprintf(out, size, "%04d-%02d-%02d", (tm.tm_year + 1900) % 10000, tm.tm_mon + 1,
        tm.tm_mday);
}

void catalog_segment_path(const char *directory, const char *device, int64_t day,
    int64_t id, char *out, size_t size)
{
    char safe[64], date[16];

    catalog_device_directory(device, safe, sizeof(safe));
    catalog_day_name(day, date, sizeof(date));
    snprintf(out, size, "%s/%s/%s/%lld.seg", directory, safe, date, (long long)id);
}

/* Make it, and make sure that it is there after a power cut. */
static int make_directory(const char *path, struct err *e)
{
    char parent[512], *slash;

    if (mkdir(path, 0750) == -1)
        return errno == EEXIST ? 0 : err_sys(e, "make directory %s", path);
    str_copy(parent, sizeof(parent), path);
    if ((slash = strrchr(parent, '/')) != NULL && slash != parent) {
        *slash = '\0';
        return os_fsync_directory(parent, e);
    }
    return 0;
}

int catalog_temporary(
    struct catalog *c, int64_t device, int64_t day, char *path, size_t size, struct err *e)
{
    char safe[64], date[16], directory[400];
    struct snapshot *s = catalog_snapshot(c);
    const struct device *d = snapshot_device(s, device);
    int result = -1;

    if (d == NULL) {
        err_set(e, ERR_NOT_FOUND, "no device %lld", (long long)device);
        goto out;
    }
    catalog_device_directory(d->name, safe, sizeof(safe));
    catalog_day_name(day, date, sizeof(date));
    snprintf(directory, sizeof(directory), "%s/%s", c->directory, safe);
    if (make_directory(directory, e) == -1)
        goto out;
    snprintf(directory, sizeof(directory), "%s/%s/%s", c->directory, safe, date);
    if (make_directory(directory, e) == -1)
        goto out;
    snprintf(path, size, "%s/new-%llu.tmp", directory,
        (unsigned long long)atomic_fetch_add(&c->temporaries, 1));
    result = 0;
out:
    snapshot_release(s);
    return result;
}

/* ---- devices ---------------------------------------------------------------------------- */

static bool keep_all(void *context, int64_t id)
{
    (void)context;
    (void)id;
    return true;
}

/* A new snapshot with one device added or changed. */
static int install_device(struct catalog *c, const struct device *device, struct err *e)
{
    struct snapshot_draft d = {0};
    struct snapshot *s = catalog_snapshot(c);
    bool known = false;
    int result = draft_copy(&d, s, keep_all, keep_all, NULL, e);

    for (size_t i = 0; i < d.device_count; i++)
        if (d.devices[i].id == device->id) {
            d.devices[i] = *device;
            known = true;
        }
    if (result == 0 && !known)
        result = draft_add_device(&d, device, e);
    if (result == 0)
        result = draft_finish(&d, e);
    if (result == 0)
        draft_install(&d, c);
    draft_free(&d);
    snapshot_release(s);
    return result;
}

int catalog_device(
    struct catalog *c, const char *name, bool exporters, int64_t *id, struct err *e)
{
    struct device device = {.exporters = exporters, .configured = true};
    struct snapshot *s;
    const struct device *known;
    int result;

    str_copy(device.name, sizeof(device.name), name);
    lock_take(&c->publish);
    s = catalog_snapshot(c);
    known = snapshot_device_by_name(s, device.name);
    device.id = known != NULL ? known->id : 0;
    snapshot_release(s);
    if (device.id != 0) {
        result = db_run(c->db, e,
            "UPDATE devices SET exporters = ?, configured = 1 WHERE id = ?", "ii",
            (int64_t)exporters, device.id);
    } else {
        result = db_run(c->db, e,
            "INSERT INTO devices(name, exporters, configured) VALUES(?, ?, 1)", "si",
            device.name, (int64_t)exporters);
        device.id = db_last_id(c->db);
    }
    if (result == 0)
        result = install_device(c, &device, e);
    *id = device.id;
    lock_release(&c->publish);
    return result;
}

int catalog_devices_configured(
    struct catalog *c, const int64_t *ids, size_t n, struct err *e)
{
    struct snapshot *s;
    int result = 0;

    lock_take(&c->publish);
    s = catalog_snapshot(c);
    for (size_t i = 0; i < s->device_count && result == 0; i++) {
        struct device device = s->devices[i];
        bool configured = false;
        for (size_t k = 0; k < n; k++)
            configured |= ids[k] == device.id;
        if (configured == device.configured)
            continue;
        device.configured = configured;
        result = db_run(c->db, e, "UPDATE devices SET configured = ? WHERE id = ?", "ii",
            (int64_t)configured, device.id);
        if (result == 0)
            result = install_device(c, &device, e);
    }
    snapshot_release(s);
    lock_release(&c->publish);
    return result;
}

/* ---- life ----------------------------------------------------------------------------------- */

int catalog_open(struct catalog **out, const char *data_directory, struct err *e)
{
    struct catalog *c = calloc(1, sizeof(*c));
    char path[300];

    if (c == NULL)
        return err_nomem(e, "catalog");
    lock_init(&c->publish, "catalog", RANK_CATALOG);
    lock_init(&c->current_lock, "snapshot", RANK_SNAPSHOT);
    snprintf(c->directory, sizeof(c->directory), "%s/segments", data_directory);
    snprintf(path, sizeof(path), "%s/flowviewer.sqlite", data_directory);
    if (make_directory(c->directory, e) == -1 || db_open(&c->db, path, e) == -1 ||
        catalog_load(c, e) == -1) {
        catalog_close(c);
        return -1;
    }
    *out = c;
    return 0;
}

void catalog_close(struct catalog *c)
{
    if (c == NULL)
        return;
    snapshot_release(c->current);
    db_close(c->db);
    lock_destroy(&c->publish);
    lock_destroy(&c->current_lock);
    free(c);
}

const char *catalog_directory(const struct catalog *c)
{
    return c->directory;
}

static int take_clock(void *context, const struct db_row *row, struct err *e)
{
    (void)e;
    *(int64_t *)context = db_int(row, 0);
    return 0;
}

int catalog_clock(struct catalog *c, int64_t now, int64_t *before, struct err *e)
{
    int result;

    *before = 0;
    lock_take(&c->publish);
    result = db_each(c->db, take_clock, before, e,
        "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'clock'", "");
    if (result == 0)
        result = db_run(c->db, e,
            "INSERT OR REPLACE INTO meta(key, value) VALUES('clock', CAST(? AS TEXT))", "i",
            now);
    lock_release(&c->publish);
    return result;
}

int catalog_reserve_file_id(struct catalog *c, int64_t *id, struct err *e)
{
    (void)e;
    lock_take(&c->publish);
    *id = c->next_file++;
    lock_release(&c->publish);
    return 0;
}
