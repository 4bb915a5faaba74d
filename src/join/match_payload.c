/*
 * match_payload.c - sockets that no tuple led to a flow, by one end and payload: those of which hardly
 * more than the peer is known (never bound, no getsockname), and those whose packets were captured behind
 * an address translation, which changes one end.
 *
 * Of each such socket some prints of each direction are put into an index together with the end that
 * stays: the first ones, and those whose hash is smallest, so that two views of one stream choose the
 * same although they begin elsewhere. Flows are looked up by theirs. What many sockets have is no
 * evidence. A socket with wildcards is joined like any other by bytes; behind a translation it is a
 * proposal, and only with several prints in both directions, no contradiction, and nobody else who fits
 * as well. One thread.
 */
#include "join/match_internal.h"

#include "base/hash.h"
#include "base/limits.h"

/* Prints taken of each direction: first ones, and all. */
#define SAMPLE_FIRST 2
#define SAMPLE 6
/* Sockets with the same print beside the same end: more, and it says nothing. */
#define COMMON 16
/* Flows compared for one socket. */
#define FLOWS_PER_SOCK 16
/* Different prints that a proposal of address translation needs. */
#define NAT_PRINTS 3

struct sampled {
	uint64_t hash; /* of the end that stays, the direction, the print */
	size_t sock; /* index over all lists */
};

struct hit {
	size_t sock, flow;
	uint32_t end;
	uint32_t votes;
};

struct payload {
	struct sampled *at; /* owns */
	size_t count, cap;
	uint8_t *filter; /* owns */
	uint64_t filter_mask;
	struct hit *hits; /* owns */
	size_t hit_count, hit_cap;
};

/* The end that stays, as bytes. */
struct stays {
	uint8_t addr[16];
	uint16_t port;
	uint8_t proto;
	uint8_t remote; /* it is the socket's peer; else its own */
	uint32_t print;
	uint32_t dir;
};
_Static_assert(sizeof(struct stays) == 28, "hashed as bytes");

/* ---- samples --------------------------------------------------------------------------------- */

static uint64_t scatter(uint32_t print)
{
	return (uint64_t)print * UINT64_C(0x9E3779B97F4A7C15) >> 16;
}

static bool has(const uint32_t *sample, unsigned int n, uint32_t print)
{
	for (unsigned int i = 0; i < n; i++) {
		if (sample[i] == print) {
			return true;
		}
	}
	return false;
}

/* The first ones stay in front; behind them the place of the largest gives way. */
static unsigned int take_sample(const struct knots *k, uint32_t sample[SAMPLE])
{
	struct knot_walk walk = { 0 };
	unsigned int n = 0;
	struct knot x;

	while (k != NULL && knots_next(k, &walk, &x)) {
		unsigned int at;

		if (x.kind != KNOT_DATA || x.print == 0 || x.len < 8 || has(sample, n, x.print)) {
			continue;
		}
		if (n < SAMPLE) {
			at = n++;
		} else if (scatter(x.print) < scatter(sample[SAMPLE - 1])) {
			at = SAMPLE - 1;
		} else {
			continue;
		}
		for (; at > SAMPLE_FIRST && scatter(sample[at - 1]) > scatter(x.print); at--) {
			sample[at] = sample[at - 1];
		}
		sample[at] = x.print;
	}
	return n;
}

static uint64_t sample_hash(const struct match *m, const struct ends *x, bool remote,
			    unsigned int dir, uint32_t print)
{
	struct stays s = { .port = remote ? x->remote_port : x->local_port,
			   .proto = x->proto,
			   .remote = remote,
			   .print = print,
			   .dir = dir };

	memcpy(s.addr, remote ? x->remote : x->local, sizeof(s.addr));
	return hash_bytes(m->seed, &s, sizeof(s));
}

/* ---- the index of sockets -------------------------------------------------------------------- */

static int add_sampled(struct payload *p, uint64_t hash, size_t sock)
{
	struct sampled *grown;

	if (p->count >= LIMIT_JOIN_SAMPLES) {
		return 0;
	}
	grown = match_grow(p->at, &p->cap, p->count + 1, sizeof(*grown));
	if (grown == NULL) {
		return ERR_NOMEM;
	}
	p->at = grown;
	p->at[p->count++] = (struct sampled){ hash, sock };
	return 0;
}

