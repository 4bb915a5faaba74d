/*
 * test_tls.c - TLS sessions by what they show: hellos, certificates, alerts, resumption, times. Bytes by mktls.h;
 * fingerprints in test_tls_ja.c.
 */
#include "mktalk.h"

#include <CUnit/CUnit.h>

#include "mktls.h"

static const uint16_t ciphers[] = { 0x1301, 0x1302, 0xc02f, 0xc030 };
static const uint16_t groups[] = { 29, 23 };
static const uint16_t signatures[] = { 0x0403, 0x0804 };
static struct mktls m;

static void client_hello(bool with_1_3)
{
	static const uint16_t versions[] = { 0x0304, 0x0303 };

	mktls_record(&m, 22, 0x0301);
	mktls_client_start(&m, 0x0303, ciphers, ARRAY_LEN(ciphers));
	mktls_open(&m, 2);
	mktls_sni(&m, "shop.example");
	mktls_list(&m, 10, 2, groups, 2);
	mktls_alpn(&m, "h2", "http/1.1");
	mktls_list(&m, 13, 2, signatures, 2);
	if (with_1_3) {
		mktls_list(&m, 43, 1, versions, 2);
	}
	mktls_close(&m);
	mktls_close(&m);
	mktls_close(&m);
}

static void server_hello_1_2(void)
{
	mktls_record(&m, 22, 0x0303);
	mktls_server_start(&m, 0x0303, 0xc02f);
	mktls_open(&m, 2);
	mktls_alpn(&m, "h2", NULL);
	mktls_close(&m);
	mktls_close(&m);
	mktls_close(&m);
}

static void server_hello_1_3(bool retry, bool psk)
{
	static const uint8_t retry_random[32] = {	/* RFC 8446, 4.1.3 */
		0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
		0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
	};

	mktls_record(&m, 22, 0x0303);
	mktls_server_start(&m, 0x0303, 0x1301);
	if (retry) {
		memcpy(m.bytes + m.len - 4 - 32, retry_random, 32);
	}
	mktls_open(&m, 2);
	mktls_extension(&m, 43);
	mktls_u16(&m, 0x0304);
	mktls_close(&m);
	mktls_extension(&m, 51);
	mktls_u16(&m, 29);
	if (!retry) {
		mktls_open(&m, 2);
		mktls_fill(&m, 7, 32);
		mktls_close(&m);
	}
	mktls_close(&m);
	if (psk) {
		mktls_extension(&m, 41);
		mktls_u16(&m, 0);
		mktls_close(&m);
	}
	mktls_close(&m);
	mktls_close(&m);
	mktls_close(&m);
}

/* Certificate, key exchange over x25519, done: each message in one record, or all in one. */
static void server_flight(bool one_record)
{
	mktls_record(&m, 22, 0x0303);
	mktls_certificate(&m, mktls_cert, sizeof(mktls_cert));
	if (!one_record) {
		mktls_close(&m);
		mktls_record(&m, 22, 0x0303);
	}
	mktls_message(&m, 12);
	mktls_u8(&m, 3);
	mktls_u16(&m, 29);
	mktls_fill(&m, 1, 100);
	mktls_close(&m);
	if (!one_record) {
		mktls_close(&m);
		mktls_record(&m, 22, 0x0303);
	}
	mktls_message(&m, 14);
	mktls_close(&m);
	mktls_close(&m);
}

static void change_cipher(void)
{
	mktls_record(&m, 20, 0x0303);
	mktls_u8(&m, 1);
	mktls_close(&m);
}

static void send_in_steps(struct mktalk *k, unsigned int dir, size_t step)
{
	for (size_t at = 0; at < m.len; at += step) {
		mktalk_data(k, dir, m.bytes + at, m.len - at < step ? m.len - at : step);
	}
	mktls_init(&m);
}

static void send_all(struct mktalk *k, unsigned int dir)
{
	send_in_steps(k, dir, sizeof(m.bytes));
}

