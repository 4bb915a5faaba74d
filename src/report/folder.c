/*
 * folder.c - see folder.h: making, filling and placing the folder of a report. What an existing
 * folder holds, and removing one, is in folder_old.c.
 */
#include "report/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/folder_old.h"

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define MARKER_BYTES_MAX (1u << 20)

/* The path without slashes at the end, and where its last part begins. */
static int split_path(struct folder *f, const char *path, struct err *e)
{
	size_t len = strlen(path);
	const char *slash;

	while (len > 0 && path[len - 1] == '/') {
		len--;
	}
	if (len == 0) {
		return err_set(e, ERR_USAGE,
			       path[0] == '\0' ? "the name of the report folder is empty"
					       : "'/' cannot be a report folder");
	}
	f->path = strndup(path, len);
	if (f->path == NULL) {
		return err_nomem(e, "the report folder");
	}
	slash = strrchr(f->path, '/');
	f->base = slash != NULL ? slash + 1 : f->path;
	if (strcmp(f->base, ".") == 0 || strcmp(f->base, "..") == 0) {
		return err_set(e, ERR_USAGE,
			       "'%s' cannot be replaced by a report: name a folder in it", f->path);
	}
	return 0;
}

static int open_parent(struct folder *f, struct err *e)
{
	char *parent;

	if (f->base == f->path) {
		parent = strdup(".");
	} else {
		/* Keeps the slash: the parent of "/report" is "/". */
		parent = strndup(f->path, (size_t)(f->base - f->path));
	}
	if (parent == NULL) {
		return err_nomem(e, "the report folder");
	}
	f->parent_fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->parent_fd < 0) {
		err_set(e, ERR_IO, "cannot open '%s', where the report goes: %s", parent,
			strerror(errno));
	} else if (faccessat(f->parent_fd, ".", W_OK | X_OK, AT_EACCESS) != 0) {
		err_set(e, ERR_IO, "cannot write to '%s', where the report goes: %s", parent,
			strerror(errno));
		close(f->parent_fd);
		f->parent_fd = -1;
	}
	free(parent);
	return f->parent_fd < 0 ? ERR_IO : 0;
}

int folder_open(const char *path, struct folder *ret_f, struct err *e)
{
	int rc;

	memset(ret_f, 0, sizeof(*ret_f));
	ret_f->parent_fd = -1;
	ret_f->fd = -1;
	buf_init(&ret_f->files, MARKER_BYTES_MAX);
	rc = split_path(ret_f, path, e);
	if (rc == 0) {
		rc = open_parent(ret_f, e);
	}
	if (rc == 0) {
		rc = folder_old_check(ret_f->parent_fd, ret_f->base, ret_f->path, e);
	}
	return rc;
}

void folder_release(struct folder *f)
{
	if (f->fd >= 0) {
		close(f->fd);
		f->fd = -1;
	}
	if (f->temp != NULL) {
		folder_old_remove(f->parent_fd, f->temp, &f->files);
		free(f->temp);
		f->temp = NULL;
	}
	if (f->parent_fd >= 0) {
		close(f->parent_fd);
		f->parent_fd = -1;
	}
	buf_release(&f->files);
	free(f->path);
	f->path = NULL;
}

/* "report.tmp-3fz81c", made with the permissions that the user's mask leaves. */
static int make_beside(struct folder *f, const char *infix, char **ret_name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";

	for (unsigned int tries = 0; tries < 100; tries++) {
		uint8_t random[6];
		char suffix[7] = "";
		char *name = NULL;

		if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
			return -1;
		}
		for (size_t i = 0; i < sizeof(random); i++) {
			suffix[i] = letters[random[i] % 32];
		}
		if (asprintf(&name, "%s%s%s", f->base, infix, suffix) < 0) {
			errno = ENOMEM;
			return -1;
		}
		if (mkdirat(f->parent_fd, name, 0777) == 0) {
			*ret_name = name;
			return 0;
		}
		free(name);
		if (errno != EEXIST) {
			return -1;
		}
	}
	return -1;
}

int folder_begin(struct folder *f, struct err *e)
{
	if (make_beside(f, ".tmp-", &f->temp) != 0) {
		return err_set(e, ERR_IO, "cannot make a folder beside '%s': %s", f->path,
			       strerror(errno));
	}
	f->fd = openat(f->parent_fd, f->temp, FOLDER_FLAGS);
	if (f->fd < 0) {
		return err_set(e, ERR_IO, "cannot open the new folder for '%s': %s", f->path,
			       strerror(errno));
	}
	return 0;
}

int folder_subfolder(struct folder *f, const char *name, struct err *e)
{
	if (mkdirat(f->fd, name, 0777) != 0) {
		return err_set(e, ERR_IO, "cannot make '%s/%s': %s", f->path, name,
			       strerror(errno));
	}
	return 0;
}

