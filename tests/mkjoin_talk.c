/*
 * mkjoin_talk.c - see mkjoin.h: the calls that open, use and close sockets. What they put on the wire: mkjoin_wire.c.
 */
#include "mkjoin_internal.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	EV_CLOSE = 5, EV_SOCKET = 19, EV_BIND = 21, EV_CONNECT = 23, EV_LISTEN = 25, EV_SHUTDOWN = 37, EV_GETSOCKOPT = 47,
	EV_SENDFILE = 189, EV_ACCEPT4 = 389,
};
enum { FD_SOCKET4 = 3, FD_SOCKET6 = 4, FD_SERVER4 = 5, FD_SERVER6 = 6, FD_SOCKET_UNIX = 8 };
enum { DOMAIN_UNIX = 1, DOMAIN_INET = 2, DOMAIN_INET6 = 10 };

#define NO_DATA UINT32_MAX
#define STREAM_BYTES ((size_t)1 << 28)

static bool is_v6(const char *ip)
{
	return strchr(ip, ':') != NULL;
}

/* ---- connections --------------------------------------------------------------------------------- */

uint32_t mkjoin_conn(struct mkjoin *j, uint8_t kind, const char *client, uint16_t cport, const char *server,
		     uint16_t sport)
{
	struct mkjoin_conn *c;

	j->conn = mkjoin_grow(j->conn, &j->conn_count, &j->conn_cap, sizeof(*j->conn));
	c = &j->conn[j->conn_count - 1];
	c->kind = kind;
	c->wire = kind != MKJOIN_UNIX;
	c->mss = 1448;
	c->latency_ns = j->knobs.latency_ns;
	if (kind == MKJOIN_UNIX) {
		c->path = server;
		c->latency_ns = MKJOIN_NEAR_NS;
	} else {
		snprintf(c->end[0].ip, sizeof(c->end[0].ip), "%s", client);
		snprintf(c->end[1].ip, sizeof(c->end[1].ip), "%s", server);
		c->end[0].port = cport;
		c->end[1].port = sport;
	}
	for (unsigned int e = 0; e < 2; e++) {
		buf_init(&c->stream[e], STREAM_BYTES);
		memcpy(c->end[e].seen_ip, c->end[e].ip, sizeof(c->end[e].ip));
		c->end[e].seen_port = c->end[e].port;
		c->end[e].task = MKJOIN_NONE;
		c->end[e].fd = -1;
		j->kernel += 0x480;
		c->end[e].kernel = j->kernel;
		c->isn[e] = (uint32_t)mkjoin_draw(j, UINT32_MAX);
	}
	return (uint32_t)(j->conn_count - 1);
}

void mkjoin_nat(struct mkjoin *j, uint32_t conn, unsigned int end, const char *ip, uint16_t port)
{
	struct mkjoin_end *e = &j->conn[conn].end[end];

	snprintf(e->seen_ip, sizeof(e->seen_ip), "%s", ip);
	e->seen_port = port;
}

static void show(char *out, size_t room, const char *ip, bool wild, bool mapped)
{
	if (wild) {
		snprintf(out, room, "%s", mapped || is_v6(ip) ? "::" : "0.0.0.0");
	} else {
		snprintf(out, room, "%s%s", mapped ? "::ffff:" : "", ip);
	}
}

void mkjoin_view(const struct mkjoin_conn *c, unsigned int end, struct mkjoin_view *ret_v)
{
	const struct mkjoin_end *own = &c->end[end];
	const struct mkjoin_end *peer = &c->end[1 - end];

	show(ret_v->own, sizeof(ret_v->own), own->ip, own->wild, own->mapped);
	show(ret_v->peer, sizeof(ret_v->peer), peer->seen_ip, false, own->mapped);
	ret_v->own_port = own->port;
	ret_v->peer_port = peer->seen_port;
}

