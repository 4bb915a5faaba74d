/*
 * dissect_internal.h - what the files of the dissection share: the packet at hand and the bytes that are left of it.
 *
 * Every function moves the span past what it has read; nobody reads at p beyond cap. cap <= len always: cap bytes were
 * captured of the len that were on the wire (or that the header around claims).
 */
#ifndef NET_DISSECT_INTERNAL_H
#define NET_DISSECT_INTERNAL_H

#include "base/cursor.h"
#include "net/layer.h"
#include "net/net_internal.h"

struct span {
	const uint8_t *p;
	uint32_t cap, len;
};

static ALWAYS_INLINE void span_skip(struct span *s, uint32_t n)
{
	DBG_ASSERT(n <= s->cap);
	s->p += n;
	s->cap -= n;
	s->len -= n;
}

/* Skips n bytes on the wire, of which maybe not all were captured. */
static ALWAYS_INLINE void span_skip_wire(struct span *s, uint32_t n)
{
	uint32_t here = n < s->cap ? n : s->cap;

	DBG_ASSERT(n <= s->len);
	s->p += here;
	s->cap -= here;
	s->len -= n;
}

/* What is beyond n bytes does not belong to it: padding. */
static ALWAYS_INLINE void span_limit(struct span *s, uint32_t n)
{
	s->len = n < s->len ? n : s->len;
	s->cap = n < s->cap ? n : s->cap;
}

/* The walk through one packet. owner: the worker that dissects it. */
struct dissect {
	struct batch *b;
	struct layer *l;	/* the layer being filled; moves with b->layers */
	const uint8_t *start;	/* of the packet's bytes; NULL: those at hand were put together */
	uint32_t index;		/* of l */
	uint32_t last;		/* innermost layer so far that is not a quote */
	uint32_t packet;
	uint32_t scope;		/* of loopback addresses */
	uint8_t cooked;		/* packet type of a cooked header: in, out, ... */
	uint32_t fragment_at;	/* index in b->fragments of what l is, UINT32_MAX none */
	uint8_t levels;		/* of l->path; no more than it keeps */
	bool to_all;		/* the link address is broadcast or, without IP, multicast */
	bool quoted;		/* inside an ICMP error */
	bool rebuilt;		/* this chain was put together: no fragments of its own */
	bool llc;		/* an LLC header was passed in this chain */
	int rc;
};

static ALWAYS_INLINE void dissect_push(struct dissect *d, uint8_t proto)
{
	d->l->path = path_push(d->l->path, d->levels, proto);
	d->levels += d->levels < PATH_LEVELS;
}

/* The layer ends here without a flow: proto (0: none) is the last thing known, s what it carries. */
void dissect_stop(struct dissect *d, const struct span *s, uint8_t proto);
/* The same for a header that contradicts itself. */
void dissect_stop_malformed(struct dissect *d, const struct span *s);
/* n bytes of header are wanted that are not captured: malformed if they were not on the wire either. */
void dissect_stop_short(struct dissect *d, const struct span *s, uint32_t n);

static ALWAYS_INLINE bool dissect_need(struct dissect *d, const struct span *s, uint32_t n)
{
	if (LIKELY(s->cap >= n)) {
		return true;
	}
	dissect_stop_short(d, s, n);
	return false;
}

/* s is what l carries. Ports and addresses of the key are complete: the layer becomes part of a flow. */
void dissect_flow(struct dissect *d, const struct span *s);

/* Begins the layer of what a tunnel carries; d->l is then that one. Pushes proto on the path when push is set. False:
 * too deep, or memory is out. */
bool dissect_enter_tunnel(struct dissect *d, const struct span *s, uint8_t proto, uint32_t id, bool push);
/* Begins the layer of a quoted packet; dissect_leave_quote drops it again when it says nothing. */
bool dissect_enter_quote(struct dissect *d, const struct span *s);
void dissect_leave_quote(struct dissect *d);

/* dissect_link.c */
void dissect_link(struct dissect *d, struct span *s, uint16_t link_type);
void dissect_ethernet(struct dissect *d, struct span *s);
void dissect_ethertype(struct dissect *d, struct span *s, uint16_t type);
void dissect_ppp(struct dissect *d, struct span *s);
/* By the version in the first four bits. */
void dissect_ip(struct dissect *d, struct span *s);

/* dissect_ip.c */
void dissect_ip4(struct dissect *d, struct span *s);
void dissect_ip6(struct dissect *d, struct span *s);
void dissect_ip_payload(struct dissect *d, struct span *s, uint8_t proto);

/* dissect_transport.c */
void dissect_transport(struct dissect *d, struct span *s, uint8_t proto);

/* dissect_tunnel.c: what is found inside; the layer around is complete. */
void dissect_gre(struct dissect *d, struct span *s);
void dissect_ip_in_ip(struct dissect *d, struct span *s, uint8_t proto);
void dissect_udp_tunnel(struct dissect *d, struct span *s, uint16_t dport);

#endif
