/*
 * proc_process.c - one process as /proc/PID tells it: names, arguments, numbers, namespaces, threads.
 *
 * Everything is read through the folder opened once: when the process ends and its pid is taken by another, reads fail
 * instead of telling of the other.
 */
#include "capture/snapshot_internal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "capture/proc_parse.h"
#include "capture/proc_read.h"
#include "capture/redact.h"
#include "schema/schema.h"

#define STAT_BYTES 4096u
#define STATUS_BYTES 16384u
#define LIST_BYTES 4096u	/* of args, env and cgroups the format takes so many */
#define CMDLINE_BYTES 16384u

#define CAP_DAC_OVERRIDE_BIT 1
#define CAP_FOWNER_BIT 3

struct process_scan {
	struct snapshot *s;
	struct snap_process *p;
	struct scap_thread t;	/* the leader's entry */
	struct proc_stat stat;
	struct proc_status status;
	int dir_fd;
};

/* ---- numbers ---- */

static bool read_numbers(struct snapshot *s, int dir_fd, struct proc_stat *ret_stat, struct proc_status *ret_status)
{
	return proc_read(dir_fd, "stat", STAT_BYTES, &s->text) == 0 && proc_parse_stat(&s->text, ret_stat) &&
	       proc_read(dir_fd, "status", STATUS_BYTES, &s->text) == 0 && proc_parse_status(&s->text, ret_status);
}

static uint32_t read_loginuid(struct snapshot *s, int dir_fd)
{
	const char *at;

	if (proc_read(dir_fd, "loginuid", 32, &s->text) != 0 || s->text.len == 0) {
		return UINT32_MAX;
	}
	at = s->text.data;
	return (uint32_t)text_number(&at, at + s->text.len, 10);
}

static int64_t read_fdlimit(struct snapshot *s, int dir_fd)
{
	return proc_read(dir_fd, "limits", STAT_BYTES, &s->text) == 0 ? proc_parse_limits(&s->text) : -1;
}

static bool fill_numbers(struct scap_thread *t, struct snapshot *s, const struct proc_stat *stat,
			 const struct proc_status *status)
{
	struct scap_text comm = snapshot_text(s, stat->comm, strnlen(stat->comm, PROC_COMM_BYTES));

	t->comm = comm;
	t->ptid = stat->ppid;
	t->sid = stat->sid;
	t->pgid = stat->pgid;
	t->vpgid = status->vpgid >= 0 ? status->vpgid : stat->pgid;
	t->tty = stat->tty;
	t->uid = status->uid;
	t->gid = status->gid;
	t->vmsize_kb = status->vmsize_kb;
	t->vmrss_kb = status->vmrss_kb;
	t->vmswap_kb = status->vmswap_kb;
	t->pfmajor = stat->major_faults;
	t->pfminor = stat->minor_faults;
	t->cap_inheritable = status->cap_inheritable;
	t->cap_permitted = status->cap_permitted;
	t->cap_effective = status->cap_effective;
	t->flags |= status->pid_levels > 1 ? PPM_CL_CHILD_IN_PIDNS : 0;
	t->flags |= stat->state == 'Z' || stat->state == 'X' ? PPM_CL_CLOSED : 0;
	return comm.s != NULL || comm.len == 0;
}

/* ---- texts ---- */

/* A command line written over is filled up with NULs: they are no arguments. Two may be an empty last one. */
static void trim_filling(struct buf *text)
{
	size_t len = text->len;

	while (len > 0 && text->data[len - 1] == '\0') {
		len--;
	}
	if (text->len - len > 2) {
		text->len = len + 1;
	}
}

/* Without arguments wanted, a command line written over in one piece (setproctitle) is cut at its first blank. */
static void fill_command(struct process_scan *w)
{
	struct buf *text = &w->s->text;
	size_t exe, args;

	if (proc_read(w->dir_fd, "cmdline", CMDLINE_BYTES, text) != 0 || text->len == 0) {
		w->t.exe = w->t.comm;	/* a thread of the kernel */
		return;
	}
	trim_filling(text);
	redact_apply(w->s->opt.redact, text->data, text->len);
	exe = strnlen(text->data, text->len);
	args = exe + 1 < text->len ? text->len - exe - 1 : 0;
	if (w->s->opt.no_args && args == 0) {
		const char *blank = memchr(text->data, ' ', exe);

		exe = blank != NULL ? (size_t)(blank - text->data) : exe;
	}
	w->t.exe = snapshot_text(w->s, text->data, exe);
	if (!w->s->opt.no_args && args > 0) {
		w->t.args = snapshot_text(w->s, text->data + exe + 1, min_u64(args, LIST_BYTES));
	}
}

static void fill_environment(struct process_scan *w)
{
	struct buf *text = &w->s->text;

	if (!w->s->opt.no_env && proc_read(w->dir_fd, "environ", LIST_BYTES, text) == 0 && text->len > 0) {
		redact_apply(w->s->opt.redact, text->data, text->len);
		w->t.env = snapshot_text(w->s, text->data, text->len);
	}
}

