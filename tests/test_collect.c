/*
 * test_collect.c - sockets as calls show them: ends, bytes in time, marks, roles, calls that move bytes in unusual
 * ways.
 */
#include "mkserve.h"

#define INET 2
#define INET6 10
#define STREAM 1
#define DGRAM 2
#define PID 100

static void start(struct serve *v)
{
	serve_init(v);
	serve_process(v, PID, PID, "server");
	serve_process(v, 200, 200, "client");
	v->tid = PID;
}

static void check_knot(const struct knot *k, uint8_t kind, uint64_t offset, uint32_t len, uint64_t num, uint32_t print)
{
	CU_ASSERT_EQUAL(k->kind, kind);
	CU_ASSERT_EQUAL(k->offset, offset);
	CU_ASSERT_EQUAL(k->len, len);
	CU_ASSERT_EQUAL(k->num, num);
	CU_ASSERT_EQUAL(k->print, print);
}

static uint32_t print_of(const char *s)
{
	size_t n = strlen(s);

	return knot_print((const uint8_t *)s, n < 8 ? n : 8);
}

static void test_collect_server(void)
{
	struct serve v;
	struct mksock k;
	struct knot x[8];
	const struct sock *s;

	start(&v);
	serve_getpid(&v, 10);				/* 1: the thread's call before */
	serve_accept(&v, 100, 5, 4000);			/* 2 */
	serve_read(&v, 50, 5, 12, "GET / HTTP/1");	/* 3 */
	serve_read(&v, 20, 5, 4, "\r\n\r\n");		/* 4 */
	serve_write(&v, 30, 5, 500, "HTTP/1.1");	/* 5: more than was captured */
	serve_write(&v, 30, 5, 100, "<html");		/* 6: too little captured for a print */
	serve_read(&v, 10, 5, -11, NULL);		/* 7: EAGAIN */
	serve_read(&v, 40, 5, 0, NULL);			/* 8: the client has closed */
	serve_close(&v, 60, 5);				/* 9 */
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.count, 1);
	s = mksock_sock(&k, 0);
	CU_ASSERT_EQUAL(s->kind, SOCK_TCP_K);
	CU_ASSERT_EQUAL(s->role, SOCK_SERVER);
	CU_ASSERT_EQUAL(s->flags, SOCK_CLOSED);
	CU_ASSERT_EQUAL(s->key.ip_proto, 6);
	CU_ASSERT_EQUAL(s->key.ip_version, 4);
	CU_ASSERT_EQUAL(s->key.addr[0][15], 1);	/* 10.0.0.1 is the smaller */
	CU_ASSERT_EQUAL(s->key.addr[1][15], 9);
	CU_ASSERT_EQUAL(s->key.addr[0][10], 0xFF);
	CU_ASSERT_EQUAL(s->key.port[0], 80);
	CU_ASSERT_EQUAL(s->key.port[1], 4000);
	CU_ASSERT_EQUAL(s->local, 0);
	CU_ASSERT_EQUAL(s->bytes[0], 16);
	CU_ASSERT_EQUAL(s->bytes[1], 600);
	CU_ASSERT_EQUAL(s->calls[0], 3);
	CU_ASSERT_EQUAL(s->calls[1], 2);
	CU_ASSERT_EQUAL(s->errors[0], 1);
	CU_ASSERT_EQUAL(s->open_num, 2);
	CU_ASSERT_EQUAL(s->open_ns, SERVE_START + 110);
	CU_ASSERT_EQUAL(s->open_begin_ns, SERVE_START + 10);
	CU_ASSERT_FALSE(s->open_begin_exact);
	CU_ASSERT_EQUAL(s->close_num, 9);
	CU_ASSERT_EQUAL(s->close_ns, v.now);
	CU_ASSERT_EQUAL(s->user_count, 1);
	CU_ASSERT_EQUAL(s->users[0].tid, PID);
	CU_ASSERT_EQUAL(s->users[0].bytes[1], 600);
	CU_ASSERT_EQUAL_FATAL(mksock_knots(s, 0, x, 8), 4);
	check_knot(&x[0], KNOT_OPEN, 0, 0, 2, 0);
	check_knot(&x[1], KNOT_DATA, 0, 12, 3, print_of("GET / HT"));
	CU_ASSERT_EQUAL(x[1].ts_ns, SERVE_START + 160);
	CU_ASSERT_EQUAL(x[1].begin_ns, SERVE_START + 110);
	CU_ASSERT_FALSE(x[1].begin_exact);
	check_knot(&x[2], KNOT_DATA, 12, 4, 4, print_of("\r\n\r\n"));
	check_knot(&x[3], KNOT_END, 16, 0, 8, 0);
	CU_ASSERT_EQUAL_FATAL(mksock_knots(s, 1, x, 8), 3);
	check_knot(&x[0], KNOT_DATA, 0, 500, 5, print_of("HTTP/1.1"));
	check_knot(&x[1], KNOT_DATA, 500, 100, 6, 0);
	check_knot(&x[2], KNOT_END, 600, 0, 9, 0);
	CU_ASSERT_EQUAL(x[2].begin_ns, v.now - 60);
	mksock_release(&k);
}

