/*
 * doubts.h - what a filter says that can be meant, but hardly is: event types by names that no event has.
 * Main thread only.
 */
#ifndef FILTER_DOUBTS_H
#define FILTER_DOUBTS_H

#include "filter/ast.h"

/* More are not told. */
#define DOUBTS_MAX 8

/* A name that evt.type or syscall.type is compared with as a whole, in this tree or a macro's. Borrowed from the
 * tree. */
struct doubt {
	const char *name;
	uint32_t len;
};

/* Each name once, in no order that follows from the text. How many. */
unsigned int doubts_of(const struct filter_tree *t, struct doubt out[DOUBTS_MAX]);

#endif