static int index_sock(const struct match *m, struct payload *p, const struct sock *s, size_t index)
{
	struct ends x = ends_of_sock(s);
	bool known[2] = { x.local_port != 0 && !address_is_zero(x.local),
			  x.remote_port != 0 && !address_is_zero(x.remote) };
	uint32_t sample[SAMPLE];
	int rc = 0;

	for (unsigned int dir = 0; dir < 2; dir++) {
		unsigned int n = known[0] || known[1] ? take_sample(&s->knots[dir], sample) : 0;

		for (unsigned int i = 0; i < n * 2 && rc == 0; i++) {
			if (known[i & 1]) {
				rc = add_sampled(p, sample_hash(m, &x, i & 1, dir, sample[i / 2]),
						 index);
			}
		}
	}
	return rc;
}

static int by_hash(const void *a, const void *b)
{
	const struct sampled *x = a;
	const struct sampled *y = b;

	if (x->hash != y->hash) {
		return x->hash < y->hash ? -1 : 1;
	}
	return x->sock < y->sock ? -1 : x->sock > y->sock;
}

static int make_index(const struct match *m, struct payload *p)
{
	uint64_t bits = 1024;
	int rc = 0;

	for (size_t i = 0; i < m->sock_count && rc == 0; i++) {
		uint32_t list;
		const struct sock *s = match_sock_at(m, i, &list);

		if (m->pair_of_sock[i] == NO_PAIR &&
		    (s->kind == SOCK_TCP_K || s->kind == SOCK_UDP_K)) {
			rc = index_sock(m, p, s, i);
		}
	}
	if (rc != 0 || p->count == 0) {
		return rc;
	}
	qsort(p->at, p->count, sizeof(*p->at), by_hash);
	while (bits < 8 * p->count) {
		bits *= 2;
	}
	p->filter = calloc(bits / 8, 1);
	if (p->filter == NULL) {
		return ERR_NOMEM;
	}
	p->filter_mask = bits - 1;
	for (size_t i = 0; i < p->count; i++) {
		uint64_t h = p->at[i].hash & p->filter_mask;

		p->filter[h / 8] |= (uint8_t)(1u << h % 8);
	}
	return 0;
}

/* ---- flows are looked up --------------------------------------------------------------------- */

