/*
 * hist.h - a histogram of durations that merges: fixed log buckets, so that percentiles do not depend on
 * who counted what.
 *
 * Each power of two is cut into 16 equal buckets: a value is known to 1/16 of its octave, so the middle of its
 * bucket is at most 3.1 % off. Values below 16 are exact. Sums, minimum and maximum are exact.
 */
#ifndef STATS_HIST_H
#define STATS_HIST_H

#include "base/base.h"

#define HIST_SUB_BITS 4
#define HIST_BUCKETS ((64 - HIST_SUB_BITS + 1) << HIST_SUB_BITS)

struct hist {
	uint64_t count, sum, min, max;	/* min and max are valid when count > 0; sum saturates */
	uint64_t buckets[HIST_BUCKETS];
};

static inline unsigned int hist_bucket(uint64_t x)
{
	unsigned int top;

	if (x < (1u << HIST_SUB_BITS)) {
		return (unsigned int)x;
	}
	top = 63u - (unsigned int)__builtin_clzll(x);
	return ((top - HIST_SUB_BITS + 1) << HIST_SUB_BITS) +
	       (unsigned int)((x >> (top - HIST_SUB_BITS)) & ((1u << HIST_SUB_BITS) - 1));
}

static inline void hist_add(struct hist *h, uint64_t x)
{
	h->buckets[hist_bucket(x)]++;
	h->min = h->count == 0 || x < h->min ? x : h->min;
	h->max = x > h->max ? x : h->max;
	h->count++;
	h->sum = h->sum > UINT64_MAX - x ? UINT64_MAX : h->sum + x;
}

/* Adds from into into. */
void hist_merge(struct hist *into, const struct hist *from);

/* The value below which the fraction p (0..1) of all lies: middle of its bucket, within min and max;
 * 0 when empty. */
uint64_t hist_percentile(const struct hist *h, double p);

#endif
