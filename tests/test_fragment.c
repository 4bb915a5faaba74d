/*
 * test_fragment.c - datagrams put together from fragments: in any order, over batches, with copies, overlaps and lies;
 * what is given up and when. The datagrams are built whole and cut here.
 */
#include "base/limits.h"
#include "mklayers.h"

#define MS UINT64_C(1000000)

struct run {
	struct mklayers m;
	struct fragments *f;
	struct net_quality q;
	uint8_t whole[40000];	/* IP payload: a UDP datagram from port 7 to 9 */
	uint32_t whole_len;
	bool v6;
};

static struct mkpkt p;

/* A UDP datagram with n bytes of payload, the i-th being i modulo 251. */
static void run_init(struct run *r, bool v6, uint32_t n)
{
	mklayers_init(&r->m);
	CU_ASSERT_EQUAL_FATAL(fragments_new(&r->f), 0);
	r->v6 = v6;
	mkpkt_init(&p);
	if (v6) {
		mkpkt_ip6(&p, "2001:db8::1", "2001:db8::2", 17);
	} else {
		mkpkt_ip4(&p, "10.0.0.1", "10.0.0.2", 17);
	}
	mkpkt_udp(&p, 7, 9);
	for (uint32_t i = 0; i < n; i++) {
		uint8_t byte = (uint8_t)(i % 251);

		mkpkt_data(&p, &byte, 1);
	}
	mkpkt_end(&p);
	r->whole_len = 8 + n;
	memcpy(r->whole, p.bytes + (v6 ? 40 : 20), r->whole_len);
}

static void run_release(struct run *r)
{
	fragments_free(r->f);
	mklayers_release(&r->m);
}

static void add_bytes(struct run *r, uint32_t id, uint32_t offset, const uint8_t *data, uint32_t n, bool more)
{
	mkpkt_init(&p);
	if (r->v6) {
		mkpkt_eth(&p, TYPE_IP6);
		mkpkt_ip6(&p, "2001:db8::1", "2001:db8::2", 44);
		mkpkt_ip6_frag(&p, 17, id, offset, more);
	} else {
		mkpkt_eth(&p, TYPE_IP4);
		mkpkt_ip4_frag(&p, "10.0.0.1", "10.0.0.2", 17, (uint16_t)id, offset, more);
	}
	mkpkt_data(&p, data, n);
	mklayers_packet(&r->m, LINK_ETH, &p);
}

/* Bytes [from, to) of the datagram. */
static void add_part(struct run *r, uint32_t id, uint32_t from, uint32_t to)
{
	add_bytes(r, id, from, r->whole + from, to - from, to < r->whole_len);
}

static void fold(struct run *r)
{
	mklayers_dissect(&r->m);
	CU_ASSERT_EQUAL_FATAL(fragments_fold(r->f, &r->m.b), 0);
	memset(&r->q, 0, sizeof(r->q));
	fragments_quality(r->f, &r->q);
}

static void next_batch(struct run *r)
{
	fold(r);
	mklayers_next(&r->m);
}

static void check_quality(const struct run *r, uint64_t fragments, uint64_t rebuilt, uint64_t dropped)
{
	CU_ASSERT_EQUAL(r->q.fragments, fragments);
	CU_ASSERT_EQUAL(r->q.datagrams_rebuilt, rebuilt);
	CU_ASSERT_EQUAL(r->q.fragments_dropped, dropped);
}

/* The layer is the whole datagram, by packet number at of the batch. */
static void check_whole(const struct run *r, uint32_t layer, uint32_t at)
{
	const struct layer *l = &r->m.b.layers[layer];

	CU_ASSERT_FATAL(layer < r->m.b.layer_count);
	CU_ASSERT_EQUAL(l->flags, LAYER_REBUILT | LAYER_LAST);
	CU_ASSERT_EQUAL(l->packet, at);
	CU_ASSERT_TRUE(mklayers_path_is(l, r->v6 ? "eth:ipv6:udp" : "eth:ip:udp"));
	CU_ASSERT_TRUE(
		mklayers_ends_are(l, r->v6 ? "2001:db8::1" : "10.0.0.1", 7, r->v6 ? "2001:db8::2" : "10.0.0.2", 9));
	CU_ASSERT_EQUAL(l->key.ip_proto, 17);
	CU_ASSERT_EQUAL(l->payload_len, r->whole_len - 8);
	CU_ASSERT_EQUAL_FATAL(l->payload_cap, r->whole_len - 8);
	CU_ASSERT_EQUAL(memcmp(l->payload, r->whole + 8, r->whole_len - 8), 0);
	CU_ASSERT_EQUAL(l->ip_len, r->whole_len + (r->v6 ? 40 : 20));
	CU_ASSERT_EQUAL(l->outer, UINT32_MAX);
}

