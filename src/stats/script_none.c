/*
 * script_none.c - script.h in a build without Lua: there is never a set, and who asks for one is told why.
 */
#include "stats/script.h"

#ifndef HAVE_LUA

const char *script_version(void)
{
	return NULL;
}

int script_set_new(struct script_set **ret_set, struct err *e)
{
	UNUSED_ARG(ret_set);
	return err_set(e, ERR_USAGE, "this thresher was built without Lua: it runs no scripts");
}

/* The rest is never reached: there is no set. */

void script_set_free(struct script_set *set)
{
	UNUSED_ARG(set);
}

int script_set_add(struct script_set *set, const char *path, const char *text, size_t len, struct err *e)
{
	UNUSED_ARG(set);
	UNUSED_ARG(path);
	UNUSED_ARG(text);
	UNUSED_ARG(len);
	return err_set(e, ERR_USAGE, "built without Lua");
}

unsigned int script_set_wants(const struct script_set *set)
{
	UNUSED_ARG(set);
	return 0;
}

bool script_set_packets(const struct script_set *set)
{
	UNUSED_ARG(set);
	return false;
}

bool script_set_joins(const struct script_set *set)
{
	UNUSED_ARG(set);
	return false;
}

void script_set_settings(struct script_set *set, unsigned int wants, const struct lookup *lookup)
{
	UNUSED_ARG(set);
	UNUSED_ARG(wants);
	UNUSED_ARG(lookup);
}

int script_set_collect(struct script_set *set, const struct batch *b, struct buf *out)
{
	UNUSED_ARG(set);
	UNUSED_ARG(b);
	UNUSED_ARG(out);
	return 0;
}

void script_set_feed(struct script_set *set, const char *source, const char *records, size_t len)
{
	UNUSED_ARG(set);
	UNUSED_ARG(source);
	UNUSED_ARG(records);
	UNUSED_ARG(len);
}

int script_set_report(struct script_set *set, struct report *r, struct err *e)
{
	UNUSED_ARG(set);
	UNUSED_ARG(r);
	UNUSED_ARG(e);
	return 0;
}

size_t script_set_count(const struct script_set *set)
{
	UNUSED_ARG(set);
	return 0;
}

const char *script_name(const struct script_set *set, size_t i)
{
	UNUSED_ARG(set);
	UNUSED_ARG(i);
	return "";
}

const char *script_failure(const struct script_set *set, size_t i)
{
	UNUSED_ARG(set);
	UNUSED_ARG(i);
	return NULL;
}

const char *script_printed(const struct script_set *set, size_t i, size_t *ret_len)
{
	UNUSED_ARG(set);
	UNUSED_ARG(i);
	*ret_len = 0;
	return NULL;
}

#endif
