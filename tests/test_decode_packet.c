/*
 * test_decode_packet.c - packet blocks and records: their times in every resolution, their lengths, where
 * their bytes are, and what is said of those that lie.
 */
#include "mkframe.h"

#define T0 UINT64_C(1700000000000000000)

static uint8_t frame[256];

static void begin(struct mkcap *m, bool be)
{
	for (size_t i = 0; i < sizeof(frame); i++) {
		frame[i] = (uint8_t)i;
	}
	mkcap_init(m, be);
	mkcap_section(m, 0);
}

/* An interface description with any resolution and offset. */
static void interface(struct mkcap *m, uint16_t link, uint32_t snaplen, int resolution, int64_t offset_s)
{
	uint8_t r = (uint8_t)resolution;
	struct buf x;

	buf_init(&x, 16);
	mkcap_u64(&x, (uint64_t)offset_s, m->big_endian);
	mkcap_block_begin(m, 1);
	mkcap_u16(&m->out, link, m->big_endian);
	mkcap_u16(&m->out, 0, m->big_endian);
	mkcap_u32(&m->out, snaplen, m->big_endian);
	if (resolution >= 0) {
		mkcap_option(m, 9, &r, 1);
	}
	if (offset_s != 0) {
		mkcap_option(m, 14, x.data, 8);
	}
	mkcap_option_end(m);
	mkcap_block_end(m);
	buf_release(&x);
}

/* The obsolete packet block: interface of 16 bits, then drops. */
static void obsolete_packet(struct mkcap *m, uint16_t interface_id, uint64_t units, uint32_t cap_len,
			    uint32_t orig_len)
{
	mkcap_block_begin(m, 2);
	mkcap_u16(&m->out, interface_id, m->big_endian);
	mkcap_u16(&m->out, 5, m->big_endian);
	mkcap_u32(&m->out, (uint32_t)(units >> 32), m->big_endian);
	mkcap_u32(&m->out, (uint32_t)units, m->big_endian);
	mkcap_u32(&m->out, cap_len, m->big_endian);
	mkcap_u32(&m->out, orig_len, m->big_endian);
	buf_add(&m->out, frame, cap_len);
	mkcap_block_end(m);
}

static void check_packet(const struct packet *p, uint64_t ts_ns, uint32_t cap_len, uint32_t orig_len,
			 uint32_t id, uint16_t link, uint16_t flags)
{
	CU_ASSERT_EQUAL(p->ts_ns, ts_ns);
	CU_ASSERT_EQUAL(p->cap_len, cap_len);
	CU_ASSERT_EQUAL(p->orig_len, orig_len);
	CU_ASSERT_EQUAL(p->interface, id);
	CU_ASSERT_EQUAL(p->link_type, link);
	CU_ASSERT_EQUAL(p->flags, flags);
	CU_ASSERT_EQUAL(memcmp(p->data, frame, cap_len), 0);
}

static void test_decode_packet_blocks(void)
{
	for (int be = 0; be < 2; be++) {
		struct framed f;
		struct mkcap m;

		begin(&m, be != 0);
		interface(&m, 113, 96, 9, 0);
		interface(&m, 1, 0, -1, 0);
		mkcap_epb(&m, 0, T0, frame, 96, 1500);
		mkcap_epb(&m, 1, T0 / 1000, frame, 61, 61);
		obsolete_packet(&m, 1, T0 / 1000 + 1, 33, 44);
		mkcap_spb(&m, frame, 60, 60);
		mkcap_spb(&m, frame, 96, 1500);
		mkcap_epb(&m, 0, T0 + 9, frame, 0, 0);
		framed_cap(&f, &m);
		CU_ASSERT_EQUAL_FATAL(f.packet_count, 6);
		check_packet(&f.packets[0], T0, 96, 1500, 0, 113, 0);
		check_packet(&f.packets[1], T0, 61, 61, 1, 1, 0);
		check_packet(&f.packets[2], T0 + 1000, 33, 44, 1, 1, 0);
		/* Simple packets belong to the first interface and are cut at its snap length. */
		check_packet(&f.packets[3], 0, 60, 60, 0, 113, PACKET_NO_TIME);
		check_packet(&f.packets[4], 0, 96, 1500, 0, 113, PACKET_NO_TIME);
		check_packet(&f.packets[5], T0 + 9, 0, 0, 0, 113, 0);
		CU_ASSERT_EQUAL(f.tally.packets, 6);
		CU_ASSERT_EQUAL(f.tally.packet_bytes, 1500 + 61 + 44 + 60 + 1500);
		CU_ASSERT_EQUAL(f.tally.packets_cut, 3);
		CU_ASSERT_FALSE(f.tally.scap);
		CU_ASSERT_EQUAL(f.damage_count, 0);
		framed_release(&f);
		mkcap_release(&m);
	}
}

