/*
 * fields_evt.c - what: number, type, cpu, arguments, result. Any worker, own context.
 */
#include "filter/args.h"
#include "filter/fields_internal.h"

#define ASYNC_NAME_PARAM 1 /* name parameter of an asynchronous event */

static bool value_num(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return value_uint(v, c->num);
}

static bool value_rawnum(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return value_uint(v, c->batch->first_raw_num + c->position);
}

static bool value_offset(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return value_uint(v, c->batch->base_off + c->ev->block_off);
}

static bool value_source_name(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return value_cstr(v, c->batch->section->source->name);
}

static bool value_hostname(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return c->batch->section->hostname[0] != '\0' && value_cstr(v, c->batch->section->hostname);
}

static bool value_cpu(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return value_int(v, c->ev->cpu);
}

static bool value_dir(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct schema_event *s = ctx_schema(c);

	UNUSED_ARG(u);
	return value_text(v, s != NULL && s->is_exit ? "<" : ">", 1);
}

static bool is_async(const struct event *ev)
{
	return ev->type == EV_ASYNCEVENT_E && !(ev->flags & EVENT_UNKNOWN_TYPE);
}

static bool value_async_type(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	struct param name;

	UNUSED_ARG(u);
	return is_async(c->ev) && event_text(c->ev, ASYNC_NAME_PARAM, &name) &&
	       value_text(v, (const char *)name.p, name.len);
}

static bool value_is_async(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return value_bool(v, is_async(c->ev));
}

static bool value_type(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	return value_async_type(c, u, v) || value_cstr(v, event_name(c->ev));
}

static bool value_type_is(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	struct field_value name;

	return value_type(c, u, &name) &&
	       value_uint(v,
			  strlen(u->arg) == name.len && memcmp(u->arg, name.v.text, name.len) == 0);
}

static bool value_syscall_type(struct field_ctx *c, const struct field_use *u,
			       struct field_value *v)
{
	return (c->ev->flags & EVENT_IS_SYSCALL) != 0 && value_type(c, u, v);
}

/* What plugins call their sources is not in a capture. */
static bool value_source(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct schema_event *s = ctx_schema(c);

	UNUSED_ARG(u);
	return (s == NULL || s->source != ES_PLUGIN) && value_cstr(v, "syscall");
}

static bool text_all_args(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	struct text_ctx t = args_text(c);

	UNUSED_ARG(u);
	text_args(&t, c->ev, out);
	return true;
}

/* Which parameter the use names in this event, or -1. */
static int arg_index(const struct event *ev, const struct field_use *u)
{
	if (ev->flags & EVENT_UNKNOWN_TYPE) {
		return -1;
	}
	if (u->index >= 0) {
		return u->index < schema_events[ev->type].nparams ? (int)u->index : -1;
	}
	return event_param_index(ev->type, u->arg);
}

static bool text_arg(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	int i = arg_index(c->ev, u);
	struct text_ctx t = args_text(c);

	return i >= 0 && text_param(&t, c->ev, (unsigned int)i, out);
}

/* For comparing: text as captured, data whole, the rest as it prints. */
static bool value_arg(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	int i = arg_index(c->ev, u);
	struct param raw;

	if (i < 0) {
		return false;
	}
	buf_reset(&c->tmp);
	switch (schema_events[c->ev->type].params[i].type) {
	case PT_CHARBUF:
		if (event_text(c->ev, (unsigned int)i, &raw)) {
			return value_text(v, (const char *)raw.p, raw.len);
		}
		break;
	case PT_FSPATH:
	case PT_FSRELPATH:
		if (args_path(c, (unsigned int)i, (unsigned int)i, &c->tmp)) {
			return value_from_tmp(c, v);
		}
		break;
	case PT_BYTEBUF:
		raw = event_param(c->ev, (unsigned int)i);
		if (raw.len > 0) {
			text_add_dots(&c->tmp, raw.p, raw.len, 0);
			return value_from_tmp(c, v);
		}
		break;
	default: break;
	}
	return text_arg(c, u, &c->tmp) && value_from_tmp(c, v);
}

/* The first parameter of that name, whatever the event. */
static const struct schema_param *param_named(const char *name)
{
	for (unsigned int type = 0; type < SCHEMA_EVENTS; type++) {
		int i = event_param_index((uint16_t)type, name);

		if (i >= 0) {
			return &schema_events[type].params[i];
		}
	}
	return NULL;
}

