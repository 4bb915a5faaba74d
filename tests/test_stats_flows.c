/*
 * test_stats_flows.c - the table of flows: cells of flows made by hand, and flows of packets built here. Numbers
 * expected are those that were put in; names of states are Zeek's.
 */
#include "mkcells.h"
#include "mkpkt.h"
#include "net/service.h"

#define T0 UINT64_C(1700000000000000000)
#define ETH_IP_TCP 54 /* bytes of headers: Ethernet 14, IPv4 20, TCP 20 */
#define SYN_OPTIONS 4 /* the builder's SYNs tell their segment size */

static void tcp_flow(struct flow *f)
{
	mkcells_flow(f, IP_TCP, 80, 7);
	f->conn_state = CONN_SF;
	f->service = SERVICE_HTTP;
	f->service_by = BY_CONTENT;
	f->first_ns = T0;
	f->last_ns = T0 + 900;
	f->syn_ns = T0;
	f->synack_ns = T0 + 30;
	f->handshake_ns = T0 + 35;
	f->first_num = 11;
	f->last_num = 99;
	memcpy(f->history, "ShADadFf", 9);
	f->side[1] = (struct flow_side){ .packets = 5, .bytes = 500, .ip_bytes = 430, .payload_bytes = 230, .stream_bytes = 200,
					 .missed_bytes = 1, .retransmitted_bytes = 30, .retransmissions = 2, .out_of_order = 3,
					 .zero_windows = 4, .resets = 6, .duplicates = 8 };
	f->side[0] = (struct flow_side){ .packets = 15, .bytes = 1500, .ip_bytes = 1430, .payload_bytes = 1230,
					 .stream_bytes = 1200, .missed_bytes = 11, .retransmitted_bytes = 130,
					 .retransmissions = 12, .out_of_order = 13, .zero_windows = 14, .resets = 16,
					 .duplicates = 18 };
}

static void test_stats_flows_tcp(void)
{
	static const struct {
		const char *column;
		uint64_t want;
	} numbers[] = {
		{ "flow", 7 }, { "first", T0 }, { "last", T0 + 900 }, { "duration", 900 },
		{ "client_port", 40000 }, { "server_port", 80 },
		{ "client_packets", 5 }, { "server_packets", 15 }, { "client_bytes", 500 }, { "server_bytes", 1500 },
		{ "client_ip_bytes", 430 }, { "server_ip_bytes", 1430 }, { "client_payload", 230 }, { "server_payload", 1230 },
		{ "client_stream", 200 }, { "server_stream", 1200 }, { "client_missed", 1 }, { "server_missed", 11 },
		{ "client_retransmissions", 2 }, { "server_retransmissions", 12 },
		{ "client_retransmitted", 30 }, { "server_retransmitted", 130 },
		{ "client_out_of_order", 3 }, { "server_out_of_order", 13 },
		{ "client_zero_windows", 4 }, { "server_zero_windows", 14 },
		{ "client_resets", 6 }, { "server_resets", 16 }, { "duplicates", 26 },
		{ "rtt_server", 30 }, { "rtt_client", 5 }, { "icmp_errors", 0 },
		{ "first_packet", 11 }, { "last_packet", 99 }, { "section", 2 },
	};
	static const char *const unknown[] = { "icmp_type", "icmp_code", "vlan", "inner_vlan", "tunnel", "outer_flow",
					       "writer_client", "writer_client_pid", "writer_client_container", "writer_server",
					       "writer_server_pid", "writer_server_container", "writer_by", NULL };
	struct mkcells m;
	struct flow f;

	mkcells_init(&m, &flows_def);
	tcp_flow(&f);
	flows_row(&m.cells, &f);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		CU_ASSERT_EQUAL(run_num(m.t, 0, numbers[i].column), numbers[i].want);
	}
	mkcells_unknown(m.t, 0, unknown);
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "protocol", "tcp"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "service", "http"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "service_by", "content"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "client", "10.0.0.2"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "server", "10.0.0.1"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "conn_state", "SF"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "history", "ShADadFf"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "flags", ""));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "source", "web.pcapng"));
	mkcells_release(&m);
}