/* A whole TLS 1.2 connection: client is end 1 here. */
static void talk_1_2(struct mktalk *k, size_t step, bool one_record)
{
	mktls_init(&m);
	client_hello(false);
	send_in_steps(k, 1, step);
	server_hello_1_2();
	server_flight(one_record);
	send_in_steps(k, 0, step);
	mktls_opaque(&m, 22, 37);	/* its type says client key exchange, as far as it matters */
	m.bytes[5] = 16;
	memcpy(m.bytes + 6, "\0\0\x21", 3);
	change_cipher();
	mktls_opaque(&m, 22, 40);
	send_in_steps(k, 1, step);
	change_cipher();
	mktls_opaque(&m, 22, 40);
	send_in_steps(k, 0, step);
	mktls_opaque(&m, 23, 100);
	send_in_steps(k, 1, step);
	mktls_opaque(&m, 23, 3000);
	mktls_opaque(&m, 23, 500);
	mktls_opaque(&m, 21, 26);
	send_in_steps(k, 0, step);
	mktalk_end(k, END_FIN);
}

static void check_1_2(const struct tls_session *s)
{
	CU_ASSERT_EQUAL(s->flags, TLS_CLIENT_HELLO | TLS_SERVER_HELLO | TLS_ESTABLISHED);
	CU_ASSERT_EQUAL(s->client, 1);
	CU_ASSERT_EQUAL(s->version, 0x0303);
	CU_ASSERT_EQUAL(s->client_version, 0x0303);
	CU_ASSERT_EQUAL(s->cipher, 0xc02f);
	CU_ASSERT_EQUAL(s->group, 29);
	CU_ASSERT_TRUE(text_is(s->sni, "shop.example"));
	CU_ASSERT_TRUE(text_is(s->alpn_offered, "h2,http/1.1"));
	CU_ASSERT_TRUE(text_is(s->alpn, "h2"));
	CU_ASSERT_TRUE(text_is(s->subject, MKTLS_CERT_NAME));
	CU_ASSERT_TRUE(text_is(s->issuer, MKTLS_CERT_NAME));
	CU_ASSERT_TRUE(text_is(s->alt_names, MKTLS_CERT_ALT));
	CU_ASSERT_STRING_EQUAL(s->cert_sha256, MKTLS_CERT_SHA256);
	CU_ASSERT_EQUAL(s->not_before_ns, MKTLS_CERT_FROM * NSEC_PER_SEC);
	CU_ASSERT_EQUAL(s->not_after_ns, MKTLS_CERT_TO * NSEC_PER_SEC);
	CU_ASSERT_EQUAL(s->client_random[0], 0xc1);
	CU_ASSERT_EQUAL(s->client_random[31], 0xc1);
	CU_ASSERT_EQUAL(s->records[1], 1);
	CU_ASSERT_EQUAL(s->data_bytes[1], 100);
	CU_ASSERT_EQUAL(s->records[0], 2);
	CU_ASSERT_EQUAL(s->data_bytes[0], 3500);
	CU_ASSERT_EQUAL(s->alert_level[0], 0);
	CU_ASSERT_EQUAL(strlen(s->ja3), 32);
	CU_ASSERT_EQUAL(strlen(s->ja3s), 32);
	CU_ASSERT_EQUAL(strlen(s->ja4), 36);
}

static void test_tls_1_2_session(void)
{
	struct mktalk k;
	const struct tls_session *s;
	uint64_t start;

	mktalk_init(&k, &analyzer_tls, 443, 50000);
	start = k.now;
	talk_1_2(&k, sizeof(m.bytes), false);
	CU_ASSERT_EQUAL_FATAL(k.rows.tls.count, 1);
	s = mktalk_tls(&k, 0);
	check_1_2(s);
	CU_ASSERT_EQUAL(k.t.client, 1);
	CU_ASSERT_EQUAL(s->client_hello_ns, start + 1000000);
	CU_ASSERT_EQUAL(s->client_hello_num, 1);
	CU_ASSERT_EQUAL(s->server_hello_ns, start + 2000000);
	CU_ASSERT_EQUAL(s->server_hello_num, 2);
	CU_ASSERT_EQUAL(s->client_data_ns, start + 5000000);
	CU_ASSERT_EQUAL(s->server_data_ns, start + 6000000);
	mktalk_release(&k);
}

static void test_tls_split_anywhere(void)
{
	for (size_t step = 1; step < 700; step += step < 300 ? 1 : 37) {
		for (unsigned int one_record = 0; one_record < 2; one_record++) {
			struct mktalk k;

			mktalk_init(&k, &analyzer_tls, 443, 50000);
			talk_1_2(&k, step, one_record == 1);
			CU_ASSERT_EQUAL_FATAL(k.rows.tls.count, 1);
			check_1_2(mktalk_tls(&k, 0));
			mktalk_release(&k);
		}
	}
}

