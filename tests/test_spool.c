/*
 * test_spool.c - standard input kept for a second reading: all of it, as far as the ceiling, or not at all where it is
 * a file.
 */
#include "cli/spool.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Standard input holds n counted bytes, through a pipe; returns what it was before. */
static int feed(size_t n)
{
	int before = dup(STDIN_FILENO);
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	for (size_t i = 0; i < n; i++) {
		uint8_t byte = (uint8_t)(i * 7);

		CU_ASSERT_EQUAL_FATAL(write(ends[1], &byte, 1), 1);
	}
	close(ends[1]);
	CU_ASSERT_TRUE_FATAL(dup2(ends[0], STDIN_FILENO) >= 0);
	close(ends[0]);
	return before;
}

static void restore(int before)
{
	if (before >= 0) {
		CU_ASSERT_TRUE(dup2(before, STDIN_FILENO) >= 0);
		close(before);
	} else {
		close(STDIN_FILENO);
	}
}

/* Standard input from its start: that many of the bytes of feed, then nothing. */
static bool holds(size_t n)
{
	uint8_t got[4096];
	ssize_t k;

	if (lseek(STDIN_FILENO, 0, SEEK_SET) != 0) {
		return false;
	}
	k = read(STDIN_FILENO, got, sizeof(got));
	for (size_t i = 0; k == (ssize_t)n && i < n; i++) {
		if (got[i] != (uint8_t)(i * 7)) {
			return false;
		}
	}
	return k == (ssize_t)n && lseek(STDIN_FILENO, 0, SEEK_SET) == 0;
}

static void check(size_t n, uint64_t limit, size_t want, bool cut)
{
	int before = feed(n);
	struct spool s = { 99, !cut };
	struct err e;
	int rc;

	err_init(&e);
	rc = spool_stdin(limit, &s, &e);
	CU_ASSERT_EQUAL(rc, 0);
	CU_ASSERT_EQUAL(s.bytes, want);
	CU_ASSERT_EQUAL(s.cut, cut);
	CU_ASSERT_TRUE(holds(want));
	CU_ASSERT_TRUE(holds(want));
	restore(before);
}

static void test_spool_keeps_what_fits(void)
{
	check(1000, 4000, 1000, false);
	check(1000, 1000, 1000, false);
	check(0, 10, 0, false);
}

static void test_spool_cuts_at_the_ceiling(void)
{
	check(1001, 1000, 1000, true);
	check(1000, 1, 1, true);
	check(5, 0, 0, true);
}

static void test_spool_leaves_files_alone(void)
{
	char name[] = "/tmp/thresher-test-XXXXXX";
	int before = dup(STDIN_FILENO);
	int fd = mkstemp(name);
	struct spool s = { 99, true };
	struct err e;

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	unlink(name);
	CU_ASSERT_EQUAL(write(fd, "abcdef", 6), 6);
	CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_SET), 0);
	CU_ASSERT_TRUE_FATAL(dup2(fd, STDIN_FILENO) >= 0);
	err_init(&e);
	CU_ASSERT_EQUAL(spool_stdin(3, &s, &e), 0);
	CU_ASSERT_EQUAL(s.bytes, 0);
	CU_ASSERT_FALSE(s.cut);
	CU_ASSERT_EQUAL(lseek(STDIN_FILENO, 0, SEEK_END), 6);
	close(fd);
	restore(before);
}

static void test_spool_needs_a_folder(void)
{
	char *tmp = getenv("TMPDIR") != NULL ? strdup(getenv("TMPDIR")) : NULL;
	int before = feed(10);
	struct spool s;
	struct err e;

	err_init(&e);
	setenv("TMPDIR", "/nowhere/at/all", 1);
	CU_ASSERT_EQUAL(spool_stdin(100, &s, &e), ERR_IO);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.message, "/nowhere/at/all"));
	if (tmp != NULL) {
		setenv("TMPDIR", tmp, 1);
	} else {
		unsetenv("TMPDIR");
	}
	free(tmp);
	restore(before);
}

void suite_spool(CU_pSuite suite);
void suite_spool(CU_pSuite suite)
{
	CU_add_test(suite, "test_spool_keeps_what_fits", test_spool_keeps_what_fits);
	CU_add_test(suite, "test_spool_cuts_at_the_ceiling", test_spool_cuts_at_the_ceiling);
	CU_add_test(suite, "test_spool_leaves_files_alone", test_spool_leaves_files_alone);
	CU_add_test(suite, "test_spool_needs_a_folder", test_spool_needs_a_folder);
}