/* The tuple of a call at an end, in the direction of the traffic. */
static void tuple(const struct mkjoin_conn *c, unsigned int end, bool out, struct mkjoin_view *v, struct mkcap_io *x)
{
	if (c->kind == MKJOIN_UNIX) {
		/* Outgoing: the peer's address first, then the own one; incoming the other way round. */
		x->path = c->path;
		x->usrc = c->end[out ? 1 - end : end].kernel;
		x->udst = c->end[out ? end : 1 - end].kernel;
		return;
	}
	mkjoin_view(c, end, v);
	x->sip = out ? v->own : v->peer;
	x->sport = out ? v->own_port : v->peer_port;
	x->dip = out ? v->peer : v->own;
	x->dport = out ? v->peer_port : v->own_port;
}

/* ---- opening -------------------------------------------------------------------------------------- */

static uint32_t domain_of(const struct mkjoin_conn *c, unsigned int end)
{
	if (c->kind == MKJOIN_UNIX) {
		return DOMAIN_UNIX;
	}
	return c->end[end].mapped || is_v6(c->end[end].ip) ? DOMAIN_INET6 : DOMAIN_INET;
}

static uint8_t fd_type_of(const struct mkjoin_conn *c, unsigned int end)
{
	switch (domain_of(c, end)) {
	case DOMAIN_UNIX: return FD_SOCKET_UNIX;
	case DOMAIN_INET6: return FD_SOCKET6;
	default: return FD_SOCKET4;
	}
}

/* A socket of this end in the process; its row of fds. */
static struct mkjoin_fd *end_fd(struct mkjoin *j, uint32_t conn, unsigned int end, uint32_t task, uint64_t ns)
{
	struct mkjoin_fd *f = mkjoin_fd_open(j, task, fd_type_of(&j->conn[conn], end), ns);

	f->conn = conn;
	f->end = (uint8_t)end;
	j->conn[conn].end[end].task = task;
	j->conn[conn].end[end].fd = f->fd;
	return f;
}

/* The event of a call just made, built between the two. */
static uint32_t at_end(struct mkjoin *j, uint32_t call, uint32_t conn, unsigned int end, int32_t fd, size_t at)
{
	struct mkjoin_call *c = &j->call[call];

	c->conn = conn;
	c->end = (uint8_t)end;
	c->fd = fd;
	mkjoin_block(j, BLOCK_IS_EVENT, at, c->end_ns, call);
	return call;
}

static int32_t make_socket(struct mkjoin *j, uint32_t task, uint32_t domain, uint8_t kind, int32_t fd)
{
	uint64_t begin = mkjoin_moment(j, task);
	uint32_t call = mkjoin_call(j, task, MKJOIN_OTHER, EV_SOCKET, begin, begin + 1500);
	size_t at = j->parts.out.len;

	mkcap_socket(&j->parts, begin + 1500, j->task[task].tid, fd, domain, kind == MKJOIN_UDP ? 2 : 1,
		     domain == DOMAIN_UNIX ? 0 : kind == MKJOIN_UDP ? 17 : 6);
	at_end(j, call, MKJOIN_NONE, 0, fd, at);
	return fd;
}

static struct mkjoin_fd *bound_fd(struct mkjoin *j, uint32_t task, const char *ip, uint16_t port, const char *path,
				  uint64_t ns)
{
	uint8_t type = path != NULL ? FD_SOCKET_UNIX : is_v6(ip) ? FD_SERVER6 : FD_SERVER4;
	struct mkjoin_fd *f = mkjoin_fd_open(j, task, type, ns);

	f->path = path;
	f->port = port;
	if (ip != NULL) {
		snprintf(f->ip, sizeof(f->ip), "%s", ip);
	}
	return f;
}

void mkjoin_listens(struct mkjoin *j, uint32_t task, uint8_t kind, const char *ip, uint16_t port, const char *path)
{
	bound_fd(j, task, ip, port, path, 0)->kind = kind;
}

