/*
 * test_match_seq.c - flows with sockets whose sequence numbers are told: the places of bytes are taken from these,
 * exactly, whatever else is missing. Conversations are made by hand (mkmatch.h).
 */
#include "mkmatch.h"

#include <CUnit/Basic.h>

static struct mkmatch k; /* large */

/* Numbers of the first bytes of client and server. */
struct numbers {
	uint32_t first[2];
};

static void chat(struct talk *t, unsigned int turns, uint64_t seed)
{
	for (unsigned int i = 0; i < turns; i++) {
		talk_say(t, 0, 200 + 10 * i, seed + 2 * i);
		talk_say(t, 1, 3000 + 700 * i, seed + 2 * i + 1);
	}
}

/* The flow says where it begins; the server's calls from now on tell where they are. */
static void tell_flow(struct talk *t, const struct numbers *n)
{
	for (unsigned int from = 0; from < 2; from++) {
		unsigned int end = from == 0 ? t->client : 1 - t->client;

		t->f->side[end].first_seq = n->first[from] + (uint32_t)t->flow_base[from];
	}
}

static void tell_calls(struct talk *t, const struct numbers *n)
{
	struct sock *s = t->s[1];

	if (s->seqs == NULL) {
		s->seqs = arena_alloc(&k.room.arena, sizeof(*s->seqs));
		CU_ASSERT_PTR_NOT_NULL_FATAL(s->seqs);
		memset(s->seqs, 0, sizeof(*s->seqs));
		for (unsigned int dir = 0; dir < 2; dir++) {
			s->seqs->at[dir] = arena_alloc(&k.room.arena, 8 * sizeof(struct seq_piece));
			s->seqs->cap[dir] = 8;
		}
	}
	for (unsigned int dir = 0; dir < 2; dir++) {
		unsigned int from = dir == 1 ? 1 : 0;	/* who speaks */
		uint64_t base = t->sock_base[1][dir];

		s->seqs->at[dir][s->seqs->count[dir]++] =
			(struct seq_piece){ t->sent[from] - base, 1, n->first[from] + (uint32_t)base };
	}
}

static const struct pair_side *server_side(const struct talk *t)
{
	const struct pair *p = match_pair_of_flow(k.m, t->f);
	const struct pair_side *s = p != NULL ? &p->side[1 - t->client] : NULL;

	return s != NULL && s->sock == t->s[1] ? s : NULL;
}

static void check_exact(const struct talk *t)
{
	const struct pair *p = match_pair_of_flow(k.m, t->f);

	CU_ASSERT_TRUE_FATAL(p != NULL && server_side(t) != NULL);
	CU_ASSERT_EQUAL(p->reason, MATCH_SEQUENCE);
	CU_ASSERT_EQUAL(p->confidence, 100);
}

/* Without one byte of payload in the calls, the capture of packets begins late. */
static void test_match_seq_flow_begins_late(void)
{
	struct numbers n = { { 1000, 0xFFFFFF00u } };
	const struct pair_side *s;
	struct talk t;

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);
	t.no_prints = true;
	t.flow_mute = true;
	talk_open(&t);
	tell_calls(&t, &n);
	chat(&t, 3, 1);
	t.flow_mute = false;
	tell_flow(&t, &n);
	chat(&t, 3, 100);
	talk_close(&t);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	check_exact(&t);
	s = server_side(&t);
	CU_ASSERT_EQUAL(pair_shift(s, 0, 0), -(200 + 210 + 220));
	CU_ASSERT_EQUAL(pair_shift(s, 1, 0), -(3000 + 3700 + 4400));
	CU_ASSERT_TRUE(s->aligned[0] && s->aligned[1]);
	CU_ASSERT_TRUE(s->byte_difference[0] == 0 && s->byte_difference[1] == 0);
	mkmatch_release(&k);
}

