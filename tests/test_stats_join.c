/*
 * test_stats_join.c - the tables over the join: cells of pairs, clocks, sockets, spans and joined transactions made by
 * hand. What is expected was put in.
 */
#include "mkcells.h"
#include "mkstate.h"
#include "stats/dns_asker.h"
#include "stats/join_cells.h"
#include "stats/process_flows.h"

#define T0 UINT64_C(1700000000000000000)
#define HOUR (3600 * NSEC_PER_SEC)

/* Two processes known to a state, and one section of system calls around it. */
struct scene {
	struct mkstate state;
	struct mkcells m;
	struct source calls_source;
	struct section calls;
	uint32_t nginx, curl;	/* their numbers */
};

static void scene_init(struct scene *s, const struct table_def *def)
{
	memset(s, 0, sizeof(*s));
	mkstate_init(&s->state, false, 0);
	mkstate_process(&s->state, 100, 1, "nginx");
	mkstate_process(&s->state, 200, 1, "curl");
	mkstate_fold(&s->state);
	mkstate_release(&s->state);
	state_finish(s->state.s);
	mkcells_init(&s->m, def);
	s->calls_source.shown = "host.scap";
	s->calls.source = &s->calls_source;
	s->calls.index = 1;
	s->calls.state = s->state.s;
	s->nginx = mkstate_proc(&s->state, 100)->id;
	s->curl = mkstate_proc(&s->state, 200)->id;
}

static void scene_release(struct scene *s)
{
	mkcells_release(&s->m);
	mkstate_end(&s->state);
}

/* The server's socket of the flow of mkcells_flow: end 0. */
static void server_sock(struct scene *s, const struct flow *f, struct sock *k)
{
	memset(k, 0, sizeof(*k));
	k->section = &s->calls;
	k->id = 9;
	k->fd_num = 12;
	k->kind = SOCK_TCP_K;
	k->role = SOCK_SERVER;
	k->key = f->key;
	k->local = 0;
	k->process = s->nginx;
	k->tid = 101;
	k->first_num = 31;
	k->first_ns = T0 + 5;
	k->last_ns = T0 + 500;
	k->bytes[0] = 76;
	k->bytes[1] = 10926;
}

static void check_text(const struct table *t, size_t row, const char *column, const char *want)
{
	if (!run_text_is(t, row, column, want)) {
		struct cell c = run_cell(t, row, column);

		printf("\n%s: '%.*s', not '%s'\n", column, c.marks & CELL_UNKNOWN ? 0 : (int)c.len, c.v.text, want);
		CU_FAIL("a text differs");
	}
}

/* ---- joined_flows ------------------------------------------------------------------------------------- */

/* One side recorded: the other is unknown throughout; what differs has its reason. */
static void test_stats_join_flow(void)
{
	static const char *const unknown[] = {
		"client_process",         "client_pid", "client_fd", "client_sent", "client_source", "client_clock",
		"client_sent_difference", NULL
	};
	struct scene s;
	struct sock k;
	struct flow f;
	struct pair p = { .reason = MATCH_TUPLE_BYTES, .confidence = 93 };
	const struct table *t;

	scene_init(&s, &joined_flows_def);
	t = s.m.t;
	mkcells_flow(&f, IP_TCP, 80, 7);
	f.first_ns = T0;
	f.first_num = 4;
	f.side[1].stream_bytes = 76;
	f.side[0].stream_bytes = 10930;
	f.side[0].retransmitted_bytes = 1460;
	server_sock(&s, &f, &k);
	p.flow = &f;
	p.packets = &s.m.section;
	p.side[0] = (struct pair_side){ .sock = &k, .aligned = { true, true }, .agree = 3, .differ = 1,
					.byte_difference = { 0, 4 } };
	p.clock[0] = 2;
	p.clock[1] = UINT32_MAX;
	k.flags = SOCK_DROPS;
	joined_flows_row(&s.m.cells, &p);
	mkcells_unknown(t, 0, unknown);
	check_text(t, 0, "client", "10.0.0.2");
	check_text(t, 0, "server", "10.0.0.1");
	check_text(t, 0, "match", "tuple and bytes");
	check_text(t, 0, "server_process", "nginx");
	check_text(t, 0, "server_container", "host");
	check_text(t, 0, "server_source", "host.scap");
	check_text(t, 0, "source", "web.pcapng");
	check_text(t, 0, "difference",
		   "server sent: events were dropped; 1460 bytes of the server were sent again and count once");
	CU_ASSERT_EQUAL(run_num(t, 0, "server_pid"), 100);
	CU_ASSERT_EQUAL(run_num(t, 0, "server_tid"), 101);
	CU_ASSERT_EQUAL(run_num(t, 0, "server_fd"), 12);
	CU_ASSERT_EQUAL(run_num(t, 0, "server_clock"), 2);
	CU_ASSERT_EQUAL(run_num(t, 0, "server_received"), 76);
	CU_ASSERT_EQUAL(run_num(t, 0, "server_sent"), 10926);
	CU_ASSERT_EQUAL(run_num(t, 0, "server_sent_difference"), 4);
	CU_ASSERT_EQUAL(run_num(t, 0, "server_agree"), 3);
	CU_ASSERT_EQUAL(run_num(t, 0, "server_differ"), 1);
	CU_ASSERT_EQUAL(run_num(t, 0, "to_server"), 76);
	CU_ASSERT_EQUAL(run_num(t, 0, "to_client"), 10930);
	CU_ASSERT_EQUAL(run_num(t, 0, "confidence"), 93);
	CU_ASSERT_EQUAL(run_num(t, 0, "time"), T0);
	CU_ASSERT_TRUE(run_unknown(t, 0, "server_users"));
	scene_release(&s);
}

