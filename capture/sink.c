/*
 * sink.c - see sink.h. The writer thread of output.c runs it; tests do from their own.
 *
 * sink_write → compressor (or none) → put() → file. good_bytes is where the file would be cut: the end of the last
 * whole block of a plain file, of the last write of a compressed one.
 */
#include "capture/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/cursor.h"

/* Content of one zstd frame: large enough that starting anew costs nothing, small enough for readers in parallel. */
#define FRAME_BYTES ((uint64_t)8 << 20)
#define OUT_BYTES ((size_t)256 << 10)
#define WAIT_MS 100
/* Of copy_file_range in one call, so that a signal is not waited for too long. */
#define COPY_BYTES ((size_t)16 << 20)

struct sink {
	char *path; /* owns */
	int fd;
	bool is_file, ended, blocked_pipe;
	enum sink_form form;
	_Atomic uint64_t bytes;
	uint64_t good_bytes;
	int code; /* of the first failure */
	const bool *give_up; /* borrows; NULL: never */
	uint8_t *out; /* owns; OUT_BYTES of compressed output */
	ZSTD_CCtx *zstd; /* owns */
	uint64_t frame_bytes; /* given to the frame that is open */
	z_stream gzip;
	bool gzip_open;
	/* At good_bytes, for the end of a file that is cut there: a zstd frame is open; gzip's sums. */
	bool good_open;
	uint32_t good_crc;
	uint32_t good_size;
};

/* ---- opening -------------------------------------------------------------------------------------------- */

/* A signal that ends the recording has come: they are blocked, and wait to be read. */
static bool told_to_end(void)
{
	sigset_t come;

	return sigpending(&come) == 0 &&
	       (sigismember(&come, SIGINT) == 1 || sigismember(&come, SIGTERM) == 1 || sigismember(&come, SIGHUP) == 1);
}

