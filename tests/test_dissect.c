/*
 * test_dissect.c - IP headers and transports, and the keys of flows. Link layers, ICMP, tunnels, cut and lying packets
 * have files of their own.
 */
#include "mklayers.h"

static struct mkpkt p;

static void test_dissect_tcp_fields(void)
{
	static const uint8_t options[] = { 2, 4, 5, 180, 1, 3, 3, 7 };
	struct mklayers m;
	const struct layer *l;

	mklayers_init(&m);
	mkpkt_init(&p);
	p.ip_id = 4711;
	mkpkt_eth(&p, TYPE_IP4);
	mkpkt_ip4(&p, "10.0.0.9", "10.0.0.2", 6);
	mkpkt_tcp_options(&p, 40000, 80, 0xFFFFFFF0, 7, TCP_SYN | TCP_ECE, 64240, options, sizeof(options));
	l = mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL(l->seq, 0xFFFFFFF0);
	CU_ASSERT_EQUAL(l->ack, 7);
	CU_ASSERT_EQUAL(l->tcp_flags, TCP_SYN | TCP_ECE);
	CU_ASSERT_EQUAL(l->window, 64240);
	CU_ASSERT_EQUAL(l->window_shift, 7);
	CU_ASSERT_EQUAL(l->mss, 1460);
	CU_ASSERT_EQUAL(l->payload_len, 0);
	CU_ASSERT_EQUAL(l->ip_id, 4711);
	CU_ASSERT_EQUAL(l->ttl, 64);
	CU_ASSERT_EQUAL(l->tcp_checksum, p.bytes[50] << 8 | p.bytes[51]);
	mklayers_release(&m);
}

/* Shifts above 14 mean 14, and options that run over are left alone. */
static void test_dissect_tcp_odd_options(void)
{
	static const uint8_t wide[] = { 3, 3, 200, 0 }, over[] = { 1, 1, 3, 40 }, zero[] = { 3, 0, 7, 0 };
	const uint8_t *options[] = { wide, over, zero };
	const uint8_t shifts[] = { 14, 255, 255 };
	struct mklayers m;

	mklayers_init(&m);
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		const struct layer *l;

		mkpkt_init(&p);
		mkpkt_eth(&p, TYPE_IP4);
		mkpkt_ip4(&p, "10.0.0.9", "10.0.0.2", 6);
		mkpkt_tcp_options(&p, 1, 2, 3, 4, TCP_SYN, 5, options[i], 4);
		l = mklayers_one(&m, LINK_ETH, &p);
		CU_ASSERT_EQUAL(l->window_shift, shifts[i]);
		CU_ASSERT_EQUAL(l->mss, 0);
		CU_ASSERT_EQUAL(l->flags & LAYER_MALFORMED, 0);
	}
	mklayers_release(&m);
}

static void test_dissect_ip6_headers(void)
{
	static const uint8_t router_alert[] = { 5, 2, 0, 0, 1, 0 };
	struct mklayers m;
	const struct layer *l;
	uint8_t routing[22] = { 0 };

	mklayers_init(&m);
	mkpkt_init(&p);
	mkpkt_eth(&p, TYPE_IP6);
	mkpkt_ip6(&p, "2001:db8::1", "2001:db8::2", 0);
	mkpkt_ip6_ext(&p, 43, router_alert, sizeof(router_alert));
	mkpkt_ip6_ext(&p, 60, routing, sizeof(routing));
	mkpkt_ip6_ext(&p, 44, router_alert, sizeof(router_alert));
	mkpkt_ip6_frag(&p, 6, 77, 0, false);	/* whole: no fragment */
	mkpkt_tcp(&p, 1, 2, 3, 4, TCP_ACK, 5);
	mkpkt_data(&p, "xyz", 3);
	l = mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_TRUE(mklayers_path_is(l, "eth:ipv6:tcp"));
	CU_ASSERT_TRUE(mklayers_ends_are(l, "2001:db8::1", 1, "2001:db8::2", 2));
	CU_ASSERT_EQUAL(l->key.ip_proto, 6);
	CU_ASSERT_EQUAL(l->payload_len, 3);
	CU_ASSERT_EQUAL(l->ip_len, 40 + 8 + 24 + 8 + 8 + 20 + 3);
	CU_ASSERT_EQUAL(m.b.fragment_count, 0);
	mkpkt_init(&p);
	mkpkt_eth(&p, TYPE_IP6);
	mkpkt_ip6(&p, "2001:db8::1", "2001:db8::2", 59);
	l = mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_TRUE(mklayers_path_is(l, "eth:ipv6"));
	CU_ASSERT_EQUAL(l->key.ip_proto, 59);
	CU_ASSERT_EQUAL(l->flags, LAYER_FIRST | LAYER_LAST);
	mklayers_release(&m);
}

