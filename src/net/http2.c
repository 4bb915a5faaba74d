/*
 * http2.c - HTTP/2 over cleartext as an analyzer: frames of both directions (RFC 9113, 4 and 6), from the
 * client's preface on, after an upgrade, or from anywhere in a connection.
 *
 * Reads chunks of a stream; produces rows of struct http_tx, one a stream. Payloads are counted, header blocks
 * go to http2_block.c; nothing else is kept. Where frames were lost the start of each chunk is looked at for a
 * chain of frames. Thread: the flow's shard.
 */
#include "net/http2_internal.h"

#include "base/cursor.h"
#include "base/limits.h"
#include "net/layer.h"

/* What endpoints accept unless they say otherwise, and hardly ever do. */
#define COMMON_FRAME_BYTES 16384

/* ---- recognition ---- */

/* Flags that each type knows. */
static const uint8_t known_flags[FRAME_TYPES] = {
	[FRAME_DATA] = FLAG_END_STREAM | FLAG_PADDED,
	[FRAME_HEADERS] = FLAG_END_STREAM | FLAG_END_HEADERS | FLAG_PADDED | FLAG_PRIORITY,
	[FRAME_SETTINGS] = FLAG_ACK,
	[FRAME_PUSH_PROMISE] = FLAG_END_HEADERS | FLAG_PADDED,
	[FRAME_PING] = FLAG_ACK,
	[FRAME_CONTINUATION] = FLAG_END_HEADERS,
};

static bool length_fits(uint8_t type, uint8_t flags, uint32_t len)
{
	switch (type) {
	case FRAME_PRIORITY: return len == 5;
	case FRAME_RST_STREAM:
	case FRAME_WINDOW_UPDATE: return len == 4;
	case FRAME_PING: return len == 8;
	case FRAME_SETTINGS:
		return (flags & FLAG_ACK) != 0 ? len == 0 : len % 6 == 0 && len <= 6 * 32;
	case FRAME_GOAWAY: return len >= 8;
	default: return true;
	}
}

/* Could these nine bytes be the head of a frame as everybody sends them? */
static bool is_frame_head(const uint8_t *p, uint32_t *ret_len)
{
	uint32_t len = load_be32(p) >> 8;
	uint8_t type = p[3];
	uint32_t id = load_be32(p + 5);

	if (len > COMMON_FRAME_BYTES || type >= FRAME_TYPES || (p[4] & ~known_flags[type]) != 0 ||
	    id >> 31 != 0 || !length_fits(type, p[4], len)) {
		return false;
	}
	*ret_len = len;
	switch (type) {
	case FRAME_SETTINGS:
	case FRAME_PING:
	case FRAME_GOAWAY: return id == 0;
	case FRAME_WINDOW_UPDATE: return true;
	default: return id != 0;
	}
}

/* Frames whose length is given by their type: a stronger sign than others. */
static bool is_rigid(uint8_t type, uint32_t len)
{
	return type == FRAME_PRIORITY || type == FRAME_RST_STREAM || type == FRAME_SETTINGS ||
	       type == FRAME_PING || (type == FRAME_WINDOW_UPDATE && len == 4);
}

bool http2_frames_begin(const uint8_t *p, size_t n)
{
	unsigned int frames = 0;
	size_t at = 0;

	while (n - at >= FRAME_HEAD_BYTES && frames < 4) {
		uint32_t len;

		if (!is_frame_head(p + at, &len)) {
			return false;
		}
		frames++;
		if (len >= n - at - FRAME_HEAD_BYTES) {
			/* One that fills the segment says as much as two. */
			return frames >= 2 ||
			       (len == n - at - FRAME_HEAD_BYTES &&
				(is_rigid(p[at + 3], len) || p[at + 3] == FRAME_HEADERS));
		}
		at += FRAME_HEAD_BYTES + len;
	}
	return frames >= 2;
}

static enum probe http2_probe(const struct talk *t, unsigned int dir, const uint8_t *p, size_t n,
			      bool mid)
{
	uint32_t len;

	UNUSED_ARG(t);
	UNUSED_ARG(dir);
	if (memcmp(p, PREFACE, n < PREFACE_BYTES ? n : PREFACE_BYTES) == 0) {
		return n < PREFACE_BYTES ? PROBE_MORE : PROBE_YES;
	}
	if (n == 0 || p[0] != 0) { /* no frame of 64 KiB begins a connection */
		return PROBE_NO;
	}
	if (mid) {
		return http2_frames_begin(p, n) ? PROBE_YES : PROBE_NO;
	}
	/* A server's preface is a frame of settings. */
	if (n < FRAME_HEAD_BYTES) {
		return n < 4 || p[3] == FRAME_SETTINGS ? PROBE_MORE : PROBE_NO;
	}
	if (p[3] != FRAME_SETTINGS || p[4] != 0 || !is_frame_head(p, &len)) {
		return PROBE_NO;
	}
	if (n < FRAME_HEAD_BYTES + len) {
		return PROBE_MORE;
	}
	return len > 0 || n > FRAME_HEAD_BYTES ? PROBE_YES : PROBE_NO;
}

