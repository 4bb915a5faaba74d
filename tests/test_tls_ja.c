/*
 * test_tls_ja.c - JA3 and JA4 beside their authors' own examples.
 */
#include "mktalk.h"

#include <CUnit/CUnit.h>

#include "mktls.h"

static struct mktls m;

static void say(struct mktalk *k, unsigned int dir)
{
	mktalk_init(k, &analyzer_tls, 50000, 443);
	mktalk_data(k, dir, m.bytes, m.len);
}

static void close_hello(bool extensions)
{
	for (unsigned int i = 0; i < (extensions ? 3u : 2u); i++) {
		mktls_close(&m);
	}
}

/* The two examples in the description of JA3. */
static void test_tls_ja3_examples(void)
{
	static const uint16_t first[] = { 47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4 };
	static const uint16_t second[] = { 4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99 };
	static const uint16_t curves[] = { 23, 24, 25 };
	struct mktalk k;

	for (unsigned int grease = 0; grease < 2; grease++) {
		uint16_t ciphers[ARRAY_LEN(first) + 1] = { 0x3a3a };
		uint16_t groups[ARRAY_LEN(curves) + 1] = { 0xfafa };

		memcpy(ciphers + grease, first, sizeof(first));
		memcpy(groups + grease, curves, sizeof(curves));
		mktls_init(&m);
		mktls_record(&m, 22, 0x0301);
		mktls_client_start(&m, 769, ciphers, ARRAY_LEN(first) + grease);
		mktls_open(&m, 2);
		if (grease == 1) {
			mktls_empty_extension(&m, 0x8a8a);
		}
		mktls_sni(&m, "a.example");
		mktls_list(&m, 10, 2, groups, ARRAY_LEN(curves) + grease);
		mktls_extension(&m, 11);
		mktls_open(&m, 1);
		mktls_u8(&m, 0);
		mktls_close(&m);
		mktls_close(&m);
		close_hello(true);
		say(&k, 0);
		CU_ASSERT_STRING_EQUAL(mktalk_tls(&k, 0)->ja3, "ada70206e40642a3e4461f35503241d5");
		mktalk_release(&k);
	}
	mktls_init(&m);
	mktls_record(&m, 22, 0x0301);
	mktls_client_start(&m, 769, second, ARRAY_LEN(second));
	close_hello(false);
	say(&k, 0);
	CU_ASSERT_STRING_EQUAL(mktalk_tls(&k, 0)->ja3, "de350869b8c85de67a350c8d186f11e6");
	mktalk_release(&k);
}

/* md5("769,47,65281-0-11-35-5-16"): the form is that of JA3S's description, the sum of coreutils' md5sum. */
static void test_tls_ja3s(void)
{
	static const uint16_t extensions[] = { 65281, 0, 11, 35, 5, 16 };
	struct mktalk k;

	mktls_init(&m);
	mktls_record(&m, 22, 0x0301);
	mktls_server_start(&m, 769, 47);
	mktls_open(&m, 2);
	for (size_t i = 0; i < ARRAY_LEN(extensions); i++) {
		mktls_empty_extension(&m, extensions[i]);
	}
	close_hello(true);
	say(&k, 1);
	CU_ASSERT_STRING_EQUAL(mktalk_tls(&k, 0)->ja3s, "836ce314215654b5b1f85f97c73e506f");
	mktalk_release(&k);
}

/* The hello of the example in JA4's technical description, in the order of its raw form; knobs for the rules beside
 * it. */
struct ja4_case {
	bool grease, sni, sigs;
	const char *alpn;	/* first protocol; NULL: no extension */
	size_t alpn_len;
	uint16_t version;	/* of supported_versions; 0: no extension, legacy 0x0303 */
	const char *want;
};

static void ja4_hello(const struct ja4_case *c)
{
	static const uint16_t ciphers[] = { 0x0a0a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9,
					    0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035 };
	static const uint16_t extensions[] = { 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d,
					       0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015 };
	static const uint16_t signatures[] = { 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601 };

	mktls_init(&m);
	mktls_record(&m, 22, 0x0301);
	mktls_client_start(&m, 0x0303, ciphers + !c->grease, ARRAY_LEN(ciphers) - !c->grease);
	mktls_open(&m, 2);
	if (c->grease) {
		mktls_empty_extension(&m, 0x2a2a);
	}
	for (size_t i = 0; i < ARRAY_LEN(extensions); i++) {
		uint16_t type = extensions[i];

		if ((type == 0 && !c->sni) || (type == 0x10 && c->alpn == NULL) || (type == 0x2b && c->version == 0)) {
			continue;
		}
		if (type == 0) {
			mktls_sni(&m, "example.test");
		} else if (type == 0x10) {
			mktls_extension(&m, type);
			mktls_open(&m, 2);
			mktls_open(&m, 1);
			mktls_bytes(&m, c->alpn, c->alpn_len);
			mktls_close(&m);
			mktls_close(&m);
			mktls_close(&m);
		} else if (type == 0x0d) {
			mktls_list(&m, type, 2, signatures, c->sigs ? ARRAY_LEN(signatures) : 0);
		} else if (type == 0x2b) {
			uint16_t versions[] = { 0xfafa, 0x0302, c->version, 0x0301 };

			mktls_list(&m, type, 1, versions + !c->grease, 4 - !c->grease);
		} else {
			mktls_empty_extension(&m, type);
		}
	}
	close_hello(true);
}

