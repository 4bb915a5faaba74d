/*
 * test_packet_bpf.c - tcpdump's filters on packets of every kind of link that can be built: what passes follows from
 * what was built.
 */
#include "mkpkt.h"

#include <CUnit/CUnit.h>

#include "filter/packet_bpf.h"
#include "net/layer.h"

static struct err e;

/* Does a packet of that link layer pass? cap_len bytes of it are there. */
static bool passes(const char *text, const struct mkpkt *p, uint16_t link_type, uint32_t cap_len)
{
	struct packet packet = { .data = p->bytes, .cap_len = cap_len, .orig_len = p->len, .link_type = link_type };
	struct packet_bpf *f = NULL;
	bool it;

	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(packet_bpf_new(text, &f, &e), 0);
	it = packet_bpf_match(f, &packet);
	packet.flags = PACKET_NO_INTERFACE;
	CU_ASSERT_FALSE(packet_bpf_match(f, &packet));
	packet_bpf_free(f);
	return it;
}

/* TCP from 10.0.0.1:1234 to 10.0.0.2:80 behind whatever stands there. */
static void add_tcp(struct mkpkt *p)
{
	mkpkt_ip4(p, "10.0.0.1", "10.0.0.2", 6);
	mkpkt_tcp(p, 1234, 80, 1, 1, TCP_ACK, 100);
	mkpkt_data(p, "GET / HTTP/1.1\r\n\r\n", 18);
	mkpkt_end(p);
}

static void check_tcp(const struct mkpkt *p, uint16_t link_type)
{
	static const char *const yes[] = { "tcp", "tcp port 80", "dst port 80", "src host 10.0.0.1", "net 10.0.0.0/8", "ip",
					   "tcp[tcpflags] & tcp-ack != 0", "host 10.0.0.2 and not port 443", "greater 40" };
	static const char *const no[] = {
		"udp", "src port 80", "host 10.0.0.3", "ip6", "arp", "less 40", "tcp[tcpflags] & tcp-syn != 0"
	};

	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		if (!passes(yes[i], p, link_type, p->len)) {
			printf("\nlink type %u: '%s'\n", link_type, yes[i]);
			CU_FAIL("does not pass");
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(no); i++) {
		if (passes(no[i], p, link_type, p->len)) {
			printf("\nlink type %u: '%s'\n", link_type, no[i]);
			CU_FAIL("passes");
		}
	}
}

static void test_packet_bpf_links(void)
{
	static struct mkpkt p;

	mkpkt_init(&p);
	mkpkt_eth(&p, 0x0800);
	add_tcp(&p);
	check_tcp(&p, 1);
	mkpkt_init(&p);
	mkpkt_sll(&p, 0, 0x0800);
	add_tcp(&p);
	check_tcp(&p, 113);
	mkpkt_init(&p);
	mkpkt_sll2(&p, 3, 0, 0x0800);
	add_tcp(&p);
	check_tcp(&p, 276);
	mkpkt_init(&p);
	mkpkt_null(&p, 2, true);
	add_tcp(&p);
	check_tcp(&p, 108);
	mkpkt_init(&p);
	mkpkt_ppp(&p, 0x0021, true);
	add_tcp(&p);
	check_tcp(&p, 9);
	/* the numbers of files, which are not libpcap's own */
	mkpkt_init(&p);
	add_tcp(&p);
	check_tcp(&p, 101);
	check_tcp(&p, 228);
	mkpkt_release(&p);
}

static void test_packet_bpf_ip6_and_vlan(void)
{
	static struct mkpkt p;

	mkpkt_init(&p);
	mkpkt_eth(&p, 0x8100);
	mkpkt_vlan(&p, 7, 0x86dd);
	mkpkt_ip6(&p, "2001:db8::1", "2001:db8::2", 17);
	mkpkt_udp(&p, 5353, 53);
	mkpkt_data(&p, "x", 1);
	mkpkt_end(&p);
	CU_ASSERT_TRUE(passes("vlan 7 and udp port 53", &p, 1, p.len));
	CU_ASSERT_TRUE(passes("vlan and ip6 host 2001:db8::2", &p, 1, p.len));
	CU_ASSERT_FALSE(passes("vlan 8", &p, 1, p.len));
	mkpkt_release(&p);
}

/* What lies behind the captured bytes cannot match. */
static void test_packet_bpf_cut(void)
{
	static struct mkpkt p;

	mkpkt_init(&p);
	mkpkt_eth(&p, 0x0800);
	add_tcp(&p);
	CU_ASSERT_TRUE(passes("tcp", &p, 1, 34));
	CU_ASSERT_FALSE(passes("tcp port 80", &p, 1, 34));
	CU_ASSERT_FALSE(passes("tcp", &p, 1, 20));
	CU_ASSERT_FALSE(passes("tcp", &p, 1, 0));
	CU_ASSERT_FALSE(passes("not tcp", &p, 1, 0)); /* nothing can be told of it */
	CU_ASSERT_TRUE(passes("greater 60", &p, 1, 20));
	mkpkt_release(&p);
}

static void test_packet_bpf_unfit_links(void)
{
	static struct mkpkt p;

	mkpkt_init(&p);
	add_tcp(&p);
	/* has meaning on ethernet only */
	CU_ASSERT_FALSE(passes("ether host 02:00:00:00:00:01", &p, 101, p.len));
	/* unknown link layers */
	CU_ASSERT_FALSE(passes("tcp", &p, 147, p.len));
	CU_ASSERT_FALSE(passes("tcp", &p, 65535, p.len));
	mkpkt_release(&p);
}

static void test_packet_bpf_refuses(void)
{
	static const char *const bad[] = { "tcp and", "port http80x", "frob", "(tcp", "host 10.0.0.256", "port 70000",
					   "host no-such-host.invalid" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct packet_bpf *f = NULL;

		err_init(&e);
		CU_ASSERT_EQUAL(packet_bpf_new(bad[i], &f, &e), ERR_USAGE);
		CU_ASSERT_PTR_NULL(f);
		CU_ASSERT_EQUAL(strncmp(e.message, "packet filter: ", 15), 0);
	}
}

void suite_packet_bpf(CU_pSuite suite);
void suite_packet_bpf(CU_pSuite suite)
{
	CU_add_test(suite, "test_packet_bpf_links", test_packet_bpf_links);
	CU_add_test(suite, "test_packet_bpf_ip6_and_vlan", test_packet_bpf_ip6_and_vlan);
	CU_add_test(suite, "test_packet_bpf_cut", test_packet_bpf_cut);
	CU_add_test(suite, "test_packet_bpf_unfit_links", test_packet_bpf_unfit_links);
	CU_add_test(suite, "test_packet_bpf_refuses", test_packet_bpf_refuses);
}
