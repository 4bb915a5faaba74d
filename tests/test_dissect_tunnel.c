/*
 * test_dissect_tunnel.c - packets in packets: both layers, what tells inner flows apart, and how deep it goes.
 */
#include "base/limits.h"
#include "mklayers.h"

static struct mkpkt p;

static void outer_udp(uint16_t dport)
{
	mkpkt_init(&p);
	mkpkt_eth(&p, TYPE_IP4);
	mkpkt_ip4(&p, "192.0.2.1", "192.0.2.2", 17);
	mkpkt_udp(&p, 55555, dport);
}

static void outer_ip(uint8_t proto)
{
	mkpkt_init(&p);
	mkpkt_eth(&p, TYPE_IP4);
	mkpkt_ip4(&p, "192.0.2.1", "192.0.2.2", proto);
}

/* Two layers: the outer one as told, the inner one that of mklayers_add_tcp4. inner_at: where its link header
 * stands. */
static void check_two(struct mklayers *m, const char *outer, uint8_t outer_proto, const char *inner, uint8_t tunnel,
		      uint32_t id, uint32_t inner_at)
{
	const struct layer *l = mklayers_one(m, LINK_ETH, &p);

	CU_ASSERT_EQUAL_FATAL(m->b.layer_count, 2);
	CU_ASSERT_TRUE(mklayers_path_is(&l[0], outer));
	CU_ASSERT_EQUAL(l[0].flags, LAYER_FIRST);
	CU_ASSERT_EQUAL(l[0].key.ip_proto, outer_proto);
	CU_ASSERT_EQUAL(l[0].key.tunnel, 0);
	CU_ASSERT_EQUAL(l[0].key.depth, 0);
	CU_ASSERT_EQUAL(memcmp(l[0].key.addr[0] + 12, "\xC0\0\2\1", 4), 0);
	CU_ASSERT_EQUAL(l[0].frame_len, p.len);
	CU_ASSERT_EQUAL(l[0].ip_len, p.len - 14);
	CU_ASSERT_TRUE(mklayers_path_is(&l[1], inner));
	CU_ASSERT_EQUAL(l[1].flags, LAYER_INNER | LAYER_LAST);
	CU_ASSERT_EQUAL(l[1].outer, 0);
	CU_ASSERT_EQUAL(l[1].packet, 0);
	CU_ASSERT_EQUAL(l[1].key.tunnel, tunnel);
	CU_ASSERT_EQUAL(l[1].key.tunnel_id, id);
	CU_ASSERT_EQUAL(l[1].key.depth, 1);
	CU_ASSERT_TRUE(mklayers_ends_are(&l[1], "10.0.0.9", 40000, "10.0.0.2", 80));
	CU_ASSERT_EQUAL(l[1].payload_len, 5);
	CU_ASSERT_EQUAL(l[1].ip_len, 45);
	CU_ASSERT_EQUAL(l[1].frame_len, p.len - inner_at);
}

static void test_dissect_tunnel_vxlan(void)
{
	static const uint16_t ports[] = { 4789, 8472 };
	struct mklayers m;

	mklayers_init(&m);
	for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
		outer_udp(ports[i]);
		mkpkt_vxlan(&p, 0xABCDEF);
		mkpkt_eth(&p, 0x8100);
		mkpkt_vlan(&p, 33, TYPE_IP4);
		mklayers_add_tcp4(&p);
		check_two(&m, "eth:ip:udp", 17, "eth:ip:udp:vxlan:eth:vlan:ip:tcp", PROTO_VXLAN, 0xABCDEF, 50);
		CU_ASSERT_EQUAL(m.b.layers[0].payload_len, 8 + 18 + 45);
		CU_ASSERT_EQUAL(m.b.layers[0].key.vlan[0], 0);
		CU_ASSERT_EQUAL(m.b.layers[1].key.vlan[0], 33);
	}
	mklayers_release(&m);
}

/* The port alone is no tunnel. */
static void test_dissect_tunnel_vxlan_not(void)
{
	struct mklayers m;

	mklayers_init(&m);
	outer_udp(4789);
	mkpkt_data(&p, "\x41\x42\x43\x44", 4);
	mkpkt_zeros(&p, 60);
	(void)mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL(m.b.layer_count, 1);
	CU_ASSERT_EQUAL(m.b.layers[0].flags, LAYER_FIRST | LAYER_LAST);
	CU_ASSERT_TRUE(mklayers_path_is(m.b.layers, "eth:ip:udp"));
	mklayers_release(&m);
}

