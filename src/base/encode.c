/*
 * encode.c - see encode.h.
 */
#include "base/encode.h"

/* Appended at a time: a buffer that is full keeps the parts that fit. A multiple of 3, as base64 goes. */
#define PART_BYTES 48

void encode_hex(char *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
}

void encode_base64(char *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t x =
			(uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (left > 2 ? p[i + 2] : 0u);

		*out++ = digits[x >> 18];
		*out++ = digits[x >> 12 & 63];
		*out++ = left > 1 ? digits[x >> 6 & 63] : '=';
		*out++ = left > 2 ? digits[x & 63] : '=';
	}
}

void buf_add_hex_bytes(struct buf *b, const uint8_t *p, size_t n)
{
	while (n > 0 && !b->failed) {
		size_t part = n < PART_BYTES ? n : PART_BYTES;
		char text[2 * PART_BYTES];

		encode_hex(text, p, part);
		buf_add(b, text, 2 * part);
		p += part;
		n -= part;
	}
}

void buf_add_base64(struct buf *b, const uint8_t *p, size_t n)
{
	while (n > 0 && !b->failed) {
		size_t part = n < PART_BYTES ? n : PART_BYTES;
		char text[ENCODE_BASE64_CHARS(PART_BYTES)];

		encode_base64(text, p, part);
		buf_add(b, text, ENCODE_BASE64_CHARS(part));
		p += part;
		n -= part;
	}
}

void buf_add_mac(struct buf *b, const uint8_t mac[6])
{
	for (int i = 0; i < 6; i++) {
		char part[3] = ":";

		encode_hex(part + 1, mac + i, 1);
		buf_add(b, part + (i == 0), i == 0 ? 2 : 3);
	}
}
