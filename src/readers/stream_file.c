/*
 * stream_file.c - the lowest layer: a regular file, mapped read-only; or anything else (stdin, a
 * pipe, a device, a file that cannot be mapped), read in order. Produces raw bytes, hands each of
 * them once to the hasher if there is one, and keeps the mapped pages that count as ours few. One
 * thread at a time, but for stream_map_done and stream_disk_pos.
 */
#include "readers/stream_layer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "readers/hasher.h"
#include "readers/stream_fault.h"

#define DROP_STEP_BYTES (4u << 20)	/* fewer system calls than batches */
#define PIPE_BYTES (1 << 20)		/* asked for: fewer switches between us and the writer */
#define STOP_POLL_MS 200
#define PAGE_MASK UINT64_C(4095)	/* larger pages only mean that madvise refuses */

struct file_stream {
	struct stream base;
	int fd;
	uint8_t *map;		/* len mapped bytes, or NULL: read */
	uint64_t len;		/* of the mapping, or of the file, UINT64_MAX unknown */
	unsigned int fault_row;
	atomic_uint_fast64_t pos;	/* relaxed: bytes read in order; read by progress */
	atomic_uint_fast64_t done;	/* relaxed: stream_map_done; read by progress */
	uint64_t dropped;	/* mapped bytes before it were given back */
	bool jumped;		/* by stream_file_seek: pos says little */
	uint64_t served;	/* bytes borrowed or read, once jumped */
	struct hasher *hasher;	/* owns; NULL: not asked for */
	bool hash_inline;
	uint64_t hashed;	/* inline and mapped: bytes hashed */
	bool poll;		/* not a regular file: wait with poll before each read */
	const atomic_bool *stop;	/* borrowed, or NULL */
};

static const struct stream_ops map_ops;
static const struct stream_ops read_ops;

static const struct file_stream *const_file_of(const struct stream *s)
{
	return (const struct file_stream *)s;
}

static struct file_stream *file_of(struct stream *s)
{
	return (struct file_stream *)s;
}

static uint64_t pos_of(const struct file_stream *f)
{
	return atomic_load_explicit(&f->pos, memory_order_relaxed);
}

static void set_pos(struct file_stream *f, uint64_t pos)
{
	atomic_store_explicit(&f->pos, pos, memory_order_relaxed);
}

/* ---- mapped ------------------------------------------------------------------------------ */

/* Length the file has now, at most what was mapped. */
static uint64_t present_bytes(const struct file_stream *f)
{
	struct stat st;

	if (fstat(f->fd, &st) != 0 || st.st_size < 0) {
		return f->len;
	}
	return min_u64(f->len, (uint64_t)st.st_size);
}

static void hash_to(struct file_stream *f, uint64_t off)
{
	if (f->hash_inline && off > f->hashed) {
		hasher_update(f->hasher, f->map + f->hashed, (size_t)(off - f->hashed));
		f->hashed = off;
	}
}

static void drop_to(struct file_stream *f, uint64_t off)
{
	uint64_t end = off & ~PAGE_MASK;

	if (end > f->dropped && end - f->dropped >= DROP_STEP_BYTES) {
		(void)madvise(f->map + f->dropped, (size_t)(end - f->dropped), MADV_DONTNEED);
		f->dropped = end;
	}
}

static int map_borrow(struct stream *s, size_t max, const uint8_t **ret_p, size_t *ret_n)
{
	struct file_stream *f = file_of(s);
	uint64_t pos = pos_of(f);
	uint64_t end = present_bytes(f);
	size_t n;

	drop_to(f, pos);
	if (pos >= end) {
		if (pos >= f->len) {
			return ERR_EOF;
		}
		return stream_fail(s, ERR_TRUNCATED, "cut to %llu bytes while it was read",
				   (unsigned long long)end);
	}
	n = (size_t)min_u64(end - pos, max);
	*ret_p = f->map + pos;
	*ret_n = n;
	set_pos(f, pos + n);
	f->served += n;
	if (!f->jumped) {
		hash_to(f, pos + n);
	}
	return 0;
}

static int map_read(struct stream *s, uint8_t *p, size_t n, size_t *ret_n)
{
	const uint8_t *from = NULL;
	int r = map_borrow(s, n < STREAM_PIECE_BYTES ? n : STREAM_PIECE_BYTES, &from, ret_n);

	if (r == 0) {
		memcpy(p, from, *ret_n);
	}
	return r;
}

/* ---- read -------------------------------------------------------------------------------- */

