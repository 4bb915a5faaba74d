/*
 * http2_block.c - header blocks of HTTP/2: decoded by libnghttp2 as they arrive, into the transaction of their
 * stream.
 *
 * In step, fragments go straight to the inflater. Out of step, the block is put together and handed over
 * representation by representation (http2_hpack.c), without those that point to entries that were missed.
 * Beyond LIMIT_HTTP_HEAD_BYTES of names and values nothing is kept; far beyond, decoding stops: a block that
 * unfolds so is an attack. Thread: the flow's shard.
 */
#include "net/http2_internal.h"

#include "base/limits.h"

/* The table of an inflater may grow to this when the peer says so: what Chromium and Firefox announce. */
#define TABLE_BYTES LIMIT_ANALYZER_BYTES

static int need_inflater(struct h2_side *s)
{
	if (s->inflater != NULL) {
		return 0;
	}
	if (nghttp2_hd_inflate_new(&s->inflater) != 0) {
		s->inflater = NULL;
		return ERR_NOMEM;
	}
	/* Settings are not followed: a larger table is used only after the encoder has said so in the block
	 * itself. */
	return nghttp2_hd_inflate_change_table_size(s->inflater, TABLE_BYTES) == 0 ? 0 : ERR_NOMEM;
}

void h2_inflater_release(struct h2_side *s)
{
	if (s->inflater != NULL) {
		nghttp2_hd_inflate_del(s->inflater);
	}
	s->inflater = NULL;
}

void h2_block_break(struct h2_side *s)
{
	s->in_step = false;
	if (s->block.open) {
		s->block.broken = true;
	}
	/* It may have stopped in the middle of anything. */
	h2_inflater_release(s);
}

void h2_block_open(struct h2_side *s, uint32_t id, bool end_stream)
{
	memset(&s->block, 0, sizeof(s->block));
	s->block.open = true;
	s->block.end_stream = end_stream;
	s->block.pushed = s->type == FRAME_PUSH_PROMISE;
	s->block.id = id;
	s->block.on = s->id;
	s->block.draft = s->frame;
	s->block.draft.head_bytes = s->left;
	buf_reset(&s->raw);
}

/* ---- whose block it is ---- */

/* Who asks, if nothing has told so far: the first byte of a block does, mostly. */
static void settle(struct http2 *h, const struct h2_side *s, const uint8_t *p, size_t n)
{
	int first = n > 0 ? hpack_first(p[0]) : 0;

	if (s->block.pushed) {
		first = 2;
	}
	if (!h->settled && first != 0) {
		h->settled = true;
		h->client = first == 1 ? s->dir : !s->dir;
		talk_set_client(h->out.t, h->client);
	}
}

static int begin_request(struct http2 *h, struct h2_side *s)
{
	struct h2_block *b = &s->block;
	struct h2_stream *st = h2_stream_find(h, b->id);
	struct http_message *m;
	int rc;

	b->stream = st;
	b->kind = st != NULL && st->asked ? BLOCK_TRAILERS : BLOCK_REQUEST;
	if (b->kind == BLOCK_TRAILERS) {
		return 0;
	}
	if (st == NULL) {
		rc = h2_stream_add(h, b->id, NULL, &st);
		if (rc != 0) {
			return rc;
		}
		b->stream = st;
	}
	b->tx = st->tx;
	st->asked = true;
	m = &st->tx->request;
	*m = b->draft;
	m->head_bytes = 0;
	m->content_length = UINT64_MAX;
	st->tx->flags &= ~(uint32_t)HTTP_REQUEST_CUT;
	st->tx->flags |= HTTP_REQUEST;
	if (b->pushed) {
		st->tx->flags |= HTTP_PUSHED;
		st->done |= DONE_REQUEST;
	}
	return 0;
}

/* Is nothing of what the client has said missing so far? */
static bool requests_are_whole(const struct http2 *h)
{
	const struct h2_side *s = &h->side[h->client];

	return s->in_step ||
	       (s->state == H2_BEGIN && (h->preface || h->from_start || h->out.t->client_known));
}

