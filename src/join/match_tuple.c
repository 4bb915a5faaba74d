/*
 * match_tuple.c - flows and sockets of equal tuples. A group is: one tuple, one end of it, one view (section of packets, VLANs, tunnel,
 * loopback scope), with all sockets of that end in any section of syscalls. Most groups are one flow and one socket; tuples used
 * again give several generations, and namespaces several at once. One thread.
 *
 * Groups are found by hashes alone, with a seed that nobody knows; the tuples themselves are compared with the bytes. They are
 * settled in the order of flows, so that memory is walked forwards. Groups where bytes decide are settled in the first pass; the others are kept open until clocks are known, or until nothing more
 * can be learned. In large groups only the likely are compared: the nearest in time, or in order, and those that begin with the
 * same bytes.
 */
#include "join/match_internal.h"

#include "base/hash.h"

/* Flows times sockets of a group that are all compared. */
#define GROUP_ALL 64
/* Else, for each socket, so many neighbours. */
#define NEIGHBOURS 4

/* A flow's end, or a socket. */
struct ref {
	uint64_t hash;		/* of its ends */
	uint32_t list;
	uint32_t view;		/* flows: hash of VLANs, tunnel, scope */
	uint32_t row;		/* flows: twice the row, plus the end that is local */
};

struct refs {
	struct ref *at;		/* owns */
	size_t count, cap;
	bool partly;		/* the local address is left out */
};

struct group {
	size_t flow, sock;	/* in refs */
	uint32_t flows, socks;
	uint32_t list, row;	/* of the first flow: order of settling */
	bool partly;
};

/* First bytes of both directions of a free flow, and its place among them. */
struct beginning {
	uint64_t hash;
	size_t place;
};

/* [0]: whole tuples, [1]: those without local address. */
struct tuples {
	struct refs flows[2], socks[2];
	uint8_t *filter;	/* owns; bit per hash of a socket */
	uint64_t filter_mask;
	struct group *open;	/* owns; groups still to be settled: at first, all */
	size_t open_count, open_cap;
	size_t undecided;	/* of those, with free ones on both sides */
	/* Of the group at hand. */
	struct candidates candidates;
	size_t *free_flows, *free_socks;	/* own; indices over all lists */
	size_t free_flow_cap, free_sock_cap, free_flow_count, free_sock_count;
	struct beginning *beginnings;	/* owns */
	size_t beginning_cap;
};

void tuples_free(struct tuples *t)
{
	if (t == NULL) {
		return;
	}
	for (unsigned int i = 0; i < 2; i++) {
		free(t->flows[i].at);
		free(t->socks[i].at);
	}
	free(t->filter);
	free(t->open);
	candidates_release(&t->candidates);
	free(t->free_flows);
	free(t->free_socks);
	free(t->beginnings);
	free(t);
}

/* ---- refs ------------------------------------------------------------------------------------ */

static const struct flow *ref_flow(const struct match *m, const struct ref *r)
{
	return m->flows[r->list].rows[r->row >> 1];
}

static struct sock *ref_sock(const struct match *m, const struct ref *r)
{
	return m->socks[r->list].rows[r->row];
}

static struct ends flow_ends(const struct flow *f, unsigned int local, bool partly)
{
	struct ends x = ends_of_flow(f, local);

	if (partly) {
		memset(x.local, 0, sizeof(x.local));
	}
	return x;
}

/* Which of the two it goes to, or 2: what it knows is not enough. */
static unsigned int class_of(const struct sock *s, const struct ends *x)
{
	if ((s->kind != SOCK_TCP_K && s->kind != SOCK_UDP_K) || x->remote_port == 0 || x->local_port == 0 ||
	    address_is_zero(x->remote)) {
		return 2;
	}
	return address_is_zero(x->local) ? 1 : 0;
}

static int add_ref(struct refs *r, uint64_t hash, uint32_t list, uint32_t view, uint32_t row)
{
	struct ref *grown = match_grow(r->at, &r->cap, r->count + 1, sizeof(*grown));

	if (grown == NULL) {
		return ERR_NOMEM;
	}
	r->at = grown;
	r->at[r->count++] = (struct ref){ hash, list, view, row };
	return 0;
}

