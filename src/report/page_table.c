/*
 * page_table.c - one table of the page: heading, the first rows as HTML (what shows without
 * JavaScript and on paper) and the rows as JSON, which page.js sorts, filters and pages through.
 *
 * Data cells are JSON values: text and times strings, counts numbers, unknown null. An integer that
 * a double cannot hold is a string of its digits; an upper bound is a string "~digits".
 */
#include "report/page.h"

#include "base/escape.h"
#include "base/limits.h"
#include "report/value.h"

/* With so few columns there is room for longer texts. */
#define FEW_COLUMNS 8

#define JS_INTEGER_MAX ((UINT64_C(1) << 53) - 1)

/* Columns whose numbers name something, when their unit does not say so. */
static const char *const id_names[] = { "pid",    "tid",     "ppid",   "vpid", "uid",
					"gid",    "fd",      "port",   "tty",  "exit_code",
					"status", "section", "offset", "event" };

static bool is_id(const struct column *col)
{
	const char *last = strrchr(col->name, '_');

	if (strcmp(col->unit, "id") == 0) {
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(id_names); i++) {
		if (strcmp(col->name, id_names[i]) == 0 ||
		    (last != NULL && strcmp(last + 1, id_names[i]) == 0)) {
			return true;
		}
	}
	return false;
}

/* The class of a column's cells: t text, n number, i identifier, d time, b yes or no. */
static char class_of(const struct column *col)
{
	switch (col->type) {
	case COL_TEXT: return 't';
	case COL_TIME: return 'd';
	case COL_BOOL: return 'b';
	default: return is_id(col) ? 'i' : 'n';
	}
}

/* "cpu_time" as "cpu time" */
static void add_label(struct buf *b, const char *name)
{
	for (; *name != '\0'; name++) {
		buf_addc(b, *name == '_' ? ' ' : *name);
	}
}

/* Units that are worth a word in the heading: bytes and durations carry theirs in each cell. */
static bool shows_unit(const struct column *col)
{
	return (col->type == COL_U64 || col->type == COL_S64 || col->type == COL_F64) &&
	       col->unit[0] != '\0' && strcmp(col->unit, "id") != 0;
}

static void add_heading(struct buf *b, const struct column *col)
{
	buf_adds(b, "<th scope=\"col\" class=\"");
	buf_addc(b, class_of(col));
	buf_adds(b, "\" data-name=\"");
	page_text(b, col->name);
	buf_adds(b, "\" data-type=\"");
	buf_adds(b, col_type_name(col->type));
	buf_adds(b, "\" title=\"");
	page_text(b, col->description);
	buf_adds(b, "\">");
	add_label(b, col->name);
	if (shows_unit(col)) {
		buf_adds(b, " <small>");
		page_text(b, col->unit);
		buf_adds(b, "</small>");
	}
	buf_adds(b, "</th>");
}

/* "2026-11-21T08:02:11.248341011Z" as date (quiet), then the time to the microsecond. */
static void add_time(struct buf *b, uint64_t ns)
{
	struct buf text;

	buf_init(&text, 64);
	value_time(&text, ns);
	if (!text.failed) {
		buf_adds(b, "<span>");
		buf_add(b, text.data, 10);
		buf_adds(b, "</span> ");
		buf_add(b, text.data + 11, 15);
	}
	buf_release(&text);
}

static void add_number(struct buf *b, const struct column *col, const struct cell *c)
{
	bool minus = c->type == COL_S64 && c->v.s < 0;
	uint64_t x = minus ? 0 - (uint64_t)c->v.s : c->v.u;

	if (minus) {
		buf_addc(b, '-');
	}
	if (is_id(col)) {
		buf_add_u64(b, x);
	} else {
		value_grouped(b, x);
	}
}

