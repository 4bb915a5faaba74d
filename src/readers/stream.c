/*
 * stream.c - the part that all streams share: peeking, the sticky end, filling the caller's
 * buffer, borrowing pieces for the layer above, and the ceiling on expansion. Reads from a
 * layer's ops, produces what stream.h and stream_layer.h promise. One thread at a time.
 */
#include "readers/stream_layer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"

void stream_init(struct stream *s, const struct stream_ops *ops, struct stream *under)
{
	s->ops = ops;
	s->under = under;
	err_init(&s->end_err);
}

void stream_free(struct stream *s)
{
	if (s == NULL) {
		return;
	}
	free(s->peeked);
	free(s->piece);
	s->ops->free(s);
}

int stream_fail(struct stream *s, int code, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(&s->end_err, code, "%s: %s", s->ops->what, text);
}

int stream_fail_under(struct stream *s, int code, const struct err *e)
{
	if (code == ERR_EOF) {
		return stream_fail(s, ERR_TRUNCATED, "input ends in the middle");
	}
	s->end_err = *e;
	s->end_err.code = code;
	return code;
}

int stream_check_expansion(struct stream *s, uint64_t out, uint64_t in)
{
	if (out <= LIMIT_EXPANSION_GRACE || out / LIMIT_EXPANSION_RATIO <= in) {
		return 0;
	}
	return stream_fail(s, ERR_LIMIT, "%llu bytes out of %llu: more than %u to one is a bomb",
			   (unsigned long long)out, (unsigned long long)in, LIMIT_EXPANSION_RATIO);
}

/* The layer's own bytes, behind what was peeked. */
static void pull(struct stream *s, uint8_t *p, size_t n, size_t *ret_n)
{
	size_t got = 0;

	while (got < n && s->end == 0) {
		size_t k = 0;
		int r = s->ops->read(s, p + got, n - got, &k);

		assert(k <= n - got && (r != 0 || k > 0));
		got += k;
		s->out += k;
		s->end = r;
	}
	*ret_n = got;
}

static int ended(struct stream *s, struct err *e)
{
	if (s->end != ERR_EOF && e != NULL && e->code == 0) {
		*e = s->end_err;
		e->code = s->end;
		e->offset = s->out;
	}
	return s->end;
}

static size_t from_peeked(struct stream *s, uint8_t *p, size_t n)
{
	size_t k = s->peek_len - s->peek_at;

	if (k > n) {
		k = n;
	}
	if (k > 0) {
		memcpy(p, s->peeked + s->peek_at, k);
		s->peek_at += k;
	}
	return k;
}

int stream_read(struct stream *s, void *p, size_t n, size_t *ret_n, struct err *e)
{
	uint8_t *to = p;
	size_t got;
	size_t more = 0;

	assert(n > 0);
	got = from_peeked(s, to, n);
	if (got < n) {
		pull(s, to + got, n - got, &more);
	}
	if (got + more > 0) {
		*ret_n = got + more;
		return 0;
	}
	return ended(s, e);
}

int stream_peek(struct stream *s, const uint8_t **ret_p, size_t n, size_t *ret_n, struct err *e)
{
	size_t have = s->peek_len - s->peek_at;
	size_t more = 0;

	assert(n <= STREAM_PEEK_BYTES);
	if (s->peeked == NULL) {
		s->peeked = malloc(STREAM_PEEK_BYTES);
		if (s->peeked == NULL) {
			return err_nomem(e, "the head of an input");
		}
	}
	if (have < n) {
		memmove(s->peeked, s->peeked + s->peek_at, have);
		s->peek_at = 0;
		pull(s, s->peeked + have, n - have, &more);
		s->peek_len = have + more;
	}
	*ret_p = s->peeked + s->peek_at;
	*ret_n = have + more < n ? have + more : n;
	return 0;
}

int stream_borrow(struct stream *s, size_t max, const uint8_t **ret_p, size_t *ret_n, struct err *e)
{
	size_t have = s->peek_len - s->peek_at;
	int r;

	if (have > 0) {
		*ret_p = s->peeked + s->peek_at;
		*ret_n = have < max ? have : max;
		s->peek_at += *ret_n;
		return 0;
	}
	if (s->ops->borrow != NULL) {
		*ret_n = 0;
		if (s->end == 0) {
			r = s->ops->borrow(s, max, ret_p, ret_n);
			s->end = r;
			s->out += *ret_n;
		}
		return *ret_n > 0 ? 0 : ended(s, e);
	}
	if (s->piece == NULL) {
		s->piece = malloc(STREAM_PIECE_BYTES);
		if (s->piece == NULL) {
			return err_nomem(e, "a piece of an input");
		}
	}
	r = stream_read(s, s->piece, max < STREAM_PIECE_BYTES ? max : STREAM_PIECE_BYTES, ret_n, e);
	*ret_p = s->piece;
	return r;
}

uint64_t stream_disk_pos(const struct stream *s)
{
	while (s->ops->disk_pos == NULL) {
		s = s->under;
	}
	return s->ops->disk_pos(s);
}

uint64_t feed_cost(const struct feed *f)
{
	return min_u64(f->taken, stream_disk_pos(f->under));
}

const char *stream_note(const struct stream *s)
{
	while (s->note[0] == '\0' && s->under != NULL) {
		s = s->under;
	}
	return s->note;
}

/* ---- feed ------------------------------------------------------------------------------- */

void feed_init(struct feed *f, struct stream *under)
{
	memset(f, 0, sizeof(*f));
	f->under = under;
	err_init(&f->err);
}

int feed_fill(struct feed *f)
{
	size_t n = 0;

	if (f->left > 0) {
		return 0;
	}
	if (f->later != NULL) {
		f->p = f->later;
		f->left = f->later_left;
		f->later = NULL;
		if (f->left > 0) {
			return 0;
		}
	}
	if (f->end == 0) {
		f->end = stream_borrow(f->under, STREAM_PIECE_BYTES, &f->p, &n, &f->err);
	}
	if (f->end == 0) {
		f->left = n;
		f->taken += n;
	}
	return f->end;
}

void feed_unread(struct feed *f, const uint8_t *p, size_t n)
{
	assert(n <= sizeof(f->back) && f->later == NULL);
	if (n > 0) {
		memcpy(f->back, p, n);
		f->later = f->p != NULL ? f->p : f->back;
		f->later_left = f->left;
		f->p = f->back;
		f->left = n;
	}
}

int feed_take(struct feed *f, uint8_t *p, size_t n, size_t *ret_n)
{
	size_t got = 0;
	int r = 0;

	while (got < n && (r = feed_fill(f)) == 0) {
		size_t k = f->left < n - got ? f->left : n - got;

		memcpy(p + got, f->p, k);
		f->p += k;
		f->left -= k;
		got += k;
	}
	*ret_n = got;
	return r;
}

int feed_drain(struct feed *f, uint64_t *ret_n, bool *ret_zero)
{
	uint64_t n = 0;
	bool zero = true;
	int r;

	while ((r = feed_fill(f)) == 0) {
		for (size_t i = 0; i < f->left && zero; i++) {
			zero = f->p[i] == 0;
		}
		n += f->left;
		f->left = 0;
	}
	*ret_n = n;
	*ret_zero = zero;
	return r == ERR_EOF ? 0 : r;
}
