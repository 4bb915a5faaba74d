/*
 * script_values.c - values of fields as Lua has them. Ordered stage, in a protected call.
 */
#include "stats/script_internal.h"

#ifdef HAVE_LUA

static const char *take(const char *p, void *ret_x, size_t n)
{
	memcpy(ret_x, p, n);
	return p + n;
}

static const char *push_list(lua_State *L, const char *p)
{
	uint32_t n;

	p = take(p, &n, sizeof(n));
	lua_createtable(L, (int)n, 0);
	for (uint32_t i = 1; i <= n; i++) {
		p = script_push_value(L, p);
		lua_rawseti(L, -2, i);
	}
	return p;
}

/* Lua's integers have a sign: what is larger becomes a float. */
static void push_unsigned(lua_State *L, uint64_t x)
{
	if (x <= (uint64_t)LUA_MAXINTEGER) {
		lua_pushinteger(L, (lua_Integer)x);
	} else {
		lua_pushnumber(L, (lua_Number)x);
	}
}

const char *script_push_value(lua_State *L, const char *p)
{
	uint8_t kind = (uint8_t)*p++;
	uint64_t x;
	double f;
	uint32_t len;

	switch (kind) {
	case VALUE_UINT:
		p = take(p, &x, sizeof(x));
		push_unsigned(L, x);
		return p;
	case VALUE_INT:
		p = take(p, &x, sizeof(x));
		lua_pushinteger(L, (lua_Integer)x);
		return p;
	case VALUE_DOUBLE:
		p = take(p, &f, sizeof(f));
		lua_pushnumber(L, f);
		return p;
	case VALUE_BOOL:
		lua_pushboolean(L, *p);
		return p + 1;
	case VALUE_TEXT:
		p = take(p, &len, sizeof(len));
		lua_pushlstring(L, p, len);
		return p + len;
	case VALUE_LIST: return push_list(L, p);
	default: lua_pushnil(L); return p;
	}
}

#endif
