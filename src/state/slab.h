/*
 * slab.h - memory of one fold: fixed size classes with free lists, and tracked big blocks.
 *
 * A steady state allocates nothing: what is freed is handed out again. slab_release frees
 * everything at once, so nobody walks the state's objects at its end. In address-sanitizer builds
 * every object is a block of its own, so that a use after free is seen. One thread at a time.
 */
#ifndef STATE_SLAB_H
#define STATE_SLAB_H

#include "base/base.h"

#define SLAB_STEP 16
#define SLAB_SMALL_MAX 1024
#define SLAB_CLASSES (SLAB_SMALL_MAX / SLAB_STEP + 1)

struct slab_cell;
struct slab_chunk;
struct slab_big;

struct slab {
	struct slab_cell *free[SLAB_CLASSES];
	uint8_t *next;			/* rest of the newest chunk */
	size_t left;
	size_t chunk_bytes;		/* of the newest chunk */
	size_t live;			/* bytes handed out and not given back */
	struct slab_chunk *chunks;	/* owns */
	struct slab_big *bigs;		/* owns; doubly linked */
};

void slab_init(struct slab *a);
void slab_release(struct slab *a);

/* n bytes aligned to 16, not cleared, or NULL when memory is out. */
void *slab_alloc(struct slab *a, size_t n);
/* n as given to slab_alloc. p may be NULL. */
void slab_free(struct slab *a, void *p, size_t n);

#endif
