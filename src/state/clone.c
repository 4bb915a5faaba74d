/*
 * clone.c - births: clone, fork, vfork and clone3 as seen by the caller and by the child.
 *
 * Either side's event may come first, or be all there is. The child is made once, from whichever
 * tells its true thread id. Fold only.
 */
#include "readers/source.h"
#include "state/state_internal.h"

#define CALLER_CANT_TELL (PPM_CL_CHILD_IN_PIDNS | PPM_CL_CLONE_NEWPID | PPM_CL_CLONE_PARENT)

struct birth {
	struct params ps;
	uint64_t ts_ns;
	int64_t tid, pid, ptid, vtid, vpid;
	uint32_t flags; /* PPM_CL_ */
};

void birth_memory(const struct params *ps, struct thread_view *v)
{
	v->pfmajor = params_u64(ps, 8, v->pfmajor);
	v->pfminor = params_u64(ps, 9, v->pfminor);
	v->vmsize_kb = params_u32(ps, 10, v->vmsize_kb);
	v->vmrss_kb = params_u32(ps, 11, v->vmrss_kb);
	v->vmswap_kb = params_u32(ps, 12, v->vmswap_kb);
}

const struct str *birth_cgroups(struct state *s, const struct params *ps, const struct image *like)
{
	struct param raw = params_list(ps, 14);

	if (raw.p == NULL || raw.len == 0 || str_equal(like->cgroups, raw.p, raw.len)) {
		return str_ref(like->cgroups);
	}
	return cgroups_get(s, raw);
}

struct param birth_comm(const struct params *ps)
{
	struct param comm = params_text(ps, 13);

	return comm.p != NULL ? comm : params_text(ps, 1);
}

/* exe, args, cgroups of the event; path and environment of like. */
static void set_image(struct state *s, const struct params *ps, const struct image *like,
		      struct thread_view *v)
{
	struct param exe = params_text(ps, 1);
	struct param args = params_list(ps, 2);
	const struct str *cgroups = birth_cgroups(s, ps, like);

	task_set_image(s, v,
		       image_get(s, like, &exe, str_ref(like->exepath), &args, str_ref(like->env),
				 cgroups));
}

/* What a thread inherits from the one it was looked up from. */
static void inherit(const struct task *from, struct thread_view *v)
{
	const struct thread_view *p = from->view;

	v->flags |= p->flags & (TV_EXE_WRITABLE | TV_EXE_UPPER | TV_EXE_LOWER | TV_EXE_MEMFD);
	v->tty = p->tty;
	v->loginuid = p->loginuid;
	v->cap_inheritable = p->cap_inheritable;
	v->cap_permitted = p->cap_permitted;
	v->cap_effective = p->cap_effective;
	v->exe_ino = p->exe_ino;
	v->exe_ctime_ns = p->exe_ctime_ns;
	v->exe_mtime_ns = p->exe_mtime_ns;
	v->exec_ns = p->exec_ns;
}

static void inherit_group(struct state *s, const struct group *from, struct group *g)
{
	str_set(s, &g->cwd, str_ref(from->cwd));
	str_set(s, &g->root, str_ref(from->root));
	g->sid = from->sid;
	g->vpgid = from->vpgid;
	g->pgid = from->pgid;
}

static bool is_in_pidns(const struct birth *b)
{
	return (b->flags & (PPM_CL_CHILD_IN_PIDNS | PPM_CL_CLONE_NEWPID)) != 0 ||
	       (b->vtid >= 0 && b->vtid != b->tid);
}

static void fill_view(struct state *s, const struct birth *b, const struct task *from,
		      struct task *t, struct thread_view *v)
{
	struct param comm = birth_comm(&b->ps);
	uint64_t boot = s->section->boot_ns;

	if (from->known) {
		inherit(from, v);
	}
	set_image(s, &b->ps, from->view->image, v);
	str_set(s, &v->comm, str_name(s, comm.p, comm.len));
	v->vtid = b->vtid;
	v->vpid = b->vpid;
	v->uid = params_u32(&b->ps, 16, v->uid);
	v->gid = params_u32(&b->ps, 17, v->gid);
	v->clone_ns = b->ts_ns;
	v->clone_flags = b->flags;
	v->flags |= TV_KNOWN | (is_in_pidns(b) ? TV_IN_PIDNS : 0);
	if (!is_in_pidns(b)) {
		v->pidns_start_ns = boot;
	} else if (boot != 0 && params_u64(&b->ps, 20, 0) != 0) {
		v->pidns_start_ns = params_u64(&b->ps, 20, 0) + boot;
	}
	birth_memory(&b->ps, v);
	t->container = v->image->cgroups == from->view->image->cgroups && from->known
			       ? from->container
			       : container_of_cgroups(s, v->image);
	t->known = true;
	t->group->row->known = true;
	/* The group's version is behind: names and container are filled in when the view is
	 * published. */
	t->seen_version = t->group->version - 1;
}

