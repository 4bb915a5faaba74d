/*
 * compile.c - see compile.h. Main thread only.
 *
 * First a plan: macros put in their places, "and" in "and" made one, the operands of each in the order that
 * is cheapest: none has a side effect, so the order cannot be seen. With it, bottom up, the sets of event
 * types a part can hold for and fail for. Then the steps, from the last to the first, so that where each goes
 * on is known when it is written.
 */
#include "filter/compile.h"

#include "base/limits.h"
#include "filter/types.h"

struct plan {
	uint8_t kind; /* enum node_kind, no macros */
	uint32_t count;
	uint32_t order; /* among its siblings, as written */
	float cost, chance; /* of all of it */
	const struct filter_test *test;
	const struct plan **child;
	const struct type_sets *sets; /* NULL: all, all */
};

struct planner {
	struct arena arena;
	uint32_t tests;
	struct err *e;
};

static const struct plan *plan_of(struct planner *r, const struct filter_node *n);

static struct plan *new_plan(struct planner *r, int kind)
{
	struct plan *p = arena_alloc(&r->arena, sizeof(*p));

	if (p == NULL) {
		(void)err_nomem(r->e, "a filter");
		return NULL;
	}
	memset(p, 0, sizeof(*p));
	p->kind = (uint8_t)kind;
	return p;
}

static const struct plan *plan_test(struct planner *r, const struct filter_test *t)
{
	struct plan *p;

	if (++r->tests > LIMIT_FILTER_STEPS) {
		(void)err_set(r->e, ERR_USAGE,
			      "the filter with its macros is too large: more than %u comparisons",
			      LIMIT_FILTER_STEPS);
		return NULL;
	}
	p = new_plan(r, NODE_TEST);
	if (p != NULL) {
		p->test = t;
		p->cost = t->cost;
		p->chance = t->chance;
		p->sets = t->sets;
	}
	return p;
}

static struct type_sets *all_types(struct planner *r)
{
	struct type_sets *s = arena_alloc(&r->arena, sizeof(*s));

	if (s != NULL) {
		memset(s, 0, sizeof(*s));
		types_all(&s->t);
		types_all(&s->f);
	}
	return s;
}

static const struct plan *plan_not(struct planner *r, const struct plan *child)
{
	struct plan *p = child != NULL ? new_plan(r, NODE_NOT) : NULL;
	struct type_sets *s;

	if (p == NULL) {
		return NULL;
	}
	p->child = arena_dup(&r->arena, &child, sizeof(const struct plan *));
	p->count = 1;
	p->cost = child->cost;
	p->chance = 1 - child->chance;
	if (child->sets != NULL) {
		s = all_types(r);
		if (s == NULL) {
			return NULL;
		}
		s->t = child->sets->f;
		s->f = child->sets->t;
		p->sets = s;
	}
	return p->child != NULL ? p : NULL;
}

/* ---- and, or ---- */

/* What decides soonest for its cost comes first: of "and" what seldom holds, of "or" what often does. */
static float rank(const struct plan *p, bool of_and)
{
	float decides = of_and ? 1 - p->chance : p->chance;

	return p->cost / (decides > 0.001f ? decides : 0.001f);
}

static int compare_plans(const struct plan *a, const struct plan *b, bool of_and)
{
	float x = rank(a, of_and);
	float y = rank(b, of_and);

	return x != y ? (x > y) - (x < y) : (a->order > b->order) - (a->order < b->order);
}

static int by_rank_of_and(const void *a, const void *b)
{
	return compare_plans(*(const struct plan *const *)a, *(const struct plan *const *)b, true);
}

static int by_rank_of_or(const void *a, const void *b)
{
	return compare_plans(*(const struct plan *const *)a, *(const struct plan *const *)b, false);
}

/* The plans of a run: nodes of the same kind below it belong to it. */
static bool gather(struct planner *r, const struct filter_node *n, int kind, struct buf *out)
{
	const struct plan *p;

	while (n->kind == NODE_MACRO) {
		n = n->v.macro->root;
	}
	if (n->kind == kind) {
		for (uint32_t i = 0; i < n->count; i++) {
			if (!gather(r, n->v.child[i], kind, out)) {
				return false;
			}
		}
		return true;
	}
	p = plan_of(r, n);
	buf_add(out, &p, sizeof(const struct plan *));
	return p != NULL && !out->failed;
}

static void sum_up(struct plan *p, bool of_and)
{
	float reached = 1;

	for (uint32_t i = 0; i < p->count; i++) {
		p->cost += reached * p->child[i]->cost;
		reached *= of_and ? p->child[i]->chance : 1 - p->child[i]->chance;
	}
	p->chance = of_and ? reached : 1 - reached;
}

/* Of "and": holds where all can hold, fails where one can fail. Of "or" the other way round. */
static bool join_sets(struct planner *r, struct plan *p, bool of_and)
{
	struct type_sets *s = NULL;
	bool open = false;

	for (uint32_t i = 0; i < p->count; i++) {
		open = open || p->child[i]->sets == NULL;
		s = s == NULL && p->child[i]->sets != NULL ? all_types(r) : s;
	}
	if (s == NULL) {
		return true;
	}
	types_none(of_and ? &s->f : &s->t);
	for (uint32_t i = 0; i < p->count; i++) {
		const struct type_sets *c = p->child[i]->sets;

		if (c != NULL) {
			types_and(of_and ? &s->t : &s->f, of_and ? &c->t : &c->f);
			types_or(of_and ? &s->f : &s->t, of_and ? &c->f : &c->t);
		}
	}
	if (open) {
		types_all(of_and ? &s->f : &s->t);
	}
	p->sets = s;
	return true;
}

