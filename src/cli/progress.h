/*
 * progress.h - the one line on a terminal that says how far a run is: share, rate, events, time
 * left.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "base/buf.h"
#include "engine/engine.h"

/* For engine_options.progress; arg is a struct diag. */
void progress_show(void *arg, const struct progress *p);

/* The text of the line, without control characters. */
void progress_text(struct buf *out, const struct progress *p);

#endif
