/*
 * mkjoin_wire.c - see mkjoin.h: the packets that calls make. A byte passes the captured interface after the call that
 * sent it began, and reaches the process at the other end a little later: no call that returns it ends before.
 */
#include "mkjoin_internal.h"
#include "mkpkt.h"

#include <stdlib.h>

enum { F_FIN = 1, F_SYN = 2, F_RST = 4, F_PSH = 8, F_ACK = 16 };

/* A segment is sent again after. */
#define AGAIN_NS 250000

static uint64_t to_process(const struct mkjoin_conn *c, unsigned int end)
{
	return end == 0 ? c->latency_ns : MKJOIN_NEAR_NS;
}

/* Of the bytes and marks of the other side that had reached a side when a packet of it passed. */
static uint32_t acked(const struct mkjoin_conn *c, unsigned int side, uint64_t wire_ns)
{
	const struct mkjoin_arrivals *a = &c->arrivals[1 - side];
	uint64_t left_ns = wire_ns - to_process(c, side);
	uint64_t fin_ns = c->end[1 - side].fin_ns;
	uint64_t bytes = 0;

	for (size_t i = a->count; i-- > 0 && bytes == 0;) {
		bytes = a->rows[i].ns <= left_ns ? a->rows[i].end : 0;
	}
	return c->isn[1 - side] + 1 + (uint32_t)bytes + (fin_ns != 0 && fin_ns <= left_ns);
}

static uint32_t packet_row(struct mkjoin *j, uint32_t conn, unsigned int side, uint8_t flags, uint64_t offset, size_t n,
			   uint64_t wire_ns)
{
	struct mkjoin_packet *p;

	j->packet = mkjoin_grow(j->packet, &j->packet_count, &j->packet_cap, sizeof(*j->packet));
	p = &j->packet[j->packet_count - 1];
	p->true_ns = wire_ns;
	p->stamp_ns = mkjoin_stamp(j, wire_ns);
	p->conn = conn;
	p->side = (uint8_t)side;
	p->flags = flags;
	p->offset = offset;
	p->len = (uint32_t)n;
	return (uint32_t)(j->packet_count - 1);
}

static uint64_t unit_ns(const struct mkjoin *j)
{
	switch (j->knobs.digits) {
	case 3: return 1000000;
	case 9: return 1;
	default: return 1000;
	}
}

/* One packet at its moment; its row, or MKJOIN_NONE where none passes. */
static uint32_t put_packet(struct mkjoin *j, uint32_t conn, unsigned int side, uint8_t flags, uint64_t offset, size_t n,
			   uint64_t wire_ns)
{
	const struct mkjoin_conn *c = &j->conn[conn];
	const void *data = n > 0 ? c->stream[side].data + offset : NULL;
	struct mkconv v;
	uint32_t row;
	size_t at = j->frames.out.len;

	if (!c->wire) {
		return MKJOIN_NONE;
	}
	row = packet_row(j, conn, side, flags, offset, n, wire_ns);
	mkconv_init(&v, &j->frames, c->end[0].seen_ip, c->end[0].seen_port, c->end[1].seen_ip, c->end[1].seen_port,
		    j->packet[row].stamp_ns / unit_ns(j));
	j->packet[row].stamp_ns -= j->packet[row].stamp_ns % unit_ns(j);
	v.packets = row;
	v.snaplen = j->knobs.packet_snaplen;
	if (c->kind == MKJOIN_UDP) {
		mkconv_udp(&v, side, data, n);
	} else {
		uint32_t seq = c->isn[side] + ((flags & F_SYN) != 0 ? 0 : 1) + (uint32_t)offset;

		mkconv_raw(&v, side, seq, (flags & F_ACK) != 0 ? acked(c, side, wire_ns) : 0, flags, data, n);
	}
	mkjoin_block(j, BLOCK_IS_PACKET, at, mkjoin_stamp(j, wire_ns), row);
	return row;
}

void mkjoin_arrives(struct mkjoin_conn *c, unsigned int side, uint64_t end, uint64_t ns)
{
	struct mkjoin_arrivals *a = &c->arrivals[side];

	if (a->count > 0) {
		ns = max_u64(ns, a->rows[a->count - 1].ns);
	}
	a->rows = mkjoin_grow(a->rows, &a->count, &a->cap, sizeof(*a->rows));
	a->rows[a->count - 1] = (struct mkjoin_arrival){ end, ns };
}

