/*
 * test_dissect_cut.c - packets that are cut, padded, longer than they say or nonsense: every prefix of every kind is
 * dissected from a block of just its size, lengths are believed where they can be, and bit flips do no harm.
 */
#include "mklayers.h"

static struct mkpkt p;

static void begin_eth(uint16_t type)
{
	mkpkt_init(&p);
	mkpkt_eth(&p, type);
}

/* ---- one of each kind ----------------------------------------------------------------------------------- */

static uint16_t kind_tcp_options(void)
{
	static const uint8_t options[] = { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7 };

	begin_eth(TYPE_IP4);
	mkpkt_ip4(&p, "10.0.0.9", "10.0.0.2", 6);
	mkpkt_tcp_options(&p, 40000, 80, 1, 0, TCP_SYN, 64240, options, sizeof(options));
	return LINK_ETH;
}

static uint16_t kind_vlan_udp6(void)
{
	begin_eth(0x88A8);
	mkpkt_vlan(&p, 1, 0x8100);
	mkpkt_vlan(&p, 2, TYPE_IP6);
	mklayers_add_udp6(&p);
	return LINK_ETH;
}

static uint16_t kind_headers6(void)
{
	uint8_t body[22] = { 0 };

	begin_eth(TYPE_IP6);
	mkpkt_ip6(&p, "fe80::1", "fe80::2", 0);
	mkpkt_ip6_ext(&p, 43, body, 6);
	mkpkt_ip6_ext(&p, 60, body, 22);
	mkpkt_ip6_ext(&p, 132, body, 6);
	mkpkt_sctp(&p, 1, 2);
	mkpkt_data(&p, "chunk", 5);
	return LINK_ETH;
}

static uint16_t kind_fragment6(void)
{
	begin_eth(TYPE_IP6);
	mkpkt_ip6(&p, "fe80::1", "fe80::2", 44);
	mkpkt_ip6_frag(&p, 17, 5, 8, true);
	mkpkt_data(&p, "12345678", 8);
	return LINK_ETH;
}

static uint16_t kind_quote(void)
{
	begin_eth(TYPE_IP4);
	mkpkt_ip4(&p, "10.0.0.254", "10.0.0.9", 1);
	mkpkt_icmp(&p, 3, 1);
	mklayers_add_tcp4(&p);
	return LINK_ETH;
}

static uint16_t kind_quote6(void)
{
	begin_eth(TYPE_IP6);
	mkpkt_ip6(&p, "fe80::1", "fe80::2", 58);
	mkpkt_icmp6(&p, 1, 0);
	mklayers_add_udp6(&p);
	return LINK_ETH;
}

static uint16_t kind_vxlan(void)
{
	begin_eth(TYPE_IP4);
	mkpkt_ip4(&p, "192.0.2.1", "192.0.2.2", 17);
	mkpkt_udp(&p, 9, 4789);
	mkpkt_vxlan(&p, 5);
	mkpkt_eth(&p, TYPE_IP4);
	mklayers_add_tcp4(&p);
	return LINK_ETH;
}

static uint16_t kind_geneve(void)
{
	begin_eth(TYPE_IP4);
	mkpkt_ip4(&p, "192.0.2.1", "192.0.2.2", 17);
	mkpkt_udp(&p, 9, 6081);
	mkpkt_geneve(&p, 5, 0x6558, 8);
	mkpkt_eth(&p, TYPE_IP6);
	mklayers_add_udp6(&p);
	return LINK_ETH;
}

static uint16_t kind_gtp(void)
{
	begin_eth(TYPE_IP4);
	mkpkt_ip4(&p, "192.0.2.1", "192.0.2.2", 17);
	mkpkt_udp(&p, 9, 2152);
	mkpkt_data(&p, "\x34\xFF\0\x35\0\0\x12\x34\0\1\0\x85\1\0\0\0", 16);
	mklayers_add_tcp4(&p);
	return LINK_ETH;
}

