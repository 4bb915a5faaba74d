/*
 * test_frame.c - framing: whole blocks in whatever batches and by whatever way, and what damage costs:
 * exactly the blocks it touches, reported once, at the right place.
 */
#include "mkframe.h"
#include "seeds.h"

#include <time.h>

#include "base/limits.h"

#define T0 UINT64_C(1700000000000000000)

/* Where each block of a capture without damage begins; the last entry is its end. */
struct blocks {
	size_t at[4096];
	size_t count;
};

static void find_blocks(struct blocks *b, const struct mkcap *m)
{
	const uint8_t *p = (const uint8_t *)m->out.data;
	bool be = m->big_endian;
	size_t at = 0;

	b->count = 0;
	while (at < m->out.len) {
		assert(b->count + 1 < ARRAY_LEN(b->at));
		b->at[b->count++] = at;
		if (load_le32(p + at) == 0x0A0D0D0A) {
			be = load_be32(p + at + 8) == 0x1A2B3C4D;
		}
		at += be ? load_be32(p + at + 4) : load_le32(p + at + 4);
	}
	assert(at == m->out.len);
	b->at[b->count] = at;
}

/* A section and n events "write" of growing time and varied length; event i has timestamp T0 + i. */
static void plain_events(struct mkcap *m, bool be, size_t n)
{
	static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz";

	mkcap_init(m, be);
	mkcap_section(m, 2);
	for (size_t i = 0; i < n; i++) {
		mkcap_write(m, T0 + i, 100, 1, 3, text + i % 30);
	}
}

/* Events of plain_events that must be there: all but those of blocks [first, last]. */
static void check_survivors(const struct framed *f, const struct blocks *b, size_t first, size_t last)
{
	size_t n = 0;

	for (size_t i = 1; i < b->count; i++) {
		if (i >= first && i <= last) {
			continue;
		}
		CU_ASSERT_FATAL(n < f->event_count);
		CU_ASSERT_EQUAL(f->events[n].ts_ns, T0 + i - 1);
		CU_ASSERT_EQUAL(f->event_at[n].off, b->at[i]);
		n++;
	}
	CU_ASSERT_EQUAL(f->event_count, n);
}

static void test_frame_ways_agree_on_seeds(void)
{
	for (const struct seed *s = seeds; s->name != NULL; s++) {
		struct mkcap m;

		seed_build(s, &m);
		check_all_ways(m.out.data, m.out.len, s->name);
		mkcap_release(&m);
	}
}

/* One of five kinds of damage at a random place. */
static void damage(uint8_t *p, size_t *io_len, uint64_t *x)
{
	size_t at = (size_t)(random_next(x) % *io_len);
	size_t n = (size_t)(random_next(x) % 300);

	n = n < *io_len - at ? n : *io_len - at;
	switch (random_next(x) % 5) {
	case 0:
		memset(p + at, 0, n);
		break;
	case 1:
		for (size_t i = 0; i < n; i++) {
			p[at + i] = (uint8_t)random_next(x);
		}
		break;
	case 2:
		p[at] ^= (uint8_t)(1u << (random_next(x) % 8));
		break;
	case 3:
		*io_len = at;
		break;
	default:
		memmove(p + at, p + at + n, *io_len - at - n);
		*io_len -= n;
		break;
	}
}

static void test_frame_ways_agree_on_damage(void)
{
	uint64_t x = 88172645463325252u;

	for (const struct seed *s = seeds; s->name != NULL; s++) {
		for (int round = 0; round < 6; round++) {
			struct mkcap m;
			char what[80];
			size_t len;

			seed_build(s, &m);
			len = m.out.len;
			snprintf(what, sizeof(what), "%s, damage %d", s->name, round);
			for (int k = 0; k <= round % 3 && len > 0; k++) {
				damage((uint8_t *)m.out.data, &len, &x);
			}
			check_all_ways(m.out.data, len, what);
			mkcap_release(&m);
		}
	}
}

