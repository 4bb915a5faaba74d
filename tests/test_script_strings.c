/*
 * test_script_strings.c - the functions for strings that scripts have in place of Lua's own: the same answers as Lua
 * gives.
 */
#include "mkscript.h"

#ifdef HAVE_LUA

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "stats/script_pattern.h"

/* ---- patterns against Lua's own --------------------------------------------------------------------------------- */

static uint64_t random_state = 88172645463325252u;

static uint32_t random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 11) % n;
}

static size_t random_text(char *to, size_t max, const char *const *pieces, uint32_t count)
{
	size_t n = random_below((uint32_t)max);
	size_t len = 0;

	for (size_t i = 0; i < n && len + 8 < 64; i++) {
		const char *piece = pieces[random_below(count)];

		memcpy(to + len, piece, strlen(piece));
		len += strlen(piece);
	}
	to[len] = '\0';
	return len;
}

/* What string.find says: "from to capture...", or "no" or "error". */
static void lua_find(lua_State *L, const char *subject, const char *pattern, char *ret, size_t size)
{
	size_t len = 0;

	lua_settop(L, 0);
	lua_getglobal(L, "string");
	lua_getfield(L, 1, "find");
	lua_pushstring(L, subject);
	lua_pushstring(L, pattern);
	if (lua_pcall(L, 2, LUA_MULTRET, 0) != LUA_OK) {
		(void)snprintf(ret, size, "error");
		return;
	}
	if (lua_isnil(L, 2)) {
		(void)snprintf(ret, size, "no");
		return;
	}
	ret[0] = '\0';
	for (int i = 2; i <= lua_gettop(L) && len < size; i++) {
		len += (size_t)snprintf(ret + len, size - len, "%s ", lua_tostring(L, i));
	}
}

static void our_find(const char *subject, const char *pattern, char *ret, size_t size)
{
	struct pattern_match m = { .subject = subject, .subject_end = subject + strlen(subject), .pattern = pattern,
				   .pattern_end = pattern + strlen(pattern) };
	bool anchored = pattern[0] == '^';
	const char *end = NULL;
	size_t len = 0;
	int rc = PATTERN_NO;
	const char *from = subject;

	if (pattern_is_plain(pattern, strlen(pattern))) {
		from = strstr(subject, pattern);
		if (from == NULL) {
			(void)snprintf(ret, size, "no");
		} else {
			(void)snprintf(ret, size, "%d %d ", (int)(from - subject) + 1,
				       (int)(from - subject) + (int)strlen(pattern));
		}
		return;
	}
	m.pattern += anchored;
	for (; from <= m.subject_end && rc == PATTERN_NO && (!anchored || from == subject); from++) {
		m.steps = 1u << 24;
		rc = pattern_match(&m, from, &end);
	}
	from--;
	if (rc != PATTERN_YES) {
		(void)snprintf(ret, size, rc == PATTERN_NO ? "no" : rc == PATTERN_BAD ? "error" : "steps");
		return;
	}
	len = (size_t)snprintf(ret, size, "%d %d ", (int)(from - subject) + 1, (int)(end - subject));
	for (unsigned int i = 0; i < m.count && len < size; i++) {
		const struct pattern_capture *c = &m.captures[i];

		if (c->len == CAPTURE_PLACE) {
			len += (size_t)snprintf(ret + len, size - len, "%d ", (int)(c->from - subject) + 1);
		} else {
			len += (size_t)snprintf(ret + len, size - len, "%.*s ", (int)c->len, c->from);
		}
	}
}

static void test_script_patterns_as_lua(void)
{
	static const char *const pieces[] = {
		"a",     "b",    "1",    " ",      ".",  "*",    "+",    "-",      "?",      "(",     ")",
		"()",    "[ab]", "[^a]", "[a-b1]", "[",  "]",    "%a",   "%d",     "%S",     "%w",    "%",
		"%%",    "$",    "^",    "%1",     "%2", "%bab", "%b()", "%f[%w]", "%f[^b]", "[%a-]", "[]]",
		"[%]1]", "(a*)", "(.-)", "(%w+)",  ".-", ".*",   "%x",   "%p",     "%G",
	};
	static const char *const letters[] = { "a", "b", "aa", "ab", "1", " ", "(", ")", "]", "-", "A", "\n", "%" };
	char subject[80], pattern[80], theirs[400], ours[400];
	lua_State *L = luaL_newstate();
	unsigned int matched = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(L);
	luaL_openlibs(L);
	for (int i = 0; i < 60000; i++) {
		random_text(subject, 12, letters, ARRAY_LEN(letters));
		random_text(pattern, 8, pieces, ARRAY_LEN(pieces));
		lua_find(L, subject, pattern, theirs, sizeof(theirs));
		our_find(subject, pattern, ours, sizeof(ours));
		matched += theirs[0] >= '0' && theirs[0] <= '9';
		if (strcmp(theirs, ours) != 0) {
			printf("\n  find('%s', '%s'): Lua '%s', ours '%s'\n", subject, pattern, theirs, ours);
			CU_FAIL("patterns differ");
			break;
		}
	}
	CU_ASSERT(matched > 10000);
	lua_close(L);
}

