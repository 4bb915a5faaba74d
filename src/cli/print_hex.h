/*
 * print_hex.h - the data of an event or packet below its line, for `thresher print -x` and `-A`: hex with ASCII, or
 * text.
 *
 *     data, 16 of 4096 bytes
 *     0000  48 54 54 50 2f 31 2e 31  20 32 30 30 20 4f 4b 0d  HTTP/1.1 200 OK.
 *
 * Of an event every parameter that holds data; of a packet what lies above its transport header, of one without
 * transport (or when asked) the whole frame. Of data cut by the recorder it says how much there was. Nothing but
 * printable ASCII and line ends comes out.
 */
#ifndef CLI_PRINT_HEX_H
#define CLI_PRINT_HEX_H

#include "filter/fields.h"
#include "net/layer.h"

struct data_style {
	bool hex, ascii;
	bool frames; /* of packets the whole frame */
};

/* Data that is a list of strings (arguments, environment): shown as such. */
bool data_is_strings(const struct schema_param *p);

/* Append lines, each with a line end in front of it. l may be NULL. */
void print_event_data(const struct data_style *style, const struct event *ev, struct buf *out);
void print_packet_data(const struct data_style *style, const struct packet *p, const struct layer *l, struct buf *out);

/* Hex and ASCII of n bytes, indented, a line end in front of each line. */
void data_add_hex(struct buf *out, const uint8_t *p, size_t n);

#endif
