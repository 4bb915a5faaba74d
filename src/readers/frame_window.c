/*
 * frame_window.c - the bytes that the framer looks at: a window on the stream from the first byte not handed
 * out on, as long as it asks for. Runs with the lane's framing turn.
 *
 * Mapped input is never copied: batches point into the mapping. Streamed input is read into
 * the batch's own buffer; the incomplete block at its end is carried to the next batch.
 */
#include <stdlib.h>

#include "base/err.h"
#include "readers/frame_internal.h"

/* A window that must be longer grows by at least this, so that asking byte by byte costs nothing. */
#define WINDOW_STEP ((size_t)64 << 10)

void window_release(struct framer *f)
{
	free(f->carry);
	f->carry = NULL;
	f->carry_at = 0;
	f->carry_end = 0;
	f->carry_cap = 0;
}

static int owned_reserve(struct batch *b, size_t cap)
{
	uint8_t *grown;

	if (b->owned_cap >= cap) {
		return 0;
	}
	grown = realloc(b->owned, cap);
	if (grown == NULL) {
		return ERR_NOMEM;
	}
	b->owned = grown;
	b->owned_cap = cap;
	return 0;
}

/* Up to n bytes of what was carried over, then of the stream. 0, or the code that ended the stream. */
static int pull(struct framer *f, uint8_t *p, size_t n, size_t *ret_got)
{
	size_t left = f->carry_end - f->carry_at;

	if (left > 0) {
		*ret_got = left < n ? left : n;
		memcpy(p, f->carry + f->carry_at, *ret_got);
		f->carry_at += *ret_got;
		return 0;
	}
	if (f->end_code != 0) {
		return f->end_code;
	}
	return stream_read(f->stream, p, n, ret_got, &f->end_err);
}

/* Reads until the batch's own buffer holds want bytes from f->off on, or the stream ends. */
static int window_fill(struct framer *f, struct batch *b, struct window *w, size_t want)
{
	while (w->len < want && !f->eof) {
		size_t got = 0;
		int rc;

		if (owned_reserve(b, want) != 0) {
			return ERR_NOMEM;
		}
		rc = pull(f, b->owned + w->len, want - w->len, &got);
		if (rc != 0) {
			f->eof = true;
			f->end_code = rc;
			break;
		}
		w->len += got;
	}
	w->p = b->owned;
	return 0;
}

/*
 * Room for want bytes from carry_at on. What was handed out in front of them is only closed up when that is
 * more than what is moved, so that each byte is moved a few times at most.
 */
static int carry_reserve(struct framer *f, size_t want)
{
	size_t used = f->carry_end - f->carry_at;
	size_t cap = f->carry_at + want + want / 2;
	uint8_t *grown;

	if (f->carry_cap - f->carry_at >= want) {
		return 0;
	}
	if (f->carry_at >= used && f->carry_cap >= want) {
		memmove(f->carry, f->carry + f->carry_at, used);
		f->carry_at = 0;
		f->carry_end = used;
		return 0;
	}
	grown = realloc(f->carry, cap);
	if (grown == NULL) {
		return ERR_NOMEM;
	}
	f->carry = grown;
	f->carry_cap = cap;
	return 0;
}

/* The same for a window that stands in what is carried over. */
static int carry_fill(struct framer *f, struct window *w, size_t want)
{
	while (f->carry_end - f->carry_at < want && !f->eof) {
		size_t got = 0;
		int rc = f->end_code;

		if (carry_reserve(f, want) != 0) {
			return ERR_NOMEM;
		}
		if (rc == 0) {
			rc = stream_read(f->stream, f->carry + f->carry_end, want - (f->carry_end - f->carry_at),
					 &got, &f->end_err);
		}
		if (rc != 0) {
			f->eof = true;
			f->end_code = rc;
			break;
		}
		f->carry_end += got;
	}
	w->p = f->carry + f->carry_at;
	w->len = f->carry_end - f->carry_at;
	return 0;
}

int window_open(struct framer *f, struct batch *b, struct window *w)
{
	memset(w, 0, sizeof(*w));
	if (f->map != NULL) {
		w->p = f->map + f->off;
		w->len = (size_t)(f->map_len - f->off);
		f->eof = true;
		f->end_code = ERR_EOF;
		return 0;
	}
	f->eof = false;
	/* A long look ahead (a length that may lie) is not copied with every batch that comes before its end. */
	w->in_carry = f->carry_end - f->carry_at > f->batch_bytes;
	return w->in_carry ? carry_fill(f, w, f->batch_bytes) : window_fill(f, b, w, f->batch_bytes);
}

int window_need(struct framer *f, struct batch *b, struct window *w, size_t n)
{
	size_t step = f->batch_bytes < WINDOW_STEP ? f->batch_bytes : WINDOW_STEP;

	if (w->len >= n || f->eof) {
		return 0;
	}
	n = n > w->len + step ? n : w->len + step;
	return w->in_carry ? carry_fill(f, w, n) : window_fill(f, b, w, n);
}

/* The batch gets a copy of what it takes. */
static int close_in_carry(struct framer *f, struct batch *b, struct window *w, size_t taken)
{
	if (owned_reserve(b, taken) != 0) {
		return ERR_NOMEM;
	}
	memcpy(b->owned, w->p, taken);
	w->p = b->owned;
	f->carry_at += taken;
	if (f->carry_at == f->carry_end) {
		window_release(f);
	}
	return 0;
}

/* Far more than a batch was read: the buffer itself is carried over, and the batch gets a small one. */
static int swap_buffers(struct framer *f, struct batch *b, struct window *w, size_t taken)
{
	uint8_t *head = malloc(taken > 0 ? taken : 1);

	if (head == NULL) {
		return ERR_NOMEM;
	}
	memcpy(head, w->p, taken);
	free(f->carry);
	f->carry = b->owned;
	f->carry_cap = b->owned_cap;
	f->carry_at = taken;
	f->carry_end = w->len;
	b->owned = head;
	b->owned_cap = taken > 0 ? taken : 1;
	w->p = head;
	return 0;
}

int window_close(struct framer *f, struct batch *b, struct window *w, size_t taken)
{
	size_t back = w->len - taken;

	if (f->map != NULL) {
		return 0;
	}
	if (w->in_carry) {
		return close_in_carry(f, b, w, taken);
	}
	if (back == 0) {
		return 0;
	}
	if (f->carry_end > f->carry_at) {	/* all of the window came from there */
		f->carry_at -= back;
		return 0;
	}
	if (back > f->batch_bytes) {
		return swap_buffers(f, b, w, taken);
	}
	if (back > f->carry_cap) {
		uint8_t *grown = realloc(f->carry, back);

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		f->carry = grown;
		f->carry_cap = back;
	}
	memcpy(f->carry, w->p + taken, back);
	f->carry_at = 0;
	f->carry_end = back;
	return 0;
}
