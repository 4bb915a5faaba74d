/*
 * dissect_transport.c - TCP, UDP, SCTP and ICMP headers: the ports of the flow's key and what is above them. Reads the
 * bytes of one packet, fills its layer, and adds one for the packet an ICMP error quotes. Any worker; a hot path.
 */
#include "net/dissect_internal.h"

enum { TCP_HEADER = 20, UDP_HEADER = 8, SCTP_HEADER = 12, ICMP_HEADER = 8 };

/* A header of which less than n bytes are there: ports if possible, nothing else. */
static void dissect_cut_header(struct dissect *d, struct span *s, uint32_t n)
{
	struct layer *l = d->l;

	if (s->cap < 4) {
		dissect_stop_short(d, s, n);
		return;
	}
	l->key.port[0] = load_be16(s->p);
	l->key.port[1] = load_be16(s->p + 2);
	l->flags |= LAYER_NO_TRANSPORT;
	if (s->len < n && !d->quoted) {
		l->flags |= LAYER_MALFORMED;
		dissect_push(d, PROTO_MALFORMED);
	}
	span_skip_wire(s, n < s->len ? n : s->len);
	dissect_flow(d, s);
	if (s->cap == 0 && (l->flags & LAYER_MALFORMED) == 0 && !d->quoted) {
		l->flags |= LAYER_CUT;
	}
}

/* ---- TCP ------------------------------------------------------------------------------------------------ */

/* What a SYN offers. p: n bytes of options. */
static void read_tcp_options(struct layer *l, const uint8_t *p, uint32_t n)
{
	enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_MSS = 2, OPTION_WINDOW = 3 };

	while (n > 0 && p[0] != OPTION_END) {
		uint32_t len = 1;

		if (p[0] != OPTION_NOP) {
			if (n < 2 || p[1] < 2 || p[1] > n) {
				return;
			}
			len = p[1];
			if (p[0] == OPTION_WINDOW && len == 3) {
				l->window_shift = p[2] > 14 ? 14 : p[2];	/* RFC 7323, 2.3 */
			} else if (p[0] == OPTION_MSS && len == 4) {
				l->mss = load_be16(p + 2);
			}
		}
		p += len;
		n -= len;
	}
}

static uint64_t sum_words(const uint8_t *p, uint32_t n)
{
	uint64_t sum = 0;

	for (; n >= 4; p += 4, n -= 4) {
		sum += load_be32(p);
	}
	return sum;
}

static uint16_t fold_sum(uint64_t sum)
{
	sum = (sum >> 32) + (sum & UINT32_MAX);
	sum = (sum >> 16) + (sum & UINT16_MAX);
	sum = (sum >> 16) + (sum & UINT16_MAX);
	return (uint16_t)((sum >> 16) + (sum & UINT16_MAX));
}

/*
 * What the payload adds up to follows from the checksum and the header alone (RFC 9293, 3.1), so that bytes sent again
 * with other content are told without a look at them. 0, no claim, where hardware has yet to fill the checksum in: 0,
 * or the sum of the pseudo header, with the length or without.
 */
static uint16_t payload_sum(const struct layer *l, const uint8_t *header, uint32_t header_len, uint32_t tcp_len)
{
	uint32_t skip = l->key.ip_version == 4 ? 12 : 0;
	uint64_t pseudo =
		sum_words(l->key.addr[0] + skip, 16 - skip) + sum_words(l->key.addr[1] + skip, 16 - skip) + IP_TCP;
	uint16_t plain = fold_sum(pseudo + tcp_len);
	uint16_t bare = fold_sum(pseudo);
	uint16_t has = l->tcp_checksum;
	uint16_t sum;

	if (has == 0 || has == plain || has == bare) {
		return 0;
	}
	sum = (uint16_t)~fold_sum(pseudo + tcp_len + sum_words(header, header_len));
	return sum != 0 ? sum : UINT16_MAX;
}

