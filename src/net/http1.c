/*
 * http1.c - HTTP/1 as an analyzer: the bytes, gaps and ends of both directions through the states of
 * http1_internal.h.
 *
 * Reads chunks of a stream; produces rows of struct http_tx. Bodies are counted, never kept. Each step either
 * takes bytes from the chunk or changes the state, and no state leads back without taking any. Thread: the
 * flow's shard.
 */
#include "net/http1_internal.h"

#include "base/limits.h"
#include "net/layer.h"

/* Bytes at the start of chunks that may be the beginning of a message but are too few to tell. */
#define STASH_BYTES 64

static enum probe http1_probe(const struct talk *t, unsigned int dir, const uint8_t *p, size_t n,
			      bool mid)
{
	UNUSED_ARG(t);
	UNUSED_ARG(dir);
	switch (http_start(p, n, mid)) {
	case START_NO: return PROBE_NO;
	case START_MORE: return PROBE_MORE;
	default: return PROBE_YES;
	}
}

static void *http1_open(struct talk *t)
{
	struct http1 *h = calloc(1, sizeof(*h));

	if (h == NULL) {
		return NULL;
	}
	h->out.t = t;
	h->client = t->client & 1;
	h->level = t->nested;
	http_log_init(&h->held);
	for (unsigned int i = 0; i < 2; i++) {
		/* A stream whose start was missed may begin in the middle of a message. */
		bool missed = !t->client_known && t->nested == 0;

		h->side[i].dir = (uint8_t)i;
		h->side[i].state = missed ? SIDE_LOST : SIDE_START;
		h->side[i].lossy = missed;
		h->side[i].lost_at = missed ? 0 : UINT64_MAX;
		h->side[i].interim = UINT64_MAX;
		h->side[i].answered_to = t->retaken ? UINT64_MAX : 0;
	}
	return h;
}

static void http1_close(void *st)
{
	struct http1 *h = st;

	if (h == NULL) {
		return;
	}
	for (unsigned int i = 0; i < 2; i++) {
		http_lines_release(&h->side[i].lines);
	}
	http_heir_release(&h->heir);
	http_log_release(&h->held);
	http_pairs_release(&h->pairs);
	http_out_release(&h->out);
	free(h);
}

/* What follows makes no sense as HTTP until a chunk begins with a message. */
static void lose(struct http1 *h, struct side *s)
{
	if (s->state != SIDE_LOST) {
		s->lost_at = s->last.offset;
		s->lost_between = false;
	}
	s->missed_at = s->tx != NULL && !s->headless ? s->msg->start : s->last.offset;
	h->pairs.doubt |= !is_request_side(h, s);
	s->interim = UINT64_MAX;
	http_lines_reset(&s->lines);
	s->state = SIDE_LOST;
	s->lossy = true;
	s->passed = 0;
	s->passed_all = true;
}

static void take_lost(struct side *s, struct chunk *c)
{
	s->passed += c->len;
	chunk_take(c, c->len);
}

static bool may_begin(const struct http1 *h, const struct side *s, uint8_t c)
{
	return h->settled && !is_request_side(h, s) ? c == 'H' : c > ' ' && c < 0x7F;
}

/* Is the response to HTTP/0.9 awaited, which has no head? */
static bool awaits_bare(const struct http1 *h, const struct side *s)
{
	const struct http_pair *one =
		h->settled && !is_request_side(h, s) ? http_pairs_front(&h->pairs) : NULL;

	return one != NULL && one->asked == ASKED_BARE;
}

static int step_start(struct http1 *h, struct side *s, struct chunk *c)
{
	bool bare = awaits_bare(h, s);

	while (!bare && c->len > 0 && (c->data[0] == '\r' || c->data[0] == '\n')) {
		chunk_take(c, 1);
	}
	if (c->len == 0) {
		return 0;
	}
	message_draft(h, s, c);
	http_lines_reset(&s->lines);
	if (bare && c->data[0] != 'H') {
		return message_bare_response(h, s, c);
	}
	if (!may_begin(h, s, c->data[0])) {
		lose(h, s);
		take_lost(s, c);
		return 0;
	}
	message_begin(s);
	return 0;
}

static int step_line(struct http1 *h, struct side *s, struct chunk *c)
{
	struct http_part line;
	int rc = http_lines_next(&s->lines, c, false, &line);

	if (rc < 0 || (rc == 0 && !s->lines.over)) {
		return rc;
	}
	rc = rc == 1 ? message_line(h, s, &line, c) : 0;
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	if (awaits_bare(h, s)) {
		return message_bare_response(h, s, c);
	}
	lose(h, s);
	take_lost(s, c);
	return 0;
}