void mkjoin_listen(struct mkjoin *j, uint32_t task, uint8_t kind, const char *ip, uint16_t port, const char *path)
{
	struct mkjoin_fd *f = bound_fd(j, task, ip, port, path, j->now + 1);
	int32_t fd = f->fd;
	uint64_t begin;
	uint32_t call;
	size_t at;

	f->kind = kind;
	make_socket(j, task, path != NULL ? DOMAIN_UNIX : is_v6(ip) ? DOMAIN_INET6 : DOMAIN_INET, kind, fd);
	begin = mkjoin_moment(j, task);
	call = mkjoin_call(j, task, MKJOIN_OTHER, EV_BIND, begin, begin + 1500);
	at = j->parts.out.len;
	if (path != NULL) {
		mkcap_bind_unix(&j->parts, begin + 1500, j->task[task].tid, 0, fd, path);
	} else {
		mkcap_bind(&j->parts, begin + 1500, j->task[task].tid, 0, fd, ip, port);
	}
	at_end(j, call, MKJOIN_NONE, 0, fd, at);
	if (kind == MKJOIN_UDP) {
		return;
	}
	begin = mkjoin_moment(j, task);
	call = mkjoin_call(j, task, MKJOIN_OTHER, EV_LISTEN, begin, begin + 1500);
	at = j->parts.out.len;
	mkcap_listen(&j->parts, begin + 1500, j->task[task].tid, 0, fd, 128);
	at_end(j, call, MKJOIN_NONE, 0, fd, at);
}

void mkjoin_socket(struct mkjoin *j, uint32_t conn, uint32_t task)
{
	if (task != MKJOIN_NONE) {
		make_socket(j, task, domain_of(&j->conn[conn], 0), j->conn[conn].kind,
			    end_fd(j, conn, 0, task, j->now + 1)->fd);
	}
}

void mkjoin_established(struct mkjoin *j, uint32_t conn, uint32_t client, uint32_t server)
{
	if (client != MKJOIN_NONE) {
		end_fd(j, conn, 0, client, 0);
	}
	if (server != MKJOIN_NONE) {
		end_fd(j, conn, 1, server, 0);
	}
}

/* The end of a connect in progress: epoll, then the question how it went. */
static void connected(struct mkjoin *j, uint32_t conn, uint32_t task, int32_t fd, uint64_t known)
{
	uint64_t begin;
	uint32_t call;
	size_t at;

	j->now = max_u64(j->now, known);
	mkjoin_epoll(j, task, 1);
	begin = mkjoin_moment(j, task);
	call = mkjoin_call(j, task, MKJOIN_OTHER, EV_GETSOCKOPT, begin, begin + 600);
	at = j->parts.out.len;
	mkcap_so_error(&j->parts, begin + 600, j->task[task].tid, fd, j->conn[conn].refused ? 111 : 0);
	at_end(j, call, MKJOIN_NONE, 0, fd, at);
}

static void connect_call(struct mkjoin *j, uint32_t conn, uint32_t task, int32_t fd, uint64_t begin, uint64_t end,
			 int64_t res)
{
	struct mkjoin_view v;
	struct mkcap_io x = { .res = res, .fd = fd };
	uint32_t call = mkjoin_call(j, task, MKJOIN_CONNECT, EV_CONNECT, begin, end);
	size_t at = j->parts.out.len;

	tuple(&j->conn[conn], 0, true, &v, &x);
	if (j->knobs.enters) {
		mkcap_connect_enter(&j->parts, begin, j->task[task].tid, &x);
		mkjoin_block(j, BLOCK_IS_ENTER, at, begin, call);
		at = j->parts.out.len;
	}
	mkcap_connect(&j->parts, end, j->task[task].tid, &x);
	at_end(j, call, conn, 0, fd, at);
}

void mkjoin_connect(struct mkjoin *j, uint32_t conn, uint32_t task)
{
	struct mkjoin_conn *c = &j->conn[conn];
	bool now = c->kind != MKJOIN_TCP;
	uint64_t begin;
	uint64_t known;
	int32_t fd = -1;

	mkjoin_socket(j, conn, task);
	begin = mkjoin_moment(j, task);
	known = now ? begin + 2000 : mkjoin_put_handshake(j, conn, begin);
	if (now) {
		c->ready_ns = begin + 1500;
	}
	if (task == MKJOIN_NONE) {
		j->now = max_u64(j->now, known);
		return;
	}
	fd = c->end[0].fd;
	if (j->knobs.nonblocking && !now) {
		connect_call(j, conn, task, fd, begin, begin + 9000, -115);
		connected(j, conn, task, fd, known);
	} else {
		connect_call(j, conn, task, fd, begin, known + 1500, c->refused ? -111 : 0);
	}
}

