/*
 * test_state_sockets.c - sockets: their ends, names and roles after each call.
 */
#include "mkstate.h"
#include "schema/extra.h"

#define INET 2
#define INET6 10
#define UNIX 1
#define STREAM 1
#define DGRAM 2

static void start(struct mkstate *m)
{
	mkstate_init(m, false, 0);
	mkstate_process(m, 100, 1, "x");
}

static void test_state_sockets_connect(void)
{
	struct mkstate m;
	const struct event *ev;
	uint32_t id;

	start(&m);
	mkcap_socket(&m.cap, mkstate_tick(&m), 100, 3, INET, STREAM, 0);
	ev = mkstate_last(&m);
	CU_ASSERT_EQUAL(ev->fd_num, 3);
	CU_ASSERT_EQUAL(ev->fd->type, FD_IPV4);
	CU_ASSERT_EQUAL(ev->fd->l4, L4_TCP);
	CU_ASSERT_EQUAL(ev->fd->role, ROLE_NONE);
	CHECK_STR(ev->fd->name, "");
	id = ev->fd->id;
	mkcap_connect4(&m.cap, mkstate_tick(&m), 100, -115, 3, "10.0.0.1", 1000, "10.0.0.2", 80);
	ev = mkstate_last(&m);
	CHECK_STR(ev->fd->name, "10.0.0.1:1000->10.0.0.2:80");
	CU_ASSERT_EQUAL(ev->fd->role, ROLE_CLIENT);
	CU_ASSERT_EQUAL(ev->fd->id, id);
	CU_ASSERT_EQUAL(ev->fd->dst_port, 80);
	CU_ASSERT_EQUAL(ev->fd->flags & (FV_PENDING | FV_CONNECTED), FV_PENDING);
	/* getsockopt(SO_ERROR) decides. */
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SOCKET_GETSOCKOPT_X);
	mkcap_p_s64(&m.cap, 0);
	mkcap_p_s64(&m.cap, 3);
	mkcap_p_u8(&m.cap, PPM_SOCKOPT_LEVEL_SOL_SOCKET);
	mkcap_p_u8(&m.cap, PPM_SOCKOPT_SO_ERROR);
	mkcap_p_bytes(&m.cap, "\1\0\0\0\0\0\0\0\0", 9);
	mkcap_p_u32(&m.cap, 4);
	mkcap_end(&m.cap);
	CU_ASSERT_EQUAL(mkstate_last(&m)->fd->flags & (FV_PENDING | FV_CONNECTED), FV_CONNECTED);
	mkstate_end(&m);
}

static void test_state_sockets_failed_connect(void)
{
	struct mkstate m;
	const struct event *ev;

	start(&m);
	mkcap_socket(&m.cap, mkstate_tick(&m), 100, 3, INET, STREAM, 6);
	mkcap_connect4(&m.cap, mkstate_tick(&m), 100, -111, 3, "10.0.0.1", 1000, "10.0.0.2", 80);
	ev = mkstate_last(&m);
	CHECK_STR(ev->fd->name, "");
	CU_ASSERT_NOT_EQUAL(ev->fd->flags & FV_FAILED, 0);
	mkstate_end(&m);
}

static void test_state_sockets_mapped_keeps_protocol(void)
{
	struct mkstate m;
	const struct event *ev;

	start(&m);
	mkcap_socket(&m.cap, mkstate_tick(&m), 100, 3, INET6, DGRAM, 17);
	CU_ASSERT_EQUAL(mkstate_last(&m)->fd->type, FD_IPV6);
	mkcap_connect6(&m.cap, mkstate_tick(&m), 100, 0, 3, "::ffff:10.0.0.1", 1000,
		       "::ffff:10.0.0.2", 53);
	ev = mkstate_last(&m);
	CU_ASSERT_EQUAL(ev->fd->type, FD_IPV4);
	CU_ASSERT_EQUAL(ev->fd->l4, L4_UDP);
	CHECK_STR(ev->fd->name, "10.0.0.1:1000->10.0.0.2:53");
	mkcap_socket(&m.cap, mkstate_tick(&m), 100, 4, INET6, STREAM, 0);
	mkcap_connect6(&m.cap, mkstate_tick(&m), 100, 0, 4, "::1", 55000, "::1", 80);
	CHECK_STR(mkstate_last(&m)->fd->name, "::1:55000->::1:80");
	mkstate_end(&m);
}