static int head_line(struct http1 *h, struct side *s, const struct chunk *c,
		     const struct http_part *line)
{
	bool keep = c->offset - s->draft.start <= LIMIT_HTTP_HEAD_BYTES && !s->lines.over;

	if (UNLIKELY(!keep && s->tx != NULL)) {
		s->tx->flags |= HTTP_HEAD_CUT;
	}
	return http_head_field(&s->head, &h->out, s->tx, is_request_side(h, s), keep, line);
}

static int step_head(struct http1 *h, struct side *s, struct chunk *c)
{
	const uint8_t *from = c->data;
	struct http_part line;
	int rc = 0;

	while (rc == 0) {
		int more = http_lines_quick(&s->lines, c, &line)
				   ? 1
				   : http_lines_next(&s->lines, c, true, &line);

		if (more != 1) {
			rc = more;
			break;
		}
		if (line.n == 0) {
			http_head_watch(&s->head, from, (size_t)(c->data - from));
			return message_head_done(h, s, c);
		}
		rc = head_line(h, s, c, &line);
	}
	http_head_watch(&s->head, from, (size_t)(c->data - from));
	return rc;
}

static int step_body(struct http1 *h, struct side *s, struct chunk *c)
{
	switch (http_body_data(&s->body, c, &s->msg->body_bytes)) {
	case FRAMING_DONE: message_end(h, s, c); break;
	case FRAMING_LOST:
		s->tx->flags |= HTTP_MALFORMED;
		lose(h, s);
		take_lost(s, c);
		break;
	default: break;
	}
	return 0;
}

/* The bytes kept from before, and those of the chunk, as far as a look needs them. */
static size_t look_at(const struct side *s, const struct chunk *c, uint8_t *stash,
		      const uint8_t **ret_p)
{
	size_t old = s->lines.len;
	size_t n;

	if (old == 0) {
		*ret_p = c->data;
		return c->len;
	}
	n = c->len < STASH_BYTES - old ? c->len : STASH_BYTES - old;
	memcpy(stash, s->lines.kept, old);
	memcpy(stash + old, c->data, n);
	*ret_p = stash;
	return old + n;
}

/* Keeps the whole of a short chunk until more is there. */
static int stash_all(struct http1 *h, struct side *s, struct chunk *c)
{
	struct http_part unused;
	int rc;

	if (s->lines.len == 0) {
		message_draft(h, s, c);
	}
	rc = http_lines_next(&s->lines, c, false, &unused);
	return rc < 0 ? rc : 0;
}

static bool is_expected(const struct http1 *h, const struct side *s, enum http_start start)
{
	return start == START_MORE || !h->settled ||
	       start == (is_request_side(h, s) ? START_REQUEST : START_RESPONSE);
}

/* Only ever called with the start of a chunk. */
static int step_lost(struct http1 *h, struct side *s, struct chunk *c)
{
	uint8_t stash[STASH_BYTES];
	const uint8_t *p;
	enum http_start start;
	size_t n;

	n = look_at(s, c, stash, &p);
	/* Too early for another message while the body of the one at hand has not passed. */
	start = message_still_passes(h, s) ? START_NO : http_start(p, n, true);
	if (!is_expected(h, s, start)) {
		start = START_NO;
	}
	if (start == START_MORE && n < STASH_BYTES && memchr(c->data, '\n', c->len) == NULL) {
		return stash_all(h, s, c);
	}
	if (start == START_REQUEST || start == START_RESPONSE) {
		message_give_up(h, s);
		if (s->lines.len == 0) {
			message_draft(h, s, c);
		}
		message_begin(s);
		return 0;
	}
	if (s->lines.len > 0) {
		s->passed += s->lines.len;
		http_lines_reset(&s->lines);
		return step_lost(h, s, c); /* once: nothing is stashed now */
	}
	take_lost(s, c);
	return 0;
}

/* Empty lines before a message. */
static void skip_empty(struct side *s, struct chunk *c)
{
	while (s->lines.len == 0 && c->len > 0 && (c->data[0] == '\r' || c->data[0] == '\n')) {
		s->passed++;
		chunk_take(c, 1);
	}
}

/* A chunked body whose framing was lost seems to end here. */
static bool looks_like_last_chunk(const struct side *s, const struct chunk *c)
{
	return s->tx != NULL && s->body.kind == BODY_CHUNKED && !s->head_cut && !s->headless &&
	       c->len >= 5 && memcmp(c->data + c->len - 5, "0\r\n\r\n", 5) == 0 &&
	       (c->len == 5 || c->data[c->len - 6] == '\n');
}

