/*
 * test_report.c - result tables and their renderings as JSON, CSV and page. JSON is read back with
 * a library; what the others must hold is written out by hand.
 */
#include "report/render.h"

#include <CUnit/CUnit.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/limits.h"
#include "report/value.h"

void suite_report(CU_pSuite suite);

#define T UINT64_C(1795248131248341011)

static const struct column every_columns[] = {
	{ "text", COL_TEXT, "", "some text" },        { "count", COL_U64, "", "a count" },
	{ "signed", COL_S64, "", "a signed number" }, { "share", COL_F64, "%", "a float" },
	{ "time", COL_TIME, "", "a time" },           { "took", COL_DURATION, "ns", "a duration" },
	{ "size", COL_BYTES, "bytes", "a size" },     { "flag", COL_BOOL, "", "yes \"or\" no" },
};

static const struct table_def every_def = {
	"every",       "Every <type>",           "One column of each type.",
	every_columns, ARRAY_LEN(every_columns),
};

/* What a hostile process may be called. */
static const char hostile[] = "</script><script>alert(1)</script>\"'&\xe2\x80\xae\xff\x1b[2J\0<!--";
#define HOSTILE_LEN (sizeof(hostile) - 1)

static void add_row(struct table *t, const void *text, size_t n)
{
	table_textn(t, text, n);
	table_u64(t, (UINT64_C(1) << 53) + 1);
	table_s64(t, INT64_MIN);
	table_f64(t, 1.0 / 3);
	table_time(t, T);
	table_duration_bound(t, 1500);
	table_bytes(t, 1536);
	table_bool(t, true);
}

static void add_unknown_row(struct table *t)
{
	table_text(t, NULL);
	table_unknown(t);
	table_unknown(t);
	table_f64(t, NAN);
	table_time(t, 0);
	table_unknown(t);
	table_unknown(t);
	table_unknown(t);
}

static struct table *every_table(void)
{
	struct table *t = table_new(&every_def);

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	add_row(t, hostile, HOSTILE_LEN);
	add_unknown_row(t);
	add_row(t, "", 0);
	return t;
}

static void make_report(struct report *r)
{
	report_init(r);
	r->version = "thresher 0.1";
	CU_ASSERT_EQUAL_FATAL(report_add(r, every_table()), 0);
}

/* Is text somewhere in b? Text may hold NULs. */
static bool holds(const struct buf *b, const void *text, size_t n)
{
	return memmem(b->data, b->len, text, n) != NULL;
}

#define HOLDS(b, text) holds(b, text, sizeof(text) - 1)

static void test_report_tables_keep_rows(void)
{
	struct table *t = every_table();
	struct cell c = table_cell(t, 0, 0);

	CU_ASSERT_EQUAL(t->row_count, 3);
	CU_ASSERT_FALSE(t->failed);
	CU_ASSERT_EQUAL(c.len, HOSTILE_LEN);
	CU_ASSERT_EQUAL(memcmp(c.v.text, hostile, HOSTILE_LEN), 0);
	CU_ASSERT_EQUAL(table_cell(t, 0, 2).v.s, INT64_MIN);
	CU_ASSERT_EQUAL(table_cell(t, 0, 5).marks, CELL_BOUND);
	for (unsigned int i = 0; i < ARRAY_LEN(every_columns); i++) {
		CU_ASSERT_EQUAL(table_cell(t, 1, i).marks, CELL_UNKNOWN);
		CU_ASSERT_EQUAL(table_cell(t, 1, i).type, every_columns[i].type);
	}
	CU_ASSERT_EQUAL(table_column(t, "flag"), 7);
	CU_ASSERT_EQUAL(table_column(t, "fla"), -1);
	table_free(t);
}

static void test_report_tables_grow(void)
{
	struct table *t = table_new(&every_def);
	char text[16];

	for (unsigned int i = 0; i < 5000; i++) {
		int n = snprintf(text, sizeof(text), "row %u", i);

		add_row(t, text, (size_t)n);
	}
	CU_ASSERT_EQUAL(t->row_count, 5000);
	CU_ASSERT_EQUAL(memcmp(table_cell(t, 4321, 0).v.text, "row 4321", 8), 0);
	table_free(t);
}

