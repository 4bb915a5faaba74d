/*
 * http_body.c - see http_body.h. Chunk sizes, extensions and trailers are stepped over byte by byte or by
 * memchr, whatever their length: nothing is kept, so nothing has to be limited. Thread: the flow's shard.
 */
#include "net/http_body.h"

enum {
	STEP_SIZE,
	STEP_EXTENSION,
	STEP_SIZE_LF,
	STEP_DATA,
	STEP_DATA_CR,
	STEP_DATA_LF,
	STEP_TRAILER,
	STEP_TRAILER_LINE,
	STEP_END_LF
};

void http_body_init(struct http_body *b, uint8_t kind, uint64_t length)
{
	memset(b, 0, sizeof(*b));
	b->kind = kind;
	b->step = STEP_SIZE;
	b->left = kind == BODY_LENGTH ? length : 0;
}

static int hex(uint8_t c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The size line of a chunk has ended. */
static void begin_chunk(struct http_body *b)
{
	b->step = b->left > 0 ? STEP_DATA : STEP_TRAILER;
	b->digits = false;
}

static enum http_framing size_byte(struct http_body *b, uint8_t c)
{
	int x = hex(c);

	if (x >= 0) {
		if (b->left >> 59 != 0) {
			return FRAMING_LOST;
		}
		b->left = b->left << 4 | (uint64_t)x;
		b->digits = true;
		return FRAMING_MORE;
	}
	if (!b->digits) {
		return FRAMING_LOST;
	}
	switch (c) {
	case '\r': b->step = STEP_SIZE_LF; return FRAMING_MORE;
	case '\n':
		b->malformed = true;
		begin_chunk(b);
		return FRAMING_MORE;
	case ';':
	case ' ':
	case '\t': b->step = STEP_EXTENSION; return FRAMING_MORE;
	default: return FRAMING_LOST;
	}
}

/* One byte of framing. */
static enum http_framing framing_byte(struct http_body *b, uint8_t c)
{
	switch (b->step) {
	case STEP_SIZE: return size_byte(b, c);
	case STEP_SIZE_LF:
		if (c != '\n') {
			return FRAMING_LOST;
		}
		begin_chunk(b);
		return FRAMING_MORE;
	case STEP_DATA_CR:
	case STEP_DATA_LF:
		if (c == '\r' && b->step == STEP_DATA_CR) {
			b->step = STEP_DATA_LF;
			return FRAMING_MORE;
		}
		b->malformed |= b->step == STEP_DATA_CR;
		b->step = STEP_SIZE;
		return c == '\n' ? FRAMING_MORE : FRAMING_LOST;
	case STEP_TRAILER:
		if (c == '\n') {
			return FRAMING_DONE;
		}
		b->step = c == '\r' ? STEP_END_LF : STEP_TRAILER_LINE;
		return FRAMING_MORE;
	case STEP_END_LF:
		b->step = STEP_TRAILER_LINE;
		return c == '\n' ? FRAMING_DONE : FRAMING_MORE;
	default: return FRAMING_LOST;
	}
}

/* Extensions and trailers: up to and with the LF. */
static void skip_line(struct http_body *b, struct chunk *c)
{
	const uint8_t *lf = memchr(c->data, '\n', c->len);

	if (lf == NULL) {
		chunk_take(c, c->len);
		return;
	}
	chunk_take(c, (size_t)(lf - c->data) + 1);
	if (b->step == STEP_TRAILER_LINE) {
		b->step = STEP_TRAILER;
	} else {
		begin_chunk(b);
	}
}

static void take_content(struct http_body *b, struct chunk *c, uint64_t *content)
{
	size_t n = (size_t)min_u64(b->left, c->len);

	chunk_take(c, n);
	b->left -= n;
	*content += n;
}

static enum http_framing chunked_data(struct http_body *b, struct chunk *c, uint64_t *content)
{
	enum http_framing f = FRAMING_MORE;

	while (c->len > 0 && f == FRAMING_MORE) {
		if (b->step == STEP_DATA) {
			take_content(b, c, content);
			if (b->left == 0) {
				b->step = STEP_DATA_CR;
			}
		} else if (b->step == STEP_EXTENSION || b->step == STEP_TRAILER_LINE) {
			skip_line(b, c);
		} else {
			f = framing_byte(b, c->data[0]);
			if (f != FRAMING_LOST) {
				chunk_take(c, 1);
			}
		}
	}
	return f;
}

enum http_framing http_body_data(struct http_body *b, struct chunk *c, uint64_t *content)
{
	switch (b->kind) {
	case BODY_LENGTH:
		take_content(b, c, content);
		return b->left == 0 ? FRAMING_DONE : FRAMING_MORE;
	case BODY_CHUNKED: return chunked_data(b, c, content);
	case BODY_CLOSE:
		*content += c->len;
		chunk_take(c, c->len);
		return FRAMING_MORE;
	default: return FRAMING_DONE;
	}
}

enum http_framing http_body_gap(struct http_body *b, uint64_t len, uint64_t *content,
				uint64_t *ret_beyond)
{
	if (b->kind == BODY_CLOSE) {
		*content += len;
		return FRAMING_MORE;
	}
	if (len == 0 || b->kind == BODY_NONE) {
		return FRAMING_LOST;
	}
	if (b->kind == BODY_CHUNKED) {
		if (b->step != STEP_DATA || len > b->left) {
			return FRAMING_LOST;
		}
		b->step = len == b->left ? STEP_DATA_CR : STEP_DATA;
		b->left -= len;
		*content += len;
		return FRAMING_MORE;
	}
	if (len < b->left) {
		b->left -= len;
		*content += len;
		return FRAMING_MORE;
	}
	*ret_beyond = len - b->left;
	*content += b->left;
	b->left = 0;
	return FRAMING_DONE;
}
