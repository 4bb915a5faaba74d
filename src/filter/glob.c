/*
 * glob.c - see glob.h.
 */
#include "filter/glob.h"

static bool is_special(char c)
{
	return c == '*' || c == '?' || c == '[' || c == '\\';
}

bool glob_is_pattern(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (is_special(s[i])) {
			return true;
		}
	}
	return false;
}

static bool in_range(unsigned char c, unsigned char from, unsigned char to)
{
	return c >= from && c <= to;
}

/* [:name:] of ASCII. */
static bool in_class(const char *name, size_t len, unsigned char c)
{
	/* clang-format off */
	static const struct {
		const char *name;
		const char *ranges;	/* pairs */
	} classes[] = {
		{ "alpha", "azAZ" },	{ "digit", "09" },	 { "alnum", "azAZ09" }, { "upper", "AZ" },
		{ "lower", "az" },	{ "space", "\t\r  " },	 { "blank", "\t\t  " }, { "punct", "!/:@[`{~" },
		{ "print", " ~" },	{ "graph", "!~" },	 { "cntrl", "\1\37\177\177" },
		{ "xdigit", "09afAF" },
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		if (strlen(classes[i].name) != len || memcmp(classes[i].name, name, len) != 0) {
			continue;
		}
		for (const char *r = classes[i].ranges; *r != '\0'; r += 2) {
			if (in_range(c, (unsigned char)r[0], (unsigned char)r[1])) {
				return true;
			}
		}
	}
	return false;
}

/* With fold, in small letters all three. */
static bool between(unsigned char c, unsigned char from, unsigned char to, bool fold)
{
	return fold ? in_range(ascii_lower(c), ascii_lower(from), ascii_lower(to))
		    : in_range(c, from, to);
}

/* A bracket expression at p, behind its '['. Bytes of it with ']', or 0: it is not closed, so '[' is itself. */
static size_t match_bracket(const char *p, size_t left, unsigned char c, bool fold, bool *ret_hit)
{
	size_t i = 0;
	bool negated = left > 0 && (p[0] == '!' || p[0] == '^');
	bool hit = false;

	i += negated;
	for (size_t first = i; i < left; i++) {
		unsigned char from = (unsigned char)p[i];
		unsigned char to;
		const char *end;

		if (from == ']' && i > first) {
			*ret_hit = hit != negated;
			return i + 1;
		}
		if (from == '[' && i + 1 < left && p[i + 1] == ':' &&
		    (end = memmem(p + i + 2, left - i - 2, ":]", 2)) != NULL) {
			size_t n = (size_t)(end - (p + i + 2));

			hit = hit || in_class(p + i + 2, n, c);
			i += n + 3;
			continue;
		}
		if (from == '\\' && i + 1 < left) {
			from = (unsigned char)p[++i];
		}
		to = from;
		if (i + 2 < left && p[i + 1] == '-' && p[i + 2] != ']') {
			i += 2;
			if (p[i] == '\\' && i + 1 < left) {
				i++;
			}
			to = (unsigned char)p[i];
		}
		hit = hit || between(c, from, to, fold);
	}
	return 0;
}

/* One character of the pattern, not '*', against c. Bytes of the pattern; 0: no match. */
static size_t match_one(const char *p, size_t left, unsigned char c, bool fold)
{
	bool hit;
	size_t n;

	switch (p[0]) {
	case '?': return 1;
	case '[':
		n = match_bracket(p + 1, left - 1, c, fold, &hit);
		if (n > 0) {
			return hit ? n + 1 : 0;
		}
		return c == '[';
	case '\\':
		return left > 1 && between(c, (unsigned char)p[1], (unsigned char)p[1], fold) ? 2
											      : 0;
	default: return between(c, (unsigned char)p[0], (unsigned char)p[0], fold);
	}
}

/* Of several stars only the last needs to be tried again: what the earlier ones took was the shortest that fits. */
bool glob_match(const char *pattern, size_t pattern_len, const char *s, size_t len, bool fold)
{
	size_t p = 0;
	size_t i = 0;
	size_t star = SIZE_MAX;
	size_t star_i = 0;

	while (i < len) {
		size_t n = 0;

		if (p < pattern_len && pattern[p] == '*') {
			star = ++p;
			star_i = i;
			continue;
		}
		if (!fold && p < pattern_len && !is_special(pattern[p])) {
			/* Behind a star: on to where its next character stands. */
			if (p == star && s[i] != pattern[p]) {
				const char *next = memchr(s + i, pattern[p], len - i);

				if (next == NULL) {
					return false;
				}
				i = star_i = (size_t)(next - s);
			}
			n = s[i] == pattern[p];
		} else if (p < pattern_len) {
			n = match_one(pattern + p, pattern_len - p, (unsigned char)s[i], fold);
		}
		if (n > 0) {
			p += n;
			i++;
		} else if (star != SIZE_MAX) {
			p = star;
			i = ++star_i;
		} else {
			return false;
		}
	}
	while (p < pattern_len && pattern[p] == '*') {
		p++;
	}
	return p == pattern_len;
}
