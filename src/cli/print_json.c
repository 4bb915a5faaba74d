/*
 * print_json.c - see print_json.h. Any worker.
 */
#include "cli/print_json.h"

#include "base/encode.h"
#include "base/escape.h"
#include "cli/json.h"
#include "cli/print_hex.h"
#include "filter/args.h"

/* ---- typed arguments ---- */

static bool is_valid_utf8(const uint8_t *p, size_t n)
{
	uint32_t c;

	while (n > 0) {
		size_t len = escape_utf8(p, n, &c);

		if (len == 0) {
			return false;
		}
		p += len;
		n -= len;
	}
	return true;
}

static void add_data(struct buf *out, struct param v)
{
	if (is_valid_utf8(v.p, v.len)) {
		json_add_string(out, v.p, v.len);
		return;
	}
	buf_adds(out, "{\"base64\":\"");
	buf_add_base64(out, v.p, v.len);
	buf_adds(out, "\"}");
}

/* NUL-separated strings; the last one may have its NUL or not. */
static void add_strings(struct buf *out, struct param v)
{
	const uint8_t *p = v.p;
	const uint8_t *end = v.p + v.len;

	buf_addc(out, '[');
	while (p < end) {
		size_t len = strnlen((const char *)p, (size_t)(end - p));

		if (p > v.p) {
			buf_addc(out, ',');
		}
		json_add_string(out, p, len);
		p += len + 1;
	}
	buf_addc(out, ']');
}

static bool is_signed(unsigned int type)
{
	switch (type) {
	case PT_INT8:
	case PT_INT16:
	case PT_INT32:
	case PT_INT64:
	case PT_ERRNO:
	case PT_FD:
	case PT_PID:
	case PT_FD32:
	case PT_PID32: return true;
	default: return false;
	}
}

static void add_number(struct buf *out, const struct event *ev, unsigned int i, unsigned int type)
{
	int64_t x;

	if (!event_int(ev, i, &x)) {
		buf_adds(out, "null");
	} else if (is_signed(type)) {
		buf_add_s64(out, x);
	} else {
		buf_add_u64(out, (uint64_t)x);
	}
}

/* The value of one parameter by its type in the schema. */
static void add_arg(struct buf *out, const struct text_ctx *t, const struct event *ev,
		    unsigned int i, struct buf *tmp)
{
	const struct schema_param *p = &schema_events[ev->type].params[i];
	struct param v = event_param(ev, i);

	if (v.p == NULL) {
		buf_adds(out, "null");
		return;
	}
	if (data_is_strings(p)) {
		add_strings(out, v);
		return;
	}
	switch (p->type) {
	case PT_CHARBUF:
	case PT_FSPATH:
	case PT_FSRELPATH:
		if (event_text(ev, i, &v)) {
			json_add_string(out, v.p, v.len);
		} else {
			buf_adds(out, "null");
		}
		break;
	case PT_BYTEBUF: add_data(out, v); break;
	default:
		if (p->size > 0 && p->size <= 8 && p->type != PT_IPV4ADDR) {
			add_number(out, ev, i, p->type);
			break;
		}
		buf_reset(tmp);
		text_param_plain(t, ev, i, tmp);
		json_add_string(out, tmp->data, tmp->len);
		break;
	}
}

/* Types of which some values mean more than they say. */
static bool may_resolve(unsigned int type)
{
	switch (type) {
	case PT_ERRNO:
	case PT_FD:
	case PT_FD32:
	case PT_PID:
	case PT_PID32:
	case PT_UID:
	case PT_GID:
	case PT_FSPATH:
	case PT_FSRELPATH:
	case PT_FDLIST:
	case PT_SYSCALLID:
	case PT_SIGTYPE:
	case PT_SIGSET:
	case PT_MODE:
	case PT_FLAGS8:
	case PT_FLAGS16:
	case PT_FLAGS32:
	case PT_ENUMFLAGS8:
	case PT_ENUMFLAGS16:
	case PT_ENUMFLAGS32:
	case PT_DYN:
	case PT_ABSTIME: return true;
	default: return false;
	}
}

/* Adds what the parameter's number means, when it means something. */
static void add_resolved(struct buf *out, const struct text_ctx *t, const struct event *ev,
			 unsigned int i, struct buf *tmp, bool *first)
{
	const struct schema_param *p = &schema_events[ev->type].params[i];
	size_t plain_len;

	if (!may_resolve(p->type) || event_param(ev, i).p == NULL) {
		return;
	}
	buf_reset(tmp);
	text_param_plain(t, ev, i, tmp);
	plain_len = tmp->len;
	text_param(t, ev, i, tmp);
	if (tmp->failed || tmp->len == plain_len ||
	    (tmp->len == 2 * plain_len &&
	     memcmp(tmp->data, tmp->data + plain_len, plain_len) == 0)) {
		return;
	}
	json_add_comma(out, first);
	json_add_key(out, p->name);
	json_add_string(out, tmp->data + plain_len, tmp->len - plain_len);
}

