/*
 * collect_open.c - calls that open, name, connect and end conversations. The thread that has the shard.
 */
#include "join/collect_internal.h"

#define EINPROGRESS_RES (-115)
#define EBADF_RES (-9)

/* ---- opening --------------------------------------------------------------------------------------------- */

static void opened(struct collector *c, struct part *p)
{
	struct sock *s = &p->s;

	s->process = c->ev->thread->process;
	s->tid = c->ev->tid;
	s->open_num = c->num;
	s->open_ns = (c->ev->flags & EVENT_TIME_ZERO) == 0 ? c->ev->ts_ns : 0;
	s->open_begin_ns = c->ev->begin_ns;
	s->open_begin_exact = (c->ev->flags & EVENT_BEGIN_EXACT) != 0;
	part_touch(c, p);
}

void call_socket(struct collector *c)
{
	struct part *p;

	focus_count(c, WAIT_OTHER);
	if (call_ok(c->ev) && c->ev->fd != NULL && fd_is_inet(c->ev->fd) && view_collected(c->ev->fd)) {
		p = part_of(c, true);
		if (p != NULL) {
			part_touch(c, p);
		}
	}
}

void call_bind(struct collector *c)
{
	struct part *p;

	if (call_ok(c->ev) && view_collected(c->ev->fd) && fd_is_inet(c->ev->fd)) {
		p = part_of(c, true);
		if (p != NULL) {
			part_learn_ends(c, p);
			part_touch(c, p);
			if (c->ev->type == EV_SOCKET_LISTEN_X) {
				p->s.role = SOCK_SERVER;
			}
		}
	}
	focus_count(c, WAIT_OTHER);
}

/* A stream that was connected and used is connected anew: another conversation over the same open file. */
static struct part *connecting_part(struct collector *c)
{
	struct part *p = part_of(c, true);

	if (p != NULL && p->s.kind != SOCK_UDP_K && p->s.open_num != 0 && p->s.bytes[0] + p->s.bytes[1] > 0) {
		p = part_again(c);
	}
	return p;
}

static void connected(struct collector *c, struct part *p)
{
	bool stream = p->s.kind != SOCK_UDP_K;

	if ((p->s.flags & SOCK_PENDING) != 0) {	/* asked again, and it is done */
		work_on(c, p);
		part_settle(c, p);
		return;
	}
	p->s.flags &= (uint16_t)~SOCK_FAILED;
	p->s.role = SOCK_CLIENT;
	p->has_peer = p->has_peer && !stream;
	part_learn_ends(c, p);
	opened(c, p);
	begin_on(c, p);
	if (stream) {
		part_knot(c, p, 1, KNOT_OPEN, 0, 0);
	}
	if (stream && c->ev->res == EINPROGRESS_RES) {
		p->s.flags |= SOCK_PENDING;
	} else if (stream) {
		part_knot(c, p, 0, KNOT_OPEN, 0, 0);
	}
}

void call_connect(struct collector *c)
{
	const struct event *ev = c->ev;
	bool begun = (ev->flags & EVENT_HAS_RES) != 0 && (ev->res >= 0 || ev->res == EINPROGRESS_RES);
	struct part *p;

	if (!view_collected(ev->fd)) {
		work_elsewhere(c);
		return;
	}
	if (!begun && ev->fd->type == FD_UNIX) {	/* nobody there: no conversation */
		focus_count(c, WAIT_SOCKET);
		return;
	}
	p = begun ? connecting_part(c) : part_of(c, true);
	if (p == NULL) {
		focus_count(c, WAIT_SOCKET);
		return;
	}
	p->bound_client = true;
	if (begun) {
		connected(c, p);
		return;
	}
	begin_on(c, p);
	part_touch(c, p);
	p->s.errors[1]++;
	if ((p->s.flags & SOCK_PENDING) != 0) {
		part_settle(c, p);
	} else if (p->s.open_num == 0) {
		part_learn_target(p, event_param(ev, 3));
		p->s.flags |= SOCK_FAILED;
	}
}

void call_accept(struct collector *c)
{
	struct part *p;

	focus_move(c, NULL, WAIT_POLL);
	if (!call_ok(c->ev) || !view_collected(c->ev->fd)) {
		return;
	}
	p = part_of(c, true);
	if (p != NULL) {
		p->s.role = SOCK_SERVER;
		opened(c, p);
		part_knot(c, p, 0, KNOT_OPEN, 0, 0);
	}
}

/* ---- ending ---------------------------------------------------------------------------------------------- */

void call_shutdown(struct collector *c)
{
	struct part *p;
	struct turn *t;
	uint8_t how = PPM_SHUT_RD;

	if (!view_collected(c->ev->fd) || (p = part_of(c, false)) == NULL) {
		work_elsewhere(c);
		return;
	}
	work_on(c, p);
	if (!call_ok(c->ev) || !event_u8(c->ev, 2, &how) || how == PPM_SHUT_RD || (p->ended & PART_ENDED(1)) != 0) {
		return;
	}
	part_touch(c, p);
	p->ended |= PART_ENDED(1);
	part_knot(c, p, 1, KNOT_END, 0, 0);
	t = (struct turn *)p->s.last_exchange;
	if (t != NULL && serves(p)) {
		t->closed = true;
	}
}

void call_close(struct collector *c)
{
	struct part *p;

	if (!view_collected(c->ev->fd) || (p = part_of(c, false)) == NULL) {
		work_elsewhere(c);
		return;
	}
	work_on(c, p);
	part_settle(c, p);
	if ((c->ev->flags & EVENT_HAS_RES) != 0 && c->ev->res == EBADF_RES) {
		return;
	}
	focus_close(c, p);
	if (p->s.kind != SOCK_PIPE_K && !p->duplicated) {
		part_forget(c, p, c->ev->fd_num);
	}
	feed_close(c, p);
	p = p->first;
	if (!part_user(c, p, &p->close_user)) {
		p->close_user = UINT32_MAX;
	}
	p->close_drops = c->drops;
	p->close_num = c->num;
	p->close_ns = (c->ev->flags & EVENT_TIME_ZERO) == 0 ? c->ev->ts_ns : 0;
	p->close_begin_ns = c->ev->begin_ns;
	p->close_exact = (c->ev->flags & EVENT_BEGIN_EXACT) != 0;
}
