/*
 * test_service_ndpi.c - libndpi where it is built in: names by content, and the same names whatever other flows
 * were looked at before. Without it everything is unknown at once.
 */
#include "mktalk.h"

#include <CUnit/CUnit.h>

#include "base/thread.h"
#include "net/layer.h"
#include "net/ndpi.h"

/* One flow: payloads in turn of both ends, alternating. */
struct sample {
	uint8_t proto;
	uint16_t port[2];
	const uint8_t *bytes[3];
	uint32_t len[3];
	const char *want;	/* NULL: whatever, but always the same */
};

#define BYTES(text) (const uint8_t *)(text)

/* RFC 5389's binding request; BEP 3's handshake; RFC 6455 is nobody's here. */
static const struct sample samples[] = {
	{ IP_UDP,
	  { 40000, 3478 },
	  { BYTES("\0\1\0\0\x21\x12\xa4\x42"
		  "abcdefghijkl"),
	    BYTES("\1\1\0\14\x21\x12\xa4\x42"
		  "abcdefghijkl\0\40\0\10\0\1\1\2\3\4\5\6"),
	    NULL },
	  { 20, 32, 0 },
	  "stun" },
	{ IP_TCP,
	  { 40001, 6881 },
	  { BYTES("\x13"
		  "BitTorrent protocol\0\0\0\0\0\0\0\0aaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbb"),
	    NULL, NULL },
	  { 68, 0, 0 },
	  "bittorrent" },
	{ IP_UDP,
	  { 40002, 161 },
	  { BYTES("\x30\x26\x02\x01\x01\x04\x06public\xa0\x19\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x0e\x30\x0c"
		  "\x06\x08\x2b\x06\x01\x02\x01\x01\x01\x00\x05\x00"),
	    NULL, NULL },
	  { 40, 0, 0 },
	  "snmp" },
	{ IP_TCP,
	  { 40003, 4444 },
	  { BYTES("id\n"), BYTES("uid=0(root) gid=0(root)\n"), BYTES("ls\n") },
	  { 3, 24, 3 },
	  NULL },
	{ IP_UDP,
	  { 40004, 9 },
	  { BYTES("\xff\xff\xff\xff\xff\xff\1\2\3\4\5\6"), BYTES("x"), NULL },
	  { 12, 1, 0 },
	  NULL },
};

static uint64_t seed = 42;

/* The name of a flow after all of its packets, repeated until the library has made up its mind. */
static void name_of(struct ndpi_module *m, const struct sample *s, char ret_name[NDPI_NAME_BYTES])
{
	struct ndpi_state *st = NULL;
	struct layer l;
	struct packet p;
	unsigned int packets = 0;
	int rc = 0;

	memset(&p, 0, sizeof(p));
	memset(ret_name, 'x', NDPI_NAME_BYTES);
	for (unsigned int i = 0; rc == 0 && i < 2 * NDPI_PACKETS; i++) {
		unsigned int k = i % 3;

		if (s->bytes[k] == NULL) {
			continue;
		}
		memset(&l, 0, sizeof(l));
		l.key.ip_proto = s->proto;
		l.key.ip_version = 4;
		l.key.port[0] = s->port[0];
		l.key.port[1] = s->port[1];
		l.from = (uint8_t)(k & 1);
		l.payload = s->bytes[k];
		l.payload_cap = l.payload_len = s->len[k];
		l.seq = 1000 + i * 100;
		l.ack = 5000;
		l.tcp_flags = TCP_ACK | TCP_PSH;
		l.window = 1000;
		packets++;
		rc = ndpi_look(m, &st, &p, &l, UINT64_C(1700000000) * NSEC_PER_SEC + i * 1000000, ret_name);
	}
	if (rc == 0) {
		ndpi_give_up(m, &st, ret_name);
	}
	CU_ASSERT_TRUE(packets <= NDPI_PACKETS);
	CU_ASSERT_PTR_NULL(st);
	CU_ASSERT_TRUE(strnlen(ret_name, NDPI_NAME_BYTES) < NDPI_NAME_BYTES);
}

static void test_service_ndpi_names(void)
{
	struct ndpi_module *m;
	char name[NDPI_NAME_BYTES];

	CU_ASSERT_EQUAL_FATAL(ndpi_module_new(&m), 0);
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		name_of(m, &samples[i], name);
		if (ndpi_version() == NULL) {
			CU_ASSERT_STRING_EQUAL(name, "");
		} else if (samples[i].want != NULL) {
			CU_ASSERT_STRING_EQUAL(name, samples[i].want);
		}
	}
	ndpi_module_free(m);
	ndpi_module_free(NULL);
	ndpi_state_free(NULL);
}

