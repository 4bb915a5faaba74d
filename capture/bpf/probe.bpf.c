/*
 * probe.bpf.c - the programs: what happens at the kernel's tracepoints. What a call's event needs is told by its
 * recipe (record.h), so that one program serves all calls; what is not copied here is not in the event.
 *
 * Run with preemption off, or at least never inside themselves on one CPU.
 */
#include "kernel.h"
#include "maps.h"
#include "call.h"
#include "filter.h"
#include "record_begin.h"
#include "item.h"
#include "files.h"
#include "sockets.h"
#include "data.h"
#include "tasks.h"
#include "life.h"

char probe_license[] SEC("license") = "GPL";

/* The descriptor the call works on, as it is now: another thread may replace it while the call runs. */
static __always_inline void look_at_descriptor(struct call *c, struct task_struct *t, s32 fd)
{
	struct sock *sk = NULL;

	c->kind = kind_of(file_of_task(t, fd), &sk);
	c->sock = (u64)sk;
	if (c->kind == KIND_NET && is_tcp(sk)) {
		read_tcp(sk, &c->seq);
		c->tcp = 1;
	}
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_enter, struct pt_regs *regs, long number)
{
	struct task_struct *t = current_task();
	bool compat = call_is_compat(t);
	const struct socketcall *sc = socketcall_of(regs, number, compat);
	u32 nr = call_index(sc ? sc->number : number, compat);
	struct recipe *recipe = bpf_map_lookup_elem(&recipes, &nr);
	u32 pid = (u32)GET(t, tgid);
	struct slot *slot = slot_of_cpu();

	if (!recipe || !recipe->wanted || !slot || pid == cfg_self) {
		return 0;
	}
	if (slot->known != (u64)t) {
		place_of(t, (u32)GET(t, pid), true);
		slot->known = (u64)t;
	}
	slot->last = 0;
	slot->first = (u64)t;
	slot->call.nr = nr;
	slot->call.begin = 1;
	slot->call.wanted = wanted_call(slot, t, pid);
	if (!slot->call.wanted) {
		slot->last = (u64)t;
		return 0;
	}
	slot->call.kind = KIND_UNKNOWN;
	slot->call.tcp = 0;
	slot->call.sock = 0;
	if (sc && recipe->fd == 0) {
		socketcall_args(regs, sc, slot->call.args);
		look_at_descriptor(&slot->call, t, (s32)slot->call.args[0]);
	} else if (recipe->fd < RECORD_ARGS) {
		look_at_descriptor(&slot->call, t, (s32)call_arg(regs, compat, recipe->fd));
	}
	if (recipe->silent_zero) {
		call_args(regs, compat, slot->call.args);
	}
	slot->call.begin = now();
	slot->last = (u64)t;
	return 0;
}

/* Whether the take applies to this result. */
static __always_inline bool take_applies(const struct take *t, s64 ret)
{
	if ((t->flags & TAKE_ON_SUCCESS) && ret < 0) {
		return (t->flags & TAKE_DEFERRED) && ret == RESULT_IN_PROGRESS;
	}
	return !(t->flags & TAKE_ON_FAILURE) || ret < 0;
}

/* How many bytes of data the call moved, or was given. */
static __always_inline u64 data_len(const struct take *t, s64 ret, u64 asked)
{
	if (ret > 0) {
		return (u64)ret;
	}
	return (t->flags & TAKE_OUT) ? asked : 0;
}

static __always_inline u64 address_len(const struct scratch *s, const struct take *t)
{
	u64 len = arg_of(s, t->by);

	if (t->flags & TAKE_POINTER) {
		u32 stored = 0;

		bpf_probe_read_user(&stored, sizeof(stored), (void *)len);
		len = stored;
	}
	return (u32)len < 128 ? (u32)len : 128;
}

