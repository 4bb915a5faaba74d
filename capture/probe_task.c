/*
 * probe_task.c - the parameters of clone and exec: what a process is, from its struct record_task and the texts
 * beside it.
 *
 * Items of these calls (calls.def, and the programs for new tasks and programs): 0 struct record_task, 1 arguments, 2
 * cgroups, 3 environment (clone3: struct clone_args), 4 path of the executable, 5 the name given to exec.
 */
#include "capture/probe_build.h"

#include <linux/sched.h>

#include "schema/schema.h"

#define ITEM_TASK 0
#define ITEM_ARGUMENTS 1
#define ITEM_CGROUPS 2
#define ITEM_ENVIRON 3
#define ITEM_CLONE_ARGS 3
#define ITEM_EXEPATH 4
#define ITEM_FILENAME 5

#define CAP_DAC_OVERRIDE_BIT 1
#define CAP_FOWNER_BIT 3

static void read_task(const struct build *b, struct record_task *ret_t)
{
	const struct build_item *it = build_item(b, ITEM_TASK);

	memset(ret_t, 0, sizeof(*ret_t));
	memcpy(ret_t, it->data, it->len < sizeof(*ret_t) ? it->len : sizeof(*ret_t));
}

/* Where the first text of the arguments ends, with its NUL. */
static uint32_t first_text(const struct build_item *it)
{
	uint32_t n = (uint32_t)strnlen((const char *)it->data, it->len);

	return n < it->len ? n + 1 : n;
}

static void add_text(struct build *b, const uint8_t *p, size_t n)
{
	n = strnlen((const char *)p, n);
	build_add(b, p, n);
	build_number(b, 0, 1);
}

/* Texts one behind the other; what the kernel cut gets its NUL. */
static void add_texts(struct build *b, const uint8_t *p, size_t n)
{
	if (n == 0) {
		return;
	}
	if (n >= RECORD_PATH) {
		n = RECORD_PATH - 1;
	}
	build_add(b, p, n);
	if (p[n - 1] != '\0') {
		build_number(b, 0, 1);
	}
}

void build_path(struct build *b, const struct build_item *it)
{
	const char *parts = (const char *)it->data;
	size_t first = strnlen(parts, it->len);
	size_t end = it->len;

	if (end == 0) {
		return;
	}
	if (parts[end - 1] == '\0') {
		end--;
	}
	/* One part without a folder above it: a file that is nowhere, named by the kernel ("memfd:x"). */
	if (first == end && it->len >= 6 && memcmp(parts, "memfd:", 6) == 0) {
		add_text(b, it->data, it->len);
		return;
	}
	/* From the last one to the first: each ends where the one behind it begins, less the NUL. */
	for (;;) {
		size_t from = end;

		while (from > 0 && parts[from - 1] != '\0') {
			from--;
		}
		build_number(b, '/', 1);
		build_add(b, parts + from, end - from);
		if (from == 0) {
			break;
		}
		end = from - 1;
	}
	build_number(b, 0, 1);
}

/* "cpuset=/a/b" and so on, each ended by NUL. */
static void add_cgroups(struct build *b, const struct build_item *it)
{
	static const char *const names[RECORD_SUBSYSTEMS] = {
		[RECORD_CPUSET] = "cpuset=", [RECORD_CPU] = "cpu=", [RECORD_CPUACCT] = "cpuacct=", [RECORD_IO] = "io=",
		[RECORD_MEMORY] = "memory=", [RECORD_UNIFIED] = "=",
	};
	size_t at = 0;

	while (it->len - at >= sizeof(struct record_cgroup)) {
		struct build_item path = { .len = build_u32(it, at + 4) };
		uint32_t which = build_u32(it, at);

		at += sizeof(struct record_cgroup);
		if (which >= RECORD_SUBSYSTEMS || path.len > it->len - at) {
			return;
		}
		path.data = it->data + at;
		at += path.len;
		build_add(b, names[which], strlen(names[which]));
		if (path.len == 0) {
			build_add(b, "/", 2);
		} else {
			build_path(b, &path);
		}
	}
}

static uint64_t clone_flags(const struct build *b, const struct record_task *t)
{
	bool child = b->rec->kind == RECORD_CHILD;
	uint64_t flags = 0;

	switch (b->row->type) {
	case EV_SYSCALL_CLONE_20_X:
		flags = b->rec->args[0];
		break;
	case EV_SYSCALL_CLONE3_X:
		flags = build_u64(build_item(b, ITEM_CLONE_ARGS), 0);
		break;
	case EV_SYSCALL_VFORK_20_X:
		flags = CLONE_VFORK | CLONE_VM;
		break;
	default:
		break;
	}
	flags = convert_number(CONVERT_CLONE, flags);
	if ((child ? t->level : t->child_level) > 0) {
		flags |= PPM_CL_CHILD_IN_PIDNS;
	}
	return flags;
}

