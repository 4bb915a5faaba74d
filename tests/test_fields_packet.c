/*
 * test_fields_packet.c - fields of packets: of captures built in memory and tracked without the engine, and of
 * single packets in memory of just their size. What is expected is what was put in.
 */
#include "mkdns.h"
#include "mklayers.h"
#include "mknet.h"
#include "mktls.h"

#include "filter/fields.h"
#include "filter/packet_facts.h"
#include "net/layer_walk.h"
#include "net/service.h"

#define T0_US UINT64_C(1700000000000000)
#define LEN(text) (uint32_t)(sizeof(text) - 1)

static struct mkcap m;
static struct mknet k;
static struct mkpkt pkt;
static struct mkdns dns;
static struct mktls tls;
static struct field_settings settings;
static struct field_ctx ctx;
static struct buf out;

static int set_up(void)
{
	buf_init(&out, 1u << 20);
	return 0;
}

static int tear_down(void)
{
	buf_release(&out);
	return 0;
}

/* ---- captures ---- */

static void begin(void)
{
	mkcap_init(&m, false);
	mkcap_section(&m, 0);
	mkcap_idb(&m, 1, 0, -1, "eth\x1b" "0");
	memset(&settings, 0, sizeof(settings));
	field_ctx_init(&ctx, &settings);
}

static void done(void)
{
	field_ctx_release(&ctx);
	mknet_release(&k);
	mkcap_release(&m);
}

static void add_packet(uint64_t us)
{
	mkpkt_end(&pkt);
	mkcap_epb(&m, 0, T0_US + us, pkt.bytes, pkt.len, pkt.len);
}

/* The context is put to packet num (from 1). */
static void look_at(uint64_t num)
{
	for (size_t i = 0; i < k.batch_count; i++) {
		const struct batch *b = k.batches[i];
		struct layer_walk w;

		if (num < b->first_packet_num || num >= b->first_packet_num + b->packet_count) {
			continue;
		}
		field_ctx_batch(&ctx, b);
		layer_walk_init(&w, b);
		for (uint32_t p = 0; p < b->packet_count; p++) {
			const struct layer *l = layer_walk_next(&w, p);

			if (b->first_packet_num + p == num) {
				field_ctx_packet(&ctx, &b->packets[p], l, num, p);
				return;
			}
		}
	}
	CU_FAIL_FATAL("no such packet");
}

/* ---- values ---- */

static void use_of(const char *name, struct field_use *ret_use)
{
	size_t len;
	struct err e;

	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(field_use_parse(name, ret_use, &len, &e), 0);
	CU_ASSERT_EQUAL_FATAL(len, strlen(name));
}

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The field of the packet looked at, as printed; NULL: no value. */
static void check(const char *name, const char *expected)
{
	struct field_use u;
	struct field_value v;
	const char *got;

	use_of(name, &u);
	buf_reset(&out);
	if ((u.field->flags & FIELD_FILTER_ONLY) != 0) {	/* of these nothing is printed */
		got = field_get(&ctx, &u, &v) ? "" : NULL;
		if (got != NULL) {
			field_value_print(&v, u.field->type, u.field->fmt, &out);
			got = buf_str(&out);
		}
	} else {
		got = field_print(&ctx, &u, &out) ? buf_str(&out) : NULL;
	}
	if (!same(got, expected)) {
		printf("\n    %s is %s, not %s\n", name, got != NULL ? got : "absent",
		       expected != NULL ? expected : "absent");
		CU_FAIL("value differs");
	}
}

struct check {
	const char *name, *value;	/* NULL: no value */
};

static void check_all(uint64_t num, const struct check *rows)
{
	look_at(num);
	for (; rows->name != NULL; rows++) {
		check(rows->name, rows->value);
	}
}

#define CHECK(num, ...) check_all(num, (const struct check[]){ __VA_ARGS__, { NULL, NULL } })

/* ---- link layer, IP ---- */

