/*
 * test_collect_focus.c - what a serving thread waited for, which exchange was in its focus, and what it began
 * meanwhile. Times are those the builder gave: each call's bound is the gap since the thread's call before.
 */
#include "mkserve.h"

static void start(struct serve *v)
{
	serve_init(v);
	serve_process(v, 100, 100, "server");
	serve_process(v, 101, 100, "server");
	v->tid = 100;
}

static uint64_t wait_sum(const struct exchange *x)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < WAIT_KINDS; i++) {
		sum += x->wait_ns[i];
	}
	return sum;
}

static void check_wait(const struct exchange *x, uint8_t kind, uint64_t ns, uint32_t calls)
{
	CU_ASSERT_EQUAL(x->wait_ns[kind], ns);
	CU_ASSERT_EQUAL(x->wait_calls[kind], calls);
}

/* Each kind of wait, between the last read of the request and the first write of the answer, and nothing else. */
static void test_collect_focus_waits(void)
{
	struct serve v;
	struct mksock k;
	const struct exchange *x;

	start(&v);
	serve_accept(&v, 10, 5, 4000);
	serve_futex(&v, 7 * MS);			/* before the request */
	serve_read(&v, 1 * MS, 5, 3, "hea");
	serve_futex(&v, 5 * MS);			/* before the rest of it */
	serve_read(&v, 1 * MS, 5, 3, "der");
	serve_futex(&v, 2 * MS);
	serve_generic(&v, 350 * MS, "clock_nanosleep");
	serve_generic(&v, 30 * MS, "wait4");
	mkcap_openat(&v.m, serve_tick(&v, 4 * MS), 100, 7, "/etc/hosts", 1);
	serve_read(&v, 3 * MS, 7, 10, "127.0.0.1");
	serve_close(&v, 1 * MS, 7);
	serve_getpid(&v, 6 * MS);
	serve_write(&v, 9 * MS, 5, 2, "ok");		/* the answer itself is no wait */
	serve_futex(&v, 8 * MS);			/* after it */
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.exchange_count, 1);
	x = k.exchanges[0];
	check_wait(x, WAIT_LOCK, 2 * MS, 1);
	check_wait(x, WAIT_SLEEP, 350 * MS, 1);
	check_wait(x, WAIT_CHILD, 30 * MS, 1);
	check_wait(x, WAIT_FILE, 8 * MS, 3);
	check_wait(x, WAIT_OTHER, 6 * MS, 1);
	check_wait(x, WAIT_POLL, 0, 0);
	CU_ASSERT_EQUAL(x->syscalls, 7);
	CU_ASSERT_EQUAL(x->flags, EXCHANGE_SERVER | EXCHANGE_BOUND);
	CU_ASSERT_EQUAL(wait_sum(x), x->first_ns[1] - x->last_ns[0] - 9 * MS);
	CU_ASSERT_EQUAL(x->running_ns, UINT64_MAX);	/* no switches were recorded */
	mksock_release(&k);
}

