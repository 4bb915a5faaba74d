/*
 * mkroot.h - a folder of files and links that stands for the root of a machine, or for its /proc.
 */
#ifndef MKROOT_H
#define MKROOT_H

#include "base/base.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

struct mkroot {
	char path[128];
};

static inline void mkroot_init(struct mkroot *r)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(r->path, sizeof(r->path), "%s/thresher-root-XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(r->path) == NULL) {
		abort();
	}
}

static inline int mkroot_remove(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	UNUSED_ARG(st);
	UNUSED_ARG(kind);
	UNUSED_ARG(at);
	return remove(path);
}

static inline void mkroot_end(struct mkroot *r)
{
	nftw(r->path, mkroot_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* The place of name below the root, its folders made. */
static inline const char *mkroot_at(struct mkroot *r, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", r->path, name);
	for (char *s = path + strlen(r->path) + 1; (s = strchr(s, '/')) != NULL; s++) {
		*s = '\0';
		mkdir(path, 0755);
		*s = '/';
	}
	return path;
}

static inline void mkroot_bytes(struct mkroot *r, const char *name, const void *bytes, size_t len)
{
	char path[1024];
	int fd = open(mkroot_at(r, name, path, sizeof(path)), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len) {
		abort();
	}
	close(fd);
}

static inline void mkroot_file(struct mkroot *r, const char *name, const char *text)
{
	mkroot_bytes(r, name, text, strlen(text));
}

static inline void mkroot_link(struct mkroot *r, const char *name, const char *target)
{
	char path[1024];

	if (symlink(target, mkroot_at(r, name, path, sizeof(path))) != 0) {
		abort();
	}
}

#endif