/* Lengths that lie by more than many batches hold, among holes: what was looked at comes again. */
static void test_frame_ways_agree_on_long_lies(void)
{
	uint64_t x = 4711;

	for (int round = 0; round < 8; round++) {
		struct blocks *b = malloc(sizeof(*b));
		struct mkcap m;

		plain_events(&m, round % 2 != 0, 4000);
		find_blocks(b, &m);
		for (int k = 0; k < 12; k++) {
			size_t block = 1 + (size_t)(random_next(&x) % (b->count - 1));
			uint32_t length = (uint32_t)(random_next(&x) % (k % 3 == 0 ? 1000 : m.out.len)) & ~3u;

			if (k % 4 == 3) {
				memset(m.out.data + b->at[block] + 20, 0, m.out.len - b->at[block] > 9000 ? 5000 : 20);
			} else {
				mkcap_patch32(&m.out, b->at[block] + 4, length, m.big_endian);
			}
		}
		check_all_ways(m.out.data, m.out.len, "long lies");
		mkcap_release(&m);
		free(b);
	}
}

/*
 * Blocks that each claim to be half of the capture, with a small good one behind each: what they claim must
 * not be read or copied again for every one of them.
 */
static void test_frame_many_long_lies_are_no_attack(void)
{
	struct framed f;
	struct mkcap m;
	size_t n = 30000;

	mkcap_init(&m, false);
	mkcap_section(&m, 2);
	for (size_t i = 0; i < n; i++) {
		mkcap_u32(&m.out, 6, false);
		mkcap_u32(&m.out, 400000, false);
		mkcap_u64(&m.out, 0, false);
		mkcap_block(&m, 0xBAD, "", 0);
	}
	for (enum how how = MAPPED; how <= STREAMED; how++) {
		framed_run(&f, m.out.data, m.out.len, how, 4096);
		CU_ASSERT_EQUAL(f.damage_count, n);
		CU_ASSERT_EQUAL(f.meta_count, n + 1);
		framed_release(&f);
	}
	mkcap_release(&m);
}

/* Blocks far larger than a batch, and a batch that ends at every place of a block. */
static void test_frame_blocks_larger_than_batches(void)
{
	char *big = calloc(1, 300000);
	struct framed f;
	struct mkcap m;

	mkcap_init(&m, false);
	mkcap_section(&m, 2);
	mkcap_write(&m, T0, 100, 1, 3, "before");
	memset(big, 'x', 299999);
	mkcap_container_json(&m, T0 + 1, big);
	mkcap_write(&m, T0 + 2, 100, 1, 3, "after");
	framed_run(&f, m.out.data, m.out.len, STREAMED, 4096);
	CU_ASSERT_EQUAL(f.event_count, 3);
	CU_ASSERT_EQUAL(event_stored_param(&f.events[1], 0).len, 300000);
	CU_ASSERT_EQUAL(f.damage_count, 0);
	framed_release(&f);
	check_all_ways(m.out.data, m.out.len, "big block");
	mkcap_release(&m);
	free(big);
}

/* ---- truncation ------------------------------------------------------------------------------------ */

static void cut_everywhere(struct mkcap *m, enum how how)
{
	struct blocks b;

	find_blocks(&b, m);
	for (size_t n = 4, whole = 0; n <= m->out.len; n++) {
		struct framed f;

		while (whole < b.count && b.at[whole + 1] <= n) {
			whole++;
		}
		framed_run(&f, m->out.data, n, how, 4096);
		CU_ASSERT_FALSE_FATAL(f.refused);
		/* The section header is a block, but no event. */
		CU_ASSERT_EQUAL(f.event_count, whole > 0 ? whole - 1 : 0);
		CU_ASSERT_EQUAL(f.source->bytes, n);
		if (n == b.at[whole]) {
			CU_ASSERT_EQUAL(f.damage_count, 0);
		} else {
			CU_ASSERT_EQUAL_FATAL(f.damage_count, 1);
			CU_ASSERT_EQUAL(f.damages[0].offset, b.at[whole]);
			CU_ASSERT_EQUAL(f.damages[0].bytes, n - b.at[whole]);
		}
		framed_release(&f);
	}
}

