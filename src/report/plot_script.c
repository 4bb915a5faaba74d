/*
 * plot_script.c - from a result table to a gnuplot script: ranges, ticks and labels are worked
 * out here, so that they are the same for every locale, time zone and version of gnuplot. Only
 * numbers and texts of our own go into the script, nothing from a capture.
 */
#include "report/plot.h"

#include <math.h>
#include <stdio.h>

#include "base/limits.h"
#include "report/template.h"
#include "report/templates.h"
#include "report/value.h"

#define SERIES_MAX 10
#define X_TICKS_MAX 6
#define Y_TICKS_MAX 5
#define NS UINT64_C(1)
#define MINUTE (60 * NSEC_PER_SEC)
#define DAY (86400 * NSEC_PER_SEC)

/* Okabe and Ito's colours, which stay apart for the colour-blind, on light and dark ground. */
static const char *const series_colors[SERIES_MAX] = { "#3a86c8", "#e69f00", "#199e77", "#d55e00",
						       "#cc79a7", "#56b4e9", "#8c7ae6", "#b5a642",
						       "#7f8c8d", "#a0522d" };

/* Sizes of plot.gp, in pixels. */
#define WIDTH 560.0
#define HEIGHT 222.0
#define LEFT 56.0
#define RIGHT 551.0
#define LETTER 5.9 /* width, on average */
#define SWATCH 8.0
#define SWATCH_ROOM 12.0
#define KEY_GAP 12.0
#define KEY_ROWS 2
#define LABEL_GAP 6.0 /* between the labels of the x axis */
#define SPAN_ROOM 36.0 /* before the first label of a span */
#define BREAK_IDS 100 /* gnuplot's numbers of what marks pauses: behind those of the key */

struct plot {
	const struct plot_def *def;
	const struct table *table;
	int time_col;
	int cols[SERIES_MAX];
	unsigned int defined[SERIES_MAX]; /* which of the definition's series each one is */
	unsigned int series; /* that have anything to show */
	struct plot_axis axis;
	uint64_t from_ns, to_ns; /* its edges */
	uint64_t x_step;
	double y_top, y_step;
	double y_unit; /* what the labels of the y axis are divided by */
	const char *y_suffix;
	char y_label[96];
};

/* ---- ranges ---- */

static double value_of(const struct plot *p, size_t row, unsigned int series)
{
	struct cell c = table_cell(p->table, row, (unsigned int)p->cols[series]);

	if (c.marks & CELL_UNKNOWN) {
		return NAN;
	}
	switch (c.type) {
	case COL_F64: return c.v.f;
	case COL_S64: return (double)c.v.s;
	default: return (double)c.v.u;
	}
}

/* What series draws at row: with stacks, the sum of it and those below. */
static double height_of(const struct plot *p, size_t row, unsigned int series)
{
	double sum = 0;

	if (!p->def->stacked) {
		return value_of(p, row, series);
	}
	for (unsigned int i = 0; i <= series; i++) {
		double y = value_of(p, row, i);

		sum += isnan(y) ? 0 : y;
	}
	return sum;
}

static uint64_t time_of(const struct plot *p, size_t row)
{
	return table_cell(p->table, row, (unsigned int)p->time_col).v.u;
}

/* A series without anything is left out, and a plot without series: what did not happen needs no picture. */
static bool has_any(const struct plot *p, unsigned int series)
{
	for (size_t row = 0; row < p->table->row_count; row++) {
		double y = value_of(p, row, series);

		if (!isnan(y) && y != 0) {
			return true;
		}
	}
	return false;
}

static const struct plot_series *series_of(const struct plot *p, unsigned int i)
{
	return &p->def->series[p->defined[i]];
}

/* The same for a series in every report, whichever others are there. */
static const char *color_of(const struct plot *p, unsigned int i)
{
	return series_colors[p->defined[i]];
}

static bool find_columns(struct plot *p)
{
	p->time_col = table_column(p->table, "time");
	if (p->time_col < 0 || p->table->def->columns[p->time_col].type != COL_TIME) {
		return false;
	}
	for (unsigned int i = 0; i < p->def->series_count && i < SERIES_MAX; i++) {
		int col = table_column(p->table, p->def->series[i].column);

		if (col < 0 || p->table->def->columns[col].type == COL_TEXT) {
			return false;
		}
		p->cols[p->series] = col;
		p->defined[p->series] = i;
		p->series += has_any(p, p->series);
	}
	return p->series > 0;
}