static void add_shown(struct buf *b, const struct column *col, const struct cell *c)
{
	if (c->marks & CELL_BOUND) {
		buf_adds(b, "≤ ");
	}
	switch (c->type) {
	case COL_TEXT: escape_html(b, c->v.text, c->len); break;
	case COL_F64: value_f64(b, c->v.f); break;
	case COL_TIME: add_time(b, c->v.u); break;
	case COL_DURATION: value_duration_short(b, c->v.u); break;
	case COL_BYTES: value_bytes_short(b, c->v.u); break;
	case COL_BOOL: buf_adds(b, c->v.u ? "yes" : "no"); break;
	default: add_number(b, col, c); break;
	}
}

/* Zeros are shown quietly, so that what happened stands out. */
static bool is_zero(const struct column *col, const struct cell *c)
{
	return class_of(col) == 'n' && c->v.u == 0 && (c->marks & CELL_BOUND) == 0;
}

static void add_static_cell(struct buf *b, const struct column *col, const struct cell *c)
{
	buf_adds(b, "<td class=\"");
	buf_addc(b, class_of(col));
	if (c->marks & CELL_UNKNOWN) {
		buf_adds(b, " u\">–</td>");
		return;
	}
	buf_adds(b, is_zero(col, c) ? " z\">" : "\">");
	add_shown(b, col, c);
	buf_adds(b, "</td>");
}

static void add_static_rows(struct sink *s, const struct table *t)
{
	struct cell *cells = table_row_new(t);

	if (cells == NULL) {
		s->buf->failed = true;
		return;
	}
	for (size_t row = 0; row < t->row_count && row < PAGE_STATIC_ROWS; row++) {
		buf_adds(s->buf, "<tr><td class=\"r\">");
		buf_add_u64(s->buf, row + 1);
		buf_adds(s->buf, "</td>");
		table_row(t, row, cells);
		for (unsigned int i = 0; i < t->def->column_count; i++) {
			add_static_cell(s->buf, &t->def->columns[i], &cells[i]);
		}
		buf_adds(s->buf, "</tr>\n");
		sink_more(s);
	}
	free(cells);
}

/* Rows of the table that the page holds. */
static size_t page_rows(const struct table *t)
{
	return (size_t)min_u64(t->row_count, min_u64(LIMIT_PAGE_ROWS, LIMIT_PAGE_CELLS / t->def->column_count));
}

/* What the page does not show, and where it is. */
static void add_rest_notes(struct buf *b, const struct table *t)
{
	if (t->row_count > page_rows(t)) {
		buf_adds(b, "<p class=\"note\">This page holds the first ");
		value_grouped(b, page_rows(t));
		buf_adds(b, " of ");
		value_grouped(b, t->row_count);
		buf_adds(b, " rows; all are in <code>csv/");
		page_text(b, t->def->name);
		buf_adds(b, ".csv</code>.</p>\n");
	}
	if (t->rows_dropped > 0) {
		buf_adds(b, "<p class=\"note warn\">");
		page_count(b, t->rows_dropped, "more row", "more rows");
		buf_adds(b, " went beyond a ceiling of this program and are in no file.</p>\n");
	}
	if (t->row_count > PAGE_STATIC_ROWS) {
		buf_adds(b, "<noscript><p class=\"note\">The first ");
		buf_add_u64(b, PAGE_STATIC_ROWS);
		buf_adds(b, " rows; all are in <code>csv/");
		page_text(b, t->def->name);
		buf_adds(b, ".csv</code>.</p></noscript>\n");
	}
}