/* A client socket begun in the focus: its exchanges are children, its time is counted by what it is. */
static void test_collect_focus_client(void)
{
	struct serve v;
	struct mksock k;
	const struct exchange *x;
	const struct sock *db;
	const struct sock *dns;

	start(&v);
	serve_accept(&v, 10, 5, 4000);				/* 1 */
	serve_read(&v, 10, 5, 3, "ask");			/* 2 */
	serve_connect(&v, 2 * MS, 6, 0, 5000, "10.0.0.53", 53);	/* 3, 4: half the time each */
	serve_write(&v, 1 * MS, 6, 5, "query");			/* 5 */
	serve_poll(&v, 20 * MS);				/* 6 */
	serve_read(&v, 1 * MS, 6, 5, "reply");			/* 7 */
	serve_close(&v, 1 * MS, 6);				/* 8 */
	serve_connect(&v, 4 * MS, 7, 0, 5001, "10.0.0.2", 5432);	/* 9, 10 */
	serve_write(&v, 3 * MS, 7, 6, "select");		/* 11 */
	serve_poll(&v, 40 * MS);				/* 12 */
	serve_getpid(&v, 1 * MS);				/* 13: held back, like the poll */
	serve_read(&v, 2 * MS, 7, 4, "rows");			/* 14 */
	serve_write(&v, 1 * MS, 5, 2, "ok");			/* 15 */
	serve_write(&v, 1 * MS, 7, 4, "quit");			/* 16: after the answer, still on its behalf */
	serve_run(&v, &k);
	x = mksock_exchange(mksock_sock(&k, 0), 0);
	check_wait(x, WAIT_DNS, (1 + 1 + 20 + 1 + 1) * MS, 5);	/* connect, write, poll, read, close */
	check_wait(x, WAIT_SOCKET, (2 + 3 + 40 + 2) * MS, 4);
	check_wait(x, WAIT_OTHER, (1 + 2 + 1) * MS, 3);		/* two times socket, and getpid */
	check_wait(x, WAIT_POLL, 0, 0);
	CU_ASSERT_EQUAL(x->syscalls, 12);
	CU_ASSERT_EQUAL(x->flags & EXCHANGE_SHARED_TIME, 0);
	dns = mksock_sock(&k, 1);
	db = mksock_sock(&k, 2);
	CU_ASSERT_TRUE(dns->dns);
	CU_ASSERT_PTR_EQUAL(mksock_exchange(dns, 0)->parent, x);
	CU_ASSERT_EQUAL_FATAL(db->exchange_count, 2);
	CU_ASSERT_PTR_EQUAL(mksock_exchange(db, 0)->parent, x);
	CU_ASSERT_PTR_EQUAL(mksock_exchange(db, 1)->parent, x);
	mksock_release(&k);
}

/* An event loop with two conversations: each gets its own calls and polls, and knows that time was shared. */
static void test_collect_focus_event_loop(void)
{
	struct serve v;
	struct mksock k;
	const struct exchange *a;
	const struct exchange *b;
	const struct sock *up;

	start(&v);
	serve_accept(&v, 10, 5, 4000);
	serve_accept(&v, 10, 6, 4001);
	serve_epoll(&v, 1 * MS);
	serve_read(&v, 1 * MS, 5, 1, "a");
	serve_connect(&v, 2 * MS, 7, 0, 5000, "10.0.0.2", 9000);	/* upstream of a */
	serve_write(&v, 1 * MS, 7, 1, "A");
	serve_epoll(&v, 10 * MS);				/* ends with b's request */
	serve_read(&v, 1 * MS, 6, 1, "b");
	serve_futex(&v, 3 * MS);
	serve_epoll(&v, 5 * MS);				/* ends with a's upstream */
	serve_read(&v, 1 * MS, 7, 1, "x");
	serve_write(&v, 1 * MS, 5, 1, "1");			/* a is answered */
	serve_epoll(&v, 7 * MS);				/* ends with b writable: nobody else's */
	serve_write(&v, 1 * MS, 6, 1, "2");
	serve_run(&v, &k);
	a = mksock_exchange(mksock_sock(&k, 0), 0);
	b = mksock_exchange(mksock_sock(&k, 1), 0);
	up = mksock_sock(&k, 2);
	/* a: socket, connect, write upstream, read upstream; its poll ended with b. */
	check_wait(a, WAIT_SOCKET, (1 + 1 + 1) * MS, 3);
	check_wait(a, WAIT_OTHER, 1 * MS, 1);
	check_wait(a, WAIT_POLL, 0, 0);
	check_wait(a, WAIT_LOCK, 0, 0);
	CU_ASSERT_EQUAL(a->flags & EXCHANGE_SHARED_TIME, EXCHANGE_SHARED_TIME);
	/* b: the futex; the polls ended with a, or came after a's work. */
	check_wait(b, WAIT_LOCK, 3 * MS, 1);
	check_wait(b, WAIT_POLL, 0, 0);
	check_wait(b, WAIT_SOCKET, 0, 0);
	CU_ASSERT_EQUAL(b->flags & EXCHANGE_SHARED_TIME, EXCHANGE_SHARED_TIME);
	CU_ASSERT_PTR_EQUAL(mksock_exchange(up, 0)->parent, a);
	mksock_release(&k);
}

