/*
 * mkcap_io.c - see mkcap.h: calls that move bytes through sockets, and those around them, in today's layout and with
 * the enter events of the releases that wrote both. Data may hold any byte.
 */
#include "mkcap.h"

enum {
	CLOSE = 5, READ = 7, WRITE = 9, BIND = 21, CONNECT = 23, LISTEN = 25, SENDTO = 31, RECVFROM = 35, SHUTDOWN = 37,
	GETSOCKOPT = 47, SENDMSG = 49, SENDMMSG = 51, RECVMSG = 53, RECVMMSG = 55, FUTEX = 65, EPOLL_WAIT = 79, POLL = 81,
	READV = 117, WRITEV = 119, NANOSLEEP = 135, SENDFILE = 189, EPOLL_CREATE1 = 377, ACCEPT4 = 389,
};

static bool is_v6(const char *ip)
{
	return strchr(ip, ':') != NULL;
}

void mkcap_p_tuple(struct mkcap *m, const char *sip, uint16_t sport, const char *dip, uint16_t dport)
{
	if (sip == NULL) {
		mkcap_p_empty(m);
	} else if (is_v6(sip)) {
		mkcap_p_tuple6(m, sip, sport, dip, dport);
	} else {
		mkcap_p_tuple4(m, sip, sport, dip, dport);
	}
}

void mkcap_p_sockaddr(struct mkcap *m, const char *ip, uint16_t port)
{
	if (ip == NULL) {
		mkcap_p_empty(m);
	} else if (is_v6(ip)) {
		mkcap_p_sockaddr6(m, ip, port);
	} else {
		mkcap_p_sockaddr4(m, ip, port);
	}
}

static void io_tuple(struct mkcap *m, const struct mkcap_io *x)
{
	if (x->path != NULL) {
		mkcap_p_tuple_unix(m, x->usrc, x->udst, x->path);
	} else {
		mkcap_p_tuple(m, x->sip, x->sport, x->dip, x->dport);
	}
}

static uint32_t io_size(const struct mkcap_io *x)
{
	return x->size != 0 ? x->size : (uint32_t)(x->res > 0 ? x->res : 0);
}

/* res, data, fd, size: read, write, writev; with the tuple behind them: sendto, sendmsg. */
static void io_plain(struct mkcap *m, const struct mkcap_io *x, bool tuple)
{
	mkcap_p_s64(m, x->res);
	mkcap_p_bytes(m, x->data, x->len);
	mkcap_p_s64(m, x->fd);
	mkcap_p_u32(m, io_size(x));
	if (tuple) {
		io_tuple(m, x);
	}
}

static void io_recvfrom(struct mkcap *m, const struct mkcap_io *x)
{
	mkcap_p_s64(m, x->res);
	mkcap_p_bytes(m, x->data, x->len);
	io_tuple(m, x);
	mkcap_p_s64(m, x->fd);
	mkcap_p_u32(m, io_size(x));
}

/* The size of what came, not of the room for it. */
static void io_readv(struct mkcap *m, const struct mkcap_io *x, bool msg)
{
	mkcap_p_s64(m, x->res);
	mkcap_p_u32(m, (uint32_t)(x->res > 0 ? x->res : 0));
	mkcap_p_bytes(m, x->data, x->len);
	if (msg) {
		io_tuple(m, x);
		mkcap_p_empty(m);
	}
	mkcap_p_s64(m, x->fd);
}

static void io_mmsg(struct mkcap *m, const struct mkcap_io *x, bool receive)
{
	mkcap_p_s64(m, x->res);
	mkcap_p_s64(m, x->fd);
	mkcap_p_u32(m, io_size(x));
	mkcap_p_bytes(m, x->data, x->len);
	io_tuple(m, x);
	if (receive) {
		mkcap_p_empty(m);
	}
}

void mkcap_io(struct mkcap *m, uint64_t ts, int64_t tid, uint16_t type, const struct mkcap_io *x)
{
	mkcap_event(m, ts, tid, type);
	switch (type) {
	case READ:
	case WRITE:
	case WRITEV: io_plain(m, x, false); break;
	case SENDTO:
	case SENDMSG: io_plain(m, x, true); break;
	case RECVFROM: io_recvfrom(m, x); break;
	case READV: io_readv(m, x, false); break;
	case RECVMSG: io_readv(m, x, true); break;
	case SENDMMSG: io_mmsg(m, x, false); break;
	case RECVMMSG: io_mmsg(m, x, true); break;
	default: assert(!"a type of call that mkcap_io knows");
	}
	mkcap_end(m);
}

