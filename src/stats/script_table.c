/*
 * script_table.c - report.table{...}: a table of the report from what a script says. Names and types are checked, cells
 * are copied. Main thread, while on_finish runs: a protected call of script_run.c, so what is made belongs to the
 * script before anything can fail.
 */
#include "stats/script_internal.h"

#ifdef HAVE_LUA

/* Of names and short texts: what fits a heading. */
#define NAME_MAX_BYTES 64
#define TITLE_MAX_BYTES 200
#define HELP_MAX_BYTES 1000

/* ---- names and texts --------------------------------------------------------------------------------------- */

/* A letter, then letters, digits and _, all small: a key in JSON, a file's name, an anchor in the page. */
static bool is_name(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool letter = s[i] >= 'a' && s[i] <= 'z';

		if (!letter && (i == 0 || !((s[i] >= '0' && s[i] <= '9') || s[i] == '_'))) {
			return false;
		}
	}
	return len > 0 && len <= NAME_MAX_BYTES;
}

/* A text of the table at index; fallback NULL: it must be there. Copied to the table's memory. */
static const char *read_text(lua_State *L, int index, struct script_table *t, const char *key, size_t max,
			     const char *fallback)
{
	const char *s;
	char *copy;
	size_t len;

	if (lua_getfield(L, index, key) == LUA_TNIL && fallback != NULL) {
		lua_pop(L, 1);
		return fallback;
	}
	if (lua_type(L, -1) != LUA_TSTRING) {
		luaL_error(L, "report.table: '%s' must be a text, not a %s", key, luaL_typename(L, -1));
	}
	s = lua_tolstring(L, -1, &len);
	if (len > max || memchr(s, '\0', len) != NULL) {
		luaL_error(L, "report.table: '%s' is too long", key);
	}
	copy = arena_dup(&t->arena, s, len + 1);
	if (copy == NULL) {
		luaL_error(L, "out of memory");
	}
	lua_pop(L, 1);
	return copy;
}

static const char *read_name(lua_State *L, int index, struct script_table *t)
{
	const char *name = read_text(L, index, t, "name", NAME_MAX_BYTES, NULL);

	if (!is_name(name, strlen(name))) {
		luaL_error(L, "report.table: '%s' is no name: small letters, digits and _", name);
	}
	return name;
}

/* ---- the definition ---------------------------------------------------------------------------------------- */

static uint8_t read_type(lua_State *L, int index, struct script_table *t)
{
	const char *type = read_text(L, index, t, "type", NAME_MAX_BYTES, "text");

	for (uint8_t i = 0; i < COL_TYPES; i++) {
		if (strcmp(type, col_type_name(i)) == 0) {
			return i;
		}
	}
	luaL_error(L, "report.table: '%s' is no type: text, u64, s64, f64, time, duration, bytes, bool", type);
	return COL_TEXT;
}

static const char *default_unit(uint8_t type)
{
	return type == COL_DURATION ? "ns" : type == COL_BYTES ? "bytes" : "";
}

static void read_column(lua_State *L, struct script_table *t, unsigned int i)
{
	struct column *c = &t->columns[i];
	int at = lua_gettop(L);

	if (!lua_istable(L, at)) {
		luaL_error(L, "report.table: column %d must be a table, as in { name = \"bytes\", type = \"u64\" }",
			   (int)i + 1);
	}
	c->name = read_name(L, at, t);
	c->type = read_type(L, at, t);
	c->unit = read_text(L, at, t, "unit", NAME_MAX_BYTES, default_unit(c->type));
	c->description = read_text(L, at, t, "help", HELP_MAX_BYTES, "");
	for (unsigned int k = 0; k < i; k++) {
		if (strcmp(t->columns[k].name, c->name) == 0) {
			luaL_error(L, "report.table: two columns are named '%s'", c->name);
		}
	}
}