static void test_report_adds_and_finds_tables(void)
{
	struct report r;
	struct table *broken = table_new(&every_def);

	make_report(&r);
	CU_ASSERT_PTR_EQUAL(report_table(&r, "every"), r.tables[0]);
	CU_ASSERT_PTR_NULL(report_table(&r, "ever"));
	CU_ASSERT_EQUAL(report_add(&r, NULL), ERR_NOMEM);
	broken->failed = true;
	table_text(broken, "does nothing");
	CU_ASSERT_EQUAL(broken->row_count, 0);
	CU_ASSERT_EQUAL(report_add(&r, broken), ERR_NOMEM);
	CU_ASSERT_EQUAL(r.table_count, 1);
	report_release(&r);
	report_release(&r);
}

static void check_text(void (*fn)(struct buf *b, uint64_t x), uint64_t x, const char *want)
{
	struct buf b;

	buf_init(&b, 100);
	fn(&b, x);
	CU_ASSERT_STRING_EQUAL(buf_str(&b), want);
	buf_release(&b);
}

static void test_report_values_as_text(void)
{
	check_text(value_time, 0, "1970-01-01T00:00:00.000000000Z");
	check_text(value_time, T, "2026-11-21T08:02:11.248341011Z");
	check_text(value_time, UINT64_C(951782399) * NSEC_PER_SEC,
		   "2000-02-28T23:59:59.000000000Z");
	check_text(value_time, UINT64_C(951868799) * NSEC_PER_SEC + 7,
		   "2000-02-29T23:59:59.000000007Z");
	check_text(value_time, UINT64_C(4107542400) * NSEC_PER_SEC,
		   "2100-03-01T00:00:00.000000000Z");
	check_text(value_time, UINT64_MAX, "2554-07-21T23:34:33.709551615Z");
	check_text(value_grouped, 999, "999");
	check_text(value_grouped, 1000, "1,000");
	check_text(value_grouped, 12000345, "12,000,345");
	check_text(value_duration_short, 999, "999 ns");
	check_text(value_duration_short, 1234, "1.23 µs");
	check_text(value_duration_short, 999999, "999 µs");
	check_text(value_duration_short, 12345678, "12.3 ms");
	check_text(value_duration_short, 59999999999, "59.9 s");
	check_text(value_duration_short, 125 * NSEC_PER_SEC, "2 m 05 s");
	check_text(value_duration_short, 7500 * NSEC_PER_SEC, "2 h 05 m");
	check_text(value_duration_short, 100 * 3600 * NSEC_PER_SEC, "4 d 04 h");
	check_text(value_bytes_short, 1023, "1023 B");
	check_text(value_bytes_short, 1536, "1.50 KiB");
	check_text(value_bytes_short, UINT64_C(1) << 30, "1.00 GiB");
	check_text(value_bytes_short, UINT64_MAX, "15.9 EiB");
}

static json_t *json_of(const struct report *r)
{
	struct buf b;
	json_error_t error;
	json_t *json;

	buf_init(&b, 1 << 24);
	render_json(r, &b);
	CU_ASSERT_FALSE_FATAL(b.failed);
	json = json_loadb(b.data, b.len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
	if (json == NULL) {
		printf("\n  %s at %d:%d", error.text, error.line, error.column);
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(json);
	buf_release(&b);
	return json;
}

/* Takes escape_json's characters for bytes back. */
static void undo_private(struct buf *b, const char *s, size_t n)
{
	const uint8_t *p = (const uint8_t *)s;

	while (n > 0) {
		if (n >= 3 && p[0] == 0xee && (p[1] & 0xfe) == 0xbe) {
			buf_addc(b, (char)((p[1] & 3) << 6 | (p[2] & 0x3f)));
			p += 3;
			n -= 3;
		} else {
			buf_addc(b, (char)*p++);
			n--;
		}
	}
}

static void test_report_json_reads_back(void)
{
	struct report r;
	json_t *json, *table, *row;
	struct buf text;

	make_report(&r);
	r.tables[0]->rows_dropped = 3;
	snprintf(r.summary, sizeof(r.summary), "a \"summary\"");
	json = json_of(&r);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json, "schema")),
			       "thresher-report/1");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json, "summary")),
			       "a \"summary\"");
	CU_ASSERT_TRUE(json_is_false(json_object_get(json, "stopped")));
	CU_ASSERT_TRUE(
		json_is_null(json_object_get(json_object_get(json, "provenance"), "created")));
	table = json_object_get(json_object_get(json, "tables"), "every");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(table, "title")), "Every <type>");
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(table, "rows_dropped")), 3);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(table, "rows")), 3);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(table, "columns")),
			ARRAY_LEN(every_columns));
	row = json_array_get(json_object_get(table, "columns"), 5);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(row, "type")), "duration");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(row, "unit")), "ns");

	row = json_array_get(json_object_get(table, "rows"), 0);
	buf_init(&text, 1000);
	undo_private(&text, json_string_value(json_array_get(row, 0)),
		     json_string_length(json_array_get(row, 0)));
	CU_ASSERT_EQUAL(text.len, HOSTILE_LEN);
	CU_ASSERT_EQUAL(memcmp(text.data, hostile, HOSTILE_LEN), 0);
	CU_ASSERT_EQUAL(json_integer_value(json_array_get(row, 1)), (INT64_C(1) << 53) + 1);
	CU_ASSERT_EQUAL(json_integer_value(json_array_get(row, 2)), INT64_MIN);
	CU_ASSERT_DOUBLE_EQUAL(json_real_value(json_array_get(row, 3)), 0.333333, 1e-12);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(row, 4)),
			       "2026-11-21T08:02:11.248341011Z");
	CU_ASSERT_EQUAL(json_integer_value(json_array_get(row, 5)), 1500);
	CU_ASSERT_TRUE(json_is_true(json_array_get(row, 7)));

	row = json_array_get(json_object_get(table, "rows"), 1);
	for (size_t i = 0; i < ARRAY_LEN(every_columns); i++) {
		CU_ASSERT_TRUE(json_is_null(json_array_get(row, i)));
	}
	buf_release(&text);
	json_decref(json);
	report_release(&r);
}

