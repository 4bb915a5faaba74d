/*
 * layer.h - a dissected packet: one struct layer per IP header chain in it.
 *
 * A plain packet has one layer; a tunnelled one has one for the outer and one for each inner chain, outermost
 * first; an ICMP error has one more for the packet it quotes (LAYER_QUOTED). A packet without IP (ARP,
 * LLDP, an unknown link type) has one layer without flow (LAYER_NO_FLOW). Layers stand in batch->layers
 * in the order of the packets; layers of datagrams put together from fragments stand at the end, their packet being the
 * one that completed them.
 *
 * Written by dissection (any worker) and, for the fields below "stamps", by the shard of its flow; taps see it
 * immutable. Every packet is untrusted: lengths here have been checked against the captured bytes.
 */
#ifndef NET_LAYER_H
#define NET_LAYER_H

#include "base/base.h"
#include "readers/batch.h"

struct flow;
struct packet_process;

enum proto {
	PROTO_NONE,
#define PROTO(id, name) PROTO_##id,
#include "net/protocols.def"
#undef PROTO
	PROTO_COUNT
};
_Static_assert(PROTO_COUNT <= 32, "five bits per level of a path");

const char *proto_name(uint8_t proto);

/* A path of protocols, outermost in the lowest five bits; 0 ends it. At most PATH_LEVELS, deeper ones are left out. */
#define PATH_LEVELS 12
static inline uint64_t path_push(uint64_t path, unsigned int depth, uint8_t proto)
{
	return depth < PATH_LEVELS ? path | (uint64_t)proto << (5 * depth) : path;
}

static inline uint8_t path_at(uint64_t path, unsigned int depth)
{
	return depth < PATH_LEVELS ? (uint8_t)(path >> (5 * depth) & 31) : 0;
}

/* Numbers as IANA has them, of what is looked at here. */
enum { IP_ICMP = 1, IP_IGMP = 2, IP_IPIP = 4, IP_TCP = 6, IP_UDP = 17, IP_IPV6 = 41, IP_GRE = 47, IP_ESP = 50, IP_AH = 51,
       IP_ICMPV6 = 58, IP_SCTP = 132 };

enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16, TCP_URG = 32, TCP_ECE = 64, TCP_CWR = 128 };

/*
 * What makes two packets one flow: both ends in canonical order (end 0 is the smaller by address, then port,
 * both compared as numbers: the order of the Community ID), protocol, VLANs, tunnel. No padding: compared and hashed as
 * bytes. ICMP: ports are type and code as the Community ID maps them (type of the request, type of the reply; one-way
 * messages: type and code, in the order of the packet).
 */
struct flow_key {
	uint8_t addr[2][16];	/* IPv4 as ::ffff:a.b.c.d */
	uint16_t port[2];	/* host order; 0 where the protocol has none */
	uint16_t vlan[2];	/* outer, inner tag; 0 none */
	uint32_t tunnel_id;	/* VXLAN or Geneve VNI, GRE key; 0 none */
	uint32_t scope;		/* 0, but between loopback addresses, which mean something else on each interface: a number of
				 * the interface, from its index in the section and the one that a cooked v2 header
				 * names */
	uint8_t ip_proto;
	uint8_t ip_version;	/* 4 or 6 */
	uint8_t tunnel;		/* enum proto of the innermost tunnel: PROTO_VXLAN, ...; 0 none */
	uint8_t depth;		/* number of tunnels around */
};
_Static_assert(sizeof(struct flow_key) == 52, "compared as bytes");

/* layer.flags */
enum {
	LAYER_NO_FLOW = 1,	/* the key is not set */
	LAYER_FRAGMENT = 2,	/* a part of a datagram: no ports, no transport; counted for its IP addresses only (the key has
				 * them and the protocol, but is no flow) */
	LAYER_REBUILT = 4,	/* a datagram put together from fragments: its bytes were counted with them */
	LAYER_QUOTED = 8,	/* the packet an ICMP error speaks of: not a packet of the flow */
	LAYER_CUT = 16,		/* the capture holds less of the payload than was on the wire */
	LAYER_MALFORMED = 32,	/* a header contradicts itself; what could be read was */
	LAYER_BAD_LENGTH = 64,	/* IP length beyond the frame, or 0 (offload): the frame's was taken */
	LAYER_INNER = 128,	/* inside a tunnel */
	LAYER_ICMP_ONE_WAY = 256,
	LAYER_FIRST = 512,	/* the first layer of its packet: where frames are counted */
	LAYER_TO_GROUP = 1024,	/* sent to a multicast or broadcast address */
	LAYER_LAST = 2048,	/* the innermost layer of its packet (quoted ones aside): its path is the whole packet's. The
				 * innermost of a rebuilt datagram has it too, beside the fragment that completed it */
	LAYER_NO_TRANSPORT = 4096,	/* not all of the transport header is there: ports (and seq) only */
};

