/*
 * test_err.c - the error table (names unique, sentences as the house writes them) and struct err.
 */
#include "base/err.h"

#include <CUnit/Basic.h>
#include <ctype.h>

static void test_err_table_is_complete_and_unique(void)
{
	for (int i = 1; i < ERR_COUNT; i++) {
		const char *text = err_text(-i);

		CU_ASSERT(strlen(text) > 0);
		CU_ASSERT(text[strlen(text) - 1] != '.');
		CU_ASSERT_FALSE(isupper((unsigned char)text[0]));
		for (int k = 1; k < i; k++) {
			CU_ASSERT_STRING_NOT_EQUAL(err_name(-i), err_name(-k));
			CU_ASSERT_STRING_NOT_EQUAL(text, err_text(-k));
		}
	}
}

/* The statuses the man page promises. */
static void test_err_exit_statuses(void)
{
	CU_ASSERT_EQUAL(err_exit_status(0), 0);
	CU_ASSERT_EQUAL(err_exit_status(ERR_FINDINGS), 1);
	CU_ASSERT_EQUAL(err_exit_status(ERR_USAGE), 2);
	CU_ASSERT_EQUAL(err_exit_status(ERR_IO), 3);
	CU_ASSERT_EQUAL(err_exit_status(ERR_OPEN), 3);
	CU_ASSERT_EQUAL(err_exit_status(ERR_NOT_CAPTURE), 3);
	CU_ASSERT_EQUAL(err_exit_status(ERR_EXISTS), 3);
	CU_ASSERT_EQUAL(err_exit_status(ERR_TRUNCATED), 4);
	CU_ASSERT_EQUAL(err_exit_status(ERR_MALFORMED), 4);
	CU_ASSERT_EQUAL(err_exit_status(ERR_INTERNAL), 5);
	CU_ASSERT_EQUAL(err_exit_status(ERR_NOMEM), 5);
	CU_ASSERT_EQUAL(err_exit_status(ERR_STOPPED), 130);
	CU_ASSERT_EQUAL(err_exit_status(ERR_PIPE), 0);
}

static void test_err_unknown_codes_are_internal(void)
{
	CU_ASSERT_STRING_EQUAL(err_name(-1000), "INTERNAL");
	CU_ASSERT_EQUAL(err_exit_status(-1000), 5);
	CU_ASSERT_STRING_EQUAL(err_name(0), "OK");
}

static void test_err_first_error_wins(void)
{
	struct err e;

	err_init(&e);
	CU_ASSERT_EQUAL(e.code, 0);
	CU_ASSERT_EQUAL(e.offset, ERR_NO_OFFSET);
	CU_ASSERT_EQUAL(err_set_at(&e, ERR_TRUNCATED, "a.scap", 42, "block of %d bytes", 12),
			ERR_TRUNCATED);
	CU_ASSERT_EQUAL(err_set(&e, ERR_IO, "later"), ERR_IO);
	CU_ASSERT_EQUAL(err_nomem(&e, "rows"), ERR_NOMEM);
	CU_ASSERT_EQUAL(e.code, ERR_TRUNCATED);
	CU_ASSERT_EQUAL(e.offset, 42);
	CU_ASSERT_STRING_EQUAL(e.file, "a.scap");
	CU_ASSERT_STRING_EQUAL(e.message, "block of 12 bytes");
}

static void test_err_without_detail_only_returns_the_code(void)
{
	CU_ASSERT_EQUAL(err_set(NULL, ERR_IO, "nobody listens"), ERR_IO);
	CU_ASSERT_EQUAL(err_set_at(NULL, ERR_OPEN, NULL, 0, "nobody listens"), ERR_OPEN);
	CU_ASSERT_EQUAL(err_nomem(NULL, "rows"), ERR_NOMEM);
}

static void test_err_long_texts_are_cut(void)
{
	struct err e;
	char text[3000];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_init(&e);
	err_set_at(&e, ERR_OPEN, text, ERR_NO_OFFSET, "%s", text);
	CU_ASSERT_EQUAL(strlen(e.file), sizeof(e.file) - 1);
	CU_ASSERT_EQUAL(strlen(e.message), sizeof(e.message) - 1);
}

void suite_err(CU_pSuite suite);
void suite_err(CU_pSuite suite)
{
	CU_add_test(suite, "test_err_table_is_complete_and_unique",
		    test_err_table_is_complete_and_unique);
	CU_add_test(suite, "test_err_exit_statuses", test_err_exit_statuses);
	CU_add_test(suite, "test_err_unknown_codes_are_internal",
		    test_err_unknown_codes_are_internal);
	CU_add_test(suite, "test_err_first_error_wins", test_err_first_error_wins);
	CU_add_test(suite, "test_err_without_detail_only_returns_the_code",
		    test_err_without_detail_only_returns_the_code);
	CU_add_test(suite, "test_err_long_texts_are_cut", test_err_long_texts_are_cut);
}
