/*
 * test_dns_record.c - what records say, beside what dig shows of the same bytes (formats of the RFCs that define
 * the types); hostile messages: cut at every length, each bit flipped, garbage.
 */
#include "mktalk.h"

#include <CUnit/CUnit.h>

#include "mkdns.h"

static struct mkdns m;

/* Data in hex; "~" stands for a pointer to the question's name, example.test. */
static void put_hex(const char *hex)
{
	for (; *hex != '\0'; hex++) {
		unsigned int x;

		if (*hex == ' ') {
			continue;
		}
		if (*hex == '~') {
			mkdns_pointer(&m, 12);
			continue;
		}
		CU_ASSERT_EQUAL_FATAL(sscanf(hex, "%2x", &x), 1);
		mkdns_u8(&m, x);
		hex++;
	}
}

static void check_data(unsigned int type, const char *hex, const char *want)
{
	struct mktalk k;
	const struct dns_tx *tx;

	mktalk_init(&k, &analyzer_dns_udp, 40000, 53);
	mkdns_init(&m, 1, MKDNS_RESPONSE, 1, 1, 0, 0);
	mkdns_question(&m, "example.test", type, 1);
	mkdns_pointer(&m, 12);
	mkdns_begin(&m, type, 60);
	put_hex(hex);
	mkdns_end(&m);
	mktalk_data(&k, 1, m.bytes, m.len);
	tx = mktalk_dns(&k, 0);
	CU_ASSERT_EQUAL_FATAL(tx->kept_count, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(tx->kept[0].data);
	if (!text_is(tx->kept[0].data, want)) {
		printf("\ntype %u: \"%s\", not \"%s\"", type, tx->kept[0].data->bytes, want);
		CU_FAIL("data of a record");
	}
	mktalk_release(&k);
}

static void test_dns_record_texts(void)
{
	check_data(1, "c0000201", "192.0.2.1");
	check_data(28, "20010db8000000000000000000000001", "2001:db8::1");
	check_data(2, "026e73 ~", "ns.example.test.");
	check_data(5, "00", ".");
	check_data(12, "~", "example.test.");
	check_data(6, "026e73~ 0561646d696e~ 78a401d9 00001c20 00000e10 00127500 00000e10",
		   "ns.example.test. admin.example.test. 2024014297 7200 3600 1209600 3600");
	check_data(15, "000a 046d61696c~", "10 mail.example.test.");
	check_data(16, "05 68656c6c6f 05 776f726c64", "hello world");
	check_data(16, "00", "");
	check_data(13, "03 783836 05 4c696e7578", "\"x86\" \"Linux\"");
	check_data(33, "0001 0002 1f90 0161~", "1 2 8080 a.example.test.");
	check_data(35, "0064 000a 01 55 07 4532552b736970 15 215e2e2a24217369703a696e666f40652e636f6d21 00",
		   "100 10 \"U\" \"E2U+sip\" \"!^.*$!sip:info@e.com!\" .");
	/* RFC 4034, 5.4 */
	check_data(43, "ec45 05 01 2bb183af5f22588179a53b0a98631fad1a292118",
		   "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118");
	check_data(44, "01 02 abcdef", "1 2 abcdef");
	/* 20030322173103 and 20030220173103 as in RFC 4034, 3.3 */
	check_data(46, "0001 05 03 00015180 3e7c9dd7 3e5510d7 0a52 ~ 616263",
		   "A 5 3 86400 20030322173103 20030220173103 2642 example.test. YWJj");
	/* RFC 4034, 4.3 */
	check_data(47, "04686f7374~ 0006 400100000003", "host.example.test. A MX RRSIG NSEC");
	check_data(48, "0101 03 08 0301", "257 3 8 AwE=");
	check_data(52, "03 01 01 00ff", "3 1 1 00ff");
	/* RFC 5155, appendix B: 2t7b4g4vsa5smi47k61mv5bv1a22bojr */
	check_data(50, "01 01 000c 04 aabbccdd 14 174eb2409fe28bcb4887a1836f957f0a8425e27b 0007 220000000002 90",
		   "1 1 12 aabbccdd 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR NS SOA RRSIG DNSKEY NSEC3PARAM");
	check_data(51, "01 00 0000 00", "1 0 0 -");
	check_data(256, "000a 0001 6674703a2f2f65", "10 1 \"ftp://e\"");
	check_data(257, "00 05 6973737565 63612e74657374", "0 issue \"ca.test\"");
	/* RFC 9460, appendix D */
	check_data(64, "0000 03666f6f 07 6578616d706c65 03 636f6d 00", "0 foo.example.com.");
	check_data(65, "0001 00", "1 .");
	check_data(64, "0010 03666f6f 07 6578616d706c65 03 636f6d 00 0003 0002 0035", "16 foo.example.com. port=53");
	check_data(64, "0001 03666f6f 07 6578616d706c65 03 636f6d 00 029b 0005 68656c6c6f",
		   "1 foo.example.com. key667=\"hello\"");
	check_data(64,
		   "0010 03666f6f 07 6578616d706c65 03 6f7267 00 0000 0004 00010004 0001 0009 02 6832 05 "
		   "68332d3139 0004 0004 c0000201",
		   "16 foo.example.org. mandatory=alpn,ipv4hint alpn=\"h2,h3-19\" ipv4hint=192.0.2.1");
	check_data(65, "0001 00 0002 0000 0005 0003 616263", "1 . no-default-alpn ech=YWJj");
}

/* RFC 3597 for what is not known, or breaks its own form. */
static void test_dns_record_unknown_and_broken(void)
{
	check_data(65399, "0a000001", "\\# 4 0a000001");
	check_data(65399, "", "\\# 0");
	check_data(1, "0a0000", "\\# 3 0a0000");
	check_data(1, "0a00000102", "\\# 5 0a00000102");
	check_data(15, "000a", "\\# 2 000a");
	check_data(16, "05 6161", "\\# 3 056161");
	check_data(16, "", "");
	check_data(5, "c0ff", "\\# 2 c0ff");
	check_data(47, "~ 0021 00", "\\# 5 c00c002100");
	check_data(65, "0001 00 0001 00ff", "\\# 7 000100000100ff");
}

/* ---- hostile messages --------------------------------------------------------------------------------------- */

/* One of each type, with compression, in a response to its own question. */
static void build_rich(void)
{
	mkdns_init(&m, 77, MKDNS_RESPONSE, 1, 6, 1, 2);
	mkdns_question(&m, "www.example.test", 255, 1);
	mkdns_a(&m, 1, 0xc0000201);
	mkdns_pointer(&m, 12);
	mkdns_begin(&m, 16, 2);
	mkdns_text(&m, "some text");
	mkdns_text(&m, "more");
	mkdns_end(&m);
	mkdns_pointer(&m, 16);
	mkdns_begin(&m, 15, 3);
	mkdns_u16(&m, 10);
	mkdns_u8(&m, 4);
	mkdns_bytes(&m, "mail", 4);
	mkdns_pointer(&m, 16);
	mkdns_end(&m);
	mkdns_pointer(&m, 16);
	mkdns_begin(&m, 47, 3);
	mkdns_pointer(&m, 12);
	mkdns_bytes(&m, "\0\6\x40\1\0\0\0\3", 8);
	mkdns_end(&m);
	mkdns_pointer(&m, 16);
	mkdns_begin(&m, 65, 3);
	mkdns_bytes(&m, "\0\1\0\0\1\0\3\2h2\0\4\0\4\1\2\3\4\0\3\0\2\1\273", 24);
	mkdns_end(&m);
	mkdns_pointer(&m, 16);
	mkdns_begin(&m, 35, 3);
	mkdns_bytes(&m, "\0\1\0\2", 4);
	mkdns_text(&m, "U");
	mkdns_text(&m, "E2U");
	mkdns_text(&m, "!x!y!");
	mkdns_pointer(&m, 12);
	mkdns_end(&m);
	mkdns_pointer(&m, 16);
	mkdns_begin(&m, 6, 3);
	mkdns_pointer(&m, 12);
	mkdns_pointer(&m, 16);
	mkdns_bytes(&m, "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5", 20);
	mkdns_end(&m);
	mkdns_pointer(&m, 16);
	mkdns_begin(&m, 46, 3);
	mkdns_bytes(&m, "\0\1\5\3\0\1\x51\x80\1\2\3\4\1\2\3\4\0\7", 18);
	mkdns_pointer(&m, 12);
	mkdns_bytes(&m, "signature", 9);
	mkdns_end(&m);
	mkdns_name(&m, "");
	mkdns_begin(&m, 41, 0x8000);
	mkdns_bytes(&m, "\0\10\0\7\0\1\30\0\1\2\3\0\17\0\4\0\22no\0\12\0\2\1\2", 25);
	mkdns_end(&m);
}

static void feed(struct mktalk *k, const uint8_t *p, size_t n, unsigned int dir)
{
	mktalk_data(k, dir, p, n);
	/* Whatever it is: a row of it must be readable to the end. */
	for (size_t i = 0; i < k->rows.dns.count; i++) {
		const struct dns_tx *tx = mktalk_dns(k, i);

		CU_ASSERT_TRUE(tx->kept_count <= LIMIT_DNS_ANSWERS);
		CU_ASSERT_TRUE(tx->name == NULL || tx->name->len <= 1016);
	}
}

static void test_dns_cut_everywhere(void)
{
	const struct analyzer *const all[] = { &analyzer_dns_udp, &analyzer_mdns, &analyzer_dns_tcp };
	uint8_t bytes[1024];

	build_rich();
	CU_ASSERT_TRUE_FATAL(m.len + 2 <= sizeof(bytes));
	for (size_t a = 0; a < ARRAY_LEN(all); a++) {
		size_t head = all[a] == &analyzer_dns_tcp ? 2 : 0;

		bytes[0] = (uint8_t)(m.len >> 8);
		bytes[1] = (uint8_t)m.len;
		memcpy(bytes + head, m.bytes, m.len);
		for (size_t n = 0; n <= m.len + head; n++) {
			struct mktalk k;

			mktalk_init(&k, all[a], 5353, 53);
			feed(&k, bytes, n, 1);
			mktalk_end(&k, END_GONE);
			if (n == m.len + head) {
				CU_ASSERT_EQUAL(mktalk_dns(&k, 0)->flags & DNS_MALFORMED, 0);
				CU_ASSERT_EQUAL(mktalk_dns(&k, 0)->kept_count, 9);
				CU_ASSERT_TRUE(text_is(
					mktalk_dns(&k, 0)->kept[8].data,
					"version 0, udp 1, do; CLIENT-SUBNET 1.2.3.0/24; EDE 18 no; COOKIE 0102"));
			} else if (n >= head + 12) {
				CU_ASSERT_TRUE((mktalk_dns(&k, 0)->flags & (DNS_MALFORMED | DNS_CUT)) != 0);
			}
			mktalk_release(&k);
		}
	}
}

static void test_dns_bits_flipped(void)
{
	build_rich();
	for (size_t bit = 0; bit < m.len * 8; bit++) {
		struct mktalk k;

		m.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		mktalk_init(&k, bit % 2 != 0 ? &analyzer_mdns : &analyzer_dns_udp, 40000, 53);
		feed(&k, m.bytes, m.len, 1);
		CU_ASSERT_EQUAL(k.rows.dns.count, 1);
		m.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		mktalk_release(&k);
	}
}

static void test_dns_garbage(void)
{
	uint64_t x = 99;

	for (unsigned int round = 0; round < 300; round++) {
		struct mktalk k;

		mktalk_init(&k,
			    round % 3 == 0   ? &analyzer_dns_tcp
			    : round % 3 == 1 ? &analyzer_mdns
					     : &analyzer_dns_udp,
			    5353, 53);
		for (unsigned int i = 0; i < 20; i++) {
			uint8_t bytes[512];
			size_t n = 1 + mktalk_random(&x) % sizeof(bytes);

			for (size_t j = 0; j < n; j++) {
				/* Small numbers make counts and lengths that go further. */
				bytes[j] = (uint8_t)(mktalk_random(&x) >> 20) & (mktalk_random(&x) % 3 == 0 ? 0xff : 3);
			}
			mktalk_data(&k, i & 1, bytes, n);
			if (i % 7 == 6) {
				mktalk_gap(&k, i & 1, mktalk_random(&x) % 100);
			}
		}
		mktalk_end(&k, END_GONE);
		mktalk_release(&k);
	}
}

void suite_dns_record(CU_pSuite suite);
void suite_dns_record(CU_pSuite suite)
{
	CU_add_test(suite, "test_dns_record_texts", test_dns_record_texts);
	CU_add_test(suite, "test_dns_record_unknown_and_broken", test_dns_record_unknown_and_broken);
	CU_add_test(suite, "test_dns_cut_everywhere", test_dns_cut_everywhere);
	CU_add_test(suite, "test_dns_bits_flipped", test_dns_bits_flipped);
	CU_add_test(suite, "test_dns_garbage", test_dns_garbage);
}
