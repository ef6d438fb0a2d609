/*
 * config_line: one line of the config file as words, and what to say when one is wrong.
 */
#ifndef MAIN_CONFIG_LINE_H
#define MAIN_CONFIG_LINE_H

#include "flowviewer/base.h"

#define LINE_WORDS 16
#define LINE_BYTES 1024

struct config_line {
    const char *file;
    int number;
    const char *directive; /* named in problems; NULL: not known yet */
    struct buf *problems;  /* borrowed; a line of text a problem */
    size_t count, next;    /* words, and the first that was not taken yet */
    const char *word[LINE_WORDS];
    char text[LINE_BYTES]; /* what the words point into */
};

/* Split n bytes at text into words: bare or in double quotes (\" and \\ inside), up to '#'.
 * False if that cannot be done (the problem is noted). */
bool line_split(struct config_line *l, const char *text, size_t n);

/* Note a problem of this line. */
void line_problem(struct config_line *l, const char *fmt, ...) FV_PRINTF(2, 3);

/* The next word, or NULL with a problem that says what was expected there. */
const char *line_take(struct config_line *l, const char *expected);
/* The next word must be this one. */
bool line_keyword(struct config_line *l, const char *keyword);
/* Take the next word if it is this one; no problem if it is not. */
bool line_optional(struct config_line *l, const char *keyword);
/* Nothing may be left. */
bool line_end(struct config_line *l);

#endif
