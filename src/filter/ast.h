/*
 * ast.h - a parsed filter: nodes over tests, each test an operand, an operator and what it is compared with.
 *
 * All of one text lives in one tree: its arena, and what must be given back one by one (arguments of fields, regular
 * expressions). Trees are shared: a filter keeps its own and those of the macros it uses. Made on the main thread and
 * constant afterwards; the count of references is the main thread's.
 */
#ifndef FILTER_AST_H
#define FILTER_AST_H

#include "base/arena.h"
#include "base/buf.h"
#include "filter/filter.h"
#include "filter/text_map.h"

enum filter_op {
	OP_EXISTS, OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_CONTAINS, OP_ICONTAINS, OP_BCONTAINS, OP_STARTSWITH,
	OP_BSTARTSWITH, OP_ENDSWITH, OP_GLOB, OP_IGLOB, OP_REGEX, OP_MATCHES, OP_IN, OP_INTERSECTS, OP_PMATCH, OP_COUNT
};

/* What is compared as what: several types of fields are one class. */
enum value_class {
	CLASS_NUMBER, CLASS_PORT, CLASS_DOUBLE, CLASS_BOOL, CLASS_TEXT, CLASS_BYTES, CLASS_IP, CLASS_NET, CLASS_COUNT
};

/* How many constants must satisfy the operator. */
enum test_many { MANY_ONE, MANY_ONEOF, MANY_ANYOF, MANY_ALLOF };

/* Of a field with several values: how many must satisfy the test. */
enum test_quant { QUANT_ANY, QUANT_ALL };

/* A whole number of either sign: negative when neg, as two's complement in u. */
struct number {
	uint64_t u;
	bool neg;
};

struct constant {
	uint32_t len;		/* of text: bytes; of an address: 4 or 16 */
	uint8_t bits;		/* of an address: of its prefix */
	bool glob;		/* pmatch: holds glob characters */
	union {
		struct number n;
		double f;
		const char *text;	/* text, bytes, address in network order */
		void *re;		/* pcre2_code */
	} v;
	union {
		struct number n;
		double f;
		const char *text;
	} to;			/* end of a range; the same as v when it is none */
};
_Static_assert(sizeof(((struct constant *)0)->v) == sizeof(((struct constant *)0)->to), "an end is copied as a begin");

enum operand_kind { OPERAND_FIELD, OPERAND_CALL, OPERAND_TEXT, OPERAND_LIST };

enum transformer {
	FN_TOLOWER, FN_TOUPPER, FN_B64, FN_BASENAME, FN_LEN, FN_JOIN, FN_CONCAT, FN_GETOPT, FN_SLICE, FN_VAL, FN_MASK, FN_COUNT
};

enum slice_mode { SLICE_LEN, SLICE_TO, SLICE_REST };

struct slice {
	int32_t from;		/* negative: from the end */
	int32_t n;		/* SLICE_LEN: bytes; SLICE_TO: the last byte */
	uint8_t mode;
};

struct operand {
	uint8_t kind;		/* enum operand_kind */
	uint8_t fn;		/* enum transformer */
	uint8_t cls;		/* enum value_class of what comes out (of each value of a list) */
	uint8_t kinds;		/* FILTER_OF_: subjects it can have a value for */
	bool list;		/* yields a real list: only in, intersects, exists */
	bool multi;		/* may yield several values, each of which is compared */
	bool each;		/* of those: != too holds when any differs (ancestors) */
	bool arg_vector;	/* proc.args without number: arguments are known one by one */
	uint32_t count;		/* of args, or of slices */
	uint32_t len;		/* of text */
	struct field_use use;
	const char *text;	/* OPERAND_TEXT, or the letters of getopt; in the tree */
	const char *opt;	/* getopt: the option asked for, or NULL */
	const struct operand **args;
	const struct slice *slices;
	struct number mask;	/* FN_MASK: the bits that are left of a number */
	struct operand *next;	/* of the tree, all that have a use */
};

