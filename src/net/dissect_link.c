/*
 * dissect_link.c - from the link type of an interface to the network layer: Ethernet with its tags, cooked captures,
 * PPP, null and loop, raw IP; and what stands beside IP there: ARP, LLDP, LLC. Reads the bytes of one packet, fills its
 * layer. Any worker; a hot path.
 *
 * Numbers of link types: tcpdump.org's registry; of ether types and PPP protocols: IEEE's and IANA's.
 */
#include "net/dissect_internal.h"

enum {
	ETHER_IP4 = 0x0800, ETHER_ARP = 0x0806, ETHER_RARP = 0x8035, ETHER_IP6 = 0x86DD, ETHER_VLAN = 0x8100,
	ETHER_QINQ = 0x88A8, ETHER_QINQ_OLD = 0x9100, ETHER_MPLS = 0x8847, ETHER_MPLS_GROUP = 0x8848,
	ETHER_PPPOE_DISCOVERY = 0x8863, ETHER_PPPOE = 0x8864, ETHER_LLDP = 0x88CC,
	ETHER_MIN = 0x0600,	/* smaller numbers are lengths */
	ETHER_MAX_LENGTH = 1500,
};

enum { PPP_IP4 = 0x0021, PPP_IP6 = 0x0057, PPP_MPLS = 0x0281, PPP_MPLS_GROUP = 0x0283 };

/* ---- beside and below IP ------------------------------------------------------------------------------ */

void dissect_ip(struct dissect *d, struct span *s)
{
	if (!dissect_need(d, s, 1)) {
		return;
	}
	switch (s->p[0] >> 4) {
	case 4:
		dissect_ip4(d, s);
		break;
	case 6:
		dissect_ip6(d, s);
		break;
	default:
		dissect_stop(d, s, PROTO_OTHER);
	}
}

/* A stack of labels; what is under it is not said, but by the first bits. */
static void dissect_mpls(struct dissect *d, struct span *s)
{
	bool bottom = false;

	dissect_push(d, PROTO_MPLS);
	while (!bottom) {
		if (!dissect_need(d, s, 4)) {
			return;
		}
		bottom = (s->p[2] & 1) != 0;
		span_skip(s, 4);
	}
	dissect_ip(d, s);
}

/* IEEE 802.2 under a length instead of a type. */
static void dissect_llc(struct dissect *d, struct span *s)
{
	static const uint8_t snap[] = { 0xAA, 0xAA, 0x03 }, ip[] = { 0x06, 0x06, 0x03 };
	uint16_t type;

	dissect_push(d, PROTO_LLC);
	if (d->llc) {	/* once: nothing sends two, and nobody shall make the walk deep with them */
		dissect_stop_malformed(d, s);
		return;
	}
	d->llc = true;
	if (!dissect_need(d, s, 3)) {
		return;
	}
	if (memcmp(s->p, ip, sizeof(ip)) == 0) {
		span_skip(s, 3);
		dissect_ip4(d, s);
		return;
	}
	if (memcmp(s->p, snap, sizeof(snap)) != 0) {
		dissect_stop(d, s, PROTO_NONE);
		return;
	}
	if (!dissect_need(d, s, 8)) {
		return;
	}
	type = load_be16(s->p + 6);
	if (s->p[3] != 0 || s->p[4] != 0 || s->p[5] != 0 || type < ETHER_MIN) {
		dissect_stop(d, s, PROTO_NONE);
		return;
	}
	span_skip(s, 8);
	dissect_ethertype(d, s, type);
}

/* With or without address and control; the protocol number may be one byte. */
void dissect_ppp(struct dissect *d, struct span *s)
{
	uint16_t proto;

	dissect_push(d, PROTO_PPP);
	if (s->cap >= 2 && s->p[0] == 0xFF && s->p[1] == 0x03) {
		span_skip(s, 2);
	}
	if (!dissect_need(d, s, 1)) {
		return;
	}
	if ((s->p[0] & 1) != 0) {
		proto = s->p[0];
		span_skip(s, 1);
	} else {
		if (!dissect_need(d, s, 2)) {
			return;
		}
		proto = load_be16(s->p);
		span_skip(s, 2);
	}
	switch (proto) {
	case PPP_IP4:
		dissect_ip4(d, s);
		break;
	case PPP_IP6:
		dissect_ip6(d, s);
		break;
	case PPP_MPLS:
	case PPP_MPLS_GROUP:
		dissect_mpls(d, s);
		break;
	default:
		dissect_stop(d, s, PROTO_OTHER);
	}
}