/* A poll whose next call returns to the same conversation is its own. */
static void test_collect_focus_own_poll(void)
{
	struct serve v;
	struct mksock k;
	const struct exchange *x;

	start(&v);
	serve_accept(&v, 10, 5, 4000);
	serve_read(&v, 1 * MS, 5, 1, "a");
	serve_epoll(&v, 10 * MS);
	serve_epoll(&v, 5 * MS);
	serve_write(&v, 1 * MS, 5, 1, "1");
	serve_accept(&v, 10, 6, 4001);
	serve_read(&v, 1 * MS, 6, 1, "a");
	serve_epoll(&v, 10 * MS);
	serve_accept(&v, 10, 7, 4002);		/* another conversation: the poll was nobody's */
	serve_write(&v, 1 * MS, 6, 1, "1");
	serve_run(&v, &k);
	x = mksock_exchange(mksock_sock(&k, 0), 0);
	check_wait(x, WAIT_POLL, 15 * MS, 2);
	CU_ASSERT_EQUAL(x->syscalls, 2);
	CU_ASSERT_EQUAL(x->flags & EXCHANGE_SHARED_TIME, 0);
	x = mksock_exchange(mksock_sock(&k, 1), 0);
	check_wait(x, WAIT_POLL, 0, 0);
	CU_ASSERT_EQUAL(x->flags & EXCHANGE_SHARED_TIME, EXCHANGE_SHARED_TIME);
	mksock_release(&k);
}

/* Sleeping by poll in the middle of a request, then something new: still for that request. An event loop's next
 * connection may be for anything. */
static void test_collect_focus_after_poll(void)
{
	struct serve v;
	struct mksock k;

	start(&v);
	serve_accept(&v, 10, 5, 4000);
	serve_read(&v, 1 * MS, 5, 1, "a");
	serve_poll(&v, 10 * MS);
	serve_connect(&v, 2 * MS, 7, 0, 5000, "10.0.0.2", 9000);
	serve_write(&v, 1 * MS, 7, 1, "A");
	serve_read(&v, 1 * MS, 7, 1, "x");
	serve_write(&v, 1 * MS, 5, 1, "1");
	serve_accept(&v, 10, 6, 4001);
	serve_read(&v, 1 * MS, 6, 1, "b");
	serve_epoll(&v, 10 * MS);
	serve_connect(&v, 2 * MS, 8, 0, 5001, "10.0.0.3", 9000);
	serve_write(&v, 1 * MS, 8, 1, "B");
	serve_run(&v, &k);
	CU_ASSERT_PTR_EQUAL(mksock_exchange(mksock_sock(&k, 1), 0)->parent, mksock_exchange(mksock_sock(&k, 0), 0));
	CU_ASSERT_EQUAL(mksock_exchange(mksock_sock(&k, 0), 0)->wait_ns[WAIT_SOCKET], (10 + 1 + 1 + 1) * MS);
	CU_ASSERT_PTR_NULL(mksock_exchange(mksock_sock(&k, 3), 0)->parent);
	mksock_release(&k);
}

