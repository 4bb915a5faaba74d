/*
 * test_describe.c - what one line says of a packet: transports, what has no ports, tunnels, marks; hostile and cut
 * packets. The text is compared with what the headers' specifications mean by what was built.
 */
#include "mkline.h"

#include "base/escape.h"

/* ---- TCP and UDP ------------------------------------------------------------------------------------- */

static void test_describe_tcp_raw(void)
{
	static const uint8_t offers[] = { 2, 4, 1460 >> 8, 1460 & 255, 1, 3, 3, 7 };

	tcp4(TCP_SYN, "", 0);
	check("TCP 50000 \xe2\x86\x92 80 [SYN] Seq=1000 Win=64240 Len=0");
	start();
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4(&pkt, "10.0.0.1", "10.0.0.2", 6);
	mkpkt_tcp_options(&pkt, 50000, 80, 1000, 0, TCP_SYN, 64240, offers, sizeof(offers));
	check("TCP 50000 \xe2\x86\x92 80 [SYN] Seq=1000 Win=64240 Len=0 MSS=1460 WS=128");
	tcp4(TCP_ACK, "", 0);
	check("TCP 50000 \xe2\x86\x92 80 [ACK] Seq=1000 Ack=5000 Win=64240 Len=0");
	tcp4(TCP_FIN | TCP_PSH | TCP_ACK, "xyz", 3);
	check("TCP 50000 \xe2\x86\x92 80 [FIN, PSH, ACK] Seq=1000 Ack=5000 Win=64240 Len=3");
	tcp4(TCP_RST, "", 0);
	check("TCP 50000 \xe2\x86\x92 80 [RST] Seq=1000 Win=64240 Len=0");
	tcp4(0, "", 0);
	check("TCP 50000 \xe2\x86\x92 80 [none] Seq=1000 Win=64240 Len=0");
	tcp4(255, "", 0);
	check("TCP 50000 \xe2\x86\x92 80 [FIN, SYN, RST, PSH, ACK, URG, ECE, CWR] Seq=1000 Ack=5000 Win=64240 Len=0");
}

static void test_describe_tcp_stamped(void)
{
	tcp4(TCP_SYN, "", 0);
	stamps.tracked = true;
	check("TCP 50000 \xe2\x86\x92 80 [SYN] Seq=0 Win=64240 Len=0");
	tcp4(TCP_ACK, "abc", 3);
	stamps.tracked = true;
	stamps.rel_seq = 1;
	stamps.rel_ack = 77;
	check("TCP 50000 \xe2\x86\x92 80 [ACK] Seq=1 Ack=77 Win=64240 Len=3");
}

