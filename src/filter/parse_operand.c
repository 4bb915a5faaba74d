/*
 * parse_operand.c - fields with their arguments and slices, transformers, and bits of numbers. Main thread only.
 */
#include "base/limits.h"
#include "filter/parse.h"

#define SLICES_MAX 64 /* of one field: copied for each event */

/* clang-format off */
static const struct {
	const char *name;
	uint8_t fn;
} transformers[] = {
	{ "tolower", FN_TOLOWER }, { "toupper", FN_TOUPPER }, { "lower", FN_TOLOWER }, { "upper", FN_TOUPPER },
	{ "b64", FN_B64 },	   { "basename", FN_BASENAME }, { "len", FN_LEN },     { "join", FN_JOIN },
	{ "concat", FN_CONCAT },   { "getopt", FN_GETOPT },   { "val", FN_VAL },
};
/* clang-format on */

static const char *transformer_name(int fn)
{
	for (size_t i = 0; i < ARRAY_LEN(transformers); i++) {
		if (transformers[i].fn == fn) {
			return transformers[i].name;
		}
	}
	return "slice";
}

bool parse_at_call(const struct parser *p)
{
	size_t n = lex_name(&p->x);

	return n > 0 && p->x.text[p->x.at + n] == '(';
}

static struct operand *new_operand(struct parser *p, int kind)
{
	struct operand *o = arena_alloc(&p->tree->arena, sizeof(*o));

	if (o != NULL) {
		memset(o, 0, sizeof(*o));
		o->kind = (uint8_t)kind;
		o->kinds = FILTER_OF_EVENTS | FILTER_OF_PACKETS;
	}
	return o;
}

/* ---- fields ---- */

static unsigned int kinds_of(const struct field *f)
{
	if (f->flags & FIELD_BOTH) {
		return FILTER_OF_EVENTS | FILTER_OF_PACKETS;
	}
	return f->flags & FIELD_PACKET ? FILTER_OF_PACKETS : FILTER_OF_EVENTS;
}

static int describe_field(struct parser *p, struct operand *o, size_t at)
{
	const struct field *f = o->use.field;
	unsigned int type = field_use_type(&o->use);
	bool all = (f->flags & FIELD_LIST) != 0 && o->use.arg == NULL;

	if (f->flags & FIELD_DELTA) {
		return lex_fail(&p->x, at,
				"field '%s' tells of the line before: filters cannot ask for it",
				f->name);
	}
	if (f->flags & FIELD_PRINT_ONLY) {
		return lex_fail(&p->x, at, "field '%s' is for printing only", f->name);
	}
	if (type == PT_NONE || !field_use_names_param(&o->use)) {
		return lex_fail(&p->x, at, "no event has a parameter '%.64s'",
				o->use.arg != NULL ? o->use.arg : "");
	}
	o->cls = (uint8_t)class_of_type(type);
	o->kinds = (uint8_t)kinds_of(f);
	o->list = (f->flags & FIELD_SET) != 0;
	o->multi = !o->list && (all || (f->flags & FIELD_FILTER_ONLY) != 0);
	o->each = o->multi && all && (f->flags & (FIELD_PACKET | FIELD_BOTH)) == 0;
	o->arg_vector = o->use.arg == NULL && strcmp(f->name, "proc.args") == 0;
	p->tree->kinds |= o->kinds | (f->flags & FIELD_JOINED ? FILTER_JOINED : 0);
	if (o->kinds & FILTER_OF_EVENTS) {
		p->tree->wants |= f->wants;
	}
	return 0;
}

/* What stands between brackets, blanks and quotes taken away; *ret_n counts the brackets. */
static int read_bracket(struct parser *p, struct lexed *ret_arg)
{
	struct lexer *x = &p->x;
	size_t at = x->at;
	int code = 0;

	x->at++;
	if (lex_at_quote(x)) {
		code = lex_quoted(x, LEX_SYSDIG, ret_arg);
	} else {
		size_t n = strcspn(x->text + x->at, "[]\"' \t\r\n\b");

		ret_arg->s = x->text + x->at;
		ret_arg->len = (uint32_t)n;
		ret_arg->quoted = false;
		ret_arg->at = x->at;
		x->at += n;
	}
	if (code == 0 && !lex_take(x, "]")) {
		code = lex_fail(x, at, "']' is missing behind '['");
	}
	return code;
}