static void dissect_tcp(struct dissect *d, struct span *s)
{
	struct layer *l = d->l;
	const uint8_t *p = s->p;
	uint32_t header;

	dissect_push(d, PROTO_TCP);
	if (UNLIKELY(s->cap < TCP_HEADER)) {
		if (s->cap >= 8) {
			l->seq = load_be32(p + 4);
		}
		dissect_cut_header(d, s, TCP_HEADER);
		return;
	}
	l->key.port[0] = load_be16(p);
	l->key.port[1] = load_be16(p + 2);
	l->seq = load_be32(p + 4);
	l->ack = load_be32(p + 8);
	l->tcp_flags = p[13];
	l->window = load_be16(p + 14);
	l->tcp_checksum = load_be16(p + 16);
	header = (p[12] >> 4) * 4u;
	if (UNLIKELY(header < TCP_HEADER || header > s->len)) {
		if (!d->quoted) {
			l->flags |= LAYER_MALFORMED;
			dissect_push(d, PROTO_MALFORMED);
		}
		span_limit(s, TCP_HEADER);	/* where the payload would begin is not known */
		header = TCP_HEADER;
	} else if ((l->tcp_flags & TCP_SYN) != 0 && header > TCP_HEADER) {
		read_tcp_options(l, p + TCP_HEADER, (header < s->cap ? header : s->cap) - TCP_HEADER);
	}
	l->head = (uint8_t)(header < s->cap ? header : s->cap);
	if (header <= s->cap && header < s->len && (l->flags & (LAYER_MALFORMED | LAYER_BAD_LENGTH)) == 0) {
		l->payload_sum = payload_sum(l, p, header, s->len);
	}
	span_skip_wire(s, header);
	dissect_flow(d, s);
}

/* ---- UDP, SCTP -------------------------------------------------------------------------------------------- */

static void dissect_udp(struct dissect *d, struct span *s)
{
	struct layer *l = d->l;
	const uint8_t *p = s->p;
	uint32_t len;
	uint16_t dport;

	dissect_push(d, PROTO_UDP);
	if (UNLIKELY(s->cap < UDP_HEADER)) {
		dissect_cut_header(d, s, UDP_HEADER);
		return;
	}
	l->key.port[0] = load_be16(p);
	dport = load_be16(p + 2);
	l->key.port[1] = dport;
	l->tcp_checksum = load_be16(p + 6);
	len = load_be16(p + 4);
	if (LIKELY(len >= UDP_HEADER && len <= s->len)) {
		span_limit(s, len);
	} else if (len != 0 && len < UDP_HEADER) {
		l->flags |= d->quoted ? 0 : LAYER_MALFORMED;
	} else if (!d->quoted) {	/* 0: offload or a jumbogram */
		l->flags |= LAYER_BAD_LENGTH;
	}
	span_skip(s, UDP_HEADER);
	dissect_flow(d, s);
	dissect_udp_tunnel(d, s, dport);
}

static void dissect_sctp(struct dissect *d, struct span *s)
{
	dissect_push(d, PROTO_SCTP);
	if (s->cap < SCTP_HEADER) {
		dissect_cut_header(d, s, SCTP_HEADER);
		return;
	}
	d->l->key.port[0] = load_be16(s->p);
	d->l->key.port[1] = load_be16(s->p + 2);
	span_skip(s, SCTP_HEADER);
	dissect_flow(d, s);
}

/* ---- ICMP ------------------------------------------------------------------------------------------------- */

/* Types that ask and answer, as the Community ID pairs them. */
static const struct icmp_pair {
	uint8_t asks, answers;
} pairs4[] = {
	{ 8, 0 },	/* echo */
	{ 10, 9 },	/* router solicitation, advertisement */
	{ 13, 14 },	/* timestamp */
	{ 15, 16 },	/* information */
	{ 17, 18 },	/* address mask */
}, pairs6[] = {
	{ 128, 129 },	/* echo */
	{ 130, 131 },	/* multicast listener query, report */
	{ 133, 134 },	/* router solicitation, advertisement */
	{ 135, 136 },	/* neighbour solicitation, advertisement */
	{ 139, 140 },	/* node information */
	{ 144, 145 },	/* home agent address discovery */
};

