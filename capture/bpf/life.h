/*
 * life.h - programs for what happens to tasks outside calls: new ones, new programs in them, their end; and, on
 * demand, switches, signals and page faults.
 */
#ifndef CAPTURE_BPF_LIFE_H
#define CAPTURE_BPF_LIFE_H

#include "record_begin.h"
#include "tasks.h"
#include "data.h"

#define REAPER_THREADS 64
#define REAPER_ANCESTORS 32

static __always_inline struct call *call_of_current(void)
{
	return call_of(current_task(), (u32)bpf_get_current_pid_tgid());
}

/*
 * The number a record of a new task or program has: that of the call it came from. Kernel threads and the like make
 * some without one.
 */
static __always_inline u32 number_of(const struct call *c, u32 otherwise)
{
	struct recipe *recipe;
	u32 nr;

	if (!c) {
		return otherwise;
	}
	nr = c->nr;
	recipe = bpf_map_lookup_elem(&recipes, &nr);
	return recipe && recipe->silent_zero ? nr : otherwise;
}

static __always_inline bool number_is_wanted(u32 nr)
{
	struct recipe *recipe = bpf_map_lookup_elem(&recipes, &nr);

	return recipe && recipe->wanted;
}

/* What a record has of the call. */
static __always_inline void put_call(struct record *rec, const struct call *c, u32 nr)
{
	rec->nr = nr & (RECORD_SYSCALLS - 1);
	rec->flags = nr & RECORD_SYSCALLS ? RECORD_COMPAT : 0;
	__builtin_memset(rec->args, 0, sizeof(rec->args));
	if (c && c->nr == nr) {
		rec->begin = c->begin;
		rec->flags |= RECORD_BEGUN;
		__builtin_memcpy(rec->args, c->args, sizeof(rec->args));
	}
}

static __always_inline struct scratch *begin_in(u32 slot, struct record_counters *n, u8 kind)
{
	struct scratch *s = scratch_of(slot);

	if (!s) {
		n->serial++;
		n->drops_scratch++;
		return NULL;
	}
	begin_current(&s->rec, n, kind);
	return s;
}

static __always_inline void end_in(struct scratch *s, struct record_counters *n, u32 at)
{
	at &= 2 * RECORD_BODY - 1;
	s->rec.bytes = at;
	put_record(n, &s->rec, sizeof(s->rec) + at);
}

/*
 * The new task, before it runs and before its parent's call returns: what a return of the call in the child would
 * tell, on machines where the return of a new task passes no tracepoint too. The current task is the parent, whose
 * memory the child has a copy of.
 */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	u32 pid = (u32)(bpf_get_current_pid_tgid() >> 32);
	struct record_counters *n = counters_of_cpu();
	u32 child_pid = (u32)child->tgid;
	struct call *c = call_of_current();
	u32 nr = number_of(c, cfg_nr_clone);
	struct scratch *s;
	u64 task;
	u32 at;

	if (!n || (child->flags & FLAG_KERNEL_THREAD)) {
		return 0;
	}
	/* A tree grows whatever else is asked for. */
	if (cfg_by_pid && child_pid != pid && bpf_map_lookup_elem(&tree, &pid)) {
		u8 yes = 1;

		if (bpf_map_update_elem(&tree, &child_pid, &yes, BPF_ANY)) {
			n->lost_children++;
		}
	}
	if (!(c ? c->wanted : wanted_task(pid)) || !number_is_wanted(nr)) {
		return 0;
	}
	s = begin_in(SLOT_FORK, n, RECORD_CHILD);
	if (!s) {
		return 0;
	}
	put_call(&s->rec, c, nr);
	s->rec.tid = child->pid;
	s->rec.pid = child->tgid;
	task = as_number(s, child);
	at = (u32)take_task(SLOT_FORK, 0, task);
	at = (u32)take_area(SLOT_FORK, at, 0);
	at = (u32)take_cgroups(SLOT_FORK, at, task);
	/* struct clone_args of clone3; of the others the first argument is no pointer, and nothing comes of it. */
	at = (u32)take_bytes(SLOT_FORK, at, s->rec.args[0], 88);
	end_in(s, n, at);
	return 0;
}

/* A program was replaced: the process as it is now. The return of the call itself tells no more. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	u32 pid = (u32)(bpf_get_current_pid_tgid() >> 32);
	struct record_counters *n = counters_of_cpu();
	struct call *c = call_of_current();
	u32 nr = number_of(c, cfg_nr_execve);
	struct scratch *s;
	u32 at;

	if (!n || !(c ? c->wanted : wanted_task(pid)) || !number_is_wanted(nr)) {
		return 0;
	}
	s = begin_in(SLOT_EXEC, n, RECORD_EXEC);
	if (!s) {
		return 0;
	}
	put_call(&s->rec, c, nr);
	if (c) {
		forget_call(c);
	}
	at = (u32)take_task(SLOT_EXEC, 0, bpf_get_current_task());
	at = (u32)take_area(SLOT_EXEC, at, 0);
	at = (u32)take_cgroups(SLOT_EXEC, at, bpf_get_current_task());
	at = (u32)take_area(SLOT_EXEC, at, 1);
	at = (u32)take_path(SLOT_EXEC, at, as_number(s, GET(GET(task, mm), exe_file)));
	at = (u32)take_kernel_string(SLOT_EXEC, at, as_number(s, GET(bprm, filename)));
	end_in(s, n, at);
	return 0;
}

/* A live thread of the group other than t, or 0. */
static __always_inline s32 live_sibling(struct task_struct *t)
{
	struct signal_struct *signal = GET(t, signal);
	struct list_head *head = (void *)signal + bpf_core_field_offset(struct signal_struct, thread_head);
	struct list_head *at = GET(head, next);

	for (int i = 0; i < REAPER_THREADS; i++) {
		struct task_struct *other = (void *)at - bpf_core_field_offset(struct task_struct, thread_node);

		if (at == head || !at) {
			break;
		}
		if (other != t && GET(other, exit_state) == 0 && !(GET(other, flags) & 4)) {	/* PF_EXITING */
			return GET(other, pid);
		}
		at = GET(at, next);
	}
	return 0;
}

