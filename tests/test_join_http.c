/*
 * test_join_http.c - each HTTP transaction with both views: the packets that carried it, the thread that served it, the
 * calls that read and wrote it, and the times between these; from calls alone and from packets alone too.
 */
#include "mkfull.h"

/* Beside what the clocks' bounds allow. */
#define CLOSE_NS (200 * US)

#define CHECK_TURN(t, what)                                                                     \
	do {                                                                                    \
		if (!(what)) {                                                                  \
			printf("\n%s:%d: %s %s\n", __FILE__, __LINE__, (t)->method, (t)->target); \
		}                                                                               \
		CU_ASSERT(what);                                                                \
	} while (0)

/* The row of a turn, by the packet that began its request, or by the server's read of it. */
static const struct http_joined *row_of(const struct full *k, const struct mkjoin_turn *t)
{
	size_t n;
	const struct http_joined *rows = join_http(k->join, &n);

	for (size_t i = 0; i < n; i++) {
		const struct http_tx *x = rows[i].packets;

		if (x != NULL && x->request.first_num == t->packet_first[0] && x->request.start == t->start[0]) {
			return &rows[i];
		}
		if (x == NULL && t->packet_first[0] == 0 && t->served[1][0].first_num != 0 &&
		    rows[i].read_num >= t->served[1][0].first_num && rows[i].read_num <= t->served[1][0].last_num &&
		    rows[i].calls[0] != NULL && strcmp(rows[i].calls[0]->target->bytes, t->target) == 0) {
			return &rows[i];
		}
	}
	return NULL;
}

static void check_server(const struct mkjoin *j, const struct mkjoin_turn *t, const struct http_joined *h)
{
	const struct mkjoin_served *read = &t->served[1][0];
	const struct mkjoin_served *write = &t->served[1][1];
	const struct mkjoin_task *reader = &j->task[read->first_task];
	const struct exchange *x = h->server;

	CHECK_TURN(t, x != NULL);
	if (x == NULL) {
		return;
	}
	CHECK_TURN(t, mkjoined_pid(x->sock->section, x->process[0]) == reader->pid);
	CHECK_TURN(t, x->tid[0] == reader->tid);
	CHECK_TURN(t, x->tid[1] == j->task[write->first_task].tid);
	CHECK_TURN(t, h->read_num >= read->first_num && h->read_num <= read->last_num);
	CHECK_TURN(t, h->read_ns >= read->first_end_ns && h->read_ns <= read->last_end_ns);
	CHECK_TURN(t, h->first_write_num == write->first_num && h->last_write_num == write->last_num);
	CHECK_TURN(t, h->last_write_ns == write->last_end_ns);
}

static void check_accept(const struct mkjoin *j, const struct mkjoin_turn *t, const struct http_joined *h)
{
	const struct mkjoin_end *e = &j->conn[t->conn].end[1];

	CHECK_TURN(t, h->accept_num == e->open_num);
}

/* Between what lies surely and what lies at most between two calls. */
static void check_think(const struct mkjoin_turn *t, const struct http_joined *h)
{
	const struct mkjoin_served *read = &t->served[1][0];
	const struct mkjoin_served *write = &t->served[1][1];

	CHECK_TURN(t, h->think_ns != UINT64_MAX);
	CHECK_TURN(t, h->think_ns >= write->first_begin_ns - read->last_end_ns);
	CHECK_TURN(t, h->think_ns <= write->first_end_ns - read->first_begin_ns);
}

static bool close_to(uint64_t have, uint64_t low, uint64_t high)
{
	return (int64_t)have >= (int64_t)low - CLOSE_NS && (int64_t)have <= (int64_t)high + CLOSE_NS;
}

static void check_wire(const struct mkjoin_turn *t, const struct http_joined *h)
{
	const struct mkjoin_served *read = &t->served[1][0];

	CHECK_TURN(t, h->wire_to_read_ns != UINT64_MAX && h->write_to_wire_ns != UINT64_MAX);
	CHECK_TURN(t, close_to(h->wire_to_read_ns, 0, read->last_end_ns - t->packet_first_ns[0]));
	/* From the write's begin, or its earliest, to the first packet. */
	CHECK_TURN(t, (int64_t)h->write_to_wire_ns <= (int64_t)(t->packet_first_ns[1] - read->last_end_ns) + CLOSE_NS);
}