/* What was not seen is unknown, not 0; what only TCP has, too. */
static void test_stats_flows_unknown(void)
{
	static const char *const none[] = { "first",      "last",       "duration", "service",
					    "rtt_client", "rtt_server", "history",  NULL };
	static const char *const udp[] = { "client_stream", "server_stream", "client_missed", "server_missed", "rtt_client",
					   "rtt_server", "client_retransmissions", "server_retransmissions",
					   "client_retransmitted", "server_retransmitted", "client_out_of_order",
					   "server_out_of_order", "client_zero_windows", "server_zero_windows", "client_resets",
					   "server_resets", "duplicates", NULL };
	static const char *const portless[] = { "client_port", "server_port", NULL };
	struct mkcells m;
	struct flow f;

	mkcells_init(&m, &flows_def);
	tcp_flow(&f);
	f.first_ns = f.last_ns = f.syn_ns = f.synack_ns = f.handshake_ns = 0;
	f.service = SERVICE_NONE;
	f.history[0] = '\0';
	flows_row(&m.cells, &f);
	mkcells_unknown(m.t, 0, none);
	tcp_flow(&f);
	f.key.ip_proto = IP_UDP;
	f.service = SERVICE_NONE;
	memcpy(f.service_ndpi, "BitTorrent", 11);
	f.service_by = BY_NDPI;
	flows_row(&m.cells, &f);
	mkcells_unknown(m.t, 1, udp);
	CU_ASSERT_EQUAL(run_num(m.t, 1, "client_port"), 40000);
	CU_ASSERT_TRUE(run_text_is(m.t, 1, "protocol", "udp"));
	CU_ASSERT_TRUE(run_text_is(m.t, 1, "service", "BitTorrent"));
	CU_ASSERT_TRUE(run_text_is(m.t, 1, "service_by", "ndpi"));
	f.key.ip_proto = 200;
	flows_row(&m.cells, &f);
	CU_ASSERT_TRUE(run_text_is(m.t, 2, "protocol", "200"));
	mkcells_unknown(m.t, 2, portless);
	CU_ASSERT_EQUAL(run_num(m.t, 2, "client_packets"), 5);
	f.key.ip_proto = IP_TCP;
	f.service_ndpi[0] = '\0';
	f.service_by = BY_PORT;
	f.key.port[0] = 22;
	flows_row(&m.cells, &f);
	CU_ASSERT_TRUE(run_text_is(m.t, 3, "service", "ssh"));
	CU_ASSERT_TRUE(run_text_is(m.t, 3, "service_by", "port"));
	mkcells_release(&m);
}

static void icmp_row(struct mkcells *m, uint8_t proto, uint16_t client_port, uint16_t server_port)
{
	struct flow f;

	tcp_flow(&f);
	f.key.ip_proto = proto;
	f.key.port[1] = client_port;
	f.key.port[0] = server_port;
	f.icmp_errors = 3;
	flows_row(&m->cells, &f);
}

/* Types with a reply: the key holds both types. Others: type and code. */
static void test_stats_flows_icmp(void)
{
	struct mkcells m;

	mkcells_init(&m, &flows_def);
	icmp_row(&m, IP_ICMP, 8, 0);
	CU_ASSERT_EQUAL(run_num(m.t, 0, "icmp_type"), 8);
	CU_ASSERT_TRUE(run_unknown(m.t, 0, "icmp_code"));
	CU_ASSERT_TRUE(run_unknown(m.t, 0, "client_port"));
	CU_ASSERT_TRUE(run_unknown(m.t, 0, "server_port"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "protocol", "icmp"));
	CU_ASSERT_EQUAL(run_num(m.t, 0, "icmp_errors"), 3);
	icmp_row(&m, IP_ICMP, 3, 1);
	CU_ASSERT_EQUAL(run_num(m.t, 1, "icmp_type"), 3);
	CU_ASSERT_EQUAL(run_num(m.t, 1, "icmp_code"), 1);
	icmp_row(&m, IP_ICMPV6, 128, 129);
	CU_ASSERT_EQUAL(run_num(m.t, 2, "icmp_type"), 128);
	CU_ASSERT_TRUE(run_unknown(m.t, 2, "icmp_code"));
	CU_ASSERT_TRUE(run_text_is(m.t, 2, "protocol", "icmpv6"));
	icmp_row(&m, IP_ICMPV6, 8, 0);
	CU_ASSERT_EQUAL(run_num(m.t, 3, "icmp_code"), 0);
	mkcells_release(&m);
}

