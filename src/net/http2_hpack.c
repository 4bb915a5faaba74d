/*
 * http2_hpack.c - header blocks cut into representations (RFC 7541, 6), for directions that are out of step: so
 * that fields whose table entry was missed can be told from the others. Decoding itself is the library's.
 * Thread: any.
 */
#include "net/http2_internal.h"

/* RFC 7541, 5.1: an integer whose first byte gives prefix bits. */
static uint64_t integer(struct cursor *c, uint8_t first, unsigned int prefix)
{
	uint64_t max = (UINT64_C(1) << prefix) - 1;
	uint64_t x = first & max;

	if (x < max) {
		return x;
	}
	for (unsigned int shift = 0; shift < 35 && !c->bad; shift += 7) {
		uint8_t b = cur_u8(c);

		x += (uint64_t)(b & 0x7F) << shift;
		if ((b & 0x80) == 0) {
			return x;
		}
	}
	c->bad = true;
	return 0;
}

static void skip_string(struct cursor *c)
{
	uint64_t len = integer(c, cur_u8(c), 7);

	cur_skip(c, len <= c->left ? (size_t)len : SIZE_MAX);
}

bool hpack_next(struct cursor *c, struct hpack_part *ret_part)
{
	struct hpack_part part = { .p = c->p };
	uint8_t b = cur_u8(c);

	part.inserts = (b & 0xC0) == 0x40;
	part.resizes = (b & 0xE0) == 0x20;
	if ((b & 0x80) != 0) {
		part.index = integer(c, b, 7);
	} else if (part.resizes) {
		(void)integer(c, b, 5);
	} else {
		part.index = integer(c, b, part.inserts ? 6 : 4);
		if (part.index == 0) {
			skip_string(c);
		}
		part.value = c->p;
		skip_string(c);
	}
	if (c->bad) {
		return false;
	}
	part.n = (size_t)(c->p - part.p);
	part.value_n = part.value != NULL ? (size_t)(c->p - part.value) : 0;
	*ret_part = part;
	return true;
}

int hpack_first(uint8_t b)
{
	unsigned int index = b & 0x0F;

	if ((b & 0xE0) == 0x20) {
		return 0; /* a new size of the table */
	}
	if ((b & 0xC0) != 0) {
		index = (b & 0x80) != 0 ? b & 0x7F : b & 0x3F;
	}
	if (index == 0 || index > 14) {
		return 0;
	}
	return index < 8 ? 1 : 2; /* :authority to :scheme, :status */
}
