/*
 * joined.c - see joined.h. Main thread, but for the tap, which any worker feeds: it notes the name and number of each
 * call on a network socket, since the join itself keeps the raw number only.
 */
#include "cli/joined.h"

#include "base/limits.h"
#include "cli/spool.h"

#include <sys/stat.h>
#include <unistd.h>

/* ---- calls on sockets ------------------------------------------------------------------------------------- */

struct noted {
	const struct section *section;
	uint64_t raw, shown;
	uint16_t type;
};

struct notes {
	struct noted *rows;	/* owns; in no order */
	size_t count, cap;
};

static void *notes_new(void)
{
	return calloc(1, sizeof(struct notes));
}

static void notes_free(void *st)
{
	free(((struct notes *)st)->rows);
	free(st);
}

static int notes_room(struct notes *n, size_t more)
{
	size_t cap = n->cap == 0 ? 1024 : n->cap;
	struct noted *grown;

	if (n->cap - n->count >= more) {
		return 0;
	}
	while (cap - n->count < more) {
		cap *= 2;
	}
	grown = realloc(n->rows, cap * sizeof(*grown));
	if (grown == NULL) {
		return ERR_NOMEM;
	}
	n->rows = grown;
	n->cap = cap;
	return 0;
}

/* tap.batch */
static int notes_batch(void *st, const struct batch *b)
{
	struct notes *n = st;
	uint64_t shown = b->first_num;

	for (uint32_t i = 0; i < b->event_count; i++) {
		const struct event *ev = &b->events[i];

		if (ev->fd != NULL && (ev->flags & EVENT_EXIT) != 0 && fd_is_inet(ev->fd)) {
			if (notes_room(n, 1) != 0) {
				return ERR_NOMEM;
			}
			n->rows[n->count++] = (struct noted){ b->section, b->first_raw_num + i, shown, ev->type };
		}
		shown += (ev->flags & EVENT_SHOWN) != 0;
	}
	return 0;
}

/* tap.merge */
static int notes_merge(void *into, void *from)
{
	struct notes *a = into, *b = from;

	if (notes_room(a, b->count) != 0) {
		return ERR_NOMEM;
	}
	if (b->count > 0) {
		memcpy(a->rows + a->count, b->rows, b->count * sizeof(*b->rows));
		a->count += b->count;
	}
	return 0;
}

static const struct tap notes_tap = {
	.name = "calls", .help = "numbers and names of calls on sockets", .order = TAP_FREE, .events = true,
	.state_new = notes_new, .state_free = notes_free, .batch = notes_batch, .merge = notes_merge,
};
static const struct tap *const taps[] = { &notes_tap, NULL };

/* ---- the pass ------------------------------------------------------------------------------------------------ */

/* The second pass would find a pipe empty, or wait for ever for one with a name. */
static int refuse_pipes(const char *what, const struct options *o, struct err *e)
{
	for (size_t i = 0; i < o->input_count; i++) {
		struct stat st;

		if (strcmp(o->inputs[i], "-") != 0 && stat(o->inputs[i], &st) == 0 &&
		    (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))) {
			return err_set(
				e, ERR_USAGE,
				"'%s' is a pipe, and %s reads inputs twice: name a file, or - for standard input",
				o->inputs[i], what);
		}
	}
	return 0;
}

int joined_keep_stdin(const char *what, const struct options *o, struct diag *d, bool *ret_named)
{
	struct spool s = { 0, false };
	bool named = false;
	struct err e;
	int rc;

	for (size_t i = 0; i < o->input_count; i++) {
		named |= strcmp(o->inputs[i], "-") == 0;
	}
	*ret_named = named;
	err_init(&e);
	rc = refuse_pipes(what, o, &e);
	rc = rc == 0 && named ? spool_stdin(LIMIT_SPOOL_BYTES, &s, &e) : rc;
	if (rc == ERR_STOPPED) {
		diag_note(d, "stopped by a signal: standard input was not read to its end");
	} else if (rc != 0) {
		diag_err(d, &e);
	} else if (s.cut) {
		diag_warn(d,
			  "standard input is longer than the %u GiB that %s looks at: what comes after is left out; "
			  "name a file",
			  (unsigned int)(LIMIT_SPOOL_BYTES >> 30), what);
	}
	return rc == 0 ? 0 : err_exit_status(rc);
}

