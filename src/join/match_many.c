/*
 * match_many.c - groups too large to compare all with all: for each socket only flows that begin with the
 * same bytes and have the same counts, or at least begin alike, and of those the nearest in time where a
 * clock is known, else in order. Reads a group, adds candidates. One thread.
 */
#include "join/match_group.h"

#include "base/hash.h"

/* Flows compared for one socket around a place. */
#define NEIGHBOURS 4

/* The free flow whose start is the first at or after ns by the packets' clock. Flows of a group are in
 * order of packets: of time, but for damage. */
static size_t flow_from(const struct match *m, const struct tuples *t, uint64_t ns)
{
	size_t lo = 0;
	size_t hi = t->free_flow_count;
	uint32_t list;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (match_flow_at(m, t->free_flows[mid], &list)->first_ns < ns) {
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return lo;
}

static uint32_t first_print(const struct knots *k)
{
	struct knot_walk walk = { 0 };
	struct knot x;

	while (k != NULL && knots_next(k, &walk, &x)) {
		if (x.kind == KNOT_DATA) {
			return x.print;
		}
	}
	return 0;
}

/* Of a flow, first prints, with the counts of both directions or without. */
static uint64_t flow_beginning(const struct match *m, const struct flow *f, unsigned int end,
			       bool counts)
{
	uint64_t x[4] = { first_print(f->knots[1 - end]), first_print(f->knots[end]) };

	if (counts) {
		bool tcp = f->key.ip_proto == IP_TCP;

		x[2] = 1 + (tcp ? f->side[1 - end].stream_bytes : f->side[1 - end].payload_bytes);
		x[3] = 1 + (tcp ? f->side[end].stream_bytes : f->side[end].payload_bytes);
	}
	return hash_bytes(m->seed, x, sizeof(x));
}

static uint64_t sock_beginning(const struct match *m, const struct sock *s, bool counts)
{
	uint64_t x[4] = { first_print(&s->knots[0]), first_print(&s->knots[1]) };

	if (counts) {
		x[2] = 1 + s->bytes[0];
		x[3] = 1 + s->bytes[1];
	}
	return hash_bytes(m->seed, x, sizeof(x));
}

static int by_beginning(const void *a, const void *b)
{
	const struct beginning *x = a;
	const struct beginning *y = b;

	if (x->hash != y->hash) {
		return x->hash < y->hash ? -1 : 1;
	}
	return x->place < y->place ? -1 : x->place > y->place;
}

static int find_beginnings(const struct match *m, struct tuples *t, unsigned int end)
{
	size_t n = t->free_flow_count;
	struct beginning *at = match_grow(t->beginnings, &t->beginning_cap, 2 * n, sizeof(*at));
	uint32_t list;

	if (at == NULL) {
		return ERR_NOMEM;
	}
	t->beginnings = at;
	for (size_t i = 0; i < n; i++) {
		const struct flow *f = match_flow_at(m, t->free_flows[i], &list);

		at[i] = (struct beginning){ flow_beginning(m, f, end, true), i };
		at[n + i] = (struct beginning){ flow_beginning(m, f, end, false), i };
	}
	qsort(at, 2 * n, sizeof(*at), by_beginning);
	return 0;
}

static size_t find_beginning(const struct tuples *t, uint64_t hash, size_t place)
{
	struct beginning x = { hash, place };
	size_t lo = 0;
	size_t hi = 2 * t->free_flow_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (by_beginning(&t->beginnings[mid], &x) < 0) {
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return lo;
}

/* The socket of rank i with flows around a place: of those that begin alike, or of all where none does
 * (hash is 0). */
static int compare_around(struct match *m, struct tuples *t, unsigned int end, size_t place,
			  size_t i, uint64_t hash)
{
	size_t from = hash != 0 ? find_beginning(t, hash, 0) : 0;
	size_t to = hash != 0 ? find_beginning(t, hash, SIZE_MAX) : t->free_flow_count;
	size_t near = hash != 0 ? find_beginning(t, hash, place) : place;
	int rc = 0;

	if (near > from + NEIGHBOURS / 2) {
		from = near - NEIGHBOURS / 2;
	}
	for (size_t j = from; j < to && j < from + NEIGHBOURS && rc == 0; j++) {
		size_t at = hash != 0 ? t->beginnings[j].place : j;

		rc = group_try(m, t, t->free_flows[at], end, t->free_socks[i],
			       i > at ? i - at : at - i);
	}
	return rc;
}

static bool some_begin(const struct tuples *t, uint64_t hash)
{
	return hash != 0 && find_beginning(t, hash, 0) < find_beginning(t, hash, SIZE_MAX);
}

int group_compare_some(struct match *m, struct tuples *t, unsigned int end,
		       const struct section *packets)
{
	size_t nf = t->free_flow_count;
	size_t ns = t->free_sock_count;
	int rc = find_beginnings(m, t, end);

	for (size_t i = 0; i < ns && rc == 0; i++) {
		uint32_t list;
		const struct sock *s = match_sock_at(m, t->free_socks[i], &list);
		const struct clock_pair *c = match_clock(m, s->section, packets);
		uint64_t start = s->open_begin_exact && s->open_begin_ns != 0 ? s->open_begin_ns
									      : s->first_ns;
		uint64_t hash = sock_beginning(m, s, true);

		hash = some_begin(t, hash) ? hash : sock_beginning(m, s, false);
		hash = some_begin(t, hash) ? hash : 0;
		if (match_clock_known(m, s->section, packets)) {
			uint64_t there = c != NULL && c->origin != CLOCK_UNKNOWN
						 ? clock_to_packets(c, start)
						 : start;

			rc = compare_around(m, t, end, flow_from(m, t, there), i, hash);
			continue;
		}
		rc = compare_around(m, t, end, i, i, hash);
		if (rc == 0 && nf > ns) {
			rc = compare_around(m, t, end, i + (nf - ns), i, hash);
		} else if (rc == 0 && ns > nf && i >= ns - nf) {
			rc = compare_around(m, t, end, i - (ns - nf), i, hash);
		}
	}
	return rc;
}
