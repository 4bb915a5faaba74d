/*
 * arena.c - see arena.h.
 */
#include "base/arena.h"

#include <stdlib.h>
#include <sys/mman.h>

#define CHUNK_MIN ((size_t)64 << 10)
/* What takes some of these is made of them where the system can: a million rows then cost hundreds of page faults, not
 * hundreds of thousands. */
#define LARGE_PAGE ((size_t)2 << 20)

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

void *large_alloc(size_t n)
{
	void *p = NULL;

	if (n < 2 * LARGE_PAGE) {
		return malloc(n);
	}
	if (posix_memalign(&p, LARGE_PAGE, n) != 0) {
		return NULL;
	}
	madvise(p, n & ~(LARGE_PAGE - 1), MADV_HUGEPAGE);	/* advice: without it, it is slower only */
	return p;
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
	c = large_alloc(total);
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
