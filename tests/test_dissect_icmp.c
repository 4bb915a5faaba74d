/*
 * test_dissect_icmp.c - ports that stand for ICMP's types, and the packets that its errors quote.
 */
#include "mklayers.h"

static struct mkpkt p;

/* Type and code of each kind with the ports that the Community ID's specification gives them. */
static void test_dissect_icmp_ports(void)
{
	static const struct {
		bool v6;
		uint8_t type, code;
		uint16_t sport, dport;
		bool one_way;
	} rows[] = {
		{ false, 8, 0, 8, 0, false }, { false, 0, 0, 0, 8, false }, { false, 13, 0, 13, 14, false },
		{ false, 14, 0, 14, 13, false }, { false, 15, 0, 15, 16, false }, { false, 10, 0, 10, 9, false },
		{ false, 9, 0, 9, 10, false }, { false, 17, 0, 17, 18, false }, { false, 3, 1, 3, 1, true },
		{ false, 11, 0, 11, 0, true }, { true, 128, 0, 128, 129, false }, { true, 129, 0, 129, 128, false },
		{ true, 133, 0, 133, 134, false }, { true, 135, 0, 135, 136, false }, { true, 136, 0, 136, 135, false },
		{ true, 130, 0, 130, 131, false }, { true, 139, 0, 139, 140, false }, { true, 144, 0, 144, 145, false },
		{ true, 1, 4, 1, 4, true }, { true, 3, 0, 3, 0, true }, { true, 143, 0, 143, 0, true },
	};
	struct mklayers m;

	mklayers_init(&m);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *src = rows[i].v6 ? "fe80::9" : "10.0.0.9", *dst = rows[i].v6 ? "fe80::2" : "10.0.0.2";
		const struct layer *l;

		mkpkt_init(&p);
		mkpkt_eth(&p, rows[i].v6 ? TYPE_IP6 : TYPE_IP4);
		if (rows[i].v6) {
			mkpkt_ip6(&p, src, dst, 58);
			mkpkt_icmp6(&p, rows[i].type, rows[i].code);
		} else {
			mkpkt_ip4(&p, src, dst, 1);
			mkpkt_icmp(&p, rows[i].type, rows[i].code);
		}
		l = mklayers_one(&m, LINK_ETH, &p);
		CU_ASSERT_TRUE(mklayers_ends_are(l, src, rows[i].sport, dst, rows[i].dport));
		CU_ASSERT_EQUAL(l->icmp_type, rows[i].type);
		CU_ASSERT_EQUAL(l->icmp_code, rows[i].code);
		CU_ASSERT_EQUAL((l->flags & LAYER_ICMP_ONE_WAY) != 0, rows[i].one_way);
		CU_ASSERT_EQUAL(l->from, rows[i].one_way ? 0 : 1);	/* the sender's address is the greater one */
		CU_ASSERT_TRUE(mklayers_path_is(l, rows[i].v6 ? "eth:ipv6:icmpv6" : "eth:ip:icmp"));
	}
	mklayers_release(&m);
}

/* An error speaks of a packet of the other direction: the key is that of the flow. */
static void test_dissect_icmp_quote(void)
{
	struct mklayers m;
	const struct layer *l, *q;

	mklayers_init(&m);
	mkpkt_init(&p);
	mkpkt_eth(&p, TYPE_IP4);
	mklayers_add_tcp4(&p);
	(void)mklayers_one(&m, LINK_ETH, &p);
	mkpkt_init(&p);
	mkpkt_eth(&p, TYPE_IP4);
	mkpkt_ip4(&p, "10.0.0.254", "10.0.0.9", 1);
	mkpkt_icmp(&p, 3, 1);
	mkpkt_ip4(&p, "10.0.0.9", "10.0.0.2", 6);
	mkpkt_tcp(&p, 40000, 80, 111, 222, TCP_ACK, 4096);
	mkpkt_data(&p, "hello", 5);
	mkpkt_end(&p);
	/* as routers do: 8 bytes of the datagram */
	p.bytes[17] = 20 + 8 + 20 + 8;
	mklayers_bytes(&m, LINK_ETH, p.bytes, 14 + 56, 14 + 56);
	mklayers_dissect(&m);
	CU_ASSERT_EQUAL_FATAL(m.b.layer_count, 3);
	l = &m.b.layers[1];
	q = &m.b.layers[2];
	CU_ASSERT_EQUAL(l->flags, LAYER_FIRST | LAYER_LAST | LAYER_ICMP_ONE_WAY);
	CU_ASSERT_EQUAL(q->flags, LAYER_QUOTED | LAYER_NO_TRANSPORT);
	CU_ASSERT_EQUAL(q->outer, 1);
	CU_ASSERT_EQUAL(q->packet, 1);
	CU_ASSERT_EQUAL(memcmp(&q->key, &m.b.layers[0].key, sizeof(q->key)), 0);
	CU_ASSERT_EQUAL(q->hash, m.b.layers[0].hash);
	CU_ASSERT_TRUE(mklayers_ends_are(q, "10.0.0.9", 40000, "10.0.0.2", 80));
	CU_ASSERT_EQUAL(q->seq, 111);
	CU_ASSERT_EQUAL(q->ip_len, 45);
	mklayers_release(&m);
}

