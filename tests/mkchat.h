/*
 * mkchat.h - an HTTP conversation for an analyzer, without packets: what each end says, what is missing, how it
 * ends.
 *
 * A conversation is an array of struct said, ended by OVER. It can be played as written (one chunk a row), byte
 * by byte, or with one more cut at any place: the rows that come out must not differ but for times. Chunks are
 * numbered from 1 in the order they are fed; the time of chunk n is n * 1000 ns.
 */
#ifndef TESTS_MKCHAT_H
#define TESTS_MKCHAT_H

#include "base/buf.h"
#include "net/analyzer.h"
#include "net/flow.h"
#include "net/http.h"
#include "net/rows.h"

enum { CHAT_C, CHAT_S, CHAT_OVER = 255 };	/* ends of the key: the client's is 0 unless a test says otherwise */

struct said {
	uint8_t dir;
	const char *bytes;	/* NULL: a gap, or an end */
	size_t len;		/* 0: up to the NUL */
	uint64_t gap;		/* bytes missing */
	bool gap_unknown;
	uint8_t end;		/* 1 + enum talk_end: the direction is over */
};
#define SAID(d, text) { .dir = (d), .bytes = (text), .len = sizeof(text) - 1 }
#define GAP(d, n) { .dir = (d), .gap = (n) }
#define ENDS(d, how) { .dir = (d), .end = 1 + (how) }
#define OVER { .dir = CHAT_OVER }

struct mkchat {
	struct talk talk;
	struct net_rows rows;
	struct flow flow;
	const struct analyzer *analyzer;
	void *st;
	uint64_t off[2];
	uint64_t num;
	bool ended[2];
	size_t step;		/* bytes a chunk; 0: as written */
	size_t cut;		/* one more cut after so many bytes of the whole conversation; 0: none */
	size_t fed;		/* bytes so far */
	bool no_memory;
};

/* client: end taken for it; known: the SYN was seen. */
void mkchat_open(struct mkchat *m, const struct analyzer *a, unsigned int client, bool known);
/* Only before the first bytes: a ceiling of transactions. */
void mkchat_limit(struct mkchat *m, size_t rows);
void mkchat_data(struct mkchat *m, unsigned int dir, const void *p, size_t n);
void mkchat_gap(struct mkchat *m, unsigned int dir, uint64_t len, bool unknown);
void mkchat_end(struct mkchat *m, unsigned int dir, enum talk_end how);
void mkchat_play(struct mkchat *m, const struct said *said);
/* Ends what has not ended (END_GONE) and closes; rows stay. */
void mkchat_close(struct mkchat *m);
void mkchat_release(struct mkchat *m);
size_t mkchat_count(const struct mkchat *m);
const struct http_tx *mkchat_http(const struct mkchat *m, size_t i);
/* All rows as text, without times and packet numbers. */
void mkchat_show(const struct mkchat *m, struct buf *out);
/* Plays it as written, byte by byte and cut at every place, and compares; true when all are alike. Not for
 * conversations with gaps: there it matters where chunks begin. */
bool mkchat_same_in_pieces(const struct analyzer *a, unsigned int client, bool known, const struct said *said);

/* Is a text that? NULL for none. */
bool is_text(const struct text *t, const char *s);

#endif