static const uint64_t x_steps[] = { NS,
				    2 * NS,
				    5 * NS,
				    10 * NS,
				    20 * NS,
				    50 * NS,
				    100 * NS,
				    200 * NS,
				    500 * NS,
				    1000 * NS,
				    2000 * NS,
				    5000 * NS,
				    10000 * NS,
				    20000 * NS,
				    50000 * NS,
				    100000 * NS,
				    200000 * NS,
				    500000 * NS,
				    1000000 * NS,
				    2000000 * NS,
				    5000000 * NS,
				    10000000 * NS,
				    20000000 * NS,
				    50000000 * NS,
				    100000000 * NS,
				    200000000 * NS,
				    500000000 * NS,
				    NSEC_PER_SEC,
				    2 * NSEC_PER_SEC,
				    5 * NSEC_PER_SEC,
				    10 * NSEC_PER_SEC,
				    15 * NSEC_PER_SEC,
				    30 * NSEC_PER_SEC,
				    MINUTE,
				    2 * MINUTE,
				    5 * MINUTE,
				    10 * MINUTE,
				    15 * MINUTE,
				    30 * MINUTE,
				    60 * MINUTE,
				    120 * MINUTE,
				    180 * MINUTE,
				    360 * MINUTE,
				    720 * MINUTE,
				    DAY,
				    2 * DAY,
				    5 * DAY,
				    10 * DAY,
				    20 * DAY,
				    50 * DAY,
				    100 * DAY,
				    200 * DAY,
				    500 * DAY,
				    1000 * DAY,
				    5000 * DAY,
				    50000 * DAY };

static uint64_t x_step_for(uint64_t span)
{
	for (size_t i = 0; i < ARRAY_LEN(x_steps); i++) {
		if (span / x_steps[i] <= X_TICKS_MAX) {
			return x_steps[i];
		}
	}
	return x_steps[ARRAY_LEN(x_steps) - 1];
}

static bool find_x_range(struct plot *p, const struct report *r)
{
	if (!plot_axis(r, p->def, &p->axis)) {
		return false;
	}
	p->from_ns = p->axis.span[0].from_ns;
	p->to_ns = p->axis.span[p->axis.count - 1].to_ns;
	p->x_step = x_step_for(plot_axis_length(&p->axis));
	return true;
}

/* 1, 2 or 5 times a power of ten, so that max is at most Y_TICKS_MAX steps; whole steps of
 * counts. */
static double y_step_for(double max)
{
	double unit = pow(10, floor(log10(max / Y_TICKS_MAX)));

	for (unsigned int i = 0; i < 4; i++) {
		static const double mantissas[] = { 1, 2, 5, 10 };

		if (mantissas[i] * unit * Y_TICKS_MAX >= max) {
			return mantissas[i] * unit;
		}
	}
	return 10 * unit;
}

struct suffix {
	double unit;
	const char *text;
};

static const struct suffix count_suffixes[] = { { 1, "" },    { 1e3, "k" },  { 1e6, "M" },
						{ 1e9, "G" }, { 1e12, "T" }, { 1e15, "P" },
						{ 1e18, "E" } };
static const struct suffix time_suffixes[] = {
	{ 1, " ns" }, { 1e3, " us" }, { 1e6, " ms" }, { 1e9, " s" }
};

static void find_y_range(struct plot *p)
{
	bool times = p->table->def->columns[p->cols[0]].type == COL_DURATION;
	const struct suffix *s = times ? time_suffixes : count_suffixes;
	size_t n = times ? ARRAY_LEN(time_suffixes) : ARRAY_LEN(count_suffixes);
	double max = 0;

	for (size_t row = 0; row < p->table->row_count; row++) {
		for (unsigned int i = 0; i < p->series; i++) {
			double y = height_of(p, row, i);

			max = !isnan(y) && y > max ? y : max;
		}
	}
	max = max > 0 ? max : 1;
	p->y_step = y_step_for(max);
	if (p->table->def->columns[p->cols[0]].type != COL_F64) {
		p->y_step = p->y_step > 1 ? p->y_step : 1;
	}
	p->y_top = ceil(max / p->y_step) * p->y_step;
	p->y_unit = s[0].unit;
	p->y_suffix = s[0].text;
	for (size_t i = 1; i < n && p->y_top >= s[i].unit; i++) {
		p->y_unit = s[i].unit;
		p->y_suffix = s[i].text;
	}
}

struct unit {
	uint64_t ns;
	const char *name;
};

static const struct unit units[] = { { DAY, "d" },          { 60 * MINUTE, "h" },   { MINUTE, "min" },
				     { NSEC_PER_SEC, "s" }, { 1000000 * NS, "ms" }, { 1000 * NS, "us" },
				     { NS, "ns" } };

