/*
 * test_tcp.c - states, history, who is the initiator, and times of TCP flows: each case is built segment by
 * segment and its state looked up in the table of Zeek's manual (conn.log, conn_state and history).
 */
#include "mktcp.h"

#define SA (TCP_SYN | TCP_ACK)
#define FA (TCP_FIN | TCP_ACK)

static void test_tcp_normal(void)
{
	struct tcp_case t;
	const struct flow *f;

	case_init(&t);
	mkconv_open(&t.c);
	mkconv_say(&t.c, 0, "hello");
	mkconv_say(&t.c, 1, "welcome");
	mkconv_close(&t.c, 0);
	f = case_flow(&t);
	CU_ASSERT(looks_like(f, "SF", "ShADadFf"));
	CU_ASSERT_EQUAL(f->flags, 0);
	CU_ASSERT_EQUAL(f->key.port[f->client], 40000);
	CU_ASSERT_EQUAL(side_of(f, 0)->packets, 6);
	CU_ASSERT_EQUAL(side_of(f, 1)->packets, 4);
	/* Ethernet, IP, TCP; the SYNs with an option of 4 bytes */
	CU_ASSERT_EQUAL(side_of(f, 0)->bytes, 6 * 54 + 4 + 5);
	CU_ASSERT_EQUAL(side_of(f, 1)->bytes, 4 * 54 + 4 + 7);
	CU_ASSERT_EQUAL(side_of(f, 0)->ip_bytes, 6 * 40 + 4 + 5);
	CU_ASSERT_EQUAL(side_of(f, 0)->payload_bytes, 5);
	CU_ASSERT_EQUAL(side_of(f, 0)->payload_packets, 1);
	CU_ASSERT_EQUAL(side_of(f, 1)->stream_bytes, 7);
	CU_ASSERT_EQUAL(side_of(f, 0)->first_seq, 1001);
	CU_ASSERT_EQUAL(side_of(f, 1)->first_seq, 5001);
	CU_ASSERT_EQUAL(side_of(f, 0)->syns, 1);
	CU_ASSERT_EQUAL(side_of(f, 1)->fins, 1);
	CU_ASSERT_EQUAL(side_of(f, 0)->window_shift, 255);
	CU_ASSERT_EQUAL(side_of(f, 0)->max_window, 65535);
	CU_ASSERT_EQUAL(f->first_num, 1);
	CU_ASSERT_EQUAL(f->last_num, 10);
	CU_ASSERT_EQUAL(f->first_ns, T0 * 1000);
	CU_ASSERT_EQUAL(f->last_ns, T0 * 1000 + 9 * 1000000);
	case_release(&t);
}

static void test_tcp_handshake_times(void)
{
	struct tcp_case t;
	const struct flow *f;

	case_init(&t);
	t.c.step = 30;
	mkconv_open(&t.c);
	f = case_flow(&t);
	CU_ASSERT_EQUAL(f->syn_ns, T0 * 1000);
	CU_ASSERT_EQUAL(f->synack_ns, T0 * 1000 + 30000);
	CU_ASSERT_EQUAL(f->handshake_ns, T0 * 1000 + 60000);
	CU_ASSERT_EQUAL(flow_rtt_server(f), 30000);
	CU_ASSERT_EQUAL(flow_rtt_client(f), 30000);
	CU_ASSERT(looks_like(f, "S1", "ShA"));
	case_release(&t);
	/* a SYN sent again: from the first one on, and no other client */
	case_init(&t);
	mkconv_raw(&t.c, 0, 1000, 0, TCP_SYN, NULL, 0);
	t.c.now += 1000000;
	mkconv_open(&t.c);
	f = case_flow(&t);
	CU_ASSERT_EQUAL(flow_rtt_server(f), UINT64_C(1000000000) + 2 * 1000000);
	CU_ASSERT_EQUAL(side_of(f, 0)->syns, 2);
	CU_ASSERT_EQUAL(side_of(f, 0)->retransmissions, 1);
	CU_ASSERT_EQUAL(marks_of(&t, 2), MARK_RETRANSMISSION);
	CU_ASSERT(looks_like(f, "S1", "ShA"));
	case_release(&t);
	/* times that go backwards tell nothing */
	case_init(&t);
	mkconv_raw(&t.c, 0, 1000, 0, TCP_SYN, NULL, 0);
	t.c.now = T0 - 5;
	mkconv_raw(&t.c, 1, 5000, 1001, SA, NULL, 0);
	f = case_flow(&t);
	CU_ASSERT_EQUAL(flow_rtt_server(f), UINT64_MAX);
	CU_ASSERT_EQUAL(flow_rtt_client(f), UINT64_MAX);
	CU_ASSERT_EQUAL(f->first_ns, (T0 - 5) * 1000);
	case_release(&t);
}

