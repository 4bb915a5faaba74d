/*
 * buf.h - a growable byte buffer with a ceiling fixed at birth.
 *
 * Invariants: len <= cap <= max. data may be NULL only while cap is 0. After a failed
 * append (no memory, or the ceiling) failed is true, the buffer keeps what it had, and
 * further appends do nothing: test failed once at the end. The text is not terminated
 * unless buf_str is called. The caller owns the struct; buf_release frees the bytes.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/base.h"

struct buf {
	char *data;
	size_t len;
	size_t cap;
	size_t max;
	bool failed;
};

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b);

/* Forgets the content, keeps the memory. */
static inline void buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

/* Makes room for n more bytes. 0, or ERR_NOMEM / ERR_LIMIT with failed set. */
int buf_grow(struct buf *b, size_t n);

/* Room for n more bytes, or NULL; the caller writes at most n bytes there and adds to len. */
static inline char *buf_room(struct buf *b, size_t n)
{
	if (LIKELY(b->cap - b->len >= n) || buf_grow(b, n) == 0) {
		return b->data + b->len;
	}
	return NULL;
}

static inline void buf_add(struct buf *b, const void *p, size_t n)
{
	char *room = n > 0 ? buf_room(b, n) : NULL;

	if (LIKELY(room != NULL)) {
		memcpy(room, p, n);
		b->len += n;
	}
}

static inline void buf_addc(struct buf *b, char c)
{
	char *room = buf_room(b, 1);

	if (LIKELY(room != NULL)) {
		*room = c;
		b->len++;
	}
}

static inline void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Numbers without printf: decimal, lower or upper case hex without prefix. */
void buf_add_u64(struct buf *b, uint64_t x);
void buf_add_s64(struct buf *b, int64_t x);
void buf_add_hex(struct buf *b, uint64_t x, bool upper);
/* Decimal, left padded with zeros to width. */
void buf_add_u64_pad(struct buf *b, uint64_t x, unsigned int width);

/* "00", "01", ... "99", one after the other. */
extern const char buf_digit_pairs[201];

/* Terminates and returns the text (never NULL; "" after a failure to grow). Valid until the
 * next change of the buffer. */
const char *buf_str(struct buf *b);

/* Hands the bytes over: the caller owns them and frees with free(); b is empty afterwards. */
char *buf_detach(struct buf *b, size_t *ret_len);

#endif