static void fill_cgroups(struct process_scan *w)
{
	struct snapshot *s = w->s;

	if (proc_read(w->dir_fd, "cgroup", STATUS_BYTES, &s->text) == 0) {
		buf_reset(&s->link);
		proc_parse_cgroups(&s->text, s->unified, &s->link);
		w->t.cgroups = snapshot_text(s, s->link.data, s->link.failed ? 0 : s->link.len);
	}
}

static void fill_paths(struct process_scan *w)
{
	struct snapshot *s = w->s;

	if (proc_link(w->dir_fd, "cwd", &s->link)) {
		if (s->link.len == 0 || s->link.data[s->link.len - 1] != '/') {
			buf_addc(&s->link, '/');
		}
		w->t.cwd = snapshot_text(s, s->link.data, s->link.len);
	}
	if (proc_link(w->dir_fd, "root", &s->link)) {
		w->t.root = snapshot_text(s, s->link.data, s->link.len);
	}
}

/* ---- the executable ---- */

/* May the process change what it runs? As the kernel would decide, but for access lists. */
static bool may_write(const struct process_scan *w, const struct statx *st)
{
	const uint64_t powers = UINT64_C(1) << CAP_DAC_OVERRIDE_BIT | UINT64_C(1) << CAP_FOWNER_BIT;
	bool powerful = w->p->user_ns == w->s->self_user_ns && (w->t.cap_effective & powers) != 0;

	if (powerful || w->t.uid == st->stx_uid) {
		return true;
	}
	return (st->stx_mode & (w->t.gid == st->stx_gid ? S_IWGRP : S_IWOTH)) != 0;
}

static uint64_t time_ns(const struct statx_timestamp *t)
{
	return t->tv_sec > 0 ? (uint64_t)t->tv_sec * NSEC_PER_SEC + t->tv_nsec : 0;
}

/* The layer of an overlay that the file comes from; a file that was deleted is looked for under its old name. */
static void fill_layer(struct process_scan *w, const struct statx *st)
{
	static const char deleted[] = " (deleted)";
	const size_t n = sizeof(deleted) - 1;
	struct snapshot *s = w->s;
	const struct mount_row *mount;

	if ((st->stx_mask & STATX_MNT_ID) == 0) {
		return;
	}
	mount = mounts_find(&s->mounts, (int64_t)st->stx_mnt_id, w->p->mnt_ns, w->dir_fd);
	if (mount == NULL || mount->point == NULL) {
		return;
	}
	buf_reset(&s->link);
	buf_add(&s->link, w->t.exepath.s, w->t.exepath.len);
	if (s->link.len > n && memcmp(s->link.data + s->link.len - n, deleted, n) == 0) {
		s->link.len -= n;
	}
	switch (mounts_layer(mount, buf_str(&s->link), s->root_fd)) {
	case LAYER_UPPER: w->t.exe_upper = true; break;
	case LAYER_LOWER: w->t.exe_lower = true; break;
	case LAYER_NONE: break;
	}
}

static void fill_exe(struct process_scan *w)
{
	struct snapshot *s = w->s;
	struct statx st = { 0 };

	if (!proc_link(w->dir_fd, "exe", &s->link)) {
		return;
	}
	w->t.exepath = snapshot_text(s, s->link.data, s->link.len);
	w->t.exe_memfd = s->link.len > 7 && memcmp(s->link.data, "/memfd:", 7) == 0;
	if (statx(w->dir_fd, "exe", AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_MNT_ID, &st) != 0) {
		return;
	}
	w->t.exe_ino = st.stx_ino;
	w->t.exe_ctime_ns = time_ns(&st.stx_ctime);
	w->t.exe_mtime_ns = time_ns(&st.stx_mtime);
	w->t.exe_writable = may_write(w, &st);
	if (w->t.exepath.s != NULL) {
		fill_layer(w, &st);
	}
}

/* ---- threads ---- */

static int add_thread(struct snapshot *s, const struct scap_thread *t)
{
	void *rows = s->threads;
	struct scap_thread *row = snapshot_grow(&rows, s->thread_count, &s->thread_cap, LIMIT_THREADS, sizeof(*row));

	s->threads = rows;
	if (row == NULL) {
		return ERR_NOMEM;
	}
	*row = *t;
	s->thread_count++;
	return map_set(&s->by_tid, (uint64_t)t->tid, s->process_count);
}

/* What a thread has of its own; the rest is its leader's, whose folder and environment are not repeated. */
static int other_thread(struct process_scan *w, int task_fd, int64_t tid)
{
	struct scap_thread t = w->t;
	struct proc_stat stat;
	struct proc_status status;
	char name[24];
	int fd;
	bool there;

	snprintf(name, sizeof(name), "%lld", (long long)tid);
	fd = openat(task_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		return 0;
	}
	there = read_numbers(w->s, fd, &stat, &status);
	close(fd);
	if (!there) {
		return 0;
	}
	t.tid = tid;
	t.vtid = status.vtid >= 0 ? status.vtid : tid;
	t.flags = PPM_CL_CLONE_THREAD | PPM_CL_CLONE_FILES;
	t.env.len = t.cwd.len = 0;
	if (!fill_numbers(&t, w->s, &stat, &status)) {
		return ERR_NOMEM;
	}
	return add_thread(w->s, &t);
}

