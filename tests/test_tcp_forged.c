/*
 * test_tcp_forged.c - segments that somebody else put into a connection: numbers that nobody acknowledges end nothing,
 * begin nothing and take nothing away from what the two ends said. HTTP shows what was read.
 */
#include "mktcp.h"

#define REQUEST "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
#define RESPONSE "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

static void exchange(struct mkconv *c)
{
	mkconv_say(c, 0, REQUEST);
	mkconv_say(c, 1, RESPONSE);
}

/* One exchange before it, two behind it. */
static void begin(struct tcp_case *t)
{
	case_init(t);
	mkconv_open(&t->c);
	exchange(&t->c);
}

static void end(struct tcp_case *t, uint16_t flags)
{
	const struct flow *f;

	exchange(&t->c);
	exchange(&t->c);
	mkconv_close(&t->c, 0);
	f = case_flow(t);
	CU_ASSERT_STRING_EQUAL(conn_state_name(f->conn_state), "SF");
	CU_ASSERT_EQUAL(f->flags, flags);
	CU_ASSERT_EQUAL(side_of(f, 0)->stream_bytes, 3 * strlen(REQUEST));
	CU_ASSERT_EQUAL(side_of(f, 1)->stream_bytes, 3 * strlen(RESPONSE));
	CU_ASSERT_EQUAL(side_of(f, 0)->missed_bytes + side_of(f, 1)->missed_bytes, 0);
	CU_ASSERT_EQUAL_FATAL(mknet_http_count(&t->k), 3);
	for (size_t i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(mknet_http(&t->k, i)->status, 200);
		CU_ASSERT_EQUAL(mknet_http(&t->k, i)->flags, HTTP_REQUEST | HTTP_RESPONSE);
	}
	case_release(t);
}

static void test_tcp_forged_acks(void)
{
	static const uint32_t far[] = { 1000, 500000, 0x30000000 };

	for (size_t i = 0; i < ARRAY_LEN(far); i++) {
		struct tcp_case t;

		begin(&t);
		for (unsigned int k = 0; k < 4; k++) {
			mkconv_raw(&t.c, 0, t.c.seq[0], t.c.seq[1] + far[i], TCP_ACK, NULL, 0);
		}
		end(&t, 0);
	}
}

static void test_tcp_forged_syn(void)
{
	static const uint32_t isn[] = { 0x40000000, 0xC0000000, 1020 };

	for (size_t i = 0; i < ARRAY_LEN(isn); i++) {
		struct tcp_case t;

		begin(&t);
		mkconv_raw(&t.c, 0, isn[i], 0, TCP_SYN, NULL, 0);
		mkconv_raw(&t.c, 1, t.c.seq[1], t.c.seq[0], TCP_ACK, NULL, 0);
		end(&t, 0);
	}
}

/* RST of number 0, and inside the window; FIN. */
static void test_tcp_forged_end(void)
{
	struct tcp_case t;

	begin(&t);
	mkconv_raw(&t.c, 0, 0, 0, TCP_RST, NULL, 0);
	end(&t, FLOW_STREAM_DROPPED);
	begin(&t);
	mkconv_raw(&t.c, 0, t.c.seq[0] + 500, 0, TCP_RST, NULL, 0);
	end(&t, FLOW_STREAM_DROPPED);
	begin(&t);
	mkconv_raw(&t.c, 0, t.c.seq[0], t.c.seq[1], TCP_FIN | TCP_ACK, NULL, 0);
	end(&t, FLOW_STREAM_DROPPED);
}

/* The ports are used again while the old connection stands: the SYN goes with its answer. */
static void test_tcp_forged_or_used_again(void)
{
	struct tcp_case t;
	const struct flow *f;

	begin(&t);
	t.c.seq[0] = 900000;
	t.c.seq[1] = 777000;
	mkconv_open(&t.c);
	exchange(&t.c);
	case_run(&t, NULL);
	CU_ASSERT_EQUAL_FATAL(mknet_flow_count(&t.k), 2);
	f = mknet_flow(&t.k, 1);
	CU_ASSERT(looks_like(f, "S1", "ShADad"));
	CU_ASSERT_EQUAL(f->first_num, 8);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 0)->last_num, 7);
	CU_ASSERT_EQUAL(side_of(mknet_flow(&t.k, 0), 0)->packets, 4);
	CU_ASSERT_EQUAL(f->flags, FLOW_REUSED);
	CU_ASSERT_EQUAL(side_of(f, 0)->syns, 1);
	CU_ASSERT_EQUAL(flow_rtt_server(f), 1000000);
	case_release(&t);
}

