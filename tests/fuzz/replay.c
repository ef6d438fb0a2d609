/*
 * Feeds files, and all files of directories, to a fuzz target: so that every input that is
 * kept is tested in each ordinary build, without libFuzzer.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned done;

static void replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *bytes = NULL;
    size_t n = 0, room = 0, got;

    if (f == NULL) {
        perror(path);
        exit(1);
    }
    do {
        if (n == room) {
            room = room > 0 ? room * 2 : 65536;
            bytes = realloc(bytes, room);
            if (bytes == NULL)
                abort();
        }
        got = fread(bytes + n, 1, room - n, f);
        n += got;
    } while (got > 0);
    fclose(f);
    LLVMFuzzerTestOneInput(bytes, n);
    free(bytes);
    done++;
}

static void replay(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *e;
    char below[1024];

    if (d == NULL) {
        replay_file(path);
        return;
    }
    while ((e = readdir(d)) != NULL) {
        if (e->d_name[0] == '.')
            continue;
        if (snprintf(below, sizeof(below), "%s/%s", path, e->d_name) < (int)sizeof(below))
            replay(below);
    }
    closedir(d);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    printf("%u inputs\n", done);
    return done > 0 ? 0 : 1;
}