/* Every cause of a difference is told by its own words. */
static void test_stats_join_difference(void)
{
	static const struct {
		uint16_t sock_flags, flow_flags;
		uint8_t conn_state;
		int64_t difference[2];
		const char *want;
	} cases[] = {
		{ 0, 0, CONN_SF, { 0, 0 }, "" },
		{ 0, 0, CONN_SF, { 5, 0 }, "server received: not read by the process" },
		{ 0, 0, CONN_SF, { 0, 5 }, "server sent: no reason known" },
		{ SOCK_INHERITED | SOCK_BLIND, 0, CONN_SF, { 0, 5 },
		  "server sent: the system calls begin in the middle, bytes passed that no call shows" },
		{ 0, FLOW_START_MISSED, CONN_SF, { -5, 0 }, "server received: the packets begin in the middle" },
		{ 0, 0, CONN_SF, { -5, 0 }, "server received: packets are missing" },
		{ 0, 0, CONN_RSTO, { 0, -5 }, "server sent: reset before all was sent" },
		{ 0, FLOW_TIMED_OUT, CONN_S1, { 0, -5 }, "server sent: the flow was given up before its end" },
	};
	struct scene s;
	struct sock k;
	struct flow f;

	scene_init(&s, &joined_flows_def);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pair p = { .flow = &f, .packets = &s.m.section };

		mkcells_flow(&f, IP_TCP, 80, 7);
		f.flags = cases[i].flow_flags;
		f.conn_state = cases[i].conn_state;
		server_sock(&s, &f, &k);
		k.flags = cases[i].sock_flags;
		p.side[0] = (struct pair_side){ .sock = &k, .aligned = { true, true } };
		memcpy(p.side[0].byte_difference, cases[i].difference, sizeof(cases[i].difference));
		joined_flows_row(&s.m.cells, &p);
		check_text(s.m.t, i, "difference", cases[i].want);
	}
	scene_release(&s);
}

/* Calls that the capture lacks: the alignment passes over them, the bytes differ all the same, and by how much is
 * told. */
static void test_stats_join_missing_calls(void)
{
	static const struct shift_piece pieces[] = { { 0, 0 }, { 500, 30 } };
	struct scene s;
	struct sock k;
	struct flow f;
	struct pair p = { .flow = &f, .reason = MATCH_TUPLE_BYTES };

	scene_init(&s, &joined_flows_def);
	mkcells_flow(&f, IP_TCP, 80, 7);
	f.side[1].stream_bytes = 76;
	f.side[0].stream_bytes = 10956;
	server_sock(&s, &f, &k);
	p.packets = &s.m.section;
	p.side[0] =
		(struct pair_side){ .sock = &k, .aligned = { true, true }, .pieces = pieces, .piece_count = { 0, 2 } };
	k.flags = 0;
	joined_flows_row(&s.m.cells, &p);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "server_received_difference"), 0);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "server_sent_difference"), 10956 - 10926);
	check_text(s.m.t, 0, "difference", "server sent: calls in between are missing");
	f.side[1].stream_bytes = 176;
	f.side[0].stream_bytes = 10926;
	p.side[0] = (struct pair_side){ .sock = &k, .aligned = { true, true }, .shift = { 100, 0 } };
	k.flags = SOCK_INHERITED;
	joined_flows_row(&s.m.cells, &p);
	CU_ASSERT_EQUAL(run_num(s.m.t, 1, "server_received_difference"), 176 - 76);
	check_text(s.m.t, 1, "difference", "server received: the system calls begin in the middle");
	scene_release(&s);
}

