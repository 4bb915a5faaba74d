/*
 * test_join_reasons.c - what a story's sockets say of themselves, who has which share of them, and why flows and
 * sockets have no partner.
 */
#include "mkjoincheck.h"

/* ---- shares, shapes ----------------------------------------------------------------------------------------- */

static const struct sock_user *user_of(const struct sock *s, int64_t tid)
{
	for (uint32_t i = 0; i < s->user_count; i++) {
		if (s->users[i].tid == tid) {
			return &s->users[i];
		}
	}
	return NULL;
}

/* One reads, the other writes: each has its share. */
static void test_join_shared_socket_has_shares(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkjoined k;
	const struct sock *sock;
	const struct sock_user *reader;
	const struct sock_user *writer;

	joined_shop(&j, &s, &k, NULL);
	sock = mkjoined_sock(&k, &j, s.shared, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sock);
	reader = user_of(sock, j.task[s.helper].tid);
	writer = user_of(sock, j.task[s.forker].tid);
	CU_ASSERT_PTR_NOT_NULL_FATAL(reader);
	CU_ASSERT_PTR_NOT_NULL_FATAL(writer);
	CU_ASSERT_NOT_EQUAL(sock->flags & SOCK_SHARED, 0);
	CU_ASSERT_EQUAL(reader->bytes[0], j.conn[s.shared].stream[0].len);
	CU_ASSERT_EQUAL(reader->bytes[1], 0);
	CU_ASSERT_EQUAL(writer->bytes[1], j.conn[s.shared].stream[1].len);
	CU_ASSERT_EQUAL(writer->bytes[0], 0);
	/* Accepted by the parent, used by the child alone. */
	sock = mkjoined_sock(&k, &j, s.forked_conn, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sock);
	CU_ASSERT_EQUAL(sock->tid, j.task[s.forker].tid);
	reader = user_of(sock, j.task[s.forked].tid);
	CU_ASSERT_PTR_NOT_NULL_FATAL(reader);
	CU_ASSERT_EQUAL(reader->bytes[0], j.conn[s.forked_conn].stream[0].len);
	CU_ASSERT_EQUAL(reader->bytes[1], j.conn[s.forked_conn].stream[1].len);
	joined_release(&j, &k);
}

static void test_join_sockets_know_their_shape(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkjoined k;
	const struct sock *sock;

	joined_shop(&j, &s, &k, &(struct mkjoin_knobs){ .late_calls = true, .late_packets = true });
	sock = mkjoined_sock(&k, &j, s.mapped, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sock);
	CU_ASSERT_NOT_EQUAL(sock->flags & SOCK_MAPPED, 0);
	sock = mkjoined_sock(&k, &j, s.inherited, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sock);
	CU_ASSERT_NOT_EQUAL(sock->flags & SOCK_INHERITED, 0);
	sock = mkjoined_sock(&k, &j, s.keepalive, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sock);
	CU_ASSERT_NOT_EQUAL(sock->flags & SOCK_INHERITED, 0);
	sock = mkjoined_sock(&k, &j, s.dns, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sock);
	CU_ASSERT_EQUAL(sock->kind, SOCK_UDP_K);
	sock = mkjoined_sock(&k, &j, s.refused, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sock);
	CU_ASSERT_NOT_EQUAL(sock->flags & SOCK_FAILED, 0);
	joined_release(&j, &k);
}

/* Both ends in the same capture know each other, with or without packets. */
static void test_join_local_ends_know_each_other(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkjoined k;
	uint32_t conns[3];

	joined_shop(&j, &s, &k, NULL);
	conns[0] = s.fastcgi;
	conns[1] = s.query;
	conns[2] = s.pipelined;
	for (unsigned int i = 0; i < ARRAY_LEN(conns); i++) {
		const struct sock *client = mkjoined_sock(&k, &j, conns[i], 0);
		const struct sock *server = mkjoined_sock(&k, &j, conns[i], 1);

		CU_ASSERT_PTR_NOT_NULL_FATAL(client);
		CU_ASSERT_PTR_NOT_NULL_FATAL(server);
		if (i < 2) {
			CU_ASSERT_PTR_EQUAL(client->peer, server);
			CU_ASSERT_PTR_EQUAL(server->peer, client);
		}
	}
	joined_release(&j, &k);
}

/* ---- no partner --------------------------------------------------------------------------------------------- */

static const struct flow *flow_of(const struct mkjoined *k, const struct mkjoin *j, uint32_t conn)
{
	for (uint32_t i = 0; i < k->count; i++) {
		for (uint32_t s = 0; s < k->source[i]->section_count; s++) {
			const struct section *sec = k->source[i]->sections[s];
			size_t n = 0;
			const struct flow *const *flows = sec->net != NULL ? net_flows(sec->net, &n) : NULL;

			for (size_t f = 0; f < n; f++) {
				if (mkjoined_conn_of(j, flows[f]) == conn) {
					return flows[f];
				}
			}
		}
	}
	return NULL;
}

