/*
 * spans.c - makes the spans of a run: drafts of exchanges and processes, their parents, then all of them in order with
 * numbers, roots and depths. Reads frozen sockets, flows, pairs and transactions. One thread, after http_join.
 */
#include "join/join_internal.h"

#include "join/ordered.h"
#include "state/state.h"

/* Numbers of events beside the section's, in one order. */
#define EVENT_BITS 40

/* ---- drafts ------------------------------------------------------------------------------------------------ */

struct span *span_add(struct spans_work *w, const struct section *section)
{
	struct span *d;

	if (w->count == w->cap) {
		return NULL;
	}
	d = &w->rows[w->count++];
	memset(d, 0, sizeof(*d));
	d->section = section;
	d->parent = UINT32_MAX;
	d->root = UINT32_MAX;
	return d;
}

/* Room for all exchanges and processes. */
static int make_room(struct spans_work *w)
{
	const struct join *j = w->j;
	size_t cap = j->exchange_count;

	for (uint32_t i = 0; i < j->section_count; i++) {
		const struct state *state = j->sections[i].section->state;

		cap += j->sections[i].child_count > 0 && state != NULL ? state_process_count(state) : 0;
	}
	w->cap = (size_t)min_u64(cap, UINT32_MAX - 1);
	w->rows = large_alloc((w->cap + 1) * sizeof(*w->rows));
	w->of_exchange = large_alloc((j->exchange_count + 1) * sizeof(*w->of_exchange));
	if (w->rows == NULL || w->of_exchange == NULL) {
		return ERR_NOMEM;
	}
	memset(w->of_exchange, 0xff, (j->exchange_count + 1) * sizeof(*w->of_exchange));
	return 0;
}

static bool is_dns(const struct sock *s)
{
	return s->key.port[0] == 53 || s->key.port[1] == 53 || s->key.port[0] == 5353 || s->key.port[1] == 5353;
}

static bool wanted(const struct sock *s)
{
	return s->kind == SOCK_TCP_K || s->kind == SOCK_UNIX_K || (s->kind == SOCK_UDP_K && is_dns(s));
}

static void draft_exchange(struct span *d, const struct exchange *x)
{
	bool server = (x->flags & EXCHANGE_SERVER) != 0;
	unsigned int side = x->first_num[0] != 0 ? 0 : 1;

	d->num = x->first_num[side];
	d->kind = server ? SPAN_SERVER : SPAN_CLIENT;
	d->exchange = x;
	d->process = x->process[side];
	d->tid = x->tid[side];
	d->start_ns = !server && x->begin_ns[side] != 0 ? x->begin_ns[side] : x->first_ns[side];
	d->first_byte_ns = x->first_ns[1];
	d->end_ns = max_u64(d->start_ns, max_u64(x->last_ns[0], x->last_ns[1]));
}

static void draft_exchanges(struct spans_work *w)
{
	for (uint32_t rank = 0; rank < w->j->section_count; rank++) {
		const struct join_section *sec = &w->j->sections[rank];

		for (size_t i = 0; i < sec->exchange_count; i++) {
			const struct exchange *x = sec->exchanges[i];
			struct span *d = wanted(x->sock) ? span_add(w, sec->section) : NULL;

			if (d != NULL) {
				draft_exchange(d, x);
				w->of_exchange[sec->exchange_base + i] = (uint32_t)(w->count - 1);
			}
		}
	}
}

/* ---- parents ----------------------------------------------------------------------------------------------- */

