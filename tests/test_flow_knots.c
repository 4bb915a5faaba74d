/*
 * test_flow_knots.c - where the bytes of a flow lie in time: each segment at its offset with the print of
 * its own bytes, what is sent again marked, opening and closing, datagrams; nothing unless asked for.
 */
#include "mktcp.h"

#include <CUnit/Basic.h>

static const struct mknet_options with_knots = { .knots = true };

static const struct knots *knots_of(const struct flow *f, unsigned int side)
{
	unsigned int client = f->key.port[0] == 40000 ? 0 : 1;

	return f->knots[side == 0 ? client : 1 - client];
}

/* Checks one knot after the other. */
struct reader {
	const struct knots *k;
	struct knot_walk walk;
};

static bool next_is(struct reader *r, uint8_t kind, uint64_t offset, uint32_t len, uint64_t num,
		    const char *text)
{
	struct knot x;

	if (r->k == NULL || !knots_next(r->k, &r->walk, &x)) {
		return false;
	}
	return x.kind == kind && x.offset == offset && x.len == len && x.num == num &&
	       x.user == 0 && x.begin_ns == 0 &&
	       x.print == (text != NULL ? knot_print((const uint8_t *)text, strlen(text)) : 0) &&
	       (text == NULL || strlen(text) != len ||
		x.deep == knot_deep((const uint8_t *)text, len));
}

static bool at_end(struct reader *r)
{
	struct knot x;

	return r->k == NULL || !knots_next(r->k, &r->walk, &x);
}

static void test_flow_knots_of_a_connection(void)
{
	struct tcp_case t;
	const struct flow *f;
	struct reader client, server;

	case_init(&t);
	mkconv_open(&t.c); /* 1 to 3 */
	mkconv_say(&t.c, 0, "GET / HTTP/1.1\r\n\r\n"); /* 4, acknowledged by 5 */
	mkconv_say(&t.c, 1, "no"); /* 6, 7 */
	mkconv_close(&t.c, 1); /* 8: server, 9: client */
	case_run(&t, &with_knots);
	f = case_flow(&t);
	client = (struct reader){ .k = knots_of(f, 0) };
	server = (struct reader){ .k = knots_of(f, 1) };
	CU_ASSERT(next_is(&client, KNOT_OPEN, 0, 0, 1, NULL));
	CU_ASSERT(next_is(&client, KNOT_DATA, 0, 18, 4, "GET / HTTP/1.1\r\n\r\n"));
	CU_ASSERT(next_is(&client, KNOT_END, 18, 0, 9, NULL));
	CU_ASSERT(at_end(&client));
	CU_ASSERT(next_is(&server, KNOT_OPEN, 0, 0, 2, NULL));
	CU_ASSERT(next_is(&server, KNOT_DATA, 0, 2, 6, "no"));
	CU_ASSERT(next_is(&server, KNOT_END, 2, 0, 8, NULL));
	CU_ASSERT(at_end(&server));
	CU_ASSERT_PTR_EQUAL(f->section, t.k.section);
	CU_ASSERT_EQUAL(knots_of(f, 0)->ts_ns, f->last_ns - 1000000);
	case_release(&t);
}

static void test_flow_knots_not_asked_for(void)
{
	struct tcp_case t;

	case_init(&t);
	mkconv_open(&t.c);
	mkconv_say(&t.c, 0, "x");
	case_run(&t, NULL);
	CU_ASSERT(case_flow(&t)->knots[0] == NULL && case_flow(&t)->knots[1] == NULL);
	case_release(&t);
}