static int begin_response(struct http2 *h, struct h2_side *s)
{
	struct h2_block *b = &s->block;
	struct h2_stream *st = h2_stream_find(h, b->id);
	int rc;

	if (st == NULL) {
		rc = h2_stream_add(h, b->id, NULL, &st);
		if (rc != 0) {
			return rc;
		}
		st->tx->flags |= HTTP_REQUEST_CUT;
		/* Its request may only be late. */
		st->done |= requests_are_whole(h) ? 0 : DONE_REQUEST;
	}
	b->stream = st;
	b->kind = st->answered ? BLOCK_TRAILERS : BLOCK_RESPONSE;
	b->tx = st->answered ? NULL : st->tx;
	return 0;
}

static int begin_block(struct http2 *h, struct h2_side *s, const uint8_t *p, size_t n)
{
	s->block.begun = true;
	if (!h->settled) {
		settle(h, s, p, n);
	}
	if (s->block.id == 0) {
		s->block.kind = BLOCK_IGNORED;
		return 0;
	}
	/* A push is the server's, but what it holds is a request. */
	return s->dir == h->client || s->block.pushed ? begin_request(h, s) : begin_response(h, s);
}

/* ---- fields ---- */

/* The final response to a request made over HTTP/1 takes the place of the 101. */
static void forget_upgrade(struct h2_stream *st)
{
	struct http_tx *tx = st->tx;

	memset(&tx->response, 0, sizeof(tx->response));
	tx->response.content_length = UINT64_MAX;
	tx->reason = NULL;
	tx->server = NULL;
	tx->location = NULL;
	tx->stream = st->id;
	st->upgraded = false;
}

static void keep_status(struct h2_side *s, const nghttp2_nv *nv)
{
	struct h2_block *b = &s->block;
	uint64_t status = 0;

	if (b->kind != BLOCK_RESPONSE || !http_number(nv->value, nv->valuelen, &status) ||
	    status < 100 || status > 999) {
		b->tx->flags |= HTTP_MALFORMED;
		return;
	}
	b->status = (uint16_t)status;
	b->interim = status < 200;
	if (b->interim) {
		b->tx->flags |= status == 100 ? HTTP_CONTINUE : 0;
		b->tx = NULL;
		return;
	}
	if (b->stream->upgraded) {
		forget_upgrade(b->stream);
	}
	b->tx->status = b->status;
	if (b->stream->connect && status < 300) {
		b->tx->flags |= HTTP_CONNECT;
	}
}

static int keep_pseudo(struct http2 *h, struct h2_side *s, const nghttp2_nv *nv)
{
	struct http_tx *tx = s->block.tx;
	const struct http_tx *like = h->out.like[0];
	const struct text **at;
	const struct text *same = NULL;

	if (http_is(nv->name, nv->namelen, ":status")) {
		keep_status(s, nv);
		return 0;
	}
	if (http_is(nv->name, nv->namelen, ":method")) {
		at = &tx->method;
		same = like != NULL ? like->method : NULL;
		s->block.stream->connect = http_is(nv->value, nv->valuelen, "connect");
	} else if (http_is(nv->name, nv->namelen, ":path")) {
		at = &tx->target;
		same = like != NULL ? like->target : NULL;
	} else if (http_is(nv->name, nv->namelen, ":authority")) {
		at = &tx->host;
		same = like != NULL ? like->host : NULL;
	} else if (http_is(nv->name, nv->namelen, ":scheme")) {
		at = &tx->scheme;
		same = like != NULL ? like->scheme : NULL;
	} else {
		return 0; /* :protocol and those to come */
	}
	if (s->block.kind != BLOCK_REQUEST || *at != NULL) {
		tx->flags |= HTTP_MALFORMED;
		return 0;
	}
	return http_text(&h->out, tx, same, nv->value, nv->valuelen, at);
}

