/*
 * mkjoincheck.h - what every joined story must fulfil, whatever its captures missed: each connection that both captures
 * hold is one pair with the right sockets, nothing else is a pair, and the clocks' offset lies within its bounds.
 */
#ifndef TESTS_MKJOINCHECK_H
#define TESTS_MKJOINCHECK_H

#include "mkjoined.h"

#define US INT64_C(1000)
#define MS INT64_C(1000000)
#define S INT64_C(1000000000)

/* A failure says which connection it is about. */
static inline bool about_conn(const struct mkjoin *j, uint32_t conn, bool ok, const char *file, int line)
{
	const struct mkjoin_conn *c = &j->conn[conn];

	if (!ok) {
		printf("\n%s:%d: connection %u, %s:%u to %s:%u\n", file, line, conn, c->end[0].ip, c->end[0].port,
		       c->end[1].ip, c->end[1].port);
	}
	return ok;
}

#define CHECK_CONN(story_, conn_, what) CU_ASSERT(about_conn((story_), (conn_), (what), __FILE__, __LINE__))

/* The socket of a pair's side is the one of this end. */
static inline void check_side(const struct mkjoined *k, const struct mkjoin *j, uint32_t conn, unsigned int end,
			      const struct pair_side *side)
{
	const struct mkjoin_end *e = &j->conn[conn].end[end];
	const struct sock *s = side->sock;

	(void)k;
	CHECK_CONN(j, conn, (s != NULL) == (e->first_num != 0));
	if (s == NULL || e->first_num == 0) {
		return;
	}
	CHECK_CONN(j, conn, s->open_num == e->open_num);
	CHECK_CONN(j, conn, s->close_num == e->close_num);
	CHECK_CONN(j, conn, s->bytes[0] == e->bytes[0] && s->bytes[1] == e->bytes[1]);
	CHECK_CONN(j, conn, s->calls[0] >= e->calls[0] && s->calls[1] == e->calls[1]);
	CHECK_CONN(j, conn, s->role == (end == 0 ? SOCK_CLIENT : SOCK_SERVER));
	if (e->open_num != 0) {
		CHECK_CONN(j, conn, s->tid == j->task[e->task].tid);
		CHECK_CONN(j, conn, mkjoined_pid(s->section, s->process) == j->task[e->task].pid);
		CHECK_CONN(j, conn, s->fd_num == e->fd);
	}
}

static inline void check_pair(const struct mkjoined *k, const struct mkjoin *j, uint32_t conn)
{
	const struct pair *p = mkjoined_pair(k, j, conn);

	CHECK_CONN(j, conn, p != NULL);
	if (p == NULL) {
		return;
	}
	for (unsigned int i = 0; i < 2; i++) {
		check_side(k, j, conn, mkjoined_end(j, conn, p->flow, i), &p->side[i]);
		CHECK_CONN(j, conn, p->side[i].differ == 0);
	}
	CHECK_CONN(j, conn, match_pair_of_flow(k->match, p->flow) == p);
}

/* Every pair that must be there, and no other. A refused connect may stand with its two packets or not. */
static inline void check_pairs(const struct mkjoined *k, const struct mkjoin *j)
{
	size_t expected = 0;
	size_t n;
	const struct pair *pairs = match_pairs(k->match, &n);

	for (uint32_t i = 0; i < j->conn_count; i++) {
		if (mkjoin_joinable(j, i) && !j->conn[i].refused) {
			check_pair(k, j, i);
			expected++;
		}
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t conn = mkjoined_conn_of(j, pairs[i].flow);

		CU_ASSERT_NOT_EQUAL(conn, MKJOIN_NONE);
		if (conn != MKJOIN_NONE) {
			CHECK_CONN(j, conn, mkjoin_joinable(j, conn));
			expected += j->conn[conn].refused;
		}
	}
	CU_ASSERT_EQUAL(n, expected);
}

/* All clocks: the true offset between their bounds, the estimate within a distance of it; packets' times come back to
 * the calls' clock within the same. */
static inline void check_clocks(const struct mkjoined *k, const struct mkjoin *j, int64_t within_ns)
{
	size_t n;
	const struct clock_pair *c = match_clocks(k->match, &n);

	CU_ASSERT_TRUE(n > 0);
	for (size_t i = 0; i < n; i++) {
		int64_t truth = mkjoin_offset_at(j, c[i].at_ns);

		CU_ASSERT_EQUAL(c[i].origin, CLOCK_ESTIMATED);
		CU_ASSERT_TRUE(c[i].low_ns <= truth && truth <= c[i].high_ns);
		CU_ASSERT_TRUE(c[i].low_ns <= c[i].offset_ns && c[i].offset_ns <= c[i].high_ns);
		CU_ASSERT_TRUE(c[i].high_ns - c[i].low_ns <= 2 * within_ns);
		CU_ASSERT_TRUE(llabs(c[i].offset_ns - truth) <= within_ns);
		CU_ASSERT_TRUE(c[i].bounds_low > 0 && c[i].bounds_high > 0 && c[i].flows > 0);
		for (size_t p = 0; p < j->packet_count; p += 37) {
			int64_t back = (int64_t)clock_to_calls(&c[i], j->packet[p].stamp_ns);

			CU_ASSERT_TRUE(llabs(back - j->knobs.calls_ahead_ns - (int64_t)j->packet[p].true_ns) <=
				       within_ns);
		}
	}
}

/* A whole shop with these knobs, joined. */
static inline void joined_shop(struct mkjoin *j, struct mkjoin_shop *s, struct mkjoined *k,
			       const struct mkjoin_knobs *knobs)
{
	mkjoin_init(j, knobs);
	mkjoin_shop(j, s);
	mkjoined_story(k, j);
}

static inline void joined_release(struct mkjoin *j, struct mkjoined *k)
{
	mkjoined_release(k);
	mkjoin_release(j);
}

#endif
