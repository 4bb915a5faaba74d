/*
 * test_frame_pcap.c - framing of legacy pcap: four magics, records cut and overwritten, empty records.
 */
#include "mkframe.h"

/* n packets of 20 to 83 bytes, one each second; packet i has frac i. */
static void plain_pcap(struct mkcap *m, bool be, bool ns, size_t n)
{
	static const uint8_t frame[100] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 0, 0x45 };

	mkcap_init(m, be);
	mkcap_pcap_header(m, ns, 113);
	for (size_t i = 0; i < n; i++) {
		mkcap_pcap_packet(m, (uint32_t)(1700000000 + i), (uint32_t)i, frame, (uint32_t)(20 + i * 7 % 64),
				  1500);
	}
}

static size_t record_at(size_t i)
{
	size_t at = 24;

	for (size_t k = 0; k < i; k++) {
		at += 16 + 20 + k * 7 % 64;
	}
	return at;
}

static void check_pcap_packets(const struct framed *f, size_t n, size_t first_bad, size_t last_bad, bool ns)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (i >= first_bad && i <= last_bad) {
			continue;
		}
		CU_ASSERT_FATAL(k < f->packet_count);
		CU_ASSERT_EQUAL(f->packets[k].ts_ns,
				(1700000000 + i) * NSEC_PER_SEC + i * (ns ? 1 : 1000));
		CU_ASSERT_EQUAL(f->packets[k].cap_len, 20 + i * 7 % 64);
		CU_ASSERT_EQUAL(f->packets[k].orig_len, 1500);
		CU_ASSERT_EQUAL(f->packets[k].link_type, 113);
		CU_ASSERT_EQUAL(f->packet_at[k].off, record_at(i));
		k++;
	}
	CU_ASSERT_EQUAL(f->packet_count, k);
}

static void test_frame_pcap_four_magics(void)
{
	for (int i = 0; i < 4; i++) {
		bool ns = (i & 2) != 0;
		struct framed f;
		struct mkcap m;

		plain_pcap(&m, (i & 1) != 0, ns, 200);
		check_all_ways(m.out.data, m.out.len, "pcap");
		framed_cap(&f, &m);
		check_pcap_packets(&f, 200, 1, 0, ns);
		CU_ASSERT_EQUAL(f.damage_count, 0);
		CU_ASSERT_EQUAL_FATAL(f.source->section_count, 1);
		CU_ASSERT_EQUAL(f.source->sections[0]->kind, SECTION_PCAP);
		CU_ASSERT_EQUAL(f.source->sections[0]->major, 2);
		CU_ASSERT_EQUAL(f.source->sections[0]->minor, 4);
		CU_ASSERT_EQUAL(f.source->sections[0]->big_endian, (i & 1) != 0);
		framed_release(&f);
		mkcap_release(&m);
	}
}

static void test_frame_pcap_cut_at_every_byte(void)
{
	struct mkcap m;

	plain_pcap(&m, false, false, 5);
	for (size_t n = 4, whole = 0; n <= m.out.len; n++) {
		struct framed f;

		while (whole < 5 && record_at(whole + 1) <= n) {
			whole++;
		}
		framed_run(&f, m.out.data, n, n % 2 != 0 ? MAPPED : STREAMED, 4096);
		CU_ASSERT_FALSE_FATAL(f.refused);
		CU_ASSERT_EQUAL(f.packet_count, whole);
		if (n == record_at(whole)) {
			CU_ASSERT_EQUAL(f.damage_count, 0);
		} else {
			size_t from = n < 24 ? 0 : record_at(whole);

			CU_ASSERT_EQUAL_FATAL(f.damage_count, 1);
			CU_ASSERT_EQUAL(f.damages[0].offset, from);
			CU_ASSERT_EQUAL(f.damages[0].bytes, n - from);
		}
		framed_release(&f);
	}
	mkcap_release(&m);
}

