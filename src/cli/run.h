/*
 * run.h - what info, print and report have in common: collecting the inputs, running the engine
 * over them, saying on stderr what was skipped or damaged, and the exit status.
 *
 *   run_init, run_inputs, run_engine, run_status; then run_release.
 */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli/diag.h"
#include "cli/options.h"
#include "engine/engine.h"

struct run {
	const struct options *options; /* borrowed */
	struct diag *diag; /* borrowed */
	struct input_list inputs;
	struct engine *engine; /* NULL until run_engine */
	int code; /* of the engine's run: 0, ERR_STOPPED, ERR_PIPE, ... */
	struct err err;
};

void run_init(struct run *r, const struct options *o, struct diag *d);
void run_release(struct run *r);

/*
 * Lists all inputs. An input that was named and is not there is an error before anything is read.
 * Returns 0, or the exit status; what is wrong has been said.
 */
int run_inputs(struct run *r);

/*
 * Runs the engine: threads, batch size, hashing and progress are set from the options, the rest
 * comes from eo. Returns 0 when sources can be shown (also after a stop), else the exit status;
 * what is wrong has been said.
 */
int run_engine(struct run *r, struct engine_options *eo);

/* Says what was skipped and damaged, and gives the exit status of the run. */
int run_status(struct run *r);

/* All sources of the run together. */
struct run_totals {
	uint64_t events, shown, packets, damages, damage_bytes;
	uint32_t sources, damaged_sources;
};

struct run_totals run_totals(const struct run *r);

#endif