static void test_frame_cut_at_every_byte(void)
{
	for (int be = 0; be < 2; be++) {
		struct mkcap m;

		plain_events(&m, be != 0, 4);
		cut_everywhere(&m, MAPPED);
		cut_everywhere(&m, STREAMED);
		mkcap_release(&m);
	}
}

/* gzip cut in the middle: what was inflated counts, and the source says what ended it. */
static void test_frame_cut_gzip(void)
{
	struct framed f;
	struct mkcap m;
	void *gz;
	size_t n;

	plain_events(&m, false, 3000);
	gz = framed_gzip(m.out.data, m.out.len, &n);
	framed_stored(&f, gz, n / 2, 4096);
	CU_ASSERT_FALSE_FATAL(f.refused);
	CU_ASSERT_TRUE(f.event_count > 500 && f.event_count < 2500);
	for (size_t i = 0; i < f.event_count; i++) {
		CU_ASSERT_EQUAL(f.events[i].ts_ns, T0 + i);
	}
	CU_ASSERT_EQUAL(f.source->error, ERR_TRUNCATED);
	CU_ASSERT_TRUE(f.damage_count > 0);
	framed_release(&f);
	free(gz);
	mkcap_release(&m);
}

/* ---- holes and garbage ------------------------------------------------------------------------------ */

/* A hole from inside block first to inside block last costs these and what is between, once. */
static void check_hole(bool be, enum filling filling, enum how how, size_t batch)
{
	struct blocks b;
	struct framed f;
	struct mkcap m;
	size_t first = 40;
	size_t last = 120;
	size_t from;
	size_t to;

	plain_events(&m, be, 300);
	find_blocks(&b, &m);
	from = b.at[first] + 30;
	to = b.at[last] + 30;
	fill_hole((uint8_t *)m.out.data + from, to - from, filling);
	framed_run(&f, m.out.data, m.out.len, how, batch);
	check_survivors(&f, &b, first, last);
	CU_ASSERT_EQUAL_FATAL(f.damage_count, 1);
	CU_ASSERT_EQUAL(f.damages[0].offset, b.at[first]);
	CU_ASSERT_EQUAL(f.damages[0].bytes, b.at[last + 1] - b.at[first]);
	CU_ASSERT_EQUAL(f.damage_bytes, f.damages[0].bytes);
	framed_release(&f);
	mkcap_release(&m);
}

static void test_frame_holes(void)
{
	for (int be = 0; be < 2; be++) {
		for (enum filling filling = ZEROS; filling <= RANDOM; filling++) {
			check_hole(be != 0, filling, MAPPED, 1 << 20);
			check_hole(be != 0, filling, MAPPED, 4096);
			check_hole(be != 0, filling, STREAMED, 4096);
			check_hole(be != 0, filling, STREAMED, 1 << 20);
		}
	}
}

/* Bytes that belong to no block, put between two. */
static void test_frame_inserted_garbage(void)
{
	for (size_t n = 1; n < 40; n++) {
		struct buf all;
		struct blocks b;
		struct framed f;
		struct mkcap m;
		uint8_t junk[40];

		plain_events(&m, false, 20);
		find_blocks(&b, &m);
		fill_hole(junk, sizeof(junk), n % 2 != 0 ? RANDOM : ONES);
		buf_init(&all, SIZE_MAX);
		buf_add(&all, m.out.data, b.at[10]);
		buf_add(&all, junk, n);
		buf_add(&all, m.out.data + b.at[10], m.out.len - b.at[10]);
		framed_run(&f, all.data, all.len, MAPPED, 4096);
		CU_ASSERT_EQUAL(f.event_count, 20);
		CU_ASSERT_EQUAL_FATAL(f.damage_count, 1);
		CU_ASSERT_EQUAL(f.damages[0].offset, b.at[10]);
		CU_ASSERT_EQUAL(f.damages[0].bytes, n);
		framed_release(&f);
		buf_release(&all);
		mkcap_release(&m);
	}
}

