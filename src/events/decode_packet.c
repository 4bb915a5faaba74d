/*
 * decode_packet.c - packet blocks of pcapng and records of legacy pcap as struct packet: time, lengths,
 * where the bytes are. What the bytes mean is not looked at here. Any worker.
 */
#include "base/cursor.h"
#include "base/err.h"
#include "events/decode_internal.h"
#include "readers/blocks.h"
#include "readers/frame.h"
#include "readers/source.h"

/* Interface units since the epoch to ns, without overflow in between; saturates. */
static uint64_t units_to_ns(const struct packet_interface *i, uint64_t units)
{
	unsigned __int128 ns;

	if (i->ts_units == 1000000) {
		ns = (unsigned __int128)units * 1000;
	} else if (i->ts_units == NSEC_PER_SEC) {
		ns = units;
	} else {
		ns = (unsigned __int128)units * NSEC_PER_SEC / i->ts_units;
	}
	if (i->ts_offset_s != 0) {
		__int128 moved = (__int128)ns + (__int128)i->ts_offset_s * (__int128)NSEC_PER_SEC;

		ns = moved < 0 ? 0 : (unsigned __int128)moved;
	}
	return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

static void tally_packet(struct batch_tally *t, const struct packet *p)
{
	t->packets++;
	t->packet_bytes += p->orig_len;
	t->packets_cut += p->cap_len < p->orig_len;
	if (p->ts_ns != 0 && p->ts_ns != UINT64_MAX) {
		if (t->first_ns == 0 || p->ts_ns < t->first_ns) {
			t->first_ns = p->ts_ns;
		}
		t->last_ns = max_u64(t->last_ns, p->ts_ns);
	}
}

/* The fixed parts differ; what follows is the same. */
struct packet_head {
	uint32_t interface, cap_len, orig_len;
	uint64_t units;
	bool timed;
};

static void read_head(const struct batch *b, uint32_t type, struct cursor *c, struct packet_head *h)
{
	bool be = b->section->big_endian;

	memset(h, 0, sizeof(*h));
	if (type == BLOCK_SPB) {
		uint32_t snaplen = b->interface_count > 0 ? b->interfaces[0].snaplen : 0;

		h->orig_len = cur_u32(c, be);
		h->cap_len = snaplen != 0 && snaplen < h->orig_len ? snaplen : h->orig_len;
		if (h->cap_len > c->left) {
			h->cap_len = (uint32_t)c->left;
		}
		return;
	}
	if (type == BLOCK_PB) {
		h->interface = cur_u16(c, be);
		cur_skip(c, 2);
	} else {
		h->interface = cur_u32(c, be);
	}
	h->units = (uint64_t)cur_u32(c, be) << 32;
	h->units |= cur_u32(c, be);
	h->cap_len = cur_u32(c, be);
	h->orig_len = cur_u32(c, be);
	h->timed = true;
}

int decode_packet_block(struct batch *b, uint32_t type, const uint8_t *body, uint32_t body_len,
			uint32_t block_off)
{
	struct cursor c = cur_make(body, body_len);
	struct packet_head h;
	struct packet *p;

	read_head(b, type, &c, &h);
	if (c.bad || h.cap_len > c.left) {
		return batch_damage(b, b->base_off + block_off, 0,
				    "packet block of %u bytes is too short for its packet of %u", body_len,
				    h.cap_len);
	}
	p = decode_new_packet(b);
	if (p == NULL) {
		return ERR_NOMEM;
	}
	memset(p, 0, sizeof(*p));
	p->data = cur_take(&c, h.cap_len);
	cur_skip(&c, (4u - h.cap_len % 4u) % 4u);
	if (!c.bad && c.left >= 4 && type != BLOCK_SPB) {
		p->options = c.p;
		p->options_len = (uint32_t)c.left;
	}
	p->cap_len = h.cap_len;
	p->orig_len = h.orig_len;
	p->interface = h.interface;
	p->block_off = block_off;
	p->at_event = b->event_count;
	if (h.interface < b->interface_count) {
		p->link_type = b->interfaces[h.interface].link_type;
		p->ts_ns = h.timed ? units_to_ns(&b->interfaces[h.interface], h.units) : 0;
	} else {
		p->flags |= PACKET_NO_INTERFACE;
		if (batch_damage(b, b->base_off + block_off, 0,
				 "packet of interface %u, which no block describes", h.interface) != 0) {
			return ERR_NOMEM;
		}
	}
	if (p->ts_ns == 0) {
		p->flags |= PACKET_NO_TIME;
	}
	tally_packet(&b->tally, p);
	return 0;
}

int decode_pcap_records(struct batch *b)
{
	bool be = b->section->big_endian;
	const struct packet_interface *i = &b->interfaces[0];
	struct cursor c = cur_make(b->bytes, b->len);

	while (c.left > 0) {
		struct packet *p = decode_new_packet(b);
		uint64_t s;

		if (p == NULL) {
			return ERR_NOMEM;
		}
		memset(p, 0, sizeof(*p));
		p->block_off = (uint32_t)(c.p - b->bytes);
		s = cur_u32(&c, be);
		p->ts_ns = s * NSEC_PER_SEC + cur_u32(&c, be) * (NSEC_PER_SEC / i->ts_units);
		p->cap_len = cur_u32(&c, be);
		p->orig_len = cur_u32(&c, be);
		p->data = cur_take(&c, p->cap_len);
		p->link_type = i->link_type;
		p->flags = p->ts_ns == 0 ? PACKET_NO_TIME : 0;
		if (UNLIKELY(c.bad)) {	/* the mapped file was cut since it was framed */
			b->packet_count--;
			return batch_damage(b, b->base_off + p->block_off, b->len - p->block_off,
					    "packet record changed while it was read");
		}
		tally_packet(&b->tally, p);
	}
	return 0;
}
