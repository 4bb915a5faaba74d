/*
 * tasks.c - the table of live threads, their views, and placeholders for unknown ones.
 *
 * Thread ids index a table of pages directly; numbers above Linux' highest pid go to a map. A
 * view is replaced when something in it changes, in place while no event has it yet. Fold only.
 */
#include "state/state_internal.h"

/* ---- lookup ---- */

static bool is_near(int64_t id)
{
	return (uint64_t)id < (uint64_t)TID_PAGES * TID_PAGE;
}

uint64_t key_mix(const struct state *s, uint64_t x)
{
	x ^= s->strs.seed;
	x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
	return x ^ (x >> 31);
}

struct task *task_find_slow(const struct state *s, int64_t tid)
{
	return tid < 0 ? NULL : (struct task *)map_get(&s->far_threads, key_mix(s, (uint64_t)tid));
}

struct group *group_find(const struct state *s, int64_t pid)
{
	const struct tid_slot *page;

	if (pid < 0) {
		return NULL;
	}
	if (!is_near(pid)) {
		return (struct group *)map_get(&s->far_groups, key_mix(s, (uint64_t)pid));
	}
	page = s->pages[(uint64_t)pid / TID_PAGE];
	return page != NULL ? page[(uint64_t)pid % TID_PAGE].group : NULL;
}

static struct tid_slot *slot_of(struct state *s, int64_t id)
{
	struct tid_slot **page = &s->pages[(uint64_t)id / TID_PAGE];

	if (*page == NULL) {
		*page = slab_alloc(&s->slab, TID_PAGE * sizeof(**page));
		if (*page == NULL) {
			s->oom = true;
			return NULL;
		}
		memset(*page, 0, TID_PAGE * sizeof(**page));
	}
	return &(*page)[(uint64_t)id % TID_PAGE];
}

static bool far_set(struct state *s, struct map *m, int64_t id, void *p)
{
	if (p == NULL) {
		map_del(m, key_mix(s, (uint64_t)id));
	} else if (map_set(m, key_mix(s, (uint64_t)id), (uintptr_t)p) != 0) {
		s->oom = true;
		return false;
	}
	return true;
}

static bool put_thread(struct state *s, int64_t tid, struct task *t)
{
	struct tid_slot *slot;

	if (!is_near(tid)) {
		return far_set(s, &s->far_threads, tid, t);
	}
	slot = slot_of(s, tid);
	if (slot != NULL) {
		slot->thread = t;
	}
	return slot != NULL;
}

bool group_put_pid(struct state *s, int64_t pid, struct group *g)
{
	struct tid_slot *slot;

	if (pid < 0) {
		return true;
	}
	if (!is_near(pid)) {
		return far_set(s, &s->far_groups, pid, g);
	}
	slot = slot_of(s, pid);
	if (slot != NULL) {
		slot->group = g;
	}
	return slot != NULL;
}

/* ---- views ---- */

static struct thread_view *view_new(struct state *s, int64_t tid)
{
	struct thread_view *v = slab_alloc(&s->slab, sizeof(*v));

	if (v == NULL) {
		s->oom = true;
		return NULL;
	}
	memset(v, 0, sizeof(*v));
	v->refs = 1;
	v->process = ID_NONE;
	v->tid = tid;
	v->pid = v->ptid = v->vtid = v->vpid = v->sid = v->vpgid = v->pgid = -1;
	v->uid = v->gid = v->loginuid = UID_NONE;
	v->fdlimit = -1;
	v->comm = v->cwd = v->root = s->empty;
	v->user_name = v->group_name = v->login_name = s->empty;
	v->image = image_ref(s->no_image);
	return v;
}

/* user names live as long as the state: they are not counted. */
static void view_ref_parts(const struct thread_view *v)
{
	str_ref(v->comm);
	str_ref(v->cwd);
	str_ref(v->root);
	image_ref(v->image);
	container_ref(v->container);
}

void thread_view_free(struct state *s, struct thread_view *v)
{
	str_unref(s, v->comm);
	str_unref(s, v->cwd);
	str_unref(s, v->root);
	image_unref(s, v->image);
	container_unref(s, v->container);
	slab_free(&s->slab, v, sizeof(*v));
}

static void view_drop(struct state *s, struct task *t)
{
	if (t->fresh) {
		thread_view_free(s, t->view);
	} else {
		retire(s, t->view, RETIRED_THREAD);
	}
}

struct thread_view *task_edit(struct state *s, struct task *t)
{
	struct thread_view *v;

	if (t->fresh) {
		return t->view;
	}
	v = slab_alloc(&s->slab, sizeof(*v));
	if (v == NULL) {
		s->oom = true;
		return NULL;
	}
	memcpy(v, t->view, sizeof(*v));
	view_ref_parts(v);
	view_drop(s, t);
	t->view = v;
	t->fresh = true;
	s->chain_stamp++;
	return v;
}

void task_set_image(struct state *s, struct thread_view *v, const struct image *im)
{
	const struct image *old = v->image;

	v->image = im;
	image_unref(s, old);
}

static void sync_container(struct state *s, struct thread_view *v,
			   const struct container_view *want)
{
	const struct container_view *old = v->container;

	v->container = want != NULL ? container_ref(want) : NULL;
	container_unref(s, old);
}

static void sync_names(const struct state *s, const struct task *t, struct thread_view *v)
{
	v->user_name = user_find(s, t->container, v->uid);
	v->group_name = user_group_find(s, t->container, v->gid);
	v->login_name = user_find(s, t->container, v->loginuid);
}

