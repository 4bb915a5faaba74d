/*
 * script_order.c - pairs, next and table.sort for scripts, in orders that are the same in every run. Lua's own walk
 * tables by hashes that are seeded anew in each process, and its sort is not stable.
 *
 * Keys: false, true, then numbers, then texts by their bytes. Tables and functions as keys have no order: pairs refuses
 * them. In a protected call of script_run.c.
 */
#include "stats/script_internal.h"

#ifdef HAVE_LUA

enum rank { RANK_BOOL, RANK_NUMBER, RANK_TEXT };

/* A key with its place in the list of keys. Texts lie in Lua's memory, held by the table that is walked. */
struct key {
	uint8_t rank;
	bool is_integer;
	lua_Integer at;
	union {
		lua_Integer i;
		lua_Number f;
		struct {
			const char *p;
			size_t len;
		} text;
	} v;
};

static struct key key_at(lua_State *L, int index)
{
	struct key k = { .rank = RANK_BOOL };

	switch (lua_type(L, index)) {
	case LUA_TBOOLEAN:
		k.is_integer = true;
		k.v.i = lua_toboolean(L, index);
		break;
	case LUA_TNUMBER:
		k.rank = RANK_NUMBER;
		k.is_integer = lua_isinteger(L, index);
		if (k.is_integer) {
			k.v.i = lua_tointeger(L, index);
		} else {
			k.v.f = lua_tonumber(L, index);
		}
		break;
	case LUA_TSTRING:
		k.rank = RANK_TEXT;
		k.v.text.p = lua_tolstring(L, index, &k.v.text.len);
		break;
	default: luaL_error(L, "a %s as a key has no order: use numbers or texts", luaL_typename(L, index));
	}
	return k;
}

static int compare_texts(const struct key *a, const struct key *b)
{
	size_t m = a->v.text.len, n = b->v.text.len;
	int order = memcmp(a->v.text.p, b->v.text.p, min_u64(m, n));

	return order != 0 ? order : (m > n) - (m < n);
}

/* Integer with float: floats that are integers are none as keys, so the two are never equal. */
static int compare_mixed(lua_Integer i, lua_Number f)
{
	if (f >= 9223372036854775808.0) {
		return -1;
	}
	if (f < -9223372036854775808.0) {
		return 1;
	}
	return i <= (lua_Integer)f && !((lua_Integer)f == i && f < (lua_Number)i) ? -1 : 1;
}

static int compare_numbers(const struct key *a, const struct key *b)
{
	if (a->is_integer && b->is_integer) {
		return (a->v.i > b->v.i) - (a->v.i < b->v.i);
	}
	if (a->is_integer) {
		return compare_mixed(a->v.i, b->v.f);
	}
	if (b->is_integer) {
		return -compare_mixed(b->v.i, a->v.f);
	}
	return (a->v.f > b->v.f) - (a->v.f < b->v.f);
}

static int compare_keys(const void *pa, const void *pb)
{
	const struct key *a = pa;
	const struct key *b = pb;

	if (a->rank != b->rank) {
		return a->rank < b->rank ? -1 : 1;
	}
	switch (a->rank) {
	case RANK_TEXT: return compare_texts(a, b);
	case RANK_NUMBER: return compare_numbers(a, b);
	default: return (a->v.i > b->v.i) - (a->v.i < b->v.i);
	}
}

/* What sorting n things takes. */
static uint64_t sort_steps(uint64_t n)
{
	uint64_t log2 = n > 1 ? 64 - (uint64_t)__builtin_clzll(n - 1) : 1;

	return n + n * log2 / 4;
}

/* ---- pairs ------------------------------------------------------------------------------------------------- */

/* Of the table at index 1: pushes a list of its keys, and struct key of each in memory of Lua's. */
static struct key *list_keys(lua_State *L, lua_Integer *ret_n)
{
	lua_Integer n = 0, i = 0;
	struct key *keys;

	for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1)) {
		n++;
	}
	script_charge(L, sort_steps((uint64_t)n));
	keys = lua_newuserdatauv(L, ((size_t)n + 1) * sizeof(*keys), 0);
	lua_createtable(L, (int)n, 0);
	for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1)) {
		keys[i] = key_at(L, -2);
		keys[i].at = i + 1;
		lua_pushvalue(L, -2);
		lua_rawseti(L, -4, ++i);
	}
	*ret_n = n;
	return keys;
}

