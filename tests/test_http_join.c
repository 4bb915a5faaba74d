/*
 * test_http_join.c - transactions of packets and calls put together: each request of the story has the calls, threads
 * and times that the story says, whatever one of both captures missed.
 */
#include "mkspans.h"

#include "net/http.h"

/* The row of a turn: by the captured packet that began it. NULL: none. */
static const struct http_joined *row_of(const struct mkspans *k, const struct mkjoin_turn *t)
{
	size_t n;
	const struct http_joined *rows = join_http(k->join, &n);

	for (size_t i = 0; i < n; i++) {
		const struct http_tx *tx = rows[i].packets;

		if (tx != NULL && t->packet_first[0] != 0 && tx->request.first_num == t->packet_first[0] &&
		    tx->request.start == t->start[0]) {
			return &rows[i];
		}
	}
	return NULL;
}

/* The row of a turn by the call of the server that read its request. */
static const struct http_joined *row_read_by(const struct mkspans *k, const struct mkjoin_turn *t)
{
	size_t n;
	const struct http_joined *rows = join_http(k->join, &n);

	for (size_t i = 0; i < n; i++) {
		const struct http_tx *tx = rows[i].calls[0];

		if (tx != NULL && tx->request.last_num == t->served[1][0].last_num && tx->target != NULL &&
		    strcmp(tx->target->bytes, t->target) == 0) {
			return &rows[i];
		}
	}
	return NULL;
}

static bool read_whole(const struct mkjoin_turn *t)
{
	return t->http && t->status != 0 && t->served[1][0].last_num != 0 && t->served[1][1].first_num != 0;
}

static void check_server(const struct mkjoin *j, const struct mkjoin_turn *t, const struct http_joined *r)
{
	const struct mkjoin_served *req = &t->served[1][0];
	const struct mkjoin_served *res = &t->served[1][1];

	CU_ASSERT_EQUAL(r->read_num, req->last_num);
	CU_ASSERT_EQUAL(r->read_ns, req->last_end_ns);
	CU_ASSERT_EQUAL(r->first_write_num, res->first_num);
	CU_ASSERT_EQUAL(r->first_write_ns, res->first_end_ns);
	CU_ASSERT_EQUAL(r->last_write_num, res->last_num);
	CU_ASSERT_EQUAL(r->accept_num, j->conn[t->conn].end[1].open_num);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r->server);
	CU_ASSERT_EQUAL(r->server->tid[0], j->task[req->last_task].tid);
	CU_ASSERT_EQUAL(r->server->tid[1], j->task[res->first_task].tid);
	CU_ASSERT_EQUAL(mkjoined_pid(r->server->sock->section, r->server->process[0]), j->task[req->last_task].pid);
	CU_ASSERT_NOT_EQUAL(r->span, UINT32_MAX);
	if (j->knobs.enters) {
		CU_ASSERT_FALSE(r->think_bound);
		CU_ASSERT_EQUAL(r->think_ns, res->first_begin_ns - req->last_end_ns);
	} else {
		CU_ASSERT_TRUE(r->think_bound);
		CU_ASSERT_EQUAL(r->think_ns, res->first_end_ns - req->last_end_ns);
	}
}

static void check_client(const struct mkjoin *j, const struct mkjoin_turn *t, const struct http_joined *r)
{
	const struct mkjoin_served *asked = &t->served[0][0];

	if (asked->last_num != 0) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(r->client);
		CU_ASSERT_EQUAL(r->client->tid[0], j->task[asked->first_task].tid);
	}
}

/* How many turns there were to look at. */
static unsigned int check_story(const struct mkjoin_knobs *knobs)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkspans k;
	unsigned int n = 0;

	mkjoin_init(&j, knobs);
	mkjoin_shop(&j, &s);
	mkspans_of(&k, &j.calls, &j.packets);
	for (size_t i = 0; i < j.turn_count; i++) {
		const struct mkjoin_turn *t = &j.turn[i];
		const struct http_joined *r = row_of(&k, t);

		if (!read_whole(t) || !j.conn[t->conn].wire || r == NULL || t->conn == s.bait_calls ||
		    t->conn == s.bait_packets) {
			continue;
		}
		if (knobs != NULL && knobs->call_snaplen == UINT32_MAX && r->pair == NULL) {
			continue;	/* the middle of a conversation without content may be anybody's */
		}
		check_server(&j, t, r);
		check_client(&j, t, r);
		n++;
	}
	mkspans_release(&k);
	mkjoin_release(&j);
	return n;
}

