/*
 * test_stats_dns.c - the table of DNS exchanges: cells of exchanges made by hand, and of packets built here. What is
 * expected was put in.
 */
#include "mkcells.h"
#include "mkpkt.h"

#define T0 UINT64_C(1700000000000000000)

/* An MX question asked twice and its answer. */
static void whole(struct mkcells *m, struct flow *f, struct dns_tx *x, struct dns_answer kept[4])
{
	memset(x, 0, sizeof(*x));
	memset(kept, 0, 4 * sizeof(*kept));
	mkcells_flow(f, IP_UDP, 53, 9);
	x->flow = f;
	x->client = 1;
	x->flags = DNS_QUERY | DNS_RESPONSE | DNS_RECURSION_DESIRED;
	x->name = mkcells_text(m, "shop.example");
	x->id = 4660;
	x->type = 15;
	x->class_ = 1;
	x->rcode = 0;
	x->questions = 1;
	x->answers = 2;
	x->authorities = 1;
	x->additionals = 3;
	x->retries = 1;
	x->extra_responses = 4;
	x->query_bytes = 30;
	x->response_bytes = 90;
	x->query_ns = T0;
	x->last_query_ns = T0 + 5000;
	x->response_ns = T0 + 5200;
	x->query_num = 3;
	x->last_query_num = 5;
	x->response_num = 6;
	x->kept = kept;
	x->kept_count = 4;
	kept[0].data = mkcells_text(m, "mx1.example 10");
	kept[1].section = 1;
	kept[1].data = mkcells_text(m, "ns.example");
	kept[2].data = mkcells_text(m, "mx2.example 20");
	kept[3].section = 2;
	kept[3].data = mkcells_text(m, "10.9.8.7");
}

static void test_stats_dns_whole(void)
{
	static const struct {
		const char *column;
		uint64_t want;
	} numbers[] = {
		{ "time", T0 }, { "client_port", 40000 }, { "server_port", 53 }, { "id", 4660 }, { "answer_count", 2 },
		{ "authority_count", 1 }, { "additional_count", 3 }, { "latency", 5200 }, { "retries", 1 }, { "extra_responses", 4 },
		{ "query_bytes", 30 }, { "response_bytes", 90 }, { "flow", 9 }, { "query_packet", 3 },
		{ "last_query_packet", 5 }, { "response_packet", 6 }, { "section", 2 },
	};
	static const struct {
		const char *column, *want;
	} texts[] = {
		{ "client", "10.0.0.2" }, { "server", "10.0.0.1" }, { "protocol", "udp" }, { "name", "shop.example" },
		{ "type", "MX" }, { "class", "IN" }, { "rcode", "NOERROR" }, { "answers", "mx1.example 10, mx2.example 20" },
		{ "opcode", "query" }, { "flags", "recursion_desired" }, { "source", "web.pcapng" },
	};
	struct dns_answer kept[4];
	struct mkcells m;
	struct dns_tx x;
	struct flow f;

	mkcells_init(&m, &dns_def);
	whole(&m, &f, &x, kept);
	dns_row(&m.cells, &x);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		CU_ASSERT_EQUAL(run_num(m.t, 0, numbers[i].column), numbers[i].want);
	}
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		CU_ASSERT_TRUE(run_text_is(m.t, 0, texts[i].column, texts[i].want));
	}
	mkcells_release(&m);
}

static void test_stats_dns_halves(void)
{
	static const char *const response[] = {
		"rcode",   "answers",         "answer_count",   "authority_count", "additional_count",
		"latency", "extra_responses", "response_bytes", "response_packet", NULL
	};
	static const char *const query[] = { "latency",      "retries",           "query_bytes",
					     "query_packet", "last_query_packet", NULL };
	static const char *const question[] = { "name", "type", "class", NULL };
	struct dns_answer kept[4];
	struct mkcells m;
	struct dns_tx x;
	struct flow f;

	mkcells_init(&m, &dns_def);
	whole(&m, &f, &x, kept);
	x.flags = DNS_QUERY;
	x.rcode = 65535;
	x.response_ns = x.response_num = x.kept_count = x.response_bytes = 0;
	x.answers = x.authorities = x.additionals = 0;
	dns_row(&m.cells, &x);
	mkcells_unknown(m.t, 0, response);
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "flags", "no_response"));
	CU_ASSERT_EQUAL(run_num(m.t, 0, "retries"), 1);
	whole(&m, &f, &x, kept);
	x.flags = DNS_RESPONSE | DNS_OVER_TCP | DNS_TRUNCATED | DNS_AUTHORITATIVE | DNS_MALFORMED | DNS_CUT |
		  DNS_ANSWERS_CUT;
	x.query_ns = x.last_query_ns = x.query_num = x.last_query_num = x.query_bytes = x.retries = 0;
	x.name = NULL;
	x.questions = 0;
	x.rcode = 3;
	x.answers = 0;
	x.kept_count = 0;
	dns_row(&m.cells, &x);
	mkcells_unknown(m.t, 1, query);
	mkcells_unknown(m.t, 1, question);
	CU_ASSERT_EQUAL(run_num(m.t, 1, "time"), T0 + 5200);
	CU_ASSERT_TRUE(run_text_is(m.t, 1, "protocol", "tcp"));
	CU_ASSERT_TRUE(run_text_is(m.t, 1, "rcode", "NXDOMAIN"));
	CU_ASSERT_TRUE(run_text_is(m.t, 1, "answers", ""));
	CU_ASSERT_EQUAL(run_num(m.t, 1, "answer_count"), 0);
	CU_ASSERT_TRUE(run_text_is(m.t, 1, "flags", "no_query, truncated, authoritative, malformed, cut, answers_cut"));
	mkcells_release(&m);
}