/* The parent's descriptors: shared when the call says so, else copied. */
static void inherit_fds(struct state *s, const struct birth *b, struct task *parent,
			struct group *g)
{
	struct fd_table *fds = task_fds(parent);

	if ((b->flags & PPM_CL_CLONE_FILES) != 0) {
		fds->refs++;
	} else {
		fds = fds_copy(s, fds);
	}
	if (fds != NULL) {
		fds_unref(s, g->fds);
		g->fds = fds;
	}
}

/* A process of its own: its group takes what the parent's has. */
static void start_process(struct state *s, const struct birth *b, struct task *parent,
			  struct group *g)
{
	inherit_group(s, parent->group, g);
	g->fdlimit = params_s64(&b->ps, 7, g->fdlimit);
	g->row->start_ns = b->ts_ns;
	g->row->vpid = b->vpid;
	if (parent != s->nobody) {
		group_set_parent(s, g, parent->group);
		parent->group->row->children += parent->group != g ? 1 : 0;
		inherit_fds(s, b, parent, g);
	}
	g->ptid = b->ptid;
	if (g->row->ppid < 0) {
		g->row->ppid = b->ptid;
	}
}

/* A placeholder found to be the leader or caller: the event names its program. */
static void reveal(struct state *s, const struct birth *b, struct task *t, int64_t vtid,
		   int64_t vpid)
{
	struct param comm = birth_comm(&b->ps);
	struct thread_view *v;

	task_set_pid(s, t, b->pid);
	if (t->group->ptid < 0) {
		t->group->ptid = b->ptid;
	}
	v = task_edit(s, t);
	if (v == NULL) {
		return;
	}
	set_image(s, &b->ps, v->image, v);
	str_set(s, &v->comm, str_name(s, comm.p, comm.len));
	v->vtid = vtid;
	v->vpid = vpid;
	v->flags |= TV_KNOWN;
	if (vtid >= 0 && vtid != t->tid) {
		v->flags |= TV_IN_PIDNS;
	}
	v->uid = params_u32(&b->ps, 16, v->uid);
	v->gid = params_u32(&b->ps, 17, v->gid);
	t->container = container_of_cgroups(s, v->image);
	t->known = true;
	t->group->row->known = true;
	t->group->version++;
	if (b->ptid > 0 && t->group->parent == NULL) {
		struct task *parent = task_find(s, b->ptid);

		if (parent != NULL) {
			group_set_parent(s, t->group, parent->group);
			t->group->ptid = b->ptid;
		}
	}
}

/* The thread record of the child, new or a placeholder that now gets its name. */
static struct task *child_record(struct state *s, const struct birth *b, struct task *from)
{
	struct task *t = task_find(s, b->tid);
	struct group *g;

	if (t == NULL) {
		t = task_add(s, b->tid);
		if (t == NULL) {
			return NULL;
		}
	}
	if ((b->flags & PPM_CL_CLONE_THREAD) != 0) {
		task_move(s, t, from->group);
		return t;
	}
	if (t->group != NULL) {
		task_set_pid(s, t, b->pid);
		return t;
	}
	g = group_find(s, b->pid);
	if (g != NULL && b->pid == b->tid && g != from->group) {
		group_end(s, g, NULL, 0); /* its exit was missed */
		g = NULL;
	}
	if (g == NULL) {
		g = group_add(s, b->pid);
	}
	if (g == NULL) {
		task_discard(s, t);
		return NULL;
	}
	task_move(s, t, g);
	return t;
}

static void make_child(struct state *s, const struct birth *b, struct task *from)
{
	struct task *t = child_record(s, b, from);
	struct thread_view *v;

	if (t == NULL || t->group == NULL) {
		return;
	}
	v = task_edit(s, t);
	if (v == NULL) {
		return;
	}
	if ((b->flags & PPM_CL_CLONE_THREAD) == 0) {
		start_process(s, b, from, t->group);
	}
	fill_view(s, b, from, t, v);
	t->prev_ns = b->ts_ns;
}

