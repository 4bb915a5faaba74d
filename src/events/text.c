/*
 * text.c - from an event's parameters to evt.args: walks the values, hands each to the functions
 * of its type (text_number.c, text_object.c), counts the objects they refer to.
 *
 * Reads a stamped, immutable event; appends to a buf. Any thread.
 */
#include "events/text_internal.h"

/* What one type needs: the shortest value, its text, and what it resolves to. */
struct text_type {
	uint8_t size;
	bool null_word; /* absent values say "NULL", as sysdig does for these types only */
	text_fn *plain;
	text_fn *resolved; /* NULL: never resolves to anything */
};

static const struct text_type text_types[PT_COUNT] = {
	[PT_NONE] = { 0, false, text_unsupported, NULL },
	[PT_INT8] = { 1, false, text_int8, NULL },
	[PT_INT16] = { 2, false, text_int16, NULL },
	[PT_INT32] = { 4, false, text_int32, NULL },
	[PT_INT64] = { 8, false, text_int64, NULL },
	[PT_UINT8] = { 1, false, text_uint8, NULL },
	[PT_UINT16] = { 2, false, text_uint16, NULL },
	[PT_UINT32] = { 4, false, text_int32, NULL },
	[PT_UINT64] = { 8, false, text_int64, NULL },
	[PT_CHARBUF] = { 1, false, text_string, NULL },
	[PT_BYTEBUF] = { 0, true, text_bytes, NULL },
	[PT_ERRNO] = { 8, false, text_errno, text_errno_name },
	[PT_SOCKADDR] = { 1, false, text_sockaddr, NULL },
	[PT_SOCKTUPLE] = { 1, true, text_tuple, NULL },
	[PT_FD] = { 8, false, text_fd, text_fd_name },
	[PT_PID] = { 8, false, text_pid, text_pid_name },
	[PT_FDLIST] = { 2, true, text_fdlist, NULL },
	[PT_FSPATH] = { 1, false, text_string, text_path_name },
	[PT_SYSCALLID] = { 2, false, text_syscall, text_syscall_name },
	[PT_SIGTYPE] = { 1, false, text_signal, text_signal_name },
	[PT_RELTIME] = { 8, false, text_reltime, text_reltime_seconds },
	[PT_ABSTIME] = { 8, false, text_abstime, NULL },
	[PT_PORT] = { 2, false, text_port, NULL },
	[PT_L4PROTO] = { 1, false, text_uint8, NULL },
	[PT_SOCKFAMILY] = { 1, false, text_uint8, NULL },
	[PT_BOOL] = { 4, false, text_int32, NULL },
	[PT_IPV4ADDR] = { 4, false, text_ipv4, NULL },
	[PT_DYN] = { 1, true, text_unsupported, NULL },
	[PT_FLAGS8] = { 1, false, text_flags, text_flags_names },
	[PT_FLAGS16] = { 2, false, text_flags, text_flags_names },
	[PT_FLAGS32] = { 4, false, text_flags, text_flags_names },
	[PT_UID] = { 4, false, text_uid, text_uid_name },
	[PT_GID] = { 4, false, text_uid, text_gid_name },
	[PT_DOUBLE] = { 8, false, text_unsupported, NULL },
	[PT_SIGSET] = { 4, false, text_sigset, NULL },
	[PT_CHARBUFARRAY] = { 0, true, text_bytes, NULL },
	[PT_CHARBUF_PAIR_ARRAY] = { 0, true, text_unsupported, NULL },
	[PT_IPV4NET] = { 0, false, text_unsupported, NULL },
	[PT_IPV6ADDR] = { 16, false, text_ipv6, NULL },
	[PT_IPV6NET] = { 0, false, text_unsupported, NULL },
	[PT_IPADDR] = { 0, false, text_unsupported, NULL },
	[PT_IPNET] = { 0, false, text_unsupported, NULL },
	[PT_MODE] = { 4, false, text_mode, text_mode_names },
	[PT_FSRELPATH] = { 1, false, text_string, text_path_name },
	[PT_ENUMFLAGS8] = { 1, false, text_flags, text_enum_names },
	[PT_ENUMFLAGS16] = { 2, false, text_flags, text_enum_names },
	[PT_ENUMFLAGS32] = { 4, false, text_flags, text_enum_names },
	[PT_FD32] = { 4, false, text_fd, text_fd_name },
	[PT_PID32] = { 4, false, text_pid, text_pid_name },
};

bool text_find_ref(const struct text_value *t, unsigned int kind, struct text_ref *ret_ref)
{
	if (t->ctx->ref == NULL) {
		return false;
	}
	return t->ctx->ref(t->ctx->owner, t->ev, kind == TEXT_REF_CWD ? 0 : t->ref, kind, ret_ref);
}

/* ---- objects an event refers to ---- */

unsigned int text_ref_count(const struct event *ev)
{
	const struct schema_refs *refs;
	unsigned int count;

	if (ev->type >= SCHEMA_EVENTS) {
		return 0;
	}
	refs = &schema_refs[ev->type];
	count = refs->count;
	if (LIKELY(!refs->has_list)) {
		return count;
	}
	for (unsigned int i = 0; i < refs->count; i++) {
		if (refs->rows[i].kind == REF_FDLIST) {
			count += text_fdlist_count(event_param(ev, refs->rows[i].param)) - 1;
		}
	}
	return count;
}

