/*
 * test_mkjoin.c - the builder of joined captures itself: both captures hold what it says, the bytes of both are those
 * of the streams, no call and no packet comes before its cause, and the knobs change what they should and nothing else.
 */
#include <CUnit/CUnit.h>

#include "mkjoin.h"
#include "mknet.h"
#include "mkstate.h"
#include "net/layer.h"

#define SECTION_HEADER_BYTES 28
#define US UINT64_C(1000)

enum { EV_SENDFILE_NUMBER = 189 };

static void story(struct mkjoin *j, struct mkjoin_shop *s, const struct mkjoin_knobs *knobs)
{
	mkjoin_init(j, knobs);
	mkjoin_shop(j, s);
}

/* ---- events ----------------------------------------------------------------------------------------------- */

static const struct batch *fold_calls(struct mkstate *st, const struct mkjoin *j)
{
	mkstate_init(st, false, 0);
	buf_add(&st->cap.out, j->calls.out.data + SECTION_HEADER_BYTES, j->calls.out.len - SECTION_HEADER_BYTES);
	return mkstate_fold(st);
}

static int data_param_of(uint16_t type)
{
	return event_param_index(type, "data");
}

/* The bytes of the event are those at the call's place of the stream. */
static void check_data(const struct mkjoin *j, const struct mkjoin_call *c, const struct event *ev)
{
	const struct mkjoin_conn *conn = &j->conn[c->conn];
	unsigned int side = c->what == MKJOIN_SEND ? c->end : 1 - c->end;
	struct param data = { NULL, 0 };

	CU_ASSERT_EQUAL(ev->res, (int64_t)c->len);
	CU_ASSERT_FATAL(c->offset + c->len <= conn->stream[side].len);
	if (c->type != EV_SENDFILE_NUMBER) {
		data = event_param(ev, (unsigned int)data_param_of(c->type));
		CU_ASSERT_EQUAL(data.len, c->len < 80 ? c->len : 80);
		CU_ASSERT_EQUAL(memcmp(data.p, conn->stream[side].data + c->offset, data.len), 0);
	}
}

/* An event, an exit, of this call. */
static void check_event(const struct mkjoin *j, const struct mkjoin_call *c, const struct event *ev)
{
	CU_ASSERT_EQUAL(ev->ts_ns, c->end_ns);
	CU_ASSERT_EQUAL(ev->type, c->type);
	CU_ASSERT_EQUAL(ev->tid, j->task[c->task].tid);
	CU_ASSERT_EQUAL(ev->flags & EVENT_BAD_PARAMS, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ev->thread);
	CU_ASSERT_STRING_EQUAL(ev->thread->comm->s, j->task[c->task].comm);
	CU_ASSERT_EQUAL(ev->thread->pid, j->task[c->task].pid);
	if (c->enter_num != 0) {
		CU_ASSERT_EQUAL(ev->begin_ns, c->begin_ns);
		CU_ASSERT_NOT_EQUAL(ev->flags & EVENT_BEGIN_EXACT, 0);
	} else {
		CU_ASSERT_TRUE(ev->begin_ns <= c->begin_ns);
	}
	if (c->conn != MKJOIN_NONE) {
		CU_ASSERT_PTR_NOT_NULL(ev->fd);
		CU_ASSERT_EQUAL(ev->fd_num, c->fd);
	}
	if (c->what == MKJOIN_SEND || c->what == MKJOIN_RECEIVE) {
		check_data(j, c, ev);
	}
}

static void check_events(const struct mkjoin_knobs *knobs)
{
	struct mkstate st;
	struct mkjoin j;
	struct mkjoin_shop s;
	const struct batch *b;
	uint64_t found = 0;

	story(&j, &s, knobs);
	b = fold_calls(&st, &j);
	CU_ASSERT_EQUAL_FATAL(b->event_count, j.event_blocks);
	for (size_t i = 0; i < j.call_count; i++) {
		if (j.call[i].num != 0) {
			check_event(&j, &j.call[i], &b->events[j.call[i].num - 1]);
			found++;
		}
	}
	CU_ASSERT_TRUE(found > 500);
	mkstate_end(&st);
	mkjoin_release(&j);
}

