/*
 * filter.c - a filter from its text to its answer. Compiled on the main thread, matched on any worker.
 */
#include "filter/filter.h"

#include "filter/compile.h"
#include "filter/doubts.h"
#include "filter/eval.h"
#include "filter/library.h"
#include "filter/nearest.h"
#include "filter/regex.h"

struct filter {
	struct filter_tree *tree;
	struct program program;
};

int filter_new(const char *text, const struct filter_library *lib, struct filter **ret_f,
	       struct err *e)
{
	struct filter *f = calloc(1, sizeof(*f));
	int code;

	if (f == NULL) {
		return err_nomem(e, "a filter");
	}
	code = library_refresh(lib, e);
	if (code == 0) {
		code = filter_parse(text, NULL, lib, LIBRARY_ALL, &f->tree, e);
	}
	if (code == 0) {
		code = program_compile(f->tree, &f->program, e);
	}
	if (code < 0) {
		filter_free(f);
		return code;
	}
	*ret_f = f;
	return 0;
}

void filter_free(struct filter *f)
{
	if (f != NULL) {
		filter_tree_unref(f->tree);
		free(f->program.steps);
		free(f);
	}
}

unsigned int filter_kinds(const struct filter *f)
{
	return f->tree->kinds;
}

unsigned int filter_wants(const struct filter *f)
{
	return f->tree->wants;
}

const struct filter_types *filter_types(const struct filter *f)
{
	return &f->program.types;
}

bool filter_doubt(const struct filter *f, unsigned int i, char *out, size_t out_size)
{
	struct doubt d[DOUBTS_MAX];
	char hint[160];
	bool near;

	if (i >= doubts_of(f->tree, d)) {
		return false;
	}
	near = nearest_event_types(d[i].name, d[i].len, hint, sizeof(hint));
	(void)snprintf(out, out_size, "no event type is named '%.*s'%s%s", (int)min_u64(d[i].len, 64), d[i].name,
		       near ? "; nearest: " : "", near ? hint : "");
	return true;
}

int filter_state_new(const struct filter *f, struct filter_state **ret_st, struct err *e)
{
	struct filter_state *st = calloc(1, sizeof(*st));

	if (st == NULL || (f->tree->regexes > 0 && regex_state_init(st) < 0)) {
		filter_state_free(st);
		return err_nomem(e, "a filter");
	}
	*ret_st = st;
	return 0;
}

void filter_state_free(struct filter_state *st)
{
	if (st != NULL) {
		regex_state_release(st);
		free(st);
	}
}

uint64_t filter_gave_up(const struct filter_state *st)
{
	return st->gave_up;
}

bool filter_match(const struct filter *f, struct filter_state *st, struct field_ctx *c)
{
	const struct step *steps = f->program.steps;
	uint32_t count = f->program.count;
	uint32_t at = f->program.entry;
	struct test_run x;

	if (c->ev != NULL ? !filter_types_has(&f->program.types, c->ev->type)
			  : (f->tree->kinds & FILTER_OF_PACKETS) == 0) {
		return false;
	}
	x = test_run_of(c, st);
	while (at < count) {
		at = steps[at].next[test_holds(steps[at].test, &x)];
	}
	return at == STEP_ACCEPT;
}