static int step_hold(struct http1 *h, struct side *s, struct chunk *c)
{
	int rc = http_log_data(&h->held, s->dir, c);

	if (rc == 0) {
		chunk_take(c, c->len);
		return 0;
	}
	if (rc != ERR_LIMIT) {
		return rc;
	}
	/* No answer for so long: by their content, then. */
	return http1_release_held(h);
}

static int step_lost_start(struct http1 *h, struct side *s, struct chunk *c)
{
	if (looks_like_last_chunk(s, c)) {
		chunk_take(c, c->len);
		s->tx->flags |= unsure_flag(h, s);
		message_end(h, s, c);
		return 0;
	}
	skip_empty(s, c);
	return c->len > 0 ? step_lost(h, s, c) : 0;
}

static int side_data(struct http1 *h, struct side *s, struct chunk *c)
{
	bool start = true;
	int rc = 0;

	while (c->len > 0 && rc == 0) {
		if (h->heir.active) {
			return http_heir_data(&h->heir, s->dir, c);
		}
		switch (s->state) {
		case SIDE_START: rc = step_start(h, s, c); break;
		case SIDE_LINE: rc = step_line(h, s, c); break;
		case SIDE_HEAD: rc = step_head(h, s, c); break;
		case SIDE_BODY: rc = step_body(h, s, c); break;
		case SIDE_HOLD: rc = step_hold(h, s, c); break;
		case SIDE_LOST:
			if (start) {
				rc = step_lost_start(h, s, c);
			} else {
				take_lost(s, c);
			}
			break;
		default: return 0;
		}
		start = false;
	}
	s->last = *c;
	if (s->tx != NULL && (s->state != SIDE_LOST || s->lines.len == 0)) {
		http_touch(s->msg, c, c->offset);
	}
	return rc;
}

static int http1_data(void *st, unsigned int dir, const struct chunk *chunk)
{
	struct http1 *h = st;
	struct chunk c = *chunk;

	return side_data(h, &h->side[dir], &c);
}

/* The line at hand is complete but for the doubt whether the next one continues it. */
static int flush_field(struct http1 *h, struct side *s)
{
	struct http_part line = { (const uint8_t *)s->lines.kept, s->lines.len };

	if (s->state != SIDE_HEAD || !s->lines.whole || s->lines.over) {
		return 0;
	}
	return http_head_field(&s->head, &h->out, s->tx, is_request_side(h, s), true, &line);
}

/* Bytes between two messages are missing: at least one message is. */
static void lose_between(struct http1 *h, struct side *s)
{
	bool between = s->state == SIDE_START;

	message_missing(h, s);
	lose(h, s);
	s->lost_between = between;
}

/* The gap is in a start line or head. */
static int gap_in_head(struct http1 *h, struct side *s, uint64_t len, const struct chunk *at)
{
	int rc = 0;

	if (s->state == SIDE_LINE) {
		rc = message_line_cut(h, s, cut_flag(h, s), at);
		if (rc == 0) {
			lose_between(h, s);
			return 0;
		}
	} else {
		rc = flush_field(h, s);
		if (s->tx != NULL) {
			s->tx->flags |= cut_flag(h, s) | HTTP_HEAD_CUT;
		}
	}
	if (rc < 0) {
		return rc;
	}
	lose(h, s);
	s->head_cut = s->tx != NULL;
	s->passed = len;
	s->passed_all = len > 0;
	return 0;
}

static void gap_in_body(struct http1 *h, struct side *s, uint64_t len, const struct chunk *at)
{
	uint64_t beyond = 0;
	struct chunk end = *at;

	s->tx->flags |= cut_flag(h, s) | (len == 0 ? unsure_flag(h, s) : 0);
	switch (http_body_gap(&s->body, len, &s->msg->body_bytes, &beyond)) {
	case FRAMING_DONE:
		end.offset -= beyond;
		message_end(h, s, &end);
		if (beyond > 0) {
			lose_between(h, s);
		}
		break;
	case FRAMING_LOST:
		lose(h, s);
		s->passed = len;
		break;
	default: break;
	}
}

/* More is missing of a direction that was lost already: of the same message or, if somebody has asked again
 * meanwhile, of the next. */
