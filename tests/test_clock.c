/*
 * test_clock.c - the offset of two clocks lies within its bounds, and the bounds are as narrow as
 * causality allows: shifted by hours, drifting, coarse, with packets missing, with false bounds among the
 * true ones. The true offset is the builder's (mkmatch.h).
 */
#include "mkmatch.h"

#include <CUnit/Basic.h>

#define HOUR (3600 * (int64_t)NSEC_PER_SEC)

static struct mkmatch k; /* large */

/* One connection of a few turns, beginning so many milliseconds after the start. */
static struct talk connection(unsigned int i, uint64_t ms, int64_t offset)
{
	struct talk t = mkmatch_talk(&k, IP_TCP, "10.0.0.9", (uint16_t)(40000 + i), "10.0.0.2", 80);

	t.now += ms * 1000000;
	t.packets_offset = offset;
	return t;
}

static void run(struct talk *t, unsigned int turns, uint64_t seed)
{
	talk_open(t);
	for (unsigned int i = 0; i < turns; i++) {
		talk_say(t, 0, 200 + i, seed + 2 * i);
		talk_say(t, 1, 4000 + i, seed + 2 * i + 1);
	}
	talk_close(t);
}

static const struct clock_pair *only_clock(void)
{
	size_t n;
	const struct clock_pair *c = match_clocks(k.m, &n);

	CU_ASSERT_EQUAL_FATAL(n, 1);
	return c;
}

static bool holds(const struct clock_pair *c, int64_t offset)
{
	return c->low_ns <= offset && offset <= c->high_ns && c->low_ns <= c->offset_ns &&
	       c->offset_ns <= c->high_ns;
}

static void test_clock_shifted_by_hours(void)
{
	static const int64_t offsets[] = { 0, 3 * HOUR + 1234567, -7 * HOUR, 1 };

	for (size_t i = 0; i < ARRAY_LEN(offsets); i++) {
		struct talk t;
		const struct clock_pair *c;

		mkmatch_init(&k);
		t = connection(0, 0, offsets[i]);
		run(&t, 3, 1);
		CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
		c = only_clock();
		CU_ASSERT_EQUAL(c->origin, CLOCK_ESTIMATED);
		CU_ASSERT(holds(c, offsets[i]));
		/* Writes reach the wire after 20 us, reads end 30 us after the wire. */
		CU_ASSERT_EQUAL(c->high_ns, offsets[i] + 20000);
		CU_ASSERT_EQUAL(c->low_ns, offsets[i] - 30000);
		CU_ASSERT(c->outliers == 0 && c->flows == 1 && !c->drift_known &&
			  c->drift_ppm == 0);
		CU_ASSERT(c->bounds_low >= 4 && c->bounds_high >= 4);
		mkmatch_release(&k);
	}
}

/* Many short connections over five minutes, one clock 50 ppm faster. */
static void drift(double ppm, unsigned int lost, uint64_t unit, double tolerance)
{
	static struct talk t[150];
	const struct clock_pair *c;
	uint64_t at, there;
	int64_t away;

	mkmatch_init(&k);
	k.interface.ts_units = NSEC_PER_SEC / unit;
	for (unsigned int i = 0; i < ARRAY_LEN(t); i++) {
		t[i] = connection(i, 2000 * i, 2 * HOUR);
		t[i].drift = ppm * 1e-6;
		t[i].lost = lost;
		t[i].unit_ns = unit;
		run(&t[i], 3, 100 * i);
	}
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	c = only_clock();
	for (unsigned int i = 0; i < ARRAY_LEN(t); i++) {
		CU_ASSERT_PTR_NOT_NULL(match_pair_of_flow(k.m, t[i].f));
	}
	CU_ASSERT_EQUAL(c->origin, CLOCK_ESTIMATED);
	CU_ASSERT(c->drift_known && c->drift_ppm > ppm - tolerance &&
		  c->drift_ppm < ppm + tolerance);
	CU_ASSERT(c->outliers == 0);
	/* The bounds hold where they are said to, and the line holds at both ends. */
	away = (int64_t)((double)(int64_t)(c->at_ns - MKMATCH_START) * ppm * 1e-6);
	CU_ASSERT(holds(c, 2 * HOUR + away));
	for (unsigned int i = 0; i < 2; i++) {
		at = MKMATCH_START + i * 298 * NSEC_PER_SEC;
		there = talk_stamp(&t[0], at);
		CU_ASSERT(llabs((int64_t)(clock_to_packets(c, at) - there)) <
			  30000 + 2 * (int64_t)unit);
		CU_ASSERT(llabs((int64_t)(clock_to_calls(c, there) - at)) <
			  30000 + 2 * (int64_t)unit);
	}
	mkmatch_release(&k);
}

