/*
 * test_glob.c - shell patterns, against what libc's fnmatch says of every short pattern and text.
 */
#include "filter/glob.h"

#include <CUnit/CUnit.h>
#include <fnmatch.h>

#define PATTERN_MAX 6
#define TEXT_MAX 3

/* The i-th text over an alphabet, shorter ones first; false: it would be longer than max. */
static bool nth(const char *alphabet, size_t i, size_t max, char *out)
{
	size_t k = strlen(alphabet);
	size_t count = 1;
	size_t len = 0;

	while (i >= count) {
		i -= count;
		count *= k;
		if (++len > max) {
			return false;
		}
	}
	for (size_t n = 0; n < len; n++) {
		out[n] = alphabet[i % k];
		i /= k;
	}
	out[len] = '\0';
	return true;
}

static void check_all(const char *pattern_letters, size_t pattern_max, const char *text_letters,
		      bool fold)
{
	char pattern[PATTERN_MAX + 1], text[TEXT_MAX + 1];
	unsigned int wrong = 0;

	for (size_t i = 0; nth(pattern_letters, i, pattern_max, pattern); i++) {
		for (size_t k = 0; nth(text_letters, k, TEXT_MAX, text); k++) {
			bool got = glob_match(pattern, strlen(pattern), text, strlen(text), fold);
			bool expected = fnmatch(pattern, text, fold ? FNM_CASEFOLD : 0) == 0;

			if (got != expected && wrong++ < 10) {
				fprintf(stderr, "\n  pattern '%s', text '%s': %d, fnmatch %d\n",
					pattern, text, got, expected);
			}
		}
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void test_glob_stars(void)
{
	check_all("ab*?", 6, "ab/", false);
	check_all("a*\\.", 6, "a.\\", false);
	check_all("aB*?", 5, "abB", true);
}

static void test_glob_brackets(void)
{
	check_all("a[]!-", 6, "ab]", false);
	check_all("b[]^*", 6, "ab[", false);
	check_all("[]a-\\", 6, "a\\-", false);
	check_all("[]aC-", 6, "abC", true);
}

static void test_glob_classes(void)
{
	static const char *const patterns[] = { "[[:alpha:]]",  "[[:digit:]]",    "[[:alnum:]]",
						"[[:upper:]]",  "[[:lower:]]",    "[[:space:]]",
						"[[:blank:]]",  "[[:punct:]]",    "[[:print:]]",
						"[[:graph:]]",  "[[:cntrl:]]",    "[[:xdigit:]]",
						"[![:alpha:]]", "[[:alpha:]0-3]", "[a[:digit:]z]",
						"[[:nosuch:]]" };
	unsigned int wrong = 0;

	for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
		for (int c = 1; c < 128; c++) {
			char text[2] = { (char)c, '\0' };

			wrong += glob_match(patterns[i], strlen(patterns[i]), text, 1, false) !=
				 (fnmatch(patterns[i], text, 0) == 0);
			wrong += glob_match(patterns[i], strlen(patterns[i]), text, 1, true) !=
				 (fnmatch(patterns[i], text, FNM_CASEFOLD) == 0);
		}
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* Bytes are bytes, and a NUL is one. */
static void test_glob_bytes(void)
{
	CU_ASSERT(glob_match("a?b", 3, "a\0b", 3, false));
	CU_ASSERT(glob_match("a*", 2, "a\xff\xfe", 3, false));
	CU_ASSERT_FALSE(glob_match("a?", 2, "a\xc3\xa4", 3, false));
	CU_ASSERT(glob_match("[\x80-\xff]", 5, "\xc3", 1, false));
}

/* Time grows with the product of the lengths, not with their power. */
static void test_glob_many_stars(void)
{
	static char text[20000];
	char pattern[101];

	memset(text, 'a', sizeof(text));
	for (unsigned int i = 0; i < 100; i += 2) {
		pattern[i] = '*';
		pattern[i + 1] = 'a';
	}
	pattern[100] = 'b';
	CU_ASSERT_FALSE(glob_match(pattern, 101, text, sizeof(text), false));
	CU_ASSERT_FALSE(glob_match(pattern, 101, text, sizeof(text), true));
	CU_ASSERT(glob_match(pattern, 100, text, sizeof(text), false));
}

void suite_glob(CU_pSuite suite);
void suite_glob(CU_pSuite suite)
{
	CU_add_test(suite, "test_glob_stars", test_glob_stars);
	CU_add_test(suite, "test_glob_brackets", test_glob_brackets);
	CU_add_test(suite, "test_glob_classes", test_glob_classes);
	CU_add_test(suite, "test_glob_bytes", test_glob_bytes);
	CU_add_test(suite, "test_glob_many_stars", test_glob_many_stars);
}
