/*
 * test_extra.c - what a recorder writes behind an event: found in both byte orders beside other options, read item by
 * item, and harmless where its lengths lie.
 */
#include "mkframe.h"

#include "events/extra.h"

#define T0 UINT64_C(1700000000000000000)

/* A number of n bytes in the capture's byte order. */
static void item_num(struct mkcap *m, struct buf *items, uint16_t kind, const uint64_t *x, const unsigned int *n,
		     unsigned int count)
{
	struct buf v;

	buf_init(&v, 256);
	for (unsigned int i = 0; i < count; i++) {
		switch (n[i]) {
		case 2: mkcap_u16(&v, (uint16_t)x[i], m->big_endian); break;
		case 4: mkcap_u32(&v, (uint32_t)x[i], m->big_endian); break;
		default: mkcap_u64(&v, x[i], m->big_endian); break;
		}
	}
	mkcap_extra(m, items, kind, v.data, v.len);
	buf_release(&v);
}

static void add_all(struct mkcap *m, struct buf *items)
{
	static const unsigned int one8[] = { 8 };
	static const unsigned int four4[] = { 4, 4, 4, 4 };
	static const unsigned int drop[] = { 2, 2, 8 };
	const uint64_t begin[] = { T0 + 3 };
	const uint64_t serial[] = { 77 };
	const uint64_t tcp[] = { 0xFFFFFFF0, 5, 0xFFFFFF00, 1 };
	const uint64_t dropped[] = { 3, 1, 1000 };
	const uint64_t at[] = { 1234567890123 };
	const uint64_t message[] = { 2, 5 };

	item_num(m, items, 4000, begin, one8, 1);	/* unknown: passed over */
	item_num(m, items, EXTRA_BEGIN, begin, one8, 1);
	item_num(m, items, EXTRA_TCP, tcp, four4, 4);
	item_num(m, items, EXTRA_SERIAL, serial, one8, 1);
	item_num(m, items, EXTRA_DROPS, dropped, drop, 3);
	item_num(m, items, EXTRA_BYTES_AT, at, one8, 1);
	item_num(m, items, EXTRA_MESSAGE, message, four4, 2);
}

static void check_all(bool be, const char *comment)
{
	struct event_extra x;
	struct framed f;
	struct mkcap m;
	struct buf items;

	buf_init(&items, 1u << 16);
	mkcap_init(&m, be);
	mkcap_section(&m, 2);
	add_all(&m, &items);
	m.comment = comment;
	m.extra = &items;
	mkcap_openat(&m, T0 + 7, 42, 3, "/etc/shadow", 1);
	framed_cap(&f, &m);
	CU_ASSERT_EQUAL_FATAL(f.event_count, 1);
	CU_ASSERT_EQUAL(f.damage_count, 0);
	CU_ASSERT_EQUAL(f.events[0].begin_ns, T0 + 3);
	CU_ASSERT((f.events[0].flags & EVENT_BEGIN_EXACT) != 0);
	CU_ASSERT((f.events[0].flags & EVENT_FURTHER) != 0);
	CU_ASSERT_TRUE_FATAL(event_extra(f.batches[0], &f.events[0], &x));
	CU_ASSERT_EQUAL(x.begin_ns, T0 + 3);
	CU_ASSERT_EQUAL(x.serial, 77);
	CU_ASSERT_TRUE(x.has_tcp);
	CU_ASSERT_EQUAL(x.write_seq, 0xFFFFFFF0);
	CU_ASSERT_EQUAL(x.copied_seq, 5);
	CU_ASSERT_EQUAL(x.first_write_seq, 0xFFFFFF00);
	CU_ASSERT_EQUAL(x.first_read_seq, 1);
	CU_ASSERT_EQUAL(x.drop_cpu, 3);
	CU_ASSERT_EQUAL(x.drop_cause, 1);
	CU_ASSERT_EQUAL(x.dropped, 1000);
	CU_ASSERT_EQUAL(x.bytes_at, 1234567890123);
	CU_ASSERT_EQUAL(x.message, 2);
	framed_release(&f);
	mkcap_release(&m);
	buf_release(&items);
}

