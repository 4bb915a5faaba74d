/*
 * test_collect_shared.c - sockets that several processes use, several peers of one descriptor, and the two ends of one
 * connection.
 */
#include "mkserve.h"

#define INET 2
#define DGRAM 2
#define UNIX 1

static void start(struct serve *v)
{
	serve_init(v);
	serve_process(v, 100, 100, "server");
	serve_process(v, 200, 200, "client");
	v->tid = 100;
}

/* A child of process 100, which has its descriptors. */
static void fork_child(struct serve *v, int64_t child)
{
	mkcap_clone_parent(&v->m, serve_tick(v, 10), 100, child, "server", 0);
	mkcap_clone_child(&v->m, serve_tick(v, 10), child, child, 100, "server", 0);
}

/* The master accepts, the child serves; the master's close is not the end. */
static void test_collect_shared_fork(void)
{
	struct serve v;
	struct mksock k;
	struct knot x[4];
	const struct sock *s;
	const struct exchange *e;

	start(&v);
	serve_accept(&v, 10, 5, 4000);		/* 1 */
	fork_child(&v, 101);			/* 2, 3 */
	serve_close(&v, 10, 5);			/* 4: by the master */
	v.tid = 101;
	serve_read(&v, 10, 5, 4, "ping");	/* 5 */
	serve_write(&v, 10, 5, 4, "pong");	/* 6 */
	serve_close(&v, 10, 5);			/* 7 */
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.count, 1);
	s = mksock_sock(&k, 0);
	CU_ASSERT_EQUAL(s->flags, SOCK_CLOSED | SOCK_SHARED);
	CU_ASSERT_EQUAL(s->role, SOCK_SERVER);
	CU_ASSERT_EQUAL(s->open_num, 1);
	CU_ASSERT_EQUAL(s->tid, 100);
	CU_ASSERT_EQUAL(s->close_num, 7);
	CU_ASSERT_EQUAL(s->user_count, 2);
	CU_ASSERT_EQUAL(mksock_process(&k, s->users[0].process)->pid, 100);
	CU_ASSERT_EQUAL(mksock_process(&k, s->users[1].process)->pid, 101);
	CU_ASSERT_EQUAL(s->users[1].bytes[0], 4);
	CU_ASSERT_EQUAL_FATAL(mksock_knots(s, 0, x, 4), 2);
	CU_ASSERT_EQUAL(x[0].kind, KNOT_OPEN);
	CU_ASSERT_EQUAL(x[0].user, 0);
	CU_ASSERT_EQUAL(x[1].user, 1);
	CU_ASSERT_EQUAL_FATAL(mksock_knots(s, 1, x, 4), 2);
	CU_ASSERT_EQUAL(x[1].kind, KNOT_END);
	CU_ASSERT_EQUAL(x[1].num, 7);
	CU_ASSERT_EQUAL(x[1].user, 1);
	CU_ASSERT_EQUAL(s->exchange_count, 1);
	e = mksock_exchange(s, 0);
	CU_ASSERT_EQUAL(e->sock, s);
	CU_ASSERT_EQUAL(e->tid[0], 101);
	CU_ASSERT_EQUAL(e->first_num[1], 6);
	mksock_release(&k);
}

/* One process reads, another answers: turns come out whole, offsets are those of the stream. */
static void test_collect_shared_turns(void)
{
	struct serve v;
	struct mksock k;
	const struct sock *s;
	const struct exchange *e;

	start(&v);
	serve_accept(&v, 10, 5, 4000);		/* 1 */
	serve_read(&v, 10, 5, 3, "one");	/* 2 */
	fork_child(&v, 101);			/* 3, 4 */
	v.tid = 101;
	serve_write(&v, 10, 5, 10, "first");	/* 5 */
	v.tid = 100;
	serve_read(&v, 10, 5, 5, "three");	/* 6 */
	v.tid = 101;
	serve_write(&v, 10, 5, 20, "second");	/* 7 */
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.count, 1);
	s = mksock_sock(&k, 0);
	CU_ASSERT_EQUAL_FATAL(s->exchange_count, 2);
	CU_ASSERT_EQUAL(k.exchange_count, 2);
	e = mksock_exchange(s, 0);
	CU_ASSERT_EQUAL(e->flags, EXCHANGE_SERVER | EXCHANGE_MOVED | EXCHANGE_BOUND);
	CU_ASSERT_EQUAL(e->end[0], 3);
	CU_ASSERT_EQUAL(e->end[1], 10);
	CU_ASSERT_EQUAL(e->tid[0], 100);
	CU_ASSERT_EQUAL(e->tid[1], 101);
	e = mksock_exchange(s, 1);
	CU_ASSERT_EQUAL(e->start[0], 3);
	CU_ASSERT_EQUAL(e->end[0], 8);
	CU_ASSERT_EQUAL(e->start[1], 10);
	CU_ASSERT_EQUAL(e->end[1], 30);
	CU_ASSERT_EQUAL(e->first_num[0], 6);
	CU_ASSERT_EQUAL(e->first_num[1], 7);
	/* The child belongs to the exchange as it was made anew. */
	CU_ASSERT_EQUAL_FATAL(k.child_count, 1);
	CU_ASSERT_EQUAL(k.children[0].exchange, mksock_exchange(s, 0));
	CU_ASSERT_EQUAL(k.children[0].tid, 101);
	mksock_release(&k);
}