static void dissect_pppoe(struct dissect *d, struct span *s, bool session)
{
	dissect_push(d, PROTO_PPPOE);
	if (!dissect_need(d, s, 6)) {
		return;
	}
	if (s->p[0] != 0x11) {
		dissect_stop_malformed(d, s);
		return;
	}
	if (!session || s->p[1] != 0) {
		dissect_stop(d, s, PROTO_NONE);
		return;
	}
	span_limit(s, 6u + load_be16(s->p + 4));
	span_skip(s, 6);
	dissect_ppp(d, s);
}

/* One tag; *io_type is then what follows it. */
static bool pass_vlan(struct dissect *d, struct span *s, uint16_t *io_type, unsigned int tag)
{
	dissect_push(d, PROTO_VLAN);
	if (!dissect_need(d, s, 4)) {
		return false;
	}
	if (tag < 2) {
		d->l->key.vlan[tag] = load_be16(s->p) & 0xFFF;
	}
	*io_type = load_be16(s->p + 2);
	span_skip(s, 4);
	return true;
}

void dissect_ethertype(struct dissect *d, struct span *s, uint16_t type)
{
	unsigned int tags = 0;

	while (type == ETHER_VLAN || type == ETHER_QINQ || type == ETHER_QINQ_OLD) {
		if (!pass_vlan(d, s, &type, tags++)) {
			return;
		}
	}
	switch (type) {
	case ETHER_IP4:
		dissect_ip4(d, s);
		break;
	case ETHER_IP6:
		dissect_ip6(d, s);
		break;
	case ETHER_ARP:
	case ETHER_RARP:
		dissect_stop(d, s, PROTO_ARP);
		break;
	case ETHER_LLDP:
		dissect_stop(d, s, PROTO_LLDP);
		break;
	case ETHER_MPLS:
	case ETHER_MPLS_GROUP:
		dissect_mpls(d, s);
		break;
	case ETHER_PPPOE:
	case ETHER_PPPOE_DISCOVERY:
		dissect_pppoe(d, s, type == ETHER_PPPOE);
		break;
	default:
		if (type <= ETHER_MAX_LENGTH) {
			span_limit(s, type);
			dissect_llc(d, s);
		} else {
			dissect_stop(d, s, PROTO_OTHER);
		}
	}
}

/* ---- link types ---------------------------------------------------------------------------------------- */

void dissect_ethernet(struct dissect *d, struct span *s)
{
	uint16_t type;

	dissect_push(d, PROTO_ETH);
	if (!dissect_need(d, s, 14)) {
		return;
	}
	type = load_be16(s->p + 12);
	if (UNLIKELY((s->p[0] & 1) != 0)) {	/* with IP, its address says whether it is multicast */
		d->to_all = (type != ETHER_IP4 && type != ETHER_IP6) ||
			    (load_be32(s->p) == UINT32_MAX && load_be16(s->p + 4) == UINT16_MAX);
	}
	span_skip(s, 14);
	if (LIKELY(type == ETHER_IP4)) {
		dissect_ip4(d, s);
	} else {
		dissect_ethertype(d, s, type);
	}
}

/* The protocol of a cooked header: an ether type, or one of Linux' numbers for what has none. */
static void dissect_cooked(struct dissect *d, struct span *s, uint16_t proto)
{
	enum { COOKED_802_3 = 1, COOKED_802_2 = 4 };

	if (proto == COOKED_802_3 || proto == COOKED_802_2) {
		dissect_llc(d, s);
	} else if (proto < ETHER_MIN) {
		dissect_stop(d, s, PROTO_OTHER);
	} else {
		dissect_ethertype(d, s, proto);
	}
}

static bool sent_to_all(uint16_t packet_type)
{
	enum { COOKED_BROADCAST = 1 };

	return packet_type == COOKED_BROADCAST;
}

static void dissect_sll(struct dissect *d, struct span *s)
{
	uint16_t proto;

	dissect_push(d, PROTO_SLL);
	if (!dissect_need(d, s, 16)) {
		return;
	}
	d->to_all = sent_to_all(load_be16(s->p));
	d->cooked = PLACE_MIXED | (s->p[1] & 7);
	proto = load_be16(s->p + 14);
	span_skip(s, 16);
	dissect_cooked(d, s, proto);
}

