/*
 * describe_ip.c - one line for what has no ports: ARP (RFC 826), ICMP (792), ICMPv6 with neighbour discovery (4443,
 * 4861), IGMP, SCTP's chunks (9260), fragments. Any thread.
 *
 * A layer holds what the tracker needs; what else a line shows of a header is read again from the packet's own bytes in
 * front of the payload, after these have been found to be that header. A datagram put together from fragments lies
 * elsewhere: there the line says less.
 */
#include "net/describe_internal.h"

#include "base/encode.h"

static const char *ip_proto_name(uint8_t proto)
{
	switch (proto) {
	case IP_ICMP: return "ICMP ";
	case IP_IGMP: return "IGMP ";
	case IP_TCP: return "TCP ";
	case IP_UDP: return "UDP ";
	case IP_GRE: return "GRE ";
	case IP_ESP: return "ESP ";
	case IP_ICMPV6: return "ICMPv6 ";
	case IP_SCTP: return "SCTP ";
	default: return "";
	}
}

/* ---- ARP ----------------------------------------------------------------------------------------- */

void describe_arp(const struct layer *l, struct buf *out)
{
	struct cursor c = cur_make(l->payload, l->payload_cap);
	uint16_t hardware = cur_be16(&c);
	uint16_t protocol = cur_be16(&c);
	uint8_t hardware_bytes = cur_u8(&c);
	uint8_t protocol_bytes = cur_u8(&c);
	uint16_t operation = cur_be16(&c);
	const uint8_t *sender_mac = cur_take(&c, 6);
	const uint8_t *sender = cur_take(&c, 4);
	const uint8_t *target;

	cur_skip(&c, 6);
	target = cur_take(&c, 4);
	if (c.bad || hardware != 1 || protocol != 0x0800 || hardware_bytes != 6 || protocol_bytes != 4) {
		ADD(out, "ARP of unknown kind, or cut");
		return;
	}
	switch (operation) {
	case 1:
		if (memcmp(sender, target, 4) == 0) {
			ADD(out, "ARP Announcement for ");
			describe_ip4(out, sender);
			return;
		}
		ADD(out, "Who has ");
		describe_ip4(out, target);
		ADD(out, "? Tell ");
		describe_ip4(out, sender);
		return;
	case 2:
		describe_ip4(out, sender);
		ADD(out, " is at ");
		buf_add_mac(out, sender_mac);
		return;
	default:
		ADD(out, "ARP operation ");
		buf_add_u64(out, operation);
		return;
	}
}

/* ---- ICMP ---------------------------------------------------------------------------------------- */

/* The message's eight bytes of header in front of the payload, or NULL: not there, or not all captured. */
static const uint8_t *icmp_header(const struct packet *p, const struct layer *l)
{
	const uint8_t *h;

	if (!describe_in_packet(p, l) || l->payload - p->data < 8) {
		return NULL;
	}
	h = l->payload - 8;
	return h[0] == l->icmp_type && h[1] == l->icmp_code ? h : NULL;
}

static void add_echo(const uint8_t *h, struct buf *out)
{
	if (h != NULL) {
		ADD(out, " id=");
		describe_hex16(out, load_be16(h + 4));
		ADD(out, " seq=");
		buf_add_u64(out, load_be16(h + 6));
	}
}

/* "Destination unreachable (Port unreachable)" */
static void add_kind(struct buf *out, const char *type, const char *const *codes, size_t count, uint8_t code)
{
	buf_adds(out, type);
	ADD(out, " (");
	if (code < count && codes[code] != NULL) {
		buf_adds(out, codes[code]);
	} else {
		ADD(out, "code ");
		buf_add_u64(out, code);
	}
	buf_addc(out, ')');
}

/* Which packet an error speaks of: " for UDP 10.0.0.1:1234 -> 10.0.0.2:53", as far as it was quoted. */
static void add_quoted(const struct layer *l, struct buf *out)
{
	struct cursor c = cur_make(l->payload, l->payload_cap);
	bool v6 = c.left > 0 && *c.p >> 4 == 6;
	size_t header = v6 ? 40 : c.left > 0 ? (*c.p & 15u) * 4 : 0;
	const uint8_t *h = cur_take(&c, header);
	uint8_t proto;
	bool ports;

	if (h == NULL || header < 20 || (!v6 && *h >> 4 != 4)) {
		return;
	}
	proto = v6 ? h[6] : h[9];
	ports = (proto == IP_TCP || proto == IP_UDP || proto == IP_SCTP) && c.left >= 4 &&
		(v6 || (load_be16(h + 6) & 0x1fff) == 0);
	ADD(out, " for ");
	buf_adds(out, ip_proto_name(proto));
	for (unsigned int end = 0; end < 2; end++) {
		if (end == 1) {
			ADD(out, " " ARROW " ");
		}
		if (v6) {
			describe_ip6(out, h + 8 + 16 * end);
		} else {
			describe_ip4(out, h + 12 + 4 * end);
		}
		if (ports) {
			buf_addc(out, ':');
			buf_add_u64(out, cur_be16(&c));
		}
	}
}

