/*
 * script_pattern.c - see script_pattern.h. A backtracking matcher: the pattern is read item by item, and what an item
 * leaves open is tried by recursion, of limited depth. Any thread.
 */
#include "stats/script_pattern.h"

/* Recursions: one per capture or balanced pair entered and per repeated item, as deep as Lua's own goes. */
#define DEPTH_MAX 200

struct item {
	const char *p;		/* the single character class */
	const char *end;	/* behind it */
};

static const char *try_at(struct pattern_match *m, const char *s, const char *p);

static const char *bad(struct pattern_match *m, const char *why)
{
	if (m->error == NULL) {
		m->error = why;
	}
	return NULL;
}

static bool stopped(const struct pattern_match *m)
{
	return m->error != NULL || m->steps == 0;
}

static bool step(struct pattern_match *m)
{
	m->steps -= m->steps > 0;
	return m->steps > 0;
}

/* ---- single characters ------------------------------------------------------------------------------------- */

static bool is_between(unsigned char c, char low, char high)
{
	return c >= (unsigned char)low && c <= (unsigned char)high;
}

static bool is_letter(unsigned char c)
{
	return is_between(c, 'a', 'z') || is_between(c, 'A', 'Z');
}

static bool is_digit(unsigned char c)
{
	return is_between(c, '0', '9');
}

/* %a and its kin; of other letters the character itself. */
static bool in_class(unsigned char c, unsigned char name)
{
	bool in;

	switch (name | 0x20) {
	case 'a': in = is_letter(c); break;
	case 'c': in = c < 0x20 || c == 0x7f; break;
	case 'd': in = is_digit(c); break;
	case 'g': in = c > 0x20 && c < 0x7f; break;
	case 'l': in = is_between(c, 'a', 'z'); break;
	case 'p': in = c > 0x20 && c < 0x7f && !is_letter(c) && !is_digit(c); break;
	case 's': in = c == ' ' || is_between(c, '\t', '\r'); break;
	case 'u': in = is_between(c, 'A', 'Z'); break;
	case 'w': in = is_letter(c) || is_digit(c); break;
	case 'x': in = is_digit(c) || is_between(c | 0x20, 'a', 'f'); break;
	default: return c == name;
	}
	if (!is_letter(name)) {
		return c == name;
	}
	return in != is_between(name, 'A', 'Z');
}

/* Behind the ] of the set whose [ is at p. The first character is never its end. */
static const char *set_end(struct pattern_match *m, const char *p)
{
	p++;
	p += p < m->pattern_end && *p == '^';
	do {
		if (p >= m->pattern_end) {
			return bad(m, "malformed pattern (missing ']')");
		}
		if (*p++ == '%') {
			p++; /* also a ] */
		}
	} while (p >= m->pattern_end || *p != ']');
	return p + 1;
}

/* The set from [ at p to its ] at last. */
static bool in_set(unsigned char c, const char *p, const char *last)
{
	bool wanted = true;

	p++;
	if (*p == '^') {
		wanted = false;
		p++;
	}
	for (; p < last; p++) {
		if (*p == '%' && p + 1 < last) {
			p++;
			if (in_class(c, (unsigned char)*p)) {
				return wanted;
			}
		} else if (p + 2 < last && p[1] == '-') {
			if (c >= (unsigned char)p[0] && c <= (unsigned char)p[2]) {
				return wanted;
			}
			p += 2;
		} else if (c == (unsigned char)*p) {
			return wanted;
		}
	}
	return !wanted;
}

static bool read_item(struct pattern_match *m, const char *p, struct item *ret_item)
{
	const char *end = p + 1;

	if (*p == '%') {
		if (end >= m->pattern_end) {
			bad(m, "malformed pattern (ends with '%')");
			return false;
		}
		end++;
	} else if (*p == '[') {
		end = set_end(m, p);
	}
	*ret_item = (struct item){ p, end };
	return end != NULL;
}

static bool item_is(const struct pattern_match *m, const struct item *it, const char *s)
{
	unsigned char c;

	if (s >= m->subject_end) {
		return false;
	}
	c = (unsigned char)*s;
	switch (*it->p) {
	case '.': return true;
	case '%': return in_class(c, (unsigned char)it->p[1]);
	case '[': return in_set(c, it->p, it->end - 1);
	default: return c == (unsigned char)*it->p;
	}
}