/* Asks the field table for a name with an argument, which may hold anything. */
static int look_up(struct parser *p, const char *name, size_t len, const struct lexed *arg,
		   struct field_use *ret_use, size_t *ret_used, struct err *e)
{
	size_t arg_len = arg != NULL ? arg->len : 0;
	bool odd = arg != NULL && memchr(arg->s, ']', arg->len) != NULL;
	char *text = malloc(len + arg_len + 4);
	char *copy = NULL;
	int code;

	if (text == NULL) {
		return parse_nomem(p);
	}
	memcpy(text, name, len);
	if (arg != NULL) {
		text[len] = '[';
		memcpy(text + len + 1, odd ? "x" : arg->s, odd ? 1 : arg_len);
		memcpy(text + len + 1 + (odd ? 1 : arg_len), "]", 2);
	} else {
		text[len] = '\0';
	}
	code = field_use_parse(text, ret_use, ret_used, e);
	if (code == 0 && odd && *ret_used > len) {
		copy = malloc(arg_len + 1);
		field_use_release(ret_use);
		if (copy == NULL) {
			code = parse_nomem(p);
		} else {
			memcpy(copy, arg->s, arg_len);
			copy[arg_len] = '\0';
			ret_use->arg = copy;
			ret_use->index = -1;
		}
	}
	free(text);
	return code;
}

static bool looks_like_slice(const struct lexed *arg)
{
	return !arg->quoted && arg->len > 0 && strspn(arg->s, "0123456789:-,") >= arg->len;
}

static int parse_field(struct parser *p, struct operand **ret_o)
{
	struct lexer *x = &p->x;
	struct operand *o = new_operand(p, OPERAND_FIELD);
	size_t at = x->at;
	size_t n = lex_name(x);
	size_t used = 0;
	struct lexed arg;
	struct err why;
	int code;

	if (o == NULL) {
		return parse_nomem(p);
	}
	if (n == 0) {
		return lex_expected(x, "a field");
	}
	err_init(&why);
	x->at += n;
	if (x->text[x->at] == '[') {
		size_t bracket = x->at;

		code = read_bracket(p, &arg);
		if (code < 0) {
			return code;
		}
		code = look_up(p, x->text + at, n, &arg, &o->use, &used, &why);
		if (code < 0 && looks_like_slice(&arg)) {
			struct err other;

			/* A field without argument, or one that has it behind a dot: what is in brackets is a slice. */
			err_init(&other);
			code = look_up(p, x->text + at, n, NULL, &o->use, &used, &other);
			if (code == 0 && o->use.arg == NULL && o->use.field->arg != ARG_NONE) {
				code = ERR_USAGE;
			}
		}
		if (code == 0 && used <= n) {
			x->at = bracket;
		}
	} else {
		code = look_up(p, x->text + at, n, NULL, &o->use, &used, &why);
	}
	if (code < 0) {
		return why.code == 0 ? code : lex_fail(x, at, "%s", why.message);
	}
	if (used < n) {
		field_use_release(&o->use);
		return lex_fail(x, at + used, "field '%.64s' does not go on with '%.*s'",
				o->use.field->name, (int)min_u64(n - used, 64),
				x->text + at + used);
	}
	o->next = p->tree->uses;
	p->tree->uses = o;
	*ret_o = o;
	return describe_field(p, o, at);
}

/* ---- slices ---- */

static bool slice_number(const char **s, int32_t *ret_n)
{
	bool neg = **s == '-';
	const char *p = *s + neg;
	int32_t n = 0;

	if (*p < '0' || *p > '9') {
		return false;
	}
	for (; *p >= '0' && *p <= '9'; p++) {
		if (n > 100000000) {
			return false;
		}
		n = n * 10 + (*p - '0');
	}
	*s = p;
	*ret_n = neg ? -n : n;
	return true;
}

/* from:length, from-to, from, :length, from: */
static bool read_slice(const char **s, struct slice *ret)
{
	ret->mode = SLICE_LEN;
	ret->n = 1;
	ret->from = 0;
	if (**s != ':' && !slice_number(s, &ret->from)) {
		return false;
	}
	if (**s == '-') {
		(*s)++;
		ret->mode = SLICE_TO;
		return slice_number(s, &ret->n);
	}
	if (**s == ':') {
		(*s)++;
		if (**s == ']' || **s == ',') {
			ret->mode = SLICE_REST;
			return true;
		}
		return slice_number(s, &ret->n) && ret->n > 0;
	}
	return true;
}

