/*
 * stream_inflate.c - see stream_inflate.h. One of two engines is compiled in. One thread at a
 * time.
 */
#include "readers/stream_inflate.h"

#include <stdlib.h>

#define MOST_AT_ONCE (64u << 20)	/* both engines count with 32 bits */

static uint32_t at_most(size_t n)
{
	return n < MOST_AT_ONCE ? (uint32_t)n : MOST_AT_ONCE;
}

#ifdef HAVE_ISAL

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

struct inflater {
	struct inflate_state state;
	int failed;		/* sticky; bytes decoded before it may still wait inside */
};

struct inflater *inflater_new(void)
{
	struct inflater *in = malloc(sizeof(*in));

	if (in != NULL) {
		inflater_reset(in);
	}
	return in;
}

void inflater_free(struct inflater *in)
{
	free(in);
}

void inflater_reset(struct inflater *in)
{
	isal_inflate_init(&in->state);
	in->state.crc_flag = ISAL_DEFLATE;
	in->failed = 0;
}

/* Bytes decoded but not given out when an error was found: the engine stops giving them. */
static size_t take_pending(struct inflate_state *st, uint8_t *p, size_t n)
{
	size_t have = 0;

	if (st->tmp_out_valid > st->tmp_out_processed) {
		have = (size_t)(st->tmp_out_valid - st->tmp_out_processed);
	}
	if (have > n) {
		have = n;
	}
	if (have > 0) {
		memcpy(p, st->tmp_out_buffer + st->tmp_out_processed, have);
		st->tmp_out_processed += (int32_t)have;
	}
	return have;
}

/* The engine reads up to 8 bytes ahead: whole bytes in its bit buffer belong to what follows. */
static void give_back(struct inflate_state *st, struct feed *feed)
{
	uint8_t bytes[8];
	size_t n = (size_t)st->read_in_length / 8;
	uint64_t bits = st->read_in >> (st->read_in_length % 8);

	for (size_t i = 0; i < n && i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)(bits >> (8 * i));
	}
	feed_unread(feed, bytes, n);
}

int inflater_run(struct inflater *in, struct feed *feed, uint8_t *p, size_t n, size_t *ret_n,
		 bool *ret_finished)
{
	struct inflate_state *st = &in->state;
	uint32_t in_bytes = at_most(feed->left);

	*ret_finished = false;
	if (in->failed != 0) {
		*ret_n = take_pending(st, p, n);
		return *ret_n == n ? 0 : in->failed;
	}
	st->next_in = (uint8_t *)(uintptr_t)feed->p;	/* never written */
	st->avail_in = in_bytes;
	st->next_out = p;
	st->avail_out = at_most(n);
	if (isal_inflate(st) < 0) {
		in->failed = ERR_MALFORMED;
	}
	feed->p += in_bytes - st->avail_in;
	feed->left -= in_bytes - st->avail_in;
	*ret_n = (size_t)(st->next_out - p);
	if (in->failed != 0) {
		*ret_n += take_pending(st, p + *ret_n, n - *ret_n);
		return *ret_n == n ? 0 : in->failed;
	}
	if (st->block_state == ISAL_BLOCK_FINISH) {
		give_back(st, feed);
		*ret_finished = true;
	}
	return 0;
}

uint32_t inflater_crc(uint32_t crc, const uint8_t *p, size_t n)
{
	return crc32_gzip_refl(crc, p, n);
}

#else

#include <zlib.h>

struct inflater {
	z_stream z;
	int failed;		/* sticky */
};

struct inflater *inflater_new(void)
{
	struct inflater *in = calloc(1, sizeof(*in));

	if (in != NULL && inflateInit2(&in->z, -MAX_WBITS) != Z_OK) {
		free(in);
		return NULL;
	}
	return in;
}

void inflater_free(struct inflater *in)
{
	if (in != NULL) {
		inflateEnd(&in->z);
		free(in);
	}
}

void inflater_reset(struct inflater *in)
{
	inflateReset(&in->z);
	in->failed = 0;
}

int inflater_run(struct inflater *in, struct feed *feed, uint8_t *p, size_t n, size_t *ret_n,
		 bool *ret_finished)
{
	uint32_t in_bytes = at_most(feed->left);
	int r;

	*ret_n = 0;
	*ret_finished = false;
	if (in->failed != 0) {
		return in->failed;
	}
	in->z.next_in = (Bytef *)(uintptr_t)feed->p;	/* never written */
	in->z.avail_in = in_bytes;
	in->z.next_out = p;
	in->z.avail_out = at_most(n);
	r = inflate(&in->z, Z_NO_FLUSH);
	feed->p += in_bytes - in->z.avail_in;
	feed->left -= in_bytes - in->z.avail_in;
	*ret_n = (size_t)(in->z.next_out - p);
	*ret_finished = r == Z_STREAM_END;
	if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR) {
		in->failed = r == Z_MEM_ERROR ? ERR_NOMEM : ERR_MALFORMED;
	}
	return in->failed;
}

uint32_t inflater_crc(uint32_t crc, const uint8_t *p, size_t n)
{
	return (uint32_t)crc32_z(crc, p, n);
}

#endif
