/*
 * hist.c - see hist.h. A histogram belongs to one thread at a time.
 */
#include "stats/hist.h"

void hist_merge(struct hist *into, const struct hist *from)
{
	if (from->count == 0) {
		return;
	}
	into->min = into->count == 0 ? from->min : min_u64(into->min, from->min);
	into->max = max_u64(into->max, from->max);
	into->count += from->count;
	into->sum = into->sum > UINT64_MAX - from->sum ? UINT64_MAX : into->sum + from->sum;
	for (size_t i = 0; i < HIST_BUCKETS; i++) {
		into->buckets[i] += from->buckets[i];
	}
}

/* Smallest value of a bucket. */
static uint64_t bucket_low(unsigned int b)
{
	unsigned int octave = b >> HIST_SUB_BITS;
	uint64_t sub = b & ((1u << HIST_SUB_BITS) - 1);

	if (octave == 0) {
		return sub;
	}
	return ((UINT64_C(1) << HIST_SUB_BITS) + sub) << (octave - 1);
}

static uint64_t bucket_middle(unsigned int b)
{
	unsigned int octave = b >> HIST_SUB_BITS;
	uint64_t width = octave == 0 ? 1 : UINT64_C(1) << (octave - 1);

	return bucket_low(b) + (width - 1) / 2;
}

uint64_t hist_percentile(const struct hist *h, double p)
{
	uint64_t rank;
	uint64_t seen = 0;

	if (h->count == 0) {
		return 0;
	}
	/* Nearest rank: the smallest value with at least p of all at or below it. */
	rank = (uint64_t)(p * (double)h->count);
	if ((double)rank < p * (double)h->count) {
		rank++;
	}
	rank = rank == 0 ? 1 : min_u64(rank, h->count);
	for (unsigned int b = 0; b < HIST_BUCKETS; b++) {
		seen += h->buckets[b];
		if (seen >= rank) {
			uint64_t x = bucket_middle(b);

			return min_u64(max_u64(x, h->min), h->max);
		}
	}
	return h->max;
}
