/*
 * test_dns_net.c - DNS and mDNS through the whole of src/net: packets built here, rows out, whatever the batches
 * and shards.
 */
#include "mknet.h"
#include "mkpkt.h"

#include <CUnit/CUnit.h>

#include "mkdns.h"
#include "net/service.h"

static struct mkdns m;
static struct mkcap cap;

static bool text_is(const struct text *t, const char *s)
{
	return t != NULL && t->len == strlen(s) && memcmp(t->bytes, s, t->len) == 0;
}

static void start(struct mkconv *c, const char *client, uint16_t cport, const char *server, uint16_t sport)
{
	mkconv_init(c, &cap, client, cport, server, sport, UINT64_C(1700000000000000));
}

static void begin_capture(void)
{
	mkcap_init(&cap, false);
	mkcap_section(&cap, 0);
	mkcap_idb(&cap, 1, 0, -1, NULL);
}

/* Frames and rows agree for any batch size and order of shards. */
static void check_digest(void)
{
	static const struct mknet_options forms[] = { { .batch_bytes = 0 },
						      { .batch_bytes = 4096 },
						      { .batch_bytes = 4096, .shuffled = true } };
	uint64_t digests[3];

	for (size_t i = 0; i < 3; i++) {
		struct mknet k;

		mknet_run(&k, &cap, &forms[i]);
		digests[i] = mknet_digest(&k);
		mknet_release(&k);
	}
	CU_ASSERT_EQUAL(digests[0], digests[1]);
	CU_ASSERT_EQUAL(digests[0], digests[2]);
}

static void test_dns_net_udp(void)
{
	struct mkconv c;
	struct mknet k;
	uint64_t asked[20];
	uint64_t answered[20];
	uint64_t count = 0;

	begin_capture();
	for (unsigned int i = 0; i < 20; i++) {
		char name[32];

		snprintf(name, sizeof(name), "host%u.example", i);
		start(&c, "10.0.0.1", (uint16_t)(40000 + i), i % 2 == 0 ? "10.0.0.53" : "10.0.0.54", 53);
		c.num = &count;
		mkdns_simple(&m, i, name, 1, 0);
		asked[i] = mkconv_udp(&c, 0, m.bytes, m.len);
		mkdns_simple(&m, i, name, 1, 1);
		answered[i] = mkconv_udp(&c, 1, m.bytes, m.len);
	}
	mknet_run(&k, &cap, NULL);
	CU_ASSERT_EQUAL_FATAL(mknet_dns_count(&k), 20);
	for (unsigned int i = 0; i < 20; i++) {
		const struct dns_tx *tx = mknet_dns(&k, i);
		char name[32];

		snprintf(name, sizeof(name), "host%u.example", i);
		CU_ASSERT_TRUE(text_is(tx->name, name));
		CU_ASSERT_EQUAL(tx->query_num, asked[i]);
		CU_ASSERT_EQUAL(tx->response_num, answered[i]);
		CU_ASSERT_EQUAL(tx->response_ns - tx->query_ns, (answered[i] - asked[i]) * 1000 * 1000);
		CU_ASSERT_EQUAL(tx->client, tx->flow->client);
		CU_ASSERT_EQUAL(tx->flow->service, SERVICE_DNS);
		CU_ASSERT_EQUAL(tx->flow->service_by, BY_CONTENT);
	}
	mknet_release(&k);
	check_digest();
	mkcap_release(&cap);
}

/* A snaplen that takes the answer away. */
static void test_dns_net_snaplen(void)
{
	struct mkconv c;
	struct mknet k;
	const struct dns_tx *tx;

	begin_capture();
	start(&c, "10.0.0.1", 40000, "10.0.0.53", 53);
	c.snaplen = 14 + 20 + 8 + 12 + 17 + 4;
	mkdns_simple(&m, 1, "www.example.com", 1, 0);
	mkconv_udp(&c, 0, m.bytes, m.len);
	mkdns_simple(&m, 1, "www.example.com", 1, 1);
	mkconv_udp(&c, 1, m.bytes, m.len);
	mknet_run(&k, &cap, NULL);
	CU_ASSERT_EQUAL_FATAL(mknet_dns_count(&k), 1);
	tx = mknet_dns(&k, 0);
	CU_ASSERT_EQUAL(tx->flags & (DNS_QUERY | DNS_RESPONSE | DNS_CUT | DNS_MALFORMED),
			DNS_QUERY | DNS_RESPONSE | DNS_CUT);
	CU_ASSERT_EQUAL(tx->query_bytes, 33);
	CU_ASSERT_EQUAL(tx->response_bytes, m.len);
	CU_ASSERT_EQUAL(tx->kept_count, 0);
	mknet_release(&k);
	mkcap_release(&cap);
}

