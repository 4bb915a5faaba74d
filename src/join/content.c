/*
 * content.c - see content.h: which packets and calls carried the bytes of a conversation, and filling in what they
 * carried. content_pieces.c puts the parts together.
 */
#include "join/content_internal.h"

#include "base/limits.h"
#include "events/extra.h"
#include "net/layer.h"
#include "net/net.h"

int content_new(enum content_view view, struct content **ret_c)
{
	struct content *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		return ERR_NOMEM;
	}
	c->view = view;
	*ret_c = c;
	return 0;
}

void content_free(struct content *c)
{
	if (c == NULL) {
		return;
	}
	for (size_t i = 0; i < c->place_count; i++) {
		free(c->places[i].bytes);
	}
	free(c->places);
	free(c->order);
	free(c->talks);
	free(c);
}

uint32_t content_count(const struct content *c)
{
	return c->talk_count;
}

const struct content_talk *content_talk(const struct content *c, uint32_t talk)
{
	return &c->talks[talk].talk;
}

bool content_full(const struct content *c)
{
	return atomic_load_explicit(&c->bytes, memory_order_relaxed) > LIMIT_FOLLOW_BYTES;
}

/* ---- conversations and their places -------------------------------------------------------------------- */

static int add_place(struct content *c, const struct place *p)
{
	if (c->place_count == c->place_cap) {
		size_t cap = c->place_cap == 0 ? 256 : c->place_cap * 2;
		struct place *grown;

		if (c->place_count == LIMIT_FOLLOW_PLACES) {
			return ERR_LIMIT;
		}
		grown = realloc(c->places, cap * sizeof(*grown));
		if (grown == NULL) {
			return ERR_NOMEM;
		}
		c->places = grown;
		c->place_cap = cap;
	}
	c->places[c->place_count++] = *p;
	c->talks[p->talk].count++;
	return 0;
}

static int add_packets(struct content *c, uint32_t talk, const struct clock_pair *clock)
{
	const struct flow *f = c->talks[talk].talk.flow;
	int rc = 0;

	for (unsigned int end = 0; end < 2 && rc == 0; end++) {
		struct knot_walk w;
		struct knot k;

		memset(&w, 0, sizeof(w));
		while (rc == 0 && f->knots[end] != NULL && knots_next(f->knots[end], &w, &k)) {
			struct place p = { .num = k.num, .offset = k.offset, .len = k.len, .talk = talk,
					   .dir = end != f->client, .from = PLACE_PACKET, .section = f->section };

			p.ts_ns = clock != NULL ? clock_to_calls(clock, k.ts_ns) : k.ts_ns;
			p.ts_ns = p.ts_ns != 0 ? p.ts_ns : k.ts_ns;
			if (k.kind == KNOT_DATA && k.len > 0) {
				rc = add_place(c, &p);
			}
		}
	}
	return rc;
}

/* side: NULL, the conversation is counted by the socket alone. client: it is the client's socket. */
static int add_calls(struct content *c, uint32_t talk, const struct sock *s, const struct pair_side *side, bool client)
{
	int rc = 0;

	for (unsigned int sent = 0; sent < 2 && rc == 0; sent++) {
		struct knot_walk w;
		struct knot k;

		if (side != NULL && !side->aligned[sent]) {
			continue;	/* where they belong is not known */
		}
		memset(&w, 0, sizeof(w));
		while (rc == 0 && knots_next(&s->knots[sent], &w, &k)) {
			int64_t shift = side != NULL ? pair_shift(side, sent, k.offset) : 0;
			struct place p = { .num = k.num, .offset = k.offset + (uint64_t)shift, .len = k.len,
					   .talk = talk, .dir = (sent != 0) != client,
					   .from = client ? PLACE_CLIENT_CALL : PLACE_SERVER_CALL, .ts_ns = k.ts_ns,
					   .section = s->section };

			if (k.kind == KNOT_DATA && k.len > 0 && (int64_t)p.offset >= 0) {
				rc = add_place(c, &p);
			}
		}
	}
	return rc;
}