static uint8_t sock_reason(const struct mkjoined *k, const struct mkjoin *j, uint32_t conn, unsigned int end)
{
	const struct sock *s = mkjoined_sock(k, j, conn, end);

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_PTR_NULL(s->match);
	return (uint8_t)match_sock_reason(k->match, s);
}

static void test_join_reasons_of_the_unmatched(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkjoined k;
	const struct flow *f;

	joined_shop(&j, &s, &k, NULL);
	f = flow_of(&k, &j, s.bait_packets);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(match_flow_reason(k.match, f), UNMATCHED_BYTES_DIFFER);
	f = flow_of(&k, &j, s.unseen_calls);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(match_flow_reason(k.match, f), UNMATCHED_NO_TUPLE);
	CU_ASSERT_EQUAL(sock_reason(&k, &j, s.bait_calls, 1), UNMATCHED_BYTES_DIFFER);
	CU_ASSERT_EQUAL(sock_reason(&k, &j, s.unseen_packets, 1), UNMATCHED_NO_TUPLE);
	CU_ASSERT_EQUAL(sock_reason(&k, &j, s.reused[1], 1), UNMATCHED_GENERATION);
	CU_ASSERT_EQUAL(sock_reason(&k, &j, s.fastcgi, 0), UNMATCHED_LOCAL);
	CU_ASSERT_EQUAL(sock_reason(&k, &j, s.query, 1), UNMATCHED_LOCAL);
	joined_release(&j, &k);
}

/* Only one of the views. */
static void test_join_reasons_of_a_single_view(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkjoined k;
	const struct flow *f;
	size_t n;

	mkjoin_init(&j, NULL);
	mkjoin_shop(&j, &s);
	mkjoined_init(&k);
	mkjoined_add(&k, &j.calls);
	mkjoined_run(&k, NULL);
	(void)match_pairs(k.match, &n);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(sock_reason(&k, &j, s.pipelined, 1), UNMATCHED_NO_OTHER);
	mkjoined_release(&k);
	mkjoined_init(&k);
	mkjoined_add(&k, &j.packets);
	mkjoined_run(&k, NULL);
	(void)match_pairs(k.match, &n);
	CU_ASSERT_EQUAL(n, 0);
	f = flow_of(&k, &j, s.pipelined);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(match_flow_reason(k.match, f), UNMATCHED_NO_OTHER);
	joined_release(&j, &k);
}

/* The packets end before this connection begins: with the clocks known that can be told. */
static void test_join_reasons_outside(void)
{
	struct mkjoin j;
	struct mkjoined k;
	uint32_t web;
	uint32_t curl;
	uint32_t c = 0;

	mkjoin_init(&j, &(struct mkjoin_knobs){ .offset_ns = 3600 * S });
	web = mkjoin_process(&j, 100, "nginx");
	curl = mkjoin_process(&j, 900, "curl");
	mkjoin_listens(&j, web, MKJOIN_TCP, "0.0.0.0", 80, NULL);
	for (uint16_t i = 0; i < 6; i++) {
		if (i == 5) {
			mkjoin_end_packets(&j);
		}
		c = mkjoin_conn(&j, MKJOIN_TCP, "10.0.0.1", (uint16_t)(40000 + i), "10.0.0.2", 80);
		mkjoin_connect(&j, c, curl);
		mkjoin_accept(&j, c, web);
		mkjoin_get(&j, c, curl, web, "/", 500);
		mkjoin_hang_up(&j, c, 0, curl, web);
		mkjoin_pass(&j, (uint64_t)(2 * S));
	}
	mkjoin_finish(&j);
	mkjoined_story(&k, &j);
	check_pairs(&k, &j);
	CU_ASSERT_EQUAL(sock_reason(&k, &j, c, 1), UNMATCHED_OUTSIDE);
	joined_release(&j, &k);
}

void suite_join_reasons(CU_pSuite suite);
void suite_join_reasons(CU_pSuite suite)
{
	CU_add_test(suite, "test_join_shared_socket_has_shares", test_join_shared_socket_has_shares);
	CU_add_test(suite, "test_join_sockets_know_their_shape", test_join_sockets_know_their_shape);
	CU_add_test(suite, "test_join_local_ends_know_each_other", test_join_local_ends_know_each_other);
	CU_add_test(suite, "test_join_reasons_of_the_unmatched", test_join_reasons_of_the_unmatched);
	CU_add_test(suite, "test_join_reasons_of_a_single_view", test_join_reasons_of_a_single_view);
	CU_add_test(suite, "test_join_reasons_outside", test_join_reasons_outside);
}