static void test_report_json_is_exact_and_by_line(void)
{
	struct report r;
	struct table *t = table_new(&every_def);
	struct buf b;

	report_init(&r);
	table_text(t, "x");
	table_u64(t, UINT64_MAX);
	table_s64(t, -1);
	table_f64(t, 1.5e300);
	table_unknown(t);
	table_duration(t, UINT64_MAX);
	table_bytes(t, 0);
	table_bool(t, false);
	report_add(&r, t);
	buf_init(&b, 1 << 20);
	render_json(&r, &b);
	CU_ASSERT_TRUE(HOLDS(&b, "\n[\"x\",18446744073709551615,-1,1.5e+300,null,"
				 "18446744073709551615,0,false]"));
	buf_release(&b);
	report_release(&r);
}

static void test_report_json_of_empty_report(void)
{
	struct report r;
	json_t *json;

	report_init(&r);
	r.stopped = true;
	r.created_ns = T;
	r.command_line = "thresher report \xff";
	json = json_of(&r);
	CU_ASSERT_EQUAL(json_object_size(json_object_get(json, "tables")), 0);
	CU_ASSERT_TRUE(json_is_true(json_object_get(json, "stopped")));
	CU_ASSERT_STRING_EQUAL(
		json_string_value(json_object_get(json_object_get(json, "provenance"), "created")),
		"2026-11-21T08:02:11.248341011Z");
	json_decref(json);
	report_release(&r);
}

static void test_report_csv_rows(void)
{
	struct table *t = table_new(&every_def);
	struct buf b;

	add_row(t, "=cmd|' /C calc'!A0", 18);
	add_unknown_row(t);
	add_row(t, "", 0);
	table_text(t, "a,\"b\"\nc");
	table_u64(t, 1);
	table_s64(t, -1);
	table_f64(t, -0.5);
	table_unknown(t);
	table_duration(t, 7);
	table_bytes(t, 8);
	table_bool(t, false);
	buf_init(&b, 1 << 20);
	render_csv(t, &b);
	CU_ASSERT_STRING_EQUAL(buf_str(&b),
			       "text,count,signed,share,time,took,size,flag\r\n"
			       "'=cmd|' /C calc'!A0,9007199254740993,-9223372036854775808,0.333333,"
			       "2026-11-21T08:02:11.248341011Z,1500,1536,true\r\n"
			       ",,,,,,,\r\n"
			       "\"\",9007199254740993,-9223372036854775808,0.333333,"
			       "2026-11-21T08:02:11.248341011Z,1500,1536,true\r\n"
			       "\"a,\"\"b\"\"\nc\",1,-1,-0.5,,7,8,false\r\n");
	buf_release(&b);
	table_free(t);
}