/* The moment at which something that a call begun then sends passes the interface, behind what went before. */
static uint64_t on_the_wire(struct mkjoin *j, struct mkjoin_conn *c, unsigned int side, uint64_t begin_ns)
{
	uint64_t ns = begin_ns + 1200 + mkjoin_draw(j, 3000) + (side == 0 ? c->latency_ns : 0);

	ns = max_u64(ns, c->wire_ns[side] + 700);
	c->wire_ns[side] = ns;
	return ns;
}

/* An acknowledgement by the other side of what passed at that moment. */
static void acknowledge(struct mkjoin *j, uint32_t conn, unsigned int side, uint64_t passed_ns)
{
	struct mkjoin_conn *c = &j->conn[conn];
	uint64_t ns = passed_ns + to_process(c, 1 - side) + 1000 + to_process(c, 1 - side);

	ns = max_u64(ns, c->wire_ns[1 - side] + 100);
	c->wire_ns[1 - side] = ns;
	put_packet(j, conn, 1 - side, F_ACK, c->stream[1 - side].len + (c->end[1 - side].fin_ns != 0), 0, ns);
}

/* One segment, once more if it is its turn. When it is there. */
static uint64_t put_segment(struct mkjoin *j, uint32_t conn, unsigned int side, uint64_t offset, size_t n,
			    uint64_t begin_ns)
{
	struct mkjoin_conn *c = &j->conn[conn];
	uint64_t ns = on_the_wire(j, c, side, begin_ns);
	uint32_t row;

	put_packet(j, conn, side, offset + n == c->stream[side].len ? F_ACK | F_PSH : F_ACK, offset, n, ns);
	if (j->knobs.again_every == 0 || ++j->segments % j->knobs.again_every != 0) {
		return ns + to_process(c, 1 - side);
	}
	c->wire_ns[side] = ns + AGAIN_NS;
	row = put_packet(j, conn, side, F_ACK | F_PSH, offset, n, ns + AGAIN_NS);
	if (row != MKJOIN_NONE) {
		j->packet[row].again = true;
	}
	/* Every second one was lost behind the interface the first time. */
	ns += j->segments / j->knobs.again_every % 2 == 0 ? AGAIN_NS : 0;
	return ns + to_process(c, 1 - side);
}

void mkjoin_put_segments(struct mkjoin *j, uint32_t conn, unsigned int side, uint64_t offset, uint64_t begin_ns)
{
	struct mkjoin_conn *c = &j->conn[conn];
	unsigned int unacked = 0;

	while (offset < c->stream[side].len) {
		size_t n = c->stream[side].len - offset;
		uint64_t there_ns;

		n = n < c->mss ? n : c->mss;
		there_ns = put_segment(j, conn, side, offset, n, begin_ns);
		offset += n;
		mkjoin_arrives(c, side, offset, there_ns);
		if (c->kind == MKJOIN_TCP && (++unacked == 4 || offset == c->stream[side].len)) {
			acknowledge(j, conn, side, c->wire_ns[side]);
			unacked = 0;
		}
	}
}

uint64_t mkjoin_put_handshake(struct mkjoin *j, uint32_t conn, uint64_t begin)
{
	struct mkjoin_conn *c = &j->conn[conn];
	uint64_t syn = on_the_wire(j, c, 0, begin);
	uint64_t reply = syn + 2 * MKJOIN_NEAR_NS + 1000;
	uint64_t known = reply + c->latency_ns;
	uint64_t ack = known + c->latency_ns + 500;

	put_packet(j, conn, 0, F_SYN, 0, 0, syn);
	c->wire_ns[1] = reply;
	if (c->refused) {
		put_packet(j, conn, 1, F_RST | F_ACK, 0, 0, reply);
		return known;
	}
	put_packet(j, conn, 1, F_SYN | F_ACK, 0, 0, reply);
	put_packet(j, conn, 0, F_ACK, 0, 0, ack);
	c->wire_ns[0] = ack;
	c->ready_ns = ack + MKJOIN_NEAR_NS;
	return known;
}

void mkjoin_put_fin(struct mkjoin *j, uint32_t conn, unsigned int end, uint64_t begin)
{
	struct mkjoin_conn *c = &j->conn[conn];
	uint64_t ns;

	if (c->end[end].fin_ns != 0) {
		return;
	}
	if (c->kind != MKJOIN_TCP) {
		c->end[end].fin_ns = begin + 1000;
		return;
	}
	ns = on_the_wire(j, c, end, begin);
	put_packet(j, conn, end, F_FIN | F_ACK, c->stream[end].len, 0, ns);
	c->end[end].fin_ns = ns + to_process(c, 1 - end);
	if (c->end[1 - end].fin_ns != 0) {
		acknowledge(j, conn, end, ns);
	}
}

