/*
 * fields_packet_tcp.c - fields of TCP, UDP and SCTP: of the innermost segment or datagram of that transport. What
 * the tracker made of a segment (retransmission and so on) is told by its marks: from what came before it, as
 * Wireshark does. Any worker, own context.
 */
#include "filter/fields_packet.h"

#define PORTS_MAX 32

/* A segment of which all of the header is there. */
static const struct layer *segment(const struct field_ctx *c)
{
	const struct layer *l = packet_transport(c, IP_TCP);

	return l != NULL && (l->flags & LAYER_NO_TRANSPORT) == 0 ? l : NULL;
}

static unsigned int proto_of(const struct field_use *u)
{
	switch (u->field->name[0]) {
	case 't': return IP_TCP;
	case 'u': return IP_UDP;
	default: return IP_SCTP;
	}
}

enum { PORT_SRC, PORT_DST };

static bool value_port(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = packet_transport(c, proto_of(u));

	return l != NULL &&
	       value_uint(v, l->key.port[u->field->which == PORT_SRC ? l->from : !l->from]);
}

bool value_ports(struct field_ctx *c, unsigned int ip_proto, struct field_value *ret_v)
{
	const struct layer *l = packet_transport(c, ip_proto);
	struct value_list list;

	if (l == NULL || !list_start(c, &list, PORTS_MAX)) {
		return false;
	}
	for (; l != NULL && list.count < list.cap; l = packet_outer(c, l)) {
		if (l->key.ip_proto == ip_proto &&
		    (l->flags & (LAYER_NO_FLOW | LAYER_FRAGMENT)) == 0) {
			list_uint(&list, l->key.port[l->from]);
			list_uint(&list, l->key.port[!l->from]);
		}
	}
	return list_value(&list, ret_v);
}

static bool value_either(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	return value_ports(c, proto_of(u), v);
}

/* ---- TCP --------------------------------------------------------------------------------------------------- */

static bool value_flags(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = segment(c);

	UNUSED_ARG(u);
	return l != NULL && value_uint(v, l->tcp_flags);
}

static bool value_flag(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = segment(c);

	return l != NULL && value_bool(v, (l->tcp_flags & u->field->which) != 0);
}

enum {
	SEQ_RAW,
	ACK_RAW,
	SEQ_REL,
	ACK_REL,
	SEQ_NEXT,
	TCP_LEN,
	TCP_WINDOW,
	TCP_SUM,
	TCP_MSS,
	TCP_SHIFT
};

/* Where the bytes of the segment end: SYN and FIN count as one each. */
static uint32_t after(const struct layer *l, uint32_t seq)
{
	return seq + l->payload_len + ((l->tcp_flags & TCP_SYN) != 0) +
	       ((l->tcp_flags & TCP_FIN) != 0);
}

static bool value_tcp(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = segment(c);
	bool tracked = l != NULL && l->flow != NULL;
	bool syn = l != NULL && (l->tcp_flags & TCP_SYN) != 0;

	if (l == NULL) {
		return false;
	}
	switch (u->field->which) {
	case SEQ_RAW: return value_uint(v, l->seq);
	case ACK_RAW: return value_uint(v, l->ack);
	case SEQ_REL: return value_uint(v, tracked ? l->rel_seq : l->seq);
	case ACK_REL: return value_uint(v, tracked ? l->rel_ack : l->ack);
	case SEQ_NEXT: return value_uint(v, after(l, tracked ? l->rel_seq : l->seq));
	case TCP_LEN: return value_uint(v, l->payload_len);
	case TCP_WINDOW: return value_uint(v, l->window);
	case TCP_SUM: return value_uint(v, l->tcp_checksum);
	case TCP_MSS: return syn && l->mss != 0 && value_uint(v, l->mss);
	default: return syn && l->window_shift < 32 && value_uint(v, l->window_shift);
	}
}

/* ---- TCP: what is read of the header only when it is asked for ---------------------------------------------- */

enum { TCP_FIXED = 20 };

/* l->head bytes. NULL: not all of the fixed part. */
static const uint8_t *tcp_header(const struct layer *l)
{
	return l != NULL && l->head >= TCP_FIXED ? l->payload - l->head : NULL;
}

enum { TCP_HEADER_LEN, TCP_URGENT };

static bool value_header(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const uint8_t *p = tcp_header(segment(c));

	if (p == NULL) {
		return false;
	}
	return value_uint(v, u->field->which == TCP_HEADER_LEN ? (p[12] >> 4) * 4u : load_be16(p + 18));
}

/* What is captured of the first timestamps option (RFC 7323). */
static struct cursor timestamps(struct cursor options)
{
	enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_TIMES = 8, TIMES_BYTES = 8 };

	while (options.left > 0) {
		uint8_t kind = cur_u8(&options);
		uint8_t len;

		if (kind == OPTION_END) {
			break;
		}
		if (kind == OPTION_NOP) {
			continue;
		}
		len = cur_u8(&options);
		if (options.bad || len < 2) {
			break;
		}
		if (kind == OPTION_TIMES && len == TIMES_BYTES + 2) {
			return options;
		}
		cur_skip(&options, len - 2u);
	}
	return cur_make(NULL, 0);
}

