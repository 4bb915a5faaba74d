/*
 * test_filter_errors.c - what is no filter, and what is said of it: the column, what was expected, the
 * nearest field. Limits.
 */
#include "mkfilter.h"

#include "base/limits.h"

/* Notes of a filter, a semicolon behind each. */
static void check_doubts(const char *text, const char *expected)
{
	char got[1000] = "";
	char note[300];
	struct filter *f = NULL;
	struct err e;
	size_t n = 0;

	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(filter_new(text, NULL, &f, &e), 0);
	for (unsigned int i = 0; filter_doubt(f, i, note, sizeof(note)); i++) {
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s;", note);
	}
	CU_ASSERT_STRING_EQUAL(got, expected);
	if (strcmp(got, expected) != 0) {
		fprintf(stderr, "\n  %s\n    expected %s\n    got      %s\n", text, expected, got);
	}
	filter_free(f);
}

static void test_filter_doubts(void)
{
	check_doubts("evt.type = opne", "no event type is named 'opne'; nearest: open;");
	check_doubts("evt.type in (open, opne)", "no event type is named 'opne'; nearest: open;");
	check_doubts("evt.type in {\"opne\"} or not syscall.type != opne",
		     "no event type is named 'opne'; nearest: open;");
	check_doubts("evt.type.is.opne = 1 and tcp.port = 80", "no event type is named 'opne'; nearest: open;");
	check_doubts("evt.type = oneof (opne, read)", "no event type is named 'opne'; nearest: open;");
	check_doubts("evt.type = xyzzyxyzzy", "no event type is named 'xyzzyxyzzy';");
	check_doubts("evt.type = \"\"", "no event type is named '';");
	/* types, of whatever age; system calls of generic events; what needs no event of that name */
	check_doubts("evt.type in (open, execve, switch, container, procinfo, clone3, unknown)", "");
	check_doubts("evt.type = clock_getres and syscall.type != acct and evt.type.is.read = 1", "");
	check_doubts("evt.type startswith opne or evt.type contains x or evt.type glob 'op?n'", "");
	check_doubts("proc.name = opne and tcp.len & 1", "");
}