/* Every flag has its word; VLANs, tunnel, IPv6. */
static void test_stats_flows_way(void)
{
	struct mkcells m;
	struct flow f, outer;

	mkcells_init(&m, &flows_def);
	tcp_flow(&outer);
	tcp_flow(&f);
	f.flags = 2047;
	f.key.vlan[0] = 100;
	f.key.vlan[1] = 200;
	f.key.tunnel = PROTO_VXLAN;
	f.key.tunnel_id = 4711;
	f.outer = &outer;
	f.key.ip_version = 6;
	memset(f.key.addr, 0, sizeof(f.key.addr));
	f.key.addr[0][15] = 1;
	f.key.addr[1][0] = 0x20;
	f.key.addr[1][1] = 0x01;
	f.key.addr[1][2] = 0x0d;
	f.key.addr[1][3] = 0xb8;
	f.key.addr[1][15] = 0xff;
	flows_row(&m.cells, &f);
	CU_ASSERT_TRUE(
		run_text_is(m.t, 0, "flags",
			    "start_missed, flipped, evicted, timed_out, overlap_differs, cut, icmp_error, reused, "
			    "simultaneous_open, duplicates, stream_dropped"));
	CU_ASSERT_EQUAL(run_num(m.t, 0, "vlan"), 100);
	CU_ASSERT_EQUAL(run_num(m.t, 0, "inner_vlan"), 200);
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "tunnel", "vxlan:4711"));
	CU_ASSERT_EQUAL(run_num(m.t, 0, "outer_flow"), 7);
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "client", "2001:db8::ff"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "server", "::1"));
	f.flags = FLOW_CUT;
	f.key.tunnel = PROTO_GRE;
	f.key.tunnel_id = 0;
	flows_row(&m.cells, &f);
	CU_ASSERT_TRUE(run_text_is(m.t, 1, "flags", "cut"));
	CU_ASSERT_TRUE(run_text_is(m.t, 1, "tunnel", "gre"));
	mkcells_release(&m);
}

/* The first vector of the specification's baseline: 128.232.110.120:34855 -> 66.35.250.204:80, TCP. */
static void test_stats_flows_community_id(void)
{
	struct mkcells m;
	struct flow f;

	mkcells_init(&m, &flows_def);
	tcp_flow(&f);
	mkcells_end(&f, 0, 66, 35, 250, 204, 80);
	mkcells_end(&f, 1, 128, 232, 110, 120, 34855);
	flows_row(&m.cells, &f);
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "community_id", "1:LQU9qZlK+B5F3KDmev6m5PMibrg="));
	mkcells_release(&m);
}

static void test_stats_flows_writer(void)
{
	struct packet_process client, server;
	struct mkcells m;
	struct flow f;

	mkcells_init(&m, &flows_def);
	memset(&client, 0, sizeof(client));
	memset(&server, 0, sizeof(server));
	client.pid = 4242;
	client.origin = FROM_COMMENT;
	client.path = mkcells_text(&m, "/usr/bin/curl");
	client.container = mkcells_text(&m, "shop");
	client.container_id = mkcells_text(&m, "0123456789ab");
	client.namespace_ = mkcells_text(&m, "prod");
	client.pod = mkcells_text(&m, "shop-1");
	server.name = mkcells_text(&m, "nginx");
	server.container_id = mkcells_text(&m, "ba9876543210");
	tcp_flow(&f);
	f.process[1] = &client;
	f.process[0] = &server;
	flows_row(&m.cells, &f);
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "writer_client", "/usr/bin/curl"));
	CU_ASSERT_EQUAL(run_num(m.t, 0, "writer_client_pid"), 4242);
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "writer_client_container", "shop in prod/shop-1"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "writer_server", "nginx"));
	CU_ASSERT_TRUE(run_unknown(m.t, 0, "writer_server_pid"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "writer_server_container", "ba9876543210"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "writer_by", "comment"));
	mkcells_release(&m);
}