static void test_mkjoin_events_are_the_calls(void)
{
	check_events(NULL);
	check_events(&(struct mkjoin_knobs){ .enters = true, .seed = 2 });
	check_events(&(struct mkjoin_knobs){ .late_calls = true, .nonblocking = true, .seed = 3 });
	check_events(&(struct mkjoin_knobs){ .one_side = true, .miss_every = 7, .seed = 4 });
}

/* ---- packets ---------------------------------------------------------------------------------------------- */

static void check_payload(const struct mkjoin *j, const struct mkjoin_packet *p, const struct packet *have)
{
	const struct buf *stream = &j->conn[p->conn].stream[p->side];

	CU_ASSERT_EQUAL(have->ts_ns, p->stamp_ns);
	CU_ASSERT_EQUAL(have->cap_len, have->orig_len);
	CU_ASSERT_FATAL(p->len < have->cap_len);
	CU_ASSERT_EQUAL(p->len == 0 ||
				memcmp(have->data + have->cap_len - p->len, stream->data + p->offset, p->len) == 0,
			true);
}

/* Every packet of the capture by its number. */
static void check_packets(const struct mkjoin *j, const struct mknet *k)
{
	for (size_t i = 0; i < j->packet_count; i++) {
		const struct mkjoin_packet *p = &j->packet[i];
		uint64_t num = p->num;
		size_t at = 0;

		if (num == 0) {
			continue;
		}
		while (at < k->batch_count && num > k->batches[at]->packet_count) {
			num -= k->batches[at++]->packet_count;
		}
		CU_ASSERT_FATAL(at < k->batch_count);
		check_payload(j, p, &k->batches[at]->packets[num - 1]);
	}
}

/* The connection whose first packet has this number. */
static const struct mkjoin_conn *conn_of(const struct mkjoin *j, uint64_t first_packet)
{
	for (size_t i = 0; i < j->conn_count; i++) {
		if (j->conn[i].packets > 0 && j->conn[i].first_packet == first_packet) {
			return &j->conn[i];
		}
	}
	CU_FAIL_FATAL("a flow that nobody began");
	return NULL;
}

static void check_flow(const struct mkjoin *j, const struct flow *f)
{
	const struct mkjoin_conn *c = conn_of(j, f->first_num);
	uint64_t bytes[2] = { f->side[f->client].payload_bytes, f->side[1 - f->client].payload_bytes };

	CU_ASSERT_EQUAL(f->side[0].packets + f->side[1].packets, c->packets);
	CU_ASSERT_EQUAL(bytes[0], c->stream[0].len);
	CU_ASSERT_EQUAL(bytes[1], c->stream[1].len);
	CU_ASSERT_EQUAL(f->side[0].missed_bytes + f->side[1].missed_bytes, 0);
	CU_ASSERT_EQUAL(f->side[0].retransmissions + f->side[1].retransmissions, 0);
}

static void test_mkjoin_packets_are_the_streams(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mknet k;
	size_t wired = 0;
	size_t turns = 0;

	story(&j, &s, &(struct mkjoin_knobs){ .offset_ns = -5000 * INT64_C(1000000000), .digits = 9 });
	mknet_run(&k, &j.packets, NULL);
	check_packets(&j, &k);
	for (size_t i = 0; i < j.conn_count; i++) {
		wired += j.conn[i].packets > 0;
	}
	CU_ASSERT_EQUAL_FATAL(mknet_flow_count(&k), wired);
	for (size_t i = 0; i < wired; i++) {
		check_flow(&j, mknet_flow(&k, i));
	}
	for (size_t i = 0; i < j.turn_count; i++) {
		turns += j.turn[i].http && j.turn[i].packet_first[0] != 0;
	}
	CU_ASSERT_EQUAL(mknet_http_count(&k), turns);
	CU_ASSERT_EQUAL(mknet_dns_count(&k), 1);
	mknet_release(&k);
	mkjoin_release(&j);
}

