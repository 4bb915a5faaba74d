/*
 * follow_body.c - from a direction of a conversation to one message in it, and from that to its body. Main thread.
 */
#include "cli/follow.h"

size_t follow_slice(struct content_piece *pieces, size_t count, uint64_t start, uint64_t end)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		struct content_piece p = pieces[i];
		uint64_t from = max_u64(p.offset, start);
		uint64_t to = min_u64(p.offset + p.len, end);

		if (from < to) {
			p.bytes = p.bytes != NULL ? p.bytes + (from - p.offset) : NULL;
			p.offset = from;
			p.len = to - from;
			pieces[n++] = p;
		}
	}
	return n;
}

/* Goes through pieces byte by byte and hands on runs of them. */
struct walk {
	const struct content_piece *pieces;
	size_t count, at;
	uint64_t pos;		/* in piece at */
	struct content_piece *out;	/* owns */
	size_t out_count, out_cap;
	bool failed;		/* memory */
};

/* False: the end, or a gap. */
static bool take_byte(struct walk *w, uint8_t *ret_byte)
{
	if (w->at == w->count || w->pieces[w->at].bytes == NULL) {
		return false;
	}
	*ret_byte = w->pieces[w->at].bytes[w->pos++];
	if (w->pos == w->pieces[w->at].len) {
		w->at++;
		w->pos = 0;
	}
	return true;
}

static void add_out(struct walk *w, const struct content_piece *p)
{
	if (w->out_count == w->out_cap) {
		size_t cap = w->out_cap == 0 ? 16 : w->out_cap * 2;
		struct content_piece *grown = realloc(w->out, cap * sizeof(*grown));

		if (grown == NULL) {
			w->failed = true;
			return;
		}
		w->out = grown;
		w->out_cap = cap;
	}
	w->out[w->out_count++] = *p;
}

/* The next n bytes, gaps included: kept or passed over. Returns how many there were. */
static uint64_t run_of(struct walk *w, uint64_t n, bool keep)
{
	uint64_t done = 0;

	while (done < n && w->at < w->count && !w->failed) {
		struct content_piece p = w->pieces[w->at];
		uint64_t take = min_u64(n - done, p.len - w->pos);

		p.bytes = p.bytes != NULL ? p.bytes + w->pos : NULL;
		p.offset += w->pos;
		p.len = take;
		if (keep) {
			add_out(w, &p);
		}
		done += take;
		w->pos += take;
		if (w->pos == w->pieces[w->at].len) {
			w->at++;
			w->pos = 0;
		}
	}
	return done;
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "1a2f;extension\r\n": false where it is cut or none. */
static bool chunk_size(struct walk *w, uint64_t *ret_size)
{
	uint64_t size = 0;
	bool digits = true, any = false;
	uint8_t c;

	do {
		int d;

		if (!take_byte(w, &c)) {
			return false;
		}
		d = hex_digit(c);
		if (digits && d >= 0) {
			if (size >> 59 != 0) {
				return false;
			}
			size = size * 16 + (uint64_t)d;
			any = true;
		} else {
			digits = false;
		}
	} while (c != '\n');
	*ret_size = size;
	return any;
}

/* RFC 9112, 7.1. A gap within a chunk is a gap of the body; one in a size ends it. */
static bool unchunk(struct walk *w)
{
	uint64_t size;
	uint8_t c;

	for (;;) {
		if (!chunk_size(w, &size)) {
			return w->at == w->count;
		}
		if (size == 0) {
			return true;
		}
		if (run_of(w, size, true) < size) {
			return true;	/* the message is cut off in its body */
		}
		do {
			if (!take_byte(w, &c)) {
				return w->at == w->count;
			}
		} while (c != '\n');
	}
}

#define H2_DATA 0
#define H2_PADDED 8
#define H2_HEAD_BYTES 9

/* RFC 9113, 4.1 and 6.1: the DATA frames of one stream. */
static bool unframe(struct walk *w, uint32_t stream)
{
	for (;;) {
		uint8_t h[H2_HEAD_BYTES];
		uint32_t len;
		uint8_t pad = 0;

		for (size_t i = 0; i < sizeof(h); i++) {
			if (!take_byte(w, &h[i])) {
				return w->at == w->count;
			}
		}
		len = (uint32_t)h[0] << 16 | (uint32_t)h[1] << 8 | h[2];
		if (h[3] != H2_DATA || (load_be32(h + 5) & 0x7FFFFFFF) != stream) {
			run_of(w, len, false);
			continue;
		}
		if ((h[4] & H2_PADDED) != 0) {
			if (len == 0 || !take_byte(w, &pad) || pad > len - 1) {
				return false;
			}
			len--;
		}
		run_of(w, len - pad, true);
		run_of(w, pad, false);
	}
}

bool follow_body(const struct http_tx *x, bool request, struct content_piece **io_pieces, size_t *io_count)
{
	const struct http_message *m = request ? &x->request : &x->response;
	uint32_t chunked = request ? HTTP_CHUNKED_REQUEST : HTTP_CHUNKED_RESPONSE;
	struct walk w = { .pieces = *io_pieces, .count = *io_count };
	bool ok = m->head_ns != 0;

	if (x->version == 20 || (x->stream != 0 && !request)) {
		ok = unframe(&w, x->stream);
	} else if (ok) {
		run_of(&w, m->head_bytes, false);
		if ((x->flags & chunked) != 0) {
			ok = unchunk(&w);
		} else {
			run_of(&w, UINT64_MAX, true);
		}
	}
	if (w.failed) {
		free(w.out);
		return false;
	}
	free(*io_pieces);
	*io_pieces = w.out;
	*io_count = w.out_count;
	return ok;
}
