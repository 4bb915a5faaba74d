/*
 * types.c - see types.h.
 */
#include "filter/types.h"

#include "base/limits.h"
#include "filter/eval.h"

_Static_assert(EV_GENERIC_E == 0 && EV_GENERIC_X == 1, "types are indexes into type_answer.codes");
#include "filter/regex.h"

void types_none(struct filter_types *s)
{
	memset(s, 0, sizeof(*s));
}

void types_all(struct filter_types *s)
{
	for (unsigned int i = 0; i < SCHEMA_EVENTS; i++) {
		types_add(s, i);
	}
	s->unknown = true;
}

void types_and(struct filter_types *a, const struct filter_types *b)
{
	for (size_t i = 0; i < FILTER_TYPE_WORDS; i++) {
		a->bits[i] &= b->bits[i];
	}
	a->unknown = a->unknown && b->unknown;
}

void types_or(struct filter_types *a, const struct filter_types *b)
{
	for (size_t i = 0; i < FILTER_TYPE_WORDS; i++) {
		a->bits[i] |= b->bits[i];
	}
	a->unknown = a->unknown || b->unknown;
}

unsigned int types_count(const struct filter_types *s)
{
	unsigned int n = s->unknown;

	for (size_t i = 0; i < FILTER_TYPE_WORDS; i++) {
		n += (unsigned int)__builtin_popcountll(s->bits[i]);
	}
	return n;
}

/* ---- tests that the type alone answers ---- */

static bool is_of_type(const struct operand *o)
{
	/* clang-format off */
	static const char *const names[] = {
		"evt.type",  "evt.type.is",    "syscall.type",	  "evt.dir",	"evt.is_async",
		"evt.is_io", "evt.is_io_read", "evt.is_io_write", "evt.io_dir", "evt.is_wait",
	};
	/* clang-format on */

	if (o->kind == OPERAND_FIELD) {
		for (size_t i = 0; i < ARRAY_LEN(names); i++) {
			if (strcmp(o->use.field->name, names[i]) == 0) {
				return true;
			}
		}
		return false;
	}
	for (uint32_t i = 0; i < (o->fn == FN_SLICE ? 1 : o->count); i++) {
		if (!is_of_type(o->args[i])) {
			return false;
		}
	}
	return o->kind == OPERAND_CALL || o->kind == OPERAND_TEXT || o->kind == OPERAND_LIST;
}

/* An event of which nothing but the type is known, and of a generic one its system call. */
struct probe {
	struct event ev;
	uint8_t bytes[16];
};

static struct event *probe_of(struct probe *p, unsigned int type, unsigned int code)
{
	memset(p, 0, sizeof(*p));
	p->ev.type = p->ev.stored_type = (uint16_t)type;
	p->ev.tid = -1;
	p->ev.refs = EVENT_NO_REFS;
	p->ev.lens = p->bytes;
	if (type >= SCHEMA_EVENTS) {
		p->ev.flags = EVENT_UNKNOWN_TYPE;
		return &p->ev;
	}
	p->ev.flags = schema_events[type].source == ES_SYSCALL ? EVENT_IS_SYSCALL : 0;
	if (type == EV_GENERIC_E || type == EV_GENERIC_X) {
		p->ev.stored_nparams = p->ev.nparams = 1;
		p->ev.values_len = 2;
		p->bytes[0] = 2;
		p->bytes[2] = (uint8_t)code;
		p->bytes[3] = (uint8_t)(code >> 8);
	}
	return &p->ev;
}

struct prober {
	const struct filter_test *t;
	struct field_ctx *c;
	struct filter_state *st;
	struct type_answer *answer;
};

static bool ask(const struct prober *a, unsigned int type, unsigned int code)
{
	struct probe p;
	struct test_run x;

	field_ctx_event(a->c, probe_of(&p, type, code), 0, 0);
	x = test_run_of(a->c, a->st);
	return test_eval(a->t, &x);
}

/* Open when the names of system calls (and no name at all) do not all give one answer. */
static void ask_generic(const struct prober *a, unsigned int type)
{
	bool nameless = ask(a, type, UINT16_MAX);
	bool open = false;

	for (unsigned int code = 0; code < SYSCALL_CODES; code++) {
		bool holds = schema_syscall_name(code) != NULL ? ask(a, type, code) : nameless;

		open = open || holds != nameless;
		a->answer->codes[type][code / 64] |= (uint64_t)holds << (code % 64);
	}
	if (open) {
		types_add(&a->answer->open, type);
	} else if (nameless) {
		types_add(&a->answer->yes, type);
	}
}

static void ask_all(const struct prober *a)
{
	for (unsigned int i = 0; i < SCHEMA_EVENTS; i++) {
		if (i == EV_GENERIC_E || i == EV_GENERIC_X) {
			ask_generic(a, i);
		} else if (i == EV_ASYNCEVENT_E) {
			types_add(&a->answer->open, i);
		} else if (ask(a, i, 0)) {
			types_add(&a->answer->yes, i);
		}
	}
	a->answer->yes.unknown = ask(a, SCHEMA_EVENTS, 0);
}

