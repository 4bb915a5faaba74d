/*
 * script_string.c - string.find, match, gmatch, gsub over our own matcher, and string.format without addresses. They
 * behave as Lua's manual says (6.4). In a protected call of script_run.c.
 */
#include "stats/script_internal.h"
#include "stats/script_pattern.h"

#ifdef HAVE_LUA

/* Steps of the matcher for one of the Lua machine. */
#define MATCH_RATIO 4

static void begin_match(lua_State *L, struct pattern_match *m, int subject, int pattern)
{
	size_t len;

	memset(m, 0, offsetof(struct pattern_match, captures));
	m->subject = luaL_checklstring(L, subject, &len);
	m->subject_end = m->subject + len;
	m->pattern = luaL_checklstring(L, pattern, &len);
	m->pattern_end = m->pattern + len;
}

/* A match at from; raises what is wrong with the pattern. */
static bool match_at(lua_State *L, struct pattern_match *m, const char *from, const char **ret_end)
{
	uint64_t given = script_of(L)->steps_left * MATCH_RATIO;
	int rc;

	given = given / MATCH_RATIO == script_of(L)->steps_left ? given : UINT64_MAX;
	m->steps = given;
	rc = pattern_match(m, from, ret_end);
	if (rc == PATTERN_BAD) {
		luaL_error(L, "%s", m->error);
	}
	script_charge(L, rc == PATTERN_STEPS ? UINT64_MAX : 1 + (given - m->steps) / MATCH_RATIO);
	return rc == PATTERN_YES;
}

static void push_capture(lua_State *L, const struct pattern_match *m, unsigned int i, const char *from, const char *end)
{
	if (m->count == 0 && i == 0) {
		lua_pushlstring(L, from, (size_t)(end - from));
	} else if (i >= m->count) {
		luaL_error(L, "invalid capture index %%%d", (int)i + 1);
	} else if (m->captures[i].len == CAPTURE_PLACE) {
		lua_pushinteger(L, m->captures[i].from - m->subject + 1);
	} else {
		lua_pushlstring(L, m->captures[i].from, (size_t)m->captures[i].len);
	}
}

/* All captures; without any the match itself, if whole. */
static int push_captures(lua_State *L, const struct pattern_match *m, const char *from, const char *end, bool whole)
{
	unsigned int n = m->count == 0 && whole ? 1 : m->count;

	luaL_checkstack(L, (int)n, "too many captures");
	for (unsigned int i = 0; i < n; i++) {
		push_capture(L, m, i, from, end);
	}
	return (int)n;
}

/* The optional place to begin, from 0; beyond len: more than len. */
static size_t start_of(lua_State *L, int arg, size_t len)
{
	lua_Integer at = luaL_optinteger(L, arg, 1);

	if (at > 0) {
		return (size_t)at - 1;
	}
	if (at == 0 || at < -(lua_Integer)len) {
		return 0;
	}
	return len - (size_t)(-at);
}

/* ---- find and match ---------------------------------------------------------------------------------------- */

static int find_plain(lua_State *L, const struct pattern_match *m, const char *from)
{
	size_t len = (size_t)(m->pattern_end - m->pattern);
	const char *found = len == 0 ? from : memmem(from, (size_t)(m->subject_end - from), m->pattern, len);

	script_charge(L, (uint64_t)(m->subject_end - from) / 16);
	if (found == NULL) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushinteger(L, found - m->subject + 1);
	lua_pushinteger(L, found - m->subject + (lua_Integer)len);
	return 2;
}

static bool take_anchor(struct pattern_match *m)
{
	bool anchored = m->pattern < m->pattern_end && *m->pattern == '^';

	m->pattern += anchored;
	return anchored;
}

static int search(lua_State *L, bool find)
{
	struct pattern_match m;
	const char *from, *end;
	size_t start;
	bool anchored;

	begin_match(L, &m, 1, 2);
	start = start_of(L, 3, (size_t)(m.subject_end - m.subject));
	if (start > (size_t)(m.subject_end - m.subject)) {
		lua_pushnil(L);
		return 1;
	}
	from = m.subject + start;
	if (find && (lua_toboolean(L, 4) || pattern_is_plain(m.pattern, (size_t)(m.pattern_end - m.pattern)))) {
		return find_plain(L, &m, from);
	}
	anchored = take_anchor(&m);
	do {
		if (match_at(L, &m, from, &end)) {
			if (!find) {
				return push_captures(L, &m, from, end, true);
			}
			lua_pushinteger(L, from - m.subject + 1);
			lua_pushinteger(L, end - m.subject);
			return 2 + push_captures(L, &m, from, end, false);
		}
	} while (from++ < m.subject_end && !anchored);
	lua_pushnil(L);
	return 1;
}

static int string_find(lua_State *L)
{
	return search(L, true);
}

static int string_match(lua_State *L)
{
	return search(L, false);
}

/* ---- gmatch ------------------------------------------------------------------------------------------------ */

/* Upvalues: subject, pattern, where to go on, where the last match ended (-1: none), as offsets. */
static int gmatch_step(lua_State *L)
{
	struct pattern_match m;
	lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
	const char *from, *end;

	begin_match(L, &m, lua_upvalueindex(1), lua_upvalueindex(2));
	for (from = m.subject + lua_tointeger(L, lua_upvalueindex(3)); from <= m.subject_end; from++) {
		if (match_at(L, &m, from, &end) && end - m.subject != last) {
			lua_pushinteger(L, end - m.subject);
			lua_copy(L, -1, lua_upvalueindex(3));
			lua_replace(L, lua_upvalueindex(4));
			return push_captures(L, &m, from, end, true);
		}
	}
	lua_pushinteger(L, from - m.subject);
	lua_replace(L, lua_upvalueindex(3));
	lua_pushnil(L);
	return 1;
}

