/*
 * test_format.c - output formats: literals, widths, absent values, named formats, marks, what is refused.
 */
#include "mkfield.h"

#define TS (UINT64_C(1795250131) * NSEC_PER_SEC + 248341011) /* 2026-11-21T08:35:31.248341011Z */

static struct mkfield m;

/* A shell writes to a file: event 1 on cpu 3. */
static void begin(void)
{
	mkfield_init(&m);
	mkstate_process(&m.st, 100, 1, "sh");
	m.st.cap.cpu = 3;
	mkcap_openat(&m.st.cap, TS - 1, 100, 5, "/etc/motd", 1);
	mkcap_write(&m.st.cap, TS, 100, 3, 5, "abc");
	mkfield_last(&m);
}

static void test_format_literals(void)
{
	begin();
	LINE(&m, "", "");
	LINE(&m, "plain", "plain");
	LINE(&m, "100%% \\t\\n\\\\ \\q", "100% \t\n\\ \\q");
	LINE(&m, "%evt.num.", "1.");
	LINE(&m, "(%evt.num)%evt.cpu%%", "(1)3%");
	LINE(&m, "%evt.num*", "1*");
	mkfield_end(&m);
}

/* The longest name that is a field: the rest is text. */
static void test_format_longest_field(void)
{
	begin();
	LINE(&m, "%proc.name.log", "sh.log");
	LINE(&m, "%evt.time.s.x", "08:35:31.x");
	LINE(&m, "%evt.rawtime.sx", "1795250131248341011.sx");
	LINE(&m, "%proc.aname[0].x", "sh.x");
	LINE(&m, "%evt.arg[\"fd\"]|%evt.arg['fd']", "<f>/etc/motd|<f>/etc/motd");
	mkfield_end(&m);
}

static void test_format_transformers(void)
{
	begin();
	LINE(&m, "%toupper(proc.name)|%basename(fd.name)|%len(fd.name)", "SH|motd|9");
	LINE(&m, "[%6toupper(proc.name)]", "[SH    ]");
	LINE(&m, "%toupper(basename(fd.name))%%", "MOTD%");
	LINE(&m, "%concat(proc.name, fd.sockfamily)", NULL);
	LINE(&m, "%concat(proc.name, \"-\", fd.type).", "sh-file.");
	LINE(&m, "%toupper(fd.sockfamily)", NULL);
	LINE(&m, "*%toupper(fd.sockfamily)", "<NA>");
	LINE(&m, "%proc.name(x)", "sh(x)");
	mkfield_end(&m);
}

/* What comes out of a transformer is captured text as well. */
static void test_format_transformed_text_is_escaped(void)
{
	begin();
	mkcap_openat(&m.st.cap, TS + 1, 100, 5,
		     "/tmp/\x1b[2Jx\n\x01"
		     "A123",
		     1);
	mkfield_last(&m);
	LINE(&m, "%toupper(fd.name)", "/TMP/\\x1b[2JX\\n\\x01A123");
	mkfield_end(&m);
}

static void test_format_width(void)
{
	begin();
	LINE(&m, "[%6proc.name][%1proc.name][%2proc.name]", "[sh    ][s][sh]");
	LINE(&m, "*[%6fd.sip]", "[<NA>  ]");
	mkfield_end(&m);
}

static void test_format_absent_values(void)
{
	begin();
	LINE(&m, "%evt.num %fd.sip", NULL);
	LINE(&m, "*%evt.num %fd.sip", "1 <NA>");
	mkfield_end(&m);
}

static void test_format_refused(void)
{
	static const char *const bad[] = {
		"%",
		"%nosuch",
		"%evt",
		"%evt.nosuch",
		"%evt.arg",
		"%evt.num[1]",
		"%evt.arg[x",
		"%1000evt.num",
		"\x01",
		"%evt.num \x1b",
		"%thread.cgroup",
		"%fd.ip",
		"%evt.around[1]",
		"%toupper(",
		"%toupper(fd.ip)",
		"%nosuch(proc.name)",
		"%concat(proc.name, fd.num)",
		"%toupper(nosuch.field)",
		"%evt.arg[\"x]",
		"%evt.arg['x'",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct format *f = NULL;
		struct err e;

		err_init(&e);
		CU_ASSERT_EQUAL(format_new(bad[i], &f, &e), ERR_USAGE);
		CU_ASSERT(e.message[0] != '\0');
	}
}