/* Units per second: 10^n, or 2^n with the high bit set. */
static void test_decode_packet_resolutions(void)
{
	static const struct { int resolution; uint64_t units, ns; } rows[] = {
		{ -1, 1500000, UINT64_C(1500000000) },
		{ 0, 1700000000, UINT64_C(1700000000) * NSEC_PER_SEC },
		{ 3, 1700000000123, UINT64_C(1700000000123) * 1000000 },
		{ 6, 1700000000123456, UINT64_C(1700000000123456) * 1000 },
		{ 9, T0 + 1, T0 + 1 },
		{ 12, 17000000000001, 17000000000 },
		{ 0x80, 7, 7 * NSEC_PER_SEC },
		{ 0x80 | 10, 1536, 1500000000 },
		{ 0x80 | 32, (UINT64_C(1700000000) << 32) | 0x80000000, UINT64_C(1700000000) * NSEC_PER_SEC + 500000000 },
		{ 0x80 | 63, UINT64_C(1) << 62, 500000000 },
		/* What no number of 64 bits holds is as if not given. */
		{ 20, 1500000, UINT64_C(1500000000) },
		{ 0x80 | 64, 1500000, UINT64_C(1500000000) },
		{ 127, 1500000, UINT64_C(1500000000) },
		/* Beyond the year 2554: as late as can be told. */
		{ 0, UINT64_MAX, UINT64_MAX },
		{ 6, UINT64_MAX, UINT64_MAX },
	};

	for (int be = 0; be < 2; be++) {
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			struct framed f;
			struct mkcap m;

			begin(&m, be != 0);
			interface(&m, 1, 0, rows[i].resolution, 0);
			mkcap_epb(&m, 0, rows[i].units, frame, 60, 60);
			framed_cap(&f, &m);
			CU_ASSERT_EQUAL_FATAL(f.packet_count, 1);
			CU_ASSERT_EQUAL(f.packets[0].ts_ns, rows[i].ns);
			framed_release(&f);
			mkcap_release(&m);
		}
	}
}

/* if_tsoffset: seconds to be added, of either sign. */
static void test_decode_packet_offsets(void)
{
	static const struct { int64_t offset_s; uint64_t units, ns; } rows[] = {
		{ 3600, 5, 3600 * NSEC_PER_SEC + 5 },
		{ 1700000000, 123456789, T0 + 123456789 },
		{ -3600, T0, T0 - 3600 * NSEC_PER_SEC },
		{ -10, 5, 0 },
		{ INT64_MAX, T0, UINT64_MAX },
		{ INT64_MIN, T0, 0 },
	};

	for (int be = 0; be < 2; be++) {
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			struct framed f;
			struct mkcap m;

			begin(&m, be != 0);
			interface(&m, 1, 0, 9, rows[i].offset_s);
			mkcap_epb(&m, 0, rows[i].units, frame, 60, 60);
			framed_cap(&f, &m);
			CU_ASSERT_EQUAL_FATAL(f.packet_count, 1);
			CU_ASSERT_EQUAL(f.packets[0].ts_ns, rows[i].ns);
			CU_ASSERT_EQUAL((f.packets[0].flags & PACKET_NO_TIME) != 0, rows[i].ns == 0);
			framed_release(&f);
			mkcap_release(&m);
		}
	}
}

