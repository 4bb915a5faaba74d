/*
 * match.h - flows with sockets: which are one connection, how well that is proven, and how far their
 * clocks are apart.
 *
 * Candidates share the tuple (protocol and both ends; mapped addresses folded; VLAN, tunnel and loopback
 * scope left out) or, behind NAT, part of it. What decides is the bytes: the counts of calls are ranges
 * of the stream, and prints of payload at equal places must agree (knots.h). Closeness of clocks never
 * joins, and its lack never separates: it is asked only where bytes cannot tell generations of one tuple
 * apart. One flow has at most one socket on each side. One socket has at most one flow, but for views of
 * the same: each section of packets, and in it each VLAN, tunnel and loopback scope, is matched by
 * itself; and a flow that was cut in time (idle, given up under a ceiling) goes on in the next.
 *
 *     struct match *m;
 *     match_new(sources, count, &opt, &m, e);     after all freezes, one thread
 *     match_pairs(m, &n) ...                      constant; sets sock->match
 *     match_free(m);
 */
#ifndef JOIN_MATCH_H
#define JOIN_MATCH_H

#include "join/sock.h"

enum match_reason {
	MATCH_SEQUENCE,		/* same tuple and sequence numbers: exact */
	MATCH_TUPLE_BYTES,	/* same tuple, bytes agree */
	MATCH_TUPLE,		/* same tuple and counts, no payload captured on one side: weaker */
	MATCH_NAT,		/* payload agrees, tuple does not: a proposal, marked */
	MATCH_REASONS
};

/* "tuple and bytes", ...: never NULL. */
const char *match_reason_name(uint8_t reason);

/* Why a flow or socket has no partner. */
enum unmatched_reason {
	UNMATCHED_NO_OTHER,		/* the input holds no syscalls (packets) at all */
	UNMATCHED_NO_TUPLE,		/* nobody on the other side has this tuple */
	UNMATCHED_OUTSIDE,		/* same, and the other side's capture does not cover its time (clock known) */
	UNMATCHED_BYTES_DIFFER,		/* same tuple, but the payload contradicts: another connection, another host */
	UNMATCHED_GENERATION,		/* the tuple's other generations took the candidates */
	UNMATCHED_LOCAL,		/* socket: loopback or unix, which no captured interface carries */
	UNMATCHED_NEVER_CONNECTED,	/* socket: no peer (listening, failed connect, unused) */
	UNMATCHED_TOO_LITTLE,		/* no bytes and no time to tell candidates apart */
	UNMATCHED_NO_SOCKET_PROTO,	/* flow: ICMP and others that have no socket here */
	UNMATCHED_FILTERED,		/* flow: an end is this host, but no process of it has such a socket in the capture */
	UNMATCHED_REASONS
};
const char *unmatched_reason_text(uint8_t reason);

/* From socket offset "from" on, the shift is this. */
struct shift_piece {
	uint64_t from;
	int64_t shift;
};

/* One side of a pair: the socket, and where its bytes lie in the flow's streams. */
struct pair_side {
	struct sock *sock;		/* NULL: that side's host was not recorded */
	int64_t shift[2];		/* stream offset in the flow minus in the socket; [0] received, [1] sent by this socket */
	bool aligned[2];		/* shift is known */
	uint32_t agree, differ;		/* places of equal offset whose prints agree, or not */
	int64_t byte_difference[2];	/* flow minus socket, after alignment */
	bool equal_bytes[2];		/* both saw the direction's start, and the counts are the same */
	bool assumed;			/* other candidates fit as well: time or order decided */
	/* Where the shift changes because calls (or datagrams) are missing: pieces of direction 0, then of 1, in
	 * order; NULL where shift[] holds everywhere. In the match's arena. */
	const struct shift_piece *pieces;
	uint32_t piece_count[2];
};

/* Shift at a socket's offset; dir: 0 received, 1 sent. */
int64_t pair_shift(const struct pair_side *s, unsigned int dir, uint64_t offset);

struct pair {
	const struct flow *flow;
	const struct section *packets;	/* section of the flow */
	struct pair_side side[2];	/* by end of the flow's key */
	uint8_t reason;			/* enum match_reason */
	uint8_t confidence;		/* percent; how it is made: match.c */
	uint32_t clock[2];		/* index of the clock_pair of each side; UINT32_MAX: no socket */
};

/*
 * packets' clock minus syscalls' clock, for one section of each; how it is found: clock.c. Pairs of
 * sections with at least one pair of flow and socket, and sections that hold both kinds.
 */
enum clock_origin { CLOCK_UNKNOWN, CLOCK_ESTIMATED, CLOCK_GIVEN, CLOCK_SAME_FILE };

struct clock_pair {
	const struct section *calls, *packets;
	uint8_t origin;			/* enum clock_origin */
	int64_t offset_ns;		/* best estimate at at_ns */
	int64_t low_ns, high_ns;	/* the offset lies between them at at_ns; INT64_MIN and INT64_MAX: not bounded from that side */
	double drift_ppm;		/* 0 when not observable */
	bool drift_known;
	uint64_t at_ns;			/* by the syscalls' clock: where offset_ns holds */
	uint64_t bounds_low, bounds_high, outliers;	/* causal bounds used from each side, and contradicted ones */
	uint32_t flows;			/* that gave bounds */
};

/* Maps a time of packets to the syscalls' clock, and back; 0 and unknown clocks: 0. */
uint64_t clock_to_calls(const struct clock_pair *c, uint64_t packet_ns);
uint64_t clock_to_packets(const struct clock_pair *c, uint64_t call_ns);

struct match;

struct match_options {
	bool offset_given;
	int64_t offset_ns;		/* packets minus syscalls, for all sections */
};

/* Sources are borrowed until match_free; their nets and socks are frozen. 0 or ERR_NOMEM. */
int match_new(struct source *const *sources, uint32_t count, const struct match_options *opt, struct match **ret_m,
	      struct err *e);
void match_free(struct match *m);

/* By section of packets (source, section), then flow. */
const struct pair *match_pairs(const struct match *m, size_t *ret_count);
/* By section of syscalls, then of packets. */
const struct clock_pair *match_clocks(const struct match *m, size_t *ret_count);
/* The clock of two sections, or NULL. */
const struct clock_pair *match_clock(const struct match *m, const struct section *calls, const struct section *packets);
/* NULL: none. Of a socket, the first and best of them (as sock->match). */
const struct pair *match_pair_of_flow(const struct match *m, const struct flow *f);
const struct pair *match_pair_of_sock(const struct match *m, const struct sock *s);
/* Of one without pair; UNMATCHED_REASONS if it has one. */
enum unmatched_reason match_flow_reason(const struct match *m, const struct flow *f);
enum unmatched_reason match_sock_reason(const struct match *m, const struct sock *s);

#endif
