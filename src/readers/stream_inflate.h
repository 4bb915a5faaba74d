/*
 * stream_inflate.h - raw deflate data in pieces of any size, by ISA-L when it was there at build
 * time (two to three times faster), else by zlib. Both give the same bytes.
 */
#ifndef READERS_STREAM_INFLATE_H
#define READERS_STREAM_INFLATE_H

#include "readers/stream_layer.h"

struct inflater;

/* NULL: no memory. */
struct inflater *inflater_new(void);
void inflater_free(struct inflater *in);

/* A new run of deflate blocks. */
void inflater_reset(struct inflater *in);

/*
 * Inflates what feed has left (not filling it again) into up to n bytes. 0 or ERR_MALFORMED, which
 * holds after *ret_n bytes; both outputs are always written. *ret_finished: the last block is
 * done and what follows it is still in feed. Neither bytes nor finished: feed is used up.
 */
int inflater_run(struct inflater *in, struct feed *feed, uint8_t *p, size_t n, size_t *ret_n,
		 bool *ret_finished);

/* gzip's CRC-32 continued over n bytes; starts as 0. */
uint32_t inflater_crc(uint32_t crc, const uint8_t *p, size_t n);

#endif
