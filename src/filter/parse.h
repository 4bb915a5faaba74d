/*
 * parse.h - shared by the files of the parser only: parse.c (and, or, not), parse_test.c (one comparison),
 * parse_operand.c (fields, transformers), parse_list.c (constants and lists of them).
 */
#ifndef FILTER_PARSE_H
#define FILTER_PARSE_H

#include "filter/ast.h"
#include "filter/lex.h"
#include "filter/library.h"
#include "filter/value_read.h"

struct parser {
	struct lexer x;
	struct filter_tree *tree;
	const struct filter_library *lib;	/* or NULL */
	uint32_t visible;			/* of its macros */
	unsigned int depth;			/* parentheses and transformers that are open */
};

/* One more level; ERR_USAGE beyond LIMIT_FILTER_DEPTH. */
int parse_enter(struct parser *p, size_t at);
static inline void parse_leave(struct parser *p)
{
	p->depth--;
}

/* n more steps; ERR_USAGE beyond LIMIT_FILTER_STEPS. */
int parse_steps(struct parser *p, size_t n);

/* At a transformer: a name with a parenthesis right behind it. */
bool parse_at_call(const struct parser *p);

/* A field or a transformer. right: on the right side of a comparison, where val() may stand. */
int parse_operand(struct parser *p, bool right, struct operand **ret_o);

/* The same on the left side, maybe with bits of it taken: "field & mask", "{field & mask}". */
int parse_left(struct parser *p, struct operand **ret_o);

/* A check: operand, operator, what it is compared with. */
int parse_test(struct parser *p, const struct filter_node **ret_n);

/* One constant. in_set: inside braces. */
int parse_constant(struct parser *p, const struct value_read *how, bool in_set, struct constant *ret_k);
/* At what begins a list: a parenthesis, a brace, or the name of a list? */
bool parse_at_list(const struct parser *p);
/* A list; constants in the tree. */
int parse_list(struct parser *p, const struct value_read *how, struct constant **ret_k, uint32_t *ret_count);

static inline int parse_nomem(struct parser *p)
{
	return err_nomem(p->x.e, "a filter");
}

/* Chooses the function of the test and prepares its constants. at: of the operator, for messages. */
int test_prepare(struct parser *p, struct filter_test *t, size_t at);

#endif