static int new_talk(struct content *c, const struct content_talk *t, uint32_t *ret_talk, bool *ret_new)
{
	for (uint32_t i = 0; i < c->talk_count; i++) {
		const struct content_talk *x = &c->talks[i].talk;

		if (x->flow == t->flow && x->sock[0] == t->sock[0] && x->sock[1] == t->sock[1]) {
			*ret_talk = i;
			*ret_new = false;
			return 0;
		}
	}
	if (c->talk_count == c->talk_cap) {
		uint32_t cap = c->talk_cap == 0 ? 16 : c->talk_cap * 2;
		struct talk_places *grown;

		if (c->talk_count == LIMIT_FOLLOW_TALKS) {
			return ERR_LIMIT;
		}
		grown = realloc(c->talks, cap * sizeof(*grown));
		if (grown == NULL) {
			return ERR_NOMEM;
		}
		c->talks = grown;
		c->talk_cap = cap;
	}
	c->talks[c->talk_count] = (struct talk_places){ *t, c->place_count, 0 };
	*ret_talk = c->talk_count++;
	*ret_new = true;
	return 0;
}

int content_add_flow(struct content *c, const struct join *j, const struct flow *f, uint32_t *ret_talk)
{
	const struct pair *pair = j != NULL ? join_pair_of_flow(j, f) : NULL;
	struct content_talk t = { .flow = f };
	const struct clock_pair *clock = NULL;
	uint32_t talk;
	bool fresh;
	int rc;

	for (unsigned int side = 0; side < 2 && pair != NULL; side++) {
		t.sock[side] = pair->side[side == 0 ? f->client : !f->client].sock;
		if (t.sock[side] != NULL && clock == NULL) {
			clock = join_clock(j, t.sock[side]->section, f->section);
		}
	}
	rc = new_talk(c, &t, &talk, &fresh);
	if (rc == 0 && fresh && c->view != CONTENT_OF_CALLS) {
		rc = add_packets(c, talk, clock);
	}
	for (unsigned int side = 0; side < 2 && rc == 0 && fresh && c->view != CONTENT_OF_PACKETS; side++) {
		if (t.sock[side] != NULL) {
			rc = add_calls(c, talk, t.sock[side], &pair->side[side == 0 ? f->client : !f->client],
				       side == 0);
		}
	}
	if (rc == 0) {
		*ret_talk = talk;
	}
	return rc;
}

int content_add_sock(struct content *c, const struct join *j, const struct sock *s, uint32_t *ret_talk)
{
	const struct pair *pair = j != NULL ? join_pair_of_sock(j, s) : NULL;
	bool client = s->role != SOCK_SERVER;
	struct content_talk t = { .flow = NULL };
	uint32_t talk;
	bool fresh;
	int rc;

	if (pair != NULL) {
		return content_add_flow(c, j, pair->flow, ret_talk);
	}
	t.sock[!client] = s;
	t.sock[client] = s->peer;
	rc = new_talk(c, &t, &talk, &fresh);
	for (unsigned int side = 0; side < 2 && rc == 0 && fresh && c->view != CONTENT_OF_PACKETS; side++) {
		if (t.sock[side] != NULL) {
			rc = add_calls(c, talk, t.sock[side], NULL, side == 0);
		}
	}
	if (rc == 0) {
		*ret_talk = talk;
	}
	return rc;
}

/* ---- filling ------------------------------------------------------------------------------------------- */

/* Packets and calls of a section apart, each by number. */
static int by_num(const void *pa, const void *pb, void *arg)
{
	const struct content *c = arg;
	const struct place *a = &c->places[*(const uint32_t *)pa];
	const struct place *b = &c->places[*(const uint32_t *)pb];
	int order = section_compare(a->section, b->section);

	if (order != 0) {
		return order;
	}
	if ((a->from == PLACE_PACKET) != (b->from == PLACE_PACKET)) {
		return a->from == PLACE_PACKET ? -1 : 1;
	}
	return (a->num > b->num) - (a->num < b->num);
}

int content_ready(struct content *c)
{
	c->order = calloc(c->place_count + 1, sizeof(*c->order));
	if (c->order == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < c->place_count; i++) {
		c->order[i] = (uint32_t)i;
	}
	qsort_r(c->order, c->place_count, sizeof(*c->order), by_num, c);
	return 0;
}