static void test_dissect_ah(void)
{
	static const uint8_t ah[24] = { 6, 4 };	/* TCP; (4 + 2) words */
	struct mklayers m;

	mklayers_init(&m);
	mkpkt_init(&p);
	mkpkt_eth(&p, TYPE_IP4);
	mkpkt_ip4(&p, "10.0.0.9", "10.0.0.2", 51);
	mkpkt_data(&p, ah, sizeof(ah));
	mkpkt_tcp(&p, 40000, 80, 1, 2, TCP_ACK, 3);
	CU_ASSERT_TRUE(mklayers_ends_are(mklayers_one(&m, LINK_ETH, &p), "10.0.0.9", 40000, "10.0.0.2", 80));
	CU_ASSERT_TRUE(mklayers_path_is(m.b.layers, "eth:ip:ah:tcp"));
	CU_ASSERT_EQUAL(m.b.layers[0].key.ip_proto, 6);
	mklayers_release(&m);
}

static void test_dissect_ip4_options(void)
{
	struct mklayers m;

	mklayers_init(&m);
	mkpkt_init(&p);
	mkpkt_eth(&p, TYPE_IP4);
	mklayers_add_tcp4(&p);
	mkpkt_end(&p);
	/* 8 bytes of options between header and TCP */
	memmove(p.bytes + 42, p.bytes + 34, p.len - 34);
	memset(p.bytes + 34, 1, 8);
	p.len += 8;
	p.bytes[14] = 0x47;
	p.bytes[17] += 8;
	mklayers_bytes(&m, LINK_ETH, p.bytes, p.len, p.len);
	mklayers_dissect(&m);
	CU_ASSERT_TRUE(mklayers_ends_are(m.b.layers, "10.0.0.9", 40000, "10.0.0.2", 80));
	CU_ASSERT_EQUAL(m.b.layers[0].payload_len, 5);
	CU_ASSERT_EQUAL(m.b.layers[0].ip_len, 53);
	mklayers_release(&m);
}

static void check_plain(struct mklayers *m, uint8_t proto, const char *path)
{
	const struct layer *l;

	mkpkt_init(&p);
	mkpkt_eth(&p, TYPE_IP4);
	mkpkt_ip4(&p, "10.0.0.9", "10.0.0.2", proto);
	mkpkt_data(&p, "12345678", 8);
	l = mklayers_one(m, LINK_ETH, &p);
	CU_ASSERT_TRUE(mklayers_path_is(l, path));
	CU_ASSERT_TRUE(mklayers_ends_are(l, "10.0.0.9", 0, "10.0.0.2", 0));
	CU_ASSERT_EQUAL(l->key.ip_proto, proto);
	CU_ASSERT_EQUAL(l->payload_len, 8);
	CU_ASSERT_EQUAL(l->flags, LAYER_FIRST | LAYER_LAST);
}

static void test_dissect_other_protocols(void)
{
	struct mklayers m;

	mklayers_init(&m);
	check_plain(&m, 2, "eth:ip:igmp");
	check_plain(&m, 50, "eth:ip:esp");
	check_plain(&m, 89, "eth:ip:other");
	check_plain(&m, 0, "eth:ip:other");	/* hop-by-hop options exist in IPv6 alone */
	mkpkt_init(&p);
	mkpkt_eth(&p, TYPE_IP6);
	mkpkt_ip6(&p, "fe80::1", "fe80::2", 132);
	mkpkt_sctp(&p, 2905, 2906);
	mkpkt_data(&p, "1234", 4);
	CU_ASSERT_TRUE(mklayers_ends_are(mklayers_one(&m, LINK_ETH, &p), "fe80::1", 2905, "fe80::2", 2906));
	CU_ASSERT_TRUE(mklayers_path_is(m.b.layers, "eth:ipv6:sctp"));
	CU_ASSERT_EQUAL(m.b.layers[0].payload_len, 4);
	mklayers_release(&m);
}

/* ---- keys ---------------------------------------------------------------------------------------------- */