/* clang-format off */
static const struct mkfilter_case error_cases[] = {
	{ "", "column 1: expected a field, found the end" },
	{ "   ", "column 4: expected a field, found the end" },
	{ "evt.type = execve and proc.nam = x", "column 23: unknown field 'proc.nam'; nearest: proc.name, ..." },
	{ "proc.name", "ofrcw6elgsu" },
	{ "proc.name =", "column 12: expected a value, found the end" },
	{ "proc.name = ", "column 13: expected a value, found the end" },
	{ "proc.name = and x", "column 17: expected 'and', 'or' or the end, found 'x'" },
	{ "proc.name = a b", "column 15: expected 'and', 'or' or the end, found 'b'" },
	{ "proc.name nginx", "column 11: expected an operator, found 'nginx'" },
	{ "proc.name & nginx", "column 11: operator & is for whole numbers, not for texts, which 'proc.name' has" },
	{ "evt.rawres  bitand", "column 19: expected a number behind '&', found the end" },
	{ "evt.rawres & & 1", "column 14: expected a number behind '&', found '&'" },
	{ "evt.rawres & x", "column 14: expected a number behind '&', found 'x'" },
	{ "evt.rawres & 1.5", "column 15: expected an operator, found '.5'" },
	{ "evt.rawres & 99999999999999999999", "column 14: expected a number behind '&', found '99999999999999999999'" },
	{ "evt.rawres & 022 = 2", "column 14: '022': a number of bits is decimal or begins with 0x" },
	{ "evt.rawres & 1 & 00", "column 18: '00': a number of bits is decimal or begins with 0x" },
	{ "evt.rawres & 1 contains 1", "column 16: operator contains is not for numbers, which 'evt.rawres & 1' has" },
	{ "evt.failed & 1", "column 12: operator & is for whole numbers, not for true or false, which 'evt.failed' has" },
	{ "fd.name[0] & 1", "column 12: operator & is for whole numbers, not for bytes, which 'fd.name[0]' has" },
	{ "fd.types & 1", "column 10: operator & is for whole numbers, not for texts, which 'fd.types' has" },
	{ "{evt.rawres & 1 = 1", "column 17: expected '&' or '}', found '='" },
	{ "(evt.rawres & 1) = 1", "column 18: expected 'and', 'or' or the end, found '='" },
	{ "proc.name Contains nginx", "column 11: expected an operator, found 'Contains'" },
	{ "proc.name = a AND evt.type = b", "column 15: expected 'and', 'or' or the end, found 'AND'" },
	{ "proc.name = a and", "column 18: expected a field, found the end" },
	{ "proc.name = a or ", "column 18: expected a field, found the end" },
	{ "proc.name = a &&", "column 17: expected a field, found the end" },
	{ "and proc.name = a", "column 1: 'and' is no field (and there are no macros here)" },
	{ "not", "column 4: expected a field, found the end" },
	{ "!", "column 2: expected a field, found the end" },
	{ "(proc.name = a", "column 15: expected 'and', 'or' or ')', found the end" },
	{ "proc.name = a)", "column 14: expected 'and', 'or' or the end, found ')'" },
	{ "()", "column 2: expected a field, found ')'" },
	{ "(", "column 2: expected a field, found the end" },
	{ "shell_procs", "column 1: 'shell_procs' is no field (and there are no macros here)" },
	{ "= a", "column 1: expected a field, found '='" },
	{ "7 = a", "column 1: expected a field, found '7'" },
	{ "proc.name = \"nginx", "column 13: the string is not closed: expected \" (one behind a backslash does not close it)" },
	{ "proc.name = 'nginx\"", "column 13: the string is not closed: expected ' (one behind a backslash does not close it)" },
	{ "proc.name = \"a\\\\\"", "column 13: the string is not closed: expected \" (one behind a backslash does not close it)" },
	{ "proc.name = \"a\\d\"", "column 15: no such escape in a string: '\\d'; write \\\\ for a backslash" },
	{ "proc.name = \"a\\'\"", "column 15: no such escape in a string: '\\''; write \\\\ for a backslash" },
	{ "proc.name = 'a\\\"'", "column 15: no such escape in a string: '\\\"'; write \\\\ for a backslash" },
	{ "proc.name = \"\\x4\"", "column 14: no such escape in a string: '\\x'; write \\\\ for a backslash" },
	{ "proc.name = \"\\xzz\"", "column 14: no such escape in a string: '\\x'; write \\\\ for a backslash" },
	{ "proc.name = \"a\\x00b\"", "column 15: a string cannot hold a NUL byte" },
	{ "fd.name=/etc/a,b", "column 15: expected 'and', 'or' or the end, found ',b'" },
	{ "fd.name=a=b", "column 10: expected 'and', 'or' or the end, found '=b'" },
	{ "evt.rawres = x", "column 14: 'evt.rawres' is compared with a whole number, not with 'x'" },
	{ "evt.rawres = 1.5", "column 14: 'evt.rawres' is compared with a whole number, not with '1.5'" },
	{ "evt.rawres = 1e3", "column 14: 'evt.rawres' is compared with a whole number, not with '1e3'" },
	{ "evt.rawres = 0x", "column 14: 'evt.rawres' is compared with a whole number, not with '0x'" },
	{ "evt.rawres = \"\"", "column 14: 'evt.rawres' is compared with a whole number, not with ''" },
	{ "evt.rawres = 99999999999999999999", "column 14: 'evt.rawres' is compared with a whole number, not with '99999999999999999999'" },
	{ "evt.rawres = fd.num", "column 14: 'evt.rawres' is compared with a whole number, not with 'fd.num'; the value of a field is val(...)" },
	{ "evt.rawres in (1, x)", "column 19: 'evt.rawres' is compared with a whole number, not with 'x'" },
	{ "evt.rawres in (1 2)", "column 18: expected ',' or ')', found '2)'" },
	{ "evt.rawres in (1,", "column 18: expected a value, found the end" },
	{ "evt.rawres in (,)", "column 16: expected a value, found ',)'" },
	{ "evt.rawres in {1, 2", "column 20: expected '}', found the end" },
	{ "evt.rawres in {5..1}", "column 16: '5..1' is no range: the first end must not be above the second" },
	{ "evt.rawres in {1..x}", "column 19: 'evt.rawres' is compared with a whole number, not with 'x'" },
	{ "proc.name in {a..c}", "column 15: 'proc.name' has no ranges; write 'a..c' in quotes if it is a text" },
	{ "evt.rawres in", "column 14: expected a value, found the end" },
	{ "evt.rawres not = 5", "column 16: expected 'in' behind 'not', found '='" },
	{ "fd.sport = nosuch", "column 12: 'fd.sport' is compared with a port: a number up to 65535 or the name of a service, not with 'nosuch'" },
	{ "fd.sport = 65536", "column 12: 'fd.sport' is compared with a port: a number up to 65535 or the name of a service, not with '65536'" },
	{ "fd.sip = 10.0.0", "column 10: 'fd.sip' is compared with an address, not with '10.0.0'" },
	{ "fd.sip = 10.0.0.256", "column 10: 'fd.sip' is compared with an address, not with '10.0.0.256'" },
	{ "fd.sip = 10.0.0.1/33", "column 10: 'fd.sip' is compared with an address, not with '10.0.0.1/33'" },
	{ "fd.snet = 10.0.0.1", "column 11: 'fd.snet' is compared with a network: address/bits, not with '10.0.0.1'" },
	{ "fd.sip contains 10.", "column 8: operator contains is not for addresses, which 'fd.sip' has" },
	{ "fd.sip < 10.0.0.1", "column 8: operator < is not for addresses, which 'fd.sip' has" },
	{ "fd.snet regex x", "column 9: operator regex is not for networks, which 'fd.snet' has" },
	{ "evt.failed = maybe", "column 14: 'evt.failed' is compared with true or false, not with 'maybe'" },
	{ "evt.failed > true", "column 12: operator > is not for true or false, which 'evt.failed' has" },
	{ "evt.rawres startswith 1", "column 12: operator startswith is not for numbers, which 'evt.rawres' has" },
	{ "evt.rawres pmatch (1)", "column 12: operator pmatch is not for numbers, which 'evt.rawres' has" },
	{ "proc.name bcontains 00", "column 11: operator bcontains is not for texts, which 'proc.name' has; it is for bytes, such as evt.buffer" },
	{ "evt.buffer bcontains 0", "column 12: expected bytes as pairs of hexadecimal digits, found '0'" },
	{ "evt.buffer bcontains xy", "column 12: expected bytes as pairs of hexadecimal digits, found 'xy'" },
	{ "evt.buffer glob *", "column 12: operator glob is not for bytes, which 'evt.buffer' has" },
	{ "evt.buffer < a", "column 12: operator < is not for bytes, which 'evt.buffer' has" },
	{ "fd.types = file", "column 10: 'fd.types' is a list: it takes in, intersects and exists, not =" },
	{ "fd.types contains file", "column 10: 'fd.types' is a list: it takes in, intersects and exists, not contains" },
	{ "proc.name regex \"(\"", "column 11: '(' is no regular expression: missing closing parenthesis, at its character 2" },
	{ "evt.outputtime = 1", "column 1: field 'evt.outputtime' is for printing only" },
	{ "evt.deltatime > 1", "column 1: field 'evt.deltatime' tells of the line before: filters cannot ask for it" },
	{ "evt.rawarg.nosuch = 1", "column 1: no event has a parameter 'nosuch'" },
	{ "evt.arg.nosuch = 1", "column 1: no event has a parameter 'nosuch'" },
	{ "evt.arg[nosuch] exists", "column 1: no event has a parameter 'nosuch'" },
	{ "evt.arg[-1] = 1", "column 1: no event has a parameter '-1'" },
	{ "evt.arg[] = 1", "column 1: field 'evt.arg': nothing stands between the brackets" },
	{ "proc.env[] = 1", "column 1: field 'proc.env': nothing stands between the brackets" },
	{ "proc.aname[abc] = 1", "column 1: field 'proc.aname' takes a number in brackets, not 'abc'" },
	{ "proc.apid[-1] = 1", "column 1: field 'proc.apid' takes a number in brackets, not '-1'" },
	{ "proc.args[0:2] = 1", "column 1: field 'proc.args' takes a number in brackets, not '0:2'" },
	{ "proc.args[1x] = 1", "column 1: field 'proc.args' takes a number in brackets, not '1x'" },
	{ "fd.types[x] in (a)", "column 1: field 'fd.types' takes a number in brackets, not 'x'" },
	{ "evt.around[now] = 1", "column 1: field 'evt.around' takes a number in brackets, not 'now'" },
	{ "procname = x", "column 1: 'procname' is no field (and there are no macros here); nearest: proc.name, ..." },
	{ "evt.arg = 1", "column 1: field 'evt.arg' needs an argument: evt.arg[...]" },
	{ "proc.name[1] = x", "" },
	{ "proc.name[x] = y", "column 1: field 'proc.name' takes no argument" },
	{ "proc.args[1 = x", "column 10: ']' is missing behind '['" },
	{ "proc.args[1] [2] = x", "column 14: expected an operator, found '[2]'" },
	{ "fd.name[1:] = x", "" },
	{ "fd.name[:] = x", "" },
	{ "fd.name[1:2,] = x", "column 13: expected a slice: from:length, from-to, from, :length or from:" },
	{ "fd.name[1:0] = x", "column 12: expected a slice: from:length, from-to, from, :length or from:" },
	{ "fd.num[0:1] = x", "column 7: field 'fd.num' has no slices" },
	{ "nosuch(proc.name) = x",
	  "column 1: unknown transformer 'nosuch'; there are tolower, toupper, b64, basename, len, join, concat, getopt" },
	{ "proc.name = nosuch(proc.name)",
	  "column 13: unknown transformer 'nosuch'; there are tolower, toupper, b64, basename, len, join, concat, getopt and val" },
	{ "val(proc.name) = x", "column 1: val() stands on the right side of a comparison only" },
	{ "toupper(val(proc.name)) = x", "column 9: val() stands on the right side of a comparison only" },
	{ "toupper() = x", "column 1: toupper() takes one value" },
	{ "toupper(proc.name, fd.name) = x", "column 1: toupper() takes one value" },
	{ "toupper(proc.name = x", "column 19: expected ',' or ')', found '='" },
	{ "toupper(fd.num) = x", "column 1: toupper() is of texts, not of numbers" },
	{ "toupper(fd.types) = x", "column 1: toupper() is of texts, not of lists of texts" },
	{ "toupper(proc.aname) = x", "column 1: field 'proc.aname' cannot be transformed" },
	{ "toupper(fd.ip) = x", "column 1: field 'fd.ip' cannot be transformed" },
	{ "len(fd.num) = 1", "column 1: len() is of texts, not of numbers" },
	{ "concat() = x", "column 1: concat() takes one text or more" },
	{ "join(proc.name) = x", "column 1: expected join(separator, list)" },
	{ "join(\",\", proc.name) = x", "column 1: expected join(separator, list)" },
	{ "join(\"+\", (a, b)) = x", "column 12: unknown field 'a'; nearest: ..." },
	{ "getopt(proc.args) = x", "column 1: expected getopt(arguments, \"letters\")" },
	{ "getopt(proc.args, \"c:\")[x] = y", "column 25: expected one of the letters of getopt()" },
	{ "proc.name = val(fd.num)", "column 13: both sides must be of one type: texts on the left, numbers on the right" },
	{ "fd.num = val(proc.name)", "column 10: both sides must be of one type: numbers on the left, texts on the right" },
	{ "proc.name = val(evt.buffer)", "column 13: both sides must be of one type: texts on the left, bytes on the right" },
	{ "proc.name pmatch val(fd.name)", "column 18: pmatch is compared with constants only" },
	{ "proc.name regex val(fd.name)", "column 17: regex is compared with constants only" },
	{ "fd.snet = val(fd.cnet)", "column 11: a network is compared with constants only" },
	{ "proc.name = val(proc.aname)", "column 13: field 'proc.aname' cannot stand on the right side" },
	{ "fd.sip = val(fd.ip)", "column 10: field 'fd.ip' cannot stand on the right side" },
	{ "proc.name = val()", "column 13: val() takes one value" },
	{ "proc.name =\n  a and\n  evt.typ = x", "line 3, column 3: unknown field 'evt.typ'; nearest: evt.type, ..." },
	{ "proc.name = \"\xc3\xa4\" and x", "column 21: 'x' is no field (and there are no macros here)" },
};
/* clang-format on */

