/*
 * input_list.c - what the user named becomes the list of files to open. Reads directories, never
 * contents; produces input_list. Names are sorted by the bytes of the path, so that the list does
 * not depend on the order a file system gives. Runs on the main thread.
 */
#include "readers/input.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/map.h"

/* Files and directories by device and inode; the map finds the newest row of a hash. */
struct seen_row {
	uint64_t dev, ino;
	uint32_t next;		/* row + 1 of the same hash, 0: last */
};

struct input_seen {
	struct map by_hash;	/* to row + 1 */
	struct seen_row *rows;	/* owns */
	size_t count, cap;
};

/* A name found in the walk, before sorting. */
struct found {
	char *path;		/* owns */
	uint64_t dev, ino, bytes;
};

struct walk {
	struct input_list *list;	/* borrowed */
	char **dirs;			/* owns; stack of directories to read */
	size_t dir_count, dir_cap;
	struct found *files;		/* owns */
	size_t file_count, file_cap;
};

/* Makes room for one more element; p may be moved. */
static int grow(void **p, size_t count, size_t *cap, size_t size)
{
	size_t more = *cap < 16 ? 16 : *cap * 2;
	size_t bytes;
	void *moved;

	if (count < *cap) {
		return 0;
	}
	if (!mul_ok(more, size, &bytes)) {
		return ERR_NOMEM;
	}
	moved = realloc(*p, bytes);
	if (moved == NULL) {
		return ERR_NOMEM;
	}
	*p = moved;
	*cap = more;
	return 0;
}

/* ---- the list ---------------------------------------------------------------------------- */

void input_list_init(struct input_list *l)
{
	memset(l, 0, sizeof(*l));
}

void input_list_release(struct input_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->files[i].path);
	}
	for (size_t i = 0; i < l->skip_count; i++) {
		free(l->skips[i].name);
		free(l->skips[i].reason);
	}
	free(l->files);
	free(l->skips);
	if (l->seen != NULL) {
		map_release(&l->seen->by_hash);
		free(l->seen->rows);
		free(l->seen);
	}
	memset(l, 0, sizeof(*l));
}

int input_skip_add(struct input_skip **skips, size_t *count, size_t *cap, const char *name,
		   const char *reason, int code)
{
	struct input_skip s = { NULL, NULL, code };
	void *p = *skips;
	int r = grow(&p, *count, cap, sizeof(s));

	if (r != 0) {
		return r;
	}
	*skips = p;
	s.name = strdup(name);
	s.reason = strdup(reason);
	if (s.name == NULL || s.reason == NULL) {
		free(s.name);
		free(s.reason);
		return ERR_NOMEM;
	}
	(*skips)[(*count)++] = s;
	return 0;
}

static int add_skip(struct input_list *l, const char *name, const char *reason, int code)
{
	return input_skip_add(&l->skips, &l->skip_count, &l->skip_cap, name, reason, code);
}

static int add_file(struct input_list *l, const char *path, uint64_t bytes, bool named)
{
	struct input_file f = { NULL, bytes, named };
	void *p = l->files;

	if (l->count >= LIMIT_INPUT_FILES) {
		return ERR_LIMIT;
	}
	if (grow(&p, l->count, &l->cap, sizeof(f)) != 0) {
		return ERR_NOMEM;
	}
	l->files = p;
	f.path = strdup(path);
	if (f.path == NULL) {
		return ERR_NOMEM;
	}
	l->files[l->count++] = f;
	return 0;
}

/* 1: reached for the first time, and remembered. 0: reached before. Or ERR_NOMEM. */
static int see(struct input_list *l, uint64_t dev, uint64_t ino)
{
	uint64_t hash = map_hash(ino) ^ map_hash(~dev);
	struct input_seen *seen = l->seen;
	uintptr_t first;
	void *p;

	if (seen == NULL) {
		seen = calloc(1, sizeof(*seen));
		if (seen == NULL) {
			return ERR_NOMEM;
		}
		map_init(&seen->by_hash);
		l->seen = seen;
	}
	first = map_get(&seen->by_hash, hash);
	for (uintptr_t i = first; i != 0; i = seen->rows[i - 1].next) {
		if (seen->rows[i - 1].dev == dev && seen->rows[i - 1].ino == ino) {
			return 0;
		}
	}
	p = seen->rows;
	if (seen->count >= UINT32_MAX ||
	    grow(&p, seen->count, &seen->cap, sizeof(*seen->rows)) != 0) {
		return ERR_NOMEM;
	}
	seen->rows = p;
	if (map_set(&seen->by_hash, hash, seen->count + 1) != 0) {
		return ERR_NOMEM;
	}
	seen->rows[seen->count++] = (struct seen_row){ dev, ino, (uint32_t)first };
	return 1;
}