static void test_dissect_tunnel_geneve(void)
{
	struct mklayers m;

	mklayers_init(&m);
	outer_udp(6081);
	mkpkt_geneve(&p, 77, 0x6558, 12);
	mkpkt_eth(&p, TYPE_IP4);
	mklayers_add_tcp4(&p);
	check_two(&m, "eth:ip:udp", 17, "eth:ip:udp:geneve:eth:ip:tcp", PROTO_GENEVE, 77, 62);
	outer_udp(6081);
	mkpkt_geneve(&p, 78, TYPE_IP4, 0);
	mklayers_add_tcp4(&p);
	check_two(&m, "eth:ip:udp", 17, "eth:ip:udp:geneve:ip:tcp", PROTO_GENEVE, 78, 50);
	mklayers_release(&m);
}

static void test_dissect_tunnel_gre(void)
{
	struct mklayers m;

	mklayers_init(&m);
	outer_ip(47);
	mkpkt_gre(&p, TYPE_IP4, false, 0);
	mklayers_add_tcp4(&p);
	check_two(&m, "eth:ip:gre", 47, "eth:ip:gre:ip:tcp", PROTO_GRE, 0, 38);
	outer_ip(47);
	mkpkt_gre(&p, TYPE_IP4, true, 0xFEEDBEEF);
	mklayers_add_tcp4(&p);
	check_two(&m, "eth:ip:gre", 47, "eth:ip:gre:ip:tcp", PROTO_GRE, 0xFEEDBEEF, 42);
	outer_ip(47);
	mkpkt_data(&p, "\xB0\0\x65\x58\0\0\0\0\0\0\0\7\0\0\0\1", 16);	/* checksum, key 7, sequence; Ethernet */
	mkpkt_eth(&p, TYPE_IP4);
	mklayers_add_tcp4(&p);
	check_two(&m, "eth:ip:gre", 47, "eth:ip:gre:eth:ip:tcp", PROTO_GRE, 7, 50);
	outer_ip(47);
	mkpkt_data(&p, "\x10\0\x88\xBE\0\0\0\1", 8);	/* ERSPAN II behind a sequence number */
	mkpkt_zeros(&p, 8);
	mkpkt_eth(&p, TYPE_IP4);
	mklayers_add_tcp4(&p);
	check_two(&m, "eth:ip:gre", 47, "eth:ip:gre:eth:ip:tcp", PROTO_GRE, 0, 50);
	outer_ip(47);
	mkpkt_gre(&p, 0x88BE, false, 0);	/* ERSPAN I has no header */
	mkpkt_eth(&p, TYPE_IP4);
	mklayers_add_tcp4(&p);
	check_two(&m, "eth:ip:gre", 47, "eth:ip:gre:eth:ip:tcp", PROTO_GRE, 0, 38);
	outer_ip(47);
	mkpkt_gre(&p, 0x8847, false, 0);
	mkpkt_mpls(&p, 3, true);
	mklayers_add_tcp4(&p);
	check_two(&m, "eth:ip:gre", 47, "eth:ip:gre:mpls:ip:tcp", PROTO_GRE, 0, 38);
	mklayers_release(&m);
}

/* PPTP's version and unknown types are counted, not followed. */
static void test_dissect_tunnel_gre_not(void)
{
	struct mklayers m;

	mklayers_init(&m);
	outer_ip(47);
	mkpkt_data(&p, "\x30\x01\x88\x0B\0\x04\0\1\0\0\0\1\xFF\x03\0\x21", 16);
	(void)mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL(m.b.layer_count, 1);
	CU_ASSERT_TRUE(mklayers_path_is(m.b.layers, "eth:ip:gre"));
	CU_ASSERT_EQUAL(m.b.layers[0].flags, LAYER_FIRST | LAYER_LAST);
	outer_ip(47);
	mkpkt_gre(&p, 0x9999, false, 0);
	mkpkt_zeros(&p, 40);
	(void)mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL(m.b.layer_count, 1);
	mklayers_release(&m);
}

static void test_dissect_tunnel_ip_in_ip(void)
{
	struct mklayers m;

	mklayers_init(&m);
	outer_ip(4);
	mklayers_add_tcp4(&p);
	check_two(&m, "eth:ip:ipip", 4, "eth:ip:ipip:ip:tcp", PROTO_IPIP, 0, 34);
	outer_ip(41);
	mklayers_add_udp6(&p);
	(void)mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL_FATAL(m.b.layer_count, 2);
	CU_ASSERT_TRUE(mklayers_path_is(&m.b.layers[1], "eth:ip:ipip:ipv6:udp"));
	CU_ASSERT_TRUE(mklayers_ends_are(&m.b.layers[1], "2001:db8::1", 5000, "2001:db8::2", 53));
	CU_ASSERT_EQUAL(m.b.layers[0].key.ip_proto, 41);
	mklayers_release(&m);
}

