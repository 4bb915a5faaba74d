/*
 * sockets.c - effects of calls that make, name and connect sockets.
 *
 * Source is the client's end once a role is known; the address a server socket is bound to is its
 * destination. A mapped IPv6 address makes an IPv4 socket that keeps its transport protocol. Fold
 * only.
 */
#include "state/state_internal.h"

#define EINPROGRESS_RES (-115)
#define SOCK_CLOEXEC_RAW 0x80000u
#define IPPROTO_ICMP_NO 1u
#define IPPROTO_TCP_NO 6u
#define IPPROTO_UDP_NO 17u
#define IPPROTO_RAW_NO 255u

/* ---- socket, socketpair ---- */

static uint8_t l4_of(uint32_t type, uint32_t proto)
{
	switch (proto) {
	case IPPROTO_TCP_NO: return L4_TCP;
	case IPPROTO_UDP_NO: return L4_UDP;
	case IPPROTO_ICMP_NO: return (type & 0xFF) == 3 ? L4_RAW : L4_ICMP;
	case IPPROTO_RAW_NO: return L4_RAW;
	case 0: return (type & 0xFF) == 1 ? L4_TCP : (type & 0xFF) == 2 ? L4_UDP : L4_UNKNOWN;
	default: return L4_UNKNOWN;
	}
}

static unsigned int type_of_domain(uint32_t domain)
{
	switch (domain) {
	case PPM_AF_UNIX: return FD_UNIX;
	case PPM_AF_INET: return FD_IPV4;
	case PPM_AF_INET6: return FD_IPV6;
	case PPM_AF_NETLINK: return FD_NETLINK;
	default: return FD_UNKNOWN;
	}
}

void effect_socket(struct state *s, struct event *ev, struct task *t)
{
	uint32_t domain = 0;
	uint32_t type = 0;
	uint32_t proto = 0;
	uint32_t flags;
	bool cloexec;
	struct fd_view *d;

	if (!call_ok(ev)) {
		return;
	}
	event_u32(ev, 1, &domain);
	event_u32(ev, 2, &type);
	event_u32(ev, 3, &proto);
	cloexec = (type & SOCK_CLOEXEC_RAW) != 0;
	if (event_u32(ev, 4, &flags) && (flags & PPM_O_CLOEXEC) != 0) {
		cloexec = true;
	}
	d = fd_draft_new(s, t, type_of_domain(domain));
	d->open_ns = ev->ts_ns;
	d->l4 = fd_is_inet(d) ? l4_of(type, proto) : L4_UNKNOWN;
	stamp_created(ev, ev->res, fd_commit(s, task_fds(t), ev->res, cloexec));
}

void effect_socketpair(struct state *s, struct event *ev, struct task *t)
{
	int64_t fd1, fd2;
	uint32_t type = 0;
	bool cloexec;
	struct fd_view *d;
	uint64_t source = 0;
	uint64_t peer = 0;
	const struct fd_view *second;

	if (!call_ok(ev) || !event_s64(ev, 1, &fd1) || !event_s64(ev, 2, &fd2)) {
		return;
	}
	event_u64(ev, 3, &source);
	event_u64(ev, 4, &peer);
	event_u32(ev, 6, &type);
	cloexec = (type & SOCK_CLOEXEC_RAW) != 0;
	d = fd_draft_new(s, t, FD_UNIX);
	d->open_ns = ev->ts_ns;
	d->flags |= FV_CONNECTED;
	d->unix_src = source;
	d->unix_dst = peer;
	fd_commit(s, task_fds(t), fd1, cloexec);
	d->id = s->next_fd_id;
	s->next_fd_id += s->next_fd_id < ID_NONE ? 1 : 0;
	d->unix_src = peer;
	d->unix_dst = source;
	second = fd_commit(s, task_fds(t), fd2, cloexec);
	stamp_created(ev, fd2, second);
}

/* ---- replacing a socket's view ---- */

void socket_set_name(struct state *s, struct fd_view *d)
{
	socket_name(d, &s->text);
	fd_draft_name(s, s->text.data, s->text.len);
}

void socket_set_unix(struct state *s, struct fd_view *d, const struct addr_tuple *tu)
{
	unix_name(tu, &s->text);
	d->type = FD_UNIX;
	d->unix_src = tu->unix_src;
	d->unix_dst = tu->unix_dst;
	fd_draft_name(s, s->text.data, s->text.len);
}

void socket_set_pair(struct fd_view *d, const struct addr_tuple *tu)
{
	d->type = tu->family == PPM_AF_INET ? FD_IPV4 : FD_IPV6;
	memcpy(d->src_ip, tu->src_ip, sizeof(d->src_ip));
	memcpy(d->dst_ip, tu->dst_ip, sizeof(d->dst_ip));
	d->src_port = tu->src_port;
	d->dst_port = tu->dst_port;
}

