/*
 * ast.c - the life of a parsed filter, its nodes, and the classes of values. Main thread only.
 */
#include "filter/ast.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/limits.h"

struct filter_tree *filter_tree_new(void)
{
	struct filter_tree *t = calloc(1, sizeof(*t));

	if (t != NULL) {
		t->refs = 1;
		arena_init(&t->arena);
	}
	return t;
}

static void release_test(struct filter_test *t)
{
	text_map_release(&t->set);
	for (uint32_t i = 0; i < t->regexes; i++) {
		pcre2_code_free(t->consts[i].v.re);
	}
}

/* Macros use only macros that were there before them, and no more than LIMIT_FILTER_RULES_DEPTH in each other. */
void filter_tree_unref(struct filter_tree *t)
{
	if (t == NULL || --t->refs > 0) {
		return;
	}
	for (struct operand *o = t->uses; o != NULL; o = o->next) {
		field_use_release(&o->use);
	}
	for (struct filter_test *x = t->tests; x != NULL; x = x->next) {
		release_test(x);
	}
	for (size_t i = 0; i < t->dep_count; i++) {
		filter_tree_unref(t->deps[i]);
	}
	free(t->deps);
	arena_release(&t->arena);
	free(t);
}

int filter_tree_add_dep(struct filter_tree *t, struct filter_tree *dep, struct err *e)
{
	if (t->dep_count == t->dep_cap) {
		size_t cap = t->dep_cap > 0 ? t->dep_cap * 2 : 8;
		struct filter_tree **bigger = realloc(t->deps, cap * sizeof(*bigger));

		if (bigger == NULL) {
			return err_nomem(e, "a filter");
		}
		t->deps = bigger;
		t->dep_cap = cap;
	}
	dep->refs++;
	t->deps[t->dep_count++] = dep;
	t->kinds |= dep->kinds;
	t->wants |= dep->wants;
	t->regexes += dep->regexes;
	return 0;
}

static struct filter_node *new_node(struct filter_tree *t, int kind)
{
	struct filter_node *n = arena_alloc(&t->arena, sizeof(*n));

	if (n != NULL) {
		memset(n, 0, sizeof(*n));
		n->kind = (uint8_t)kind;
		n->depth = 1;
	}
	return n;
}

const struct filter_node *filter_node_test(struct filter_tree *t, const struct filter_test *test)
{
	struct filter_node *n = new_node(t, NODE_TEST);

	if (n != NULL) {
		n->v.test = test;
	}
	return n;
}

const struct filter_node *filter_node_macro(struct filter_tree *t, const struct filter_tree *macro)
{
	struct filter_node *n = new_node(t, NODE_MACRO);

	if (n != NULL) {
		n->v.macro = macro;
		n->depth = macro->root->depth + 1;
	}
	return n;
}

const struct filter_node *filter_node_of(struct filter_tree *t, int kind,
					 const struct filter_node *const *child, uint32_t count)
{
	struct filter_node *n = new_node(t, kind);

	if (n == NULL) {
		return NULL;
	}
	n->v.child = arena_dup(&t->arena, child, count * sizeof(*child));
	if (n->v.child == NULL) {
		return NULL;
	}
	n->count = count;
	for (uint32_t i = 0; i < count; i++) {
		if (child[i]->depth >= n->depth) {
			n->depth = child[i]->depth + 1;
		}
	}
	return n;
}

enum value_class class_of_type(unsigned int type)
{
	switch (type) {
	case PT_PORT: return CLASS_PORT;
	case PT_DOUBLE: return CLASS_DOUBLE;
	case PT_BOOL: return CLASS_BOOL;
	case PT_CHARBUF:
	case PT_FSPATH:
	case PT_FSRELPATH: return CLASS_TEXT;
	case PT_BYTEBUF:
	case PT_SOCKADDR:
	case PT_SOCKTUPLE:
	case PT_FDLIST:
	case PT_CHARBUFARRAY:
	case PT_CHARBUF_PAIR_ARRAY: return CLASS_BYTES;
	case PT_IPV4ADDR:
	case PT_IPV6ADDR:
	case PT_IPADDR: return CLASS_IP;
	case PT_IPV4NET:
	case PT_IPV6NET:
	case PT_IPNET: return CLASS_NET;
	default: return CLASS_NUMBER;
	}
}

const char *class_name(enum value_class cls)
{
	/* clang-format off */
	static const char *const names[CLASS_COUNT] = {
		[CLASS_NUMBER] = "numbers", [CLASS_PORT] = "ports",	[CLASS_DOUBLE] = "numbers",
		[CLASS_BOOL] = "true or false", [CLASS_TEXT] = "texts",	[CLASS_BYTES] = "bytes",
		[CLASS_IP] = "addresses",   [CLASS_NET] = "networks",
	};
	/* clang-format on */

	return names[cls];
}
