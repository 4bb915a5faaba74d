/*
 * test_flow.c - the flow table: what makes packets one flow, UDP and other protocols, tunnels, timeouts,
 * ceilings, and that nothing depends on batches, shards or interfaces.
 */
#include "base/limits.h"
#include "mktcp.h"

#define SEC UINT64_C(1000000) /* microseconds */

static struct mkpkt p;

/* Each packet with an IP number of its own. */
static void begin(void)
{
	static uint16_t id = 100;

	mkpkt_init(&p);
	p.ip_id = id++;
}

static void put(struct tcp_case *t, uint32_t interface, uint64_t at)
{
	mkpkt_end(&p);
	mkcap_epb(&t->m, interface, T0 + at, p.bytes, p.len, p.len);
}

static void begin_udp(const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
	begin();
	mkpkt_eth(&p, 0x0800);
	mkpkt_ip4(&p, src, dst, 17);
	mkpkt_udp(&p, sport, dport);
}

static void put_udp(struct tcp_case *t, uint64_t at, const char *src, uint16_t sport,
		    const char *dst, uint16_t dport, const char *text)
{
	begin_udp(src, sport, dst, dport);
	mkpkt_data(&p, text, strlen(text));
	put(t, 0, at);
}

/* ---- datagrams ------------------------------------------------------------------------------- */

static void test_flow_udp_states(void)
{
	static const struct {
		uint16_t sport, dport;
		bool answer;
		const char *state, *history;
	} cases[] = {
		{ 40000, 9999, false, "S0", "D" },
		{ 40000, 9999, true, "SF", "Dd" },
		{ 53, 40000, false, "SHR", "^d" }, /* an answer whose question was missed */
		{ 53, 40000, true, "SF", "^dD" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tcp_case t;
		const struct flow *f;

		case_init(&t);
		put_udp(&t, 0, "10.0.0.1", cases[i].sport, "10.0.0.2", cases[i].dport, "\1\2\3");
		if (cases[i].answer) {
			put_udp(&t, 1, "10.0.0.2", cases[i].dport, "10.0.0.1", cases[i].sport,
				"\4\5");
		}
		f = case_flow(&t);
		CU_ASSERT(looks_like(f, cases[i].state, cases[i].history));
		CU_ASSERT_EQUAL(f->side[f->first_from].payload_bytes, 3);
		CU_ASSERT_EQUAL(f->side[1 - f->first_from].payload_bytes, cases[i].answer ? 2 : 0);
		case_release(&t);
	}
}

static void test_flow_udp_copies(void)
{
	struct tcp_case t;
	const struct flow *f;

	case_init(&t);
	begin_udp("10.0.0.1", 40000, "10.0.0.2", 9999);
	mkpkt_data(&p, "abc", 3);
	put(&t, 0, 0);
	mkcap_epb(&t.m, 1, T0 + 1, p.bytes, p.len, p.len);
	put_udp(&t, 5, "10.0.0.1", 40000, "10.0.0.2", 9999, "abc"); /* the same question again */
	f = case_flow(&t);
	CU_ASSERT_EQUAL(f->side[0].packets, 3);
	CU_ASSERT_EQUAL(f->side[0].duplicates, 1);
	CU_ASSERT_EQUAL(f->side[0].payload_bytes, 6);
	CU_ASSERT_EQUAL(f->flags, FLOW_DUPLICATES);
	case_release(&t);
}

static void test_flow_icmp(void)
{
	struct tcp_case t;
	const struct flow *f;

	case_init(&t);
	for (unsigned int i = 0; i < 4; i++) {
		begin();
		mkpkt_eth(&p, 0x0800);
		mkpkt_ip4(&p, i % 2 == 0 ? "10.0.0.9" : "10.0.0.2",
			  i % 2 == 0 ? "10.0.0.2" : "10.0.0.9", 1);
		mkpkt_icmp(&p, i % 2 == 0 ? 8 : 0, 0);
		mkpkt_data(&p, "ping", 4);
		put(&t, 0, i);
	}
	f = case_flow(&t);
	CU_ASSERT(looks_like(f, "OTH", "Dd"));
	CU_ASSERT_EQUAL(f->side[f->client].packets, 2);
	CU_ASSERT_EQUAL(f->key.addr[f->client][15], 9);
	CU_ASSERT_EQUAL(f->key.port[f->client], 8);
	case_release(&t);
}

/* An error marks the flow whose packet it quotes, and is one of its own. */
static void test_flow_icmp_error(void)
{
	struct tcp_case t;
	struct mkpkt quoted;

	case_init(&t);
	put_udp(&t, 0, "10.0.0.1", 40000, "10.0.0.2", 9999, "abc");
	quoted = p;
	for (unsigned int i = 0; i < 3; i++) {
		begin();
		mkpkt_eth(&p, 0x0800);
		mkpkt_ip4(&p, "10.0.0.2", "10.0.0.1", 1);
		mkpkt_icmp(&p, 3, 3);
		mkpkt_data(&p, quoted.bytes + 14, quoted.len - 14);
		put(&t, 0, i + 1);
	}
	case_run(&t, NULL);
	CU_ASSERT_EQUAL_FATAL(mknet_flow_count(&t.k), 2);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 0)->flags, FLOW_ICMP_ERROR);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 0)->icmp_errors, 3);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 0)->side[0].packets + mknet_flow(&t.k, 0)->side[1].packets,
			1);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 1)->icmp_errors, 0);
	case_release(&t);
	/* nobody knows the flow: it is not made of a quote */
	case_init(&t);
	begin();
	mkpkt_eth(&p, 0x0800);
	mkpkt_ip4(&p, "10.0.0.2", "10.0.0.1", 1);
	mkpkt_icmp(&p, 3, 3);
	mkpkt_data(&p, quoted.bytes + 14, quoted.len - 14);
	put(&t, 0, 0);
	case_run(&t, NULL);
	CU_ASSERT_EQUAL(mknet_flow_count(&t.k), 1);
	case_release(&t);
}

