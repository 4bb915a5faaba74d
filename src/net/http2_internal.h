/*
 * http2_internal.h - one HTTP/2 connection over cleartext (RFC 9113), as http2.c (frames), http2_block.c
 * (header blocks), http2_stream.c (streams) and http2_hpack.c (which fields are certain) see it.
 *
 * Header compression has a table that every header block since the connection's start has shaped. A direction
 * whose start or any header frame is missing is out of step from then on. Entries are counted from the newest,
 * and those that were added since are known: an index among them means what the sender meant, whatever the
 * tables' sizes, for a table loses its oldest entries only. An index beyond them is a field that is left out
 * (HTTP_HEAD_CUT), never guessed.
 */
#ifndef NET_HTTP2_INTERNAL_H
#define NET_HTTP2_INTERNAL_H

#include "base/buf.h"
#include "base/cursor.h"
#include "base/map.h"
#include "net/http_internal.h"

#include <nghttp2/nghttp2.h>

/* RFC 9113, 6. */
enum {
	FRAME_DATA, FRAME_HEADERS, FRAME_PRIORITY, FRAME_RST_STREAM, FRAME_SETTINGS, FRAME_PUSH_PROMISE, FRAME_PING,
	FRAME_GOAWAY, FRAME_WINDOW_UPDATE, FRAME_CONTINUATION, FRAME_TYPES
};
enum { FLAG_END_STREAM = 1, FLAG_ACK = 1, FLAG_END_HEADERS = 4, FLAG_PADDED = 8, FLAG_PRIORITY = 32 };

#define FRAME_HEAD_BYTES 9
#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define PREFACE_BYTES 24

/* ---- streams: http2_stream.c ---- */

enum { DONE_REQUEST = 1, DONE_RESPONSE = 2 };

struct h2_stream {
	uint32_t id;
	uint8_t done;			/* DONE_ */
	bool asked;			/* its request was seen */
	bool answered;			/* the head of the final response was read, or begun */
	bool connect;			/* asked for a tunnel */
	bool upgraded;			/* asked over HTTP/1 */
	uint32_t losses[2];		/* of each direction, when the stream or its response began */
	struct http_tx *tx;
	struct h2_stream *older, *newer;	/* by beginning; free ones through newer */
};

struct h2_streams {
	struct map by_id;		/* owns what it points to */
	struct h2_stream *oldest, *newest, *free;
	uint32_t count;
};

/* ---- directions ---- */

enum h2_state { H2_BEGIN, H2_FRAME, H2_PAYLOAD, H2_LOST, H2_ENDED };
enum h2_kind { BLOCK_IGNORED, BLOCK_REQUEST, BLOCK_RESPONSE, BLOCK_TRAILERS };

/* A header block: HEADERS or PUSH_PROMISE and the CONTINUATIONs behind it. */
struct h2_block {
	bool open;			/* CONTINUATION must follow */
	bool begun;			/* the stream and what it is are known */
	bool broken;			/* parts are missing */
	bool end_stream;
	bool interim;			/* of a 1xx */
	bool pushed;			/* a request that the server foresees */
	uint8_t kind;			/* enum h2_kind */
	uint16_t status;
	uint32_t id;			/* stream it is about: of a PUSH_PROMISE the promised one */
	uint32_t on;			/* stream its frames are on */
	uint64_t decoded;		/* bytes of names and values */
	struct h2_stream *stream;
	struct http_tx *tx;		/* NULL: fields are not kept */
	struct http_message draft;	/* where and when the block began; head_bytes counts payloads */
};

struct h2_side {
	uint8_t state;			/* enum h2_state */
	uint8_t dir;
	bool in_step;			/* the inflater has seen every header block since the start */
	bool later;			/* the first frame of the connection has passed */
	uint8_t have;			/* bytes in head */
	uint8_t head[PREFACE_BYTES];	/* of the frame, or the client's preface */
	uint8_t type, flags;		/* of the frame at hand */
	uint8_t prefix_need, prefix_have;	/* pad length, priority, promised stream: before the content */
	uint8_t prefix[8];
	uint32_t id, left;		/* bytes of the payload that are still to come */
	uint32_t pad;			/* of which padding */
	uint32_t losses;		/* gaps in which frames may have been lost */
	struct http_message frame;	/* where and when the frame at hand began */
	struct h2_stream *stream;	/* of a DATA frame, or NULL */
	struct h2_block block;
	struct buf raw;			/* a header block out of step, whole */
	nghttp2_hd_inflater *inflater;	/* owns; NULL until needed */
};

struct http2 {
	struct http_out out;
	struct h2_side side[2];
	struct h2_streams streams;
	uint8_t client;
	bool settled;			/* client is certain */
	bool preface;			/* the client's was seen, or the connection came from an upgrade */
	bool from_start;		/* both directions begin with the connection, or with an upgrade */
};

static inline struct http_message *side_message(const struct http2 *h, const struct h2_side *s, struct http_tx *tx)
{
	return s->dir == h->client ? &tx->request : &tx->response;
}

/* ---- http2_stream.c ---- */

void h2_streams_release(struct h2_streams *a);
struct h2_stream *h2_stream_find(const struct http2 *h, uint32_t id);
/* A new one; beyond LIMIT_HTTP_PENDING the oldest is given up. tx: NULL for a new transaction. 0 or ERR_NOMEM. */
int h2_stream_add(struct http2 *h, uint32_t id, struct http_tx *tx, struct h2_stream **ret_stream);
/* No more is expected of it: what is missing is marked with those flags of open messages. */
void h2_stream_close(struct http2 *h, struct h2_stream *st, uint32_t flags);
/* The message of that direction is complete. */
void h2_stream_done(struct http2 *h, struct h2_stream *st, const struct h2_side *s);
/* A direction has ended: its open messages stay so. */
void h2_streams_end(struct http2 *h, const struct h2_side *s, bool reset);

/* ---- http2_block.c ---- */

/* A frame that begins a header block: its own start is s->frame; id is what it is about. */
void h2_block_open(struct h2_side *s, uint32_t id, bool end_stream);
/* n bytes of header block fragments. 0 or ERR_NOMEM. */
int h2_block_data(struct http2 *h, struct h2_side *s, const uint8_t *p, size_t n);
/* The last frame of the block has ended; c: what follows. */
int h2_block_end(struct http2 *h, struct h2_side *s, const struct chunk *c);
/* Bytes of it are missing, or of another: the direction is out of step. */
void h2_block_break(struct h2_side *s);
/* The rest of it will not come: what of it was read is told as far as it goes. */
void h2_block_lost(struct h2_side *s);
void h2_inflater_release(struct h2_side *s);

/* ---- http2_hpack.c ---- */

/* One representation of a header block. */
struct hpack_part {
	const uint8_t *p;	/* all of it */
	size_t n;
	const uint8_t *value;	/* of a literal: length and bytes; else NULL */
	size_t value_n;
	uint64_t index;		/* of the table; 0 none */
	bool inserts;		/* the field enters the table */
	bool resizes;		/* it is no field, but a new size of the table */
};

/* Takes the next one; false: the bytes are none. */
bool hpack_next(struct cursor *c, struct hpack_part *ret_part);
/* What the first representation of a block is about: 1 a request, 2 a response, 0 cannot tell. */
int hpack_first(uint8_t byte);

/* ---- http2.c ---- */

/* Does a chain of frames begin here? Looks at n bytes of what may follow. */
bool http2_frames_begin(const uint8_t *p, size_t n);

#endif
