/*
 * in_memory.h - runs the engine over bytes in memory, as the fuzz targets and the sweep need it.
 */
#ifndef FUZZ_IN_MEMORY_H
#define FUZZ_IN_MEMORY_H

#include "engine/engine.h"

/* One run; release it whatever in_memory_start returned. */
struct in_memory {
	int fd;
	struct input_list inputs;
	struct engine *engine;
	struct err err;
};

/* Runs the engine over the bytes as if they were a file. What engine_run returned. */
int in_memory_start(struct in_memory *r, const void *data, size_t len,
		    const struct engine_options *opt);
void in_memory_release(struct in_memory *r);

/* Damage of all sources, plus inputs that were skipped or ended early. */
uint64_t in_memory_complaints(const struct in_memory *r);

/* One thread, small batches, no fold: what targets start from. */
struct engine_options in_memory_options(void);
/* The same for all statistics over the rebuilt state. */
struct engine_options in_memory_report_options(void);

/* Builds all tables of a run with report options and renders them as JSON, CSV and HTML, which are
 * thrown away. 0 or what failed. */
int in_memory_render(struct in_memory *r);
/* The tables alone. */
int in_memory_tables(struct in_memory *r);

#endif
