/*
 * test_tcp_marks.c - what single segments are called: sent again, out of order, before a gap, keep-alives, windows,
 * acknowledgements, copies; and what the flow counts of it.
 */
#include "mktcp.h"

static void test_tcp_marks_retransmission(void)
{
	struct tcp_case t;
	const struct flow *f;
	uint64_t again, part, ahead;

	case_init(&t);
	mkconv_open(&t.c);
	say_at(&t.c, 0, 0, "abcdef");
	again = say_at(&t.c, 0, 0, "abcdef");
	part = say_at(&t.c, 0, 3, "defghi");
	ahead = say_at(&t.c, 0, 9, "jkl");
	f = case_flow(&t);
	CU_ASSERT_EQUAL(marks_of(&t, again), MARK_RETRANSMISSION);
	CU_ASSERT_EQUAL(marks_of(&t, part), MARK_RETRANSMISSION);
	CU_ASSERT_EQUAL(marks_of(&t, ahead), 0);
	CU_ASSERT_EQUAL(side_of(f, 0)->retransmissions, 2);
	CU_ASSERT_EQUAL(side_of(f, 0)->retransmitted_bytes, 9);
	CU_ASSERT_EQUAL(side_of(f, 0)->payload_bytes, 6 + 6 + 6 + 3);
	CU_ASSERT_EQUAL(side_of(f, 0)->stream_bytes, 12);
	CU_ASSERT_EQUAL(side_of(f, 0)->missed_bytes, 0);
	CU_ASSERT_EQUAL(f->flags, 0);
	CU_ASSERT_STRING_EQUAL(f->history, "ShADT");
	case_release(&t);
}

static void test_tcp_marks_out_of_order(void)
{
	struct tcp_case t;
	const struct flow *f;
	uint64_t early, next, late;

	case_init(&t);
	mkconv_open(&t.c);
	say_at(&t.c, 1, 0, "aaaa");
	early = say_at(&t.c, 1, 8, "cccc");
	next = say_at(&t.c, 1, 12, "dddd");
	late = say_at(&t.c, 1, 4, "bbbb");
	f = case_flow(&t);
	CU_ASSERT_EQUAL(marks_of(&t, early), MARK_GAP);
	CU_ASSERT_EQUAL(marks_of(&t, next), 0);
	CU_ASSERT_EQUAL(marks_of(&t, late), MARK_OUT_OF_ORDER);
	CU_ASSERT_EQUAL(side_of(f, 1)->out_of_order, 1);
	CU_ASSERT_EQUAL(side_of(f, 1)->retransmissions, 0);
	CU_ASSERT_EQUAL(side_of(f, 1)->stream_bytes, 16);
	CU_ASSERT_EQUAL(side_of(f, 1)->missed_bytes, 0);
	CU_ASSERT_STRING_EQUAL(f->history, "ShAd");
	case_release(&t);
}

/* Given up because it was acknowledged, and then it comes: not missed after all. */
static void test_tcp_marks_late_behind_ack(void)
{
	struct tcp_case t;
	const struct flow *f;
	uint64_t acks, late;

	case_init(&t);
	mkconv_open(&t.c);
	acks = mkconv_raw(&t.c, 0, 1001, 5001 + 10, TCP_ACK, "GET", 3);
	late = say_at(&t.c, 1, 0, "0123456789");
	f = case_flow(&t);
	CU_ASSERT_EQUAL(marks_of(&t, acks), MARK_ACKED_UNSEEN);
	CU_ASSERT_EQUAL(marks_of(&t, late), MARK_OUT_OF_ORDER);
	CU_ASSERT_EQUAL(side_of(f, 1)->missed_bytes, 0);
	CU_ASSERT_EQUAL(side_of(f, 1)->stream_bytes, 10);
	case_release(&t);
}

