/*
 * test_options.c - the command line: values, ranges, what is refused, and that the tables of
 * options and commands are whole.
 */
#include "cli/options.h"

#include <CUnit/CUnit.h>

#include "base/limits.h"
#include "cli/command.h"

static struct options o;
static struct err e;

/* Parses up to 8 words for a command of the given kind. */
static int parse(unsigned int which, const char *a, const char *b, const char *c, const char *d)
{
	const char *words[] = { a, b, c, d };
	char *argv[4];
	int argc = 0;

	while (argc < 4 && words[argc] != NULL) {
		argv[argc] = (char *)(uintptr_t)words[argc];
		argc++;
	}
	options_release(&o);
	options_init(&o);
	err_init(&e);
	return options_parse(&o, which | OPT_FOR_HELP, argc, argv, &e);
}

static void test_options_defaults(void)
{
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, NULL, NULL, NULL, NULL), 0);
	CU_ASSERT(o.threads >= 1 && o.threads <= LIMIT_THREADS_J);
	CU_ASSERT_EQUAL(o.batch_bytes, LIMIT_BATCH_BYTES_DEFAULT);
	CU_ASSERT_EQUAL(o.count, UINT64_MAX);
	CU_ASSERT_EQUAL(o.time_format, 'h');
	CU_ASSERT_EQUAL(o.input_count, 0);
	CU_ASSERT_FALSE(o.json);
}

static void test_options_values_joined_or_apart(void)
{
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, "--jobs=3", "--count", "17", "x.scap"), 0);
	CU_ASSERT_EQUAL(o.threads, 3);
	CU_ASSERT_EQUAL(o.count, 17);
	CU_ASSERT_EQUAL(o.input_count, 1);
	CU_ASSERT_STRING_EQUAL(o.inputs[0], "x.scap");
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, "-j5", "-c", "2", "-p%evt.num"), 0);
	CU_ASSERT_EQUAL(o.threads, 5);
	CU_ASSERT_EQUAL(o.count, 2);
	CU_ASSERT_STRING_EQUAL(o.format, "%evt.num");
}

static void test_options_flags_bundle(void)
{
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, "-ql", "-tr", NULL, NULL), 0);
	CU_ASSERT_TRUE(o.quiet);
	CU_ASSERT_TRUE(o.list);
	CU_ASSERT_EQUAL(o.time_format, 'r');
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, "-qj2", NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(o.threads, 2);
}

static void test_options_dashes(void)
{
	CU_ASSERT_EQUAL(parse(OPT_FOR_INFO, "-", "--", "--json", "-q"), 0);
	CU_ASSERT_EQUAL(o.input_count, 3);
	CU_ASSERT_STRING_EQUAL(o.inputs[0], "-");
	CU_ASSERT_STRING_EQUAL(o.inputs[1], "--json");
	CU_ASSERT_STRING_EQUAL(o.inputs[2], "-q");
	CU_ASSERT_FALSE(o.json);
	CU_ASSERT_FALSE(o.quiet);
}

