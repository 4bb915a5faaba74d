/*
 * text_map.h - from byte strings to numbers, open addressing, no iteration order. Keys are borrowed, and
 * placed by a seed of the map's own. Filled by one thread; any thread may look up afterwards.
 */
#ifndef FILTER_TEXT_MAP_H
#define FILTER_TEXT_MAP_H

#include "base/base.h"

#define TEXT_MAP_NONE UINT32_MAX

struct text_map_slot {
	const char *key;	/* NULL: empty */
	uint32_t len;
	uint32_t value;
};

struct text_map {
	struct text_map_slot *slots;
	size_t mask;
	size_t count;
	uint64_t seed;
};

void text_map_init(struct text_map *m);
void text_map_release(struct text_map *m);

/* Sets or replaces. 0 or ERR_NOMEM. */
int text_map_set(struct text_map *m, const void *key, uint32_t len, uint32_t value);
/* TEXT_MAP_NONE: not there. */
uint32_t text_map_get(const struct text_map *m, const void *key, uint32_t len);

#endif