/* The first place of the section's packets (or calls) with at least this number. */
static size_t first_place(const struct content *c, const struct section *sec, bool packet, uint64_t num)
{
	size_t lo = 0, hi = c->place_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct place *p = &c->places[c->order[mid]];
		int way = section_compare(p->section, sec);

		if (way == 0 && (p->from == PLACE_PACKET) != packet) {
			way = p->from == PLACE_PACKET ? -1 : 1;
		}
		if (way < 0 || (way == 0 && p->num < num)) {
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return lo;
}

static bool is_place(const struct place *p, const struct section *sec, bool packet)
{
	return (p->from == PLACE_PACKET) == packet && section_compare(p->section, sec) == 0;
}

static int keep(struct content *c, struct place *p, const uint8_t *bytes, size_t n)
{
	n = n < p->len ? n : p->len;
	if (n == 0 || p->bytes != NULL ||
	    atomic_fetch_add_explicit(&c->bytes, n, memory_order_relaxed) + n > LIMIT_FOLLOW_BYTES) {
		return 0;
	}
	p->bytes = malloc(n);
	if (p->bytes == NULL) {
		return ERR_NOMEM;
	}
	memcpy(p->bytes, bytes, n);
	p->got = (uint32_t)n;
	return 0;
}

/* Bytes of a place in the payload of a packet's layer: not what the segment repeats in front of them. */
static int keep_payload(struct content *c, struct place *p, const struct layer *l)
{
	const struct flow *f = c->talks[p->talk].talk.flow;
	uint32_t at = 0;

	if (f->key.ip_proto == IP_TCP) {
		uint32_t start = l->seq - f->side[l->from].first_seq + ((l->tcp_flags & TCP_SYN) != 0);

		at = (uint32_t)p->offset - start;
	}
	return at < l->payload_cap ? keep(c, p, l->payload + at, l->payload_cap - at) : 0;
}

static bool carries(const struct content *c, const struct place *p, const struct layer *l)
{
	const struct flow *f = c->talks[p->talk].talk.flow;
	unsigned int end = p->dir == 0 ? f->client : !f->client;

	return l->flow != NULL && l->flow->first_num == f->first_num && l->flow->first_layer == f->first_layer &&
	       l->from == end && (l->flags & (LAYER_FRAGMENT | LAYER_QUOTED)) == 0;
}

/* Rebuilt datagrams stand behind all others: layers are looked through as often as a packet is wanted. */
static int feed_packet(struct content *c, const struct batch *b, struct place *p, uint32_t *io_layer)
{
	uint32_t packet = (uint32_t)(p->num - b->first_packet_num);

	while (*io_layer < b->layer_count && b->layers[*io_layer].packet < packet &&
	       (b->layers[*io_layer].flags & LAYER_REBUILT) == 0) {
		++*io_layer;
	}
	for (uint32_t i = *io_layer; i < b->layer_count; i++) {
		const struct layer *l = &b->layers[i];

		if (l->packet == packet && carries(c, p, l)) {
			return keep_payload(c, p, l);
		}
		if (l->packet > packet && (b->layers[b->layer_count - 1].flags & LAYER_REBUILT) == 0) {
			break;
		}
	}
	return 0;
}

static int feed_call(struct content *c, const struct batch *b, struct place *p)
{
	const struct event *ev = &b->events[p->num - b->first_raw_num];
	int at = (ev->flags & EVENT_UNKNOWN_TYPE) == 0 ? event_param_index(ev->type, "data") : -1;
	struct event_extra x;
	struct param v;

	if (at < 0) {
		return 0;
	}
	v = event_param(ev, (unsigned int)at);
	p->shown = b->first_num + ev->num;
	if (event_extra(b, ev, &x) && x.bytes_at > 0 && x.bytes_at < p->len) {
		p->offset += x.bytes_at;
		p->len -= (uint32_t)x.bytes_at;
	}
	return v.p != NULL ? keep(c, p, v.p, v.len) : 0;
}

int content_feed(struct content *c, const struct batch *b)
{
	uint32_t layer = 0;
	int rc = 0;

	if (b->section == NULL || c->place_count == 0) {
		return 0;
	}
	for (size_t i = first_place(c, b->section, true, b->first_packet_num); rc == 0 && i < c->place_count; i++) {
		struct place *p = &c->places[c->order[i]];

		if (!is_place(p, b->section, true) || p->num >= b->first_packet_num + b->packet_count) {
			break;
		}
		rc = feed_packet(c, b, p, &layer);
	}
	for (size_t i = first_place(c, b->section, false, b->first_raw_num); rc == 0 && i < c->place_count; i++) {
		struct place *p = &c->places[c->order[i]];

		if (!is_place(p, b->section, false) || p->num >= b->first_raw_num + b->event_count) {
			break;
		}
		rc = feed_call(c, b, p);
	}
	return rc;
}