/* Endpoint ids differ by direction: they must not tear a flow in two. */
static void test_dissect_tunnel_gtp(void)
{
	struct mklayers m;

	mklayers_init(&m);
	outer_udp(2152);
	mkpkt_data(&p, "\x30\xFF\0\x2D\0\0\x12\x34", 8);
	mklayers_add_tcp4(&p);
	check_two(&m, "eth:ip:udp", 17, "eth:ip:udp:gtp:ip:tcp", PROTO_GTP, 0, 50);
	outer_udp(2152);	/* sequence number, and one extension of 4 bytes */
	mkpkt_data(&p, "\x36\xFF\0\x35\0\0\x12\x34\0\1\0\x85\1\0\0\0", 16);
	mklayers_add_tcp4(&p);
	check_two(&m, "eth:ip:udp", 17, "eth:ip:udp:gtp:ip:tcp", PROTO_GTP, 0, 58);
	outer_udp(2152);	/* an echo request */
	mkpkt_data(&p, "\x32\x01\0\x04\0\0\0\0\0\1\0\0", 12);
	(void)mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL(m.b.layer_count, 1);
	mklayers_release(&m);
}

/* What is no IP inside has a layer too: the path of the packet is whole. */
static void test_dissect_tunnel_inner_arp(void)
{
	struct mklayers m;

	mklayers_init(&m);
	outer_udp(4789);
	mkpkt_vxlan(&p, 5);
	mkpkt_eth(&p, TYPE_ARP);
	mkpkt_zeros(&p, 28);
	(void)mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL_FATAL(m.b.layer_count, 2);
	CU_ASSERT_TRUE(mklayers_path_is(&m.b.layers[1], "eth:ip:udp:vxlan:eth:arp"));
	CU_ASSERT_EQUAL(m.b.layers[1].flags, LAYER_INNER | LAYER_LAST | LAYER_NO_FLOW);
	CU_ASSERT_EQUAL(m.b.layers[0].flags, LAYER_FIRST);
	mklayers_release(&m);
}

/* The same ends in two tunnels, or in and out of one, are different flows. */
static void test_dissect_tunnel_tells_flows_apart(void)
{
	struct mklayers m;
	const struct flow_key *keys[3];

	mklayers_init(&m);
	for (uint32_t vni = 1; vni < 3; vni++) {
		outer_udp(4789);
		mkpkt_vxlan(&p, vni);
		mkpkt_eth(&p, TYPE_IP4);
		mklayers_add_tcp4(&p);
		mklayers_packet(&m, LINK_ETH, &p);
	}
	mkpkt_init(&p);
	mkpkt_eth(&p, TYPE_IP4);
	mklayers_add_tcp4(&p);
	mklayers_packet(&m, LINK_ETH, &p);
	mklayers_dissect(&m);
	CU_ASSERT_EQUAL_FATAL(m.b.layer_count, 5);
	keys[0] = &m.b.layers[1].key;
	keys[1] = &m.b.layers[3].key;
	keys[2] = &m.b.layers[4].key;
	CU_ASSERT_NOT_EQUAL(memcmp(keys[0], keys[1], sizeof(*keys[0])), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(keys[0], keys[2], sizeof(*keys[0])), 0);
	CU_ASSERT_EQUAL(memcmp(&m.b.layers[0].key, &m.b.layers[2].key, sizeof(*keys[0])), 0);
	mklayers_release(&m);
}

/* n headers of IPv4 in each other and a TCP packet in the last. */
static void nest(unsigned int tunnels)
{
	mkpkt_init(&p);
	mkpkt_eth(&p, TYPE_IP4);
	for (unsigned int i = 0; i < tunnels; i++) {
		mkpkt_ip4(&p, "192.0.2.1", "192.0.2.2", 4);
	}
	mklayers_add_tcp4(&p);
}

static void test_dissect_tunnel_depth(void)
{
	struct mklayers m;

	mklayers_init(&m);
	for (unsigned int n = 0; n <= LIMIT_TUNNELS; n++) {
		nest(n);
		(void)mklayers_one(&m, LINK_ETH, &p);
		CU_ASSERT_EQUAL_FATAL(m.b.layer_count, n + 1);
		CU_ASSERT_EQUAL(m.b.layers[n].key.depth, n);
		CU_ASSERT_TRUE(mklayers_ends_are(&m.b.layers[n], "10.0.0.9", 40000, "10.0.0.2", 80));
		CU_ASSERT_EQUAL(m.b.layers[n].flags & (LAYER_LAST | LAYER_MALFORMED), LAYER_LAST);
	}
	for (unsigned int n = LIMIT_TUNNELS + 1; n < LIMIT_TUNNELS + 4; n++) {
		nest(n);
		(void)mklayers_one(&m, LINK_ETH, &p);
		CU_ASSERT_EQUAL_FATAL(m.b.layer_count, LIMIT_TUNNELS + 1);
		CU_ASSERT_EQUAL(m.b.layers[LIMIT_TUNNELS].flags & (LAYER_LAST | LAYER_MALFORMED),
				LAYER_LAST | LAYER_MALFORMED);
		CU_ASSERT_EQUAL(m.b.layers[LIMIT_TUNNELS].key.ip_proto, 4);
	}
	mklayers_release(&m);
}