/* Both directions of a conversation are one key, whichever address and port is greater. */
static void test_dissect_key_canonical(void)
{
	static const struct {
		const char *a, *b;
		uint16_t pa, pb;
	} rows[] = {
		{ "10.0.0.1", "10.0.0.2", 5, 4 },
		{ "10.0.0.2", "10.0.0.1", 4, 5 },
		{ "9.255.0.1", "10.0.0.0", 4, 5 },
		{ "10.0.0.1", "10.0.0.1", 7, 6 },
		{ "10.0.0.1", "10.0.0.1", 7, 7 },
	};
	struct mklayers m;

	mklayers_init(&m);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct layer *l;

		mklayers_next(&m);
		for (unsigned int back = 0; back < 2; back++) {
			mkpkt_init(&p);
			mkpkt_eth(&p, TYPE_IP4);
			mkpkt_ip4(&p, back ? rows[i].b : rows[i].a, back ? rows[i].a : rows[i].b, 17);
			mkpkt_udp(&p, back ? rows[i].pb : rows[i].pa, back ? rows[i].pa : rows[i].pb);
			mklayers_packet(&m, LINK_ETH, &p);
		}
		mklayers_dissect(&m);
		l = m.b.layers;
		CU_ASSERT_EQUAL(memcmp(&l[0].key, &l[1].key, sizeof(l->key)), 0);
		CU_ASSERT_EQUAL(l[0].hash, l[1].hash);
		CU_ASSERT_EQUAL(l[0].shard, l[0].hash % BATCH_SHARDS);
		CU_ASSERT_TRUE(mklayers_ends_are(&l[0], rows[i].a, rows[i].pa, rows[i].b, rows[i].pb));
		CU_ASSERT_TRUE(mklayers_ends_are(&l[1], rows[i].b, rows[i].pb, rows[i].a, rows[i].pa));
		CU_ASSERT_TRUE(memcmp(l->key.addr[0], l->key.addr[1], 16) <= 0);
	}
	mklayers_release(&m);
}

/* Everything in the key makes another flow; a hash of neighbours spreads over the shards. */
static void test_dissect_key_spread(void)
{
	unsigned int seen[BATCH_SHARDS] = { 0 };
	struct mklayers m;

	mklayers_init(&m);
	for (unsigned int i = 0; i < 8000; i++) {
		mkpkt_init(&p);
		mkpkt_eth(&p, TYPE_IP4);
		mkpkt_ip4(&p, "10.0.0.1", "10.0.0.2", 6);
		mkpkt_tcp(&p, (uint16_t)(32768 + i), 80, 1, 2, TCP_ACK, 3);
		mklayers_packet(&m, LINK_ETH, &p);
	}
	mklayers_dissect(&m);
	for (uint32_t i = 0; i < m.b.layer_count; i++) {
		seen[m.b.layers[i].shard]++;
	}
	for (unsigned int i = 0; i < BATCH_SHARDS; i++) {
		CU_ASSERT_TRUE(seen[i] > 800 && seen[i] < 1200);
	}
	mklayers_release(&m);
}

/* Questions to the group, answers to the group and answers to one host: all in one shard. */
static void test_dissect_mdns_shard(void)
{
	static const struct {
		const char *a, *b;
		uint16_t pa, pb;
	} rows[] = {
		{ "192.168.0.1", "224.0.0.251", 5353, 5353 },
		{ "192.168.0.77", "224.0.0.251", 5353, 5353 },
		{ "192.168.0.77", "192.168.0.1", 5353, 49152 },
		{ "192.168.0.1", "224.0.0.251", 49152, 5353 },
		{ "192.168.0.9", "192.168.0.77", 50000, 5353 },
	};
	struct mklayers m;

	mklayers_init(&m);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		mkpkt_init(&p);
		mkpkt_eth(&p, TYPE_IP4);
		mkpkt_ip4(&p, rows[i].a, rows[i].b, 17);
		mkpkt_udp(&p, rows[i].pa, rows[i].pb);
		mklayers_packet(&m, LINK_ETH, &p);
	}
	mklayers_dissect(&m);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CU_ASSERT_EQUAL(m.b.layers[i].shard, m.b.layers[0].shard);
	}
	mklayers_release(&m);
}

