#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/types.h>
#include <unistd.h>

#include "flowviewer/os.h"

int os_drop_privileges(const char *user, struct err *e)
{
    struct passwd *pw;

    if (geteuid() != 0 || user == NULL || user[0] == '\0')
        return 0;
    errno = 0;
    if ((pw = getpwnam(user)) == NULL) {
        if (errno != 0)
            return err_sys(e, "look up user %s", user);
        return err_set(e, ERR_INPUT, "no such user: %s", user);
    }
    if (initgroups(user, pw->pw_gid) == -1 ||
        setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == -1 ||
        setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == -1)
        return err_sys(e, "become user %s", user);
    if (pw->pw_uid != 0 && setuid(0) == 0)
        return err_set(e, ERR_INTERNAL, "still root after becoming user %s", user);
    return 0;
}

static int quiet_stdio(struct err *e)
{
    int fd = open("/dev/null", O_RDWR);

    if (fd == -1)
        return err_sys(e, "open /dev/null");
    for (int i = 0; i <= 2; i++)
        if (fd != i && dup2(fd, i) == -1) {
            err_sys(e, "turn standard input and output to /dev/null");
            close(fd);
            return -1;
        }
    if (fd > 2)
        close(fd);
    return 0;
}

int os_daemonize(struct err *e)
{
    pid_t pid = fork();

    if (pid == -1)
        return err_sys(e, "go to the background");
    if (pid != 0)
        _exit(0);
    if (setsid() == -1)
        return err_sys(e, "leave the terminal");
    if (chdir("/") == -1)
        return err_sys(e, "change to /");
    return quiet_stdio(e);
}
