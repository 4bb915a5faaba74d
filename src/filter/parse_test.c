/*
 * parse_test.c - one check: a field or transformer, an operator, and the constant, list or operand on the
 * right. Main thread only.
 */
#include "filter/parse.h"

/* How an operator is written. Longer symbols stand before those they begin with. */
/* clang-format off */
static const struct spelling {
	const char *text;
	uint8_t op;
	int8_t quant;	/* -1: as the field says */
	bool word;
} spellings[] = {
	{ "!==", OP_NE, QUANT_ANY, false },
	{ "===", OP_EQ, QUANT_ALL, false },
	{ "==", OP_EQ, -1, false },
	{ "=", OP_EQ, -1, false },
	{ "!=", OP_NE, -1, false },
	{ "~=", OP_NE, QUANT_ANY, false },
	{ "~", OP_MATCHES, -1, false },
	{ "<=", OP_LE, -1, false },
	{ "<", OP_LT, -1, false },
	{ ">=", OP_GE, -1, false },
	{ ">", OP_GT, -1, false },
	{ "eq", OP_EQ, -1, true },
	{ "any_eq", OP_EQ, QUANT_ANY, true },
	{ "all_eq", OP_EQ, QUANT_ALL, true },
	{ "ne", OP_NE, -1, true },
	{ "any_ne", OP_NE, QUANT_ANY, true },
	{ "all_ne", OP_NE, QUANT_ALL, true },
	{ "lt", OP_LT, -1, true },
	{ "le", OP_LE, -1, true },
	{ "gt", OP_GT, -1, true },
	{ "ge", OP_GE, -1, true },
	{ "contains", OP_CONTAINS, -1, true },
	{ "icontains", OP_ICONTAINS, -1, true },
	{ "bcontains", OP_BCONTAINS, -1, true },
	{ "startswith", OP_STARTSWITH, -1, true },
	{ "bstartswith", OP_BSTARTSWITH, -1, true },
	{ "endswith", OP_ENDSWITH, -1, true },
	{ "glob", OP_GLOB, -1, true },
	{ "iglob", OP_IGLOB, -1, true },
	{ "regex", OP_REGEX, -1, true },
	{ "matches", OP_MATCHES, -1, true },
	{ "in", OP_IN, -1, true },
	{ "intersects", OP_INTERSECTS, -1, true },
	{ "pmatch", OP_PMATCH, -1, true },
	{ "exists", OP_EXISTS, -1, true },
};
/* clang-format on */

#define N(cls) (1u << CLASS_##cls)
#define NUMBERS (N(NUMBER) | N(PORT) | N(DOUBLE))
#define ALL (NUMBERS | N(BOOL) | N(TEXT) | N(BYTES) | N(IP) | N(NET))

/* What an operator is for. */
/* clang-format off */
static const struct {
	const char *name;
	unsigned int classes;	/* of the left side */
	bool list;		/* takes a list on the right */
	bool many;		/* takes oneof, anyof, allof and a list */
	bool lists;		/* takes a list on the left */
} rules[OP_COUNT] = {
	[OP_EXISTS] = { "exists", ALL, false, false, true },
	[OP_EQ] = { "=", ALL, false, true, false },
	[OP_NE] = { "!=", ALL, false, true, false },
	[OP_LT] = { "<", NUMBERS | N(TEXT), false, false, false },
	[OP_LE] = { "<=", NUMBERS | N(TEXT), false, false, false },
	[OP_GT] = { ">", NUMBERS | N(TEXT), false, false, false },
	[OP_GE] = { ">=", NUMBERS | N(TEXT), false, false, false },
	[OP_CONTAINS] = { "contains", N(TEXT) | N(BYTES), false, true, false },
	[OP_ICONTAINS] = { "icontains", N(TEXT), false, true, false },
	[OP_BCONTAINS] = { "bcontains", N(BYTES), false, true, false },
	[OP_STARTSWITH] = { "startswith", N(TEXT) | N(BYTES), false, true, false },
	[OP_BSTARTSWITH] = { "bstartswith", N(BYTES), false, true, false },
	[OP_ENDSWITH] = { "endswith", N(TEXT) | N(BYTES), false, true, false },
	[OP_GLOB] = { "glob", N(TEXT), false, true, false },
	[OP_IGLOB] = { "iglob", N(TEXT), false, true, false },
	[OP_REGEX] = { "regex", N(TEXT), false, true, false },
	[OP_MATCHES] = { "matches", N(TEXT) | N(BYTES), false, false, false },
	[OP_IN] = { "in", ALL, true, false, true },
	[OP_INTERSECTS] = { "intersects", ALL, true, false, true },
	[OP_PMATCH] = { "pmatch", N(TEXT), true, false, false },
};
/* clang-format on */

/* The check begins at from: how messages name its left side. */
struct check {
	struct parser *p;
	struct filter_test *t;
	size_t from;
	size_t from_len;
	size_t op_at;
	bool negated; /* not in */
};

static struct filter_test *new_test(struct parser *p)
{
	struct filter_test *t = arena_alloc(&p->tree->arena, sizeof(*t));