/* Loopback addresses of two interfaces are two hosts' maybe; other addresses are the same everywhere. */
static void test_dissect_loopback_scope(void)
{
	static const char *const ends[][2] = { { "127.0.0.1", "127.1.2.3" },
					       { "10.0.0.1", "127.0.0.1" },
					       { "::1", "::1" } };
	struct mklayers m;

	mklayers_init(&m);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		bool v6 = i == 2, scoped = i != 1;

		mklayers_next(&m);
		for (m.interface = 0; m.interface < 2; m.interface++) {
			mkpkt_init(&p);
			mkpkt_eth(&p, v6 ? TYPE_IP6 : TYPE_IP4);
			if (v6) {
				mkpkt_ip6(&p, ends[i][0], ends[i][1], 17);
			} else {
				mkpkt_ip4(&p, ends[i][0], ends[i][1], 17);
			}
			mkpkt_udp(&p, 1, 2);
			mklayers_packet(&m, LINK_ETH, &p);
		}
		mklayers_dissect(&m);
		CU_ASSERT_EQUAL(m.b.layers[0].key.scope, scoped ? 1 : 0);
		CU_ASSERT_EQUAL(m.b.layers[1].key.scope, scoped ? 2 : 0);
	}
	mklayers_next(&m);
	m.interface = 0;
	for (uint32_t ifindex = 1; ifindex < 3; ifindex++) {
		mkpkt_init(&p);
		mkpkt_sll2(&p, ifindex, 0, TYPE_IP4);
		mkpkt_ip4(&p, "127.0.0.1", "127.0.0.1", 17);
		mkpkt_udp(&p, 1, 2);
		mklayers_packet(&m, LINK_SLL2, &p);
	}
	mklayers_dissect(&m);
	CU_ASSERT_NOT_EQUAL(m.b.layers[0].key.scope, 0);
	CU_ASSERT_NOT_EQUAL(m.b.layers[0].key.scope, m.b.layers[1].key.scope);
	mklayers_release(&m);
}

static bool to_group(struct mklayers *m, const char *dst, const uint8_t *mac)
{
	mkpkt_init(&p);
	mkpkt_eth(&p, strchr(dst, ':') != NULL ? TYPE_IP6 : TYPE_IP4);
	if (mac != NULL) {
		memcpy(p.bytes, mac, 6);
	}
	if (strchr(dst, ':') != NULL) {
		mkpkt_ip6(&p, "fe80::1", dst, 17);
	} else {
		mkpkt_ip4(&p, "10.0.0.1", dst, 17);
	}
	mkpkt_udp(&p, 1, 2);
	return (mklayers_one(m, LINK_ETH, &p)->flags & LAYER_TO_GROUP) != 0;
}

static void test_dissect_to_group(void)
{
	static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };
	struct mklayers m;

	mklayers_init(&m);
	CU_ASSERT_TRUE(to_group(&m, "224.0.0.1", NULL));
	CU_ASSERT_TRUE(to_group(&m, "239.255.255.255", NULL));
	CU_ASSERT_TRUE(to_group(&m, "255.255.255.255", NULL));
	CU_ASSERT_TRUE(to_group(&m, "10.0.0.255", all));	/* a subnet's own broadcast */
	CU_ASSERT_TRUE(to_group(&m, "ff02::fb", NULL));
	CU_ASSERT_FALSE(to_group(&m, "10.0.0.255", NULL));
	CU_ASSERT_FALSE(to_group(&m, "223.255.255.255", NULL));
	CU_ASSERT_FALSE(to_group(&m, "240.0.0.1", NULL));
	CU_ASSERT_FALSE(to_group(&m, "fe80::2", NULL));
	mkpkt_init(&p);
	mkpkt_eth(&p, TYPE_ARP);
	memcpy(p.bytes, all, 6);
	mkpkt_zeros(&p, 28);
	CU_ASSERT_TRUE((mklayers_one(&m, LINK_ETH, &p)->flags & LAYER_TO_GROUP) != 0);
	mklayers_release(&m);
}

void suite_dissect(CU_pSuite suite);
void suite_dissect(CU_pSuite suite)
{
	CU_add_test(suite, "test_dissect_tcp_fields", test_dissect_tcp_fields);
	CU_add_test(suite, "test_dissect_tcp_odd_options", test_dissect_tcp_odd_options);
	CU_add_test(suite, "test_dissect_ip6_headers", test_dissect_ip6_headers);
	CU_add_test(suite, "test_dissect_ah", test_dissect_ah);
	CU_add_test(suite, "test_dissect_ip4_options", test_dissect_ip4_options);
	CU_add_test(suite, "test_dissect_other_protocols", test_dissect_other_protocols);
	CU_add_test(suite, "test_dissect_key_canonical", test_dissect_key_canonical);
	CU_add_test(suite, "test_dissect_key_spread", test_dissect_key_spread);
	CU_add_test(suite, "test_dissect_mdns_shard", test_dissect_mdns_shard);
	CU_add_test(suite, "test_dissect_loopback_scope", test_dissect_loopback_scope);
	CU_add_test(suite, "test_dissect_to_group", test_dissect_to_group);
}
