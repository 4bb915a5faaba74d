/*
 * transform.c - transformers: values made of values. Results live in the context's arena until the next
 * event. Any worker.
 */
#include "filter/eval.h"
#include "filter/fields_internal.h"
#include "filter/glob.h"

static bool text_of(struct field_value *v, const char *s, size_t len)
{
	return s != NULL && value_text(v, s, len);
}

static bool change_case(const struct operand *o, struct field_ctx *c, const struct field_value *a,
			struct field_value *v)
{
	char *out = ctx_alloc(c, (size_t)a->len + 1);
	unsigned char from = o->fn == FN_TOLOWER ? 'A' : 'a';

	for (uint32_t i = 0; out != NULL && i < a->len; i++) {
		unsigned char b = (unsigned char)a->v.text[i];

		out[i] = (char)(b >= from && b < from + 26 ? b ^ 0x20 : b);
	}
	return text_of(v, out, a->len);
}

static int b64_digit(char c)
{
	if (c >= 'A' && c <= 'Z') {
		return c - 'A';
	}
	if (c >= 'a' && c <= 'z') {
		return c - 'a' + 26;
	}
	if (c >= '0' && c <= '9') {
		return c - '0' + 52;
	}
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decoded; padding may be there or not, nothing may be behind it. */
static bool decode_b64(struct field_ctx *c, const struct field_value *a, struct field_value *v)
{
	char *out = ctx_alloc(c, (size_t)a->len + 1);
	uint32_t len = a->len;
	uint32_t n = 0;
	uint32_t bits = 0;

	while (len > 0 && a->len - len < 2 && a->v.text[len - 1] == '=') {
		len--;
	}
	if (out == NULL || len % 4 == 1 || (len != a->len && a->len % 4 != 0)) {
		return false;
	}
	for (uint32_t i = 0; i < len; i++) {
		int d = b64_digit(a->v.text[i]);

		if (d < 0) {
			return false;
		}
		bits = bits << 6 | (uint32_t)d;
		if (i % 4 != 0) {
			out[n++] = (char)(bits >> (6 - 2 * (i % 4)));
		}
	}
	return a->kind == VALUE_BYTES ? value_bytes(v, out, n) : value_text(v, out, n);
}

static bool base_name(const struct field_value *a, struct field_value *v)
{
	const char *slash = a->len > 0 ? memrchr(a->v.text, '/', a->len) : NULL;
	size_t at = slash != NULL ? (size_t)(slash - a->v.text) + 1 : 0;

	return value_text(v, a->v.text + at, a->len - at);
}

/* The bytes of one slice; false: the value does not reach so far. */
static bool cut(const struct slice *s, const struct field_value *a, struct field_value *v)
{
	int64_t len = a->len;
	int64_t from = s->from < 0 ? len + s->from : s->from;
	int64_t end = s->mode == SLICE_REST  ? len
		      : s->mode == SLICE_LEN ? from + s->n
		      : s->n < 0             ? len + s->n + 1
					     : (int64_t)s->n + 1;

	return from >= 0 && from < end && end <= len &&
	       value_bytes(v, a->v.text + from, (size_t)(end - from));
}

static bool slice(const struct operand *o, struct field_ctx *c, const struct field_value *a,
		  struct field_value *v)
{
	struct field_value part;
	uint64_t total = 0;
	char *out;

	if (o->count == 1) {
		return cut(&o->slices[0], a, v);
	}
	for (uint32_t i = 0; i < o->count; i++) {
		if (!cut(&o->slices[i], a, &part)) {
			return false;
		}
		total += part.len;
	}
	out = ctx_alloc(c, total);
	total = 0;
	for (uint32_t i = 0; out != NULL && i < o->count; i++) {
		if (cut(&o->slices[i], a, &part)) {
			memcpy(out + total, part.v.text, part.len);
			total += part.len;
		}
	}
	return out != NULL && value_bytes(v, out, total);
}

/* Of one text. */
static bool transform_one(const struct operand *o, struct field_ctx *c, const struct field_value *a,
			  struct field_value *v)
{
	if (!value_is_text(a)) {
		return false;
	}
	switch (o->fn) {
	case FN_TOLOWER:
	case FN_TOUPPER: return change_case(o, c, a, v);
	case FN_B64: return decode_b64(c, a, v);
	case FN_BASENAME: return base_name(a, v);
	default: return slice(o, c, a, v);
	}
}

/* Of a text, or of each of several. */
static bool transform_each(const struct operand *o, struct field_ctx *c,
			   const struct field_value *a, struct field_value *v)
{
	struct field_value *items;
	uint32_t n = 0;

	if (LIKELY(a->kind != VALUE_LIST)) {
		return transform_one(o, c, a, v);
	}
	items = ctx_alloc(c, (a->len + 1) * sizeof(*items));
	for (uint32_t i = 0; items != NULL && i < a->len; i++) {
		n += transform_one(o, c, &a->v.items[i], &items[n]);
	}
	v->kind = VALUE_LIST;
	v->len = n;
	v->v.items = items;
	return n > 0;
}

/* Of a number, or of each of several. One below zero is as it stands in the capture: two's complement. */
static bool mask_one(const struct operand *o, const struct field_value *a, struct field_value *v)
{
	struct number n;

	if (!value_number(a, &n)) {
		return false;
	}
	return n.neg && o->mask.neg ? value_int(v, (int64_t)(n.u & o->mask.u)) : value_uint(v, n.u & o->mask.u);
}

static bool mask(const struct operand *o, struct field_ctx *c, const struct field_value *a, struct field_value *v)
{
	struct field_value *items;
	uint32_t n = 0;

	if (LIKELY(a->kind != VALUE_LIST)) {
		return mask_one(o, a, v);
	}
	items = ctx_alloc(c, (a->len + 1) * sizeof(*items));
	for (uint32_t i = 0; items != NULL && i < a->len; i++) {
		n += mask_one(o, &a->v.items[i], &items[n]);
	}
	v->kind = VALUE_LIST;
	v->len = n;
	v->v.items = items;
	return n > 0;
}

/* A text without value counts as one of length 0: "len(fd.name) = 0" holds where there is no name. */
static bool length(const struct operand *o, struct field_ctx *c, unsigned int subject,
		   struct field_value *v)
{
	const struct operand *a = o->args[0];
	struct field_value x;

	if (operand_value(a, c, subject, &x)) {
		return value_uint(v, value_is_text(&x) || x.kind == VALUE_LIST ? x.len : 1);
	}
	return a->cls == CLASS_TEXT && !a->list && (a->kinds & subject) != 0 && value_uint(v, 0);
}

/* ---- several texts ---- */

static bool add_text(struct buf *b, const struct field_value *v)
{
	if (value_is_text(v)) {
		buf_add(b, v->v.text, v->len);
		return true;
	}
	return false;
}

static bool from_buf(struct field_ctx *c, struct buf *b, struct field_value *v)
{
	const char *copy = b->failed ? NULL : ctx_dup(c, b->data, b->len);

	return text_of(v, copy, b->len);
}

static bool concat(const struct operand *o, struct field_ctx *c, unsigned int subject,
		   struct field_value *v)
{
	struct field_value *parts = ctx_alloc(c, (o->count + 1) * sizeof(*parts));
	bool ok = parts != NULL;

	for (uint32_t i = 0; ok && i < o->count; i++) {
		ok = operand_value(o->args[i], c, subject, &parts[i]);
	}
	if (!ok) {
		return false;
	}
	buf_reset(&c->tmp);
	for (uint32_t i = 0; ok && i < o->count; i++) {
		ok = add_text(&c->tmp, &parts[i]);
	}
	return ok && from_buf(c, &c->tmp, v);
}

static bool join(const struct operand *o, struct field_ctx *c, unsigned int subject,
		 struct field_value *v)
{
	struct field_value separator, list;
	bool ok = operand_value(o->args[0], c, subject, &separator) &&
		  operand_value(o->args[1], c, subject, &list);

	if (!ok) {
		return false;
	}
	if (list.kind != VALUE_LIST) {
		*v = list;
		return value_is_text(&list);
	}
	buf_reset(&c->tmp);
	for (uint32_t i = 0; ok && i < list.len; i++) {
		ok = (i == 0 || add_text(&c->tmp, &separator)) &&
		     add_text(&c->tmp, &list.v.items[i]);
	}
	return ok && from_buf(c, &c->tmp, v);
}

/* A list of what stands in the text; a member without value is left out. */
static bool literal_list(const struct operand *o, struct field_ctx *c, unsigned int subject,
			 struct field_value *v)
{
	struct field_value *items = ctx_alloc(c, (o->count + 1) * sizeof(*items));
	uint32_t n = 0;

	for (uint32_t i = 0; items != NULL && i < o->count; i++) {
		n += operand_value(o->args[i], c, subject, &items[n]);
	}
	v->kind = VALUE_LIST;
	v->len = n;
	v->v.items = items;
	return items != NULL;
}

/* ---- getopt ---- */

/* Texts that one byte separates, as a list. */
static bool split(struct field_ctx *c, const char *s, uint32_t len, char by, struct field_value *v)
{
	struct field_value *items;
	uint32_t max = 1;
	uint32_t n = 0;

	for (uint32_t i = 0; i < len; i++) {
		max += s[i] == by;
	}
	items = ctx_alloc(c, max * sizeof(*items));
	for (uint32_t from = 0; items != NULL && from < len;) {
		const char *end = memchr(s + from, by, len - from);
		uint32_t part = end != NULL ? (uint32_t)(end - s) - from : len - from;

		(void)value_text(&items[n++], s + from, part);
		from += part + 1;
	}
	v->kind = VALUE_LIST;
	v->len = n;
	v->v.items = items;
	return items != NULL;
}

/* Arguments one by one: of proc.args as the process got them, of a list its members, of a text its words. */
static bool arguments(const struct operand *a, struct field_ctx *c, unsigned int subject,
		      struct field_value *v)
{
	if (a->arg_vector && c->ev != NULL && c->ev->thread != NULL) {
		const struct str *s = c->ev->thread->image->args;

		return split(c, s->s, s->len, '\0', v);
	}
	if (!operand_value(a, c, subject, v)) {
		return false;
	}
	return v->kind == VALUE_LIST || (value_is_text(v) && split(c, v->v.text, v->len, ' ', v));
}

/* Does the letter take a value? -1: it is none of the letters. */
static int letter_kind(const struct operand *o, char letter)
{
	const char *p = letter != ':' ? memchr(o->text, letter, o->len) : NULL;

	return p == NULL ? -1 : (size_t)(p - o->text) + 1 < o->len && p[1] == ':';
}

struct options {
	const struct operand *o;
	struct field_value *items; /* letters and values, in turn */
	uint32_t n;
	const struct field_value *found; /* what is asked for: the last one */
};

static void add_option(struct options *p, const char *letter, const char *value, size_t len)
{
	(void)value_text(&p->items[p->n++], letter, 1);
	if (value != NULL) {
		(void)value_text(&p->items[p->n++], value, len);
	}
	if (p->o->opt != NULL && *p->o->opt == *letter) {
		p->found = &p->items[p->n - 1];
	}
}

/* One argument that begins with '-'. False: the next argument was its value. */
static bool read_options(struct options *p, const struct field_value *arg,
			 const struct field_value *next)
{
	const char *s = arg->v.text;

	for (uint32_t i = 1; i < arg->len; i++) {
		int kind = letter_kind(p->o, s[i]);

		if (kind == 0) {
			add_option(p, s + i, NULL, 0);
		} else if (kind == 1) {
			if (i + 1 < arg->len) {
				add_option(p, s + i, s + i + 1, arg->len - i - 1);
				return true;
			}
			if (next != NULL && value_is_text(next)) {
				add_option(p, s + i, next->v.text, next->len);
			}
			return next == NULL;
		}
	}
	return true;
}

/* As getopt(3) with a plus sign: up to the first that is no option; --long ones are passed over, "--" alone ends. */
static bool get_options(const struct operand *o, struct field_ctx *c, unsigned int subject,
			struct field_value *v)
{
	struct options p = { o, NULL, 0, NULL };
	struct field_value args;
	uint64_t room = 2;

	if (!arguments(o->args[0], c, subject, &args)) {
		return false;
	}
	for (uint32_t i = 0; i < args.len; i++) {
		room += value_is_text(&args.v.items[i]) ? (uint64_t)args.v.items[i].len + 1 : 0;
	}
	p.items = ctx_alloc(c, room * sizeof(*p.items));
	for (uint32_t i = 0; p.items != NULL && i < args.len; i++) {
		const struct field_value *a = &args.v.items[i];

		if (!value_is_text(a) || a->len < 2 || a->v.text[0] != '-' ||
		    (a->len == 2 && a->v.text[1] == '-')) {
			break;
		}
		if (a->v.text[1] != '-' && !read_options(&p, a, i + 1 < args.len ? a + 1 : NULL)) {
			i++;
		}
	}
	if (o->opt != NULL) {
		if (p.found != NULL) {
			*v = *p.found;
		}
		return p.found != NULL;
	}
	v->kind = VALUE_LIST;
	v->len = p.n;
	v->v.items = p.items;
	return p.n > 0;
}

bool transform_value(const struct operand *o, struct field_ctx *c, unsigned int subject,
		     struct field_value *ret_v)
{
	struct field_value a;

	if (o->kind == OPERAND_TEXT) {
		return value_text(ret_v, o->text, o->len);
	}
	if (o->kind == OPERAND_LIST) {
		return literal_list(o, c, subject, ret_v);
	}
	switch (o->fn) {
	case FN_LEN: return length(o, c, subject, ret_v);
	case FN_CONCAT: return concat(o, c, subject, ret_v);
	case FN_JOIN: return join(o, c, subject, ret_v);
	case FN_GETOPT: return get_options(o, c, subject, ret_v);
	case FN_MASK: return operand_value(o->args[0], c, subject, &a) && mask(o, c, &a, ret_v);
	case FN_VAL: return operand_value(o->args[0], c, subject, ret_v);
	default:
		return operand_value(o->args[0], c, subject, &a) && transform_each(o, c, &a, ret_v);
	}
}
