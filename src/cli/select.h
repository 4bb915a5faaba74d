/*
 * select.h - what of the inputs counts: -f with saved filters, --packet-filter; the same for every command that reads
 * captures.
 *
 *   selection_new, then selection_inputs, run_engine, selection_end (or selection_apply in a run of its own);
 *   selection_release at the very end.
 */
#ifndef CLI_SELECT_H
#define CLI_SELECT_H

#include "cli/joined.h"
#include "cli/options.h"
#include "cli/run.h"
#include "filter/filter.h"
#include "filter/packet_bpf.h"

struct selection {
	struct filter *filter; /* owns; NULL: everything passes */
	struct packet_bpf *packet_filter; /* owns; likewise */
	struct joined joined; /* the pass before, when the filter or the command asks what only the join knows */
	bool has_joined;
	bool wants_join; /* set by the command: something else than the filter asks for it */
};

/* Reads files of saved filters and compiles; a note in d on what can hardly be meant. ERR_USAGE, ERR_OPEN, ERR_IO,
 * ERR_NOMEM; s can be released in any case. */
int selection_new(struct selection *s, const struct options *o, struct diag *d, struct err *e);
void selection_release(struct selection *s);

static inline bool selection_any(const struct selection *s)
{
	return s->filter != NULL || s->packet_filter != NULL;
}

/* It takes a pass before to know what passes. */
bool selection_joins(const struct selection *s);

/* Sets what the engine hides, and what the fold must do for it. */
void selection_apply(const struct selection *s, struct engine_options *eo);

/*
 * Lists the inputs, after a pass that joins where the filter needs one, and sets eo as selection_apply does. r is
 * initialised, eo has its join_options. what: the command, for messages. 0, or the exit status; what is wrong has been
 * said. In the end selection_end in place of run_release, also after a failure.
 */
int selection_inputs(struct selection *s, const char *what, struct run *r, struct engine_options *eo);
void selection_end(struct selection *s, struct run *r);

#endif
