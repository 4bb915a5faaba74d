/*
 * fields_proc.c - who: the process of the event's thread. Any worker, own context; everything is
 * read from the thread's view.
 *
 * Without a thread there is no value. Of a thread that the capture never introduced only the number
 * is known: its names are "<NA>" or empty, as upstream, its ids -1.
 */
#include "filter/fields_internal.h"

#define THREAD(c) ((c)->ev->thread)

enum {
	NUM_PID,
	NUM_PPID,
	NUM_VPID,
	NUM_SID,
	NUM_VPGID,
	NUM_PGID,
	NUM_FDLIMIT,
	NUM_EXE_INO,
};

static bool value_number(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct thread_view *t = THREAD(c);

	if (t == NULL) {
		return false;
	}
	switch (u->field->which) {
	case NUM_PID: return value_int(v, t->pid);
	case NUM_PPID: return value_int(v, t->ptid);
	case NUM_VPID: return t->vpid != -1 && value_int(v, t->vpid);
	case NUM_SID: return value_int(v, t->sid);
	case NUM_VPGID: return value_int(v, t->vpgid);
	case NUM_PGID: return value_int(v, t->pgid);
	case NUM_FDLIMIT: return value_int(v, t->fdlimit);
	default: return t->exe_ino != 0 && value_int(v, (int64_t)t->exe_ino);
	}
}

/* The pid of the parent process: the thread that started this one may be any of its. */
static bool value_ppid(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct ref_chain *chain = ctx_chain(c);

	if (chain != NULL && chain->count > 0) {
		return value_int(v, chain->up[0]->pid);
	}
	return value_number(c, u, v);
}

static bool value_pvpid(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct ref_chain *chain = ctx_chain(c);

	UNUSED_ARG(u);
	return chain != NULL && chain->count > 0 && chain->up[0]->vpid != -1 &&
	       value_int(v, chain->up[0]->vpid);
}

static bool value_name(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return THREAD(c) != NULL && value_comm(v, THREAD(c)->comm);
}

static bool value_exe(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct thread_view *t = THREAD(c);

	UNUSED_ARG(u);
	if (t == NULL) {
		return false;
	}
	return (t->flags & TV_KNOWN) ? value_str(v, t->image->exe) : value_comm(v, t->image->exe);
}

static bool value_exepath(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return THREAD(c) != NULL && value_str(v, THREAD(c)->image->exepath);
}

static bool value_cwd(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return THREAD(c) != NULL && value_str(v, THREAD(c)->cwd);
}

/* String number n of a NUL-separated list; false: there are fewer. */
static bool list_item(const struct str *s, int64_t n, const char **ret_p, size_t *ret_len)
{
	const char *p = s->s;
	const char *end = s->s + s->len;

	while (p < end) {
		size_t len = strnlen(p, (size_t)(end - p));

		if (n-- == 0) {
			*ret_p = p;
			*ret_len = len;
			return true;
		}
		p += len + 1;
	}
	return false;
}

static bool text_args(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	const struct thread_view *t = THREAD(c);
	const char *p;
	size_t len;

	if (t == NULL) {
		return false;
	}
	if (u->arg == NULL) {
		add_joined(out, t->image->args);
		return true;
	}
	if (u->index < 0 || !list_item(t->image->args, u->index, &p, &len)) {
		return false;
	}
	buf_add(out, p, len);
	return true;
}

static bool text_cmdline(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	UNUSED_ARG(u);
	if (THREAD(c) == NULL) {
		return false;
	}
	add_cmdline(out, THREAD(c));
	return true;
}

static bool text_exeline(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	struct field_value exe;

	if (!value_exe(c, u, &exe)) {
		return false;
	}
	buf_add(out, exe.v.text, exe.len);
	if (THREAD(c)->image->args->len > 0) {
		buf_addc(out, ' ');
		add_joined(out, THREAD(c)->image->args);
	}
	return true;
}

enum { ARGS_COUNT, ARGS_BYTES };