static void test_collect_client(void)
{
	struct serve v;
	struct mksock k;
	struct knot x[4];
	const struct sock *s;

	start(&v);
	serve_getpid(&v, 10);
	serve_connect(&v, 100, 3, -115, 4000, "10.0.0.2", 80);	/* 2 socket, 3 connect in progress */
	serve_so_error(&v, 70, 3, 0);				/* 4 */
	serve_write(&v, 10, 3, 5, "hello");			/* 5 */
	serve_shutdown(&v, 10, 3, PPM_SHUT_WR);			/* 6 */
	serve_read(&v, 10, 3, 7, "goodbye");			/* 7 */
	serve_close(&v, 10, 3);					/* 8 */
	serve_connect(&v, 100, 3, -115, 4001, "10.0.0.3", 80);	/* 9, 10: never ends */
	serve_connect(&v, 100, 4, -111, 0, "10.0.0.4", 81);	/* 11, 12: refused */
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.count, 3);
	s = mksock_sock(&k, 0);
	CU_ASSERT_EQUAL(s->role, SOCK_CLIENT);
	CU_ASSERT_EQUAL(s->flags, SOCK_CLOSED);
	CU_ASSERT_EQUAL(s->key.port[s->local], 4000);
	CU_ASSERT_EQUAL(s->open_num, 3);
	CU_ASSERT_EQUAL(s->first_num, 2);
	CU_ASSERT_EQUAL(mksock_knots(s, 0, x, 4), 2);
	check_knot(&x[0], KNOT_OPEN, 0, 0, 4, 0);	/* when it was known */
	check_knot(&x[1], KNOT_DATA, 0, 7, 7, print_of("goodbye"));
	CU_ASSERT_EQUAL(mksock_knots(s, 1, x, 4), 3);
	check_knot(&x[0], KNOT_OPEN, 0, 0, 3, 0);
	CU_ASSERT_EQUAL(x[0].begin_ns, SERVE_START + 60);
	check_knot(&x[1], KNOT_DATA, 0, 5, 5, print_of("hello"));
	check_knot(&x[2], KNOT_END, 5, 0, 6, 0);	/* shutdown, not close */
	s = mksock_sock(&k, 1);
	CU_ASSERT_EQUAL(s->flags, SOCK_PENDING);
	s = mksock_sock(&k, 2);
	CU_ASSERT_EQUAL(s->flags, SOCK_FAILED | SOCK_TUPLE_PARTLY);
	CU_ASSERT_EQUAL(s->key.port[!s->local], 81);
	CU_ASSERT_EQUAL(s->key.addr[!s->local][15], 4);
	CU_ASSERT_EQUAL(s->errors[1], 1);
	CU_ASSERT_EQUAL(mksock_knots(s, 1, x, 4), 0);
	mksock_release(&k);
}