/* What views of all threads of a group show alike. */
static void sync_group(struct state *s, const struct group *g, struct thread_view *v)
{
	if (v->cwd != g->cwd) {
		str_set(s, &v->cwd, str_ref(g->cwd));
	}
	if (v->root != g->root) {
		str_set(s, &v->root, str_ref(g->root));
	}
	v->pid = g->pid;
	v->ptid = g->ptid;
	v->sid = g->sid;
	v->vpgid = g->vpgid;
	v->pgid = g->pgid;
	v->fdlimit = g->fdlimit;
	v->process = g->id;
	if (v->tid == g->pid) {
		v->flags |= TV_MAIN;
	}
}

static bool view_is_stale(const struct state *s, const struct task *t)
{
	const struct thread_view *v = t->view;
	const struct container_view *want = t->container != NULL ? t->container->view : NULL;

	return t->seen_version != t->group->version || v->ptid != t->group->ptid ||
	       v->container != want || v->user_name != user_find(s, t->container, v->uid) ||
	       v->group_name != user_group_find(s, t->container, v->gid) ||
	       v->login_name != user_find(s, t->container, v->loginuid);
}

void task_sync(struct state *s, struct task *t)
{
	struct thread_view *v;

	group_parent(s, t->group);
	if (view_is_stale(s, t)) {
		v = task_edit(s, t);
		if (v == NULL) {
			return;
		}
		sync_group(s, t->group, v);
		sync_container(s, v, t->container != NULL ? t->container->view : NULL);
		sync_names(s, t, v);
	}
	t->seen_epoch = s->epoch;
	t->seen_version = t->group->version;
}

/* ---- birth and death of records ---- */

struct task *task_add(struct state *s, int64_t tid)
{
	struct task *t;

	if (tid < 0) {
		return NULL;
	}
	if (s->thread_count >= LIMIT_THREADS || state_full(s)) {
		s->counts.thread_evictions++;
		return NULL;
	}
	t = slab_alloc(&s->slab, sizeof(*t));
	if (t == NULL) {
		s->oom = true;
		return NULL;
	}
	memset(t, 0, sizeof(*t));
	t->tid = tid;
	t->fresh = true;
	t->sample_user_ns = t->sample_system_ns = UINT64_MAX;
	t->view = view_new(s, tid);
	if (t->view == NULL || !put_thread(s, tid, t)) {
		slab_free(&s->slab, t->view, sizeof(*t->view));
		slab_free(&s->slab, t, sizeof(*t));
		return NULL;
	}
	s->thread_count++;
	return t;
}

struct task *task_get(struct state *s, int64_t tid)
{
	struct task *t = task_find(s, tid);
	struct group *g;

	if (t != NULL || tid < 0) {
		return t;
	}
	t = task_add(s, tid);
	if (t == NULL) {
		return NULL;
	}
	g = group_add(s, -1);
	if (g == NULL) {
		task_discard(s, t);
		return NULL;
	}
	task_move(s, t, g);
	s->counts.unknown_threads++;
	return t;
}

void task_discard(struct state *s, struct task *t)
{
	pair_drop(s, t);
	if (t->listed != 0) {
		s->enters[t->listed - 1] = NULL;
	}
	if (s->last == t) {
		s->last = NULL;
	}
	if (task_find(s, t->tid) == t) {
		put_thread(s, t->tid, NULL);
	}
	view_drop(s, t);
	s->chain_stamp++;
	s->thread_count--;
	slab_free(&s->slab, t, sizeof(*t));
}

static void unlink_thread(struct task *t)
{
	struct group *g = t->group;

	if (t->prev != NULL) {
		t->prev->next = t->next;
	} else {
		g->threads = t->next;
	}
	if (t->next != NULL) {
		t->next->prev = t->prev;
	}
	g->all--;
	if (!t->dead) {
		g->live--;
	}
	if (g->leader == t) {
		g->leader = NULL;
	}
	t->group = NULL;
}

void task_remove(struct state *s, struct task *t)
{
	struct group *g = t->group;

	if (g->all == 1 && !g->dead) {
		int64_t heir_tid = 0;
		struct group *heir = group_heir(s, g, -1, &heir_tid);

		group_end(s, g, heir, heir_tid);
		return;
	}
	pair_drop(s, t);
	unlink_thread(t);
	task_discard(s, t);
}

/* From one group to another; an emptied group is gone without an exit. */
void task_move(struct state *s, struct task *t, struct group *g)
{
	struct group *old = t->group;

	if (old == g) {
		return;
	}
	if (old != NULL) {
		unlink_thread(t);
		if (old->all == 0) {
			group_end(s, old, g, t->tid);
		}
	}
	t->group = g;
	t->prev = NULL;
	t->next = g->threads;
	if (t->next != NULL) {
		t->next->prev = t;
	}
	g->threads = t;
	g->all++;
	if (!t->dead) {
		g->live++;
	}
	g->row->threads++;
	if (t->tid == g->pid) {
		g->leader = t;
	}
	t->seen_version = g->version - 1;
}

void task_set_pid(struct state *s, struct task *t, int64_t pid)
{
	struct group *g = t->group;
	struct group *other;

	if (pid < 0 || g->pid == pid) {
		return;
	}
	other = group_find(s, pid);
	if (other == NULL && g->pid >= 0) {
		other = group_add(s, pid);
		if (other == NULL) {
			return;
		}
	}
	if (other != NULL) {
		task_move(s, t, other);
		return;
	}
	if (!group_put_pid(s, pid, g)) {
		return;
	}
	g->pid = pid;
	g->row->pid = pid;
	if (t->tid == pid) {
		g->leader = t;
	}
	g->version++;
}