static bool value_args_size(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct str *args;
	uint64_t items = 0;
	uint64_t bytes = 0;
	const char *p;
	size_t len;

	if (THREAD(c) == NULL) {
		return false;
	}
	args = THREAD(c)->image->args;
	for (size_t at = 0; at < args->len; at += len + 1) {
		p = args->s + at;
		len = strnlen(p, args->len - at);
		bytes += len;
		items++;
	}
	return value_uint(v, u->field->which == ARGS_COUNT ? items : bytes);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Value of one variable, blanks around it left out. */
static bool env_value(const struct str *env, const char *name, const char **ret_p, size_t *ret_len)
{
	size_t name_len = strlen(name);
	size_t len;

	for (size_t at = 0; at < env->len; at += len + 1) {
		const char *p = env->s + at;

		len = strnlen(p, env->len - at);
		if (len > name_len && p[name_len] == '=' && memcmp(p, name, name_len) == 0) {
			const char *end = p + len;

			p += name_len + 1;
			while (p < end && is_blank(*p)) {
				p++;
			}
			while (end > p && is_blank(end[-1])) {
				end--;
			}
			*ret_p = p;
			*ret_len = (size_t)(end - p);
			return true;
		}
	}
	return false;
}

static bool text_env(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	const char *p;
	size_t len;

	if (THREAD(c) == NULL) {
		return false;
	}
	if (u->arg == NULL) {
		add_joined(out, THREAD(c)->image->env);
		return true;
	}
	if (!env_value(THREAD(c)->image->env, u->arg, &p, &len)) {
		return false;
	}
	buf_add(out, p, len);
	return true;
}

/* proc.aenv: as proc.env, of the process itself or else its nearest ancestor that has it. */
static bool text_aenv(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	const struct ref_chain *chain = ctx_chain(c);
	const char *p;
	size_t len;

	if (THREAD(c) == NULL || u->arg == NULL) {
		return text_env(c, u, out);
	}
	if (text_env(c, u, out)) {
		return true;
	}
	for (uint32_t i = 0; chain != NULL && i < chain->count && i < 20; i++) {
		if (env_value(chain->up[i]->image->env, u->arg, &p, &len)) {
			buf_add(out, p, len);
			return true;
		}
	}
	return false;
}

static bool value_tty(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return THREAD(c) != NULL && value_uint(v, THREAD(c)->tty);
}

static bool value_flag(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	return THREAD(c) != NULL &&
	       value_bool(v, (THREAD(c)->flags & (unsigned int)u->field->which) != 0);
}

enum { LEADS_SID, LEADS_VPGID, LEADS_PGID };

static bool value_leads(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct thread_view *t = THREAD(c);

	if (t == NULL) {
		return false;
	}
	switch (u->field->which) {
	case LEADS_SID: return value_bool(v, t->sid == t->vpid);
	case LEADS_VPGID: return value_bool(v, t->vpgid == t->vpid);
	default: return value_bool(v, t->pgid == t->pid);
	}
}

enum { TS_CLONE, TS_DURATION, TS_CTIME, TS_MTIME, TS_CTIME_TO_START, TS_CTIME_TO_PIDNS, TS_PIDNS };

static bool later(struct field_value *v, uint64_t end, uint64_t begin)
{
	return begin != 0 && value_uint(v, end > begin ? end - begin : 0);
}

static bool value_time(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct thread_view *t = THREAD(c);

	if (t == NULL) {
		return false;
	}
	switch (u->field->which) {
	case TS_CLONE: return t->clone_ns != 0 && value_uint(v, t->clone_ns);
	case TS_DURATION: return later(v, c->ev->ts_ns, t->clone_ns);
	case TS_CTIME: return t->exe_ctime_ns != 0 && value_uint(v, t->exe_ctime_ns);
	case TS_MTIME: return t->exe_mtime_ns != 0 && value_uint(v, t->exe_mtime_ns);
	case TS_CTIME_TO_START: return t->clone_ns != 0 && later(v, t->clone_ns, t->exe_ctime_ns);
	case TS_CTIME_TO_PIDNS:
		return t->pidns_start_ns != 0 && t->exe_ctime_ns > t->pidns_start_ns &&
		       later(v, t->exe_ctime_ns, t->pidns_start_ns);
	default: return t->pidns_start_ns != 0 && value_uint(v, t->pidns_start_ns);
	}
}

enum { MEM_SIZE, MEM_RSS, MEM_SWAP };

static bool value_memory(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct thread_view *t = THREAD(c);

	if (t == NULL) {
		return false;
	}
	return value_uint(v, u->field->which == MEM_SIZE  ? t->vmsize_kb
			     : u->field->which == MEM_RSS ? t->vmrss_kb
							  : t->vmswap_kb);
}

enum { COUNT_THREADS, COUNT_NOT_FIRST, COUNT_FDS };

static bool value_counts(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct ref_counts *n = ctx_counts(c);

	if (n == NULL) {
		return false;
	}
	return value_uint(v, u->field->which == COUNT_THREADS ? n->threads
			     : u->field->which == COUNT_FDS   ? n->open_fds
			     : n->threads > 0                 ? n->threads - 1
							      : 0);
}

static bool value_fdusage(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct ref_counts *n = ctx_counts(c);

	UNUSED_ARG(u);
	return n != NULL && THREAD(c) != NULL && THREAD(c)->fdlimit > 0 &&
	       value_double(v, 100.0 * n->open_fds / (double)THREAD(c)->fdlimit);
}

/* which: fd number, plus 3 for its type instead of its name. */
static bool value_std(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct ref_counts *n = ctx_counts(c);
	const struct fd_view *fd = n != NULL ? n->std[u->field->which % 3] : NULL;

	if (fd == NULL) {
		return false;
	}
	return u->field->which >= 3 ? value_cstr(v, fd_type_word(fd))
				    : value_text(v, fd->name, fd->name_len);
}

#define FOLD WANT_FOLD
#define PLACE        \
	(WANT_FOLD | \
	 WANT_FDS) /* working directories, and paths that can follow from one or from a directory fd */
#define UP (WANT_FOLD | WANT_ANCESTORS)
#define COUNTS (WANT_FOLD | WANT_FDS | WANT_COUNTS)
#define MEMORY (WANT_FOLD | WANT_MEMORY)

/* clang-format off */
static const struct field rows[] = {
	{ "proc.name", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_name, NULL, 0,
	  "name of the thread as the kernel keeps it, at most 15 bytes" },
	{ "proc.pid", PT_INT64, FMT_ID, ARG_NONE, 0, FOLD, value_number, NULL, NUM_PID,
	  "process id" },
	{ "proc.ppid", PT_INT64, FMT_ID, ARG_NONE, 0, UP, value_ppid, NULL, NUM_PPID,
	  "process id of the parent" },
	{ "proc.vpid", PT_INT64, FMT_ID, ARG_NONE, 0, FOLD, value_number, NULL, NUM_VPID,
	  "process id within its pid namespace" },
	{ "proc.pvpid", PT_INT64, FMT_ID, ARG_NONE, 0, UP, value_pvpid, NULL, 0,
	  "the parent's process id within its pid namespace" },
	{ "proc.exe", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_exe, NULL, 0,
	  "first argument of the program, which may lie" },
	{ "proc.exepath", PT_CHARBUF, FMT_NA, ARG_NONE, 0, PLACE, value_exepath, NULL, 0,
	  "path of the program" },
	{ "proc.args", PT_CHARBUF, FMT_NA, ARG_OPTIONAL, FIELD_ARG_NUMBER, FOLD, NULL, text_args, 0,
	  "arguments behind the first; [n] one of them, from 0" },
	{ "proc.cmdline", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, NULL, text_cmdline, 0,
	  "name and arguments" },
	{ "proc.exeline", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, NULL, text_exeline, 0,
	  "proc.exe and arguments" },
	{ "proc.cmdnargs", PT_UINT64, FMT_DEC, ARG_NONE, 0, FOLD, value_args_size, NULL, ARGS_COUNT,
	  "number of arguments" },
	{ "proc.cmdlenargs", PT_UINT64, FMT_DEC, ARG_NONE, 0, FOLD, value_args_size, NULL, ARGS_BYTES,
	  "bytes of all arguments" },
	{ "proc.env", PT_CHARBUF, FMT_NA, ARG_OPTIONAL, 0, FOLD, NULL, text_env, 0,
	  "environment; [NAME] one variable" },
	{ "proc.aenv", PT_CHARBUF, FMT_NA, ARG_OPTIONAL, FIELD_NO_RHS | FIELD_NO_TRANSFORM, UP, NULL, text_aenv, 0,
	  "as proc.env, [NAME] also from up to 20 ancestors" },
	{ "proc.cwd", PT_CHARBUF, FMT_NA, ARG_NONE, 0, PLACE, value_cwd, NULL, 0,
	  "working directory, ending in /" },
	{ "proc.tty", PT_UINT32, FMT_ID, ARG_NONE, 0, FOLD, value_tty, NULL, 0,
	  "device number of the terminal, 0 for none" },
	{ "proc.sid", PT_INT64, FMT_ID, ARG_NONE, 0, FOLD, value_number, NULL, NUM_SID,
	  "session id" },
	{ "proc.vpgid", PT_INT64, FMT_ID, ARG_NONE, 0, FOLD, value_number, NULL, NUM_VPGID,
	  "process group within the pid namespace" },
	{ "proc.pgid", PT_INT64, FMT_ID, ARG_NONE, 0, FOLD, value_number, NULL, NUM_PGID,
	  "process group" },
	{ "proc.is_sid_leader", PT_BOOL, FMT_NA, ARG_NONE, 0, FOLD, value_leads, NULL, LEADS_SID,
	  "true for the leader of a session" },
	{ "proc.is_vpgid_leader", PT_BOOL, FMT_NA, ARG_NONE, 0, FOLD, value_leads, NULL, LEADS_VPGID,
	  "true for the leader of a process group, by ids of its pid namespace" },
	{ "proc.is_pgid_leader", PT_BOOL, FMT_NA, ARG_NONE, 0, FOLD, value_leads, NULL, LEADS_PGID,
	  "true for the leader of a process group" },
	{ "proc.duration", PT_RELTIME, FMT_DEC, ARG_NONE, 0, FOLD, value_time, NULL, TS_DURATION,
	  "nanoseconds since the process was started; none when it is older than the capture" },
	{ "proc.pid.ts", PT_RELTIME, FMT_DEC, ARG_NONE, 0, FOLD, value_time, NULL, TS_CLONE,
	  "start of the process, nanoseconds since 1970" },
	{ "proc.is_exe_writable", PT_BOOL, FMT_NA, ARG_NONE, 0, FOLD, value_flag, NULL, TV_EXE_WRITABLE,
	  "the user who ran the program may write its file" },
	{ "proc.is_exe_upper_layer", PT_BOOL, FMT_NA, ARG_NONE, 0, FOLD, value_flag, NULL, TV_EXE_UPPER,
	  "the program lies in the upper layer of an overlay: added or changed in its container" },
	{ "proc.is_exe_lower_layer", PT_BOOL, FMT_NA, ARG_NONE, 0, FOLD, value_flag, NULL, TV_EXE_LOWER,
	  "the program lies in the lower layer of an overlay: part of the image" },
	{ "proc.is_exe_from_memfd", PT_BOOL, FMT_NA, ARG_NONE, 0, FOLD, value_flag, NULL, TV_EXE_MEMFD,
	  "the program was run from memory" },
	{ "proc.exe_ino", PT_INT64, FMT_DEC, ARG_NONE, 0, FOLD, value_number, NULL, NUM_EXE_INO,
	  "inode of the program" },
	{ "proc.exe_ino.ctime", PT_ABSTIME, FMT_DEC, ARG_NONE, 0, FOLD, value_time, NULL, TS_CTIME,
	  "last change of that inode, nanoseconds since 1970" },
	{ "proc.exe_ino.mtime", PT_ABSTIME, FMT_DEC, ARG_NONE, 0, FOLD, value_time, NULL, TS_MTIME,
	  "last change of the program's bytes, nanoseconds since 1970" },
	{ "proc.exe_ino.ctime_duration_proc_start", PT_ABSTIME, FMT_DEC, ARG_NONE, 0, FOLD, value_time, NULL,
	  TS_CTIME_TO_START, "nanoseconds between the change of the program's inode and its start" },
	{ "proc.exe_ino.ctime_duration_pidns_start", PT_ABSTIME, FMT_DEC, ARG_NONE, 0, FOLD, value_time,
	  NULL, TS_CTIME_TO_PIDNS,
	  "nanoseconds between the start of the pid namespace and the change of the program's inode" },
	{ "proc.pidns_init_start_ts", PT_UINT64, FMT_DEC, ARG_NONE, 0, FOLD, value_time, NULL, TS_PIDNS,
	  "start of the pid namespace, nanoseconds since 1970" },
	{ "proc.fdlimit", PT_INT64, FMT_DEC, ARG_NONE, 0, FOLD, value_number, NULL, NUM_FDLIMIT,
	  "how many fds the process may open" },
	{ "proc.fdopencount", PT_UINT64, FMT_DEC, ARG_NONE, 0, COUNTS, value_counts, NULL, COUNT_FDS,
	  "how many fds it has open" },
	{ "proc.fdusage", PT_DOUBLE, FMT_NA, ARG_NONE, 0, COUNTS, value_fdusage, NULL, 0,
	  "open fds in per cent of the limit" },
	{ "proc.nthreads", PT_UINT64, FMT_DEC, ARG_NONE, 0, COUNTS, value_counts, NULL, COUNT_THREADS,
	  "live threads of the process" },
	{ "proc.nchilds", PT_UINT64, FMT_DEC, ARG_NONE, 0, COUNTS, value_counts, NULL, COUNT_NOT_FIRST,
	  "live threads besides the first" },
	{ "proc.vmsize", PT_UINT64, FMT_DEC, ARG_NONE, 0, MEMORY, value_memory, NULL, MEM_SIZE,
	  "virtual memory in kB" },
	{ "proc.vmrss", PT_UINT64, FMT_DEC, ARG_NONE, 0, MEMORY, value_memory, NULL, MEM_RSS,
	  "resident memory in kB" },
	{ "proc.vmswap", PT_UINT64, FMT_DEC, ARG_NONE, 0, MEMORY, value_memory, NULL, MEM_SWAP,
	  "swapped memory in kB" },
	{ "proc.stdin.name", PT_CHARBUF, FMT_NA, ARG_NONE, 0, COUNTS, value_std, NULL, 0,
	  "what fd 0 is open on" },
	{ "proc.stdout.name", PT_CHARBUF, FMT_NA, ARG_NONE, 0, COUNTS, value_std, NULL, 1,
	  "what fd 1 is open on" },
	{ "proc.stderr.name", PT_CHARBUF, FMT_NA, ARG_NONE, 0, COUNTS, value_std, NULL, 2,
	  "what fd 2 is open on" },
	{ "proc.stdin.type", PT_CHARBUF, FMT_NA, ARG_NONE, 0, COUNTS, value_std, NULL, 3,
	  "type of fd 0, as fd.type" },
	{ "proc.stdout.type", PT_CHARBUF, FMT_NA, ARG_NONE, 0, COUNTS, value_std, NULL, 4,
	  "type of fd 1" },
	{ "proc.stderr.type", PT_CHARBUF, FMT_NA, ARG_NONE, 0, COUNTS, value_std, NULL, 5,
	  "type of fd 2" },
};
/* clang-format on */

const struct field_class field_class_proc = { "process", rows, ARRAY_LEN(rows), "proc" };
