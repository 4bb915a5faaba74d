/*
 * path.c - lexical paths: joining and resolving "." and ".." without a file system.
 *
 * Reads two strings, writes one of at most LIMIT_PATH_BYTES. Any thread.
 */
#include "events/path.h"

static const char too_long[] = "/PATH_TOO_LONG";

/* Drops the last component of out: "/a/b" to "/a", "/a" to "". */
static size_t drop_last(const char *out, size_t len)
{
	while (len > 0 && out[len - 1] != '/') {
		len--;
	}
	return len > 0 ? len - 1 : 0;
}

/* Appends the components of s; out never ends in a slash meanwhile. The caller has checked the
 * room. */
static size_t add_components(char *out, size_t len, const char *s, size_t n)
{
	size_t i = 0;

	while (i < n) {
		const char *slash = memchr(s + i, '/', n - i);
		size_t part = slash != NULL ? (size_t)(slash - (s + i)) : n - i;

		if (part == 2 && s[i] == '.' && s[i + 1] == '.') {
			len = drop_last(out, len);
		} else if (part > 0 && !(part == 1 && s[i] == '.')) {
			out[len++] = '/';
			memcpy(out + len, s + i, part);
			len += part;
		}
		i += part + 1;
	}
	return len;
}

size_t path_absolute(char *out, const char *dir, size_t dir_len, const char *name, size_t name_len)
{
	size_t len = 0;

	if (name_len > 0 && name[0] == '/') {
		dir_len = 0;
	}
	/* Each part may gain one slash in front. */
	if (dir_len >= PATH_BYTES || name_len >= PATH_BYTES ||
	    dir_len + name_len + 3 > PATH_BYTES) {
		memcpy(out, too_long, sizeof(too_long));
		return sizeof(too_long) - 1;
	}
	len = add_components(out, len, dir, dir_len);
	len = add_components(out, len, name, name_len);
	if (len == 0) {
		out[len++] = '/';
	}
	out[len] = '\0';
	return len;
}
