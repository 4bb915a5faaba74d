/*
 * test_join_pairs.c - flows and sockets of one story: the same pairs whatever each capture missed, how sure they are,
 * and where the bytes of the one lie in the other.
 */
#include "mkjoincheck.h"

static void check_shop(const struct mkjoin_knobs *knobs)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkjoined k;

	joined_shop(&j, &s, &k, knobs);
	check_pairs(&k, &j);
	joined_release(&j, &k);
}

static void test_join_pairs_whole_captures(void)
{
	check_shop(NULL);
	check_shop(&(struct mkjoin_knobs){ .seed = 21, .enters = true });
	check_shop(&(struct mkjoin_knobs){ .seed = 22, .nonblocking = true, .digits = 9 });
}

static void test_join_pairs_one_side(void)
{
	check_shop(&(struct mkjoin_knobs){ .seed = 23, .one_side = true });
}

static void test_join_pairs_one_file(void)
{
	check_shop(&(struct mkjoin_knobs){ .seed = 24, .one_file = true });
}

/* Must show 2: hours apart, drifting, and with a twentieth of the packets gone. */
static void test_join_pairs_other_clocks(void)
{
	check_shop(&(struct mkjoin_knobs){ .seed = 25, .offset_ns = 5 * 3600 * S });
	check_shop(&(struct mkjoin_knobs){ .seed = 26, .offset_ns = -30 * 3600 * S, .drift_ppm = 50 });
	check_shop(
		&(struct mkjoin_knobs){ .seed = 27, .offset_ns = 3600 * S + 123456789, .drift_ppm = -50, .digits = 3 });
}

static void test_join_pairs_lost_packets(void)
{
	check_shop(&(struct mkjoin_knobs){ .seed = 28, .lose_per_mille = 50 });
	check_shop(&(struct mkjoin_knobs){ .seed = 29, .lose_every = 20, .offset_ns = 3 * 3600 * S, .drift_ppm = 50 });
}

static void test_join_pairs_retransmissions(void)
{
	check_shop(&(struct mkjoin_knobs){ .seed = 30, .again_every = 3 });
	check_shop(&(struct mkjoin_knobs){ .seed = 31, .again_every = 2, .lose_per_mille = 50 });
}

static void test_join_pairs_begun_in_the_middle(void)
{
	check_shop(&(struct mkjoin_knobs){ .seed = 32, .late_calls = true });
	check_shop(&(struct mkjoin_knobs){ .seed = 33, .late_packets = true });
	check_shop(
		&(struct mkjoin_knobs){ .seed = 34, .late_calls = true, .late_packets = true, .offset_ns = 7200 * S });
}

static void test_join_pairs_missed_calls(void)
{
	check_shop(&(struct mkjoin_knobs){ .seed = 35, .miss_every = 40 });
}

static void test_join_pairs_cut_bytes(void)
{
	check_shop(&(struct mkjoin_knobs){ .seed = 36, .packet_snaplen = 96 });
	check_shop(&(struct mkjoin_knobs){ .seed = 37, .packet_snaplen = 100, .call_snaplen = 4096 });
}

/* Packets of headers only: what was seen whole is joined by its counts. What was not, or is behind NAT, need not be;
 * nothing else is. */
static void test_join_pairs_headers_only(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkjoined k;
	size_t n;
	const struct pair *pairs;

	joined_shop(&j, &s, &k, &(struct mkjoin_knobs){ .seed = 39, .packet_snaplen = 54 });
	pairs = match_pairs(k.match, &n);
	for (size_t i = 0; i < n; i++) {
		uint32_t conn = mkjoined_conn_of(&j, pairs[i].flow);

		CHECK_CONN(&j, conn, mkjoin_joinable(&j, conn));
		/* Of the datagrams some payload is left. */
		CHECK_CONN(&j, conn, pairs[i].reason == MATCH_TUPLE || conn == s.dns);
	}
	for (unsigned int i = 0; i < SHOP_SHORT; i++) {
		check_pair(&k, &j, s.brief[i]);
	}
	check_pair(&k, &j, s.reused[0]);
	check_pair(&k, &j, s.reused[2]);
	CU_ASSERT_PTR_NULL(mkjoined_pair(&k, &j, s.nat));
	joined_release(&j, &k);
}

