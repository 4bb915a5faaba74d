/*
 * test_filter_types.c - what a filter tells of itself: the types of events that can pass, kinds of subjects,
 * what the fold must do.
 */
#include "mkfilter.h"

/* Types as their numbers in the schema, in words: "+name" of all types with that name, "+generic", "+async",
 * "+unknown"; "all". */
static bool type_is(unsigned int type, const char *word, size_t len)
{
	if (len == 7 && memcmp(word, "generic", 7) == 0) {
		return type == EV_GENERIC_E || type == EV_GENERIC_X;
	}
	if (len == 5 && memcmp(word, "async", 5) == 0) {
		return type == EV_ASYNCEVENT_E;
	}
	if (type == EV_GENERIC_E || type == EV_GENERIC_X || type == EV_ASYNCEVENT_E) {
		return false;
	}
	return strlen(schema_events[type].name) == len &&
	       memcmp(schema_events[type].name, word, len) == 0;
}

static bool named(unsigned int type, const char *words)
{
	while (*words != '\0') {
		size_t n = strcspn(words, " ");

		if (type_is(type, words, n)) {
			return true;
		}
		words += n + (words[n] == ' ');
	}
	return false;
}

/* words: names of types that are in the set, or with '!' in front those that alone are not. unknown: of types
 * beyond the schema. */
