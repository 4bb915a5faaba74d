/*
 * groups.c - live thread groups: parents, heirs and ends of processes.
 *
 * A group that ended stays as a shell while children point at it; its heir (the reaper) takes the
 * children over when they are next looked at, so an end costs the same with one child or a
 * million. Fold only.
 */
#include "state/state_internal.h"

struct group *group_add(struct state *s, int64_t pid)
{
	struct group *g = slab_alloc(&s->slab, sizeof(*g));

	if (g == NULL) {
		s->oom = true;
		return NULL;
	}
	memset(g, 0, sizeof(*g));
	g->fds = fds_new(s);
	if (g->fds == NULL || !group_put_pid(s, pid, g)) {
		fds_unref(s, g->fds);
		slab_free(&s->slab, g, sizeof(*g));
		return NULL;
	}
	g->row = process_add(s, &g->id);
	g->row->pid = pid;
	g->pid = pid;
	g->ptid = g->sid = g->vpgid = g->pgid = g->fdlimit = -1;
	g->cwd = g->root = s->empty;
	g->refs = 1;
	g->version = 1;
	g->next = s->groups;
	if (g->next != NULL) {
		g->next->prev = g;
	}
	s->groups = g;
	return g;
}

/* Frees shells from here along their heirs. */
static void group_unref(struct state *s, struct group *g)
{
	while (g != NULL && --g->refs == 0) {
		struct group *heir = g->heir;

		slab_free(&s->slab, g, sizeof(*g));
		g = heir;
	}
}

/* The living end of a row of shells, or NULL; every shell on the way then points straight there. */
static struct group *heir_of(struct state *s, struct group *shell, int64_t *ret_tid)
{
	struct group *end = shell;
	int64_t tid = 0;

	while (end != NULL && end->dead) {
		tid = end->heir_tid;
		end = end->heir;
	}
	shell->refs++;
	while (shell->dead && shell->heir != end) {
		struct group *next = shell->heir; /* its reference becomes our hold on it */

		shell->heir = end;
		shell->heir_tid = tid;
		if (end != NULL) {
			end->refs++;
		}
		group_unref(s, shell);
		shell = next;
	}
	group_unref(s, shell);
	*ret_tid = tid;
	return end;
}

struct group *group_parent(struct state *s, struct group *g)
{
	struct group *p = g->parent;
	int64_t tid;

	if (p == NULL || !p->dead) {
		return p;
	}
	g->parent = heir_of(s, p, &tid);
	if (g->parent == g) {
		g->parent = NULL;
	}
	if (g->parent != NULL) {
		g->parent->refs++;
		g->ptid = tid;
	} else {
		g->ptid = 0;
	}
	group_unref(s, p);
	return g->parent;
}

void group_set_parent(struct state *s, struct group *g, struct group *parent)
{
	struct group *old = group_parent(s, g);

	if (parent == g) {
		parent = NULL;
	}
	if (old == parent) {
		return;
	}
	if (parent != NULL) {
		parent->refs++;
		parent->children++;
		if (g->row->parent == ID_NONE) {
			g->row->parent = parent->id;
			g->row->ppid = parent->pid >= 0 ? parent->pid : g->row->ppid;
		}
	}
	if (old != NULL) {
		old->children -= old->children > 0 ? 1 : 0;
		group_unref(s, old);
	}
	g->parent = parent;
}

static bool in_pidns(const struct group *g)
{
	return g->threads != NULL && (g->threads->view->flags & TV_IN_PIDNS) != 0;
}

static bool is_reaper(const struct group *g)
{
	return g->reaper || g->pid == 1 || (g->threads != NULL && g->threads->view->vpid == 1);
}

struct group *group_heir(struct state *s, struct group *g, int64_t reaper_tid, int64_t *ret_tid)
{
	struct task *t = reaper_tid > 0 ? task_find(s, reaper_tid) : NULL;
	struct group *p = g;

	if (t != NULL && t->group != g && !t->group->dead) {
		*ret_tid = reaper_tid;
		return t->group;
	}
	for (int i = 0; i < STATE_REAPER_STEPS; i++) {
		p = group_parent(s, p);
		if (p == NULL || p == g) {
			break;
		}
		if (is_reaper(p) && in_pidns(p) == in_pidns(g) && p->live > 0) {
			*ret_tid = p->pid;
			return p;
		}
	}
	*ret_tid = 0;
	return NULL;
}

static void drop_threads(struct state *s, struct group *g)
{
	while (g->threads != NULL) {
		struct task *t = g->threads;

		g->threads = t->next;
		task_discard(s, t);
	}
	g->leader = NULL;
	g->all = 0;
	g->live = 0;
}

void group_end(struct state *s, struct group *g, struct group *heir, int64_t heir_tid)
{
	struct group *parent = group_parent(s, g);

	group_note(s, g);
	if (parent != NULL) {
		parent->children -= parent->children > 0 ? 1 : 0;
	}
	if (group_find(s, g->pid) == g) {
		group_put_pid(s, g->pid, NULL);
	}
	drop_threads(s, g);
	fds_unref(s, g->fds);
	g->fds = NULL;
	str_unref(s, g->cwd);
	str_unref(s, g->root);
	if (g->prev != NULL) {
		g->prev->next = g->next;
	} else {
		s->groups = g->next;
	}
	if (g->next != NULL) {
		g->next->prev = g->prev;
	}
	g->dead = true;
	g->parent = NULL;
	if (heir != NULL && heir != g) {
		g->heir = heir;
		g->heir_tid = heir_tid;
		heir->refs++;
		heir->children += g->children;
	}
	if (g->refs > 1) {
		s->epoch++;
	}
	s->chain_stamp++;
	group_unref(s, g);
	group_unref(s, parent);
}

void group_set_cwd(struct state *s, struct group *g, const char *path, size_t len)
{
	if (str_equal(g->cwd, path, len)) {
		return;
	}
	str_set(s, &g->cwd, str_get(s, path, len));
	g->version++;
}

void group_own_fds(struct state *s, struct group *g)
{
	struct fd_table *own;

	if (g->fds->refs == 1) {
		return;
	}
	own = fds_copy(s, g->fds);
	if (own != NULL) {
		fds_unref(s, g->fds);
		g->fds = own;
	}
}

void group_note(struct state *s, struct group *g)
{
	struct task *t = g->leader != NULL ? g->leader : g->threads;
	struct process *row = g->row;
	const struct thread_view *v;

	if (row->first_ns == 0) {
		row->first_ns = g->first_ns;
	}
	row->last_ns = max_u64(row->last_ns, g->last_ns);
	if (t == NULL || row == &s->sink) {
		return;
	}
	if (t->seen_epoch != s->epoch || t->seen_version != g->version) {
		task_sync(s, t);
	}
	v = t->view;
	row->vpid = v->vpid;
	row->sid = v->sid;
	row->uid = v->uid;
	row->loginuid = v->loginuid;
	row->tty = v->tty;
	str_set(s, &row->comm, str_ref(v->comm));
	str_set(s, &row->exe, str_ref(v->image->exe));
	str_set(s, &row->exepath, str_ref(v->image->exepath));
	str_set(s, &row->args, str_ref(v->image->args));
	str_set(s, &row->cwd, str_ref(v->cwd));
	row->user_name = v->user_name;
	container_unref(s, row->container);
	row->container = container_ref(v->container);
}