/* Without payload of the calls the tuple and the counts are all there is, and the pair says so. Behind NAT that is
 * nothing. */
static void test_join_pairs_without_payload(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkjoined k;
	const struct pair *p;

	joined_shop(&j, &s, &k, &(struct mkjoin_knobs){ .seed = 38, .call_snaplen = UINT32_MAX });
	p = mkjoined_pair(&k, &j, s.pipelined);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->reason, MATCH_TUPLE);
	CU_ASSERT_PTR_NULL(mkjoined_pair(&k, &j, s.nat));
	CU_ASSERT_PTR_NULL(mkjoined_pair(&k, &j, s.bait_packets));
	joined_release(&j, &k);
}

static void test_join_pairs_say_how_sure(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkjoined k;
	const struct pair *tuple;
	const struct pair *nat;

	joined_shop(&j, &s, &k, NULL);
	tuple = mkjoined_pair(&k, &j, s.keepalive);
	nat = mkjoined_pair(&k, &j, s.nat);
	CU_ASSERT_PTR_NOT_NULL_FATAL(tuple);
	CU_ASSERT_PTR_NOT_NULL_FATAL(nat);
	CU_ASSERT_EQUAL(tuple->reason, MATCH_TUPLE_BYTES);
	CU_ASSERT_EQUAL(nat->reason, MATCH_NAT);
	CU_ASSERT_TRUE(tuple->confidence > nat->confidence);
	CU_ASSERT_TRUE(tuple->confidence <= 100 && nat->confidence > 0);
	CU_ASSERT_TRUE(tuple->side[0].agree > 0 && tuple->side[1].agree > 0);
	joined_release(&j, &k);
}

/* Nothing was missed: the counts are equal, and the streams begin where the sockets do. */
static void test_join_pairs_bytes_are_equal(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkjoined k;
	size_t n;
	const struct pair *pairs;

	joined_shop(&j, &s, &k, &(struct mkjoin_knobs){ .enters = true, .seed = 40 });
	pairs = match_pairs(k.match, &n);
	for (size_t i = 0; i < n; i++) {
		uint32_t conn = mkjoined_conn_of(&j, pairs[i].flow);

		for (unsigned int side = 0; side < 2 && j.conn[conn].kind == MKJOIN_TCP && !j.conn[conn].refused;
		     side++) {
			const struct pair_side *p = &pairs[i].side[side];

			if (p->sock != NULL) {
				CHECK_CONN(&j, conn, p->aligned[0] && p->aligned[1]);
				CHECK_CONN(&j, conn, p->shift[0] == 0 && p->shift[1] == 0);
				CHECK_CONN(&j, conn, p->byte_difference[0] == 0 && p->byte_difference[1] == 0);
			}
		}
	}
	joined_release(&j, &k);
}

/* Calls that left no event: the flow has more bytes than the socket, by as much as they moved. */
static void test_join_pairs_difference_is_what_was_missed(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkjoined k;
	size_t n;
	const struct pair *pairs;

	joined_shop(&j, &s, &k, &(struct mkjoin_knobs){ .miss_every = 40, .seed = 41 });
	pairs = match_pairs(k.match, &n);
	for (size_t i = 0; i < n; i++) {
		uint32_t conn = mkjoined_conn_of(&j, pairs[i].flow);

		for (unsigned int side = 0; side < 2; side++) {
			unsigned int end = mkjoined_end(&j, conn, pairs[i].flow, side);
			const struct mkjoin_end *e = &j.conn[conn].end[end];
			const struct pair_side *p = &pairs[i].side[side];

			if (p->sock != NULL && j.conn[conn].kind == MKJOIN_TCP && !j.conn[conn].refused) {
				const struct buf *stream = j.conn[conn].stream;

				CHECK_CONN(&j, conn,
					   p->byte_difference[0] == (int64_t)(stream[1 - end].len - e->bytes[0]));
				CHECK_CONN(&j, conn, p->byte_difference[1] == (int64_t)(stream[end].len - e->bytes[1]));
			}
		}
	}
	joined_release(&j, &k);
}

