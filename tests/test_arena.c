/*
 * test_arena.c - struct arena: alignment, no overlap, reuse after reset, sizes that wrap around.
 */
#include "base/arena.h"

#include <CUnit/Basic.h>
#include <stdlib.h>

static void test_arena_blocks_are_aligned_and_apart(void)
{
	struct arena a;
	uint8_t *blocks[500];
	bool intact = true;

	arena_init(&a);
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
		size_t n = i * 7 % 900 + 1;

		blocks[i] = arena_alloc(&a, n);
		CU_ASSERT_PTR_NOT_NULL_FATAL(blocks[i]);
		CU_ASSERT_EQUAL((uintptr_t)blocks[i] % 16, 0);
		memset(blocks[i], (int)(i & 0xFF), n);
	}
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
		size_t n = i * 7 % 900 + 1;

		for (size_t k = 0; k < n; k++) {
			intact = intact && blocks[i][k] == (i & 0xFF);
		}
	}
	CU_ASSERT_TRUE(intact);
	arena_release(&a);
}

static void test_arena_gives_blocks_larger_than_a_chunk(void)
{
	struct arena a;
	uint8_t *big;
	uint8_t *small;

	arena_init(&a);
	big = arena_alloc(&a, 5u << 20);
	CU_ASSERT_PTR_NOT_NULL_FATAL(big);
	memset(big, 1, 5u << 20);
	small = arena_alloc(&a, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(small);
	*small = 2;
	CU_ASSERT_EQUAL(big[(5u << 20) - 1], 1);
	arena_release(&a);
}

/* After a reset the same amount fits into the chunk that was kept: addresses come back. */
static void test_arena_reset_reuses_memory(void)
{
	struct arena a;
	void *first;
	void *again;

	arena_init(&a);
	arena_reset(&a);
	for (int i = 0; i < 100; i++) {
		CU_ASSERT_PTR_NOT_NULL(arena_alloc(&a, 4096));
	}
	arena_reset(&a);
	first = arena_alloc(&a, 4096);
	arena_reset(&a);
	again = arena_alloc(&a, 4096);
	CU_ASSERT_PTR_EQUAL(first, again);
	arena_release(&a);
}

static void test_arena_dup_copies(void)
{
	struct arena a;
	char text[] = "text";
	char *copy;

	arena_init(&a);
	copy = arena_dup(&a, text, sizeof(text));
	text[0] = 'n';
	CU_ASSERT_STRING_EQUAL(copy, "text");
	CU_ASSERT_PTR_NOT_NULL(arena_dup(&a, NULL, 0));
	arena_release(&a);
}

static void test_arena_refuses_impossible_sizes(void)
{
	struct arena a;

	arena_init(&a);
	CU_ASSERT_PTR_NULL(arena_alloc(&a, SIZE_MAX));
	CU_ASSERT_PTR_NULL(arena_alloc(&a, SIZE_MAX - 15));
	CU_ASSERT_PTR_NOT_NULL(arena_alloc(&a, 16));
	arena_release(&a);
	arena_release(&a);
}

void suite_arena(CU_pSuite suite);
void suite_arena(CU_pSuite suite)
{
	CU_add_test(suite, "test_arena_blocks_are_aligned_and_apart",
		    test_arena_blocks_are_aligned_and_apart);
	CU_add_test(suite, "test_arena_gives_blocks_larger_than_a_chunk",
		    test_arena_gives_blocks_larger_than_a_chunk);
	CU_add_test(suite, "test_arena_reset_reuses_memory", test_arena_reset_reuses_memory);
	CU_add_test(suite, "test_arena_dup_copies", test_arena_dup_copies);
	CU_add_test(suite, "test_arena_refuses_impossible_sizes",
		    test_arena_refuses_impossible_sizes);
}