/* Number of the first object of parameter i. */
static unsigned int ref_index(const struct event *ev, unsigned int i)
{
	const struct schema_refs *refs = &schema_refs[ev->type];
	unsigned int index = 0;

	for (unsigned int k = 0; k < refs->count && refs->rows[k].param < i; k++) {
		if (refs->rows[k].kind == REF_FDLIST) {
			index += text_fdlist_count(event_param(ev, refs->rows[k].param));
		} else {
			index++;
		}
	}
	return index;
}

/* ---- one value ---- */

/* Replaces a dynamic value by the one its first byte selects. False: no such selection. */
static bool select_dynamic(struct text_value *t)
{
	const struct schema_dyn *dyn = t->row->dyn;

	if (t->v.len == 0 || dyn == NULL || t->v.p[0] >= dyn->count) {
		return false;
	}
	t->type = dyn->rows[t->v.p[0]].type;
	t->v.p++;
	t->v.len--;
	return true;
}

static bool is_present(const struct text_value *t)
{
	return t->v.p != NULL && t->v.len >= text_types[t->type].size;
}

/* The type's functions, or NULL after saying why the value has no text of its own. */
static const struct text_type *prepare(struct text_value *t, struct buf *out)
{
	t->type = t->row->type;
	t->fmt = t->row->fmt;
	if (t->type == PT_DYN && is_present(t) && !select_dynamic(t)) {
		buf_adds(out, "INVALID DYNAMIC PARAMETER");
		return NULL;
	}
	if (UNLIKELY(!is_present(t))) {
		buf_add(out, text_types[t->type].null_word ? "NULL" : "<NA>", 4);
		return NULL;
	}
	return &text_types[t->type];
}

/* name=plain(resolved) and a blank */
static void add_arg(struct text_value *t, struct buf *out)
{
	const struct text_type *type;
	size_t mark;

	buf_add(out, t->row->name, t->row->name_len);
	buf_addc(out, '=');
	type = prepare(t, out);
	if (LIKELY(type != NULL)) {
		type->plain(t, out);
		if (type->resolved != NULL) {
			mark = out->len;
			buf_addc(out, '(');
			type->resolved(t, out);
			if (out->len > mark + 1) {
				buf_addc(out, ')');
			} else {
				out->len = mark;
			}
		}
	}
	buf_addc(out, ' ');
}

/* The old container event shows its own parameters: nothing of today's layout is in the file. */
static void add_container_args(struct text_value *t, struct buf *out)
{
	const struct event *ev = t->ev;
	const struct schema_event *row = &schema_events[ev->stored_type];

	for (unsigned int i = 0; i < row->nparams && i < ev->stored_nparams; i++) {
		t->row = &row->params[i];
		t->v = event_stored_param(ev, i);
		add_arg(t, out);
	}
}

void text_args(const struct text_ctx *c, const struct event *ev, struct buf *out)
{
	struct text_value t = { .ctx = c, .ev = ev };
	const struct schema_event *row;
	const struct schema_refs *refs;
	unsigned int next = 0; /* row of refs */

	if (ev->type >= SCHEMA_EVENTS || ev->type == EV_GENERIC_E || ev->type == EV_GENERIC_X) {
		return;
	}
	if (schema_convs[ev->conv].action == CONV_CONTAINER) {
		add_container_args(&t, out);
		return;
	}
	row = &schema_events[ev->type];
	refs = &schema_refs[ev->type];
	for (unsigned int i = 0; i < row->nparams && i < ev->nparams; i++) {
		t.row = &row->params[i];
		t.v = event_param(ev, i);
		add_arg(&t, out);
		if (next < refs->count && refs->rows[next].param == i) {
			t.ref += refs->rows[next].kind == REF_FDLIST ? text_fdlist_count(t.v) : 1;
			next++;
		}
	}
}

static bool one_param(const struct text_ctx *c, const struct event *ev, unsigned int i,
		      bool resolve, struct buf *out)
{
	struct text_value t = { .ctx = c, .ev = ev };
	const struct text_type *type;
	size_t mark = out->len;

	if (ev->type >= SCHEMA_EVENTS || i >= schema_events[ev->type].nparams || i >= ev->nparams) {
		return false;
	}
	t.row = &schema_events[ev->type].params[i];
	t.v = event_param(ev, i);
	t.ref = ref_index(ev, i);
	type = prepare(&t, out);
	if (type == NULL) {
		return true;
	}
	if (resolve && type->resolved != NULL) {
		type->resolved(&t, out);
	}
	if (out->len == mark) {
		type->plain(&t, out);
	}
	return true;
}

bool text_param(const struct text_ctx *c, const struct event *ev, unsigned int i, struct buf *out)
{
	return one_param(c, ev, i, true, out);
}

bool text_param_plain(const struct text_ctx *c, const struct event *ev, unsigned int i,
		      struct buf *out)
{
	return one_param(c, ev, i, false, out);
}

bool text_result(const struct event *ev, struct buf *out)
{
	size_t mark = out->len;

	if (!(ev->flags & EVENT_HAS_RES)) {
		return false;
	}
	if (ev->res >= 0) {
		buf_add(out, "SUCCESS", 7);
		return true;
	}
	text_add_errno_name(out, ev->res);
	if (out->len == mark) {
		buf_add_s64(out, ev->res);
	}
	return true;
}
