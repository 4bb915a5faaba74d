/*
 * test_dissect_link.c - each link type and what stands between it and IP: tags, labels, PPP, LLC; and what is not IP.
 */
#include "mklayers.h"

static struct mkpkt p;

static void check_tcp4(struct mklayers *m, uint16_t link, const char *path)
{
	const struct layer *l = mklayers_one(m, link, &p);

	CU_ASSERT_EQUAL(m->b.layer_count, 1);
	CU_ASSERT_TRUE(mklayers_path_is(l, path));
	CU_ASSERT_TRUE(mklayers_ends_are(l, "10.0.0.9", 40000, "10.0.0.2", 80));
	CU_ASSERT_EQUAL(l->flags, LAYER_FIRST | LAYER_LAST);
	CU_ASSERT_EQUAL(l->key.ip_proto, 6);
	CU_ASSERT_EQUAL(l->key.ip_version, 4);
	CU_ASSERT_EQUAL(l->payload_len, 5);
	CU_ASSERT_EQUAL(l->payload_cap, 5);
	CU_ASSERT_EQUAL(memcmp(l->payload, "hello", 5), 0);
	CU_ASSERT_EQUAL(l->ip_len, 45);
	CU_ASSERT_EQUAL(l->frame_len, p.len);
	CU_ASSERT_EQUAL(l->outer, UINT32_MAX);
}

static void check_udp6(struct mklayers *m, uint16_t link, const char *path)
{
	const struct layer *l = mklayers_one(m, link, &p);

	CU_ASSERT_EQUAL(m->b.layer_count, 1);
	CU_ASSERT_TRUE(mklayers_path_is(l, path));
	CU_ASSERT_TRUE(mklayers_ends_are(l, "2001:db8::1", 5000, "2001:db8::2", 53));
	CU_ASSERT_EQUAL(l->flags, LAYER_FIRST | LAYER_LAST);
	CU_ASSERT_EQUAL(l->key.ip_proto, 17);
	CU_ASSERT_EQUAL(l->key.ip_version, 6);
	CU_ASSERT_EQUAL(l->payload_len, 5);
	CU_ASSERT_EQUAL(memcmp(l->payload, "query", 5), 0);
	CU_ASSERT_EQUAL(l->ip_len, 53);
}

static void check_no_flow(struct mklayers *m, uint16_t link, const char *path)
{
	const struct layer *l = mklayers_one(m, link, &p);

	CU_ASSERT_EQUAL(m->b.layer_count, 1);
	CU_ASSERT_TRUE(mklayers_path_is(l, path));
	CU_ASSERT_EQUAL(l->flags & (LAYER_NO_FLOW | LAYER_MALFORMED | LAYER_FIRST | LAYER_LAST),
			LAYER_NO_FLOW | LAYER_FIRST | LAYER_LAST);
	CU_ASSERT_EQUAL(l->frame_len, p.len);
}

static void test_dissect_link_types(void)
{
	static const uint16_t raw[] = { LINK_RAW, 12, 14 };
	static const uint32_t families6[] = { 10, 24, 28, 30 };
	struct mklayers m;

	mklayers_init(&m);
	mkpkt_init(&p);
	mkpkt_eth(&p, TYPE_IP4);
	mklayers_add_tcp4(&p);
	check_tcp4(&m, LINK_ETH, "eth:ip:tcp");
	mkpkt_init(&p);
	mkpkt_eth(&p, TYPE_IP6);
	mklayers_add_udp6(&p);
	check_udp6(&m, LINK_ETH, "eth:ipv6:udp");
	for (size_t i = 0; i < ARRAY_LEN(raw); i++) {
		mkpkt_init(&p);
		mklayers_add_tcp4(&p);
		check_tcp4(&m, raw[i], "raw:ip:tcp");
		mkpkt_init(&p);
		mklayers_add_udp6(&p);
		check_udp6(&m, raw[i], "raw:ipv6:udp");
	}
	mkpkt_init(&p);
	mklayers_add_tcp4(&p);
	check_tcp4(&m, 228, "raw:ip:tcp");
	mkpkt_init(&p);
	mklayers_add_udp6(&p);
	check_udp6(&m, 229, "raw:ipv6:udp");
	for (unsigned int be = 0; be < 2; be++) {
		mkpkt_init(&p);
		mkpkt_null(&p, 2, be);
		mklayers_add_tcp4(&p);
		check_tcp4(&m, be ? LINK_LOOP : LINK_NULL, "null:ip:tcp");
		for (size_t i = 0; i < ARRAY_LEN(families6); i++) {
			mkpkt_init(&p);
			mkpkt_null(&p, families6[i], be);
			mklayers_add_udp6(&p);
			check_udp6(&m, LINK_NULL, "null:ipv6:udp");
		}
	}
	mkpkt_init(&p);
	mkpkt_sll(&p, 4, TYPE_IP4);
	mklayers_add_tcp4(&p);
	check_tcp4(&m, LINK_SLL, "sll:ip:tcp");
	mkpkt_init(&p);
	mkpkt_sll2(&p, 3, 0, TYPE_IP6);
	mklayers_add_udp6(&p);
	check_udp6(&m, LINK_SLL2, "sll:ipv6:udp");
	mklayers_release(&m);
}

