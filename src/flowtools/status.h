/* What is found wrong while reading goes into struct ft_status. */
#ifndef FLOWTOOLS_STATUS_H
#define FLOWTOOLS_STATUS_H

#include "flowviewer/flowtools.h"

/* Note a fault at a file offset. The first one stays: what follows is often its
 * consequence. */
void ft_note(struct ft_status *s, uint64_t offset, const char *fmt, ...) FV_PRINTF(3, 4);

#endif
