/*
 * test_capture_redact.c - what is covered and what is left, byte by byte; lengths and NULs stay.
 */
#include "capture/redact.h"

#include <CUnit/Basic.h>

#define TEXT_MAX 512

static void check(const struct redact *r, const char *text, size_t len, const char *want)
{
	char copy[TEXT_MAX];
	bool changed = memcmp(text, want, len) != 0;

	memcpy(copy, text, len);
	CU_ASSERT_EQUAL(redact_apply(r, copy, len) > 0, changed);
	if (memcmp(copy, want, len) != 0) {
		printf("\n    %.*s\n    %.*s\n", (int)len, copy, (int)len, want);
		CU_FAIL("covered otherwise");
	}
}

#define CHECK(r, text, want)                                                  \
	do {                                                                  \
		_Static_assert(sizeof(text) == sizeof(want), "same length");  \
		check(r, text, sizeof(text) - 1, want);                       \
	} while (0)

static void test_redact_patterns(void)
{
	static const char *const patterns[] = { "hunter\\d+", "id=(\\d+);key=(\\w+)", "(?=never)" };
	struct redact *r;

	CU_ASSERT_EQUAL_FATAL(redact_new(patterns, 3, false, &r, NULL), 0);
	CHECK(r, "hunter2 hunter hunter33", "******* hunter ********");
	CHECK(r, "id=123;key=abc;", "id=***;key=***;");
	CHECK(r, "a\0hunter2\0b", "a\0*******\0b");
	CHECK(r, "nothing here, password=x", "nothing here, password=x");
	redact_free(r);
}

static void test_redact_secrets(void)
{
	struct redact *r;

	CU_ASSERT_EQUAL_FATAL(redact_new(NULL, 0, true, &r, NULL), 0);
	CHECK(r, "DB_PASSWORD=s3cret\0HOME=/root", "DB_PASSWORD=******\0HOME=/root");
	CHECK(r, "MYSQL_PWD=x", "MYSQL_PWD=*");
	CHECK(r, "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", "AWS_SECRET_ACCESS_KEY=*********************");
	CHECK(r, "curl\0--password\0abc\0url", "curl\0--password\0***\0url");
	CHECK(r, "x --token abc y", "x --token *** y");
	CHECK(r, "{\"password\": \"p w\", \"user\": \"u\"}", "{\"password\": \"***\", \"user\": \"u\"}");
	CHECK(r, "GET /?token=abc&x=1 HTTP/1.1\r\n", "GET /?token=***&x=1 HTTP/1.1\r\n");
	CHECK(r, "Authorization: Bearer abc.def\r\nHost: a\r\n", "Authorization: Bearer *******\r\nHost: a\r\n");
	CHECK(r, "authorization: Basic dXNlcg==", "authorization: Basic ********");
	CHECK(r, "Cookie: a=b; c=d\r\nX: y", "Cookie: ********\r\nX: y");
	CHECK(r, "postgres://u:pw@db/x", "postgres://u:**@db/x");
	CHECK(r, "http://host:80/a@b", "http://host:80/a@b");
	CHECK(r, "key AKIAIOSFODNN7EXAMPLE.", "key ********************.");
	CHECK(r, "ghp_abcdefghijklmnopqrstuvwxyz0123456789", "****************************************");
	CHECK(r, "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA",
	      "-----BEGIN RSA PRIVATE KEY-----*****-----END RSA");
	CHECK(r, "tokenizer runs, passwords are fine", "tokenizer runs, passwords are fine");
	CHECK(r, "/etc/passwd:/bin:ro", "/etc/passwd:/bin:ro");
	CHECK(r, "A=1\0VAULT_PASSPHRASE=two words\0B=2", "A=1\0VAULT_PASSPHRASE=*********\0B=2");
	CHECK(r, "PWD=/root\0OLDPWD=/x", "PWD=/root\0OLDPWD=/x");
	redact_free(r);
}

static void test_redact_nothing(void)
{
	struct redact *r = (struct redact *)&r;
	char text[] = "password=x";

	CU_ASSERT_EQUAL(redact_new(NULL, 0, false, &r, NULL), 0);
	CU_ASSERT_PTR_NULL(r);
	CU_ASSERT_EQUAL(redact_apply(NULL, text, sizeof(text)), 0);
	CU_ASSERT_STRING_EQUAL(text, "password=x");
	redact_free(NULL);
}

static void test_redact_bad_pattern(void)
{
	static const char *const patterns[] = { "fine", "a(b" };
	struct redact *r;
	struct err e;

	err_init(&e);
	CU_ASSERT_EQUAL(redact_new(patterns, 2, false, &r, &e), ERR_USAGE);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.message, "'a(b'"));
}

/* A pattern that would search for ages is cut short, and what it was looking at is covered. */
static void test_redact_gives_up_covered(void)
{
	static const char *const patterns[] = { "(?:(a+)+)+\\d\\1" };
	char text[200];
	struct redact *r;

	CU_ASSERT_EQUAL_FATAL(redact_new(patterns, 1, false, &r, NULL), 0);
	memset(text, 'a', sizeof(text));
	text[100] = '\0';
	text[199] = 'b';
	CU_ASSERT_TRUE(redact_apply(r, text, sizeof(text)) > 0);
	CU_ASSERT_EQUAL(text[0], '*');
	CU_ASSERT_EQUAL(text[100], '\0');
	CU_ASSERT_EQUAL(text[199], '*');
	redact_free(r);
}

void suite_capture_redact(CU_pSuite suite);
void suite_capture_redact(CU_pSuite suite)
{
	CU_add_test(suite, "test_redact_patterns", test_redact_patterns);
	CU_add_test(suite, "test_redact_secrets", test_redact_secrets);
	CU_add_test(suite, "test_redact_nothing", test_redact_nothing);
	CU_add_test(suite, "test_redact_bad_pattern", test_redact_bad_pattern);
	CU_add_test(suite, "test_redact_gives_up_covered", test_redact_gives_up_covered);
}
