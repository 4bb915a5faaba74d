/*
 * streams.h - what the suites of the stream layers share: a scratch directory, bytes to wrap, and
 * reading a stream to its end. All static: each suite is a file of its own.
 */
#ifndef STREAMS_H
#define STREAMS_H

#include "readers/stream_layer.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"

static const struct file_options plain_options = { .regular_only = false };

struct dir {
	char path[128];
};

static inline void dir_init(struct dir *d)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(d->path, sizeof(d->path), "%s/thresher-stream-XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(d->path) == NULL) {
		abort();
	}
}

static inline void dir_release(const struct dir *d)
{
	char cmd[256];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", d->path);
	if (system(cmd) != 0) {
		abort();
	}
}

static inline const char *dir_file(const struct dir *d, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", d->path, name);
	return path;
}

static inline void save(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL || (n > 0 && fwrite(p, 1, n, f) != n) || fclose(f) != 0) {
		abort();
	}
}

/* Numbers between text: compresses by about four, differs everywhere. */
static inline void fill(struct buf *b, size_t n)
{
	uint64_t x = 88172645463325252u;

	buf_init(b, SIZE_MAX);
	while (b->len < n) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		buf_adds(b, "read(fd=");
		buf_add_u64(b, x % 100000);
		buf_adds(b, ") = ");
		buf_add(b, &x, 4);
	}
	b->len = n;
}

static inline struct stream *open_file(const char *path)
{
	struct stream *s = NULL;
	struct err e;

	err_init(&e);
	if (stream_open_file(path, &plain_options, &s, &e) != 0) {
		fprintf(stderr, "open %s: %s\n", path, e.message);
		abort();
	}
	return s;
}

/* Reads all in steps of n; returns how it ended. */
static inline int read_all(struct stream *s, size_t step, struct buf *out, struct err *e)
{
	size_t n = 0;
	int r;

	buf_init(out, SIZE_MAX);
	err_init(e);
	do {
		char *room = buf_room(out, step);

		if (room == NULL) {
			abort();
		}
		n = 0;
		r = stream_read(s, room, step, &n, e);
		if (r == 0) {
			CU_ASSERT_TRUE_FATAL(n > 0 && n <= step);
			out->len += n;
		}
	} while (r == 0);
	return r;
}

static inline bool same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

#endif