/* Texts are copied once where they repeat, and hold whatever was put in. */
static void test_stats_flows_many(void)
{
	struct mkcells m;
	struct flow f;

	mkcells_init(&m, &flows_def);
	for (unsigned int i = 0; i < 10000; i++) {
		tcp_flow(&f);
		mkcells_end(&f, 1, 10, (uint8_t)(i % 5), (uint8_t)(i / 256), (uint8_t)i, (uint16_t)i);
		f.flags = i % 7;
		flows_row(&m.cells, &f);
	}
	for (unsigned int i = 0; i < 10000; i++) {
		char want[32];
		struct cell c = run_cell(m.t, i, "client");

		snprintf(want, sizeof(want), "10.%u.%u.%u", i % 5, i / 256, i % 256);
		if (c.len != strlen(want) || memcmp(c.v.text, want, c.len) != 0) {
			CU_FAIL_FATAL("an address got lost");
		}
	}
	CU_ASSERT_TRUE(run_text_is(m.t, 8, "flags", "start_missed"));
	CU_ASSERT_TRUE(run_text_is(m.t, 9999, "flags", "start_missed, flipped"));
	mkcells_release(&m);
}

/* ---- through the engine ------------------------------------------------------------------------------- */

static void test_stats_flows_of_packets(void)
{
	const struct table *t;
	struct mkconv a, b;
	struct mkcap m;
	struct run r;
	uint64_t num = 0;
	size_t row;

	mkcap_init(&m, false);
	mkcap_section(&m, 0);
	mkcap_idb(&m, 1, 0, 9, NULL);
	mkconv_init(&a, &m, "10.0.0.9", 40000, "10.0.0.2", 80, T0);
	a.num = &num;
	mkconv_open(&a);
	mkconv_say(&a, 0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	mkconv_init(&b, &m, "10.0.0.9", 50000, "10.0.0.3", 9999, a.now);
	b.num = &num;
	mkconv_udp(&b, 0, "12345", 5);
	a.now = b.now;
	mkconv_say(&a, 1, "HTTP/1.1 204 No Content\r\n\r\n");
	mkconv_close(&a, 0);
	run_report_of(&r, &m, 2, 4096);
	t = run_table(&r, "flows");
	CU_ASSERT_EQUAL_FATAL(t->row_count, 2);
	CU_ASSERT_EQUAL(run_num(t, 0, "flow"), 0);
	CU_ASSERT_EQUAL(run_num(t, 1, "flow"), 1);
	row = run_row_text(t, "protocol", "tcp");
	CU_ASSERT_EQUAL(row, 0);
	CU_ASSERT_TRUE(run_text_is(t, row, "client", "10.0.0.9"));
	CU_ASSERT_EQUAL(run_num(t, row, "client_port"), 40000);
	CU_ASSERT_TRUE(run_text_is(t, row, "server", "10.0.0.2"));
	CU_ASSERT_EQUAL(run_num(t, row, "server_port"), 80);
	CU_ASSERT_TRUE(run_text_is(t, row, "service", "http"));
	CU_ASSERT_TRUE(run_text_is(t, row, "conn_state", "SF"));
	CU_ASSERT_EQUAL(run_num(t, row, "first"), T0);
	CU_ASSERT_EQUAL(run_num(t, row, "first_packet"), 1);
	CU_ASSERT_EQUAL(run_num(t, row, "last_packet"), num);
	CU_ASSERT_EQUAL(run_num(t, row, "client_packets") + run_num(t, row, "server_packets"), num - 1);
	CU_ASSERT_EQUAL(run_num(t, row, "client_payload"), strlen("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
	CU_ASSERT_EQUAL(run_num(t, row, "server_payload"), strlen("HTTP/1.1 204 No Content\r\n\r\n"));
	CU_ASSERT_EQUAL(run_num(t, row, "client_stream"), run_num(t, row, "client_payload"));
	CU_ASSERT_EQUAL(run_num(t, row, "client_bytes"), run_num(t, row, "client_packets") * ETH_IP_TCP + SYN_OPTIONS +
								 run_num(t, row, "client_payload"));
	CU_ASSERT_EQUAL(run_num(t, row, "client_ip_bytes"),
			run_num(t, row, "client_bytes") - 14 * run_num(t, row, "client_packets"));
	CU_ASSERT_EQUAL(run_num(t, row, "rtt_server"), a.step);
	CU_ASSERT_EQUAL(run_num(t, row, "rtt_client"), a.step);
	CU_ASSERT_EQUAL(run_num(t, row, "client_missed"), 0);
	CU_ASSERT_TRUE(run_text_is(t, row, "flags", ""));
	row = run_row_text(t, "protocol", "udp");
	CU_ASSERT_EQUAL(run_num(t, row, "client_packets"), 1);
	CU_ASSERT_EQUAL(run_num(t, row, "server_packets"), 0);
	CU_ASSERT_EQUAL(run_num(t, row, "client_bytes"), 14 + 20 + 8 + 5);
	CU_ASSERT_EQUAL(run_num(t, row, "client_payload"), 5);
	CU_ASSERT_EQUAL(run_num(t, row, "duration"), 0);
	run_release(&r);
	mkcap_release(&m);
}

/* Sections and sources in order; a capture of no packets has no flows. */
static void test_stats_flows_sections(void)
{
	const struct table *t;
	struct mkcap m;
	struct run r;

	mkcap_init(&m, false);
	for (unsigned int i = 0; i < 3; i++) {
		struct mkconv c;

		mkcap_section(&m, 0);
		if (i == 1) {
			continue;
		}
		mkcap_idb(&m, 1, 0, 9, NULL);
		mkconv_init(&c, &m, "10.0.0.9", (uint16_t)(40000 + i), "10.0.0.2", 80, T0);
		mkconv_open(&c);
	}
	run_report_of(&r, &m, 3, 4096);
	t = run_table(&r, "flows");
	CU_ASSERT_EQUAL_FATAL(t->row_count, 2);
	CU_ASSERT_EQUAL(run_num(t, 0, "section"), 0);
	CU_ASSERT_EQUAL(run_num(t, 0, "flow"), 0);
	CU_ASSERT_EQUAL(run_num(t, 0, "client_port"), 40000);
	CU_ASSERT_EQUAL(run_num(t, 1, "section"), 2);
	CU_ASSERT_EQUAL(run_num(t, 1, "flow"), 0);
	CU_ASSERT_EQUAL(run_num(t, 1, "client_port"), 40002);
	run_release(&r);
	mkcap_release(&m);
}

void suite_stats_flows(CU_pSuite suite);

void suite_stats_flows(CU_pSuite suite)
{
	CU_add_test(suite, "test_stats_flows_tcp", test_stats_flows_tcp);
	CU_add_test(suite, "test_stats_flows_unknown", test_stats_flows_unknown);
	CU_add_test(suite, "test_stats_flows_icmp", test_stats_flows_icmp);
	CU_add_test(suite, "test_stats_flows_way", test_stats_flows_way);
	CU_add_test(suite, "test_stats_flows_community_id", test_stats_flows_community_id);
	CU_add_test(suite, "test_stats_flows_writer", test_stats_flows_writer);
	CU_add_test(suite, "test_stats_flows_many", test_stats_flows_many);
	CU_add_test(suite, "test_stats_flows_of_packets", test_stats_flows_of_packets);
	CU_add_test(suite, "test_stats_flows_sections", test_stats_flows_sections);
}
