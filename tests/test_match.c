/*
 * test_match.c - which flow is which socket: by bytes at equal places, whatever the views miss; never
 * against them. Conversations are made by hand (mkmatch.h), so that who belongs to whom is known.
 */
#include "mkmatch.h"

#include <CUnit/Basic.h>

/* Some requests and responses, all different. */
static void chat(struct talk *t, unsigned int turns, uint64_t seed)
{
	for (unsigned int i = 0; i < turns; i++) {
		talk_say(t, 0, 200 + 10 * i, seed + 2 * i);
		talk_say(t, 1, 3000 + 700 * i, seed + 2 * i + 1);
	}
}

static void whole(struct talk *t, unsigned int turns, uint64_t seed)
{
	talk_open(t);
	chat(t, turns, seed);
	talk_close(t);
}

/* The socket's side of the flow's pair, or NULL. */
static const struct pair_side *side_of(const struct mkmatch *k, const struct flow *f,
				       const struct sock *s)
{
	const struct pair *p = match_pair_of_flow(k->m, f);

	for (unsigned int end = 0; p != NULL && end < 2; end++) {
		if (p->side[end].sock == s) {
			return &p->side[end];
		}
	}
	return NULL;
}

static bool joined(const struct mkmatch *k, const struct talk *t, unsigned int who)
{
	return side_of(k, t->f, t->s[who]) != NULL;
}

static struct mkmatch k; /* large */

static void test_match_simple(void)
{
	struct talk t;
	const struct pair *p;
	const struct pair_side *s;

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);
	whole(&t, 4, 1);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	p = match_pair_of_flow(k.m, t.f);
	s = side_of(&k, t.f, t.s[1]);
	CU_ASSERT_FATAL(p != NULL && s != NULL);
	CU_ASSERT_EQUAL(p->reason, MATCH_TUPLE_BYTES);
	CU_ASSERT_EQUAL(s->agree, 8);
	CU_ASSERT_EQUAL(s->differ, 0);
	CU_ASSERT(s->aligned[0] && s->aligned[1] && s->shift[0] == 0 && s->shift[1] == 0);
	CU_ASSERT(s->equal_bytes[0] && s->equal_bytes[1] && s->byte_difference[0] == 0 &&
		  s->byte_difference[1] == 0);
	CU_ASSERT(p->confidence >= 90);
	CU_ASSERT_PTR_EQUAL(t.s[1]->match, p);
	CU_ASSERT_PTR_EQUAL(match_pair_of_sock(k.m, t.s[1]), p);
	CU_ASSERT_EQUAL(match_flow_reason(k.m, t.f), UNMATCHED_REASONS);
	CU_ASSERT_EQUAL(p->packets, &k.packets[0]);
	CU_ASSERT_EQUAL(p->clock[1 - t.client], 0);
	CU_ASSERT_EQUAL(p->clock[t.client], UINT32_MAX);
	mkmatch_release(&k);
}

/* Client and server of one host, or of two. */
static void test_match_both_ends(void)
{
	for (uint32_t sec = 0; sec < 2; sec++) {
		struct talk t;

		mkmatch_init(&k);
		t = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);
		talk_client(&t, sec, "10.0.0.9", 40000, "10.0.0.2", 80);
		whole(&t, 3, 1);
		CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
		CU_ASSERT(joined(&k, &t, 0) && joined(&k, &t, 1));
		mkmatch_release(&k);
	}
}

/* Seen on two interfaces, and once more in a VLAN of the first. */
static void test_match_two_captures(void)
{
	struct talk t, again, tagged;
	size_t n;

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);
	again = t;
	again.s[1] = NULL;
	again.f = mkmatch_flow(&k, 1, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80, &again.client);
	tagged = again;
	tagged.f = mkmatch_flow(&k, 0, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80, &tagged.client);
	tagged.f->key.vlan[0] = 7;
	whole(&t, 3, 1);
	whole(&again, 3, 1);
	whole(&tagged, 3, 1);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	match_pairs(k.m, &n);
	CU_ASSERT_EQUAL(n, 3);
	CU_ASSERT(side_of(&k, t.f, t.s[1]) != NULL && side_of(&k, again.f, t.s[1]) != NULL &&
		  side_of(&k, tagged.f, t.s[1]) != NULL);
	CU_ASSERT_PTR_EQUAL(match_pair_of_sock(k.m, t.s[1]), match_pair_of_flow(k.m, t.f));
	mkmatch_release(&k);
}

