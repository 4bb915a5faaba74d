/*
 * tasks.h - tasks: ids in their namespaces, credentials, memory, executable, arguments, cgroups.
 */
#ifndef CAPTURE_BPF_TASKS_H
#define CAPTURE_BPF_TASKS_H

#include "files.h"

#define PID_THREAD 0
#define PID_PROCESS 1
#define PID_GROUP 2
#define CGROUP_PARTS 16
#define PAGE_KB 4

/* The number a struct pid has in its own namespace, which is the deepest. */
static __always_inline struct upid own_number(struct pid *pid)
{
	struct upid u = {};
	u32 level;

	if (pid) {
		level = GET(pid, level);
		bpf_core_read(&u, sizeof(u), (char *)&pid->numbers[0] + (level & 31) * bpf_core_type_size(struct upid));
	}
	return u;
}

static __always_inline s32 first_number(struct pid *pid)
{
	return pid ? GET(pid, numbers[0].nr) : 0;
}

static __always_inline void read_memory(struct task_struct *t, struct record_memory *m)
{
	struct mm_struct *mm = GET(t, mm);
	s64 file, anon, swap, shm;

	__builtin_memset(m, 0, sizeof(*m));
	if (!mm) {
		return;
	}
	if (bpf_core_type_exists(struct mm_rss_stat)) {
		struct mm_struct___old *old = (void *)mm;

		file = GET(old, rss_stat.count[0].counter);
		anon = GET(old, rss_stat.count[1].counter);
		swap = GET(old, rss_stat.count[2].counter);
		shm = GET(old, rss_stat.count[3].counter);
	} else {
		file = GET(mm, rss_stat[0].count);
		anon = GET(mm, rss_stat[1].count);
		swap = GET(mm, rss_stat[2].count);
		shm = GET(mm, rss_stat[3].count);
	}
	/* Counters per CPU are summed late and may be below zero. */
	file += anon + shm;
	m->size_kb = (u32)GET(mm, total_vm) * PAGE_KB;
	m->rss_kb = file > 0 ? (u32)file * PAGE_KB : 0;
	m->swap_kb = swap > 0 ? (u32)swap * PAGE_KB : 0;
}

static __always_inline void read_creds(struct task_struct *t, struct record_creds *c)
{
	struct cred *cred = GET(t, cred);

	c->uid = GET(cred, uid.val);
	c->euid = GET(cred, euid.val);
	c->suid = GET(cred, suid.val);
	c->gid = GET(cred, gid.val);
	c->egid = GET(cred, egid.val);
	c->sgid = GET(cred, sgid.val);
	bpf_probe_read_kernel(&c->inheritable, 8, &cred->cap_inheritable);
	bpf_probe_read_kernel(&c->permitted, 8, &cred->cap_permitted);
	bpf_probe_read_kernel(&c->effective, 8, &cred->cap_effective);
}

static __always_inline u64 seconds_ns(s64 seconds, u64 ns)
{
	return (u64)seconds * 1000000000ull + ns;
}

static __always_inline void read_times(struct inode *inode, u64 *ret_ctime, u64 *ret_mtime)
{
	if (bpf_core_field_exists(((struct inode *)0)->i_ctime_sec)) {
		*ret_ctime = seconds_ns(GET(inode, i_ctime_sec), GET(inode, i_ctime_nsec));
		*ret_mtime = seconds_ns(GET(inode, i_mtime_sec), GET(inode, i_mtime_nsec));
		return;
	}
	if (bpf_core_field_exists(((struct inode___seconds *)0)->__i_ctime)) {
		struct inode___seconds *i = (void *)inode;

		*ret_ctime = seconds_ns(GET(i, __i_ctime.tv_sec), (u64)GET(i, __i_ctime.tv_nsec));
	} else {
		struct inode___old *i = (void *)inode;

		*ret_ctime = seconds_ns(GET(i, i_ctime.tv_sec), (u64)GET(i, i_ctime.tv_nsec));
	}
	if (bpf_core_field_exists(((struct inode___old *)0)->i_mtime)) {
		struct inode___old *i = (void *)inode;

		*ret_mtime = seconds_ns(GET(i, i_mtime.tv_sec), (u64)GET(i, i_mtime.tv_nsec));
	} else {
		struct inode___seconds *i = (void *)inode;

		*ret_mtime = seconds_ns(GET(i, __i_mtime.tv_sec), (u64)GET(i, __i_mtime.tv_nsec));
	}
}

