/*
 * proc_mounts.c - see proc_mounts.h. Lines of mountinfo: id, parent, major:minor, root, point, options, optional
 * fields, "-", type, source, options of the file system.
 */
#include "capture/proc_mounts.h"

#include "base/limits.h"
#include "capture/proc_parse.h"
#include "capture/proc_read.h"

#define PATH_BYTES ((size_t)16 << 10)

void mounts_init(struct mounts *m)
{
	memset(m, 0, sizeof(*m));
	arena_init(&m->arena);
	map_init(&m->by_id);
	map_init(&m->namespaces);
}

void mounts_release(struct mounts *m)
{
	map_release(&m->namespaces);
	map_release(&m->by_id);
	free(m->rows);
	arena_release(&m->arena);
}

uint32_t mounts_dev(unsigned int major, unsigned int minor)
{
	return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

/* ---- lines ---- */

struct word {
	const char *s;
	size_t len;
};

static struct word next_word(const char **io_s, const char *end)
{
	struct word w = { text_blanks(*io_s, end), 0 };
	const char *s = w.s;

	while (s < end && *s != ' ') {
		s++;
	}
	w.len = (size_t)(s - w.s);
	*io_s = s;
	return w;
}

static bool word_is(struct word w, const char *text)
{
	return w.len == strlen(text) && memcmp(w.s, text, w.len) == 0;
}

/* A copy with \ooo undone; NULL: no memory. */
static const char *unescape(struct arena *a, struct word w)
{
	char *copy = arena_alloc(a, w.len + 1);
	size_t n = 0;

	for (size_t i = 0; copy != NULL && i < w.len; i++) {
		const char *digits = w.s + i + 1;

		if (w.s[i] == '\\' && w.len - i > 3) {
			copy[n++] = (char)text_number(&digits, w.s + i + 4, 8);
			i += 3;
		} else {
			copy[n++] = w.s[i];
		}
	}
	if (copy != NULL) {
		copy[n] = '\0';
	}
	return copy;
}

/* The value of key (with its '=') in a list of options. */
static struct word option(struct word options, const char *key)
{
	const char *end = options.s + options.len;
	size_t n = strlen(key);
	struct word none = { NULL, 0 };

	for (const char *s = options.s; s < end;) {
		const char *stop = memchr(s, ',', (size_t)(end - s));
		size_t len = (size_t)((stop != NULL ? stop : end) - s);

		if (len > n && memcmp(s, key, n) == 0) {
			struct word value = { s + n, len - n };

			return value;
		}
		s += len + 1;
	}
	return none;
}

static struct mount_row *row_new(struct mounts *m)
{
	if (m->count == m->cap) {
		uint32_t cap = m->cap != 0 ? m->cap * 2 : 256;
		struct mount_row *rows = m->count < LIMIT_MOUNTS ? realloc(m->rows, cap * sizeof(*rows)) : NULL;

		if (rows == NULL) {
			return NULL;
		}
		m->rows = rows;
		m->cap = cap;
	}
	memset(&m->rows[m->count], 0, sizeof(*m->rows));
	return &m->rows[m->count];
}

static void fill_overlay(struct mounts *m, struct mount_row *row, struct word root, struct word point,
			 struct word options)
{
	struct word upper = option(options, "upperdir=");

	row->root = unescape(&m->arena, root);
	row->point = unescape(&m->arena, point);
	row->upper = upper.len > 0 ? unescape(&m->arena, upper) : NULL;
	if (row->root == NULL) {
		row->point = NULL;
	}
}

static bool mount_line(void *arg, const char *line, size_t len)
{
	struct mounts *m = arg;
	const char *end = line + len;
	const char *s = line;
	uint64_t id = text_number(&s, end, 10);
	struct mount_row *row;
	struct word root, point, w;
	unsigned int major, minor;

	next_word(&s, end);
	s = text_blanks(s, end);
	major = (unsigned int)text_number(&s, end, 10);
	s += s < end ? 1 : 0;
	minor = (unsigned int)text_number(&s, end, 10);
	root = next_word(&s, end);
	point = next_word(&s, end);
	do {
		w = next_word(&s, end);
	} while (w.len > 0 && !word_is(w, "-"));
	if (w.len == 0 || map_get(&m->by_id, id) != 0) {
		return true;
	}
	row = row_new(m);
	if (row == NULL) {
		return false;
	}
	row->dev = mounts_dev(major, minor);
	w = next_word(&s, end);
	next_word(&s, end);
	if (word_is(w, "overlay")) {
		fill_overlay(m, row, root, point, next_word(&s, end));
	}
	return map_set(&m->by_id, id, ++m->count) == 0;
}

/* ---- look-up ---- */

const struct mount_row *mounts_find(struct mounts *m, int64_t mnt_id, uint64_t ns, int pid_fd)
{
	uintptr_t at;

	if (mnt_id < 0) {
		return NULL;
	}
	at = map_get(&m->by_id, (uint64_t)mnt_id);
	if (at == 0 && map_get(&m->namespaces, ns) == 0) {
		/* Read once, whatever becomes of it. */
		map_set(&m->namespaces, ns, 1);
		proc_lines(pid_fd, "mountinfo", LIMIT_MOUNT_LIST_BYTES, mount_line, m);
		at = map_get(&m->by_id, (uint64_t)mnt_id);
	}
	return at != 0 ? &m->rows[at - 1] : NULL;
}

/* The part of path behind prefix, which ends at a slash; NULL: not below it. */
static const char *below(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	while (n > 0 && prefix[n - 1] == '/') {
		n--;
	}
	return strncmp(path, prefix, n) == 0 && path[n] == '/' ? path + n : NULL;
}

enum mount_layer mounts_layer(const struct mount_row *row, const char *path, int root_fd)
{
	enum mount_layer layer = LAYER_NONE;
	const char *rest;
	struct buf upper;

	if (row == NULL || row->point == NULL) {
		return LAYER_NONE;
	}
	if (row->upper == NULL) {
		return LAYER_LOWER;
	}
	rest = below(path, row->point);
	if (rest == NULL) {
		return LAYER_NONE;
	}
	buf_init(&upper, PATH_BYTES);
	buf_adds(&upper, row->upper);
	buf_adds(&upper, strcmp(row->root, "/") != 0 ? row->root : "");
	buf_adds(&upper, rest);
	buf_str(&upper);
	if (!upper.failed) {
		layer = root_has(root_fd, upper.data) ? LAYER_UPPER : LAYER_LOWER;
	}
	buf_release(&upper);
	return layer;
}