static void test_collect_blocking_connect(void)
{
	struct serve v;
	struct mksock k;
	struct knot x[4];
	const struct sock *s;

	start(&v);
	serve_connect(&v, 100, 3, 0, 4000, "10.0.0.2", 80);	/* 1, 2 */
	serve_read(&v, 10, 3, 3, "220");
	serve_run(&v, &k);
	s = mksock_sock(&k, 0);
	CU_ASSERT_EQUAL(mksock_knots(s, 0, x, 4), 2);
	check_knot(&x[0], KNOT_OPEN, 0, 0, 2, 0);
	CU_ASSERT_EQUAL(mksock_knots(s, 1, x, 4), 1);
	check_knot(&x[0], KNOT_OPEN, 0, 0, 2, 0);
	CU_ASSERT_EQUAL(s->flags, 0);
	mksock_release(&k);
}

/* With enter events, begins are exact. */
static void test_collect_exact_begin(void)
{
	struct serve v;
	struct mksock k;
	struct knot x[4];

	start(&v);
	serve_accept(&v, 100, 5, 4000);
	mkcap_read_enter_old(&v.m, serve_tick(&v, 30), PID, 5, 100);
	mkcap_read_exit_old(&v.m, serve_tick(&v, 70), PID, 4, "ping");
	serve_run(&v, &k);
	CU_ASSERT_EQUAL(mksock_knots(mksock_sock(&k, 0), 0, x, 4), 2);
	check_knot(&x[1], KNOT_DATA, 0, 4, 3, print_of("ping"));
	CU_ASSERT_EQUAL(x[1].begin_ns, SERVE_START + 130);
	CU_ASSERT_TRUE(x[1].begin_exact);
	mksock_release(&k);
}

