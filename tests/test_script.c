/*
 * test_script.c - Lua scripts alone: what the sandbox lacks and refuses, orders that are the same in every run,
 * ceilings on steps and memory, what a script may return.
 */
#include "mkscript.h"

#ifdef HAVE_LUA

#include "stats/script_internal.h"

#define SEES " return { on_event = function() end }"

/* ---- the sandbox ---------------------------------------------------------------------------------------------- */

static void test_script_lacks_what_is_dangerous(void)
{
	static const char *const lacking[] = {
		"io",     "os",       "package",     "debug",           "coroutine",      "require",
		"dofile", "loadfile", "load",        "loadstring",      "collectgarbage", "pcall",
		"xpcall", "warn",     "string.dump", "math.randomseed", "string.gfind",
	};

	for (size_t i = 0; i < ARRAY_LEN(lacking); i++) {
		check_value(lacking[i], "nil");
	}
	check_value("('x').dump", "nil");
	check_value("getmetatable('').__index.dump", "nil");
	check_value("getmetatable('').__index == string", "true");
	check_value("_G.io", "nil");
}

/* A new version of Lua must not bring in new ways out. */
static void test_script_globals_are_a_list(void)
{
	static const struct {
		const char *table, *names;
	} all[] = {
		{ "_G", "_G _VERSION assert error getmetatable ipairs math next pairs print rawequal rawget rawlen rawset report select "
			"setmetatable string table tonumber tostring type utf8" },
		{ "math", "abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min mininteger modf pi rad random sin sqrt "
			  "tan tointeger type ult" },
		{ "string", "byte char find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper" },
		{ "table", "concat insert move pack remove sort unpack" },
		{ "utf8", "char charpattern codepoint codes len offset" },
		{ "report", "table" },
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		char text[256];

		(void)snprintf(text, sizeof(text),
			       "(function() local names = {} for k in pairs(%s) do names[#names + 1] = k end return "
			       "table.concat(names, ' ') end)()",
			       all[i].table);
		check_value(text, all[i].names);
	}
}

static void test_script_is_text(void)
{
	static const char bytecode[] = "\x1bLuaS\0\x19\x93\r\n\x1a\n";

	CU_ASSERT_STRING_EQUAL(load_message(bytecode, sizeof(bytecode) - 1),
			       "t.lua: attempt to load a binary chunk (mode is 't')");
	CU_ASSERT_STRING_EQUAL(message_of("#!/usr/bin/thresher\nreturn { on_event = function() end }"), "");
	CU_ASSERT_STRING_EQUAL(message_of("\xef\xbb\xbfreturn { on_event = function() end }"), "");
	check_message("#!x\nx x", "t.lua:2: syntax error near 'x'");
}

static void test_script_shows_no_address(void)
{
	check_value("{}", "table");
	check_value("print", "function");
	check_value("string.format('%s %s', {}, print)", "table function");
	check_value("string.format('%5.1s|', {})", "    t|");
	check_value("setmetatable({}, { __tostring = function() return 'mine' end })", "mine");
	check_value("string.format('%s', setmetatable({}, { __tostring = function() return 'mine' end }))", "mine");
	check_value("setmetatable({}, { __name = 'mine' })", "table");
	check_message("string.format('%p', {})", "t.lua:1: '%p' shows where things lie in memory: not here");
	check_message("string.format('%d %-20p', 1, {})", "t.lua:1: '%p' shows where things lie in memory: not here");
	check_message("error({})", "t.lua:1: table");
	check_message("error(print)", "t.lua:1: function");
	check_message("error(setmetatable({}, { __tostring = function() error('inner') end }))", "t.lua:1: inner");
}