/* Whole functions: the same expression in both machines. */
static void test_script_strings_as_lua(void)
{
	static const char *const expressions[] = {
		"('hello world'):gsub('o', '0')", "('hello'):gsub('', '-')", "('abc'):gsub('%w', '%0%0')",
		"('abc'):gsub('(a)(b)', '%2%1')", "('hello world'):gsub('%w+', '%0 %0', 1)",
		"('$name is $age'):gsub('%$(%w+)', { name = 'x', age = 3 })", "('abc'):gsub('b', function() return false end)",
		"('abc'):gsub('%w', { a = 1, b = true and 'B' })", "('abc'):gsub('^a', 'x')", "('aaa'):gsub('^a', 'x')",
		"('abc'):gsub('b*', '-')", "('a,b,,c'):gsub(',', ';', 2)", "('x'):gsub('x', '%%')", "('x'):gsub('x', '%1')",
		"('abc'):gsub('()', function(p) return p end)", "('k=v; a=b'):match('(%w+)=(%w+)')",
		"('  x '):match('^%s*(.-)%s*$')", "('2026-11-21'):match('(%d+)-(%d+)-(%d+)')", "('a.b'):find('.', 1, true)",
		"('a.b'):find('%.')", "('abc'):find('b', -1)", "('abc'):find('b', -10)", "('abc'):find('', 10)",
		"('abc'):find('', 4)", "('abc'):find('c', 3)", "('abc'):match('.', 0)", "('abc'):find('b()')",
		"(function() local s = '' for w in ('one two  three'):gmatch('%a+') do s = s .. w .. '|' end return s end)()",
		"(function() local s = '' for k, v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do s = s .. k .. v end return s end)()",
		"(function() local n = 0 for _ in ('abc'):gmatch('') do n = n + 1 end return n end)()",
		"(function() local s = '' for p in ('aXbXc'):gmatch('()X') do s = s .. p end return s end)()",
		"(function() local s = '' for p in ('abcabc'):gmatch('%a', 4) do s = s .. p end return s end)()",
		"(function() local n = 0 for _ in ('aa'):gmatch('^a') do n = n + 1 end return n end)()",
		"('%d items'):format(3)", "('%5.2f|%-5s|%q|%x|%s'):format(3.14159, 'ab', 'x\\ny', 255, true)",
		"('%s'):format(nil)", "('x'):rep(3, ',')", "('abc'):byte(1, -1)", "('abc'):reverse()", "#('\\0\\1')",
		"('a\\0b'):find('\\0')", "('a\\0b'):match('[%z\\0]')", "('THE (quick) fox'):find('%((%a+)%)')",
		"table.concat({ 1, 2, 3 }, ', ', 2)", "table.unpack({ 1, 2, 3 }, 2)",
		"(function() local t = { 1, 2, 3 } table.insert(t, 2, 9) table.remove(t, 1) return table.concat(t, ' ') end)()",
		"table.concat(table.move({ 1, 2, 3 }, 1, 3, 2), ' ')", "select('#', table.unpack({}, 1, 3))",
		"utf8.len('h\xc3\xa9')", "utf8.char(233, 8364)", "math.type(1 // 1)", "tostring(1e15)", "tostring(2^53)",
		"10 // 3 .. ' ' .. 10 / 4", "'10' + 5", "tostring(-0.0)", "string.pack('<I4', 7):byte(1, -1)",
	};
	char text[2048];
	lua_State *L = luaL_newstate();

	CU_ASSERT_PTR_NOT_NULL_FATAL(L);
	luaL_openlibs(L);
	for (size_t i = 0; i < ARRAY_LEN(expressions); i++) {
		(void)snprintf(text, sizeof(text),
			       "(function(...) local s = '' for i = 1, select('#', ...) do s = s .. "
			       "tostring((select(i, ...))) .. ' ' end "
			       "return s end)(%s)",
			       expressions[i]);
		lua_settop(L, 0);
		lua_pushfstring(L, "return %s", text);
		CU_ASSERT_EQUAL_FATAL(luaL_dostring(L, lua_tostring(L, 1)), LUA_OK);
		check_value(text, lua_tostring(L, -1));
	}
	lua_close(L);
}

static void test_script_string_errors(void)
{
	check_message("('x'):gsub('x', '%2')", "t.lua:1: invalid capture index %2");
	check_message("('x'):gsub('x', '%a')", "t.lua:1: invalid use of '%' in replacement string");
	check_message("('x'):gsub('x', function() return {} end)", "t.lua:1: invalid replacement value (a table)");
	check_message("('x'):find('[x')", "t.lua:1: malformed pattern (missing ']')");
	check_message("('x'):find('(x')", "t.lua:1: unfinished capture");
	check_message("('x'):find('%')", "t.lua:1: malformed pattern (ends with '%')");
	check_message("string.find({}, 'x')", "t.lua:1: bad argument #1 to 'find' (string expected, got table)");
	check_message("string.rep()", "t.lua:1: bad argument #1 to 'rep' (string expected, got no value)");
}

void suite_script_strings(CU_pSuite suite);
void suite_script_strings(CU_pSuite suite)
{
	CU_add_test(suite, "test_script_patterns_as_lua", test_script_patterns_as_lua);
	CU_add_test(suite, "test_script_strings_as_lua", test_script_strings_as_lua);
	CU_add_test(suite, "test_script_string_errors", test_script_string_errors);
}

#else

void suite_script_strings(CU_pSuite suite);
void suite_script_strings(CU_pSuite suite)
{
	UNUSED_ARG(suite);
}

#endif
