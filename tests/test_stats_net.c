/*
 * test_stats_net.c - the tables endpoints, ports, protocols, tcp_health, interfaces, and what sources and quality say
 * of packets: a few conversations built here, through the whole engine. Numbers expected are sums over what was
 * put in.
 */
#include "mkpkt.h"
#include "mkrun.h"

#define T0 UINT64_C(1700000000000000000)
#define US UINT64_C(1000)
#define MS UINT64_C(1000000)

/* Bytes of a frame around its payload: Ethernet 14, IPv4 20, TCP 20 (SYN: 4 of options) or UDP 8. */
#define TCP_HEAD 54
#define SYN_HEAD 58
#define UDP_HEAD 42

enum { F_SYN = 2, F_RST = 4, F_ACK = 16 };

#define GET "GET /shop HTTP/1.1\r\nHost: shop.example\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define GET_LEN (sizeof(GET) - 1)
#define OK_LEN (sizeof(OK) - 1)

/* ---- the story ------------------------------------------------------------------------------------------- */

/* Packets and bytes of one HTTP exchange, by the side that sends them. */
enum {
	WEB_CLIENT_PACKETS = 6,	/* SYN, ACK, GET, ACK of the response, FIN, last ACK */
	WEB_SERVER_PACKETS = 4,	/* SYN+ACK, ACK of the request, response, FIN */
	WEB_CLIENT_BYTES = SYN_HEAD + 5 * TCP_HEAD + (int)GET_LEN,
	WEB_SERVER_BYTES = SYN_HEAD + 3 * TCP_HEAD + (int)OK_LEN,
};

/* The server answers the SYN after rtt_server, the client that after rtt_client. */
static void web(struct mkcap *m, const char *client, uint16_t port, uint64_t at, uint64_t rtt_server,
		uint64_t rtt_client)
{
	struct mkconv c;

	mkconv_init(&c, m, client, port, "10.0.0.2", 80, at);
	mkconv_raw(&c, 0, 999, 0, F_SYN, NULL, 0);
	c.now = at + rtt_server;
	mkconv_raw(&c, 1, 4999, 1000, F_SYN | F_ACK, NULL, 0);
	c.now = at + rtt_server + rtt_client;
	mkconv_raw(&c, 0, 1000, 5000, F_ACK, NULL, 0);
	mkconv_say(&c, 0, GET);
	mkconv_say(&c, 1, OK);
	mkconv_close(&c, 0);
}

/* shop.example, type A; with an answer of 10.0.0.2 through the alias edge.example. */
static const uint8_t dns_query[] =
	"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04shop\x07" "example\x00\x00\x01\x00\x01";
static const uint8_t dns_answer[] =
	"\x12\x34\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00\x04shop\x07" "example\x00\x00\x01\x00\x01"
	"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x07\x04" "edge\xc0\x11"
	"\xc0\x2a\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00\x00\x02";
#define QUERY_LEN (sizeof(dns_query) - 1)
#define ANSWER_LEN (sizeof(dns_answer) - 1)

static void resolve(struct mkcap *m, uint64_t at)
{
	struct mkconv c;

	mkconv_init(&c, m, "10.0.0.1", 5453, "10.0.0.53", 53, at);
	mkconv_udp(&c, 0, dns_query, QUERY_LEN);
	mkconv_udp(&c, 1, dns_answer, ANSWER_LEN);
}

/* Refused at 10.0.0.2:81, nothing at 10.0.0.9:82, UDP into the void. */
static void failures(struct mkcap *m, uint64_t at)
{
	struct mkconv c;

	mkconv_init(&c, m, "10.0.0.3", 40001, "10.0.0.2", 81, at);
	mkconv_raw(&c, 0, 1, 0, F_SYN, NULL, 0);
	mkconv_raw(&c, 1, 0, 2, F_RST | F_ACK, NULL, 0);
	mkconv_init(&c, m, "10.0.0.3", 40002, "10.0.0.9", 82, at + MS);
	mkconv_raw(&c, 0, 1, 0, F_SYN, NULL, 0);
	mkconv_init(&c, m, "10.0.0.3", 40003, "10.0.0.9", 9999, at + 2 * MS);
	mkconv_udp(&c, 0, "lost", 4);
}