/* A descriptor that came by a message has another identity, but is the same connection. */
static void test_collect_shared_passed(void)
{
	struct serve v;
	struct mksock k;
	const struct sock *s;

	start(&v);
	serve_accept(&v, 10, 5, 4000);				/* 1 */
	mkcap_recvfrom4(&v.m, serve_tick(&v, 10), 100, 3, 5, "abc", "10.0.0.9", 4000, "10.0.0.1", 80);	/* 2 */
	serve_close(&v, 10, 5);					/* 3 */
	v.tid = 200;
	mkcap_fds_begin(&v.m, true, 200);
	mkcap_fd_ipv4(&v.m, 8, 99, "10.0.0.1", 80, "10.0.0.9", 4000, 2);
	mkcap_fd_server4(&v.m, 9, 98, "10.0.0.1", 80, 2);
	mkcap_fds_end(&v.m);
	serve_write(&v, 10, 8, 6, "answer");			/* 4 */
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.count, 1);
	s = mksock_sock(&k, 0);
	CU_ASSERT_EQUAL(s->flags, SOCK_SHARED);
	CU_ASSERT_EQUAL(s->bytes[0], 3);
	CU_ASSERT_EQUAL(s->bytes[1], 6);
	CU_ASSERT_EQUAL(s->exchange_count, 1);
	CU_ASSERT_EQUAL(mksock_exchange(s, 0)->tid[1], 200);
	mksock_release(&k);
}

/* Of one that no list tells, what a call says of its ends makes it UDP, until the accepted connection is found to have
 * them. A used connection is not continued so: the tuple is in use again, and this accept was missed. */
static void test_collect_shared_passed_unlisted(void)
{
	for (unsigned int used = 0; used < 2; used++) {
		struct serve v;
		struct mksock k;
		const struct sock *s;

		start(&v);
		serve_accept(&v, 10, 5, 4000);				/* 1 */
		serve_read(&v, 10, 5, used ? 3 : -11, "abc");		/* 2 */
		serve_close(&v, 10, 5);					/* 3 */
		v.tid = 200;
		mkcap_sendto4(&v.m, serve_tick(&v, 10), 200, 6, 8, "answer", "10.0.0.1", 80, "10.0.0.9", 4000);	/* 4 */
		mkcap_recvfrom4(&v.m, serve_tick(&v, 10), 200, 5, 8, "thank", "10.0.0.9", 4000, "10.0.0.1", 80);
		serve_run(&v, &k);
		CU_ASSERT_EQUAL_FATAL(k.count, used ? 2 : 1);
		s = mksock_sock(&k, used ? 1 : 0);
		CU_ASSERT_EQUAL(s->kind, SOCK_TCP_K);
		CU_ASSERT_EQUAL(s->key.ip_proto, 6);
		CU_ASSERT_EQUAL(s->bytes[0], 5);
		CU_ASSERT_EQUAL(s->bytes[1], 6);
		CU_ASSERT_EQUAL(s->open_num, used ? 0 : 1);
		CU_ASSERT_EQUAL(s->flags, used ? SOCK_INHERITED : SOCK_SHARED);
		mksock_release(&k);
	}
}

static void datagram(struct serve *v, bool out, const char *data, const char *peer, uint16_t port)
{
	if (out) {
		mkcap_sendto4(&v->m, serve_tick(v, 10), v->tid, (int64_t)strlen(data), 3, data, "10.0.0.1", 5353, peer,
			      port);
	} else {
		mkcap_recvfrom4(&v->m, serve_tick(v, 10), v->tid, (int64_t)strlen(data), 3, data, peer, port,
				"10.0.0.1", 5353);
	}
}

