/*
 * eval.h - tests put to one event or packet: values of operands, and comparisons of a value with a constant.
 * Any worker, with a context and a filter_state of its own.
 */
#ifndef FILTER_EVAL_H
#define FILTER_EVAL_H

#include "filter/ast.h"

struct test_run {
	struct field_ctx *c;
	struct filter_state *st;	/* NULL: of a filter without regular expressions */
	unsigned int subject;		/* FILTER_OF_EVENTS or FILTER_OF_PACKETS */
};

static inline struct test_run test_run_of(struct field_ctx *c, struct filter_state *st)
{
	struct test_run x = { c, st, c->ev != NULL ? FILTER_OF_EVENTS : FILTER_OF_PACKETS };

	return x;
}

/* False: no value. */
bool operand_value(const struct operand *o, struct field_ctx *c, unsigned int subject, struct field_value *ret_v);
bool transform_value(const struct operand *o, struct field_ctx *c, unsigned int subject, struct field_value *ret_v);

/* Does the test hold? test_holds looks at the type of an event first. */
bool test_eval(const struct filter_test *t, struct test_run *x);

/* The system call of a generic event as stored today; SYSCALL_CODES: look closer. */
static inline unsigned int generic_code(const struct event *ev)
{
	if (ev->conv != 0 || (ev->flags & EVENT_WIDE) != 0 || ev->stored_nparams == 0 || load_le16(ev->lens) != 2) {
		return SYSCALL_CODES;
	}
	return load_le16(ev->lens + 2 * (size_t)ev->stored_nparams);
}

static inline bool test_holds(const struct filter_test *t, struct test_run *x)
{
	if (t->types != NULL && x->subject == FILTER_OF_EVENTS) {
		unsigned int type = x->c->ev->type;

		if (LIKELY(!filter_types_has(&t->types->open, type))) {
			return filter_types_has(&t->types->yes, type);
		}
		if (type <= EV_GENERIC_X) {
			unsigned int code = generic_code(x->c->ev);

			if (LIKELY(code < SYSCALL_CODES)) {
				return (t->types->codes[type][code / 64] >> (code % 64) & 1) != 0;
			}
		}
	}
	return test_eval(t, x);
}

/* The comparison of an operator and a class of values; NULL: there is none. */
test_fn *compare_fn(int op, int cls);

bool compare_regex(const struct filter_test *t, struct test_run *x, const struct field_value *v,
		   const struct constant *k);
bool compare_path(const struct filter_test *t, struct test_run *x, const struct field_value *v,
		  const struct constant *k);

/* -1, 0, 1 */
static inline int number_order(struct number a, struct number b)
{
	if (a.neg != b.neg) {
		return a.neg ? -1 : 1;
	}
	return (a.u > b.u) - (a.u < b.u);
}

/* The number of a value; false: it is none. */
static inline bool value_number(const struct field_value *v, struct number *ret_n)
{
	ret_n->u = v->v.u;
	ret_n->neg = v->kind == VALUE_INT && v->v.s < 0;
	return v->kind == VALUE_UINT || v->kind == VALUE_INT || v->kind == VALUE_BOOL;
}

static inline bool value_is_text(const struct field_value *v)
{
	return v->kind == VALUE_TEXT || v->kind == VALUE_BYTES;
}

struct filter_state {
	void *match;		/* pcre2_match_data */
	void *context;		/* pcre2_match_context */
	void *stack;		/* pcre2_jit_stack */
	uint64_t gave_up;
};

#endif
