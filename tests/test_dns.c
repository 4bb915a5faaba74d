/*
 * test_dns.c - DNS exchanges: pairing of queries and responses over UDP and TCP, mDNS over flows, recognition.
 * Messages by mkdns.h.
 */
#include "mktalk.h"

#include <CUnit/CUnit.h>

#include "mkdns.h"

static struct mkdns m;

static void say(struct mktalk *k, unsigned int dir)
{
	mktalk_data(k, dir, m.bytes, m.len);
}

static void ask(struct mktalk *k, unsigned int dir, unsigned int id, const char *name, unsigned int type, int response)
{
	mkdns_simple(&m, id, name, type, response);
	say(k, dir);
}

static void test_dns_pairs_query_and_response(void)
{
	struct mktalk k;
	const struct dns_tx *tx;
	uint64_t start;

	mktalk_init(&k, &analyzer_dns_udp, 40000, 53);
	start = k.now;
	ask(&k, 0, 0x1234, "www.example.com", 1, 0);
	ask(&k, 1, 0x1234, "www.example.com", 1, 1);
	CU_ASSERT_EQUAL_FATAL(k.rows.dns.count, 1);
	tx = mktalk_dns(&k, 0);
	CU_ASSERT_TRUE(text_is(tx->name, "www.example.com"));
	CU_ASSERT_EQUAL(tx->id, 0x1234);
	CU_ASSERT_EQUAL(tx->type, 1);
	CU_ASSERT_EQUAL(tx->class_, 1);
	CU_ASSERT_EQUAL(tx->rcode, 0);
	CU_ASSERT_EQUAL(tx->flags, DNS_QUERY | DNS_RESPONSE | DNS_RECURSION_DESIRED);
	CU_ASSERT_EQUAL(tx->client, 0);
	CU_ASSERT_EQUAL(k.t.client, 0);
	CU_ASSERT_EQUAL(tx->query_ns, start + 1000000);
	CU_ASSERT_EQUAL(tx->response_ns, start + 2000000);
	CU_ASSERT_EQUAL(tx->query_num, 1);
	CU_ASSERT_EQUAL(tx->response_num, 2);
	CU_ASSERT_EQUAL(tx->query_bytes, 12 + 17 + 4);
	CU_ASSERT_EQUAL(tx->response_bytes, 12 + 17 + 4 + 16);
	CU_ASSERT_EQUAL(tx->answers, 1);
	CU_ASSERT_EQUAL_FATAL(tx->kept_count, 1);
	CU_ASSERT_TRUE(text_is(tx->kept[0].name, "www.example.com"));
	CU_ASSERT_TRUE(text_is(tx->kept[0].data, "10.0.0.7"));
	CU_ASSERT_EQUAL(tx->kept[0].ttl, 300);
	CU_ASSERT_EQUAL(tx->kept[0].addr_len, 4);
	CU_ASSERT_EQUAL(memcmp(tx->kept[0].addr, "\x0a\0\0\7", 4), 0);
	CU_ASSERT_PTR_EQUAL(tx->flow, &k.flow);
	mktalk_release(&k);
}

/* 0x20: resolvers mix cases at random and servers give them back, or do not. */
static void test_dns_pairs_whatever_the_case(void)
{
	struct mktalk k;

	mktalk_init(&k, &analyzer_dns_udp, 40000, 53);
	ask(&k, 0, 7, "wWw.eXaMpLe.CoM", 28, 0);
	ask(&k, 0, 8, "www.example.com", 28, 0);
	ask(&k, 1, 7, "www.example.COM", 28, 1);
	CU_ASSERT_EQUAL_FATAL(k.rows.dns.count, 2);
	CU_ASSERT_TRUE(text_is(mktalk_dns(&k, 0)->name, "wWw.eXaMpLe.CoM"));
	CU_ASSERT_TRUE((mktalk_dns(&k, 0)->flags & DNS_RESPONSE) != 0);
	CU_ASSERT_TRUE((mktalk_dns(&k, 1)->flags & DNS_RESPONSE) == 0);
	CU_ASSERT_EQUAL(mktalk_dns(&k, 1)->rcode, UINT16_MAX);
	mktalk_release(&k);
}