static int other_threads(struct process_scan *w)
{
	int task_fd = openat(w->dir_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int list_fd = task_fd >= 0 ? fcntl(task_fd, F_DUPFD_CLOEXEC, 3) : -1;
	int64_t *tids = NULL;
	size_t n = 0;
	int rc;

	if (list_fd < 0) {
		rc = 0;
		goto out;
	}
	rc = proc_numbers(list_fd, LIMIT_THREADS, &tids, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = tids[i] != w->p->pid ? other_thread(w, task_fd, tids[i]) : 0;
	}
	rc = rc == ERR_OPEN ? 0 : rc;
out:
	free(tids);
	if (task_fd >= 0) {
		close(task_fd);
	}
	return rc;
}

/* A leader that ended before its threads has nothing left to look at: one of them shows what is shared. */
static int folder_of_living(struct process_scan *w)
{
	int list_fd = openat(w->dir_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int64_t *tids = NULL;
	size_t n = 0;
	char name[48];
	int fd = -1;

	if (list_fd < 0 || proc_numbers(list_fd, 2, &tids, &n) != 0) {
		return -1;
	}
	for (size_t i = 0; i < n && fd < 0; i++) {
		if (tids[i] != w->p->pid) {
			snprintf(name, sizeof(name), "task/%lld", (long long)tids[i]);
			fd = openat(w->dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		}
	}
	free(tids);
	return fd;
}

/* ---- the process ---- */

static int fill_user_process(struct process_scan *w)
{
	bool readable = true;
	int leader_fd = w->dir_fd;
	int living = w->stat.state == 'Z' && w->stat.threads > 1 ? folder_of_living(w) : -1;
	int rc;

	if (living >= 0) {
		w->dir_fd = living;
	}
	w->p->net_ns = snapshot_ns(w->dir_fd, "ns/net");
	w->p->pid_ns = snapshot_ns(w->dir_fd, "ns/pid");
	w->p->mnt_ns = snapshot_ns(w->dir_fd, "ns/mnt");
	w->p->user_ns = snapshot_ns(w->dir_fd, "ns/user");
	fill_command(w);
	fill_environment(w);
	fill_cgroups(w);
	fill_paths(w);
	fill_exe(w);
	w->t.fdlimit = read_fdlimit(w->s, w->dir_fd);
	w->t.loginuid = read_loginuid(w->s, w->dir_fd);
	rc = proc_fds(w->s, w->p, w->dir_fd, &readable);
	w->s->counts.unreadable += rc == 0 && !readable ? 1 : 0;
	if (living >= 0) {
		close(living);
		w->dir_fd = leader_fd;
	}
	return rc;
}

static int fill_process(struct process_scan *w)
{
	struct snapshot *s = w->s;
	int rc = 0;

	w->t.tid = w->t.pid = w->p->pid;
	w->t.vtid = w->t.vpid = w->status.vtid >= 0 ? w->status.vtid : w->p->pid;
	w->t.fdlimit = -1;
	w->t.loginuid = UINT32_MAX;
	w->p->start_ns = s->boot_ns + w->stat.start_ticks * (NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK));
	if (!fill_numbers(&w->t, s, &w->stat, &w->status)) {
		return ERR_NOMEM;
	}
	if ((w->stat.kernel_flags & PROC_PF_KTHREAD) != 0) {
		w->t.exe = w->t.comm;
		fill_cgroups(w);
	} else {
		rc = fill_user_process(w);
	}
	if (rc == 0) {
		rc = add_thread(s, &w->t);
	}
	if (rc == 0 && w->stat.threads > 1) {
		rc = other_threads(w);
	}
	w->p->thread_count = s->thread_count - w->p->first_thread;
	return rc;
}

int proc_process(struct snapshot *s, int64_t pid)
{
	struct process_scan w = { .s = s };
	void *rows = s->processes;
	char name[24];
	int rc;

	w.p = snapshot_grow(&rows, s->process_count, &s->process_cap, LIMIT_PROCESSES, sizeof(*w.p));
	s->processes = rows;
	if (w.p == NULL) {
		return ERR_NOMEM;
	}
	snprintf(name, sizeof(name), "%lld", (long long)pid);
	w.p->pid = pid;
	w.p->seen_ns = snapshot_now(s);
	w.p->first_thread = s->thread_count;
	w.p->first_fd = s->fd_count;
	w.dir_fd = openat(s->proc_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w.dir_fd < 0) {
		return 0;
	}
	if (!read_numbers(s, w.dir_fd, &w.stat, &w.status)) {
		close(w.dir_fd);
		return 0;
	}
	s->process_count++;
	rc = fill_process(&w);
	close(w.dir_fd);
	return rc;
}
