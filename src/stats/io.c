/*
 * io.c - table `io`: events, bytes, errors and process starts over time. Free of order.
 *
 * The interval is picked from the span, which is known only at the end: each worker counts in buckets of the
 * finest width of a ladder whose widths divide one another, and doubles up to the next width when it
 * holds too many. Whatever the distribution over workers, the merged table has the same width: the smallest
 * that keeps all distinct buckets below the ceiling and the span below LIMIT_SERIES_POINTS.
 */
#include "base/limits.h"
#include "base/map.h"
#include "stats/event_class.h"
#include "stats/stats.h"

#define MS UINT64_C(1000000)
#define BUCKETS_MAX 8192

static const uint64_t ladder_ns[] = {
	1 * MS,	     5 * MS,	  10 * MS,	50 * MS,       100 * MS,      500 * MS,	       1000 * MS,
	5000 * MS,   10000 * MS,  30000 * MS,	60000 * MS,    300000 * MS,   600000 * MS,     3600000 * MS,
	21600000 * MS, 86400000 * MS, 864000000 * MS, 8640000000 * MS,
};

enum io_count {
	IO_EVENTS, IO_FILE, IO_NET, IO_IPC, IO_MEMORY, IO_PROCESS, IO_WAIT, IO_SIGNAL, IO_SCHEDULER,
	IO_OTHER, IO_FILE_READ, IO_FILE_WRITTEN, IO_NET_IN, IO_NET_OUT, IO_ERRORS, IO_STARTED, IO_COUNTS
};

struct io_bucket {
	uint64_t index;			/* time / width */
	uint64_t counts[IO_COUNTS];
};

struct io_state {
	unsigned int rung;		/* of the ladder */
	struct map by_index;		/* bucket index -> position in buckets + 1 */
	struct io_bucket *buckets;	/* owns */
	size_t count, cap;
	struct io_bucket *last;		/* the one counted last */
	uint64_t last_from, last_to;	/* its times, [from, to) */
	uint64_t untimed;
};

static void *io_new(void)
{
	return calloc(1, sizeof(struct io_state));
}

static void io_free(void *st)
{
	struct io_state *s = st;

	map_release(&s->by_index);
	free(s->buckets);
	free(s);
}

static struct io_bucket *bucket_at(struct io_state *s, uint64_t index)
{
	uintptr_t at = map_get(&s->by_index, index);
	struct io_bucket *b;

	if (at != 0) {
		return &s->buckets[at - 1];
	}
	if (s->count == s->cap) {
		size_t cap = s->cap == 0 ? 256 : s->cap * 2;
		struct io_bucket *grown = realloc(s->buckets, cap * sizeof(*grown));

		if (grown == NULL) {
			return NULL;
		}
		s->buckets = grown;
		s->cap = cap;
	}
	if (map_set(&s->by_index, index, s->count + 1) != 0) {
		return NULL;
	}
	b = &s->buckets[s->count++];
	memset(b, 0, sizeof(*b));
	b->index = index;
	return b;
}

static void add_counts(struct io_bucket *into, const struct io_bucket *from)
{
	for (unsigned int i = 0; i < IO_COUNTS; i++) {
		into->counts[i] += from->counts[i];
	}
}

/* Joins buckets to the next width of the ladder. */
static int coarsen(struct io_state *s)
{
	uint64_t factor = ladder_ns[s->rung + 1] / ladder_ns[s->rung];
	struct io_bucket *old = s->buckets;
	size_t n = s->count;
	int rc = 0;

	map_clear(&s->by_index);
	s->buckets = NULL;
	s->count = 0;
	s->cap = 0;
	s->last = NULL;
	s->last_to = 0;
	s->rung++;
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct io_bucket *b = bucket_at(s, old[i].index / factor);

		if (b == NULL) {
			rc = ERR_NOMEM;
		} else {
			add_counts(b, &old[i]);
		}
	}
	free(old);
	return rc;
}

static int limit_buckets(struct io_state *s)
{
	int rc = 0;

	while (rc == 0 && s->count > BUCKETS_MAX && s->rung + 1 < ARRAY_LEN(ladder_ns)) {
		rc = coarsen(s);
	}
	return rc;
}

