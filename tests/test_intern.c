/*
 * test_intern.c - equal texts are one object, different ones are not, the ceiling holds, rows stay where they are.
 */
#include "base/intern.h"
#include "net/rows.h"

#include <CUnit/Basic.h>

static const struct text *get(struct intern *in, const void *p, size_t n)
{
	const struct text *t = NULL;

	CU_ASSERT_EQUAL_FATAL(intern_get(in, p, n, &t), 0);
	return t;
}

static void test_intern_equal_content_is_one_object(void)
{
	struct intern in;
	const struct text *kept[3000];
	char name[32];

	intern_init(&in, 1 << 20);
	for (unsigned int i = 0; i < ARRAY_LEN(kept); i++) {
		int n = snprintf(name, sizeof(name), "/path/%u", i);

		kept[i] = get(&in, name, (size_t)n);
		CU_ASSERT_EQUAL(kept[i]->len, (uint32_t)n);
		CU_ASSERT_STRING_EQUAL(kept[i]->bytes, name);
	}
	CU_ASSERT_EQUAL(in.count, ARRAY_LEN(kept));
	for (unsigned int i = 0; i < ARRAY_LEN(kept); i++) {
		int n = snprintf(name, sizeof(name), "/path/%u", i);

		CU_ASSERT_PTR_EQUAL(get(&in, name, (size_t)n), kept[i]);
	}
	CU_ASSERT_EQUAL(in.count, ARRAY_LEN(kept));
	intern_release(&in);
}

static void test_intern_tells_bytes_and_lengths_apart(void)
{
	static const char bytes[] = "a\0b\0";
	struct intern in;
	const struct text *t[5];

	intern_init(&in, 1 << 10);
	for (size_t n = 0; n < ARRAY_LEN(t); n++) {
		t[n] = get(&in, n > 0 ? bytes : NULL, n);
		CU_ASSERT_EQUAL(t[n]->len, n);
		CU_ASSERT_EQUAL(t[n]->bytes[n], '\0');
		for (size_t k = 0; k < n; k++) {
			CU_ASSERT_PTR_NOT_EQUAL(t[n], t[k]);
		}
	}
	intern_release(&in);
}

static void test_intern_refuses_beyond_the_ceiling(void)
{
	struct intern in;
	const struct text *t;

	intern_init(&in, 10);
	t = get(&in, "12345678", 8);
	CU_ASSERT_PTR_NOT_NULL(t);
	CU_ASSERT_PTR_NULL(get(&in, "abc", 3));
	CU_ASSERT_EQUAL(in.refused, 1);
	CU_ASSERT_PTR_NOT_NULL(get(&in, "ab", 2));
	CU_ASSERT_PTR_EQUAL(get(&in, "12345678", 8), t);
	CU_ASSERT_PTR_NULL(get(&in, "c", 1));
	CU_ASSERT_EQUAL(in.refused, 2);
	intern_release(&in);
}

static void test_rows_stay_and_are_counted_beyond_the_ceiling(void)
{
	struct rows r;
	void *kept[1000];

	rows_init(&r, 24, ARRAY_LEN(kept));
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		CU_ASSERT_EQUAL_FATAL(rows_add(&r, &kept[i]), 0);
		CU_ASSERT_EQUAL(((uint8_t *)kept[i])[23], 0);
		memset(kept[i], (int)(i & 0xff), 24);
	}
	for (unsigned int i = 0; i < 5; i++) {
		void *none = kept;

		CU_ASSERT_EQUAL(rows_add(&r, &none), 0);
		CU_ASSERT_PTR_NULL(none);
	}
	CU_ASSERT_EQUAL(r.count, ARRAY_LEN(kept));
	CU_ASSERT_EQUAL(r.dropped, 5);
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		CU_ASSERT_PTR_EQUAL(rows_at(&r, i), kept[i]);
		CU_ASSERT_EQUAL(*(uint8_t *)kept[i], i & 0xff);
	}
	rows_release(&r);
}

void suite_intern(CU_pSuite suite);

void suite_intern(CU_pSuite suite)
{
	CU_add_test(suite, "test_intern_equal_content_is_one_object", test_intern_equal_content_is_one_object);
	CU_add_test(suite, "test_intern_tells_bytes_and_lengths_apart", test_intern_tells_bytes_and_lengths_apart);
	CU_add_test(suite, "test_intern_refuses_beyond_the_ceiling", test_intern_refuses_beyond_the_ceiling);
	CU_add_test(suite, "test_rows_stay_and_are_counted_beyond_the_ceiling",
		    test_rows_stay_and_are_counted_beyond_the_ceiling);
}