/* Not aligned: the difference is not known, and nothing is explained. A socket of several threads names them. */
static void test_stats_join_users(void)
{
	struct scene s;
	struct sock k;
	struct flow f;
	struct sock_user users[2];
	struct pair p = { .flow = &f, .reason = MATCH_NAT };

	scene_init(&s, &joined_flows_def);
	mkcells_flow(&f, IP_TCP, 80, 7);
	server_sock(&s, &f, &k);
	users[0] = (struct sock_user){ .process = s.nginx, .tid = 101, .bytes = { 76, 0 } };
	users[1] = (struct sock_user){ .process = s.curl, .tid = 200, .bytes = { 0, 10926 } };
	k.users = users;
	k.user_count = 2;
	p.packets = &s.m.section;
	p.side[0] = (struct pair_side){ .sock = &k, .byte_difference = { 9, 9 } };
	joined_flows_row(&s.m.cells, &p);
	check_text(s.m.t, 0, "server_users", "nginx 100/101 76 received 0 sent; curl 200/200 0 received 10926 sent");
	check_text(s.m.t, 0, "difference", "");
	check_text(s.m.t, 0, "match", "bytes behind NAT");
	CU_ASSERT_TRUE(run_unknown(s.m.t, 0, "server_received_difference"));
	scene_release(&s);
}

/* ---- clock -------------------------------------------------------------------------------------------- */

static void test_stats_join_clock(void)
{
	static const char *const unknown[] = {
		"offset", "offset_shown", "low", "high", "error", "drift_ppm", "at", NULL
	};
	struct scene s;
	struct clock_pair p;

	scene_init(&s, &clock_def);
	p = (struct clock_pair){ .calls = &s.calls, .packets = &s.m.section, .origin = CLOCK_ESTIMATED,
				 .offset_ns = 12040712558929, .low_ns = 12040712463554, .high_ns = 12040712654300,
				 .drift_ppm = 50, .drift_known = true, .at_ns = T0, .bounds_low = 3, .bounds_high = 2,
				 .outliers = 1, .flows = 4 };
	clock_row(&s.m.cells, 0, &p);
	check_text(s.m.t, 0, "offset_shown", "+3:20:40.712558929");
	check_text(s.m.t, 0, "origin", "estimated");
	check_text(s.m.t, 0, "calls_source", "host.scap");
	check_text(s.m.t, 0, "packets_source", "web.pcapng");
	CU_ASSERT_EQUAL(run_cell(s.m.t, 0, "offset").v.s, 12040712558929);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "error"), 95375);
	CU_ASSERT_DOUBLE_EQUAL(run_cell(s.m.t, 0, "drift_ppm").v.f, 50, 1e-9);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "outliers"), 1);
	p.offset_ns = -1;
	p.low_ns = INT64_MIN;
	p.drift_known = false;
	clock_row(&s.m.cells, 1, &p);
	check_text(s.m.t, 1, "offset_shown", "-0:00:00.000000001");
	CU_ASSERT_TRUE(run_unknown(s.m.t, 1, "low"));
	CU_ASSERT_TRUE(run_unknown(s.m.t, 1, "error"));
	CU_ASSERT_TRUE(run_unknown(s.m.t, 1, "drift_ppm"));
	p = (struct clock_pair){ .calls = &s.calls, .packets = &s.m.section, .low_ns = INT64_MIN, .high_ns = INT64_MAX,
				 .at_ns = T0 };
	clock_row(&s.m.cells, 2, &p);
	mkcells_unknown(s.m.t, 2, unknown);
	check_text(s.m.t, 2, "origin", "unknown");
	p.offset_ns = INT64_MIN;
	p.origin = CLOCK_GIVEN;
	clock_row(&s.m.cells, 3, &p);
	check_text(s.m.t, 3, "offset_shown", "-2562047:47:16.854775808");
	scene_release(&s);
}