/* Garbage or zeros behind the last block, as a file system leaves after a crash. */
static void test_frame_garbage_at_end(void)
{
	for (enum filling filling = ZEROS; filling <= RANDOM; filling++) {
		struct framed f;
		struct mkcap m;
		size_t len;
		uint8_t junk[10000];

		plain_events(&m, false, 10);
		len = m.out.len;
		fill_hole(junk, sizeof(junk), filling);
		buf_add(&m.out, junk, sizeof(junk));
		framed_run(&f, m.out.data, m.out.len, STREAMED, 4096);
		CU_ASSERT_EQUAL(f.event_count, 10);
		CU_ASSERT_EQUAL_FATAL(f.damage_count, 1);
		CU_ASSERT_EQUAL(f.damages[0].offset, len);
		CU_ASSERT_EQUAL(f.damages[0].bytes, sizeof(junk));
		framed_release(&f);
		mkcap_release(&m);
	}
}

/* ---- lengths ---------------------------------------------------------------------------------------- */

static const uint32_t bad_lengths[] = {
	0, 1, 4, 11, 12, 16, 20, 41, 1000, 100000, 50u << 20, LIMIT_BLOCK_BYTES, LIMIT_BLOCK_BYTES + 4,
	0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF,
};

/* A leading length that lies costs its block and nothing else. */
static void check_bad_length(bool be, uint32_t bad, size_t block, enum how how)
{
	struct blocks b;
	struct framed f;
	struct mkcap m;

	plain_events(&m, be, 60);
	find_blocks(&b, &m);
	mkcap_patch32(&m.out, b.at[block] + 4, bad, be);
	framed_run(&f, m.out.data, m.out.len, how, 4096);
	check_survivors(&f, &b, block, block);
	CU_ASSERT_EQUAL_FATAL(f.damage_count, 1);
	CU_ASSERT_EQUAL(f.damages[0].offset, b.at[block]);
	CU_ASSERT_EQUAL(f.damages[0].bytes, b.at[block + 1] - b.at[block]);
	framed_release(&f);
	mkcap_release(&m);
}

static void test_frame_bad_lengths(void)
{
	for (size_t i = 0; i < ARRAY_LEN(bad_lengths); i++) {
		for (enum how how = MAPPED; how <= STREAMED; how++) {
			check_bad_length(false, bad_lengths[i], 1, how);
			check_bad_length(false, bad_lengths[i], 20, how);
			check_bad_length(true, bad_lengths[i], 20, how);
			check_bad_length(false, bad_lengths[i], 60, how);
		}
	}
}

/* The section header's own length lies: its byte order is known, so the blocks behind it are read. */
static void test_frame_bad_section_header_length(void)
{
	for (size_t i = 0; i < ARRAY_LEN(bad_lengths); i++) {
		for (int be = 0; be < 2; be++) {
			struct framed f;
			struct mkcap m;

			plain_events(&m, be != 0, 10);
			mkcap_patch32(&m.out, 4, bad_lengths[i], be != 0);
			check_all_ways(m.out.data, m.out.len, "section header length");
			framed_cap(&f, &m);
			CU_ASSERT_EQUAL(f.event_count, 10);
			CU_ASSERT_EQUAL_FATAL(f.damage_count, 1);
			CU_ASSERT_EQUAL(f.damages[0].offset, 0);
			CU_ASSERT_EQUAL(f.damages[0].bytes, 28);
			CU_ASSERT_EQUAL_FATAL(f.source->section_count, 1);
			CU_ASSERT_EQUAL(f.source->sections[0]->big_endian, be != 0);
			framed_release(&f);
			mkcap_release(&m);
		}
	}
}