static bool stopped(const struct file_stream *f)
{
	return f->stop != NULL && atomic_load_explicit(f->stop, memory_order_relaxed);
}

/* Waits until something can be read or the run is stopped. A pipe nobody has opened for writing yet
 * is waited for as well. */
static int wait_readable(struct file_stream *f)
{
	struct pollfd pfd = { f->fd, POLLIN, 0 };

	while (f->poll && !stopped(f)) {
		int r = poll(&pfd, 1, f->stop != NULL ? STOP_POLL_MS : -1);

		if (r > 0 || (r < 0 && errno != EINTR)) {
			break; /* an error shows itself in read */
		}
	}
	return stopped(f) ? stream_fail(&f->base, ERR_STOPPED, "stopped while waiting") : 0;
}

static int read_read(struct stream *s, uint8_t *p, size_t n, size_t *ret_n)
{
	struct file_stream *f = file_of(s);
	ssize_t got;

	do {
		int r = wait_readable(f);

		if (r != 0) {
			return r;
		}
		got = read(f->fd, p, n);
	} while (got < 0 && (errno == EINTR || errno == EAGAIN));
	if (got < 0) {
		return stream_fail(s, ERR_IO, "cannot read: %s", strerrordesc_np(errno));
	}
	if (got == 0) {
		return ERR_EOF;
	}
	if (f->hasher != NULL) {
		hasher_update(f->hasher, p, (size_t)got);
	}
	*ret_n = (size_t)got;
	set_pos(f, pos_of(f) + (uint64_t)got);
	return 0;
}

/* ---- both -------------------------------------------------------------------------------- */

static uint64_t file_disk_pos(const struct stream *s)
{
	const struct file_stream *f = const_file_of(s);

	if (f->jumped) {
		return min_u64(f->served, f->len);
	}
	return max_u64(pos_of(f), atomic_load_explicit(&f->done, memory_order_relaxed));
}

static void file_free(struct stream *s)
{
	struct file_stream *f = file_of(s);

	hasher_free(f->hasher);		/* first: its thread reads fd */
	if (f->map != NULL) {
		fault_unregister(f->fault_row);
		munmap(f->map, (size_t)f->len);
	}
	if (f->fd >= 0) {
		close(f->fd);
	}
	free(f);
}

static const struct stream_ops map_ops = {
	.what = "file",
	.read = map_read,
	.free = file_free,
	.borrow = map_borrow,
	.disk_pos = file_disk_pos,
};

static const struct stream_ops read_ops = {
	.what = "file",
	.read = read_read,
	.free = file_free,
	.disk_pos = file_disk_pos,
};

const uint8_t *stream_map(const struct stream *s, uint64_t *ret_len)
{
	if (s->ops != &map_ops) {
		return NULL;
	}
	*ret_len = const_file_of(s)->len;
	return const_file_of(s)->map;
}

uint64_t stream_map_cut(const struct stream *s)
{
	const struct file_stream *f = const_file_of(s);

	if (s->ops != &map_ops) {
		return 0;
	}
	return f->len - present_bytes(f) + fault_lost_bytes(f->fault_row);
}

void stream_map_done(struct stream *s, uint64_t off)
{
	struct file_stream *f = file_of(s);

	if (s->ops != &map_ops || off > f->len) {
		return;
	}
	hash_to(f, off);
	drop_to(f, off);
	atomic_store_explicit(&f->done, off, memory_order_relaxed);
}

bool stream_file_seekable(const struct stream *s)
{
	return s->ops == &map_ops;
}

void stream_file_seek(struct stream *s, uint64_t off)
{
	struct file_stream *f = file_of(s);

	assert(s->ops == &map_ops && off <= f->len);
	s->peek_at = 0;
	s->peek_len = 0;
	s->end = 0;
	f->jumped = true;
	f->dropped = off & ~PAGE_MASK;
	set_pos(f, off);
}

uint64_t stream_file_skip(struct stream *s, uint64_t n)
{
	struct file_stream *f = file_of(s);
	uint64_t have = s->peek_len - s->peek_at;
	uint64_t k = min_u64(have, n);

	assert(s->ops == &map_ops);
	s->peek_at += (size_t)k;
	if (k < n) {
		uint64_t more = min_u64(n - k, f->len - pos_of(f));

		set_pos(f, pos_of(f) + more);
		k += more;
		if (!f->jumped) {
			hash_to(f, pos_of(f));
		}
	}
	return k;
}

uint64_t stream_file_pos(const struct stream *s)
{
	return pos_of(const_file_of(s)) - (s->peek_len - s->peek_at);
}