static void test_dns_other_id_type_or_name_is_no_pair(void)
{
	struct mktalk k;

	mktalk_init(&k, &analyzer_dns_udp, 40000, 53);
	ask(&k, 0, 7, "a.test", 1, 0);
	ask(&k, 1, 8, "a.test", 1, 1);
	ask(&k, 1, 7, "a.test", 28, 1);
	ask(&k, 1, 7, "b.test", 1, 1);
	CU_ASSERT_EQUAL_FATAL(k.rows.dns.count, 4);
	CU_ASSERT_EQUAL(mktalk_dns(&k, 0)->flags & DNS_RESPONSE, 0);
	for (size_t i = 1; i < 4; i++) {
		CU_ASSERT_EQUAL(mktalk_dns(&k, i)->flags & (DNS_QUERY | DNS_RESPONSE), DNS_RESPONSE);
		CU_ASSERT_EQUAL(mktalk_dns(&k, i)->client, 0);
		CU_ASSERT_EQUAL(mktalk_dns(&k, i)->query_ns, 0);
	}
	mktalk_release(&k);
}

static void test_dns_retries_and_second_answers(void)
{
	struct mktalk k;
	const struct dns_tx *tx;

	mktalk_init(&k, &analyzer_dns_udp, 40000, 53);
	ask(&k, 0, 7, "a.test", 1, 0);
	ask(&k, 0, 7, "a.test", 1, 0);
	ask(&k, 0, 7, "A.test", 1, 0);
	ask(&k, 1, 7, "a.test", 1, 1);
	ask(&k, 1, 7, "a.test", 1, 1);
	CU_ASSERT_EQUAL_FATAL(k.rows.dns.count, 1);
	tx = mktalk_dns(&k, 0);
	CU_ASSERT_EQUAL(tx->retries, 2);
	CU_ASSERT_EQUAL(tx->extra_responses, 1);
	CU_ASSERT_EQUAL(tx->query_num, 1);
	CU_ASSERT_EQUAL(tx->last_query_num, 3);
	CU_ASSERT_EQUAL(tx->response_num, 4);
	/* The id used again afterwards is another exchange. */
	ask(&k, 0, 7, "a.test", 1, 0);
	CU_ASSERT_EQUAL(k.rows.dns.count, 2);
	mktalk_release(&k);
}

static void test_dns_waits_only_so_long(void)
{
	struct mktalk k;

	mktalk_init(&k, &analyzer_dns_udp, 40000, 53);
	ask(&k, 0, 7, "a.test", 1, 0);
	k.now += LIMIT_DNS_WAIT_NS + 1;
	ask(&k, 1, 7, "a.test", 1, 1);
	CU_ASSERT_EQUAL_FATAL(k.rows.dns.count, 2);
	CU_ASSERT_EQUAL(mktalk_dns(&k, 0)->flags & DNS_RESPONSE, 0);
	CU_ASSERT_EQUAL(mktalk_dns(&k, 1)->flags & DNS_QUERY, 0);
	mktalk_release(&k);
}

/* The ceiling gives up the oldest. */
static void test_dns_pending_ceiling(void)
{
	struct mktalk k;

	mktalk_init(&k, &analyzer_dns_udp, 40000, 53);
	for (unsigned int i = 0; i <= LIMIT_DNS_PENDING; i++) {
		ask(&k, 0, i, "a.test", 1, 0);
	}
	ask(&k, 1, 0, "a.test", 1, 1);	/* given up */
	ask(&k, 1, 1, "a.test", 1, 1);
	CU_ASSERT_EQUAL_FATAL(k.rows.dns.count, LIMIT_DNS_PENDING + 2);
	CU_ASSERT_EQUAL(mktalk_dns(&k, 0)->flags & DNS_RESPONSE, 0);
	CU_ASSERT_EQUAL(mktalk_dns(&k, 1)->flags & DNS_RESPONSE, DNS_RESPONSE);
	mktalk_release(&k);
}

static void test_dns_flags_rcode_edns(void)
{
	struct mktalk k;
	const struct dns_tx *tx;

	mktalk_init(&k, &analyzer_dns_udp, 53, 40000);
	ask(&k, 1, 9, "a.test", 16, 0);
	mkdns_init(&m, 9, 0x8000 | 0x0400 | 0x0200, 1, 0, 0, 1);	/* QR AA TC */
	mkdns_question(&m, "a.test", 16, 1);
	mkdns_name(&m, "");
	mkdns_u16(&m, 41);
	mkdns_u16(&m, 1232);
	mkdns_u32(&m, 0x01008000);	/* extended rcode 1: BADVERS with a low part of 0; DO */
	mkdns_u16(&m, 0);
	say(&k, 0);
	tx = mktalk_dns(&k, 0);
	CU_ASSERT_EQUAL(k.rows.dns.count, 1);
	CU_ASSERT_EQUAL(tx->rcode, 16);
	CU_ASSERT_EQUAL(tx->client, 1);
	CU_ASSERT_EQUAL(k.t.client, 1);
	CU_ASSERT_EQUAL(tx->flags,
			DNS_QUERY | DNS_RESPONSE | DNS_TRUNCATED | DNS_AUTHORITATIVE | DNS_RECURSION_DESIRED);
	CU_ASSERT_EQUAL(tx->additionals, 1);
	CU_ASSERT_TRUE(text_is(tx->kept[0].data, "version 0, udp 1232, do"));
	/* An error without the question goes by its id. */
	ask(&k, 1, 10, "b.test", 1, 0);
	mkdns_init(&m, 10, 0x8001, 0, 0, 0, 0);
	say(&k, 0);
	CU_ASSERT_EQUAL(k.rows.dns.count, 2);
	CU_ASSERT_EQUAL(mktalk_dns(&k, 1)->rcode, 1);
	mktalk_release(&k);
}

