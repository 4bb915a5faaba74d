/*
 * flow.h - what is kept of one flow, beyond its end.
 *
 * One struct flow = one row of table flows. The key and first_num are constant from its first packet on; all else is
 * the shard's until net_freeze. Sizes: bytes on the wire unless said otherwise.
 *
 * conn_state and history follow Zeek's conventions (base/protocols/conn): S0, S1, SF, REJ, S2, S3, RSTO, RSTR,
 * RSTOS0, RSTRH, SH, SHR, OTH; a letter per kind of event, upper case from the initiator, lower case from the
 * responder: s SYN, h SYN+ACK, a pure ACK, d data, f FIN, r RST, c bad checksum, g gap, t retransmission, w zero
 * window, i inconsistent packet, q multi-flag packet, ^ direction flipped by heuristic; c, g, t and w are repeated at
 * the powers of ten. (Checksums are not verified: there is no c.) UDP: S0 when only the initiator spoke, SHR when only
 * the responder, SF both; other protocols OTH; both have d alone in the history.
 */
#ifndef NET_FLOW_H
#define NET_FLOW_H

#include "net/knots.h"
#include "net/layer.h"

enum conn_state {
	CONN_NONE,	/* not over yet */
	CONN_S0, CONN_S1, CONN_SF, CONN_REJ, CONN_S2, CONN_S3, CONN_RSTO, CONN_RSTR, CONN_RSTOS0, CONN_RSTRH,
	CONN_SH, CONN_SHR, CONN_OTH, CONN_STATES
};
const char *conn_state_name(uint8_t state);

/* Flags of a flow. */
enum {
	FLOW_START_MISSED = 1,	/* TCP without SYN seen: initiator and responder are an inference */
	FLOW_FLIPPED = 2,	/* the initiator is not the sender of the first packet */
	FLOW_EVICTED = 4,	/* its live part was given up under a ceiling before it ended */
	FLOW_TIMED_OUT = 8,	/* not closed, nothing for longer than its timeout, then the tuple was used again or the table swept */
	FLOW_OVERLAP_DIFFERS = 16,	/* bytes sent again with other content: evasion or a broken stack */
	FLOW_CUT = 32,		/* payload missing through snaplen */
	FLOW_ICMP_ERROR = 64,	/* an ICMP error quoted one of its packets */
	FLOW_REUSED = 128,	/* the tuple had an earlier flow in this section */
	FLOW_SIMULTANEOUS_OPEN = 256,
	FLOW_DUPLICATES = 512,	/* packets captured twice were left out of the TCP numbers */
	FLOW_STREAM_DROPPED = 1024,	/* under a ceiling a gap was not waited for, or the analyzer let go of a conversation; or what an
				 * end seemed to have ended, acknowledged or jumped over went on elsewhere: read anew
				 * from there */
	FLOW_ONE_SIDED = 2048,	/* TCP: nothing of one end was captured though it answered: the other end acknowledges what it sent.
				 * What is missing of it is known only as far as that */
};

/*
 * One direction: index = end of the key that sends. Packets captured twice (duplicates) are in packets, bytes and
 * ip_bytes only. Of a datagram in fragments the frame that completed it is counted, with the IP bytes of the whole.
 */
struct flow_side {
	uint64_t packets, bytes;	/* frames of this layer and their bytes on the wire (whole frames) */
	uint64_t ip_bytes;		/* IP headers and payload */
	uint64_t payload_bytes;		/* transport payload, as sent (retransmissions count each time) */
	uint64_t stream_bytes;		/* TCP: distinct bytes of the stream that were seen or acknowledged */
	uint64_t missed_bytes;		/* TCP: those of them never seen in the capture (what snaplen cut off was seen) */
	uint64_t retransmitted_bytes;
	/* retransmissions: segments with bytes (or a SYN or FIN) seen before. out_of_order: segments with bytes that
	 * later ones had overtaken, or that were lost before the capture point and sent again: not seen before, that
	 * is. */
	uint32_t retransmissions, out_of_order, zero_windows, resets, dup_acks, duplicates, fins, syns;
	uint32_t payload_packets;
	uint32_t first_seq;		/* sequence number of stream offset 0: the byte after the SYN, or the first seen */
	uint16_t max_window;		/* as sent */
	uint8_t window_shift;		/* 255: none */
};

struct flow {
	/* constant after the first packet */
	struct flow_key key;
	uint32_t hash;
	uint64_t first_num;		/* packet number of its first packet: orders flows */
	uint64_t began_ns;		/* time of that packet */
	uint16_t first_layer;		/* which layer of that packet */
	uint8_t first_from;		/* end that sent it */

	uint8_t client;			/* end of the key taken for the initiator */
	uint8_t conn_state;		/* enum conn_state; final after the flow's end */
	uint8_t service;		/* enum service_id */
	uint8_t service_by;		/* enum service_by; BY_PORT: service_of_port of an end has a name, service is NONE */
	char service_ndpi[24];		/* libndpi's name where service is NONE; "" */
	uint16_t flags;			/* FLOW_ */
	uint32_t id;			/* per section from 0, in order of the first packets; set by net_freeze */
	uint64_t first_ns, last_ns;	/* earliest and latest time seen, 0 unknown */
	uint64_t last_num;
	uint64_t syn_ns, synack_ns, handshake_ns;	/* first SYN, first SYN+ACK, first ACK after it; 0 not seen */
	uint64_t path;			/* of its first packet: protocols down to the transport */
	struct flow_side side[2];
	char history[28];		/* NUL-terminated; cut at 27 */
	const struct flow *outer;	/* the tunnel's own flow, or NULL; set by net_freeze */
	struct flow_key *outer_key;	/* of a tunnelled flow: its tunnel's; owned by the shard */
	const struct packet_process *process[2];	/* what the capture's writer says of the process of each end, or NULL */
	uint64_t icmp_errors;
	const struct section *section;
	/* By end of the key that sends; NULL: none, or not asked for. TCP: KNOT_DATA at the stream's offset for bytes
	 * not seen before (what a segment repeats in front of them is left out), KNOT_AGAIN for all others; KNOT_OPEN
	 * at offset 0 for a SYN, KNOT_END for the first FIN and the first RST. UDP: offset is the payload so far. In
	 * the order of the capture. */
	struct knots *knots[2];
	uint8_t passed;			/* one of its packets passed the run's filter; any worker sets it (flow_note_passed) */
};

static inline void flow_note_passed(const struct flow *f)
{
	struct flow *mine = (struct flow *)(uintptr_t)f;

	__atomic_store_n(&mine->passed, 1, __ATOMIC_RELAXED);
}

/* Nanoseconds, or UINT64_MAX where not seen. server: SYN to SYN+ACK (network and peer beyond the capture point on the
 * responder's side); client: SYN+ACK to ACK. */
uint64_t flow_rtt_server(const struct flow *f);
uint64_t flow_rtt_client(const struct flow *f);

/* Community ID v1, seed 0: "1:" and 28 characters of base64, NUL-terminated. Without ports for protocols other than
 * TCP, UDP, SCTP, ICMP and ICMPv6. key holds ICMP mapped already. Source: the specification of the Community ID,
 * version 1. */
#define COMMUNITY_ID_BYTES 31
void community_id(const struct flow_key *key, uint16_t seed, char ret_id[COMMUNITY_ID_BYTES]);

#endif