static int write_failed(const struct folder *f, const char *name, int error, struct err *e)
{
	if (error == ENOMEM) {
		return err_nomem(e, name);
	}
	return err_set(e, ERR_IO, "cannot write '%s' of the report '%s': %s", name, f->path,
		       strerror(error));
}

int folder_create(struct folder *f, const char *sub, const char *name, struct buf *buf,
		  struct sink *ret_s, struct err *e)
{
	size_t line = f->files.len;
	int fd;

	buf_reset(buf);
	if (sub != NULL) {
		buf_printf(&f->files, "%s/", sub);
	}
	buf_printf(&f->files, "%s\n", name);
	buf_addc(&f->files, '\0');
	if (f->files.failed) {
		return err_nomem(e, "the list of report files");
	}
	/* The line, for a moment, is the path. */
	f->files.data[f->files.len - 2] = '\0';
	fd = openat(f->fd, f->files.data + line,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	f->files.data[f->files.len - 2] = '\n';
	f->files.len--;
	if (fd < 0) {
		return write_failed(f, name, errno, e);
	}
	ret_s->buf = buf;
	ret_s->fd = fd;
	ret_s->error = 0;
	return 0;
}

int folder_close(struct folder *f, const char *name, struct sink *s, struct err *e)
{
	int error = sink_finish(s);

	/* Some file systems tell only now that the disk is full. */
	if (close(s->fd) != 0 && error == 0 && errno != EINTR) {
		error = errno;
	}
	s->fd = -1;
	return error == 0 ? 0 : write_failed(f, name, error, e);
}

static int write_marker(struct folder *f, struct err *e)
{
	struct buf text;
	struct sink s;
	int rc;

	buf_init(&text, MARKER_BYTES_MAX);
	rc = folder_create(f, NULL, FOLDER_MARKER, &text, &s, e);
	if (rc == 0) {
		buf_add(&text, f->files.data, f->files.len);
		rc = folder_close(f, FOLDER_MARKER, &s, e);
	}
	buf_release(&text);
	return rc;
}

/* The old folder stays under a name of its own until the new one is there. For file systems that
 * cannot exchange. */
static int replace_in_steps(struct folder *f, char **ret_old)
{
	char *old = NULL;
	int error;

	if (make_beside(f, ".old-", &old) != 0) {
		return -1;
	}
	if (renameat(f->parent_fd, f->base, f->parent_fd, old) != 0) {
		error = errno;
		unlinkat(f->parent_fd, old, AT_REMOVEDIR);
		free(old);
		errno = error;
		return -1;
	}
	if (renameat(f->parent_fd, f->temp, f->parent_fd, f->base) != 0) {
		error = errno;
		renameat(f->parent_fd, old, f->parent_fd, f->base);
		free(old);
		errno = error;
		return -1;
	}
	*ret_old = old;
	return 0;
}

/* Puts the temporary folder in place; *ret_old (owned by the caller) is where the one before
 * went, or NULL. */
static int place(struct folder *f, char **ret_old)
{
	if (renameat2(f->parent_fd, f->temp, f->parent_fd, f->base, RENAME_NOREPLACE) == 0) {
		*ret_old = NULL;
		return 0;
	}
	if (errno == EEXIST &&
	    renameat2(f->parent_fd, f->temp, f->parent_fd, f->base, RENAME_EXCHANGE) == 0) {
		*ret_old = f->temp;
		f->temp = NULL;
		return 0;
	}
	if (errno != EINVAL && errno != ENOSYS && errno != EEXIST) {
		return -1;
	}
	/* A plain rename replaces nothing and empty folders only. */
	if (renameat(f->parent_fd, f->temp, f->parent_fd, f->base) == 0) {
		*ret_old = NULL;
		return 0;
	}
	if (errno != ENOTEMPTY && errno != EEXIST) {
		return -1;
	}
	return replace_in_steps(f, ret_old);
}

int folder_commit(struct folder *f, struct err *e)
{
	char *old = NULL;
	int rc = write_marker(f, e);

	if (rc != 0) {
		return rc;
	}
	/* Once more: the run may have taken long. */
	rc = folder_old_check(f->parent_fd, f->base, f->path, e);
	if (rc != 0) {
		return rc;
	}
	if (place(f, &old) != 0) {
		return err_set(e, ERR_IO, "cannot put the report in place as '%s': %s", f->path,
			       strerror(errno));
	}
	if (old != NULL) {
		folder_old_remove(f->parent_fd, old, NULL);
		free(old);
	}
	free(f->temp);
	f->temp = NULL;
	return 0;
}
