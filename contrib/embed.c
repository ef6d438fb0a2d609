/*
 * embed WEBDIR OUT.c FILES... : the files of web/ as a table of C arrays, squeezed by gzip.
 *
 * Runs at build time. The table's shape is src/http/assets.h. An ETag is a hash of the
 * plain content, so that a browser keeps what did not change over an upgrade.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <zlib.h>

static const struct {
    const char *suffix, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".ico", "image/x-icon"},
    {".png", "image/png"},
};

struct file {
    const char *name; /* on disk */
    const char *path; /* below WEBDIR, with the slash */
    const char *type;
    unsigned char *plain, *gzip;
    size_t plain_size, gzip_size;
};

static const char *type_of(const char *path)
{
    size_t length = strlen(path), i;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        size_t n = strlen(types[i].suffix);
        if (length > n && strcmp(path + length - n, types[i].suffix) == 0)
            return types[i].type;
    }
    return NULL;
}

static int read_file(struct file *f)
{
    FILE *in = fopen(f->name, "rb");
    long size;
    int result = -1;

    if (in == NULL)
        goto out;
    if (fseek(in, 0, SEEK_END) != 0 || (size = ftell(in)) < 0 ||
        fseek(in, 0, SEEK_SET) != 0)
        goto out;
    f->plain_size = (size_t)size;
    f->plain = malloc(f->plain_size + 1);
    if (f->plain == NULL || fread(f->plain, 1, f->plain_size, in) != f->plain_size)
        goto out;
    result = 0;
out:
    if (result != 0)
        perror(f->name);
    if (in != NULL)
        fclose(in);
    return result;
}

static int squeeze(struct file *f)
{
    z_stream z;
    uLong bound;

    memset(&z, 0, sizeof(z));
    if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return -1;
    bound = deflateBound(&z, (uLong)f->plain_size);
    f->gzip = malloc(bound);
    if (f->gzip == NULL) {
        deflateEnd(&z);
        return -1;
    }
    z.next_in = f->plain;
    z.avail_in = (uInt)f->plain_size;
    z.next_out = f->gzip;
    z.avail_out = (uInt)bound;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END) {
        deflateEnd(&z);
        return -1;
    }
    f->gzip_size = (size_t)z.total_out;
    deflateEnd(&z);
    return 0;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

static void write_bytes(FILE *out, size_t index, const struct file *f)
{
    size_t i;

    fprintf(out, "static const unsigned char bytes_%zu[] = {", index);
    for (i = 0; i < f->gzip_size; i++)
        fprintf(out, "%s%u,", i % 24 == 0 ? "\n" : "", f->gzip[i]);
    fprintf(out, "\n};\n");
}

static void write_table(FILE *out, const struct file *files, size_t count)
{
    size_t i;

    fprintf(
        out, "/* Made by contrib/embed.c from web/. */\n#include \"http/assets.h\"\n\n");
    for (i = 0; i < count; i++)
        write_bytes(out, i, &files[i]);
    fprintf(out, "\nconst struct asset assets[] = {\n");
    for (i = 0; i < count; i++)
        fprintf(out, "    {\"%s\", \"%s\", \"\\\"%016llx\\\"\", bytes_%zu, %zu, %zu},\n",
            files[i].path, files[i].type,
            (unsigned long long)XXH64(files[i].plain, files[i].plain_size, 0), i,
            files[i].gzip_size, files[i].plain_size);
    fprintf(out,
        "    {NULL, NULL, NULL, NULL, 0, 0},\n};\nconst size_t asset_count = %zu;\n",
        count);
}

/* Names go into C strings and URLs as they are: only harmless ones. */
static int plain_name(const char *path)
{
    return path[0] == '/' &&
           path[strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789._-/")] == '\0';
}

static int load(struct file *f, const char *web, const char *name)
{
    size_t n = strlen(web);

    f->name = name;
    f->path = name + n;
    if (strncmp(name, web, n) != 0 || !plain_name(f->path)) {
        fprintf(stderr, "%s: not a plain name below %s\n", name, web);
        return -1;
    }
    f->type = type_of(f->path);
    if (f->type == NULL) {
        fprintf(stderr, "%s: content type unknown\n", name);
        return -1;
    }
    return read_file(f) != 0 || squeeze(f) != 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
    struct file *files;
    size_t count, i;
    FILE *out;

    if (argc < 3) {
        fprintf(stderr, "usage: embed WEBDIR OUT.c FILES...\n");
        return 2;
    }
    count = (size_t)argc - 3;
    files = calloc(count + 1, sizeof(*files));
    if (files == NULL)
        return 1;
    for (i = 0; i < count; i++) {
        if (load(&files[i], argv[1], argv[3 + i]) != 0)
            return 1;
    }
    qsort(files, count, sizeof(*files), by_path);
    out = fopen(argv[2], "w");
    if (out == NULL) {
        perror(argv[2]);
        return 1;
    }
    write_table(out, files, count);
    for (i = 0; i < count; i++) {
        free(files[i].plain);
        free(files[i].gzip);
    }
    free(files);
    if (ferror(out) || fclose(out) != 0) {
        perror(argv[2]);
        return 1;
    }
    return 0;
}