static void test_state_sockets_zero_destination_is_taken_from_addr(void)
{
	struct mkstate m;

	/* A driver's flaw: the tuple's destination is 0.0.0.0, addr has the true one. */
	start(&m);
	mkcap_socket(&m.cap, mkstate_tick(&m), 100, 3, INET6, STREAM, 0);
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SOCKET_CONNECT_X);
	mkcap_p_s64(&m.cap, 0);
	mkcap_p_tuple6(&m.cap, "::ffff:10.0.0.1", 1000, "::", 80);
	mkcap_p_s64(&m.cap, 3);
	mkcap_p_sockaddr6(&m.cap, "::ffff:10.9.9.9", 80);
	mkcap_end(&m.cap);
	CHECK_STR(mkstate_last(&m)->fd->name, "10.0.0.1:1000->10.9.9.9:80");
	mkstate_end(&m);
}

static void test_state_sockets_server(void)
{
	struct mkstate m;
	const struct event *ev;

	start(&m);
	mkcap_socket(&m.cap, mkstate_tick(&m), 100, 3, INET, STREAM, 0);
	mkcap_bind4(&m.cap, mkstate_tick(&m), 100, 0, 3, "0.0.0.0", 80);
	ev = mkstate_last(&m);
	CHECK_STR(ev->fd->name, "0.0.0.0:80");
	CU_ASSERT_EQUAL(ev->fd->type, FD_IPV4_SERVER);
	CU_ASSERT_EQUAL(ev->fd->role, ROLE_SERVER);
	CU_ASSERT_EQUAL(ev->fd->l4, L4_TCP);
	CU_ASSERT_EQUAL(ev->fd->dst_port, 80);
	mkcap_accept4(&m.cap, mkstate_tick(&m), 100, 4, "10.0.0.9", 4000, "10.0.0.1", 80);
	ev = mkstate_last(&m);
	CU_ASSERT_EQUAL(ev->fd_num, 4);
	CHECK_STR(ev->fd->name, "10.0.0.9:4000->10.0.0.1:80");
	CU_ASSERT_EQUAL(ev->fd->role, ROLE_SERVER);
	CU_ASSERT_NOT_EQUAL(ev->fd->flags & FV_CONNECTED, 0);
	/* Its own port 0: only the name tells. */
	mkcap_socket(&m.cap, mkstate_tick(&m), 100, 5, INET, DGRAM, 0);
	mkcap_bind4(&m.cap, mkstate_tick(&m), 100, 0, 5, "0.0.0.0", 0);
	ev = mkstate_last(&m);
	CHECK_STR(ev->fd->name, "0.0.0.0:0");
	CU_ASSERT_EQUAL(ev->fd->type, FD_IPV4);
	CU_ASSERT_EQUAL(ev->fd->role, ROLE_NONE);
	mkstate_end(&m);
}

static void test_state_sockets_accept_without_tuple(void)
{
	struct mkstate m;
	const struct event *ev;

	start(&m);
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SOCKET_ACCEPT_5_X);
	mkcap_p_s64(&m.cap, 7);
	mkcap_p_empty(&m.cap);
	mkcap_p_u8(&m.cap, 0);
	mkcap_p_u32(&m.cap, 0);
	mkcap_p_u32(&m.cap, 0);
	mkcap_end(&m.cap);
	ev = mkstate_last(&m);
	CU_ASSERT_EQUAL(ev->fd_num, 7);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ev->fd);
	CU_ASSERT_EQUAL(ev->fd->type, FD_UNKNOWN);
	mkstate_end(&m);
}

