/*
 * websocket.c - WebSocket after an upgrade of HTTP/1 (RFC 6455): frames are counted in the transaction that led
 * here, their content is stepped over. Opened by http_heir.c alone. Thread: the flow's shard.
 */
#include "net/analyzer.h"

#include "base/cursor.h"
#include "net/http.h"
#include "net/http_internal.h"
#include "net/layer.h"

/* Two bytes, a length of up to eight, a mask of four. */
#define HEAD_BYTES 14

struct ws_side {
	uint8_t head[HEAD_BYTES];
	uint8_t have;
	bool lost; /* where the next frame begins is not known any more */
	uint64_t left; /* of the payload */
};

struct websocket {
	struct http_tx *tx; /* borrowed: rows stay; NULL when it was not handed on */
	struct ws_side side[2];
};

static void *websocket_open(struct talk *t)
{
	struct websocket *w = calloc(1, sizeof(*w));

	if (w != NULL) {
		w->tx = t->upgraded;
	}
	return w;
}

static void websocket_close(void *st)
{
	free(st);
}

/* Bytes of the head, as far as those that are there tell. */
static uint8_t head_need(const struct ws_side *s)
{
	uint8_t len = s->head[1] & 0x7F;
	uint8_t need = (s->head[1] & 0x80) != 0 ? 6 : 2;

	if (s->have < 2) {
		return 2;
	}
	return (uint8_t)(need + (len == 126 ? 2 : len == 127 ? 8 : 0));
}

/* The head is complete. False: nothing that RFC 6455, 5.2 allows. */
static bool begin_payload(struct ws_side *s)
{
	uint8_t opcode = s->head[0] & 0x0F;

	if ((opcode > 2 && opcode < 8) || opcode > 10) {
		return false;
	}
	switch (s->head[1] & 0x7F) {
	case 126: s->left = load_be16(s->head + 2); break;
	case 127: s->left = load_be64(s->head + 2); break;
	default: s->left = s->head[1] & 0x7F; break;
	}
	s->have = 0;
	return s->left >> 63 == 0;
}

/* The frames that follow cannot be told apart, nor counted. */
static void lose(struct websocket *w, struct ws_side *s)
{
	s->lost = true;
	if (w->tx != NULL) {
		w->tx->flags |= HTTP_FRAMES_CUT;
	}
}

static int websocket_data(void *st, unsigned int dir, const struct chunk *chunk)
{
	struct websocket *w = st;
	struct ws_side *s = &w->side[dir];
	struct chunk c = *chunk;

	while (c.len > 0 && !s->lost) {
		size_t n = (size_t)min_u64(s->left, c.len);

		chunk_take(&c, n);
		s->left -= n;
		if (c.len == 0) {
			break;
		}
		s->head[s->have++] = c.data[0];
		chunk_take(&c, 1);
		if (s->have < head_need(s)) {
			continue;
		}
		if (!begin_payload(s)) {
			lose(w, s);
		} else if (w->tx != NULL) {
			w->tx->frames[dir != w->tx->client]++;
		}
	}
	return 0;
}

static int websocket_gap(void *st, unsigned int dir, uint64_t offset, uint64_t len, uint64_t ts_ns,
			 uint64_t num)
{
	struct websocket *w = st;
	struct ws_side *s = &w->side[dir];

	UNUSED_ARG(offset);
	UNUSED_ARG(ts_ns);
	UNUSED_ARG(num);
	if (len == 0 || len > s->left) {
		lose(w, s);
	} else {
		s->left -= len;
	}
	return 0;
}

static int websocket_end(void *st, unsigned int dir, enum talk_end how, uint64_t ts_ns,
			 uint64_t num)
{
	UNUSED_ARG(st);
	UNUSED_ARG(dir);
	UNUSED_ARG(how);
	UNUSED_ARG(ts_ns);
	UNUSED_ARG(num);
	return 0;
}

const struct analyzer analyzer_websocket = {
	.name = "websocket",
	.service = SERVICE_WEBSOCKET,
	.ip_proto = IP_TCP,
	.open = websocket_open,
	.data = websocket_data,
	.gap = websocket_gap,
	.end = websocket_end,
	.close = websocket_close,
};