/* The unit of which an interval is a whole number: "50 ms". */
static const struct unit *unit_of(uint64_t interval_ns)
{
	size_t i = 0;

	while (interval_ns % units[i].ns != 0) {
		i++;
	}
	return &units[i];
}

/* A count means nothing without the time it was counted over: "events per 50 ms". */
static void find_y_label(struct plot *p)
{
	int col = table_column(p->table, "interval");
	int n = snprintf(p->y_label, sizeof(p->y_label), "%s", p->def->y_label);

	if (col >= 0 && p->table->def->columns[col].type == COL_DURATION && n >= 0 && (size_t)n < sizeof(p->y_label)) {
		struct cell c = table_cell(p->table, 0, (unsigned int)col);

		if ((c.marks & CELL_UNKNOWN) == 0 && c.v.u > 0) {
			const struct unit *unit = unit_of(c.v.u);

			snprintf(p->y_label + n, sizeof(p->y_label) - (size_t)n, " per %llu %s",
				 (unsigned long long)(c.v.u / unit->ns), unit->name);
		}
	}
}

/* ---- slots of the template ---- */

static void add_seconds(struct buf *b, uint64_t ns)
{
	buf_add_u64(b, ns / NSEC_PER_SEC);
	buf_addc(b, '.');
	buf_add_u64_pad(b, ns % NSEC_PER_SEC, 9);
}

/* Seconds from the left edge, to the nanosecond, as drawn. */
static void add_x(struct buf *b, const struct plot *p, uint64_t ns)
{
	add_seconds(b, plot_axis_at(&p->axis, ns));
}

static void emit_x_to(struct sink *s, const void *arg)
{
	const struct plot *p = arg;

	add_x(s->buf, p, p->to_ns);
}

static bool one_day(const struct plot *p)
{
	return p->from_ns / DAY == (p->to_ns - 1) / DAY;
}

/* The part of the time that the step makes worth reading. */
static void add_x_label(struct buf *b, const struct plot *p, uint64_t ns)
{
	struct buf text;
	size_t from = one_day(p) ? 11 : 5;
	size_t to = p->x_step >= MINUTE         ? 16
		    : p->x_step >= NSEC_PER_SEC ? 19
		    : p->x_step >= 1000000      ? 23
		    : p->x_step >= 1000         ? 26
						: 29;

	buf_init(&text, 64);
	value_time(&text, ns);
	if (p->x_step >= DAY) {
		from = 0;
		to = 10;
	}
	for (size_t i = from; i < to && i < text.len; i++) {
		buf_addc(b, text.data[i] == 'T' ? ' ' : text.data[i]);
	}
	buf_release(&text);
}

/* Where ns is in the drawing, in pixels. */
static double pixel_of(const struct plot *p, uint64_t ns)
{
	uint64_t whole = plot_axis_at(&p->axis, p->to_ns);

	return LEFT + (RIGHT - LEFT) * (double)plot_axis_at(&p->axis, ns) / (double)whole;
}

/* A label without room is left out, its tick stays. *io_used: where the label before it ends; end: where the room
 * does. */
static void add_x_tick(struct buf *b, const struct plot *p, uint64_t ns, double *io_used, double end)
{
	double x = pixel_of(p, ns);
	size_t before;
	double half;

	buf_adds(b, *io_used != 0 ? ", \"" : "\"");
	before = b->len;
	add_x_label(b, p, ns);
	half = (double)(b->len - before) * LETTER / 2;
	if (!b->failed && (x + half > end || x - half < *io_used)) {
		b->len = before;
		*io_used = fmax(*io_used, 1);
	} else {
		*io_used = x + half + LABEL_GAP;
	}
	buf_adds(b, "\" ");
	add_x(b, p, ns);
}

/* Where pauses are left out, each span begins with a tick, which goes before those of the span before it: nothing else
 * tells when it was. */
static void add_span_ticks(struct buf *b, const struct plot *p, unsigned int i, double *io_used)
{
	const struct plot_span *span = &p->axis.span[i];
	uint64_t skip = (p->x_step - span->from_ns % p->x_step) % p->x_step;
	uint64_t left = span->to_ns - span->from_ns;
	double end = i + 1 < p->axis.count ? pixel_of(p, span[1].from_ns) - SPAN_ROOM : WIDTH;

	if (p->axis.count > 1 && skip > 0) {
		add_x_tick(b, p, span->from_ns, io_used, WIDTH);
	}
	/* Ticks are counted by what is left, so that the end of time does not overflow. */
	for (uint64_t at = span->from_ns + skip; skip <= left; at += p->x_step) {
		add_x_tick(b, p, at, io_used, at == span->from_ns ? WIDTH : end);
		left -= skip;
		skip = p->x_step;
	}
}

