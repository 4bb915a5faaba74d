/*
 * test_collect_turns.c - exchanges: where they begin and end, whose they are; and that batches and shards change
 * nothing.
 */
#include "mkserve.h"

#define UNIX 1

static void start(struct serve *v)
{
	serve_init(v);
	serve_process(v, 100, 100, "server");
	serve_process(v, 101, 100, "server");
	serve_process(v, 200, 200, "client");
	v->tid = 100;
}

static void check_exchange(const struct exchange *x, uint64_t from, uint64_t to, uint64_t answer_from,
			   uint64_t answer_to)
{
	CU_ASSERT_EQUAL(x->start[0], from);
	CU_ASSERT_EQUAL(x->end[0], to);
	CU_ASSERT_EQUAL(x->start[1], answer_from);
	CU_ASSERT_EQUAL(x->end[1], answer_to);
}

static void test_collect_turns_server(void)
{
	struct serve v;
	struct mksock k;
	const struct sock *s;
	const struct exchange *x;

	start(&v);
	serve_accept(&v, 10, 5, 4000);		/* 1 */
	serve_read(&v, 100, 5, 10, "POST /")	/* 2 */;
	serve_read(&v, 100, 5, 30, "body")	/* 3 */;
	serve_write(&v, 1000, 5, 7, "200 OK ");	/* 4 */
	serve_write(&v, 100, 5, 13, "and more");	/* 5 */
	serve_read(&v, 100, 5, 5, "again");	/* 6 */
	serve_write(&v, 100, 5, 6, "answer");	/* 7 */
	serve_read(&v, 100, 5, 1, "x");		/* 8: never answered */
	serve_close(&v, 10, 5);			/* 9 */
	serve_accept(&v, 10, 5, 4001);		/* 10 */
	serve_read(&v, 100, 5, 1, "x");		/* 11: the capture ends */
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.exchange_count, 4);
	s = mksock_sock(&k, 0);
	CU_ASSERT_EQUAL_FATAL(s->exchange_count, 3);
	x = mksock_exchange(s, 0);
	check_exchange(x, 0, 40, 0, 20);
	CU_ASSERT_EQUAL(x->id, 0);
	CU_ASSERT_EQUAL(x->flags, EXCHANGE_SERVER | EXCHANGE_BOUND);
	CU_ASSERT_EQUAL(x->first_num[0], 2);
	CU_ASSERT_EQUAL(x->last_num[0], 3);
	CU_ASSERT_EQUAL(x->first_num[1], 4);
	CU_ASSERT_EQUAL(x->last_num[1], 5);
	CU_ASSERT_EQUAL(x->first_ns[0], SERVE_START + 110);
	CU_ASSERT_EQUAL(x->last_ns[0], SERVE_START + 210);
	CU_ASSERT_EQUAL(x->begin_ns[0], SERVE_START + 10);
	CU_ASSERT_EQUAL(x->first_ns[1], SERVE_START + 1210);
	CU_ASSERT_EQUAL(x->begin_ns[1], SERVE_START + 210);
	CU_ASSERT_EQUAL(x->tid[0], 100);
	CU_ASSERT_EQUAL(mksock_process(&k, x->process[1])->pid, 100);
	check_exchange(mksock_exchange(s, 1), 40, 45, 20, 26);
	x = mksock_exchange(s, 2);
	check_exchange(x, 45, 46, 0, 0);
	CU_ASSERT_EQUAL(x->flags & (EXCHANGE_NO_RESPONSE | EXCHANGE_OPEN), EXCHANGE_NO_RESPONSE);
	x = mksock_exchange(mksock_sock(&k, 1), 0);
	CU_ASSERT_EQUAL(x->flags & (EXCHANGE_NO_RESPONSE | EXCHANGE_OPEN), EXCHANGE_OPEN);
	mksock_release(&k);
}

