/*
 * lex.h - the text of a filter, read from left to right: blanks, names, words, quoted and bare strings. What
 * a string is depends on where it stands, so the parser asks for what it needs.
 *
 * The text ends with a NUL that is not part of it. Main thread only.
 */
#ifndef FILTER_LEX_H
#define FILTER_LEX_H

#include "base/arena.h"
#include "base/err.h"

struct lexer {
	const char *text;
	size_t len;
	size_t at;
	const char *macro;	/* the text is that of this macro; or NULL */
	struct arena *arena;	/* strings go here */
	struct err *e;
};

struct lexed {
	const char *s;		/* in the arena, or in the text; not terminated */
	uint32_t len;
	bool quoted;
	size_t at;
};

enum lex_escapes {
	LEX_SYSDIG,	/* as filters of Falco have them */
	LEX_REGEX,	/* what is no escape of a string stays, backslash and all, for the regular expression */
	LEX_RAW,	/* r"...": no escapes */
};

/* ERR_USAGE with "column N: ..." (and the macro's name, and the line of a text of several). */
int lex_fail(const struct lexer *x, size_t at, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The same: "expected WHAT, found ...". */
int lex_expected(const struct lexer *x, const char *what);

void lex_blanks(struct lexer *x);

static inline bool lex_is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Bytes of the name at hand: letters, digits, underscores and dots between them, a letter first; 0: none. */
size_t lex_name(const struct lexer *x);

/* Takes the symbol, or the word when it does not go on with name characters or a dot. */
bool lex_take(struct lexer *x, const char *symbol);
bool lex_take_word(struct lexer *x, const char *word);

/* At a quote (or r and a quote)? */
bool lex_at_quote(const struct lexer *x);
int lex_quoted(struct lexer *x, enum lex_escapes how, struct lexed *ret);

/* A word without quotes, possibly empty; in_set: it ends at a brace too. */
void lex_bare(struct lexer *x, bool in_set, struct lexed *ret);

#endif