static void test_dns_several_questions_and_opcodes(void)
{
	struct mktalk k;
	const struct dns_tx *tx;

	mktalk_init(&k, &analyzer_dns_udp, 40000, 53);
	mkdns_init(&m, 1, MKDNS_QUERY, 2, 0, 0, 0);
	mkdns_question(&m, "a.test", 1, 1);
	mkdns_question(&m, "b.test", 28, 1);
	say(&k, 0);
	m.bytes[2] |= 0x80;
	say(&k, 1);
	tx = mktalk_dns(&k, 0);
	CU_ASSERT_EQUAL(k.rows.dns.count, 1);
	CU_ASSERT_EQUAL(tx->questions, 2);
	CU_ASSERT_TRUE(text_is(tx->name, "a.test"));
	/* NOTIFY with the new SOA in it, and UPDATE, whose question is the zone. */
	for (unsigned int opcode = 4; opcode <= 5; opcode++) {
		mkdns_init(&m, 2, opcode << 11, 1, 0, 0, 0);
		mkdns_question(&m, "zone.test", 6, 1);
		say(&k, 0);
		m.bytes[2] |= 0x80;
		say(&k, 1);
		CU_ASSERT_EQUAL_FATAL(k.rows.dns.count, opcode - 2);
		tx = mktalk_dns(&k, opcode - 3);
		CU_ASSERT_EQUAL(tx->opcode, opcode);
		CU_ASSERT_TRUE((tx->flags & DNS_RESPONSE) != 0);
		CU_ASSERT_TRUE(text_is(tx->name, "zone.test"));
	}
	mktalk_release(&k);
}

static void test_dns_answers_ceiling(void)
{
	struct mktalk k;
	const struct dns_tx *tx;

	mktalk_init(&k, &analyzer_dns_tcp, 40000, 53);
	mkdns_init(&m, 3, MKDNS_RESPONSE, 1, 1000, 0, 0);
	mkdns_question(&m, "many.test", 1, 1);
	for (uint32_t i = 0; i < 1000; i++) {
		mkdns_a(&m, i, i);
	}
	memmove(m.bytes + 2, m.bytes, m.len);
	m.bytes[0] = (uint8_t)(m.len >> 8);
	m.bytes[1] = (uint8_t)m.len;
	mktalk_data(&k, 1, m.bytes, m.len + 2);
	tx = mktalk_dns(&k, 0);
	CU_ASSERT_EQUAL(tx->answers, 1000);
	CU_ASSERT_EQUAL_FATAL(tx->kept_count, LIMIT_DNS_ANSWERS);
	CU_ASSERT_EQUAL(tx->flags, DNS_RESPONSE | DNS_OVER_TCP | DNS_ANSWERS_CUT | DNS_RECURSION_DESIRED);
	CU_ASSERT_EQUAL(tx->kept[63].ttl, 63);
	mktalk_release(&k);
}

/* A datagram of which the capture holds a part: the gap behind it says how much is missing. */
static void test_dns_cut_by_snaplen(void)
{
	struct mktalk k;
	const struct dns_tx *tx;

	mktalk_init(&k, &analyzer_dns_udp, 40000, 53);
	ask(&k, 0, 5, "www.example.com", 1, 0);
	mkdns_simple(&m, 5, "www.example.com", 1, 1);
	mktalk_data(&k, 1, m.bytes, 40);
	mktalk_gap(&k, 1, m.len - 40);
	CU_ASSERT_EQUAL_FATAL(k.rows.dns.count, 1);
	tx = mktalk_dns(&k, 0);
	CU_ASSERT_EQUAL(tx->flags & (DNS_CUT | DNS_MALFORMED), DNS_CUT);
	CU_ASSERT_EQUAL(tx->response_bytes, m.len);
	CU_ASSERT_EQUAL(tx->answers, 1);
	mktalk_release(&k);
}

