/*
 * test_join_spans.c - who asked whom on behalf of whom: the tree of one request through nginx, php-fpm over a unix
 * socket and PostgreSQL over the loopback interface, and what is not to be connected.
 */
#include "mkfull.h"

/* The span of one side of a turn, by the first call of its request. */
static const struct span *span_of(const struct full *k, const struct mkjoin_turn *t, unsigned int end)
{
	size_t n;
	const struct span *spans = join_spans(k->join, &n);

	for (size_t i = 0; i < n; i++) {
		const struct exchange *x = spans[i].exchange;

		if (x != NULL && spans[i].kind == (end == 1 ? SPAN_SERVER : SPAN_CLIENT) &&
		    x->first_num[0] == t->served[end][0].first_num) {
			return &spans[i];
		}
	}
	return NULL;
}

static const struct span *by_id(const struct full *k, uint32_t id)
{
	size_t n;
	const struct span *spans = join_spans(k->join, &n);

	return id < n ? &spans[id] : NULL;
}

/* From the database up to who asked first. */
static void check_chain(const struct full *k, const struct mkjoin *j, const struct mkjoin_shop *s, bool client_recorded)
{
	const struct {
		uint32_t turn;
		unsigned int end;
	} steps[] = { { s->query_turn, 1 }, { s->query_turn, 0 }, { s->fastcgi_turn, 1 }, { s->fastcgi_turn, 0 },
		      { s->dynamic_turn, 1 }, { s->dynamic_turn, 0 } };
	unsigned int count = client_recorded ? 6 : 5;
	const struct span *span = span_of(k, &j->turn[s->query_turn], 1);
	uint32_t root;

	CU_ASSERT_PTR_NOT_NULL_FATAL(span);
	root = span->root;
	for (unsigned int i = 0; i < count; i++) {
		const struct mkjoin_turn *t = &j->turn[steps[i].turn];
		const struct span *want = span_of(k, t, steps[i].end);

		CU_ASSERT_PTR_NOT_NULL_FATAL(span);
		CU_ASSERT_PTR_EQUAL(span, want);
		CU_ASSERT_EQUAL(span->depth, count - 1 - i);
		CU_ASSERT_EQUAL(span->root, root);
		CU_ASSERT_EQUAL(mkjoined_pid(span->section, span->process),
				j->task[t->served[steps[i].end][0].first_task].pid);
		CU_ASSERT_EQUAL(span->parent == UINT32_MAX, i + 1 == count);
		span = by_id(k, span->parent);
	}
}

static void check_shop(const struct mkjoin_knobs *knobs)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct full k;

	full_shop(&j, &s, &k, knobs);
	check_chain(&k, &j, &s, !j.knobs.one_side);
	full_release(&j, &k);
}

static void test_join_spans_from_nginx_to_the_database(void)
{
	check_shop(NULL);
	check_shop(&(struct mkjoin_knobs){ .seed = 101, .enters = true, .nonblocking = true });
	check_shop(&(struct mkjoin_knobs){ .seed = 102, .one_side = true, .offset_ns = 3600 * S });
	check_shop(&(struct mkjoin_knobs){ .seed = 103, .late_calls = true, .late_packets = true });
}

/* The packets add nothing to it. */
static void test_join_spans_without_packets(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct full k;

	mkjoin_init(&j, NULL);
	mkjoin_shop(&j, &s);
	full_join(&k, &j, true, false);
	check_chain(&k, &j, &s, true);
	full_release(&j, &k);
}

static void test_join_spans_have_names_and_times(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct full k;
	const struct span *web;
	const struct span *php;
	const struct span *db;

	full_shop(&j, &s, &k, NULL);
	web = span_of(&k, &j.turn[s.dynamic_turn], 1);
	php = span_of(&k, &j.turn[s.fastcgi_turn], 1);
	db = span_of(&k, &j.turn[s.query_turn], 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(web);
	CU_ASSERT_PTR_NOT_NULL_FATAL(php);
	CU_ASSERT_PTR_NOT_NULL_FATAL(db);
	CU_ASSERT_STRING_EQUAL(web->name->bytes, "GET /item.php?id=7");
	CU_ASSERT_STRING_EQUAL(web->protocol, "http");
	CU_ASSERT_STRING_EQUAL(php->protocol, "fastcgi");
	CU_ASSERT_STRING_EQUAL(db->protocol, "postgresql");
	CU_ASSERT_PTR_NOT_NULL(strstr(db->name->bytes, "SELECT name FROM item"));
	/* Each within the one above; the 350 ms are php's own. */
	CU_ASSERT_TRUE(web->start_ns <= php->start_ns && php->end_ns <= web->end_ns);
	CU_ASSERT_TRUE(php->start_ns <= db->start_ns && db->end_ns <= php->end_ns);
	CU_ASSERT_TRUE(php->end_ns - php->start_ns > (uint64_t)(350 * MS));
	CU_ASSERT_TRUE(db->end_ns - db->start_ns < (uint64_t)(10 * MS));
	CU_ASSERT_TRUE(php->exchange->wait_ns[WAIT_SLEEP] >= (uint64_t)(350 * MS));
	full_release(&j, &k);
}

/* A thread that serves one request after the other: they are no family. */
static void test_join_spans_strangers_have_no_parent(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct full k;

	full_shop(&j, &s, &k, &(struct mkjoin_knobs){ .seed = 104, .one_side = true });
	for (size_t i = 0; i < j.turn_count; i++) {
		const struct mkjoin_turn *t = &j.turn[i];
		const struct span *span;

		if (t->parent != MKJOIN_NONE || t->served[1][0].first_num == 0) {
			continue;
		}
		span = span_of(&k, t, 1);
		/* Both of a pipelined read begin with one call. */
		if (span != NULL) {
			CU_ASSERT_EQUAL(span->parent, UINT32_MAX);
			CU_ASSERT_EQUAL(span->depth, 0);
		}
	}
	full_release(&j, &k);
}

/* By id without gaps, parents before children, by start. */
static void test_join_spans_are_in_order(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct full k;
	size_t n;
	const struct span *spans;

	full_shop(&j, &s, &k, NULL);
	spans = join_spans(k.join, &n);
	CU_ASSERT_TRUE(n > 200);
	for (size_t i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(spans[i].id, i);
		CU_ASSERT_TRUE(i == 0 || spans[i - 1].start_ns <= spans[i].start_ns);
		CU_ASSERT_TRUE(spans[i].end_ns >= spans[i].start_ns);
		CU_ASSERT_TRUE(spans[i].parent == UINT32_MAX || spans[i].parent < n);
		if (spans[i].parent < n) {
			CU_ASSERT_EQUAL(spans[i].depth, spans[spans[i].parent].depth + 1);
			CU_ASSERT_EQUAL(spans[i].root, spans[spans[i].parent].root);
		} else {
			CU_ASSERT_EQUAL(spans[i].root, spans[i].id);
		}
	}
	full_release(&j, &k);
}

void suite_join_spans(CU_pSuite suite);
void suite_join_spans(CU_pSuite suite)
{
	CU_add_test(suite, "test_join_spans_from_nginx_to_the_database", test_join_spans_from_nginx_to_the_database);
	CU_add_test(suite, "test_join_spans_without_packets", test_join_spans_without_packets);
	CU_add_test(suite, "test_join_spans_have_names_and_times", test_join_spans_have_names_and_times);
	CU_add_test(suite, "test_join_spans_strangers_have_no_parent", test_join_spans_strangers_have_no_parent);
	CU_add_test(suite, "test_join_spans_are_in_order", test_join_spans_are_in_order);
}