static int parse_slices(struct parser *p, struct operand **o)
{
	struct lexer *x = &p->x;
	const char *s = x->text + x->at + 1;
	size_t max = 1;
	struct slice *slices;
	struct operand *of = new_operand(p, OPERAND_CALL);
	const struct operand **args = arena_alloc(&p->tree->arena, sizeof(*args));

	for (const char *q = s; *q != '\0' && *q != ']'; q++) {
		max += *q == ',' && max < SLICES_MAX;
	}
	slices = arena_alloc(&p->tree->arena, max * sizeof(*slices));
	if (slices == NULL || of == NULL || args == NULL) {
		return parse_nomem(p);
	}
	if (((*o)->cls != CLASS_TEXT && (*o)->cls != CLASS_BYTES) || (*o)->list) {
		return lex_fail(x, x->at, "field '%s' has no slices", (*o)->use.field->name);
	}
	do {
		if (!read_slice(&s, &slices[of->count])) {
			return lex_fail(
				x, (size_t)(s - x->text),
				"expected a slice: from:length, from-to, from, :length or from:");
		}
		of->count++;
	} while (*s++ == ',' && of->count < SLICES_MAX);
	if (s[-1] != ']') {
		return lex_fail(x, (size_t)(s - 1 - x->text), "expected ']' behind a slice");
	}
	x->at = (size_t)(s - x->text);
	of->fn = FN_SLICE;
	of->cls = CLASS_BYTES;
	of->kinds = (*o)->kinds;
	of->multi = (*o)->multi;
	of->slices = slices;
	args[0] = *o;
	of->args = args;
	*o = of;
	return 0;
}

/* ---- transformers ---- */

static int parse_argument(struct parser *p, struct operand **ret_o);

/* "(a, b)" as an argument: each a text, a field or a transformer. ret_args: in the tree. */
static int parse_arguments(struct parser *p, const struct operand ***ret_args, uint32_t *ret_count)
{
	struct lexer *x = &p->x;
	struct buf list;
	int code = 0;

	buf_init(&list, LIMIT_FILTER_BYTES);
	lex_blanks(x);
	while (code == 0 && !lex_take(x, ")")) {
		struct operand *o;

		if (list.len > 0 && !lex_take(x, ",")) {
			code = lex_expected(x, "',' or ')'");
			break;
		}
		lex_blanks(x);
		code = parse_argument(p, &o);
		if (code == 0) {
			buf_add(&list, &o, sizeof(o));
			code = list.failed ? parse_nomem(p) : parse_steps(p, 1);
			lex_blanks(x);
		}
	}
	if (code == 0) {
		*ret_count = (uint32_t)(list.len / sizeof(struct operand *));
		*ret_args = arena_dup(&p->tree->arena, list.data, list.len);
		code = *ret_args == NULL ? parse_nomem(p) : 0;
	}
	buf_release(&list);
	return code;
}

static int parse_literal(struct parser *p, struct operand **ret_o)
{
	struct operand *o = new_operand(p, OPERAND_TEXT);
	struct lexed w;
	int code = 0;

	if (o == NULL) {
		return parse_nomem(p);
	}
	if (lex_at_quote(&p->x)) {
		code = lex_quoted(&p->x, LEX_SYSDIG, &w);
	} else {
		lex_bare(&p->x, false, &w);
	}
	if (code < 0) {
		return code;
	}
	o->text = w.s;
	o->len = w.len;
	o->cls = CLASS_TEXT;
	*ret_o = o;
	return 0;
}

static int parse_argument(struct parser *p, struct operand **ret_o)
{
	struct lexer *x = &p->x;
	char c = x->text[x->at];
	struct operand *o;
	int code;

	if (lex_at_quote(x) || (c >= '0' && c <= '9') || c == '-' || c == '+') {
		return parse_literal(p, ret_o);
	}
	if (c != '(') {
		return parse_operand(p, false, ret_o);
	}
	o = new_operand(p, OPERAND_LIST);
	if (o == NULL) {
		return parse_nomem(p);
	}
	code = parse_enter(p, x->at);
	x->at++;
	if (code == 0) {
		code = parse_arguments(p, &o->args, &o->count);
		parse_leave(p);
	}
	for (uint32_t i = 0; code == 0 && i < o->count; i++) {
		o->kinds &= o->args[i]->kinds;
	}
	o->cls = CLASS_TEXT;
	o->list = true;
	*ret_o = o;
	return code;
}

