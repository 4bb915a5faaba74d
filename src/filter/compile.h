/*
 * compile.h - a parsed filter as a flat program: steps in an array, each with what follows when its test
 * holds and when not. Main thread only; the program is constant.
 */
#ifndef FILTER_COMPILE_H
#define FILTER_COMPILE_H

#include "filter/ast.h"

/* Beyond all steps. */
#define STEP_ACCEPT UINT32_MAX
#define STEP_REJECT (UINT32_MAX - 1)

struct step {
	const struct filter_test *test;
	uint32_t next[2];	/* [0] when it does not hold, [1] when it does */
};

struct program {
	struct step *steps;	/* owned: free() */
	uint32_t count;
	uint32_t entry;
	struct filter_types types;
};

/* ERR_USAGE: more than LIMIT_FILTER_STEPS. */
int program_compile(const struct filter_tree *t, struct program *ret_p, struct err *e);

#endif
