/*
 * plot_axis.c - the times that plots show: where the rows of their tables are, and where a pause is left out. Reads
 * columns time and interval of result tables. Main thread.
 */
#include "report/plot.h"

static uint64_t later(uint64_t ns, uint64_t by)
{
	return ns > UINT64_MAX - by ? UINT64_MAX : ns + by;
}

static int time_column(const struct table *t, const char *name, uint8_t type)
{
	int col = table_column(t, name);

	return col >= 0 && t->def->columns[col].type == type ? col : -1;
}

static uint64_t time_at(const struct table *t, size_t row)
{
	return table_cell(t, row, (unsigned int)table_column(t, "time")).v.u;
}

/* Without a column of intervals, a row stands for the time up to the next one, and the last is as wide as the one
 * before. */
uint64_t plot_row_end(const struct table *t, size_t row)
{
	int interval = time_column(t, "interval", COL_DURATION);
	uint64_t from = time_at(t, row);
	size_t last = t->row_count - 1;

	if (interval >= 0) {
		return later(from, max_u64(table_cell(t, row, (unsigned int)interval).v.u, 1));
	}
	if (row < last) {
		return max_u64(time_at(t, row + 1), from);
	}
	if (last > 0 && from > time_at(t, last - 1)) {
		return later(from, from - time_at(t, last - 1));
	}
	return later(from, NSEC_PER_SEC);
}

/* One span more at the end; what goes beyond the last possible one is drawn without a break. */
static void add_span(struct plot_axis *a, uint64_t from, uint64_t to)
{
	struct plot_span *last = a->count > 0 ? &a->span[a->count - 1] : NULL;

	if (last != NULL && (from <= last->to_ns || a->count == PLOT_SPANS_MAX)) {
		last->to_ns = max_u64(last->to_ns, to);
	} else {
		a->span[a->count++] = (struct plot_span){ from, to };
	}
}

/* Rows that do not follow one another have a pause between them. False: no rows with times. */
static bool spans_of(const struct table *t, struct plot_axis *ret_axis)
{
	struct plot_axis a = { .count = 0 };

	if (t == NULL || t->row_count == 0 || time_column(t, "time", COL_TIME) < 0) {
		return false;
	}
	for (size_t row = 0; row < t->row_count; row++) {
		add_span(&a, time_at(t, row), plot_row_end(t, row));
	}
	*ret_axis = a;
	return true;
}

uint64_t plot_axis_length(const struct plot_axis *a)
{
	uint64_t length = 0;

	for (unsigned int i = 0; i < a->count; i++) {
		length += a->span[i].to_ns - a->span[i].from_ns;
	}
	return length;
}

uint64_t plot_axis_break(const struct plot_axis *a)
{
	uint64_t drawn = 100 - PLOT_BREAK * (a->count - 1);

	return plot_axis_length(a) / drawn * PLOT_BREAK;
}

uint64_t plot_axis_at(const struct plot_axis *a, uint64_t ns)
{
	uint64_t before = 0;

	for (unsigned int i = 0; i < a->count; i++) {
		const struct plot_span *s = &a->span[i];

		if (i + 1 == a->count || ns < a->span[i + 1].from_ns) {
			return before + (min_u64(ns, s->to_ns) - min_u64(ns, s->from_ns));
		}
		before += s->to_ns - s->from_ns + plot_axis_break(a);
	}
	return before;
}

/* Spans that are nearer to each other than all of them are long are drawn without a break. */
static void close_gaps(struct plot_axis *a)
{
	uint64_t length = plot_axis_length(a);
	struct plot_axis closed = { .count = 0 };

	for (unsigned int i = 0; i < a->count; i++) {
		struct plot_span *last = closed.count > 0 ? &closed.span[closed.count - 1] : NULL;

		if (last != NULL && a->span[i].from_ns - last->to_ns <= length) {
			last->to_ns = a->span[i].to_ns;
		} else {
			closed.span[closed.count++] = a->span[i];
		}
	}
	*a = closed;
}

static struct plot_axis joined(const struct plot_axis *a, const struct plot_axis *b)
{
	struct plot_axis out = { .count = 0 };
	unsigned int i = 0;
	unsigned int k = 0;

	while (i < a->count || k < b->count) {
		bool from_a = k == b->count || (i < a->count && a->span[i].from_ns <= b->span[k].from_ns);
		const struct plot_span *s = from_a ? &a->span[i++] : &b->span[k++];

		add_span(&out, s->from_ns, s->to_ns);
	}
	close_gaps(&out);
	return out;
}

static bool overlap(const struct plot_axis *a, const struct plot_axis *b)
{
	return b->span[0].from_ns < a->span[a->count - 1].to_ns && b->span[b->count - 1].to_ns > a->span[0].from_ns;
}

/*
 * Plots of different tables get the same axis where they are about the same time, so that what stands one above the
 * other happened together. Not when that squeezes one to less than half of its width, nor for two clocks apart.
 */
bool plot_axis(const struct report *r, const struct plot_def *def, struct plot_axis *ret_axis)
{
	const struct table *t = report_table(r, def->table);
	struct plot_axis own;

	if (!spans_of(t, &own)) {
		return false;
	}
	*ret_axis = own;
	for (unsigned int i = 0; i < r->plot_count; i++) {
		const struct table *other = report_table(r, r->plots[i].table);
		struct plot_axis a;

		if (other == NULL || other == t || !spans_of(other, &a) || !overlap(&own, &a)) {
			continue;
		}
		a = joined(ret_axis, &a);
		if (plot_axis_length(&a) <= 2 * min_u64(plot_axis_length(&own), UINT64_MAX / 2)) {
			*ret_axis = a;
		}
	}
	return true;
}