/* The hello over many records of one to some bytes each. */
static void test_tls_hello_over_records(void)
{
	uint8_t hello[1024];
	size_t n;

	mktls_init(&m);
	client_hello(true);
	n = m.len - 5;
	memcpy(hello, m.bytes + 5, n);
	for (size_t part = 1; part <= n; part++) {
		struct mktalk k;

		mktls_init(&m);
		for (size_t at = 0; at < n; at += part) {
			mktls_record(&m, 22, 0x0301);
			mktls_bytes(&m, hello + at, n - at < part ? n - at : part);
			mktls_close(&m);
		}
		mktalk_init(&k, &analyzer_tls, 50000, 443);
		send_all(&k, 0);
		CU_ASSERT_EQUAL(mktalk_tls(&k, 0)->flags, TLS_CLIENT_HELLO);
		CU_ASSERT_EQUAL(mktalk_tls(&k, 0)->client_version, 0x0304);
		CU_ASSERT_TRUE(text_is(mktalk_tls(&k, 0)->sni, "shop.example"));
		CU_ASSERT_EQUAL(strlen(mktalk_tls(&k, 0)->ja4), 36);
		mktalk_release(&k);
	}
}

static void test_tls_1_3_session(void)
{
	struct mktalk k;
	const struct tls_session *s;
	uint64_t start;

	mktls_init(&m);
	mktalk_init(&k, &analyzer_tls, 50000, 443);
	start = k.now;
	client_hello(true);
	send_all(&k, 0);
	server_hello_1_3(true, false);
	change_cipher();
	send_all(&k, 1);
	change_cipher();
	client_hello(true);
	send_all(&k, 0);
	CU_ASSERT_EQUAL(mktalk_tls(&k, 0)->flags, TLS_CLIENT_HELLO | TLS_HELLO_RETRY);
	server_hello_1_3(false, true);
	mktls_opaque(&m, 23, 900);
	send_all(&k, 1);
	CU_ASSERT_EQUAL(mktalk_tls(&k, 0)->flags & TLS_ESTABLISHED, 0);
	mktls_opaque(&m, 23, 53);	/* Finished: 4 + 32 + 1 + 16 */
	send_all(&k, 0);
	mktls_opaque(&m, 23, 250);	/* tickets */
	send_all(&k, 1);
	mktls_opaque(&m, 23, 120);
	send_all(&k, 0);
	mktls_opaque(&m, 23, 4000);
	send_all(&k, 1);
	s = mktalk_tls(&k, 0);
	CU_ASSERT_EQUAL(s->flags,
			TLS_CLIENT_HELLO | TLS_SERVER_HELLO | TLS_HELLO_RETRY | TLS_RESUMED | TLS_ESTABLISHED);
	CU_ASSERT_EQUAL(s->version, 0x0304);
	CU_ASSERT_EQUAL(s->cipher, 0x1301);
	CU_ASSERT_EQUAL(s->group, 29);
	CU_ASSERT_PTR_NULL(s->alpn);
	CU_ASSERT_EQUAL(s->client_hello_ns, start + 1000000);
	CU_ASSERT_EQUAL(s->server_hello_ns, start + 4000000);
	CU_ASSERT_EQUAL(s->client_data_ns, start + 7000000);
	CU_ASSERT_EQUAL(s->server_data_ns, start + 8000000);
	CU_ASSERT_EQUAL(s->records[0], 2);
	CU_ASSERT_EQUAL(s->data_bytes[1], 900 + 250 + 4000);
	mktalk_release(&k);
}

/* In TLS 1.3 a client that refuses the certificate sends an encrypted alert where its Finished would be. */
static void test_tls_1_3_refused(void)
{
	struct mktalk k;

	mktls_init(&m);
	mktalk_init(&k, &analyzer_tls, 50000, 443);
	client_hello(true);
	send_all(&k, 0);
	server_hello_1_3(false, false);
	mktls_opaque(&m, 23, 900);
	send_all(&k, 1);
	mktls_opaque(&m, 23, 19);
	send_all(&k, 0);
	mktalk_end(&k, END_FIN);
	CU_ASSERT_EQUAL(mktalk_tls(&k, 0)->flags, TLS_CLIENT_HELLO | TLS_SERVER_HELLO);
	CU_ASSERT_EQUAL(mktalk_tls(&k, 0)->client_data_ns, 0);
	mktalk_release(&k);
}

