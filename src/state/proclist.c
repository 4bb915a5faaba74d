/*
 * proclist.c - process list blocks, versions 1 to 9: the threads there were when the capture
 * began.
 *
 * V1 to V8 entries have no length, so an entry that does not fit ends the block; V9 entries carry
 * theirs and grow at the end. Fold only.
 */
#include "base/cursor.h"
#include "readers/batch.h"
#include "readers/source.h"
#include "state/state_internal.h"

/* R of the last V9 entries without the two fields that libs 0.10 put in the middle. */
#define OLD_TAIL_MAX 29u

struct entry {
	int64_t tid, pid, ptid, sid, vpgid, vtid, vpid, pgid, fdlimit;
	struct param comm, exe, exepath, args, cwd, env, cgroups, root;
	uint32_t flags, uid, gid, vmsize, vmrss, vmswap, tty, loginuid;
	uint64_t pfmajor, pfminor, pidns_start;
	uint8_t writable, upper, lower, memfd;
	uint64_t caps[3];
	uint64_t exe_ino, exe_ctime, exe_mtime;
};

static struct param take_list(struct cursor *c, bool be)
{
	uint16_t len = cur_u16(c, be);
	struct param v = { cur_take(c, len), len };

	if (v.p == NULL) {
		v.len = 0;
	}
	return v;
}

static struct param take_text(struct cursor *c, bool be)
{
	struct param v = take_list(c, be);

	if (v.p != NULL) {
		v.len = (uint32_t)strnlen((const char *)v.p, v.len);
	}
	return v;
}

static struct param strip_nul(struct param v)
{
	if (v.len > 0 && v.p[v.len - 1] == '\0') {
		v.len--;
	}
	return v;
}

/* ---- fields ---- */

static bool has(const struct cursor *c, size_t n)
{
	return c->left >= n;
}

/* What newer writers appended; each only when it fits. */
static void read_tail(struct cursor *c, bool be, struct entry *e)
{
	if (c->left > OLD_TAIL_MAX) {
		e->pidns_start = cur_u64(c, be);
		e->tty = cur_u32(c, be);
	}
	if (has(c, 4)) {
		e->loginuid = cur_u32(c, be);
	}
	if (has(c, 1)) {
		e->writable = cur_u8(c);
	}
	for (int i = 0; i < 3 && has(c, 8); i++) {
		e->caps[i] = cur_u64(c, be);
	}
	if (has(c, 1)) {
		e->upper = cur_u8(c);
	}
	if (has(c, 24)) {
		e->exe_ino = cur_u64(c, be);
		e->exe_ctime = cur_u64(c, be);
		e->exe_mtime = cur_u64(c, be);
	}
	if (has(c, 1)) {
		e->memfd = cur_u8(c);
	}
	if (has(c, 1)) {
		e->lower = cur_u8(c);
	}
	if (has(c, 8)) {
		e->pgid = (int64_t)cur_u64(c, be);
	}
}

static void read_names(struct cursor *c, bool be, int version, struct entry *e)
{
	e->tid = (int64_t)cur_u64(c, be);
	e->pid = (int64_t)cur_u64(c, be);
	e->ptid = (int64_t)cur_u64(c, be);
	if (version >= 6) {
		e->sid = (int64_t)cur_u64(c, be);
	}
	if (version >= 8) {
		e->vpgid = (int64_t)cur_u64(c, be);
	}
	e->comm = take_text(c, be);
	e->exe = take_text(c, be);
	if (version >= 7) {
		e->exepath = take_text(c, be);
	}
	e->args = take_list(c, be);
	e->cwd = take_text(c, be);
}