static void test_state_sockets_unix(void)
{
	struct mkstate m;
	const struct event *ev;

	start(&m);
	mkcap_socket(&m.cap, mkstate_tick(&m), 100, 3, UNIX, STREAM, 0);
	mkcap_connect_unix(&m.cap, mkstate_tick(&m), 100, 0, 3, 0xffff888100274900,
			   0xffff888100275680, "/run/s.sock");
	CHECK_STR(mkstate_last(&m)->fd->name, "ffff888100274900->ffff888100275680 /run/s.sock");
	/* A receive turns it round and knows no path. */
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SOCKET_RECVFROM_X);
	mkcap_p_s64(&m.cap, 5);
	mkcap_p_bytes(&m.cap, "hello", 5);
	mkcap_p_tuple_unix(&m.cap, 0xffff888100275680, 0xffff888100274900, "");
	mkcap_p_s64(&m.cap, 3);
	mkcap_p_u32(&m.cap, 5);
	mkcap_end(&m.cap);
	ev = mkstate_last(&m);
	CHECK_STR(ev->fd->name, "ffff888100275680->ffff888100274900 ");
	CU_ASSERT_EQUAL(ev->fd->unix_src, 0xffff888100275680);
	mkcap_accept_unix(&m.cap, mkstate_tick(&m), 100, 4, 0, 0x1f, "/run/t");
	CHECK_STR(mkstate_last(&m)->fd->name, "0->1f /run/t");
	mkcap_socketpair(&m.cap, mkstate_tick(&m), 100, 5, 6, 0xA, 0xB);
	ev = mkstate_last(&m);
	CU_ASSERT_EQUAL(ev->fd_num, 6);
	CU_ASSERT_EQUAL(ev->fd->type, FD_UNIX);
	CU_ASSERT_EQUAL(ev->fd->unix_src, 0xB);
	CU_ASSERT_EQUAL(mkstate_fd(&m, 100, 5)->unix_src, 0xA);
	mkstate_end(&m);
}

static void test_state_sockets_udp_client(void)
{
	struct mkstate m;
	const struct event *ev;
	const struct fd_view *before;

	start(&m);
	mkcap_socket(&m.cap, mkstate_tick(&m), 100, 3, INET, DGRAM, 0);
	mkcap_sendto4(&m.cap, mkstate_tick(&m), 100, 4, 3, "ping", "10.0.0.1", 4000, "8.8.8.8", 53);
	ev = mkstate_last(&m);
	CHECK_STR(ev->fd->name, "10.0.0.1:4000->8.8.8.8:53");
	CU_ASSERT_EQUAL(ev->fd->role, ROLE_CLIENT);
	before = ev->fd;
	/* The answer names the same two ends: nothing changes, not even the view. */
	mkcap_recvfrom4(&m.cap, mkstate_tick(&m), 100, 4, 3, "pong", "8.8.8.8", 53, "10.0.0.1",
			4000);
	CU_ASSERT_PTR_EQUAL(mkstate_last(&m)->fd, before);
	/* Another peer. */
	mkcap_recvfrom4(&m.cap, mkstate_tick(&m), 100, 4, 3, "pong", "1.1.1.1", 53, "10.0.0.1",
			4000);
	CHECK_STR(mkstate_last(&m)->fd->name, "10.0.0.1:4000->1.1.1.1:53");
	mkstate_end(&m);
}

static void test_state_sockets_udp_server(void)
{
	struct mkstate m;
	const struct event *ev;

	start(&m);
	mkcap_socket(&m.cap, mkstate_tick(&m), 100, 3, INET, DGRAM, 0);
	mkcap_bind4(&m.cap, mkstate_tick(&m), 100, 0, 3, "0.0.0.0", 53);
	mkcap_recvfrom4(&m.cap, mkstate_tick(&m), 100, 4, 3, "ask", "10.0.0.9", 4000, "10.0.0.1",
			53);
	ev = mkstate_last(&m);
	CHECK_STR(ev->fd->name, "10.0.0.9:4000->10.0.0.1:53");
	CU_ASSERT_EQUAL(ev->fd->role, ROLE_SERVER);
	CU_ASSERT_EQUAL(ev->fd->l4, L4_UDP);
	/* The answer goes out from the server: the client stays first. */
	mkcap_sendto4(&m.cap, mkstate_tick(&m), 100, 4, 3, "tell", "10.0.0.1", 53, "10.0.0.8",
		      4001);
	CHECK_STR(mkstate_last(&m)->fd->name, "10.0.0.8:4001->10.0.0.1:53");
	mkstate_end(&m);
}

static void test_state_sockets_tcp_name_is_left_alone(void)
{
	struct mkstate m;

	start(&m);
	mkcap_socket(&m.cap, mkstate_tick(&m), 100, 3, INET, STREAM, 0);
	mkcap_connect4(&m.cap, mkstate_tick(&m), 100, 0, 3, "10.0.0.1", 1000, "10.0.0.2", 80);
	mkcap_sendto4(&m.cap, mkstate_tick(&m), 100, 1, 3, "x", "9.9.9.9", 1, "9.9.9.8", 2);
	CHECK_STR(mkstate_last(&m)->fd->name, "10.0.0.1:1000->10.0.0.2:80");
	mkstate_end(&m);
}

