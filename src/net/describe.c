/*
 * describe.c - one line about a packet in the spirit of tshark: tunnel, what the tracker noticed, then the topmost
 * protocol that is known, each told by a function of describe_internal.h; TCP and UDP here. Reads one layer and the
 * bytes of its packet; keeps nothing, so any worker may print any batch. A hot path of `thresher print`: no printf.
 */
#include "net/describe_internal.h"

#include <arpa/inet.h>

#include "base/limits.h"
#include "net/dns_message.h"
#include "net/net.h"
#include "net/service.h"

enum { PORT_DNS = 53, PORT_MDNS = 5353, PORT_LLMNR = 5355 };

/* ---- pieces ----------------------------------------------------------------------------------------- */

void describe_value(struct buf *out, const uint8_t *p, size_t n, size_t max)
{
	buf_add(out, p, n < max ? n : max);
	if (n > max) {
		ADD(out, "...");
	}
}

size_t describe_line_bytes(const uint8_t *p, size_t n, bool *ret_ended)
{
	const uint8_t *end;

	n = n < LIMIT_NET_TEXT ? n : LIMIT_NET_TEXT;
	end = n > 0 ? memchr(p, '\n', n) : NULL;
	*ret_ended = end != NULL;
	n = end != NULL ? (size_t)(end - p) : n;
	return n > 0 && end != NULL && p[n - 1] == '\r' ? n - 1 : n;
}

void describe_hex16(struct buf *out, uint16_t x)
{
	static const char digits[] = "0123456789abcdef";
	const char text[6] = { '0', 'x', digits[x >> 12], digits[x >> 8 & 15], digits[x >> 4 & 15], digits[x & 15] };

	buf_add(out, text, sizeof(text));
}

void describe_ip4(struct buf *out, const uint8_t ip[4])
{
	for (int i = 0; i < 4; i++) {
		if (i > 0) {
			buf_addc(out, '.');
		}
		buf_add_u64(out, ip[i]);
	}
}

void describe_ip6(struct buf *out, const uint8_t ip[16])
{
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(AF_INET6, ip, text, sizeof(text)) != NULL) {
		buf_adds(out, text);
	}
}

bool describe_in_packet(const struct packet *p, const struct layer *l)
{
	uintptr_t data = (uintptr_t)p->data;
	uintptr_t payload = (uintptr_t)l->payload;

	return l->payload != NULL && payload >= data && payload - data <= p->cap_len;
}

/* ---- which protocol ----------------------------------------------------------------------------------- */

static bool is_port(const struct layer *l, uint16_t port)
{
	return l->key.port[0] == port || l->key.port[1] == port;
}

/* HTTP/2 begins with what looks like a request. */
static bool is_preface(const struct layer *l)
{
	return l->payload_cap >= 4 && memcmp(l->payload, "PRI ", 4) == 0;
}

/* By the first bytes, where no stamp tells. */
static uint8_t guess_service(const struct layer *l)
{
	if (l->key.ip_proto == IP_UDP) {
		bool mdns = is_port(l, PORT_MDNS);

		if ((!mdns && !is_port(l, PORT_DNS) && !is_port(l, PORT_LLMNR)) ||
		    !dns_looks_like(l->payload, l->payload_cap, true)) {
			return SERVICE_NONE;
		}
		return mdns ? SERVICE_MDNS : SERVICE_DNS;
	}
	if (describe_is_http(l->payload, l->payload_cap)) {
		return is_preface(l) ? SERVICE_HTTP2 : SERVICE_HTTP;
	}
	if (describe_is_tls(l->payload, l->payload_cap)) {
		return SERVICE_TLS;
	}
	if (l->payload_cap >= 4 && memcmp(l->payload, "SSH-", 4) == 0) {
		return SERVICE_SSH;
	}
	return is_port(l, PORT_DNS) ? SERVICE_DNS : SERVICE_NONE;
}

uint8_t layer_service(const struct layer *l)
{
	if (l->payload_cap == 0 || (l->flags & (LAYER_NO_FLOW | LAYER_FRAGMENT)) != 0 ||
	    (l->key.ip_proto != IP_TCP && l->key.ip_proto != IP_UDP)) {
		return SERVICE_NONE;
	}
	switch (l->service) {
	case SERVICE_NONE: return guess_service(l);
	case SERVICE_HTTP2:
	case SERVICE_WEBSOCKET:
	case SERVICE_TLS:
		/* The stamp is of the flow: the packet may be the last word of HTTP before an upgrade or a tunnel. */
		return describe_is_http(l->payload, l->payload_cap) && !is_preface(l) ? SERVICE_HTTP : l->service;
	default: return l->service;
	}
}

