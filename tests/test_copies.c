/*
 * test_copies.c - packets captured more than once against packets sent again: places, IP numbers, time, order of the
 * file. What was put in as a copy must be found, and nothing else.
 */
#include "mktcp.h"

static struct mkpkt p;

/* A segment of 10.0.0.1:40000 at a time in microseconds. */
static void segment(struct tcp_case *t, uint32_t interface, uint64_t at, uint16_t ip_id, uint32_t seq, const char *data)
{
	mkpkt_init(&p);
	p.ip_id = ip_id;
	mkpkt_eth(&p, 0x0800);
	mkpkt_ip4(&p, "10.0.0.1", "10.0.0.2", 6);
	mkpkt_tcp(&p, 40000, 80, seq, 5001, TCP_ACK | TCP_PSH, 65535);
	mkpkt_data(&p, data, strlen(data));
	mkpkt_end(&p);
	mkcap_epb(&t->m, interface, T0 + at, p.bytes, p.len, p.len);
	mkpkt_release(&p);
}

static void datagram(struct tcp_case *t, uint32_t interface, uint64_t at, uint16_t ip_id, const char *data)
{
	mkpkt_init(&p);
	p.ip_id = ip_id;
	mkpkt_eth(&p, 0x0800);
	mkpkt_ip4(&p, "10.0.0.1", "10.0.0.2", 17);
	mkpkt_udp(&p, 40000, 5000);
	mkpkt_data(&p, data, strlen(data));
	mkpkt_end(&p);
	mkcap_epb(&t->m, interface, T0 + at, p.bytes, p.len, p.len);
	mkpkt_release(&p);
}

static void check(struct tcp_case *t, uint32_t copies, uint32_t again)
{
	const struct flow *f = case_flow(t);

	CU_ASSERT_EQUAL(side_of(f, 0)->duplicates, copies);
	CU_ASSERT_EQUAL(side_of(f, 0)->retransmissions, again);
	case_release(t);
}

/* All of one interface first, then all of the other: hundreds of packets apart in the file, nothing in time. */
static void test_copies_in_bursts(void)
{
	struct tcp_case t;

	case_init(&t);
	for (uint32_t k = 0; k < 2; k++) {
		for (uint32_t i = 0; i < 100; i++) {
			segment(&t, k, i * 10 + k, (uint16_t)(i + 1), 1001 + 4 * i, "abcd");
		}
	}
	check(&t, 100, 0);
}

/* One place: an IP number that changes from packet to packet tells, for 50 ms. */
static void test_copies_by_ip_number(void)
{
	struct tcp_case t;

	case_init(&t);
	segment(&t, 0, 0, 1, 1001, "abcd");
	segment(&t, 0, 10, 2, 1005, "efgh");
	segment(&t, 0, 49000, 2, 1005, "efgh");
	segment(&t, 0, 60000, 2, 1005, "efgh");
	check(&t, 1, 1);
}

/* A number that stays tells nothing: what comes a millisecond later was sent again. */
static void test_copies_constant_ip_number(void)
{
	struct tcp_case t;
	const struct flow *f;

	case_init(&t);
	segment(&t, 0, 0, 7, 1001, "abcd");
	segment(&t, 0, 10, 7, 1005, "efgh");
	segment(&t, 0, 1010, 7, 1005, "efgh");
	segment(&t, 0, 2010, 7, 1005, "efgh");
	check(&t, 0, 2);
	case_init(&t);
	for (unsigned int i = 0; i < 5; i++) {
		datagram(&t, 0, i * UINT64_C(1000000), 7, "beacon");
	}
	f = case_flow(&t);
	CU_ASSERT_EQUAL(side_of(f, 0)->duplicates, 0);
	CU_ASSERT_EQUAL(side_of(f, 0)->payload_bytes, 5 * 6);
	case_release(&t);
}

/* Without IP number: two places within 10 ms; one place 0.2 ms. */
static void test_copies_without_ip_number(void)
{
	struct tcp_case t;

	case_init(&t);
	segment(&t, 0, 0, 0, 1001, "abcd");
	segment(&t, 1, 9000, 0, 1001, "abcd");
	segment(&t, 1, 11000, 0, 1001, "abcd");
	check(&t, 1, 1);
	case_init(&t);
	segment(&t, 0, 0, 0, 1001, "abcd");
	segment(&t, 0, 150, 0, 1001, "abcd");
	segment(&t, 0, 250, 0, 1001, "abcd");
	check(&t, 1, 1);
}

void suite_copies(CU_pSuite suite);

void suite_copies(CU_pSuite suite)
{
	CU_add_test(suite, "test_copies_in_bursts", test_copies_in_bursts);
	CU_add_test(suite, "test_copies_by_ip_number", test_copies_by_ip_number);
	CU_add_test(suite, "test_copies_constant_ip_number", test_copies_constant_ip_number);
	CU_add_test(suite, "test_copies_without_ip_number", test_copies_without_ip_number);
}