/* ---- what makes a flow ----------------------------------------------------------------------- */

static void put_vlan_tcp(struct tcp_case *t, uint16_t vlan, uint64_t at)
{
	begin();
	mkpkt_eth(&p, vlan != 0 ? 0x8100 : 0x0800);
	if (vlan != 0) {
		mkpkt_vlan(&p, vlan, 0x0800);
	}
	mkpkt_ip4(&p, "10.0.0.1", "10.0.0.2", 6);
	mkpkt_tcp(&p, 40000, 80, 1000, 0, TCP_SYN, 100);
	put(t, 0, at);
}

static void test_flow_vlans(void)
{
	struct tcp_case t;

	case_init(&t);
	for (uint16_t i = 0; i < 9; i++) {
		put_vlan_tcp(&t, i % 3, i);
	}
	case_run(&t, NULL);
	CU_ASSERT_EQUAL_FATAL(mknet_flow_count(&t.k), 3);
	for (uint16_t i = 0; i < 3; i++) {
		const struct flow *f = mknet_flow(&t.k, i);

		CU_ASSERT_EQUAL(f->key.vlan[0], i);
		CU_ASSERT_EQUAL(f->id, i);
		CU_ASSERT_EQUAL(side_of(f, 0)->packets, 3);
		CU_ASSERT_EQUAL(f->flags, 0);
	}
	case_release(&t);
}