static void test_tcp_marks_loss(void)
{
	struct tcp_case t;
	const struct flow *f;

	case_init(&t);
	mkconv_open(&t.c);
	say_at(&t.c, 1, 0, "aaaa");
	say_at(&t.c, 1, 10, "cccc");
	ack_at(&t.c, 0, 0, 14);
	ack_at(&t.c, 0, 0, 14);
	say_at(&t.c, 1, 14, "dddd");
	f = case_flow(&t);
	CU_ASSERT_EQUAL(side_of(f, 1)->missed_bytes,
			6); /* never acknowledged thrice: known at the end */
	CU_ASSERT_EQUAL(side_of(f, 1)->stream_bytes, 18);
	CU_ASSERT_STRING_EQUAL(f->history, "ShAdg");
	case_release(&t);
	/* nobody acknowledges: a hole at the end of the capture */
	case_init(&t);
	mkconv_open(&t.c);
	say_at(&t.c, 0, 4, "cccc");
	f = case_flow(&t);
	CU_ASSERT_EQUAL(side_of(f, 0)->missed_bytes, 4);
	CU_ASSERT_EQUAL(side_of(f, 0)->stream_bytes, 8);
	case_release(&t);
	/* the last bytes of a direction, known by their acknowledgement alone */
	case_init(&t);
	mkconv_open(&t.c);
	say_at(&t.c, 1, 0, "aaaa");
	ack_at(&t.c, 0, 0, 100);
	f = case_flow(&t);
	CU_ASSERT_EQUAL(side_of(f, 1)->missed_bytes, 96);
	CU_ASSERT_EQUAL(side_of(f, 1)->stream_bytes, 100);
	case_release(&t);
}

/* A single wild acknowledgement moves nothing. */
static void test_tcp_marks_wild_ack(void)
{
	struct tcp_case t;
	const struct flow *f;

	case_init(&t);
	mkconv_open(&t.c);
	mkconv_raw(&t.c, 0, 1001, 5001 + 100000000u, TCP_ACK, "x", 1);
	say_at(&t.c, 1, 0, "aaaa");
	say_at(&t.c, 1, 4, "bbbb");
	f = case_flow(&t);
	CU_ASSERT_EQUAL(side_of(f, 1)->missed_bytes, 0);
	CU_ASSERT_EQUAL(side_of(f, 1)->stream_bytes, 8);
	CU_ASSERT_EQUAL(side_of(f, 1)->out_of_order, 0);
	case_release(&t);
}

/* A single wild segment neither; three that agree are a hole in the capture. */
static void test_tcp_marks_wild_segment(void)
{
	struct tcp_case t;
	const struct flow *f;

	case_init(&t);
	mkconv_open(&t.c);
	say_at(&t.c, 1, 0, "aaaa");
	say_at(&t.c, 1, 300000000u, "zzzz");
	say_at(&t.c, 1, 4, "bbbb");
	f = case_flow(&t);
	CU_ASSERT_EQUAL(side_of(f, 1)->stream_bytes, 8);
	CU_ASSERT_EQUAL(side_of(f, 1)->missed_bytes, 0);
	case_release(&t);
	case_init(&t);
	mkconv_open(&t.c);
	say_at(&t.c, 1, 0, "aaaa");
	for (uint32_t i = 0; i < 5; i++) {
		say_at(&t.c, 1, 300000000u + 4 * i, "zzzz");
	}
	f = case_flow(&t);
	/* nobody says that what was jumped over was ever sent */
	CU_ASSERT_EQUAL(side_of(f, 1)->stream_bytes, 4 + 12);
	CU_ASSERT_EQUAL(side_of(f, 1)->missed_bytes, 0);
	CU_ASSERT_EQUAL(f->flags, FLOW_STREAM_DROPPED);
	case_release(&t);
}

static void test_tcp_marks_keep_alive(void)
{
	struct tcp_case t;
	const struct flow *f;
	uint64_t empty, byte, answer;

	case_init(&t);
	mkconv_open(&t.c);
	mkconv_say(&t.c, 0, "abcd");
	empty = mkconv_raw(&t.c, 0, 1004, 5001, TCP_ACK, NULL, 0);
	answer = ack_at(&t.c, 1, 0, 4);
	byte = mkconv_raw(&t.c, 0, 1004, 5001, TCP_ACK, "", 1);
	f = case_flow(&t);
	CU_ASSERT_EQUAL(marks_of(&t, empty), MARK_KEEP_ALIVE);
	CU_ASSERT_EQUAL(marks_of(&t, byte), MARK_KEEP_ALIVE);
	CU_ASSERT_EQUAL(marks_of(&t, answer), 0);
	CU_ASSERT_EQUAL(side_of(f, 0)->retransmissions, 0);
	CU_ASSERT_EQUAL(side_of(f, 1)->dup_acks, 0);
	CU_ASSERT_EQUAL(side_of(f, 0)->stream_bytes, 4);
	case_release(&t);
}

