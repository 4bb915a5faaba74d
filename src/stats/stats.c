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

static const struct plot_series packet_series[] = {
	{ "TCP", "tcp" }, { "UDP", "udp" }, { "ICMP", "icmp" }, { "other", "other" },
};

static const struct plot_series packet_bytes_series[] = {
	{ "TCP", "tcp_bytes" }, { "UDP", "udp_bytes" }, { "ICMP", "icmp_bytes" }, { "other", "other_bytes" },
};

static const struct plot_series trouble_series[] = {
	{ "retransmissions", "retransmissions" }, { "out of order", "out_of_order" }, { "gaps", "gaps" },
	{ "duplicate ACKs", "dup_acks" },	  { "zero windows", "zero_windows" }, { "resets", "resets" },
};

static const struct plot_series flow_series[] = { { "new flows", "new_flows" } };

/* Of tables without rows, and of columns without anything but zeros, nothing is drawn. */
const struct plot_def stats_plots[] = {
	{ "events", "Events by category", "events", "io", events_series, ARRAY_LEN(events_series), true },
	{ "file_bytes", "File bytes", "bytes", "io", file_series, ARRAY_LEN(file_series), false },
	{ "net_bytes", "Network bytes", "bytes", "io", net_series, ARRAY_LEN(net_series), false },
	{ "errors", "Failed calls", "calls", "io", error_series, ARRAY_LEN(error_series), false },
	{ "starts", "Processes started", "processes", "io", start_series, ARRAY_LEN(start_series), false },
	{ "packets", "Packets by transport", "packets", "packet_io", packet_series, ARRAY_LEN(packet_series), true },
	{ "packet_bytes", "Bytes of packets by transport", "bytes", "packet_io", packet_bytes_series,
	  ARRAY_LEN(packet_bytes_series), true },
	{ "tcp_trouble", "TCP trouble", "packets", "packet_io", trouble_series, ARRAY_LEN(trouble_series), false },
	{ "new_flows", "New flows", "flows", "packet_io", flow_series, ARRAY_LEN(flow_series), false },
};

const unsigned int stats_plot_count = ARRAY_LEN(stats_plots);
