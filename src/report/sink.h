/*
 * sink.h - where a renderer's bytes go: a buffer, written out to a file whenever it has grown.
 *
 * A renderer appends to s->buf and calls sink_more after each row. With fd -1 the bytes just stay
 * in the buffer. Errors stick: the renderer runs on and sink_finish tells. The caller owns buf and
 * fd.
 */
#ifndef REPORT_SINK_H
#define REPORT_SINK_H

#include "base/buf.h"

#define SINK_FLUSH_BYTES ((size_t)256 << 10)

struct sink {
	struct buf *buf;
	int fd; /* -1: keep all in buf */
	int error; /* errno of the first failure, 0 */
};

void sink_flush(struct sink *s);

static inline void sink_more(struct sink *s)
{
	if (UNLIKELY(s->buf->len >= SINK_FLUSH_BYTES) && s->fd >= 0) {
		sink_flush(s);
	}
}

/* Writes what is left. 0, or the errno of the first failure (ENOMEM: the buffer could not grow). */
int sink_finish(struct sink *s);

#endif
