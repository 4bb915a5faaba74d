/*
 * lookup.h - from a packet to the call that carried its bytes, and from a call to the packets, over the pairs of a
 * join.
 *
 * Made once after the join, constant afterwards: any thread may ask. Questions come from a second run over the same
 * inputs (print --join, annotate), whose sections and flows are other objects with the same names and numbers: a
 * section is found by the name of its source and its index, a flow by its first packet. About 45 bytes for each packet
 * with bytes and each call of the pairs; packets without bytes (acknowledgements) are known by their flow.
 */
#ifndef JOIN_LOOKUP_H
#define JOIN_LOOKUP_H

#include "join/match.h"

struct lookup;
struct lookup_section;

/* Pairs and sources (of the run that was joined) are borrowed until lookup_free. 0 or ERR_NOMEM. */
int lookup_new(const struct pair *pairs, size_t count, struct source *const *sources, uint32_t source_count,
	       struct lookup **ret_lk, struct err *e);
void lookup_free(struct lookup *lk);

/* The joined section that s, of any run, is. NULL: there is none, or several sources have that name. */
const struct lookup_section *lookup_section(const struct lookup *lk, const struct section *s);
/* Its own, as the joined run has it: for state and interfaces. */
const struct section *lookup_section_joined(const struct lookup_section *ls);

/* What is known of calls beyond their bytes: told before anything is asked, for any call (others than those of the
 * pairs are passed over). raw: number of its event; shown: its ordinal as print shows it; type: of the event. Main
 * thread. */
void lookup_tell_call(struct lookup *lk, const struct section *s, uint64_t raw, uint64_t shown, uint16_t type);

struct lookup_call {
	uint64_t raw;			/* event number; 0: no call is known */
	uint64_t shown;			/* 0: was not told */
	uint16_t type;			/* of the event, when shown is known */
};

/* Whose packet it is. */
struct packet_owner {
	const struct pair *pair;
	const struct pair_side *side;	/* its sock is not NULL */
	bool sender;			/* that side sent the packet; else it is the one that got it */
	uint32_t process;		/* id within the section of the socket */
	int64_t tid;
	struct lookup_call call;	/* that carried its first byte; of a SYN or FIN the call that caused it */
	uint32_t calls;			/* that carried its bytes; counting ends at LOOKUP_CALLS_MAX */
};
#define LOOKUP_CALLS_MAX 64u

/* from: end of the flow's key that sent the packet. False: no recorded process has to do with it. */
bool lookup_packet(const struct lookup *lk, const struct lookup_section *packets, const struct flow *f,
		   unsigned int from, uint64_t num, struct packet_owner *ret_o);

/* Packets that carried a call's bytes, as runs of numbers. */
struct frame_run {
	const struct section *packets;	/* as joined */
	uint64_t first, last;
};

struct frames {
	struct frame_run *runs;		/* owns; growable, kept for reuse */
	size_t count, cap;
	bool cut;			/* there are more than LOOKUP_FRAMES_MAX */
	const struct pair *pair;	/* the first, where several captures hold the flow */
	const struct pair_side *side;
};
#define LOOKUP_FRAMES_MAX 65536u

void frames_release(struct frames *f);
/* raw: number of the event. False: not a call of a joined socket (or no memory for the list). True with no runs: none
 * of its bytes was captured, or where they lie is unknown. */
bool lookup_call(const struct lookup *lk, const struct lookup_section *calls, uint64_t raw, struct frames *io_f);

#endif
