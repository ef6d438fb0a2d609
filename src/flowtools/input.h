/* The bytes of a flow file, from a descriptor or from memory, through one bounded window.
 */
#ifndef FLOWTOOLS_INPUT_H
#define FLOWTOOLS_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INPUT_WINDOW (128 * 1024)

struct input {
    int fd;            /* -1: from memory */
    uint8_t *window;   /* owned; NULL when from memory */
    const uint8_t *at; /* next byte */
    size_t left;       /* bytes from 'at' that are there now */
    uint64_t offset;   /* of 'at' in the file */
    uint64_t size;     /* of the file, or UINT64_MAX when it is not known (a pipe) */
    uint64_t limit;    /* offset where reading ends even if there is more */
    bool ended;        /* nothing beyond 'left' */
    int error;         /* errno of a failed read, or 0 */
};

/* From a descriptor, which input_close() closes. -1 when out of memory. */
int input_open(struct input *in, int fd);
void input_memory(struct input *in, const void *bytes, size_t n);
void input_close(struct input *in);
/* Bytes that can be looked at now; reads on until there are at least 'need' (at most
 * INPUT_WINDOW) or the input ends. */
size_t input_fill(struct input *in, size_t need);
void input_skip(struct input *in, size_t n);
/* Let reading end where the zero bytes at the file's end begin, if there are at least
 * 'least'. Returns how many there are, or 0. Files only: on pipes it does nothing. */
uint64_t input_cut_zero_tail(struct input *in, uint64_t least);

#endif