/* Times of packets move to the syscalls' clock, or the other way; a clock that is not known moves nothing. */
static void test_stats_join_shown_clock(void)
{
	struct clock_pair p = {
		.origin = CLOCK_GIVEN, .offset_ns = (int64_t)HOUR, .low_ns = INT64_MIN, .high_ns = INT64_MAX
	};
	struct scene s;
	struct flow f;
	struct sock k;

	scene_init(&s, &unmatched_def);
	mkcells_flow(&f, IP_TCP, 80, 7);
	f.first_ns = T0 + HOUR;
	server_sock(&s, &f, &k);
	for (unsigned int i = 0; i < 3; i++) {
		s.m.cells.clock = i < 2 ? &p : NULL;
		s.m.cells.clock_packets = i == 1;
		unmatched_flow_row(&s.m.cells, &f, UNMATCHED_NO_TUPLE);
		unmatched_sock_row(&s.m.cells, &k, UNMATCHED_NO_TUPLE);
	}
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "first_seen"), T0);
	CU_ASSERT_EQUAL(run_num(s.m.t, 1, "first_seen"), T0 + 5);
	CU_ASSERT_EQUAL(run_num(s.m.t, 2, "first_seen"), T0 + HOUR);
	CU_ASSERT_EQUAL(run_num(s.m.t, 3, "first_seen"), T0 + HOUR + 5);
	CU_ASSERT_EQUAL(run_num(s.m.t, 4, "first_seen"), T0 + HOUR);
	CU_ASSERT_EQUAL(run_num(s.m.t, 5, "first_seen"), T0 + 5);
	scene_release(&s);
}

/* ---- unmatched ---------------------------------------------------------------------------------------- */

static void test_stats_join_unmatched(void)
{
	static const char *const of_sock[] = { "process", "pid", "fd", "role", "socket", "event", NULL };
	static const char *const of_flow[] = { "flow", "packet", NULL };
	struct scene s;
	struct flow f;
	struct sock k;

	scene_init(&s, &unmatched_def);
	mkcells_flow(&f, IP_TCP, 80, 7);
	f.first_num = 3;
	f.side[1].stream_bytes = 11;
	f.side[0].stream_bytes = 22;
	unmatched_flow_row(&s.m.cells, &f, UNMATCHED_BYTES_DIFFER);
	mkcells_unknown(s.m.t, 0, of_sock);
	check_text(s.m.t, 0, "kind", "flow");
	check_text(s.m.t, 0, "reason", unmatched_reason_text(UNMATCHED_BYTES_DIFFER));
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "sent"), 11);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "received"), 22);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "flow"), 7);
	server_sock(&s, &f, &k);
	k.flags = SOCK_TUPLE_PARTLY | SOCK_INHERITED;
	memset(k.key.addr[0] + 12, 0, 4);
	s.m.cells.section = &s.calls;
	unmatched_sock_row(&s.m.cells, &k, UNMATCHED_LOCAL);
	mkcells_unknown(s.m.t, 1, of_flow);
	check_text(s.m.t, 1, "kind", "socket");
	check_text(s.m.t, 1, "role", "server");
	check_text(s.m.t, 1, "process", "nginx");
	check_text(s.m.t, 1, "client", "10.0.0.2");
	CU_ASSERT_TRUE(run_unknown(s.m.t, 1, "server"));	/* bound to all addresses: which one was never recorded */
	CU_ASSERT_EQUAL(run_num(s.m.t, 1, "server_port"), 80);
	check_text(s.m.t, 1, "flags", "inherited, partly");
	CU_ASSERT_EQUAL(run_num(s.m.t, 1, "sent"), 10926);
	CU_ASSERT_EQUAL(run_num(s.m.t, 1, "received"), 76);
	CU_ASSERT_EQUAL(run_num(s.m.t, 1, "section"), 1);
	scene_release(&s);
}

/* ---- spans -------------------------------------------------------------------------------------------- */

static void server_exchange(struct scene *s, struct sock *k, struct exchange *x)
{
	memset(x, 0, sizeof(*x));
	x->sock = k;
	x->flags = EXCHANGE_SERVER;
	x->process[0] = x->process[1] = s->nginx;
	x->tid[0] = 101;
	x->tid[1] = 102;
	x->first_num[0] = 40;
	x->last_num[0] = 41;
	x->first_num[1] = 50;
	x->last_num[1] = 52;
	x->first_ns[0] = T0 + 10;
	x->last_ns[0] = T0 + 20;
	x->begin_ns[1] = T0 + 90;
	x->first_ns[1] = T0 + 100;
	x->last_ns[1] = T0 + 120;
	x->syscalls = 6;
	x->wait_ns[WAIT_SLEEP] = 60;
	x->wait_calls[WAIT_SLEEP] = 1;
	x->running_ns = UINT64_MAX;
}