static int string_gmatch(lua_State *L)
{
	size_t len;
	size_t start;

	luaL_checklstring(L, 1, &len);
	luaL_checkstring(L, 2);
	start = start_of(L, 3, len);
	lua_settop(L, 2);
	lua_pushinteger(L, (lua_Integer)min_u64(start, len + 1));
	lua_pushinteger(L, -1);
	lua_pushcclosure(L, gmatch_step, 4);
	return 1;
}

/* ---- gsub -------------------------------------------------------------------------------------------------- */

/* The replacement as text, %0 to %9 filled in. */
static void add_template(lua_State *L, luaL_Buffer *b, const struct pattern_match *m, const char *from, const char *end)
{
	size_t len;
	const char *p = lua_tolstring(L, 3, &len);
	const char *stop = p + len;

	for (; p < stop; p++) {
		if (*p != '%') {
			luaL_addchar(b, *p);
			continue;
		}
		p++;
		if (p < stop && *p == '%') {
			luaL_addchar(b, '%');
		} else if (p < stop && *p == '0') {
			luaL_addlstring(b, from, (size_t)(end - from));
		} else if (p < stop && *p >= '1' && *p <= '9') {
			push_capture(L, m, (unsigned int)(*p - '1'), from, end);
			luaL_tolstring(L, -1, NULL);
			lua_remove(L, -2);
			luaL_addvalue(b);
		} else {
			luaL_error(L, "invalid use of '%%' in replacement string");
		}
	}
}

/* What stands in place of the match; true: it is another text. */
static bool add_replacement(lua_State *L, luaL_Buffer *b, const struct pattern_match *m, const char *from,
			    const char *end)
{
	switch (lua_type(L, 3)) {
	case LUA_TFUNCTION:
		lua_pushvalue(L, 3);
		lua_call(L, push_captures(L, m, from, end, true), 1);
		break;
	case LUA_TTABLE:
		push_capture(L, m, 0, from, end);
		lua_gettable(L, 3);
		break;
	default: add_template(L, b, m, from, end); return true;
	}
	if (!lua_toboolean(L, -1)) {
		lua_pop(L, 1);
		luaL_addlstring(b, from, (size_t)(end - from));
		return false;
	}
	if (!lua_isstring(L, -1)) {
		luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
	}
	luaL_addvalue(b);
	return true;
}

static int string_gsub(lua_State *L)
{
	struct pattern_match m;
	const char *from, *end, *last = NULL;
	lua_Integer max, n = 0;
	bool anchored, more = true;
	luaL_Buffer b;

	begin_match(L, &m, 1, 2);
	if (lua_type(L, 3) != LUA_TFUNCTION && lua_type(L, 3) != LUA_TTABLE) {
		luaL_checkstring(L, 3);
	}
	max = luaL_optinteger(L, 4, m.subject_end - m.subject + 1);
	lua_settop(L, 3);
	anchored = take_anchor(&m);
	luaL_buffinit(L, &b);
	for (from = m.subject; n < max && more; more = more && !anchored) {
		if (match_at(L, &m, from, &end) && end != last) {
			n++;
			add_replacement(L, &b, &m, from, end);
			from = last = end;
		} else if (from < m.subject_end) {
			luaL_addchar(&b, *from++);
		} else {
			more = false;
		}
	}
	luaL_addlstring(&b, from, (size_t)(m.subject_end - from));
	luaL_pushresult(&b);
	lua_pushinteger(L, n);
	return 2;
}

/* ---- format ------------------------------------------------------------------------------------------------ */

/* %p, with flags and widths between. */
static bool asks_address(const char *f, size_t len)
{
	for (const char *end = f + len; f < end; f++) {
		if (*f != '%') {
			continue;
		}
		f++;
		while (f < end && strchr("-+ #0123456789.", *f) != NULL && *f != '\0') {
			f++;
		}
		if (f < end && *f == 'p') {
			return true;
		}
	}
	return false;
}

/* Upvalue: Lua's function. Tables and the like come to it as text, for its own text of them is an address. */
static int string_format(lua_State *L)
{
	lua_CFunction f = lua_tocfunction(L, lua_upvalueindex(1));
	size_t len;
	const char *format = luaL_checklstring(L, 1, &len);
	int n = lua_gettop(L);

	if (asks_address(format, len)) {
		return luaL_error(L, "'%%p' shows where things lie in memory: not here");
	}
	for (int i = 2; i <= n; i++) {
		if (lua_type(L, i) > LUA_TSTRING || lua_type(L, i) == LUA_TLIGHTUSERDATA) {
			script_tostring(L, i, NULL);
			lua_replace(L, i);
		}
	}
	return f(L);
}

void script_add_strings(lua_State *L)
{
	static const luaL_Reg ours[] = {
		{ "find", string_find }, { "match", string_match }, { "gmatch", string_gmatch }, { "gsub", string_gsub }, { NULL, NULL },
	};

	luaL_setfuncs(L, ours, 0);
	luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 0);
	lua_getfield(L, -1, "format");
	lua_pushcclosure(L, string_format, 1);
	lua_setfield(L, -3, "format");
	lua_pop(L, 1);
}

#endif
