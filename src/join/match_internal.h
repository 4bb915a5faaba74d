/*
 * match_internal.h - the parts of matching as they see each other: likeness of one flow and one socket
 * (match_bytes.c, match_align.c), candidates by tuple (match_tuple.c, match_group.c, match_many.c), by
 * one end and payload (match_payload.c), reasons (match_reasons.c), bounds and fit of clocks (clock*.c).
 * All of it runs on one thread.
 */
#ifndef JOIN_MATCH_INTERNAL_H
#define JOIN_MATCH_INTERNAL_H

#include "base/arena.h"
#include "join/match.h"

/* ---- match_bytes.c, match_align.c: are they one connection, by their bytes?
 * --------------------------------------- */

/* A place in a stream with what is known of its first bytes. */
struct place {
	uint64_t offset;
	uint32_t len;
	uint32_t print;
	uint32_t deep;
};

/* Prints are made of so many bytes at most: those of shorter places say nothing about longer ones. */
static inline bool place_comparable(const struct place *a, const struct place *b)
{
	return a->print != 0 && b->print != 0 && min_u64(a->len, KNOT_PRINT_BYTES) == min_u64(b->len, KNOT_PRINT_BYTES);
}

static inline bool place_deep_comparable(const struct place *a, const struct place *b)
{
	return a->deep != 0 && b->deep != 0 && min_u64(a->len, KNOT_DEEP_BYTES) == min_u64(b->len, KNOT_DEEP_BYTES);
}

/* Of comparable ones. */
static inline bool place_equal(const struct place *a, const struct place *b)
{
	return a->print == b->print && (!place_deep_comparable(a, b) || a->deep == b->deep);
}

struct places {
	struct place *at;	/* owns */
	size_t count, cap;
};

/* Equal prints on both sides. */
struct anchor {
	uint64_t offset;	/* socket's */
	int64_t shift;
	uint32_t before;	/* in a chain */
	bool same_len;
};

/* Memory of comparisons, used again and again. */
struct match_work {
	struct places flow, sock;
	struct place *sorted[2];	/* by print; own */
	size_t sorted_cap[2];
	struct anchor *anchors;		/* owns */
	size_t anchor_count, anchor_cap;
	uint32_t *tails;		/* owns */
	size_t tail_cap;
	struct shift_piece *pieces[2];	/* own; of the last comparison */
	size_t piece_cap[2];
};

void match_work_release(struct match_work *w);
/* The array with room for count items of size bytes, or NULL: no memory (old stays). */
void *match_grow(void *old, size_t *io_cap, size_t count, size_t size);

/* Aligns direction dir of w->flow and w->sock: pieces in w->pieces[dir], their number (0: nothing found)
 * and how many anchors made them. 0 or ERR_NOMEM. */
int match_align(struct match_work *w, unsigned int dir, bool tcp, uint32_t *ret_count, size_t *ret_anchors);

enum counts {
	COUNTS_UNKNOWN,		/* one of both was not seen to its end, or may have lost bytes */
	COUNTS_EQUAL,
	COUNTS_CLASH,		/* both are known and not the same */
};

/* By direction as sock.h has it: 0 received, 1 sent. */
struct likeness {
	int64_t shift[2];
	bool aligned[2];
	uint32_t agree[2], differ[2];
	uint32_t deep[2];		/* of those that agree, by more than the first eight bytes */
	bool fits[2];			/* a call that agrees also ends where a segment does */
	uint8_t counts[2];		/* enum counts */
	bool bytes[2];			/* any at all, on either side */
	bool found;			/* TCP: where bytes lie was not known by both starts */
	bool exact[2];			/* TCP: where bytes lie is known by sequence numbers, and some of them lie in the flow */
	bool apart;			/* by sequence numbers, they lie elsewhere */
	int64_t byte_difference[2];
	uint32_t piece_count[2];	/* in work->pieces; 0: shift holds everywhere */
};

/* So many places of each direction are enough to choose among candidates. */
#define MATCH_GLANCE 64

/* end: of the flow's key that is the socket's own. limit: places of each direction to look at. 0 or
 * ERR_NOMEM. */
int match_bytes(struct match_work *w, const struct flow *f, unsigned int end, const struct sock *s, size_t limit,
		struct likeness *ret_l);