/* Stream offset, in truth, at which the recorded calls of an end begin in a direction (1: sent). */
static uint64_t calls_base(const struct mkjoin *j, uint32_t conn, unsigned int end, unsigned int dir)
{
	for (size_t i = 0; i < j->call_count; i++) {
		const struct mkjoin_call *c = &j->call[i];

		if (c->num != 0 && c->conn == conn && c->end == end &&
		    c->what == (dir == 1 ? MKJOIN_SEND : MKJOIN_RECEIVE)) {
			return c->offset;
		}
	}
	CU_FAIL("no call in this direction");
	return 0;
}

static uint64_t packets_base(const struct mkjoin *j, uint32_t conn, unsigned int side)
{
	for (size_t i = 0; i < j->packet_count; i++) {
		if (j->packet[i].num != 0 && j->packet[i].conn == conn && j->packet[i].side == side) {
			return j->packet[i].offset;
		}
	}
	CU_FAIL("no packet from this side");
	return 0;
}

static void half_a_talk(struct mkjoin *j, uint32_t c, uint32_t web, uint32_t curl, const char *target)
{
	uint32_t turn = mkjoin_ask(j, &j->text, c, MKJOIN_NONE, "POST", target, 9000);

	mkjoin_send(j, c, 0, curl, MKJOIN_RW, j->text.data, 4000);
	mkjoin_receive(j, c, 1, web, MKJOIN_RW, 0);
	mkjoin_send(j, c, 0, curl, MKJOIN_RW, j->text.data + 4000, j->text.len - 4000);
	buf_reset(&j->text);
	mkjoin_receive(j, c, 1, web, MKJOIN_RW, 0);
	mkjoin_answer(j, &j->text, turn, 200, 7000);
	mkjoin_send(j, c, 1, web, MKJOIN_RW, j->text.data, 3000);
	mkjoin_receive(j, c, 0, curl, MKJOIN_RW, 0);
	mkjoin_send(j, c, 1, web, MKJOIN_RW, j->text.data + 3000, j->text.len - 3000);
	buf_reset(&j->text);
	mkjoin_receive(j, c, 0, curl, MKJOIN_RW, 0);
}

/* Calls are recorded from the first answer on and packets from the second, or the other way round. */
static void check_late(bool packets_first)
{
	struct mkjoin j;
	struct mkjoined k;
	uint32_t web;
	uint32_t curl;
	uint32_t c;
	const struct pair *p;

	mkjoin_init(&j, &(struct mkjoin_knobs){ .seed = 45, .offset_ns = -3600 * S });
	web = mkjoin_process(&j, 100, "nginx");
	curl = mkjoin_process(&j, 900, "curl");
	mkjoin_listens(&j, web, MKJOIN_TCP, "0.0.0.0", 80, NULL);
	c = mkjoin_conn(&j, MKJOIN_TCP, "10.0.0.1", 40000, "10.0.0.2", 80);
	mkjoin_connect(&j, c, curl);
	mkjoin_accept(&j, c, web);
	for (unsigned int i = 0; i < 5; i++) {
		char target[16];

		snprintf(target, sizeof(target), "/%u/%u", i * 7919, i);
		half_a_talk(&j, c, web, curl, target);
		mkjoin_pass(&j, (uint64_t)(3 * MS));
		if (i == (packets_first ? 0 : 1)) {
			mkjoin_begin_packets(&j);
		} else if (i == (packets_first ? 1 : 0)) {
			mkjoin_begin_calls(&j);
		}
	}
	mkjoin_hang_up(&j, c, 0, curl, web);
	mkjoin_finish(&j);
	mkjoined_story(&k, &j);
	p = mkjoined_pair(&k, &j, c);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	for (unsigned int side = 0; side < 2; side++) {
		unsigned int end = mkjoined_end(&j, c, p->flow, side);
		const struct pair_side *x = &p->side[side];

		CU_ASSERT_PTR_NOT_NULL_FATAL(x->sock);
		CU_ASSERT_EQUAL(x->differ, 0);
		for (unsigned int dir = 0; dir < 2; dir++) {
			uint64_t calls = calls_base(&j, c, end, dir);
			uint64_t packets = packets_base(&j, c, dir == 1 ? end : 1 - end);

			CU_ASSERT_TRUE(x->aligned[dir]);
			CU_ASSERT_EQUAL(x->shift[dir], (int64_t)(calls - packets));
		}
	}
	joined_release(&j, &k);
}

