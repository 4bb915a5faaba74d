/*
 * collect_bytes.c - calls that move bytes: what they add to a socket, and the marks at the ends of its streams. The
 * thread that has the shard.
 */
#include "join/collect_internal.h"

/* ---- bytes ----------------------------------------------------------------------------------------------- */

/* Of the first bytes, when as many as the other side would look at were captured. */
static uint64_t prints_of(struct param data, uint32_t n)
{
	return knot_prints(data.p, data.len, n);
}

void part_unread(struct collector *c, struct part *p)
{
	struct last_read *r = p->read;
	uint32_t n = r->n;

	UNUSED_ARG(c);
	r->n = 0;
	turns_unread(p, n);
	p->s.bytes[0] -= n;
	seq_unread(p, p->s.bytes[0]);
	if (r->user < p->s.user_count) {
		p->s.users[r->user].bytes[0] -= min_u64(p->s.users[r->user].bytes[0], n);
	}
	if (!p->s.knots[0].cut) {
		knots_take_back(&p->s.knots[0], &r->before);
	}
}

/* A receive took exactly what it asked for, a few bytes at the start of a message, and the next one brings the same
 * ones and more: the first had only looked (MSG_PEEK, which events do not tell). */
static void undo_peek(struct collector *c, struct part *p, uint32_t n, struct param data)
{
	const struct last_read *r = p->read;

	if (r != NULL && r->by_bytes && r->n != 0 && n > r->n && data.p != NULL && data.len >= r->n &&
	    memcmp(data.p, r->bytes, r->n) == 0) {
		part_unread(c, p);
	}
}

/* Does a call that receives n bytes look as if it might only have looked at them? */
static bool may_peek(const struct collector *c, const struct part *p, uint32_t n, struct param data)
{
	const struct knots *received = &p->s.knots[0];
	bool starts = p->s.bytes[0] == 0 || p->s.knots[1].num > received->num;
	uint32_t size;

	return p->s.kind != SOCK_UDP_K && starts && c->row->tuple != 0 && c->row->size != 0 && n <= PEEK_MAX &&
	       data.p != NULL && data.len >= n && event_u32(c->ev, c->row->size, &size) && size == n;
}

/* Before n bytes are received. Where sequence numbers are told, the next call tells whether they were taken. */
static void note_read(struct collector *c, struct part *p, uint32_t n, struct param data)
{
	bool by_bytes = p->s.seqs == NULL && may_peek(c, p, n, data);
	struct last_read *r = p->read;
	uint32_t user;

	if (p->s.seqs == NULL && !by_bytes) {
		if (r != NULL) {
			r->n = 0;
		}
		return;
	}
	if (r == NULL) {
		r = p->read = arena_alloc(&c->arena, sizeof(*r));
	}
	if (r == NULL) {
		c->oom = true;
		return;
	}
	r->before = knots_mark(&p->s.knots[0]);
	r->n = n;
	r->user = part_user(c, p, &user) ? user : UINT32_MAX;
	r->by_bytes = by_bytes;
	if (by_bytes) {
		memcpy(r->bytes, data.p, n);
	}
}

/* A connect that was in progress has ended: the fold knows. */
void part_settle(struct collector *c, struct part *p)
{
	uint8_t flags = c->ev->fd->flags;

	if ((p->s.flags & SOCK_PENDING) == 0) {
		return;
	}
	if ((flags & FV_CONNECTED) != 0) {
		p->s.flags &= (uint16_t)~SOCK_PENDING;
		part_knot(c, p, 0, KNOT_OPEN, 0, 0);
	} else if ((flags & FV_FAILED) != 0) {
		p->s.flags = (uint16_t)((p->s.flags & ~SOCK_PENDING) | SOCK_FAILED);
	}
}

static void take_bytes(struct collector *c, struct part *p, unsigned int dir, uint32_t n, struct param data)
{
	uint32_t user;

	part_knot(c, p, dir, KNOT_DATA, n, prints_of(data, n));
	turns_data(c, p, dir, n, data);
	feed_bytes(c, p, dir, n, data);
	p->s.bytes[dir] += n;
	if (part_user(c, p, &user)) {
		p->s.users[user].bytes[dir] += n;
		p->s.users[user].calls[dir]++;
	}
}

static void moved(struct collector *c, struct part *p, unsigned int dir, uint32_t n, struct param data)
{
	uint32_t user;

	part_learn_ends(c, p);
	part_settle(c, p);
	part_touch(c, p);
	p->s.calls[dir]++;
	if (n == 0) {
		if (part_user(c, p, &user)) {
			p->s.users[user].calls[dir]++;
		}
		return;
	}
	if (dir == 0) {
		undo_peek(c, p, n, data);
	}
	seq_note(c, p, dir);
	if (dir == 0) {
		note_read(c, p, n, data);
	}
	take_bytes(c, p, dir, n, data);
}

/* The stream's other end has closed its side. */
static void met_end(struct collector *c, struct part *p)
{
	struct turn *t = (struct turn *)p->s.last_exchange;

	if (p->s.kind == SOCK_UDP_K || (p->ended & PART_ENDED(0)) != 0) {
		return;
	}
	p->ended |= PART_ENDED(0);
	part_knot(c, p, 0, KNOT_END, 0, 0);
	if (t != NULL && !serves(p)) {
		t->closed = true;
	}
}

void call_transfer(struct collector *c, unsigned int dir)
{
	const struct event *ev = c->ev;
	struct param data = { NULL, 0 };
	struct part *p;
	uint32_t n;

	if (!view_collected(ev->fd)) {
		work_elsewhere(c);
		return;
	}
	p = part_of(c, call_ok(ev));
	if (p == NULL) {
		work_elsewhere(c);
		return;
	}
	if (!call_ok(ev)) {
		part_settle(c, p);
		p->s.errors[dir]++;
		work_on(c, p);
		return;
	}
	n = call_bytes(ev);
	if (c->row->data != 0) {
		data = event_param(ev, c->row->data);
	}
	if (n > 0) {
		turns_role(p, dir);
	}
	if (n > 0 && turns_begins(p, dir)) {
		begin_on(c, p);
	} else if (n == 0 || !serves(p) || dir == 0) {
		work_on(c, p);
	} else {
		focus_move(c, turn_of(p), WAIT_POLL);	/* the answer: its own call is no think time */
	}
	moved(c, p, dir, n, data);
	if (n == 0 && dir == 0) {
		met_end(c, p);
	}
}

/* From a descriptor that only its number tells, to the event's: either may be a socket. */
void call_splice(struct collector *c)
{
	int64_t from;
	struct part *p = NULL;
	struct param none = { NULL, 0 };

	call_transfer(c, 1);
	if (call_ok(c->ev) && c->ev->res > 0 && event_s64(c->ev, 1, &from)) {
		p = part_by_number(c, from);
	}
	if (p != NULL) {
		uint32_t n = call_bytes(c->ev);

		part_touch(c, p);
		work_on(c, p);
		p->s.calls[0]++;
		take_bytes(c, p, 0, n, none);
	}
}
