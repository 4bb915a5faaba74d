/*
 * fields_ancestors.c - where from: parent, ancestors, leaders of session and process group. Any
 * worker, own context; reads the chain of ancestors that the fold has stamped.
 *
 * A chain names leaders of live (or lately ended) processes from the parent up, and the leaders of the process' session
 * and groups where they live.
 */
#include "filter/fields_internal.h"

enum { OF_NAME, OF_EXE, OF_EXEPATH, OF_CMDLINE, OF_ARGS, OF_PID };

/* One property of one process. */
static bool property(struct field_ctx *c, const struct thread_view *t, int which,
		     struct field_value *v)
{
	switch (which) {
	case OF_NAME: return value_comm(v, t->comm);
	case OF_EXE: return value_str(v, t->image->exe);
	case OF_EXEPATH: return value_str(v, t->image->exepath);
	case OF_PID: return value_int(v, t->pid);
	default:
		buf_reset(&c->tmp2);
		if (which == OF_CMDLINE) {
			add_cmdline(&c->tmp2, t);
		} else {
			add_joined(&c->tmp2, t->image->args);
		}
		v->v.text = c->tmp2.failed ? NULL : ctx_dup(c, c->tmp2.data, c->tmp2.len);
		return v->v.text != NULL && value_text(v, v->v.text, c->tmp2.len);
	}
}

/* Ancestor n: 0 the process itself, 1 its parent; NULL: not known. */
static const struct thread_view *ancestor(const struct field_ctx *c, int64_t n)
{
	const struct ref_chain *chain = ctx_chain(c);

	if (n == 0) {
		return c->ev->thread;
	}
	return chain != NULL && n > 0 && n <= chain->count ? chain->up[n - 1] : NULL;
}

/* proc.pname and its kin. */
static bool value_parent(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct thread_view *t = ancestor(c, 1);

	return t != NULL && property(c, t, u->field->which, v);
}

/* Without argument: of all ancestors, from the parent up. */
static bool value_all(struct field_ctx *c, int which, struct field_value *v)
{
	const struct ref_chain *chain = ctx_chain(c);
	struct field_value *items;
	uint32_t n = 0;

	if (chain == NULL || chain->count == 0) {
		return false;
	}
	items = ctx_alloc(c, chain->count * sizeof(*items));
	if (items == NULL) {
		return false;
	}
	for (uint32_t i = 0; i < chain->count; i++) {
		n += property(c, chain->up[i], which, &items[n]);
	}
	v->kind = VALUE_LIST;
	v->len = n;
	v->v.items = items;
	return n > 0;
}

static bool value_ancestor(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct thread_view *t;

	if (u->arg == NULL) {
		return value_all(c, u->field->which, v);
	}
	t = u->index >= 0 ? ancestor(c, u->index) : NULL;
	return t != NULL && property(c, t, u->field->which, v);
}

enum { BY_SID = 0, BY_VPGID = 16, BY_PGID = 32 };

static int64_t id_of(const struct thread_view *t, int by)
{
	return by == BY_SID ? t->sid : by == BY_VPGID ? t->vpgid : t->pgid;
}

static const struct thread_view *leader_by_id(const struct ref_chain *chain, int by)
{
	return by == BY_SID ? chain->session : by == BY_VPGID ? chain->vgroup : chain->group;
}

/*
 * The leader of the session or group: the process whose pid is the id, or, when there is none (it has ended, or the id
 * is one of a pid namespace), the farthest in an unbroken line of processes with that id.
 */
static const struct thread_view *leader(const struct field_ctx *c, int by)
{
	const struct ref_chain *chain = ctx_chain(c);
	const struct thread_view *self = c->ev->thread;
	const struct thread_view *far = self;
	const struct thread_view *t;
	int64_t id;

	if (self == NULL || (id = id_of(self, by)) <= 0) {
		return NULL;
	}
	if (!(self->flags & TV_IN_PIDNS) && self->pid == id) {
		return self;
	}
	if (chain != NULL && leader_by_id(chain, by) != NULL) {
		return leader_by_id(chain, by);
	}
	for (int64_t n = 1; (t = ancestor(c, n)) != NULL && id_of(t, by) == id; n++) {
		far = t;
	}
	return far;
}

static bool value_leader(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct thread_view *t = leader(c, u->field->which & ~15);

	return t != NULL && property(c, t, u->field->which & 15, v);
}

/* The oldest process in the line whose name ends in "sh". */
static bool value_loginshell(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct thread_view *t;
	int64_t pid = -1;

	UNUSED_ARG(u);
	for (int64_t n = 0; (t = ancestor(c, n)) != NULL; n++) {
		if (t->comm->len >= 2 && memcmp(t->comm->s + t->comm->len - 2, "sh", 2) == 0) {
			pid = t->pid;
		}
	}
	return pid >= 0 && value_int(v, pid);
}

enum { PARENT_TS, PARENT_DURATION };

static bool value_parent_time(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct thread_view *t = ancestor(c, 1);

	if (t == NULL || t->clone_ns == 0) {
		return false;
	}
	if (u->field->which == PARENT_TS) {
		return value_uint(v, t->clone_ns);
	}
	return value_uint(v, c->ev->ts_ns > t->clone_ns ? c->ev->ts_ns - t->clone_ns : 0);
}

