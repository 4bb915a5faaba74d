/*
 * page_head.c - the head of the page: notices (stopped, damaged input) and the key figures. Both
 * read cells of tables that exist and leave out what does not; nothing is known here that no table
 * shows.
 */
#include "report/page.h"

#include "base/escape.h"
#include "report/value.h"

void page_text(struct buf *b, const char *s)
{
	escape_html(b, s, strlen(s));
}

void page_count(struct buf *b, uint64_t n, const char *one, const char *many)
{
	value_grouped(b, n);
	buf_addc(b, ' ');
	buf_adds(b, n == 1 ? one : many);
}

/* ---- key figures ---- */

enum tile_kind {
	TILE_ROWS, /* rows of the table */
	TILE_RUNS, /* different neighbours in a column of text */
	TILE_SUM, /* sum over a column, shown as the column's type */
	TILE_SPAN /* from the smallest of one column to the largest of another, times */
};

struct tile_row {
	const char *label;
	const char *one; /* label of 1; NULL: the same */
	const char *table;
	const char *column;
	const char *to_column; /* TILE_SPAN */
	uint8_t kind;
	bool warn;
};

/* Letters that a narrow tile holds in large type. */
#define LONG_VALUE 9

/* In this order; a tile whose table or column is not there, or that has nothing to show, is left
 * out. */
static const struct tile_row tiles[] = {
	{ "sources", "source", "sources", "source", NULL, TILE_RUNS, false },
	{ "events", "event", "sources", "events", NULL, TILE_SUM, false },
	{ "packets", "packet", "sources", "packets", NULL, TILE_SUM, false },
	{ "time span", NULL, "sources", "first", "last", TILE_SPAN, false },
	{ "processes", "process", "processes", NULL, NULL, TILE_ROWS, false },
	{ "commands", "command", "commands", NULL, NULL, TILE_ROWS, false },
	{ "failed calls", "failed call", "syscalls", "errors", NULL, TILE_SUM, false },
	{ "flows", "flow", "flows", NULL, NULL, TILE_ROWS, false },
	{ "HTTP exchanges", "HTTP exchange", "http", NULL, NULL, TILE_ROWS, false },
	{ "DNS exchanges", "DNS exchange", "dns", NULL, NULL, TILE_ROWS, false },
	{ "TLS sessions", "TLS session", "tls", NULL, NULL, TILE_ROWS, false },
	{ "damaged places", "damaged place", "sources", "damaged", NULL, TILE_SUM, true }
};

static uint64_t runs_of(const struct table *t, unsigned int col)
{
	struct cell before = { 0 };
	uint64_t runs = 0;

	for (size_t row = 0; row < t->row_count; row++) {
		struct cell c = table_cell(t, row, col);

		runs += row == 0 || before.len != c.len || memcmp(before.v.text, c.v.text, c.len) != 0;
		before = c;
	}
	return runs;
}

static uint64_t sum_of(const struct table *t, unsigned int col)
{
	uint64_t sum = 0;

	for (size_t row = 0; row < t->row_count; row++) {
		struct cell c = table_cell(t, row, col);

		if ((c.marks & CELL_UNKNOWN) == 0 && __builtin_add_overflow(sum, c.v.u, &sum)) {
			return UINT64_MAX;
		}
	}
	return sum;
}

/* Smallest and largest known value of two columns; false when there is none. */
static bool span_of(const struct table *t, unsigned int from, unsigned int to, uint64_t *ret_first,
		    uint64_t *ret_last)
{
	uint64_t first = UINT64_MAX;
	uint64_t last = 0;

	for (size_t row = 0; row < t->row_count; row++) {
		struct cell a = table_cell(t, row, from);
		struct cell z = table_cell(t, row, to);

		first = a.marks & CELL_UNKNOWN ? first : min_u64(first, a.v.u);
		last = z.marks & CELL_UNKNOWN ? last : max_u64(last, z.v.u);
	}
	if (first > last) {
		return false;
	}
	*ret_first = first;
	*ret_last = last;
	return true;
}

static void add_tile(struct buf *b, const struct tile_row *row, const struct buf *value,
		     const struct buf *title)
{
	buf_adds(b, row->warn ? "<div class=\"tile warn\"" : "<div class=\"tile\"");
	if (title->len > 0) {
		buf_adds(b, " title=\"");
		escape_html(b, title->data, title->len);
		buf_addc(b, '"');
	}
	buf_adds(b, value->len > LONG_VALUE ? "><dd class=\"long\">" : "><dd>");
	escape_html(b, value->data, value->len);
	buf_adds(b, "</dd><dt>");
	page_text(b, row->one != NULL && value->len == 1 && value->data[0] == '1' ? row->one : row->label);
	buf_adds(b, "</dt></div>\n");
}