static uint64_t bytes_of(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_size >= 0 ? (uint64_t)st->st_size : UINT64_MAX;
}

/* ---- walking a directory ----------------------------------------------------------------- */

static void walk_release(struct walk *w)
{
	for (size_t i = 0; i < w->dir_count; i++) {
		free(w->dirs[i]);
	}
	for (size_t i = 0; i < w->file_count; i++) {
		free(w->files[i].path);
	}
	free(w->dirs);
	free(w->files);
}

/* Takes path. */
static int push_dir(struct walk *w, char *path)
{
	void *p = w->dirs;

	if (path == NULL || grow(&p, w->dir_count, &w->dir_cap, sizeof(*w->dirs)) != 0) {
		free(path);
		return ERR_NOMEM;
	}
	w->dirs = p;
	w->dirs[w->dir_count++] = path;
	return 0;
}

/* Takes path. */
static int push_file(struct walk *w, char *path, const struct stat *st)
{
	struct found f = { path, (uint64_t)st->st_dev, (uint64_t)st->st_ino, bytes_of(st) };
	void *p = w->files;
	int r = w->file_count < LIMIT_INPUT_FILES ? 0 : ERR_LIMIT;

	if (r == 0) {
		r = grow(&p, w->file_count, &w->file_cap, sizeof(f));
		w->files = p;
	}
	if (r != 0) {
		free(path);
		return r;
	}
	w->files[w->file_count++] = f;
	return 0;
}

static char *join(const char *dir, const char *name)
{
	size_t n = strlen(dir);
	char *path = NULL;

	while (n > 1 && dir[n - 1] == '/') {
		n--;
	}
	if (asprintf(&path, "%.*s%s%s", (int)n, dir, dir[n - 1] == '/' ? "" : "/", name) < 0) {
		return NULL;
	}
	return path;
}

static const char *special_kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFIFO: return "special file (pipe)";
	case S_IFSOCK: return "special file (socket)";
	case S_IFCHR:
	case S_IFBLK: return "special file (device)";
	default: return "special file";
	}
}

/* Takes path: an entry of a directory being walked. */
static int add_entry(struct walk *w, char *path)
{
	struct stat st;
	const char *reason;
	int code = ERR_NOT_CAPTURE;
	int r;

	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		return push_dir(w, path);
	}
	if (stat(path, &st) != 0) {
		reason = errno == ENOENT ? "broken symbolic link" : strerrordesc_np(errno);
		code = ERR_OPEN;
	} else if (S_ISDIR(st.st_mode)) {
		reason = "symbolic link to a directory, not followed";
	} else if (!S_ISREG(st.st_mode)) {
		reason = special_kind(st.st_mode);
	} else if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) != 0) {
		reason = errno == EACCES ? "permission denied" : strerrordesc_np(errno);
		code = ERR_OPEN;
	} else {
		return push_file(w, path, &st);
	}
	r = add_skip(w->list, path, reason, code);
	free(path);
	return r;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* The names in an open directory, sorted: whatever is reached twice is then always reached first by
 * the same path. *ret_names is owned by the caller also on failure. */
static int read_names(DIR *d, char ***ret_names, size_t *ret_count)
{
	struct dirent *de;
	size_t cap = 0;
	int r = 0;

	while (r == 0 && (de = readdir(d)) != NULL) {
		void *p = *ret_names;

		if (is_dot(de->d_name)) {
			continue;
		}
		r = *ret_count < LIMIT_INPUT_FILES ? grow(&p, *ret_count, &cap, sizeof(char *))
						   : ERR_LIMIT;
		if (r == 0) {
			*ret_names = p;
			(*ret_names)[*ret_count] = strdup(de->d_name);
			r = (*ret_names)[*ret_count] != NULL ? 0 : ERR_NOMEM;
			*ret_count += r == 0 ? 1 : 0;
		}
	}
	if (r == 0 && *ret_count > 1) {
		qsort(*ret_names, *ret_count, sizeof(char *), by_name);
	}
	return r;
}

