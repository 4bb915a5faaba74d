/*
 * naive_filter.h - a filter answered from its tree as it was written, from left to right, each test in full:
 * what the compiled program, its order and its sets of event types must not differ from.
 */
#ifndef NAIVE_FILTER_H
#define NAIVE_FILTER_H

#include "filter/eval.h"

static inline bool naive_holds(const struct filter_node *n, struct test_run *x)
{
	bool all = true;
	bool any = false;
	bool odd = false;

	switch (n->kind) {
	case NODE_TEST: return test_eval(n->v.test, x);
	case NODE_MACRO: return naive_holds(n->v.macro->root, x);
	default: break;
	}
	for (uint32_t i = 0; i < n->count; i++) {
		bool holds = naive_holds(n->v.child[i], x);

		all = all && holds;
		any = any || holds;
		odd = odd != holds;
	}
	return n->kind == NODE_AND   ? all
	       : n->kind == NODE_OR  ? any
	       : n->kind == NODE_XOR ? odd
				     : !all;
}

/* Of the subject of c. */
static inline bool naive_match(const struct filter_tree *t, struct filter_state *st,
			       struct field_ctx *c)
{
	struct test_run x = test_run_of(c, st);

	return (t->kinds & x.subject) != 0 && naive_holds(t->root, &x);
}

#endif
