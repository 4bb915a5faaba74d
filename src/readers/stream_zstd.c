/*
 * stream_zstd.c - zstd: frames in a row, skippable ones between them, inflated into the caller's
 * buffer. Reads the layer below, produces the content. Damage ends the stream after the last good
 * byte; what follows the last frame and is no frame is only noted. One thread at a time.
 */
#include "readers/stream_layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/limits.h"

struct zstd_stream {
	struct stream base;
	struct feed feed;
	ZSTD_DCtx *context;	/* owns */
	bool in_frame;
	uint64_t frames;	/* begun, skippable ones included */
};

static struct zstd_stream *zstd_of(struct stream *s)
{
	return (struct zstd_stream *)s;
}

static int cut(struct zstd_stream *z, int code)
{
	return stream_fail_under(&z->base, code, &z->feed.err);
}

/* After the last frame: n bytes at head are no frame. The input is read to its end. */
static int note_rest(struct zstd_stream *z, const uint8_t *head, size_t n)
{
	uint64_t more = 0;
	bool zero = true;
	int r = feed_drain(&z->feed, &more, &zero);

	for (size_t i = 0; i < n; i++) {
		zero = zero && head[i] == 0;
	}
	snprintf(z->base.note, sizeof(z->base.note), "zstd: %llu %s after the last frame ignored",
		 (unsigned long long)(more + n), zero ? "zero bytes" : "bytes of something else");
	return r == 0 ? ERR_EOF : cut(z, r);
}

static bool frame_begins(const uint8_t *head, size_t n)
{
	static const uint8_t frame[4] = { 0x28, 0xb5, 0x2f, 0xfd };
	static const uint8_t skippable[4] = { 0x50, 0x2a, 0x4d, 0x18 };

	if (memcmp(head, frame, n) == 0) {
		return true;
	}
	return (head[0] & 0xf0) == skippable[0] && memcmp(head + 1, skippable + 1, n - 1) == 0;
}

/* ERR_EOF: there is no further frame. */
static int begin_frame(struct zstd_stream *z)
{
	uint8_t head[4];
	size_t n = 0;
	int r = feed_take(&z->feed, head, sizeof(head), &n);

	if (n == 0) {
		return r == ERR_EOF && z->frames > 0 ? ERR_EOF : cut(z, r);
	}
	if (!frame_begins(head, n)) {
		return note_rest(z, head, n);
	}
	if (r != 0) {
		return cut(z, r);
	}
	feed_unread(&z->feed, head, n);
	z->frames++;
	z->in_frame = true;
	return 0;
}

static int fail_frame(struct zstd_stream *z, size_t r)
{
	switch (ZSTD_getErrorCode(r)) {
	case ZSTD_error_frameParameter_windowTooLarge:
		return stream_fail(
			&z->base, ERR_LIMIT,
			"frame %llu needs a window above %u MiB: inflate it with zstd first",
			(unsigned long long)z->frames, (1u << LIMIT_ZSTD_WINDOW_LOG) >> 20);
	case ZSTD_error_dictionary_wrong:
		return stream_fail(&z->base, ERR_UNSUPPORTED, "frame %llu needs a dictionary",
				   (unsigned long long)z->frames);
	case ZSTD_error_memory_allocation: return stream_fail(&z->base, ERR_NOMEM, "out of memory");
	default:
		return stream_fail(&z->base, ERR_MALFORMED, "frame %llu is damaged: %s",
				   (unsigned long long)z->frames, ZSTD_getErrorName(r));
	}
}

/* Some bytes of the frame, or its end. */
static int inflate_some(struct zstd_stream *z, uint8_t *p, size_t n, size_t *ret_n)
{
	ZSTD_outBuffer out = { p, n, 0 };
	int r = 0;

	while (out.pos == 0 && z->in_frame && r == 0) {
		/* At the end below, one more call flushes what the decoder still holds. */
		int below = feed_fill(&z->feed);
		ZSTD_inBuffer in = { z->feed.p, z->feed.left, 0 };
		size_t hint = ZSTD_decompressStream(z->context, &out, &in);

		z->feed.p += in.pos;
		z->feed.left -= in.pos;
		if (ZSTD_isError(hint)) {
			r = fail_frame(z, hint);
		} else if (hint == 0) {
			z->in_frame = false;
		} else if (below != 0 && out.pos == 0) {
			r = cut(z, below);
		}
	}
	*ret_n = out.pos;
	return r != 0 ? r
		      : stream_check_expansion(&z->base, z->base.out + out.pos,
					       feed_cost(&z->feed));
}

static int zstd_read(struct stream *s, uint8_t *p, size_t n, size_t *ret_n)
{
	struct zstd_stream *z = zstd_of(s);
	int r = 0;

	while (r == 0 && *ret_n == 0) {
		r = z->in_frame ? inflate_some(z, p, n, ret_n) : begin_frame(z);
	}
	return r;
}

static void zstd_free(struct stream *s)
{
	ZSTD_freeDCtx(zstd_of(s)->context);
	free(s);
}

static const struct stream_ops zstd_ops = {
	.what = "zstd",
	.read = zstd_read,
	.free = zstd_free,
};

int stream_open_zstd(struct stream *under, struct stream **ret_s, struct err *e)
{
	struct zstd_stream *z = calloc(1, sizeof(*z));

	if (z == NULL) {
		return err_nomem(e, "inflating zstd");
	}
	stream_init(&z->base, &zstd_ops, under);
	feed_init(&z->feed, under);
	z->context = ZSTD_createDCtx();
	if (z->context == NULL ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(z->context, ZSTD_d_windowLogMax,
						LIMIT_ZSTD_WINDOW_LOG))) {
		stream_free(&z->base);
		return err_nomem(e, "inflating zstd");
	}
	*ret_s = &z->base;
	return 0;
}
