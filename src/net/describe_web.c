/*
 * describe_web.c - one line for HTTP/1 (its first line), HTTP/2 (its frames by name), WebSocket and FastCGI. Reads the
 * captured payload of one layer; any thread.
 */
#include "net/describe_internal.h"

#include "base/limits.h"

/* ---- HTTP/1: RFC 9112 ----------------------------------------------------------------------------- */

/* Letters, and the dash of M-SEARCH: what methods in use are made of. Bytes of the method, or 0. */
static size_t method_bytes(const uint8_t *p, size_t n)
{
	size_t i = 0;

	n = n < 24 ? n : 24;
	while (i < n && ((p[i] >= 'A' && p[i] <= 'Z') || p[i] == '-' || p[i] == '_')) {
		i++;
	}
	return i >= 3 && i < n && p[i] == ' ' ? i : 0;
}

/* Of a request line that was cut off before its version can be seen. */
static bool is_known_method(const uint8_t *p, size_t n)
{
	static const char *const methods[] = { "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT",
					       "TRACE", "PROPFIND", "REPORT", "SEARCH", "MOVE", "COPY", "LOCK" };

	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		if (strlen(methods[i]) == n && memcmp(methods[i], p, n) == 0) {
			return true;
		}
	}
	return false;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_status_line(const uint8_t *p, size_t n)
{
	return n >= 12 && memcmp(p, "HTTP/", 5) == 0 && is_digit(p[5]) && p[6] == '.' && is_digit(p[7]) &&
	       p[8] == ' ' && is_digit(p[9]) && is_digit(p[10]) && is_digit(p[11]);
}

bool describe_is_http(const uint8_t *p, size_t n)
{
	size_t method;
	size_t len;
	bool ended;

	if (n < 5 || p[0] < 'A' || p[0] > 'Z') {
		return false;
	}
	if (p[0] == 'H' && p[1] == 'T') {
		return is_status_line(p, n);
	}
	method = method_bytes(p, n);
	if (method == 0) {
		return false;
	}
	len = describe_line_bytes(p, n, &ended);
	if (!ended) {
		return is_known_method(p, method);
	}
	return len > method + 9 && memcmp(p + len - 9, " HTTP/", 6) == 0 && is_digit(p[len - 3]) &&
	       p[len - 2] == '.' && is_digit(p[len - 1]);
}

bool describe_http(const struct layer *l, struct buf *out)
{
	bool ended;
	size_t len;

	if (!describe_is_http(l->payload, l->payload_cap)) {
		return false;
	}
	len = describe_line_bytes(l->payload, l->payload_cap, &ended);
	buf_add(out, l->payload, len);
	if (!ended) {
		ADD(out, " ...");
	}
	return true;
}

/* ---- HTTP/2: RFC 9113, section 4 ------------------------------------------------------------------- */

static const char h2_preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
#define H2_PREFACE_BYTES (sizeof(h2_preface) - 1)
/* What frames are allowed to hold unless announced otherwise, and hardly anybody does. */
#define H2_FRAME_BYTES 16384u

static const char *const h2_frames[] = { "DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE",
					 "PING", "GOAWAY", "WINDOW_UPDATE", "CONTINUATION" };

/* Streams are of the connection (0) or of a request; which frames are which is fixed. */
static bool h2_stream_fits(unsigned int type, uint32_t stream)
{
	switch (type) {
	case 4:
	case 6:
	case 7: return stream == 0;
	case 8: return true;
	default: return stream != 0;
	}
}

/* The next frame's header, if it is one; its payload is stepped over as far as it was captured. */
static bool h2_frame(struct cursor *c, unsigned int *ret_type, uint32_t *ret_stream)
{
	uint32_t len = (uint32_t)cur_u8(c) << 16;
	unsigned int type;
	uint32_t stream;

	len |= cur_be16(c);
	type = cur_u8(c);
	cur_skip(c, 1);
	stream = cur_be32(c);
	if (c->bad || len > H2_FRAME_BYTES || type >= ARRAY_LEN(h2_frames) || stream >> 31 != 0 ||
	    !h2_stream_fits(type, stream)) {
		return false;
	}
	cur_skip(c, len < c->left ? len : c->left);
	*ret_type = type;
	*ret_stream = stream;
	return true;
}

bool describe_http2(const struct layer *l, struct buf *out)
{
	struct cursor c = cur_make(l->payload, l->payload_cap);
	unsigned int count = 0;
	unsigned int type;
	uint32_t stream;

	if (c.left >= H2_PREFACE_BYTES && memcmp(c.p, h2_preface, H2_PREFACE_BYTES) == 0) {
		cur_skip(&c, H2_PREFACE_BYTES);
		ADD(out, "Magic");
		count++;
	}
	while (c.left >= 9 && h2_frame(&c, &type, &stream)) {
		if (count == DESCRIBE_MESSAGES) {
			ADD(out, ", ...");
			return true;
		}
		if (count++ > 0) {
			ADD(out, ", ");
		}
		buf_adds(out, h2_frames[type]);
		buf_addc(out, '[');
		buf_add_u64(out, stream);
		buf_addc(out, ']');
	}
	return count > 0;
}

/* ---- WebSocket: RFC 6455, section 5.2 ---------------------------------------------------------------- */

bool describe_websocket(const struct layer *l, struct buf *out)
{
	static const char *const opcodes[16] = { "Continuation", "Text", "Binary", NULL, NULL, NULL, NULL, NULL,
						 "Connection close", "Ping", "Pong" };
	struct cursor c = cur_make(l->payload, l->payload_cap);
	uint8_t first = cur_u8(&c);
	uint8_t second = cur_u8(&c);
	uint64_t len = second & 0x7f;

	if (len == 126) {
		len = cur_be16(&c);
	} else if (len == 127) {
		len = cur_be64(&c);
	}
	/* 0x40 is compression; the other two reserved bits have no use. */
	if (c.bad || (first & 0x30) != 0 || opcodes[first & 15] == NULL || len >> 63 != 0) {
		return false;
	}
	ADD(out, "WebSocket ");
	buf_adds(out, opcodes[first & 15]);
	buf_adds(out, (first & 0x80) != 0 ? " [FIN]" : "");
	buf_adds(out, (second & 0x80) != 0 ? " [MASKED]" : "");
	ADD(out, " Len=");
	buf_add_u64(out, len);
	return true;
}

/* ---- FastCGI: its specification, section 3.3 --------------------------------------------------------- */

bool describe_fastcgi(const struct layer *l, struct buf *out)
{
	static const char *const types[] = { NULL, "Begin request", "Abort request", "End request", "Params", "Stdin",
					     "Stdout", "Stderr", "Data", "Get values", "Get values result",
					     "Unknown type" };
	struct cursor c = cur_make(l->payload, l->payload_cap);
	unsigned int count = 0;

	while (c.left >= 8) {
		uint8_t version = cur_u8(&c);
		uint8_t type = cur_u8(&c);
		uint16_t id = cur_be16(&c);
		size_t len = cur_be16(&c);

		len += cur_u8(&c);	/* padding */
		cur_skip(&c, 1);
		if (version != 1 || type == 0 || type >= ARRAY_LEN(types)) {
			break;
		}
		if (count == DESCRIBE_MESSAGES) {
			ADD(out, ", ...");
			break;
		}
		if (count++ > 0) {
			ADD(out, ", ");
		}
		buf_adds(out, types[type]);
		buf_addc(out, '[');
		buf_add_u64(out, id);
		buf_addc(out, ']');
		cur_skip(&c, len < c.left ? len : c.left);
	}
	return count > 0;
}
