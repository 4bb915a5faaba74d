/*
 * test_escape.c - hostile strings come out harmless for terminal, page, JSON and CSV. Expected
 * texts are written by hand from the promises in escape.h.
 */
#include "base/escape.h"

#include <CUnit/CUnit.h>
#include <stdio.h>

void suite_escape(CU_pSuite suite);

typedef void escape_fn(struct buf *b, const void *s, size_t n);

#define CHECK(fn, in, want) check(fn, in, sizeof(in) - 1, want, __LINE__)

static void check(escape_fn *fn, const char *in, size_t n, const char *want, int line)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	fn(&b, in, n);
	if (strcmp(buf_str(&b), want) != 0) {
		printf("\n  line %d: got [%s], want [%s]", line, buf_str(&b), want);
	}
	CU_ASSERT_STRING_EQUAL(buf_str(&b), want);
	buf_release(&b);
}

static void test_escape_terminal_shows_controls(void)
{
	CHECK(escape_terminal, "", "");
	CHECK(escape_terminal, "plain text, C:\\x", "plain text, C:\\x");
	CHECK(escape_terminal, "a\x1b[31mred\x07\x7f", "a\\x1b[31mred\\x07\\x7f");
	CHECK(escape_terminal, "1\n2\r3\t4", "1\\n2\\r3\\t4");
	CHECK(escape_terminal, "nul\0end", "nul\\x00end");
	CHECK(escape_terminal,
	      "csi \xc2\x9b"
	      "31m",
	      "csi \\xc2\\x9b31m");
}

static void test_escape_terminal_keeps_writing(void)
{
	CHECK(escape_terminal, "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\xa6\x88",
	      "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\xa6\x88");
	/* The joiner that Persian and emoji need. */
	CHECK(escape_terminal,
	      "a\xe2\x80\x8d"
	      "b",
	      "a\xe2\x80\x8d"
	      "b");
}

static void test_escape_terminal_shows_what_hides(void)
{
	CHECK(escape_terminal,
	      "\xe2\x80\xae"
	      "gpj.exe",
	      "\\u202egpj.exe");
	CHECK(escape_terminal, "\xe2\x80\x8e\xe2\x80\x8f\xe2\x81\xa6\xe2\x81\xa9",
	      "\\u200e\\u200f\\u2066\\u2069");
	CHECK(escape_terminal, "\xe2\x80\xaa|\xef\xbb\xbf", "\\u202a|\\ufeff");
	CHECK(escape_terminal, "tag \xf3\xa0\x81\x81", "tag \\U000e0041");
}

static void test_escape_terminal_shows_bad_utf8(void)
{
	CHECK(escape_terminal, "\xff\xfe\x80", "\\xff\\xfe\\x80");
	CHECK(escape_terminal, "cut \xe6\x97", "cut \\xe6\\x97");
	CHECK(escape_terminal, "overlong \xc0\xaf \xe0\x80\xaf",
	      "overlong \\xc0\\xaf \\xe0\\x80\\xaf");
	CHECK(escape_terminal, "surrogate \xed\xa0\x80", "surrogate \\xed\\xa0\\x80");
	CHECK(escape_terminal, "beyond \xf4\x90\x80\x80", "beyond \\xf4\\x90\\x80\\x80");
	CHECK(escape_terminal,
	      "broken \xe6"
	      "A",
	      "broken \\xe6A");
}

static void test_escape_html_leaves_no_markup(void)
{
	CHECK(escape_html, "<b a=\"1\" c='2'>&amp;</b>",
	      "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;");
	CHECK(escape_html, "\x01\xff\n\xe2\x80\xae", "\\x01\\xff\\n\\u202e");
}

static void test_escape_json_is_valid(void)
{
	CHECK(escape_json, "a\"b\\c/d", "a\\\"b\\\\c/d");
	CHECK(escape_json, "\b\f\n\r\t\x01\x1f\x7f", "\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f");
	CHECK(escape_json, "\0", "\\u0000");
	CHECK(escape_json, "<script>&", "<script>&");
	CHECK(escape_json, "\xc3\xa9\xe2\x80\xa8\xe2\x80\xa9", "\xc3\xa9\\u2028\\u2029");
}

static void test_escape_json_keeps_bad_bytes(void)
{
	/* U+EF80, U+EFBF, U+EFFF */
	CHECK(escape_json, "\x80\xbf\xff", "\xee\xbe\x80\xee\xbe\xbf\xee\xbf\xbf");
	/* The character U+EF80 itself is taken for three bytes, so that the way back is clear. */
	CHECK(escape_json, "\xee\xbe\x80", "\xee\xbf\xae\xee\xbe\xbe\xee\xbe\x80");
	/* Its neighbours are characters like others. */
	CHECK(escape_json, "\xee\xbd\xbf\xef\x80\x80", "\xee\xbd\xbf\xef\x80\x80");
}

