/*
 * mkserve.h - calls that servers and clients make, for tests of what is found in sockets: a clock, known processes, and
 * the events mkcap.h has no shorthand for. Every call takes its step of time, so begins and waits are known.
 */
#ifndef TESTS_MKSERVE_H
#define TESTS_MKSERVE_H

#include <CUnit/CUnit.h>

#include "mkcap.h"
#include "mksock.h"

#define MS UINT64_C(1000000)
#define SERVE_START (UINT64_C(1700000000) * NSEC_PER_SEC)

struct serve {
	struct mkcap m;
	uint64_t now;		/* of the last event */
	uint64_t num;		/* raw number of the last event */
	int64_t tid;		/* who makes the next calls */
};

static inline void serve_process(struct serve *v, int64_t tid, int64_t pid, const char *comm)
{
	struct mkcap_proc p = {
		.tid = tid, .pid = pid, .ptid = 1, .sid = pid, .vpgid = pid, .vtid = tid, .vpid = pid,
		.pgid = pid, .comm = comm, .exe = comm, .exepath = "/usr/bin/x", .cwd = "/", .root = "/",
		.fdlimit = 1024, .loginuid = UINT32_MAX,
	};

	mkcap_processes(&v->m, 9, 76, &p, 1);
}

static inline void serve_init(struct serve *v)
{
	memset(v, 0, sizeof(*v));
	mkcap_init(&v->m, false);
	mkcap_section(&v->m, 2);
	mkcap_machine(&v->m, "host", 2, SERVE_START - NSEC_PER_SEC);
	v->now = SERVE_START;
}

/* The time of the next event, so many nanoseconds after the last one. */
static inline uint64_t serve_tick(struct serve *v, uint64_t ns)
{
	v->now += ns;
	v->num++;
	return v->now;
}

/* Each: ns after the last event, by v->tid. */
static inline void serve_event(struct serve *v, uint64_t ns, uint16_t type)
{
	mkcap_event(&v->m, serve_tick(v, ns), v->tid, type);
}

static inline void serve_read(struct serve *v, uint64_t ns, int64_t fd, int64_t res, const char *data)
{
	mkcap_read(&v->m, serve_tick(v, ns), v->tid, res, fd, data);
}

static inline void serve_write(struct serve *v, uint64_t ns, int64_t fd, int64_t res, const char *data)
{
	mkcap_write(&v->m, serve_tick(v, ns), v->tid, res, fd, data);
}

static inline void serve_close(struct serve *v, uint64_t ns, int64_t fd)
{
	mkcap_close(&v->m, serve_tick(v, ns), v->tid, 0, fd);
}

static inline void serve_shutdown(struct serve *v, uint64_t ns, int64_t fd, uint8_t how)
{
	serve_event(v, ns, EV_SOCKET_SHUTDOWN_X);
	mkcap_p_s64(&v->m, 0);
	mkcap_p_s64(&v->m, fd);
	mkcap_p_u8(&v->m, how);
	mkcap_end(&v->m);
}

static inline uint16_t serve_syscall(const char *name)
{
	uint16_t code = 0;

	while (schema_syscall_name(code) == NULL || strcmp(schema_syscall_name(code), name) != 0) {
		assert(code < 1000);
		code++;
	}
	return code;
}

/* A call without an event of its own. */
static inline void serve_generic(struct serve *v, uint64_t ns, const char *name)
{
	serve_event(v, ns, EV_GENERIC_X);
	mkcap_p_u16(&v->m, serve_syscall(name));
	mkcap_p_u16(&v->m, 0);
	mkcap_end(&v->m);
}

static inline void serve_futex(struct serve *v, uint64_t ns)
{
	serve_event(v, ns, EV_SYSCALL_FUTEX_X);
	mkcap_p_s64(&v->m, 0);
	mkcap_p_u64(&v->m, 0x1000);
	mkcap_p_u16(&v->m, 0);
	mkcap_p_u64(&v->m, 0);
	mkcap_end(&v->m);
}

