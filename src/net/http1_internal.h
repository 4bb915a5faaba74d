/*
 * http1_internal.h - one HTTP/1 connection, as http1.c (bytes and gaps) and http1_message.c (start lines,
 * heads, pairs) see it.
 *
 * Each direction is a machine of its own that goes through START, LINE, HEAD, BODY and back; LOST is where
 * bytes were missing or made no sense: there only the start of a chunk is looked at for the next message. Which
 * direction asks is settled by the first start line seen.
 */
#ifndef NET_HTTP1_INTERNAL_H
#define NET_HTTP1_INTERNAL_H

#include "net/http_body.h"
#include "net/http_head.h"
#include "net/http_heir.h"
#include "net/http_pairs.h"

enum side_state {
	SIDE_START,	/* between messages */
	SIDE_LINE,	/* in a start line */
	SIDE_HEAD,
	SIDE_BODY,
	SIDE_LOST,	/* looking for the next message at the start of each chunk */
	SIDE_HOLD,	/* requests after a CONNECT or an upgrade: what they are the response will say */
	SIDE_ENDED,
};

struct side {
	uint8_t state;			/* enum side_state */
	uint8_t dir;			/* end of the key that sends it */
	uint8_t asked;			/* responses: ASKED_ of the request */
	bool lossy;			/* a message may have passed unseen */
	bool sole;			/* headless, and nobody doubts whose it is */
	bool headless;			/* tx is there, but of its message nothing was read: its start was lost */
	bool head_cut;			/* LOST in the middle of a head */
	bool passed_all;		/* passed is exact */
	uint8_t version;		/* of the message at hand */
	uint16_t status;		/* of the response at hand */
	struct http_tx *tx;		/* of the message at hand, or NULL */
	struct http_message *msg;	/* the request or response of tx */
	struct http_tx *owed;		/* the headless one, to whom the next response belongs if no request waits */
	uint8_t owed_asked;
	struct http_message draft;	/* where the message at hand began, until there is a tx */
	struct http_lines lines;
	struct http_head head;
	struct http_body body;
	uint64_t had;			/* received of the other stream where the draft begins; UINT64_MAX: unknown */
	uint64_t interim;		/* where interim responses began that came before the one at hand; UINT64_MAX: none */
	uint64_t answered_to;		/* requests that had come where a response began; UINT64_MAX: all before the first */
	uint64_t lost_answered;		/* responses that answer none that was seen, while no other request waited */
	uint64_t missed_at;		/* responses: where the one began that is lost */
	uint64_t lost_at;		/* where it was lost, until a request begins; UINT64_MAX: it is not */
	bool lost_between;		/* ... between two messages */
	uint64_t passed;		/* LOST: bytes since the head was cut */
	struct chunk last;		/* where and when the last byte was; no data */
};

struct http1 {
	struct http_out out;
	struct side side[2];		/* by direction */
	struct http_pairs pairs;
	struct http_log held;		/* SIDE_HOLD */
	struct http_heir heir;
	uint8_t client;			/* end that asks: as the tracker has it, until settled */
	bool settled;			/* a start line was read */
	uint8_t level;			/* analyzers around this one */
};

static inline bool is_request_side(const struct http1 *h, const struct side *s)
{
	return s->dir == h->client;
}

/* ---- http1_message.c ---- */

/* The flags of a message in its transaction. */
static inline uint32_t cut_flag(const struct http1 *h, const struct side *s)
{
	return is_request_side(h, s) ? HTTP_REQUEST_CUT : HTTP_RESPONSE_CUT;
}

static inline uint32_t open_flag(const struct http1 *h, const struct side *s)
{
	return is_request_side(h, s) ? HTTP_REQUEST_OPEN : HTTP_RESPONSE_OPEN;
}

static inline uint32_t unsure_flag(const struct http1 *h, const struct side *s)
{
	return is_request_side(h, s) ? HTTP_REQUEST_UNSURE : HTTP_RESPONSE_UNSURE;
}

/* A message may begin with c's first byte: remembers where and when. */
void message_draft(struct http1 *h, struct side *s, const struct chunk *c);
/* It does begin where message_draft was last called; what of it is kept as a line stays. */
void message_begin(struct side *s);
/* A whole start line. 1: it is one, and the state has moved on; 0: it is not; ERR_NOMEM. c: what follows it. */
int message_line(struct http1 *h, struct side *s, const struct http_part *line, const struct chunk *c);
/* What is there of a start line that will not be completed: 1 when that is enough for a transaction (flags are set
 * in it), 0, ERR_NOMEM. */
int message_line_cut(struct http1 *h, struct side *s, uint32_t flags, const struct chunk *c);
/* A body without head: HTTP/0.9. Bytes since message_begin are part of it. */
int message_bare_response(struct http1 *h, struct side *s, const struct chunk *c);
/* The empty line at the end of a head was read; c: what follows. */
int message_head_done(struct http1 *h, struct side *s, const struct chunk *c);
/* The last byte was read; c: what follows. */
void message_end(struct http1 *h, struct side *s, const struct chunk *c);
/* The response that the oldest request waits for is lost, or its start: s->tx is it, headless. */
void message_missing(struct http1 *h, struct side *s);
/* The message at hand is as complete as it will be: it was cut. */
void message_give_up(const struct http1 *h, struct side *s);
/* A head was cut that declared a body: are bytes of it still to come? */
bool message_still_passes(const struct http1 *h, const struct side *s);

/* ---- http1.c ---- */

/* Requests that were held back are requests after all. */
int http1_release_held(struct http1 *h);

#endif
