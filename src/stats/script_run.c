/*
 * script_run.c - one script's Lua machine: what it may take of memory and time, calls into it, and what is said when
 * one fails. Ordered stage, and the main thread before and after the run; every call is protected, so that no error of
 * a script is one of the program.
 */
#include "stats/script_internal.h"

#ifdef HAVE_LUA

/* ---- ceilings ---------------------------------------------------------------------------------------------- */

/* The line of the script that runs at the moment, 0 when none does. Reads only: of use where memory is out, too. */
static int current_line(lua_State *L)
{
	lua_Debug at;

	for (int level = 0; lua_getstack(L, level, &at) != 0; level++) {
		if (lua_getinfo(L, "l", &at) != 0 && at.currentline > 0) {
			return at.currentline;
		}
	}
	return 0;
}

static void spend(struct script *s, uint64_t steps)
{
	s->steps_left -= min_u64(s->steps_left, steps);
}

void script_charge(lua_State *L, uint64_t steps)
{
	struct script *s = script_of(L);

	spend(s, steps);
	if (s->steps_left == 0) {
		s->line = s->line != 0 ? s->line : current_line(L);
		lua_pushliteral(L, "no steps left");
		lua_error(L);
	}
}

static void on_steps(lua_State *L, lua_Debug *ar)
{
	UNUSED_ARG(ar);
	script_charge(L, SCRIPT_HOOK_STEPS);
}

/* For new memory old_size is what it is for. */
static bool is_refused(const struct script *s, const void *p, size_t old_size, size_t new_size)
{
	size_t old = p != NULL ? old_size : 0;

	if (p == NULL && old_size == LUA_TSTRING && new_size > LIMIT_SCRIPT_STRING_BYTES) {
		return true;
	}
	return new_size > old && new_size - old > LIMIT_SCRIPT_MEMORY - s->memory;
}

static void *allocate(void *arg, void *p, size_t old_size, size_t new_size)
{
	struct script *s = arg;
	size_t old = p != NULL ? old_size : 0;
	void *got;

	if (new_size == 0) {
		free(p);
		s->memory -= old;
		return NULL;
	}
	if (is_refused(s, p, old_size, new_size)) {
		s->refused = new_size;
		s->line = s->L != NULL ? current_line(s->L) : 0;
		return NULL;
	}
	got = realloc(p, new_size);
	if (got == NULL) {
		return new_size <= old ? p : NULL;
	}
	s->memory += new_size - old;
	spend(s, new_size / 64); /* filling it takes time that the machine does not count */
	return got;
}

/* ---- failures ---------------------------------------------------------------------------------------------- */

static void add_event(const struct script *s, struct buf *out)
{
	if (s->place.num != 0) {
		buf_printf(out, " (%s %llu of %s)", s->place.packet ? "packet" : "event",
			   (unsigned long long)s->place.num, s->place.source);
	} else if (s->finishing) {
		buf_adds(out, " (in on_finish)");
	}
}

static void add_line(const struct script *s, struct buf *out)
{
	buf_adds(out, s->name);
	if (s->line > 0) {
		buf_printf(out, ":%d", s->line);
	}
	buf_adds(out, ": ");
}

void script_fail(struct script *s, const char *what)
{
	struct buf text;

	if (s->failure[0] != '\0') {
		return;
	}
	buf_init(&text, sizeof(s->failure) - 1);
	if (strncmp(what, s->name, strlen(s->name)) != 0) {
		add_line(s, &text);
	}
	buf_add(&text, what, strnlen(what, 400));
	add_event(s, &text);
	(void)snprintf(s->failure, sizeof(s->failure), "%s", buf_str(&text));
	buf_release(&text);
	atomic_store_explicit(&s->over, true, memory_order_relaxed);
}

/* What went wrong in the call that has just ended with rc; the message is on top of the stack. */
static void fail_call(struct script *s, int rc)
{
	char what[160];
	const char *message = rc != LUA_ERRMEM && lua_type(s->L, -1) == LUA_TSTRING ? lua_tostring(s->L, -1) : NULL;

	if (s->steps_left == 0) {
		(void)snprintf(what, sizeof(what), "more than %llu steps %s: does a loop not end?",
			       (unsigned long long)s->steps_given,
			       s->place.num != 0 ? (s->place.packet ? "for one packet" : "for one event")
			       : s->finishing    ? "in on_finish"
						 : "before the first event");
		message = what;
	} else if (rc == LUA_ERRMEM && s->refused > LIMIT_SCRIPT_STRING_BYTES &&
		   s->memory + s->refused <= LIMIT_SCRIPT_MEMORY) {
		(void)snprintf(what, sizeof(what), "a text of more than %u KiB",
			       (unsigned int)(LIMIT_SCRIPT_STRING_BYTES >> 10));
		message = what;
	} else if (rc == LUA_ERRMEM) {
		(void)snprintf(what, sizeof(what), s->refused != 0 ? "more than %u MiB of memory" : "out of memory",
			       (unsigned int)(LIMIT_SCRIPT_MEMORY >> 20));
		message = what;
	}
	script_fail(s, message != NULL ? message : "failed");
}