static void test_collect_turns_client(void)
{
	struct serve v;
	struct mksock k;
	const struct sock *s;

	start(&v);
	serve_connect(&v, 10, 3, 0, 4000, "10.0.0.2", 25);
	serve_read(&v, 10, 3, 9, "220 hello");		/* the server speaks first */
	serve_write(&v, 10, 3, 4, "EHLO");
	serve_read(&v, 10, 3, 3, "250");
	serve_write(&v, 10, 3, 4, "QUIT");
	serve_read(&v, 10, 3, 0, NULL);			/* no answer comes any more */
	serve_run(&v, &k);
	s = mksock_sock(&k, 0);
	CU_ASSERT_EQUAL_FATAL(s->exchange_count, 3);
	check_exchange(mksock_exchange(s, 0), 0, 0, 0, 9);
	CU_ASSERT_EQUAL(mksock_exchange(s, 0)->first_num[0], 0);
	CU_ASSERT_EQUAL(mksock_exchange(s, 0)->flags & EXCHANGE_SERVER, 0);
	check_exchange(mksock_exchange(s, 1), 0, 4, 9, 12);
	CU_ASSERT_EQUAL(mksock_exchange(s, 2)->flags & (EXCHANGE_NO_RESPONSE | EXCHANGE_OPEN), EXCHANGE_NO_RESPONSE);
	CU_ASSERT_EQUAL(mksock_exchange(s, 1)->running_ns, UINT64_MAX);
	mksock_release(&k);
}

/* Open before the capture, nothing known of its role: who speaks first asks, and that stays. */
static void test_collect_turns_unknown_role(void)
{
	struct serve v;
	struct mksock k;
	const struct sock *s;

	start(&v);
	mkcap_fds_begin(&v.m, true, 100);
	mkcap_fd_unix(&v.m, 5, 12, 0xa, 0xb, "");
	mkcap_fd_unix(&v.m, 6, 13, 0xc, 0xd, "");
	mkcap_fds_end(&v.m);
	serve_read(&v, 10, 5, 3, "ask");
	serve_write(&v, 10, 5, 3, "yes");
	serve_write(&v, 10, 6, 3, "ask");
	serve_read(&v, 10, 6, 3, "yes");
	serve_write(&v, 10, 6, 3, "ask");
	serve_run(&v, &k);
	s = mksock_sock(&k, 0);
	CU_ASSERT_EQUAL(s->role, SOCK_SERVER);
	CU_ASSERT_EQUAL(s->flags & SOCK_INHERITED, SOCK_INHERITED);
	CU_ASSERT_EQUAL(s->exchange_count, 1);
	s = mksock_sock(&k, 1);
	CU_ASSERT_EQUAL(s->role, SOCK_CLIENT);
	CU_ASSERT_EQUAL(s->exchange_count, 2);
	mksock_release(&k);
}

/* One thread reads, another of the same process answers. */
static void test_collect_turns_moved(void)
{
	struct serve v;
	struct mksock k;
	const struct exchange *x;

	start(&v);
	serve_accept(&v, 10, 5, 4000);
	serve_read(&v, 10, 5, 3, "ask");
	v.tid = 101;
	serve_write(&v, 10, 5, 3, "yes");
	serve_run(&v, &k);
	x = mksock_exchange(mksock_sock(&k, 0), 0);
	CU_ASSERT_EQUAL(x->flags & EXCHANGE_MOVED, EXCHANGE_MOVED);
	CU_ASSERT_EQUAL(x->tid[0], 100);
	CU_ASSERT_EQUAL(x->tid[1], 101);
	CU_ASSERT_EQUAL(mksock_sock(&k, 0)->flags & SOCK_SHARED, 0);
	CU_ASSERT_EQUAL(mksock_sock(&k, 0)->user_count, 2);
	mksock_release(&k);
}

/* Accepted by one thread, served by another. */
static void test_collect_turns_accept_thread(void)
{
	struct serve v;
	struct mksock k;
	const struct exchange *x;

	start(&v);
	serve_accept(&v, 10, 5, 4000);
	v.tid = 101;
	serve_read(&v, 10, 5, 3, "ask");
	serve_futex(&v, 1 * MS);
	serve_write(&v, 10, 5, 3, "yes");
	serve_run(&v, &k);
	x = mksock_exchange(mksock_sock(&k, 0), 0);
	CU_ASSERT_EQUAL(x->flags & EXCHANGE_MOVED, 0);
	CU_ASSERT_EQUAL(x->tid[0], 101);
	CU_ASSERT_EQUAL(x->wait_ns[WAIT_LOCK], 1 * MS);
	CU_ASSERT_EQUAL(mksock_sock(&k, 0)->tid, 100);
	mksock_release(&k);
}