/* Each flow alone, then many in a random order with garbage between them: the same names. */
static void test_service_ndpi_forgets(void)
{
	char alone[ARRAY_LEN(samples)][NDPI_NAME_BYTES];
	char name[NDPI_NAME_BYTES];
	struct ndpi_module *m;
	uint8_t noise[400];

	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		CU_ASSERT_EQUAL_FATAL(ndpi_module_new(&m), 0);
		name_of(m, &samples[i], alone[i]);
		ndpi_module_free(m);
	}
	CU_ASSERT_EQUAL_FATAL(ndpi_module_new(&m), 0);
	for (unsigned int round = 0; round < 400; round++) {
		size_t i = mktalk_random(&seed) % (ARRAY_LEN(samples) + 1);
		struct sample s = { mktalk_random(&seed) & 1 ? IP_TCP : IP_UDP,
				    { 40000, 6881 },
				    { noise, noise, noise },
				    { 400, 90, 20 },
				    NULL };

		for (size_t j = 0; j < sizeof(noise); j++) {
			noise[j] = (uint8_t)(mktalk_random(&seed) >> 30);
		}
		name_of(m, i < ARRAY_LEN(samples) ? &samples[i] : &s, name);
		if (i < ARRAY_LEN(samples)) {
			CU_ASSERT_STRING_EQUAL(name, alone[i]);
		}
	}
	ndpi_module_free(m);
}

struct often {
	struct thread thread;
	struct ndpi_module *m;
	bool wrong;
};

static void look_often(void *arg)
{
	struct often *o = arg;
	char name[NDPI_NAME_BYTES];

	for (unsigned int i = 0; i < 50; i++) {
		name_of(o->m, &samples[i % 3], name);
		o->wrong = o->wrong || (ndpi_version() != NULL && strcmp(name, samples[i % 3].want) != 0);
	}
}

/* Shards share one module. */
static void test_service_ndpi_threads(void)
{
	struct ndpi_module *m;
	struct often often[4];

	memset(often, 0, sizeof(often));
	CU_ASSERT_EQUAL_FATAL(ndpi_module_new(&m), 0);
	for (size_t i = 0; i < ARRAY_LEN(often); i++) {
		often[i].m = m;
		CU_ASSERT_EQUAL_FATAL(thread_start(&often[i].thread, look_often, &often[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(often); i++) {
		thread_join(&often[i].thread);
		CU_ASSERT_FALSE(often[i].wrong);
	}
	ndpi_module_free(m);
}

/* What is no payload of TCP or UDP is passed over without a state. */
static void test_service_ndpi_passes_over(void)
{
	struct ndpi_module *m;
	struct ndpi_state *st = NULL;
	char name[NDPI_NAME_BYTES];
	struct layer l;
	struct packet p;

	if (ndpi_version() == NULL) {
		return;
	}
	memset(&p, 0, sizeof(p));
	memset(&l, 0, sizeof(l));
	l.key.ip_proto = IP_TCP;
	CU_ASSERT_EQUAL_FATAL(ndpi_module_new(&m), 0);
	CU_ASSERT_EQUAL(ndpi_look(m, &st, &p, &l, 0, name), 0);
	l.payload = BYTES("abc");
	l.payload_cap = l.payload_len = 3;
	l.flags = LAYER_QUOTED;
	CU_ASSERT_EQUAL(ndpi_look(m, &st, &p, &l, 0, name), 0);
	l.flags = 0;
	l.key.ip_proto = IP_SCTP;
	CU_ASSERT_EQUAL(ndpi_look(m, &st, &p, &l, 0, name), 0);
	CU_ASSERT_PTR_NULL(st);
	ndpi_module_free(m);
}

void suite_service_ndpi(CU_pSuite suite);
void suite_service_ndpi(CU_pSuite suite)
{
	CU_add_test(suite, "test_service_ndpi_names", test_service_ndpi_names);
	CU_add_test(suite, "test_service_ndpi_forgets", test_service_ndpi_forgets);
	CU_add_test(suite, "test_service_ndpi_threads", test_service_ndpi_threads);
	CU_add_test(suite, "test_service_ndpi_passes_over", test_service_ndpi_passes_over);
}
