/*
 * test_prepare.c - the constants of a test made ready for comparing: sorted, put into sets, expressions
 * compiled; what the test costs and how often it holds. Main thread only.
 */
#include "base/limits.h"
#include "filter/eval.h"
#include "filter/glob.h"
#include "filter/parse.h"
#include "filter/regex.h"
#include "filter/types.h"

/* So many texts are compared one by one. */
#define FEW_TEXTS 8

/* ---- lists ---- */

static int by_number(const void *a, const void *b)
{
	return number_order(((const struct constant *)a)->v.n, ((const struct constant *)b)->v.n);
}

/* Ranges in order; those that touch become one. */
static void sort_numbers(struct filter_test *t)
{
	uint32_t n = 0;

	if (t->count == 0) {
		return;
	}
	qsort(t->consts, t->count, sizeof(*t->consts), by_number);
	for (uint32_t i = 1; i < t->count; i++) {
		if (number_order(t->consts[i].v.n, t->consts[n].to.n) > 0) {
			t->consts[++n] = t->consts[i];
		} else if (number_order(t->consts[i].to.n, t->consts[n].to.n) > 0) {
			t->consts[n].to = t->consts[i].to;
		}
	}
	t->count = n + 1;
}

static int set_of_texts(struct filter_test *t)
{
	t->shortest = UINT32_MAX;
	for (uint32_t i = 0; i < t->count; i++) {
		t->shortest = t->consts[i].len < t->shortest ? t->consts[i].len : t->shortest;
		t->longest = t->consts[i].len > t->longest ? t->consts[i].len : t->longest;
	}
	for (uint32_t i = 0; t->count > FEW_TEXTS && i < t->count; i++) {
		if (text_map_set(&t->set, t->consts[i].v.text, t->consts[i].len, i) < 0) {
			return ERR_NOMEM;
		}
	}
	return 0;
}

/* Those for which first is true move before the others. Their number. */
static uint32_t move_first(struct filter_test *t, bool (*first)(const struct constant *k))
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->count; i++) {
		if (first(&t->consts[i])) {
			struct constant k = t->consts[i];

			t->consts[i] = t->consts[n];
			t->consts[n++] = k;
		}
	}
	return n;
}

static bool is_ip_range(const struct constant *k)
{
	return k->v.text != k->to.text;
}

/* Networks into the set: key is the length of the prefix, then the address. A list of lengths, each once. */
static int set_of_addresses(struct parser *p, struct filter_test *t)
{
	bool seen[2][129] = { { false } };
	uint8_t *prefixes = arena_alloc(&p->tree->arena, 2 * (33 + 129));

	if (prefixes == NULL) {
		return ERR_NOMEM;
	}
	t->plain_count = move_first(t, is_ip_range);
	for (uint32_t i = t->plain_count; i < t->count; i++) {
		const struct constant *k = &t->consts[i];
		uint8_t *key = arena_alloc(&p->tree->arena, 17);
		bool *known = &seen[k->len == 16][k->bits];

		if (key == NULL) {
			return ERR_NOMEM;
		}
		key[0] = k->bits;
		memcpy(key + 1, k->v.text, k->len);
		if (text_map_set(&t->set, key, k->len + 1, i) < 0) {
			return ERR_NOMEM;
		}
		if (!*known) {
			prefixes[2 * t->prefix_count] = (uint8_t)k->len;
			prefixes[2 * t->prefix_count + 1] = k->bits;
			t->prefix_count++;
			*known = true;
		}
	}
	t->prefixes = prefixes;
	return 0;
}

static bool is_plain_path(const struct constant *k)
{
	return !k->glob;
}

static int set_of_paths(struct filter_test *t)
{
	for (uint32_t i = 0; i < t->count; i++) {
		struct constant *k = &t->consts[i];
		bool was_empty = k->len == 0;

		while (k->len > 0 && k->v.text[k->len - 1] == '/') {
			k->len--;
		}
		k->glob = was_empty || glob_is_pattern(k->v.text, k->len);
	}
	t->plain_count = move_first(t, is_plain_path);
	for (uint32_t i = 0; i < t->plain_count; i++) {
		t->longest = t->consts[i].len > t->longest ? t->consts[i].len : t->longest;
		if (text_map_set(&t->set, t->consts[i].v.text, t->consts[i].len, i) < 0) {
			return ERR_NOMEM;
		}
	}
	return 0;
}

static int prepare_list(struct parser *p, struct filter_test *t)
{
	switch (t->cls) {
	case CLASS_TEXT:
	case CLASS_BYTES: return set_of_texts(t);
	case CLASS_IP:
	case CLASS_NET: return set_of_addresses(p, t);
	case CLASS_DOUBLE: return 0;
	default: sort_numbers(t); return 0;
	}
}

/* ---- single constants ---- */

static int lower_constants(struct parser *p, struct filter_test *t)
{
	for (uint32_t i = 0; i < t->count; i++) {
		char *low = arena_alloc(&p->tree->arena, t->consts[i].len + 1);

		if (low == NULL) {
			return ERR_NOMEM;
		}
		for (uint32_t k = 0; k < t->consts[i].len; k++) {
			low[k] = (char)ascii_lower((unsigned char)t->consts[i].v.text[k]);
		}
		t->consts[i].v.text = low;
	}
	return 0;
}

