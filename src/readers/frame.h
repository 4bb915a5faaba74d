/*
 * frame.h - cuts the bytes of one capture into batches of whole blocks.
 *
 * Walks block lengths only; what is inside is decode's work. It handles the two things later
 * batches depend on: section headers (a new struct section of the source; a batch never spans two)
 * and interface descriptions and statistics. Where a block makes no sense it records the damage and looks for the
 * next plausible block. One thread at a time, in order.
 */
#ifndef READERS_FRAME_H
#define READERS_FRAME_H

#include "base/err.h"
#include "readers/batch.h"
#include "readers/source.h"
#include "readers/stream.h"

struct framer {
	struct stream *stream;		/* borrowed */
	struct source *source;		/* borrowed */
	struct section *section;	/* current; owned by the source */
	size_t batch_bytes;
	const uint8_t *map;		/* mapped input, or NULL */
	uint64_t map_len;
	uint64_t off;			/* of the next block in the source */
	uint8_t *carry;			/* owns; bytes read but not yet handed out (stream input) */
	size_t carry_at, carry_end;	/* the part of carry not yet handed out */
	size_t carry_cap;
	bool resyncing;			/* looking for the next block after damage */
	bool gave_up;			/* the rest of the source is not read, only counted as damage */
	bool eof;			/* the window ends with the last byte of the stream */
	int end_code;			/* what ended the stream: ERR_EOF or an error */
	struct err end_err;
	uint64_t last_ts_s;		/* legacy pcap: for resynchronisation */
	bool legacy_swapped;		/* legacy pcap in the other byte order */
	uint32_t legacy_snaplen;
};

void framer_init(struct framer *f, struct stream *stream, struct source *source, size_t batch_bytes);
void framer_release(struct framer *f);

/*
 * The next batch: sets section, base_off, bytes, len, damages (all else is reset). A batch may be empty of
 * blocks but carry damage (section may then be NULL). A damage entry with empty text continues the
 * one before it. ERR_EOF at the end (damage of the end was in an earlier batch or is added
 * to the source). ERR_NOMEM. Errors of the stream itself end the source: they become damage and
 * source->error, then ERR_EOF.
 */
int framer_next(struct framer *f, struct batch *b, struct err *e);

/* Life of a batch's own memory. */
void batch_init(struct batch *b);
void batch_release(struct batch *b);
void batch_reset(struct batch *b);
/* Adds a damage entry to the batch. 0 or ERR_NOMEM. */
int batch_damage(struct batch *b, uint64_t offset, uint64_t bytes, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

#endif