/* A pipe opens when it has a reader, which may be never: errno is then ETIMEDOUT. */
static int open_pipe(const char *path, int flags)
{
	static const struct timespec wait = { 0, WAIT_MS * 1000000L };
	int fd;

	while ((fd = open(path, flags | O_NONBLOCK)) < 0 && errno == ENXIO) {
		if (told_to_end()) {
			errno = ETIMEDOUT;
			return -1;
		}
		nanosleep(&wait, NULL);
	}
	if (fd >= 0 && fcntl(fd, F_SETFL, 0) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Regular files are made new under their own name; others are written into as they are. */
static int open_path(const char *path, const struct sink_options *opt, int *ret_fd, struct err *e)
{
	struct stat st;
	int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY;
	int fd;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		fd = S_ISDIR(st.st_mode) ? -1 : S_ISFIFO(st.st_mode) ? open_pipe(path, flags) : open(path, flags);
		errno = S_ISDIR(st.st_mode) ? EISDIR : errno;
	} else {
		if (opt->force && unlink(path) != 0 && errno != ENOENT) {
			return err_set(e, ERR_OPEN, "cannot replace '%s': %s", path, strerror(errno));
		}
		fd = open(path, flags | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	}
	if (fd < 0 && errno == EEXIST) {
		return err_set(e, ERR_EXISTS, "'%s' exists: name another file, or --force to replace it", path);
	}
	if (fd < 0 && errno == ETIMEDOUT) {
		return err_set(e, ERR_STOPPED, "stopped while nobody reads '%s'", path);
	}
	if (fd < 0) {
		return err_set(e, ERR_OPEN, "cannot write '%s': %s", path, strerror(errno));
	}
	*ret_fd = fd;
	return 0;
}

static int start_gzip(struct sink *s, int level, struct err *e)
{
	if (deflateInit2(&s->gzip, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		return err_nomem(e, "compression");
	}
	s->gzip_open = true;
	return 0;
}

static int start_zstd(struct sink *s, int level, struct err *e)
{
	s->zstd = ZSTD_createCCtx();
	if (s->zstd == NULL || ZSTD_isError(ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_compressionLevel, level))) {
		return err_nomem(e, "compression");
	}
	return 0;
}

static int start_form(struct sink *s, const struct sink_options *opt, struct err *e)
{
	int level = opt->level > 0 ? opt->level : SINK_LEVEL_DEFAULT;

	if (s->form == SINK_PLAIN) {
		return 0;
	}
	s->out = malloc(OUT_BYTES);
	if (s->out == NULL) {
		return err_nomem(e, "compression");
	}
	return s->form == SINK_GZIP ? start_gzip(s, level < 9 ? level : 9, e) : start_zstd(s, level, e);
}

static int open_fd(struct sink *s, const struct sink_options *opt, struct err *e)
{
	struct stat st;
	int rc = 0;

	if (strcmp(s->path, "-") == 0) {
		s->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
		if (s->fd < 0) {
			return err_set(e, ERR_OPEN, "cannot write standard output: %s", strerror(errno));
		}
	} else {
		rc = open_path(s->path, opt, &s->fd, e);
	}
	if (rc != 0 || fstat(s->fd, &st) != 0) {
		return rc != 0 ? rc : err_set(e, ERR_OPEN, "cannot write '%s': %s", s->path, strerror(errno));
	}
	s->is_file = S_ISREG(st.st_mode) && strcmp(s->path, "-") != 0;
	s->blocked_pipe = S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode);
	if (s->is_file && opt->to_user && fchown(s->fd, opt->uid, opt->gid) != 0) {
		return err_set(e, ERR_OPEN, "cannot give '%s' to user %u: %s", s->path, opt->uid, strerror(errno));
	}
	return 0;
}

int sink_open(const char *path, const struct sink_options *opt, struct sink **ret_s, struct err *e)
{
	struct sink *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL) {
		return err_nomem(e, "the output file");
	}
	s->fd = -1;
	s->form = opt->form;
	s->path = strdup(path);
	if (s->path == NULL) {
		rc = err_nomem(e, "the output file");
		goto out;
	}
	rc = start_form(s, opt, e);
	if (rc == 0) {
		rc = open_fd(s, opt, e);
	}
out:
	if (rc != 0) {
		sink_free(s);
		return rc;
	}
	*ret_s = s;
	return 0;
}

void sink_free(struct sink *s)
{
	if (s == NULL) {
		return;
	}
	if (s->fd >= 0) {
		close(s->fd);
	}
	if (s->gzip_open) {
		deflateEnd(&s->gzip);
	}
	ZSTD_freeCCtx(s->zstd);
	free(s->out);
	free(s->path);
	free(s);
}

uint64_t sink_bytes(const struct sink *s)
{
	return atomic_load_explicit(&s->bytes, memory_order_relaxed);
}

const char *sink_path(const struct sink *s)
{
	return s->path;
}

bool sink_is_file(const struct sink *s)
{
	return s->is_file;
}

void sink_give_up_on(struct sink *s, const bool *flag)
{
	s->give_up = flag;
}

/* ---- writing -------------------------------------------------------------------------------------------- */

/* Where the last whole block of the first n bytes of blocks ends. */
static size_t whole_blocks(const uint8_t *p, size_t n)
{
	size_t at = 0;

	while (n - at >= 12) {
		uint32_t total = load_le32(p + at + 4);

		if (total < 12 || total > n - at) {
			break;
		}
		at += total;
	}
	return at;
}

/* The end that a compressed stream cut at its last write lacks: without it readers would call the file truncated.
 * Best effort. */
static void write_end(struct sink *s)
{
	uint8_t tail[10] = { 0x03, 0x00 }; /* gzip: an empty last block, then CRC and size */
	size_t n = sizeof(tail);

	if (s->form == SINK_PLAIN || s->good_bytes == 0) {
		return;
	}
	if (s->form == SINK_ZSTD) {
		memcpy(tail, "\1\0\0", 3); /* an empty last block */
		n = s->good_open ? 3 : 0;
	}
	for (unsigned int i = 0; i < 4 && s->form == SINK_GZIP; i++) {
		tail[2 + i] = (uint8_t)(s->good_crc >> (8 * i));
		tail[6 + i] = (uint8_t)(s->good_size >> (8 * i));
	}
	if (pwrite(s->fd, tail, n, (off_t)s->good_bytes) == (ssize_t)n) {
		s->good_bytes += n;
	}
}

