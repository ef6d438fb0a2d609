#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "flowviewer/os.h"
#include "main/background.h"

/* "+" through the pipe: the daemon serves. Anything else is why it does not; nothing: it
 * died. */
static _Noreturn void wait_for_daemon(int fd)
{
    char text[512];
    size_t n = 0;
    ssize_t got;

    while ((got = read(fd, text + n, sizeof(text) - 1 - n)) != 0) {
        if (got < 0 && errno != EINTR)
            break;
        if (got > 0)
            n += (size_t)got;
    }
    text[n] = '\0';
    if (strcmp(text, "+") == 0)
        _exit(0);
    fprintf(stderr, "flowviewerd: %s\n",
        n > 0 ? text : "ended while starting; the system's log may say why");
    _exit(1);
}

int background_begin(struct background *b, struct err *e)
{
    int ends[2];

    if (pipe(ends) < 0)
        return err_sys(e, "start in the background");
    switch (fork()) {
    case -1:
        err_sys(e, "start in the background");
        close(ends[0]);
        close(ends[1]);
        return -1;
    case 0:
        close(ends[0]);
        b->fd = ends[1];
        fcntl(b->fd, F_SETFD, FD_CLOEXEC);
        return os_daemonize(e);
    default:
        close(ends[1]);
        wait_for_daemon(ends[0]);
    }
}

void background_tell(struct background *b, const char *message)
{
    const char *text = message == NULL ? "+" : message;
    ssize_t done;

    if (b->fd < 0)
        return;
    done = write(b->fd, text, strlen(text));
    (void)done; /* nobody left to tell */
    close(b->fd);
    b->fd = -1;
}
