/*
 * test_plot.c - what the scripts of plots say about time: the interval that counts are of.
 */
#include "base/base.h"

#include <CUnit/CUnit.h>

#include "report/plot.h"

#define T (UINT64_C(1795250131) * NSEC_PER_SEC) /* 2026-11-21 08:35:31 */

static const struct column columns[] = {
	{ "time", COL_TIME, "", "" },
	{ "interval", COL_DURATION, "ns", "" },
	{ "n", COL_U64, "", "" },
};
static const struct table_def io_def = { "io", "IO", "", columns, ARRAY_LEN(columns) };
static const struct plot_series one_series[] = { { "n", "n" } };
static const struct plot_def one_plot = { "n", "N", "events", "io", one_series, 1, false };

static void add_row(struct table *t, uint64_t time, uint64_t interval, uint64_t n)
{
	table_time(t, time);
	table_duration(t, interval);
	table_u64(t, n);
}

static void check_y_label(uint64_t interval, const char *want)
{
	struct table *t = table_new(&io_def);
	struct report r;
	struct buf b;

	report_init(&r);
	buf_init(&b, 1 << 20);
	report_add(&r, t);
	add_row(t, T, interval, 3);
	CU_ASSERT_EQUAL(plot_script(&r, &one_plot, &b), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_str(&b), want));
	buf_release(&b);
	report_release(&r);
}

static void test_plot_tells_the_interval(void)
{
	check_y_label(1000000, "\"events per 1 ms\"");
	check_y_label(50000000, "\"events per 50 ms\"");
	check_y_label(30 * NSEC_PER_SEC, "\"events per 30 s\"");
	check_y_label(300 * NSEC_PER_SEC, "\"events per 5 min\"");
	check_y_label(21600 * NSEC_PER_SEC, "\"events per 6 h\"");
	check_y_label(864000 * NSEC_PER_SEC, "\"events per 10 d\"");
	check_y_label(1500000001, "\"events per 1500000001 ns\"");
	check_y_label(0, "\"events\"");
}

void suite_plot(CU_pSuite suite);
void suite_plot(CU_pSuite suite)
{
	CU_add_test(suite, "test_plot_tells_the_interval", test_plot_tells_the_interval);
}
