/*
 * test_flow_roles.c - who is taken for the client where nobody has said so: connections whose start was missed, and
 * datagrams. Ports and what stands behind them are IANA's; clients of NFS and of the r-commands are on privileged
 * ports.
 */
#include "mktcp.h"

#include "net/track.h"

#include <CUnit/Basic.h>

/* The end of port a is asked for: with it as the sender of the first packet, and with b. */
static void check(uint8_t proto, uint16_t a, uint16_t b, uint16_t want_of_a, uint16_t want_of_b)
{
	struct flow_key key;

	memset(&key, 0, sizeof(key));
	key.ip_proto = proto;
	key.port[0] = a;
	key.port[1] = b;
	for (unsigned int sender = 0; sender < 2; sender++) {
		uint16_t client = key.port[flow_guess_client(&key, sender, false)];
		uint16_t want = sender == 0 ? want_of_a : want_of_b;

		if (client != want) {
			printf("\nprotocol %u, %u and %u, from %u: %u, not %u\n", proto, a, b, key.port[sender], client,
			       want);
		}
		CU_ASSERT_EQUAL(client, want);
		/* To a group: nobody but the sender. */
		CU_ASSERT_EQUAL(flow_guess_client(&key, sender, true), sender);
	}
}

static void test_flow_roles_of_connections(void)
{
	check(IP_TCP, 40000, 80, 40000, 40000);
	check(IP_TCP, 900, 2049, 900, 900);	/* NFS from a reserved port */
	check(IP_TCP, 1023, 514, 1023, 1023);	/* rsh */
	check(IP_TCP, 2049, 50000, 50000, 50000);
	check(IP_TCP, 8080, 80, 8080, 8080);	/* both known */
	check(IP_TCP, 999, 50000, 50000, 50000);	/* unknown, but fixed */
	check(IP_TCP, 9999, 50000, 50000, 50000);
	check(IP_TCP, 900, 20048, 900, 20048);	/* mountd from a reserved port: nothing tells */
	check(IP_TCP, 50000, 60000, 50000, 60000);
}

static void test_flow_roles_of_datagrams(void)
{
	check(IP_UDP, 40000, 53, 40000, 40000);
	check(IP_UDP, 900, 2049, 900, 900);
	/* Between unknown ports the sender asks, privileged or not. */
	check(IP_UDP, 700, 40000, 700, 40000);
	check(IP_UDP, 9999, 40000, 9999, 40000);
	check(IP_UDP, 700, 9999, 700, 9999);
	/* Both known: nothing tells. */
	check(IP_UDP, 68, 67, 68, 67);
	check(IP_UDP, 123, 53, 123, 53);
	/* A client may be given WireGuard's port, which is one for clients. */
	check(IP_UDP, 51820, 9999, 51820, 9999);
	check(IP_UDP, 51820, 53, 51820, 51820);
}

static void test_flow_roles_of_others(void)
{
	check(IP_SCTP, 999, 50000, 50000, 50000);
	check(IP_SCTP, 5000, 6000, 5000, 6000);
	check(IP_ICMP, 8, 0, 8, 0);
}

/* NFS in the middle of a connection, the server speaking first: it is turned round, and that is said. */
static void test_flow_roles_nfs_start_missed(void)
{
	struct tcp_case t;
	const struct flow *f;

	case_init(&t);
	mkconv_init(&t.c, &t.m, "10.0.0.1", 900, "10.0.0.2", 2049, T0);
	mkconv_raw(&t.c, 1, 7000, 3000, TCP_ACK | TCP_PSH, "reply", 5);
	mkconv_raw(&t.c, 0, 3000, 7005, TCP_ACK | TCP_PSH, "call", 4);
	f = case_flow(&t);
	CU_ASSERT_EQUAL(f->key.port[f->client], 900);
	CU_ASSERT_EQUAL(f->flags, FLOW_START_MISSED | FLOW_FLIPPED);
	CU_ASSERT_EQUAL(f->side[f->client].payload_bytes, 4);
	CU_ASSERT_EQUAL(f->history[0], '^');
	case_release(&t);
}

/* A datagram from a privileged port that nobody knows: its sender is the initiator. */
static void test_flow_roles_datagram_from_privileged_port(void)
{
	struct tcp_case t;
	struct mkpkt p;
	const struct flow *f;

	case_init(&t);
	mkpkt_init(&p);
	mkpkt_eth(&p, 0x0800);
	mkpkt_ip4(&p, "10.0.0.1", "10.0.0.2", 17);
	mkpkt_udp(&p, 700, 45000);
	mkpkt_data(&p, "hello", 5);
	mkpkt_end(&p);
	mkcap_epb(&t.m, 0, T0, p.bytes, p.len, p.len);
	f = case_flow(&t);
	CU_ASSERT_EQUAL(f->key.port[f->client], 700);
	CU_ASSERT(looks_like(f, "S0", "D"));
	CU_ASSERT_EQUAL(f->flags, 0);
	case_release(&t);
}

void suite_flow_roles(CU_pSuite suite);

void suite_flow_roles(CU_pSuite suite)
{
	CU_add_test(suite, "test_flow_roles_of_connections", test_flow_roles_of_connections);
	CU_add_test(suite, "test_flow_roles_of_datagrams", test_flow_roles_of_datagrams);
	CU_add_test(suite, "test_flow_roles_of_others", test_flow_roles_of_others);
	CU_add_test(suite, "test_flow_roles_nfs_start_missed", test_flow_roles_nfs_start_missed);
	CU_add_test(suite, "test_flow_roles_datagram_from_privileged_port",
		    test_flow_roles_datagram_from_privileged_port);
}
