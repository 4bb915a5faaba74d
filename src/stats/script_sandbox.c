/*
 * script_sandbox.c - the globals of a script: a list of what is harmless in Lua's libraries, and our own in place of
 * what is not.
 *
 * Left out: files, the system, time, loading of code, debugging, coroutines, pcall (a script that fails ends),
 * string.dump, math.randomseed. Ours: tostring, print, string.format (no addresses), pairs, next, table.sort (the same
 * order in every run), setmetatable (no finalizers), string.find and its kin (bounded). Functions whose work the Lua
 * machine does not count are charged for it. In a protected call of script_run.c.
 */
#include "stats/script_internal.h"

#ifdef HAVE_LUA

/* What a function of Lua's costs beyond one step: by the texts it is given, or by its table and range. */
enum meter { METER_NONE, METER_TEXTS, METER_REPEAT, METER_INSERT, METER_REMOVE, METER_RANGE_2, METER_RANGE_3 };

struct row {
	const char *name;
	uint8_t meter;
};

static const struct row base_rows[] = {
	{ "assert", METER_NONE },   { "error", METER_NONE },  { "getmetatable", METER_NONE }, { "ipairs", METER_NONE },
	{ "rawequal", METER_TEXTS }, { "rawget", METER_NONE }, { "rawlen", METER_NONE },       { "rawset", METER_NONE },
	{ "select", METER_NONE },   { "tonumber", METER_TEXTS }, { "type", METER_NONE },      { "_VERSION", METER_NONE },
	{ NULL, METER_NONE },
};

static const struct row math_rows[] = {
	{ "abs", METER_NONE },	      { "acos", METER_NONE }, { "asin", METER_NONE }, { "atan", METER_NONE },	   { "ceil", METER_NONE },
	{ "cos", METER_NONE },	      { "deg", METER_NONE },  { "exp", METER_NONE },  { "floor", METER_NONE },	   { "fmod", METER_NONE },
	{ "huge", METER_NONE },	      { "log", METER_NONE },  { "max", METER_NONE },  { "maxinteger", METER_NONE }, { "min", METER_NONE },
	{ "mininteger", METER_NONE }, { "modf", METER_NONE }, { "pi", METER_NONE },   { "rad", METER_NONE },	   { "random", METER_NONE },
	{ "sin", METER_NONE },	      { "sqrt", METER_NONE }, { "tan", METER_NONE },  { "tointeger", METER_NONE },  { "type", METER_NONE },
	{ "ult", METER_NONE },	      { NULL, METER_NONE },
};

static const struct row string_rows[] = {
	{ "byte", METER_NONE },	   { "char", METER_NONE },     { "len", METER_NONE },  { "lower", METER_TEXTS }, { "pack", METER_TEXTS },
	{ "packsize", METER_TEXTS }, { "rep", METER_REPEAT },   { "reverse", METER_TEXTS }, { "sub", METER_NONE }, { "unpack", METER_TEXTS },
	{ "upper", METER_TEXTS },  { NULL, METER_NONE },
};

static const struct row table_rows[] = {
	{ "concat", METER_RANGE_3 }, { "insert", METER_INSERT }, { "move", METER_RANGE_2 }, { "pack", METER_NONE },
	{ "remove", METER_REMOVE },  { "unpack", METER_RANGE_2 }, { NULL, METER_NONE },
};

static const struct row utf8_rows[] = {
	{ "char", METER_NONE }, { "charpattern", METER_NONE }, { "codepoint", METER_TEXTS }, { "codes", METER_TEXTS },
	{ "len", METER_TEXTS }, { "offset", METER_TEXTS },     { NULL, METER_NONE },
};

/* ---- what calls cost --------------------------------------------------------------------------------------- */

static uint64_t texts_cost(lua_State *L)
{
	uint64_t bytes = 0;

	for (int i = 1; i <= lua_gettop(L); i++) {
		bytes += lua_type(L, i) == LUA_TSTRING ? lua_rawlen(L, i) : 0;
	}
	return bytes / 16;
}

/* Entries from..to, both as arguments; without the second one the table's length. */
static uint64_t range_cost(lua_State *L, int from, int to)
{
	lua_Integer low = lua_isnoneornil(L, from) ? 1 : lua_tointeger(L, from);
	lua_Integer high = lua_isnoneornil(L, to) ? (lua_istable(L, 1) ? luaL_len(L, 1) : 0) : lua_tointeger(L, to);
	uint64_t n = high >= low ? (uint64_t)high - (uint64_t)low : 0;

	return n / 4;
}

/* Behind the position that is inserted at, or removed. */
static uint64_t shift_cost(lua_State *L, int arguments)
{
	return lua_gettop(L) >= arguments && lua_istable(L, 1) ? range_cost(L, 2, lua_gettop(L) + 1) : 0;
}

static uint64_t cost(lua_State *L, enum meter m)
{
	lua_Integer n;

	switch (m) {
	case METER_TEXTS: return texts_cost(L);
	case METER_REPEAT:
		n = lua_tointeger(L, 2);
		return n > 0 ? (uint64_t)n / 4 : 0;
	case METER_INSERT: return shift_cost(L, 3);
	case METER_REMOVE: return shift_cost(L, 2);
	case METER_RANGE_2: return range_cost(L, 2, 3);
	case METER_RANGE_3: return range_cost(L, 3, 4);
	default: return 0;
	}
}

/* Upvalues: a function of Lua's that has none itself, enum meter. */
static int metered(lua_State *L)
{
	lua_CFunction f = lua_tocfunction(L, lua_upvalueindex(1));

	script_charge(L, cost(L, (enum meter)lua_tointeger(L, lua_upvalueindex(2))));
	return f(L);
}

