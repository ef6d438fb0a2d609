#include <errno.h>
#include <stdlib.h>
#ifdef __linux__
#include <sys/random.h>
#endif

#include "flowviewer/os.h"

#ifdef __linux__
int os_random(void *bytes, size_t n)
{
    char *p = bytes;

    while (n > 0) {
        ssize_t got = getrandom(p, n, 0);
        if (got == -1 && errno != EINTR)
            return -1;
        if (got > 0) {
            p += got;
            n -= (size_t)got;
        }
    }
    return 0;
}
#else
int os_random(void *bytes, size_t n)
{
    arc4random_buf(bytes, n);
    return 0;
}
#endif