static void test_tcp_marks_windows(void)
{
	struct tcp_case t;
	const struct flow *f;
	uint64_t zero, again, open;

	case_init(&t);
	mkconv_open(&t.c);
	mkconv_say(&t.c, 0, "abcd");
	t.c.window[1] = 0;
	zero = ack_at(&t.c, 1, 0, 4);
	again = ack_at(&t.c, 1, 0, 4);
	t.c.window[1] = 8000;
	open = ack_at(&t.c, 1, 0, 4);
	f = case_flow(&t);
	CU_ASSERT_EQUAL(marks_of(&t, zero), MARK_ZERO_WINDOW | MARK_WINDOW_UPDATE);
	CU_ASSERT_EQUAL(marks_of(&t, again), MARK_ZERO_WINDOW);
	CU_ASSERT_EQUAL(marks_of(&t, open), MARK_WINDOW_UPDATE);
	CU_ASSERT_EQUAL(side_of(f, 1)->zero_windows, 2);
	CU_ASSERT_EQUAL(side_of(f, 1)->max_window, 65535);
	CU_ASSERT_STRING_EQUAL(f->history, "ShADaw");
	case_release(&t);
	/* of a RST it means nothing */
	case_init(&t);
	mkconv_open(&t.c);
	t.c.window[0] = 0;
	mkconv_reset(&t.c, 0);
	CU_ASSERT_EQUAL(side_of(case_flow(&t), 0)->zero_windows, 0);
	case_release(&t);
}

static void test_tcp_marks_dup_acks(void)
{
	struct tcp_case t;
	const struct flow *f;
	uint64_t first, second, idle;

	case_init(&t);
	mkconv_open(&t.c);
	say_at(&t.c, 1, 0, "aaaa");
	ack_at(&t.c, 0, 0, 4);
	idle = ack_at(&t.c, 0, 0, 4); /* nothing is outstanding */
	say_at(&t.c, 1, 8, "cccc");
	first = ack_at(&t.c, 0, 0, 4);
	say_at(&t.c, 1, 12, "dddd");
	second = ack_at(&t.c, 0, 0, 4);
	say_at(&t.c, 1, 4, "bbbb");
	f = case_flow(&t);
	CU_ASSERT_EQUAL(marks_of(&t, idle), 0);
	CU_ASSERT_EQUAL(marks_of(&t, first), MARK_DUP_ACK);
	CU_ASSERT_EQUAL(marks_of(&t, second), MARK_DUP_ACK);
	CU_ASSERT_EQUAL(side_of(f, 0)->dup_acks, 2);
	CU_ASSERT_EQUAL(side_of(f, 1)->out_of_order, 1);
	case_release(&t);
}

static void test_tcp_marks_other_content(void)
{
	struct tcp_case t;
	const struct flow *f;
	uint64_t passed, waiting;

	/* already handed on: the beginning of the last segments is remembered */
	case_init(&t);
	mkconv_open(&t.c);
	say_at(&t.c, 0, 0, "harmless");
	passed = say_at(&t.c, 0, 0, "evil....");
	f = case_flow(&t);
	CU_ASSERT_EQUAL(marks_of(&t, passed), MARK_RETRANSMISSION | MARK_OVERLAP_DIFFERS);
	CU_ASSERT_EQUAL(f->flags, FLOW_OVERLAP_DIFFERS);
	case_release(&t);
	/* the beginning is the same: the sum of the rest, which the checksums tell, is not */
	case_init(&t);
	mkconv_open(&t.c);
	say_at(&t.c, 0, 0, "harmless, and so is the end");
	passed = mkconv_raw(&t.c, 0, 1001, 5901, 0x18, "harmless, but not at the enD", 27);
	f = case_flow(&t);
	CU_ASSERT_EQUAL(marks_of(&t, passed) & MARK_OVERLAP_DIFFERS, MARK_OVERLAP_DIFFERS);
	CU_ASSERT_TRUE(f->flags & FLOW_OVERLAP_DIFFERS);
	case_release(&t);
	/* other headers around the same bytes */
	case_init(&t);
	mkconv_open(&t.c);
	mkconv_say(&t.c, 1, "hello");
	say_at(&t.c, 0, 0, "the same to the end");
	t.c.window[0] = 999;
	passed = mkconv_raw(&t.c, 0, 1001, 5001, 0x10, "the same to the end", 19);
	f = case_flow(&t);
	CU_ASSERT_EQUAL(marks_of(&t, passed), MARK_RETRANSMISSION);
	CU_ASSERT_EQUAL(f->flags, 0);
	case_release(&t);
	/* still waiting: all of it is compared */
	case_init(&t);
	mkconv_open(&t.c);
	say_at(&t.c, 0, 5, "content of the first");
	waiting = say_at(&t.c, 0, 10, "nt of the FIRST");
	f = case_flow(&t);
	CU_ASSERT_EQUAL(marks_of(&t, waiting), MARK_RETRANSMISSION | MARK_OVERLAP_DIFFERS);
	CU_ASSERT_EQUAL(f->flags, FLOW_OVERLAP_DIFFERS);
	case_release(&t);
}