static void test_dissect_link_ppp(void)
{
	static const uint8_t pppoe[] = { 0x11, 0, 0, 9, 0, 47 };	/* 2 of PPP, 45 of IP */
	struct mklayers m;

	mklayers_init(&m);
	for (unsigned int framed = 0; framed < 2; framed++) {
		mkpkt_init(&p);
		mkpkt_ppp(&p, 0x0021, framed);
		mklayers_add_tcp4(&p);
		check_tcp4(&m, LINK_PPP, "ppp:ip:tcp");
		check_tcp4(&m, 50, "ppp:ip:tcp");
		mkpkt_init(&p);
		mkpkt_ppp(&p, 0x0057, framed);
		mklayers_add_udp6(&p);
		check_udp6(&m, LINK_PPP, "ppp:ipv6:udp");
	}
	mkpkt_init(&p);
	mkpkt_data(&p, "\x21", 1);	/* a compressed protocol field */
	mklayers_add_tcp4(&p);
	check_tcp4(&m, LINK_PPP, "ppp:ip:tcp");
	mkpkt_init(&p);
	mkpkt_data(&p, "\x0F\x00\x08\x00", 4);	/* Cisco's framing */
	mklayers_add_tcp4(&p);
	check_tcp4(&m, 104, "ppp:ip:tcp");
	mkpkt_init(&p);
	mkpkt_ppp(&p, 0xC021, true);	/* LCP */
	mkpkt_data(&p, "\1\1\0\4", 4);
	check_no_flow(&m, LINK_PPP, "ppp:other");
	mkpkt_init(&p);
	mkpkt_eth(&p, 0x8864);
	mkpkt_data(&p, pppoe, sizeof(pppoe));
	mkpkt_ppp(&p, 0x0021, false);
	mklayers_add_tcp4(&p);
	check_tcp4(&m, LINK_ETH, "eth:pppoe:ppp:ip:tcp");
	mkpkt_init(&p);
	mkpkt_data(&p, pppoe, sizeof(pppoe));
	mkpkt_ppp(&p, 0x0021, false);
	mklayers_add_tcp4(&p);
	check_tcp4(&m, 51, "pppoe:ppp:ip:tcp");
	mkpkt_init(&p);
	mkpkt_eth(&p, 0x8863);
	mkpkt_data(&p, "\x11\x09\0\0\0\0", 6);
	check_no_flow(&m, LINK_ETH, "eth:pppoe");
	mklayers_release(&m);
}

static void test_dissect_link_tags(void)
{
	static const uint16_t outer[] = { 0x8100, 0x88A8, 0x9100 };
	struct mklayers m;

	mklayers_init(&m);
	mkpkt_init(&p);
	mkpkt_eth(&p, 0x8100);
	mkpkt_vlan(&p, 42, TYPE_IP4);
	mklayers_add_tcp4(&p);
	check_tcp4(&m, LINK_ETH, "eth:vlan:ip:tcp");
	CU_ASSERT_EQUAL(m.b.layers[0].key.vlan[0], 42);
	CU_ASSERT_EQUAL(m.b.layers[0].key.vlan[1], 0);
	for (size_t i = 0; i < ARRAY_LEN(outer); i++) {
		mkpkt_init(&p);
		mkpkt_eth(&p, outer[i]);
		mkpkt_vlan(&p, 100, 0x8100);
		mkpkt_vlan(&p, 4095, TYPE_IP4);
		mklayers_add_tcp4(&p);
		check_tcp4(&m, LINK_ETH, "eth:vlan:vlan:ip:tcp");
		CU_ASSERT_EQUAL(m.b.layers[0].key.vlan[0], 100);
		CU_ASSERT_EQUAL(m.b.layers[0].key.vlan[1], 4095);
	}
	mkpkt_init(&p);
	mkpkt_eth(&p, 0x8100);
	mkpkt_vlan(&p, 1, 0x8100);
	mkpkt_vlan(&p, 2, 0x8100);
	mkpkt_vlan(&p, 3, TYPE_IP4);
	mklayers_add_tcp4(&p);
	check_tcp4(&m, LINK_ETH, "eth:vlan:vlan:vlan:ip:tcp");
	CU_ASSERT_EQUAL(m.b.layers[0].key.vlan[0], 1);
	CU_ASSERT_EQUAL(m.b.layers[0].key.vlan[1], 2);
	mkpkt_init(&p);
	mkpkt_sll(&p, 0, 0x8100);
	mkpkt_vlan(&p, 7, TYPE_IP4);
	mklayers_add_tcp4(&p);
	check_tcp4(&m, LINK_SLL, "sll:vlan:ip:tcp");
	mkpkt_init(&p);
	mkpkt_eth(&p, 0x8847);
	mkpkt_mpls(&p, 1000, false);
	mkpkt_mpls(&p, 1001, true);
	mklayers_add_tcp4(&p);
	check_tcp4(&m, LINK_ETH, "eth:mpls:ip:tcp");
	mkpkt_init(&p);
	mkpkt_eth(&p, 0x8848);
	mkpkt_mpls(&p, 16, true);
	mklayers_add_udp6(&p);
	check_udp6(&m, LINK_ETH, "eth:mpls:ipv6:udp");
	mklayers_release(&m);
}

