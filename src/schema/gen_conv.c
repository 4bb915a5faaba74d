/*
 * gen_conv.c - the conversion rules of old layouts, followed to their end.
 *
 * Rules are keyed by (type, number of parameters) and chain. Each chain is followed here with
 * symbolic parameters ("own 3", "enter 0", "nothing"), so that the program needs one look-up per
 * event. Reads the data file in memory, fills a table of rows. One thread, during the build.
 */
#include "schema/gen_schema.h"

static const struct source nothing = { FROM_EMPTY, 0, FROM_EMPTY };

static struct layout follow(unsigned int type, unsigned int stored);

/*
 * A rule names an enter parameter as the enter event lies after its own conversion, but the
 * program looks it up in the stored one. Finds the stored index over every count the enter type
 * was ever stored with; the look-up itself answers "missing" when this capture's count is lower.
 */
static struct source enter_source(unsigned int stored_exit, unsigned int rule_exit,
				  unsigned int index, unsigned int if_missing)
{
	struct source s = { if_missing, 0, if_missing };
	size_t i;
	json_t *count;

	if (stored_exit == 0) {
		gen_die("event 0 is not an exit");
	}
	json_array_foreach(gen_get(gen_events[stored_exit - 1].json, "nparams_seen"), i, count)
	{
		struct layout enter =
			follow(stored_exit - 1, (unsigned int)json_integer_value(count));

		if ((enter.action != CONV_STORE && enter.action != CONV_PASS) ||
		    enter.type != rule_exit - 1 || index >= enter.n ||
		    enter.src[index].from != FROM_OWN) {
			continue;
		}
		if (s.from == FROM_ENTER && s.index != enter.src[index].index) {
			gen_die("exit %u: enter parameter %u lies at two places", stored_exit,
				index);
		}
		s.from = FROM_ENTER;
		s.index = enter.src[index].index;
	}
	return s;
}

/* A missing fd or pid is unknown: the rules' zero would name standard input, or a process. */
static bool is_identity_type(const char *type)
{
	return strcmp(type, "PT_FD") == 0 || strcmp(type, "PT_PID") == 0;
}

static struct source fill_source(const struct layout *in, unsigned int stored, unsigned int to,
				 json_t *fill)
{
	const char *from = gen_text(fill, "from");
	struct source s = nothing;

	if (strcmp(from, "old") == 0) {
		unsigned int index = gen_uint(fill, "index", MAX_PARAMS);
		unsigned int param = gen_uint(fill, "param", MAX_PARAMS);

		s = index < in->n ? in->src[index] : nothing;
		if (s.from == FROM_OWN && strcmp(gen_param_type(in->type, index), "PT_DYN") == 0 &&
		    strcmp(gen_param_type(to, param), "PT_DYN") != 0) {
			s.from = FROM_OWN_DYN;
		}
	} else if (strcmp(from, "enter") == 0) {
		bool zero =
			strcmp(gen_text(fill, "if_missing"), "default") == 0 &&
			!is_identity_type(gen_param_type(to, gen_uint(fill, "param", MAX_PARAMS)));

		s = enter_source(stored, in->type, gen_uint(fill, "index", MAX_PARAMS),
				 zero ? FROM_DEFAULT : FROM_EMPTY);
	} else if (strcmp(from, "default") == 0) {
		s.from = FROM_DEFAULT;
	} else if (strcmp(from, "empty") != 0 && strcmp(from, "json") != 0) {
		gen_die("unknown source '%s'", from);
	}
	return s;
}

/* Appends what a rule lists to l, taking own parameters from in. */
static void fill_from(struct layout *l, const struct layout *in, unsigned int stored, json_t *rule)
{
	size_t i;
	json_t *fill;

	json_array_foreach(gen_get(rule, "fill"), i, fill)
	{
		unsigned int param = gen_uint(fill, "param", MAX_PARAMS);

		if (param != l->n) {
			gen_die("rule of %u: parameters are not filled in order", in->type);
		}
		l->src[l->n++] = fill_source(in, stored, l->type, fill);
		if (strcmp(gen_text(fill, "from"), "json") == 0) {
			l->action = CONV_CONTAINER;
		}
	}
}

static void apply_fill(struct layout *l, unsigned int stored, json_t *rule, bool change_type)
{
	struct layout in = *l;

	if (change_type) {
		l->type = gen_uint(rule, "to", gen_event_count);
		l->n = 0;
	}
	fill_from(l, &in, stored, rule);
}

/* No release stored this count, so no rule is written for it: the nearest lower rule fills what is
 * missing behind the parameters the event has; without one, the nearest higher rule is taken and
 * what lies between is absent. */
