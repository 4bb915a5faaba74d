/*
 * test_hist.c - the histogram: percentiles beside those of the sorted values, and merging in any order.
 */
#include "base/base.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>

#include "stats/hist.h"

#define VALUES 20000

static uint64_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

enum shape { SMALL, UNIFORM, LATENCY, HUGE, SAME, TWO, SHAPES };

/* One value of a distribution; LATENCY spreads over all powers of two as latencies do. */
static uint64_t draw(enum shape shape, uint64_t *x)
{
	uint64_t r = next_random(x);

	switch (shape) {
	case SMALL: return r % 20;
	case UNIFORM: return r % 1000000;
	case LATENCY: return (r >> 20) >> (r % 44);
	case HUGE: return r;
	case SAME: return 123456789;
	default: return r % 100 == 0 ? 1000000000 : 250;
	}
}

static int by_value(const void *pa, const void *pb)
{
	const uint64_t *a = pa;
	const uint64_t *b = pb;

	return *a < *b ? -1 : *a > *b;
}

/* Nearest rank: the smallest value with at least p of all at or below it. */
static uint64_t exact(const uint64_t *sorted, size_t n, unsigned int permille)
{
	size_t rank = (n * permille + 999) / 1000;

	return sorted[rank == 0 ? 0 : rank - 1];
}

static void check_percentiles(const struct hist *h, const uint64_t *sorted, size_t n)
{
	static const unsigned int permilles[] = { 0, 1, 10, 250, 500, 750, 900, 950, 990, 999, 1000 };

	for (size_t i = 0; i < ARRAY_LEN(permilles); i++) {
		uint64_t want = exact(sorted, n, permilles[i]);
		uint64_t have = hist_percentile(h, permilles[i] / 1000.0);
		uint64_t off = have > want ? have - want : want - have;

		/* 1/32 is 3.1 %; what has few digits is exact. */
		CU_ASSERT_TRUE(off <= want / 32);
		if (want < 16) {
			CU_ASSERT_EQUAL(have, want);
		}
	}
}

static void test_hist_percentiles_beside_sorted_values(void)
{
	uint64_t *values = malloc(VALUES * sizeof(*values));
	uint64_t x = 88172645463325252u;

	for (enum shape shape = SMALL; shape < SHAPES; shape++) {
		for (size_t n = 1; n <= VALUES; n = n * 3 + 1) {
			struct hist *h = calloc(1, sizeof(*h));
			unsigned __int128 sum = 0;

			for (size_t i = 0; i < n; i++) {
				values[i] = draw(shape, &x);
				sum += values[i];
				hist_add(h, values[i]);
			}
			qsort(values, n, sizeof(*values), by_value);
			CU_ASSERT_EQUAL(h->count, n);
			CU_ASSERT_EQUAL(h->min, values[0]);
			CU_ASSERT_EQUAL(h->max, values[n - 1]);
			CU_ASSERT_EQUAL(h->sum, sum > UINT64_MAX ? UINT64_MAX : (uint64_t)sum);
			check_percentiles(h, values, n);
			free(h);
		}
	}
	free(values);
}

static void test_hist_empty(void)
{
	struct hist *h = calloc(1, sizeof(*h));
	struct hist *other = calloc(1, sizeof(*other));

	CU_ASSERT_EQUAL(hist_percentile(h, 0.5), 0);
	hist_merge(h, other);
	CU_ASSERT_EQUAL(h->count, 0);
	hist_add(h, 0);
	CU_ASSERT_EQUAL(hist_percentile(h, 0), 0);
	CU_ASSERT_EQUAL(hist_percentile(h, 1), 0);
	hist_merge(other, h);
	CU_ASSERT_EQUAL(other->count, 1);
	CU_ASSERT_EQUAL(other->min, 0);
	CU_ASSERT_EQUAL(other->max, 0);
	free(h);
	free(other);
}

/* Buckets are in order, have no gaps, and the last one holds the largest number. */
static void test_hist_buckets(void)
{
	unsigned int last = hist_bucket(0);

	CU_ASSERT_EQUAL(last, 0);
	for (uint64_t v = 1; v < 100000; v++) {
		unsigned int b = hist_bucket(v);

		CU_ASSERT_TRUE(b == last || b == last + 1);
		last = b;
	}
	CU_ASSERT_EQUAL(hist_bucket(UINT64_MAX), HIST_BUCKETS - 1);
	for (unsigned int bit = 5; bit < 64; bit++) {
		CU_ASSERT_EQUAL(hist_bucket(UINT64_C(1) << bit), hist_bucket((UINT64_C(1) << bit) - 1) + 1);
	}
}

/* Parts merged in any grouping and order are the whole. */
static void test_hist_merges_in_any_order(void)
{
	struct hist *whole = calloc(1, sizeof(*whole));
	struct hist *parts = calloc(8, sizeof(*parts));
	struct hist *copy = calloc(8, sizeof(*copy));
	uint64_t x = 12345;

	for (size_t i = 0; i < VALUES; i++) {
		uint64_t v = draw(i % 100 == 0 ? HUGE : LATENCY, &x);

		hist_add(whole, v);
		hist_add(&parts[next_random(&x) % 7], v);	/* the eighth stays empty */
	}
	for (int round = 0; round < 50; round++) {
		size_t n = 8;

		memcpy(copy, parts, 8 * sizeof(*copy));
		while (n > 1) {
			size_t a = next_random(&x) % n;
			size_t b = next_random(&x) % n;

			if (a == b) {
				continue;
			}
			hist_merge(&copy[a], &copy[b]);
			copy[b] = copy[--n];
		}
		CU_ASSERT_EQUAL(memcmp(copy, whole, sizeof(*whole)), 0);
	}
	free(whole);
	free(parts);
	free(copy);
}

static void test_hist_sum_saturates(void)
{
	struct hist *a = calloc(1, sizeof(*a));
	struct hist *b = calloc(1, sizeof(*b));

	hist_add(a, UINT64_MAX);
	hist_add(a, 1);
	CU_ASSERT_EQUAL(a->sum, UINT64_MAX);
	hist_add(b, 2);
	hist_merge(b, a);
	CU_ASSERT_EQUAL(b->sum, UINT64_MAX);
	CU_ASSERT_EQUAL(b->min, 1);
	CU_ASSERT_EQUAL(b->max, UINT64_MAX);
	free(a);
	free(b);
}

void suite_hist(CU_pSuite suite);
void suite_hist(CU_pSuite suite)
{
	CU_add_test(suite, "test_hist_percentiles_beside_sorted_values",
		    test_hist_percentiles_beside_sorted_values);
	CU_add_test(suite, "test_hist_empty", test_hist_empty);
	CU_add_test(suite, "test_hist_buckets", test_hist_buckets);
	CU_add_test(suite, "test_hist_merges_in_any_order", test_hist_merges_in_any_order);
	CU_add_test(suite, "test_hist_sum_saturates", test_hist_sum_saturates);
}
