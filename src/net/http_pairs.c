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

static struct http_pair *pair_at(const struct http_pairs *p, uint32_t i)
{
	return &p->ring[(p->at + i) & (p->cap - 1)];
}

int http_pairs_push(struct http_pairs *p, const struct http_pair *one)
{
	const struct http_pair *last = p->count > 0 && !p->early ? pair_at(p, p->count - 1) : NULL;

	p->pipelines |= !p->doubt && last != NULL && last->asked != ASKED_LOST && one->asked != ASKED_LOST;
	/* Once one was left out all later ones are, or they would get its response. */
	if (p->over > 0 || p->count >= LIMIT_HTTP_PENDING) {
		p->over++;
		return 0;
	}
	if (p->count == p->cap && grow(p) != 0) {
		return ERR_NOMEM;
	}
	*pair_at(p, p->count++) = *one;
	return 0;
}

static void drop(struct http_pairs *p, uint32_t n)
{
	p->at = (p->at + n) & (p->cap - 1);
	p->count -= n;
	p->early &= p->count > 0;
}

bool http_pairs_pop(struct http_pairs *p, bool early, struct http_pair *ret_one)
{
	if (p->count > 0 && p->early == early && pair_at(p, 0)->asked == ASKED_LOST) {
		return false;
	}
	if (p->count > 0 && p->early == early) {
		*ret_one = *pair_at(p, 0);
		drop(p, 1);
		return true;
	}
	if (p->count == 0 && p->over > 0 && !early) {
		p->over--;
	}
	return false;
}

/* Nobody knows whom the response answers; the oldest that waits is answered by this one or one before. */
static void pass_one(struct http_pairs *p)
{
	struct http_pair *one = pair_at(p, 0);

	if (one->asked == ASKED_LOST && one->lost > 1) {
		one->lost--;
		one->spent = true;
		return;
	}
	/* Of several that may be lost some may not be: responses that were taken for theirs are others'. */
	p->doubt = p->doubt || (one->asked == ASKED_LOST && !one->exact);
	drop(p, 1);
}

/* The first of n that was sent when its sender had received all before the response, and none of that; n: none. */
static uint32_t asked_next(const struct http_pairs *p, uint32_t n, uint64_t start)
{
	bool same_turn = false;	/* some that were lost before it may have been sent with it */

	for (uint32_t i = 0; i < n && !p->pipelines; i++) {
		const struct http_pair *one = pair_at(p, i);

		if (one->asked == ASKED_LOST) {
			same_turn |= !one->spent;
		} else if (one->had == start) {
			return same_turn ? n : i;
		} else if (one->had < start) {
			same_turn = false;
		}
	}
	return n;
}

static enum http_answer take(struct http_pairs *p, uint32_t i, struct http_pair *ret_one, uint8_t *ret_asked)
{
	drop(p, i);
	p->doubt = false;
	*ret_asked = pair_at(p, 0)->asked;
	*ret_one = *pair_at(p, 0);
	drop(p, 1);
	return ANSWERS_ONE;
}

/* Had the sender of the response received no request but the first that waits? */
static bool is_only(const struct http_pairs *p, uint64_t had)
{
	return p->count == 1 || pair_at(p, 1)->start >= had;
}

enum http_answer http_pairs_answer(struct http_pairs *p, uint64_t start, uint64_t had, uint64_t known,
				   struct http_pair *ret_one, uint8_t *ret_asked)
{
	uint32_t n = 0;
	uint32_t i;

	*ret_asked = ASKED_OTHER;
	if (p->count == 0 || p->early) {
		p->doubt &= had > known;
		p->over -= p->count == 0 && p->over > 0;
		return ANSWERS_NONE;
	}
	if (pair_at(p, 0)->start >= had) {
		return ANSWERS_NONE;
	}
	if (pair_at(p, 0)->asked != ASKED_LOST && (!p->doubt || (had <= known && is_only(p, had)))) {
		return take(p, 0, ret_one, ret_asked);
	}
	while (n < p->count && pair_at(p, n)->start < had) {
		n++;
	}
	i = asked_next(p, n, start);
	if (i < n) {
		return take(p, i, ret_one, ret_asked);
	}
	for (i = 0; i < n; i++) {
		*ret_asked = pair_at(p, i)->asked == ASKED_HEAD ? ASKED_HEAD : *ret_asked;
	}
	pass_one(p);
	return ANSWERS_SOME;
}

int http_pairs_lost(struct http_pairs *p, struct http_pair one)
{
	one.asked = ASKED_LOST;
	one.exact &= one.lost == 1;
	return http_pairs_push(p, &one);
}

void http_pairs_drop_early(struct http_pairs *p, uint64_t had)
{
	while (p->early && p->count > 0 && pair_at(p, 0)->had <= had) {
		drop(p, 1);
	}
}

const struct http_pair *http_pairs_front(const struct http_pairs *p)
{
	return p->count > 0 && !p->early && pair_at(p, 0)->asked != ASKED_LOST ? pair_at(p, 0) : NULL;
}

void http_pairs_mark(struct http_pairs *p, uint32_t flags)
{
	for (uint32_t i = 0; i < p->count; i++) {
		struct http_pair *one = pair_at(p, i);

		if (one->tx != NULL) {
			one->tx->flags |= flags;
		}
	}
}
