/*
 * frame.c - cuts a stream into batches of whole pcapng blocks (or hands over to frame_pcap.c for legacy
 * pcap). Reads struct stream, produces struct batch. Runs on whichever thread has the lane's
 * framing turn; one at a time, in file order. Its bytes come through frame_window.c.
 */
#include "readers/frame.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "base/limits.h"
#include "readers/blocks.h"
#include "readers/frame_internal.h"

/* About eight blocks of a usual capture. */
#define PREFETCH_BYTES 1024
/* A section header without options. */
#define SHB_MIN_BYTES 28u

void framer_init(struct framer *f, struct stream *stream, struct source *source, size_t batch_bytes)
{
	memset(f, 0, sizeof(*f));
	f->stream = stream;
	f->source = source;
	f->batch_bytes = batch_bytes;
	f->map = stream_map(stream, &f->map_len);
	source->mapped = f->map != NULL;
	err_init(&f->end_err);
}

void framer_release(struct framer *f)
{
	window_release(f);
}

/* Byte order of the section whose header starts at p (12 bytes are there). False: no header. */
static bool shb_order(const uint8_t *p, bool *ret_be)
{
	if (load_le32(p + 8) == BYTE_ORDER_MAGIC) {
		*ret_be = false;
		return true;
	}
	if (load_be32(p + 8) == BYTE_ORDER_MAGIC) {
		*ret_be = true;
		return true;
	}
	return false;
}

/*
 * Length of the block at off in the window, rounded as its writer did, or 0 with a reason when it
 * makes no sense. *ret_short: the header makes sense, but the block is not all there; eof: nothing comes
 * behind the window. *io_be: byte order of the section, changed by a section header.
 */
static size_t block_length(const struct window *w, size_t off, bool eof, bool *io_be,
			   const char **ret_why, bool *ret_short)
{
	const uint8_t *p = w->p + off;
	size_t left = w->len - off;
	bool be;
	uint32_t total;

	*ret_short = false;
	if (left < BLOCK_MIN_BYTES) {
		*ret_short = true;
		return 0;
	}
	if (UNLIKELY(load_le32(p) == BLOCK_SHB) && !shb_order(p, io_be)) {
		*ret_why = "section header without byte-order magic";
		return 0;
	}
	be = *io_be;
	total = be ? load_be32(p + 4) : load_le32(p + 4);
	if (total < BLOCK_MIN_BYTES || total > LIMIT_BLOCK_BYTES) {
		*ret_why = total < BLOCK_MIN_BYTES ? "block length below the minimum" :
						     "block length above the ceiling";
		return 0;
	}
	if (total > left) {
		*ret_short = true;
		return total;
	}
	if (UNLIKELY((total & 3) != 0)) {
		size_t up = (total + 3u) & ~(size_t)3;

		if (up > left) {
			*ret_short = !eof;	/* at the end only the exact total can be meant */
			return eof ? total : up;
		}
		if ((be ? load_be32(p + up - 4) : load_le32(p + up - 4)) == total) {
			return up;
		}
	}
	return total;
}

/* The leading length is authoritative, but only if what follows it could be a block. */
static bool trailer_agrees(const struct window *w, size_t off, size_t len, bool be)
{
	const uint8_t *t = w->p + off + len - 4;
	uint32_t trailing = be ? load_be32(t) : load_le32(t);
	uint32_t leading = be ? load_be32(w->p + off + 4) : load_le32(w->p + off + 4);

	return trailing == leading;
}

enum look { LOOK_NO, LOOK_YES, LOOK_NOMEM };

/*
 * Could a block stand at off? Its type is known and both lengths agree. Brings in as much of the stream as
 * the answer needs, so that it does not depend on where windows happen to end.
 */
static enum look look_block(struct framer *f, struct batch *b, struct window *w, size_t off, bool be)
{
	uint32_t total;

