/*
 * parse_list.c - constants on the right side: one, a list in parentheses (Falco), a set in braces with ranges
 * (Wireshark), a list by its name. Main thread only.
 */
#include "base/limits.h"
#include "filter/parse.h"

int parse_constant(struct parser *p, const struct value_read *how, bool in_set,
		   struct constant *ret_k)
{
	struct lexed w;
	int code;

	lex_blanks(&p->x);
	if (lex_at_quote(&p->x)) {
		code = lex_quoted(&p->x, LEX_SYSDIG, &w);
		if (code < 0) {
			return code;
		}
	} else {
		lex_bare(&p->x, in_set, &w);
		if (w.len == 0) {
			return lex_expected(&p->x, "a value");
		}
	}
	return value_read(&p->x, how, &w, ret_k);
}

/* The list of the library that the bare word at hand names, or NULL. */
static const struct library_list *named_list(const struct parser *p, bool in_set, size_t *ret_len)
{
	struct lexer look = p->x;
	struct lexed w;

	if (p->lib == NULL) {
		return NULL;
	}
	lex_bare(&look, in_set, &w);
	*ret_len = w.len;
	return library_find_list(p->lib, w.s, w.len);
}

bool parse_at_list(const struct parser *p)
{
	char c = p->x.text[p->x.at];
	size_t n;

	return c == '(' || c == '{' || named_list(p, false, &n) != NULL;
}

static int add_constant(struct parser *p, struct buf *list, const struct constant *k)
{
	buf_add(list, k, sizeof(*k));
	return list->failed ? parse_nomem(p) : parse_steps(p, 1);
}

/* The items of a list of the library, as if they stood here. */
static int add_named(struct parser *p, const struct library_list *l, const struct value_read *how,
		     size_t at, struct buf *list)
{
	int code = 0;

	for (size_t i = 0; code == 0 && i < l->count; i++) {
		struct lexed w = { l->items[i].s, l->items[i].len, true, at };
		struct constant k;

		w.s = arena_dup(&p->tree->arena, w.s, w.len);
		if (w.s == NULL) {
			return parse_nomem(p);
		}
		code = value_read(&p->x, how, &w, &k);
		if (code == 0) {
			code = add_constant(p, list, &k);
		}
	}
	return code;
}

/* A bare word that names a list is the list. */
static int add_item(struct parser *p, const struct value_read *how, bool in_set, struct buf *list)
{
	size_t at = p->x.at;
	size_t n = 0;
	const struct library_list *l = named_list(p, in_set, &n);
	struct constant k;
	int code;

	if (l != NULL) {
		p->x.at += n;
		return add_named(p, l, how, at, list);
	}
	code = parse_constant(p, how, in_set, &k);
	return code == 0 ? add_constant(p, list, &k) : code;
}

/* 1 .. 5 with blanks is the same as 1..5: taken together before it is read. */
static int add_set_item(struct parser *p, const struct value_read *how, struct buf *list)
{
	struct lexer *x = &p->x;
	size_t at = x->at;
	struct lexed low, dots, high;
	char *both;
	struct constant k;
	int code;

	if (lex_at_quote(x)) {
		return add_item(p, how, true, list);
	}
	lex_bare(x, true, &low);
	lex_blanks(x);
	lex_bare(x, true, &dots);
	if (dots.len != 2 || memcmp(dots.s, "..", 2) != 0) {
		x->at = at;
		return add_item(p, how, true, list);
	}
	lex_blanks(x);
	lex_bare(x, true, &high);
	both = arena_alloc(x->arena, (size_t)low.len + high.len + 2);
	if (both == NULL) {
		return parse_nomem(p);
	}
	memcpy(both, low.s, low.len);
	memcpy(both + low.len, "..", 2);
	memcpy(both + low.len + 2, high.s, high.len);
	low.s = both;
	low.len += high.len + 2;
	code = value_read(x, how, &low, &k);
	return code == 0 ? add_constant(p, list, &k) : code;
}

static int parse_parens(struct parser *p, const struct value_read *how, struct buf *list)
{
	struct lexer *x = &p->x;

	x->at++;
	lex_blanks(x);
	if (lex_take(x, ")")) {
		return 0;
	}
	for (;;) {
		int code;

		lex_blanks(x);
		code = add_item(p, how, false, list);
		if (code < 0) {
			return code;
		}
		lex_blanks(x);
		if (lex_take(x, ")")) {
			return 0;
		}
		if (!lex_take(x, ",")) {
			return lex_expected(x, "',' or ')'");
		}
	}
}

/* Commas or blanks between the items. */
static int parse_braces(struct parser *p, struct value_read how, struct buf *list)
{
	struct lexer *x = &p->x;

	how.range = true;
	x->at++;
	for (;;) {
		int code;

		lex_blanks(x);
		if (lex_take(x, "}")) {
			return 0;
		}
		if (x->at >= x->len) {
			return lex_expected(x, "'}'");
		}
		code = add_set_item(p, &how, list);
		if (code < 0) {
			return code;
		}
		lex_blanks(x);
		(void)lex_take(x, ",");
	}
}

int parse_list(struct parser *p, const struct value_read *how, struct constant **ret_k,
	       uint32_t *ret_count)
{
	char c = p->x.text[p->x.at];
	struct buf list;
	struct constant *k;
	int code;

	buf_init(&list, (size_t)LIMIT_FILTER_STEPS * sizeof(struct constant) * 2);
	if (c == '{') {
		code = parse_braces(p, *how, &list);
	} else if (c == '(') {
		code = parse_parens(p, how, &list);
	} else {
		code = add_item(p, how, false, &list);
	}
	if (code == 0) {
		k = arena_dup(&p->tree->arena, list.data, list.len);
		if (k == NULL) {
			code = parse_nomem(p);
		} else {
			*ret_k = k;
			*ret_count = (uint32_t)(list.len / sizeof(*k));
		}
	}
	buf_release(&list);
	return code;
}