static void read_columns(lua_State *L, struct script_table *t)
{
	lua_Integer n;

	if (lua_getfield(L, 1, "columns") != LUA_TTABLE || luaL_len(L, -1) < 1) {
		luaL_error(L, "report.table: 'columns' must be a list of columns");
	}
	n = luaL_len(L, -1);
	if (n > LIMIT_SCRIPT_COLUMNS) {
		luaL_error(L, "report.table: more than %d columns", LIMIT_SCRIPT_COLUMNS);
	}
	t->columns = calloc((size_t)n, sizeof(*t->columns));
	if (t->columns == NULL) {
		luaL_error(L, "out of memory");
	}
	for (unsigned int i = 0; i < (unsigned int)n; i++) {
		lua_geti(L, -1, (lua_Integer)i + 1);
		read_column(L, t, i);
		lua_pop(L, 1);
	}
	t->def.columns = t->columns;
	t->def.column_count = (unsigned int)n;
	lua_pop(L, 1);
}

/* What the page calls its own parts; the table that comes behind those of scripts. */
static const char *const taken[] = { "plots", "trees", "main", "find", "row", "said", "scripts" };

static void check_table_name(lua_State *L, const struct script *s, const char *name)
{
	bool is_taken = report_table(s->report, name) != NULL;

	for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
		is_taken = is_taken || strcmp(taken[i], name) == 0;
	}
	for (unsigned int i = 0; i + 1 < s->table_count; i++) {
		is_taken = is_taken || strcmp(s->tables[i]->def.name, name) == 0;
	}
	if (is_taken) {
		luaL_error(L, "report.table: the report has a table '%s' already: choose another name", name);
	}
}

/* ---- rows -------------------------------------------------------------------------------------------------- */

static void bad_cell(lua_State *L, const struct script_table *t, unsigned int col, const char *wanted)
{
	luaL_error(L, "report.table '%s', row %d, column '%s': must be %s, not %s", t->def.name,
		   (int)t->table->row_count + 1, t->columns[col].name, wanted, script_tostring(L, -1, NULL));
}

/* An integer, or a float that is one. */
static int64_t read_integer(lua_State *L, const struct script_table *t, unsigned int col, bool may_be_negative)
{
	int is_integer;
	lua_Integer x = lua_type(L, -1) == LUA_TNUMBER ? lua_tointegerx(L, -1, &is_integer) : (is_integer = 0);

	if (!is_integer || (x < 0 && !may_be_negative)) {
		bad_cell(L, t, col, may_be_negative ? "an integer" : "an integer of at least 0");
	}
	return x;
}

static void add_text_cell(lua_State *L, struct script_table *t, unsigned int col)
{
	const char *text;
	size_t len;

	if (!lua_isstring(L, -1)) {
		bad_cell(L, t, col, "a text");
	}
	text = lua_tolstring(L, -1, &len);
	t->text_bytes += len;
	if (t->text_bytes > LIMIT_SCRIPT_MEMORY) {
		luaL_error(L, "report.table '%s': more than %d MiB of text", t->def.name,
			   (int)(LIMIT_SCRIPT_MEMORY >> 20));
	}
	table_textn(t->table, text, len);
}

/* The value on top. */
static void add_cell(lua_State *L, struct script_table *t, unsigned int col)
{
	if (lua_isnil(L, -1)) {
		table_unknown(t->table);
		return;
	}
	switch (t->columns[col].type) {
	case COL_TEXT: add_text_cell(L, t, col); break;
	case COL_U64: table_u64(t->table, (uint64_t)read_integer(L, t, col, false)); break;
	case COL_S64: table_s64(t->table, read_integer(L, t, col, true)); break;
	case COL_TIME: table_time(t->table, (uint64_t)read_integer(L, t, col, false)); break;
	case COL_DURATION: table_duration(t->table, (uint64_t)read_integer(L, t, col, false)); break;
	case COL_BYTES: table_bytes(t->table, (uint64_t)read_integer(L, t, col, false)); break;
	case COL_F64:
		if (lua_type(L, -1) != LUA_TNUMBER) {
			bad_cell(L, t, col, "a number");
		}
		table_f64(t->table, lua_tonumber(L, -1));
		break;
	default:
		if (!lua_isboolean(L, -1)) {
			bad_cell(L, t, col, "true or false");
		}
		table_bool(t->table, lua_toboolean(L, -1) != 0);
		break;
	}
}