void mkjoin_accept(struct mkjoin *j, uint32_t conn, uint32_t task)
{
	struct mkjoin_conn *c = &j->conn[conn];
	struct mkjoin_view v;
	struct mkcap_io x = { .res = 0 };
	uint64_t begin;
	uint32_t call;
	size_t at;

	j->now = max_u64(j->now, c->ready_ns);
	if (task == MKJOIN_NONE) {
		return;
	}
	if (c->kind == MKJOIN_UDP) {
		c->end[1].task = task;
		c->end[1].fd = mkjoin_fd_bound(j, task, c->end[1].port, NULL)->fd;
		return;
	}
	begin = mkjoin_moment(j, task);
	x.fd = end_fd(j, conn, 1, task, begin + 2000)->fd;
	call = mkjoin_call(j, task, MKJOIN_ACCEPT, EV_ACCEPT4, begin, begin + 2000);
	tuple(c, 1, false, &v, &x);
	at = j->parts.out.len;
	if (j->knobs.enters) {
		mkcap_accept_enter(&j->parts, begin, j->task[task].tid);
		mkjoin_block(j, BLOCK_IS_ENTER, at, begin, call);
		at = j->parts.out.len;
	}
	mkcap_accept(&j->parts, begin + 2000, j->task[task].tid, &x);
	at_end(j, call, conn, 1, (int32_t)x.fd, at);
}

/* ---- bytes ---------------------------------------------------------------------------------------- */

static uint16_t type_of(unsigned int how, bool out)
{
	static const uint16_t types[][2] = { { 7, 9 },   { 117, 119 },       { 35, 31 }, { 53, 49 },
					     { 55, 51 }, { 0, EV_SENDFILE }, { 0, 0 } };

	return types[how & MKJOIN_HOW][out];
}

static int32_t fd_at(struct mkjoin *j, uint32_t conn, unsigned int end, uint32_t task)
{
	const struct mkjoin_conn *c = &j->conn[conn];

	return c->kind == MKJOIN_UDP && end == 1 ? c->end[1].fd : mkjoin_fd_of(j, task, conn, end)->fd;
}

/* As much of the data as the recorder keeps. */
static size_t kept(const struct mkjoin *j, size_t n)
{
	uint32_t snaplen = j->knobs.call_snaplen;

	if (snaplen == NO_DATA) {
		return 0;
	}
	snaplen = snaplen == 0 ? 80 : snaplen;
	return n < snaplen ? n : snaplen;
}

/* True for those that the capture shall miss. */
static bool missed(struct mkjoin *j, const struct mkjoin_conn *c)
{
	return c->kind == MKJOIN_TCP && j->knobs.miss_every != 0 && ++j->transfers % j->knobs.miss_every == 0;
}

/* The event of a call that moves the bytes [offset, offset + n). */
static void transfer_event(struct mkjoin *j, uint32_t call, unsigned int how, uint32_t size)
{
	const struct mkjoin_call *row = &j->call[call];
	const struct mkjoin_conn *c = &j->conn[row->conn];
	bool out = row->what == MKJOIN_SEND;
	const char *data = c->stream[out ? row->end : 1 - row->end].data + row->offset;
	int64_t tid = j->task[row->task].tid;
	struct mkjoin_view v;
	struct mkcap_io x = { .res = row->len, .fd = row->fd, .data = data, .len = kept(j, row->len), .size = size };
	struct mkcap *m = &j->parts;
	size_t at = m->out.len;

	tuple(c, row->end, out, &v, &x);
	if (j->knobs.enters) {
		if ((how & MKJOIN_HOW) == MKJOIN_FILE) {
			mkcap_sendfile_enter(m, row->begin_ns, tid, row->fd, 3, 0, size);
		} else {
			mkcap_io_enter(m, row->begin_ns, tid, row->type, &x);
		}
		mkjoin_block(j, BLOCK_IS_ENTER, at, row->begin_ns, call);
		at = m->out.len;
	}
	if ((how & MKJOIN_HOW) == MKJOIN_FILE) {
		mkcap_sendfile(m, row->end_ns, tid, row->len, row->fd, 3, 0, size);
	} else {
		mkcap_io(m, row->end_ns, tid, row->type, &x);
	}
	mkjoin_block(j, BLOCK_IS_EVENT, at, row->end_ns, call);
}

