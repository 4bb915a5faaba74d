/*
 * pauses.h - when nothing was recorded: stretches of time outside of every capture.
 *
 * Captures that lie hours apart leave no room for themselves on an axis over all of them. A stretch that no section
 * covers, from its first to its last record, is a pause when it is PAUSE_FACTOR times as long as everything that is
 * covered. Quiet within a capture is none, whatever a filter leaves of it: there, nothing happened.
 */
#ifndef STATS_PAUSES_H
#define STATS_PAUSES_H

#include "base/err.h"
#include "readers/source.h"

#define PAUSES_MAX 7
#define PAUSE_FACTOR 4

struct pauses {
	struct pause {
		uint64_t from_ns, to_ns;	/* [from, to): later than all before, earlier than all behind */
	} pause[PAUSES_MAX];
	unsigned int count;
};

/* In order of time. None where there would be more than PAUSES_MAX. 0 or ERR_NOMEM. */
int pauses_find(struct source *const *sources, uint32_t count, struct pauses *ret_p);

#endif