static void test_fragment_in_order(void)
{
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		struct run r;

		run_init(&r, v6, 3000);
		add_part(&r, 5, 0, 1480);
		add_part(&r, 5, 1480, 2960);
		add_part(&r, 5, 2960, 3008);
		fold(&r);
		CU_ASSERT_EQUAL_FATAL(r.m.b.layer_count, 4);
		for (unsigned int i = 0; i < 3; i++) {
			CU_ASSERT_EQUAL(r.m.b.layers[i].flags, LAYER_FRAGMENT | LAYER_FIRST | LAYER_LAST);
			CU_ASSERT_TRUE(
				mklayers_path_is(&r.m.b.layers[i], v6 ? "eth:ipv6:fragment" : "eth:ip:fragment"));
		}
		check_whole(&r, 3, 2);
		check_quality(&r, 3, 1, 0);
		run_release(&r);
	}
}

/* The greater address sends: the key is turned round, the datagram is not. */
static void test_fragment_from_greater_end(void)
{
	struct run r;

	run_init(&r, false, 100);
	for (uint32_t from = 0; from < 108; from += 56) {
		uint32_t to = from + 56 < 108 ? from + 56 : 108;

		mkpkt_init(&p);
		mkpkt_eth(&p, 0x8100);
		mkpkt_vlan(&p, 12, TYPE_IP4);
		mkpkt_ip4_frag(&p, "10.0.0.99", "10.0.0.2", 17, 1, from, to < 108);
		mkpkt_data(&p, r.whole + from, to - from);
		mklayers_packet(&r.m, LINK_ETH, &p);
	}
	fold(&r);
	CU_ASSERT_EQUAL_FATAL(r.m.b.layer_count, 3);
	CU_ASSERT_TRUE(mklayers_ends_are(&r.m.b.layers[2], "10.0.0.99", 7, "10.0.0.2", 9));
	CU_ASSERT_EQUAL(r.m.b.layers[2].key.vlan[0], 12);
	CU_ASSERT_TRUE(mklayers_path_is(&r.m.b.layers[2], "eth:vlan:ip:udp"));
	run_release(&r);
}

static void test_fragment_reversed_over_batches(void)
{
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		struct run r;

		run_init(&r, v6, 3000);
		add_part(&r, 5, 2960, 3008);
		next_batch(&r);
		add_part(&r, 5, 1480, 2960);
		next_batch(&r);
		mkpkt_init(&p);	/* something else in between */
		mkpkt_eth(&p, TYPE_ARP);
		mkpkt_zeros(&p, 28);
		mklayers_packet(&r.m, LINK_ETH, &p);
		add_part(&r, 5, 0, 1480);
		fold(&r);
		CU_ASSERT_EQUAL_FATAL(r.m.b.layer_count, 3);
		check_whole(&r, 2, 1);
		check_quality(&r, 3, 1, 0);
		run_release(&r);
	}
}

/* Two datagrams whose fragments come in turn, and a third of another host with the same number. */
static void test_fragment_interleaved(void)
{
	struct run r;

	run_init(&r, false, 200);
	add_part(&r, 5, 0, 104);
	add_part(&r, 6, 0, 104);
	mkpkt_init(&p);
	mkpkt_eth(&p, TYPE_IP4);
	mkpkt_ip4_frag(&p, "10.0.0.3", "10.0.0.2", 17, 5, 104, false);
	mkpkt_data(&p, r.whole + 104, 104);
	mklayers_packet(&r.m, LINK_ETH, &p);
	add_part(&r, 6, 104, 208);
	add_part(&r, 5, 104, 208);
	fold(&r);
	CU_ASSERT_EQUAL_FATAL(r.m.b.layer_count, 7);
	check_whole(&r, 5, 3);
	check_whole(&r, 6, 4);
	check_quality(&r, 5, 2, 1);	/* the third one's waits still */
	run_release(&r);
}