/* Over TCP, on a port of its own, in segments of every small size. */
static void test_dns_net_tcp(void)
{
	for (uint32_t mss = 1; mss < 80; mss += 3) {
		struct mkconv c;
		struct mknet k;
		const struct dns_tx *tx;

		begin_capture();
		start(&c, "10.0.0.1", 40000, "10.0.0.53", mss % 2 != 0 ? 53 : 5300);
		c.mss = mss;
		mkconv_open(&c);
		for (unsigned int side = 0; side < 2; side++) {
			mkdns_simple(&m, 9, "www.example.com", 1, side == 1);
			memmove(m.bytes + 2, m.bytes, m.len);
			m.bytes[0] = 0;
			m.bytes[1] = (uint8_t)m.len;
			mkconv_send(&c, side, m.bytes, m.len + 2);
		}
		mkconv_close(&c, 0);
		mknet_run(&k, &cap, NULL);
		if (mss % 2 != 0 || mss >= m.len + 2) {	/* elsewhere only a whole message tells */
			CU_ASSERT_EQUAL_FATAL(mknet_dns_count(&k), 1);
			tx = mknet_dns(&k, 0);
			CU_ASSERT_TRUE(text_is(tx->name, "www.example.com"));
			CU_ASSERT_EQUAL(tx->flags, DNS_QUERY | DNS_RESPONSE | DNS_OVER_TCP | DNS_RECURSION_DESIRED);
			CU_ASSERT_EQUAL(tx->kept_count, 1);
		}
		mknet_release(&k);
		mkcap_release(&cap);
	}
}

/* Who asks the group, who answers, and who announces are flows of different keys. */
static void test_dns_net_mdns(void)
{
	struct mkconv c;
	struct mknet k;
	uint64_t count = 0;
	uint64_t asked[8];
	uint64_t answered[8];

	begin_capture();
	for (unsigned int i = 0; i < 8; i++) {
		char name[32];
		char host[32];

		snprintf(name, sizeof(name), "box%u.local", i);
		snprintf(host, sizeof(host), "192.168.0.%u", 10 + i);
		start(&c, "192.168.0.2", 5353, "224.0.0.251", 5353);
		c.num = &count;
		c.now += i * 1000000;
		mkdns_init(&m, 0, 0, 1, 0, 0, 0);
		mkdns_question(&m, name, 1, 1);
		asked[i] = mkconv_udp(&c, 0, m.bytes, m.len);
		start(&c, host, 5353, "224.0.0.251", 5353);
		c.num = &count;
		c.now += i * 1000000 + 50000;
		mkdns_init(&m, 0, 0x8400, 0, 1, 0, 0);
		mkdns_name(&m, name);
		mkdns_begin(&m, 1, 120);
		mkdns_u32(&m, 0xc0a8000a + i);
		mkdns_end(&m);
		answered[i] = mkconv_udp(&c, 0, m.bytes, m.len);
	}
	mknet_run(&k, &cap, NULL);
	CU_ASSERT_EQUAL_FATAL(mknet_dns_count(&k), 8);
	for (unsigned int i = 0; i < 8; i++) {
		const struct dns_tx *tx = mknet_dns(&k, i);

		CU_ASSERT_EQUAL(tx->flags, DNS_QUERY | DNS_RESPONSE | DNS_MULTICAST | DNS_AUTHORITATIVE);
		CU_ASSERT_EQUAL(tx->query_num, asked[i]);
		CU_ASSERT_EQUAL(tx->response_num, answered[i]);
		CU_ASSERT_EQUAL(tx->flow->service, SERVICE_MDNS);
	}
	mknet_release(&k);
	check_digest();
	mkcap_release(&cap);
}

void suite_dns_net(CU_pSuite suite);
void suite_dns_net(CU_pSuite suite)
{
	CU_add_test(suite, "test_dns_net_udp", test_dns_net_udp);
	CU_add_test(suite, "test_dns_net_snaplen", test_dns_net_snaplen);
	CU_add_test(suite, "test_dns_net_tcp", test_dns_net_tcp);
	CU_add_test(suite, "test_dns_net_mdns", test_dns_net_mdns);
}