static void count_kinds(struct joined *j, struct source *const *sources, uint32_t count)
{
	unsigned int packets = 0, calls = 0;

	for (uint32_t i = 0; i < count; i++) {
		bool has_packets = false, has_calls = false;

		for (uint32_t k = 0; k < sources[i]->section_count; k++) {
			has_packets |= sources[i]->sections[k]->packets > 0;
			has_calls |= sources[i]->sections[k]->events > 0;
		}
		packets += has_packets;
		calls += has_calls;
	}
	j->many_packets = packets > 1;
	j->many_calls = calls > 1;
}

const char *joined_shown(const struct joined *j, const struct source *s)
{
	return s->name[0] == '/' && strlen(s->name) > j->shared_dir ? s->name + j->shared_dir : s->name;
}

static int make_lookup(struct joined *j, struct err *e)
{
	const struct notes *n = engine_tap_state(j->run.engine, 0);
	struct source *const *sources;
	const struct pair *pairs;
	uint32_t source_count;
	size_t count;
	int rc;

	j->join = engine_joined(j->run.engine);
	if (j->join == NULL) {
		return 0;
	}
	pairs = join_pairs(j->join, &count);
	j->pair_count = count;
	sources = engine_sources(j->run.engine, &source_count);
	count_kinds(j, sources, source_count);
	rc = lookup_new(pairs, count, sources, source_count, &j->lookup, e);
	for (size_t i = 0; rc == 0 && n != NULL && i < n->count; i++) {
		lookup_tell_call(j->lookup, n->rows[i].section, n->rows[i].raw, n->rows[i].shown, n->rows[i].type);
	}
	return rc;
}

int joined_list(struct joined *j, const char *what, const struct options *o, struct diag *d)
{
	int status;

	memset(j, 0, sizeof(*j));
	status = joined_keep_stdin(what, o, d, &j->from_stdin);
	run_init(&j->run, o, d);
	status = status == 0 ? run_inputs(&j->run) : status;
	j->shared_dir = engine_shared_directory(&j->run.inputs);
	return status;
}

int joined_run(struct joined *j, const struct join_options *opt)
{
	struct engine_options eo;
	int status;

	memset(&eo, 0, sizeof(eo));
	eo.fold = true;
	eo.packets = true;
	eo.join = true;
	eo.join_options = *opt;
	eo.no_ndpi = true;
	eo.taps = taps;
	status = run_engine(&j->run, &eo);
	if (status == 0 && j->run.code == ERR_STOPPED) {
		diag_note(j->run.diag, "stopped by a signal: nothing was joined yet");
		return err_exit_status(ERR_STOPPED);
	}
	if (status == 0 && make_lookup(j, &j->run.err) != 0) {
		diag_err(j->run.diag, &j->run.err);
		return err_exit_status(j->run.err.code);
	}
	return status;
}

void joined_lend_inputs(const struct joined *j, struct run *r)
{
	r->inputs = j->run.inputs;
	if (j->from_stdin) {
		lseek(STDIN_FILENO, 0, SEEK_SET);
	}
}

void joined_take_inputs(struct run *r)
{
	input_list_init(&r->inputs);
}

void joined_release(struct joined *j)
{
	lookup_free(j->lookup);
	j->lookup = NULL;
	j->join = NULL;
	run_release(&j->run);
}

const struct process *joined_process(const struct packet_owner *o)
{
	const struct state *s = o->side->sock->section->state;

	return s != NULL && o->process < state_process_count(s) ? state_process(s, o->process) : NULL;
}

const char *joined_call_name(const struct lookup_call *c)
{
	return c->shown != 0 && c->type < SCHEMA_EVENTS ? schema_events[c->type].name : "";
}