static json_t *nearest_rule(struct layout *l, unsigned int *ret_keep)
{
	const struct event_info *e = &gen_events[l->type];

	for (unsigned int n = l->n; n-- > 0;) {
		if (e->rules[n] != NULL) {
			*ret_keep = n;
			return e->rules[n];
		}
	}
	for (unsigned int n = l->n + 1; n < MAX_COUNTS; n++) {
		if (e->rules[n] != NULL) {
			while (l->n < n) {
				l->src[l->n++] = nothing;
			}
			*ret_keep = n;
			return e->rules[n];
		}
	}
	return NULL;
}

/* One rule. Returns false when the event is where it stays. */
static bool apply_rule(struct layout *l, unsigned int stored)
{
	json_t *rule = gen_events[l->type].rules[l->n];
	struct layout before = *l;
	unsigned int keep = l->n;
	const char *action;

	if (rule == NULL) {
		rule = nearest_rule(l, &keep);
		if (rule == NULL) {
			return false;
		}
		before = *l;
	}
	action = gen_text(rule, "action");
	if (strcmp(action, "STORE") == 0) {
		l->action = CONV_STORE;
		return false;
	}
	if (strcmp(action, "STORE_AND_PASS") == 0 || strcmp(action, "PASS") == 0) {
		l->action = CONV_PASS;
		return false;
	}
	l->n = keep;
	apply_fill(l, stored, rule, strcmp(action, "CHANGE_TYPE") == 0);
	if (l->type == before.type) {
		/* Own values win over what a lower count's rule would fill in. */
		for (unsigned int i = keep; i < before.n; i++) {
			l->src[i] = before.src[i];
		}
		l->n = l->n > before.n ? l->n : before.n;
		if (l->n == before.n) {
			return false;
		}
	}
	return true;
}

static struct layout follow(unsigned int type, unsigned int stored)
{
	struct layout l = { .type = type, .action = CONV_KEEP };

	l.n = stored < gen_events[type].nparams ? stored : gen_events[type].nparams;
	for (unsigned int i = 0; i < l.n; i++) {
		l.src[i] = (struct source){ FROM_OWN, i, FROM_EMPTY };
	}
	if (stored < MAX_COUNTS && gen_events[type].changed[stored] != NULL) {
		struct layout in = l;

		l.n = 0;
		fill_from(&l, &in, type, gen_events[type].changed[stored]);
	}
	for (unsigned int step = 0; step < MAX_STEPS; step++) {
		const struct event_info *e = &gen_events[l.type];

		if (e->unused || (!e->managed && !e->is_exit && e->old)) {
			l.action = CONV_DROP;
			return l;
		}
		if (!e->managed || (e->is_exit && !e->old && l.n >= e->nparams)) {
			return l;
		}
		if (!apply_rule(&l, type)) {
			return l;
		}
	}
	gen_die("rules of event %u do not end", type);
}

static bool is_identity(const struct layout *l, unsigned int type, unsigned int stored)
{
	unsigned int own = stored < gen_events[type].nparams ? stored : gen_events[type].nparams;

	if (l->action != CONV_KEEP || l->type != type) {
		return false;
	}
	for (unsigned int i = 0; i < l->n; i++) {
		bool as_stored = i < own ? l->src[i].from == FROM_OWN && l->src[i].index == i
					 : l->src[i].from == FROM_EMPTY;
		if (!as_stored) {
			return false;
		}
	}
	return true;
}

/* Today's table decides the width: what no rule fills is absent. */
static void complete(struct layout *l)
{
	if (l->action == CONV_DROP) {
		l->n = 0;
	} else {
		while (l->n < gen_events[l->type].nparams) {
			l->src[l->n++] = nothing;
		}
	}
}

static bool layouts_equal(const struct layout *a, const struct layout *b)
{
	return a->type == b->type && a->n == b->n && a->action == b->action &&
	       memcmp(a->src, b->src, a->n * sizeof(a->src[0])) == 0;
}

static unsigned int conv_row(struct gen_convs *convs, unsigned int type, unsigned int stored)
{
	struct layout l = follow(type, stored);

	if (is_identity(&l, type, stored)) {
		return 0;
	}
	complete(&l);
	for (unsigned int i = 1; i < convs->count; i++) {
		if (layouts_equal(&convs->rows[i], &l)) {
			return i;
		}
	}
	if (convs->count == MAX_CONVS) {
		gen_die("too many conversions");
	}
	convs->rows[convs->count] = l;
	return convs->count++;
}

void gen_follow_rules(struct gen_convs *convs)
{
	convs->count = 1;
	for (unsigned int code = 0; code < gen_event_count; code++) {
		for (unsigned int n = 0; n < MAX_COUNTS; n++) {
			convs->index[code][n] = conv_row(convs, code, n);
		}
	}
}
