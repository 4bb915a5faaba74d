/*
 * plot.h - the steps of a drawing: script for gnuplot, gnuplot, its SVG made fit for the page.
 * Private to the renderer of plots and the writer of the folder.
 */
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include "report/result.h"

#include <sys/types.h>

#define PLOTS_MAX 64

/* One run of gnuplot, which draws several plots one after the other. Zeroed or after plot_start; owner: main. */
struct plot_job {
	const struct plot_def *plots; /* borrowed from the report */
	unsigned int count;
	uint64_t drawn; /* bit i: plots[i] has something to draw */
	pid_t pid; /* 0: not running */
	int out_fd; /* -1 or the file its drawings go to */
	int err_fd; /* -1 or the file its complaints go to */
};

/* Starts gnuplot on count plots; it draws while the caller does other work. ERR_EOF: none has anything to
 * draw. ERR_UNSUPPORTED: no gnuplot. On failure nothing is left to finish. */
int plot_start(const struct report *r, const struct plot_def *plots, unsigned int count,
	       struct plot_job *ret_job, struct err *e);

/* Waits until deadline_ns (CLOCK_MONOTONIC) and takes the drawings: svgs[i] of plots[i], empty when there was
 * nothing to draw. ERR_UNSUPPORTED: gnuplot failed or took too long. The job is over either way. */
int plot_finish(struct plot_job *job, uint64_t deadline_ns, struct buf *svgs, struct err *e);

/* Ends a job whose drawings nobody wants. Nothing happens when none runs. */
void plot_abandon(struct plot_job *job);

/* Now, plus the time gnuplot gets. */
uint64_t plot_deadline(void);

/*
 * The x axis of a plot: spans of time in order, one behind the other at one scale. Between two of them nothing was
 * recorded: such a pause takes PLOT_BREAK of the width, however long it was.
 */
#define PLOT_SPANS_MAX 8
#define PLOT_BREAK 3 /* percent */

struct plot_axis {
	struct plot_span {
		uint64_t from_ns, to_ns; /* [from, to) */
	} span[PLOT_SPANS_MAX];
	unsigned int count;
};

/* plot_axis.c: false: nothing to draw. */
bool plot_axis(const struct report *r, const struct plot_def *def, struct plot_axis *ret_axis);
/* Of all spans together. */
uint64_t plot_axis_length(const struct plot_axis *a);
/* How long a pause is drawn. */
uint64_t plot_axis_break(const struct plot_axis *a);
/* From the left edge to ns, as drawn; what lies in a pause is at its begin. */
uint64_t plot_axis_at(const struct plot_axis *a, uint64_t ns);
/* When the row of a table with a column "time" ends: after its interval, where it has one. */
uint64_t plot_row_end(const struct table *t, size_t row);

/* plot_script.c: the script for p, data included. ERR_EOF: nothing to draw. ERR_NOMEM. */
int plot_script(const struct report *r, const struct plot_def *p, struct buf *out);

/*
 * plot_svg.c: keeps of gnuplot's SVG what draws, and nothing that differs between its versions or
 * could act: known elements only, no scripts, ids and references with prefix so that many drawings
 * can stand in one page, the stand-in colours replaced by currentColor. label becomes the
 * accessible name. ERR_MALFORMED when it is no SVG.
 */
int plot_svg_clean(const char *svg, size_t len, const char *prefix, const char *label,
		   struct buf *out);

#endif
