/*
 * maps.h - maps and constants shared by all programs: what user space sets before loading, the rings, the memory
 * records are built in.
 */
#ifndef CAPTURE_BPF_MAPS_H
#define CAPTURE_BPF_MAPS_H

#include "kernel.h"
#include "../record.h"

/* Set before loading: the verifier drops what they switch off. */
const volatile __u32 cfg_self;			/* process that is never recorded */
const volatile __u32 cfg_cpus = 1;
const volatile __u32 cfg_snap_file, cfg_snap_net, cfg_snap_http, cfg_snap_other;
const volatile __u32 cfg_ring_half;
const volatile bool cfg_storage;		/* calls in task storage (5.12), else in a hash by tid */
const volatile bool cfg_no_env, cfg_switches;
const volatile __u32 cfg_nr_clone, cfg_nr_execve;	/* for those whose entry was not seen */
const volatile bool cfg_by_pid, cfg_by_comm, cfg_by_cgroup, cfg_by_uid;

enum descriptor_kind { KIND_UNKNOWN, KIND_FILE, KIND_NET, KIND_SOCKET, KIND_OTHER };

/* The call a task is in. */
struct call {
	u64 begin;
	u64 args[RECORD_ARGS];	/* of those that make tasks or programs; the others still have theirs when they return */
	u64 sock;		/* struct sock of the recipe's descriptor, or 0 */
	u32 nr;			/* index into recipes, or CALL_NONE */
	u8 kind;		/* enum descriptor_kind */
	u8 wanted;		/* by the filters */
	u8 tcp;
	u8 spare;
	struct record_tcp seq;
};

#define CALL_NONE 0xffffffffu

/*
 * The call under way on a CPU. Most calls return before anything else runs there, so that nothing has to be looked up
 * at the task; when the task is taken off the CPU its call moves into calls. first and last are the task while the
 * call between them is whole.
 */
struct slot {
	u64 first;
	struct call call;
	u64 last;
	u64 known;		/* this task has its place in calls */
	u64 judged;		/* this task was held against the filters, with this outcome */
	u8 verdict;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct call);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);	/* set before loading when there is no task storage */
	__type(key, u32);
	__type(value, struct call);
} calls_by_tid SEC(".maps");

/* An empty one, to begin an entry of the hash with. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct call);
} no_call SEC(".maps");

/* By number of the call; those of 32-bit processes follow behind the native ones. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * RECORD_SYSCALLS);
	__type(key, u32);
	__type(value, struct recipe);
} recipes SEC(".maps");

/* One per CPU, in memory that user space reads without asking: it may have given up the right to ask. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);		/* CPUs */
	__type(key, u32);
	__type(value, struct record_counters);
} counters SEC(".maps");

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);	/* of the options, by user space */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);		/* CPUs */
	__type(key, u32);
	__array(values, struct ring);
} rings SEC(".maps");

/*
 * Where a record is put together: too large for a stack or a per-CPU map. One per CPU and slot; a slot belongs to one
 * program, which never runs inside itself.
 */
enum scratch_slot { SLOT_CALL, SLOT_EXEC, SLOT_FORK };

struct walk {		/* of take_path: where it is, bytes so far */
	u64 dentry, mount;
	u32 len, spare;
};

struct scratch {
	u64 sock;
	u64 number;
	u32 kind;		/* enum descriptor_kind */
	u32 compat;		/* the call was made by the 32-bit table */
	u64 held;		/* of take_messages: room of the messages so far */
	u64 control, control_len;	/* of the last take_control: where the control messages are */
	struct walk walk;
	struct record rec;
	u8 body[2 * RECORD_BODY + 64];	/* an item may begin anywhere in the first half and be as long as it */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RECORD_SLOTS);	/* times CPUs */
	__type(key, u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline struct scratch *scratch_of(u32 slot)
{
	u32 i = bpf_get_smp_processor_id() * RECORD_SLOTS + slot;

	return bpf_map_lookup_elem(&scratches, &i);
}

/* A pointer as the number that takes want: through memory the verifier forgets what it was. */
static __always_inline u64 as_number(struct scratch *s, const void *p)
{
	s->number = (u64)p;
	return *(volatile u64 *)&s->number;
}

static __always_inline struct record_counters *counters_of_cpu(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&counters, &cpu);
}

static __always_inline void *ring_of_cpu(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&rings, &cpu);
}

/* The consumer looks at the rings by its own clock; it is woken only when one is half full. */
static __always_inline u64 ring_flags(void *ring, const struct record_counters *n)
{
	if ((n->serial & 63) == 0 && bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) > cfg_ring_half) {
		return BPF_RB_FORCE_WAKEUP;
	}
	return BPF_RB_NO_WAKEUP;
}

/* Hands a record over. */
static __always_inline void put_record(struct record_counters *n, struct record *rec, u64 bytes)
{
	void *ring = ring_of_cpu();

	if (!ring || bpf_ringbuf_output(ring, rec, bytes, ring_flags(ring, n))) {
		n->drops_ring++;
		return;
	}
	n->bytes += bytes;
}

#endif
