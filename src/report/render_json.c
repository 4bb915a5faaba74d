/*
 * render_json.c - report.json: every table with its definition, one row per line, so that a
 * stream reader or grep gets along with a large one. Integers are exact, times are text.
 */
#include "report/render.h"

#include "base/escape.h"
#include "report/sink.h"
#include "report/value.h"

#define SCHEMA "thresher-report/1"

static void add_string(struct buf *b, const char *s)
{
	buf_addc(b, '"');
	escape_json(b, s, strlen(s));
	buf_addc(b, '"');
}

/* "key": "text" */
static void add_pair(struct buf *b, const char *key, const char *text)
{
	add_string(b, key);
	buf_addc(b, ':');
	add_string(b, text);
}

static void add_cell(struct buf *b, const struct cell *c)
{
	if (c->marks & CELL_UNKNOWN) {
		buf_adds(b, "null");
		return;
	}
	switch (c->type) {
	case COL_TEXT:
		buf_addc(b, '"');
		escape_json(b, c->v.text, c->len);
		buf_addc(b, '"');
		break;
	case COL_S64: buf_add_s64(b, c->v.s); break;
	case COL_F64: value_f64(b, c->v.f); break;
	case COL_TIME:
		buf_addc(b, '"');
		value_time(b, c->v.u);
		buf_addc(b, '"');
		break;
	case COL_BOOL: buf_adds(b, c->v.u ? "true" : "false"); break;
	default: buf_add_u64(b, c->v.u); break;
	}
}

static void add_columns(struct buf *b, const struct table_def *def)
{
	buf_adds(b, "\"columns\":[");
	for (unsigned int i = 0; i < def->column_count; i++) {
		const struct column *col = &def->columns[i];

		buf_adds(b, i > 0 ? ",\n{" : "\n{");
		add_pair(b, "name", col->name);
		buf_addc(b, ',');
		add_pair(b, "type", col_type_name(col->type));
		buf_addc(b, ',');
		add_pair(b, "unit", col->unit);
		buf_addc(b, ',');
		add_pair(b, "description", col->description);
		buf_addc(b, '}');
	}
	buf_adds(b, "],\n");
}

static void add_rows(struct sink *s, const struct table *t)
{
	struct cell *cells = table_row_new(t);

	if (cells == NULL) {
		s->buf->failed = true;
		return;
	}
	buf_adds(s->buf, "\"rows\":[");
	for (size_t row = 0; row < t->row_count; row++) {
		buf_adds(s->buf, row > 0 ? ",\n[" : "\n[");
		table_row(t, row, cells);
		for (unsigned int i = 0; i < t->def->column_count; i++) {
			if (i > 0) {
				buf_addc(s->buf, ',');
			}
			add_cell(s->buf, &cells[i]);
		}
		buf_addc(s->buf, ']');
		sink_more(s);
	}
	free(cells);
	buf_adds(s->buf, "],\n");
}

static void add_table(struct sink *s, const struct table *t)
{
	struct buf *b = s->buf;

	add_string(b, t->def->name);
	buf_adds(b, ":{");
	add_pair(b, "title", t->def->title);
	buf_addc(b, ',');
	add_pair(b, "description", t->def->description);
	buf_adds(b, ",\n");
	add_columns(b, t->def);
	add_rows(s, t);
	buf_adds(b, "\"rows_dropped\":");
	buf_add_u64(b, t->rows_dropped);
	buf_addc(b, '}');
}

static void add_provenance(struct buf *b, const struct report *r)
{
	buf_adds(b, "\"provenance\":{\"created\":");
	if (r->created_ns != 0) {
		buf_addc(b, '"');
		value_time(b, r->created_ns);
		buf_addc(b, '"');
	} else {
		buf_adds(b, "null");
	}
	buf_addc(b, ',');
	add_pair(b, "command_line", r->command_line);
	buf_adds(b, "},\n");
}

/* null: there was none. */
static void add_filter(struct buf *b, const char *key, const char *filter)
{
	if (filter[0] != '\0') {
		add_pair(b, key, filter);
	} else {
		add_string(b, key);
		buf_adds(b, ":null");
	}
}

void render_json_to(const struct report *r, struct sink *s)
{
	struct buf *b = s->buf;

	buf_addc(b, '{');
	add_pair(b, "schema", SCHEMA);
	buf_addc(b, ',');
	add_pair(b, "version", r->version);
	buf_adds(b, ",\n");
	add_provenance(b, r);
	add_pair(b, "summary", r->summary);
	buf_adds(b, ",\n\"stopped\":");
	buf_adds(b, r->stopped ? "true" : "false");
	buf_adds(b, ",\n");
	add_filter(b, "filter", r->filter);
	buf_addc(b, ',');
	add_filter(b, "packet_filter", r->packet_filter);
	buf_adds(b, ",\n\"tables\":{");
	for (unsigned int i = 0; i < r->table_count; i++) {
		buf_adds(b, i > 0 ? ",\n" : "\n");
		add_table(s, r->tables[i]);
	}
	buf_adds(b, "}}\n");
}

void render_json(const struct report *r, struct buf *out)
{
	struct sink s = { out, -1, 0 };

	render_json_to(r, &s);
}