/* One unconnected datagram socket: a row for each peer, in turns. */
static void test_collect_shared_peers(void)
{
	struct serve v;
	struct mksock k;
	const struct sock *a;
	const struct sock *b;

	start(&v);
	mkcap_socket(&v.m, serve_tick(&v, 10), 100, 3, INET, DGRAM, 0);			/* 1 */
	mkcap_bind4(&v.m, serve_tick(&v, 10), 100, 0, 3, "10.0.0.1", 5353);		/* 2 */
	datagram(&v, false, "query one", "10.0.0.7", 7000);				/* 3 */
	datagram(&v, false, "query two", "10.0.0.8", 8000);				/* 4 */
	datagram(&v, true, "query one is answered", "10.0.0.7", 7000);			/* 5 */
	datagram(&v, true, "query two is answered as well", "10.0.0.8", 8000);		/* 6 */
	datagram(&v, false, "query three", "10.0.0.7", 7000);				/* 7 */
	serve_close(&v, 10, 3);								/* 8 */
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.count, 2);
	a = mksock_sock(&k, 0);
	b = mksock_sock(&k, 1);
	CU_ASSERT_EQUAL(a->fd_id, b->fd_id);
	CU_ASSERT_EQUAL(a->first_num, 1);
	CU_ASSERT_EQUAL(a->key.port[!a->local], 7000);
	CU_ASSERT_EQUAL(b->key.port[!b->local], 8000);
	CU_ASSERT_EQUAL(a->key.port[a->local], 5353);
	CU_ASSERT_EQUAL(a->role, SOCK_SERVER);
	CU_ASSERT_EQUAL(b->role, SOCK_SERVER);
	CU_ASSERT_EQUAL(a->bytes[0], 20);
	CU_ASSERT_EQUAL(a->bytes[1], 21);
	CU_ASSERT_EQUAL(b->bytes[0], 9);
	CU_ASSERT_EQUAL(b->bytes[1], 29);
	CU_ASSERT_EQUAL(a->flags & SOCK_CLOSED, SOCK_CLOSED);
	CU_ASSERT_EQUAL(b->close_num, 8);
	CU_ASSERT_EQUAL(a->exchange_count, 2);
	CU_ASSERT_EQUAL(mksock_exchange(a, 0)->first_num[1], 5);
	CU_ASSERT_EQUAL(mksock_exchange(a, 1)->flags & EXCHANGE_NO_RESPONSE, EXCHANGE_NO_RESPONSE);
	CU_ASSERT_EQUAL(mksock_exchange(b, 0)->first_num[1], 6);
	mksock_release(&k);
}

/* The socket was there before, and only its answers tell of it: its port says that it serves. */
static void test_collect_shared_guessed(void)
{
	struct serve v;
	struct mksock k;

	start(&v);
	mkcap_sendto4(&v.m, serve_tick(&v, 10), 100, 4, 3, "\1\1aa", "10.0.0.1", 53, "10.0.0.9", 40000);
	mkcap_recvfrom4(&v.m, serve_tick(&v, 10), 100, 4, 3, "\2\2BB", "10.0.0.9", 40000, "10.0.0.1", 53);
	mkcap_sendto4(&v.m, serve_tick(&v, 10), 100, 4, 3, "\2\2bb", "10.0.0.1", 53, "10.0.0.9", 40000);
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.count, 1);
	CU_ASSERT_EQUAL(mksock_sock(&k, 0)->role, SOCK_SERVER);
	CU_ASSERT_EQUAL(mksock_sock(&k, 0)->flags, SOCK_INHERITED);
	CU_ASSERT_EQUAL(mksock_sock(&k, 0)->key.port[mksock_sock(&k, 0)->local], 53);
	CU_ASSERT_EQUAL(mksock_sock(&k, 0)->exchange_count, 2);
	CU_ASSERT_EQUAL(mksock_exchange(mksock_sock(&k, 0), 1)->first_num[1], 3);
	mksock_release(&k);
}