enum { TIMES_OWN = 0, TIMES_ECHO = 4 };

static bool value_timestamp(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = segment(c);
	const uint8_t *p = tcp_header(l);
	struct cursor times =
		p != NULL ? timestamps(cur_make(p + TCP_FIXED, l->head - (size_t)TCP_FIXED)) : cur_make(NULL, 0);
	uint32_t x;

	cur_skip(&times, (size_t)u->field->which);
	x = cur_be32(&times);
	return !times.bad && value_uint(v, x);
}

enum { SINCE_FIRST, SINCE_LAST };

static bool stream_span(const struct field_ctx *c, const struct field_use *u, int64_t *ret_ns)
{
	const struct layer *l = segment(c);

	if (l == NULL || l->flow == NULL || !packet_has_time(c->packet)) {
		return false;
	}
	*ret_ns = u->field->which == SINCE_LAST ? l->since_ns : (int64_t)(c->packet->ts_ns - l->flow->began_ns);
	return true;
}

static bool value_stream_span(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	return value_span(stream_span, c, u, v);
}

static bool text_stream_span(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	return text_span(stream_span, c, u, out);
}

#define MARKS_OF_TCP                                                                               \
	(MARK_RETRANSMISSION | MARK_OUT_OF_ORDER | MARK_GAP | MARK_ZERO_WINDOW | MARK_KEEP_ALIVE | \
	 MARK_DUP_ACK | MARK_WINDOW_UPDATE | MARK_ACKED_UNSEEN)

static bool value_mark(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = segment(c);

	return l != NULL && value_present(v, (l->marks & u->field->which) != 0);
}

/* ---- payload ----------------------------------------------------------------------------------------------- */

static bool value_payload(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = packet_transport(c, proto_of(u));

	return l != NULL && l->payload_cap > 0 && value_bytes(v, l->payload, l->payload_cap);
}

enum { UDP_LENGTH, UDP_SUM };

static bool value_udp(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct layer *l = packet_transport(c, IP_UDP);

	if (l == NULL || (l->flags & LAYER_NO_TRANSPORT) != 0) {
		return false;
	}
	return value_uint(v, u->field->which == UDP_SUM ? l->tcp_checksum : l->payload_len + 8);
}

