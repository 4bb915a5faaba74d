/*
 * script_internal.h - the parts of the Lua scripts as they see each other.
 *
 * The way of an event: script_collect.c (worker) writes a record, script_run.c (ordered) reads it, script_values.c
 * makes Lua values of it, the script's function is called within what script_sandbox.c lets it do; script_table.c takes
 * the tables at the end.
 */
#ifndef STATS_SCRIPT_INTERNAL_H
#define STATS_SCRIPT_INTERNAL_H

#include "stats/script.h"

#ifdef HAVE_LUA

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/limits.h"
#include "filter/filter.h"

/* The Lua machine tells every so many steps that it took them. */
#define SCRIPT_HOOK_STEPS 1000

/* Frozen once the script is added: what it wants to see. */
struct script_wish {
	bool events, packets;
	struct filter *filter;		/* owns; NULL: everything */
	struct field_use *fields;	/* owns, as their names */
	unsigned int field_count;
};

/* Where a script is, for messages. */
struct script_place {
	bool packet;
	uint64_t num;			/* 0: at no event */
	const char *source;		/* borrowed during the call */
};

struct script_table {
	struct table_def def;
	struct column *columns;		/* owns */
	struct arena arena;		/* texts of the definition */
	struct table *table;		/* owns until it is in the report */
	size_t text_bytes;
};

struct script {
	char *path;			/* owns; as the user named it */
	const char *name;		/* within path */
	char sha256[65];
	struct script_wish wish;

	/* Ordered stage, then main. */
	lua_State *L;			/* owns; NULL once it has failed */
	atomic_bool over;		/* it has failed: workers need not write records. Relaxed: no data goes with it */
	size_t memory;			/* bytes that Lua has */
	size_t refused;			/* bytes of the allocation that was refused, 0: none */
	uint64_t steps_left;
	uint64_t steps_given;		/* for the call at hand */
	int line;			/* where memory was refused, or steps ran out; 0 unknown */
	struct script_place place;
	int names, on_event, on_packet, on_finish;	/* in Lua's registry; LUA_NOREF: not there */
	bool finishing;			/* report.table may be called */
	uint64_t events, packets;	/* seen */
	char failure[700];		/* "" none */
	struct buf printed;
	struct script_table *tables[LIMIT_SCRIPT_TABLES];	/* own */
	unsigned int table_count;
	const struct report *report;	/* borrowed while it finishes: names that are taken */
};

/* What one worker needs for one batch; taken from and put back to a list. */
struct script_worker {
	struct script_worker *next;
	struct field_ctx ctx;
	struct buf text;
	struct filter_state *states[LIMIT_SCRIPTS];	/* own; NULL before they are needed */
};

struct script_set {
	struct script *scripts[LIMIT_SCRIPTS];	/* own */
	unsigned int count;
	struct field_settings settings;	/* frozen before the run */
	pthread_mutex_t lock;
	struct script_worker *idle;	/* owns; guarded by lock */
};

/* ---- records: script_collect.c writes, script_values.c reads ---- */

/* In front of the values of one event or packet; then one value per field. Never leaves memory, so laid out as the
 * machine likes. */
struct script_record {
	uint32_t len;			/* of all of it */
	uint8_t script;
	bool packet;
	bool has_time;
	uint64_t num;
	uint64_t ts_ns;
};

/* One byte in front of a value: enum value_kind, or this. A number follows as eight bytes; TEXT, BYTES and IP have a
 * length (4 bytes) and bytes; LIST has a count (4 bytes) and values that are no lists. */
#define SCRIPT_NO_VALUE 0xff

/* ---- script_run.c ---- */

static inline struct script *script_of(lua_State *L)
{
	return *(struct script **)lua_getextraspace(L);
}

/* Takes steps for work that the Lua machine does not count; raises an error when none are left. */
void script_charge(lua_State *L, uint64_t steps);

/* The set's script: its text is run, its wishes read. */
int script_load(struct script *s, const char *text, size_t len, struct err *e);
void script_call(struct script *s, const struct script_record *rec, const char *values);
void script_finish(struct script *s, const struct report *r);
/* Gives the Lua state back. */
void script_close(struct script *s);
/* As a script has seen the end of it; the first failure stays. */
void script_fail(struct script *s, const char *what);

/* ---- the others ---- */

/* script_wish.c: on top of L is the table that the script returned. Raises errors. */
void script_read_wish(lua_State *L);
void script_wish_release(struct script_wish *w);
/* Raises an error about the first key of the table at index at that is not one of these; meant: what they are, for the
 * message. */
void script_check_keys(lua_State *L, int at, const char *const *known, size_t count, const char *meant);

/* script_sandbox.c: the globals of a script, in a state that has none. Raises errors. */
void script_open_sandbox(lua_State *L);
/* As tostring, without addresses; pushes. */
const char *script_tostring(lua_State *L, int index, size_t *ret_len);

/* script_order.c: pairs, next, table.sort in an order of their own. */
int script_pairs(lua_State *L);
int script_next(lua_State *L);
int script_sort(lua_State *L);

/* script_string.c: puts its functions into the table on top. */
void script_add_strings(lua_State *L);

/* script_values.c: pushes one value; returns what is behind it. */
const char *script_push_value(lua_State *L, const char *p);

/* script_table.c: report.table, and what becomes of the tables. */
int script_add_table(lua_State *L);
void script_table_free(struct script_table *t);

#endif /* HAVE_LUA */

#endif
