/*
 * dissect_tunnel.c - packets in packets: GRE with what is carried in it (IP, Ethernet, ERSPAN), IP in IP, VXLAN,
 * Geneve, GTP-U. The layer around is complete when the inner one begins; how deep is bounded by LIMIT_TUNNELS. Any
 * worker.
 */
#include "net/dissect_internal.h"

enum { TYPE_IP4 = 0x0800, TYPE_IP6 = 0x86DD, TYPE_BRIDGED = 0x6558, TYPE_PPP = 0x880B, TYPE_ERSPAN = 0x88BE,
       TYPE_ERSPAN_3 = 0x22EB, TYPE_MPLS = 0x8847, TYPE_MPLS_GROUP = 0x8848 };

/* What ether types name and can stand in a tunnel. */
static bool is_carried(uint16_t type)
{
	return type == TYPE_IP4 || type == TYPE_IP6 || type == TYPE_BRIDGED || type == TYPE_MPLS ||
	       type == TYPE_MPLS_GROUP;
}

static void dissect_carried(struct dissect *d, struct span *s, uint16_t type)
{
	if (type == TYPE_BRIDGED) {
		dissect_ethernet(d, s);
	} else {
		dissect_ethertype(d, s, type);
	}
}

/* ---- IP protocols ---------------------------------------------------------------------------------------- */

void dissect_ip_in_ip(struct dissect *d, struct span *s, uint8_t proto)
{
	dissect_push(d, PROTO_IPIP);
	dissect_flow(d, s);
	if (s->cap == 0 || !dissect_enter_tunnel(d, s, PROTO_IPIP, 0, false)) {
		return;
	}
	if (proto == IP_IPV6) {
		dissect_ip6(d, s);
	} else {
		dissect_ip4(d, s);
	}
}

struct gre {
	uint16_t flags, type;
	uint32_t key;
	uint32_t header;	/* bytes */
};

enum { GRE_CHECKSUM = 0x8000, GRE_ROUTING = 0x4000, GRE_KEY = 0x2000, GRE_SEQUENCE = 0x1000, GRE_VERSION = 7 };

/* RFC 2784 and 2890. False: another version, source routing (which nobody uses), or cut; header is 0 but for the
 * latter. */
static bool read_gre(const struct span *s, struct gre *g)
{
	uint32_t key_at = 4;

	g->header = 4;
	if (s->cap < 4) {
		return false;
	}
	g->flags = load_be16(s->p);
	g->type = load_be16(s->p + 2);
	g->key = 0;
	if ((g->flags & (GRE_VERSION | GRE_ROUTING)) != 0) {
		g->header = 0;
		return false;
	}
	if ((g->flags & GRE_CHECKSUM) != 0) {
		key_at += 4;
	}
	g->header = key_at + ((g->flags & GRE_KEY) != 0 ? 4 : 0) + ((g->flags & GRE_SEQUENCE) != 0 ? 4 : 0);
	if (g->header > s->cap) {
		return false;
	}
	if ((g->flags & GRE_KEY) != 0) {
		g->key = load_be32(s->p + key_at);
	}
	return true;
}

/* Bytes of the ERSPAN header: none in type I, which has no sequence numbers. */
static uint32_t erspan_header(const struct gre *g, const struct span *s)
{
	enum { ERSPAN_2 = 8, ERSPAN_3 = 12, ERSPAN_PLATFORM = 8 };

	if (g->type == TYPE_ERSPAN) {
		return (g->flags & GRE_SEQUENCE) != 0 ? ERSPAN_2 : 0;
	}
	return ERSPAN_3 + (s->cap >= ERSPAN_3 && (s->p[11] & 1) != 0 ? ERSPAN_PLATFORM : 0);
}

static void dissect_gre_inner(struct dissect *d, struct span *s, const struct gre *g)
{
	bool mirrored = g->type == TYPE_ERSPAN || g->type == TYPE_ERSPAN_3;

	if (mirrored) {
		uint32_t n = erspan_header(g, s);

		if (n > s->cap) {
			return;
		}
		span_skip(s, n);
	} else if (g->type != TYPE_PPP && !is_carried(g->type)) {
		return;
	}
	if (s->cap == 0 || !dissect_enter_tunnel(d, s, PROTO_GRE, g->key, false)) {
		return;
	}
	if (g->type == TYPE_PPP) {
		dissect_ppp(d, s);
	} else {
		dissect_carried(d, s, mirrored ? TYPE_BRIDGED : g->type);
	}
}