/* Cells by their place, or by the names of the columns. */
static void add_row(lua_State *L, struct script_table *t)
{
	int at = lua_gettop(L);

	if (!lua_istable(L, at)) {
		luaL_error(L, "report.table '%s': row %d must be a table of cells", t->def.name,
			   (int)t->table->row_count + 1);
	}
	for (unsigned int i = 0; i < t->def.column_count; i++) {
		if (lua_geti(L, at, (lua_Integer)i + 1) == LUA_TNIL) {
			lua_pop(L, 1);
			lua_getfield(L, at, t->columns[i].name);
		}
		add_cell(L, t, i);
		lua_settop(L, at);
	}
}

static void add_rows(lua_State *L, struct script_table *t)
{
	lua_Integer n;

	if (lua_getfield(L, 1, "rows") == LUA_TNIL) {
		return;
	}
	if (!lua_istable(L, -1)) {
		luaL_error(L, "report.table '%s': 'rows' must be a list of rows", t->def.name);
	}
	n = luaL_len(L, -1);
	for (lua_Integer i = 1; i <= n && i <= LIMIT_SCRIPT_ROWS; i++) {
		script_charge(L, 1 + t->def.column_count);
		lua_geti(L, -1, i);
		add_row(L, t);
		lua_pop(L, 1);
	}
	t->table->rows_dropped = n > LIMIT_SCRIPT_ROWS ? (uint64_t)n - LIMIT_SCRIPT_ROWS : 0;
	if (t->table->failed) {
		luaL_error(L, "out of memory");
	}
}

/* ---- the call ---------------------------------------------------------------------------------------------- */

void script_table_free(struct script_table *t)
{
	if (t != NULL) {
		table_free(t->table);
		arena_release(&t->arena);
		free(t->columns);
		free(t);
	}
}

static struct script_table *new_table(lua_State *L, struct script *s)
{
	struct script_table *t;

	if (s->table_count == LIMIT_SCRIPT_TABLES) {
		luaL_error(L, "report.table: more than %d tables", LIMIT_SCRIPT_TABLES);
	}
	t = calloc(1, sizeof(*t));
	if (t == NULL) {
		luaL_error(L, "out of memory");
		return NULL;
	}
	arena_init(&t->arena);
	s->tables[s->table_count++] = t;
	return t;
}

static const char *const keys[] = { "name", "title", "description", "columns", "rows" };

int script_add_table(lua_State *L)
{
	struct script *s = script_of(L);
	struct script_table *t;

	if (!s->finishing) {
		return luaL_error(L, "report.table: only on_finish adds tables");
	}
	if (!lua_istable(L, 1)) {
		return luaL_error(
			L, "report.table wants a table: report.table{ name = ..., columns = {...}, rows = {...} }");
	}
	lua_settop(L, 1);
	script_check_keys(L, 1, keys, ARRAY_LEN(keys), "report.table wants name, title, description, columns, rows");
	t = new_table(L, s);
	t->def.name = "";
	t->def.name = read_name(L, 1, t);
	check_table_name(L, s, t->def.name);
	t->def.title = read_text(L, 1, t, "title", TITLE_MAX_BYTES, t->def.name);
	t->def.description = read_text(L, 1, t, "description", HELP_MAX_BYTES, "");
	read_columns(L, t);
	t->table = table_new(&t->def);
	if (t->table == NULL) {
		return luaL_error(L, "out of memory");
	}
	add_rows(L, t);
	return 0;
}

#endif
