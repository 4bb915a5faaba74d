/*
 * http1_message.c - messages of HTTP/1 as transactions: a start line makes or finds the row, the end of a head
 * decides how the body is framed (RFC 9112, 6.3) and what follows the message. Thread: the flow's shard.
 */
#include "net/http1_internal.h"

#include "base/limits.h"

/* The least that a request is: "GET / HTTP/1.0" and two ends of lines. */
#define REQUEST_MIN 18

void message_draft(struct http1 *h, struct side *s, const struct chunk *c)
{
	s->had = h->out.t->acks ? h->out.t->had[s->dir] : h->side[!s->dir].last.offset;
	if (is_request_side(h, s)) {
		s->had = h->out.t->late ? UINT64_MAX : s->had;
	} else if (!h->out.t->late) {
		h->side[h->client].answered_to = max_u64(h->side[h->client].answered_to, s->had);
	}
	memset(&s->draft, 0, sizeof(s->draft));
	s->draft.first_ns = c->ts_ns;
	s->draft.first_num = c->num;
	s->draft.start = c->offset;
	s->draft.content_length = UINT64_MAX;
}

void message_begin(struct side *s)
{
	s->status = 0;
	s->headless = false;
	s->head_cut = false;
	s->tx = NULL;
	s->msg = NULL;
	http_head_init(&s->head);
	s->state = SIDE_LINE;
}

static bool is_interim(uint16_t status)
{
	return status >= 100 && status < 200 && status != 101;
}

/* Sets what a message began with in its transaction. */
static void adopt(struct side *s, struct http_tx *tx, struct http_message *msg)
{
	const struct text *type = msg->content_type;

	*msg = s->draft;
	msg->content_type = type;
	s->tx = tx;
	s->msg = msg;
}

static uint8_t what_is_asked(const struct http_request_line *l)
{
	if (l->bare) {
		return ASKED_BARE;
	}
	if (l->method.n == 4 && memcmp(l->method.p, "HEAD", 4) == 0) {
		return ASKED_HEAD;
	}
	return l->method.n == 7 && memcmp(l->method.p, "CONNECT", 7) == 0 ? ASKED_CONNECT
									  : ASKED_OTHER;
}

/* Does the request come while an earlier response is not complete? Not said where responses may have been lost. */
static bool is_pipelined(const struct http1 *h)
{
	const struct side *r = &h->side[!h->client];

	return r->state != SIDE_LOST && r->state != SIDE_ENDED &&
	       (http_pairs_front(&h->pairs) != NULL || r->tx != NULL);
}

static int keep_target(struct http1 *h, struct http_tx *tx, const struct http_part *target)
{
	const struct http_tx *like = h->out.like[0];
	const uint8_t *colon;
	int rc;

	if (target->n > 0 && target->p[0] != '/' &&
	    (colon = memchr(target->p, ':', target->n)) != NULL &&
	    target->n - (size_t)(colon - target->p) > 2 && colon[1] == '/' && colon[2] == '/') {
		rc = http_text(&h->out, tx, NULL, target->p, (size_t)(colon - target->p),
			       &tx->scheme);
		if (rc != 0) {
			return rc;
		}
	}
	return http_text(&h->out, tx, like != NULL ? like->target : NULL, target->p, target->n,
			 &tx->target);
}

/* A request begins behind bytes that were lost: there may have been others. */
static int take_lost_requests(struct http1 *h, struct side *s)
{
	uint64_t count = s->lost_at < s->draft.start ? (s->draft.start - s->lost_at) / REQUEST_MIN : 0;
	struct http_pair lost = { .start = s->lost_at, .lost = count - min_u64(count, s->lost_answered),
				  .exact = s->lost_between && s->lost_answered == 0,
				  .spent = s->answered_to >= s->draft.start };

	s->lost_at = UINT64_MAX;
	s->answered_to = s->answered_to == UINT64_MAX ? 0 : s->answered_to;
	s->lost_answered = 0;
	if (count > 0) {
		http_pairs_drop_early(&h->pairs, UINT64_MAX);
	}
	return lost.lost > 0 ? http_pairs_lost(&h->pairs, lost) : 0;
}

