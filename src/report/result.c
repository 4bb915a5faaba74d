/*
 * result.c - see result.h. Builds tables cell by cell from merged statistics; owner: main. Cells
 * lie in one array of rows, the bytes of text cells in the table's arena.
 */
#include "report/result.h"

#include <math.h>
#include <stdlib.h>

#define ROWS_FIRST 64

_Static_assert(sizeof(struct cell) == 16, "cells are many: two words each");

static const char *const type_names[] = {
	[COL_TEXT] = "text", [COL_U64] = "u64",           [COL_S64] = "s64",     [COL_F64] = "f64",
	[COL_TIME] = "time", [COL_DURATION] = "duration", [COL_BYTES] = "bytes", [COL_BOOL] = "bool"
};

_Static_assert(ARRAY_LEN(type_names) == COL_TYPES, "one name per column type");

const char *col_type_name(uint8_t type)
{
	assert(type < COL_TYPES);
	return type_names[type];
}

struct table *table_new(const struct table_def *def)
{
	struct table *t = calloc(1, sizeof(*t));

	assert(def->column_count > 0);
	if (t != NULL) {
		t->def = def;
		arena_init(&t->arena);
	}
	return t;
}

void table_free(struct table *t)
{
	if (t == NULL) {
		return;
	}
	arena_release(&t->arena);
	free(t->cells);
	free(t);
}

static bool more_rows(struct table *t)
{
	size_t rows = t->row_cap > 0 ? t->row_cap : ROWS_FIRST / 2;
	size_t bytes;
	struct cell *cells;

	if (!mul_ok(rows, 2, &rows) || !mul_ok(rows, t->def->column_count, &bytes) ||
	    !mul_ok(bytes, sizeof(*cells), &bytes)) {
		return false;
	}
	cells = realloc(t->cells, bytes);
	if (cells == NULL) {
		return false;
	}
	t->cells = cells;
	t->row_cap = rows;
	return true;
}

/* The next cell of the row being added, blank but for its type; NULL after a failure. */
static struct cell *next_cell(struct table *t)
{
	struct cell *c;

	if (t->failed || (t->row_count == t->row_cap && !more_rows(t))) {
		t->failed = true;
		return NULL;
	}
	c = &t->cells[t->row_count * t->def->column_count + t->at];
	memset(c, 0, sizeof(*c));
	c->type = t->def->columns[t->at].type;
	if (++t->at == t->def->column_count) {
		t->at = 0;
		t->row_count++;
	}
	return c;
}

static struct cell *next_cell_of(struct table *t, uint8_t type)
{
	assert(t->def->columns[t->at].type == type);
	return next_cell(t);
}

void table_text(struct table *t, const char *s)
{
	if (s == NULL) {
		assert(t->def->columns[t->at].type == COL_TEXT);
		table_unknown(t);
		return;
	}
	table_textn(t, s, strlen(s));
}

/* Hosts, sources, users and the like repeat from row to row: the text above can serve again. */
static bool same_as_above(const struct table *t, struct cell *c, const void *s, size_t n)
{
	const struct cell *above;

	if ((size_t)(c - t->cells) < t->def->column_count || n == 0) {
		return false;
	}
	above = c - t->def->column_count;
	if (above->type != COL_TEXT || above->marks != 0 || above->len != n ||
	    memcmp(above->v.text, s, n) != 0) {
		return false;
	}
	c->v.text = above->v.text;
	c->len = (uint32_t)n;
	return true;
}

void table_textn(struct table *t, const void *s, size_t n)
{
	struct cell *c = next_cell_of(t, COL_TEXT);

	if (c == NULL) {
		return;
	}
	if (n > UINT32_MAX) {
		n = UINT32_MAX;
	}
	if (same_as_above(t, c, s, n)) {
		return;
	}
	c->v.text = n > 0 ? arena_dup(&t->arena, s, n) : "";
	if (c->v.text == NULL) {
		c->v.text = "";
		t->failed = true;
		return;
	}
	c->len = (uint32_t)n;
}

static void add_unsigned(struct table *t, uint8_t type, uint64_t x, uint8_t marks)
{
	struct cell *c = next_cell_of(t, type);

	if (c != NULL) {
		c->v.u = x;
		c->marks = marks;
	}
}

void table_u64(struct table *t, uint64_t x)
{
	add_unsigned(t, COL_U64, x, 0);
}

void table_s64(struct table *t, int64_t x)
{
	struct cell *c = next_cell_of(t, COL_S64);

	if (c != NULL) {
		c->v.s = x;
	}
}

void table_f64(struct table *t, double x)
{
	struct cell *c = next_cell_of(t, COL_F64);

	if (c == NULL) {
		return;
	}
	if (isfinite(x)) {
		c->v.f = x;
	} else {
		c->marks = CELL_UNKNOWN;
	}
}

void table_time(struct table *t, uint64_t ns)
{
	add_unsigned(t, COL_TIME, ns, ns == 0 ? CELL_UNKNOWN : 0);
}

void table_duration(struct table *t, uint64_t ns)
{
	add_unsigned(t, COL_DURATION, ns, 0);
}

void table_duration_bound(struct table *t, uint64_t ns)
{
	add_unsigned(t, COL_DURATION, ns, CELL_BOUND);
}

void table_bytes(struct table *t, uint64_t n)
{
	add_unsigned(t, COL_BYTES, n, 0);
}

void table_bool(struct table *t, bool x)
{
	add_unsigned(t, COL_BOOL, x, 0);
}

void table_unknown(struct table *t)
{
	struct cell *c = next_cell(t);

	if (c != NULL) {
		c->marks = CELL_UNKNOWN;
	}
}

int table_column(const struct table *t, const char *name)
{
	for (unsigned int i = 0; i < t->def->column_count; i++) {
		if (strcmp(t->def->columns[i].name, name) == 0) {
			return (int)i;
		}
	}
	return -1;
}

void report_init(struct report *r)
{
	memset(r, 0, sizeof(*r));
	r->version = "";
	r->command_line = "";
}

void report_release(struct report *r)
{
	for (unsigned int i = 0; i < r->table_count; i++) {
		table_free(r->tables[i]);
	}
	free(r->tables);
	r->tables = NULL;
	r->table_count = 0;
	r->table_cap = 0;
}

int report_add(struct report *r, struct table *t)
{
	if (t == NULL || t->failed) {
		table_free(t);
		return ERR_NOMEM;
	}
	assert(t->at == 0);
	if (r->table_count == r->table_cap) {
		unsigned int cap = r->table_cap > 0 ? r->table_cap * 2 : 16;
		struct table **tables = realloc(r->tables, cap * sizeof(struct table *));

		if (tables == NULL) {
			table_free(t);
			return ERR_NOMEM;
		}
		r->tables = tables;
		r->table_cap = cap;
	}
	r->tables[r->table_count++] = t;
	return 0;
}

const struct table *report_table(const struct report *r, const char *name)
{
	for (unsigned int i = 0; i < r->table_count; i++) {
		if (strcmp(r->tables[i]->def->name, name) == 0) {
			return r->tables[i];
		}
	}
	return NULL;
}