/* The last protocol of the path that says what the packet is. */
static uint8_t topmost(const struct layer *l)
{
	uint8_t top = PROTO_NONE;

	for (unsigned int i = 0; i < PATH_LEVELS && path_at(l->path, i) != PROTO_NONE; i++) {
		uint8_t proto = path_at(l->path, i);

		if ((proto != PROTO_FRAGMENT && proto != PROTO_MALFORMED && proto != PROTO_OTHER) ||
		    top == PROTO_NONE) {
			top = proto;
		}
	}
	return top;
}

const char *layer_protocol(const struct packet *p, const struct layer *l)
{
	static const char *const services[] = {
		[SERVICE_NONE] = "",
#define SERVICE(id, name) [SERVICE_##id] = #id,
#include "net/services.def"
#undef SERVICE
	};
	static const char *const protocols[] = {
		[PROTO_NONE] = "UNKNOWN",
#define PROTO(id, name) [PROTO_##id] = #id,
#include "net/protocols.def"
#undef PROTO
	};
	uint8_t service = layer_service(l);
	uint8_t top;

	UNUSED_ARG(p);
	if (service != SERVICE_NONE && service < ARRAY_LEN(services)) {
		return services[service];
	}
	top = topmost(l);
	return top == PROTO_ICMPV6 ? "ICMPv6" : top == PROTO_IPV6 ? "IPv6" : protocols[top];
}

/* ---- TCP, UDP ----------------------------------------------------------------------------------------- */

static void add_ports(const struct layer *l, struct buf *out)
{
	buf_add_u64(out, l->key.port[l->from]);
	ADD(out, " " ARROW " ");
	buf_add_u64(out, l->key.port[!l->from]);
}

static void add_flags(uint8_t flags, struct buf *out)
{
	static const char *const names[8] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR" };
	bool first = true;

	switch (flags) {
	case TCP_ACK: ADD(out, " [ACK] Seq="); return;
	case TCP_PSH | TCP_ACK: ADD(out, " [PSH, ACK] Seq="); return;
	case TCP_SYN: ADD(out, " [SYN] Seq="); return;
	case TCP_SYN | TCP_ACK: ADD(out, " [SYN, ACK] Seq="); return;
	case TCP_FIN | TCP_ACK: ADD(out, " [FIN, ACK] Seq="); return;
	case 0: ADD(out, " [none] Seq="); return;
	default: break;
	}
	ADD(out, " [");
	for (unsigned int i = 0; i < 8; i++) {
		if ((flags >> i & 1) != 0) {
			buf_adds(out, first ? "" : ", ");
			buf_adds(out, names[i]);
			first = false;
		}
	}
	ADD(out, "] Seq=");
}

/* What a SYN offers. */
static void add_offers(const struct layer *l, struct buf *out)
{
	if (l->mss != 0) {
		ADD(out, " MSS=");
		buf_add_u64(out, l->mss);
	}
	if (l->window_shift < 32) {
		ADD(out, " WS=");
		buf_add_u64(out, UINT64_C(1) << l->window_shift);
	}
}

static void describe_tcp(const struct layer *l, struct buf *out)
{
	bool known = l->flow != NULL;

	add_ports(l, out);
	add_flags(l->tcp_flags, out);
	buf_add_u64(out, known ? l->rel_seq : l->seq);
	if ((l->tcp_flags & TCP_ACK) != 0) {
		ADD(out, " Ack=");
		buf_add_u64(out, known ? l->rel_ack : l->ack);
	}
	ADD(out, " Win=");
	buf_add_u64(out, l->window);
	ADD(out, " Len=");
	buf_add_u64(out, l->payload_len);
	if (UNLIKELY((l->tcp_flags & TCP_SYN) != 0)) {
		add_offers(l, out);
	}
}

static void describe_udp(const struct layer *l, struct buf *out)
{
	add_ports(l, out);
	ADD(out, " Len=");
	buf_add_u64(out, l->payload_len);
}

static const struct mark_row {
	uint16_t mark;
	const char *text;
} mark_rows[] = {
	{ MARK_DUPLICATE, "[Duplicate capture] " },
	{ MARK_ACKED_UNSEEN, "[TCP ACKed unseen segment] " },
	{ MARK_GAP, "[TCP Previous segment not captured] " },
	{ MARK_OUT_OF_ORDER, "[TCP Out-Of-Order] " },
	{ MARK_RETRANSMISSION, "[TCP Retransmission] " },
	{ MARK_OVERLAP_DIFFERS, "[TCP Overlap with other data] " },
	{ MARK_KEEP_ALIVE, "[TCP Keep-Alive] " },
	{ MARK_DUP_ACK, "[TCP Dup ACK] " },
	{ MARK_ZERO_WINDOW, "[TCP ZeroWindow] " },
	{ MARK_WINDOW_UPDATE, "[TCP Window Update] " },
};

static void add_marks(uint16_t marks, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(mark_rows) && marks != 0; i++) {
		if ((marks & mark_rows[i].mark) != 0) {
			buf_adds(out, mark_rows[i].text);
		}
	}
}

/* ---- the line ------------------------------------------------------------------------------------------ */