/* The same, but the recorder tells sequence numbers: they are TCP's. */
static void test_state_sockets_guess_by_recorder(void)
{
	static const uint8_t numbers[16] = { 1 };
	const struct fd_view *d;
	struct mkstate m;
	struct buf items;

	start(&m);
	buf_init(&items, 64);
	mkcap_extra(&m.cap, &items, EXTRA_TCP, numbers, sizeof(numbers));
	m.cap.extra = &items;
	mkcap_sendto4(&m.cap, mkstate_tick(&m), 100, 4, 9, "ping", "10.0.0.1", 4000, "8.8.8.8", 53);
	m.cap.extra = NULL;
	d = mkstate_last(&m)->fd;
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	CU_ASSERT_EQUAL(d->l4, L4_TCP);
	CU_ASSERT_EQUAL(d->flags & FV_GUESSED, FV_GUESSED);
	CHECK_STR(d->name, "10.0.0.1:4000->8.8.8.8:53");
	buf_release(&items);
	mkstate_end(&m);
}

static void test_state_sockets_missed_socket_is_guessed(void)
{
	struct mkstate m;
	const struct event *ev;

	start(&m);
	mkcap_sendto4(&m.cap, mkstate_tick(&m), 100, 4, 9, "ping", "10.0.0.1", 4000, "8.8.8.8", 53);
	ev = mkstate_last(&m);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ev->fd);
	CHECK_STR(ev->fd->name, "10.0.0.1:4000->8.8.8.8:53");
	CU_ASSERT_EQUAL(ev->fd->l4, L4_UDP);
	CU_ASSERT_NOT_EQUAL(ev->fd->flags & FV_GUESSED, 0);
	/* A failed one tells nothing. */
	mkcap_sendto4(&m.cap, mkstate_tick(&m), 100, -9, 10, NULL, "10.0.0.1", 4000, "8.8.8.8", 53);
	CU_ASSERT_PTR_NULL(mkstate_last(&m)->fd);
	mkstate_end(&m);
}

static void test_state_sockets_zero_source_is_patched(void)
{
	struct mkstate m;

	mkstate_init(&m, false, 0);
	mkcap_interface4(&m.cap, true, "lo", "127.0.0.1", "255.0.0.0");
	mkstate_process(&m, 100, 1, "x");
	mkcap_socket(&m.cap, mkstate_tick(&m), 100, 3, INET, DGRAM, 0);
	mkcap_sendto4(&m.cap, mkstate_tick(&m), 100, 4, 3, "ping", "0.0.0.0", 4000, "127.0.0.53",
		      53);
	CHECK_STR(mkstate_last(&m)->fd->name, "127.0.0.1:4000->127.0.0.53:53");
	mkstate_end(&m);
}

static void test_state_sockets_raw_has_no_ports(void)
{
	struct mkstate m;

	start(&m);
	mkcap_socket(&m.cap, mkstate_tick(&m), 100, 3, INET, DGRAM, 1);
	mkcap_connect4(&m.cap, mkstate_tick(&m), 100, 0, 3, "10.0.0.1", 0, "10.0.0.2", 0);
	CHECK_STR(mkstate_last(&m)->fd->name, "10.0.0.1->10.0.0.2");
	mkcap_socket(&m.cap, mkstate_tick(&m), 100, 4, INET, 5, 132);
	mkcap_connect4(&m.cap, mkstate_tick(&m), 100, 0, 4, "10.0.0.1", 1, "10.0.0.2", 2);
	CHECK_STR(mkstate_last(&m)->fd->name, "<unknown>");
	mkcap_socket(&m.cap, mkstate_tick(&m), 100, 5, 16, 3, 0);
	CU_ASSERT_EQUAL(mkstate_last(&m)->fd->type, FD_NETLINK);
	mkstate_end(&m);
}

static void test_state_sockets_cloexec_from_type(void)
{
	struct mkstate m;

	start(&m);
	mkcap_socket(&m.cap, mkstate_tick(&m), 100, 3, INET, STREAM | 0x80000, 0);
	mkcap_socket(&m.cap, mkstate_tick(&m), 100, 4, INET, STREAM, 0);
	mkcap_execve(&m.cap, mkstate_tick(&m), 100, 100, 1, "y", NULL, 0, "y", "/y");
	mkstate_fold(&m);
	CHECK_NO_FD(&m, 100, 3);
	CU_ASSERT_PTR_NOT_NULL(mkstate_fd(&m, 100, 4));
	mkstate_end(&m);
}