static void test_tls_resumed_1_2(void)
{
	struct mktalk k;

	mktls_init(&m);
	mktalk_init(&k, &analyzer_tls, 50000, 443);
	client_hello(false);
	send_all(&k, 0);
	server_hello_1_2();
	change_cipher();
	mktls_opaque(&m, 22, 40);
	send_all(&k, 1);
	CU_ASSERT_EQUAL(mktalk_tls(&k, 0)->flags, TLS_CLIENT_HELLO | TLS_SERVER_HELLO | TLS_RESUMED);
	change_cipher();
	mktls_opaque(&m, 22, 40);
	send_all(&k, 0);
	CU_ASSERT_EQUAL(mktalk_tls(&k, 0)->flags, TLS_CLIENT_HELLO | TLS_SERVER_HELLO | TLS_RESUMED | TLS_ESTABLISHED);
	mktalk_release(&k);
}

static void test_tls_alerts_and_client_certificate(void)
{
	struct mktalk k;
	const struct tls_session *s;

	mktls_init(&m);
	mktalk_init(&k, &analyzer_tls, 50000, 443);
	client_hello(false);
	send_all(&k, 0);
	server_hello_1_2();
	server_flight(true);
	send_all(&k, 1);
	mktls_record(&m, 22, 0x0303);
	mktls_certificate(&m, "no certificate at all", 21);
	mktls_close(&m);
	send_all(&k, 0);
	mktls_record(&m, 21, 0x0303);
	mktls_u8(&m, 2);
	mktls_u8(&m, 48);
	mktls_close(&m);
	send_in_steps(&k, 1, 1);
	mktalk_end(&k, END_RESET);
	s = mktalk_tls(&k, 0);
	CU_ASSERT_EQUAL(s->flags, TLS_CLIENT_HELLO | TLS_SERVER_HELLO | TLS_CLIENT_CERT);
	CU_ASSERT_EQUAL(s->alert_level[1], 2);
	CU_ASSERT_EQUAL(s->alert[1], 48);
	CU_ASSERT_EQUAL(s->alert_level[0], 0);
	CU_ASSERT_STRING_EQUAL(s->cert_sha256, MKTLS_CERT_SHA256);
	mktalk_release(&k);
}

/* Lost bytes within the certificate: nothing of it is claimed, the rest goes on. Over a record's end: that
 * direction is over. */
static void test_tls_gaps(void)
{
	struct mktalk k;
	const struct tls_session *s;
	size_t hello;

	mktls_init(&m);
	mktalk_init(&k, &analyzer_tls, 50000, 443);
	client_hello(false);
	send_all(&k, 0);
	server_hello_1_2();
	hello = m.len;
	server_flight(false);
	mktalk_data(&k, 1, m.bytes, hello + 100);
	mktalk_gap(&k, 1, 200);
	mktalk_data(&k, 1, m.bytes + hello + 300, m.len - hello - 300);
	mktls_init(&m);
	s = mktalk_tls(&k, 0);
	CU_ASSERT_EQUAL(s->flags, TLS_CLIENT_HELLO | TLS_SERVER_HELLO | TLS_CUT);
	CU_ASSERT_PTR_NULL(s->subject);
	CU_ASSERT_STRING_EQUAL(s->cert_sha256, "");
	CU_ASSERT_EQUAL(s->group, 29);	/* of the message behind it */
	change_cipher();
	mktls_opaque(&m, 22, 40);
	send_all(&k, 0);
	change_cipher();
	mktls_opaque(&m, 22, 40);
	send_all(&k, 1);
	CU_ASSERT_EQUAL(s->flags, TLS_CLIENT_HELLO | TLS_SERVER_HELLO | TLS_CUT | TLS_ESTABLISHED);
	mktls_opaque(&m, 23, 1000);
	mktalk_data(&k, 1, m.bytes, 200);
	mktalk_gap(&k, 1, 805);	/* to the record's very end */
	CU_ASSERT_EQUAL(s->data_bytes[1], 1000);
	mktalk_data(&k, 1, m.bytes, 200);
	mktalk_gap(&k, 1, 806);
	mktalk_data(&k, 1, m.bytes, 200);
	CU_ASSERT_EQUAL(s->records[1], 2);
	CU_ASSERT_FALSE(k.t.finished);
	mktalk_gap(&k, 0, 0);
	mktalk_data(&k, 0, m.bytes, 200);
	CU_ASSERT_TRUE(k.t.finished);
	mktls_init(&m);
	mktalk_release(&k);

	/* A hole in the hello: what stood before it counts, but not as a fingerprint. */
	mktalk_init(&k, &analyzer_tls, 50000, 443);
	client_hello(true);
	mktalk_data(&k, 0, m.bytes, 90);
	mktalk_gap(&k, 0, m.len - 90);
	mktls_init(&m);
	s = mktalk_tls(&k, 0);
	CU_ASSERT_EQUAL(s->flags, TLS_CLIENT_HELLO | TLS_CUT);
	CU_ASSERT_TRUE(text_is(s->sni, "shop.example"));
	CU_ASSERT_STRING_EQUAL(s->ja3, "");
	CU_ASSERT_STRING_EQUAL(s->ja4, "");
	mktalk_release(&k);
}