/* One process, two numbers: the first close is not the end, and the thread is one user. */
static void test_collect_shared_dup(void)
{
	struct serve v;
	struct mksock k;
	const struct sock *s;
	struct knot x[4];

	start(&v);
	serve_connect(&v, 10, 3, 0, 5000, "10.0.0.2", 4444);			/* 1, 2 */
	mkcap_dup2(&v.m, serve_tick(&v, 10), 100, 0, 3, 0);			/* 3 */
	mkcap_dup2(&v.m, serve_tick(&v, 10), 100, 1, 3, 1);			/* 4 */
	serve_close(&v, 10, 3);							/* 5 */
	serve_read(&v, 10, 0, 3, "id\n");					/* 6 */
	serve_write(&v, 10, 1, 4, "root");					/* 7 */
	serve_close(&v, 10, 0);							/* 8 */
	serve_write(&v, 10, 1, 3, "bye");					/* 9 */
	serve_close(&v, 10, 1);							/* 10 */
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.count, 1);
	s = mksock_sock(&k, 0);
	CU_ASSERT_EQUAL(s->flags, SOCK_CLOSED);
	CU_ASSERT_EQUAL(s->close_num, 10);
	CU_ASSERT_EQUAL(s->user_count, 1);
	CU_ASSERT_EQUAL(s->bytes[1], 7);
	CU_ASSERT_EQUAL_FATAL(mksock_knots(s, 1, x, 4), 4);
	CU_ASSERT_EQUAL(x[3].kind, KNOT_END);
	CU_ASSERT_EQUAL(x[3].num, 10);
	CU_ASSERT_EQUAL(s->role, SOCK_CLIENT);
	CU_ASSERT_EQUAL(mksock_exchange(s, 0)->first_num[0], 0);	/* the other end spoke first */
	mksock_release(&k);
}

/* Two DNS questions at once, answered the other way round: the identifier tells. */
static void test_collect_shared_dns(void)
{
	struct serve v;
	struct mksock k;
	const struct sock *s;

	start(&v);
	mkcap_socket(&v.m, serve_tick(&v, 10), 100, 3, INET, DGRAM, 0);
	mkcap_connect4(&v.m, serve_tick(&v, 10), 100, 0, 3, "10.0.0.1", 40000, "10.0.0.53", 53);
	mkcap_sendto4(&v.m, serve_tick(&v, 10), 100, 4, 3, "\1\1AA", "10.0.0.1", 40000, "10.0.0.53", 53);	/* 3 */
	mkcap_sendto4(&v.m, serve_tick(&v, 10), 100, 4, 3, "\2\2BB", "10.0.0.1", 40000, "10.0.0.53", 53);	/* 4 */
	mkcap_recvfrom4(&v.m, serve_tick(&v, 10), 100, 5, 3, "\2\2bbb", "10.0.0.53", 53, "10.0.0.1", 40000);	/* 5 */
	mkcap_recvfrom4(&v.m, serve_tick(&v, 10), 100, 5, 3, "\1\1aaa", "10.0.0.53", 53, "10.0.0.1", 40000);	/* 6 */
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.count, 1);
	s = mksock_sock(&k, 0);
	CU_ASSERT_TRUE(s->dns);
	CU_ASSERT_EQUAL(s->role, SOCK_CLIENT);
	CU_ASSERT_EQUAL_FATAL(s->exchange_count, 2);
	CU_ASSERT_EQUAL(mksock_exchange(s, 0)->first_num[0], 3);
	CU_ASSERT_EQUAL(mksock_exchange(s, 0)->first_num[1], 6);
	CU_ASSERT_EQUAL(mksock_exchange(s, 1)->first_num[1], 5);
	CU_ASSERT_EQUAL(mksock_exchange(s, 1)->start[1], 0);
	CU_ASSERT_EQUAL(mksock_exchange(s, 0)->start[1], 5);
	mksock_release(&k);
}

/* One-way datagrams do not make an exchange each for ever. */
static void test_collect_shared_one_way(void)
{
	struct serve v;
	struct mksock k;

	start(&v);
	mkcap_socket(&v.m, serve_tick(&v, 10), 100, 3, INET, DGRAM, 0);
	for (int i = 0; i < 500; i++) {
		mkcap_sendto4(&v.m, serve_tick(&v, 10), 100, 4, 3, "tick", "10.0.0.1", 40000, "10.0.0.2", 8125);
	}
	serve_run(&v, &k);
	CU_ASSERT_EQUAL(mksock_sock(&k, 0)->exchange_count, LIMIT_SOCK_USERS);
	CU_ASSERT_EQUAL(mksock_exchange(mksock_sock(&k, 0), LIMIT_SOCK_USERS - 1)->end[0], 2000);
	mksock_release(&k);
}

