/*
 * record_begin.h - the head of every record.
 */
#ifndef CAPTURE_BPF_RECORD_BEGIN_H
#define CAPTURE_BPF_RECORD_BEGIN_H

#include "call.h"
#include "filter.h"

static __always_inline u64 now(void)
{
	return bpf_ktime_get_ns();
}

/* Takes a serial number, also when the record is lost afterwards. */
static __always_inline void begin_record(struct record *rec, struct record_counters *n, u64 ts, u8 kind, u32 tid,
					 u32 pid)
{
	rec->ts = ts;
	rec->begin = 0;
	rec->serial = ++n->serial;
	rec->ret = 0;
	rec->tid = (s32)tid;
	rec->pid = (s32)pid;
	rec->nr = 0;
	rec->kind = kind;
	rec->flags = 0;
	rec->bytes = 0;
}

/* The same for the current task. */
static __always_inline void begin_current(struct record *rec, struct record_counters *n, u8 kind)
{
	u64 id = bpf_get_current_pid_tgid();

	begin_record(rec, n, now(), kind, (u32)id, (u32)(id >> 32));
}

#endif