/* One capture of many interfaces: the header says which one it was. */
static void dissect_sll2(struct dissect *d, struct span *s)
{
	uint16_t proto;

	dissect_push(d, PROTO_SLL);
	if (!dissect_need(d, s, 20)) {
		return;
	}
	proto = load_be16(s->p);
	d->scope += load_be32(s->p + 4) * LIMIT_PACKET_INTERFACES;
	d->to_all = sent_to_all(s->p[10]);
	d->cooked = s->p[10] & 7;
	span_skip(s, 20);
	dissect_cooked(d, s, proto);
}

/* The family in the byte order of whoever captured (null) or big-endian (loop): families are small numbers. */
static void dissect_null(struct dissect *d, struct span *s)
{
	enum { FAMILY_IP4 = 2, FAMILY_IP6_LINUX = 10, FAMILY_IP6_BSD = 24, FAMILY_IP6_FREEBSD = 28, FAMILY_IP6_DARWIN = 30 };
	uint32_t family;

	dissect_push(d, PROTO_NULL);
	if (!dissect_need(d, s, 4)) {
		return;
	}
	family = load_le32(s->p);
	family = family > UINT16_MAX ? load_be32(s->p) : family;
	span_skip(s, 4);
	switch (family) {
	case FAMILY_IP4:
		dissect_ip4(d, s);
		break;
	case FAMILY_IP6_LINUX:
	case FAMILY_IP6_BSD:
	case FAMILY_IP6_FREEBSD:
	case FAMILY_IP6_DARWIN:
		dissect_ip6(d, s);
		break;
	default:
		dissect_stop(d, s, PROTO_OTHER);
	}
}

static void dissect_raw(struct dissect *d, struct span *s)
{
	dissect_push(d, PROTO_RAW);
	dissect_ip(d, s);
}

static void dissect_raw4(struct dissect *d, struct span *s)
{
	dissect_push(d, PROTO_RAW);
	dissect_ip4(d, s);
}

static void dissect_raw6(struct dissect *d, struct span *s)
{
	dissect_push(d, PROTO_RAW);
	dissect_ip6(d, s);
}

/* PPP in HDLC-like framing, or Cisco's HDLC, whose address byte differs. */
static void dissect_hdlc(struct dissect *d, struct span *s)
{
	enum { CISCO_UNICAST = 0x0F, CISCO_MULTICAST = 0x8F };
	uint16_t type;

	if (s->cap < 4 || (s->p[0] != CISCO_UNICAST && s->p[0] != CISCO_MULTICAST)) {
		dissect_ppp(d, s);
		return;
	}
	dissect_push(d, PROTO_PPP);
	type = load_be16(s->p + 2);
	span_skip(s, 4);
	if (type < ETHER_MIN) {
		dissect_stop(d, s, PROTO_OTHER);
	} else {
		dissect_ethertype(d, s, type);
	}
}

static void dissect_ppp_ether(struct dissect *d, struct span *s)
{
	dissect_pppoe(d, s, true);
}

/* Others are counted, not looked into: radiotap (127) and what else there is. */
static const struct link_row {
	uint16_t type;
	void (*fn)(struct dissect *d, struct span *s);
} links[] = {
	{ 0, dissect_null },
	{ 9, dissect_ppp },
	{ 12, dissect_raw },	/* of some BSDs, as 14 */
	{ 14, dissect_raw },
	{ 50, dissect_hdlc },
	{ 51, dissect_ppp_ether },
	{ 101, dissect_raw },
	{ 104, dissect_hdlc },
	{ 108, dissect_null },
	{ 113, dissect_sll },
	{ 228, dissect_raw4 },
	{ 229, dissect_raw6 },
	{ 276, dissect_sll2 },
};

enum { LINK_ETHERNET = 1 };

void dissect_link(struct dissect *d, struct span *s, uint16_t link_type)
{
	if (LIKELY(link_type == LINK_ETHERNET)) {
		dissect_ethernet(d, s);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		if (links[i].type == link_type) {
			links[i].fn(d, s);
			return;
		}
	}
	dissect_stop(d, s, PROTO_OTHER);
}
