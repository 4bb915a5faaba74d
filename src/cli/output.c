/*
 * output.c - see output.h.
 */
#include "cli/output.h"

#include <errno.h>
#include <unistd.h>

/* Collected before a write: large enough that the call itself does not show in a profile. */
#define OUTPUT_BYTES (256u << 10)

void output_init(struct output *o, int fd)
{
	memset(o, 0, sizeof(*o));
	o->fd = fd;
	buf_init(&o->pending, 2 * OUTPUT_BYTES);
}

void output_release(struct output *o)
{
	buf_release(&o->pending);
}

static int failed(struct output *o, struct err *e)
{
	if (o->code == ERR_IO) {
		err_set(e, ERR_IO, "cannot write standard output: %s", strerror(o->saved_errno));
	} else {
		err_set(e, o->code, "%s", err_text(o->code));
	}
	return o->code;
}

static int write_all(struct output *o, const char *p, size_t len, struct err *e)
{
	while (len > 0) {
		ssize_t n = write(o->fd, p, len);

		if (n > 0) {
			p += n;
			len -= (size_t)n;
		} else if (n < 0 && errno != EINTR) {
			o->code = errno == EPIPE ? ERR_PIPE : ERR_IO;
			o->saved_errno = errno;
			return failed(o, e);
		}
	}
	return 0;
}

int output_flush(struct output *o, struct err *e)
{
	int code;

	if (o->code < 0) {
		return failed(o, e);
	}
	code = write_all(o, o->pending.data, o->pending.len, e);
	buf_reset(&o->pending);
	return code;
}

int output_write(struct output *o, const char *text, size_t len, struct err *e)
{
	int code;

	if (o->code < 0) {
		return failed(o, e);
	}
	if (o->pending.len + len > OUTPUT_BYTES) {
		code = output_flush(o, e);
		if (code < 0) {
			return code;
		}
	}
	if (len > OUTPUT_BYTES) {
		return write_all(o, text, len, e);
	}
	buf_add(&o->pending, text, len);
	if (o->pending.failed) {
		o->code = ERR_NOMEM;
		return failed(o, e);
	}
	return 0;
}

int output_all(const struct buf *b, struct err *e)
{
	struct output o;
	int code;

	if (b->failed) {
		return err_nomem(e, "the text to print");
	}
	output_init(&o, STDOUT_FILENO);
	code = write_all(&o, b->data, b->len, e);
	output_release(&o);
	return code;
}
