/*
 * Loaded before libc (LD_PRELOAD): counts the calls that change files and lets one of them go
 * wrong. FAULT_AT=N: the Nth call; FAULT_ERRNO=E: it fails so, without it the process ends there,
 * as at a power cut. FAULT_REPORT=FILE: gets one byte when the fault has happened.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long calls;

static long number_of(const char *variable)
{
    const char *s = getenv(variable);
    return s == NULL ? 0 : atol(s);
}

static int report(void)
{
    const char *path = getenv("FAULT_REPORT");
    return path == NULL ? -1 : close(open(path, O_CREAT | O_WRONLY, 0600));
}

/* True: this call is to fail. */
static int strikes(int fd)
{
    long at = number_of("FAULT_AT"), error = number_of("FAULT_ERRNO");

    if ((fd >= 0 && fd <= 2) || at == 0 || atomic_fetch_add(&calls, 1) + 1 != at)
        return 0;
    report();
    if (error == 0)
        _exit(9);
    errno = (int)error;
    return 1;
}

#define NEXT(type, name, ...)                                                              \
    union {                                                                                \
        void *object;                                                                      \
        type (*function)(__VA_ARGS__);                                                     \
    } next = {.object = dlsym(RTLD_NEXT, name)}

ssize_t write(int fd, const void *bytes, size_t n)
{
    NEXT(ssize_t, "write", int, const void *, size_t);
    return strikes(fd) ? -1 : next.function(fd, bytes, n);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    NEXT(ssize_t, "pwrite", int, const void *, size_t, off_t);
    return strikes(fd) ? -1 : next.function(fd, bytes, n, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
    NEXT(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    return strikes(fd) ? -1 : next.function(fd, bytes, n, at);
}

int fsync(int fd)
{
    NEXT(int, "fsync", int);
    return strikes(fd) ? -1 : next.function(fd);
}

int fdatasync(int fd)
{
    NEXT(int, "fdatasync", int);
    return strikes(fd) ? -1 : next.function(fd);
}

int rename(const char *from, const char *to)
{
    NEXT(int, "rename", const char *, const char *);
    return strikes(-1) ? -1 : next.function(from, to);
}

int unlink(const char *path)
{
    NEXT(int, "unlink", const char *);
    return strikes(-1) ? -1 : next.function(path);
}

int mkdir(const char *path, mode_t mode)
{
    NEXT(int, "mkdir", const char *, mode_t);
    return strikes(-1) ? -1 : next.function(path, mode);
}