static void unix_talk(struct serve *v, uint64_t client, uint64_t server)
{
	v->tid = 200;
	mkcap_socket(&v->m, serve_tick(v, 10), 200, 3, UNIX, 1, 0);
	/* What goes out names the peer first. */
	mkcap_connect_unix(&v->m, serve_tick(v, 10), 200, 0, 3, server, client, "/run/app.sock");
	serve_write(v, 10, 3, 10, "question..");
	v->tid = 100;
	mkcap_accept_unix(&v->m, serve_tick(v, 10), 100, 5, server, client, "/run/app.sock");
	serve_read(v, 10, 5, 8, "question");
	serve_write(v, 10, 5, 6, "answer");
	serve_shutdown(v, 10, 5, PPM_SHUT_WR);
	serve_read(v, 10, 5, 2, "..");	/* the rest of the question: no other */
	serve_close(v, 10, 5);
	v->tid = 200;
	serve_read(v, 10, 3, 6, "answer");
	serve_close(v, 10, 3);
}

static void test_collect_shared_unix(void)
{
	struct serve v;
	struct mksock k;

	start(&v);
	unix_talk(&v, 0xc0, 0x50);
	unix_talk(&v, 0xc0, 0x50);	/* the kernel gives addresses again */
	unix_talk(&v, 0x50, 0xc0);	/* also the other way round */
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.count, 6);
	for (size_t i = 0; i < 6; i += 2) {
		const struct sock *client = mksock_sock(&k, i);
		const struct sock *server = mksock_sock(&k, i + 1);

		CU_ASSERT_EQUAL(client->role, SOCK_CLIENT);
		CU_ASSERT_EQUAL(server->role, SOCK_SERVER);
		CU_ASSERT_PTR_EQUAL(client->peer, server);
		CU_ASSERT_PTR_EQUAL(server->peer, client);
		CU_ASSERT_EQUAL(client->unix_local, i < 4 ? 0xc0 : 0x50);
		CU_ASSERT_EQUAL(server->unix_peer, client->unix_local);
		CU_ASSERT_STRING_EQUAL(client->path, "/run/app.sock");
		CU_ASSERT_STRING_EQUAL(server->path, "/run/app.sock");
		CU_ASSERT_EQUAL(server->bytes[0], 10);
		CU_ASSERT_EQUAL_FATAL(server->exchange_count, 1);
		CU_ASSERT_PTR_EQUAL(mksock_exchange(server, 0)->parent, mksock_exchange(client, 0));
		CU_ASSERT_PTR_NULL(mksock_exchange(client, 0)->parent);
	}
	mksock_release(&k);
}

static void tcp_talk(struct serve *v, uint16_t port, int rounds)
{
	v->tid = 200;
	mkcap_socket(&v->m, serve_tick(v, 10), 200, 3, INET, 1, 0);
	mkcap_connect4(&v->m, serve_tick(v, 10), 200, 0, 3, "127.0.0.1", port, "127.0.0.1", 80);
	v->tid = 100;
	mkcap_accept4(&v->m, serve_tick(v, 10), 100, 5, "127.0.0.1", port, "127.0.0.1", 80);
	for (int i = 0; i < rounds; i++) {
		serve_read(v, 10, 5, 4, "ask?");	/* it may return before the write does */
		v->tid = 200;
		serve_write(v, 1, 3, 4, "ask?");
		v->tid = 100;
		serve_write(v, 10, 5, 4, "yes!");
		v->tid = 200;
		serve_read(v, 10, 3, 4, "yes!");
		v->tid = 100;
	}
	serve_close(v, 10, 5);
	v->tid = 200;
	serve_close(v, 10, 3);
}

static void test_collect_shared_loopback(void)
{
	struct serve v;
	struct mksock k;

	start(&v);
	tcp_talk(&v, 4000, 3);
	tcp_talk(&v, 4000, 1);	/* the tuple is used again */
	tcp_talk(&v, 4001, 1);
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.count, 6);
	for (size_t i = 0; i < 6; i += 2) {
		const struct sock *client = mksock_sock(&k, i);
		const struct sock *server = mksock_sock(&k, i + 1);

		CU_ASSERT_NOT_EQUAL(client->local, server->local);
		CU_ASSERT_PTR_EQUAL(client->peer, server);
		CU_ASSERT_PTR_EQUAL(server->peer, client);
		CU_ASSERT_EQUAL_FATAL(server->exchange_count, i == 0 ? 3 : 1);
		for (size_t n = 0; n < server->exchange_count; n++) {
			CU_ASSERT_PTR_EQUAL(mksock_exchange(server, n)->parent, mksock_exchange(client, n));
		}
	}
	mksock_release(&k);
}

