/*
 * spans.c - makes the spans of a run: drafts of exchanges and processes, their parents, then all of them in order with numbers,
 * roots and depths. Reads frozen sockets, flows, pairs and transactions. One thread, after http_join.
 */
#include "join/join_internal.h"

/* ---- drafts ------------------------------------------------------------------------------------------------ */

struct span_draft *span_add(struct spans_work *w, uint32_t rank, bool *ret_full)
{
	struct span_draft *d;

	*ret_full = w->count >= UINT32_MAX - 1;
	if (*ret_full) {
		return NULL;
	}
	if (w->count == w->cap) {
		size_t cap = w->cap < 64 ? 64 : w->cap * 2;

		d = realloc(w->rows, cap * sizeof(*d));
		if (d == NULL) {
			return NULL;
		}
		w->rows = d;
		w->cap = cap;
	}
	d = &w->rows[w->count++];
	memset(d, 0, sizeof(*d));
	d->rank = rank;
	d->s.section = w->j->sections[rank].section;
	d->s.parent = UINT32_MAX;
	d->s.root = UINT32_MAX;
	return d;
}

static bool is_dns(const struct sock *s)
{
	return s->key.port[0] == 53 || s->key.port[1] == 53 || s->key.port[0] == 5353 || s->key.port[1] == 5353;
}

static bool wanted(const struct sock *s)
{
	return s->kind == SOCK_TCP_K || s->kind == SOCK_UNIX_K || (s->kind == SOCK_UDP_K && is_dns(s));
}

static void draft_exchange(struct span_draft *d, const struct exchange *x)
{
	bool server = (x->flags & EXCHANGE_SERVER) != 0;
	unsigned int side = x->first_num[0] != 0 ? 0 : 1;

	d->num = x->first_num[side];
	d->s.kind = server ? SPAN_SERVER : SPAN_CLIENT;
	d->s.exchange = x;
	d->s.process = x->process[side];
	d->s.tid = x->tid[side];
	d->s.start_ns = !server && x->begin_ns[side] != 0 ? x->begin_ns[side] : x->first_ns[side];
	d->s.first_byte_ns = x->first_ns[1];
	d->s.end_ns = max_u64(d->s.start_ns, max_u64(x->last_ns[0], x->last_ns[1]));
}

static int draft_exchanges(struct spans_work *w)
{
	for (uint32_t rank = 0; rank < w->j->section_count; rank++) {
		const struct join_section *sec = &w->j->sections[rank];

		for (size_t i = 0; i < sec->exchange_count; i++) {
			const struct exchange *x = sec->exchanges[i];
			struct span_draft *d;
			bool full;

			if (!wanted(x->sock)) {
				continue;
			}
			d = span_add(w, rank, &full);
			if (d == NULL) {
				return full ? 0 : ERR_NOMEM;
			}
			draft_exchange(d, x);
			w->of_exchange[join_exchange_number(w->j, x)] = (uint32_t)(w->count - 1);
		}
	}
	return 0;
}

/* ---- parents ----------------------------------------------------------------------------------------------- */

static void set_parent(struct spans_work *w, const struct exchange *child, const struct exchange *parent)
{
	uint32_t c = w->of_exchange[join_exchange_number(w->j, child)];
	uint32_t p = w->of_exchange[join_exchange_number(w->j, parent)];

	if (c != UINT32_MAX && p != UINT32_MAX && c != p && w->rows[c].s.parent == UINT32_MAX) {
		w->rows[c].s.parent = p;
	}
}

/* A server's exchange belongs to the client's that sent its first byte: both by offsets in the flow, in order. */
static void link_pair(struct spans_work *w, const struct pair *p, unsigned int server)
{
	const struct sock *s = p->side[server].sock;
	const struct sock *c = p->side[!server].sock;
	const struct exchange *x = c->first_exchange;

	if (s->role != SOCK_SERVER || s->peer != NULL || c->role == SOCK_SERVER) {
		return;
	}
	for (const struct exchange *t = s->first_exchange; t != NULL; t = t->next) {
		int64_t at = (int64_t)t->start[0] + pair_shift(&p->side[server], 0, t->start[0]);

		if (t->first_num[0] == 0) {
			continue;
		}
		while (x != NULL && (int64_t)x->end[0] + pair_shift(&p->side[!server], 1, x->end[0]) <= at) {
			x = x->next;
		}
		if (x != NULL && x->first_num[0] != 0 &&
		    (int64_t)x->start[0] + pair_shift(&p->side[!server], 1, x->start[0]) <= at) {
			set_parent(w, t, x);
		}
	}
}

