/*
 * mkpkt.c - see mkpkt.h: packets header by header, and whole conversations. Written from the RFCs, shares
 * nothing with src/net: it is a second opinion. Runs in the test's thread.
 */
#include "mkpkt.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

enum level_kind { LEVEL_IP4 = 1, LEVEL_IP4_FRAG, LEVEL_IP6, LEVEL_IP6_FRAG, LEVEL_TCP, LEVEL_UDP, LEVEL_ICMP, LEVEL_ICMP6,
		  LEVEL_SCTP };

enum { FLAG_FIN = 1, FLAG_SYN = 2, FLAG_RST = 4, FLAG_PSH = 8, FLAG_ACK = 16 };

static void need(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "mkpkt: %s\n", what);
		abort();
	}
}

/* ---- bytes ----------------------------------------------------------------------------------- */

void mkpkt_init(struct mkpkt *p)
{
	p->len = 0;
	p->level_count = 0;
	p->ip_id = 1;
	memset(p->levels, 0, sizeof(p->levels));
}

void mkpkt_release(struct mkpkt *p)
{
	p->len = 0;
	p->level_count = 0;
}

void mkpkt_data(struct mkpkt *p, const void *data, size_t n)
{
	need(n <= sizeof(p->bytes) - p->len, "packet too long");
	if (n > 0) {
		memcpy(p->bytes + p->len, data, n);
	}
	p->len += (uint32_t)n;
}

void mkpkt_zeros(struct mkpkt *p, size_t n)
{
	need(n <= sizeof(p->bytes) - p->len, "packet too long");
	memset(p->bytes + p->len, 0, n);
	p->len += (uint32_t)n;
}

static void put8(struct mkpkt *p, uint8_t x)
{
	mkpkt_data(p, &x, 1);
}

static void put16(struct mkpkt *p, uint16_t x)
{
	put8(p, (uint8_t)(x >> 8));
	put8(p, (uint8_t)x);
}

static void put32(struct mkpkt *p, uint32_t x)
{
	put16(p, (uint16_t)(x >> 16));
	put16(p, (uint16_t)x);
}

static void set16(struct mkpkt *p, uint32_t at, uint16_t x)
{
	need(at + 2 <= p->len, "header cut");
	p->bytes[at] = (uint8_t)(x >> 8);
	p->bytes[at + 1] = (uint8_t)x;
}

static void level(struct mkpkt *p, uint8_t kind)
{
	need(p->level_count < sizeof(p->levels) / sizeof(p->levels[0]), "too many levels");
	p->levels[p->level_count].kind = kind;
	p->levels[p->level_count].at = p->len;
	p->level_count++;
}

/* ---- link layers ------------------------------------------------------------------------------- */

void mkpkt_eth(struct mkpkt *p, uint16_t type)
{
	mkpkt_data(p, "\x02\x00\x00\x00\x00\x02", 6);
	mkpkt_data(p, "\x02\x00\x00\x00\x00\x01", 6);
	put16(p, type);
}

void mkpkt_vlan(struct mkpkt *p, uint16_t id, uint16_t type)
{
	need(id < 4096, "VLAN id beyond 12 bits");
	put16(p, id);
	put16(p, type);
}

void mkpkt_sll(struct mkpkt *p, uint16_t packet_type, uint16_t proto)
{
	put16(p, packet_type);
	put16(p, 1);	/* ARPHRD_ETHER */
	put16(p, 6);
	mkpkt_data(p, "\x02\x00\x00\x00\x00\x01\x00\x00", 8);
	put16(p, proto);
}

void mkpkt_sll2(struct mkpkt *p, uint32_t ifindex, uint16_t packet_type, uint16_t proto)
{
	put16(p, proto);
	put16(p, 0);
	put32(p, ifindex);
	put16(p, 1);
	put8(p, (uint8_t)packet_type);
	put8(p, 6);
	mkpkt_data(p, "\x02\x00\x00\x00\x00\x01\x00\x00", 8);
}