/* A name resolution block (type 4): one record of an IPv4 address. */
static void name_record(struct mkcap *m, const char *ip, const char *name)
{
	size_t len = strlen(name) + 1;

	mkcap_block_begin(m, 4);
	mkcap_u16(&m->out, 1, m->big_endian);
	mkcap_u16(&m->out, (uint16_t)(4 + len), m->big_endian);
	mkcap_ip4(&m->out, ip);
	buf_add(&m->out, name, len);
	for (size_t i = 4 + len; i % 4 != 0; i++) {
		buf_addc(&m->out, '\0');
	}
	mkcap_u32(&m->out, 0, m->big_endian);
	mkcap_block_end(m);
}

/* Three web connections (one to another address), a name looked up, failures. */
static void story(struct mkcap *m)
{
	mkcap_init(m, false);
	mkcap_section(m, 0);
	mkcap_idb(m, 1, 0, 9, "eth0");
	name_record(m, "10.0.0.53", "resolver.lan");
	resolve(m, T0);
	web(m, "10.0.0.1", 40000, T0 + 10 * MS, 2 * MS, 300 * US);
	web(m, "10.0.0.1", 40001, T0 + 20 * MS, 4 * MS, 500 * US);
	web(m, "10.0.0.3", 40000, T0 + 30 * MS, 3 * MS, 400 * US);
	failures(m, T0 + 50 * MS);
}

#define STORY_PACKETS (2 + 3 * 10 + 4)

static void run_story(struct run *r)
{
	struct mkcap m;

	story(&m);
	run_report_of(r, &m, 2, 4096);
	mkcap_release(&m);
}

/* ---- endpoints --------------------------------------------------------------------------------------------- */

static void test_stats_net_endpoints(void)
{
	const struct table *t;
	struct run r;
	size_t row;

	run_story(&r);
	t = run_table(&r, "endpoints");
	CU_ASSERT_EQUAL(t->row_count, 5);
	row = run_row_text(t, "address", "10.0.0.2");
	CU_ASSERT_TRUE(run_text_is(t, row, "names", "shop.example"));
	CU_ASSERT_TRUE(run_text_is(t, row, "names_from", "dns"));
	CU_ASSERT_TRUE(run_text_is(t, row, "serves", "80/tcp http"));
	CU_ASSERT_EQUAL(run_num(t, row, "flows_client"), 0);
	CU_ASSERT_EQUAL(run_num(t, row, "flows_server"), 4);
	CU_ASSERT_EQUAL(run_num(t, row, "peers"), 2);
	CU_ASSERT_EQUAL(run_num(t, row, "packets_sent"), 3 * WEB_SERVER_PACKETS + 1);
	CU_ASSERT_EQUAL(run_num(t, row, "packets_received"), 3 * WEB_CLIENT_PACKETS + 1);
	CU_ASSERT_EQUAL(run_num(t, row, "bytes_sent"), 3 * WEB_SERVER_BYTES + TCP_HEAD);
	CU_ASSERT_EQUAL(run_num(t, row, "bytes_received"), 3 * WEB_CLIENT_BYTES + SYN_HEAD);
	CU_ASSERT_EQUAL(run_num(t, row, "first_seen"), T0 + 10 * MS);
	CU_ASSERT_EQUAL(run_num(t, row, "last_seen"), T0 + 50 * MS + 1000);
	CU_ASSERT_TRUE(run_text_is(t, row, "source", "capture.scap"));
	CU_ASSERT_EQUAL(row, 0);	/* most bytes */
	row = run_row_text(t, "address", "10.0.0.3");
	CU_ASSERT_TRUE(run_unknown(t, row, "names"));
	CU_ASSERT_TRUE(run_unknown(t, row, "names_from"));
	CU_ASSERT_TRUE(run_unknown(t, row, "serves"));
	CU_ASSERT_EQUAL(run_num(t, row, "flows_client"), 4);
	CU_ASSERT_EQUAL(run_num(t, row, "failed"), 3);
	CU_ASSERT_EQUAL(run_num(t, row, "peers"), 2);
	row = run_row_text(t, "address", "10.0.0.53");
	CU_ASSERT_TRUE(run_text_is(t, row, "names", "resolver.lan"));
	CU_ASSERT_TRUE(run_text_is(t, row, "names_from", "capture"));
	CU_ASSERT_TRUE(run_text_is(t, row, "serves", "53/udp dns"));
	CU_ASSERT_EQUAL(run_num(t, row, "bytes_sent"), UDP_HEAD + ANSWER_LEN);
	row = run_row_text(t, "address", "10.0.0.9");
	CU_ASSERT_EQUAL(run_num(t, row, "flows_server"), 2);
	CU_ASSERT_EQUAL(run_num(t, row, "packets_sent"), 0);
	CU_ASSERT_TRUE(run_unknown(t, row, "serves"));
	run_release(&r);
}

