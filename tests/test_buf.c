/*
 * test_buf.c - struct buf: growth, the ceiling, numbers, detaching.
 */
#include "base/buf.h"
#include "base/err.h"

#include <CUnit/Basic.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static bool holds(const struct buf *b, const char *text)
{
	return b->len == strlen(text) && (b->len == 0 || memcmp(b->data, text, b->len) == 0);
}

static void test_buf_starts_empty(void)
{
	struct buf b;

	buf_init(&b, 100);
	CU_ASSERT_EQUAL(b.len, 0);
	CU_ASSERT_FALSE(b.failed);
	CU_ASSERT_STRING_EQUAL(buf_str(&b), "");
	buf_release(&b);
	buf_release(&b);
}

static void test_buf_adds_bytes_and_text(void)
{
	struct buf b;

	buf_init(&b, 100);
	buf_add(&b, "ab\0c", 4);
	CU_ASSERT_EQUAL(b.len, 4);
	CU_ASSERT_EQUAL(memcmp(b.data, "ab\0c", 4), 0);
	buf_reset(&b);
	buf_adds(&b, "one");
	buf_addc(&b, ' ');
	buf_adds(&b, "");
	buf_add(&b, NULL, 0);
	buf_adds(&b, "two");
	CU_ASSERT(holds(&b, "one two"));
	CU_ASSERT_STRING_EQUAL(buf_str(&b), "one two");
	CU_ASSERT_EQUAL(b.len, 7);
	buf_release(&b);
}

static void test_buf_grows_to_its_ceiling_and_no_further(void)
{
	struct buf b;

	buf_init(&b, 1000);
	for (int i = 0; i < 1000; i++) {
		buf_addc(&b, (char)i);
	}
	CU_ASSERT_FALSE(b.failed);
	CU_ASSERT_EQUAL(b.len, 1000);
	CU_ASSERT(b.cap <= 1000);
	buf_addc(&b, 'x');
	CU_ASSERT_TRUE(b.failed);
	CU_ASSERT_EQUAL(b.len, 1000);
	CU_ASSERT_EQUAL((unsigned char)b.data[999], 999 & 0xFF);
	buf_release(&b);
}

static void test_buf_keeps_content_and_refuses_all_after_a_failure(void)
{
	struct buf b;

	buf_init(&b, 5);
	buf_adds(&b, "abc");
	CU_ASSERT_FATAL(b.cap <= b.max);
	buf_adds(&b, "def");
	CU_ASSERT_TRUE(b.failed);
	buf_adds(&b, "longer than the room that was ever there, so it has to grow");
	CU_ASSERT(holds(&b, "abc"));
	CU_ASSERT_EQUAL(buf_grow(&b, 1000), ERR_LIMIT);
	buf_reset(&b);
	CU_ASSERT_FALSE(b.failed);
	buf_adds(&b, "de");
	CU_ASSERT(holds(&b, "de"));
	buf_release(&b);
}

static void test_buf_refuses_sizes_that_wrap_around(void)
{
	struct buf b;

	buf_init(&b, SIZE_MAX);
	buf_adds(&b, "abc");
	CU_ASSERT_PTR_NULL(buf_room(&b, SIZE_MAX - 1));
	CU_ASSERT_TRUE(b.failed);
	CU_ASSERT(holds(&b, "abc"));
	buf_release(&b);
}

static void test_buf_printf_fits_and_grows(void)
{
	struct buf b;
	char long_text[501];

	memset(long_text, 'y', 500);
	long_text[500] = '\0';
	buf_init(&b, 10000);
	buf_printf(&b, "%d-%s", 42, "x");
	CU_ASSERT(holds(&b, "42-x"));
	buf_printf(&b, "[%s]", long_text);
	CU_ASSERT_EQUAL(b.len, 4 + 502);
	CU_ASSERT_EQUAL(b.data[4], '[');
	CU_ASSERT_EQUAL(b.data[5], 'y');
	CU_ASSERT_EQUAL(b.data[505], ']');
	CU_ASSERT_FALSE(b.failed);
	buf_release(&b);
}