static void test_join_pairs_aligned_by_bytes(void)
{
	check_late(true);
	check_late(false);
}

/* The same connections captured at two places, each with its clock: every flow of both has its sockets. */
static void test_join_pairs_two_capture_points(void)
{
	struct mkjoin j[2];
	struct mkjoin_shop s;
	struct mkjoined k;
	const struct clock_pair *clocks;
	size_t expected = 0;
	size_t n;

	for (unsigned int i = 0; i < 2; i++) {
		mkjoin_init(&j[i], &(struct mkjoin_knobs){ .seed = 46, .offset_ns = i == 0 ? 5 * S : -86400 * S });
		mkjoin_shop(&j[i], &s);
	}
	mkjoined_init(&k);
	mkjoined_add(&k, &j[0].packets);
	mkjoined_add(&k, &j[0].calls);
	mkjoined_add(&k, &j[1].packets);
	mkjoined_run(&k, NULL);
	for (uint32_t i = 0; i < j[0].conn_count; i++) {
		expected += mkjoin_joinable(&j[0], i) && !j[0].conn[i].refused;
	}
	(void)match_pairs(k.match, &n);
	CU_ASSERT_TRUE(n == 2 * expected || n == 2 * expected + 2);
	clocks = match_clocks(k.match, &n);
	CU_ASSERT_EQUAL_FATAL(n, 2);
	for (unsigned int i = 0; i < 2; i++) {
		const struct mkjoin *of = clocks[i].packets->source == k.source[0] ? &j[0] : &j[1];

		CU_ASSERT_EQUAL(clocks[i].origin, CLOCK_ESTIMATED);
		CU_ASSERT_TRUE(clocks[i].low_ns <= of->knobs.offset_ns && of->knobs.offset_ns <= clocks[i].high_ns);
	}
	mkjoined_release(&k);
	mkjoin_release(&j[0]);
	mkjoin_release(&j[1]);
}

/* Both hosts were recorded, each by its own clock: a flow has the client's socket from the one, the server's from the
 * other. */
static void test_join_pairs_two_recorded_hosts(void)
{
	struct mkjoin j[2];
	struct mkjoin_shop s;
	struct mkjoined k;
	size_t n;
	const struct pair *pairs;
	size_t both = 0;

	for (unsigned int i = 0; i < 2; i++) {
		mkjoin_init(&j[i], &(struct mkjoin_knobs){ .seed = 47, .offset_ns = 3600 * S, .only_near = i == 0, .only_far = i == 1,
							   .calls_ahead_ns = i == 1 ? 40 * S : 0 });
		mkjoin_shop(&j[i], &s);
	}
	mkjoined_init(&k);
	mkjoined_add(&k, &j[0].calls);
	mkjoined_add(&k, &j[1].calls);
	mkjoined_add(&k, &j[0].packets);
	mkjoined_run(&k, NULL);
	pairs = match_pairs(k.match, &n);
	for (size_t i = 0; i < n; i++) {
		uint32_t conn = mkjoined_conn_of(&j[0], pairs[i].flow);

		for (unsigned int side = 0; side < 2; side++) {
			unsigned int end = mkjoined_end(&j[0], conn, pairs[i].flow, side);
			const struct sock *sock = pairs[i].side[side].sock;
			const struct mkjoin *of = j[0].conn[conn].end[end].first_num != 0 ? &j[0] : &j[1];

			if (j[0].conn[conn].refused) {
				continue;
			}
			CHECK_CONN(of, conn, (sock != NULL) == (of->conn[conn].end[end].first_num != 0));
			if (sock != NULL) {
				const struct clock_pair *c = &match_clocks(k.match, &n)[pairs[i].clock[side]];

				CHECK_CONN(of, conn, sock->section->source == k.source[of == &j[0] ? 0 : 1]);
				CHECK_CONN(of, conn, sock->open_num == of->conn[conn].end[end].open_num);
				CHECK_CONN(of, conn,
					   c->low_ns <= mkjoin_offset_at(of, c->at_ns) &&
						   mkjoin_offset_at(of, c->at_ns) <= c->high_ns);
			}
		}
		both += pairs[i].side[0].sock != NULL && pairs[i].side[1].sock != NULL;
		pairs = match_pairs(k.match, &n);
	}
	CU_ASSERT_TRUE(both > 100);
	mkjoined_release(&k);
	mkjoin_release(&j[0]);
	mkjoin_release(&j[1]);
}