/* A connection kept open by a pool: what is sent over it belongs to the exchange at hand. */
static void test_collect_focus_pool(void)
{
	struct serve v;
	struct mksock k;
	const struct sock *pool;

	start(&v);
	serve_connect(&v, 2 * MS, 7, 0, 5000, "10.0.0.2", 5432);
	serve_write(&v, 1 * MS, 7, 2, "hi");
	serve_read(&v, 1 * MS, 7, 2, "ok");
	for (int i = 0; i < 2; i++) {
		serve_accept(&v, 10, 5, (uint16_t)(4000 + i));
		serve_read(&v, 1 * MS, 5, 1, "a");
		serve_write(&v, 1 * MS, 7, 1, "q");
		serve_read(&v, 5 * MS, 7, 1, "r");
		serve_write(&v, 1 * MS, 5, 1, "1");
		serve_close(&v, 1 * MS, 5);
	}
	serve_write(&v, 1 * MS, 7, 1, "q");	/* nobody's: the conversation is closed */
	serve_run(&v, &k);
	pool = mksock_sock(&k, 0);
	CU_ASSERT_EQUAL_FATAL(pool->exchange_count, 4);
	CU_ASSERT_PTR_NULL(mksock_exchange(pool, 0)->parent);
	CU_ASSERT_PTR_EQUAL(mksock_exchange(pool, 1)->parent, mksock_exchange(mksock_sock(&k, 1), 0));
	CU_ASSERT_PTR_EQUAL(mksock_exchange(pool, 2)->parent, mksock_exchange(mksock_sock(&k, 2), 0));
	CU_ASSERT_PTR_NULL(mksock_exchange(pool, 3)->parent);
	CU_ASSERT_EQUAL(mksock_exchange(mksock_sock(&k, 1), 0)->wait_ns[WAIT_SOCKET], 6 * MS);
	mksock_release(&k);
}

static void test_collect_focus_children(void)
{
	struct serve v;
	struct mksock k;

	start(&v);
	mkcap_clone_parent(&v.m, serve_tick(&v, 10), 100, 301, "server", 0);	/* for nobody */
	serve_accept(&v, 10, 5, 4000);
	serve_read(&v, 1 * MS, 5, 1, "a");
	mkcap_clone_parent(&v.m, serve_tick(&v, 10), 100, 302, "server", 0);
	mkcap_clone_parent(&v.m, serve_tick(&v, 10), 100, -11, "server", 0);	/* failed */
	serve_write(&v, 1 * MS, 5, 1, "1");
	mkcap_clone_parent(&v.m, serve_tick(&v, 10), 100, 303, "server", 0);	/* after the answer */
	serve_close(&v, 1 * MS, 5);
	mkcap_clone_parent(&v.m, serve_tick(&v, 10), 100, 304, "server", 0);	/* for nobody */
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.child_count, 2);
	CU_ASSERT_EQUAL(k.children[0].tid, 302);
	CU_ASSERT_EQUAL(k.children[0].num, 4);
	CU_ASSERT_PTR_EQUAL(k.children[0].exchange, k.exchanges[0]);
	CU_ASSERT_EQUAL(k.children[1].tid, 303);
	mksock_release(&k);
}

static void switch_out(struct serve *v, uint64_t ns)
{
	mkcap_switch(&v->m, serve_tick(v, ns), v->tid, 0);
}

/* Switches tell computing from waiting; off the CPU in a call that waits for nothing is a wait of its own. */
static void test_collect_focus_switches(void)
{
	struct serve v;
	struct mksock k;
	const struct exchange *x;

	start(&v);
	serve_accept(&v, 10, 5, 4000);
	serve_read(&v, 1 * MS, 5, 1, "a");
	serve_getpid(&v, 4 * MS);		/* runs 4 */
	switch_out(&v, 1 * MS);			/* runs 1, in the sleep */
	serve_generic(&v, 20 * MS, "clock_nanosleep");
	switch_out(&v, 2 * MS);			/* runs 2, then another has its turn */
	serve_getpid(&v, 8 * MS);
	serve_write(&v, 3 * MS, 5, 1, "1");	/* runs 3 */
	serve_run(&v, &k);
	x = k.exchanges[0];
	check_wait(x, WAIT_SLEEP, 21 * MS, 1);
	check_wait(x, WAIT_OFF_CPU, 8 * MS, 1);
	check_wait(x, WAIT_OTHER, (4 + 2) * MS, 2);
	CU_ASSERT_EQUAL(x->running_ns, (4 + 1 + 2 + 3) * MS);
	mksock_release(&k);
}