/* Two hosts with the same private addresses and ports, at the same time: other bytes. */
static void test_match_other_host(void)
{
	struct talk here, there;

	mkmatch_init(&k);
	here = mkmatch_talk(&k, IP_TCP, "192.168.1.5", 40000, "192.168.1.2", 80);
	there = here;
	here.f = NULL;
	there.s[1] = NULL;
	talk_open(&here);
	talk_open(&there);
	for (unsigned int i = 0; i < 3; i++) { /* the same counts; responses begin alike */
		talk_say(&here, 0, 200, 100 + i);
		talk_say(&there, 0, 200, 200 + i);
		talk_say(&here, 1, 1200, 7);
		talk_say(&there, 1, 1200, 7);
	}
	talk_close(&here);
	talk_close(&there);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	CU_ASSERT_PTR_NULL(match_pair_of_flow(k.m, there.f));
	CU_ASSERT_EQUAL(match_flow_reason(k.m, there.f), UNMATCHED_BYTES_DIFFER);
	CU_ASSERT_EQUAL(match_sock_reason(k.m, here.s[1]), UNMATCHED_BYTES_DIFFER);
	CU_ASSERT_PTR_NULL(here.s[1]->match);
	mkmatch_release(&k);
}

/* Equal beginnings, other lengths. */
static void test_match_other_counts(void)
{
	struct talk here, there;

	mkmatch_init(&k);
	here = mkmatch_talk(&k, IP_TCP, "192.168.1.5", 40000, "192.168.1.2", 80);
	there = here;
	here.f = NULL;
	there.s[1] = NULL;
	talk_open(&here);
	talk_open(&there);
	talk_say(&here, 0, 200, 1);
	talk_say(&there, 0, 200, 1);
	talk_say(&here, 1, 1200, 2);
	talk_say(&there, 1, 1300, 2);
	talk_close(&here);
	talk_close(&there);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	CU_ASSERT_PTR_NULL(match_pair_of_flow(k.m, there.f));
	mkmatch_release(&k);
}

/* ---- views that begin late or have holes
 * --------------------------------------------------------------------------- */

static void test_match_flow_begins_late(void)
{
	struct talk t;
	const struct pair_side *s;

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);
	t.flow_mute = true;
	talk_open(&t);
	chat(&t, 2, 1);
	t.flow_mute = false;
	chat(&t, 3, 50);
	talk_close(&t);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	s = side_of(&k, t.f, t.s[1]);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_EQUAL(s->shift[0], -(200 + 210));
	CU_ASSERT_EQUAL(s->shift[1], -(3000 + 3700));
	CU_ASSERT(s->byte_difference[0] == 0 && s->byte_difference[1] == 0);
	CU_ASSERT_EQUAL(s->agree, 6);
	mkmatch_release(&k);
}

static void test_match_sock_begins_late(void)
{
	struct talk t;
	const struct pair_side *s;

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);
	t.sock_mute[1] = true;
	talk_open(&t);
	chat(&t, 2, 1);
	t.sock_mute[1] = false;
	chat(&t, 1, 50);
	talk_close(&t);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	s = side_of(&k, t.f, t.s[1]);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_EQUAL(s->shift[0], 200 + 210);
	CU_ASSERT_EQUAL(s->shift[1], 3000 + 3700);
	mkmatch_release(&k);
}

