/*
 * test_spans.c - exchanges and processes as trees: who served whom, on whose behalf, under which name, in which order;
 * and the same as a trace that viewers open.
 */
#include "mkspans.h"

#include <jansson.h>

#include "base/buf.h"
#include "report/render.h"
#include "stats/stats.h"

/* ---- looking up --------------------------------------------------------------------------------------------- */

static const struct span *span_of_call(const struct mkspans *m, uint64_t num, uint8_t kind)
{
	size_t n;
	const struct span *s = join_spans(m->join, &n);

	for (size_t i = 0; i < n; i++) {
		if (s[i].kind == kind && s[i].exchange != NULL && s[i].exchange->first_num[0] == num) {
			return &s[i];
		}
	}
	return NULL;
}

static const struct span *server_of(const struct mkspans *m, const struct mkjoin *j, uint32_t turn)
{
	return span_of_call(m, j->turn[turn].served[1][0].first_num, SPAN_SERVER);
}

static const struct span *client_of(const struct mkspans *m, const struct mkjoin *j, uint32_t turn)
{
	return span_of_call(m, j->turn[turn].served[0][0].first_num, SPAN_CLIENT);
}

struct told {
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkspans m;
};

static void tell(struct told *t, const struct mkjoin_knobs *knobs)
{
	mkjoin_init(&t->j, knobs);
	mkjoin_shop(&t->j, &t->s);
	mkspans_of(&t->m, &t->j.calls, &t->j.packets);
}

static void forget(struct told *t)
{
	mkspans_release(&t->m);
	mkjoin_release(&t->j);
}

/* ---- trees -------------------------------------------------------------------------------------------------- */

static void test_spans_lead_from_the_client_to_the_database(void)
{
	struct told t;
	uint32_t turns[3];
	size_t n;
	const struct span *all;
	uint32_t up = UINT32_MAX;

	tell(&t, &(struct mkjoin_knobs){ .call_snaplen = 256 });
	turns[0] = t.s.dynamic_turn;
	turns[1] = t.s.fastcgi_turn;
	turns[2] = t.s.query_turn;
	all = join_spans(t.m.join, &n);
	for (unsigned int i = 0; i < 3; i++) {
		const struct span *c = client_of(&t.m, &t.j, turns[i]);
		const struct span *s = server_of(&t.m, &t.j, turns[i]);

		CU_ASSERT_PTR_NOT_NULL_FATAL(c);
		CU_ASSERT_PTR_NOT_NULL_FATAL(s);
		CU_ASSERT_EQUAL(c->parent, up);
		CU_ASSERT_EQUAL(s->parent, c->id);
		CU_ASSERT_EQUAL(c->depth, 2 * i);
		CU_ASSERT_EQUAL(s->depth, 2 * i + 1);
		CU_ASSERT_EQUAL(s->root, client_of(&t.m, &t.j, turns[0])->id);
		CU_ASSERT_EQUAL(mkjoined_pid(s->section, s->process),
				t.j.task[t.j.turn[turns[i]].served[1][0].first_task].pid);
		CU_ASSERT_EQUAL(s->tid, t.j.task[t.j.turn[turns[i]].served[1][0].first_task].tid);
		up = s->id;
	}
	CU_ASSERT_STRING_EQUAL(all[up].protocol, "postgresql");
	CU_ASSERT_STRING_EQUAL(all[all[all[up].parent].parent].protocol, "fastcgi");
	CU_ASSERT_STRING_EQUAL(server_of(&t.m, &t.j, turns[0])->protocol, "http");
	forget(&t);
}

static void test_spans_are_named_by_their_requests(void)
{
	struct told t;
	char want[MKJOIN_TEXT + 20];
	unsigned int named = 0;

	tell(&t, &(struct mkjoin_knobs){ .call_snaplen = 256 });
	for (size_t i = 0; i < t.j.turn_count; i++) {
		const struct mkjoin_turn *turn = &t.j.turn[i];
		const struct span *s = turn->served[1][0].first_num != 0 ? server_of(&t.m, &t.j, (uint32_t)i) : NULL;

		if (s == NULL || !turn->http || i == t.s.pipelined_turn[1]) {
			continue;
		}
		snprintf(want, sizeof(want), "%s %s", turn->method, turn->target);
		CU_ASSERT_STRING_EQUAL(s->name->bytes, want);
		CU_ASSERT_STRING_EQUAL(s->protocol, "http");
		named++;
	}
	CU_ASSERT_TRUE(named > SHOP_SHORT);
	forget(&t);
}