static void test_describe_tcp_marks(void)
{
	static const struct {
		uint16_t mark;
		const char *text;
	} rows[] = {
		{ MARK_RETRANSMISSION, "[TCP Retransmission]" },
		{ MARK_OUT_OF_ORDER, "[TCP Out-Of-Order]" },
		{ MARK_GAP, "[TCP Previous segment not captured]" },
		{ MARK_OVERLAP_DIFFERS, "[TCP Overlap with other data]" },
		{ MARK_DUPLICATE, "[Duplicate capture]" },
		{ MARK_ZERO_WINDOW, "[TCP ZeroWindow]" },
		{ MARK_KEEP_ALIVE, "[TCP Keep-Alive]" },
		{ MARK_DUP_ACK, "[TCP Dup ACK]" },
		{ MARK_WINDOW_UPDATE, "[TCP Window Update]" },
		{ MARK_ACKED_UNSEEN, "[TCP ACKed unseen segment]" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char expected[128];

		snprintf(expected, sizeof(expected),
			 "TCP %s 50000 \xe2\x86\x92 80 [ACK] Seq=1000 Ack=5000 Win=64240 Len=0", rows[i].text);
		tcp4(TCP_ACK, "", 0);
		stamps.marks = rows[i].mark;
		check(expected);
	}
	tcp_text("GET / HTTP/1.1\r\n\r\n");
	stamps.marks = MARK_NEW_FLOW | MARK_GAP | MARK_RETRANSMISSION;
	check("HTTP [TCP Previous segment not captured] [TCP Retransmission] GET / HTTP/1.1");
}

static void test_describe_udp(void)
{
	udp4(4000, 5000, "hello", 5);
	check("UDP 4000 \xe2\x86\x92 5000 Len=5");
	start();
	mkpkt_eth(&pkt, 0x86dd);
	mkpkt_ip6(&pkt, "fd00::1", "fd00::2", 17);
	mkpkt_udp(&pkt, 4000, 5000);
	check("UDP 4000 \xe2\x86\x92 5000 Len=0");
}

/* ---- without ports ------------------------------------------------------------------------------------- */

static void arp(uint8_t operation, const char *sender, const char *target)
{
	struct buf ip;

	start();
	buf_init(&ip, 64);
	mkcap_ip4(&ip, sender);
	mkcap_ip4(&ip, target);
	mkpkt_eth(&pkt, 0x0806);
	mkpkt_data(&pkt, "\x00\x01\x08\x00\x06\x04\x00", 7);
	mkpkt_data(&pkt, &operation, 1);
	mkpkt_data(&pkt, "\x02\x00\x00\x00\x00\x0a", 6);
	mkpkt_data(&pkt, ip.data, 4);
	mkpkt_data(&pkt, "\x02\x00\x00\x00\x00\x0b", 6);
	mkpkt_data(&pkt, ip.data + 4, 4);
	buf_release(&ip);
}

static void test_describe_arp(void)
{
	arp(1, "10.0.0.1", "10.0.0.2");
	check("ARP Who has 10.0.0.2? Tell 10.0.0.1");
	arp(2, "10.0.0.2", "10.0.0.1");
	check("ARP 10.0.0.2 is at 02:00:00:00:00:0a");
	arp(1, "10.0.0.7", "10.0.0.7");
	check("ARP ARP Announcement for 10.0.0.7");
	arp(9, "10.0.0.7", "10.0.0.7");
	check("ARP ARP operation 9");
}

static void icmp(uint8_t type, uint8_t code)
{
	start();
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4(&pkt, "10.0.0.1", "10.0.0.2", 1);
	mkpkt_icmp(&pkt, type, code);
	memcpy(pkt.bytes + pkt.len - 4, "\x12\x34\x00\x05", 4);
}

static void icmp6(uint8_t type, uint8_t code)
{
	start();
	mkpkt_eth(&pkt, 0x86dd);
	mkpkt_ip6(&pkt, "fd00::1", "fd00::2", 58);
	mkpkt_icmp6(&pkt, type, code);
}

static void test_describe_icmp(void)
{
	icmp(8, 0);
	check("ICMP Echo (ping) request id=0x1234 seq=5 ttl=64");
	icmp(0, 0);
	check("ICMP Echo (ping) reply id=0x1234 seq=5 ttl=64");
	icmp(3, 3);
	mkpkt_ip4(&pkt, "10.0.0.2", "10.0.0.1", 17);
	mkpkt_udp(&pkt, 4000, 53);
	check("ICMP Destination unreachable (Port unreachable) for UDP 10.0.0.2:4000 \xe2\x86\x92 10.0.0.1:53");
	icmp(11, 1);
	mkpkt_ip4_frag(&pkt, "10.0.0.2", "10.0.0.1", 6, 7, 8, false);
	mkpkt_data(&pkt, "12345678", 8);
	check("ICMP Time-to-live exceeded (Fragment reassembly time exceeded) for TCP 10.0.0.2 \xe2\x86\x92 10.0.0.1");
	icmp(3, 77);
	check("ICMP Destination unreachable (code 77)");
	icmp(11, 0);
	check("ICMP Time-to-live exceeded (Time to live exceeded in transit)");
	icmp(5, 1);
	check("ICMP Redirect (Redirect for host)");
	icmp(200, 1);
	check("ICMP ICMP type 200 code 1");
}

static void test_describe_icmp6(void)
{
	static const uint8_t target[16] = { 0xfd, [15] = 9 };

	icmp6(128, 0);
	memcpy(pkt.bytes + pkt.len - 4, "\x12\x34\x00\x05", 4);
	check("ICMPv6 Echo (ping) request id=0x1234 seq=5 hop limit=64");
	icmp6(1, 4);
	mkpkt_ip6(&pkt, "fd00::2", "fd00::1", 6);
	mkpkt_tcp(&pkt, 40000, 22, 1, 0, TCP_SYN, 1024);
	check("ICMPv6 Destination unreachable (Port unreachable) for TCP fd00::2:40000 \xe2\x86\x92 fd00::1:22");
	icmp6(3, 0);
	check("ICMPv6 Time exceeded (Hop limit exceeded in transit)");
	icmp6(135, 0);
	mkpkt_data(&pkt, target, 16);
	mkpkt_data(&pkt, "\x01\x01\x02\x00\x00\x00\x00\x0a", 8);
	check("ICMPv6 Neighbor Solicitation for fd00::9 from 02:00:00:00:00:0a");
	icmp6(136, 0);
	pkt.bytes[pkt.len - 4] = 0x60;
	mkpkt_data(&pkt, target, 16);
	mkpkt_data(&pkt, "\x02\x01\x02\x00\x00\x00\x00\x0b", 8);
	check("ICMPv6 Neighbor Advertisement fd00::9 (sol, ovr) is at 02:00:00:00:00:0b");
	icmp6(133, 0);
	mkpkt_data(&pkt, "\x01\x01\x02\x00\x00\x00\x00\x0a", 8);
	check("ICMPv6 Router Solicitation from 02:00:00:00:00:0a");
	icmp6(134, 0);
	check("ICMPv6 Router Advertisement");
}

static void test_describe_other_ip(void)
{
	start();
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4(&pkt, "10.0.0.1", "10.0.0.2", 132);
	mkpkt_sctp(&pkt, 2000, 3000);
	mkpkt_data(&pkt, "\x00\x03\x00\x14 a data chunk...", 20);
	mkpkt_data(&pkt, "\x03\x00\x00\x10 sack chunk.", 16);
	check("SCTP 2000 \xe2\x86\x92 3000 DATA SACK");
	start();
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4(&pkt, "10.0.0.1", "224.0.0.22", 2);
	mkpkt_data(&pkt, "\x16\x00\x00\x00\xe0\x00\x00\xfb", 8);
	check("IGMP Membership Report v2 group 224.0.0.251");
	start();
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4(&pkt, "10.0.0.1", "10.0.0.2", 50);
	mkpkt_data(&pkt, "\x00\x00\xab\xcd\x00\x00\x00\x07 sealed", 15);
	check("ESP ESP SPI=0xabcd seq=7");
	start();
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4(&pkt, "10.0.0.1", "10.0.0.2", 89);
	mkpkt_data(&pkt, "ospf", 4);
	check("IP IP protocol 89 Len=4");
}

static void test_describe_other_links(void)
{
	start();
	mkpkt_eth(&pkt, 0x88b5);
	mkpkt_data(&pkt, "local", 5);
	check("ETH Ethertype 0x88b5 Len=5");
	start();
	mkpkt_eth(&pkt, 0x88cc);
	mkpkt_data(&pkt, "\x02\x07", 2);
	check("LLDP Link layer discovery");
	start();
	packet.link_type = 147;
	mkpkt_data(&pkt, "what is this", 12);
	CU_ASSERT_PTR_NOT_NULL(strstr(line(), "Link type 147 Len=12"));
}

static void test_describe_fragments(void)
{
	start();
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4_frag(&pkt, "10.0.0.1", "10.0.0.2", 17, 0xbeef, 1480, true);
	mkpkt_data(&pkt, "01234567", 8);
	check("IP Fragmented IP protocol (proto=UDP 17, off=1480, ID=beef)");
	start();
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4_frag(&pkt, "10.0.0.2", "10.0.0.1", 89, 7, 8, false);
	mkpkt_data(&pkt, "01234567", 8);
	check("IP Fragmented IP protocol (proto=89, off=8, ID=7)");
	start();
	mkpkt_eth(&pkt, 0x86dd);
	mkpkt_ip6(&pkt, "fd00::1", "fd00::2", 44);
	mkpkt_ip6_frag(&pkt, 6, 0xcafe0001, 1448, false);
	mkpkt_data(&pkt, "tail", 4);
	check("IPv6 IPv6 fragment (proto=TCP 6, off=1448, ID=cafe0001)");
}

static void test_describe_tunnels(void)
{
	start();
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4(&pkt, "192.0.2.1", "192.0.2.2", 17);
	mkpkt_udp(&pkt, 55555, 4789);
	mkpkt_vxlan(&pkt, 42);
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4(&pkt, "10.0.0.1", "10.0.0.2", 6);
	mkpkt_tcp(&pkt, 50000, 80, 1, 2, TCP_ACK, 100);
	mkpkt_data(&pkt, "GET / HTTP/1.0\r\n\r\n", 18);
	check("HTTP [VXLAN 42] GET / HTTP/1.0");
	start();
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4(&pkt, "192.0.2.1", "192.0.2.2", 47);
	mkpkt_gre(&pkt, 0x0800, false, 0);
	mkpkt_ip4(&pkt, "10.0.0.1", "10.0.0.2", 17);
	mkpkt_udp(&pkt, 1, 2);
	check("UDP [GRE] 1 \xe2\x86\x92 2 Len=0");
}

/* ---- hostile and damaged ---------------------------------------------------------------------------------- */

/* What a terminal is shown of the line holds no control byte, whatever was captured. */
static void check_clean(void)
{
	struct buf shown;
	const char *raw = line();

	buf_init(&shown, 1u << 20);
	escape_terminal(&shown, raw, strlen(raw));
	for (size_t i = 0; i < shown.len; i++) {
		CU_ASSERT_TRUE((unsigned char)shown.data[i] >= 0x20 && shown.data[i] != 0x7f);
	}
	CU_ASSERT_FALSE(text.failed);
	buf_release(&shown);
}

static void test_describe_hostile_text(void)
{
	tcp_text("GET /\x1b]0;owned\x07\x9b\xe2\x80\xae HTTP/1.1\r\n\r\n");
	mkpkt_end(&pkt);
	check_clean();
	CU_ASSERT_PTR_NOT_NULL(strstr(line(), "\x1b]0;owned"));	/* raw here: escaping is the caller's */
	tcp4(TCP_ACK, "SSH-\x1b[2J\x08\x08", 11);
	mkpkt_end(&pkt);
	check_clean();
	udp4(1, 53, "\0\1\1\0\0\1\0\0\0\0\0\0\4\x1b[2J\0\0\1\0\1", 22);
	mkpkt_end(&pkt);
	check_clean();
}

/* Lines of one packet stay short, however much is in it. */
static void test_describe_bounded(void)
{
	static char big[60000];

	memset(big, 'a', sizeof(big));
	memcpy(big, "GET /", 5);
	start();
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4(&pkt, "10.0.0.1", "10.0.0.2", 6);
	mkpkt_tcp(&pkt, 50000, 80, 1, 2, TCP_ACK, 100);
	mkpkt_data(&pkt, big, sizeof(big));
	mkpkt_end(&pkt);
	CU_ASSERT_TRUE(strlen(line()) < 9000);
	for (size_t i = 0; i + 9 <= sizeof(big); i += 9) {
		memcpy(big + i, "\0\0\0\4\0\0\0\0\0", 9);
	}
	for (uint8_t service_id = 0; service_id < SERVICE_COUNT; service_id++) {
		tcp4(TCP_ACK, big, sizeof(big));
		stamps.service = service_id;
		mkpkt_end(&pkt);
		CU_ASSERT_TRUE(strlen(line()) < 2000);
	}
}

/* Everything above again, cut at every byte into memory of exactly that size, under every service and both
 * directions. */
static void cut_everywhere(void)
{
	mkpkt_end(&pkt);
	for (uint32_t cap = 0; cap <= pkt.len; cap++) {
		uint8_t *copy = malloc(cap > 0 ? cap : 1);

		CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
		memcpy(copy, pkt.bytes, cap);
		dissect(copy, cap, pkt.len);
		for (uint32_t i = 0; i < batch.layer_count; i++) {
			struct layer *l = &batch.layers[i];

			for (unsigned int s = 0; s < 2 * SERVICE_COUNT; s++) {
				l->service = (uint8_t)(s / 2);
				l->from_client = s & 1;
				buf_reset(&text);
				(void)layer_protocol(&packet, l);
				layer_describe(&packet, l, &text);
				CU_ASSERT_TRUE(text.len > 0);
			}
		}
		free(copy);
	}
}

static void test_describe_cut_everywhere(void)
{
	uint8_t hello[256];

	tcp4(TCP_ACK, hello, client_hello(hello, "shop.example"));
	cut_everywhere();
	tcp_text("GET /index.html HTTP/1.1\r\nHost: x\r\n\r\n");
	cut_everywhere();
	tcp_text("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n");
	cut_everywhere();
	tcp4(TCP_ACK, BYTES("\0\0\0\x22\0\3\0\0user\0bob\0database\0shop\0\0"));
	cut_everywhere();
	tcp4(TCP_ACK, BYTES("T\0\0\0\6\0\0D\0\0\0\6\0\0C\0\0\0\x0dSELECT 2\0Z\0\0\0\5I"));
	cut_everywhere();
	tcp4(TCP_ACK, BYTES("\x0a\0\0\1\xff\x48\x04" "denied"));
	cut_everywhere();
	udp4(4000, 53, dns_response, sizeof(dns_response) - 1);
	cut_everywhere();
	arp(1, "10.0.0.1", "10.0.0.2");
	cut_everywhere();
	icmp(3, 3);
	mkpkt_ip4(&pkt, "10.0.0.2", "10.0.0.1", 17);
	mkpkt_udp(&pkt, 4000, 53);
	cut_everywhere();
	icmp6(135, 0);
	mkpkt_data(&pkt, "0123456789abcdef\x01\x01\x02\x00\x00\x00\x00\x0a", 24);
	cut_everywhere();
	start();
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4_frag(&pkt, "10.0.0.1", "10.0.0.2", 17, 0xbeef, 1480, true);
	mkpkt_data(&pkt, "01234567", 8);
	cut_everywhere();
	start();
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4(&pkt, "10.0.0.1", "10.0.0.2", 132);
	mkpkt_sctp(&pkt, 2000, 3000);
	mkpkt_data(&pkt, "\x00\x03\x00\x14 a data chunk...", 20);
	cut_everywhere();
}

/* What was not captured is said, not guessed. */
static void test_describe_cut_text(void)
{
	struct layer *l;

	udp4(4000, 53, dns_query, sizeof(dns_query) - 1);
	mkpkt_end(&pkt);
	dissect(pkt.bytes, 14 + 20 + 8 + 16, pkt.len);
	l = innermost();
	buf_reset(&text);
	layer_describe(&packet, l, &text);
	CU_ASSERT_STRING_EQUAL(buf_str(&text), "Standard query 0x1a2b [Packet size limited during capture]");
	tcp4(TCP_ACK, "abc", 3);
	mkpkt_end(&pkt);
	dissect(pkt.bytes, 14 + 20 + 6, pkt.len);
	buf_reset(&text);
	layer_describe(&packet, innermost(), &text);
	CU_ASSERT_STRING_EQUAL(buf_str(&text), "50000 \xe2\x86\x92 80 header cut");
}

void suite_describe(CU_pSuite suite);
void suite_describe(CU_pSuite suite)
{
	suite->pInitializeFunc = set_up;
	suite->pCleanupFunc = tear_down;
	CU_add_test(suite, "test_describe_tcp_raw", test_describe_tcp_raw);
	CU_add_test(suite, "test_describe_tcp_stamped", test_describe_tcp_stamped);
	CU_add_test(suite, "test_describe_tcp_marks", test_describe_tcp_marks);
	CU_add_test(suite, "test_describe_udp", test_describe_udp);
	CU_add_test(suite, "test_describe_arp", test_describe_arp);
	CU_add_test(suite, "test_describe_icmp", test_describe_icmp);
	CU_add_test(suite, "test_describe_icmp6", test_describe_icmp6);
	CU_add_test(suite, "test_describe_other_ip", test_describe_other_ip);
	CU_add_test(suite, "test_describe_other_links", test_describe_other_links);
	CU_add_test(suite, "test_describe_fragments", test_describe_fragments);
	CU_add_test(suite, "test_describe_tunnels", test_describe_tunnels);
	CU_add_test(suite, "test_describe_hostile_text", test_describe_hostile_text);
	CU_add_test(suite, "test_describe_bounded", test_describe_bounded);
	CU_add_test(suite, "test_describe_cut_everywhere", test_describe_cut_everywhere);
	CU_add_test(suite, "test_describe_cut_text", test_describe_cut_text);
}
