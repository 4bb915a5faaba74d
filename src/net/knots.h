/*
 * knots.h - where the bytes of one direction of a connection lie in time: for packets the segments, for syscalls
 * the calls, as a compact list in order of the stream.
 *
 * Delta-coded in bytes (about 12, or 20 with prints), so that a capture's length costs little; beyond LIMIT_KNOT_BYTES
 * of a section nothing more is added and the list says so (cut). Lists lie in the room of their shard, in chunks that
 * begin small: most connections are short. One thread at a time while they grow, constant afterwards.
 */
#ifndef NET_KNOTS_H
#define NET_KNOTS_H

#include "base/arena.h"
#include "base/err.h"

struct knot {
	uint64_t offset;	/* of its first byte in the stream */
	uint32_t len;		/* bytes; 0 for a mark without bytes (KNOT_OPEN, KNOT_END) */
	uint32_t deep;		/* knot_deep of its first bytes; 0: too few, or not captured */
	uint64_t ts_ns;		/* packets: when it was captured; calls: when it returned */
	uint64_t begin_ns;	/* calls: begin, exact or its lower bound; 0 unknown. packets: 0 */
	uint64_t num;		/* packet number, or raw number of the event */
	uint32_t user;		/* calls: index of the thread in the socket's list of users. packets: 0 */
	uint32_t print;		/* knot_print of its first bytes; 0: none were captured */
	uint8_t kind;		/* enum knot_kind */
	bool begin_exact;
};

enum knot_kind {
	KNOT_DATA,
	KNOT_OPEN,	/* SYN (packets); connect began or accept returned (calls) */
	KNOT_END,	/* FIN, or RST; close, shutdown or a read of 0 */
	KNOT_AGAIN,	/* a retransmission of bytes already listed */
	KNOT_BLIND,	/* calls: bytes that no call shows (sendfile without data is not blind: it has a count) */
};

/* Of the first bytes (at most KNOT_PRINT_BYTES) at a place of a stream; never 0. Both sides use it, so equal bytes of
 * equal count agree. A place has a print only if that many of its bytes, or all, were captured: then its length tells
 * the count. */
#define KNOT_PRINT_BYTES 8
uint32_t knot_print(const uint8_t *p, size_t n);
/* The same of at most KNOT_DEEP_BYTES, for what begins like all others of its kind ("HTTP/1.1"). 0 for what is no
 * longer than a print. */
#define KNOT_DEEP_BYTES 64
uint32_t knot_deep(const uint8_t *p, size_t n);
/* Both prints of a place of len bytes of which the first captured ones are at p, each only if it may be had: print in
 * the lower half, deep in the upper. */
uint64_t knot_prints(const uint8_t *p, size_t captured, size_t len);

/* Memory of many lists, and how much more of it they may take. */
struct knot_room {
	struct arena arena;
	size_t left;
};

void knot_room_init(struct knot_room *r, size_t bytes);
void knot_room_release(struct knot_room *r);

struct knot_chunk;

/* Empty when zeroed; gone with its room. */
struct knots {
	struct knot_chunk *first, *last;	/* in the room */
	uint32_t count;
	/* Of the knot added last: the next one's differences are to it. end: the offset behind it. */
	uint32_t user;
	uint64_t end, ts_ns, num;
	uint8_t kind;
	bool cut;
};

/* 0 or ERR_NOMEM. */
int knots_add(struct knots *k, const struct knot *x, struct knot_room *r);

/* Takes back the knots added since the mark was made. */
struct knots_mark {
	struct knots k;
	uint32_t chunk_len;
};
struct knots_mark knots_mark(const struct knots *k);
void knots_take_back(struct knots *k, const struct knots_mark *m);

/* Walks in the order of adding: start zeroed. False at the end. */
struct knot_walk {
	const struct knot_chunk *chunk;
	uint32_t at;		/* in the chunk */
	uint32_t seen;
	struct knot last;
};
bool knots_next(const struct knots *k, struct knot_walk *w, struct knot *ret_x);

#endif
