/*
 * groups.h - rows found by a key of bytes: what a table adds up per address, port or service.
 *
 * A row is a struct of the caller whose first key_bytes bytes are its key (no padding in them: keys are compared and
 * hashed as bytes). Keys come from the input: each table places them by a seed of its own, so that nobody can choose
 * keys that collide. Rows stand in the order they came; sort them before showing. One thread at a time.
 */
#ifndef STATS_GROUPS_H
#define STATS_GROUPS_H

#include "base/err.h"

struct group_slot {
	uint32_t hash;		/* upper half: tells most keys apart without looking at their rows */
	uint32_t row;		/* number of the row + 1, 0: empty */
};

struct groups {
	size_t key_bytes, row_bytes;
	uint8_t *rows;		/* owns */
	size_t count, cap;
	struct group_slot *slots;	/* owns */
	size_t mask;
	uint64_t seed;
};

void groups_init(struct groups *g, size_t key_bytes, size_t row_bytes);
void groups_release(struct groups *g);

/* The row of a key, zeroed behind the key when it is new; good until the next call. NULL: no memory. */
void *groups_get(struct groups *g, const void *key);
/* The row of a key, or NULL when there is none. */
void *groups_find(const struct groups *g, const void *key);

static inline void *groups_row(const struct groups *g, size_t i)
{
	return g->rows + i * g->row_bytes;
}

/* Sorts the rows; no groups_get afterwards. */
void groups_sort(struct groups *g, int (*compare)(const void *, const void *));

#endif
