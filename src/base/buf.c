/*
 * buf.c - see buf.h. A buffer belongs to one thread at a time.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

void buf_init(struct buf *b, size_t max)
{
	memset(b, 0, sizeof(*b));
	b->max = max;
}

void buf_release(struct buf *b)
{
	free(b->data);
	b->data = NULL;
	b->len = 0;
	b->cap = 0;
	b->failed = false;
}

int buf_grow(struct buf *b, size_t n)
{
	size_t cap;
	char *data;

	if (b->failed || n > b->max - b->len) {
		b->failed = true;
		return ERR_LIMIT;
	}
	cap = b->cap >= 64 ? b->cap : b->max < 64 ? b->max : 64;
	while (cap - b->len < n) {
		cap = cap > b->max / 2 ? b->max : cap * 2;
	}
	data = realloc(b->data, cap);
	if (data == NULL) {
		b->failed = true;
		return ERR_NOMEM;
	}
	b->data = data;
	b->cap = cap;
	return 0;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_list again;
	size_t room = b->cap - b->len;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(room > 0 ? b->data + b->len : NULL, room, fmt, ap);
	if (n >= 0 && (size_t)n >= room && buf_grow(b, (size_t)n + 1) == 0) {
		n = vsnprintf(b->data + b->len, b->cap - b->len, fmt, again);
	}
	if (n >= 0 && !b->failed) {
		b->len += (size_t)n;
	}
	va_end(again);
	va_end(ap);
}

const char buf_digit_pairs[201] =
	"0001020304050607080910111213141516171819"
	"2021222324252627282930313233343536373839"
	"4041424344454647484950515253545556575859"
	"6061626364656667686970717273747576777879"
	"8081828384858687888990919293949596979899";

/* Of the largest number. */
#define U64_DIGITS 20

/* Writes the digits of x so that they end at end; returns where they begin. */
static char *digits_before(char *end, uint64_t x)
{
	while (x >= 10000) {
		unsigned int four = (unsigned int)(x % 10000);

		x /= 10000;
		end -= 4;
		memcpy(end, buf_digit_pairs + 2 * (four / 100), 2);
		memcpy(end + 2, buf_digit_pairs + 2 * (four % 100), 2);
	}
	while (x >= 100) {
		const char *pair = buf_digit_pairs + 2 * (x % 100);
		x /= 100;
		*--end = pair[1];
		*--end = pair[0];
	}
	if (x >= 10) {
		*--end = buf_digit_pairs[2 * x + 1];
		*--end = buf_digit_pairs[2 * x];
	} else {
		*--end = (char)('0' + x);
	}
	return end;
}

void buf_add_u64(struct buf *b, uint64_t x)
{
	char tmp[2 * U64_DIGITS];	/* the second half is only copied: so many bytes at once are cheaper than some */
	char *end = tmp + U64_DIGITS;
	char *p;
	size_t n;

	if (x < 10) {
		buf_addc(b, (char)('0' + x));
		return;
	}
	p = digits_before(end, x);
	n = (size_t)(end - p);
	if (LIKELY(b->cap - b->len >= U64_DIGITS)) {
		memset(end, 0, U64_DIGITS);
		memcpy(b->data + b->len, p, U64_DIGITS);
		b->len += n;
	} else {
		buf_add(b, p, n);
	}
}

void buf_add_s64(struct buf *b, int64_t x)
{
	if (x < 0) {
		buf_addc(b, '-');
		buf_add_u64(b, 0 - (uint64_t)x);
	} else {
		buf_add_u64(b, (uint64_t)x);
	}
}

void buf_add_u64_pad(struct buf *b, uint64_t x, unsigned int width)
{
	char tmp[20];
	char *end = tmp + sizeof(tmp);
	char *p = digits_before(end, x);

	for (size_t n = (size_t)(end - p); n < width; n++) {
		buf_addc(b, '0');
	}
	buf_add(b, p, (size_t)(end - p));
}

void buf_add_hex(struct buf *b, uint64_t x, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char tmp[16];
	char *end = tmp + sizeof(tmp);
	char *p = end;

	do {
		*--p = digits[x & 15];
		x >>= 4;
	} while (x != 0);
	buf_add(b, p, (size_t)(end - p));
}

const char *buf_str(struct buf *b)
{
	char *room = buf_room(b, 1);

	if (room == NULL) {
		if (b->cap == 0) {
			return "";
		}
		b->data[b->cap - 1] = '\0';
		return b->data;
	}
	*room = '\0';
	return b->data;
}

char *buf_detach(struct buf *b, size_t *ret_len)
{
	char *data = b->data;

	*ret_len = b->len;
	buf_init(b, b->max);
	return data;
}