static void emit_x_ticks(struct sink *s, const void *arg)
{
	const struct plot *p = arg;
	double used = 0;

	for (unsigned int i = 0; i < p->axis.count; i++) {
		add_span_ticks(s->buf, p, i, &used);
	}
}

/* Pauses: a grey bar from bottom to top, in which stands how long it was. */
static void emit_breaks(struct sink *s, const void *arg)
{
	const struct plot *p = arg;
	struct buf *b = s->buf;

	for (unsigned int i = 1; i < p->axis.count; i++) {
		uint64_t from = p->axis.span[i - 1].to_ns;
		uint64_t x = plot_axis_at(&p->axis, from);
		uint64_t width = plot_axis_break(&p->axis);

		buf_printf(b, "set object %u rectangle from first ", BREAK_IDS + i);
		add_seconds(b, x);
		buf_adds(b, ", graph 0 to first ");
		add_seconds(b, x + width);
		buf_adds(b, ", graph 1 fillcolor rgb \"#000003\" fillstyle solid noborder\n");
		buf_printf(b, "set label %u \"", BREAK_IDS + i);
		value_duration_short(b, p->axis.span[i].from_ns - from);
		buf_adds(b, "\" at first ");
		add_seconds(b, x + width / 2);
		buf_adds(b, ", graph 0.5 center rotate by 90 font \"sans-serif,9\" textcolor rgb \"#000001\"\n");
	}
}

static void emit_x_label(struct sink *s, const void *arg)
{
	const struct plot *p = arg;
	struct buf text;

	buf_init(&text, 64);
	value_time(&text, p->from_ns);
	if (!text.failed && one_day(p) && p->x_step < DAY) {
		buf_add(s->buf, text.data, 10);
		buf_addc(s->buf, ' ');
	}
	buf_adds(s->buf, "UTC");
	buf_release(&text);
}

static void emit_y_to(struct sink *s, const void *arg)
{
	const struct plot *p = arg;

	value_f64(s->buf, p->y_top);
}

static void emit_y_ticks(struct sink *s, const void *arg)
{
	const struct plot *p = arg;

	for (unsigned int i = 0; i <= Y_TICKS_MAX && i * p->y_step <= p->y_top * 1.0001; i++) {
		buf_adds(s->buf, i > 0 ? ", \"" : "\"");
		value_f64(s->buf, i * p->y_step / p->y_unit);
		buf_adds(s->buf, i > 0 ? p->y_suffix : "");
		buf_adds(s->buf, "\" ");
		value_f64(s->buf, i * p->y_step);
	}
}

/* Labels are ours; quotes and backslashes would end the string all the same. */
static void add_label(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		buf_addc(b, *s == '"' || *s == '\\' || (unsigned char)*s < 0x20 ? ' ' : *s);
	}
}

static void emit_y_label(struct sink *s, const void *arg)
{
	const struct plot *p = arg;

	add_label(s->buf, p->y_label);
}

static double key_width(const struct plot *p, unsigned int i)
{
	return SWATCH_ROOM + LETTER * (double)strlen(series_of(p, i)->label) + KEY_GAP;
}

/* As many series from first on as fit into room; at least one. */
static unsigned int key_row_end(const struct plot *p, unsigned int first, double room)
{
	double used = key_width(p, first) - KEY_GAP;
	unsigned int i = first + 1;

	while (i < p->series && used + key_width(p, i) <= room) {
		used += key_width(p, i++);
	}
	return i;
}

static void add_screen(struct buf *b, double x, double y)
{
	buf_adds(b, "screen ");
	value_f64(b, x / WIDTH);
	buf_addc(b, ',');
	value_f64(b, 1 - y / HEIGHT);
}

static void add_key_entry(struct buf *b, const struct plot *p, unsigned int i, double x, double y)
{
	buf_printf(b, "set object %u rectangle from ", i + 1);
	add_screen(b, x, y + SWATCH / 2);
	buf_adds(b, " to ");
	add_screen(b, x + SWATCH, y - SWATCH / 2);
	buf_printf(b, " fillcolor rgb \"%s\" fillstyle solid noborder\n", color_of(p, i));
	buf_printf(b, "set label %u \"", i + 10);
	add_label(b, series_of(p, i)->label);
	buf_adds(b, "\" at ");
	add_screen(b, x + SWATCH_ROOM, y);
	buf_adds(b, " left font \"sans-serif,10\" textcolor rgb \"#000001\"\n");
}

/* A legend of our own: gnuplot's runs its columns into the plot when there are many series. The
 * first row shares its line with the label of the y axis. */