/* ---- names ------------------------------------------------------------------------------------------------ */

static void test_dns_names_are_escaped(void)
{
	struct mktalk k;

	mktalk_init(&k, &analyzer_dns_udp, 40000, 53);
	mkdns_init(&m, 1, MKDNS_QUERY, 1, 0, 0, 0);
	mkdns_u8(&m, 7);
	mkdns_bytes(&m, "a.b\\ \x01\xff", 7);
	mkdns_name(&m, "test");
	mkdns_u16(&m, 16);
	mkdns_u16(&m, 1);
	say(&k, 0);
	mkdns_simple(&m, 2, "", 2, 0);
	say(&k, 0);
	CU_ASSERT_TRUE(text_is(mktalk_dns(&k, 0)->name, "a\\046b\\092\\032\\001\\255.test"));
	CU_ASSERT_TRUE(text_is(mktalk_dns(&k, 1)->name, ""));
	mktalk_release(&k);
}

/* 255 octets are a name, 256 are not. */
static void test_dns_longest_name(void)
{
	char name[300] = "";
	struct mktalk k;

	/* 3 labels of 63 and one of 61: 3 * 64 + 62 + 1 = 255. */
	for (unsigned int i = 0; i < 253; i++) {
		name[i] = i % 64 == 63 ? '.' : 'x';
	}
	mktalk_init(&k, &analyzer_dns_udp, 40000, 53);
	ask(&k, 0, 1, name, 1, 0);
	name[253] = 'x';
	ask(&k, 0, 2, name, 1, 0);
	CU_ASSERT_EQUAL(mktalk_dns(&k, 0)->flags & DNS_MALFORMED, 0);
	CU_ASSERT_EQUAL(mktalk_dns(&k, 0)->name->len, 253);
	CU_ASSERT_EQUAL(mktalk_dns(&k, 1)->flags & DNS_MALFORMED, DNS_MALFORMED);
	CU_ASSERT_PTR_NULL(mktalk_dns(&k, 1)->name);
	mktalk_release(&k);
}

static void test_dns_compression_loops(void)
{
	struct mktalk k;

	mktalk_init(&k, &analyzer_dns_udp, 40000, 53);
	for (unsigned int form = 0; form < 4; form++) {
		mkdns_init(&m, form, MKDNS_QUERY, 1, 0, 0, 0);
		if (form == 0) {
			mkdns_pointer(&m, 12);	/* itself */
		} else if (form == 1) {
			mkdns_pointer(&m, 14);	/* one another */
			mkdns_pointer(&m, 12);
		} else if (form == 2) {
			mkdns_u8(&m, 1);	/* a label and back to it */
			mkdns_u8(&m, 'a');
			mkdns_pointer(&m, 12);
		} else {
			mkdns_pointer(&m, 0x3fff);	/* beyond the end */
		}
		mkdns_u16(&m, 1);
		mkdns_u16(&m, 1);
		say(&k, 0);
		CU_ASSERT_EQUAL_FATAL(k.rows.dns.count, form + 1);
		CU_ASSERT_EQUAL(mktalk_dns(&k, form)->flags & DNS_MALFORMED, DNS_MALFORMED);
		CU_ASSERT_PTR_NULL(mktalk_dns(&k, form)->name);
	}
	/* A chain of a thousand pointers, each to the one before, is no loop but no name either. */
	mkdns_init(&m, 9, MKDNS_RESPONSE, 0, 1, 0, 0);
	mkdns_name(&m, "end");
	mkdns_begin(&m, 65399, 0);
	for (unsigned int i = 0; i < 1000; i++) {
		mkdns_pointer(&m, i == 0 ? 12 : (unsigned int)m.len - 2);
	}
	mkdns_end(&m);
	m.bytes[7] = 2;
	mkdns_pointer(&m, (unsigned int)m.len - 2);
	mkdns_begin(&m, 1, 0);
	mkdns_u32(&m, 1);
	mkdns_end(&m);
	say(&k, 1);
	CU_ASSERT_EQUAL_FATAL(k.rows.dns.count, 5);
	CU_ASSERT_EQUAL(mktalk_dns(&k, 4)->kept_count, 2);
	CU_ASSERT_TRUE(text_is(mktalk_dns(&k, 4)->kept[0].name, "end"));
	CU_ASSERT_PTR_NULL(mktalk_dns(&k, 4)->kept[1].name);
	mktalk_release(&k);
}

