/*
 * proc_read.c - see proc_read.h.
 */
#include "capture/proc_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CHUNK_BYTES ((size_t)64 << 10)
#define FIRST_READ_BYTES ((size_t)4096)
#define LINK_BYTES ((size_t)4097)

/* ---- files ---- */

/* Up to max bytes of fd; the buf keeps what came before a failure. */
static int read_all(int fd, size_t max, struct buf *out)
{
	size_t step = FIRST_READ_BYTES;

	while (out->len < max) {
		size_t want = min_u64(max - out->len, step);
		char *room = buf_room(out, want);
		ssize_t n;

		if (room == NULL) {
			return ERR_NOMEM;
		}
		n = read(fd, room, want);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return ERR_IO;
		}
		if (n == 0) {
			break;
		}
		out->len += (size_t)n;
		step = CHUNK_BYTES;
	}
	return 0;
}

int proc_read(int dir_fd, const char *path, size_t max, struct buf *out)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int rc;

	buf_reset(out);
	if (fd < 0) {
		return ERR_OPEN;
	}
	rc = read_all(fd, max, out);
	close(fd);
	return rc;
}

bool proc_link(int dir_fd, const char *path, struct buf *out)
{
	char *room;
	ssize_t n;

	buf_reset(out);
	room = buf_room(out, LINK_BYTES);
	if (room == NULL) {
		return false;
	}
	n = readlinkat(dir_fd, path, room, LINK_BYTES);
	if (n < 0) {
		return false;
	}
	out->len = (size_t)n;
	return true;
}

/* ---- lines ---- */

/* Hands on the whole lines of b and keeps the rest; false: the reader has enough. */
static bool take_lines(struct buf *b, bool *io_skip, proc_line *fn, void *arg)
{
	size_t at = 0;

	for (;;) {
		const char *line = b->data + at;
		const char *end = b->len > at ? memchr(line, '\n', b->len - at) : NULL;

		if (end == NULL) {
			break;
		}
		if (!*io_skip && !fn(arg, line, (size_t)(end - line))) {
			return false;
		}
		*io_skip = false;
		at += (size_t)(end - line) + 1;
	}
	b->len -= at;
	memmove(b->data, b->data + at, b->len);
	return true;
}

static int read_lines(int fd, uint64_t max, struct buf *b, proc_line *fn, void *arg)
{
	bool skip = false;	/* the rest of a line whose beginning was handed on */
	uint64_t total = 0;

	while (total < max) {
		char *room = buf_room(b, CHUNK_BYTES);
		ssize_t n;

		if (room == NULL) {
			return ERR_NOMEM;
		}
		n = read(fd, room, CHUNK_BYTES);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			if (n == 0 && b->len > 0 && !skip) {
				fn(arg, b->data, b->len);
			}
			return n == 0 ? 0 : ERR_IO;
		}
		b->len += (size_t)n;
		total += (uint64_t)n;
		if (!take_lines(b, &skip, fn, arg)) {
			return 0;
		}
		if (b->len >= CHUNK_BYTES) {
			if (!skip && !fn(arg, b->data, b->len)) {
				return 0;
			}
			skip = true;
			b->len = 0;
		}
	}
	return 0;
}

int proc_lines(int dir_fd, const char *path, uint64_t max, proc_line *fn, void *arg)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct buf b;
	int rc;

	if (fd < 0) {
		return ERR_OPEN;
	}
	buf_init(&b, 2 * CHUNK_BYTES);
	rc = read_lines(fd, max, &b, fn, arg);
	buf_release(&b);
	close(fd);
	return rc;
}

void proc_text_lines(const struct buf *text, proc_line *fn, void *arg)
{
	size_t at = 0;

	while (at < text->len) {
		const char *line = text->data + at;
		const char *end = memchr(line, '\n', text->len - at);
		size_t len = end != NULL ? (size_t)(end - line) : text->len - at;

		if (!fn(arg, line, len)) {
			return;
		}
		at += len + 1;
	}
}

/* ---- folders ---- */

static bool number_of(const char *name, int64_t *ret_n)
{
	int64_t n = 0;
	size_t digits = 0;

	for (; name[digits] >= '0' && name[digits] <= '9'; digits++) {
		if (digits == 10) {
			return false;
		}
		n = n * 10 + (name[digits] - '0');
	}
	if (digits == 0 || name[digits] != '\0') {
		return false;
	}
	*ret_n = n;
	return true;
}

int proc_numbers(int fd, size_t max, int64_t **ret_list, size_t *ret_n)
{
	DIR *dir = fdopendir(fd);
	struct dirent *d;
	struct buf list;
	int64_t n;
	int rc = 0;

	if (dir == NULL) {
		close(fd);
		return ERR_OPEN;
	}
	buf_init(&list, max * sizeof(n));
	while ((d = readdir(dir)) != NULL && list.len < max * sizeof(n)) {
		if (number_of(d->d_name, &n)) {
			buf_add(&list, &n, sizeof(n));
		}
	}
	if (list.failed) {
		rc = ERR_NOMEM;
	} else {
		size_t bytes;

		*ret_list = (int64_t *)(void *)buf_detach(&list, &bytes);
		*ret_n = bytes / sizeof(n);
	}
	buf_release(&list);
	closedir(dir);
	return rc;
}

/* ---- below a root ---- */

static int open_below(int root_fd, const char *path, uint64_t flags)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };

	return (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
}

static int open_regular(int root_fd, const char *path, uint64_t flags)
{
	int fd = open_below(root_fd, path, flags);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int root_open(int root_fd, const char *path)
{
	return open_regular(root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

bool root_has(int root_fd, const char *path)
{
	int fd = open_regular(root_fd, path, O_PATH);

	if (fd >= 0) {
		close(fd);
	}
	return fd >= 0;
}

int root_read(int root_fd, const char *path, size_t max, struct buf *out)
{
	int fd = root_open(root_fd, path);
	int rc;

	buf_reset(out);
	if (fd < 0) {
		return ERR_OPEN;
	}
	rc = read_all(fd, max + 1, out);
	close(fd);
	if (rc == 0 && out->len > max) {
		rc = ERR_LIMIT;
	}
	return rc;
}

int root_open_folder(int root_fd, const char *path)
{
	return open_below(root_fd, path, O_RDONLY | O_DIRECTORY);
}