/* The type of the other direction; false for what goes one way. */
static bool icmp_counterpart(const struct icmp_pair *pairs, size_t n, uint8_t type, uint8_t *ret_type)
{
	for (size_t i = 0; i < n; i++) {
		if (pairs[i].asks == type || pairs[i].answers == type) {
			*ret_type = pairs[i].asks == type ? pairs[i].answers : pairs[i].asks;
			return true;
		}
	}
	return false;
}

static bool is_icmp_error(uint8_t type, bool v6)
{
	enum { UNREACHABLE = 3, SOURCE_QUENCH = 4, REDIRECT = 5, TIME_EXCEEDED = 11, PARAMETER_PROBLEM = 12,
	       UNREACHABLE_6 = 1, PARAMETER_PROBLEM_6 = 4 };

	if (v6) {	/* 2 too big, 3 time exceeded */
		return type >= UNREACHABLE_6 && type <= PARAMETER_PROBLEM_6;
	}
	return type == UNREACHABLE || type == SOURCE_QUENCH || type == REDIRECT || type == TIME_EXCEEDED ||
	       type == PARAMETER_PROBLEM;
}

static void dissect_quote(struct dissect *d, struct span *s, bool v6)
{
	if (s->cap == 0 || !dissect_enter_quote(d, s)) {
		return;
	}
	if (v6) {
		dissect_ip6(d, s);
	} else {
		dissect_ip4(d, s);
	}
	dissect_leave_quote(d);
}

static void dissect_icmp(struct dissect *d, struct span *s, bool v6)
{
	struct layer *l = d->l;
	uint8_t type, counterpart = 0;
	bool pair;

	dissect_push(d, v6 ? PROTO_ICMPV6 : PROTO_ICMP);
	if (!dissect_need(d, s, 4)) {
		return;
	}
	type = s->p[0];
	l->icmp_type = type;
	l->icmp_code = s->p[1];
	l->tcp_checksum = load_be16(s->p + 2);
	pair = v6 ? icmp_counterpart(pairs6, ARRAY_LEN(pairs6), type, &counterpart) :
		    icmp_counterpart(pairs4, ARRAY_LEN(pairs4), type, &counterpart);
	l->key.port[0] = type;
	l->key.port[1] = pair ? counterpart : l->icmp_code;
	if (!pair) {
		l->flags |= LAYER_ICMP_ONE_WAY;
	}
	span_skip_wire(s, s->len < ICMP_HEADER ? s->len : ICMP_HEADER);
	dissect_flow(d, s);
	if (is_icmp_error(type, v6)) {
		dissect_quote(d, s, v6);
	}
}

/* ---- all --------------------------------------------------------------------------------------------------- */

/* A protocol without ports that is looked at here: its two addresses are the flow. */
static void dissect_plain(struct dissect *d, struct span *s, uint8_t proto)
{
	enum { IP_NO_NEXT = 59 };

	switch (proto) {
	case IP_IGMP:
		dissect_push(d, PROTO_IGMP);
		break;
	case IP_ESP:
		dissect_push(d, PROTO_ESP);
		break;
	case IP_NO_NEXT:
		break;
	default:
		dissect_push(d, PROTO_OTHER);
	}
	dissect_flow(d, s);
}

void dissect_transport(struct dissect *d, struct span *s, uint8_t proto)
{
	d->l->place = d->scope * 16 + d->cooked;
	switch (proto) {
	case IP_TCP:
		dissect_tcp(d, s);
		break;
	case IP_UDP:
		dissect_udp(d, s);
		break;
	case IP_ICMP:
	case IP_ICMPV6:
		dissect_icmp(d, s, proto == IP_ICMPV6);
		break;
	case IP_SCTP:
		dissect_sctp(d, s);
		break;
	case IP_GRE:
		dissect_gre(d, s);
		break;
	case IP_IPIP:
	case IP_IPV6:
		dissect_ip_in_ip(d, s, proto);
		break;
	default:
		dissect_plain(d, s, proto);
	}
}
