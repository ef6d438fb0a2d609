#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "flowviewer/os.h"

#ifdef __linux__
uint64_t os_resident_bytes(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    unsigned long long size, resident;
    long page = sysconf(_SC_PAGESIZE);
    int n;

    if (f == NULL)
        return 0;
    n = fscanf(f, "%llu %llu", &size, &resident);
    fclose(f);
    return n == 2 && page > 0 ? resident * (uint64_t)page : 0;
}
#else
/* The largest so far: what it is now is not to be had without more rights. */
uint64_t os_resident_bytes(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) == -1)
        return 0;
    return (uint64_t)usage.ru_maxrss * 1024;
}
#endif

int os_processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n < 1 ? 1 : n > 1024 ? 1024 : (int)n;
}