static void test_http_join_finds_calls_of_every_request(void)
{
	unsigned int all = check_story(NULL);

	CU_ASSERT_TRUE(all > SHOP_SHORT);
	CU_ASSERT_EQUAL(check_story(&(struct mkjoin_knobs){ .enters = true }), all);
	CU_ASSERT_EQUAL(check_story(&(struct mkjoin_knobs){ .one_file = true }), all);
	CU_ASSERT_EQUAL(check_story(
				&(struct mkjoin_knobs){ .offset_ns = -7200 * (int64_t)NSEC_PER_SEC, .drift_ppm = 50 }),
			all);
	CU_ASSERT_EQUAL(check_story(&(struct mkjoin_knobs){ .again_every = 7 }), all);
}

static void test_http_join_needs_no_data_in_calls(void)
{
	struct mkjoin_knobs knobs = { .call_snaplen = UINT32_MAX };

	CU_ASSERT_TRUE(check_story(&knobs) > SHOP_SHORT);
}

/* With delays that are all known: the packet's time is a true one, the clock's error is small. */
static void test_http_join_measures_wire_delays(void)
{
	struct mkjoin_knobs knobs = { .enters = true, .digits = 9, .one_file = true };
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkspans k;
	const struct mkjoin_turn *t;
	const struct http_joined *r;

	mkjoin_init(&j, &knobs);
	mkjoin_shop(&j, &s);
	mkspans_of(&k, &j.calls, &j.packets);
	t = &j.turn[s.upload_turn];
	r = row_of(&k, t);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_FALSE(r->write_bound);
	CU_ASSERT_TRUE(llabs((int64_t)r->wire_to_read_ns -
			     (int64_t)(t->served[1][0].last_end_ns - t->packet_last_ns[0])) <= 1000000);
	CU_ASSERT_TRUE(llabs((int64_t)r->write_to_wire_ns -
			     (int64_t)(t->packet_first_ns[1] - t->served[1][1].first_begin_ns)) <= 1000000);
	mkspans_release(&k);
	mkjoin_release(&j);
}

/* No packets at all: both ends' calls tell it. */
static void test_http_join_works_from_calls_alone(void)
{
	struct mkjoin_knobs knobs = { .enters = true, .call_snaplen = 256 };
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkspans k;
	unsigned int n = 0;

	mkjoin_init(&j, &knobs);
	mkjoin_shop(&j, &s);
	mkspans_of(&k, &j.calls, NULL);
	for (size_t i = 0; i < j.turn_count; i++) {
		const struct mkjoin_turn *t = &j.turn[i];
		const struct http_joined *r = row_read_by(&k, t);

		if (!read_whole(t) || t->conn == s.shared || t->conn == s.sendfile ||
		    j.conn[t->conn].end[1].open_num == 0 || t->served[0][0].last_num == 0) {
			continue;
		}
		CU_ASSERT_PTR_NOT_NULL_FATAL(r);
		CU_ASSERT_PTR_NULL(r->packets);
		CU_ASSERT_PTR_NOT_NULL(r->calls[1]);
		CU_ASSERT_EQUAL(r->calls[0]->status, t->status);
		CU_ASSERT_EQUAL(r->wire_to_read_ns, UINT64_MAX);
		check_server(&j, t, r);
		check_client(&j, t, r);
		n++;
	}
	CU_ASSERT_TRUE(n > SHOP_SHORT);
	mkspans_release(&k);
	mkjoin_release(&j);
}

/* No calls at all: rows with unknowns. */
static void test_http_join_works_from_packets_alone(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkspans k;
	const struct http_joined *rows;
	size_t n;

	mkjoin_init(&j, NULL);
	mkjoin_shop(&j, &s);
	mkspans_of(&k, NULL, &j.packets);
	rows = join_http(k.join, &n);
	CU_ASSERT_TRUE(n > SHOP_SHORT);
	for (size_t i = 0; i < n; i++) {
		CU_ASSERT_PTR_NOT_NULL(rows[i].packets);
		CU_ASSERT_PTR_NULL(rows[i].server);
		CU_ASSERT_EQUAL(rows[i].think_ns, UINT64_MAX);
		CU_ASSERT_EQUAL(rows[i].read_num, 0);
		CU_ASSERT_EQUAL(rows[i].span, UINT32_MAX);
	}
	mkspans_release(&k);
	mkjoin_release(&j);
}

