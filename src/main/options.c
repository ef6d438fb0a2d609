#include <string.h>

#include "main/options.h"

const char options_usage[] =
    "usage: flowviewerd [-dnv] [-f file] [--web-dir directory]\n"
    "  -d               stay in the foreground, log to stderr\n"
    "  -f file          configuration (" DEFAULT_CONFIG ")\n"
    "  -n               check the configuration and exit\n"
    "  -v               log more\n"
    "  --web-dir dir    serve the pages from this directory, not the built-in ones\n"
    "  --version        print the version and exit\n";

/* getopt() knows no long options and getopt_long() is not in POSIX: hence by hand. */
struct arguments {
    char **word;
    int count, next;
    const char *name; /* of the option at hand */
};

/* What follows the option in its own word, or the next word. */
static const char *value(struct arguments *a, const char *rest, struct err *e)
{
    if (*rest != '\0')
        return rest;
    if (a->next < a->count)
        return a->word[a->next++];
    err_set(e, ERR_INPUT, "option %s needs a value", a->name);
    return NULL;
}

/* "-dnv", "-f file", "-ffile". */
static int short_options(struct options *o, struct arguments *a, struct err *e)
{
    for (const char *p = a->name + 1; *p != '\0'; p++) {
        switch (*p) {
        case 'd':
            o->foreground = true;
            break;
        case 'n':
            o->check = true;
            break;
        case 'v':
            o->verbose++;
            break;
        case 'h':
            o->help = true;
            break;
        case 'f':
            o->config = value(a, p + 1, e);
            return o->config == NULL ? -1 : 0;
        default:
            return err_set(e, ERR_INPUT, "unknown option -%c", *p);
        }
    }
    return 0;
}

/* "--web-dir DIR", "--web-dir=DIR". */
static int long_option(struct options *o, struct arguments *a, struct err *e)
{
    static const char web[] = "--web-dir";
    size_t n = sizeof(web) - 1;

    if (strcmp(a->name, "--version") == 0)
        o->version = true;
    else if (strcmp(a->name, "--help") == 0)
        o->help = true;
    else if (strncmp(a->name, web, n) == 0 && (a->name[n] == '\0' || a->name[n] == '=')) {
        o->web_directory = value(a, a->name[n] == '=' ? a->name + n + 1 : "", e);
        return o->web_directory == NULL ? -1 : 0;
    } else
        return err_set(e, ERR_INPUT, "unknown option %s", a->name);
    return 0;
}

int options_parse(struct options *o, int argc, char **argv, struct err *e)
{
    struct arguments a = {.word = argv, .count = argc, .next = 1};

    *o = (struct options){.config = DEFAULT_CONFIG};
    while (a.next < argc) {
        int r;

        a.name = argv[a.next++];
        if (strncmp(a.name, "--", 2) == 0)
            r = long_option(o, &a, e);
        else if (a.name[0] == '-' && a.name[1] != '\0')
            r = short_options(o, &a, e);
        else
            r = err_set(e, ERR_INPUT, "unexpected argument \"%s\"", a.name);
        if (r < 0)
            return -1;
    }
    return 0;
}
