/*
 * files.c - effects of calls that open, copy and close descriptors other than sockets.
 *
 * Reads exit events in today's layout; changes the thread's fd table and stamps the event with the
 * descriptor it made. Fold only.
 */
#include <stdio.h>

#include "state/state_internal.h"

#define EINTR_RES (-4)
#define EIO_RES (-5)
#define FCNTL_CLOEXEC 1u

void stamp_created(struct event *ev, int64_t fd, const struct fd_view *v)
{
	if (fd < INT32_MIN || fd > INT32_MAX) {
		return;
	}
	ev->fd_num = (int32_t)fd;
	ev->flags |= EVENT_HAS_FD;
	ev->fd = v;
}

/* ---- open family ---- */

struct opening {
	struct param name;
	int64_t dirfd;
	uint32_t flags, dev;
	uint64_t ino;
	uint8_t layers; /* FV_UPPER, FV_LOWER */
};

/* What the enter event says of name, flags and dirfd was read before the call ran and can't
 * have been altered since. */
static void prefer_enter(const struct state *s, unsigned int dirfd_at, unsigned int name_at,
			 struct opening *o)
{
	const struct event *enter = s->at_enter;
	struct param name, v;

	if (LIKELY(enter == NULL)) {
		return;
	}
	name = param_text(event_stored_param(enter, name_at));
	if (name.p == NULL) {
		return;
	}
	o->name = name;
	v = event_stored_param(enter, name_at + 1);
	if (v.len >= 4) {
		uint32_t kept = o->flags & ~((uint32_t)PPM_O_F_CREATED - 1);

		o->flags = load_le32(v.p) | kept;
	}
	if (name_at != 0) {
		v = event_stored_param(enter, dirfd_at);
		if (v.len >= 8) {
			o->dirfd = (int64_t)load_le64(v.p);
		}
	}
}

static size_t opened_path(struct state *s, const struct task *t, const struct opening *o)
{
	char scratch[LIMIT_PATH_BYTES + 2];
	const char *base = "";
	size_t base_len = 0;

	if (o->name.p == NULL) {
		static const char na[] = "<NA>";

		memcpy(s->path, na, sizeof(na));
		return sizeof(na) - 1;
	}
	if (o->name.len == 0 || o->name.p[0] != '/') {
		path_base(t, o->dirfd, scratch, &base, &base_len);
	}
	return path_join(s->path, base, base_len, (const char *)o->name.p, o->name.len);
}

static struct fd_view *opened_view(struct state *s, const struct event *ev, const struct task *t,
				   const struct opening *o)
{
	size_t len = opened_path(s, t, o);
	bool dir = (o->flags & PPM_O_DIRECTORY) != 0;
	struct fd_view *v = fd_view_new(s, t, dir ? FD_DIRECTORY : FD_FILE_V2, s->path, len);

	if (v == NULL) {
		return NULL;
	}
	v->open_flags = o->flags;
	v->dev = o->dev;
	v->ino = o->ino;
	v->open_ns = ev->ts_ns;
	v->flags |= o->layers;
	v->flags |= (o->flags & PPM_FD_UPPER_LAYER) != 0 ? FV_UPPER : 0;
	v->flags |= (o->flags & PPM_FD_LOWER_LAYER) != 0 ? FV_LOWER : 0;
	if (o->name.p != NULL && (o->name.len != len || memcmp(o->name.p, s->path, len) != 0)) {
		v->raw_name = str_get(s, o->name.p, o->name.len);
	}
	return v;
}

/* A failed open shows its path as the name of fd -1: a view of this event alone, in the batch. */
static void failed_open(struct state *s, struct event *ev, struct task *t, const struct opening *o)
{
	size_t len = opened_path(s, t, o);
	struct fd_view *v = arena_alloc(&s->batch->arena, sizeof(*v) + len + 1);

	if (v == NULL) {
		s->oom = true;
		return;
	}
	memset(v, 0, sizeof(*v));
	v->id = ID_NONE;
	v->type = (o->flags & PPM_O_DIRECTORY) != 0 ? FD_DIRECTORY : FD_FILE_V2;
	v->open_flags = o->flags;
	v->process = t->group->id;
	memcpy(v->name, s->path, len + 1);
	v->name_len = (uint32_t)len;
	stamp_created(ev, -1, v);
}

static void finish_open(struct state *s, struct event *ev, struct task *t, const struct opening *o)
{
	if (!call_ok(ev)) {
		if (ev->res < 0) {
			failed_open(s, ev, t, o);
		}
		return;
	}
	stamp_created(ev, ev->res,
		      fd_put(s, task_fds(t), ev->res, opened_view(s, ev, t, o),
			     (o->flags & PPM_O_CLOEXEC) != 0));
}