static void test_filter_errors_say_where(void)
{
	CHECK_CASES(error_cases);
}

/* ---- limits ---- */

static char *repeat(const char *before, const char *unit, size_t n, const char *after)
{
	struct buf b;
	size_t len;

	buf_init(&b, 64u << 20);
	buf_adds(&b, before);
	for (size_t i = 0; i < n; i++) {
		buf_adds(&b, unit);
	}
	buf_adds(&b, after);
	buf_addc(&b, '\0');
	assert(!b.failed);
	return buf_detach(&b, &len);
}

static char *nested(size_t n)
{
	char *open = repeat("", "(", n, "evt.type = read");
	char *both = repeat(open, ")", n, "");

	free(open);
	return both;
}

static void check_text(char *text, const char *expected)
{
	const char *got = mkfilter_pass(text, NULL);

	if (strcmp(got, expected) != 0) {
		fprintf(stderr, "\n  expected %s\n  got      %s\n", expected, got);
	}
	CU_ASSERT_STRING_EQUAL(got, expected);
	free(text);
}

static void test_filter_errors_depth(void)
{
	check_text(nested(LIMIT_FILTER_DEPTH), "ru");
	check_text(nested(LIMIT_FILTER_DEPTH + 1),
		   "column 101: nested too deeply: more than 100 levels");
	check_text(nested(1u << 20), "column 101: nested too deeply: more than 100 levels");
	/* what does not nest is not limited by it */
	check_text(repeat("", "not ", 100000, "evt.type = read"), "ru");
	check_text(repeat("", "!", 100001, "evt.type = read"), "ofcw6elgsa");
	check_text(repeat("evt.type = read", " or evt.type = write", 10000, ""), "rwlu");
	check_text(repeat("evt.type = read", " xor evt.type = read", 12, ""), "ru");
	check_text(repeat("", "toupper(", 101, "proc.name"),
		   "column 801: nested too deeply: more than 100 levels");
}

