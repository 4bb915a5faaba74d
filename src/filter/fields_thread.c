/*
 * fields_thread.c - the event's thread: ids, capabilities, cgroups. Any worker, own context.
 */
#include "filter/fields_internal.h"

#define THREAD(c) ((c)->ev->thread)

/* Known from the event itself, without state. */
static bool value_tid(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return c->ev->tid >= 0 && value_int(v, c->ev->tid);
}

static bool value_vtid(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return THREAD(c) != NULL && THREAD(c)->vtid != -1 && value_int(v, THREAD(c)->vtid);
}

static bool value_is_main(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return THREAD(c) != NULL && value_bool(v, (THREAD(c)->flags & TV_MAIN) != 0);
}

enum { CAPS_PERMITTED, CAPS_EFFECTIVE, CAPS_INHERITABLE };

static bool text_caps(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	const struct thread_view *t = THREAD(c);
	uint64_t caps;
	bool any = false;

	if (t == NULL) {
		return false;
	}
	caps = u->field->which == CAPS_PERMITTED   ? t->cap_permitted
	       : u->field->which == CAPS_EFFECTIVE ? t->cap_effective
						   : t->cap_inheritable;
	for (unsigned int bit = 0; bit < 64; bit++) {
		const char *name = (caps >> bit & 1) ? schema_capability_name(bit) : NULL;

		if (name == NULL) {
			continue;
		}
		if (any) {
			buf_addc(out, ' ');
		}
		if (strncmp(name, "CAP_", 4) != 0) {
			buf_adds(out, "CAP_");
		}
		buf_adds(out, name);
		any = true;
	}
	return true;
}

static bool text_cgroups(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	UNUSED_ARG(u);
	if (THREAD(c) == NULL) {
		return false;
	}
	add_joined(out, THREAD(c)->image->cgroups);
	return true;
}

static bool value_cgroup(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct str *list;
	size_t name_len = strlen(u->arg);
	size_t len;

	if (THREAD(c) == NULL) {
		return false;
	}
	list = THREAD(c)->image->cgroups;
	for (size_t at = 0; at < list->len; at += len + 1) {
		const char *p = list->s + at;

		len = strnlen(p, list->len - at);
		if (len > name_len && p[name_len] == '=' && memcmp(p, u->arg, name_len) == 0) {
			return value_text(v, p + name_len + 1, len - name_len - 1);
		}
	}
	return false;
}

enum { FAULTS_MAJOR, FAULTS_MINOR };

static bool value_faults(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	return THREAD(c) != NULL &&
	       value_uint(v, u->field->which == FAULTS_MAJOR ? THREAD(c)->pfmajor
							     : THREAD(c)->pfminor);
}

#define FOLD WANT_FOLD

/* clang-format off */
static const struct field rows[] = {
	{ "thread.tid", PT_INT64, FMT_ID, ARG_NONE, 0, 0, value_tid, NULL, 0,
	  "thread id" },
	{ "thread.vtid", PT_INT64, FMT_ID, ARG_NONE, 0, FOLD, value_vtid, NULL, 0,
	  "thread id within its pid namespace" },
	{ "thread.ismain", PT_BOOL, FMT_NA, ARG_NONE, 0, FOLD, value_is_main, NULL, 0,
	  "true for the first thread of a process" },
	{ "thread.cap_permitted", PT_CHARBUF, FMT_NA, ARG_NONE, FIELD_SAFE, FOLD, NULL, text_caps,
	  CAPS_PERMITTED, "permitted capabilities" },
	{ "thread.cap_effective", PT_CHARBUF, FMT_NA, ARG_NONE, FIELD_SAFE, FOLD, NULL, text_caps,
	  CAPS_EFFECTIVE, "effective capabilities" },
	{ "thread.cap_inheritable", PT_CHARBUF, FMT_NA, ARG_NONE, FIELD_SAFE, FOLD, NULL, text_caps,
	  CAPS_INHERITABLE, "inheritable capabilities" },
	{ "thread.cgroups", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, NULL, text_cgroups, 0,
	  "control groups as subsystem=path" },
	{ "thread.cgroup", PT_CHARBUF, FMT_NA, ARG_REQUIRED_DOT, 0, FOLD, value_cgroup, NULL, 0,
	  "control group of one subsystem" },
	{ "thread.pfmajor", PT_UINT64, FMT_DEC, ARG_NONE, 0, FOLD | WANT_MEMORY, value_faults, NULL,
	  FAULTS_MAJOR, "major page faults" },
	{ "thread.pfminor", PT_UINT64, FMT_DEC, ARG_NONE, 0, FOLD | WANT_MEMORY, value_faults, NULL,
	  FAULTS_MINOR, "minor page faults" },
};
/* clang-format on */

const struct field_class field_class_thread = { "thread", rows, ARRAY_LEN(rows) };