static void test_spans_of_dns_have_question_and_transaction(void)
{
	struct told t;
	const struct span *c;
	const struct span *s;

	tell(&t, NULL);
	c = client_of(&t.m, &t.j, t.s.dns_turn);
	s = server_of(&t.m, &t.j, t.s.dns_turn);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_STRING_EQUAL(c->protocol, "dns");
	CU_ASSERT_EQUAL(strncmp(c->name->bytes, "A ", 2), 0);
	CU_ASSERT_PTR_NOT_NULL(c->dns);
	CU_ASSERT_PTR_EQUAL(s->dns, c->dns);
	CU_ASSERT_EQUAL(s->parent, c->id);
	forget(&t);
}

/* ---- order -------------------------------------------------------------------------------------------------- */

static void test_spans_are_ordered_and_well_formed(void)
{
	struct told t;
	size_t n;
	const struct span *s;

	tell(&t, NULL);
	s = join_spans(t.m.join, &n);
	for (size_t i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(s[i].id, i);
		CU_ASSERT_TRUE(i == 0 || s[i - 1].start_ns <= s[i].start_ns);
		CU_ASSERT_TRUE(s[i].end_ns >= s[i].start_ns);
		CU_ASSERT_TRUE(s[i].name != NULL && s[i].protocol != NULL);
		if (s[i].parent == UINT32_MAX) {
			CU_ASSERT_EQUAL(s[i].root, i);
			CU_ASSERT_EQUAL(s[i].depth, 0);
		} else {
			CU_ASSERT_EQUAL(s[i].root, s[s[i].parent].root);
			CU_ASSERT_EQUAL(s[i].depth, s[s[i].parent].depth + 1);
		}
	}
	forget(&t);
}

/* Bytes of a trace. */
static struct buf trace_of(const struct mkspans *m)
{
	struct tap_input in = { .join = m->join, .sources = m->k.source, .source_count = m->k.count };
	struct report r;
	struct buf out;
	struct err e;

	err_init(&e);
	report_init(&r);
	buf_init(&out, 64u << 20);
	CU_ASSERT_EQUAL_FATAL(tap_spans.tables(NULL, &in, &r, &e), 0);
	render_trace(&r, &out);
	CU_ASSERT_FALSE_FATAL(out.failed);
	report_release(&r);
	return out;
}

static void test_spans_do_not_depend_on_batches(void)
{
	struct told t;
	struct mkspans other;
	struct buf a;
	struct buf b;

	tell(&t, NULL);
	mkjoined_init(&other.k);
	other.k.batch_bytes = 8192;
	mkjoined_add(&other.k, &t.j.calls);
	mkjoined_add(&other.k, &t.j.packets);
	mkspans_run(&other);
	a = trace_of(&t.m);
	b = trace_of(&other);
	CU_ASSERT_EQUAL(a.len, b.len);
	CU_ASSERT_TRUE(a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
	buf_release(&a);
	buf_release(&b);
	mkspans_release(&other);
	forget(&t);
}

/* ---- traces ------------------------------------------------------------------------------------------------- */

struct slice {
	json_int_t pid, tid;
	double begin, end;
};

static int by_row(const void *a, const void *b)
{
	const struct slice *x = a;
	const struct slice *y = b;

	if (x->pid != y->pid || x->tid != y->tid) {
		return x->pid != y->pid ? (x->pid < y->pid ? -1 : 1) : x->tid < y->tid ? -1 : 1;
	}
	if (x->begin != y->begin) {
		return x->begin < y->begin ? -1 : 1;
	}
	return (x->end < y->end) - (x->end > y->end);
}

/* Slices of one row lie in each other or apart. */
static void check_nesting(struct slice *s, size_t n)
{
	double open[64];
	size_t depth = 0;

	qsort(s, n, sizeof(*s), by_row);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && (s[i].pid != s[i - 1].pid || s[i].tid != s[i - 1].tid)) {
			depth = 0;
		}
		while (depth > 0 && open[depth - 1] <= s[i].begin + 0.0001) {
			depth--;
		}
		CU_ASSERT_TRUE(depth == 0 || s[i].end <= open[depth - 1] + 0.0001);
		CU_ASSERT_FATAL(depth < 64);
		open[depth++] = s[i].end;
	}
}

static double number_of(const json_t *event, const char *key)
{
	return json_number_value(json_object_get(event, key));
}