/* Of a memfd: nothing links to it, and its name was given by the kernel. */
static __always_inline bool is_memfd(struct file *file)
{
	const unsigned char *name = GET(GET(file, f_path.dentry), d_name.name);
	u64 text = 0;

	if (GET(GET(file, f_inode), i_nlink) != 0 || GET(GET(GET(file, f_inode), i_sb), s_magic) != TMPFS_MAGIC) {
		return false;
	}
	bpf_probe_read_kernel(&text, 6, name);
	return text == 0x3a64666d656dull;	/* "memfd:" */
}

static __always_inline void read_exe(struct task_struct *t, struct record_task *r)
{
	struct file *exe = GET(GET(t, mm), exe_file);
	struct inode *inode;

	if (!exe) {
		return;
	}
	inode = GET(exe, f_inode);
	read_file(exe, &r->exe);
	read_times(inode, &r->exe_ctime_ns, &r->exe_mtime_ns);
	r->exe_uid = GET(inode, i_uid.val);
	r->exe_gid = GET(inode, i_gid.val);
	r->memfd = is_memfd(exe);
}

static __always_inline void read_ids(struct task_struct *t, struct record_task *r)
{
	struct signal_struct *signal = GET(t, signal);
	struct pid *group = GET(signal, pids[PID_GROUP]);
	struct upid own = own_number(GET(t, thread_pid));

	r->tid = GET(t, pid);
	r->pid = GET(t, tgid);
	r->parent = GET(GET(t, real_parent), tgid);
	r->vtid = own.nr;
	r->vpid = own_number(GET(signal, pids[PID_PROCESS])).nr;
	r->pgid = first_number(group);
	r->vpgid = own_number(group).nr;
	if (own.ns) {
		struct task_struct *reaper = GET(own.ns, child_reaper);

		r->level = GET(own.ns, level);
		r->pidns_start_ns = reaper ? GET(reaper, start_boottime) : 0;
	}
	r->child_level = GET(GET(GET(t, nsproxy), pid_ns_for_children), level);
}

static __always_inline void read_tty(struct task_struct *t, struct record_task *r)
{
	struct tty_struct *tty = GET(GET(t, signal), tty);
	u32 major, minor;

	if (!tty) {
		return;
	}
	major = (u32)GET(GET(tty, driver), major);
	minor = (u32)(GET(GET(tty, driver), minor_start) + GET(tty, index));
	/* As stat shows a device: 12 bits of the major number between the low 8 and the others of the minor one. */
	r->tty = (minor & 0xff) | (major & 0xfff) << 8 | (minor & ~0xffu) << 12;
}

ON_ITS_OWN int take_task(u32 slot, u32 at, u64 task)
{
	struct scratch *s = scratch_of(slot);
	struct task_struct *t = (void *)task;
	struct record_task *r;

	if (!s || at >= RECORD_BODY) {
		return (int)at;
	}
	r = (void *)ITEM_BYTES(s, at);
	__builtin_memset(r, 0, sizeof(*r));
	read_memory(t, &r->memory);
	read_creds(t, &r->creds);
	read_ids(t, r);
	read_tty(t, r);
	read_exe(t, r);
	r->fd_limit = (s64)GET(GET(t, signal), rlim[RLIMIT_FILES].rlim_cur);
	r->faults_major = GET(t, maj_flt);
	r->faults_minor = GET(t, min_flt);
	r->loginuid = bpf_core_field_exists(t->loginuid) ? GET(t, loginuid.val) : 0xffffffffu;
	bpf_probe_read_kernel(r->comm, sizeof(r->comm), &t->comm);
	return (int)item_end(s, at, sizeof(*r), 0);
}

ON_ITS_OWN int take_memory(u32 slot, u32 at)
{
	struct scratch *s = scratch_of(slot);

	if (!s || at >= RECORD_BODY) {
		return (int)at;
	}
	read_memory((void *)bpf_get_current_task(), (void *)ITEM_BYTES(s, at));
	return (int)item_end(s, at, sizeof(struct record_memory), 0);
}

ON_ITS_OWN int take_creds(u32 slot, u32 at)
{
	struct scratch *s = scratch_of(slot);

	if (!s || at >= RECORD_BODY) {
		return (int)at;
	}
	read_creds((void *)bpf_get_current_task(), (void *)ITEM_BYTES(s, at));
	return (int)item_end(s, at, sizeof(struct record_creds), 0);
}

