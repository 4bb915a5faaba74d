/*
 * slab.c - see slab.h.
 */
#include "state/slab.h"

#include <stdlib.h>

/* Chunks double from the first to the largest: ten thousand small captures must not cost a large chunk each. */
#define CHUNK_BYTES_FIRST ((size_t)8 << 10)
#define CHUNK_BYTES_MAX ((size_t)256 << 10)

/* gcc says it by a macro, clang by a feature. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLAB_CHECKED
#endif
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(SLAB_CHECKED)
#define SMALL_MAX 0
#else
#define SMALL_MAX SLAB_SMALL_MAX
#endif

struct slab_cell {
	struct slab_cell *next;
};

struct slab_chunk {
	struct slab_chunk *older;
	_Alignas(16) uint8_t bytes[];
};

struct slab_big {
	struct slab_big *next, *prev;
	_Alignas(16) uint8_t bytes[];
};

void slab_init(struct slab *a)
{
	memset(a, 0, sizeof(*a));
}

void slab_release(struct slab *a)
{
	while (a->chunks != NULL) {
		struct slab_chunk *older = a->chunks->older;

		free(a->chunks);
		a->chunks = older;
	}
	while (a->bigs != NULL) {
		struct slab_big *next = a->bigs->next;

		free(a->bigs);
		a->bigs = next;
	}
	slab_init(a);
}

static void *alloc_big(struct slab *a, size_t n)
{
	struct slab_big *b;
	size_t total;

	if (!add_ok(n, sizeof(*b), &total)) {
		return NULL;
	}
	b = malloc(total);
	if (b == NULL) {
		return NULL;
	}
	a->live += n;
	b->prev = NULL;
	b->next = a->bigs;
	if (b->next != NULL) {
		b->next->prev = b;
	}
	a->bigs = b;
	return b->bytes;
}

static void free_big(struct slab *a, void *p, size_t n)
{
	struct slab_big *b = (struct slab_big *)((uint8_t *)p - offsetof(struct slab_big, bytes));

	a->live -= n;
	if (b->prev != NULL) {
		b->prev->next = b->next;
	} else {
		a->bigs = b->next;
	}
	if (b->next != NULL) {
		b->next->prev = b->prev;
	}
	free(b);
}

/* The rest of the old chunk is given up: less than one cell of the largest class. */
static bool new_chunk(struct slab *a)
{
	size_t bytes = a->chunk_bytes == 0		   ? CHUNK_BYTES_FIRST :
		       a->chunk_bytes < CHUNK_BYTES_MAX ? a->chunk_bytes * 2 :
							  CHUNK_BYTES_MAX;
	struct slab_chunk *c = malloc(sizeof(*c) + bytes);

	if (c == NULL) {
		return false;
	}
	a->chunk_bytes = bytes;
	c->older = a->chunks;
	a->chunks = c;
	a->next = c->bytes;
	a->left = bytes;
	return true;
}

static size_t class_of(size_t n)
{
	return n > 0 ? (n + SLAB_STEP - 1) / SLAB_STEP : 1;
}

void *slab_alloc(struct slab *a, size_t n)
{
	size_t class = class_of(n);
	struct slab_cell *cell;

	if (UNLIKELY(n > SMALL_MAX)) {
		return alloc_big(a, n);
	}
	cell = a->free[class];
	if (LIKELY(cell != NULL)) {
		a->free[class] = cell->next;
		a->live += n;
		return cell;
	}
	if (a->left < class * SLAB_STEP && !new_chunk(a)) {
		return NULL;
	}
	cell = (struct slab_cell *)a->next;
	a->next += class * SLAB_STEP;
	a->left -= class * SLAB_STEP;
	a->live += n;
	return cell;
}

void slab_free(struct slab *a, void *p, size_t n)
{
	size_t class = class_of(n);
	struct slab_cell *cell = p;

	if (p == NULL) {
		return;
	}
	if (UNLIKELY(n > SMALL_MAX)) {
		free_big(a, p, n);
		return;
	}
	a->live -= n;
	cell->next = a->free[class];
	a->free[class] = cell;
}