/* A new row for the request, or that of a response that came early. */
static int row_of_request(struct http1 *h, struct side *s, const struct http_request_line *l,
			  struct http_tx **ret_tx)
{
	struct http_pair one = { .asked = what_is_asked(l), .pipelined = is_pipelined(h),
				 .start = s->draft.start, .had = s->had };
	struct http_pair early;
	int rc = take_lost_requests(h, s);

	if (rc != 0) {
		return rc;
	}
	http_pairs_drop_early(&h->pairs, s->draft.start);
	if (http_pairs_pop(&h->pairs, true, &early)) {
		early.tx->flags &= ~(uint32_t)HTTP_REQUEST_CUT;
		*ret_tx = early.tx;
		return 0;
	}
	rc = http_tx_new(&h->out, h->client, &one.tx);
	if (rc == 0) {
		one.tx->flags |= one.pipelined ? HTTP_PIPELINED : 0;
		rc = http_pairs_push(&h->pairs, &one);
		*ret_tx = one.tx;
	}
	return rc;
}

static int begin_request(struct http1 *h, struct side *s, const struct http_request_line *l)
{
	const struct http_tx *like = h->out.like[0];
	struct http_tx *tx;
	int rc = row_of_request(h, s, l, &tx);

	if (rc != 0) {
		return rc;
	}
	tx->flags |= HTTP_REQUEST | (l->malformed ? HTTP_MALFORMED : 0);
	tx->version = l->version != 0 ? l->version : tx->version;
	s->version = l->version;
	adopt(s, tx, &tx->request);
	s->asked = what_is_asked(l);
	rc = http_text(&h->out, tx, like != NULL ? like->method : NULL, l->method.p, l->method.n,
		       &tx->method);
	return rc == 0 ? keep_target(h, tx, &l->target) : rc;
}

/* A response that nobody asked for, as far as was seen. early: where not a byte of the requests is missing, its
 * own may still come. */
static int row_of_orphan(struct http1 *h, struct side *s, bool early, struct http_tx **ret_tx)
{
	const struct side *asks = &h->side[h->client];
	struct http_pair one = { .had = h->out.t->acks ? s->had : UINT64_MAX };
	int rc = http_tx_new(&h->out, h->client, &one.tx);

	if (rc != 0) {
		return rc;
	}
	one.tx->flags |= HTTP_REQUEST_CUT;
	*ret_tx = one.tx;
	if (early && h->out.t->client_known && !asks->lossy && asks->state != SIDE_ENDED) {
		h->pairs.early = true;
		rc = http_pairs_push(&h->pairs, &one);
	}
	return rc;
}

static int row_of_response(struct http1 *h, struct side *s, uint16_t status,
			   struct http_tx **ret_tx)
{
	/* 408 is what servers send to those who never asked. */
	bool early = h->pairs.over == 0 && http_pairs_front(&h->pairs) == NULL && status != 408;
	uint64_t start = min_u64(s->interim, s->draft.start);
	struct side *asks = &h->side[h->client];
	uint64_t known = min_u64(asks->lost_at, asks->last.offset);
	enum http_answer answers;
	struct http_pair one;
	bool alone;
	int rc;

	s->interim = UINT64_MAX;
	alone = h->pairs.count == 0 && s->owed == NULL;
	answers = http_pairs_answer(&h->pairs, start, s->had, known, &one, &s->asked);
	asks->lost_answered += alone && s->had > known;
	if (answers == ANSWERS_ONE) {
		*ret_tx = one.tx;
	} else if (answers == ANSWERS_NONE && s->owed != NULL && h->side[h->client].state != SIDE_LOST) {
		/* What was lost was not all of its response, for nobody has asked since. */
		*ret_tx = s->owed;
		s->asked = s->owed_asked;
	} else {
		rc = row_of_orphan(h, s, early, ret_tx);
		/* Nobody knows whether it has a body. */
		if (rc == 0 && s->asked == ASKED_HEAD) {
			(*ret_tx)->flags |= HTTP_RESPONSE_UNSURE;
		}
		return rc;
	}
	return 0;
}

