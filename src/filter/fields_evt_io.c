/*
 * fields_evt_io.c - what kind of call: category, reads and writes, opens, counters. Any worker, own
 * context.
 */
#include "filter/fields_internal.h"

static unsigned int flags_of(const struct field_ctx *c)
{
	const struct schema_event *s = ctx_schema(c);

	return s != NULL ? s->flags : 0;
}

/* The category of an I/O call is that of the file it works on. */
static unsigned int category_by_fd(const struct fd_view *fd)
{
	if (fd == NULL) {
		return EC_UNKNOWN;
	}
	if (fd_is_file(fd)) {
		return EC_FILE;
	}
	if (fd_is_inet(fd)) {
		return EC_NET;
	}
	switch (fd->type) {
	case FD_FIFO:
	case FD_UNIX:
	case FD_EVENTFD:
	case FD_SIGNALFD:
	case FD_INOTIFY:
	case FD_USERFAULTFD: return EC_IPC;
	case FD_UNKNOWN: return EC_UNKNOWN;
	default: return EC_OTHER;
	}
}

static bool is_io_category(unsigned int category)
{
	return category == EC_IO_READ || category == EC_IO_WRITE || category == EC_IO_OTHER;
}

static unsigned int category_of(const struct field_ctx *c)
{
	const struct schema_event *s = ctx_schema(c);

	if (s == NULL) {
		return EC_UNKNOWN;
	}
	return is_io_category(s->category) ? category_by_fd(c->ev->fd) : s->category;
}

/* Upstream writes the plain category in capitals, that of an fd in small letters. */
static bool value_category(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct schema_event *s = ctx_schema(c);
	unsigned int category = category_of(c);

	UNUSED_ARG(u);
	if (category == EC_IPC) {
		return value_cstr(v, s != NULL && is_io_category(s->category) ? "ipc" : "IPC");
	}
	return value_cstr(v, schema_category_name(category));
}

/* which: the event flags of which one must be set. */
static bool value_has_flag(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	return value_bool(v, (flags_of(c) & (unsigned int)u->field->which) != 0);
}

static bool value_io_dir(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	unsigned int flags = flags_of(c);

	UNUSED_ARG(u);
	if (flags & EF_READS_FROM_FD) {
		return value_cstr(v, "read");
	}
	return (flags & EF_WRITES_TO_FD) != 0 && value_cstr(v, "write");
}

static bool is_io(const struct field_ctx *c)
{
	return (flags_of(c) & (EF_READS_FROM_FD | EF_WRITES_TO_FD)) != 0;
}

static bool value_buffer(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	int i = ctx_schema(c) != NULL ? event_param_index(c->ev->type, "data") : -1;
	struct param data;

	UNUSED_ARG(u);
	if (i < 0 || !is_io(c)) {
		return false;
	}
	data = event_param(c->ev, (unsigned int)i);
	return data.p != NULL && value_bytes(v, data.p, data.len);
}

static bool value_buflen(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct event *ev = c->ev;

	UNUSED_ARG(u);
	return is_io(c) && ev->fd != NULL && (ev->flags & EVENT_HAS_RES) && ev->res >= 0 &&
	       value_uint(v, (uint64_t)ev->res);
}

/* evt.buflen.file.in and its kin. */
enum { LEN_IN = 1, LEN_OUT = 2, LEN_FILE = 4, LEN_NET = 8 };

static bool value_buflen_of(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	unsigned int flags = flags_of(c);
	int which = u->field->which;

	if (((which & LEN_IN) != 0 && (flags & EF_READS_FROM_FD) == 0) ||
	    ((which & LEN_OUT) != 0 && (flags & EF_WRITES_TO_FD) == 0) || c->ev->fd == NULL ||
	    ((which & LEN_FILE) != 0 && !fd_is_file(c->ev->fd)) ||
	    ((which & LEN_NET) != 0 && !fd_is_inet(c->ev->fd))) {
		return false;
	}
	return value_buflen(c, u, v);
}

static bool value_is_syslog(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct event *ev = c->ev;

	UNUSED_ARG(u);
	return value_bool(v, (flags_of(c) & EF_WRITES_TO_FD) && ev->fd != NULL &&
				     memmem(ev->fd->name, ev->fd->name_len, "/dev/log", 8) != NULL);
}

