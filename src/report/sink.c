/*
 * sink.c - see sink.h. Owner: main.
 */
#include "report/sink.h"

#include <errno.h>
#include <unistd.h>

void sink_flush(struct sink *s)
{
	const char *p = s->buf->data;
	size_t left = s->buf->len;

	if (s->buf->failed && s->error == 0) {
		s->error = ENOMEM;
	}
	while (left > 0 && s->error == 0) {
		ssize_t n = write(s->fd, p, left);

		if (n > 0) {
			p += n;
			left -= (size_t)n;
		} else if (n == 0) {
			s->error = EIO;
		} else if (errno != EINTR) {
			s->error = errno;
		}
	}
	buf_reset(s->buf);
}

int sink_finish(struct sink *s)
{
	if (s->fd >= 0) {
		sink_flush(s);
	} else if (s->buf->failed && s->error == 0) {
		s->error = ENOMEM;
	}
	return s->error;
}
