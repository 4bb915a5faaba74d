/*
 * scripts.h - `report --script`: reads the files, puts the scripts of stats/script.h into the engine's run, and says
 * what became of them. Main thread, but for what the engine calls.
 *
 *   scripts_load, scripts_apply before the run, scripts_report after it, scripts_say at the end; scripts_release
 */
#ifndef CLI_SCRIPTS_H
#define CLI_SCRIPTS_H

#include "cli/diag.h"
#include "cli/options.h"
#include "engine/engine.h"
#include "stats/script.h"

struct scripts {
	struct script_set *set; /* owns; NULL: none */
	struct line_sink sink;
	size_t directory; /* that names of sources lose, as in reports */
};

/* No file: no scripts. ERR_USAGE with file and line, ERR_OPEN, ERR_IO, ERR_NOMEM; can be released in any case. */
int scripts_load(struct scripts *s, const struct option_texts *files, struct err *e);
void scripts_release(struct scripts *s);

/* They ask what only a pass before can tell. */
static inline bool scripts_join(const struct scripts *s)
{
	return s->set != NULL && script_set_joins(s->set);
}

/* Sets what the run must do for the scripts; eo is complete otherwise. s stays where it is until the run is over. */
void scripts_apply(struct scripts *s, const struct input_list *inputs, struct engine_options *eo);

/* Adds their tables. 0 or ERR_NOMEM. s is released after the report. */
int scripts_report(struct scripts *s, struct report *r, struct err *e);

/* What they printed, and which have failed. Returns 0, or the exit status when one has. */
int scripts_say(const struct scripts *s, struct diag *d);

#endif