void socket_swap(struct fd_view *d)
{
	uint8_t ip[16];
	uint16_t port = d->src_port;

	memcpy(ip, d->src_ip, sizeof(ip));
	memcpy(d->src_ip, d->dst_ip, sizeof(ip));
	memcpy(d->dst_ip, ip, sizeof(ip));
	d->src_port = d->dst_port;
	d->dst_port = port;
}

/* Puts the draft where the event's fd was, keeping close-on-exec, and stamps it. */
void socket_replace(struct state *s, struct event *ev, struct task *t)
{
	uintptr_t e = fds_entry(task_fds(t), ev->fd_num);
	struct fd_view *v;

	if (UNLIKELY((s->wants & WANT_COUNTS) != 0)) {
		s->renamed = ev->fd != NULL &&
			     (ev->fd->name_len != s->draft->name_len ||
			      memcmp(ev->fd->name, s->draft->name, ev->fd->name_len) != 0);
	}
	v = fd_commit(s, task_fds(t), ev->fd_num, FD_CLOEXEC(e));

	if (v != NULL) {
		ev->fd = v;
	}
}

void socket_mark(struct state *s, struct event *ev, struct task *t, uint8_t set, uint8_t clear)
{
	struct fd_view *d;

	if ((ev->fd->flags & (set | clear)) == set) {
		return;
	}
	d = fd_draft(s, ev->fd);
	d->flags = (uint8_t)((d->flags & ~clear) | set);
	socket_replace(s, ev, t);
}

/* ---- bind ---- */

void effect_bind(struct state *s, struct event *ev, struct task *t)
{
	struct addr_sock addr;
	struct fd_view *d;
	uint8_t type;

	if (!call_ok(ev) || ev->fd == NULL || !sockaddr_parse(event_param(ev, 1), &addr)) {
		return;
	}
	d = fd_draft(s, ev->fd);
	if (addr.family == PPM_AF_UNIX) {
		fd_draft_name(s, (const char *)addr.path, addr.path_len);
		socket_replace(s, ev, t);
		return;
	}
	type = d->type;
	d->type = addr.family == PPM_AF_INET ? FD_IPV4_SERVER : FD_IPV6_SERVER;
	if (addr.port > 0) {
		memcpy(d->dst_ip, addr.ip, sizeof(d->dst_ip));
		d->dst_port = addr.port;
		d->role = ROLE_SERVER;
		socket_set_name(s, d);
	} else {
		uint8_t ip[16];
		uint16_t port = d->dst_port;

		/* No port of its own yet: only the name shows it. */
		memcpy(ip, d->dst_ip, sizeof(ip));
		memcpy(d->dst_ip, addr.ip, sizeof(d->dst_ip));
		d->dst_port = 0;
		socket_set_name(s, d);
		memcpy(d->dst_ip, ip, sizeof(ip));
		d->dst_port = port;
		d->type = type;
	}
	socket_replace(s, ev, t);
}

/* ---- connect ---- */

static uint8_t connect_flags(const struct event *ev)
{
	return ev->res == EINPROGRESS_RES ? FV_PENDING : FV_CONNECTED;
}

/* The address the program passed: of the enter event when the exit's own is no better than the
 * tuple. */
static bool connect_addr(const struct state *s, const struct event *ev, const struct addr_tuple *tu,
			 struct addr_sock *ret_addr)
{
	bool have = sockaddr_parse(event_param(ev, 3), ret_addr);
	struct addr_sock before;

	if (s->at_enter == NULL || !sockaddr_parse(event_stored_param(s->at_enter, 1), &before)) {
		return have;
	}
	if (!have || (ret_addr->port == tu->dst_port &&
		      memcmp(ret_addr->ip, tu->dst_ip, sizeof(tu->dst_ip)) == 0)) {
		*ret_addr = before;
	}
	return true;
}

static void connect_inet(struct state *s, struct event *ev, struct task *t, struct addr_tuple *tu)
{
	struct addr_sock addr;
	struct fd_view *d;

	if (connect_addr(s, ev, tu, &addr) && addr.family == tu->family &&
	    !addr_is_zero(addr.ip, sizeof(addr.ip))) {
		memcpy(tu->dst_ip, addr.ip, sizeof(tu->dst_ip));
		tu->dst_port = addr.port;
	}
	d = fd_draft(s, ev->fd);
	socket_set_pair(d, tu);
	if (d->l4 == L4_UDP && d->role == ROLE_SERVER) {
		socket_swap(d);
	}
	if (d->role == ROLE_NONE) {
		d->role = ROLE_CLIENT;
	}
	d->flags = (uint8_t)((d->flags & ~(FV_CONNECTED | FV_PENDING | FV_FAILED)) |
			     connect_flags(ev));
	socket_set_name(s, d);
	socket_replace(s, ev, t);
}