static void icmp(struct mkcap *m, uint64_t at, const char *from, const char *to, uint8_t type)
{
	struct mkpkt p;

	mkpkt_init(&p);
	mkpkt_eth(&p, 0x0800);
	mkpkt_ip4(&p, from, to, 1);
	mkpkt_icmp(&p, type, 0);
	mkpkt_end(&p);
	mkcap_epb(m, 0, at, p.bytes, p.len, p.len);
	mkpkt_release(&p);
}

/* What nobody has to answer did not fail. */
static void test_stats_net_failed(void)
{
	static const struct {
		const char *to;
		uint8_t icmp;		/* 0: a datagram */
		uint64_t failed;
	} cases[] = {
		{ "10.0.0.9", 0, 1 },	{ "224.0.0.251", 0, 0 }, { "255.255.255.255", 0, 0 },
		{ "239.1.2.3", 0, 0 },	{ "10.0.0.9", 8, 1 },	 { "224.0.0.1", 8, 0 },
		{ "10.0.0.9", 10, 0 },	{ "240.0.0.1", 0, 1 },	 { "223.1.1.1", 0, 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct table *t;
		struct mkconv c;
		struct mkcap m;
		struct run r;

		mkcap_init(&m, false);
		mkcap_section(&m, 0);
		mkcap_idb(&m, 1, 0, 9, NULL);
		if (cases[i].icmp != 0) {
			icmp(&m, T0, "10.0.0.1", cases[i].to, cases[i].icmp);
		} else {
			mkconv_init(&c, &m, "10.0.0.1", 7777, cases[i].to, 7777, T0);
			mkconv_udp(&c, 0, "x", 1);
		}
		run_report_of(&r, &m, 1, 4096);
		t = run_table(&r, "endpoints");
		CU_ASSERT_EQUAL(run_num(t, run_row_text(t, "address", "10.0.0.1"), "failed"), cases[i].failed);
		if (cases[i].icmp == 0) {
			CU_ASSERT_EQUAL(run_num(run_table(&r, "ports"), 0, "unanswered"), cases[i].failed);
		} else {
			CU_ASSERT_EQUAL(run_table(&r, "ports")->row_count, 0);
		}
		run_release(&r);
		mkcap_release(&m);
	}
}

/* Names and ports beyond what a cell holds: the first ones, and a sign that there are more. */
static void test_stats_net_endpoints_of_many(void)
{
	static const char want_ports[] = "1000/tcp http, 1001/tcp http, 1002/tcp http, 1003/tcp http, 1004/tcp http, "
					 "1005/tcp http, 1006/tcp http, 1007/tcp http, 1008/tcp http, 1009/tcp http, "
					 "1010/tcp http, 1011/tcp http, 1012/tcp http, 1013/tcp http, 1014/tcp http, "
					 "1015/tcp http, ...";
	const struct table *t;
	struct mkcap m;
	struct run r;
	size_t row;

	mkcap_init(&m, false);
	mkcap_section(&m, 0);
	mkcap_idb(&m, 1, 0, 9, NULL);
	for (unsigned int i = 0; i < 10; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%u", i);
		name_record(&m, "10.0.0.2", name);
	}
	for (unsigned int i = 0; i < 20; i++) {
		struct mkconv c;

		mkconv_init(&c, &m, "10.0.0.1", 40000, "10.0.0.2", (uint16_t)(1000 + i), T0 + i * MS);
		mkconv_open(&c);
		mkconv_say(&c, 0, GET);
		mkconv_say(&c, 1, OK);
	}
	run_report_of(&r, &m, 2, 4096);
	t = run_table(&r, "endpoints");
	row = run_row_text(t, "address", "10.0.0.2");
	CU_ASSERT_TRUE(run_text_is(t, row, "names", "n0, n1, n2, n3, n4, n5, n6, n7, ..."));
	CU_ASSERT_TRUE(run_text_is(t, row, "serves", want_ports));
	run_release(&r);
	mkcap_release(&m);
}

/* ---- ports --------------------------------------------------------------------------------------------------- */

static void test_stats_net_ports(void)
{
	const struct table *t;
	struct run r;
	size_t row;

	run_story(&r);
	t = run_table(&r, "ports");
	CU_ASSERT_EQUAL(t->row_count, 5);
	row = run_row_num(t, "port", 80);
	CU_ASSERT_EQUAL(row, 0);
	CU_ASSERT_TRUE(run_text_is(t, row, "protocol", "tcp"));
	CU_ASSERT_TRUE(run_text_is(t, row, "services", "http"));
	CU_ASSERT_EQUAL(run_num(t, row, "flows"), 3);
	CU_ASSERT_EQUAL(run_num(t, row, "clients"), 2);
	CU_ASSERT_EQUAL(run_num(t, row, "servers"), 1);
	CU_ASSERT_EQUAL(run_num(t, row, "packets"), 30);
	CU_ASSERT_EQUAL(run_num(t, row, "bytes"), 3 * (WEB_CLIENT_BYTES + WEB_SERVER_BYTES));
	CU_ASSERT_EQUAL(run_num(t, row, "payload"), 3 * (GET_LEN + OK_LEN));
	CU_ASSERT_EQUAL(run_num(t, row, "rejected"), 0);
	CU_ASSERT_EQUAL(run_num(t, row, "unanswered"), 0);
	row = run_row_num(t, "port", 81);
	CU_ASSERT_EQUAL(run_num(t, row, "rejected"), 1);
	CU_ASSERT_EQUAL(run_num(t, row, "unanswered"), 0);
	row = run_row_num(t, "port", 82);
	CU_ASSERT_EQUAL(run_num(t, row, "rejected"), 0);
	CU_ASSERT_EQUAL(run_num(t, row, "unanswered"), 1);
	row = run_row_num(t, "port", 9999);
	CU_ASSERT_TRUE(run_text_is(t, row, "protocol", "udp"));
	CU_ASSERT_EQUAL(run_num(t, row, "unanswered"), 1);
	row = run_row_num(t, "port", 53);
	CU_ASSERT_TRUE(run_text_is(t, row, "services", "dns"));
	CU_ASSERT_EQUAL(run_num(t, row, "unanswered"), 0);
	CU_ASSERT_EQUAL(run_sum(t, "packets"), STORY_PACKETS);
	run_release(&r);
}

/* ---- protocols ----------------------------------------------------------------------------------------------- */

static void check_path(const struct table *t, size_t row, const char *path, uint64_t level, uint64_t frames,
		       uint64_t bytes)
{
	CU_ASSERT_TRUE(run_text_is(t, row, "path", path));
	CU_ASSERT_EQUAL(run_num(t, row, "level"), level);
	CU_ASSERT_EQUAL(run_num(t, row, "frames"), frames);
	CU_ASSERT_EQUAL(run_num(t, row, "bytes"), bytes);
}

static void test_stats_net_protocols(void)
{
	uint64_t web_bytes = 3 * (WEB_CLIENT_BYTES + WEB_SERVER_BYTES);
	uint64_t tcp_bytes = web_bytes + 2 * SYN_HEAD + TCP_HEAD;
	uint64_t dns_bytes = 2 * UDP_HEAD + QUERY_LEN + ANSWER_LEN;
	uint64_t udp_bytes = dns_bytes + UDP_HEAD + 4;
	const struct table *t;
	struct run r;

	run_story(&r);
	t = run_table(&r, "protocols");
	CU_ASSERT_EQUAL_FATAL(t->row_count, 7);
	check_path(t, 0, "eth", 1, STORY_PACKETS, tcp_bytes + udp_bytes);
	check_path(t, 1, "eth:ip", 2, STORY_PACKETS, tcp_bytes + udp_bytes);
	check_path(t, 2, "eth:ip:tcp", 3, 33, tcp_bytes);
	check_path(t, 3, "eth:ip:tcp:http", 4, 30, web_bytes);
	CU_ASSERT_EQUAL(run_num(t, 2, "payload_frames"), 6);
	CU_ASSERT_EQUAL(run_num(t, 3, "payload_frames"), 6);
	CU_ASSERT_EQUAL(run_num(t, 3, "payload"), 3 * (GET_LEN + OK_LEN));
	check_path(t, 4, "eth:ip:udp", 3, 3, udp_bytes);
	/* By name: what nothing is known of is data. */
	check_path(t, 5, "eth:ip:udp:data", 4, 1, UDP_HEAD + 4);
	check_path(t, 6, "eth:ip:udp:dns", 4, 2, dns_bytes);
	CU_ASSERT_EQUAL(run_num(t, 6, "payload"), QUERY_LEN + ANSWER_LEN);
	CU_ASSERT_EQUAL(run_cell(t, 0, "share").v.f, 100.0);
	CU_ASSERT_DOUBLE_EQUAL(run_cell(t, 3, "share").v.f,
			       100.0 * (double)web_bytes / (double)(tcp_bytes + udp_bytes), 0.0051);
	run_release(&r);
}

/* ---- tcp_health ---------------------------------------------------------------------------------------------- */

static void test_stats_net_tcp_health(void)
{
	const struct table *t;
	struct run r;
	size_t row;

	run_story(&r);
	t = run_table(&r, "tcp_health");
	CU_ASSERT_EQUAL(t->row_count, 3);
	row = run_row_num(t, "port", 80);
	CU_ASSERT_EQUAL(row, 0);
	CU_ASSERT_TRUE(run_text_is(t, row, "server", "10.0.0.2"));
	CU_ASSERT_TRUE(run_text_is(t, row, "service", "http"));
	CU_ASSERT_EQUAL(run_num(t, row, "flows"), 3);
	CU_ASSERT_EQUAL(run_num(t, row, "established"), 3);
	CU_ASSERT_EQUAL(run_num(t, row, "reset"), 0);
	CU_ASSERT_EQUAL(run_num(t, row, "server_handshakes"), 3);
	CU_ASSERT_DOUBLE_EQUAL((double)run_num(t, row, "server_rtt_p50"), 3e6, 3e6 * 0.032);
	CU_ASSERT_EQUAL(run_num(t, row, "server_rtt_max"), 4 * MS);
	CU_ASSERT_EQUAL(run_num(t, row, "client_handshakes"), 3);
	CU_ASSERT_DOUBLE_EQUAL((double)run_num(t, row, "client_rtt_p50"), 4e5, 4e5 * 0.032);
	CU_ASSERT_EQUAL(run_num(t, row, "client_rtt_max"), 500 * US);
	CU_ASSERT_EQUAL(run_num(t, row, "payload_packets"), 6);
	CU_ASSERT_EQUAL(run_num(t, row, "retransmissions"), 0);
	CU_ASSERT_EQUAL(run_cell(t, row, "retransmission_rate").v.f, 0.0);
	row = run_row_num(t, "port", 81);
	CU_ASSERT_EQUAL(run_num(t, row, "rejected"), 1);
	CU_ASSERT_EQUAL(run_num(t, row, "established"), 0);
	CU_ASSERT_TRUE(run_unknown(t, row, "client_rtt_p50"));
	CU_ASSERT_TRUE(run_unknown(t, row, "retransmission_rate"));
	row = run_row_num(t, "port", 82);
	CU_ASSERT_EQUAL(run_num(t, row, "unanswered"), 1);
	run_release(&r);
}

/* Sent again, torn down, begun before the capture. */
static void test_stats_net_tcp_trouble(void)
{
	const struct table *t;
	struct mkconv c;
	struct mkcap m;
	struct run r;

	mkcap_init(&m, false);
	mkcap_section(&m, 0);
	mkcap_idb(&m, 1, 0, 9, "eth0");
	mkconv_init(&c, &m, "10.0.0.1", 40000, "10.0.0.2", 7000, T0);
	mkconv_open(&c);
	mkconv_say(&c, 0, "0123456789");
	c.now += MS;	/* well after the round trip */
	mkconv_raw(&c, 0, c.seq[0] - 10, c.seq[1], F_ACK, "0123456789", 10);
	mkconv_say(&c, 0, "abcdefgh");
	mkconv_say(&c, 0, "ijklmnop");
	mkconv_reset(&c, 1);
	mkconv_init(&c, &m, "10.0.0.1", 40001, "10.0.0.2", 7000, T0 + 10 * MS);
	mkconv_say(&c, 0, "in the middle");
	mkconv_say(&c, 1, "of it");
	run_report_of(&r, &m, 1, 4096);
	t = run_table(&r, "tcp_health");
	CU_ASSERT_EQUAL_FATAL(t->row_count, 1);
	CU_ASSERT_EQUAL(run_num(t, 0, "flows"), 2);
	CU_ASSERT_EQUAL(run_num(t, 0, "established"), 1);
	CU_ASSERT_EQUAL(run_num(t, 0, "reset"), 1);
	CU_ASSERT_EQUAL(run_num(t, 0, "partial"), 1);
	CU_ASSERT_EQUAL(run_num(t, 0, "payload_packets"), 6);
	CU_ASSERT_EQUAL(run_num(t, 0, "retransmissions"), 1);
	CU_ASSERT_EQUAL(run_num(t, 0, "retransmitted"), 10);
	CU_ASSERT_DOUBLE_EQUAL(run_cell(t, 0, "retransmission_rate").v.f, 16.67, 0.001);
	t = run_table(&r, "packet_io");
	CU_ASSERT_EQUAL(run_sum(t, "retransmissions"), 1);
	CU_ASSERT_EQUAL(run_sum(t, "resets"), 1);
	CU_ASSERT_EQUAL(run_sum(t, "new_flows"), 2);
	t = run_table(&r, "quality");
	CU_ASSERT_EQUAL(run_num(t, run_row_text(t, "kind", "connections begun before the capture"), "count"), 1);
	run_release(&r);
	mkcap_release(&m);
}

/* A scan: the busiest of what was only tried, the rest in one row; what answered is always there. */
static void test_stats_net_tcp_scan(void)
{
	const struct table *t;
	struct mkcap m;
	struct run r;
	size_t row;

	mkcap_init(&m, false);
	mkcap_section(&m, 0);
	mkcap_idb(&m, 1, 0, 9, "eth0");
	for (unsigned int i = 0; i < 1500; i++) {
		struct mkconv c;

		mkconv_init(&c, &m, "10.0.0.1", 40000, "10.0.0.2", (uint16_t)(1000 + i), T0 + i * MS);
		if (i == 1400) {
			mkconv_open(&c);
			continue;
		}
		mkconv_raw(&c, 0, 1, 0, F_SYN, NULL, 0);
		if (i % 3 == 0) {
			mkconv_raw(&c, 1, 0, 2, F_RST | F_ACK, NULL, 0);
		}
	}
	run_report_of(&r, &m, 2, 4096);
	t = run_table(&r, "tcp_health");
	CU_ASSERT_EQUAL(t->row_count, 1000 + 1 + 1);
	CU_ASSERT_EQUAL(run_sum(t, "flows"), 1500);
	CU_ASSERT_EQUAL(run_sum(t, "rejected"), 500);
	CU_ASSERT_EQUAL(run_sum(t, "unanswered"), 999);
	CU_ASSERT_EQUAL(run_sum(t, "established"), 1);
	row = run_row_num(t, "port", 2400);
	CU_ASSERT_EQUAL(run_num(t, row, "established"), 1);
	row = run_row_text(t, "server", "(499 more that were only tried)");
	CU_ASSERT_EQUAL(row, t->row_count - 1);
	CU_ASSERT_EQUAL(run_num(t, row, "flows"), 499);
	CU_ASSERT_TRUE(run_unknown(t, row, "port"));
	CU_ASSERT_TRUE(run_unknown(t, row, "service"));
	CU_ASSERT_TRUE(run_unknown(t, row, "server_rtt_p50"));
	run_release(&r);
	mkcap_release(&m);
}

/* ---- interfaces, sources, quality ---------------------------------------------------------------------------- */

static void interface_drops(struct mkcap *m, uint32_t id, uint64_t by_interface, uint64_t by_os)
{
	struct buf x;

	buf_init(&x, 64);
	mkcap_u64(&x, by_interface, false);
	mkcap_u64(&x, by_os, false);
	mkcap_block_begin(m, 5);
	mkcap_u32(&m->out, id, false);
	mkcap_u64(&m->out, 0, false);
	mkcap_option(m, 5, x.data, 8);
	mkcap_option(m, 7, x.data + 8, 8);
	mkcap_option_end(m);
	mkcap_block_end(m);
	buf_release(&x);
}

static void test_stats_net_interfaces(void)
{
	static const uint8_t frame[60] = { 0 };
	const struct table *t;
	struct mkcap m;
	struct run r;

	mkcap_init(&m, false);
	mkcap_section(&m, 0);
	mkcap_idb(&m, 1, 0, 9, "eth0");
	mkcap_idb(&m, 276, 40, 6, NULL);
	mkcap_idb(&m, 1, 40, 9, "eth2");
	mkcap_epb(&m, 0, T0, frame, 60, 60);
	mkcap_epb(&m, 1, T0 / 1000, frame, 40, 60);
	mkcap_epb(&m, 1, T0 / 1000, frame, 40, 61);
	mkcap_epb(&m, 2, T0, frame, 40, 62);
	mkcap_epb(&m, 0, 0, frame, 60, 60);	/* no time */
	interface_drops(&m, 0, 3, 5);
	interface_drops(&m, 1, 10, 0);
	run_report_of(&r, &m, 2, 4096);
	t = run_table(&r, "interfaces");
	CU_ASSERT_EQUAL_FATAL(t->row_count, 3);
	CU_ASSERT_TRUE(run_text_is(t, 0, "name", "eth0"));
	CU_ASSERT_TRUE(run_text_is(t, 0, "link_type", "ethernet"));
	CU_ASSERT_TRUE(run_unknown(t, 0, "snaplen"));
	CU_ASSERT_EQUAL(run_num(t, 0, "resolution"), 1);
	CU_ASSERT_EQUAL(run_num(t, 0, "packets"), 2);
	CU_ASSERT_EQUAL(run_num(t, 0, "cut"), 0);
	CU_ASSERT_EQUAL(run_num(t, 0, "dropped_interface"), 3);
	CU_ASSERT_EQUAL(run_num(t, 0, "dropped_system"), 5);
	CU_ASSERT_TRUE(run_unknown(t, 1, "name"));
	CU_ASSERT_TRUE(run_text_is(t, 1, "link_type", "linux cooked v2"));
	CU_ASSERT_EQUAL(run_num(t, 1, "snaplen"), 40);
	CU_ASSERT_EQUAL(run_num(t, 1, "resolution"), 1000);
	CU_ASSERT_EQUAL(run_num(t, 1, "packets"), 2);
	CU_ASSERT_EQUAL(run_num(t, 1, "bytes"), 121);
	CU_ASSERT_EQUAL(run_num(t, 1, "cut"), 2);
	CU_ASSERT_EQUAL(run_num(t, 2, "interface"), 2);
	CU_ASSERT_TRUE(run_unknown(t, 2, "dropped_interface"));
	CU_ASSERT_TRUE(run_unknown(t, 2, "dropped_system"));
	t = run_table(&r, "sources");
	CU_ASSERT_EQUAL(run_num(t, 0, "interfaces"), 3);
	CU_ASSERT_EQUAL(run_num(t, 0, "packets_cut"), 3);
	CU_ASSERT_EQUAL(run_num(t, 0, "packets_dropped"), 18);
	t = run_table(&r, "quality");
	CU_ASSERT_TRUE(run_text_is(t, run_row_text(t, "kind", "packets dropped by the interface"), "detail",
				   "by the interface statistics of the capture: 3 on eth0, 10 on interface 1"));
	CU_ASSERT_EQUAL(run_num(t, run_row_text(t, "kind", "packets dropped by the interface"), "count"), 13);
	CU_ASSERT_TRUE(run_text_is(t, run_row_text(t, "kind", "packets dropped by the system"), "detail",
				   "by the interface statistics of the capture: 5 on eth0"));
	CU_ASSERT_TRUE(
		run_text_is(t, run_row_text(t, "kind", "packets cut"), "detail",
			    "shorter than on the wire: snap length of the recorder: 2 on interface 1, 1 on eth2"));
	CU_ASSERT_EQUAL(run_num(t, run_row_text(t, "kind", "packets without time"), "count"), 1);
	run_release(&r);
	mkcap_release(&m);
}

static void test_stats_net_sources(void)
{
	const struct table *t;
	struct run r;

	run_story(&r);
	t = run_table(&r, "sources");
	CU_ASSERT_EQUAL(run_num(t, 0, "packets"), STORY_PACKETS);
	CU_ASSERT_EQUAL(run_num(t, 0, "flows"), 7);
	CU_ASSERT_EQUAL(run_num(t, 0, "http"), 3);
	CU_ASSERT_EQUAL(run_num(t, 0, "dns"), 1);
	CU_ASSERT_EQUAL(run_num(t, 0, "tls"), 0);
	CU_ASSERT_EQUAL(run_num(t, 0, "packets_cut"), 0);
	CU_ASSERT_TRUE(run_unknown(t, 0, "packets_dropped"));
	CU_ASSERT_EQUAL(run_table(&r, "quality")->row_count, 0);
	CU_ASSERT_EQUAL(run_sum(run_table(&r, "packet_io"), "packets"), STORY_PACKETS);
	CU_ASSERT_EQUAL(run_sum(run_table(&r, "packet_io"), "new_flows"), 7);
	run_release(&r);
}

/* Two copies of a capture in one run: tables by source have each, the others their sum. */
static void test_stats_net_two_sources(void)
{
	const struct table *t;
	struct mkcap m;
	struct run r;
	struct dir d;

	story(&m);
	dir_init(&d);
	mkcap_save(&m, dir_file(&d, "a.pcapng"));
	mkcap_save(&m, dir_file(&d, "b.pcapng"));
	run_report_on(&r, dir_file(&d, ""), 2, 4096);
	dir_release(&d);
	CU_ASSERT_EQUAL(run_table(&r, "endpoints")->row_count, 10);
	CU_ASSERT_EQUAL(run_table(&r, "tcp_health")->row_count, 6);
	t = run_table(&r, "ports");
	CU_ASSERT_EQUAL(t->row_count, 5);
	CU_ASSERT_EQUAL(run_num(t, 0, "flows"), 6);
	CU_ASSERT_EQUAL(run_num(t, 0, "clients"), 2);
	t = run_table(&r, "protocols");
	CU_ASSERT_EQUAL(t->row_count, 7);
	CU_ASSERT_EQUAL(run_num(t, 0, "frames"), 2 * STORY_PACKETS);
	CU_ASSERT_EQUAL(run_num(t, 3, "frames"), 60);
	t = run_table(&r, "quality");
	CU_ASSERT_EQUAL(run_num(t, run_row_text(t, "kind", "same packets as another source"), "count"), STORY_PACKETS);
	run_release(&r);
	mkcap_release(&m);
}

static void call(struct mkcap *m, uint64_t at)
{
	mkcap_close(m, at, 100, 0, 3);
}

/* The same packets alone, and among events, are the same packets; the events are nobody else's. */
static void test_stats_net_merged_copies(void)
{
	const struct table *t;
	struct mkcap m;
	struct run r;
	struct dir d;

	dir_init(&d);
	story(&m);
	mkcap_save(&m, dir_file(&d, "a.pcapng"));
	mkcap_release(&m);
	story(&m);
	call(&m, T0 - MS);
	call(&m, T0 + 500 * MS);
	mkcap_save(&m, dir_file(&d, "b.pcapng"));
	mkcap_release(&m);
	run_report_on(&r, dir_file(&d, ""), 2, 4096);
	dir_release(&d);
	t = run_table(&r, "quality");
	CU_ASSERT_EQUAL(run_num(t, run_row_text(t, "kind", "same packets as another source"), "count"), STORY_PACKETS);
	for (size_t i = 0; i < t->row_count; i++) {
		CU_ASSERT_FALSE(run_text_is(t, i, "kind", "same events as another source"));
	}
	run_release(&r);
}

void suite_stats_net(CU_pSuite suite);
void suite_stats_net(CU_pSuite suite)
{
	CU_add_test(suite, "test_stats_net_endpoints", test_stats_net_endpoints);
	CU_add_test(suite, "test_stats_net_failed", test_stats_net_failed);
	CU_add_test(suite, "test_stats_net_endpoints_of_many", test_stats_net_endpoints_of_many);
	CU_add_test(suite, "test_stats_net_ports", test_stats_net_ports);
	CU_add_test(suite, "test_stats_net_protocols", test_stats_net_protocols);
	CU_add_test(suite, "test_stats_net_tcp_health", test_stats_net_tcp_health);
	CU_add_test(suite, "test_stats_net_tcp_trouble", test_stats_net_tcp_trouble);
	CU_add_test(suite, "test_stats_net_tcp_scan", test_stats_net_tcp_scan);
	CU_add_test(suite, "test_stats_net_interfaces", test_stats_net_interfaces);
	CU_add_test(suite, "test_stats_net_sources", test_stats_net_sources);
	CU_add_test(suite, "test_stats_net_two_sources", test_stats_net_two_sources);
	CU_add_test(suite, "test_stats_net_merged_copies", test_stats_net_merged_copies);
}
