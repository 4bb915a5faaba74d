/*
 * refs.c - what text output and some fields need beside an event's own stamps: threads and
 * descriptors named by parameters, the ancestors, counts of the process.
 *
 * Writes pointers into the batch's refs in the order state.h gives; chains, counts and directory
 * names lie in the batch's arena. Fold only; only what the run asked for.
 */
#include <stdlib.h>

#include "events/text.h"
#include "readers/batch.h"
#include "state/state_internal.h"

static bool add_ref(struct state *s, const void *p)
{
	struct batch *b = s->batch;

	if (b->ref_count == b->ref_cap) {
		uint32_t cap = b->ref_cap != 0 ? b->ref_cap * 2 : 4096;
		const void **bigger = realloc(b->refs, cap * sizeof(*bigger));

		if (bigger == NULL) {
			s->oom = true;
			return false;
		}
		b->refs = bigger;
		b->ref_cap = cap;
	}
	b->refs[b->ref_count++] = p;
	return true;
}

/* ---- arguments ---- */

unsigned int state_ref_args(const struct event *ev)
{
	return text_ref_count(ev);
}

static const void *thread_ref(struct state *s, const struct event *ev, unsigned int i)
{
	int64_t tid;
	struct task *t;

	if (!event_int(ev, i, &tid) || tid < 0) {
		return NULL;
	}
	t = task_find(s, tid);
	return t != NULL ? task_publish(s, t) : NULL;
}

static const void *fd_ref(const struct event *ev, const struct task *t, unsigned int i)
{
	int64_t fd;

	if (t == NULL || !event_int(ev, i, &fd)) {
		return NULL;
	}
	return fds_get(task_fds(t), fd);
}

static const void *name_ref(const struct state *s, const struct event *ev, const struct task *t,
			    unsigned int i, bool group)
{
	const struct container *c = t != NULL ? t->container : NULL;
	const struct str *name;
	uint32_t id;

	if (!event_u32(ev, i, &id)) {
		return NULL;
	}
	name = group ? user_group_find(s, c, id) : user_find(s, c, id);
	return name->len > 0 ? name : NULL;
}

/* The directory's name as a string of this batch. */
static const void *base_ref(struct state *s, const struct event *ev, const struct task *t,
			    int dirfd_at)
{
	const struct fd_view *dir;
	struct str *x;
	int64_t fd;

	if (t == NULL || dirfd_at < 0 || !event_int(ev, (unsigned int)dirfd_at, &fd)) {
		return NULL;
	}
	if (fd == PPM_AT_FDCWD) {
		return t->view->cwd->len > 0 ? t->view->cwd : NULL;
	}
	dir = fds_get(task_fds(t), fd);
	if (dir == NULL || dir->name_len == 0) {
		return NULL;
	}
	x = arena_alloc(&s->batch->arena, sizeof(*x) + dir->name_len + 2);
	if (x == NULL) {
		s->oom = true;
		return NULL;
	}
	x->refs = 1;
	x->len = dir->name_len;
	memcpy(x->s, dir->name, dir->name_len);
	if (x->s[x->len - 1] != '/') {
		x->s[x->len++] = '/';
	}
	x->s[x->len] = '\0';
	return x;
}

static void fdlist_refs(struct state *s, const struct event *ev, const struct task *t,
			unsigned int i)
{
	struct param v = event_param(ev, i);
	unsigned int n = text_fdlist_count(v);

	for (unsigned int k = 0; k < n; k++) {
		int64_t fd = (int64_t)load_le64(v.p + 2 + k * 10);

		add_ref(s, t != NULL ? fds_get(task_fds(t), fd) : NULL);
	}
}

static const void *object_ref(struct state *s, const struct event *ev, const struct task *t,
			      const struct schema_ref *ref)
{
	switch (ref->kind) {
	case REF_THREAD: return thread_ref(s, ev, ref->param);
	case REF_FD: return fd_ref(ev, t, ref->param);
	case REF_USER:
	case REF_GROUP: return name_ref(s, ev, t, ref->param, ref->kind == REF_GROUP);
	case REF_DIR:
		return base_ref(s, ev, t, schema_events[ev->type].params[ref->param].dirfd_param);
	default: return NULL;
	}
}

static void arg_refs(struct state *s, const struct event *ev, const struct task *t)
{
	const struct schema_refs *refs = &schema_refs[ev->type];

	for (unsigned int i = 0; i < refs->count; i++) {
		if (refs->rows[i].kind == REF_FDLIST) {
			fdlist_refs(s, ev, t, refs->rows[i].param);
		} else {
			add_ref(s, object_ref(s, ev, t, &refs->rows[i]));
		}
	}
}

/* ---- ancestors ---- */

static struct task *head_of(const struct group *g)
{
	return g->leader != NULL ? g->leader : g->threads;
}

