/*
 * mkscript.h - Lua scripts that are run once, by themselves: their message, or the value of an expression in one.
 */
#ifndef MKSCRIPT_H
#define MKSCRIPT_H

#include "stats/script.h"

#include <CUnit/CUnit.h>

/* Runs a script's text once; its message, or "" when it was taken. Good until the next call. */
static inline const char *load_message(const char *text, size_t len)
{
	static struct err e;
	struct script_set *set = NULL;

	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(script_set_new(&set, &e), 0);
	if (script_set_add(set, "some/where/t.lua", text, len, &e) != 0) {
		CU_ASSERT_EQUAL(e.code, ERR_USAGE);
	}
	script_set_free(set);
	return e.message;
}

static inline const char *message_of(const char *text)
{
	return load_message(text, strlen(text));
}

/* The message is exactly so, or ends with what stands behind "...". */
static inline void check_message(const char *text, const char *expected)
{
	const char *got = message_of(text);
	const char *end = strncmp(expected, "...", 3) == 0 ? expected + 3 : NULL;
	size_t n = strlen(got);
	bool same = end == NULL ? strcmp(got, expected) == 0 :
				  n >= strlen(end) && strcmp(got + n - strlen(end), end) == 0;

	if (!same) {
		printf("\n  %s\n    expected %s\n    got      %s\n", text, expected, got);
	}
	CU_ASSERT(same);
}

/* What an expression is, as text, in a script. */
static inline const char *value_of(const char *expression)
{
	static char text[4096];
	const char *got;

	(void)snprintf(text, sizeof(text), "error('=' .. tostring(%s))", expression);
	got = strchr(message_of(text), '=');
	return got != NULL ? got + 1 : "(failed)";
}

static inline void check_value(const char *expression, const char *expected)
{
	const char *got = value_of(expression);

	if (strcmp(got, expected) != 0) {
		printf("\n  %s\n    expected %s\n    got      %s\n", expression, expected, got);
	}
	CU_ASSERT_STRING_EQUAL(got, expected);
}

#endif