/* With enter events durations are exact, and computing between calls is in none of them. */
static void test_collect_focus_exact(void)
{
	struct serve v;
	struct mksock k;
	const struct exchange *x;

	start(&v);
	mkcap_openat(&v.m, serve_tick(&v, 1), 100, 7, "/data", 1);
	serve_accept(&v, 10, 5, 4000);
	mkcap_read_enter_old(&v.m, serve_tick(&v, 1 * MS), 100, 5, 10);
	mkcap_read_exit_old(&v.m, serve_tick(&v, 1 * MS), 100, 1, "a");
	mkcap_read_enter_old(&v.m, serve_tick(&v, 5 * MS), 100, 7, 10);	/* after 5 ms of computing */
	mkcap_read_exit_old(&v.m, serve_tick(&v, 2 * MS), 100, 4, "data");
	mkcap_write_enter_old(&v.m, serve_tick(&v, 1 * MS), 100, 5, 10);
	mkcap_write_exit_old(&v.m, serve_tick(&v, 1 * MS), 100, 1, "1");
	serve_run(&v, &k);
	x = k.exchanges[0];
	check_wait(x, WAIT_FILE, 2 * MS, 1);
	CU_ASSERT_EQUAL(wait_sum(x), 2 * MS);
	CU_ASSERT_EQUAL(x->flags, EXCHANGE_SERVER);
	CU_ASSERT_EQUAL(x->begin_ns[1], x->first_ns[1] - 1 * MS);
	mksock_release(&k);
}

/* A reader that blocked since before the request is not counted from then on. */
static void test_collect_focus_clipped(void)
{
	struct serve v;
	struct mksock k;
	const struct exchange *x;

	start(&v);
	serve_accept(&v, 10, 5, 4000);
	serve_connect(&v, 10, 7, 0, 5000, "10.0.0.2", 5432);
	v.tid = 101;
	serve_getpid(&v, 10);			/* and then reads from 7 until something comes */
	v.tid = 100;
	serve_read(&v, 100 * MS, 5, 1, "a");
	serve_write(&v, 1 * MS, 7, 1, "q");
	v.tid = 101;
	serve_read(&v, 4 * MS, 7, 1, "r");
	serve_write(&v, 1 * MS, 5, 1, "1");
	serve_run(&v, &k);
	x = mksock_exchange(mksock_sock(&k, 0), 0);
	CU_ASSERT_EQUAL(x->flags & EXCHANGE_MOVED, EXCHANGE_MOVED);
	check_wait(x, WAIT_SOCKET, (1 + 5) * MS, 2);
	mksock_release(&k);
}

void suite_collect_focus(CU_pSuite suite);

void suite_collect_focus(CU_pSuite suite)
{
	CU_add_test(suite, "test_collect_focus_waits", test_collect_focus_waits);
	CU_add_test(suite, "test_collect_focus_client", test_collect_focus_client);
	CU_add_test(suite, "test_collect_focus_event_loop", test_collect_focus_event_loop);
	CU_add_test(suite, "test_collect_focus_own_poll", test_collect_focus_own_poll);
	CU_add_test(suite, "test_collect_focus_after_poll", test_collect_focus_after_poll);
	CU_add_test(suite, "test_collect_focus_pool", test_collect_focus_pool);
	CU_add_test(suite, "test_collect_focus_children", test_collect_focus_children);
	CU_add_test(suite, "test_collect_focus_switches", test_collect_focus_switches);
	CU_add_test(suite, "test_collect_focus_exact", test_collect_focus_exact);
	CU_add_test(suite, "test_collect_focus_clipped", test_collect_focus_clipped);
}
