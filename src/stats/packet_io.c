/*
 * packet_io.c - table `packet_io`: packets, bytes, what TCP had to repair and new flows over time. Free of order:
 * timeline.h says how the interval is picked.
 *
 * A packet counts once, by the transport of its innermost layer and with its whole length on the wire. What its
 * layers' flows found out about them (marks) counts for every layer: a tunnelled packet can be sent again inside and
 * out.
 */
#include "net/layer.h"
#include "stats/stats.h"
#include "stats/timeline.h"

enum packet_count {
	PK_PACKETS, PK_BYTES, PK_TCP, PK_TCP_BYTES, PK_UDP, PK_UDP_BYTES, PK_ICMP, PK_ICMP_BYTES, PK_OTHER,
	PK_OTHER_BYTES, PK_PAYLOAD, PK_RETRANSMISSIONS, PK_OUT_OF_ORDER, PK_GAPS, PK_DUP_ACKS, PK_ZERO_WINDOWS,
	PK_RESETS, PK_NEW_FLOWS, PK_COUNTS
};

static void *packet_io_new(void)
{
	struct timeline *line = malloc(sizeof(*line));

	if (line != NULL) {
		timeline_init(line, PK_COUNTS);
	}
	return line;
}

static void packet_io_free(void *st)
{
	timeline_release(st);
	free(st);
}

/* The column of a packet by its innermost layer; that of its bytes is the next one. */
static inline unsigned int transport_of(const struct layer *l)
{
	if (l->flags & LAYER_NO_FLOW) {
		return PK_OTHER;
	}
	switch (l->key.ip_proto) {
	case IP_TCP: return PK_TCP;
	case IP_UDP: return PK_UDP;
	case IP_ICMP:
	case IP_ICMPV6: return PK_ICMP;
	default: return PK_OTHER;
	}
}

static inline void count_packet(uint64_t *counts, const struct packet *p, const struct layer *l)
{
	unsigned int column = transport_of(l);

	counts[PK_PACKETS]++;
	counts[PK_BYTES] += p->orig_len;
	counts[column]++;
	counts[column + 1] += p->orig_len;
}

/* What the flow found out about one layer of it. */
static inline void count_marks(uint64_t *counts, const struct layer *l)
{
	if (l->key.ip_proto == IP_TCP && !(l->flags & (LAYER_FRAGMENT | LAYER_NO_FLOW))) {
		counts[PK_RESETS] += (l->tcp_flags & TCP_RST) != 0 && !(l->marks & MARK_DUPLICATE);
	}
	if (LIKELY(l->marks == 0)) {
		return;
	}
	counts[PK_RETRANSMISSIONS] += (l->marks & MARK_RETRANSMISSION) != 0;
	counts[PK_OUT_OF_ORDER] += (l->marks & MARK_OUT_OF_ORDER) != 0;
	counts[PK_GAPS] += (l->marks & MARK_GAP) != 0;
	counts[PK_DUP_ACKS] += (l->marks & MARK_DUP_ACK) != 0;
	counts[PK_ZERO_WINDOWS] += (l->marks & MARK_ZERO_WINDOW) != 0;
	counts[PK_NEW_FLOWS] += (l->marks & MARK_NEW_FLOW) != 0;
}

static int packet_io_batch(void *st, const struct batch *b)
{
	struct timeline *line = st;

	for (uint32_t i = 0; i < b->layer_count; i++) {
		const struct layer *l = &b->layers[i];
		const struct packet *p = &b->packets[l->packet];
		bool whole = (l->flags & LAYER_LAST) != 0 && !(l->flags & LAYER_REBUILT);
		uint64_t *counts;

		if (l->flags & LAYER_QUOTED || UNLIKELY(p->flags & (PACKET_NO_TIME | PACKET_HIDDEN))) {
			continue;
		}
		counts = timeline_at(line, p->ts_ns);
		if (UNLIKELY(counts == NULL)) {
			return ERR_NOMEM;
		}
		if (whole) {
			count_packet(counts, p, l);
		}
		if (l->flags & LAYER_LAST && !(l->flags & LAYER_FRAGMENT)) {
			counts[PK_PAYLOAD] += l->payload_len;
		}
		count_marks(counts, l);
	}
	return 0;
}

static int packet_io_merge(void *into, void *from)
{
	return timeline_merge(into, from);
}

static const struct column columns[] = {
	{ "time", COL_TIME, "", "Begin of the interval" },
	{ "interval", COL_DURATION, "ns", "Length of the interval" },
	{ "packets", COL_U64, "", "Packets" },
	{ "bytes", COL_BYTES, "bytes", "Their bytes on the wire" },
	{ "tcp", COL_U64, "", "TCP packets (the innermost layer of a tunnelled packet decides)" },
	{ "tcp_bytes", COL_BYTES, "bytes", "Bytes of the TCP packets" },
	{ "udp", COL_U64, "", "UDP packets" },
	{ "udp_bytes", COL_BYTES, "bytes", "Bytes of the UDP packets" },
	{ "icmp", COL_U64, "", "ICMP and ICMPv6 packets" },
	{ "icmp_bytes", COL_BYTES, "bytes", "Bytes of the ICMP packets" },
	{ "other", COL_U64, "", "Packets of other protocols" },
	{ "other_bytes", COL_BYTES, "bytes", "Bytes of packets of other protocols" },
	{ "payload", COL_BYTES, "bytes", "Bytes above the transport header, as sent" },
	{ "retransmissions", COL_U64, "", "TCP segments with bytes seen before" },
	{ "out_of_order", COL_U64, "", "TCP segments that fill a gap: late, but not sent again" },
	{ "gaps", COL_U64, "", "TCP segments before which bytes are missing so far" },
	{ "dup_acks", COL_U64, "", "Acknowledgements sent again: the sender of them misses something" },
	{ "zero_windows", COL_U64, "", "TCP packets that ask the peer to stop sending" },
	{ "resets", COL_U64, "", "TCP packets with RST" },
	{ "new_flows", COL_U64, "", "First packets of their flows" },
};

_Static_assert(ARRAY_LEN(columns) == PK_COUNTS + 2, "one column per count, time and interval");

static const struct table_def def = {
	"packet_io", "Packets over time",
	"Packets in each interval, over all sources. The interval is picked from the span of the capture. Intervals "
	"without packets are left out of the ends, and of the middle only where captures lie far apart and nothing was "
	"recorded. Packets without time are in none of them: see quality.",
	columns, ARRAY_LEN(columns),
};

static int packet_io_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	struct table *t = table_new(&def);
	struct pauses pauses;

	if (t == NULL || pauses_find(in->sources, in->source_count, &pauses) != 0 ||
	    (st != NULL && timeline_rows(st, &pauses, t) != 0)) {
		table_free(t);
		return err_nomem(e, "table packet_io");
	}
	return report_add(r, t) == 0 ? 0 : err_nomem(e, "table packet_io");
}

const struct tap tap_packet_io = {
	.name = "packet_io",
	.help = "packets, bytes, TCP errors and new flows over time",
	.order = TAP_FREE,
	.packets = true,
	.state_new = packet_io_new,
	.state_free = packet_io_free,
	.batch = packet_io_batch,
	.merge = packet_io_merge,
	.tables = packet_io_tables,
};