/* What the application says. False: nothing known at the start of this payload. */
static bool describe_service(const struct layer *l, struct buf *out)
{
	switch (layer_service(l)) {
	case SERVICE_HTTP: return describe_http(l, out);
	case SERVICE_HTTP2: return describe_http2(l, out);
	case SERVICE_WEBSOCKET: return describe_websocket(l, out);
	case SERVICE_DNS:
	case SERVICE_MDNS: return describe_dns(l, out);
	case SERVICE_TLS: return describe_tls(l, out);
	case SERVICE_QUIC: return describe_quic(l, out);
	case SERVICE_SSH: return describe_ssh(l, out);
	case SERVICE_REDIS: return describe_redis(l, out);
	case SERVICE_POSTGRESQL: return describe_postgresql(l, out);
	case SERVICE_MYSQL: return describe_mysql(l, out);
	case SERVICE_SMTP:
	case SERVICE_FTP:
	case SERVICE_STRATUM: return describe_line(l, out);
	case SERVICE_FASTCGI: return describe_fastcgi(l, out);
	case SERVICE_DHCP: return describe_dhcp(l, out);
	case SERVICE_NTP: return describe_ntp(l, out);
	default: return false;
	}
}

/* A packet without IP, or whose headers end before a flow is known. */
static void describe_rest(const struct packet *p, const struct layer *l, struct buf *out)
{
	switch (topmost(l)) {
	case PROTO_ARP: describe_arp(l, out); return;
	case PROTO_IGMP: describe_igmp(l, out); return;
	case PROTO_LLDP: ADD(out, "Link layer discovery"); return;
	case PROTO_ETH:
		if (p->cap_len >= 14) {
			ADD(out, "Ethertype ");
			describe_hex16(out, load_be16(p->data + 12));
			ADD(out, " ");
		}
		break;
	case PROTO_NONE:
	case PROTO_OTHER:
		ADD(out, "Link type ");
		buf_add_u64(out, p->link_type);
		ADD(out, " ");
		break;
	default: break;
	}
	ADD(out, "Len=");
	buf_add_u64(out, l->payload_len);
}

static void describe_flow(const struct packet *p, const struct layer *l, struct buf *out)
{
	if (UNLIKELY((l->flags & LAYER_NO_TRANSPORT) != 0)) {
		add_ports(l, out);
		ADD(out, " header cut");
		return;
	}
	switch (l->key.ip_proto) {
	case IP_TCP:
		if (!describe_service(l, out)) {
			describe_tcp(l, out);
		}
		return;
	case IP_UDP:
		if (!describe_service(l, out)) {
			describe_udp(l, out);
		}
		return;
	case IP_ICMP: describe_icmp(p, l, out); return;
	case IP_ICMPV6: describe_icmp6(p, l, out); return;
	case IP_SCTP:
		add_ports(l, out);
		describe_sctp(l, out);
		return;
	case IP_IGMP: describe_igmp(l, out); return;
	case IP_ESP:
		if (l->payload_cap >= 8) {
			ADD(out, "ESP SPI=0x");
			buf_add_hex(out, load_be32(l->payload), false);
			ADD(out, " seq=");
			buf_add_u64(out, load_be32(l->payload + 4));
			return;
		}
		break;
	default: break;
	}
	ADD(out, "IP protocol ");
	buf_add_u64(out, l->key.ip_proto);
	ADD(out, " Len=");
	buf_add_u64(out, l->payload_len);
}

/* "[VXLAN 42] " */
static void add_tunnel(const struct layer *l, struct buf *out)
{
	static const char *const names[] = {
#define PROTO(id, name) [PROTO_##id] = #id,
#include "net/protocols.def"
#undef PROTO
	};

	if (l->key.tunnel == PROTO_NONE || l->key.tunnel >= ARRAY_LEN(names)) {
		return;
	}
	buf_addc(out, '[');
	buf_adds(out, names[l->key.tunnel]);
	if (l->key.tunnel_id != 0) {
		buf_addc(out, ' ');
		buf_add_u64(out, l->key.tunnel_id);
	}
	ADD(out, "] ");
}

void layer_describe(const struct packet *p, const struct layer *l, struct buf *out)
{
	add_tunnel(l, out);
	add_marks(l->marks, out);
	if ((l->flags & LAYER_FRAGMENT) != 0) {
		describe_fragment(p, l, out);
	} else if ((l->flags & LAYER_NO_FLOW) != 0) {
		describe_rest(p, l, out);
	} else {
		describe_flow(p, l, out);
	}
	if (UNLIKELY((l->flags & (LAYER_MALFORMED | LAYER_CUT | LAYER_NO_FLOW)) != 0)) {
		if ((l->flags & LAYER_MALFORMED) != 0) {
			ADD(out, " [Malformed packet]");
		} else if ((l->flags & LAYER_NO_FLOW) != 0 && (l->flags & LAYER_CUT) != 0) {
			ADD(out, " [Packet size limited during capture]");
		}
	}
}