/* ---- one scenario, cut and shared out in every way --------------------------------------------- */

#define CONNECTIONS 40

/* Many processes, forked and not, over loopback, unix sockets and pipes. */
static void busy_scene(struct serve *v)
{
	serve_init(v);
	for (int i = 0; i < CONNECTIONS; i++) {
		serve_process(v, 1000 + i, 1000 + i, "client");
		serve_process(v, 2000 + i % 5, 2000 + i % 5, "server");
	}
	for (int round = 0; round < 6; round++) {
		for (int i = 0; i < CONNECTIONS; i++) {
			uint16_t port = (uint16_t)(4000 + i);
			int64_t server = 2000 + i % 5;
			int64_t fd = 10 + i;

			v->tid = 1000 + i;
			if (round == 0) {
				mkcap_socket(&v->m, serve_tick(v, 5), v->tid, 3, 2, 1, 0);
				mkcap_connect4(&v->m, serve_tick(v, 5), v->tid, 0, 3, "127.0.0.1", port, "127.0.0.1",
					       80);
				mkcap_accept4(&v->m, serve_tick(v, 5), server, fd, "127.0.0.1", port, "127.0.0.1", 80);
			}
			if (round == 2 && i % 7 == 0) {
				mkcap_clone_parent(&v->m, serve_tick(v, 5), server, 3000 + i, "server", 0);
				mkcap_clone_child(&v->m, serve_tick(v, 5), 3000 + i, 3000 + i, server, "server", 0);
			}
			serve_write(v, 5, 3, 20, "a question of twenty");
			v->tid = round > 2 && i % 7 == 0 && round % 2 == 0 ? 3000 + i : server;
			serve_read(v, 5, fd, 20, "a question of twenty");
			serve_futex(v, 50);
			serve_poll(v, 50);
			v->tid = round > 2 && i % 7 == 0 ? 3000 + i : server;
			serve_write(v, 5, fd, 11, "eleven: yes");
			v->tid = 1000 + i;
			serve_read(v, 5, 3, 11, "eleven: yes");
		}
	}
}

static void test_collect_turns_any_batches(void)
{
	static const struct mksock_options ways[] = {
		{ 0, false }, { 4096, false }, { 4096, true }, { 20000, false }, { 0, true },
	};
	struct serve v;
	uint64_t want = 0;

	busy_scene(&v);
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct mksock k;

		mksock_run(&k, &v.m, &ways[i]);
		CU_ASSERT_EQUAL(k.count, 2 * CONNECTIONS);
		CU_ASSERT_EQUAL(k.exchange_count, 2 * 6 * CONNECTIONS);
		for (size_t n = 0; n < k.exchange_count; n++) {
			const struct exchange *x = k.exchanges[n];

			CU_ASSERT_EQUAL(x->id, n);
			CU_ASSERT_EQUAL(x->end[0] - x->start[0], 20);
			CU_ASSERT_EQUAL(x->end[1] - x->start[1], 11);
			CU_ASSERT_EQUAL(x->parent != NULL, (x->flags & EXCHANGE_SERVER) != 0);
		}
		want = i == 0 ? mksock_digest(&k) : want;
		CU_ASSERT_EQUAL(mksock_digest(&k), want);
		mksock_release(&k);
	}
	mkcap_release(&v.m);
}

void suite_collect_turns(CU_pSuite suite);

void suite_collect_turns(CU_pSuite suite)
{
	CU_add_test(suite, "test_collect_turns_server", test_collect_turns_server);
	CU_add_test(suite, "test_collect_turns_client", test_collect_turns_client);
	CU_add_test(suite, "test_collect_turns_unknown_role", test_collect_turns_unknown_role);
	CU_add_test(suite, "test_collect_turns_moved", test_collect_turns_moved);
	CU_add_test(suite, "test_collect_turns_accept_thread", test_collect_turns_accept_thread);
	CU_add_test(suite, "test_collect_turns_any_batches", test_collect_turns_any_batches);
}