static void test_stats_join_span(void)
{
	struct span sp = { .id = 5, .parent = UINT32_MAX, .root = 5, .depth = 0, .kind = SPAN_SERVER, .protocol = "http",
			   .tid = 102, .start_ns = T0 + 10, .end_ns = T0 + 120, .first_byte_ns = T0 + 100 };
	struct scene s;
	struct flow f;
	struct sock k;
	struct exchange x;
	struct intern names;

	scene_init(&s, &spans_def);
	mkcells_flow(&f, IP_TCP, 80, 7);
	server_sock(&s, &f, &k);
	server_exchange(&s, &k, &x);
	intern_init(&names, 1 << 10);
	CU_ASSERT_EQUAL(intern_get(&names, "GET /\0x", 7, &sp.name), 0);
	sp.section = &s.calls;
	sp.exchange = &x;
	sp.process = s.nginx;
	span_row(&s.m.cells, &sp, 3);
	CU_ASSERT_TRUE(run_unknown(s.m.t, 0, "parent"));
	CU_ASSERT_TRUE(run_unknown(s.m.t, 0, "running"));
	check_text(s.m.t, 0, "kind", "server");
	/* A NUL ends nothing. */
	CU_ASSERT_EQUAL_FATAL(run_cell(s.m.t, 0, "name").len, 7);
	CU_ASSERT_EQUAL(memcmp(run_cell(s.m.t, 0, "name").v.text, "GET /\0x", 7), 0);
	check_text(s.m.t, 0, "process", "nginx");
	check_text(s.m.t, 0, "source", "host.scap");
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "tid"), 102);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "duration"), 110);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "time_to_first_byte"), 90);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "think"), 70);	/* to where the write began */
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "think_bound"), 0);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "wait_sleep"), 60);
	CU_ASSERT_EQUAL(run_cell(s.m.t, 0, "wait_sleep").marks, 0);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "syscalls"), 6);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "request_event"), 40);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "request_last_event"), 41);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "response_event"), 50);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "response_last_event"), 52);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "http_row"), 4);
	x.flags |= EXCHANGE_BOUND;
	span_row(&s.m.cells, &sp, SIZE_MAX);
	CU_ASSERT_EQUAL(run_num(s.m.t, 1, "think"), 80);	/* to where it ended: no later */
	CU_ASSERT_EQUAL(run_cell(s.m.t, 1, "think").marks, CELL_BOUND);
	CU_ASSERT_EQUAL(run_num(s.m.t, 1, "think_bound"), 1);
	CU_ASSERT_EQUAL(run_cell(s.m.t, 1, "wait_sleep").marks, CELL_BOUND);
	CU_ASSERT_EQUAL(run_cell(s.m.t, 1, "wait_file").marks, 0);
	CU_ASSERT_TRUE(run_unknown(s.m.t, 1, "http_row"));
	sp.kind = SPAN_PROCESS;
	sp.exchange = NULL;
	sp.parent = 0;
	sp.first_byte_ns = 0;
	sp.name = NULL;
	span_row(&s.m.cells, &sp, SIZE_MAX);
	CU_ASSERT_EQUAL(run_num(s.m.t, 2, "parent"), 0);
	CU_ASSERT_TRUE(run_unknown(s.m.t, 2, "think"));
	CU_ASSERT_TRUE(run_unknown(s.m.t, 2, "syscalls"));
	CU_ASSERT_TRUE(run_unknown(s.m.t, 2, "name"));
	CU_ASSERT_TRUE(run_unknown(s.m.t, 2, "request_event"));
	intern_release(&names);
	scene_release(&s);
}

/* ---- http --------------------------------------------------------------------------------------------- */

static void small_tx(struct mkcells *m, struct flow *f, struct http_tx *x)
{
	memset(x, 0, sizeof(*x));
	x->flow = f;
	x->client = 1;
	x->flags = HTTP_REQUEST | HTTP_RESPONSE;
	x->status = 200;
	x->method = mkcells_text(m, "GET");
	x->request.first_ns = x->request.last_ns = T0;
	x->request.first_num = x->request.last_num = 4;
	x->response.first_ns = x->response.last_ns = T0 + 200;
	x->response.first_num = x->response.last_num = 8;
	x->request.content_length = x->response.content_length = UINT64_MAX;
}

