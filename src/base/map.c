/*
 * map.c - see map.h.
 */
#include "base/map.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"

void map_init(struct map *m)
{
	memset(m, 0, sizeof(*m));
	/* Where the kernel put this memory: an input cannot know. */
	m->seed = hash_seed(m);
}

void map_release(struct map *m)
{
	free(m->slots);
	map_init(m);
}

void map_clear(struct map *m)
{
	if (m->slots != NULL) {
		memset(m->slots, 0, (m->mask + 1) * sizeof(*m->slots));
	}
	m->count = 0;
}

static void put_new(struct map *m, uint64_t key, uintptr_t value)
{
	size_t i = map_home(m, key);

	while (m->slots[i].value != 0) {
		i = (i + 1) & m->mask;
	}
	m->slots[i].key = key;
	m->slots[i].value = value;
}

static int grow(struct map *m)
{
	struct map bigger = { NULL, 0, m->count, m->seed };
	size_t n = m->slots != NULL ? (m->mask + 1) * 2 : 16;

	bigger.slots = calloc(n, sizeof(*bigger.slots));
	if (bigger.slots == NULL) {
		return ERR_NOMEM;
	}
	bigger.mask = n - 1;
	for (size_t i = 0; m->slots != NULL && i <= m->mask; i++) {
		if (m->slots[i].value != 0) {
			put_new(&bigger, m->slots[i].key, m->slots[i].value);
		}
	}
	free(m->slots);
	*m = bigger;
	return 0;
}

int map_set(struct map *m, uint64_t key, uintptr_t value)
{
	size_t i;

	assert(value != 0);
	if ((m->slots == NULL || m->count + 1 > (m->mask + 1) / 2) && grow(m) != 0) {
		return ERR_NOMEM;
	}
	i = map_home(m, key);
	while (m->slots[i].value != 0) {
		if (m->slots[i].key == key) {
			m->slots[i].value = value;
			return 0;
		}
		i = (i + 1) & m->mask;
	}
	m->slots[i].key = key;
	m->slots[i].value = value;
	m->count++;
	return 0;
}

uintptr_t map_del(struct map *m, uint64_t key)
{
	size_t hole;
	size_t i;
	uintptr_t old;

	if (m->slots == NULL) {
		return 0;
	}
	hole = map_home(m, key);
	while (m->slots[hole].value != 0 && m->slots[hole].key != key) {
		hole = (hole + 1) & m->mask;
	}
	old = m->slots[hole].value;
	if (old == 0) {
		return 0;
	}
	/* Move back every later slot of the run whose home is at or before the hole. */
	for (i = (hole + 1) & m->mask; m->slots[i].value != 0; i = (i + 1) & m->mask) {
		size_t home = map_home(m, m->slots[i].key);

		if (((i - home) & m->mask) >= ((i - hole) & m->mask)) {
			m->slots[hole] = m->slots[i];
			hole = i;
		}
	}
	m->slots[hole].value = 0;
	m->count--;
	return old;
}

const struct map_slot *map_next(const struct map *m, size_t *pos)
{
	while (m->slots != NULL && *pos <= m->mask) {
		const struct map_slot *s = &m->slots[(*pos)++];

		if (s->value != 0) {
			return s;
		}
	}
	return NULL;
}
