/*
 * dissect_ip.c - IPv4 and IPv6 headers with options and extension headers, down to the transport. Fragments are
 * noted in batch->fragments for the in-order stage. Reads the bytes of one packet, fills its layer. Any worker;
 * a hot path.
 *
 * Captures on the sending host hold segments that its network card would have cut (offload): their length
 * field is 0 or short, and the frame's length is what counts.
 */
#include "base/err.h"
#include "net/dissect_internal.h"

enum { IP4_MIN = 20, IP6_HEADER = 40 };
enum { IP6_HOP_BY_HOP = 0, IP6_ROUTING = 43, IP6_FRAGMENT = 44, IP6_NO_NEXT = 59, IP6_DESTINATION = 60 };

/* ---- fragments ---------------------------------------------------------------------------------------- */

static struct fragment *new_fragment(struct batch *b)
{
	if (b->fragment_count == b->fragment_cap) {
		uint32_t cap = b->fragment_cap == 0 ? 64 : b->fragment_cap * 2;
		struct fragment *grown = arena_alloc(&b->arena, cap * sizeof(*grown));

		if (grown == NULL) {
			return NULL;
		}
		if (b->fragment_count > 0) {
			memcpy(grown, b->fragments, b->fragment_count * sizeof(*grown));
		}
		b->fragments = grown;
		b->fragment_cap = cap;
	}
	return &b->fragments[b->fragment_count++];
}

struct fragment_head {
	uint32_t ident, offset;
	bool more;
	uint8_t next;
};

/* The layer is a part of a datagram: what it carries is nobody's header, maybe. */
static void dissect_fragment(struct dissect *d, const struct span *s, const struct fragment_head *h)
{
	struct fragment *f;

	dissect_push(d, PROTO_FRAGMENT);
	d->l->flags |= LAYER_FRAGMENT;
	d->l->key.ip_proto = h->next;
	if (d->quoted) {
		dissect_flow(d, s);
		return;
	}
	if (d->rebuilt || s->len > UINT16_MAX - h->offset || (h->more && (s->len == 0 || s->len % 8 != 0))) {
		d->l->flags |= LAYER_MALFORMED;
	}
	dissect_flow(d, s);
	if (d->rebuilt) {	/* fragments of what was put together: nobody sends that */
		return;
	}
	f = new_fragment(d->b);
	if (f == NULL) {
		d->rc = ERR_NOMEM;
		return;
	}
	f->layer = d->index;
	f->ident = h->ident;
	f->offset = h->offset;
	f->more = h->more;
	f->next_header = h->next;
	f->data = s->p;
	f->len = s->len;
	f->cap_len = s->cap;
}

/* ---- IPv4 --------------------------------------------------------------------------------------------- */

static ALWAYS_INLINE void set_ip4(uint8_t *addr, const uint8_t *p)
{
	memset(addr, 0, 10);
	addr[10] = 0xFF;
	addr[11] = 0xFF;
	memcpy(addr + 12, p, 4);
}

static ALWAYS_INLINE void set_ip4_ends(struct dissect *d, const uint8_t *p)
{
	struct layer *l = d->l;

	set_ip4(l->key.addr[0], p + 12);
	set_ip4(l->key.addr[1], p + 16);
	if (UNLIKELY(p[12] == 127 && p[16] == 127)) {
		l->key.scope = d->scope;
	}
	if (UNLIKELY(p[16] >= 224 && (p[16] < 240 || load_be32(p + 16) == UINT32_MAX)) || UNLIKELY(d->to_all)) {
		l->flags |= LAYER_TO_GROUP;
	}
}

/*
 * The datagram's length in bytes, by its header where that can be, else by the frame; what is beyond it is
 * padding. A quote holds only the beginning of a packet: there the header is believed.
 */
static ALWAYS_INLINE void believe_length(struct dissect *d, struct span *s, uint32_t total, bool known)
{
	if (LIKELY(known && total <= s->len)) {
		span_limit(s, total);
	} else if (!d->quoted) {
		d->l->flags |= LAYER_BAD_LENGTH;
	} else if (known) {
		s->len = total;
	}
	d->l->ip_len = s->len;
}

static ALWAYS_INLINE uint32_t place_of(const struct dissect *d, const uint8_t *p)
{
	return d->start != NULL ? (uint32_t)(p - d->start) : UINT32_MAX;
}