/* The process with that number, as its first thread is now. */
static const struct thread_view *leader_view(struct state *s, int64_t pid)
{
	const struct group *g = pid > 0 ? group_find(s, pid) : NULL;

	return g != NULL && head_of(g) != NULL ? task_publish(s, head_of(g)) : NULL;
}

/* The group's ancestors and leaders; shared by its events of this batch until some view changes. */
static const struct ref_chain *chain_of(struct state *s, struct group *g)
{
	const struct thread_view *up[STATE_ANCESTORS_MAX];
	struct ref_chain *chain;
	const struct thread_view *session = NULL, *vgroup = NULL, *group = NULL;
	struct group *p = group_parent(s, g);
	uint32_t n = 0;

	if (g->chain != NULL && g->chain_stamp == s->chain_stamp) {
		return g->chain;
	}
	while (p != NULL && p != g && n < STATE_ANCESTORS_MAX && head_of(p) != NULL) {
		up[n++] = task_publish(s, head_of(p));
		p = group_parent(s, p);
	}
	if (head_of(g) != NULL && (head_of(g)->view->flags & TV_IN_PIDNS) == 0) {
		session = leader_view(s, g->sid);
		vgroup = leader_view(s, g->vpgid);
		group = leader_view(s, g->pgid);
	}
	chain = arena_alloc(&s->batch->arena, sizeof(*chain) + n * sizeof(chain->up[0]));
	if (chain == NULL) {
		s->oom = true;
		return NULL;
	}
	chain->count = n;
	chain->session = session;
	chain->vgroup = vgroup;
	chain->group = group;
	memcpy(chain->up, up, n * sizeof(up[0]));
	/* task_publish may have made views: the stamp is that of afterwards. */
	g->chain = chain;
	g->chain_stamp = s->chain_stamp;
	return chain;
}

/* Its fd has another name since this event, or its first one: what opens or accepts names it too. */
static bool changes_name(const struct state *s, const struct event *ev)
{
	bool creates = (ev->flags & EVENT_UNKNOWN_TYPE) == 0 &&
		       (schema_events[ev->type].flags & EF_CREATES_FD) != 0;

	return s->renamed ||
	       (creates && ev->fd != NULL && ev->fd->name_len > 0 && ev->fd->open_ns == ev->ts_ns);
}

static const struct ref_counts *counts_of(struct state *s, const struct event *ev,
					  const struct task *t)
{
	const struct group *g = t->group;
	const struct user_row *user = user_row_find(s, t->container, t->view->uid);
	struct ref_counts *c = arena_alloc(&s->batch->arena, sizeof(*c));

	if (c == NULL) {
		s->oom = true;
		return NULL;
	}
	c->threads = g->live;
	c->children = g->children;
	c->open_fds = g->fds->used;
	for (int64_t fd = 0; fd < 3; fd++) {
		c->std[fd] = fds_get(g->fds, fd);
	}
	c->fd_types = fds_types(g->fds);
	c->name_changed = changes_name(s, ev);
	c->user_home = user != NULL && user->home != NULL ? user->home : s->empty;
	c->user_shell = user != NULL && user->shell != NULL ? user->shell : s->empty;
	c->has_slice = s->has_slice;
	c->slice_ns = s->slice_ns;
	c->thread_cpu_ns = t->cpu_ns;
	c->has_sample = s->has_sample;
	c->sample_user_ns = s->sample_user_ns;
	c->sample_system_ns = s->sample_system_ns;
	return c;
}

/* The arguments as stored: enter and exit each for itself. */
static void raw_refs(struct state *s, const struct event *ev, const struct task *t)
{
	struct event raw = *ev;

	raw.type = ev->stored_type;
	raw.conv = 0;
	raw.nparams = ev->stored_nparams;
	arg_refs(s, &raw, t);
}

void refs_stamp(struct state *s, struct event *ev, struct task *t)
{
	uint32_t at = s->batch->ref_count;

	if (s->batch->hidden != NULL && (ev->flags & EVENT_UNKNOWN_TYPE) == 0 && s->batch->hidden[ev->type] != 0) {
		ev->refs = EVENT_NO_REFS;
		return;
	}
	if ((ev->flags & EVENT_UNKNOWN_TYPE) == 0 && (s->wants & WANT_REFS) != 0) {
		if ((s->wants & WANT_RAW) != 0) {
			raw_refs(s, ev, t);
		} else if ((ev->flags & EVENT_SHOWN) != 0) {
			arg_refs(s, ev, t);
		}
	}
	if (t != NULL && (s->wants & WANT_ANCESTORS) != 0) {
		add_ref(s, chain_of(s, t->group));
	}
	if (t != NULL && (s->wants & WANT_COUNTS) != 0) {
		add_ref(s, counts_of(s, ev, t));
	}
	s->renamed = s->has_slice = s->has_sample = false;
	ev->refs = s->batch->ref_count > at ? at : EVENT_NO_REFS;
}
