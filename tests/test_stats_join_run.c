/*
 * test_stats_join_run.c - the tables over the join through the whole engine: one story seen twice, checked against what
 * the builder says is true of it.
 */
#include "mkjoin.h"
#include "mkrun.h"

struct told {
	struct mkjoin j;
	struct mkjoin_shop shop;
	struct run r;
};

static void tell(struct told *t, const struct mkjoin_knobs *knobs, bool packets_too)
{
	struct dir d;

	mkjoin_init(&t->j, knobs);
	mkjoin_shop(&t->j, &t->shop);
	dir_init(&d);
	mkcap_save(&t->j.calls, dir_file(&d, "calls.scap"));
	if (packets_too) {
		mkcap_save(&t->j.packets, dir_file(&d, "packets.pcapng"));
	}
	run_report_on(&t->r, dir_file(&d, ""), 2, 65536);
	dir_release(&d);
}

static void tell_end(struct told *t)
{
	run_release(&t->r);
	mkjoin_release(&t->j);
}

/* The row of table http with this target. SIZE_MAX and a failure when there is not exactly one. */
static size_t http_row_of(const struct table *t, const char *target)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < t->row_count; i++) {
		if (run_text_is(t, i, "target", target)) {
			CU_ASSERT_EQUAL(found, SIZE_MAX);
			found = i;
		}
	}
	CU_ASSERT_NOT_EQUAL_FATAL(found, SIZE_MAX);
	return found;
}

/* A transaction's processes, events and row of spans are the story's, whatever the clocks. */
static void check_turn(const struct told *t, uint32_t turn)
{
	const struct table *http = run_table(&t->r, "http");
	const struct table *spans = run_table(&t->r, "spans");
	const struct mkjoin_turn *x = &t->j.turn[turn];
	const struct mkjoin_served *server = x->served[1];
	const struct mkjoin_task *task = &t->j.task[server[1].first_task];
	size_t row = http_row_of(http, x->target);
	uint64_t span;

	CU_ASSERT_TRUE(run_text_is(http, row, "server_process", task->comm));
	CU_ASSERT_EQUAL(run_num(http, row, "server_pid"), (uint64_t)task->pid);
	CU_ASSERT_EQUAL(run_num(http, row, "server_tid"), (uint64_t)task->tid);
	CU_ASSERT_EQUAL(run_num(http, row, "first_write_event"), server[1].first_num);
	CU_ASSERT_EQUAL(run_num(http, row, "last_write_event"), server[1].last_num);
	CU_ASSERT_EQUAL(run_num(http, row, "first_write"), server[1].first_end_ns);
	CU_ASSERT_EQUAL(run_num(http, row, "last_write"), server[1].last_end_ns);
	CU_ASSERT_EQUAL(run_num(http, row, "client_pid"), (uint64_t)t->j.task[x->served[0][0].first_task].pid);
	span = run_num(http, row, "span");
	CU_ASSERT_FATAL(span < spans->row_count);
	CU_ASSERT_EQUAL(run_num(spans, span, "id"), span);
	CU_ASSERT_EQUAL(run_num(spans, span, "http_row"), row + 1);
	CU_ASSERT_EQUAL(run_num(spans, span, "response_event"), server[1].first_num);
	CU_ASSERT_TRUE(run_text_is(spans, span, "kind", "server"));
}

static void check_all_turns(const struct told *t)
{
	check_turn(t, t->shop.dynamic_turn);
	check_turn(t, t->shop.upload_turn);
	check_turn(t, t->shop.keepalive_turn[0]);
	check_turn(t, t->shop.v6_turn);
}

/* Below the request in nginx: the request to php, and below that the query. */
static void check_tree(const struct told *t)
{
	const struct table *spans = run_table(&t->r, "spans");
	const struct table *http = run_table(&t->r, "http");
	uint64_t top = run_num(http, http_row_of(http, t->j.turn[t->shop.dynamic_turn].target), "span");
	uint64_t num = t->j.turn[t->shop.query_turn].served[1][1].first_num;
	uint64_t at = UINT64_MAX;
	unsigned int steps = 0;

	for (size_t i = 0; i < spans->row_count; i++) {
		if (!run_unknown(spans, i, "response_event") && run_num(spans, i, "response_event") == num) {
			at = i;
		}
	}
	CU_ASSERT_NOT_EQUAL_FATAL(at, UINT64_MAX);
	CU_ASSERT_TRUE(run_text_is(spans, at, "process", t->j.task[t->shop.postgres].comm));
	while (at != top && !run_unknown(spans, at, "parent") && steps < 10) {
		at = run_num(spans, at, "parent");
		steps++;
	}
	CU_ASSERT_EQUAL(at, top);
	CU_ASSERT_EQUAL(steps, 4);	/* client and server of the query, client and server of FastCGI */
}