void dissect_ip4(struct dissect *d, struct span *s)
{
	struct layer *l = d->l;
	const uint8_t *p = s->p;
	uint32_t header, total;
	uint16_t fragment;
	uint8_t proto;

	dissect_push(d, PROTO_IP);
	if (!dissect_need(d, s, IP4_MIN)) {
		return;
	}
	header = (p[0] & 15u) * 4;
	total = load_be16(p + 2);
	if (UNLIKELY(p[0] >> 4 != 4 || header < IP4_MIN || (total != 0 && total < header))) {
		dissect_stop_malformed(d, s);
		return;
	}
	believe_length(d, s, total, total != 0);
	if (!dissect_need(d, s, header)) {
		return;
	}
	l->ip_at = place_of(d, p);
	l->ip_id = load_be16(p + 4);
	l->ttl = p[8];
	l->key.ip_version = 4;
	set_ip4_ends(d, p);
	fragment = load_be16(p + 6);
	proto = p[9];
	span_skip(s, header);
	if (UNLIKELY((fragment & 0x3FFF) != 0)) {
		struct fragment_head h = { load_be16(p + 4), (fragment & 0x1FFFu) * 8, (fragment & 0x2000) != 0,
					   proto };

		dissect_fragment(d, s, &h);
	} else {
		dissect_ip_payload(d, s, proto);
	}
}

/* ---- IPv6 --------------------------------------------------------------------------------------------- */

static bool is_loopback6(const uint8_t *addr)
{
	return load_be64(addr) == 0 && load_be64(addr + 8) == 1;
}

static void set_ip6_ends(struct dissect *d, const uint8_t *p)
{
	struct layer *l = d->l;

	memcpy(l->key.addr[0], p + 8, 16);
	memcpy(l->key.addr[1], p + 24, 16);
	if (UNLIKELY(is_loopback6(p + 8) && is_loopback6(p + 24))) {
		l->key.scope = d->scope;
	}
	if (p[24] == 0xFF || d->to_all) {
		l->flags |= LAYER_TO_GROUP;
	}
}

void dissect_ip6(struct dissect *d, struct span *s)
{
	struct layer *l = d->l;
	const uint8_t *p = s->p;
	uint32_t payload;

	dissect_push(d, PROTO_IPV6);
	if (!dissect_need(d, s, IP6_HEADER)) {
		return;
	}
	if (p[0] >> 4 != 6) {
		dissect_stop_malformed(d, s);
		return;
	}
	payload = load_be16(p + 4);
	believe_length(d, s, IP6_HEADER + payload, payload != 0 || p[6] == IP6_NO_NEXT || s->len == IP6_HEADER);
	l->ip_at = place_of(d, p);
	l->ttl = p[7];
	l->key.ip_version = 6;
	set_ip6_ends(d, p);
	span_skip(s, IP6_HEADER);
	dissect_ip_payload(d, s, p[6]);
}

/* Passes a header of the length its second byte says. */
static bool pass_header(struct dissect *d, struct span *s, uint8_t *io_proto, bool ah)
{
	uint32_t n;

	if (!dissect_need(d, s, 8)) {	/* none is shorter */
		return false;
	}
	n = ah ? (s->p[1] + 2u) * 4 : (s->p[1] + 1u) * 8;
	if (ah) {
		dissect_push(d, PROTO_AH);
		if (n < 12) {
			dissect_stop_malformed(d, s);
			return false;
		}
	}
	if (!dissect_need(d, s, n)) {
		return false;
	}
	*io_proto = s->p[0];
	span_skip(s, n);
	return true;
}

/* True: the datagram is whole (an "atomic fragment") and *io_proto follows. */
static bool pass_fragment_header(struct dissect *d, struct span *s, uint8_t *io_proto)
{
	struct fragment_head h;

	if (!dissect_need(d, s, 8)) {
		return false;
	}
	h.next = s->p[0];
	h.offset = load_be16(s->p + 2) & 0xFFF8u;
	h.more = (s->p[3] & 1) != 0;
	h.ident = load_be32(s->p + 4);
	span_skip(s, 8);
	if (h.offset == 0 && !h.more) {
		*io_proto = h.next;
		return true;
	}
	dissect_fragment(d, s, &h);
	return false;
}

void dissect_ip_payload(struct dissect *d, struct span *s, uint8_t proto)
{
	bool v6 = d->l->key.ip_version == 6;

	/* Each turn passes 8 bytes or more. */
	for (;;) {
		bool more = false;

		if (LIKELY(proto == IP_TCP || proto == IP_UDP)) {
			break;
		}
		if (proto == IP_AH) {
			more = pass_header(d, s, &proto, true);
		} else if (v6 && (proto == IP6_HOP_BY_HOP || proto == IP6_ROUTING || proto == IP6_DESTINATION)) {
			more = pass_header(d, s, &proto, false);
		} else if (v6 && proto == IP6_FRAGMENT) {
			more = pass_fragment_header(d, s, &proto);
		} else {
			break;
		}
		if (!more) {
			return;
		}
	}
	d->l->key.ip_proto = proto;
	dissect_transport(d, s, proto);
}
