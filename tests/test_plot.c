/*
 * test_plot.c - what the scripts of plots say about time: the interval that counts are of, and pauses that are left
 * out.
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

#define S NSEC_PER_SEC
#define H (3600 * NSEC_PER_SEC)

/* Ten seconds, a pause of eight hours, four seconds. */
static void add_two_captures(struct report *r, const struct table_def *def)
{
	struct table *t = table_new(def);

	for (unsigned int i = 0; i < 10; i++) {
		add_row(t, T + i * S, S, 1 + i % 2);
	}
	for (unsigned int i = 0; i < 4; i++) {
		add_row(t, T + 10 * S + 8 * H + i * S, S, 3);
	}
	report_add(r, t);
}

static void test_plot_axis_leaves_pauses_out(void)
{
	struct plot_axis a;
	struct report r;

	report_init(&r);
	add_two_captures(&r, &io_def);
	CU_ASSERT_TRUE(plot_axis(&r, &one_plot, &a));
	CU_ASSERT_EQUAL_FATAL(a.count, 2);
	CU_ASSERT_EQUAL(a.span[0].from_ns, T);
	CU_ASSERT_EQUAL(a.span[0].to_ns, T + 10 * S);
	CU_ASSERT_EQUAL(a.span[1].from_ns, T + 10 * S + 8 * H);
	CU_ASSERT_EQUAL(a.span[1].to_ns, T + 14 * S + 8 * H);
	CU_ASSERT_EQUAL(plot_axis_length(&a), 14 * S);
	/* 14 s are 97 of 100 parts, rounded down. */
	CU_ASSERT_EQUAL(plot_axis_break(&a), 14 * S / 97 * 3);
	CU_ASSERT_EQUAL(plot_axis_at(&a, T), 0);
	CU_ASSERT_EQUAL(plot_axis_at(&a, T - 1), 0);
	CU_ASSERT_EQUAL(plot_axis_at(&a, T + 4 * S), 4 * S);
	CU_ASSERT_EQUAL(plot_axis_at(&a, T + 1 * H), 10 * S);
	CU_ASSERT_EQUAL(plot_axis_at(&a, T + 11 * S + 8 * H), 11 * S + plot_axis_break(&a));
	CU_ASSERT_EQUAL(plot_axis_at(&a, T + 9 * H), 14 * S + plot_axis_break(&a));
	report_release(&r);
}

static void test_plot_draws_pauses(void)
{
	struct report r;
	struct buf b;
	const char *rows;

	report_init(&r);
	buf_init(&b, 1 << 20);
	add_two_captures(&r, &io_def);
	CU_ASSERT_EQUAL(plot_script(&r, &one_plot, &b), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_str(&b), "\"8 h 00 m\" at first"));
	/* The second capture's first tick says when it was, though no whole step is there. */
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_str(&b), "\"16:35:41\" 10."));
	/* The first curve ends with its last row, the second begins behind the bar. */
	rows = strstr(buf_str(&b), "END_OF_ROWS\n");
	CU_ASSERT_PTR_NOT_NULL_FATAL(rows);
	CU_ASSERT_PTR_NOT_NULL(strstr(rows, "\n10.000000000 2\n\n10.432989688 3\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(rows, "\n14.432989688 3\nEND_OF_ROWS"));
	buf_release(&b);
	report_release(&r);
}

/* Plots of two tables about the same captures share the axis and its pauses; nearby spans become one. */
static void test_plot_axes_with_pauses_agree(void)
{
	static const struct table_def other_def = { "other", "", "", columns, ARRAY_LEN(columns) };
	static const struct plot_def two[] = {
		{ "a", "A", "events", "io", one_series, 1, false },
		{ "b", "B", "packets", "other", one_series, 1, false },
	};
	struct table *t = table_new(&other_def);
	struct plot_axis a, b;
	struct report r;

	report_init(&r);
	r.plots = two;
	r.plot_count = 2;
	add_two_captures(&r, &io_def);
	add_row(t, T - 1 * S, S, 1);
	add_row(t, T + 12 * S, S, 1);
	add_row(t, T + 12 * S + 8 * H, 3 * S, 1);
	report_add(&r, t);
	CU_ASSERT_TRUE(plot_axis(&r, &two[0], &a));
	CU_ASSERT_EQUAL_FATAL(a.count, 2);
	CU_ASSERT_EQUAL(a.span[0].from_ns, T - 1 * S);
	CU_ASSERT_EQUAL(a.span[0].to_ns, T + 13 * S);
	CU_ASSERT_EQUAL(a.span[1].from_ns, T + 10 * S + 8 * H);
	CU_ASSERT_EQUAL(a.span[1].to_ns, T + 15 * S + 8 * H);
	/* The other's rows are 5 s of these 19: it would be squeezed. */
	CU_ASSERT_TRUE(plot_axis(&r, &two[1], &b));
	CU_ASSERT_EQUAL(plot_axis_length(&b), 5 * S);
	report_release(&r);
}

/* More captures than an axis has spans: the last ones are drawn as they lie. */
static void test_plot_axis_of_many_captures(void)
{
	struct table *t = table_new(&io_def);
	struct plot_axis a;
	struct report r;

	report_init(&r);
	report_add(&r, t);
	for (unsigned int i = 0; i < 100; i++) {
		add_row(t, T + i * H, S, 1);
	}
	CU_ASSERT_TRUE(plot_axis(&r, &one_plot, &a));
	CU_ASSERT_EQUAL(a.count, PLOT_SPANS_MAX);
	CU_ASSERT_EQUAL(a.span[PLOT_SPANS_MAX - 1].to_ns, T + 99 * H + S);
	report_release(&r);
}

void suite_plot(CU_pSuite suite);
void suite_plot(CU_pSuite suite)
{
	CU_add_test(suite, "test_plot_tells_the_interval", test_plot_tells_the_interval);
	CU_add_test(suite, "test_plot_axis_leaves_pauses_out", test_plot_axis_leaves_pauses_out);
	CU_add_test(suite, "test_plot_draws_pauses", test_plot_draws_pauses);
	CU_add_test(suite, "test_plot_axes_with_pauses_agree", test_plot_axes_with_pauses_agree);
	CU_add_test(suite, "test_plot_axis_of_many_captures", test_plot_axis_of_many_captures);
}