	if (t != NULL) {
		memset(t, 0, sizeof(*t));
		t->next = p->tree->tests;
		p->tree->tests = t;
	}
	return t;
}

/* At the end of a check, or at what joins it with the next? */
static bool at_end(struct lexer *x)
{
	static const char *const words[] = { "and", "or", "xor" };
	const char *s = x->text + x->at;
	size_t n = lex_name(x);

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (n == strlen(words[i]) && memcmp(s, words[i], n) == 0) {
			return true;
		}
	}
	return s[0] == '\0' || s[0] == ')' || (s[0] == '&' && s[1] == '&') ||
	       (s[0] == '|' && s[1] == '|') || (s[0] == '^' && s[1] == '^');
}

static const struct spelling *take_operator(struct lexer *x)
{
	for (size_t i = 0; i < ARRAY_LEN(spellings); i++) {
		if (spellings[i].word ? lex_take_word(x, spellings[i].text)
				      : lex_take(x, spellings[i].text)) {
			return &spellings[i];
		}
	}
	return NULL;
}

static int read_operator(struct check *k)
{
	struct lexer *x = &k->p->x;
	const struct spelling *s;

	lex_blanks(x);
	k->op_at = x->at;
	if (at_end(x)) {
		k->t->op = OP_EXISTS;
		return 0;
	}
	if (lex_take_word(x, "not")) {
		k->negated = true;
		lex_blanks(x);
		if (!lex_take_word(x, "in")) {
			return lex_expected(x, "'in' behind 'not'");
		}
		k->t->op = OP_IN;
		return 0;
	}
	s = take_operator(x);
	if (s == NULL) {
		return lex_expected(x, "an operator");
	}
	k->t->op = s->op;
	if (s->op == OP_EQ && k->t->left->kind == OPERAND_FIELD &&
	    (k->t->left->use.field->flags & FIELD_WITHIN) != 0) {
		k->t->op = OP_LE;
	}
	k->t->quant = (uint8_t)(s->quant < 0 ? QUANT_ANY : s->quant);
	/* != of a field with two values: both differ. Of ancestors: any does, as all their tests hold for any. */
	if (s->quant < 0 && s->op == OP_NE && !k->t->left->each) {
		k->t->quant = QUANT_ALL;
	}
	return 0;
}

static int check_operator(const struct check *k)
{
	const struct operand *l = k->t->left;
	const struct lexer *x = &k->p->x;
	int n = (int)min_u64(k->from_len, 64);

	if (l->list && !rules[k->t->op].lists) {
		return lex_fail(x, k->op_at,
				"'%.*s' is a list: it takes in, intersects and exists, not %s", n,
				x->text + k->from, rules[k->t->op].name);
	}
	if ((rules[k->t->op].classes & 1u << l->cls) == 0) {
		return lex_fail(x, k->op_at, "operator %s is not for %s, which '%.*s' has%s",
				rules[k->t->op].name, class_name((enum value_class)l->cls), n,
				x->text + k->from,
				k->t->op == OP_BCONTAINS || k->t->op == OP_BSTARTSWITH
					? "; it is for bytes, such as evt.buffer"
					: "");
	}
	return 0;
}

/* oneof, anyof, allof, with a list behind. */
static bool take_many(struct parser *p, uint8_t *ret_many)
{
	static const struct {
		const char *word;
		uint8_t many;
	} words[] = { { "oneof", MANY_ONEOF }, { "anyof", MANY_ANYOF }, { "allof", MANY_ALLOF } };
	size_t at = p->x.at;

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (lex_take_word(&p->x, words[i].word)) {
			lex_blanks(&p->x);
			if (parse_at_list(p)) {
				*ret_many = words[i].many;
				return true;
			}
			p->x.at = at;
		}
	}
	return false;
}

static int check_right(const struct check *k, size_t at)
{
	const struct filter_test *t = k->t;
	const struct operand *r = t->right;
	const struct lexer *x = &k->p->x;
	bool numbers = (NUMBERS & 1u << t->left->cls) != 0 && (NUMBERS & 1u << r->cls) != 0;
	const struct operand *named = r->kind == OPERAND_CALL && r->fn == FN_VAL ? r->args[0] : r;

	if (t->op == OP_PMATCH || t->op == OP_REGEX || t->op == OP_MATCHES ||
	    t->left->cls == CLASS_NET || r->cls == CLASS_NET) {
		return lex_fail(x, at, "%s is compared with constants only",
				t->left->cls == CLASS_NET || r->cls == CLASS_NET
					? "a network"
					: rules[t->op].name);
	}
	if (named->kind == OPERAND_FIELD &&
	    (named->use.field->flags & (FIELD_NO_RHS | FIELD_FILTER_ONLY)) != 0) {
		return lex_fail(x, at, "field '%s' cannot stand on the right side",
				named->use.field->name);
	}
	if (t->left->cls != r->cls && !numbers) {
		return lex_fail(x, at,
				"both sides must be of one type: %s on the left, %s on the right",
				class_name((enum value_class)t->left->cls),
				class_name((enum value_class)r->cls));
	}
	if (r->list && !rules[t->op].list) {
		return lex_fail(x, at, "a list stands behind in and intersects only");
	}
	return 0;
}