/* Calls are missing in the middle: the shift changes there. */
static void test_match_calls_missing(void)
{
	struct talk t;
	const struct pair_side *s;
	const struct pair *p;

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);
	talk_open(&t);
	chat(&t, 3, 1);
	t.sock_mute[1] = true;
	chat(&t, 1, 30);
	t.sock_mute[1] = false;
	chat(&t, 4, 50);
	talk_close(&t);
	t.s[1]->flags |= SOCK_DROPS;
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	s = side_of(&k, t.f, t.s[1]);
	p = match_pair_of_flow(k.m, t.f);
	CU_ASSERT_FATAL(s != NULL && p != NULL);
	CU_ASSERT_EQUAL(s->agree, 14);
	CU_ASSERT_EQUAL(s->differ, 0);
	CU_ASSERT(s->piece_count[0] == 2 && s->piece_count[1] == 2);
	CU_ASSERT(pair_shift(s, 0, 0) == 0 && pair_shift(s, 0, 629) == 0 &&
		  pair_shift(s, 0, 630) == 200);
	CU_ASSERT(pair_shift(s, 1, 0) == 0 && pair_shift(s, 1, 3000 + 3700 + 4400) == 3000);
	CU_ASSERT(s->byte_difference[0] == 0 && s->byte_difference[1] == 0);
	CU_ASSERT(p->confidence < 100);
	mkmatch_release(&k);
}

/* 5 percent of the packets are missing: offsets are counted by sequence number, so nothing shifts. */
static void test_match_packets_missing(void)
{
	struct talk t[64];

	mkmatch_init(&k);
	for (unsigned int i = 0; i < 64; i++) {
		t[i] = mkmatch_talk(&k, IP_TCP, "10.0.0.9", (uint16_t)(40000 + i), "10.0.0.2", 80);
		t[i].lost = 50;
		t[i].now += i * NSEC_PER_SEC;
		whole(&t[i], 5, 1000 * i);
	}
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	for (unsigned int i = 0; i < 64; i++) {
		const struct pair_side *s = side_of(&k, t[i].f, t[i].s[1]);

		CU_ASSERT_PTR_NOT_NULL_FATAL(s);
		CU_ASSERT(s->shift[0] == 0 && s->shift[1] == 0 && s->differ == 0);
	}
	mkmatch_release(&k);
}

/* ---- the tuple is used again
 * ---------------------------------------------------------------------------------------- */

static struct talk generation(unsigned int i, int64_t offset, uint64_t seed)
{
	struct talk t = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);

	t.now += i * 60 * NSEC_PER_SEC;
	t.packets_offset = offset;
	whole(&t, 2, seed);
	return t;
}

/* Bytes tell them apart: whichever generations either side lacks. */
static void test_match_generations(void)
{
	struct talk t[5];

	mkmatch_init(&k);
	for (unsigned int i = 0; i < 5; i++) {
		t[i] = generation(i, 3600 * (int64_t)NSEC_PER_SEC, 100 * i);
	}
	/* The second is not among the packets, the fourth not among the calls. */
	t[1].f->key.port[0] = t[1].f->key.port[1] = 1;
	t[3].s[1]->key.port[0] = t[3].s[1]->key.port[1] = 1;
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	CU_ASSERT(joined(&k, &t[0], 1) && joined(&k, &t[2], 1) && joined(&k, &t[4], 1));
	CU_ASSERT_EQUAL(match_flow_reason(k.m, t[3].f), UNMATCHED_GENERATION);
	CU_ASSERT_EQUAL(match_sock_reason(k.m, t[1].s[1]), UNMATCHED_GENERATION);
	mkmatch_release(&k);
}

/* All alike, and as many of one as of the other: in order. */
static void test_match_generations_in_order(void)
{
	struct talk t[4];

	mkmatch_init(&k);
	for (unsigned int i = 0; i < 4; i++) {
		t[i] = generation(i, 3600 * (int64_t)NSEC_PER_SEC, 5);
	}
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	for (unsigned int i = 0; i < 4; i++) {
		const struct pair_side *s = side_of(&k, t[i].f, t[i].s[1]);

		CU_ASSERT_PTR_NOT_NULL_FATAL(s);
		CU_ASSERT(s->assumed);
	}
	mkmatch_release(&k);
}