static __always_inline u32 run_take(struct scratch *s, u32 at, const struct take *t)
{
	u64 arg = arg_of(s, t->arg);
	s64 ret = s->rec.ret;
	u64 task = bpf_get_current_task();
	s32 fd = (t->flags & TAKE_RESULT) ? (s32)ret : (s32)arg;

	switch (t->kind) {
	case TAKE_STRING:
		return (u32)take_string(SLOT_CALL, at, arg);
	case TAKE_BYTES:
		return (u32)take_bytes(SLOT_CALL, at, arg, t->size);
	case TAKE_ARRAY: {
		u64 count = arg_of(s, t->by);

		return (u32)take_bytes(SLOT_CALL, at, arg, count < 4096 ? count * t->size : 4096 * (u64)t->size);
	}
	case TAKE_DATA:
		return (u32)take_data(SLOT_CALL, at, arg, data_len(t, ret, arg_of(s, t->by)));
	case TAKE_VECTOR:
		return (u32)take_vector(SLOT_CALL, at, arg, arg_of(s, t->by), data_len(t, ret, ~0ull));
	case TAKE_MESSAGE:
		return (u32)take_message(SLOT_CALL, at, arg, data_len(t, ret, ~0ull));
	case TAKE_MESSAGES: {
		bool failed = ret < 0;

		return (u32)take_messages(SLOT_CALL, at, arg,
					  failed ? ((t->flags & TAKE_OUT) ? (u32)arg_of(s, t->by) : 0) : (u32)ret,
					  failed);
	}
	case TAKE_NAME:
		return (u32)take_name(SLOT_CALL, at, arg);
	case TAKE_CONTROL:
		return (u32)take_control(SLOT_CALL, at, arg);
	case TAKE_PASSED:
		return (u32)take_passed(SLOT_CALL, at);
	case TAKE_ADDRESS:
		return (u32)take_bytes(SLOT_CALL, at, arg, address_len(s, t));
	case TAKE_SOCKET:
		return (u32)take_socket(SLOT_CALL, at, (t->flags & TAKE_RESULT) ? 0 : s->sock, (u32)fd,
					(t->flags & TAKE_OUT) != 0);
	case TAKE_FILE:
		return (u32)take_file(SLOT_CALL, at, (u32)fd);
	case TAKE_PATH:
		return (u32)take_path(SLOT_CALL, at, as_number(s, file_of(fd)));
	case TAKE_PAIR:
		return (u32)take_pair(SLOT_CALL, at, arg);
	case TAKE_TASK:
		return (u32)take_task(SLOT_CALL, at, task);
	case TAKE_ARGUMENTS:
		return (u32)take_area(SLOT_CALL, at, 0);
	case TAKE_ENVIRON:
		return (u32)take_area(SLOT_CALL, at, 1);
	case TAKE_ARGV:
		return (u32)take_argv(SLOT_CALL, at, cfg_no_env && (t->flags & TAKE_OUT) ? 0 : arg);
	case TAKE_EXEPATH:
		return (u32)take_path(SLOT_CALL, at, as_number(s, GET(GET((struct task_struct *)task, mm), exe_file)));
	case TAKE_CGROUPS:
		return (u32)take_cgroups(SLOT_CALL, at, task);
	case TAKE_MEMORY:
		return (u32)take_memory(SLOT_CALL, at);
	case TAKE_CREDS:
		return (u32)take_creds(SLOT_CALL, at);
	case TAKE_ENTRIES:
		return (u32)take_bytes(SLOT_CALL, at, arg, ret > 0 ? (u64)ret : 0);
	default:
		return item_end(s, at, 0, 0);
	}
}

static __always_inline u32 run_recipe(struct scratch *s, const struct recipe *recipe, u32 at)
{
	for (u32 i = 0; i < RECORD_TAKES; i++) {
		const struct take *t = &recipe->take[i];

		if (i >= recipe->takes) {
			break;
		}
		if (at >= RECORD_BODY) {
			break;
		}
		if (take_applies(t, s->rec.ret)) {
			at = run_take(s, at, t);
		} else {
			at = item_end(s, at, 0, 0);
		}
	}
	return at;
}

/* The head of a call's record. */
static __always_inline void put_head(struct record *rec, struct record_counters *n, struct task_struct *t, u32 nr,
				     s64 ret, struct pt_regs *regs, const struct call *c)
{
	bool compat = nr & RECORD_SYSCALLS;
	const struct socketcall *sc = socketcall_of(regs, call_number(regs), compat);

	begin_record(rec, n, now(), RECORD_CALL, (u32)GET(t, pid), (u32)GET(t, tgid));
	rec->ret = ret;
	rec->nr = nr & (RECORD_SYSCALLS - 1);
	rec->flags = (compat ? RECORD_COMPAT : 0) | (c ? RECORD_BEGUN : 0);
	rec->begin = c ? c->begin : 0;
	if (sc) {
		socketcall_args(regs, sc, rec->args);
	} else {
		call_args(regs, compat, rec->args);
	}
}

