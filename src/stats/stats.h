/*
 * stats.h - the list of statistics. See tap.h for what a statistic is.
 */
#ifndef STATS_STATS_H
#define STATS_STATS_H

#include "stats/tap.h"

#define TAP(name) extern const struct tap tap_##name;
#include "stats/taps.def"
#undef TAP

/* All of them, NULL-terminated, in the order of the report. */
extern const struct tap *const stats_taps[];

/* Plots drawn from their tables. */
extern const struct plot_def stats_plots[];
extern const unsigned int stats_plot_count;

#endif
