/*
 * text_map.c - see text_map.h.
 */
#include "filter/text_map.h"

#include "base/err.h"
#include "base/hash.h"

#define SLOTS_MIN 16

void text_map_init(struct text_map *m)
{
	memset(m, 0, sizeof(*m));
	m->seed = hash_seed(m);
}

void text_map_release(struct text_map *m)
{
	free(m->slots);
	memset(m, 0, sizeof(*m));
}

/* The slot of a key, or the empty one where it would be. */
static struct text_map_slot *slot_of(const struct text_map *m, const void *key, uint32_t len)
{
	size_t i = hash_bytes(m->seed, key, len) & m->mask;

	while (m->slots[i].key != NULL &&
	       (m->slots[i].len != len || memcmp(m->slots[i].key, key, len) != 0)) {
		i = (i + 1) & m->mask;
	}
	return &m->slots[i];
}

static int grow(struct text_map *m)
{
	struct text_map bigger = *m;
	size_t n = m->slots != NULL ? (m->mask + 1) * 2 : SLOTS_MIN;

	bigger.slots = calloc(n, sizeof(*bigger.slots));
	if (bigger.slots == NULL) {
		return ERR_NOMEM;
	}
	bigger.mask = n - 1;
	for (size_t i = 0; m->slots != NULL && i <= m->mask; i++) {
		if (m->slots[i].key != NULL) {
			*slot_of(&bigger, m->slots[i].key, m->slots[i].len) = m->slots[i];
		}
	}
	free(m->slots);
	*m = bigger;
	return 0;
}

int text_map_set(struct text_map *m, const void *key, uint32_t len, uint32_t value)
{
	struct text_map_slot *s;

	if (m->slots == NULL || m->count * 2 > m->mask) {
		int code = grow(m);

		if (code < 0) {
			return code;
		}
	}
	s = slot_of(m, key, len);
	if (s->key == NULL) {
		m->count++;
	}
	s->key = (const char *)key;
	s->len = len;
	s->value = value;
	return 0;
}

uint32_t text_map_get(const struct text_map *m, const void *key, uint32_t len)
{
	const struct text_map_slot *s = m->slots != NULL ? slot_of(m, key, len) : NULL;

	return s != NULL && s->key != NULL ? s->value : TEXT_MAP_NONE;
}