static void test_format_names_the_nearest(void)
{
	struct field_use u;
	struct err e;
	size_t len;

	err_init(&e);
	CU_ASSERT_EQUAL(field_use_parse("fd.nmae", &u, &len, &e), ERR_USAGE);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.message, "fd.name"));
}

/* In filters what follows a name is no text. */
static void test_format_only_forgives_the_rest(void)
{
	struct field_use u;
	size_t len;

	CU_ASSERT_EQUAL(field_use_parse("proc.name.log", &u, &len, NULL), ERR_USAGE);
}

static void test_format_named(void)
{
	begin();
	CU_ASSERT_PTR_NULL(format_named("%evt.num"));
	CU_ASSERT_PTR_NULL(format_named(""));
	CU_ASSERT_PTR_EQUAL(format_named("c"), format_named("container"));
	CU_ASSERT_PTR_EQUAL(format_named("k"), format_named("kubernetes"));
	LINE(&m, format_named("p"),
	     "1 08:35:31.248341011 3 sh (100) < write res=3 data=abc fd=5(<f>/etc/motd) size=3 ");
	LINE(&m, format_named("c"),
	     "1 08:35:31.248341011 3 host (host) sh (100:100) < write res=3 data=abc "
	     "fd=5(<f>/etc/motd) size=3 ");
	LINE(&m, format_named("k"),
	     "1 08:35:31.248341011 3 <NA> (host) sh (100:100) < write res=3 data=abc "
	     "fd=5(<f>/etc/motd) size=3 ");
	mkfield_end(&m);
}

static void test_format_kinds(void)
{
	static const struct {
		const char *format;
		unsigned int kinds;
	} rows[] = {
		{ "plain", 0 },
		{ "%proc.name", FORMAT_OF_EVENTS },
		{ "%ip.src", FORMAT_OF_PACKETS },
		{ "%ip.src %proc.name", FORMAT_OF_EVENTS | FORMAT_OF_PACKETS },
		{ "%evt.outputtime %source.name", 0 },
		{ "%toupper(proc.name)", FORMAT_OF_EVENTS },
		{ "%len(concat(proc.name, http.host))", FORMAT_OF_EVENTS | FORMAT_OF_PACKETS },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct format *f = NULL;

		CU_ASSERT_EQUAL_FATAL(format_new(rows[i].format, &f, NULL), 0);
		CU_ASSERT_EQUAL(format_kinds(f), rows[i].kinds);
		format_free(f);
	}
}

/* A line of a packet: its time, its fields; fields of events are absent. */
static void test_format_of_a_packet(void)
{
	struct packet p = { .ts_ns = TS };

	begin();
	field_ctx_packet(&m.c, &p, NULL, 9, 0);
	LINE(&m, "*%evt.outputtime %proc.name %evt.num", "08:35:31.248341011 <NA> <NA>");
	LINE(&m, "%evt.outputtime %source.name", "08:35:31.248341011 test");
	LINE(&m, "%evt.time", NULL);
	m.set.time_style = TIME_LATENCY;
	LINE(&m, "%evt.outputtime", NULL);
	m.set.time_style = TIME_OF_DAY;
	p.flags = PACKET_NO_TIME;
	LINE(&m, "%evt.outputtime", NULL);
	mkfield_end(&m);
}

static void test_format_marks(void)
{
	const char *const text = "%evt.deltatime.s|%evt.deltatime.ns|%12evt.deltatime|%evt.num";
	struct buf out;
	struct format *f = NULL;

	begin();
	buf_init(&out, 4096);
	CU_ASSERT_EQUAL_FATAL(format_new(text, &f, NULL), 0);
	CU_ASSERT_TRUE(format_has_marks(f, &m.set));
	format_free(f);
	format_fill(&out, "x", 1, 1, 2);
	CU_ASSERT_STRING_EQUAL(buf_str(&out), "x");
	buf_reset(&out);
	{
		const char *line = mkfield_line(&m, text);

		format_fill(&out, line, strlen(line), 42, 3000000005);
	}
	CU_ASSERT_STRING_EQUAL(buf_str(&out), "3|000000005|3000000005  |1");
	CU_ASSERT_EQUAL(format_new("%evt.outputtime", &f, NULL), 0);
	CU_ASSERT_FALSE(format_has_marks(f, &m.set));
	m.set.time_style = TIME_DELTA;
	CU_ASSERT_TRUE(format_has_marks(f, &m.set));
	m.set.time_style = TIME_RELATIVE;
	CU_ASSERT_TRUE(format_has_marks(f, &m.set));
	buf_reset(&out);
	{
		const char *line = mkfield_line(&m, "%evt.outputtime");

		format_fill(&out, line, strlen(line), 1000000042, 5);
	}
	CU_ASSERT_STRING_EQUAL(buf_str(&out), "1.000000042");
	format_free(f);
	buf_release(&out);
	mkfield_end(&m);
}