static void test_dns_numbers_have_names(void)
{
	char buf[DNS_NAME_BYTES];

	CU_ASSERT_STRING_EQUAL(dns_type_name(1, buf), "A");
	CU_ASSERT_STRING_EQUAL(dns_type_name(28, buf), "AAAA");
	CU_ASSERT_STRING_EQUAL(dns_type_name(65, buf), "HTTPS");
	CU_ASSERT_STRING_EQUAL(dns_type_name(255, buf), "ANY");
	CU_ASSERT_STRING_EQUAL(dns_type_name(257, buf), "CAA");
	CU_ASSERT_STRING_EQUAL(dns_type_name(32769, buf), "DLV");
	CU_ASSERT_STRING_EQUAL(dns_type_name(65399, buf), "TYPE65399");
	CU_ASSERT_STRING_EQUAL(dns_type_name(0, buf), "TYPE0");
	CU_ASSERT_STRING_EQUAL(dns_rcode_name(0, buf), "NOERROR");
	CU_ASSERT_STRING_EQUAL(dns_rcode_name(3, buf), "NXDOMAIN");
	CU_ASSERT_STRING_EQUAL(dns_rcode_name(16, buf), "BADVERS");
	CU_ASSERT_STRING_EQUAL(dns_rcode_name(23, buf), "BADCOOKIE");
	CU_ASSERT_STRING_EQUAL(dns_rcode_name(31, buf), "RCODE31");
	CU_ASSERT_STRING_EQUAL(dns_rcode_name(12, buf), "RCODE12");
	CU_ASSERT_STRING_EQUAL(dns_rcode_name(UINT16_MAX, buf), "");
}

/* ---- TCP ---------------------------------------------------------------------------------------------------- */

static size_t framed(uint8_t *out, size_t at)
{
	out[at] = (uint8_t)(m.len >> 8);
	out[at + 1] = (uint8_t)m.len;
	memcpy(out + at + 2, m.bytes, m.len);
	return at + 2 + m.len;
}

/* Two queries and two responses, in pieces of every size, and cut once at every byte. */
static void test_dns_tcp_split_anywhere(void)
{
	uint8_t dirs[2][1024];
	size_t len[2] = { 0, 0 };

	for (unsigned int dir = 0; dir < 2; dir++) {
		mkdns_simple(&m, 1, "first.example", 1, dir == 1);
		len[dir] = framed(dirs[dir], len[dir]);
		mkdns_simple(&m, 2, "second.example", 1, dir == 1);
		len[dir] = framed(dirs[dir], len[dir]);
	}
	for (size_t cut = 0; cut <= len[0] + len[1]; cut++) {
		for (unsigned int pieces = 0; pieces < 2; pieces++) {
			struct mktalk k;

			mktalk_init(&k, &analyzer_dns_tcp, 40000, 53);
			for (unsigned int dir = 0; dir < 2; dir++) {
				size_t n = len[dir];
				size_t step = pieces == 1 && cut > 0 ? cut : n;
				size_t first = pieces == 0 ? (cut < n ? cut : n) : 0;

				mktalk_data(&k, dir, dirs[dir], first);
				for (size_t at = first; at < n; at += step) {
					mktalk_data(&k, dir, dirs[dir] + at, n - at < step ? n - at : step);
				}
			}
			mktalk_end(&k, END_FIN);
			CU_ASSERT_EQUAL_FATAL(k.rows.dns.count, 2);
			for (size_t i = 0; i < 2; i++) {
				const struct dns_tx *tx = mktalk_dns(&k, i);

				CU_ASSERT_TRUE(text_is(tx->name, i == 0 ? "first.example" : "second.example"));
				CU_ASSERT_EQUAL(tx->flags,
						DNS_QUERY | DNS_RESPONSE | DNS_OVER_TCP | DNS_RECURSION_DESIRED);
				CU_ASSERT_EQUAL(tx->kept_count, 1);
			}
			mktalk_release(&k);
		}
	}
}

