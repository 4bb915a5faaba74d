/*
 * check.h - thresher-capture --check: what this machine can do, line by line.
 */
#ifndef CAPTURE_CHECK_H
#define CAPTURE_CHECK_H

#include "base/buf.h"

/* True when system calls can be recorded. */
bool check_machine(struct buf *out);

#endif