static void test_escape_json_script_cannot_leave(void)
{
	CHECK(escape_json_script, "</script><!--&", "\\u003c/script\\u003e\\u003c!--\\u0026");
	CHECK(escape_json_script, "\xe2\x80\xa8\"", "\\u2028\\\"");
}

static void test_escape_csv_quotes(void)
{
	CHECK(escape_csv, "plain text", "plain text");
	CHECK(escape_csv, "a,b", "\"a,b\"");
	CHECK(escape_csv, "say \"hi\"", "\"say \"\"hi\"\"\"");
	CHECK(escape_csv, "two\r\nlines", "\"two\r\nlines\"");
	CHECK(escape_csv, "esc \x1b[0m \xff", "esc \\x1b[0m \\xff");
	CHECK(escape_csv, "a,\x1b", "\"a,\\x1b\"");
}

static void test_escape_csv_defuses_formulas(void)
{
	CHECK(escape_csv, "=1+1", "'=1+1");
	CHECK(escape_csv, "+1", "'+1");
	CHECK(escape_csv, "-rf", "'-rf");
	CHECK(escape_csv, "@SUM(A1)", "'@SUM(A1)");
	CHECK(escape_csv, "\t=1", "\"'\t=1\"");
	CHECK(escape_csv, "\r=1", "\"'\r=1\"");
	CHECK(escape_csv, "\n=1", "\"'\n=1\"");
	CHECK(escape_csv, "=HYPERLINK(\"http://x\",\"y\")",
	      "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
	CHECK(escape_csv,
	      "\xef\xbc\x9d"
	      "1",
	      "'\xef\xbc\x9d"
	      "1");
	CHECK(escape_csv, "a=1", "a=1");
	CHECK(escape_csv, "", "");
}

/* Every single byte and every pair gives valid UTF-8 without control bytes, for every target. */
static void test_escape_any_bytes_give_clean_utf8(void)
{
	escape_fn *const fns[] = { escape_terminal, escape_html, escape_json, escape_json_script };
	struct buf b;
	unsigned int bad = 0;

	buf_init(&b, 1 << 20);
	for (unsigned int i = 0; i < 65536; i++) {
		const uint8_t in[2] = { (uint8_t)(i >> 8), (uint8_t)i };

		buf_reset(&b);
		fns[i % ARRAY_LEN(fns)](&b, in, sizeof(in));
		fns[i / 7 % ARRAY_LEN(fns)](&b, in, 1);
		for (size_t at = 0; at < b.len;) {
			const uint8_t *p = (const uint8_t *)b.data + at;
			uint32_t c;
			size_t len = escape_utf8(p, b.len - at, &c);

			/* JSON's characters for bytes are the one thing escape_utf8 does not
			 * take. */
			if (len == 0 && b.len - at >= 3 && p[0] == 0xee && (p[1] & 0xfe) == 0xbe &&
			    (p[2] & 0xc0) == 0x80) {
				len = 3;
				c = 0xef80;
			}
			bad += len == 0 || c < 0x20 || c == 0x7f;
			at += len > 0 ? len : 1;
		}
	}
	CU_ASSERT_EQUAL(bad, 0);
	buf_release(&b);
}

void suite_escape(CU_pSuite suite)
{
	CU_add_test(suite, "test_escape_terminal_shows_controls",
		    test_escape_terminal_shows_controls);
	CU_add_test(suite, "test_escape_terminal_keeps_writing",
		    test_escape_terminal_keeps_writing);
	CU_add_test(suite, "test_escape_terminal_shows_what_hides",
		    test_escape_terminal_shows_what_hides);
	CU_add_test(suite, "test_escape_terminal_shows_bad_utf8",
		    test_escape_terminal_shows_bad_utf8);
	CU_add_test(suite, "test_escape_html_leaves_no_markup", test_escape_html_leaves_no_markup);
	CU_add_test(suite, "test_escape_json_is_valid", test_escape_json_is_valid);
	CU_add_test(suite, "test_escape_json_keeps_bad_bytes", test_escape_json_keeps_bad_bytes);
	CU_add_test(suite, "test_escape_json_script_cannot_leave",
		    test_escape_json_script_cannot_leave);
	CU_add_test(suite, "test_escape_csv_quotes", test_escape_csv_quotes);
	CU_add_test(suite, "test_escape_csv_defuses_formulas", test_escape_csv_defuses_formulas);
	CU_add_test(suite, "test_escape_any_bytes_give_clean_utf8",
		    test_escape_any_bytes_give_clean_utf8);
}
