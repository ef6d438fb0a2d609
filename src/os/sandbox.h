/*
 * Private to os: the shutting-in of the process, as each system does it.
 */
#ifndef FV_OS_SANDBOX_H
#define FV_OS_SANDBOX_H

#include "flowviewer/os.h"

/* True if this kernel enforces what os_unveil() was told. */
bool sandbox_enforced(void);

#endif
