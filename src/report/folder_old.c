/*
 * folder_old.c - see folder_old.h. Reads the marker of a folder and compares it with what is there.
 * The marker is a file anybody may have edited: a line counts only when it is NAME or FOLDER/NAME.
 */
#include "report/folder_old.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/folder.h"

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define MARKER_BYTES_MAX (1u << 20)

/* The subfolders of a report. */
static const char *const subfolders[] = { "csv", "plots" };

static bool is_subfolder(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(subfolders); i++) {
		if (strcmp(subfolders[i], name) == 0) {
			return true;
		}
	}
	return false;
}

/* The marker's lines, between two newlines each. False when there is no marker, or it is no
 * plain file. */
static bool read_marker(int fd, struct buf *ret_lines)
{
	int marker = openat(fd, FOLDER_MARKER, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	bool ok;

	if (marker < 0) {
		return false;
	}
	ok = fstat(marker, &st) == 0 && S_ISREG(st.st_mode);
	buf_adds(ret_lines, "\n");
	while (ok) {
		char *room = buf_room(ret_lines, 4096);
		ssize_t n = room != NULL ? read(marker, room, 4096) : 0;

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			ok = n == 0 && !ret_lines->failed;
			break;
		}
		ret_lines->len += (size_t)n;
	}
	buf_adds(ret_lines, "\n" FOLDER_MARKER "\n");
	close(marker);
	return ok && !ret_lines->failed;
}

/* Does a line of the marker say [sub/]name? */
static bool is_listed(const struct buf *lines, const char *sub, const char *name)
{
	struct buf line;
	bool found;

	buf_init(&line, 4096);
	buf_addc(&line, '\n');
	if (sub != NULL) {
		buf_adds(&line, sub);
		buf_addc(&line, '/');
	}
	buf_adds(&line, name);
	buf_addc(&line, '\n');
	found = !line.failed && strchr(name, '\n') == NULL &&
		memmem(lines->data, lines->len, line.data, line.len) != NULL;
	buf_release(&line);
	return found;
}

