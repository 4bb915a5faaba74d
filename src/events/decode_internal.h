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

/* A little-endian copy of a big-endian event block's body in the batch's arena. body_len is at least
 * head + header. 0 with *io_body replaced, or ERR_NOMEM. */
int decode_swap_event(struct batch *b, const uint8_t **io_body, uint32_t head, uint32_t header, bool v2,
		      uint32_t body_len, uint32_t block_type);

#endif