static void test_report_page_is_complete(void)
{
	struct report r;
	struct buf b;

	make_report(&r);
	snprintf(r.summary, sizeof(r.summary), "1 <capture>");
	buf_init(&b, 1 << 24);
	render_html(&r, NULL, NULL, &b);
	CU_ASSERT_FALSE(b.failed);
	CU_ASSERT_TRUE(HOLDS(&b, "<!DOCTYPE html>"));
	CU_ASSERT_TRUE(HOLDS(&b, "1 &lt;capture&gt;"));
	CU_ASSERT_TRUE(HOLDS(&b, "Every &lt;type&gt;"));
	CU_ASSERT_TRUE(HOLDS(&b, "title=\"yes &quot;or&quot; no\""));
	CU_ASSERT_TRUE(HOLDS(&b, "<td class=\"n\">≤ 1.50 µs</td>"));
	CU_ASSERT_TRUE(HOLDS(&b, "<td class=\"n\">1.50 KiB</td>"));
	CU_ASSERT_TRUE(HOLDS(&b, "<td class=\"n u\">–</td>"));
	CU_ASSERT_TRUE(HOLDS(&b, "9,007,199,254,740,993"));
	/* For the script: what a double cannot hold is a string, a bound is marked. */
	CU_ASSERT_TRUE(HOLDS(&b, ",\"9007199254740993\",\"-9223372036854775808\",0.333333,"
				 "\"2026-11-21T08:02:11.248341011Z\",\"~1500\",1536,true]"));
	CU_ASSERT_TRUE(HOLDS(&b, "[null,null,null,null,null,null,null,null]"));
	CU_ASSERT_FALSE(HOLDS(&b, "{{"));
	buf_release(&b);
	report_release(&r);
}

/* How often text is in b. */
static unsigned int count_of(const struct buf *b, const char *text)
{
	const char *p = b->data;
	const char *end = b->data + b->len;
	unsigned int n = 0;

	while ((p = memmem(p, (size_t)(end - p), text, strlen(text))) != NULL) {
		n++;
		p += strlen(text);
	}
	return n;
}

static void test_report_page_holds_hostile_strings(void)
{
	struct report plain, r;
	struct table *t = table_new(&every_def);
	struct buf b, without;

	make_report(&r);
	snprintf(r.summary, sizeof(r.summary), "%s", hostile);
	r.command_line = hostile;
	report_init(&plain);
	add_row(t, "x", 1);
	report_add(&plain, t);
	buf_init(&b, 1 << 24);
	buf_init(&without, 1 << 24);
	render_html(&r, NULL, hostile, &b);
	render_html(&plain, NULL, NULL, &without);
	CU_ASSERT_FALSE(HOLDS(&b, "alert(1)</script>"));
	CU_ASSERT_FALSE(HOLDS(&b, "<script>alert"));
	CU_ASSERT_EQUAL(count_of(&b, "<script"), count_of(&without, "<script"));
	CU_ASSERT_EQUAL(count_of(&b, "</script"), count_of(&without, "</script"));
	CU_ASSERT_FALSE(HOLDS(&b, "<!--"));
	CU_ASSERT_FALSE(HOLDS(&b, "\xff"));
	CU_ASSERT_FALSE(HOLDS(&b, "\x1b"));
	CU_ASSERT_FALSE(HOLDS(&b, "\0"));
	CU_ASSERT_TRUE(HOLDS(&b, "alert(1)&lt;/script&gt;"));
	/* Nothing from outside: no address but the name of the SVG vocabulary. */
	CU_ASSERT_EQUAL(count_of(&b, "http://"), count_of(&b, "http://www.w3.org/2000/svg"));
	CU_ASSERT_EQUAL(count_of(&b, "https://"), 0);
	CU_ASSERT_EQUAL(count_of(&b, " style=\""), 0);
	CU_ASSERT_EQUAL(count_of(&b, " onclick="), 0);
	buf_release(&without);
	buf_release(&b);
	report_release(&plain);
	report_release(&r);
}

static void test_report_page_cuts_long_tables(void)
{
	static const struct column columns[] = { { "n", COL_U64, "", "number" } };
	static const struct table_def def = { "long", "Long", "", columns, 1 };
	struct table *t = table_new(&def);
	struct report r;
	struct buf b;

	report_init(&r);
	for (unsigned int i = 0; i < LIMIT_PAGE_ROWS + 5; i++) {
		table_u64(t, i);
	}
	t->rows_dropped = 1234;
	report_add(&r, t);
	buf_init(&b, 1 << 26);
	render_html(&r, NULL, NULL, &b);
	CU_ASSERT_TRUE(HOLDS(&b, "the first 100,000 of 100,005 rows"));
	CU_ASSERT_TRUE(HOLDS(&b, "[99999]]</script>"));
	CU_ASSERT_FALSE(HOLDS(&b, "[100000]"));
	CU_ASSERT_TRUE(HOLDS(&b, "1,234 more rows went beyond a ceiling"));
	buf_release(&b);
	report_release(&r);
}