static uint16_t kind_gre(void)
{
	mkpkt_init(&p);
	mkpkt_sll(&p, 0, TYPE_IP4);
	mkpkt_ip4(&p, "192.0.2.1", "192.0.2.2", 47);
	mkpkt_data(&p, "\xB0\0\x65\x58\0\0\0\0\0\0\0\7\0\0\0\1", 16);
	mkpkt_eth(&p, TYPE_IP4);
	mkpkt_ip4(&p, "192.0.2.1", "192.0.2.2", 41);
	mklayers_add_udp6(&p);
	return LINK_SLL;
}

static uint16_t kind_erspan3(void)
{
	mkpkt_init(&p);
	mkpkt_sll2(&p, 4, 0, TYPE_IP4);
	mkpkt_ip4(&p, "192.0.2.1", "192.0.2.2", 47);
	mkpkt_data(&p, "\x10\0\x22\xEB\0\0\0\1", 8);
	mkpkt_data(&p, "\x20\0\0\0\0\0\0\0\0\0\0\1", 12);
	mkpkt_zeros(&p, 8);
	mkpkt_eth(&p, TYPE_IP4);
	mklayers_add_tcp4(&p);
	return LINK_SLL2;
}

static uint16_t kind_pppoe_mpls(void)
{
	begin_eth(0x8864);
	mkpkt_data(&p, "\x11\0\0\1\0\x37", 6);
	mkpkt_ppp(&p, 0x0281, false);
	mkpkt_mpls(&p, 4, false);
	mkpkt_mpls(&p, 5, true);
	mklayers_add_tcp4(&p);
	return LINK_ETH;
}

static uint16_t kind_llc_ah(void)
{
	static const uint8_t ah[24] = { 17, 4 };

	begin_eth(8 + 20 + 24 + 8 + 3);
	mkpkt_data(&p, "\xAA\xAA\x03\0\0\0\x08\x00", 8);
	mkpkt_ip4(&p, "10.0.0.9", "10.0.0.2", 51);
	mkpkt_data(&p, ah, sizeof(ah));
	mkpkt_udp(&p, 1, 2);
	mkpkt_data(&p, "abc", 3);
	return LINK_ETH;
}

static uint16_t kind_null(void)
{
	mkpkt_init(&p);
	mkpkt_null(&p, 30, false);
	mklayers_add_udp6(&p);
	return LINK_NULL;
}

static uint16_t kind_ppp(void)
{
	mkpkt_init(&p);
	mkpkt_ppp(&p, 0x0021, true);
	mklayers_add_tcp4(&p);
	return LINK_PPP;
}

static uint16_t kind_hdlc(void)
{
	mkpkt_init(&p);
	mkpkt_data(&p, "\x0F\0\x08\0", 4);
	mklayers_add_tcp4(&p);
	return 104;
}

static uint16_t kind_arp(void)
{
	begin_eth(TYPE_ARP);
	mkpkt_zeros(&p, 28);
	return LINK_ETH;
}

static uint16_t (*const kinds[])(void) = {
	kind_tcp_options, kind_vlan_udp6, kind_headers6, kind_fragment6, kind_quote,   kind_quote6,
	kind_vxlan,       kind_geneve,    kind_gtp,      kind_gre,       kind_erspan3, kind_pppoe_mpls,
	kind_llc_ah,      kind_null,      kind_ppp,      kind_hdlc,      kind_arp,
};

/* ---- what must hold for any layer ------------------------------------------------------------------------ */

