/*
 * filter.h - which tasks are recorded. Decided when a call begins and kept until it returns.
 */
#ifndef CAPTURE_BPF_FILTER_H
#define CAPTURE_BPF_FILTER_H

#include "call.h"

#define CGROUP_DEPTH 24

/* Processes of the trees asked for: by their id in the initial namespace. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u8);
} tree SEC(".maps");

struct comm_key {
	char text[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct comm_key);
	__type(value, u8);
} comms SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u64);
	__type(value, u8);
} cgroup_ids SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u8);
} uids SEC(".maps");

/* The current task's cgroup (of the unified hierarchy) or one above it is on the list. */
static __always_inline bool in_cgroups(void)
{
	u64 id = bpf_get_current_cgroup_id();

	if (bpf_map_lookup_elem(&cgroup_ids, &id)) {
		return true;
	}
	for (int level = 0; level < CGROUP_DEPTH; level++) {
		id = bpf_get_current_ancestor_cgroup_id(level);
		if (id == 0) {
			return false;
		}
		if (bpf_map_lookup_elem(&cgroup_ids, &id)) {
			return true;
		}
	}
	return false;
}

static __always_inline bool wanted_process(u32 pid)
{
	if (pid == cfg_self) {
		return false;
	}
	return !cfg_by_pid || bpf_map_lookup_elem(&tree, &pid) != NULL;
}

/* The current task, all filters but the set of calls. */
static __always_inline bool wanted_task(u32 pid)
{
	if (!wanted_process(pid)) {
		return false;
	}
	if (cfg_by_uid) {
		u32 uid = (u32)bpf_get_current_uid_gid();

		if (!bpf_map_lookup_elem(&uids, &uid)) {
			return false;
		}
	}
	if (cfg_by_comm) {
		struct comm_key key = {};

		bpf_get_current_comm(key.text, sizeof(key.text));
		if (!bpf_map_lookup_elem(&comms, &key)) {
			return false;
		}
	}
	return !cfg_by_cgroup || in_cgroups();
}

/*
 * The same for a call that begins: what was found for the task's last call holds while it stays on its CPU and makes
 * calls that change nothing about it (forget_verdict).
 */
static __always_inline bool wanted_call(struct slot *slot, struct task_struct *t, u32 pid)
{
	if (!cfg_by_pid && !cfg_by_uid && !cfg_by_comm && !cfg_by_cgroup) {
		return true;	/* the recorder itself was left out before */
	}
	if (slot->judged != (u64)t) {
		slot->verdict = wanted_task(pid);
		slot->judged = (u64)t;
	}
	return slot->verdict;
}

/* Calls on descriptors leave name, ids and groups of a task as they are. */
static __always_inline void forget_verdict(const struct recipe *recipe)
{
	struct slot *slot;

	if (recipe->fd == RECIPE_NO_FD) {
		slot = slot_of_cpu();
		if (slot) {
			slot->judged = 0;
		}
	}
}

#endif