/* The same in the middle, between sections of different byte order: the second one starts anew. */
static void test_frame_bad_second_header_length(void)
{
	struct framed f;
	struct mkcap m;
	size_t second;

	plain_events(&m, false, 10);
	second = m.out.len;
	m.big_endian = true;
	mkcap_section(&m, 2);
	for (size_t i = 10; i < 20; i++) {
		mkcap_write(&m, T0 + i, 100, 1, 3, "x");
	}
	mkcap_patch32(&m.out, second + 4, 0xFFFFFFF0, true);
	check_all_ways(m.out.data, m.out.len, "second section header length");
	framed_cap(&f, &m);
	CU_ASSERT_EQUAL(f.event_count, 20);
	CU_ASSERT_EQUAL_FATAL(f.source->section_count, 2);
	CU_ASSERT_EQUAL(f.source->sections[1]->offset, second);
	CU_ASSERT_TRUE(f.source->sections[1]->big_endian);
	CU_ASSERT_EQUAL_FATAL(f.damage_count, 1);
	CU_ASSERT_EQUAL(f.damages[0].offset, second);
	framed_release(&f);
	mkcap_release(&m);
}

/* Without byte-order magic nothing is known of a section: damage, and the one before goes on. */
static void test_frame_second_header_without_magic(void)
{
	struct framed f;
	struct mkcap m;
	size_t second;

	plain_events(&m, false, 5);
	second = m.out.len;
	mkcap_section(&m, 2);
	mkcap_patch32(&m.out, second + 8, 0x12345678, false);
	mkcap_write(&m, T0 + 5, 100, 1, 3, "x");
	check_all_ways(m.out.data, m.out.len, "section header without magic");
	framed_cap(&f, &m);
	CU_ASSERT_EQUAL(f.event_count, 6);
	CU_ASSERT_EQUAL(f.source->section_count, 1);
	CU_ASSERT_EQUAL_FATAL(f.damage_count, 1);
	CU_ASSERT_EQUAL(f.damages[0].offset, second);
	CU_ASSERT_EQUAL(f.damages[0].bytes, 28);
	framed_release(&f);
	mkcap_release(&m);
}

/* The copy of the length differs: said, once, and the block is used. */
static void check_trailer(bool be, size_t block, size_t count)
{
	struct blocks b;
	struct framed f;
	struct mkcap m;

	plain_events(&m, be, count - 1);
	find_blocks(&b, &m);
	assert(b.count == count);
	mkcap_patch32(&m.out, b.at[block + 1] - 4, 12345, be);
	check_all_ways(m.out.data, m.out.len, "trailing length");
	framed_cap(&f, &m);
	CU_ASSERT_EQUAL(f.event_count, count - 1);
	CU_ASSERT_EQUAL_FATAL(f.damage_count, 1);
	CU_ASSERT_EQUAL(f.damages[0].offset, b.at[block]);
	CU_ASSERT_EQUAL(f.damages[0].bytes, 0);
	framed_release(&f);
	mkcap_release(&m);
}

static void test_frame_trailing_length_differs(void)
{
	for (int be = 0; be < 2; be++) {
		for (size_t block = 0; block < 8; block++) {
			check_trailer(be != 0, block, 8);
		}
	}
}

static void test_frame_trailing_length_of_second_header_differs(void)
{
	struct framed f;
	struct mkcap m;
	size_t second;

	plain_events(&m, false, 5);
	second = m.out.len;
	mkcap_section(&m, 2);
	mkcap_patch32(&m.out, second + 24, 0, false);
	mkcap_write(&m, T0 + 5, 100, 1, 3, "x");
	check_all_ways(m.out.data, m.out.len, "trailing length of the second header");
	framed_cap(&f, &m);
	CU_ASSERT_EQUAL(f.event_count, 6);
	CU_ASSERT_EQUAL(f.source->section_count, 2);
	CU_ASSERT_EQUAL_FATAL(f.damage_count, 1);
	CU_ASSERT_EQUAL(f.damages[0].offset, second);
	framed_release(&f);
	mkcap_release(&m);
}

/* A total that is no multiple of 4: the body padded and the total not, or neither. */
static void put_odd_block(struct mkcap *m, size_t body, bool padded)
{
	static const uint8_t zeros[64] = { 0 };
	uint32_t total = (uint32_t)body + 12;

	mkcap_block_lying(m, 0xBAD, zeros, padded ? (body + 3) / 4 * 4 : body, total, total);
}