void mkcap_io_enter(struct mkcap *m, uint64_t ts, int64_t tid, uint16_t type, const struct mkcap_io *x)
{
	mkcap_event(m, ts, tid, (uint16_t)(type - 1));
	switch (type) {
	case SENDMMSG:
	case RECVMMSG: break;
	case READV:
	case RECVMSG: mkcap_p_s64(m, x->fd); break;
	default:
		mkcap_p_s64(m, x->fd);
		mkcap_p_u32(m, io_size(x));
		if (type == SENDTO || type == SENDMSG) {
			io_tuple(m, x);
		}
	}
	mkcap_end(m);
}

void mkcap_sendfile(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t out_fd, int64_t in_fd,
		    uint64_t offset, uint64_t size)
{
	mkcap_event(m, ts, tid, SENDFILE);
	mkcap_p_s64(m, res);
	mkcap_p_u64(m, offset);
	mkcap_p_s64(m, out_fd);
	mkcap_p_s64(m, in_fd);
	mkcap_p_u64(m, size);
	mkcap_end(m);
}

void mkcap_sendfile_enter(struct mkcap *m, uint64_t ts, int64_t tid, int64_t out_fd, int64_t in_fd, uint64_t offset,
			  uint64_t size)
{
	mkcap_event(m, ts, tid, SENDFILE - 1);
	mkcap_p_s64(m, out_fd);
	mkcap_p_s64(m, in_fd);
	mkcap_p_u64(m, offset);
	mkcap_p_u64(m, size);
	mkcap_end(m);
}

void mkcap_bind(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd, const char *ip, uint16_t port)
{
	mkcap_event(m, ts, tid, BIND);
	mkcap_p_s64(m, res);
	mkcap_p_sockaddr(m, ip, port);
	mkcap_p_s64(m, fd);
	mkcap_end(m);
}

void mkcap_bind_unix(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd, const char *path)
{
	mkcap_event(m, ts, tid, BIND);
	mkcap_p_s64(m, res);
	mkcap_p_sockaddr_unix(m, path);
	mkcap_p_s64(m, fd);
	mkcap_end(m);
}

void mkcap_listen(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd, uint32_t backlog)
{
	mkcap_event(m, ts, tid, LISTEN);
	mkcap_p_s64(m, res);
	mkcap_p_s64(m, fd);
	mkcap_p_u32(m, backlog);
	mkcap_end(m);
}

void mkcap_connect(struct mkcap *m, uint64_t ts, int64_t tid, const struct mkcap_io *x)
{
	mkcap_event(m, ts, tid, CONNECT);
	mkcap_p_s64(m, x->res);
	io_tuple(m, x);
	mkcap_p_s64(m, x->fd);
	if (x->path != NULL) {
		mkcap_p_sockaddr_unix(m, x->path);
	} else {
		mkcap_p_sockaddr(m, x->dip, x->dport);
	}
	mkcap_end(m);
}

void mkcap_connect_enter(struct mkcap *m, uint64_t ts, int64_t tid, const struct mkcap_io *x)
{
	mkcap_event(m, ts, tid, CONNECT - 1);
	mkcap_p_s64(m, x->fd);
	if (x->path != NULL) {
		mkcap_p_sockaddr_unix(m, x->path);
	} else {
		mkcap_p_sockaddr(m, x->dip, x->dport);
	}
	mkcap_end(m);
}

void mkcap_accept(struct mkcap *m, uint64_t ts, int64_t tid, const struct mkcap_io *x)
{
	mkcap_event(m, ts, tid, ACCEPT4);
	mkcap_p_s64(m, x->fd);
	io_tuple(m, x);
	mkcap_p_u8(m, 0);
	mkcap_p_u32(m, 0);
	mkcap_p_u32(m, 128);
	mkcap_p_u32(m, 0);
	mkcap_end(m);
}

void mkcap_accept_enter(struct mkcap *m, uint64_t ts, int64_t tid)
{
	mkcap_event(m, ts, tid, ACCEPT4 - 1);
	mkcap_p_u32(m, 0);
	mkcap_end(m);
}

