/*
 * http_heir.h - what follows an HTTP upgrade or a CONNECT on the same connection: another analyzer, known by
 * name or found by its first bytes, fed through the HTTP analyzer from the very byte on where the protocol
 * changes.
 *
 * Bytes of which nobody knows yet whose they are stand in a log: chunks, gaps and ends of both directions in
 * the order they came. One thread at a time.
 */
#ifndef NET_HTTP_HEIR_H
#define NET_HTTP_HEIR_H

#include "base/buf.h"
#include "net/analyzer.h"

struct http_log {
	struct buf bytes;	/* at most LIMIT_HTTP_HEAD_BYTES */
};

void http_log_init(struct http_log *l);
void http_log_release(struct http_log *l);
/* 0, ERR_NOMEM, or ERR_LIMIT when it is full. */
int http_log_data(struct http_log *l, unsigned int dir, const struct chunk *c);
int http_log_gap(struct http_log *l, unsigned int dir, uint64_t offset, uint64_t len, uint64_t ts_ns, uint64_t num);
int http_log_end(struct http_log *l, unsigned int dir, enum talk_end how, uint64_t ts_ns, uint64_t num);
/* Hands all of it to an analyzer, in order, and leaves it empty; goes on after nothing but success. */
int http_log_replay(struct http_log *l, const struct analyzer *a, void *st);

struct http_heir {
	struct talk *t;			/* borrowed */
	const struct analyzer *a;	/* NULL while looking for one */
	void *st;			/* owns; its state */
	struct http_log log;		/* while looking */
	uint8_t level;			/* analyzers around the one to open */
	bool active;			/* bytes go here */
	bool refused[2];		/* nobody wants what this direction began with */
};

/* Tunnels in tunnels: each is one more analyzer around. */
#define HTTP_HEIR_LEVELS 4

/* From now on bytes go here. a: NULL to find one by content. tx: the transaction that led here. 0 or ERR_NOMEM. */
int http_heir_start(struct http_heir *h, struct talk *t, uint8_t level, const struct analyzer *a, struct http_tx *tx);
int http_heir_data(struct http_heir *h, unsigned int dir, const struct chunk *c);
int http_heir_gap(struct http_heir *h, unsigned int dir, uint64_t offset, uint64_t len, uint64_t ts_ns, uint64_t num);
int http_heir_end(struct http_heir *h, unsigned int dir, enum talk_end how, uint64_t ts_ns, uint64_t num);
void http_heir_release(struct http_heir *h);

#endif
