/* What is found wrong while reading. */
#include <stdio.h>

#include "flowtools/status.h"

void ft_note(struct ft_status *s, uint64_t offset, const char *fmt, ...)
{
    va_list ap;

    if (s->state != FT_OK)
        return;
    s->state = FT_DAMAGED;
    s->offset = offset;
    va_start(ap, fmt);
    vsnprintf(s->reason, sizeof(s->reason), fmt, ap);
    va_end(ap);
}