/* ---- the caller's event: res is the child as the caller sees it ---- */

static bool exited_just_now(const struct state *s, const struct task *caller, int64_t child,
			    uint64_t ts_ns)
{
	const struct recent_exit *x = &s->recent[(uint64_t)child % RECENT_EXITS];

	if (x->tid != child || x->ts_ns == 0) {
		return false;
	}
	if (x->ptid != caller->tid && x->ppid != caller->group->pid) {
		return false;
	}
	return ts_ns < x->ts_ns || ts_ns - x->ts_ns < NS_2S;
}

static bool caller_makes_child(const struct state *s, const struct event *ev,
			       const struct task *caller, const struct birth *b)
{
	if ((b->flags & CALLER_CANT_TELL) != 0 ||
	    (caller->view->vtid >= 0 && caller->view->vtid != caller->tid)) {
		return false;
	}
	if ((b->flags & PPM_CL_CLONE_VFORK) != 0 || ev->type == EV_SYSCALL_VFORK_20_X) {
		return false;
	}
	return !exited_just_now(s, caller, ev->res, ev->ts_ns);
}

static void clone_caller(struct state *s, struct event *ev, struct birth *b)
{
	struct task *caller = task_get(s, ev->tid);
	struct task *child;

	if (caller == NULL) {
		return;
	}
	if (!caller->known) {
		reveal(s, b, caller, b->vtid, b->vpid);
	}
	if (!caller_makes_child(s, ev, caller, b) || ev->res == ev->tid) {
		return;
	}
	child = task_find(s, ev->res);
	if (child != NULL && child->known) {
		if ((child->view->clone_flags & PPM_CL_CLONE_INVERTED) != 0) {
			return;
		}
		task_remove(s, child);
	}
	b->tid = ev->res;
	b->vtid = b->tid;
	if ((b->flags & PPM_CL_CLONE_THREAD) != 0) {
		b->flags |= PPM_CL_CLONE_FILES;
		b->pid = caller->group->pid;
		b->ptid = caller->group->ptid;
	} else {
		b->pid = b->tid;
		b->ptid = caller->tid;
	}
	b->vpid = b->pid;
	make_child(s, b, caller);
}

/* ---- the child's own event ---- */

static bool made_by_caller(const struct task *t, uint64_t ts_ns)
{
	uint64_t made = t->view->clone_ns;

	return t->known && made != 0 && !t->dead && (ts_ns < made || ts_ns - made < NS_2S);
}

static void clone_child(struct state *s, struct event *ev, struct birth *b)
{
	struct task *t = task_find(s, ev->tid);
	struct task *from;
	bool thread = (b->flags & PPM_CL_CLONE_THREAD) != 0;

	b->tid = ev->tid;
	if (t != NULL && made_by_caller(t, ev->ts_ns)) {
		return;
	}
	if (t != NULL && t->known) {
		task_remove(s, t);
	}
	if (b->vtid < 0) {
		b->vtid = b->tid;
	}
	if (b->pid < 0) {
		b->pid = b->tid;
	}
	b->flags |= PPM_CL_CLONE_INVERTED | (thread ? PPM_CL_CLONE_FILES : 0);
	from = task_get(s, thread ? b->pid : b->ptid);
	if (from == NULL || from->tid == b->tid) {
		from = s->nobody;
	} else if (thread && !from->known) {
		reveal(s, b, from, b->vpid, b->vpid);
	}
	if (from == s->nobody && thread) {
		b->flags &= ~(uint32_t)PPM_CL_CLONE_THREAD;
	}
	make_child(s, b, from);
}

void effect_clone(struct state *s, struct event *ev, struct task *t)
{
	struct birth b;

	UNUSED_ARG(t);
	if (!call_ok(ev) || ev->tid < 0) {
		return;
	}
	params_load(ev, &b.ps);
	b.ts_ns = ev->ts_ns;
	b.tid = ev->tid;
	b.pid = params_s64(&b.ps, 4, -1);
	b.ptid = params_s64(&b.ps, 5, -1);
	b.flags = params_u32(&b.ps, 15, 0) | PPM_CL_ACTIVE;
	b.vtid = params_s64(&b.ps, 18, -1);
	b.vpid = params_s64(&b.ps, 19, -1);
	if (ev->res > 0) {
		clone_caller(s, ev, &b);
	} else {
		clone_child(s, ev, &b);
	}
}