static void test_fragment_missing(void)
{
	struct run r;

	run_init(&r, false, 3000);
	add_part(&r, 5, 0, 1480);
	add_part(&r, 5, 2960, 3008);
	fold(&r);
	CU_ASSERT_EQUAL(r.m.b.layer_count, 2);
	check_quality(&r, 2, 0, 2);
	run_release(&r);
}

/* After 30 s the number stands for another datagram. */
static void test_fragment_timeout(void)
{
	struct run r;

	run_init(&r, false, 3000);
	add_part(&r, 5, 0, 1480);
	add_part(&r, 5, 2960, 3008);
	r.m.ts_ns += LIMIT_FRAGMENT_WAIT_NS + 1;
	add_part(&r, 5, 1480, 2960);
	fold(&r);
	CU_ASSERT_EQUAL(r.m.b.layer_count, 3);
	check_quality(&r, 3, 0, 3);
	run_release(&r);
	run_init(&r, false, 3000);
	add_part(&r, 5, 0, 1480);
	add_part(&r, 5, 2960, 3008);
	r.m.ts_ns += LIMIT_FRAGMENT_WAIT_NS;
	add_part(&r, 5, 1480, 2960);
	fold(&r);
	check_quality(&r, 3, 1, 0);
	run_release(&r);
}

/* A capture that holds each packet twice, next to each other or one after the other. */
static void test_fragment_copies(void)
{
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		struct run r;

		run_init(&r, v6, 200);
		add_part(&r, 5, 0, 104);
		add_part(&r, 5, 0, 104);
		add_part(&r, 5, 104, 208);
		r.m.ts_ns += MS;
		add_part(&r, 5, 104, 208);
		add_part(&r, 5, 0, 104);
		fold(&r);
		CU_ASSERT_EQUAL_FATAL(r.m.b.layer_count, 6);
		check_whole(&r, 5, 2);
		check_quality(&r, 5, 1, 0);
		run_release(&r);
	}
}

/* The same number soon again, for a datagram with other content. */
static void test_fragment_number_used_again(void)
{
	struct run r;

	run_init(&r, false, 200);
	add_part(&r, 5, 0, 104);
	add_part(&r, 5, 104, 208);
	next_batch(&r);
	memset(r.whole + 8, 'x', 200);
	r.m.ts_ns += 10 * MS;
	add_part(&r, 5, 0, 104);
	add_part(&r, 5, 104, 208);
	fold(&r);
	CU_ASSERT_EQUAL_FATAL(r.m.b.layer_count, 3);
	check_whole(&r, 2, 1);
	check_quality(&r, 4, 2, 0);
	run_release(&r);
}

/* IPv4: what came first stands, other content for the same bytes is counted. */
static void test_fragment_overlap4(void)
{
	uint8_t lies[64];
	struct run r;

	memset(lies, 0xEE, sizeof(lies));
	run_init(&r, false, 200);
	add_part(&r, 5, 0, 104);
	add_bytes(&r, 5, 64, lies, 64, true);	/* 40 known bytes, 24 new ones */
	add_part(&r, 5, 104, 208);	/* the 24 again */
	fold(&r);
	CU_ASSERT_EQUAL_FATAL(r.m.b.layer_count, 4);
	memset(r.whole + 104, 0xEE, 24);	/* came first */
	check_whole(&r, 3, 2);
	check_quality(&r, 3, 1, 2);
	run_release(&r);
	run_init(&r, false, 200);	/* with the same content nothing is wrong */
	add_part(&r, 5, 8, 48);
	add_part(&r, 5, 64, 128);
	add_part(&r, 5, 0, 136);
	add_part(&r, 5, 120, 208);
	fold(&r);
	CU_ASSERT_EQUAL_FATAL(r.m.b.layer_count, 5);
	check_whole(&r, 4, 3);
	check_quality(&r, 4, 1, 0);
	run_release(&r);
}

/* IPv6: RFC 5722 gives up the datagram, and what comes of it later. */
static void test_fragment_overlap6(void)
{
	struct run r;

	run_init(&r, true, 200);
	add_part(&r, 5, 0, 104);
	add_part(&r, 5, 96, 208);
	add_part(&r, 5, 104, 208);
	fold(&r);
	CU_ASSERT_EQUAL(r.m.b.layer_count, 3);
	check_quality(&r, 3, 0, 3);
	run_release(&r);
}