static void test_stats_join_http(void)
{
	static const char *const bare[] = {
		"server_process", "server_tid", "client_process", "accept",      "read",       "think",
		"think_bound",    "wait_file",  "waits_bound",    "syscalls",    "read_event", "span",
		"match",          "confidence", "calls_source",   "packet_time", NULL
	};
	struct scene s;
	struct flow f;
	struct sock k;
	struct exchange x;
	struct http_tx tx;
	struct pair p = { .reason = MATCH_TUPLE_BYTES, .confidence = 90 };
	struct http_joined j = { .read_ns = T0 + 20, .read_num = 41, .accept_ns = T0 + 10, .accept_num = 31,
				 .first_write_ns = T0 + 100, .first_write_num = 50, .last_write_ns = T0 + 120,
				 .last_write_num = 52, .wire_to_read_ns = 15, .think_ns = 80, .think_bound = true,
				 .write_to_wire_ns = UINT64_MAX, .span = 6 };

	scene_init(&s, &http_def);
	mkcells_flow(&f, IP_TCP, 80, 7);
	server_sock(&s, &f, &k);
	server_exchange(&s, &k, &x);
	small_tx(&s.m, &f, &tx);
	p.flow = &f;
	p.side[0].sock = &k;
	j.packets = &tx;
	j.pair = &p;
	j.server = &x;
	http_joined_row(&s.m.cells, &tx, &j);
	check_text(s.m.t, 0, "seen_in", "both");
	check_text(s.m.t, 0, "server_process", "nginx");
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "server_tid"), 102);	/* who wrote the response */
	CU_ASSERT_TRUE(run_unknown(s.m.t, 0, "client_process"));
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "accept"), T0 + 10);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "wire_to_read"), 15);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "wire_to_read_bound"), 0);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "think"), 80);
	CU_ASSERT_EQUAL(run_cell(s.m.t, 0, "think").marks, CELL_BOUND);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "think_bound"), 1);
	CU_ASSERT_TRUE(run_unknown(s.m.t, 0, "write_to_wire"));
	CU_ASSERT_TRUE(run_unknown(s.m.t, 0, "write_to_wire_bound"));
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "wait_sleep"), 60);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "last_write_event"), 52);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "span"), 6);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "confidence"), 90);
	check_text(s.m.t, 0, "calls_source", "host.scap");
	check_text(s.m.t, 0, "source", "web.pcapng");
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "request_packet"), 4);
	http_row(&s.m.cells, &tx);
	mkcells_unknown(s.m.t, 1, bare);
	check_text(s.m.t, 1, "seen_in", "packets");
	/* Without its exchange: the process by the socket, no thread. */
	j.server = NULL;
	http_joined_row(&s.m.cells, &tx, &j);
	check_text(s.m.t, 2, "server_process", "nginx");
	CU_ASSERT_TRUE(run_unknown(s.m.t, 2, "server_tid"));
	scene_release(&s);
}

/* Only the calls show it: addresses by the socket, numbers of events are no numbers of packets, times are the
 * calls'. */
static void test_stats_join_http_calls(void)
{
	static const char *const unknown[] = { "flow",  "request_packet", "response_last_packet",
					       "match", "packet_time",    NULL };
	struct clock_pair clock = { .origin = CLOCK_GIVEN, .offset_ns = (int64_t)HOUR };
	struct scene s;
	struct flow f;
	struct sock k;
	struct exchange x;
	struct http_tx tx;
	struct http_joined j = { .wire_to_read_ns = UINT64_MAX, .think_ns = UINT64_MAX, .write_to_wire_ns = UINT64_MAX,
				 .span = UINT32_MAX };

	scene_init(&s, &http_def);
	mkcells_flow(&f, IP_TCP, 80, 7);
	server_sock(&s, &f, &k);
	server_exchange(&s, &k, &x);
	small_tx(&s.m, NULL, &tx);
	j.calls[0] = &tx;
	j.server = &x;
	s.m.cells.section = &s.calls;
	s.m.cells.clock = &clock;
	http_joined_row(&s.m.cells, &tx, &j);
	mkcells_unknown(s.m.t, 0, unknown);
	check_text(s.m.t, 0, "seen_in", "syscalls");
	check_text(s.m.t, 0, "client", "10.0.0.2");
	check_text(s.m.t, 0, "server", "10.0.0.1");
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "client_port"), 40000);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "server_port"), 80);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "time"), T0);
	check_text(s.m.t, 0, "source", "host.scap");
	s.m.cells.clock_packets = true;
	http_joined_row(&s.m.cells, &tx, &j);
	CU_ASSERT_EQUAL(run_num(s.m.t, 1, "time"), T0 + HOUR);
	scene_release(&s);
}

