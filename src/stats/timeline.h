/*
 * timeline.h - counts over time whose interval is picked from the span, which is known only at the end.
 *
 * Each worker counts in buckets of the finest width of a ladder whose widths divide one another, and goes up to the
 * next width when it holds too many. Whatever the distribution over workers, the merged line has the same width: the
 * smallest that keeps all distinct buckets below a ceiling and the span, without its pauses, below LIMIT_SERIES_POINTS.
 *
 * A bucket is an array of counts, of a number fixed at init. The first count weighs the bucket: it decides which
 * stray times are left out of the axis. One thread at a time.
 */
#ifndef STATS_TIMELINE_H
#define STATS_TIMELINE_H

#include "base/err.h"
#include "base/map.h"
#include "report/result.h"
#include "stats/pauses.h"

struct timeline {
	unsigned int counts;		/* of a bucket */
	unsigned int rung;		/* of the ladder */
	struct map by_index;		/* time / width -> number of the bucket + 1 */
	uint64_t *buckets;		/* owns; each: time / width, then its counts */
	size_t count, cap;
	uint64_t *last;			/* counts of the bucket counted in last */
	uint64_t last_from, last_to;	/* its times, [from, to) */
};

void timeline_init(struct timeline *t, unsigned int counts);
void timeline_release(struct timeline *t);

/* Makes the bucket of ts the last one. 0 or ERR_NOMEM. */
int timeline_go_to(struct timeline *t, uint64_t ts);

/* The counts of the bucket that ts falls into, good until the next call with t; NULL: no memory. */
static inline uint64_t *timeline_at(struct timeline *t, uint64_t ts)
{
	if (UNLIKELY(ts < t->last_from || ts >= t->last_to) && timeline_go_to(t, ts) != 0) {
		return NULL;
	}
	return t->last;
}

/* Adds from into into; both may be coarsened. 0 or ERR_NOMEM. */
int timeline_merge(struct timeline *into, struct timeline *from);

/*
 * Adds a row per interval to a table of two columns (time, interval) and one more per count, of type COL_U64 or
 * COL_BYTES. Empty intervals in the middle are rows too, but not those within a pause. What lies far off at the ends
 * and weighs little is left out and counted in out->rows_dropped. 0 or ERR_NOMEM; t is of no use afterwards but for
 * release.
 */
int timeline_rows(struct timeline *t, const struct pauses *pauses, struct table *out);

#endif
