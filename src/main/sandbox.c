#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "flowviewer/os.h"
#include "main/sandbox.h"

#define PROMISES "stdio rpath wpath cpath flock fattr inet dns"

/* What the resolver and the clock read while the daemon runs; the os room knows what else a
 * system needs. */
static const char *const system_paths[] = {
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/localtime",
    "/usr/share/zoneinfo",
};

/* The directory above, so that a file that is replaced, a directory that is mounted later
 * and a new device beside the others stay in reach. The path itself where that is "/". */
static void above(const char *path, char *to, size_t size)
{
    char *slash;

    str_copy(to, size, path);
    slash = strrchr(to, '/');
    if (slash != NULL && slash != to)
        *slash = '\0';
}

/* unveil(2) and Landlock know only what exists. */
static int allow(const char *path, const char *permissions, struct err *e)
{
    if (path[0] == '\0' || access(path, F_OK) < 0)
        return 0;
    return os_unveil(path, permissions, e);
}

static int allow_devices(const struct config *c, struct err *e)
{
    char path[512];

    for (size_t i = 0; i < c->ingest.device_count; i++) {
        above(c->ingest.devices[i].directory, path, sizeof(path));
        if (allow(path, "r", e) < 0 || allow(c->ingest.devices[i].directory, "r", e) < 0)
            return -1;
    }
    return 0;
}

int sandbox_enter(const struct config *c, const char *web_directory, struct err *e)
{
    char path[512];

    for (size_t i = 0; i < NITEMS(system_paths); i++)
        if (allow(system_paths[i], "r", e) < 0)
            return -1;
    above(c->path, path, sizeof(path));
    if (allow(path, "r", e) < 0 || allow_devices(c, e) < 0)
        return -1;
    if (web_directory != NULL && allow(web_directory, "r", e) < 0)
        return -1;
    if (allow(c->data_directory, "rwc", e) < 0 || os_unveil(NULL, NULL, e) < 0)
        return -1;
    return os_pledge(PROMISES, e);
}

bool sandbox_reaches(const struct config *began, const char *directory)
{
    char path[512];

    for (size_t i = 0; i < began->ingest.device_count; i++) {
        size_t n;

        above(began->ingest.devices[i].directory, path, sizeof(path));
        n = strlen(path);
        if (strncmp(directory, path, n) == 0 &&
            (directory[n] == '/' || directory[n] == '\0'))
            return true;
    }
    return false;
}
