/* The body of a flow file: a supply of whole records, inflated if need be. */
#ifndef FLOWTOOLS_BODY_H
#define FLOWTOOLS_BODY_H

#define ZLIB_CONST
#include <zlib.h>

#include "flowtools/header.h"
#include "flowtools/input.h"

#define BODY_WINDOW (64 * 1024)

enum body_end {
    BODY_GOING, /* there may be more */
    BODY_WHOLE, /* ended as it should */
    BODY_CUT,   /* input ended within the compressed stream */
    BODY_BROKEN /* compressed stream is wrong from here on */
};

struct body {
    struct input *in;
    unsigned size; /* of a record */
    bool compressed;
    bool as_flowtools;
    bool inflating; /* z is to be ended */
    z_stream z;
    uint8_t *window; /* of inflated bytes; BODY_WINDOW */
    size_t at, left;
    uint64_t start; /* offset of the body in the file */
    uint64_t taken; /* compressed bytes so far */
    uint64_t made;  /* inflated bytes so far */
    uint64_t zeros; /* zero bytes found at the file's end and not read */
    enum body_end end;
};

/* Begin the body that the header announces; *s notes what the header has wrong about it.
 * The input must outlive it. -1 when out of memory. */
int body_open(struct body *b, struct input *in, const struct ft_parsed *head,
    bool as_flowtools, struct ft_status *s);
/* Begin another body of records of the same size at the input's position. */
int body_reopen(struct body *b, bool compressed);
void body_close(struct body *b);
/* Whole records that are there now, and where; 0 when there are no more. */
size_t body_records(struct body *b, const uint8_t **p);
void body_take(struct body *b, size_t records);
/* The body has ended: say in *s if it should not have ended so. */
void body_explain(struct body *b, const struct ft_header *h, struct ft_status *s);

#endif