static const struct plan *plan_run(struct planner *r, const struct filter_node *n)
{
	bool of_and = n->kind == NODE_AND;
	struct plan *p = new_plan(r, n->kind);
	struct buf list;

	buf_init(&list, (size_t)LIMIT_FILTER_STEPS * sizeof(p));
	if (p != NULL && gather(r, n, n->kind, &list)) {
		p->child = arena_dup(&r->arena, list.data, list.len);
		p->count = (uint32_t)(list.len / sizeof(const struct plan *));
	} else {
		p = NULL;
	}
	buf_release(&list);
	if (p == NULL || p->child == NULL) {
		return NULL;
	}
	for (uint32_t i = 0; i < p->count; i++) {
		((struct plan *)(uintptr_t)p->child[i])->order = i;
	}
	qsort(p->child, p->count, sizeof(const struct plan *),
	      of_and ? by_rank_of_and : by_rank_of_or);
	sum_up(p, of_and);
	return join_sets(r, p, of_and) ? p : NULL;
}

/* Two at a time, from the left. The sets of types: where both answers of one meet the other's. */
static const struct plan *plan_xor(struct planner *r, const struct filter_node *n)
{
	const struct plan *left = plan_of(r, n->v.child[0]);

	for (uint32_t i = 1; left != NULL && i < n->count; i++) {
		const struct plan *both[2] = { left, plan_of(r, n->v.child[i]) };
		struct plan *p = both[1] != NULL ? new_plan(r, NODE_XOR) : NULL;

		left = p;
		if (p == NULL) {
			break;
		}
		p->child = arena_dup(&r->arena, both, sizeof(both));
		p->count = 2;
		p->cost = both[0]->cost + both[1]->cost;
		p->chance = 0.5f;
		if (p->child == NULL) {
			return NULL;
		}
	}
	return left;
}

static const struct plan *plan_of(struct planner *r, const struct filter_node *n)
{
	switch (n->kind) {
	case NODE_TEST: return plan_test(r, n->v.test);
	case NODE_MACRO: return plan_of(r, n->v.macro->root);
	case NODE_NOT: return plan_not(r, plan_of(r, n->v.child[0]));
	case NODE_XOR: return plan_xor(r, n);
	default: return plan_run(r, n);
	}
}

/* ---- steps ---- */

struct writer {
	struct buf steps;
	struct err *e;
	bool full;
};

static uint32_t write_step(struct writer *w, const struct filter_test *t, uint32_t on_true,
			   uint32_t on_false)
{
	struct step s = { t, { on_false, on_true } };

	if (w->steps.len / sizeof(s) >= LIMIT_FILTER_STEPS) {
		w->full = true;
		return STEP_REJECT;
	}
	buf_add(&w->steps, &s, sizeof(s));
	return (uint32_t)(w->steps.len / sizeof(s)) - 1;
}

/* The steps of a part; where to begin with it. Right sides of xor are written twice: when full, no more is
 * written. */
static uint32_t write_plan(struct writer *w, const struct plan *p, uint32_t on_true,
			   uint32_t on_false)
{
	if (w->full || w->steps.failed) {
		return STEP_REJECT;
	}
	switch (p->kind) {
	case NODE_TEST: return write_step(w, p->test, on_true, on_false);
	case NODE_NOT: return write_plan(w, p->child[0], on_false, on_true);
	case NODE_XOR: {
		uint32_t if_true = write_plan(w, p->child[1], on_false, on_true);
		uint32_t if_false = write_plan(w, p->child[1], on_true, on_false);

		return write_plan(w, p->child[0], if_true, if_false);
	}
	default:
		for (uint32_t i = p->count; i > 0; i--) {
			uint32_t begin = write_plan(w, p->child[i - 1], on_true, on_false);

			if (p->kind == NODE_AND) {
				on_true = begin;
			} else {
				on_false = begin;
			}
		}
		return p->kind == NODE_AND ? on_true : on_false;
	}
}

int program_compile(const struct filter_tree *t, struct program *ret_p, struct err *e)
{
	struct err own;
	struct planner r = { .tests = 0, .e = e != NULL ? e : &own };
	struct writer w = { .e = e, .full = false };
	const struct plan *p;
	size_t bytes;
	int code = 0;

	err_init(&own);
	arena_init(&r.arena);
	buf_init(&w.steps, (size_t)LIMIT_FILTER_STEPS * sizeof(struct step));
	p = plan_of(&r, t->root);
	if (p == NULL) {
		code = r.e->code != 0 ? r.e->code : err_nomem(e, "a filter");
		goto out;
	}
	ret_p->entry = write_plan(&w, p, STEP_ACCEPT, STEP_REJECT);
	if (w.full) {
		code = err_set(e, ERR_USAGE,
			       "the filter with its macros is too large: more than %u steps",
			       LIMIT_FILTER_STEPS);
		goto out;
	}
	if (w.steps.failed) {
		code = err_nomem(e, "a filter");
		goto out;
	}
	if ((t->kinds & FILTER_OF_EVENTS) == 0) {
		types_none(&ret_p->types);
	} else if (p->sets != NULL) {
		ret_p->types = p->sets->t;
	} else {
		types_none(&ret_p->types);
		types_all(&ret_p->types);
	}
	ret_p->steps = (struct step *)(void *)buf_detach(&w.steps, &bytes);
	ret_p->count = (uint32_t)(bytes / sizeof(struct step));
out:
	buf_release(&w.steps);
	arena_release(&r.arena);
	return code;
}