static void test_script_has_no_finalizers(void)
{
	check_message("setmetatable({}, { __gc = function() while true do end end })",
		      "t.lua:1: a metatable may not have '__gc' here");
	check_message("setmetatable({}, { __gc = false })", "t.lua:1: a metatable may not have '__gc' here");
	check_message("setmetatable({}, { __mode = 'k' })", "t.lua:1: a metatable may not have '__mode' here");
	check_value("getmetatable(setmetatable({}, { __metatable = 'x' }))", "x");
	check_message("local m = {} setmetatable({}, m) m.__gc = function() while true do end end" SEES, "");
}

/* ---- the same in every run ------------------------------------------------------------------------------------ */

static void test_script_random_is_the_same(void)
{
	char first[64];

	(void)snprintf(first, sizeof(first), "%s",
		       value_of("math.random(1000000) .. ' ' .. math.random(1000000) .. ' ' .. math.random()"));
	CU_ASSERT(strlen(first) > 10);
	check_value("math.random(1000000) .. ' ' .. math.random(1000000) .. ' ' .. math.random()", first);
}

static void test_script_pairs_has_an_order(void)
{
	static const char walk[] = "(function(t) local s = '' for k, v in pairs(t) do s = s .. tostring(k) .. '=' .. v "
				   ".. ' ' end return s end)";
	char text[1024];

	(void)snprintf(text, sizeof(text), "%s({ b = 1, a = 2, [10] = 3, [9] = 4, [-1.5] = 5, [true] = 6, [false] = 7, aa = 8, ['A'] = 9 })", walk);
	check_value(text, "false=7 true=6 -1.5=5 9=4 10=3 A=9 a=2 aa=8 b=1 ");
	(void)snprintf(text, sizeof(text), "%s({ [1e300] = 1, [math.maxinteger] = 2, [math.mininteger] = 3, [-1e300] = 4, [2.5] = 5, [2] = 6, [3] = 7, "
		       "[-2.5] = 8, [-2] = 9, [-3] = 10 })", walk);
	check_value(text,
		    "-1e+300=4 -9223372036854775808=3 -3=10 -2.5=8 -2=9 2=6 2.5=5 3=7 9223372036854775807=2 1e+300=1 ");
	check_value("(function() local t, n = { a = 1, b = 2, c = 3 }, 0 for k in pairs(t) do n = n + 1 t[k] = nil t.c "
		    "= nil end return n end)()",
		    "2");
	check_value("(function() for k, v in pairs(setmetatable({}, { __pairs = function(t) return function(_, k) if "
		    "not k then return 1, 2 end "
		    "end, t end })) do return k + v end end)()",
		    "3");
	check_message("for k in pairs({ [{}] = 1 }) do end",
		      "t.lua:1: a table as a key has no order: use numbers or texts");
}

static void test_script_next_has_the_order_of_pairs(void)
{
	check_value("next({})", "nil");
	check_value("next({ b = 1, a = 2 })", "a");
	check_value("next({ b = 1, a = 2 }, 'a')", "b");
	check_value("next({ b = 1, a = 2 }, 'b')", "nil");
	check_value("next({ b = 1, [3] = 2 }, 3)", "b");
	check_value("select(2, next({ 7, 8 }, 1))", "8");
}

/* The first of equals stays the first. */
static void test_script_sort_is_stable(void)
{
	static const char sorted[] = "(function(n, m) local t = {} for i = 1, n do t[i] = { (i * 7919) %% m, i } end "
				     "table.sort(t, function(a, b) return a[1] < b[1] end) "
				     "for i = 2, n do local a, b = t[i - 1], t[i] if a[1] > b[1] or (a[1] == b[1] and "
				     "a[2] > b[2]) then return 'wrong at ' .. i end end "
				     "return #t end)(%d, %d)";
	static const int sizes[] = { 0, 1, 2, 3, 7, 8, 100, 1000, 1025 };
	char text[1024], n[16];

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		(void)snprintf(text, sizeof(text), sorted, sizes[i], sizes[i] / 3 + 1);
		(void)snprintf(n, sizeof(n), "%d", sizes[i]);
		check_value(text, n);
	}
	check_value("(function() local t = { 3, 1, 2 } table.sort(t) return table.concat(t, ' ') end)()", "1 2 3");
	check_value("(function() local t = { 'b', 'a\\0c', 'a\\0b' } table.sort(t) return t[1] == 'a\\0b' end)()",
		    "true");
	check_value("(function() local t = {} for i = 1, 200 do t[i] = i end table.sort(t, function() return true end) "
		    "return #t end)()",
		    "200");
	check_message("table.sort({ 1, 'x' })", "t.lua:1: attempt to compare string with number");
}