/* All alike, one missing on each side: only the clock can tell, and another connection tells the clock. */
static void test_match_generations_by_clock(void)
{
	struct talk t[4], other;

	mkmatch_init(&k);
	for (unsigned int i = 0; i < 4; i++) {
		t[i] = generation(i, 3600 * (int64_t)NSEC_PER_SEC, 5);
	}
	other = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40001, "10.0.0.2", 80);
	other.packets_offset = 3600 * (int64_t)NSEC_PER_SEC;
	whole(&other, 4, 900);
	t[0].f->key.port[0] = t[0].f->key.port[1] = 1;
	t[3].s[1]->key.port[0] = t[3].s[1]->key.port[1] = 1;
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	CU_ASSERT(joined(&k, &other, 1) && joined(&k, &t[1], 1) && joined(&k, &t[2], 1));
	CU_ASSERT_PTR_NULL(match_pair_of_flow(k.m, t[3].f));
	CU_ASSERT_PTR_NULL(match_pair_of_sock(k.m, t[0].s[1]));
	mkmatch_release(&k);
}

/* More than are all compared with each other. */
static void test_match_many_generations(void)
{
	static struct talk t[300], other;

	mkmatch_init(&k);
	other = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40001, "10.0.0.2", 80);
	whole(&other, 4, 900);
	for (unsigned int i = 0; i < 300; i++) {
		t[i] = generation(i, 0, 5);
	}
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	for (unsigned int i = 0; i < 300; i++) {
		CU_ASSERT(joined(&k, &t[i], 1));
	}
	mkmatch_release(&k);
}

/* As many, all different, some missing on either side, and no clock to help. */
static void test_match_many_different(void)
{
	static struct talk t[200];

	mkmatch_init(&k);
	for (unsigned int i = 0; i < 200; i++) {
		t[i] = generation(i, 1234 * (int64_t)NSEC_PER_SEC, 10 * i);
		if (i % 7 == 3) {
			t[i].f->key.port[0] = t[i].f->key.port[1] = 1;
		}
		if (i % 5 == 2) {
			t[i].s[1]->key.port[0] = t[i].s[1]->key.port[1] = 2;
		}
	}
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	for (unsigned int i = 0; i < 200; i++) {
		CU_ASSERT_EQUAL(joined(&k, &t[i], 1), i % 7 != 3 && i % 5 != 2);
	}
	mkmatch_release(&k);
}

/* ---- without payload
 * ------------------------------------------------------------------------------------------------ */

static void test_match_counts_only(void)
{
	struct talk t;
	const struct pair *p;

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);
	t.no_prints = true;
	whole(&t, 3, 1);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	p = match_pair_of_flow(k.m, t.f);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->reason, MATCH_TUPLE);
	CU_ASSERT(p->confidence >= 50 && p->confidence < 80);
	mkmatch_release(&k);
}

/* A tuple used again, and no payload at all: the clock tells its connections apart, and other tuples tell the clock. */
static void test_match_counts_by_clock(void)
{
	struct talk t[4], other;

	mkmatch_init(&k);
	for (unsigned int i = 0; i < 5; i++) {
		struct talk *x = i < 4 ? &t[i] : &other;

		*x = mkmatch_talk(&k, IP_TCP, "10.0.0.9", i < 4 ? 40000 : 40001, "10.0.0.2", 80);
		x->now += i * 60 * NSEC_PER_SEC;
		x->packets_offset = 3600 * (int64_t)NSEC_PER_SEC;
		x->no_prints = true;
		whole(x, 2, 1);
	}
	t[0].f->key.port[0] = t[0].f->key.port[1] = 1;
	t[3].s[1]->key.port[0] = t[3].s[1]->key.port[1] = 2;
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	CU_ASSERT(joined(&k, &other, 1) && joined(&k, &t[1], 1) && joined(&k, &t[2], 1));
	CU_ASSERT_PTR_NULL(match_pair_of_flow(k.m, t[3].f));
	CU_ASSERT_PTR_NULL(match_pair_of_sock(k.m, t[0].s[1]));
	mkmatch_release(&k);
}

