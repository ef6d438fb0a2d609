#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "names/table.h"

#define LINE_MAX_BYTES 1024
#define LINES_MAX      100000
#define WORDS_MAX      16

/* What a line says: words[0] is the name, words[1] the number, the rest are aliases. */
struct line {
    char *words[WORDS_MAX];
    size_t count;
};

typedef int (*add_line)(struct name_table *t, const struct line *line);

static void split(char *text, struct line *line)
{
    char *saved;

    text[strcspn(text, "#\r\n")] = '\0';
    line->count = 0;
    for (char *word = strtok_r(text, " \t\v\f", &saved); word != NULL;
         word = strtok_r(NULL, " \t\v\f", &saved))
        if (line->count < WORDS_MAX)
            line->words[line->count++] = word;
}

static int add_words(
    struct name_table *t, const struct line *line, uint64_t number, enum name_source source)
{
    for (size_t i = 0; i < line->count; i++)
        if (i != 1 && table_add(t, line->words[i], strlen(line->words[i]), (uint32_t)number,
                          source, i != 0) == -1)
            return -1;
    return 0;
}

static int service_line(struct name_table *t, const struct line *line)
{
    char *protocol;
    uint64_t port;

    if (line->count < 2 || (protocol = strchr(line->words[1], '/')) == NULL)
        return 0;
    *protocol++ = '\0';
    if (!str_u64(line->words[1], 65535, &port))
        return 0;
    return add_words(t, line, port,
        strcmp(protocol, "tcp") == 0   ? FROM_FILE_TCP
        : strcmp(protocol, "udp") == 0 ? FROM_FILE_UDP
                                       : FROM_FILE_OTHER);
}

static int protocol_line(struct name_table *t, const struct line *line)
{
    uint64_t number;

    if (line->count < 2 || !str_u64(line->words[1], 255, &number))
        return 0;
    return add_words(t, line, number, FROM_FILE_TCP);
}

/* The rest of a line that is too long is not a line of its own. */
static void skip_rest(FILE *f)
{
    int c;

    while ((c = getc(f)) != EOF && c != '\n')
        ;
}

static int parse(struct name_table *t, const char *path, add_line add)
{
    FILE *f = fopen(path, "r");
    char text[LINE_MAX_BYTES];
    struct line line;
    int result = 0;

    if (f == NULL) {
        if (errno != ENOENT)
            log_warn("cannot read %s, using built-in names", path);
        return 0;
    }
    for (int n = 0; result == 0 && n < LINES_MAX && fgets(text, sizeof(text), f); n++) {
        if (strchr(text, '\n') == NULL && !feof(f)) {
            skip_rest(f);
            continue;
        }
        split(text, &line);
        result = add(t, &line);
    }
    fclose(f);
    return result;
}

int parse_services(struct name_table *t, const char *path)
{
    return parse(t, path, service_line);
}

int parse_protocols(struct name_table *t, const char *path)
{
    return parse(t, path, protocol_line);
}
