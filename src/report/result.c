/*
 * result.c - see result.h. Builds tables cell by cell from merged statistics; owner: main. A row is kept packed, about
 * three bytes a number, because tables may have millions of them and dozens of columns: per cell a head byte (marks and
 * form), then what the form says.
 */
#include "report/result.h"

#include <math.h>
#include <stdlib.h>

#define ROWS_FIRST 64

/* Head of a packed cell: marks in the lowest bits, the form above. */
#define HEAD_MARKS 3u
#define HEAD_FORM_SHIFT 2
enum form {
	FORM_NOTHING,	/* 0, "", or unknown */
	FORM_NUMBER,	/* variable length, signed ones folded; texts: their bytes follow that length */
	FORM_RAW,	/* 8 bytes: a double; texts: a pointer, after the length */
};
/* Texts longer than a pointer and its length are not repeated from row to row. */
#define TEXT_INLINE_MAX 9u
/* Head, number of ten bytes, pointer. */
#define PACKED_CELL_MAX 19u

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
	if (t == NULL) {
		return NULL;
	}
	t->def = def;
	arena_init(&t->arena);
	t->above = table_row_new(t);
	t->adding = table_row_new(t);
	if (t->above == NULL || t->adding == NULL) {
		table_free(t);
		return NULL;
	}
	return t;
}

void table_free(struct table *t)
{
	if (t == NULL) {
		return;
	}
	arena_release(&t->arena);
	free(t->rows);
	free(t->above);
	free(t->adding);
	free(t->packed);
	free(t);
}

struct cell *table_row_new(const struct table *t)
{
	return calloc(t->def->column_count, sizeof(struct cell));
}

/* ---- packing ------------------------------------------------------------------------------------ */

static uint8_t *put_number(uint8_t *p, uint64_t x)
{
	while (x >= 0x80) {
		*p++ = (uint8_t)(x | 0x80);
		x >>= 7;
	}
	*p++ = (uint8_t)x;
	return p;
}

static const uint8_t *get_number(const uint8_t *p, uint64_t *ret_x)
{
	uint64_t x = 0;
	unsigned int shift = 0;

	for (; *p & 0x80; p++, shift += 7) {
		x |= (uint64_t)(*p & 0x7f) << shift;
	}
	*ret_x = x | (uint64_t)*p << shift;
	return p + 1;
}

static uint64_t fold_sign(int64_t x)
{
	return (uint64_t)x << 1 ^ (uint64_t)(x >> 63);
}

static int64_t unfold_sign(uint64_t x)
{
	return (int64_t)(x >> 1 ^ (0 - (x & 1)));
}

static bool packed_room(struct table *t, size_t n)
{
	size_t cap = t->packed_cap > 0 ? t->packed_cap : 512;
	uint8_t *grown;

	if (n <= t->packed_cap - t->packed_len) {
		return true;
	}
	while (cap - t->packed_len < n) {
		if (!mul_ok(cap, 2, &cap)) {
			return false;
		}
	}
	grown = realloc(t->packed, cap);
	if (grown == NULL) {
		return false;
	}
	t->packed = grown;
	t->packed_cap = cap;
	return true;
}

static uint8_t *pack_value(uint8_t *p, const struct cell *c)
{
	uint8_t *head = p++;
	enum form form = FORM_NUMBER;

	if (c->marks & CELL_UNKNOWN || (c->type == COL_TEXT ? c->len == 0 : c->v.u == 0)) {
		form = FORM_NOTHING;
	} else if (c->type == COL_TEXT) {
		form = c->len > TEXT_INLINE_MAX ? FORM_RAW : FORM_NUMBER;
		p = put_number(p, c->len);
		if (form == FORM_RAW) {
			memcpy(p, &c->v.text, sizeof(c->v.text));
			p += sizeof(c->v.text);
		} else {
			memcpy(p, c->v.text, c->len);
			p += c->len;
		}
	} else if (c->type == COL_F64) {
		form = FORM_RAW;
		memcpy(p, &c->v.f, sizeof(c->v.f));
		p += sizeof(c->v.f);
	} else {
		p = put_number(p, c->type == COL_S64 ? fold_sign(c->v.s) : c->v.u);
	}
	*head = (uint8_t)(c->marks | form << HEAD_FORM_SHIFT);
	return p;
}

static const uint8_t *unpack_text(const uint8_t *p, enum form form, struct cell *c)
{
	uint64_t len;

	c->v.text = "";
	if (form == FORM_NOTHING) {
		return p;
	}
	p = get_number(p, &len);
	c->len = (uint32_t)len;
	if (form == FORM_RAW) {
		memcpy(&c->v.text, p, sizeof(c->v.text));
		return p + sizeof(c->v.text);
	}
	c->v.text = (const char *)p;
	return p + len;
}

