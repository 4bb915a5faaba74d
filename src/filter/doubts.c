/*
 * doubts.c - see doubts.h. Known are the names of all types of events, of whatever age, and those of the system calls
 * that are recorded as generic events. Names of asynchronous events are whatever their writer chose: that no
 * event has the name is a note, never an error.
 */
#include "filter/doubts.h"

#include "filter/nearest.h"

static bool is_type_field(const struct operand *o)
{
	return o->kind == OPERAND_FIELD &&
	       (strcmp(o->use.field->name, "evt.type") == 0 || strcmp(o->use.field->name, "syscall.type") == 0);
}

static bool is_same(const struct doubt *d, const char *name, uint32_t len)
{
	return d->len == len && memcmp(d->name, name, len) == 0;
}

static bool is_event_type(const struct doubt *d)
{
	const char *name;

	for (size_t i = 0; (name = event_type_name(i)) != NULL; i++) {
		if (is_same(d, name, (uint32_t)strlen(name))) {
			return true;
		}
	}
	return false;
}

static unsigned int add_doubt(struct doubt *out, unsigned int n, struct doubt d)
{
	for (unsigned int i = 0; i < n; i++) {
		if (is_same(&out[i], d.name, d.len)) {
			return n;
		}
	}
	if (n < DOUBTS_MAX && !is_event_type(&d)) {
		out[n++] = d;
	}
	return n;
}

/* Only where the name is taken as a whole: a piece, a pattern or an order needs no event that has it. */
static bool takes_names(const struct filter_test *t)
{
	return t->right == NULL && is_type_field(t->left) &&
	       (t->op == OP_EQ || t->op == OP_NE || t->op == OP_IN || t->op == OP_INTERSECTS);
}

static unsigned int collect(const struct filter_tree *t, struct doubt *out, unsigned int n)
{
	for (const struct filter_test *x = t->tests; x != NULL; x = x->next) {
		for (uint32_t i = 0; takes_names(x) && i < x->count; i++) {
			n = add_doubt(out, n, (struct doubt){ x->consts[i].v.text, x->consts[i].len });
		}
	}
	for (const struct operand *o = t->uses; o != NULL; o = o->next) {
		if (o->use.arg != NULL && strcmp(o->use.field->name, "evt.type.is") == 0) {
			n = add_doubt(out, n, (struct doubt){ o->use.arg, (uint32_t)strlen(o->use.arg) });
		}
	}
	for (size_t i = 0; i < t->dep_count && n < DOUBTS_MAX; i++) {
		n = collect(t->deps[i], out, n);
	}
	return n;
}

unsigned int doubts_of(const struct filter_tree *t, struct doubt out[DOUBTS_MAX])
{
	return collect(t, out, 0);
}