/* A later fragment inside an earlier one, as the teardrop attack sends it. */
static void test_fragment_teardrop(void)
{
	struct run r;

	run_init(&r, false, 200);
	add_part(&r, 5, 0, 40);
	add_bytes(&r, 5, 24, r.whole + 24, 4, false);
	fold(&r);
	CU_ASSERT_EQUAL(r.m.b.layer_count, 2);
	check_quality(&r, 2, 0, 2);	/* the end lies before bytes that are there: dropped; the first one waits */
	run_release(&r);
}

/* Beyond 64 KiB, empty, or with an end that leaves a hole for ever. */
static void test_fragment_impossible(void)
{
	struct run r;

	run_init(&r, false, 200);
	add_bytes(&r, 5, 65528, r.whole, 8, false);
	add_bytes(&r, 5, 0, r.whole, 0, true);
	add_bytes(&r, 5, 0, r.whole, 13, true);
	fold(&r);
	CU_ASSERT_EQUAL(r.m.b.layer_count, 3);
	check_quality(&r, 3, 0, 3);
	run_release(&r);
}

/* Two ends: the first one counts in IPv4, IPv6 gives up. */
static void test_fragment_two_ends(void)
{
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		struct run r;

		run_init(&r, v6, 200);
		add_part(&r, 5, 104, 208);
		add_bytes(&r, 5, 208, r.whole, 16, false);
		add_part(&r, 5, 0, 104);
		fold(&r);
		CU_ASSERT_EQUAL(r.m.b.layer_count, v6 ? 3 : 4);
		if (!v6) {
			check_whole(&r, 3, 2);
		}
		check_quality(&r, 3, v6 ? 0 : 1, v6 ? 3 : 1);
		run_release(&r);
	}
}

/* Only the fragment at offset 0 knows what the datagram holds (RFC 8200, 4.5). */
static void test_fragment_next_header6(void)
{
	struct run r;

	run_init(&r, true, 200);
	mkpkt_init(&p);
	mkpkt_eth(&p, TYPE_IP6);
	mkpkt_ip6(&p, "2001:db8::1", "2001:db8::2", 44);
	mkpkt_ip6_frag(&p, 60, 5, 104, false);
	mkpkt_data(&p, r.whole + 104, 104);
	mklayers_packet(&r.m, LINK_ETH, &p);
	add_part(&r, 5, 0, 104);
	fold(&r);
	CU_ASSERT_EQUAL_FATAL(r.m.b.layer_count, 3);
	check_whole(&r, 2, 1);
	run_release(&r);
}

/* Cut by the snap length: as much as was captured without a hole, but the whole length. */
static void test_fragment_cut(void)
{
	struct run r;
	const struct layer *l;

	run_init(&r, false, 200);
	for (uint32_t from = 0; from < 208; from += 104) {
		mkpkt_init(&p);
		mkpkt_eth(&p, TYPE_IP4);
		mkpkt_ip4_frag(&p, "10.0.0.1", "10.0.0.2", 17, 5, from, from == 0);
		mkpkt_data(&p, r.whole + from, 104);
		mkpkt_end(&p);
		mklayers_bytes(&r.m, LINK_ETH, p.bytes, 34 + 50, p.len);
	}
	fold(&r);
	CU_ASSERT_EQUAL_FATAL(r.m.b.layer_count, 3);
	l = &r.m.b.layers[2];
	CU_ASSERT_EQUAL(l->flags, LAYER_REBUILT | LAYER_LAST | LAYER_CUT);
	CU_ASSERT_TRUE(mklayers_ends_are(l, "10.0.0.1", 7, "10.0.0.2", 9));
	CU_ASSERT_EQUAL(l->payload_len, 200);
	CU_ASSERT_EQUAL(l->payload_cap, 42);
	CU_ASSERT_EQUAL(memcmp(l->payload, r.whole + 8, 42), 0);
	run_release(&r);
}