/* ---- items of more than one character ---------------------------------------------------------------------- */

/* As many as there are, then fewer. p is behind the * or +. */
static const char *longest(struct pattern_match *m, const char *s, const struct item *it, const char *p)
{
	size_t n = 0;

	while (step(m) && item_is(m, it, s + n)) {
		n++;
	}
	for (;; n--) {
		const char *end = try_at(m, s + n, p);

		if (end != NULL || n == 0 || stopped(m)) {
			return end;
		}
	}
}

/* As few as possible. */
static const char *shortest(struct pattern_match *m, const char *s, const struct item *it, const char *p)
{
	for (;; s++) {
		const char *end = try_at(m, s, p);

		if (end != NULL || stopped(m) || !step(m) || !item_is(m, it, s)) {
			return end;
		}
	}
}

/* %bxy: from an x to the y that balances it; behind that, NULL: none. */
static const char *balanced(struct pattern_match *m, const char *s, const char *xy)
{
	size_t open = 1;

	if (m->pattern_end - xy < 2) {
		return bad(m, "malformed pattern (missing arguments to '%b')");
	}
	if (s >= m->subject_end || *s != xy[0]) {
		return NULL;
	}
	for (s++; s < m->subject_end && step(m); s++) {
		if (*s == xy[1]) {
			if (--open == 0) {
				return s + 1;
			}
		} else if (*s == xy[0]) {
			open++;
		}
	}
	return NULL;
}

/* %f[set] at s; *ret_p is behind it. The ends of the subject count as NUL. */
static bool is_frontier(struct pattern_match *m, const char *s, const char *p, const char **ret_p)
{
	unsigned char before = s == m->subject ? '\0' : (unsigned char)s[-1];
	unsigned char here = s >= m->subject_end ? '\0' : (unsigned char)*s;
	const char *end;

	if (p >= m->pattern_end || *p != '[') {
		bad(m, "missing '[' after '%f' in pattern");
		return false;
	}
	end = set_end(m, p);
	if (end == NULL) {
		return false;
	}
	*ret_p = end;
	return !in_set(before, p, end - 1) && in_set(here, p, end - 1);
}

static const char *open_capture(struct pattern_match *m, const char *s, const char *p, ptrdiff_t what)
{
	const char *end;

	if (m->count == PATTERN_CAPTURES) {
		return bad(m, "too many captures");
	}
	m->captures[m->count++] = (struct pattern_capture){ s, what };
	end = try_at(m, s, p);
	if (end == NULL) {
		m->count--;
	}
	return end;
}

static const char *close_capture(struct pattern_match *m, const char *s, const char *p)
{
	unsigned int i = m->count;
	const char *end;

	while (i > 0 && m->captures[i - 1].len != CAPTURE_OPEN) {
		i--;
	}
	if (i == 0) {
		return bad(m, "invalid pattern capture");
	}
	m->captures[i - 1].len = s - m->captures[i - 1].from;
	end = try_at(m, s, p);
	if (end == NULL) {
		m->captures[i - 1].len = CAPTURE_OPEN;
	}
	return end;
}

/* %1 to %9: the same text again; behind it, NULL: another one. */
static const char *same_again(struct pattern_match *m, const char *s, char digit)
{
	unsigned int i = (unsigned int)(digit - '1');
	ptrdiff_t len;

	if (digit == '0' || i >= m->count || m->captures[i].len == CAPTURE_OPEN) {
		return bad(m, "invalid capture index in pattern");
	}
	len = m->captures[i].len;
	if (len == CAPTURE_PLACE) {
		return NULL; /* no text */
	}
	m->steps -= min_u64(m->steps, (uint64_t)len / 16);
	return m->subject_end - s >= len && memcmp(m->captures[i].from, s, (size_t)len) == 0 ? s + len : NULL;
}

/* ---- the pattern ------------------------------------------------------------------------------------------- */

/* An item that matches one way only moves *io_s and *io_p on; the others end with a verdict. */
enum verdict { GO_ON, MATCHED, FAILED };

static enum verdict done(const char *end, const char **ret_end)
{
	*ret_end = end;
	return end != NULL ? MATCHED : FAILED;
}

