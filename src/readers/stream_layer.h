/*
 * stream_layer.h - private to the readers: how a stream is made, and how layers stand on each
 * other (file, inflated, archive member, inflated again).
 *
 * A layer owns what it holds but not the layer below: whoever opened them (input.c) frees them
 * from the top down. The generic part (stream.c) does peeking, the sticky end, and filling the
 * caller's buffer; a layer only knows how to produce its next bytes.
 */
#ifndef READERS_STREAM_LAYER_H
#define READERS_STREAM_LAYER_H

#include "base/base.h"

#include <stdatomic.h>

#include "base/err.h"
#include "readers/stream.h"

struct hasher;

#define STREAM_PEEK_BYTES 4096
#define STREAM_PIECE_BYTES (256u << 10)	/* what a layer takes from the one below at a time */

struct stream_ops {
	const char *what;	/* "gzip", "zstd", ...: the beginning of its messages */
	/*
	 * Up to n > 0 bytes into p, *ret_n of them (always written). May deliver bytes and a code
	 * at once: the code holds after the bytes. 0 means at least one byte and more to come.
	 * Detail by stream_fail.
	 */
	int (*read)(struct stream *s, uint8_t *p, size_t n, size_t *ret_n);
	void (*free)(struct stream *s);
	/* May be NULL: the next bytes without copying, as stream_borrow; only mapped files. */
	int (*borrow)(struct stream *s, size_t max, const uint8_t **ret_p, size_t *ret_n);
	uint64_t (*disk_pos)(const struct stream *s);	/* NULL: asks the layer below */
};

/* The head of every layer's own struct. owner: one thread at a time. */
struct stream {
	const struct stream_ops *ops;
	struct stream *under;	/* borrowed until stream_free of this one; NULL: a file */
	uint64_t out;		/* bytes delivered */
	int end;		/* sticky: 0, ERR_EOF, or what ended it */
	struct err end_err;	/* its detail */
	char note[128];		/* stream_note */
	uint8_t *peeked;	/* owns STREAM_PEEK_BYTES, or NULL */
	size_t peek_at, peek_len;
	uint8_t *piece;		/* owns STREAM_PIECE_BYTES, or NULL: for stream_borrow */
};

/* Sets up the head; all else is zeroed by the caller's calloc. */
void stream_init(struct stream *s, const struct stream_ops *ops, struct stream *under);

/* Keeps the detail of what ends s ("gzip: wrong checksum ..."). Returns code. */
int stream_fail(struct stream *s, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The layer below ended inside something: its own code and detail, or ERR_TRUNCATED if it was at
 * a clean end. */
int stream_fail_under(struct stream *s, int code, const struct err *e);

/* The next 1 to max bytes, consumed by this call, borrowed until the next call on s. Codes as
 * stream_read. */
int stream_borrow(struct stream *s, size_t max, const uint8_t **ret_p, size_t *ret_n,
		  struct err *e);

/* ERR_LIMIT when out bytes came from in bytes, and that is a bomb. */
int stream_check_expansion(struct stream *s, uint64_t out, uint64_t in);

/*
 * What a decompressor reads from the layer below, piece by piece.
 */
struct feed {
	struct stream *under;	/* borrowed */
	const uint8_t *p;	/* borrowed until the next feed_fill */
	size_t left;
	uint64_t taken;		/* bytes borrowed from below so far, those left included */
	uint8_t back[8];	/* bytes given back by feed_unread; p points here meanwhile */
	const uint8_t *later;	/* what p was then, or NULL */
	size_t later_left;
	int end;		/* sticky code of the layer below */
	struct err err;
};

void feed_init(struct feed *f, struct stream *under);
/* Makes left > 0, or returns the code that ended the layer below. */
int feed_fill(struct feed *f);
/* Puts n <= 8 bytes before what is left. Not twice without having read the first ones. */
void feed_unread(struct feed *f, const uint8_t *p, size_t n);
/* Exactly n bytes into p, or the code; *ret_n tells how many came. */
int feed_take(struct feed *f, uint8_t *p, size_t n, size_t *ret_n);
/* What expansion is measured against: bytes taken, but at most those of the file on disk, so that a
 * bomb inside a bomb is one. */
uint64_t feed_cost(const struct feed *f);
/* Reads to the end: how many bytes there were (those left included), and whether all were zero. */
int feed_drain(struct feed *f, uint64_t *ret_n, bool *ret_zero);

/* ---- the layers; *ret_s is owned by the caller ---- */

struct file_options {
	bool regular_only;	/* anything else is ERR_OPEN */
	bool hash, hash_thread;
	const atomic_bool *stop;	/* or NULL: true ends a waiting read with ERR_STOPPED */
};

/* path, or "-" for stdin. */
int stream_open_file(const char *path, const struct file_options *opt, struct stream **ret_s,
		     struct err *e);
/* Of a stream made by stream_open_file: reads to the end if need be, see input_sha256. */
int stream_file_sha256(struct stream *s, char ret_hex[65], struct err *e);
/* Whether stream_file_seek works: the file is mapped. */
bool stream_file_seekable(const struct stream *s);
/* Of a mapped file: the next byte read is that at off (at most its length). */
void stream_file_seek(struct stream *s, uint64_t off);
/* Of a mapped file: passes over up to n bytes; how many it were. */
uint64_t stream_file_skip(struct stream *s, uint64_t n);
uint64_t stream_file_pos(const struct stream *s);
uint64_t stream_file_size(const struct stream *s);

int stream_open_gzip(struct stream *under, struct stream **ret_s, struct err *e);
int stream_open_zstd(struct stream *under, struct stream **ret_s, struct err *e);

#endif
