/*
 * spool.c - see spool.h. Main thread, before any input is opened.
 */
#include "cli/spool.h"

#include "engine/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES ((size_t)256 << 10)

static bool is_file_at_start(void)
{
	struct stat st;

	return fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode) && lseek(STDIN_FILENO, 0, SEEK_CUR) == 0;
}

static const char *folder(void)
{
	const char *dir = getenv("TMPDIR");

	return dir != NULL && dir[0] != '\0' ? dir : "/tmp";
}

/* A file that has no name, or none any more; -1 and errno. */
static int open_unnamed(void)
{
	int fd = open(folder(), O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
	char *path = NULL;

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) {
		return fd;
	}
	if (asprintf(&path, "%s/thresher-XXXXXX", folder()) < 0) {
		errno = ENOMEM;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0) {
		unlink(path);
	}
	free(path);
	return fd;
}

static int write_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t k = write(fd, p, n);

		if (k < 0 && errno != EINTR) {
			return -1;
		}
		p += k > 0 ? k : 0;
		n -= k > 0 ? (size_t)k : 0;
	}
	return 0;
}

static int copy(int fd, uint64_t limit, uint8_t *chunk, struct spool *s, struct err *e)
{
	for (;;) {
		/* One byte beyond tells whether there is more. */
		size_t want = (size_t)min_u64(CHUNK_BYTES, limit - s->bytes + 1);
		ssize_t n = read(STDIN_FILENO, chunk, want);

		if (engine_stopped()) {
			return ERR_STOPPED;
		}
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return err_set(e, ERR_IO, "cannot read standard input: %s", strerrordesc_np(errno));
		}
		if (n == 0) {
			return 0;
		}
		s->cut = (uint64_t)n > limit - s->bytes;
		n -= s->cut;
		if (write_all(fd, chunk, (size_t)n) != 0) {
			return err_set(e, ERR_IO, "cannot keep standard input in '%s': %s; TMPDIR names another folder",
				       folder(), strerrordesc_np(errno));
		}
		s->bytes += (uint64_t)n;
		if (s->cut) {
			return 0;
		}
	}
}

int spool_stdin(uint64_t limit, struct spool *ret_s, struct err *e)
{
	struct spool s = { 0, false };
	uint8_t *chunk;
	int fd;
	int rc;

	if (is_file_at_start()) {
		*ret_s = s;
		return 0;
	}
	chunk = malloc(CHUNK_BYTES);
	fd = chunk != NULL ? open_unnamed() : -1;
	if (chunk == NULL) {
		rc = err_nomem(e, "standard input");
	} else if (fd < 0) {
		rc = err_set(e, ERR_IO,
			     "cannot make a file in '%s' to keep standard input: %s; TMPDIR names another folder",
			     folder(), strerrordesc_np(errno));
	} else {
		rc = copy(fd, limit, chunk, &s, e);
	}
	if (rc == 0 && (lseek(fd, 0, SEEK_SET) != 0 || dup2(fd, STDIN_FILENO) < 0)) {
		rc = err_set(e, ERR_IO, "cannot read what was kept of standard input: %s", strerrordesc_np(errno));
	}
	if (fd >= 0) {
		close(fd);
	}
	free(chunk);
	if (rc == 0) {
		*ret_s = s;
	}
	return rc;
}