/* The turns, as the analyzer of packets finds them. */
static void test_mkjoin_turns_are_the_transactions(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mknet k;
	size_t at = 0;

	story(&j, &s, NULL);
	mknet_run(&k, &j.packets, NULL);
	for (size_t i = 0; i < j.turn_count; i++) {
		const struct mkjoin_turn *t = &j.turn[i];
		const struct http_tx *x = NULL;

		if (!t->http || t->packet_first[0] == 0) {
			continue;
		}
		/* They are ordered by packet; both of a pipelined write have one. */
		for (at = 0; at < mknet_http_count(&k); at++) {
			const struct http_tx *y = mknet_http(&k, at);

			if (y->request.first_num == t->packet_first[0] && y->request.start == t->start[0]) {
				x = y;
			}
		}
		CU_ASSERT_PTR_NOT_NULL_FATAL(x);
		CU_ASSERT_STRING_EQUAL(x->target->bytes, t->target);
		CU_ASSERT_EQUAL(x->status, t->status);
		CU_ASSERT_EQUAL(x->request.end, t->stop[0]);
		CU_ASSERT_EQUAL(x->request.last_num, t->packet_last[0]);
		CU_ASSERT_EQUAL(x->response.start, t->start[1]);
		CU_ASSERT_EQUAL(x->response.end, t->stop[1]);
		CU_ASSERT_EQUAL(x->response.first_num, t->packet_first[1]);
		CU_ASSERT_EQUAL(x->response.last_num, t->packet_last[1]);
	}
	mknet_release(&k);
	mkjoin_release(&j);
}

/* ---- laws ------------------------------------------------------------------------------------------------- */

/* What a call sends passes after it began; what it returns passed before it ended. */
static void check_cause(const struct mkjoin *j, const struct mkjoin_call *c)
{
	bool out = c->what == MKJOIN_SEND;
	unsigned int side = out ? c->end : 1 - c->end;

	for (size_t i = 0; i < j->packet_count; i++) {
		const struct mkjoin_packet *p = &j->packet[i];
		bool overlaps = p->offset < c->offset + c->len && c->offset < p->offset + p->len;

		if (p->conn != c->conn || p->side != side || !overlaps || p->again) {
			continue;
		}
		CU_ASSERT_TRUE(out ? p->true_ns > c->begin_ns : p->true_ns < c->end_ns);
	}
}

static void check_thread(const struct mkjoin *j, uint32_t task)
{
	uint64_t last = 0;

	for (size_t i = 0; i < j->call_count; i++) {
		const struct mkjoin_call *c = &j->call[i];

		if (c->task == task) {
			CU_ASSERT_TRUE(c->begin_ns > last);
			CU_ASSERT_TRUE(c->end_ns > c->begin_ns);
			last = c->end_ns;
		}
	}
}

static void test_mkjoin_nothing_precedes_its_cause(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;

	story(&j, &s, &(struct mkjoin_knobs){ .again_every = 5, .seed = 9 });
	for (size_t i = 0; i < j.call_count; i++) {
		if (j.call[i].what == MKJOIN_SEND || j.call[i].what == MKJOIN_RECEIVE) {
			check_cause(&j, &j.call[i]);
		}
	}
	for (uint32_t i = 0; i < j.task_count; i++) {
		check_thread(&j, i);
	}
	mkjoin_release(&j);
}

/* ---- knobs ------------------------------------------------------------------------------------------------ */