static void set_parent(struct spans_work *w, const struct exchange *child, const struct exchange *parent)
{
	uint32_t c = w->of_exchange[join_exchange_number(w->j, child)];
	uint32_t p = w->of_exchange[join_exchange_number(w->j, parent)];

	if (c != UINT32_MAX && p != UINT32_MAX && c != p && w->rows[c].parent == UINT32_MAX) {
		w->rows[c].parent = p;
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
		const struct exchange *x = w->rows[i].exchange;

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

/* Captures that lie may say that a began b began a: the last link of such a ring is cut. marks: a number for each
 * walk. */
static void cut_rings(struct spans_work *w, uint32_t *marks)
{
	for (size_t i = 0; i < w->count; i++) {
		size_t at = i;

		while (marks[at] == 0) {
			uint32_t up = w->rows[at].parent;

			marks[at] = (uint32_t)i + 1;
			if (up == UINT32_MAX) {
				break;
			}
			if (marks[up] == (uint32_t)i + 1) {
				w->rows[at].parent = UINT32_MAX;
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

/* Where each draft will stand. */
static int find_places(const struct spans_work *w, uint32_t *places)
{
	struct ordered *items = large_alloc((w->count + 1) * sizeof(*items));
	int rc = items != NULL ? 0 : ERR_NOMEM;

	for (size_t i = 0; i < w->count && rc == 0; i++) {
		const struct span *d = &w->rows[i];
		uint64_t rank = w->j->rank_of_slot[d->section->slot];

		items[i].key = d->start_ns;
		items[i].tie = rank << EVENT_BITS | min_u64(d->num, (UINT64_C(1) << EVENT_BITS) - 1);
		items[i].row = &w->rows[i];
	}
	rc = rc == 0 ? ordered_sort(items, w->count) : rc;
	for (size_t i = 0; i < w->count && rc == 0; i++) {
		places[(struct span *)items[i].row - w->rows] = (uint32_t)i;
	}
	free(items);
	return rc;
}

/* Numbers of drafts become those of spans. */
static void renumber(struct spans_work *w, const uint32_t *places)
{
	struct join *j = w->j;

	for (size_t i = 0; i < w->count; i++) {
		struct span *d = &w->rows[i];

		d->id = places[i];
		d->parent = d->parent != UINT32_MAX ? places[d->parent] : UINT32_MAX;
	}
	for (size_t i = 0; i < j->exchange_count; i++) {
		if (w->of_exchange[i] != UINT32_MAX) {
			w->of_exchange[i] = places[w->of_exchange[i]];
		}
	}
}

/* Each goes where it belongs; most stand there, or near it. */
static void put_in_order(struct spans_work *w)
{
	for (size_t i = 0; i < w->count; i++) {
		while (w->rows[i].id != i) {
			struct span x = w->rows[w->rows[i].id];

			w->rows[w->rows[i].id] = w->rows[i];
			w->rows[i] = x;
		}
	}
}

static int order(struct spans_work *w)
{
	struct join *j = w->j;
	uint32_t *room = calloc(w->count + 1, sizeof(*room));
	int rc = room != NULL ? 0 : ERR_NOMEM;

	if (rc == 0) {
		cut_rings(w, room);
		rc = find_places(w, room);
	}
	if (rc == 0) {
		renumber(w, room);
		put_in_order(w);
		find_roots(w->rows, w->count, room);
		j->spans = w->rows;
		j->span_count = w->count;
		j->span_of_exchange = w->of_exchange;
		w->rows = NULL;
		w->of_exchange = NULL;
	}
	free(room);
	return rc;
}

static void tell_http(struct join *j)
{
	for (size_t i = 0; i < j->http_count; i++) {
		struct http_joined *r = &j->http[i];
		const struct exchange *x = r->server != NULL ? r->server : r->client;

		r->span = x != NULL ? j->span_of_exchange[join_exchange_number(j, x)] : UINT32_MAX;
	}
}

int spans_make(struct join *j)
{
	struct spans_work w = { .j = j };
	int rc = make_room(&w);

	buf_init(&w.text, 64u << 10);
	if (rc == 0) {
		draft_exchanges(&w);
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
		rc = order(&w);
	}
	if (rc == 0) {
		tell_http(j);
	}
	buf_release(&w.text);
	free(w.of_exchange);
	free(w.rows);
	return rc;
}
