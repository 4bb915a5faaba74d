/*
 * test_filter_library.c - macros and lists, as rules define them.
 */
#include "mkfilter.h"

#include "base/limits.h"

static struct filter_library *lib;

static void start(void)
{
	mkfilter_set_up();
	lib = filter_library_new();
	CU_ASSERT_PTR_NOT_NULL_FATAL(lib);
}

static void finish(void)
{
	filter_library_free(lib);
	lib = NULL;
}

static void macro(const char *name, const char *text)
{
	struct err e;

	err_init(&e);
	CU_ASSERT_EQUAL(filter_library_macro(lib, name, text, &e), 0);
	CU_ASSERT_STRING_EQUAL(e.message, "");
}

static void list(const char *name, const char *const *items, size_t n)
{
	struct err e;

	err_init(&e);
	CU_ASSERT_EQUAL(filter_library_list(lib, name, items, n, &e), 0);
	CU_ASSERT_STRING_EQUAL(e.message, "");
}

#define LIST(name, ...)                                          \
	do {                                                     \
		static const char *const l_[] = { __VA_ARGS__ }; \
		list(name, l_, ARRAY_LEN(l_));                   \
	} while (0)
#define CHECK(text, expected) mkfilter_check(text, expected, lib)

static void check_refused(int code, const struct err *e, const char *message)
{
	CU_ASSERT_EQUAL(code, ERR_USAGE);
	CU_ASSERT_STRING_EQUAL(e->message, message);
}

#define REFUSED_MACRO(name, text, message)                                               \
	do {                                                                             \
		struct err e_;                                                           \
		err_init(&e_);                                                           \
		check_refused(filter_library_macro(lib, name, text, &e_), &e_, message); \
	} while (0)

static void test_filter_library_macros(void)
{
	start();
	macro("spawned", "evt.type = execve and evt.failed = false");
	macro("web", "proc.name = nginx or proc.name = apache2");
	macro("web_read", "web and evt.type = read");
	CHECK("spawned", "e");
	CHECK("not spawned", "ofrcw6lgsua");
	CHECK("web", "ofrcw6s");
	/* a macro is one thing, whatever stands in it */
	CHECK("web and evt.type = read", "r");
	CHECK("web_read", "r");
	CHECK("not web_read and web", "ofcw6s");
	CHECK("(web)", "ofrcw6s");
	CHECK("!web && !spawned", "lgua");
	CHECK("web or spawned", "ofrcw6es");
	CHECK("web xor evt.type = read", "ofcw6su");
	CHECK("web2", "column 1: 'web2' is neither a macro nor a field");
	CHECK("web = x", "column 5: expected 'and', 'or' or the end, found '='");
	CHECK("web and\nnosuch", "line 2, column 1: 'nosuch' is neither a macro nor a field");
	/* fields without a dot are fields, unless a macro has the name */
	CHECK("tcp", "");
	macro("tcp", "fd.l4proto = tcp");
	CHECK("tcp", "cw6");
	finish();
}

static void test_filter_library_redefined(void)
{
	start();
	macro("a", "evt.type = read");
	macro("b", "a or evt.type = write");
	macro("a", "evt.type = execve");
	CHECK("a", "e");
	/* b is made of what a is now */
	CHECK("b", "wel");
	CHECK("b and not a", "wl");
	REFUSED_MACRO("a", "a or evt.type = switch", "macro 'a' uses itself");
	REFUSED_MACRO("a", "evt.type = ", "macro 'a': column 12: expected a value, found the end");
	CHECK("a", "e");
	/* what was not there when a was defined first is there when it is defined again */
	macro("c", "evt.type = switch");
	macro("a", "c or evt.type = connect");
	CHECK("b", "cwls");
	macro("c", "fd.num = 1");
	CHECK("b", "cwl");
	CHECK("a", "cl");
	finish();
}

static void test_filter_library_loops(void)
{
	start();
	macro("a", "evt.type = read");
	macro("b", "a and proc.name = nginx");
	macro("c", "b or fd.num = 1");
	macro("a", "c");
	CHECK("b", "macro 'a' uses itself");
	CHECK("evt.type = read", "macro 'a' uses itself");
	macro("a", "evt.type = write");
	CHECK("c", "wl");
	finish();
}

static void test_filter_library_lists_redefined(void)
{
	start();
	LIST("l", "nginx");
	LIST("m", "l", "x");
	macro("in_m", "proc.name in (m)");
	CHECK("proc.name in (l)", "ofrcw6s");
	CHECK("in_m", "ofrcw6s");
	LIST("l", "bash");
	CHECK("proc.name in (l)", "elg");
	CHECK("proc.name in (m)", "elg");
	CHECK("in_m", "elg");
	LIST("l", "l", "m");
	CHECK("proc.name in (m)", "");
	LIST("l", "bash", "nginx");
	CHECK("in_m", "ofrcw6elgs");
	finish();
	/* of another type than before: told when it is used */
	start();
	LIST("p", "80");
	macro("ports", "fd.port in (p)");
	LIST("p", "nosuch");
	CHECK("ports", "macro 'ports': column 13: 'fd.port' is compared with a port: a number up "
		       "to 65535 or the name of a service, not with 'nosuch'");
	finish();
}