/*
 * Most calls are reads and writes, most of them of a few bytes, or with a few bytes kept: their records are made in
 * the ring itself, in one of two sizes.
 */
struct small {
	struct record rec;
	struct record_item item;
	u8 data[16];
};

struct medium {
	struct record rec;
	struct record_item item;
	u8 data[80];
};

#define PUT_IN_RING(type) do { \
	struct type *r = bpf_ringbuf_reserve(ring, sizeof(struct type), 0); \
	if (!r) { \
		n->serial++; \
		n->drops_ring++; \
		return true; \
	} \
	put_head(&r->rec, n, t, nr, ret, regs, c); \
	OPAQUE(len); \
	if (len > sizeof(r->data) || len == 0 || bpf_probe_read_user(r->data, len, (void *)pointer)) { \
		len = 0; \
	} \
	r->rec.bytes = sizeof(r->item) + ((len + 7) & ~7u); \
	r->item.len = len; \
	r->item.more = 0; \
	n->bytes += sizeof(*r); \
	bpf_ringbuf_submit(r, ring_flags(ring, n)); \
	return true; \
} while (0)

/* False: the call is none of these. */
static __always_inline bool put_data_call(struct record_counters *n, const struct recipe *recipe, struct task_struct *t,
					  u32 nr, s64 ret, struct pt_regs *regs, const struct call *c)
{
	const struct take *take = &recipe->take[0];
	bool compat = nr & RECORD_SYSCALLS;
	void *ring = ring_of_cpu();
	u64 pointer;
	u32 len;

	if (recipe->takes != 1 || take->kind != TAKE_DATA || !ring || (c && c->tcp)) {
		return false;
	}
	pointer = call_arg(regs, compat, take->arg);
	len = snap_data(c ? c->kind : KIND_UNKNOWN, pointer, data_len(take, ret, call_arg(regs, compat, take->by)));
	if (len <= sizeof(((struct small *)0)->data)) {
		PUT_IN_RING(small);
	}
	if (len <= sizeof(((struct medium *)0)->data)) {
		PUT_IN_RING(medium);
	}
	return false;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_exit, struct pt_regs *regs, long ret)
{
	struct task_struct *t = current_task();
	bool compat = call_is_compat(t);
	const struct socketcall *sc = socketcall_of(regs, call_number(regs), compat);
	u32 nr = call_index(sc ? sc->number : call_number(regs), compat);
	struct recipe *recipe = bpf_map_lookup_elem(&recipes, &nr);
	u32 pid = (u32)GET(t, tgid);
	struct record_counters *n = counters_of_cpu();
	struct scratch *s;
	struct call *c;
	u32 at = 0;

	if (!recipe || !recipe->wanted || !n || pid == cfg_self) {
		return 0;
	}
	forget_verdict(recipe);
	/* The new task of a clone and the new program of an exec were recorded where they came to be. */
	if (recipe->silent_zero && ret == 0) {
		return 0;
	}
	c = call_of(t, (u32)GET(t, pid));
	if (c && c->nr != nr) {
		c = NULL;
	}
	if (!(c ? c->wanted : wanted_task(pid))) {
		return 0;
	}
	if (put_data_call(n, recipe, t, nr, ret, regs, c)) {
		if (c) {
			forget_call(c);
		}
		return 0;
	}
	s = scratch_of(SLOT_CALL);
	if (!s) {
		n->serial++;
		n->drops_scratch++;
		return 0;
	}
	put_head(&s->rec, n, t, nr, ret, regs, c);
	s->kind = c ? c->kind : KIND_UNKNOWN;
	s->compat = nr & RECORD_SYSCALLS;
	s->sock = c ? c->sock : 0;
	if (c) {
		if (c->tcp) {
			s->rec.flags |= RECORD_TCP;
			*(struct record_tcp *)s->body = c->seq;
			at = sizeof(struct record_tcp);
		}
		forget_call(c);
	}
	at = run_recipe(s, recipe, at);
	at &= 2 * RECORD_BODY - 1;
	s->rec.bytes = at;
	put_record(n, &s->rec, sizeof(s->rec) + at);
	return 0;
}