/* The inner addresses are the same; the network they are in is not. */
static void test_flow_tunnels(void)
{
	struct tcp_case t;

	case_init(&t);
	for (uint32_t i = 0; i < 6; i++) {
		begin_udp("192.168.1.1", 50000, "192.168.1.2", 4789);
		mkpkt_vxlan(&p, 1 + i % 2);
		mkpkt_eth(&p, 0x0800);
		mkpkt_ip4(&p, "10.0.0.1", "10.0.0.2", 6);
		mkpkt_tcp(&p, 40000, 80, 1000, 0, TCP_SYN, 100);
		put(&t, 0, i);
	}
	put_vlan_tcp(&t, 0, 10);
	case_run(&t, NULL);
	CU_ASSERT_EQUAL_FATAL(mknet_flow_count(&t.k), 4);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 0)->key.ip_proto, 17);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 0)->side[0].packets, 6);
	CU_ASSERT_PTR_NULL(mknet_flow(&t.k, 0)->outer);
	for (uint32_t i = 1; i <= 2; i++) {
		const struct flow *f = mknet_flow(&t.k, i);

		CU_ASSERT_EQUAL(f->key.tunnel_id, i);
		CU_ASSERT_EQUAL(f->key.tunnel, PROTO_VXLAN);
		CU_ASSERT_EQUAL(side_of(f, 0)->packets, 3);
		CU_ASSERT_EQUAL(side_of(f, 0)->bytes, 3 * 54);
		CU_ASSERT_PTR_EQUAL(f->outer, mknet_flow(&t.k, 0));
		CU_ASSERT_EQUAL(f->first_layer, 1);
	}
	CU_ASSERT_PTR_NULL(mknet_flow(&t.k, 3)->outer);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 3)->key.depth, 0);
	case_release(&t);
}

/* The tunnel's own flow of that time, not of any. */
static void test_flow_outer_by_time(void)
{
	struct tcp_case t;

	case_init(&t);
	for (uint32_t i = 0; i < 2; i++) {
		begin_udp("192.168.1.1", 50000, "192.168.1.2", 4789);
		mkpkt_vxlan(&p, 1);
		mkpkt_eth(&p, 0x0800);
		mkpkt_ip4(&p, "10.0.0.1", "10.0.0.2", 6);
		mkpkt_tcp(&p, 40000, 80, 1000 + i, 0, TCP_SYN, 100);
		put(&t, 0, i * 1000 * SEC);
	}
	case_run(&t, NULL);
	CU_ASSERT_EQUAL_FATAL(mknet_flow_count(&t.k), 4);
	CU_ASSERT_PTR_EQUAL(mknet_flow(&t.k, 1)->outer, mknet_flow(&t.k, 0));
	CU_ASSERT_PTR_EQUAL(mknet_flow(&t.k, 3)->outer, mknet_flow(&t.k, 2));
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 2)->flags, FLOW_REUSED);
	case_release(&t);
}

static void put_loopback(struct tcp_case *t, uint32_t interface, uint64_t at, const char *src,
			 const char *dst)
{
	begin();
	mkpkt_eth(&p, 0x0800);
	mkpkt_ip4(&p, src, dst, 17);
	mkpkt_udp(&p, 40000, 9999);
	mkpkt_data(&p, "x", 1);
	put(t, interface, at);
}

static void test_flow_loopback_scope(void)
{
	struct tcp_case t;

	case_init(&t);
	put_loopback(&t, 0, 0, "127.0.0.1", "127.0.0.1");
	put_loopback(&t, 1, 1, "127.0.0.1",
		     "127.0.0.1"); /* another host's, or another namespace's */
	put_loopback(&t, 0, 2, "10.0.0.1", "10.0.0.2");
	put_loopback(&t, 1, 300, "10.0.0.1", "10.0.0.2");
	case_run(&t, NULL);
	CU_ASSERT_EQUAL_FATAL(mknet_flow_count(&t.k), 3);
	CU_ASSERT_NOT_EQUAL(mknet_flow(&t.k, 0)->key.scope, mknet_flow(&t.k, 1)->key.scope);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 2)->key.scope, 0);
	case_release(&t);
}

/* ---- processes ------------------------------------------------------------------------------- */

