/*
 * file_text.c - see file_text.h.
 */
#include "cli/file_text.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define READ_BYTES ((size_t)64 << 10)

static int read_whole(int fd, const char *path, const char *what, struct buf *out, struct err *e)
{
	for (;;) {
		size_t room = min_u64(READ_BYTES, out->max - out->len);
		char *to = buf_room(out, room > 0 ? room : 1);
		ssize_t n;

		if (to == NULL) {
			return out->len < out->max ? err_nomem(e, what)
						   : err_set(e, ERR_USAGE, "'%s' is larger than %s may be (%zu MiB)",
							     path, what, out->max >> 20);
		}
		n = read(fd, to, room);
		if (n < 0 && errno != EINTR) {
			return err_set(e, ERR_IO, "cannot read '%s': %s", path, strerror(errno));
		}
		if (n == 0) {
			return 0;
		}
		out->len += n > 0 ? (size_t)n : 0;
	}
}

int file_text_read(const char *path, const char *what, bool optional, struct buf *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0) {
		return optional && (errno == ENOENT || errno == ENOTDIR) ? ERR_EOF :
			err_set(e, ERR_OPEN, "cannot open '%s': %s", path, strerror(errno));
	}
	rc = read_whole(fd, path, what, out, e);
	close(fd);
	return rc;
}
