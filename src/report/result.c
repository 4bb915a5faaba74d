/*
 * result.c - see result.h. Builds tables cell by cell from merged statistics; owner: main. A row is kept packed, about
 * three bytes a number, because tables may have millions of them and dozens of columns: per cell a head byte (marks and
 * form), then what the form says.
 */
#include "report/result.h"

#include <endian.h>
#include <math.h>
#include <stdlib.h>

#include "base/cursor.h"

#define ROWS_FIRST 64

/* Head of a packed cell: marks in the lowest bits, the form above. */
#define HEAD_MARKS 3u
#define HEAD_FORM_SHIFT 2
enum form {
	FORM_NOTHING,	/* 0, "", or unknown */
	FORM_NUMBER,	/* of one byte, the next form of two, and so on to eight; signed ones folded, doubles their bits */
	FORM_BYTES = FORM_NUMBER + 8,	/* text: a byte of length, its bytes */
	FORM_TEXT,	/* text: four bytes of length, a pointer */
};
/* Texts longer than a pointer and its length are not repeated from row to row. */
#define TEXT_INLINE_MAX 11u
/* Head, length, pointer. */
#define PACKED_CELL_MAX 13u
/* Numbers are read eight bytes at once: behind the last cell. */
#define ROW_SLACK 8u

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

static uint8_t head_of(uint8_t marks, unsigned int form)
{
	return (uint8_t)(marks | form << HEAD_FORM_SHIFT);
}

/* There is room for eight bytes of it. */
static inline uint8_t *pack_number(uint8_t *p, uint64_t x, uint8_t marks)
{
	unsigned int bytes;

	if (x == 0 || (marks & CELL_UNKNOWN) != 0) {
		*p = head_of(marks, FORM_NOTHING);
		return p + 1;
	}
	bytes = 8 - (unsigned int)__builtin_clzll(x) / 8;
	*p++ = head_of(marks, FORM_NUMBER + bytes - 1);
	x = htole64(x);
	memcpy(p, &x, sizeof(x));
	return p + bytes;
}

static uint8_t *pack_text(uint8_t *p, const char *s, uint32_t len)
{
	if (len == 0) {
		*p = head_of(0, FORM_NOTHING);
		return p + 1;
	}
	if (len <= TEXT_INLINE_MAX) {
		*p++ = head_of(0, FORM_BYTES);
		*p++ = (uint8_t)len;
		memcpy(p, s, len);
		return p + len;
	}
	*p++ = head_of(0, FORM_TEXT);
	memcpy(p, &len, sizeof(len));
	memcpy(p + sizeof(len), &s, sizeof(s));
	return p + sizeof(len) + sizeof(s);
}

static inline const uint8_t *unpack_text(const uint8_t *p, unsigned int form, struct cell *c)
{
	if (form == FORM_BYTES) {
		c->len = *p++;
		c->v.text = (const char *)p;
		return p + c->len;
	}
	if (form == FORM_TEXT) {
		memcpy(&c->len, p, sizeof(c->len));
		memcpy(&c->v.text, p + sizeof(c->len), sizeof(c->v.text));
		return p + sizeof(c->len) + sizeof(c->v.text);
	}
	c->len = 0;
	c->v.text = "";
	return p;
}

static inline const uint8_t *unpack_value(const uint8_t *p, uint8_t type, struct cell *c)
{
	uint8_t head = *p++;
	unsigned int form = head >> HEAD_FORM_SHIFT;

	c->type = type;
	c->marks = head & HEAD_MARKS;
	if (type == COL_TEXT) {
		return unpack_text(p, form, c);
	}
	c->len = 0;
	if (form == FORM_NOTHING) {
		c->v.u = 0;
		return p;
	}
	c->v.u = load_le64(p) & UINT64_MAX >> (64 - 8 * form);
	if (type == COL_S64) {
		c->v.s = unfold_sign(c->v.u);
	}
	return p + form;
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
	const uint8_t *row = NULL;

	if (more_rows(t) && packed_room(t, ROW_SLACK)) {
		memset(t->packed + t->packed_len, 0, ROW_SLACK);
		row = arena_dup(&t->arena, t->packed, t->packed_len + ROW_SLACK);
	}
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

/* Where the next cell of the row being added goes; NULL after a failure. */
static inline uint8_t *next_cell(struct table *t)
{
	if (UNLIKELY(t->failed || !packed_room(t, PACKED_CELL_MAX))) {
		t->failed = true;
		return NULL;
	}
	return t->packed + t->packed_len;
}

static inline uint8_t *next_cell_of(struct table *t, uint8_t type)
{
	assert(t->def->columns[t->at].type == type);
	UNUSED_ARG(type);
	return next_cell(t);
}

/* The cell is as it should be, and ends before end. */
static inline void cell_complete(struct table *t, const uint8_t *end)
{
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

	return above->len == n && memcmp(above->v.text, s, n) == 0 ? above->v.text : NULL;
}

/* What the row below may take over. */
static void remember_text(struct table *t, const char *s, uint32_t len)
{
	t->adding[t->at].len = len;
	t->adding[t->at].v.text = s;
}

void table_textn(struct table *t, const void *s, size_t n)
{
	uint8_t *p = next_cell_of(t, COL_TEXT);
	const char *kept = s;

	if (p == NULL) {
		return;
	}
	n = n > UINT32_MAX ? UINT32_MAX : n;
	if (n > TEXT_INLINE_MAX) {
		kept = same_as_above(t, s, n);
		kept = kept != NULL ? kept : arena_dup(&t->arena, s, n);
		if (kept == NULL) {
			t->failed = true;
			return;
		}
	}
	remember_text(t, kept, n > TEXT_INLINE_MAX ? (uint32_t)n : 0);
	cell_complete(t, pack_text(p, kept, (uint32_t)n));
}

void table_text_kept(struct table *t, const char *s, size_t n)
{
	uint8_t *p = next_cell_of(t, COL_TEXT);

	if (p != NULL) {
		n = min_u64(n, UINT32_MAX);
		remember_text(t, s, n > TEXT_INLINE_MAX ? (uint32_t)n : 0);
		cell_complete(t, pack_text(p, s, (uint32_t)n));
	}
}

static inline void add_unsigned(struct table *t, uint8_t type, uint64_t x, uint8_t marks)
{
	uint8_t *p = next_cell_of(t, type);

	if (p != NULL) {
		cell_complete(t, pack_number(p, x, marks));
	}
}

void table_u64(struct table *t, uint64_t x)
{
	add_unsigned(t, COL_U64, x, 0);
}

void table_s64(struct table *t, int64_t x)
{
	add_unsigned(t, COL_S64, fold_sign(x), 0);
}

void table_f64(struct table *t, double x)
{
	uint8_t *p = next_cell_of(t, COL_F64);
	uint64_t bits;

	if (p == NULL) {
		return;
	}
	memcpy(&bits, &x, sizeof(bits));
	p = pack_number(p, bits, isfinite(x) ? 0 : CELL_UNKNOWN);
	cell_complete(t, p);
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
	uint8_t *p = next_cell(t);

	if (p != NULL) {
		remember_text(t, NULL, 0);
		cell_complete(t, pack_number(p, 0, CELL_UNKNOWN));
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
	r->filter = "";
	r->packet_filter = "";
}

bool report_is_filtered(const struct report *r)
{
	return r->filter[0] != '\0' || r->packet_filter[0] != '\0';
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