/* The packets' clock an hour ahead: found, and all tables show the syscalls' clock. */
static void test_stats_join_run_both(void)
{
	const struct mkjoin_knobs knobs = { .offset_ns = INT64_C(3600000000000), .enters = true };
	struct told t;
	const struct table *clock, *http;
	const struct mkjoin_turn *x;
	size_t row;
	int64_t truth;

	memset(&t, 0, sizeof(t));
	tell(&t, &knobs, true);
	check_all_turns(&t);
	check_tree(&t);
	clock = run_table(&t.r, "clock");
	CU_ASSERT_EQUAL_FATAL(clock->row_count, 1);
	truth = mkjoin_offset_at(&t.j, run_num(clock, 0, "at"));
	CU_ASSERT(run_cell(clock, 0, "low").v.s <= truth + 1000);	/* stamps of packets are cut to microseconds */
	CU_ASSERT(run_cell(clock, 0, "high").v.s >= truth - 1000);
	http = run_table(&t.r, "http");
	row = http_row_of(http, t.j.turn[t.shop.upload_turn].target);
	x = &t.j.turn[t.shop.upload_turn];
	CU_ASSERT_TRUE(run_text_is(http, row, "seen_in", "both"));
	CU_ASSERT_EQUAL(run_num(http, row, "request_packet"), x->packet_first[0]);
	CU_ASSERT_EQUAL(run_num(http, row, "packet_time") / 1000, mkjoin_stamp(&t.j, x->packet_first_ns[0]) / 1000);
	CU_ASSERT(run_num(http, row, "time") < x->packet_first_ns[0] + NSEC_PER_SEC);
	CU_ASSERT(run_num(http, row, "time") + NSEC_PER_SEC > x->packet_first_ns[0]);
	tell_end(&t);
}

/* Every flow is in one of the two tables, once. */
static void test_stats_join_run_accounts(void)
{
	struct told t;
	const struct table *flows, *joined, *unmatched;
	size_t lone = 0;

	memset(&t, 0, sizeof(t));
	tell(&t, NULL, true);
	flows = run_table(&t.r, "flows");
	joined = run_table(&t.r, "joined_flows");
	unmatched = run_table(&t.r, "unmatched");
	for (size_t i = 0; i < unmatched->row_count; i++) {
		lone += run_text_is(unmatched, i, "kind", "flow");
		CU_ASSERT_FALSE(run_unknown(unmatched, i, "reason"));
	}
	CU_ASSERT_EQUAL(joined->row_count + lone, flows->row_count);
	for (size_t i = 0; i < joined->row_count; i++) {
		CU_ASSERT_FALSE(run_unknown(joined, i, "client_process") && run_unknown(joined, i, "server_process"));
	}
	tell_end(&t);
}

/* System calls alone: the same transactions, told by their buffers; nothing to match. */
static void test_stats_join_run_calls(void)
{
	const struct mkjoin_knobs knobs = { .call_snaplen = 200 };
	struct told t;
	const struct table *http;
	size_t row;

	memset(&t, 0, sizeof(t));
	tell(&t, &knobs, false);
	check_turn(&t, t.shop.dynamic_turn);
	check_turn(&t, t.shop.v6_turn);
	check_tree(&t);
	http = run_table(&t.r, "http");
	row = http_row_of(http, t.j.turn[t.shop.v6_turn].target);
	CU_ASSERT_TRUE(run_text_is(http, row, "seen_in", "syscalls"));
	CU_ASSERT_TRUE(run_text_is(http, row, "client", t.j.conn[t.shop.v6].end[0].ip));
	CU_ASSERT_EQUAL(run_num(http, row, "server_port"), t.j.conn[t.shop.v6].end[1].port);
	CU_ASSERT_TRUE(run_unknown(http, row, "request_packet"));
	CU_ASSERT_EQUAL(run_table(&t.r, "unmatched")->row_count, 0);
	CU_ASSERT_EQUAL(run_table(&t.r, "clock")->row_count, 0);
	tell_end(&t);
}

void suite_stats_join_run(CU_pSuite suite);

void suite_stats_join_run(CU_pSuite suite)
{
	CU_add_test(suite, "test_stats_join_run_both", test_stats_join_run_both);
	CU_add_test(suite, "test_stats_join_run_accounts", test_stats_join_run_accounts);
	CU_add_test(suite, "test_stats_join_run_calls", test_stats_join_run_calls);
}
