/*
 * test_stats_tls.c - the table of TLS sessions: cells of sessions made by hand, and of packets built here. What is
 * expected was put in; names are IANA's.
 */
#include "mkcells.h"
#include "mkpkt.h"

#define T0 UINT64_C(1700000000000000000)

static void whole(struct mkcells *m, struct flow *f, struct tls_session *x)
{
	memset(x, 0, sizeof(*x));
	mkcells_flow(f, IP_TCP, 443, 5);
	x->flow = f;
	x->client = 1;
	x->flags = TLS_CLIENT_HELLO | TLS_SERVER_HELLO | TLS_ESTABLISHED;
	x->version = 0x0303;
	x->client_version = 0x0304;
	x->cipher = 0xc02f;
	x->group = 29;
	x->sni = mkcells_text(m, "shop.example");
	x->alpn_offered = mkcells_text(m, "h2,http/1.1");
	x->alpn = mkcells_text(m, "http/1.1");
	x->subject = mkcells_text(m, "CN=shop.example");
	x->issuer = mkcells_text(m, "CN=Some CA,O=Some");
	x->alt_names = mkcells_text(m, "shop.example,www.shop.example");
	x->not_before_ns = T0 - 1000;
	x->not_after_ns = T0 + 100000;
	memset(x->cert_sha256, 'a', 64);
	memset(x->ja3, 'b', 32);
	memset(x->ja3s, 'c', 32);
	memcpy(x->ja4, "t13d1516h2_8daaf6152771_b0da82dd1658", 37);
	x->client_hello_ns = T0;
	x->server_hello_ns = T0 + 40;
	x->client_data_ns = T0 + 120;
	x->server_data_ns = T0 + 110;
	x->client_hello_num = 4;
	x->server_hello_num = 6;
	x->records[1] = 3;
	x->records[0] = 13;
	x->data_bytes[1] = 300;
	x->data_bytes[0] = 1300;
}

static void test_stats_tls_whole(void)
{
	static const struct {
		const char *column;
		uint64_t want;
	} numbers[] = {
		{ "time", T0 }, { "client_port", 40000 }, { "server_port", 443 }, { "established", 1 }, { "resumed", 0 },
		{ "not_before", T0 - 1000 }, { "not_after", T0 + 100000 }, { "hello_latency", 40 }, { "handshake", 110 },
		{ "client_data", 300 }, { "server_data", 1300 }, { "client_records", 3 }, { "server_records", 13 },
		{ "key_logged", 0 }, { "flow", 5 }, { "client_hello_packet", 4 }, { "server_hello_packet", 6 }, { "section", 2 },
	};
	static const struct {
		const char *column, *want;
	} texts[] = {
		{ "client", "10.0.0.2" }, { "server", "10.0.0.1" }, { "server_name", "shop.example" }, { "version", "TLS 1.2" },
		{ "client_version", "TLS 1.3" }, { "cipher", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" }, { "group", "x25519" },
		{ "alpn", "http/1.1" }, { "alpn_offered", "h2,http/1.1" }, { "subject", "CN=shop.example" },
		{ "issuer", "CN=Some CA,O=Some" }, { "alt_names", "shop.example,www.shop.example" },
		{ "cert_sha256", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
		{ "ja3", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" }, { "ja3s", "cccccccccccccccccccccccccccccccc" },
		{ "ja4", "t13d1516h2_8daaf6152771_b0da82dd1658" }, { "flags", "" }, { "source", "web.pcapng" },
	};
	static const char *const unknown[] = { "client_alert", "server_alert", NULL };
	struct tls_session x;
	struct mkcells m;
	struct flow f;

	mkcells_init(&m, &tls_def);
	whole(&m, &f, &x);
	tls_row(&m.cells, &x);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		CU_ASSERT_EQUAL(run_num(m.t, 0, numbers[i].column), numbers[i].want);
	}
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (!run_text_is(m.t, 0, texts[i].column, texts[i].want)) {
			printf("\ntls: %s is not %s\n", texts[i].column, texts[i].want);
		}
		CU_ASSERT_TRUE(run_text_is(m.t, 0, texts[i].column, texts[i].want));
	}
	mkcells_unknown(m.t, 0, unknown);
	mkcells_release(&m);
}

static void test_stats_tls_unknown(void)
{
	static const char *const no_server[] = { "version", "cipher", "alpn", "resumed", "subject", "issuer", "alt_names",
						 "not_before", "not_after", "cert_sha256", "ja3s", "hello_latency", "handshake",
						 "group", "server_hello_packet", NULL };
	static const char *const no_client[] = { "server_name",   "alpn_offered", "client_version",      "ja3", "ja4",
						 "hello_latency", "handshake",    "client_hello_packet", NULL };
	struct tls_session x;
	struct mkcells m;
	struct flow f;

	mkcells_init(&m, &tls_def);
	memset(&x, 0, sizeof(x));
	mkcells_flow(&f, IP_TCP, 443, 5);
	x.flow = &f;
	x.client = 1;
	x.flags = TLS_CLIENT_HELLO | TLS_CUT;
	x.client_hello_ns = T0;
	x.client_hello_num = 1;
	tls_row(&m.cells, &x);
	mkcells_unknown(m.t, 0, no_server);
	CU_ASSERT_EQUAL(run_num(m.t, 0, "time"), T0);
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "flags", "no_server_hello, cut"));
	x.flags = TLS_SERVER_HELLO | TLS_RESUMED;
	x.client_hello_ns = x.client_hello_num = 0;
	x.server_hello_ns = T0 + 9;
	x.server_data_ns = T0 + 12;
	x.version = 0x0304;
	tls_row(&m.cells, &x);
	mkcells_unknown(m.t, 1, no_client);
	CU_ASSERT_EQUAL(run_num(m.t, 1, "time"), T0 + 9);
	CU_ASSERT_EQUAL(run_num(m.t, 1, "resumed"), 1);
	CU_ASSERT_TRUE(run_text_is(m.t, 1, "version", "TLS 1.3"));
	CU_ASSERT_TRUE(run_text_is(m.t, 1, "flags", "no_client_hello"));
	mkcells_release(&m);
}