static void gap_while_lost(struct http1 *h, struct side *s, uint64_t len)
{
	const struct http_pair *one = is_request_side(h, s) ? NULL : http_pairs_front(&h->pairs);

	http_lines_reset(&s->lines);
	if (one != NULL && !h->pairs.pipelines && one->had > s->missed_at && one->had != UINT64_MAX) {
		message_give_up(h, s);
		s->owed = NULL;
		h->pairs.doubt &= h->pairs.count > 1;
		lose_between(h, s);
	}
	s->passed += len;
	s->passed_all &= len > 0;
}

static int http1_gap(void *st, unsigned int dir, uint64_t offset, uint64_t len, uint64_t ts_ns,
		     uint64_t num)
{
	struct http1 *h = st;
	struct side *s = &h->side[dir];
	struct chunk at = { NULL, 0, offset + len, ts_ns, num };
	int rc = 0;

	if (h->heir.active) {
		return http_heir_gap(&h->heir, dir, offset, len, ts_ns, num);
	}
	switch (s->state) {
	case SIDE_START: lose_between(h, s); break;
	case SIDE_LINE:
	case SIDE_HEAD: rc = gap_in_head(h, s, len, &at); break;
	case SIDE_BODY: gap_in_body(h, s, len, &at); break;
	case SIDE_LOST: gap_while_lost(h, s, len); break;
	case SIDE_HOLD:
		rc = http_log_gap(&h->held, dir, offset, len, ts_ns, num);
		if (rc == ERR_LIMIT) {
			rc = http1_release_held(h);
			lose_between(h, s);
		}
		break;
	default: break;
	}
	s->last = at;
	if (s->tx != NULL) {
		http_touch(s->msg, &at, at.offset);
	}
	return rc;
}

/* Both what is asked and what is being answered goes down with the connection. */
static void mark_reset(struct http1 *h)
{
	if (!h->pairs.early) {
		http_pairs_mark(&h->pairs, HTTP_RESET);
	}
	for (unsigned int i = 0; i < 2; i++) {
		if (h->side[i].tx != NULL) {
			h->side[i].tx->flags |= HTTP_RESET;
		}
	}
}

static int end_of_message(struct http1 *h, struct side *s, enum talk_end how,
			  const struct chunk *at)
{
	int rc = 0;

	switch (s->state) {
	case SIDE_LINE:
		if (awaits_bare(h, s)) {
			struct chunk c = *at;

			c.offset = s->draft.start + s->lines.len;
			rc = message_bare_response(h, s, &c);
			if (rc == 0) {
				message_end(h, s, &c);
			}
			return rc;
		}
		rc = message_line_cut(h, s, open_flag(h, s), at);
		return rc < 0 ? rc : 0;
	case SIDE_HEAD:
		rc = flush_field(h, s);
		if (s->tx != NULL) {
			s->tx->flags |= open_flag(h, s) | HTTP_HEAD_CUT;
		}
		return rc;
	case SIDE_BODY:
		if (s->body.kind == BODY_CLOSE && how == END_FIN) {
			message_end(h, s, at);
		} else {
			s->tx->flags |= open_flag(h, s);
		}
		return 0;
	default:
		if (message_still_passes(h, s)) {
			s->tx->flags |= open_flag(h, s);
		}
		message_give_up(h, s);
		return 0;
	}
}

static int http1_end(void *st, unsigned int dir, enum talk_end how, uint64_t ts_ns, uint64_t num)
{
	struct http1 *h = st;
	struct side *s = &h->side[dir];
	int rc = 0;

	if (h->heir.active) {
		return http_heir_end(&h->heir, dir, how, ts_ns, num);
	}
	if (s->state == SIDE_HOLD) {
		rc = http1_release_held(h);
	}
	if (how == END_RESET) {
		mark_reset(h);
	}
	if (rc == 0) {
		rc = end_of_message(h, s, how, &s->last);
	}
	/* An unfinished one stays known, for the other direction may be reset. */
	s->state = SIDE_ENDED;
	http_lines_release(&s->lines);
	return rc;
}

const struct analyzer analyzer_http1 = {
	.name = "http1",
	.service = SERVICE_HTTP,
	.ip_proto = IP_TCP,
	.probe = http1_probe,
	.open = http1_open,
	.data = http1_data,
	.gap = http1_gap,
	.end = http1_end,
	.close = http1_close,
};

int http1_release_held(struct http1 *h)
{
	struct side *s = &h->side[h->client];

	if (s->state == SIDE_HOLD) {
		s->state = SIDE_START;
	}
	h->held.bytes.failed = false;
	return h->held.bytes.len > 0 ? http_log_replay(&h->held, &analyzer_http1, h) : 0;
}