static void test_match_seq_calls_missing(void)
{
	struct numbers n = { { 77, 88 } };
	const struct pair_side *s;
	struct talk t;

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);
	t.no_prints = true;
	tell_flow(&t, &n);
	talk_open(&t);
	tell_calls(&t, &n);
	chat(&t, 3, 1);
	t.sock_mute[1] = true;
	chat(&t, 1, 30);
	t.sock_mute[1] = false;
	tell_calls(&t, &n);
	chat(&t, 4, 50);
	talk_close(&t);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	check_exact(&t);
	s = server_side(&t);
	CU_ASSERT_TRUE(pair_shift(s, 0, 0) == 0 && pair_shift(s, 0, 629) == 0 && pair_shift(s, 0, 630) == 200);
	CU_ASSERT_TRUE(pair_shift(s, 1, 3000 + 3700 + 4399) == 0 && pair_shift(s, 1, 3000 + 3700 + 4400) == 3000);
	mkmatch_release(&k);
}

/* The same words over the same tuple, again and again: the numbers tell which is which, though each side lacks one. */
static void test_match_seq_generations(void)
{
	struct talk t[6];

	mkmatch_init(&k);
	for (unsigned int i = 0; i < 6; i++) {
		struct numbers n = { { 1000000u * 200 * i, 500 + 1000000u * 300 * i } };

		t[i] = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);
		t[i].now += i * 60 * NSEC_PER_SEC;
		tell_flow(&t[i], &n);
		talk_open(&t[i]);
		tell_calls(&t[i], &n);
		chat(&t[i], 2, 5);
		talk_close(&t[i]);
	}
	t[1].f->key.port[0] = t[1].f->key.port[1] = 1;
	t[3].s[1]->key.port[0] = t[3].s[1]->key.port[1] = 1;
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	for (unsigned int i = 0; i < 6; i++) {
		if (i != 1 && i != 3) {
			check_exact(&t[i]);
			CU_ASSERT_FALSE(server_side(&t[i])->assumed);
		}
	}
	CU_ASSERT_PTR_NULL(match_pair_of_flow(k.m, t[3].f));
	CU_ASSERT_PTR_NULL(match_pair_of_sock(k.m, t[1].s[1]));
	mkmatch_release(&k);
}

/* Same tuple, same counts, but the bytes lie elsewhere: two hosts of the same addresses. */
static void test_match_seq_elsewhere(void)
{
	struct numbers here = { { 1000, 2000 } }, there = { { 1000 + (64u << 20), 2000 } };
	struct talk t;

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);
	t.no_prints = true;
	tell_flow(&t, &here);
	talk_open(&t);
	tell_calls(&t, &there);
	chat(&t, 3, 1);
	talk_close(&t);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	CU_ASSERT_PTR_NULL(match_pair_of_flow(k.m, t.f));
	CU_ASSERT_EQUAL(match_flow_reason(k.m, t.f), UNMATCHED_BYTES_DIFFER);
	mkmatch_release(&k);
}

/* Numbers that agree by chance do not make other bytes the same. */
static void test_match_seq_other_bytes(void)
{
	struct numbers n = { { 1000, 2000 } };
	struct talk t, other;

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);
	tell_flow(&t, &n);
	talk_open(&t);
	tell_calls(&t, &n);
	chat(&t, 4, 1);
	talk_close(&t);
	other = mkmatch_talk(&k, IP_TCP, "10.0.0.9", 40000, "10.0.0.2", 80);
	tell_flow(&other, &n);
	talk_open(&other);
	tell_calls(&other, &n);
	chat(&other, 4, 1000);
	talk_close(&other);
	/* Only the packets of one, only the calls of the other. */
	t.s[1]->key.port[0] = t.s[1]->key.port[1] = 1;
	other.f->key.port[0] = other.f->key.port[1] = 1;
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	CU_ASSERT_PTR_NULL(match_pair_of_flow(k.m, t.f));
	CU_ASSERT_PTR_NULL(match_pair_of_sock(k.m, other.s[1]));
	mkmatch_release(&k);
}

void suite_match_seq(CU_pSuite suite);
void suite_match_seq(CU_pSuite suite)
{
	CU_add_test(suite, "test_match_seq_flow_begins_late", test_match_seq_flow_begins_late);
	CU_add_test(suite, "test_match_seq_calls_missing", test_match_seq_calls_missing);
	CU_add_test(suite, "test_match_seq_generations", test_match_seq_generations);
	CU_add_test(suite, "test_match_seq_elsewhere", test_match_seq_elsewhere);
	CU_add_test(suite, "test_match_seq_other_bytes", test_match_seq_other_bytes);
}
