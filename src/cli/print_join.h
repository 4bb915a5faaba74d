/*
 * print_join.h - what `thresher print --join` adds to a line: of a packet whose it is and which call carried it, of a
 * call on a socket the packets that carried its bytes.
 *
 * Text, at the end of a line:
 *     {from nginx pid=912 tid=913 write 4711}     sent by it; "to" where only the receiver was recorded; "write 4711 +2": two more
 *     {frames 6,8-14}                             "frames 6,8-14 of b.pcapng" where several sources hold packets
 * with "NAT" and "confidence=60%" in it where the match is one. Numbers are those of the lines.
 *
 * JSON: a last key "join": of a packet {side ("sender" or "receiver"), process, pid, tid, [container], [event, num,
 * calls], source, reason, confidence}, of a call {frames [{source, first, last}], [cut], reason, confidence}.
 */
#ifndef CLI_PRINT_JOIN_H
#define CLI_PRINT_JOIN_H

#include "cli/joined.h"
#include "net/layer.h"

/* One per batch and thread. */
struct print_join {
	const struct joined *joined;
	const struct batch *batch;
	const struct lookup_section *section;	/* NULL: nothing of it is joined */
	bool raw;		/* numbers of events as --raw shows them */
	bool json;
	struct frames frames;
};

void print_join_begin(struct print_join *pj, const struct joined *j, const struct batch *b);
void print_join_end(struct print_join *pj);

/* Append to the line that was just written; JSON: into the object that was just ended. */
void print_join_packet(struct print_join *pj, const struct layer *l, uint64_t num, struct buf *out);
void print_join_event(struct print_join *pj, uint64_t raw_num, struct buf *out);

/* The innermost layer with a joined flow, from l outwards. False: none. annotate asks too. */
bool joined_owner(const struct joined *j, const struct lookup_section *ls, const struct batch *b, const struct layer *l,
		  uint64_t num, struct packet_owner *ret_o);

#endif
