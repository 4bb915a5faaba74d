/*
 * run.c - runs every suite of tests/test_*.c (the list is generated from the file names) and
 * exits non-zero when anything failed. `unit NAME...` runs only the named suites.
 */
#include "base/base.h"

#include <CUnit/Basic.h>
#include <stdio.h>

#include "skip.h"

#define SUITE(name) void suite_##name(CU_pSuite suite);
#include "gen/suites.def"
#undef SUITE

struct suite_row {
	const char *name;
	void (*add)(CU_pSuite suite);
};

static const struct suite_row rows[] = {
#define SUITE(name) { #name, suite_##name },
#include "gen/suites.def"
#undef SUITE
};

/* Tests that said so themselves; each is counted once. */
static struct {
	CU_pTest last;
	unsigned int count;
} skipped;

void test_skip(const char *why)
{
	if (CU_get_current_test() != skipped.last) {
		skipped.last = CU_get_current_test();
		skipped.count++;
		printf("\n*** SKIPPED: %s\n", why);
	}
}

static bool wanted(const char *name, int argc, char **argv)
{
	if (argc < 2) {
		return true;
	}
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], name) == 0) {
			return true;
		}
	}
	return false;
}

int main(int argc, char **argv)
{
	unsigned int failed;
	unsigned int suites = 0;

	if (CU_initialize_registry() != CUE_SUCCESS) {
		return 2;
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (wanted(rows[i].name, argc, argv)) {
			CU_pSuite suite = CU_add_suite(rows[i].name, NULL, NULL);

			if (suite == NULL) {
				return 2;
			}
			rows[i].add(suite);
			suites++;
		}
	}
	CU_basic_set_mode(CU_BRM_NORMAL);
	CU_basic_run_tests();
	/* CU_basic_run_tests succeeds with failing tests, and cleanup resets the counts. */
	failed = CU_get_number_of_tests_failed() + CU_get_number_of_suites_failed();
	if (suites == 0 || CU_get_number_of_tests_run() == 0) {
		failed++;
	}
	printf("\n%u suites, %u assertions\n", suites, CU_get_number_of_asserts());
	printf("unit: %u passed, %u failed",
	       CU_get_number_of_tests_run() - CU_get_number_of_tests_failed() - skipped.count, failed);
	if (skipped.count > 0) {
		printf(", %u skipped", skipped.count);
	}
	printf("\n");
	CU_cleanup_registry();
	return failed == 0 ? 0 : 1;
}