static void test_collect_sendfile_splice(void)
{
	struct serve v;
	struct mksock k;
	struct knot x[8];
	const struct sock *s;

	start(&v);
	mkcap_openat(&v.m, serve_tick(&v, 10), PID, 7, "/srv/file", 1);
	serve_accept(&v, 10, 5, 4000);			/* 2 */
	serve_read(&v, 10, 5, 3, "GET");		/* 3 */
	serve_sendfile(&v, 10, 5, 7, 1 << 20);		/* 4 */
	serve_sendfile(&v, 10, 5, 7, -11);		/* 5 */
	mkcap_pipe(&v.m, serve_tick(&v, 10), PID, 8, 9, 777);	/* 6 */
	serve_splice(&v, 10, 5, 9, 300);		/* 7: from the socket */
	serve_splice(&v, 10, 8, 5, 200);		/* 8: to the socket */
	serve_run(&v, &k);
	s = mksock_find(&k, PID, 80, 4000, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_EQUAL(s->bytes[1], (1 << 20) + 200);
	CU_ASSERT_EQUAL(s->errors[1], 1);
	CU_ASSERT_EQUAL(s->bytes[0], 303);
	CU_ASSERT_EQUAL(mksock_knots(s, 1, x, 8), 2);
	check_knot(&x[0], KNOT_DATA, 0, 1 << 20, 4, 0);
	check_knot(&x[1], KNOT_DATA, 1 << 20, 200, 8, 0);
	CU_ASSERT_EQUAL(mksock_knots(s, 0, x, 8), 3);
	check_knot(&x[2], KNOT_DATA, 3, 300, 7, 0);
	CU_ASSERT_EQUAL(s->flags & SOCK_BLIND, 0);
	mksock_release(&k);
}

static void test_collect_peek(void)
{
	struct serve v;
	struct mksock k;
	struct knot x[4];
	const struct sock *s;

	start(&v);
	serve_accept(&v, 10, 5, 4000);
	mkcap_recvfrom4(&v.m, serve_tick(&v, 10), PID, 1, 5, "\x16", "10.0.0.9", 4000, "10.0.0.1", 80);
	serve_read(&v, 10, 5, 300, "\x16\x03\x01hello");		/* the same byte again */
	serve_accept(&v, 10, 6, 4001);
	mkcap_recvfrom4(&v.m, serve_tick(&v, 10), PID, 1, 6, "A", "10.0.0.9", 4001, "10.0.0.1", 80);
	serve_read(&v, 10, 6, 300, "BCDEFGHI");				/* the next ones */
	serve_run(&v, &k);
	s = mksock_sock(&k, 0);
	CU_ASSERT_EQUAL(s->bytes[0], 300);
	CU_ASSERT_EQUAL(s->users[0].bytes[0], 300);
	CU_ASSERT_EQUAL(mksock_knots(s, 0, x, 4), 2);
	check_knot(&x[1], KNOT_DATA, 0, 300, 3, print_of("\x16\x03\x01hello"));
	CU_ASSERT_EQUAL(mksock_exchange(s, 0)->end[0], 300);
	s = mksock_sock(&k, 1);
	CU_ASSERT_EQUAL(s->bytes[0], 301);
	CU_ASSERT_EQUAL(mksock_knots(s, 0, x, 4), 3);
	mksock_release(&k);
}

/* A later message: what was answered before tells that these bytes begin one. In the middle of a message nothing is
 * taken back. */
static void test_collect_peek_later(void)
{
	struct serve v;
	struct mksock k;
	const struct sock *s;

	start(&v);
	serve_accept(&v, 10, 5, 4000);
	serve_read(&v, 10, 5, 20, "GET / HTTP/1.1\r\n\r\n\r\n");
	serve_write(&v, 10, 5, 30, "HTTP/1.1 200 OK");
	mkcap_recvfrom4(&v.m, serve_tick(&v, 10), PID, 1, 5, "G", "10.0.0.9", 4000, "10.0.0.1", 80);
	serve_read(&v, 10, 5, 40, "GET /again HTTP/1.1");
	mkcap_recvfrom4(&v.m, serve_tick(&v, 10), PID, 1, 5, "G", "10.0.0.9", 4000, "10.0.0.1", 80);
	serve_read(&v, 10, 5, 40, "GG");
	serve_run(&v, &k);
	s = mksock_sock(&k, 0);
	CU_ASSERT_EQUAL(s->bytes[0], 20 + 40 + 1 + 40);
	CU_ASSERT_EQUAL(s->users[0].bytes[0], 101);
	mksock_release(&k);
}

/* Of a recvmmsg the room of the buffers is told too, of some recorders only the number of messages: what came in
 * counts. */
static void test_collect_messages(void)
{
	struct mkcap_io in = { .res = 18, .fd = 5, .data = "eighteen bytes....", .len = 18, .size = 600, .sip = "10.0.0.9",
			       .dip = "10.0.0.1", .sport = 4000, .dport = 53 };
	struct mkcap_io out = in;
	struct serve v;
	struct mksock k;
	const struct sock *s;

	start(&v);
	mkcap_socket(&v.m, serve_tick(&v, 10), PID, 5, INET, DGRAM, 0);
	mkcap_bind(&v.m, serve_tick(&v, 10), PID, 0, 5, "10.0.0.1", 53);
	mkcap_io(&v.m, serve_tick(&v, 10), PID, EV_SOCKET_RECVMMSG_X, &in);
	out.res = 2;
	out.size = 18;
	mkcap_io(&v.m, serve_tick(&v, 10), PID, EV_SOCKET_SENDMMSG_X, &out);
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.count, 1);
	s = mksock_sock(&k, 0);
	CU_ASSERT_EQUAL(s->kind, SOCK_UDP_K);
	CU_ASSERT_EQUAL(s->bytes[0], 18);
	CU_ASSERT_EQUAL(s->bytes[1], 18);
	mksock_release(&k);
}

/* Nobody saw the socket made, and the first thing seen is the answer: the port tells who serves. */
static void test_collect_guessed_server(void)
{
	struct serve v;
	struct mksock k;
	const struct sock *s;

	start(&v);
	mkcap_sendto4(&v.m, serve_tick(&v, 10), PID, 20, 4, "\x12\x34\x81\x80", "10.0.0.1", 53, "10.0.0.9", 40000);
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.count, 1);
	s = mksock_sock(&k, 0);
	CU_ASSERT_EQUAL(s->kind, SOCK_UDP_K);
	CU_ASSERT_EQUAL(s->role, SOCK_SERVER);
	CU_ASSERT_EQUAL(s->key.port[s->local], 53);
	CU_ASSERT_EQUAL(s->key.port[!s->local], 40000);
	mksock_release(&k);
}