/* Payload or counts contradict: another connection. */
bool likeness_contradicts(const struct likeness *l);
/* Payload agrees. */
bool likeness_proves(const struct likeness *l);
/* Without payload to compare: counts of a connection that was seen whole are the same, and there are
 * bytes at all. */
bool likeness_counts(const struct likeness *l);
/* Sequence numbers say so, and nothing contradicts. */
bool likeness_exact(const struct likeness *l);
/* To choose among candidates that do not contradict: more is better. */
uint32_t likeness_score(const struct likeness *l);

/* ---- match.c
 * ------------------------------------------------------------------------------------------- */

/* What both sides bring: one section's. */
struct flow_list {
	const struct section *section;
	const struct flow *const *rows;
	size_t count;
	size_t first;		/* index of its first flow over all lists */
};

struct sock_list {
	const struct section *section;
	struct sock *const *rows;
	size_t count;
	size_t first;
};

/* Sorted by address, to find the list of a section; no order that is seen comes of it. */
struct section_list {
	const struct section *section;
	uint32_t list;
};

#define NO_PAIR UINT32_MAX

struct match {
	struct match_options opt;
	uint64_t seed;
	struct arena arena;
	struct flow_list *flows;	/* owns; by source, section */
	struct sock_list *socks;	/* owns */
	uint32_t flow_lists, sock_lists;
	size_t flow_count, sock_count;
	struct section_list *by_section[2];	/* own; of flows, of socks: which list is whose */
	uint32_t *pair_of_flow;		/* owns; by index over all lists */
	uint32_t *pair_of_sock;		/* owns; the best so far */
	uint8_t *flow_reason, *sock_reason;	/* own; UNMATCHED_REASONS: none (yet) */
	struct pair *pairs;		/* owns */
	uint32_t pair_count, pair_cap;
	struct clock_pair *clocks;	/* owns; by calls list, packets list */
	uint32_t clock_count;
	struct match_work work;
};

/* As match_new, from lists made by hand: taken over. */
int match_lists(struct flow_list *flows, uint32_t flow_lists, struct sock_list *socks, uint32_t sock_lists,
		const struct match_options *opt, struct match **ret_m);

/* kind: 0 flows, 1 socks. The section's list, or UINT32_MAX. */
uint32_t match_list_of(const struct match *m, unsigned int kind, const struct section *s);
size_t match_flow_index(const struct match *m, const struct flow *f);
size_t match_sock_index(const struct match *m, const struct sock *s);
/* List and row of an index. */
const struct flow *match_flow_at(const struct match *m, size_t i, uint32_t *ret_list);
struct sock *match_sock_at(const struct match *m, size_t i, uint32_t *ret_list);
/* The socket's part of the flow's pair, or NULL. */
const struct pair_side *match_side(const struct match *m, size_t flow, unsigned int end);
/* Joins them; l and the pieces in work are those of match_bytes of both. 0 or ERR_NOMEM. */
int match_add(struct match *m, size_t flow, unsigned int end, size_t sock, enum match_reason reason,
	      const struct likeness *l, bool assumed);

/* Of a socket or flow without partner; what tells most is kept. */
void match_refuse_flow(struct match *m, size_t flow, enum unmatched_reason why);
void match_refuse_sock(struct match *m, size_t sock, enum unmatched_reason why);

/* Do their times meet, as far as the clock is known? apart: distance of their starts, 0 where one is not
 * known. */
enum meeting { MEET_UNKNOWN, MEET_NO, MEET_YES };
enum meeting match_meet(const struct match *m, const struct flow *f, const struct sock *s, uint64_t *ret_apart_ns);
bool match_clock_known(const struct match *m, const struct section *calls, const struct section *packets);

/* A tuple in the order of roles; what is not known is zeros. */
struct ends {
	uint8_t remote[16], local[16];
	uint16_t remote_port, local_port;
	uint8_t proto;
	uint8_t zero[3];
};
_Static_assert(sizeof(struct ends) == 40, "compared as bytes");
struct ends ends_of_flow(const struct flow *f, unsigned int local);
struct ends ends_of_sock(const struct sock *s);
bool address_is_zero(const uint8_t addr[16]);
bool address_is_loopback(const uint8_t addr[16]);

