/*
 * test_join_clock.c - how far the clocks of packets and calls are apart: within its bounds whatever the offset, drift,
 * loss and resolution, and unknown where nothing tells.
 */
#include "mkjoincheck.h"

/* What a story's delays allow: 30 us to the client's host, a few for calls. */
#define CLOSE_NS (200 * US)

static void check_shop(const struct mkjoin_knobs *knobs, int64_t within_ns)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkjoined k;

	joined_shop(&j, &s, &k, knobs);
	check_clocks(&k, &j, within_ns);
	joined_release(&j, &k);
}

static void test_join_clock_same(void)
{
	check_shop(NULL, CLOSE_NS);
	check_shop(&(struct mkjoin_knobs){ .seed = 51, .enters = true, .digits = 9 }, CLOSE_NS);
}

static void test_join_clock_shifted_by_hours(void)
{
	check_shop(&(struct mkjoin_knobs){ .seed = 52, .offset_ns = 12040 * S + 712500000 }, CLOSE_NS);
	check_shop(&(struct mkjoin_knobs){ .seed = 53, .offset_ns = -12040 * S - 712500000 }, CLOSE_NS);
	check_shop(&(struct mkjoin_knobs){ .seed = 54, .offset_ns = 400 * 86400 * S, .enters = true }, CLOSE_NS);
}

/* Of one host's calls only: bounds from both directions of its own traffic. */
static void test_join_clock_from_one_side(void)
{
	check_shop(&(struct mkjoin_knobs){ .seed = 55, .one_side = true, .offset_ns = 100 * S }, CLOSE_NS);
}

static void test_join_clock_after_loss(void)
{
	check_shop(&(struct mkjoin_knobs){ .seed = 56, .lose_per_mille = 50, .offset_ns = 3 * 3600 * S }, CLOSE_NS);
	check_shop(&(struct mkjoin_knobs){ .seed = 57, .lose_per_mille = 50, .again_every = 10, .offset_ns = 5 * S },
		   CLOSE_NS);
	check_shop(&(struct mkjoin_knobs){ .seed = 58, .late_calls = true, .late_packets = true, .offset_ns = -9 * S },
		   CLOSE_NS);
}

/* The resolution widens the bounds. */
static void test_join_clock_of_milliseconds(void)
{
	check_shop(&(struct mkjoin_knobs){ .seed = 59, .digits = 3, .offset_ns = 3600 * S }, 2 * MS);
}

/* 50 ppm are 27 ms over this story: far more than the bounds are apart. */
static void check_drift(double ppm, const struct mkjoin_knobs *knobs)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkjoined k;
	size_t n;
	const struct clock_pair *c;

	joined_shop(&j, &s, &k, knobs);
	c = match_clocks(k.match, &n);
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_TRUE(c->drift_known);
	CU_ASSERT_TRUE(c->drift_ppm > ppm - 1 && c->drift_ppm < ppm + 1);
	check_clocks(&k, &j, 2 * CLOSE_NS);
	joined_release(&j, &k);
}

static void test_join_clock_drifting(void)
{
	check_drift(50, &(struct mkjoin_knobs){ .seed = 60, .drift_ppm = 50 });
	check_drift(-50, &(struct mkjoin_knobs){
				 .seed = 61, .drift_ppm = -50, .offset_ns = 7 * 3600 * S, .lose_per_mille = 50 });
	check_drift(0, &(struct mkjoin_knobs){ .seed = 62, .offset_ns = 7 * 3600 * S });
}

/* There and back again. */
static void test_join_clock_maps_both_ways(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkjoined k;
	size_t n;
	const struct clock_pair *c;

	joined_shop(&j, &s, &k, &(struct mkjoin_knobs){ .seed = 63, .drift_ppm = 50, .offset_ns = -40 * S });
	c = match_clocks(k.match, &n);
	CU_ASSERT_EQUAL_FATAL(n, 1);
	for (uint64_t t = MKJOIN_START_NS; t < j.now; t += 1000003 * 997ull) {
		CU_ASSERT_TRUE(llabs((int64_t)(clock_to_calls(c, clock_to_packets(c, t)) - t)) <= US);
	}
	CU_ASSERT_EQUAL(clock_to_calls(c, 0), 0);
	joined_release(&j, &k);
}