static void test_options_sizes_have_suffixes(void)
{
	CU_ASSERT_EQUAL(parse(OPT_FOR_INFO, "--batch-bytes=4K", NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(o.batch_bytes, 4096);
	CU_ASSERT_EQUAL(parse(OPT_FOR_INFO, "--batch-bytes=64M", NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(o.batch_bytes, 64u << 20);
	CU_ASSERT_EQUAL(parse(OPT_FOR_INFO, "--batch-bytes=65M", NULL, NULL, NULL), ERR_USAGE);
	CU_ASSERT_EQUAL(parse(OPT_FOR_INFO, "--batch-bytes=4095", NULL, NULL, NULL), ERR_USAGE);
}

static void test_options_numbers_are_checked_in_full(void)
{
	static const char *const bad[] = {
		"-j0",
		"-j257",
		"-j-1",
		"-j+1",
		"-j 1",
		"-j1x",
		"-jx",
		"-j0x2",
		"-j1KK",
		"-j18446744073709551617",
		"-j18014398509481984K",
		"--jobs=",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CU_ASSERT_EQUAL(parse(OPT_FOR_INFO, bad[i], NULL, NULL, NULL), ERR_USAGE);
		CU_ASSERT(e.message[0] != '\0');
	}
	CU_ASSERT_EQUAL(parse(OPT_FOR_INFO, "-j256", NULL, NULL, NULL), 0);
}

static int64_t offset_of(const char *text)
{
	CU_ASSERT_EQUAL(parse(OPT_FOR_REPORT, "--clock-offset", text, NULL, NULL), 0);
	return o.clock_offset_ns;
}

static void test_options_durations(void)
{
	static const char *const bad[] = { "-",           "+",   "s",     "1x",  "1h2",  "--1s",
					   "1s ",         " 1s", "1..5s", ".5s", "1e3s", "9999999999999h",
					   "9223372037s", "0x1s" };

	CU_ASSERT_EQUAL(parse(OPT_FOR_REPORT, "x", NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(o.clock_offset_ns, OFFSET_NOT_GIVEN);
	CU_ASSERT_EQUAL(offset_of("+12040.7s"), 12040700000000);
	CU_ASSERT_EQUAL(offset_of("-3h20m"), -12000 * (int64_t)NSEC_PER_SEC);
	CU_ASSERT_EQUAL(offset_of("1ms2us3ns"), 1002003);
	CU_ASSERT_EQUAL(offset_of("0.000000001s"), 1);
	CU_ASSERT_EQUAL(offset_of("1.5h"), 5400 * (int64_t)NSEC_PER_SEC);
	CU_ASSERT_EQUAL(offset_of("-1.5"), -1500000000);
	CU_ASSERT_EQUAL(offset_of("0"), 0);
	CU_ASSERT_EQUAL(offset_of("9223372036s"), 9223372036000000000);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CU_ASSERT_EQUAL(parse(OPT_FOR_REPORT, "--clock-offset", bad[i], NULL, NULL), ERR_USAGE);
	}
}

static void test_options_words(void)
{
	CU_ASSERT_EQUAL(parse(OPT_FOR_REPORT, "--clock=packets", NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(o.clock_shown, CLOCK_SHOWN_PACKETS);
	CU_ASSERT_EQUAL(parse(OPT_FOR_REPORT, "--clock=syscalls", "--no-join", "--trace", "t.json"), 0);
	CU_ASSERT_EQUAL(o.clock_shown, CLOCK_SHOWN_SYSCALLS);
	CU_ASSERT_TRUE(o.no_join);
	CU_ASSERT_STRING_EQUAL(o.trace, "t.json");
	CU_ASSERT_EQUAL(parse(OPT_FOR_REPORT, "--clock=packet", NULL, NULL, NULL), ERR_USAGE);
	CU_ASSERT_EQUAL(parse(OPT_FOR_REPORT, "--clock=packets ", NULL, NULL, NULL), ERR_USAGE);
	CU_ASSERT_EQUAL(parse(OPT_FOR_REPORT, "--clock", "", NULL, NULL), ERR_USAGE);
}

static void test_options_repeated(void)
{
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, "-xxA", "-x", NULL, NULL), 0);
	CU_ASSERT_EQUAL(o.hex, 3);
	CU_ASSERT_TRUE(o.ascii);
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, "--hex", "--hex", NULL, NULL), 0);
	CU_ASSERT_EQUAL(o.hex, 2);
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, "--hex=2", NULL, NULL, NULL), ERR_USAGE);
	/* every file counts, in order */
	CU_ASSERT_EQUAL(parse(OPT_FOR_REPORT, "--filter-file", "a", "--filter-file=b", "in"), 0);
	CU_ASSERT_EQUAL_FATAL(o.filter_files.count, 2);
	CU_ASSERT_STRING_EQUAL(o.filter_files.items[0], "a");
	CU_ASSERT_STRING_EQUAL(o.filter_files.items[1], "b");
	CU_ASSERT_EQUAL(parse(OPT_FOR_REPORT, "--filter-file=", NULL, NULL, NULL), ERR_USAGE);
	/* a second filter would be the only one: refused */
	CU_ASSERT_EQUAL(parse(OPT_FOR_INFO, "-f", "a", NULL, NULL), 0);
	CU_ASSERT_STRING_EQUAL(o.filter, "a");
	CU_ASSERT_EQUAL(parse(OPT_FOR_INFO, "-f", "a", "-f", "b"), ERR_USAGE);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.message, "twice"));
	CU_ASSERT_EQUAL(parse(OPT_FOR_INFO, "-f", "", NULL, NULL), ERR_USAGE);
}

static void test_options_spans(void)
{
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, "--last", "1h30m", NULL, NULL), 0);
	CU_ASSERT_EQUAL(o.last_ns, 5400 * (int64_t)NSEC_PER_SEC);
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, "--last=10", NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(o.last_ns, 10 * (int64_t)NSEC_PER_SEC);
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, "--last=0", NULL, NULL, NULL), ERR_USAGE);
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, "--last=-5s", NULL, NULL, NULL), ERR_USAGE);
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, "--last=+5s", NULL, NULL, NULL), ERR_USAGE);
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, "--around=10000", NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, "--around=10001", NULL, NULL, NULL), ERR_USAGE);
}