static void add_args(struct field_ctx *c, struct buf *out)
{
	const struct event *ev = c->ev;
	struct text_ctx t = args_text(c);
	bool first = true;
	unsigned int n;

	if (ev->flags & EVENT_UNKNOWN_TYPE) {
		return;
	}
	n = ev->nparams < schema_events[ev->type].nparams ? ev->nparams
							  : schema_events[ev->type].nparams;
	buf_adds(out, ",\"args\":{");
	for (unsigned int i = 0; i < n; i++) {
		json_add_comma(out, &first);
		json_add_key(out, schema_events[ev->type].params[i].name);
		add_arg(out, &t, ev, i, &c->tmp);
	}
	buf_adds(out, "},\"resolved\":{");
	first = true;
	for (unsigned int i = 0; i < n; i++) {
		add_resolved(out, &t, ev, i, &c->tmp, &first);
	}
	buf_addc(out, '}');
}

/* ---- the rest ---- */

static void add_thread(const struct event *ev, struct buf *out)
{
	if (ev->tid >= 0) {
		buf_adds(out, ",\"tid\":");
		buf_add_s64(out, ev->tid);
	}
	if (ev->thread == NULL) {
		return;
	}
	if (ev->thread->pid >= 0) {
		buf_adds(out, ",\"pid\":");
		buf_add_s64(out, ev->thread->pid);
	}
	buf_adds(out, ",\"process\":");
	if (ev->thread->comm->len > 0) {
		json_add_string(out, ev->thread->comm->s, ev->thread->comm->len);
	} else {
		buf_adds(out, "null");
	}
	if (ev->thread->container != NULL) {
		buf_adds(out, ",\"container\":");
		json_add_string(out, ev->thread->container->id->s, ev->thread->container->id->len);
	}
}

static void add_result(const struct event *ev, struct buf *out)
{
	const char *name;

	if (!(ev->flags & EVENT_HAS_RES)) {
		return;
	}
	buf_adds(out, ",\"result\":");
	buf_add_s64(out, ev->res);
	name = ev->res < 0 ? schema_errno_name(0 - (uint64_t)ev->res) : NULL;
	if (name != NULL) {
		buf_adds(out, ",\"error\":");
		json_add_string(out, name, strlen(name));
	}
}

static void add_fd(const struct event *ev, struct buf *out)
{
	if (!(ev->flags & EVENT_HAS_FD)) {
		return;
	}
	buf_adds(out, ",\"fd\":{\"num\":");
	buf_add_s64(out, ev->fd_num);
	if (ev->fd != NULL) {
		const char *type = fd_type_word(ev->fd);

		buf_adds(out, ",\"type\":");
		json_add_string(out, type, strlen(type));
		buf_adds(out, ",\"name\":");
		json_add_string(out, ev->fd->name, ev->fd->name_len);
	}
	buf_addc(out, '}');
}

static void add_latency(const struct event *ev, struct buf *out)
{
	if (ev->flags & (EVENT_BEGIN_EXACT | EVENT_BEGIN_BOUND)) {
		buf_adds(out, ",\"latency_ns\":");
		buf_add_u64(out, event_latency_ns(ev));
		buf_adds(out, ",\"latency_bound\":");
		json_add_bool(out, (ev->flags & EVENT_BEGIN_BOUND) != 0);
	}
}

void print_json_event(struct field_ctx *c, struct buf *out)
{
	const struct event *ev = c->ev;
	const char *source = c->batch->section->source->name;
	const char *name = event_name(ev);
	bool exit = !(ev->flags & EVENT_UNKNOWN_TYPE) && schema_events[ev->type].is_exit;

	buf_adds(out, "{\"source\":");
	json_add_string(out, source, strlen(source));
	buf_adds(out, ",\"num\":");
	buf_add_u64(out, c->num);
	buf_adds(out, ",\"offset\":");
	buf_add_u64(out, c->batch->base_off + ev->block_off);
	buf_adds(out, ",\"time\":");
	json_add_time(out, ev->ts_ns);
	buf_adds(out, ",\"cpu\":");
	buf_add_u64(out, ev->cpu);
	add_thread(ev, out);
	buf_adds(out, ",\"event\":");
	json_add_string(out, name, strlen(name));
	buf_adds(out, exit ? ",\"dir\":\"<\"" : ",\"dir\":\">\"");
	add_result(ev, out);
	add_fd(ev, out);
	add_latency(ev, out);
	add_args(c, out);
	buf_addc(out, '}');
}