static int add_hits(struct payload *p, uint64_t hash, size_t flow, unsigned int end)
{
	uint64_t h = hash & p->filter_mask;
	size_t lo = 0;
	size_t hi = p->count;
	size_t n = 0;

	if ((p->filter[h / 8] & 1u << h % 8) == 0) {
		return 0;
	}
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->at[mid].hash < hash) {
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	while (lo + n < p->count && n <= COMMON && p->at[lo + n].hash == hash) {
		n++;
	}
	for (size_t i = lo; i < lo + n && n <= COMMON && p->hit_count < LIMIT_JOIN_SAMPLES; i++) {
		struct hit *grown =
			match_grow(p->hits, &p->hit_cap, p->hit_count + 1, sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		p->hits = grown;
		p->hits[p->hit_count++] = (struct hit){ p->at[i].sock, flow, end, 1 };
	}
	return 0;
}

static int look_up(const struct match *m, struct payload *p, const struct flow *f, size_t flow)
{
	uint32_t sample[2][SAMPLE];
	unsigned int n[2];
	int rc = 0;

	for (unsigned int from = 0; from < 2; from++) {
		n[from] = take_sample(f->knots[from], sample[from]);
	}
	for (unsigned int end = 0; end < 2; end++) {
		struct ends x = ends_of_flow(f, end);

		if (match_side(m, flow, end) != NULL) {
			continue;
		}
		for (unsigned int from = 0; from < 2; from++) {
			for (unsigned int i = 0; i < n[from] * 2 && rc == 0; i++) {
				rc = add_hits(p,
					      sample_hash(m, &x, i & 1, from == end,
							  sample[from][i / 2]),
					      flow, end);
			}
		}
	}
	return rc;
}

static int by_hit(const void *a, const void *b)
{
	const struct hit *x = a;
	const struct hit *y = b;

	if (x->sock != y->sock) {
		return x->sock < y->sock ? -1 : 1;
	}
	if (x->flow != y->flow) {
		return x->flow < y->flow ? -1 : 1;
	}
	return x->end < y->end ? -1 : x->end > y->end;
}

/* The most votes of a socket first. */
static int by_votes(const void *a, const void *b)
{
	const struct hit *x = a;
	const struct hit *y = b;

	if (x->sock != y->sock) {
		return x->sock < y->sock ? -1 : 1;
	}
	if (x->votes != y->votes) {
		return x->votes > y->votes ? -1 : 1;
	}
	return by_hit(a, b);
}

static void count_votes(struct payload *p)
{
	size_t n = 0;

	if (p->hit_count > 1) {
		qsort(p->hits, p->hit_count, sizeof(*p->hits), by_hit);
	}
	for (size_t i = 0; i < p->hit_count; i++) {
		if (n > 0 && by_hit(&p->hits[n - 1], &p->hits[i]) == 0) {
			p->hits[n - 1].votes++;
		} else {
			p->hits[n++] = p->hits[i];
		}
	}
	p->hit_count = n;
	if (n > 1) {
		qsort(p->hits, n, sizeof(*p->hits), by_votes);
	}
}

/* ---- who fits -------------------------------------------------------------------------------- */

/* All that is known of the socket's tuple is the flow's. */
static bool known_parts_fit(const struct ends *s, const struct ends *f)
{
	return s->proto == f->proto && (s->remote_port == 0 || s->remote_port == f->remote_port) &&
	       (s->local_port == 0 || s->local_port == f->local_port) &&
	       (address_is_zero(s->remote) || memcmp(s->remote, f->remote, 16) == 0) &&
	       (address_is_zero(s->local) || memcmp(s->local, f->local, 16) == 0);
}

static bool is_whole(const struct ends *x)
{
	return x->remote_port != 0 && x->local_port != 0 && !address_is_zero(x->remote) &&
	       !address_is_zero(x->local);
}

static bool is_whole_sock(const struct match *m, size_t sock)
{
	uint32_t list;
	struct ends x = ends_of_sock(match_sock_at(m, sock, &list));

	return is_whole(&x);
}

static bool payload_want(const struct match *m, const struct candidate *c, const struct likeness *l,
			 void *arg, enum match_reason *ret_reason)
{
	uint32_t list;
	struct ends f = ends_of_flow(match_flow_at(m, c->flow, &list), c->end);
	struct ends s = ends_of_sock(match_sock_at(m, c->sock, &list));
	uint32_t votes = UINT32_MAX - c->order;

	UNUSED_ARG(arg);
	if (!likeness_proves(l)) {
		return false;
	}
	if (known_parts_fit(&s, &f)) {
		*ret_reason = MATCH_TUPLE_BYTES;
		return !is_whole(&s);
	}
	*ret_reason = MATCH_NAT;
	return is_whole(&s) && votes >= NAT_PRINTS && l->agree[0] > 0 && l->agree[1] > 0 &&
	       (l->deep[0] + l->deep[1] > 0 || likeness_counts(l)) &&
	       l->differ[0] + l->differ[1] == 0 && l->counts[0] != COUNTS_CLASH &&
	       l->counts[1] != COUNTS_CLASH && c->meet != MEET_NO;
}

static int add_candidates(struct match *m, const struct payload *p, struct candidates *c)
{
	size_t of_sock = 0;
	int rc = 0;

	c->count = 0;
	for (size_t i = 0; i < p->hit_count && rc == 0; i++) {
		const struct hit *h = &p->hits[i];
		bool added;

		of_sock = i > 0 && p->hits[i - 1].sock == h->sock ? of_sock + 1 : 0;
		if (of_sock < FLOWS_PER_SOCK) {
			rc = candidates_add(m, c, h->flow, h->end, h->sock, UINT32_MAX - h->votes,
					    &added);
			if (rc == 0 && added &&
			    is_whole_sock(m, h->sock)) { /* time is no argument for a proposal */
				c->at[c->count - 1].apart_ns = 0;
			}
		}
	}
	return rc;
}

int match_by_payload(struct match *m)
{
	struct payload p = { 0 };
	struct candidates c = { 0 };
	int rc = make_index(m, &p);

	if (rc == 0 && p.count > 0) {
		rc = match_clocks_estimate(m);
	}
	for (uint32_t list = 0; list < m->flow_lists && rc == 0 && p.count > 0; list++) {
		size_t left;

		p.hit_count = 0;
		for (size_t i = 0; i < m->flows[list].count && rc == 0; i++) {
			const struct flow *f = m->flows[list].rows[i];

			if (f->key.ip_proto == IP_TCP || f->key.ip_proto == IP_UDP) {
				rc = look_up(m, &p, f, m->flows[list].first + i);
			}
		}
		count_votes(&p);
		rc = rc == 0 ? add_candidates(m, &p, &c) : rc;
		rc = rc == 0 ? candidates_assign(m, &c, payload_want, NULL, &left) : rc;
	}
	candidates_release(&c);
	free(p.at);
	free(p.filter);
	free(p.hits);
	return rc;
}
