/*
 * clock.c - table `clock`: how far the clock of each capture of packets is from that of each capture of system calls,
 * and what says so. Nothing is computed here: src/join has. Main thread, at the end.
 */
#include "stats/join_cells.h"

static const struct column columns[] = {
	{ "clock", COL_U64, "id", "Number of this pair of clocks: other tables name it" },
	{ "calls_source", COL_TEXT, "", "Capture of the system calls" },
	{ "calls_section", COL_U64, "id", "Section of that source" },
	{ "packets_source", COL_TEXT, "", "Capture of the packets" },
	{ "packets_section", COL_U64, "id", "Section of that source" },
	{ "origin", COL_TEXT, "",
	  "unknown: too little evidence, times stay what each capture says. estimated: from the bytes that both show. given: by "
	  "--clock-offset. same_file: one recorder stamped both" },
	{ "offset", COL_S64, "ns", "Clock of the packets minus clock of the system calls, best estimate at the time in column at" },
	{ "offset_shown", COL_TEXT, "", "The same in hours, minutes and seconds" },
	{ "low", COL_S64, "ns", "The offset is no less than this; unknown: not bounded from below" },
	{ "high", COL_S64, "ns", "The offset is no more than this; unknown: not bounded from above" },
	{ "error", COL_DURATION, "ns", "Farthest the estimate can be from the truth: to the farther of the two bounds" },
	{ "drift_ppm", COL_F64, "", "How much faster the clock of the packets runs, in millionths; unknown where too short to tell" },
	{ "at", COL_TIME, "", "When the offset held, by the clock of the system calls" },
	{ "bounds_low", COL_U64, "", "Bounds from below: bytes on the wire after the call that sent them began" },
	{ "bounds_high", COL_U64, "", "Bounds from above: bytes read after they had been on the wire" },
	{ "outliers", COL_U64, "", "Bounds that contradict the others and were left out" },
	{ "flows", COL_U64, "", "Flows that gave bounds" },
};

const struct table_def clock_def = {
	"clock", "Clocks",
	"Packets and system calls may have been stamped by different clocks. A byte cannot be on the wire before the call that sent "
	"it began, nor be read before it arrived: so the bytes that both captures show bound the distance of their clocks.",
	columns, ARRAY_LEN(columns),
};

static void add_offset(struct table *t, bool known, int64_t ns)
{
	if (known) {
		table_s64(t, ns);
	} else {
		table_unknown(t);
	}
}

/* "+3:20:40.712559123": always with hours and nanoseconds. */
static void add_shown(struct net_cells *c, bool known, int64_t offset_ns)
{
	uint64_t ns = offset_ns < 0 ? 0 - (uint64_t)offset_ns : (uint64_t)offset_ns;
	uint64_t s = ns / NSEC_PER_SEC;

	if (!known) {
		table_unknown(c->table);
		return;
	}
	buf_printf(&c->scratch, "%c%llu:%02u:%02u.%09u", offset_ns < 0 ? '-' : '+', (unsigned long long)(s / 3600),
		   (unsigned int)(s / 60 % 60), (unsigned int)(s % 60), (unsigned int)(ns % NSEC_PER_SEC));
	cells_scratch(c);
}

/* Differences of offsets that may be as far apart as int64_t goes. */
static uint64_t distance(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static void add_error(struct table *t, const struct clock_pair *p)
{
	if (p->origin != CLOCK_ESTIMATED || p->low_ns == INT64_MIN || p->high_ns == INT64_MAX) {
		table_unknown(t);
	} else {
		table_duration(t, max_u64(distance(p->offset_ns, p->low_ns), distance(p->offset_ns, p->high_ns)));
	}
}

static const char *origin_name(uint8_t origin)
{
	switch (origin) {
	case CLOCK_UNKNOWN: return "unknown";
	case CLOCK_ESTIMATED: return "estimated";
	case CLOCK_GIVEN: return "given";
	case CLOCK_SAME_FILE: return "same_file";
	default: return NULL;
	}
}

void clock_row(struct net_cells *c, uint32_t id, const struct clock_pair *p)
{
	bool known = p->origin != CLOCK_UNKNOWN;
	struct table *t = c->table;

	table_u64(t, id);
	cells_section(c, p->calls);
	cells_section(c, p->packets);
	cells_name(c, origin_name(p->origin));
	add_offset(t, known, p->offset_ns);
	add_shown(c, known, p->offset_ns);
	add_offset(t, p->low_ns != INT64_MIN, p->low_ns);
	add_offset(t, p->high_ns != INT64_MAX, p->high_ns);
	add_error(t, p);
	if (p->drift_known) {
		table_f64(t, p->drift_ppm);
	} else {
		table_unknown(t);
	}
	table_time(t, known ? p->at_ns : 0);
	table_u64(t, p->bounds_low);
	table_u64(t, p->bounds_high);
	table_u64(t, p->outliers);
	table_u64(t, p->flows);
}

static int clock_rows(struct net_cells *c, const struct tap_input *in)
{
	size_t count;
	const struct clock_pair *clocks = join_clocks(in->join, &count);

	for (size_t i = 0; i < count; i++) {
		clock_row(c, (uint32_t)i, &clocks[i]);
	}
	return 0;
}

static int clock_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	UNUSED_ARG(st);
	return join_table(&clock_def, in, r, e, clock_rows);
}

const struct tap tap_clock = {
	.name = "clock",
	.help = "how far the clocks of packets and system calls are apart",
	.order = TAP_FREE,
	.flows = true,
	.join = true,
	.tables = clock_tables,
};
