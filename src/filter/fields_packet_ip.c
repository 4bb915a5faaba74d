/*
 * fields_packet_ip.c - fields of IP, ICMP and ARP. Of a packet in a tunnel src and dst are those of the innermost
 * header of that version, addr those of all. Any worker, own context.
 */
#include "filter/fields_packet.h"

#include "events/addr.h"

#define IP_CHAIN_MAX 16

static const struct layer *ip_layer(const struct field_ctx *c, const struct field_use *u)
{
	return packet_ip(c, u->field->name[2] == 'v' ? 6 : 4);
}

enum { END_SRC, END_DST };

static bool value_addr(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = ip_layer(c, u);

	return l != NULL && value_end(v, l, u->field->which == END_SRC ? l->from : !l->from);
}

/* Both ends of each header of the version. */
static bool value_either(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = ip_layer(c, u);
	struct value_list list;

	if (l == NULL || !list_start(c, &list, 2 * IP_CHAIN_MAX)) {
		return false;
	}
	for (unsigned int version = l->key.ip_version; l != NULL && list.count < list.cap;
	     l = packet_outer(c, l)) {
		struct field_value end[2];

		if (l->key.ip_version == version) {
			value_end(&end[0], l, l->from);
			value_end(&end[1], l, !l->from);
			list_ip(&list, (const uint8_t *)end[0].v.text, end[0].len);
			list_ip(&list, (const uint8_t *)end[1].v.text, end[1].len);
		}
	}
	return list_value(&list, v);
}

enum { IP_VERSION_IS, IP_TTL, IP_PROTO, IP_LEN, IP_PAYLOAD_LEN, IP_ID };

/* An address by its name: names are not looked up, so that it is always the address as text. */
static bool host(struct field_ctx *c, const struct field_value *addr, struct field_value *v)
{
	buf_reset(&c->tmp);
	addr_add_ip(&c->tmp, addr->len == 16, (const uint8_t *)addr->v.text);
	return value_from_tmp(c, v);
}

static bool value_host(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	struct field_value addr;

	return value_addr(c, u, &addr) && host(c, &addr, v);
}

static bool value_hosts(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	struct field_value addrs;
	struct value_list list;

	if (!value_either(c, u, &addrs) || !list_start(c, &list, addrs.len)) {
		return false;
	}
	for (uint32_t i = 0; i < addrs.len && host(c, &addrs.v.items[i], &list.items[i]); i++) {
		list.count++;
	}
	return list_value(&list, v);
}

/* Of the innermost header, whichever it is. */
static bool value_version(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = packet_layer(c);

	UNUSED_ARG(u);
	return l != NULL && l->key.ip_version != 0 && value_uint(v, l->key.ip_version);
}

static bool value_number(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = ip_layer(c, u);

	if (l == NULL) {
		return false;
	}
	switch (u->field->which) {
	case IP_VERSION_IS: return value_uint(v, l->key.ip_version);
	case IP_TTL: return value_uint(v, l->ttl);
	case IP_PROTO: return value_uint(v, l->key.ip_proto);
	case IP_PAYLOAD_LEN: return l->ip_len >= 40 && value_uint(v, l->ip_len - 40);
	case IP_ID: return value_uint(v, l->ip_id);
	default: return value_uint(v, l->ip_len);
	}
}

/* ---- the header itself ------------------------------------------------------------------------------------- */

enum {
	IP_HEADER_LEN,
	IP_DSFIELD,
	IP_DSCP,
	IP_ECN,
	IP_FLAGS,
	IP_FLAG_RESERVED,
	IP_FLAG_DF,
	IP_FLAG_MF,
	IP_OFFSET,
	IP_SUM
};

enum { IP4_BYTES = 20, IP6_BYTES = 40 };

/* Its fixed part. NULL: none, or it lies in a datagram put together from fragments. */
static const uint8_t *ip_header(const struct field_ctx *c, unsigned int version)
{
	const struct layer *l = packet_ip(c, version);
	uint32_t bytes = version == 4 ? IP4_BYTES : IP6_BYTES;

	return l != NULL && c->packet->cap_len >= bytes && l->ip_at <= c->packet->cap_len - bytes
		       ? c->packet->data + l->ip_at
		       : NULL;
}

static bool value_ip4(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const uint8_t *p = ip_header(c, 4);

	if (p == NULL) {
		return false;
	}
	switch (u->field->which) {
	case IP_HEADER_LEN: return value_uint(v, (p[0] & 15u) * 4);
	case IP_DSFIELD: return value_uint(v, p[1]);
	case IP_DSCP: return value_uint(v, p[1] >> 2);
	case IP_ECN: return value_uint(v, p[1] & 3);
	case IP_FLAGS: return value_uint(v, p[6] >> 5);
	case IP_FLAG_RESERVED: return value_bool(v, (p[6] & 0x80) != 0);
	case IP_FLAG_DF: return value_bool(v, (p[6] & 0x40) != 0);
	case IP_FLAG_MF: return value_bool(v, (p[6] & 0x20) != 0);
	case IP_OFFSET: return value_uint(v, load_be16(p + 6) & 0x1FFF);
	default: return value_uint(v, load_be16(p + 10));
	}
}

