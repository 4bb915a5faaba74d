/*
 * mkrun.h - captures in files through the whole engine, as the commands run it, for the suites of the engine
 * and the statistics.
 */
#ifndef MKRUN_H
#define MKRUN_H

#include "engine/engine.h"

#include "mkcap.h"
#include "report/render.h"
#include "state/state.h"
#include "stats/stats.h"
#include "streams.h"

/* A deadlock must end the test run: no run here takes seconds. */
#define DEADLOCK_SECONDS 120

struct run {
	struct input_list inputs;
	struct engine *engine;
	struct report report;
	struct err err;
	int code;		/* of engine_run */
};

/* All statistics over the rebuilt state. */
static inline struct engine_options run_report_options(unsigned int threads, size_t batch_bytes)
{
	struct engine_options opt = { .threads = threads, .batch_bytes = batch_bytes, .fold = true, .join = true };

	opt.taps = stats_taps;
	return opt;
}

/* Reads path: a file, or a folder with all below it. */
static inline void run_engine_on(struct run *r, const char *path, const struct engine_options *opt)
{
	memset(r, 0, sizeof(*r));
	err_init(&r->err);
	input_list_init(&r->inputs);
	report_init(&r->report);
	CU_ASSERT_EQUAL_FATAL(input_list_add(&r->inputs, path, &r->err), 0);
	CU_ASSERT_EQUAL_FATAL(engine_new(opt, &r->engine, &r->err), 0);
	alarm(DEADLOCK_SECONDS);
	r->code = engine_run(r->engine, &r->inputs, &r->err);
	alarm(0);
}

/* The same, with the tables of all statistics built. */
static inline void run_report_on(struct run *r, const char *path, unsigned int threads, size_t batch_bytes)
{
	struct engine_options opt = run_report_options(threads, batch_bytes);

	run_engine_on(r, path, &opt);
	CU_ASSERT_EQUAL_FATAL(r->code, 0);
	r->report.version = "test";
	r->report.command_line = "";
	CU_ASSERT_EQUAL_FATAL(engine_report(r->engine, &r->report, &r->err), 0);
}

/* The report of one capture, written to a file for the time of the run. */
static inline void run_report_of(struct run *r, const struct mkcap *m, unsigned int threads,
				 size_t batch_bytes)
{
	struct dir d;

	dir_init(&d);
	mkcap_save(m, dir_file(&d, "capture.scap"));
	run_report_on(r, dir_file(&d, "capture.scap"), threads, batch_bytes);
	dir_release(&d);
}

static inline void run_release(struct run *r)
{
	report_release(&r->report);
	engine_free(r->engine);
	input_list_release(&r->inputs);
}

/* ---- what stands in a table ------------------------------------------------------------------------- */

static inline const struct table *run_table(const struct run *r, const char *name)
{
	const struct table *t = report_table(&r->report, name);

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	return t;
}

static inline struct cell run_cell(const struct table *t, size_t row, const char *column)
{
	int col = table_column(t, column);

	CU_ASSERT_FATAL(col >= 0);
	CU_ASSERT_FATAL(row < t->row_count);
	return table_cell(t, row, (unsigned int)col);
}

static inline uint64_t run_num(const struct table *t, size_t row, const char *column)
{
	struct cell c = run_cell(t, row, column);

	CU_ASSERT_FALSE(c.marks & CELL_UNKNOWN);
	return c.v.u;
}

static inline bool run_unknown(const struct table *t, size_t row, const char *column)
{
	return (run_cell(t, row, column).marks & CELL_UNKNOWN) != 0;
}

static inline bool run_text_is(const struct table *t, size_t row, const char *column, const char *want)
{
	struct cell c = run_cell(t, row, column);

	return !(c.marks & CELL_UNKNOWN) && c.len == strlen(want) && memcmp(c.v.text, want, c.len) == 0;
}

/* The only row whose column holds this text; SIZE_MAX and a failure when there is another number. */
static inline size_t run_row_text(const struct table *t, const char *column, const char *want)
{
	size_t found = SIZE_MAX;
	size_t n = 0;

	for (size_t i = 0; i < t->row_count; i++) {
		if (run_text_is(t, i, column, want)) {
			found = i;
			n++;
		}
	}
	if (n != 1) {
		printf("\ntable %s has %zu rows with %s '%s'\n", t->def->name, n, column, want);
	}
	CU_ASSERT_EQUAL_FATAL(n, 1);
	return found;
}

static inline size_t run_row_num(const struct table *t, const char *column, uint64_t want)
{
	size_t found = SIZE_MAX;
	size_t n = 0;

	for (size_t i = 0; i < t->row_count; i++) {
		if (!run_unknown(t, i, column) && run_cell(t, i, column).v.u == want) {
			found = i;
			n++;
		}
	}
	CU_ASSERT_EQUAL_FATAL(n, 1);
	return found;
}

static inline uint64_t run_sum(const struct table *t, const char *column)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < t->row_count; i++) {
		sum += run_num(t, i, column);
	}
	return sum;
}

/* All tables in one text, to compare runs. */
static inline void run_json(const struct run *r, struct buf *out)
{
	buf_init(out, (size_t)1 << 30);
	render_json(&r->report, out);
	CU_ASSERT_FALSE(out->failed);
}

#endif