static void test_tls_ja4_examples(void)
{
	static const struct ja4_case cases[] = {
		{ false, true, true, "h2", 2, 0x0304, "t13d1516h2_8daaf6152771_e5627efa2ab1" },
		{ true, true, true, "h2", 2, 0x0304, "t13d1516h2_8daaf6152771_e5627efa2ab1" },
		{ false, true, false, "h2", 2, 0x0304, "t13d1516h2_8daaf6152771_6d807ffa2a79" },
		{ true, true, false, "http/1.1", 8, 0x0304, "t13d1516h1_8daaf6152771_6d807ffa2a79" },
		{ false, false, true, "h2", 2, 0x0304, "t13i1515h2_8daaf6152771_e5627efa2ab1" },
		{ false, true, true, NULL, 0, 0x0304, "t13d151500_8daaf6152771_e5627efa2ab1" },
		{ false, true, true, "", 0, 0x0304, "t13d151600_8daaf6152771_e5627efa2ab1" },
		{ false, true, true, "x", 1, 0x0304, "t13d1516xx_8daaf6152771_e5627efa2ab1" },
		{ false, true, true, "\xab", 1, 0x0304, "t13d1516ab_8daaf6152771_e5627efa2ab1" },
		{ false, true, true, "\xab\xcd", 2, 0x0304, "t13d1516ad_8daaf6152771_e5627efa2ab1" },
		{ false, true, true, "\x30\xab", 2, 0x0304, "t13d15163b_8daaf6152771_e5627efa2ab1" },
		{ false, true, true, "\x30\x31\xab\xcd", 4, 0x0304, "t13d15163d_8daaf6152771_e5627efa2ab1" },
		{ false, true, true, "\x30\xab\xcd\x31", 4, 0x0304, "t13d151601_8daaf6152771_e5627efa2ab1" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mktalk k;

		ja4_hello(&cases[i]);
		say(&k, 0);
		CU_ASSERT_STRING_EQUAL(mktalk_tls(&k, 0)->ja4, cases[i].want);
		mktalk_release(&k);
	}
}

/* Nothing to hash is zeros, not the hash of nothing; versions of old; more than 99 counts as 99. */
static void test_tls_ja4_ends(void)
{
	static const struct {
		uint16_t version;
		const char *want;
	} cases[] = {
		{ 0x0303, "t12i000000_000000000000_000000000000" }, { 0x0302, "t11i000000_000000000000_000000000000" },
		{ 0x0301, "t10i000000_000000000000_000000000000" }, { 0x0300, "ts3i000000_000000000000_000000000000" },
		{ 0x03ff, "t00i000000_000000000000_000000000000" },
	};
	struct mktalk k;
	uint16_t many[300];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		mktls_init(&m);
		mktls_record(&m, 22, 0x0301);
		mktls_client_start(&m, cases[i].version, NULL, 0);
		close_hello(false);
		say(&k, 0);
		CU_ASSERT_STRING_EQUAL(mktalk_tls(&k, 0)->ja4, cases[i].want);
		mktalk_release(&k);
	}
	for (size_t i = 0; i < ARRAY_LEN(many); i++) {
		many[i] = (uint16_t)(0x1000 + i);
	}
	mktls_init(&m);
	mktls_record(&m, 22, 0x0301);
	mktls_client_start(&m, 0x0303, many, ARRAY_LEN(many));
	close_hello(false);
	say(&k, 0);
	CU_ASSERT_EQUAL(memcmp(mktalk_tls(&k, 0)->ja4, "t12i990000_", 11), 0);
	mktalk_release(&k);
}

void suite_tls_ja(CU_pSuite suite);
void suite_tls_ja(CU_pSuite suite)
{
	CU_add_test(suite, "test_tls_ja3_examples", test_tls_ja3_examples);
	CU_add_test(suite, "test_tls_ja3s", test_tls_ja3s);
	CU_add_test(suite, "test_tls_ja4_examples", test_tls_ja4_examples);
	CU_add_test(suite, "test_tls_ja4_ends", test_tls_ja4_ends);
}