static void test_join_clock_of_one_file(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkjoined k;
	size_t n;
	const struct clock_pair *c;

	joined_shop(&j, &s, &k, &(struct mkjoin_knobs){ .seed = 64, .one_file = true });
	c = match_clocks(k.match, &n);
	CU_ASSERT_EQUAL_FATAL(n, 1);
	/* One file is written by one recorder, or merged from two by time: its clocks are taken as one only when they
	 * agree. */
	CU_ASSERT_TRUE(c->origin == CLOCK_SAME_FILE || c->origin == CLOCK_ESTIMATED);
	CU_ASSERT_TRUE(llabs(c->offset_ns) <= CLOSE_NS);
	joined_release(&j, &k);
}

static void test_join_clock_given(void)
{
	struct match_options opt = { .offset_given = true, .offset_ns = 5 * S + 3 * MS };
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkjoined k;
	size_t n;
	const struct clock_pair *c;

	mkjoin_init(&j, &(struct mkjoin_knobs){ .offset_ns = 5 * S });
	mkjoin_shop(&j, &s);
	mkjoined_init(&k);
	mkjoined_add(&k, &j.calls);
	mkjoined_add(&k, &j.packets);
	mkjoined_run(&k, &opt);
	c = match_clocks(k.match, &n);
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_EQUAL(c->origin, CLOCK_GIVEN);
	CU_ASSERT_EQUAL(c->offset_ns, 5 * S + 3 * MS);
	/* It moves times, not pairs. */
	check_pairs(&k, &j);
	joined_release(&j, &k);
}

/* Calls that only ever send, without the time they began: nothing bounds the offset from above and below. */
static void test_join_clock_unknown(void)
{
	struct mkjoin j;
	struct mkjoined k;
	uint32_t web;
	uint32_t c;
	size_t n;
	const struct clock_pair *clocks;

	mkjoin_init(&j, &(struct mkjoin_knobs){ .offset_ns = 5 * S });
	web = mkjoin_process(&j, 100, "logger");
	c = mkjoin_conn(&j, MKJOIN_UDP, "10.0.0.2", 40000, "10.0.0.9", 514);
	mkjoin_socket(&j, c, web);
	mkjoin_send(&j, c, 0, web, MKJOIN_FROM, "<13>one line", 12);
	mkjoin_finish(&j);
	mkjoined_story(&k, &j);
	clocks = match_clocks(k.match, &n);
	for (size_t i = 0; i < n; i++) {
		CU_ASSERT_TRUE(clocks[i].origin == CLOCK_UNKNOWN || clocks[i].low_ns == INT64_MIN ||
			       clocks[i].high_ns == INT64_MAX);
	}
	joined_release(&j, &k);
}

void suite_join_clock(CU_pSuite suite);
void suite_join_clock(CU_pSuite suite)
{
	CU_add_test(suite, "test_join_clock_same", test_join_clock_same);
	CU_add_test(suite, "test_join_clock_shifted_by_hours", test_join_clock_shifted_by_hours);
	CU_add_test(suite, "test_join_clock_from_one_side", test_join_clock_from_one_side);
	CU_add_test(suite, "test_join_clock_after_loss", test_join_clock_after_loss);
	CU_add_test(suite, "test_join_clock_of_milliseconds", test_join_clock_of_milliseconds);
	CU_add_test(suite, "test_join_clock_drifting", test_join_clock_drifting);
	CU_add_test(suite, "test_join_clock_maps_both_ways", test_join_clock_maps_both_ways);
	CU_add_test(suite, "test_join_clock_of_one_file", test_join_clock_of_one_file);
	CU_add_test(suite, "test_join_clock_given", test_join_clock_given);
	CU_add_test(suite, "test_join_clock_unknown", test_join_clock_unknown);
}