/* ---- life ---- */

static void http2_close(void *st)
{
	struct http2 *h = st;

	if (h == NULL) {
		return;
	}
	for (unsigned int i = 0; i < 2; i++) {
		h2_inflater_release(&h->side[i]);
		buf_release(&h->side[i].raw);
	}
	h2_streams_release(&h->streams);
	http_out_release(&h->out);
	free(h);
}

/* The request that asked for the upgrade is stream 1, and complete. */
static int take_upgraded(struct http2 *h, struct http_tx *tx)
{
	struct h2_stream *st;
	int rc;

	h->preface = true;
	h->settled = true;
	h->client = tx->client;
	h->out.depth = tx->depth;
	rc = h2_stream_add(h, 1, tx, &st);
	if (rc == 0) {
		st->done = DONE_REQUEST;
		st->asked = true;
		st->upgraded = true;
	}
	return rc;
}

static void *http2_open(struct talk *t)
{
	struct http2 *h = calloc(1, sizeof(*h));

	if (h == NULL) {
		return NULL;
	}
	h->out.t = t;
	h->client = t->client & 1;
	h->settled = t->client_known || t->nested > 0;
	h->from_start = t->nested > 0;
	map_init(&h->streams.by_id);
	for (unsigned int i = 0; i < 2; i++) {
		h->side[i].dir = (uint8_t)i;
		buf_init(&h->side[i].raw, LIMIT_HTTP_HEAD_BYTES);
	}
	if (t->upgraded != NULL && take_upgraded(h, t->upgraded) != 0) {
		http2_close(h);
		return NULL;
	}
	return h;
}

/* ---- frames ---- */

static void begin_frame(struct h2_side *s, const struct chunk *c)
{
	memset(&s->frame, 0, sizeof(s->frame));
	s->frame.first_ns = c->ts_ns;
	s->frame.first_num = c->num;
	s->frame.start = c->offset;
	s->frame.content_length = UINT64_MAX;
}

/* Frames are missing, or what comes are none. */
static void lose(struct h2_side *s)
{
	h2_block_lost(s);
	h2_block_break(s);
	s->block.open = false;
	s->block.stream = NULL;
	s->block.tx = NULL;
	s->stream = NULL;
	s->losses++;
	s->have = 0;
	s->state = H2_LOST;
}

/* Bytes before the content of the frame: pad length, priority, promised stream. */
static uint8_t prefix_of(const struct h2_side *s)
{
	uint8_t pad = (s->flags & FLAG_PADDED) != 0 ? 1 : 0;

	switch (s->type) {
	case FRAME_DATA: return pad;
	case FRAME_HEADERS: return (uint8_t)(pad + ((s->flags & FLAG_PRIORITY) != 0 ? 5 : 0));
	case FRAME_PUSH_PROMISE: return (uint8_t)(pad + 4);
	default: return 0;
	}
}

static bool is_header_frame(uint8_t type)
{
	return type == FRAME_HEADERS || type == FRAME_PUSH_PROMISE || type == FRAME_CONTINUATION;
}

/* The prefix is complete: what the frame is about is known. */
static void begin_content(struct h2_side *s)
{
	bool padded = s->prefix_need > 0 && (s->flags & FLAG_PADDED) != 0;
	uint32_t id = s->id;

	s->pad = padded ? s->prefix[0] : 0;
	if (s->pad > s->left) {
		s->pad = s->left;
	}
	if (s->type == FRAME_PUSH_PROMISE) {
		id = load_be32(s->prefix + (padded ? 1 : 0)) & INT32_MAX;
	}
	if (s->type == FRAME_HEADERS || s->type == FRAME_PUSH_PROMISE) {
		h2_block_open(s, id, s->type == FRAME_HEADERS && (s->flags & FLAG_END_STREAM) != 0);
		s->block.draft.head_bytes += s->prefix_need;
	}
}

/* The head of a frame is complete. False: it is none that may stand here. */
static bool frame_head(struct http2 *h, struct h2_side *s)
{
	s->left = load_be32(s->head) >> 8;
	s->type = s->head[3];
	s->flags = s->head[4];
	s->id = load_be32(s->head + 5) & INT32_MAX;
	s->have = 0;
	s->pad = 0;
	s->prefix_have = 0;
	s->prefix_need = prefix_of(s);
	s->stream = s->type == FRAME_DATA ? h2_stream_find(h, s->id) : NULL;
	if (s->block.open != (s->type == FRAME_CONTINUATION) ||
	    (s->block.open && s->id != s->block.on)) {
		return false;
	}
	if (s->type == FRAME_SETTINGS && s->id != 0) {
		return false;
	}
	/* A server that began after the client's preface was seen begins with settings. */
	if (!s->later && (s->type != FRAME_SETTINGS || (s->flags & FLAG_ACK) != 0)) {
		s->in_step = false;
	}
	s->later = true;
	if (s->prefix_need > s->left) {
		return false;
	}
	if (s->type == FRAME_CONTINUATION) {
		s->block.draft.head_bytes += s->left;
	} else if (s->prefix_need == 0) {
		begin_content(s);
	}
	s->state = H2_PAYLOAD;
	return true;
}

