/*
 * frame_internal.h - shared by frame.c, frame_window.c, frame_pcap.c and section.c only.
 */
#ifndef READERS_FRAME_INTERNAL_H
#define READERS_FRAME_INTERNAL_H

#include "base/cursor.h"
#include "readers/frame.h"

/* Bytes of the stream from f->off on: in the batch's own buffer, in the mapping, or in what is carried over. */
struct window {
	const uint8_t *p;
	size_t len;
	bool in_carry;
};

/* frame_window.c */
void window_release(struct framer *f);
int window_open(struct framer *f, struct batch *b, struct window *w);
/* Tries to have n bytes in the window; fewer only at the end of the stream. 0 or ERR_NOMEM. */
int window_need(struct framer *f, struct batch *b, struct window *w, size_t n);
/* Keeps the first `taken` bytes for the batch, at w->p; what is behind them comes again in the next window. */
int window_close(struct framer *f, struct batch *b, struct window *w, size_t taken);

/* Legacy pcap: frame_pcap.c. */
bool frame_is_pcap(const uint8_t *p, size_t len);
int frame_pcap(struct framer *f, struct batch *b, struct window *w);

/* Section header, interface description and statistics blocks: section.c. 0 or ERR_NOMEM. */
int section_parse_header(struct section *s, const uint8_t *block, size_t len);
int section_parse_interface(struct section *s, struct cursor *body);
void section_parse_statistics(struct section *s, struct cursor *body);
/* A new interface at the end, defaults set; NULL: no memory or the ceiling. */
struct packet_interface *section_add_interface(struct section *s);

#endif