/*
 * The current process's arguments (or environment), as the process has them now: texts ended by NUL, cut to
 * RECORD_PATH.
 */
ON_ITS_OWN int take_area(u32 slot, u32 at, u32 environment)
{
	struct scratch *s = scratch_of(slot);
	struct task_struct *t = (void *)bpf_get_current_task();
	struct mm_struct *mm = GET(t, mm);
	u64 from, to;
	u32 n = 0;

	if (!s || at >= RECORD_BODY) {
		return (int)at;
	}
	if (mm && !(environment ? cfg_no_env : false)) {
		from = environment ? GET(mm, env_start) : GET(mm, arg_start);
		to = environment ? GET(mm, env_end) : GET(mm, arg_end);
		n = to > from ? (to - from < RECORD_PATH ? (u32)(to - from) : RECORD_PATH) : 0;
		OPAQUE(n);
		n &= 8191;
		if (bpf_probe_read_user(ITEM_BYTES(s, at), n, (void *)from)) {
			n = 0;
		}
	}
	return (int)item_end(s, at, n, 0);
}

/*
 * Parts of the path of one cgroup, innermost first, behind a struct record_cgroup at offset at of the body: bytes of
 * both.
 */
ON_ITS_OWN int put_cgroup(u32 slot, u32 at, u64 cgroup, u32 subsystem)
{
	struct scratch *s = scratch_of(slot);
	struct kernfs_node *node = GET((struct cgroup *)cgroup, kn);
	struct record_cgroup *r;
	u32 len = 0;

	if (!s || at >= RECORD_BODY - 8192) {
		return 0;
	}
	for (int i = 0; i < CGROUP_PARTS; i++) {
		struct kernfs_node *parent;
		long got;

		if (!node || len > RECORD_PATH - 256) {
			break;
		}
		if (bpf_core_field_exists(((struct kernfs_node *)0)->parent)) {
			parent = GET(node, parent);
		} else {
			parent = GET((struct kernfs_node___new *)node, __parent);
		}
		if (!parent) {
			break;	/* the root of the hierarchy: its name is empty */
		}
		got = bpf_probe_read_kernel_str(s->body + in_body(at + sizeof(*r) + len), 256, GET(node, name));
		if (got <= 0) {
			break;
		}
		len += (u32)got & 511;
		node = parent;
	}
	r = (void *)(s->body + in_body(at));
	r->subsystem = subsystem;
	r->bytes = len;
	return (int)(sizeof(*r) + len);
}

static __always_inline u64 subsystem_cgroup(struct css_set *set, int id)
{
	struct cgroup_subsys_state *css = NULL;

	bpf_core_read(&css, sizeof(css), &set->subsys[id & 15]);
	return css ? (u64)GET(css, cgroup) : 0;
}

ON_ITS_OWN int take_cgroups(u32 slot, u32 at, u64 task)
{
	struct scratch *s = scratch_of(slot);
	struct css_set *set = GET((struct task_struct *)task, cgroups);
	u64 groups[RECORD_SUBSYSTEMS] = {};
	u32 len = 0;

	if (!s || at >= RECORD_BODY) {
		return (int)at;
	}
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, cpuset_cgrp_id)) {
		groups[RECORD_CPUSET] =
			subsystem_cgroup(set, bpf_core_enum_value(enum cgroup_subsys_id, cpuset_cgrp_id));
	}
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, cpu_cgrp_id)) {
		groups[RECORD_CPU] = subsystem_cgroup(set, bpf_core_enum_value(enum cgroup_subsys_id, cpu_cgrp_id));
	}
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, cpuacct_cgrp_id)) {
		groups[RECORD_CPUACCT] =
			subsystem_cgroup(set, bpf_core_enum_value(enum cgroup_subsys_id, cpuacct_cgrp_id));
	}
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, io_cgrp_id)) {
		groups[RECORD_IO] = subsystem_cgroup(set, bpf_core_enum_value(enum cgroup_subsys_id, io_cgrp_id));
	}
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id)) {
		groups[RECORD_MEMORY] =
			subsystem_cgroup(set, bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
	}
	for (int i = 0; i < RECORD_SUBSYSTEMS; i++) {
		if (groups[i]) {
			len += (u32)put_cgroup(slot, at + ITEM_HEAD + len, as_number(s, (void *)groups[i]), i) &
			       (RECORD_BODY - 1);
		}
	}
	return (int)item_end(s, at, len, 0);
}

#endif
