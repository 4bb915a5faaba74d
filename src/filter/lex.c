/*
 * lex.c - see lex.h.
 */
#include "filter/lex.h"

#include <stdarg.h>

#define SHOWN_BYTES 40 /* of what was found, in a message */

/* Line and column of a place, from 1; characters, not bytes. */
static void place(const struct lexer *x, size_t at, unsigned int *ret_line,
		  unsigned int *ret_column)
{
	unsigned int line = 1;
	unsigned int column = 1;

	for (size_t i = 0; i < at; i++) {
		if (x->text[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)x->text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	*ret_line = line;
	*ret_column = column;
}

int lex_fail(const struct lexer *x, size_t at, const char *fmt, ...)
{
	char what[400];
	char where[200] = "";
	unsigned int line, column;
	va_list args;
	int n = 0;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	place(x, at, &line, &column);
	if (x->macro != NULL) {
		n = snprintf(where, sizeof(where), "macro '%.64s': ", x->macro);
	}
	if (line > 1) {
		(void)snprintf(where + n, sizeof(where) - (size_t)n, "line %u, ", line);
	}
	return err_set(x->e, ERR_USAGE, "%scolumn %u: %s", where, column, what);
}

int lex_expected(const struct lexer *x, const char *what)
{
	size_t n = x->at;

	while (n < x->len && n - x->at < SHOWN_BYTES && strchr(" \t\r\n\b", x->text[n]) == NULL) {
		n++;
	}
	if (x->at >= x->len) {
		return lex_fail(x, x->at, "expected %s, found the end", what);
	}
	return lex_fail(x, x->at, "expected %s, found '%.*s'", what,
			(int)(n > x->at ? n - x->at : 1), x->text + x->at);
}

void lex_blanks(struct lexer *x)
{
	while (x->at < x->len && strchr(" \t\r\n\b", x->text[x->at]) != NULL) {
		x->at++;
	}
}

size_t lex_name(const struct lexer *x)
{
	const char *s = x->text + x->at;
	size_t n = 0;

	if (!lex_is_name_char(s[0]) || (s[0] >= '0' && s[0] <= '9')) {
		return 0;
	}
	while (lex_is_name_char(s[n]) || (s[n] == '.' && lex_is_name_char(s[n + 1]))) {
		n++;
	}
	return n;
}

bool lex_take(struct lexer *x, const char *symbol)
{
	size_t n = strlen(symbol);

	if (x->len - x->at < n || memcmp(x->text + x->at, symbol, n) != 0) {
		return false;
	}
	x->at += n;
	return true;
}

bool lex_take_word(struct lexer *x, const char *word)
{
	size_t n = strlen(word);

	if (lex_name(x) != n || memcmp(x->text + x->at, word, n) != 0) {
		return false;
	}
	x->at += n;
	return true;
}

bool lex_at_quote(const struct lexer *x)
{
	const char *s = x->text + x->at;

	return s[0] == '"' || s[0] == '\'' || (s[0] == 'r' && (s[1] == '"' || s[1] == '\''));
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* One escape behind its backslash at s[1]; *ret_n: bytes of it, backslash included. -1: none. A backslash and
 * a blank are a backslash: rules were written when that was so by mistake. */
static int escape(const char *s, size_t left, char quote, size_t *ret_n)
{
	static const char from[] = "bfnrt\\/ ";
	static const char to[] = "\b\f\n\r\t\\/\\";
	const char *p;

	*ret_n = 2;
	if (left < 2 || s[1] == '\0') {
		return -1;
	}
	if (s[1] == quote) {
		return (unsigned char)quote;
	}
	if (s[1] == 'x') {
		int high = left >= 4 ? hex_digit(s[2]) : -1;
		int low = high >= 0 ? hex_digit(s[3]) : -1;

		*ret_n = 4;
		return low >= 0 ? high * 16 + low : -1;
	}
	p = strchr(from, s[1]);
	return p != NULL ? (unsigned char)to[p - from] : -1;
}

/* The text between the quotes, escapes done, into out. */
static int unescape(struct lexer *x, size_t from, size_t end, enum lex_escapes how, char quote,
		    char *out, uint32_t *ret_len)
{
	uint32_t len = 0;

	for (size_t i = from; i < end;) {
		size_t n = 1;
		int c = (unsigned char)x->text[i];

		if (c == '\\' && how == LEX_REGEX) {
			/* \\ and the quote's own: one character. All others are told to the regular
			 * expression as they are. */
			n = i + 1 < end ? 2 : 1;
			if (n == 2 && x->text[i + 1] != quote && x->text[i + 1] != '\\') {
				out[len++] = '\\';
			}
			c = (unsigned char)x->text[i + n - 1];
		} else if (c == '\\' && how == LEX_SYSDIG) {
			c = escape(x->text + i, end - i, quote, &n);
			if (c < 0) {
				return lex_fail(x, i,
						"no such escape in a string: '%.2s'; write \\\\ "
						"for a backslash",
						x->text + i);
			}
			if (c == 0) {
				return lex_fail(x, i, "a string cannot hold a NUL byte");
			}
		}
		out[len++] = (char)c;
		i += n;
	}
	*ret_len = len;
	return 0;
}

int lex_quoted(struct lexer *x, enum lex_escapes how, struct lexed *ret)
{
	size_t start = x->at;
	size_t from, end;
	char quote;
	char *out;
	uint32_t len = 0;
	int code;

	if (x->text[x->at] == 'r') {
		how = LEX_RAW;
		x->at++;
	}
	quote = x->text[x->at];
	from = x->at + 1;
	for (end = from; end < x->len; end++) {
		if (x->text[end] == quote &&
		    (x->text[end - 1] != '\\' || how == LEX_RAW || end == from)) {
			break;
		}
	}
	if (end >= x->len) {
		return lex_fail(x, start,
				"the string is not closed: expected %c (one behind a backslash "
				"does not close it)",
				quote);
	}
	out = arena_alloc(x->arena, end - from + 1);
	if (out == NULL) {
		return err_nomem(x->e, "a filter");
	}
	code = unescape(x, from, end, how, quote, out, &len);
	if (code < 0) {
		return code;
	}
	out[len] = '\0';
	x->at = end + 1;
	ret->s = out;
	ret->len = len;
	ret->quoted = true;
	ret->at = start;
	return 0;
}

void lex_bare(struct lexer *x, bool in_set, struct lexed *ret)
{
	const char *s = x->text + x->at;
	size_t n = 0;

	while (s[n] != '\0' && strchr(" \t\r\n\b()\"'=,", s[n]) == NULL &&
	       !(in_set && (s[n] == '}' || s[n] == '{')) && !(s[n] == '&' && s[n + 1] == '&') &&
	       !(s[n] == '|' && s[n + 1] == '|')) {
		n++;
	}
	ret->s = s;
	ret->len = (uint32_t)n;
	ret->quoted = false;
	ret->at = x->at;
	x->at += n;
}