static void test_filter_library_lists(void)
{
	static const char *const none[] = { NULL };

	start();
	LIST("shells", "sh", "bash", "zsh");
	LIST("web", "nginx", "apache2");
	LIST("both", "shells", "web", "cat");
	LIST("ports", "80", "https");
	LIST("paths", "/etc", "/tmp/Out File.LOG");
	LIST("nets", "10.0.0.0/8", "192.168.0.0/16");
	LIST("dashed_1", "a-b");
	list("empty", none, 0);
	CHECK("proc.name in (shells)", "elg");
	CHECK("proc.name in shells", "elg");
	CHECK("proc.name in (shells, nginx)", "ofrcw6elgs");
	CHECK("proc.name in (nginx, shells, x)", "ofrcw6elgs");
	CHECK("proc.name in {shells nginx}", "ofrcw6elgs");
	CHECK("proc.name in (both)", "ofrcw6elgs");
	CHECK("proc.name intersects (web)", "ofrcw6s");
	CHECK("proc.name startswith anyof (web)", "ofrcw6s");
	CHECK("proc.name = oneof web", "ofrcw6s");
	CHECK("proc.name = anyof nosuchlist",
	      "column 19: expected 'and', 'or' or the end, found 'nosuchlist'");
	CHECK("fd.port in (ports)", "cw6");
	CHECK("fd.name pmatch (paths)", "orl");
	CHECK("fd.net in (nets)", "cw");
	CHECK("proc.name in (empty)", "");
	CHECK("proc.name in (empty, bash)", "elg");
	CHECK("proc.name in empty", "");
	CHECK("not proc.name in (empty)", "ofrcw6elgsua");
	/* items in quotes of their own, as rules have them; names that are no identifiers */
	LIST("quoted-1", "\"10.0.0.0/8\"", "'fd77::/16'");
	LIST("words", "\"\\x6eginx\"", "a b", "\"shells\"");
	CHECK("fd.net in (quoted-1)", "cw6");
	CHECK("fd.net in quoted-1", "cw6");
	CHECK("proc.name in (words)", "ofrcw6s");
	/* in quotes it is a text; so it is behind = */
	CHECK("proc.name in (\"shells\")", "");
	CHECK("proc.name = shells", "");
	CHECK("proc.name in (shellsx)", "");
	CHECK("fd.num in (shells)",
	      "column 12: 'fd.num' is compared with a whole number, not with 'sh'");
	finish();
	CHECK("proc.name in shells", "");
}

static void test_filter_library_errors(void)
{
	const char *items[] = { "x" };
	struct err e;

	start();
	REFUSED_MACRO("bad", "proc.nam = x and",
		      "macro 'bad': column 1: unknown field 'proc.nam'; nearest: proc.name, "
		      "proc.pname, proc.aname");
	REFUSED_MACRO("bad", "evt.type = open and other",
		      "macro 'bad': column 21: 'other' is neither a macro nor a field");
	REFUSED_MACRO("bad", "bad", "macro 'bad': column 1: 'bad' is neither a macro nor a field");
	REFUSED_MACRO("bad", "", "macro 'bad': column 1: expected a field, found the end");
	REFUSED_MACRO(
		"9bad", "evt.type = open",
		"'9bad' cannot be the name of a macro: letters, digits and _, a letter first");
	REFUSED_MACRO("a.b", "evt.type = open",
		      "'a.b' cannot be the name of a macro: letters, digits and _, a letter first");
	REFUSED_MACRO("", "evt.type = open",
		      "'' cannot be the name of a macro: letters, digits and _, a letter first");
	CHECK("bad", "column 1: 'bad' is neither a macro nor a field");
	err_init(&e);
	check_refused(filter_library_list(lib, "a b", items, 1, &e), &e,
		      "'a b' cannot be the name of a list: it is no single word");
	err_init(&e);
	items[0] = "\"x";
	check_refused(filter_library_list(lib, "open", items, 1, &e), &e,
		      "list 'open': column 1: the string is not closed: expected \" (one behind a "
		      "backslash does not close it)");
	err_init(&e);
	items[0] = "'x' y";
	check_refused(filter_library_list(lib, "behind", items, 1, &e), &e,
		      "list 'behind': column 4: expected the end of the item, found ' '");
	finish();
}

/* A filter outlives its library. */
static void test_filter_library_may_go(void)
{
	struct filter *f;
	struct filter_state *st;
	struct err e;
	char name[] = "nginx";
	const char *items[] = { name };

	start();
	err_init(&e);
	CU_ASSERT_EQUAL(filter_library_list(lib, "l", items, 1, &e), 0);
	memset(name, 'x', 5);
	macro("m",
	      "proc.name in (l) and proc.name regex 'n.*' and proc.args[0] exists or fd.num = 5");
	CU_ASSERT_EQUAL_FATAL(filter_new("m and proc.name in (l)", lib, &f, &e), 0);
	finish();
	CU_ASSERT_EQUAL_FATAL(filter_state_new(f, &st, &e), 0);
	mkfilter_subject(0);
	CU_ASSERT(filter_match(f, st, &world.c));
	mkfilter_subject(1);
	CU_ASSERT_FALSE(filter_match(f, st, &world.c));
	filter_state_free(st);
	filter_free(f);
}