/* Parameters behind each other in one walk; places of flags, dev and ino differ by call. */
static void load_opening(const struct event *ev, unsigned int name_at, unsigned int flags_at,
			 unsigned int dev_at, struct opening *o)
{
	struct params ps;

	params_load(ev, &ps);
	o->name = params_text(&ps, name_at);
	o->flags = params_u32(&ps, flags_at, 0);
	o->dev = params_u32(&ps, dev_at, 0);
	o->ino = params_u64(&ps, dev_at + 1, 0);
	o->dirfd = name_at == 2 ? params_s64(&ps, 1, PPM_AT_FDCWD) : PPM_AT_FDCWD;
	o->layers = 0;
}

void effect_open(struct state *s, struct event *ev, struct task *t)
{
	struct opening o;

	load_opening(ev, 1, 2, 4, &o);
	prefer_enter(s, 0, 0, &o);
	finish_open(s, ev, t, &o);
}

void effect_creat(struct state *s, struct event *ev, struct task *t)
{
	struct opening o = { { NULL, 0 }, PPM_AT_FDCWD, 0, 0, 0, 0 };
	uint16_t layers = 0;

	o.name = param_text(event_param(ev, 1));
	event_u32(ev, 3, &o.dev);
	event_u64(ev, 4, &o.ino);
	event_u16(ev, 5, &layers);
	o.layers = (uint8_t)((layers & PPM_FD_UPPER_LAYER_CREAT) != 0 ? FV_UPPER : 0);
	o.layers |= (uint8_t)((layers & PPM_FD_LOWER_LAYER_CREAT) != 0 ? FV_LOWER : 0);
	prefer_enter(s, 0, 0, &o);
	o.flags = 0; /* what follows the name in the enter event is a mode */
	finish_open(s, ev, t, &o);
}

void effect_openat(struct state *s, struct event *ev, struct task *t)
{
	struct opening o;

	load_opening(ev, 2, 3, 5, &o);
	prefer_enter(s, 0, 1, &o);
	finish_open(s, ev, t, &o);
}

void effect_openat2(struct state *s, struct event *ev, struct task *t)
{
	struct opening o;

	load_opening(ev, 2, 3, 6, &o);
	prefer_enter(s, 0, 1, &o);
	finish_open(s, ev, t, &o);
}

void effect_open_by_handle(struct state *s, struct event *ev, struct task *t)
{
	struct opening o;

	load_opening(ev, 3, 2, 4, &o);
	finish_open(s, ev, t, &o);
}

/* ---- close, dup, fcntl ---- */

void effect_close(struct state *s, struct event *ev, struct task *t)
{
	UNUSED_ARG(t);
	/* Linux has freed the number also when close was interrupted or met an I/O error. */
	if ((ev->flags & EVENT_HAS_FD) != 0 && (ev->flags & EVENT_HAS_RES) != 0 &&
	    (ev->res >= 0 || ev->res == EINTR_RES || ev->res == EIO_RES)) {
		s->closing = ev->fd_num;
	}
}

void effect_close_range(struct state *s, struct event *ev, struct task *t)
{
	uint32_t first = 0;
	uint32_t last = 0;
	uint32_t flags = 0;

	if (!call_ok(ev) || !event_u32(ev, 1, &first) || !event_u32(ev, 2, &last)) {
		return;
	}
	event_u32(ev, 3, &flags);
	if ((flags & PPM_CLOSE_RANGE_UNSHARE) != 0) {
		group_own_fds(s, t->group);
	}
	fds_remove_range(s, task_fds(t), first, last, (flags & PPM_CLOSE_RANGE_CLOEXEC) != 0);
}

static void copy_fd(struct state *s, struct event *ev, struct task *t, int64_t from, int64_t to,
		    bool cloexec)
{
	struct fd_view *v = fds_get(task_fds(t), from);

	if (v == NULL) {
		/* Whatever the copy replaced is gone all the same. */
		if (from != to) {
			fds_remove(s, task_fds(t), to);
		}
		return;
	}
	if (from == to) {
		stamp_created(ev, to, v);
		return;
	}
	v->refs++;
	fds_set(s, task_fds(t), to, v, cloexec);
	stamp_created(ev, to, v);
	fd_view_unref(s, v);
}

/* A shell's child that puts a pipe on its standard input or output is an end of a pipeline. */
static void mark_pipe_end(struct state *s, struct task *t, int64_t to)
{
	struct thread_view *v;
	uint32_t flag = to == 0 ? PPM_CL_PIPE_DST : PPM_CL_PIPE_SRC;

	if ((to != 0 && to != 1) || (t->view->clone_flags & flag) != 0) {
		return;
	}
	v = task_edit(s, t);
	if (v != NULL) {
		v->clone_flags |= flag;
	}
}