static const char *const unreachable[] = {
	"Network unreachable", "Host unreachable", "Protocol unreachable", "Port unreachable", "Fragmentation needed",
	"Source route failed", "Destination network unknown", "Destination host unknown", "Source host isolated",
	"Network administratively prohibited", "Host administratively prohibited",
	"Network unreachable for TOS", "Host unreachable for TOS", "Communication administratively filtered",
	"Host precedence violation", "Precedence cutoff in effect",
};
static const char *const redirects[] = { "Redirect for network", "Redirect for host", "Redirect for TOS and network",
					 "Redirect for TOS and host" };
static const char *const exceeded[] = { "Time to live exceeded in transit", "Fragment reassembly time exceeded" };

void describe_icmp(const struct packet *p, const struct layer *l, struct buf *out)
{
	switch (l->icmp_type) {
	case 0:
	case 8:
		buf_adds(out, l->icmp_type == 8 ? "Echo (ping) request" : "Echo (ping) reply");
		add_echo(icmp_header(p, l), out);
		ADD(out, " ttl=");
		buf_add_u64(out, l->ttl);
		return;
	case 3: add_kind(out, "Destination unreachable", unreachable, ARRAY_LEN(unreachable), l->icmp_code); break;
	case 4: ADD(out, "Source quench"); break;
	case 5: add_kind(out, "Redirect", redirects, ARRAY_LEN(redirects), l->icmp_code); break;
	case 9: ADD(out, "Router advertisement"); return;
	case 10: ADD(out, "Router solicitation"); return;
	case 11: add_kind(out, "Time-to-live exceeded", exceeded, ARRAY_LEN(exceeded), l->icmp_code); break;
	case 12: add_kind(out, "Parameter problem", NULL, 0, l->icmp_code); break;
	case 13: ADD(out, "Timestamp request"); return;
	case 14: ADD(out, "Timestamp reply"); return;
	default:
		ADD(out, "ICMP type ");
		buf_add_u64(out, l->icmp_type);
		ADD(out, " code ");
		buf_add_u64(out, l->icmp_code);
		return;
	}
	add_quoted(l, out);
}

/* ---- ICMPv6 -------------------------------------------------------------------------------------- */

static const char *const unreachable6[] = {
	"No route to destination", "Administratively prohibited", "Beyond scope of source address", "Address unreachable",
	"Port unreachable", "Source address failed policy", "Reject route to destination",
};
static const char *const exceeded6[] = { "Hop limit exceeded in transit", "Fragment reassembly time exceeded" };
static const char *const problems6[] = { "Erroneous header field", "Unknown next header", "Unknown IPv6 option" };

/* The link-layer address among the options of neighbour discovery, or NULL. */
static const uint8_t *nd_address(struct cursor c, uint8_t wanted)
{
	while (c.left >= 8) {
		uint8_t type = cur_u8(&c);
		uint8_t eights = cur_u8(&c);

		if (eights == 0) {
			return NULL;
		}
		if (type == wanted) {
			return cur_take(&c, 6);
		}
		cur_skip(&c, 8u * eights - 2);
	}
	return NULL;
}

/* Solicitations (135) and advertisements (136): RFC 4861. */
static void add_neighbor(const uint8_t *h, const struct layer *l, struct buf *out)
{
	struct cursor c = cur_make(l->payload, l->payload_cap);
	const uint8_t *target = cur_take(&c, 16);
	bool reply = l->icmp_type == 136;
	const uint8_t *mac = target != NULL ? nd_address(c, reply ? 2 : 1) : NULL;

	buf_adds(out, reply ? "Neighbor Advertisement" : "Neighbor Solicitation");
	if (target != NULL) {
		buf_adds(out, reply ? " " : " for ");
		describe_ip6(out, target);
	}
	if (reply && h != NULL) {
		static const char *const said[8] = { "",	    " (ovr)",	   " (sol)",	  " (sol, ovr)",
						     " (rtr)", " (rtr, ovr)", " (rtr, sol)", " (rtr, sol, ovr)" };

		buf_adds(out, said[h[4] >> 5]);
	}
	if (mac != NULL) {
		buf_adds(out, reply ? " is at " : " from ");
		buf_add_mac(out, mac);
	}
}

static void add_router(const struct layer *l, struct buf *out)
{
	struct cursor c = cur_make(l->payload, l->payload_cap);
	const uint8_t *mac;

	if (l->icmp_type == 134) {
		cur_skip(&c, 8);	/* reachable and retransmission time */
	}
	mac = nd_address(c, 1);
	buf_adds(out, l->icmp_type == 134 ? "Router Advertisement" : "Router Solicitation");
	if (mac != NULL) {
		ADD(out, " from ");
		buf_add_mac(out, mac);
	}
}

