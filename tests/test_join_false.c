/*
 * test_join_false.c - what must not be joined: connections of two hosts, or of two networks with one address plan, that
 * had the same tuples at the same time and the same kind of requests, but other bytes.
 */
#include "mkjoincheck.h"

static size_t pairs_of(const struct mkjoined *k)
{
	size_t n;

	(void)match_pairs(k->match, &n);
	return n;
}

/* The calls of one story with the packets of another: all tuples are there, no connection is. */
static size_t crossed(const struct mkjoin_knobs *calls, const struct mkjoin_knobs *packets)
{
	struct mkjoin a;
	struct mkjoin b;
	struct mkjoin_shop s;
	struct mkjoined k;
	size_t n;
	size_t refused = 0;

	mkjoin_init(&a, calls);
	mkjoin_shop(&a, &s);
	mkjoin_init(&b, packets);
	mkjoin_shop(&b, &s);
	mkjoined_init(&k);
	mkjoined_add(&k, &a.calls);
	mkjoined_add(&k, &b.packets);
	mkjoined_run(&k, NULL);
	n = pairs_of(&k);
	for (size_t i = 0; i < n; i++) {
		uint32_t conn = mkjoined_conn_of(&b, match_pairs(k.match, &n)[i].flow);

		/* A refused connect moves no bytes that could differ. */
		refused += conn != MKJOIN_NONE && b.conn[conn].refused;
	}
	mkjoined_release(&k);
	mkjoin_release(&a);
	mkjoin_release(&b);
	return n - refused;
}

static void test_join_false_same_tuples(void)
{
	CU_ASSERT_EQUAL(crossed(&(struct mkjoin_knobs){ .seed = 71 }, &(struct mkjoin_knobs){ .seed = 72 }), 0);
	CU_ASSERT_EQUAL(crossed(&(struct mkjoin_knobs){ .seed = 73, .one_side = true },
				&(struct mkjoin_knobs){ .seed = 74 }),
			0);
}

static void test_join_false_same_tuples_and_loss(void)
{
	CU_ASSERT_EQUAL(crossed(&(struct mkjoin_knobs){ .seed = 75, .miss_every = 30 },
				&(struct mkjoin_knobs){ .seed = 76, .lose_per_mille = 50 }), 0);
	CU_ASSERT_EQUAL(crossed(&(struct mkjoin_knobs){ .seed = 77, .late_calls = true },
				&(struct mkjoin_knobs){ .seed = 78, .late_packets = true, .again_every = 4 }), 0);
}

/* Same ports on both sides, other addresses. */
static void test_join_false_same_ports(void)
{
	CU_ASSERT_EQUAL(crossed(&(struct mkjoin_knobs){ .seed = 79 },
				&(struct mkjoin_knobs){ .seed = 80, .net = "10.9" }),
			0);
}

/* With the right packets beside the wrong ones each flow finds its own. */
static void test_join_false_among_true(void)
{
	struct mkjoin a;
	struct mkjoin b;
	struct mkjoin_shop s;
	struct mkjoined k;
	const struct source *right;
	size_t n;
	const struct pair *pairs;
	size_t expected = 0;

	mkjoin_init(&a, &(struct mkjoin_knobs){ .seed = 81, .offset_ns = 3600 * S });
	mkjoin_shop(&a, &s);
	mkjoin_init(&b, &(struct mkjoin_knobs){ .seed = 82 });
	mkjoin_shop(&b, &s);
	mkjoined_init(&k);
	mkjoined_add(&k, &b.packets);
	mkjoined_add(&k, &a.calls);
	right = mkjoined_add(&k, &a.packets);
	mkjoined_run(&k, NULL);
	pairs = match_pairs(k.match, &n);
	for (uint32_t i = 0; i < a.conn_count; i++) {
		expected += mkjoin_joinable(&a, i) && !a.conn[i].refused;
	}
	for (size_t i = 0; i < n; i++) {
		const struct flow *f = pairs[i].flow;

		if (f->side[0].payload_bytes + f->side[1].payload_bytes == 0) {
			continue;
		}
		CU_ASSERT_PTR_EQUAL(pairs[i].packets->source, right);
		expected--;
	}
	CU_ASSERT_EQUAL(expected, 0);
	mkjoined_release(&k);
	mkjoin_release(&a);
	mkjoin_release(&b);
}