static void dup_with(struct state *s, struct event *ev, struct task *t, bool cloexec)
{
	int64_t from;

	if (!call_ok(ev) || !event_s64(ev, 1, &from)) {
		return;
	}
	mark_pipe_end(s, t, ev->res);
	copy_fd(s, ev, t, from, ev->res, cloexec);
}

void effect_dup(struct state *s, struct event *ev, struct task *t)
{
	dup_with(s, ev, t, false);
}

void effect_dup3(struct state *s, struct event *ev, struct task *t)
{
	uint32_t flags = 0;

	event_u32(ev, 3, &flags);
	dup_with(s, ev, t, (flags & PPM_O_CLOEXEC) != 0);
}

void effect_fcntl(struct state *s, struct event *ev, struct task *t)
{
	uint8_t cmd;
	uint64_t arg;

	if (!call_ok(ev) || !event_u8(ev, 2, &cmd) || (ev->flags & EVENT_HAS_FD) == 0) {
		return;
	}
	switch (cmd) {
	case PPM_FCNTL_F_DUPFD:
	case PPM_FCNTL_F_DUPFD_CLOEXEC:
		copy_fd(s, ev, t, ev->fd_num, ev->res, cmd == PPM_FCNTL_F_DUPFD_CLOEXEC);
		break;
	case PPM_FCNTL_F_SETFD:
		if (event_u64(ev, 3, &arg)) {
			fds_set_cloexec(s, task_fds(t), ev->fd_num, (arg & FCNTL_CLOEXEC) != 0);
		}
		break;
	default: break;
	}
}

/* ---- pipes and descriptors without a path ---- */

static struct fd_view *make_plain(struct state *s, const struct event *ev, struct task *t,
				  int64_t fd, unsigned int type, bool cloexec)
{
	struct fd_view *v = fd_view_new(s, t, type, "", 0);

	if (v != NULL) {
		v->open_ns = ev->ts_ns;
	}
	return fd_put(s, task_fds(t), fd, v, cloexec);
}

void effect_pipe(struct state *s, struct event *ev, struct task *t)
{
	int64_t fd1, fd2;
	uint32_t flags = 0;
	struct fd_view *d;
	bool cloexec;
	const struct fd_view *second;

	if (!call_ok(ev) || !event_s64(ev, 1, &fd1) || !event_s64(ev, 2, &fd2)) {
		return;
	}
	event_u32(ev, 4, &flags);
	cloexec = (flags & PPM_O_CLOEXEC) != 0;
	d = fd_draft_new(s, t, FD_FIFO);
	d->open_ns = ev->ts_ns;
	d->open_flags = flags;
	event_u64(ev, 3, &d->ino);
	fd_commit(s, task_fds(t), fd1, cloexec);
	d->id = s->next_fd_id;
	s->next_fd_id += s->next_fd_id < ID_NONE ? 1 : 0;
	second = fd_commit(s, task_fds(t), fd2, cloexec);
	stamp_created(ev, fd2, second);
}

/* Calls whose result is a descriptor without a name; flags_at: parameter with O_CLOEXEC, 0:
 * none. */
static const struct anonymous_row {
	uint16_t type;
	uint8_t fd_type;
	uint8_t flags_at;
	uint32_t cloexec;
} anonymous_rows[] = {
	{ EV_SYSCALL_EVENTFD_X, FD_EVENTFD, 0, 0 },
	{ EV_SYSCALL_EVENTFD2_X, FD_EVENTFD, 1, PPM_O_CLOEXEC },
	{ EV_SYSCALL_SIGNALFD_X, FD_SIGNALFD, 0, 0 },
	{ EV_SYSCALL_SIGNALFD4_X, FD_SIGNALFD, 1, PPM_O_CLOEXEC },
	{ EV_SYSCALL_TIMERFD_CREATE_X, FD_TIMERFD, 0, 0 },
	{ EV_SYSCALL_INOTIFY_INIT_X, FD_INOTIFY, 0, 0 },
	{ EV_SYSCALL_INOTIFY_INIT1_X, FD_INOTIFY, 1, PPM_O_CLOEXEC },
	{ EV_SYSCALL_EPOLL_CREATE_X, FD_EPOLL, 0, 0 },
	{ EV_SYSCALL_EPOLL_CREATE1_X, FD_EPOLL, 1, PPM_EPOLL_CLOEXEC },
	{ EV_SYSCALL_USERFAULTFD_X, FD_USERFAULTFD, 1, PPM_O_CLOEXEC },
	{ EV_SYSCALL_IO_URING_SETUP_X, FD_IO_URING, 0, 0 },
};