/* A tunnel in fragments: what was put together holds another packet. */
static void test_fragment_of_tunnel(void)
{
	struct run r;
	static struct mkpkt whole;

	run_init(&r, false, 8);
	mkpkt_init(&whole);
	mkpkt_ip4(&whole, "10.0.0.1", "10.0.0.2", 17);
	mkpkt_udp(&whole, 1000, 4789);
	mkpkt_vxlan(&whole, 3);
	mkpkt_eth(&whole, TYPE_IP4);
	mklayers_add_tcp4(&whole);
	mkpkt_end(&whole);
	add_bytes(&r, 5, 40, whole.bytes + 60, whole.len - 60, false);
	next_batch(&r);
	add_bytes(&r, 5, 0, whole.bytes + 20, 40, true);
	fold(&r);
	CU_ASSERT_EQUAL_FATAL(r.m.b.layer_count, 3);
	CU_ASSERT_EQUAL(r.m.b.layers[1].flags, LAYER_REBUILT);
	CU_ASSERT_EQUAL(r.m.b.layers[2].flags, LAYER_REBUILT | LAYER_INNER | LAYER_LAST);
	CU_ASSERT_EQUAL(r.m.b.layers[2].outer, 1);
	CU_ASSERT_TRUE(mklayers_path_is(&r.m.b.layers[2], "eth:ip:udp:vxlan:eth:ip:tcp"));
	CU_ASSERT_TRUE(mklayers_ends_are(&r.m.b.layers[2], "10.0.0.9", 40000, "10.0.0.2", 80));
	run_release(&r);
}

/* Fragments in a tunnel, whose outer packet is in fragments too: one after the other. */
static void test_fragment_in_fragments(void)
{
	static struct mkpkt outer;
	const struct layer *l;
	struct run r;

	run_init(&r, false, 200);
	for (uint32_t from = 0; from < 208; from += 104) {
		mkpkt_init(&outer);
		mkpkt_ip4(&outer, "192.0.2.1", "192.0.2.2", 4);
		mkpkt_ip4_frag(&outer, "10.0.0.1", "10.0.0.2", 17, 9, from, from == 0);
		mkpkt_data(&outer, r.whole + from, 104);
		mkpkt_end(&outer);
		add_bytes(&r, 20 + from, 0, outer.bytes + 20, 64, true);
		r.m.b.packets[r.m.b.packet_count - 1].ts_ns += from;
		add_bytes(&r, 20 + from, 64, outer.bytes + 84, outer.len - 84, false);
	}
	/* they say UDP in add_bytes; IP in IP is 4 */
	for (uint32_t i = 0; i < r.m.b.packet_count; i++) {
		((uint8_t *)(uintptr_t)r.m.b.packets[i].data)[14 + 9] = 4;
	}
	add_part(&r, 5, 0, 104);	/* and a plain one behind */
	add_part(&r, 5, 104, 208);
	fold(&r);
	check_quality(&r, 8, 4, 0);
	CU_ASSERT_EQUAL_FATAL(r.m.b.layer_count, 6 + 2 + 2 + 1 + 1);
	for (uint32_t i = 7; i < r.m.b.layer_count; i++) {	/* in the order of packets */
		CU_ASSERT_TRUE(r.m.b.layers[i - 1].packet <= r.m.b.layers[i].packet);
	}
	check_whole(&r, 11, 5);
	l = &r.m.b.layers[10];
	CU_ASSERT_TRUE(mklayers_path_is(l, "eth:ip:ipip:ip:udp"));
	CU_ASSERT_EQUAL(l->flags, LAYER_REBUILT | LAYER_INNER | LAYER_LAST);
	CU_ASSERT_EQUAL(l->packet, 3);
	CU_ASSERT_EQUAL(l->payload_len, 200);
	CU_ASSERT_EQUAL(memcmp(l->payload, r.whole + 8, 200), 0);
	run_release(&r);
}

/* A fragment header in what was put together from fragments: followed nowhere. */
static void test_fragment_header_inside6(void)
{
	struct run r;
	uint8_t inner[64] = { 17, 0, 0, 1, 0, 0, 0, 9 };	/* next UDP, more to come */

	run_init(&r, true, 8);
	for (uint32_t from = 0; from < 64; from += 32) {
		mkpkt_init(&p);
		mkpkt_eth(&p, TYPE_IP6);
		mkpkt_ip6(&p, "2001:db8::1", "2001:db8::2", 44);
		mkpkt_ip6_frag(&p, 44, 5, from, from == 0);
		mkpkt_data(&p, inner + from, 32);
		mklayers_packet(&r.m, LINK_ETH, &p);
	}
	fold(&r);
	check_quality(&r, 2, 1, 0);
	CU_ASSERT_EQUAL_FATAL(r.m.b.layer_count, 3);
	CU_ASSERT_EQUAL(r.m.b.layers[2].flags, LAYER_REBUILT | LAYER_LAST | LAYER_FRAGMENT | LAYER_MALFORMED);
	run_release(&r);
}

