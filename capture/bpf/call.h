/*
 * call.h - the call each task is in: remembered on entry, used and forgotten when it returns.
 */
#ifndef CAPTURE_BPF_CALL_H
#define CAPTURE_BPF_CALL_H

#include "maps.h"

static __always_inline bool has_task_pointer(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf);
}

static __always_inline struct task_struct *current_task(void)
{
	if (has_task_pointer()) {
		return (void *)bpf_get_current_task_btf();
	}
	return (void *)bpf_get_current_task();
}

static __always_inline struct slot *slot_of_cpu(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&slots, &zero);
}

/*
 * The place of a task's call while it is off the CPU, by its pointer (as a tracepoint or current_task gave it) or id.
 */
static __always_inline struct call *place_of(struct task_struct *t, u32 tid, bool create)
{
	struct call *c;

	if (cfg_storage) {
		return bpf_task_storage_get(&calls, (void *)t, NULL, create ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	}
	c = bpf_map_lookup_elem(&calls_by_tid, &tid);
	if (!c && create) {
		u32 key = 0;
		struct call *none = bpf_map_lookup_elem(&no_call, &key);

		if (none) {
			bpf_map_update_elem(&calls_by_tid, &tid, none, BPF_NOEXIST);
			c = bpf_map_lookup_elem(&calls_by_tid, &tid);
		}
	}
	return c;
}

/* The call the current task t is in, or NULL: it began before the programs were there. */
static __always_inline struct call *call_of(struct task_struct *t, u32 tid)
{
	struct slot *slot = slot_of_cpu();
	struct call *c;

	if (slot && slot->first == (u64)t && slot->last == (u64)t) {
		return &slot->call;
	}
	c = place_of(t, tid, false);
	return c && c->begin != 0 ? c : NULL;
}

/* The call is over. */
static __always_inline void forget_call(struct call *c)
{
	struct slot *slot = slot_of_cpu();

	if (slot && c == &slot->call) {
		slot->first = 0;
		return;
	}
	c->begin = 0;
}

/* prev leaves the CPU. */
static __always_inline void put_away_call(struct task_struct *prev)
{
	struct slot *slot = slot_of_cpu();
	struct call *c;

	if (!slot) {
		return;
	}
	if (slot->first == (u64)prev && slot->last == (u64)prev) {
		c = place_of(prev, (u32)prev->pid, false);
		if (c) {
			*c = slot->call;
		}
	}
	slot->first = 0;
	slot->known = 0;
	slot->judged = 0;
}

/* Whether the task made its call by the 32-bit table. */
static __always_inline bool call_is_compat(struct task_struct *t)
{
#if defined(__TARGET_ARCH_x86)
	return (GET(t, thread_info.status) & 2) != 0;	/* TS_COMPAT */
#else
	return (GET(t, thread_info.flags) & (1u << 22)) != 0;	/* TIF_32BIT */
#endif
}

#if defined(__TARGET_ARCH_x86)
static __always_inline s64 call_number(const struct pt_regs *regs)
{
	return (s64)regs->orig_ax;
}

static __always_inline void call_args(const struct pt_regs *regs, bool compat, u64 *args)
{
	if (compat) {
		args[0] = (u32)regs->bx;
		args[1] = (u32)regs->cx;
		args[2] = (u32)regs->dx;
		args[3] = (u32)regs->si;
		args[4] = (u32)regs->di;
		args[5] = (u32)regs->bp;
		return;
	}
	args[0] = regs->di;
	args[1] = regs->si;
	args[2] = regs->dx;
	args[3] = regs->r10;
	args[4] = regs->r8;
	args[5] = regs->r9;
}

/* One of the first four, with a descriptor. */
static __always_inline u64 call_arg(const struct pt_regs *regs, bool compat, u32 i)
{
	if (compat) {
		return i == 0 ? (u32)regs->bx : i == 1 ? (u32)regs->cx : i == 2 ? (u32)regs->dx : (u32)regs->si;
	}
	return i == 0 ? regs->di : i == 1 ? regs->si : i == 2 ? regs->dx : regs->r10;
}
#else
static __always_inline s64 call_number(const struct pt_regs *regs)
{
	return regs->syscallno;
}

static __always_inline void call_args(const struct pt_regs *regs, bool compat, u64 *args)
{
	(void)compat;
	args[0] = regs->orig_x0;
	args[1] = regs->regs[1];
	args[2] = regs->regs[2];
	args[3] = regs->regs[3];
	args[4] = regs->regs[4];
	args[5] = regs->regs[5];
}

static __always_inline u64 call_arg(const struct pt_regs *regs, bool compat, u32 i)
{
	(void)compat;
	return i == 0 ? regs->orig_x0 : i == 1 ? regs->regs[1] : i == 2 ? regs->regs[2] : regs->regs[3];
}
#endif

/*
 * Old 32-bit programs make the calls on sockets by one number: which is the first argument, where its arguments are
 * the second. Here they are the calls of their own that they stand for.
 */
#define SOCKETCALL_NUMBER 102
#define SOCKETCALLS 21

struct socketcall {
	u16 number;	/* of the 32-bit table */
	u16 args;
};

static const struct socketcall socketcalls[SOCKETCALLS] = {
	{ 0, 0 }, { 359, 3 }, { 361, 3 }, { 362, 3 }, { 363, 2 },	/* socket, bind, connect, listen */
	{ 364, 3 }, { 367, 3 }, { 368, 3 }, { 360, 4 },		/* accept, as accept4; getsockname, getpeername, socketpair */
	{ 369, 4 }, { 371, 4 }, { 369, 6 }, { 371, 6 },		/* send and recv, as sendto and recvfrom; these */
	{ 373, 2 }, { 366, 5 }, { 365, 5 }, { 370, 3 },		/* shutdown, setsockopt, getsockopt, sendmsg */
	{ 372, 3 }, { 364, 4 }, { 337, 5 }, { 345, 4 },		/* recvmsg, accept4, recvmmsg, sendmmsg */
};

#if defined(__TARGET_ARCH_x86)
static __always_inline const struct socketcall *socketcall_of(const struct pt_regs *regs, s64 number, bool compat)
{
	u32 which = (u32)regs->bx;

	if (!compat || number != SOCKETCALL_NUMBER || which == 0 || which >= SOCKETCALLS) {
		return NULL;
	}
	return &socketcalls[which];
}

/* Those it does not have are 0. */
static __always_inline void socketcall_args(const struct pt_regs *regs, const struct socketcall *sc, u64 *args)
{
	u32 given[8] = {};	/* more than arguments: what the mask below allows */

	bpf_probe_read_user(given, sc->args * sizeof(u32) & 31, (void *)(u64)(u32)regs->cx);
	for (int i = 0; i < RECORD_ARGS; i++) {
		args[i] = given[i];
	}
}
#else
static __always_inline const struct socketcall *socketcall_of(const struct pt_regs *regs, s64 number, bool compat)
{
	return NULL;
}

static __always_inline void socketcall_args(const struct pt_regs *regs, const struct socketcall *sc, u64 *args)
{
}
#endif

/* Index into recipes, or CALL_NONE. Calls of the x32 interface have the numbers of the native one and a bit. */
static __always_inline u32 call_index(s64 number, bool compat)
{
	u64 nr = (u64)number & ~0x40000000ull;

	if (number < 0 || nr >= RECORD_SYSCALLS) {
		return CALL_NONE;
	}
	return (u32)nr + (compat ? RECORD_SYSCALLS : 0);
}

#endif
