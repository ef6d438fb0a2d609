#include <stdio.h>
#include <string.h>

#include "main/config_line.h"

void line_problem(struct config_line *l, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    buf_printf(l->problems, "%s:%d: ", l->file, l->number);
    if (l->directive != NULL)
        buf_printf(l->problems, "%s: ", l->directive);
    buf_str(l->problems, text);
    buf_char(l->problems, '\n');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Copy a quoted word, the opening quote is behind us. NULL: it never ends. */
static const char *quoted(const char *p, const char *end, char **to)
{
    for (; p < end && *p != '"'; p++) {
        if (*p == '\\' && p + 1 < end && (p[1] == '"' || p[1] == '\\'))
            p++;
        *(*to)++ = *p;
    }
    return p < end ? p + 1 : NULL;
}

static const char *bare(const char *p, const char *end, char **to)
{
    while (p < end && !is_blank(*p) && *p != '#' && *p != '"')
        *(*to)++ = *p++;
    return p;
}

bool line_split(struct config_line *l, const char *text, size_t n)
{
    const char *p = text, *end = text + n;
    char *to = l->text;

    l->count = l->next = 0;
    if (n >= sizeof(l->text) - LINE_WORDS) {
        line_problem(l, "the line is longer than %d bytes", LINE_BYTES - LINE_WORDS - 1);
        return false;
    }
    for (;;) {
        while (p < end && is_blank(*p))
            p++;
        if (p == end || *p == '#')
            return true;
        if (l->count == LINE_WORDS) {
            line_problem(l, "more than %d words", LINE_WORDS);
            return false;
        }
        l->word[l->count++] = to;
        p = *p == '"' ? quoted(p + 1, end, &to) : bare(p, end, &to);
        if (p == NULL) {
            line_problem(l, "the quoted text is not closed: expected a second \"");
            return false;
        }
        *to++ = '\0';
    }
}

const char *line_take(struct config_line *l, const char *expected)
{
    if (l->next < l->count)
        return l->word[l->next++];
    line_problem(l, "expected %s at the end of the line", expected);
    return NULL;
}

bool line_keyword(struct config_line *l, const char *keyword)
{
    if (line_optional(l, keyword))
        return true;
    if (l->next < l->count)
        line_problem(l, "expected \"%s\" instead of \"%s\"", keyword, l->word[l->next]);
    else
        line_problem(l, "expected \"%s\" at the end of the line", keyword);
    return false;
}

bool line_optional(struct config_line *l, const char *keyword)
{
    if (l->next == l->count || strcmp(l->word[l->next], keyword) != 0)
        return false;
    l->next++;
    return true;
}

bool line_end(struct config_line *l)
{
    if (l->next == l->count)
        return true;
    line_problem(l, "expected nothing more, found \"%s\"", l->word[l->next]);
    return false;
}