static void test_mkjoin_loss_changes_no_story(void)
{
	struct mkjoin a;
	struct mkjoin b;
	struct mkjoin_shop s;
	struct mkjoin_shop t;
	size_t lost = 0;

	story(&a, &s, NULL);
	story(&b, &t, &(struct mkjoin_knobs){ .lose_per_mille = 50, .miss_every = 11, .packet_snaplen = 96, .offset_ns = 7,
					      .drift_ppm = 50, .late_packets = true });
	CU_ASSERT_EQUAL_FATAL(a.packet_count, b.packet_count);
	CU_ASSERT_EQUAL_FATAL(a.call_count, b.call_count);
	CU_ASSERT_EQUAL(memcmp(&s, &t, sizeof(s)), 0);
	for (size_t i = 0; i < a.packet_count; i++) {
		CU_ASSERT_EQUAL(a.packet[i].conn, b.packet[i].conn);
		CU_ASSERT_EQUAL(a.packet[i].offset, b.packet[i].offset);
		CU_ASSERT_NOT_EQUAL(a.packet[i].num, 0);
		lost += b.packet[i].num == 0;
	}
	/* One in twenty, and those before the capture began. */
	CU_ASSERT_TRUE(lost > a.packet_count / 30 && lost < a.packet_count / 10);
	mkjoin_release(&a);
	mkjoin_release(&b);
}

static void test_mkjoin_clock_is_as_told(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	const struct mkjoin_packet *p;
	uint64_t since;

	story(&j, &s, &(struct mkjoin_knobs){ .offset_ns = INT64_C(10800) * 1000000000, .drift_ppm = 50 });
	p = &j.packet[j.packet_count - 1];
	since = p->true_ns - MKJOIN_START_NS;
	CU_ASSERT_TRUE(since > 400 * NSEC_PER_SEC);
	/* 50 ns a millisecond; cut to a microsecond. */
	CU_ASSERT_TRUE(p->stamp_ns - p->true_ns > 10800 * NSEC_PER_SEC + since / 20000 - 2 * US);
	CU_ASSERT_TRUE(p->stamp_ns - p->true_ns < 10800 * NSEC_PER_SEC + since / 20000 + 1 * US);
	CU_ASSERT_EQUAL(p->stamp_ns % US, 0);
	mkjoin_release(&j);
}

/* Packets and events of one file, each in order of its own times. */
static void test_mkjoin_one_file_has_both(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mknet k;
	size_t packets = 0;
	size_t events = 0;

	story(&j, &s, &(struct mkjoin_knobs){ .one_file = true });
	CU_ASSERT_EQUAL(j.packets.out.len, 0);
	mknet_run(&k, &j.calls, NULL);
	for (size_t i = 0; i < k.batch_count; i++) {
		packets += k.batches[i]->packet_count;
		events += k.batches[i]->event_count;
	}
	CU_ASSERT_EQUAL(packets, j.packet_blocks);
	CU_ASSERT_EQUAL(events, j.event_blocks);
	check_packets(&j, &k);
	mknet_release(&k);
	mkjoin_release(&j);
}

/* The calls of both hosts apart are those of both together; each host has its clock. */
static void test_mkjoin_hosts_apart(void)
{
	struct mkjoin both;
	struct mkjoin part[2];
	struct mkjoin_shop s;
	struct mkstate st;
	const struct batch *b;

	story(&both, &s, NULL);
	story(&part[0], &s, &(struct mkjoin_knobs){ .only_near = true });
	story(&part[1], &s, &(struct mkjoin_knobs){ .only_far = true, .calls_ahead_ns = -1000 });
	CU_ASSERT_EQUAL(part[0].event_blocks + part[1].event_blocks, both.event_blocks);
	CU_ASSERT_TRUE(part[0].event_blocks > 0 && part[1].event_blocks > 0);
	CU_ASSERT_EQUAL(part[1].conn[s.pipelined].end[1].first_num, 0);
	CU_ASSERT_NOT_EQUAL(part[1].conn[s.pipelined].end[0].first_num, 0);
	b = fold_calls(&st, &part[1]);
	for (size_t i = 0; i < part[1].call_count; i++) {
		const struct mkjoin_call *c = &part[1].call[i];

		if (c->num != 0) {
			CU_ASSERT_EQUAL(b->events[c->num - 1].ts_ns, c->end_ns - 1000);
			CU_ASSERT_EQUAL(c->task, s.client);
		}
	}
	CU_ASSERT_EQUAL(mkjoin_offset_at(&part[1], MKJOIN_START_NS), 1000);
	mkstate_end(&st);
	mkjoin_release(&both);
	mkjoin_release(&part[0]);
	mkjoin_release(&part[1]);
}

/* ---- truth ------------------------------------------------------------------------------------------------ */