/* ---- ceilings ---------------------------------------------------------------------------------------------------- */

/* What is said of a script whose function for events does this: at event 9. */
static void check_failure(const char *body, const char *expected)
{
	struct script_record rec = { .len = sizeof(rec), .num = 9 };
	struct script_set *set = NULL;
	const char *why;
	char text[1024];
	struct err e;

	err_init(&e);
	(void)snprintf(text, sizeof(text), "return { on_event = function() %s end }", body);
	CU_ASSERT_EQUAL_FATAL(script_set_new(&set, &e), 0);
	CU_ASSERT_EQUAL_FATAL(script_set_add(set, "t.lua", text, strlen(text), &e), 0);
	script_set_feed(set, "a.scap", (const char *)&rec, sizeof(rec));
	why = script_failure(set, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(why);
	if (strcmp(why, expected) != 0) {
		printf("\n  %s\n    expected %s\n    got      %s\n", body, expected, why);
	}
	CU_ASSERT_STRING_EQUAL(why, expected);
	script_set_free(set);
}

static void test_script_steps_are_bounded(void)
{
	static const char *const endless[] = {
		"while true do end",
		"local s = ('a'):rep(60) s:match(('a*'):rep(30) .. 'b')",
		"local s = ('a'):rep(60) s:gsub(('a-'):rep(30) .. 'b', '')",
		"('ab'):rep(10000):find(('.-'):rep(20) .. 'x')",
		"string.rep('', 1e17)",
		"table.insert(setmetatable({}, { __len = function() return 1 << 60 end }), 1, 2)",
		"table.remove(setmetatable({}, { __len = function() return 1 << 60 end }), 1)",
		"table.move({}, 1, 1 << 60, 1, {})",
		"table.concat(setmetatable({}, { __index = function() return 'x' end, __len = function() return 1 << "
		"60 end }))",
		"local function f() return f() end f()",
		"('x'):rep(1 << 62)",
		"for i = 1, 1 << 60 do local x = ('x'):rep(500000) end",
		"local t = {} for i = 1, 100000 do t[i] = -i end for i = 1, 1000 do table.sort(t) end",
		"local t = {} for i = 1, 100000 do t[i] = i end for i = 1, 100000 do next(t) end",
		"goto a ::a:: goto a",
	};

	for (size_t i = 0; i < ARRAY_LEN(endless); i++) {
		check_failure(
			endless[i],
			"t.lua:1: more than 1000000 steps for one event: does a loop not end? (event 9 of a.scap)");
	}
}

static void test_script_memory_is_bounded(void)
{
	check_message("local t = {} while true do t[#t + 1] = ('x'):rep(100000) .. #t end",
		      "t.lua:1: more than 256 MiB of memory");
	check_message("local t = {} for i = 1, 1e9 do t[i] = i end", "t.lua:1: more than 256 MiB of memory");
	check_message("local s = 'x' while true do s = s .. s end", "t.lua:1: a text of more than 1024 KiB");
	check_message("local s = ('x'):rep(1 << 21)", "t.lua:1: a text of more than 1024 KiB");
	check_message("local function f(x) return 1 + f(x) end f(1)", "t.lua:1: stack overflow");
}

/* ---- what a script returns
 * ----------------------------------------------------------------------------------------- */

static void test_script_wishes_are_checked(void)
{
	check_message("return { on_event = function() end }", "");
	check_message("return { on_packet = function() end, on_finish = function() end, filter = 'tcp', fields = { "
		      "'ip.src' } }",
		      "");
	check_message("return 1", "t.lua: the script must return a table, as in 'return { fields = {...}, on_event = "
				  "function ... end }'");
	check_message("return {}", "t.lua: the script has neither on_event nor on_packet: it would see nothing");
	check_message(
		"return { on_evnt = 1 }",
		"t.lua: 'on_evnt' means nothing: a script returns filter, fields, on_event, on_packet, on_finish");
	check_message("return { on_event = 1 }", "t.lua: 'on_event' must be a function, not a number");
	check_message("return { on_event = print, filter = 'evt.typ = x' }",
		      "t.lua: filter, column 1: unknown field 'evt.typ'; nearest: evt.type, evt.type.is, evt.time");
	check_message("return { on_event = print, filter = 'tcp.port = 80' }",
		      "t.lua: on_event would see nothing: the filter names no field of events");
	check_message("return { on_packet = print, filter = 'proc.name = x' }",
		      "t.lua: on_packet would see nothing: the filter names no field of packets");
	check_message("return { on_event = print, fields = { 'proc.nam' } }",
		      "...fields: unknown field 'proc.nam'; nearest: proc.name, proc.pname, proc.aname");
	check_message("return { on_event = print, fields = { 'proc.name x' } }",
		      "t.lua: fields: 'proc.name x' is more than a field");
	check_message("return { on_event = print, fields = { 1 } }",
		      "t.lua: fields must be a list of names, as in { \"proc.name\", \"evt.type\" }");
	check_message("return { on_event = print, fields = { 'fd.ip' } }",
		      "t.lua: fields: 'fd.ip' stands for either of two values: it can only be compared");
	check_message("return { on_event = print, fields = { 'evt.deltatime' } }",
		      "t.lua: fields: 'evt.deltatime' tells of the line before: there are no lines here");
	check_message("report.table{}" SEES, "t.lua:1: report.table: only on_finish adds tables");
}

void suite_script(CU_pSuite suite);
void suite_script(CU_pSuite suite)
{
	CU_add_test(suite, "test_script_lacks_what_is_dangerous", test_script_lacks_what_is_dangerous);
	CU_add_test(suite, "test_script_globals_are_a_list", test_script_globals_are_a_list);
	CU_add_test(suite, "test_script_is_text", test_script_is_text);
	CU_add_test(suite, "test_script_shows_no_address", test_script_shows_no_address);
	CU_add_test(suite, "test_script_has_no_finalizers", test_script_has_no_finalizers);
	CU_add_test(suite, "test_script_random_is_the_same", test_script_random_is_the_same);
	CU_add_test(suite, "test_script_pairs_has_an_order", test_script_pairs_has_an_order);
	CU_add_test(suite, "test_script_next_has_the_order_of_pairs", test_script_next_has_the_order_of_pairs);
	CU_add_test(suite, "test_script_sort_is_stable", test_script_sort_is_stable);
	CU_add_test(suite, "test_script_steps_are_bounded", test_script_steps_are_bounded);
	CU_add_test(suite, "test_script_memory_is_bounded", test_script_memory_is_bounded);
	CU_add_test(suite, "test_script_wishes_are_checked", test_script_wishes_are_checked);
}

#else

static void test_script_needs_lua(void)
{
	struct script_set *set = NULL;
	struct err e;

	err_init(&e);
	CU_ASSERT_EQUAL(script_set_new(&set, &e), ERR_USAGE);
	CU_ASSERT_STRING_EQUAL(e.message, "this thresher was built without Lua: it runs no scripts");
	CU_ASSERT_PTR_NULL(script_version());
}

void suite_script(CU_pSuite suite);
void suite_script(CU_pSuite suite)
{
	CU_add_test(suite, "test_script_needs_lua", test_script_needs_lua);
}

#endif