static void check_sane(const struct mklayers *m)
{
	const struct batch *b = &m->b;
	uint32_t firsts = 0, lasts = 0;

	for (uint32_t i = 0; i < b->layer_count; i++) {
		const struct layer *l = &b->layers[i];
		const struct packet *pkt = &b->packets[l->packet];

		firsts += (l->flags & LAYER_FIRST) != 0;
		lasts += (l->flags & LAYER_LAST) != 0;
		CU_ASSERT_TRUE(l->payload_cap <= l->payload_len);
		CU_ASSERT_TRUE(l->payload_cap == 0 ||
			       (l->payload >= pkt->data && l->payload + l->payload_cap <= pkt->data + pkt->cap_len));
		CU_ASSERT_TRUE(l->shard < BATCH_SHARDS);
		CU_ASSERT_TRUE(l->outer == UINT32_MAX || l->outer < i);
		if ((l->flags & LAYER_NO_FLOW) != 0) {
			static const uint8_t zeros[36];

			CU_ASSERT_EQUAL(memcmp(&l->key, zeros, sizeof(zeros)), 0);
		}
	}
	CU_ASSERT_EQUAL(firsts, b->packet_count);
	CU_ASSERT_EQUAL(lasts, b->packet_count);
	for (uint32_t i = 0; i < b->fragment_count; i++) {
		CU_ASSERT_TRUE(b->fragments[i].layer < b->layer_count);
		CU_ASSERT_TRUE(b->fragments[i].cap_len <= b->fragments[i].len);
	}
}

/* Cut by the snap length: nothing is malformed, and what both hold is told the same. */
static void test_dissect_cut_every_byte(void)
{
	struct mklayers m;

	mklayers_init(&m);
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		uint16_t link = kinds[k]();
		const struct layer *whole;
		uint32_t count;

		mkpkt_end(&p);
		mklayers_next(&m);
		for (uint32_t cut = p.len + 1; cut-- > 0;) {
			mklayers_bytes(&m, link, p.bytes, cut, p.len);
		}
		mklayers_dissect(&m);
		check_sane(&m);
		whole = m.b.layers;
		count = m.b.layer_count;
		for (uint32_t i = 0; i < count; i++) {
			const struct layer *l = &m.b.layers[i];

			CU_ASSERT_EQUAL(l->flags & LAYER_MALFORMED, 0);
			CU_ASSERT_TRUE(l->frame_len <= p.len);
			if ((l->flags & LAYER_FIRST) != 0) {
				CU_ASSERT_EQUAL(l->frame_len, p.len);
				if ((l->flags & LAYER_NO_FLOW) == 0) {
					CU_ASSERT_EQUAL(memcmp(&l->key, &whole->key, sizeof(l->key)), 0);
					CU_ASSERT_EQUAL(l->ip_len, whole->ip_len);
					CU_ASSERT_EQUAL(l->payload_len,
							(l->flags & LAYER_NO_TRANSPORT) != 0 ? l->payload_len :
											       whole->payload_len);
				}
			}
		}
	}
	mklayers_release(&m);
}

/* Cut on the wire: as short as it says. */
static void test_dissect_cut_short_frames(void)
{
	struct mklayers m;

	mklayers_init(&m);
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		uint16_t link = kinds[k]();

		mkpkt_end(&p);
		mklayers_next(&m);
		for (uint32_t cut = 0; cut <= p.len; cut++) {
			mklayers_bytes(&m, link, p.bytes, cut, cut);
		}
		mklayers_dissect(&m);
		check_sane(&m);
		for (uint32_t i = 0; i < m.b.layer_count; i++) {
			CU_ASSERT_EQUAL(m.b.layers[i].flags & LAYER_CUT, 0);
		}
	}
	mklayers_release(&m);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void test_dissect_cut_bit_flips(void)
{
	struct mklayers m;
	uint64_t seed = 88172645463325252u;

	mklayers_init(&m);
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		uint16_t link = kinds[k]();

		mkpkt_end(&p);
		mklayers_next(&m);
		for (uint32_t bit = 0; bit < p.len * 8; bit++) {
			p.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			mklayers_bytes(&m, link, p.bytes, p.len, p.len);
			p.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		for (unsigned int i = 0; i < 500; i++) {
			uint32_t at = (uint32_t)(next_random(&seed) % p.len);
			uint8_t was = p.bytes[at];

			p.bytes[at] = (uint8_t)next_random(&seed);
			mklayers_bytes(&m, link, p.bytes, (uint32_t)(next_random(&seed) % (p.len + 1)), p.len);
			p.bytes[at] = i % 4 == 3 ? p.bytes[at] : was;	/* some stay, so that lies meet */
		}
		mklayers_dissect(&m);
		check_sane(&m);
	}
	mklayers_release(&m);
}