static void test_tls_capture_ends_early(void)
{
	struct mktalk k;

	mktls_init(&m);
	mktalk_init(&k, &analyzer_tls, 50000, 443);
	client_hello(false);
	send_all(&k, 0);
	mktalk_end(&k, END_GONE);
	CU_ASSERT_EQUAL(mktalk_tls(&k, 0)->flags, TLS_CLIENT_HELLO | TLS_CUT);
	mktalk_release(&k);
	mktalk_init(&k, &analyzer_tls, 50000, 443);
	client_hello(false);
	send_all(&k, 0);
	mktalk_end(&k, END_RESET);
	CU_ASSERT_EQUAL(mktalk_tls(&k, 0)->flags, TLS_CLIENT_HELLO);
	mktalk_release(&k);
}

/* SSL 2's form of a hello, which offers TLS 1.0, then records; split anywhere. */
static void test_tls_ssl2_hello(void)
{
	for (size_t step = 1; step < 80; step++) {
		struct mktalk k;

		mktls_init(&m);
		mktls_u16(&m, 0x8000 | (9 + 6 + 16));
		mktls_u8(&m, 1);
		mktls_u16(&m, 0x0301);
		mktls_u16(&m, 6);
		mktls_u16(&m, 0);
		mktls_u16(&m, 16);
		mktls_fill(&m, 3, 22);
		CU_ASSERT_EQUAL(analyzer_tls.probe(NULL, 0, m.bytes, m.len, false), PROBE_YES);
		mktls_opaque(&m, 23, 60);
		mktalk_init(&k, &analyzer_tls, 50000, 443);
		send_in_steps(&k, 0, step);
		CU_ASSERT_EQUAL(mktalk_tls(&k, 0)->flags, TLS_CLIENT_HELLO);
		CU_ASSERT_EQUAL(mktalk_tls(&k, 0)->client_version, 0x0301);
		CU_ASSERT_EQUAL(mktalk_tls(&k, 0)->data_bytes[0], 60);
		mktalk_release(&k);
	}
}

/* ---- recognition ------------------------------------------------------------------------------------------------ */

static enum probe probe_of(const void *p, size_t n, bool mid)
{
	return analyzer_tls.probe(NULL, 0, p, n, mid);
}

static void test_tls_probes(void)
{
	mktls_init(&m);
	client_hello(true);
	for (size_t n = 0; n <= m.len; n++) {
		CU_ASSERT_EQUAL(probe_of(m.bytes, n, false), n < 11 ? PROBE_MORE : PROBE_YES);
	}
	mktls_init(&m);
	server_hello_1_2();
	CU_ASSERT_EQUAL(probe_of(m.bytes, m.len, false), PROBE_YES);
	mktls_init(&m);
	mktls_opaque(&m, 23, 300);
	CU_ASSERT_EQUAL(probe_of(m.bytes, m.len, false), PROBE_NO);
	CU_ASSERT_EQUAL(probe_of(m.bytes, m.len, true), PROBE_YES);
	CU_ASSERT_EQUAL(probe_of(m.bytes, 100, true), PROBE_YES);
	mktls_bytes(&m, "GET / HTTP/1.1", 14);
	CU_ASSERT_EQUAL(probe_of(m.bytes, m.len, true), PROBE_NO);
	CU_ASSERT_EQUAL(probe_of("GET / HTTP/1.1\r\n", 16, false), PROBE_NO);
	CU_ASSERT_EQUAL(probe_of("GET / HTTP/1.1\r\n", 16, true), PROBE_NO);
	CU_ASSERT_EQUAL(probe_of("SSH-2.0-OpenSSH_9.2\r\n", 21, false), PROBE_NO);
	CU_ASSERT_EQUAL(probe_of("\x16\x03\x01\x02\x00\x05", 6, false), PROBE_NO);
	mktls_init(&m);
}