/* What one argument must be; the transformer's own rules. */
static int check_argument(struct parser *p, int fn, const struct operand *a, size_t at)
{
	const struct field *f = a->kind == OPERAND_FIELD ? a->use.field : NULL;

	if (f != NULL && fn != FN_VAL &&
	    (f->flags & (FIELD_NO_TRANSFORM | FIELD_FILTER_ONLY)) != 0) {
		return lex_fail(&p->x, at, "field '%s' cannot be transformed", f->name);
	}
	if (fn == FN_LEN &&
	    (a->list || a->multi || a->cls == CLASS_TEXT || a->cls == CLASS_BYTES)) {
		return 0;
	}
	if (fn == FN_VAL || (a->cls == CLASS_TEXT && !a->list) ||
	    (a->cls == CLASS_BYTES && fn == FN_B64)) {
		return 0;
	}
	return lex_fail(&p->x, at, "%s() is of texts, not of %s%s", transformer_name(fn),
			a->list ? "lists of " : "", class_name((enum value_class)a->cls));
}

static int check_join(struct parser *p, const struct operand *o, size_t at)
{
	if (o->count != 2 || o->args[0]->cls != CLASS_TEXT || o->args[0]->list ||
	    !(o->args[1]->list || o->args[1]->multi)) {
		return lex_fail(&p->x, at, "expected join(separator, list)");
	}
	return 0;
}

/* getopt(arguments, "letters")[letter] */
static int check_getopt(struct parser *p, struct operand *o, size_t at)
{
	struct lexer *x = &p->x;
	struct lexed arg;
	char *opt;
	int code;

	if (o->count != 2 || o->args[1]->kind != OPERAND_TEXT || o->args[0]->cls != CLASS_TEXT) {
		return lex_fail(x, at, "expected getopt(arguments, \"letters\")");
	}
	o->text = o->args[1]->text;
	o->len = o->args[1]->len;
	o->list = true;
	if (x->text[x->at] != '[') {
		return 0;
	}
	code = read_bracket(p, &arg);
	if (code < 0) {
		return code;
	}
	if (arg.len != 1 || arg.s[0] == ':' || memchr(o->text, arg.s[0], o->len) == NULL) {
		return lex_fail(x, arg.at, "expected one of the letters of getopt()");
	}
	opt = arena_dup(x->arena, arg.s, 1);
	if (opt == NULL) {
		return parse_nomem(p);
	}
	o->opt = opt;
	o->list = false;
	return 0;
}

static int check_call(struct parser *p, struct operand *o, size_t at)
{
	bool any_number = o->fn == FN_CONCAT;

	o->cls = CLASS_TEXT;
	if (o->fn == FN_JOIN) {
		return check_join(p, o, at);
	}
	if (o->fn == FN_GETOPT) {
		return check_getopt(p, o, at);
	}
	if (any_number ? o->count == 0 : o->count != 1) {
		return lex_fail(&p->x, at, "%s() takes %s", transformer_name(o->fn),
				any_number ? "one text or more" : "one value");
	}
	for (uint32_t i = 0; i < o->count; i++) {
		int code = check_argument(p, o->fn, o->args[i], at);

		if (code < 0) {
			return code;
		}
	}
	o->cls = o->fn == FN_LEN                      ? CLASS_NUMBER
		 : o->fn == FN_B64 || o->fn == FN_VAL ? o->args[0]->cls
						      : CLASS_TEXT;
	o->list = o->fn == FN_VAL && o->args[0]->list;
	o->multi = o->fn != FN_CONCAT && o->fn != FN_LEN && o->args[0]->multi;
	o->each = o->multi && o->args[0]->each;
	return 0;
}

