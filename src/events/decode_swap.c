/*
 * decode_swap.c - big-endian sections (s390x): an event is copied once into the batch's arena with its
 * header, parameter lengths and integer parameters brought to little-endian, so that nobody after
 * decode meets the other order. Addresses inside tuples stay in network order. Any worker.
 */
#include "base/arena.h"
#include "base/cursor.h"
#include "base/err.h"
#include "base/limits.h"
#include "events/decode_internal.h"
#include "events/event.h"
#include "readers/blocks.h"
#include "readers/source.h"

static void swap_bytes(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		uint8_t t = p[i];

		p[i] = p[n - 1 - i];
		p[n - 1 - i] = t;
	}
}

static void swap_at(uint8_t *p, size_t len, size_t off, size_t n)
{
	if (off <= len && n <= len - off) {
		swap_bytes(p + off, n);
	}
}

/* A value whose schema type is not a plain number. */
static void swap_structured(uint8_t type, uint8_t *p, uint32_t len, const struct schema_dyn *dyn)
{
	switch (type) {
	case PT_SOCKADDR:
		if (len > 0 && p[0] == 2) {
			swap_at(p, len, 5, 2);
		} else if (len > 0 && p[0] == 10) {
			swap_at(p, len, 17, 2);
		}
		break;
	case PT_SOCKTUPLE:
		if (len > 0 && p[0] == 2) {
			swap_at(p, len, 5, 2);
			swap_at(p, len, 11, 2);
		} else if (len > 0 && p[0] == 10) {
			swap_at(p, len, 17, 2);
			swap_at(p, len, 35, 2);
		} else if (len > 0 && p[0] == 1) {
			swap_at(p, len, 1, 8);
			swap_at(p, len, 9, 8);
		}
		break;
	case PT_FDLIST:
		swap_at(p, len, 0, 2);
		for (uint32_t off = 2; off + 10 <= len; off += 10) {
			swap_bytes(p + off, 8);
			swap_bytes(p + off + 8, 2);
		}
		break;
	case PT_DYN:
		if (len > 1 && dyn != NULL && p[0] < dyn->count) {
			uint8_t inner = dyn->rows[p[0]].type;

			if (inner != PT_BYTEBUF && inner != PT_CHARBUF) {
				swap_bytes(p + 1, len - 1);
			}
		}
		break;
	default:
		break;
	}
}

static void swap_values(const struct swap_event *sw, uint8_t *lens, uint32_t n, uint32_t room)
{
	const struct schema_event *se = sw->type < SCHEMA_EVENTS ? &schema_events[sw->type] : NULL;
	uint32_t width = sw->wide ? 4 : 2;
	uint8_t *v = lens + n * width;
	uint64_t left = room - n * width;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t len = sw->wide ? load_le32(lens + 4 * i) : load_le16(lens + 2 * i);

		if (len > left) {
			return;
		}
		if (se != NULL && i < se->nparams) {
			const struct schema_param *sp = &se->params[i];

			if (sp->size > 1 && sp->type != PT_IPV4ADDR && sp->type != PT_IPV6ADDR) {
				/* Of a longer value the first bytes count. */
				swap_bytes(v, len < sp->size ? len : sp->size);
			} else if (sp->size == 0) {
				swap_structured(sp->type, v, len, sp->dyn);
			}
		}
		v += len;
		left -= len;
	}
}

int decode_swap_event(struct batch *b, const struct swap_event *sw, const uint8_t **io_body)
{
	uint32_t width = sw->wide ? 4 : 2;
	uint32_t room = sw->len - sw->header;
	uint8_t *p = arena_dup(&b->arena, *io_body, sw->body_len);
	uint8_t *h;
	uint32_t n;

	if (p == NULL) {
		return ERR_NOMEM;
	}
	*io_body = p;
	h = p + sw->head;
	swap_bytes(p, 2);
	if (sw->head == 6) {
		swap_bytes(p + 2, 4);
	}
	swap_bytes(h, 8);
	swap_bytes(h + 8, 8);
	swap_bytes(h + 16, 4);
	swap_bytes(h + 20, 2);
	if (sw->v2) {
		swap_bytes(h + 22, 4);
		n = load_le32(h + 22);
		if (n > LIMIT_EVENT_PARAMS || n * width > room) {
			return 0;	/* decode will say so */
		}
	} else {
		int count = decode_v1_count(sw->type, h + sw->header, room, sw->wide, true);

		n = count > 0 ? (uint32_t)count : 0;
	}
	for (uint32_t i = 0; i < n; i++) {
		swap_bytes(h + sw->header + i * width, width);
	}
	swap_values(sw, h + sw->header, n, room);
	return 0;
}
