/*
 * syscalls.c - table `syscalls`: per event type, calls, errors and latency. Reads exits and events that stand for
 * themselves; generic events are told apart by their syscall number. Free of order: sums and histograms.
 */
#include "stats/event_class.h"
#include "stats/hist.h"
#include "stats/stats.h"

#define GENERIC_CODES 512

struct call_sums {
	uint64_t calls, errors, exact, bound;	/* exact, bound: calls whose latency is known so */
	struct hist latency;
};

struct syscalls_state {
	struct call_sums *by_type[SCHEMA_EVENTS];	/* owns */
	struct call_sums *generic[GENERIC_CODES];	/* owns; type 1 by syscall code */
};

static void *syscalls_new(void)
{
	return calloc(1, sizeof(struct syscalls_state));
}

static void syscalls_free(void *st)
{
	struct syscalls_state *s = st;

	for (size_t i = 0; i < ARRAY_LEN(s->by_type); i++) {
		free(s->by_type[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(s->generic); i++) {
		free(s->generic[i]);
	}
	free(s);
}

static struct call_sums **row_of(struct syscalls_state *s, const struct event *ev)
{
	if (ev->type == EV_GENERIC_X) {
		struct param id = event_param(ev, 0);

		if (id.len >= 2 && load_le16(id.p) < GENERIC_CODES) {
			return &s->generic[load_le16(id.p)];
		}
	}
	return &s->by_type[ev->type];
}

static int syscalls_batch(void *st, const struct batch *b)
{
	struct syscalls_state *s = st;

	for (uint32_t i = 0; i < b->event_count; i++) {
		const struct event *ev = &b->events[i];
		struct call_sums **row;

		if (!event_counts(ev) || (ev->flags & EVENT_FURTHER) != 0) {
			continue;
		}
		row = row_of(s, ev);
		if (UNLIKELY(*row == NULL)) {
			*row = calloc(1, sizeof(**row));
			if (*row == NULL) {
				return ERR_NOMEM;
			}
		}
		(*row)->calls++;
		(*row)->errors += (ev->flags & EVENT_FAILED) != 0;
		if (ev->flags & (EVENT_BEGIN_EXACT | EVENT_BEGIN_BOUND)) {
			(*row)->exact += (ev->flags & EVENT_BEGIN_EXACT) != 0;
			(*row)->bound += (ev->flags & EVENT_BEGIN_BOUND) != 0;
			hist_add(&(*row)->latency, event_latency_ns(ev));
		}
	}
	return 0;
}

static void merge_rows(struct call_sums **into, struct call_sums **from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (from[i] == NULL) {
			continue;
		}
		if (into[i] == NULL) {
			into[i] = from[i];
			from[i] = NULL;
			continue;
		}
		into[i]->calls += from[i]->calls;
		into[i]->errors += from[i]->errors;
		into[i]->exact += from[i]->exact;
		into[i]->bound += from[i]->bound;
		hist_merge(&into[i]->latency, &from[i]->latency);
	}
}

static int syscalls_merge(void *into, void *from)
{
	struct syscalls_state *a = into;
	struct syscalls_state *b = from;

	merge_rows(a->by_type, b->by_type, ARRAY_LEN(a->by_type));
	merge_rows(a->generic, b->generic, ARRAY_LEN(a->generic));
	return 0;
}

static const struct column columns[] = {
	{ "event", COL_TEXT, "", "Name of the system call, or of the event when it is not a call" },
	{ "category", COL_TEXT, "", "What the event is about" },
	{ "calls", COL_U64, "", "Completed calls (exit events)" },
	{ "errors", COL_U64, "", "Calls that returned a negative result" },
	{ "timed", COL_U64, "", "Calls whose begin is known, exactly or by an earliest possible time" },
	{ "total", COL_DURATION, "ns", "Sum of the latencies of all timed calls" },
	{ "mean", COL_DURATION, "ns", "Mean latency of the timed calls" },
	{ "p50", COL_DURATION, "ns", "Median latency (to 3 %)" },
	{ "p95", COL_DURATION, "ns", "95th percentile of the latency (to 3 %)" },
	{ "p99", COL_DURATION, "ns", "99th percentile of the latency (to 3 %)" },
	{ "max", COL_DURATION, "ns", "Longest latency" },
	{ "latency_bound", COL_BOOL, "",
	  "True: at least one begin was not recorded and is the earliest possible one, so latencies are upper bounds" },
};

static const struct table_def def = {
	"syscalls", "System calls and events",
	"Calls by type with their errors and latencies. Without enter events in the capture a call's begin lies "
	"after the previous call of its thread: its latency is then an upper bound.",
	columns, ARRAY_LEN(columns),
};

struct call_row {
	const char *name;
	uint8_t category;
	const struct call_sums *sums;
	unsigned int order;
};

static int by_calls(const void *pa, const void *pb)
{
	const struct call_row *a = pa;
	const struct call_row *b = pb;

	if (a->sums->calls != b->sums->calls) {
		return a->sums->calls > b->sums->calls ? -1 : 1;
	}
	return a->order < b->order ? -1 : a->order > b->order;
}

static void add_latency(struct table *t, const struct call_sums *c, uint64_t ns)
{
	if (c->latency.count == 0) {
		table_unknown(t);
	} else if (c->bound > 0) {
		table_duration_bound(t, ns);
	} else {
		table_duration(t, ns);
	}
}

static void add_row(struct table *t, const struct call_row *r)
{
	const struct call_sums *c = r->sums;
	const struct hist *h = &c->latency;

	table_text(t, r->name);
	table_text(t, schema_category_name(r->category));
	table_u64(t, c->calls);
	table_u64(t, c->errors);
	table_u64(t, h->count);
	add_latency(t, c, h->sum);
	add_latency(t, c, h->count > 0 ? h->sum / h->count : 0);
	add_latency(t, c, hist_percentile(h, 0.50));
	add_latency(t, c, hist_percentile(h, 0.95));
	add_latency(t, c, hist_percentile(h, 0.99));
	add_latency(t, c, h->max);
	if (h->count == 0) {
		table_unknown(t);
	} else {
		table_bool(t, c->bound > 0);
	}
}

static size_t gather(const struct syscalls_state *s, struct call_row *rows)
{
	size_t n = 0;

	for (unsigned int i = 0; i < SCHEMA_EVENTS; i++) {
		if (s->by_type[i] != NULL) {
			struct call_row r = { schema_events[i].name, schema_events[i].category, s->by_type[i], i };

			rows[n++] = r;
		}
	}
	for (unsigned int i = 0; i < GENERIC_CODES; i++) {
		if (s->generic[i] != NULL) {
			const char *name = schema_syscall_name(i);
			struct call_row r = { name != NULL ? name : "unknown",
					      schema_events[EV_GENERIC_X].category, s->generic[i],
					      SCHEMA_EVENTS + i };

			rows[n++] = r;
		}
	}
	return n;
}

static int syscalls_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	struct table *t = table_new(&def);
	struct call_row *rows = calloc(SCHEMA_EVENTS + GENERIC_CODES, sizeof(*rows));
	size_t n;

	UNUSED_ARG(in);
	if (t == NULL || rows == NULL) {
		table_free(t);
		free(rows);
		return err_nomem(e, "table syscalls");
	}
	n = st != NULL ? gather(st, rows) : 0;
	qsort(rows, n, sizeof(*rows), by_calls);
	for (size_t i = 0; i < n; i++) {
		add_row(t, &rows[i]);
	}
	free(rows);
	return report_add(r, t) == 0 ? 0 : err_nomem(e, "table syscalls");
}

const struct tap tap_syscalls = {
	.name = "syscalls",
	.help = "calls, errors and latency per system call",
	.order = TAP_FREE,
	.events = true,
	.state_new = syscalls_new,
	.state_free = syscalls_free,
	.batch = syscalls_batch,
	.merge = syscalls_merge,
	.tables = syscalls_tables,
};
