/*
 * fields_thread.c - the event's thread: ids, capabilities, cgroups. Any worker, own context.
 */
#include "filter/fields_internal.h"

#define THREAD(c) ((c)->ev->thread)

/* Known from the event itself, without state. */
static bool value_tid(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return c->ev->tid >= 0 && value_int(v, c->ev->tid);
}

static bool value_vtid(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return THREAD(c) != NULL && THREAD(c)->vtid != -1 && value_int(v, THREAD(c)->vtid);
}

static bool value_is_main(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return THREAD(c) != NULL && value_bool(v, (THREAD(c)->flags & TV_MAIN) != 0);
}

enum { CAPS_PERMITTED, CAPS_EFFECTIVE, CAPS_INHERITABLE };

static bool text_caps(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	const struct thread_view *t = THREAD(c);
	uint64_t caps;
	bool any = false;

	if (t == NULL) {
		return false;
	}
	caps = u->field->which == CAPS_PERMITTED   ? t->cap_permitted
	       : u->field->which == CAPS_EFFECTIVE ? t->cap_effective
						   : t->cap_inheritable;
	for (unsigned int bit = 0; bit < 64; bit++) {
		const char *name = (caps >> bit & 1) ? schema_capability_name(bit) : NULL;

		if (name == NULL) {
			continue;
		}
		if (any) {
			buf_addc(out, ' ');
		}
		if (strncmp(name, "CAP_", 4) != 0) {
			buf_adds(out, "CAP_");
		}
		buf_adds(out, name);
		any = true;
	}
	return true;
}

static bool text_cgroups(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	UNUSED_ARG(u);
	if (THREAD(c) == NULL) {
		return false;
	}
	add_joined(out, THREAD(c)->image->cgroups);
	return true;
}

static bool value_cgroup(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct str *list;
	size_t name_len = strlen(u->arg);
	size_t len;

	if (THREAD(c) == NULL) {
		return false;
	}
	list = THREAD(c)->image->cgroups;
	for (size_t at = 0; at < list->len; at += len + 1) {
		const char *p = list->s + at;

		len = strnlen(p, list->len - at);
		if (len > name_len && p[name_len] == '=' && memcmp(p, u->arg, name_len) == 0) {
			return value_text(v, p + name_len + 1, len - name_len - 1);
		}
	}
	return false;
}

enum { FAULTS_MAJOR, FAULTS_MINOR };

static bool value_faults(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	return THREAD(c) != NULL &&
	       value_uint(v, u->field->which == FAULTS_MAJOR ? THREAD(c)->pfmajor
							     : THREAD(c)->pfminor);
}

/* thread.vmsize and vmrss: of a process, told once, by its first thread. */
enum { MEM_SIZE, MEM_RSS, MEM_BYTES = 2 };

static bool value_memory(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct thread_view *t = THREAD(c);
	uint64_t kb;

	if (t == NULL) {
		return false;
	}
	kb = (t->flags & TV_MAIN) == 0                    ? 0
	     : (u->field->which & ~MEM_BYTES) == MEM_SIZE ? t->vmsize_kb
							  : t->vmrss_kb;
	return value_uint(v, (u->field->which & MEM_BYTES) != 0 ? kb * 1024 : kb);
}

static bool text_nametid(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	struct field_value comm;

	UNUSED_ARG(u);
	if (THREAD(c) == NULL || !value_comm(&comm, THREAD(c)->comm)) {
		return false;
	}
	buf_add(out, comm.v.text, comm.len);
	buf_add_s64(out, c->ev->tid);
	return true;
}

/* The slice of processor time that a switch ends, and all slices of its thread up to then. */
enum { TIME_SLICE, TIME_TOTAL };

static bool value_exectime(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct ref_counts *n = ctx_counts(c);

	if (n == NULL || ctx_schema(c) == NULL || c->ev->type != EV_SCHEDSWITCH_6_E) {
		return false;
	}
	if (u->field->which == TIME_SLICE) {
		return n->has_slice && value_uint(v, n->slice_ns);
	}
	return value_uint(v, n->thread_cpu_ns);
}

/* Processor time between the thread's process information event before and this one, in per cent of a second. */
enum { CPU_ALL, CPU_USER, CPU_SYSTEM };

static bool value_cpu(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct ref_counts *n = ctx_counts(c);
	uint64_t ns;

	if (n == NULL || !n->has_sample) {
		return false;
	}
	ns = (u->field->which != CPU_SYSTEM ? n->sample_user_ns : 0) +
	     (u->field->which != CPU_USER ? n->sample_system_ns : 0);
	return value_double(v, (double)ns / ((double)NSEC_PER_SEC / 100));
}

