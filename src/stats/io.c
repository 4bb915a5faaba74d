/*
 * io.c - table `io`: events, bytes, errors and process starts over time. Free of order: timeline.h says how the
 * interval is picked.
 */
#include "stats/event_class.h"
#include "stats/stats.h"
#include "stats/timeline.h"

enum io_count {
	IO_EVENTS, IO_FILE, IO_NET, IO_IPC, IO_MEMORY, IO_PROCESS, IO_WAIT, IO_SIGNAL, IO_SCHEDULER,
	IO_OTHER, IO_FILE_READ, IO_FILE_WRITTEN, IO_NET_IN, IO_NET_OUT, IO_ERRORS, IO_STARTED, IO_COUNTS
};

static void *io_new(void)
{
	struct timeline *line = malloc(sizeof(*line));

	if (line != NULL) {
		timeline_init(line, IO_COUNTS);
	}
	return line;
}

static void io_free(void *st)
{
	timeline_release(st);
	free(st);
}

/* Column of a schema category; 0 where it depends on the fd. */
static const uint8_t column_of[EC_COUNT] = {
	[EC_UNKNOWN] = IO_OTHER,   [EC_OTHER] = IO_OTHER,	    [EC_FILE] = IO_FILE,
	[EC_NET] = IO_NET,	   [EC_IPC] = IO_IPC,		    [EC_MEMORY] = IO_MEMORY,
	[EC_PROCESS] = IO_PROCESS, [EC_SLEEP] = IO_WAIT,	    [EC_SYSTEM] = IO_OTHER,
	[EC_SIGNAL] = IO_SIGNAL,   [EC_USER] = IO_OTHER,	    [EC_TIME] = IO_OTHER,
	[EC_PROCESSING] = IO_OTHER, [EC_IO_READ] = 0,		    [EC_IO_WRITE] = 0,
	[EC_IO_OTHER] = 0,	   [EC_WAIT] = IO_WAIT,		    [EC_SCHEDULER] = IO_SCHEDULER,
	[EC_INTERNAL] = IO_OTHER,
};

static inline unsigned int category_of(const struct event *ev)
{
	static const uint8_t of_fd[] = {
		[FDC_NONE] = IO_OTHER, [FDC_FILE] = IO_FILE, [FDC_NET] = IO_NET, [FDC_IPC] = IO_IPC,
	};
	unsigned int column = column_of[schema_events[ev->type].category];

	return column != 0 ? column : of_fd[event_fd_class(ev)];
}

static void count_bytes(uint64_t *counts, const struct event *ev)
{
	struct event_bytes m;
	enum fd_class fd = event_fd_class(ev);

	event_bytes_moved(ev, &m);
	counts[IO_FILE_READ] += m.file_in;
	if (fd == FDC_FILE) {
		counts[IO_FILE_READ] += m.in;
		counts[IO_FILE_WRITTEN] += m.out;
	} else if (fd == FDC_NET) {
		counts[IO_NET_IN] += m.in;
		counts[IO_NET_OUT] += m.out;
	}
}

static int io_batch(void *st, const struct batch *batch)
{
	struct timeline *line = st;

	for (uint32_t i = 0; i < batch->event_count; i++) {
		const struct event *ev = &batch->events[i];
		uint64_t *counts;

		/* What has no time is on no axis. */
		if (!event_counts(ev) || UNLIKELY(ev->flags & EVENT_TIME_ZERO)) {
			continue;
		}
		counts = timeline_at(line, ev->ts_ns);
		if (UNLIKELY(counts == NULL)) {
			return ERR_NOMEM;
		}
		counts[IO_EVENTS]++;
		counts[category_of(ev)]++;
		counts[IO_ERRORS] += (ev->flags & EVENT_FAILED) != 0;
		if (event_moves_bytes(ev)) {
			count_bytes(counts, ev);
		} else if (UNLIKELY(event_starts_process(ev))) {
			counts[IO_STARTED]++;
		}
	}
	return 0;
}

static int io_merge(void *into, void *from)
{
	return timeline_merge(into, from);
}

static const struct column columns[] = {
	{ "time", COL_TIME, "", "Begin of the interval" },
	{ "interval", COL_DURATION, "ns", "Length of the interval" },
	{ "events", COL_U64, "", "Completed calls and other events" },
	{ "file", COL_U64, "", "Events on files" },
	{ "net", COL_U64, "", "Events on network sockets" },
	{ "ipc", COL_U64, "", "Events on pipes, unix sockets and the like" },
	{ "memory", COL_U64, "", "Memory management" },
	{ "process", COL_U64, "", "Process management" },
	{ "wait", COL_U64, "", "Waiting and sleeping" },
	{ "signal", COL_U64, "", "Signals" },
	{ "scheduler", COL_U64, "", "Context switches" },
	{ "other", COL_U64, "", "Everything else" },
	{ "file_read", COL_BYTES, "bytes", "Bytes read from files" },
	{ "file_written", COL_BYTES, "bytes", "Bytes written to files" },
	{ "net_in", COL_BYTES, "bytes", "Bytes received on network sockets" },
	{ "net_out", COL_BYTES, "bytes", "Bytes sent on network sockets" },
	{ "errors", COL_U64, "", "Calls that returned a negative result" },
	{ "started", COL_U64, "", "Processes started" },
};

_Static_assert(ARRAY_LEN(columns) == IO_COUNTS + 2, "one column per count, time and interval");

static const struct table_def def = {
	"io", "Activity over time",
	"What happened in each interval, over all sources. The interval is picked from the span of the capture. Intervals "
	"without events are left out of the ends, and of the middle only where captures lie far apart and nothing was "
	"recorded.",
	columns, ARRAY_LEN(columns),
};

static int io_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	struct table *t = table_new(&def);
	struct pauses pauses;

	if (t == NULL || pauses_find(in->sources, in->source_count, &pauses) != 0 ||
	    (st != NULL && timeline_rows(st, &pauses, t) != 0)) {
		table_free(t);
		return err_nomem(e, "table io");
	}
	return report_add(r, t) == 0 ? 0 : err_nomem(e, "table io");
}

const struct tap tap_io = {
	.name = "io",
	.help = "events, bytes, errors and process starts over time",
	.order = TAP_FREE,
	.events = true,
	.state_new = io_new,
	.state_free = io_free,
	.batch = io_batch,
	.merge = io_merge,
	.tables = io_tables,
};
