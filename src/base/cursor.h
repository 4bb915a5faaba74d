/*
 * cursor.h - the only door to untrusted bytes.
 *
 * A cursor is a pointer and the number of bytes left. The first read past the end sets
 * bad, empties the cursor and makes this and all later reads give 0 or NULL. Read the
 * fixed part, test bad once, then act. Bytes are borrowed: the cursor owns nothing.
 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include "base/base.h"

struct cursor {
	const uint8_t *p;
	size_t left;
	bool bad;
};

static inline struct cursor cur_make(const void *p, size_t len)
{
	struct cursor c = { (const uint8_t *)p, len, false };
	return c;
}

/* The next n bytes, or NULL. */
static inline const uint8_t *cur_take(struct cursor *c, size_t n)
{
	const uint8_t *p = c->p;

	if (UNLIKELY(n > c->left)) {
		c->bad = true;
		c->left = 0;
		return NULL;
	}
	if (n > 0) {	/* an empty cursor may be over NULL */
		c->p += n;
	}
	c->left -= n;
	return p;
}

/* A child cursor over the next n bytes; empty and bad when there are fewer. */
static inline struct cursor cur_sub(struct cursor *c, size_t n)
{
	const uint8_t *p = cur_take(c, n);
	struct cursor sub = { p, p != NULL ? n : 0, p == NULL };

	return sub;
}

static inline void cur_skip(struct cursor *c, size_t n)
{
	(void)cur_take(c, n);
}

/* Loads that the compiler turns into one instruction; callers have checked the bounds. */
static inline uint16_t load_le16(const uint8_t *p)
{
	uint16_t x;
	memcpy(&x, p, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap16(x);
#endif
	return x;
}

static inline uint32_t load_le32(const uint8_t *p)
{
	uint32_t x;
	memcpy(&x, p, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap32(x);
#endif
	return x;
}

static inline uint64_t load_le64(const uint8_t *p)
{
	uint64_t x;
	memcpy(&x, p, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	return x;
}

static inline uint16_t load_be16(const uint8_t *p)
{
	return __builtin_bswap16(load_le16(p));
}

static inline uint32_t load_be32(const uint8_t *p)
{
	return __builtin_bswap32(load_le32(p));
}

static inline uint64_t load_be64(const uint8_t *p)
{
	return __builtin_bswap64(load_le64(p));
}

static inline uint8_t cur_u8(struct cursor *c)
{
	const uint8_t *p = cur_take(c, 1);
	return p != NULL ? *p : 0;
}

static inline uint16_t cur_le16(struct cursor *c)
{
	const uint8_t *p = cur_take(c, 2);
	return p != NULL ? load_le16(p) : 0;
}

static inline uint32_t cur_le32(struct cursor *c)
{
	const uint8_t *p = cur_take(c, 4);
	return p != NULL ? load_le32(p) : 0;
}

static inline uint64_t cur_le64(struct cursor *c)
{
	const uint8_t *p = cur_take(c, 8);
	return p != NULL ? load_le64(p) : 0;
}

static inline uint16_t cur_be16(struct cursor *c)
{
	const uint8_t *p = cur_take(c, 2);
	return p != NULL ? load_be16(p) : 0;
}

static inline uint32_t cur_be32(struct cursor *c)
{
	const uint8_t *p = cur_take(c, 4);
	return p != NULL ? load_be32(p) : 0;
}

static inline uint64_t cur_be64(struct cursor *c)
{
	const uint8_t *p = cur_take(c, 8);
	return p != NULL ? load_be64(p) : 0;
}

/* Reads in the byte order of a section: be is true for big-endian sections. */
static inline uint16_t cur_u16(struct cursor *c, bool be)
{
	return be ? cur_be16(c) : cur_le16(c);
}

static inline uint32_t cur_u32(struct cursor *c, bool be)
{
	return be ? cur_be32(c) : cur_le32(c);
}

static inline uint64_t cur_u64(struct cursor *c, bool be)
{
	return be ? cur_be64(c) : cur_le64(c);
}

/* An option of a block of pcapng, or a record that is built alike: code, length, value, padding to four bytes. */
struct cur_option {
	uint16_t code;
	struct cursor value;
};

/* False at the end (the code 0) or where it is cut. */
static inline bool cur_option(struct cursor *c, bool be, struct cur_option *ret_o)
{
	uint16_t len;

	if (c->left < 4) {
		return false;
	}
	ret_o->code = cur_u16(c, be);
	len = cur_u16(c, be);
	if (ret_o->code == 0) {
		return false;
	}
	ret_o->value = cur_sub(c, len);
	cur_skip(c, -(size_t)len & 3);
	return !ret_o->value.bad;
}

#endif