enum { IP6_NEXT, IP6_FLOW };

static bool value_ip6(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const uint8_t *p = ip_header(c, 6);

	if (p == NULL) {
		return false;
	}
	return value_uint(v, u->field->which == IP6_NEXT ? p[6] : load_be32(p) & 0xFFFFF);
}

/* The bare name. */
static bool value_is_ip(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = packet_layer(c);

	return l != NULL && value_present(v, layer_has(l, (unsigned int)u->field->which));
}

static bool value_fragment(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = packet_layer(c);

	UNUSED_ARG(u);
	return l != NULL && value_present(v, layer_has(l, PROTO_FRAGMENT));
}

/* ---- ICMP -------------------------------------------------------------------------------------------------- */

enum { ICMP_TYPE, ICMP_CODE };

static bool value_icmp(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = packet_transport(c, u->field->name[4] == 'v' ? IP_ICMPV6 : IP_ICMP);

	return l != NULL && (l->flags & LAYER_NO_TRANSPORT) == 0 &&
	       value_uint(v, u->field->which == ICMP_TYPE ? l->icmp_type : l->icmp_code);
}

/* ---- ARP --------------------------------------------------------------------------------------------------- */

enum { ARP_OPCODE, ARP_FROM, ARP_TO };

/* Of IPv4 over Ethernet. */
static bool value_arp(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = packet_layer(c);
	struct cursor p;
	const uint8_t *from;
	const uint8_t *to;
	uint64_t kind;
	uint16_t opcode;

	if (l == NULL || !layer_has(l, PROTO_ARP)) {
		return false;
	}
	p = cur_make(l->payload, l->payload_cap);
	kind = (uint64_t)cur_be32(&p) << 16; /* hardware, protocol, lengths of their addresses */
	kind |= cur_be16(&p);
	opcode = cur_be16(&p);
	if (u->field->which == ARP_OPCODE) {
		return !p.bad && value_uint(v, opcode);
	}
	cur_skip(&p, 6);
	from = cur_take(&p, 4);
	cur_skip(&p, 6);
	to = cur_take(&p, 4);
	if (p.bad || kind != UINT64_C(0x000108000604)) {
		return false;
	}
	return value_ip_bytes(v, u->field->which == ARP_FROM ? from : to, 4);
}

