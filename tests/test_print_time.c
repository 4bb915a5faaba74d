/*
 * test_print_time.c - --from, --to, --last: every way to write a time, and what it means for a capture. Expected
 * seconds are those of date(1): `date -u -d '2026-11-21 08:35:31' +%s` is 1795250131.
 */
#include "cli/print_time.h"

#include <CUnit/CUnit.h>
#include <time.h>

#include "readers/source.h"

#define S UINT64_C(1000000000)
#define START (UINT64_C(1795250131) * S + 500000000) /* 2026-11-21T08:35:31.5Z */
#define MIDNIGHT (UINT64_C(1795219200) * S) /* of that day */
#define DAY (UINT64_C(86400) * S)

static struct options o;
static struct err e;
static struct time_range range;

/* The range of a capture; the code of the call. */
static int find(const char *from, const char *to, int64_t last_ns, uint64_t first_ns, uint64_t end_ns)
{
	struct time_extent x = { first_ns, end_ns };

	err_init(&e);
	o.from = from;
	o.to = to;
	o.last_ns = last_ns;
	range = (struct time_range){ 1, 1 };
	return time_range_find(&o, &x, &range, &e);
}

static uint64_t from_of(const char *text)
{
	CU_ASSERT_EQUAL(find(text, NULL, 0, START, START + 60 * S), 0);
	CU_ASSERT_EQUAL(range.to_ns, UINT64_MAX);
	return range.from_ns;
}

static bool needs(const char *from, const char *to, int64_t last_ns)
{
	bool it = false;

	err_init(&e);
	o.from = from;
	o.to = to;
	o.last_ns = last_ns;
	CU_ASSERT_EQUAL(time_range_check(&o, &it, &e), 0);
	return it;
}

static int check(const char *from, const char *to, int64_t last_ns)
{
	bool it;

	err_init(&e);
	o.from = from;
	o.to = to;
	o.last_ns = last_ns;
	return time_range_check(&o, &it, &e);
}

static void test_print_time_absolute(void)
{
	CU_ASSERT_EQUAL(from_of("2026-11-21T08:35:31Z"), 1795250131 * S);
	CU_ASSERT_EQUAL(from_of("2026-11-21 08:35:31.25"), 1795250131 * S + S / 4);
	CU_ASSERT_EQUAL(from_of("2026-11-21t08:35:31.000000001Z"), 1795250131 * S + 1);
	CU_ASSERT_EQUAL(from_of("2026-11-21T08:35"), (1795250131 - 31) * S);
	CU_ASSERT_EQUAL(from_of("2026-11-21"), MIDNIGHT);
	CU_ASSERT_EQUAL(from_of("2026-11-21T10:35:31+02:00"), 1795250131 * S);
	CU_ASSERT_EQUAL(from_of("2026-11-21T03:05:31-0530"), 1795250131 * S);
	CU_ASSERT_EQUAL(from_of("1970-01-01"), 0);
	CU_ASSERT_EQUAL(from_of("2024-02-29T00:00:00Z"), UINT64_C(1709164800) * S);
	CU_ASSERT_EQUAL(from_of("1795250131"), 1795250131 * S);
	CU_ASSERT_EQUAL(from_of("1795250131.5"), START);
	CU_ASSERT_EQUAL(from_of("1795250131500000000"), START);
	CU_ASSERT_EQUAL(from_of("0"), 0);
}

static void test_print_time_local(void)
{
	setenv("TZ", "EST5EDT", 1);
	tzset();
	o.local_time = true;
	CU_ASSERT_EQUAL(from_of("2026-11-21T03:35:31"), 1795250131 * S);
	CU_ASSERT_EQUAL(from_of("2026-11-21T08:35:31Z"), 1795250131 * S);
	CU_ASSERT_EQUAL(from_of("03:35:40"), 1795250140 * S);
	o.local_time = false;
	CU_ASSERT_EQUAL(from_of("2026-11-21T08:35:31"), 1795250131 * S);
	CU_ASSERT_EQUAL(from_of("08:35:40"), 1795250140 * S);
	setenv("TZ", "UTC", 1);
	tzset();
}

static void test_print_time_of_the_capture(void)
{
	CU_ASSERT_EQUAL(from_of("08:35:40"), 1795250140 * S);
	CU_ASSERT_EQUAL(from_of("8:35"), (1795250131 - 31) * S);
	CU_ASSERT_EQUAL(from_of("+10s"), START + 10 * S);
	CU_ASSERT_EQUAL(from_of("+1m0.5s"), START + 60 * S + S / 2);
	CU_ASSERT_EQUAL(from_of("+2"), START + 2 * S);
	CU_ASSERT_EQUAL(from_of("-10s"), START + 50 * S);
	CU_ASSERT_EQUAL(from_of("-9999h"), START + 60 * S - 9999 * 3600 * S);
	CU_ASSERT_EQUAL(find("+1s", "-1s", 0, START, START + 60 * S), 0);
	CU_ASSERT_EQUAL(range.from_ns, START + S);
	CU_ASSERT_EQUAL(range.to_ns, START + 59 * S);
}

