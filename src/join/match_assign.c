/*
 * match_assign.c - who gets whom, where a flow has several sockets to choose from or the reverse: the
 * best first, and nobody whom nothing tells apart. Reads candidates, joins them in struct match. One
 * thread.
 *
 * Better is: payload agrees; more of it; times that meet; starts that are closer. Time is asked last, so
 * it never joins what bytes do not, and never parts what they do. The result depends on the candidates
 * alone, not on the order in which they came.
 */
#include "join/match_internal.h"

void candidates_release(struct candidates *c)
{
	free(c->at);
	memset(c, 0, sizeof(*c));
}

int candidates_add(struct match *m, struct candidates *c, size_t flow, unsigned int end,
		   size_t sock, uint32_t order, bool *ret_added)
{
	uint32_t list;
	const struct flow *f = match_flow_at(m, flow, &list);
	const struct sock *s = match_sock_at(m, sock, &list);
	struct candidate x = { .flow = flow, .sock = sock, .end = (uint8_t)end, .order = order };
	struct candidate *grown;
	struct likeness l;
	int rc = match_bytes(&m->work, f, end, s, MATCH_GLANCE, &l);

	*ret_added = false;
	if (rc != 0 || likeness_contradicts(&l)) {
		return rc;
	}
	x.score = likeness_score(&l);
	x.proven = likeness_proves(&l);
	x.alike = likeness_counts(&l);
	x.meet = (uint8_t)match_meet(m, f, s, &x.apart_ns);
	grown = match_grow(c->at, &c->cap, c->count + 1, sizeof(*grown));
	if (grown == NULL) {
		return ERR_NOMEM;
	}
	c->at = grown;
	c->at[c->count++] = x;
	*ret_added = true;
	return 0;
}

/* By what tells candidates apart; 0: nothing does. */
static int by_worth(const struct candidate *x, const struct candidate *y)
{
	if (x->proven != y->proven) {
		return x->proven ? -1 : 1;
	}
	if (x->score != y->score) {
		return x->score > y->score ? -1 : 1;
	}
	if (x->alike != y->alike) {
		return x->alike ? -1 : 1;
	}
	if (x->meet != y->meet) {
		return x->meet > y->meet ? -1 : 1;
	}
	return x->apart_ns < y->apart_ns ? -1 : x->apart_ns > y->apart_ns;
}

static int by_worth_and_place(const void *a, const void *b)
{
	const struct candidate *x = a;
	const struct candidate *y = b;
	int c = by_worth(x, y);

	if (c != 0) {
		return c;
	}
	if (x->order != y->order) {
		return x->order < y->order ? -1 : 1;
	}
	if (x->flow != y->flow) {
		return x->flow < y->flow ? -1 : 1;
	}
	if (x->end != y->end) {
		return x->end < y->end ? -1 : 1;
	}
	return x->sock < y->sock ? -1 : x->sock > y->sock;
}

/* A socket may have a flow in each section of packets; views inside one are kept apart by the callers'
 * groups. */
static bool is_free(const struct match *m, const struct candidate *c)
{
	return match_side(m, c->flow, c->end) == NULL;
}

int candidate_take(struct match *m, const struct candidate *c, candidate_want *want, void *arg,
		   bool assumed, bool *ret_taken)
{
	enum match_reason reason = MATCH_TUPLE_BYTES;
	uint32_t list;
	const struct flow *f = match_flow_at(m, c->flow, &list);
	const struct sock *s = match_sock_at(m, c->sock, &list);
	struct likeness l;
	int rc;

	*ret_taken = false;
	if (!is_free(m, c)) {
		return 0;
	}
	rc = match_bytes(&m->work, f, c->end, s, SIZE_MAX, &l);
	if (rc != 0 || !want(m, c, &l, arg, &reason)) {
		return rc;
	}
	*ret_taken = true;
	return match_add(m, c->flow, c->end, c->sock, reason, &l, assumed);
}

/* ---- marks ----------------------------------------------------------------------------------- */

/* Who is taken, and how often somebody stands in a block: open addressing over flows' ends and sockets. */
struct marks {
	struct mark {
		uint64_t who; /* 0: empty */
		uint32_t count;
		bool taken; /* or left to others to decide */
	} * at;
	size_t mask;
};

static uint64_t flow_mark(const struct candidate *c)
{
	return (uint64_t)c->flow << 2 | (uint64_t)c->end << 1 | UINT64_C(1) << 63;
}

