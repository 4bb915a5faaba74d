/*
 * test_print_packet.c - packets as lines and as JSON objects, from captures built in memory and tracked without the
 * engine: parsed back with jansson and compared with what went in.
 */
#include "mknet.h"
#include "mkpkt.h"

#include <CUnit/CUnit.h>
#include <jansson.h>

#include "cli/print_packet.h"

#define T0_US UINT64_C(1700000000000000)

static struct mkcap m;
static struct mknet k;
static struct field_settings settings;
static struct buf out;

static void begin(void)
{
	mkcap_init(&m, false);
	mkcap_section(&m, 0);
	mkcap_idb(&m, 1, 0, -1, "eth\"0\n");
	memset(&settings, 0, sizeof(settings));
	settings.time_style = TIME_OF_DAY;
	buf_init(&out, 1u << 20);
}

static void done(void)
{
	mknet_release(&k);
	mkcap_release(&m);
	buf_release(&out);
}

/* All packets, one per line. */
static const char *print_all(bool json)
{
	struct field_ctx c;

	buf_reset(&out);
	field_ctx_init(&c, &settings);
	for (size_t i = 0; i < k.batch_count; i++) {
		const struct batch *b = k.batches[i];
		struct layer_walk w;

		field_ctx_batch(&c, b);
		layer_walk_init(&w, b);
		for (uint32_t p = 0; p < b->packet_count; p++) {
			const struct layer *l = layer_walk_next(&w, p);

			if (json) {
				print_packet_json(&c, &b->packets[p], l, b->first_packet_num + p, &out);
			} else {
				print_packet_text(&c, &b->packets[p], l, b->first_packet_num + p, false, &out);
			}
			buf_addc(&out, '\n');
		}
	}
	field_ctx_release(&c);
	return buf_str(&out);
}

static void check_lines(const char *expected)
{
	const char *got = print_all(false);

	if (strcmp(got, expected) != 0) {
		printf("\nexpected\n%sgot\n%s", expected, got);
	}
	CU_ASSERT_STRING_EQUAL(got, expected);
}

/* The nth line (from 1) as a parsed object; NULL: no JSON, or no such line. */
static json_t *object(unsigned int n)
{
	const char *line = print_all(true);
	const char *end;

	while (n-- > 1 && line != NULL) {
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	end = line != NULL ? strchr(line, '\n') : NULL;
	return end != NULL ? json_loadb(line, (size_t)(end - line), 0, NULL) : NULL;
}

static void check_text(json_t *o, const char *key, const char *expected)
{
	const char *s = json_string_value(json_object_get(o, key));

	CU_ASSERT_PTR_NOT_NULL(s);
	CU_ASSERT_STRING_EQUAL(s != NULL ? s : "", expected);
}

static void check_number(json_t *o, const char *key, int64_t expected)
{
	CU_ASSERT_TRUE(json_is_integer(json_object_get(o, key)));
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(o, key)), expected);
}

static void test_print_packet_lines(void)
{
	struct mkconv c;

	begin();
	mkconv_init(&c, &m, "10.0.0.9", 40000, "10.0.0.2", 80, T0_US + 1);
	mkconv_open(&c);
	mkconv_say(&c, 0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	mknet_run(&k, &m, NULL);
	check_lines(
		"p1 22:13:20.000001000 10.0.0.9 \xe2\x86\x92 10.0.0.2 TCP 58 40000 \xe2\x86\x92 80 [SYN] Seq=0 Win=65535 Len=0 MSS=1460\n"
		"p2 22:13:20.001001000 10.0.0.2 \xe2\x86\x92 10.0.0.9 TCP 58 80 \xe2\x86\x92 40000 [SYN, ACK] Seq=0 Ack=1 Win=65535 Len=0 MSS=1460\n"
		"p3 22:13:20.002001000 10.0.0.9 \xe2\x86\x92 10.0.0.2 TCP 54 40000 \xe2\x86\x92 80 [ACK] Seq=1 Ack=1 Win=65535 Len=0\n"
		"p4 22:13:20.003001000 10.0.0.9 \xe2\x86\x92 10.0.0.2 HTTP 81 GET / HTTP/1.1\n"
		"p5 22:13:20.004001000 10.0.0.2 \xe2\x86\x92 10.0.0.9 TCP 54 80 \xe2\x86\x92 40000 [ACK] Seq=1 Ack=28 Win=65535 Len=0\n");
	done();
}

static void test_print_packet_json(void)
{
	struct mkconv c;
	json_t *o;

	begin();
	mkconv_init(&c, &m, "10.0.0.9", 40000, "10.0.0.2", 80, T0_US + 1);
	c.vlan = 7;
	mkconv_open(&c);
	mkconv_say(&c, 0, "GET /\"\x1b HTTP/1.1\r\nHost: a\r\n\r\n");
	mknet_run(&k, &m, NULL);
	o = object(4);
	CU_ASSERT_PTR_NOT_NULL(o);
	check_text(o, "type", "packet");
	check_number(o, "num", 4);
	check_text(o, "time", "2023-11-14T22:13:20.003001000Z");
	check_number(json_object_get(o, "interface"), "index", 0);
	check_text(json_object_get(o, "interface"), "name", "eth\"0\n");
	check_text(o, "link", "ethernet");
	check_number(o, "len", 14 + 4 + 20 + 20 + 29);
	check_number(o, "cap_len", 14 + 4 + 20 + 20 + 29);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(o, "protocols")), 4);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(json_object_get(o, "protocols"), 1)), "vlan");
	check_text(o, "protocol", "HTTP");
	check_text(o, "src", "10.0.0.9");
	check_text(o, "dst", "10.0.0.2");
	check_number(o, "sport", 40000);
	check_number(o, "dport", 80);
	check_text(o, "service", "http");
	check_text(o, "info", "GET /\"\x1b HTTP/1.1");
	CU_ASSERT_EQUAL(json_integer_value(json_array_get(json_object_get(o, "vlan"), 0)), 7);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(o, "vlan")), 1);
	CU_ASSERT_EQUAL(strlen(json_string_value(json_object_get(o, "community_id"))), 30);
	json_decref(o);
	o = object(1);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(json_object_get(o, "marks"), 0)), "new_flow");
	json_decref(o);
	done();
}

