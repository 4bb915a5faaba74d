/*
 * test_tls_net.c - TLS through the whole of src/net: hellos and certificates over segments of any size, in and out
 * of order, and where the start was missed.
 */
#include "mknet.h"
#include "mkpkt.h"

#include <CUnit/CUnit.h>

#include "mktls.h"
#include "net/layer.h"
#include "net/service.h"

static struct mktls m;
static struct mkcap cap;

static bool text_is(const struct text *t, const char *s)
{
	return t != NULL && t->len == strlen(s) && memcmp(t->bytes, s, t->len) == 0;
}

static void client_hello(void)
{
	static const uint16_t ciphers[] = { 0xc02f };

	mktls_init(&m);
	mktls_record(&m, 22, 0x0301);
	mktls_client_start(&m, 0x0303, ciphers, 1);
	mktls_open(&m, 2);
	mktls_sni(&m, "shop.example");
	mktls_close(&m);
	mktls_close(&m);
	mktls_close(&m);
}

static void server_flight(void)
{
	mktls_init(&m);
	mktls_record(&m, 22, 0x0303);
	mktls_server_start(&m, 0x0303, 0xc02f);
	mktls_close(&m);
	mktls_certificate(&m, mktls_cert, sizeof(mktls_cert));
	mktls_message(&m, 14);
	mktls_close(&m);
	mktls_close(&m);
}

static void begin(struct mkconv *c, uint16_t port)
{
	mkcap_init(&cap, false);
	mkcap_section(&cap, 0);
	mkcap_idb(&cap, 1, 0, -1, NULL);
	mkconv_init(c, &cap, "10.0.0.1", 50000, "10.0.0.2", port, UINT64_C(1700000000000000));
}

static void test_tls_net_segments(void)
{
	for (uint32_t mss = 1; mss < 1460; mss = mss < 60 ? mss + 1 : mss * 2) {
		struct mkconv c;
		struct mknet k;
		const struct tls_session *s;

		begin(&c, 9443);
		c.mss = mss;
		mkconv_open(&c);
		client_hello();
		mkconv_send(&c, 0, m.bytes, m.len);
		server_flight();
		mkconv_send(&c, 1, m.bytes, m.len);
		mkconv_close(&c, 0);
		mknet_run(&k, &cap, NULL);
		CU_ASSERT_EQUAL_FATAL(mknet_tls_count(&k), 1);
		s = mknet_tls(&k, 0);
		CU_ASSERT_TRUE(text_is(s->sni, "shop.example"));
		CU_ASSERT_EQUAL(s->flags, TLS_CLIENT_HELLO | TLS_SERVER_HELLO);
		CU_ASSERT_STRING_EQUAL(s->cert_sha256, MKTLS_CERT_SHA256);
		CU_ASSERT_TRUE(text_is(s->alt_names, MKTLS_CERT_ALT));
		CU_ASSERT_EQUAL(s->client, s->flow->client);
		CU_ASSERT_EQUAL(s->flow->service, SERVICE_TLS);
		mknet_release(&k);
		mkcap_release(&cap);
	}
}

/* The same certificate again is not decoded again, and says the same; a broken one between them says nothing. */
static void test_tls_net_same_certificate(void)
{
	struct mknet k;
	uint64_t count = 0;

	mkcap_init(&cap, false);
	mkcap_section(&cap, 0);
	mkcap_idb(&cap, 1, 0, -1, NULL);
	for (unsigned int i = 0; i < 40; i++) {
		struct mkconv c;

		mkconv_init(&c, &cap, "10.0.0.1", (uint16_t)(50000 + i), "10.0.0.2", 443,
			    UINT64_C(1700000000000000) + i * 100000);
		c.num = &count;
		mkconv_open(&c);
		client_hello();
		mkconv_send(&c, 0, m.bytes, m.len);
		server_flight();
		if (i % 2 == 1) {
			/* Another length of the outer sequence. */
			m.bytes[5 + 4 + 38 + 4 + 6 + 3]++;
		}
		mkconv_send(&c, 1, m.bytes, m.len);
		mkconv_close(&c, 0);
	}
	mknet_run(&k, &cap, NULL);
	CU_ASSERT_EQUAL_FATAL(mknet_tls_count(&k), 40);
	for (unsigned int i = 0; i < 40; i++) {
		const struct tls_session *s = mknet_tls(&k, i);

		if (i % 2 == 1) {
			CU_ASSERT_PTR_NULL(s->subject);
			CU_ASSERT_EQUAL(s->not_after_ns, 0);
			CU_ASSERT_TRUE((s->flags & TLS_MALFORMED) != 0);
			continue;
		}
		CU_ASSERT_EQUAL(s->flags, TLS_CLIENT_HELLO | TLS_SERVER_HELLO);
		CU_ASSERT_TRUE(text_is(s->subject, MKTLS_CERT_NAME));
		CU_ASSERT_TRUE(text_is(s->issuer, MKTLS_CERT_NAME));
		CU_ASSERT_TRUE(text_is(s->alt_names, MKTLS_CERT_ALT));
		CU_ASSERT_EQUAL(s->not_before_ns, MKTLS_CERT_FROM * NSEC_PER_SEC);
		CU_ASSERT_EQUAL(s->not_after_ns, MKTLS_CERT_TO * NSEC_PER_SEC);
	}
	mknet_release(&k);
	mkcap_release(&cap);
}

