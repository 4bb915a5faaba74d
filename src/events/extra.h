/*
 * extra.h - what thresher-capture wrote behind an event (schema/extra.h), read from the batch's bytes.
 *
 * Decode has marked the events that have such an option (EVENT_EXTRA) and has taken begin_ns from it. Any thread, while
 * the batch is in use.
 */
#ifndef EVENTS_EXTRA_H
#define EVENTS_EXTRA_H

#include "base/cursor.h"
#include "events/event.h"
#include "readers/batch.h"
#include "schema/extra.h"

struct event_extra {
	uint64_t begin_ns;	/* 0: not told */
	uint64_t serial;	/* of its CPU, from 1; 0: not told, or a further message of one call */
	uint32_t message;	/* ordinal in its call; 0 also where there is only one */
	bool has_tcp;
	/* Sequence numbers at the call's begin: of the next byte to be written and to be read; of the first byte of
	 * each stream, 0 where unknown. */
	uint32_t write_seq, copied_seq, first_write_seq, first_read_seq;
	uint64_t bytes_at;	/* offset of the buffer's first byte in the call's data */
	struct cursor dirents;	/* empty: none */
	struct cursor passed;	/* entries as in descriptor lists; empty: none */
	uint16_t drop_cpu, drop_cause;
	uint64_t dropped;	/* 0: not a report of drops */
};

/* False: the event has none. */
bool event_extra(const struct batch *b, const struct event *ev, struct event_extra *ret_x);

struct dirent_view {
	uint64_t ino;
	uint8_t type;		/* DT_ */
	uint8_t name_len;
	const char *name;	/* not terminated */
};
/* One after another; false: no more. */
bool event_dirent(struct cursor *io_dirents, bool big_endian, struct dirent_view *ret_d);

/* Decode: the items behind an event of event_end bytes in a block's body. False: no such option. */
bool extra_find(const uint8_t *body, uint32_t body_len, uint32_t event_end, bool be, struct cursor *ret_items);
bool extra_read(struct cursor items, bool be, struct event_extra *ret_x);

#endif