uint64_t stream_file_size(const struct stream *s)
{
	return const_file_of(s)->len;
}

/* ---- opening ----------------------------------------------------------------------------- */

static int open_fd(struct file_stream *f, const char *path, bool regular_only, struct stat *ret_st,
		   struct err *e)
{
	const char *kind = NULL;

	if (strcmp(path, "-") == 0) {
		f->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	} else {
		/* Not blocking: opening a pipe must not wait for its writer, poll does. */
		f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	}
	if (f->fd < 0 || fstat(f->fd, ret_st) != 0) {
		return err_set_at(e, ERR_OPEN, path, ERR_NO_OFFSET, "cannot open: %s",
				  strerrordesc_np(errno));
	}
	if (S_ISDIR(ret_st->st_mode)) {
		kind = "it is a directory";
	} else if (regular_only && !S_ISREG(ret_st->st_mode)) {
		kind = "it is not a regular file";
	}
	if (kind != NULL) {
		return err_set_at(e, ERR_OPEN, path, ERR_NO_OFFSET, "cannot open: %s", kind);
	}
	return 0;
}

/* Maps a regular file read from its start; what cannot be mapped is read. */
static void try_map(struct file_stream *f, const struct stat *st)
{
	void *p;

	if (!S_ISREG(st->st_mode) || st->st_size <= 0 || (uint64_t)st->st_size > SIZE_MAX ||
	    lseek(f->fd, 0, SEEK_CUR) != 0) {
		return;
	}
	p = mmap(NULL, (size_t)st->st_size, PROT_READ, MAP_PRIVATE, f->fd, 0);
	if (p == MAP_FAILED) {
		return;
	}
	if (fault_register(p, (size_t)st->st_size, f->fd, &f->fault_row) != 0) {
		munmap(p, (size_t)st->st_size);
		return;
	}
	(void)madvise(p, (size_t)st->st_size, MADV_SEQUENTIAL);
	f->map = p;
	f->len = (uint64_t)st->st_size;
	f->base.ops = &map_ops;
}

static int start_hash(struct file_stream *f, bool own_thread, struct err *e)
{
	int r = hasher_new(&f->hasher, e);

	if (r != 0) {
		return r;
	}
	if (!own_thread) {
		f->hash_inline = f->map != NULL;
		return 0;
	}
	return f->map != NULL ? hasher_start_file(f->hasher, f->fd, f->len, e)
			      : hasher_start_queue(f->hasher, e);
}

int stream_open_file(const char *path, const struct file_options *opt, struct stream **ret_s,
		     struct err *e)
{
	struct file_stream *f = calloc(1, sizeof(*f));
	struct stat st;
	int r;

	if (f == NULL) {
		return err_nomem(e, "an input");
	}
	stream_init(&f->base, &read_ops, NULL);
	f->len = UINT64_MAX;
	f->stop = opt->stop;
	r = open_fd(f, path, opt->regular_only, &st, e);
	if (r != 0) {
		goto out;
	}
	if (S_ISREG(st.st_mode)) {
		f->len = (uint64_t)st.st_size;
	} else {
		f->poll = true;
		(void)fcntl(f->fd, F_SETPIPE_SZ, PIPE_BYTES);
	}
	try_map(f, &st);
	if (opt->hash) {
		r = start_hash(f, opt->hash_thread, e);
	}
out:
	if (r != 0) {
		stream_free(&f->base);
		return r;
	}
	*ret_s = &f->base;
	return 0;
}

int stream_file_sha256(struct stream *s, char ret_hex[65], struct err *e)
{
	struct file_stream *f = file_of(s);
	const uint8_t *p;
	size_t n;
	int r = ERR_EOF;

	if (f->hasher == NULL) {
		return err_set(e, ERR_INTERNAL, "no SHA-256 was asked for");
	}
	if (f->map == NULL) {
		while ((r = stream_borrow(s, STREAM_PIECE_BYTES, &p, &n, e)) == 0) {
			/* read_read hashes */
		}
	} else if (f->hash_inline) {
		while (f->hashed < f->len) {
			uint64_t off = min_u64(f->len, f->hashed + STREAM_PIECE_BYTES);

			hash_to(f, off);
			drop_to(f, off);
		}
	}
	if (r != ERR_EOF) {
		return r;
	}
	if (stream_map_cut(s) > 0) {
		return err_set(e, ERR_IO, "the file became shorter while it was read: no SHA-256");
	}
	return hasher_finish(f->hasher, ret_hex, e);
}
