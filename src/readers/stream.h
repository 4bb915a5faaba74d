/*
 * stream.h - the bytes of one capture, in order, whatever wraps them.
 *
 * A stream is a plain file (mapped), an inflated file, an archive member, stdin. Input is opened
 * read-only. Errors in the wrapping (a truncated gzip member, a bad checksum) end the stream:
 * all bytes before the error are delivered first, then stream_read returns the code. One
 * thread at a time.
 */
#ifndef READERS_STREAM_H
#define READERS_STREAM_H

#include "base/err.h"

struct stream;

void stream_free(struct stream *s);

/*
 * Up to n bytes into p. 0 with *ret_n > 0; ERR_EOF at the clean end; ERR_TRUNCATED, ERR_MALFORMED,
 * ERR_LIMIT (expansion ceiling) or ERR_IO after the last good byte, with detail in e.
 * Tries to fill all of p: fewer bytes mean that the end or an error follows.
 */
int stream_read(struct stream *s, void *p, size_t n, size_t *ret_n, struct err *e);

/* The first n bytes without consuming them (n <= 4096), borrowed until the next call; fewer at
 * the end of the stream, where *ret_n may be 0: stream_read then tells how it ended. */
int stream_peek(struct stream *s, const uint8_t **ret_p, size_t n, size_t *ret_n, struct err *e);

/* The whole content when it is a mapped regular file, else NULL. Unchanged by stream_read;
 * valid until stream_free. A file cut while mapped reads as zeros from there on (the fault is
 * caught); stream_map_cut tells how many bytes were lost that way. */
const uint8_t *stream_map(const struct stream *s, uint64_t *ret_len);
uint64_t stream_map_cut(const struct stream *s);

/* Tells that mapped bytes before off are no longer needed: they stop counting as our memory.
 * Reading them again is allowed and only costs time. With inline hashing they are hashed here.
 * May be called by another thread than the one that reads the mapping. */
void stream_map_done(struct stream *s, uint64_t off);

/* Something worth telling that did not end the stream ("gzip: 512 zero bytes after the last member
 * ignored"); "" if nothing. Complete once stream_read gave ERR_EOF; borrowed until stream_free. */
const char *stream_note(const struct stream *s);

/* Bytes of the file on disk consumed so far, for progress. */
uint64_t stream_disk_pos(const struct stream *s);

#endif
