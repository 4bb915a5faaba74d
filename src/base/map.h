/*
 * map.h - a hash map from uint64_t to a pointer or number, open addressing, no iteration order.
 *
 * Values are any non-zero uintptr_t; 0 means "absent". Deletion shifts back, so there are no
 * tombstones. Results never depend on the order of a walk: sort before showing. One thread at a time.
 * Keys may come from the input: each map places them by a seed of its own, so that nobody can
 * choose keys that collide.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/base.h"

struct map_slot {
	uint64_t key;
	uintptr_t value;	/* 0: empty slot */
};

struct map {
	struct map_slot *slots;
	size_t mask;		/* slots - 1; 0 while nothing is allocated */
	size_t count;
	uint64_t seed;
};

void map_init(struct map *m);
void map_release(struct map *m);
void map_clear(struct map *m);

static inline uint64_t map_hash(uint64_t key)
{
	key *= UINT64_C(0x9E3779B97F4A7C15);
	key ^= key >> 32;
	key *= UINT64_C(0xD6E8FEB86659FD93);
	return key ^ (key >> 32);
}

/* Where a key's search begins. */
static inline size_t map_home(const struct map *m, uint64_t key)
{
	return map_hash(key ^ m->seed) & m->mask;
}

static inline uintptr_t map_get(const struct map *m, uint64_t key)
{
	size_t i;

	if (UNLIKELY(m->slots == NULL)) {
		return 0;
	}
	i = map_home(m, key);
	while (m->slots[i].value != 0) {
		if (m->slots[i].key == key) {
			return m->slots[i].value;
		}
		i = (i + 1) & m->mask;
	}
	return 0;
}

/* Sets or replaces. value must not be 0. Returns 0 or ERR_NOMEM. */
int map_set(struct map *m, uint64_t key, uintptr_t value);

/* Removes; returns the value that was there, or 0. */
uintptr_t map_del(struct map *m, uint64_t key);

/* Walks all slots: start with *pos = 0; NULL at the end. The map must not change meanwhile. */
const struct map_slot *map_next(const struct map *m, size_t *pos);

#endif