/* A capture that begins with a keep-alive lacks no byte. */
static void test_tcp_forged_or_keep_alive(void)
{
	struct tcp_case t;

	case_init(&t);
	mkconv_raw(&t.c, 1, t.c.seq[1] - 1, t.c.seq[0], TCP_ACK, NULL, 0);
	mkconv_raw(&t.c, 0, t.c.seq[0], t.c.seq[1], TCP_ACK, NULL, 0);
	exchange(&t.c);
	CU_ASSERT_EQUAL(side_of(case_flow(&t), 1)->missed_bytes, 0);
	CU_ASSERT_EQUAL(side_of(case_flow(&t), 1)->stream_bytes, strlen(RESPONSE));
	CU_ASSERT_EQUAL(mknet_http(&t.k, 0)->flags, HTTP_REQUEST | HTTP_RESPONSE);
	case_release(&t);
}

/* Segments of the client with a checksum as built, or none (bad: as a sender leaves it to hardware). */
static void put(struct tcp_case *t, uint32_t seq, uint32_t ack, const char *data, bool bad)
{
	struct mkpkt p;

	mkpkt_init(&p);
	mkpkt_eth(&p, 0x0800);
	mkpkt_ip4(&p, "10.0.0.1", "10.0.0.2", 6);
	mkpkt_tcp(&p, 40000, 80, seq, ack, TCP_ACK | TCP_PSH, 65535);
	mkpkt_data(&p, data, strlen(data));
	mkpkt_end(&p);
	if (bad) {
		memset(p.bytes + 14 + 20 + 16, 0, 2);
	}
	t->c.now += 1000000;
	mkcap_epb(&t->m, 0, t->c.now, p.bytes, p.len, p.len);
	mkpkt_release(&p);
}

/* Sent again with another acknowledgement: the same bytes are the same whatever the checksum, others are others. */
static void test_tcp_forged_content(void)
{
	static const struct {
		const char *again;
		bool bad, differs;
	} cases[] = {
		{ "GET /aaaaaaaa", false, false },
		{ "GET /aaaaaaab", false, true },
		{ "GET /aaaaaaaa", true, false },
		{ "GET /baaaaaaa", true, true },	/* among the first bytes */
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tcp_case t;

		case_init(&t);
		mkconv_open(&t.c);
		put(&t, 1001, 5001, "GET /aaaaaaaa", cases[i].bad);
		mkconv_raw(&t.c, 1, 5001, 1014, TCP_ACK, "ab", 2);
		put(&t, 1001, 5003, cases[i].again, cases[i].bad);
		CU_ASSERT_EQUAL(side_of(case_flow(&t), 0)->retransmissions, 1);
		CU_ASSERT_EQUAL(case_flow(&t)->flags, cases[i].differs ? FLOW_OVERLAP_DIFFERS : 0);
		case_release(&t);
	}
}

/* One end alone was captured: the other one's FIN is no byte of its stream. */
static void test_tcp_forged_or_one_sided(void)
{
	struct tcp_case t;
	const struct flow *f;

	case_init(&t);
	mkconv_raw(&t.c, 0, 1000, 0, TCP_SYN, NULL, 0);
	mkconv_raw(&t.c, 0, 1001, 5001, TCP_ACK, NULL, 0);
	mkconv_raw(&t.c, 0, 1001, 5001, TCP_ACK, "hello", 5);
	mkconv_raw(&t.c, 0, 1006, 5011, TCP_ACK, NULL, 0);
	mkconv_raw(&t.c, 0, 1006, 5011, TCP_ACK | TCP_FIN, NULL, 0);
	mkconv_raw(&t.c, 0, 1007, 5012, TCP_ACK, NULL, 0);
	f = case_flow(&t);
	CU_ASSERT_EQUAL(side_of(f, 1)->missed_bytes, 10);
	CU_ASSERT_EQUAL(side_of(f, 1)->stream_bytes, 10);
	CU_ASSERT_EQUAL(f->flags, FLOW_ONE_SIDED);
	case_release(&t);
}

void suite_tcp_forged(CU_pSuite suite);

void suite_tcp_forged(CU_pSuite suite)
{
	CU_add_test(suite, "test_tcp_forged_content", test_tcp_forged_content);
	CU_add_test(suite, "test_tcp_forged_or_one_sided", test_tcp_forged_or_one_sided);
	CU_add_test(suite, "test_tcp_forged_acks", test_tcp_forged_acks);
	CU_add_test(suite, "test_tcp_forged_syn", test_tcp_forged_syn);
	CU_add_test(suite, "test_tcp_forged_end", test_tcp_forged_end);
	CU_add_test(suite, "test_tcp_forged_or_used_again", test_tcp_forged_or_used_again);
	CU_add_test(suite, "test_tcp_forged_or_keep_alive", test_tcp_forged_or_keep_alive);
}
