/*
 * test_page_scope.c - the head of the page: title, when and where it was recorded, filter, clocks that are apart.
 */
#include "base/base.h"

#include <CUnit/CUnit.h>

#include "report/render.h"

#define S NSEC_PER_SEC
#define T (UINT64_C(1795250131) * S) /* 2026-11-21 08:35:31 */

static const struct column source_columns[] = {
	{ "source", COL_TEXT, "", "" },
	{ "host", COL_TEXT, "", "" },
	{ "first", COL_TIME, "", "" },
	{ "last", COL_TIME, "", "" },
};
static const struct table_def sources_def = { "sources", "Sources", "", source_columns, ARRAY_LEN(source_columns) };

static const struct column clock_columns[] = {
	{ "calls_source", COL_TEXT, "", "" },
	{ "packets_source", COL_TEXT, "", "" },
	{ "offset", COL_S64, "ns", "" },
};
static const struct table_def clock_def = { "clock", "Clocks", "", clock_columns, ARRAY_LEN(clock_columns) };

static void add_source(struct table *t, const char *name, const char *host, uint64_t first, uint64_t last)
{
	table_text(t, name);
	table_text(t, host);
	table_time(t, first);
	table_time(t, last);
}

static struct table *add_table(struct report *r, const struct table_def *def)
{
	struct table *t = table_new(def);

	report_add(r, t);
	return t;
}

static const char *page_of(const struct report *r, struct buf *b)
{
	buf_reset(b);
	render_html(r, NULL, NULL, b);
	return buf_str(b);
}

static bool page_has(const struct report *r, const char *text)
{
	struct buf b;
	bool has;

	buf_init(&b, 4 << 20);
	has = strstr(page_of(r, &b), text) != NULL;
	buf_release(&b);
	return has;
}

static void test_page_scope_title(void)
{
	struct report r;
	struct table *t;

	report_init(&r);
	CU_ASSERT_TRUE(page_has(&r, "<title>thresher report</title>"));
	CU_ASSERT_FALSE(page_has(&r, "class=\"recorded\""));
	t = add_table(&r, &sources_def);
	add_source(t, "</title><script>.scap", NULL, 0, 0);
	CU_ASSERT_TRUE(page_has(&r, "<title>&lt;/title&gt;&lt;script&gt;.scap – thresher report</title>"));
	CU_ASSERT_FALSE(page_has(&r, "class=\"recorded\""));
	/* Another section of it, and others. */
	add_source(t, "</title><script>.scap", NULL, 0, 0);
	add_source(t, "b", NULL, 0, 0);
	add_source(t, "c", NULL, 0, 0);
	add_source(t, "c", NULL, 0, 0);
	CU_ASSERT_TRUE(page_has(&r, ".scap and 2 more – thresher report</title>"));
	report_release(&r);
}

static void test_page_scope_recorded(void)
{
	struct report r;
	struct table *t;

	report_init(&r);
	t = add_table(&r, &sources_def);
	add_source(t, "a", NULL, T + 5 * S, T + 14 * S + 404000000);
	add_source(t, "b", "<reef>", T - 1 * S + 276782000, T + 2 * S);
	CU_ASSERT_TRUE(page_has(&r, "Recorded 2026-11-21 08:35:30.276 to 08:35:45.404 UTC on <b>&lt;reef&gt;</b></p>"));
	add_source(t, "c", "<reef>", T + 86400 * S, T + 86400 * S);
	add_source(t, "d", "two", 0, 0);
	CU_ASSERT_TRUE(
		page_has(&r, "08:35:30.276 to 2026-11-22 08:35:31.000 UTC on <b>&lt;reef&gt;</b>, <b>two</b></p>"));
	add_source(t, "e", "three", 0, 0);
	add_source(t, "f", "four", 0, 0);
	CU_ASSERT_TRUE(page_has(&r, "<b>four</b></p>"));
	add_source(t, "g", "five", 0, 0);
	add_source(t, "h", "six", 0, 0);
	CU_ASSERT_TRUE(page_has(&r, "<b>four</b> and others</p>"));
	report_release(&r);
}

static void test_page_scope_filter(void)
{
	struct report r;

	report_init(&r);
	(void)add_table(&r, &sources_def);
	CU_ASSERT_FALSE(page_has(&r, "Filtered."));
	CU_ASSERT_TRUE(page_has(&r, "Nothing of the kind was seen."));
	r.filter = "proc.name = \"<b>\"";
	CU_ASSERT_TRUE(page_has(&r, "shows only what passes <code>proc.name = &quot;&lt;b&gt;&quot;</code>.</p>"));
	CU_ASSERT_TRUE(page_has(&r, "Nothing of the kind passed the filter."));
	r.packet_filter = "tcp & 1";
	CU_ASSERT_TRUE(page_has(&r, "</code>, and of packets only those that pass <code>tcp &amp; 1</code>.</p>"));
	r.filter = "";
	CU_ASSERT_TRUE(page_has(&r, "shows only packets that pass <code>tcp &amp; 1</code>, and all events.</p>"));
	report_release(&r);
}

static void add_clock(struct table *t, const char *calls, const char *packets, int64_t offset)
{
	table_text(t, calls);
	table_text(t, packets);
	table_s64(t, offset);
}

static void test_page_scope_clocks(void)
{
	struct report r;
	struct table *t;

	report_init(&r);
	t = add_table(&r, &clock_def);
	add_clock(t, "near.scap", "near.pcap", 999999);
	add_clock(t, "near.scap", "near.pcap", -999999);
	table_text(t, "a");
	table_text(t, "b");
	table_unknown(t);
	CU_ASSERT_FALSE(page_has(&r, "Two clocks."));
	add_clock(t, "calls.scap", "<i>.pcap", INT64_C(12040712558929));
	CU_ASSERT_TRUE(
		page_has(&r, "The packets of &lt;i&gt;.pcap are stamped <b>3 h 20 m later</b> than the system calls of "
			     "calls.scap that"));
	add_clock(t, "calls.scap", "early.pcap", -INT64_C(2500000000));
	CU_ASSERT_TRUE(page_has(&r, "early.pcap are stamped <b>2.50 s earlier</b>"));
	report_release(&r);
}

void suite_page_scope(CU_pSuite suite);
void suite_page_scope(CU_pSuite suite)
{
	CU_add_test(suite, "test_page_scope_title", test_page_scope_title);
	CU_add_test(suite, "test_page_scope_recorded", test_page_scope_recorded);
	CU_add_test(suite, "test_page_scope_filter", test_page_scope_filter);
	CU_add_test(suite, "test_page_scope_clocks", test_page_scope_clocks);
}
