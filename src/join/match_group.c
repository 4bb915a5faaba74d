/*
 * match_group.c - one group of flows and sockets of equal tuples: who is still free, who is whose, why
 * not. Reads the group, joins in struct match. One thread.
 */
#include "join/match_group.h"

/* ---- who is still free in a group ------------------------------------------------------------ */

static int push(size_t **io_at, size_t *io_cap, size_t *io_count, size_t x)
{
	size_t *grown = match_grow(*io_at, io_cap, *io_count + 1, sizeof(*grown));

	if (grown == NULL) {
		return ERR_NOMEM;
	}
	*io_at = grown;
	grown[(*io_count)++] = x;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	size_t x = *(const size_t *)a;
	size_t y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

/* Sockets that the group's flows have already, sorted, stand in front of the candidates' memory: in
 * free_socks for a moment. */
static int find_free(const struct match *m, struct tuples *t, const struct group *g)
{
	const struct ref *flows = t->flows[g->partly].at;
	const struct ref *socks = t->socks[g->partly].at;
	size_t taken = 0;
	int rc = 0;

	t->free_flow_count = t->free_sock_count = 0;
	for (size_t i = g->flow; i < g->flow + g->flows && rc == 0; i++) {
		size_t at = flow_index(m, &flows[i]);
		const struct pair_side *side = match_side(m, at, flows[i].row & 1);

		if (side != NULL) {
			rc = push(&t->free_socks, &t->free_sock_cap, &t->free_sock_count,
				  match_sock_index(m, side->sock));
		} else {
			rc = push(&t->free_flows, &t->free_flow_cap, &t->free_flow_count, at);
		}
	}
	taken = t->free_sock_count;
	if (taken > 1) {
		qsort(t->free_socks, taken, sizeof(*t->free_socks), by_number);
	}
	for (size_t i = g->sock; i < g->sock + g->socks && rc == 0; i++) {
		size_t at = sock_index(m, &socks[i]);

		if (taken == 0 ||
		    bsearch(&at, t->free_socks, taken, sizeof(at), by_number) == NULL) {
			rc = push(&t->free_socks, &t->free_sock_cap, &t->free_sock_count, at);
		}
	}
	if (rc == 0 && taken > 0) {
		t->free_sock_count -= taken;
		memmove(t->free_socks, t->free_socks + taken,
			t->free_sock_count * sizeof(*t->free_socks));
	}
	return rc;
}

/* ---- one group ------------------------------------------------------------------------------- */

/* What a pair of equal tuples must show. */
struct terms {
	bool single; /* the only candidates of each other */
	bool last;
	bool contradicted; /* answer: by bytes */
};

static bool tuple_want(const struct match *m, const struct candidate *c, const struct likeness *l,
		       void *arg, enum match_reason *ret_reason)
{
	struct terms *terms = arg;

	UNUSED_ARG(m);
	terms->contradicted = likeness_contradicts(l);
	if (terms->contradicted) {
		return false;
	}
	if (likeness_proves(l)) {
		/* Equal bytes of another generation, whose own partner was not captured. */
		*ret_reason = likeness_exact(l) ? MATCH_SEQUENCE : MATCH_TUPLE_BYTES;
		return terms->single || c->meet != MEET_NO;
	}
	*ret_reason = MATCH_TUPLE;
	if (!terms->last || c->meet == MEET_NO || (!terms->single && c->meet != MEET_YES)) {
		return false;
	}
	/* Without a byte on either side, only the times speak. */
	return likeness_counts(l) || (!l->bytes[0] && !l->bytes[1] && c->meet == MEET_YES);
}

/* Groups go by hash: the tuples themselves may differ. */
static bool same_tuple(const struct match *m, const struct candidate *c)
{
	uint32_t list;
	struct ends s = ends_of_sock(match_sock_at(m, c->sock, &list));
	struct ends f =
		flow_ends(match_flow_at(m, c->flow, &list), c->end, address_is_zero(s.local));

	return memcmp(&f, &s, sizeof(f)) == 0;
}

int group_try(struct match *m, struct tuples *t, size_t flow, unsigned int end, size_t sock,
	      size_t order)
{
	struct candidate c = { .flow = flow, .end = (uint8_t)end, .sock = sock };
	bool added;

	if (!same_tuple(m, &c)) {
		return 0;
	}

	return candidates_add(m, &t->candidates, flow, end, sock,
			      (uint32_t)min_u64(order, UINT32_MAX), &added);
}

static int compare_all(struct match *m, struct tuples *t, unsigned int end)
{
	int rc = 0;

	for (size_t i = 0; i < t->free_flow_count; i++) {
		for (size_t k = 0; k < t->free_sock_count && rc == 0; k++) {
			rc = group_try(m, t, t->free_flows[i], end, t->free_socks[k],
				       i > k ? i - k : k - i);
		}
	}
	return rc;
}

/* Nothing tells them apart, and there are as many of one as of the other: then their order does. */
static int take_in_order(struct match *m, struct tuples *t, size_t left, struct terms *terms)
{
	struct candidate *at = t->candidates.at;
	int rc = 0;

	for (size_t i = 0; i < left && rc == 0; i++) {
		bool taken;

		if (at[i].order == 0) {
			rc = candidate_take(m, &at[i], tuple_want, terms, true, &taken);
		}
	}
	return rc;
}

/* A flow that was cut in time goes on: the same socket. */
static int continue_flows(struct match *m, struct tuples *t, const struct group *g,
			  unsigned int end)
{
	const struct ref *flows = t->flows[g->partly].at;
	int rc = 0;

	for (size_t i = g->flow + 1; i < g->flow + g->flows && rc == 0; i++) {
		const struct flow *before = ref_flow(m, &flows[i - 1]);
		const struct pair_side *side = match_side(m, flow_index(m, &flows[i - 1]), end);
		struct candidate c = { .flow = flow_index(m, &flows[i]), .end = (uint8_t)end };
		struct terms terms = { 0 };
		bool taken;

		if (side == NULL || (before->flags & (FLOW_TIMED_OUT | FLOW_EVICTED)) == 0) {
			continue;
		}
		c.sock = match_sock_index(m, side->sock);
		rc = candidate_take(m, &c, tuple_want, &terms, false, &taken);
	}
	return rc;
}

static void refuse_left(struct match *m, const struct tuples *t, const struct group *g,
			bool contradicted)
{
	bool some = t->free_flow_count < g->flows || t->free_sock_count < g->socks;
	bool one_sided = t->free_flow_count == 0 || t->free_sock_count == 0;
	enum unmatched_reason why = contradicted ? UNMATCHED_BYTES_DIFFER : UNMATCHED_TOO_LITTLE;

	if (some && (contradicted || one_sided)) {
		why = UNMATCHED_GENERATION;
	}
	for (size_t i = 0; i < t->free_flow_count; i++) {
		match_refuse_flow(m, t->free_flows[i], why);
	}
	for (size_t i = 0; i < t->free_sock_count; i++) {
		match_refuse_sock(m, t->free_socks[i], why);
	}
}

static bool are_many(const struct tuples *t)
{
	return t->free_flow_count > GROUP_ALL || t->free_sock_count > GROUP_ALL ||
	       t->free_flow_count * t->free_sock_count > GROUP_ALL;
}

/* One flow and one socket, as most groups are. */
static int settle_single(struct match *m, struct tuples *t, const struct group *g, bool last,
			 bool *ret_open)
{
	const struct ref *f = &t->flows[g->partly].at[g->flow];
	struct candidate c = { .flow = flow_index(m, f),
			       .end = f->row & 1,
			       .sock = sock_index(m, &t->socks[g->partly].at[g->sock]) };
	struct terms terms = { .single = true, .last = last };
	uint32_t list;
	bool taken;
	int rc;

	*ret_open = false;
	if (match_side(m, c.flow, c.end) != NULL || !same_tuple(m, &c)) {
		return 0;
	}
	c.meet = (uint8_t)match_meet(m, match_flow_at(m, c.flow, &list),
				     match_sock_at(m, c.sock, &list), &c.apart_ns);
	rc = candidate_take(m, &c, tuple_want, &terms, false, &taken);
	*ret_open = !taken;
	t->undecided += !taken && !terms.contradicted;
	if (rc == 0 && last && !taken) {
		match_refuse_flow(m, c.flow,
				  terms.contradicted ? UNMATCHED_BYTES_DIFFER
						     : UNMATCHED_TOO_LITTLE);
		match_refuse_sock(m, c.sock,
				  terms.contradicted ? UNMATCHED_BYTES_DIFFER
						     : UNMATCHED_TOO_LITTLE);
	}
	return rc;
}

/* Joins what can be told apart. */
static int settle_group(struct match *m, struct tuples *t, const struct group *g, bool last,
			bool *ret_open)
{
	const struct ref *first = &t->flows[g->partly].at[g->flow];
	unsigned int end = first->row & 1;
	const struct section *packets = m->flows[first->list].section;
	struct terms terms = { .last = last };
	size_t left = 0;
	bool compared;
	int rc = find_free(m, t, g);

	*ret_open = false;
	if (rc != 0) {
		return rc;
	}
	t->candidates.count = 0;
	if (are_many(t)) {
		const struct sock *s = ref_sock(m, &t->socks[g->partly].at[g->sock]);

		if (!last && !match_clock_known(m, s->section, packets)) {
			*ret_open = true;
			t->undecided++;
			return 0;
		}
		rc = group_compare_some(m, t, end, packets);
	} else {
		rc = compare_all(m, t, end);
	}
	compared = t->candidates.count > 0;
	rc = rc == 0 ? candidates_assign(m, &t->candidates, tuple_want, &terms, &left) : rc;
	if (rc == 0 && last && left > 0 && t->free_flow_count == t->free_sock_count) {
		rc = take_in_order(m, t, left, &terms);
	}
	rc = rc == 0 && g->flows > 1 ? continue_flows(m, t, g, end) : rc;
	rc = rc == 0 ? find_free(m, t, g) : rc;
	if (rc != 0) {
		return rc;
	}
	if (last) {
		refuse_left(m, t, g, !compared);
	}
	*ret_open = t->free_flow_count > 0 || t->free_sock_count > 0;
	t->undecided += compared && t->free_flow_count > 0 && t->free_sock_count > 0;
	return 0;
}

int group_settle(struct match *m, struct tuples *t, const struct group *g, bool last,
		 bool *ret_open)
{
	return group_is_single(g) ? settle_single(m, t, g, last, ret_open)
				  : settle_group(m, t, g, last, ret_open);
}
