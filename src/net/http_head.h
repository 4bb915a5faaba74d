/*
 * http_head.h - the head of an HTTP/1 message: lines out of chunks, start lines, header fields.
 *
 * Lines are handled one by one as they become complete, in place when they lie in one chunk; only the line at
 * hand is ever copied. Ends of lines are CRLF or bare LF (RFC 9112, 2.2). One thread at a time.
 */
#ifndef NET_HTTP_HEAD_H
#define NET_HTTP_HEAD_H

#include "net/http_internal.h"

/* ---- what a message starts with ---- */

enum http_start { START_NO, START_MORE, START_REQUEST, START_RESPONSE };

/* Looks at n bytes where a message may start, leading empty lines allowed. mid: somewhere in a stream, so that
 * more is asked of it: no HTTP/0.9, no methods that nobody registered unless the whole line is there. Never
 * START_MORE with more than HTTP_START_MAX bytes. */
#define HTTP_START_MAX 4096
enum http_start http_start(const uint8_t *p, size_t n, bool mid);

struct http_part {
	const uint8_t *p;
	size_t n;
};

struct http_request_line {
	struct http_part method, target;
	uint8_t version;	/* 9, 10, 11, 20; 0: not there */
	bool bare;		/* HTTP/0.9: neither version nor head */
	bool malformed;		/* understood, but against the grammar */
};

struct http_status_line {
	struct http_part reason;
	uint16_t status;
	uint8_t version;
	bool malformed;
};

/* A whole line without its end. False: not one of HTTP. */
bool http_request_line(const uint8_t *p, size_t n, struct http_request_line *ret_line);
bool http_status_line(const uint8_t *p, size_t n, struct http_status_line *ret_line);
/* The visible beginning of a line whose rest is missing: a method and a beginning of the target at least. */
bool http_request_line_cut(const uint8_t *p, size_t n, struct http_request_line *ret_line);

/* ---- lines ---- */

struct http_lines {
	char *kept;		/* owns; the beginning of the line at hand */
	uint32_t len, cap;
	bool whole;		/* its LF is there; what follows decides whether it goes on (obsolete folding) */
	bool done;		/* it was handed out: forgotten with the next call */
	bool over;		/* it was longer than is kept */
	uint8_t last;		/* byte of it, kept or not */
	uint32_t crs;		/* CRs at the ends of lines so far */
};

void http_lines_release(struct http_lines *l);
/* Forgets the line at hand. */
void http_lines_reset(struct http_lines *l);
/* Takes bytes from the chunk up to the end of a line. 1: *ret_line is it, without its end, valid until the next
 * call or the end of the chunk; 0: the chunk was used up; ERR_NOMEM. fold: lines may go on in the next one. */
int http_lines_next(struct http_lines *l, struct chunk *c, bool fold, struct http_part *ret_line);

/* The same for the common case, a field line that lies in the chunk and does not go on; 0: ask http_lines_next. */
static inline bool http_lines_quick(struct http_lines *l, struct chunk *c, struct http_part *ret_line)
{
	const uint8_t *lf = l->len == 0 && c->len > 0 ? memchr(c->data, '\n', c->len) : NULL;
	size_t n = lf != NULL ? (size_t)(lf - c->data) : 0;

	if (n == 0 || n + 1 >= c->len || lf[1] == ' ' || lf[1] == '\t') {
		return false;
	}
	*ret_line = (struct http_part){ c->data, n };
	if (c->data[n - 1] == '\r') {
		ret_line->n--;
		l->crs++;
	}
	chunk_take(c, n + 1);
	return true;
}

/* ---- header fields ---- */

enum { CODING_NONE, CODING_CHUNKED, CODING_OTHER };
enum { UPGRADE_NONE, UPGRADE_WEBSOCKET, UPGRADE_H2C, UPGRADE_OTHER };

struct http_head {
	uint64_t length;	/* Content-Length, UINT64_MAX none */
	bool length_bad;	/* no number, or two that differ */
	bool malformed;
	uint8_t coding;		/* CODING_, of the last Transfer-Encoding */
	uint8_t upgrade;	/* UPGRADE_ */
	uint8_t hosts;		/* Host fields, at most 2 counted */
	bool controls;		/* bytes that have no place in a head */
	uint32_t crs;		/* CRs seen: those that end no line have no place either */
};

void http_head_init(struct http_head *h);
/* Looks at bytes of the head as they come, for those that have no place there. */
void http_head_watch(struct http_head *h, const uint8_t *p, size_t n);
/* One field line. tx NULL: nothing is kept (interim responses). keep: texts too, not only what frames the
 * message. 0 or ERR_NOMEM. */
int http_head_field(struct http_head *h, struct http_out *o, struct http_tx *tx, bool request, bool keep,
		    const struct http_part *line);

#endif