static void check_odd_total(bool be, bool padded, size_t body, bool at_end)
{
	struct framed f;
	struct mkcap m;

	plain_events(&m, be, 3);
	put_odd_block(&m, body, padded);
	if (!at_end) {
		mkcap_write(&m, T0 + 3, 100, 1, 3, "x");
		put_odd_block(&m, body, padded);
		put_odd_block(&m, body, padded);
		mkcap_write(&m, T0 + 4, 100, 1, 3, "x");
	}
	check_all_ways(m.out.data, m.out.len, "odd total");
	framed_cap(&f, &m);
	CU_ASSERT_EQUAL(f.event_count, at_end ? 3 : 5);
	CU_ASSERT_EQUAL(f.damage_count, 0);
	/* The section header is one too. */
	CU_ASSERT_EQUAL(f.meta_count, at_end ? 2 : 4);
	framed_release(&f);
	mkcap_release(&m);
}

static void test_frame_odd_totals(void)
{
	for (int i = 0; i < 8; i++) {
		for (size_t body = 5; body < 12; body++) {
			check_odd_total((i & 1) != 0, (i & 2) != 0, body, (i & 4) != 0);
		}
	}
}

/* ---- sections and interfaces ------------------------------------------------------------------------- */

static void test_frame_sections_in_a_row(void)
{
	static const uint8_t frame[60] = { 0 };
	struct framed f;
	struct mkcap m;
	size_t at[4];

	mkcap_init(&m, false);
	mkcap_section_options(&m, 0, "cpu", "Linux", "dumpcap", "first");
	mkcap_idb(&m, 1, 0, 9, "eth0");
	mkcap_epb(&m, 0, T0, frame, 60, 60);
	at[1] = m.out.len;
	m.big_endian = true;
	mkcap_section(&m, 2);
	mkcap_write(&m, T0 + 1, 100, 1, 3, "x");
	at[2] = m.out.len;
	m.big_endian = false;
	mkcap_section(&m, 1);
	mkcap_epb(&m, 0, T0, frame, 60, 60);
	mkcap_write(&m, T0 + 2, 100, 1, 3, "x");
	check_all_ways(m.out.data, m.out.len, "sections");
	framed_cap(&f, &m);
	CU_ASSERT_EQUAL_FATAL(f.source->section_count, 3);
	CU_ASSERT_STRING_EQUAL(f.source->sections[0]->hardware, "cpu");
	CU_ASSERT_STRING_EQUAL(f.source->sections[0]->os, "Linux");
	CU_ASSERT_STRING_EQUAL(f.source->sections[0]->application, "dumpcap");
	CU_ASSERT_STRING_EQUAL(f.source->sections[0]->comment, "first");
	CU_ASSERT_EQUAL(f.source->sections[0]->offset, 0);
	CU_ASSERT_EQUAL(f.source->sections[1]->offset, at[1]);
	CU_ASSERT_TRUE(f.source->sections[1]->big_endian);
	CU_ASSERT_EQUAL(f.source->sections[1]->minor, 2);
	CU_ASSERT_EQUAL(f.source->sections[2]->offset, at[2]);
	CU_ASSERT_EQUAL(f.source->sections[2]->minor, 1);
	CU_ASSERT_EQUAL_FATAL(f.event_count, 2);
	CU_ASSERT_EQUAL(f.event_at[0].section, 1);
	CU_ASSERT_EQUAL(f.event_at[1].section, 2);
	/* Interfaces begin anew: the third section has none. */
	CU_ASSERT_EQUAL_FATAL(f.packet_count, 2);
	CU_ASSERT_EQUAL(f.packets[0].flags, 0);
	CU_ASSERT_TRUE(f.packets[1].flags & PACKET_NO_INTERFACE);
	CU_ASSERT_EQUAL(f.damage_count, 1);
	framed_release(&f);
	mkcap_release(&m);
}