static bool span_value(const struct table *t, const struct tile_row *row, struct buf *value,
		       struct buf *title)
{
	int from = table_column(t, row->column);
	int to = table_column(t, row->to_column);
	uint64_t first, last;

	if (from < 0 || to < 0 || t->def->columns[from].type != COL_TIME ||
	    t->def->columns[to].type != COL_TIME ||
	    !span_of(t, (unsigned int)from, (unsigned int)to, &first, &last)) {
		return false;
	}
	value_duration_short(value, last - first);
	value_time(title, first);
	buf_adds(title, " to ");
	value_time(title, last);
	return true;
}

static bool sum_value(const struct table *t, const struct tile_row *row, struct buf *value)
{
	int col = table_column(t, row->column);
	uint64_t sum;

	if (col < 0) {
		return false;
	}
	sum = sum_of(t, (unsigned int)col);
	switch (t->def->columns[col].type) {
	case COL_BYTES: value_bytes_short(value, sum); break;
	case COL_U64: value_grouped(value, sum); break;
	default: return false;
	}
	return sum > 0;
}

static bool runs_value(const struct table *t, const struct tile_row *row, struct buf *value)
{
	int col = table_column(t, row->column);

	if (col < 0 || t->def->columns[col].type != COL_TEXT || t->row_count == 0) {
		return false;
	}
	value_grouped(value, runs_of(t, (unsigned int)col));
	return true;
}

static bool tile_value(const struct table *t, const struct tile_row *row, struct buf *value,
		       struct buf *title)
{
	switch (row->kind) {
	case TILE_ROWS: value_grouped(value, t->row_count); return t->row_count > 0;
	case TILE_RUNS: return runs_value(t, row, value);
	case TILE_SUM: return sum_value(t, row, value);
	default: return span_value(t, row, value, title);
	}
}

void page_tiles(struct sink *s, const struct report *r)
{
	struct buf value;
	struct buf title;

	buf_init(&value, 256);
	buf_init(&title, 256);
	for (size_t i = 0; i < ARRAY_LEN(tiles); i++) {
		const struct table *t = report_table(r, tiles[i].table);

		buf_reset(&value);
		buf_reset(&title);
		if (t != NULL && tile_value(t, &tiles[i], &value, &title)) {
			add_tile(s->buf, &tiles[i], &value, &title);
		}
	}
	buf_release(&title);
	buf_release(&value);
}

/* ---- notices ---- */

/* What the page needs of the table "quality": each row is one kind of trouble in one place. */
struct quality_columns {
	int source, kind, count, detail;
};

static bool quality_columns_of(const struct table *t, struct quality_columns *ret_c)
{
	struct quality_columns c = { table_column(t, "source"), table_column(t, "kind"),
				     table_column(t, "count"), table_column(t, "detail") };

	if (c.kind < 0 || t->def->columns[c.kind].type != COL_TEXT || c.count < 0 ||
	    t->def->columns[c.count].type != COL_U64) {
		return false;
	}
	*ret_c = c;
	return true;
}

/* Words in the kind of a row that mean: evidence is lost, not only less exact. */
static const char *const loss_words[] = { "damage",  "dropped",    "not read", "not listed", "missing",
					  "evicted", "unreadable", "stopped",  "given up" };

static bool is_counted(const struct table *t, const struct quality_columns *c, size_t row)
{
	struct cell count = table_cell(t, row, (unsigned int)c->count);

	return (count.marks & CELL_UNKNOWN) == 0 && count.v.u > 0;
}

static bool is_loss(const struct table *t, const struct quality_columns *c, size_t row)
{
	struct cell kind = table_cell(t, row, (unsigned int)c->kind);

	if (!is_counted(t, c, row) || kind.len == 0) {
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(loss_words); i++) {
		if (memmem(kind.v.text, kind.len, loss_words[i], strlen(loss_words[i])) != NULL) {
			return true;
		}
	}
	return false;
}

static void add_text_cell(struct buf *b, const struct table *t, size_t row, int col)
{
	struct cell c;

	if (col < 0 || t->def->columns[col].type != COL_TEXT) {
		return;
	}
	c = table_cell(t, row, (unsigned int)col);
	escape_html(b, c.v.text, c.len);
}

static bool same_text(const struct table *t, size_t a, size_t b, int col)
{
	struct cell x, y;

	if (col < 0) {
		return true;
	}
	x = table_cell(t, a, (unsigned int)col);
	y = table_cell(t, b, (unsigned int)col);
	return x.len == y.len && (x.len == 0 || memcmp(x.v.text, y.v.text, x.len) == 0);
}

