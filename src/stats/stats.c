/*
 * stats.c - the list of statistics and plots; constant.
 */
#include "stats/stats.h"

const struct tap *const stats_taps[] = {
#define TAP(name) &tap_##name,
#include "stats/taps.def"
#undef TAP
	NULL,
};

static const struct plot_series events_series[] = {
	{ "file", "file" },	{ "network", "net" },	      { "ipc", "ipc" },
	{ "memory", "memory" }, { "process", "process" },     { "wait and sleep", "wait" },
	{ "signal", "signal" }, { "scheduler", "scheduler" }, { "other", "other" },
};

static const struct plot_series file_series[] = {
	{ "read", "file_read" },
	{ "written", "file_written" },
};

static const struct plot_series net_series[] = {
	{ "received", "net_in" },
	{ "sent", "net_out" },
};

static const struct plot_series error_series[] = { { "failed calls", "errors" } };
static const struct plot_series start_series[] = { { "processes started", "started" } };

const struct plot_def stats_plots[] = {
	{ "events", "Events by category", "events", "io", events_series, ARRAY_LEN(events_series), true },
	{ "file_bytes", "File bytes", "bytes", "io", file_series, ARRAY_LEN(file_series), false },
	{ "net_bytes", "Network bytes", "bytes", "io", net_series, ARRAY_LEN(net_series), false },
	{ "errors", "Failed calls", "calls", "io", error_series, ARRAY_LEN(error_series), false },
	{ "starts", "Processes started", "processes", "io", start_series, ARRAY_LEN(start_series), false },
};

const unsigned int stats_plot_count = ARRAY_LEN(stats_plots);