static void test_match_counts_clash(void)
{
	struct talk t;

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);
	t.no_prints = true;
	whole(&t, 3, 1);
	t.s[1]->bytes[1] -= 100;
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	CU_ASSERT_PTR_NULL(match_pair_of_flow(k.m, t.f));
	CU_ASSERT_EQUAL(match_flow_reason(k.m, t.f), UNMATCHED_BYTES_DIFFER);
	mkmatch_release(&k);
}

/* No byte at all, and no clock: nothing is known. With a clock, the times tell. */
static void test_match_empty(void)
{
	struct talk t, other;

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);
	whole(&t, 0, 1);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	CU_ASSERT_PTR_NULL(match_pair_of_flow(k.m, t.f));
	CU_ASSERT_EQUAL(match_flow_reason(k.m, t.f), UNMATCHED_TOO_LITTLE);
	mkmatch_release(&k);

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);
	whole(&t, 0, 1);
	other = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40001, "10.0.0.2", 80);
	whole(&other, 3, 1);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	CU_ASSERT(joined(&k, &t, 1) && joined(&k, &other, 1));
	CU_ASSERT_EQUAL(match_pair_of_flow(k.m, t.f)->reason, MATCH_TUPLE);
	mkmatch_release(&k);
}

/* ---- tuples that are not whole, or not the same
 * --------------------------------------------------------------------- */

static struct talk dns(uint16_t port, uint64_t seed)
{
	struct talk t = mkmatch_talk(&k, IP_UDP, "10.0.0.9", port, "10.0.0.2", 53);

	t.now += seed * NSEC_PER_SEC;
	talk_say(&t, 0, 40, 10 * seed);
	talk_say(&t, 1, 90, 10 * seed + 1);
	talk_close(&t);
	return t;
}

static void test_match_udp(void)
{
	struct talk t[20];

	mkmatch_init(&k);
	for (unsigned int i = 0; i < 20; i++) {
		t[i] = dns((uint16_t)(50000 + i % 10), i); /* each port twice */
	}
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	for (unsigned int i = 0; i < 20; i++) {
		CU_ASSERT(joined(&k, &t[i], 1));
	}
	mkmatch_release(&k);
}

/* Datagrams that one of both did not see. */
static void test_match_udp_lost(void)
{
	struct talk t;
	const struct pair_side *s;

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_UDP, "10.0.0.9", 5000, "10.0.0.2", 5001);
	t.lost = 200;
	for (unsigned int i = 0; i < 100; i++) {
		t.sock_mute[1] = i == 20 || i == 70;
		talk_say(&t, i % 2, 100 + i, i);
	}
	talk_close(&t);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	s = side_of(&k, t.f, t.s[1]);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT(s->agree > 60 && s->differ <= 2); /* two are known to the flow alone */
	mkmatch_release(&k);
}

/* A server's socket bound to any address, a client's that was never bound. */
static void test_match_wildcards(void)
{
	struct talk t[40];

	mkmatch_init(&k);
	for (unsigned int i = 0; i < 40; i++) {
		t[i] = dns((uint16_t)(50000 + i), i);
		talk_client(&t[i], 0, "0.0.0.0", 0, "10.0.0.2", 53);
		t[i].sent[0] = t[i].sent[1] = 0;
		t[i].f = NULL;
		t[i].s[1]->local = (uint8_t)mkmatch_key(&t[i].s[1]->key, IP_UDP, "0.0.0.0", 53,
							"10.0.0.9", (uint16_t)(50000 + i));
		t[i].s[0]->flags |= SOCK_TUPLE_PARTLY;
		t[i].s[1]->flags |= SOCK_TUPLE_PARTLY;
		t[i].now = MKMATCH_START + i * NSEC_PER_SEC;
	}
	for (unsigned int i = 0; i < 40; i++) {
		struct sock *server = t[i].s[1];

		t[i].s[1] = NULL;
		talk_say(&t[i], 0, 40, 10 * i);
		talk_say(&t[i], 1, 90, 10 * i + 1);
		talk_close(&t[i]);
		t[i].s[1] = server;
		t[i].f = (struct flow *)(uintptr_t)k.flows[0][i];
	}
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	for (unsigned int i = 0; i < 40; i++) {
		CU_ASSERT(joined(&k, &t[i], 1));
		CU_ASSERT(joined(&k, &t[i], 0));
	}
	mkmatch_release(&k);
}