void describe_icmp6(const struct packet *p, const struct layer *l, struct buf *out)
{
	switch (l->icmp_type) {
	case 1: add_kind(out, "Destination unreachable", unreachable6, ARRAY_LEN(unreachable6), l->icmp_code); break;
	case 2: ADD(out, "Packet too big"); break;
	case 3: add_kind(out, "Time exceeded", exceeded6, ARRAY_LEN(exceeded6), l->icmp_code); break;
	case 4: add_kind(out, "Parameter problem", problems6, ARRAY_LEN(problems6), l->icmp_code); break;
	case 128:
	case 129:
		buf_adds(out, l->icmp_type == 128 ? "Echo (ping) request" : "Echo (ping) reply");
		add_echo(icmp_header(p, l), out);
		ADD(out, " hop limit=");
		buf_add_u64(out, l->ttl);
		return;
	case 130: ADD(out, "Multicast Listener Query"); return;
	case 131: ADD(out, "Multicast Listener Report"); return;
	case 132: ADD(out, "Multicast Listener Done"); return;
	case 133:
	case 134: add_router(l, out); return;
	case 135:
	case 136: add_neighbor(icmp_header(p, l), l, out); return;
	case 137: ADD(out, "Redirect"); return;
	case 143: ADD(out, "Multicast Listener Report Message v2"); return;
	default:
		ADD(out, "ICMPv6 type ");
		buf_add_u64(out, l->icmp_type);
		ADD(out, " code ");
		buf_add_u64(out, l->icmp_code);
		return;
	}
	add_quoted(l, out);
}

/* ---- IGMP, SCTP ------------------------------------------------------------------------------------- */

void describe_igmp(const struct layer *l, struct buf *out)
{
	struct cursor c = cur_make(l->payload, l->payload_cap);
	uint8_t type = cur_u8(&c);

	switch (type) {
	case 0x11: ADD(out, "Membership Query"); break;
	case 0x12: ADD(out, "Membership Report v1"); break;
	case 0x16: ADD(out, "Membership Report v2"); break;
	case 0x17: ADD(out, "Leave Group"); break;
	case 0x22: ADD(out, "Membership Report v3"); return;
	default:
		ADD(out, "IGMP type ");
		buf_add_u64(out, type);
		return;
	}
	cur_skip(&c, 3);
	if (c.left >= 4) {
		ADD(out, " group ");
		describe_ip4(out, c.p);
	}
}

void describe_sctp(const struct layer *l, struct buf *out)
{
	static const char *const chunks[] = { "DATA", "INIT", "INIT_ACK", "SACK", "HEARTBEAT", "HEARTBEAT_ACK", "ABORT",
					      "SHUTDOWN", "SHUTDOWN_ACK", "ERROR", "COOKIE_ECHO", "COOKIE_ACK", NULL,
					      NULL, "SHUTDOWN_COMPLETE" };
	struct cursor c = cur_make(l->payload, l->payload_cap);

	for (unsigned int i = 0; c.left >= 4; i++) {
		uint8_t type = cur_u8(&c);
		uint16_t len;

		cur_skip(&c, 1);
		len = cur_be16(&c);
		if (i == DESCRIBE_MESSAGES || len < 4) {
			ADD(out, " ...");
			return;
		}
		buf_addc(out, ' ');
		if (type < ARRAY_LEN(chunks) && chunks[type] != NULL) {
			buf_adds(out, chunks[type]);
		} else {
			ADD(out, "chunk ");
			buf_add_u64(out, type);
		}
		len = (uint16_t)(len - 4 + (4 - len % 4) % 4);
		cur_skip(&c, len < c.left ? len : c.left);
	}
}

/* ---- fragments -------------------------------------------------------------------------------------- */

static void add_fragment(struct buf *out, uint8_t proto, uint32_t offset, uint32_t ident)
{
	ADD(out, "(proto=");
	buf_adds(out, ip_proto_name(proto));
	buf_add_u64(out, proto);
	ADD(out, ", off=");
	buf_add_u64(out, offset);
	ADD(out, ", ID=");
	buf_add_hex(out, ident, false);
	buf_addc(out, ')');
}

/* The IPv4 header that ends where the payload begins: told by its own length, the identification and the addresses. */
static const uint8_t *ip4_header(const struct packet *p, const struct layer *l)
{
	for (size_t n = 20; n <= 60 && n <= (size_t)(l->payload - p->data); n += 4) {
		const uint8_t *h = l->payload - n;

		if (h[0] == (0x40 | n / 4) && load_be16(h + 4) == l->ip_id &&
		    memcmp(h + 12, l->key.addr[l->from] + 12, 4) == 0 &&
		    memcmp(h + 16, l->key.addr[!l->from] + 12, 4) == 0) {
			return h;
		}
	}
	return NULL;
}

void describe_fragment(const struct packet *p, const struct layer *l, struct buf *out)
{
	const uint8_t *h = NULL;

	buf_adds(out, l->key.ip_version == 6 ? "IPv6 fragment " : "Fragmented IP protocol ");
	if (!describe_in_packet(p, l)) {
		return;
	}
	if (l->key.ip_version == 6 && l->payload - p->data >= 48) {
		h = l->payload - 8;
		add_fragment(out, h[0], load_be16(h + 2) & 0xfff8u, load_be32(h + 4));
	} else if (l->key.ip_version == 4) {
		h = ip4_header(p, l);
		if (h != NULL) {
			add_fragment(out, h[9], (load_be16(h + 6) & 0x1fffu) * 8, load_be16(h + 4));
		}
	}
}
