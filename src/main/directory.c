#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "main/directory.h"

static int give_to(const char *path, const char *user, struct err *e)
{
    struct passwd *pw;

    if (user[0] == '\0' || geteuid() != 0)
        return 0;
    errno = 0;
    pw = getpwnam(user);
    if (pw == NULL)
        return err_set(e, ERR_INPUT, "user \"%s\": there is no such user", user);
    if (chown(path, pw->pw_uid, pw->pw_gid) < 0)
        return err_sys(e, "data-directory \"%s\": give it to user %s", path, user);
    return 0;
}

int directory_prepare(const char *path, const char *user, struct err *e)
{
    struct stat st;

    if (mkdir(path, 0750) == 0) {
        log_info("data-directory \"%s\" created", path);
        return give_to(path, user, e);
    }
    if (errno != EEXIST)
        return err_sys(e, "data-directory \"%s\": create it", path);
    if (stat(path, &st) < 0)
        return err_sys(e, "data-directory \"%s\"", path);
    if (!S_ISDIR(st.st_mode))
        return err_set(e, ERR_INPUT, "data-directory \"%s\": is not a directory", path);
    if (st.st_mode & S_IWOTH)
        log_warnx("data-directory \"%s\" can be written by everybody: chmod 0750 it", path);
    return 0;
}

static int refuse_lock(const char *path, int fd, struct err *e)
{
    struct flock held = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (errno != EACCES && errno != EAGAIN)
        return err_sys(e, "lock \"%s\"", path);
    if (fcntl(fd, F_GETLK, &held) < 0 || held.l_type == F_UNLCK)
        held.l_pid = 0;
    return err_set(e, ERR_BUSY,
        "another flowviewerd (process %ld) uses \"%s\": stop it first", (long)held.l_pid,
        path);
}

int directory_lock(const char *path, struct err *e)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char file[512];
    int fd;

    snprintf(file, sizeof(file), "%s/lock", path);
    fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0 && errno == EACCES)
        return err_set(e, ERR_SYSTEM,
            "data-directory \"%s\": user %ld may not write there: chown it", path,
            (long)geteuid());
    if (fd < 0)
        return err_sys(e, "create \"%s\"", file);
    if (fcntl(fd, F_SETLK, &whole) == 0)
        return fd;
    refuse_lock(path, fd, e);
    close(fd);
    return -1;
}
