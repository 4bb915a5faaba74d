/*
 * http_body.h - how long the body of an HTTP/1 message is (RFC 9112, 6 and 7): nothing of it is kept. One thread
 * at a time.
 */
#ifndef NET_HTTP_BODY_H
#define NET_HTTP_BODY_H

#include "net/http_internal.h"

enum { BODY_NONE, BODY_LENGTH, BODY_CHUNKED, BODY_CLOSE };
enum http_framing { FRAMING_MORE, FRAMING_DONE, FRAMING_LOST };

struct http_body {
	uint8_t kind;		/* BODY_ */
	uint8_t step;		/* within chunked framing */
	bool digits;		/* of a chunk's size: at least one was seen */
	bool malformed;		/* framing that was understood, but is against the grammar */
	uint64_t left;		/* bytes of the body (BODY_LENGTH) or of the chunk at hand */
};

void http_body_init(struct http_body *b, uint8_t kind, uint64_t length);
/* Takes bytes of the body from the chunk, at most to its end; adds those that are content to *content.
 * FRAMING_LOST: no chunk begins where one must. */
enum http_framing http_body_data(struct http_body *b, struct chunk *c, uint64_t *content);
/* len bytes (0: nobody knows how many) are missing. FRAMING_DONE: the body ended with the last of them or,
 * *ret_beyond then being more than 0, so many before. */
enum http_framing http_body_gap(struct http_body *b, uint64_t len, uint64_t *content, uint64_t *ret_beyond);

#endif
