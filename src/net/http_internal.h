/*
 * http_internal.h - what the analyzers of HTTP share: where transactions go, and what a header field does to
 * one.
 *
 * A transaction beyond the ceiling of rows is written into a spare one that nobody reads: nothing that steers
 * an analyzer may be read back from a transaction. One thread at a time (the flow's shard).
 */
#ifndef NET_HTTP_INTERNAL_H
#define NET_HTTP_INTERNAL_H

#include "net/analyzer.h"
#include "net/http.h"
#include "net/rows.h"

/* Where the transactions of one connection go. */
struct http_out {
	struct talk *t;			/* borrowed for the life of the analyzer */
	struct http_tx *spare;		/* owns; NULL until needed */
	const struct http_tx *like[2];	/* whose request, whose response was the last: the texts are likely the same; or NULL */
	uint32_t depth;			/* transactions so far */
};

void http_out_release(struct http_out *o);
/* A new transaction, never NULL on success: client, flow, depth set. 0 or ERR_NOMEM. */
int http_tx_new(struct http_out *o, unsigned int client, struct http_tx **ret_tx);
/* n bytes as a text; beyond LIMIT_NET_TEXT cut, with HTTP_HEAD_CUT in tx. like: tried first, may be NULL. */
int http_text(struct http_out *o, struct http_tx *tx, const struct text *like, const void *p, size_t n,
	      const struct text **ret_text);

/* Header fields that are looked at. */
enum http_field {
	FIELD_OTHER,
	FIELD_HOST,
	FIELD_SERVER,
	FIELD_UPGRADE,
	FIELD_REFERER,
	FIELD_LOCATION,
	FIELD_FORWARDED,
	FIELD_CONNECTION,
	FIELD_USER_AGENT,
	FIELD_CONTENT_TYPE,
	FIELD_CONTENT_LENGTH,
	FIELD_X_FORWARDED_FOR,
	FIELD_TRANSFER_ENCODING,
};

/* By its name in any case. */
enum http_field http_field_id(const uint8_t *name, size_t n);
/* Keeps the value of a field that tables show; the first one where a field comes twice. */
int http_field_keep(struct http_out *o, struct http_tx *tx, bool request, enum http_field f, const uint8_t *p,
		    size_t n);
/* Digits only, no overflow. */
bool http_number(const uint8_t *p, size_t n, uint64_t *ret_x);
/* Does a list of tokens divided by commas hold the token (lower case)? */
bool http_list_has(const uint8_t *p, size_t n, const char *token);
bool http_is(const uint8_t *p, size_t n, const char *lower);

/* A part of a message was read: bytes up to end, last in c. */
static inline void http_touch(struct http_message *m, const struct chunk *c, uint64_t end)
{
	m->last_ns = c->ts_ns;
	m->last_num = c->num;
	m->end = end;
}

/* The first n bytes of a chunk are done. */
static inline void chunk_take(struct chunk *c, size_t n)
{
	DBG_ASSERT(n <= c->len);
	c->data += n;
	c->len -= n;
	c->offset += n;
}

#endif
