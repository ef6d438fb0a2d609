/* What tests with files need: a check that ends the program, directories removed and counted. */
#ifndef FLOWVIEWER_TESTS_STORE_PLACE_H
#define FLOWVIEWER_TESTS_STORE_PLACE_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flowviewer/base.h"

#define NEED(condition)                                                                    \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                \
            exit(1);                                                                       \
        }                                                                                  \
    } while (0)
#define NEED_OK(call, e)                                                                   \
    do {                                                                                   \
        if ((call) == -1) {                                                                \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, (e).msg);        \
            exit(1);                                                                       \
        }                                                                                  \
    } while (0)

static inline void lab_remove(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    char below[1024];

    if (dir == NULL) {
        unlink(path);
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        NEED((size_t)snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) <
             sizeof(below));
        lab_remove(below);
    }
    closedir(dir);
    rmdir(path);
}

/* Files below a directory whose name ends so. */
static inline size_t lab_count_files(const char *directory, const char *end)
{
    DIR *dir = opendir(directory);
    struct dirent *entry;
    char below[1024];
    size_t n = 0;

    if (dir == NULL)
        return 0;
    while ((entry = readdir(dir)) != NULL) {
        size_t have = strlen(entry->d_name), want = strlen(end);
        if (entry->d_name[0] == '.')
            continue;
        n += have >= want && strcmp(entry->d_name + have - want, end) == 0;
        NEED((size_t)snprintf(below, sizeof(below), "%s/%s", directory, entry->d_name) <
             sizeof(below));
        n += lab_count_files(below, end);
    }
    closedir(dir);
    return n;
}

#endif