void page_table(struct sink *s, const struct report *r, const struct table *t)
{
	struct buf *b = s->buf;

	buf_adds(b, "<section class=\"card table\" id=\"");
	page_text(b, t->def->name);
	buf_adds(b, "\" data-rows=\"");
	buf_add_u64(b, page_rows(t));
	buf_adds(b, "\" data-total=\"");
	buf_add_u64(b, t->row_count);
	buf_adds(b, "\">\n<header><h2>");
	page_text(b, t->def->title);
	buf_adds(b, "</h2><span class=\"count\">");
	page_count(b, t->row_count, "row", "rows");
	buf_adds(b, "</span><p>");
	page_text(b, t->def->description);
	buf_adds(b, "</p></header>\n");
	if (t->row_count > 0) {
		buf_adds(b, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
		page_text(b, t->def->title);
		buf_adds(b, t->def->column_count <= FEW_COLUMNS ? "\"><table class=\"few\">"
								: "\"><table>");
		buf_adds(b, "<thead><tr><th class=\"r\" scope=\"col\" title=\"Number of the row, "
			    "as in the CSV file\">#</th>");
		for (unsigned int i = 0; i < t->def->column_count; i++) {
			add_heading(b, &t->def->columns[i]);
		}
		buf_adds(b, "</tr></thead>\n<tbody>\n");
		add_static_rows(s, t);
		buf_adds(b, "</tbody></table></div>\n");
	} else {
		buf_adds(b, report_is_filtered(r) ? "<p class=\"empty\">Nothing of the kind passed the filter.</p>\n" :
						    "<p class=\"empty\">Nothing of the kind was seen.</p>\n");
	}
	add_rest_notes(b, t);
	buf_adds(b, "</section>\n");
	sink_more(s);
}

static void add_data_unsigned(struct buf *b, const struct cell *c)
{
	bool bound = (c->marks & CELL_BOUND) != 0;
	bool text = bound || c->v.u > JS_INTEGER_MAX;

	if (text) {
		buf_addc(b, '"');
	}
	if (bound) {
		buf_addc(b, '~');
	}
	buf_add_u64(b, c->v.u);
	if (text) {
		buf_addc(b, '"');
	}
}

static void add_data_signed(struct buf *b, int64_t x)
{
	bool text = x > (int64_t)JS_INTEGER_MAX || x < -(int64_t)JS_INTEGER_MAX;

	if (text) {
		buf_addc(b, '"');
	}
	buf_add_s64(b, x);
	if (text) {
		buf_addc(b, '"');
	}
}

static void add_data_cell(struct buf *b, const struct cell *c)
{
	if (c->marks & CELL_UNKNOWN) {
		buf_adds(b, "null");
		return;
	}
	switch (c->type) {
	case COL_TEXT:
		buf_addc(b, '"');
		escape_json_script(b, c->v.text, c->len);
		buf_addc(b, '"');
		break;
	case COL_S64: add_data_signed(b, c->v.s); break;
	case COL_F64: value_f64(b, c->v.f); break;
	case COL_TIME:
		buf_addc(b, '"');
		value_time(b, c->v.u);
		buf_addc(b, '"');
		break;
	case COL_BOOL: buf_adds(b, c->v.u ? "true" : "false"); break;
	default: add_data_unsigned(b, c); break;
	}
}

void page_data_row(struct buf *b, const struct table *t, const struct cell *cells)
{
	buf_addc(b, '[');
	for (unsigned int i = 0; i < t->def->column_count; i++) {
		if (i > 0) {
			buf_addc(b, ',');
		}
		add_data_cell(b, &cells[i]);
	}
	buf_addc(b, ']');
}

void page_data(struct sink *s, const struct table *t)
{
	struct buf *b = s->buf;
	size_t rows = page_rows(t);
	struct cell *cells;

	if (t->row_count == 0) {
		return;
	}
	cells = table_row_new(t);
	if (cells == NULL) {
		b->failed = true;
		return;
	}
	buf_adds(b, "<script type=\"application/json\" id=\"data-");
	page_text(b, t->def->name);
	buf_adds(b, "\">[");
	for (size_t row = 0; row < rows; row++) {
		buf_adds(b, row > 0 ? ",\n" : "\n");
		table_row(t, row, cells);
		page_data_row(b, t, cells);
		sink_more(s);
	}
	free(cells);
	buf_adds(b, "]</script>\n");
}