/* Each packet sees the interfaces described before it, whatever batch it is in. */
static void test_frame_interfaces_grow(void)
{
	static const uint8_t frame[14] = { 0 };
	struct framed f;
	struct mkcap m;

	mkcap_init(&m, false);
	mkcap_section(&m, 0);
	for (uint16_t i = 0; i < 300; i++) {
		mkcap_idb(&m, (uint16_t)(1000 + i), i, i % 2 != 0 ? 9 : 6, NULL);
		mkcap_epb(&m, i, 5000, frame, 14, 14);
		mkcap_epb(&m, i / 2, 5000, frame, 14, 14);
	}
	check_all_ways(m.out.data, m.out.len, "interfaces");
	framed_run(&f, m.out.data, m.out.len, STREAMED, 257);
	CU_ASSERT_EQUAL_FATAL(f.packet_count, 600);
	for (uint16_t i = 0; i < 300; i++) {
		CU_ASSERT_EQUAL(f.packets[2 * i].link_type, 1000 + i);
		CU_ASSERT_EQUAL(f.packets[2 * i].ts_ns, i % 2 != 0 ? 5000 : 5000000);
		CU_ASSERT_EQUAL(f.packets[2 * i + 1].link_type, 1000 + i / 2);
	}
	framed_release(&f);
	mkcap_release(&m);
}

/* More sections than there may be: what is behind them is not read, and how much that is is told. */
static void test_frame_too_many_sections(void)
{
	struct framed f;
	struct mkcap m;
	size_t at;

	mkcap_init(&m, false);
	for (uint32_t i = 0; i < LIMIT_SECTIONS; i++) {
		mkcap_section(&m, 2);
	}
	mkcap_close(&m, T0, 1, 0, 3);
	at = m.out.len;
	mkcap_section(&m, 2);
	mkcap_close(&m, T0 + 1, 1, 0, 3);
	check_all_ways(m.out.data, m.out.len, "sections");
	framed_run(&f, m.out.data, m.out.len, STREAMED, 64);
	CU_ASSERT_EQUAL(f.event_count, 1);
	CU_ASSERT_EQUAL(f.source->section_count, LIMIT_SECTIONS);
	CU_ASSERT_EQUAL(f.source->error, ERR_LIMIT);
	CU_ASSERT_EQUAL_FATAL(f.damage_count, 1);
	CU_ASSERT_EQUAL(f.damages[0].offset, at);
	CU_ASSERT_EQUAL(f.damages[0].bytes, m.out.len - at);
	framed_release(&f);
	mkcap_release(&m);
}

/* Descriptions beyond the ceiling are said, each, and the packets that name them have no interface. */
static void test_frame_too_many_interfaces(void)
{
	static const uint8_t frame[14] = { 0 };
	struct framed f;
	struct mkcap m;
	size_t at;

	mkcap_init(&m, false);
	mkcap_section(&m, 0);
	for (uint32_t i = 0; i < LIMIT_PACKET_INTERFACES; i++) {
		mkcap_idb(&m, 1, 0, 9, NULL);
	}
	at = m.out.len;
	mkcap_idb(&m, 1, 0, 9, NULL);
	mkcap_epb(&m, LIMIT_PACKET_INTERFACES - 1, T0, frame, 14, 14);
	mkcap_epb(&m, LIMIT_PACKET_INTERFACES, T0, frame, 14, 14);
	framed_cap(&f, &m);
	CU_ASSERT_EQUAL_FATAL(f.damage_count, 2);
	CU_ASSERT_EQUAL(f.damages[0].offset, at);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.damages[1].what, "which no block describes"));
	CU_ASSERT_EQUAL_FATAL(f.packet_count, 2);
	CU_ASSERT_EQUAL(f.packets[0].flags, 0);
	CU_ASSERT_TRUE(f.packets[1].flags & PACKET_NO_INTERFACE);
	framed_release(&f);
	mkcap_release(&m);
}