/* The row of such a call, with its event unless it leaves none. */
static uint32_t transfer(struct mkjoin *j, uint32_t conn, unsigned int end, uint32_t task, unsigned int how,
			 uint8_t what, uint64_t offset, size_t n, uint64_t begin_ns, uint64_t end_ns)
{
	uint32_t call = mkjoin_call(j, task, what, type_of(how, what == MKJOIN_SEND), begin_ns, end_ns);
	struct mkjoin_call *row;

	if (call == MKJOIN_NONE) {
		return call;
	}
	row = &j->call[call];
	row->conn = conn;
	row->end = (uint8_t)end;
	row->fd = fd_at(j, conn, end, task);
	row->offset = offset;
	row->len = (uint32_t)n;
	if (row->type != 0 && !missed(j, &j->conn[conn])) {
		transfer_event(j, call, how, what == MKJOIN_SEND ? (uint32_t)n : (uint32_t)max_u64(n, 4096));
	}
	return call;
}

uint32_t mkjoin_send(struct mkjoin *j, uint32_t conn, unsigned int end, uint32_t task, unsigned int how,
		     const void *data, size_t n)
{
	struct mkjoin_conn *c = &j->conn[conn];
	uint64_t begin = mkjoin_moment(j, task);
	uint64_t end_ns = begin + 2500 + mkjoin_draw(j, 9000) + n / 4;
	uint64_t offset = c->stream[end].len;

	mkjoin_need(n > 0 && c->end[end].fin_ns == 0, "something to send, and nothing behind the end");
	buf_add(&c->stream[end], data, n);
	if (c->kind == MKJOIN_UNIX) {
		mkjoin_arrives(c, end, offset + n, begin + 1000);
	} else {
		mkjoin_need(c->kind == MKJOIN_TCP || n <= c->mss, "a datagram in one packet");
		mkjoin_put_segments(j, conn, end, offset, begin);
	}
	return transfer(j, conn, end, task, how, MKJOIN_SEND, offset, n, begin, end_ns);
}

/* The first arrival that has this byte. */
static const struct mkjoin_arrival *arrival_of(const struct mkjoin_conn *c, unsigned int side, uint64_t offset)
{
	const struct mkjoin_arrivals *a = &c->arrivals[side];
	size_t low = 0;
	size_t high = a->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (a->rows[mid].end > offset) {
			high = mid;
		} else {
			low = mid + 1;
		}
	}
	mkjoin_need(low < a->count, "nothing was sent that could be received");
	return &a->rows[low];
}

/* Begin and end of a call that returns what is there from a moment on. */
static uint64_t until_there(struct mkjoin *j, uint32_t task, unsigned int how, uint64_t there_ns, uint64_t *ret_end)
{
	uint64_t begin = 0;

	if ((how & MKJOIN_WAITS) != 0) {
		begin = mkjoin_moment(j, task);
		if (task != MKJOIN_NONE && j->task[task].last_ns != 0) {
			begin = j->task[task].last_ns + 200;
		}
		j->now = max_u64(j->now, there_ns);
	} else {
		j->now = max_u64(j->now, there_ns);
		begin = mkjoin_moment(j, task);
	}
	*ret_end = max_u64(j->now, begin) + 800 + mkjoin_draw(j, 2500);
	return begin;
}

uint32_t mkjoin_receive(struct mkjoin *j, uint32_t conn, unsigned int end, uint32_t task, unsigned int how, size_t n)
{
	struct mkjoin_conn *c = &j->conn[conn];
	uint64_t offset = c->end[end].read;
	uint64_t begin;
	uint64_t end_ns;

	if (n == 0) {
		n = (c->kind == MKJOIN_UDP ? arrival_of(c, 1 - end, offset)->end : c->stream[1 - end].len) - offset;
	}
	mkjoin_need(n > 0, "nothing was sent that could be received");
	begin = until_there(j, task, how, arrival_of(c, 1 - end, offset + n - 1)->ns, &end_ns);
	c->end[end].read += n;
	return transfer(j, conn, end, task, how, MKJOIN_RECEIVE, offset, n, begin, end_ns);
}

