/*
 * transfer.c - what sends and receives tell about a socket: its ends, its role, passed descriptors.
 *
 * A connected TCP socket over IPv4 with a name is left alone; all others follow the tuple of each
 * call. Fold only.
 */
#include "events/extra.h"
#include "readers/source.h"
#include "state/state_internal.h"

#define CMSG_HEADER 16u
#define SOL_SOCKET_RAW 1
#define SCM_RIGHTS_RAW 1

/* ---- role ---- */

/* The ports of a tuple among the other fds of the process. */
struct port_use {
	bool dst_elsewhere; /* the destination is a destination or listening port of one */
	bool src_elsewhere; /* the source is the source port of one */
};

static struct port_use look_around(const struct fd_table *table, int64_t own,
				   const struct fd_view *d)
{
	struct port_use use = { false, false };
	uintptr_t e;
	int seen = 0;

	for (int64_t fd = fds_next(table, -1, &e); fd >= 0 && seen < STATE_SCAN_FDS;
	     fd = fds_next(table, fd, &e), seen++) {
		const struct fd_view *v = FD_VIEW(e);

		if (fd == own || (v->type != FD_IPV4 && v->type != FD_IPV4_SERVER)) {
			continue;
		}
		if (v->dst_port == d->dst_port) {
			use.dst_elsewhere = true;
		}
		if (v->type == FD_IPV4 && v->src_port == d->src_port) {
			use.src_elsewhere = true;
		}
	}
	return use;
}

static uint8_t guess_role(const struct task *t, const struct event *ev, const struct fd_view *d,
			  bool receive)
{
	struct port_use use = look_around(task_fds(t), ev->fd_num, d);

	if (!use.dst_elsewhere) {
		return ROLE_CLIENT;
	}
	if (!use.src_elsewhere) {
		return ROLE_SERVER;
	}
	return receive ? ROLE_SERVER : ROLE_CLIENT;
}

/* ---- the two ends ---- */

static bool same_end(const uint8_t *ip_a, uint16_t port_a, const uint8_t *ip_b, uint16_t port_b)
{
	return port_a == port_b && memcmp(ip_a, ip_b, 16) == 0;
}

static bool same_pair(const struct fd_view *v, const struct addr_tuple *tu)
{
	if (same_end(v->src_ip, v->src_port, tu->src_ip, tu->src_port) &&
	    same_end(v->dst_ip, v->dst_port, tu->dst_ip, tu->dst_port)) {
		return true;
	}
	return same_end(v->src_ip, v->src_port, tu->dst_ip, tu->dst_port) &&
	       same_end(v->dst_ip, v->dst_port, tu->src_ip, tu->src_port);
}

/* Of a socket that nothing told of: a tuple in a transfer is mostly that of a datagram socket, but the recorder may
 * know better. */
static uint8_t guess_l4(const struct state *s, const struct event *ev)
{
	struct event_extra x;

	return s->batch != NULL && event_extra(s->batch, ev, &x) && x.has_tcp ? L4_TCP : L4_UDP;
}

static void update_inet(struct state *s, struct event *ev, struct task *t,
			const struct addr_tuple *tu, bool receive)
{
	unsigned int type = tu->family == PPM_AF_INET ? FD_IPV4 : FD_IPV6;
	struct fd_view *d;

	if (ev->fd->type == type && same_pair(ev->fd, tu)) {
		socket_mark(s, ev, t, FV_CONNECTED, FV_PENDING);
		return;
	}
	d = fd_draft(s, ev->fd);
	d->flags = (uint8_t)((d->flags & ~FV_PENDING) | FV_CONNECTED);
	socket_set_pair(d, tu);
	if (d->l4 == L4_UNKNOWN) {
		d->l4 = guess_l4(s, ev);
	}
	socket_patch_zero(s, d);
	if (d->role == ROLE_NONE) {
		d->role = guess_role(t, ev, d, receive);
	}
	if (receive ? d->role == ROLE_CLIENT : d->role == ROLE_SERVER) {
		socket_swap(d);
	}
	socket_set_name(s, d);
	socket_replace(s, ev, t);
}

static size_t hex_digits(uint64_t x)
{
	return x != 0 ? (size_t)(67 - __builtin_clzll(x)) / 4 : 1;
}

static bool same_unix(const struct fd_view *v, const struct addr_tuple *tu)
{
	size_t head = hex_digits(tu->unix_src) + 2 + hex_digits(tu->unix_dst) + 1;

	return v->type == FD_UNIX && v->unix_src == tu->unix_src && v->unix_dst == tu->unix_dst &&
	       v->name_len == head + tu->path_len &&
	       memcmp(v->name + head, tu->path, tu->path_len) == 0;
}

