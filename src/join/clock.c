/*
 * clock.c - how far the clocks of each section of syscalls and each section of packets are apart, from
 * the pairs of flow and socket they share: bounds by causality (clock_bounds.c), a line through them
 * (clock_fit.c). Reads struct match's pairs, makes its clocks. One thread.
 *
 * Pairs that only time or order decided, and proposals, have no say. Where both kinds of blocks stand in
 * one section (a merged file), one clock is taken for granted unless the bounds exclude an offset of 0.
 */
#include "join/match_internal.h"

#include "base/limits.h"

/* Bounds that one pair gives at most, of each kind: enough to see a drift in one long connection. */
#define BOUNDS_OF_PAIR 1024

/* Pairs of two sections that are asked, evenly spread: many more make the clock no better. */
#define PAIRS_MAX (1u << 17)

struct link {
	uint64_t rank; /* list of calls, list of packets */
	uint32_t pair;
	uint32_t end;
};

struct links {
	struct link *at; /* owns */
	size_t count, cap;
};

static int by_rank(const void *a, const void *b)
{
	const struct link *x = a;
	const struct link *y = b;

	if (x->rank != y->rank) {
		return x->rank < y->rank ? -1 : 1;
	}
	if (x->pair != y->pair) {
		return x->pair < y->pair ? -1 : 1;
	}
	return x->end < y->end ? -1 : x->end > y->end;
}

static int push_link(struct links *l, uint64_t rank, uint32_t pair, uint32_t end)
{
	struct link *grown = match_grow(l->at, &l->cap, l->count + 1, sizeof(*grown));

	if (grown == NULL) {
		return ERR_NOMEM;
	}
	l->at = grown;
	l->at[l->count++] = (struct link){ rank, pair, end };
	return 0;
}

static int find_links(const struct match *m, struct links *l)
{
	int rc = 0;

	for (uint32_t i = 0; i < m->pair_count && rc == 0; i++) {
		const struct pair *p = &m->pairs[i];
		uint32_t packets = match_list_of(m, 0, p->packets);

		for (unsigned int end = 0; end < 2 && rc == 0; end++) {
			if (p->side[end].sock != NULL) {
				uint32_t calls = match_list_of(m, 1, p->side[end].sock->section);

				rc = push_link(l, (uint64_t)calls << 32 | packets, i, end);
			}
		}
	}
	for (uint32_t i = 0; i < m->sock_lists && rc == 0; i++) {
		uint32_t packets = match_list_of(m, 0, m->socks[i].section);

		if (packets != UINT32_MAX) {
			rc = push_link(l, (uint64_t)i << 32 | packets, UINT32_MAX, 0);
		}
	}
	if (rc == 0 && l->count > 1) {
		qsort(l->at, l->count, sizeof(*l->at), by_rank);
	}
	return rc;
}

/* The coarsest of the interfaces: which of them a flow was seen on is not kept. */
static uint64_t unit_of(const struct section *packets)
{
	uint64_t unit = 1;

	for (uint32_t i = 0; i < packets->interface_count; i++) {
		uint64_t units = packets->interfaces[i].ts_units;

		if (units > 0 && units < NSEC_PER_SEC) {
			unit = max_u64(unit, (NSEC_PER_SEC + units - 1) / units);
		}
	}
	return unit;
}

static bool has_a_say(const struct pair *p, unsigned int end)
{
	return p->reason != MATCH_NAT && !p->side[end].assumed;
}

static int collect(const struct match *m, const struct link *at, size_t n, struct clock_bounds *b)
{
	size_t stride = n / PAIRS_MAX + 1;
	int rc = 0;

	b->low.count = b->high.count = 0;
	b->flows = 0;
	b->slots = (size_t)min_u64(LIMIT_CLOCK_BOUNDS / (n / stride + 1) + 1, BOUNDS_OF_PAIR);
	for (size_t i = 0; i < n && rc == 0; i += stride) {
		const struct pair *p = at[i].pair != UINT32_MAX ? &m->pairs[at[i].pair] : NULL;

		if (p != NULL && has_a_say(p, at[i].end)) {
			rc = clock_bounds_add(b, p->flow, at[i].end, &p->side[at[i].end]);
		}
	}
	return rc;
}

static void take_given(const struct match *m, const struct clock_bounds *b, struct clock_pair *c)
{
	int64_t x = m->opt.offset_ns;

	c->outliers = 0;
	for (size_t i = 0; i < b->low.count; i++) {
		c->outliers += b->low.at[i].value_ns > x;
	}
	for (size_t i = 0; i < b->high.count; i++) {
		c->outliers += b->high.at[i].value_ns < x;
	}
	c->origin = CLOCK_GIVEN;
	c->offset_ns = c->low_ns = c->high_ns = x;
	c->drift_known = false;
	c->drift_ppm = 0;
}

