/*
 * fields.c - the machinery under the field tables: looking names up, reading arguments, getting and
 * printing values, the context. Names are looked up on the main thread; values are had on any
 * worker.
 */
#include "filter/fields.h"

#include "base/escape.h"
#include "base/words.h"
#include "events/addr.h"
#include "events/text.h"
#include "filter/container_json.h"
#include "filter/fields_internal.h"
#include "filter/nearest.h"
#include "filter/packet_facts.h"

/* In the order of lists. Fields of packets follow those of events. */
static const struct field_class *const classes[] = {
	&field_class_time,      &field_class_evt,    &field_class_evt_io,    &field_class_proc,
	&field_class_ancestors, &field_class_thread, &field_class_fd,        &field_class_fdlist,
	&field_class_fspath,    &field_class_user,   &field_class_container, &field_class_k8s,
	&field_class_frame,     &field_class_ip,     &field_class_tcp,       &field_class_udp,
	&field_class_flow,      &field_class_http,   &field_class_dns,       &field_class_tls,
	&field_class_joined,
};

size_t field_count(void)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		n += classes[i]->count;
	}
	return n;
}

/* The class of field i; what is left of *io_i is its place there. */
static const struct field_class *class_at(size_t *io_i)
{
	for (size_t k = 0; k < ARRAY_LEN(classes); k++) {
		if (*io_i < classes[k]->count) {
			return classes[k];
		}
		*io_i -= classes[k]->count;
	}
	return NULL;
}

const struct field *field_at(size_t i)
{
	const struct field_class *class = class_at(&i);

	return class != NULL ? &class->rows[i] : NULL;
}

const char *field_title(size_t i)
{
	const struct field_class *class = class_at(&i);

	return class != NULL ? class->title : NULL;
}

const struct field *field_find(const char *name, size_t len)
{
	const char *dot = memchr(name, '.', len);
	size_t first = dot != NULL ? (size_t)(dot - name) : len;

	for (size_t k = 0; k < ARRAY_LEN(classes); k++) {
		if (classes[k]->first != NULL && words_find(classes[k]->first, name, first) < 0) {
			continue;
		}
		for (size_t i = 0; i < classes[k]->count; i++) {
			const struct field *f = &classes[k]->rows[i];

			if (strncmp(f->name, name, len) == 0 && f->name[len] == '\0') {
				return f;
			}
		}
	}
	return NULL;
}

/* ---- context ---- */

/* The longest text of one value: a command line of a damaged capture. */
#define VALUE_MAX_BYTES (16u << 20)

void field_ctx_init(struct field_ctx *c, const struct field_settings *settings)
{
	memset(c, 0, sizeof(*c));
	c->set = settings;
	arena_init(&c->arena);
	buf_init(&c->tmp, VALUE_MAX_BYTES);
	buf_init(&c->tmp2, VALUE_MAX_BYTES);
}

void field_ctx_release(struct field_ctx *c)
{
	arena_release(&c->arena);
	buf_release(&c->tmp);
	buf_release(&c->tmp2);
	packet_facts_free(c->facts);
	c->facts = NULL;
	field_ctx_forget(c);
}

void field_ctx_forget(struct field_ctx *c)
{
	container_memory_free(c->containers);
	c->containers = NULL;
}

void *ctx_alloc(struct field_ctx *c, size_t n)
{
	c->arena_used = true;
	return arena_alloc(&c->arena, n);
}

const void *ctx_dup(struct field_ctx *c, const void *p, size_t n)
{
	if (n == 0) {
		return "";
	}
	c->arena_used = true;
	return arena_dup(&c->arena, p, n);
}

bool value_from_tmp(struct field_ctx *c, struct field_value *ret_v)
{
	const char *copy = c->tmp.failed ? NULL : ctx_dup(c, c->tmp.data, c->tmp.len);

	return copy != NULL && value_text(ret_v, copy, c->tmp.len);
}

bool value_absent(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(c);
	UNUSED_ARG(u);
	UNUSED_ARG(v);
	return false;
}

bool value_comm(struct field_value *v, const struct str *comm)
{
	return comm->len > 0 ? value_str(v, comm) : value_text(v, "<NA>", 4);
}

void add_joined(struct buf *out, const struct str *s)
{
	size_t from = out->len;

	buf_add(out, s->s, s->len);
	if (out->failed || s->len == 0) {
		return;
	}
	for (char *p = out->data + from, *end = out->data + out->len;
	     (p = memchr(p, '\0', (size_t)(end - p))) != NULL;) {
		*p = ' ';
	}
}

void add_cmdline(struct buf *out, const struct thread_view *t)
{
	if (t->comm->len > 0) {
		buf_add(out, t->comm->s, t->comm->len);
	} else {
		buf_add(out, "<NA>", 4);
	}
	if (t->image->args->len > 0) {
		buf_addc(out, ' ');
		add_joined(out, t->image->args);
	}
}

void add_seconds(struct buf *out, uint64_t ns)
{
	buf_add_u64(out, ns / NSEC_PER_SEC);
	buf_addc(out, '.');
	buf_add_u64_pad(out, ns % NSEC_PER_SEC, 9);
}