/* Of xor the right side is written twice, once for each answer of the left: too many steps are an error, no flood. */
static void test_filter_errors_nested_xor(void)
{
	char *open = repeat("", "evt.failed = true xor (evt.failed = false xor (", 40,
			    "evt.failed = true");
	char *both = repeat(open, ")", 80, "");

	check_text(both, "the filter with its macros is too large: more than 1048576 steps");
	free(open);
}

static void test_filter_errors_size(void)
{
	char *text;

	text = repeat("fd.num in (1", ",5", 500000, ")");
	check_text(text, "orl");
	text = repeat("fd.num in (1", ",5", LIMIT_FILTER_STEPS, ")");
	CU_ASSERT_PTR_NOT_NULL(strstr(mkfilter_pass(text, NULL),
				      "too many comparisons and values: more than 1048576"));
	free(text);
	check_text(repeat("proc.name = \"", "x", LIMIT_FILTER_BYTES, "\""),
		   "the filter is too long: 4194318 bytes, at most 4194304");
	check_text(repeat("proc.name = \"", "x", LIMIT_FILTER_BYTES - 14, "\""), "");
	check_text(repeat("proc.name regex 'a.*'", " or proc.name regex 'a.*'",
			  LIMIT_FILTER_REGEXES, ""),
		   "column 102411: too many regular expressions: more than 4096");
}

