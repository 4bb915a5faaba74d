/*
 * select.c - see select.h. Main thread.
 */
#include "cli/select.h"

#include "cli/filter_file.h"

/* The filter that was asked for: an expression, or a saved one by its name. */
static int compile(struct selection *s, const char *text, const struct filter_book *book, struct err *e)
{
	const struct saved_filter *saved;
	struct err why;
	int rc;

	err_init(&why);
	if (text[0] != '@') {
		rc = filter_new(text, filter_book_library(book), &s->filter, &why);
		return rc < 0 ? err_set(e, rc, "filter, %s", why.message) : 0;
	}
	rc = filter_book_find(book, text + 1, &saved, e);
	if (rc < 0) {
		return rc;
	}
	rc = filter_new(saved->text, filter_book_library(book), &s->filter, &why);
	return rc < 0 ? err_set(e, rc, "saved filter '%s' ('%s', line %u): %s", saved->name, saved->file, saved->line,
				why.message)
		      : 0;
}

static void note_doubts(const struct selection *s, struct diag *d)
{
	char text[300];

	for (unsigned int i = 0; filter_doubt(s->filter, i, text, sizeof(text)); i++) {
		diag_note(d, "filter: %s", text);
	}
}

int selection_new(struct selection *s, const struct options *o, struct diag *d, struct err *e)
{
	struct filter_book *book = NULL;
	int rc = 0;

	memset(s, 0, sizeof(*s));
	if (o->filter != NULL) {
		rc = filter_book_new(&o->filter_files, &book, e);
		rc = rc == 0 ? compile(s, o->filter, book, e) : rc;
		filter_book_free(book);
		if (rc == 0) {
			note_doubts(s, d);
		}
	} else if (o->filter_files.count > 0) {
		return err_set(e, ERR_USAGE, "--filter-file without -f: name one of its filters, -f @NAME");
	}
	if (rc == 0 && o->packet_filter != NULL) {
		rc = packet_bpf_new(o->packet_filter, &s->packet_filter, e);
	}
	return rc;
}

void selection_release(struct selection *s)
{
	if (s->has_joined) {
		joined_release(&s->joined);
	}
	filter_free(s->filter);
	packet_bpf_free(s->packet_filter);
	memset(s, 0, sizeof(*s));
}

bool selection_joins(const struct selection *s)
{
	return s->wants_join || (s->filter != NULL && (filter_kinds(s->filter) & FILTER_JOINED) != 0);
}

void selection_apply(const struct selection *s, struct engine_options *eo)
{
	eo->filter = s->filter;
	eo->packet_filter = s->packet_filter;
	if (s->filter != NULL) {
		eo->fold = eo->fold || (filter_wants(s->filter) & WANT_FOLD) != 0;
		eo->packets = eo->packets || (filter_kinds(s->filter) & FILTER_OF_PACKETS) != 0;
	}
	if (s->has_joined) {
		eo->lookup = s->joined.lookup;
	}
}

/* The pass before. */
static int join_first(struct selection *s, const char *what, struct run *r, const struct join_options *jo)
{
	int status = joined_list(&s->joined, what, r->options, r->diag);

	s->has_joined = true;
	if (status == 0) {
		status = joined_run(&s->joined, jo);
	}
	if (status == 0) {
		if (s->joined.pair_count == 0) {
			diag_note(r->diag, "nothing joined: no connection is in both packets and system calls");
		}
		joined_lend_inputs(&s->joined, r);
	}
	return status;
}

int selection_inputs(struct selection *s, const char *what, struct run *r, struct engine_options *eo)
{
	int status = selection_joins(s) ? join_first(s, what, r, &eo->join_options) : run_inputs(r);

	selection_apply(s, eo);
	return status;
}

void selection_end(struct selection *s, struct run *r)
{
	if (s->has_joined) {
		engine_free(r->engine); /* before its inputs are given back */
		r->engine = NULL;
		joined_take_inputs(r);
	}
	run_release(r);
}