/* From the table on top into the one below. */
static void copy_rows(lua_State *L, const struct row *rows)
{
	for (; rows->name != NULL; rows++) {
		lua_getfield(L, -1, rows->name);
		if (rows->meter != METER_NONE) {
			lua_pushinteger(L, rows->meter);
			lua_pushcclosure(L, metered, 2);
		}
		lua_setfield(L, -3, rows->name);
	}
}

/* ---- ours in place of Lua's -------------------------------------------------------------------------------- */

/* Lua's own shows where tables and functions lie in memory. */
const char *script_tostring(lua_State *L, int index, size_t *ret_len)
{
	switch (lua_type(L, index)) {
	case LUA_TNIL:
	case LUA_TBOOLEAN:
	case LUA_TNUMBER:
	case LUA_TSTRING: return luaL_tolstring(L, index, ret_len);
	default: break;
	}
	if (!luaL_callmeta(L, index, "__tostring")) {
		lua_pushstring(L, luaL_typename(L, index));
	} else if (!lua_isstring(L, -1)) {
		luaL_error(L, "'__tostring' must return a string");
	}
	return lua_tolstring(L, -1, ret_len);
}

static int sandbox_tostring(lua_State *L)
{
	luaL_checkany(L, 1);
	script_tostring(L, 1, NULL);
	return 1;
}

/* Kept until the run is over: a thread that feeds scripts must not write to a terminal. */
static int sandbox_print(lua_State *L)
{
	struct script *s = script_of(L);
	int n = lua_gettop(L);

	for (int i = 1; i <= n; i++) {
		size_t len;
		const char *text = script_tostring(L, i, &len);

		if (i > 1) {
			buf_addc(&s->printed, ' ');
		}
		buf_add(&s->printed, text, len);
		lua_pop(L, 1);
	}
	buf_addc(&s->printed, '\n');
	return 0;
}

/* Finalizers run where no step is counted, and weak tables show when memory is collected. Upvalue: Lua's function. */
static int sandbox_setmetatable(lua_State *L)
{
	static const char *const refused[] = { "__gc", "__mode" };
	lua_CFunction f = lua_tocfunction(L, lua_upvalueindex(1));

	for (size_t i = 0; i < ARRAY_LEN(refused) && lua_istable(L, 2); i++) {
		lua_pushstring(L, refused[i]);
		if (lua_rawget(L, 2) != LUA_TNIL) {
			return luaL_error(L, "a metatable may not have '%s' here", refused[i]);
		}
		lua_pop(L, 1);
	}
	return f(L);
}

/* report.NAME behind on_finish would never be seen. */
static void add_report(lua_State *L)
{
	lua_newtable(L);
	lua_pushcfunction(L, script_add_table);
	lua_setfield(L, -2, "table");
	lua_setfield(L, -2, "report");
}

/* ---- the globals ------------------------------------------------------------------------------------------- */

/* Opens one of Lua's libraries, which are of no use to the script; its harmless functions go to a table of that name in
 * the one on top. */
static void add_library(lua_State *L, const char *name, lua_CFunction open, const struct row *rows)
{
	lua_newtable(L);
	luaL_requiref(L, name, open, 0);
	copy_rows(L, rows);
	lua_pop(L, 1);
	lua_setfield(L, -2, name);
}

static void add_base(lua_State *L)
{
	luaL_requiref(L, LUA_GNAME, luaopen_base, 0);
	copy_rows(L, base_rows);
	lua_getfield(L, -1, "setmetatable");
	lua_pushcclosure(L, sandbox_setmetatable, 1);
	lua_setfield(L, -3, "setmetatable");
	lua_pop(L, 1);
	lua_pushcfunction(L, sandbox_tostring);
	lua_setfield(L, -2, "tostring");
	lua_pushcfunction(L, sandbox_print);
	lua_setfield(L, -2, "print");
	lua_pushcfunction(L, script_pairs);
	lua_setfield(L, -2, "pairs");
	lua_pushcfunction(L, script_next);
	lua_setfield(L, -2, "next");
	lua_pushvalue(L, -1);
	lua_setfield(L, -2, LUA_GNAME);
}

/* The same numbers in every run. */
static void seed_random(lua_State *L)
{
	luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 0);
	lua_getfield(L, -1, "randomseed");
	lua_pushinteger(L, 1);
	lua_pushinteger(L, 0);
	lua_call(L, 2, 0);
	lua_pop(L, 1);
}

/* Texts find their methods in our table, too. */
static void replace_string_methods(lua_State *L)
{
	lua_pushliteral(L, "");
	lua_getmetatable(L, -1);
	lua_getfield(L, -3, LUA_STRLIBNAME);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 2);
}

void script_open_sandbox(lua_State *L)
{
	lua_newtable(L);
	add_base(L);
	add_library(L, LUA_MATHLIBNAME, luaopen_math, math_rows);
	seed_random(L);
	add_library(L, LUA_STRLIBNAME, luaopen_string, string_rows);
	lua_getfield(L, -1, LUA_STRLIBNAME);
	script_add_strings(L);
	lua_pop(L, 1);
	replace_string_methods(L);
	add_library(L, LUA_TABLIBNAME, luaopen_table, table_rows);
	lua_getfield(L, -1, LUA_TABLIBNAME);
	lua_pushcfunction(L, script_sort);
	lua_setfield(L, -2, "sort");
	lua_pop(L, 1);
	add_library(L, LUA_UTF8LIBNAME, luaopen_utf8, utf8_rows);
	add_report(L);
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}

#endif
