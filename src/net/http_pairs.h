/*
 * http_pairs.h - which response answers which request: in order (RFC 9112, 9.3.2).
 *
 * Holds the requests without response or, where responses became readable before their requests (a packet that
 * was captured late), the responses without request: never both. One thread at a time.
 */
#ifndef NET_HTTP_PAIRS_H
#define NET_HTTP_PAIRS_H

#include "net/http_internal.h"

/* What was asked, as far as it decides how the response is framed. */
enum { ASKED_OTHER, ASKED_HEAD, ASKED_CONNECT, ASKED_BARE };

struct http_pair {
	struct http_tx *tx;
	uint8_t asked;		/* ASKED_ */
	bool pipelined;		/* sent before the response to the one before was there */
};

struct http_pairs {
	struct http_pair *ring;	/* owns */
	uint32_t cap, at, count;
	uint64_t over;		/* requests beyond LIMIT_HTTP_PENDING: their responses will find none */
	bool early;		/* those waiting are responses */
};

void http_pairs_release(struct http_pairs *p);
/* 0 or ERR_NOMEM. Beyond the ceiling it is only counted. */
int http_pairs_push(struct http_pairs *p, const struct http_pair *one);
/* The oldest of those that wait: requests, or with early responses. False: none. */
bool http_pairs_pop(struct http_pairs *p, bool early, struct http_pair *ret_one);
/* The same without taking it, or NULL; of requests. */
const struct http_pair *http_pairs_front(const struct http_pairs *p);
/* Flags for all that wait. */
void http_pairs_mark(struct http_pairs *p, uint32_t flags);

#endif