static int walk_open_dir(struct walk *w, DIR *d, const char *dir)
{
	char **names = NULL;
	size_t count = 0;
	int r = read_names(d, &names, &count);

	for (size_t i = 0; i < count; i++) {
		/* Backwards: the stack of directories turns the order round again. */
		char *path = r == 0 ? join(dir, names[count - 1 - i]) : NULL;

		if (r == 0) {
			r = path != NULL ? add_entry(w, path) : ERR_NOMEM;
		}
	}
	for (size_t i = 0; i < count; i++) {
		free(names[i]);
	}
	free(names);
	return r;
}

static int walk_dir(struct walk *w, const char *dir)
{
	struct stat st;
	DIR *d = opendir(dir);
	int r;

	if (d == NULL || fstat(dirfd(d), &st) != 0) {
		r = add_skip(w->list, dir,
			     errno == EACCES ? "permission denied" : strerrordesc_np(errno),
			     ERR_OPEN);
	} else {
		r = see(w->list, (uint64_t)st.st_dev, (uint64_t)st.st_ino);
		if (r == 1) {
			r = walk_open_dir(w, d, dir);
		}
	}
	if (d != NULL) {
		closedir(d);
	}
	return r;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct found *)a)->path, ((const struct found *)b)->path);
}

static int skip_by_name(const void *a, const void *b)
{
	return strcmp(((const struct input_skip *)a)->name, ((const struct input_skip *)b)->name);
}

static int add_directory(struct input_list *l, const char *path)
{
	struct walk w = { .list = l };
	size_t skips_before = l->skip_count;
	int r = push_dir(&w, strdup(path));

	while (r == 0 && w.dir_count > 0) {
		char *dir = w.dirs[--w.dir_count];

		r = walk_dir(&w, dir);
		free(dir);
	}
	if (w.file_count > 1) {
		qsort(w.files, w.file_count, sizeof(*w.files), by_path);
	}
	for (size_t i = 0; i < w.file_count && r == 0; i++) {
		r = see(l, w.files[i].dev, w.files[i].ino);
		if (r == 1) {
			r = add_file(l, w.files[i].path, w.files[i].bytes, false);
		}
	}
	if (l->skip_count - skips_before > 1) {
		qsort(l->skips + skips_before, l->skip_count - skips_before, sizeof(*l->skips),
		      skip_by_name);
	}
	walk_release(&w);
	return r;
}

/* ---- what the user named ----------------------------------------------------------------- */

static int cannot_open(struct err *e, const char *path, const char *why)
{
	return err_set_at(e, ERR_OPEN, path, ERR_NO_OFFSET, "cannot open: %s", why);
}

static int add_named(struct input_list *l, const char *path, struct err *e)
{
	struct stat st;
	bool is_stdin = strcmp(path, "-") == 0;
	int r;

	if ((is_stdin ? fstat(STDIN_FILENO, &st) : stat(path, &st)) != 0) {
		return cannot_open(e, path, strerrordesc_np(errno));
	}
	if (S_ISDIR(st.st_mode) && !is_stdin) {
		return add_directory(l, path);
	}
	if (S_ISSOCK(st.st_mode) && !is_stdin) {
		return cannot_open(e, path, "it is a socket");
	}
	if (!is_stdin && faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) != 0) {
		return cannot_open(e, path, strerrordesc_np(errno));
	}
	r = see(l, (uint64_t)st.st_dev, (uint64_t)st.st_ino);
	return r == 1 ? add_file(l, path, bytes_of(&st), true) : r;
}

int input_list_add(struct input_list *l, const char *path, struct err *e)
{
	int r = add_named(l, path, e);

	if (r == ERR_LIMIT) {
		return err_set_at(e, r, path, ERR_NO_OFFSET, "more than %u files",
				  LIMIT_INPUT_FILES);
	}
	if (r == ERR_NOMEM) {
		return err_nomem(e, "the list of inputs");
	}
	return r;
}