static void test_fields_packet_frame(void)
{
	struct field_use u;
	struct field_value v;

	begin();
	mkpkt_init(&pkt);
	mkpkt_eth(&pkt, 0x8100);
	mkpkt_vlan(&pkt, 7, 0x8100);
	mkpkt_vlan(&pkt, 42, 0x0800);
	pkt.ip_id = 0x1234;
	mkpkt_ip4(&pkt, "10.0.0.9", "10.0.0.2", 17);
	mkpkt_udp(&pkt, 5000, 6000);
	mkpkt_data(&pkt, "hi\x01there", 8);
	mkpkt_end(&pkt);
	mkcap_epb(&m, 0, T0_US + 250, pkt.bytes, pkt.len - 2, pkt.len);
	mknet_run(&k, &m, NULL);
	CHECK(1, { "frame.number", "1" }, { "frame.len", "58" }, { "frame.cap_len", "56" },
	      { "frame.time_epoch", "1700000000.000250000" }, { "frame.interface_id", "0" },
	      { "frame.interface_name", "eth\\x1b0" }, { "frame.comment", NULL }, { "frame.pid", NULL },
	      { "frame.protocols", "eth:ethertype:vlan:ethertype:vlan:ethertype:ip:udp" },
	      { "frame.protocol", "UDP" }, { "frame.info", "5000 \xe2\x86\x92 6000 Len=8" }, { "frame.cut", "true" },
	      { "frame.malformed", NULL },
	      { "eth.src", "02:00:00:00:00:01" }, { "eth.dst", "02:00:00:00:00:02" }, { "eth.type", "0x8100" },
	      { "eth", "true" }, { "vlan", "true" },
	      { "vlan.id", "7 42" }, { "arp", NULL }, { "ip", "true" }, { "ipv6", NULL }, { "udp", "hi.the" }, { "tcp", NULL },
	      { "ip.src", "10.0.0.9" }, { "ip.dst", "10.0.0.2" }, { "ip.addr", "10.0.0.9 10.0.0.2" }, { "ip.version", "4" },
	      { "ip.ttl", "64" }, { "ip.proto", "17" }, { "ip.len", "36" }, { "ip.id", "0x1234" }, { "ip.fragment", NULL },
	      { "ipv6.src", NULL }, { "ipv6.hlim", NULL }, { "ipv6.version", NULL },
	      { "udp.srcport", "5000" }, { "udp.dstport", "6000" }, { "udp.port", "5000 6000" }, { "udp.length", "16" },
	      { "udp.payload", "hi.the" }, { "tcp.srcport", NULL }, { "tcp.len", NULL }, { "sctp.port", NULL });
	use_of("eth.addr", &u);
	CU_ASSERT_TRUE_FATAL(field_get(&ctx, &u, &v) && v.kind == VALUE_LIST && v.len == 2);
	CU_ASSERT_EQUAL(memcmp(v.v.items[0].v.text, "\2\0\0\0\0\2", 6), 0);
	CU_ASSERT_EQUAL(memcmp(v.v.items[1].v.text, "\2\0\0\0\0\1", 6), 0);
	done();
}

static void test_fields_packet_without_ip(void)
{
	static const uint8_t request[28] = "\x00\x01\x08\x00\x06\x04\x00\x01\x02\x00\x00\x00\x00\x01\x0a\x00\x00\x09"
					   "\x00\x00\x00\x00\x00\x00\x0a\x00\x00\x02";

	begin();
	mkpkt_init(&pkt);
	mkpkt_eth(&pkt, 0x0806);
	mkpkt_data(&pkt, request, sizeof(request));
	add_packet(0);
	mkpkt_init(&pkt);
	mkpkt_eth(&pkt, 0x0806);
	mkpkt_data(&pkt, request, 20);
	add_packet(1);
	mknet_run(&k, &m, NULL);
	CHECK(1, { "arp", "true" }, { "arp.opcode", "1" }, { "arp.src.proto_ipv4", "10.0.0.9" },
	      { "arp.dst.proto_ipv4", "10.0.0.2" }, { "frame.protocols", "eth:ethertype:arp" }, { "ip", NULL }, { "ip.src", NULL },
	      { "ip.addr", NULL }, { "tcp.port", NULL }, { "flow.community_id", NULL }, { "flow.client.ip", NULL },
	      { "eth.type", "0x0806" });
	CHECK(2, { "arp.opcode", "1" }, { "arp.src.proto_ipv4", NULL });
	done();
}

static void test_fields_packet_ip6(void)
{
	begin();
	mkpkt_init(&pkt);
	mkpkt_eth(&pkt, 0x86DD);
	mkpkt_ip6(&pkt, "2001:db8::1", "ff02::1:ff00:2", 58);
	mkpkt_icmp6(&pkt, 135, 0);
	add_packet(0);
	mkpkt_init(&pkt);
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4(&pkt, "10.0.0.9", "10.0.0.2", 1);
	mkpkt_icmp(&pkt, 8, 3);
	add_packet(1);
	mknet_run(&k, &m, NULL);
	CHECK(1, { "ipv6", "true" }, { "ipv6.src", "2001:db8::1" }, { "ipv6.dst", "ff02::1:ff00:2" },
	      { "ipv6.version", "6" }, { "ip.version", "6" }, { "ipv6.addr", "2001:db8::1 ff02::1:ff00:2" },
	      { "ipv6.hlim", "64" }, { "ip.src", NULL }, { "ip.ttl", NULL }, { "icmpv6", "true" },
	      { "icmpv6.type", "135" }, { "icmpv6.code", "0" }, { "icmp", NULL }, { "icmp.type", NULL });
	CHECK(2, { "icmp", "true" }, { "icmp.type", "8" }, { "icmp.code", "3" }, { "icmpv6.type", NULL },
	      { "ip.proto", "1" }, { "tcp.srcport", NULL }, { "udp.srcport", NULL }, { "flow.client.port", NULL });
	done();
}

/* One packet of IPv4: DSCP 46 with ECN 1, DF, four bytes of options; over it TCP with options. */
static const uint8_t header4[] = {
	2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00,
	0x46, 0xB9, 0, 60, 0x12, 0x34, 0x40, 0x00, 64, 6, 0xBE, 0xEF, 10, 0, 0, 9, 10, 0, 0, 2, 0x94, 0x04, 0, 0,
	0x9C, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 2, 0x80, 0x38, 0x01, 0x00, 0x12, 0x34, 0x00, 0x07,
	1, 1, 8, 10, 0xFF, 0xFF, 0xFF, 0xFE, 0, 0, 0, 5, 'd', 'a', 't', 'a',
};