static inline void serve_epoll(struct serve *v, uint64_t ns)
{
	serve_event(v, ns, EV_SYSCALL_EPOLLWAIT_X);
	mkcap_p_s64(&v->m, 1);
	mkcap_p_s64(&v->m, 512);
	mkcap_end(&v->m);
}

static inline void serve_poll(struct serve *v, uint64_t ns)
{
	serve_event(v, ns, EV_SYSCALL_POLL_X);
	mkcap_p_s64(&v->m, 1);
	mkcap_p_empty(&v->m);
	mkcap_p_s64(&v->m, -1);
	mkcap_end(&v->m);
}

static inline void serve_getpid(struct serve *v, uint64_t ns)
{
	serve_generic(v, ns, "getpid");
}

/* SO_ERROR of a connect that was in progress. */
static inline void serve_so_error(struct serve *v, uint64_t ns, int64_t fd, int64_t error)
{
	serve_event(v, ns, EV_SOCKET_GETSOCKOPT_X);
	mkcap_p_s64(&v->m, 0);
	mkcap_p_s64(&v->m, fd);
	mkcap_p_u8(&v->m, PPM_SOCKOPT_LEVEL_SOL_SOCKET);
	mkcap_p_u8(&v->m, PPM_SOCKOPT_SO_ERROR);
	{
		uint8_t val[9] = { PPM_SOCKOPT_IDX_ERRNO };

		memcpy(val + 1, &error, sizeof(error));
		mkcap_p_bytes(&v->m, val, sizeof(val));
	}
	mkcap_p_u32(&v->m, 4);
	mkcap_end(&v->m);
}

static inline void serve_sendfile(struct serve *v, uint64_t ns, int64_t out, int64_t in, int64_t res)
{
	serve_event(v, ns, EV_SYSCALL_SENDFILE_X);
	mkcap_p_s64(&v->m, res);
	mkcap_p_u64(&v->m, 0);
	mkcap_p_s64(&v->m, out);
	mkcap_p_s64(&v->m, in);
	mkcap_p_u64(&v->m, 1 << 20);
	mkcap_end(&v->m);
}

static inline void serve_splice(struct serve *v, uint64_t ns, int64_t in, int64_t out, int64_t res)
{
	serve_event(v, ns, EV_SYSCALL_SPLICE_X);
	mkcap_p_s64(&v->m, res);
	mkcap_p_s64(&v->m, in);
	mkcap_p_s64(&v->m, out);
	mkcap_p_u64(&v->m, 1 << 20);
	mkcap_p_u32(&v->m, 0);
	mkcap_end(&v->m);
}

static inline void serve_accept(struct serve *v, uint64_t ns, int64_t fd, uint16_t client_port)
{
	mkcap_accept4(&v->m, serve_tick(v, ns), v->tid, fd, "10.0.0.9", client_port, "10.0.0.1", 80);
}

static inline void serve_connect(struct serve *v, uint64_t ns, int64_t fd, int64_t res, uint16_t own_port,
				 const char *ip, uint16_t port)
{
	mkcap_socket(&v->m, serve_tick(v, ns / 2), v->tid, fd, 2, 1, 0);
	mkcap_connect4(&v->m, serve_tick(v, ns - ns / 2), v->tid, res, fd, "10.0.0.1", own_port, ip, port);
}

/* recvmsg of n bytes; ancillary data passes descriptor fd_passed (-1: none). */
static inline void serve_recvmsg(struct serve *v, uint64_t ns, int64_t fd, uint32_t n, const char *data,
				 const char *sip, uint16_t sport, const char *dip, uint16_t dport)
{
	serve_event(v, ns, EV_SOCKET_RECVMSG_X);
	mkcap_p_s64(&v->m, n);
	mkcap_p_u32(&v->m, n);
	mkcap_p_bytes(&v->m, data, data != NULL ? strlen(data) : 0);
	mkcap_p_tuple4(&v->m, sip, sport, dip, dport);
	mkcap_p_empty(&v->m);
	mkcap_p_s64(&v->m, fd);
	mkcap_end(&v->m);
}

static inline void serve_run(struct serve *v, struct mksock *k)
{
	mksock_run(k, &v->m, NULL);
	mkcap_release(&v->m);
}

#endif
