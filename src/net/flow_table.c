/*
 * flow_table.c - finds the live part of a flow by its key; keeps live parts in the order in which they were last
 * touched, one list for each kind of timeout. Open addressing with a seed of its own, so that nobody can choose keys
 * that collide; deletion shifts back. One thread at a time: the shard's.
 */
#include "base/hash.h"
#include "net/track.h"

#define CHUNK_MIN 8
#define CHUNK_MAX 256

void flow_table_init(struct flow_table *t, size_t max)
{
	memset(t, 0, sizeof(*t));
	t->max = max;
	t->seed = hash_seed(t);
}

void flow_table_release(struct flow_table *t)
{
	for (size_t i = 0; i < t->chunk_count; i++) {
		free(t->chunks[i]);
	}
	free(t->chunks);
	free(t->slots);
	flow_table_init(t, t->max);
}

uint32_t flow_table_hash(const struct flow_table *t, const struct flow_key *key)
{
	return (uint32_t)hash_bytes(t->seed, key, sizeof(*key));
}

struct live_flow *flow_table_find(const struct flow_table *t, const struct flow_key *key, uint32_t hash)
{
	if (UNLIKELY(t->slots == NULL)) {
		return NULL;
	}
	for (size_t i = hash & t->mask; t->slots[i].live != NULL; i = (i + 1) & t->mask) {
		if (t->slots[i].hash == hash && memcmp(&t->slots[i].live->key, key, sizeof(*key)) == 0) {
			return t->slots[i].live;
		}
	}
	return NULL;
}

/* ---- slots ----------------------------------------------------------------------------------- */

static void place(struct flow_slot *slots, size_t mask, struct live_flow *lf)
{
	size_t i = lf->hash & mask;

	while (slots[i].live != NULL) {
		i = (i + 1) & mask;
	}
	slots[i].live = lf;
	slots[i].hash = lf->hash;
}

static int grow(struct flow_table *t)
{
	size_t n = t->slots != NULL ? (t->mask + 1) * 2 : 16;
	struct flow_slot *slots = calloc(n, sizeof(*slots));

	if (slots == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; t->slots != NULL && i <= t->mask; i++) {
		if (t->slots[i].live != NULL) {
			place(slots, n - 1, t->slots[i].live);
		}
	}
	free(t->slots);
	t->slots = slots;
	t->mask = n - 1;
	return 0;
}

/* Empties slot i: later ones of the same run that may stand there move up. */
static void empty_slot(struct flow_table *t, size_t i)
{
	size_t k = i;

	for (;;) {
		size_t home;

		k = (k + 1) & t->mask;
		if (t->slots[k].live == NULL) {
			break;
		}
		home = t->slots[k].hash & t->mask;
		if (((k - home) & t->mask) >= ((k - i) & t->mask)) {
			t->slots[i] = t->slots[k];
			i = k;
		}
	}
	t->slots[i].live = NULL;
}

/* ---- live parts ------------------------------------------------------------------------------ */

static size_t live_bytes(unsigned int kind)
{
	return sizeof(struct live_flow) + (kind != 0 ? 2 * sizeof(struct tcp_side) : 0);
}

/* Few flows must cost little: a section may have some in every shard. */
static int add_chunk(struct flow_table *t, unsigned int kind)
{
	size_t n = t->chunk_count < 5 ? (size_t)CHUNK_MIN << t->chunk_count : CHUNK_MAX;
	uint8_t *chunk;

	if (t->chunk_count == t->chunk_cap) {
		size_t cap = t->chunk_cap == 0 ? 8 : t->chunk_cap * 2;
		void **grown = realloc(t->chunks, cap * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		t->chunks = grown;
		t->chunk_cap = cap;
	}
	chunk = malloc(n * live_bytes(kind));
	if (chunk == NULL) {
		return ERR_NOMEM;
	}
	t->chunks[t->chunk_count++] = chunk;
	for (size_t i = 0; i < n; i++) {
		struct live_flow *lf = (struct live_flow *)(void *)(chunk + i * live_bytes(kind));

		lf->newer = t->free[kind];
		t->free[kind] = lf;
	}
	return 0;
}

static void link_newest(struct flow_table *t, struct live_flow *lf, enum live_list list)
{
	lf->list = (uint8_t)list;
	lf->newer = NULL;
	lf->older = t->newest[list];
	if (lf->older != NULL) {
		lf->older->newer = lf;
	} else {
		t->oldest[list] = lf;
	}
	t->newest[list] = lf;
}

static void unlink_live(struct flow_table *t, struct live_flow *lf)
{
	if (lf->older != NULL) {
		lf->older->newer = lf->newer;
	} else {
		t->oldest[lf->list] = lf->newer;
	}
	if (lf->newer != NULL) {
		lf->newer->older = lf->older;
	} else {
		t->newest[lf->list] = lf->older;
	}
}

struct live_flow *flow_table_add(struct flow_table *t, const struct flow_key *key, uint32_t hash, enum live_list list)
{
	unsigned int kind = key->ip_proto == IP_TCP;
	struct live_flow *lf;

	DBG_ASSERT(t->count < t->max);
	if ((t->slots == NULL || t->count * 4 >= (t->mask + 1) * 3) && grow(t) != 0) {
		return NULL;
	}
	if (t->free[kind] == NULL && add_chunk(t, kind) != 0) {
		return NULL;
	}
	lf = t->free[kind];
	t->free[kind] = lf->newer;
	memset(lf, 0, live_bytes(kind));
	lf->key = *key;
	lf->hash = hash;
	place(t->slots, t->mask, lf);
	t->count++;
	link_newest(t, lf, list);
	return lf;
}

void flow_table_remove(struct flow_table *t, struct live_flow *lf)
{
	unsigned int kind = lf->key.ip_proto == IP_TCP;
	size_t i = lf->hash & t->mask;

	while (t->slots[i].live != lf) {
		i = (i + 1) & t->mask;
	}
	empty_slot(t, i);
	t->count--;
	unlink_live(t, lf);
	lf->newer = t->free[kind];
	t->free[kind] = lf;
}

void flow_table_touch(struct flow_table *t, struct live_flow *lf, enum live_list list)
{
	if (lf->newer == NULL && lf->list == list) {
		return;
	}
	unlink_live(t, lf);
	link_newest(t, lf, list);
}

struct live_flow *flow_table_victim(const struct flow_table *t)
{
	struct live_flow *found = t->oldest[LIST_BRIEF];

	for (unsigned int i = LIST_BRIEF + 1; i < LIST_COUNT && t->oldest[LIST_BRIEF] == NULL; i++) {
		if (t->oldest[i] != NULL && (found == NULL || t->oldest[i]->touched < found->touched)) {
			found = t->oldest[i];
		}
	}
	return found;
}