/* One segment each, with the numbers that follow: S SYN, h SYN+ACK, a ACK, d a byte of data, f FIN, F
 * FIN+ACK, r RST, R RST+ACK, q SYN+FIN, i FIN+RST; of the client, unless '<' stands before it. */
struct state_case {
	const char *state, *history, *segments;
};

static const struct state_case state_cases[] = {
	{ "S0", "S", "S" },
	{ "S0", "S", "SS" },
	{ "S1", "Sh", "S<h" },
	{ "S1", "ShADa", "S<had<a" },
	{ "REJ", "Sr", "S<R" },
	{ "S2", "ShAFa", "S<haF<a" },
	{ "S3", "ShAf", "S<ha<Fa" },
	{ "RSTO", "ShADR", "S<hadR" },
	{ "RSTR", "ShADr", "S<had<R" },
	{ "RSTOS0", "SR", "Sr" },
	{ "RSTRH", "^hr", "<h<r" },
	{ "SH", "SF", "Sf" },
	{ "SHR", "^hf", "<h<F" },
	{ "OTH", "A", "a" },
	{ "OTH", "Dad", "d<a<d" },
	{ "OTH", "^d", "<d" },
	/* both closed: a late RST changes nothing; one behind a single FIN does */
	{ "SF", "ShAFfR", "S<haF<Fr" },
	{ "RSTO", "ShAFR", "S<haFr" },
	/* without data, a RST of the client and then one of the server: rejected */
	{ "REJ", "ShRr", "S<hr<r" },
	/* a scan: SYN+ACK answered by RST */
	{ "RSTO", "ShR", "S<hr" },
	{ "SF", "Ff", "F<F" },
	/* flags that do not go together */
	{ "SH", "Q", "q" },
	{ "OTH", "I", "i" },
};

static uint8_t flags_of(char c)
{
	switch (c) {
	case 'S': return TCP_SYN;
	case 'h': return TCP_SYN | TCP_ACK;
	case 'f': return TCP_FIN;
	case 'F': return TCP_FIN | TCP_ACK;
	case 'r': return TCP_RST;
	case 'R': return TCP_RST | TCP_ACK;
	case 'q': return TCP_SYN | TCP_FIN;
	case 'i': return TCP_FIN | TCP_RST;
	default: return TCP_ACK;
	}
}

/* A second SYN of one side is the first one again. */
static void build(struct mkconv *c, const char *segments)
{
	bool opened[2] = { false, false };

	for (; *segments != '\0'; segments++) {
		unsigned int s = *segments == '<' ? 1 : 0;
		char what = s == 1 ? *++segments : *segments;
		uint8_t flags = flags_of(what);
		bool again = (flags & TCP_SYN) != 0 && opened[s];
		uint32_t seq = c->seq[s] - again;

		opened[s] |= (flags & TCP_SYN) != 0;
		c->seq[s] += (what == 'd') + ((flags & (TCP_SYN | TCP_FIN)) != 0 && !again);
		mkconv_raw(c, s, seq, (flags & TCP_ACK) != 0 ? c->seq[1 - s] : 0, flags, "x",
			   what == 'd');
	}
}

static void test_tcp_states(void)
{
	for (size_t i = 0; i < ARRAY_LEN(state_cases); i++) {
		struct tcp_case t;

		case_init(&t);
		build(&t.c, state_cases[i].segments);
		CU_ASSERT(looks_like(case_flow(&t), state_cases[i].state, state_cases[i].history));
		case_release(&t);
	}
}

/* Letters that count: at the powers of ten. */
static void test_tcp_history_powers_of_ten(void)
{
	struct tcp_case t;
	const struct flow *f;

	case_init(&t);
	mkconv_open(&t.c);
	mkconv_say(&t.c, 0, "xy");
	for (unsigned int i = 0; i < 99; i++) {
		say_at(&t.c, 0, 0, "xy");
	}
	f = case_flow(&t);
	CU_ASSERT(looks_like(f, "S1", "ShADaTT"));
	CU_ASSERT_EQUAL(side_of(f, 0)->retransmissions, 99);
	CU_ASSERT_EQUAL(side_of(f, 0)->retransmitted_bytes, 2 * 99);
	CU_ASSERT_EQUAL(side_of(f, 0)->payload_bytes, 2 * 100);
	CU_ASSERT_EQUAL(side_of(f, 0)->stream_bytes, 2);
	case_release(&t);
	/* the hundredth brings the third */
	case_init(&t);
	mkconv_open(&t.c);
	for (unsigned int i = 0; i <= 100; i++) {
		say_at(&t.c, 0, 0, "x");
	}
	CU_ASSERT(looks_like(case_flow(&t), "S1", "ShADTTT"));
	case_release(&t);
}