/* Mixed kinds, one in another; the path is longer than what is kept of it. */
static void test_dissect_tunnel_mixed(void)
{
	struct mklayers m;
	const struct layer *l;

	mklayers_init(&m);
	outer_udp(4789);
	mkpkt_vxlan(&p, 1);
	mkpkt_eth(&p, TYPE_IP4);
	mkpkt_ip4(&p, "192.0.2.3", "192.0.2.4", 47);
	mkpkt_gre(&p, TYPE_IP4, false, 0);
	mkpkt_ip4(&p, "192.0.2.5", "192.0.2.6", 17);
	mkpkt_udp(&p, 9, 6081);
	mkpkt_geneve(&p, 2, 0x6558, 0);
	mkpkt_eth(&p, TYPE_IP4);
	mklayers_add_tcp4(&p);
	l = mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL_FATAL(m.b.layer_count, 4);
	CU_ASSERT_TRUE(mklayers_path_is(&l[1], "eth:ip:udp:vxlan:eth:ip:gre"));
	CU_ASSERT_TRUE(mklayers_path_is(&l[2], "eth:ip:udp:vxlan:eth:ip:gre:ip:udp"));
	CU_ASSERT_TRUE(mklayers_path_is(&l[3], "eth:ip:udp:vxlan:eth:ip:gre:ip:udp:geneve:eth:ip"));	/* tcp is the 13th */
	CU_ASSERT_TRUE(mklayers_ends_are(&l[3], "10.0.0.9", 40000, "10.0.0.2", 80));
	CU_ASSERT_EQUAL(l[3].outer, 2);
	CU_ASSERT_EQUAL(l[2].outer, 1);
	CU_ASSERT_EQUAL(l[3].key.tunnel, PROTO_GENEVE);
	CU_ASSERT_EQUAL(l[3].key.tunnel_id, 2);
	CU_ASSERT_EQUAL(l[3].key.depth, 3);
	mklayers_release(&m);
}

/* An error inside a tunnel quotes a flow of that tunnel. */
static void test_dissect_tunnel_quote(void)
{
	struct mklayers m;
	const struct layer *l;

	mklayers_init(&m);
	outer_udp(4789);
	mkpkt_vxlan(&p, 9);
	mkpkt_eth(&p, TYPE_IP4);
	mkpkt_ip4(&p, "10.0.0.254", "10.0.0.9", 1);
	mkpkt_icmp(&p, 3, 3);
	mklayers_add_tcp4(&p);
	l = mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL_FATAL(m.b.layer_count, 3);
	CU_ASSERT_EQUAL(l[2].flags, LAYER_QUOTED | LAYER_INNER);
	CU_ASSERT_EQUAL(l[2].outer, 1);
	CU_ASSERT_EQUAL(l[2].key.tunnel, PROTO_VXLAN);
	CU_ASSERT_EQUAL(l[2].key.tunnel_id, 9);
	CU_ASSERT_EQUAL(l[2].key.depth, 1);
	CU_ASSERT_EQUAL(l[1].flags, LAYER_INNER | LAYER_LAST | LAYER_ICMP_ONE_WAY);
	mklayers_release(&m);
}

void suite_dissect_tunnel(CU_pSuite suite);
void suite_dissect_tunnel(CU_pSuite suite)
{
	CU_add_test(suite, "test_dissect_tunnel_vxlan", test_dissect_tunnel_vxlan);
	CU_add_test(suite, "test_dissect_tunnel_vxlan_not", test_dissect_tunnel_vxlan_not);
	CU_add_test(suite, "test_dissect_tunnel_geneve", test_dissect_tunnel_geneve);
	CU_add_test(suite, "test_dissect_tunnel_gre", test_dissect_tunnel_gre);
	CU_add_test(suite, "test_dissect_tunnel_gre_not", test_dissect_tunnel_gre_not);
	CU_add_test(suite, "test_dissect_tunnel_ip_in_ip", test_dissect_tunnel_ip_in_ip);
	CU_add_test(suite, "test_dissect_tunnel_gtp", test_dissect_tunnel_gtp);
	CU_add_test(suite, "test_dissect_tunnel_inner_arp", test_dissect_tunnel_inner_arp);
	CU_add_test(suite, "test_dissect_tunnel_tells_flows_apart", test_dissect_tunnel_tells_flows_apart);
	CU_add_test(suite, "test_dissect_tunnel_depth", test_dissect_tunnel_depth);
	CU_add_test(suite, "test_dissect_tunnel_mixed", test_dissect_tunnel_mixed);
	CU_add_test(suite, "test_dissect_tunnel_quote", test_dissect_tunnel_quote);
}