static const uint8_t *unpack_value(const uint8_t *p, uint8_t type, struct cell *c)
{
	enum form form = *p >> HEAD_FORM_SHIFT;
	uint64_t x;

	memset(c, 0, sizeof(*c));
	c->type = type;
	c->marks = *p++ & HEAD_MARKS;
	if (type == COL_TEXT) {
		return unpack_text(p, form, c);
	}
	if (form == FORM_RAW) {
		memcpy(&c->v.f, p, sizeof(c->v.f));
		return p + sizeof(c->v.f);
	}
	if (form == FORM_NUMBER) {
		p = get_number(p, &x);
		if (type == COL_S64) {
			c->v.s = unfold_sign(x);
		} else {
			c->v.u = x;
		}
	}
	return p;
}

struct cell table_cell(const struct table *t, size_t row, unsigned int col)
{
	const uint8_t *p = t->rows[row];
	struct cell c;

	assert(col < t->def->column_count);
	for (unsigned int i = 0; i <= col; i++) {
		p = unpack_value(p, t->def->columns[i].type, &c);
	}
	return c;
}

void table_row(const struct table *t, size_t row, struct cell *ret_cells)
{
	const uint8_t *p = t->rows[row];

	for (unsigned int i = 0; i < t->def->column_count; i++) {
		p = unpack_value(p, t->def->columns[i].type, &ret_cells[i]);
	}
}

/* ---- adding ------------------------------------------------------------------------------------- */

static bool more_rows(struct table *t)
{
	size_t rows = t->row_cap > 0 ? t->row_cap : ROWS_FIRST / 2;
	size_t bytes;
	const uint8_t **grown;

	if (t->row_count < t->row_cap) {
		return true;
	}
	if (!mul_ok(rows, 2, &rows) || !mul_ok(rows, sizeof(*grown), &bytes)) {
		return false;
	}
	grown = realloc(t->rows, bytes);
	if (grown == NULL) {
		return false;
	}
	t->rows = grown;
	t->row_cap = rows;
	return true;
}

static void row_complete(struct table *t)
{
	struct cell *done = t->adding;
	const uint8_t *row = more_rows(t) ? arena_dup(&t->arena, t->packed, t->packed_len) : NULL;

	if (row == NULL) {
		t->failed = true;
		return;
	}
	t->rows[t->row_count++] = row;
	t->adding = t->above;
	t->above = done;
	t->at = 0;
	t->packed_len = 0;
}

/* The next cell of the row being added, blank but for its type; NULL after a failure. */
static struct cell *next_cell(struct table *t)
{
	struct cell *c;

	if (t->failed || !packed_room(t, PACKED_CELL_MAX)) {
		t->failed = true;
		return NULL;
	}
	c = &t->adding[t->at];
	memset(c, 0, sizeof(*c));
	c->type = t->def->columns[t->at].type;
	return c;
}

static struct cell *next_cell_of(struct table *t, uint8_t type)
{
	assert(t->def->columns[t->at].type == type);
	return next_cell(t);
}

/* The cell is as it should be. */
static void cell_complete(struct table *t, const struct cell *c)
{
	uint8_t *end = pack_value(t->packed + t->packed_len, c);

	t->packed_len = (size_t)(end - t->packed);
	if (++t->at == t->def->column_count) {
		row_complete(t);
	}
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
static const char *same_as_above(const struct table *t, const void *s, size_t n)
{
	const struct cell *above = &t->above[t->at];

	return above->type == COL_TEXT && above->marks == 0 && above->len == n &&
			       memcmp(above->v.text, s, n) == 0 ?
		       above->v.text :
		       NULL;
}

void table_textn(struct table *t, const void *s, size_t n)
{
	struct cell *c = next_cell_of(t, COL_TEXT);

	if (c == NULL) {
		return;
	}
	n = n > UINT32_MAX ? UINT32_MAX : n;
	c->len = (uint32_t)n;
	c->v.text = n <= TEXT_INLINE_MAX ? s : same_as_above(t, s, n);
	if (n > TEXT_INLINE_MAX && c->v.text == NULL) {
		c->v.text = arena_dup(&t->arena, s, n);
	}
	if (n > 0 && c->v.text == NULL) {
		t->failed = true;
		return;
	}
	cell_complete(t, c);
}

void table_text_kept(struct table *t, const char *s, size_t n)
{
	struct cell *c = next_cell_of(t, COL_TEXT);

	if (c != NULL) {
		c->v.text = s;
		c->len = (uint32_t)min_u64(n, UINT32_MAX);
		cell_complete(t, c);
	}
}

static void add_unsigned(struct table *t, uint8_t type, uint64_t x, uint8_t marks)
{
	struct cell *c = next_cell_of(t, type);

	if (c != NULL) {
		c->v.u = x;
		c->marks = marks;
		cell_complete(t, c);
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
		cell_complete(t, c);
	}
}

void table_f64(struct table *t, double x)
{
	struct cell *c = next_cell_of(t, COL_F64);

	if (c != NULL) {
		c->v.f = isfinite(x) ? x : 0;
		c->marks = isfinite(x) ? 0 : CELL_UNKNOWN;
		cell_complete(t, c);
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
		cell_complete(t, c);
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
