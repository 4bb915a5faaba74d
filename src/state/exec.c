/*
 * exec.c - a process becomes another program, and a thread ends.
 *
 * The exit event of execve has everything but cwd and descriptors. procexit marks its thread
 * dead; the record goes after the event was stamped. Fold only.
 */
#include "state/state_internal.h"

/* ---- which file was executed ---- */

static bool at_empty_path(const struct event *enter)
{
	struct param flags = event_stored_param(enter, 2);

	return flags.len >= 4 && (load_le32(flags.p) & PPM_EXVAT_AT_EMPTY_PATH) != 0;
}

/* Path by execveat's enter event: dirfd, pathname, flags. */
static size_t path_of_execveat(struct state *s, const struct task *t, const struct event *enter)
{
	char scratch[LIMIT_PATH_BYTES + 2];
	struct param dirfd = event_stored_param(enter, 0);
	struct param raw = event_stored_param(enter, 1);
	struct param name = param_text(raw);
	int64_t fd = dirfd.len >= 8 ? (int64_t)load_le64(dirfd.p) : PPM_AT_FDCWD;
	const struct fd_view *dir = fds_get(task_fds(t), fd);
	const char *base;
	size_t base_len;

	if (name.len == 0 && at_empty_path(enter)) {
		if (dir == NULL) {
			return 0;
		}
		memcpy(s->path, dir->name, dir->name_len);
		return dir->name_len;
	}
	if (name.p == NULL) {
		return 0;
	}
	if (name.p[0] != '/' && fd != PPM_AT_FDCWD && dir == NULL) {
		return 0;
	}
	path_base(t, fd, scratch, &base, &base_len);
	return path_join(s->path, base, base_len, (const char *)name.p, name.len);
}

static size_t path_of_filename(struct state *s, const struct task *t, struct param name)
{
	const struct str *cwd = t->group->cwd;

	if (name.p == NULL) {
		return 0;
	}
	return path_join(s->path, cwd->s, cwd->len, (const char *)name.p, name.len);
}

/* A reference; "" unknown. The kernel's own view first, then what the enter event asked for. */
static const struct str *exec_path(struct state *s, const struct task *t, const struct params *ps)
{
	static const char deleted[] = " (deleted)";
	const size_t cut = sizeof(deleted) - 1;
	struct param trusted = params_text(ps, 27);
	size_t n;

	if (trusted.p != NULL) {
		if (trusted.len > cut && memcmp(trusted.p + trusted.len - cut, deleted, cut) == 0) {
			trusted.len -= (uint32_t)cut;
		}
		return str_name(s, trusted.p, trusted.len);
	}
	if (s->at_enter != NULL && s->at_enter->stored_type == EV_SYSCALL_EXECVEAT_E) {
		n = path_of_execveat(s, t, s->at_enter);
		return str_get(s, s->path, n);
	}
	if (params_text(ps, 30).p != NULL) {
		n = path_of_filename(s, t, params_text(ps, 30));
		return str_get(s, s->path, n);
	}
	if (s->at_enter != NULL) {
		n = path_of_filename(s, t, param_text(event_stored_param(s->at_enter, 0)));
		return str_get(s, s->path, n);
	}
	return str_ref(t->view->image->exepath);
}

/* ---- the new program ---- */

static void exec_image(struct state *s, struct task *t, const struct params *ps,
		       struct thread_view *v)
{
	const struct image *old = v->image;
	struct param exe = params_text(ps, 1);
	struct param args = params_list(ps, 2);
	struct param env = params_list(ps, 15);
	const struct str *path = exec_path(s, t, ps);
	const struct str *env_str = env.p != NULL && !str_equal(old->env, env.p, env.len)
					    ? str_plain(s, env.p, env.len)
					    : str_ref(old->env);

	task_set_image(s, v,
		       image_get(s, old, &exe, path, &args, env_str, birth_cgroups(s, ps, old)));
}

static void exec_flags(uint32_t flags, struct thread_view *v)
{
	const uint32_t kept =
		PPM_CL_PIPE_SRC | PPM_CL_PIPE_DST | PPM_CL_IS_MAIN_THREAD | PPM_CL_CLONE_INVERTED;

	v->clone_flags = (v->clone_flags & kept) | PPM_CL_ACTIVE | PPM_CL_NAME_CHANGED;
	v->flags &=
		~(uint32_t)(TV_EXE_WRITABLE | TV_EXE_UPPER | TV_EXE_LOWER | TV_EXE_MEMFD | TV_DEAD);
	v->flags |= TV_KNOWN;
	v->flags |= (flags & PPM_EXE_WRITABLE) != 0 ? TV_EXE_WRITABLE : 0;
	v->flags |= (flags & PPM_EXE_UPPER_LAYER) != 0 ? TV_EXE_UPPER : 0;
	v->flags |= (flags & PPM_EXE_LOWER_LAYER) != 0 ? TV_EXE_LOWER : 0;
	v->flags |= (flags & PPM_EXE_FROM_MEMFD) != 0 ? TV_EXE_MEMFD : 0;
}