/* Message handler: a message has its line in front. */
static int add_place(lua_State *L)
{
	struct script *s = script_of(L);
	const char *text = lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : NULL;
	int line = current_line(L);

	if (s->steps_left == 0 || (text != NULL && strncmp(text, s->name, strlen(s->name)) == 0)) {
		return 1;
	}
	text = text != NULL ? text : script_tostring(L, 1, NULL);
	if (line > 0) {
		lua_pushfstring(L, "%s:%d: %s", s->name, line, text);
	} else {
		lua_pushfstring(L, "%s: %s", s->name, text);
	}
	return 1;
}

/* Calls a C function with arg within the script's ceilings; false: it has failed. The handler is at the bottom of the
 * stack. */
static bool protected_call(struct script *s, lua_CFunction body, void *arg, uint64_t steps)
{
	int rc;

	s->steps_given = s->steps_left = steps;
	s->refused = 0;
	s->line = 0;
	lua_pushcfunction(s->L, body);
	lua_pushlightuserdata(s->L, arg);
	rc = lua_pcall(s->L, 1, 0, 1);
	if (rc != LUA_OK) {
		fail_call(s, rc);
		script_close(s);
		return false;
	}
	return true;
}

/* ---- the life of a script ---------------------------------------------------------------------------------- */

struct source_text {
	const char *text;
	size_t len;
};

/* A first line for the shell is none of Lua's; its end stays, so that lines are counted right. */
static struct source_text without_shebang(const char *text, size_t len)
{
	struct source_text t = { text, len };

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		t.text += 3;
		t.len -= 3;
	}
	if (t.len > 0 && t.text[0] == '#') {
		const char *end = memchr(t.text, '\n', t.len);

		t.len = end != NULL ? t.len - (size_t)(end - t.text) : 0;
		t.text = end != NULL ? end : "";
	}
	return t;
}

static int load_body(lua_State *L)
{
	const struct source_text *t = lua_touserdata(L, 1);
	struct script *s = script_of(L);

	script_open_sandbox(L);
	lua_pushfstring(L, "@%s", s->name);
	if (luaL_loadbufferx(L, t->text, t->len, lua_tostring(L, -1), "t") != LUA_OK) {
		return lua_error(L);
	}
	lua_call(L, 0, 1);
	if (!lua_istable(L, -1)) {
		return luaL_error(L, "the script must return a table, as in 'return { fields = {...}, on_event = "
				     "function ... end }'");
	}
	script_read_wish(L);
	return 0;
}

int script_load(struct script *s, const char *text, size_t len, struct err *e)
{
	struct source_text t = without_shebang(text, len);

	s->steps_left = UINT64_MAX;
	s->L = lua_newstate(allocate, s);
	if (s->L == NULL) {
		return err_nomem(e, "a script");
	}
	*(struct script **)lua_getextraspace(s->L) = s;
	lua_pushcfunction(s->L, add_place);
	lua_sethook(s->L, on_steps, LUA_MASKCOUNT, SCRIPT_HOOK_STEPS);
	if (!protected_call(s, load_body, &t, LIMIT_SCRIPT_END_STEPS)) {
		return err_set(e, ERR_USAGE, "%s", s->failure);
	}
	return 0;
}

struct call {
	const struct script_record *rec;
	const char *values;
};

/* function(v, number, time, source) */
static int event_body(lua_State *L)
{
	const struct call *c = lua_touserdata(L, 1);
	const struct script *s = script_of(L);
	const char *p = c->values;

	lua_rawgeti(L, LUA_REGISTRYINDEX, s->names);
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->rec->packet ? s->on_packet : s->on_event);
	lua_createtable(L, 0, (int)s->wish.field_count);
	for (unsigned int i = 1; i <= s->wish.field_count; i++) {
		lua_rawgeti(L, 2, i);
		p = script_push_value(L, p);
		lua_rawset(L, -3);
	}
	lua_pushinteger(L, (lua_Integer)c->rec->num);
	if (c->rec->has_time) {
		lua_pushinteger(L, (lua_Integer)c->rec->ts_ns);
	} else {
		lua_pushnil(L);
	}
	lua_pushstring(L, s->place.source);
	lua_call(L, 4, 0);
	return 0;
}

void script_call(struct script *s, const struct script_record *rec, const char *values)
{
	struct call c = { rec, values };

	if (s->L == NULL) {
		return;
	}
	s->events += !rec->packet;
	s->packets += rec->packet;
	s->place.packet = rec->packet;
	s->place.num = rec->num;
	protected_call(s, event_body, &c, LIMIT_SCRIPT_STEPS);
	s->place.num = 0;
}

static int finish_body(lua_State *L)
{
	const struct script *s = script_of(L);

	lua_rawgeti(L, LUA_REGISTRYINDEX, s->on_finish);
	lua_call(L, 0, 0);
	return 0;
}

void script_finish(struct script *s, const struct report *r)
{
	if (s->L == NULL || s->on_finish == LUA_NOREF) {
		return;
	}
	s->finishing = true;
	s->report = r;
	protected_call(s, finish_body, NULL, LIMIT_SCRIPT_END_STEPS);
	s->report = NULL;
	s->finishing = false;
}

void script_close(struct script *s)
{
	if (s->L != NULL) {
		lua_sethook(s->L, NULL, 0, 0);
		lua_close(s->L);
		s->L = NULL;
	}
}

#endif