/* ---- copies ---------------------------------------------------------------------------------- */

/* The segment of side 0 with this IP number, on an interface. */
static void copy(struct tcp_case *t, uint32_t interface, uint16_t ip_id, uint32_t seq,
		 const char *data)
{
	struct mkpkt p;

	mkpkt_init(&p);
	p.ip_id = ip_id;
	mkpkt_eth(&p, 0x0800);
	mkpkt_ip4(&p, "10.0.0.1", "10.0.0.2", 6);
	mkpkt_tcp(&p, 40000, 80, seq, 5001, TCP_ACK | TCP_PSH, 65535);
	mkpkt_data(&p, data, strlen(data));
	mkpkt_end(&p);
	mkcap_epb(&t->m, interface, t->c.now++, p.bytes, p.len, p.len);
	mkpkt_release(&p);
}

static void test_tcp_marks_copies(void)
{
	struct tcp_case t;
	const struct flow *f;

	case_init(&t);
	mkconv_open(&t.c);
	copy(&t, 0, 700, 1001, "first"); /* 4 */
	copy(&t, 1, 700, 1001, "first"); /* the same on another interface */
	copy(&t, 0, 701, 1006, "second");
	copy(&t, 0, 701, 1006, "second"); /* twice on one */
	copy(&t, 0, 702, 1006, "second"); /* really sent again */
	copy(&t, 0, 0, 1012, "third");
	t.c.now += 300;
	copy(&t, 0, 0, 1012, "third"); /* without a number only time tells */
	f = case_flow(&t);
	CU_ASSERT_EQUAL(marks_of(&t, 4), 0);
	CU_ASSERT_EQUAL(marks_of(&t, 5), MARK_DUPLICATE);
	CU_ASSERT_EQUAL(marks_of(&t, 7), MARK_DUPLICATE);
	CU_ASSERT_EQUAL(marks_of(&t, 8), MARK_RETRANSMISSION);
	CU_ASSERT_EQUAL(marks_of(&t, 10), MARK_RETRANSMISSION);
	CU_ASSERT_EQUAL(side_of(f, 0)->duplicates, 2);
	CU_ASSERT_EQUAL(side_of(f, 0)->retransmissions, 2);
	CU_ASSERT_EQUAL(side_of(f, 0)->packets, 2 + 7);
	CU_ASSERT_EQUAL(side_of(f, 0)->payload_bytes, 5 + 6 + 6 + 5 + 5);
	CU_ASSERT_EQUAL(f->flags, FLOW_DUPLICATES);
	case_release(&t);
}

/* A whole conversation on two interfaces, packet by packet: as if it had been seen once. */
static void test_tcp_marks_all_twice(void)
{
	struct tcp_case t, once;
	struct net_quality q;
	const struct flow *f;

	case_init(&once);
	case_init(&t);
	for (uint32_t i = 0; i < 2;
	     i++) { /* a client with a bridge in front of it: each packet shows up twice */
		copy(&t, i, 9, 1001, "GET / HTTP/1.1\r\n");
	}
	for (uint32_t i = 0; i < 2; i++) {
		copy(&t, i, 10, 1017, "Host: a\r\n\r\n");
	}
	copy(&once, 0, 9, 1001, "GET / HTTP/1.1\r\n");
	copy(&once, 0, 10, 1017, "Host: a\r\n\r\n");
	f = case_flow(&t);
	case_run(&once, NULL);
	CU_ASSERT_EQUAL(mknet_http_count(&t.k), 1);
	CU_ASSERT_EQUAL(mknet_http_count(&once.k), 1);
	CU_ASSERT_EQUAL(side_of(f, 0)->retransmissions, 0);
	CU_ASSERT_EQUAL(side_of(f, 0)->stream_bytes, 27);
	CU_ASSERT_STRING_EQUAL(f->history, mknet_flow(&once.k, 0)->history);
	net_quality(t.k.net, &q);
	CU_ASSERT_EQUAL(q.duplicates, 2);
	case_release(&t);
	case_release(&once);
}