/* Two hosts behind one address plan, both recorded: each socket goes with the flow of its own network. */
static void test_join_false_two_hosts(void)
{
	struct mkjoin story[2];
	struct mkjoin_shop s;
	struct mkjoined k;
	struct source *calls[2];
	struct source *packets[2];
	size_t n;
	const struct pair *pairs;

	mkjoined_init(&k);
	for (unsigned int i = 0; i < 2; i++) {
		mkjoin_init(&story[i], &(struct mkjoin_knobs){ .seed = 83 + i });
		mkjoin_shop(&story[i], &s);
		calls[i] = mkjoined_add(&k, &story[i].calls);
	}
	for (unsigned int i = 0; i < 2; i++) {
		packets[i] = mkjoined_add(&k, &story[i].packets);
	}
	mkjoined_run(&k, NULL);
	pairs = match_pairs(k.match, &n);
	CU_ASSERT_TRUE(n > 2 * 100);
	for (size_t i = 0; i < n; i++) {
		unsigned int of = pairs[i].packets->source == packets[1];

		for (unsigned int side = 0; side < 2; side++) {
			const struct sock *sock = pairs[i].side[side].sock;

			if (sock != NULL && pairs[i].flow->side[0].payload_bytes > 0) {
				CU_ASSERT_PTR_EQUAL(sock->section->source, calls[of]);
			}
		}
	}
	mkjoined_release(&k);
	mkjoin_release(&story[0]);
	mkjoin_release(&story[1]);
}

/* One tuple many times, all of one kind; every third one was not captured. */
static void test_join_false_generations(void)
{
	struct mkjoin j;
	struct mkjoined k;
	uint32_t web;
	uint32_t curl;

	mkjoin_init(&j, &(struct mkjoin_knobs){ .seed = 85, .offset_ns = 7200 * S });
	web = mkjoin_process(&j, 100, "nginx");
	curl = mkjoin_process(&j, 900, "curl");
	mkjoin_listens(&j, web, MKJOIN_TCP, "0.0.0.0", 80, NULL);
	for (unsigned int i = 0; i < 24; i++) {
		uint32_t c = mkjoin_conn(&j, MKJOIN_TCP, "10.0.0.1", 40000, "10.0.0.2", 80);

		j.conn[c].wire = i % 3 != 1;
		mkjoin_connect(&j, c, curl);
		mkjoin_accept(&j, c, web);
		mkjoin_get(&j, c, curl, web, "/again", 200 + 31 * i);
		mkjoin_hang_up(&j, c, i % 2, curl, web);
		mkjoin_pass(&j, (uint64_t)(90 * S));
	}
	mkjoin_finish(&j);
	mkjoined_story(&k, &j);
	check_pairs(&k, &j);
	joined_release(&j, &k);
}

/* Bytes that agree by chance in what both captured, but not in how many there are. */
static void test_join_false_same_begin(void)
{
	struct mkjoin j;
	struct mkjoined k;
	uint32_t web;
	uint32_t c[2];

	mkjoin_init(&j, &(struct mkjoin_knobs){ .seed = 86, .one_side = true });
	web = mkjoin_process(&j, 100, "nginx");
	mkjoin_listens(&j, web, MKJOIN_TCP, "0.0.0.0", 80, NULL);
	for (unsigned int i = 0; i < 2; i++) {
		c[i] = mkjoin_conn(&j, MKJOIN_TCP, "10.0.0.1", 40000, "10.0.0.2", 80);
	}
	j.conn[c[0]].wire = false;
	mkjoin_connect(&j, c[0], MKJOIN_NONE);
	mkjoin_connect(&j, c[1], MKJOIN_NONE);
	mkjoin_accept(&j, c[0], web);
	mkjoin_get(&j, c[0], MKJOIN_NONE, web, "/one", 1000);
	mkjoin_get(&j, c[1], MKJOIN_NONE, MKJOIN_NONE, "/one/more", 5000);
	mkjoin_get(&j, c[1], MKJOIN_NONE, MKJOIN_NONE, "/and/more", 100);
	mkjoin_hang_up(&j, c[0], 0, MKJOIN_NONE, web);
	mkjoin_hang_up(&j, c[1], 0, MKJOIN_NONE, MKJOIN_NONE);
	mkjoin_finish(&j);
	mkjoined_story(&k, &j);
	CU_ASSERT_EQUAL(pairs_of(&k), 0);
	joined_release(&j, &k);
}

void suite_join_false(CU_pSuite suite);
void suite_join_false(CU_pSuite suite)
{
	CU_add_test(suite, "test_join_false_same_tuples", test_join_false_same_tuples);
	CU_add_test(suite, "test_join_false_same_tuples_and_loss", test_join_false_same_tuples_and_loss);
	CU_add_test(suite, "test_join_false_same_ports", test_join_false_same_ports);
	CU_add_test(suite, "test_join_false_among_true", test_join_false_among_true);
	CU_add_test(suite, "test_join_false_two_hosts", test_join_false_two_hosts);
	CU_add_test(suite, "test_join_false_generations", test_join_false_generations);
	CU_add_test(suite, "test_join_false_same_begin", test_join_false_same_begin);
}