/* clang-format off */
static const struct field tcp_rows[] = {
	PACKET_ROW("tcp.srcport", PT_PORT, 0, value_port, PORT_SRC, "TCP port of the sender"),
	PACKET_ROW("tcp.dstport", PT_PORT, 0, value_port, PORT_DST, "TCP port of the receiver"),
	PACKET_ROW("tcp.port", PT_PORT, FIELD_FILTER_ONLY, value_either, 0, "either TCP port"),
	PACKET_ROW("tcp.len", PT_UINT32, 0, value_tcp, TCP_LEN, "bytes of payload on the wire"),
	PACKET_ROW("tcp.payload", PT_BYTEBUF, 0, value_payload, 0,
		   "captured payload; no value when there is none"),
	PACKET_ROW("tcp.seq", PT_UINT32, 0, value_tcp, SEQ_REL,
		   "sequence number, from the first of its direction on"),
	PACKET_ROW("tcp.ack", PT_UINT32, 0, value_tcp, ACK_REL, "acknowledgement number, likewise"),
	PACKET_ROW("tcp.nxtseq", PT_UINT32, 0, value_tcp, SEQ_NEXT,
		   "sequence number of the segment that follows"),
	PACKET_ROW("tcp.seq_raw", PT_UINT32, 0, value_tcp, SEQ_RAW, "sequence number as sent"),
	PACKET_ROW("tcp.ack_raw", PT_UINT32, 0, value_tcp, ACK_RAW, "acknowledgement number as sent"),
	PACKET_ROW("tcp.hdr_len", PT_UINT8, 0, value_header, TCP_HEADER_LEN, "bytes of the TCP header, options included"),
	PACKET_HEX("tcp.flags", PT_UINT16, 0, value_flags, 0,
		   "flags as a number: 0x0002 is a SYN alone"),
	PACKET_ROW("tcp.flags.fin", PT_BOOL, 0, value_flag, TCP_FIN,
		   "FIN: the sender has no more data"),
	PACKET_ROW("tcp.flags.syn", PT_BOOL, 0, value_flag, TCP_SYN, "SYN: a connection begins"),
	PACKET_ROW("tcp.flags.reset", PT_BOOL, 0, value_flag, TCP_RST,
		   "RST: the connection is given up or refused"),
	PACKET_ROW("tcp.flags.push", PT_BOOL, 0, value_flag, TCP_PSH, "PSH"),
	PACKET_ROW("tcp.flags.ack", PT_BOOL, 0, value_flag, TCP_ACK,
		   "ACK: the acknowledgement number counts"),
	PACKET_ROW("tcp.flags.urg", PT_BOOL, 0, value_flag, TCP_URG, "URG"),
	PACKET_ROW("tcp.flags.ece", PT_BOOL, 0, value_flag, TCP_ECE,
		   "ECE: congestion was seen on the way"),
	PACKET_ROW("tcp.flags.cwr", PT_BOOL, 0, value_flag, TCP_CWR, "CWR: the sender slowed down"),
	PACKET_ROW("tcp.window_size_value", PT_UINT16, 0, value_tcp, TCP_WINDOW,
		   "window as sent, not scaled"),
	PACKET_HEX("tcp.checksum", PT_UINT16, 0, value_tcp, TCP_SUM, "checksum as sent, not verified"),
	PACKET_ROW("tcp.options.mss_val", PT_UINT16, 0, value_tcp, TCP_MSS,
		   "longest segment that a SYN offers"),
	PACKET_ROW("tcp.options.timestamp.tsval", PT_UINT32, 0, value_timestamp, TIMES_OWN,
		   "timestamp of the sender, in its own unit"),
	PACKET_ROW("tcp.options.timestamp.tsecr", PT_UINT32, 0, value_timestamp, TIMES_ECHO,
		   "the other end's timestamp that it answers to"),
	PACKET_ROW("tcp.options.wscale.shift", PT_UINT8, 0, value_tcp, TCP_SHIFT,
		   "window scale that a SYN offers"),
	PACKET_ROW("tcp.urgent_pointer", PT_UINT16, 0, value_header, TCP_URGENT, "where urgent data ends, as sent"),
	{ "tcp.time_delta", PT_DOUBLE, FMT_DEC, ARG_NONE, FIELD_PACKET | FIELD_SAFE, 0, value_stream_span, text_stream_span,
	  SINCE_LAST, "seconds since the packet before it in its flow, of either direction" },
	{ "tcp.time_relative", PT_DOUBLE, FMT_DEC, ARG_NONE, FIELD_PACKET | FIELD_SAFE, 0, value_stream_span,
	  text_stream_span, SINCE_FIRST, "seconds since the first packet of its flow" },
	PACKET_ROW("tcp.analysis.flags", PT_BOOL, 0, value_mark, MARKS_OF_TCP,
		   "true when anything of the following is"),
	PACKET_ROW("tcp.analysis.retransmission", PT_BOOL, 0, value_mark, MARK_RETRANSMISSION,
		   "true when its bytes were seen before"),
	PACKET_ROW("tcp.analysis.out_of_order", PT_BOOL, 0, value_mark, MARK_OUT_OF_ORDER,
		   "true when later bytes came before it"),
	PACKET_ROW("tcp.analysis.lost_segment", PT_BOOL, 0, value_mark, MARK_GAP,
		   "true when bytes before it are missing so far"),
	PACKET_ROW("tcp.analysis.ack_lost_segment", PT_BOOL, 0, value_mark, MARK_ACKED_UNSEEN,
		   "true when it acknowledges bytes that the capture lacks"),
	PACKET_ROW("tcp.analysis.duplicate_ack", PT_BOOL, 0, value_mark, MARK_DUP_ACK,
		   "true when it acknowledges the same once more"),
	PACKET_ROW("tcp.analysis.zero_window", PT_BOOL, 0, value_mark, MARK_ZERO_WINDOW,
		   "true when its sender takes no more bytes"),
	PACKET_ROW("tcp.analysis.window_update", PT_BOOL, 0, value_mark, MARK_WINDOW_UPDATE,
		   "true when it says no more than a new window"),
	PACKET_ROW("tcp.analysis.keep_alive", PT_BOOL, 0, value_mark, MARK_KEEP_ALIVE,
		   "true of a probe whether the other end is there"),
};

static const struct field udp_rows[] = {
	PACKET_ROW("udp.srcport", PT_PORT, 0, value_port, PORT_SRC, "UDP port of the sender"),
	PACKET_ROW("udp.dstport", PT_PORT, 0, value_port, PORT_DST, "UDP port of the receiver"),
	PACKET_ROW("udp.port", PT_PORT, FIELD_FILTER_ONLY, value_either, 0, "either UDP port"),
	PACKET_ROW("udp.length", PT_UINT32, 0, value_udp, UDP_LENGTH,
		   "bytes of UDP header and payload on the wire"),
	PACKET_ROW("udp.payload", PT_BYTEBUF, 0, value_payload, 0,
		   "captured payload; no value when there is none"),
	PACKET_HEX("udp.checksum", PT_UINT16, 0, value_udp, UDP_SUM, "checksum as sent, not verified"),
	PACKET_ROW("sctp.srcport", PT_PORT, 0, value_port, PORT_SRC, "SCTP port of the sender"),
	PACKET_ROW("sctp.dstport", PT_PORT, 0, value_port, PORT_DST, "SCTP port of the receiver"),
	PACKET_ROW("sctp.port", PT_PORT, FIELD_FILTER_ONLY, value_either, 0, "either SCTP port"),
};
/* clang-format on */

const struct field_class field_class_tcp = { "TCP", tcp_rows, ARRAY_LEN(tcp_rows), "tcp" };
const struct field_class field_class_udp = { "UDP, SCTP", udp_rows, ARRAY_LEN(udp_rows),
					     "udp sctp" };
