/*
 * stream_gzip.c - gzip: members in a row, each with header, deflate data, checksum and length.
 * Reads the layer below, produces the inflated bytes. Damage ends the stream after the last good
 * byte; zeros or other bytes after the last member are only noted. One thread at a time.
 */
#include "readers/stream_layer.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "readers/stream_inflate.h"

enum {
	FLAG_HEADER_CRC = 2,
	FLAG_EXTRA = 4,
	FLAG_NAME = 8,
	FLAG_COMMENT = 16,
	FLAG_RESERVED = 0xe0
};

enum gzip_state { AT_MEMBER, IN_DATA, AT_TRAILER };

struct gzip_stream {
	struct stream base;
	struct feed feed;
	struct inflater *inflater;	/* owns */
	enum gzip_state state;
	uint64_t members;		/* begun */
	uint32_t crc;			/* of this member so far */
	uint32_t member_bytes;		/* likewise, modulo 2^32 as in the trailer */
};

static struct gzip_stream *gzip_of(struct stream *s)
{
	return (struct gzip_stream *)s;
}

static int cut(struct gzip_stream *g, int code)
{
	return stream_fail_under(&g->base, code, &g->feed.err);
}

static int skip_bytes(struct gzip_stream *g, size_t n)
{
	while (n > 0) {
		size_t k;
		int r = feed_fill(&g->feed);

		if (r != 0) {
			return cut(g, r);
		}
		k = g->feed.left < n ? g->feed.left : n;
		g->feed.p += k;
		g->feed.left -= k;
		n -= k;
	}
	return 0;
}

static int skip_text(struct gzip_stream *g)
{
	uint8_t c = 1;
	size_t n;

	while (c != 0) {
		int r = feed_take(&g->feed, &c, 1, &n);

		if (r != 0) {
			return cut(g, r);
		}
	}
	return 0;
}

/* What stands behind the fixed part of a header, by its flags. */
static int skip_header_fields(struct gzip_stream *g, uint8_t flags)
{
	uint8_t len[2];
	size_t n;
	int r = 0;

	if ((flags & FLAG_EXTRA) != 0) {
		r = feed_take(&g->feed, len, sizeof(len), &n);
		r = r != 0 ? cut(g, r) : skip_bytes(g, load_le16(len));
	}
	if (r == 0 && (flags & FLAG_NAME) != 0) {
		r = skip_text(g);
	}
	if (r == 0 && (flags & FLAG_COMMENT) != 0) {
		r = skip_text(g);
	}
	if (r == 0 && (flags & FLAG_HEADER_CRC) != 0) {
		r = skip_bytes(g, 2);
	}
	return r;
}

/* After the last member: n bytes at head are no member. The input is read to its end. */
static int note_rest(struct gzip_stream *g, const uint8_t *head, size_t n)
{
	uint64_t more = 0;
	bool zero = true;
	int r = feed_drain(&g->feed, &more, &zero);

	for (size_t i = 0; i < n; i++) {
		zero = zero && head[i] == 0;
	}
	snprintf(g->base.note, sizeof(g->base.note), "gzip: %llu %s after the last member ignored",
		 (unsigned long long)(more + n), zero ? "zero bytes" : "bytes of something else");
	return r == 0 ? ERR_EOF : cut(g, r);
}

/* ERR_EOF: there is no further member. */
static int begin_member(struct gzip_stream *g)
{
	static const uint8_t magic[3] = { 0x1f, 0x8b, 8 };
	uint8_t head[10];
	size_t n = 0;
	int r = feed_take(&g->feed, head, sizeof(head), &n);

	if (r != 0 && n == 0 && g->members > 0) {
		return r == ERR_EOF ? ERR_EOF : cut(g, r);
	}
	if (memcmp(head, magic, n < sizeof(magic) ? n : sizeof(magic)) != 0) {
		return note_rest(g, head, n);
	}
	if (r != 0) {
		return cut(g, r);
	}
	if ((head[3] & FLAG_RESERVED) != 0) {
		return stream_fail(&g->base, ERR_MALFORMED, "header with unknown flags 0x%02x",
				   head[3]);
	}
	r = skip_header_fields(g, head[3]);
	if (r == 0) {
		g->members++;
		g->crc = 0;
		g->member_bytes = 0;
		g->state = IN_DATA;
		inflater_reset(g->inflater);
	}
	return r;
}

static int end_member(struct gzip_stream *g)
{
	uint8_t tail[8];
	size_t n;
	int r = feed_take(&g->feed, tail, sizeof(tail), &n);

	if (r != 0) {
		return cut(g, r);
	}
	if (load_le32(tail) != g->crc) {
		return stream_fail(&g->base, ERR_MALFORMED, "member %llu has a wrong checksum",
				   (unsigned long long)g->members);
	}
	if (load_le32(tail + 4) != g->member_bytes) {
		return stream_fail(&g->base, ERR_MALFORMED, "member %llu has a wrong length",
				   (unsigned long long)g->members);
	}
	g->state = AT_MEMBER;
	return 0;
}

/* Some bytes of the member, or its end; *ret_n may be 0 only with a change of state or a code. */
static int inflate_some(struct gzip_stream *g, uint8_t *p, size_t n, size_t *ret_n)
{
	bool finished = false;
	int below = 0;
	int r = 0;

	while (*ret_n == 0 && !finished && r == 0) {
		/* At the end below, one more run gives what the inflater still holds. */
		below = feed_fill(&g->feed);
		r = inflater_run(g->inflater, &g->feed, p, n, ret_n, &finished);
		if (below != 0 && *ret_n == 0 && !finished && r == 0) {
			return cut(g, below);
		}
	}
	g->crc = inflater_crc(g->crc, p, *ret_n);
	g->member_bytes += (uint32_t)*ret_n;
	if (finished) {
		g->state = AT_TRAILER;
	}
	if (r != 0) {
		return stream_fail(&g->base, r, "member %llu has damaged data",
				   (unsigned long long)g->members);
	}
	return stream_check_expansion(&g->base, g->base.out + *ret_n, feed_cost(&g->feed));
}

static int gzip_read(struct stream *s, uint8_t *p, size_t n, size_t *ret_n)
{
	struct gzip_stream *g = gzip_of(s);
	int r = 0;

	while (r == 0 && *ret_n == 0) {
		switch (g->state) {
		case AT_MEMBER: r = begin_member(g); break;
		case IN_DATA: r = inflate_some(g, p, n, ret_n); break;
		case AT_TRAILER: r = end_member(g); break;
		}
	}
	return r;
}

static void gzip_free(struct stream *s)
{
	inflater_free(gzip_of(s)->inflater);
	free(s);
}

static const struct stream_ops gzip_ops = {
	.what = "gzip",
	.read = gzip_read,
	.free = gzip_free,
};

int stream_open_gzip(struct stream *under, struct stream **ret_s, struct err *e)
{
	struct gzip_stream *g = calloc(1, sizeof(*g));

	if (g == NULL) {
		return err_nomem(e, "inflating gzip");
	}
	stream_init(&g->base, &gzip_ops, under);
	feed_init(&g->feed, under);
	g->inflater = inflater_new();
	if (g->inflater == NULL) {
		stream_free(&g->base);
		return err_nomem(e, "inflating gzip");
	}
	*ret_s = &g->base;
	return 0;
}