static void control(struct mkstate *m, const void *p, size_t n)
{
	mkcap_event(&m->cap, mkstate_tick(m), 100, EV_SOCKET_RECVMSG_X);
	mkcap_p_s64(&m->cap, 1);
	mkcap_p_u32(&m->cap, 1);
	mkcap_p_bytes(&m->cap, "x", 1);
	mkcap_p_empty(&m->cap);
	mkcap_p_bytes(&m->cap, p, n);
	mkcap_p_s64(&m->cap, 3);
	mkcap_end(&m->cap);
}

static void test_state_sockets_passed_descriptors(void)
{
	/* Two messages: credentials (padded to 8), then two descriptors. */
	static const uint8_t bytes[] = {
		28, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0,  0, 0, 1, 0, 0,
		0,  2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 24, 0, 0, 0, 0, 0,
		0,  0, 1, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0,  8, 0, 0, 0,
	};
	static const uint8_t lie[] = {
		255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0,
	};
	struct mkstate m;
	const struct fd_view *v;

	start(&m);
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 7, "/stale", 1);
	control(&m, bytes, sizeof(bytes));
	control(&m, lie, sizeof(lie));
	mkstate_fold(&m);
	v = mkstate_fd(&m, 100, 7);
	CHECK_STR(v->name, "");
	CU_ASSERT_NOT_EQUAL(v->flags & FV_GUESSED, 0);
	CU_ASSERT_PTR_NOT_NULL(mkstate_fd(&m, 100, 8));
	CHECK_NO_FD(&m, 100, 1);
	CHECK_NO_FD(&m, 100, 9);
	mkstate_end(&m);
}

/* The recorder tells what came: a connection that was accepted here, one that was made, a socket that listens, a file,
 * a kernel thing. */
static void test_state_sockets_passed_descriptors_told(void)
{
	static const uint8_t bytes[] = {
		36, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0,  0, 1, 0, 0,  0, 7, 0,
		0,  0, 8, 0, 0, 0, 9, 0, 0, 0, 10, 0, 0, 0, 11, 0, 0, 0,
	};
	static const uint8_t entries[] = {
		34, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 70, 0, 0, 0, 0, 0, 0, 0, 3, 10, 0, 0, 1, 10, 0, 0, 9, 80, 0, 0xA0, 0x0F, 2,
		34, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 71, 0, 0, 0, 0, 0, 0, 0, 3, 10, 0, 0, 1, 10, 0, 0, 9, 0xA1, 0x0F, 81, 0, 2,
		28, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 72, 0, 0, 0, 0, 0, 0, 0, 5, 10, 0, 0, 1, 80, 0, 2,
		31, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 73, 0, 0, 0, 0, 0, 0, 0, 16, 3, 0, 0, 0, 0, 0, 5, 0, 0, 0,
		21, 0, 0, 0, 11, 0, 0, 0, 0, 0, 0, 0, 74, 0, 0, 0, 0, 0, 0, 0, 0, 34, 0, 0, 0, 12,	/* the last one is cut */
	};
	struct mkstate m;
	struct buf items;

	start(&m);
	mkstate_process(&m, 101, 1, "y");
	mkcap_accept4(&m.cap, mkstate_tick(&m), 101, 5, "10.0.0.8", 4007, "10.0.0.1", 80);
	buf_init(&items, 1024);
	mkcap_extra(&m.cap, &items, EXTRA_PASSED, entries, sizeof(entries));
	m.cap.extra = &items;
	control(&m, bytes, sizeof(bytes));
	m.cap.extra = NULL;
	mkstate_fold(&m);
	CHECK_FD(&m, 100, 7, "10.0.0.9:4000->10.0.0.1:80");
	CU_ASSERT_EQUAL(mkstate_fd(&m, 100, 7)->role, ROLE_SERVER);
	CU_ASSERT_EQUAL(mkstate_fd(&m, 100, 7)->l4, L4_TCP);
	CU_ASSERT_EQUAL(mkstate_fd(&m, 100, 7)->flags, FV_CONNECTED);
	CU_ASSERT_EQUAL(mkstate_fd(&m, 100, 7)->open_ns, 0);
	CHECK_FD(&m, 100, 8, "10.0.0.1:4001->10.0.0.9:81");
	CU_ASSERT_EQUAL(mkstate_fd(&m, 100, 8)->role, ROLE_CLIENT);
	CHECK_FD(&m, 100, 9, "10.0.0.1:80");
	CU_ASSERT_EQUAL(mkstate_fd(&m, 100, 9)->type, FD_IPV4_SERVER);
	CHECK_FD(&m, 100, 10, "");
	CU_ASSERT_EQUAL(mkstate_fd(&m, 100, 10)->type, FD_FILE_V2);
	CU_ASSERT_EQUAL(mkstate_fd(&m, 100, 10)->ino, 73);
	CU_ASSERT_EQUAL(mkstate_fd(&m, 100, 10)->dev, 5);
	CU_ASSERT_EQUAL(mkstate_fd(&m, 100, 11)->type, FD_UNKNOWN);
	CU_ASSERT_NOT_EQUAL(mkstate_fd(&m, 100, 11)->flags & FV_GUESSED, 0);
	CHECK_NO_FD(&m, 100, 12);
	buf_release(&items);
	mkstate_end(&m);
}