static int go_to(struct io_state *s, uint64_t ts)
{
	uint64_t width;
	struct io_bucket *b;

	if (s->count > BUCKETS_MAX && limit_buckets(s) != 0) {
		return ERR_NOMEM;
	}
	width = ladder_ns[s->rung];
	b = bucket_at(s, ts / width);
	if (b == NULL) {
		return ERR_NOMEM;
	}
	s->last = b;
	s->last_from = ts / width * width;
	s->last_to = s->last_from + width;
	return 0;
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

static void count_bytes(struct io_bucket *b, const struct event *ev)
{
	struct event_bytes m;
	enum fd_class fd = event_fd_class(ev);

	event_bytes_moved(ev, &m);
	b->counts[IO_FILE_READ] += m.file_in;
	if (fd == FDC_FILE) {
		b->counts[IO_FILE_READ] += m.in;
		b->counts[IO_FILE_WRITTEN] += m.out;
	} else if (fd == FDC_NET) {
		b->counts[IO_NET_IN] += m.in;
		b->counts[IO_NET_OUT] += m.out;
	}
}

static int io_batch(void *st, const struct batch *batch)
{
	struct io_state *s = st;

	for (uint32_t i = 0; i < batch->event_count; i++) {
		const struct event *ev = &batch->events[i];

		if (!event_counts(ev)) {
			continue;
		}
		if (UNLIKELY(ev->flags & EVENT_TIME_ZERO)) {
			s->untimed++;
			continue;
		}
		if (UNLIKELY(ev->ts_ns < s->last_from || ev->ts_ns >= s->last_to) &&
		    go_to(s, ev->ts_ns) != 0) {
			return ERR_NOMEM;
		}
		s->last->counts[IO_EVENTS]++;
		s->last->counts[category_of(ev)]++;
		s->last->counts[IO_ERRORS] += (ev->flags & EVENT_FAILED) != 0;
		if (event_moves_bytes(ev)) {
			count_bytes(s->last, ev);
		} else if (UNLIKELY(event_starts_process(ev))) {
			s->last->counts[IO_STARTED]++;
		}
	}
	return 0;
}

static int io_merge(void *into, void *from)
{
	struct io_state *a = into;
	struct io_state *b = from;
	int rc = 0;

	while (rc == 0 && a->rung < b->rung) {
		rc = coarsen(a);
	}
	while (rc == 0 && b->rung < a->rung) {
		rc = coarsen(b);
	}
	for (size_t i = 0; i < b->count && rc == 0; i++) {
		struct io_bucket *x = bucket_at(a, b->buckets[i].index);

		if (x == NULL) {
			return ERR_NOMEM;
		}
		add_counts(x, &b->buckets[i]);
	}
	a->untimed += b->untimed;
	a->last = NULL;
	a->last_from = 0;
	a->last_to = 0;
	return rc != 0 ? rc : limit_buckets(a);
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
	"What happened in each interval, over all sources. The interval is picked from the span of the capture; "
	"intervals without events are left out of the ends, not of the middle.",
	columns, ARRAY_LEN(columns),
};

static int by_index(const void *pa, const void *pb)
{
	const struct io_bucket *a = pa;
	const struct io_bucket *b = pb;

	return a->index < b->index ? -1 : a->index > b->index;
}

/*
 * The axis leaves out what lies far off (a whole axis away from what follows): at most one event in a thousand
 * at each end, so that stray timestamps do not flatten the rest. Buckets are sorted.
 */
static void clamp_axis(const struct io_state *s, size_t *ret_first, size_t *ret_last)
{
	const struct io_bucket *b = s->buckets;
	uint64_t total = 0;
	uint64_t seen = 0;
	size_t first = 0;
	size_t last = s->count - 1;

	for (size_t i = 0; i < s->count; i++) {
		total += b[i].counts[IO_EVENTS];
	}
	if (b[last].index - b[0].index >= LIMIT_SERIES_POINTS) {
		for (size_t i = 0; i < last && (seen += b[i].counts[IO_EVENTS]) * 1000 <= total; i++) {
			first = b[i + 1].index - b[i].index > LIMIT_SERIES_POINTS ? i + 1 : first;
		}
		seen = 0;
		for (size_t i = last; i > first && (seen += b[i].counts[IO_EVENTS]) * 1000 <= total; i--) {
			last = b[i].index - b[i - 1].index > LIMIT_SERIES_POINTS ? i - 1 : last;
		}
	}
	*ret_first = first;
	*ret_last = last;
}

static int fit_axis(struct io_state *s, size_t *ret_first, size_t *ret_last)
{
	/* A state that was never merged may hold one bucket too many. */
	if (limit_buckets(s) != 0) {
		return ERR_NOMEM;
	}
	for (;;) {
		qsort(s->buckets, s->count, sizeof(*s->buckets), by_index);
		clamp_axis(s, ret_first, ret_last);
		if (s->buckets[*ret_last].index - s->buckets[*ret_first].index < LIMIT_SERIES_POINTS ||
		    s->rung + 1 == ARRAY_LEN(ladder_ns)) {
			return 0;
		}
		/* Sorting moved the buckets, so the index map is stale: coarsen rebuilds it. */
		if (coarsen(s) != 0) {
			return ERR_NOMEM;
		}
	}
}

static void add_row(struct table *t, uint64_t index, uint64_t width, const struct io_bucket *b)
{
	static const struct io_bucket empty;

	table_time(t, index * width);
	table_duration(t, width);
	b = b != NULL ? b : &empty;
	for (unsigned int i = 0; i < IO_COUNTS; i++) {
		if (columns[i + 2].type == COL_BYTES) {
			table_bytes(t, b->counts[i]);
		} else {
			table_u64(t, b->counts[i]);
		}
	}
}

static void add_rows(struct table *t, const struct io_state *s, size_t first, size_t last)
{
	uint64_t width = ladder_ns[s->rung];
	uint64_t index = s->buckets[first].index;

	for (size_t i = first; i <= last; i++) {
		for (; index < s->buckets[i].index; index++) {
			add_row(t, index, width, NULL);
		}
		add_row(t, index++, width, &s->buckets[i]);
	}
	t->rows_dropped = first + (s->count - 1 - last);
}

static int io_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	struct io_state *s = st;
	struct table *t = table_new(&def);
	size_t first;
	size_t last;

	UNUSED_ARG(in);
	if (t == NULL) {
		return err_nomem(e, "table io");
	}
	if (s != NULL && s->count > 0) {
		if (fit_axis(s, &first, &last) != 0) {
			table_free(t);
			return err_nomem(e, "table io");
		}
		add_rows(t, s, first, last);
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