static void test_dissect_link_beside_ip(void)
{
	struct mklayers m;

	mklayers_init(&m);
	mkpkt_init(&p);
	mkpkt_eth(&p, TYPE_ARP);
	mkpkt_zeros(&p, 28);
	check_no_flow(&m, LINK_ETH, "eth:arp");
	CU_ASSERT_EQUAL(m.b.layers[0].payload_len, 28);
	mkpkt_init(&p);
	mkpkt_eth(&p, 0x88CC);
	mkpkt_zeros(&p, 20);
	check_no_flow(&m, LINK_ETH, "eth:lldp");
	mkpkt_init(&p);
	mkpkt_eth(&p, 0x88F7);	/* PTP */
	mkpkt_zeros(&p, 46);
	check_no_flow(&m, LINK_ETH, "eth:other");
	mkpkt_init(&p);
	mkpkt_eth(&p, 38);	/* spanning tree; then padding */
	mkpkt_data(&p, "\x42\x42\x03", 3);
	mkpkt_zeros(&p, 43);
	check_no_flow(&m, LINK_ETH, "eth:llc");
	CU_ASSERT_EQUAL(m.b.layers[0].payload_len, 38);
	mkpkt_init(&p);
	mkpkt_eth(&p, 8 + 45);
	mkpkt_data(&p, "\xAA\xAA\x03\0\0\0\x08\x00", 8);
	mklayers_add_tcp4(&p);
	check_tcp4(&m, LINK_ETH, "eth:llc:ip:tcp");
	mkpkt_init(&p);
	mkpkt_sll(&p, 0, 4);
	mkpkt_data(&p, "\xAA\xAA\x03\0\0\0\x08\x00", 8);
	mklayers_add_tcp4(&p);
	check_tcp4(&m, LINK_SLL, "sll:llc:ip:tcp");
	mkpkt_init(&p);
	mkpkt_zeros(&p, 60);
	check_no_flow(&m, 127, "other");
	check_no_flow(&m, 65000, "other");
	mklayers_release(&m);
}

/* A packet whose interface nobody described has no link type either. */
static void test_dissect_link_no_interface(void)
{
	struct mklayers m;

	mklayers_init(&m);
	mkpkt_init(&p);
	mkpkt_null(&p, 2, false);
	mklayers_add_tcp4(&p);
	mklayers_packet(&m, LINK_NULL, &p);
	m.b.packets[0].flags = PACKET_NO_INTERFACE;
	mklayers_dissect(&m);
	CU_ASSERT_TRUE(mklayers_path_is(m.b.layers, "other"));
	CU_ASSERT_EQUAL(m.b.layers[0].flags, LAYER_NO_FLOW | LAYER_FIRST | LAYER_LAST);
	mklayers_release(&m);
}

/* Headers in LLC in SNAP in LLC: the walk must not go deep. */
static void test_dissect_link_llc_once(void)
{
	struct mklayers m;
	const struct layer *l;

	mklayers_init(&m);
	mkpkt_init(&p);
	mkpkt_eth(&p, 1500);
	for (unsigned int i = 0; i < 8000; i++) {
		mkpkt_data(&p, "\xAA\xAA\x03\0\0\0\x81\0\0\1\5\xDC", 12);	/* a tag, then a length again */
	}
	l = mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL(m.b.layer_count, 1);
	CU_ASSERT_TRUE(mklayers_path_is(l, "eth:llc:vlan:llc:malformed"));
	CU_ASSERT_EQUAL(l->flags & LAYER_MALFORMED, LAYER_MALFORMED);
	mklayers_release(&m);
}

void suite_dissect_link(CU_pSuite suite);
void suite_dissect_link(CU_pSuite suite)
{
	CU_add_test(suite, "test_dissect_link_types", test_dissect_link_types);
	CU_add_test(suite, "test_dissect_link_ppp", test_dissect_link_ppp);
	CU_add_test(suite, "test_dissect_link_tags", test_dissect_link_tags);
	CU_add_test(suite, "test_dissect_link_beside_ip", test_dissect_link_beside_ip);
	CU_add_test(suite, "test_dissect_link_no_interface", test_dissect_link_no_interface);
	CU_add_test(suite, "test_dissect_link_llc_once", test_dissect_link_llc_once);
}