static int hex_constants(struct parser *p, struct filter_test *t, size_t at)
{
	for (uint32_t i = 0; i < t->count; i++) {
		struct constant *k = &t->consts[i];
		char *out = arena_alloc(&p->tree->arena, k->len / 2 + 1);

		if (out == NULL) {
			return ERR_NOMEM;
		}
		if (!value_read_hex(k->v.text, k->len, out, &k->len)) {
			return lex_fail(
				&p->x, at,
				"expected bytes as pairs of hexadecimal digits, found '%.*s'",
				(int)min_u64(k->len, 64), k->v.text);
		}
		k->v.text = out;
	}
	return 0;
}

static int compile_regexes(struct parser *p, struct filter_test *t, size_t at)
{
	const char *text;
	char why[128];

	for (; t->regexes < t->count; t->regexes++) {
		struct constant *k = &t->consts[t->regexes];

		if (p->tree->regexes >= LIMIT_FILTER_REGEXES) {
			return lex_fail(&p->x, at, "too many regular expressions: more than %d",
					LIMIT_FILTER_REGEXES);
		}
		text = k->v.text;
		k->v.re = regex_new(text, k->len, t->op == OP_MATCHES, why, sizeof(why));
		if (k->v.re == NULL) {
			k->v.text = text;
			return lex_fail(&p->x, at, "'%.*s' is no regular expression: %s",
					(int)min_u64(k->len, 64), text, why);
		}
		p->tree->regexes++;
	}
	return 0;
}

static int prepare_constants(struct parser *p, struct filter_test *t, size_t at)
{
	switch (t->op) {
	case OP_ICONTAINS: return lower_constants(p, t);
	case OP_BCONTAINS:
	case OP_BSTARTSWITH: return hex_constants(p, t, at);
	case OP_REGEX:
	case OP_MATCHES: return compile_regexes(p, t, at);
	case OP_PMATCH: return set_of_paths(t);
	case OP_IN:
	case OP_INTERSECTS: return prepare_list(p, t);
	default: return 0;
	}
}

/* ---- costs ---- */

/* About nanoseconds: what it takes to have the value. */
static float operand_cost(const struct operand *o)
{
	float cost = operand_is_masked(o) ? 2 : 15;

	if (o->kind == OPERAND_FIELD) {
		const struct field *f = o->use.field;

		if (f->flags & FIELD_JOINED) {
			return 60;
		}
		if (f->value == NULL) {
			return f->wants & WANT_REFS ? 150 : 60;
		}
		if (f->flags & FIELD_LIST && o->use.arg == NULL) {
			return 80;
		}
		return f->flags & FIELD_PACKET ? 8 : f->type == PT_CHARBUF ? 5 : 3;
	}
	for (uint32_t i = 0; i < (o->fn == FN_SLICE ? 1 : o->count); i++) {
		cost += operand_cost(o->args[i]);
	}
	return cost;
}

/* What the comparison takes, and how often it holds: a guess, good enough to put the tests in order. */
/* clang-format off */
static const struct {
	float cost, chance;
} guesses[OP_COUNT] = {
	[OP_EXISTS] = { 0, 0.6f },	 [OP_EQ] = { 1, 0.05f },	  [OP_NE] = { 1, 0.95f },
	[OP_LT] = { 1, 0.4f },		 [OP_LE] = { 1, 0.4f },		  [OP_GT] = { 1, 0.4f },
	[OP_GE] = { 1, 0.4f },		 [OP_CONTAINS] = { 12, 0.1f },	  [OP_ICONTAINS] = { 60, 0.1f },
	[OP_BCONTAINS] = { 20, 0.05f },	 [OP_STARTSWITH] = { 2, 0.1f },	  [OP_BSTARTSWITH] = { 2, 0.05f },
	[OP_ENDSWITH] = { 2, 0.1f },	 [OP_GLOB] = { 25, 0.1f },	  [OP_IGLOB] = { 30, 0.1f },
	[OP_REGEX] = { 100, 0.1f },	 [OP_MATCHES] = { 120, 0.1f },	  [OP_IN] = { 4, 0.1f },
	[OP_INTERSECTS] = { 4, 0.1f },	 [OP_PMATCH] = { 40, 0.2f },
};
/* clang-format on */

static void guess(struct filter_test *t)
{
	float each = guesses[t->op].cost;

	if (t->many != MANY_ONE) {
		each *= (float)(t->count < 100 ? t->count : 100);
	}
	t->cost = operand_cost(t->left) + each + (t->right != NULL ? operand_cost(t->right) : 0);
	t->chance = guesses[t->op].chance;
}

int test_prepare(struct parser *p, struct filter_test *t, size_t at)
{
	int op = t->right != NULL && (t->op == OP_IN || t->op == OP_INTERSECTS) ? OP_EQ : t->op;
	int code = 0;

	t->fn = compare_fn(op, t->cls);
	if (t->right != NULL) {
		t->kinds &= t->right->kinds;
	} else if (t->op != OP_EXISTS) {
		text_map_init(&t->set);
		code = prepare_constants(p, t, at);
	}
	if (t->left->list) {
		t->quant = t->op == OP_IN ? QUANT_ALL : QUANT_ANY;
	}
	guess(t);
	if (code == 0) {
		code = types_of_test(p->tree, t);
	}
	return code == ERR_NOMEM ? parse_nomem(p) : code;
}
