/*
 * http_pairs.c - see http_pairs.h: a ring that grows up to LIMIT_HTTP_PENDING. Thread: the flow's shard.
 */
#include "net/http_pairs.h"

#include "base/limits.h"

void http_pairs_release(struct http_pairs *p)
{
	free(p->ring);
	memset(p, 0, sizeof(*p));
}

static int grow(struct http_pairs *p)
{
	uint32_t cap = p->cap == 0 ? 4 : p->cap * 2;
	struct http_pair *ring = malloc(cap * sizeof(*ring));

	if (ring == NULL) {
		return ERR_NOMEM;
	}
	for (uint32_t i = 0; i < p->count; i++) {
		ring[i] = p->ring[(p->at + i) & (p->cap - 1)];
	}
	free(p->ring);
	p->ring = ring;
	p->cap = cap;
	p->at = 0;
	return 0;
}

int http_pairs_push(struct http_pairs *p, const struct http_pair *one)
{
	/* Once one was left out all later ones are, or they would get its response. */
	if (p->over > 0 || p->count >= LIMIT_HTTP_PENDING) {
		p->over++;
		return 0;
	}
	if (p->count == p->cap && grow(p) != 0) {
		return ERR_NOMEM;
	}
	p->ring[(p->at + p->count++) & (p->cap - 1)] = *one;
	return 0;
}

bool http_pairs_pop(struct http_pairs *p, bool early, struct http_pair *ret_one)
{
	if (p->count > 0 && p->early == early) {
		*ret_one = p->ring[p->at];
		p->at = (p->at + 1) & (p->cap - 1);
		p->count--;
		p->early &= p->count > 0;
		return true;
	}
	if (p->count == 0 && p->over > 0 && !early) {
		p->over--;
	}
	return false;
}

const struct http_pair *http_pairs_front(const struct http_pairs *p)
{
	return p->count > 0 && !p->early ? &p->ring[p->at] : NULL;
}

void http_pairs_mark(struct http_pairs *p, uint32_t flags)
{
	for (uint32_t i = 0; i < p->count; i++) {
		p->ring[(p->at + i) & (p->cap - 1)].tx->flags |= flags;
	}
}