/*
 * Who gets the children of a task that ends: a thread of its group, a subreaper above it, the first process of its
 * namespace.
 */
static __always_inline s32 reaper_of(struct task_struct *t)
{
	struct signal_struct *signal = GET(t, signal);
	struct list_head *children = (void *)t + bpf_core_field_offset(struct task_struct, children);
	struct upid own = own_number(GET(t, thread_pid));
	struct task_struct *first, *above = t;
	s32 tid;

	if (GET(children, next) == children) {
		return 0;
	}
	tid = live_sibling(t);
	if (tid > 0) {
		return tid;
	}
	first = own.ns ? GET(own.ns, child_reaper) : NULL;
	if (BPF_CORE_READ_BITFIELD_PROBED(signal, has_child_subreaper)) {
		for (int i = 0; i < REAPER_ANCESTORS; i++) {
			above = GET(above, real_parent);
			if (!above || above == first) {
				break;
			}
			signal = GET(above, signal);
			if (BPF_CORE_READ_BITFIELD_PROBED(signal, is_child_subreaper)) {
				return GET(above, pid);
			}
		}
	}
	return first ? GET(first, pid) : 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_end, struct task_struct *task)
{
	struct record_counters *n = counters_of_cpu();
	struct record rec = {};
	u32 pid = (u32)task->tgid;
	u32 tid = (u32)task->pid;

	if (!cfg_storage) {
		bpf_map_delete_elem(&calls_by_tid, &tid);
	}
	if (n && wanted_task(pid)) {
		begin_current(&rec, n, RECORD_END);
		rec.args[0] = (u64)(s64)task->exit_code;
		rec.args[1] = (u64)(s64)reaper_of(task);
		put_record(n, &rec, sizeof(rec));
	}
	if (cfg_by_pid && GET(GET(task, signal), live.counter) == 0) {
		bpf_map_delete_elem(&tree, &pid);
	}
	return 0;
}

/* Always there: the call of a task that leaves its CPU has to be put away. */
SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct record_counters *n = counters_of_cpu();
	struct record_memory memory;
	struct record rec = {};

	put_away_call(prev);
	if (!cfg_switches || !n ||
	    (!wanted_task((u32)prev->tgid) && !(cfg_by_pid && wanted_process((u32)next->tgid)))) {
		return 0;
	}
	begin_record(&rec, n, now(), RECORD_SWITCH, (u32)prev->pid, (u32)prev->tgid);
	read_memory(prev, &memory);
	rec.args[0] = (u64)next->pid;
	rec.args[1] = prev->maj_flt;
	rec.args[2] = prev->min_flt;
	rec.args[3] = memory.size_kb;
	rec.args[4] = memory.rss_kb;
	rec.args[5] = memory.swap_kb;
	put_record(n, &rec, sizeof(rec));
	return 0;
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(on_signal, int sig, struct kernel_siginfo *info)
{
	struct record_counters *n = counters_of_cpu();
	struct record rec = {};
	s32 code;

	if (!n || !wanted_task((u32)(bpf_get_current_pid_tgid() >> 32))) {
		return 0;
	}
	begin_current(&rec, n, RECORD_SIGNAL);
	code = GET(info, si_code);
	/*
	 * Sent by a process (codes up to 0), or the end of a child: other kinds have other things in the sender's
	 * place.
	 */
	if (code <= 0 || sig == 17) {	/* SIGCHLD */
		rec.args[0] = (u64)(s64)GET(info, _sifields._kill._pid);
	}
	rec.args[1] = (u64)(u32)sig;
	put_record(n, &rec, sizeof(rec));
	return 0;
}

static __always_inline int fault(unsigned long address, struct pt_regs *regs, unsigned long code)
{
	struct record_counters *n = counters_of_cpu();
	struct record rec = {};

	if (!n || !wanted_task((u32)(bpf_get_current_pid_tgid() >> 32))) {
		return 0;
	}
	begin_current(&rec, n, RECORD_FAULT);
	rec.args[0] = address;
#if defined(__TARGET_ARCH_x86)
	rec.args[1] = regs->ip;
#else
	rec.args[1] = regs->pc;
#endif
	rec.args[2] = code;
	put_record(n, &rec, sizeof(rec));
	return 0;
}

SEC("tp_btf/page_fault_user")
int BPF_PROG(on_user_fault, unsigned long address, struct pt_regs *regs, unsigned long code)
{
	return fault(address, regs, code);
}

SEC("tp_btf/page_fault_kernel")
int BPF_PROG(on_kernel_fault, unsigned long address, struct pt_regs *regs, unsigned long code)
{
	return fault(address, regs, code);
}

#endif