static int add_socks(const struct match *m, struct tuples *t)
{
	int rc = 0;

	for (uint32_t i = 0; i < m->sock_lists && rc == 0; i++) {
		for (size_t k = 0; k < m->socks[i].count && rc == 0; k++) {
			struct ends x = ends_of_sock(m->socks[i].rows[k]);
			unsigned int class = class_of(m->socks[i].rows[k], &x);

			if (class < 2) {
				rc = add_ref(&t->socks[class], hash_bytes(m->seed, &x, sizeof(x)), i, 0, (uint32_t)k);
			}
		}
	}
	return rc;
}

/* Flows that no socket can belong to need no place in the lists. */
static int make_filter(struct tuples *t)
{
	uint64_t bits = 1024;

	while (bits < 8 * (t->socks[0].count + t->socks[1].count)) {
		bits *= 2;
	}
	t->filter = calloc(bits / 8, 1);
	if (t->filter == NULL) {
		return ERR_NOMEM;
	}
	t->filter_mask = bits - 1;
	for (unsigned int class = 0; class < 2; class++) {
		for (size_t i = 0; i < t->socks[class].count; i++) {
			uint64_t h = t->socks[class].at[i].hash & t->filter_mask;

			t->filter[h / 8] |= (uint8_t)(1u << h % 8);
		}
	}
	return 0;
}

/* Plain packets are 0. */
static uint32_t view_of(const struct flow *f)
{
	const struct flow_key *k = &f->key;
	uint64_t a = (uint64_t)k->vlan[0] << 48 | (uint64_t)k->vlan[1] << 32 | k->tunnel_id;
	uint64_t b = (uint64_t)k->scope << 16 | (uint64_t)k->tunnel << 8 | k->depth;

	if ((a | b) == 0) {
		return 0;
	}
	return (uint32_t)(hash_mix(a + 1, UINT64_C(0x9E3779B97F4A7C15)) ^ hash_mix(b + 1, UINT64_C(0xD6E8FEB86659FD93))) | 1;
}

static int add_flow(const struct match *m, struct tuples *t, uint32_t list, size_t row)
{
	const struct flow *f = m->flows[list].rows[row];
	int rc = 0;

	if (f->key.ip_proto != IP_TCP && f->key.ip_proto != IP_UDP) {
		return 0;
	}
	for (unsigned int i = 0; i < 4 && rc == 0; i++) {
		unsigned int class = i / 2;
		struct ends x = flow_ends(f, i % 2, class == 1);
		uint64_t hash = hash_bytes(m->seed, &x, sizeof(x));
		uint64_t h = hash & t->filter_mask;

		if (t->socks[class].count > 0 && (t->filter[h / 8] & 1u << h % 8) != 0) {
			rc = add_ref(&t->flows[class], hash, list, view_of(f), (uint32_t)row << 1 | (i & 1));
		}
	}
	return rc;
}

static int by_ref(const void *a, const void *b)
{
	const struct ref *x = a;
	const struct ref *y = b;

	if (x->hash != y->hash) {
		return x->hash < y->hash ? -1 : 1;
	}
	if (x->list != y->list) {
		return x->list < y->list ? -1 : 1;
	}
	if (x->view != y->view) {
		return x->view < y->view ? -1 : 1;
	}
	return x->row < y->row ? -1 : x->row > y->row;
}

/* ---- groups ---------------------------------------------------------------------------------- */

static int add_group(struct tuples *t, const struct group *g)
{
	struct group *grown = match_grow(t->open, &t->open_cap, t->open_count + 1, sizeof(*grown));

	if (grown == NULL) {
		return ERR_NOMEM;
	}
	t->open = grown;
	t->open[t->open_count++] = *g;
	return 0;
}

static uint32_t run_of_flows(const struct refs *r, size_t i)
{
	uint32_t n = 1;

	while (i + n < r->count && n < UINT32_MAX && r->at[i + n].hash == r->at[i].hash && r->at[i + n].list == r->at[i].list &&
	       r->at[i + n].view == r->at[i].view) {
		n++;
	}
	return n;
}

static uint32_t run_of_socks(const struct refs *r, size_t i)
{
	uint32_t n = 1;

	while (i + n < r->count && n < UINT32_MAX && r->at[i + n].hash == r->at[i].hash) {
		n++;
	}
	return n;
}

static int find_groups(struct tuples *t, unsigned int class)
{
	const struct refs *flows = &t->flows[class];
	const struct refs *socks = &t->socks[class];
	size_t sock = 0;
	int rc = 0;

	for (size_t i = 0; i < flows->count && rc == 0;) {
		struct group g = { .flow = i, .flows = run_of_flows(flows, i), .list = flows->at[i].list,
				   .row = flows->at[i].row, .partly = class == 1 };

		while (sock < socks->count && socks->at[sock].hash < flows->at[i].hash) {
			sock++;
		}
		if (sock < socks->count && socks->at[sock].hash == flows->at[i].hash) {
			g.sock = sock;
			g.socks = run_of_socks(socks, sock);
			rc = add_group(t, &g);
		}
		i += g.flows;
	}
	return rc;
}