void dissect_gre(struct dissect *d, struct span *s)
{
	struct gre g = { 0 };
	bool plain = read_gre(s, &g);

	dissect_push(d, PROTO_GRE);
	if (g.header > s->cap) {
		d->l->flags |= LAYER_NO_TRANSPORT;
	}
	span_skip_wire(s, g.header < s->len ? g.header : s->len);
	dissect_flow(d, s);
	if (plain) {
		dissect_gre_inner(d, s, &g);
	}
}

/* ---- UDP ports ---------------------------------------------------------------------------------------------- */

static void dissect_vxlan(struct dissect *d, struct span *s)
{
	enum { VXLAN_HEADER = 8, VXLAN_HAS_ID = 0x08, VXLAN_RESERVED = 0x77 };
	uint32_t vni;

	if (s->cap < VXLAN_HEADER || (s->p[0] & VXLAN_HAS_ID) == 0 || (s->p[0] & VXLAN_RESERVED) != 0 || s->p[7] != 0) {
		return;
	}
	vni = load_be32(s->p + 4) >> 8;
	span_skip(s, VXLAN_HEADER);
	if (s->cap > 0 && dissect_enter_tunnel(d, s, PROTO_VXLAN, vni, true)) {
		dissect_ethernet(d, s);
	}
}

static void dissect_geneve(struct dissect *d, struct span *s)
{
	enum { GENEVE_HEADER = 8 };
	uint32_t header, vni;
	uint16_t type;

	if (s->cap < GENEVE_HEADER || s->p[0] >> 6 != 0 || s->p[7] != 0) {
		return;
	}
	header = GENEVE_HEADER + (s->p[0] & 0x3Fu) * 4;
	type = load_be16(s->p + 2);
	vni = load_be32(s->p + 4) >> 8;
	if (header >= s->cap || !is_carried(type)) {
		return;
	}
	span_skip(s, header);
	if (dissect_enter_tunnel(d, s, PROTO_GENEVE, vni, true)) {
		dissect_carried(d, s, type);
	}
}

/* Bytes of a GTP-U header with its extensions, 0 when it carries no packet. 3GPP TS 29.281. */
static uint32_t gtp_header(const struct span *s)
{
	enum { GTP_HEADER = 8, GTP_OPTIONAL = 4, GTP_PDU = 255, GTP_VERSION_1 = 0x30, GTP_HAS_OPTIONAL = 7,
	       GTP_HAS_EXTENSION = 4 };
	uint32_t n = GTP_HEADER;
	uint8_t next;

	if (s->cap < GTP_HEADER || (s->p[0] & 0xF0) != GTP_VERSION_1 || s->p[1] != GTP_PDU) {
		return 0;
	}
	if ((s->p[0] & GTP_HAS_OPTIONAL) == 0) {
		return n;
	}
	if (s->cap < GTP_HEADER + GTP_OPTIONAL) {
		return 0;
	}
	next = (s->p[0] & GTP_HAS_EXTENSION) != 0 ? s->p[11] : 0;
	n += GTP_OPTIONAL;
	while (next != 0) {	/* length in words of 4 bytes, of which the last byte is the next type */
		uint32_t len = n < s->cap ? s->p[n] * 4u : 0;

		if (len == 0 || len > s->cap - n) {
			return 0;
		}
		n += len;
		next = s->p[n - 1];
	}
	return n;
}

/* Each direction has an endpoint id of its own: it is no part of the inner flow's key. */
static void dissect_gtp(struct dissect *d, struct span *s)
{
	uint32_t header = gtp_header(s), length;

	if (header == 0 || header >= s->cap) {
		return;
	}
	if (s->p[header] >> 4 != 4 && s->p[header] >> 4 != 6) {
		return;
	}
	length = load_be16(s->p + 2) + 8u;	/* of what follows the fixed header */
	if (length > header) {
		span_limit(s, length);
	}
	span_skip(s, header);
	if (dissect_enter_tunnel(d, s, PROTO_GTP, 0, true)) {
		dissect_ip(d, s);
	}
}

void dissect_udp_tunnel(struct dissect *d, struct span *s, uint16_t dport)
{
	enum { PORT_VXLAN = 4789, PORT_VXLAN_LINUX = 8472, PORT_GENEVE = 6081, PORT_GTP_U = 2152 };

	switch (dport) {
	case PORT_VXLAN:
	case PORT_VXLAN_LINUX:
		dissect_vxlan(d, s);
		break;
	case PORT_GENEVE:
		dissect_geneve(d, s);
		break;
	case PORT_GTP_U:
		dissect_gtp(d, s);
		break;
	default:
		break;
	}
}