static void test_fields_packet_header(void)
{
	begin();
	mkcap_epb(&m, 0, T0_US, header4, sizeof(header4), sizeof(header4));
	mkcap_epb(&m, 0, T0_US + 1, header4, 66, sizeof(header4)); /* up to the first of the two timestamps */
	mkcap_epb(&m, 0, T0_US + 2, header4, 57, sizeof(header4)); /* not all of the TCP header's fixed part */
	mknet_run(&k, &m, NULL);
	CHECK(1, { "ip.hdr_len", "24" }, { "ip.dsfield", "0xb9" }, { "ip.dsfield.dscp", "46" }, { "ip.dsfield.ecn", "1" },
	      { "ip.flags", "0x02" }, { "ip.flags.rb", "false" }, { "ip.flags.df", "true" }, { "ip.flags.mf", "false" },
	      { "ip.frag_offset", "0" }, { "ip.checksum", "0xbeef" }, { "ip.src_host", "10.0.0.9" },
	      { "ip.dst_host", "10.0.0.2" }, { "ip.host", "10.0.0.9 10.0.0.2" }, { "ipv6.nxt", NULL }, { "ipv6.flow", NULL },
	      { "tcp.hdr_len", "32" }, { "tcp.urgent_pointer", "7" }, { "tcp.options.timestamp.tsval", "4294967294" },
	      { "tcp.options.timestamp.tsecr", "5" }, { "tcp.payload", "data" }, { "frame.encap_type", "1" },
	      { "tls.handshake", NULL });
	CHECK(2, { "ip.hdr_len", "24" }, { "tcp.hdr_len", "32" }, { "tcp.options.timestamp.tsval", "4294967294" },
	      { "tcp.options.timestamp.tsecr", NULL });
	CHECK(3, { "ip.hdr_len", "24" }, { "tcp.srcport", "40000" }, { "tcp.hdr_len", NULL },
	      { "tcp.urgent_pointer", NULL }, { "tcp.options.timestamp.tsval", NULL }, { "tcp.time_delta", NULL });
	done();
}

/* A datagram in fragments tells the header of the one that completed it. */
static void test_fields_packet_header_of_fragment(void)
{
	static const uint8_t flow_label[] = {
		2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xDD,
		0x60, 0x0A, 0xBC, 0xDE, 0, 8, 17, 64, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
		0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 2, 0, 8, 0, 0,
	};

	begin();
	mkpkt_init(&pkt);
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4_frag(&pkt, "10.0.0.9", "10.0.0.2", 17, 7, 0, true);
	mkpkt_data(&pkt, "\x9C\x40\x00\x35\x00\x14\x00\x00" "12345678", 16);
	add_packet(0);
	mkpkt_init(&pkt);
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4_frag(&pkt, "10.0.0.9", "10.0.0.2", 17, 7, 16, false);
	mkpkt_data(&pkt, "9abc", 4);
	add_packet(1);
	mkcap_epb(&m, 0, T0_US + 2, flow_label, sizeof(flow_label), sizeof(flow_label));
	mknet_run(&k, &m, NULL);
	CHECK(1, { "ip.flags", "0x01" }, { "ip.flags.mf", "true" }, { "ip.frag_offset", "0" }, { "ip.hdr_len", "20" });
	CHECK(2, { "ip.flags", "0x00" }, { "ip.flags.mf", "false" }, { "ip.frag_offset", "2" },
	      { "udp.payload", "123456789abc" });
	CHECK(3, { "ipv6.nxt", "17" }, { "ipv6.flow", "0x0abcde" }, { "ipv6.src_host", "fd00::1" },
	      { "ipv6.dst_host", "fd00::2" }, { "ip.hdr_len", NULL }, { "ip.src_host", NULL }, { "udp.srcport", "1" });
	done();
}

/* Of what is in a tunnel the innermost speaks for the packet; either-end fields see all of it. */
static void test_fields_packet_tunnel(void)
{
	begin();
	mkpkt_init(&pkt);
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4(&pkt, "192.0.2.1", "192.0.2.2", 17);
	mkpkt_udp(&pkt, 5555, 4789);
	mkpkt_vxlan(&pkt, 77);
	mkpkt_eth(&pkt, 0x0800);
	mklayers_add_tcp4(&pkt);
	add_packet(0);
	mknet_run(&k, &m, NULL);
	CHECK(1, { "ip.src", "10.0.0.9" }, { "ip.dst", "10.0.0.2" },
	      { "ip.addr", "10.0.0.9 10.0.0.2 192.0.2.1 192.0.2.2" }, { "tcp.port", "40000 80" },
	      { "udp.dstport", "4789" }, { "udp.port", "5555 4789" }, { "vxlan", "true" }, { "geneve", NULL },
	      { "flow.tunnel", "vxlan" }, { "flow.tunnel.id", "77" }, { "flow.tunnel.depth", "1" },
	      { "tcp.payload", "hello" });
	done();
}

/* ---- TCP ---- */