/* Interface statistics: the last block counts. */
static void test_frame_interface_statistics(void)
{
	struct framed f;

	for (int be = 0; be < 2; be++) {
		struct mkcap m;
		struct buf x;

		mkcap_init(&m, be != 0);
		buf_init(&x, 64);
		mkcap_section(&m, 0);
		mkcap_idb(&m, 1, 0, 9, "eth0");
		mkcap_idb(&m, 1, 0, 9, "eth1");
		for (uint64_t drops = 10; drops <= 20; drops += 10) {
			mkcap_block_begin(&m, 5);
			mkcap_u32(&m.out, 1, m.big_endian);
			mkcap_u64(&m.out, 0, m.big_endian);
			buf_reset(&x);
			mkcap_u64(&x, drops, m.big_endian);
			mkcap_option(&m, 5, x.data, 8);
			buf_reset(&x);
			mkcap_u64(&x, drops + 1, m.big_endian);
			mkcap_option(&m, 7, x.data, 8);
			mkcap_option(&m, 5, x.data, 3);	/* too short: ignored */
			mkcap_option_end(&m);
			mkcap_block_end(&m);
		}
		framed_cap(&f, &m);
		CU_ASSERT_EQUAL_FATAL(f.source->sections[0]->interface_count, 2);
		CU_ASSERT_EQUAL(f.source->sections[0]->interfaces[0].drops_interface, UINT64_MAX);
		CU_ASSERT_EQUAL(f.source->sections[0]->interfaces[0].drops_os, UINT64_MAX);
		CU_ASSERT_EQUAL(f.source->sections[0]->interfaces[1].drops_interface, 20);
		CU_ASSERT_EQUAL(f.source->sections[0]->interfaces[1].drops_os, 21);
		framed_release(&f);
		buf_release(&x);
		mkcap_release(&m);
	}
}

void suite_frame(CU_pSuite suite);
void suite_frame(CU_pSuite suite)
{
	CU_add_test(suite, "test_frame_ways_agree_on_seeds", test_frame_ways_agree_on_seeds);
	CU_add_test(suite, "test_frame_ways_agree_on_damage", test_frame_ways_agree_on_damage);
	CU_add_test(suite, "test_frame_ways_agree_on_long_lies", test_frame_ways_agree_on_long_lies);
	CU_add_test(suite, "test_frame_many_long_lies_are_no_attack", test_frame_many_long_lies_are_no_attack);
	CU_add_test(suite, "test_frame_blocks_larger_than_batches", test_frame_blocks_larger_than_batches);
	CU_add_test(suite, "test_frame_cut_at_every_byte", test_frame_cut_at_every_byte);
	CU_add_test(suite, "test_frame_cut_gzip", test_frame_cut_gzip);
	CU_add_test(suite, "test_frame_holes", test_frame_holes);
	CU_add_test(suite, "test_frame_inserted_garbage", test_frame_inserted_garbage);
	CU_add_test(suite, "test_frame_garbage_at_end", test_frame_garbage_at_end);
	CU_add_test(suite, "test_frame_bad_lengths", test_frame_bad_lengths);
	CU_add_test(suite, "test_frame_bad_section_header_length", test_frame_bad_section_header_length);
	CU_add_test(suite, "test_frame_bad_second_header_length", test_frame_bad_second_header_length);
	CU_add_test(suite, "test_frame_second_header_without_magic", test_frame_second_header_without_magic);
	CU_add_test(suite, "test_frame_trailing_length_differs", test_frame_trailing_length_differs);
	CU_add_test(suite, "test_frame_trailing_length_of_second_header_differs",
		    test_frame_trailing_length_of_second_header_differs);
	CU_add_test(suite, "test_frame_odd_totals", test_frame_odd_totals);
	CU_add_test(suite, "test_frame_sections_in_a_row", test_frame_sections_in_a_row);
	CU_add_test(suite, "test_frame_interfaces_grow", test_frame_interfaces_grow);
	CU_add_test(suite, "test_frame_too_many_sections", test_frame_too_many_sections);
	CU_add_test(suite, "test_frame_too_many_interfaces", test_frame_too_many_interfaces);
	CU_add_test(suite, "test_frame_interface_statistics", test_frame_interface_statistics);
}