static void exec_view(struct state *s, const struct event *ev, struct task *t,
		      const struct params *ps, struct thread_view *v)
{
	struct param comm = birth_comm(ps);

	exec_image(s, t, ps, v);
	str_set(s, &v->comm, str_name(s, comm.p, comm.len));
	v->exec_ns = ev->ts_ns;
	birth_memory(ps, v);
	v->tty = params_u32(ps, 16, v->tty);
	v->loginuid = params_u32(ps, 18, v->loginuid);
	v->cap_inheritable = params_u64(ps, 20, v->cap_inheritable);
	v->cap_permitted = params_u64(ps, 21, v->cap_permitted);
	v->cap_effective = params_u64(ps, 22, v->cap_effective);
	v->exe_ino = params_u64(ps, 23, v->exe_ino);
	v->exe_ctime_ns = params_u64(ps, 24, v->exe_ctime_ns);
	v->exe_mtime_ns = params_u64(ps, 25, v->exe_mtime_ns);
	v->uid = params_u32(ps, 26, v->uid);
	v->gid = params_u32(ps, 29, v->gid);
	exec_flags(params_u32(ps, 19, 0), v);
	if (v->vtid < 0) {
		v->vtid = t->tid;
		v->vpid = t->group->pid;
	}
}

static void exec_group(struct state *s, struct task *t, const struct params *ps)
{
	struct group *g = t->group;

	g->fdlimit = params_s64(ps, 7, g->fdlimit);
	g->vpgid = params_s64(ps, 17, g->vpgid);
	g->pgid = params_s64(ps, 28, g->pgid);
	group_own_fds(s, g);
	fds_remove_cloexec(s, g->fds);
	/* The other threads are gone with the old program, whether their exits were seen or not. */
	for (struct task *x = g->threads; x != NULL && g->all > 1;) {
		struct task *next = x->next;

		if (x != t) {
			task_remove(s, x);
		}
		x = next;
	}
	g->version++;
}

/* A placeholder becomes known by its exec. */
static void exec_reveal(struct state *s, struct task *t, const struct params *ps)
{
	int64_t ptid = params_s64(ps, 5, -1);
	struct task *parent = task_get(s, ptid);

	t->known = true;
	t->group->row->known = true;
	t->group->row->ppid = ptid;
	if (parent != NULL && parent->group != t->group) {
		group_set_parent(s, t->group, parent->group);
	}
	t->group->ptid = ptid;
}

void effect_execve(struct state *s, struct event *ev, struct task *t)
{
	struct params ps;
	struct thread_view *v;
	int64_t pid;

	params_load(ev, &ps);
	if ((ev->flags & EVENT_HAS_RES) == 0) {
		return;
	}
	if (ev->res < 0) {
		state_exec_row(s, ev, t, &ps);
		return;
	}
	if (t->dead) {
		t->dead = false; /* another thread took over the leader's id */
		t->group->live++;
	}
	pid = params_s64(&ps, 4, -1);
	task_set_pid(s, t, pid >= 0 ? pid : t->group->pid >= 0 ? t->group->pid : t->tid);
	if (!t->known) {
		exec_reveal(s, t, &ps);
	}
	v = task_edit(s, t);
	if (v == NULL) {
		return;
	}
	exec_view(s, ev, t, &ps, v);
	exec_group(s, t, &ps);
	t->container = container_of_cgroups(s, t->view->image);
	t->group->row->execs++;
	group_note(s, t->group);
	state_exec_row(s, ev, t, &ps);
}

/* ---- exit ---- */

void effect_procexit(struct state *s, struct event *ev, struct task *t)
{
	struct thread_view *v;

	if (t == NULL || t->dead) {
		return;
	}
	v = task_edit(s, t);
	if (v != NULL) {
		v->flags |= TV_DEAD;
	}
	s->dying = t;
	s->dying_reaper = -1;
	event_s64(ev, 4, &s->dying_reaper);
}

static void remember_exit(struct state *s, const struct task *t, uint64_t ts_ns)
{
	struct recent_exit *x = &s->recent[(uint64_t)t->tid % RECENT_EXITS];
	const struct group *parent = group_parent(s, t->group);

	x->tid = t->tid;
	x->ptid = t->group->ptid;
	x->ppid = parent != NULL ? parent->pid : -1;
	x->ts_ns = ts_ns;
}

void task_die(struct state *s, const struct event *ev)
{
	struct task *t = s->dying;
	struct group *g = t->group;
	struct group *heir;
	int64_t heir_tid = 0;
	int64_t status = 0;

	s->dying = NULL;
	remember_exit(s, t, ev->ts_ns);
	pair_drop(s, t);
	t->dead = true;
	g->live--;
	if (g->live > 0) {
		if (t != g->leader) {
			task_remove(s, t);
		}
		return;
	}
	if (event_s64(ev, 0, &status)) {
		g->row->has_exit = true;
		g->row->exit_status = status;
	}
	g->row->end_ns = ev->ts_ns;
	heir = group_heir(s, g, s->dying_reaper, &heir_tid);
	group_end(s, g, heir, heir_tid);
}