	if (window_need(f, b, w, off + BLOCK_MIN_BYTES) != 0) {
		return LOOK_NOMEM;
	}
	if (w->len - off < BLOCK_MIN_BYTES) {
		return LOOK_NO;
	}
	if (load_le32(w->p + off) == BLOCK_SHB && !shb_order(w->p + off, &be)) {
		return LOOK_NO;
	}
	total = be ? load_be32(w->p + off + 4) : load_le32(w->p + off + 4);
	if (total < BLOCK_MIN_BYTES || total > LIMIT_BLOCK_BYTES || (total & 3) != 0 ||
	    !block_type_known(be ? load_be32(w->p + off) : load_le32(w->p + off))) {
		return LOOK_NO;
	}
	if (window_need(f, b, w, off + total) != 0) {
		return LOOK_NOMEM;
	}
	return total <= w->len - off && trailer_agrees(w, off, total, be) ? LOOK_YES : LOOK_NO;
}

/*
 * Bytes from the window's start to the next block, or to the window's end, less what a header could
 * still begin in: then f->resyncing stays set and the search goes on in the next window.
 */
static int resync(struct framer *f, struct batch *b, struct window *w, size_t from, size_t *ret_skip)
{
	bool be = f->section != NULL && f->section->big_endian;
	size_t i;

	f->resyncing = false;
	for (i = from; i + BLOCK_MIN_BYTES <= w->len; i++) {
		enum look look = look_block(f, b, w, i, be);

		if (look == LOOK_NOMEM) {
			return ERR_NOMEM;
		}
		if (look == LOOK_YES) {
			*ret_skip = i;
			return 0;
		}
	}
	f->resyncing = !f->eof;
	*ret_skip = f->eof ? w->len : i;
	return 0;
}

/* 0, ERR_NOMEM, or ERR_LIMIT. */
static int start_section(struct framer *f, const uint8_t *p, size_t len, bool be)
{
	struct section *s;

	if (f->source->section_count == LIMIT_SECTIONS) {
		return ERR_LIMIT;
	}
	s = source_add_section(f->source, f->off);
	if (s == NULL) {
		return ERR_NOMEM;
	}
	s->slot = UINT32_MAX;
	s->big_endian = be;
	f->section = s;
	return section_parse_header(s, p, len);
}

/* Blocks that later batches depend on. */
static int frame_side_block(struct framer *f, struct batch *b, uint64_t off, const uint8_t *p,
			    size_t len, bool be)
{
	struct cursor body = cur_make(p + 8, len - BLOCK_MIN_BYTES);

	if ((be ? load_be32(p) : load_le32(p)) == BLOCK_IDB) {
		if (f->section->interface_count == LIMIT_PACKET_INTERFACES) {
			return batch_damage(b, off, 0, "more than %u interface descriptions",
					    LIMIT_PACKET_INTERFACES);
		}
		return section_parse_interface(f->section, &body);
	}
	section_parse_statistics(f->section, &body);
	return 0;
}

struct walk {
	size_t pos;		/* end of the whole blocks so far */
	bool done;		/* this batch ends here */
	bool damage;		/* the bytes before pos are damage, not blocks */
};

/*
 * A section header whose lengths lie still says that a section begins, and in which byte order: without it
 * all blocks behind it would be lost.
 */
static int start_damaged_section(struct framer *f, const struct window *w)
{
	bool be;

	if (w->len < BLOCK_MIN_BYTES || load_le32(w->p) != BLOCK_SHB || !shb_order(w->p, &be)) {
		return 0;
	}
	return start_section(f, w->p, w->len < SHB_MIN_BYTES ? w->len : SHB_MIN_BYTES, be);
}

/* The bytes at the window's start are no block: gives up what lies before the next one. */
static int give_up(struct framer *f, struct batch *b, struct window *w, struct walk *k, size_t from,
		   const char *why)
{
	int rc = from > 0 ? start_damaged_section(f, w) : 0;

	if (rc != 0) {
		return rc;
	}
	rc = resync(f, b, w, from, &k->pos);
	k->done = true;
	k->damage = true;
	return rc != 0 ? rc : batch_damage(b, f->off, k->pos, "%s", why);
}

/* The same with the next block known. */
static int give_up_to(struct framer *f, struct batch *b, const struct window *w, struct walk *k, size_t next,
		      const char *why)
{
	int rc;

	k->done = true;
	if (k->pos > 0) {
		return 0;	/* first what is whole; come back with a new window */
	}
	rc = start_damaged_section(f, w);
	k->pos = next;
	k->damage = true;
	return rc != 0 ? rc : batch_damage(b, f->off, next, "%s", why);
}