static int begin_response(struct http1 *h, struct side *s, const struct http_status_line *l)
{
	struct http_tx *tx;
	const struct http_tx *like;
	int rc;

	s->status = l->status;
	s->version = l->version;
	if (is_interim(l->status)) {
		s->interim = min_u64(s->interim, s->draft.start);
		return 0;
	}
	rc = row_of_response(h, s, l->status, &tx);
	s->owed = NULL;
	if (rc != 0) {
		return rc;
	}
	tx->flags |= HTTP_RESPONSE | (l->malformed ? HTTP_MALFORMED : 0);
	tx->status = l->status;
	if (tx->version == 0) {
		tx->version = l->version;
	}
	adopt(s, tx, &tx->response);
	like = h->out.like[1];
	return l->reason.n == 0 ? 0
				: http_text(&h->out, tx, like != NULL ? like->reason : NULL,
					    l->reason.p, l->reason.n, &tx->reason);
}

/* The first start line says who asks. */
static void settle(struct http1 *h, const struct side *s, bool request)
{
	if (!h->settled) {
		h->settled = true;
		h->client = request ? s->dir : !s->dir;
		talk_set_client(h->out.t, h->client);
	}
}

int message_line(struct http1 *h, struct side *s, const struct http_part *line,
		 const struct chunk *c)
{
	struct http_request_line request;
	struct http_status_line status;
	int rc = 0;

	s->lines.crs = 0;
	if ((!h->settled || !is_request_side(h, s)) &&
	    http_status_line(line->p, line->n, &status)) {
		settle(h, s, false);
		rc = begin_response(h, s, &status);
		s->state = SIDE_HEAD;
		return rc == 0 ? 1 : rc;
	}
	if ((!h->settled || is_request_side(h, s)) &&
	    http_request_line(line->p, line->n, &request)) {
		settle(h, s, true);
		rc = begin_request(h, s, &request);
		s->state = SIDE_HEAD;
		if (rc == 0 && request.bare) {
			s->msg->head_ns = c->ts_ns;
			s->msg->head_num = c->num;
			s->msg->head_bytes = c->offset - s->msg->start;
			message_end(h, s, c);
		}
		return rc == 0 ? 1 : rc;
	}
	return 0;
}

int message_line_cut(struct http1 *h, struct side *s, uint32_t flags, const struct chunk *c)
{
	const uint8_t *p = (const uint8_t *)s->lines.kept;
	size_t n = s->lines.len;
	struct http_request_line request;
	struct http_status_line status;
	int rc = 0;

	if ((!h->settled || !is_request_side(h, s)) && http_status_line(p, n, &status) && n >= 12) {
		settle(h, s, false);
		status.reason.n = 0;
		rc = begin_response(h, s, &status);
	} else if ((!h->settled || is_request_side(h, s)) &&
		   http_request_line_cut(p, n, &request)) {
		settle(h, s, true);
		rc = begin_request(h, s, &request);
	} else {
		return 0;
	}
	if (rc == 0 && s->tx != NULL) {
		s->tx->flags |= flags | HTTP_HEAD_CUT;
		http_touch(s->msg, c, c->offset);
	}
	return rc == 0 ? 1 : rc;
}

