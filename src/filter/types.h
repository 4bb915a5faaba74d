/*
 * types.h - what the type of an event alone says of a test: sets of types, so that events that cannot match
 * are never looked at. Main thread only; what comes out is constant.
 *
 * Of fields that follow from the type (evt.type, evt.dir, evt.is_io, ...) the answer is had by putting the
 * test to an event of each type. Not so for generic events, whose name is that of a system call in their
 * parameters, and asynchronous ones, which carry their name: they stay open where any of those names could
 * make a difference. Of evt.arg and evt.rawarg it is known which types have the parameter.
 */
#ifndef FILTER_TYPES_H
#define FILTER_TYPES_H

#include "filter/ast.h"

/* Sets t->types and t->sets, in the tree. 0 or ERR_NOMEM. */
int types_of_test(struct filter_tree *tree, struct filter_test *t);

void types_none(struct filter_types *s);
void types_all(struct filter_types *s);
static inline void types_add(struct filter_types *s, unsigned int type)
{
	s->bits[type / 64] |= UINT64_C(1) << (type % 64);
}
/* Into a. */
void types_and(struct filter_types *a, const struct filter_types *b);
void types_or(struct filter_types *a, const struct filter_types *b);
unsigned int types_count(const struct filter_types *s);

#endif