/* ---- initiator ------------------------------------------------------------------------------- */

struct client_case {
	uint16_t port[2]; /* of side 0, who speaks first, and side 1 */
	unsigned int client; /* side taken for the initiator */
};

static void test_tcp_client_of_missed_start(void)
{
	static const struct client_case cases[] = {
		{ { 40000, 80 }, 0 },   { { 80, 40000 }, 1 },    { { 5432, 40000 }, 1 },
		{ { 40000, 5432 }, 0 }, { { 50001, 50002 }, 0 }, { { 50002, 50001 }, 0 },
		{ { 9999, 33000 }, 1 }, { { 33000, 9999 }, 0 },  { { 700, 5432 }, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct client_case *c = &cases[i];
		struct tcp_case t;
		const struct flow *f;

		case_init(&t);
		t.c.port[0] = c->port[0];
		t.c.port[1] = c->port[1];
		say_at(&t.c, 0, 100, "\x01\x02\x03");
		f = case_flow(&t);
		CU_ASSERT_EQUAL(f->key.port[f->client], c->port[c->client]);
		CU_ASSERT_EQUAL(f->flags, FLOW_START_MISSED | (c->client == 1 ? FLOW_FLIPPED : 0));
		CU_ASSERT_STRING_EQUAL(f->history, c->client == 1 ? "^d" : "D");
		CU_ASSERT_EQUAL(mknet_layer(&t.k, 1, 0)->from_client, c->client == 0);
		case_release(&t);
	}
}

/* A SYN+ACK tells as well as a SYN; the SYN may come behind it. */
static void test_tcp_syn_behind_its_answer(void)
{
	struct tcp_case t;
	const struct flow *f;

	case_init(&t);
	mkconv_raw(&t.c, 1, 5000, 1001, SA, NULL, 0);
	mkconv_raw(&t.c, 0, 1000, 0, TCP_SYN, NULL, 0);
	ack_at(&t.c, 0, 0, 0);
	f = case_flow(&t);
	CU_ASSERT_EQUAL(f->key.port[f->client], 40000);
	CU_ASSERT_EQUAL(f->flags, FLOW_FLIPPED);
	CU_ASSERT(looks_like(f, "S1", "^hSA"));
	case_release(&t);
	case_init(&t);
	mkconv_raw(&t.c, 1, 5000, 1001, SA, NULL, 0);
	ack_at(&t.c, 0, 0, 0);
	f = case_flow(&t);
	CU_ASSERT_EQUAL(f->flags, FLOW_FLIPPED | FLOW_START_MISSED);
	CU_ASSERT(looks_like(f, "S1", "^hA"));
	case_release(&t);
}

static void test_tcp_simultaneous_open(void)
{
	struct tcp_case t;
	const struct flow *f;

	case_init(&t);
	mkconv_raw(&t.c, 0, 1000, 0, TCP_SYN, NULL, 0);
	mkconv_raw(&t.c, 1, 5000, 0, TCP_SYN, NULL, 0);
	mkconv_raw(&t.c, 0, 1000, 5001, SA, NULL, 0);
	mkconv_raw(&t.c, 1, 5000, 1001, SA, NULL, 0);
	say_at(&t.c, 0, 0, "x");
	f = case_flow(&t);
	CU_ASSERT_EQUAL(f->flags, FLOW_SIMULTANEOUS_OPEN);
	CU_ASSERT_EQUAL(f->key.port[f->client], 40000);
	CU_ASSERT_STRING_EQUAL(conn_state_name(f->conn_state), "S1");
	CU_ASSERT_EQUAL(side_of(f, 0)->stream_bytes, 1);
	case_release(&t);
}

/* ---- one flow or two ------------------------------------------------------------------------- */

static void check_two_flows(struct tcp_case *t, const char *first, const char *second)
{
	case_run(t, NULL);
	CU_ASSERT_EQUAL_FATAL(mknet_flow_count(&t->k), 2);
	CU_ASSERT_STRING_EQUAL(conn_state_name(mknet_flow(&t->k, 0)->conn_state), first);
	CU_ASSERT_STRING_EQUAL(conn_state_name(mknet_flow(&t->k, 1)->conn_state), second);
	CU_ASSERT_EQUAL(mknet_flow(&t->k, 0)->flags & FLOW_REUSED, 0);
	CU_ASSERT_EQUAL(mknet_flow(&t->k, 1)->flags & FLOW_REUSED, FLOW_REUSED);
	case_release(t);
}

static void reopen(struct mkconv *c, uint32_t isn0, uint32_t isn1)
{
	c->seq[0] = isn0;
	c->seq[1] = isn1;
	mkconv_open(c);
}

static void test_tcp_tuple_used_again(void)
{
	struct tcp_case t;

	case_init(&t);
	mkconv_open(&t.c);
	mkconv_close(&t.c, 0);
	reopen(&t.c, 90000, 95000);
	check_two_flows(&t, "SF", "S1");
	/* while the old one stands half open */
	case_init(&t);
	mkconv_raw(&t.c, 0, 1000, 0, TCP_SYN, NULL, 0);
	reopen(&t.c, 90000, 95000);
	check_two_flows(&t, "S0", "S1");
	/* and while it is established */
	case_init(&t);
	mkconv_open(&t.c);
	reopen(&t.c, 90000, 95000);
	check_two_flows(&t, "S1", "S1");
	/* the SYN of the second one was missed */
	case_init(&t);
	mkconv_open(&t.c);
	mkconv_close(&t.c, 0);
	mkconv_raw(&t.c, 1, 95000, 90001, SA, NULL, 0);
	check_two_flows(&t, "SF", "OTH");
}

/* An answer to a SYN and late segments stay with the flow that is over. */
static void test_tcp_late_segments(void)
{
	struct tcp_case t;
	const struct flow *f;

	case_init(&t);
	mkconv_open(&t.c);
	mkconv_close(&t.c, 0);
	mkconv_raw(&t.c, 0, 1000, 0, TCP_SYN, NULL, 0);
	mkconv_raw(&t.c, 1, 5000, 1001, SA, NULL, 0);
	mkconv_raw(&t.c, 1, 5001, 1002, FA, NULL, 0);
	mkconv_raw(&t.c, 0, 1002, 5002, TCP_RST, NULL, 0);
	f = case_flow(&t);
	CU_ASSERT_STRING_EQUAL(conn_state_name(f->conn_state), "SF");
	CU_ASSERT_EQUAL(side_of(f, 1)->retransmissions, 2);
	CU_ASSERT_EQUAL(side_of(f, 0)->resets, 1);
	case_release(&t);
}

/* A RST with a number of its own choice ends nothing: what follows is still read. */
static void test_tcp_blind_reset(void)
{
	struct tcp_case t;
	const struct flow *f;

	case_init(&t);
	mkconv_open(&t.c);
	mkconv_raw(&t.c, 1, 5001 + 900000000u, 0, TCP_RST, NULL, 0);
	mkconv_say(&t.c, 0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	f = case_flow(&t);
	CU_ASSERT_EQUAL(f->service, SERVICE_HTTP);
	CU_ASSERT_EQUAL(side_of(f, 1)->resets, 1);
	case_release(&t);
}

void suite_tcp(CU_pSuite suite);

void suite_tcp(CU_pSuite suite)
{
	CU_add_test(suite, "test_tcp_normal", test_tcp_normal);
	CU_add_test(suite, "test_tcp_handshake_times", test_tcp_handshake_times);
	CU_add_test(suite, "test_tcp_states", test_tcp_states);
	CU_add_test(suite, "test_tcp_history_powers_of_ten", test_tcp_history_powers_of_ten);
	CU_add_test(suite, "test_tcp_client_of_missed_start", test_tcp_client_of_missed_start);
	CU_add_test(suite, "test_tcp_syn_behind_its_answer", test_tcp_syn_behind_its_answer);
	CU_add_test(suite, "test_tcp_simultaneous_open", test_tcp_simultaneous_open);
	CU_add_test(suite, "test_tcp_tuple_used_again", test_tcp_tuple_used_again);
	CU_add_test(suite, "test_tcp_late_segments", test_tcp_late_segments);
	CU_add_test(suite, "test_tcp_blind_reset", test_tcp_blind_reset);
}
