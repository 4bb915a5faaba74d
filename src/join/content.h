/*
 * content.h - the bytes of chosen conversations, put together from the packets and the calls that carried them.
 *
 * A first pass has joined everything and kept where bytes lie in time, not the bytes (net/knots.h). From that this
 * makes a list of wanted places; a second pass over the same inputs fills them; then each direction is one row of
 * pieces: bytes of packets where they were captured, of calls where packets lack them, gaps where neither has.
 *
 *     content_new, content_add_* (main thread), content_ready
 *     content_feed                        second pass: any worker, any order of batches
 *     content_direction ...               main thread
 *
 * Sections of the second pass are known by the name of their source and their index.
 */
#ifndef JOIN_CONTENT_H
#define JOIN_CONTENT_H

#include "join/join.h"

enum content_view { CONTENT_BOTH, CONTENT_OF_PACKETS, CONTENT_OF_CALLS };

struct content;
int content_new(enum content_view view, struct content **ret_c);
void content_free(struct content *c);

/* One conversation: a flow with the sockets at its ends, or a socket (and its peer in the same capture) without
 * packets. j may be NULL. *ret_talk: its number, from 0. Adding one again gives the number it has. 0, ERR_NOMEM,
 * ERR_LIMIT (LIMIT_FOLLOW_PLACES). */
int content_add_flow(struct content *c, const struct join *j, const struct flow *f, uint32_t *ret_talk);
int content_add_sock(struct content *c, const struct join *j, const struct sock *s, uint32_t *ret_talk);
uint32_t content_count(const struct content *c);

struct content_talk {
	const struct flow *flow;	/* NULL: no packets */
	const struct sock *sock[2];	/* of the client, of the server; NULL: not recorded */
};
const struct content_talk *content_talk(const struct content *c, uint32_t talk);

/* After the last one was added. 0 or ERR_NOMEM. */
int content_ready(struct content *c);
/* One batch of the second pass, stamped and dissected. 0, ERR_NOMEM. Bytes beyond LIMIT_FOLLOW_BYTES are left out: they
 * are gaps. */
int content_feed(struct content *c, const struct batch *b);
bool content_full(const struct content *c);	/* that ceiling was reached */

enum content_gap { GAP_NONE, GAP_CUT, GAP_MISSING };	/* cut: seen, but not captured (snaplen); missing: never seen */

struct content_piece {
	uint64_t offset, len;	/* in the direction's stream */
	const uint8_t *bytes;	/* len of them; NULL: a gap */
	uint8_t gap;		/* enum content_gap */
	bool calls;		/* the bytes are a call's */
	uint64_t ts_ns;		/* of the packet or call, by the syscalls' clock where it is known; of a gap: what comes after it */
	uint64_t num;		/* of the packet or event as print shows it, 0 for gaps */
	const struct source *source;	/* of the first pass; NULL for gaps */
};

/* dir 0: what the client said. Pieces in order without holes, from offset 0; to be freed, bytes stay the content's. 0
 * or ERR_NOMEM. */
int content_direction(const struct content *c, uint32_t talk, unsigned int dir, struct content_piece **ret_pieces,
		      size_t *ret_count);

#endif