/* Takes back what was not whole. done: bytes of the piece p that did get there; compressed pieces are never whole. */
static void cut_back(struct sink *s, const uint8_t *p, size_t done)
{
	if (!s->is_file) {
		return;
	}
	if (s->form == SINK_PLAIN && p != NULL) {
		s->good_bytes += whole_blocks(p, done);
	}
	if (ftruncate(s->fd, (off_t)s->good_bytes) == 0 && !s->ended) {
		write_end(s);
	}
	s->bytes = s->good_bytes;
}

static int failed(struct sink *s, int why, struct err *e)
{
	bool gone = why == EPIPE && !s->is_file;

	s->code = gone ? ERR_PIPE : ERR_IO;
	return err_set(e, s->code, "cannot write '%s': %s", s->path, why == 0 ? "nothing was taken" : strerror(why));
}

/* Before a write that may block for ever. False: the writer is to give up. */
static bool wait_for_reader(const struct sink *s)
{
	struct pollfd pfd = { s->fd, POLLOUT, 0 };

	while (s->blocked_pipe) {
		if (poll(&pfd, 1, WAIT_MS) != 0) {
			return true;
		}
		if (s->give_up != NULL && __atomic_load_n(s->give_up, __ATOMIC_RELAXED)) {
			errno = EPIPE; /* as if its reader were gone: nobody waits for it any more */
			return false;
		}
	}
	return true;
}

/* Bytes to the file. A pipe that is ready takes PIPE_BUF bytes at least without blocking. */
static int put(struct sink *s, const uint8_t *p, size_t n, struct err *e)
{
	size_t done = 0;

	while (done < n) {
		size_t piece = s->blocked_pipe && n - done > 4096 ? 4096 : n - done;
		ssize_t got = wait_for_reader(s) ? write(s->fd, p + done, piece) : -1;

		if (got > 0) {
			done += (size_t)got;
		} else if (got == 0 || errno != EINTR) {
			int why = got == 0 ? 0 : errno;

			cut_back(s, p, done);
			return failed(s, why, e);
		}
	}
	atomic_fetch_add_explicit(&s->bytes, n, memory_order_relaxed);
	return 0;
}

static int put_gzip(struct sink *s, const void *p, size_t n, int mode, struct err *e)
{
	int rc = 0;
	int r;

	s->gzip.next_in = (Bytef *)(uintptr_t)p;
	s->gzip.avail_in = (uInt)n;
	do {
		s->gzip.next_out = s->out;
		s->gzip.avail_out = (uInt)OUT_BYTES;
		r = deflate(&s->gzip, mode);
		rc = put(s, s->out, OUT_BYTES - s->gzip.avail_out, e);
	} while (rc == 0 && (s->gzip.avail_in > 0 || s->gzip.avail_out == 0 || (mode == Z_FINISH && r == Z_OK)));
	return rc;
}

static int put_zstd(struct sink *s, const void *p, size_t n, ZSTD_EndDirective mode, struct err *e)
{
	ZSTD_inBuffer in = { p, n, 0 };
	size_t left = 1;
	int rc = 0;

	s->frame_bytes += n;
	while (rc == 0 && (in.pos < in.size || (mode != ZSTD_e_continue && left != 0))) {
		ZSTD_outBuffer out = { s->out, OUT_BYTES, 0 };

		left = ZSTD_compressStream2(s->zstd, &out, &in, mode);
		if (ZSTD_isError(left)) {
			s->code = ERR_NOMEM;
			return err_set(e, ERR_NOMEM, "cannot compress '%s': %s", s->path, ZSTD_getErrorName(left));
		}
		rc = put(s, s->out, out.pos, e);
	}
	return rc;
}