static void test_stats_dns_strange(void)
{
	struct dns_answer kept[4];
	struct mkcells m;
	struct dns_tx x;
	struct flow f;

	mkcells_init(&m, &dns_def);
	whole(&m, &f, &x, kept);
	x.name = mkcells_text(&m, "");
	x.type = 65399;
	x.class_ = 999;
	x.rcode = 31;
	x.opcode = 3;
	x.flags |= DNS_MULTICAST;
	x.flow = NULL;
	x.id = 0;
	kept[0].data = NULL;
	dns_row(&m.cells, &x);
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "name", "."));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "type", "TYPE65399"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "class", "999"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "rcode", "RCODE31"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "opcode", "3"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "protocol", "mdns"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "answers", "mx2.example 20"));
	CU_ASSERT_EQUAL(run_num(m.t, 0, "id"), 0);
	CU_ASSERT_TRUE(run_unknown(m.t, 0, "client"));
	x.class_ = 3;
	x.opcode = 5;
	dns_row(&m.cells, &x);
	CU_ASSERT_TRUE(run_text_is(m.t, 1, "class", "CH"));
	CU_ASSERT_TRUE(run_text_is(m.t, 1, "opcode", "update"));
	x.name = NULL;
	mkcells_flow(&f, IP_UDP, 5355, 1);
	x.flow = &f;
	dns_row(&m.cells, &x);
	CU_ASSERT_TRUE(run_text_is(m.t, 2, "protocol", "llmnr"));
	CU_ASSERT_TRUE(run_unknown(m.t, 2, "name"));
	CU_ASSERT_TRUE(run_text_is(m.t, 2, "type", "TYPE65399"));
	mkcells_release(&m);
}

/* ---- through the engine ------------------------------------------------------------------------------- */

/* A query for shop.example, type A; a response that adds an answer by a pointer to the name. */
static const uint8_t query[] = { 0x12, 0x34, 1,	  0,   0,   1,	 0, 0,	 0,   0,   0,	0,   4,	  's', 'h', 'o',
				 'p',  7,    'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0,	1,   0,	  1 };
static const uint8_t answer[] = { 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 1, 2, 3 };

static void test_stats_dns_of_packets(void)
{
	uint8_t response[sizeof(query) + sizeof(answer)];
	const struct table *t;
	struct mkconv c;
	struct mkcap m;
	struct run r;

	memcpy(response, query, sizeof(query));
	memcpy(response + sizeof(query), answer, sizeof(answer));
	response[2] = 0x81;
	response[3] = 0x80;
	response[7] = 1;
	mkcap_init(&m, false);
	mkcap_section(&m, 0);
	mkcap_idb(&m, 1, 0, 9, NULL);
	mkconv_init(&c, &m, "10.0.0.9", 40000, "10.0.0.2", 53, T0);
	mkconv_udp(&c, 0, query, sizeof(query));
	c.now = T0 + 700;
	mkconv_udp(&c, 1, response, sizeof(response));
	run_report_of(&r, &m, 2, 4096);
	t = run_table(&r, "dns");
	CU_ASSERT_EQUAL_FATAL(t->row_count, 1);
	CU_ASSERT_EQUAL(run_num(t, 0, "time"), T0);
	CU_ASSERT_EQUAL(run_num(t, 0, "latency"), 700);
	CU_ASSERT_EQUAL(run_num(t, 0, "query_packet"), 1);
	CU_ASSERT_EQUAL(run_num(t, 0, "response_packet"), 2);
	CU_ASSERT_EQUAL(run_num(t, 0, "id"), 0x1234);
	CU_ASSERT_TRUE(run_text_is(t, 0, "client", "10.0.0.9"));
	CU_ASSERT_TRUE(run_text_is(t, 0, "name", "shop.example"));
	CU_ASSERT_TRUE(run_text_is(t, 0, "type", "A"));
	CU_ASSERT_TRUE(run_text_is(t, 0, "rcode", "NOERROR"));
	CU_ASSERT_TRUE(run_text_is(t, 0, "answers", "10.1.2.3"));
	CU_ASSERT_EQUAL(run_num(t, 0, "query_bytes"), sizeof(query));
	CU_ASSERT_EQUAL(run_num(t, 0, "response_bytes"), sizeof(response));
	CU_ASSERT_EQUAL(run_num(t, 0, "retries"), 0);
	run_release(&r);
	mkcap_release(&m);
}

void suite_stats_dns(CU_pSuite suite);

void suite_stats_dns(CU_pSuite suite)
{
	CU_add_test(suite, "test_stats_dns_whole", test_stats_dns_whole);
	CU_add_test(suite, "test_stats_dns_halves", test_stats_dns_halves);
	CU_add_test(suite, "test_stats_dns_strange", test_stats_dns_strange);
	CU_add_test(suite, "test_stats_dns_of_packets", test_stats_dns_of_packets);
}