/* Sent again whole; again with new bytes behind: only those are new; late into a gap: new as well. */
static void test_flow_knots_sent_again(void)
{
	struct tcp_case t;
	struct reader client;

	case_init(&t);
	mkconv_open(&t.c);
	say_at(&t.c, 0, 0, "0123456789"); /* 4 */
	say_at(&t.c, 0, 0, "0123456789"); /* 5 */
	say_at(&t.c, 0, 5, "56789abcdefghijk"); /* 6 */
	say_at(&t.c, 0, 31, "vwxyz"); /* 7: 21 to 31 are missing */
	say_at(&t.c, 0, 21, "lmnopqrstu"); /* 8 */
	mkconv_raw(&t.c, 0, 1000, 0, TCP_SYN, NULL, 0); /* 9 */
	case_run(&t, &with_knots);
	client = (struct reader){ .k = knots_of(case_flow(&t), 0) };
	CU_ASSERT(next_is(&client, KNOT_OPEN, 0, 0, 1, NULL));
	CU_ASSERT(next_is(&client, KNOT_DATA, 0, 10, 4, "01234567"));
	CU_ASSERT(next_is(&client, KNOT_AGAIN, 0, 10, 5, "01234567"));
	CU_ASSERT(next_is(&client, KNOT_DATA, 10, 11, 6, "abcdefgh"));
	CU_ASSERT(next_is(&client, KNOT_DATA, 31, 5, 7, "vwxyz"));
	CU_ASSERT(next_is(&client, KNOT_DATA, 21, 10, 8, "lmnopqrs"));
	CU_ASSERT(next_is(&client, KNOT_AGAIN, 0, 0, 9, NULL));
	CU_ASSERT(at_end(&client));
	case_release(&t);
}

static void test_flow_knots_reset(void)
{
	struct tcp_case t;
	struct reader client, server;

	case_init(&t);
	mkconv_open(&t.c);
	mkconv_say(&t.c, 1, "banner"); /* 4, 5 */
	mkconv_reset(&t.c, 1); /* 6 */
	case_run(&t, &with_knots);
	client = (struct reader){ .k = knots_of(case_flow(&t), 0) };
	server = (struct reader){ .k = knots_of(case_flow(&t), 1) };
	CU_ASSERT(next_is(&client, KNOT_OPEN, 0, 0, 1, NULL) && at_end(&client));
	CU_ASSERT(next_is(&server, KNOT_OPEN, 0, 0, 2, NULL));
	CU_ASSERT(next_is(&server, KNOT_DATA, 0, 6, 4, "banner"));
	CU_ASSERT(next_is(&server, KNOT_END, 6, 0, 6, NULL) && at_end(&server));
	case_release(&t);
}

/* Of segments cut to fewer bytes than a print is made of, there is none. */
static void test_flow_knots_cut(void)
{
	for (uint32_t cap = 0; cap < 12; cap++) {
		struct tcp_case t;
		struct reader client;

		case_init(&t);
		mkconv_open(&t.c);
		t.c.snaplen = 14 + 20 + 20 + cap;
		say_at(&t.c, 0, 0, "0123456789");
		case_run(&t, &with_knots);
		client = (struct reader){ .k = knots_of(case_flow(&t), 0) };
		CU_ASSERT(next_is(&client, KNOT_OPEN, 0, 0, 1, NULL));
		CU_ASSERT(next_is(&client, KNOT_DATA, 0, 10, 4, cap >= 8 ? "01234567" : NULL));
		case_release(&t);
	}
}

static void test_flow_knots_datagrams(void)
{
	struct tcp_case t;
	struct reader client, server;

	case_init(&t);
	mkconv_udp(&t.c, 0, "first", 5);
	mkconv_udp(&t.c, 1, "answer to it", 12);
	mkconv_udp(&t.c, 0, "", 0);
	mkconv_udp(&t.c, 0, "second one", 10);
	case_run(&t, &with_knots);
	client = (struct reader){ .k = knots_of(case_flow(&t), 0) };
	server = (struct reader){ .k = knots_of(case_flow(&t), 1) };
	CU_ASSERT(next_is(&client, KNOT_DATA, 0, 5, 1, "first"));
	CU_ASSERT(next_is(&client, KNOT_DATA, 5, 10, 4, "second o"));
	CU_ASSERT(at_end(&client));
	CU_ASSERT(next_is(&server, KNOT_DATA, 0, 12, 2, "answer t"));
	CU_ASSERT(at_end(&server));
	case_release(&t);
}

void suite_flow_knots(CU_pSuite suite);
void suite_flow_knots(CU_pSuite suite)
{
	CU_add_test(suite, "test_flow_knots_of_a_connection", test_flow_knots_of_a_connection);
	CU_add_test(suite, "test_flow_knots_not_asked_for", test_flow_knots_not_asked_for);
	CU_add_test(suite, "test_flow_knots_sent_again", test_flow_knots_sent_again);
	CU_add_test(suite, "test_flow_knots_reset", test_flow_knots_reset);
	CU_add_test(suite, "test_flow_knots_cut", test_flow_knots_cut);
	CU_add_test(suite, "test_flow_knots_datagrams", test_flow_knots_datagrams);
}