/* Whole tuples first: a socket bound to any address takes what is left. */
static int by_place(const void *a, const void *b)
{
	const struct group *x = a;
	const struct group *y = b;

	if (x->partly != y->partly) {
		return x->partly ? 1 : -1;
	}
	if (x->list != y->list) {
		return x->list < y->list ? -1 : 1;
	}
	return x->row < y->row ? -1 : x->row > y->row;
}

int tuples_new(struct match *m, struct tuples **ret_t)
{
	struct tuples *t = calloc(1, sizeof(*t));
	int rc = t != NULL ? 0 : ERR_NOMEM;

	if (rc == 0) {
		rc = add_socks(m, t);
	}
	rc = rc == 0 ? make_filter(t) : rc;
	for (uint32_t i = 0; i < m->flow_lists && rc == 0; i++) {
		for (size_t k = 0; k < m->flows[i].count && rc == 0; k++) {
			rc = add_flow(m, t, i, k);
		}
	}
	if (rc != 0) {
		tuples_free(t);
		return rc;
	}
	for (unsigned int class = 0; class < 2 && rc == 0; class++) {
		if (t->flows[class].count > 1) {
			qsort(t->flows[class].at, t->flows[class].count, sizeof(struct ref), by_ref);
		}
		if (t->socks[class].count > 1) {
			qsort(t->socks[class].at, t->socks[class].count, sizeof(struct ref), by_ref);
		}
		rc = find_groups(t, class);
	}
	if (rc != 0) {
		tuples_free(t);
		return rc;
	}
	if (t->open_count > 1) {
		qsort(t->open, t->open_count, sizeof(*t->open), by_place);
	}
	free(t->filter);
	t->filter = NULL;
	*ret_t = t;
	return 0;
}

/* ---- who is still free in a group ------------------------------------------------------------ */

static size_t flow_index(const struct match *m, const struct ref *r)
{
	return m->flows[r->list].first + (r->row >> 1);
}

static size_t sock_index(const struct match *m, const struct ref *r)
{
	return m->socks[r->list].first + r->row;
}

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

/* Sockets that the group's flows have already, sorted, stand in front of the candidates' memory: in free_socks for a moment. */
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
			rc = push(&t->free_socks, &t->free_sock_cap, &t->free_sock_count, match_sock_index(m, side->sock));
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

		if (taken == 0 || bsearch(&at, t->free_socks, taken, sizeof(at), by_number) == NULL) {
			rc = push(&t->free_socks, &t->free_sock_cap, &t->free_sock_count, at);
		}
	}
	if (rc == 0 && taken > 0) {
		t->free_sock_count -= taken;
		memmove(t->free_socks, t->free_socks + taken, t->free_sock_count * sizeof(*t->free_socks));
	}
	return rc;
}

/* ---- one group ------------------------------------------------------------------------------- */

/* What a pair of equal tuples must show. */
struct terms {
	bool single;		/* the only candidates of each other */
	bool last;
	bool contradicted;	/* answer: by bytes */
};

static bool tuple_want(const struct match *m, const struct candidate *c, const struct likeness *l, void *arg,
		       enum match_reason *ret_reason)
{
	struct terms *terms = arg;

	UNUSED_ARG(m);
	terms->contradicted = likeness_contradicts(l);
	if (terms->contradicted) {
		return false;
	}
	if (likeness_proves(l)) {
		/* Equal bytes of another generation, whose own partner was not captured. */
		*ret_reason = MATCH_TUPLE_BYTES;
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
	struct ends f = flow_ends(match_flow_at(m, c->flow, &list), c->end, address_is_zero(s.local));

	return memcmp(&f, &s, sizeof(f)) == 0;
}

static int try_pair(struct match *m, struct tuples *t, size_t flow, unsigned int end, size_t sock, size_t order)
{
	struct candidate c = { .flow = flow, .end = (uint8_t)end, .sock = sock };
	bool added;

	if (!same_tuple(m, &c)) {
		return 0;
	}

	return candidates_add(m, &t->candidates, flow, end, sock, (uint32_t)min_u64(order, UINT32_MAX), &added);
}

static int compare_all(struct match *m, struct tuples *t, unsigned int end)
{
	int rc = 0;

	for (size_t i = 0; i < t->free_flow_count; i++) {
		for (size_t k = 0; k < t->free_sock_count && rc == 0; k++) {
			rc = try_pair(m, t, t->free_flows[i], end, t->free_socks[k], i > k ? i - k : k - i);
		}
	}
	return rc;
}

/* The free flow whose start is the first at or after ns by the packets' clock. Flows of a group are in order of packets: of time,
 * but for damage. */
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
static uint64_t flow_beginning(const struct match *m, const struct flow *f, unsigned int end, bool counts)
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

/* The socket of rank i with flows around a place: of those that begin alike, or of all where none does (hash is 0). */
static int compare_around(struct match *m, struct tuples *t, unsigned int end, size_t place, size_t i, uint64_t hash)
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

