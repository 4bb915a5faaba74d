/*
 * fields_user.c - users and groups of the event's thread. Any worker, own context.
 */
#include "filter/fields_internal.h"

#define THREAD(c) ((c)->ev->thread)

enum { ID_USER, ID_GROUP };

static bool value_id(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	return THREAD(c) != NULL &&
	       value_uint(v, u->field->which == ID_USER ? THREAD(c)->uid : THREAD(c)->gid);
}

/* All ones, "none", is -1. */
static bool value_loginuid(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return THREAD(c) != NULL &&
	       value_int(v, THREAD(c)->loginuid == UID_NONE ? -1 : (int64_t)THREAD(c)->loginuid);
}

enum { NAME_USER, NAME_GROUP, NAME_LOGIN };

static bool value_name(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct thread_view *t = THREAD(c);

	if (t == NULL) {
		return false;
	}
	return value_comm(v, u->field->which == NAME_USER    ? t->user_name
			     : u->field->which == NAME_GROUP ? t->group_name
							     : t->login_name);
}

enum { HOME_DIRECTORY, HOME_SHELL };

/* Empty: the user is known, but not this of it. */
static bool value_home(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct ref_counts *n = ctx_counts(c);

	if (n == NULL) {
		return false;
	}
	return value_comm(v, u->field->which == HOME_DIRECTORY ? n->user_home : n->user_shell);
}

#define FOLD WANT_FOLD
#define COUNTS (WANT_FOLD | WANT_FDS | WANT_COUNTS)

/* clang-format off */
static const struct field rows[] = {
	{ "user.uid", PT_UINT32, FMT_ID, ARG_NONE, 0, FOLD, value_id, NULL, ID_USER,
	  "effective user id" },
	{ "user.name", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_name, NULL, NAME_USER,
	  "name of the effective user" },
	{ "user.homedir", PT_CHARBUF, FMT_NA, ARG_NONE, 0, COUNTS, value_home, NULL, HOME_DIRECTORY,
	  "home directory of the effective user" },
	{ "user.shell", PT_CHARBUF, FMT_NA, ARG_NONE, 0, COUNTS, value_home, NULL, HOME_SHELL,
	  "login shell of the effective user" },
	{ "user.loginuid", PT_INT64, FMT_ID, ARG_NONE, 0, FOLD, value_loginuid, NULL, 0,
	  "user id of the login, -1 for none" },
	{ "user.loginname", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_name, NULL, NAME_LOGIN,
	  "name of the user who logged in" },
	{ "group.gid", PT_UINT32, FMT_ID, ARG_NONE, 0, FOLD, value_id, NULL, ID_GROUP,
	  "effective group id" },
	{ "group.name", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_name, NULL, NAME_GROUP,
	  "name of the effective group" },
};
/* clang-format on */

const struct field_class field_class_user = { "user and group", rows, ARRAY_LEN(rows),
					      "user group" };
