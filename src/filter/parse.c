/*
 * parse.c - and, or, xor, not, parentheses and macros: text to a tree. Main thread only.
 *
 * Runs of one operator are one node, runs of "not" are counted: what nests is parentheses, and they are
 * counted too. Time and memory grow with the length of the text.
 */
#include "base/limits.h"
#include "filter/nearest.h"
#include "filter/parse.h"

int parse_enter(struct parser *p, size_t at)
{
	unsigned int max = p->lib != NULL ? LIMIT_FILTER_RULES_DEPTH : LIMIT_FILTER_DEPTH;

	if (p->depth >= max) {
		return lex_fail(&p->x, at, "nested too deeply: more than %u levels", max);
	}
	p->depth++;
	return 0;
}

int parse_steps(struct parser *p, size_t n)
{
	if (n > LIMIT_FILTER_STEPS - p->tree->steps) {
		return lex_fail(&p->x, p->x.at, "too many comparisons and values: more than %u",
				LIMIT_FILTER_STEPS);
	}
	p->tree->steps += (uint32_t)n;
	return 0;
}

struct level {
	int kind; /* enum node_kind */
	const char *word;
	const char *symbol;
};

/* From the loosest to the tightest. */
static const struct level levels[] = {
	{ NODE_OR, "or", "||" },
	{ NODE_XOR, "xor", "^^" },
	{ NODE_AND, "and", "&&" },
};

static int parse_level(struct parser *p, unsigned int level, const struct filter_node **ret_n);

#define HINT_MIN 6 /* shorter words are like too many names */

static int no_macro(struct parser *p, size_t n)
{
	struct lexer *x = &p->x;
	const char *what =
		p->lib != NULL ? "is neither a macro nor a field" : "is no field (and there are no macros here)";
	char hint[256];
	bool near = n >= HINT_MIN && nearest_fields(x->text + x->at, n, hint, sizeof(hint));

	return lex_fail(x, x->at, "'%.*s' %s%s%s", (int)min_u64(n, 64), x->text + x->at, what,
			near ? "; nearest: " : "", near ? hint : "");
}

static int parse_macro(struct parser *p, const struct filter_node **ret_n, bool *ret_is)
{
	struct lexer *x = &p->x;
	size_t n = lex_name(x);
	struct filter_tree *macro;
	int code;

	*ret_is = false;
	if (n == 0 || memchr(x->text + x->at, '.', n) != NULL || x->text[x->at + n] == '(') {
		return 0;
	}
	code = library_find_macro(p->lib, x->text + x->at, n, p->visible, &macro, x->e);
	if (code < 0) {
		return code;
	}
	if (macro == NULL) {
		if (field_find(x->text + x->at, n) != NULL) {
			return 0;
		}
		return no_macro(p, n);
	}
	*ret_is = true;
	code = filter_tree_add_dep(p->tree, macro, x->e);
	if (code == 0 && macro->root->depth + p->depth >= LIMIT_FILTER_RULES_DEPTH) {
		code = lex_fail(x, x->at, "macros nest too deeply: more than %d levels",
				LIMIT_FILTER_RULES_DEPTH);
	}
	if (code < 0) {
		return code;
	}
	x->at += n;
	*ret_n = filter_node_macro(p->tree, macro);
	return *ret_n == NULL ? parse_nomem(p) : 0;
}

static int parse_group(struct parser *p, const struct filter_node **ret_n)
{
	struct lexer *x = &p->x;
	int code = parse_enter(p, x->at);

	if (code < 0) {
		return code;
	}
	x->at++;
	code = parse_level(p, 0, ret_n);
	parse_leave(p);
	if (code == 0 && !lex_take(x, ")")) {
		code = lex_expected(x, "'and', 'or' or ')'");
	}
	return code;
}

/* Any number of "not" and "!", then one thing. */
static int parse_not(struct parser *p, const struct filter_node **ret_n)
{
	struct lexer *x = &p->x;
	const struct filter_node *n = NULL;
	bool negated = false;
	bool is_macro = false;
	int code;

	for (;;) {
		lex_blanks(x);
		if (!lex_take_word(x, "not") && !lex_take(x, "!")) {
			break;
		}
		negated = !negated;
	}
	if (x->text[x->at] == '(') {
		code = parse_group(p, &n);
	} else {
		code = parse_macro(p, &n, &is_macro);
		if (code == 0 && !is_macro) {
			code = parse_test(p, &n);
		}
	}
	if (code < 0) {
		return code;
	}
	if (negated) {
		n = filter_node_of(p->tree, NODE_NOT, &n, 1);
	}
	*ret_n = n;
	return n == NULL ? parse_nomem(p) : 0;
}

/* A run of one operator. */
static int parse_level(struct parser *p, unsigned int level, const struct filter_node **ret_n)
{
	const struct filter_node *n;
	struct buf run;
	int code;

	if (level == ARRAY_LEN(levels)) {
		return parse_not(p, ret_n);
	}
	code = parse_level(p, level + 1, &n);
	if (code < 0) {
		return code;
	}
	buf_init(&run, (size_t)LIMIT_FILTER_STEPS * sizeof(n));
	for (;;) {
		lex_blanks(&p->x);
		if (!lex_take_word(&p->x, levels[level].word) &&
		    !lex_take(&p->x, levels[level].symbol)) {
			break;
		}
		buf_add(&run, &n, sizeof(n));
		code = parse_level(p, level + 1, &n);
		if (code < 0) {
			goto out;
		}
	}
	if (run.len > 0) {
		buf_add(&run, &n, sizeof(n));
		n = run.failed ? NULL
			       : filter_node_of(p->tree, levels[level].kind,
						(const struct filter_node *const *)(void *)run.data,
						(uint32_t)(run.len / sizeof(n)));
		code = n == NULL ? parse_nomem(p) : 0;
	}
	if (code == 0) {
		*ret_n = n;
	}
out:
	buf_release(&run);
	return code;
}

static int parse_all(struct parser *p)
{
	int code = parse_level(p, 0, &p->tree->root);

	if (code == 0 && p->x.at < p->x.len) {
		code = lex_expected(&p->x, "'and', 'or' or the end");
	}
	return code;
}

int filter_parse(const char *text, const char *macro, const struct filter_library *lib,
		 uint32_t visible, struct filter_tree **ret_t, struct err *e)
{
	struct parser p;
	int code;

	memset(&p, 0, sizeof(p));
	p.x.len = strlen(text);
	if (p.x.len > LIMIT_FILTER_BYTES) {
		return err_set(e, ERR_USAGE, "the filter is too long: %zu bytes, at most %u",
			       p.x.len, LIMIT_FILTER_BYTES);
	}
	p.tree = filter_tree_new();
	if (p.tree == NULL) {
		return err_nomem(e, "a filter");
	}
	p.lib = lib;
	p.visible = visible;
	p.x.arena = &p.tree->arena;
	p.x.e = e;
	p.x.macro = macro;
	p.x.text = arena_dup(&p.tree->arena, text, p.x.len + 1);
	code = p.x.text == NULL ? parse_nomem(&p) : parse_all(&p);
	if (code < 0) {
		filter_tree_unref(p.tree);
		return code;
	}
	*ret_t = p.tree;
	return 0;
}