/* ---- opens ---- */

/* Flags and mode of an open-like exit, -1 where the call has no such parameter. */
struct open_params {
	int flags, mode;
	bool creat;
};

static bool open_params_of(const struct event *ev, struct open_params *ret)
{
	static const struct {
		uint16_t type;
		int8_t flags, mode;
		bool creat;
	} opens[] = {
		{ EV_SYSCALL_OPEN_X, 2, 3, false },
		{ EV_SYSCALL_OPENAT_2_X, 3, 4, false },
		{ EV_SYSCALL_OPENAT2_X, 3, 4, false },
		{ EV_SYSCALL_OPEN_BY_HANDLE_AT_X, 2, -1, false },
		{ EV_SYSCALL_CREAT_X, -1, 2, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(opens); i++) {
		if (ev->type == opens[i].type) {
			ret->flags = opens[i].flags;
			ret->mode = opens[i].mode;
			ret->creat = opens[i].creat;
			return true;
		}
	}
	return false;
}

static uint32_t param_or_zero(const struct event *ev, int i)
{
	uint32_t x;

	return i >= 0 && event_u32(ev, (unsigned int)i, &x) ? x : 0;
}

/* An x bit of the mode, where the mode counts: the call creates a file. */
static bool opens_exec(const struct event *ev, const struct open_params *p, uint32_t flags)
{
	const uint32_t x_bits = PPM_S_IXUSR | PPM_S_IXGRP | PPM_S_IXOTH;

	return (p->creat || (flags & (PPM_O_CREAT | PPM_O_TMPFILE)) != 0) &&
	       (param_or_zero(ev, p->mode) & x_bits) != 0;
}

static bool opens_create(const struct event *ev, uint32_t flags)
{
	bool success = (ev->flags & EVENT_HAS_RES) != 0 && ev->res >= 0;

	return (flags & PPM_O_F_CREATED) != 0 || ((flags & PPM_O_TMPFILE) != 0 && success);
}

enum { OPEN_READ, OPEN_WRITE, OPEN_EXEC, OPEN_CREATE };

static bool value_is_open(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	struct open_params p;
	uint32_t flags;

	if (!open_params_of(c->ev, &p)) {
		return value_bool(v, false);
	}
	flags = param_or_zero(c->ev, p.flags);
	switch (u->field->which) {
	case OPEN_READ: return value_bool(v, (flags & PPM_O_RDONLY) != 0);
	case OPEN_WRITE: return value_bool(v, (flags & PPM_O_WRONLY) != 0);
	case OPEN_EXEC: return value_bool(v, opens_exec(c->ev, &p, flags));
	default: return value_bool(v, opens_create(c->ev, flags));
	}
}

/* ---- counters ---- */

static bool value_count(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(c);
	UNUSED_ARG(u);
	return value_uint(v, 1);
}

static bool value_count_exit(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct schema_event *s = ctx_schema(c);

	UNUSED_ARG(u);
	return s != NULL && s->is_exit && value_uint(v, 1);
}

/* evt.count.procinfo, evt.count.threadinfo: events that tell of a process (of its first thread), of a thread. */
static bool value_count_info(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct event *ev = c->ev;
	bool is_info = ctx_schema(c) != NULL && ev->type == EV_PROCINFO_E;

	if (!is_info ||
	    (u->field->which != 0 && (ev->thread == NULL || (ev->thread->flags & TV_MAIN) == 0))) {
		return false;
	}
	return value_uint(v, 1);
}

/* ---- the infrastructure event of old agents: "Event:start;ID:...;name:...;Image:..." ---- */

static const char *const infra_keys[] = { "Event:", "ID:", "name:", "Image:" };

static bool value_infra(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const char *key = infra_keys[u->field->which];
	size_t key_len = strlen(key);
	struct param text;
	int i;

	if (ctx_schema(c) == NULL || c->ev->type != EV_INFRASTRUCTURE_EVENT_E ||
	    (i = event_param_index(c->ev->type, "description")) < 0 ||
	    !event_text(c->ev, (unsigned int)i, &text)) {
		return false;
	}
	for (const char *p = (const char *)text.p, *end = p + text.len; p < end;) {
		const char *stop = memchr(p, ';', (size_t)(end - p));
		size_t len = (size_t)((stop != NULL ? stop : end) - p);

		if (len >= key_len && memcmp(p, key, key_len) == 0) {
			return value_text(v, p + key_len, len - key_len);
		}
		p += len + 1;
	}
	return false;
}

/* ---- errors ---- */

enum { ERROR_ANY, ERROR_FILE, ERROR_NET, ERROR_MEMORY, ERROR_OTHER };

static int error_class(unsigned int category)
{
	switch (category) {
	case EC_FILE: return ERROR_FILE;
	case EC_NET: return ERROR_NET;
	case EC_MEMORY: return ERROR_MEMORY;
	default: return ERROR_OTHER;
	}
}

static bool value_count_error(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	int which = u->field->which;

	if (!(c->ev->flags & EVENT_HAS_RES) || c->ev->res >= 0) {
		return false;
	}
	return (which == ERROR_ANY || which == error_class(category_of(c))) && value_uint(v, 1);
}

#define IO_FLAGS (EF_READS_FROM_FD | EF_WRITES_TO_FD)
#define FDS (WANT_FOLD | WANT_FDS)
#define PARAMS WANT_FOLD /* of old captures, what the enter event holds */
#define OLD FIELD_DEPRECATED

/* clang-format off */
static const struct field rows[] = {
	{ "evt.category", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FDS, value_category, NULL, 0,
	  "category of the event; I/O calls: file, net, ipc, other, by the file they work on" },
	{ "evt.buffer", PT_BYTEBUF, FMT_NA, ARG_NONE, 0, 0, value_buffer, NULL, 0,
	  "data read or written, as far as recorded" },
	{ "evt.buflen", PT_UINT64, FMT_DEC, ARG_NONE, 0, FDS, value_buflen, NULL, 0,
	  "bytes read or written" },
	{ "evt.is_io", PT_BOOL, FMT_NA, ARG_NONE, 0, 0, value_has_flag, NULL, IO_FLAGS,
	  "true for calls that read from or write to an fd" },
	{ "evt.is_io_read", PT_BOOL, FMT_NA, ARG_NONE, 0, 0, value_has_flag, NULL, EF_READS_FROM_FD,
	  "true for calls that read from an fd" },
	{ "evt.is_io_write", PT_BOOL, FMT_NA, ARG_NONE, 0, 0, value_has_flag, NULL, EF_WRITES_TO_FD,
	  "true for calls that write to an fd" },
	{ "evt.io_dir", PT_CHARBUF, FMT_NA, ARG_NONE, 0, 0, value_io_dir, NULL, 0,
	  "read or write" },
	{ "evt.is_wait", PT_BOOL, FMT_NA, ARG_NONE, 0, 0, value_has_flag, NULL, EF_WAITS,
	  "true for calls that may wait" },
	{ "evt.is_syslog", PT_BOOL, FMT_NA, ARG_NONE, 0, FDS, value_is_syslog, NULL, 0,
	  "true for writes to /dev/log" },
	{ "evt.is_open_read", PT_BOOL, FMT_NA, ARG_NONE, 0, PARAMS, value_is_open, NULL, OPEN_READ,
	  "true for opens that may read" },
	{ "evt.is_open_write", PT_BOOL, FMT_NA, ARG_NONE, 0, PARAMS, value_is_open, NULL, OPEN_WRITE,
	  "true for opens that may write" },
	{ "evt.is_open_exec", PT_BOOL, FMT_NA, ARG_NONE, 0, PARAMS, value_is_open, NULL, OPEN_EXEC,
	  "true for opens that create an executable file" },
	{ "evt.is_open_create", PT_BOOL, FMT_NA, ARG_NONE, 0, PARAMS, value_is_open, NULL, OPEN_CREATE,
	  "true for opens that created a file" },
	{ "evt.count", PT_UINT32, FMT_DEC, ARG_NONE, 0, 0, value_count, NULL, 0,
	  "always 1" },
	{ "evt.count.exit", PT_UINT32, FMT_DEC, ARG_NONE, 0, 0, value_count_exit, NULL, 0,
	  "1 for exit events" },
	{ "evt.count.error", PT_UINT32, FMT_DEC, ARG_NONE, 0, 0, value_count_error, NULL, ERROR_ANY,
	  "1 for failed calls" },
	{ "evt.count.error.file", PT_UINT32, FMT_DEC, ARG_NONE, 0, FDS, value_count_error, NULL,
	  ERROR_FILE, "1 for failed calls on files" },
	{ "evt.count.error.net", PT_UINT32, FMT_DEC, ARG_NONE, 0, FDS, value_count_error, NULL, ERROR_NET,
	  "1 for failed calls on the network" },
	{ "evt.count.error.memory", PT_UINT32, FMT_DEC, ARG_NONE, 0, FDS, value_count_error, NULL,
	  ERROR_MEMORY, "1 for failed memory calls" },
	{ "evt.count.error.other", PT_UINT32, FMT_DEC, ARG_NONE, 0, FDS, value_count_error, NULL,
	  ERROR_OTHER, "1 for all other failed calls" },
	{ "evt.buflen.in", PT_UINT64, FMT_DEC, ARG_NONE, OLD, FDS, value_buflen_of, NULL, LEN_IN,
	  "bytes read" },
	{ "evt.buflen.out", PT_UINT64, FMT_DEC, ARG_NONE, OLD, FDS, value_buflen_of, NULL, LEN_OUT,
	  "bytes written" },
	{ "evt.buflen.file", PT_UINT64, FMT_DEC, ARG_NONE, OLD, FDS, value_buflen_of, NULL, LEN_FILE,
	  "bytes read from or written to files" },
	{ "evt.buflen.file.in", PT_UINT64, FMT_DEC, ARG_NONE, OLD, FDS, value_buflen_of, NULL, LEN_FILE | LEN_IN,
	  "bytes read from files" },
	{ "evt.buflen.file.out", PT_UINT64, FMT_DEC, ARG_NONE, OLD, FDS, value_buflen_of, NULL, LEN_FILE | LEN_OUT,
	  "bytes written to files" },
	{ "evt.buflen.net", PT_UINT64, FMT_DEC, ARG_NONE, OLD, FDS, value_buflen_of, NULL, LEN_NET,
	  "bytes received or sent" },
	{ "evt.buflen.net.in", PT_UINT64, FMT_DEC, ARG_NONE, OLD, FDS, value_buflen_of, NULL, LEN_NET | LEN_IN,
	  "bytes received" },
	{ "evt.buflen.net.out", PT_UINT64, FMT_DEC, ARG_NONE, OLD, FDS, value_buflen_of, NULL, LEN_NET | LEN_OUT,
	  "bytes sent" },
	{ "evt.count.procinfo", PT_UINT32, FMT_DEC, ARG_NONE, OLD, WANT_FOLD, value_count_info, NULL, 1,
	  "1 for events that tell of a process" },
	{ "evt.count.threadinfo", PT_UINT32, FMT_DEC, ARG_NONE, OLD, 0, value_count_info, NULL, 0,
	  "1 for events that tell of a thread" },
	{ "evt.infra.docker.name", PT_CHARBUF, FMT_NA, ARG_NONE, OLD, 0, value_infra, NULL, 0,
	  "what happened to a container, in events of old agents" },
	{ "evt.infra.docker.container.id", PT_CHARBUF, FMT_NA, ARG_NONE, OLD, 0, value_infra, NULL, 1,
	  "id of that container" },
	{ "evt.infra.docker.container.name", PT_CHARBUF, FMT_NA, ARG_NONE, OLD, 0, value_infra, NULL, 2,
	  "name of that container" },
	{ "evt.infra.docker.container.image", PT_CHARBUF, FMT_NA, ARG_NONE, OLD, 0, value_infra, NULL, 3,
	  "image of that container" },
};
/* clang-format on */

const struct field_class field_class_evt_io = { "event: kind of call", rows, ARRAY_LEN(rows),
						"evt" };
