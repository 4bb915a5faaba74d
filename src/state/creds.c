/*
 * creds.c - effects of calls that change where a process stands and who it is: cwd, ids, session,
 * capabilities, limits, name, memory counters.
 *
 * Reads exit events in today's layout. Fold only.
 */
#include "state/state_internal.h"

#define CAPS_ALL ((UINT64_C(1) << 41) - 1) /* bits 0 to 40 */
#define RLIMIT_NOFILE 7

/* ---- directories ---- */

/* Joins to the cwd and puts the slash behind that every cwd has. */
static void change_cwd(struct state *s, struct task *t, const char *path, size_t len)
{
	const struct str *cwd = t->group->cwd;
	size_t n = path_join(s->path, cwd->s, cwd->len, path, len);

	if (n == 0 || s->path[n - 1] != '/') {
		s->path[n++] = '/';
	}
	group_set_cwd(s, t->group, s->path, n);
}

void effect_chdir(struct state *s, struct event *ev, struct task *t)
{
	struct param path = param_text(event_param(ev, 1));

	if (call_ok(ev) && path.p != NULL) {
		change_cwd(s, t, (const char *)path.p, path.len);
	}
}

void effect_fchdir(struct state *s, struct event *ev, struct task *t)
{
	if (call_ok(ev) && ev->fd != NULL && ev->fd->name_len > 0) {
		change_cwd(s, t, ev->fd->name, ev->fd->name_len);
	}
}

/* Repairs a chdir that was missed. */
void effect_getcwd(struct state *s, struct event *ev, struct task *t)
{
	struct param path = param_text(event_param(ev, 1));

	if (call_ok(ev) && path.p != NULL && path.p[0] == '/') {
		change_cwd(s, t, (const char *)path.p, path.len);
	}
}

void effect_chroot(struct state *s, struct event *ev, struct task *t)
{
	struct param path = param_text(event_param(ev, 1));
	const struct str *cwd = t->group->cwd;
	size_t n;

	if (!call_ok(ev) || path.p == NULL) {
		return;
	}
	n = path_join(s->path, cwd->s, cwd->len, (const char *)path.p, path.len);
	str_set(s, &t->group->root, str_get(s, s->path, n));
	t->group->version++;
}

/* ---- ids ---- */

static void set_uid(struct state *s, struct event *ev, struct task *t, unsigned int at)
{
	struct thread_view *v;
	uint32_t uid;

	if (!call_ok(ev) || ev->res != 0 || !event_u32(ev, at, &uid) || uid == UID_NONE ||
	    uid == t->view->uid) {
		return;
	}
	v = task_edit(s, t);
	if (v != NULL) {
		v->uid = uid;
		v->user_name = user_find(s, t->container, uid);
	}
}

static void set_gid(struct state *s, struct event *ev, struct task *t, unsigned int at)
{
	struct thread_view *v;
	uint32_t gid;

	if (!call_ok(ev) || ev->res != 0 || !event_u32(ev, at, &gid) || gid == UID_NONE ||
	    gid == t->view->gid) {
		return;
	}
	v = task_edit(s, t);
	if (v != NULL) {
		v->gid = gid;
		v->group_name = user_group_find(s, t->container, gid);
	}
}

void effect_setuid(struct state *s, struct event *ev, struct task *t)
{
	set_uid(s, ev, t, 1);
}

void effect_setgid(struct state *s, struct event *ev, struct task *t)
{
	set_gid(s, ev, t, 1);
}

/* Both forms have the effective id second. */
void effect_setresuid(struct state *s, struct event *ev, struct task *t)
{
	set_uid(s, ev, t, 2);
}

void effect_setresgid(struct state *s, struct event *ev, struct task *t)
{
	set_gid(s, ev, t, 2);
}

void effect_setsid(struct state *s, struct event *ev, struct task *t)
{
	UNUSED_ARG(s);
	if (call_ok(ev)) {
		t->group->sid = ev->res;
		t->group->version++;
	}
}

void effect_setpgid(struct state *s, struct event *ev, struct task *t)
{
	int64_t pid, pgid;
	struct task *target = t;

	if (!call_ok(ev) || !event_s64(ev, 1, &pid) || !event_s64(ev, 2, &pgid)) {
		return;
	}
	/* In a pid namespace the numbers are local: only "self" is certain. */
	if (pid != 0 && pid != t->group->pid && pid != t->view->vpid) {
		target = (t->view->flags & TV_IN_PIDNS) == 0 ? task_find(s, pid) : NULL;
	}
	if (target == NULL) {
		return;
	}
	if (pgid == 0) {
		pgid = (t->view->flags & TV_IN_PIDNS) != 0 ? target->view->vpid
							   : target->group->pid;
	}
	target->group->vpgid = pgid;
	if ((t->view->flags & TV_IN_PIDNS) == 0) {
		target->group->pgid = pgid;
	}
	target->group->version++;
}