static void test_match_nat(void)
{
	struct talk t[3];

	mkmatch_init(&k);
	for (unsigned int i = 0; i < 3; i++) { /* outside: 203.0.113.5, inside: 10.0.0.9 */
		t[i] = mkmatch_talk(&k, IP_TCP, "203.0.113.5", (uint16_t)(61000 + i),
				    "198.51.100.7", 80);
		t[i].s[1] = NULL;
		k.sock_count[0]--;
		free(k.socks[0][k.sock_count[0]]);
		talk_client(&t[i], 0, "10.0.0.9", (uint16_t)(40000 + i), "198.51.100.7", 80);
		whole(&t[i], 3, 100 * i);
	}
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	for (unsigned int i = 0; i < 3; i++) {
		const struct pair *p = match_pair_of_flow(k.m, t[i].f);

		CU_ASSERT_FATAL(p != NULL && joined(&k, &t[i], 0));
		CU_ASSERT_EQUAL(p->reason, MATCH_NAT);
		CU_ASSERT(p->confidence <= 70);
	}
	mkmatch_release(&k);
}

/* The same page fetched by two: one was captured, the other recorded. What is alike is too little. */
static void test_match_nat_needs_more(void)
{
	struct talk t;

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_TCP, "10.0.0.8", 40000, "198.51.100.7", 80);
	t.s[1]->local =
		(uint8_t)mkmatch_key(&t.s[1]->key, IP_TCP, "198.51.100.7", 80, "10.0.0.9", 40001);
	talk_open(&t);
	talk_say(&t, 0, 100, 1);
	talk_say(&t, 1, 1000, 2);
	talk_close(&t);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	CU_ASSERT_PTR_NULL(match_pair_of_flow(k.m, t.f));
	CU_ASSERT_EQUAL(match_flow_reason(k.m, t.f), UNMATCHED_FILTERED);
	CU_ASSERT_EQUAL(match_sock_reason(k.m, t.s[1]), UNMATCHED_NO_TUPLE);
	mkmatch_release(&k);
}

/* ---- reasons
 * --------------------------------------------------------------------------------------------------------
 * */

static void test_match_reasons(void)
{
	struct talk t, icmp, late;
	struct sock *local, *unconnected, *unix_one;

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);
	whole(&t, 3, 1);
	icmp = mkmatch_talk(&k, IP_ICMP, "10.0.0.9", 8, "10.0.0.2", 0);
	icmp.s[1]->kind = SOCK_UNIX_K;
	late = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40007, "10.0.0.2", 80);
	late.s[1]->key.port[0] = late.s[1]->key.port[1] = 7;
	late.now += 3600 * NSEC_PER_SEC;
	whole(&late, 1, 400);
	late.s[1]->first_ns = late.s[1]->last_ns = t.s[1]->first_ns;
	local = mkmatch_sock(&k, 0, IP_TCP, "127.0.0.1", 5432, "127.0.0.1", 50000);
	unconnected = mkmatch_sock(&k, 0, IP_TCP, "0.0.0.0", 80, "0.0.0.0", 0);
	unix_one = icmp.s[1];
	k.calls[0].first_event_ns = MKMATCH_START;
	k.calls[0].last_event_ns = MKMATCH_START + 10 * NSEC_PER_SEC;
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	CU_ASSERT_EQUAL(match_flow_reason(k.m, icmp.f), UNMATCHED_NO_SOCKET_PROTO);
	CU_ASSERT_EQUAL(match_flow_reason(k.m, late.f), UNMATCHED_OUTSIDE);
	CU_ASSERT_EQUAL(match_sock_reason(k.m, local), UNMATCHED_LOCAL);
	CU_ASSERT_EQUAL(match_sock_reason(k.m, unconnected), UNMATCHED_NEVER_CONNECTED);
	CU_ASSERT_EQUAL(match_sock_reason(k.m, unix_one), UNMATCHED_LOCAL);
	CU_ASSERT_EQUAL(match_sock_reason(k.m, late.s[1]), UNMATCHED_NO_TUPLE);
	mkmatch_release(&k);
}