void spans_parents(struct spans_work *w)
{
	size_t count;
	const struct pair *pairs = match_pairs(w->j->match, &count);

	for (size_t i = 0; i < w->count; i++) {
		const struct exchange *x = w->rows[i].s.exchange;

		if (x != NULL && x->parent != NULL) {
			set_parent(w, x, x->parent);
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (pairs[i].side[0].sock != NULL && pairs[i].side[1].sock != NULL) {
			link_pair(w, &pairs[i], 0);
			link_pair(w, &pairs[i], 1);
		}
	}
}

/* Captures that lie may say that a began b began a: the last link of such a ring is cut. marks: a number for each walk. */
static void cut_rings(struct spans_work *w, uint32_t *marks)
{
	for (size_t i = 0; i < w->count; i++) {
		size_t at = i;

		while (marks[at] == 0) {
			uint32_t up = w->rows[at].s.parent;

			marks[at] = (uint32_t)i + 1;
			if (up == UINT32_MAX) {
				break;
			}
			if (marks[up] == (uint32_t)i + 1) {
				w->rows[at].s.parent = UINT32_MAX;
				break;
			}
			at = up;
		}
	}
}

/* stack: room for all. */
static void find_roots(struct span *spans, size_t count, uint32_t *stack)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t at = (uint32_t)i;
		size_t n = 0;

		while (spans[at].root == UINT32_MAX && spans[at].parent != UINT32_MAX) {
			stack[n++] = at;
			at = spans[at].parent;
		}
		if (spans[at].root == UINT32_MAX) {
			spans[at].root = at;
		}
		while (n > 0) {
			struct span *s = &spans[stack[--n]];

			s->root = spans[s->parent].root;
			s->depth = spans[s->parent].depth + 1;
		}
	}
}

/* ---- order ------------------------------------------------------------------------------------------------- */

static int by_start(const void *a, const void *b)
{
	const struct span_draft *x = *(struct span_draft *const *)a;
	const struct span_draft *y = *(struct span_draft *const *)b;

	if (x->s.start_ns != y->s.start_ns) {
		return x->s.start_ns < y->s.start_ns ? -1 : 1;
	}
	if (x->rank != y->rank) {
		return x->rank < y->rank ? -1 : 1;
	}
	if (x->num != y->num) {
		return x->num < y->num ? -1 : 1;
	}
	return (x > y) - (x < y);	/* as drafted: by section, exchange */
}

static int put_in_order(struct spans_work *w)
{
	struct join *j = w->j;
	struct span_draft **order = malloc((w->count + 1) * sizeof(*order));
	uint32_t *marks = calloc(w->count + 1, sizeof(*marks));

	j->spans = malloc((w->count + 1) * sizeof(*j->spans));
	if (order == NULL || marks == NULL || j->spans == NULL) {
		free(order);
		free(marks);
		return ERR_NOMEM;
	}
	cut_rings(w, marks);
	for (size_t i = 0; i < w->count; i++) {
		order[i] = &w->rows[i];
	}
	qsort(order, w->count, sizeof(struct span_draft *), by_start);
	for (size_t i = 0; i < w->count; i++) {
		order[i]->place = (uint32_t)i;
	}
	for (size_t i = 0; i < w->count; i++) {
		struct span *s = &j->spans[i];

		*s = order[i]->s;
		s->id = (uint32_t)i;
		s->parent = s->parent != UINT32_MAX ? w->rows[s->parent].place : UINT32_MAX;
	}
	j->span_count = w->count;
	find_roots(j->spans, j->span_count, marks);
	free(order);
	free(marks);
	return 0;
}

/* Numbers of drafts become those of spans. */
static void hand_over(struct spans_work *w)
{
	struct join *j = w->j;

	for (size_t i = 0; i < j->exchange_count; i++) {
		if (w->of_exchange[i] != UINT32_MAX) {
			w->of_exchange[i] = w->rows[w->of_exchange[i]].place;
		}
	}
	j->span_of_exchange = w->of_exchange;
	w->of_exchange = NULL;
	for (size_t i = 0; i < j->http_count; i++) {
		struct http_joined *r = &j->http[i];
		const struct exchange *x = r->server != NULL ? r->server : r->client;

		r->span = x != NULL ? j->span_of_exchange[join_exchange_number(j, x)] : UINT32_MAX;
	}
}

int spans_make(struct join *j)
{
	struct spans_work w = { .j = j };
	int rc = 0;

	buf_init(&w.text, 64u << 10);
	w.of_exchange = malloc((j->exchange_count + 1) * sizeof(*w.of_exchange));
	if (w.of_exchange == NULL) {
		return ERR_NOMEM;
	}
	memset(w.of_exchange, 0xff, (j->exchange_count + 1) * sizeof(*w.of_exchange));
	rc = draft_exchanges(&w);
	if (rc == 0) {
		spans_parents(&w);
		rc = spans_processes(&w);
	}
	if (rc == 0) {
		rc = spans_messages(&w);
	}
	if (rc == 0) {
		rc = spans_names(&w);
	}
	if (rc == 0) {
		rc = put_in_order(&w);
	}
	if (rc == 0) {
		hand_over(&w);
	}
	buf_release(&w.text);
	free(w.of_exchange);
	free(w.rows);
	return rc;
}