/* The packet at hand with the options of a process and, unless 0, of its direction. */
static void put_with_process(struct tcp_case *t, uint32_t pid, uint32_t direction)
{
	struct mkcap *m = &t->m;
	struct buf value;

	mkpkt_end(&p);
	mkcap_block_begin(m, 6);
	mkcap_u32(&m->out, 0, false);
	mkcap_u32(&m->out, (uint32_t)(T0 >> 32), false);
	mkcap_u32(&m->out, (uint32_t)T0, false);
	mkcap_u32(&m->out, p.len, false);
	mkcap_u32(&m->out, p.len, false);
	buf_add(&m->out, p.bytes, p.len);
	buf_add(&m->out, "\0\0\0", (4 - p.len % 4) % 4);
	buf_init(&value, 8);
	mkcap_u32(&value, direction, false);
	if (direction != 0) {
		mkcap_option(m, 2, value.data, 4);
	}
	buf_reset(&value);
	mkcap_u32(&value, pid, false);
	mkcap_u32(&value, pid, false);
	mkcap_option(m, 8, value.data, 8);
	buf_release(&value);
	mkcap_option_end(m);
	mkcap_block_end(m);
}

static uint32_t pid_of(const struct packet_process *proc)
{
	return proc != NULL ? proc->pid : 0;
}

static void test_flow_processes(void)
{
	static const struct {
		uint32_t direction[2]; /* of the packet of 10.0.0.1, of its answer */
		uint32_t pid[2];
		uint32_t want[2];
	} cases[] = {
		{ { 2, 1 }, { 7, 7 }, { 7, 0 } }, /* captured at the first one's host */
		{ { 1, 2 }, { 7, 7 }, { 0, 7 } },
		{ { 2, 2 }, { 7, 8 }, { 7, 8 } }, /* both ends on one host */
		{ { 0, 0 }, { 7, 7 }, { 7, 0 } }, /* nobody says: the first to send */
		{ { 0, 0 }, { 7, 8 }, { 7, 8 } },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tcp_case t;
		const struct flow *f;

		case_init(&t);
		begin_udp("10.0.0.1", 40000, "10.0.0.2", 9999);
		put_with_process(&t, cases[i].pid[0], cases[i].direction[0]);
		begin_udp("10.0.0.2", 9999, "10.0.0.1", 40000);
		put_with_process(&t, cases[i].pid[1], cases[i].direction[1]);
		f = case_flow(&t);
		CU_ASSERT_EQUAL(pid_of(f->process[f->client]), cases[i].want[0]);
		CU_ASSERT_EQUAL(pid_of(f->process[1 - f->client]), cases[i].want[1]);
		case_release(&t);
	}
}

/* ---- time ------------------------------------------------------------------------------------ */

static void test_flow_timeouts(void)
{
	struct tcp_case t;
	struct net_quality q;

	case_init(&t);
	put_udp(&t, 0, "10.0.0.1", 40000, "10.0.0.2", 9999, "a");
	put_udp(&t, 179 * SEC, "10.0.0.1", 40000, "10.0.0.2", 9999, "b");
	put_udp(&t, (179 + 181) * SEC, "10.0.0.1", 40000, "10.0.0.2", 9999, "c");
	case_run(&t, NULL);
	CU_ASSERT_EQUAL_FATAL(mknet_flow_count(&t.k), 2);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 0)->side[0].packets, 2);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 0)->flags, FLOW_TIMED_OUT);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 1)->flags, FLOW_REUSED);
	net_quality(t.k.net, &q);
	CU_ASSERT_EQUAL(q.flows_timed_out, 1);
	case_release(&t);
	/* an established connection may be silent for long */
	case_init(&t);
	mkconv_open(&t.c);
	mkconv_say(&t.c, 0, "ab");
	t.c.now += 8900 * SEC;
	mkconv_say(&t.c, 0, "cd");
	t.c.now += 9100 * SEC;
	mkconv_say(&t.c, 0, "ef");
	case_run(&t, NULL);
	CU_ASSERT_EQUAL_FATAL(mknet_flow_count(&t.k), 2);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 0)->flags, FLOW_TIMED_OUT);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 1)->flags, FLOW_START_MISSED | FLOW_REUSED);
	case_release(&t);
	/* what is over is not timed out */
	case_init(&t);
	mkconv_open(&t.c);
	mkconv_close(&t.c, 0);
	t.c.now += 200 * SEC;
	mkconv_say(&t.c, 0, "late");
	case_run(&t, NULL);
	CU_ASSERT_EQUAL_FATAL(mknet_flow_count(&t.k), 2);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 0)->flags, 0);
	case_release(&t);
}