static void check_pcap_hole(bool be, enum filling filling, enum how how)
{
	size_t from = record_at(30) + 4;
	size_t to = record_at(50) + 9;
	struct framed f;
	struct mkcap m;

	plain_pcap(&m, be, false, 200);
	fill_hole((uint8_t *)m.out.data + from, to - from, filling);
	framed_run(&f, m.out.data, m.out.len, how, 4096);
	check_pcap_packets(&f, 200, 30, 50, false);
	CU_ASSERT_EQUAL_FATAL(f.damage_count, 1);
	CU_ASSERT_EQUAL(f.damages[0].offset, record_at(30));
	CU_ASSERT_EQUAL(f.damages[0].bytes, record_at(51) - record_at(30));
	framed_release(&f);
	check_all_ways(m.out.data, m.out.len, "pcap hole");
	mkcap_release(&m);
}

static void test_frame_pcap_holes(void)
{
	for (int i = 0; i < 4; i++) {
		check_pcap_hole((i & 1) != 0, RANDOM, (i & 2) != 0 ? MAPPED : STREAMED);
		check_pcap_hole((i & 1) != 0, ONES, (i & 2) != 0 ? MAPPED : STREAMED);
	}
}

/* Zeros look like a run of empty records of 1970: they are no packets. */
static void test_frame_pcap_hole_of_zeros(void)
{
	check_pcap_hole(false, ZEROS, MAPPED);
	check_pcap_hole(true, ZEROS, STREAMED);
}

/* Records without bytes are rare but real; what is behind them tells them from an overwritten header. */
static void test_frame_pcap_empty_records(void)
{
	static const uint8_t frame[20] = { 1 };
	struct framed f;
	struct mkcap m;

	mkcap_init(&m, false);
	mkcap_pcap_header(&m, false, 1);
	mkcap_pcap_packet(&m, 1700000000, 1, frame, 0, 0);
	mkcap_pcap_packet(&m, 1700000001, 2, frame, 0, 60);
	mkcap_pcap_packet(&m, 1700000002, 3, frame, 20, 20);
	mkcap_pcap_packet(&m, 1700000003, 4, frame, 0, 0);
	check_all_ways(m.out.data, m.out.len, "empty records");
	framed_cap(&f, &m);
	CU_ASSERT_EQUAL(f.packet_count, 4);
	CU_ASSERT_EQUAL(f.damage_count, 0);
	framed_release(&f);
	mkcap_release(&m);
}

/* A record's length that lies costs that record. */
static void test_frame_pcap_bad_lengths(void)
{
	static const uint32_t bad[] = { 0xFFFFFFFF, 0x7FFFFFFF, 262145, 262144, 5000 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct framed f;
		struct mkcap m;

		plain_pcap(&m, i % 2 != 0, false, 100);
		mkcap_patch32(&m.out, record_at(97) + 8, bad[i], m.big_endian);
		check_all_ways(m.out.data, m.out.len, "pcap lengths");
		framed_cap(&f, &m);
		check_pcap_packets(&f, 100, 97, 97, false);
		CU_ASSERT_EQUAL_FATAL(f.damage_count, 1);
		CU_ASSERT_EQUAL(f.damages[0].offset, record_at(97));
		CU_ASSERT_EQUAL(f.damages[0].bytes, record_at(98) - record_at(97));
		framed_release(&f);
		mkcap_release(&m);
	}
}

void suite_frame_pcap(CU_pSuite suite);
void suite_frame_pcap(CU_pSuite suite)
{
	CU_add_test(suite, "test_frame_pcap_four_magics", test_frame_pcap_four_magics);
	CU_add_test(suite, "test_frame_pcap_cut_at_every_byte", test_frame_pcap_cut_at_every_byte);
	CU_add_test(suite, "test_frame_pcap_holes", test_frame_pcap_holes);
	CU_add_test(suite, "test_frame_pcap_hole_of_zeros", test_frame_pcap_hole_of_zeros);
	CU_add_test(suite, "test_frame_pcap_empty_records", test_frame_pcap_empty_records);
	CU_add_test(suite, "test_frame_pcap_bad_lengths", test_frame_pcap_bad_lengths);
}