static void test_options_refuses(void)
{
	CU_ASSERT_EQUAL(parse(OPT_FOR_INFO, "--frob", NULL, NULL, NULL), ERR_USAGE);
	CU_ASSERT_EQUAL(parse(OPT_FOR_INFO, "-Z", NULL, NULL, NULL), ERR_USAGE);
	/* options of another command */
	CU_ASSERT_EQUAL(parse(OPT_FOR_INFO, "--raw", NULL, NULL, NULL), ERR_USAGE);
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, "-o", "x", NULL, NULL), ERR_USAGE);
	/* a value too many, one missing */
	CU_ASSERT_EQUAL(parse(OPT_FOR_INFO, "--json=yes", NULL, NULL, NULL), ERR_USAGE);
	CU_ASSERT_EQUAL(parse(OPT_FOR_INFO, "--jobs", NULL, NULL, NULL), ERR_USAGE);
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, "-p", NULL, NULL, NULL), ERR_USAGE);
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, "-t", "x", NULL, NULL), ERR_USAGE);
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, "-t", "", NULL, NULL), ERR_USAGE);
	CU_ASSERT_EQUAL(parse(OPT_FOR_PRINT, "-thh", NULL, NULL, NULL), ERR_USAGE);
}

/* Names and letters of one command's options are unique, help is there, values fit kinds. */
static void test_options_table_is_whole(void)
{
	for (const struct option_row *r = option_rows; r->name != NULL; r++) {
		CU_ASSERT(r->help != NULL && r->help[0] != '\0');
		CU_ASSERT(r->commands != 0);
		CU_ASSERT_EQUAL(r->kind == OPTION_FLAG || r->kind == OPTION_COUNT, r->value == NULL);
		CU_ASSERT_EQUAL(r->kind == OPTION_LETTER || r->kind == OPTION_WORD, r->choices != NULL);
		CU_ASSERT(r->kind != OPTION_NUMBER || r->min < r->max);
		for (const struct option_row *x = r + 1; x->name != NULL; x++) {
			bool same_command = (r->commands & x->commands) != 0;

			CU_ASSERT(!same_command || strcmp(r->name, x->name) != 0);
			CU_ASSERT(!same_command || r->letter == 0 || r->letter != x->letter);
		}
	}
}

static void test_options_commands_are_whole(void)
{
	unsigned int n = 0;

	for (const struct command *c = commands; c->name != NULL; c++) {
		CU_ASSERT(c->summary != NULL && c->run != NULL && c->arguments != NULL);
		CU_ASSERT_PTR_EQUAL(command_find(c->name), c);
		if (c->options & OPT_FOR_RUNS) {
			CU_ASSERT(c->about != NULL && c->examples != NULL);
		}
		n++;
	}
	CU_ASSERT(n >= 7);
	CU_ASSERT_PTR_NULL(command_find("inf"));
	CU_ASSERT_PTR_NULL(command_find(""));
}

/* Rows of several commands may have the same name. */
static bool has_option(unsigned int which, const char *name)
{
	for (const struct option_row *r = option_rows; r->name != NULL; r++) {
		if ((r->commands & which) != 0 && strcmp(r->name, name) == 0) {
			return true;
		}
	}
	return false;
}

/* Every option of a command stands in its usage text. */
static void test_options_usage_lists_all(void)
{
	for (const struct command *c = commands; c->name != NULL; c++) {
		struct buf text;

		buf_init(&text, 1u << 20);
		command_usage(&text, c);
		for (const struct option_row *r = option_rows; r->name != NULL; r++) {
			char word[64];

			snprintf(word, sizeof(word), " --%s ", r->name);
			CU_ASSERT_EQUAL(has_option(c->options | OPT_FOR_HELP, r->name),
					strstr(buf_str(&text), word) != NULL);
		}
		buf_release(&text);
	}
	options_release(&o);
}

void suite_options(CU_pSuite suite);
void suite_options(CU_pSuite suite)
{
	CU_add_test(suite, "test_options_defaults", test_options_defaults);
	CU_add_test(suite, "test_options_values_joined_or_apart",
		    test_options_values_joined_or_apart);
	CU_add_test(suite, "test_options_flags_bundle", test_options_flags_bundle);
	CU_add_test(suite, "test_options_dashes", test_options_dashes);
	CU_add_test(suite, "test_options_sizes_have_suffixes", test_options_sizes_have_suffixes);
	CU_add_test(suite, "test_options_numbers_are_checked_in_full",
		    test_options_numbers_are_checked_in_full);
	CU_add_test(suite, "test_options_durations", test_options_durations);
	CU_add_test(suite, "test_options_words", test_options_words);
	CU_add_test(suite, "test_options_repeated", test_options_repeated);
	CU_add_test(suite, "test_options_spans", test_options_spans);
	CU_add_test(suite, "test_options_refuses", test_options_refuses);
	CU_add_test(suite, "test_options_table_is_whole", test_options_table_is_whole);
	CU_add_test(suite, "test_options_commands_are_whole", test_options_commands_are_whole);
	CU_add_test(suite, "test_options_usage_lists_all", test_options_usage_lists_all);
}