static void test_clock_drifts(void)
{
	drift(50, 0, 1, 0.3);
	drift(-50, 0, 1, 0.3);
	drift(50, 50, 1000, 0.3);
	drift(300, 0, 1, 0.3);
}

/* None: the line stays flat. */
static void test_clock_does_not_drift(void)
{
	drift(0, 0, 1, 1e-9);
}

/* Times in whole milliseconds are rounded down. */
static void test_clock_coarse(void)
{
	static struct talk t[100];
	const struct clock_pair *c;

	mkmatch_init(&k);
	k.interface.ts_units = 1000;
	for (unsigned int i = 0; i < ARRAY_LEN(t); i++) {
		t[i] = connection(i, 137 * i, HOUR + 400000);
		t[i].unit_ns = 1000000;
		t[i].now += 31337 * i;
		run(&t[i], 2, 100 * i);
	}
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	c = only_clock();
	CU_ASSERT(c->origin == CLOCK_ESTIMATED && c->outliers == 0);
	CU_ASSERT(holds(c, HOUR + 400000));
	CU_ASSERT(c->high_ns - c->low_ns < 1200000);
	mkmatch_release(&k);
}

/* Exit-only: calls began at most 5 ms earlier than known. */
static void test_clock_exit_only(void)
{
	struct talk t;
	const struct clock_pair *c;

	mkmatch_init(&k);
	t = connection(0, 0, -HOUR);
	t.begin_slack = 5000000;
	run(&t, 3, 1);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	c = only_clock();
	CU_ASSERT(holds(c, -HOUR));
	CU_ASSERT_EQUAL(c->high_ns, -HOUR + 5020000);
	CU_ASSERT_EQUAL(c->low_ns, -HOUR - 30000);
	mkmatch_release(&k);
}

/* Some connections whose stamps are wrong by seconds, either way: outvoted, and counted. */
static void outliers(double ppm)
{
	static struct talk t[200];
	const struct clock_pair *c;
	unsigned int wrong = 0;
	int64_t away;

	mkmatch_init(&k);
	for (unsigned int i = 0; i < ARRAY_LEN(t); i++) {
		t[i] = connection(i, 1000 * i, HOUR);
		t[i].drift = ppm * 1e-6;
		if (i % 20 == 7) {
			t[i].packets_offset += i % 40 == 7 ? 3000000000 : -5000000000;
			wrong++;
		}
		run(&t[i], 3, 100 * i);
	}
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	c = only_clock();
	away = (int64_t)((double)(int64_t)(c->at_ns - MKMATCH_START) * ppm * 1e-6);
	CU_ASSERT_EQUAL(c->origin, CLOCK_ESTIMATED);
	CU_ASSERT(holds(c, HOUR + away));
	CU_ASSERT(c->high_ns - c->low_ns < 100000);
	CU_ASSERT(c->outliers >= wrong && c->outliers <= 8 * wrong);
	mkmatch_release(&k);
}

static void test_clock_outliers(void)
{
	outliers(0);
	outliers(50);
}

/* Answers all alike, of which the capture lacks one in most connections: those behind it seem to lie where the one
 * before them lies, and nothing in the bytes denies it. The truth is with the one connection that is whole. */
static void test_clock_write_missing(void)
{
	const struct clock_pair *c;

	mkmatch_init(&k);
	for (unsigned int i = 0; i < 4; i++) {
		struct talk t = connection(i, 10 * i, HOUR);

		t.delay[1] = 200000; /* what is read is read late: from below the bounds are wide */
		talk_open(&t);
		talk_say(&t, 0, 200, 100 + i);
		t.delay[1] = 5000;
		for (unsigned int n = 0; n < 20; n++) {
			t.sock_mute[1] = i > 0 && n == 3;
			talk_say(&t, 1, 100, 7);
			t.sock_mute[1] = false;
		}
		talk_close(&t);
	}
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	c = only_clock();
	CU_ASSERT_EQUAL(c->origin, CLOCK_ESTIMATED);
	CU_ASSERT(holds(c, HOUR));
	mkmatch_release(&k);
}

