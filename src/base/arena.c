/*
 * arena.c - see arena.h.
 */
#include "base/arena.h"

#include <stdlib.h>

#define CHUNK_MIN ((size_t)64 << 10)

struct arena_chunk {
	struct arena_chunk *older;
	size_t size;
	_Alignas(16) uint8_t bytes[];
};

void arena_init(struct arena *a)
{
	memset(a, 0, sizeof(*a));
}

static void free_chunks(struct arena_chunk *c)
{
	while (c != NULL) {
		struct arena_chunk *older = c->older;
		free(c);
		c = older;
	}
}

void arena_release(struct arena *a)
{
	free_chunks(a->chunk);
	arena_init(a);
}

void arena_reset(struct arena *a)
{
	if (a->chunk != NULL) {
		free_chunks(a->chunk->older);
		a->chunk->older = NULL;
		a->next = a->chunk->bytes;
		a->left = a->chunk->size;
	}
}

static bool new_chunk(struct arena *a, size_t n)
{
	size_t size = a->chunk != NULL ? a->chunk->size * 2 : CHUNK_MIN;
	size_t total;
	struct arena_chunk *c;

	if (size < n) {
		size = n;
	}
	if (!add_ok(size, sizeof(*c), &total)) {
		return false;
	}
	c = malloc(total);
	if (c == NULL) {
		return false;
	}
	c->older = a->chunk;
	c->size = size;
	a->chunk = c;
	a->next = c->bytes;
	a->left = size;
	return true;
}

void *arena_alloc(struct arena *a, size_t n)
{
	void *p;

	if (n > SIZE_MAX - 15) {
		return NULL;
	}
	n = (n + 15) & ~(size_t)15;
	if (UNLIKELY(n > a->left) && !new_chunk(a, n)) {
		return NULL;
	}
	p = a->next;
	a->next += n;
	a->left -= n;
	return p;
}

void *arena_dup(struct arena *a, const void *p, size_t n)
{
	void *copy = arena_alloc(a, n > 0 ? n : 1);

	if (copy != NULL && n > 0) {
		memcpy(copy, p, n);
	}
	return copy;
}
