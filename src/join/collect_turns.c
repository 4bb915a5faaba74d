/*
 * collect_turns.c - cuts what passes through a socket into exchanges.
 *
 * On a stream, bytes in the direction of requests begin an exchange when the one before has been answered, and belong
 * to it until the answer begins. Every datagram in that direction begins one; answers go to the query with the same DNS
 * identifier, or to the oldest that waits. The first bytes tell who asks where the role is unknown. Pipes have no
 * turns.
 */
#include "join/collect_internal.h"

/* Ports below are for services. */
#define PORT_USER 1024

/* A TCP or unix server that has shut its own side down answers nothing more: what it still reads is the rest of the
 * request before. */
static bool can_answer(const struct part *p, unsigned int answers)
{
	return (p->ended & PART_ENDED(answers)) == 0;
}

static unsigned int request_dir(const struct part *p)
{
	return p->s.role == SOCK_SERVER ? 0 : 1;
}

static struct turn *last_turn(const struct part *p)
{
	return (struct turn *)p->s.last_exchange;
}

struct turn *turn_new(struct collector *c, struct part *p)
{
	struct turn *t = NULL;
	void *row = NULL;

	if (rows_add(&c->turns, &row) != 0) {
		c->oom = true;
	}
	t = row;
	if (t == NULL) {
		p->s.flags |= SOCK_CUT;
		return NULL;
	}
	t->x.sock = &p->s;
	t->x.flags = p->s.role == SOCK_SERVER ? EXCHANGE_SERVER : 0;
	if (p->s.last_exchange != NULL) {
		p->s.last_exchange->next = &t->x;
	} else {
		p->s.first_exchange = &t->x;
	}
	p->s.last_exchange = &t->x;
	p->s.exchange_count++;
	return t;
}

/* One call of the request (side 0) or response (side 1); n bytes from offset on. */
static void add_call(const struct collector *c, struct turn *t, unsigned int side, uint64_t offset, uint32_t n)
{
	const struct event *ev = c->ev;
	struct exchange *x = &t->x;
	uint64_t ts = (ev->flags & EVENT_TIME_ZERO) == 0 ? ev->ts_ns : 0;

	if (x->first_num[side] == 0) {
		x->start[side] = offset;
		x->first_num[side] = c->num;
		x->first_ns[side] = ts;
		x->begin_ns[side] = ev->begin_ns;
		x->process[side] = ev->thread->process;
		x->tid[side] = ev->tid;
	}
	x->end[side] = offset + n;
	x->last_num[side] = c->num;
	x->last_ns[side] = ts;
	if ((ev->flags & EVENT_BEGIN_BOUND) != 0) {
		x->flags |= EXCHANGE_BOUND;
	}
}

/* ---- datagrams ------------------------------------------------------------------------------------------- */

static bool dns_tag(const struct part *p, struct param data, uint16_t *ret_tag)
{
	if (!p->s.dns && p->s.key.port[p->s.local] != 53 && p->s.key.port[p->s.local] != 5353) {
		return false;
	}
	if (data.len < 2) {
		return false;
	}
	*ret_tag = (uint16_t)(data.p[0] << 8 | data.p[1]);
	return true;
}

static void close_open(struct part *p, unsigned int i)
{
	p->open_count--;
	memmove(&p->open[i], &p->open[i + 1], (p->open_count - i) * sizeof(p->open[0]));
}

static void open_add(struct collector *c, struct part *p, struct turn *t, struct param data)
{
	struct open_turn *o;

	if (p->open_count == LIMIT_SOCK_USERS) {
		close_open(p, 0);
	}
	if (p->open_count == p->open_cap) {
		uint16_t cap = p->open_cap == 0 ? 1 : (uint16_t)(p->open_cap * 2);
		struct open_turn *grown = arena_alloc(&c->arena, cap * sizeof(*grown));

		if (grown == NULL) {
			c->oom = true;
			return;
		}
		if (p->open_count > 0) {
			memcpy(grown, p->open, p->open_count * sizeof(*grown));
		}
		p->open = grown;
		p->open_cap = cap;
	}
	o = &p->open[p->open_count++];
	o->turn = t;
	o->tag = 0;
	o->tagged = dns_tag(p, data, &o->tag);
}

/* The query a datagram answers; it is taken off the list. */
static struct turn *open_take(struct part *p, struct param data)
{
	uint16_t tag = 0;
	bool tagged = dns_tag(p, data, &tag);
	struct turn *t;

	for (unsigned int i = 0; i < p->open_count; i++) {
		if (!tagged || !p->open[i].tagged || p->open[i].tag == tag) {
			t = p->open[i].turn;
			close_open(p, i);
			return t;
		}
	}
	return NULL;
}

static struct turn *request_datagram(struct collector *c, struct part *p, struct param data, bool *ret_new)
{
	struct turn *t;