static void test_fields_packet_tcp(void)
{
	struct mkconv c;

	begin();
	mkconv_init(&c, &m, "10.0.0.9", 40000, "10.0.0.2", 9999, T0_US);
	mkconv_open(&c);
	mkconv_say(&c, 0, "hello");	/* 4, 5 */
	mkconv_raw(&c, 0, 1001, 5001, TCP_PSH | TCP_ACK, "hello", 5);	/* 6: again */
	mkconv_raw(&c, 0, 1106, 5001, TCP_ACK, "later", 5);	/* 7: 100 bytes are missing */
	mkconv_raw(&c, 0, 1006, 5001, TCP_ACK, "missing", 7);	/* 8: some of them */
	mknet_run(&k, &m, NULL);
	CHECK(1, { "tcp.flags", "0x0002" }, { "tcp.flags.syn", "true" }, { "tcp.flags.ack", "false" }, { "tcp.seq", "0" },
	      { "tcp.seq_raw", "1000" }, { "tcp.nxtseq", "1" }, { "tcp.len", "0" }, { "tcp.options.mss_val", "1460" },
	      { "tcp.options.wscale.shift", NULL }, { "tcp.payload", NULL }, { "tcp", "" }, { "flow.begins", "true" },
	      { "tcp.analysis.flags", NULL }, { "flow.from_client", "true" }, { "flow.client.ip", "10.0.0.9" },
	      { "flow.client.port", "40000" }, { "flow.server.ip", "10.0.0.2" }, { "flow.server.port", "9999" },
	      { "flow.first_frame", "1" });
	CHECK(2, { "tcp.flags", "0x0012" }, { "tcp.ack", "1" }, { "tcp.ack_raw", "1001" }, { "tcp.srcport", "9999" },
	      { "tcp.dstport", "40000" }, { "flow.from_client", "false" }, { "flow.client.ip", "10.0.0.9" },
	      { "flow.begins", NULL }, { "tcp.window_size_value", "65535" });
	CHECK(4, { "tcp.flags.push", "true" }, { "tcp.flags.fin", "false" }, { "tcp.flags.reset", "false" },
	      { "tcp.len", "5" }, { "tcp.seq", "1" }, { "tcp.nxtseq", "6" }, { "tcp.payload", "hello" },
	      { "tcp", "hello" }, { "tcp.analysis.retransmission", NULL }, { "tcp.options.mss_val", NULL });
	CHECK(6, { "tcp.analysis.retransmission", "true" }, { "tcp.analysis.flags", "true" },
	      { "tcp.analysis.lost_segment", NULL });
	CHECK(7, { "tcp.analysis.lost_segment", "true" }, { "tcp.analysis.out_of_order", NULL }, { "tcp.seq", "106" });
	CHECK(8, { "tcp.analysis.out_of_order", "true" }, { "tcp.analysis.retransmission", NULL });
	CHECK(1, { "tcp.time_delta", "0.000000000" }, { "tcp.time_relative", "0.000000000" }, { "tcp.hdr_len", "24" });
	CHECK(2, { "tcp.time_delta", "0.001000000" }, { "tcp.time_relative", "0.001000000" });
	CHECK(8, { "tcp.time_delta", "0.001000000" }, { "tcp.time_relative", "0.007000000" }, { "tcp.hdr_len", "20" });
	done();
}

static void test_fields_packet_community_id(void)
{
	struct mkconv c;

	begin();
	/* From the specification's test data: 128.232.110.120:34855 -> 66.35.250.204:80. */
	mkconv_init(&c, &m, "128.232.110.120", 34855, "66.35.250.204", 80, T0_US);
	mkconv_open(&c);
	mknet_run(&k, &m, NULL);
	CHECK(1, { "flow.community_id", "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" });
	CHECK(2, { "flow.community_id", "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" });
	done();
}

/* ---- HTTP ---- */