/* Requests, responses or both are lost from the packets: each transaction has one row all the same, with the server's
 * calls and both ends' view of it. (Without the first request, what the packets hold of the others is not the
 * join's.) */
static void test_http_join_after_loss(void)
{
	unsigned int requests = 0;
	unsigned int responses = 0;

	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct mkjoin_knobs knobs = {
			.seed = seed, .lose_per_mille = 250, .enters = true, .call_snaplen = 256
		};
		uint32_t server, client, c;
		struct mkspans k;
		struct mkjoin j;
		char target[32];
		size_t n;

		mkjoin_init(&j, &knobs);
		server = mkjoin_process(&j, 100, "nginx");
		client = mkjoin_process(&j, 200, "curl");
		mkjoin_listen(&j, server, MKJOIN_TCP, "10.0.0.2", 80, NULL);
		c = mkjoin_conn(&j, MKJOIN_TCP, "10.0.0.1", 40000, "10.0.0.2", 80);
		mkjoin_connect(&j, c, client);
		mkjoin_accept(&j, c, server);
		for (unsigned int i = 0; i < 20; i++) {
			snprintf(target, sizeof(target), "/page/%u", i);
			mkjoin_get(&j, c, client, server, target, 100 + i);
		}
		mkjoin_close(&j, c, 0, client);
		mkjoin_finish(&j);
		mkspans_of(&k, &j.calls, &j.packets);
		(void)join_http(k.join, &n);
		/* Two rows where nobody can tell which request a response answers. */
		CU_ASSERT_TRUE(j.turn[0].packet_first[0] == 0 || (n >= j.turn_count && n <= j.turn_count + 2));
		for (size_t i = 0; i < j.turn_count && j.turn[0].packet_first[0] != 0; i++) {
			const struct http_joined *r = row_read_by(&k, &j.turn[i]);

			CU_ASSERT_PTR_NOT_NULL_FATAL(r);
			CU_ASSERT_PTR_NOT_NULL(r->calls[1]);
			if (r->packets == NULL || (~r->packets->flags & (HTTP_REQUEST | HTTP_RESPONSE)) == 0) {
				continue;
			}
			check_server(&j, &j.turn[i], r);
			check_client(&j, &j.turn[i], r);
			requests += (r->packets->flags & HTTP_REQUEST) == 0;
			responses += (r->packets->flags & HTTP_RESPONSE) == 0;
		}
		mkspans_release(&k);
		mkjoin_release(&j);
	}
	CU_ASSERT_TRUE(requests > 8 && responses > 8);	/* the case is there */
}

/* Nobody is joined with a conversation of the same ports and other bytes. */
static void test_http_join_leaves_others_alone(void)
{
	struct mkjoin j;
	struct mkjoin_shop s;
	struct mkspans k;

	mkjoin_init(&j, NULL);
	mkjoin_shop(&j, &s);
	mkspans_of(&k, &j.calls, &j.packets);
	for (size_t i = 0; i < j.turn_count; i++) {
		const struct http_joined *r = row_of(&k, &j.turn[i]);

		if (r != NULL && (j.turn[i].conn == s.bait_packets || j.turn[i].conn == s.unseen_calls)) {
			CU_ASSERT_PTR_NULL(r->server);
			CU_ASSERT_PTR_NULL(r->client);
			CU_ASSERT_EQUAL(r->read_num, 0);
		}
	}
	mkspans_release(&k);
	mkjoin_release(&j);
}

void suite_http_join(CU_pSuite suite);
void suite_http_join(CU_pSuite suite)
{
	CU_add_test(suite, "test_http_join_finds_calls_of_every_request", test_http_join_finds_calls_of_every_request);
	CU_add_test(suite, "test_http_join_needs_no_data_in_calls", test_http_join_needs_no_data_in_calls);
	CU_add_test(suite, "test_http_join_measures_wire_delays", test_http_join_measures_wire_delays);
	CU_add_test(suite, "test_http_join_works_from_calls_alone", test_http_join_works_from_calls_alone);
	CU_add_test(suite, "test_http_join_works_from_packets_alone", test_http_join_works_from_packets_alone);
	CU_add_test(suite, "test_http_join_after_loss", test_http_join_after_loss);
	CU_add_test(suite, "test_http_join_leaves_others_alone", test_http_join_leaves_others_alone);
}
