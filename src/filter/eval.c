/*
 * eval.c - values of operands, and one test: every value of the left side against every constant that counts.
 * Any worker.
 */
#include "filter/eval.h"

bool operand_value(const struct operand *o, struct field_ctx *c, unsigned int subject,
		   struct field_value *ret_v)
{
	if (LIKELY(o->kind == OPERAND_FIELD)) {
		return (o->kinds & subject) != 0 && field_get(c, &o->use, ret_v);
	}
	return transform_value(o, c, subject, ret_v);
}

/* A value of the right side as a constant. */
static bool constant_of(const struct field_value *v, int cls, struct constant *ret_k)
{
	struct number n;

	memset(ret_k, 0, sizeof(*ret_k));
	switch (v->kind) {
	case VALUE_TEXT:
	case VALUE_BYTES:
	case VALUE_IP:
		ret_k->v.text = ret_k->to.text = v->v.text;
		ret_k->len = v->len;
		ret_k->bits = (uint8_t)(v->kind == VALUE_IP ? v->len * 8 : 0);
		return true;
	case VALUE_DOUBLE: ret_k->v.f = ret_k->to.f = v->v.f; return cls == CLASS_DOUBLE;
	default: break;
	}
	if (!value_number(v, &n)) {
		return false;
	}
	if (cls == CLASS_DOUBLE) {
		ret_k->v.f = ret_k->to.f = n.neg ? (double)(int64_t)n.u : (double)n.u;
	} else {
		ret_k->v.n = ret_k->to.n = n;
	}
	return true;
}

/* One value of the left side against the right side's value or values. */
static bool against_right(const struct filter_test *t, struct test_run *x,
			  const struct field_value *v, const struct field_value *r)
{
	const struct field_value *items = r->kind == VALUE_LIST ? r->v.items : r;
	uint32_t n = r->kind == VALUE_LIST ? r->len : 1;
	struct constant k;

	for (uint32_t i = 0; i < n; i++) {
		if (constant_of(&items[i], t->cls, &k) && t->fn(t, x, v, &k)) {
			return true;
		}
	}
	return false;
}

/* oneof, anyof, allof */
static bool against_many(const struct filter_test *t, struct test_run *x,
			 const struct field_value *v)
{
	uint32_t hits = 0;

	for (uint32_t i = 0; i < t->count; i++) {
		bool hit = t->fn(t, x, v, &t->consts[i]);

		hits += hit;
		if (hit ? t->many == MANY_ANYOF || (t->many == MANY_ONEOF && hits > 1)
			: t->many == MANY_ALLOF) {
			break;
		}
	}
	switch (t->many) {
	case MANY_ONEOF: return hits == 1;
	case MANY_ANYOF: return hits > 0;
	default: return hits == t->count;
	}
}

static bool one_value(const struct filter_test *t, struct test_run *x, const struct field_value *v,
		      const struct field_value *r)
{
	if (UNLIKELY(r != NULL)) {
		return against_right(t, x, v, r);
	}
	if (UNLIKELY(t->many != MANY_ONE)) {
		return against_many(t, x, v);
	}
	return t->fn(t, x, v, t->consts);
}

static bool all_values(const struct filter_test *t, struct test_run *x, const struct field_value *v,
		       const struct field_value *r)
{
	for (uint32_t i = 0; i < v->len; i++) {
		if (one_value(t, x, &v->v.items[i], r) != (t->quant == QUANT_ALL)) {
			return t->quant != QUANT_ALL;
		}
	}
	return v->len > 0 && t->quant == QUANT_ALL;
}

bool test_eval(const struct filter_test *t, struct test_run *x)
{
	struct field_value v, right;
	const struct field_value *r = NULL;

	if (!operand_value(t->left, x->c, x->subject, &v)) {
		return false;
	}
	if (UNLIKELY(t->op == OP_EXISTS)) {
		return true;
	}
	if (UNLIKELY(t->right != NULL)) {
		if (!operand_value(t->right, x->c, x->subject, &right)) {
			return false;
		}
		r = &right;
	}
	return UNLIKELY(v.kind == VALUE_LIST) ? all_values(t, x, &v, r) : one_value(t, x, &v, r);
}