/* ---- lengths ---------------------------------------------------------------------------------------------- */

static const struct layer *tcp4(struct mklayers *m, uint32_t zeros_behind)
{
	begin_eth(TYPE_IP4);
	mklayers_add_tcp4(&p);
	mkpkt_end(&p);
	mkpkt_zeros(&p, zeros_behind);
	return mklayers_one(m, LINK_ETH, &p);
}

static void test_dissect_cut_padding(void)
{
	struct mklayers m;
	const struct layer *l;

	mklayers_init(&m);
	l = tcp4(&m, 20);
	CU_ASSERT_EQUAL(l->payload_len, 5);
	CU_ASSERT_EQUAL(l->payload_cap, 5);
	CU_ASSERT_EQUAL(l->ip_len, 45);
	CU_ASSERT_EQUAL(l->frame_len, 79);
	CU_ASSERT_EQUAL(l->flags, LAYER_FIRST | LAYER_LAST);
	begin_eth(TYPE_IP6);
	mklayers_add_udp6(&p);
	mkpkt_end(&p);
	mkpkt_zeros(&p, 7);
	l = mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL(l->payload_len, 5);
	CU_ASSERT_EQUAL(l->ip_len, 53);
	begin_eth(TYPE_IP4);	/* no payload, padded to the shortest frame */
	mkpkt_ip4(&p, "10.0.0.9", "10.0.0.2", 6);
	mkpkt_tcp(&p, 1, 2, 3, 4, TCP_ACK, 5);
	mkpkt_end(&p);
	mkpkt_zeros(&p, 6);
	l = mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL(l->payload_len, 0);
	mklayers_release(&m);
}

/* Segments that the card would have cut: the length field is 0, or the frame ends before it does. */
static void test_dissect_cut_offload(void)
{
	static uint8_t data[70000];
	struct mklayers m;
	const struct layer *l;

	mklayers_init(&m);
	begin_eth(TYPE_IP4);
	mkpkt_ip4(&p, "10.0.0.9", "10.0.0.2", 6);
	mkpkt_tcp(&p, 1, 2, 3, 4, TCP_ACK, 5);
	mkpkt_data(&p, data, sizeof(data));
	l = mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL(l->payload_len, 70000);
	CU_ASSERT_EQUAL(l->ip_len, 70040);
	CU_ASSERT_EQUAL(l->flags, LAYER_FIRST | LAYER_LAST | LAYER_BAD_LENGTH);
	begin_eth(TYPE_IP6);
	mkpkt_ip6(&p, "fe80::1", "fe80::2", 6);
	mkpkt_tcp(&p, 1, 2, 3, 4, TCP_ACK, 5);
	mkpkt_data(&p, data, sizeof(data));
	l = mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL(l->payload_len, 70000);
	CU_ASSERT_EQUAL(l->ip_len, 70060);
	CU_ASSERT_EQUAL(l->flags, LAYER_FIRST | LAYER_LAST | LAYER_BAD_LENGTH);
	(void)tcp4(&m, 0);
	p.bytes[16] = 1;	/* 256 more than there are */
	l = mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL(l->payload_len, 5);
	CU_ASSERT_EQUAL(l->flags, LAYER_FIRST | LAYER_LAST | LAYER_BAD_LENGTH);
	begin_eth(TYPE_IP4);	/* UDP's length alone is wrong */
	mkpkt_ip4(&p, "10.0.0.9", "10.0.0.2", 17);
	mkpkt_udp(&p, 1, 2);
	mkpkt_data(&p, "abc", 3);
	mkpkt_end(&p);
	p.bytes[38] = 9;
	l = mklayers_one(&m, LINK_ETH, &p);
	CU_ASSERT_EQUAL(l->payload_len, 3);
	CU_ASSERT_EQUAL(l->flags, LAYER_FIRST | LAYER_LAST | LAYER_BAD_LENGTH);
	mklayers_release(&m);
}

