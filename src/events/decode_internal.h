/*
 * decode_internal.h - shared by decode.c, decode_packet.c and decode_swap.c only.
 */
#ifndef EVENTS_DECODE_INTERNAL_H
#define EVENTS_DECODE_INTERNAL_H

#include "readers/batch.h"

/* A new packet record at the end (content undefined), or NULL. */
struct packet *decode_new_packet(struct batch *b);

int decode_packet_block(struct batch *b, uint32_t type, const uint8_t *body, uint32_t body_len,
			uint32_t block_off);
int decode_pcap_records(struct batch *b);

/*
 * V1 blocks do not tell the number of parameters: the largest known one whose lengths add up to room exactly,
 * or -1. wide: lengths of 4 bytes. be: their byte order.
 */
int decode_v1_count(uint16_t type, const uint8_t *lens, uint32_t room, bool wide, bool be);

/* What decode has found out about a big-endian event before its bytes are turned round. */
struct swap_event {
	uint16_t type;
	uint32_t head;		/* bytes before the event: cpu and flags */
	uint32_t header;	/* of the event */
	uint32_t len;		/* of the event: at least header, within body_len - head */
	uint32_t body_len;
	bool v2, wide;
};

/* A little-endian copy of a big-endian event block's body in the batch's arena. 0 with *io_body
 * replaced, or ERR_NOMEM. */
int decode_swap_event(struct batch *b, const struct swap_event *sw, const uint8_t **io_body);

#endif