int message_bare_response(struct http1 *h, struct side *s, const struct chunk *c)
{
	struct http_tx *tx;
	int rc = row_of_response(h, s, 0, &tx);

	if (rc != 0) {
		return rc;
	}
	s->owed = NULL;
	tx->flags |= HTTP_RESPONSE | HTTP_CLOSE_DELIMITED;
	adopt(s, tx, &tx->response);
	s->msg->head_ns = s->draft.first_ns;
	s->msg->head_num = s->draft.first_num;
	s->msg->body_bytes = c->offset - s->draft.start;
	http_body_init(&s->body, BODY_CLOSE, 0);
	http_lines_reset(&s->lines);
	s->state = SIDE_BODY;
	return 0;
}

/* How a request's body is framed. *ret_lost: nobody can tell. */
static uint8_t request_body(const struct http_head *d, bool *ret_lost)
{
	if (d->coding == CODING_CHUNKED) {
		return BODY_CHUNKED;
	}
	*ret_lost = d->coding == CODING_OTHER || d->length_bad;
	return d->length != UINT64_MAX && d->length > 0 ? BODY_LENGTH : BODY_NONE;
}

static uint8_t response_body(const struct http_head *d, uint16_t status, uint8_t asked)
{
	if (asked == ASKED_HEAD || status < 200 || status == 204 || status == 304 ||
	    (asked == ASKED_CONNECT && status < 300)) {
		return BODY_NONE;
	}
	if (d->coding != CODING_NONE) {
		return d->coding == CODING_CHUNKED ? BODY_CHUNKED : BODY_CLOSE;
	}
	if (d->length_bad || d->length == UINT64_MAX) {
		return BODY_CLOSE;
	}
	return d->length > 0 ? BODY_LENGTH : BODY_NONE;
}

/* Shapes that two readers may frame in two ways. */
static bool is_ambiguous(const struct http_head *d, bool request, uint8_t version)
{
	return d->malformed ||
	       (d->coding != CODING_NONE && (d->length != UINT64_MAX || version < 11)) ||
	       (request && (d->coding == CODING_OTHER || d->hosts > 1));
}

static void interim_done(struct http1 *h, struct side *s)
{
	const struct http_pair *one = http_pairs_front(&h->pairs);

	if (one != NULL && s->status == 100) {
		one->tx->flags |= HTTP_CONTINUE;
	}
	s->state = SIDE_START;
}

static const struct analyzer *heir_of(uint8_t upgrade)
{
	switch (upgrade) {
	case UPGRADE_WEBSOCKET: return &analyzer_websocket;
	case UPGRADE_H2C: return &analyzer_http2;
	default: return NULL;
	}
}

/* After a response without body: a tunnel, another protocol, or the next response. */
static int after_response_head(struct http1 *h, struct side *s, struct http_tx *tx)
{
	bool tunnel = s->asked == ASKED_CONNECT && s->status >= 200 && s->status < 300;
	int rc;

	if (s->status != 101 && !tunnel) {
		return http1_release_held(h);
	}
	tx->flags |= tunnel ? HTTP_CONNECT : HTTP_UPGRADED;
	rc = http_heir_start(&h->heir, h->out.t, h->level + 1,
			     tunnel ? NULL : heir_of(s->head.upgrade), tx);
	return rc == 0 ? http1_release_held(h) : rc;
}

static int response_head_done(struct http1 *h, struct side *s, const struct chunk *c)
{
	struct http_tx *tx = s->tx;
	uint8_t kind = response_body(&s->head, s->status, s->asked);

	if (s->head.coding == CODING_CHUNKED) {
		tx->flags |= HTTP_CHUNKED_RESPONSE;
	}
	if (kind == BODY_CLOSE) {
		tx->flags |= HTTP_CLOSE_DELIMITED;
	}
	http_body_init(&s->body, kind, s->head.length);
	s->state = SIDE_BODY;
	if (kind == BODY_NONE) {
		message_end(h, s, c);
	}
	return after_response_head(h, s, tx);
}