void effect_anonymous(struct state *s, struct event *ev, struct task *t)
{
	const struct anonymous_row *row = anonymous_rows;
	int64_t flags = 0;
	bool cloexec;

	while (row->type != ev->type) {
		row++;
		assert(row < anonymous_rows + ARRAY_LEN(anonymous_rows));
	}
	if (!call_ok(ev)) {
		return;
	}
	/* io_uring descriptors are always made close-on-exec. */
	cloexec = row->fd_type == FD_IO_URING;
	if (row->flags_at != 0 && event_int(ev, row->flags_at, &flags)) {
		cloexec = ((uint64_t)flags & row->cloexec) != 0;
	}
	stamp_created(ev, ev->res, make_plain(s, ev, t, ev->res, row->fd_type, cloexec));
}

/* Only these commands give a descriptor; 0 of the others is just success. */
static bool bpf_makes_fd(uint32_t cmd)
{
	switch (cmd) {
	case PPM_BPF_MAP_CREATE:
	case PPM_BPF_PROG_LOAD:
	case PPM_BPF_OBJ_GET:
	case PPM_BPF_PROG_GET_FD_BY_ID:
	case PPM_BPF_MAP_GET_FD_BY_ID:
	case PPM_BPF_RAW_TRACEPOINT_OPEN:
	case PPM_BPF_BTF_LOAD:
	case PPM_BPF_BTF_GET_FD_BY_ID:
	case PPM_BPF_LINK_CREATE:
	case PPM_BPF_LINK_GET_FD_BY_ID:
	case PPM_BPF_ENABLE_STATS:
	case PPM_BPF_ITER_CREATE: return true;
	default: return false;
	}
}

void effect_bpf(struct state *s, struct event *ev, struct task *t)
{
	uint32_t cmd;

	if (!call_ok(ev) || !event_u32(ev, 1, &cmd) || !bpf_makes_fd(cmd)) {
		return;
	}
	/* The kernel makes all of them close-on-exec. */
	stamp_created(ev, ev->res, make_plain(s, ev, t, ev->res, FD_BPF, true));
}

void effect_memfd(struct state *s, struct event *ev, struct task *t)
{
	struct param name = param_text(event_param(ev, 1));
	uint32_t flags = 0;
	struct fd_view *d;

	if (!call_ok(ev)) {
		return;
	}
	event_u32(ev, 2, &flags);
	d = fd_draft_new(s, t, FD_MEMFD);
	d->open_ns = ev->ts_ns;
	d->open_flags = flags;
	if (name.p != NULL) {
		fd_draft_name(s, (const char *)name.p, name.len);
	}
	stamp_created(ev, ev->res,
		      fd_commit(s, task_fds(t), ev->res, (flags & PPM_MFD_CLOEXEC) != 0));
}

void effect_pidfd_open(struct state *s, struct event *ev, struct task *t)
{
	char name[32];
	int64_t pid = 0;
	int len;
	struct fd_view *d;

	if (!call_ok(ev) || !event_s64(ev, 1, &pid)) {
		return;
	}
	len = snprintf(name, sizeof(name), "/proc/%lld", (long long)pid);
	d = fd_draft_new(s, t, FD_PIDFD);
	d->open_ns = ev->ts_ns;
	fd_draft_name(s, name, (size_t)len);
	stamp_created(ev, ev->res, fd_commit(s, task_fds(t), ev->res, true));
}

/* The pid behind a pidfd is the number in its name. */
static int64_t pidfd_pid(const struct fd_view *v)
{
	int64_t pid = 0;

	if (v == NULL || v->type != FD_PIDFD || v->name_len <= 6 || v->name_len > 6 + 10) {
		return -1;
	}
	for (const char *p = v->name + 6; *p >= '0' && *p <= '9'; p++) {
		pid = pid * 10 + (*p - '0');
	}
	return pid;
}

void effect_pidfd_getfd(struct state *s, struct event *ev, struct task *t)
{
	int64_t pidfd = -1;
	int64_t target_fd = -1;
	struct task *target;
	struct fd_view *v;

	if (!call_ok(ev) || !event_s64(ev, 1, &pidfd) || !event_s64(ev, 2, &target_fd)) {
		return;
	}
	target = task_find(s, pidfd_pid(fds_get(task_fds(t), pidfd)));
	v = target != NULL ? fds_get(task_fds(target), target_fd) : NULL;
	if (v == NULL) {
		fds_remove(s, task_fds(t), ev->res);
		stamp_created(ev, ev->res, NULL);
		return;
	}
	v->refs++;
	fds_set(s, task_fds(t), ev->res, v, true);
	stamp_created(ev, ev->res, v);
	fd_view_unref(s, v);
}