/* ---- match_assign.c: who gets whom among several ---------------------------------------------------- */

struct candidate {
	size_t flow, sock;	/* indices over all lists */
	uint64_t apart_ns;
	uint32_t score;
	uint8_t end;		/* of the flow */
	uint8_t meet;		/* enum meeting */
	bool proven;
	bool alike;		/* counts are the same: for those not proven */
	uint32_t order;		/* distance of their places in the order of generations */
};

struct candidates {
	struct candidate *at;	/* owns */
	size_t count, cap;
};

/* Compares at a glance; a candidate that contradicts is not added, *ret_added tells. 0 or ERR_NOMEM. */
int candidates_add(struct match *m, struct candidates *c, size_t flow, unsigned int end, size_t sock, uint32_t order,
		   bool *ret_added);
/*
 * Joins the best first. Candidates that nothing tells apart are left over: at the front of c, their
 * number in *ret_left; those whose flow or socket found a partner are gone. want: what a full comparison
 * must say (it may contradict, where a glance did not); arg is handed to it.
 */
typedef bool candidate_want(const struct match *m, const struct candidate *c, const struct likeness *l, void *arg,
			    enum match_reason *ret_reason);
int candidates_assign(struct match *m, struct candidates *c, candidate_want *want, void *arg, size_t *ret_left);
/* Compares in full and joins, if both are free and want says so. */
int candidate_take(struct match *m, const struct candidate *c, candidate_want *want, void *arg, bool assumed,
		   bool *ret_taken);
void candidates_release(struct candidates *c);

/* ---- match_tuple.c, match_payload.c, match_reasons.c ------------------------------------------------- */

struct tuples;
/* Puts flows and sockets of equal tuples together. 0 or ERR_NOMEM. */
int tuples_new(struct match *m, struct tuples **ret_t);
void tuples_free(struct tuples *t);
enum tuples_pass {
	TUPLES_BYTES,		/* bytes decide */
	TUPLES_SINGLE,		/* counts too, where there is one flow and one socket: clocks come of it */
	TUPLES_LAST		/* order too, where nothing else does, and reasons are given */
};
/* Pairs by tuple, or by what is known of it. Called again as clocks become known: looks at what was left open. */
int tuples_match(struct match *m, struct tuples *t, enum tuples_pass pass);
/* There are groups in which a clock, or another pass, may decide. */
bool tuples_undecided(const struct tuples *t);
/* Sockets of which hardly more than the peer is known, and NAT: payload decides. */
int match_by_payload(struct match *m);
/* Reasons of all that are left. 0 or ERR_NOMEM. */
int match_reasons(struct match *m);

/* ---- clock.c, clock_bounds.c, clock_fit.c ------------------------------------------------------------ */

/* Makes m->clocks from m->pairs and sets pair.clock. 0 or ERR_NOMEM. */
int match_clocks_estimate(struct match *m);

/* packets minus calls at time t_ns of the calls is at least (at most) value_ns. */
struct bound {
	uint64_t t_ns;
	int64_t value_ns;
};

struct bounds {
	struct bound *at;	/* owns */
	size_t count, cap;
};

struct timed;

/* Of all pairs of two sections. */
struct clock_bounds {
	struct bounds low, high;
	uint64_t unit_ns;	/* resolution of the packets' clock */
	size_t slots;		/* per pair: at most so many of each kind are kept, the tightest of equal parts */
	uint32_t flows;
	bool unsure_too;	/* also writes whose places in the stream may be wrong: where there is nothing better */
	/* Of the pair at hand; own. */
	struct bounds fresh_low, fresh_high;
	struct timed *segments, *calls;
	size_t segment_count, segment_cap, call_count, call_cap;
};

/* What one pair says. 0 or ERR_NOMEM. */
int clock_bounds_add(struct clock_bounds *b, const struct flow *f, unsigned int end, const struct pair_side *side);
void clock_bounds_release(struct clock_bounds *b);

/* Fills offset, low, high, drift, at, counts from bounds; reorders them. 0 or ERR_NOMEM. */
int clock_fit(struct clock_bounds *b, struct clock_pair *io_c);

#endif