static void test_stats_tls_words(void)
{
	struct tls_session x;
	struct mkcells m;
	struct flow f;

	mkcells_init(&m, &tls_def);
	whole(&m, &f, &x);
	x.flags = 2047;
	x.alert_level[1] = 2;
	x.alert[1] = 40;
	x.alert_level[0] = 1;
	x.alert[0] = 0;
	tls_row(&m.cells, &x);
	CU_ASSERT_TRUE(
		run_text_is(m.t, 0, "flags", "hello_retry, early_data, ech, client_certificate, cut, malformed"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "client_alert", "fatal handshake_failure"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "server_alert", "warning close_notify"));
	CU_ASSERT_EQUAL(run_num(m.t, 0, "key_logged"), 1);
	CU_ASSERT_EQUAL(run_num(m.t, 0, "resumed"), 1);
	mkcells_release(&m);
}

/* ---- through the engine ------------------------------------------------------------------------------- */

/* A client hello of TLS 1.2 that offers one cipher suite and asks for a.b. */
static const uint8_t client_hello[] = {
	22, 3, 1, 0, 59,	/* handshake record */
	1, 0, 0, 55, 3, 3,	/* client hello */
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
	0,			/* session */
	0, 2, 0xc0, 0x2f,	/* cipher suites */
	1, 0,			/* compression */
	0, 12, 0, 0, 0, 8, 0, 6, 0, 0, 3, 'a', '.', 'b',	/* server name */
};

static void test_stats_tls_of_packets(void)
{
	const struct table *t;
	struct mkconv c;
	struct mkcap m;
	struct run r;
	uint64_t at;
	uint64_t num;

	mkcap_init(&m, false);
	mkcap_section(&m, 0);
	mkcap_idb(&m, 1, 0, 9, NULL);
	mkconv_init(&c, &m, "10.0.0.9", 40000, "10.0.0.2", 4433, T0);
	mkconv_open(&c);
	at = c.now;
	num = mkconv_send(&c, 0, client_hello, sizeof(client_hello));
	mkconv_reset(&c, 1);
	run_report_of(&r, &m, 2, 4096);
	t = run_table(&r, "tls");
	CU_ASSERT_EQUAL_FATAL(t->row_count, 1);
	CU_ASSERT_EQUAL(run_num(t, 0, "time"), at);
	CU_ASSERT_EQUAL(run_num(t, 0, "client_hello_packet"), num);
	CU_ASSERT_TRUE(run_text_is(t, 0, "client", "10.0.0.9"));
	CU_ASSERT_TRUE(run_text_is(t, 0, "server_name", "a.b"));
	CU_ASSERT_TRUE(run_text_is(t, 0, "client_version", "TLS 1.2"));
	CU_ASSERT_TRUE(run_unknown(t, 0, "version"));
	CU_ASSERT_EQUAL(run_num(t, 0, "established"), 0);
	run_release(&r);
	mkcap_release(&m);
}

void suite_stats_tls(CU_pSuite suite);

void suite_stats_tls(CU_pSuite suite)
{
	CU_add_test(suite, "test_stats_tls_whole", test_stats_tls_whole);
	CU_add_test(suite, "test_stats_tls_unknown", test_stats_tls_unknown);
	CU_add_test(suite, "test_stats_tls_words", test_stats_tls_words);
	CU_add_test(suite, "test_stats_tls_of_packets", test_stats_tls_of_packets);
}