/* Bytes missing within a message cost that message's end; the next one is read. */
static void test_dns_tcp_gaps(void)
{
	uint8_t bytes[1024];
	struct mktalk k;
	size_t first;
	size_t all;

	mkdns_simple(&m, 1, "first.example", 1, 1);
	first = framed(bytes, 0);
	mkdns_simple(&m, 2, "second.example", 1, 1);
	all = framed(bytes, first);
	mktalk_init(&k, &analyzer_dns_tcp, 40000, 53);
	mktalk_data(&k, 1, bytes, 40);
	mktalk_gap(&k, 1, 5);
	mktalk_data(&k, 1, bytes + 45, all - 45);
	CU_ASSERT_EQUAL_FATAL(k.rows.dns.count, 2);
	CU_ASSERT_TRUE(text_is(mktalk_dns(&k, 0)->name, "first.example"));
	CU_ASSERT_EQUAL(mktalk_dns(&k, 0)->flags & (DNS_CUT | DNS_MALFORMED), DNS_CUT);
	CU_ASSERT_EQUAL(mktalk_dns(&k, 0)->response_bytes, first - 2);
	CU_ASSERT_TRUE(text_is(mktalk_dns(&k, 1)->name, "second.example"));
	CU_ASSERT_EQUAL(mktalk_dns(&k, 1)->flags & DNS_CUT, 0);
	/* Over the end of a message: its place is lost until a segment begins with one. */
	mktalk_data(&k, 1, bytes, 40);
	mktalk_gap(&k, 1, 100);
	mktalk_data(&k, 1, bytes + 20, 15);
	CU_ASSERT_EQUAL(k.rows.dns.count, 3);
	mktalk_data(&k, 1, bytes + first, all - first);
	CU_ASSERT_EQUAL_FATAL(k.rows.dns.count, 4);
	CU_ASSERT_TRUE(text_is(mktalk_dns(&k, 3)->name, "second.example"));
	/* The end comes within a message. */
	mktalk_data(&k, 1, bytes, 42);
	mktalk_end(&k, END_FIN);
	CU_ASSERT_EQUAL_FATAL(k.rows.dns.count, 5);
	CU_ASSERT_EQUAL(mktalk_dns(&k, 4)->flags & (DNS_CUT | DNS_MALFORMED), DNS_CUT);
	mktalk_release(&k);
}

/* A zone transfer: one query, many messages. A message longer than is kept is read as far as it was. */
static void test_dns_tcp_long_messages(void)
{
	struct mktalk k;
	const struct dns_tx *tx;
	uint8_t head[2];

	mktalk_init(&k, &analyzer_dns_tcp, 40000, 53);
	mkdns_simple(&m, 1, "zone.test", 252, 0);
	head[0] = 0;
	head[1] = (uint8_t)m.len;
	mktalk_data(&k, 0, head, 2);
	say(&k, 0);
	for (unsigned int i = 0; i < 3; i++) {
		mkdns_init(&m, 1, MKDNS_RESPONSE, 1, 4000, 0, 0);
		mkdns_question(&m, "zone.test", 252, 1);
		for (unsigned int j = 0; j < 4000; j++) {
			mkdns_a(&m, j, j);
		}
		head[0] = (uint8_t)(m.len >> 8);
		head[1] = (uint8_t)m.len;
		mktalk_data(&k, 1, head, 2);
		for (size_t at = 0; at < m.len; at += 1460) {
			mktalk_data(&k, 1, m.bytes + at, m.len - at < 1460 ? m.len - at : 1460);
		}
	}
	CU_ASSERT_EQUAL_FATAL(k.rows.dns.count, 1);
	tx = mktalk_dns(&k, 0);
	CU_ASSERT_EQUAL(tx->extra_responses, 2);
	CU_ASSERT_EQUAL(tx->answers, 4000);
	CU_ASSERT_EQUAL(tx->kept_count, LIMIT_DNS_ANSWERS);
	CU_ASSERT_EQUAL(tx->response_bytes, m.len);
	CU_ASSERT_EQUAL(tx->flags & (DNS_ANSWERS_CUT | DNS_CUT | DNS_MALFORMED), DNS_ANSWERS_CUT);
	mktalk_release(&k);
}

/* ---- mDNS ----------------------------------------------------------------------------------------------------- */

/* Makes k2 another flow of the same shard. */
static void second_flow(struct mktalk *k, struct talk *t2, struct flow *f2, void **st2, uint16_t port)
{
	*t2 = k->t;
	*f2 = k->flow;
	t2->flow = f2;
	t2->port[0] = port;
	*st2 = k->a->open(t2);
	CU_ASSERT_PTR_NOT_NULL_FATAL(*st2);
}

static void say_there(struct mktalk *k, void *st2, unsigned int dir)
{
	struct chunk c;

	k->now += 1000000;
	c = (struct chunk){ m.bytes, m.len, 0, k->now, ++k->num };
	CU_ASSERT_EQUAL(k->a->data(st2, dir, &c), 0);
}