static void test_collect_mapped(void)
{
	struct serve v;
	struct mksock k;
	const struct sock *s;

	start(&v);
	mkcap_event(&v.m, serve_tick(&v, 10), PID, 389);
	mkcap_p_s64(&v.m, 5);
	mkcap_p_tuple6(&v.m, "::ffff:10.0.0.9", 4000, "::ffff:10.0.0.1", 80);
	mkcap_p_u8(&v.m, 0);
	mkcap_p_u32(&v.m, 0);
	mkcap_p_u32(&v.m, 128);
	mkcap_p_u32(&v.m, 0);
	mkcap_end(&v.m);
	mkcap_socket(&v.m, serve_tick(&v, 10), 200, 3, INET6, STREAM, 0);
	mkcap_connect6(&v.m, serve_tick(&v, 10), 200, 0, 3, "fd00::9", 5000, "fd00::1", 80);
	serve_run(&v, &k);
	s = mksock_sock(&k, 0);
	CU_ASSERT_EQUAL(s->key.ip_version, 4);
	CU_ASSERT_EQUAL(s->flags & SOCK_MAPPED, SOCK_MAPPED);
	CU_ASSERT_EQUAL(s->key.addr[0][12], 10);
	CU_ASSERT_EQUAL(s->local, 0);
	s = mksock_sock(&k, 1);
	CU_ASSERT_EQUAL(s->key.ip_version, 6);
	CU_ASSERT_EQUAL(s->flags & SOCK_MAPPED, 0);
	CU_ASSERT_EQUAL(s->key.addr[0][0], 0xfd);
	CU_ASSERT_EQUAL(s->key.port[0], 80);	/* fd00::1 is the smaller */
	CU_ASSERT_EQUAL(s->local, 1);
	mksock_release(&k);
}

/* Open before the capture: offsets count from the first call, the role comes from the other descriptors. */
static void test_collect_inherited(void)
{
	struct serve v;
	struct mksock k;
	const struct sock *s;

	start(&v);
	mkcap_fds_begin(&v.m, true, PID);
	mkcap_fd_server4(&v.m, 3, 11, "0.0.0.0", 80, 2);
	mkcap_fd_ipv4(&v.m, 5, 12, "10.0.0.1", 80, "10.0.0.9", 4000, 2);
	mkcap_fds_end(&v.m);
	serve_read(&v, 10, 5, 6, "GET /x");
	serve_write(&v, 10, 5, 3, "200");
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.count, 1);
	s = mksock_sock(&k, 0);
	CU_ASSERT_EQUAL(s->flags, SOCK_INHERITED);
	CU_ASSERT_EQUAL(s->role, SOCK_SERVER);
	CU_ASSERT_EQUAL(s->key.port[s->local], 80);
	CU_ASSERT_EQUAL(s->open_num, 0);
	CU_ASSERT_EQUAL(s->bytes[0], 6);
	mksock_release(&k);
}

static void test_collect_unused(void)
{
	struct serve v;
	struct mksock k;
	const struct sock *s;

	start(&v);
	mkcap_socket(&v.m, serve_tick(&v, 10), PID, 3, INET, STREAM, 0);
	mkcap_bind4(&v.m, serve_tick(&v, 10), PID, 0, 3, "0.0.0.0", 80);
	mkcap_socket(&v.m, serve_tick(&v, 10), PID, 4, INET, DGRAM, 0);
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.count, 2);
	s = mksock_sock(&k, 0);
	CU_ASSERT_EQUAL(s->flags, SOCK_TUPLE_PARTLY);
	CU_ASSERT_EQUAL(s->key.port[s->local], 80);
	CU_ASSERT_EQUAL(s->key.port[!s->local], 0);
	CU_ASSERT_EQUAL(mksock_sock(&k, 1)->kind, SOCK_UDP_K);
	mksock_release(&k);
}

