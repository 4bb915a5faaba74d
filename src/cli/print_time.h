/*
 * print_time.h - the span of time that print was asked for: --from, --to, --last.
 *
 *   2026-11-21T08:35:31.5Z   date and time, also with a blank, without time, with +02:00; without zone UTC, or the local one
 *   1795250131.25            seconds since 1970; a number of 17 digits and more is nanoseconds
 *   08:35:31.5   08:35       a time of day of the capture: of the day it began, or the next if that is where it lies
 *   +10s   -1m30s            from the start of the capture; from its end
 *
 * What depends on the capture is known after a pass over it (time_extent). Main thread.
 */
#ifndef CLI_PRINT_TIME_H
#define CLI_PRINT_TIME_H

#include "base/err.h"
#include "cli/options.h"

/* What is shown: from_ns <= time < to_ns. */
struct time_range {
	uint64_t from_ns, to_ns;
};

/* From the first time of any event or packet to the last one. first_ns 0: nothing with a time. */
struct time_extent {
	uint64_t first_ns, last_ns;
};

struct source;
struct time_extent time_extent(struct source *const *sources, uint32_t count);

/* Checks what was written, and tells whether it takes the extent of the capture to know what it means. ERR_USAGE. */
int time_range_check(const struct options *o, bool *ret_needs_extent, struct err *e);
/* extent may be NULL when it is not needed. ERR_USAGE: nothing can lie in that span. */
int time_range_find(const struct options *o, const struct time_extent *extent, struct time_range *ret_r, struct err *e);

#endif