/* Losses of one kind in one source, which follow one another, are one line. Returns the row behind them; *ret_count:
 * how often in all. */
static size_t same_losses(const struct table *t, const struct quality_columns *c, size_t row, uint64_t *ret_count)
{
	size_t first = row;
	uint64_t count = 0;

	while (row < t->row_count && is_loss(t, c, row) && same_text(t, row, first, c->source) &&
	       same_text(t, row, first, c->kind)) {
		if (__builtin_add_overflow(count, table_cell(t, row, (unsigned int)c->count).v.u, &count)) {
			count = UINT64_MAX;
		}
		row++;
	}
	*ret_count = count;
	return row;
}

/* With the detail of the first of them. */
static void add_loss(struct buf *b, const struct table *t, const struct quality_columns *c, size_t row, size_t rows,
		     uint64_t count)
{
	buf_adds(b, "<li><b>");
	value_grouped(b, count);
	buf_adds(b, " × ");
	add_text_cell(b, t, row, c->kind);
	buf_adds(b, "</b> ");
	add_text_cell(b, t, row, c->source);
	buf_adds(b, " <span>");
	add_text_cell(b, t, row, c->detail);
	buf_adds(b, rows > 1 ? ", …</span></li>\n" : "</span></li>\n");
}

#define LOSSES_SHOWN 8

static size_t loss_notice(struct buf *b, const struct table *t, const struct quality_columns *c)
{
	size_t losses = 0;
	size_t row = 0;

	while (row < t->row_count) {
		uint64_t count;
		size_t end = same_losses(t, c, row, &count);

		if (end == row) {
			row++;
			continue;
		}
		if (losses == 0) {
			buf_adds(
				b,
				"<div class=\"notice\" role=\"note\"><strong>The evidence has gaps."
				"</strong> What follows rests on what could be read: see "
				"<a href=\"#quality\">data quality</a>.<ul>\n");
		}
		if (losses++ < LOSSES_SHOWN) {
			add_loss(b, t, c, row, end - row, count);
		}
		row = end;
	}
	if (losses > LOSSES_SHOWN) {
		buf_adds(b, "<li>and ");
		value_grouped(b, losses - LOSSES_SHOWN);
		buf_adds(b, " more</li>\n");
	}
	if (losses > 0) {
		buf_adds(b, "</ul></div>\n");
	}
	return losses;
}

/* Kinds of rows that end so are captures given twice, such as a file and its compressed copy. */
static const char copy_words[] = " as another source";

static void copies_notice(struct buf *b, const struct table *t, const struct quality_columns *c)
{
	uint64_t copies = 0;

	for (size_t row = 0; row < t->row_count; row++) {
		struct cell kind = table_cell(t, row, (unsigned int)c->kind);

		copies += is_counted(t, c, row) && kind.len > 0 &&
			  memmem(kind.v.text, kind.len, copy_words, strlen(copy_words)) != NULL;
	}
	if (copies > 0) {
		buf_adds(b, "<div class=\"notice\" role=\"note\"><strong>Counted twice.</strong> ");
		page_count(b, copies, "section holds", "sections hold");
		buf_adds(b, " the same as another source: see <a href=\"#quality\">data "
			    "quality</a>.</div>\n");
	}
}

static void quality_notice(struct buf *b, const struct table *t)
{
	struct quality_columns c;
	uint64_t notes = 0;

	if (!quality_columns_of(t, &c)) {
		return;
	}
	copies_notice(b, t, &c);
	if (loss_notice(b, t, &c) > 0) {
		return;
	}
	for (size_t row = 0; row < t->row_count; row++) {
		notes += is_counted(t, &c, row);
	}
	if (notes > 0) {
		buf_adds(b,
			 "<p class=\"note\">No damage or loss was found; <a href=\"#quality\">data "
			 "quality</a> has ");
		page_count(b, notes, "note", "notes");
		buf_adds(b, " on what is less exact.</p>\n");
	}
}

void page_notices(struct sink *s, const struct report *r)
{
	const struct table *quality = report_table(r, "quality");

	if (r->stopped) {
		buf_adds(s->buf,
			 "<div class=\"notice\" role=\"note\"><strong>This report is partial."
			 "</strong> The run was stopped before the end of its input.</div>\n");
	}
	if (quality != NULL) {
		quality_notice(s->buf, quality);
	}
	page_clock_notes(s, r);
	page_filter_note(s, r);
	page_absent_notes(s, r);
}