static int frame_end(struct http2 *h, struct h2_side *s, const struct chunk *c)
{
	struct h2_stream *st;
	int rc = 0;

	s->state = H2_FRAME;
	switch (s->type) {
	case FRAME_DATA:
		if (s->stream != NULL) {
			http_touch(side_message(h, s, s->stream->tx), c, c->offset);
			if ((s->flags & FLAG_END_STREAM) != 0) {
				h2_stream_done(h, s->stream, s);
			}
		}
		s->stream = NULL;
		break;
	case FRAME_HEADERS:
	case FRAME_PUSH_PROMISE:
	case FRAME_CONTINUATION:
		if ((s->flags & FLAG_END_HEADERS) != 0) {
			rc = h2_block_end(h, s, c);
		}
		break;
	case FRAME_RST_STREAM:
		st = h2_stream_find(h, s->id);
		if (st != NULL) {
			h2_stream_close(h, st, HTTP_RESET | HTTP_REQUEST_OPEN | HTTP_RESPONSE_OPEN);
		}
		break;
	default:
		break; /* settings, pings, windows, priorities, farewells, extensions: nothing for a row */
	}
	return rc;
}

/* ---- bytes ---- */

static void gather(uint8_t *to, uint8_t *have, uint8_t need, struct chunk *c)
{
	size_t n = (size_t)(need - *have) < c->len ? (size_t)(need - *have) : c->len;

	memcpy(to + *have, c->data, n);
	*have = (uint8_t)(*have + n);
	chunk_take(c, n);
}

/* The first bytes of a direction that are no preface. */
static void begin_without_preface(struct http2 *h, struct h2_side *s, const struct chunk *c)
{
	bool start = h->from_start || (h->out.t->client_known && c->offset == 0);

	s->in_step = (start || h->preface) && h->settled && s->dir != h->client;
	s->later = start;
	s->state = s->in_step || http2_frames_begin(c->data, c->len) ? H2_FRAME : H2_LOST;
}

/* The first bytes of a direction: a preface, or frames. */
static void step_begin(struct http2 *h, struct h2_side *s, struct chunk *c)
{
	if (s->have == 0 && c->data[0] != PREFACE[0]) {
		begin_without_preface(h, s, c);
		return;
	}
	gather(s->head, &s->have, PREFACE_BYTES, c);
	if (memcmp(s->head, PREFACE, s->have) != 0) {
		lose(s);
		chunk_take(c, c->len);
		return;
	}
	if (s->have < PREFACE_BYTES) {
		return;
	}
	s->have = 0;
	s->state = H2_FRAME;
	s->in_step = true;
	s->later = true;
	h->preface = true;
	if (!h->settled || h->client != s->dir) {
		h->settled = true;
		h->client = s->dir;
		talk_set_client(h->out.t, s->dir);
	}
}

static int step_frame(struct http2 *h, struct h2_side *s, struct chunk *c)
{
	if (s->have == 0) {
		begin_frame(s, c);
	}
	gather(s->head, &s->have, FRAME_HEAD_BYTES, c);
	if (s->have < FRAME_HEAD_BYTES) {
		return 0;
	}
	if (!frame_head(h, s)) {
		lose(s);
		chunk_take(c, c->len);
		return 0;
	}
	return s->left == 0 ? frame_end(h, s, c) : 0;
}

/* n bytes of the frame's content have passed; p is NULL when they are missing. */
static int content(struct http2 *h, struct h2_side *s, const uint8_t *p, size_t n)
{
	if (s->type == FRAME_DATA) {
		if (s->stream != NULL) {
			side_message(h, s, s->stream->tx)->body_bytes += n;
		}
		return 0;
	}
	return is_header_frame(s->type) && p != NULL ? h2_block_data(h, s, p, n) : 0;
}