/* ---- where it comes from
 * -------------------------------------------------------------------------------------------- */

static void test_clock_given(void)
{
	struct match_options opt = { true, 5 * HOUR };
	struct talk t;
	const struct clock_pair *c;

	mkmatch_init(&k);
	t = connection(0, 0, HOUR);
	run(&t, 3, 1);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, &opt), 0);
	c = only_clock();
	CU_ASSERT_EQUAL(c->origin, CLOCK_GIVEN);
	CU_ASSERT(c->offset_ns == 5 * HOUR && c->low_ns == c->offset_ns &&
		  c->high_ns == c->offset_ns);
	CU_ASSERT_EQUAL(c->outliers, c->bounds_high); /* the truth is below all of it */
	mkmatch_release(&k);
}

static void test_clock_same_file(void)
{
	static const int64_t offsets[] = { 0, HOUR };

	for (size_t i = 0; i < ARRAY_LEN(offsets); i++) {
		struct talk t;
		const struct clock_pair *c;

		mkmatch_init(&k);
		k.one_section = true;
		t = connection(0, 0, offsets[i]);
		run(&t, 3, 1);
		CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
		c = only_clock();
		CU_ASSERT(holds(c, offsets[i]));
		CU_ASSERT_EQUAL(c->origin, i == 0 ? CLOCK_SAME_FILE : CLOCK_ESTIMATED);
		CU_ASSERT(i != 0 || c->offset_ns == 0);
		mkmatch_release(&k);
	}
}

/* Reads only, or nothing at all. */
static void test_clock_unknown(void)
{
	struct talk t;
	const struct clock_pair *c;
	size_t n;

	mkmatch_init(&k);
	t = mkmatch_talk(&k, IP_UDP, "10.0.0.9", 4000, "10.0.0.2", 53);
	talk_say(&t, 0, 100, 1);
	talk_close(&t);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	c = only_clock();
	CU_ASSERT_EQUAL(c->origin, CLOCK_UNKNOWN);
	CU_ASSERT_EQUAL(c->high_ns, INT64_MAX);
	CU_ASSERT_EQUAL(c->low_ns, -30000);
	CU_ASSERT(clock_to_calls(c, MKMATCH_START) == 0 && clock_to_packets(c, MKMATCH_START) == 0);
	mkmatch_release(&k);

	mkmatch_init(&k);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	match_clocks(k.m, &n);
	CU_ASSERT_EQUAL(n, 0);
	mkmatch_release(&k);
}

/* Each pair of recorders has its own. */
static void test_clock_pairs(void)
{
	struct talk t;
	const struct clock_pair *c;
	size_t n;

	mkmatch_init(&k);
	t = connection(0, 0, HOUR);
	talk_client(&t, 1, "10.0.0.9", 40000, "10.0.0.2", 80);
	run(&t, 3, 1);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	c = match_clocks(k.m, &n);
	CU_ASSERT_EQUAL_FATAL(n, 2);
	CU_ASSERT(c[0].calls == &k.calls[0] && c[1].calls == &k.calls[1] &&
		  c[0].packets == &k.packets[0]);
	CU_ASSERT(holds(&c[0], HOUR) && holds(&c[1], HOUR));
	CU_ASSERT_PTR_EQUAL(match_clock(k.m, &k.calls[1], &k.packets[0]), &c[1]);
	CU_ASSERT_PTR_NULL(match_clock(k.m, &k.calls[1], &k.packets[1]));
	CU_ASSERT_EQUAL(match_pair_of_flow(k.m, t.f)->clock[t.client], 1);
	mkmatch_release(&k);
}

/* ---- sent again
 * -----------------------------------------------------------------------------------------------------
 * */

/* A second copy long after the read says nothing; nor do calls before a hole in the packets. */
static void test_clock_sent_again(void)
{
	struct talk t;
	const struct clock_pair *c;
	struct knot again = { .kind = KNOT_AGAIN, .offset = 0, .len = 200 };

	mkmatch_init(&k);
	t = connection(0, 0, HOUR);
	talk_open(&t);
	talk_say(&t, 0, 200, 1);
	talk_say(&t, 1, 4000, 2);
	talk_wire(&t, 0, t.now + NSEC_PER_SEC, again);
	talk_say(&t, 0, 200, 3);
	talk_close(&t);
	CU_ASSERT_EQUAL_FATAL(mkmatch_run(&k, NULL), 0);
	c = only_clock();
	CU_ASSERT(holds(c, HOUR) && c->outliers == 0);
	mkmatch_release(&k);
}

