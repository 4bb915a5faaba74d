/*
 * test_map.c - struct map against a plain array: deletion that shifts back is easy to get wrong.
 */
#include "base/map.h"

#include <CUnit/Basic.h>

#define KEYS 2000

/* A fixed sequence of pseudo-random numbers, the same on every machine. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void test_map_empty_map_has_nothing(void)
{
	struct map m;
	size_t pos = 0;

	map_init(&m);
	CU_ASSERT_EQUAL(map_get(&m, 1), 0);
	CU_ASSERT_EQUAL(map_del(&m, 1), 0);
	CU_ASSERT_PTR_NULL(map_next(&m, &pos));
	map_clear(&m);
	map_release(&m);
	map_release(&m);
}

static void test_map_sets_replaces_and_deletes(void)
{
	struct map m;

	map_init(&m);
	CU_ASSERT_EQUAL(map_set(&m, 0, 10), 0);
	CU_ASSERT_EQUAL(map_set(&m, UINT64_MAX, 20), 0);
	CU_ASSERT_EQUAL(map_set(&m, 0, 11), 0);
	CU_ASSERT_EQUAL(m.count, 2);
	CU_ASSERT_EQUAL(map_get(&m, 0), 11);
	CU_ASSERT_EQUAL(map_get(&m, UINT64_MAX), 20);
	CU_ASSERT_EQUAL(map_get(&m, 1), 0);
	CU_ASSERT_EQUAL(map_del(&m, 0), 11);
	CU_ASSERT_EQUAL(map_del(&m, 0), 0);
	CU_ASSERT_EQUAL(m.count, 1);
	CU_ASSERT_EQUAL(map_get(&m, UINT64_MAX), 20);
	map_clear(&m);
	CU_ASSERT_EQUAL(m.count, 0);
	CU_ASSERT_EQUAL(map_get(&m, UINT64_MAX), 0);
	map_release(&m);
}

static size_t count_by_walking(const struct map *m)
{
	size_t pos = 0;
	size_t n = 0;

	while (map_next(m, &pos) != NULL) {
		n++;
	}
	return n;
}

/* 100,000 random changes over few keys: long runs of slots, many deletions inside them. */
static void test_map_equals_an_array_after_random_changes(void)
{
	static uintptr_t model[KEYS];
	struct map m;
	uint64_t state = 88172645463325252u;
	size_t live = 0;
	bool same = true;

	memset(model, 0, sizeof(model));
	map_init(&m);
	for (int i = 0; i < 100000; i++) {
		uint64_t r = next_random(&state);
		uint64_t key = (r >> 8) % KEYS;

		if (r % 2 == 0) {
			uintptr_t value = (uintptr_t)(r >> 40) + 1;

			live += model[key] == 0;
			model[key] = value;
			same = same && map_set(&m, key, value) == 0;
		} else {
			live -= model[key] != 0;
			same = same && map_del(&m, key) == model[key];
			model[key] = 0;
		}
		same = same && m.count == live;
	}
	for (uint64_t key = 0; key < KEYS; key++) {
		same = same && map_get(&m, key) == model[key];
	}
	CU_ASSERT_TRUE(same);
	CU_ASSERT_EQUAL(count_by_walking(&m), live);
	map_release(&m);
}

/* Keys whose hashes fall into one slot, at the end of the table so that runs wrap around. */
static void test_map_survives_colliding_keys(void)
{
	struct map m;
	uint64_t keys[12];
	size_t n = 0;
	bool same = true;

	map_init(&m);
	for (uint64_t key = 0; n < ARRAY_LEN(keys); key++) {
		if ((map_hash(key ^ m.seed) & 31) == 30) {
			keys[n++] = key;
		}
	}
	for (size_t i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(map_set(&m, keys[i], i + 1), 0);
	}
	for (size_t gone = 0; gone < n; gone++) {
		CU_ASSERT_EQUAL(map_del(&m, keys[gone]), gone + 1);
		for (size_t i = 0; i < n; i++) {
			same = same && map_get(&m, keys[i]) == (i > gone ? i + 1 : 0);
		}
	}
	CU_ASSERT_TRUE(same);
	CU_ASSERT_EQUAL(m.count, 0);
	map_release(&m);
}

static void test_map_walk_gives_every_key_once(void)
{
	struct map m;
	static uint8_t seen[KEYS];
	size_t pos = 0;
	const struct map_slot *slot;
	bool once = true;

	memset(seen, 0, sizeof(seen));
	map_init(&m);
	for (uint64_t key = 0; key < KEYS; key++) {
		map_set(&m, key, (uintptr_t)key + 1);
	}
	while ((slot = map_next(&m, &pos)) != NULL) {
		once = once && slot->key < KEYS && slot->value == slot->key + 1 &&
		       seen[slot->key]++ == 0;
	}
	CU_ASSERT_TRUE(once);
	CU_ASSERT_EQUAL(count_by_walking(&m), KEYS);
	map_release(&m);
}

void suite_map(CU_pSuite suite);
void suite_map(CU_pSuite suite)
{
	CU_add_test(suite, "test_map_empty_map_has_nothing", test_map_empty_map_has_nothing);
	CU_add_test(suite, "test_map_sets_replaces_and_deletes",
		    test_map_sets_replaces_and_deletes);
	CU_add_test(suite, "test_map_equals_an_array_after_random_changes",
		    test_map_equals_an_array_after_random_changes);
	CU_add_test(suite, "test_map_survives_colliding_keys", test_map_survives_colliding_keys);
	CU_add_test(suite, "test_map_walk_gives_every_key_once",
		    test_map_walk_gives_every_key_once);
}
