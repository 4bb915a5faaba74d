/*
 * mkh2.h - frames of HTTP/2 (RFC 9113, 4.1) put together by hand, and header blocks by libnghttp2's encoder.
 */
#ifndef TESTS_MKH2_H
#define TESTS_MKH2_H

#include "base/buf.h"

#include <nghttp2/nghttp2.h>

#define H2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

enum { H2_DATA, H2_HEADERS, H2_PRIORITY, H2_RST_STREAM, H2_SETTINGS, H2_PUSH_PROMISE, H2_PING, H2_GOAWAY, H2_WINDOW_UPDATE,
       H2_CONTINUATION };
enum { H2_END_STREAM = 1, H2_ACK = 1, H2_END_HEADERS = 4, H2_PADDED = 8, H2_WITH_PRIORITY = 32 };

static inline void h2_frame(struct buf *b, unsigned int type, unsigned int flags, uint32_t id, const void *p, size_t n)
{
	const uint8_t head[9] = { (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n, (uint8_t)type, (uint8_t)flags,
				  (uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id };

	buf_add(b, head, sizeof(head));
	buf_add(b, p, n);
}

static inline uint8_t h2_digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* A payload in hexadecimal, blanks allowed. */
static inline void h2_hex(struct buf *b, unsigned int type, unsigned int flags, uint32_t id, const char *hex)
{
	uint8_t out[512];
	size_t n = 0;

	while (*hex != '\0') {
		if (*hex == ' ') {
			hex++;
			continue;
		}
		assert(n < sizeof(out));
		out[n++] = (uint8_t)(h2_digit(hex[0]) << 4 | h2_digit(hex[1]));
		hex += 2;
	}
	h2_frame(b, type, flags, id, out, n);
}

/* "name: value" lines, a NULL at the end; a pseudo-field is ":path: /". Appends the block alone. */
static inline void h2_block(struct buf *b, nghttp2_hd_deflater *d, const char *const *lines)
{
	nghttp2_nv nv[32];
	size_t count = 0;
	uint8_t out[8192];
	ssize_t n;

	for (; *lines != NULL; lines++) {
		const char *colon = strstr(*lines + 1, ": ");

		assert(count < 32 && colon != NULL);
		nv[count].name = (uint8_t *)(uintptr_t)*lines;
		nv[count].namelen = (size_t)(colon - *lines);
		nv[count].value = (uint8_t *)(uintptr_t)(colon + 2);
		nv[count].valuelen = strlen(colon + 2);
		nv[count++].flags = NGHTTP2_NV_FLAG_NONE;
	}
	n = nghttp2_hd_deflate_hd(d, out, sizeof(out), nv, count);
	assert(n >= 0);
	buf_add(b, out, (size_t)n);
}

/* The same as one HEADERS frame. */
static inline void h2_headers(struct buf *b, nghttp2_hd_deflater *d, unsigned int flags, uint32_t id,
			      const char *const *lines)
{
	struct buf block;

	buf_init(&block, 1 << 20);
	h2_block(&block, d, lines);
	h2_frame(b, H2_HEADERS, flags, id, block.data, block.len);
	buf_release(&block);
}
#define H2_LINES(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* What each end has to say, and its encoder. */
struct h2_ends {
	struct buf say[2];
	nghttp2_hd_deflater *d[2];
};

static inline void h2_ends_init(struct h2_ends *e)
{
	for (int i = 0; i < 2; i++) {
		buf_init(&e->say[i], 64 << 20);
		if (nghttp2_hd_deflate_new(&e->d[i], 4096) != 0) {
			abort();
		}
	}
	buf_adds(&e->say[0], H2_PREFACE);
	h2_frame(&e->say[0], H2_SETTINGS, 0, 0, NULL, 0);
	h2_frame(&e->say[1], H2_SETTINGS, 0, 0, NULL, 0);
}

static inline void h2_ends_release(struct h2_ends *e)
{
	for (int i = 0; i < 2; i++) {
		buf_release(&e->say[i]);
		nghttp2_hd_deflate_del(e->d[i]);
	}
}

static inline void h2_ask(struct h2_ends *e, uint32_t id, const char *path, unsigned int flags)
{
	char line[64];

	snprintf(line, sizeof(line), ":path: %s", path);
	h2_headers(&e->say[0], e->d[0], H2_END_HEADERS | flags, id,
		   H2_LINES(":method: GET", ":scheme: http", ":authority: h.example", line,
			    "user-agent: nghttp2", "referer: r"));
}

static inline void h2_answer(struct h2_ends *e, uint32_t id, const char *status, unsigned int flags)
{
	char line[64];

	snprintf(line, sizeof(line), ":status: %s", status);
	h2_headers(&e->say[1], e->d[1], H2_END_HEADERS | flags, id,
		   H2_LINES(line, "server: s", "content-type: text/plain", "content-length: 5"));
}

#endif