static void test_format_wants_only_what_is_used(void)
{
	static const struct {
		const char *format;
		unsigned int wants;
	} rows[] = {
		{ "%evt.num %evt.time %evt.type %thread.tid %evt.rawres", 0 },
		{ "%proc.name %proc.pid %user.name %container.id", WANT_FOLD },
		{ "%proc.name %fd.name", WANT_FOLD | WANT_FDS },
		{ "%proc.cwd", WANT_FOLD | WANT_FDS },
		{ "%evt.args", WANT_FOLD | WANT_REFS | WANT_FDS },
		{ "%evt.rawarg.res", WANT_FOLD },
		{ "%evt.rawnum", WANT_FOLD | WANT_BEGIN },
		{ "%evt.reltime", WANT_FOLD | WANT_BEGIN },
		{ "%evt.latency", WANT_FOLD | WANT_BEGIN },
		{ "%evt.is_open_read", WANT_FOLD },
		{ "%evt.buflen", WANT_FOLD | WANT_FDS },
		{ "%evt.num %toupper(proc.pname)", WANT_FOLD | WANT_ANCESTORS },
		{ "%proc.pname", WANT_FOLD | WANT_ANCESTORS },
		{ "%proc.nthreads %proc.vmrss", WANT_FOLD | WANT_COUNTS | WANT_MEMORY | WANT_FDS },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct format *f = NULL;

		CU_ASSERT_EQUAL_FATAL(format_new(rows[i].format, &f, NULL), 0);
		CU_ASSERT_EQUAL(format_wants(f), rows[i].wants);
		format_free(f);
	}
}

/* The longest text a format can be: nothing is cut, nothing overflows. */
static void test_format_long(void)
{
	struct buf text;
	struct buf expected;

	begin();
	buf_init(&text, 1u << 20);
	buf_init(&expected, 1u << 20);
	for (int i = 0; i < 2000; i++) {
		buf_adds(&text, "%evt.num,");
		buf_adds(&expected, "1,");
	}
	LINE(&m, buf_str(&text), buf_str(&expected));
	buf_reset(&text);
	buf_addc(&text, '%');
	for (int i = 0; i < 5000; i++) {
		buf_adds(&text, "a.b");
	}
	CU_ASSERT(strncmp(mkfield_line(&m, buf_str(&text)), "(refused", 8) == 0);
	buf_release(&text);
	buf_release(&expected);
	mkfield_end(&m);
}

void suite_format(CU_pSuite suite);
void suite_format(CU_pSuite suite)
{
	CU_add_test(suite, "test_format_literals", test_format_literals);
	CU_add_test(suite, "test_format_longest_field", test_format_longest_field);
	CU_add_test(suite, "test_format_transformers", test_format_transformers);
	CU_add_test(suite, "test_format_transformed_text_is_escaped",
		    test_format_transformed_text_is_escaped);
	CU_add_test(suite, "test_format_width", test_format_width);
	CU_add_test(suite, "test_format_absent_values", test_format_absent_values);
	CU_add_test(suite, "test_format_refused", test_format_refused);
	CU_add_test(suite, "test_format_names_the_nearest", test_format_names_the_nearest);
	CU_add_test(suite, "test_format_only_forgives_the_rest",
		    test_format_only_forgives_the_rest);
	CU_add_test(suite, "test_format_named", test_format_named);
	CU_add_test(suite, "test_format_kinds", test_format_kinds);
	CU_add_test(suite, "test_format_of_a_packet", test_format_of_a_packet);
	CU_add_test(suite, "test_format_marks", test_format_marks);
	CU_add_test(suite, "test_format_wants_only_what_is_used",
		    test_format_wants_only_what_is_used);
	CU_add_test(suite, "test_format_long", test_format_long);
}
