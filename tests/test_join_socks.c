/*
 * test_join_socks.c - sockets and exchanges as the calls of a story show them, before any packet: each end of each
 * connection is one socket, each request and response one exchange.
 */
#include "mkjoincheck.h"

static void collect_shop(struct mkjoin *j, struct mkjoin_shop *s, struct mkjoined *k, const struct mkjoin_knobs *knobs)
{
	mkjoin_init(j, knobs);
	mkjoin_shop(j, s);
	mkjoined_init(k);
	mkjoined_add(k, &j->calls);
}

static void check_end(const struct mkjoined *k, const struct mkjoin *j, uint32_t conn, unsigned int end)
{
	const struct mkjoin_end *e = &j->conn[conn].end[end];
	const struct sock *s = mkjoined_sock(k, j, conn, end);

	CHECK_CONN(j, conn, (s != NULL) == (e->first_num != 0));
	if (s == NULL || e->first_num == 0) {
		return;
	}
	if (j->conn[conn].refused) {
		CHECK_CONN(j, conn, (s->flags & SOCK_FAILED) != 0);
		return;
	}
	CHECK_CONN(j, conn, s->open_num == e->open_num || j->conn[conn].kind == MKJOIN_UDP);
	CHECK_CONN(j, conn, s->close_num == e->close_num);
	CHECK_CONN(j, conn, s->bytes[0] == e->bytes[0] && s->bytes[1] == e->bytes[1]);
	CHECK_CONN(j, conn, s->role == (end == 0 ? SOCK_CLIENT : SOCK_SERVER));
	CHECK_CONN(j, conn, s->fd_num == e->fd);
	CHECK_CONN(j, conn, s->kind == j->conn[conn].kind || j->conn[conn].kind == MKJOIN_UNIX);
	if (e->open_num != 0) {
		CHECK_CONN(j, conn, s->tid == j->task[e->task].tid);
	}
}

static const struct exchange *exchange_of(const struct mkjoined *k, const struct mkjoin *j, const struct mkjoin_turn *t,
					  unsigned int end)
{
	const struct sock *s = mkjoined_sock(k, j, t->conn, end);
	const struct exchange *x;

	for (x = s != NULL ? s->first_exchange : NULL; x != NULL; x = x->next) {
		if (x->first_num[0] == t->served[end][0].first_num) {
			return x;
		}
	}
	return NULL;
}

/* One turn: what one thread asked and another answered. Pipelined requests are one turn of the conversation. */
static void check_turn(const struct mkjoined *k, const struct mkjoin *j, const struct mkjoin_turn *t, unsigned int end)
{
	const struct mkjoin_served *ask = &t->served[end][0];
	const struct mkjoin_served *answer = &t->served[end][1];
	const struct exchange *x = exchange_of(k, j, t, end);

	CHECK_CONN(j, t->conn, x != NULL);
	if (x == NULL) {
		return;
	}
	CHECK_CONN(j, t->conn, ((x->flags & EXCHANGE_SERVER) != 0) == (end == 1));
	CHECK_CONN(j, t->conn, x->last_num[0] == ask->last_num);
	CHECK_CONN(j, t->conn, x->last_ns[0] == ask->last_end_ns);
	CHECK_CONN(j, t->conn, x->tid[0] == j->task[ask->first_task].tid);
	CHECK_CONN(j, t->conn, x->first_num[1] == answer->first_num && x->last_num[1] == answer->last_num);
	CHECK_CONN(j, t->conn, x->last_ns[1] == answer->last_end_ns);
	CHECK_CONN(j, t->conn, x->tid[1] == j->task[answer->last_task].tid);
	CHECK_CONN(j, t->conn, x->end[0] - x->start[0] == t->stop[0] - t->start[0]);
	CHECK_CONN(j, t->conn, x->end[1] - x->start[1] == t->stop[1] - t->start[1]);
	CHECK_CONN(j, t->conn, mkjoined_pid(x->sock->section, x->process[0]) == j->task[ask->first_task].pid);
	if (j->knobs.enters) {
		CHECK_CONN(j, t->conn,
			   x->begin_ns[0] == ask->first_begin_ns && x->begin_ns[1] == answer->first_begin_ns);
	} else {
		CHECK_CONN(j, t->conn, x->begin_ns[1] <= answer->first_begin_ns);
	}
}

static void check_shop(const struct mkjoin_knobs *knobs)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkjoined k;

	collect_shop(&j, &s, &k, knobs);
	for (uint32_t i = 0; i < j.conn_count; i++) {
		check_end(&k, &j, i, 0);
		check_end(&k, &j, i, 1);
	}
	for (size_t i = 0; i < j.turn_count; i++) {
		const struct mkjoin_turn *t = &j.turn[i];

		for (unsigned int end = 0; end < 2 && t->conn != s.pipelined; end++) {
			if (t->served[end][0].first_num != 0 && t->served[end][1].last_num != 0) {
				check_turn(&k, &j, t, end);
			}
		}
	}
	mkjoined_release(&k);
	mkjoin_release(&j);
}

static void test_join_socks_whole(void)
{
	check_shop(NULL);
	check_shop(&(struct mkjoin_knobs){ .seed = 111, .one_side = true });
	check_shop(&(struct mkjoin_knobs){ .seed = 112, .nonblocking = true });
}

static void test_join_socks_with_enters(void)
{
	check_shop(&(struct mkjoin_knobs){ .seed = 113, .enters = true });
}

static void test_join_socks_begun_late(void)
{
	check_shop(&(struct mkjoin_knobs){ .seed = 114, .late_calls = true });
}

/* Which exchange was begun in the focus of which. */
static void test_join_socks_parents(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkjoined k;
	const struct exchange *web;
	const struct exchange *ask_php;
	const struct exchange *php;
	const struct exchange *ask_db;
	const struct exchange *db;

	collect_shop(&j, &s, &k, NULL);
	web = exchange_of(&k, &j, &j.turn[s.dynamic_turn], 1);
	ask_php = exchange_of(&k, &j, &j.turn[s.fastcgi_turn], 0);
	php = exchange_of(&k, &j, &j.turn[s.fastcgi_turn], 1);
	ask_db = exchange_of(&k, &j, &j.turn[s.query_turn], 0);
	db = exchange_of(&k, &j, &j.turn[s.query_turn], 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(db);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ask_php);
	CU_ASSERT_PTR_EQUAL(ask_php->parent, web);
	CU_ASSERT_PTR_EQUAL(php->parent, ask_php);
	CU_ASSERT_PTR_EQUAL(ask_db->parent, php);
	CU_ASSERT_PTR_EQUAL(db->parent, ask_db);
	CU_ASSERT_EQUAL(db->wait_calls[WAIT_FILE], 3);
	CU_ASSERT_EQUAL(db->syscalls, 3);
	CU_ASSERT_TRUE(php->wait_ns[WAIT_SLEEP] >= 350 * MS);
	CU_ASSERT_TRUE(web->wait_ns[WAIT_FILE] < 350 * MS);
	mkjoined_release(&k);
	mkjoin_release(&j);
}

void suite_join_socks(CU_pSuite suite);
void suite_join_socks(CU_pSuite suite)
{
	CU_add_test(suite, "test_join_socks_whole", test_join_socks_whole);
	CU_add_test(suite, "test_join_socks_with_enters", test_join_socks_with_enters);
	CU_add_test(suite, "test_join_socks_begun_late", test_join_socks_begun_late);
	CU_add_test(suite, "test_join_socks_parents", test_join_socks_parents);
}