	/* Who never answers is not asked: one long exchange. */
	if (p->open_count == LIMIT_SOCK_USERS && p->s.bytes[!request_dir(p)] == 0) {
		return last_turn(p);
	}
	t = turn_new(c, p);
	if (t != NULL) {
		open_add(c, p, t, data);
		*ret_new = true;
	}
	return t;
}

static struct turn *response_datagram(struct collector *c, struct part *p, struct param data, bool *ret_new)
{
	struct turn *t = open_take(p, data);

	if (t != NULL) {
		return t;
	}
	if (p->open_count > 0) {
		return NULL;	/* answers none of those that wait */
	}
	if (last_turn(p) == NULL) {
		*ret_new = true;
		return turn_new(c, p);
	}
	return last_turn(p);
}

/* ---- both ------------------------------------------------------------------------------------------------ */

static struct turn *request_turn(struct collector *c, struct part *p, struct param data, bool *ret_new)
{
	struct turn *t = last_turn(p);

	if (p->s.kind == SOCK_UDP_K) {
		return request_datagram(c, p, data, ret_new);
	}
	if (!can_answer(p, !request_dir(p))) {
		return NULL;
	}
	if (t == NULL || turn_answered(t)) {
		*ret_new = true;
		t = turn_new(c, p);
	}
	return t;
}

static struct turn *response_turn(struct collector *c, struct part *p, struct param data, bool *ret_new)
{
	struct turn *t = last_turn(p);

	if (p->s.kind == SOCK_UDP_K) {
		return response_datagram(c, p, data, ret_new);
	}
	if (t == NULL) {	/* a server that speaks first, or the middle of a conversation */
		*ret_new = true;
		t = turn_new(c, p);
	}
	return t;
}

bool turns_begins(const struct part *p, unsigned int dir)
{
	const struct turn *t = last_turn(p);

	if (p->s.kind == SOCK_PIPE_K || p->s.role == SOCK_SERVER || dir != 1) {
		return false;
	}
	return p->s.kind == SOCK_UDP_K || t == NULL || turn_answered(t);
}

static void request_call(struct collector *c, struct part *p, struct turn *t, bool fresh, uint64_t offset, uint32_t n)
{
	add_call(c, t, 0, offset, n);
	if (p->s.role == SOCK_SERVER) {
		focus_request(c, t);
	} else if (fresh) {
		t->x.parent = p->owner != NULL ? &p->owner->x : NULL;
	}
}

static void response_call(struct collector *c, struct part *p, struct turn *t, uint64_t offset, uint32_t n)
{
	if (p->s.role == SOCK_SERVER && t->x.first_num[0] != 0 && t->x.first_num[1] == 0 && t->x.tid[0] != c->ev->tid) {
		t->x.flags |= EXCHANGE_MOVED;
	}
	add_call(c, t, 1, offset, n);
}

/* Who speaks first asks. Where the beginning was missed, a port that only servers have says more. */
static uint8_t first_role(const struct part *p, unsigned int dir)
{
	bool own_low = p->s.key.port[p->s.local] < PORT_USER;
	bool peer_low = p->s.key.port[!p->s.local] < PORT_USER;

	if ((p->s.flags & SOCK_INHERITED) != 0 && p->has_peer && own_low != peer_low &&
	    (p->s.kind == SOCK_TCP_K || p->s.kind == SOCK_UDP_K)) {
		return own_low ? SOCK_SERVER : SOCK_CLIENT;
	}
	return dir == 0 ? SOCK_SERVER : SOCK_CLIENT;
}

void turns_role(struct part *p, unsigned int dir)
{
	if (p->s.role == SOCK_UNKNOWN_ROLE && p->s.kind != SOCK_PIPE_K) {
		p->s.role = first_role(p, dir);
	}
}

void turns_data(struct collector *c, struct part *p, unsigned int dir, uint32_t n, struct param data)
{
	uint64_t offset = p->s.bytes[dir];
	bool fresh = false;
	struct turn *t;

	if (p->s.kind == SOCK_PIPE_K) {
		return;
	}
	turns_role(p, dir);
	if (dir == request_dir(p)) {
		t = request_turn(c, p, data, &fresh);
		if (t != NULL) {
			request_call(c, p, t, fresh, offset, n);
		}
	} else {
		t = response_turn(c, p, data, &fresh);
		if (t != NULL) {
			response_call(c, p, t, offset, n);
		}
	}
}

void turns_unread(struct part *p, uint32_t n)
{
	struct turn *t = last_turn(p);

	if (t != NULL && p->s.role == SOCK_SERVER && t->x.end[0] >= n) {
		t->x.end[0] -= n;
	} else if (t != NULL && p->s.role == SOCK_CLIENT && t->x.end[1] >= n) {
		t->x.end[1] -= n;
	}
}