static void fill_random(uint64_t *x, uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		p[i] = (uint8_t)(mktalk_random(x) >> 24);
	}
}

static void test_tls_probe_refuses_garbage(void)
{
	uint64_t x = 31337;
	unsigned int wrong = 0;
	uint8_t bytes[64];

	for (unsigned int i = 0; i < 100000; i++) {
		fill_random(&x, bytes, sizeof(bytes));
		wrong += probe_of(bytes, sizeof(bytes), (i & 1) != 0) == PROBE_YES;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* ---- hostile bytes ---------------------------------------------------------------------------------------------- */

/* Each direction cut at every length and each bit flipped: never more than one row, texts within bounds. */
static void test_tls_cut_and_flipped(void)
{
	static uint8_t both[2][4096];
	size_t len[2];

	mktls_init(&m);
	client_hello(true);
	len[0] = m.len;
	memcpy(both[0], m.bytes, m.len);
	mktls_init(&m);
	server_hello_1_2();
	server_flight(false);
	len[1] = m.len;
	memcpy(both[1], m.bytes, m.len);
	mktls_init(&m);
	for (unsigned int dir = 0; dir < 2; dir++) {
		for (size_t i = 0; i < len[dir] * 9; i++) {
			struct mktalk k;
			bool cut = i >= len[dir] * 8;
			uint8_t bit = (uint8_t)(1 << i % 8);

			mktalk_init(&k, &analyzer_tls, 50000, 443);
			if (dir == 1) {
				mktalk_data(&k, 0, both[0], len[0]);
			}
			if (cut) {
				mktalk_data(&k, dir, both[dir], i - len[dir] * 8);
			} else {
				both[dir][i / 8] ^= bit;
				mktalk_data(&k, dir, both[dir], len[dir]);
				both[dir][i / 8] ^= bit;
			}
			mktalk_end(&k, END_GONE);
			CU_ASSERT_EQUAL(k.rows.tls.count, 1);
			mktalk_release(&k);
		}
	}
}

static void test_tls_garbage(void)
{
	uint64_t x = 7;
	static uint8_t bytes[3000];

	for (unsigned int round = 0; round < 300; round++) {
		struct mktalk k;

		mktalk_init(&k, &analyzer_tls, 50000, 443);
		for (unsigned int i = 0; i < 10; i++) {
			size_t n = 20 + mktalk_random(&x) % (sizeof(bytes) - 20);

			fill_random(&x, bytes, n);
			if (round % 3 != 0) {	/* a record and a message that look right around it */
				memcpy(bytes,
				       (i & 1) != 0 ? "\x16\x03\x03\x08\x00\x02\x00\x04\x00\x03\x03"
						    : "\x16\x03\x01\x08\x00\x0b\x00\x02\x00\x00\x01",
				       11);
			}
			mktalk_data(&k, i / 5, bytes, n);
			if (round % 5 == 0) {
				mktalk_gap(&k, i / 5, mktalk_random(&x) % 3000);
			}
		}
		mktalk_end(&k, END_GONE);
		mktalk_release(&k);
	}
}

/* A message that claims 16 MB is not waited for; one of 200 KB costs no more than is kept. */
static void test_tls_long_messages(void)
{
	struct mktalk k;
	const struct tls_session *s;

	mktls_init(&m);
	mktalk_init(&k, &analyzer_tls, 50000, 443);
	client_hello(false);
	send_all(&k, 0);
	server_hello_1_2();
	send_all(&k, 1);
	mktls_message(&m, 11);
	mktls_open(&m, 3);
	mktls_open(&m, 3);
	mktls_bytes(&m, mktls_cert, sizeof(mktls_cert));
	mktls_close(&m);
	mktls_fill(&m, 0, 70000);
	mktls_close(&m);
	mktls_close(&m);
	for (size_t at = 0; at < m.len; at += 16384) {
		size_t n = m.len - at < 16384 ? m.len - at : 16384;
		uint8_t head[5] = { 22, 3, 3, (uint8_t)(n >> 8), (uint8_t)n };

		mktalk_data(&k, 1, head, 5);
		mktalk_data(&k, 1, m.bytes + at, n);
	}
	mktls_init(&m);
	s = mktalk_tls(&k, 0);
	CU_ASSERT_TRUE(text_is(s->subject, MKTLS_CERT_NAME));
	mktls_record(&m, 22, 0x0303);
	mktls_message(&m, 12);
	mktls_close(&m);
	mktls_close(&m);
	memset(m.bytes + 6, 0xff, 3);
	send_all(&k, 1);
	CU_ASSERT_TRUE((s->flags & TLS_MALFORMED) != 0);
	mktalk_release(&k);
}

static void test_tls_numbers_have_names(void)
{
	char buf[TLS_NAME_BYTES];

	CU_ASSERT_STRING_EQUAL(tls_version_name(0x0304, buf), "TLS 1.3");
	CU_ASSERT_STRING_EQUAL(tls_version_name(0x0300, buf), "SSL 3.0");
	CU_ASSERT_STRING_EQUAL(tls_version_name(0x7f1c, buf), "0x7f1c");
	CU_ASSERT_STRING_EQUAL(tls_cipher_name(0x1301, buf), "TLS_AES_128_GCM_SHA256");
	CU_ASSERT_STRING_EQUAL(tls_cipher_name(0xc02f, buf), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
	CU_ASSERT_STRING_EQUAL(tls_cipher_name(0, buf), "TLS_NULL_WITH_NULL_NULL");
	CU_ASSERT_STRING_EQUAL(tls_cipher_name(0xd005, buf), "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256");
	CU_ASSERT_STRING_EQUAL(tls_cipher_name(0xabcd, buf), "0xabcd");
	CU_ASSERT_STRING_EQUAL(tls_group_name(29, buf), "x25519");
	CU_ASSERT_STRING_EQUAL(tls_group_name(4588, buf), "X25519MLKEM768");
	CU_ASSERT_STRING_EQUAL(tls_alert_name(0, buf), "close_notify");
	CU_ASSERT_STRING_EQUAL(tls_alert_name(121, buf), "ech_required");
	CU_ASSERT_STRING_EQUAL(tls_alert_name(200, buf), "200");
}

void suite_tls(CU_pSuite suite);
void suite_tls(CU_pSuite suite)
{
	CU_add_test(suite, "test_tls_1_2_session", test_tls_1_2_session);
	CU_add_test(suite, "test_tls_split_anywhere", test_tls_split_anywhere);
	CU_add_test(suite, "test_tls_hello_over_records", test_tls_hello_over_records);
	CU_add_test(suite, "test_tls_1_3_session", test_tls_1_3_session);
	CU_add_test(suite, "test_tls_1_3_refused", test_tls_1_3_refused);
	CU_add_test(suite, "test_tls_resumed_1_2", test_tls_resumed_1_2);
	CU_add_test(suite, "test_tls_alerts_and_client_certificate", test_tls_alerts_and_client_certificate);
	CU_add_test(suite, "test_tls_gaps", test_tls_gaps);
	CU_add_test(suite, "test_tls_capture_ends_early", test_tls_capture_ends_early);
	CU_add_test(suite, "test_tls_ssl2_hello", test_tls_ssl2_hello);
	CU_add_test(suite, "test_tls_probes", test_tls_probes);
	CU_add_test(suite, "test_tls_probe_refuses_garbage", test_tls_probe_refuses_garbage);
	CU_add_test(suite, "test_tls_cut_and_flipped", test_tls_cut_and_flipped);
	CU_add_test(suite, "test_tls_garbage", test_tls_garbage);
	CU_add_test(suite, "test_tls_long_messages", test_tls_long_messages);
	CU_add_test(suite, "test_tls_numbers_have_names", test_tls_numbers_have_names);
}