static void read_numbers(struct cursor *c, bool be, int version, struct entry *e)
{
	e->fdlimit = (int64_t)cur_u64(c, be);
	e->flags = cur_u32(c, be);
	e->uid = cur_u32(c, be);
	e->gid = cur_u32(c, be);
	if (version >= 2) {
		e->vmsize = cur_u32(c, be);
		e->vmrss = cur_u32(c, be);
		e->vmswap = cur_u32(c, be);
		e->pfmajor = cur_u64(c, be);
		e->pfminor = cur_u64(c, be);
	}
	if (version >= 3) {
		e->env = take_list(c, be);
	}
	if (version >= 4) {
		e->vtid = (int64_t)cur_u64(c, be);
		e->vpid = (int64_t)cur_u64(c, be);
		e->cgroups = take_list(c, be);
	}
	if (version >= 5) {
		e->root = take_text(c, be);
	}
	if (version >= 9 && !c->bad) {
		read_tail(c, be, e);
	}
}

static bool read_entry(struct cursor *c, bool be, int version, struct entry *e)
{
	memset(e, 0, sizeof(*e));
	e->sid = e->vpgid = e->pgid = e->vtid = e->vpid = -1;
	e->loginuid = UID_NONE;
	read_names(c, be, version, e);
	read_numbers(c, be, version, e);
	return !c->bad;
}

/* ---- threads ---- */

static const struct str *entry_path(struct state *s, struct param path)
{
	static const char deleted[] = " (deleted)";
	const size_t cut = sizeof(deleted) - 1;

	if (path.len > cut && memcmp(path.p + path.len - cut, deleted, cut) == 0) {
		path.len -= (uint32_t)cut;
	}
	return str_name(s, path.p, path.len);
}

static void entry_image(struct state *s, const struct entry *e, const struct task *t,
			struct thread_view *v)
{
	const struct task *leader = t->group->leader;
	const struct image *like =
		leader != NULL && leader != t ? leader->view->image : s->no_image;
	struct param args = strip_nul(e->args);
	struct param env = strip_nul(e->env);
	const struct str *env_str;

	if (env.len == 0 || str_equal(like->env, env.p, env.len)) {
		env_str = str_ref(like->env);
	} else {
		env_str = str_plain(s, env.p, env.len);
	}
	task_set_image(s, v,
		       image_get(s, like, &e->exe, entry_path(s, e->exepath), &args, env_str,
				 cgroups_get(s, strip_nul(e->cgroups))));
}

/* The group's cwd, limits and parent are those of its leader's entry. */
static void entry_group(struct state *s, const struct entry *e, struct group *g)
{
	size_t n = min_u64(e->cwd.len, LIMIT_PATH_BYTES - 1);

	if (n > 0) {
		memcpy(s->path, e->cwd.p, n);
		if (s->path[n - 1] != '/') {
			s->path[n++] = '/';
		}
		group_set_cwd(s, g, s->path, n);
	}
	str_set(s, &g->root, str_name(s, e->root.p, e->root.len));
	g->ptid = e->ptid;
	g->sid = e->sid;
	g->vpgid = e->vpgid;
	g->pgid = e->pgid;
	g->fdlimit = e->fdlimit;
	g->row->ppid = e->ptid;
	g->row->from_scan = true;
	g->row->known = true;
	g->version++;
}

static void entry_view(struct state *s, const struct entry *e, struct task *t,
		       struct thread_view *v)
{
	entry_image(s, e, t, v);
	str_set(s, &v->comm, str_name(s, e->comm.p, e->comm.len));
	v->vtid = e->vtid;
	v->vpid = e->vpid;
	v->uid = e->uid;
	v->gid = e->gid;
	v->loginuid = e->loginuid;
	v->tty = e->tty;
	v->pidns_start_ns = e->pidns_start;
	v->clone_flags = e->flags | PPM_CL_ACTIVE;
	v->cap_inheritable = e->caps[0];
	v->cap_permitted = e->caps[1];
	v->cap_effective = e->caps[2];
	v->exe_ino = e->exe_ino;
	v->exe_ctime_ns = e->exe_ctime;
	v->exe_mtime_ns = e->exe_mtime;
	v->vmsize_kb = e->vmsize;
	v->vmrss_kb = e->vmrss;
	v->vmswap_kb = e->vmswap;
	v->pfmajor = e->pfmajor;
	v->pfminor = e->pfminor;
	v->flags |= TV_KNOWN | TV_FROM_SCAN;
	v->flags |= (e->flags & PPM_CL_IS_MAIN_THREAD) != 0 ? TV_MAIN : 0;
	if ((e->flags & PPM_CL_CHILD_IN_PIDNS) != 0 || (e->vtid >= 0 && e->vtid != e->tid)) {
		v->flags |= TV_IN_PIDNS;
	}
	v->flags |= e->writable != 0 ? TV_EXE_WRITABLE : 0;
	v->flags |= e->upper != 0 ? TV_EXE_UPPER : 0;
	v->flags |= e->lower != 0 ? TV_EXE_LOWER : 0;
	v->flags |= e->memfd != 0 ? TV_EXE_MEMFD : 0;
}