unsigned int field_use_type(const struct field_use *u)
{
	const struct schema_param *p;

	if (u->field->type != PT_DYN) {
		return u->field->type;
	}
	p = u->arg != NULL && u->index < 0 ? param_named(u->arg) : NULL;
	return p != NULL ? p->type : PT_NONE;
}

bool field_use_names_param(const struct field_use *u)
{
	bool by_name = u->field->value == value_arg || u->field->type == PT_DYN;

	return !by_name || u->index >= 0 || (u->arg != NULL && param_named(u->arg) != NULL);
}

/* The raw value for comparing: a number where the parameter is one, else text or bytes. */
static bool value_rawarg(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	int i = arg_index(c->ev, u);
	const struct schema_param *p;
	struct param bytes;
	int64_t x;

	if (i < 0) {
		return false;
	}
	p = &schema_events[c->ev->type].params[i];
	if (p->type == PT_CHARBUF || p->type == PT_FSPATH || p->type == PT_FSRELPATH) {
		return event_text(c->ev, (unsigned int)i, &bytes) &&
		       value_text(v, (const char *)bytes.p, bytes.len);
	}
	if (p->size > 0 && p->size <= 8 && event_int(c->ev, (unsigned int)i, &x)) {
		bool is_signed = p->type <= PT_INT64 || p->type == PT_ERRNO || p->type == PT_FD ||
				 p->type == PT_PID || p->type == PT_FD32 || p->type == PT_PID32;

		return is_signed ? value_int(v, x) : value_uint(v, (uint64_t)x);
	}
	bytes = event_param(c->ev, (unsigned int)i);
	return bytes.p != NULL && value_bytes(v, bytes.p, bytes.len);
}

static bool text_rawarg(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	int i = arg_index(c->ev, u);
	struct text_ctx t = args_text(c);
	struct field_value v;

	if (!value_rawarg(c, u, &v)) {
		return false;
	}
	if (v.kind != VALUE_UINT && v.kind != VALUE_INT) {
		return text_param_plain(&t, c->ev, (unsigned int)i, out);
	}
	field_value_print(&v, PT_UINT64, FMT_DEC, out);
	return true;
}

static bool text_res(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	UNUSED_ARG(u);
	return text_result(c->ev, out);
}

/* Calls that only tell an id cannot fail: the id is the result, and they have no parameter res. */
static bool tells_id(const struct event *ev)
{
	switch (ev->type) {
	case EV_SYSCALL_GETUID_X:
	case EV_SYSCALL_GETEUID_X:
	case EV_SYSCALL_GETGID_X:
	case EV_SYSCALL_GETEGID_X: return !(ev->flags & EVENT_UNKNOWN_TYPE);
	default: return false;
	}
}

static bool value_rawres(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	int64_t id;

	UNUSED_ARG(u);
	if (c->ev->flags & EVENT_HAS_RES) {
		return value_int(v, c->ev->res);
	}
	return tells_id(c->ev) && event_int(c->ev, 0, &id) && value_int(v, id);
}

static bool value_failed(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return (c->ev->flags & EVENT_HAS_RES) != 0 && value_bool(v, c->ev->res < 0);
}

/* evt.abspath.src, .dst: the first and second path of the call, made absolute. */
static bool text_abspath(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	const struct schema_event *s = ctx_schema(c);
	bool second = u->arg != NULL && strcmp(u->arg, "dst") == 0;

	if (s == NULL || (u->arg != NULL && !second && strcmp(u->arg, "src") != 0)) {
		return false;
	}
	for (unsigned int i = 0; i < s->nparams; i++) {
		if (s->params[i].type != PT_FSRELPATH || event_param(c->ev, i).p == NULL) {
			continue;
		}
		if (!second) {
			return args_path(c, i, i, out);
		}
		second = false;
	}
	return false;
}

#define SAFE FIELD_SAFE
#define OURS FIELD_OURS
#define RAW (FIELD_NO_RHS | FIELD_NO_TRANSFORM)
/* With WANT_BEGIN no event is passed over: each has its number. */
#define EVERY (WANT_FOLD | WANT_BEGIN)
#define RAWARG WANT_FOLD /* of old captures, what the enter event holds */
#define ARGS (RAWARG | WANT_FDS | WANT_REFS)

