#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "flowviewer/os.h"

int os_fsync_directory(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = 0;

    if (fd == -1)
        return err_sys(e, "open directory %s", path);
    if (fsync(fd) == -1)
        result = err_sys(e, "write directory %s to disk", path);
    close(fd);
    return result;
}

int os_disk_free(const char *path, uint64_t *available, uint64_t *total, struct err *e)
{
    struct statvfs st;
    uint64_t unit;

    if (statvfs(path, &st) == -1)
        return err_sys(e, "ask for the free space at %s", path);
    unit = st.f_frsize != 0 ? st.f_frsize : st.f_bsize;
    *available = (uint64_t)st.f_bavail * unit; /* without what is kept for root */
    *total = (uint64_t)st.f_blocks * unit;
    return 0;
}