static void test_mkjoin_truth_of_the_shop(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	const struct mkjoin_turn *t;
	size_t joinable = 0;

	story(&j, &s, NULL);
	for (uint32_t i = 0; i < j.conn_count; i++) {
		joinable += mkjoin_joinable(&j, i);
	}
	/* All but: unix, loopback, the second of the tuple, those seen from one side: four of these with the bait. */
	CU_ASSERT_EQUAL(joinable, j.conn_count - 7);
	CU_ASSERT_FALSE(mkjoin_joinable(&j, s.fastcgi));
	CU_ASSERT_FALSE(mkjoin_joinable(&j, s.query));
	CU_ASSERT_FALSE(mkjoin_joinable(&j, s.reused[1]));
	CU_ASSERT_FALSE(mkjoin_joinable(&j, s.unseen_calls));
	CU_ASSERT_FALSE(mkjoin_joinable(&j, s.unseen_packets));
	CU_ASSERT_FALSE(mkjoin_joinable(&j, s.bait_calls));
	CU_ASSERT_FALSE(mkjoin_joinable(&j, s.bait_packets));
	t = &j.turn[s.dynamic_turn];
	CU_ASSERT_EQUAL(t->served[1][0].first_task, s.worker);
	/* The 350 ms of sleep lie between its request and its response. */
	CU_ASSERT_TRUE(t->served[1][1].first_end_ns - t->served[1][0].last_end_ns > 350000 * US);
	CU_ASSERT_EQUAL(j.turn[s.fastcgi_turn].parent, s.dynamic_turn);
	CU_ASSERT_EQUAL(j.turn[s.query_turn].parent, s.fastcgi_turn);
	CU_ASSERT_EQUAL(j.turn[s.query_turn].served[1][0].first_task, s.postgres);
	/* openat, read, close */
	t = &j.turn[s.query_turn];
	CU_ASSERT_EQUAL(mkjoin_calls_between(&j, s.postgres, t->served[1][0].last_num, t->served[1][1].first_num), 3);
	CU_ASSERT_EQUAL(j.turn[s.forked_turn].served[1][0].first_task, s.forked);
	CU_ASSERT_EQUAL(j.turn[s.shared_turn].served[1][0].first_task, s.helper);
	CU_ASSERT_EQUAL(j.turn[s.shared_turn].served[1][1].first_task, s.forker);
	CU_ASSERT_EQUAL(j.turn[s.pipelined_turn[0]].served[1][0].first_num,
			j.turn[s.pipelined_turn[1]].served[1][0].first_num);
	CU_ASSERT_EQUAL(j.conn[s.sendfile].end[1].bytes[1], j.conn[s.sendfile].stream[1].len);
	CU_ASSERT_EQUAL(j.conn[s.upload].end[1].calls[0], 3);
	mkjoin_release(&j);
}

void suite_mkjoin(CU_pSuite suite);
void suite_mkjoin(CU_pSuite suite)
{
	CU_add_test(suite, "test_mkjoin_events_are_the_calls", test_mkjoin_events_are_the_calls);
	CU_add_test(suite, "test_mkjoin_packets_are_the_streams", test_mkjoin_packets_are_the_streams);
	CU_add_test(suite, "test_mkjoin_turns_are_the_transactions", test_mkjoin_turns_are_the_transactions);
	CU_add_test(suite, "test_mkjoin_nothing_precedes_its_cause", test_mkjoin_nothing_precedes_its_cause);
	CU_add_test(suite, "test_mkjoin_loss_changes_no_story", test_mkjoin_loss_changes_no_story);
	CU_add_test(suite, "test_mkjoin_clock_is_as_told", test_mkjoin_clock_is_as_told);
	CU_add_test(suite, "test_mkjoin_one_file_has_both", test_mkjoin_one_file_has_both);
	CU_add_test(suite, "test_mkjoin_hosts_apart", test_mkjoin_hosts_apart);
	CU_add_test(suite, "test_mkjoin_truth_of_the_shop", test_mkjoin_truth_of_the_shop);
}