static void test_fields_packet_http(void)
{
	struct mkconv c;

	begin();
	mkconv_init(&c, &m, "10.0.0.9", 40000, "10.0.0.2", 8000, T0_US);
	mkconv_open(&c);
	mkconv_say(&c, 0, "GET /a/b?id=7&x=? HTTP/1.1\r\nHost: shop.example\r\nUSER-agent:  curl/8 \r\nCookie: a=1\r\n"
			  "X-Other: x\r\nHost: second\r\nReferer: /here\r\n  folded\r\n\r\nHost: body\r\n");	/* 4 */
	mkconv_say(&c, 1, "HTTP/1.1 404 Not Found\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: 4\r\n"
			  "Set-Cookie: s=1\r\n\r\nHTTP");	/* 6 */
	mkconv_say(&c, 0, "POST http://other/x HTTP/1.0\r\nContent-Length: 10x\r\n\r\n");	/* 8 */
	mkconv_say(&c, 1, "HTTP/1.0 200\r\n\r\n");	/* 10 */
	mknet_run(&k, &m, NULL);
	CHECK(4, { "http.request", "true" }, { "http.request.method", "GET" }, { "http.request.uri", "/a/b?id=7&x=?" },
	      { "http.request.uri.path", "/a/b" }, { "http.request.uri.query", "id=7&x=?" },
	      { "http.request.full_uri", "http://shop.example/a/b?id=7&x=?" }, { "http.request.version", "HTTP/1.1" },
	      { "http.host", "shop.example" }, { "http.user_agent", "curl/8" }, { "http.cookie", "a=1" },
	      { "http.referer", "/here" }, { "http.server", NULL }, { "http.content_length", NULL }, { "http.response", NULL },
	      { "http.response.code", NULL }, { "http.response.version", NULL },
	      { "frame.protocols", "eth:ethertype:ip:tcp:http" }, { "flow.service", "http" }, { "tls", NULL }, { "dns", NULL });
	CHECK(5, { "http", NULL }, { "http.request", NULL }, { "http.host", NULL },
	      { "frame.protocols", "eth:ethertype:ip:tcp" });
	CHECK(6, { "http.response", "true" }, { "http.response.code", "404" }, { "http.response.phrase", "Not Found" },
	      { "http.response.version", "HTTP/1.1" }, { "http.server", "nginx" }, { "http.content_type", "text/html" },
	      { "http.content_length", "4" }, { "http.content_length_header", "4" }, { "http.set_cookie", "s=1" },
	      { "http.request", NULL }, { "http.request.method", NULL }, { "http.request.full_uri", NULL });
	CHECK(8, { "http.request.full_uri", "http://other/x" }, { "http.content_length", NULL },
	      { "http.content_length_header", "10x" }, { "http.host", NULL }, { "http.request.uri.query", NULL },
	      { "http.request.version", "HTTP/1.0" });
	CHECK(10, { "http.response.code", "200" }, { "http.response.phrase", "" });
	done();
}

/*
 * A head in several segments: its first one tells what lies in it, whole lines and whole words; the others
 * nothing.
 */
static void test_fields_packet_http_split(void)
{
	struct mkconv c;

	begin();
	mkconv_init(&c, &m, "10.0.0.9", 40000, "10.0.0.2", 80, T0_US);
	c.mss = 40;
	mkconv_open(&c);
	mkconv_say(&c, 0, "GET /index.html HTTP/1.1\r\nHost: shop.example\r\nCookie: a=1\r\n\r\n");	/* 4, 5 */
	mkconv_say(&c, 1, "HTTP/1.1 200 OK, this goes on and on and on\r\nServer: x\r\n\r\n");	/* 7, 8 */
	c.mss = 12;
	mkconv_say(&c, 0, "GET /long-target HTTP/1.1\r\nHost: a\r\n\r\n");	/* 10, ... */
	mknet_run(&k, &m, NULL);
	CHECK(4, { "http.request.uri", "/index.html" }, { "http.host", NULL });
	CHECK(5, { "http", NULL }, { "http.cookie", NULL });
	CHECK(7, { "http.response.code", "200" }, { "http.response.phrase", NULL }, { "http.server", NULL });
	CHECK(10, { "http.request.method", "GET" }, { "http.request.uri", NULL }, { "http.request", "true" });
	done();
}

/* ---- DNS ---- */

