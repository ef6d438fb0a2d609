#include <unistd.h>

#include "os/sandbox.h"

#ifdef __OpenBSD__
int os_unveil(const char *path, const char *permissions, struct err *e)
{
    if (unveil(path, permissions) == -1)
        return err_sys(e, "unveil %s", path == NULL ? "the end" : path);
    return 0;
}

int os_pledge(const char *promises, struct err *e)
{
    if (pledge(promises, NULL) == -1)
        return err_sys(e, "pledge \"%s\"", promises);
    return 0;
}

bool sandbox_enforced(void)
{
    return true;
}
#else /* the other BSDs have neither */
int os_unveil(const char *path, const char *permissions, struct err *e)
{
    (void)e;
    log_debug("sandbox: %s \"%s\" is not enforced here", path == NULL ? "" : path,
        permissions == NULL ? "" : permissions);
    return 0;
}

int os_pledge(const char *promises, struct err *e)
{
    (void)e;
    log_debug("sandbox: \"%s\" is not enforced here", promises);
    return 0;
}

bool sandbox_enforced(void)
{
    return false;
}
#endif