/* Where the traffic inside of a host was captured, it is no reason that nobody captured it. */
static void test_match_reasons_loopback(void)
{
	struct sock *other, *refused;
	struct talk t;

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_TCP, "127.0.0.1", 40000, "127.0.0.1", 80);
	whole(&t, 3, 1);
	other = mkmatch_sock(&k, 0, IP_TCP, "127.0.0.1", 5432, "127.0.0.1", 50000);
	refused = mkmatch_sock(&k, 0, IP_TCP, "0.0.0.0", 0, "127.0.0.1", 81);
	refused->flags = SOCK_FAILED | SOCK_TUPLE_PARTLY;
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	CU_ASSERT(joined(&k, &t, 1));
	CU_ASSERT_EQUAL(match_sock_reason(k.m, other), UNMATCHED_NO_TUPLE);
	CU_ASSERT_EQUAL(match_sock_reason(k.m, refused), UNMATCHED_NEVER_CONNECTED);
	mkmatch_release(&k);
}

static void test_match_one_kind(void)
{
	struct talk t;

	mkmatch_init(&k);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	mkmatch_release(&k);

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);
	whole(&t, 1, 1);
	k.sock_count[0] = 0;
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	CU_ASSERT_EQUAL(match_flow_reason(k.m, t.f), UNMATCHED_NO_OTHER);
	k.sock_count[0] = 1;
	mkmatch_release(&k);

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);
	whole(&t, 1, 1);
	k.flow_count[0] = 0;
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	CU_ASSERT_EQUAL(match_sock_reason(k.m, t.s[1]), UNMATCHED_NO_OTHER);
	k.flow_count[0] = 1;
	mkmatch_release(&k);
}

/* Anything at all in the lists: whoever is joined has the tuple, or is marked; a flow's end has one
 * socket, and all have a pair or a reason. */
static void test_match_hostile_lists(void)
{
	for (unsigned int round = 0; round < 20; round++) {
		mkmatch_init(&k);
		k.random = round;
		for (unsigned int i = 0; i < 120; i++) {
			uint8_t proto = mkmatch_draw(&k) % 2 != 0 ? IP_TCP : IP_UDP;
			struct talk t =
				mkmatch_talk(&k, proto, "10.0.0.9",
					     (uint16_t)(1 + mkmatch_draw(&k) % 6), "10.0.0.2", 80);

			for (unsigned int n = 0; n < 2 * (mkmatch_draw(&k) % 20); n++) {
				uint64_t r = mkmatch_draw(&k);
				struct knot x = { .kind = (uint8_t)(r % 5),
						  .len = (uint32_t)(r % 7 * 1000),
						  .print = r % 3 != 0 ? 1 + (uint32_t)(r % 9) : 0,
						  .ts_ns = r << (r % 40),
						  .begin_ns = r % 2 * (r << 20),
						  .num = r };

				x.offset = r % 11 == 0 ? UINT64_MAX - r % 5000 : r % 9000;
				x.len = r % 13 == 0 ? UINT32_MAX : x.len;
				x.deep = x.print != 0 && r % 4 == 0 ? 1 + (uint32_t)(r % 2) : 0;
				CU_ASSERT_EQUAL_FATAL(
					knots_add(n % 2 != 0 ? t.f->knots[r >> 9 & 1]
							     : &t.s[1]->knots[r >> 9 & 1],
						  &x, &k.room),
					0);
			}
			t.f->flags = (uint16_t)(mkmatch_draw(&k) % 2 * FLOW_START_MISSED);
			t.f->first_ns = mkmatch_draw(&k) << 30;
			t.f->last_ns = t.f->first_ns + mkmatch_draw(&k);
			t.f->side[0].fins = mkmatch_draw(&k) % 2;
			t.f->side[0].stream_bytes = mkmatch_draw(&k);
			t.s[1]->flags = (uint16_t)mkmatch_draw(&k);
			t.s[1]->bytes[0] = mkmatch_draw(&k);
			t.s[1]->first_ns = mkmatch_draw(&k) << 30;
		}
		CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
		for (size_t i = 0; i < k.flow_count[0]; i++) {
			const struct pair *p = match_pair_of_flow(k.m, k.flows[0][i]);
			const struct sock *s = p != NULL && p->side[0].sock != NULL
						       ? p->side[0].sock
					       : p != NULL ? p->side[1].sock
							   : NULL;

			CU_ASSERT_EQUAL(p == NULL,
					match_flow_reason(k.m, k.flows[0][i]) < UNMATCHED_REASONS);
			CU_ASSERT(p == NULL || p->reason == MATCH_NAT ||
				  (s != NULL && memcmp(s->key.port, k.flows[0][i]->key.port,
						       sizeof(s->key.port)) == 0));
		}
		for (size_t i = 0; i < k.sock_count[0]; i++) {
			CU_ASSERT_EQUAL(match_pair_of_sock(k.m, k.socks[0][i]) == NULL,
					match_sock_reason(k.m, k.socks[0][i]) < UNMATCHED_REASONS);
		}
		mkmatch_release(&k);
	}
}