/* ---- capabilities ---- */

void effect_capset(struct state *s, struct event *ev, struct task *t)
{
	struct thread_view *v;

	if (!call_ok(ev)) {
		return;
	}
	v = task_edit(s, t);
	if (v != NULL) {
		event_u64(ev, 1, &v->cap_inheritable);
		event_u64(ev, 2, &v->cap_permitted);
		event_u64(ev, 3, &v->cap_effective);
	}
}

static void new_user_namespace(struct state *s, struct task *t)
{
	struct thread_view *v = task_edit(s, t);

	if (v != NULL) {
		v->cap_inheritable = v->cap_permitted = v->cap_effective = CAPS_ALL;
	}
}

void effect_unshare(struct state *s, struct event *ev, struct task *t)
{
	uint32_t flags;

	if (!call_ok(ev) || !event_u32(ev, 1, &flags)) {
		return;
	}
	if ((flags & PPM_CL_CLONE_NEWUSER) != 0) {
		new_user_namespace(s, t);
	}
	if ((flags & PPM_CL_CLONE_FILES) != 0 && t->group->all == 1) {
		group_own_fds(s, t->group);
	}
}

void effect_setns(struct state *s, struct event *ev, struct task *t)
{
	uint32_t flags;

	if (call_ok(ev) && event_u32(ev, 2, &flags) && (flags & PPM_CL_CLONE_NEWUSER) != 0) {
		new_user_namespace(s, t);
	}
}

/* ---- limits ---- */

static void set_fdlimit(struct group *g, int64_t limit)
{
	if (limit != -1 && g->fdlimit != limit) {
		g->fdlimit = limit;
		g->version++;
	}
}

void effect_rlimit(struct state *s, struct event *ev, struct task *t)
{
	uint8_t resource;
	int64_t limit;

	UNUSED_ARG(s);
	if (call_ok(ev) && event_u8(ev, 3, &resource) && resource == RLIMIT_NOFILE &&
	    event_s64(ev, 1, &limit)) {
		set_fdlimit(t->group, limit);
	}
}

void effect_prlimit(struct state *s, struct event *ev, struct task *t)
{
	uint8_t resource;
	int64_t limit;
	int64_t tid = 0;

	if (!call_ok(ev) || !event_u8(ev, 6, &resource) || resource != RLIMIT_NOFILE ||
	    !event_s64(ev, 1, &limit)) {
		return;
	}
	event_s64(ev, 5, &tid);
	if (tid != 0) {
		t = task_find(s, tid);
	}
	if (t != NULL) {
		set_fdlimit(t->group, limit);
	}
}

/* ---- names and marks ---- */

void effect_prctl(struct state *s, struct event *ev, struct task *t)
{
	uint32_t option;
	int64_t arg = 0;
	struct param name;
	struct thread_view *v;

	if (!call_ok(ev) || !event_u32(ev, 1, &option)) {
		return;
	}
	switch (option) {
	case PPM_PR_SET_NAME:
		name = param_text(event_param(ev, 2));
		if (name.p == NULL || str_equal(t->view->comm, name.p, name.len)) {
			return;
		}
		v = task_edit(s, t);
		if (v != NULL) {
			str_set(s, &v->comm, str_name(s, name.p, name.len));
		}
		break;
	case PPM_PR_SET_CHILD_SUBREAPER:
	case PPM_PR_GET_CHILD_SUBREAPER:
		if (event_s64(ev, 3, &arg)) {
			t->group->reaper = arg != 0;
		}
		break;
	default: break;
	}
}

/* ---- memory: only when somebody reads it, for it would make a view of nearly every event ---- */

static void memory_at(const struct event *ev, unsigned int at, struct thread_view *v)
{
	event_u32(ev, at, &v->vmsize_kb);
	event_u32(ev, at + 1, &v->vmrss_kb);
	event_u32(ev, at + 2, &v->vmswap_kb);
}

/* A process has one memory: what a thread tells of it holds for the thread that tells and for the first one. */
void effect_memory(struct state *s, struct event *ev, struct task *t)
{
	bool is_switch = ev->type == EV_SCHEDSWITCH_6_E;
	struct task *leader = t->group->leader != NULL ? t->group->leader : t;
	struct thread_view *v;

	v = task_edit(s, t);
	if (v != NULL) {
		memory_at(ev, is_switch ? 3 : 1, v);
		if (is_switch) {
			event_u64(ev, 1, &v->pfmajor);
			event_u64(ev, 2, &v->pfminor);
		}
	}
	v = leader != t ? task_edit(s, leader) : NULL;
	if (v != NULL) {
		memory_at(ev, is_switch ? 3 : 1, v);
	}
}
