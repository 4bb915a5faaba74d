/*
 * match_tuple.c - flows and sockets of equal tuples are put together in groups: one tuple, one end of it,
 * one view (section of packets, VLANs, tunnel, loopback scope), with all sockets of that end in any
 * section of syscalls. Most groups are one flow and one socket; tuples used again give several
 * generations, and namespaces several at once. One thread.
 *
 * Groups are found by hashes alone, with a seed that nobody knows; the tuples themselves are compared
 * with the bytes. They are settled in the order of flows, so that memory is walked forwards. Those where
 * bytes decide are settled in the first pass; the others are kept open until clocks are known, or until
 * nothing more can be learned.
 */
#include "join/match_group.h"

#include "base/hash.h"

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

/* Which of the two it goes to, or 2: what it knows is not enough. */
static unsigned int class_of(const struct sock *s, const struct ends *x)
{
	if ((s->kind != SOCK_TCP_K && s->kind != SOCK_UDP_K) || x->remote_port == 0 ||
	    x->local_port == 0 || address_is_zero(x->remote)) {
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
				rc = add_ref(&t->socks[class], hash_bytes(m->seed, &x, sizeof(x)),
					     i, 0, (uint32_t)k);
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
	for (unsigned int class = 0; class < 2; class ++) {
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
	return (uint32_t)(hash_mix(a + 1, UINT64_C(0x9E3779B97F4A7C15)) ^
			  hash_mix(b + 1, UINT64_C(0xD6E8FEB86659FD93))) |
	       1;
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
			rc = add_ref(&t->flows[class], hash, list, view_of(f),
				     (uint32_t)row << 1 | (i & 1));
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

	while (i + n < r->count && n < UINT32_MAX && r->at[i + n].hash == r->at[i].hash &&
	       r->at[i + n].list == r->at[i].list && r->at[i + n].view == r->at[i].view) {
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
		struct group g = { .flow = i,
				   .flows = run_of_flows(flows, i),
				   .list = flows->at[i].list,
				   .row = flows->at[i].row,
				   .partly = class == 1 };

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
	for (unsigned int class = 0; class < 2 && rc == 0; class ++) {
		if (t->flows[class].count > 1) {
			qsort(t->flows[class].at, t->flows[class].count, sizeof(struct ref),
			      by_ref);
		}
		if (t->socks[class].count > 1) {
			qsort(t->socks[class].at, t->socks[class].count, sizeof(struct ref),
			      by_ref);
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

/* ---- passes ---------------------------------------------------------------------------------- */

int tuples_match(struct match *m, struct tuples *t, enum tuples_pass pass)
{
	size_t kept = 0;
	int rc = 0;

	t->undecided = 0;
	for (size_t i = 0; i < t->open_count && rc == 0; i++) {
		struct group g = t->open[i];
		bool open = true;

		if (pass != TUPLES_SINGLE || group_is_single(&g)) {
			rc = group_settle(m, t, &g, pass != TUPLES_BYTES, &open);
		}
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