/* Is it a number with bits taken out? */
static inline bool operand_is_masked(const struct operand *o)
{
	return o->kind == OPERAND_CALL && o->fn == FN_MASK;
}

struct filter_test;
struct test_run;
typedef bool test_fn(const struct filter_test *t, struct test_run *x, const struct field_value *v,
		     const struct constant *k);

/* Codes of generic events' system calls: those with names end well below. */
#define SYSCALL_CODES 1024

/* What the type of an event alone says of a test: its answer where it is not open. Of generic events (types 0
 * and 1) that are open the code of their system call says it. */
struct type_answer {
	struct filter_types yes;
	struct filter_types open;	/* the test must be made */
	uint64_t codes[2][SYSCALL_CODES / 64];
};

/* Types that a node can hold for, and not hold for. */
struct type_sets {
	struct filter_types t, f;
};

struct filter_test {
	uint8_t op;		/* enum filter_op */
	uint8_t cls;		/* enum value_class */
	uint8_t many;		/* enum test_many */
	uint8_t quant;		/* enum test_quant */
	uint8_t kinds;		/* FILTER_OF_ */
	const struct operand *left;
	const struct operand *right;	/* NULL: compared with constants */
	test_fn *fn;
	uint32_t count;
	struct constant *consts;
	struct text_map set;		/* texts, paths or addresses, when they are many */
	const uint8_t *prefixes;	/* addresses: pairs of length and bits of the prefixes that are in the set */
	uint32_t prefix_count;
	uint32_t plain_count;		/* that come first: paths without glob characters, ranges of addresses */
	uint32_t regexes;		/* constants that have been compiled */
	uint32_t shortest, longest;	/* texts and plain paths: bytes */
	const struct type_answer *types;	/* NULL: the type says nothing, or not all */
	const struct type_sets *sets;	/* NULL: all */
	float cost, chance;
	struct filter_test *next;	/* of the tree */
};

enum node_kind { NODE_TEST, NODE_AND, NODE_OR, NODE_XOR, NODE_NOT, NODE_MACRO };

struct filter_node {
	uint8_t kind;		/* enum node_kind */
	uint32_t depth;
	uint32_t count;		/* of children */
	union {
		const struct filter_node **child;
		const struct filter_test *test;
		const struct filter_tree *macro;
	} v;
};

struct filter_tree {
	unsigned int refs;
	struct arena arena;
	const struct filter_node *root;
	struct operand *uses;
	struct filter_test *tests;
	struct filter_tree **deps;	/* trees of macros, a reference each */
	size_t dep_count, dep_cap;
	uint32_t steps;			/* tests and constants */
	unsigned int kinds;		/* FILTER_ of all fields, those of macros included */
	unsigned int wants;
	unsigned int regexes;
	unsigned int type_tests;	/* whose types were worked out */
};

struct filter_tree *filter_tree_new(void); /* one reference; NULL: no memory */
void filter_tree_unref(struct filter_tree *t);
/* Keeps a reference to a macro's tree and adds up what it needs. */
int filter_tree_add_dep(struct filter_tree *t, struct filter_tree *dep, struct err *e);

/* Nodes in the tree's arena; NULL: no memory. */
const struct filter_node *filter_node_test(struct filter_tree *t, const struct filter_test *test);
const struct filter_node *filter_node_macro(struct filter_tree *t, const struct filter_tree *macro);
const struct filter_node *filter_node_of(struct filter_tree *t, int kind, const struct filter_node *const *child,
					 uint32_t count);

enum value_class class_of_type(unsigned int type); /* enum param_type */
const char *class_name(enum value_class cls);	/* "numbers" */

/* Parses the whole text. macro: its name for messages, or NULL. Of the library the first visible macros are there. */
int filter_parse(const char *text, const char *macro, const struct filter_library *lib, uint32_t visible,
		 struct filter_tree **ret_t, struct err *e);

#endif