/* What the flow's shard found out about a layer. */
enum {
	MARK_RETRANSMISSION = 1,	/* bytes seen before */
	MARK_OUT_OF_ORDER = 2,		/* bytes that fill a gap, late but not sent again */
	MARK_GAP = 4,			/* bytes before it are missing so far */
	MARK_OVERLAP_DIFFERS = 8,	/* sent again with other content */
	MARK_DUPLICATE = 16,		/* the same packet captured twice (track.h): counted in packets and bytes only */
	MARK_ZERO_WINDOW = 32,
	MARK_KEEP_ALIVE = 64,
	MARK_DUP_ACK = 128,
	MARK_WINDOW_UPDATE = 256,
	MARK_NEW_FLOW = 512,		/* the first packet of its flow */
	MARK_ACKED_UNSEEN = 1024,	/* acknowledges bytes that the capture lacks */
};

/* Bit of a place: a cooked header that does not name the interface, so that several may be meant. */
#define PLACE_MIXED 8

struct layer {
	struct flow_key key;
	uint32_t hash;			/* of the key, without seed: picks the shard */
	uint32_t packet;		/* index in batch->packets */
	uint32_t place;			/* where it was captured: made of the interface in the section, and the interface and
					 * the packet type that a cooked header names; 0 where there is no transport */
	uint64_t path;			/* protocols from the link up to this layer's transport */
	const uint8_t *payload;		/* above the transport header (IP payload where there is none); borrowed */
	uint32_t payload_cap;		/* bytes captured */
	uint32_t payload_len;		/* bytes on the wire */
	uint32_t ip_len;		/* IP header and payload on the wire */
	uint32_t frame_len;		/* on the wire, from this layer's own link header on: the packet's orig_len for the first */
	uint32_t outer;			/* index in batch->layers of the layer around it, or UINT32_MAX */
	uint32_t ip_at;			/* where in the packet its IP header lies; UINT32_MAX: in a datagram put together. Of a
					 * datagram put together itself: that of the fragment which completed it */
	uint16_t flags;			/* LAYER_ */
	uint16_t ip_id;			/* 0 for IPv6 */
	uint8_t from;			/* end of the key that sent it */
	uint8_t shard;
	uint8_t ttl;

	/* TCP */
	uint8_t tcp_flags;
	uint32_t seq, ack;
	uint16_t window;		/* as sent, not scaled */
	uint16_t tcp_checksum;		/* also UDP's: tells copies of a packet from retransmissions */
	uint16_t payload_sum;		/* ones' complement sum of the payload, as the checksum claims it; 0: nothing is claimed */
	uint8_t window_shift;		/* of a SYN; 255: no option */
	uint8_t icmp_type, icmp_code;	/* also where the key holds them mapped */
	uint8_t head;			/* bytes of the TCP header that are captured, right before the payload; 0: not all its fixed part */
	uint16_t mss;			/* of a SYN; 0: no option */

	/* stamps, by the shard of the flow */
	uint8_t service;		/* enum service_id if below 256, as known when the packet passed */
	uint8_t from_client;		/* sent by who is taken for the initiator at that moment */
	uint16_t marks;			/* MARK_ */
	uint32_t rel_seq, rel_ack;	/* relative to the first known of each direction */
	const struct flow *flow;	/* only its constant part may be read before the end; NULL: not tracked */
	int64_t since_ns;		/* after the packet of its flow before it in the file; 0 of the first */
};
_Static_assert(sizeof(struct layer) == 160, "no holes: there is one for every packet, and each is written");

/* Fragments of one IP datagram, kept apart for the in-order stage. Parallel to the layer, in the arena of the batch. */
struct fragment {
	uint32_t layer;			/* index in batch->layers */
	uint32_t ident;
	uint32_t offset;		/* bytes */
	bool more;
	uint8_t next_header;
	const uint8_t *data;		/* fragment's payload */
	uint32_t len, cap_len;
};

static inline const uint8_t *layer_addr(const struct layer *l, unsigned int end)
{
	return l->key.addr[end];
}

#endif