/* ---- dns ---------------------------------------------------------------------------------------------- */

/* An application asks the resolver of its host, which asks upstream; a web server's lookups are its own. */
static void test_stats_join_dns_behind(void)
{
	struct sock unix_sock = { .kind = SOCK_UNIX_K, .path = "/run/systemd/resolve/io.systemd.Resolve" };
	struct exchange varlink = { .sock = &unix_sock };
	struct span spans[] = {
		{ .id = 0, .parent = UINT32_MAX, .kind = SPAN_CLIENT, .protocol = "dns" },
		{ .id = 1, .parent = 0, .kind = SPAN_SERVER, .protocol = "dns" },
		{ .id = 2, .parent = 1, .kind = SPAN_CLIENT, .protocol = "dns" },
		{ .id = 3, .parent = UINT32_MAX, .kind = SPAN_CLIENT, .protocol = "http" },
		{ .id = 4, .parent = 3, .kind = SPAN_SERVER, .protocol = "http" },
		{ .id = 5, .parent = 4, .kind = SPAN_CLIENT, .protocol = "dns" },
		{ .id = 6, .parent = UINT32_MAX, .kind = SPAN_CLIENT, .protocol = "unix" },
		{ .id = 7, .parent = 6, .kind = SPAN_SERVER, .protocol = "unix", .exchange = &varlink },
		{ .id = 8, .parent = 7, .kind = SPAN_CLIENT, .protocol = "dns" },
		{ .id = 9, .parent = 10, .kind = SPAN_CLIENT, .protocol = "dns" },
		{ .id = 10, .parent = 9, .kind = SPAN_SERVER, .protocol = "dns" },
	};
	size_t n = ARRAY_LEN(spans);

	CU_ASSERT_PTR_EQUAL(dns_span_behind(spans, n, &spans[2]), &spans[0]);
	CU_ASSERT_PTR_EQUAL(dns_span_behind(spans, n, &spans[0]), &spans[0]);
	CU_ASSERT_PTR_EQUAL(dns_span_behind(spans, n, &spans[5]), &spans[5]);
	CU_ASSERT_PTR_EQUAL(dns_span_behind(spans, n, &spans[8]), &spans[6]);
	CU_ASSERT_PTR_EQUAL(dns_span_behind(spans, n, &spans[9]), &spans[9]);	/* a loop ends */
}

static void test_stats_join_dns_row(void)
{
	struct scene s;
	struct flow f;
	struct dns_tx x = { .flow = &f, .flags = DNS_QUERY, .query_ns = T0, .client = 1 };
	struct who asker, behind = { NULL, ID_NONE, -1 };

	scene_init(&s, &dns_def);
	mkcells_flow(&f, IP_UDP, 53, 7);
	asker = (struct who){ &s.calls, s.curl, 201 };
	dns_joined_row(&s.m.cells, &x, &asker, &behind);
	check_text(s.m.t, 0, "process", "curl");
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "pid"), 200);
	CU_ASSERT_EQUAL(run_num(s.m.t, 0, "tid"), 201);
	CU_ASSERT_TRUE(run_unknown(s.m.t, 0, "origin_process"));
	dns_joined_row(&s.m.cells, &x, &asker, &asker);
	check_text(s.m.t, 1, "origin_process", "curl");
	dns_row(&s.m.cells, &x);
	CU_ASSERT_TRUE(run_unknown(s.m.t, 2, "process"));
	scene_release(&s);
}

/* ---- processes ---------------------------------------------------------------------------------------- */

static uint32_t same_number(const void *arg, const struct section *sec, uint32_t process)
{
	UNUSED_ARG(arg);
	UNUSED_ARG(sec);
	return process;
}