static void test_fields_packet_dns(void)
{
	struct mkconv c;

	begin();
	mkconv_init(&c, &m, "10.0.0.9", 40000, "10.0.0.2", 53, T0_US);
	mkdns_simple(&dns, 0x1a2b, "www.example.com", 1, 0);
	mkconv_udp(&c, 0, dns.bytes, dns.len);
	mkdns_init(&dns, 0x1a2b, MKDNS_RESPONSE, 1, 5, 1, 0);
	mkdns_question(&dns, "www.example.com", 1, 1);
	mkdns_pointer(&dns, 12);
	mkdns_begin(&dns, 5, 60);
	mkdns_name(&dns, "web.example.net");
	mkdns_end(&dns);
	mkdns_a(&dns, 300, 0x0a000007);
	mkdns_a(&dns, 301, 0x0a000008);
	mkdns_pointer(&dns, 12);
	mkdns_begin(&dns, 28, 302);
	mkdns_bytes(&dns, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07", 16);
	mkdns_end(&dns);
	mkdns_pointer(&dns, 12);
	mkdns_begin(&dns, 16, 303);
	mkdns_text(&dns, "hello.");
	mkdns_end(&dns);
	mkdns_name(&dns, "example.com");
	mkdns_begin(&dns, 2, 304);
	mkdns_name(&dns, "ns.example.com");
	mkdns_end(&dns);
	mkconv_udp(&c, 1, dns.bytes, dns.len);
	mkdns_init(&dns, 7, 0x8403, 1, 0, 0, 1);
	mkdns_question(&dns, "", 255, 1);
	mkdns_name(&dns, "");
	mkdns_begin(&dns, 41, 0x8000);
	mkdns_end(&dns);
	mkconv_udp(&c, 1, dns.bytes, dns.len);
	mknet_run(&k, &m, NULL);
	CHECK(1, { "dns.id", "0x1a2b" }, { "dns.flags.response", "false" }, { "dns.flags.recdesired", "true" },
	      { "dns.flags.opcode", "0" }, { "dns.flags.rcode", NULL }, { "dns.flags.recavail", NULL }, { "dns.count.queries", "1" },
	      { "dns.count.answers", "0" }, { "dns.qry.name", "www.example.com" }, { "dns.qry.name.len", "15" },
	      { "dns.qry.type", "1" }, { "dns.qry.class", "0x0001" }, { "dns.a", NULL }, { "dns.resp.name", NULL },
	      { "frame.protocols", "eth:ethertype:ip:udp:dns" }, { "mdns", NULL });
	CHECK(2, { "dns.flags.response", "true" }, { "dns.flags.rcode", "0" }, { "dns.flags.recavail", "true" },
	      { "dns.flags.authoritative", "false" }, { "dns.count.answers", "5" }, { "dns.count.auth_rr", "1" },
	      { "dns.a", "10.0.0.7 10.0.0.8" }, { "dns.aaaa", "2001:db8::7" }, { "dns.cname", "web.example.net" },
	      { "dns.ns", "ns.example.com" }, { "dns.txt", "hello." }, { "dns.resp.ttl", "60 300 301 302 303 304" },
	      { "dns.resp.type", "5 1 1 28 16 2" },
	      { "dns.resp.name", "www.example.com www.example.com www.example.com www.example.com www.example.com example.com" });
	CHECK(3, { "dns.flags.rcode", "3" }, { "dns.flags.authoritative", "true" }, { "dns.qry.type", "255" },
	      { "dns.qry.name", "<Root>" }, { "dns.resp.name", "<Root>" }, { "dns.resp.type", "41" }, { "dns.resp.ttl", NULL },
	      { "dns.resp.class", NULL }, { "dns.count.add_rr", "1" });
	done();
}

static void test_fields_packet_dns_tcp(void)
{
	uint8_t framed[600];
	struct mkconv c;

	begin();
	mkconv_init(&c, &m, "10.0.0.9", 40000, "10.0.0.2", 53, T0_US);
	mkconv_open(&c);
	mkdns_simple(&dns, 9, "tcp.example", 28, 0);
	framed[0] = 0;
	framed[1] = (uint8_t)dns.len;
	memcpy(framed + 2, dns.bytes, dns.len);
	mkconv_send(&c, 0, framed, dns.len + 2);
	mknet_run(&k, &m, NULL);
	CHECK(4, { "dns.qry.name", "tcp.example" }, { "dns.qry.type", "28" });
	done();
}

/* ---- TLS ---- */

static const uint16_t ciphers[] = { 0x1301, 0xc02f };
static const uint16_t versions[] = { 0x0304, 0x0303 };

static void client_hello(void)
{
	mktls_init(&tls);
	mktls_record(&tls, 22, 0x0301);
	mktls_client_start(&tls, 0x0303, ciphers, 2);
	mktls_open(&tls, 2);
	mktls_sni(&tls, "shop.example");
	mktls_alpn(&tls, "h2", "http/1.1");
	mktls_list(&tls, 43, 1, versions, 2);
	mktls_close(&tls);
	mktls_close(&tls);
	mktls_close(&tls);
}

static void test_fields_packet_tls(void)
{
	struct mkconv c;

	begin();
	mkconv_init(&c, &m, "10.0.0.9", 40000, "10.0.0.2", 8443, T0_US);
	mkconv_open(&c);
	client_hello();
	mkconv_send(&c, 0, tls.bytes, tls.len);	/* 4 */
	mktls_init(&tls);
	mktls_record(&tls, 22, 0x0303);
	mktls_server_start(&tls, 0x0303, 0xc02f);
	mktls_close(&tls);
	mktls_certificate(&tls, mktls_cert, sizeof(mktls_cert));
	mktls_close(&tls);
	mktls_opaque(&tls, 20, 1);
	mktls_opaque(&tls, 22, 40);
	mkconv_send(&c, 1, tls.bytes, tls.len);	/* 6 */
	mktls_init(&tls);
	mktls_record(&tls, 21, 0x0303);
	mktls_u8(&tls, 2);
	mktls_u8(&tls, 48);
	mktls_close(&tls);
	mkconv_send(&c, 0, tls.bytes, tls.len);	/* 8 */
	mknet_run(&k, &m, NULL);
	CHECK(4, { "tls.record.content_type", "22" }, { "tls.record.version", "0x0301" }, { "tls.handshake.type", "1" },
	      { "tls.handshake.version", "0x0303" }, { "tls.handshake.extensions_server_name", "shop.example" },
	      { "tls.handshake.extensions_alpn_str", "h2 http/1.1" }, { "tls.handshake.ciphersuite", "0x1301 0xc02f" },
	      { "tls.handshake.extensions.supported_version", "0x0304 0x0303" }, { "tls.handshake.ja3s", NULL },
	      /* openssl md5 of "771,4865-49199,0-16-43,," */
	      { "tls.handshake.ja3", "336f5f33f4497e06a9cd5231997c3982" }, { "tls.alert_message.desc", NULL }, { "frame.protocols", "eth:ethertype:ip:tcp:tls" });
	CHECK(6, { "tls.record.content_type", "22 20 22" }, { "tls.handshake.type", "2 11" },
	      { "tls.handshake.ciphersuite", "0xc02f" }, { "tls.handshake.extensions_server_name", NULL },
	      { "tls.handshake.ja3", NULL }, { "tls.record.length", "609 1 40" });
	CHECK(8, { "tls.alert_message.level", "2" }, { "tls.alert_message.desc", "48" },
	      { "tls.handshake.type", NULL });
	done();
}

/* TLS 1.3 after a hello retry request: a second client hello behind a change of cipher that changes nothing. */
static void test_fields_packet_tls_second_hello(void)
{
	struct mkconv c;
	uint8_t both[1000];
	static const uint8_t change[] = { 20, 3, 3, 0, 1, 1 };

	begin();
	mkconv_init(&c, &m, "10.0.0.9", 40000, "10.0.0.2", 8443, T0_US);
	mkconv_open(&c);
	client_hello();
	mkconv_send(&c, 0, tls.bytes, tls.len);	/* 4 */
	memcpy(both, change, sizeof(change));
	memcpy(both + sizeof(change), tls.bytes, tls.len);
	mkconv_send(&c, 0, both, sizeof(change) + tls.len);	/* 6 */
	mknet_run(&k, &m, NULL);
	CHECK(6, { "tls.record.content_type", "20 22" }, { "tls.handshake.type", "1" },
	      { "tls.handshake.extensions_server_name", "shop.example" });
	done();
}

/* ---- what the writer noted ---- */

static void option(struct buf *b, uint16_t code, const void *p, size_t n)
{
	mkcap_u16(b, code, false);
	mkcap_u16(b, (uint16_t)n, false);
	buf_add(b, p, n);
	buf_add(b, "\0\0\0", (4 - n % 4) % 4);
}

static void test_fields_packet_options(void)
{
	struct buf body;
	uint32_t at;

	begin();
	buf_init(&body, 4096);
	mkcap_u32(&body, 0, false);
	mkcap_u32(&body, 0, false);
	mkcap_u32(&body, 0, false);
	mkcap_u32(&body, 16, false);
	mkcap_u32(&body, 16, false);
	buf_add(&body, "\2\0\0\0\0\2\2\0\0\0\0\1\x88\xcc\0\0", 16);
	option(&body, 1, "first\x1b", 6);
	option(&body, 2, "\0\0\0\0", 4);
	option(&body, 1, "PID=123", 7);
	option(&body, 0, "", 0);
	at = (uint32_t)body.len + 12;
	mkcap_u32(&m.out, 6, false);
	mkcap_u32(&m.out, at, false);
	buf_add(&m.out, body.data, body.len);
	mkcap_u32(&m.out, at, false);
	buf_release(&body);
	mknet_run(&k, &m, NULL);
	CHECK(1, { "frame.comment", "first\\x1b PID=123" }, { "frame.pid", "123" }, { "frame.process", NULL },
	      { "frame.time_epoch", NULL });
	done();
}

/* ---- the table ---- */

static size_t evaluate_all(void)
{
	size_t found = 0;

	for (size_t i = 0; i < field_count(); i++) {
		const struct field_use u = { field_at(i), NULL, -1 };
		struct field_value v;

		if ((u.field->flags & (FIELD_PACKET | FIELD_BOTH)) == 0) {
			continue;
		}
		buf_reset(&out);
		found += field_get(&ctx, &u, &v);
		found += field_print(&ctx, &u, &out);
	}
	return found;
}

/* No field of packets has a value for an event, none of events for a packet. */
static void test_fields_packet_other_subject(void)
{
	struct event ev;
	struct mkconv c;

	begin();
	mkconv_init(&c, &m, "10.0.0.9", 40000, "10.0.0.2", 80, T0_US);
	mkconv_open(&c);
	mknet_run(&k, &m, NULL);
	look_at(1);
	CU_ASSERT(evaluate_all() > 40);
	memset(&ev, 0, sizeof(ev));
	ev.refs = EVENT_NO_REFS;
	field_ctx_event(&ctx, &ev, 1, 0);
	for (size_t i = 0; i < field_count(); i++) {
		const struct field_use u = { field_at(i), NULL, -1 };
		struct field_value v;

		if ((u.field->flags & FIELD_PACKET) != 0) {
			CU_ASSERT_FALSE(field_get(&ctx, &u, &v));
			CU_ASSERT_FALSE(field_print(&ctx, &u, &out));
		}
	}
	done();
}

/* Every cut of every packet, its bytes alone in memory: what is read was captured. */
static void cut_everywhere(uint8_t service)
{
	char name[] = "capture";
	struct mklayers l;
	struct source source = { .name = name };
	struct packet *p;

	mkpkt_end(&pkt);
	mklayers_init(&l);
	l.section.source = &source;
	field_ctx_init(&ctx, &settings);
	for (uint32_t cap = 0; cap <= pkt.len; cap++) {
		struct layer_walk w;

		mklayers_next(&l);
		mklayers_bytes(&l, LINK_ETH, pkt.bytes, cap, pkt.len);
		mklayers_dissect(&l);
		p = &l.b.packets[0];
		layer_walk_init(&w, &l.b);
		field_ctx_batch(&ctx, &l.b);
		for (uint32_t i = 0; i < l.b.layer_count; i++) {
			l.b.layers[i].service = service;
		}
		field_ctx_packet(&ctx, p, layer_walk_next(&w, 0), 1, 0);
		CU_ASSERT(evaluate_all() > 0);
	}
	field_ctx_release(&ctx);
	mklayers_release(&l);
}

static void start_tcp(void)
{
	mkpkt_init(&pkt);
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4(&pkt, "10.0.0.9", "10.0.0.2", 6);
	mkpkt_tcp(&pkt, 40000, 80, 1, 2, TCP_ACK, 100);
}

static void test_fields_packet_cut(void)
{
	static const char head[] = "GET /a?b HTTP/1.1\r\nHost: x\r\nCookie: y\r\n\r\n";

	memset(&settings, 0, sizeof(settings));
	start_tcp();
	mkpkt_data(&pkt, head, sizeof(head) - 1);
	cut_everywhere(SERVICE_HTTP);
	start_tcp();
	client_hello();
	mkpkt_data(&pkt, tls.bytes, tls.len);
	cut_everywhere(SERVICE_TLS);
	mkpkt_init(&pkt);
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4(&pkt, "10.0.0.9", "10.0.0.2", 17);
	mkpkt_udp(&pkt, 40000, 53);
	mkdns_simple(&dns, 1, "a.example", 1, 1);
	mkpkt_data(&pkt, dns.bytes, dns.len);
	cut_everywhere(SERVICE_DNS);
	cut_everywhere(SERVICE_NONE);
	mkpkt_init(&pkt);
	mkpkt_eth(&pkt, 0x86DD);
	mkpkt_ip6(&pkt, "2001:db8::1", "2001:db8::2", 58);
	mkpkt_icmp6(&pkt, 128, 0);
	cut_everywhere(SERVICE_NONE);
}

/* More records and messages than are looked at, more answers than are listed. */
static void test_fields_packet_many(void)
{
	static uint8_t records[6 * 200];
	struct mkconv c;
	struct field_use u;
	struct field_value v;

	begin();
	mkconv_init(&c, &m, "10.0.0.9", 40000, "10.0.0.2", 443, T0_US);
	mkconv_open(&c);
	client_hello();
	mkconv_send(&c, 0, tls.bytes, tls.len);
	for (size_t i = 0; i < 200; i++) {
		memcpy(records + 6 * i, "\x17\x03\x03\x00\x01" "x", 6);
	}
	mkconv_send(&c, 0, records, sizeof(records));	/* 6 */
	mkconv_init(&c, &m, "10.0.0.9", 40001, "10.0.0.2", 53, T0_US + 100000);
	mkdns_init(&dns, 1, MKDNS_RESPONSE, 1, 500, 0, 0);
	mkdns_question(&dns, "a.example", 1, 1);
	for (unsigned int i = 0; i < 80; i++) {
		mkdns_a(&dns, i, i);
	}
	mkconv_udp(&c, 1, dns.bytes, dns.len);	/* 8 */
	mknet_run(&k, &m, NULL);
	look_at(6);
	use_of("tls.record.length", &u);
	CU_ASSERT_TRUE_FATAL(field_get(&ctx, &u, &v));
	CU_ASSERT_EQUAL(v.len, TLS_FACTS_MAX);
	look_at(8);
	use_of("dns.a", &u);
	CU_ASSERT_TRUE_FATAL(field_get(&ctx, &u, &v));
	CU_ASSERT_EQUAL(v.len, LIMIT_DNS_ANSWERS);
	done();
}

void suite_fields_packet(CU_pSuite suite);
void suite_fields_packet(CU_pSuite suite)
{
	suite->pInitializeFunc = set_up;
	suite->pCleanupFunc = tear_down;
	CU_add_test(suite, "test_fields_packet_frame", test_fields_packet_frame);
	CU_add_test(suite, "test_fields_packet_without_ip", test_fields_packet_without_ip);
	CU_add_test(suite, "test_fields_packet_ip6", test_fields_packet_ip6);
	CU_add_test(suite, "test_fields_packet_header", test_fields_packet_header);
	CU_add_test(suite, "test_fields_packet_header_of_fragment", test_fields_packet_header_of_fragment);
	CU_add_test(suite, "test_fields_packet_tunnel", test_fields_packet_tunnel);
	CU_add_test(suite, "test_fields_packet_tcp", test_fields_packet_tcp);
	CU_add_test(suite, "test_fields_packet_community_id", test_fields_packet_community_id);
	CU_add_test(suite, "test_fields_packet_http", test_fields_packet_http);
	CU_add_test(suite, "test_fields_packet_http_split", test_fields_packet_http_split);
	CU_add_test(suite, "test_fields_packet_dns", test_fields_packet_dns);
	CU_add_test(suite, "test_fields_packet_dns_tcp", test_fields_packet_dns_tcp);
	CU_add_test(suite, "test_fields_packet_tls", test_fields_packet_tls);
	CU_add_test(suite, "test_fields_packet_tls_second_hello", test_fields_packet_tls_second_hello);
	CU_add_test(suite, "test_fields_packet_options", test_fields_packet_options);
	CU_add_test(suite, "test_fields_packet_other_subject", test_fields_packet_other_subject);
	CU_add_test(suite, "test_fields_packet_cut", test_fields_packet_cut);
	CU_add_test(suite, "test_fields_packet_many", test_fields_packet_many);
}