/* how: 0 read, 1 write, 2 both. */
void mkcap_shutdown(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd, uint8_t how)
{
	mkcap_event(m, ts, tid, SHUTDOWN);
	mkcap_p_s64(m, res);
	mkcap_p_s64(m, fd);
	mkcap_p_u8(m, how);
	mkcap_end(m);
}

void mkcap_shutdown_enter(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, uint8_t how)
{
	mkcap_event(m, ts, tid, SHUTDOWN - 1);
	mkcap_p_s64(m, fd);
	mkcap_p_u8(m, how);
	mkcap_end(m);
}

/* SOL_SOCKET is level 1, SO_ERROR optname 4 and its value kind 1 in the event's own numbers. */
void mkcap_so_error(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, int64_t error)
{
	uint8_t val[9] = { 1 };

	assert(!m->big_endian);
	for (unsigned int i = 0; i < 8; i++) {
		val[1 + i] = (uint8_t)((uint64_t)error >> 8 * i);
	}
	mkcap_event(m, ts, tid, GETSOCKOPT);
	mkcap_p_s64(m, 0);
	mkcap_p_s64(m, fd);
	mkcap_p_u8(m, 1);
	mkcap_p_u8(m, 4);
	mkcap_p_bytes(m, val, sizeof(val));
	mkcap_p_u32(m, 4);
	mkcap_end(m);
}

void mkcap_close_enter(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd)
{
	mkcap_event(m, ts, tid, CLOSE - 1);
	mkcap_p_s64(m, fd);
	mkcap_end(m);
}

void mkcap_epoll_create1(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd)
{
	mkcap_event(m, ts, tid, EPOLL_CREATE1);
	mkcap_p_s64(m, fd);
	mkcap_p_u32(m, 0);
	mkcap_end(m);
}

void mkcap_epoll_wait(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res)
{
	mkcap_event(m, ts, tid, EPOLL_WAIT);
	mkcap_p_s64(m, res);
	mkcap_p_s64(m, 512);
	mkcap_end(m);
}

void mkcap_epoll_wait_enter(struct mkcap *m, uint64_t ts, int64_t tid)
{
	mkcap_event(m, ts, tid, EPOLL_WAIT - 1);
	mkcap_p_s64(m, 512);
	mkcap_end(m);
}

/* The list of fds: u16 count, then s64 fd and u16 flags each. */
void mkcap_poll(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd, uint64_t timeout)
{
	uint8_t list[12] = { 1, 0 };

	assert(!m->big_endian);
	for (unsigned int i = 0; i < 8; i++) {
		list[2 + i] = (uint8_t)((uint64_t)fd >> 8 * i);
	}
	list[10] = 1;
	mkcap_event(m, ts, tid, POLL);
	mkcap_p_s64(m, res);
	mkcap_p_bytes(m, list, sizeof(list));
	mkcap_p_u64(m, timeout);
	mkcap_end(m);
}

void mkcap_futex(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, uint64_t addr)
{
	mkcap_event(m, ts, tid, FUTEX);
	mkcap_p_s64(m, res);
	mkcap_p_u64(m, addr);
	mkcap_p_u16(m, 0);
	mkcap_p_u64(m, 0);
	mkcap_end(m);
}

void mkcap_futex_enter(struct mkcap *m, uint64_t ts, int64_t tid, uint64_t addr)
{
	mkcap_event(m, ts, tid, FUTEX - 1);
	mkcap_p_u64(m, addr);
	mkcap_p_u16(m, 0);
	mkcap_p_u64(m, 0);
	mkcap_end(m);
}

void mkcap_nanosleep(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, uint64_t interval_ns)
{
	mkcap_event(m, ts, tid, NANOSLEEP);
	mkcap_p_s64(m, res);
	mkcap_p_u64(m, interval_ns);
	mkcap_end(m);
}

void mkcap_nanosleep_enter(struct mkcap *m, uint64_t ts, int64_t tid, uint64_t interval_ns)
{
	mkcap_event(m, ts, tid, NANOSLEEP - 1);
	mkcap_p_u64(m, interval_ns);
	mkcap_end(m);
}

/* A call without a handler of its own. code: number in the schema's list of calls; native: of the machine. */
void mkcap_generic(struct mkcap *m, uint64_t ts, int64_t tid, uint16_t code, uint16_t native)
{
	mkcap_event(m, ts, tid, 1);
	mkcap_p_u16(m, code);
	mkcap_p_u16(m, native);
	mkcap_end(m);
}