static void test_state_sockets_broken_tuples(void)
{
	static const uint8_t cut[] = { 2, 10, 0, 0, 1, 0x10 };
	struct mkstate m;
	uint8_t other = 99;

	start(&m);
	mkcap_socket(&m.cap, mkstate_tick(&m), 100, 3, INET, DGRAM, 0);
	for (size_t n = 0; n <= sizeof(cut); n++) {
		mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SOCKET_CONNECT_X);
		mkcap_p_s64(&m.cap, 0);
		mkcap_p_bytes(&m.cap, cut, n);
		mkcap_p_s64(&m.cap, 3);
		mkcap_p_bytes(&m.cap, cut, n);
		mkcap_end(&m.cap);
		mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SOCKET_BIND_X);
		mkcap_p_s64(&m.cap, 0);
		mkcap_p_bytes(&m.cap, n % 2 ? cut : &other, n % 2 ? n : 1);
		mkcap_p_s64(&m.cap, 3);
		mkcap_end(&m.cap);
	}
	mkstate_fold(&m);
	CHECK_FD(&m, 100, 3, "");
	mkstate_end(&m);
}

void suite_state_sockets(CU_pSuite suite);

void suite_state_sockets(CU_pSuite suite)
{
	CU_add_test(suite, "test_state_sockets_connect", test_state_sockets_connect);
	CU_add_test(suite, "test_state_sockets_failed_connect", test_state_sockets_failed_connect);
	CU_add_test(suite, "test_state_sockets_mapped_keeps_protocol",
		    test_state_sockets_mapped_keeps_protocol);
	CU_add_test(suite, "test_state_sockets_zero_destination_is_taken_from_addr",
		    test_state_sockets_zero_destination_is_taken_from_addr);
	CU_add_test(suite, "test_state_sockets_server", test_state_sockets_server);
	CU_add_test(suite, "test_state_sockets_accept_without_tuple",
		    test_state_sockets_accept_without_tuple);
	CU_add_test(suite, "test_state_sockets_unix", test_state_sockets_unix);
	CU_add_test(suite, "test_state_sockets_udp_client", test_state_sockets_udp_client);
	CU_add_test(suite, "test_state_sockets_udp_server", test_state_sockets_udp_server);
	CU_add_test(suite, "test_state_sockets_tcp_name_is_left_alone",
		    test_state_sockets_tcp_name_is_left_alone);
	CU_add_test(suite, "test_state_sockets_guess_by_recorder", test_state_sockets_guess_by_recorder);
	CU_add_test(suite, "test_state_sockets_missed_socket_is_guessed",
		    test_state_sockets_missed_socket_is_guessed);
	CU_add_test(suite, "test_state_sockets_zero_source_is_patched",
		    test_state_sockets_zero_source_is_patched);
	CU_add_test(suite, "test_state_sockets_raw_has_no_ports",
		    test_state_sockets_raw_has_no_ports);
	CU_add_test(suite, "test_state_sockets_cloexec_from_type",
		    test_state_sockets_cloexec_from_type);
	CU_add_test(suite, "test_state_sockets_passed_descriptors",
		    test_state_sockets_passed_descriptors);
	CU_add_test(suite, "test_state_sockets_passed_descriptors_told",
		    test_state_sockets_passed_descriptors_told);
	CU_add_test(suite, "test_state_sockets_broken_tuples", test_state_sockets_broken_tuples);
}
