/*
 * groups.c - see groups.h. Open addressing over numbers of rows; nothing is ever removed.
 */
#include "stats/groups.h"

#include "base/hash.h"

void groups_init(struct groups *g, size_t key_bytes, size_t row_bytes)
{
	assert(key_bytes > 0 && key_bytes <= row_bytes);
	memset(g, 0, sizeof(*g));
	g->key_bytes = key_bytes;
	g->row_bytes = row_bytes;
	/* Where the kernel put this memory: an input cannot know. */
	g->seed = hash_seed(g);
}

void groups_release(struct groups *g)
{
	free(g->rows);
	free(g->slots);
	groups_init(g, g->key_bytes, g->row_bytes);
}

static uint64_t hash_key(const struct groups *g, const uint8_t *key)
{
	return hash_bytes(g->seed, key, g->key_bytes);
}

/* The slot of a key: its own, or the empty one where it belongs. */
static struct group_slot *find_slot(const struct groups *g, const void *key, uint64_t hash)
{
	size_t i = hash & g->mask;

	for (;;) {
		struct group_slot *s = &g->slots[i];

		if (s->row == 0 ||
		    (s->hash == hash >> 32 && memcmp(groups_row(g, s->row - 1), key, g->key_bytes) == 0)) {
			return s;
		}
		i = (i + 1) & g->mask;
	}
}

void *groups_find(const struct groups *g, const void *key)
{
	const struct group_slot *s;

	if (g->slots == NULL) {
		return NULL;
	}
	s = find_slot(g, key, hash_key(g, key));
	return s->row != 0 ? groups_row(g, s->row - 1) : NULL;
}

static int grow_slots(struct groups *g)
{
	size_t n = g->slots != NULL ? (g->mask + 1) * 2 : 64;
	struct group_slot *slots = calloc(n, sizeof(*slots));

	if (slots == NULL) {
		return ERR_NOMEM;
	}
	free(g->slots);
	g->slots = slots;
	g->mask = n - 1;
	for (size_t i = 0; i < g->count; i++) {
		uint64_t hash = hash_key(g, groups_row(g, i));
		size_t at = hash & g->mask;

		while (slots[at].row != 0) {
			at = (at + 1) & g->mask;
		}
		slots[at].hash = (uint32_t)(hash >> 32);
		slots[at].row = (uint32_t)i + 1;
	}
	return 0;
}

static int grow_rows(struct groups *g)
{
	size_t cap = g->cap == 0 ? 32 : g->cap * 2;
	size_t bytes;
	uint8_t *grown;

	if (g->count == UINT32_MAX || !mul_ok(cap, g->row_bytes, &bytes)) {
		return ERR_NOMEM;
	}
	grown = realloc(g->rows, bytes);
	if (grown == NULL) {
		return ERR_NOMEM;
	}
	g->rows = grown;
	g->cap = cap;
	return 0;
}

void *groups_get(struct groups *g, const void *key)
{
	uint64_t hash = hash_key(g, key);
	struct group_slot *slot;
	uint8_t *row;

	if ((g->slots == NULL || g->count * 2 >= g->mask + 1) && grow_slots(g) != 0) {
		return NULL;
	}
	slot = find_slot(g, key, hash);
	if (slot->row != 0) {
		return groups_row(g, slot->row - 1);
	}
	if (g->count == g->cap && grow_rows(g) != 0) {
		return NULL;
	}
	row = groups_row(g, g->count++);
	memcpy(row, key, g->key_bytes);
	memset(row + g->key_bytes, 0, g->row_bytes - g->key_bytes);
	slot->hash = (uint32_t)(hash >> 32);
	slot->row = (uint32_t)g->count;
	return row;
}

void groups_sort(struct groups *g, int (*compare)(const void *, const void *))
{
	if (g->count > 1) {
		qsort(g->rows, g->count, g->row_bytes, compare);
	}
	free(g->slots);
	g->slots = NULL;
}