static int keep_field(struct http2 *h, struct h2_side *s, const nghttp2_nv *nv)
{
	struct h2_block *b = &s->block;
	bool request = b->kind == BLOCK_REQUEST;
	struct http_message *m;
	enum http_field f;
	uint64_t x;

	b->decoded += nv->namelen + nv->valuelen;
	if (b->tx == NULL || b->stream == NULL) {
		return 0;
	}
	if (b->decoded > LIMIT_HTTP_HEAD_BYTES) {
		b->tx->flags |= HTTP_HEAD_CUT;
		return 0;
	}
	if (nv->namelen > 0 && nv->name[0] == ':') {
		return keep_pseudo(h, s, nv);
	}
	f = nv->namelen > 0 ? http_field_id(nv->name, nv->namelen) : FIELD_OTHER;
	m = request ? &b->tx->request : &b->tx->response;
	switch (f) {
	case FIELD_CONTENT_LENGTH:
		if (!http_number(nv->value, nv->valuelen, &x) ||
		    (m->content_length != UINT64_MAX && m->content_length != x)) {
			b->tx->flags |= HTTP_MALFORMED;
		} else {
			m->content_length = x;
		}
		return 0;
	case FIELD_TRANSFER_ENCODING:
	case FIELD_CONNECTION:
		b->tx->flags |= HTTP_MALFORMED; /* RFC 9113, 8.2.2 */
		return 0;
	default: return http_field_keep(&h->out, b->tx, request, f, nv->value, nv->valuelen);
	}
}

/* ---- decoding ---- */

/* *ret_bad: the block cannot be decoded, or unfolds too far. */
static int inflate_some(struct http2 *h, struct h2_side *s, const uint8_t *p, size_t n, bool final,
			bool *ret_bad)
{
	int rc = need_inflater(s);

	while (rc == 0) {
		nghttp2_nv nv;
		int flags = 0;
		ssize_t used = nghttp2_hd_inflate_hd2(s->inflater, &nv, &flags, p, n, final);

		if (used < 0 || s->block.decoded > 4 * LIMIT_HTTP_HEAD_BYTES) {
			*ret_bad = true;
			return used == NGHTTP2_ERR_NOMEM ? ERR_NOMEM : 0;
		}
		p += used;
		n -= (size_t)used;
		if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
			rc = keep_field(h, s, &nv);
		}
		if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
			return nghttp2_hd_inflate_end_headers(s->inflater) == 0 ? rc : ERR_NOMEM;
		}
		if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0 && n == 0) {
			break;
		}
	}
	return rc;
}

int h2_block_data(struct http2 *h, struct h2_side *s, const uint8_t *p, size_t n)
{
	bool bad = false;
	int rc = 0;

	if (!s->block.begun) {
		rc = begin_block(h, s, p, n);
	}
	if (rc != 0 || s->block.broken) {
		return rc;
	}
	if (!s->in_step) {
		buf_add(&s->raw, p, n);
		if (s->raw.failed && s->raw.len + n <= s->raw.max) {
			return ERR_NOMEM;
		}
		if (s->raw.failed) {
			h2_block_break(s);
		}
		return 0;
	}
	rc = inflate_some(h, s, p, n, false, &bad);
	if (bad) {
		h2_block_break(s);
	}
	return rc;
}

/* A field of which only the value is known enters the table under another name: so those before it keep their
 * places. */
static int insert_nameless(struct http2 *h, struct h2_side *s, const struct hpack_part *part,
			   bool *ret_bad)
{
	static const uint8_t name[] = { 0x40, 1, '?' };
	int rc = inflate_some(h, s, name, sizeof(name), false, ret_bad);

	return rc == 0 && !*ret_bad ? inflate_some(h, s, part->value, part->value_n, false, ret_bad)
				    : rc;
}