static void mdns_answer(const char *name, unsigned int type)
{
	mkdns_init(&m, 0, 0x8400, 0, 1, 0, 0);
	mkdns_name(&m, name);
	mkdns_u16(&m, type);
	mkdns_u16(&m, 0x8001);	/* cache flush */
	mkdns_u32(&m, 120);
	mkdns_u16(&m, 4);
	mkdns_u32(&m, 0xc0a80005);
}

static void test_dns_mdns_pairs_over_flows(void)
{
	struct mktalk k;
	struct talk t2;
	struct flow f2;
	void *st2;
	const struct dns_tx *tx;

	mktalk_init(&k, &analyzer_mdns, 5353, 5353);
	second_flow(&k, &t2, &f2, &st2, 5353);
	mkdns_init(&m, 0, 0, 2, 0, 0, 0);
	mkdns_question(&m, "Box._http._tcp.local", 33, 1);
	mkdns_question(&m, "box.local", 1, 0x8001);	/* unicast answer wanted */
	say(&k, 0);
	say(&k, 0);	/* again */
	mdns_answer("BOX.local", 1);
	say_there(&k, st2, 1);
	CU_ASSERT_EQUAL_FATAL(k.rows.dns.count, 1);
	tx = mktalk_dns(&k, 0);
	CU_ASSERT_EQUAL(tx->flags, DNS_QUERY | DNS_RESPONSE | DNS_MULTICAST | DNS_AUTHORITATIVE);
	CU_ASSERT_PTR_EQUAL(tx->flow, &k.flow);
	CU_ASSERT_EQUAL(tx->retries, 1);
	CU_ASSERT_EQUAL(tx->query_num, 1);
	CU_ASSERT_EQUAL(tx->response_num, 3);
	CU_ASSERT_TRUE(text_is(tx->kept[0].data, "192.168.0.5"));
	/* Nobody asks any more: an announcement, named by its record. */
	mdns_answer("box.local", 1);
	say_there(&k, st2, 1);
	CU_ASSERT_EQUAL_FATAL(k.rows.dns.count, 2);
	tx = mktalk_dns(&k, 1);
	CU_ASSERT_EQUAL(tx->flags, DNS_RESPONSE | DNS_MULTICAST | DNS_AUTHORITATIVE);
	CU_ASSERT_TRUE(text_is(tx->name, "box.local"));
	CU_ASSERT_EQUAL(tx->type, 1);
	CU_ASSERT_EQUAL(tx->class_, 1);
	CU_ASSERT_PTR_EQUAL(tx->flow, &f2);
	/* Too late, or in the other version of IP, it is none either. */
	mkdns_init(&m, 0, 0, 1, 0, 0, 0);
	mkdns_question(&m, "late.local", 1, 1);
	say(&k, 0);
	f2.key.ip_version = 6;
	mdns_answer("late.local", 1);
	say_there(&k, st2, 1);
	f2.key.ip_version = 4;
	k.now += LIMIT_MDNS_WAIT_NS;
	mdns_answer("late.local", 1);
	say_there(&k, st2, 1);
	CU_ASSERT_EQUAL_FATAL(k.rows.dns.count, 5);
	CU_ASSERT_EQUAL(mktalk_dns(&k, 2)->flags, DNS_QUERY | DNS_MULTICAST);
	k.a->close(st2);
	mktalk_release(&k);
}

/* ---- recognition ---------------------------------------------------------------------------------------------- */

static enum probe probe_of(const struct analyzer *a, uint16_t port, const uint8_t *p, size_t n)
{
	struct talk t = { .port = { 40000, port } };

	return a->probe(&t, 0, p, n, false);
}