/* Flows that nobody speaks of again are swept: an analyzer's row is there, memory is not. One packet with a
 * wild time sweeps nothing. */
static void test_flow_sweep(void)
{
	for (unsigned int wild = 0; wild < 2; wild++) {
		struct tcp_case t;
		struct net_quality q;

		case_init(&t);
		put_udp(&t, 0, "10.0.0.1", 40000, "10.0.0.2", 9999, "a");
		for (uint16_t i = 0; i < 2000; i++) {
			bool jump = wild ? i == 700 : i >= 700;

			put_udp(&t, (jump ? 100000 : 1) * SEC + i, "10.0.0.1",
				(uint16_t)(20000 + i), "10.0.0.2", 9999, "b");
		}
		put_udp(&t, wild ? 2 * SEC : 100002 * SEC, "10.0.0.1", 40000, "10.0.0.2", 9999,
			"c");
		case_run(&t, NULL);
		net_quality(t.k.net, &q);
		CU_ASSERT_EQUAL(mknet_flow_count(&t.k), wild ? 2001 : 2002);
		CU_ASSERT_EQUAL(q.flows_timed_out, wild ? 0 : 701);
		case_release(&t);
	}
}

static void test_flow_without_time(void)
{
	struct tcp_case t;
	const struct flow *f;

	case_init(&t);
	for (unsigned int i = 0; i < 3; i++) {
		begin_udp("10.0.0.1", 40000, "10.0.0.2", 9999);
		mkpkt_end(&p);
		mkcap_spb(&t.m, p.bytes, p.len, p.len);
	}
	f = case_flow(&t);
	CU_ASSERT_EQUAL(f->first_ns, 0);
	CU_ASSERT_EQUAL(f->last_ns, 0);
	CU_ASSERT_EQUAL(f->last_num, 3);
	case_release(&t);
}

/* ---- ceilings -------------------------------------------------------------------------------- */

static void many_flows(struct tcp_case *t, uint16_t n, unsigned int rounds)
{
	for (unsigned int r = 0; r < rounds; r++) {
		for (uint16_t i = 0; i < n; i++) {
			put_udp(t, r * n + i, "10.0.0.1", (uint16_t)(20000 + i), "10.0.0.2", 9999,
				"x");
		}
	}
}

static void test_flow_live_ceiling(void)
{
	struct net_limits limits = net_limits_usual;
	struct mknet_options opt = { .limits = &limits };
	struct tcp_case t;
	struct net_quality q;
	size_t evicted = 0;

	limits.live_flows = 8 * 4;
	case_init(&t);
	many_flows(&t, 400, 2);
	case_run(&t, &opt);
	net_quality(t.k.net, &q);
	CU_ASSERT_EQUAL(mknet_flow_count(&t.k),
			800); /* each is gone when its second packet comes */
	for (size_t i = 0; i < mknet_flow_count(&t.k); i++) {
		const struct flow *f = mknet_flow(&t.k, i);

		evicted += (f->flags & FLOW_EVICTED) != 0;
		CU_ASSERT_EQUAL((f->flags & FLOW_REUSED) != 0, i >= 400);
		CU_ASSERT_EQUAL(f->side[0].packets + f->side[1].packets, 1);
	}
	CU_ASSERT_EQUAL(q.flows_evicted, evicted);
	CU_ASSERT_TRUE(evicted >= 800 - 32 && evicted < 800);
	case_release(&t);
}