/* Upvalues: the keys in order, how far it is. Keys that are gone meanwhile are passed over. */
static int pairs_step(lua_State *L)
{
	lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));

	luaL_checktype(L, 1, LUA_TTABLE);
	for (;;) {
		lua_pushinteger(L, ++i);
		lua_replace(L, lua_upvalueindex(2));
		if (lua_rawgeti(L, lua_upvalueindex(1), i) == LUA_TNIL) {
			return 1;
		}
		lua_pushvalue(L, -1);
		if (lua_rawget(L, 1) != LUA_TNIL) {
			return 2;
		}
		lua_pop(L, 2);
		script_charge(L, 1);
	}
}

/* Returns step, table, nil. */
int script_pairs(lua_State *L)
{
	struct key *keys;
	lua_Integer n;

	luaL_checkany(L, 1);
	if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
		lua_pushvalue(L, 1);
		lua_call(L, 1, 3);
		return 3;
	}
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	keys = list_keys(L, &n); /* 2: memory of keys, 3: list of them */
	qsort(keys, (size_t)n, sizeof(*keys), compare_keys);
	lua_createtable(L, (int)n, 0);
	for (lua_Integer i = 0; i < n; i++) {
		lua_rawgeti(L, 3, keys[i].at);
		lua_rawseti(L, 4, i + 1);
	}
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, pairs_step, 2);
	lua_pushvalue(L, 1);
	lua_pushnil(L);
	return 3;
}

/* The key that comes behind another one (the first one behind nil): every key is looked at. */
int script_next(lua_State *L)
{
	bool any = false, from_start = lua_isnoneornil(L, 2);
	struct key after = { .rank = RANK_BOOL }, best = { .rank = RANK_BOOL };
	uint64_t n = 0;

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 2);
	if (!from_start) {
		after = key_at(L, 2);
	}
	lua_pushnil(L); /* 3: the best so far */
	for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1)) {
		struct key k = key_at(L, -2);

		n++;
		if ((from_start || compare_keys(&k, &after) > 0) && (!any || compare_keys(&k, &best) < 0)) {
			any = true;
			best = k;
			lua_pushvalue(L, -2);
			lua_replace(L, 3);
		}
	}
	script_charge(L, n / 4);
	if (!any) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushvalue(L, 3);
	lua_pushvalue(L, 3);
	lua_rawget(L, 1);
	return 2;
}

/* ---- sort -------------------------------------------------------------------------------------------------- */

/* Is what lies at index b to stand before what lies at a? The function at 2, or <. */
static bool is_before(lua_State *L, int b, int a)
{
	bool before;

	if (lua_isnil(L, 2)) {
		script_charge(L, 1);
		return lua_compare(L, b, a, LUA_OPLT) != 0;
	}
	lua_pushvalue(L, 2);
	lua_pushvalue(L, b);
	lua_pushvalue(L, a);
	lua_call(L, 2, 1);
	before = lua_toboolean(L, -1) != 0;
	lua_pop(L, 1);
	return before;
}

/* Two sorted runs [low, mid) and [mid, high) of the list at from, as one in the list at to. */
static void merge_runs(lua_State *L, int from, int to, lua_Integer low, lua_Integer mid, lua_Integer high)
{
	lua_Integer a = low, b = mid;

	for (lua_Integer out = low; out < high; out++) {
		bool second;

		lua_rawgeti(L, from, a); /* behind the run it is not looked at */
		lua_rawgeti(L, from, b);
		second = a == mid || (b < high && is_before(L, lua_gettop(L), lua_gettop(L) - 1));
		if (!second) {
			lua_pop(L, 1);
			a++;
		} else {
			b++;
		}
		lua_rawseti(L, to, out);
		lua_settop(L, 4);
	}
}

/* table.sort(list [, before]): stable, whatever the function answers. */
int script_sort(lua_State *L)
{
	lua_Integer n;
	int from = 3, to = 4;

	luaL_checktype(L, 1, LUA_TTABLE);
	if (!lua_isnoneornil(L, 2)) {
		luaL_checktype(L, 2, LUA_TFUNCTION);
	}
	lua_settop(L, 2);
	n = (lua_Integer)lua_rawlen(L, 1);
	script_charge(L, sort_steps((uint64_t)n));
	lua_createtable(L, (int)n, 0);
	lua_createtable(L, (int)n, 0);
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, 1, i);
		lua_rawseti(L, from, i);
	}
	for (lua_Integer width = 1; width < n; width *= 2) {
		for (lua_Integer low = 1; low <= n; low += 2 * width) {
			lua_Integer mid = low + width < n + 1 ? low + width : n + 1;
			lua_Integer high = low + 2 * width < n + 1 ? low + 2 * width : n + 1;

			merge_runs(L, from, to, low, mid, high);
		}
		from = 7 - from;
		to = 7 - to;
	}
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, from, i);
		lua_rawseti(L, 1, i);
	}
	return 0;
}

#endif
