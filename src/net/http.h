/*
 * http.h - one HTTP transaction, from packets or from the buffers of syscalls.
 *
 * HTTP/1.x by RFC 9112, HTTP/2 over cleartext by RFC 9113 (header compression by libnghttp2). Times and numbers
 * are of the packets (or events) that carried the byte. Offsets are in the stream of that direction: with them
 * the join finds the syscalls. "Last byte" of a message without body is the last byte of its head.
 *
 * A row is added when the start line of its request (HTTP/2: the first frame) has been read, or that of a
 * response that no request was seen for, and is filled in place until the connection ends: constant after that.
 * Rows of one connection so stand in the order of the requests. A request answered over HTTP/2 after an upgrade
 * to h2c is one row: version 11, HTTP_UPGRADED, stream 1, the response being the one on that stream.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "base/intern.h"

struct flow;

enum {
	HTTP_REQUEST = 1,		/* a request was seen */
	HTTP_RESPONSE = 2,		/* a final response was seen */
	HTTP_REQUEST_CUT = 4,		/* bytes of the request are missing from the capture (gap, snaplen, start or end missed) */
	HTTP_RESPONSE_CUT = 8,
	HTTP_REQUEST_OPEN = 16,		/* its end was not seen before the connection or the capture ended */
	HTTP_RESPONSE_OPEN = 32,
	HTTP_CHUNKED_REQUEST = 64,
	HTTP_CHUNKED_RESPONSE = 128,
	HTTP_CONTINUE = 256,		/* a 100 came before */
	HTTP_UPGRADED = 512,		/* 101: what follows is another protocol */
	HTTP_CONNECT = 1024,		/* 2xx to CONNECT: a tunnel follows */
	HTTP_PIPELINED = 2048,		/* the request came before the response to the one before was complete */
	HTTP_RESET = 4096,		/* the stream or the connection was reset under it */
	HTTP_PUSHED = 8192,		/* HTTP/2 server push */
	HTTP_HEAD_CUT = 16384,		/* not all of a head was captured or kept: fields may be missing, the target may be cut */
	HTTP_MALFORMED = 32768,		/* what follows the start line breaks the grammar */
	HTTP_CLOSE_DELIMITED = 65536,	/* the response's body ends with the connection */
	/* What tells where it ends was missing: body_bytes is what was counted of the body, or what was declared when
	 * so much has passed; over HTTP/1 its last byte is taken to be the last one before the next message. */
	HTTP_REQUEST_UNSURE = 131072,
	HTTP_RESPONSE_UNSURE = 262144,
	HTTP_FRAMES_CUT = 524288,	/* WebSocket: frames are counted up to where bytes were missing or were none */
};

struct http_message {
	uint64_t first_ns, last_ns;	/* first and last byte; 0 unknown */
	uint64_t first_num, last_num;	/* packet (or event) numbers of the same */
	uint64_t head_ns, head_num;	/* the end of the head; 0: not seen, head_bytes and an uncounted body are unknown */
	uint64_t start, end;		/* stream offsets: [start, end); HTTP/2: of the first and last frame */
	uint64_t head_bytes;		/* HTTP/1: start line to empty line; HTTP/2: header frames' payload */
	uint64_t body_bytes;		/* body as transferred (chunk framing not counted), seen or known to have passed so far */
	uint64_t content_length;	/* declared; UINT64_MAX: none */
	const struct text *content_type;	/* NULL: none */
};

struct http_tx {
	struct flow *flow;		/* NULL from syscalls */
	void *owner;			/* for the join, NULL from packets */
	uint32_t flags;			/* HTTP_ */
	uint32_t stream;		/* HTTP/2 stream, 0 for HTTP/1 */
	uint32_t depth;			/* nth transaction of its connection, from 1 */
	uint16_t status;		/* 0: none */
	uint8_t client;			/* end of the key that sent the request */
	uint8_t version;		/* 9 (0.9), 10, 11, 20; 0: not captured */
	const struct text *method, *target, *host, *scheme;	/* NULL: none. host: Host or :authority as sent */
	const struct text *user_agent, *referrer, *reason, *server, *location, *forwarded;
	const struct text *upgrade;	/* what a 101 changed to */
	struct http_message request, response;
	uint64_t frames[2];		/* WebSocket frames after an upgrade: from the client, from the server */
};

/*
 * Is body_bytes known to be the body's, or some of it at least (see the flags of the message)? Not where nothing of the
 * body was counted of a message whose head or whose end was not seen.
 */
static inline bool http_body_known(const struct http_tx *x, bool request)
{
	const struct http_message *m = request ? &x->request : &x->response;
	uint32_t seen = request ? HTTP_REQUEST : HTTP_RESPONSE;
	uint32_t partial =
		request ? HTTP_REQUEST_OPEN | HTTP_REQUEST_UNSURE : HTTP_RESPONSE_OPEN | HTTP_RESPONSE_UNSURE;

	return (x->flags & seen) != 0 && (m->body_bytes > 0 || (m->head_ns != 0 && (x->flags & partial) == 0));
}

#endif