static void test_spans_trace_is_json_that_nests(void)
{
	struct told t;
	struct buf out;
	size_t spans;
	size_t slices = 0;
	size_t starts = 0;
	size_t ends = 0;
	struct slice *rows;
	json_t *root;
	json_t *events;

	tell(&t, NULL);
	(void)join_spans(t.m.join, &spans);
	out = trace_of(&t.m);
	root = json_loadb(out.data, out.len, 0, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(root);
	events = json_object_get(root, "traceEvents");
	rows = calloc(spans + 1, sizeof(*rows));
	CU_ASSERT_PTR_NOT_NULL_FATAL(rows);
	for (size_t i = 0; i < json_array_size(events); i++) {
		const json_t *e = json_array_get(events, i);
		const char *kind = json_string_value(json_object_get(e, "ph"));

		starts += kind[0] == 's';
		ends += kind[0] == 'f';
		if (kind[0] == 'X' && slices < spans) {
			rows[slices].pid = json_integer_value(json_object_get(e, "pid"));
			rows[slices].tid = json_integer_value(json_object_get(e, "tid"));
			rows[slices].begin = number_of(e, "ts");
			rows[slices].end = rows[slices].begin + number_of(e, "dur");
			slices++;
		}
	}
	CU_ASSERT_EQUAL(slices, spans);
	CU_ASSERT_TRUE(starts > 0);
	CU_ASSERT_EQUAL(starts, ends);
	check_nesting(rows, slices);
	free(rows);
	json_decref(root);
	buf_release(&out);
	forget(&t);
}

/* ---- processes ---------------------------------------------------------------------------------------------- */

/* A worker that answers a request starts a process, which asks somebody else. */
static void test_spans_follow_started_processes(void)
{
	struct mkjoin j;
	struct mkspans m;
	struct buf out;
	uint32_t web;
	uint32_t client;
	uint32_t child;
	uint32_t other;
	uint32_t front;
	uint32_t back;
	uint32_t turn;
	uint32_t inner;
	const struct span *asked;
	const struct span *s;
	size_t n;

	mkjoin_init(&j, NULL);
	buf_init(&out, 1u << 20);
	web = mkjoin_process(&j, 100, "web");
	client = mkjoin_process(&j, 900, "curl");
	other = mkjoin_process(&j, 500, "other");
	front = mkjoin_conn(&j, MKJOIN_TCP, "10.0.0.1", 40000, "10.0.0.2", 80);
	back = mkjoin_conn(&j, MKJOIN_TCP, "10.0.0.2", 41000, "10.0.0.3", 8080);
	mkjoin_listens(&j, web, MKJOIN_TCP, "10.0.0.2", 80, NULL);
	mkjoin_listens(&j, other, MKJOIN_TCP, "10.0.0.3", 8080, NULL);
	mkjoin_connect(&j, front, client);
	mkjoin_accept(&j, front, web);
	turn = mkjoin_ask(&j, &out, front, MKJOIN_NONE, "GET", "/run", 0);
	mkjoin_say(&j, front, 0, client, MKJOIN_RW, &out);
	mkjoin_receive(&j, front, 1, web, MKJOIN_RW, 0);
	child = mkjoin_fork(&j, web, 101);
	mkjoin_connect(&j, back, child);
	mkjoin_accept(&j, back, other);
	inner = mkjoin_get(&j, back, child, other, "/inner", 10);
	mkjoin_hang_up(&j, back, 0, child, other);
	mkjoin_exit(&j, child);
	mkjoin_answer(&j, &out, turn, 200, 100);
	mkjoin_say(&j, front, 1, web, MKJOIN_RW, &out);
	mkjoin_receive(&j, front, 0, client, MKJOIN_RW, 0);
	mkjoin_hang_up(&j, front, 0, client, web);
	mkjoin_finish(&j);
	mkspans_of(&m, &j.calls, &j.packets);
	s = join_spans(m.join, &n);
	asked = client_of(&m, &j, inner);
	CU_ASSERT_PTR_NOT_NULL_FATAL(asked);
	CU_ASSERT_NOT_EQUAL_FATAL(asked->parent, UINT32_MAX);
	CU_ASSERT_EQUAL(s[asked->parent].kind, SPAN_PROCESS);
	CU_ASSERT_EQUAL(mkjoined_pid(s[asked->parent].section, s[asked->parent].process), 101);
	CU_ASSERT_STRING_EQUAL(s[asked->parent].protocol, "process");
	CU_ASSERT_EQUAL_FATAL(s[asked->parent].parent, server_of(&m, &j, turn)->id);
	CU_ASSERT_EQUAL(asked->root, client_of(&m, &j, turn)->id);
	buf_release(&out);
	mkspans_release(&m);
	mkjoin_release(&j);
}

void suite_spans(CU_pSuite suite);
void suite_spans(CU_pSuite suite)
{
	CU_add_test(suite, "test_spans_lead_from_the_client_to_the_database",
		    test_spans_lead_from_the_client_to_the_database);
	CU_add_test(suite, "test_spans_are_named_by_their_requests", test_spans_are_named_by_their_requests);
	CU_add_test(suite, "test_spans_of_dns_have_question_and_transaction",
		    test_spans_of_dns_have_question_and_transaction);
	CU_add_test(suite, "test_spans_are_ordered_and_well_formed", test_spans_are_ordered_and_well_formed);
	CU_add_test(suite, "test_spans_do_not_depend_on_batches", test_spans_do_not_depend_on_batches);
	CU_add_test(suite, "test_spans_trace_is_json_that_nests", test_spans_trace_is_json_that_nests);
	CU_add_test(suite, "test_spans_follow_started_processes", test_spans_follow_started_processes);
}