static void test_collect_ring(void)
{
	struct serve v;
	struct mksock k;

	start(&v);
	serve_accept(&v, 10, 5, 4000);
	serve_close(&v, 10, 5);		/* before the ring */
	serve_accept(&v, 10, 6, 4001);
	serve_event(&v, 10, EV_SYSCALL_IO_URING_SETUP_X);
	mkcap_p_s64(&v.m, 9);
	mkcap_p_u32(&v.m, 8);
	mkcap_p_u32(&v.m, 8);
	mkcap_p_u32(&v.m, 8);
	mkcap_p_u32(&v.m, 0);
	mkcap_p_u32(&v.m, 0);
	mkcap_p_u32(&v.m, 0);
	mkcap_p_u32(&v.m, 0);
	mkcap_end(&v.m);
	serve_accept(&v, 10, 7, 4002);
	v.tid = 200;
	serve_accept(&v, 10, 5, 4003);	/* another process */
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.count, 4);
	CU_ASSERT_EQUAL(mksock_sock(&k, 0)->flags & SOCK_BLIND, 0);
	CU_ASSERT_EQUAL(mksock_sock(&k, 1)->flags & SOCK_BLIND, SOCK_BLIND);
	CU_ASSERT_EQUAL(mksock_sock(&k, 2)->flags & SOCK_BLIND, SOCK_BLIND);
	CU_ASSERT_EQUAL(mksock_sock(&k, 3)->flags & SOCK_BLIND, 0);
	mksock_release(&k);
}

static void test_collect_drops(void)
{
	struct serve v;
	struct mksock k;

	start(&v);
	serve_accept(&v, 10, 5, 4000);
	serve_close(&v, 10, 5);
	serve_accept(&v, 10, 6, 4001);
	mkcap_drop(&v.m, serve_tick(&v, 10), false, 2);
	serve_read(&v, 10, 6, 3, "abc");
	serve_accept(&v, 10, 7, 4002);
	serve_run(&v, &k);
	CU_ASSERT_EQUAL(mksock_sock(&k, 0)->flags & SOCK_DROPS, 0);
	CU_ASSERT_EQUAL(mksock_sock(&k, 1)->flags & SOCK_DROPS, SOCK_DROPS);
	CU_ASSERT_EQUAL(mksock_sock(&k, 2)->flags & SOCK_DROPS, 0);
	mksock_release(&k);
}

/* More threads than are listed: their bytes count, and the list says that it is not whole. */
static void test_collect_many_threads(void)
{
	struct serve v;
	struct mksock k;
	const struct sock *s;
	struct socks_counts counts;

	start(&v);
	for (int64_t tid = 1001; tid <= 1070; tid++) {
		serve_process(&v, tid, PID, "server");
	}
	serve_accept(&v, 10, 5, 4000);
	for (v.tid = 1001; v.tid <= 1070; v.tid++) {
		serve_read(&v, 10, 5, 2, "ab");
	}
	serve_run(&v, &k);
	s = mksock_sock(&k, 0);
	CU_ASSERT_EQUAL(s->bytes[0], 140);
	CU_ASSERT_EQUAL(s->user_count, LIMIT_SOCK_USERS);
	CU_ASSERT_TRUE(s->knots[0].cut);
	CU_ASSERT_EQUAL(s->flags & SOCK_CUT, SOCK_CUT);
	socks_counted(k.socks, &counts);
	CU_ASSERT_EQUAL(counts.socks_cut, 1);
	CU_ASSERT_EQUAL(counts.socks_dropped, 0);
	mksock_release(&k);
}

void suite_collect(CU_pSuite suite);

void suite_collect(CU_pSuite suite)
{
	CU_add_test(suite, "test_collect_server", test_collect_server);
	CU_add_test(suite, "test_collect_client", test_collect_client);
	CU_add_test(suite, "test_collect_blocking_connect", test_collect_blocking_connect);
	CU_add_test(suite, "test_collect_exact_begin", test_collect_exact_begin);
	CU_add_test(suite, "test_collect_sendfile_splice", test_collect_sendfile_splice);
	CU_add_test(suite, "test_collect_peek", test_collect_peek);
	CU_add_test(suite, "test_collect_peek_later", test_collect_peek_later);
	CU_add_test(suite, "test_collect_messages", test_collect_messages);
	CU_add_test(suite, "test_collect_guessed_server", test_collect_guessed_server);
	CU_add_test(suite, "test_collect_mapped", test_collect_mapped);
	CU_add_test(suite, "test_collect_inherited", test_collect_inherited);
	CU_add_test(suite, "test_collect_unused", test_collect_unused);
	CU_add_test(suite, "test_collect_ring", test_collect_ring);
	CU_add_test(suite, "test_collect_drops", test_collect_drops);
	CU_add_test(suite, "test_collect_many_threads", test_collect_many_threads);
}