static void add_quality(struct report *r, const char *kind, uint64_t count)
{
	static const struct column columns[] = {
		{ "source", COL_TEXT, "", "" },
		{ "kind", COL_TEXT, "", "" },
		{ "count", COL_U64, "", "" },
		{ "detail", COL_TEXT, "", "" },
	};
	static const struct table_def def = { "quality", "Data quality", "", columns, 4 };
	struct table *t = table_new(&def);

	table_text(t, "a<b>.scap");
	table_text(t, kind);
	table_u64(t, count);
	table_text(t, "why");
	report_add(r, t);
}

static void check_notice(const char *kind, uint64_t count, bool stopped, const char *want)
{
	struct report r;
	struct buf b;

	report_init(&r);
	r.stopped = stopped;
	add_quality(&r, kind, count);
	buf_init(&b, 1 << 24);
	render_html(&r, NULL, NULL, &b);
	if (want != NULL) {
		CU_ASSERT_TRUE(holds(&b, want, strlen(want)));
	} else {
		CU_ASSERT_FALSE(HOLDS(&b, "class=\"notice\""));
	}
	buf_release(&b);
	report_release(&r);
}

static void test_report_page_tells_of_gaps(void)
{
	check_notice("damage", 1200, false,
		     "<li><b>1,200 × damage</b> a&lt;b&gt;.scap <span>why</span>");
	check_notice("damage", 0, false, NULL);
	check_notice("unfinished calls", 3, false, NULL);
	check_notice("unfinished calls", 3, false, "has 1 note on what is less exact");
	check_notice("unfinished calls", 0, true, "This report is partial.");
}

/* Losses of one kind in one source are one line, so that one bad file does not hide another. */
static void test_report_page_groups_gaps(void)
{
	static const struct column columns[] = {
		{ "source", COL_TEXT, "", "" },
		{ "kind", COL_TEXT, "", "" },
		{ "count", COL_U64, "", "" },
		{ "detail", COL_TEXT, "", "" },
	};
	static const struct table_def def = { "quality", "Data quality", "", columns, 4 };
	static const char *const rows[][3] = {
		{ "a", "damage", "one" },     { "a", "damage", "two" },	 { "a", "not read to its end", "three" },
		{ "a", "time goes back", "" }, { "b", "damage", "four" }, { "b", "damage", "five" },
	};
	struct table *t = table_new(&def);
	struct report r;
	struct buf b;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		table_text(t, rows[i][0]);
		table_text(t, rows[i][1]);
		table_u64(t, i + 1);
		table_text(t, rows[i][2]);
	}
	report_init(&r);
	report_add(&r, t);
	buf_init(&b, 1 << 24);
	render_html(&r, NULL, NULL, &b);
	CU_ASSERT_TRUE(HOLDS(&b, "<ul>\n<li><b>3 × damage</b> a <span>one, …</span></li>\n"
				 "<li><b>3 × not read to its end</b> a <span>three</span></li>\n"
				 "<li><b>11 × damage</b> b <span>four, …</span></li>\n</ul>"));
	buf_release(&b);
	report_release(&r);
}

/* A report whose sources tell events and packets, with an empty table of calls and one of packets of as many rows. */
static void make_kinds(struct report *r, uint64_t events, uint64_t packets, unsigned int packet_rows)
{
	static const struct column source_columns[] = {
		{ "source", COL_TEXT, "", "" },
		{ "events", COL_U64, "", "" },
		{ "packets", COL_U64, "", "" },
	};
	static const struct column columns[] = { { "n", COL_U64, "", "" } };
	static const struct table_def sources = { "sources", "Sources", "", source_columns, 3 };
	static const struct table_def quality = { "quality", "Data quality", "", columns, 1 };
	static const struct table_def syscalls = { "syscalls", "Calls & events", "", columns, 1 };
	static const struct table_def ports = { "ports", "Ports", "", columns, 1 };
	struct table *t = table_new(&sources);

	report_init(r);
	table_text(t, "a");
	table_u64(t, events);
	table_u64(t, packets);
	report_add(r, t);
	report_add(r, table_new(&quality));
	report_add(r, table_new(&syscalls));
	t = table_new(&ports);
	for (unsigned int i = 0; i < packet_rows; i++) {
		table_u64(t, i);
	}
	report_add(r, t);
}