/* The one that was touched last stays. */
static void test_flow_evicts_the_oldest(void)
{
	struct net_limits limits = net_limits_usual;
	struct mknet_options opt = { .limits = &limits };
	struct tcp_case t;
	const struct flow *f;

	limits.live_flows = 8 * 4;
	case_init(&t);
	for (uint16_t i = 0; i < 600; i++) {
		put_udp(&t, 2 * i, "10.0.0.1", 40000, "10.0.0.2", 9999, "stays");
		put_udp(&t, 2 * i + 1, "10.0.0.1", (uint16_t)(20000 + i), "10.0.0.2", 9999, "x");
	}
	case_run(&t, &opt);
	f = mknet_flow(&t.k, 0);
	CU_ASSERT_EQUAL(f->side[0].packets, 600);
	CU_ASSERT_EQUAL(f->flags, 0);
	case_release(&t);
}

static void test_flow_row_ceiling(void)
{
	struct net_limits limits = net_limits_usual;
	struct mknet_options opt = { .limits = &limits };
	struct tcp_case t;
	struct net_quality q;

	limits.flows = 8 * 10;
	case_init(&t);
	many_flows(&t, 400, 3);
	case_run(&t, &opt);
	net_quality(t.k.net, &q);
	CU_ASSERT_EQUAL(mknet_flow_count(&t.k), 80);
	CU_ASSERT_EQUAL(q.flows_dropped, 320); /* flows, not packets */
	case_release(&t);
}

/* ---- the same from any batches --------------------------------------------------------------- */

static void put_fragments(struct tcp_case *t, uint64_t at, uint16_t id)
{
	static char payload[3000];
	struct mkpkt whole;

	memset(payload, 'f', sizeof(payload));
	begin_udp("10.0.0.1", 41000, "10.0.0.2", 9999);
	mkpkt_data(&p, payload, sizeof(payload));
	mkpkt_end(&p);
	whole = p;
	for (uint32_t off = 0; off < 3008; off += 1480) {
		uint32_t n = off + 1480 < 3008 ? 1480 : 3008 - off;

		begin();
		mkpkt_eth(&p, 0x0800);
		mkpkt_ip4_frag(&p, "10.0.0.1", "10.0.0.2", 17, id, off, off + n < 3008);
		mkpkt_data(&p, whole.bytes + 34 + off, n);
		put(t, 0, at++);
	}
}

static void build_mixture(struct tcp_case *t)
{
	uint64_t num = 0;

	for (uint16_t i = 0; i < 40; i++) {
		struct mkconv c;
		char text[64];

		mkconv_init(&c, &t->m, i % 3 == 0 ? "fd00::1" : "10.0.0.1", (uint16_t)(30000 + i),
			    i % 3 == 0 ? "fd00::2" : "10.0.0.2", 80, T0 + i * SEC);
		c.num = &num;
		c.vlan = i % 5 == 0 ? 12 : 0;
		mkconv_open(&c);
		for (unsigned int k = 0; k < 6; k++) {
			snprintf(text, sizeof(text), "GET /%u/%u HTTP/1.1\r\nHost: h\r\n\r\n", i,
				 k);
			mkconv_say(&c, 0, text);
			if (k % 4 == 3) {
				mkconv_raw(&c, 0, c.seq[0] - 10, c.seq[1], TCP_ACK, "0123456789",
					   10);
			}
			mkconv_say(&c, 1, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
		}
		if (i % 4 != 0) {
			mkconv_close(&c, i % 2);
		}
		put_fragments(t, i * SEC + 500, i);
		put_udp(t, i * SEC + 600, "10.0.0.1", 41000, "10.0.0.2", 9999, "whole");
	}
}

static void test_flow_same_from_any_batches(void)
{
	static const size_t sizes[] = { 4 << 10, 5000, 64 << 10, 512 << 10 };
	struct tcp_case t;
	uint64_t want = 0;

	case_init(&t);
	build_mixture(&t);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		for (unsigned int shuffled = 0; shuffled < 2; shuffled++) {
			struct mknet_options opt = { .batch_bytes = sizes[i],
						     .shuffled = shuffled != 0 };
			const struct flow *f;

			case_run(&t, &opt);
			CU_ASSERT_EQUAL(mknet_flow_count(&t.k), 41);
			CU_ASSERT_EQUAL(mknet_http_count(&t.k), 240);
			f = mknet_flow(&t.k, 1);
			CU_ASSERT_EQUAL(f->key.ip_proto, 17);
			CU_ASSERT_EQUAL(f->side[0].packets, 80);
			CU_ASSERT_EQUAL(f->side[0].payload_bytes, 40 * 3005);
			want = want == 0 ? mknet_digest(&t.k) : want;
			CU_ASSERT_EQUAL(mknet_digest(&t.k), want);
			mknet_release(&t.k);
		}
	}
	case_release(&t);
}