static void take_same_file(struct clock_pair *c)
{
	bool contradicted = c->origin == CLOCK_ESTIMATED && (c->low_ns > 0 || c->high_ns < 0);

	if (!contradicted &&
	    (c->origin == CLOCK_ESTIMATED || (c->low_ns <= 0 && c->high_ns >= 0))) {
		c->origin = CLOCK_SAME_FILE;
		c->offset_ns = 0;
		c->drift_ppm = 0;
		c->drift_known = false;
	}
}

/* Clocks that agree as far as can be told are taken for one: no time is moved by what may be noise. */
static void take_agreeing(struct clock_pair *c)
{
	if (c->origin == CLOCK_ESTIMATED && c->low_ns <= 0 && c->high_ns >= 0 &&
	    (!c->drift_known || (c->drift_ppm < 1 && c->drift_ppm > -1))) {
		c->offset_ns = 0;
		c->drift_ppm = 0;
	}
}

static int estimate(const struct match *m, const struct link *at, size_t n,
		    struct clock_pair *ret_c)
{
	struct clock_bounds b = { 0 };
	struct clock_pair c = { 0 };
	int rc;

	c.calls = m->socks[at->rank >> 32].section;
	c.packets = m->flows[at->rank & UINT32_MAX].section;
	b.unit_ns = unit_of(c.packets);
	rc = collect(m, at, n, &b);
	if (rc == 0 && b.high.count == 0) {
		b.unsure_too = true;
		rc = collect(m, at, n, &b);
	}
	rc = rc == 0 ? clock_fit(&b, &c) : rc;
	if (rc == 0 && m->opt.offset_given) {
		take_given(m, &b, &c);
	} else if (rc == 0 && c.calls == c.packets) {
		take_same_file(&c);
	} else if (rc == 0) {
		take_agreeing(&c);
	}
	clock_bounds_release(&b);
	if (rc == 0) {
		*ret_c = c;
	}
	return rc;
}

static size_t run_of(const struct links *l, size_t i)
{
	size_t n = 1;

	while (i + n < l->count && l->at[i + n].rank == l->at[i].rank) {
		n++;
	}
	return n;
}

static void set_clock(struct match *m, const struct link *at, size_t n, uint32_t clock)
{
	for (size_t i = 0; i < n; i++) {
		if (at[i].pair != UINT32_MAX) {
			m->pairs[at[i].pair].clock[at[i].end] = clock;
		}
	}
}

int match_clocks_estimate(struct match *m)
{
	struct links l = { 0 };
	struct clock_pair *clocks = NULL;
	size_t cap = 0;
	uint32_t count = 0;
	int rc = find_links(m, &l);

	for (size_t i = 0; i < l.count && rc == 0;) {
		size_t n = run_of(&l, i);
		struct clock_pair *grown = match_grow(clocks, &cap, count + 1u, sizeof(*grown));

		if (grown == NULL) {
			rc = ERR_NOMEM;
			break;
		}
		clocks = grown;
		rc = estimate(m, &l.at[i], n, &clocks[count]);
		set_clock(m, &l.at[i], n, count);
		count++;
		i += n;
	}
	free(l.at);
	if (rc != 0) {
		free(clocks);
		return rc;
	}
	free(m->clocks);
	m->clocks = clocks;
	m->clock_count = count;
	return 0;
}

/* ---- mapping --------------------------------------------------------------------------------- */

static __int128 rounded(double x)
{
	return (__int128)(x < 0 ? x - 0.5 : x + 0.5);
}

static uint64_t to_time(__int128 ns)
{
	return ns < 1 ? 1 : ns > (__int128)UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

uint64_t clock_to_calls(const struct clock_pair *c, uint64_t packet_ns)
{
	double drift = c->drift_ppm * 1e-6;
	__int128 away;

	if (packet_ns == 0 || c->origin == CLOCK_UNKNOWN) {
		return 0;
	}
	away = (__int128)packet_ns - c->offset_ns - c->at_ns;
	return to_time((__int128)c->at_ns + away - rounded((double)away * (drift / (1 + drift))));
}

uint64_t clock_to_packets(const struct clock_pair *c, uint64_t call_ns)
{
	double drift = c->drift_ppm * 1e-6;
	__int128 away;

	if (call_ns == 0 || c->origin == CLOCK_UNKNOWN) {
		return 0;
	}
	away = (__int128)call_ns - c->at_ns;
	return to_time((__int128)call_ns + c->offset_ns + rounded((double)away * drift));
}