static void emit_key(struct sink *s, const void *arg)
{
	const struct plot *p = arg;
	double room = RIGHT - LEFT - LETTER * 1.1 * (double)strlen(p->y_label);
	unsigned int first = 0;

	if (p->def->series_count < 2) {
		return;
	}
	for (unsigned int row = 0; first < p->series && row < KEY_ROWS; row++) {
		unsigned int end = row + 1 < KEY_ROWS ? key_row_end(p, first, room) : p->series;
		double width = -KEY_GAP;
		double x;

		for (unsigned int i = first; i < end; i++) {
			width += key_width(p, i);
		}
		x = RIGHT - width;
		for (unsigned int i = first; i < end; i++) {
			add_key_entry(s->buf, p, i, x, 10.0 + 14.0 * row);
			x += key_width(p, i);
		}
		first = end;
	}
}

static void add_row(struct buf *b, const struct plot *p, uint64_t ns, size_t row)
{
	add_x(b, p, ns);
	for (unsigned int i = 0; i < p->series; i++) {
		double y = height_of(p, row, i);

		buf_addc(b, ' ');
		if (isnan(y)) {
			buf_adds(b, "NaN");
		} else {
			value_f64(b, y);
		}
	}
	buf_addc(b, '\n');
}

static bool same_heights(const struct plot *p, size_t a, size_t b)
{
	for (unsigned int i = 0; i < p->series; i++) {
		double x = height_of(p, a, i);
		double y = height_of(p, b, i);

		if (x != y && !(isnan(x) && isnan(y))) {
			return false;
		}
	}
	return true;
}

/* Steps, point by point: a value holds from its time to that of the next row, or to the pause behind it, where an
 * empty line ends the curve. (gnuplot's own steps become one polygon each.) */
static void emit_rows(struct sink *s, const void *arg)
{
	const struct plot *p = arg;
	uint64_t at = time_of(p, 0);
	size_t rows = p->table->row_count;

	add_row(s->buf, p, at, 0);
	for (size_t row = 1; row < rows; row++) {
		uint64_t end = plot_row_end(p->table, row - 1);

		at = max_u64(at, time_of(p, row));
		if (at > end) {
			add_row(s->buf, p, end, row - 1);
			buf_addc(s->buf, '\n');
			add_row(s->buf, p, at, row);
		} else if (!same_heights(p, row - 1, row)) {
			add_row(s->buf, p, at, row - 1);
			add_row(s->buf, p, at, row);
		}
	}
	add_row(s->buf, p, max_u64(at, plot_row_end(p->table, rows - 1)), rows - 1);
}

static void add_curve(struct buf *b, const struct plot *p, unsigned int i, const char *style)
{
	buf_printf(b, "$rows using 1:%u with %s linecolor rgb \"%s\" notitle", i + 2, style,
		   color_of(p, i));
}

/* Stacks: the highest first, each lower one painted over it. */
static void emit_curves(struct sink *s, const void *arg)
{
	const struct plot *p = arg;

	for (unsigned int i = 0; i < p->series; i++) {
		buf_adds(s->buf, i > 0 ? ", " : "");
		if (p->def->stacked || p->series == 1) {
			add_curve(s->buf, p, p->series - 1 - i, "filledcurves y1=0");
		} else {
			add_curve(s->buf, p, i, "lines linewidth 1.4");
		}
	}
	if (p->series == 1) {
		/* An outline, so that a step narrower than a pixel shows. */
		buf_adds(s->buf, ", ");
		add_curve(s->buf, p, 0, "lines linewidth 1");
	}
	buf_addc(s->buf, '\n');
}

static const struct template_slot slots[] = {
	{ "x_to", emit_x_to },       { "y_to", emit_y_to },       { "x_ticks", emit_x_ticks },
	{ "y_ticks", emit_y_ticks }, { "x_label", emit_x_label }, { "y_label", emit_y_label },
	{ "breaks", emit_breaks },   { "key", emit_key },         { "rows", emit_rows },       { "curves", emit_curves }
};

int plot_script(const struct report *r, const struct plot_def *def, struct buf *out)
{
	struct plot p = { .def = def, .table = report_table(r, def->table) };
	struct sink s = { out, -1, 0 };

	if (p.table == NULL || p.table->row_count == 0 || !find_columns(&p) || !find_x_range(&p, r)) {
		return ERR_EOF;
	}
	find_y_range(&p);
	find_y_label(&p);
	template_expand(&s, template_plot_gp, template_plot_gp_len, slots, ARRAY_LEN(slots), &p);
	return out->failed ? ERR_NOMEM : 0;
}