static void check_kinds(uint64_t events, uint64_t packets, unsigned int packet_rows, bool calls_shown, bool ports_shown)
{
	static const char no_calls[] =
		"The input holds no system calls, so these tables are empty and not shown: Calls &amp; events.</p>";
	static const char no_packets[] =
		"The input holds no packets, so these tables are empty and not shown: Ports.</p>";
	struct report r;
	struct buf b;

	make_kinds(&r, events, packets, packet_rows);
	buf_init(&b, 1 << 24);
	render_html(&r, NULL, NULL, &b);
	CU_ASSERT_EQUAL(HOLDS(&b, "<section class=\"card table\" id=\"syscalls\""), calls_shown);
	CU_ASSERT_EQUAL(HOLDS(&b, "<a href=\"#syscalls\">"), calls_shown);
	CU_ASSERT_EQUAL(HOLDS(&b, no_calls), !calls_shown);
	CU_ASSERT_EQUAL(HOLDS(&b, "<section class=\"card table\" id=\"ports\""), ports_shown);
	CU_ASSERT_EQUAL(HOLDS(&b, "<a href=\"#ports\">"), ports_shown);
	CU_ASSERT_EQUAL(HOLDS(&b, no_packets), !ports_shown);
	/* Nothing to complain about is worth saying. */
	CU_ASSERT_TRUE(HOLDS(&b, "<section class=\"card table\" id=\"quality\""));
	buf_release(&b);
	report_release(&r);
}

static void test_report_page_leaves_out_what_cannot_be(void)
{
	check_kinds(5, 7, 1, true, true);
	/* Seen, but nothing of the kind: an empty table says so. */
	check_kinds(5, 7, 0, true, true);
	check_kinds(5, 0, 0, true, false);
	check_kinds(0, 7, 1, false, true);
	check_kinds(0, 0, 0, false, false);
	/* What has rows is shown, whatever the sources say. */
	check_kinds(0, 0, 1, false, true);
}

static void test_report_renders_twice_the_same(void)
{
	struct report r;
	struct buf a, b;

	make_report(&r);
	buf_init(&a, 1 << 24);
	buf_init(&b, 1 << 24);
	render_html(&r, NULL, NULL, &a);
	render_html(&r, NULL, NULL, &b);
	CU_ASSERT_EQUAL(a.len, b.len);
	CU_ASSERT_EQUAL(memcmp(a.data, b.data, a.len), 0);
	buf_release(&b);
	buf_release(&a);
	report_release(&r);
}

static void test_report_full_buffer_is_told(void)
{
	struct report r;
	struct buf b;

	make_report(&r);
	buf_init(&b, 1000);
	render_html(&r, NULL, NULL, &b);
	CU_ASSERT_TRUE(b.failed);
	buf_release(&b);
	report_release(&r);
}

void suite_report(CU_pSuite suite)
{
	CU_add_test(suite, "test_report_tables_keep_rows", test_report_tables_keep_rows);
	CU_add_test(suite, "test_report_tables_grow", test_report_tables_grow);
	CU_add_test(suite, "test_report_adds_and_finds_tables", test_report_adds_and_finds_tables);
	CU_add_test(suite, "test_report_values_as_text", test_report_values_as_text);
	CU_add_test(suite, "test_report_json_reads_back", test_report_json_reads_back);
	CU_add_test(suite, "test_report_json_is_exact_and_by_line",
		    test_report_json_is_exact_and_by_line);
	CU_add_test(suite, "test_report_json_of_empty_report", test_report_json_of_empty_report);
	CU_add_test(suite, "test_report_csv_rows", test_report_csv_rows);
	CU_add_test(suite, "test_report_page_is_complete", test_report_page_is_complete);
	CU_add_test(suite, "test_report_page_holds_hostile_strings",
		    test_report_page_holds_hostile_strings);
	CU_add_test(suite, "test_report_page_cuts_long_tables", test_report_page_cuts_long_tables);
	CU_add_test(suite, "test_report_page_tells_of_gaps", test_report_page_tells_of_gaps);
	CU_add_test(suite, "test_report_page_groups_gaps", test_report_page_groups_gaps);
	CU_add_test(suite, "test_report_page_leaves_out_what_cannot_be",
		    test_report_page_leaves_out_what_cannot_be);
	CU_add_test(suite, "test_report_renders_twice_the_same",
		    test_report_renders_twice_the_same);
	CU_add_test(suite, "test_report_full_buffer_is_told", test_report_full_buffer_is_told);
}