#define FOLD WANT_FOLD
#define COUNTS (WANT_FOLD | WANT_FDS | WANT_COUNTS)
#define MEMORY (WANT_FOLD | WANT_MEMORY)
#define OLD FIELD_DEPRECATED

/* clang-format off */
static const struct field rows[] = {
	{ "thread.tid", PT_INT64, FMT_ID, ARG_NONE, 0, 0, value_tid, NULL, 0,
	  "thread id" },
	{ "thread.vtid", PT_INT64, FMT_ID, ARG_NONE, 0, FOLD, value_vtid, NULL, 0,
	  "thread id within its pid namespace" },
	{ "thread.ismain", PT_BOOL, FMT_NA, ARG_NONE, 0, FOLD, value_is_main, NULL, 0,
	  "true for the first thread of a process" },
	{ "thread.cap_permitted", PT_CHARBUF, FMT_NA, ARG_NONE, FIELD_SAFE, FOLD, NULL, text_caps,
	  CAPS_PERMITTED, "permitted capabilities" },
	{ "thread.cap_effective", PT_CHARBUF, FMT_NA, ARG_NONE, FIELD_SAFE, FOLD, NULL, text_caps,
	  CAPS_EFFECTIVE, "effective capabilities" },
	{ "thread.cap_inheritable", PT_CHARBUF, FMT_NA, ARG_NONE, FIELD_SAFE, FOLD, NULL, text_caps,
	  CAPS_INHERITABLE, "inheritable capabilities" },
	{ "thread.cgroups", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, NULL, text_cgroups, 0,
	  "control groups as subsystem=path" },
	{ "thread.cgroup", PT_CHARBUF, FMT_NA, ARG_REQUIRED_DOT, 0, FOLD, value_cgroup, NULL, 0,
	  "control group of one subsystem" },
	{ "thread.pfmajor", PT_UINT64, FMT_DEC, ARG_NONE, 0, FOLD | WANT_MEMORY, value_faults, NULL,
	  FAULTS_MAJOR, "major page faults" },
	{ "thread.pfminor", PT_UINT64, FMT_DEC, ARG_NONE, 0, FOLD | WANT_MEMORY, value_faults, NULL,
	  FAULTS_MINOR, "minor page faults" },
	{ "thread.vmsize", PT_UINT64, FMT_DEC, ARG_NONE, 0, MEMORY, value_memory, NULL, MEM_SIZE,
	  "virtual memory of the process in kB, 0 for all but its first thread" },
	{ "thread.vmrss", PT_UINT64, FMT_DEC, ARG_NONE, 0, MEMORY, value_memory, NULL, MEM_RSS,
	  "resident memory of the process in kB, 0 for all but its first thread" },
	{ "thread.vmsize.b", PT_UINT64, FMT_DEC, ARG_NONE, OLD, MEMORY, value_memory, NULL, MEM_SIZE | MEM_BYTES,
	  "thread.vmsize in bytes" },
	{ "thread.vmrss.b", PT_UINT64, FMT_DEC, ARG_NONE, OLD, MEMORY, value_memory, NULL, MEM_RSS | MEM_BYTES,
	  "thread.vmrss in bytes" },
	{ "thread.nametid", PT_CHARBUF, FMT_NA, ARG_NONE, OLD, FOLD, NULL, text_nametid, 0,
	  "name and thread id written together" },
	{ "thread.exectime", PT_RELTIME, FMT_DEC, ARG_NONE, 0, COUNTS, value_exectime, NULL, TIME_SLICE,
	  "of switch events: nanoseconds the thread has run since it was switched in" },
	{ "thread.totexectime", PT_RELTIME, FMT_DEC, ARG_NONE, 0, COUNTS, value_exectime, NULL, TIME_TOTAL,
	  "of switch events: nanoseconds the thread has run since the capture began" },
	{ "thread.cpu", PT_DOUBLE, FMT_NA, ARG_NONE, 0, COUNTS, value_cpu, NULL, CPU_ALL,
	  "of procinfo events: processor time in the last second, in per cent" },
	{ "thread.cpu.user", PT_DOUBLE, FMT_NA, ARG_NONE, 0, COUNTS, value_cpu, NULL, CPU_USER,
	  "the part of thread.cpu in programs" },
	{ "thread.cpu.system", PT_DOUBLE, FMT_NA, ARG_NONE, 0, COUNTS, value_cpu, NULL, CPU_SYSTEM,
	  "the part of thread.cpu in the kernel" },
};
/* clang-format on */

const struct field_class field_class_thread = { "thread", rows, ARRAY_LEN(rows), "thread" };