/* The segments of the server in the wrong order, one of them twice, one never. */
static void test_tls_net_disorder(void)
{
	static const unsigned int order[] = { 2, 0, 1, 1, 4, 3, 5 };

	for (int lost = -1; lost < 6; lost++) {
		struct mkconv c;
		struct mknet k;
		const struct tls_session *s;

		begin(&c, 443);
		mkconv_open(&c);
		client_hello();
		mkconv_send(&c, 0, m.bytes, m.len);
		server_flight();
		CU_ASSERT_TRUE_FATAL(m.len > 600 && m.len < 700);
		for (size_t i = 0; i < ARRAY_LEN(order); i++) {
			size_t at = order[i] * 120u;
			size_t n = m.len - at < 120 ? m.len - at : 120;

			if ((int)order[i] != lost) {
				mkconv_raw(&c, 1, c.seq[1] + (uint32_t)at, c.seq[0], TCP_ACK | TCP_PSH,
					   m.bytes + at, n);
			}
		}
		c.seq[1] += (uint32_t)m.len;
		mkconv_raw(&c, 0, c.seq[0], c.seq[1], TCP_ACK, NULL, 0);
		mkconv_close(&c, 0);
		mknet_run(&k, &cap, NULL);
		CU_ASSERT_EQUAL_FATAL(mknet_tls_count(&k), 1);
		s = mknet_tls(&k, 0);
		if (lost < 0) {
			CU_ASSERT_EQUAL(s->flags, TLS_CLIENT_HELLO | TLS_SERVER_HELLO);
			CU_ASSERT_STRING_EQUAL(s->cert_sha256, MKTLS_CERT_SHA256);
		} else {
			CU_ASSERT_TRUE((s->flags & TLS_CUT) != 0);
			CU_ASSERT_EQUAL(s->flags & TLS_MALFORMED, 0);
			CU_ASSERT_STRING_EQUAL(s->cert_sha256, "");
			CU_ASSERT_TRUE(text_is(s->sni, "shop.example"));
		}
		mknet_release(&k);
		mkcap_release(&cap);
	}
}

/* The capture begins in the middle of a connection: known by a record where a segment begins. */
static void test_tls_net_start_missed(void)
{
	struct mkconv c;
	struct mknet k;
	const struct tls_session *s;

	begin(&c, 9443);
	mktls_init(&m);
	mktls_fill(&m, 0x99, 300);	/* the end of some record */
	mkconv_raw(&c, 1, 7000, 3000, TCP_ACK | TCP_PSH, m.bytes, m.len);
	mktls_init(&m);
	mktls_opaque(&m, 23, 200);
	mkconv_raw(&c, 0, 3000, 7300, TCP_ACK | TCP_PSH, m.bytes, m.len);
	mkconv_raw(&c, 1, 7300, 3205, TCP_ACK | TCP_PSH, m.bytes, m.len);
	mkconv_raw(&c, 0, 3205, 7505, TCP_ACK | TCP_PSH, m.bytes, m.len);
	mknet_run(&k, &cap, NULL);
	CU_ASSERT_EQUAL_FATAL(mknet_tls_count(&k), 1);
	s = mknet_tls(&k, 0);
	CU_ASSERT_EQUAL(s->flags & (TLS_CLIENT_HELLO | TLS_SERVER_HELLO | TLS_MALFORMED), 0);
	CU_ASSERT_TRUE((s->flags & TLS_ESTABLISHED) != 0);
	CU_ASSERT_EQUAL(s->version, 0);
	CU_ASSERT_EQUAL(s->records[s->client], 2);
	CU_ASSERT_EQUAL(s->data_bytes[s->client], 400);
	CU_ASSERT_EQUAL(s->flow->service, SERVICE_TLS);
	mknet_release(&k);
	mkcap_release(&cap);
}

void suite_tls_net(CU_pSuite suite);
void suite_tls_net(CU_pSuite suite)
{
	CU_add_test(suite, "test_tls_net_segments", test_tls_net_segments);
	CU_add_test(suite, "test_tls_net_same_certificate", test_tls_net_same_certificate);
	CU_add_test(suite, "test_tls_net_disorder", test_tls_net_disorder);
	CU_add_test(suite, "test_tls_net_start_missed", test_tls_net_start_missed);
}
