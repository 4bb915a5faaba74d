/*
 * arena.h - memory that is freed all at once, for what lives as long as one batch.
 *
 * arena_reset keeps the largest chunk, so a steady state allocates nothing. One thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/base.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunk;	/* newest chunk, owns the older ones through its link */
	uint8_t *next;
	size_t left;
};

void arena_init(struct arena *a);
void arena_release(struct arena *a);
void arena_reset(struct arena *a);

/* n bytes aligned to 16, not cleared, or NULL when memory is out. */
void *arena_alloc(struct arena *a, size_t n);

/* Memory by itself, not cleared, for what may be very large; to be given back with free. NULL when memory is out. */
void *large_alloc(size_t n);

/* A copy of n bytes, or NULL. */
void *arena_dup(struct arena *a, const void *p, size_t n);

#endif