/* First fragments without end: the oldest are given up, memory stays where it is. */
static void test_fragment_ceilings(void)
{
	static uint8_t big[1480];
	struct run r;
	uint32_t n = LIMIT_FRAGMENT_DATAGRAMS + 100, kept;

	run_init(&r, true, 200);
	for (uint32_t i = 0; i < n; i++) {
		add_part(&r, i, 0, 104);
	}
	fold(&r);
	check_quality(&r, n, 0, n);
	mklayers_next(&r.m);
	add_part(&r, 99, 104, 208);	/* the last that was given up */
	add_part(&r, 101, 104, 208);	/* its first part was the second to go next, and one entry had to go for 99 */
	fold(&r);
	CU_ASSERT_EQUAL(r.q.datagrams_rebuilt, 1);
	run_release(&r);

	run_init(&r, true, 200);
	kept = LIMIT_FRAGMENT_BYTES / (1480 + 64);
	for (uint32_t i = 0; i < 4000 && i < kept; i++) {
		add_bytes(&r, i, 0, big, 1480, true);
		add_bytes(&r, i, 1480, big, 1480, true);
		add_bytes(&r, i, 2960, big, 1480, true);
	}
	add_bytes(&r, 0, 4440, big, 8, false);	/* went with the bytes above the ceiling */
	add_bytes(&r, 3999 < kept ? 3999 : kept - 1, 4440, big, 8, false);
	fold(&r);
	CU_ASSERT_EQUAL(r.q.datagrams_rebuilt, 1);
	run_release(&r);
}

/* Pieces with holes between them until there are too many: the datagram is given up, not the time. */
static void test_fragment_many_pieces(void)
{
	static uint8_t all[65000];
	struct run r;

	run_init(&r, false, 200);
	for (uint32_t i = 0; i < LIMIT_FRAGMENTS_PER_DATAGRAM; i++) {
		add_bytes(&r, 5, 16 + 16 * i, all, 8, true);
	}
	add_bytes(&r, 5, 0, all, 65000, true);
	add_bytes(&r, 5, 0, all, 16, true);
	fold(&r);
	check_quality(&r, LIMIT_FRAGMENTS_PER_DATAGRAM + 2, 0, LIMIT_FRAGMENTS_PER_DATAGRAM + 2);
	run_release(&r);
}

void suite_fragment(CU_pSuite suite);
void suite_fragment(CU_pSuite suite)
{
	CU_add_test(suite, "test_fragment_in_order", test_fragment_in_order);
	CU_add_test(suite, "test_fragment_from_greater_end", test_fragment_from_greater_end);
	CU_add_test(suite, "test_fragment_reversed_over_batches", test_fragment_reversed_over_batches);
	CU_add_test(suite, "test_fragment_interleaved", test_fragment_interleaved);
	CU_add_test(suite, "test_fragment_missing", test_fragment_missing);
	CU_add_test(suite, "test_fragment_timeout", test_fragment_timeout);
	CU_add_test(suite, "test_fragment_copies", test_fragment_copies);
	CU_add_test(suite, "test_fragment_number_used_again", test_fragment_number_used_again);
	CU_add_test(suite, "test_fragment_overlap4", test_fragment_overlap4);
	CU_add_test(suite, "test_fragment_overlap6", test_fragment_overlap6);
	CU_add_test(suite, "test_fragment_teardrop", test_fragment_teardrop);
	CU_add_test(suite, "test_fragment_impossible", test_fragment_impossible);
	CU_add_test(suite, "test_fragment_two_ends", test_fragment_two_ends);
	CU_add_test(suite, "test_fragment_next_header6", test_fragment_next_header6);
	CU_add_test(suite, "test_fragment_cut", test_fragment_cut);
	CU_add_test(suite, "test_fragment_of_tunnel", test_fragment_of_tunnel);
	CU_add_test(suite, "test_fragment_in_fragments", test_fragment_in_fragments);
	CU_add_test(suite, "test_fragment_header_inside6", test_fragment_header_inside6);
	CU_add_test(suite, "test_fragment_ceilings", test_fragment_ceilings);
	CU_add_test(suite, "test_fragment_many_pieces", test_fragment_many_pieces);
}