static uint64_t sock_mark(const struct candidate *c)
{
	return (uint64_t)c->sock << 2 | 1 | UINT64_C(1) << 62;
}

static int marks_new(struct marks *k, size_t candidates)
{
	size_t n = 16;

	while (n < candidates * 4) {
		n *= 2;
	}
	k->at = calloc(n, sizeof(*k->at));
	k->mask = n - 1;
	return k->at != NULL ? 0 : ERR_NOMEM;
}

static struct mark *mark_of(const struct marks *k, uint64_t who)
{
	uint64_t h = who * UINT64_C(0x9E3779B97F4A7C15);
	size_t i = (size_t)(h ^ h >> 32) & k->mask;

	while (k->at[i].who != 0 && k->at[i].who != who) {
		i = (i + 1) & k->mask;
	}
	k->at[i].who = who;
	return &k->at[i];
}

/* ---- blocks of equal worth ------------------------------------------------------------------- */

static void count_block(const struct marks *k, const struct candidate *at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		mark_of(k, flow_mark(&at[i]))->count = 0;
		mark_of(k, sock_mark(&at[i]))->count = 0;
	}
	for (size_t i = 0; i < n; i++) {
		struct mark *f = mark_of(k, flow_mark(&at[i]));
		struct mark *s = mark_of(k, sock_mark(&at[i]));

		if (!f->taken && !s->taken) {
			f->count++;
			s->count++;
		}
	}
}

/* Has somebody as good in bytes, whom only time puts behind? */
static bool time_decides(const struct candidates *c, const struct marks *k, size_t i)
{
	const struct candidate *x = &c->at[i];

	for (size_t j = i + 1; j < c->count && j < i + 64; j++) {
		const struct candidate *y = &c->at[j];

		if (y->proven != x->proven || y->score != x->score || y->alike != x->alike) {
			break;
		}
		if ((y->flow == x->flow && y->end == x->end && !mark_of(k, sock_mark(y))->taken) ||
		    (y->sock == x->sock && !mark_of(k, flow_mark(y))->taken)) {
			return true;
		}
	}
	return false;
}

/* Candidates of equal worth, where each has only the other, are joined; the others go to the front:
 * lesser ones must not take them either. */
static int assign_block(struct match *m, struct candidates *c, const struct marks *k, size_t from,
			size_t n, candidate_want *want, void *arg, size_t *io_left)
{
	size_t first_left = *io_left;
	int rc = 0;

	count_block(k, &c->at[from], n);
	for (size_t i = from; i < from + n && rc == 0; i++) {
		struct mark *f = mark_of(k, flow_mark(&c->at[i]));
		struct mark *s = mark_of(k, sock_mark(&c->at[i]));
		bool taken;

		if (f->taken || s->taken) {
			continue;
		}
		if (f->count == 1 && s->count == 1) {
			rc = candidate_take(m, &c->at[i], want, arg, time_decides(c, k, i), &taken);
			f->taken = s->taken = taken;
		} else {
			c->at[(*io_left)++] = c->at[i];
		}
	}
	for (size_t i = first_left; i < *io_left; i++) {
		mark_of(k, flow_mark(&c->at[i]))->taken = true;
		mark_of(k, sock_mark(&c->at[i]))->taken = true;
	}
	return rc;
}

/* Sorted; who was proposed twice counts once. */
static void drop_doubles(struct candidates *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++) {
		if (n == 0 || by_worth_and_place(&c->at[n - 1], &c->at[i]) != 0) {
			c->at[n++] = c->at[i];
		}
	}
	c->count = n;
}

int candidates_assign(struct match *m, struct candidates *c, candidate_want *want, void *arg,
		      size_t *ret_left)
{
	struct marks k;
	size_t left = 0;
	int rc = 0;

	if (c->count > 1) {
		qsort(c->at, c->count, sizeof(*c->at), by_worth_and_place);
		drop_doubles(c);
	}
	if (marks_new(&k, c->count) != 0) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < c->count && rc == 0;) {
		size_t n = 1;

		while (i + n < c->count && by_worth(&c->at[i], &c->at[i + n]) == 0) {
			n++;
		}
		rc = assign_block(m, c, &k, i, n, want, arg, &left);
		i += n;
	}
	free(k.at);
	*ret_left = left;
	return rc;
}
