/*
 * print_packet.h - one packet as one line of text or as one JSON object, for `thresher print`.
 *
 * Text: "p12 TIME SOURCE -> DESTINATION PROTOCOL LENGTH INFO" (with an arrow for ->), after the innermost layer: the
 * packet's ordinal in its source, time as -t says, IP addresses (link addresses where there is no IP, "-" where none is
 * known), bytes on the wire, and what layer_describe says.
 *
 * JSON, keys in this order, those in brackets where they apply: type ("packet"), source, num, offset, time (null:
 * none), interface {index, [name]}, link, len, cap_len, protocols (outermost first), protocol, [src, dst, sport,
 * dport], [vlan], [tunnel {type, id}], [service], [community_id], [marks], [recorded_process {pid, tid, name, path}:
 * what the capture's writer says], info.
 */
#ifndef CLI_PRINT_PACKET_H
#define CLI_PRINT_PACKET_H

#include "filter/fields.h"
#include "net/layer_walk.h"

/* Append without a line end. num: ordinal of the packet; c gives time style and batch. l may be NULL. */
void print_packet_text(struct field_ctx *c, const struct packet *p, const struct layer *l, uint64_t num, bool colour,
		       struct buf *out);
void print_packet_json(struct field_ctx *c, const struct packet *p, const struct layer *l, uint64_t num,
		       struct buf *out);

#endif