/* UDP may end before IP does. */
static void test_dissect_cut_udp_shorter(void)
{
	struct mklayers m;

	mklayers_init(&m);
	begin_eth(TYPE_IP4);
	mkpkt_ip4(&p, "10.0.0.9", "10.0.0.2", 17);
	mkpkt_udp(&p, 1, 2);
	mkpkt_data(&p, "abcdef", 6);
	mkpkt_end(&p);
	p.bytes[39] = 8 + 4;
	CU_ASSERT_EQUAL(mklayers_one(&m, LINK_ETH, &p)->payload_len, 4);
	CU_ASSERT_EQUAL(m.b.layers[0].flags, LAYER_FIRST | LAYER_LAST);
	mklayers_release(&m);
}

static void test_dissect_cut_flag(void)
{
	struct mklayers m;
	const struct layer *l;

	mklayers_init(&m);
	begin_eth(TYPE_IP4);
	mklayers_add_tcp4(&p);
	mkpkt_end(&p);
	for (uint32_t cut = 54 - 16; cut <= p.len; cut++) {
		mklayers_bytes(&m, LINK_ETH, p.bytes, cut, p.len);
	}
	mklayers_dissect(&m);
	CU_ASSERT_EQUAL_FATAL(m.b.layer_count, 22);
	for (uint32_t i = 0; i < 22; i++) {
		l = &m.b.layers[i];
		CU_ASSERT_EQUAL((l->flags & LAYER_CUT) != 0, i < 21);
		CU_ASSERT_EQUAL((l->flags & LAYER_NO_TRANSPORT) != 0, i < 16);
		CU_ASSERT_TRUE(mklayers_ends_are(l, "10.0.0.9", 40000, "10.0.0.2", 80));
		CU_ASSERT_EQUAL(l->payload_cap, i < 16 ? 0 : i - 16);
		CU_ASSERT_EQUAL(l->tcp_flags, i < 16 ? 0 : TCP_ACK | TCP_PSH);
	}
	mklayers_release(&m);
}

/* The capture claims fewer bytes on the wire than it holds. */
static void test_dissect_cut_original_shorter(void)
{
	struct mklayers m;

	mklayers_init(&m);
	begin_eth(TYPE_IP4);
	mklayers_add_tcp4(&p);
	mkpkt_end(&p);
	mklayers_bytes(&m, LINK_ETH, p.bytes, p.len, 10);
	mklayers_dissect(&m);
	CU_ASSERT_EQUAL(m.b.layers[0].payload_len, 5);
	CU_ASSERT_EQUAL(m.b.layers[0].flags, LAYER_FIRST | LAYER_LAST);
	mklayers_release(&m);
}

static void check_malformed(struct mklayers *m, uint32_t at, uint8_t value, const char *path)
{
	const struct layer *l;

	begin_eth(TYPE_IP4);
	mklayers_add_tcp4(&p);
	mkpkt_end(&p);
	p.bytes[at] = value;
	l = mklayers_one(m, LINK_ETH, &p);
	CU_ASSERT_EQUAL(l->flags & LAYER_MALFORMED, LAYER_MALFORMED);
	CU_ASSERT_TRUE(mklayers_path_is(l, path));
	check_sane(m);
}

