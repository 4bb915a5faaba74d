/*
 * held.c - see held.h.
 */
#include "capture/held.h"

#include "base/err.h"
#include "base/limits.h"

void held_init(struct held *h)
{
	memset(h, 0, sizeof(*h));
	buf_init(&h->bytes, LIMIT_HELD_BYTES);
}

void held_release(struct held *h)
{
	buf_release(&h->bytes);
	free(h->rows);
	held_init(h);
}

void held_clear(struct held *h)
{
	/* A burst must not keep its memory for ever. */
	if (h->bytes.cap > LIMIT_HELD_BYTES / 32) {
		held_release(h);
	}
	buf_reset(&h->bytes);
	h->count = 0;
	h->next = 0;
	h->next_at = 0;
}

bool held_full(const struct held *h)
{
	return h->bytes.len >= LIMIT_HELD_BYTES / 2;
}

int held_add(struct held *h, const struct held_row *row)
{
	struct held_row *rows;
	size_t cap, bytes;

	if (h->bytes.failed) {
		return ERR_NOMEM;
	}
	if (h->count == h->cap) {
		cap = h->cap > 0 ? h->cap * 2 : 4096;
		rows = mul_ok(cap, sizeof(*rows), &bytes) ? realloc(h->rows, bytes) : NULL;
		if (rows == NULL) {
			return ERR_NOMEM;
		}
		h->rows = rows;
		h->cap = cap;
	}
	h->rows[h->count++] = *row;
	return 0;
}

void held_take(struct held *h)
{
	h->next_at += h->rows[h->next].len;
	h->next++;
	if (h->next == h->count) {
		held_clear(h);
	}
}