static void test_dns_probes(void)
{
	uint8_t bytes[600];

	mkdns_simple(&m, 1, "www.example.com", 1, 0);
	CU_ASSERT_EQUAL(probe_of(&analyzer_dns_udp, 53, m.bytes, m.len), PROBE_YES);
	CU_ASSERT_EQUAL(probe_of(&analyzer_dns_udp, 5355, m.bytes, m.len), PROBE_YES);
	CU_ASSERT_EQUAL(probe_of(&analyzer_dns_udp, 9999, m.bytes, m.len), PROBE_YES);
	CU_ASSERT_EQUAL(probe_of(&analyzer_dns_udp, 9999, m.bytes, m.len - 1), PROBE_NO);
	CU_ASSERT_EQUAL(probe_of(&analyzer_dns_udp, 53, m.bytes, m.len - 1), PROBE_YES);
	CU_ASSERT_EQUAL(probe_of(&analyzer_dns_udp, 137, m.bytes, m.len), PROBE_NO);
	CU_ASSERT_EQUAL(probe_of(&analyzer_dns_udp, 5353, m.bytes, m.len), PROBE_NO);
	CU_ASSERT_EQUAL(probe_of(&analyzer_mdns, 5353, m.bytes, m.len), PROBE_YES);
	CU_ASSERT_EQUAL(probe_of(&analyzer_mdns, 53, m.bytes, m.len), PROBE_NO);
	mkdns_simple(&m, 1, "www.example.com", 1, 1);
	CU_ASSERT_EQUAL(probe_of(&analyzer_dns_udp, 9999, m.bytes, m.len), PROBE_YES);
	m.bytes[m.len] = 0;
	CU_ASSERT_EQUAL(probe_of(&analyzer_dns_udp, 9999, m.bytes, m.len + 1), PROBE_NO);
	memcpy(bytes, m.bytes, m.len);
	CU_ASSERT_EQUAL(framed(bytes, 0), m.len + 2);
	for (size_t n = 1; n <= m.len + 2; n++) {
		enum probe at_53 = probe_of(&analyzer_dns_tcp, 53, bytes, n);
		enum probe elsewhere = probe_of(&analyzer_dns_tcp, 9999, bytes, n);

		CU_ASSERT_EQUAL(at_53, n < 14 ? PROBE_MORE : PROBE_YES);
		CU_ASSERT_EQUAL(elsewhere, n < 14 ? PROBE_MORE : n < m.len + 2 ? PROBE_NO : PROBE_YES);
	}
	CU_ASSERT_EQUAL(probe_of(&analyzer_dns_tcp, 53, (const uint8_t *)"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27),
			PROBE_NO);
	CU_ASSERT_EQUAL(probe_of(&analyzer_dns_tcp, 8080, (const uint8_t *)"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27),
			PROBE_NO);
}

/* Random datagrams on other ports are not DNS. */
static void test_dns_probe_refuses_garbage(void)
{
	uint64_t x = 4711;
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < 200000; i++) {
		uint8_t bytes[64];
		size_t n = 12 + mktalk_random(&x) % 52;

		for (size_t j = 0; j < sizeof(bytes); j += 8) {
			uint64_t r = mktalk_random(&x);

			memcpy(bytes + j, &r, 8);
		}
		wrong += probe_of(&analyzer_dns_udp, 9999, bytes, n) != PROBE_NO;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

void suite_dns(CU_pSuite suite);
void suite_dns(CU_pSuite suite)
{
	CU_add_test(suite, "test_dns_pairs_query_and_response", test_dns_pairs_query_and_response);
	CU_add_test(suite, "test_dns_pairs_whatever_the_case", test_dns_pairs_whatever_the_case);
	CU_add_test(suite, "test_dns_other_id_type_or_name_is_no_pair", test_dns_other_id_type_or_name_is_no_pair);
	CU_add_test(suite, "test_dns_retries_and_second_answers", test_dns_retries_and_second_answers);
	CU_add_test(suite, "test_dns_waits_only_so_long", test_dns_waits_only_so_long);
	CU_add_test(suite, "test_dns_pending_ceiling", test_dns_pending_ceiling);
	CU_add_test(suite, "test_dns_flags_rcode_edns", test_dns_flags_rcode_edns);
	CU_add_test(suite, "test_dns_several_questions_and_opcodes", test_dns_several_questions_and_opcodes);
	CU_add_test(suite, "test_dns_answers_ceiling", test_dns_answers_ceiling);
	CU_add_test(suite, "test_dns_cut_by_snaplen", test_dns_cut_by_snaplen);
	CU_add_test(suite, "test_dns_names_are_escaped", test_dns_names_are_escaped);
	CU_add_test(suite, "test_dns_longest_name", test_dns_longest_name);
	CU_add_test(suite, "test_dns_compression_loops", test_dns_compression_loops);
	CU_add_test(suite, "test_dns_numbers_have_names", test_dns_numbers_have_names);
	CU_add_test(suite, "test_dns_tcp_split_anywhere", test_dns_tcp_split_anywhere);
	CU_add_test(suite, "test_dns_tcp_gaps", test_dns_tcp_gaps);
	CU_add_test(suite, "test_dns_tcp_long_messages", test_dns_tcp_long_messages);
	CU_add_test(suite, "test_dns_mdns_pairs_over_flows", test_dns_mdns_pairs_over_flows);
	CU_add_test(suite, "test_dns_probes", test_dns_probes);
	CU_add_test(suite, "test_dns_probe_refuses_garbage", test_dns_probe_refuses_garbage);
}
