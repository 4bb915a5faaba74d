/*
 * encode.h - bytes as text: hexadecimal, base64 (RFC 4648), addresses of Ethernet. Pure functions.
 */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include "base/buf.h"

/* Lower-case hex of n bytes: 2 * n characters, not terminated. */
void encode_hex(char *out, const uint8_t *p, size_t n);
/* Base64 with padding: ENCODE_BASE64_CHARS(n) characters, not terminated. */
#define ENCODE_BASE64_CHARS(n) (((n) + 2) / 3 * 4)
void encode_base64(char *out, const uint8_t *p, size_t n);

/* The same, appended; what does not fit below the ceiling of the buffer is left out (buf.h). */
void buf_add_hex_bytes(struct buf *b, const uint8_t *p, size_t n);
void buf_add_base64(struct buf *b, const uint8_t *p, size_t n);
/* 00:1b:21:3c:9d:f8 */
void buf_add_mac(struct buf *b, const uint8_t mac[6]);

#endif
