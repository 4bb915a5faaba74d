/*
 * extra.c - see extra.h. Options and items are untrusted: lengths are checked by the cursor, the first fault ends the
 * reading, what was read until then counts.
 */
#include "events/extra.h"

#include "readers/blocks.h"

bool extra_find(const uint8_t *body, uint32_t body_len, uint32_t event_end, bool be, struct cursor *ret_items)
{
	uint32_t at = (event_end + 3) & ~3u;
	struct cur_option o;
	struct cursor c;

	if (at >= body_len) {
		return false;
	}
	c = cur_make(body + at, body_len - at);
	while (cur_option(&c, be, &o)) {
		if (o.code == EXTRA_OPTION && o.value.left >= 4 + EXTRA_MAGIC_BYTES &&
		    cur_u32(&o.value, be) == EXTRA_PEN &&
		    memcmp(cur_take(&o.value, EXTRA_MAGIC_BYTES), EXTRA_MAGIC, EXTRA_MAGIC_BYTES) == 0) {
			*ret_items = o.value;
			return true;
		}
	}
	return false;
}

static void read_item(unsigned int kind, struct cursor v, bool be, struct event_extra *x)
{
	switch (kind) {
	case EXTRA_BEGIN: x->begin_ns = cur_u64(&v, be); break;
	case EXTRA_SERIAL: x->serial = cur_u64(&v, be); break;
	case EXTRA_BYTES_AT: x->bytes_at = cur_u64(&v, be); break;
	case EXTRA_TCP:
		x->write_seq = cur_u32(&v, be);
		x->copied_seq = cur_u32(&v, be);
		x->first_write_seq = cur_u32(&v, be);
		x->first_read_seq = cur_u32(&v, be);
		x->has_tcp = !v.bad;
		break;
	case EXTRA_DIRENTS: x->dirents = v; break;
	case EXTRA_MESSAGE: x->message = cur_u32(&v, be); break;
	case EXTRA_PASSED: x->passed = v; break;
	case EXTRA_DROPS:
		x->drop_cpu = cur_u16(&v, be);
		x->drop_cause = cur_u16(&v, be);
		x->dropped = cur_u64(&v, be);
		break;
	default: break;
	}
}

bool extra_read(struct cursor items, bool be, struct event_extra *ret_x)
{
	memset(ret_x, 0, sizeof(*ret_x));
	while (items.left >= 4) {
		uint16_t kind = cur_u16(&items, be);
		uint16_t len = cur_u16(&items, be);
		struct cursor v = cur_sub(&items, len);

		if (items.bad) {
			break;
		}
		read_item(kind, v, be, ret_x);
	}
	return true;
}

bool event_extra(const struct batch *b, const struct event *ev, struct event_extra *ret_x)
{
	bool be = b->section->big_endian;
	const uint8_t *block = b->bytes + ev->block_off;
	struct cursor items;
	uint32_t total, type, head;

	if (LIKELY((ev->flags & EVENT_EXTRA) == 0)) {
		return false;
	}
	type = block_type_public(be ? load_be32(block) : load_le32(block));
	total = be ? load_be32(block + 4) : load_le32(block + 4);
	head = type == BLOCK_EVENT_V1_FLAGS || type == BLOCK_EVENT_FLAGS || type == BLOCK_EVENT_LARGE_FLAGS ? 6 : 2;
	head += be ? load_be32(block + 8 + head + 16) : load_le32(block + 8 + head + 16);
	return extra_find(block + 8, total - BLOCK_MIN_BYTES, head, be, &items) && extra_read(items, be, ret_x);
}

bool event_dirent(struct cursor *io_dirents, bool big_endian, struct dirent_view *ret_d)
{
	const uint8_t *p;

	if (io_dirents->left < 10) {
		return false;
	}
	ret_d->ino = cur_u64(io_dirents, big_endian);
	p = cur_take(io_dirents, 2);
	ret_d->type = p[0];
	ret_d->name_len = p[1];
	ret_d->name = (const char *)cur_take(io_dirents, ret_d->name_len);
	return !io_dirents->bad;
}