/* A block out of step: fields that point to entries which were missed are left out. */
static int decode_raw(struct http2 *h, struct h2_side *s, bool *ret_bad)
{
	struct cursor c = cur_make(s->raw.data, s->raw.len);
	struct hpack_part part;
	int rc = need_inflater(s);

	while (rc == 0 && !*ret_bad && c.left > 0) {
		if (!hpack_next(&c, &part)) {
			*ret_bad = true;
		} else if (part.resizes) {
			continue; /* the oldest entries are missing anyway */
		} else if (part.index <= nghttp2_hd_inflate_get_num_table_entries(s->inflater)) {
			rc = inflate_some(h, s, part.p, part.n, false, ret_bad);
		} else {
			if (s->block.tx != NULL) {
				s->block.tx->flags |= HTTP_HEAD_CUT;
			}
			rc = part.inserts ? insert_nameless(h, s, &part, ret_bad) : 0;
		}
	}
	return rc == 0 && !*ret_bad ? inflate_some(h, s, (const uint8_t *)"", 0, true, ret_bad)
				    : rc;
}

static struct http_message *message_of(const struct h2_block *b)
{
	return b->kind == BLOCK_REQUEST ? &b->stream->tx->request : &b->stream->tx->response;
}

/* What was lost before the final response's head was none of it. */
static void response_begins(struct h2_side *s)
{
	struct h2_block *b = &s->block;
	struct http_message *m = &b->stream->tx->response;

	b->stream->tx->flags |= HTTP_RESPONSE;
	b->stream->answered = true;
	b->stream->losses[s->dir] = s->losses;
	m->first_ns = b->draft.first_ns;
	m->first_num = b->draft.first_num;
	m->start = b->draft.start;
}

void h2_block_lost(struct h2_side *s)
{
	struct h2_block *b = &s->block;
	struct http_message *m;

	if (!b->open || b->stream == NULL) {
		return;
	}
	b->stream->tx->flags |= HTTP_HEAD_CUT;
	if (b->kind == BLOCK_TRAILERS || (b->kind == BLOCK_RESPONSE && (b->status == 0 || b->interim))) {
		return;
	}
	if (b->kind == BLOCK_RESPONSE) {
		response_begins(s);
	}
	m = message_of(b);
	m->last_ns = b->draft.first_ns;
	m->last_num = b->draft.first_num;
	m->end = b->draft.start;
}

static void head_done(struct h2_side *s, const struct chunk *c)
{
	struct h2_block *b = &s->block;
	struct http_message *m = message_of(b);

	if (b->kind != BLOCK_REQUEST) {
		response_begins(s);
	}
	m->head_ns = c->ts_ns;
	m->head_num = c->num;
	m->head_bytes = b->draft.head_bytes;
	http_touch(m, c, c->offset);
}

/* What the block was: the head of a message, or its trailers; perhaps its end. */
static void block_done(struct http2 *h, struct h2_side *s, const struct chunk *c)
{
	struct h2_block *b = &s->block;

	if (b->broken) {
		b->stream->tx->flags |= HTTP_HEAD_CUT;
	}
	if (b->kind == BLOCK_TRAILERS) {
		http_touch(side_message(h, s, b->stream->tx), c, c->offset);
	} else if (!b->interim) {
		head_done(s, c);
	}
	if (b->end_stream && !b->interim && !b->pushed) {
		h2_stream_done(h, b->stream, s);
	}
}

int h2_block_end(struct http2 *h, struct h2_side *s, const struct chunk *c)
{
	int rc = 0;

	if (!s->block.begun) {
		rc = begin_block(h, s, NULL, 0);
	}
	if (rc == 0 && !s->block.broken) {
		bool bad = false;

		rc = s->in_step ? inflate_some(h, s, (const uint8_t *)"", 0, true, &bad)
				: decode_raw(h, s, &bad);
		if (bad) {
			h2_block_break(s);
		}
	}
	if (rc == 0 && s->block.stream != NULL) {
		block_done(h, s, c);
	}
	s->block.open = false;
	s->block.stream = NULL;
	s->block.tx = NULL;
	return rc;
}
