/*
 * http_pairs.h - which response answers which request: in order (RFC 9112, 9.3.2).
 *
 * Holds the requests without response or, where responses became readable before their requests (a packet that
 * was captured late), the responses without request: never both. One thread at a time.
 *
 * Where bytes are missing their order does not tell it: nobody knows how many messages were lost. Then a response
 * answers
 *   - no request that its sender had not received: what he had acknowledged when he sent it tells (had);
 *   - the only request that is left, if only requests before it can have lost theirs;
 *   - the first request that was sent when its sender had all bytes before this response, and no others: a client who
 *     waits for all that he asked for before he asks again (one who was seen not to wait is not believed).
 * Any other response answers nobody: no answer is better than somebody else's.
 */
#ifndef NET_HTTP_PAIRS_H
#define NET_HTTP_PAIRS_H

#include "net/http_internal.h"

/* What was asked, as far as it decides how the response is framed. */
enum { ASKED_OTHER, ASKED_HEAD, ASKED_CONNECT, ASKED_BARE, ASKED_LOST };

struct http_pair {
	struct http_tx *tx;	/* NULL: ASKED_LOST */
	uint8_t asked;		/* ASKED_; LOST: requests were lost here */
	bool pipelined;		/* sent before the response to the one before was there */
	uint64_t start;		/* where it begins in the stream of its sender */
	uint64_t had;		/* received of the other stream when it was sent; UINT64_MAX: unknown */
	uint64_t lost;		/* ASKED_LOST: at most so many */
	bool exact;		/* ASKED_LOST: not fewer either */
	bool spent;		/* ASKED_LOST: one was answered, maybe */
};

enum http_answer {
	ANSWERS_NONE,		/* that is waiting */
	ANSWERS_ONE,
	ANSWERS_SOME,		/* of those that wait, nobody knows which */
};

struct http_pairs {
	struct http_pair *ring;	/* owns */
	uint32_t cap, at, count;
	uint64_t over;		/* requests beyond LIMIT_HTTP_PENDING: their responses will find none */
	bool early;		/* those waiting are responses */
	bool doubt;		/* nobody knows how many responses were lost: the next answers the oldest or one behind it */
	bool pipelines;		/* the client asks while answers are due */
};

void http_pairs_release(struct http_pairs *p);
/* 0 or ERR_NOMEM. Beyond the ceiling it is only counted. */
int http_pairs_push(struct http_pairs *p, const struct http_pair *one);
/* The oldest of those that wait: requests, or with early responses. False: none. */
bool http_pairs_pop(struct http_pairs *p, bool early, struct http_pair *ret_one);
/* What a response answers that begins at start and was sent when so much of the requests had come, of which all before
 * known are here. *ret_one: on ANSWERS_ONE, taken out. *ret_asked: what it asked or, of several, the one whose answer
 * has no body; always set. */
enum http_answer http_pairs_answer(struct http_pairs *p, uint64_t start, uint64_t had, uint64_t known,
				   struct http_pair *ret_one, uint8_t *ret_asked);
/* Requests were lost, after those that wait. one: start, lost, exact, spent. 0 or ERR_NOMEM. */
int http_pairs_lost(struct http_pairs *p, struct http_pair one);
/* Responses wait for their requests: those sent when no more than had was there of the requests are nobody's. */
void http_pairs_drop_early(struct http_pairs *p, uint64_t had);
/* The oldest request that waits, not taken; NULL: none, or requests were lost before it. */
const struct http_pair *http_pairs_front(const struct http_pairs *p);
/* Flags for all that wait. */
void http_pairs_mark(struct http_pairs *p, uint32_t flags);

#endif