/* No whole block stands at k->pos: more bytes, damage, or the end. need: what its header asks for. */
static int walk_stuck(struct framer *f, struct batch *b, struct window *w, struct walk *k,
		      size_t need, const char *why)
{
	char text[96];

	if (k->pos > 0) {
		k->done = true;	/* hand out what is whole; come back with a new window */
		return 0;
	}
	if (why != NULL) {
		return give_up(f, b, w, k, 1, why);
	}
	if (!f->eof) {
		return window_need(f, b, w, need < BLOCK_MIN_BYTES ? BLOCK_MIN_BYTES : need);
	}
	if (w->len < BLOCK_MIN_BYTES) {
		snprintf(text, sizeof(text), "input ends inside a block header");
	} else {
		snprintf(text, sizeof(text), "input ends inside a block of %zu bytes, %zu are left", need,
			 w->len);
	}
	return give_up(f, b, w, k, 1, text);
}

/*
 * Does the trailing length hold where the leading one does not: a block stands right behind such a copy?
 * *ret_next is where.
 */
static enum look look_trailer(struct framer *f, struct batch *b, struct window *w, size_t off, size_t next,
			      bool be, size_t *ret_next)
{
	for (size_t i = off + BLOCK_MIN_BYTES; i < next; i++) {
		const uint8_t *t = w->p + i - 4;

		if ((be ? load_be32(t) : load_le32(t)) == i - off) {
			enum look look = look_block(f, b, w, i, be);

			if (look != LOOK_NO) {
				*ret_next = i;
				return look;
			}
		}
	}
	return LOOK_NO;
}

/*
 * The two lengths disagree: believe the leading one if a block (or the end) follows it, unless the other
 * one has the same to say for itself (then the leading one would jump over good blocks).
 */
static int check_disagreement(struct framer *f, struct batch *b, struct window *w, struct walk *k,
			      size_t len, bool be)
{
	size_t next = k->pos + len;
	enum look look = look_block(f, b, w, next, be);

	if (look == LOOK_NOMEM) {
		return ERR_NOMEM;
	}
	if (look == LOOK_YES || next == w->len) {
		look = look_trailer(f, b, w, k->pos, next, be, &next);
		if (look == LOOK_NOMEM) {
			return ERR_NOMEM;
		}
		if (look == LOOK_YES) {
			return give_up_to(f, b, w, k, next,
					  "leading length of a block jumps over other blocks");
		}
		return batch_damage(b, f->off + k->pos, 0,
				    "trailing length of a block differs from the leading one");
	}
	return walk_stuck(f, b, w, k, len, "block length makes no sense: no block follows it");
}

static int enter_block(struct framer *f, struct batch *b, struct window *w, struct walk *k,
		       size_t len, bool be)
{
	const uint8_t *p = w->p + k->pos;
	uint32_t type = be ? load_be32(p) : load_le32(p);

	if (type == BLOCK_SHB) {
		return start_section(f, p, len, be);
	}
	if (type == BLOCK_IDB || type == BLOCK_ISB) {
		return frame_side_block(f, b, f->off + k->pos, p, len, be);
	}
	return 0;
}

/* Walks whole blocks until the batch is full, a new section begins, or nothing whole is left. */
static int walk_blocks(struct framer *f, struct batch *b, struct window *w, struct walk *k)
{
	int rc = 0;

	while (!k->done && rc == 0) {
		bool be = f->section != NULL && f->section->big_endian;
		const char *why = NULL;
		bool cut = false;
		size_t len;
		uint32_t type;

		if (k->pos == w->len && f->eof) {
			break;
		}
		/* The walk is a chain of loads from memory nobody has touched yet: fetch ahead of it. */
		__builtin_prefetch(w->p + k->pos + PREFETCH_BYTES);
		__builtin_prefetch(w->p + k->pos + PREFETCH_BYTES + 64);
		len = block_length(w, k->pos, f->eof, &be, &why, &cut);
		if (UNLIKELY(len == 0 || cut)) {
			rc = walk_stuck(f, b, w, k, len, why);
			continue;
		}
		type = load_le32(w->p + k->pos);
		if (UNLIKELY(f->section == NULL && type != BLOCK_SHB)) {
			rc = walk_stuck(f, b, w, k, len, "block before the first section header");
			continue;
		}
		if (UNLIKELY(type == BLOCK_SHB && k->pos > 0)) {
			k->done = true;	/* a batch never spans two sections */
			continue;
		}
		if (UNLIKELY(!trailer_agrees(w, k->pos, len, be))) {
			rc = check_disagreement(f, b, w, k, len, be);
			if (rc != 0 || k->done) {
				continue;
			}
		}
		if (UNLIKELY(be || type == BLOCK_SHB || type == BLOCK_IDB || type == BLOCK_ISB)) {
			rc = enter_block(f, b, w, k, len, be);
			if (rc != 0) {
				continue;
			}
		}
		k->pos += len;
		k->done = k->pos >= f->batch_bytes;
	}
	return rc;
}