/* Macros that double, and that nest. */
static void test_filter_library_limits(void)
{
	char name[16], text[64];
	struct err e;
	int code = 0;

	start();
	macro("d0", "evt.failed = true");
	for (unsigned int i = 1; i <= 40; i++) {
		snprintf(name, sizeof(name), "d%u", i);
		snprintf(text, sizeof(text), "d%u or d%u", i - 1, i - 1);
		macro(name, text);
	}
	CHECK("d10", "f");
	CHECK("d40", "the filter with its macros is too large: more than 1048576 comparisons");
	macro("n0", "evt.type = read");
	err_init(&e);
	for (unsigned int i = 1; i < 2000 && code == 0; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		snprintf(text, sizeof(text), "not n%u", i - 1);
		code = filter_library_macro(lib, name, text, &e);
	}
	CU_ASSERT_EQUAL(code, ERR_USAGE);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.message, "macros nest too deeply: more than 1000 levels"));
	CHECK("n100", "ru");
	CHECK("n101", "ofcw6elgsa");
	macro("n0", "evt.type = write");
	CHECK("n100", "wl");
	CHECK("n400", "wl");
	finish();
}

/* With a library parentheses may nest as deeply as in rules. */
static void test_filter_library_depth(void)
{
	char *text = malloc(2 * LIMIT_FILTER_RULES_DEPTH + 64);
	char *p = text;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	start();
	memset(p, '(', LIMIT_FILTER_RULES_DEPTH);
	p += LIMIT_FILTER_RULES_DEPTH;
	memcpy(p, "evt.type = read", 15);
	memset(p + 15, ')', LIMIT_FILTER_RULES_DEPTH);
	p[15 + LIMIT_FILTER_RULES_DEPTH] = '\0';
	CHECK(text, "ru");
	memset(text, '(', LIMIT_FILTER_RULES_DEPTH + 1);
	CHECK(text, "column 1001: nested too deeply: more than 1000 levels");
	finish();
	free(text);
}

static void test_filter_library_long_lists(void)
{
	static char names[20000][8];
	static const char *items[20000];
	static const char *twice[] = { "l0", "l0" };
	char name[16];
	struct err e;
	int code = 0;

	start();
	for (unsigned int i = 0; i < 20000; i++) {
		snprintf(names[i], sizeof(names[i]), "p%u", i);
		items[i] = names[i];
	}
	items[777] = "bash";
	list("l0", items, 20000);
	CHECK("proc.name in (l0)", "elg");
	CHECK("proc.name in (l0, l0, nginx)", "ofrcw6elgs");
	err_init(&e);
	for (unsigned int i = 1; i < 20 && code == 0; i++) {
		snprintf(name, sizeof(name), "l%u", i);
		code = filter_library_list(lib, name, twice, 2, &e);
		twice[0] = twice[1] = i == 1   ? "l1"
				      : i == 2 ? "l2"
				      : i == 3 ? "l3"
				      : i == 4 ? "l4"
					       : "l5";
	}
	CU_ASSERT_EQUAL(code, ERR_USAGE);
	CU_ASSERT_STRING_EQUAL(e.message, "list 'l6' is too long: more than 1048576 items");
	finish();
}

/* Each defined again to use the next one, which comes after it: they would be made one within the other. */
static void test_filter_library_forward(void)
{
	char name[16], text[16];

	start();
	for (unsigned int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		macro(name, "evt.type = read");
	}
	for (unsigned int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		snprintf(text, sizeof(text), "f%u", i + 1);
		macro(name, text);
	}
	CHECK("f0", "ru");
	for (unsigned int i = 40; i < 199; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		snprintf(text, sizeof(text), "f%u", i + 1);
		macro(name, text);
	}
	CHECK("f0", "macro 'f50' is defined by too many that were defined after it");
	finish();
}

void suite_filter_library(CU_pSuite suite);
void suite_filter_library(CU_pSuite suite)
{
	suite->pCleanupFunc = mkfilter_tear_down;
	CU_add_test(suite, "test_filter_library_macros", test_filter_library_macros);
	CU_add_test(suite, "test_filter_library_redefined", test_filter_library_redefined);
	CU_add_test(suite, "test_filter_library_loops", test_filter_library_loops);
	CU_add_test(suite, "test_filter_library_lists_redefined",
		    test_filter_library_lists_redefined);
	CU_add_test(suite, "test_filter_library_forward", test_filter_library_forward);
	CU_add_test(suite, "test_filter_library_lists", test_filter_library_lists);
	CU_add_test(suite, "test_filter_library_errors", test_filter_library_errors);
	CU_add_test(suite, "test_filter_library_may_go", test_filter_library_may_go);
	CU_add_test(suite, "test_filter_library_limits", test_filter_library_limits);
	CU_add_test(suite, "test_filter_library_depth", test_filter_library_depth);
	CU_add_test(suite, "test_filter_library_long_lists", test_filter_library_long_lists);
}