/* Behind the objects of the arguments lie the chain, then the counts, as far as asked for. */
static const void *ctx_tail(const struct field_ctx *c, unsigned int want)
{
	size_t at = c->ev->refs;

	/* An event without a thread may have objects, but nothing behind them: the next ref is
	 * the next event's, of another type. */
	if (c->ev->refs == EVENT_NO_REFS || c->ev->thread == NULL ||
	    (c->set->wants & want) == 0) {
		return NULL;
	}
	if (c->set->wants & WANT_REFS) {
		at += state_ref_args(c->ev);
	}
	if (want == WANT_COUNTS && (c->set->wants & WANT_ANCESTORS)) {
		at++;
	}
	return at < c->batch->ref_count ? c->batch->refs[at] : NULL;
}

const struct ref_chain *ctx_chain(const struct field_ctx *c)
{
	return ctx_tail(c, WANT_ANCESTORS);
}

const struct ref_counts *ctx_counts(const struct field_ctx *c)
{
	return ctx_tail(c, WANT_COUNTS);
}

/* ---- names and arguments ---- */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.';
}

/* The argument as a number: decimal digits only. */
static int64_t index_of(const char *s)
{
	int64_t x = 0;

	if (*s == '\0') {
		return -1;
	}
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9' || x > 1000000) {
			return -1;
		}
		x = x * 10 + (*s - '0');
	}
	return x;
}

static int set_arg(struct field_use *u, const char *s, size_t len, struct err *e)
{
	char *arg;

	if (len == 0) {
		return err_set(e, ERR_USAGE, "field '%s': nothing stands between the brackets", u->field->name);
	}
	if ((u->field->flags & FIELD_ARG_NUMBER) != 0 && strspn(s, "0123456789") < len) {
		return err_set(e, ERR_USAGE, "field '%s' takes a number in brackets, not '%.*s'", u->field->name,
			       (int)min_u64(len, 64), s);
	}
	arg = malloc(len + 1);
	if (arg == NULL) {
		return err_nomem(e, "a field's argument");
	}
	memcpy(arg, s, len);
	arg[len] = '\0';
	u->arg = arg;
	u->index = index_of(arg);
	return 0;
}

static bool takes_dot(const struct field *f)
{
	return f->arg == ARG_REQUIRED_DOT || f->arg == ARG_OPTIONAL_DOT;
}

static bool needs_arg(const struct field *f)
{
	return f->arg == ARG_REQUIRED || f->arg == ARG_REQUIRED_DOT;
}

/* The argument in its brackets at p: *ret_s, *ret_n without quotes. Returns how much was read, 0: it does not end. */
static size_t bracket_span(const char *p, const char **ret_s, size_t *ret_n)
{
	char quote = p[1] == '"' || p[1] == '\'' ? p[1] : '\0';
	const char *from = p + (quote != '\0' ? 2 : 1);
	const char *end = strchr(from, quote != '\0' ? quote : ']');

	if (end == NULL || (quote != '\0' && end[1] != ']')) {
		return 0;
	}
	*ret_s = from;
	*ret_n = (size_t)(end - from);
	return (size_t)(end - p) + (quote != '\0' ? 2 : 1);
}

/* [arg] at p. *ret_len counts the brackets. */
static int parse_bracket(struct field_use *u, const char *p, size_t *ret_len, struct err *e)
{
	const char *arg;
	size_t n;
	size_t len = bracket_span(p, &arg, &n);

	if (len == 0) {
		return err_set(e, ERR_USAGE, "field '%s': ']' is missing", u->field->name);
	}
	if (u->field->arg == ARG_NONE) {
		return err_set(e, ERR_USAGE, "field '%s' takes no argument", u->field->name);
	}
	*ret_len = len;
	return set_arg(u, arg, n, e);
}

static int unknown(const char *name, size_t len, struct err *e)
{
	char hint[256] = "";

	if (nearest_fields(name, len, hint, sizeof(hint))) {
		return err_set(e, ERR_USAGE, "unknown field '%.*s'; nearest: %s",
			       (int)min_u64(len, 64), name, hint);
	}
	return err_set(e, ERR_USAGE, "unknown field '%.*s'; see 'thresher fields'",
		       (int)min_u64(len, 64), name);
}

/* The longest name at the start of text[0..len): shorter ones end before a dot. */
static const struct field *find_longest(const char *text, size_t *len)
{
	size_t n = *len;

	while (n > 0) {
		const struct field *f = field_find(text, n);

		if (f != NULL) {
			*len = n;
			return f;
		}
		while (n > 0 && text[n - 1] != '.') {
			n--;
		}
		n = n > 0 ? n - 1 : 0;
	}
	return NULL;
}

