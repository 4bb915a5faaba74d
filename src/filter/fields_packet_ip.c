/*
 * fields_packet_ip.c - fields of IP, ICMP and ARP. Of a packet in a tunnel src and dst are those of the innermost
 * header of that version, addr those of all. Any worker, own context.
 */
#include "filter/fields_packet.h"

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
	PACKET_ROW("ip.version", PT_UINT8, 0, value_version, 0, "4 or 6"),
	PACKET_ROW("ip.ttl", PT_UINT8, 0, value_number, IP_TTL, "time to live"),
	PACKET_ROW("ip.proto", PT_UINT8, 0, value_number, IP_PROTO,
		   "protocol above IP: 6 TCP, 17 UDP, 1 ICMP"),
	PACKET_ROW("ip.len", PT_UINT32, 0, value_number, IP_LEN, "bytes of header and payload"),
	PACKET_HEX("ip.id", PT_UINT16, 0, value_number, IP_ID, "identification"),
	PACKET_ROW("ip.fragment", PT_BOOL, FIELD_OURS, value_fragment, 0,
		   "true of a part of a datagram, IPv4 or IPv6"),
	PACKET_ROW("ipv6", PT_BOOL, 0, value_is_ip, PROTO_IPV6, "true of packets with an IPv6 header"),
	PACKET_ROW("ipv6.src", PT_IPADDR, 0, value_addr, END_SRC, "IPv6 address of the sender"),
	PACKET_ROW("ipv6.dst", PT_IPADDR, 0, value_addr, END_DST, "IPv6 address of the receiver"),
	PACKET_ROW("ipv6.addr", PT_IPADDR, FIELD_FILTER_ONLY, value_either, 0, "either IPv6 address"),
	PACKET_ROW("ipv6.version", PT_UINT8, 0, value_number, IP_VERSION_IS, "6"),
	PACKET_ROW("ipv6.hlim", PT_UINT8, 0, value_number, IP_TTL, "hop limit"),
	PACKET_ROW("ipv6.plen", PT_UINT32, 0, value_number, IP_PAYLOAD_LEN,
		   "bytes behind the IPv6 header"),
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