static void check_client(const struct mkjoin *j, const struct mkjoin_turn *t, const struct http_joined *h)
{
	const struct mkjoin_served *wrote = &t->served[0][0];

	if (wrote->first_num == 0) {
		CHECK_TURN(t, h->client == NULL);
		return;
	}
	CHECK_TURN(t, h->client != NULL);
	if (h->client != NULL) {
		CHECK_TURN(t, mkjoined_pid(h->client->sock->section, h->client->process[0]) ==
				      j->task[wrote->first_task].pid);
		CHECK_TURN(t, h->client->first_num[0] == wrote->first_num);
	}
}

/* All turns of HTTP of a story: packets says that they are in the packets, too. */
static void check_turns(const struct full *k, const struct mkjoin *j)
{
	for (size_t i = 0; i < j->turn_count; i++) {
		const struct mkjoin_turn *t = &j->turn[i];
		const struct http_joined *h;
		bool wire = t->packet_first[0] != 0;
		bool server = t->served[1][0].first_num != 0 && t->served[1][1].last_num != 0;
		bool client = t->served[0][0].first_num != 0;

		if (!t->http || (!wire && !server && !client)) {
			continue;
		}
		h = row_of(k, t);
		/* A client's calls alone cannot be found by the server's. */
		if (!wire && !server) {
			continue;
		}
		CHECK_TURN(t, h != NULL);
		if (h == NULL || t->conn == MKJOIN_NONE) {
			continue;
		}
		check_client(j, t, h);
		if (!server) {
			CHECK_TURN(t, h->server == NULL && h->think_ns == UINT64_MAX);
			continue;
		}
		check_server(j, t, h);
		check_accept(j, t, h);
		check_think(t, h);
		if (wire) {
			check_wire(t, h);
		}
	}
}

static void check_shop(const struct mkjoin_knobs *knobs)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct full k;

	full_shop(&j, &s, &k, knobs);
	check_turns(&k, &j);
	full_release(&j, &k);
}

static void test_join_http_both_views(void)
{
	check_shop(NULL);
	check_shop(&(struct mkjoin_knobs){ .seed = 91, .enters = true });
	check_shop(&(struct mkjoin_knobs){ .seed = 92, .one_side = true });
	check_shop(&(struct mkjoin_knobs){ .seed = 93, .one_file = true });
}

static void test_join_http_other_clocks(void)
{
	check_shop(&(struct mkjoin_knobs){ .seed = 94, .offset_ns = -7 * 3600 * S, .drift_ppm = 50 });
}

/* Not one row more than there are transactions. */
static void test_join_http_rows_are_not_doubled(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct full k;
	size_t turns = 0;
	size_t n;

	full_shop(&j, &s, &k, NULL);
	for (size_t i = 0; i < j.turn_count; i++) {
		turns += j.turn[i].http;
	}
	(void)join_http(k.join, &n);
	CU_ASSERT_EQUAL(n, turns);
	full_release(&j, &k);
}

static void test_join_http_from_calls_alone(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct full k;
	size_t n;
	const struct http_joined *rows;
	bool found = false;

	mkjoin_init(&j, NULL);
	mkjoin_shop(&j, &s);
	full_join(&k, &j, true, false);
	rows = join_http(k.join, &n);
	for (size_t i = 0; i < n; i++) {
		const struct mkjoin_turn *t = &j.turn[s.dynamic_turn];

		CU_ASSERT_PTR_NULL(rows[i].packets);
		CU_ASSERT_EQUAL(rows[i].wire_to_read_ns, UINT64_MAX);
		CU_ASSERT_EQUAL(rows[i].write_to_wire_ns, UINT64_MAX);
		if (rows[i].read_num == t->served[1][0].first_num) {
			found = true;
			check_server(&j, t, &rows[i]);
			check_think(t, &rows[i]);
			CU_ASSERT_TRUE(rows[i].calls[0] != NULL || rows[i].calls[1] != NULL);
		}
	}
	CU_ASSERT_TRUE(found);
	full_release(&j, &k);
}

