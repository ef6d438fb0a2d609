/*
 * flowviewerd - reads flow files into a store and answers questions about them over HTTP.
 *
 * main() is the list of what happens, in order; see docs/architecture.md.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flowviewer/os.h"
#include "main/background.h"
#include "main/daemon.h"
#include "main/directory.h"
#include "main/options.h"

#define STOP_SECONDS  5
#define OPEN_FILES    65536
#define WATCHDOG_TICK 10 /* seconds; less if the service manager wants it more often */

/* ---- before the start ----------------------------------------------------------- */

static int usage(const char *problem)
{
    if (problem != NULL)
        fprintf(stderr, "flowviewerd: %s\n", problem);
    fputs(options_usage, problem == NULL ? stdout : stderr);
    return problem == NULL ? 0 : 2;
}

/* Everything that can be wrong with the file, on stderr. NULL if anything is. */
static struct config *load(const struct options *o)
{
    struct buf problems = {0};
    struct config *c;
    struct err e = {0};

    if (config_read(&c, o->config, &problems) == 0 &&
        zone_set(c->time_zone[0] == '\0' ? NULL : c->time_zone, &e) < 0) {
        buf_printf(
            &problems, "%s:%d: time-zone: %s\n", o->config, c->time_zone_line, e.msg);
        config_free(c);
        c = NULL;
    }
    if (problems.data != NULL)
        fputs(problems.data, stderr);
    buf_free(&problems);
    return c;
}

/* The daemon leaves its directory; the files it was told of stay where they are. */
static char *absolute(const char *path)
{
    char here[1024];
    struct buf b = {0};

    if (path == NULL)
        return NULL;
    if (path[0] != '/') {
        if (getcwd(here, sizeof(here)) == NULL)
            fatal("working directory");
        buf_printf(&b, "%s/", here);
    }
    buf_str(&b, path);
    if (b.failed)
        fatalx("out of memory");
    return b.data;
}

static void set_limits(bool foreground)
{
    struct rlimit limit;

    umask(027);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < OPEN_FILES) {
        limit.rlim_cur = limit.rlim_max < OPEN_FILES ? limit.rlim_max : OPEN_FILES;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (!foreground) {
        limit = (struct rlimit){0, 0};
        setrlimit(RLIMIT_CORE, &limit);
    }
}

static int become(const char *user, struct err *e)
{
    if (user[0] != '\0')
        return os_drop_privileges(user, e);
    if (geteuid() == 0)
        log_warnx("running as root: name a user in the configuration");
    return 0;
}

/* ---- while it runs -------------------------------------------------------------- */

/* The signals that main waits for are blocked in all threads, so that none of them is
 * interrupted. SIGALRM is the clock of the watchdog. */
static void block_signals(sigset_t *set)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigaction(SIGPIPE, &ignore, NULL);
    sigemptyset(set);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGALRM);
    pthread_sigmask(SIG_BLOCK, set, NULL);
}

/* Seconds between signs of life; 0: nobody wants them. */
static unsigned watchdog_interval(void)
{
    const char *wanted = getenv("WATCHDOG_USEC");
    uint64_t us;

    if (wanted == NULL || !str_u64(wanted, INT64_MAX, &us))
        return 0;
    us /= 3000000;
    return us < 1 ? 1 : us > WATCHDOG_TICK ? WATCHDOG_TICK : (unsigned)us;
}

/* Until somebody asks us to stop. */
static void run(struct daemon *d, const sigset_t *signals)
{
    unsigned tick = watchdog_interval();
    int signal;

    alarm(tick);
    while (sigwait(signals, &signal) == 0) {
        switch (signal) {
        case SIGHUP:
            log_info("SIGHUP: reading %s again", d->config->path);
            daemon_reload(d);
            break;
        case SIGALRM:
            if (daemon_alive(d))
                os_notify("WATCHDOG=1");
            alarm(tick);
            break;
        default:
            log_info("stopping: %s", signal == SIGINT ? "SIGINT" : "SIGTERM");
            return;
        }
    }
}

static void too_slow(int signal)
{
    static const char text[] = "flowviewerd: did not stop in time, ended\n";
    ssize_t done = write(STDERR_FILENO, text, sizeof(text) - 1);

    (void)done;
    (void)signal;
    _exit(1);
}

/* Nothing is lost if we end in the middle of something: better that than a service that
 * does not end. */
static void stop(struct daemon *d)
{
    struct sigaction act = {.sa_handler = too_slow};
    sigset_t set;

    sigaction(SIGALRM, &act, NULL);
    alarm(STOP_SECONDS);
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    os_notify("STOPPING=1");
    daemon_stop(d);
    alarm(0);
    log_info("stopped");
}

static void ready(const struct daemon *d, bool foreground)
{
    char url[128];

    daemon_url(d, url, sizeof(url));
    if (foreground)
        fprintf(stderr, "ready %s\n", url);
    else
        log_info("ready %s", url);
    os_notify("READY=1");
}

/* ---- main ----------------------------------------------------------------------- */

static int prepare(const struct config *c, struct err *e)
{
    daemon_check_devices(c);
    if (directory_prepare(c->data_directory, c->user, e) < 0)
        return -1;
    return become(c->user, e);
}

/* Returns the exit code. The config is taken over. */
static int serve(
    struct config *c, const char *web_directory, bool foreground, struct background *b)
{
    struct daemon d = {.config = c, .web_directory = web_directory, .lock = -1};
    struct err e = {0};
    sigset_t signals;
    int code = 1;

    block_signals(&signals);
    if (prepare(c, &e) < 0 || daemon_start(&d, &e) < 0) {
        log_warnx("%s", e.msg);
        background_tell(b, e.msg);
    } else {
        ready(&d, foreground);
        background_tell(b, NULL);
        run(&d, &signals);
        stop(&d);
        code = 0;
    }
    daemon_stop(&d);
    return code;
}

static int start(const struct options *o, struct config *c)
{
    struct background b = {.fd = -1};
    char *path = absolute(o->config), *web_directory = absolute(o->web_directory);
    struct err e = {0};
    int code;

    if (!str_copy(c->path, sizeof(c->path), path))
        fatalx("%s: the path is too long", path);
    set_limits(o->foreground);
    if (!o->foreground) {
        if (background_begin(&b, &e) < 0)
            fatalx("%s", e.msg);
        log_init(false, o->verbose, "flowviewerd");
    }
    code = serve(c, web_directory, o->foreground, &b);
    free(web_directory);
    free(path);
    return code;
}

int main(int argc, char **argv)
{
    struct options o;
    struct config *c;
    struct err e = {0};

    if (options_parse(&o, argc, argv, &e) < 0)
        return usage(e.msg);
    if (o.help)
        return usage(NULL);
    if (o.version) {
        puts("flowviewerd " FV_VERSION);
        return 0;
    }
    log_init(true, o.verbose, "flowviewerd");
    c = load(&o);
    if (c == NULL)
        return 1;
    if (!o.check)
        return start(&o, c);
    fputs("configuration OK\n", stderr);
    config_free(c);
    return 0;
}