/* ---- the end -------------------------------------------------------------------------------------- */

void mkjoin_eof(struct mkjoin *j, uint32_t conn, unsigned int end, uint32_t task)
{
	const struct mkjoin_conn *c = &j->conn[conn];
	struct mkcap_io x = { .res = 0, .size = 4096 };
	uint64_t begin;
	uint64_t end_ns;
	uint32_t call;
	size_t at;

	mkjoin_need(c->end[1 - end].fin_ns != 0, "the other end has not ended");
	begin = until_there(j, task, MKJOIN_RW, c->end[1 - end].fin_ns, &end_ns);
	call = mkjoin_call(j, task, MKJOIN_EOF, 7, begin, end_ns);
	if (call == MKJOIN_NONE) {
		return;
	}
	x.fd = fd_at(j, conn, end, task);
	at = j->parts.out.len;
	if (j->knobs.enters) {
		mkcap_io_enter(&j->parts, begin, j->task[task].tid, 7, &x);
		mkjoin_block(j, BLOCK_IS_ENTER, at, begin, call);
		at = j->parts.out.len;
	}
	mkcap_io(&j->parts, end_ns, j->task[task].tid, 7, &x);
	at_end(j, call, conn, end, (int32_t)x.fd, at);
}

void mkjoin_shutdown(struct mkjoin *j, uint32_t conn, unsigned int end, uint32_t task)
{
	uint64_t begin = mkjoin_moment(j, task);
	uint32_t call = mkjoin_call(j, task, MKJOIN_SHUTDOWN, EV_SHUTDOWN, begin, begin + 4000);
	int32_t fd;
	size_t at = j->parts.out.len;

	mkjoin_put_fin(j, conn, end, begin);
	if (call == MKJOIN_NONE) {
		return;
	}
	fd = fd_at(j, conn, end, task);
	if (j->knobs.enters) {
		mkcap_shutdown_enter(&j->parts, begin, j->task[task].tid, fd, 1);
		mkjoin_block(j, BLOCK_IS_ENTER, at, begin, call);
		at = j->parts.out.len;
	}
	mkcap_shutdown(&j->parts, begin + 4000, j->task[task].tid, 0, fd, 1);
	at_end(j, call, conn, end, fd, at);
}

void mkjoin_close(struct mkjoin *j, uint32_t conn, unsigned int end, uint32_t task)
{
	uint64_t begin = mkjoin_moment(j, task);
	uint32_t call = mkjoin_call(j, task, MKJOIN_CLOSE, EV_CLOSE, begin, begin + 3000);
	struct mkjoin_fd *f;
	int32_t fd;
	size_t at = j->parts.out.len;

	if (call == MKJOIN_NONE || mkjoin_fd_users(j, conn, end) == 1) {
		mkjoin_put_fin(j, conn, end, begin);
	}
	if (call == MKJOIN_NONE) {
		return;
	}
	f = mkjoin_fd_of(j, task, conn, end);
	fd = f->fd;
	f->close_ns = begin + 3000;
	if (j->knobs.enters) {
		mkcap_close_enter(&j->parts, begin, j->task[task].tid, fd);
		mkjoin_block(j, BLOCK_IS_ENTER, at, begin, call);
		at = j->parts.out.len;
	}
	mkcap_close(&j->parts, begin + 3000, j->task[task].tid, 0, fd);
	at_end(j, call, conn, end, fd, at);
}

void mkjoin_hang_up(struct mkjoin *j, uint32_t conn, unsigned int first, uint32_t client, uint32_t server)
{
	uint32_t task[2] = { client, server };

	mkjoin_close(j, conn, first, task[first]);
	mkjoin_eof(j, conn, 1 - first, task[1 - first]);
	mkjoin_close(j, conn, 1 - first, task[1 - first]);
}