/* The ends of a pipe, written and read by other processes than the one that made it. */
static void test_collect_shared_pipe(void)
{
	struct serve v;
	struct mksock k;
	const struct sock *w;
	const struct sock *r;

	start(&v);
	mkcap_pipe(&v.m, serve_tick(&v, 10), 100, 6, 7, 4242);	/* 1 */
	fork_child(&v, 101);
	fork_child(&v, 102);
	v.tid = 101;
	serve_write(&v, 10, 7, 5, "lines");			/* 6 */
	v.tid = 100;
	serve_write(&v, 10, 7, 4, "more");			/* 7 */
	v.tid = 102;
	serve_read(&v, 10, 6, 9, "linesmore");			/* 8 */
	serve_read(&v, 10, 6, 0, NULL);				/* 9 */
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.count, 2);
	w = mksock_sock(&k, 0);
	r = mksock_sock(&k, 1);
	CU_ASSERT_EQUAL(w->kind, SOCK_PIPE_K);
	CU_ASSERT_EQUAL(w->unix_local, 4242);
	CU_ASSERT_EQUAL(w->bytes[1], 9);
	CU_ASSERT_EQUAL(w->user_count, 2);
	CU_ASSERT_EQUAL(w->flags, SOCK_SHARED);
	CU_ASSERT_EQUAL(r->bytes[0], 9);
	CU_ASSERT_PTR_EQUAL(w->peer, r);
	CU_ASSERT_PTR_EQUAL(r->peer, w);
	CU_ASSERT_EQUAL(w->exchange_count + r->exchange_count, 0);
	mksock_release(&k);
}

static void test_collect_shared_socketpair(void)
{
	struct serve v;
	struct mksock k;
	const struct sock *a;
	const struct sock *b;

	start(&v);
	mkcap_socketpair(&v.m, serve_tick(&v, 10), 100, 6, 7, 0xa, 0xb);
	fork_child(&v, 101);
	v.tid = 100;
	serve_write(&v, 10, 6, 3, "job");
	v.tid = 101;
	serve_read(&v, 10, 7, 3, "job");
	serve_write(&v, 10, 7, 4, "done");
	v.tid = 100;
	serve_read(&v, 10, 6, 4, "done");
	serve_run(&v, &k);
	CU_ASSERT_EQUAL_FATAL(k.count, 2);
	a = mksock_sock(&k, 0);
	b = mksock_sock(&k, 1);
	CU_ASSERT_EQUAL(a->flags, 0);
	CU_ASSERT_EQUAL(a->role, SOCK_CLIENT);	/* who speaks first asks */
	CU_ASSERT_EQUAL(b->role, SOCK_SERVER);
	CU_ASSERT_PTR_EQUAL(a->peer, b);
	CU_ASSERT_PTR_EQUAL(mksock_exchange(b, 0)->parent, mksock_exchange(a, 0));
	mksock_release(&k);
}

void suite_collect_shared(CU_pSuite suite);

void suite_collect_shared(CU_pSuite suite)
{
	CU_add_test(suite, "test_collect_shared_fork", test_collect_shared_fork);
	CU_add_test(suite, "test_collect_shared_turns", test_collect_shared_turns);
	CU_add_test(suite, "test_collect_shared_passed", test_collect_shared_passed);
	CU_add_test(suite, "test_collect_shared_passed_unlisted", test_collect_shared_passed_unlisted);
	CU_add_test(suite, "test_collect_shared_peers", test_collect_shared_peers);
	CU_add_test(suite, "test_collect_shared_guessed", test_collect_shared_guessed);
	CU_add_test(suite, "test_collect_shared_dup", test_collect_shared_dup);
	CU_add_test(suite, "test_collect_shared_dns", test_collect_shared_dns);
	CU_add_test(suite, "test_collect_shared_one_way", test_collect_shared_one_way);
	CU_add_test(suite, "test_collect_shared_unix", test_collect_shared_unix);
	CU_add_test(suite, "test_collect_shared_loopback", test_collect_shared_loopback);
	CU_add_test(suite, "test_collect_shared_pipe", test_collect_shared_pipe);
	CU_add_test(suite, "test_collect_shared_socketpair", test_collect_shared_socketpair);
}