static void test_buf_printf_at_the_ceiling_fails(void)
{
	struct buf b;

	buf_init(&b, 8);
	buf_adds(&b, "abc");
	CU_ASSERT_FATAL(b.cap <= b.max);
	buf_printf(&b, "%s", "longer than eight bytes");
	CU_ASSERT_TRUE(b.failed);
	CU_ASSERT(holds(&b, "abc"));
	buf_release(&b);
}

/* The expectation is the C library's own text of the number. */
static void check_u64(uint64_t x)
{
	struct buf b;
	char want[32];

	buf_init(&b, 100);
	snprintf(want, sizeof(want), "%" PRIu64, x);
	buf_add_u64(&b, x);
	CU_ASSERT(holds(&b, want));
	buf_reset(&b);
	snprintf(want, sizeof(want), "%" PRId64, (int64_t)x);
	buf_add_s64(&b, (int64_t)x);
	CU_ASSERT(holds(&b, want));
	buf_reset(&b);
	snprintf(want, sizeof(want), "%" PRIx64, x);
	buf_add_hex(&b, x, false);
	CU_ASSERT(holds(&b, want));
	buf_reset(&b);
	snprintf(want, sizeof(want), "%" PRIX64, x);
	buf_add_hex(&b, x, true);
	CU_ASSERT(holds(&b, want));
	buf_reset(&b);
	snprintf(want, sizeof(want), "%09" PRIu64, x);
	buf_add_u64_pad(&b, x, 9);
	CU_ASSERT(holds(&b, want));
	buf_release(&b);
}

static void test_buf_numbers(void)
{
	uint64_t power = 1;

	check_u64(0);
	check_u64(UINT64_MAX);
	check_u64((uint64_t)INT64_MIN);
	check_u64((uint64_t)INT64_MAX);
	for (int i = 0; i < 20; i++) {
		check_u64(power - 1);
		check_u64(power);
		check_u64(power + 1);
		power *= 10;
	}
	for (int i = 0; i < 64; i++) {
		check_u64(UINT64_C(1) << i);
	}
}

static void test_buf_detach_hands_the_bytes_over(void)
{
	struct buf b;
	size_t len;
	char *bytes;

	buf_init(&b, 100);
	buf_adds(&b, "mine");
	bytes = buf_detach(&b, &len);
	CU_ASSERT_EQUAL(len, 4);
	CU_ASSERT_EQUAL(memcmp(bytes, "mine", 4), 0);
	CU_ASSERT_EQUAL(b.len, 0);
	CU_ASSERT_PTR_NULL(b.data);
	CU_ASSERT_EQUAL(b.max, 100);
	buf_adds(&b, "again");
	CU_ASSERT(holds(&b, "again"));
	free(bytes);
	buf_release(&b);
}

void suite_buf(CU_pSuite suite);
void suite_buf(CU_pSuite suite)
{
	CU_add_test(suite, "test_buf_starts_empty", test_buf_starts_empty);
	CU_add_test(suite, "test_buf_adds_bytes_and_text", test_buf_adds_bytes_and_text);
	CU_add_test(suite, "test_buf_grows_to_its_ceiling_and_no_further",
		    test_buf_grows_to_its_ceiling_and_no_further);
	CU_add_test(suite, "test_buf_keeps_content_and_refuses_all_after_a_failure",
		    test_buf_keeps_content_and_refuses_all_after_a_failure);
	CU_add_test(suite, "test_buf_refuses_sizes_that_wrap_around",
		    test_buf_refuses_sizes_that_wrap_around);
	CU_add_test(suite, "test_buf_printf_fits_and_grows", test_buf_printf_fits_and_grows);
	CU_add_test(suite, "test_buf_printf_at_the_ceiling_fails",
		    test_buf_printf_at_the_ceiling_fails);
	CU_add_test(suite, "test_buf_numbers", test_buf_numbers);
	CU_add_test(suite, "test_buf_detach_hands_the_bytes_over",
		    test_buf_detach_hands_the_bytes_over);
}