static void test_dissect_cut_malformed(void)
{
	struct mklayers m;

	mklayers_init(&m);
	check_malformed(&m, 14, 0x65, "eth:ip:malformed");	/* version 6 as IPv4 */
	check_malformed(&m, 14, 0x44, "eth:ip:malformed");	/* header of 16 bytes */
	check_malformed(&m, 17, 19, "eth:ip:malformed");	/* total of 19 */
	check_malformed(&m, 17, 30, "eth:ip:tcp:malformed");	/* 10 bytes of TCP */
	CU_ASSERT_EQUAL(m.b.layers[0].flags & LAYER_NO_TRANSPORT, LAYER_NO_TRANSPORT);
	check_malformed(&m, 46, 0x40, "eth:ip:tcp:malformed");	/* TCP header of 16 bytes */
	CU_ASSERT_EQUAL(m.b.layers[0].payload_len, 0);
	CU_ASSERT_EQUAL(m.b.layers[0].tcp_flags, TCP_ACK | TCP_PSH);
	check_malformed(&m, 46, 0xF0, "eth:ip:tcp:malformed");	/* of 60 where 25 are */
	mklayers_release(&m);
}

/* Fragments that cannot be: beyond 64 KiB, or leaving a gap that none can fill. */
static void test_dissect_cut_fragments(void)
{
	struct mklayers m;

	mklayers_init(&m);
	begin_eth(TYPE_IP4);
	mkpkt_ip4_frag(&p, "10.0.0.9", "10.0.0.2", 17, 1, 65528, false);
	mkpkt_zeros(&p, 8);
	CU_ASSERT_EQUAL(mklayers_one(&m, LINK_ETH, &p)->flags & LAYER_MALFORMED, LAYER_MALFORMED);
	begin_eth(TYPE_IP4);
	mkpkt_ip4_frag(&p, "10.0.0.9", "10.0.0.2", 17, 1, 0, true);
	mkpkt_zeros(&p, 9);
	CU_ASSERT_EQUAL(mklayers_one(&m, LINK_ETH, &p)->flags & LAYER_MALFORMED, LAYER_MALFORMED);
	begin_eth(TYPE_IP4);
	mkpkt_ip4_frag(&p, "10.0.0.9", "10.0.0.2", 17, 1, 65528, false);
	mkpkt_zeros(&p, 7);
	CU_ASSERT_EQUAL(mklayers_one(&m, LINK_ETH, &p)->flags, LAYER_FIRST | LAYER_LAST | LAYER_FRAGMENT);
	CU_ASSERT_TRUE(mklayers_path_is(m.b.layers, "eth:ip:fragment"));
	CU_ASSERT_TRUE(mklayers_ends_are(m.b.layers, "10.0.0.9", 0, "10.0.0.2", 0));
	mklayers_release(&m);
}

void suite_dissect_cut(CU_pSuite suite);
void suite_dissect_cut(CU_pSuite suite)
{
	CU_add_test(suite, "test_dissect_cut_every_byte", test_dissect_cut_every_byte);
	CU_add_test(suite, "test_dissect_cut_short_frames", test_dissect_cut_short_frames);
	CU_add_test(suite, "test_dissect_cut_bit_flips", test_dissect_cut_bit_flips);
	CU_add_test(suite, "test_dissect_cut_padding", test_dissect_cut_padding);
	CU_add_test(suite, "test_dissect_cut_offload", test_dissect_cut_offload);
	CU_add_test(suite, "test_dissect_cut_udp_shorter", test_dissect_cut_udp_shorter);
	CU_add_test(suite, "test_dissect_cut_flag", test_dissect_cut_flag);
	CU_add_test(suite, "test_dissect_cut_original_shorter", test_dissect_cut_original_shorter);
	CU_add_test(suite, "test_dissect_cut_malformed", test_dissect_cut_malformed);
	CU_add_test(suite, "test_dissect_cut_fragments", test_dissect_cut_fragments);
}