		rc = try_pair(m, t, t->free_flows[at], end, t->free_socks[i], i > at ? i - at : at - i);
	}
	return rc;
}

static bool some_begin(const struct tuples *t, uint64_t hash)
{
	return hash != 0 && find_beginning(t, hash, 0) < find_beginning(t, hash, SIZE_MAX);
}

static int compare_some(struct match *m, struct tuples *t, unsigned int end, const struct section *packets)
{
	size_t nf = t->free_flow_count;
	size_t ns = t->free_sock_count;
	int rc = find_beginnings(m, t, end);

	for (size_t i = 0; i < ns && rc == 0; i++) {
		uint32_t list;
		const struct sock *s = match_sock_at(m, t->free_socks[i], &list);
		const struct clock_pair *c = match_clock(m, s->section, packets);
		uint64_t start = s->open_begin_exact && s->open_begin_ns != 0 ? s->open_begin_ns : s->first_ns;
		uint64_t hash = sock_beginning(m, s, true);

		hash = some_begin(t, hash) ? hash : sock_beginning(m, s, false);
		hash = some_begin(t, hash) ? hash : 0;
		if (match_clock_known(m, s->section, packets)) {
			uint64_t there = c != NULL && c->origin != CLOCK_UNKNOWN ? clock_to_packets(c, start) : start;

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
static int continue_flows(struct match *m, struct tuples *t, const struct group *g, unsigned int end)
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

static void refuse_left(struct match *m, const struct tuples *t, const struct group *g, bool contradicted)
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
static int settle_single(struct match *m, struct tuples *t, const struct group *g, bool last, bool *ret_open)
{
	const struct ref *f = &t->flows[g->partly].at[g->flow];
	struct candidate c = { .flow = flow_index(m, f), .end = f->row & 1,
			       .sock = sock_index(m, &t->socks[g->partly].at[g->sock]) };
	struct terms terms = { .single = true, .last = last };
	uint32_t list;
	bool taken;
	int rc;

	*ret_open = false;
	if (match_side(m, c.flow, c.end) != NULL || !same_tuple(m, &c)) {
		return 0;
	}
	c.meet = (uint8_t)match_meet(m, match_flow_at(m, c.flow, &list), match_sock_at(m, c.sock, &list), &c.apart_ns);
	rc = candidate_take(m, &c, tuple_want, &terms, false, &taken);
	*ret_open = !taken;
	t->undecided += !taken && !terms.contradicted;
	if (rc == 0 && last && !taken) {
		match_refuse_flow(m, c.flow, terms.contradicted ? UNMATCHED_BYTES_DIFFER : UNMATCHED_TOO_LITTLE);
		match_refuse_sock(m, c.sock, terms.contradicted ? UNMATCHED_BYTES_DIFFER : UNMATCHED_TOO_LITTLE);
	}
	return rc;
}

/* Joins what can be told apart. */
static int settle_group(struct match *m, struct tuples *t, const struct group *g, bool last, bool *ret_open)
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
		rc = compare_some(m, t, end, packets);
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

int tuples_match(struct match *m, struct tuples *t, bool last)
{
	size_t kept = 0;
	int rc = 0;

	t->undecided = 0;
	for (size_t i = 0; i < t->open_count && rc == 0; i++) {
		struct group g = t->open[i];
		bool open;

		rc = g.flows == 1 && g.socks == 1 ? settle_single(m, t, &g, last, &open) : settle_group(m, t, &g, last, &open);
		if (rc == 0 && open) {
			t->open[kept++] = g;
		}
	}
	t->open_count = kept;
	return rc;
}

bool tuples_undecided(const struct tuples *t)
{
	return t->undecided > 0;
}