/* The datagram stands in the line of the fragment that completed it; those before are fragments. */
static void test_print_packet_rebuilt(void)
{
	static struct mkpkt p;
	static const char data[] = "\x30\x39\x13\x88\x00\x28\x00\x00" "0123456789abcdef0123456789abcdef";
	static const uint32_t order[] = { 16, 32, 0 };

	begin();
	for (unsigned int i = 0; i < 3; i++) {
		mkpkt_init(&p);
		mkpkt_eth(&p, 0x0800);
		mkpkt_ip4_frag(&p, "10.0.0.1", "10.0.0.2", 17, 99, order[i], order[i] < 32);
		mkpkt_data(&p, data + order[i], order[i] < 32 ? 16 : 8);
		mkpkt_end(&p);
		mkcap_epb(&m, 0, T0_US + i, p.bytes, p.len, p.len);
	}
	mkpkt_init(&p);
	mkpkt_eth(&p, 0x0800);
	mkpkt_ip4(&p, "10.0.0.1", "10.0.0.2", 17);
	mkpkt_udp(&p, 4000, 5000);
	mkpkt_end(&p);
	mkcap_epb(&m, 0, T0_US + 3, p.bytes, p.len, p.len);
	mknet_run(&k, &m, NULL);
	check_lines("p1 22:13:20.000000000 10.0.0.1 \xe2\x86\x92 10.0.0.2 IP 50 Fragmented IP protocol (proto=UDP 17, "
		    "off=16, ID=63)\n"
		    "p2 22:13:20.000001000 10.0.0.1 \xe2\x86\x92 10.0.0.2 IP 42 Fragmented IP protocol (proto=UDP 17, "
		    "off=32, ID=63)\n"
		    "p3 22:13:20.000002000 10.0.0.1 \xe2\x86\x92 10.0.0.2 UDP 50 12345 \xe2\x86\x92 5000 Len=32\n"
		    "p4 22:13:20.000003000 10.0.0.1 \xe2\x86\x92 10.0.0.2 UDP 42 4000 \xe2\x86\x92 5000 Len=0\n");
	done();
}

/* Without a time, without an interface, with link addresses only. */
static void test_print_packet_unknowns(void)
{
	static const uint8_t frame[20] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5 };
	json_t *o;

	begin();
	mkcap_spb(&m, frame, 20, 20);
	mkcap_epb(&m, 5, T0_US, frame, 20, 20);
	mknet_run(&k, &m, NULL);
	check_lines(
		"p1 <NA> 02:00:00:00:00:02 \xe2\x86\x92 02:00:00:00:00:01 ETH 20 Ethertype 0x88b5 Len=6\n"
		"p2 <NA> - \xe2\x86\x92 - OTHER 20 Link type 0 Len=20\n");
	o = object(1);
	CU_ASSERT_TRUE(json_is_null(json_object_get(o, "time")));
	check_text(o, "src", "02:00:00:00:00:02");
	CU_ASSERT_PTR_NULL(json_object_get(o, "sport"));
	CU_ASSERT_PTR_NULL(json_object_get(o, "community_id"));
	json_decref(o);
	o = object(2);
	CU_ASSERT_PTR_NULL(json_object_get(o, "src"));
	CU_ASSERT_PTR_NULL(json_object_get(o, "link"));
	check_number(json_object_get(o, "interface"), "index", 5);
	json_decref(o);
	done();
}

/* A batch that nobody dissected is printed all the same. */
static void test_print_packet_undissected(void)
{
	struct mkconv c;
	struct layer_walk w;
	struct field_ctx x;
	uint32_t layers;

	begin();
	mkconv_init(&c, &m, "10.0.0.9", 40000, "10.0.0.2", 80, T0_US);
	mkconv_open(&c);
	mknet_run(&k, &m, NULL);
	layers = k.batches[0]->layer_count;
	k.batches[0]->layer_count = 0;
	layer_walk_init(&w, k.batches[0]);
	CU_ASSERT_PTR_NULL(layer_walk_next(&w, 0));
	field_ctx_init(&x, &settings);
	field_ctx_batch(&x, k.batches[0]);
	print_packet_text(&x, &k.batches[0]->packets[0], NULL, 1, false, &out);
	CU_ASSERT_STRING_EQUAL(buf_str(&out),
			       "p1 22:13:20.000000000 02:00:00:00:00:01 \xe2\x86\x92 02:00:00:00:00:02 UNKNOWN 58 ");
	field_ctx_release(&x);
	k.batches[0]->layer_count = layers;
	done();
}

void suite_print_packet(CU_pSuite suite);
void suite_print_packet(CU_pSuite suite)
{
	CU_add_test(suite, "test_print_packet_lines", test_print_packet_lines);
	CU_add_test(suite, "test_print_packet_json", test_print_packet_json);
	CU_add_test(suite, "test_print_packet_rebuilt", test_print_packet_rebuilt);
	CU_add_test(suite, "test_print_packet_unknowns", test_print_packet_unknowns);
	CU_add_test(suite, "test_print_packet_undissected", test_print_packet_undissected);
}