/* How many bytes slices take; 0: that depends on the value. */
static uint32_t sliced_bytes(const struct operand *o)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < o->count; i++) {
		const struct slice *s = &o->slices[i];

		if (s->mode == SLICE_REST || (s->mode == SLICE_TO && (s->from < 0 || s->n < s->from))) {
			return 0;
		}
		sum += s->mode == SLICE_TO ? (uint64_t)(s->n - s->from) + 1 : (uint64_t)s->n;
	}
	return sum <= UINT16_MAX ? (uint32_t)sum : 0;
}

static struct value_read how_to_read(const struct check *k, char *name, size_t name_size)
{
	const struct filter_test *t = k->t;
	const struct operand *field = t->left;
	struct value_read how = { .cls = (enum value_class)t->left->cls, .field = name };

	(void)snprintf(name, name_size, "%.*s", (int)min_u64(k->from_len, 64),
		       k->p->x.text + k->from);
	if (t->op == OP_MATCHES) {
		how.cls = CLASS_TEXT;
	}
	if (field->kind == OPERAND_CALL && field->fn == FN_SLICE) {
		how.hex_bytes = true;
		how.bytes = t->op == OP_EQ || t->op == OP_NE || t->op == OP_IN ? sliced_bytes(field) : 0;
		field = field->args[0];
	}
	if (field->kind == OPERAND_FIELD &&
	    (field->use.field->flags & (FIELD_PACKET | FIELD_BOTH)) != 0) {
		how.hex_bytes = true;
		how.hex_digit = how.bytes == 1;
	}
	return how;
}

/* One constant; of "matches" a string with its own escapes. */
static int read_constant(const struct check *k, const struct value_read *how)
{
	struct parser *p = k->p;
	struct constant *c = arena_alloc(&p->tree->arena, sizeof(*c));
	struct lexed w;
	int code;

	if (c == NULL) {
		return parse_nomem(p);
	}
	if (k->t->op == OP_MATCHES && lex_at_quote(&p->x)) {
		code = lex_quoted(&p->x, LEX_REGEX, &w);
		if (code == 0) {
			code = value_read(&p->x, how, &w, c);
		}
	} else {
		code = parse_constant(p, how, false, c);
	}
	if (code < 0) {
		return code;
	}
	k->t->consts = c;
	k->t->count = 1;
	return parse_steps(p, 1);
}

static int read_right(struct check *k)
{
	struct parser *p = k->p;
	struct filter_test *t = k->t;
	char name[72];
	struct value_read how = how_to_read(k, name, sizeof(name));
	size_t at;

	lex_blanks(&p->x);
	at = p->x.at;
	if (rules[t->op].many && take_many(p, &t->many)) {
		return parse_list(p, &how, &t->consts, &t->count);
	}
	if (parse_at_call(p)) {
		struct operand *o;
		int code = parse_operand(p, true, &o);

		if (code == 0) {
			t->right = o;
			code = check_right(k, at);
		}
		return code;
	}
	return rules[t->op].list ? parse_list(p, &how, &t->consts, &t->count)
				 : read_constant(k, &how);
}

/* Bits alone: is any of them set? They exist wherever the number does. */
static int any_bit(struct check *k)
{
	struct constant *zero = arena_alloc(&k->p->tree->arena, sizeof(*zero));

	if (zero == NULL) {
		return parse_nomem(k->p);
	}
	memset(zero, 0, sizeof(*zero));
	k->t->op = OP_NE;
	k->t->quant = QUANT_ANY;
	k->t->consts = zero;
	k->t->count = 1;
	return 0;
}

static int parse_check(struct check *k)
{
	struct parser *p = k->p;
	struct operand *left;
	int code;

	k->from = p->x.at;
	code = parse_left(p, &left);
	if (code < 0) {
		return code;
	}
	k->from_len = p->x.at - k->from;
	k->t->left = left;
	k->t->kinds = left->kinds;
	code = read_operator(k);
	if (code == 0) {
		code = check_operator(k);
	}
	if (code == 0 && k->t->op != OP_EXISTS) {
		code = read_right(k);
	} else if (code == 0 && operand_is_masked(left)) {
		code = any_bit(k);
	}
	k->t->cls = left->cls;
	if (code == 0) {
		code = test_prepare(p, k->t, k->op_at);
	}
	return code < 0 ? code : parse_steps(p, 1);
}

int parse_test(struct parser *p, const struct filter_node **ret_n)
{
	struct check k = { p, new_test(p), 0, 0, 0, false };
	const struct filter_node *n;
	int code;

	if (k.t == NULL) {
		return parse_nomem(p);
	}
	code = parse_check(&k);
	if (code < 0) {
		return code;
	}
	n = filter_node_test(p->tree, k.t);
	if (n != NULL && k.negated) {
		n = filter_node_of(p->tree, NODE_NOT, &n, 1);
	}
	if (n == NULL) {
		return parse_nomem(p);
	}
	*ret_n = n;
	return 0;
}