/* An interface that nothing describes: the packet counts, its time cannot be told. */
static void test_decode_packet_of_unknown_interface(void)
{
	struct framed f;
	struct mkcap m;

	begin(&m, false);
	mkcap_epb(&m, 0, T0, frame, 60, 60);
	mkcap_spb(&m, frame, 60, 60);
	interface(&m, 1, 0, 9, 0);
	mkcap_epb(&m, 1, T0, frame, 60, 60);
	mkcap_epb(&m, UINT32_MAX, T0, frame, 60, 60);
	mkcap_epb(&m, 0, T0, frame, 60, 60);
	framed_run(&f, m.out.data, m.out.len, MAPPED, 64);
	CU_ASSERT_EQUAL_FATAL(f.packet_count, 5);
	check_packet(&f.packets[0], 0, 60, 60, 0, 0, PACKET_NO_TIME | PACKET_NO_INTERFACE);
	check_packet(&f.packets[1], 0, 60, 60, 0, 0, PACKET_NO_TIME | PACKET_NO_INTERFACE);
	check_packet(&f.packets[2], 0, 60, 60, 1, 0, PACKET_NO_TIME | PACKET_NO_INTERFACE);
	check_packet(&f.packets[3], 0, 60, 60, UINT32_MAX, 0, PACKET_NO_TIME | PACKET_NO_INTERFACE);
	check_packet(&f.packets[4], T0, 60, 60, 0, 1, 0);
	framed_release(&f);
	mkcap_release(&m);
}

/* Interfaces described by blocks cut too short still take their number. */
static void test_decode_packet_of_cut_interface(void)
{
	struct framed f;
	struct mkcap m;

	begin(&m, false);
	mkcap_block(&m, 1, frame, 0);
	mkcap_block(&m, 1, "\x01\0\0\0", 4);
	interface(&m, 113, 0, 9, 0);
	mkcap_epb(&m, 2, T0, frame, 60, 60);
	framed_cap(&f, &m);
	CU_ASSERT_EQUAL_FATAL(f.packet_count, 1);
	check_packet(&f.packets[0], T0, 60, 60, 2, 113, 0);
	CU_ASSERT_EQUAL(f.source->sections[0]->interface_count, 3);
	framed_release(&f);
	mkcap_release(&m);
}

/* Packet blocks that hold less than they claim, or not even a header: damage, and the next one counts. */
static void test_decode_packet_blocks_that_lie(void)
{
	static const struct { uint32_t type; size_t header; } rows[] = { { 6, 20 }, { 2, 20 }, { 3, 4 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t len = 0; len < rows[i].header; len += 4) {
			struct framed f;
			struct mkcap m;

			begin(&m, i % 2 != 0);
			interface(&m, 1, 0, 9, 0);
			memset(frame, 0, sizeof(frame));
			mkcap_block(&m, rows[i].type, frame, len);
			mkcap_epb(&m, 0, T0, frame, 60, 60);
			framed_cap(&f, &m);
			CU_ASSERT_EQUAL(f.packet_count, 1);
			CU_ASSERT_EQUAL(f.damage_count, 1);
			framed_release(&f);
			mkcap_release(&m);
		}
	}
}

static void test_decode_packet_lengths_that_lie(void)
{
	static const uint32_t claims[] = { 61 + 3, 1000, 0x7FFFFFFF, UINT32_MAX };

	for (size_t i = 0; i < ARRAY_LEN(claims); i++) {
		struct framed f;
		struct mkcap m;
		size_t at;

		begin(&m, i % 2 != 0);
		interface(&m, 1, 0, 9, 0);
		at = m.out.len;
		mkcap_epb(&m, 0, T0, frame, 60, 60);
		mkcap_patch32(&m.out, at + 8 + 12, claims[i], m.big_endian);
		mkcap_epb(&m, 0, T0 + 1, frame, 60, 60);
		framed_cap(&f, &m);
		CU_ASSERT_EQUAL_FATAL(f.packet_count, 1);
		CU_ASSERT_EQUAL(f.packets[0].ts_ns, T0 + 1);
		CU_ASSERT_EQUAL_FATAL(f.damage_count, 1);
		CU_ASSERT_EQUAL(f.damages[0].offset, at);
		CU_ASSERT_EQUAL(f.damages[0].bytes, 0);
		framed_release(&f);
		mkcap_release(&m);
	}
}