/* Whether the process could write to the file it runs: by the bits of its mode and its capabilities. */
static bool exe_writable(const struct record_task *t)
{
	uint64_t able = (UINT64_C(1) << CAP_DAC_OVERRIDE_BIT) | (UINT64_C(1) << CAP_FOWNER_BIT);

	if (t->exe.ino == 0) {
		return false;
	}
	if ((t->creds.effective & able) != 0) {
		return true;
	}
	if (t->creds.euid == t->exe_uid) {
		return (t->exe.mode & 0200) != 0;
	}
	if (t->creds.egid == t->exe_gid) {
		return (t->exe.mode & 0020) != 0;
	}
	return (t->exe.mode & 0002) != 0;
}

static uint64_t exe_flags(const struct record_task *t)
{
	return (exe_writable(t) ? PPM_EXE_WRITABLE : 0) |
	       (t->exe.layer == RECORD_LAYER_UPPER ? PPM_EXE_UPPER_LAYER : 0) |
	       (t->exe.layer == RECORD_LAYER_LOWER ? PPM_EXE_LOWER_LAYER : 0) | (t->memfd ? PPM_EXE_FROM_MEMFD : 0);
}

static uint64_t task_number(const struct build *b, const struct record_task *t, unsigned int what)
{
	switch (what) {
	case TASK_TID:
		return (uint64_t)(int64_t)t->tid;
	case TASK_PID:
		return (uint64_t)(int64_t)t->pid;
	case TASK_PARENT:
		return (uint64_t)(int64_t)t->parent;
	case TASK_FD_LIMIT:
		return (uint64_t)t->fd_limit;
	case TASK_FAULTS_MAJOR:
		return t->faults_major;
	case TASK_FAULTS_MINOR:
		return t->faults_minor;
	case TASK_CLONE_FLAGS:
		return clone_flags(b, t);
	case TASK_UID:
		return t->creds.euid;
	case TASK_GID:
		return t->creds.egid;
	case TASK_VTID:
		return (uint64_t)(int64_t)t->vtid;
	case TASK_VPID:
		return (uint64_t)(int64_t)t->vpid;
	case TASK_PIDNS_START:
		return b->rec->kind == RECORD_CHILD ? t->pidns_start_ns : 0;
	case TASK_TTY:
		return t->tty;
	case TASK_VPGID:
		return (uint64_t)(int64_t)t->vpgid;
	case TASK_LOGINUID:
		return t->loginuid;
	case TASK_EXE_FLAGS:
		return exe_flags(t);
	case TASK_EXE_INODE:
		return t->exe.ino;
	case TASK_EXE_CTIME:
		return t->exe_ctime_ns;
	case TASK_EXE_MTIME:
		return t->exe_mtime_ns;
	case TASK_PGID:
		return (uint64_t)(int64_t)t->pgid;
	default:
		return 0;
	}
}

static void add_task_text(struct build *b, const struct record_task *t, unsigned int what)
{
	const struct build_item *args = build_item(b, ITEM_ARGUMENTS);
	const struct build_item *it;
	uint32_t first = first_text(args);

	switch (what) {
	case TASK_EXE:
		add_text(b, args->data, first);
		break;
	case TASK_ARGS:
		add_texts(b, args->data + first, args->len - first);
		break;
	case TASK_COMM:
		add_text(b, (const uint8_t *)t->comm, sizeof(t->comm));
		break;
	case TASK_CGROUPS:
		add_cgroups(b, build_item(b, ITEM_CGROUPS));
		break;
	case TASK_ENVIRON:
		it = build_item(b, ITEM_ENVIRON);
		add_texts(b, it->data, it->len);
		break;
	case TASK_EXEPATH:
		build_path(b, build_item(b, ITEM_EXEPATH));
		break;
	case TASK_FILENAME:
		it = build_item(b, ITEM_FILENAME);
		if (it->len > 0) {
			add_text(b, it->data, it->len);
		}
		break;
	default:	/* the working folder: no longer told by this event */
		break;
	}
}

void build_task(struct build *b, unsigned int what, uint32_t bytes)
{
	struct record_task t;

	read_task(b, &t);
	if (bytes > 0) {
		build_number(b, task_number(b, &t, what), bytes);
	} else {
		add_task_text(b, &t, what);
	}
}