#define UP (WANT_FOLD | WANT_ANCESTORS)
#define UPPATH \
	(UP |  \
	 WANT_FDS) /* where a program lies can follow from a working directory or a directory fd */
#define LIST (FIELD_LIST | FIELD_ARG_NUMBER | FIELD_NO_RHS | FIELD_NO_TRANSFORM)

/* clang-format off */
static const struct field rows[] = {
	{ "proc.pname", PT_CHARBUF, FMT_NA, ARG_NONE, 0, UP, value_parent, NULL, OF_NAME,
	  "name of the parent" },
	{ "proc.pexe", PT_CHARBUF, FMT_NA, ARG_NONE, 0, UP, value_parent, NULL, OF_EXE,
	  "first argument of the parent's program" },
	{ "proc.pexepath", PT_CHARBUF, FMT_NA, ARG_NONE, 0, UPPATH, value_parent, NULL, OF_EXEPATH,
	  "path of the parent's program" },
	{ "proc.pcmdline", PT_CHARBUF, FMT_NA, ARG_NONE, 0, UP, value_parent, NULL, OF_CMDLINE,
	  "name and arguments of the parent" },
	{ "proc.ppid.ts", PT_RELTIME, FMT_DEC, ARG_NONE, 0, UP, value_parent_time, NULL, PARENT_TS,
	  "start of the parent, nanoseconds since 1970" },
	{ "proc.ppid.duration", PT_RELTIME, FMT_DEC, ARG_NONE, 0, UP, value_parent_time, NULL,
	  PARENT_DURATION, "nanoseconds since the parent was started" },
	{ "proc.aname", PT_CHARBUF, FMT_NA, ARG_OPTIONAL, LIST, UP, value_ancestor, NULL, OF_NAME,
	  "names of all ancestors; [n] of one: 0 the process itself, 1 its parent" },
	{ "proc.apid", PT_INT64, FMT_ID, ARG_OPTIONAL, LIST, UP, value_ancestor, NULL, OF_PID,
	  "process ids of ancestors, as proc.aname" },
	{ "proc.aexe", PT_CHARBUF, FMT_NA, ARG_OPTIONAL, LIST, UP, value_ancestor, NULL, OF_EXE,
	  "first arguments of ancestors' programs, as proc.aname" },
	{ "proc.aexepath", PT_CHARBUF, FMT_NA, ARG_OPTIONAL, LIST, UPPATH, value_ancestor, NULL, OF_EXEPATH,
	  "paths of ancestors' programs, as proc.aname" },
	{ "proc.acmdline", PT_CHARBUF, FMT_NA, ARG_OPTIONAL, LIST, UP, value_ancestor, NULL, OF_CMDLINE,
	  "names and arguments of ancestors, as proc.aname" },
	{ "proc.aargs", PT_CHARBUF, FMT_NA, ARG_OPTIONAL, FIELD_LIST | FIELD_ARG_NUMBER, UP, value_ancestor, NULL, OF_ARGS,
	  "arguments of ancestors, as proc.aname" },
	{ "proc.loginshellid", PT_INT64, FMT_ID, ARG_NONE, 0, UP, value_loginshell, NULL, 0,
	  "process id of the oldest shell among the process and its ancestors" },
	{ "proc.sname", PT_CHARBUF, FMT_NA, ARG_NONE, 0, UP, value_leader, NULL, BY_SID | OF_NAME,
	  "name of the session's leader" },
	{ "proc.sid.exe", PT_CHARBUF, FMT_NA, ARG_NONE, 0, UP, value_leader, NULL, BY_SID | OF_EXE,
	  "first argument of the session leader's program" },
	{ "proc.sid.exepath", PT_CHARBUF, FMT_NA, ARG_NONE, 0, UPPATH, value_leader, NULL, BY_SID | OF_EXEPATH,
	  "path of the session leader's program" },
	{ "proc.vpgid.name", PT_CHARBUF, FMT_NA, ARG_NONE, 0, UP, value_leader, NULL, BY_VPGID | OF_NAME,
	  "name of the process group's leader, by ids of its pid namespace" },
	{ "proc.vpgid.exe", PT_CHARBUF, FMT_NA, ARG_NONE, 0, UP, value_leader, NULL, BY_VPGID | OF_EXE,
	  "first argument of that leader's program" },
	{ "proc.vpgid.exepath", PT_CHARBUF, FMT_NA, ARG_NONE, 0, UPPATH, value_leader, NULL,
	  BY_VPGID | OF_EXEPATH, "path of that leader's program" },
	{ "proc.pgid.name", PT_CHARBUF, FMT_NA, ARG_NONE, 0, UP, value_leader, NULL, BY_PGID | OF_NAME,
	  "name of the process group's leader" },
	{ "proc.pgid.exe", PT_CHARBUF, FMT_NA, ARG_NONE, 0, UP, value_leader, NULL, BY_PGID | OF_EXE,
	  "first argument of that leader's program" },
	{ "proc.pgid.exepath", PT_CHARBUF, FMT_NA, ARG_NONE, 0, UPPATH, value_leader, NULL,
	  BY_PGID | OF_EXEPATH, "path of that leader's program" },
};
/* clang-format on */

const struct field_class field_class_ancestors = { "ancestors", rows, ARRAY_LEN(rows), "proc" };
