/*
 * test_cursor.c - struct cursor: byte orders, the sticky failure, children that stay inside.
 */
#include "base/cursor.h"

#include <CUnit/Basic.h>

static const uint8_t eight[8] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x88 };

static void test_cursor_reads_both_byte_orders(void)
{
	struct cursor c = cur_make(eight, 8);

	CU_ASSERT_EQUAL(cur_le64(&c), UINT64_C(0x8807060504030201));
	c = cur_make(eight, 8);
	CU_ASSERT_EQUAL(cur_be64(&c), UINT64_C(0x0102030405060788));
	c = cur_make(eight, 8);
	CU_ASSERT_EQUAL(cur_u8(&c), 1);
	CU_ASSERT_EQUAL(cur_le16(&c), 0x0302);
	CU_ASSERT_EQUAL(cur_be32(&c), 0x04050607);
	CU_ASSERT_EQUAL(c.left, 1);
	CU_ASSERT_EQUAL(cur_u8(&c), 0x88);
	CU_ASSERT_FALSE(c.bad);
	c = cur_make(eight + 1, 7);
	CU_ASSERT_EQUAL(cur_le32(&c), 0x05040302);
	CU_ASSERT_EQUAL(cur_be16(&c), 0x0607);
}

static void test_cursor_section_order_chooses(void)
{
	struct cursor c = cur_make(eight, 8);

	CU_ASSERT_EQUAL(cur_u16(&c, true), 0x0102);
	CU_ASSERT_EQUAL(cur_u16(&c, false), 0x0403);
	c = cur_make(eight, 8);
	CU_ASSERT_EQUAL(cur_u32(&c, true), 0x01020304);
	CU_ASSERT_EQUAL(cur_u32(&c, false), 0x88070605);
	c = cur_make(eight, 8);
	CU_ASSERT_EQUAL(cur_u64(&c, true), UINT64_C(0x0102030405060788));
}

static void test_cursor_overrun_is_sticky(void)
{
	struct cursor c = cur_make(eight, 7);

	CU_ASSERT_EQUAL(cur_le64(&c), 0);
	CU_ASSERT_TRUE(c.bad);
	CU_ASSERT_EQUAL(c.left, 0);
	CU_ASSERT_EQUAL(cur_u8(&c), 0);
	CU_ASSERT_EQUAL(cur_le16(&c), 0);
	CU_ASSERT_EQUAL(cur_be32(&c), 0);
	CU_ASSERT_PTR_NULL(cur_take(&c, 1));
	CU_ASSERT_TRUE(c.bad);
}

static void test_cursor_end_is_not_an_overrun(void)
{
	struct cursor c = cur_make(eight, 8);

	CU_ASSERT_PTR_EQUAL(cur_take(&c, 8), eight);
	CU_ASSERT_FALSE(c.bad);
	CU_ASSERT_PTR_NOT_NULL(cur_take(&c, 0));
	CU_ASSERT_FALSE(c.bad);
	cur_skip(&c, 1);
	CU_ASSERT_TRUE(c.bad);
}

static void test_cursor_lengths_that_wrap_around_fail(void)
{
	struct cursor c = cur_make(eight, 8);

	CU_ASSERT_PTR_NULL(cur_take(&c, SIZE_MAX));
	CU_ASSERT_TRUE(c.bad);
}

static void test_cursor_child_stays_inside_its_parent(void)
{
	struct cursor c = cur_make(eight, 8);
	struct cursor child = cur_sub(&c, 3);

	CU_ASSERT_EQUAL(c.left, 5);
	CU_ASSERT_EQUAL(child.left, 3);
	CU_ASSERT_EQUAL(cur_le32(&child), 0);
	CU_ASSERT_TRUE(child.bad);
	CU_ASSERT_FALSE(c.bad);
	CU_ASSERT_EQUAL(cur_u8(&c), 4);
	child = cur_sub(&c, 5);
	CU_ASSERT_TRUE(child.bad);
	CU_ASSERT_EQUAL(child.left, 0);
	CU_ASSERT_TRUE(c.bad);
}

void suite_cursor(CU_pSuite suite);
void suite_cursor(CU_pSuite suite)
{
	CU_add_test(suite, "test_cursor_reads_both_byte_orders",
		    test_cursor_reads_both_byte_orders);
	CU_add_test(suite, "test_cursor_section_order_chooses", test_cursor_section_order_chooses);
	CU_add_test(suite, "test_cursor_overrun_is_sticky", test_cursor_overrun_is_sticky);
	CU_add_test(suite, "test_cursor_end_is_not_an_overrun", test_cursor_end_is_not_an_overrun);
	CU_add_test(suite, "test_cursor_lengths_that_wrap_around_fail",
		    test_cursor_lengths_that_wrap_around_fail);
	CU_add_test(suite, "test_cursor_child_stays_inside_its_parent",
		    test_cursor_child_stays_inside_its_parent);
}
