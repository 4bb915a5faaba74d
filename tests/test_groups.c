/*
 * test_groups.c - rows by key: each key once, its row kept, any number of them.
 */
#include "base/base.h"

#include <CUnit/CUnit.h>

#include "stats/groups.h"

struct row {
	uint32_t a;
	uint8_t b[9];		/* a key of 13 bytes: no whole number of words */
	uint64_t count;
};

#define KEY_BYTES 13

static void make_key(struct row *k, uint32_t i)
{
	memset(k, 0, sizeof(*k));
	k->a = i / 7;
	snprintf((char *)k->b, sizeof(k->b), "%u", i % 7);
}

static void test_groups_counts_each_key(void)
{
	struct groups g;

	groups_init(&g, KEY_BYTES, sizeof(struct row));
	for (uint32_t i = 0; i < 30000; i++) {
		struct row key;
		struct row *row;

		make_key(&key, i % 10000);
		CU_ASSERT_EQUAL(groups_find(&g, &key) == NULL, i < 10000);
		row = groups_get(&g, &key);
		CU_ASSERT_PTR_NOT_NULL_FATAL(row);
		CU_ASSERT_EQUAL(row->count, i / 10000);
		row->count++;
	}
	CU_ASSERT_EQUAL(g.count, 10000);
	for (uint32_t i = 0; i < 10000; i++) {
		struct row key;
		const struct row *row = groups_row(&g, i);

		make_key(&key, i);
		CU_ASSERT_EQUAL(memcmp(row, &key, KEY_BYTES), 0);
		CU_ASSERT_EQUAL(row->count, 3);
		CU_ASSERT_PTR_EQUAL(groups_find(&g, &key), row);
	}
	groups_release(&g);
}

static int downward(const void *pa, const void *pb)
{
	const struct row *a = pa;
	const struct row *b = pb;

	return a->a > b->a ? -1 : a->a < b->a;
}

static void test_groups_sorts(void)
{
	struct groups g;

	groups_init(&g, sizeof(uint32_t), sizeof(struct row));
	for (uint32_t i = 0; i < 1000; i++) {
		uint32_t key = (i * 7919) % 1000;

		((struct row *)groups_get(&g, &key))->count = key + 1;
	}
	groups_sort(&g, downward);
	for (uint32_t i = 0; i < 1000; i++) {
		const struct row *row = groups_row(&g, i);

		CU_ASSERT_EQUAL(row->a, 999 - i);
		CU_ASSERT_EQUAL(row->count, 1000 - i);
	}
	groups_release(&g);
}

static void test_groups_empty(void)
{
	uint32_t key = 5;
	struct groups g;

	groups_init(&g, sizeof(key), sizeof(struct row));
	CU_ASSERT_PTR_NULL(groups_find(&g, &key));
	groups_sort(&g, downward);
	CU_ASSERT_EQUAL(g.count, 0);
	groups_release(&g);
	groups_release(&g);
}

void suite_groups(CU_pSuite suite);
void suite_groups(CU_pSuite suite)
{
	CU_add_test(suite, "test_groups_counts_each_key", test_groups_counts_each_key);
	CU_add_test(suite, "test_groups_sorts", test_groups_sorts);
	CU_add_test(suite, "test_groups_empty", test_groups_empty);
}