/* Two sections: flows, numbers and rows of each are its own. */
static void test_flow_sections(void)
{
	struct mknet_options second = { .section = 2 };
	struct tcp_case t;

	case_init(&t);
	mkconv_open(&t.c);
	mkcap_section(&t.m, 0);
	mkcap_idb(&t.m, 1, 0, -1, "eth0");
	mkconv_say(&t.c, 0, "x");
	case_run(&t, &second);
	CU_ASSERT_EQUAL_FATAL(mknet_flow_count(&t.k), 1);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 0)->first_num, 4);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 0)->id, 0);
	CU_ASSERT_EQUAL(mknet_flow(&t.k, 0)->flags, FLOW_START_MISSED);
	case_release(&t);
}

/* Not yet finished, not yet tracked, nothing in it: can always be freed. */
static void test_flow_free_at_any_moment(void)
{
	struct net_options opt = { .content = true };
	struct section sec = { 0 };
	struct net *n = NULL;

	net_free(NULL);
	CU_ASSERT_EQUAL_FATAL(net_new(&sec, &opt, &n, NULL), 0);
	net_free(n);
	CU_ASSERT_EQUAL_FATAL(net_new(&sec, &opt, &n, NULL), 0);
	for (unsigned int i = 0; i < NET_SHARDS; i++) {
		CU_ASSERT_EQUAL(net_finish(n, i), 0);
	}
	CU_ASSERT_EQUAL(net_freeze(n), 0);
	net_free(n);
}

void suite_flow(CU_pSuite suite);

void suite_flow(CU_pSuite suite)
{
	CU_add_test(suite, "test_flow_udp_states", test_flow_udp_states);
	CU_add_test(suite, "test_flow_udp_copies", test_flow_udp_copies);
	CU_add_test(suite, "test_flow_icmp", test_flow_icmp);
	CU_add_test(suite, "test_flow_icmp_error", test_flow_icmp_error);
	CU_add_test(suite, "test_flow_vlans", test_flow_vlans);
	CU_add_test(suite, "test_flow_tunnels", test_flow_tunnels);
	CU_add_test(suite, "test_flow_outer_by_time", test_flow_outer_by_time);
	CU_add_test(suite, "test_flow_loopback_scope", test_flow_loopback_scope);
	CU_add_test(suite, "test_flow_processes", test_flow_processes);
	CU_add_test(suite, "test_flow_timeouts", test_flow_timeouts);
	CU_add_test(suite, "test_flow_sweep", test_flow_sweep);
	CU_add_test(suite, "test_flow_without_time", test_flow_without_time);
	CU_add_test(suite, "test_flow_live_ceiling", test_flow_live_ceiling);
	CU_add_test(suite, "test_flow_evicts_the_oldest", test_flow_evicts_the_oldest);
	CU_add_test(suite, "test_flow_row_ceiling", test_flow_row_ceiling);
	CU_add_test(suite, "test_flow_same_from_any_batches", test_flow_same_from_any_batches);
	CU_add_test(suite, "test_flow_sections", test_flow_sections);
	CU_add_test(suite, "test_flow_free_at_any_moment", test_flow_free_at_any_moment);
}