static void request_head_done(struct http1 *h, struct side *s, const struct chunk *c)
{
	bool lost = false;
	uint8_t kind = request_body(&s->head, &lost);

	if (kind == BODY_CHUNKED) {
		s->tx->flags |= HTTP_CHUNKED_REQUEST;
	}
	http_body_init(&s->body, kind, s->head.length);
	s->state = SIDE_BODY;
	if (lost) {
		s->lossy = true;
		message_end(h, s, c);
		s->state = SIDE_LOST;
	} else if (kind == BODY_NONE) {
		message_end(h, s, c);
	}
}

int message_head_done(struct http1 *h, struct side *s, const struct chunk *c)
{
	bool request = is_request_side(h, s);

	s->head.malformed |= s->head.controls || s->head.crs != s->lines.crs;
	http_lines_reset(&s->lines);
	if (s->tx == NULL) {
		interim_done(h, s);
		return 0;
	}
	s->msg->head_ns = c->ts_ns;
	s->msg->head_num = c->num;
	s->msg->head_bytes = c->offset - s->msg->start;
	s->msg->content_length = s->head.length_bad ? UINT64_MAX : s->head.length;
	http_touch(s->msg, c, c->offset);
	if (is_ambiguous(&s->head, request, s->version)) {
		s->tx->flags |= HTTP_MALFORMED;
	}
	if (!request) {
		return response_head_done(h, s, c);
	}
	request_head_done(h, s, c);
	return 0;
}

void message_end(struct http1 *h, struct side *s, const struct chunk *c)
{
	bool request = is_request_side(h, s);

	http_touch(s->msg, c, c->offset);
	if (s->body.malformed) {
		s->tx->flags |= HTTP_MALFORMED;
		s->body.malformed = false;
	}
	h->out.like[!request] = s->tx;
	s->tx = NULL;
	s->msg = NULL;
	s->state = SIDE_START;
	/* What follows is no longer HTTP/1, perhaps. */
	if (request && (s->asked == ASKED_CONNECT || s->head.upgrade != UPGRADE_NONE) &&
	    http_pairs_front(&h->pairs) != NULL) {
		s->state = SIDE_HOLD;
	}
}

void message_missing(struct http1 *h, struct side *s)
{
	struct http_pair one;

	if (is_request_side(h, s) || !http_pairs_pop(&h->pairs, false, &one)) {
		return;
	}
	s->tx = one.tx;
	s->msg = &one.tx->response;
	s->asked = one.asked;
	s->headless = true;
	s->sole = !h->pairs.doubt;
	s->tx->flags |= HTTP_RESPONSE_CUT;
}

/* Has the head at hand, of which not all was seen, declared how long the body is? */
static bool is_declared(const struct side *s)
{
	return s->tx != NULL && s->head_cut && s->head.length != UINT64_MAX && !s->head.length_bad;
}

/* Does the message come with a body of the length it declares? */
static bool has_body(const struct http1 *h, const struct side *s)
{
	return is_request_side(h, s) ? s->head.coding == CODING_NONE
				     : response_body(&s->head, s->status, s->asked) == BODY_LENGTH;
}

/* Of what has passed since, a part is the rest of the head. */
bool message_still_passes(const struct http1 *h, const struct side *s)
{
	return is_declared(s) && s->passed_all && s->passed < s->head.length && has_body(h, s);
}

void message_give_up(const struct http1 *h, struct side *s)
{
	if (s->tx == NULL) {
		return;
	}
	if (is_declared(s)) {
		s->msg->content_length = s->head.length;
		/* Where the head ended nobody knows, but all that was announced has passed. */
		if (s->passed_all && s->passed >= s->head.length && has_body(h, s)) {
			s->msg->body_bytes = s->head.length;
		}
	}
	if (s->headless) {
		s->owed = s->sole ? s->tx : NULL;
		s->owed_asked = s->asked;
	} else {
		s->tx->flags |= unsure_flag(h, s);
	}
	s->tx = NULL;
	s->msg = NULL;
	s->headless = false;
	s->head_cut = false;
}