static void test_dissect_icmp6_quote(void)
{
	struct mklayers m;

	mklayers_init(&m);
	mkpkt_init(&p);
	mkpkt_eth(&p, TYPE_IP6);
	mkpkt_ip6(&p, "2001:db8::fe", "2001:db8::1", 58);
	mkpkt_icmp6(&p, 1, 4);
	mklayers_add_udp6(&p);
	(void)mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL_FATAL(m.b.layer_count, 2);
	CU_ASSERT_EQUAL(m.b.layers[1].flags, LAYER_QUOTED);
	CU_ASSERT_TRUE(mklayers_ends_are(&m.b.layers[1], "2001:db8::1", 5000, "2001:db8::2", 53));
	CU_ASSERT_TRUE(mklayers_path_is(&m.b.layers[1], "eth:ipv6:icmpv6:ipv6:udp"));
	mklayers_release(&m);
}

/* What is quoted is not believed further than one step, and nonsense there is no fault of the packet. */
static void test_dissect_icmp_quote_odd(void)
{
	struct mklayers m;

	mklayers_init(&m);
	mkpkt_init(&p);		/* an error about an error */
	mkpkt_eth(&p, TYPE_IP4);
	mkpkt_ip4(&p, "10.0.0.254", "10.0.0.9", 1);
	mkpkt_icmp(&p, 3, 1);
	mkpkt_ip4(&p, "10.0.0.9", "10.0.0.254", 1);
	mkpkt_icmp(&p, 11, 0);
	mklayers_add_tcp4(&p);
	(void)mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL(m.b.layer_count, 2);
	CU_ASSERT_EQUAL(m.b.layers[0].flags, LAYER_FIRST | LAYER_LAST | LAYER_ICMP_ONE_WAY);
	mkpkt_init(&p);		/* no packet at all */
	mkpkt_eth(&p, TYPE_IP4);
	mkpkt_ip4(&p, "10.0.0.254", "10.0.0.9", 1);
	mkpkt_icmp(&p, 3, 1);
	mkpkt_zeros(&p, 28);
	(void)mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL(m.b.layer_count, 1);
	CU_ASSERT_EQUAL(m.b.layers[0].flags, LAYER_FIRST | LAYER_LAST | LAYER_ICMP_ONE_WAY);
	mkpkt_init(&p);		/* a later fragment: no ports */
	mkpkt_eth(&p, TYPE_IP4);
	mkpkt_ip4(&p, "10.0.0.254", "10.0.0.9", 1);
	mkpkt_icmp(&p, 11, 0);
	mkpkt_ip4_frag(&p, "10.0.0.9", "10.0.0.2", 17, 5, 1480, false);
	mkpkt_zeros(&p, 8);
	(void)mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL(m.b.layer_count, 1);
	CU_ASSERT_EQUAL(m.b.fragment_count, 0);
	mklayers_release(&m);
}

void suite_dissect_icmp(CU_pSuite suite);
void suite_dissect_icmp(CU_pSuite suite)
{
	CU_add_test(suite, "test_dissect_icmp_ports", test_dissect_icmp_ports);
	CU_add_test(suite, "test_dissect_icmp_quote", test_dissect_icmp_quote);
	CU_add_test(suite, "test_dissect_icmp6_quote", test_dissect_icmp6_quote);
	CU_add_test(suite, "test_dissect_icmp_quote_odd", test_dissect_icmp_quote_odd);
}