static void connect_unix(struct state *s, struct event *ev, struct task *t,
			 const struct addr_tuple *tu)
{
	struct fd_view *d = fd_draft(s, ev->fd);

	socket_set_unix(s, d, tu);
	if (d->role == ROLE_NONE) {
		d->role = ROLE_CLIENT;
	}
	d->flags = (uint8_t)((d->flags & ~(FV_CONNECTED | FV_PENDING | FV_FAILED)) |
			     connect_flags(ev));
	socket_replace(s, ev, t);
}

/* Without a tuple only what was asked for is known: the name comes with the first transfer. */
static void connect_blind(struct state *s, struct event *ev, struct task *t)
{
	struct addr_tuple none;
	struct addr_sock addr;
	struct fd_view *d;

	memset(&none, 0, sizeof(none));
	d = fd_draft(s, ev->fd);
	if (connect_addr(s, ev, &none, &addr) && addr.family != PPM_AF_UNIX) {
		d->type = addr.family == PPM_AF_INET ? FD_IPV4 : FD_IPV6;
		memcpy(d->dst_ip, addr.ip, sizeof(d->dst_ip));
		d->dst_port = addr.port;
	}
	d->flags = (uint8_t)((d->flags & ~(FV_CONNECTED | FV_PENDING | FV_FAILED)) |
			     connect_flags(ev));
	socket_replace(s, ev, t);
}

void effect_connect(struct state *s, struct event *ev, struct task *t)
{
	struct addr_tuple tu;

	if ((ev->flags & EVENT_HAS_RES) == 0 || ev->fd == NULL) {
		return;
	}
	if (ev->res < 0 && ev->res != EINPROGRESS_RES) {
		if (fd_is_net(ev->fd) && (ev->fd->flags & FV_CONNECTED) == 0) {
			socket_mark(s, ev, t, FV_FAILED, FV_PENDING);
		}
		return;
	}
	if (!tuple_parse(event_param(ev, 1), &tu)) {
		connect_blind(s, ev, t);
	} else if (tu.family == PPM_AF_UNIX) {
		connect_unix(s, ev, t, &tu);
	} else {
		connect_inet(s, ev, t, &tu);
	}
}

/* The outcome of a connect that was in progress. */
void effect_getsockopt(struct state *s, struct event *ev, struct task *t)
{
	uint8_t level, option;
	struct param v;

	if (!call_ok(ev) || ev->fd == NULL || (ev->fd->flags & FV_PENDING) == 0 ||
	    !event_u8(ev, 2, &level) || !event_u8(ev, 3, &option) ||
	    level != PPM_SOCKOPT_LEVEL_SOL_SOCKET || option != PPM_SOCKOPT_SO_ERROR) {
		return;
	}
	v = event_param(ev, 4);
	if (v.len < 9 || v.p[0] != PPM_SOCKOPT_IDX_ERRNO) {
		return;
	}
	socket_mark(s, ev, t, load_le64(v.p + 1) == 0 ? FV_CONNECTED : FV_FAILED, FV_PENDING);
}

/* ---- accept ---- */

void effect_accept(struct state *s, struct event *ev, struct task *t)
{
	struct addr_tuple tu;
	struct fd_view *d;
	int64_t flags = 0;

	if (!call_ok(ev)) {
		return;
	}
	if (!tuple_parse(event_param(ev, 1), &tu)) {
		tu.family = PPM_AF_UNSPEC;
	}
	if (ev->type == EV_SOCKET_ACCEPT4_6_X) {
		event_int(ev, 5, &flags);
	}
	d = fd_draft_new(s, t, FD_UNKNOWN);
	d->open_ns = ev->ts_ns;
	d->role = ROLE_SERVER;
	d->flags |= FV_CONNECTED;
	if (tu.family == PPM_AF_UNIX) {
		socket_set_unix(s, d, &tu);
	} else if (tu.family != PPM_AF_UNSPEC) {
		socket_set_pair(d, &tu);
		d->l4 = L4_TCP;
		port_serves(s, d->dst_port);
		socket_set_name(s, d);
	}
	stamp_created(ev, ev->res,
		      fd_commit(s, task_fds(t), ev->res,
				((uint64_t)flags & (SOCK_CLOEXEC_RAW | PPM_O_CLOEXEC)) != 0));
}
