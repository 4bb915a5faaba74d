/*
 * mkpkt.h - packets for tests, layer by layer from the outside in, with right lengths and checksums, and whole TCP
 * conversations. Expected values come from what was built here.
 *
 *     struct mkpkt p;
 *     mkpkt_init(&p);
 *     mkpkt_eth(&p, 0x0800);
 *     mkpkt_ip4(&p, "10.0.0.1", "10.0.0.2", 6);
 *     mkpkt_tcp(&p, 1234, 80, seq, ack, TCP_ACK | TCP_PSH, 65535);
 *     mkpkt_data(&p, "GET / ...", n);
 *     mkpkt_end(&p);             lengths and checksums, innermost first
 *     mkcap_epb(&m, 0, units, p.bytes, p.len, p.len);
 *     mkpkt_release(&p);
 *
 * Aborts when memory is out or an address is not one. Not hardened: for trusted callers only.
 */
#ifndef TESTS_MKPKT_H
#define TESTS_MKPKT_H

#include "mkcap.h"

struct mkpkt_level {
	uint8_t kind;		/* what has to be filled in at the end */
	uint32_t at;		/* offset of its header */
};

struct mkpkt {
	uint8_t bytes[128 << 10];
	uint32_t len;
	struct mkpkt_level levels[16];
	unsigned int level_count;
	uint16_t ip_id;		/* of the next IPv4 header, counted up; set to choose */
};

void mkpkt_init(struct mkpkt *p);
void mkpkt_release(struct mkpkt *p);
void mkpkt_data(struct mkpkt *p, const void *data, size_t n);
void mkpkt_zeros(struct mkpkt *p, size_t n);	/* behind mkpkt_end: padding of the frame */

/* Link layers. */
void mkpkt_eth(struct mkpkt *p, uint16_t type);			/* 02:00:00:00:00:01 -> :02 */
void mkpkt_vlan(struct mkpkt *p, uint16_t id, uint16_t type);	/* after an eth or vlan whose type was 0x8100 or 0x88a8 */
void mkpkt_sll(struct mkpkt *p, uint16_t packet_type, uint16_t proto);	/* LINKTYPE 113 */
void mkpkt_sll2(struct mkpkt *p, uint32_t ifindex, uint16_t packet_type, uint16_t proto);	/* 276 */
void mkpkt_null(struct mkpkt *p, uint32_t family, bool be);	/* 0: family in either order; 108 loop is big-endian */
void mkpkt_ppp(struct mkpkt *p, uint16_t proto, bool framed);	/* 9; framed: with ff 03 in front */
void mkpkt_mpls(struct mkpkt *p, uint32_t label, bool bottom);

/* Network. Lengths and header checksum at mkpkt_end. */
void mkpkt_ip4(struct mkpkt *p, const char *src, const char *dst, uint8_t proto);
/* As above with fragment fields: offset in bytes (a multiple of 8). */
void mkpkt_ip4_frag(struct mkpkt *p, const char *src, const char *dst, uint8_t proto, uint16_t id, uint32_t offset,
		    bool more);
void mkpkt_ip6(struct mkpkt *p, const char *src, const char *dst, uint8_t next);
void mkpkt_ip6_ext(struct mkpkt *p, uint8_t next, const void *body, size_t n);	/* hop-by-hop, routing, destination options: n + 2 must be a multiple of 8 */
void mkpkt_ip6_frag(struct mkpkt *p, uint8_t next, uint32_t id, uint32_t offset, bool more);

/* Transport. Checksums at mkpkt_end (but for fragments). */
void mkpkt_tcp(struct mkpkt *p, uint16_t sport, uint16_t dport, uint32_t seq, uint32_t ack, uint8_t flags,
	       uint16_t window);
void mkpkt_tcp_options(struct mkpkt *p, uint16_t sport, uint16_t dport, uint32_t seq, uint32_t ack, uint8_t flags,
		       uint16_t window, const void *options, size_t n); /* n a multiple of 4 */
void mkpkt_udp(struct mkpkt *p, uint16_t sport, uint16_t dport);
void mkpkt_icmp(struct mkpkt *p, uint8_t type, uint8_t code);	/* IPv4: 8 bytes of header, rest 0 */
void mkpkt_icmp6(struct mkpkt *p, uint8_t type, uint8_t code);
void mkpkt_sctp(struct mkpkt *p, uint16_t sport, uint16_t dport);

/* Tunnels: what follows is the inner packet. */
void mkpkt_gre(struct mkpkt *p, uint16_t type, bool with_key, uint32_t key);
void mkpkt_vxlan(struct mkpkt *p, uint32_t vni);	/* after UDP to 4789; an eth follows */
void mkpkt_geneve(struct mkpkt *p, uint32_t vni, uint16_t type, size_t option_bytes);	/* after UDP to 6081 */

void mkpkt_end(struct mkpkt *p);

/*
 * A TCP conversation over Ethernet and IPv4 (or IPv6 when the addresses are) into a capture: each call writes packets
 * of interface 0 and moves the clock by step. side 0 is the client.
 */
struct mkconv {
	struct mkcap *m;
	const char *ip[2];
	uint16_t port[2];
	uint32_t seq[2];	/* next of each side */
	uint16_t window[2];
	uint64_t now;		/* units of the interface */
	uint64_t step;		/* 1000 by default */
	uint32_t mss;		/* 1460 by default */
	uint32_t snaplen;	/* 0: none */
	uint64_t packets;	/* number of the last packet written here: what the calls return */
	uint64_t *num;		/* or NULL: count of packets shared with other conversations, which numbers them all */
	uint16_t vlan;		/* 0: none */
};

void mkconv_init(struct mkconv *c, struct mkcap *m, const char *client, uint16_t cport, const char *server,
		 uint16_t sport, uint64_t start);
/* SYN, SYN+ACK, ACK with seq 1000 and 5000 (the first data: 1001, 5001) and an MSS option. */
void mkconv_open(struct mkconv *c);
/* Data from a side in segments of at most mss, acknowledged once by the other. Returns the number of the last data
 * packet. */
uint64_t mkconv_send(struct mkconv *c, unsigned int side, const void *data, size_t n);
uint64_t mkconv_say(struct mkconv *c, unsigned int side, const char *text);
void mkconv_close(struct mkconv *c, unsigned int first);	/* FIN of the first side, FIN+ACK of the other, ACK */
void mkconv_reset(struct mkconv *c, unsigned int side);
/* One segment as told: nothing of the conversation changes but clock and count. */
uint64_t mkconv_raw(struct mkconv *c, unsigned int side, uint32_t seq, uint32_t ack, uint8_t flags, const void *data,
		    size_t n);
/* One UDP datagram between the same ends. */
uint64_t mkconv_udp(struct mkconv *c, unsigned int side, const void *data, size_t n);

#endif