/* ---- numbers --------------------------------------------------------------------------------- */

static void test_tcp_marks_relative_numbers(void)
{
	struct tcp_case t;
	const struct layer *l;

	case_init(&t);
	mkconv_open(&t.c);
	mkconv_say(&t.c, 0, "abcd");
	case_run(&t, NULL);
	CU_ASSERT_EQUAL(mknet_layer(&t.k, 1, 0)->rel_seq, 0);
	CU_ASSERT_EQUAL(mknet_layer(&t.k, 1, 0)->rel_ack, 0);
	CU_ASSERT_EQUAL(mknet_layer(&t.k, 2, 0)->rel_seq, 0);
	CU_ASSERT_EQUAL(mknet_layer(&t.k, 2, 0)->rel_ack, 1);
	l = mknet_layer(&t.k, 4, 0);
	CU_ASSERT_EQUAL(l->rel_seq, 1);
	CU_ASSERT_EQUAL(l->rel_ack, 1);
	CU_ASSERT_EQUAL(mknet_layer(&t.k, 5, 0)->rel_ack, 5);
	CU_ASSERT_TRUE(l->from_client);
	CU_ASSERT_FALSE(mknet_layer(&t.k, 5, 0)->from_client);
	CU_ASSERT_PTR_EQUAL(l->flow, mknet_flow(&t.k, 0));
	CU_ASSERT_EQUAL(mknet_layer(&t.k, 1, 0)->marks, MARK_NEW_FLOW);
	CU_ASSERT_EQUAL(l->marks, 0);
	case_release(&t);
	/* mid-stream: as if a SYN had been before the first byte that was seen */
	case_init(&t);
	say_at(&t.c, 0, 70000, "abcd");
	say_at(&t.c, 0, 70004, "efgh");
	case_run(&t, NULL);
	CU_ASSERT_EQUAL(mknet_layer(&t.k, 1, 0)->rel_seq, 1);
	CU_ASSERT_EQUAL(mknet_layer(&t.k, 2, 0)->rel_seq, 5);
	CU_ASSERT_EQUAL(mknet_layer(&t.k, 2, 0)->rel_ack, 1);
	case_release(&t);
}

void suite_tcp_marks(CU_pSuite suite);

void suite_tcp_marks(CU_pSuite suite)
{
	CU_add_test(suite, "test_tcp_marks_retransmission", test_tcp_marks_retransmission);
	CU_add_test(suite, "test_tcp_marks_out_of_order", test_tcp_marks_out_of_order);
	CU_add_test(suite, "test_tcp_marks_late_behind_ack", test_tcp_marks_late_behind_ack);
	CU_add_test(suite, "test_tcp_marks_loss", test_tcp_marks_loss);
	CU_add_test(suite, "test_tcp_marks_wild_ack", test_tcp_marks_wild_ack);
	CU_add_test(suite, "test_tcp_marks_wild_segment", test_tcp_marks_wild_segment);
	CU_add_test(suite, "test_tcp_marks_keep_alive", test_tcp_marks_keep_alive);
	CU_add_test(suite, "test_tcp_marks_windows", test_tcp_marks_windows);
	CU_add_test(suite, "test_tcp_marks_dup_acks", test_tcp_marks_dup_acks);
	CU_add_test(suite, "test_tcp_marks_other_content", test_tcp_marks_other_content);
	CU_add_test(suite, "test_tcp_marks_copies", test_tcp_marks_copies);
	CU_add_test(suite, "test_tcp_marks_all_twice", test_tcp_marks_all_twice);
	CU_add_test(suite, "test_tcp_marks_relative_numbers", test_tcp_marks_relative_numbers);
}