/* The same rows from batches of any size. */
static void test_join_pairs_do_not_depend_on_batches(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkjoined k[2];
	size_t n[2];
	const struct pair *p[2];

	mkjoin_init(&j, &(struct mkjoin_knobs){ .lose_per_mille = 50 });
	mkjoin_shop(&j, &s);
	for (unsigned int i = 0; i < 2; i++) {
		mkjoined_init(&k[i]);
		k[i].batch_bytes = i == 0 ? 16 << 10 : 4 << 20;
		mkjoined_add(&k[i], i == 0 ? &j.calls : &j.packets);
		mkjoined_add(&k[i], i == 0 ? &j.packets : &j.calls);
		mkjoined_run(&k[i], NULL);
		p[i] = match_pairs(k[i].match, &n[i]);
	}
	CU_ASSERT_EQUAL_FATAL(n[0], n[1]);
	for (size_t i = 0; i < n[0]; i++) {
		CU_ASSERT_EQUAL(p[0][i].flow->first_num, p[1][i].flow->first_num);
		CU_ASSERT_EQUAL(p[0][i].confidence, p[1][i].confidence);
		CU_ASSERT_EQUAL(p[0][i].reason, p[1][i].reason);
	}
	mkjoined_release(&k[0]);
	joined_release(&j, &k[1]);
}

void suite_join_pairs(CU_pSuite suite);
void suite_join_pairs(CU_pSuite suite)
{
	CU_add_test(suite, "test_join_pairs_whole_captures", test_join_pairs_whole_captures);
	CU_add_test(suite, "test_join_pairs_one_side", test_join_pairs_one_side);
	CU_add_test(suite, "test_join_pairs_one_file", test_join_pairs_one_file);
	CU_add_test(suite, "test_join_pairs_other_clocks", test_join_pairs_other_clocks);
	CU_add_test(suite, "test_join_pairs_lost_packets", test_join_pairs_lost_packets);
	CU_add_test(suite, "test_join_pairs_retransmissions", test_join_pairs_retransmissions);
	CU_add_test(suite, "test_join_pairs_begun_in_the_middle", test_join_pairs_begun_in_the_middle);
	CU_add_test(suite, "test_join_pairs_missed_calls", test_join_pairs_missed_calls);
	CU_add_test(suite, "test_join_pairs_cut_bytes", test_join_pairs_cut_bytes);
	CU_add_test(suite, "test_join_pairs_headers_only", test_join_pairs_headers_only);
	CU_add_test(suite, "test_join_pairs_without_payload", test_join_pairs_without_payload);
	CU_add_test(suite, "test_join_pairs_say_how_sure", test_join_pairs_say_how_sure);
	CU_add_test(suite, "test_join_pairs_bytes_are_equal", test_join_pairs_bytes_are_equal);
	CU_add_test(suite, "test_join_pairs_difference_is_what_was_missed",
		    test_join_pairs_difference_is_what_was_missed);
	CU_add_test(suite, "test_join_pairs_aligned_by_bytes", test_join_pairs_aligned_by_bytes);
	CU_add_test(suite, "test_join_pairs_two_capture_points", test_join_pairs_two_capture_points);
	CU_add_test(suite, "test_join_pairs_two_recorded_hosts", test_join_pairs_two_recorded_hosts);
	CU_add_test(suite, "test_join_pairs_do_not_depend_on_batches", test_join_pairs_do_not_depend_on_batches);
}
