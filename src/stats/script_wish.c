/*
 * script_wish.c - the table that a script returns: which events and packets it wants to see, with which fields, and its
 * functions. Main thread, before the run; in a protected call of script_run.c, so errors are raised.
 */
#include "stats/script_internal.h"

#ifdef HAVE_LUA

static const char *const keys[] = { "filter", "fields", "on_event", "on_packet", "on_finish" };

/* A key that is not known is a slip of the pen, and what it says would never be looked at. */
void script_check_keys(lua_State *L, int at, const char *const *known, size_t count, const char *meant)
{
	for (lua_pushnil(L); lua_next(L, at) != 0; lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : script_tostring(L, -2, NULL);
		bool is_known = false;

		for (size_t i = 0; i < count; i++) {
			is_known = is_known || strcmp(key, known[i]) == 0;
		}
		if (!is_known) {
			luaL_error(L, "'%s' means nothing: %s", key, meant);
		}
	}
}

/* What is at the named key, if it is of that type, on top; false: nothing is there, nothing on top. */
static bool get_key(lua_State *L, int at, const char *key, int type)
{
	int got = lua_getfield(L, at, key);

	if (got == LUA_TNIL) {
		lua_pop(L, 1);
		return false;
	}
	if (got != type) {
		luaL_error(L, "'%s' must be a %s, not a %s", key, lua_typename(L, type), lua_typename(L, got));
	}
	return true;
}

static int read_function(lua_State *L, int at, const char *key)
{
	return get_key(L, at, key, LUA_TFUNCTION) ? luaL_ref(L, LUA_REGISTRYINDEX) : LUA_NOREF;
}

static void add_field(lua_State *L, struct script_wish *w, const char *text)
{
	struct field_use *u = &w->fields[w->field_count];
	struct err e;
	size_t len;

	err_init(&e);
	if (field_use_parse(text, u, &len, &e) != 0) {
		luaL_error(L, "fields: %s", e.message);
	}
	w->field_count++;
	if (text[len] != '\0') {
		luaL_error(L, "fields: '%s' is more than a field", text);
	}
	if (u->field->flags & FIELD_FILTER_ONLY) {
		luaL_error(L, "fields: '%s' stands for either of two values: it can only be compared", text);
	}
	if (u->field->flags & FIELD_DELTA) {
		luaL_error(L, "fields: '%s' tells of the line before: there are no lines here", text);
	}
}

/* The names stay, as keys of the tables that functions get. */
static void read_fields(lua_State *L, int at, struct script *s)
{
	lua_Integer n;

	if (!get_key(L, at, "fields", LUA_TTABLE)) {
		lua_newtable(L);
	}
	n = luaL_len(L, -1);
	if (n > LIMIT_SCRIPT_FIELDS) {
		luaL_error(L, "more than %d fields", LIMIT_SCRIPT_FIELDS);
	}
	s->wish.fields = calloc((size_t)n + 1, sizeof(*s->wish.fields));
	if (s->wish.fields == NULL) {
		luaL_error(L, "out of memory");
	}
	lua_createtable(L, (int)n, 0);
	for (lua_Integer i = 1; i <= n; i++) {
		if (lua_geti(L, -2, i) != LUA_TSTRING) {
			luaL_error(L, "fields must be a list of names, as in { \"proc.name\", \"evt.type\" }");
		}
		add_field(L, &s->wish, lua_tostring(L, -1));
		lua_rawseti(L, -2, i);
	}
	s->names = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_pop(L, 1);
}

static void read_filter(lua_State *L, int at, struct script_wish *w)
{
	struct err e;
	int rc;

	if (!get_key(L, at, "filter", LUA_TSTRING)) {
		return;
	}
	err_init(&e);
	rc = filter_new(lua_tostring(L, -1), NULL, &w->filter, &e);
	if (rc != 0) {
		luaL_error(L, "filter, %s", e.message);
	}
	lua_pop(L, 1);
	if (w->events && (filter_kinds(w->filter) & FILTER_OF_EVENTS) == 0) {
		luaL_error(L, "on_event would see nothing: the filter names no field of events");
	}
	if (w->packets && (filter_kinds(w->filter) & FILTER_OF_PACKETS) == 0) {
		luaL_error(L, "on_packet would see nothing: the filter names no field of packets");
	}
}

void script_read_wish(lua_State *L)
{
	struct script *s = script_of(L);
	int at = lua_gettop(L);

	script_check_keys(L, at, keys, ARRAY_LEN(keys),
			  "a script returns filter, fields, on_event, on_packet, on_finish");
	s->on_event = read_function(L, at, "on_event");
	s->on_packet = read_function(L, at, "on_packet");
	s->on_finish = read_function(L, at, "on_finish");
	s->wish.events = s->on_event != LUA_NOREF;
	s->wish.packets = s->on_packet != LUA_NOREF;
	if (!s->wish.events && !s->wish.packets) {
		luaL_error(L, "the script has neither on_event nor on_packet: it would see nothing");
	}
	read_fields(L, at, s);
	read_filter(L, at, &s->wish);
}

void script_wish_release(struct script_wish *w)
{
	for (unsigned int i = 0; i < w->field_count; i++) {
		field_use_release(&w->fields[i]);
	}
	free(w->fields);
	filter_free(w->filter);
	memset(w, 0, sizeof(*w));
}

#endif
