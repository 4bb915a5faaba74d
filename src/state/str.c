/*
 * str.c - strings shared by views and rows: equal content is one object (but for plain ones).
 *
 * A table of all shared strings, open addressing with a seeded hash; counts of references are
 * kept by the fold alone. The empty string and the strings kept forever are never given back.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "state/state_internal.h"

#define REFS_MASK 0x3FFFFFFFu
#define STR_PLAIN 0x40000000u /* in refs: not in the table */
#define STR_FOREVER 0x80000000u /* in refs: never given back */

/* The one place where a shared string is written to: its count belongs to the fold. */
static struct str *writable(const struct str *x)
{
	return (struct str *)(uintptr_t)x;
}

static uint32_t hash_of(uint64_t seed, const void *p, size_t len)
{
	uint64_t h = hash_bytes(seed, p, len);

	return (uint32_t)(h ^ h >> 32);
}

static bool table_grow(struct str_table *t)
{
	size_t n = t->slots != NULL ? (t->mask + 1) * 2 : 256;
	struct str_slot *slots = calloc(n, sizeof(*slots));

	if (slots == NULL) {
		return false;
	}
	for (size_t i = 0; t->slots != NULL && i <= t->mask; i++) {
		if (t->slots[i].s != NULL) {
			size_t k = t->slots[i].hash & (n - 1);

			while (slots[k].s != NULL) {
				k = (k + 1) & (n - 1);
			}
			slots[k] = t->slots[i];
		}
	}
	free(t->slots);
	t->slots = slots;
	t->mask = n - 1;
	return true;
}

void str_table_release(struct str_table *t)
{
	free(t->slots);
	t->slots = NULL;
	t->mask = 0;
	t->count = 0;
}

static struct str *new_str(struct state *s, const void *p, size_t len)
{
	struct str *x;

	if (state_full(s)) {
		s->counts.text_evictions++;
		return NULL;
	}
	x = slab_alloc(&s->slab, sizeof(*x) + len + 1);
	if (x == NULL) {
		s->oom = true;
		return NULL;
	}
	x->refs = 1;
	x->len = (uint32_t)len;
	memcpy(x->s, p, len);
	x->s[len] = '\0';
	return x;
}

const struct str *str_get(struct state *s, const void *p, size_t len)
{
	struct str_table *t = &s->strs;
	struct str *x;
	uint32_t hash;
	size_t i;

	if (len == 0) {
		return s->empty;
	}
	if (len > LIMIT_STRING_BYTES) {
		len = LIMIT_STRING_BYTES;
	}
	if (t->count + 1 > (t->mask + 1) / 2 && !table_grow(t)) {
		s->oom = true;
		return s->empty;
	}
	hash = hash_of(t->seed, p, len);
	for (i = hash & t->mask; t->slots[i].s != NULL; i = (i + 1) & t->mask) {
		if (t->slots[i].hash == hash && str_equal(t->slots[i].s, p, len)) {
			return str_ref(t->slots[i].s);
		}
	}
	x = new_str(s, p, len);
	if (x == NULL) {
		return s->empty;
	}
	t->slots[i].s = x;
	t->slots[i].hash = hash;
	t->count++;
	return x;
}

const struct str *str_name(struct state *s, const void *p, size_t len)
{
	return str_get(s, p, len < LIMIT_PATH_BYTES ? len : LIMIT_PATH_BYTES);
}

const struct str *str_plain(struct state *s, const void *p, size_t len)
{
	struct str *x;

	if (len == 0) {
		return s->empty;
	}
	x = new_str(s, p, len < LIMIT_STRING_BYTES ? len : LIMIT_STRING_BYTES);
	if (x == NULL) {
		return s->empty;
	}
	x->refs |= STR_PLAIN;
	return x;
}

const struct str *str_ref(const struct str *x)
{
	if (LIKELY((x->refs & STR_FOREVER) == 0)) {
		writable(x)->refs++;
		/* 2^30 references can't be counted down any more: keep it. */
		if (UNLIKELY((x->refs & REFS_MASK) == REFS_MASK)) {
			writable(x)->refs |= STR_FOREVER;
		}
	}
	return x;
}

/* Out of the table; later strings of the run move back so that none is lost behind the hole. */
static void forget(struct str_table *t, const struct str *x)
{
	uint32_t hash = hash_of(t->seed, x->s, x->len);
	size_t hole = hash & t->mask;

	while (t->slots[hole].s != x) {
		if (t->slots[hole].s == NULL) {
			return;
		}
		hole = (hole + 1) & t->mask;
	}
	for (size_t i = (hole + 1) & t->mask; t->slots[i].s != NULL; i = (i + 1) & t->mask) {
		size_t home = t->slots[i].hash & t->mask;

		if (((i - home) & t->mask) >= ((i - hole) & t->mask)) {
			t->slots[hole] = t->slots[i];
			hole = i;
		}
	}
	t->slots[hole].s = NULL;
	t->count--;
}

void str_unref(struct state *s, const struct str *x)
{
	struct str *w;

	if (x == NULL || (x->refs & STR_FOREVER) != 0) {
		return;
	}
	w = writable(x);
	w->refs--;
	if ((w->refs & REFS_MASK) > 0) {
		return;
	}
	if ((w->refs & STR_PLAIN) == 0) {
		forget(&s->strs, x);
	}
	slab_free(&s->slab, w, sizeof(*w) + w->len + 1);
}

const struct str *str_forever(struct state *s, const void *p, size_t len)
{
	const struct str *x = str_get(s, p, len);

	writable(x)->refs |= STR_FOREVER;
	return x;
}

void str_set(struct state *s, const struct str **field, const struct str *x)
{
	const struct str *old = *field;

	*field = x;
	str_unref(s, old);
}
