#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/sandbox.h"

/*
 * unveil(2) by means of Landlock. The C library has no functions for it and older kernel
 * headers no declarations, so what is needed stands here (see landlock(7)). Kernels before
 * 5.19 (ABI 1) would refuse every rename between directories: there, nothing is enforced.
 */
#define LANDLOCK_CREATE   444
#define LANDLOCK_ADD_RULE 445
#define LANDLOCK_RESTRICT 446
#define ASK_VERSION       1u
#define RULE_PATH_BENEATH 1
#define ABI_NEEDED        2
#define ABI_TRUNCATE      3

enum {
    EXECUTE = 1 << 0,
    WRITE_FILE = 1 << 1,
    READ_FILE = 1 << 2,
    READ_DIR = 1 << 3,
    REMOVE_DIR = 1 << 4,
    REMOVE_FILE = 1 << 5,
    MAKE_DIR = 1 << 7,
    MAKE_REG = 1 << 8,
    MAKE_SOCK = 1 << 9,
    MAKE_SYM = 1 << 12,
    REFER = 1 << 13,
    TRUNCATE = 1 << 14,
    ALL_OF_ABI_2 = (1 << 14) - 1,
    OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
};

struct ruleset_attr {
    uint64_t handled;
};

struct path_attr {
    uint64_t allowed;
    int32_t fd;
} __attribute__((packed));

static const struct {
    char letter;
    uint64_t rights;
} letters[] = {
    {'r', READ_FILE | READ_DIR},
    {'w', WRITE_FILE | TRUNCATE},
    {'x', EXECUTE},
    {'c', REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SOCK | MAKE_SYM | REFER},
};

/* What the C library reads behind our back: names of hosts and zones, libraries that the
 * resolver and thread cancelling load late, statistics of this process. */
static const char *const of_the_system[] = {"/etc", "/lib", "/lib64", "/usr/lib",
    "/usr/share/zoneinfo", "/run/systemd/resolve", "/proc", "/sys/devices/system/cpu",
    "/dev/urandom"};

/* One process, one veil: this mirrors what the kernel keeps for the process on other systems.
 * Touched only at start-up, by the only thread. */
static struct {
    struct veil {
        char *path;
        uint64_t rights;
    } * list;
    size_t count, cap;
    bool closed, applied;
} veils;

static int landlock_abi(void)
{
    return (int)syscall(LANDLOCK_CREATE, NULL, (size_t)0, ASK_VERSION);
}

bool sandbox_enforced(void)
{
    return landlock_abi() >= ABI_NEEDED;
}

static int rights_of(const char *permissions, uint64_t *rights)
{
    *rights = 0;
    for (const char *c = permissions; *c != '\0'; c++) {
        uint64_t found = 0;
        for (size_t i = 0; i < NITEMS(letters); i++)
            if (letters[i].letter == *c)
                found = letters[i].rights;
        if (found == 0)
            return -1;
        *rights |= found;
    }
    return 0;
}

int os_unveil(const char *path, const char *permissions, struct err *e)
{
    struct veil *grown, veil;

    if (veils.closed) {
        errno = EPERM;
        return err_sys(e, "unveil %s", path == NULL ? "the end" : path);
    }
    if (path == NULL) {
        veils.closed = true;
        return 0;
    }
    if (rights_of(permissions, &veil.rights) == -1)
        return err_set(
            e, ERR_INTERNAL, "unveil %s: bad permissions \"%s\"", path, permissions);
    grown = mem_grow(veils.list, &veils.cap, veils.count + 1, sizeof(*veils.list));
    if (grown == NULL || (veil.path = str_dup(path)) == NULL) {
        veils.list = grown != NULL ? grown : veils.list;
        return err_nomem(e, "list of paths");
    }
    veils.list = grown;
    veils.list[veils.count++] = veil;
    return 0;
}

/* A path that does not exist stays forbidden. */
static void allow(int ruleset, const char *path, uint64_t rights)
{
    struct path_attr rule = {.fd = open(path, O_PATH | O_CLOEXEC)};
    struct stat st;

    if (rule.fd == -1) {
        log_debug("sandbox: %s: %s", path, strerror(errno));
        return;
    }
    if (fstat(rule.fd, &st) == 0 && !S_ISDIR(st.st_mode))
        rights &= OF_FILES;
    rule.allowed = rights;
    if (rights != 0 &&
        syscall(LANDLOCK_ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0u) == -1)
        log_warn("sandbox: cannot allow %s", path);
    close(rule.fd);
}

static void restrict_files(void)
{
    int abi = landlock_abi(), ruleset;
    struct ruleset_attr attr = {ALL_OF_ABI_2};

    if (abi < ABI_NEEDED) {
        log_debug("sandbox: this kernel has no Landlock (or too old a one)");
        return;
    }
    if (abi >= ABI_TRUNCATE)
        attr.handled |= TRUNCATE;
    ruleset = (int)syscall(LANDLOCK_CREATE, &attr, sizeof(attr), 0u);
    if (ruleset == -1) {
        log_debug("sandbox: Landlock cannot be used: %s", strerror(errno));
        return;
    }
    for (size_t i = 0; i < NITEMS(of_the_system); i++)
        allow(ruleset, of_the_system[i], READ_FILE | READ_DIR);
    allow(ruleset, "/dev/null", (READ_FILE | WRITE_FILE | TRUNCATE) & attr.handled);
    for (size_t i = 0; i < veils.count; i++)
        allow(ruleset, veils.list[i].path, veils.list[i].rights & attr.handled);
    if (syscall(LANDLOCK_RESTRICT, ruleset, 0u) == -1)
        log_debug("sandbox: Landlock cannot be used: %s", strerror(errno));
    else
        log_debug("sandbox: Landlock ABI %d, %zu paths", abi, veils.count);
    close(ruleset);
}

/* The promises have no like here; no_new_privs stands for the spirit of them. */
int os_pledge(const char *promises, struct err *e)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
        return err_sys(e, "give up gaining privileges");
    log_debug("sandbox: promised \"%s\"", promises == NULL ? "" : promises);
    if (veils.count > 0 && !veils.applied) {
        restrict_files();
        veils.applied = true;
    }
    veils.closed = true;
    for (size_t i = 0; i < veils.count; i++)
        free(veils.list[i].path);
    free(veils.list);
    veils.list = NULL;
    veils.count = veils.cap = 0;
    return 0;
}