void mkpkt_null(struct mkpkt *p, uint32_t family, bool be)
{
	for (unsigned int i = 0; i < 4; i++) {
		put8(p, (uint8_t)(family >> 8 * (be ? 3 - i : i)));
	}
}

void mkpkt_ppp(struct mkpkt *p, uint16_t proto, bool framed)
{
	if (framed) {
		put16(p, 0xFF03);
	}
	put16(p, proto);
}

void mkpkt_mpls(struct mkpkt *p, uint32_t label, bool bottom)
{
	put32(p, label << 12 | (bottom ? 1u : 0u) << 8 | 64);
}

/* ---- network ----------------------------------------------------------------------------------- */

static void put_ip4(struct mkpkt *p, const char *ip)
{
	struct in_addr a;

	need(inet_pton(AF_INET, ip, &a) == 1, "not an IPv4 address");
	mkpkt_data(p, &a, 4);
}

static void put_ip6(struct mkpkt *p, const char *ip)
{
	struct in6_addr a;

	need(inet_pton(AF_INET6, ip, &a) == 1, "not an IPv6 address");
	mkpkt_data(p, &a, 16);
}

static void ip4_header(struct mkpkt *p, const char *src, const char *dst, uint8_t proto, uint16_t id, uint16_t fragment)
{
	put8(p, 0x45);
	put8(p, 0);
	put16(p, 0);	/* length, at the end */
	put16(p, id);
	put16(p, fragment);
	put8(p, 64);
	put8(p, proto);
	put16(p, 0);	/* checksum, at the end */
	put_ip4(p, src);
	put_ip4(p, dst);
}

void mkpkt_ip4(struct mkpkt *p, const char *src, const char *dst, uint8_t proto)
{
	level(p, LEVEL_IP4);
	ip4_header(p, src, dst, proto, p->ip_id++, 0);
}

void mkpkt_ip4_frag(struct mkpkt *p, const char *src, const char *dst, uint8_t proto, uint16_t id, uint32_t offset,
		    bool more)
{
	need(offset % 8 == 0 && offset / 8 < 8192, "fragment offset");
	level(p, LEVEL_IP4_FRAG);
	ip4_header(p, src, dst, proto, id, (uint16_t)(offset / 8 | (more ? 0x2000u : 0u)));
}

void mkpkt_ip6(struct mkpkt *p, const char *src, const char *dst, uint8_t next)
{
	level(p, LEVEL_IP6);
	put32(p, 6u << 28);
	put16(p, 0);	/* length, at the end */
	put8(p, next);
	put8(p, 64);
	put_ip6(p, src);
	put_ip6(p, dst);
}

void mkpkt_ip6_ext(struct mkpkt *p, uint8_t next, const void *body, size_t n)
{
	need((n + 2) % 8 == 0 && n + 2 <= 2048, "length of an extension header");
	put8(p, next);
	put8(p, (uint8_t)((n + 2) / 8 - 1));
	mkpkt_data(p, body, n);
}

void mkpkt_ip6_frag(struct mkpkt *p, uint8_t next, uint32_t id, uint32_t offset, bool more)
{
	need(offset % 8 == 0 && offset / 8 < 8192, "fragment offset");
	level(p, LEVEL_IP6_FRAG);
	put8(p, next);
	put8(p, 0);
	put16(p, (uint16_t)(offset | (more ? 1u : 0u)));
	put32(p, id);
}

/* ---- transport ---------------------------------------------------------------------------------- */

void mkpkt_tcp_options(struct mkpkt *p, uint16_t sport, uint16_t dport, uint32_t seq, uint32_t ack, uint8_t flags,
		       uint16_t window, const void *options, size_t n)
{
	need(n % 4 == 0 && n <= 40, "length of TCP options");
	level(p, LEVEL_TCP);
	put16(p, sport);
	put16(p, dport);
	put32(p, seq);
	put32(p, ack);
	put8(p, (uint8_t)((5 + n / 4) << 4));
	put8(p, flags);
	put16(p, window);
	put16(p, 0);	/* checksum, at the end */
	put16(p, 0);
	mkpkt_data(p, options, n);
}