static void test_join_http_from_packets_alone(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct full k;
	size_t n;
	const struct http_joined *rows;

	mkjoin_init(&j, NULL);
	mkjoin_shop(&j, &s);
	full_join(&k, &j, false, true);
	rows = join_http(k.join, &n);
	CU_ASSERT_TRUE(n > 100);
	for (size_t i = 0; i < n; i++) {
		CU_ASSERT_PTR_NOT_NULL(rows[i].packets);
		CU_ASSERT_PTR_NULL(rows[i].server);
		CU_ASSERT_EQUAL(rows[i].think_ns, UINT64_MAX);
	}
	full_release(&j, &k);
}

/* Sleep, files, a lock, the database: each where the thread was. */
static void test_join_http_waits_of_the_service(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct full k;
	const struct http_joined *h;

	full_shop(&j, &s, &k, &(struct mkjoin_knobs){ .seed = 95, .enters = true });
	h = row_of(&k, &j.turn[s.upload_turn]);
	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	CU_ASSERT_PTR_NOT_NULL_FATAL(h->server);
	CU_ASSERT_EQUAL(h->server->wait_calls[WAIT_LOCK], 1);
	CU_ASSERT_EQUAL(h->server->wait_ns[WAIT_LOCK], 3 * MS);
	h = row_of(&k, &j.turn[s.pipelined_turn[0]]);
	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	CU_ASSERT_PTR_NOT_NULL_FATAL(h->server);
	CU_ASSERT_EQUAL(h->server->wait_calls[WAIT_FILE], 3);
	CU_ASSERT_EQUAL(h->server->syscalls, 3);
	full_release(&j, &k);
}

/* Two connections in one thread: what was done for the one is not counted for the other. */
static void test_join_http_focus_goes_with_the_fd(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct full k;

	full_shop(&j, &s, &k, NULL);
	for (unsigned int i = 0; i < 2; i++) {
		const struct http_joined *h = row_of(&k, &j.turn[s.interleaved_turn[i]]);

		CU_ASSERT_PTR_NOT_NULL_FATAL(h);
		CU_ASSERT_PTR_NOT_NULL_FATAL(h->server);
		CU_ASSERT_EQUAL(h->server->wait_calls[WAIT_FILE], 3);
		CU_ASSERT_NOT_EQUAL(h->server->flags & EXCHANGE_SHARED_TIME, 0);
	}
	full_release(&j, &k);
}

/* Read by one thread, or process, and answered by another. */
static void test_join_http_moved(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct full k;
	const struct http_joined *h;

	full_shop(&j, &s, &k, NULL);
	h = row_of(&k, &j.turn[s.shared_turn]);
	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	CU_ASSERT_PTR_NOT_NULL_FATAL(h->server);
	CU_ASSERT_NOT_EQUAL(h->server->flags & EXCHANGE_MOVED, 0);
	CU_ASSERT_EQUAL(h->server->tid[0], j.task[s.helper].tid);
	CU_ASSERT_EQUAL(h->server->tid[1], j.task[s.forker].tid);
	h = row_of(&k, &j.turn[s.keepalive_turn[1]]);
	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	CU_ASSERT_PTR_NOT_NULL_FATAL(h->server);
	CU_ASSERT_EQUAL(h->server->flags & EXCHANGE_MOVED, 0);
	full_release(&j, &k);
}

void suite_join_http(CU_pSuite suite);
void suite_join_http(CU_pSuite suite)
{
	CU_add_test(suite, "test_join_http_both_views", test_join_http_both_views);
	CU_add_test(suite, "test_join_http_other_clocks", test_join_http_other_clocks);
	CU_add_test(suite, "test_join_http_rows_are_not_doubled", test_join_http_rows_are_not_doubled);
	CU_add_test(suite, "test_join_http_from_calls_alone", test_join_http_from_calls_alone);
	CU_add_test(suite, "test_join_http_from_packets_alone", test_join_http_from_packets_alone);
	CU_add_test(suite, "test_join_http_waits_of_the_service", test_join_http_waits_of_the_service);
	CU_add_test(suite, "test_join_http_focus_goes_with_the_fd", test_join_http_focus_goes_with_the_fd);
	CU_add_test(suite, "test_join_http_moved", test_join_http_moved);
}