/* ---- mapping
 * --------------------------------------------------------------------------------------------------------
 * */

static void test_clock_maps(void)
{
	struct clock_pair c = { .origin = CLOCK_ESTIMATED,
				.offset_ns = -HOUR,
				.drift_ppm = 100,
				.drift_known = true,
				.at_ns = MKMATCH_START };
	uint64_t later = MKMATCH_START + 1000 * NSEC_PER_SEC;

	CU_ASSERT_EQUAL(clock_to_packets(&c, MKMATCH_START), MKMATCH_START - (uint64_t)HOUR);
	CU_ASSERT_EQUAL(clock_to_packets(&c, later), later - (uint64_t)HOUR + 100000000);
	CU_ASSERT_EQUAL(clock_to_calls(&c, MKMATCH_START - (uint64_t)HOUR), MKMATCH_START);
	CU_ASSERT(llabs((int64_t)(clock_to_calls(&c, later - (uint64_t)HOUR + 100000000) -
				  later)) <= 1);
	CU_ASSERT(clock_to_packets(&c, 0) == 0 && clock_to_calls(&c, 0) == 0);
	CU_ASSERT_EQUAL(clock_to_packets(&c, 5), 1); /* before all time, and not unknown */
	CU_ASSERT_EQUAL(clock_to_calls(&c, UINT64_MAX) > UINT64_MAX / 2, true);
	c.origin = CLOCK_UNKNOWN;
	CU_ASSERT(clock_to_packets(&c, later) == 0 && clock_to_calls(&c, later) == 0);
}

/* Times that no clock shows must not break anything. */
static void test_clock_hostile_times(void)
{
	static const uint64_t times[] = { 0, 1, INT64_MAX, UINT64_MAX, UINT64_C(1) << 62 };

	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		struct clock_bounds b = { .unit_ns = 1, .slots = 4 };
		struct clock_pair c = { 0 };

		for (unsigned int n = 0; n < 10; n++) {
			struct bound x = { times[(i + n) % ARRAY_LEN(times)],
					   n % 2 != 0 ? INT64_MAX / 2 : -(INT64_MAX / 2) };

			b.low.at = match_grow(b.low.at, &b.low.cap, b.low.count + 1, sizeof(x));
			b.high.at = match_grow(b.high.at, &b.high.cap, b.high.count + 1, sizeof(x));
			CU_ASSERT_FATAL(b.low.at != NULL && b.high.at != NULL);
			b.low.at[b.low.count++] = x;
			x.value_ns = -x.value_ns;
			b.high.at[b.high.count++] = x;
		}
		CU_ASSERT_EQUAL(clock_fit(&b, &c), 0);
		CU_ASSERT(c.origin == CLOCK_UNKNOWN || c.low_ns <= c.high_ns);
		clock_bounds_release(&b);
	}
}

void suite_clock(CU_pSuite suite);
void suite_clock(CU_pSuite suite)
{
	CU_add_test(suite, "test_clock_shifted_by_hours", test_clock_shifted_by_hours);
	CU_add_test(suite, "test_clock_drifts", test_clock_drifts);
	CU_add_test(suite, "test_clock_does_not_drift", test_clock_does_not_drift);
	CU_add_test(suite, "test_clock_coarse", test_clock_coarse);
	CU_add_test(suite, "test_clock_exit_only", test_clock_exit_only);
	CU_add_test(suite, "test_clock_outliers", test_clock_outliers);
	CU_add_test(suite, "test_clock_write_missing", test_clock_write_missing);
	CU_add_test(suite, "test_clock_given", test_clock_given);
	CU_add_test(suite, "test_clock_same_file", test_clock_same_file);
	CU_add_test(suite, "test_clock_unknown", test_clock_unknown);
	CU_add_test(suite, "test_clock_pairs", test_clock_pairs);
	CU_add_test(suite, "test_clock_sent_again", test_clock_sent_again);
	CU_add_test(suite, "test_clock_maps", test_clock_maps);
	CU_add_test(suite, "test_clock_hostile_times", test_clock_hostile_times);
}