void mkpkt_tcp(struct mkpkt *p, uint16_t sport, uint16_t dport, uint32_t seq, uint32_t ack, uint8_t flags,
	       uint16_t window)
{
	mkpkt_tcp_options(p, sport, dport, seq, ack, flags, window, NULL, 0);
}

void mkpkt_udp(struct mkpkt *p, uint16_t sport, uint16_t dport)
{
	level(p, LEVEL_UDP);
	put16(p, sport);
	put16(p, dport);
	put32(p, 0);	/* length and checksum, at the end */
}

static void icmp_header(struct mkpkt *p, uint8_t kind, uint8_t type, uint8_t code)
{
	level(p, kind);
	put8(p, type);
	put8(p, code);
	mkpkt_zeros(p, 6);
}

void mkpkt_icmp(struct mkpkt *p, uint8_t type, uint8_t code)
{
	icmp_header(p, LEVEL_ICMP, type, code);
}

void mkpkt_icmp6(struct mkpkt *p, uint8_t type, uint8_t code)
{
	icmp_header(p, LEVEL_ICMP6, type, code);
}

void mkpkt_sctp(struct mkpkt *p, uint16_t sport, uint16_t dport)
{
	level(p, LEVEL_SCTP);
	put16(p, sport);
	put16(p, dport);
	put32(p, 0x01020304);	/* verification tag */
	put32(p, 0);		/* checksum, at the end */
}

/* ---- tunnels ------------------------------------------------------------------------------------ */

void mkpkt_gre(struct mkpkt *p, uint16_t type, bool with_key, uint32_t key)
{
	put16(p, with_key ? 0x2000 : 0);
	put16(p, type);
	if (with_key) {
		put32(p, key);
	}
}

void mkpkt_vxlan(struct mkpkt *p, uint32_t vni)
{
	put32(p, 0x08000000);
	put32(p, vni << 8);
}

void mkpkt_geneve(struct mkpkt *p, uint32_t vni, uint16_t type, size_t option_bytes)
{
	need(option_bytes % 4 == 0 && option_bytes <= 252, "length of Geneve options");
	put8(p, (uint8_t)(option_bytes / 4));
	put8(p, 0);
	put16(p, type);
	put32(p, vni << 8);
	mkpkt_zeros(p, option_bytes);
}

/* ---- lengths and checksums ------------------------------------------------------------------------ */

/* Ones' complement sum of bytes [from, to), added to sum. */
static uint64_t add_words(const struct mkpkt *p, uint32_t from, uint32_t to, uint64_t sum)
{
	for (uint32_t i = from; i < to; i += 2) {
		sum += (uint64_t)p->bytes[i] << 8;
		if (i + 1 < to) {
			sum += p->bytes[i + 1];
		}
	}
	return sum;
}