/* clang-format off */
static const struct field rows[] = {
	{ "evt.num", PT_UINT64, FMT_ID, ARG_NONE, 0, 0, value_num, NULL, 0,
	  "number of the event in its capture, from 1" },
	{ "evt.rawnum", PT_UINT64, FMT_ID, ARG_NONE, OURS, EVERY, value_rawnum, NULL, 0,
	  "number among all stored events of its capture, from 1" },
	{ "evt.offset", PT_UINT64, FMT_ID, ARG_NONE, OURS, 0, value_offset, NULL, 0,
	  "place of the event's block in the uncompressed capture, in bytes" },
	{ "source.name", PT_CHARBUF, FMT_NA, ARG_NONE, OURS | FIELD_BOTH, 0, value_source_name, NULL, 0,
	  "the capture the event or packet is from" },
	{ "evt.hostname", PT_CHARBUF, FMT_NA, ARG_NONE, 0, WANT_FOLD, value_hostname, NULL, 0,
	  "host the capture was made on, where recorded" },
	{ "evt.source", PT_CHARBUF, FMT_NA, ARG_NONE, 0, 0, value_source, NULL, 0,
	  "kind of event source: syscall for all but plugins' events" },
	{ "evt.pluginname", PT_CHARBUF, FMT_NA, ARG_NONE, 0, 0, value_absent, NULL, 0,
	  "never: a capture does not name its plugins" },
	{ "evt.plugininfo", PT_CHARBUF, FMT_NA, ARG_NONE, 0, 0, value_absent, NULL, 0,
	  "never: only the plugin can tell" },
	{ "evt.is_async", PT_BOOL, FMT_NA, ARG_NONE, 0, 0, value_is_async, NULL, 0,
	  "true for asynchronous events" },
	{ "evt.asynctype", PT_CHARBUF, FMT_NA, ARG_NONE, 0, 0, value_async_type, NULL, 0,
	  "name of an asynchronous event" },
	{ "evt.dir", PT_CHARBUF, FMT_DIR, ARG_NONE, FIELD_DEPRECATED, 0, value_dir, NULL, 0,
	  "> for enter events and events of one part, < for exit events" },
	{ "evt.type", PT_CHARBUF, FMT_NA, ARG_NONE, 0, 0, value_type, NULL, 0,
	  "name of the event" },
	{ "evt.type.is", PT_UINT32, FMT_DEC, ARG_REQUIRED_DOT, 0, 0, value_type_is, NULL, 0,
	  "1 when the event has that name, else 0" },
	{ "syscall.type", PT_CHARBUF, FMT_NA, ARG_NONE, 0, 0, value_syscall_type, NULL, 0,
	  "name of the event, for system calls only" },
	{ "evt.cpu", PT_INT16, FMT_ID, ARG_NONE, 0, 0, value_cpu, NULL, 0,
	  "processor it happened on" },
	{ "evt.args", PT_CHARBUF, FMT_NA, ARG_NONE, SAFE, ARGS, NULL, text_all_args, 0,
	  "all arguments as name=value" },
	{ "evt.info", PT_CHARBUF, FMT_NA, ARG_NONE, SAFE, ARGS, NULL, text_all_args, 0,
	  "the same as evt.args" },
	{ "evt.arg", PT_CHARBUF, FMT_NA, ARG_REQUIRED_DOT, SAFE, ARGS, value_arg, text_arg, 0,
	  "one argument by name or number, resolved where it can be" },
	{ "evt.rawarg", PT_DYN, FMT_NA, ARG_REQUIRED_DOT, SAFE | RAW, RAWARG, value_rawarg,
	  text_rawarg, 0,
	  "one argument by name, as recorded" },
	{ "evt.abspath", PT_CHARBUF, FMT_NA, ARG_OPTIONAL_DOT, 0, ARGS, NULL, text_abspath, 0,
	  "path of a call relative to a directory fd, made absolute; .src or .dst of calls with two" },
	{ "evt.res", PT_CHARBUF, FMT_NA, ARG_NONE, SAFE, 0, NULL, text_res, 0,
	  "SUCCESS or the name of the error" },
	{ "evt.rawres", PT_INT64, FMT_DEC, ARG_NONE, 0, 0, value_rawres, NULL, 0,
	  "result as a number, errors negative" },
	{ "evt.failed", PT_BOOL, FMT_NA, ARG_NONE, 0, 0, value_failed, NULL, 0,
	  "true when the call failed" },
	{ "util.cnt", PT_UINT64, FMT_ID, ARG_NONE, 0, 0, value_absent, NULL, 0,
	  "never: counted what a chisel asked" },
};
/* clang-format on */

const struct field_class field_class_evt = { "event", rows, ARRAY_LEN(rows),
					     "evt syscall source util" };
