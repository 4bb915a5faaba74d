/*
 * test_knots.c - places of bytes in time come back as they were added, in few bytes, and stop at their ceiling.
 */
#include "net/knots.h"

#include <CUnit/Basic.h>

static uint64_t draw(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 20;
}

static bool same(const struct knot *a, const struct knot *b)
{
	return a->kind == b->kind && a->offset == b->offset && a->len == b->len && a->ts_ns == b->ts_ns &&
	       a->begin_ns == b->begin_ns && a->begin_exact == b->begin_exact && a->num == b->num &&
	       a->user == b->user && a->print == b->print && a->deep == b->deep;
}

/* Mostly what captures hold, now and then anything at all. */
static struct knot any_knot(uint64_t *state, const struct knot *last)
{
	bool wild = draw(state) % 16 == 0;
	struct knot x = { 0 };

	x.kind = (uint8_t)(draw(state) % 5);
	x.offset = wild ? draw(state) << 20 | draw(state) : last->offset + last->len;
	x.len = wild ? UINT32_MAX : (uint32_t)(draw(state) % 70000);
	x.ts_ns = wild ? draw(state) << 20 : last->ts_ns + draw(state) % 100000;
	x.begin_ns = draw(state) % 2 != 0 ? x.ts_ns - draw(state) % 5000 : 0;
	x.begin_exact = x.begin_ns != 0 && draw(state) % 2 != 0;
	x.num = wild ? UINT64_MAX - draw(state) : last->num + 1 + draw(state) % 8;
	x.user = (uint32_t)(draw(state) % 3);
	x.print = draw(state) % 3 != 0 ? (uint32_t)draw(state) | 1 : 0;
	x.deep = x.print != 0 && draw(state) % 3 != 0 ? (uint32_t)draw(state) : 0;
	return x;
}

static void test_knots_come_back(void)
{
	static struct knot made[5000];
	struct knot start = { 0 };
	struct knots k = { 0 };
	struct knot_room room;
	struct knot_walk w = { 0 };
	struct knot x;
	uint64_t state = 7;
	size_t n = 0;

	knot_room_init(&room, SIZE_MAX);
	start.ts_ns = UINT64_C(1700000000000000000);
	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		made[i] = any_knot(&state, i > 0 ? &made[i - 1] : &start);
		CU_ASSERT_EQUAL_FATAL(knots_add(&k, &made[i], &room), 0);
	}
	CU_ASSERT_EQUAL(k.count, ARRAY_LEN(made));
	while (knots_next(&k, &w, &x)) {
		CU_ASSERT_TRUE_FATAL(n < ARRAY_LEN(made) && same(&x, &made[n]));
		n++;
	}
	CU_ASSERT_EQUAL(n, ARRAY_LEN(made));
	knot_room_release(&room);
}

static void test_knots_are_small(void)
{
	struct knots k = { 0 };
	struct knot_room room;
	struct knot x = { 0 };

	knot_room_init(&room, 1 << 20);
	x.ts_ns = UINT64_C(1700000000000000000);
	for (unsigned int i = 0; i < 1000; i++) {
		x.len = 1448;
		x.num += 3;
		x.ts_ns += 40000;
		x.print = 0x12345678;
		x.deep = 0x9abcdef0;
		CU_ASSERT_EQUAL(knots_add(&k, &x, &room), 0);
		x.offset += x.len;
	}
	CU_ASSERT_TRUE((1 << 20) - room.left <= 16 * 1000 + 20);
	knot_room_release(&room);
}

static void test_knots_stop_at_their_budget(void)
{
	struct knots k = { 0 };
	struct knot_room room;
	struct knot x = { 0 };

	knot_room_init(&room, 500);
	for (unsigned int i = 0; i < 1000; i++) {
		x.len = 10;
		x.num++;
		CU_ASSERT_EQUAL(knots_add(&k, &x, &room), 0);
		x.offset += x.len;
	}
	CU_ASSERT_TRUE(k.cut);
	CU_ASSERT_TRUE(k.count > 20 && k.count < 1000);
	CU_ASSERT_TRUE(room.left < 100);	/* less than the longest one needs */
	knot_room_release(&room);
}

static void test_knots_print_tells_bytes_apart(void)
{
	CU_ASSERT_EQUAL(knot_print((const uint8_t *)"abcdefgh12", 10), knot_print((const uint8_t *)"abcdefgh", 8));
	CU_ASSERT_NOT_EQUAL(knot_print((const uint8_t *)"abcdefgh", 8), knot_print((const uint8_t *)"abcdefgi", 8));
	CU_ASSERT_NOT_EQUAL(knot_print((const uint8_t *)"a\0", 2), knot_print((const uint8_t *)"a", 1));
	CU_ASSERT_NOT_EQUAL(knot_print((const uint8_t *)"\0\0\0\0", 4), 0);
	CU_ASSERT_EQUAL(knot_print(NULL, 0), 0);
}

/* Deep prints are of up to 64 bytes, and only of more than a plain print is of. */
static void test_knots_deep_prints(void)
{
	uint8_t a[80];
	uint8_t b[80];

	for (size_t i = 0; i < sizeof(a); i++) {
		a[i] = b[i] = (uint8_t)(i * 7);
	}
	CU_ASSERT(knot_deep(a, 8) == 0 && knot_deep(a, 9) != 0);
	CU_ASSERT_EQUAL(knot_deep(a, 80), knot_deep(a, 64));
	for (size_t n = 9; n <= 64; n++) {
		CU_ASSERT_NOT_EQUAL(knot_deep(a, n), knot_deep(a, n + 1 < 65 ? n + 1 : 9));
		for (size_t i = 0; i < n; i++) {
			b[i] ^= 0x20;
			CU_ASSERT_NOT_EQUAL(knot_deep(a, n), knot_deep(b, n));
			b[i] ^= 0x20;
		}
	}
	/* Each only if it may be had. */
	CU_ASSERT_EQUAL(knot_prints(a, 80, 5), knot_print(a, 5));
	CU_ASSERT_EQUAL(knot_prints(a, 4, 5), 0);
	CU_ASSERT_EQUAL(knot_prints(a, 63, 64), knot_print(a, 8));
	CU_ASSERT_EQUAL(knot_prints(a, 64, 1000), knot_print(a, 8) | (uint64_t)knot_deep(a, 64) << 32);
	CU_ASSERT_EQUAL(knot_prints(a, 80, 20), knot_print(a, 8) | (uint64_t)knot_deep(a, 20) << 32);
	CU_ASSERT_EQUAL(knot_prints(NULL, 0, 20), 0);
	CU_ASSERT_EQUAL(knot_prints(a, 0, 0), 0);
}

void suite_knots(CU_pSuite suite);
void suite_knots(CU_pSuite suite)
{
	CU_add_test(suite, "test_knots_come_back", test_knots_come_back);
	CU_add_test(suite, "test_knots_are_small", test_knots_are_small);
	CU_add_test(suite, "test_knots_stop_at_their_budget", test_knots_stop_at_their_budget);
	CU_add_test(suite, "test_knots_print_tells_bytes_apart", test_knots_print_tells_bytes_apart);
	CU_add_test(suite, "test_knots_deep_prints", test_knots_deep_prints);
}