static int answer_by_type(struct filter_tree *tree, struct filter_test *t)
{
	static const struct field_settings settings;
	struct type_answer *answer = arena_alloc(&tree->arena, sizeof(*answer));
	struct type_sets *sets = arena_alloc(&tree->arena, sizeof(*sets));
	struct filter_state st = { NULL, NULL, NULL, 0 };
	struct field_ctx c;
	struct prober a = { t, &c, &st, answer };
	int code = 0;

	if (answer == NULL || sets == NULL || (t->regexes > 0 && regex_state_init(&st) < 0)) {
		code = ERR_NOMEM;
		goto out;
	}
	memset(answer, 0, sizeof(*answer));
	field_ctx_init(&c, &settings);
	ask_all(&a);
	field_ctx_release(&c);
	sets->t = answer->yes;
	types_or(&sets->t, &answer->open);
	types_none(&sets->f);
	types_all(&sets->f);
	for (size_t i = 0; i < FILTER_TYPE_WORDS; i++) {
		sets->f.bits[i] &= ~answer->yes.bits[i];
	}
	sets->f.unknown = !answer->yes.unknown;
	t->types = answer;
	t->sets = sets;
	t->cost = 0.5f;
	t->chance = (float)types_count(&sets->t) > SCHEMA_EVENTS / 2 ? 0.9f : 0.04f;
out:
	regex_state_release(&st);
	return code;
}

/* ---- tests that only some types can answer at all ---- */

static bool has_parameter(unsigned int type, const struct field_use *u)
{
	if (u->index >= 0) {
		return u->index < schema_events[type].nparams;
	}
	return event_param_index((uint16_t)type, u->arg) >= 0;
}

static bool is_open_like(unsigned int type)
{
	static const char *const names[] = { "open", "openat", "openat2", "open_by_handle_at",
					     "creat" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(schema_events[type].name, names[i]) == 0) {
			return true;
		}
	}
	return false;
}

/* A field that only some types have a value for (or, of truth, are true of). */
enum some { SOME_NONE, SOME_PARAMETER, SOME_DATA, SOME_OPEN, SOME_ASYNC };

/* What the left side is of: bits of a number are there where it is. */
static const struct operand *unmasked(const struct operand *o)
{
	while (operand_is_masked(o)) {
		o = o->args[0];
	}
	return o;
}

static enum some some_of(const struct filter_test *t)
{
	const struct operand *left = unmasked(t->left);
	const struct field *f = left->kind == OPERAND_FIELD ? left->use.field : NULL;

	if (f == NULL) {
		return SOME_NONE;
	}
	if (strcmp(f->name, "evt.arg") == 0 || strcmp(f->name, "evt.rawarg") == 0) {
		return left->use.arg != NULL ? SOME_PARAMETER : SOME_NONE;
	}
	if (strcmp(f->name, "evt.buffer") == 0) {
		return SOME_DATA;
	}
	if (strcmp(f->name, "evt.asynctype") == 0) {
		return SOME_ASYNC;
	}
	/* "= true" and "!= false": of other types the value is false. */
	if (strncmp(f->name, "evt.is_open_", 12) == 0 && f->type == PT_BOOL && t->right == NULL &&
	    t->many == MANY_ONE &&
	    ((t->op == OP_EQ && t->consts->v.n.u != 0) ||
	     (t->op == OP_NE && t->consts->v.n.u == 0))) {
		return SOME_OPEN;
	}
	return SOME_NONE;
}

static bool some_has(enum some some, const struct filter_test *t, unsigned int type)
{
	switch (some) {
	case SOME_PARAMETER: return has_parameter(type, &unmasked(t->left)->use);
	case SOME_DATA: return event_param_index((uint16_t)type, "data") >= 0;
	case SOME_OPEN: return is_open_like(type);
	default: return type == EV_ASYNCEVENT_E;
	}
}

static int narrow_by_type(struct filter_tree *tree, struct filter_test *t)
{
	enum some some = some_of(t);
	struct type_sets *sets;

	if (some == SOME_NONE) {
		return 0;
	}
	sets = arena_alloc(&tree->arena, sizeof(*sets));
	if (sets == NULL) {
		return ERR_NOMEM;
	}
	memset(sets, 0, sizeof(*sets));
	types_all(&sets->f);
	for (unsigned int i = 0; i < SCHEMA_EVENTS; i++) {
		if (some_has(some, t, i)) {
			types_add(&sets->t, i);
		}
	}
	t->sets = sets;
	return 0;
}

int types_of_test(struct filter_tree *tree, struct filter_test *t)
{
	if (tree->type_tests >= LIMIT_FILTER_TYPE_TESTS || (t->kinds & FILTER_OF_EVENTS) == 0) {
		return 0;
	}
	if (is_of_type(t->left) && (t->right == NULL || is_of_type(t->right))) {
		tree->type_tests++;
		return answer_by_type(tree, t);
	}
	return narrow_by_type(tree, t);
}