/* An expression that tries everything is given up and counted. */
static void test_filter_errors_hostile_regex(void)
{
	static const char text[] = "evt.buffer matches \"^(([a-z ]+)+)+:[0-9]$\"";
	struct mkfield m;
	struct filter *f;
	struct filter_state *st;
	struct err e;
	char data[2000];

	err_init(&e);
	memset(data, 'a', sizeof(data) - 1);
	data[sizeof(data) - 2] = ':';
	data[sizeof(data) - 1] = '\0';
	mkfield_init(&m);
	mkstate_process(&m.st, 100, 1, "nginx");
	mkcap_read(&m.st.cap, mkstate_tick(&m.st), 100, 1999, 5, data);
	mkfield_last(&m);
	CU_ASSERT_EQUAL_FATAL(filter_new(text, NULL, &f, &e), 0);
	CU_ASSERT_EQUAL_FATAL(filter_state_new(f, &st, &e), 0);
	CU_ASSERT_FALSE(filter_match(f, st, &m.c));
	CU_ASSERT_EQUAL(filter_gave_up(st), 1);
	filter_state_free(st);
	filter_free(f);
	mkfield_end(&m);
}

void suite_filter_errors(CU_pSuite suite);
void suite_filter_errors(CU_pSuite suite)
{
	suite->pCleanupFunc = mkfilter_tear_down;
	CU_add_test(suite, "test_filter_doubts", test_filter_doubts);
	CU_add_test(suite, "test_filter_errors_say_where", test_filter_errors_say_where);
	CU_add_test(suite, "test_filter_errors_depth", test_filter_errors_depth);
	CU_add_test(suite, "test_filter_errors_nested_xor", test_filter_errors_nested_xor);
	CU_add_test(suite, "test_filter_errors_size", test_filter_errors_size);
	CU_add_test(suite, "test_filter_errors_hostile_regex", test_filter_errors_hostile_regex);
}
