/*
 * skip.h - a test that this machine does not permit says so, and the summary counts it.
 */
#ifndef TESTS_SKIP_H
#define TESTS_SKIP_H

/* The test at hand cannot be run here: why. It counts as skipped, not as passed. */
void test_skip(const char *why);

#endif