static struct task *entry_thread(struct state *s, const struct entry *e)
{
	struct task *t = task_find(s, e->tid);
	struct group *g;

	if (t != NULL) {
		task_remove(s, t);
	}
	t = task_add(s, e->tid);
	if (t == NULL) {
		return NULL;
	}
	g = group_find(s, e->pid);
	if (g == NULL) {
		g = group_add(s, e->pid >= 0 ? e->pid : -1);
	}
	if (g == NULL) {
		task_discard(s, t);
		return NULL;
	}
	task_move(s, t, g);
	return t;
}

static void entry_add(struct state *s, const struct entry *e)
{
	struct task *t = entry_thread(s, e);
	struct thread_view *v;

	if (t == NULL) {
		return;
	}
	v = task_edit(s, t);
	if (v == NULL) {
		return;
	}
	if (t->tid == t->group->pid || t->group->all == 1) {
		entry_group(s, e, t->group);
	}
	entry_view(s, e, t, v);
	t->container = container_of_cgroups(s, v->image);
	t->known = true;
	t->seen_version = t->group->version - 1;
}

void meta_processes(struct state *s, const struct meta_block *m, int version)
{
	struct cursor c = cur_make(m->body, m->body_len);
	bool be = s->section->big_endian;

	s->scan_pending = true;
	while (c.left >= 4) {
		size_t left = c.left;
		struct cursor entry = c;
		struct entry e;
		bool ok;

		if (version >= 9) {
			uint32_t len = cur_u32(&c, be);

			if (len < 4) {
				meta_malformed(s, m, left,
					       "process entry shorter than its own length");
				return;
			}
			entry = cur_sub(&c, len - 4);
		}
		ok = read_entry(&entry, be, version, &e);
		if (version < 9) {
			c = entry;
		}
		if (!ok) {
			meta_malformed(s, m, left, "process entry does not fit");
			if (version < 9 || c.bad) {
				return;
			}
			continue;
		}
		if (e.tid >= 0) {
			entry_add(s, &e);
		}
	}
}

/* ---- after all lists ---- */

static void take_env(struct state *s, struct task *t, const struct str *env)
{
	const struct image *im = t->view->image;
	const struct image *like = t->group->leader->view->image;
	struct param exe = { (const uint8_t *)im->exe->s, im->exe->len };
	struct param args = { (const uint8_t *)im->args->s, im->args->len };
	struct thread_view *v = task_edit(s, t);

	if (v != NULL) {
		task_set_image(s, v,
			       image_get(s, like, &exe, str_ref(im->exepath), &args, str_ref(env),
					 str_ref(im->cgroups)));
	}
}

void scan_share_env(struct state *s)
{
	for (struct group *g = s->groups; g != NULL; g = g->next) {
		const struct str *env = g->leader != NULL ? g->leader->view->image->env : s->empty;

		if (env->len == 0) {
			continue;
		}
		for (struct task *t = g->threads; t != NULL; t = t->next) {
			if (t->view->image->env->len == 0) {
				take_env(s, t, env);
			}
		}
	}
}
