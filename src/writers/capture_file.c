/*
 * capture_file.c - see capture_file.h.
 */
#include "writers/capture_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Collected before a write: large enough that the call itself does not show in a profile. */
#define PENDING_BYTES ((size_t)256 << 10)
#define TEMP_TRIES 100

/* "out.pcapng.tmp-3fz81c" with the permissions that the user's mask leaves, unlike mkstemp's. */
static int open_temp(struct capture_file *f, struct err *e)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";

	for (unsigned int i = 0; i < TEMP_TRIES; i++) {
		char suffix[7] = "";
		uint8_t random[6];

		if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
			return err_set(e, ERR_IO, "cannot make a name for a temporary file: %s", strerror(errno));
		}
		for (unsigned int k = 0; k < sizeof(random); k++) {
			suffix[k] = letters[random[k] & 31];
		}
		if (asprintf(&f->temp, "%s.tmp-%s", f->path, suffix) < 0) {
			f->temp = NULL;
			return err_nomem(e, "the output file");
		}
		f->fd = open(f->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
		if (f->fd >= 0) {
			return 0;
		}
		free(f->temp);
		f->temp = NULL;
		if (errno != EEXIST) {
			return err_set(e, ERR_OPEN, "cannot write '%s': %s", f->path, strerror(errno));
		}
	}
	return err_set(e, ERR_OPEN, "cannot write '%s': no free name for a temporary file", f->path);
}

/* A name that something else than a file has is refused before hours of work. */
static int check_target(const struct capture_file *f, struct err *e)
{
	struct stat st;

	if (f->path[0] == '\0' || f->path[strlen(f->path) - 1] == '/') {
		return err_set(e, ERR_USAGE, "'%s' is no name for a file", f->path);
	}
	if (lstat(f->path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)) {
		return err_set(e, ERR_EXISTS, "cannot write '%s': it exists and is no file", f->path);
	}
	return 0;
}

int capture_file_open(const char *path, struct capture_file *ret_f, struct err *e)
{
	int rc = 0;

	memset(ret_f, 0, sizeof(*ret_f));
	ret_f->fd = -1;
	buf_init(&ret_f->pending, 2 * PENDING_BYTES);
	ret_f->path = strdup(path);
	if (ret_f->path == NULL) {
		return err_nomem(e, "the output file");
	}
	if (strcmp(path, "-") == 0) {
		ret_f->fd = STDOUT_FILENO;
		return 0;
	}
	rc = check_target(ret_f, e);
	return rc == 0 ? open_temp(ret_f, e) : rc;
}

static int write_all(struct capture_file *f, const char *p, size_t n, struct err *e)
{
	while (n > 0) {
		ssize_t done = write(f->fd, p, n);

		if (done > 0) {
			p += done;
			n -= (size_t)done;
		} else if (done == 0 || errno != EINTR) {
			bool gone = done < 0 && errno == EPIPE && f->temp == NULL;

			f->code = gone ? ERR_PIPE : ERR_IO;
			return err_set(e, f->code, "cannot write '%s': %s", f->path,
				       done == 0 ? "nothing was taken" : strerror(errno));
		}
	}
	return 0;
}

static int flush(struct capture_file *f, struct err *e)
{
	int rc = write_all(f, f->pending.data, f->pending.len, e);

	buf_reset(&f->pending);
	return rc;
}

int capture_file_write(struct capture_file *f, const void *p, size_t n, struct err *e)
{
	int rc = f->code;

	if (rc == 0 && f->pending.len > 0 && f->pending.len + n > PENDING_BYTES) {
		rc = flush(f, e);
	}
	if (rc != 0) {
		return rc;
	}
	f->bytes += n;
	if (n > PENDING_BYTES) {
		return write_all(f, p, n, e);
	}
	buf_add(&f->pending, p, n);
	if (f->pending.failed) {
		f->code = ERR_NOMEM;
		return err_nomem(e, "the output file");
	}
	return 0;
}

int capture_file_commit(struct capture_file *f, struct err *e)
{
	int rc = f->code == 0 ? flush(f, e) : f->code;

	if (rc != 0 || f->temp == NULL) {
		return rc;
	}
	if (close(f->fd) != 0) {
		rc = err_set(e, ERR_IO, "cannot write '%s': %s", f->path, strerror(errno));
	}
	f->fd = -1;
	if (rc == 0 && rename(f->temp, f->path) != 0) {
		rc = err_set(e, ERR_IO, "cannot rename '%s' to '%s': %s", f->temp, f->path, strerror(errno));
	}
	if (rc == 0) {
		free(f->temp);
		f->temp = NULL;
	}
	f->code = rc;
	return rc;
}

void capture_file_release(struct capture_file *f)
{
	if (f->temp != NULL) {
		if (f->fd >= 0) {
			close(f->fd);
		}
		unlink(f->temp);
	}
	f->fd = -1;
	free(f->temp);
	free(f->path);
	f->temp = NULL;
	f->path = NULL;
	buf_release(&f->pending);
}