static void check_types(const char *text, const char *words, bool unknown)
{
	bool inverted = *words == '!';
	struct filter *f;
	struct err e;
	unsigned int wrong = 0;

	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(filter_new(text, NULL, &f, &e), 0);
	for (unsigned int i = 0; i < SCHEMA_EVENTS; i++) {
		if (filter_types_has(filter_types(f), i) !=
		    (named(i, words + inverted) != inverted)) {
			fprintf(stderr, "\n  %s: type %u (%s)\n", text, i, schema_events[i].name);
			wrong++;
		}
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(filter_types_has(filter_types(f), SCHEMA_EVENTS), unknown);
	CU_ASSERT_EQUAL(filter_types_has(filter_types(f), UINT16_MAX), unknown);
	filter_free(f);
}

/* Any name can be that of an asynchronous event, the names of system calls those of generic ones. */
static void test_filter_types_of_names(void)
{
	check_types("evt.type = execve", "execve generic async", false);
	check_types("evt.type = switch", "switch async", false);
	check_types("evt.type = nosuch", "async", false);
	check_types("evt.type = unknown", "generic async", true);
	check_types("evt.type in (read, switch)", "read switch generic async", false);
	check_types("evt.type in {\"read\", \"switch\"}", "read switch generic async", false);
	check_types("evt.type.is.switch = 1", "switch async", false);
	check_types("evt.type.is.switch = 0", "!switch", true);
	check_types("evt.type != switch", "!switch", true);
	check_types("not evt.type = switch", "!switch", true);
	check_types("evt.type = anyof (switch, read)", "switch read generic async", false);
	check_types("tolower(evt.type) = switch", "switch async", false);
	check_types("evt.type glob s[w]i?ch", "switch async", false);
	check_types("evt.type regex 'switch|signaldeliver'", "switch signaldeliver async", false);
	check_types("evt.type exists", "!", true);
	check_types("not evt.type exists", "async", false);
	check_types("syscall.type = switch", "async", false);
	check_types("evt.is_async = true", "async", false);
}

static void test_filter_types_of_combinations(void)
{
	check_types("evt.type = switch and proc.name = bash", "switch async", false);
	check_types("proc.name = bash and evt.type = switch", "switch async", false);
	check_types("evt.type = switch or proc.name = bash", "!", true);
	check_types("evt.type = switch or evt.type = signaldeliver", "switch signaldeliver async",
		    false);
	check_types("evt.type = switch and evt.type = signaldeliver", "async", false);
	check_types("not (evt.type = switch and proc.name = bash)", "!", true);
	check_types("not (evt.type != switch or proc.name = bash)", "switch async", false);
	check_types("not (not evt.type = switch)", "switch async", false);
	check_types(
		"(evt.type = switch and fd.num = 1) or (evt.type = signaldeliver and fd.num = 2)",
		"switch signaldeliver async", false);
	check_types("evt.type in (switch, signaldeliver) and not evt.type = switch",
		    "signaldeliver async", false);
	check_types("(evt.type = switch or evt.type = signaldeliver) and (evt.type = signaldeliver "
		    "or evt.type = drop)",
		    "signaldeliver async", false);
	check_types("evt.type = switch xor proc.name = bash", "!", true);
	check_types("proc.name = bash", "!", true);
	check_types("not proc.name = bash", "!", true);
}

/* The set is that of the types with a parameter oldpath, of those with one name only when name is not NULL. */
static void check_parameter(const char *text, const char *name)
{
	struct filter *f;
	struct err e;
	unsigned int wrong = 0;

	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(filter_new(text, NULL, &f, &e), 0);
	for (unsigned int i = 0; i < SCHEMA_EVENTS; i++) {
		bool has = false;

		for (unsigned int k = 0; k < schema_events[i].nparams; k++) {
			has = has || strcmp(schema_events[i].params[k].name, "oldpath") == 0;
		}
		has = has && (name == NULL || strcmp(schema_events[i].name, name) == 0);
		wrong += filter_types_has(filter_types(f), i) != has;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	filter_free(f);
}

static void test_filter_types_of_parameters(void)
{
	check_parameter("evt.arg.oldpath contains x", NULL);
	check_parameter("evt.arg[oldpath] = val(evt.arg.newpath)", NULL);
	check_parameter("evt.rawarg.oldpath exists and evt.type = rename", "rename");
	check_types("not evt.arg.oldpath contains x", "!", true);
	check_types("evt.is_open_write = true", "open openat openat2 open_by_handle_at creat",
		    false);
	check_types("evt.is_open_write = false", "!", true);
	check_types("evt.is_open_write != true", "!", true);
	check_types("evt.asynctype = x", "async", false);
}

/* Which of the two an event is follows from its type. */
static void test_filter_types_of_direction(void)
{
	struct filter *f;
	struct err e;
	unsigned int wrong = 0;

	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(filter_new("evt.dir = >", NULL, &f, &e), 0);
	for (unsigned int i = 0; i < SCHEMA_EVENTS; i++) {
		wrong += i != EV_ASYNCEVENT_E &&
			 filter_types_has(filter_types(f), i) == schema_events[i].is_exit;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(filter_types_has(filter_types(f), EV_ASYNCEVENT_E));
	filter_free(f);
}

static void check_kinds(const char *text, unsigned int kinds, bool events)
{
	struct filter *f;
	struct err e;
	bool any = false;

	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(filter_new(text, NULL, &f, &e), 0);
	CU_ASSERT_EQUAL(filter_kinds(f), kinds);
	for (unsigned int i = 0; i <= SCHEMA_EVENTS; i++) {
		any = any || filter_types_has(filter_types(f), i);
	}
	CU_ASSERT_EQUAL(any, events);
	filter_free(f);
}

static void test_filter_types_kinds(void)
{
	check_kinds("proc.name = x", FILTER_OF_EVENTS, true);
	check_kinds("tcp.port = 22", FILTER_OF_PACKETS, false);
	check_kinds("not tcp.port = 22", FILTER_OF_PACKETS, false);
	check_kinds("tcp.port = 22 or fd.port = 22", FILTER_OF_EVENTS | FILTER_OF_PACKETS, true);
	check_kinds("tcp.payload[0:3] = GET or len(proc.name) = 3",
		    FILTER_OF_EVENTS | FILTER_OF_PACKETS, true);
	check_kinds("concat(\"a\", \"b\") = ab", 0, false);
	/* one must be true of an event, which has no port: nothing can pass */
	check_kinds("tcp.port = 22 and tcp.len = val(tcp.srcport)", FILTER_OF_PACKETS, false);
}

static unsigned int wants(const char *text)
{
	struct filter *f;
	struct err e;
	unsigned int w;

	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(filter_new(text, NULL, &f, &e), 0);
	w = filter_wants(f);
	filter_free(f);
	return w;
}

static void test_filter_types_wants(void)
{
	CU_ASSERT_EQUAL(wants("evt.type = read and evt.rawres > 5"), 0);
	CU_ASSERT_EQUAL(wants("tcp.port = 80"), 0);
	CU_ASSERT(wants("proc.name = x") & WANT_FOLD);
	CU_ASSERT(wants("proc.name = x or proc.aname = y") & WANT_ANCESTORS);
	CU_ASSERT(wants("proc.name = val(proc.pname)") & WANT_ANCESTORS);
	CU_ASSERT(wants("toupper(evt.args) contains X") & WANT_REFS);
	CU_ASSERT(wants("join(\",\", (proc.pname, \"x\")) = y") & WANT_ANCESTORS);
}

/* Of many tests of the type only so many are worked out; the others are as good, only slower. */
static void test_filter_types_of_many(void)
{
	struct buf b;

	buf_init(&b, 1u << 20);
	for (unsigned int i = 0; i < 5000; i++) {
		buf_printf(&b, "evt.type = x%u or ", i);
	}
	buf_adds(&b, "evt.type = read");
	mkfilter_check(buf_str(&b), "ru", NULL);
	buf_release(&b);
}

void suite_filter_types(CU_pSuite suite);
void suite_filter_types(CU_pSuite suite)
{
	suite->pCleanupFunc = mkfilter_tear_down;
	CU_add_test(suite, "test_filter_types_of_names", test_filter_types_of_names);
	CU_add_test(suite, "test_filter_types_of_combinations", test_filter_types_of_combinations);
	CU_add_test(suite, "test_filter_types_of_parameters", test_filter_types_of_parameters);
	CU_add_test(suite, "test_filter_types_of_direction", test_filter_types_of_direction);
	CU_add_test(suite, "test_filter_types_kinds", test_filter_types_kinds);
	CU_add_test(suite, "test_filter_types_wants", test_filter_types_wants);
	CU_add_test(suite, "test_filter_types_of_many", test_filter_types_of_many);
}