/* From 23:50 to 00:20 of the next day. */
static void test_print_time_over_midnight(void)
{
	uint64_t first = MIDNIGHT + DAY - 600 * S;
	uint64_t last = MIDNIGHT + DAY + 1200 * S;

	CU_ASSERT_EQUAL(find("00:10", NULL, 0, first, last), 0);
	CU_ASSERT_EQUAL(range.from_ns, MIDNIGHT + DAY + 600 * S);
	CU_ASSERT_EQUAL(find("23:55", "00:05", 0, first, last), 0);
	CU_ASSERT_EQUAL(range.from_ns, MIDNIGHT + DAY - 300 * S);
	CU_ASSERT_EQUAL(range.to_ns, MIDNIGHT + DAY + 300 * S);
	/* a time before the first one means all of it, an end behind the last one too */
	CU_ASSERT_EQUAL(find("23:00", "00:30", 0, first, last), 0);
	CU_ASSERT_EQUAL(range.from_ns, MIDNIGHT + DAY - 3600 * S);
	CU_ASSERT_EQUAL(range.to_ns, MIDNIGHT + DAY + 1800 * S);
}

static void test_print_time_last(void)
{
	CU_ASSERT_EQUAL(find(NULL, NULL, (int64_t)(5 * S), START, START + 60 * S), 0);
	CU_ASSERT_EQUAL(range.from_ns, START + 55 * S);
	CU_ASSERT_EQUAL(range.to_ns, UINT64_MAX);
	CU_ASSERT_EQUAL(find(NULL, "+30s", (int64_t)(5 * S), START, START + 60 * S), 0);
	CU_ASSERT_EQUAL(range.from_ns, START + 25 * S);
	CU_ASSERT_EQUAL(range.to_ns, START + 30 * S);
	/* longer than the capture, and than time itself */
	CU_ASSERT_EQUAL(find(NULL, NULL, (int64_t)(5 * S), S, 2 * S), 0);
	CU_ASSERT_EQUAL(range.from_ns, 0);
}

static void test_print_time_needs_the_capture(void)
{
	CU_ASSERT_FALSE(needs(NULL, NULL, 0));
	CU_ASSERT_FALSE(needs("2026-11-21", "1795250131", 0));
	CU_ASSERT_FALSE(needs(NULL, "2026-11-21", 5));
	CU_ASSERT_TRUE(needs("08:35", NULL, 0));
	CU_ASSERT_TRUE(needs(NULL, "+1s", 0));
	CU_ASSERT_TRUE(needs(NULL, NULL, 5));
}

static void test_print_time_refuses(void)
{
	static const char *const bad[] = { "",	     "x",	  "24:00",	 "8:5",	      "08:60",	     "08:35:61",   "08:35:31.",
					   "2026-13-01", "2026-02-30", "2025-02-29", "2026-11-21T", "2026-11-21T08:35Q", "26-11-21",
					   "2026-11-21T08:35:31+2",  "1.2.3",	 "12x",	      "99999999999", "+",	   "+x",
					   "--1s",	 "1795250131 ", "2026-11-21T08:35:31+99:00", "18446744073709551616" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CU_ASSERT_EQUAL(check(bad[i], NULL, 0), ERR_USAGE);
		CU_ASSERT_EQUAL(check(NULL, bad[i], 0), ERR_USAGE);
	}
	CU_ASSERT_EQUAL(check("+1s", NULL, 5), ERR_USAGE);
	CU_ASSERT_EQUAL(find("+10s", "+10s", 0, START, START + 60 * S), ERR_USAGE);
	CU_ASSERT_EQUAL(range.from_ns, 1);
	CU_ASSERT_EQUAL(find("+10s", "+9s", 0, START, START + 60 * S), ERR_USAGE);
}

static void test_print_time_extent(void)
{
	struct source *a = source_new(0, "a");
	struct source *b = source_new(1, "b");
	struct source *sources[2] = { a, b };
	struct time_extent x;

	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	x = time_extent(sources, 2);
	CU_ASSERT_EQUAL(x.first_ns, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(source_add_section(a, 0)); /* without times */
	CU_ASSERT_PTR_NOT_NULL_FATAL(source_add_section(a, 9));
	CU_ASSERT_PTR_NOT_NULL_FATAL(source_add_section(b, 0));
	a->sections[1]->first_ns = 50;
	a->sections[1]->last_ns = 60;
	b->sections[0]->first_ns = 40;
	b->sections[0]->last_ns = 45;
	x = time_extent(sources, 2);
	CU_ASSERT_EQUAL(x.first_ns, 40);
	CU_ASSERT_EQUAL(x.last_ns, 60);
	source_free(a);
	source_free(b);
}

void suite_print_time(CU_pSuite suite);
void suite_print_time(CU_pSuite suite)
{
	CU_add_test(suite, "test_print_time_absolute", test_print_time_absolute);
	CU_add_test(suite, "test_print_time_local", test_print_time_local);
	CU_add_test(suite, "test_print_time_of_the_capture", test_print_time_of_the_capture);
	CU_add_test(suite, "test_print_time_over_midnight", test_print_time_over_midnight);
	CU_add_test(suite, "test_print_time_last", test_print_time_last);
	CU_add_test(suite, "test_print_time_needs_the_capture", test_print_time_needs_the_capture);
	CU_add_test(suite, "test_print_time_refuses", test_print_time_refuses);
	CU_add_test(suite, "test_print_time_extent", test_print_time_extent);
}