/* Options behind the padded bytes of a packet are found whatever its length. */
static void test_decode_packet_options(void)
{
	for (uint32_t len = 0; len < 9; len++) {
		struct framed f;
		struct mkcap m;

		begin(&m, len % 2 != 0);
		interface(&m, 1, 0, 9, 0);
		mkcap_block_begin(&m, 6);
		mkcap_u32(&m.out, 0, m.big_endian);
		mkcap_u64(&m.out, 0, m.big_endian);
		mkcap_u32(&m.out, len, m.big_endian);
		mkcap_u32(&m.out, len, m.big_endian);
		buf_add(&m.out, frame, len);
		while (m.out.len % 4 != 0) {
			buf_addc(&m.out, '\0');
		}
		mkcap_option(&m, 1, "hello", 5);
		mkcap_option_end(&m);
		mkcap_block_end(&m);
		mkcap_epb(&m, 0, T0, frame, len, len);
		framed_cap(&f, &m);
		CU_ASSERT_EQUAL_FATAL(f.packet_count, 2);
		CU_ASSERT_PTR_NOT_NULL_FATAL(f.packets[0].options);
		CU_ASSERT_EQUAL(f.packets[0].options_len, 4 + 8 + 4);
		CU_ASSERT_EQUAL(memcmp(f.packets[0].options + 4, "hello", 5), 0);
		CU_ASSERT_PTR_NULL(f.packets[1].options);
		framed_release(&f);
		mkcap_release(&m);
	}
}

/* Packets and events of one section keep their order. */
static void test_decode_packet_between_events(void)
{
	struct framed f;
	struct mkcap m;

	begin(&m, false);
	interface(&m, 1, 0, 9, 0);
	mkcap_epb(&m, 0, T0, frame, 60, 60);
	mkcap_close(&m, T0 + 1, 1, 0, 3);
	mkcap_epb(&m, 0, T0 + 2, frame, 60, 60);
	mkcap_epb(&m, 0, T0 + 3, frame, 60, 60);
	mkcap_close(&m, T0 + 4, 1, 0, 3);
	mkcap_epb(&m, 0, T0 + 5, frame, 60, 60);
	framed_cap(&f, &m);
	CU_ASSERT_EQUAL_FATAL(f.packet_count, 4);
	CU_ASSERT_EQUAL(f.packets[0].at_event, 0);
	CU_ASSERT_EQUAL(f.packets[1].at_event, 1);
	CU_ASSERT_EQUAL(f.packets[2].at_event, 1);
	CU_ASSERT_EQUAL(f.packets[3].at_event, 2);
	CU_ASSERT_EQUAL(f.batches[0]->tally.first_ns, T0);
	CU_ASSERT_EQUAL(f.batches[0]->tally.last_ns, T0 + 5);
	CU_ASSERT_EQUAL(f.batches[0]->tally.first_event_ns, T0 + 1);
	CU_ASSERT_EQUAL(f.batches[0]->tally.last_event_ns, T0 + 4);
	framed_release(&f);
	mkcap_release(&m);
}

void suite_decode_packet(CU_pSuite suite);
void suite_decode_packet(CU_pSuite suite)
{
	CU_add_test(suite, "test_decode_packet_blocks", test_decode_packet_blocks);
	CU_add_test(suite, "test_decode_packet_resolutions", test_decode_packet_resolutions);
	CU_add_test(suite, "test_decode_packet_offsets", test_decode_packet_offsets);
	CU_add_test(suite, "test_decode_packet_of_unknown_interface", test_decode_packet_of_unknown_interface);
	CU_add_test(suite, "test_decode_packet_of_cut_interface", test_decode_packet_of_cut_interface);
	CU_add_test(suite, "test_decode_packet_blocks_that_lie", test_decode_packet_blocks_that_lie);
	CU_add_test(suite, "test_decode_packet_lengths_that_lie", test_decode_packet_lengths_that_lie);
	CU_add_test(suite, "test_decode_packet_options", test_decode_packet_options);
	CU_add_test(suite, "test_decode_packet_between_events", test_decode_packet_between_events);
}