/* What is there can be read. */
static void mark_good(struct sink *s)
{
	s->good_bytes = s->bytes;
	s->good_open = s->frame_bytes > 0;
	if (s->form == SINK_GZIP) {
		s->good_crc = (uint32_t)s->gzip.adler;
		s->good_size = (uint32_t)s->gzip.total_in;
	}
}

static int end_frame(struct sink *s, struct err *e)
{
	int rc = put_zstd(s, NULL, 0, ZSTD_e_end, e);

	if (rc == 0) {
		s->frame_bytes = 0;
		mark_good(s);
	}
	return rc;
}

/* What a compressor still has; the end of a frame where one is due. */
static int flush(struct sink *s, struct err *e)
{
	int rc = 0;

	if (s->form == SINK_GZIP) {
		rc = put_gzip(s, NULL, 0, Z_SYNC_FLUSH, e);
	} else if (s->form == SINK_ZSTD && s->frame_bytes >= FRAME_BYTES) {
		return end_frame(s, e);
	} else if (s->form == SINK_ZSTD) {
		rc = put_zstd(s, NULL, 0, ZSTD_e_flush, e);
	}
	if (rc == 0) {
		mark_good(s);
	}
	return rc;
}

int sink_write(struct sink *s, const void *blocks, size_t n, struct err *e)
{
	int rc = s->code;

	assert(!s->ended);
	if (rc != 0 || n == 0) {
		return rc;
	}
	switch (s->form) {
	case SINK_GZIP: rc = put_gzip(s, blocks, n, Z_NO_FLUSH, e); break;
	case SINK_ZSTD: rc = put_zstd(s, blocks, n, ZSTD_e_continue, e); break;
	default: rc = put(s, blocks, n, e); break;
	}
	return rc == 0 ? flush(s, e) : rc;
}

int sink_end(struct sink *s, struct err *e)
{
	int rc = s->code;

	if (rc == 0 && !s->ended && s->form == SINK_GZIP) {
		rc = put_gzip(s, NULL, 0, Z_FINISH, e);
	} else if (rc == 0 && !s->ended && s->form == SINK_ZSTD && s->frame_bytes > 0) {
		rc = end_frame(s, e);
	}
	if (rc == 0) {
		s->ended = true;
		s->good_bytes = s->bytes;
	}
	return rc;
}

/* ---- one file behind another ---------------------------------------------------------------------------- */

/* Through memory, where the kernel cannot copy between the two. */
static int copy_through(struct sink *s, int fd, struct err *e)
{
	uint8_t *piece = malloc(OUT_BYTES);
	ssize_t got = 0;
	int rc = piece == NULL ? err_nomem(e, "copying") : 0;

	while (rc == 0 && (got = read(fd, piece, OUT_BYTES)) > 0) {
		rc = put(s, piece, (size_t)got, e);
	}
	if (rc == 0 && got < 0) {
		rc = err_set(e, ERR_IO, "cannot read back what was recorded: %s", strerror(errno));
	}
	free(piece);
	return rc;
}

static int copy_all(struct sink *s, int fd, struct err *e)
{
	for (;;) {
		ssize_t got = copy_file_range(fd, NULL, s->fd, NULL, COPY_BYTES, 0);

		if (got == 0) {
			return 0;
		}
		if (got < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)) {
			return copy_through(s, fd, e);
		}
		if (got < 0 && errno != EINTR) {
			return failed(s, errno, e);
		}
		s->bytes += got > 0 ? (uint64_t)got : 0;
	}
}

int sink_append(struct sink *s, const char *path, struct err *e)
{
	uint64_t was = s->bytes;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int rc;

	assert(s->ended);
	if (fd < 0) {
		return err_set(e, ERR_IO, "cannot read back '%s': %s", path, strerror(errno));
	}
	rc = copy_all(s, fd, e);
	if (rc != 0 && ftruncate(s->fd, (off_t)was) == 0) {
		s->bytes = was;
	}
	close(fd);
	return rc;
}
