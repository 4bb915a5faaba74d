/*
 * render_csv.c - one table as CSV (RFC 4180: CRLF after each record, quotes where needed).
 */
#include "report/render.h"

#include "base/escape.h"
#include "report/sink.h"
#include "report/value.h"

static void add_cell(struct buf *b, const struct cell *c)
{
	if (c->marks & CELL_UNKNOWN) {
		return;
	}
	switch (c->type) {
	case COL_TEXT:
		/* An empty text is not an unknown one. */
		if (c->len == 0) {
			buf_adds(b, "\"\"");
		} else {
			escape_csv(b, c->v.text, c->len);
		}
		break;
	case COL_S64: buf_add_s64(b, c->v.s); break;
	case COL_F64: value_f64(b, c->v.f); break;
	case COL_TIME: value_time(b, c->v.u); break;
	case COL_BOOL: buf_adds(b, c->v.u ? "true" : "false"); break;
	default: buf_add_u64(b, c->v.u); break;
	}
}

void render_csv_to(const struct table *t, struct sink *s)
{
	unsigned int columns = t->def->column_count;
	struct cell *cells = table_row_new(t);

	if (cells == NULL) {
		s->buf->failed = true;
		return;
	}

	for (unsigned int i = 0; i < columns; i++) {
		if (i > 0) {
			buf_addc(s->buf, ',');
		}
		escape_csv(s->buf, t->def->columns[i].name, strlen(t->def->columns[i].name));
	}
	buf_adds(s->buf, "\r\n");
	for (size_t row = 0; row < t->row_count; row++) {
		table_row(t, row, cells);
		for (unsigned int i = 0; i < columns; i++) {
			if (i > 0) {
				buf_addc(s->buf, ',');
			}
			add_cell(s->buf, &cells[i]);
		}
		buf_adds(s->buf, "\r\n");
		sink_more(s);
	}
	free(cells);
}

void render_csv(const struct table *t, struct buf *out)
{
	struct sink s = { out, -1, 0 };

	render_csv_to(t, &s);
}