static void test_match_reason_texts(void)
{
	for (uint8_t i = 0; i < UNMATCHED_REASONS; i++) {
		CU_ASSERT(unmatched_reason_text(i)[0] != '\0');
	}
	CU_ASSERT_STRING_EQUAL(unmatched_reason_text(UNMATCHED_REASONS), "");
}

void suite_match(CU_pSuite suite);
void suite_match(CU_pSuite suite)
{
	CU_add_test(suite, "test_match_simple", test_match_simple);
	CU_add_test(suite, "test_match_both_ends", test_match_both_ends);
	CU_add_test(suite, "test_match_two_captures", test_match_two_captures);
	CU_add_test(suite, "test_match_other_host", test_match_other_host);
	CU_add_test(suite, "test_match_other_counts", test_match_other_counts);
	CU_add_test(suite, "test_match_flow_begins_late", test_match_flow_begins_late);
	CU_add_test(suite, "test_match_sock_begins_late", test_match_sock_begins_late);
	CU_add_test(suite, "test_match_calls_missing", test_match_calls_missing);
	CU_add_test(suite, "test_match_packets_missing", test_match_packets_missing);
	CU_add_test(suite, "test_match_generations", test_match_generations);
	CU_add_test(suite, "test_match_generations_in_order", test_match_generations_in_order);
	CU_add_test(suite, "test_match_generations_by_clock", test_match_generations_by_clock);
	CU_add_test(suite, "test_match_many_generations", test_match_many_generations);
	CU_add_test(suite, "test_match_many_different", test_match_many_different);
	CU_add_test(suite, "test_match_counts_only", test_match_counts_only);
	CU_add_test(suite, "test_match_counts_by_clock", test_match_counts_by_clock);
	CU_add_test(suite, "test_match_counts_clash", test_match_counts_clash);
	CU_add_test(suite, "test_match_empty", test_match_empty);
	CU_add_test(suite, "test_match_udp", test_match_udp);
	CU_add_test(suite, "test_match_udp_lost", test_match_udp_lost);
	CU_add_test(suite, "test_match_wildcards", test_match_wildcards);
	CU_add_test(suite, "test_match_nat", test_match_nat);
	CU_add_test(suite, "test_match_nat_needs_more", test_match_nat_needs_more);
	CU_add_test(suite, "test_match_reasons", test_match_reasons);
	CU_add_test(suite, "test_match_reasons_loopback", test_match_reasons_loopback);
	CU_add_test(suite, "test_match_one_kind", test_match_one_kind);
	CU_add_test(suite, "test_match_hostile_lists", test_match_hostile_lists);
	CU_add_test(suite, "test_match_reason_texts", test_match_reason_texts);
}