static bool is_plain_file(int fd, const char *name)
{
	struct stat st;

	return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* Calls each for the entries of a folder but . and .., until one says false. */
typedef bool entry_fn(void *arg, const char *name);

static bool walk_folder(int fd, entry_fn *each, void *arg)
{
	int copy = openat(fd, ".", FOLDER_FLAGS);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *entry;
	bool ok = true;

	if (d == NULL) {
		if (copy >= 0) {
			close(copy);
		}
		return false;
	}
	while (ok && (entry = readdir(d)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			ok = each(arg, entry->d_name);
		}
	}
	closedir(d);
	return ok;
}

struct check {
	int fd;
	const char *sub; /* NULL: the report's folder itself */
	const struct buf *lines;
	char stranger[300]; /* the first thing found that no report wrote */
};

static bool check_entry(void *arg, const char *name)
{
	struct check *c = arg;
	int sub_fd;
	bool ok;

	if (is_listed(c->lines, c->sub, name) && is_plain_file(c->fd, name)) {
		return true;
	}
	sub_fd = c->sub == NULL && is_subfolder(name) ? openat(c->fd, name, FOLDER_FLAGS) : -1;
	if (sub_fd >= 0) {
		struct check sub = { .fd = sub_fd, .sub = name, .lines = c->lines };

		ok = walk_folder(sub_fd, check_entry, &sub);
		close(sub_fd);
		snprintf(c->stranger, sizeof(c->stranger), "%s",
			 sub.stranger[0] != '\0' ? sub.stranger : name);
		return ok;
	}
	snprintf(c->stranger, sizeof(c->stranger), "%s%s%s", c->sub != NULL ? c->sub : "",
		 c->sub != NULL ? "/" : "", name);
	return false;
}

static bool stop_at_once(void *arg, const char *name)
{
	UNUSED_ARG(arg);
	UNUSED_ARG(name);
	return false;
}

static int check_content(int fd, const char *path, struct err *e)
{
	struct buf lines;
	struct check c = { .fd = fd, .lines = &lines };
	int rc = 0;

	buf_init(&lines, MARKER_BYTES_MAX);
	if (walk_folder(fd, stop_at_once, NULL)) {
		/* Empty: nothing is lost. */
	} else if (!read_marker(fd, &lines)) {
		rc = err_set(e, ERR_EXISTS,
			     "'%s' exists and is not a report: choose another folder, or "
			     "remove it",
			     path);
	} else if (!walk_folder(fd, check_entry, &c)) {
		rc = err_set(e, ERR_EXISTS,
			     "'%s' is an earlier report, but '%s' in it is not part of "
			     "that: move it away, or choose another folder",
			     path, c.stranger);
	}
	buf_release(&lines);
	return rc;
}

int folder_old_check(int parent_fd, const char *name, const char *path, struct err *e)
{
	struct stat st;
	int fd;
	int rc;

	if (fstatat(parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		return errno == ENOENT ? 0
				       : err_set(e, ERR_IO, "cannot look at '%s': %s", path,
						 strerror(errno));
	}
	if (!S_ISDIR(st.st_mode)) {
		return err_set(e, ERR_EXISTS,
			       "'%s' exists and is %s: choose another name for the report", path,
			       S_ISLNK(st.st_mode) ? "a symbolic link" : "not a folder");
	}
	fd = openat(parent_fd, name, FOLDER_FLAGS);
	if (fd < 0) {
		return err_set(e, ERR_IO, "cannot open '%s': %s", path, strerror(errno));
	}
	rc = check_content(fd, path, e);
	close(fd);
	return rc;
}

/* ---- removing ---- */

/* "csv/io.csv" as folder and name; false when the line is anything else. */
static bool split_line(char *line, const char **ret_sub, const char **ret_name)
{
	char *slash = strchr(line, '/');

	*ret_sub = NULL;
	*ret_name = line;
	if (slash != NULL) {
		*slash = '\0';
		*ret_sub = line;
		*ret_name = slash + 1;
	}
	return (*ret_name)[0] != '\0' && strcmp(*ret_name, ".") != 0 &&
	       strcmp(*ret_name, "..") != 0 && strchr(*ret_name, '/') == NULL &&
	       (*ret_sub == NULL || is_subfolder(*ret_sub));
}

static void remove_file(int fd, char *line)
{
	const char *sub, *name;
	int sub_fd = fd;

	if (!split_line(line, &sub, &name)) {
		return;
	}
	if (sub != NULL) {
		sub_fd = openat(fd, sub, FOLDER_FLAGS);
	}
	if (sub_fd >= 0 && is_plain_file(sub_fd, name)) {
		unlinkat(sub_fd, name, 0);
	}
	if (sub != NULL && sub_fd >= 0) {
		close(sub_fd);
	}
}

static void remove_files(int fd, const struct buf *files)
{
	struct buf copy;
	char *line;
	char *end;

	buf_init(&copy, MARKER_BYTES_MAX * 2);
	buf_add(&copy, files->data, files->len);
	buf_addc(&copy, '\0');
	if (copy.failed) {
		buf_release(&copy);
		return;
	}
	for (line = copy.data; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		remove_file(fd, line);
	}
	buf_release(&copy);
}

void folder_old_remove(int parent_fd, const char *name, const struct buf *files)
{
	int fd = openat(parent_fd, name, FOLDER_FLAGS);
	struct buf lines;

	if (fd < 0) {
		return;
	}
	buf_init(&lines, MARKER_BYTES_MAX);
	if (files != NULL) {
		remove_files(fd, files);
	} else if (read_marker(fd, &lines)) {
		remove_files(fd, &lines);
	}
	for (size_t i = 0; i < ARRAY_LEN(subfolders); i++) {
		unlinkat(fd, subfolders[i], AT_REMOVEDIR);
	}
	close(fd);
	unlinkat(parent_fd, name, AT_REMOVEDIR);
	buf_release(&lines);
}