static int parse_call(struct parser *p, bool right, struct operand **ret_o)
{
	struct lexer *x = &p->x;
	size_t at = x->at;
	size_t n = lex_name(x);
	struct operand *o = new_operand(p, OPERAND_CALL);
	size_t which = 0;
	int code;

	if (o == NULL) {
		return parse_nomem(p);
	}
	while (which < ARRAY_LEN(transformers) &&
	       (strlen(transformers[which].name) != n ||
		memcmp(transformers[which].name, x->text + at, n) != 0)) {
		which++;
	}
	if (which == ARRAY_LEN(transformers)) {
		return lex_fail(x, at,
				"unknown transformer '%.*s'; there are tolower, toupper, b64, "
				"basename, len, join, concat, getopt%s",
				(int)min_u64(n, 64), x->text + at, right ? " and val" : "");
	}
	o->fn = transformers[which].fn;
	if (o->fn == FN_VAL && !right) {
		return lex_fail(x, at, "val() stands on the right side of a comparison only");
	}
	code = parse_enter(p, at);
	if (code < 0) {
		return code;
	}
	x->at += n + 1;
	code = parse_arguments(p, &o->args, &o->count);
	parse_leave(p);
	for (uint32_t i = 0; code == 0 && i < o->count; i++) {
		o->kinds &= o->args[i]->kinds;
	}
	*ret_o = o;
	return code == 0 ? check_call(p, o, at) : code;
}

int parse_operand(struct parser *p, bool right, struct operand **ret_o)
{
	int code;

	if (parse_at_call(p)) {
		return parse_call(p, right, ret_o);
	}
	code = parse_field(p, ret_o);
	if (code == 0 && p->x.text[p->x.at] == '[') {
		code = parse_slices(p, ret_o);
	}
	return code;
}

/* ---- bits ---- */

static bool take_and(struct lexer *x)
{
	if (x->text[x->at] == '&' && x->text[x->at + 1] != '&') {
		x->at++;
		return true;
	}
	return lex_take_word(x, "bitand") || lex_take_word(x, "bitwise_and");
}

/* A zero in front is octal in Wireshark's language and in C, and nothing here: asked for rather than guessed. */
static bool looks_octal(const char *s, size_t n)
{
	return n > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9';
}

static int read_mask(struct parser *p, struct number *ret_n)
{
	struct lexer *x = &p->x;
	const char *s;
	size_t n, sign;

	lex_blanks(x);
	s = x->text + x->at;
	sign = s[0] == '-' || s[0] == '+';
	n = sign;
	while (lex_is_name_char(s[n])) {
		n++;
	}
	if (looks_octal(s + sign, n - sign)) {
		return lex_fail(x, x->at, "'%.*s': a number of bits is decimal or begins with 0x", (int)min_u64(n, 64),
				s);
	}
	if (!value_read_number(s, n, ret_n)) {
		return lex_expected(x, "a number behind '&'");
	}
	x->at += n;
	return parse_steps(p, 1);
}

/* Behind '&', which is at and; the operand's text, for messages, is from at on. */
static int parse_mask(struct parser *p, size_t at, size_t len, size_t and, struct operand **io_o)
{
	struct operand *of = new_operand(p, OPERAND_CALL);
	const struct operand **args = arena_alloc(&p->tree->arena, sizeof(*args));
	const struct operand *o = *io_o;

	if (of == NULL || args == NULL) {
		return parse_nomem(p);
	}
	if ((o->cls != CLASS_NUMBER && o->cls != CLASS_PORT) || o->list) {
		return lex_fail(&p->x, and, "operator & is for whole numbers, not for %s, which '%.*s' has",
				class_name((enum value_class)o->cls), (int)min_u64(len, 64), p->x.text + at);
	}
	of->fn = FN_MASK;
	of->cls = CLASS_NUMBER;
	of->kinds = o->kinds;
	of->multi = o->multi;
	of->each = o->each;
	of->count = 1;
	args[0] = o;
	of->args = args;
	*io_o = of;
	return read_mask(p, &of->mask);
}

static int parse_masked(struct parser *p, struct operand **ret_o)
{
	struct lexer *x = &p->x;
	size_t at = x->at;
	int code = parse_operand(p, false, ret_o);

	while (code == 0) {
		size_t end = x->at;
		size_t and;

		lex_blanks(x);
		and = x->at;
		if (!take_and(x)) {
			x->at = end;
			break;
		}
		code = parse_mask(p, at, end - at, and, ret_o);
	}
	return code;
}

int parse_left(struct parser *p, struct operand **ret_o)
{
	int code;

	if (!lex_take(&p->x, "{")) {
		return parse_masked(p, ret_o);
	}
	lex_blanks(&p->x);
	code = parse_masked(p, ret_o);
	lex_blanks(&p->x);
	if (code == 0 && !lex_take(&p->x, "}")) {
		code = lex_expected(&p->x, "'&' or '}'");
	}
	return code;
}
