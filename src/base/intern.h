/*
 * intern.h - equal texts kept once: an arena of texts with a hash table over them.
 *
 * Texts are constant and live until intern_release; equal content gives the same pointer, so pointers may be
 * compared. Placed by a seed of its own: nobody can choose texts that collide. One thread at a time.
 */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include "base/arena.h"
#include "base/err.h"

struct text {
	uint32_t hash;
	uint32_t len;
	char bytes[];	/* len bytes and a NUL that does not count; may hold any byte, not escaped */
};

struct intern {
	struct arena arena;
	const struct text **slots;	/* owns */
	size_t mask, count;
	size_t bytes, max_bytes;	/* of content; the ceiling */
	uint64_t refused;		/* texts beyond the ceiling: the caller shows them as unknown */
	uint64_t seed;
};

void intern_init(struct intern *in, size_t max_bytes);
void intern_release(struct intern *in);
/* 0; ERR_NOMEM. Beyond the ceiling *ret_text is NULL and 0 is returned. */
int intern_get(struct intern *in, const void *p, size_t len, const struct text **ret_text);

#endif