/* The stream ended with an error of its own: it becomes damage and the source's error. */
static int note_stream_end(struct framer *f, struct batch *b)
{
	struct source *s = f->source;
	uint64_t lost = stream_map_cut(f->stream);

	if (lost > 0 && s->error == 0) {
		s->error = ERR_TRUNCATED;
		snprintf(s->error_text, sizeof(s->error_text), "the file became shorter while it was read");
		return batch_damage(b, f->off, lost, "%s", s->error_text);
	}
	if (f->end_code == ERR_EOF || f->end_code == 0 || s->error != 0) {
		return 0;
	}
	s->error = f->end_code;
	snprintf(s->error_text, sizeof(s->error_text), "%.200s",
		 f->end_err.message[0] != '\0' ? f->end_err.message : err_text(f->end_code));
	return batch_damage(b, f->off, 0, "%.90s", s->error_text);
}

/* Sections would have to share a state from here on, which would be wrong: nothing more is read. */
static int give_up_source(struct framer *f, struct batch *b, const struct window *w, struct walk *k)
{
	struct source *s = f->source;
	bool again = f->gave_up;

	f->gave_up = true;
	k->pos = w->len;
	k->damage = true;
	if (again) {
		return batch_damage(b, f->off, w->len, "%s", "");
	}
	s->error = ERR_LIMIT;
	snprintf(s->error_text, sizeof(s->error_text), "more than %u sections: the rest is not read",
		 LIMIT_SECTIONS);
	return batch_damage(b, f->off, w->len, "%s", s->error_text);
}

static int frame_pcapng(struct framer *f, struct batch *b, struct window *w)
{
	struct walk k = { 0, false, false };
	int rc;

	if (f->gave_up) {
		rc = ERR_LIMIT;
	} else if (f->resyncing) {
		rc = give_up(f, b, w, &k, 0, "");
	} else {
		rc = walk_blocks(f, b, w, &k);
	}
	if (rc == ERR_LIMIT) {
		rc = give_up_source(f, b, w, &k);
	}
	if (rc != 0) {
		return rc;
	}
	rc = window_close(f, b, w, k.pos);
	b->bytes = w->p;
	b->len = k.damage ? 0 : k.pos;
	f->off += k.pos;
	return rc;
}

int framer_next(struct framer *f, struct batch *b, struct err *e)
{
	struct window w;
	int rc;

	batch_reset(b);
	b->base_off = f->off;
	rc = window_open(f, b, &w);
	if (rc != 0) {
		return err_nomem(e, "a batch");
	}
	if (w.len == 0 && f->eof) {
		rc = note_stream_end(f, b);
		b->section = f->section;
		f->source->bytes = f->off;
		return rc != 0 ? rc : b->damage_count > 0 ? 0 : ERR_EOF;
	}
	if (f->section == NULL ? frame_is_pcap(w.p, w.len) : f->section->kind == SECTION_PCAP) {
		rc = frame_pcap(f, b, &w);
	} else {
		rc = frame_pcapng(f, b, &w);
	}
	b->section = f->section;
	if (f->section != NULL) {
		b->interfaces = f->section->interfaces;
		b->interface_count = f->section->interface_count;
	}
	b->end_off = f->off;
	f->source->bytes = f->off;
	return rc == ERR_NOMEM ? err_nomem(e, "a batch") : rc;
}