int field_use_parse(const char *text, struct field_use *ret_use, size_t *ret_len, struct err *e)
{
	struct field_use u = { NULL, NULL, -1 };
	size_t run = 0;
	size_t len;
	size_t arg_len = 0;
	int code = 0;

	while (is_name_char(text[run])) {
		run++;
	}
	while (run > 0 && text[run - 1] == '.') {
		run--;
	}
	len = run;
	u.field = find_longest(text, &len);
	if (u.field == NULL) {
		return unknown(text, run, e);
	}
	if (text[len] == '[') {
		code = parse_bracket(&u, text + len, &arg_len, e);
	} else if (len < run && takes_dot(u.field)) {
		arg_len = run - len;
		code = set_arg(&u, text + len + 1, arg_len - 1, e);
	} else if (len < run) {
		code = unknown(text, run, e);
	} else if (needs_arg(u.field)) {
		code = err_set(e, ERR_USAGE, "field '%s' needs an argument: %s[...]", u.field->name,
			       u.field->name);
	}
	if (code < 0) {
		return code;
	}
	*ret_use = u;
	*ret_len = len + arg_len;
	return 0;
}

void field_use_release(struct field_use *u)
{
	free((void *)(uintptr_t)u->arg);
	u->arg = NULL;
}

/* ---- values ---- */

/* Is the field one of what is at hand? */
static bool has_subject(const struct field_ctx *c, const struct field *f)
{
	if (f->flags & (FIELD_PACKET | FIELD_BOTH)) {
		return (f->flags & FIELD_BOTH) != 0 || c->packet != NULL;
	}
	return c->ev != NULL;
}

bool field_get(struct field_ctx *c, const struct field_use *u, struct field_value *ret_v)
{
	if (!has_subject(c, u->field) || (u->field->flags & FIELD_PRINT_ONLY) != 0) {
		return false;
	}
	if (u->field->value != NULL) {
		return u->field->value(c, u, ret_v);
	}
	buf_reset(&c->tmp);
	return u->field->text(c, u, &c->tmp) && value_from_tmp(c, ret_v);
}

/* Lists of the language's own kind are in parentheses. */
static bool print_value(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	const struct field *f = u->field;
	struct field_value v;

	if (!f->value(c, u, &v)) {
		return false;
	}
	if ((f->flags & FIELD_SET) == 0 || v.kind != VALUE_LIST) {
		field_value_print(&v, f->type, f->fmt, out);
		return true;
	}
	buf_addc(out, '(');
	for (uint32_t i = 0; i < v.len; i++) {
		if (i > 0) {
			buf_addc(out, ',');
		}
		field_value_print(&v.v.items[i], f->type, f->fmt, out);
	}
	buf_addc(out, ')');
	return true;
}

bool field_print(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	if (!has_subject(c, u->field) || (u->field->flags & FIELD_FILTER_ONLY) != 0) {
		return false;
	}
	if (u->field->text == NULL) {
		return print_value(c, u, out);
	}
	if (u->field->flags & FIELD_SAFE) {
		return u->field->text(c, u, out);
	}
	buf_reset(&c->tmp);
	if (!u->field->text(c, u, &c->tmp)) {
		return false;
	}
	escape_terminal(out, c->tmp.data, c->tmp.len);
	return true;
}

static void print_uint(uint64_t x, unsigned int fmt, struct buf *out)
{
	switch (fmt) {
	case FMT_HEX: buf_add_hex(out, x, true); break;
	case FMT_PADDED_DEC: buf_add_u64_pad(out, x, 9); break;
	case FMT_OCT: buf_printf(out, "0%llo", (unsigned long long)x); break;
	default: buf_add_u64(out, x); break;
	}
}

static void print_int(int64_t x, unsigned int fmt, struct buf *out)
{
	if (x >= 0) {
		print_uint((uint64_t)x, fmt, out);
	} else {
		buf_add_s64(out, x);
	}
}

static void print_double(double f, struct buf *out)
{
	uint64_t tenths = f > 0 && f < 1e12 ? (uint64_t)(f * 10 + 0.5) : 0;

	buf_add_u64(out, tenths / 10);
	buf_addc(out, '.');
	buf_add_u64(out, tenths % 10);
}

static void print_list(const struct field_value *v, unsigned int type, unsigned int fmt,
		       struct buf *out)
{
	for (uint32_t i = 0; i < v->len; i++) {
		if (i > 0) {
			buf_addc(out, ' ');
		}
		field_value_print(&v->v.items[i], type, fmt, out);
	}
}

void field_value_print(const struct field_value *v, unsigned int type, unsigned int fmt,
		       struct buf *out)
{
	switch (v->kind) {
	case VALUE_UINT: print_uint(v->v.u, fmt, out); break;
	case VALUE_INT: print_int(v->v.s, fmt, out); break;
	case VALUE_DOUBLE: print_double(v->v.f, out); break;
	case VALUE_BOOL: buf_adds(out, v->v.u ? "true" : "false"); break;
	case VALUE_TEXT: escape_terminal(out, v->v.text, v->len); break;
	case VALUE_BYTES: text_add_dots(out, (const uint8_t *)v->v.text, v->len, 0); break;
	case VALUE_IP: addr_add_ip(out, v->len == 16, (const uint8_t *)v->v.text); break;
	default: print_list(v, type, fmt, out); break;
	}
}