static void test_extra_all_items(void)
{
	check_all(false, NULL);
	check_all(true, NULL);
	check_all(false, "seen by a tool");
	check_all(true, "seen by a tool");
}

/* The option of somebody else, and none at all. */
static void test_extra_none(void)
{
	struct event_extra x;
	struct framed f;
	struct mkcap m;

	mkcap_init(&m, false);
	mkcap_section(&m, 2);
	mkcap_openat(&m, T0, 42, 3, "/a", 1);
	m.comment = "only words";
	mkcap_openat(&m, T0 + 1, 42, 3, "/a", 1);
	framed_cap(&f, &m);
	CU_ASSERT_EQUAL_FATAL(f.event_count, 2);
	for (unsigned int i = 0; i < 2; i++) {
		CU_ASSERT_FALSE(event_extra(f.batches[0], &f.events[i], &x));
		CU_ASSERT_EQUAL(f.events[i].flags & EVENT_EXTRA, 0);
		CU_ASSERT_EQUAL(f.events[i].begin_ns, 0);
	}
	framed_release(&f);
	mkcap_release(&m);
}

/* A call cannot have begun after it ended; an item longer than its option ends the reading. */
static void test_extra_lies(void)
{
	static const unsigned int one8[] = { 8 };
	const uint64_t late[] = { T0 + 8 };
	struct event_extra x;
	struct framed f;
	struct mkcap m;
	struct buf items;

	buf_init(&items, 1u << 16);
	mkcap_init(&m, false);
	mkcap_section(&m, 2);
	item_num(&m, &items, EXTRA_BEGIN, late, one8, 1);
	mkcap_u16(&items, EXTRA_SERIAL, false);
	mkcap_u16(&items, 9999, false);
	m.extra = &items;
	mkcap_openat(&m, T0 + 7, 42, 3, "/a", 1);
	framed_cap(&f, &m);
	CU_ASSERT_EQUAL_FATAL(f.event_count, 1);
	CU_ASSERT_EQUAL(f.events[0].flags & EVENT_BEGIN_EXACT, 0);
	CU_ASSERT_TRUE(event_extra(f.batches[0], &f.events[0], &x));
	CU_ASSERT_EQUAL(x.begin_ns, T0 + 8);
	CU_ASSERT_EQUAL(x.serial, 0);
	framed_release(&f);
	mkcap_release(&m);
	buf_release(&items);
}

static void test_extra_dirents(void)
{
	static const uint8_t two[] = { 5, 0, 0, 0, 0, 0, 0, 0, 4,   1,   '.', 9, 1,
				       0, 0, 0, 0, 0, 0, 8, 3, 'a', 'b', 'c', 1, 2 };
	struct cursor c = cur_make(two, sizeof(two));
	struct dirent_view d;

	CU_ASSERT_TRUE(event_dirent(&c, false, &d));
	CU_ASSERT(d.ino == 5 && d.type == 4 && d.name_len == 1 && d.name[0] == '.');
	CU_ASSERT_TRUE(event_dirent(&c, false, &d));
	CU_ASSERT(d.ino == 265 && d.type == 8 && d.name_len == 3 && memcmp(d.name, "abc", 3) == 0);
	CU_ASSERT_FALSE(event_dirent(&c, false, &d));
}

void suite_extra(CU_pSuite suite);
void suite_extra(CU_pSuite suite)
{
	CU_add_test(suite, "test_extra_all_items", test_extra_all_items);
	CU_add_test(suite, "test_extra_none", test_extra_none);
	CU_add_test(suite, "test_extra_lies", test_extra_lies);
	CU_add_test(suite, "test_extra_dirents", test_extra_dirents);
}