static int step_payload(struct http2 *h, struct h2_side *s, struct chunk *c)
{
	size_t n;
	int rc = 0;

	if (s->prefix_have < s->prefix_need) {
		uint8_t had = s->prefix_have;

		gather(s->prefix, &s->prefix_have, s->prefix_need, c);
		s->left -= (uint32_t)(s->prefix_have - had);
		if (s->prefix_have < s->prefix_need) {
			return 0;
		}
		begin_content(s);
	} else if (s->left > s->pad) {
		n = s->left - s->pad < c->len ? s->left - s->pad : c->len;
		rc = content(h, s, c->data, n);
		chunk_take(c, n);
		s->left -= (uint32_t)n;
	} else {
		n = s->left < c->len ? s->left : c->len;
		chunk_take(c, n);
		s->left -= (uint32_t)n;
	}
	if (rc == 0 && s->left == 0) {
		rc = frame_end(h, s, c);
	}
	return rc;
}

/* Only ever called with the start of a chunk. */
static void step_lost(struct h2_side *s, struct chunk *c)
{
	if (http2_frames_begin(c->data, c->len)) {
		s->state = H2_FRAME;
		s->have = 0;
	} else {
		chunk_take(c, c->len);
	}
}

static int http2_data(void *st, unsigned int dir, const struct chunk *chunk)
{
	struct http2 *h = st;
	struct h2_side *s = &h->side[dir];
	struct chunk c = *chunk;
	bool start = true;
	int rc = 0;

	while (c.len > 0 && rc == 0) {
		switch (s->state) {
		case H2_BEGIN: step_begin(h, s, &c); break;
		case H2_FRAME: rc = step_frame(h, s, &c); break;
		case H2_PAYLOAD: rc = step_payload(h, s, &c); break;
		case H2_LOST:
			if (start) {
				step_lost(s, &c);
			} else {
				chunk_take(&c, c.len);
			}
			break;
		default: return 0;
		}
		start = start && c.len == chunk->len;
	}
	if (s->state == H2_PAYLOAD && s->stream != NULL) {
		http_touch(side_message(h, s, s->stream->tx), &c, c.offset);
	}
	return rc;
}

/* ---- what is missing ---- */

/* The gap ends within the frame at hand. */
static int gap_in_frame(struct http2 *h, struct h2_side *s, uint32_t len, const struct chunk *at)
{
	uint32_t inside;
	uint32_t unsure = 0;
	int rc = 0;

	if (s->prefix_have < s->prefix_need) {
		/* Padding and priority unknown: nothing of the frame can be told apart. */
		s->prefix_have = s->prefix_need;
		memset(s->prefix, 0, sizeof(s->prefix));
		begin_content(s);
		if (s->type == FRAME_DATA) {
			s->pad = s->left;
			unsure = s->dir == h->client ? HTTP_REQUEST_UNSURE : HTTP_RESPONSE_UNSURE;
		}
	}
	inside = s->left > s->pad ? s->left - s->pad : 0;
	if (is_header_frame(s->type)) {
		h2_block_break(s);
		/* Which message it is must be known for its end to be. */
		if (!s->block.begun) {
			rc = h2_block_data(h, s, (const uint8_t *)"", 0);
		}
		if (s->block.stream != NULL) {
			s->block.stream->tx->flags |=
				s->dir == h->client ? HTTP_REQUEST_CUT : HTTP_RESPONSE_CUT;
		}
	} else if (rc == 0) {
		rc = content(h, s, NULL, len < inside ? len : inside);
		if (s->stream != NULL) {
			s->stream->tx->flags |=
				unsure | (s->dir == h->client ? HTTP_REQUEST_CUT : HTTP_RESPONSE_CUT);
		}
	}
	s->left -= len;
	return rc == 0 && s->left == 0 ? frame_end(h, s, at) : rc;
}

static int http2_gap(void *st, unsigned int dir, uint64_t offset, uint64_t len, uint64_t ts_ns,
		     uint64_t num)
{
	struct http2 *h = st;
	struct h2_side *s = &h->side[dir];
	struct chunk at = { NULL, 0, offset + len, ts_ns, num };

	if (s->state == H2_ENDED) {
		return 0;
	}
	if (s->state == H2_PAYLOAD && len > 0 && len <= s->left) {
		return gap_in_frame(h, s, (uint32_t)len, &at);
	}
	lose(s);
	return 0;
}

static int http2_end(void *st, unsigned int dir, enum talk_end how, uint64_t ts_ns, uint64_t num)
{
	struct http2 *h = st;
	struct h2_side *s = &h->side[dir];

	UNUSED_ARG(ts_ns);
	UNUSED_ARG(num);
	if (s->state == H2_ENDED) {
		return 0;
	}
	h2_block_lost(s);
	s->block.open = false;
	s->state = H2_ENDED;
	h2_streams_end(h, s, how == END_RESET);
	return 0;
}

const struct analyzer analyzer_http2 = {
	.name = "http2",
	.service = SERVICE_HTTP2,
	.ip_proto = IP_TCP,
	.probe = http2_probe,
	.open = http2_open,
	.data = http2_data,
	.gap = http2_gap,
	.end = http2_end,
	.close = http2_close,
};