static void update_unix(struct state *s, struct event *ev, struct task *t,
			const struct addr_tuple *tu)
{
	if (!same_unix(ev->fd, tu)) {
		socket_set_unix(s, fd_draft(s, ev->fd), tu);
		socket_replace(s, ev, t);
	}
}

static void transfer(struct state *s, struct event *ev, struct task *t, unsigned int tuple_at,
		     bool receive)
{
	const struct fd_view *v = ev->fd;
	struct addr_tuple tu;

	if (v == NULL || !call_ok(ev)) {
		return;
	}
	if (v->type == FD_IPV4 && v->l4 == L4_TCP && v->name_len > 0) {
		socket_mark(s, ev, t, FV_CONNECTED, FV_PENDING);
		return;
	}
	if (!tuple_parse(event_param(ev, tuple_at), &tu)) {
		if (v->type == FD_IPV4 || v->type == FD_IPV6) {
			socket_mark(s, ev, t, FV_CONNECTED, FV_PENDING);
		}
	} else if (tu.family == PPM_AF_UNIX) {
		update_unix(s, ev, t, &tu);
	} else {
		update_inet(s, ev, t, &tu, receive);
	}
}

/* ---- calls ---- */

/* The socket call was missed: what is sent to tells that it is UDP, unless the recorder says otherwise. */
static void guess_socket(struct state *s, struct event *ev, struct task *t, unsigned int tuple_at)
{
	struct addr_tuple tu;
	struct fd_view *d;

	if ((ev->flags & EVENT_HAS_FD) == 0 || ev->fd_num < 0 || !call_ok(ev) ||
	    !tuple_parse(event_param(ev, tuple_at), &tu) || tu.family == PPM_AF_UNIX) {
		return;
	}
	d = fd_draft_new(s, t, tu.family == PPM_AF_INET ? FD_IPV4 : FD_IPV6);
	d->l4 = guess_l4(s, ev);
	d->flags |= FV_GUESSED;
	ev->fd = fd_commit(s, task_fds(t), ev->fd_num, false);
}

void effect_send(struct state *s, struct event *ev, struct task *t)
{
	if (ev->fd == NULL && ev->type != EV_SOCKET_SENDMMSG_X) {
		guess_socket(s, ev, t, 4);
	}
	transfer(s, ev, t, 4, false);
}

void effect_recv(struct state *s, struct event *ev, struct task *t)
{
	transfer(s, ev, t, 4, true);
}

void effect_recvfrom(struct state *s, struct event *ev, struct task *t)
{
	transfer(s, ev, t, 2, true);
}

/* One descriptor passed over a unix socket: what it is open on only its sender knew, or the recorder, see
 * recv_control. */
static void passed_fd(struct state *s, const struct event *ev, struct task *t, int32_t fd)
{
	struct fd_view *d;

	if (fd < 0) {
		return;
	}
	d = fd_draft_new(s, t, FD_UNKNOWN);
	d->open_ns = ev->ts_ns;
	d->process = ID_NONE;
	d->flags |= FV_GUESSED;
	fd_commit(s, task_fds(t), fd, false);
}

static void passed_fds(struct state *s, const struct event *ev, struct task *t, struct param v)
{
	struct cursor c = cur_make(v.p, v.len);
	bool be = s->section->big_endian; /* raw memory: decode does not swap it */

	while (c.left >= CMSG_HEADER) {
		uint64_t len = cur_u64(&c, be);
		int32_t level = (int32_t)cur_u32(&c, be);
		int32_t type = (int32_t)cur_u32(&c, be);
		struct cursor data;

		if (len < CMSG_HEADER || len - CMSG_HEADER > c.left) {
			return;
		}
		len -= CMSG_HEADER;
		data = cur_sub(&c, (size_t)len);
		cur_skip(&c, min_u64(c.left, (8 - len % 8) % 8));
		while (level == SOL_SOCKET_RAW && type == SCM_RIGHTS_RAW && data.left >= 4) {
			passed_fd(s, ev, t, (int32_t)cur_u32(&data, be));
		}
	}
}

static void recv_control(struct state *s, struct event *ev, struct task *t, unsigned int tuple_at,
			 unsigned int control_at)
{
	struct event_extra x;
	struct param control;

	transfer(s, ev, t, tuple_at, true);
	if (!call_ok(ev)) {
		return;
	}
	control = event_param(ev, control_at);
	if (control.len < CMSG_HEADER) {
		return;
	}
	passed_fds(s, ev, t, control);
	if (s->batch != NULL && event_extra(s->batch, ev, &x)) {
		fds_passed(s, x.passed, t);
	}
}

void effect_recvmsg(struct state *s, struct event *ev, struct task *t)
{
	recv_control(s, ev, t, 3, 4);
}

void effect_recvmmsg(struct state *s, struct event *ev, struct task *t)
{
	recv_control(s, ev, t, 4, 5);
}