/* A flow of two processes is shared out by bytes, and the shares add up; medians are of times that were measured. */
static void test_stats_join_shares(void)
{
	struct sock_user users[2] = { { .process = 0, .bytes = { 100, 0 } }, { .process = 1, .bytes = { 0, 200 } } };
	struct flow flows[3];
	struct sock shared = { .users = users, .user_count = 2, .process = 0 };
	struct sock quiet = { .process = 1 };
	struct pair pairs[3];
	struct process_flows *pf;
	struct process_net a, b, none;

	memset(pairs, 0, sizeof(pairs));
	for (unsigned int i = 0; i < 3; i++) {
		mkcells_flow(&flows[i], IP_TCP, 80, i);
		flows[i].syn_ns = T0;
		flows[i].synack_ns = T0 + 100 * (i + 1);
		flows[i].handshake_ns = flows[i].synack_ns + 7;
		flows[i].side[0].packets = 5;
		flows[i].side[1].packets = 6;
		flows[i].side[0].retransmissions = i;
		pairs[i].flow = &flows[i];
		pairs[i].side[0].sock = i == 0 ? &shared : &quiet;
	}
	flows[2].handshake_ns = 0;
	CU_ASSERT_EQUAL(flow_round_trip(&flows[0]), 107);
	CU_ASSERT_EQUAL(flow_round_trip(&flows[2]), UINT64_MAX);
	CU_ASSERT_EQUAL_FATAL(process_flows_of(pairs, 3, 3, same_number, NULL, &pf), 0);
	process_flows_get(pf, 0, &a);
	process_flows_get(pf, 1, &b);
	process_flows_get(pf, 2, &none);
	CU_ASSERT_EQUAL(a.packets, 3);		/* a third of 11, rounded down */
	CU_ASSERT_EQUAL(b.packets, 8 + 11 + 11);	/* the rest, and two flows of its own */
	CU_ASSERT_EQUAL(a.flows, 1);
	CU_ASSERT_EQUAL(b.flows, 3);
	CU_ASSERT_EQUAL(a.retransmissions, 0);
	CU_ASSERT_EQUAL(b.retransmissions, 3);
	CU_ASSERT_EQUAL(a.rtt_median_ns, 107);
	CU_ASSERT_EQUAL(b.rtt_median_ns, 107);	/* of 107 and 207 the lower */
	CU_ASSERT_EQUAL(b.rtt_max_ns, 207);
	CU_ASSERT_EQUAL(none.flows, 0);
	CU_ASSERT_EQUAL(none.rtt_max_ns, UINT64_MAX);
	process_flows_free(pf);
}

/* Who has both ends of a connection is in it once. */
static void test_stats_join_shares_both_ends(void)
{
	struct flow f;
	struct sock k = { .process = 0 };
	struct pair p;
	struct process_flows *pf;
	struct process_net a;

	memset(&p, 0, sizeof(p));
	mkcells_flow(&f, IP_TCP, 80, 0);
	f.side[0].packets = 4;
	p.flow = &f;
	p.side[0].sock = p.side[1].sock = &k;
	CU_ASSERT_EQUAL_FATAL(process_flows_of(&p, 1, 1, same_number, NULL, &pf), 0);
	process_flows_get(pf, 0, &a);
	CU_ASSERT_EQUAL(a.flows, 1);
	CU_ASSERT_EQUAL(a.packets, 4);
	process_flows_free(pf);
}

void suite_stats_join(CU_pSuite suite);

void suite_stats_join(CU_pSuite suite)
{
	CU_add_test(suite, "test_stats_join_flow", test_stats_join_flow);
	CU_add_test(suite, "test_stats_join_difference", test_stats_join_difference);
	CU_add_test(suite, "test_stats_join_missing_calls", test_stats_join_missing_calls);
	CU_add_test(suite, "test_stats_join_users", test_stats_join_users);
	CU_add_test(suite, "test_stats_join_clock", test_stats_join_clock);
	CU_add_test(suite, "test_stats_join_shown_clock", test_stats_join_shown_clock);
	CU_add_test(suite, "test_stats_join_unmatched", test_stats_join_unmatched);
	CU_add_test(suite, "test_stats_join_span", test_stats_join_span);
	CU_add_test(suite, "test_stats_join_http", test_stats_join_http);
	CU_add_test(suite, "test_stats_join_http_calls", test_stats_join_http_calls);
	CU_add_test(suite, "test_stats_join_dns_behind", test_stats_join_dns_behind);
	CU_add_test(suite, "test_stats_join_dns_row", test_stats_join_dns_row);
	CU_add_test(suite, "test_stats_join_shares", test_stats_join_shares);
	CU_add_test(suite, "test_stats_join_shares_both_ends", test_stats_join_shares_both_ends);
}