/* clang-format off */
static const struct field rows[] = {
	PACKET_ROW("ip", PT_BOOL, 0, value_is_ip, PROTO_IP, "true of packets with an IPv4 header"),
	PACKET_ROW("ip.src", PT_IPADDR, 0, value_addr, END_SRC, "IPv4 address of the sender"),
	PACKET_ROW("ip.dst", PT_IPADDR, 0, value_addr, END_DST, "IPv4 address of the receiver"),
	PACKET_ROW("ip.addr", PT_IPADDR, FIELD_FILTER_ONLY, value_either, 0, "either IPv4 address"),
	PACKET_ROW("ip.src_host", PT_CHARBUF, 0, value_host, END_SRC, "as ip.src, as text: names are not looked up"),
	PACKET_ROW("ip.dst_host", PT_CHARBUF, 0, value_host, END_DST, "as ip.dst, as text"),
	PACKET_ROW("ip.host", PT_CHARBUF, FIELD_FILTER_ONLY, value_hosts, 0, "as ip.addr, as text"),
	PACKET_ROW("ip.version", PT_UINT8, 0, value_version, 0, "4 or 6"),
	PACKET_ROW("ip.ttl", PT_UINT8, 0, value_number, IP_TTL, "time to live"),
	PACKET_ROW("ip.proto", PT_UINT8, 0, value_number, IP_PROTO,
		   "protocol above IP: 6 TCP, 17 UDP, 1 ICMP"),
	PACKET_ROW("ip.len", PT_UINT32, 0, value_number, IP_LEN, "bytes of header and payload"),
	PACKET_HEX("ip.id", PT_UINT16, 0, value_number, IP_ID, "identification"),
	PACKET_ROW("ip.hdr_len", PT_UINT8, 0, value_ip4, IP_HEADER_LEN, "bytes of the IPv4 header, options included"),
	PACKET_HEX("ip.dsfield", PT_UINT8, 0, value_ip4, IP_DSFIELD, "type of service: DSCP and ECN"),
	PACKET_ROW("ip.dsfield.dscp", PT_UINT8, 0, value_ip4, IP_DSCP, "its upper six bits: 46 expedited forwarding"),
	PACKET_ROW("ip.dsfield.ecn", PT_UINT8, 0, value_ip4, IP_ECN, "its lower two bits: 3 congestion was seen on the way"),
	PACKET_HEX("ip.flags", PT_UINT8, 0, value_ip4, IP_FLAGS, "the three flags as a number: 0x02 is DF"),
	PACKET_ROW("ip.flags.rb", PT_BOOL, 0, value_ip4, IP_FLAG_RESERVED, "the reserved flag"),
	PACKET_ROW("ip.flags.df", PT_BOOL, 0, value_ip4, IP_FLAG_DF, "DF: it must not be fragmented"),
	PACKET_ROW("ip.flags.mf", PT_BOOL, 0, value_ip4, IP_FLAG_MF, "MF: more fragments follow"),
	PACKET_ROW("ip.frag_offset", PT_UINT16, 0, value_ip4, IP_OFFSET,
		   "where the fragment lies in the datagram, in units of 8 bytes"),
	PACKET_HEX("ip.checksum", PT_UINT16, 0, value_ip4, IP_SUM, "checksum of the header as sent, not verified"),
	PACKET_ROW("ip.fragment", PT_BOOL, FIELD_OURS, value_fragment, 0,
		   "true of a part of a datagram, IPv4 or IPv6"),
	PACKET_ROW("ipv6", PT_BOOL, 0, value_is_ip, PROTO_IPV6, "true of packets with an IPv6 header"),
	PACKET_ROW("ipv6.src", PT_IPADDR, 0, value_addr, END_SRC, "IPv6 address of the sender"),
	PACKET_ROW("ipv6.dst", PT_IPADDR, 0, value_addr, END_DST, "IPv6 address of the receiver"),
	PACKET_ROW("ipv6.addr", PT_IPADDR, FIELD_FILTER_ONLY, value_either, 0, "either IPv6 address"),
	PACKET_ROW("ipv6.src_host", PT_CHARBUF, 0, value_host, END_SRC, "as ipv6.src, as text: names are not looked up"),
	PACKET_ROW("ipv6.dst_host", PT_CHARBUF, 0, value_host, END_DST, "as ipv6.dst, as text"),
	PACKET_ROW("ipv6.host", PT_CHARBUF, FIELD_FILTER_ONLY, value_hosts, 0, "as ipv6.addr, as text"),
	PACKET_ROW("ipv6.version", PT_UINT8, 0, value_number, IP_VERSION_IS, "6"),
	PACKET_ROW("ipv6.hlim", PT_UINT8, 0, value_number, IP_TTL, "hop limit"),
	PACKET_ROW("ipv6.plen", PT_UINT32, 0, value_number, IP_PAYLOAD_LEN,
		   "bytes behind the IPv6 header"),
	PACKET_ROW("ipv6.nxt", PT_UINT8, 0, value_ip6, IP6_NEXT,
		   "what follows the IPv6 header: 6 TCP, 17 UDP, 44 a fragment header"),
	PACKET_HEX("ipv6.flow", PT_UINT32, 0, value_ip6, IP6_FLOW, "flow label"),
	PACKET_ROW("icmp", PT_BOOL, 0, value_is_ip, PROTO_ICMP, "true of ICMP messages"),
	PACKET_ROW("icmp.type", PT_UINT8, 0, value_icmp, ICMP_TYPE,
		   "ICMP type: 8 echo request, 0 its reply, 3 unreachable"),
	PACKET_ROW("icmp.code", PT_UINT8, 0, value_icmp, ICMP_CODE, "ICMP code"),
	PACKET_ROW("icmpv6", PT_BOOL, 0, value_is_ip, PROTO_ICMPV6, "true of ICMPv6 messages"),
	PACKET_ROW("icmpv6.type", PT_UINT8, 0, value_icmp, ICMP_TYPE,
		   "ICMPv6 type: 135 neighbour solicitation"),
	PACKET_ROW("icmpv6.code", PT_UINT8, 0, value_icmp, ICMP_CODE, "ICMPv6 code"),
	PACKET_ROW("arp", PT_BOOL, 0, value_is_ip, PROTO_ARP, "true of ARP packets"),
	PACKET_ROW("arp.opcode", PT_UINT16, 0, value_arp, ARP_OPCODE, "1 request, 2 reply"),
	PACKET_ROW("arp.src.proto_ipv4", PT_IPADDR, 0, value_arp, ARP_FROM,
		   "IPv4 address of who asks or answers"),
	PACKET_ROW("arp.dst.proto_ipv4", PT_IPADDR, 0, value_arp, ARP_TO,
		   "IPv4 address that is asked for"),
};
/* clang-format on */

const struct field_class field_class_ip = { "IP, ICMP, ARP", rows, ARRAY_LEN(rows),
					    "ip ipv6 icmp icmpv6 arp" };