static enum verdict percent_item(struct pattern_match *m, const char **io_s, const char **io_p, bool *ret_taken)
{
	const char *p = *io_p;
	char name = p + 1 < m->pattern_end ? p[1] : '\0';

	*ret_taken = true;
	if (name == 'b') {
		*io_s = balanced(m, *io_s, p + 2);
		*io_p = p + 4;
	} else if (name == 'f') {
		*io_s = is_frontier(m, *io_s, p + 2, io_p) ? *io_s : NULL;
	} else if (p + 1 < m->pattern_end && is_digit((unsigned char)name)) {
		*io_s = same_again(m, *io_s, name);
		*io_p = p + 2;
	} else {
		*ret_taken = false;
		return GO_ON;
	}
	return *io_s != NULL ? GO_ON : FAILED;
}

static enum verdict plain_item(struct pattern_match *m, const char **io_s, const char **io_p, const char **ret_end)
{
	struct item it;
	const char *s = *io_s;
	char suffix;

	if (!read_item(m, *io_p, &it)) {
		return FAILED;
	}
	suffix = it.end < m->pattern_end ? *it.end : '\0';
	switch (suffix) {
	case '*': return done(longest(m, s, &it, it.end + 1), ret_end);
	case '+': return item_is(m, &it, s) ? done(longest(m, s + 1, &it, it.end + 1), ret_end) : FAILED;
	case '-': return done(shortest(m, s, &it, it.end + 1), ret_end);
	case '?':
		if (item_is(m, &it, s)) {
			const char *end = try_at(m, s + 1, it.end + 1);

			if (end != NULL || stopped(m)) {
				return done(end, ret_end);
			}
		}
		*io_p = it.end + 1;
		return GO_ON;
	default:
		if (!item_is(m, &it, s)) {
			return FAILED;
		}
		*io_s = s + 1;
		*io_p = it.end;
		return GO_ON;
	}
}

static enum verdict one_item(struct pattern_match *m, const char **io_s, const char **io_p, const char **ret_end)
{
	const char *s = *io_s;
	const char *p = *io_p;
	enum verdict v;
	bool taken;

	switch (*p) {
	case '(':
		if (p + 1 < m->pattern_end && p[1] == ')') {
			return done(open_capture(m, s, p + 2, CAPTURE_PLACE), ret_end);
		}
		return done(open_capture(m, s, p + 1, CAPTURE_OPEN), ret_end);
	case ')': return done(close_capture(m, s, p + 1), ret_end);
	case '$':
		if (p + 1 == m->pattern_end) {
			return done(s == m->subject_end ? s : NULL, ret_end);
		}
		return plain_item(m, io_s, io_p, ret_end);
	case '%':
		v = percent_item(m, io_s, io_p, &taken);
		return taken ? v : plain_item(m, io_s, io_p, ret_end);
	default: return plain_item(m, io_s, io_p, ret_end);
	}
}

/* Matches the rest of the pattern, from p, at s; behind the match, or NULL. */
static const char *try_at(struct pattern_match *m, const char *s, const char *p)
{
	const char *end = NULL;
	enum verdict v = GO_ON;

	if (m->depth == DEPTH_MAX) {
		return bad(m, "pattern too complex");
	}
	m->depth++;
	while (v == GO_ON && step(m)) {
		if (p >= m->pattern_end) {
			end = s;
			v = MATCHED;
		} else {
			v = one_item(m, &s, &p, &end);
		}
	}
	m->depth--;
	return v == MATCHED ? end : NULL;
}

int pattern_match(struct pattern_match *m, const char *from, const char **ret_end)
{
	const char *end;

	m->count = 0;
	m->depth = 0;
	m->error = NULL;
	end = try_at(m, from, m->pattern);
	for (unsigned int i = 0; end != NULL && i < m->count; i++) {
		if (m->captures[i].len == CAPTURE_OPEN) {
			end = bad(m, "unfinished capture");
		}
	}
	if (m->error != NULL) {
		return PATTERN_BAD;
	}
	if (end == NULL) {
		return m->steps > 0 ? PATTERN_NO : PATTERN_STEPS;
	}
	*ret_end = end;
	return PATTERN_YES;
}

bool pattern_is_plain(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] != '\0' && strchr("^$*+?.([%-", p[i]) != NULL) {
			return false;
		}
	}
	return true;
}