static uint16_t fold_sum(uint64_t sum)
{
	while (sum >> 16 != 0) {
		sum = (sum & 0xFFFF) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

static uint32_t crc32c(const uint8_t *b, uint32_t n)
{
	uint32_t crc = UINT32_MAX;

	for (uint32_t i = 0; i < n; i++) {
		crc ^= b[i];
		for (unsigned int bit = 0; bit < 8; bit++) {
			crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82F63B78u : 0u);
		}
	}
	return ~crc;
}

/* The level of the IP header that carries level i, or NULL. */
static const struct mkpkt_level *carrier(const struct mkpkt *p, unsigned int i)
{
	while (i > 0) {
		i--;
		if (p->levels[i].kind <= LEVEL_IP6) {
			return &p->levels[i];
		}
	}
	return NULL;
}

static bool in_fragment(const struct mkpkt *p, unsigned int i)
{
	return i > 0 && (p->levels[i - 1].kind == LEVEL_IP4_FRAG || p->levels[i - 1].kind == LEVEL_IP6_FRAG);
}

/* Of the transport at level i, over the pseudo-header of its IP header. */
static uint16_t transport_checksum(const struct mkpkt *p, unsigned int i, uint8_t proto)
{
	const struct mkpkt_level *ip = carrier(p, i);
	uint32_t at = p->levels[i].at;
	uint64_t sum = 0;

	need(ip != NULL, "transport without IP");
	if (ip->kind == LEVEL_IP6) {
		sum = add_words(p, ip->at + 8, ip->at + 40, 0);
	} else {
		sum = add_words(p, ip->at + 12, ip->at + 20, 0);
	}
	return fold_sum(add_words(p, at, p->len, sum + proto + (p->len - at)));
}

static void end_sctp(struct mkpkt *p, uint32_t at)
{
	uint32_t crc = crc32c(p->bytes + at, p->len - at);

	for (unsigned int i = 0; i < 4; i++) {
		p->bytes[at + 8 + i] = (uint8_t)(crc >> 8 * i);
	}
}

static void end_udp(struct mkpkt *p, unsigned int i)
{
	uint32_t at = p->levels[i].at;
	uint16_t sum;

	set16(p, at + 4, (uint16_t)(p->len - at));
	sum = transport_checksum(p, i, 17);
	set16(p, at + 6, sum == 0 ? 0xFFFF : sum);
}

static void end_transport(struct mkpkt *p, unsigned int i)
{
	uint32_t at = p->levels[i].at;

	switch (p->levels[i].kind) {
	case LEVEL_TCP:
		set16(p, at + 16, transport_checksum(p, i, 6));
		break;
	case LEVEL_UDP:
		end_udp(p, i);
		break;
	case LEVEL_ICMP:
		set16(p, at + 2, fold_sum(add_words(p, at, p->len, 0)));
		break;
	case LEVEL_ICMP6:
		set16(p, at + 2, transport_checksum(p, i, 58));
		break;
	case LEVEL_SCTP:
		end_sctp(p, at);
		break;
	default:
		break;
	}
}

/* A segment larger than the field can say (offload) has 0 there, as Linux writes it. */
static uint16_t length_field(uint32_t n)
{
	return n <= UINT16_MAX ? (uint16_t)n : 0;
}

void mkpkt_end(struct mkpkt *p)
{
	for (unsigned int i = p->level_count; i-- > 0;) {
		uint32_t at = p->levels[i].at;

		switch (p->levels[i].kind) {
		case LEVEL_IP4:
		case LEVEL_IP4_FRAG:
			set16(p, at + 2, length_field(p->len - at));
			set16(p, at + 10, fold_sum(add_words(p, at, at + 20, 0)));
			break;
		case LEVEL_IP6:
			set16(p, at + 4, length_field(p->len - at - 40));
			break;
		case LEVEL_IP6_FRAG:
			break;
		default:
			if (!in_fragment(p, i)) {
				end_transport(p, i);
			}
		}
	}
	p->level_count = 0;
}

/* ---- conversations ------------------------------------------------------------------------------ */

void mkconv_init(struct mkconv *c, struct mkcap *m, const char *client, uint16_t cport, const char *server,
		 uint16_t sport, uint64_t start)
{
	memset(c, 0, sizeof(*c));
	c->m = m;
	c->ip[0] = client;
	c->ip[1] = server;
	c->port[0] = cport;
	c->port[1] = sport;
	c->seq[0] = 1000;
	c->seq[1] = 5000;
	c->window[0] = 65535;
	c->window[1] = 65535;
	c->now = start;
	c->step = 1000;
	c->mss = 1460;
}

/* Link and network header of a packet from a side. */
static void conv_headers(const struct mkconv *c, struct mkpkt *p, unsigned int side, uint8_t proto)
{
	bool v6 = strchr(c->ip[0], ':') != NULL;
	uint16_t type = v6 ? 0x86DD : 0x0800;

	mkpkt_init(p);
	p->ip_id = (uint16_t)(c->packets + 1);
	mkpkt_eth(p, c->vlan != 0 ? 0x8100 : type);
	if (c->vlan != 0) {
		mkpkt_vlan(p, c->vlan, type);
	}
	if (v6) {
		mkpkt_ip6(p, c->ip[side], c->ip[1 - side], proto);
	} else {
		mkpkt_ip4(p, c->ip[side], c->ip[1 - side], proto);
	}
}

static uint64_t conv_write(struct mkconv *c, struct mkpkt *p)
{
	uint32_t cap = p->len;

	mkpkt_end(p);
	if (c->snaplen != 0 && cap > c->snaplen) {
		cap = c->snaplen;
	}
	mkcap_epb(c->m, 0, c->now, p->bytes, cap, p->len);
	c->now += c->step;
	c->packets = c->num != NULL ? ++*c->num : c->packets + 1;
	mkpkt_release(p);
	return c->packets;
}

uint64_t mkconv_raw(struct mkconv *c, unsigned int side, uint32_t seq, uint32_t ack, uint8_t flags, const void *data,
		    size_t n)
{
	struct mkpkt p;

	conv_headers(c, &p, side, 6);
	if ((flags & FLAG_SYN) != 0) {
		uint8_t mss[4] = { 2, 4, (uint8_t)(c->mss >> 8), (uint8_t)c->mss };

		mkpkt_tcp_options(&p, c->port[side], c->port[1 - side], seq, ack, flags, c->window[side], mss,
				  sizeof(mss));
	} else {
		mkpkt_tcp(&p, c->port[side], c->port[1 - side], seq, ack, flags, c->window[side]);
	}
	mkpkt_data(&p, data, n);
	return conv_write(c, &p);
}

/* A segment of the conversation itself. */
static uint64_t conv_segment(struct mkconv *c, unsigned int side, uint8_t flags, const void *data, size_t n)
{
	uint32_t seq = c->seq[side];

	c->seq[side] += (uint32_t)n + ((flags & (FLAG_SYN | FLAG_FIN)) != 0 ? 1 : 0);
	return mkconv_raw(c, side, seq, (flags & FLAG_ACK) != 0 ? c->seq[1 - side] : 0, flags, data, n);
}

void mkconv_open(struct mkconv *c)
{
	conv_segment(c, 0, FLAG_SYN, NULL, 0);
	conv_segment(c, 1, FLAG_SYN | FLAG_ACK, NULL, 0);
	conv_segment(c, 0, FLAG_ACK, NULL, 0);
}

uint64_t mkconv_send(struct mkconv *c, unsigned int side, const void *data, size_t n)
{
	const uint8_t *b = data;
	uint64_t last = 0;

	need(c->mss > 0, "mss of 0");
	while (n > 0) {
		size_t part = n < c->mss ? n : c->mss;

		last = conv_segment(c, side, part == n ? FLAG_ACK | FLAG_PSH : FLAG_ACK, b, part);
		b += part;
		n -= part;
	}
	conv_segment(c, 1 - side, FLAG_ACK, NULL, 0);
	return last;
}

uint64_t mkconv_say(struct mkconv *c, unsigned int side, const char *text)
{
	return mkconv_send(c, side, text, strlen(text));
}

void mkconv_close(struct mkconv *c, unsigned int first)
{
	conv_segment(c, first, FLAG_FIN | FLAG_ACK, NULL, 0);
	conv_segment(c, 1 - first, FLAG_FIN | FLAG_ACK, NULL, 0);
	conv_segment(c, first, FLAG_ACK, NULL, 0);
}

void mkconv_reset(struct mkconv *c, unsigned int side)
{
	conv_segment(c, side, FLAG_RST | FLAG_ACK, NULL, 0);
}

uint64_t mkconv_udp(struct mkconv *c, unsigned int side, const void *data, size_t n)
{
	struct mkpkt p;

	conv_headers(c, &p, side, 17);
	mkpkt_udp(&p, c->port[side], c->port[1 - side]);
	mkpkt_data(&p, data, n);
	return conv_write(c, &p);
}
